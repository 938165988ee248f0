//! What kind of value each path holds, from the schema: it decides how a template may print it.

use serde_json::Value as Json;

/// How a value prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, the same in both languages.
    Bool,
    /// A number: a float in Helm when it comes from a file.
    Integer,
    /// Text that an enumeration or a pattern keeps from breaking YAML.
    Safe,
    /// Any text.
    Text,
    /// A map, a list, or a value of several kinds.
    Other,
}

/// The kinds of all value paths.
#[derive(Debug)]
pub struct Kinds {
    schema: Json,
}

impl Kinds {
    /// From the values' JSON Schema.
    #[must_use]
    pub fn new(schema: Json) -> Self {
        Self { schema }
    }

    /// The kind of the value at a path; nothing where the schema knows no such path.
    #[must_use]
    pub fn of(&self, path: &[String]) -> Option<Kind> {
        let at = path.iter().try_fold(&self.schema, |at, key| at.get("properties")?.get(key))?;
        let kinds: Vec<&str> = match at.get("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(kinds)) => {
                kinds.iter().filter_map(Json::as_str).filter(|k| *k != "null").collect()
            }
            _ => Vec::new(),
        };
        let texts = at.get("enum").and_then(Json::as_array);
        Some(match kinds[..] {
            ["boolean"] => Kind::Bool,
            ["integer" | "number"] => Kind::Integer,
            ["string"] if at.get("pattern").is_some() || texts.is_some() => Kind::Safe,
            ["string"] => Kind::Text,
            _ => Kind::Other,
        })
    }
}
