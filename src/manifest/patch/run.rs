//! Patches over manifests: documents in order, in each object every patch that is for it, then the counts.
//!
//! Nothing is given back unless every patch could be applied and matched what it expects.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::error::{At, Expectation, PatchError};
use super::object::{self, Failed};
use super::{Change, Expect, IfPresent, Operation, Patch, nearest, written};
use crate::manifest::{Chunk, Identity, Manifests};
use crate::yaml::{DuplicateKey, Node, Place};

/// Which objects the manifests can hold, so that it is known what a patch without a match means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// All there are: every expectation counts.
    #[default]
    All,
    /// What Helm hands to a post-renderer: perhaps only hooks, or no hooks. A patch for hooks counts where there are
    /// hooks, any other where there are manifests.
    Stream,
}

/// Manifests after the patches.
#[derive(Debug)]
pub struct Patched<'a> {
    /// Of each source the texts that make it up, untouched ones borrowed.
    pub texts: Vec<Vec<Cow<'a, str>>>,
    /// What the user should know although it is no error.
    pub warnings: Vec<String>,
}

/// What one patch has found so far.
#[derive(Default)]
struct Matches {
    count: usize,
    /// The first few.
    objects: Vec<String>,
}

/// How many matches of a patch are told.
const MOST: usize = 5;

struct Run<'p> {
    patches: &'p [Patch],
    matches: Vec<Matches>,
    hooks: bool,
    manifests: bool,
}

/// An object that is being patched.
struct Subject<'a> {
    identity: &'a Identity,
    place: &'a Place,
    duplicate_keys: &'a [DuplicateKey],
}

/// Applies the patches, in order, to every object that they are for.
///
/// # Errors
/// [`PatchError`]: of the objects the first in the manifests, then of the expectations the first in the patches.
pub fn apply<'a>(
    patches: &[Patch],
    manifests: &'a [Manifests],
    sides: Sides,
) -> Result<Patched<'a>, PatchError> {
    let matches = patches.iter().map(|_| Matches::default()).collect();
    let mut run = Run { patches, matches, hooks: false, manifests: false };
    let mut texts = Vec::new();
    for source in manifests {
        if source.text.trim().is_empty() {
            return Err(PatchError::Empty(source.name.to_string()));
        }
        let chunks = source.chunks().map(|chunk| run.document(source, chunk));
        texts.push(joined(source, chunks)?);
    }
    let warnings = run.expectations(manifests, sides)?;
    Ok(Patched { texts, warnings })
}

/// The texts of a source: touched documents, and in one piece what stands between them.
fn joined(
    source: &Manifests,
    chunks: impl Iterator<Item = Result<Option<String>, PatchError>>,
) -> Result<Vec<Cow<'_, str>>, PatchError> {
    let mut texts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for (chunk, patched) in source.chunks().zip(chunks) {
        if let Some(text) = patched? {
            texts.push(Cow::Borrowed(&source.text[start..end]));
            texts.push(Cow::Owned(text));
            start = end + chunk.text.len();
        }
        end += chunk.text.len();
    }
    texts.push(Cow::Borrowed(&source.text[start..end]));
    texts.retain(|text| !text.is_empty());
    Ok(texts)
}

