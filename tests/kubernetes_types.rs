//! Every rendered object fits its Kubernetes type: no field is misspelled, misplaced or of a wrong type.
//!
//! An object is read into its `k8s-openapi` type and written back; a field that is then missing is one that an API
//! server would prune or refuse. The types are those of the oldest Kubernetes that the crate knows, so that a field
//! that is newer shows here. Kinds of other projects are held against lists of the fields that we use.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "security/case.rs"]
#[allow(dead_code, reason = "what tests/security.rs needs besides")]
mod case;

use std::collections::{BTreeMap, BTreeSet};

use case::{Case, Object, all, case, cases, none};
use k8s_openapi::Resource;
use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v2 as autoscaling,
    batch::v1 as batch, core::v1 as core, networking::v1 as networking, policy::v1 as policy,
    rbac::v1 as rbac,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Reads an object into its type and writes it back.
type RoundTrip = fn(Json) -> Result<Json, serde_json::Error>;

fn round_trip<T: DeserializeOwned + Serialize>(json: Json) -> Result<Json, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(json)?)
}

fn of<T: Resource + DeserializeOwned + Serialize>() -> ((&'static str, &'static str), RoundTrip) {
    ((T::API_VERSION, T::KIND), round_trip::<T>)
}

/// Kinds of Kubernetes itself, by API version and kind.
fn kubernetes() -> BTreeMap<(&'static str, &'static str), RoundTrip> {
    BTreeMap::from([
        of::<admission::MutatingWebhookConfiguration>(),
        of::<admission::ValidatingWebhookConfiguration>(),
        of::<apps::Deployment>(),
        of::<autoscaling::HorizontalPodAutoscaler>(),
        of::<batch::Job>(),
        of::<core::ConfigMap>(),
        of::<core::Namespace>(),
        of::<core::Pod>(),
        of::<core::Service>(),
        of::<core::ServiceAccount>(),
        of::<networking::NetworkPolicy>(),
        of::<policy::PodDisruptionBudget>(),
        of::<rbac::ClusterRole>(),
        of::<rbac::ClusterRoleBinding>(),
        of::<rbac::Role>(),
        of::<rbac::RoleBinding>(),
    ])
}

/// An API version, a kind, and its fields. A list is written as what its items hold; `**` is anything below.
type Other = (&'static str, &'static str, &'static [&'static str]);

/// How the Prometheus operator scrapes.
const ENDPOINT: &[&str] = &[
    "port text",
    "scheme text",
    "interval text",
    "path text",
    "scrapeTimeout text",
    "honorLabels bool",
    "relabelings **",
    "metricRelabelings **",
    "tlsConfig **",
];

/// Kinds of other projects. Sources: the Prometheus operator's and cert-manager's API references.
const OTHERS: &[Other] = &[
    (
        "monitoring.coreos.com/v1",
        "PodMonitor",
        &[
            "spec.jobLabel text",
            "spec.namespaceSelector.matchNames text",
            "spec.selector.matchLabels **",
            "spec.selector.matchExpressions **",
            "spec.podMetricsEndpoints endpoint",
        ],
    ),
    (
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        &[
            "spec.jobLabel text",
            "spec.namespaceSelector.matchNames text",
            "spec.selector.matchLabels **",
            "spec.selector.matchExpressions **",
            "spec.endpoints endpoint",
        ],
    ),
    (
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        &[
            "spec.groups.name text",
            "spec.groups.rules.alert text",
            "spec.groups.rules.record text",
            "spec.groups.rules.expr text",
            "spec.groups.rules.for text",
            "spec.groups.rules.labels **",
            "spec.groups.rules.annotations **",
        ],
    ),
    ("cert-manager.io/v1", "Issuer", &["spec.selfSigned **"]),
    (
        "cert-manager.io/v1",
        "Certificate",
        &[
            "spec.secretName text",
            "spec.issuerRef.group text",
            "spec.issuerRef.kind text",
            "spec.issuerRef.name text",
            "spec.commonName text",
            "spec.dnsNames text",
            "spec.subject.organizationalUnits text",
            "spec.usages text",
            "spec.duration text",
            "spec.renewBefore text",
            "spec.privateKey.algorithm text",
            "spec.privateKey.size number",
            "spec.privateKey.rotationPolicy text",
            "spec.privateKey.encoding text",
        ],
    ),
];

