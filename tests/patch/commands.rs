//! `spark-operator patch` where it succeeds: what is printed, what is written, what passes as it is.

use std::fs;

use spark_operator::manifest::patch::schema_text;

use crate::command::{Folder, golden};

const APPLY: [&str; 3] = ["patch", "apply", "p.yaml"];

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: NAME # kept\n";

fn pod(name: &str) -> String {
    POD.replace("NAME", name)
}

/// A folder with a patch that adds a label to the pod `a`.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("p.yaml", "- {target: {kind: Pod, name: a}, merge: {metadata: {labels: {x: \"1\"}}}}\n");
    folder
}

const PATCHED: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    x: \"1\"\n  name: a\n";

#[test]
fn the_schema_is_what_the_library_says() {
    let schema = Folder::new().run(&["patch", "schema"]).ok();
    assert_eq!(schema, schema_text());
    golden("patch", "what `spark-operator patch schema` prints")
        .bind(|| insta::assert_snapshot!("schema", schema));
}

#[test]
fn standard_input_is_what_is_patched_unless_files_are_named() {
    let folder = folder();
    let stream = format!("{}---\n{}", pod("a"), pod("b"));
    let expected = format!("{PATCHED}---\n{}", pod("b"));
    folder.file("m.yaml", &stream);
    assert_eq!(folder.run_with_input(&APPLY, &stream).ok(), expected);
    assert_eq!(folder.run_with_input(&[&APPLY[..], &["-"]].concat(), &stream).ok(), expected);
    assert_eq!(folder.run(&[&APPLY[..], &["m.yaml"]].concat()).ok(), expected);
    let patches = folder.read("p.yaml");
    assert_eq!(folder.run_with_input(&["patch", "apply", "-", "m.yaml"], &patches).ok(), expected);
}

#[test]
fn several_files_are_one_stream_of_documents() {
    let folder = folder();
    folder.file("1.yaml", pod("b").trim_end());
    folder.file("2.yaml", pod("a"));
    folder.file("3.yaml", format!("--- # third\n{}", pod("c")));
    folder.file("4.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"d\"}}");
    folder.file("5.yaml", format!("\u{feff}---\n{}", pod("e")));
    let printed =
        folder.run(&[&APPLY[..], &["1.yaml", "2.yaml", "3.yaml", "4.json", "5.yaml"]].concat()).ok();
    let expected = format!(
        "{}---\n{PATCHED}--- # third\n{}---\n{}\n---\n{}",
        pod("b"),
        pod("c"),
        folder.read("4.json"),
        pod("e")
    );
    assert_eq!(printed, expected);
}

#[test]
fn folders_are_read_by_path_and_only_their_manifests() {
    let folder = folder();
    for (name, text) in [
        ("in/z.yaml", pod("z")),
        ("in/a/b.yml", pod("a")),
        ("in/a/c.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n".to_owned()),
        ("in/notes.txt", "none".to_owned()),
        ("in/.hidden.yaml", "none".to_owned()),
        ("in/.git/x.yaml", "none".to_owned()),
    ] {
        folder.file(name, text);
    }
    let printed = folder.run(&[&APPLY[..], &["in"]].concat()).ok();
    assert_eq!(printed, format!("{PATCHED}---\n{}---\n{}", folder.read("in/a/c.json"), pod("z")));
    assert_eq!(folder.run(&[&APPLY[..], &["in/"]].concat()).ok(), printed);
}

#[test]
fn an_output_folder_gets_the_same_files() {
    let folder = folder();
    folder.file("in/z.yaml", pod("z").trim_end());
    folder.file("in/deep/a.yaml", pod("a"));
    folder.file("one.yaml", pod("one"));
    let said = folder.run(&[&APPLY[..], &["in", "one.yaml", "--output-dir", "out"]].concat()).ok();
    assert_eq!(said, "wrote out/deep/a.yaml\nwrote out/z.yaml\nwrote out/one.yaml\n");
    assert_eq!(folder.read("out/deep/a.yaml"), PATCHED);
    assert_eq!(folder.read("out/z.yaml"), pod("z").trim_end());
    assert_eq!(folder.read("out/one.yaml"), pod("one"));
}

#[test]
fn an_output_folder_may_be_the_input_folder() {
    let folder = folder();
    folder.file("in/a.yaml", pod("a"));
    folder.file("in/b.yaml", pod("b"));
    for _ in 0..2 {
        folder.run(&[&APPLY[..], &["in", "--output-dir=in"]].concat()).ok();
        assert_eq!((folder.read("in/a.yaml").as_str(), folder.read("in/b.yaml")), (PATCHED, pod("b")));
    }
}

#[test]
fn an_output_folder_gets_all_or_nothing() {
    let folder = folder();
    folder.file("in/a.yaml", pod("a"));
    folder.file("in/b.yaml", "replicas: 2\n");
    let args = [&APPLY[..], &["in", "--output-dir=out"]].concat();
    assert_eq!(folder.run(&args).refused("a file that is no manifest").0, 2);
    assert!(!folder.path().join("out").exists());
    folder.file("in/b.yaml", pod("b"));
    // The last file cannot be written: a folder has its name.
    fs::create_dir_all(folder.path().join("out/b.yaml/x")).unwrap();
    assert_eq!(folder.run(&args).refused("a folder in the way").0, 3);
    assert!(!folder.path().join("out/a.yaml").exists(), "{:?}", folder.list());
}