impl Run<'_> {
    /// The new text of a document, if a patch changes it.
    fn document(&mut self, source: &Manifests, chunk: Chunk<'_>) -> Result<Option<String>, PatchError> {
        let Some(content) = source.read(chunk)? else { return Ok(None) };
        let mut root: Option<Json> = None;
        let mut first_patch = None;
        for object in &content.objects {
            let side = if object.identity.is_hook() { &mut self.hooks } else { &mut self.manifests };
            *side = true;
            if !self.patches.iter().any(|patch| patch.target.matches(&object.identity)) {
                continue;
            }
            let root = root.get_or_insert_with(|| content.root.to_json());
            let Some(json) = item(root, &object.items) else { continue };
            let subject = Subject {
                identity: &object.identity,
                place: &object.place,
                duplicate_keys: &content.duplicate_keys,
            };
            if let Some(patch) = self.object(json, &subject)? {
                first_patch.get_or_insert((patch, object));
            }
        }
        let (Some(root), Some((patch, object))) = (root, first_patch) else { return Ok(None) };
        let text = written::document(source, chunk, &root).ok_or_else(|| {
            let at = Box::new(At {
                patch: self.name(patch),
                object: object.identity.to_string(),
                place: object.place.clone(),
            });
            PatchError::Unwritable { at, what: written::lost_character(&root) }
        })?;
        Ok(Some(text))
    }

    /// Patches one object in place. Returns the first patch that is for it, if it is another object now.
    fn object(&mut self, json: &mut Json, subject: &Subject<'_>) -> Result<Option<usize>, PatchError> {
        let before = json.clone();
        let helm_file = take_helm_file(json);
        let mut identity = Cow::Borrowed(subject.identity);
        let mut applied = Vec::new();
        for (index, patch) in self.patches.iter().enumerate() {
            if !patch.target.matches(&identity) {
                continue;
            }
            self.found(index, subject);
            if let Some(twice) = subject.duplicate_keys.first() {
                let twice = Box::new(twice.clone());
                return Err(PatchError::DuplicateKey { at: self.at(index, subject).into(), twice });
            }
            identity = Cow::Owned(self.change(index, json, subject)?);
            applied.push(index);
        }
        self.check_idempotent(json, &applied, subject)?;
        if let Some(file) = helm_file {
            put_helm_file(json, &file);
        }
        Ok((*json != before).then(|| applied.first().copied()).flatten())
    }

    /// One patch on one object; what the object is then.
    fn change(&self, index: usize, json: &mut Json, subject: &Subject<'_>) -> Result<Identity, PatchError> {
        let Some(patch) = self.patches.get(index) else { return Ok(subject.identity.clone()) };
        object::change(json, &patch.change, subject.identity.is_secret()).map_err(|failed| {
            let Failed { operation, why } = failed;
            let shown = match &patch.change {
                Change::Operations(all) => all.get(operation).map(Operation::to_string).unwrap_or_default(),
                Change::Merge(_) => String::new(),
            };
            let (at, index, why) = (self.at(index, subject).into(), operation + 1, Box::new(why));
            PatchError::Operation { at, index, operation: shown, why }
        })?;
        let node = Node::from_json(json, subject.place);
        Identity::of(&node).map_err(|what| PatchError::NoObject { at: self.at(index, subject).into(), what })
    }

    /// Applies the same patches once more: they must change nothing then, or fail.
    fn check_idempotent(
        &self,
        json: &Json,
        applied: &[usize],
        subject: &Subject<'_>,
    ) -> Result<(), PatchError> {
        let adds_again = |patch: &Patch| match &patch.change {
            Change::Operations(all) => all
                .iter()
                .any(|operation| matches!(operation, Operation::Add { if_present: IfPresent::Add, .. })),
            Change::Merge(_) => false,
        };
        if applied.iter().filter_map(|index| self.patches.get(*index)).any(adds_again) {
            return Ok(());
        }
        let mut again = json.clone();
        let mut first = None;
        for index in applied {
            let before = again.clone();
            if self.change(*index, &mut again, subject).is_err() {
                return Ok(());
            }
            if again != before {
                first.get_or_insert(*index);
            }
        }
        match (first, difference(json, &again)) {
            (Some(index), Some(path)) => {
                Err(PatchError::NotIdempotent { at: self.at(index, subject).into(), path })
            }
            _ => Ok(()),
        }
    }

    fn found(&mut self, index: usize, subject: &Subject<'_>) {
        let Some(matches) = self.matches.get_mut(index) else { return };
        matches.count += 1;
        if matches.objects.len() < MOST {
            matches.objects.push(format!("{} ({})", subject.identity, subject.place));
        }
    }

    /// Compares what was found with what is expected. Returns warnings.
    fn expectations(self, manifests: &[Manifests], sides: Sides) -> Result<Vec<String>, PatchError> {
        let mut warnings = Vec::new();
        for (index, (patch, matches)) in self.patches.iter().zip(&self.matches).enumerate() {
            let Matches { count, objects } = matches;
            if patch.expect.admits(*count) {
                continue;
            }
            let for_hooks = patch.target.hook == Some(true);
            let here = if for_hooks { self.hooks } else { self.manifests };
            if sides == Sides::Stream && *count == 0 && !here {
                let side = if for_hooks { "hooks" } else { "manifests" };
                let name = self.name(index);
                warnings.push(format!("{name}: not counted: Helm handed over no {side} here"));
                continue;
            }
            let too_few = match patch.expect {
                Expect::Exactly(n) => *count < n as usize,
                _ => *count == 0,
            };
            return Err(PatchError::Expectation(Box::new(Expectation {
                patch: self.name(index),
                target: patch.target.to_string(),
                expected: patch.expect,
                found: *count,
                objects: objects.clone(),
                nearest: if too_few { nearest::nearest(&patch.target, manifests) } else { Vec::new() },
            })));
        }
        Ok(warnings)
    }

    fn at(&self, index: usize, subject: &Subject<'_>) -> At {
        let (object, place) = (subject.identity.to_string(), subject.place.clone());
        At { patch: self.name(index), object, place }
    }

    /// The patch as errors name it: its place, or its number; and its description.
    fn name(&self, index: usize) -> String {
        let patch = self.patches.get(index);
        let number = match patch.and_then(|patch| patch.place.as_ref()) {
            Some(place) => format!("{place}: patch {}", index + 1),
            None => format!("patch {}", index + 1),
        };
        match patch.and_then(|patch| patch.description.as_ref()) {
            Some(description) => format!("{number} ({})", description.trim()),
            None => number,
        }
    }
}

/// The object in a document, through the items of lists.
fn item<'a>(root: &'a mut Json, items: &[usize]) -> Option<&'a mut Json> {
    items.iter().try_fold(root, |at, index| at.get_mut("items")?.get_mut(index))
}

/// The first path at which two values differ.
fn difference(one: &Json, two: &Json) -> Option<String> {
    if one == two {
        return None;
    }
    let below = match (one, two) {
        (Json::Object(one), Json::Object(two)) => {
            let keys = one.keys().chain(two.keys().filter(|key| !one.contains_key(*key)));
            keys.clone().find_map(|key| match (one.get(key), two.get(key)) {
                (Some(a), Some(b)) => difference(a, b).map(|rest| format!("/{key}{rest}")),
                _ => Some(format!("/{key}")),
            })
        }
        (Json::Array(one), Json::Array(two)) if one.len() == two.len() => {
            let pairs = one.iter().zip(two).enumerate();
            pairs.into_iter().find_map(|(i, (a, b))| difference(a, b).map(|rest| format!("/{i}{rest}")))
        }
        _ => None,
    };
    Some(below.unwrap_or_default())
}

/// Where Helm 4 writes which template an object came from. Patches do not see it: without Helm it is not there.
const HELM_FILE: &str = "postrenderer.helm.sh/postrender-filename";

fn take_helm_file(object: &mut Json) -> Option<Json> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let file = annotations.remove(HELM_FILE)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    Some(file)
}

fn put_helm_file(object: &mut Json, file: &Json) {
    json_patch::merge(object, &serde_json::json!({"metadata": {"annotations": {HELM_FILE: file}}}));
}
