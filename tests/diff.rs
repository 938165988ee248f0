//! `spark-operator diff` as it is run: goldens of every output, what counts as the same, secrets, releases, bad input.
//! What differs in two values is tested beside the code, and so is that a printed patch does what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "diff/same.rs"]
mod same;
#[path = "diff/secrets.rs"]
mod secrets;
#[path = "diff/terminal.rs"]
mod terminal;

use std::path::Path;
use std::process::Command;

use command::{Folder, Run, golden};
use spark_operator::manifest::Manifests;
use spark_operator::manifest::diff::{Format, Options, diff};
use spark_operator::manifest::patch::{Sides, apply, read_patches};
use spark_operator::values::PRESETS;

const OUTPUTS: [&str; 3] = ["text", "json", "patch"];

/// Everything that a run left, as one text.
fn shown(run: &Run) -> String {
    let Run { code, stdout, stderr } = run;
    format!("{stdout}---- standard error\n{stderr}---- exit code {}\n", code.unwrap_or(-1))
}

/// A folder with the two sides that show every kind of difference.
fn sides() -> Folder {
    let folder = Folder::new();
    folder.file("before.yaml", include_str!("diff/before.yaml"));
    folder.file("after.yaml", include_str!("diff/after.yaml"));
    folder
}

#[test]
fn every_kind_of_difference_is_printed_as_the_golden_files_say() {
    let folder = sides();
    for output in OUTPUTS {
        let run = folder.run(&["diff", "before.yaml", "after.yaml", "--output", output]);
        golden("diff", "diff before.yaml after.yaml")
            .bind(|| insta::assert_snapshot!(format!("kinds.{output}"), shown(&run)));
    }
}

#[test]
fn presets_differ_from_the_defaults_as_the_golden_files_say() {
    let folder = Folder::new();
    folder.file("default.yaml", folder.run(&["render"]).ok());
    for (preset, output) in [
        ("restricted", "text"),
        ("high-availability", "text"),
        ("host-network", "text"),
        ("host-network", "json"),
        ("high-availability", "patch"),
        ("cert-manager", "text"),
        ("cert-manager", "patch"),
        ("everything", "text"),
    ] {
        let rendered = folder.run(&["render", "--preset", preset]).ok();
        let run = folder.run_with_input(&["diff", "default.yaml", "-", "-o", output], &rendered);
        golden("diff", "the defaults and a preset")
            .bind(|| insta::assert_snapshot!(format!("{preset}.{output}"), shown(&run)));
    }
}

#[test]
fn a_printed_patch_makes_one_preset_of_another() {
    let folder = Folder::new();
    let options = |format| Options { format, namespace: None, release: false };
    let render = |preset: &str| folder.run(&["render", "--preset", preset]).ok();
    let before = [Manifests::new("default", render("default"))];
    for preset in PRESETS.iter().filter(|preset| preset.name != "default") {
        let after = [Manifests::new(preset.name, render(preset.name))];
        let outcome = diff(&before, &after, &options(Format::Patch)).unwrap();
        let patches = read_patches("patch", &outcome.output).unwrap();
        let made = apply(&patches, &before, Sides::All).unwrap().texts.concat().concat();
        let made = [Manifests::new("patched", made)];
        let left = diff(&made, &after, &options(Format::Text { color: false })).unwrap();
        assert_eq!(left.counts.changed, 0, "{}:\n{}", preset.name, left.output);
        assert_eq!(left.counts.same, outcome.counts.same + outcome.counts.changed, "{}", preset.name);
    }
}

#[test]
fn objects_of_one_name_are_told_and_compared_in_their_order() {
    let folder = Folder::new();
    let map = |value: &str| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata: {{k: {value}}}\n")
    };
    folder.file("before.yaml", map("a") + &map("b") + &map("c"));
    folder.file("after.yaml", map("a") + &map("c"));
    let runs = OUTPUTS.map(|output| shown(&folder.run(&["diff", "before.yaml", "after.yaml", "-o", output])));
    golden("diff", "objects of one name").bind(|| insta::assert_snapshot!("duplicates", runs.join("\n")));
}

