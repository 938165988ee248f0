//! Our merging, coalescing and `--set` against real Helm 3 and 4.
//!
//! Needs the binaries: `HELM3` and `HELM4` hold their paths; without them the tests say `SKIPPED`, and fail where
//! `CI` is `true`. Cases are data, one flag per line in `values/set.txt` and one block per case in
//! `values/merge.txt`; more flags are generated from a fixed seed. A case agrees when both sides give the same
//! values, of the same types, or when both fail with the same words. What one flag means is unit-tested in `set`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use spark_operator::values::{HelmCompat, SetKind, Sources, ValuesFile, coalesce_as, collect};
use spark_operator::yaml::{Map, Node, Value};

/// One run of Helm: a chart's values.yaml, the user's files in order, the flags in order.
#[derive(Clone, Default)]
struct Case {
    name: String,
    chart: String,
    files: Vec<String>,
    flags: Vec<(SetKind, String)>,
}

/// What either side made of a case.
struct Outcome {
    /// The values and their types, or the error's text.
    result: Result<(String, String), String>,
    warnings: BTreeSet<String>,
}

/// Errors whose first words are Helm's, where the rest differs, because Go's library words it or prints none at all.
const OPEN_ENDED: [&str; 3] =
    ["failed parsing --set-json data", "failed parsing --set-file data: open ", "failed to parse "];

const CHART: &str = "micro";

const TEMPLATE: &str = r#"{{- define "types" -}}
{{- if kindIs "map" . }}{ {{- range $k, $v := . }}{{ $k | toJson }}:{{ include "types" $v }},{{ end }}}
{{- else if kindIs "slice" . }}[{{ range . }}{{ include "types" . }},{{ end }}]
{{- else }}{{ kindOf . }}{{ end }}
{{- end -}}
values: {{ .Values | toJson | b64enc }}
types: {{ include "types" .Values | b64enc }}
"#;

#[test]
fn flags_mean_what_they_mean_to_helm() {
    let mut cases = written_flags();
    let written = cases.len();
    cases.extend(generated_flags(0x5eed_0001, 200));
    println!("flags: {written} written, {} generated", cases.len() - written);
    assert!(written >= 200, "{written} written cases");
    compare(&cases);
}

#[test]
fn files_and_defaults_merge_as_in_helm() {
    let cases = written_merges();
    println!("merges: {}", cases.len());
    assert!(cases.len() >= 60, "{} cases", cases.len());
    compare(&cases);
}

/// Runs the cases on both Helms, two processes at a time, and fails with every difference.
fn compare(cases: &[Case]) {
    for (variable, compat) in [("HELM3", HelmCompat::V3), ("HELM4", HelmCompat::V4)] {
        let Some(helm) = std::env::var_os(variable).map(PathBuf::from) else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} is not set");
            println!("SKIPPED: {variable} is not set");
            continue;
        };
        let half = cases.len().div_ceil(2);
        let failed = AtomicUsize::new(0);
        let differences: Vec<String> = std::thread::scope(|scope| {
            let workers: Vec<_> = cases
                .chunks(half)
                .map(|part| {
                    scope.spawn(|| part.iter().filter_map(|c| differs(&helm, compat, c, &failed)).collect())
                })
                .collect();
            workers.into_iter().flat_map(|w| -> Vec<String> { w.join().unwrap() }).collect()
        });
        let failed = failed.into_inner();
        println!(
            "{compat:?}: {} cases, {failed} of them errors in Helm, {} differ",
            cases.len(),
            differences.len()
        );
        assert!(failed < cases.len() * 2 / 3, "too few cases are valid: Helm may not run at all");
        assert!(differences.is_empty(), "{compat:?}:\n{}", differences.join("\n"));
    }
}

