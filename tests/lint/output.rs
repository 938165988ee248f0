//! What lint prints: text, JSON, the summary, and `docs/lint.md`. Golden files are in `golden/lint/`.

use std::fs;

use insta::assert_snapshot;
use spark_operator::manifest::lint::docs;

use super::command::{Folder, golden};
use super::given::text;

const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// A folder with the sample in two files.
fn sample() -> Folder {
    let folder = Folder::new();
    folder.file("deploy/operator.yaml", text("sample/operator.yaml"));
    folder.file("deploy/jobs.yml", text("sample/jobs.yml"));
    folder.file("deploy/.hidden.yaml", "kind: [\n");
    folder
}

#[test]
fn findings_are_lines_for_people() {
    let run = sample().run(&["lint", "deploy"]);
    assert_eq!(run.code, Some(1));
    golden("lint", "spark-operator lint deploy")
        .bind(|| assert_snapshot!("text", run.stdout + "----\n" + &run.stderr));
}

#[test]
fn findings_are_an_object_for_programs() {
    let run = sample().run(&["lint", "--output", "json", "deploy"]);
    assert_eq!(run.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        json["findings"].as_array().unwrap().len(),
        sample().run(&["lint", "deploy"]).stdout.lines().count()
    );
    golden("lint", "spark-operator lint --output json deploy").bind(|| assert_snapshot!("json", run.stdout));
}

#[test]
fn the_help_says_what_is_read() {
    golden("lint", "spark-operator lint --help")
        .bind(|| assert_snapshot!("help", Folder::new().run(&["lint", "--help"]).ok()));
}

#[test]
fn clean_input_prints_nothing_but_the_summary() {
    let folder = Folder::new();
    let run = folder.run_with_input(&["lint"], CLEAN);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "no findings in 1 object\n")
    );
    let run = folder.run_with_input(&["lint", "-o", "json"], CLEAN);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json, serde_json::json!({ "objects": 1, "allowed": 0, "findings": [] }));
}

#[test]
fn what_is_allowed_is_counted_and_not_printed() {
    let pod = |annotation: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {{{annotation}}}\nspec: {{hostPID: true, hostIPC: true}}\n"
        )
    };
    let key = spark_operator::manifest::lint::ALLOW;
    let (plain, allowed) = (pod(""), pod(&format!("{key}: psa-host-namespaces")));
    let unused = pod(&format!("{key}: 'psa-host-namespaces, unused-allowance'"));
    let folder = Folder::new();
    let cases: [(&str, &[&str], i32, &str); 7] = [
        (&plain, &[], 1, "Error: 2 findings in 1 object\n"),
        (&plain, &["--allow", "psa-host-namespaces"], 0, "no findings in 1 object, 2 allowed\n"),
        (&allowed, &[], 0, "no findings in 1 object, 2 allowed\n"),
        // What both allow is used by the annotation.
        (&allowed, &["--allow", "psa-host-namespaces"], 0, "no findings in 1 object, 2 allowed\n"),
        // An allowance of nothing is a finding, which can be allowed only here.
        (&unused, &[], 1, "Error: 1 finding in 1 object, 2 allowed\n"),
        (&unused, &["--allow", "unused-allowance"], 0, "no findings in 1 object, 3 allowed\n"),
        // Another rule's allowance does not help.
        (
            &plain,
            &["--allow", "psa-privileged", "--allow", "psa-sysctls"],
            1,
            "Error: 2 findings in 1 object\n",
        ),
    ];
    for (input, flags, code, summary) in cases {
        let run = folder.run_with_input(&[&["lint"], flags].concat(), input);
        assert_eq!((run.code, run.stderr.as_str()), (Some(code), summary), "{flags:?}\n{input}");
    }
}

#[test]
fn the_documentation_is_what_the_rules_say() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["lint", "--rules"]).ok(), docs());
    let committed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md")).unwrap();
    assert!(committed == docs(), "docs/lint.md is stale: cargo run -- lint --rules > docs/lint.md");
}
