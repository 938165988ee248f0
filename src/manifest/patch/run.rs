//! Patches over manifests: documents in order, in each object every patch that is for it, then the counts.
//!
//! Nothing is given back unless every patch could be applied and matched what it expects.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value as Json;
use thiserror::Error;

use super::object::{self, Failed};
use super::{Change, Expect, IfPresent, Operation, Patch, Why, nearest};
use crate::manifest::{Chunk, Identity, Manifests, StreamError};
use crate::yaml::{self, DuplicateKey, Node, Place};

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

/// Why manifests were not patched.
#[derive(Debug, Error)]
pub enum PatchError {
    /// They cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// There is nothing to patch at all.
    #[error("{0}: there is no document; hint: what should have printed one may have failed")]
    Empty(String),
    /// A document that is to be printed anew has a key twice, and one of the two would be lost.
    #[error(
        "{patch}: {object}: {place}: the key {key:?} is already at {before}; hint: remove one of the two, \
         a touched document is printed anew"
    )]
    DuplicateKey {
        /// The patch.
        patch: String,
        /// The object.
        object: String,
        /// The second one.
        place: Place,
        /// The key.
        key: String,
        /// The first one.
        before: Place,
    },
    /// An operation failed.
    #[error("{patch}: {object} ({place}): operation {index}, {operation}: {why}")]
    Operation {
        /// The patch.
        patch: String,
        /// The object.
        object: String,
        /// Where it is.
        place: Place,
        /// Which operation, from 1.
        index: usize,
        /// Its name and path.
        operation: String,
        /// What is wrong.
        why: Why,
    },
    /// What came out is no object.
    #[error("{patch}: {object} ({place}) would no longer be a Kubernetes object: {what}")]
    NoObject {
        /// The patch.
        patch: String,
        /// The object.
        object: String,
        /// Where it is.
        place: Place,
        /// What it lacks.
        what: String,
    },
    /// Applied twice, the patch would do something else, and not say so.
    #[error(
        "{patch}: {object} ({place}): applied twice it would change {at} again; hint: name the item \
         ([name=x], [=x]) instead of counting, or begin with a `test` operation"
    )]
    NotIdempotent {
        /// The patch, or the first one of those that are so together.
        patch: String,
        /// The object.
        object: String,
        /// Where it is.
        place: Place,
        /// The first path that differs.
        at: String,
    },
    /// What came out cannot be written so that it is read back the same.
    #[error(
        "{patch}: {object} ({place}) cannot be written as YAML: a text has a character that YAML loses ({what})"
    )]
    Unwritable {
        /// The first patch.
        patch: String,
        /// The object.
        object: String,
        /// Where it is.
        place: Place,
        /// The character.
        what: String,
    },
    /// A patch matched fewer or more objects than it expects.
    #[error("{patch}: expected {expected}, {}", Self::matched(*found, objects, nearest, target))]
    Expectation {
        /// The patch.
        patch: String,
        /// What it is for.
        target: String,
        /// How many it wants.
        expected: Expect,
        /// How many it found.
        found: usize,
        /// The first ones it found.
        objects: Vec<String>,
        /// Of too few: those that came nearest.
        nearest: Vec<String>,
    },
}

