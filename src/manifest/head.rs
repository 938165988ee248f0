//! The head of a document (kind, name, annotations), decoded as loosely and as strictly as Helm does.
//!
//! Helm reads YAML into JSON and that into a small Go struct: keys match without regard to case, numbers and
//! booleans become strings where a string is wanted, `null` is nothing, and a list or a mapping where a string is
//! wanted is an error. The errors name Go types because users search for these very texts.

use std::collections::BTreeMap;

use super::HelmCompat;
use crate::yaml::{Map, Node, Value};

const GO_METADATA: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

/// What Helm reads of a document, and the namespace (which Helm does not look at, so it cannot be wrong).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) annotations: BTreeMap<String, String>,
}

impl Head {
    /// The head of a document's root node.
    ///
    /// # Errors
    /// The text Go's JSON decoder gives for the first value of a wrong type.
    pub(super) fn decode(root: &Node, compat: HelmCompat) -> Result<Self, String> {
        let mut head = Self::default();
        let map = match &root.value {
            Value::Null => return Ok(head),
            Value::Map(map) => map,
            other => {
                let package = match compat {
                    HelmCompat::V3 => "releaseutil",
                    HelmCompat::V4 => "util",
                };
                return Err(wrong(other, &format!("Go value of type {package}.SimpleHead")));
            }
        };
        for (key, node) in in_json_order(map) {
            match key.to_lowercase().as_str() {
                "apiversion" => set_string(&mut head.api_version, node, "SimpleHead.apiVersion")?,
                "kind" => set_string(&mut head.kind, node, "SimpleHead.kind")?,
                "metadata" => head.decode_metadata(node)?,
                _ => {}
            }
        }
        Ok(head)
    }

    fn decode_metadata(&mut self, metadata: &Node) -> Result<(), String> {
        let map = match &metadata.value {
            Value::Null => return Ok(()),
            Value::Map(map) => map,
            other => {
                return Err(wrong(
                    other,
                    &format!("Go struct field SimpleHead.metadata of type {GO_METADATA}"),
                ));
            }
        };
        self.namespace = map.get("namespace").and_then(|node| text_of(&node.value));
        for (key, node) in in_json_order(map) {
            match key.to_lowercase().as_str() {
                "name" => set_string(&mut self.name, node, ".metadata.name")?,
                "annotations" => self.decode_annotations(node)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn decode_annotations(&mut self, annotations: &Node) -> Result<(), String> {
        const FIELD: &str = ".metadata.annotations";
        let map = match &annotations.value {
            Value::Null => return Ok(()),
            Value::Map(map) => map,
            other => {
                return Err(wrong(other, &format!("Go struct field {FIELD} of type map[string]string")));
            }
        };
        for (key, node) in in_json_order(map) {
            // A null annotation is present and empty.
            let mut text = String::new();
            set_string(&mut text, node, FIELD)?;
            self.annotations.insert(key.clone(), text);
        }
        Ok(())
    }
}

/// The entries as Go's JSON writer puts them: by the bytes of the key, so `kind` comes after (and beats) `Kind`.
fn in_json_order(map: &Map) -> Vec<(&String, &Node)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    entries
}

fn set_string(target: &mut String, node: &Node, field: &str) -> Result<(), String> {
    match text_of(&node.value) {
        Some(text) => *target = text,
        None if node.value == Value::Null => {}
        None => return Err(wrong(&node.value, &format!("Go struct field {field} of type string"))),
    }
    Ok(())
}

fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Str(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Seq(_) | Value::Map(_) => return None,
    })
}

fn wrong(value: &Value, target: &str) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    };
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into {target}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::Place;

    fn decode(json: &serde_json::Value) -> Result<Head, String> {
        Head::decode(&Node::from_json(json, &Place::whole("test")), HelmCompat::V4)
    }

    #[test]
    fn keys_match_in_any_case_and_the_exact_one_wins() {
        let head = decode(&json!({"kind": "Pod", "Kind": "Job", "APIVERSION": "v1"})).unwrap();
        assert_eq!((head.kind.as_str(), head.api_version.as_str()), ("Pod", "v1"));
    }

    #[test]
    fn scalars_become_strings_and_null_is_nothing() {
        let head = decode(&json!({"kind": null, "metadata": {
            "name": 12, "namespace": ["no"], "annotations": {"a": true, "b": null, "c": -5}}}))
        .unwrap();
        assert_eq!((head.kind.as_str(), head.name.as_str(), head.namespace), ("", "12", None));
        assert_eq!(head.annotations.values().collect::<Vec<_>>(), ["true", "", "-5"]);
    }

    #[test]
    fn wrong_types_are_refused_in_the_words_of_go() {
        for (json, end) in [
            (json!("text"), "string into Go value of type util.SimpleHead"),
            (json!([1]), "array into Go value of type util.SimpleHead"),
            (json!({"kind": ["a"]}), "array into Go struct field SimpleHead.kind of type string"),
            (json!({"metadata": {"name": {}}}), "object into Go struct field .metadata.name of type string"),
            (
                json!({"metadata": {"annotations": 1}}),
                "number into Go struct field .metadata.annotations of type map[string]string",
            ),
        ] {
            let error = decode(&json).unwrap_err();
            assert!(error.ends_with(end), "{error}");
        }
    }
}
