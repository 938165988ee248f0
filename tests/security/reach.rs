//! Reach: what is cluster-scoped, which namespaces controller and webhook see, and how webhooks are registered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::case::{Case, Object, items, strings};

/// Kinds without a namespace, of all that a chart of ours could ever render.
pub const CLUSTER_SCOPED: &[&str] = &[
    "APIService",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// The webhooks whose failure must not let a request through: mission W1a.
const CRITICAL: &[(&str, &str)] = &[
    ("mutate--v1-pod", "mutatePod"),
    ("mutate-sparkoperator-k8s-io-v1beta2-sparkapplication", "mutateSparkApplication"),
    ("validate-sparkoperator-k8s-io-v1beta2-sparkapplication", "validateSparkApplication"),
    ("validate-sparkoperator-k8s-io-v1beta2-scheduledsparkapplication", "validateScheduledSparkApplication"),
    ("validate-sparkoperator-k8s-io-v1alpha1-sparkconnect", "validateSparkConnect"),
];

/// The others.
const HELPFUL: &[(&str, &str)] = &[
    ("mutate-sparkoperator-k8s-io-v1beta2-scheduledsparkapplication", "mutateScheduledSparkApplication"),
    ("mutate-sparkoperator-k8s-io-v1alpha1-sparkconnect", "mutateSparkConnect"),
];

/// Labels that a selector must match, and labels that it must not: written by hand, one line per selector in use.
type Samples = (
    &'static str,
    &'static [&'static [(&'static str, &'static str)]],
    &'static [&'static [(&'static str, &'static str)]],
);

const SELECTORS: &[Samples] = &[
    ("", &[], &[]),
    ("team=data", &[&[("team", "data")]], &[&[], &[("team", "web")], &[("data", "team")]]),
    (
        "spark-jobs=enabled,environment notin (sandbox, scratch)",
        &[&[("spark-jobs", "enabled")], &[("spark-jobs", "enabled"), ("environment", "prod")]],
        &[&[], &[("spark-jobs", "enabled"), ("environment", "scratch")], &[("environment", "prod")]],
    ),
    (
        "team=data,!frozen,stage in (test, prod),tier!=bronze,approved",
        &[
            &[("team", "data"), ("stage", "test"), ("approved", "")],
            &[("team", "data"), ("stage", "prod"), ("approved", "x"), ("tier", "gold")],
        ],
        &[
            &[],
            &[("team", "data"), ("stage", "test")],
            &[("team", "data"), ("stage", "dev"), ("approved", "")],
            &[("team", "data"), ("stage", "test"), ("approved", ""), ("frozen", "")],
            &[("team", "data"), ("stage", "test"), ("approved", ""), ("tier", "bronze")],
        ],
    ),
];

/// What is wrong with the reach of a case.
pub fn check(case: &Case) -> Vec<String> {
    [scopes(case), flags(case), webhooks(case)].concat()
}

/// Namespaced objects say their namespace, cluster-scoped ones have none, and no Secret is rendered.
fn scopes(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for object in case.objects.iter().filter(|o| !o.own) {
        let cluster = CLUSTER_SCOPED.contains(&object.kind());
        if cluster && case.text("profile") == "namespaced" {
            wrong.push(format!("{} is cluster-scoped", object.title()));
        }
        if cluster != object.namespace().is_empty()
            || cluster && object.json.pointer("/metadata/namespace").is_some()
        {
            wrong.push(format!("{}: its namespace", object.title()));
        }
        if object.kind() == "Secret" {
            wrong.push(format!("{}: a rendered Secret is in Helm's history for all to read", object.title()));
        }
    }
    wrong
}

/// Controller and webhook are told the same namespaces, and exactly those of the values.
fn flags(case: &Case) -> Vec<String> {
    let mut wanted = Vec::new();
    if !case.all_namespaces() {
        if !case.listed().is_empty() {
            wanted.push(format!("--namespaces={}", case.listed().join(",")));
        }
        if !case.selector().is_empty() {
            wanted.push(format!("--namespace-selector={}", case.selector()));
        }
    }
    let mut wrong = Vec::new();
    for workload in case.workloads().filter(|w| w.component() != "hook") {
        let args = items(&workload.json, "/spec/template/spec/containers/0/args").filter_map(Json::as_str);
        let told: Vec<_> = args.filter(|a| a.starts_with("--namespace")).collect();
        if told != wanted {
            wrong.push(format!("{} is told {told:?}, not {wanted:?}", workload.title()));
        }
    }
    wrong
}

fn webhooks(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let configurations = case.objects.iter().filter(|o| o.kind().ends_with("WebhookConfiguration"));
    let mut entries: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
    for object in configurations {
        for entry in items(&object.json, "/webhooks") {
            let name = entry["name"].as_str().unwrap_or_default();
            let base = name.strip_suffix(".sparkoperator.k8s.io").unwrap_or(name);
            entries.entry(base.strip_suffix(".selector").unwrap_or(base)).or_default().push(entry);
            wrong.extend(entry_faults(case, object, entry).into_iter().map(|w| format!("{name}: {w}")));
        }
    }
    for (base, key) in [CRITICAL, HELPFUL].concat() {
        let wanted = case.on("webhook.enable") && case.on(&format!("webhook.webhooks.{key}.enable"));
        if entries.contains_key(base) != wanted {
            wrong.push(format!("{base} is registered: {}", !wanted));
        }
    }
    for (base, entries) in entries {
        if ![CRITICAL, HELPFUL].concat().iter().any(|(known, _)| *known == base) {
            wrong.push(format!("{base} is a webhook that nobody serves"));
        }
        for (name, labels, wanted) in samples(case) {
            let times = entries.iter().filter(|e| matches(&e["namespaceSelector"], &name, &labels)).count();
            if times != usize::from(wanted) {
                wrong.push(format!("{base} sees objects of namespace {name} {labels:?} {times} times"));
            }
        }
    }
    wrong
}

