//! Template functions against real Helm: the same expression, the same bytes (`tests/functions/cases.txt`).
//!
//! HELM3 and HELM4 hold the paths of the binaries. Without them the comparison is skipped, except with CI=true.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{Value, context};
use spark_operator::template::{TemplateError, environment, render};

const CASES: &str = include_str!("functions/cases.txt");
const VALUES: &str = include_str!("functions/values.yaml");

/// What a case expects.
enum Wanted<'a> {
    Same,
    Differs,
    Fails(&'a str),
}

struct Case<'a> {
    name: &'a str,
    go: &'a str,
    ours: &'a str,
    wanted: Wanted<'a>,
}

fn cases() -> Vec<Case<'static>> {
    let lines = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases: Vec<Case<'_>> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(" ;; ").map(str::trim).collect();
            let wanted = match fields.get(3) {
                None => Wanted::Same,
                Some(mark) if mark.starts_with("differs: ") => Wanted::Differs,
                Some(mark) => {
                    let message = mark.strip_prefix("fails").expect("a mark is `differs: …` or `fails`");
                    Wanted::Fails(message.trim_start_matches(": "))
                }
            };
            assert!((3..=4).contains(&fields.len()), "not a case: {line}");
            Case { name: fields[0], go: fields[1], ours: fields[2], wanted }
        })
        .collect();
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    cases
}

fn values() -> Value {
    let documents = spark_operator::yaml::read("values.yaml", VALUES).expect("values.yaml is YAML");
    Value::from(Serde(documents[0].to_json()))
}

fn ours(case: &Case<'_>, values: &Value) -> Result<String, TemplateError> {
    let mut env = environment();
    env.add_template_owned("case.yaml", format!("{{{{ {} }}}}", case.ours))?;
    let capabilities = context! { apiVersions => ["v1", "batch/v1"] };
    render(&env, "case.yaml", context! { v => values, capabilities })
}

/// Renders a chart of one template with Helm.
fn helm(binary: &str, template: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let chart = folder.path();
    fs::create_dir(chart.join("templates")).unwrap();
    let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
    write(&chart.join("Chart.yaml"), "apiVersion: v2\nname: functions\nversion: 1.0.0\n");
    write(&chart.join("user.yaml"), VALUES);
    write(&chart.join("templates/cases.yaml"), template);
    // The values go in as a user's: Helm 4 drops nulls from the chart's own.
    let mut command = Command::new(binary);
    command.arg("template").arg("x").arg(chart).arg("-f").arg(chart.join("user.yaml"));
    command.output().expect("Helm starts")
}

/// What Helm makes of every case that renders: bytes, which need not be text.
fn helm_results(binary: &str, cases: &[Case<'_>]) -> BTreeMap<String, Vec<u8>> {
    let mut template = String::new();
    let mut body = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n");
    for case in cases.iter().filter(|case| !matches!(case.wanted, Wanted::Fails(_))) {
        let name = case.name;
        let go = case.go;
        template += &format!("{{{{ define {name:?} }}}}{{{{ $v := .Values }}}}{{{{ {go} }}}}{{{{ end }}}}");
        body += &format!("  {name}: x{{{{ include {name:?} $ | b64enc }}}}\n");
    }
    let output = helm(binary, &format!("{template}{body}"));
    assert!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(": x"))
        .map(|(name, data)| (name.to_owned(), STANDARD.decode(data).unwrap()))
        .collect()
}

/// Compares one Helm with us; the report, and whether all was as it should be.
fn compare(binary: &str) -> (String, bool) {
    let (cases, values) = (cases(), values());
    let theirs = helm_results(binary, &cases);
    let (mut same, mut different, mut failing, mut problems) = (0, 0, 0, Vec::new());
    for case in &cases {
        let mine = ours(case, &values);
        match case.wanted {
            Wanted::Same | Wanted::Differs => {
                let Some(theirs) = theirs.get(case.name) else {
                    problems.push(format!("{}: not in Helm's output", case.name));
                    continue;
                };
                let equal = mine.as_ref().is_ok_and(|mine| mine.as_bytes() == theirs);
                match (&case.wanted, equal) {
                    (Wanted::Same, true) => same += 1,
                    (Wanted::Differs, false) => different += 1,
                    _ => {
                        let theirs = String::from_utf8_lossy(theirs);
                        problems
                            .push(format!("{}: {}\n  helm {theirs:?}\n  ours {mine:?}", case.name, case.go));
                    }
                }
            }
            Wanted::Fails(message) => {
                let template = format!("{{{{ $v := .Values }}}}{{{{ {} }}}}", case.go);
                let output = helm(binary, &template);
                let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
                let failed = !output.status.success() && stderr.contains(message);
                // A message of ours counts only if it was raised as Helm raises one.
                let mine_failed = match &mine {
                    Err(error @ TemplateError::Failed { .. }) => {
                        error.to_string().starts_with("execution error at (")
                            && error.to_string().contains(message)
                    }
                    other => other.is_err() && message.is_empty(),
                };
                if failed && mine_failed {
                    failing += 1;
                } else {
                    problems.push(format!("{}: {}\n  helm {stderr:?}\n  ours {mine:?}", case.name, case.go));
                }
            }
        }
    }
    let version = Command::new(binary).args(["version", "--template", "{{ .Version }}"]).output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim_start_matches('v').to_owned();
    let total = cases.iter().filter(|case| !matches!(case.wanted, Wanted::Differs)).count();
    let report = format!(
        "{}/{total} with Helm {version} ({failing} of them fail in both; {different} known differences beside)",
        same + failing
    );
    for problem in &problems {
        eprintln!("{problem}");
    }
    (report, problems.is_empty())
}

#[test]
fn functions_print_what_helm_prints() {
    let binaries: Vec<String> =
        ["HELM3", "HELM4"].iter().filter_map(|name| std::env::var(name).ok()).collect();
    if binaries.len() < 2 {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs HELM3 and HELM4");
        println!("SKIPPED: set HELM3 and HELM4 to the binaries to compare with");
        return;
    }
    let reports: Vec<(String, bool)> = binaries.iter().map(|binary| compare(binary)).collect();
    let text: Vec<&str> = reports.iter().map(|(report, _)| report.as_str()).collect();
    println!("function parity: {}", text.join(", "));
    assert!(reports.iter().all(|(_, good)| *good), "function parity: {}", text.join(", "));
}

#[test]
fn every_case_renders_or_fails_without_helm_too() {
    let values = values();
    for case in cases() {
        let mine = ours(&case, &values);
        match case.wanted {
            Wanted::Same => assert!(mine.is_ok(), "{}: {mine:?}", case.name),
            Wanted::Fails(_) => assert!(mine.is_err(), "{}: {mine:?}", case.name),
            Wanted::Differs => {}
        }
    }
}

#[test]
fn every_function_has_a_case() {
    let uncovered: Vec<&str> = spark_operator::template::function_names()
        .filter(|name| !cases().iter().any(|case| case.ours.contains(name)))
        .collect();
    assert!(uncovered.is_empty(), "no case for {uncovered:?}");
}
