//! Functions between data and text: base64, hashes, JSON and YAML.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use serde_json::Value as Json;
use sha2::{Digest, Sha256, Sha512};

use super::call::{Args, Function, Number, entries, fixed, is_list, items, none};
use super::lists::is_nil_list;
use crate::yaml;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    fixed("b64enc", 1, |a| Ok(Value::from(STANDARD.encode(a.text(0)?)))),
    fixed("b64dec", 1, b64dec),
    fixed("sha256sum", 1, |a| Ok(Value::from(hex(&Sha256::digest(a.text(0)?))))),
    fixed("sha512sum", 1, |a| Ok(Value::from(hex(&Sha512::digest(a.text(0)?))))),
    fixed("toYaml", 1, |a| Ok(Value::from(yaml::to_yaml(&to_json(a.any(0))?)))),
    fixed("toJson", 1, |a| Ok(Value::from(json_text(&to_json(a.any(0))?, true)))),
    fixed("toRawJson", 1, |a| Ok(Value::from(json_text(&to_json(a.any(0))?, false)))),
    fixed("fromYaml", 1, |a| Ok(map_or_error(from_yaml(a.text(0)?)))),
    fixed("fromYamlArray", 1, |a| Ok(list_or_error(from_yaml(a.text(0)?)))),
    fixed("fromJson", 1, |a| Ok(map_or_error(from_json_text(a.text(0)?)))),
    fixed("fromJsonArray", 1, |a| Ok(list_or_error(from_json_text(a.text(0)?)))),
];

/// Decodes base64. Line breaks are skipped as Go does; where Helm would go on with an error message as text or
/// with bytes that are no text, this fails.
fn b64dec(args: &Args<'_>) -> Result<Value, Error> {
    let text: String = args.text(0)?.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = STANDARD.decode(text).map_err(|_| args.error("not base64"))?;
    String::from_utf8(bytes).map(Value::from).map_err(|_| args.error("what it decodes to is not text"))
}

/// Lowercase hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A template value as JSON data, the keys of maps in byte order.
pub(super) fn to_json(value: &Value) -> Result<Json, Error> {
    if let Some(text) = value.as_str() {
        return Ok(Json::from(text));
    }
    if let Some(number) = Number::of(value) {
        return match number {
            Number::Int(i) => Ok(Json::from(i)),
            Number::Float(f) => serde_json::Number::from_f64(f)
                .map(Json::Number)
                .ok_or_else(|| Error::new(ErrorKind::BadSerialization, "JSON has no infinite numbers")),
        };
    }
    match value.kind() {
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Map => entries(value)?.into_iter().map(|(key, item)| Ok((key, to_json(&item)?))).collect(),
        _ if is_nil_list(value) => Ok(Json::Null),
        _ if is_list(value) => items(value)?.iter().map(to_json).collect(),
        _ => Err(Error::new(ErrorKind::BadSerialization, "this value is not data")),
    }
}

/// JSON data as a template value; integral floats become integers, as in every values tree.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => none(),
        Json::Bool(b) => Value::from(*b),
        Json::String(s) => Value::from(s.as_str()),
        Json::Number(n) => match yaml::Value::from_number(n) {
            yaml::Value::Int(i) => Value::from(i),
            yaml::Value::Float(f) => Value::from(f),
            _ => none(),
        },
        Json::Array(list) => list.iter().map(from_json).collect(),
        Json::Object(map) => Value::from_pairs(map.iter().map(|(key, item)| (key.as_str(), from_json(item)))),
    }
}

/// Go's `encoding/json`: no spaces, keys in the order given, and with `html` the escapes that keep JSON safe
/// inside HTML.
fn json_text(json: &Json, html: bool) -> String {
    let mut out = String::new();
    write_json(&mut out, json, html);
    out
}

fn write_json(out: &mut String, json: &Json, html: bool) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Json::Number(n) => out.push_str(&json_number(n)),
        Json::String(s) => write_json_string(out, s, html),
        Json::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write_json(out, item, html);
            }
            out.push_str(if list.is_empty() { "[]" } else { "]" });
        }
        Json::Object(map) => {
            for (index, (key, item)) in map.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                write_json_string(out, key, html);
                out.push(':');
                write_json(out, item, html);
            }
            out.push_str(if map.is_empty() { "{}" } else { "}" });
        }
    }
}

/// A float as ES6 and Go's encoder write it: an exponent below 1e-6 and from 1e21 on.
fn json_number(number: &serde_json::Number) -> String {
    match (number.is_f64(), number.as_f64()) {
        (true, Some(f)) if f != 0.0 && !(1e-6..1e21).contains(&f.abs()) => {
            let text = format!("{f:e}");
            if text.contains("e-") { text } else { text.replace('e', "e+") }
        }
        (true, Some(f)) => format!("{f}"),
        _ => number.to_string(),
    }
}

fn write_json_string(out: &mut String, text: &str, html: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => escape(out, c),
            '<' | '>' | '&' if html => escape(out, c),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

fn from_yaml(text: &str) -> Result<Json, String> {
    let documents = yaml::read("fromYaml", text).map_err(|e| e.to_string())?;
    Ok(documents.first().map_or(Json::Null, yaml::Node::to_json))
}

fn from_json_text(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// Helm's `fromYaml` and `fromJson` want a map; anything else becomes a map with the one key `Error`.
/// What the error says is our own wording. Null is an empty map.
fn map_or_error(read: Result<Json, String>) -> Value {
    let problem = match read {
        Ok(Json::Null) => return from_json(&Json::Object(serde_json::Map::new())),
        Ok(map @ Json::Object(_)) => return from_json(&map),
        Ok(_) => "not a map".to_owned(),
        Err(problem) => problem,
    };
    Value::from_pairs([("Error", problem)])
}

/// The same for lists: an error is the one item.
fn list_or_error(read: Result<Json, String>) -> Value {
    let problem = match read {
        Ok(Json::Null) => return Value::from(Vec::<Value>::new()),
        Ok(list @ Json::Array(_)) => return from_json(&list),
        Ok(_) => "not a list".to_owned(),
        Err(problem) => problem,
    };
    Value::from(vec![Value::from(problem)])
}
