//! The built binary: flags, exit codes, files that it writes, readers that go away. What it refuses, and in which
//! words, is in `bad_input`; what the presets hold, in `golden`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "cli/patches.rs"]
mod patches;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use command::{Folder, golden};
use spark_operator::values::{PRESETS, default_yaml, docs, schema, schema_text};

const PRESET: [&str; 3] = ["render", "--preset", "everything"];

#[test]
fn help_is_what_the_golden_files_say() {
    let folder = Folder::new();
    let cases: [(&str, &[&[&str]]); 7] = [
        ("help", &[&[]]),
        ("help-render", &[&["render"]]),
        ("help-values", &[&["values"], &["values", "default"], &["values", "schema"], &["values", "docs"]]),
        ("help-patch", &[&["patch"], &["patch", "apply"], &["patch", "from-yq"], &["patch", "schema"]]),
        ("help-post-render", &[&["post-render"]]),
        ("help-presets", &[&["presets"]]),
        ("help-completions", &[&["completions"]]),
    ];
    for (name, commands) in cases {
        let help = commands.iter().map(|command| folder.run(&[*command, &["--help"]].concat()).ok());
        let text = help.collect::<Vec<_>>().join("\n----\n\n");
        golden("", "what --help prints").bind(|| insta::assert_snapshot!(name, text));
    }
    assert_eq!(folder.run(&["-h"]).ok(), folder.run(&["help"]).ok());
    assert!(folder.run(&["--version"]).ok().starts_with("spark-operator "));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Folder::new().run(&["completions", shell]).ok();
        assert!(script.contains("spark-operator") && script.contains("show-only"), "{shell}: {script}");
    }
}

#[test]
fn values_are_printed_as_defaults_schema_and_docs() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["values", "default"]).ok(), default_yaml());
    assert_eq!(folder.run(&["values", "schema"]).ok(), schema_text());
    assert_eq!(folder.run(&["values", "docs"]).ok(), docs());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&schema_text()).unwrap(), schema());
}

#[test]
fn the_printed_defaults_change_nothing() {
    let folder = Folder::new();
    folder.file("values.yaml", default_yaml());
    assert_eq!(folder.run(&["render", "-f", "values.yaml"]).ok(), folder.run(&["render"]).ok());
}

#[test]
fn presets_are_listed_and_printed() {
    let folder = Folder::new();
    golden("", "what `spark-operator presets` prints")
        .bind(|| insta::assert_snapshot!("presets", folder.run(&["presets"]).ok()));
    for preset in PRESETS {
        assert_eq!(folder.run(&["presets", preset.name]).ok(), preset.text);
    }
}

#[test]
fn a_printed_preset_renders_as_the_built_in_one() {
    let folder = Folder::new();
    for preset in PRESETS {
        folder.file("values.yaml", preset.text);
        let versions: Vec<&str> = preset.api_versions().flat_map(|version| ["-a", version]).collect();
        let printed = folder.run(&[&["render", "-f", "values.yaml"], versions.as_slice()].concat()).ok();
        assert_eq!(printed, folder.run(&["render", "-p", preset.name]).ok(), "{}", preset.name);
    }
}

#[test]
fn exit_codes_tell_input_from_system() {
    let folder = Folder::new();
    folder.file("bad.yaml", "controler: {}");
    folder.file("file", "");
    let cases: [(&[&str], i32); 9] = [
        (&["render"], 0),
        (&["render", "-f", "bad.yaml"], 2),
        (&["render", "--no-such-flag"], 2),
        (&["no-such-command"], 2),
        (&[], 2),
        (&["render", "-f", "missing.yaml"], 3),
        (&["render", "--set-file", "global.a=missing"], 3),
        (&["render", "--output-dir", "file"], 3),
        (&["presets", "missing"], 2),
    ];
    for (args, code) in cases {
        assert_eq!(folder.run(args).code, Some(code), "{args:?}");
    }
}

