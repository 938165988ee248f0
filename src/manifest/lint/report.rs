//! What was found, as text for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Finding, Report};

impl Report {
    /// One finding a line: `place: rule: object: message; fix`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Finding { rule, place, subject, message } in &self.findings {
            let _ = writeln!(text, "{place}: {}: {}: {message}; {}", rule.id, subject.identity, rule.fix);
        }
        text
    }

    /// An object with `findings` and the numbers of the summary.
    #[must_use]
    pub fn json(&self) -> Json {
        let findings = self.findings.iter().map(|Finding { rule, place, subject, message }| {
            json!({
                "rule": rule.id,
                "file": &*place.source,
                "line": place.line,
                "column": place.column,
                "object": {
                    "apiVersion": subject.identity.api_version(),
                    "kind": subject.identity.kind,
                    "namespace": subject.identity.namespace,
                    "name": subject.identity.name,
                },
                "message": message,
                "fix": rule.fix,
                "reason": rule.reason,
            })
        });
        let findings: Vec<Json> = findings.collect();
        json!({ "objects": self.objects, "allowed": self.allowed, "findings": findings })
    }

    /// `2 findings in 31 objects, 1 allowed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { findings, objects, allowed } = self;
        let mut text = match findings.len() {
            0 => "no findings".to_owned(),
            1 => "1 finding".to_owned(),
            n => format!("{n} findings"),
        };
        let _ = write!(text, " in {objects} object{}", if *objects == 1 { "" } else { "s" });
        if *allowed > 0 {
            let _ = write!(text, ", {allowed} allowed");
        }
        text
    }
}
