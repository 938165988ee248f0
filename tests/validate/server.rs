//! Verdicts of a real API server, under our definitions and under Kubeflow's, and that no stored object freezes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use spark_operator::api::crd::DEFINITIONS;

use crate::corpus::{Case, Refused, cases};

/// How long the API server may take until it checks by a new definition.
const PATIENCE: Duration = Duration::from_mins(1);

struct Cluster {
    kubectl: PathBuf,
    config: String,
    folder: tempfile::TempDir,
}

/// What the API server said to each object, by name: the object as it would be stored, or why not.
type Answers = BTreeMap<String, Result<Json, String>>;

impl Cluster {
    fn kubectl(&self, args: &[&str]) -> (bool, String, String) {
        let output = Command::new(&self.kubectl)
            .args(["--kubeconfig", &self.config])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    fn done(&self, args: &[&str]) -> String {
        let (success, out, error) = self.kubectl(args);
        assert!(success, "{args:?}: {error}");
        out
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Puts definitions in place, and waits until the API server checks by them.
    fn define(&self, files: &[String], rules: bool) {
        for file in files {
            self.done(&["apply", "--server-side", "--force-conflicts", "--field-manager=corpus", "-f", file]);
        }
        for definition in DEFINITIONS {
            let mut wait = vec!["wait", "--for=condition=Established", "crd"];
            let name = definition.name();
            wait.push(&name);
            self.done(&wait);
        }
        // A violation of each kind tells.
        let probes: Vec<_> = DEFINITIONS
            .iter()
            .map(|definition| {
                let of_kind =
                    |case: &&Case| case.kind() == definition.kind && case.refused == Some(Refused::Rule);
                cases().iter().find(of_kind).unwrap().clone()
            })
            .collect();
        let begun = Instant::now();
        loop {
            let answers = self.try_all(&probes);
            if probes.iter().all(|probe| answers[probe.name()].is_err() == rules) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the definitions are not in effect: {answers:#?}");
            sleep(Duration::from_millis(200));
        }
    }

    fn try_all(&self, cases: &[Case]) -> Answers {
        let folder = self.folder.path().join("try");
        let _ = fs::remove_dir_all(&folder);
        for case in cases {
            self.file(&format!("try/{}.json", case.name()), &case.object.to_string());
        }
        let folder = folder.to_str().unwrap();
        let (_, out, error) =
            self.kubectl(&["create", "--dry-run=server", "--validate=false", "-o", "json", "-f", folder]);
        let mut answers = Answers::new();
        for object in serde_json::Deserializer::from_str(&out).into_iter::<Json>() {
            let object = object.unwrap();
            let items = object["items"].as_array().cloned().unwrap_or_else(|| vec![object]);
            for item in items {
                answers.insert(item["metadata"]["name"].as_str().unwrap().to_owned(), Ok(item));
            }
        }
        let mut refused: Vec<(String, String)> = Vec::new();
        for line in error.lines() {
            // Each refusal names the file, or the object, in its first line.
            let named = cases.iter().map(Case::name).find(|name| {
                line.contains(&format!("/{name}.json\"")) || line.contains(&format!("\"{name}\" is invalid"))
            });
            match (named, refused.last_mut()) {
                (Some(name), _) => refused.push((name.to_owned(), line.to_owned())),
                (None, Some((_, message))) => *message += line,
                (None, None) => panic!("{error}"),
            }
        }
        answers.extend(refused.into_iter().map(|(name, message)| (name, Err(message))));
        for case in cases {
            assert!(answers.contains_key(case.name()), "{}: no answer\n{error}", case.title);
        }
        answers
    }
}

fn cluster() -> Option<Cluster> {
    let Ok(config) = std::env::var("TEST_KUBECONFIG") else {
        println!("SKIPPED: custom resources on a real API server: TEST_KUBECONFIG is not set");
        return None;
    };
    let beside = Path::new(&config).parent().unwrap().join("programs/kubectl");
    let kubectl = if beside.exists() { beside } else { "kubectl".into() };
    Some(Cluster { kubectl, config, folder: tempfile::tempdir().unwrap() })
}

fn our_definitions(cluster: &Cluster) -> Vec<String> {
    DEFINITIONS.iter().map(|definition| cluster.file(&definition.file_name(), &definition.yaml())).collect()
}

/// Ours, without rules: as an older version of theirs or of ours had them.
fn without_rules(cluster: &Cluster) -> Vec<String> {
    let file = |mut definition: Json, name: String| {
        forget_rules(&mut definition);
        cluster.file(&format!("plain/{name}.json"), &definition.to_string())
    };
    DEFINITIONS.iter().map(|definition| file(definition.json(), definition.name())).collect()
}

fn forget_rules(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            map.remove("x-kubernetes-validations");
            map.values_mut().for_each(forget_rules);
        }
        Json::Array(items) => items.iter_mut().for_each(forget_rules),
        _ => {}
    }
}

/// In one test, because the definitions are the cluster's: one after the other.
#[test]
fn a_real_api_server_agrees() {
    let Some(cluster) = cluster() else { return };
    stored_objects_that_break_rules_take_status_and_metadata(&cluster);
    let ours = verdicts_are_those_of_the_corpus(&cluster);
    verdicts_differ_from_kubeflows_only_by_rules(&cluster, &ours);
    // The next test finds the cluster as this one did: without definitions that a manager of ours owns.
    for definition in DEFINITIONS {
        cluster.done(&["delete", "crd", &definition.name(), "--wait=true"]);
    }
}

fn verdicts_are_those_of_the_corpus(cluster: &Cluster) -> Answers {
    cluster.define(&our_definitions(cluster), true);
    let cases = cases();
    let answers = cluster.try_all(&cases);
    let mut wrong = Vec::new();
    for case in &cases {
        let refused = matches!(case.refused, Some(Refused::Structure | Refused::Rule));
        let answer = &answers[case.name()];
        // The name's rule is at the root, and tells the field in its message.
        let told = |message: &String| message.contains(&case.field) || case.field.ends_with(']');
        if answer.is_err() != refused || answer.as_ref().is_err_and(|message| !told(message)) {
            wrong.push(format!("{}: {:?}", case.title, answer.as_ref().map(|_| "accepted")));
        }
    }
    assert!(wrong.is_empty(), "{} verdicts:\n{}", wrong.len(), wrong.join("\n"));
    let refused = answers.values().filter(|answer| answer.is_err()).count();
    println!("real API server: {} objects, {refused} refused, as the corpus says", answers.len());
    answers
}

fn verdicts_differ_from_kubeflows_only_by_rules(cluster: &Cluster, ours: &Answers) {
    let Ok(folder) = std::env::var("KUBEFLOW_CRDS") else {
        println!(
            "SKIPPED: verdicts of Kubeflow's definitions on a real API server: KUBEFLOW_CRDS is not set"
        );
        return;
    };
    let files: Vec<_> =
        DEFINITIONS.iter().map(|definition| format!("{folder}/{}", definition.file_name())).collect();
    cluster.define(&files, false);
    let cases = cases();
    let theirs = cluster.try_all(&cases);
    cluster.define(&our_definitions(cluster), true);
    let (mut wrong, mut rules) = (Vec::new(), 0);
    for case in &cases {
        let (mine, other) = (&ours[case.name()], &theirs[case.name()]);
        match (mine, other) {
            (Err(_), Ok(_)) if case.refused == Some(Refused::Rule) => rules += 1,
            (Err(_), Err(_)) => {}
            (Ok(mine), Ok(other)) => {
                let (mine, mut other) = (plain(mine), plain(other));
                // The one field that their release does not have yet.
                for spec in ["/spec", "/spec/template"] {
                    if let (Some(mine), Some(Json::Object(other))) =
                        (mine.pointer(spec), other.pointer_mut(spec))
                        && let Some(newer) = mine.get("driverPodDisruptionBudget")
                    {
                        other.insert("driverPodDisruptionBudget".to_owned(), newer.clone());
                    }
                }
                if mine != other {
                    wrong.push(format!("{}: stored as\n{mine}\ntheirs\n{other}", case.title));
                }
            }
            _ => wrong.push(format!("{}: ours {mine:?}\ntheirs {other:?}", case.title)),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    println!(
        "Kubeflow 2.5.2's definitions: same verdict and same stored object but for {rules} that rules refuse"
    );
}

/// An object without what each request makes anew.
fn plain(object: &Json) -> Json {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().unwrap();
    for key in ["uid", "creationTimestamp", "managedFields", "generation", "resourceVersion"] {
        metadata.remove(key);
    }
    object
}

/// Every object of the corpus that a rule refuses is stored under definitions without rules; then come the rules.
fn stored_objects_that_break_rules_take_status_and_metadata(cluster: &Cluster) {
    cluster.define(&without_rules(cluster), false);
    let namespace = "corpus-stored";
    cluster.kubectl(&["delete", "namespace", namespace, "--ignore-not-found", "--wait=true"]);
    cluster.done(&["create", "namespace", namespace]);
    let stored: Vec<Case> = cases().into_iter().filter(|case| case.refused == Some(Refused::Rule)).collect();
    let list: Vec<Json> = stored.iter().map(|case| moved(case, namespace)).collect();
    let file =
        cluster.file("stored.json", &json!({"apiVersion": "v1", "kind": "List", "items": list}).to_string());
    cluster.done(&["create", "-f", &file]);
    cluster.define(&our_definitions(cluster), true);
    let read = |what: &str| {
        let kinds = "sparkapplications,scheduledsparkapplications,sparkconnects";
        let list: Json =
            serde_json::from_str(&cluster.done(&["get", kinds, "-n", namespace, "-o", "json"])).unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), stored.len(), "{what}");
        list
    };
    // The whole object is put to its status, as the operator does it.
    let mut list = read("stored");
    for object in list["items"].as_array_mut().unwrap() {
        object["status"] = match object["kind"].as_str().unwrap() {
            "SparkApplication" => json!({"driverInfo": {}, "applicationState": {"state": "FAILED"}}),
            "ScheduledSparkApplication" => json!({"scheduleState": "FailedValidation", "reason": "x"}),
            _ => json!({"state": "NotReady"}),
        };
    }
    let file = cluster.file("status.json", &list.to_string());
    cluster.done(&["replace", "--subresource=status", "-f", &file]);
    // And its metadata is changed, as a finalizer or a label does it.
    let mut list = read("with status");
    for object in list["items"].as_array_mut().unwrap() {
        assert!(object["status"].as_object().is_some_and(|status| !status.is_empty()), "{object}");
        object["metadata"]["labels"] = json!({"touched": "yes"});
        object["metadata"]["annotations"] = json!({"a": "b"});
    }
    let file = cluster.file("metadata.json", &list.to_string());
    cluster.done(&["replace", "-f", &file]);
    // A violation that is new is refused, on an object that is stored too.
    let kind = stored[0].kind().to_lowercase();
    let patch = r#"{"spec": {"driver": {"memory": "1.5g"}}}"#;
    let (changed, _, error) =
        cluster.kubectl(&["patch", &kind, stored[0].name(), "-n", namespace, "--type=merge", "-p", patch]);
    assert!(!changed && error.contains("spec.driver.memory"), "{error}");
    cluster.done(&["delete", "namespace", namespace, "--wait=true"]);
    println!("stored objects that break rules: {} took status and metadata", stored.len());
}

fn moved(case: &Case, namespace: &str) -> Json {
    let mut object = case.object.clone();
    object["metadata"]["namespace"] = json!(namespace);
    object
}
