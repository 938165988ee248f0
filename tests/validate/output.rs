//! The command: what it prints, and its exit codes.

use crate::command::{Folder, golden};

fn snapshot(name: &str, text: &str) {
    golden("validate", "spark-operator validate").bind(|| insta::assert_snapshot!(name, text));
}

const GOOD: &str = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata:\n  name: pi\nspec:\n  \
    type: Scala\n  sparkVersion: 4.0.5\n  image: spark:4.0.5\n  mainApplicationFile: local:///a.jar\n  driver:\n    memory: 1g\n  executor: {}\n";

fn run(files: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let folder = Folder::new();
    for (name, text) in files {
        folder.file(name, text);
    }
    let run = folder.run(&[&["validate"], args].concat());
    (
        run.code,
        format!("exit code {}\n--- stdout\n{}--- stderr\n{}", run.code.unwrap(), run.stdout, run.stderr),
    )
}

#[test]
fn what_is_found_is_told_with_its_place() {
    let bad = GOOD
        .replace("memory: 1g", "memory: 1.5g\n    memroy: 1g\n    cores: \"1\"")
        .replace("spark:4.0.5", "spark")
        .replace("executor: {}", "restartPolicy:\n    type: onFailure");
    let schedule = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: nightly}\n\
        spec:\n  schedule: 0 25 * * *\n  timeZone: Europe/Berln\n  template: {type: R, sparkVersion: 4.0.5, \
        mainApplicationFile: a.R, driver: {}, executor: {}}\n";
    let files = [
        ("app.yaml", bad.as_str()),
        ("more/night.yaml", schedule),
        ("more/good.json", r#"{"apiVersion": "v1", "kind": "List", "items": []}"#),
    ];
    snapshot("found", &run(&files, &["-f", "app.yaml", "more"]).1);
    snapshot("found-json", &run(&files, &["-f", "app.yaml", "--output", "json"]).1);
}

#[test]
fn exit_codes_tell_valid_from_invalid_from_bad_input_from_unreadable() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
    let old = GOOD.replace("v1beta2", "v1beta1");
    let twice = GOOD.replace("  type: Scala", "  type: Scala\n  type: R");
    let mut all = String::new();
    for (what, text, code) in [
        ("valid", GOOD, 0),
        ("valid with a warning", &GOOD.replace("spark:4.0.5", "spark:latest"), 0),
        ("invalid", &GOOD.replace("1g", "1Gi"), 1),
        ("another kind", pod, 2),
        ("another version", &old, 2),
        ("no YAML", "a: [", 2),
        ("no object", "- a\n", 2),
        ("nothing", "# nothing\n", 2),
        ("a key twice", &twice, 2),
    ] {
        let (found, output) = run(&[("app.yaml", text)], &["-f", "app.yaml"]);
        assert_eq!(found, Some(code), "{what}: {output}");
        all += "## ";
        all += what;
        all += ": ";
        all += &output;
    }
    let (found, output) = run(&[], &["-f", "absent.yaml"]);
    assert_eq!(found, Some(3), "{output}");
    snapshot("exit-codes", &(all + "## absent: " + &output));
}
