//! The YAML reader and writer against real Helm, and what must hold for any text or value.
//!
//! Helm is found through the variables `HELM3` and `HELM4`, the paths of its binaries. Without them the
//! comparison is skipped, except under CI, where that is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spark_operator::yaml::{read, to_yaml};

#[path = "yaml/generate.rs"]
mod generate;

use generate::{NASTY, PARTS, Random, SPECIAL, block, flow, tree};

/// The Helm binaries to compare with: version, path.
fn helms() -> Vec<(&'static str, PathBuf)> {
    let found: Vec<_> = [("3", "HELM3"), ("4", "HELM4")]
        .into_iter()
        .filter_map(|(version, name)| Some((version, PathBuf::from(std::env::var_os(name)?))))
        .collect();
    if found.len() < 2 {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must set HELM3 and HELM4");
        println!("SKIPPED: HELM3 and HELM4 are not both set");
        return Vec::new();
    }
    found
}

/// A chart of one template.
fn chart(template: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("templates")).unwrap();
    fs::write(dir.path().join("Chart.yaml"), "apiVersion: v2\nname: micro\nversion: 0.1.0\n").unwrap();
    fs::write(dir.path().join("templates/NOTES.yaml"), template).unwrap();
    dir
}

/// What `helm template` prints for a values file; `Err` with its message.
fn helm(binary: &Path, chart: &Path, values: &str, name: &str) -> Result<String, String> {
    let file = chart.join(name);
    fs::write(&file, values).unwrap();
    let output =
        Command::new(binary).arg("template").arg("x").arg(chart).arg("-f").arg(&file).output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Prints every case in base64, one a line, so that nothing on the way touches the text. `fromYaml` is the reader of
/// values files, but tells of an error instead of failing.
const EMIT_TEMPLATE: &str =
    "kind: X\ncases:\n{{ range .Values.cases }}- {{ index . 0 | toYaml | b64enc | quote }}\n{{ end }}";
const READ_TEMPLATE: &str =
    "kind: X\ncases:\n{{ range .Values.cases }}- {{ . | fromYaml | toJson | b64enc | quote }}\n{{ end }}";

fn decoded(output: &str) -> Vec<String> {
    use base64::Engine as _;
    output
        .lines()
        .filter_map(|line| line.strip_prefix("- \"")?.strip_suffix('"'))
        .map(|line| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(line).unwrap();
            String::from_utf8(bytes).unwrap()
        })
        .collect()
}

/// Values that JSON text on Helm's side keeps as they are: what a values file cannot hold is left out.
fn emit_cases() -> Vec<Json> {
    let mut r = Random(1);
    let mut cases: Vec<Json> = SPECIAL.iter().map(|s| json!(s)).collect();
    cases.extend(SPECIAL.iter().map(|s| json!({ (*s): [s, {(*s): s}] })));
    cases.extend((120..136).map(|n| json!({ "k".repeat(n): [1], "é".repeat(n / 2): {"a": 1} })));
    cases.extend((60..100).map(|n| json!(["w".repeat(n) + " and more", format!("{} - and more", "w".repeat(n)), {"k": "w".repeat(n) + ": x  y"}])));
    cases.extend([
        json!({ "k".repeat(1022): 1 }),
        json!({ "k".repeat(1023): 1 }),
        json!({ "<".repeat(180): 1 }),
    ]);
    while cases.len() < 3000 {
        let depth = r.below(4);
        cases.push(tree(&mut r, depth));
    }
    cases
}

/// JSON that Helm's YAML reader takes for the same value: everything but ASCII escaped, keys marked `? `.
fn as_values(value: &Json, out: &mut String) {
    let quoted = |s: &str, out: &mut String| {
        out.push('"');
        for c in s.chars() {
            match c {
                '"' | '\\' => write!(out, "\\{c}").unwrap(),
                ' '..='~' => out.push(c),
                _ => write!(out, "\\U{:08x}", u32::from(c)).unwrap(),
            }
        }
        out.push('"');
    };
    match value {
        Json::String(s) => quoted(s, out),
        Json::Array(items) => {
            out.push('[');
            for item in items {
                as_values(item, out);
                out.push_str(", ");
            }
            out.push(']');
        }
        Json::Object(map) => {
            out.push('{');
            for (k, v) in map {
                out.push_str("? ");
                quoted(k, out);
                out.push_str(" : ");
                as_values(v, out);
                out.push_str(", ");
            }
            out.push('}');
        }
        other => write!(out, "{other}").unwrap(),
    }
}

