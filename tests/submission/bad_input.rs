//! Applications that cannot be submitted, and what the user reads of them: one error with the place and the field, exit
//! code 2 (3 where a file cannot be read), nothing on standard output, never a panic.
//!
//! Cases are data: `bad_input/*.txt`, a group each; what is said is in `snapshots/`. A case is a title (`== …`), perhaps
//! arguments (`$ …`), and YAML: a whole file, or lines of one (`metadata`, or fields of the spec) that take the place of
//! those of an application that is fine. Inputs that must be made are in this file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::application::object;
use crate::command::{Folder, Run};
use crate::snapshot::settings;

/// An application that is fine, a field a line.
const FINE: [&str; 11] = [
    "apiVersion: sparkoperator.k8s.io/v1beta2",
    "kind: SparkApplication",
    "metadata: {name: pi}",
    "spec:",
    "  type: Scala",
    "  sparkVersion: 4.0.1",
    "  image: spark:4.0.1",
    "  mainClass: org.example.Pi",
    "  mainApplicationFile: local:///opt/pi.jar",
    "  driver: {}",
    "  executor: {}",
];

/// Fewest cases of all groups together.
const FEWEST: usize = 40;

struct Case {
    title: String,
    args: Vec<String>,
    file: String,
    /// The lines of the file that are the case's own, with their numbers.
    shown: String,
}

#[test]
fn amounts_that_are_none_are_told() {
    check("amounts");
}

#[test]
fn configuration_that_cannot_be_is_told() {
    check("configuration");
}

#[test]
fn programs_that_cannot_be_run_are_told() {
    check("program");
}

#[test]
fn pods_that_cannot_be_made_are_told() {
    check("pods");
}

#[test]
fn files_that_hold_no_application_are_told() {
    check("files");
}

#[test]
fn there_are_enough_cases_and_the_application_that_they_change_is_fine() {
    let groups = ["amounts", "configuration", "program", "pods", "files"];
    let cases: usize = groups.iter().map(|group| cases(group).len()).sum();
    println!("applications that cannot be submitted: {cases} cases");
    assert!(cases >= FEWEST, "{cases}");
    let folder = Folder::new();
    folder.file("app.yaml", FINE.join("\n"));
    assert!(folder.run(&["submit", "-f", "app.yaml", "--dry-run"]).ok().starts_with("---\n"));
}

/// Inputs that are made here: far too large, or not to be read.
#[test]
fn what_is_far_too_large_is_told_quickly() {
    let folder = Folder::new();
    let mut said = String::new();
    let mut case = |title: &str, spec: serde_json::Value, args: &[&str]| {
        folder.file("app.yaml", object(&json!({"metadata": {"uid": null}, "spec": spec})).to_string());
        let started = Instant::now();
        let run = folder.run(&[&["submit", "-f", "app.yaml", "--dry-run"], args].concat());
        assert!(started.elapsed() < Duration::from_secs(30), "{title}: took {:?}", started.elapsed());
        let (code, stderr) = run.refused(title);
        let _ = writeln!(said, "== {title}\n-- exit code {code}\n{}", shortened(&stderr));
    };
    let large = "x".repeat(1 << 20);
    case("1 MiB of configuration", json!({"sparkConf": {"spark.a": large}}), &[]);
    let many = |count: usize| {
        (0..count)
            .map(|index| (format!("spark.key.{index}"), json!("x".repeat(100))))
            .collect::<serde_json::Map<_, _>>()
    };
    case("10,000 keys of configuration", json!({"sparkConf": many(10_000)}), &[]);
    case(
        "1 MiB in the executors' template",
        json!({"executor": {"template": {"metadata": {"annotations": {"a": large}}}}}),
        &[],
    );
    case("1 MiB of memory", json!({"driver": {"memory": "1".repeat(1 << 20)}}), &[]);
    case("1 MiB of CPU", json!({"driver": {"coreLimit": large}}), &[]);
    case("1 MiB of program", json!({"mainApplicationFile": large}), &[]);
    case("1 MiB of version", json!({"sparkVersion": large}), &[]);
    case("1 MiB of mode", json!({"mode": large}), &[]);
    case("a key of 1 MiB", json!({"sparkConf": {format!("spark.{large}"): "x"}}), &[]);
    case("a port of 1 MiB", json!({"sparkConf": {"spark.ui.port": large}}), &[]);
    case(
        "a program of shell characters",
        json!({"mainApplicationFile": "$(reboot); `reboot` | cat > /etc/passwd"}),
        &[],
    );
    case("a program of other scripts", json!({"mainApplicationFile": "żółć…😀\u{202e}"}), &[]);
    case("a NUL in an argument", json!({"arguments": ["a\0b"]}), &[]);
    settings("inputs that are far too large").bind(|| insta::assert_snapshot!("large", said));
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let folder = Folder::new();
    let mut said = String::new();
    let mut case = |title: &str, prepare: &dyn Fn(&Folder), args: &[&str]| {
        folder.file("app.yaml", FINE.join("\n"));
        prepare(&folder);
        let (code, stderr) = folder.run(&[&["submit", "--dry-run"], args].concat()).refused(title);
        let _ =
            writeln!(said, "== {title}\n$ {}\n-- exit code {code}\n{}", args.join(" "), shortened(&stderr));
    };
    let f = ["-f", "app.yaml"];
    case(
        "a folder without applications",
        &|folder| fs::create_dir(folder.path().join("empty")).unwrap(),
        &["-f", "empty"],
    );
    case("a path below a file", &|_| (), &["-f", "app.yaml/b.yaml"]);
    case("not UTF-8", &|folder| folder.file("app.yaml", b"kind: \xff\n"), &f);
    case("UTF-16", &|folder| folder.file("app.yaml", b"\xff\xfek\0"), &f);
    case("a NUL", &|folder| folder.file("app.yaml", b"kind: a\0b\n"), &f);
    case("10,000 deep", &|folder| folder.file("app.yaml", "[".repeat(10_000)), &f);
    let defaults = [&f[..], &["--spark-defaults", "spark-defaults.conf"]].concat();
    case(
        "defaults that are not UTF-8",
        &|folder| folder.file("spark-defaults.conf", b"spark.a \xff\n"),
        &defaults,
    );
    case("defaults that are a folder", &|_| (), &[&f[..], &["--spark-defaults", "empty"]].concat());
    case(
        "defaults with a port that is none",
        &|folder| folder.file("spark-defaults.conf", "spark.ui.port http\n"),
        &defaults,
    );
    case(
        "defaults with files of the operator",
        &|folder| folder.file("spark-defaults.conf", "spark.jars /opt/a.jar\n"),
        &defaults,
    );
    case("no file at all", &|_| (), &[]);
    settings("files that cannot be read").bind(|| insta::assert_snapshot!("unreadable", said));
}

