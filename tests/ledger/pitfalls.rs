//! Pitfalls that the survey of the upstream chart names for whoever writes it anew, by their numbers there: each is
//! either checked here, or where the comment says.

use serde_json::json;
use spark_operator::values::{PRESETS, Sources, ValuesFile};

use crate::chart::{Chart, Setup, chart};
use crate::tally;

const PITFALLS: &[(u8, fn())] = &[
    (1, the_image_tag_is_the_operators_version),
    (2, braces_of_users_stay),
    (3, all_namespaces_need_no_flag),
    (4, three_states_and_nulls),
    // 5: zero is a number, D20 in `defects.rs`; replicas and time to live in `inputs.yaml`.
    (6, gates_keep_their_order),
    (7, json_arguments_are_compact_and_sorted),
    // 8: a label selector of one's own, D19.
    (9, paths_and_order_are_stable),
    // 10: refusals, `inputs.rs`.
    (11, suffixed_names_are_not_cut),
    (12, selectors_never_change),
    (13, no_secret_is_rendered),
    (14, no_ca_bundle_is_rendered),
    // 15: the order in which other tools apply is not rendered.
    // 16: integers, quotes, duplicates: D8, D9, D11.
    (17, open_maps_survive),
    // 18: the order of the PodMonitor's refusals, `inputs.rs`.
    (19, apis_can_be_told_without_a_cluster),
    (20, without_the_webhook_there_is_no_certificate),
];

#[test]
fn known_pitfalls_are_avoided() {
    let wrong: Vec<_> = PITFALLS
        .iter()
        .filter(|(_, check)| std::panic::catch_unwind(check).is_err())
        .map(|(number, _)| format!("pitfall {number}"))
        .collect();
    tally("pitfalls", PITFALLS.len(), &wrong);
}

fn presets() -> Vec<(&'static str, Chart)> {
    PRESETS.iter().map(|preset| (preset.name, chart(preset.text))).collect()
}

fn the_image_tag_is_the_operators_version() {
    let image = format!("spark-operator:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(chart("").get("controller").at("c0/image"), Some(&json!(image)));
}

fn braces_of_users_stay() {
    let braces = "{{ .Values.image }}{% if x %}{# y #}{{$appName}}";
    let values = json!({
        "controller": { "annotations": { "a": braces }, "extraArgs": [braces], "uiIngress": { "enable": true, "urlFormat": braces } },
        "extraObjects": [{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "x" }, "data": { "a": braces } }],
    });
    let chart = chart(&values.to_string());
    let controller = chart.get("controller");
    assert_eq!(controller.at("meta/annotations/a"), Some(&json!(braces)));
    let args = controller.texts("c0/args");
    assert!(args.contains(&braces.into()) && args.contains(&format!("--ingress-url-format={braces}")));
    assert_eq!(chart.get("ConfigMap/x").at("/data/a"), Some(&json!(braces)));
}

/// Upstream passes two quote characters as data; leaving the flag out means the same.
fn all_namespaces_need_no_flag() {
    for component in ["controller", "webhook"] {
        let args = chart("spark: { jobNamespaces: [''] }").args(component);
        assert!(!args.iter().any(|arg| arg.starts_with("--namespaces") || arg.contains('"')), "{args:?}");
    }
}

fn three_states_and_nulls() {
    for (values, expected) in
        [("true", Some(json!(true))), ("false", Some(json!(false))), ("null", None), ("'false'", None)]
    {
        let chart = chart(&format!("controller: {{ hostUsers: {values} }}"));
        assert_eq!(chart.get("controller").at("pod/hostUsers"), expected.as_ref());
    }
    let chart =
        chart("controller: { podSecurityContext: { fsGroup: null }, volumes: null, volumeMounts: null }");
    for gone in ["pod/securityContext", "pod/volumes", "c0/volumeMounts"] {
        assert_eq!(chart.get("controller").at(gone), None);
    }
}

fn gates_keep_their_order() {
    let values = "controller: { featureGates: [{ name: Z, enabled: true }, { name: A, enabled: false }, { name: M, enabled: true }] }";
    assert!(chart(values).args("controller").contains(&"--feature-gates=Z=true,A=false,M=true".into()));
}

