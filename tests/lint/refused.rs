//! What lint refuses: which exit code, and in which words.

use super::command::Folder;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

#[test]
fn input_that_is_no_manifest_is_refused_with_its_place() {
    let cases: [(&str, &[u8], &str); 12] = [
        ("nothing", b"", "Error: there is no Kubernetes object in the input\n"),
        ("comments", b"# nothing\n---\n# here\n", "Error: there is no Kubernetes object in the input\n"),
        (
            "an empty list",
            b"apiVersion: v1\nkind: List\nitems: []\n",
            "Error: there is no Kubernetes object in the input\n",
        ),
        ("no YAML", b"a: b: c\n", "in.yaml:1:"),
        ("no YAML, later", b"apiVersion: v1\nkind: Pod\n---\nkind: [\n", "in.yaml:4:"),
        (
            "a tab",
            b"kind: Pod\nmetadata:\n\tname: a\n",
            "in.yaml:3:1: yaml: found character that cannot start any token",
        ),
        ("a template", b"kind: {{ .Values.kind }}\n", "in.yaml:1:"),
        ("no mapping", b"- a\n", "in.yaml:1:1: not a Kubernetes object: it is a list"),
        ("no kind", b"apiVersion: v1\n", "in.yaml:1:1: not a Kubernetes object: it has no `kind`"),
        ("binary", b"\x7fELF\x02\x01\x01\xff\xfe", "in.yaml: line 1 is not UTF-8"),
        ("a control character", b"kind: \x01\n", "in.yaml:1:7: yaml: control characters are not allowed"),
        ("an anchor in itself", b"a: &a [*a]\n", "in.yaml:1:"),
    ];
    for (what, bytes, expected) in cases {
        let folder = Folder::new();
        folder.file("in.yaml", bytes);
        let (code, error) = folder.run(&["lint", "in.yaml"]).refused(what);
        assert_eq!(code, 2, "{what}: {error}");
        assert!(error.starts_with("Error: ") && error.contains(expected), "{what}: {error}");
    }
}

#[test]
fn one_bad_file_among_good_ones_prints_no_findings() {
    let folder = Folder::new();
    folder.file("a/a.yaml", format!("{POD}spec: {{hostPID: true}}\n"));
    folder.file("a/b.yaml", "kind: Pod\n");
    let (code, error) = folder.run(&["lint", "a"]).refused("a bad second file");
    assert_eq!((code, error.contains("a/b.yaml:1:1: ")), (2, true), "{error}");
}

#[test]
fn what_cannot_be_read_is_no_fault_of_the_input() {
    let folder = Folder::new();
    folder.file("empty/notes.txt", "");
    folder.file("in.yaml", POD);
    let cases: [(&[&str], i32, &str); 7] = [
        (&["lint", "missing.yaml"], 3, "Error: open missing.yaml: no such file or directory\n"),
        (&["lint", "in.yaml", "missing"], 3, "Error: open missing: no such file or directory\n"),
        (&["lint", "empty"], 2, "Error: empty: no file in this folder ends in .yaml, .yml or .json\n"),
        (&["lint", "--output", "xml", "in.yaml"], 2, "error: invalid value 'xml'"),
        (
            &["lint", "--allow", "psa-privilegd", "in.yaml"],
            2,
            "Error: there is no rule \"psa-privilegd\"; did you mean psa-privileged?\n",
        ),
        (&["lint", "--allow", "", "in.yaml"], 2, "Error: there is no rule \"\""),
        (&["lint", "--rules", "in.yaml"], 2, "error: the argument '--rules' cannot be used with"),
    ];
    for (args, code, expected) in cases {
        let (found, error) = folder.run(args).refused(&args.join(" "));
        assert_eq!(found, code, "{args:?}: {error}");
        assert!(error.starts_with(expected), "{args:?}: {error}");
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_no_place() {
    let text = format!("{POD}spec:\n  hostPID: true\n");
    let folder = Folder::new();
    let plain = folder.run_with_input(&["lint"], &text);
    assert!(plain.stdout.contains("standard input:5:3: psa-host-namespaces: Pod a: "), "{}", plain.stdout);
    for (what, changed) in [
        ("CRLF", text.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("both", format!("\u{feff}{}", text.replace('\n', "\r\n"))),
        ("standard input by name", text.clone()),
    ] {
        let args: &[&str] = if what.ends_with("name") { &["lint", "-"] } else { &["lint"] };
        let run = folder.run_with_input(args, &changed);
        assert_eq!((run.code, run.stdout), (Some(1), plain.stdout.clone()), "{what}");
    }
}