/// What of an object its type does not know, each as `path: what`.
fn misfits(json: &Json) -> Vec<String> {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if let Some(round_trip) = kubernetes().get(&(version.as_str(), kind.as_str())) {
        return match round_trip(json.clone()) {
            Err(error) => vec![format!(": {error}")],
            Ok(back) => {
                let mut wrong = Vec::new();
                lost("", json, &back, &mut wrong);
                wrong
            }
        };
    }
    let Some((_, _, fields)) = OTHERS.iter().find(|(v, k, _)| (*v, *k) == (version.as_str(), kind.as_str()))
    else {
        return vec![format!(": {version} {kind} is of no type; give it one here")];
    };
    let mut leaves = Vec::new();
    leaf("", json, &mut leaves);
    let known: Vec<String> = fields
        .iter()
        .flat_map(|field| match field.strip_suffix(" endpoint") {
            Some(list) => ENDPOINT.iter().map(|e| format!("{list}.{e}")).collect(),
            None => vec![(*field).to_owned()],
        })
        .chain(["apiVersion", "kind", "metadata.name", "metadata.namespace"].map(|f| format!("{f} text")))
        .chain(["metadata.labels **", "metadata.annotations **"].map(str::to_owned))
        .collect();
    let fits = |path: &str, kind: &str| {
        known.iter().any(|k| {
            let (field, wanted) = k.split_once(' ').expect("field and type");
            match wanted {
                "**" => path == field || path.starts_with(&format!("{field}.")),
                _ => path == field && kind == wanted,
            }
        })
    };
    leaves
        .into_iter()
        .filter(|(path, kind)| !fits(path, kind))
        .map(|(p, k)| format!("{p}: {k}, unknown"))
        .collect()
}

/// Fields that did not come back, came back as something else, or came back alone.
fn lost(path: &str, sent: &Json, back: &Json, wrong: &mut Vec<String>) {
    match (sent, back) {
        (Json::Object(sent), Json::Object(back)) => {
            // The types write required fields even when they were not there.
            for (key, _) in back.iter().filter(|(key, _)| !sent.contains_key(*key)) {
                wrong.push(format!("{path}.{key}: is missing"));
            }
            for (key, value) in sent {
                let path = format!("{path}.{key}");
                match back.get(key) {
                    Some(back) => lost(&path, value, back, wrong),
                    None if value.is_null() => wrong.push(format!("{path}: null")),
                    None => wrong.push(format!("{path}: {value} is lost")),
                }
            }
        }
        (Json::Array(sent), Json::Array(back)) if sent.len() == back.len() => {
            for (at, (sent, back)) in sent.iter().zip(back).enumerate() {
                lost(&format!("{path}[{at}]"), sent, back, wrong);
            }
        }
        // 1 and 1.0 are one number.
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        // So are the quantities 1 and "1"; in no other place would the type have taken a number for a text.
        (Json::Number(a), Json::String(b)) if a.to_string() == *b => {}
        (sent, back) if sent == back => {}
        (sent, back) => wrong.push(format!("{path}: {sent} became {back}")),
    }
}

/// Every leaf with the path of keys to it and its type. Empty maps and lists are leaves.
fn leaf(path: &str, json: &Json, leaves: &mut Vec<(String, &'static str)>) {
    match json {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaf(&path, value, leaves);
            }
        }
        Json::Array(list) if !list.is_empty() => list.iter().for_each(|item| leaf(path, item, leaves)),
        Json::String(_) => leaves.push((path.to_owned(), "text")),
        Json::Bool(_) => leaves.push((path.to_owned(), "bool")),
        Json::Number(_) => leaves.push((path.to_owned(), "number")),
        Json::Null => leaves.push((path.to_owned(), "null")),
        Json::Object(_) | Json::Array(_) => leaves.push((path.to_owned(), "empty")),
    }
}

