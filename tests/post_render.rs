//! `post-render` under real Helm 3 (`--post-renderer`) and real Helm 4 (a plugin of type `postrenderer/v1`), by
//! `helm template`: which streams each hands over, and that what comes out is what `render --patch` prints. What patches
//! do to an object is judged elsewhere.
//!
//! `HELM3` and `HELM4` name the binaries, `HELM4_STRATEGIES` the program that `tests/tools/helm-strategies` builds;
//! without them their tests are skipped, except where `CI` is true.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "post_render/documents.rs"]
mod documents;
#[path = "post_render/guide.rs"]
mod guide;
#[path = "post_render/helm.rs"]
mod helm;
#[path = "post_render/protocol.rs"]
mod protocol;
#[path = "post_render/strategies.rs"]
mod strategies;

use std::fs;

use documents::{assert_same, documents, hooks, order, without_hooks};
use helm::{Home, both, one};
use spark_operator::values::preset;

const PATCHES: &str = include_str!("post_render/patches.yaml");
const HOOKS: &str = include_str!("post_render/hooks.yaml");
const NOTHING: &str = "- {target: {kind: Nothing}, expect: any, merge: {a: 1}}\n";

/// Each Helm with the chart, the values of the preset that fills everything, and the patch files.
fn everything(homes: Vec<Home>) -> Vec<Home> {
    homes.into_iter().map(with_everything).collect()
}

fn with_everything(mut home: Home) -> Home {
    let preset = preset("everything").unwrap();
    for (name, text) in [
        ("values.yaml", preset.text),
        ("patches.yaml", PATCHES),
        ("hooks.yaml", HOOKS),
        ("nothing.yaml", NOTHING),
    ] {
        home.folder.file(name, text);
    }
    let versions = preset.api_versions().map(|version| format!("--api-versions={version}"));
    home.values = ["--values=values.yaml".to_owned()].into_iter().chain(versions).collect();
    home
}

/// What `render` prints in the order of this Helm, with these patch files.
fn rendered(home: &Home, patches: &[&str]) -> String {
    let compat = home.version().to_string();
    let args = ["render", "--preset", "everything", "--skip-tests=false", "--helm-compat", &compat];
    let patches: Vec<&str> = patches.iter().flat_map(|file| ["--patch", file]).collect();
    home.folder.run(&[&args[..], &patches].concat()).ok()
}

#[test]
fn helm_prints_what_render_prints_with_the_same_patches() {
    for home in everything(both()) {
        let found = home.patched(&["patches.yaml"], &[]).out();
        let expected = rendered(&home, &["patches.yaml"]);
        assert_same(&documents(&found), &documents(&expected), &format!("Helm {}", home.version()));
        assert_eq!(order(&found), order(&expected), "Helm {}", home.version());
        assert!(!found.contains("postrenderer.helm.sh"), "Helm {}", home.version());
    }
}

#[test]
fn documents_that_no_patch_touches_pass_byte_for_byte() {
    for home in everything(both()) {
        // Helm 4 writes every document anew: there a patch that is for nothing shows what it makes of them.
        let plain = match home.version() {
            3 => home.template(&[]).out(),
            _ => home.patched(&["nothing.yaml"], &[]).out(),
        };
        let (plain, patched) = (documents(&plain), documents(&home.patched(&["patches.yaml"], &[]).out()));
        let same = |name: &String| patched.get(name) == plain.get(name);
        let changed: Vec<&str> = plain.keys().filter(|name| !same(name)).map(String::as_str).collect();
        assert_eq!(changed, TOUCHED, "Helm {}", home.version());
        assert!(plain.len() > 40, "{}", plain.len());
    }
}

/// What `patches.yaml` changes.
const TOUCHED: &[&str] = &[
    "Deployment spark-operator/everything-controller",
    "Deployment spark-operator/everything-webhook",
    "MutatingWebhookConfiguration everything-webhook-blue",
    "Namespace spark-jobs",
    "Role spark-etl/etl",
    "ServiceAccount spark-operator/spark-controller",
    "ServiceAccount spark-operator/spark-webhook",
];

