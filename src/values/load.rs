//! From what a user gave to typed [`Values`]: coalesce over the defaults, validate, type.
//!
//! Errors keep the wording that Helm's schema engine prints, since people search their logs for it, and add the
//! place in the user's file and a hint.

use std::fmt;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;
use thiserror::Error;

use super::schema::{Key, bare_schema};
use super::{Values, coalesce};
use crate::yaml::{Map, Node, Place};

/// Values ready for the templates.
#[derive(Debug)]
pub struct Loaded {
    /// The typed values.
    pub values: Values,
    /// What Helm would warn about, such as a table that replaces a non-table.
    pub warnings: Vec<String>,
}

/// One thing wrong with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where in the values, as a JSON pointer; empty for the root.
    pub pointer: String,
    /// What is wrong, in the wording of Helm's schema engine.
    pub message: String,
    /// Where in the user's sources, if it was written by the user.
    pub place: Option<Place>,
    /// What to write instead, if that can be told.
    pub hint: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "- at '{}': {}", self.pointer, self.message)?;
        match (&self.place, &self.hint) {
            (Some(place), Some(hint)) => write!(f, "\n  {place}: {hint}"),
            (Some(place), None) => write!(f, "\n  {place}"),
            (None, Some(hint)) => write!(f, "\n  {hint}"),
            (None, None) => Ok(()),
        }
    }
}

/// Why values cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// They do not fit the schema.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\nspark-operator:\n{}", shown(.0))]
    Schema(Vec<Finding>),
    /// They fit the schema but not the types: a fault of ours, since the schema comes from the types.
    #[error("values fit the schema but not the types: {0}")]
    Types(#[from] serde_json::Error),
    /// The schema itself is broken: a fault of ours.
    #[error("the values schema is invalid: {0}")]
    Validator(String),
}

/// Coalesces the user's values over the defaults, validates them and types them.
///
/// # Errors
/// [`LoadError::Schema`] with every finding, in the order of the schema.
pub fn load(user: Map) -> Result<Loaded, LoadError> {
    if user.is_empty() {
        return Ok(Loaded { values: Values::default(), warnings: Vec::new() });
    }
    let defaults = Node::from_json(&without_nulls(Values::default_json()?), &Place::whole(DEFAULTS));
    let nothing = Map::new();
    let (merged, warnings) = coalesce(user.clone(), defaults.as_map().unwrap_or(&nothing));
    let tree = Node::new(crate::yaml::Value::Map(merged), Place::whole(DEFAULTS));
    let json = tree.to_json();
    let findings = validate(&json, &Node::new(crate::yaml::Value::Map(user), Place::whole(DEFAULTS)))?;
    if !findings.is_empty() {
        return Err(LoadError::Schema(findings));
    }
    Ok(Loaded {
        values: serde_json::from_value(json)?,
        warnings: warnings.iter().map(ToString::to_string).collect(),
    })
}

/// Most findings that are printed: who has more has given a wrong file.
const MOST: usize = 20;

fn shown(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().take(MOST).map(ToString::to_string).collect();
    if findings.len() > MOST {
        lines.push(format!("… and {} more", findings.len() - MOST));
    }
    lines.join("\n")
}

/// Source name of values that no user wrote.
const DEFAULTS: &str = "defaults";

/// Keys without a default are absent from values.yaml, hence from the tree that Helm coalesces over.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(map) => Json::Object(
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect(),
        ),
        other => other,
    }
}

/// The schema as a value and compiled; both are needed for every user file, and built once.
fn validator() -> Result<&'static (Json, Validator), LoadError> {
    static VALIDATOR: OnceLock<Result<(Json, Validator), String>> = OnceLock::new();
    let built = VALIDATOR.get_or_init(|| {
        let schema = bare_schema();
        let compiled = jsonschema::draft7::new(&schema).map_err(|e| e.to_string())?;
        Ok((schema, compiled))
    });
    built.as_ref().map_err(|e| LoadError::Validator(e.clone()))
}

fn validate(json: &Json, user: &Node) -> Result<Vec<Finding>, LoadError> {
    let (schema, validator) = validator()?;
    if validator.is_valid(json) {
        return Ok(Vec::new());
    }
    Ok(validator.iter_errors(json).flat_map(|error| findings(&error, schema, user)).collect())
}

/// One schema error as findings: one per unknown or missing key, so that each has its place.
fn findings(error: &ValidationError<'_>, schema: &Json, user: &Node) -> Vec<Finding> {
    let pointer = error.instance_path().as_str().to_owned();
    let place = place_of(user, &pointer);
    let one = |message: String, place: Option<Place>, hint: Option<String>| Finding {
        pointer: pointer.clone(),
        message,
        place,
        hint,
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| {
                let place = place_of(user, &format!("{pointer}/{}", escape(key)));
                one(
                    format!("additional properties {} not allowed", quoted(key)),
                    place,
                    nearest(schema, &pointer, key),
                )
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let at = format!("{pointer}/{}", escape(key));
            let hint = "null removes the default, and this key needs a value";
            vec![one(format!("missing property {}", quoted(key)), place_of(user, &at), Some(hint.into()))]
        }
        // Helm names a wrong place here: its engine shares the buffer of the path among the findings.
        ValidationErrorKind::PropertyNames { error: inner } => {
            let key = inner.instance().as_str().unwrap_or_default();
            let place = place_of(user, &format!("{pointer}/{}", escape(key)));
            let hint = match inner.kind() {
                ValidationErrorKind::Not { .. } => "the chart sets this label itself".to_owned(),
                kind => wording(kind, inner),
            };
            vec![one(format!("invalid propertyName {}", quoted(key)), place, Some(hint))]
        }
        kind => vec![one(
            wording(kind, error),
            place,
            advice(kind, error.instance()).or_else(|| hint(schema, &pointer)),
        )],
    }
}

