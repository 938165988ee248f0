//! helm-unittest runs the suites of `tests/unittest` on the generated chart: what its users would write about it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use spark_operator::chart::source::TEMPLATES;

use super::built;
use super::helm::{Run, tool};

fn suites() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unittest");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_template_has_a_suite() {
    let mut tested = BTreeSet::new();
    for (name, text) in suites() {
        assert!(name.ends_with("_test.yaml"), "{name}");
        for suite in text.split("\n---\n") {
            // The template is the suite's own, so that its assertions are about nothing else.
            let templates: Vec<&str> =
                suite.lines().filter_map(|l| l.strip_prefix("  - templates/")).collect();
            let [template] = templates[..] else { panic!("{name}: {templates:?} in {suite}") };
            assert!(suite.contains("\n  - it: ") && suite.contains("\n    asserts:\n"), "{name}: {suite}");
            tested.insert(template.to_owned());
        }
    }
    let all: BTreeSet<String> = TEMPLATES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(tested, all);
}

#[test]
fn helm_unittest_passes_on_the_generated_chart() {
    let Some(untt) = tool("HELM_UNITTEST", "helm-unittest") else { return };
    let folder = built();
    for (name, text) in suites() {
        folder.file(&format!("chart/tests/{name}"), text);
    }
    let mut command = Command::new(untt);
    command.args(["--strict", "chart"]).current_dir(folder.path()).env_clear().env("HOME", folder.path());
    let out = Run::of(&command.output().unwrap()).out("helm-unittest");
    let count = |what: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
        line.split_whitespace().next().unwrap_or_default().to_owned()
    };
    let total: usize = suites().iter().map(|(_, text)| text.split("\n---\n").count()).sum();
    assert_eq!(count("Test Suites:"), total.to_string(), "{out}");
    println!("helm-unittest: {} suites, {} tests", count("Test Suites:"), count("Tests:"));
}
