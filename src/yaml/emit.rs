//! Writes a JSON value byte for byte as Helm's `toYaml` does: JSON, read by go-yaml v2, written by go-yaml v2.
//!
//! This file walks the tree and lays out collections; [`super::style`] writes one scalar. The way through JSON
//! matters: what go-yaml cannot read there becomes an empty text, because Helm swallows the error.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::order;
use super::scalar::go_float;
use super::style::Writer;

/// go-yaml refuses JSON nested deeper than this.
const MAX_DEPTH: usize = 10_000;

/// A key longer than this, as JSON text with its quotes, is none for go-yaml.
const MAX_KEY: usize = 1024;

/// The text Helm's `toYaml` gives for a value, without a trailing line break.
///
/// Empty where Helm's is: for text with control characters beyond ASCII's first 32 (`\u{7f}` to `\u{9f}`),
/// U+FFFE, U+FFFF, keys of more than 1022 characters, and nesting deeper than 10,000 levels.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    if !survives_json(value) {
        return String::new();
    }
    let mut writer = Writer::new();
    write(&mut writer, value);
    writer.finish()
}

enum Frame<'a> {
    Seq(std::slice::Iter<'a, Value>, isize),
    Map(std::vec::IntoIter<(&'a str, &'a Value)>, isize),
}

/// The walk. A stack of its own, so that depth costs no call stack.
fn write(w: &mut Writer, root: &Value) {
    let mut stack = Vec::new();
    let mut next = Some((root, false));
    loop {
        if let Some((value, in_mapping)) = next.take() {
            match value {
                Value::Array(items) if !items.is_empty() => {
                    // A list under a key starts at the key's column: Helm's compact style.
                    let saved = w.increase_indent(false, in_mapping && !w.indention);
                    stack.push(Frame::Seq(items.iter(), saved));
                }
                Value::Object(map) if !map.is_empty() => {
                    let saved = w.increase_indent(false, false);
                    stack.push(Frame::Map(sorted(map), saved));
                }
                _ => write_leaf(w, value),
            }
        }
        match stack.last_mut() {
            None => return,
            Some(Frame::Seq(items, saved)) => {
                if let Some(item) = items.next() {
                    w.write_indent();
                    w.indicator("-", true, false, true);
                    next = Some((item, false));
                } else {
                    w.indent = *saved;
                    stack.pop();
                }
            }
            Some(Frame::Map(entries, saved)) => {
                if let Some((key, value)) = entries.next() {
                    w.write_indent();
                    w.key(key);
                    next = Some((value, true));
                } else {
                    w.indent = *saved;
                    stack.pop();
                }
            }
        }
    }
}

fn sorted(map: &Map<String, Value>) -> std::vec::IntoIter<(&str, &Value)> {
    let mut entries: Vec<(&str, &Value)> = map.iter().map(|(k, v)| (k.as_str(), v)).collect();
    order::sort(&mut entries);
    entries.into_iter()
}

fn write_leaf(w: &mut Writer, value: &Value) {
    match value {
        Value::Null => w.word("null"),
        Value::Bool(true) => w.word("true"),
        Value::Bool(false) => w.word("false"),
        Value::Number(number) => w.word(&number_text(number)),
        Value::String(text) => match fold_next_lines(text) {
            Some(text) => w.text(&text),
            None => w.text(""),
        },
        Value::Array(_) => {
            w.indicator("[", true, true, false);
            w.indicator("]", false, false, false);
        }
        Value::Object(_) => {
            w.indicator("{", true, true, false);
            w.indicator("}", false, false, false);
        }
    }
}

/// A number's JSON text as go-yaml resolves and prints it: an integer while 64 bits hold it, else a float.
fn number_text(number: &Number) -> String {
    if let Some(i) = number.as_i64() {
        return i.to_string();
    }
    if let Some(u) = number.as_u64() {
        return u.to_string();
    }
    let Some(f) = number.as_f64() else { return number.to_string() };
    if f == 0.0 {
        return "0".to_owned();
    }
    // Go's JSON writes whole numbers below 1e21 in full.
    if f.fract() == 0.0 && f.abs() < 1e21 {
        let text = format!("{f}");
        if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
            return text;
        }
    }
    go_float(f)
}

