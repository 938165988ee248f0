//! Conditions of rules: written once, printed as CEL for the API server, evaluated on a tree for `validate`.
//!
//! The few forms that the rules need. What CEL could say beyond them is not wanted: each has to mean the same in both.

use regex::Regex;

use crate::yaml::{Node, Value};

/// A condition on a node of an object. Paths are names joined by dots, relative to the node; empty is the node itself.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The field is there.
    Has(&'static str),
    /// The list or mapping is there and not empty.
    Filled(&'static str),
    /// The boolean is there and true.
    True(&'static str),
    /// The text is matched; the syntax is what RE2 and Rust's regex have in common.
    Matches(&'static str, &'static str),
    /// The number is at least this.
    AtLeast(&'static str, i64),
    /// The first number is at most the second.
    AtMost(&'static str, &'static str),
    /// The object is there already: this is no creation.
    Stored,
    /// The contrary.
    Not(&'static Check),
    /// Every one.
    All(&'static [Check]),
    /// One of them.
    Any(&'static [Check]),
}

impl Check {
    /// The condition as CEL, on a node that CEL calls by this name: `self`.
    #[must_use]
    pub fn cel(&self, node: &str) -> String {
        let at = |path: &str| if path.is_empty() { node.to_owned() } else { format!("{node}.{path}") };
        let inner = |check: &Self| match check {
            Self::All(_) | Self::Any(_) | Self::AtLeast(..) | Self::AtMost(..) => {
                format!("({})", check.cel(node))
            }
            _ => check.cel(node),
        };
        let join = |checks: &[Self], by| checks.iter().map(inner).collect::<Vec<_>>().join(by);
        match self {
            Self::Has(path) => format!("has({})", at(path)),
            Self::Filled(path) => format!("(has({0}) && size({0}) > 0)", at(path)),
            Self::True(path) => format!("(has({0}) && {0})", at(path)),
            Self::Matches(path, regex) => format!("{}.matches('{regex}')", at(path)),
            Self::AtLeast(path, least) => format!("{} >= {least}", at(path)),
            Self::AtMost(path, most) => format!("{} <= {}", at(path), at(most)),
            Self::Stored => "oldSelf.hasValue()".to_owned(),
            Self::Not(check) => format!("!{}", inner(check)),
            Self::All(checks) => join(checks, " && "),
            Self::Any(checks) => join(checks, " || "),
        }
    }

    /// Whether a node fulfills it. A field of another type fulfills nothing: that is for the structure to say first.
    #[must_use]
    pub fn holds(&self, node: &Node) -> bool {
        let at = |path: &str| node.find(steps(path)).map(|node| &node.value);
        let number = |path: &str| match at(path) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        match self {
            Self::Has(path) => at(path).is_some_and(|value| *value != Value::Null),
            Self::Filled(path) => match at(path) {
                Some(Value::Map(map)) => !map.is_empty(),
                Some(Value::Seq(items)) => !items.is_empty(),
                _ => false,
            },
            Self::True(path) => at(path) == Some(&Value::Bool(true)),
            Self::Matches(path, regex) => match at(path) {
                Some(Value::Str(text)) => Regex::new(regex).is_ok_and(|regex| regex.is_match(text)),
                _ => false,
            },
            Self::AtLeast(path, least) => number(path).is_some_and(|number| number >= *least),
            Self::AtMost(path, most) => {
                matches!((number(path), number(most)), (Some(number), Some(most)) if number <= most)
            }
            // What is checked without a cluster is taken as new.
            Self::Stored => false,
            Self::Not(check) => !check.holds(node),
            Self::All(checks) => checks.iter().all(|check| check.holds(node)),
            Self::Any(checks) => checks.iter().any(|check| check.holds(node)),
        }
    }
}

/// The names of a path.
pub(in crate::api) fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|step| !step.is_empty())
}