fn entry_faults(case: &Case, object: &Object, entry: &Json) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let name = entry["name"].as_str().unwrap_or_default();
    let is = |list: &[(&'static str, &'static str)]| {
        list.iter()
            .find(|(base, _)| name.strip_prefix(base).is_some_and(|rest| rest.starts_with('.')))
            .copied()
    };
    let critical = is(CRITICAL);
    let Some((base, key)) = critical.or_else(|| is(HELPFUL)) else { return vec!["unknown".into()] };

    must(entry["sideEffects"] == "None", "sideEffects are not None, so a dry run would fail");
    let timeout = entry["timeoutSeconds"].as_i64().unwrap_or(0);
    let asked = case.value(&format!("webhook.webhooks.{key}.timeoutSeconds")).as_i64();
    let asked = asked.or_else(|| case.value("webhook.timeoutSeconds").as_i64());
    must((1..=30).contains(&timeout) && asked.is_none_or(|a| a == timeout), "timeoutSeconds");

    let own = case.text(&format!("webhook.webhooks.{key}.failurePolicy"));
    let asked = if own.is_empty() { case.text("webhook.failurePolicy") } else { own };
    let fail_fast = critical.is_some() && case.on("webhook.failOnError");
    must(entry["failurePolicy"] == if fail_fast { "Fail" } else { asked }, "failurePolicy");

    let bundle = case.text("webhook.certificate.caBundle");
    must(
        entry.pointer("/clientConfig/caBundle").and_then(Json::as_str).unwrap_or_default() == bundle,
        "caBundle",
    );
    must(entry.pointer("/clientConfig/url").is_none(), "a URL instead of the Service");
    must(entry.pointer("/clientConfig/service/path") == Some(&Json::from(format!("/{base}"))), "path");
    let service = &entry["clientConfig"]["service"];
    must(
        case.of_kind("Service").any(|s| {
            s.name() == service["name"]
                && s.namespace() == service["namespace"]
                && items(&s.json, "/spec/ports").any(|p| p["port"] == service["port"])
        }),
        "there is no Service of that name and port",
    );
    must(entry["admissionReviewVersions"] == serde_json::json!(["v1"]), "admissionReviewVersions");
    must(
        object.kind() == "MutatingWebhookConfiguration" || entry.get("reinvocationPolicy").is_none(),
        "reinvocationPolicy",
    );
    for rule in items(entry, "/rules") {
        let pods = base == "mutate--v1-pod";
        must(
            strings(&rule["resources"]).iter().all(|r| !r.contains(['*', '/'])),
            "a wildcard, or a subresource",
        );
        must(!strings(&rule["operations"]).contains(&"DELETE"), "it could hold up deletions");
        must(pods == (rule["apiGroups"] == serde_json::json!([""])), "apiGroups");
        let label = "/objectSelector/matchLabels/sparkoperator.k8s.io~1launched-by-spark-operator";
        must(
            !pods || entry.pointer(label).is_some_and(|l| l == "true"),
            "every pod of the namespace waits for it",
        );
    }
    wrong
}

/// Namespaces with their labels, and whether objects in them are the operator's business.
fn samples(case: &Case) -> Vec<(String, BTreeMap<&'static str, &'static str>, bool)> {
    let known = SELECTORS.iter().find(|(text, ..)| *text == case.selector());
    let (_, matching, others) =
        known.unwrap_or_else(|| panic!("SELECTORS says nothing of {:?}", case.selector()));
    let listed = case.listed();
    let names = listed.iter().filter(|n| !n.is_empty()).copied();
    let names: BTreeSet<_> = names.chain(["kube-system", &case.namespace, "some", "a-b"]).collect();
    let mut all = Vec::new();
    for name in names {
        let mut add = |labels: &[(&'static str, &'static str)], selected: bool| {
            let system = name == "kube-system" || name == case.namespace;
            let wanted = listed.contains(&name) || (case.all_namespaces() || selected) && !system;
            all.push((name.to_owned(), labels.iter().copied().collect(), wanted));
        };
        add(&[("unrelated", "x")], false);
        matching.iter().for_each(|labels| add(labels, true));
        others.iter().for_each(|labels| add(labels, false));
    }
    all
}

/// Whether a label selector matches a namespace, which Kubernetes labels with its name.
fn matches(selector: &Json, name: &str, labels: &BTreeMap<&str, &str>) -> bool {
    let label =
        |key: &str| if key == "kubernetes.io/metadata.name" { Some(name) } else { labels.get(key).copied() };
    let pairs = selector["matchLabels"].as_object().into_iter().flatten();
    pairs.into_iter().all(|(k, v)| label(k) == v.as_str())
        && items(selector, "/matchExpressions").all(|e| {
            let value = label(e["key"].as_str().unwrap_or_default());
            let values = strings(&e["values"]);
            match e["operator"].as_str().unwrap_or_default() {
                "In" => value.is_some_and(|v| values.contains(&v)),
                "NotIn" => !value.is_some_and(|v| values.contains(&v)),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("operator {other:?}"),
            }
        })
}
