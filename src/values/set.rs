//! `--set` and its relatives: one flag's text laid into a tree of values, as Helm's `strvals` does it.
//!
//! This file holds the entry points, the errors and their texts; the grammar is in `set/parse.rs`, the JSON of
//! `--set-json` in `set/json.rs`. Which flags come when is not known here (see `sources`), and nothing is read:
//! `--set-file` asks its caller for the text. Rules: `pkg/strvals` and `pkg/cli/values/options.go`.

mod json;
mod parse;

use std::fmt;
use std::io;

use thiserror::Error;

use super::HelmCompat;
use super::merge::merge;
use crate::yaml::{Node, Place, Value};

/// Largest list index a flag may use (`strvals.MaxIndex`).
pub const MAX_INDEX: usize = 65_536;

/// Most dots a key may have between two list indices (`strvals.MaxNestedNameLevel`).
pub const MAX_NESTED_NAME_LEVEL: usize = 30;

/// Most steps, names and indices together, that a key may have. Helm has no such bound; ours keeps the stack small.
pub const MAX_STEPS: usize = 200;

/// The flag, and with it the meaning of a value's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// `--set`: booleans, null and integers are typed, all else is a string.
    Typed,
    /// `--set-string`: always a string.
    String,
    /// `--set-json`: `key=JSON,…`, or one whole object.
    Json,
    /// `--set-file`: the value is the content of the file it names.
    File,
    /// `--set-literal`: one key, and all after its `=` is the string.
    Literal,
}

impl SetKind {
    /// The flag as a user writes it.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Typed => "--set",
            Self::String => "--set-string",
            Self::Json => "--set-json",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}

/// A flag that cannot be applied. The text starts as Helm's does.
#[derive(Debug, Error)]
#[error("failed parsing {} data{}: {cause}", kind.flag(), in_json(*kind, text, cause))]
pub struct SetError {
    /// Which flag.
    pub kind: SetKind,
    /// Its whole text.
    pub text: String,
    /// What is wrong with it.
    #[source]
    pub cause: SetCause,
}

/// Helm names the text where JSON fails, and nothing else; the cause after it is ours.
fn in_json(kind: SetKind, text: &str, cause: &SetCause) -> String {
    match (kind, cause) {
        (SetKind::Json, SetCause::Object(_)) => format!(" JSON: {text}"),
        (SetKind::Json, _) => format!(" {text}"),
        _ => String::new(),
    }
}

/// Why a flag cannot be applied, in Helm's words.
#[derive(Debug, Error)]
pub enum SetCause {
    /// A key without `=`.
    #[error("key {} has no value", quote(.0))]
    NoValue(String),
    /// A key that ends with a comma.
    #[error("key {} has no value (cannot end with ,)", quote(.0))]
    EndsWithComma(String),
    /// A key that ends with a dot.
    #[error("key map {} has no value", quote(.0))]
    EmptyMap(String),
    /// More than `MAX_NESTED_NAME_LEVEL` (30) dots.
    #[error(
        "value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAME_LEVEL}"
    )]
    TooDeep,
    /// More than `MAX_STEPS` (200) names and indices; not an error in Helm.
    #[error("key has more than {MAX_STEPS} names and indices")]
    TooManySteps,
    /// What is between `[` and `]` is no number.
    #[error("error parsing index: strconv.Atoi: parsing {}: {}", quote(.0), if *.1 { "value out of range" } else { "invalid syntax" })]
    BadIndex(String, bool),
    /// A `[` that nothing closes. Helm 4 ignores the flag then.
    #[error("error parsing index: EOF")]
    OpenIndex,
    /// An index below zero.
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    /// An index above `MAX_INDEX` (65536).
    #[error("index of {0} is greater than maximum supported index of {MAX_INDEX}")]
    LargeIndex(i64),
    /// Text between `]` and what may follow it.
    #[error("unexpected data at end of array index: {}", quote_runes(.0))]
    AfterIndex(String),
    /// A list without its closing brace.
    #[error("list must terminate with '}}'")]
    OpenList,
    /// A path that leads through a value of another shape.
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    Clash {
        /// What is there already, as Go names its type.
        found: &'static str,
        /// What the path needs there.
        wanted: &'static str,
        /// Where that value was written.
        place: Place,
    },
    /// A value that is not JSON.
    #[error("{0}")]
    Json(serde_json::Error),
    /// A whole object that is not JSON.
    #[error("{0}")]
    Object(serde_json::Error),
    /// A file that cannot be read.
    #[error("open {0}: {1}")]
    File(String, #[source] io::Error),
}