fn check(case: &Case) -> Vec<String> {
    let of = |object: &Object| -> Vec<String> {
        misfits(&object.json).into_iter().map(|w| format!("{}: {w}", object.title())).collect()
    };
    case.objects.iter().flat_map(of).collect()
}

#[test]
fn every_object_fits_its_type() {
    let cases = cases();
    none(&all(&cases, check));
    let kinds: BTreeSet<_> = cases.iter().flat_map(|c| &c.objects).map(Object::kind).collect();
    println!("kinds {}/{}", kinds.len(), kubernetes().len() + OTHERS.len());
    // A type that no object has is a type that nobody renders any more.
    assert_eq!(kinds.len(), kubernetes().len() + OTHERS.len(), "{kinds:?}");
}

/// The first object of a kind, changed.
fn changed(kind: &str, pointer: &str, key: &str, value: Json) -> Json {
    let everything = case("everything", r#"{"certManager":{"issuerRef":null},"hook":{"upgradeCrd":true}}"#);
    let mut json = everything.of_kind(kind).next().unwrap_or_else(|| panic!("no {kind}")).json.clone();
    assert_eq!(misfits(&json), Vec::<String>::new(), "{kind}");
    json.pointer_mut(pointer).unwrap_or_else(|| panic!("{kind} has no {pointer}"))[key] = value;
    json
}

/// Text that YAML would read as something else, wherever a user may write a name or a duration.
#[test]
fn text_that_looks_like_a_number_stays_text() {
    let mut looks = Vec::new();
    for text in ["1e3", "on", "null"] {
        for json in [
            json!({"fullnameOverride": text, "nameOverride": text, "clusterNameSuffix": text}),
            json!({"webhook": {"certificate": {"existingSecret": text}}, "certManager": {"enable": false}}),
            json!({"webhook": {"certificate": {"secretName": text}}, "certManager": {"enable": false}}),
            json!({"controller": {"rbac": {"existingClusterRole": text}, "serviceAccount": {"name": text}}}),
            json!({"webhook": {"rbac": {"existingClusterRole": text}, "serviceAccount": {"name": text}}}),
            json!({"spark": {"serviceAccount": {"name": text, "names": {}}, "jobNamespaces": [text]}}),
            json!({"spark": {"defaultImages": {"4.0": text}, "accountNamespaces": [text]}}),
            json!({"image": {"repository": text, "tag": text, "registry": text}, "commonLabels": {"x": text}}),
            json!({"controller": {"priorityClassName": text, "schedulerName": text, "runtimeClassName": text}}),
            json!({"controller": {"extraArgs": [text], "command": [text], "nodeSelector": {"x": text}, "labels": {"x": text}}}),
            json!({"controller": {"deploymentAnnotations": {"x": text}, "annotations": {"x": text}}}),
            json!({"controller": {"leaderElection": {"leaseDuration": "0"}, "cacheSyncTimeout": "0"}}),
            json!({"hook": {"labels": {"x": text}, "crdLabels": {"x": text}, "objectAnnotations": {"x": text}}}),
            json!({"prometheus": {"podMonitor": {"namespace": text, "jobLabel": text}, "prometheusRule": {"namespace": text}}}),
            json!({"prometheus": {"serviceMonitor": {"namespace": text, "jobLabel": text}, "dashboards": {"namespace": text}}}),
            json!({"prometheus": {"prometheusRule": {"absentFor": "0", "stalledFor": "0", "alertLabels": {"x": text}}}}),
            json!({"prometheus": {"service": {"appProtocol": text, "annotations": {"x": text}}}, "clusterDomain": text}),
            json!({"certManager": {"duration": "0", "renewBefore": "0", "issuerRef": {"name": text}}}),
            json!({"controller": {"uiIngress": {"ingressClassName": text, "urlFormat": text}}}),
        ] {
            if let Ok(case) = case::try_case("everything", &json.to_string(), ("1e3", "123")) {
                looks.push(case);
            }
        }
    }
    println!("odd texts {}", looks.len());
    none(&all(&looks, check));
}

#[test]
fn quantities_may_be_numbers() {
    let limits = json!({"limits": {"cpu": 1, "memory": "64Mi"}});
    let json = changed("Deployment", "/spec/template/spec/containers/0", "resources", limits);
    assert_eq!(misfits(&json), Vec::<String>::new());
}

#[test]
fn fields_in_the_wrong_place_or_of_the_wrong_type_are_found() {
    let pod = "/spec/template/spec";
    let container = "/spec/template/spec/containers/0";
    for (kind, pointer, key, value, message) in [
        (
            "Deployment",
            pod,
            "seccompProfile",
            json!({"type": "RuntimeDefault"}),
            ".spec.template.spec.seccompProfile",
        ),
        ("Deployment", pod, "hostnetwork", json!(true), "hostnetwork: true is lost"),
        ("Deployment", "/spec", "replicas", json!("3"), "invalid type: string"),
        ("Deployment", container, "readinesProbe", json!({}), "is lost"),
        ("Deployment", container, "args", json!([1]), "invalid type: integer"),
        ("Deployment", container, "env", json!([{"name": "A", "value": true}]), "invalid type: boolean"),
        ("Deployment", container, "env", Json::Null, "null"),
        ("Deployment", container, "resources", json!({"limits": {"cpu": true}}), "invalid type: boolean"),
        ("Deployment", container, "ports", json!([{"name": "x"}]), "containerPort: is missing"),
        ("Job", "/spec", "ttlSecondsAfterFinish", json!(1), "is lost"),
        ("Service", "/spec", "appProtocol", json!("http"), "is lost"),
        ("Role", "/rules/0", "resourceName", json!(["x"]), "is lost"),
        ("RoleBinding", "/subjects/0", "apigroup", json!(""), "is lost"),
        (
            "MutatingWebhookConfiguration",
            "/webhooks/0",
            "matchConditions",
            json!([{"name": "x"}]),
            "expression: is missing",
        ),
        ("ValidatingWebhookConfiguration", "/webhooks/0", "reinvocationPolicy", json!("Never"), "is lost"),
        ("PodDisruptionBudget", "/spec", "minAvailable", json!(1.5), "invalid"),
        ("NetworkPolicy", "/spec", "selector", json!({}), "is lost"),
        ("HorizontalPodAutoscaler", "/spec", "targetCPUUtilizationPercentage", json!(80), "is lost"),
        (
            "PodMonitor",
            "/spec/podMetricsEndpoints/0",
            "portt",
            json!("x"),
            "spec.podMetricsEndpoints.portt: text, unknown",
        ),
        ("PodMonitor", "/spec/podMetricsEndpoints/0", "port", json!(8080), "port: number, unknown"),
        ("ServiceMonitor", "/spec", "podMetricsEndpoints", json!([{"port": "x"}]), "unknown"),
        ("PrometheusRule", "/spec/groups/0/rules/0", "duration", json!("5m"), "unknown"),
        ("Certificate", "/spec", "keyAlgorithm", json!("rsa"), "unknown"),
        ("Issuer", "/spec", "ca", json!({}), "spec.ca: empty, unknown"),
        ("ServiceAccount", "", "kind", json!("Account"), "is of no type"),
    ] {
        let wrong = misfits(&changed(kind, pointer, key, value.clone())).join("\n");
        assert!(wrong.contains(message), "{kind} {pointer}/{key} = {value}: no {message:?} in {wrong:?}");
    }
}