/// Every number of a values file is a 64-bit float for Helm.
fn as_floats(value: &Json) -> Json {
    match value {
        Json::Number(n) => json!(n.as_f64().unwrap()),
        Json::Array(items) => items.iter().map(as_floats).collect(),
        Json::Object(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), as_floats(v))).collect()),
        other => other.clone(),
    }
}

#[test]
fn to_yaml_prints_what_helm_prints() {
    let helms = helms();
    if helms.is_empty() {
        return;
    }
    let cases = emit_cases();
    // Each case in a list of one: Helm drops a null from a values file, but not from a list in it.
    let mut values = "cases:\n".to_owned();
    for case in &cases {
        values.push_str("- [");
        as_values(case, &mut values);
        values.push_str("]\n");
    }
    let chart = chart(EMIT_TEMPLATE);
    let printed: Vec<(&str, Vec<String>)> = helms
        .iter()
        .map(|(version, binary)| {
            (*version, decoded(&helm(binary, chart.path(), &values, "values.yaml").unwrap()))
        })
        .collect();
    assert!(printed.iter().all(|(_, p)| p.len() == cases.len()));
    // Where Helm swallows an error its text is empty; that must stay the exception.
    assert!(printed.iter().all(|(_, p)| p.iter().filter(|text| text.is_empty()).count() * 20 < cases.len()));
    let mut failures = String::new();
    let mut failed = 0;
    let mut random = 0;
    for (i, case) in cases.iter().enumerate() {
        let ours = to_yaml(&as_floats(case));
        let theirs: Vec<&String> = printed.iter().map(|(_, p)| &p[i]).collect();
        if theirs.iter().all(|t| **t == ours) {
            continue;
        }
        // Helm's key order is no order for some sets of keys; its own output then differs from run to run.
        if theirs.iter().any(|t| t != &theirs[0]) || is_random(&helms[0].1, chart.path(), case, theirs[0]) {
            random += 1;
            continue;
        }
        failed += 1;
        if failed <= 20 {
            writeln!(failures, "case {i}: {case}\nhelm: {:?}\nours: {ours:?}\n", theirs[0]).unwrap();
        }
    }
    let total = cases.len();
    println!("yaml parity: emit {}/{total}, of these random in Helm: {random}", total - failed);
    assert_eq!(failed, 0, "{failures}");
    assert!(random * 100 < total, "{random} cases are random");
}

fn is_random(binary: &Path, chart: &Path, case: &Json, first: &str) -> bool {
    let mut values = "cases:\n- [".to_owned();
    as_values(case, &mut values);
    values.push_str("]\n");
    (0..12).any(|_| decoded(&helm(binary, chart, &values, "random.yaml").unwrap()) != [first])
}