#[test]
fn hooks_are_patched_where_helm_hands_them_over() {
    for home in everything(both()) {
        let files = ["patches.yaml", "hooks.yaml"];
        let run = home.patched(&files, &[]);
        let warned = run.stderr.clone();
        let found = documents(&run.out());
        let expected = documents(&rendered(&home, &files));
        if home.version() == 4 {
            assert_same(&found, &expected, "Helm 4");
            assert_eq!(warned, "");
            continue;
        }
        assert_same(&without_hooks(&found), &without_hooks(&expected), "Helm 3");
        assert_eq!(hooks(&found), hooks(&documents(&home.template(&[]).out())));
        // Helm 3 keeps what a post-renderer says to itself when it succeeds: the warnings are not seen.
        assert_eq!(warned, "");
    }
}

#[test]
fn a_patch_that_fails_makes_helm_fail_and_show_why() {
    let cases = [
        (
            "- {target: {kind: Deploymen}, merge: {a: 1}}\n",
            "expected one object, but nothing matches kind Deploymen",
        ),
        (
            "- {target: {kind: Job, hook: true, name: other}, merge: {a: 1}}\n",
            "expected one object, but nothing matches kind Job, name other, hook true",
        ),
        (
            "- {target: {kind: Role, name: etl}, operations: [{op: test, path: /metadata/annotations, value: {}}]}\n",
            "operation 1, test /metadata/annotations: at /metadata/annotations there is {",
        ),
        ("- {target: {kind: Role}, merg: {a: 1}}\n", "p.yaml:1:26: a patch has no key \"merg\""),
        ("- {target: [\n", "p.yaml:"),
    ];
    for home in everything(both()) {
        for (patch, expected) in cases {
            home.folder.file("p.yaml", patch);
            let run = home.patched(&["p.yaml"], &[]);
            if home.version() == 3 && patch.contains("hook: true") {
                assert!(run.ok, "hooks are not handed over: {run:?}");
                continue;
            }
            let said = run.refused();
            assert!(said.contains(expected), "Helm {}: {said}", home.version());
            assert_eq!(said.matches(expected).count(), 1, "Helm {}: {said}", home.version());
        }
        let said = home.patched(&["missing.yaml"], &[]).refused();
        assert!(said.contains("open missing.yaml: no such file or directory"), "{said}");
        let said = home.patched(&[], &[]).refused();
        assert!(said.contains("no patch file; hint: --patch FILE"), "{said}");
    }
}

#[test]
fn the_flags_of_helm_template_work_with_patches() {
    for home in everything(both()) {
        let patched = documents(&home.patched(&["patches.yaml"], &[]).out());

        let no_hooks = home.patched(&["patches.yaml"], &["--no-hooks"]).out();
        assert_same(&documents(&no_hooks), &without_hooks(&patched), "--no-hooks");

        let upgrade = home.patched(&["patches.yaml"], &["--is-upgrade"]).out();
        assert_same(&documents(&upgrade), &patched, "--is-upgrade");

        let one = "templates/controller/serviceaccount.yaml";
        let shown = documents(&home.patched(&["patches.yaml"], &["--show-only", one]).out());
        let name = "ServiceAccount spark-operator/spark-controller";
        assert_eq!(shown.keys().collect::<Vec<_>>(), [name]);
        assert_eq!(shown[name].json, patched[name].json);
    }
}

#[test]
fn output_folders_hold_the_patched_files_under_helm_4_and_are_refused_under_helm_3() {
    for home in everything(both()) {
        let run = home.patched(&["patches.yaml"], &["--output-dir", "out"]);
        if home.version() == 3 {
            // It has written its files already, and hands over nothing.
            assert!(!run.ok && run.stderr.contains("there is no document"), "{run:?}");
            continue;
        }
        run.out();
        let patched = documents(&home.patched(&["patches.yaml"], &[]).out());
        for (name, document) in patched {
            let text = fs::read_to_string(home.path().join("out").join(&document.source)).unwrap();
            let there = documents(&text);
            assert_eq!(there.get(&name).map(|found| &found.json), Some(&document.json), "{name}");
        }
    }
}

