//! Faults of the printer are found: each of these changes to a printed template, which mimic what a wrong printer
//! would write, makes `helm template` differ from `render`, or fail, for at least one preset.
//!
//! `HELM4` names the binary; without it the test is skipped, except where `CI` is true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "chart_tools/faults.rs"]
mod faults;
#[path = "chart_tools/helm.rs"]
mod helm;

use std::sync::Mutex;
use std::thread;

use command::Folder;
use faults::{FAULTS, Fault};
use helm::{Helm, api_versions, four};
use spark_operator::chart::folder::{self, Files};
use spark_operator::values::{PRESETS, Preset, Values};

/// A preset and what `render` prints for it.
type Expected = (&'static Preset, String);

/// Every preset, the one that says most first.
fn expected(folder: &Folder) -> Vec<Expected> {
    let mut presets: Vec<&Preset> = PRESETS.iter().collect();
    presets.sort_by_key(|preset| (preset.name != "everything", preset.name != "prometheus"));
    let render = |preset: &'static Preset| {
        let args = ["render", "-p", preset.name, "--kube-version", "1.37", "--skip-tests=false"];
        (preset, folder.run(&args).ok())
    };
    presets.into_iter().map(render).collect()
}

/// Writes a chart, one file of it changed.
fn write(folder: &Folder, files: &Files, fault: Option<&Fault>) {
    for (path, text) in files {
        let changed = fault.filter(|fault| *path == format!("templates/{}", fault.file));
        let text = changed.map_or(text.clone(), |fault| text.replacen(fault.from, fault.to, 1));
        folder.file(&format!("chart/{path}"), text);
    }
}

/// The first preset for which Helm says something else than we do.
fn caught(helm: &Helm, folder: &Folder, expected: &[Expected]) -> Option<&'static str> {
    let differs = |(preset, ours): &&Expected| {
        let values = format!("chart/ci/{}-values.yaml", preset.name);
        let run =
            helm.template(folder.path(), "chart", &[&["-f", &values][..], &api_versions(preset)].concat());
        !run.ok || run.stdout != *ours
    };
    expected.iter().find(differs).map(|(preset, _)| preset.name)
}

#[test]
fn every_fault_is_in_the_printed_chart() {
    let files = folder::files(&Values::default_json().unwrap()).unwrap();
    for fault in FAULTS {
        let text = files.get(&format!("templates/{}", fault.file)).expect(fault.name);
        assert!(text.contains(fault.from), "{}: {:?} is not in {}", fault.name, fault.from, fault.file);
        assert_ne!(fault.from, fault.to, "{}", fault.name);
        assert_eq!(FAULTS.iter().filter(|other| other.name == fault.name).count(), 1, "{}", fault.name);
    }
}

#[test]
fn every_fault_of_the_printer_is_caught_by_a_preset() {
    let Some(helm) = four("faults of the printer") else { return };
    let folder = Folder::new();
    let expected = expected(&folder);
    let files = folder::files(&Values::default_json().unwrap()).unwrap();
    write(&folder, &files, None);
    assert_eq!(caught(&helm, &folder, &expected), None, "the chart itself differs from render");

    let left = Mutex::new(FAULTS.iter());
    let missed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some(fault) = next else { break };
                    let folder = Folder::new();
                    write(&folder, &files, Some(fault));
                    if caught(&helm, &folder, &expected).is_none() {
                        missed.lock().unwrap().push(fault.name);
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    println!("printer faults caught: {}/{}", FAULTS.len() - missed.len(), FAULTS.len());
    assert_eq!(missed, [""; 0], "no preset shows these faults");
}
