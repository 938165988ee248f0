//! `--values`: a chart whose defaults are a preset's or a file's.

use serde_json::Value as Json;
use spark_operator::values::PRESETS;
use spark_operator::yaml;

use super::command::Folder;
use super::helm::{api_versions, both};

fn json(text: &str) -> Json {
    yaml::read("values.yaml", text).unwrap()[0].to_json()
}

/// Paths of nulls.
fn nulls(at: &Json, path: &str, found: &mut Vec<String>) {
    match at {
        Json::Null => found.push(path.to_owned()),
        Json::Array(items) => items.iter().for_each(|item| nulls(item, &format!("{path}[]"), found)),
        Json::Object(map) => map.iter().for_each(|(key, item)| nulls(item, &format!("{path}.{key}"), found)),
        _ => {}
    }
}

#[test]
fn helm_renders_a_baked_chart_as_we_render_its_values() {
    let mut compared = 0;
    for helm in both("charts with baked values") {
        for preset in PRESETS {
            let folder = Folder::new();
            folder.run(&["chart", "build", "-o", "chart", "-f", preset.name]).ok();
            let what = format!("Helm {}, {}", helm.version, preset.name);
            let more = [&["--skip-tests"][..], &api_versions(preset)].concat();
            let theirs = helm.template(folder.path(), "chart", &more).out(&what);
            let (compat, kube) = (helm.version.to_string(), "1.37");
            let ours = folder
                .run(&["render", "-p", preset.name, "--helm-compat", &compat, "--kube-version", kube])
                .ok();
            assert_eq!(theirs, ours, "{what}");
            compared += 1;
        }
    }
    println!("charts with a preset baked in: {compared} rendered by Helm without values, equal");
}

#[test]
fn a_baked_values_file_holds_every_setting_and_no_null() {
    for preset in PRESETS {
        let folder = Folder::new();
        folder.run(&["chart", "build", "-o", "chart", "-f", preset.name]).ok();
        let text = folder.read("chart/values.yaml");
        let mut found = Vec::new();
        nulls(&json(&text), "", &mut found);
        assert_eq!(found, [""; 0], "{}", preset.name);
    }
}

#[test]
fn nulls_delete_defaults_and_become_comments() {
    let folder = Folder::new();
    folder.file(
        "mine.yaml",
        "webhook:\n  podDisruptionBudget:\n    enable: true\n    minAvailable: null\n    maxUnavailable: 1\n  replicas: \
         2\ncontroller:\n  resources:\n    limits: null\n",
    );
    folder.run(&["chart", "build", "-o", "chart", "-f", "mine.yaml"]).ok();
    let text = folder.read("chart/values.yaml");
    assert!(
        !text.lines().any(|line| line.trim_end().ends_with(": null") && !line.trim_start().starts_with('#'))
    );
    let values = json(&text);
    assert_eq!(values["webhook"]["podDisruptionBudget"].get("minAvailable"), None);
    assert_eq!(values["webhook"]["podDisruptionBudget"]["maxUnavailable"], 1);
    assert!(text.contains("\n    # minAvailable:\n"), "{text}");
    // In a map that is open, Helm hands a null on where values files hold it; baked in, it would be one of the chart's.
    folder.file("mine.yaml", folder.read("mine.yaml").replace("    limits: null\n", "    limits: {}\n"));
    folder.run(&["chart", "build", "-o", "chart", "-f", "mine.yaml"]).ok();
    for helm in both("charts with deleted defaults") {
        let theirs = helm.template(folder.path(), "chart", &["--skip-tests"]).out("baked");
        let compat = helm.version.to_string();
        let args = ["render", "-f", "mine.yaml", "--kube-version", "1.37", "--helm-compat", &compat];
        assert_eq!(theirs, folder.run(&args).ok(), "Helm {}", helm.version);
    }
}

#[test]
fn files_and_presets_are_taken_in_their_order() {
    let folder = Folder::new();
    folder.file("mine.yaml", "controller:\n  replicas: 5\n");
    folder.file("later.yaml", "controller:\n  replicas: 7\n");
    let replicas = |args: &[&str]| {
        let values: Vec<&str> = args.iter().flat_map(|name| ["-f", name]).collect();
        folder.run(&[&["chart", "build", "-o", "chart"], values.as_slice()].concat()).ok();
        json(&folder.read("chart/values.yaml"))["controller"]["replicas"].clone()
    };
    assert_eq!(replicas(&["high-availability"]), 2);
    assert_eq!(replicas(&["high-availability", "mine.yaml"]), 5);
    assert_eq!(replicas(&["mine.yaml", "high-availability"]), 2);
    assert_eq!(replicas(&["mine.yaml", "later.yaml"]), 7);
}

#[test]
fn check_compares_with_the_same_values() {
    let folder = Folder::new();
    folder.run(&["chart", "build", "-o", "chart", "-f", "prometheus"]).ok();
    folder.run(&["chart", "build", "-o", "chart", "-f", "prometheus", "--check"]).ok();
    let run = folder.run(&["chart", "build", "-o", "chart", "--check"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("--- chart/values.yaml\n"), "{}", run.stdout);
}

#[test]
fn values_that_cannot_be_baked_are_refused_before_anything_is_written() {
    let cases = [
        ("nosuch", 2, "nosuch"),
        ("nosuch.yaml", 3, "nosuch.yaml"),
        ("unknown.yaml", 2, "replicaz"),
        ("wrong.yaml", 2, "/controller/replicas"),
        ("broken.yaml", 2, "broken.yaml"),
    ];
    for command in [&["chart", "build", "-o", "chart"][..], &["chart", "package"]] {
        let folder = Folder::new();
        folder.file("unknown.yaml", "controller:\n  replicaz: 2\n");
        folder.file("wrong.yaml", "controller:\n  replicas: many\n");
        folder.file("broken.yaml", "controller: [\n");
        for (values, code, says) in cases {
            let (got, error) = folder.run(&[command, &["-f", values]].concat()).refused(values);
            assert_eq!(got, code, "{error}");
            assert!(error.contains(says), "{values}: {error}");
            assert_eq!(folder.list(), ["broken.yaml", "unknown.yaml", "wrong.yaml"]);
        }
    }
}

#[test]
fn a_name_that_is_neither_a_file_nor_a_preset_is_told_as_both() {
    let (_, error) =
        Folder::new().run(&["chart", "build", "-o", "chart", "-f", "promethius"]).refused("a typo");
    assert!(error.contains("promethius") && error.contains("prometheus"), "{error}");
}