#[test]
fn several_faults_are_all_told_in_the_order_of_the_file() {
    let folder = Folder::new();
    folder.file("app.yaml", file("  driver: {memory: 1Gi, coreLimit: one}\n  executor: {instances: 0}").0);
    let Run { code, stdout, stderr } = folder.run(&["submit", "-f", "app.yaml", "--dry-run"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    settings("an application with three faults").bind(|| insta::assert_snapshot!("several", stderr));
}

#[test]
fn ten_thousand_variables_are_fine() {
    let folder = Folder::new();
    // Fewer would be quick even if each were compared with each.
    let env: Vec<_> = (0..10_000).map(|index| json!({"name": format!("V{index}"), "value": "v"})).collect();
    let spec = json!({"driver": {"env": env}});
    folder.file("app.yaml", object(&json!({"metadata": {"uid": null}, "spec": spec})).to_string());
    let started = Instant::now();
    let text = folder.run(&["submit", "-f", "app.yaml", "--dry-run"]).ok();
    println!("10,000 variables: {:?}", started.elapsed());
    assert!(
        text.contains("name: V9999") && started.elapsed() < Duration::from_mins(2),
        "{:?}",
        started.elapsed()
    );
}

/// Runs the cases of a group and compares what is said with the snapshot.
fn check(group: &str) {
    let mut said = String::new();
    for Case { title, args, file, shown } in cases(group) {
        let folder = Folder::new();
        folder.file("app.yaml", &file);
        let mut all = vec!["submit", "-f", "app.yaml", "--dry-run"];
        all.extend(args.iter().map(String::as_str));
        let run = folder.run(&all);
        assert_eq!(folder.list(), ["app.yaml"], "{title}: something was written");
        if run.code == Some(0) {
            let _ = writeln!(
                said,
                "== {title}\n$ {}\n{shown}-- exit code 0: IT IS SUBMITTED\n{}",
                args.join(" "),
                run.stderr
            );
            continue;
        }
        let (code, stderr) = run.refused(&title);
        let args = if args.is_empty() { String::new() } else { format!("$ {}\n", args.join(" ")) };
        let _ = writeln!(said, "== {title}\n{args}{shown}-- exit code {code}\n{stderr}");
    }
    settings(&format!("what is said to tests/submission/bad_input/{group}.txt"))
        .bind(|| insta::assert_snapshot!(group, said));
    assert!(!said.contains("IT IS SUBMITTED"), "a case of {group} is submitted: see its snapshot");
}

fn cases(group: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/submission/bad_input/{group}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("\n{text}").split("\n== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (args, lines) = match rest.strip_prefix("$ ") {
        Some(rest) => rest.split_once('\n').unwrap_or((rest, "")),
        None => ("", rest),
    };
    let (file, shown) = match lines.trim_end() {
        "" if !args.is_empty() => (FINE.join("\n"), String::new()),
        lines => file(lines),
    };
    Case {
        title: title.to_owned(),
        args: args.split(' ').filter(|arg| !arg.is_empty()).map(str::to_owned).collect(),
        file,
        shown,
    }
}

/// The file of a case, and its own lines of it.
fn file(lines: &str) -> (String, String) {
    let part = lines.starts_with("  ") || lines.starts_with("metadata:");
    let key = |line: &str| {
        line.split_once(':').map(|(key, _)| key.to_owned()).filter(|key| !key.starts_with("   "))
    };
    let own: Vec<String> = lines.lines().filter_map(key).collect();
    let mut all: Vec<&str> = Vec::new();
    if part {
        all.extend(FINE.iter().filter(|line| !own.iter().any(|own| line.starts_with(&format!("{own}:")))));
    }
    let first = if lines.starts_with("metadata:") { 2 } else { all.len() };
    all.splice(first..first, lines.lines());
    let shown = lines.lines().enumerate().fold(String::new(), |mut shown, (index, line)| {
        let _ = writeln!(shown, "{:>2} | {line}", first + index + 1);
        shown
    });
    (all.join("\n") + "\n", shown)
}

/// Long lines, by their beginning and their length.
fn shortened(text: &str) -> String {
    let short = |line: &str| match line.char_indices().nth(300) {
        Some((at, _)) => format!("{}[… {} bytes]", &line[..at], line.len()),
        None => line.to_owned(),
    };
    text.lines().map(short).collect::<Vec<_>>().join("\n") + "\n"
}
