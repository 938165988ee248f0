//! Who set what of an object: fields of others that a definition does not have become ours, so that the next
//! server-side apply removes them.
//!
//! Server-side apply removes only what its own manager applied before. An object that somebody created or applied from
//! the client keeps its further fields forever, even when every conflict is forced. Only `spec` is looked at: labels
//! and annotations of others stay theirs.

use serde_json::{Map, Value as Json, json};

/// `metadata.managedFields` after `manager` took over what others have set in `spec` and `wanted` does not have.
///
/// None when there is nothing of that kind, so that an object which is as it should be is not written.
pub(super) fn take_over(object: &Json, wanted: &Json, manager: &str) -> Option<Json> {
    let mut entries = object.pointer("/metadata/managedFields")?.as_array()?.clone();
    let mut taken = Map::new();
    let mut last = Json::Null;
    for entry in entries.iter_mut().filter(|entry| !is_ours(entry, manager) && is_of_the_object(entry)) {
        let Some(fields) = entry["fieldsV1"].as_object_mut() else { continue };
        let Some(Json::Object(spec)) = fields.get_mut("f:spec") else { continue };
        let extra = split(spec, &wanted["spec"], &object["spec"]);
        if extra.is_empty() {
            continue;
        }
        if spec.is_empty() {
            fields.remove("f:spec");
        }
        merge(&mut taken, extra);
        last = entry["time"].clone();
    }
    if taken.is_empty() {
        return None;
    }
    // An entry that is left with nothing would be refused.
    entries.retain(|entry| entry["fieldsV1"] != json!({}));
    let taken = Map::from_iter([("f:spec".to_owned(), Json::Object(taken))]);
    if let Some(fields) = entries
        .iter_mut()
        .find(|entry| is_ours(entry, manager))
        .and_then(|entry| entry["fieldsV1"].as_object_mut())
    {
        merge(fields, taken);
    } else {
        entries.push(json!({
            "manager": manager,
            "operation": "Apply",
            "apiVersion": object["apiVersion"],
            "time": last,
            "fieldsType": "FieldsV1",
            "fieldsV1": taken,
        }));
    }
    Some(Json::Array(entries))
}

fn is_ours(entry: &Json, manager: &str) -> bool {
    entry["manager"] == manager && entry["operation"] == "Apply" && is_of_the_object(entry)
}

/// Not of its status: the API server writes that, as a subresource.
fn is_of_the_object(entry: &Json) -> bool {
    entry.get("subresource").is_none()
}

/// Takes out of `fields` what `wanted` does not have. `now` is the object: what the API server defaults is no extra.
fn split(fields: &mut Map<String, Json>, wanted: &Json, now: &Json) -> Map<String, Json> {
    let mut extra = Map::new();
    fields.retain(|field, below| {
        // `.` is the object itself; items of lists have other prefixes, and no list of a definition is merged.
        let Some(name) = field.strip_prefix("f:") else { return true };
        match wanted.get(name) {
            None if is_default(name, &now[name]) => true,
            None => {
                extra.insert(field.clone(), below.take());
                false
            }
            Some(wanted) => {
                let Some(below) = below.as_object_mut() else { return true };
                let inner = split(below, wanted, &now[name]);
                if inner.is_empty() {
                    return true;
                }
                extra.insert(field.clone(), Json::Object(inner));
                // Left empty it would mean the field itself.
                !below.is_empty()
            }
        }
    });
    extra
}

/// The one field of a definition's `spec` that the API server fills in and ours leave out.
fn is_default(name: &str, now: &Json) -> bool {
    name == "conversion" && *now == json!({"strategy": "None"})
}

fn merge(into: &mut Map<String, Json>, from: Map<String, Json>) {
    for (field, below) in from {
        match (into.get_mut(&field).and_then(Json::as_object_mut), below) {
            (Some(into), Json::Object(below)) => merge(into, below),
            (None, below) => {
                into.insert(field, below);
            }
            (Some(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Json) -> Json {
        json!({
            "manager": manager, "operation": operation, "apiVersion": "v1", "time": "then",
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        })
    }

    fn object(spec: &Json, entries: &[Json]) -> Json {
        json!({"apiVersion": "v1", "metadata": {"managedFields": entries}, "spec": spec})
    }

    const OURS: &str = "ours";

    fn wanted() -> Json {
        json!({"spec": {"names": {"kind": "A"}, "versions": []}})
    }

    #[test]
    fn nothing_is_taken_when_others_set_what_we_set_too() {
        let same = json!({"f:metadata": {"f:labels": {"f:a": {}}},
            "f:spec": {"f:names": {"f:kind": {}}, "f:versions": {}, "f:conversion": {".": {}, "f:strategy": {}}}});
        let spec = json!({"conversion": {"strategy": "None"}});
        for operation in ["Apply", "Update"] {
            let entries = [entry("helm", operation, &same), entry(OURS, "Apply", &same)];
            assert_eq!(take_over(&object(&spec, &entries), &wanted(), OURS), None);
        }
        assert_eq!(take_over(&json!({"metadata": {}}), &wanted(), OURS), None);
    }

    #[test]
    fn fields_of_others_become_ours() {
        let theirs = json!({"f:metadata": {"f:labels": {"f:a": {}}},
            "f:spec": {"f:names": {"f:kind": {}, "f:categories": {}}, "f:conversion": {"f:strategy": {}}}});
        let rest = json!({"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:names": {"f:kind": {}}}});
        let extra = json!({"f:spec": {"f:names": {"f:categories": {}}, "f:conversion": {"f:strategy": {}}}});
        let spec = json!({"conversion": {"strategy": "Webhook"}});
        let found = take_over(&object(&spec, &[entry("helm", "Update", &theirs)]), &wanted(), OURS);
        assert_eq!(found, Some(json!([entry("helm", "Update", &rest), entry(OURS, "Apply", &extra)])));
    }

    #[test]
    fn what_is_taken_joins_what_we_have() {
        let ours = json!({"f:spec": {"f:names": {"f:kind": {}}, "f:versions": {}}});
        let all = json!({"f:spec": {"f:names": {"f:kind": {}, "f:categories": {}}, "f:versions": {}}});
        let categories = json!({"f:spec": {"f:names": {"f:categories": {}}}});
        let entries = [entry(OURS, "Apply", &ours), entry("a", "Apply", &categories)];
        let found = take_over(&object(&json!({}), &entries), &wanted(), OURS);
        assert_eq!(found, Some(json!([entry(OURS, "Apply", &all)])));
    }

    #[test]
    fn the_status_is_left_alone() {
        let mut status = entry("server", "Update", &json!({"f:spec": {"f:other": {}}}));
        status["subresource"] = json!("status");
        assert_eq!(take_over(&object(&json!({}), &[status]), &wanted(), OURS), None);
    }
}
