//! Reads a patch file: a YAML list of patches, each key known, each error with its place and a hint.

use serde_json::Value as Json;
use thiserror::Error;

use super::{Change, Expect, IfPresent, Operation, Patch, Path, PathError, Pattern, PatternError};
use super::{Selector, SelectorError, Target};
use crate::manifest::object::described;
use crate::yaml::{self, Map, Node, Options, Place, ReadError, Value};

/// Why a patch file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// Not YAML.
    #[error(transparent)]
    Yaml(#[from] ReadError),
    /// Several YAML documents, or none.
    #[error("{place}: a patch file is one YAML list of patches, and this has {}", match found {
        0 => "no document; hint: `[]` is a file without patches".to_owned(),
        n => format!("{n} documents; hint: take out the `---` between them"),
    })]
    Documents {
        /// The file.
        place: Place,
        /// How many there are.
        found: usize,
    },
    /// A key written twice.
    #[error("{place}: the key {key:?} is already at {before}; hint: remove one of the two")]
    DuplicateKey {
        /// The second one.
        place: Place,
        /// The key.
        key: String,
        /// The first one.
        before: Place,
    },
    /// Another kind of value than is needed.
    #[error("{place}: {what} must be {wanted}, not {found}")]
    Type {
        /// The value.
        place: Place,
        /// What it is for.
        what: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A key that means nothing here.
    #[error("{place}: {section} has no key {key:?}; hint: {hint}")]
    UnknownKey {
        /// The key.
        place: Place,
        /// Where it stands.
        section: &'static str,
        /// The key.
        key: String,
        /// The nearest key, or all of them.
        hint: String,
    },
    /// A key that must be there.
    #[error("{place}: {section} has no `{key}`; hint: {hint}")]
    Missing {
        /// The section.
        place: Place,
        /// What lacks it.
        section: &'static str,
        /// The key.
        key: &'static str,
        /// What to write.
        hint: &'static str,
    },
    /// Both ways to change an object, or neither.
    #[error("{place}: a patch has either `operations` (RFC 6902) or `merge` (RFC 7396), {found}")]
    Change {
        /// The patch.
        place: Place,
        /// What it has.
        found: &'static str,
    },
    /// An operation that RFC 6902 does not have.
    #[error("{place}: there is no operation {name:?}; hint: {hint}")]
    Operation {
        /// The name.
        place: Place,
        /// What was written.
        name: String,
        /// The nearest one, or all of them.
        hint: String,
    },
    /// A word where others are expected.
    #[error("{place}: {what} must be {wanted}, not {found:?}")]
    Word {
        /// The value.
        place: Place,
        /// What it is for.
        what: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// A path that is none.
    #[error("{place}: {source}")]
    Path {
        /// The path.
        place: Place,
        /// What is wrong.
        source: PathError,
    },
    /// A glob or a regular expression that is none.
    #[error("{place}: {source}")]
    Pattern {
        /// The text.
        place: Place,
        /// What is wrong.
        source: PatternError,
    },
    /// A selector that is none.
    #[error("{place}: {source}")]
    Selector {
        /// The selector.
        place: Place,
        /// What is wrong.
        source: SelectorError,
    },
}

/// The patches of a file. `name` is what errors show.
///
/// # Errors
/// [`FileError`], the first one.
pub fn read_patches(name: &str, text: &str) -> Result<Vec<Patch>, FileError> {
    let options = Options { exact_integers: true, ..Options::default() };
    let documents = yaml::read_documents(&name.into(), text, options)?;
    if let Some(twice) = documents.duplicate_keys.into_iter().next() {
        let yaml::DuplicateKey { key, place, before } = twice;
        return Err(FileError::DuplicateKey { place, key, before });
    }
    let [root] = documents.roots.as_slice() else {
        return Err(FileError::Documents { place: Place::whole(name), found: documents.roots.len() });
    };
    list(root, "a patch file (each patch begins with `- `)")?.iter().map(patch).collect()
}

fn patch(node: &Node) -> Result<Patch, FileError> {
    const KEYS: &[&str] = &["description", "target", "expect", "operations", "merge"];
    let section = Section::of(node, "a patch", KEYS)?;
    let change = match (section.get("operations"), section.get("merge")) {
        (Some(operations), None) => Change::Operations(
            list(operations, "`operations`")?.iter().map(operation).collect::<Result<_, _>>()?,
        ),
        (None, Some(merge)) => match merge.to_json() {
            Json::Object(map) => Change::Merge(map),
            _ => return Err(wrong(merge, "`merge`", "a mapping")),
        },
        (Some(_), Some(_)) => return Err(section.change("and this has both")),
        (None, None) => return Err(section.change("and this has neither")),
    };
    Ok(Patch {
        description: section.get("description").map(|node| string(node, "`description`")).transpose()?,
        target: target(section.need("target", "say which objects: `target: {kind: Deployment, name: x}`")?)?,
        expect: section.get("expect").map(expect).transpose()?.unwrap_or_default(),
        change,
        place: Some(node.place.clone()),
    })
}

fn target(node: &Node) -> Result<Target, FileError> {
    const KEYS: &[&str] =
        &["kind", "group", "version", "name", "namespace", "labelSelector", "annotationSelector", "hook"];
    if let Some(version) = node.as_map().and_then(|map| map.get("apiVersion")) {
        let hint = "write its two parts: `group: apps` and `version: v1`".to_owned();
        let (place, key) = (version.place.clone(), "apiVersion".to_owned());
        return Err(FileError::UnknownKey { place, section: "a target", key, hint });
    }
    let section = Section::of(node, "a target", KEYS)?;
    let pattern = |key| section.get(key).map(|node| text_pattern(node, key)).transpose();
    let selector = |key: &str| {
        let Some(node) = section.get(key) else { return Ok(None) };
        let text = string(node, &format!("`{key}`"))?;
        Selector::parse(&text)
            .map(Some)
            .map_err(|source| FileError::Selector { place: node.place.clone(), source })
    };
    section.need("kind", "write `kind: Deployment`, or `kind: \"*\"` for every kind")?;
    Ok(Target {
        kind: pattern("kind")?.unwrap_or(Pattern::Glob("*".to_owned())),
        group: pattern("group")?,
        version: pattern("version")?,
        name: pattern("name")?,
        namespace: pattern("namespace")?,
        label_selector: selector("labelSelector")?,
        annotation_selector: selector("annotationSelector")?,
        hook: match section.get("hook") {
            None => None,
            Some(Node { value: Value::Bool(hook), .. }) => Some(*hook),
            Some(other) => return Err(wrong(other, "`hook`", "true (hooks only) or false (no hooks)")),
        },
    })
}

/// A glob as a text, or `{regex: …}`.
fn text_pattern(node: &Node, key: &str) -> Result<Pattern, FileError> {
    let refused = |source| FileError::Pattern { place: node.place.clone(), source };
    match &node.value {
        Value::Map(_) => {
            let section = Section::of(node, "a pattern", &["regex"])?;
            let regex = section.need("regex", "write `{regex: \"spark-.*\"}`, or a glob as a text")?;
            Pattern::regex(&string(regex, "`regex`")?).map_err(refused)
        }
        _ => Pattern::glob(&string(node, &format!("`{key}`"))?).map_err(refused),
    }
}

fn expect(node: &Node) -> Result<Expect, FileError> {
    const WANTED: &str = "`one`, `some`, `any` or a number";
    match &node.value {
        Value::Str(text) => match text.as_str() {
            "one" => Ok(Expect::One),
            "some" => Ok(Expect::Some),
            "any" => Ok(Expect::Any),
            _ => Err(word(node, "`expect`", WANTED, text)),
        },
        Value::Int(n) => {
            u32::try_from(*n).map(Expect::Exactly).map_err(|_| word(node, "`expect`", WANTED, &n.to_string()))
        }
        _ => Err(wrong(node, "`expect`", WANTED)),
    }
}

fn operation(node: &Node) -> Result<Operation, FileError> {
    const KEYS: &[&str] = &["op", "path", "from", "value", "ifPresent"];
    let section = Section::of(node, "an operation", KEYS)?;
    let op = section.need("op", "one of add, remove, replace, move, copy, test")?;
    let name = string(op, "`op`")?;
    let path = |key: &'static str, hint| {
        let node = section.need(key, hint)?;
        let text = string(node, &format!("`{key}`"))?;
        Path::parse(&text).map_err(|source| FileError::Path { place: node.place.clone(), source })
    };
    let to = || path("path", "such as /spec/replicas, or /spec/template/spec/containers[name=x]/args/-");
    let from = || path("from", "the path of what is moved or copied");
    let value =
        || section.need("value", "the value to add, to put there, or to find there").map(Node::to_json);
    let if_present = || section.get("ifPresent").map(if_present).transpose().map(Option::unwrap_or_default);
    let (operation, keys): (_, &[&str]) = match name.as_str() {
        "add" => (
            Operation::Add { path: to()?, value: value()?, if_present: if_present()? },
            &["op", "path", "value", "ifPresent"],
        ),
        "remove" => (Operation::Remove { path: to()? }, &["op", "path"]),
        "replace" => (Operation::Replace { path: to()?, value: value()? }, &["op", "path", "value"]),
        "move" => (
            Operation::Move { from: from()?, path: to()?, if_present: if_present()? },
            &["op", "from", "path", "ifPresent"],
        ),
        "copy" => (
            Operation::Copy { from: from()?, path: to()?, if_present: if_present()? },
            &["op", "from", "path", "ifPresent"],
        ),
        "test" => (Operation::Test { path: to()?, value: value()? }, &["op", "path", "value"]),
        _ => {
            let (place, hint) = (op.place.clone(), hint(&name, &Operation::NAMES));
            return Err(FileError::Operation { place, name, hint });
        }
    };
    // What this operation has no use for is a mistake about it.
    Section::of(node, "this operation", keys)?;
    Ok(operation)
}

