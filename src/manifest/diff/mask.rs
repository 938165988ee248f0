//! What a Secret holds is never shown: its values are replaced by their sizes before anything is compared or printed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::compare::compare;

/// The fields of a Secret whose values are secret.
const FIELDS: [&str; 2] = ["data", "stringData"];

/// What `kubectl apply` writes: the whole Secret, as JSON.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Replaces each secret value of two Secrets by its size. Values that differ are different texts also afterwards.
pub(super) fn mask(before: &mut Json, after: &mut Json) {
    for field in FIELDS {
        let (mut old, mut new) = (before.get_mut(field), after.get_mut(field));
        if [&old, &new].into_iter().flatten().any(|value| !value.is_object()) {
            pair(old, new, field);
            continue;
        }
        let maps = [&old, &new].into_iter().flatten().filter_map(|value| value.as_object());
        let keys: BTreeSet<String> = maps.flat_map(|map| map.keys().cloned()).collect();
        for key in keys {
            let value = |side: &mut Option<&mut Json>| {
                side.as_mut().and_then(|side| side.get_mut(&key).map(std::mem::take))
            };
            let (mut old_value, mut new_value) = (value(&mut old), value(&mut new));
            pair(old_value.as_mut(), new_value.as_mut(), field);
            for (side, value) in [(&mut old, old_value), (&mut new, new_value)] {
                if let (Some(place), Some(value)) = (side.as_mut().and_then(|side| side.get_mut(&key)), value)
                {
                    *place = value;
                }
            }
        }
    }
    pair(applied(before), applied(after), "");
}

/// Whether what is secret differs in two objects whose values are masked.
pub(super) fn differ(before: &Json, after: &Json) -> bool {
    let applied = |object: &Json| object.get("metadata")?.get("annotations")?.get(APPLIED).cloned();
    FIELDS.iter().any(|field| before.get(field) != after.get(field)) || applied(before) != applied(after)
}

/// The object without what is secret.
pub(super) fn without_secrets(object: &Json) -> Json {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.retain(|key, _| !FIELDS.contains(&key.as_str()));
    }
    let metadata = object.get_mut("metadata").and_then(Json::as_object_mut);
    if let Some(metadata) = metadata
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Json::as_object_mut)
        && annotations.shift_remove(APPLIED).is_some()
        && annotations.is_empty()
    {
        metadata.shift_remove("annotations");
    }
    object
}

/// Whether a text stands for a value that is not shown.
pub(super) fn is_mask(text: &str) -> bool {
    text.starts_with("(masked, ")
}

fn applied(object: &mut Json) -> Option<&mut Json> {
    object.get_mut("metadata")?.get_mut("annotations")?.get_mut(APPLIED)
}

fn pair(before: Option<&mut Json>, after: Option<&mut Json>, field: &str) {
    let differ = matches!((&before, &after), (Some(old), Some(new)) if compare(old, new).is_some());
    let size = |value: &Json| match value {
        Json::String(text) if field == "data" => {
            STANDARD.decode(text).map_or(text.len(), |bytes| bytes.len())
        }
        Json::String(text) => text.len(),
        other => other.to_string().len(),
    };
    let masked = |value: &Json, more: &str| match (value, size(value)) {
        // Nothing is no secret.
        (Json::Null, _) => Json::Null,
        (_, 1) => format!("(masked, 1 byte{more})").into(),
        (_, bytes) => format!("(masked, {bytes} bytes{more})").into(),
    };
    let old = before.map(|value| {
        *value = masked(value, "");
        &*value
    });
    if let Some(new) = after {
        let text = masked(new, "");
        *new = if differ && old == Some(&text) { masked(new, ", other than before") } else { text };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masked(mut before: Json, mut after: Json) -> (Json, Json) {
        mask(&mut before, &mut after);
        (before, after)
    }

    #[test]
    fn values_become_sizes_and_stay_as_different_as_they_were() {
        let secret = |a: &str, b: &str| json!({"data": {"a": a, "b": b}, "stringData": {"c": a}});
        let (before, after) = masked(secret("c2VjcmV0", "!"), secret("b3RoZXIh", "!"));
        assert_eq!(
            before,
            json!({
                "data": {"a": "(masked, 6 bytes)", "b": "(masked, 1 byte)"},
                "stringData": {"c": "(masked, 8 bytes)"},
            })
        );
        assert_eq!(
            after,
            json!({
                "data": {"a": "(masked, 6 bytes, other than before)", "b": "(masked, 1 byte)"},
                "stringData": {"c": "(masked, 8 bytes, other than before)"},
            })
        );
    }

    #[test]
    fn nothing_secret_is_left_whatever_the_shape() {
        let annotated = json!({"metadata": {"annotations": {APPLIED: "hush", "a": "b"}}});
        let shapes = [
            json!({}),
            json!({"data": {"k": "hush", "n": {"x": "hush"}}, "stringData": {"k": ["hush"]}}),
            json!({"data": ["hush"], "stringData": "hush"}),
            json!({"data": null, "stringData": {"other": "hush", "null": null}}),
            annotated.clone(),
        ];
        for before in &shapes {
            for after in &shapes {
                let (one, two) = masked(before.clone(), after.clone());
                assert!(!format!("{one}{two}").contains("hush"), "{one} {two}");
                assert_eq!(
                    compare(before, after).is_some(),
                    compare(&one, &two).is_some(),
                    "{before} {after}"
                );
                assert!(!without_secrets(&one).to_string().contains("masked"));
            }
        }
        assert_eq!(without_secrets(&annotated), json!({"metadata": {"annotations": {"a": "b"}}}));
    }
}
