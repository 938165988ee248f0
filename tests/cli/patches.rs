//! `render --patch`: the same as patching what was printed, in every form of output.

use std::fs;

use spark_operator::yaml;

use crate::command::Folder;

const HOOKS: [&str; 5] = ["render", "--skip-tests=false", "--set", "hook.upgradeCrd=true", "--patch=p.yaml"];

fn folder(patches: &str) -> Folder {
    let folder = Folder::new();
    folder.file("p.yaml", patches);
    folder
}

fn trees(text: &str) -> Vec<serde_json::Value> {
    yaml::read("x", text).unwrap().iter().map(yaml::Node::to_json).collect()
}

#[test]
fn rendering_with_patches_is_patching_what_is_rendered() {
    let folder = folder(
        "- {target: {kind: Deployment}, expect: 2, merge: {spec: {template: {spec: {hostNetwork: true}}}}}\n\
         - {target: {kind: \"*\"}, expect: some, merge: {metadata: {labels: {team: data}}}}\n",
    );
    for compat in ["3", "4"] {
        let args = [&HOOKS[..], &["--helm-compat", compat]].concat();
        let patched = folder.run(&args).ok();
        let plain = folder.run(&[&HOOKS[..4], &["--helm-compat", compat]].concat()).ok();
        let piped = folder.run_with_input(&["patch", "apply", "p.yaml"], &plain).ok();
        assert_eq!(trees(&patched), trees(&piped));
        assert_eq!(patched.matches("hostNetwork: true").count(), 2);
        assert_eq!(patched.matches("team: data").count(), patched.matches("\nkind: ").count());
    }
}

#[test]
fn untouched_documents_are_those_of_a_plain_render() {
    let folder =
        folder("- {target: {kind: Deployment, name: \"*-webhook\"}, merge: {spec: {replicas: 2}}}\n");
    let plain = folder.run(&["render"]).ok();
    let patched = folder.run(&["render", "--patch=p.yaml"]).ok();
    let documents = |text: &str| text.split("---\n").map(str::to_owned).collect::<Vec<_>>();
    let (plain, patched) = (documents(&plain), documents(&patched));
    assert_eq!(plain.len(), patched.len());
    let changed: Vec<_> = plain.iter().zip(&patched).filter(|(a, b)| a != b).map(|(_, b)| b).collect();
    assert_eq!(changed.len(), 1);
    assert!(
        changed[0].starts_with("# Source: spark-operator/templates/webhook/deployment.yaml\n"),
        "{changed:?}"
    );
    assert!(changed[0].contains("  replicas: 2\n"), "{changed:?}");
}

#[test]
fn patched_files_are_written_and_shown_like_others() {
    let folder =
        folder("- {target: {kind: Deployment, name: \"*-webhook\"}, merge: {spec: {replicas: 2}}}\n");
    folder.run(&["render", "--patch=p.yaml", "--output-dir=out"]).ok();
    let file = folder.read("out/spark-operator/templates/webhook/deployment.yaml");
    let shown = ["render", "--patch=p.yaml", "--show-only=templates/webhook/deployment.yaml"];
    assert_eq!(folder.run(&shown).ok().trim_end(), file.trim_end());
    assert!(file.contains("  replicas: 2\n"), "{file}");
}

#[test]
fn several_files_are_applied_in_order() {
    let folder =
        folder("- {target: {kind: Deployment, name: \"*-webhook\"}, merge: {spec: {replicas: 2}}}\n");
    folder.file(
        "q.yaml",
        "- target: {kind: Deployment, name: \"*-webhook\"}\n  operations:\n  - {op: test, path: /spec/replicas, value: 2}\n  \
         - {op: replace, path: /spec/replicas, value: 3}\n",
    );
    let printed = folder.run(&["render", "--patch=p.yaml", "--patch=q.yaml"]).ok();
    assert!(printed.contains("  replicas: 3\n"));
    let (code, said) = folder.run(&["render", "--patch=q.yaml", "--patch=p.yaml"]).refused("the other order");
    assert!(code == 2 && said.contains("at /spec/replicas there is 1, not 2"), "{said}");
}

#[test]
fn patches_that_fail_write_nothing() {
    for (patches, said) in [
        ("- {target: {kind: Deployment}, merge: {a: 1}}\n", "expected one object, but 2 objects match"),
        ("- {target: {kind: Deploymnt}, merge: {a: 1}}\n", "kind is Deployment, not Deploymnt"),
        (
            "- {target: {kind: Deployment, name: \"*-webhook\"}, merge: {metadata: {annotations: {helm.sh/hook: soon}}}}\n",
            "the patches make it a hook that Helm does not know: \"soon\"",
        ),
    ] {
        let folder = folder(patches);
        let (code, message) = folder.run(&["render", "--patch=p.yaml", "--output-dir=out"]).refused(patches);
        assert!(code == 2 && message.contains(said), "{message}");
        assert!(fs::metadata(folder.path().join("out")).is_err());
    }
    let (code, _) = Folder::new().run(&["render", "--patch=none.yaml"]).refused("a file that is missing");
    assert_eq!(code, 3);
}
