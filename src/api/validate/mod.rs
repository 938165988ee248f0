//! Whether an object can be created and run, found out without a cluster: the structure and the rules of its
//! definition, as the API server checks them, and what shows itself only at run time.
//!
//! Errors are what the API server, the webhook or Spark refuse; warnings are what is dropped, ignored, or rarely meant.
//! Reading files is not done here.

mod application;
mod connect;
mod schedule;
mod spark_conf;
mod structure;

use std::fmt;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::crd::rules::{self, Check};
use super::crd::{DEFINITIONS, Definition};
use crate::yaml::{Node, Place, Value};

pub use schedule::{ScheduleError, check_schedule};

/// The schemas by kind: made once, however many objects there are.
static SCHEMAS: LazyLock<[(&str, Json); 3]> =
    LazyLock::new(|| DEFINITIONS.map(|definition| (definition.kind, definition.schema())));

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is refused, or cannot run.
    Error,
    /// It runs, but perhaps not as meant.
    Warning,
}

/// Something that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// Where it was written; the nearest node above for a field that is missing.
    pub place: Place,
    /// The field, as the API server writes paths: `spec.volumes[0].name`.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do, where it does not follow from the message.
    pub hint: Option<String>,
}

/// `app.yaml:7:3: error: spec.driver.memory: …; hint: …`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{}: {level}: ", self.place)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The definition of a kind of ours. `None` when group, version or kind are not ours.
#[must_use]
pub fn definition(api_version: &str, kind: &str) -> Option<Definition> {
    let ours = |definition: &&Definition| {
        definition.kind == kind && api_version == format!("{}/{}", super::GROUP, definition.version)
    };
    DEFINITIONS.iter().find(ours).copied()
}

/// Everything that is wrong with an object, errors and warnings, in the order in which it is written.
#[must_use]
pub fn validate(definition: &Definition, object: &Node) -> Vec<Finding> {
    let mut found = Findings { root: object, list: Vec::new() };
    let schema =
        SCHEMAS.iter().find(|(kind, _)| *kind == definition.kind).map_or(&Json::Null, |(_, schema)| schema);
    structure::check(schema, object, &mut found);
    if object.find(["metadata", "name"]).or(object.find(["metadata", "generateName"])).is_none() {
        found.error("metadata.name", "a name is missing");
    }
    // A rule is about nodes of the right type, as in the API server.
    let broken: Vec<String> = found.list.iter().map(|finding| finding.field.clone()).collect();
    for (path, rule) in rules::of(definition.kind) {
        let field = [path.as_str(), rule.field]
            .iter()
            .filter(|p| !p.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(".");
        let node = object.find(rules::steps(&path)).filter(|node| node.value != Value::Null);
        let Some(node) = node else { continue };
        if broken.iter().any(|broken| broken.starts_with(&field)) || missing(node, &rule.check) {
            continue;
        }
        if !rule.check.holds(node) {
            // The rule of the name names its field, because the definition cannot.
            let message = rule.message.strip_prefix(field.as_str()).map_or(rule.message, str::trim_start);
            found.error(&field, message);
        }
    }
    match definition.kind {
        "SparkApplication" => application::check("spec", &mut found),
        "ScheduledSparkApplication" => {
            schedule::check(&mut found);
            application::check("spec.template", &mut found);
        }
        _ => connect::check(&mut found),
    }
    let mut list = found.list;
    list.sort_by_key(|finding| (finding.place.line, finding.place.column, finding.level));
    list
}

/// Whether the field that a rule matches is not there at all, which the structure has said.
fn missing(node: &Node, check: &Check) -> bool {
    match check {
        Check::Matches(path, _) => {
            !matches!(node.find(rules::steps(path)).map(|n| &n.value), Some(Value::Str(_)))
        }
        Check::Any([Check::Stored, rest]) => missing(node, rest),
        _ => false,
    }
}

/// What is found, with the object it is found in.
struct Findings<'a> {
    root: &'a Node,
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// The node of a field; null is no node.
    fn get(&self, field: &str) -> Option<&'a Node> {
        let steps = field.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|s| !s.is_empty());
        self.root.find(steps).filter(|node| node.value != Value::Null)
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        match &self.get(field)?.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, field: &str) -> &'a [Node] {
        match self.get(field).map(|node| &node.value) {
            Some(Value::Seq(items)) => items,
            _ => &[],
        }
    }

    fn error(&mut self, field: &str, message: impl Into<String>) {
        self.push(Level::Error, field, message.into(), None);
    }

    fn warn(&mut self, field: &str, message: impl Into<String>) {
        self.push(Level::Warning, field, message.into(), None);
    }

    fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.list.last_mut() {
            last.hint = Some(hint.into());
        }
    }

    /// Adds what is wrong with a field, at its place or that of the nearest field above.
    fn push(&mut self, level: Level, field: &str, message: String, hint: Option<String>) {
        let mut above = field;
        let place = loop {
            match self.get(above) {
                Some(node) => break node.place.clone(),
                None => above = above.rfind(['.', '[']).map_or("", |at| &above[..at]),
            }
        };
        self.list.push(Finding { level, place, field: field.to_owned(), message, hint });
    }

    fn push_at(&mut self, level: Level, place: &Place, field: &str, message: String, hint: Option<String>) {
        self.list.push(Finding { level, place: place.clone(), field: field.to_owned(), message, hint });
    }
}

/// The candidate that was probably meant.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &wrong.to_lowercase());
    let (distance, name) = names.map(|name| (distance(name), name)).min()?;
    (distance <= wrong.len().max(3) / 3).then_some(name)
}
