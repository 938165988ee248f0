//! Defects of the upstream chart, by their ids in the survey of it: what became of each, and the proof as far as
//! rendering gives one. `docs/differences.md` has the same table in words; a test compares the two.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use spark_operator::values::{PRESETS, default_yaml, docs};

use crate::chart::{Setup, chart, chart as render, refusal};
use crate::{document, tally};

/// What became of a defect. `RunTime`: rendering does its part, and the rest is shown where the operator runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Fixed,
    FixedWithRunTime,
    Value,
    ValueWithRunTime,
    Kept,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::FixedWithRunTime => "fixed, run time",
            Self::Value => "value",
            Self::ValueWithRunTime => "value, run time",
            Self::Kept => "kept",
        }
    }
}

use Status::{Fixed, FixedWithRunTime, Kept, Value, ValueWithRunTime};

const DEFECTS: &[(&str, Status, fn())] = &[
    ("D1", FixedWithRunTime, the_selector_reaches_the_webhook),
    ("D2", Value, spark_accounts_can_be_had_in_unlisted_namespaces),
    ("D3", Fixed, events_of_both_apis_may_be_written),
    ("D4", Fixed, pod_groups_of_the_coscheduling_plugin_may_be_written),
    ("D5", Fixed, quotas_may_be_watched),
    ("D6", Fixed, claims_may_be_created),
    ("D7", FixedWithRunTime, the_metrics_path_is_the_same_everywhere),
    ("D8", Fixed, large_numbers_stay_integers),
    ("D9", Fixed, text_stays_text),
    ("D10", Kept, json_arguments_escape_as_go_does),
    ("D11", Fixed, no_key_is_written_twice),
    ("D12", FixedWithRunTime, the_webhook_has_no_election_to_time),
    ("D13", Kept, the_default_account_is_named_and_warned_about),
    ("D14", Fixed, the_hook_meets_restricted),
    ("D15", Fixed, namespaces_are_where_they_belong),
    ("D16", Value, cluster_scoped_names_can_differ),
    ("D17", Fixed, certificates_are_named_after_the_release),
    ("D18", FixedWithRunTime, certificates_are_mounted_whole),
    ("D19", Fixed, a_label_selector_of_ones_own_stays),
    ("D20", Fixed, zero_is_a_number),
    ("D21", Fixed, all_alpha_turns_its_arguments_on),
    ("D22", Kept, the_hook_applies_what_its_image_holds),
    ("D23", Fixed, no_definition_is_read),
    ("D24", ValueWithRunTime, probes_can_be_set),
    ("D25", Fixed, no_path_of_a_jvm_is_named),
];

#[test]
fn every_defect_is_fixed_kept_or_a_value() {
    assert!(DEFECTS.iter().enumerate().all(|(at, (id, ..))| *id == format!("D{}", at + 1)));
    let wrong: Vec<_> = DEFECTS
        .iter()
        .filter(|(_, _, check)| std::panic::catch_unwind(check).is_err())
        .map(|(id, ..)| (*id).to_owned())
        .collect();
    for status in [Fixed, FixedWithRunTime, Value, ValueWithRunTime, Kept] {
        println!("defects, {}: {}", status.text(), DEFECTS.iter().filter(|(_, s, _)| *s == status).count());
    }
    tally("defects", DEFECTS.len(), &wrong);
}