fn json_arguments_are_compact_and_sorted() {
    let values = "controller: { uiIngress: { enable: true, annotations: { b: '1', a: '2' }, tls: [{ secretName: s, hosts: [h, g] }] } }";
    let args = chart(values).args("controller");
    assert!(args.contains(&r#"--ingress-annotations={"a":"2","b":"1"}"#.into()), "{args:?}");
    assert!(args.contains(&r#"--ingress-tls=[{"hosts":["h","g"],"secretName":"s"}]"#.into()), "{args:?}");
}

fn paths_and_order_are_stable() {
    let all = "{ hook: { upgradeCrd: true }, certManager: { enable: true } }";
    let render = || {
        let file = ValuesFile { name: "v".into(), text: all.into() };
        Setup::default().render_sources(&Sources { files: vec![file], ..Sources::default() }).unwrap()
    };
    assert_eq!(render(), render());
    let kinds: Vec<_> = chart("").objects.iter().map(|o| o.kind.clone()).collect();
    let mut order = kinds.clone();
    order.dedup();
    assert_eq!(
        order,
        [
            "ServiceAccount",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
            "Service",
            "Deployment",
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            // The test hook: hooks come after manifests.
            "Pod"
        ]
    );
    assert_eq!(kinds.len(), 21);
}

fn suffixed_names_are_not_cut() {
    let full = "f".repeat(63);
    let values = json!({
        "fullnameOverride": full, "webhook": { "enable": false },
        "controller": { "replicas": 2, "podDisruptionBudget": { "enable": true } },
    });
    chart(&values.to_string()).get(&format!("PodDisruptionBudget/{full}-controller-pdb"));
}

fn selectors_never_change() {
    let chart =
        chart("{ commonLabels: { a: b }, controller: { labels: { c: d } }, webhook: { labels: { e: f } } }");
    for component in ["controller", "webhook"] {
        let labels = json!({
            "app.kubernetes.io/name": "spark-operator",
            "app.kubernetes.io/instance": "spark-operator",
            "app.kubernetes.io/component": component,
        });
        assert_eq!(chart.get(component).at("/spec/selector"), Some(&json!({ "matchLabels": labels })));
    }
}

/// The operator makes the Secret of its certificate; a rendered one would be wiped by an upgrade.
fn no_secret_is_rendered() {
    for (name, chart) in presets() {
        assert_eq!(chart.kind("Secret").count(), 0, "{name}");
    }
}

fn no_ca_bundle_is_rendered() {
    for (name, chart) in presets() {
        let own = chart.objects.iter().any(|o| o.text.contains("caBundle:"));
        assert_eq!(own, name == "own-certificate", "{name}");
    }
}

fn open_maps_survive() {
    let open = json!({ "unknown": { "deep": [1, "1", null, { "x": true }] }, "on": "off" });
    let list = json!([open]);
    let pod = json!({
        "affinity": open, "resources": open, "volumes": list, "volumeMounts": list, "sidecars": list, "tolerations": list,
        "env": list, "envFrom": list, "initContainers": list, "dnsConfig": open, "lifecycle": open,
    });
    let values =
        json!({ "controller": pod, "webhook": pod, "certManager": { "enable": true, "issuerRef": open } });
    let issuer = chart(&values.to_string());
    assert_eq!(issuer.get("Certificate/spark-operator-certificate").at("/spec/issuerRef"), Some(&open));
    let values = json!({ "controller": pod, "webhook": pod });
    let chart = chart(&values.to_string());
    for component in ["controller", "webhook"] {
        let object = chart.get(component);
        for path in ["pod/affinity", "c0/resources", "pod/dnsConfig", "c0/lifecycle", "pod/containers/1"] {
            assert_eq!(object.at(path), Some(&open), "{path}");
        }
        for path in [
            "pod/volumes",
            "c0/volumeMounts",
            "pod/tolerations",
            "c0/env",
            "c0/envFrom",
            "pod/initContainers",
        ] {
            assert_eq!(object.at(path), Some(&list), "{path}");
        }
    }
}

fn apis_can_be_told_without_a_cluster() {
    let values = "{ certManager: { enable: true }, prometheus: { podMonitor: { create: true } } }";
    assert!(Setup { apis: &[], ..Setup::default() }.render(values).is_err());
    let chart = chart(values);
    chart.get("Certificate/spark-operator-certificate");
    chart.get("PodMonitor/spark-operator-podmonitor");
}

fn without_the_webhook_there_is_no_certificate() {
    let chart = chart("{ webhook: { enable: false }, certManager: { enable: true } }");
    assert!(
        chart
            .objects
            .iter()
            .all(|o| !o.template.starts_with("certmanager/") && !o.template.starts_with("webhook/"))
    );
}
