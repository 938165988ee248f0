//! Generated values: whatever the schema lets through, and some of what it does not, renders to sound documents or
//! is refused with an error. `PROPTEST_CASES` sets how many cases are tried.
//!
//! The values are drawn from the schema itself, so a new key is covered without a change here. What the documents
//! should say is not judged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "properties/strategy.rs"]
mod strategy;
#[path = "properties/strict.rs"]
mod strict;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};
use spark_operator::manifest::Document;
use spark_operator::render::output::{OutputOptions, print};
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{HelmCompat, PRESETS, Preset, Sources, ValuesFile, collect, load};
use spark_operator::yaml;

/// Documents and the text that is printed, or what is said.
type Rendering = Result<(Vec<Document>, String), String>;

#[test]
fn whatever_values_come_the_output_is_sound_or_there_is_one_error() {
    let (rendered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    runner(64)
        .run(&strategy::values(), |(preset, values)| {
            for compat in HelmCompat::ALL {
                let preset = &PRESETS[preset % PRESETS.len()];
                let once = run(preset, &values, &[], compat);
                let again =
                    thread::scope(|scope| scope.spawn(|| run(preset, &values, &[], compat)).join().unwrap());
                prop_assert_eq!(text(&once), text(&again));
                match once {
                    Ok((documents, _)) => {
                        rendered.fetch_add(1, Ordering::Relaxed);
                        for document in &documents {
                            sound(document).map_err(TestCaseError::fail)?;
                        }
                    }
                    Err(error) => {
                        refused.fetch_add(1, Ordering::Relaxed);
                        // Ours to prevent: a user can do nothing about these.
                        for fault in [
                            "fit the schema but not the types",
                            "do not parse",
                            "YAML parse error",
                            "undefined",
                        ] {
                            prop_assert!(!error.contains(fault), "{}: {}", preset.name, error);
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let (rendered, refused) = (rendered.into_inner(), refused.into_inner());
    println!("generated values: {rendered} rendered, {refused} refused");
    assert!(rendered >= 4 && refused >= 1, "{rendered} rendered, {refused} refused");
}

#[test]
fn every_preset_is_sound() {
    for preset in PRESETS {
        for compat in HelmCompat::ALL {
            for document in &run(preset, &json!({}), &[], compat).unwrap().0 {
                sound(document).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
            }
        }
    }
}

#[test]
fn text_never_changes_the_structure_of_the_output() {
    let everything = PRESETS.iter().find(|preset| preset.name == "everything").unwrap();
    let outline = |text: &str| {
        let (documents, _) = run(everything, &strategy::every_text(text), &[], HelmCompat::V4)
            .unwrap_or_else(|error| panic!("{text:?}: {error}"));
        documents
            .iter()
            .map(|document| (document.kind.clone(), document.path.clone(), strict::outline(&document.text)))
            .collect::<Vec<_>>()
    };
    let plain = outline("text");
    runner(48)
        .run(&strategy::text().prop_filter("empty text is unset", |text| !text.is_empty()), |text| {
            for (plain, odd) in plain.iter().zip(outline(&text)) {
                prop_assert_eq!(plain, &odd);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn text_is_printed_as_it_was_given() {
    let default = &PRESETS[0];
    // Helm's emitter prints these as they are, where YAML 1.1 takes them for ends of lines.
    let exact = strategy::text().prop_map(|text| text.replace(['\u{85}', '\u{2028}', '\u{2029}'], ""));
    runner(64).run(&exact, |text| {
        let values = json!({
            "controller": { "annotations": { "a": text.as_str() }, "env": [{ "name": "A", "value": text.as_str() }] },
            "extraObjects": [{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "a": text.as_str() } }],
        });
        let (documents, _) = run(default, &values, &[], HelmCompat::V4).map_err(TestCaseError::fail)?;
        let of = |kind: &str, name: &str| {
            let found = documents.iter().find(|document| document.kind == kind && document.name == name).unwrap();
            yaml::read("document", &found.text).unwrap().remove(0).to_json()
        };
        let pod = &of("Deployment", "spark-operator-controller")["spec"]["template"];
        prop_assert_eq!(&pod["metadata"]["annotations"]["a"], &json!(text));
        let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
        prop_assert!(env.contains(&json!({ "name": "A", "value": text })), "{:?}", env);
        prop_assert_eq!(&of("ConfigMap", "a")["data"]["a"], &json!(text));
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn whole_numbers_stay_whole_from_files_and_from_flags() {
    let default = &PRESETS[0];
    let numbers =
        prop_oneof![Just(2_592_000_i64), Just(2_147_483_647), 0..=2_147_483_647_i64, 999_999..1_000_002_i64];
    runner(24)
        .run(&numbers, |number| {
            let key = "controller.maxTrackedExecutorPerApp";
            let values = json!({ "controller": { "maxTrackedExecutorPerApp": number } });
            let file = text(&run(default, &values, &[], HelmCompat::V4));
            prop_assert!(file.contains(&format!("={number}\n")), "{}", file);
            prop_assert_eq!(
                &text(&run(default, &json!({}), &[&format!("{key}={number}")], HelmCompat::V4)),
                &file
            );
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn values_may_be_as_deep_as_a_file_may_be() {
    let nested = |depth| (0..depth).fold(json!("x"), |inner, _| json!({ "a": inner }));
    let render = move || {
        let mut object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
        object["a"] = nested(990);
        let values = json!({ "extraObjects": [object], "controller": { "affinity": nested(990) } });
        // By indentation: brackets may be 255 deep only.
        let text = yaml::to_yaml(&values);
        run_text(&PRESETS[0], &values, &text, &[], HelmCompat::V4).map(|(documents, _)| documents.len())
    };
    // What the main thread has; the threads of tests have less.
    let result = thread::Builder::new().stack_size(8 << 20).spawn(render).unwrap().join().unwrap();
    assert!(result.as_ref().is_ok_and(|documents| *documents > 10), "{result:?}");
}

#[test]
fn the_binary_prints_what_the_library_does_without_an_environment() {
    for preset in PRESETS {
        let output = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args(["render", "--preset", preset.name, "--skip-tests=false"])
            .env_clear()
            .output()
            .unwrap();
        let (_, text) = run(preset, &json!({}), &[], HelmCompat::V4).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{}", preset.name);
    }
}

/// `PROPTEST_CASES` counts cases that cost nothing, of which 256 are usual; these cost up to a second.
fn runner(usual: u32) -> TestRunner {
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() };
    let cases = (config.cases.saturating_mul(usual) / 256).max(8);
    // The same cases in every run: what fails can be repeated, and a longer tier adds cases at the end.
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(ProptestConfig { cases, ..config }, seed)
}

/// The whole pipeline: text in, text out.
fn run(preset: &Preset, values: &Json, set: &[&str], compat: HelmCompat) -> Rendering {
    // JSON is YAML but for what breaks lines there, and needs no emitter of ours.
    let breaks = ['\u{85}', '\u{2028}', '\u{2029}'];
    let text = breaks
        .iter()
        .fold(values.to_string(), |text, c| text.replace(*c, &format!("\\u{:04x}", u32::from(*c))));
    run_text(preset, values, &text, set, compat)
}

fn run_text(preset: &Preset, values: &Json, text: &str, set: &[&str], compat: HelmCompat) -> Rendering {
    let files = vec![
        ValuesFile { name: "preset".into(), text: preset.text.into() },
        ValuesFile { name: "values.yaml".into(), text: text.to_owned() },
    ];
    let read = yaml::read("values.yaml", text).map_err(|error| format!("{error}\n{text}"))?;
    assert_eq!(read[0].to_json(), *values, "read otherwise: {text}");
    let set = set.iter().map(|flag| (*flag).to_owned()).collect();
    let sources = Sources { files, set, compat, ..Sources::default() };
    let user = collect(&sources, &|_| panic!("no file is named")).map_err(|error| error.to_string())?;
    let loaded = load(user).map_err(|error| error.to_string())?;
    let release = Release::new("spark-operator", "spark-operator", false).unwrap();
    let apis = PRESETS.iter().flat_map(Preset::api_versions).collect::<BTreeSet<_>>();
    let capabilities = Capabilities::new(KubeVersion::default(), apis);
    let rendered =
        render(&loaded.values, &release, &capabilities, compat).map_err(|error| error.to_string())?;
    let options = OutputOptions { compat, ..OutputOptions::default() };
    let text = print(&rendered.documents, &options).map_err(|error| error.to_string())?;
    Ok((rendered.documents, text))
}

fn text(rendering: &Rendering) -> String {
    rendering.as_ref().map_or_else(Clone::clone, |(_, text)| text.clone())
}

/// Parses, has no key twice, and is an object that an API server could name.
fn sound(document: &Document) -> Result<(), String> {
    let fault = |what: &str| Err(format!("{}: {what}\n{}", document.path, document.text));
    if let Err(error) = strict::check(&document.text) {
        return fault(&error);
    }
    match yaml::read("document", &document.text) {
        Err(error) => return fault(&error.to_string()),
        Ok(nodes) if nodes.len() != 1 => return fault(&format!("{} documents", nodes.len())),
        Ok(_) => {}
    }
    if document.api_version.is_empty() || document.kind.is_empty() || document.name.is_empty() {
        return fault("without apiVersion, kind or metadata.name");
    }
    Ok(())
}