#[test]
fn the_document_has_the_same_table() {
    let rows = document::table("## Defects of the upstream chart");
    let documented: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    let expected: Vec<_> = DEFECTS.iter().map(|(id, status, _)| (*id, status.text())).collect();
    assert_eq!(documented, expected);
    assert!(rows.iter().all(|row| row.len() == 5 && row.iter().all(|cell| !cell.is_empty())));
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Json {
    json!({ "apiGroups": groups, "resources": resources, "verbs": verbs })
}

const JOBS: &str = "Role/spark-operator-controller@default";

fn the_selector_reaches_the_webhook() {
    let chart = chart("spark: { jobNamespaces: [], jobNamespaceSelector: team=data }");
    assert!(chart.args("webhook").contains(&"--namespace-selector=team=data".into()));
    for kind in ["Mutating", "Validating"] {
        let webhooks =
            chart.get(&format!("{kind}WebhookConfiguration/spark-operator-webhook")).json["webhooks"].clone();
        for webhook in webhooks.as_array().unwrap() {
            let first = &webhook["namespaceSelector"]["matchExpressions"][0];
            assert_eq!(first, &json!({ "key": "team", "operator": "In", "values": ["data"] }));
        }
    }
}

fn spark_accounts_can_be_had_in_unlisted_namespaces() {
    let chart = chart("spark: { jobNamespaces: [], accountNamespaces: [team] }");
    for kind in ["ServiceAccount", "Role", "RoleBinding"] {
        chart.get(&format!("{kind}/spark-operator-spark@team"));
    }
}

fn events_of_both_apis_may_be_written() {
    let rule = rule(&["", "events.k8s.io"], &["events"], &["create", "update", "patch"]);
    assert!(chart("").rules(JOBS).contains(&rule));
}

fn pod_groups_of_the_coscheduling_plugin_may_be_written() {
    let verbs = ["get", "list", "watch", "create", "update", "delete"];
    let rule = rule(&["scheduling.volcano.sh", "scheduling.x-k8s.io"], &["podgroups"], &verbs);
    assert!(chart("controller: { batchScheduler: { enable: true } }").rules(JOBS).contains(&rule));
    assert!(!chart("").rules(JOBS).contains(&rule));
}

fn quotas_may_be_watched() {
    let watched = rule(&[""], &["resourcequotas", "pods"], &["get", "list", "watch"]);
    let role = "Role/spark-operator-webhook@default";
    assert!(chart("webhook: { resourceQuotaEnforcement: { enable: true } }").rules(role).contains(&watched));
    assert!(!chart("").rules(role).contains(&watched));
}

fn claims_may_be_created() {
    assert!(chart("").rules(JOBS).contains(&rule(&[""], &["persistentvolumeclaims"], &["get", "create"])));
}

fn the_metrics_path_is_the_same_everywhere() {
    let chart = chart(
        "prometheus: { metrics: { endpoint: /m }, podMonitor: { create: true }, serviceMonitor: { create: true } }",
    );
    assert!(chart.args("controller").contains(&"--metrics-endpoint=/m".into()));
    assert!(chart.args("webhook").contains(&"--metrics-endpoint=/m".into()));
    assert_eq!(chart.get("controller").at("meta/annotations/prometheus.io~1path"), Some(&json!("/m")));
    let monitors = [
        ("PodMonitor/spark-operator-podmonitor", "/spec/podMetricsEndpoints/0/path"),
        ("ServiceMonitor/spark-operator-servicemonitor", "/spec/endpoints/0/path"),
    ];
    for (monitor, path) in monitors {
        assert_eq!(chart.get(monitor).at(path), Some(&json!("/m")));
    }
}

fn large_numbers_stay_integers() {
    let values = "controller: { defaultTimeToLiveSeconds: 2592000, workers: 1000000, featureGates: [{ name: DefaultTimeToLive, enabled: true }] }";
    let args = chart(values).args("controller");
    assert!(args.contains(&"--default-time-to-live-seconds=2592000".into()));
    assert!(args.contains(&"--controller-threads=1000000".into()));
}

fn text_stays_text() {
    let setup = Setup { release: "123", namespace: "456", ..Setup::default() };
    let values = "{ fullnameOverride: 'true', nameOverride: '1e3', controller: { priorityClassName: 'true', uiIngress: { enable: true, \
                  annotations: { a: 'b: c # d' } } }, prometheus: { prometheusRule: { create: true } } }";
    let chart = setup.render(values).unwrap();
    let deployment = chart.get("Deployment/true-controller");
    assert_eq!(deployment.namespace.as_deref(), Some("456"));
    assert_eq!(deployment.at("/metadata/labels/app.kubernetes.io~1instance"), Some(&json!("123")));
    assert_eq!(deployment.at("/metadata/labels/app.kubernetes.io~1name"), Some(&json!("1e3")));
    assert_eq!(deployment.at("pod/priorityClassName"), Some(&json!("true")));
    assert!(deployment.texts("c0/args").contains(&r#"--ingress-annotations={"a":"b: c # d"}"#.into()));
    for object in &chart.objects {
        assert!(object.json["metadata"]["name"].is_string(), "{}", object.text);
    }
}

fn json_arguments_escape_as_go_does() {
    let args =
        chart("controller: { uiIngress: { enable: true, annotations: { a: 'x<y>&z' } } }").args("controller");
    let argument = args.iter().find_map(|arg| arg.strip_prefix("--ingress-annotations=")).unwrap();
    assert_eq!(argument, r#"{"a":"x\u003cy\u003e\u0026z"}"#);
    assert_eq!(serde_json::from_str::<Json>(argument).unwrap(), json!({ "a": "x<y>&z" }));
}

/// Keys of labels and annotations that are there twice. Readers of YAML disagree about them; ours takes the last.
fn repeated(text: &str) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<_> = text.lines().collect();
    let mut repeated = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !["labels:", "annotations:"].contains(&line.trim()) {
            continue;
        }
        let entries = lines[at + 1..].iter().take_while(|inner| indent(inner) > indent(line));
        let mut seen = BTreeSet::new();
        repeated.extend(entries.filter_map(|l| l.trim().split(':').next()).filter(|key| !seen.insert(*key)));
    }
    repeated
}

/// Every place where a user's map meets the chart's own keys.
fn no_key_is_written_twice() {
    assert_eq!(repeated("x:\n  labels:\n    a: b\n    a: c\n  y: z"), ["a"]);
    for key in ["commonLabels", "controller.serviceAccount.labels", "hook.labels", "webhook.service.labels"] {
        let values = crate::row::nested(key, json!({ "app.kubernetes.io/name": "x" })).to_string();
        assert!(refusal(&values).contains("app.kubernetes.io/name"), "{key}");
    }
    for component in ["controller", "webhook"] {
        let values = json!({ component: { "labels": { "app.kubernetes.io/component": "x" } } }).to_string();
        assert!(refusal(&values).contains("app.kubernetes.io/component"), "{component}");
    }
    let values = "{ commonLabels: { a: common }, hook: { upgradeCrd: true, labels: { a: own }, objectAnnotations: { helm.sh/hook: x } }, \
                  controller: { annotations: { prometheus.io/port: '1' } }, webhook: { service: { labels: { a: own } } }, \
                  userRoles: { create: true, labels: { rbac.authorization.k8s.io/aggregate-to-edit: 'false' } } }";
    let chart = chart(values);
    for object in &chart.objects {
        assert_eq!(repeated(&object.text), Vec::<&str>::new(), "{}", object.text);
    }
    let view = chart.get("ClusterRole/spark-operator-view");
    assert_eq!(
        view.at("/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-edit"),
        Some(&json!("false"))
    );
    assert_eq!(chart.get("Job/spark-operator-hook").at("meta/labels/a"), Some(&json!("own")));
    assert_eq!(chart.get("Service/spark-operator-webhook-svc").at("/metadata/labels/a"), Some(&json!("own")));
    assert_eq!(chart.get("controller").at("meta/annotations/prometheus.io~1port"), Some(&json!("1")));
}

fn the_webhook_has_no_election_to_time() {
    for enable in [true, false] {
        let chart = chart(&format!("webhook: {{ replicas: 2, leaderElection: {{ enable: {enable} }} }}"));
        assert!(!chart.args("webhook").iter().any(|arg| arg.contains("leader-election")));
        assert!(
            chart.objects.iter().all(|o| o.template != "webhook/rbac.yaml" || !o.text.contains("leases"))
        );
    }
}

fn the_default_account_is_named_and_warned_about() {
    let chart = chart("spark: { serviceAccount: { create: false } }");
    let binding = chart.get("RoleBinding/spark-operator-spark@default");
    assert_eq!(binding.at("/subjects/0/name"), Some(&json!("default")));
    assert!(chart.find("Role/default@default").is_none());
    for section in ["controller", "webhook", "spark"] {
        let warnings = render(&format!("{section}: {{ serviceAccount: {{ create: false }} }}")).warnings;
        let begin = format!("{section}.serviceAccount.create is false without a name");
        assert!(warnings.iter().any(|warning| warning.starts_with(&begin)), "{warnings:?}");
    }
}

fn the_hook_meets_restricted() {
    let chart = chart("hook: { upgradeCrd: true }");
    let job = chart.get("Job/spark-operator-hook");
    assert_eq!(
        job.at("pod/securityContext"),
        Some(&json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } }))
    );
    let context = json!({
        "readOnlyRootFilesystem": true, "privileged": false, "allowPrivilegeEscalation": false, "runAsNonRoot": true,
        "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
    });
    assert_eq!(job.at("c0/securityContext"), Some(&context));
}

