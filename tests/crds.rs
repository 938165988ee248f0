//! The custom resource definitions: they validate what Kubeflow's definitions validate, field by field, and are small.
//!
//! `KUBEFLOW_CRDS` names the folder with the definitions of Kubeflow's operator 2.5.2 (tests/tools/kubeflow-crds).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;
use spark_operator::api::crd::{DEFINITIONS, Definition};
use spark_operator::yaml;

/// Most bytes of a definition as JSON. Client-side apply writes it into an annotation of at most 262,144.
const LARGEST: usize = 120_000;

/// What ours has and 2.5.2 has not: fields that Kubernetes got since, and those that Kubeflow's master got.
const NEWER: [&str; 5] =
    ["driverPodDisruptionBudget", "fileKeyRef", "podCertificate", "restartPolicyRules", "stopSignal"];

/// What differs on purpose: path, keyword, reason.
const DIFFERENT: [(&str, &str, &str); 3] = [
    (
        "SparkConnect.spec.server.service.status.loadBalancer.ingress[].ports[]",
        "required",
        "the API of Kubernetes says that `error` may be missing",
    ),
    ("SparkApplication.status.conditions", "extra", "for `kubectl wait`; nothing is decided by it"),
    ("SparkApplication.status.observedGeneration", "extra", "of which spec the status speaks"),
];

/// Fields of the status that only ours has: observedGeneration, conditions, one of them, and its six fields.
const OURS: usize = 9;

#[test]
fn definitions_are_small() {
    for definition in DEFINITIONS {
        let size = definition.json().to_string().len();
        println!("{}: {size} bytes of JSON", definition.kind);
        assert!(size <= LARGEST, "{}: {size} bytes", definition.kind);
    }
}

#[test]
fn definitions_have_as_many_fields_as_those_of_kubeflows_master() {
    // Counted there on 2026-11-20, on the embedded types of Kubernetes 1.35.
    let expected =
        [("ScheduledSparkApplication", 2052), ("SparkApplication", 2054 + OURS), ("SparkConnect", 112)];
    let found = DEFINITIONS.map(|definition| (definition.kind, nodes(&definition.schema())));
    assert_eq!(found, expected);
}

#[test]
fn definitions_validate_what_those_of_kubeflow_2_5_validate() {
    let Ok(folder) = std::env::var("KUBEFLOW_CRDS") else {
        println!("SKIPPED: parity with Kubeflow's definitions: KUBEFLOW_CRDS is not set");
        return;
    };
    let mut different = Vec::new();
    let mut compared = 0;
    for definition in DEFINITIONS {
        let text = fs::read_to_string(format!("{folder}/{}", definition.file_name())).unwrap();
        let theirs = yaml::read("theirs", &text).unwrap().remove(0).to_json();
        let ours = definition.json();
        let schema = "/spec/versions/0/schema/openAPIV3Schema";
        let (a, b) = (theirs.pointer(schema).unwrap(), ours.pointer(schema).unwrap());
        compared += compare(a, b, definition.kind, &mut different);
        assert_eq!(without_schema(&theirs), without_schema(&ours), "{}", definition.kind);
    }
    let known = DIFFERENT.iter().map(|(path, keyword, _)| format!("{path}: {keyword}"));
    let unknown: Vec<_> =
        different.iter().filter(|found| !known.clone().any(|known| found.starts_with(&known))).collect();
    assert!(unknown.is_empty(), "{} differences:\n{unknown:#?}", unknown.len());
    for known in known.clone() {
        assert!(different.iter().any(|found| found.starts_with(&known)), "no longer different: {known}");
    }
    println!("Kubeflow 2.5.2: {compared} fields of {} definitions validated alike", DEFINITIONS.len());
}

/// Fields of a schema, the root included.
fn nodes(schema: &Json) -> usize {
    let properties = schema.get("properties").and_then(Json::as_object);
    let below = properties.into_iter().flat_map(|properties| properties.values());
    let inner = ["items", "additionalProperties"]
        .into_iter()
        .filter_map(|key| schema.get(key))
        .filter(|s| s.is_object());
    1 + below.chain(inner).map(nodes).sum::<usize>()
}

/// Compares two schemas and what is below them; says what differs, and how many fields were compared.
fn compare(theirs: &Json, ours: &Json, path: &str, different: &mut Vec<String>) -> usize {
    let (theirs, ours) = (theirs.as_object().unwrap(), ours.as_object().unwrap());
    let mut count = 1;
    let empty = Json::Object(serde_json::Map::new());
    let mut keys: Vec<_> = theirs.keys().chain(ours.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (a, b) = (theirs.get(key), ours.get(key));
        match key.as_str() {
            // Rules of our own: tests/validate.rs.
            "description" | "x-kubernetes-validations" => {}
            "properties" => {
                let (a, b) =
                    (a.unwrap_or(&empty).as_object().unwrap(), b.unwrap_or(&empty).as_object().unwrap());
                for (name, schema) in a {
                    match b.get(name) {
                        Some(other) => count += compare(schema, other, &format!("{path}.{name}"), different),
                        None => different.push(format!("{path}.{name}: missing")),
                    }
                }
                let extra = b.keys().filter(|name| !a.contains_key(*name) && !NEWER.contains(&name.as_str()));
                different.extend(extra.map(|name| format!("{path}.{name}: extra")));
            }
            "items" | "additionalProperties"
                if a.is_some_and(Json::is_object) && b.is_some_and(Json::is_object) =>
            {
                let mark = if key == "items" { "[]" } else { "{}" };
                count += compare(a.unwrap(), b.unwrap(), &format!("{path}{mark}"), different);
            }
            _ if sorted(a) == sorted(b) => {}
            _ => different.push(format!("{path}: {key}: theirs {a:?}, ours {b:?}")),
        }
    }
    count
}

/// A value to compare: the order of what is required means nothing.
fn sorted(value: Option<&Json>) -> Option<Json> {
    let mut value = value.cloned();
    if let Some(Json::Array(items)) = &mut value {
        items.sort_by_key(ToString::to_string);
    }
    value
}

/// Names, columns, scope and subresources, in an order of their own.
fn without_schema(definition: &Json) -> BTreeMap<String, Json> {
    let mut spec = definition["spec"].clone();
    for version in spec["versions"].as_array_mut().unwrap() {
        version.as_object_mut().unwrap().remove("schema");
    }
    let annotation = definition["metadata"]["annotations"]["api-approved.kubernetes.io"].clone();
    let name = definition["metadata"]["name"].clone();
    [("spec", spec), ("name", name), ("approved", annotation)].map(|(k, v)| (k.to_owned(), v)).into()
}

#[test]
fn the_files_of_the_definitions_are_named_as_in_kubeflows_chart() {
    assert_eq!(
        DEFINITIONS.map(|definition: Definition| definition.file_name()),
        [
            "sparkoperator.k8s.io_scheduledsparkapplications.yaml",
            "sparkoperator.k8s.io_sparkapplications.yaml",
            "sparkoperator.k8s.io_sparkconnects.yaml"
        ]
    );
}
