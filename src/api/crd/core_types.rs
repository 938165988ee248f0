//! What Kubernetes says of its own types beside their shape, and k8s-openapi leaves out: which lists are maps, which
//! objects are atomic, what is filled in. From the API's `+listType`, `+mapType`, `+structType` and `+default` markers.

use serde_json::{Map, Value as Json, json};

/// The form of a quantity (`k8s.io/apimachinery/pkg/api/resource`).
const QUANTITY: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

/// The schema of a type that is neither a plain object nor a plain scalar.
pub(super) fn special(name: &str) -> Option<Json> {
    let number_or_text = json!({
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": true,
    });
    match name {
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => {
            let mut schema = number_or_text;
            schema["pattern"] = json!(QUANTITY);
            Some(schema)
        }
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => Some(number_or_text),
        // Metadata inside of an object is cut down to what the inner object may be given.
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" => Some(json!({
            "type": "object",
            "properties": {
                "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
                "finalizers": {"type": "array", "items": {"type": "string"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "name": {"type": "string"},
                "namespace": {"type": "string"},
            },
        })),
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time" => Some(json!({"type": "string", "format": "date-time"})),
        _ => None,
    }
}

/// Lists whose items are told apart by keys.
const LIST_MAPS: &[(&str, &str, &[&str])] = &[
    ("Container", "ports", &["containerPort", "protocol"]),
    ("Container", "volumeDevices", &["devicePath"]),
    ("Container", "volumeMounts", &["mountPath"]),
    ("Container", "env", &["name"]),
    ("ResourceRequirements", "claims", &["name"]),
    ("ServiceSpec", "ports", &["port", "protocol"]),
    ("ServiceStatus", "conditions", &["type"]),
];

/// Types that change as a whole.
const ATOMIC_OBJECTS: &[&str] = &[
    "ConfigMapEnvSource",
    "ConfigMapKeySelector",
    "ConfigMapProjection",
    "ConfigMapVolumeSource",
    "FileKeySelector",
    "LabelSelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ResourceFieldSelector",
    "SecretEnvSource",
    "SecretKeySelector",
    "SecretProjection",
    "TypedLocalObjectReference",
];

/// What else a field says: type, field, keyword, value as JSON. A field with a default is never required.
const FIELDS: &[(&str, &str, &str, &str)] = &[
    ("AzureDiskVolumeSource", "fsType", "default", r#""ext4""#),
    ("AzureDiskVolumeSource", "readOnly", "default", "false"),
    ("Condition", "message", "maxLength", "32768"),
    ("Condition", "observedGeneration", "minimum", "0"),
    ("Condition", "reason", "maxLength", "1024"),
    ("Condition", "reason", "minLength", "1"),
    ("Condition", "reason", "pattern", r#""^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$""#),
    ("Condition", "status", "enum", r#"["True", "False", "Unknown"]"#),
    ("Condition", "type", "maxLength", "316"),
    ("Condition", "type", "pattern", QUALIFIED_NAME),
    ("ConfigMapEnvSource", "name", "default", r#""""#),
    ("ConfigMapKeySelector", "name", "default", r#""""#),
    ("ConfigMapProjection", "name", "default", r#""""#),
    ("ConfigMapVolumeSource", "name", "default", r#""""#),
    ("ContainerPort", "protocol", "default", r#""TCP""#),
    ("FileKeySelector", "optional", "default", "false"),
    ("GRPCAction", "service", "default", r#""""#),
    ("ISCSIVolumeSource", "iscsiInterface", "default", r#""default""#),
    ("LocalObjectReference", "name", "default", r#""""#),
    ("PortStatus", "error", "maxLength", "316"),
    ("PortStatus", "error", "pattern", QUALIFIED_NAME),
    ("RBDVolumeSource", "keyring", "default", r#""/etc/ceph/keyring""#),
    ("RBDVolumeSource", "pool", "default", r#""rbd""#),
    ("RBDVolumeSource", "user", "default", r#""admin""#),
    ("ScaleIOVolumeSource", "fsType", "default", r#""xfs""#),
    ("ScaleIOVolumeSource", "storageMode", "default", r#""ThinProvisioned""#),
    ("SecretEnvSource", "name", "default", r#""""#),
    ("SecretKeySelector", "name", "default", r#""""#),
    ("SecretProjection", "name", "default", r#""""#),
    ("ServicePort", "protocol", "default", r#""TCP""#),
    ("ServiceSpec", "selector", "x-kubernetes-map-type", r#""atomic""#),
];

/// A name with an optional domain before it, as JSON.
const QUALIFIED_NAME: &str = r#""^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$""#;

/// Adds what is known of a core type to its schema.
pub(super) fn mark(name: &str, schema: &mut Json) {
    let short = name.rsplit('.').next().unwrap_or(name);
    let Some(object) = schema.as_object_mut() else { return };
    if ATOMIC_OBJECTS.contains(&short) {
        object.insert("x-kubernetes-map-type".to_owned(), json!("atomic"));
    }
    let said: Vec<_> = FIELDS.iter().filter(|(kind, ..)| *kind == short).collect();
    if let Some(Json::Array(required)) = object.get_mut("required") {
        let filled_in =
            |field: &Json| said.iter().any(|(_, name, word, _)| field == name && *word == "default");
        // Metadata of an object inside of another need not be there.
        required.retain(|field| !filled_in(field) && field != "metadata");
        if required.is_empty() {
            object.remove("required");
        }
    }
    let Some(Json::Object(properties)) = object.get_mut("properties") else { return };
    for (field, property) in properties {
        let Some(property) = property.as_object_mut() else { continue };
        if property.get("type") == Some(&json!("array")) {
            mark_list(short, field, property);
        }
        for (.., keyword, value) in said.iter().filter(|(_, name, ..)| name == field) {
            property.insert((*keyword).to_owned(), serde_json::from_str(value).unwrap_or_default());
        }
    }
}

fn mark_list(kind: &str, field: &str, list: &mut Map<String, Json>) {
    match LIST_MAPS.iter().find(|(owner, name, _)| *owner == kind && *name == field) {
        Some((.., keys)) => {
            list.insert("x-kubernetes-list-type".to_owned(), json!("map"));
            list.insert("x-kubernetes-list-map-keys".to_owned(), json!(keys));
        }
        None => {
            list.insert("x-kubernetes-list-type".to_owned(), json!("atomic"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_fields_is_json() {
        for (kind, field, keyword, value) in FIELDS {
            assert!(serde_json::from_str::<Json>(value).is_ok(), "{kind}.{field} {keyword}: {value}");
        }
    }
}