#[test]
fn what_no_patch_touches_passes_byte_for_byte() {
    for (title, text) in [
        ("comments only", "# nothing\n\n# to see\n".to_owned()),
        ("markers only", "---\n---\n# c\n---\n".to_owned()),
        ("no final newline", pod("b").trim_end().to_owned()),
        ("carriage returns", format!("---\n{}---\n{}", pod("b"), pod("c")).replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{}", pod("b"))),
        ("a byte order mark and a marker", format!("\u{feff}---\n{}", pod("b"))),
        ("a key twice", format!("{}kind: Pod\n", pod("b"))),
        ("anchors, merge keys and tags", format!("{}a: &a {{b: !!str 1}}\nc: {{<<: *a}}\n", pod("b"))),
        (
            "directives and end markers",
            format!("%YAML 1.1\n---\n{}...\n# c\n---\n{}...\n", pod("b"), pod("c")),
        ),
        ("a marker within a text", format!("{}t: |\n  ---\n  ...\n", pod("b"))),
        ("an empty List", "apiVersion: v1\nkind: List\nitems: []\n".to_owned()),
        ("trailing blanks", format!("{}\n   \n", pod("b"))),
        ("line separators of Unicode", format!("{}t: \"a\u{2028}b\u{85}c\"\n", pod("b"))),
    ] {
        let folder = Folder::new();
        folder.file("p.yaml", "- {target: {kind: Pod, name: a}, expect: 0, merge: {x: 1}}\n");
        assert_eq!(folder.run_with_input(&APPLY, &text).ok(), text, "{title}");
    }
}

#[test]
fn a_touched_document_keeps_its_frame_and_its_line_ends() {
    let folder = folder();
    for (title, text, expected) in [
        ("carriage returns", pod("a").replace('\n', "\r\n"), PATCHED.replace('\n', "\r\n")),
        ("no final newline", pod("a").trim_end().to_owned(), PATCHED.trim_end().to_owned()),
        ("a byte order mark", format!("\u{feff}---\n{}", pod("a")), format!("\u{feff}---\n{PATCHED}")),
        (
            "comments around it",
            format!("%YAML 1.1\n---\n# Source: x\n{}# end\n...\n", pod("a")),
            format!("%YAML 1.1\n---\n# Source: x\n{PATCHED}# end\n...\n"),
        ),
        (
            "on the marker's line",
            "--- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n".to_owned(),
            format!("---\n{PATCHED}"),
        ),
    ] {
        assert_eq!(folder.run_with_input(&APPLY, &text).ok(), expected, "{title}");
    }
}

#[test]
fn a_byte_order_mark_stays_when_the_document_behind_it_is_touched() {
    let text = format!("\u{feff}{}", pod("a"));
    assert_eq!(folder().run_with_input(&APPLY, &text).ok(), format!("\u{feff}{PATCHED}"));
}

#[test]
fn a_patch_that_changes_nothing_touches_nothing() {
    let folder = Folder::new();
    let text = pod("a");
    for change in [
        "merge: {}",
        "merge: {metadata: {name: a}}",
        "merge: {spec: null}",
        "operations: []",
        "operations: [{op: test, path: /kind, value: Pod}]",
        "operations: [{op: replace, path: /kind, value: Pod}]",
        "operations: [{op: copy, from: /kind, path: /kind}]",
    ] {
        folder.file("p.yaml", format!("- target: {{kind: Pod}}\n  {change}\n"));
        assert_eq!(folder.run_with_input(&APPLY, &text).ok(), text, "{change}");
    }
    folder.file("p.yaml", "[]\n");
    assert_eq!(folder.run_with_input(&APPLY, &text).ok(), text);
}

#[test]
fn patch_files_may_be_json_and_may_begin_with_a_byte_order_mark_or_end_lines_with_carriage_returns() {
    for patches in [
        "[{\"target\": {\"kind\": \"Pod\", \"name\": \"a\"}, \"merge\": {\"metadata\": {\"labels\": {\"x\": \"1\"}}}}]",
        "\u{feff}- {target: {kind: Pod, name: a}, merge: {metadata: {labels: {x: \"1\"}}}}\n",
        "# c\r\n---\r\n- target: {kind: Pod, name: a}\r\n  merge:\r\n    metadata: {labels: {x: \"1\"}}\r\n",
    ] {
        let folder = Folder::new();
        folder.file("p.yaml", patches);
        assert_eq!(folder.run_with_input(&APPLY, &pod("a")).ok(), PATCHED, "{patches}");
    }
}

#[test]
fn an_item_of_a_list_is_patched_in_its_list() {
    let folder = folder();
    let list =
        "apiVersion: v1\nkind: PodList\nmetadata: {}\nitems:\n- metadata: {name: b}\n- metadata: {name: a}\n";
    let printed = folder.run_with_input(&APPLY, list).ok();
    let expected = "apiVersion: v1\nitems:\n- metadata:\n    name: b\n- metadata:\n    labels:\n      x: \"1\"\n    name: a\nkind: PodList\nmetadata: {}\n";
    assert_eq!(printed, expected);
}
