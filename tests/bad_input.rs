//! Bad input: what the user reads, on standard error and nowhere else, with which exit code, and never a panic.
//!
//! Cases are data: `bad_input/*.txt` holds a group each, `golden/errors/*.snap` what is said. A case is a title
//! (`== …`), perhaps arguments (`$ …`; `render -f values.yaml` if there are none), then the values file. Inputs that
//! must be made (large, deep, binary, files that are in the way) are in this file. Errors of the schema are also
//! compared with those of real Helm, line by line; `HELM3` and `HELM4` name the binaries.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "bad_input/helm.rs"]
mod helm;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use command::{Folder, Run, golden};

struct Case {
    title: String,
    args: Vec<String>,
    values: String,
}

/// The groups whose every case is refused by the schema, and so by Helm in the same words.
const SCHEMA: [&str; 4] = ["unknown-keys", "types", "ranges", "names"];

#[test]
fn unknown_keys_are_told_with_the_nearest_known_one() {
    check("unknown-keys");
}

#[test]
fn wrong_types_are_told_and_nulls_where_a_value_is_needed() {
    check("types");
}

#[test]
fn values_out_of_range_are_told() {
    check("ranges");
}

#[test]
fn bad_names_are_told() {
    check("names");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    check("contradictions");
}

#[test]
fn releases_that_cannot_be_are_refused() {
    check("release");
}

#[test]
fn flags_that_cannot_be_read_are_refused() {
    check("flags");
}

#[test]
fn what_is_not_yaml_is_told_with_its_line() {
    check("yaml");
}

