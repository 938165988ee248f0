//! Splitting, sorting and printing against real Helm, byte for byte.
//!
//! The charts (`manifest/cases`, and generated ones) hold no template actions, so what Helm renders is the text
//! of the files. `HELM3` and `HELM4` name the binaries; without them the tests are skipped, except where `CI` is
//! true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "manifest/chart.rs"]
mod chart;
#[path = "manifest/helm.rs"]
mod helm;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chart::Chart;
use helm::Helm;
use serde_json::json;
use spark_operator::manifest::{Document, DocumentError, collect};
use spark_operator::render::capabilities::{Capabilities, KubeVersion};
use spark_operator::render::output::{CrdFile, OutputDir, OutputOptions, print, write_dir};
use spark_operator::render::release::{DEFAULT_NAME, Release};

const GENERATED: u64 = 100;

#[derive(Default)]
struct Counts {
    compared: AtomicUsize,
    errors: AtomicUsize,
    folders: AtomicUsize,
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What Helm should say, given what we say.
enum Expected {
    Text(String),
    /// Standard error holds this.
    Error(String),
}

fn expected(chart: &Chart, options: &OutputOptions) -> Expected {
    let documents = match documents(chart, options) {
        Ok(documents) => documents,
        Err(error) => return Expected::Error(document_error(&error)),
    };
    match print(&documents, options) {
        Ok(text) => Expected::Text(text),
        Err(error) => Expected::Error(format!("Error: {error}\n")),
    }
}

fn documents(chart: &Chart, options: &OutputOptions) -> Result<Vec<Document>, DocumentError> {
    Ok(collect(chart.templates(), options.compat)?.into_documents())
}

/// Helm's words, up to where its YAML reader speaks.
fn document_error(error: &DocumentError) -> String {
    match error {
        DocumentError::Yaml { path, .. } => {
            format!("Error: YAML parse error on {path}: error converting YAML to JSON: ")
        }
        DocumentError::Head { .. } => {
            format!("Error: {error}\n\nUse --debug flag to render out invalid YAML\n")
        }
    }
}

fn compare(chart: &Chart, helm: &Helm, flags: &[&str], options: &OutputOptions, counts: &Counts) {
    let said = helm.template(chart.folder(), flags);
    let what = || format!("{} with Helm {} {flags:?}", chart.name, helm.compat);
    match expected(chart, options) {
        Expected::Text(text) => {
            assert!(said.ok, "{}: Helm fails: {}", what(), said.stderr);
            assert_eq!(text, said.stdout, "{}", what());
            count(&counts.compared);
        }
        Expected::Error(error) => {
            assert!(
                !said.ok && said.stderr.contains(&error),
                "{}: {error:?} not in {:?}",
                what(),
                said.stderr
            );
            count(&counts.errors);
        }
    }
}

/// Every way to print a chart.
fn compare_printed(chart: &Chart, helm: &Helm, counts: &Counts) {
    let base = OutputOptions { compat: helm.compat, ..OutputOptions::default() };
    let check = |flags: &[&str], options: &OutputOptions| compare(chart, helm, flags, options, counts);
    check(&[], &base);
    check(&["--is-upgrade", "--no-hooks"], &OutputOptions { no_hooks: true, ..base.clone() });
    check(&["--skip-tests"], &OutputOptions { skip_tests: true, ..base.clone() });
    let crds: Vec<_> = chart.crds().into_iter().map(|(path, text)| CrdFile { path, text }).collect();
    if !crds.is_empty() {
        check(&["--include-crds"], &OutputOptions { crds, ..base.clone() });
    }
    let Ok(documents) = documents(chart, &base) else { return };
    let below = |document: &Document| document.path.split_once('/').unwrap().1.to_owned();
    let paths: BTreeSet<_> = documents.iter().map(below).collect();
    let backwards: Vec<_> = paths.iter().rev().cloned().collect();
    let patterns = [
        backwards,
        vec!["templates/*".to_owned()],
        vec!["templates/*/*".to_owned(), "templates/[a-w]*.y?ml".to_owned()],
        vec!["templates/*".to_owned(), "no-such.yaml".to_owned()],
    ];
    for show_only in patterns.into_iter().filter(|patterns| !patterns.is_empty()) {
        let flags: Vec<_> = show_only.iter().flat_map(|pattern| ["--show-only", pattern]).collect();
        check(&flags, &OutputOptions { show_only: show_only.clone(), ..base.clone() });
    }
}

/// The first of the ways to write a chart.
fn compare_written(chart: &Chart, helm: &Helm, ways: usize, counts: &Counts) {
    let crds: Vec<_> = chart.crds().into_iter().map(|(path, text)| CrdFile { path, text }).collect();
    let base = OutputOptions { compat: helm.compat, crds, ..OutputOptions::default() };
    let Ok(documents) = documents(chart, &base) else { return };
    let all = [(false, false, false), (true, false, true), (false, true, false)];
    for &(named, no_hooks, skip_tests) in &all[..ways] {
        let root = tempfile::tempdir().unwrap();
        let (theirs, ours) = (root.path().join("theirs"), root.path().join("ours"));
        let mut flags = vec!["--include-crds", "--output-dir", theirs.to_str().unwrap()];
        flags.extend(named.then_some("--release-name"));
        flags.extend(no_hooks.then_some("--no-hooks"));
        flags.extend(skip_tests.then_some("--skip-tests"));
        let what = format!("{} with Helm {} {flags:?}", chart.name, helm.compat);
        let said = helm.template(chart.folder(), &flags);
        assert!(said.ok, "{what}: {}", said.stderr);
        let options = OutputOptions { no_hooks, skip_tests, ..base.clone() };
        let dir = OutputDir { folder: ours.to_str().unwrap(), release_name: named.then_some(DEFAULT_NAME) };
        // The second time into an existing folder, with the same result.
        for time in 1..=2 {
            let log = write_dir(&documents, &options, dir).unwrap();
            assert_eq!(log.replace("/ours", "/theirs"), said.stdout, "{what}, time {time}");
            assert_eq!(chart::files_below(&ours), chart::files_below(&theirs), "{what}, time {time}");
            count(&counts.folders);
        }
    }
}

/// Runs the check for every chart on two threads, and tells all failures.
fn on_two_threads(charts: &[Chart], check: impl Fn(&Chart) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(chart) = charts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(chart))).is_err() {
                        failed.lock().unwrap().push(chart.name.clone());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} charts differ: {failed:?}", failed.len());
}