impl PatchError {
    fn matched(found: usize, objects: &[String], nearest: &[String], target: &str) -> String {
        let mut text = match found {
            0 => format!("but nothing matches {target}"),
            1 => format!("but 1 object matches {target}"),
            n => format!("but {n} objects match {target}"),
        };
        let mut list = |title: &str, lines: &[String], more: usize| {
            if !lines.is_empty() {
                let _ = write!(text, "{title}");
            }
            for line in lines {
                let _ = write!(text, "\n  {line}");
            }
            if more > 0 {
                let _ = write!(text, "\n  and {more} more");
            }
        };
        list(":", objects, found - objects.len());
        list(if found == 0 { "; nearest:" } else { "\nnearest of the others:" }, nearest, 0);
        text.push_str(match found {
            0 => "\nhint: correct the target; `expect: any` lets a patch match nothing",
            _ => {
                "\nhint: correct the target, or say in `expect` how many are meant: `some`, `any` or a number"
            }
        });
        text
    }
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
fn joined<'a>(
    source: &'a Manifests,
    chunks: impl Iterator<Item = Result<Option<String>, PatchError>>,
) -> Result<Vec<Cow<'a, str>>, PatchError> {
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
            if object.identity.is_hook() {
                self.hooks = true
            } else {
                self.manifests = true
            }
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
        let text = written(source, chunk, &root).ok_or_else(|| PatchError::Unwritable {
            patch: self.name(patch),
            object: object.identity.to_string(),
            place: object.place.clone(),
            what: unwritable(&root),
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
            if let Some(DuplicateKey { key, place, before }) = subject.duplicate_keys.first() {
                return Err(PatchError::DuplicateKey {
                    patch: self.name(index),
                    object: subject.identity.to_string(),
                    place: place.clone(),
                    key: key.clone(),
                    before: before.clone(),
                });
            }
            identity = Cow::Owned(self.change(index, json, subject)?);
            applied.push(index);
        }
        self.check_idempotent(json, &applied, subject)?;
        if let Some(file) = helm_file {
            put_helm_file(json, file);
        }
        Ok((*json != before).then(|| applied.first().copied()).flatten())
    }

    /// One patch on one object; what the object is then.
    fn change(&self, index: usize, json: &mut Json, subject: &Subject<'_>) -> Result<Identity, PatchError> {
        let Some(patch) = self.patches.get(index) else { return Ok(subject.identity.clone()) };
        let (name, object, place) = (self.name(index), subject.identity.to_string(), subject.place.clone());
        object::change(json, &patch.change, subject.identity.is_secret()).map_err(|failed| {
            let Failed { operation, why } = failed;
            let shown = match &patch.change {
                Change::Operations(all) => all.get(operation).map(Operation::to_string).unwrap_or_default(),
                Change::Merge(_) => String::new(),
            };
            let (patch, object, place) = (name.clone(), object.clone(), place.clone());
            PatchError::Operation { patch, object, place, index: operation + 1, operation: shown, why }
        })?;
        let node = Node::from_json(json, subject.place);
        Identity::of(&node).map_err(|what| PatchError::NoObject { patch: name, object, place, what })
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
            (Some(index), Some(at)) => Err(PatchError::NotIdempotent {
                patch: self.name(index),
                object: subject.identity.to_string(),
                place: subject.place.clone(),
                at,
            }),
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
            let too_few = !matches!(patch.expect, Expect::Exactly(n) if (n as usize) < *count)
                && !(patch.expect == Expect::One && *count > 1);
            return Err(PatchError::Expectation {
                patch: self.name(index),
                target: patch.target.to_string(),
                expected: patch.expect,
                found: *count,
                objects: objects.clone(),
                nearest: if too_few { nearest::nearest(&patch.target, manifests) } else { Vec::new() },
            });
        }
        Ok(warnings)
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

fn put_helm_file(object: &mut Json, file: Json) {
    json_patch::merge(object, &serde_json::json!({"metadata": {"annotations": {HELM_FILE: file}}}));
}

/// The document as text, in its frame; `None` if it would not be read back the same.
fn written(source: &Manifests, chunk: Chunk<'_>, root: &Json) -> Option<String> {
    let (head, tail) = chunk.frame();
    let mut text = head.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&yaml::to_yaml(root));
    if chunk.text.ends_with('\n') {
        text.push('\n');
    }
    if head.ends_with("\r\n") || chunk.text.split('\n').next().is_some_and(|line| line.ends_with('\r')) {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    text.push_str(tail);
    let written = Manifests { name: source.name.clone(), text };
    let mut chunks = written.chunks();
    let content = written.read(chunks.next()?).ok()??;
    (chunks.next().is_none() && content.root.to_json() == *root).then(|| written.text.clone())
}

/// The first character that YAML would lose, as it is named.
fn unwritable(root: &Json) -> String {
    let text = root.to_string();
    let lost = |c: &char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}')
    };
    match text.chars().find(lost) {
        Some(c) => format!("U+{:04X}", u32::from(c)),
        None => "a control character".to_owned(),
    }
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

/// A patch file with the keys of each patch in the order in which a person writes them.
pub(super) fn patch_file(patches: &[Patch]) -> String {
    let mut file = String::new();
    for patch in patches {
        let json = serde_json::to_value(patch).unwrap_or_default();
        let mut lines = Vec::new();
        for key in ["description", "target", "expect", "operations", "merge"] {
            if let Some(value) = json.get(key) {
                lines.push(yaml::to_yaml(&serde_json::json!({key: value})));
            }
        }
        for (number, line) in lines.join("\n").lines().enumerate() {
            // A blank line is part of a text, and needs no indentation.
            let start = if number == 0 {
                "- "
            } else if line.is_empty() {
                ""
            } else {
                "  "
            };
            let _ = writeln!(file, "{start}{line}");
        }
    }
    file
}
