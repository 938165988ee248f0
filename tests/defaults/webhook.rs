//! What Kubeflow's webhook and our function make of applications, and where the two differ.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplicationSpec;

/// An application: spec and state, as it is sent to the API server.
pub fn application(spec: &Json, state: &str) -> Json {
    let mut whole = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": "a"},
        "spec": {
            "type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar",
            "driver": {}, "executor": {},
        },
    });
    json_patch::merge(&mut whole["spec"], spec);
    if !state.is_empty() {
        whole["status"] = json!({"driverInfo": {}, "applicationState": {"state": state}});
    }
    whole
}

/// The spec with our defaults.
pub fn ours(application: &Json) -> Json {
    let spec: SparkApplicationSpec = serde_json::from_value(application["spec"].clone())
        .unwrap_or_else(|error| panic!("{application}: {error}"));
    let once = spec.with_defaults();
    assert_eq!(once.clone().with_defaults(), once, "{application}");
    serde_json::to_value(once).unwrap()
}

/// The spec of each application as Kubeflow's webhook leaves it; `None` when the tool is not here.
pub fn theirs(what: &str, applications: &[Json]) -> Option<Vec<Json>> {
    let Ok(tool) = env::var("KUBEFLOW_DEFAULTS") else {
        println!("SKIPPED: {what}: KUBEFLOW_DEFAULTS is not set");
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "KUBEFLOW_DEFAULTS must name the program");
        return None;
    };
    let lines = applications.iter().flat_map(|one| [one.to_string(), "\n".to_owned()]).collect::<String>();
    let mut child = Command::new(&tool)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{tool}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // It answers while it reads: more than a pipe holds must be read from another thread.
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let specs: Vec<Json> =
        text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["spec"].take()).collect();
    assert_eq!(specs.len(), applications.len());
    Some(specs)
}

/// A place where two values differ, as a JSON pointer, and what is there in each.
#[derive(Debug)]
pub struct Apart<'a> {
    pub path: String,
    pub left: Option<&'a Json>,
    pub right: Option<&'a Json>,
}

/// Every place where they differ, down to the last field.
pub fn compare<'a>(left: &'a Json, right: &'a Json) -> Vec<Apart<'a>> {
    let mut found = Vec::new();
    walk(String::new(), Some(left), Some(right), &mut found);
    found
}

fn walk<'a>(path: String, left: Option<&'a Json>, right: Option<&'a Json>, found: &mut Vec<Apart<'a>>) {
    let empty = serde_json::Map::new();
    // A mapping beside nothing is compared as with an empty one, for the names of what is in it.
    let mappings = match (left, right) {
        (Some(Json::Object(left)), Some(Json::Object(right))) => Some((left, right)),
        (Some(Json::Object(left)), None) if !left.is_empty() => Some((left, &empty)),
        (None, Some(Json::Object(right))) if !right.is_empty() => Some((&empty, right)),
        _ => None,
    };
    match (mappings, left, right) {
        (Some((a, b)), ..) => {
            let new = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(new) {
                let of = |mapping: Option<&'a Json>| mapping.and_then(|mapping| mapping.get(key));
                walk(format!("{path}/{key}"), of(left), of(right), found);
            }
        }
        (None, Some(Json::Array(a)), Some(Json::Array(b))) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                walk(format!("{path}/{at}"), Some(a), Some(b), found);
            }
        }
        _ if left == right => {}
        _ => found.push(Apart { path, left, right }),
    }
}