fn if_present(node: &Node) -> Result<IfPresent, FileError> {
    let text = string(node, "`ifPresent`")?;
    match text.as_str() {
        "fail" => Ok(IfPresent::Fail),
        "skip" => Ok(IfPresent::Skip),
        "add" => Ok(IfPresent::Add),
        _ => Err(word(node, "`ifPresent`", "`fail`, `skip` or `add`", &text)),
    }
}

/// A mapping whose keys are known.
struct Section<'a> {
    map: &'a Map,
    place: &'a Place,
    name: &'static str,
}

impl<'a> Section<'a> {
    fn of(node: &'a Node, name: &'static str, keys: &[&str]) -> Result<Self, FileError> {
        let map = node.as_map().ok_or_else(|| wrong(node, name, "a mapping"))?;
        match map.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
            None => Ok(Self { map, place: &node.place, name }),
            Some((key, value)) => {
                let (place, hint) = (value.place.clone(), hint(key, keys));
                Err(FileError::UnknownKey { place, section: name, key: key.clone(), hint })
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'a Node> {
        self.map.get(key)
    }

    fn need(&self, key: &'static str, hint: &'static str) -> Result<&'a Node, FileError> {
        let missing = || FileError::Missing { place: self.place.clone(), section: self.name, key, hint };
        self.get(key).ok_or_else(missing)
    }

    fn change(&self, found: &'static str) -> FileError {
        FileError::Change { place: self.place.clone(), found }
    }
}

fn list<'a>(node: &'a Node, what: &str) -> Result<&'a [Node], FileError> {
    match &node.value {
        Value::Seq(items) => Ok(items),
        _ => Err(wrong(node, what, "a list")),
    }
}

fn string(node: &Node, what: &str) -> Result<String, FileError> {
    match &node.value {
        Value::Str(text) => Ok(text.clone()),
        _ => Err(wrong(node, what, "a text")),
    }
}

fn wrong(node: &Node, what: &str, wanted: &'static str) -> FileError {
    FileError::Type {
        place: node.place.clone(),
        what: what.to_owned(),
        wanted,
        found: described(&node.value),
    }
}

fn word(node: &Node, what: &str, wanted: &'static str, found: &str) -> FileError {
    FileError::Word { place: node.place.clone(), what: what.to_owned(), wanted, found: found.to_owned() }
}

/// The nearest of the names, or all of them.
fn hint(wrong: &str, names: &[&str]) -> String {
    let near = names.iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match near.filter(|(distance, name)| *distance <= 1 + name.len() / 4) {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("there is {}", names.join(", ")),
    }
}