/// A chart that is not ours: a CRD, a `List`, comments, a template without an object, one that begins with `---`.
fn other_chart(home: &Home) {
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n"),
        (
            "crds/crd.yaml",
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: xs.example.com\n",
        ),
        (
            "templates/list.yaml",
            "---\n# a list\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n\
             - apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n",
        ),
        ("templates/nothing.yaml", "{{ if .Values.x }}a: 1{{ end }}\n# nothing\n"),
        (
            "templates/two.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s # a comment\n  annotations: {}\nstringData:\n  a: \"on\"\n---\n\
             # above\napiVersion: v1\nkind: Secret\nmetadata:\n  name: t\n",
        ),
    ] {
        home.folder.file(&format!("other/{name}"), text);
    }
}

#[test]
fn a_chart_that_is_not_ours_is_patched() {
    for home in both() {
        other_chart(&home);
        home.folder.file(
            "p.yaml",
            "- {target: {kind: ConfigMap, name: b}, merge: {data: {x: z}}}\n\
             - {target: {kind: Secret, name: s}, merge: {metadata: {annotations: {m: \"1\"}}, stringData: {a: \"off\"}}}\n",
        );
        let found = home.patched_of("other", &["p.yaml"], &[]).out();
        let source = "# Source: other/templates/two.yaml\n";
        assert!(found.contains(source), "{found}");
        assert!(found.contains("# above\napiVersion: v1\nkind: Secret\nmetadata:\n  name: t\n"), "{found}");
        assert!(found.contains("    m: \"1\"\n  name: s\nstringData:\n  a: \"off\"\n"), "{found}");
        // Helm 4 hands over the items of a list, not the list.
        let item = match home.version() {
            3 => {
                "# a list\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n\
                  - apiVersion: v1\n  data:\n    x: z\n  kind: ConfigMap\n"
            }
            _ => "---\n# Source: other/templates/list.yaml\napiVersion: v1\ndata:\n  x: z\nkind: ConfigMap\n",
        };
        assert!(found.contains(item), "{found}");
    }
}

#[test]
fn crds_of_the_chart_are_patched_by_helm_3_only() {
    for home in both() {
        other_chart(&home);
        home.folder.file(
            "p.yaml",
            "- {target: {kind: CustomResourceDefinition}, merge: {metadata: {labels: {a: b}}}}\n",
        );
        let run = home.patched_of("other", &["p.yaml"], &["--include-crds"]);
        if home.version() == 3 {
            assert!(run.out().contains("  labels:\n    a: b\n"));
        } else {
            assert!(run.refused().contains("nothing matches kind CustomResourceDefinition"));
        }
    }
}

#[test]
fn an_empty_stream_is_refused_as_helm_4_itself_refuses_an_empty_result() {
    for home in both() {
        home.folder.file("empty/Chart.yaml", "apiVersion: v2\nname: empty\nversion: 1.0.0\n");
        home.folder.file("p.yaml", NOTHING);
        let said = home.patched_of("empty", &["p.yaml"], &[]).refused();
        assert!(said.contains("standard input: there is no document"), "{said}");
    }
}

#[test]
fn the_plugin_is_installed_from_its_folder_without_a_signature() {
    let Some(home) = one(4) else { return };
    let listed = home.run(&["plugin", "list"]).out();
    let words: Vec<&str> = listed.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(words[..4], ["spark-operator-post-render", version, "postrenderer/v1", "v1"], "{listed}");
    assert!(home.run(&["lint", "chart"]).ok);
    let removed = home.run(&["plugin", "uninstall", "spark-operator-post-render"]);
    assert!(removed.ok && home.path().join("copied/spark-operator-post-render/plugin.yaml").exists());

    // As an archive it needs one, unless it is waived.
    home.run(&["plugin", "package", "--sign=false", "copied/spark-operator-post-render"]).out();
    let archive = format!("spark-operator-post-render-{version}.tgz");
    let said = home.run(&["plugin", "install", &archive]).stderr;
    assert!(said.contains("no provenance file (.prov) found"), "{said}");
    home.run(&["plugin", "install", "--verify=false", &archive]).out();
    home.folder.file("p.yaml", NOTHING);
    home.patched(&["p.yaml"], &[]).out();
}
