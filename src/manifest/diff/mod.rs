//! What differs between two sets of manifests: by object and path, not by line.
//!
//! Objects are the same by group, kind, namespace and name; of each pair the trees are compared. The result is printed
//! while it is found, so that never more than one pair of trees is held. Printing is for the [`Format`]s, colors are the
//! caller's choice, and so are exit codes.

mod align;
mod compare;
mod json;
mod lines;
mod mask;
mod patches;
mod path;
mod side;
mod text;

use std::collections::HashMap;

use serde_json::Value as Json;

use self::compare::{Difference, compare};
use self::side::{Key, Known, Side};
use super::{Chunk, Identity, Manifests, StreamError};
use crate::yaml::Place;

/// How differences are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people; nothing at all when nothing differs.
    Text {
        /// With the escape codes of terminals.
        color: bool,
    },
    /// For programs:
    ///
    /// ```json
    /// {
    ///   "objects": [
    ///     {
    ///       "change": "changed",
    ///       "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "spark", "name": "x",
    ///       "before": "a.yaml:3:1", "after": "b.yaml:3:1",
    ///       "changes": [
    ///         {"change": "changed", "path": "/spec/replicas", "before": 1, "after": 2}
    ///       ]
    ///     }
    ///   ],
    ///   "summary": {"changed": 1, "added": 0, "removed": 0, "same": 7}
    /// }
    /// ```
    ///
    /// An object is `changed`, `added` (without `before`) or `removed` (without `after`); only a changed one has
    /// `changes`. A change is `changed`, `added`, `removed`, or `reordered`: then `before` and `after` are what names
    /// the items that both lists have, in the order of each. Paths are those of patches; an item that has
    /// but a number has that of the second side, a removed one that of the first. `group` is empty for the core
    /// group, `namespace` null where the object names none. What a Secret holds is the text `(masked, 12 bytes)`.
    Json,
    /// A patch file that makes the first side's objects into the second side's. What a patch cannot say is a warning.
    Patch,
}

/// What is compared, and how it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// How to print.
    pub format: Format,
    /// Where objects are that name no namespace. Whether one names it then makes no difference.
    pub namespace: Option<&'a str>,
    /// The first side is what `helm get manifest` prints: it has no hooks, so those of the second are left out; and it
    /// is never empty.
    pub release: bool,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What to print.
    pub output: String,
    /// What the user should know besides.
    pub warnings: Vec<String>,
    /// How many objects differ.
    pub counts: Counts,
}

/// Numbers of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// On both sides, and different.
    pub changed: usize,
    /// Only on the second side.
    pub added: usize,
    /// Only on the first side.
    pub removed: usize,
    /// On both sides, and the same.
    pub same: usize,
}

impl Counts {
    /// Whether anything differs.
    #[must_use]
    pub fn differ(&self) -> bool {
        let Self { changed, added, removed, same: _ } = *self;
        changed + added + removed > 0
    }
}

/// Why manifests cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A side cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// There is no release.
    #[error("{0}: there is no manifest of a release; hint: `helm get manifest` may have failed")]
    NoRelease(String),
    /// An object that was read cannot be read a second time.
    #[error("{place}: cannot be read again: {what}")]
    Again {
        /// The object.
        place: Place,
        /// What is wrong.
        what: String,
    },
}

/// An object of a comparison.
struct Subject<'a> {
    identity: &'a Identity,
    /// Where it is on the first side.
    before: Option<&'a Place>,
    /// Where it is on the second side.
    after: Option<&'a Place>,
}

/// Two trees of an object, secrets masked, and how they differ.
struct Changed<'a> {
    /// What it is on the first side.
    target: &'a Identity,
    before: &'a Json,
    after: &'a Json,
    difference: Difference<'a>,
    /// How many objects of the first side are called so.
    alike: usize,
}

