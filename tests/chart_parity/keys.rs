//! The keys of the values: their paths in the schema, and how to choose and drop them in a tree of values.

use serde_json::{Value as Json, json};
use spark_operator::values::schema;

pub type Path = Vec<String>;

/// Every key that is no section, with its schema.
pub fn leaves() -> Vec<(Path, Json)> {
    walk().0
}

/// Every section below the root.
pub fn sections() -> Vec<Path> {
    walk().1
}

fn walk() -> (Vec<(Path, Json)>, Vec<Path>) {
    let (mut leaves, mut sections) = (Vec::new(), Vec::new());
    let mut open = vec![(Path::new(), schema())];
    while let Some((path, section)) = open.pop() {
        for (key, schema) in section["properties"].as_object().unwrap() {
            let path: Path = path.iter().chain([key]).cloned().collect();
            if schema.get("properties").is_some() {
                sections.push(path.clone());
                open.push((path, schema.clone()));
            } else {
                leaves.push((path, schema.clone()));
            }
        }
    }
    (leaves, sections)
}

/// The paths of what a tree sets, down to the keys that are no sections.
pub fn set_in(values: &Json) -> Vec<Path> {
    fn below(values: &Json, schema: &Json, path: &Path, found: &mut Vec<Path>) {
        match (values.as_object(), schema.get("properties")) {
            (Some(map), Some(properties)) if !map.is_empty() => {
                for (key, value) in map {
                    let path = path.iter().chain([key]).cloned().collect();
                    below(value, properties.get(key).unwrap_or(&Json::Null), &path, found);
                }
            }
            _ if path.is_empty() => {}
            _ => found.push(path.clone()),
        }
    }
    let mut found = Vec::new();
    below(values, &schema(), &Path::new(), &mut found);
    found
}

/// The tree with only some of its paths.
pub fn only(values: &Json, paths: &[Path]) -> Json {
    let mut out = json!({});
    for path in paths {
        if let Some(value) = path.iter().try_fold(values, |at, key| at.get(key)) {
            put(&mut out, path, value.clone());
        }
    }
    out
}

/// Sets a path, making the sections above it; does nothing below something that is no section.
pub fn put(values: &mut Json, path: &[String], value: Json) {
    let Some((last, sections)) = path.split_last() else { return };
    let mut at = values;
    for section in sections {
        let Some(map) = at.as_object_mut() else { return };
        at = map.entry(section).or_insert_with(|| json!({}));
    }
    if let Some(map) = at.as_object_mut() {
        map.insert(last.clone(), value);
    }
}

/// Every tree with one thing less: one key, or one item of a list, at any depth.
pub fn smaller(values: &Json) -> Vec<Json> {
    let mut out = Vec::new();
    match values {
        Json::Object(map) => {
            for key in map.keys() {
                let mut less = map.clone();
                less.shift_remove(key);
                out.push(Json::Object(less));
            }
            for (key, value) in map {
                for less in smaller(value) {
                    let mut map = map.clone();
                    map.insert(key.clone(), less);
                    out.push(Json::Object(map));
                }
            }
        }
        Json::Array(items) => {
            for i in 0..items.len() {
                let mut less = items.clone();
                less.remove(i);
                out.push(Json::Array(less));
            }
            for (i, item) in items.iter().enumerate() {
                for less in smaller(item) {
                    let mut items = items.clone();
                    items[i] = less;
                    out.push(Json::Array(items));
                }
            }
        }
        Json::String(text) if text.chars().count() > 8 => {
            let half = text.chars().count() / 2;
            out.push(json!(text.chars().take(half).collect::<String>()));
            out.push(json!(text.chars().skip(half).collect::<String>()));
        }
        _ => {}
    }
    out
}
