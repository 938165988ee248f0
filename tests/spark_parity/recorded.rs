//! What spark-submit was recorded to do. The first line of Spark is kept whole, each further one as its changes
//! against the line before, and a line without changes not at all (`Store.java` of the recorder writes them).

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

/// The lines of Spark, the oldest first.
pub fn lines() -> Vec<&'static str> {
    include_str!("lines").lines().collect()
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spark_parity/recorded"))
}

/// The cases that are recorded.
pub fn names() -> Vec<String> {
    let Ok(folders) = fs::read_dir(folder()) else { return Vec::new() };
    let mut names: Vec<_> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// One case on one line of Spark.
#[derive(Debug)]
pub struct Recorded {
    /// Why spark-submit refused it, or could not go on.
    pub error: Option<String>,
    /// The objects as it sent them, masked.
    pub sent: Vec<Json>,
    /// The objects as the API server stored them, masked. Kept for the cases of the file `stored`.
    pub stored: Vec<Json>,
}

/// The record of a case. Panics where it is missing.
pub fn recorded(name: &str, line: &str) -> Recorded {
    let mut record: Option<Json> = None;
    for at in lines() {
        let file = folder().join(name).join(format!("{at}.yaml"));
        if let Ok(text) = fs::read_to_string(&file) {
            let read = read(&file.display().to_string(), &text);
            match (&mut record, read.get("changes")) {
                (Some(record), Some(changes)) => apply(record, changes),
                _ => record = Some(read),
            }
        }
        if at == line {
            break;
        }
    }
    let record = record.unwrap_or_else(|| panic!("{name} is not recorded: see tests/spark_parity/record"));
    let objects = |field: &str| record[field].as_array().cloned().unwrap_or_default();
    Recorded {
        error: record["error"].as_str().map(str::to_owned),
        sent: objects("sent"),
        stored: objects("stored"),
    }
}

fn read(source: &str, text: &str) -> Json {
    let documents = spark_operator::yaml::read(source, text).unwrap();
    documents[0].to_json()
}

/// Puts changes in: a value at a place (`is`), none (`gone: true`), or other items of a list (`index`, how many are
/// `gone`, the `new` ones).
fn apply(record: &mut Json, changes: &Json) {
    for change in changes.as_array().unwrap() {
        let at = change["at"].as_str().unwrap();
        if let Some(index) = change.get("index") {
            let start = usize::try_from(index.as_u64().unwrap()).unwrap();
            let gone = usize::try_from(change["gone"].as_u64().unwrap_or(0)).unwrap();
            let new = change["new"].as_array().cloned().unwrap_or_default();
            let list = record.pointer_mut(at).and_then(Json::as_array_mut).expect(at);
            list.splice(start..start + gone, new);
            continue;
        }
        let (parent, last) = at.rsplit_once('/').unwrap_or_default();
        let key = last.replace("~1", "/").replace("~0", "~");
        match (record.pointer_mut(parent).expect(at), change.get("is")) {
            (Json::Object(fields), Some(is)) => drop(fields.insert(key, is.clone())),
            (Json::Object(fields), None) => drop(fields.remove(&key)),
            (Json::Array(items), Some(is)) => items[key.parse::<usize>().unwrap()] = is.clone(),
            (other, _) => panic!("{at}: nothing can be put into {other}"),
        }
    }
}

#[test]
fn changes_make_one_line_of_another() {
    let mut record = json!({"a": {"x/y": 1, "b": [1, 2, 3], "c": 4}, "list": [{"n": 1}]});
    let changes = json!([
        {"at": "/a/x~1y", "is": 2},
        {"at": "/a/c", "gone": true},
        {"at": "/a/b", "index": 1, "gone": 1, "new": [7, 8]},
        {"at": "/list/0/n", "is": 5},
        {"at": "/a/b/0", "is": 0},
    ]);
    apply(&mut record, &changes);
    assert_eq!(record, json!({"a": {"x/y": 2, "b": [0, 7, 8, 3]}, "list": [{"n": 5}]}));
}

#[test]
fn every_record_can_be_read_for_every_line() {
    for name in names() {
        for line in lines() {
            let record = recorded(&name, line);
            assert!(record.error.is_some() || !record.sent.is_empty(), "{name}, Spark {line}");
            let stored = include_str!("stored").lines().any(|kept| kept == name);
            assert_eq!(record.stored.is_empty(), !stored, "{name}, Spark {line}: what was stored");
            let pod = record.sent.iter().find(|object| object["kind"] == "Pod");
            assert!(record.error.is_some() || pod.is_some(), "{name}, Spark {line}: no driver");
        }
    }
}
