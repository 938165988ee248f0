//! What Kubernetes says about its fields, as far as a translation needs it: which parents an object always has, and
//! which fields are mappings or lists.

use super::change::Spot;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Mapping,
    List,
}

/// Whether every object of these kinds has the mapping at these keys: the API server refuses those that do not.
pub(super) fn is_required(kinds: &[String], keys: &[&str]) -> bool {
    let of_kind = |kind: &String| -> &[&[&str]] {
        match kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => &[
                &["spec"],
                &["spec", "selector"],
                &["spec", "template"],
                &["spec", "template", "metadata"],
                &["spec", "template", "metadata", "labels"],
                &["spec", "template", "spec"],
            ],
            "Job" => &[&["spec"], &["spec", "template"], &["spec", "template", "spec"]],
            "CronJob" => &[
                &["spec"],
                &["spec", "jobTemplate"],
                &["spec", "jobTemplate", "spec"],
                &["spec", "jobTemplate", "spec", "template"],
                &["spec", "jobTemplate", "spec", "template", "spec"],
            ],
            "Pod"
            | "Service"
            | "Ingress"
            | "NetworkPolicy"
            | "CustomResourceDefinition"
            | "PersistentVolumeClaim" => &[&["spec"]],
            "RoleBinding" | "ClusterRoleBinding" => &[&["roleRef"]],
            _ => &[],
        }
    };
    keys.is_empty()
        || keys == ["metadata"]
        || !kinds.is_empty() && kinds.iter().all(|kind| of_kind(kind).contains(&keys))
}

/// Fields that hold a mapping, whatever the kind.
const MAPPINGS: &[&str] = &[
    "affinity",
    "allocatable",
    "annotations",
    "binaryData",
    "capacity",
    "configMap",
    "data",
    "dnsConfig",
    "emptyDir",
    "labels",
    "lifecycle",
    "limits",
    "livenessProbe",
    "matchLabels",
    "metadata",
    "namespaceSelector",
    "nodeSelector",
    "objectSelector",
    "podSelector",
    "readinessProbe",
    "requests",
    "resources",
    "roleRef",
    "rollingUpdate",
    "scopeSelector",
    "seLinuxOptions",
    "seccompProfile",
    "securityContext",
    "selector",
    "spec",
    "startupProbe",
    "strategy",
    "stringData",
    "template",
    "updateStrategy",
];

/// Fields that hold a list, whatever the kind. A mapping that is added to one is an item.
const LISTS: &[&str] = &[
    "apiGroups",
    "args",
    "command",
    "containers",
    "egress",
    "env",
    "envFrom",
    "ephemeralContainers",
    "finalizers",
    "hostAliases",
    "imagePullSecrets",
    "ingress",
    "initContainers",
    "matchConditions",
    "matchExpressions",
    "ownerReferences",
    "ports",
    "readinessGates",
    "resourceNames",
    "rules",
    "secrets",
    "subjects",
    "tls",
    "tolerations",
    "topologySpreadConstraints",
    "verbs",
    "versions",
    "volumeClaimTemplates",
    "volumeDevices",
    "volumeMounts",
    "volumes",
    "webhooks",
];

/// What is at a path, if the name says it. An item of a list is a mapping where the list is one of those.
pub(super) fn shape(path: &[Spot]) -> Option<Shape> {
    const SCALAR_ITEMS: &[&str] = &["apiGroups", "args", "command", "finalizers", "resourceNames", "verbs"];
    match path {
        [] => Some(Shape::Mapping),
        [.., Spot::Key(list), Spot::Index(_) | Spot::Item { .. }] => {
            let mappings = LISTS.contains(&list.as_str()) && !SCALAR_ITEMS.contains(&list.as_str());
            mappings.then_some(Shape::Mapping)
        }
        // Labels and the like have any keys: `.data.rules` is a text.
        [.., Spot::Key(parent), Spot::Key(_)] if is_free(parent) => None,
        [.., Spot::Key(key)] if MAPPINGS.contains(&key.as_str()) => Some(Shape::Mapping),
        [.., Spot::Key(key)] if LISTS.contains(&key.as_str()) => Some(Shape::List),
        _ => None,
    }
}

/// Whether the keys of a mapping are the user's.
fn is_free(key: &str) -> bool {
    [
        "annotations",
        "binaryData",
        "data",
        "labels",
        "limits",
        "matchLabels",
        "nodeSelector",
        "requests",
        "stringData",
    ]
    .contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_both_a_mapping_and_a_list() {
        assert!(MAPPINGS.iter().all(|name| !LISTS.contains(name)));
    }
}
