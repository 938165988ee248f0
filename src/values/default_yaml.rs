//! values.yaml: every key with its documentation and default, as Helm chart authors write it.
//!
//! Keys without a default (null) are comments: a null in a chart's values.yaml means different things to different
//! Helm versions.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::Values;
use super::schema::{Key, bare_schema};
use crate::yaml;

/// Widest comment line, in characters.
const WIDTH: usize = 110;

/// The commented values.yaml of the defaults.
#[must_use]
pub fn default_yaml() -> String {
    commented_yaml(&Values::default_json().unwrap_or_default())
}

/// A commented values.yaml whose defaults are these values: for a chart with a preset baked in.
#[must_use]
pub fn commented_yaml(defaults: &Json) -> String {
    let mut out = String::from(
        "# Values of the spark-operator chart. Generated from the doc comments in src/values: do not edit.\n\
         # Null removes a default; unknown keys are errors.\n",
    );
    if let Json::Object(root) = &bare_schema() {
        section(&mut out, root, defaults, 0);
    }
    out
}

fn section(out: &mut String, schema: &Map<String, Json>, defaults: &Json, depth: usize) {
    for key in Key::of(schema, defaults) {
        if depth == 0 {
            out.push('\n');
        }
        comment(out, &key.description(), depth);
        let pad = "  ".repeat(depth);
        if key.is_section() {
            let _ = writeln!(out, "{pad}{}:", key.name);
            section(out, key.schema, key.default, depth + 1);
        } else if key.default.is_null() {
            let _ = writeln!(out, "{pad}# {}:", key.name);
        } else {
            entry(out, &pad, key.name, key.default);
        }
    }
}

/// `# -- text`, wrapped.
fn comment(out: &mut String, text: &str, depth: usize) {
    let pad = "  ".repeat(depth);
    let mut line = format!("{pad}# --");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = format!("{pad}#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// `key: value`, nested values below the key.
fn entry(out: &mut String, pad: &str, name: &str, value: &Json) {
    let text = yaml::to_yaml(value);
    let nested = match value {
        Json::Object(map) => !map.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        let _ = writeln!(out, "{pad}{name}:");
        for line in text.lines() {
            let _ = writeln!(out, "{pad}  {line}");
        }
    } else {
        let _ = writeln!(out, "{pad}{name}: {text}");
    }
}
