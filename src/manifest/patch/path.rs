//! Where in an object: a JSON pointer (RFC 6901) whose steps may name a list's item instead of counting.
//!
//! `/spec/containers[name=spark]/args/-`: the item of `containers` whose `name` is `spark`. `args[=--v=1]`: the item
//! that is `--v=1`. A text that holds `]`, or begins with `"`, is written as a JSON string: `[name="a]b"]`. Between the
//! brackets `/` and `~` stand for themselves. Operations belong elsewhere.

use std::fmt;

use json_patch::jsonptr::{Pointer, PointerBuf, Token};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

/// A path as it was written, and its steps.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Path {
    text: String,
    #[schemars(skip)]
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A key, or an index, or `-`.
    Key(String),
    /// The item of a list that has a field of this value; that is this value, where the field is empty.
    Item { field: String, value: String },
}

/// Why a path is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with a slash.
    #[error("the path {0:?} must begin with a slash, or be empty for the whole object")]
    NoSlash(String),
    /// A tilde that is no escape.
    #[error("in the path {0:?} a `~` must be written `~0` (and `/` in a key `~1`)")]
    Tilde(String),
    /// A bracket without its end, or with something behind it.
    #[error("in the path {0:?} a bracket does not end: write containers[name=x], or [name=\"a]b\"]")]
    Bracket(String),
    /// A bracket without `=`.
    #[error("in the path {0:?} a bracket names no field: write containers[name=x], or args[=x] for a text")]
    NoField(String),
}

/// Why a path does not lead anywhere in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// The part that does lead somewhere; empty for the object itself.
    pub(super) reached: String,
    /// What is wrong there.
    pub(super) what: String,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        if !text.is_empty() && !text.starts_with('/') {
            return Err(PathError::NoSlash(text.to_owned()));
        }
        let mut rest = text;
        while let Some(after) = rest.strip_prefix('/') {
            let end = after.find(['/', '[']).unwrap_or(after.len());
            let key = unescape(&after[..end]).ok_or_else(|| PathError::Tilde(text.to_owned()))?;
            rest = &after[end..];
            // `/[name=x]` is an item of the list that the path has reached.
            if !key.is_empty() || !rest.starts_with('[') {
                steps.push(Step::Key(key));
            }
            while let Some(inside) = rest.strip_prefix('[') {
                let (step, after) = item(inside, text)?;
                steps.push(step);
                rest = after;
            }
            if !rest.is_empty() && !rest.starts_with('/') {
                return Err(PathError::Bracket(text.to_owned()));
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// The text of a step to a key: `/containers`.
    pub(in crate::manifest) fn key(key: &str) -> String {
        format!("/{}", Token::new(key).encoded())
    }

    /// The text of a step to the item whose field has a value; with an empty field, to the item that is the value.
    pub(in crate::manifest) fn item(field: &str, value: &str) -> String {
        if value.contains(']') || value.starts_with('"') {
            format!("[{field}={}]", Json::from(value))
        } else {
            format!("[{field}={value}]")
        }
    }

    /// The pointer that this path is in an object: every item found and counted.
    ///
    /// Only the items are looked for; whether the rest is there is for the operation to say. `secret`: values must not
    /// be shown.
    pub(super) fn resolve(&self, object: &Json, secret: bool) -> Result<PointerBuf, Missing> {
        let mut pointer = PointerBuf::new();
        let mut at = Some(object);
        for step in &self.steps {
            let token = match step {
                Step::Key(key) => Token::new(key.as_str()).into_owned(),
                Step::Item { field, value } => {
                    let list = at.ok_or_else(|| missing(object, &pointer))?;
                    Token::from(index_of(list, field, value, &pointer, secret)?)
                }
            };
            at = at.and_then(|at| child(at, token.decoded().as_ref()));
            pointer.push_back(token);
        }
        Ok(pointer)
    }
}

/// The child of a value by a decoded token.
fn child<'a>(value: &'a Json, token: &str) -> Option<&'a Json> {
    match value {
        Json::Object(map) => map.get(token),
        Json::Array(items) => items.get(index(token)?),
        _ => None,
    }
}

/// The value at a pointer.
pub(super) fn value_at<'a>(object: &'a Json, pointer: &Pointer) -> Option<&'a Json> {
    pointer.tokens().try_fold(object, |at, token| child(at, &token.decoded()))
}

/// An index as RFC 6901 writes it: without leading zeros or signs.
pub(super) fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit());
    canonical.then(|| token.parse().ok()).flatten()
}

/// Why a pointer leads nowhere: how far it leads, and what is there.
pub(super) fn missing(object: &Json, pointer: &Pointer) -> Missing {
    let mut at = object;
    let mut reached = PointerBuf::new();
    for token in pointer.tokens() {
        let key = token.decoded();
        let Some(next) = child(at, &key) else {
            let what = match at {
                Json::Object(map) if map.is_empty() => format!("there is no {key:?}, the mapping is empty"),
                Json::Object(map) => {
                    format!("there is no {key:?}{}", but(map.keys().map(String::as_str)))
                }
                Json::Array(items) if key == "-" => {
                    format!("`-` is the end of the list of {}, where nothing is", items.len())
                }
                Json::Array(items) if index(&key).is_some() => match items.len() {
                    0 => "the list is empty".to_owned(),
                    1 => format!("there is no item {key}, the list has only item 0"),
                    n => format!("there is no item {key}, the list has items 0 to {}", n - 1),
                },
                Json::Array(_) => {
                    format!("{key:?} is no index of a list: write a number, `-` for its end, or [name=…]")
                }
                other => format!("there is {}, which holds no {key:?}", described(other)),
            };
            return Missing { reached: reached.to_string(), what };
        };
        at = next;
        reached.push_back(token.into_owned());
    }
    Missing { reached: reached.to_string(), what: format!("there is {}", described(at)) }
}