/// A description of the difference, if there is one.
fn differs(helm: &Path, compat: HelmCompat, case: &Case, failed: &AtomicUsize) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let theirs = theirs(helm, dir.path(), case);
    let ours = ours(compat, dir.path(), case);
    failed.fetch_add(usize::from(theirs.result.is_err()), Ordering::Relaxed);
    let agree = match (&ours.result, &theirs.result) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => {
            ours == theirs
                || OPEN_ENDED.iter().any(|start| ours.starts_with(start) && theirs.starts_with(start))
        }
        _ => false,
    } && ours.warnings == theirs.warnings;
    (!agree).then(|| {
        format!(
            "- {}\n    ours:   {:?} {:?}\n    theirs: {:?} {:?}",
            case.name, ours.result, ours.warnings, theirs.result, theirs.warnings
        )
    })
}

fn ours(compat: HelmCompat, dir: &Path, case: &Case) -> Outcome {
    let mut sources = Sources { compat, ..Sources::default() };
    for (i, text) in case.files.iter().enumerate() {
        sources.files.push(ValuesFile { name: format!("f{i}.yaml"), text: text.clone() });
    }
    for (kind, text) in &case.flags {
        let list = match kind {
            SetKind::Typed => &mut sources.set,
            SetKind::String => &mut sources.set_string,
            SetKind::Json => &mut sources.set_json,
            SetKind::File => &mut sources.set_file,
            SetKind::Literal => &mut sources.set_literal,
        };
        list.push(text.clone());
    }
    let chart = ValuesFile { name: "values.yaml".into(), text: case.chart.clone() };
    let defaults = Sources { files: vec![chart], compat, ..Sources::default() };
    let defaults = collect(&defaults, &|_| unreachable!()).unwrap();
    match collect(&sources, &|path| fs::read_to_string(dir.join(path))) {
        Err(error) => Outcome { result: Err(error.to_string()), warnings: BTreeSet::new() },
        Ok(user) => {
            let (values, warnings) = coalesce_as(compat, user, &defaults);
            let mut json = String::new();
            write_map(&mut json, &values, write_json);
            Outcome {
                result: Ok((json, json_types(&values))),
                warnings: warnings.iter().map(|w| w.message(CHART)).collect(),
            }
        }
    }
}

