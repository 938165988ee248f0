//! Golden files: what every preset renders, object by object, for Helm 4; and the order of objects where Helm 3's
//! differs. Accept changes with `INSTA_UPDATE=always cargo test --test golden --test cli --test bad_input`.
//!
//! Also: no file of `golden/`, `values/` or `templates/` is left over. What a preset should hold is not judged here.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use insta::Settings;
use spark_operator::chart::source as chart;
use spark_operator::manifest::Document;
use spark_operator::render::output::{OutputOptions, print};
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{HelmCompat, PRESETS, Preset, Sources, ValuesFile, collect, load};

/// Snapshots that belong to no preset: help texts, and the errors of `bad_input`, one file a group of cases.
const HELP: [&str; 8] = [
    "help",
    "help-completions",
    "help-patch",
    "help-post-render",
    "help-presets",
    "help-render",
    "help-values",
    "presets",
];

#[test]
fn every_preset_renders_as_its_golden_file_says() {
    each(PRESETS, |preset| {
        let documents = documents(preset, HelmCompat::V4);
        let text = print(&documents, &options(HelmCompat::V4)).unwrap();
        settings(preset.summary()).bind(|| insta::assert_snapshot!(preset.name, text));
    });
}

#[test]
fn helm_3_prints_the_same_documents_in_its_own_order() {
    each(PRESETS, |preset| {
        let (three, four) = (documents(preset, HelmCompat::V3), documents(preset, HelmCompat::V4));
        assert_eq!(printed(preset, HelmCompat::V3), printed(preset, HelmCompat::V4));
        assert_eq!(contents(&three), contents(&four));
        if titles(&three) != titles(&four) {
            let name = format!("{}.helm3-order", preset.name);
            settings("kind, name and source of every object, in the order of Helm 3")
                .bind(|| insta::assert_snapshot!(name, titles(&three)));
        }
    });
}

#[test]
fn every_golden_file_is_referenced() {
    let mut expected = BTreeSet::new();
    for preset in PRESETS {
        expected.insert(format!("{}.snap", preset.name));
        let (three, four) = (documents(preset, HelmCompat::V3), documents(preset, HelmCompat::V4));
        if titles(&three) != titles(&four) {
            expected.insert(format!("{}.helm3-order.snap", preset.name));
        }
    }
    expected.extend(HELP.map(|name| format!("{name}.snap")));
    for file in files("tests/bad_input") {
        expected.extend(file.strip_suffix(".txt").map(|group| format!("errors/{group}.snap")));
    }
    expected.insert("errors/files.snap".to_owned());
    // One that is missing fails the test that reads it. The other folders belong to one test each, and tests/run finds
    // what these do not read.
    let ours = |file: &String| !file.contains('/') || file.starts_with("errors/");
    let left_over: Vec<_> =
        files("golden").difference(&expected).filter(|file| ours(file)).cloned().collect();
    assert_eq!(left_over, [""; 0], "no test reads these files of golden/; delete them");
}

#[test]
fn every_values_file_is_a_preset_that_says_what_it_is_for() {
    let names: BTreeSet<String> = PRESETS.iter().map(|preset| format!("{}.yaml", preset.name)).collect();
    assert_eq!(files("values"), names);
    assert_eq!(PRESETS.len(), names.len(), "a preset is listed twice");
    for preset in PRESETS {
        assert!(
            preset.text.starts_with("# "),
            "{}: the first line must be a comment that says why",
            preset.name
        );
        assert!(preset.summary().ends_with('.'), "{}: {}", preset.name, preset.summary());
    }
}

#[test]
fn every_template_file_is_in_the_chart() {
    let all = chart::MACROS.iter().chain(chart::TEMPLATES);
    let paths: Vec<String> = all.clone().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(files("templates"), paths.iter().cloned().collect());
    assert_eq!(files("templates").len(), paths.len(), "a file is listed twice");
    assert!(
        chart::TEMPLATES.is_sorted_by_key(|(path, _)| path),
        "chart::TEMPLATES is not in the order of paths"
    );
    for (path, text) in all {
        assert_eq!(*text, fs::read_to_string(root().join("templates").join(path)).unwrap(), "{path}");
    }
}

fn documents(preset: &Preset, compat: HelmCompat) -> Vec<Document> {
    let file = ValuesFile { name: format!("preset {}", preset.name), text: preset.text.to_owned() };
    let sources = Sources { files: vec![file], compat, ..Sources::default() };
    let user = collect(&sources, &|_| panic!("no preset names files")).unwrap();
    let loaded = load(user).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
    assert_eq!(loaded.warnings, [""; 0], "{}", preset.name);
    let release = Release::new("spark-operator", "spark-operator", false).unwrap();
    let capabilities = Capabilities::new(KubeVersion::default(), preset.api_versions());
    let rendered = render(&loaded.values, &release, &capabilities, compat)
        .unwrap_or_else(|error| panic!("{}: {error}", preset.name));
    assert_eq!(rendered.warnings, [""; 0], "{}", preset.name);
    rendered.documents
}

fn options(compat: HelmCompat) -> OutputOptions {
    OutputOptions { compat, skip_tests: true, ..OutputOptions::default() }
}

/// How often each document is printed, without the white space around it.
fn printed(preset: &Preset, compat: HelmCompat) -> BTreeMap<String, usize> {
    let text = print(&documents(preset, compat), &options(compat)).unwrap();
    let mut counts = BTreeMap::new();
    for part in text.split("---\n# Source: ") {
        *counts.entry(part.trim().to_owned()).or_default() += 1;
    }
    counts
}

fn contents(documents: &[Document]) -> BTreeSet<(&str, &str)> {
    documents.iter().map(|document| (document.path.as_str(), document.text.trim())).collect()
}

/// One object a line: kind, name, source.
fn titles(documents: &[Document]) -> String {
    let mut text = String::new();
    for document in documents {
        let Document { kind, name, path, .. } = document;
        let place = document.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        text.extend([kind, " ", &place, name, " ", path, "\n"]);
    }
    text
}

fn settings(description: &str) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(root().join("golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(description);
    // A release changes no golden file.
    for version in [chart::VERSION, chart::APP_VERSION] {
        let version = version.replace('.', "\\.");
        for before in
            ["helm.sh/chart: spark-operator-", "app.kubernetes.io/version: \"", "image: \"spark-operator:"]
        {
            settings.add_filter(&format!("({before}){version}\\b"), "$1[VERSION]");
        }
    }
    settings
}

/// Checks every preset and tells all that fail, not only the first.
fn each(presets: &[Preset], check: impl Fn(&Preset)) {
    let failed: Vec<&str> = presets
        .iter()
        .filter(|preset| catch_unwind(AssertUnwindSafe(|| check(preset))).is_err())
        .map(|preset| preset.name)
        .collect();
    assert!(failed.is_empty(), "these presets fail (see above): {}", failed.join(", "));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder of the crate: its path below that folder.
fn files(folder: &str) -> BTreeSet<String> {
    let base = root().join(folder);
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![base.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "new") {
                found.insert(path.strip_prefix(&base).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}