fn compare_all(kind: &str, charts: &[Chart], ways_to_write: usize) {
    // One kind after the other: two threads are enough.
    static TURN: Mutex<()> = Mutex::new(());
    let Some(helms) = Helm::both() else { return };
    let _turn = TURN.lock();
    let counts = Counts::default();
    on_two_threads(charts, |chart| {
        for helm in &helms {
            compare_printed(chart, helm, &counts);
            compare_written(chart, helm, ways_to_write, &counts);
        }
    });
    println!(
        "{kind}: {} charts; equal outputs {}, equal errors {}, equal folders {}",
        charts.len(),
        counts.compared.into_inner(),
        counts.errors.into_inner(),
        counts.folders.into_inner()
    );
}

#[test]
fn written_charts_are_printed_as_by_helm() {
    let cases = chart::cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    compare_all("written", &cases, 3);
}

#[test]
fn generated_charts_are_printed_as_by_helm() {
    let charts: Vec<_> = (0..GENERATED).map(chart::generated).collect();
    compare_all("generated", &charts, 1);
}

#[test]
fn releases_and_capabilities_are_those_of_helm() {
    let Some(helms) = Helm::both() else { return };
    let chart = Chart::write(
        "objects",
        vec![(
            "templates/x.json".to_owned(),
            "{{ dict \"release\" .Release \"kube\" (list .Capabilities.KubeVersion.Version \
             .Capabilities.KubeVersion.GitVersion (tpl \"{{ .Capabilities.KubeVersion }}\" .) \
             .Capabilities.KubeVersion.Major .Capabilities.KubeVersion.Minor) \
             \"api\" .Capabilities.APIVersions | toJson }}\n"
                .to_owned(),
        )],
    );
    let versions = [
        "1.30",
        "v1.30.4-gke.1",
        "1.30.5+k3s1",
        "1.020",
        "1.30.1.2",
        "1.30foo",
        " 1.30 ",
        "1",
        "abc",
        "v",
        "01.2",
        "1.99999999999999999999999",
        "1.2.",
        "0.1",
        "\t1.2",
    ];
    for helm in &helms {
        for text in versions {
            let flags =
                ["--kube-version", text, "-a", "foo/v1,v1/Pod", "-a", "v1", "-n", "some", "--is-upgrade"];
            let said = helm.template(chart.folder(), &flags);
            let what = format!("{text:?} with Helm {}", helm.compat);
            match KubeVersion::parse(text, helm.compat) {
                Err(error) => {
                    assert!(
                        said.stderr.contains(&format!(
                            "Error: {error}
"
                        )),
                        "{what}: {}",
                        said.stderr
                    );
                }
                Ok(kube) => {
                    let ours = Capabilities::new(kube, ["foo/v1", "v1/Pod", "v1"]);
                    let release = Release::new(DEFAULT_NAME, "some", true).unwrap();
                    assert_eq!(objects(&release, &ours), rendered(&said.stdout), "{what}");
                }
            }
        }
        let said = rendered(&helm.template(chart.folder(), &[]).stdout);
        let mut ours = Capabilities::default();
        // A Helm 3 that was built without its Makefile does not know its client-go.
        if said["kube"][4] == json!("20") {
            ours.kube_version = KubeVersion::parse("1.20.0", helm.compat).unwrap();
        }
        assert_eq!(objects(&Release::new(DEFAULT_NAME, "default", false).unwrap(), &ours), said);
        for name in ["Foo", "a..b", "", "a_b", &"a".repeat(54)] {
            let error = Release::new(name, "default", false).unwrap_err();
            let said = helm.run(&["template", name, chart.folder().to_str().unwrap()]);
            assert!(said.stderr.contains(&format!("{error}\n")), "{name}: {error} not in {}", said.stderr);
        }
    }
    println!("objects: {} Kubernetes versions and 5 names, for both", versions.len());
}

fn rendered(stdout: &str) -> serde_json::Value {
    serde_json::from_str(stdout.lines().nth(2).unwrap()).unwrap()
}

fn objects(release: &Release, capabilities: &Capabilities) -> serde_json::Value {
    let Release { name, namespace, is_upgrade, is_install, revision, service } = release;
    let KubeVersion { full, normalized, major, minor } = &capabilities.kube_version;
    json!({
        "release": {"Name": name, "Namespace": namespace, "IsUpgrade": is_upgrade, "IsInstall": is_install,
            "Revision": revision, "Service": service},
        "kube": [full, full, normalized, major, minor],
        "api": capabilities.api_versions,
    })
}