/// Takes what differs, one object after the other.
trait Report {
    fn changed(&mut self, subject: &Subject<'_>, changed: &Changed<'_>);
    fn added(&mut self, subject: &Subject<'_>);
    fn removed(&mut self, subject: &Subject<'_>);
    /// What was printed, and warnings.
    fn finish(self: Box<Self>, counts: Counts) -> (String, Vec<String>);
}

/// Compares manifests.
///
/// # Errors
/// [`DiffError`]; the first side is read first.
pub fn diff(before: &[Manifests], after: &[Manifests], options: &Options<'_>) -> Result<Outcome, DiffError> {
    let wanted = |identity: &Identity| !(options.release && identity.is_hook());
    let side = Side::read(before, options.namespace, wanted)?;
    if options.release && side.slots.is_empty() {
        let names: Vec<&str> = before.iter().map(|source| &*source.name).collect();
        return Err(DiffError::NoRelease(names.join(", ")));
    }
    let report: Box<dyn Report> = match options.format {
        Format::Text { color } => Box::new(text::Text::new(color)),
        Format::Json => Box::new(json::Objects::default()),
        Format::Patch => Box::new(patches::Patches::default()),
    };
    let mut run = Run { options, side, report, counts: Counts::default(), warnings: Vec::new() };
    run.warn_of_duplicates();
    for source in after {
        for chunk in source.chunks() {
            if let Some((identity, place)) = run.side.same_text(source, chunk) {
                let tree =
                    || Ok(source.read(chunk)?.map(|content| content.root.to_json()).unwrap_or_default());
                run.second(&identity, &place, Some(chunk), tree)?;
                continue;
            }
            let Some(content) = source.read(chunk)? else { continue };
            for object in content.objects.iter().filter(|object| wanted(&object.identity)) {
                let tree = || Ok(side::item(&content.root, &object.items).to_json());
                run.second(&object.identity, &object.place, None, tree)?;
            }
        }
    }
    Ok(run.finish())
}

struct Run<'a> {
    options: &'a Options<'a>,
    side: Side<'a>,
    report: Box<dyn Report>,
    counts: Counts,
    warnings: Vec<String>,
}

impl Run<'_> {
    /// Takes the next object of the second side. `chunk`: it is a document that the first side has too, byte for byte.
    fn second(
        &mut self,
        identity: &Identity,
        place: &Place,
        chunk: Option<Chunk<'_>>,
        tree: impl FnOnce() -> Result<Json, DiffError>,
    ) -> Result<(), DiffError> {
        let slot = self.side.slots.entry(Key::of(identity, self.options.namespace)).or_default();
        if let Some(before) = slot.last.replace(place.clone()) {
            self.warnings.push(duplicate(identity, place, &before));
        }
        slot.seen += 1;
        let Some(known) = slot.before.get(slot.seen - 1) else {
            self.counts.added += 1;
            self.report.added(&Subject { identity, before: None, after: Some(place) });
            return Ok(());
        };
        if chunk.is_some_and(|chunk| known.chunk().is_some_and(|known| known.text == chunk.text)) {
            self.counts.same += 1;
            return Ok(());
        }
        let (mut old, mut new) = (known.tree()?, tree()?);
        if identity.is_secret() {
            mask::mask(&mut old, &mut new);
        }
        // Under one key, one of the two names the namespace that the other is in.
        let named = match (&known.identity.namespace, &identity.namespace) {
            (Some(_), None) => Some((&mut old, &known.identity)),
            (None, Some(_)) => Some((&mut new, identity)),
            _ => None,
        };
        let identity = named.as_ref().map_or(identity, |(_, identity)| identity);
        if let Some(metadata) = named.and_then(|(tree, _)| tree.get_mut("metadata")?.as_object_mut()) {
            metadata.shift_remove("namespace");
        }
        let Some(difference) = compare(&old, &new) else {
            self.counts.same += 1;
            return Ok(());
        };
        self.counts.changed += 1;
        let subject = Subject { identity, before: Some(&known.place), after: Some(place) };
        let alike = slot.before.len();
        let changed = Changed { target: &known.identity, before: &old, after: &new, difference, alike };
        self.report.changed(&subject, &changed);
        Ok(())
    }

    fn finish(mut self) -> Outcome {
        let removed = self.side.slots.values().flat_map(|slot| slot.before.iter().skip(slot.seen));
        for Known { identity, place, .. } in removed {
            self.counts.removed += 1;
            self.report.removed(&Subject { identity, before: Some(place), after: None });
        }
        self.warn_of_namespace();
        let (output, more) = self.report.finish(self.counts);
        self.warnings.extend(more);
        let warnings = self.warnings.iter().map(|warning| lines::visible(warning).into_owned()).collect();
        Outcome { output, warnings, counts: self.counts }
    }

    fn warn_of_duplicates(&mut self) {
        for slot in self.side.slots.values() {
            let pairs = slot.before.iter().zip(slot.before.iter().skip(1));
            self.warnings.extend(pairs.map(|(one, two)| duplicate(&two.identity, &two.place, &one.place)));
        }
    }

    /// What one side puts into a namespace and the other leaves to `kubectl -n` is not found as the same object.
    fn warn_of_namespace(&mut self) {
        if self.options.namespace.is_some() {
            return;
        }
        let slots = &self.side.slots;
        let removed = slots.iter().filter(|(_, slot)| slot.before.len() > slot.seen).map(|(key, _)| key);
        let added: HashMap<_, _> = slots
            .iter()
            .filter(|(_, slot)| slot.seen > slot.before.len())
            .map(|(key, _)| ((&key.group, &key.kind, &key.name), &key.namespace))
            .collect();
        let pairs = removed.filter_map(|key| {
            let other = *added.get(&(&key.group, &key.kind, &key.name))?;
            match (key.namespace.as_str(), other.as_str()) {
                ("", namespace) | (namespace, "") => Some(namespace),
                _ => None,
            }
        });
        let namespaces: Vec<&str> = pairs.collect();
        let Some(namespace) = namespaces.first() else { return };
        let (objects, them) = match namespaces.iter().filter(|other| *other == namespace).count() {
            1 => ("1 object is".to_owned(), "it"),
            number => (format!("{number} objects are"), "them"),
        };
        self.warnings.push(format!(
            "{objects} on both sides, but only one side names the namespace; --namespace {namespace} matches {them}"
        ));
    }
}

fn duplicate(identity: &Identity, place: &Place, before: &Place) -> String {
    format!("{place}: {identity} is already at {before}; objects of one name are compared in their order")
}
