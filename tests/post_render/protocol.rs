//! What `post-render` reads and prints, without Helm: the streams are those that Helm hands over.

use std::fmt::Write as _;
use std::fs::File;

use crate::command::{Folder, Run, golden};

const STREAM: &str = "\
apiVersion: v1
kind: ServiceAccount # kept
metadata:
  name: sa
  annotations:
    postrenderer.helm.sh/postrender-filename: 'c/templates/sa.yaml'
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: other
  annotations:
    a: b
    postrenderer.helm.sh/postrender-filename: 'c/templates/other.yaml'
";

fn folder(patches: &str) -> Folder {
    let folder = Folder::new();
    folder.file("p.yaml", patches);
    folder
}

/// `post-render` with a stream that it need not read: a pipe would break where it fails before.
fn post_render(folder: &Folder, args: &[&str], stream: &str) -> Run {
    folder.file("stream.yaml", stream);
    let input = File::open(folder.path().join("stream.yaml")).unwrap();
    let output = folder.command(&[&["post-render"], args].concat()).stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn helm_4s_note_of_the_template_survives_every_patch_and_is_seen_by_none() {
    let note = "    postrenderer.helm.sh/postrender-filename: c/templates/other.yaml\n";
    for (operations, left) in [
        ("[{op: remove, path: /metadata/annotations}]", ""),
        ("[{op: replace, path: /metadata/annotations, value: {}}]", ""),
        ("[{op: replace, path: /metadata, value: {name: other}}]", ""),
        (
            "[{op: test, path: /metadata/annotations, value: {a: b}}, {op: add, path: /x, value: 1}]",
            "    a: b\n",
        ),
        ("[{op: move, from: /metadata/annotations, path: /metadata/labels}]", ""),
    ] {
        let folder = folder(&format!(
            "- {{target: {{kind: ServiceAccount, name: other}}, operations: {operations}}}\n"
        ));
        let out = post_render(&folder, &["--patch", "p.yaml"], STREAM).ok();
        assert!(out.starts_with(STREAM.split("---").next().unwrap()), "{operations}: {out}");
        assert!(out.contains(&format!("  annotations:\n{left}{note}")), "{operations}: {out}");
    }
    // Where there is no other annotation, there is none at all.
    let folder = folder(
        "- {target: {kind: ServiceAccount, name: sa}, operations: [{op: remove, path: /metadata/annotations}]}\n",
    );
    let (_, said) = post_render(&folder, &["--patch", "p.yaml"], STREAM).refused("annotations");
    assert!(said.contains("at /metadata there is no \"annotations\", but \"name\""), "{said}");
}

#[test]
fn expectations_count_for_the_side_that_the_stream_holds() {
    let hook = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  annotations: {helm.sh/hook: test}\n";
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n";
    let both = format!("{manifest}---\n{hook}");
    let not_counted =
        |side: &str| format!("WARNING: p.yaml:1:3: patch 1: not counted: Helm handed over no {side} here\n");
    for (target, stream, expected) in [
        ("{kind: Job, hook: true}", hook, Ok(String::new())),
        ("{kind: Job, hook: true}", manifest, Ok(not_counted("hooks"))),
        ("{kind: Secret}", hook, Ok(not_counted("manifests"))),
        ("{kind: Secret, hook: false}", hook, Ok(not_counted("manifests"))),
        ("{kind: Secret}", manifest, Ok(String::new())),
        ("{kind: Job, hook: true, name: k}", &both, Err("nothing matches kind Job, name k, hook true")),
        ("{kind: Job, hook: true, name: k}", hook, Err("nothing matches kind Job, name k, hook true")),
        ("{kind: Secret, name: k}", &both, Err("nothing matches kind Secret, name k")),
        ("{kind: Secret, name: k}", manifest, Err("nothing matches kind Secret, name k")),
    ] {
        let folder = folder(&format!("- {{target: {target}, merge: {{a: 1}}}}\n"));
        let run = post_render(&folder, &["--patch", "p.yaml"], stream);
        match expected {
            Ok(said) => {
                assert_eq!((run.code, run.stderr.as_str()), (Some(0), said.as_str()), "{target}: {stream}");
                let touched = run.stdout.contains("a: 1");
                assert_eq!(touched, said.is_empty(), "{target}: {stream}");
                assert!(touched || run.stdout == stream, "{target}: {stream}");
            }
            Err(said) => {
                let (code, stderr) = run.refused(target);
                assert!(code == 2 && stderr.contains(said), "{target}: {stderr}");
            }
        }
    }
}

#[test]
fn an_error_is_standard_error_and_for_the_plugin_also_output_that_is_no_manifest() {
    let folder = folder("- {target: {kind: Servic}, merge: {a: 1}}\n");
    let mut shown = String::new();
    for args in [&["--patch", "p.yaml"][..], &["--patch", "missing.yaml"], &["--patch", "-"], &[]] {
        let (code, said) = post_render(&folder, args, STREAM).refused("error");
        let plugin = post_render(&folder, &[&["--helm-plugin"], args].concat(), STREAM).ok();
        let _ = write!(shown, "$ post-render {}\nexit code {code}\n{said}", args.join(" "));
        let _ = write!(shown, "$ post-render --helm-plugin {}\nexit code 0\n{plugin}\n", args.join(" "));
    }
    golden("post_render", "what `post-render` says, to people and to Helm 4")
        .bind(|| insta::assert_snapshot!("errors", shown));
}

#[test]
fn streams_that_hold_nothing_are_refused() {
    let folder = folder("- {target: {kind: Secret}, expect: any, merge: {a: 1}}\n");
    for stream in ["", "\n", " \n\n"] {
        let (code, said) = post_render(&folder, &["--patch", "p.yaml"], stream).refused("empty");
        assert!(code == 2 && said.contains("standard input: there is no document"), "{said}");
    }
}

#[test]
fn the_plugin_has_the_version_of_the_binary_and_calls_it_by_its_name() {
    let text = include_str!("../../plugins/spark-operator-post-render/plugin.yaml");
    let plugin = spark_operator::yaml::read("plugin.yaml", text).unwrap()[0].to_json();
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plugin["name"], "spark-operator-post-render");
    assert_eq!(
        plugin["runtimeConfig"],
        serde_json::json!({
            "platformCommand": [{"command": "spark-operator", "args": ["post-render", "--helm-plugin"]}]
        })
    );
}
