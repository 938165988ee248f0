//! What is refused, and in which words: on standard error and nowhere else, with its exit code, never a panic.
//!
//! Cases are data: `*.txt` holds a group each, `golden/patch/*.snap` what is said. A case is a title (`== …`), perhaps
//! arguments (`$ …`; `patch apply p.yaml m.yaml` if there are none), then files, each behind its name (`@ …`); without
//! a name it is the patch file. `manifests.yaml` is patched unless the case brings an `m.yaml`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::command::{Folder, Run, golden};

const MANIFESTS: &str = include_str!("manifests.yaml");

struct Case {
    title: String,
    args: Vec<String>,
    files: Vec<(String, String)>,
    /// As it is written.
    text: String,
}

#[test]
fn patch_files_that_are_none_are_told_with_place_and_hint() {
    check("files", Case::read);
}

#[test]
fn manifests_that_cannot_be_patched_are_told() {
    check("manifests", Case::read);
}

/// The cases hold operations alone, on `Deployment controller` unless they name another object (`> …`).
#[test]
fn operations_that_fail_tell_what_is_there() {
    check("operations", |text| {
        let (title, rest) = text.split_once('\n').unwrap();
        let (target, operations) = match rest.strip_prefix("> ") {
            Some(rest) => rest.split_once('\n').unwrap(),
            None => ("Deployment controller", rest),
        };
        let (kind, name) = target.split_once(' ').unwrap();
        let indented = format!("  {}", operations.trim_end().replace('\n', "\n  "));
        let patch = format!("- target: {{kind: {kind}, name: {name}}}\n  operations:\n{indented}\n");
        Case { text: text.to_owned(), ..Case::new(title, patch) }
    });
}

#[test]
fn expectations_that_do_not_hold_tell_what_came_nearest() {
    check("expectations", Case::read);
}

/// Inputs that a text file cannot hold, or that must be made.
#[test]
fn texts_that_are_no_manifests_are_told_quickly() {
    const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\n";
    let object = |rest: &str| format!("{CONFIG}{rest}").into_bytes();
    let aliases = vec!["*a"; 5000].join(", ");
    let text_bomb = format!("a: &a {}\nb: [{aliases}]\n", "x".repeat(100_000));
    let deep = format!("a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let nested = (0..5_000).fold(String::from("a:\n"), |text, i| text + &" ".repeat(i + 1) + "a:\n");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("not UTF-8", [CONFIG.as_bytes(), b"data: {a: \xff}\n"].concat()),
        ("UTF-16", CONFIG.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a control character", object("data: {a: \u{1}}\n")),
        ("a null byte", object("data: {a: \0}\n")),
        ("a byte order mark in the middle of a line", object("data: {\u{feff}a: [}\n")),
        ("the billion laughs", object(&bomb())),
        ("a long text, five thousand times", object(&text_bomb)),
        ("10,000 lists in brackets", object(&deep)),
        ("5,000 tables by indentation", object(&nested)),
        ("nothing", Vec::new()),
        ("white space only", b" \n\n\t\n".to_vec()),
    ];
    let mut said = String::new();
    for (title, bytes) in cases {
        let folder = Folder::new();
        folder.file("p.yaml", "- {target: {kind: ConfigMap}, merge: {a: 1}}\n");
        folder.file("m.yaml", &bytes);
        let (code, stderr) = folder.run(&["patch", "apply", "p.yaml", "m.yaml"]).refused(title);
        let _ = writeln!(said, "== {title}\n-- exit code {code}\n{stderr}");
        folder.file("p.yaml", &bytes);
        folder.file("m.yaml", CONFIG);
        let (code, stderr) = folder.run(&["patch", "apply", "p.yaml", "m.yaml"]).refused(title);
        let _ = writeln!(said, "-- the same as a patch file: exit code {code}\n{stderr}");
    }
    golden("patch", "what is said to texts that are neither manifests nor patches")
        .bind(|| insta::assert_snapshot!("texts", said));
}

/// Nine levels of nine aliases each: 9^9 values.
fn bomb() -> String {
    let mut text = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let aliases = vec![format!("*l{}", level - 1); 9].join(", ");
        let _ = writeln!(text, "l{level}: &l{level} [{aliases}]");
    }
    text
}

/// Runs the cases of a group and compares what is said with the snapshot.
fn check(group: &str, read: fn(&str) -> Case) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/patch/{group}.txt"));
    let text = fs::read_to_string(&path).unwrap();
    let cases: Vec<_> = format!("\n{text}").split("\n== ").skip(1).map(read).collect();
    let mut said = String::new();
    for case in &cases {
        let (code, stderr) = case.refused();
        let _ = writeln!(said, "== {}\n-- exit code {code}\n{stderr}", case.text.trim_end());
    }
    assert!(cases.len() > 20, "{group}: {}", cases.len());
    let description = format!("what is said to tests/patch/{group}.txt");
    golden("patch", &description).bind(|| insta::assert_snapshot!(group, said));
}

impl Case {
    fn new(title: &str, patches: String) -> Self {
        let args = ["patch", "apply", "p.yaml", "m.yaml"].map(str::to_owned).to_vec();
        let files = vec![("m.yaml".to_owned(), MANIFESTS.to_owned()), ("p.yaml".to_owned(), patches)];
        Self { title: title.to_owned(), args, files, text: String::new() }
    }

    fn read(text: &str) -> Self {
        let (title, mut rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut case =
            Self::new(title, "- {target: {kind: Deployment, name: webhook}, merge: {a: 1}}\n".to_owned());
        text.clone_into(&mut case.text);
        if let Some(line) = rest.strip_prefix("$ ") {
            let (args, files) = line.split_once('\n').unwrap_or((line, ""));
            case.args = args.split(' ').map(str::to_owned).collect();
            rest = files;
        }
        if rest.trim().is_empty() {
        } else if rest.starts_with("@ ") {
            for file in format!("\n{rest}").split("\n@ ").skip(1) {
                let (name, text) = file.split_once('\n').unwrap_or((file, ""));
                case.files.push((name.to_owned(), with_last_newline(text)));
            }
        } else {
            case.files.push(("p.yaml".to_owned(), with_last_newline(rest)));
        }
        case
    }

    /// Exit code and what is said; nothing may have been written.
    fn refused(&self) -> (i32, String) {
        let folder = Folder::new();
        for (name, text) in &self.files {
            folder.file(name, text);
        }
        let before = folder.list();
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let run: Run = folder.run(&args);
        let (code, stderr) = run.refused(&self.title);
        assert_eq!(folder.list(), before, "{}: something was written", self.title);
        (code, stderr.replace(&*folder.path().to_string_lossy(), "FOLDER"))
    }
}

fn with_last_newline(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{}\n", text.trim_end_matches('\n')) }
}
