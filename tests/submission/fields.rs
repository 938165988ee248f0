//! Every field of an application in the driver, the executors' template, the service or Spark's configuration: a row
//! each in `fields.yaml`, and `without.yaml` for those that change nothing. Steps are those of Kubeflow's pod webhook.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use spark_operator::api::crd::DEFINITIONS;
use spark_operator::yaml;

use crate::application::{Made, object, read, spark, submitted};

/// How many steps Kubeflow's webhook has for a pod.
const STEPS: u64 = 26;

struct Row {
    fields: Vec<String>,
    step: Option<u64>,
    changes: Json,
    expected: Vec<(String, String, Json)>,
}

fn lines(name: &str, text: &str) -> Vec<Json> {
    let nodes = yaml::read(name, text).unwrap_or_else(|error| panic!("{error}"));
    nodes[0].to_json().as_array().unwrap().clone()
}

/// The rows, those for both roles twice.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for line in lines("fields.yaml", include_str!("fields.yaml")) {
        let text = line.to_string();
        if !text.contains("ROLE") {
            rows.push(row(&line, None));
            continue;
        }
        for role in ["driver", "executor"] {
            rows.push(row(&serde_json::from_str(&text.replace("ROLE", role)).unwrap(), Some(role)));
        }
    }
    rows
}

fn row(line: &Json, role: Option<&str>) -> Row {
    let mut row = Row { fields: Vec::new(), step: None, changes: json!({}), expected: Vec::new() };
    for (key, value) in line.as_object().unwrap() {
        match key.as_str() {
            "field" => match value {
                Json::Array(fields) => {
                    row.fields.extend(fields.iter().map(|field| field.as_str().unwrap().to_owned()));
                }
                field => row.fields.push(field.as_str().unwrap().to_owned()),
            },
            "step" => row.step = value.as_u64(),
            "set" => row.changes["spec"] = value.clone(),
            "object" => json_patch::merge(&mut row.changes, value),
            "pod" | "driver" | "executor" | "service" | "properties" | "argv" | "configMaps" | "notices" => {
                if role.is_some_and(|role| ["driver", "executor"].contains(&key.as_str()) && key != role) {
                    continue;
                }
                let object = if key == "pod" { role.expect("a pod is that of a role") } else { key };
                for (path, expected) in value.as_object().unwrap() {
                    row.expected.push((object.to_owned(), path.clone(), expected.clone()));
                }
            }
            other => panic!("a row has no {other}: {line}"),
        }
    }
    row
}

fn make(changes: &Json) -> Made {
    let (compiled, objects) = submitted(&read(&object(changes)))
        .unwrap_or_else(|error| panic!("{}: {error}: {changes}", error.field()));
    Made::of(compiled, objects)
}

/// What is found at a path of an object.
fn found(made: &Made, object: &str, path: &str) -> Json {
    match object {
        "driver" => at(&made.driver, path),
        "executor" => at(&made.executor, path),
        "service" => at(&made.service, path),
        "properties" => made.property(path).map_or(Json::Null, Json::from),
        "argv" => {
            let arguments = made.compiled.arguments("m");
            let option = arguments.iter().position(|argument| argument == path);
            option.map_or(Json::Null, |option| json!(arguments[option + 1]))
        }
        "configMaps" => {
            let maps = made.compiled.config_maps.iter();
            let maps =
                maps.map(|map| (map.metadata.name.clone().unwrap(), serde_json::to_value(map).unwrap()));
            at(&Json::Object(maps.collect()), path)
        }
        "notices" => {
            let notice = made.compiled.notices.iter().find(|notice| notice.field == path);
            notice.map_or(Json::Null, |notice| json!(notice.reason))
        }
        other => panic!("there is no object {other}"),
    }
}

fn at(object: &Json, path: &str) -> Json {
    let mut node = object;
    let mut rest = path;
    if let Some(behind) = path.strip_prefix("spark.") {
        (node, rest) = (spark(object), behind);
    }
    while !rest.is_empty() {
        let (step, behind) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').unwrap(),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        rest = behind.strip_prefix('.').unwrap_or(behind);
        let next = match node {
            Json::Array(items) => match step.parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) => items.iter().rev().find(|item| item["name"] == step),
            },
            node => node.get(step),
        };
        match next {
            Some(next) => node = next,
            None => return Json::Null,
        }
    }
    node.clone()
}