fn namespaces_are_where_they_belong() {
    let cluster = [
        "ClusterRole",
        "ClusterRoleBinding",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "Namespace",
    ];
    for preset in PRESETS {
        let chart = chart(preset.text);
        for object in chart.objects.iter().filter(|o| o.template != "extra-objects.yaml") {
            assert_eq!(
                object.namespace.is_none(),
                cluster.contains(&object.kind.as_str()),
                "{}",
                object.id()
            );
        }
    }
}

fn cluster_scoped_names_can_differ() {
    let values = "{ clusterNameSuffix: blue, hook: { upgradeCrd: true }, userRoles: { create: true }, prometheus: { metrics: { secure: true } } }";
    let chart = chart(values);
    let cluster = chart.objects.iter().filter(|o| o.namespace.is_none());
    assert!(cluster.clone().count() >= 10);
    for object in cluster {
        assert!(object.name.ends_with("-blue"), "{}", object.id());
    }
    assert!(chart.args("webhook").contains(&"--mutating-webhook-name=spark-operator-webhook-blue".into()));
}

fn certificates_are_named_after_the_release() {
    let chart = chart("{ fullnameOverride: op, nameOverride: other, certManager: { enable: true } }");
    let certificate = chart.get("Certificate/op-certificate@operators");
    assert_eq!(certificate.at("/spec/issuerRef/name"), Some(&json!("op-self-signed-issuer")));
    chart.get("Issuer/op-self-signed-issuer@operators");
}