/// The message as santhosh-tekuri/jsonschema v6 words it (its `kind` package), but for numbers: there they are localized
/// (`70,000`, `2.147483648×10⁰⁹`), here they are plain.
fn wording(kind: &ValidationErrorKind, error: &ValidationError<'_>) -> String {
    let instance = error.instance();
    match kind {
        ValidationErrorKind::Type { kind } => format!("got {}, want {}", json_type(instance), wanted(kind)),
        ValidationErrorKind::Enum { options } => {
            let texts = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let shown = texts.iter().map(|t| match t {
                Json::String(s) => quoted(s),
                Json::Null => "<nil>".to_owned(),
                other => other.to_string(),
            });
            format!("value must be one of {}", shown.collect::<Vec<_>>().join(", "))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let text = quoted(instance.as_str().unwrap_or_default());
            format!("{text} does not match pattern {}", quoted(pattern))
        }
        ValidationErrorKind::Minimum { limit } => format!("minimum: got {instance}, want {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("maximum: got {instance}, want {limit}"),
        ValidationErrorKind::MinLength { limit } => {
            format!("minLength: got {}, want {limit}", length(instance))
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("maxLength: got {}, want {limit}", length(instance))
        }
        ValidationErrorKind::MinItems { limit } => {
            format!("minItems: got {}, want {limit}", length(instance))
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("maxItems: got {}, want {limit}", length(instance))
        }
        ValidationErrorKind::UniqueItems => match duplicate(instance) {
            Some((i, j)) => format!("items at {i} and {j} are equal"),
            None => error.to_string(),
        },
        _ => error.to_string(),
    }
}

/// A text in single quotes, escaped as Go's `%q` does.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() && c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("'{}'", escaped.collect::<String>())
}

/// What to do about a wrong type, where that is always the same.
fn advice(kind: &ValidationErrorKind, instance: &Json) -> Option<String> {
    let ValidationErrorKind::Type { kind } = kind else { return None };
    let wanted = wanted(kind);
    let is_number = wanted.contains("integer") || wanted.contains("number");
    match instance {
        Json::Number(_) | Json::Bool(_) if wanted.contains("string") => {
            Some("put the value in quotes".into())
        }
        Json::String(s) if is_number && s.parse::<f64>().is_ok() => {
            Some("write the number without quotes; on the command line use --set, not --set-string".into())
        }
        Json::String(s) if wanted.contains("boolean") && matches!(s.as_str(), "true" | "false") => {
            Some("write it without quotes; on the command line use --set, not --set-string".into())
        }
        _ => None,
    }
}

fn length(instance: &Json) -> usize {
    match instance {
        Json::String(s) => s.chars().count(),
        Json::Array(items) => items.len(),
        _ => 0,
    }
}

/// The first two equal items.
fn duplicate(instance: &Json) -> Option<(usize, usize)> {
    let items = instance.as_array()?;
    (0..items.len()).find_map(|j| (0..j).find(|i| items[*i] == items[j]).map(|i| (i, j)))
}

fn json_type(instance: &Json) -> &'static str {
    match instance {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(many) => many.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

/// Where the user wrote the value at a JSON pointer, or the nearest enclosing value that the user wrote.
fn place_of(user: &Node, pointer: &str) -> Option<Place> {
    let mut node = user;
    for step in pointer.split('/').skip(1) {
        match node.find([unescape(step).as_str()]) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    (node.place.source.as_ref() != DEFAULTS).then(|| node.place.clone())
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The schema at a JSON pointer into the values.
fn schema_at<'a>(schema: &'a Json, pointer: &str) -> Option<&'a Json> {
    pointer.split('/').skip(1).try_fold(schema, |at, step| {
        at.get("properties").and_then(|p| p.get(unescape(step))).or_else(|| at.get("items"))
    })
}

/// `did you mean 'x'?` for an unknown key: the nearest key of its section, else the section that knows the key.
fn nearest(schema: &Json, pointer: &str, key: &str) -> Option<String> {
    let section = schema_at(schema, pointer)?.as_object()?;
    let known = Key::of(section, &Json::Null);
    let close = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&k.name.to_lowercase(), &key.to_lowercase()), k.name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4);
    if let Some((_, name)) = close {
        return Some(format!("did you mean '{name}'?"));
    }
    let mut elsewhere = Vec::new();
    paths_of(schema, key, "", &mut elsewhere);
    match elsewhere.as_slice() {
        [] => None,
        [one] => Some(format!("did you mean '{one}'?")),
        many => Some(format!("did you mean one of {}?", many.join(", "))),
    }
}

/// Every path in the schema that ends in a key.
fn paths_of(schema: &Json, key: &str, prefix: &str, found: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    for k in Key::of(object, &Json::Null) {
        let path = if prefix.is_empty() { k.name.to_owned() } else { format!("{prefix}.{}", k.name) };
        if k.name == key {
            found.push(path.clone());
        }
        paths_of(&Json::Object(k.schema.clone()), key, &path, found);
    }
}

/// What the key is for, from its documentation: the first sentence.
fn hint(schema: &Json, pointer: &str) -> Option<String> {
    let text = schema_at(schema, pointer)?.get("description")?.as_str()?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(text.split_inclusive(". ").next().unwrap_or(&text).trim_end().to_owned())
}