/// Inputs that are made here: title, exit code and what was said.
#[test]
fn files_that_cannot_be_read_are_told_quickly() {
    let folder = Folder::new();
    let f = ["render", "-f", "values.yaml"];
    let mut said = String::new();
    let mut case = |title: &str, prepare: &dyn Fn(&Folder), args: &[&str]| {
        let _ = fs::remove_file(folder.path().join("values.yaml"));
        prepare(&folder);
        let started = Instant::now();
        let (code, stderr) = folder.run(args).refused(title);
        assert!(started.elapsed() < Duration::from_secs(20), "{title}: took {:?}", started.elapsed());
        let _ = writeln!(said, "== {title}\n-- exit code {code}\n{}", shortened(&stderr));
    };
    case("a file that does not exist", &|_| (), &f);
    case(
        "a folder",
        &|folder| fs::create_dir(folder.path().join("folder")).unwrap(),
        &["render", "-f", "folder"],
    );
    case("a path below a file", &|folder| folder.file("a", ""), &["render", "-f", "a/values.yaml"]);
    case("an empty name", &|_| (), &["render", "-f", ""]);
    case("a URL", &|_| (), &["render", "-f", "https://example.com/values.yaml"]);
    case("not UTF-8", &|folder| folder.file("values.yaml", b"image:\n  tag: \xff\n"), &f);
    case("a null byte", &|folder| folder.file("values.yaml", b"image:\n  tag: a\0b\n"), &f);
    case("100 MiB", &|folder| sparse(&folder.path().join("values.yaml"), 100 << 20), &f);
    case("an alias bomb", &|folder| folder.file("values.yaml", bomb()), &f);
    case("an alias bomb of text", &|folder| folder.file("values.yaml", text_bomb()), &f);
    let flow = || format!("global: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    case("10,000 deep, lists in brackets", &|folder| folder.file("values.yaml", flow()), &f);
    let open = || format!("global: {}\n", "{a: ".repeat(10_000));
    case("10,000 deep, tables in braces without an end", &|folder| folder.file("values.yaml", open()), &f);
    let block = || (0..5_000).fold(String::from("global:\n"), |text, i| text + &" ".repeat(i + 1) + "a:\n");
    case("5,000 deep, tables by indentation", &|folder| folder.file("values.yaml", block()), &f);
    let dashes = || format!("global:\n  {}x\n", "- ".repeat(10_000));
    case("10,000 deep, lists by indentation", &|folder| folder.file("values.yaml", dashes()), &f);
    let json = format!("global={}{}", "[".repeat(10_000), "]".repeat(10_000));
    case("10,000 deep in --set-json", &|_| (), &["render", "--set-json", &json]);
    let set = format!("global{}=1", "[0]".repeat(10_000));
    case("10,000 deep in --set", &|_| (), &["render", "--set", &set]);
    let braces = format!("global={}", "{".repeat(10_000));
    case("10,000 braces in --set", &|_| (), &["render", "--set", &braces]);
    let long = format!("{}=1", "k".repeat(100_000));
    case("a key of 100,000 characters", &|_| (), &["render", "--set", &long]);
    let many = || (0..1000).fold(String::new(), |text, i| text + &format!("key{i}: 1\n"));
    case("1,000 unknown keys", &|folder| folder.file("values.yaml", many()), &f);
    let large = || format!("image:\n  tag: [{}]\n", "x".repeat(50_000));
    case("a large value of a wrong type", &|folder| folder.file("values.yaml", large()), &f);
    let text = || format!("fullnameOverride: {}\n", "X".repeat(50_000));
    case("a large text that does not match", &|folder| folder.file("values.yaml", text()), &f);
    golden("errors", "files that cannot be read, and inputs that are far too large")
        .bind(|| insta::assert_snapshot!("files", said));
}

#[test]
fn what_the_schema_refuses_helm_refuses_in_the_same_words() {
    for helm in helm::both() {
        let chart = helm::Chart::new();
        let mut different = String::new();
        let mut compared = 0;
        for group in SCHEMA {
            for case in cases(group) {
                let ours = refused(&case).1;
                let theirs = helm.template(&chart, &case.values, &case.args[1..]);
                let what = helm::differences(&theirs, &ours);
                compared += 1;
                if !what.is_empty() {
                    let _ = writeln!(different, "{group}: {}\n{what}", case.title);
                }
            }
        }
        println!("schema errors: {compared} compared with Helm {}", helm.version);
        assert!(compared >= 60 && different.is_empty(), "Helm {} says otherwise:\n{different}", helm.version);
    }
}

/// Runs the cases of a group and compares what is said with the snapshot.
fn check(group: &str) {
    let said = Mutex::new(String::new());
    for case in cases(group) {
        let (code, stderr) = refused(&case);
        let mut said = said.lock().unwrap();
        let _ = writeln!(said, "== {}\n$ {}", case.title, case.args.join(" "));
        if !case.values.is_empty() {
            let _ = writeln!(said, "{}", case.values.trim_end());
        }
        let _ = writeln!(said, "-- exit code {code}\n{stderr}");
    }
    let description = format!("what is said to tests/bad_input/{group}.txt");
    let said = said.into_inner().unwrap();
    golden("errors", &description).bind(|| insta::assert_snapshot!(group, said));
}

fn refused(case: &Case) -> (i32, String) {
    let folder = Folder::new();
    folder.file("values.yaml", &case.values);
    let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    let run: Run = folder.run(&args);
    let refused = run.refused(&case.title);
    assert_eq!(folder.list(), ["values.yaml"], "{}: something was written", case.title);
    refused
}

fn cases(group: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/bad_input/{group}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Vec<Case> = format!("\n{text}").split("\n== ").skip(1).map(case).collect();
    assert!(!cases.is_empty(), "{group} holds no case");
    cases
}

fn case(text: &str) -> Case {
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (args, values) = match rest.strip_prefix('$') {
        None => (vec!["render".to_owned(), "-f".to_owned(), "values.yaml".to_owned()], rest),
        Some(rest) => {
            let (args, values) = rest.split_once('\n').unwrap_or((rest, ""));
            (words(args), values)
        }
    };
    Case { title: title.to_owned(), args, values: values.trim_start_matches('\n').to_owned() }
}

/// Words as a shell reads them, as far as single quotes go.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
            }
            ' ' if !quoted => inside = false,
            _ => {
                if !inside {
                    words.push(String::new());
                    inside = true;
                }
                words.last_mut().unwrap().push(c);
            }
        }
    }
    words
}

/// A file of zeros that takes no room on the disk.
fn sparse(path: &Path, bytes: u64) {
    fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

/// Long lines, and many lines, by their beginning and their length.
fn shortened(text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| match line.char_indices().nth(300) {
            Some((at, _)) => format!("{}[… {} bytes]", &line[..at], line.len()),
            None => line.to_owned(),
        })
        .collect();
    if lines.len() > 20 {
        let left = lines.split_off(10).len();
        lines.push(format!("[… {left} lines]"));
    }
    lines.join("\n") + "\n"
}

/// Nine levels of nine aliases each: 9^9 values.
fn bomb() -> String {
    let mut text = String::from("global:\n  l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let aliases = vec![format!("*l{}", level - 1); 9].join(", ");
        let _ = writeln!(text, "  l{level}: &l{level} [{aliases}]");
    }
    text
}

/// A long text, repeated by aliases.
fn text_bomb() -> String {
    let aliases = vec!["*a"; 5000].join(", ");
    format!("global:\n  a: &a {}\n  b: [{aliases}]\n", "x".repeat(100_000))
}
