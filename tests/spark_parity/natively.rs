//! Our objects beside the recorded ones: every application of the corpus, on every line of Spark.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use spark_operator::api::SparkApplication;
use spark_operator::spark::driver::{MASTER, as_spark_submit};
use spark_operator::spark::{
    Compiled, Identity, Objects, Settings, SparkError, SubmissionId, build, compile,
};

use crate::compare::differences;
use crate::masks::Masks;
use crate::recorded::{lines, names, recorded};

/// Cases in which we differ from spark-submit on purpose: the beginning of the difference, and the reason.
const ON_PURPOSE: &str = include_str!("differences.txt");

/// The cases that are recorded, and of which arguments.
const CASES: &str = include_str!("cases.txt");

fn applications() -> Vec<(String, SparkApplication)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spark_parity/applications"));
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let documents = spark_operator::yaml::read(&file.display().to_string(), &text).unwrap();
        let application = serde_json::from_value(documents[0].to_json())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file.file_stem().unwrap().to_str().unwrap().to_owned(), application)
    };
    files.into_iter().map(read).collect()
}

/// An application as it is submitted for a line; templates are where the recorder puts them.
fn compiled(application: &SparkApplication, line: &str) -> Result<Compiled, SparkError> {
    let mut application = application.clone();
    line.clone_into(&mut application.spec.spark_version);
    let identity = Identity {
        submission: SubmissionId::new("01234567-89ab-cdef-0123-456789abcdef"),
        submitted_at: 0,
        owner: None,
        template_folder: "TEMPLATES".to_owned(),
    };
    compile(&application, identity, &Settings::default())
}

/// All objects, owned by a driver pod that the API server has stored.
fn list(mut objects: Objects) -> Vec<Json> {
    let mut pod: Pod = objects.pod.clone();
    pod.metadata.uid = Some("stored".to_owned());
    objects.own(&pod);
    let Objects { pod, service, config_maps, claims, network_policy } = objects;
    let mut all = vec![json(&pod), json(&service)];
    all.extend(network_policy.iter().map(json));
    all.extend(config_maps.iter().map(json));
    all.extend(claims.iter().map(json));
    all
}

fn json(object: &impl Serialize) -> Json {
    serde_json::to_value(object).unwrap()
}