/// YAML snippets: the table, and generated ones.
fn snippets() -> Vec<String> {
    let table = include_str!("yaml/scalars.txt");
    let mut all: Vec<String> = table
        .lines()
        .skip_while(|line| line.starts_with('#'))
        .map(|line| {
            line.replace("\\\\", "\u{1}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{1}', "\\")
        })
        .collect();
    let mut r = Random(2);
    for _ in 0..300 {
        let mut out = String::new();
        if r.below(2) == 0 {
            block(&mut r, 3, 1, &mut out);
        } else {
            flow(&mut r, 3, &mut out);
        }
        all.push(out);
    }
    // What a person who slips on the keyboard might write.
    for _ in 0..4000 {
        let parts = 1 + r.below(9);
        let line_above = if r.below(3) == 0 { "a\n" } else { "" };
        all.push((0..parts).fold(line_above.to_owned(), |all, _| all + r.pick(PARTS)));
    }
    // The same with line breaks of Windows.
    let crlf: Vec<String> =
        all.iter().filter(|s| s.contains('\n')).map(|s| s.replace('\n', "\r\n")).collect();
    all.extend(crlf);
    // What our writer writes is read back alike.
    for _ in 0..200 {
        let value = tree(&mut r, 3);
        let text = to_yaml(&value);
        if !text.is_empty() {
            all.push(text.lines().fold(String::new(), |all, line| all + "\n  " + line) + "\n");
        }
    }
    all
}

fn entry(i: usize, snippet: &str) -> String {
    // go-yaml takes a tag or anchor on the line; a snippet that starts a block starts on its own line.
    format!("k{i:04}: {snippet}\n")
}

#[test]
fn read_understands_what_helm_understands() {
    let helms = helms();
    if helms.is_empty() {
        return;
    }
    let snippets = snippets();
    let mut values = "cases:\n".to_owned();
    for (i, snippet) in snippets.iter().enumerate() {
        values.push_str("- ");
        as_values(&Json::String(entry(i, snippet)), &mut values);
        values.push('\n');
    }
    let chart = chart(READ_TEMPLATE);
    let mut report = String::new();
    let (mut failed, mut both_refuse) = (0, 0);
    for (version, binary) in &helms {
        let printed = decoded(&helm(binary, chart.path(), &values, "values.yaml").unwrap());
        assert_eq!(printed.len(), snippets.len());
        for (i, (snippet, theirs)) in snippets.iter().zip(&printed).enumerate() {
            let theirs: Json = serde_json::from_str(theirs).unwrap();
            // Helm's reader has the values as a mapping, or the message.
            let is_read = theirs.get(format!("k{i:04}")).is_some();
            let theirs = if is_read { Ok(theirs) } else { Err(theirs["Error"].to_string()) };
            let ours = read("v", &entry(i, snippet)).map(|d| d[0].to_json());
            let same = match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => as_floats(ours) == as_floats(theirs),
                (Err(_), Err(_)) => {
                    both_refuse += 1;
                    true
                }
                _ => false,
            };
            if same {
                continue;
            }
            failed += 1;
            let ours = ours.map_or_else(|e| e.to_string(), |v| v.to_string());
            writeln!(report, "helm {version}, {snippet:?}:\n  helm: {theirs:?}\n  ours: {ours}").unwrap();
        }
    }
    let total = snippets.len() * helms.len();
    println!("yaml parity: scalars {}/{total}, refused by both: {both_refuse}", total - failed);
    assert_eq!(failed, 0, "{report}");
}

#[test]
fn what_is_written_is_read_back() {
    let value = json!({"a": ["y", 1, {"b": "x\ny\n"}], "on": null});
    assert_eq!(to_yaml(&value), "a:\n- \"y\"\n- 1\n- b: |\n    x\n    y\n\"on\": null");
    assert_eq!(read("t", &to_yaml(&value)).unwrap()[0].to_json(), value);
}

fn any_pieces(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(of), 0..60)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(NASTY.to_vec()), 0..40).prop_map(|v| v.concat()),
        prop::sample::select(SPECIAL.to_vec()).prop_map(str::to_owned),
        any::<String>(),
    ]
    // U+0085 is folded on the way through JSON, the others make the whole text empty; see `to_yaml`. U+2028 and
    // U+2029 are line breaks only for Helm.
    .prop_map(|s| s.chars().filter(|c| !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')).collect())
}

fn any_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-(1i64 << 53)..(1i64 << 53)).prop_map(Json::from),
        any_text().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            // Helm writes the key `<<` without quotes, and so cannot read it back.
            prop::collection::vec((any_text().prop_filter("a merge", |k| k != "<<"), inner), 0..5)
                .prop_map(|v| Json::Object(v.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn reading_gives_back_what_was_written(value in any_value()) {
        // With the line break that the template puts behind it.
        let text = to_yaml(&value) + "\n";
        let documents = read("t", &text).unwrap();
        prop_assert_eq!(documents[0].to_json(), value, "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), nasty in any_pieces(NASTY), parts in any_pieces(PARTS)) {
        let _ = read("t", &text);
        let _ = read("t", &nasty.concat());
        let _ = read("t", &parts.concat());
        let _ = read("t", &parts.join("\n---\n%TAG !"));
    }
}
