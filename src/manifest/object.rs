//! A Kubernetes object as far as every tool must know it: what it is, what it is called, how it is marked.
//!
//! Objects are found in a document's tree: the document itself, or the items of a `List`. Read loosely, as people
//! write them: a label that is a number is its text.

use std::collections::BTreeMap;
use std::fmt;

use super::stream::StreamError;
use crate::yaml::{Map, Node, Place, Value};

/// What tells an object from others, and what selects it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The group of `apiVersion`; empty for the core group.
    pub group: String,
    /// The version of `apiVersion`.
    pub version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty when absent.
    pub name: String,
    /// `metadata.namespace`, where there is one.
    pub namespace: Option<String>,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
}

/// An object in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub identity: Identity,
    /// Where it begins.
    pub place: Place,
    /// Where it is in its document: empty, or indexes into `items` of a `List` (and of lists inside).
    pub items: Vec<usize>,
}

impl Identity {
    /// The identity in an object's tree.
    ///
    /// # Errors
    /// What the tree is instead of an object, or lacks.
    pub fn of(root: &Node) -> Result<Self, String> {
        let Value::Map(map) = &root.value else {
            return Err(format!("it is {}, not a mapping", described(&root.value)));
        };
        let kind = text(map, "kind").ok_or("it has no `kind`")?;
        let api_version = text(map, "apiVersion").ok_or("it has no `apiVersion`")?;
        Ok(Self::new(&api_version, kind, map))
    }

    fn new(api_version: &str, kind: String, map: &Map) -> Self {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let empty = Map::new();
        let metadata = map.get("metadata").and_then(Node::as_map).unwrap_or(&empty);
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind,
            name: text(metadata, "name").unwrap_or_default(),
            namespace: text(metadata, "namespace"),
            labels: texts(metadata, "labels"),
            annotations: texts(metadata, "annotations"),
        }
    }

    /// `apiVersion`, as it is written in a manifest.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether it is a Helm hook.
    #[must_use]
    pub fn is_hook(&self) -> bool {
        self.annotations.contains_key("helm.sh/hook")
    }

    /// Whether its content must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.group.is_empty() && self.kind == "Secret"
    }
}

/// `Deployment spark/controller`, or without the namespace where there is none.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "(without a name)" } else { &self.name };
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{name}", self.kind),
            None => write!(f, "{} {name}", self.kind),
        }
    }
}

/// The objects of a document.
///
/// # Errors
/// [`StreamError::NotAnObject`] for the first thing that is none.
pub(super) fn objects(root: &Node) -> Result<Vec<Object>, StreamError> {
    let mut found = Vec::new();
    let identity = identity(root)?;
    collect(root, identity, Vec::new(), &mut found)?;
    Ok(found)
}

fn identity(root: &Node) -> Result<Identity, StreamError> {
    Identity::of(root).map_err(|what| StreamError::NotAnObject { place: root.place.clone(), what })
}

fn collect(
    node: &Node,
    identity: Identity,
    at: Vec<usize>,
    found: &mut Vec<Object>,
) -> Result<(), StreamError> {
    let Some(items) = items(node, &identity) else {
        found.push(Object { identity, place: node.place.clone(), items: at });
        return Ok(());
    };
    for (index, item) in items.iter().enumerate() {
        let member = match (identity.kind.strip_suffix("List"), item.as_map()) {
            // The API server leaves out what the list's own kind says.
            (Some(kind), Some(map)) if !kind.is_empty() && !map.contains_key("kind") => {
                Identity::new(&identity.api_version(), kind.to_owned(), map)
            }
            _ => self::identity(item)?,
        };
        let at = at.iter().copied().chain([index]).collect();
        collect(item, member, at, found)?;
    }
    Ok(())
}

/// The items, if this is a list of objects and not a kind that happens to end so.
fn items<'a>(node: &'a Node, identity: &Identity) -> Option<&'a [Node]> {
    let Some(Node { value: Value::Seq(items), .. }) = node.find(["items"]) else { return None };
    (identity.kind.ends_with("List") && identity.name.is_empty()).then_some(items)
}

/// What a value is, for a sentence.
pub(super) fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "a text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

fn text(map: &Map, key: &str) -> Option<String> {
    text_of(map.get(key)?)
}

fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Str(text) if !text.is_empty() => Some(text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Int(i) => Some(i.to_string()),
        Value::Float(f) => Some(f.to_string()),
        _ => None,
    }
}

fn texts(map: &Map, key: &str) -> BTreeMap<String, String> {
    let entries = map.get(key).and_then(Node::as_map).into_iter().flatten();
    entries.map(|(key, node)| (key.clone(), text_of(node).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn found(text: &str) -> Result<Vec<String>, String> {
        let root = yaml::read("x.yaml", text).unwrap().remove(0);
        let objects = objects(&root).map_err(|error| error.to_string())?;
        Ok(objects
            .iter()
            .map(|o| format!("{} {:?} {}", o.identity, o.items, o.identity.api_version()))
            .collect())
    }

    #[test]
    fn a_document_is_an_object() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: b}\n";
        assert_eq!(found(text).unwrap(), ["Deployment b/a [] apps/v1"]);
    }

    #[test]
    fn a_list_holds_objects_and_says_what_they_are() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
                    - apiVersion: apps/v1\n  kind: DeploymentList\n  items: [{metadata: {name: b}}]\n";
        assert_eq!(found(text).unwrap(), ["Pod a [0] v1", "Deployment b [1, 0] apps/v1"]);
    }

    #[test]
    fn a_kind_that_ends_in_list_may_be_an_object() {
        let text = "apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nitems: []\n";
        assert_eq!(found(text).unwrap(), ["AllowList a [] x/v1"]);
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (text, expected) in [
            ("- a\n", "x.yaml:1:1: not a Kubernetes object: it is a list, not a mapping"),
            ("a: 1\n", "x.yaml:1:1: not a Kubernetes object: it has no `kind`"),
            ("kind: A\n", "x.yaml:1:1: not a Kubernetes object: it has no `apiVersion`"),
            (
                "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1}\n",
                "x.yaml:4:3: not a Kubernetes object: it has no `kind`",
            ),
        ] {
            assert_eq!(found(text).unwrap_err(), expected);
        }
    }
}
