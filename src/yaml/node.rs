//! The node tree: what a YAML document, a `--set` flag or a default becomes before it is typed.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

/// Where a value was written: a file with line and column, or a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A file name, or a description such as `--set`.
    pub source: Arc<str>,
    /// 1-based line; 0 when the source has no lines (a flag, a default).
    pub line: usize,
    /// 1-based column in characters; 0 when unknown.
    pub column: usize,
}

impl Place {
    /// A place without lines: a flag, or the built-in defaults.
    #[must_use]
    pub fn whole(source: impl Into<Arc<str>>) -> Self {
        Self { source: source.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.source),
            (line, 0) => write!(f, "{}:{line}", self.source),
            (line, column) => write!(f, "{}:{line}:{column}", self.source),
        }
    }
}

/// A mapping in the order of its source. Of duplicate keys the last wins, as in Helm's reader.
pub type Map = IndexMap<String, Node>;

/// A value and where it was written.
///
/// The place of a map entry's node is the place of its *key*: that is what a person looks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where.
    pub place: Place,
}

/// What a node holds. Numbers are those of JSON after YAML 1.1 resolution.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer. From a file only where it is exact as a 64-bit float, because Helm reads every number of a
    /// file as such; from `--set` any 64-bit integer.
    Int(i64),
    /// Any other number; never NaN or infinite (JSON has neither).
    Float(f64),
    /// A string.
    Str(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping.
    Map(Map),
}

impl Node {
    /// A node at a place.
    #[must_use]
    pub fn new(value: Value, place: Place) -> Self {
        Self { value, place }
    }

    /// The same tree, every node at one place.
    #[must_use]
    pub fn from_json(json: &serde_json::Value, place: &Place) -> Self {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => Value::from_number(n),
            Json::String(s) => Value::Str(s.clone()),
            Json::Array(items) => Value::Seq(items.iter().map(|i| Self::from_json(i, place)).collect()),
            Json::Object(map) => {
                Value::Map(map.iter().map(|(k, v)| (k.clone(), Self::from_json(v, place))).collect())
            }
        };
        Self::new(value, place.clone())
    }

    /// The tree without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(i) => Json::from(*i),
            Value::Float(f) => Json::from(*f),
            Value::Str(s) => Json::String(s.clone()),
            Value::Seq(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect()),
        }
    }

    /// The mapping, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The node at a path of keys and list indexes, if there is one.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        let mut node = self;
        for step in path {
            node = match &node.value {
                Value::Map(map) => map.get(step)?,
                Value::Seq(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }
}

impl Value {
    /// Largest magnitude below which every integer is exact as a 64-bit float.
    pub const EXACT: f64 = 9_007_199_254_740_992.0;

    /// A JSON number: an integer where it is exact, else a float.
    #[must_use]
    pub fn from_number(number: &serde_json::Number) -> Self {
        match (number.as_i64(), number.as_f64()) {
            (Some(i), _) => Self::Int(i),
            (None, Some(f)) => Self::from_f64(f),
            (None, None) => Self::Null,
        }
    }

    /// A float as Helm would print it: integral ones up to 2^53 are integers, except `-0.0`, which JSON knows.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "checked to be integral and below 2^53")]
    pub fn from_f64(f: f64) -> Self {
        let negative_zero = f == 0.0 && f.is_sign_negative();
        if f.fract() == 0.0 && f.abs() <= Self::EXACT && !negative_zero {
            Self::Int(f as i64)
        } else {
            Self::Float(f)
        }
    }
}
