//! The structural part of a definition: types, required fields, bounds, forms. As the API server does it: null is taken
//! as absent, a field that the schema does not know is dropped (a warning here).

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value as Json;

use super::{Findings, Level, nearest};
use crate::yaml::{Node, Value};

/// Checks a tree against a schema.
pub(super) fn check(schema: &Json, object: &Node, found: &mut Findings<'_>) {
    node(schema, object, "", found);
}

fn node(schema: &Json, at: &Node, path: &str, found: &mut Findings<'_>) {
    if at.value == Value::Null {
        return;
    }
    let error = |found: &mut Findings<'_>, message: String, hint: Option<&str>| {
        found.push_at(Level::Error, &at.place, path, message, hint.map(str::to_owned));
    };
    let int_or_text = schema["x-kubernetes-int-or-string"] == true;
    let fits = match (schema["type"].as_str(), &at.value) {
        (None, Value::Int(_) | Value::Str(_)) if int_or_text => true,
        (None, _) => !int_or_text,
        (Some("string"), Value::Str(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("integer"), Value::Int(_))
        | (Some("number"), Value::Int(_) | Value::Float(_))
        | (Some("array"), Value::Seq(_))
        | (Some("object"), Value::Map(_)) => true,
        _ => false,
    };
    if !fits {
        let wanted = if int_or_text { "an integer or a text" } else { described(schema["type"].as_str()) };
        let quote = schema["type"] == "string" && !matches!(at.value, Value::Map(_) | Value::Seq(_));
        let unquote = schema["type"] == "integer" || schema["type"] == "boolean";
        let hint = if quote {
            Some("quote it")
        } else if unquote && matches!(at.value, Value::Str(_)) {
            Some("write it without quotes")
        } else {
            None
        };
        return error(found, format!("must be {wanted}"), hint);
    }
    if let Some(allowed) = schema["enum"].as_array() {
        let names: Vec<&str> = allowed.iter().filter_map(Json::as_str).collect();
        if let Value::Str(text) = &at.value
            && !names.contains(&text.as_str())
        {
            let near = nearest(text, names.iter().copied()).map(|near| format!("did you mean {near}?"));
            return error(found, format!("must be one of {}", names.join(", ")), near.as_deref());
        }
    }
    match &at.value {
        Value::Int(number) => {
            let text = |bound: &Json| bound.to_string().trim_end_matches(".0").to_owned();
            #[allow(clippy::cast_precision_loss, reason = "bounds are small")]
            let number_f = *number as f64;
            if schema["minimum"].as_f64().is_some_and(|least| number_f < least) {
                error(found, format!("must be at least {}", text(&schema["minimum"])), None);
            } else if schema["maximum"].as_f64().is_some_and(|most| number_f > most) {
                error(found, format!("must be at most {}", text(&schema["maximum"])), None);
            } else if schema["format"] == "int32" && i32::try_from(*number).is_err() {
                error(found, "must be an integer of 32 bits".to_owned(), None);
            }
        }
        Value::Str(text) => string(schema, text, |message| error(found, message, None)),
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                node(&schema["items"], item, &format!("{path}[{index}]"), found);
            }
            twice(schema, items, path, found);
        }
        Value::Map(map) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                if map.get(name).is_none_or(|value| value.value == Value::Null) {
                    found.push_at(Level::Error, &at.place, &join(path, name), "is required".to_owned(), None);
                }
            }
            // The API server knows metadata better than the schema.
            let open = schema["x-kubernetes-preserve-unknown-fields"] == true || path == "metadata";
            for (name, value) in map {
                let path = join(path, name);
                if path == "status" {
                    let message = "is dropped: only the operator writes it".to_owned();
                    found.push_at(Level::Warning, &value.place, &path, message, None);
                } else if let Some(inner) = schema["properties"].get(name) {
                    node(inner, value, &path, found);
                } else if schema["additionalProperties"].is_object() {
                    node(&schema["additionalProperties"], value, &path, found);
                } else if !open {
                    let names =
                        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
                    let near = nearest(name, names).map(|near| format!("did you mean {near}?"));
                    let message = "unknown field: the API server drops it".to_owned();
                    found.push_at(Level::Warning, &value.place, &path, message, near);
                }
            }
        }
        _ => {}
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn string(schema: &Json, text: &str, mut error: impl FnMut(String)) {
    if let Some(pattern) = schema["pattern"].as_str()
        && Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
    {
        let quantity = schema["x-kubernetes-int-or-string"] == true;
        return error(if quantity {
            "must be a quantity, such as 500m, 2 or 4Gi".to_owned()
        } else {
            format!("must match {pattern}")
        });
    }
    let length = text.chars().count() as u64;
    if schema["minLength"].as_u64().is_some_and(|least| length < least) {
        error(format!("must have at least {} characters", schema["minLength"]));
    } else if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
        error(format!("must have at most {} characters", schema["maxLength"]));
    } else if schema["format"] == "date-time" {
        const TIME: &str = r"^[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-6][0-9]([.][0-9]+)?([Zz]|[+-][0-2][0-9]:[0-5][0-9])$";
        if Regex::new(TIME).is_ok_and(|time| !time.is_match(text)) {
            error("must be a time such as 2026-11-20T14:00:00Z".to_owned());
        }
    }
}

/// Items that have the same keys in a list that is told apart by them. A key that is not given has its default.
fn twice(schema: &Json, items: &[Node], path: &str, found: &mut Findings<'_>) {
    if schema["x-kubernetes-list-type"] != "map" {
        return;
    }
    let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let value = |key: &&str| match item.find([*key]) {
            Some(node) => node.to_json().to_string(),
            None => schema["items"]["properties"][*key]["default"].to_string(),
        };
        if !seen.insert(keys.iter().map(value).collect::<Vec<_>>()) {
            let message = format!("another item has the same {}", keys.join(" and "));
            found.push_at(Level::Error, &item.place, &format!("{path}[{index}]"), message, None);
        }
    }
}

fn described(kind: Option<&str>) -> &'static str {
    match kind {
        Some("string") => "a text",
        Some("boolean") => "true or false",
        Some("integer") => "an integer",
        Some("number") => "a number",
        Some("array") => "a list",
        _ => "a mapping",
    }
}