/// An object without what says nothing: empty lists and mappings, and fields that have their default.
fn plain(object: &Json) -> Json {
    const DEFAULTS: [(&str, &str); 5] = [
        ("readOnly", "false"),
        ("subPath", r#""""#),
        ("subPathExpr", r#""""#),
        ("medium", r#""""#),
        ("type", r#""""#),
    ];
    match object {
        Json::Object(fields) => fields
            .iter()
            .filter(|(key, value)| !DEFAULTS.contains(&(key.as_str(), value.to_string().as_str())))
            .map(|(key, value)| (key.clone(), plain(value)))
            .filter(|(_, value)| !matches!(value, Json::Null) && *value != json!({}) && *value != json!([]))
            .collect(),
        Json::Array(items) => items.iter().map(plain).collect(),
        _ => object.clone(),
    }
}

/// Both sides alike: requests name the namespace in their path, and the configuration begins with comments in Java.
fn alike(object: &Json) -> Json {
    let mut object = plain(object);
    if let Some(metadata) = object.pointer_mut("/metadata").and_then(Json::as_object_mut) {
        metadata.remove("namespace");
    }
    if let Some(lines) = object.pointer_mut("/data/spark.properties").and_then(Json::as_array_mut) {
        lines.retain(|line| !line.as_str().unwrap_or_default().starts_with('#'));
    }
    object
}

/// What differs in a case, a line each.
fn differing(name: &str, line: &str, application: &SparkApplication) -> Vec<String> {
    let record = recorded(name, line);
    let ours = compiled(application, line).and_then(|compiled| as_spark_submit(&compiled, MASTER));
    // An error of the API server is one of a request, which was made.
    let refused = record.error.as_ref().filter(|_| record.sent.is_empty());
    match (ours, refused) {
        // Some of what we refuse, Spark leaves to the API server to refuse.
        (Err(_), _) if record.error.is_some() => Vec::new(),
        (Err(error), _) => vec![format!("we refuse it: {}: {error}", error.field())],
        (Ok(_), Some(error)) => vec![format!("Spark refuses it: {error}")],
        (Ok(objects), None) => {
            let masks = Masks::of(line);
            let sparks: Vec<Json> = record.sent.iter().map(alike).collect();
            let ours = list(objects).iter().map(|object| alike(&masks.object(object))).collect::<Vec<_>>();
            let failed = record.error.is_some();
            let found = differences(&ours, &sparks);
            found.into_iter().filter(|found| !(failed && found.ends_with("Spark does not make it"))).collect()
        }
    }
}

/// What a case is recorded of: its arguments and templates, in short.
fn recorded_of(compiled: &Compiled) -> String {
    let mut hash = Sha256::new();
    for argument in compiled.arguments(MASTER) {
        hash.update(argument);
        hash.update([0]);
    }
    for (_, text) in compiled.template_files().unwrap() {
        hash.update(text);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Writes the cases for `tests/spark_parity/record` into the folder that SPARK_PARITY_CASES names.
#[test]
fn cases_are_written_for_the_recorder() {
    let Some(folder) = std::env::var_os("SPARK_PARITY_CASES").map(PathBuf::from) else { return };
    let mut cases = String::new();
    for (name, application) in applications() {
        let Ok(compiled) = compiled(&application, lines()[0]) else { continue };
        writeln!(cases, "{name} {}", recorded_of(&compiled)).unwrap();
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("arguments.json"), json!(compiled.arguments(MASTER)).to_string()).unwrap();
        for (file, text) in compiled.template_files().unwrap() {
            fs::write(folder.join(file), text).unwrap();
        }
    }
    fs::write(folder.with_extension("txt"), cases).unwrap();
}

/// The figure of the whole: every application on every line, with the differences that are meant listed.
#[test]
fn native_submission_creates_what_spark_submit_creates() {
    let mut unexpected = Vec::new();
    let mut meant = BTreeSet::new();
    let (mut equal, mut listed, mut refused, mut both_refuse) = (0, 0, 0, 0);
    let names = names();
    for (name, application) in applications() {
        if !names.contains(&name) {
            match compiled(&application, lines()[0]) {
                Ok(_) => unexpected.push(format!("{name} is not recorded: see tests/spark_parity/record")),
                Err(error) => {
                    refused += 1;
                    println!("{name}: refused before any submitter is asked: {}: {error}", error.field());
                }
            }
            continue;
        }
        if let Ok(compiled) = compiled(&application, lines()[0]) {
            let case = format!("{name} {}", recorded_of(&compiled));
            if !CASES.lines().any(|recorded| recorded == case) {
                unexpected.push(format!(
                    "{name}: its arguments have changed; record it again: tests/spark_parity/record"
                ));
            }
        }
        for line in lines() {
            both_refuse += usize::from(recorded(&name, line).error.is_some());
            let found = differing(&name, line, &application);
            let rest: Vec<_> = found
                .iter()
                .filter(|found| {
                    let purpose = ON_PURPOSE.lines().find(|purpose| {
                        let mut parts = purpose.splitn(3, " | ");
                        !purpose.starts_with('#')
                            && parts.next() == Some(&name)
                            && parts.next().is_some_and(|start| found.contains(start))
                    });
                    meant.extend(purpose);
                    purpose.is_none()
                })
                .collect();
            match (found.is_empty(), rest.is_empty()) {
                (true, _) => equal += 1,
                (false, true) => listed += 1,
                (false, false) => {
                    unexpected.extend(rest.iter().map(|found| format!("{name}, Spark {line}: {found}")));
                }
            }
        }
    }
    println!(
        "native beside real spark-submit: {} applications on {} lines of Spark: {equal} equal ({both_refuse} of them \
         refused by both), {listed} differ as listed, {refused} applications refused before",
        applications().len(),
        lines().len()
    );
    assert!(unexpected.is_empty(), "{} differences:\n{}", unexpected.len(), unexpected.join("\n"));
    let unused: Vec<_> = ON_PURPOSE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty() && !meant.contains(line))
        .collect();
    assert!(unused.is_empty(), "differences that are listed and do not exist:\n{}", unused.join("\n"));
}

/// What goes on top of spark-submit's pod changes nothing else of it.
#[test]
fn what_no_template_can_say_is_all_that_comes_on_top() {
    for (name, application) in applications() {
        let Ok(compiled) = compiled(&application, "4.0.5") else { continue };
        let (Ok(as_spark), Ok(finished)) = (as_spark_submit(&compiled, MASTER), build(&compiled)) else {
            continue;
        };
        for found in differences(&list(finished), &list(as_spark)) {
            let allowed = [".env[", ".resources.limits.memory", ".imagePullPolicy"];
            assert!(allowed.iter().any(|field| found.contains(field)), "{name}: {found}");
        }
    }
}
