//! From a type's JSON Schema to a structural schema: references resolved, no null types, core types without prose and
//! with the markers that Kubernetes itself has for them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::core_types;

/// The structural schema of a type.
pub(super) fn of<T: JsonSchema>() -> Json {
    let mut root = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    let mut definitions = Map::new();
    if let Some(object) = root.as_object_mut() {
        for key in ["$schema", "title"] {
            object.remove(key);
        }
        if let Some(Json::Object(found)) = object.remove("$defs") {
            definitions = found;
        }
    }
    Structural { definitions: &definitions }.schema(root, None)
}

struct Structural<'a> {
    definitions: &'a Map<String, Json>,
}

impl Structural<'_> {
    /// A schema in structural form. `owner`: the core type it is inside of.
    fn schema(&self, schema: Json, owner: Option<&str>) -> Json {
        let Json::Object(mut object) = schema else { return json!({}) };
        // `Option` of a type that is referenced: any of it and null.
        if let Some(Json::Array(any)) = object.remove("anyOf") {
            let is_null = |option: &Json| option.get("type") == Some(&json!("null"));
            if let [only] = any.iter().filter(|option| !is_null(option)).collect::<Vec<_>>()[..] {
                merge(&mut object, only);
            }
        }
        if let Some(Json::Array(all)) = object.remove("allOf") {
            for part in &all {
                merge(&mut object, part);
            }
        }
        let reference = object.remove("$ref");
        if let Some(name) = reference.as_ref().and_then(Json::as_str).and_then(|path| path.rsplit('/').next())
        {
            let name = name.replace("~1", "/").replace("~0", "~");
            return self.reference(&name, &object, owner);
        }
        if owner.is_some() {
            object.remove("description");
        }
        // A null of `Option` says only that a field may be missing; a schema of our own says `nullable` and means it.
        if let Some(Json::Array(kinds)) = object.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [one] = &kinds[..] {
                let one = one.clone();
                object.insert("type".to_owned(), one);
            }
        }
        object.remove("default");
        self.children(&mut object, owner);
        Json::Object(object)
    }

    /// What a reference stands for, under what is said beside it.
    fn reference(&self, name: &str, beside: &Map<String, Json>, owner: Option<&str>) -> Json {
        let core = name.starts_with("io.k8s.");
        if let Some(schema) = core_types::special(name) {
            return with_description(schema, if owner.is_none() { beside.get("description") } else { None });
        }
        let definition = self.definitions.get(name).cloned().unwrap_or_default();
        let mut schema = self.schema(definition, if core { Some(name) } else { owner });
        if core {
            core_types::mark(name, &mut schema);
        }
        with_description(schema, if owner.is_none() { beside.get("description") } else { None })
    }

    fn children(&self, object: &mut Map<String, Json>, owner: Option<&str>) {
        if let Some(Json::Object(properties)) = object.get_mut("properties") {
            for property in properties.values_mut() {
                *property = self.schema(property.take(), owner);
            }
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = object.get_mut(key).filter(|inner| inner.is_object()) {
                *inner = self.schema(inner.take(), owner);
            }
        }
        if let Some(Json::Array(required)) = object.get_mut("required") {
            required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
}

fn with_description(mut schema: Json, description: Option<&Json>) -> Json {
    if let (Some(object), Some(description)) = (schema.as_object_mut(), description) {
        object.insert("description".to_owned(), description.clone());
    }
    schema
}

/// Adds what a part of the schema says; what is there already wins.
fn merge(object: &mut Map<String, Json>, part: &Json) {
    for (key, value) in part.as_object().into_iter().flatten() {
        object.entry(key.clone()).or_insert_with(|| value.clone());
    }
}