fn theirs(helm: &Path, dir: &Path, case: &Case) -> Outcome {
    fs::create_dir_all(dir.join("chart/templates")).unwrap();
    fs::write(dir.join("chart/Chart.yaml"), format!("apiVersion: v2\nname: {CHART}\nversion: 1.0.0\n"))
        .unwrap();
    fs::write(dir.join("chart/values.yaml"), &case.chart).unwrap();
    fs::write(dir.join("chart/templates/out.yaml"), TEMPLATE).unwrap();
    fs::write(dir.join("text"), "two\nlines\n").unwrap();
    fs::write(dir.join("empty"), "").unwrap();
    fs::write(dir.join("number"), "1").unwrap();
    let mut command = Command::new(helm);
    command.args(["template", "chart"]).current_dir(dir).env("HOME", dir).stdin(Stdio::null());
    for (i, text) in case.files.iter().enumerate() {
        let name = format!("f{i}.yaml");
        fs::write(dir.join(&name), text).unwrap();
        command.args(["-f", &name]);
    }
    for (kind, text) in &case.flags {
        command.arg(format!("{}={text}", kind.flag()));
    }
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let warnings = stderr.lines().filter_map(warning).collect();
    if !output.status.success() {
        let start = stderr.find("Error: ").map_or(0, |at| at + "Error: ".len());
        return Outcome { result: Err(stderr[start..].trim_end_matches('\n').to_owned()), warnings };
    }
    let field = |name: &str| {
        let line = stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let bytes = base64::engine::general_purpose::STANDARD.decode(line.trim()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    Outcome { result: Ok((field("values:"), field("types:"))), warnings }
}

/// The warning in a line of Helm's log; Helm 4 quotes it.
fn warning(line: &str) -> Option<String> {
    let text = &line[line.find("warning: ")?..];
    let quoted = line.contains("msg=\"");
    Some(if quoted { text.trim_end_matches('"').replace("\\\"", "\"") } else { text.to_owned() })
}

/// The cases of `set.txt`, each over the base that stands above it.
fn written_flags() -> Vec<Case> {
    let mut base = "{}".to_owned();
    let mut cases = Vec::new();
    for line in include_str!("values/set.txt").lines() {
        if let Some(json) = line.strip_prefix("base ") {
            json.clone_into(&mut base);
        } else if !line.is_empty() && !line.starts_with('#') {
            let flags = line.split(" && ").map(flag).collect();
            cases.push(Case {
                name: format!("{line} over {base}"),
                files: vec![base.clone()],
                flags,
                ..Case::default()
            });
        }
    }
    cases
}

/// The blocks of `merge.txt`: `chart`, `file` and flag lines; `\n` in a file is a line's end.
fn written_merges() -> Vec<Case> {
    let text = include_str!("values/merge.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let blocks = lines.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let mut case = Case { name: block.trim().replace('\n', " | "), ..Case::default() };
            for line in block.lines().filter(|line| !line.is_empty()) {
                match line.split_once(' ').unwrap_or((line, "")) {
                    ("chart", text) => case.chart = text.replace("\\n", "\n"),
                    ("file", text) => case.files.push(text.replace("\\n", "\n")),
                    _ => case.flags.push(flag(line)),
                }
            }
            case
        })
        .collect()
}

fn flag(line: &str) -> (SetKind, String) {
    let (name, text) = line.split_once(' ').unwrap_or((line, ""));
    let kind = match name {
        "set" => SetKind::Typed,
        "string" => SetKind::String,
        "json" => SetKind::Json,
        "file" => SetKind::File,
        "literal" => SetKind::Literal,
        _ => panic!("no such flag: {line}"),
    };
    // A case ends in `$` where the text ends in a blank.
    (kind, text.strip_suffix(" $").map_or_else(|| text.to_owned(), |text| format!("{text} ")))
}

/// Flags made from the grammar, some of them broken on purpose. The same seed gives the same flags.
fn generated_flags(seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice(seed);
    let bases = ["{}", r#"{"a":{"b":1,"c":[1,{"d":"x"},null]},"l":[[1],"s"],"s":"t","n":null}"#];
    (0..count)
        .map(|_| {
            let kind = dice.pick(&[
                SetKind::Typed,
                SetKind::Typed,
                SetKind::Typed,
                SetKind::String,
                SetKind::Json,
                SetKind::Literal,
                SetKind::File,
            ]);
            let mut text = String::new();
            for i in 0..=dice.below(3) {
                if i > 0 {
                    text.push(',');
                }
                dice.key(&mut text);
                text.push('=');
                dice.value(&mut text, kind);
            }
            if dice.below(3) == 0 {
                dice.break_one(&mut text);
            }
            let base = dice.pick(&bases);
            Case {
                name: format!("generated {} {text:?} over {base}", kind.flag()),
                files: vec![base.to_owned()],
                flags: vec![(kind, text)],
                ..Case::default()
            }
        })
        .collect()
}

/// A small generator of numbers (xorshift), so that the cases do not change with a library.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn key(&mut self, text: &mut String) {
        let names = [
            "a", "b", "c", "l", "s", "n", "x\\.y", "é", "日本", "k 1", "\"q\"", "p\\,q", "i\\[0\\]", "a\\=b",
            "'", "-",
        ];
        for i in 0..=self.below(3) {
            if i > 0 {
                text.push('.');
            }
            text.push_str(self.pick(&names));
            while self.below(3) == 0 {
                let index = self.pick(&["0", "1", "2", "5", "0", "1", "+1", "-1", "x", ""]);
                write!(text, "[{index}]").unwrap();
            }
        }
    }

    fn value(&mut self, text: &mut String, kind: SetKind) {
        let plain = [
            "1",
            "-1",
            "0",
            "007",
            "1.5",
            "true",
            "False",
            "NULL",
            "null",
            "",
            "text",
            "a b",
            "x\\,y",
            "ü→",
            "\"quoted\"",
            "'",
            "<&>",
            "a=b",
            "\\",
            "{",
            "}",
            "{a,b}",
            "{1,{2}}",
            "{}",
            "{true,,x}",
            "99999999999999999999",
            "1e3",
            "\u{2028}",
            "\u{a0}",
            "\\{a\\}",
            "tab\there",
        ];
        let json = [
            "1",
            "-0",
            "1.50",
            "1e2",
            "1E-7",
            "123456789012345678",
            "true",
            "null",
            "",
            " ",
            "\"a,b\"",
            "\"\\u00e9<\"",
            "[]",
            "[1,[2]]",
            "{}",
            "{\"x\":{\"y\":[null]}}",
            " 1 ",
            "tru",
            "{",
            "[1",
            "\"open",
            "01",
            "{\"b\":1,\"b\":2}",
        ];
        text.push_str(match kind {
            SetKind::Json => self.pick(&json),
            SetKind::File => self.pick(&["text", "empty", "number", "{text,number}", "missing", "te\\xt"]),
            _ => self.pick(&plain),
        });
    }

    /// Drops, doubles or adds one character.
    fn break_one(&mut self, text: &mut String) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.below(chars.len());
        match self.below(3) {
            0 => drop(chars.remove(at)),
            1 => chars.insert(at, chars[at]),
            _ => chars.insert(at, self.pick(&['.', ',', '[', ']', '=', '{', '}', '\\', ' '])),
        }
        *text = chars.into_iter().collect();
    }
}