#[test]
fn what_a_field_says_is_in_the_objects() {
    let plain = make(&json!({}));
    let rows = rows();
    let mut wrong = Vec::new();
    for row in &rows {
        let made = make(&row.changes);
        let mut changed = row.fields.is_empty();
        for (object, path, expected) in &row.expected {
            let now = found(&made, object, path);
            if now != *expected {
                wrong.push(format!("{:?}: {object} {path}: {now}, and not {expected}", row.fields));
            }
            changed |= found(&plain, object, path) != *expected;
        }
        if !changed {
            wrong.push(format!("{:?}: all of it is so without the field", row.fields));
        }
    }
    println!(
        "fields: {} rows, {} expectations",
        rows.len(),
        rows.iter().map(|row| row.expected.len()).sum::<usize>()
    );
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_field_has_a_row_or_a_reason_to_have_none() {
    let definition = DEFINITIONS.iter().find(|definition| definition.kind == "SparkApplication").unwrap();
    let mut all = BTreeSet::new();
    own_fields(&definition.schema()["properties"]["spec"], "", &mut all);
    let mut covered = BTreeSet::new();
    for row in rows() {
        for field in row.fields {
            assert!(
                set(&row.changes["spec"], &field),
                "a row does not set its field {field}: {}",
                row.changes
            );
            covered.insert(field);
        }
    }
    // A section is covered when all that is in it is.
    let sections = ["driver", "executor"];
    let without = without();
    let excused = |field: &str| {
        without.iter().any(|(name, ..)| field == name || field.starts_with(&format!("{name}.")))
    };
    let missing: Vec<_> = all
        .iter()
        .filter(|field| !covered.contains(*field) && !sections.contains(&field.as_str()) && !excused(field))
        .collect();
    assert!(missing.is_empty(), "no row of fields.yaml is for {missing:#?}");
    let unknown: Vec<_> = covered.difference(&all).collect();
    assert!(unknown.is_empty(), "there are no such fields: {unknown:?}");
    println!(
        "fields: {} of {} have rows, the others change nothing of a submission",
        covered.len(),
        all.len()
    );
}

#[test]
fn every_step_of_kubeflows_webhook_has_a_row() {
    let steps: BTreeSet<u64> = rows().iter().filter_map(|row| row.step).collect();
    assert_eq!(steps, (1..=STEPS).collect());
}

#[test]
fn fields_that_are_for_the_controller_change_nothing() {
    let plain = make(&json!({})).objects;
    for (field, changes, why) in without() {
        assert!(set(&changes, &field) && why.len() > 10, "{field}");
        assert!(
            make(&json!({"spec": changes})).objects == plain,
            "{field} changes the submission, though {why}"
        );
    }
}

/// Fields without influence: the field, a spec that sets it, and the reason.
fn without() -> Vec<(String, Json, String)> {
    let text = |line: &Json, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = lines("without.yaml", include_str!("without.yaml"));
    lines.iter().map(|line| (text(line, "field"), line["set"].clone(), text(line, "why"))).collect()
}

/// Paths of fields that have a description: those of Kubernetes' own types have none.
fn own_fields(schema: &Json, path: &str, all: &mut BTreeSet<String>) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if inner.get("description").is_some() {
            all.insert(path.clone());
        }
        own_fields(inner, &path, all);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            own_fields(&schema[key], path, all);
        }
    }
}

/// Whether a spec says something at a path; items of lists and keys of mappings are no steps of it.
fn set(value: &Json, path: &str) -> bool {
    if path.is_empty() {
        return true;
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Json::Array(items) => items.iter().any(|item| set(item, path)),
        Json::Object(fields) => match fields.get(step) {
            Some(inner) => set(inner, rest),
            None => fields.values().any(|inner| inner.is_object() && set(inner, path)),
        },
        _ => false,
    }
}
