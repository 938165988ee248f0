//! Which objects a patch is for: kind, group, version, name, namespace, selectors, hook or not.

use std::fmt;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::Selector;
use crate::manifest::{Identity, glob};

/// The objects a patch is for: all of these must hold.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Target {
    /// `kind`, such as Deployment; `"*"` is every kind.
    pub kind: Pattern,
    /// The group of `apiVersion`, such as apps; empty for the core group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Pattern>,
    /// The version of `apiVersion`, such as v1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Pattern>,
    /// `metadata.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Pattern>,
    /// `metadata.namespace`; empty for objects that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Pattern>,
    /// Labels, as `kubectl get -l` takes them: `app=x,tier in (a,b),!canary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<Selector>,
    /// Annotations, in the same form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_selector: Option<Selector>,
    /// true: Helm hooks only; false: no hooks. Default: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<bool>,
}

/// A text to match: as a glob (`*`, `?`, `[a-z]`), or as a regular expression that must match the whole.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// A glob; a name without special characters is itself.
    Glob(String),
    /// `{regex: …}`: what was written, and the expression with its anchors.
    Regex(String, Regex),
}

/// Why a glob or a regular expression is none.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no {form}: {reason}")]
pub struct PatternError {
    /// What was written.
    pub text: String,
    /// What it was to be.
    pub form: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// A glob.
    ///
    /// # Errors
    /// [`PatternError`] when a bracket or a backslash has no end.
    pub fn glob(text: &str) -> Result<Self, PatternError> {
        if glob::is_valid(text) {
            return Ok(Self::Glob(text.to_owned()));
        }
        let reason = "a `[` must end with `]`, a `\\` must have something behind it".to_owned();
        Err(PatternError { text: text.to_owned(), form: "glob", reason })
    }

    /// A regular expression, anchored at both ends.
    ///
    /// # Errors
    /// [`PatternError`] when it is none.
    pub fn regex(text: &str) -> Result<Self, PatternError> {
        // Alone first: `a)|(b` is only an expression between our parentheses.
        Regex::new(text).and_then(|_| Regex::new(&format!("^(?:{text})$"))).map_or_else(
            |error| {
                let reason = match &error {
                    regex::Error::Syntax(message) => {
                        message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
                    }
                    regex::Error::CompiledTooBig(_) => "it needs too much memory".to_owned(),
                    other => other.to_string(),
                };
                Err(PatternError { text: text.to_owned(), form: "regular expression", reason })
            },
            |regex| Ok(Self::Regex(text.to_owned(), regex)),
        )
    }

    /// Whether a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Glob(pattern) => glob::matches(pattern, text),
            Self::Regex(_, regex) => regex.is_match(text),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Glob(one), Self::Glob(two)) | (Self::Regex(one, _), Self::Regex(two, _)) => one == two,
            _ => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Glob(text) if text.is_empty() => f.write_str("\"\""),
            Self::Glob(text) => f.write_str(text),
            Self::Regex(text, _) => write!(f, "/{text}/"),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Glob(text) => serializer.serialize_str(text),
            Self::Regex(text, _) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("regex", text)?;
                map.end()
            }
        }
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A glob (`spark-*`), or a regular expression that must match the whole text.",
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"regex": {"type": "string"}},
                    "required": ["regex"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl Target {
    /// Objects of a kind.
    #[must_use]
    pub fn kind(kind: Pattern) -> Self {
        Self {
            kind,
            group: None,
            version: None,
            name: None,
            namespace: None,
            label_selector: None,
            annotation_selector: None,
            hook: None,
        }
    }

    /// Whether an object is meant.
    #[must_use]
    pub fn matches(&self, object: &Identity) -> bool {
        self.misses(object).next().is_none()
    }

    /// What of an object does not match. The kind comes first.
    pub(super) fn misses<'a>(&'a self, object: &'a Identity) -> impl Iterator<Item = Miss> + 'a {
        let Self { kind, group, version, name, namespace, label_selector, annotation_selector, hook } = self;
        let text = |key: &'static str, pattern: Option<&'a Pattern>, found: &'a str| {
            let missed = pattern.filter(|pattern| !pattern.matches(found))?;
            Some(Miss { key, wanted: missed.to_string(), found: found.to_owned() })
        };
        let selector = |key: &'static str, selector: Option<&'a Selector>, found| {
            let (wanted, found) = selector?.misses(found)?;
            // kubectl writes the whole object into an annotation.
            let masked = found.split_once('=').filter(|_| object.is_secret());
            let found = masked.map_or(found.clone(), |(key, _)| format!("{key}=(masked)"));
            Some(Miss { key, wanted, found })
        };
        let namespace_found = object.namespace.as_deref().unwrap_or_default();
        let hook_found = object.is_hook();
        [
            text("kind", Some(kind), &object.kind),
            text("name", name.as_ref(), &object.name),
            text("namespace", namespace.as_ref(), namespace_found),
            text("group", group.as_ref(), &object.group),
            text("version", version.as_ref(), &object.version),
            selector("label", label_selector.as_ref(), &object.labels),
            selector("annotation", annotation_selector.as_ref(), &object.annotations),
            hook.filter(|wanted| *wanted != hook_found).map(|wanted| Miss {
                key: "hook",
                wanted: wanted.to_string(),
                found: hook_found.to_string(),
            }),
        ]
        .into_iter()
        .flatten()
    }
}

/// A part of a target that an object does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Miss {
    pub(super) key: &'static str,
    pub(super) wanted: String,
    pub(super) found: String,
}

/// `name is spark-operator-webhook, not *-controller`.
impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, wanted, found } = self;
        let found = if found.is_empty() { "missing" } else { found };
        write!(f, "{key} is {found}, not {wanted}")
    }
}

/// The target as one line: `kind Deployment, name *-webhook`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, group, version, name, namespace, label_selector, annotation_selector, hook } = self;
        write!(f, "kind {kind}")?;
        for (key, pattern) in
            [("name", name), ("namespace", namespace), ("group", group), ("version", version)]
        {
            if let Some(pattern) = pattern {
                write!(f, ", {key} {pattern}")?;
            }
        }
        for (key, selector) in [("labels", label_selector), ("annotations", annotation_selector)] {
            if let Some(selector) = selector {
                write!(f, ", {key} {selector}")?;
            }
        }
        match hook {
            Some(hook) => write!(f, ", hook {hook}"),
            None => Ok(()),
        }
    }
}