/// A map as Go's JSON or the template `types` prints one: keys in byte order.
fn write_map(out: &mut String, map: &Map, item: fn(&mut String, &Node)) {
    let mut keys: Vec<_> = map.keys().collect();
    keys.sort_unstable();
    out.push('{');
    for (i, key) in keys.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        item(out, &map[key]);
    }
    out.push('}');
}

fn write_json(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => write!(out, "{b}").unwrap(),
        Value::Int(i) => write!(out, "{i}").unwrap(),
        Value::Float(f) if f.abs() >= 1e21 || (*f != 0.0 && f.abs() < 1e-6) => {
            let text = format!("{f:e}");
            out.push_str(&if f.abs() >= 1.0 { text.replace('e', "e+") } else { text });
        }
        Value::Float(f) => write!(out, "{f}").unwrap(),
        Value::Str(s) => write_string(out, s),
        Value::Seq(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => write_map(out, map, write_json),
    }
}

/// A string as Go's JSON prints it: safe for HTML.
fn write_string(out: &mut String, text: &str) {
    for c in serde_json::to_string(text).unwrap().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(c)).unwrap(),
            c => out.push(c),
        }
    }
}

/// The types of a tree as the template `types` prints them.
fn json_types(map: &Map) -> String {
    let mut keys: Vec<_> = map.keys().collect();
    keys.sort_unstable();
    let mut out = String::from("{");
    for key in keys {
        write_string(&mut out, key);
        write!(out, ":{},", type_of(&map[key])).unwrap();
    }
    out + "}"
}

fn type_of(node: &Node) -> String {
    match &node.value {
        Value::Null => "invalid".into(),
        Value::Bool(_) => "bool".into(),
        // Only `--set` makes integers.
        Value::Int(_) if node.place.source.starts_with("--set ") => "int64".into(),
        Value::Int(_) | Value::Float(_) => "float64".into(),
        Value::Str(_) => "string".into(),
        Value::Seq(items) => {
            items.iter().map(type_of).fold(String::from("["), |out, kind| out + &kind + ",") + "]"
        }
        Value::Map(map) => json_types(map),
    }
}
