//! Two sets of objects, ours and Spark's, and what differs between them.

use serde_json::{Value as Json, json};

/// What differs, a line each: the object, the place in it, our value, Spark's. Both sides are masked already.
///
/// Objects are found again by kind and name. Items of lists are compared one by one, in order.
pub fn differences(ours: &[Json], sparks: &[Json]) -> Vec<String> {
    let mut found = Vec::new();
    for theirs in sparks {
        match ours.iter().find(|object| title(object) == title(theirs)) {
            Some(own) => compare(&title(theirs), "", own, theirs, &mut found),
            None => found.push(format!("{}: we do not make it", title(theirs))),
        }
    }
    for own in ours.iter().filter(|own| !sparks.iter().any(|theirs| title(theirs) == title(own))) {
        found.push(format!("{}: Spark does not make it", title(own)));
    }
    found
}

fn title(object: &Json) -> String {
    let text = |at: &str| object.pointer(at).and_then(Json::as_str).unwrap_or("?").to_owned();
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

fn compare(title: &str, at: &str, own: &Json, theirs: &Json, found: &mut Vec<String>) {
    match (own, theirs) {
        (Json::Object(own), Json::Object(theirs)) => {
            for (key, value) in theirs {
                compare_field(title, &below(at, key), own.get(key), Some(value), found);
            }
            for (key, value) in own.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
                compare_field(title, &below(at, key), Some(value), None, found);
            }
        }
        (Json::Array(own), Json::Array(theirs)) => {
            for index in 0..own.len().max(theirs.len()) {
                let place = format!("{at}[{}]", name(own.get(index).or(theirs.get(index)), index));
                compare_field(title, &place, own.get(index), theirs.get(index), found);
            }
        }
        _ if own == theirs => {}
        _ => found.push(format!("{title} {at}: ours {own}, Spark's {theirs}")),
    }
}

fn compare_field(title: &str, at: &str, own: Option<&Json>, theirs: Option<&Json>, found: &mut Vec<String>) {
    match (own, theirs) {
        (Some(own), Some(theirs)) => compare(title, at, own, theirs, found),
        (None, Some(theirs)) => found.push(format!("{title} {at}: ours is missing, Spark's {theirs}")),
        (Some(own), None) => found.push(format!("{title} {at}: ours {own}, Spark has none")),
        (None, None) => {}
    }
}

fn below(at: &str, key: &str) -> String {
    match (at.is_empty(), key.contains(['.', '/'])) {
        (_, true) => format!("{at}[{key}]"),
        (true, false) => key.to_owned(),
        (false, false) => format!("{at}.{key}"),
    }
}

/// What an item of a list is called: by its name where it has one.
fn name(item: Option<&Json>, index: usize) -> String {
    match item.and_then(|item| item["name"].as_str()) {
        Some(name) => format!("{index}: {name}"),
        None => index.to_string(),
    }
}

#[test]
fn a_difference_says_where_it_is_and_what_both_sides_have() {
    let pod = |image: &str, env: Json| {
        json!({"kind": "Pod", "metadata": {"name": "driver", "labels": {"a.b/c": image}},
            "spec": {"containers": [{"name": "spark", "image": image, "env": env}]}})
    };
    let service = json!({"kind": "Service", "metadata": {"name": "svc"}});
    let policy = json!({"kind": "NetworkPolicy", "metadata": {"name": "policy"}});
    let ours = [pod("one", json!([])), service];
    let sparks = [pod("two", json!([{"name": "A", "value": "b"}])), policy];
    assert_eq!(
        differences(&ours, &sparks),
        [
            r#"Pod driver metadata.labels[a.b/c]: ours "one", Spark's "two""#,
            r#"Pod driver spec.containers[0: spark].image: ours "one", Spark's "two""#,
            r#"Pod driver spec.containers[0: spark].env[0: A]: ours is missing, Spark's {"name":"A","value":"b"}"#,
            "NetworkPolicy policy: we do not make it",
            "Service svc: Spark does not make it",
        ]
    );
    assert!(differences(&ours, &ours).is_empty());
}
