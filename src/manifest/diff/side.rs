//! The first side of a comparison: every object under what it is, and where its text can be read again. Trees are not
//! kept: they are many times as large as their texts.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::DiffError;
use crate::manifest::{Chunk, Content, Identity, Manifests, StreamError};
use crate::yaml::{Node, Place};

/// What makes two objects the same one. The version of the API is no part of it: the API server converts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) group: String,
    pub(super) kind: String,
    /// Empty for none.
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    /// The key of an object; one that names no namespace is in `namespace`.
    pub(super) fn of(identity: &Identity, namespace: Option<&str>) -> Self {
        Self {
            group: identity.group.clone(),
            kind: identity.kind.clone(),
            namespace: identity.namespace.as_deref().or(namespace).unwrap_or_default().to_owned(),
            name: identity.name.clone(),
        }
    }
}

/// An object that was found.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// What it is, without labels and annotations.
    pub(super) identity: Identity,
    /// Where it begins.
    pub(super) place: Place,
    text: Text<'a>,
}

/// Where an object is read again.
#[derive(Debug)]
enum Text<'a> {
    /// A document of its own.
    Chunk(&'a Manifests, Chunk<'a>),
    /// As JSON: the document holds others too, and is not read once for each of them.
    Json(String),
}

impl Known<'_> {
    pub(super) fn tree(&self) -> Result<Json, DiffError> {
        match &self.text {
            Text::Chunk(source, chunk) => {
                Ok(source.read(*chunk)?.map(|content| content.root.to_json()).unwrap_or_default())
            }
            Text::Json(text) => {
                let mut reader = serde_json::Deserializer::from_str(text);
                // What was written was read before, within the reader's limits.
                reader.disable_recursion_limit();
                serde::Deserialize::deserialize(&mut reader)
                    .map_err(|error| DiffError::Again { place: self.place.clone(), what: error.to_string() })
            }
        }
    }

    /// The text, if the object has a document of its own.
    pub(super) fn chunk(&self) -> Option<Chunk<'_>> {
        match &self.text {
            Text::Chunk(_, chunk) => Some(*chunk),
            Text::Json(_) => None,
        }
    }
}

/// What is known under one key.
#[derive(Debug, Default)]
pub(super) struct Slot<'a> {
    /// The objects of the first side.
    pub(super) before: Vec<Known<'a>>,
    /// How many the second side had so far, and where the last of them is.
    pub(super) seen: usize,
    pub(super) last: Option<Place>,
}

/// The first side.
#[derive(Debug, Default)]
pub(super) struct Side<'a> {
    pub(super) slots: IndexMap<Key, Slot<'a>>,
    /// Documents by their text: the slot, and which object of it.
    texts: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Side<'a> {
    /// Reads everything. `wanted` says which objects count.
    pub(super) fn read(
        manifests: &'a [Manifests],
        namespace: Option<&str>,
        wanted: impl Fn(&Identity) -> bool,
    ) -> Result<Self, StreamError> {
        let mut side = Self::default();
        for source in manifests {
            for chunk in source.chunks() {
                let Some(content) = source.read(chunk)? else { continue };
                let alone = is_alone(&content);
                for object in content.objects {
                    if !wanted(&object.identity) {
                        continue;
                    }
                    let text = if alone {
                        Text::Chunk(source, chunk)
                    } else {
                        Text::Json(item(&content.root, &object.items).to_json().to_string())
                    };
                    let identity = Identity {
                        labels: BTreeMap::default(),
                        annotations: BTreeMap::default(),
                        ..object.identity
                    };
                    let entry = side.slots.entry(Key::of(&identity, namespace));
                    let index = entry.index();
                    let slot = entry.or_default();
                    if alone {
                        side.texts.insert(chunk.text, (index, slot.before.len()));
                    }
                    slot.before.push(Known { identity, place: object.place, text });
                }
            }
        }
        Ok(side)
    }

    /// What a document is that this side has too, byte for byte, and where it begins there.
    pub(super) fn same_text(&self, source: &Manifests, chunk: Chunk<'_>) -> Option<(Identity, Place)> {
        let (slot, position) = *self.texts.get(chunk.text)?;
        let known = self.slots.get_index(slot)?.1.before.get(position)?;
        let before = known.chunk()?.lines_before;
        let line = known.place.line - before + chunk.lines_before;
        let place = Place { source: source.name.clone(), line, column: known.place.column };
        Some((known.identity.clone(), place))
    }
}

/// Whether a document is one object, and not a list of them.
pub(super) fn is_alone(content: &Content) -> bool {
    matches!(content.objects.as_slice(), [object] if object.items.is_empty())
}

/// The object in a document, through the items of lists.
pub(super) fn item<'n>(root: &'n Node, items: &[usize]) -> &'n Node {
    items.iter().fold(root, |at, index| {
        let index = index.to_string();
        at.find(["items", index.as_str()]).unwrap_or(at)
    })
}