#[test]
fn a_namespace_that_one_side_leaves_out_is_hinted_at_and_can_be_said() {
    let folder = Folder::new();
    let object = |metadata: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {metadata}\n");
    folder.file("bare.yaml", object("{name: x}"));
    folder.file("named.yaml", object("{name: x, namespace: ns}"));
    for sides in [["bare.yaml", "named.yaml"], ["named.yaml", "bare.yaml"]] {
        let run = folder.run(&[&["diff"], sides.as_slice()].concat());
        assert_eq!(run.code, Some(1));
        assert_eq!(
            run.stderr,
            "WARNING: 1 object is on both sides, but only one side names the namespace; --namespace ns matches it\n"
        );
        assert_eq!(folder.run(&[&["diff", "-n", "ns"], sides.as_slice()].concat()).ok(), "");
        let run = folder.run(&[&["diff", "-n", "other"], sides.as_slice()].concat());
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    }
    folder.file("changed.yaml", object("{name: x, namespace: ns, labels: {a: b}}"));
    let run = folder.run(&["diff", "-n", "ns", "bare.yaml", "changed.yaml"]);
    assert_eq!(run.stdout, "~ Service ns/x\n    + /metadata/labels: {\"a\":\"b\"}\n1 changed\n");
    // The patch is for the first side, which names no namespace.
    let run = folder.run(&["diff", "-n", "ns", "-o", "patch", "bare.yaml", "changed.yaml"]);
    assert!(
        run.stdout.contains("namespace: \"\"") && !run.stdout.contains("/metadata/namespace"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_release_is_compared_without_its_hooks() {
    let folder = Folder::new();
    let installed = folder.run(&["render", "--preset", "restricted", "--no-hooks"]).ok();
    assert!(installed.starts_with("---\n# Source: "), "the form of helm get manifest");
    folder.file("new.yaml", folder.run(&["render", "--preset", "restricted"]).ok());
    assert!(folder.read("new.yaml").contains("helm.sh/hook"));
    assert_eq!(folder.run_with_input(&["diff", "--release", "new.yaml"], &installed).ok(), "");
    let run = folder.run_with_input(&["diff", "-", "new.yaml"], &installed);
    assert!(run.stdout.contains("+ Job spark-operator/spark-operator-hook"), "{}", run.stdout);

    folder.file(
        "scaled.yaml",
        folder.run(&["render", "--preset", "restricted", "--set", "webhook.replicas=3"]).ok(),
    );
    let run = folder.run_with_input(&["diff", "--release", "scaled.yaml"], &installed);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(run.stdout.contains("    ~ /spec/replicas: 1 → 3\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("-hook\n"), "{}", run.stdout);
}

/// What `helm get manifest` prints is the release's manifest as `helm template --no-hooks` renders it.
#[test]
fn what_real_helm_renders_is_the_same_as_what_we_render() {
    let folder = Folder::new();
    folder.file("new.yaml", folder.run(&["render"]).ok());
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts-out/spark-operator");
    for name in ["HELM3", "HELM4"] {
        let Ok(helm) = std::env::var(name) else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs {name}");
            println!("SKIPPED: diff --release against what Helm prints: set {name} to the binary");
            continue;
        };
        let args =
            ["template", "spark-operator", "-n", "spark-operator", "--no-hooks", "--kube-version", "1.37"];
        let output = Command::new(helm).args(args).arg(&chart).output().unwrap();
        let manifest = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && manifest.contains("kind: Deployment"), "{name}: {manifest}");
        assert_eq!(folder.run_with_input(&["diff", "--release", "new.yaml"], &manifest).ok(), "", "{name}");
    }
}

#[test]
fn bad_input_is_one_error_with_its_place_and_nothing_is_printed() {
    let folder = sides();
    folder.file("bad.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: [\n");
    folder.file("second-bad.yaml", "apiVersion: v1\nkind: ConfigMap\n---\nkind: [a\n");
    folder.file("values.yaml", "replicas: 1\n");
    folder.file(
        "list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {kind: Pod, apiVersion: v1}\n- {kind: Pod}\n",
    );
    folder.file("binary.yaml", b"apiVersion: v1\nkind: \xff\n");
    folder.file("empty/readme.md", "");
    folder.file("comments.yaml", "# nothing\n---\n# at all\n");
    let cases: &[(&[&str], i32)] = &[
        (&["bad.yaml", "after.yaml"], 2),
        (&["before.yaml", "bad.yaml"], 2),
        (&["before.yaml", "second-bad.yaml"], 2),
        (&["values.yaml", "after.yaml"], 2),
        (&["before.yaml", "list.yaml"], 2),
        (&["binary.yaml", "after.yaml"], 2),
        (&["before.yaml", "empty"], 2),
        (&["missing.yaml", "after.yaml"], 3),
        (&["before.yaml", "missing.yaml"], 3),
        (&["-", "-"], 2),
        (&["--release", "-"], 2),
        (&["--release", "after.yaml"], 2),
        (&["--release", "before.yaml", "after.yaml"], 2),
        (&["before.yaml"], 2),
        (&[], 2),
        (&["before.yaml", "after.yaml", "--output", "yaml"], 2),
    ];
    let mut all = String::new();
    for (args, code) in cases {
        for output in OUTPUTS {
            let line = [&["diff", "--output", output], *args].concat();
            let (found, _) = folder.run(&line).refused(&line.join(" "));
            assert_eq!(found, *code, "{line:?}");
        }
        let (_, stderr) = folder.run(&[&["diff"], *args].concat()).refused("");
        all.extend(["$ diff ", &args.join(" "), "\n", &stderr, "\n"]);
    }
    golden("diff", "what diff refuses").bind(|| insta::assert_snapshot!("errors", all));
    // No objects at all are no error: everything is new.
    let run = folder.run(&["diff", "comments.yaml", "after.yaml"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(run.stdout.ends_with("\n8 added\n"), "{}", run.stdout);
}

#[test]
fn what_is_nested_as_deeply_as_manifests_may_be_is_compared() {
    let folder = Folder::new();
    let deep = |end: &str| {
        let levels = 900;
        format!(
            "{{kind: List, apiVersion: v1, items: [{{kind: A, apiVersion: v1, metadata: {{name: x}}, s: {}{end}{}}}]}}",
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    folder.file("before.yaml", deep("1"));
    folder.file("after.yaml", deep("2"));
    assert_eq!(folder.run(&["diff", "before.yaml", "before.yaml"]).ok(), "");
    for output in OUTPUTS {
        let run = folder.run(&["diff", "before.yaml", "after.yaml", "-o", output]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{output}");
    }
}

#[test]
fn help_is_what_the_golden_file_says() {
    let folder = Folder::new();
    let text = ["-h", "--help"].map(|flag| folder.run(&["diff", flag]).ok()).join("\n----\n\n");
    golden("diff", "what diff --help prints").bind(|| insta::assert_snapshot!("help", text));
}
