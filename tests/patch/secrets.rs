//! Nothing that a Secret holds is ever said, however a patch of it fails.

use crate::command::Folder;

/// What must not be seen, in the manifests and in the patches.
const HIDDEN: [&str; 4] = ["aHVudGVyMg", "hunter2", "Zm9yZXN0", "forest"];

const SECRET: &str = r#"apiVersion: v1
kind: Secret
metadata:
  name: token
  namespace: spark
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","data":{"password":"aHVudGVyMg=="}}'
    note: hunter2
data:
  password: aHVudGVyMg==
stringData: {plain: hunter2}
list: [hunter2, {name: hunter2, value: hunter2}, {name: twin}, {name: twin}]
"#;

/// Title, the rest of the target, the change, and a part of what is said.
const FAILURES: [(&str, &str, &str, &str); 26] = [
    (
        "add below a value",
        "",
        "operations: [{op: add, path: /data/password/x, value: forest}]",
        "there is a text",
    ),
    ("add without a parent", "", "operations: [{op: add, path: /x/y, value: forest}]", "there is no \"x\""),
    ("add out of range", "", "operations: [{op: add, path: /list/9, value: forest}]", "there is no item 9"),
    ("add what is there", "", "operations: [{op: add, path: /list/-, value: hunter2}]", "already, as item 0"),
    (
        "add a name that is there",
        "",
        "operations: [{op: add, path: /list/-, value: {name: hunter2}}]",
        "already, as item 1",
    ),
    (
        "copy what is there",
        "",
        "operations: [{op: copy, from: /list/0, path: /list/-}]",
        "already, as item 0",
    ),
    (
        "move what is there",
        "",
        "operations: [{op: move, from: /stringData/plain, path: /list/-}]",
        "already, as item 0",
    ),
    ("move into itself", "", "operations: [{op: move, from: /data, path: /data/x}]", "into itself"),
    ("copy into itself", "", "operations: [{op: copy, from: /data, path: /data/x}]", "applied twice"),
    ("remove what is missing", "", "operations: [{op: remove, path: /data/forest0}]", "but \"password\""),
    (
        "remove an item that is not there",
        "",
        "operations: [{op: remove, path: '/list[=x]'}]",
        "there is no item",
    ),
    (
        "remove a name that is not there",
        "",
        "operations: [{op: remove, path: '/list[name=x]'}]",
        "there is no item",
    ),
    (
        "remove a name that is there twice",
        "",
        "operations: [{op: remove, path: '/list[name=twin]'}]",
        "both have",
    ),
    ("remove the first item", "", "operations: [{op: remove, path: /list/0}]", "applied twice"),
    ("remove the whole", "", "operations: [{op: remove, path: ''}]", "cannot be taken out"),
    ("remove the kind", "", "operations: [{op: remove, path: /kind}]", "it has no `kind`"),
    ("replace the whole", "", "operations: [{op: replace, path: '', value: forest}]", "it is a text"),
    (
        "test another value",
        "",
        "operations: [{op: test, path: /data/password, value: Zm9yZXN0}]",
        "there is another value",
    ),
    (
        "test another type",
        "",
        "operations: [{op: test, path: /data, value: [forest]}]",
        "there is another value",
    ),
    (
        "test the whole",
        "",
        "operations: [{op: test, path: '', value: {data: forest}}]",
        "there is another value",
    ),
    (
        "test what is missing",
        "",
        "operations: [{op: test, path: /data/x, value: forest}]",
        "there is no \"x\"",
    ),
    ("a character that YAML loses", "", "merge: {stringData: {plain: \"forest\\x7F\"}}", "cannot be written"),
    ("a merge that takes the kind", "", "merge: {kind: null, data: {password: forest}}", "it has no `kind`"),
    ("none by name", ", name: tokn", "merge: {data: {password: forest}}", "name is token, not tokn"),
    (
        "none by an annotation that is missing",
        ", annotationSelector: other",
        "merge: {data: {password: forest}}",
        "annotation",
    ),
    (
        "none by an annotation of another value",
        ", annotationSelector: 'note=x,kubectl.kubernetes.io/last-applied-configuration'",
        "merge: {data: {password: forest}}",
        "annotation",
    ),
];

#[test]
fn no_failure_shows_what_a_secret_holds() {
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", SECRET.trim_end().replace('\n', "\n  "));
    let mut shown = Vec::new();
    for manifests in [SECRET, &list] {
        for (title, target, change, said) in FAILURES {
            // What the user wrote as a key or a path is no secret.
            let hidden = |text: &str| {
                let text = text.replace("forest0", "");
                HIDDEN.iter().any(|hidden| text.contains(hidden))
            };
            let folder = Folder::new();
            folder.file("m.yaml", manifests);
            folder.file("p.yaml", format!("- target: {{kind: Secret{target}}}\n  {change}\n"));
            let (code, stderr) = folder.run(&["patch", "apply", "p.yaml", "m.yaml"]).refused(title);
            assert_eq!(code, 2, "{title}");
            if hidden(&stderr) || !stderr.contains(said) {
                shown.push(format!("{title}: {stderr}"));
            }
        }
    }
    assert!(shown.is_empty(), "{}", shown.concat());
}

/// Broken documents, which are not known to be Secrets when they cannot be read.
#[test]
fn no_broken_secret_shows_what_it_holds() {
    for (title, from, to) in [
        ("a key twice", "stringData: ", "data: "),
        ("no kind", "kind: Secret\n", ""),
        ("no apiVersion", "apiVersion: v1\n", ""),
        ("a colon too many", "password: ", "password: x: "),
        ("an unclosed bracket", "{plain: hunter2}", "{plain: hunter2"),
        ("an unclosed quote", "data:\n  password: ", "data:\n  password: \""),
        ("an alias", "password: ", "password: *"),
        ("a control character", "hunter2}", "hunter2\u{7f}}"),
        ("an item that hangs", "  password: aHVudGVyMg==", "  password: aHVudGVyMg==\n hunter2"),
    ] {
        let folder = Folder::new();
        let broken = SECRET.replacen(from, to, 1);
        assert_ne!(broken, SECRET, "{title}");
        folder.file("m.yaml", broken);
        folder.file("p.yaml", "- {target: {kind: Secret}, merge: {data: {password: Zm9yZXN0}}}\n");
        let (code, stderr) = folder.run(&["patch", "apply", "p.yaml", "m.yaml"]).refused(title);
        assert!(code == 2 && !HIDDEN.iter().any(|hidden| stderr.contains(hidden)), "{title}: {stderr}");
    }
}
