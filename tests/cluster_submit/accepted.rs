//! The API server takes every object of every application that `spark_parity` compares, on every line of Spark. What it
//! refuses is listed in `accepted.txt`: there spark-submit's own objects are refused in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::{Api, Client};
use serde::Serialize;
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::spark::{Compiled, Identity, Settings, SubmissionId, build, compile};
use spark_operator::submit::manifests;

use crate::place::{Place, run};

const REFUSED: &str = include_str!("accepted.txt");
const LINES: &str = include_str!("../spark_parity/lines");
/// How many requests are on their way at a time.
const AT_ONCE: usize = 16;

fn applications() -> Vec<(String, SparkApplication)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spark_parity/applications"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let documents = spark_operator::yaml::read("", &std::fs::read_to_string(&file).unwrap()).unwrap();
        let application = serde_json::from_value(documents[0].to_json()).unwrap();
        (file.file_stem().unwrap().to_str().unwrap().to_owned(), application)
    };
    files.into_iter().map(read).collect()
}

fn compiled(application: &SparkApplication, namespace: &str, line: &str) -> Option<Compiled> {
    let mut application = application.clone();
    application.metadata.namespace = Some(namespace.to_owned());
    line.clone_into(&mut application.spec.spark_version);
    let identity = Identity {
        submission: SubmissionId::new("01234567-89ab-cdef-0123-456789abcdef"),
        submitted_at: 0,
        owner: None,
        template_folder: "/tmp/spark".to_owned(),
    };
    compile(&application, identity, &Settings::default()).ok()
}

fn json(object: &impl Serialize) -> Json {
    serde_json::to_value(object).unwrap()
}

/// All that submitters would create, as they would create it; none where there is nothing to submit.
fn objects(compiled: &Compiled) -> Option<Vec<Json>> {
    let mut objects = build(compiled).ok()?;
    let mut stored: Pod = objects.pod.clone();
    stored.metadata.uid = Some("01234567-89ab-cdef-0123-456789abcdef".to_owned());
    objects.own(&stored);
    let (job, templates) = manifests(compiled, Duration::from_mins(1)).unwrap();
    let mut all = vec![json(&objects.pod), json(&objects.service), json(&job), json(&templates)];
    all.extend(compiled.config_maps.iter().chain(&objects.config_maps).map(json));
    all.extend(objects.claims.iter().map(json));
    all.extend(objects.network_policy.iter().map(json));
    Some(all)
}

/// What the API server says against an object, and nothing where it would take it.
async fn refusal(client: Client, namespace: &str, object: &Json) -> Option<String> {
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    let types = object.types.clone().unwrap();
    let (group, version) = types.api_version.rsplit_once('/').unwrap_or(("", &types.api_version));
    let plural = match types.kind.as_str() {
        "NetworkPolicy" => "networkpolicies".to_owned(),
        kind => format!("{}s", kind.to_lowercase()),
    };
    let (group, version) = (group.to_owned(), version.to_owned());
    let resource = ApiResource { group, version, api_version: types.api_version, kind: types.kind, plural };
    let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource);
    let dry_run = PostParams { dry_run: true, field_manager: None };
    match api.create(&dry_run, &object).await {
        Ok(_) => None,
        Err(kube::Error::Api(status)) => Some(status.message.clone()),
        Err(error) => panic!("{}: {error}", object.metadata.name.unwrap_or_default()),
    }
}

/// Why spark-submit of the oldest line could not submit an application.
fn recorded(name: &str) -> String {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spark_parity/recorded"));
    let oldest = format!("{}.yaml", LINES.lines().next().unwrap());
    let text = std::fs::read_to_string(folder.join(name).join(oldest)).unwrap();
    let record = spark_operator::yaml::read(name, &text).unwrap().remove(0).to_json();
    record["error"].as_str().unwrap_or_else(|| panic!("{name}: spark-submit could submit it")).to_owned()
}

/// Accounts that pods run as must be there.
fn accounts(place: &Place, objects: &BTreeMap<String, BTreeSet<String>>) {
    let pods = objects.keys().map(|text| serde_json::from_str::<Json>(text).unwrap());
    let names: BTreeSet<String> =
        pods.filter_map(|pod| pod["spec"]["serviceAccountName"].as_str().map(str::to_owned)).collect();
    for name in names.iter().filter(|name| *name != "default") {
        let answer = place.0.cluster.request(
            "POST",
            &place.0.path("v1", "serviceaccounts"),
            &json!({"metadata": {"name": name}}),
        );
        assert!([201, 422].contains(&answer.status), "{name}: {}", answer.json);
    }
}

#[test]
fn the_api_server_takes_what_is_submitted_on_every_line_of_spark() {
    let Some(place) = Place::new("accepted") else { return };
    // Lines that differ in nothing are asked about once: each object with the applications that make it.
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut submissions, mut without) = (0, BTreeSet::new());
    for (name, application) in applications() {
        for line in LINES.lines() {
            match compiled(&application, &place.0.name, line).and_then(|compiled| objects(&compiled)) {
                Some(objects) => {
                    submissions += 1;
                    for object in objects {
                        all.entry(object.to_string()).or_default().insert(name.clone());
                    }
                }
                None => drop(without.insert(name.clone())),
            }
        }
    }
    accounts(&place, &all);
    let refused: Vec<(String, String)> = run(async {
        let client = place.connection().await.client;
        let asked = all.iter().map(async |(text, names)| {
            let object: Json = serde_json::from_str(text).unwrap();
            let refusal = refusal(client.clone(), &place.0.name, &object).await?;
            let names = names.iter().cloned().collect::<Vec<_>>().join(" ");
            Some((names, refusal.replace(&place.0.name, "NAMESPACE")))
        });
        futures::stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .filter_map(async |refused| refused)
            .collect()
            .await
    });
    let listed: Vec<Vec<&str>> = REFUSED
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.splitn(3, " | ").collect())
        .collect();
    let fits = |(names, says): &(String, String), line: &[&str]| {
        names.split(' ').all(|name| name == line[0]) && says.contains(line[1])
    };
    println!(
        "{submissions} submissions, {} different objects: {} refused by the API server in {} applications as listed; \
         {} applications are refused before, on some line or all",
        all.len(),
        refused.len(),
        listed.iter().map(|line| line[0]).collect::<BTreeSet<_>>().len(),
        without.len()
    );
    let unlisted: BTreeSet<String> = refused
        .iter()
        .filter(|refused| !listed.iter().any(|line| fits(refused, line)))
        .map(|(names, says)| format!("{names} | {says}"))
        .collect();
    assert!(unlisted.is_empty(), "{} refusals:\n{}", unlisted.len(), Vec::from_iter(unlisted).join("\n"));
    let unused: Vec<_> =
        listed.iter().filter(|line| !refused.iter().any(|refused| fits(refused, line))).collect();
    assert!(unused.is_empty(), "listed, and taken: {unused:?}");
    // Each of these applications was refused to spark-submit too, in words that are listed.
    for line in &listed {
        let error = recorded(line[0]);
        let mut same = listed.iter().filter(|other| other[0] == line[0]);
        assert!(same.any(|other| error.contains(other[1])), "{}: {error}", line[0]);
    }
}
