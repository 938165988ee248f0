//! The JSON Schema of the values: draft-07, without remote references, strict at every depth that is ours.
//!
//! Draft-07 because both schema engines that Helm has used read it (see Helm's `pkg/chart/common/util/jsonschema.go`).

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value as Json, json};

use super::Values;

/// The schema as a JSON value, properties in documented order, with defaults and descriptions.
#[must_use]
pub fn schema() -> Json {
    let mut root = bare_schema();
    if let (Some(object), Ok(defaults)) = (root.as_object_mut(), Values::default_json()) {
        object.insert("title".into(), json!("Values of the spark-operator chart"));
        add_defaults(object, &defaults);
    }
    root
}

/// The schema as text, as `values.schema.json` holds it.
#[must_use]
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// The schema without `default` keywords, which validate nothing.
pub(super) fn bare_schema() -> Json {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.transforms.push(Box::new(RecursiveTransform(strict)));
    });
    settings.into_generator().into_root_schema_for::<Values>().to_value()
}

/// Unknown keys are errors wherever properties are listed; nullable enumerations and numbers stay one flat schema, so
/// that an error names the cause instead of saying that no alternative matched.
fn strict(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("format");
    if object.contains_key("properties") {
        object.entry("additionalProperties").or_insert(Json::Bool(false));
    }
    flatten_nullable(object);
}

/// `anyOf: [S, {type: null}]` becomes S with null among its types and enumerated values.
fn flatten_nullable(object: &mut Map<String, Json>) {
    let Some(Json::Array(any)) = object.get("anyOf") else { return };
    let [Json::Object(inner), Json::Object(null)] = any.as_slice() else { return };
    if null.get("type") != Some(&json!("null")) {
        return;
    }
    let mut inner = inner.clone();
    if let Some(kind) = inner.get_mut("type") {
        let mut kinds = match kind.take() {
            Json::Array(kinds) => kinds,
            single => vec![single],
        };
        kinds.push(json!("null"));
        *kind = Json::Array(kinds);
    }
    if let Some(Json::Array(texts)) = inner.get_mut("enum") {
        texts.push(Json::Null);
    }
    object.remove("anyOf");
    for (key, value) in inner {
        object.entry(key).or_insert(value);
    }
}

/// Writes each leaf's default beside its description, for editors.
fn add_defaults(object: &mut Map<String, Json>, defaults: &Json) {
    let Some(Json::Object(properties)) = object.get_mut("properties") else { return };
    for (key, schema) in properties {
        let (Json::Object(schema), Some(default)) = (schema, defaults.get(key)) else { continue };
        if schema.contains_key("properties") {
            add_defaults(schema, default);
        } else if !default.is_null() {
            schema.insert("default".into(), default.clone());
        }
    }
}

/// A documented key: its path, its schema and its default.
pub(super) struct Key<'a> {
    pub name: &'a str,
    pub schema: &'a Map<String, Json>,
    pub default: &'a Json,
}

impl<'a> Key<'a> {
    /// The keys of a section in documented order.
    pub fn of(schema: &'a Map<String, Json>, defaults: &'a Json) -> Vec<Self> {
        let Some(Json::Object(properties)) = schema.get("properties") else { return Vec::new() };
        properties
            .iter()
            .filter_map(|(name, schema)| {
                let schema = schema.as_object()?;
                Some(Self { name, schema, default: defaults.get(name).unwrap_or(&Json::Null) })
            })
            .collect()
    }

    /// Whether the key is a section with documented keys of its own.
    pub fn is_section(&self) -> bool {
        self.schema.get("additionalProperties") == Some(&Json::Bool(false))
    }

    /// What the field's doc comment says, on one line.
    pub fn description(&self) -> String {
        let text = self.schema.get("description").and_then(Json::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The types that the key takes, or the texts it may hold.
    pub fn kind(&self) -> String {
        if let Some(Json::Array(texts)) = self.schema.get("enum") {
            let shown = texts.iter().filter(|t| !t.is_null() && *t != "");
            return shown.map(ToString::to_string).collect::<Vec<_>>().join(", ").replace('"', "`");
        }
        match self.schema.get("type") {
            Some(Json::String(kind)) => kind.clone(),
            Some(Json::Array(kinds)) => kinds
                .iter()
                .filter_map(Json::as_str)
                .filter(|k| *k != "null")
                .collect::<Vec<_>>()
                .join(" or "),
            _ => "any".into(),
        }
    }
}
