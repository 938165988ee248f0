//! Real Helm, and a chart with our schema and defaults but one trivial template: only values are judged.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// A Helm binary.
pub struct Helm {
    path: String,
    pub version: &'static str,
}

/// The chart.
pub struct Chart(TempDir);

/// Both Helms, as far as they are there. Says what is skipped; under `CI` a skip is a failure.
pub fn both() -> Vec<Helm> {
    let find = |variable: &str, version| {
        let Ok(path) = std::env::var(variable) else {
            println!("SKIPPED: schema errors compared with Helm {version}: {variable} is not set");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} is not set");
            return None;
        };
        Some(Helm { path, version })
    };
    [find("HELM3", "3"), find("HELM4", "4")].into_iter().flatten().collect()
}

impl Chart {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("Chart.yaml", "apiVersion: v2\nname: spark-operator\nversion: 1.0.0\n");
        write("values.yaml", &spark_operator::values::default_yaml());
        write("values.schema.json", &spark_operator::values::schema_text());
        fs::create_dir(folder.path().join("templates")).unwrap();
        write("templates/x.yaml", "x: {{ .Values | toJson | quote }}\n");
        Self(folder)
    }
}

impl Helm {
    /// What Helm says on standard error. It must have refused.
    pub fn template(&self, chart: &Chart, values: &str, args: &[String]) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("values.yaml"), values).unwrap();
        let output = Command::new(&self.path)
            .args(["template", "release"])
            .arg(chart.0.path())
            .args(args)
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "Helm takes {values:?} {args:?}");
        stderr
    }
}

/// The findings that only one of both has; empty when they agree.
pub fn differences(theirs: &str, ours: &str) -> String {
    let (theirs, ours) = (findings(theirs), findings(ours));
    let mut text = String::new();
    for line in theirs.difference(&ours) {
        let _ = writeln!(text, "  Helm: {line}");
    }
    for line in ours.difference(&theirs) {
        let _ = writeln!(text, "  ours: {line}");
    }
    if theirs.is_empty() {
        text.push_str("  Helm has no finding\n");
    }
    text
}

/// The lines `- at '…': …`. Helm tells several keys of one table in one line, we one by one, each with its place.
fn findings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("- at '")) {
        // Why a name is invalid: below the line that says so, with the name for a document.
        if line.starts_with("- at '': '") {
            continue;
        }
        if line.ends_with(": validation failed") {
            // Only groups the lines below it.
            continue;
        }
        let plural = [("additional properties ", " not allowed"), ("missing properties ", "")];
        let several = plural.iter().find_map(|(before, after)| {
            let (at, rest) = line.split_once(before)?;
            let keys = rest.strip_suffix(after)?.split("', '").collect::<Vec<_>>();
            let single = before.replace("missing properties", "missing property");
            Some(
                keys.into_iter()
                    .map(|key| format!("{at}{single}'{}'{after}", key.trim_matches('\'')))
                    .collect::<Vec<_>>(),
            )
        });
        if let Some(lines) = several {
            found.extend(lines);
        } else {
            // Helm's engine mixes up the paths of these.
            let line = line.find("invalid propertyName").map_or(line, |at| &line[at..]);
            found.insert(plain_numbers(line));
        }
    }
    found
}

/// Helm localizes numbers (`70,000`, `2.5×10⁰⁹`); ours are plain.
fn plain_numbers(line: &str) -> String {
    let Some((before, numbers)) = line.split_once("imum: got ") else { return line.to_owned() };
    let plain = |number: &str| {
        let digits: String = number
            .replace(',', "")
            .replace("×10", "e")
            .chars()
            .map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|d| d == c).map_or(c, |at| char::from(b"0123456789"[at])))
            .collect();
        digits.parse::<f64>().map_or(number.to_owned(), |number| number.to_string())
    };
    let (got, want) = numbers.split_once(", want ").unwrap_or((numbers, ""));
    format!("{before}imum: got {}, want {}", plain(got), plain(want))
}