/// Whether go-yaml reads this value's JSON text.
fn survives_json(root: &Value) -> bool {
    let mut stack = vec![(root, 0)];
    while let Some((value, depth)) = stack.pop() {
        if depth > MAX_DEPTH {
            return false;
        }
        match value {
            Value::String(text) if text.chars().any(is_refused) || fold_next_lines(text).is_none() => {
                return false;
            }
            Value::Array(items) => stack.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => {
                for (key, item) in map {
                    // A key must end on the line it started on.
                    if key.chars().any(|c| c == '\u{85}' || is_refused(c)) {
                        return false;
                    }
                    if key.len() > MAX_KEY / 6 - 2 && json_length(key) > MAX_KEY {
                        return false;
                    }
                    stack.push((item, depth + 1));
                }
            }
            _ => {}
        }
    }
    true
}

/// Characters go-yaml's reader refuses and Go's JSON writer does not escape.
fn is_refused(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// Length in characters of a string as Go's JSON, with quotes.
fn json_length(text: &str) -> usize {
    let of = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => 1,
    };
    2 + text.chars().map(of).sum::<usize>()
}

/// U+0085 is a line break for go-yaml and stands unescaped in JSON, so the quoted text is folded there.
///
/// `None`: what follows the break looks like a document marker, which go-yaml refuses.
fn fold_next_lines(text: &str) -> Option<Cow<'_, str>> {
    const NEL: char = '\u{85}';
    if !text.contains(NEL) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([' ', NEL]) {
        out.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches([' ', NEL]);
        let run = &rest[at..rest.len() - after.len()];
        rest = after;
        match run.matches(NEL).count() {
            0 => out.push_str(run),
            1 => out.push(' '),
            breaks => out.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        let marker = rest.strip_prefix("---").or_else(|| rest.strip_prefix("..."));
        if run.ends_with(NEL) && marker.is_some_and(|m| m.starts_with([' ', NEL])) {
            return None;
        }
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_helm_does() {
        let long = format!("{} tail", "word ".repeat(17).trim_end());
        for (value, expected) in [
            (json!(null), "null".to_owned()),
            (json!({}), "{}".to_owned()),
            (json!([]), "[]".to_owned()),
            (json!("yes"), "\"yes\"".to_owned()),
            (json!("12:30"), "\"12:30\"".to_owned()),
            (json!("a: b"), "'a: b'".to_owned()),
            (json!("a\nb"), "|-\n  a\n  b".to_owned()),
            (json!("a\n\n"), "|+\n  a\n".to_owned()),
            (json!(" a\nb\n"), "|2\n   a\n  b".to_owned()),
            (json!("\u{1f600}"), "\"\\U0001F600\"".to_owned()),
            (json!("\u{7f}"), String::new()),
            (json!("a\u{85}b"), "a b".to_owned()),
            (json!(1e6), "1000000".to_owned()),
            (json!(1_234_567.5), "1.2345675e+06".to_owned()),
            (json!(long), format!("{}\n  tail", &long[..long.len() - 5])),
            (
                json!({"a10": [1, [2, 3], {"b": []}], "a2": {"c": "d"}}),
                "a2:\n  c: d\na10:\n- 1\n- - 2\n  - 3\n- b: []".to_owned(),
            ),
            (json!({"a\nb": 1}), "? |-\n  a\n  b\n: 1".to_owned()),
        ] {
            assert_eq!(to_yaml(&value), expected, "{value}");
        }
    }

    #[test]
    fn deep_nesting_needs_no_call_stack() {
        let mut value = json!(1);
        for _ in 0..3000 {
            value = Value::Array(vec![value]);
        }
        assert_eq!(to_yaml(&value), format!("{}1", "- ".repeat(3000)));
    }
}
