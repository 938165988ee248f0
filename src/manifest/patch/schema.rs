//! The JSON Schema of a patch file, for editors: draft-07, from the types.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::{Expect, Operation, Patch, Target};

impl JsonSchema for Expect {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many objects must match.",
            "oneOf": [{"enum": ["one", "some", "any"]}, {"type": "integer", "minimum": 0, "maximum": u32::MAX}],
            "default": "one",
        })
    }
}

/// One patch: the objects it is for, and either operations or a merge.
//
// A [`Patch`] with its change spread out, as it is written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Patch", extend("oneOf" = [{"required": ["operations"]}, {"required": ["merge"]}]))]
#[allow(dead_code, reason = "only its schema is used")]
struct Written {
    /// What it is for; shown in errors.
    description: Option<String>,
    /// The objects it changes.
    target: Target,
    /// How many objects must match.
    #[schemars(default)]
    expect: Expect,
    /// Operations as in RFC 6902, in order; all of them or none.
    operations: Option<Vec<Operation>>,
    /// A merge as in RFC 7396: mappings are merged, null removes, all else replaces.
    merge: Option<Map<String, Json>>,
}

impl JsonSchema for Patch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

/// The schema as text.
#[must_use]
pub fn schema_text() -> String {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let mut schema = settings.into_generator().into_root_schema_for::<Vec<Patch>>();
    schema.insert("title".to_owned(), json!("Patches for Kubernetes manifests, of spark-operator"));
    format!("{:#}\n", schema.to_value())
}

/// What may be left out may not be null.
fn without_null(schema: &mut Schema) {
    if let Some(Json::Array(any)) = schema.get_mut("anyOf") {
        any.retain(|one| one["type"] != "null");
    }
    if let Some(Json::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
}