/// Applies one flag to a tree whose root is a map, as Helm 4 does.
///
/// What is there already is overwritten where the flag says so and kept elsewhere. Every node the flag makes is
/// at the place `--set key=value`. `read_file` gets the path of a `--set-file` value.
///
/// # Errors
/// In Helm's words (see [`SetCause`]). The tree may then be changed in part: use it no more.
pub fn apply(
    kind: SetKind,
    text: &str,
    into: &mut Node,
    read_file: &dyn Fn(&str) -> io::Result<String>,
) -> Result<(), SetError> {
    apply_as(HelmCompat::V4, kind, text, into, read_file)
}

/// [`apply`] by the rules of one Helm: the object form of `--set-json` and the mercy for `a[0` are Helm 4's.
///
/// # Errors
/// As [`apply`].
pub fn apply_as(
    compat: HelmCompat,
    kind: SetKind,
    text: &str,
    into: &mut Node,
    read_file: &dyn Fn(&str) -> io::Result<String>,
) -> Result<(), SetError> {
    let fail = |cause| SetError { kind, text: text.to_owned(), cause };
    let place = Place::whole(format!("{} {text}", kind.flag()));
    let Value::Map(map) = &mut into.value else {
        return Err(fail(clash(into, MAP)));
    };
    let trimmed = text.trim();
    if kind == SetKind::Json && compat == HelmCompat::V4 && trimmed.starts_with('{') {
        let json = serde_json::from_str(trimmed).map_err(|e| fail(SetCause::Object(e)))?;
        if let Value::Map(over) = json::node(&json, &place).value {
            *map = merge(std::mem::take(map), over);
        }
        return Ok(());
    }
    parse::Parser::new(compat, kind, text, place, read_file).run(map).map_err(fail)
}

/// Go's name of the type of a map in a values tree.
const MAP: &str = "map[string]interface {}";

/// Go's name of the type of a list in a values tree.
const LIST: &str = "[]interface {}";

/// The error for a value of the wrong shape.
fn clash(node: &Node, wanted: &'static str) -> SetCause {
    let found = match &node.value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        // Only `--set` makes integers; numbers of files and of JSON are floats to Helm.
        Value::Int(_) if node.place.line == 0 && node.place.source.starts_with("--set ") => "int64",
        Value::Int(_) | Value::Float(_) => "float64",
        Value::Str(_) => "string",
        Value::Seq(_) => LIST,
        Value::Map(_) => MAP,
    };
    SetCause::Clash { found, wanted, place: node.place.clone() }
}

/// A string as Go's `%q` prints it.
fn quote(text: &str) -> String {
    let mut out = String::from('"');
    text.chars().for_each(|c| escape(&mut out, c, '"'));
    out.push('"');
    out
}

/// The runes of a text as Go's `%q` prints them: Helm passes a slice of runes here, not a string.
fn quote_runes(text: &str) -> String {
    let mut out = String::from('[');
    for (i, c) in text.chars().enumerate() {
        out.push_str(if i == 0 { "'" } else { " '" });
        escape(&mut out, c, '\'');
        out.push('\'');
    }
    out.push(']');
    out
}

fn escape(out: &mut String, c: char, quote: char) {
    use fmt::Write as _;
    use unicode_general_category::{GeneralCategory as G, get_general_category};
    let code = u32::from(c);
    // Writing to a string cannot fail.
    let _ = match c {
        '\x07' => out.write_str("\\a"),
        '\x08' => out.write_str("\\b"),
        '\x0c' => out.write_str("\\f"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\x0b' => out.write_str("\\v"),
        c if c == quote || c == '\\' => write!(out, "\\{c}"),
        ' ' => out.write_char(' '),
        c if c.is_ascii_control() => write!(out, "\\x{code:02x}"),
        c => match get_general_category(c) {
            G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::SpaceSeparator => {
                if code < 0x1_0000 {
                    write!(out, "\\u{code:04x}")
                } else {
                    write!(out, "\\U{code:08x}")
                }
            }
            _ => out.write_char(c),
        },
    };
}

#[cfg(test)]
mod tests;