#[test]
fn sources_of_values_win_in_the_order_of_helm_whatever_their_order_on_the_command_line() {
    // The n-th source sets the keys n to 7, so key n shows who wins of the first n.
    let keys = |from: usize, format: &dyn Fn(usize) -> String| (from..=7).map(format).collect::<Vec<_>>();
    let yaml = |from, name: &str| {
        format!(
            "controller:\n  deploymentAnnotations:\n{}",
            keys(from, &|n| format!("    k{n}: {name}\n")).concat()
        )
    };
    let flag = |from, value: &str| {
        keys(from, &|n| format!("controller.deploymentAnnotations.k{n}={value}")).join(",")
    };
    let folder = Folder::new();
    folder.file("first.yaml", yaml(1, "first"));
    folder.file("second.yaml", yaml(2, "second"));
    folder.file("text", "file");
    let args: &[&str] = &[
        "render",
        "--set-literal",
        "controller.deploymentAnnotations.k7=literal,{a}",
        "--set-file",
        &flag(6, "text"),
        "--set-string",
        &flag(5, "string"),
        "--set",
        &flag(4, "set"),
        "--set-json",
        &flag(3, "\"json\""),
        "-f",
        "first.yaml",
        "--values",
        "second.yaml",
        "-s",
        "templates/controller/deployment.yaml",
    ];
    let printed = folder.run(args).ok();
    let expected = "  annotations:\n    k1: first\n    k2: second\n    k3: json\n    k4: set\n    k5: string\n    k6: file\n    k7: literal,{a}\n";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn standard_input_is_a_values_file() {
    let folder = Folder::new();
    folder.file("over.yaml", "controller: {workers: 5}\n");
    let input = "controller: {workers: 4, kubeAPIBurst: 7}\n";
    let printed = folder.run_with_input(&["render", "-f", "-", "-f", "over.yaml"], input).ok();
    assert!(printed.contains("--controller-threads=5\n") && printed.contains("burst=7\n"), "{printed}");
    assert_eq!(folder.run_with_input(&["render", "-f", "-"], "").ok(), folder.run(&["render"]).ok());
    let (_, error) = folder.run_with_input(&["render", "-f", "-"], "a: b: c").refused("standard input");
    assert!(error.contains("failed to parse -:1:"), "{error}");
}

#[test]
fn large_numbers_stay_whole_in_files_and_flags() {
    let folder = Folder::new();
    folder.file("values.yaml", "controller: {maxTrackedExecutorPerApp: 2592000, workers: 1000000}\n");
    let file = folder.run(&["render", "-f", "values.yaml"]).ok();
    assert!(file.contains("=2592000\n") && file.contains("=1000000\n"), "{file}");
    let set = "controller.maxTrackedExecutorPerApp=2592000,controller.workers=1000000";
    assert_eq!(folder.run(&["render", "--set", set]).ok(), file);
    let json = "controller.maxTrackedExecutorPerApp=2.592e6,controller.workers=1000000";
    assert_eq!(folder.run(&["render", "--set-json", json]).ok(), file);
}

#[test]
fn show_only_prints_the_templates_that_match() {
    let folder = Folder::new();
    let printed = folder.run(&["render", "-s", "templates/controller/deployment.yaml"]).ok();
    assert_eq!(
        blocks(&printed).keys().map(|block| block.lines().next().unwrap()).collect::<Vec<_>>(),
        ["spark-operator/templates/controller/deployment.yaml"]
    );
    let printed =
        folder.run(&["render", "-s", "templates/*/service.yaml", "-s", "templates/controller/*.yaml"]).ok();
    assert!(
        printed.starts_with("---\n# Source: spark-operator/templates/webhook/service.yaml\n"),
        "{printed}"
    );
    assert!(printed.contains("# Source: spark-operator/templates/controller/deployment.yaml\n"));
    assert!(!printed.contains("# Source: spark-operator/templates/webhook/deployment.yaml\n"));
}

#[test]
fn hooks_are_left_out_when_asked() {
    let folder = Folder::new();
    let all = folder.run(&["render", "--set", "hook.upgradeCrd=true"]).ok();
    let without = folder.run(&["render", "--set", "hook.upgradeCrd=true", "--no-hooks"]).ok();
    assert!(all.contains("helm.sh/hook"), "{all}");
    assert!(!without.contains("helm.sh/hook") && all.starts_with(without.trim_end()), "{without}");
    // Test hooks are left out unless they are asked for.
    for (flag, tests) in [("--skip-tests", false), ("--skip-tests=true", false), ("--skip-tests=false", true)]
    {
        let printed = folder.run(&["render", "--set", "hook.upgradeCrd=true", flag]).ok();
        assert_eq!(printed.contains("helm.sh/hook: test"), tests, "{flag}");
        assert_eq!(
            printed.matches("\n# Source: ").count(),
            all.matches("\n# Source: ").count() + usize::from(tests)
        );
    }
}

#[test]
fn an_upgrade_renders_what_an_install_does() {
    let folder = Folder::new();
    let upgrade = folder.run(&[&PRESET, ["--is-upgrade"].as_slice()].concat()).ok();
    assert_eq!(upgrade, folder.run(&PRESET).ok());
}

#[test]
fn helm_3_and_4_differ_in_order_and_white_space_only() {
    let folder = Folder::new();
    let run = |compat| folder.run(&[&PRESET, ["--helm-compat", compat].as_slice()].concat()).ok();
    let (three, four) = (run("3"), run("4"));
    assert_eq!(folder.run(&PRESET).ok(), four);
    assert_ne!(three, four);
    assert_eq!(blocks(&three), blocks(&four));
}

#[test]
fn the_version_of_the_cluster_is_heeded() {
    let folder = Folder::new();
    let run = |version| folder.run(&["render", "--kube-version", version]);
    for version in ["1.32", "v1.33.4-gke.12", "v1.37.0"] {
        assert!(run(version).ok().contains("kind: Deployment"), "{version}");
    }
    let words =
        "Error: chart requires kubeVersion: >=1.32.0-0 which is incompatible with Kubernetes v1.31.9\n";
    assert_eq!(run("v1.31.9-eks-1").refused("too old"), (2, words.to_owned()));
}

#[test]
fn api_versions_are_added_one_by_one_or_with_commas() {
    let folder = Folder::new();
    let set = ["render", "--set", "prometheus.podMonitor.create=true,prometheus.prometheusRule.create=true"];
    let (pods, rules) = ("monitoring.coreos.com/v1/PodMonitor", "monitoring.coreos.com/v1/PrometheusRule");
    let one_by_one = folder.run(&[&set, ["-a", pods, "--api-versions", rules].as_slice()].concat()).ok();
    let joined = folder.run(&[&set, ["-a", &format!("{pods},{rules}")].as_slice()].concat()).ok();
    assert_eq!(one_by_one, joined);
    assert!(joined.contains("kind: PodMonitor\n") && joined.contains("kind: PrometheusRule\n"));
}

#[test]
fn names_of_release_and_namespace_reach_the_objects() {
    let printed = Folder::new().run(&["render", "jobs", "-n", "team"]).ok();
    assert!(printed.contains("name: jobs-spark-operator-controller\n"), "{printed}");
    assert!(
        printed.contains("namespace: \"team\"\n") && !printed.contains("namespace: \"spark-operator\"\n")
    );
}

#[test]
fn warnings_go_to_standard_error_and_the_rest_is_printed() {
    let run = Folder::new().run(&["render", "--set", "image.repository=kubeflow/spark-operator/controller"]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr.starts_with("WARNING: image.repository ") && run.stderr.lines().count() == 1,
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("image: \"kubeflow/spark-operator/controller:"), "{}", run.stdout);
}

#[test]
fn files_hold_what_is_printed() {
    let folder = Folder::new();
    let printed = folder.run(&PRESET).ok();
    let log = folder.run(&[&PRESET, ["--output-dir", "out/deep"].as_slice()].concat()).ok();
    let written = read_all(&folder, "out/deep");
    assert_eq!(blocks(&written.values().cloned().collect::<String>()), blocks(&printed));
    for (path, text) in &written {
        assert!(log.contains(&format!("wrote out/deep/{path}\n")), "{log}");
        assert!(blocks(text).keys().all(|block| block.lines().next() == Some(path)), "{path}:\n{text}");
    }

    let log = folder.run(&["render", "jobs", "--output-dir", "named", "--release-name"]).ok();
    assert!(log.starts_with("wrote named/jobs/spark-operator/templates/"), "{log}");
    assert!(folder.path().join("named/jobs/spark-operator/templates/controller/deployment.yaml").is_file());
}

#[test]
fn files_that_exist_are_replaced_and_others_are_kept() {
    let folder = Folder::new();
    let deployment = "out/spark-operator/templates/controller/deployment.yaml";
    folder.file(deployment, "old");
    folder.file("out/spark-operator/notes.txt", "mine");
    folder.file("out/spark-operator/templates/old.yaml", "old");
    folder.run(&["render", "--output-dir", "out"]).ok();
    let first = read_all(&folder, "out");
    assert!(folder.read(deployment).starts_with("---\n# Source: "));
    assert_eq!(folder.read("out/spark-operator/notes.txt"), "mine");
    assert_eq!(folder.read("out/spark-operator/templates/old.yaml"), "old");
    folder.run(&["render", "--output-dir", "out"]).ok();
    assert_eq!(read_all(&folder, "out"), first, "the second run wrote something else");
}

#[test]
fn a_folder_is_written_whole_or_not_at_all() {
    /// What is tried, how it is prepared, the folder, and what is said.
    type Case<'a> = (&'a str, &'a dyn Fn(&Folder), &'a str, &'a str);
    let deployment = "out/spark-operator/templates/controller/deployment.yaml";
    let cases: [Case<'_>; 4] = [
        ("a file in place of the folder", &|f| f.file("out", "mine"), "out", "out is not a folder"),
        ("a file above the folder", &|f| f.file("out", "mine"), "out/below/it", "out is not a folder"),
        (
            "a folder in place of a file",
            &|f| {
                f.file(deployment, "old");
                f.file("out/spark-operator/templates/webhook/service.yaml/x", "");
            },
            "out",
            "a folder of that name exists",
        ),
        (
            "a folder where none can be made",
            &|_| (),
            "/proc/spark-operator-out",
            "cannot create a folder in /proc",
        ),
    ];
    for (title, prepare, out, expected) in cases {
        let folder = Folder::new();
        prepare(&folder);
        let before = (folder.list(), fs::read_to_string(folder.path().join(deployment)).ok());
        let (code, error) = folder.run(&["render", "--output-dir", out]).refused(title);
        assert_eq!(code, 3, "{title}: {error}");
        assert!(error.contains(expected) && error.trim_end().lines().count() == 1, "{title}: {error}");
        let after = (folder.list(), fs::read_to_string(folder.path().join(deployment)).ok());
        assert_eq!(before, after, "{title}: something was left behind");
    }
}

#[test]
fn bad_values_write_no_file() {
    let folder = Folder::new();
    let bad = [
        "render",
        "--output-dir",
        "out",
        "--set",
        "controller.leaderElection.enable=false,controller.replicas=2",
    ];
    assert_eq!(folder.run(&bad).refused("two controllers").0, 2);
    assert_eq!(folder.list(), [""; 0]);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let commands: [&[&str]; 6] = [
        &PRESET,
        &["render", "-f", "large.yaml"],
        &["values", "schema"],
        &["values", "docs"],
        &["completions", "zsh"],
        &["render", "--help"],
    ];
    let folder = Folder::new();
    // More than a pipe holds.
    folder.file("large.yaml", format!("controller:\n  annotations:\n    a: {}\n", "x".repeat(1 << 20)));
    for args in commands {
        let mut child = folder.command(args).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 1]).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn standard_output_may_be_closed_but_not_full() {
    let folder = Folder::new();
    let shell = |redirect: &str| {
        let line = format!("exec \"$0\" render {redirect}");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &line, env!("CARGO_BIN_EXE_spark-operator")]).current_dir(folder.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(shell(">&-"), (Some(0), String::new()));
    assert_eq!(shell(">&- 2>&- <&-"), (Some(0), String::new()));
    let (code, error) = shell("> /dev/full");
    assert_eq!(code, Some(3), "{error}");
    assert!(error.starts_with("Error: cannot write to standard output: "), "{error}");
    assert_eq!(shell("--no-such-flag 2> /dev/full").0, Some(2));
    assert_eq!(shell("-f missing.yaml 2>&-").0, Some(3));
}

#[test]
fn the_environment_changes_nothing() {
    let folder = Folder::new();
    let mut command = folder.command(&PRESET);
    command.env("HELM_NAMESPACE", "other").env("KUBECONFIG", "/nowhere").env("TZ", "Asia/Tokyo");
    command
        .env("HOSTNAME", "other")
        .env("LANG", "tr_TR.UTF-8")
        .env("HOME", "/nowhere")
        .env("HELM_DEBUG", "true");
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), folder.run(&PRESET).ok());
}

/// How often each document occurs, its source in the first line, without the white space around it.
fn blocks(printed: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for block in printed.split("---\n# Source: ").filter(|block| !block.trim().is_empty()) {
        *counts.entry(block.trim().to_owned()).or_default() += 1;
    }
    counts
}

/// Every file below a folder, by its path.
fn read_all(folder: &Folder, below: &str) -> BTreeMap<String, String> {
    let prefix = format!("{below}/");
    let files = folder.list().into_iter().filter(|path| folder.path().join(path).is_file());
    files.filter_map(|path| Some((path.strip_prefix(&prefix)?.to_owned(), folder.read(&path)))).collect()
}