/// The kubelet renews a Secret's volume in a running pod, except below a `subPath`.
fn certificates_are_mounted_whole() {
    for values in ["certManager: { enable: true }", "webhook: { certificate: { existingSecret: mine } }"] {
        let chart = chart(values);
        let mount = chart.get("webhook").at("c0/volumeMounts/0").cloned().unwrap();
        assert_eq!((mount["name"].as_str(), mount.get("subPath")), (Some("serving-certs"), None));
        assert!(chart.get("webhook").at("pod/volumes/0/secret").is_some());
    }
}

fn a_label_selector_of_ones_own_stays() {
    let own = json!([{ "maxSkew": 1, "labelSelector": { "matchLabels": { "a": "b" } } }]);
    for component in ["controller", "webhook"] {
        let values = json!({ component: { "replicas": 2, "topologySpreadConstraints": own } }).to_string();
        assert_eq!(chart(&values).get(component).at("pod/topologySpreadConstraints"), Some(&own));
    }
}

fn zero_is_a_number() {
    let values = "controller: { replicas: 2, maxTrackedExecutorPerApp: 0, kubeAPIQPS: 0, kubeAPIBurst: 0, podDisruptionBudget: { enable: true, minAvailable: 0 } }";
    let chart = chart(values);
    for arg in ["--max-tracked-executor-per-app=0", "--kube-api-qps=0", "--kube-api-burst=0"] {
        assert!(chart.args("controller").contains(&arg.into()), "{arg}");
    }
    assert_eq!(
        chart.get("PodDisruptionBudget/spark-operator-controller-pdb").at("/spec/minAvailable"),
        Some(&json!(0))
    );
    // A webhook cannot wait for no time: 0 is unset, and says so. One webhook's own is refused.
    let configuration = "ValidatingWebhookConfiguration/spark-operator-webhook";
    let webhooks = render("webhook: { timeoutSeconds: 0 }");
    assert_eq!(webhooks.get(configuration).at("/webhooks/0/timeoutSeconds"), None);
    let one = refusal("webhook: { webhooks: { mutatePod: { timeoutSeconds: 0 } } }");
    assert!(one.contains("minimum: got 0, want 1"), "{one}");
}

fn all_alpha_turns_its_arguments_on() {
    let args = chart("controller: { featureGates: [{ name: AllAlpha, enabled: true }] }").args("controller");
    assert!(args.iter().any(|arg| arg.starts_with("--submitter-service-url=http://")));
    assert!(args.contains(&"--default-time-to-live-seconds=0".into()));
    let gates = "controller: { featureGates: [{ name: AllAlpha, enabled: true }, { name: RestSubmitter, enabled: false }] }";
    assert!(!chart(gates).args("controller").iter().any(|arg| arg.starts_with("--submitter-service-url")));
}

fn the_hook_applies_what_its_image_holds() {
    let image = |values: &str, at: &str| chart(values).get(at).at("c0/image").cloned();
    let same = "{ hook: { upgradeCrd: true }, image: { tag: 3.1.4 } }";
    assert_eq!(image(same, "Job/spark-operator-hook"), image(same, "controller"));
    let pinned = "hook: { upgradeCrd: true, image: { tag: 2.9.0 } }";
    assert_eq!(image(pinned, "Job/spark-operator-hook"), Some(json!("spark-operator:2.9.0")));
}

fn no_definition_is_read() {
    for values in ["{}", "controller: { batchScheduler: { enable: true } }", "spark: { jobNamespaces: [] }"] {
        for object in &render(values).objects {
            assert!(!object.text.contains("customresourcedefinitions"), "{}", object.text);
        }
    }
}

fn probes_can_be_set() {
    let default = chart("");
    for component in ["controller", "webhook"] {
        for probe in ["livenessProbe", "readinessProbe"] {
            assert_eq!(default.get(component).at(&format!("c0/{probe}/timeoutSeconds")), Some(&json!(5)));
        }
    }
    let probe =
        json!({ "initialDelaySeconds": 1, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 4 });
    let chart = chart(&json!({ "controller": { "healthPort": 8082, "readinessProbe": probe } }).to_string());
    let rendered = chart.get("controller").at("c0/readinessProbe").cloned().unwrap();
    assert_eq!(rendered["httpGet"]["port"], json!(8082));
    assert!(probe.as_object().unwrap().iter().all(|(key, value)| &rendered[key] == value));
}

fn no_path_of_a_jvm_is_named() {
    assert!(!default_yaml().to_lowercase().contains("openjdk") && !docs().to_lowercase().contains("openjdk"));
}
