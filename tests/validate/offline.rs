//! Verdicts without a cluster, what the corpus covers, and that the types hold what was written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use spark_operator::api::crd::DEFINITIONS;
use spark_operator::api::validate::{Finding, Level, definition, validate};
use spark_operator::api::{ScheduledSparkApplication, SparkApplication, SparkConnect};
use spark_operator::yaml::{Node, Place};

use crate::corpus::{Case, Refused, cases};

/// Fewest objects of our own writing.
const FEWEST: usize = 150;

fn errors(case: &Case) -> Vec<Finding> {
    let node = Node::from_json(&case.object, &Place::whole("corpus"));
    let definition = definition(case.object["apiVersion"].as_str().unwrap(), case.kind()).unwrap();
    let found = validate(&definition, &node);
    found.into_iter().filter(|finding| finding.level == Level::Error).collect()
}

#[test]
fn each_object_of_the_corpus_gets_its_verdict() {
    let cases = cases();
    let mut wrong = Vec::new();
    let mut verdicts: BTreeMap<_, usize> = BTreeMap::new();
    for case in &cases {
        *verdicts.entry(case.refused).or_default() += 1;
        let fields: Vec<_> = errors(case).into_iter().map(|finding| finding.field).collect();
        let expected: Vec<_> = case.refused.iter().map(|_| case.field.clone()).collect();
        if fields != expected {
            wrong.push(format!("{}: expected {expected:?}, found {fields:?}", case.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let own = cases.iter().filter(|case| case.own).count();
    println!("corpus: {own} objects, {} with those in schedules; {verdicts:?}", cases.len());
    assert!(own >= FEWEST, "{own}");
}

#[test]
fn each_field_of_ours_is_in_a_valid_object() {
    for definition in DEFINITIONS {
        let mut fields = BTreeSet::new();
        ours(&definition.schema(), "", &mut fields);
        let mut used = BTreeSet::new();
        for case in cases() {
            if case.kind() == definition.kind && matches!(case.refused, None | Some(Refused::Check)) {
                paths(&definition.schema(), &case.object, "", &mut used);
            }
        }
        let unused: Vec<_> = fields.difference(&used).collect();
        assert!(unused.is_empty(), "{}: {unused:#?}", definition.kind);
        assert!(fields.len() > 20, "{}: {} fields", definition.kind, fields.len());
        println!("{}: {} fields of ours, each in a valid object", definition.kind, fields.len());
    }
}

/// Paths of fields that have a description: those of core types have none.
fn ours(schema: &Json, path: &str, found: &mut BTreeSet<String>) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if inner.get("description").is_some() {
            found.insert(path.clone());
        }
        ours(inner, &path, found);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            ours(&schema[key], path, found);
        }
    }
}

/// Paths of an object's fields that its schema knows; names of a map's keys are no fields.
fn paths(schema: &Json, value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) => {
            for (name, inner) in map {
                let (schema, path) = match schema["properties"].get(name) {
                    Some(schema) => (schema, format!("{path}.{name}")),
                    None => (&schema["additionalProperties"], path.to_owned()),
                };
                paths(schema, inner, &path, found);
                found.insert(path);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| paths(&schema["items"], item, path, found)),
        _ => {}
    }
}

fn read_and_written(kind: &str, object: &Json) -> Result<Json, serde_json::Error> {
    let object = object.clone();
    match kind {
        "SparkApplication" => serde_json::to_value(serde_json::from_value::<SparkApplication>(object)?),
        "ScheduledSparkApplication" => {
            serde_json::to_value(serde_json::from_value::<ScheduledSparkApplication>(object)?)
        }
        _ => serde_json::to_value(serde_json::from_value::<SparkConnect>(object)?),
    }
}

#[test]
fn the_types_lose_nothing_of_a_valid_object() {
    for case in cases().into_iter().filter(|case| matches!(case.refused, None | Some(Refused::Rule))) {
        let written = read_and_written(case.kind(), &case.object)
            .unwrap_or_else(|error| panic!("{}: {error}", case.title));
        let mut lost = Vec::new();
        compare(&case.object, &written, "", &mut lost);
        // What the definition drops is no field of the types.
        lost.retain(|path| {
            ![".colour", ".memroy", ".extra", ".core"].iter().any(|gone| path.ends_with(gone))
        });
        assert!(lost.is_empty(), "{}: {lost:?}", case.title);
    }
}

/// Paths of what is in the first and not the same in the second; null is nothing.
fn compare(given: &Json, written: &Json, path: &str, lost: &mut Vec<String>) {
    match (given, written) {
        (Json::Object(given), Json::Object(written)) => {
            for (name, value) in given {
                let other = written.get(name).unwrap_or(&Json::Null);
                compare(value, other, &format!("{path}.{name}"), lost);
            }
        }
        (Json::Array(given), Json::Array(written)) if given.len() == written.len() => {
            given.iter().zip(written).for_each(|(a, b)| compare(a, b, path, lost));
        }
        // An amount may be written as a number; the type holds its text.
        (Json::Number(number), Json::String(text)) if number.to_string() == *text => {}
        _ if given == written => {}
        _ => lost.push(path.to_owned()),
    }
}

#[test]
fn what_the_definition_refuses_is_an_error_of_the_types_and_no_panic() {
    let refused = cases().into_iter().filter(|case| case.refused == Some(Refused::Structure));
    let (bad, fine): (Vec<_>, Vec<_>) =
        refused.partition(|case| read_and_written(case.kind(), &case.object).is_err());
    // Bounds and enumerations are the definition's: an object stored before them must be readable.
    assert!(bad.len() > 30 && fine.len() > 20, "{} and {}", bad.len(), fine.len());
}

#[test]
fn objects_as_they_are_stored_after_years_are_readable() {
    for (what, status) in [
        ("no status", "null"),
        ("empty status", "{}"),
        ("null times", r#"{"driverInfo": {}, "lastSubmissionAttemptTime": null, "terminationTime": null}"#),
        ("a state alone", r#"{"applicationState": {"state": "COMPLETED"}}"#),
        ("no state", r#"{"applicationState": null, "driverInfo": {"podName": "x"}}"#),
        (
            "fields of another version",
            r#"{"driverInfo": {"webUIPort": 1, "old": true}, "conditions": [], "x": {"y": 1}}"#,
        ),
        ("a state of one's own", r#"{"applicationState": {"state": "PAUSED BY BOB"}, "driverInfo": {}}"#),
    ] {
        let mut object = cases().remove(0).object;
        object["status"] = serde_json::from_str(status).unwrap();
        object["spec"]["removedField"] = true.into();
        let read = serde_json::from_value::<SparkApplication>(object);
        assert!(read.is_ok(), "{what}: {}", read.unwrap_err());
    }
}
