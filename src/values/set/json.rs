//! The JSON of `--set-json`: where one value of a text ends, and what Helm takes it for.

use serde_json::Value as Json;

use crate::yaml::{Map, Node, Place, Value};

/// A JSON value as a node, every number read as the 64-bit float that Helm reads it as.
pub(super) fn node(json: &Json, place: &Place) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) => match number.as_f64() {
            // `-0` stays a float: Helm prints it with its sign.
            Some(f) if f == 0.0 && f.is_sign_negative() => Value::Float(f),
            Some(f) => Value::from_f64(f),
            None => Value::Null,
        },
        Json::String(s) => Value::Str(s.clone()),
        Json::Array(items) => Value::Seq(items.iter().map(|item| node(item, place)).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, item)| (key.clone(), node(item, place))).collect::<Map>())
        }
    };
    Node::new(value, place.clone())
}

/// Length in bytes of the JSON value that `text` starts with, leading blanks included.
///
/// Helm's decoder stops right after the value, whatever follows (`1b=2` is `1`, then the key `b`), where
/// `serde_json` insists on a separator; hence this scan. It need only be right for valid JSON: a value that is not
/// fails when parsed.
pub(super) fn extent(text: &str) -> usize {
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    let rest = bytes.get(start..).unwrap_or_default();
    let length = match rest.first() {
        Some(b'{' | b'[') => container(rest),
        Some(b'"') => string(rest),
        Some(b't' | b'n') => 4,
        Some(b'f') => 5,
        _ => number(rest),
    };
    // Of broken JSON the end may lie inside a character or behind the text: then all of it is the value.
    let end = start + length;
    if text.is_char_boundary(end) { end } else { bytes.len() }
}

fn string(bytes: &[u8]) -> usize {
    let mut escaped = false;
    for (i, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    bytes.len()
}

fn container(bytes: &[u8]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'"' => {
                i += string(bytes.get(i..).unwrap_or_default());
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let at = |i: usize| bytes.get(i).copied().unwrap_or_default();
    let mut end = usize::from(at(0) == b'-');
    // A number does not start with zero: `01` is `0`, then `1`.
    end += if at(end) == b'0' { 1 } else { digits(end) };
    if at(end) == b'.' {
        end += 1 + digits(end + 1);
    }
    if matches!(at(end), b'e' | b'E') {
        end += 1 + usize::from(matches!(at(end + 1), b'+' | b'-'));
        end += digits(end);
    }
    // Nothing that could start a value.
    if end == 0 { bytes.len() } else { end }
}