/// `, but "a", "b"`: what is there instead; a few of them.
fn but<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let mut names: Vec<_> = names.map(|name| format!("{name:?}")).collect();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    if names.is_empty() { String::new() } else { format!(", but {}", names.join(", ")) }
}

/// What a JSON value is, for a sentence.
pub(super) fn described(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}

/// The index of the one item that has the field (or is the value).
fn index_of(list: &Json, field: &str, value: &str, at: &PointerBuf, secret: bool) -> Result<usize, Missing> {
    let refuse = |what: String| Missing { reached: at.to_string(), what };
    let Json::Array(items) = list else {
        return Err(refuse(format!("there is {}, not a list", described(list))));
    };
    let texts: Vec<_> = items
        .iter()
        .map(|item| scalar(if field.is_empty() { item } else { item.get(field).unwrap_or(&Json::Null) }))
        .collect();
    let mut found = texts.iter().enumerate().filter(|(_, text)| text.as_deref() == Some(value));
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(index),
        (Some((first, _)), Some((second, _))) => {
            Err(refuse(format!("items {first} and {second} both have {field}={value}")))
        }
        (None, _) => {
            let there = match texts.iter().flatten().next() {
                _ if items.is_empty() => ", the list is empty".to_owned(),
                None if field.is_empty() => ", no item is a text".to_owned(),
                None => format!(", no item has the field {field:?}"),
                Some(_) if secret => String::new(),
                Some(_) => but(texts.iter().flatten().map(String::as_str)),
            };
            let wanted = if field.is_empty() {
                format!("item {value:?}")
            } else {
                format!("item with {field} {value:?}")
            };
            Err(refuse(format!("there is no {wanted}{there}")))
        }
    }
}

/// A scalar's text; a null or a collection has none.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

fn unescape(token: &str) -> Option<String> {
    Token::from_encoded(token).ok().map(|token| token.decoded().into_owned())
}

/// The step behind `[`, and what follows its `]`.
fn item<'a>(inside: &'a str, path: &str) -> Result<(Step, &'a str), PathError> {
    let unended = || PathError::Bracket(path.to_owned());
    let no_field = || PathError::NoField(path.to_owned());
    let (field, value) = inside.split_once('=').ok_or_else(no_field)?;
    if field.contains(']') {
        return Err(no_field());
    }
    let (value, rest) = if value.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
        let text = values.next().and_then(Result::ok).ok_or_else(unended)?;
        (text, value[values.byte_offset()..].strip_prefix(']').ok_or_else(unended)?)
    } else {
        let (text, rest) = value.split_once(']').ok_or_else(unended)?;
        (text.to_owned(), rest)
    };
    Ok((Step::Item { field: field.to_owned(), value }, rest))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.text.is_empty() { "the whole object" } else { &self.text })
    }
}

impl Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(path: &str, object: &Json) -> Result<String, String> {
        let path = Path::parse(path).map_err(|error| error.to_string())?;
        match path.resolve(object, false) {
            Ok(pointer) => Ok(pointer.to_string()),
            Err(Missing { reached, what }) => Err(format!("{reached}: {what}")),
        }
    }

    #[test]
    fn items_are_found_by_a_field_or_by_themselves() {
        let object = json!({
            "c": [{"name": "a", "args": ["x=1", "y]", "\"q"]}, {"name": "b/~", "port": 80}],
            "n": [["a"], ["b"]],
        });
        for (path, expected) in [
            ("", ""),
            ("/c/-", "/c/-"),
            ("/c[name=a]/args/-", "/c/0/args/-"),
            ("/c[name=b/~]", "/c/1"),
            ("/c/[name=a]", "/c/0"),
            ("/c[port=80]/name", "/c/1/name"),
            ("/c[name=a]/args[=x=1]", "/c/0/args/0"),
            ("/c/0/args[=\"y]\"]", "/c/0/args/1"),
            ("/c/0/args[=\"\\\"q\"]", "/c/0/args/2"),
            ("/n/1[=b]", "/n/1/0"),
            ("/not~1there/x~0y", "/not~1there/x~0y"),
        ] {
            assert_eq!(resolved(path, &object).as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn an_item_that_is_not_there_is_told_with_those_that_are() {
        let object = json!({"c": [{"name": "a"}, {"name": "a"}, {"name": "b"}, {}], "s": "text"});
        for (path, expected) in [
            ("/c[name=x]", "/c: there is no item with name \"x\", but \"a\", \"a\", \"b\""),
            ("/c[name=a]", "/c: items 0 and 1 both have name=a"),
            ("/c[=a]", "/c: there is no item \"a\", no item is a text"),
            ("/s[name=a]", "/s: there is a text, not a list"),
            ("/d[name=a]", ": there is no \"d\", but \"c\", \"s\""),
        ] {
            assert_eq!(resolved(path, &object).unwrap_err(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for (path, expected) in [
            ("spec", PathError::NoSlash("spec".into())),
            ("/a~2", PathError::Tilde("/a~2".into())),
            ("/a[name=x", PathError::Bracket("/a[name=x".into())),
            ("/a[name=x]b", PathError::Bracket("/a[name=x]b".into())),
            ("/a[name=\"x]", PathError::Bracket("/a[name=\"x]".into())),
            ("/a[name]", PathError::NoField("/a[name]".into())),
            ("/a[]", PathError::NoField("/a[]".into())),
        ] {
            assert_eq!(Path::parse(path), Err(expected));
        }
    }
}
