//! Patches over manifests: documents in order, in each object every patch that is for it, then the counts.
//!
//! Nothing is given back unless every patch could be applied and matched what it expects.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::error::{At, Expectation, PatchError};
use super::object::{self, Failed};
use super::{Change, Expect, IfPresent, Operation, Patch, Path, nearest, written};
use crate::manifest::{Chunk, Identity, Manifests};
use crate::yaml::{Node, Place};

/// Which objects the manifests can hold, so that it is known what a patch without a match means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// All there are: every expectation counts.
    #[default]
    All,
    /// What Helm hands to a post-renderer: perhaps only hooks, or no hooks. What is not there is not missed.
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
    if let (Some(first), true) =
        (manifests.first(), manifests.iter().all(|source| source.text.trim().is_empty()))
    {
        let hint = match sides {
            Sides::All => "what should have printed one may have failed",
            Sides::Stream => {
                "Helm 3 hands over nothing with --output-dir, and where a chart renders nothing but hooks"
            }
        };
        return Err(PatchError::Empty { name: first.name.to_string(), hint });
    }
    for source in manifests {
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
            let subject = Subject { identity: &object.identity, place: &object.place };
            if let Some(patch) = self.object(json, &subject)? {
                first_patch.get_or_insert((patch, subject));
            }
        }
        let (Some(root), Some((patch, subject))) = (root, first_patch) else { return Ok(None) };
        let at = || Box::new(self.at(patch, &subject));
        if let Some(twice) = content.duplicate_keys.first() {
            return Err(PatchError::DuplicateKey { at: at(), twice: Box::new(twice.clone()) });
        }
        let unwritable = || PatchError::Unwritable { at: at(), what: written::lost(&root) };
        written::document(source, chunk, &root).ok_or_else(unwritable).map(Some)
    }

    /// Patches one object in place. Returns the first patch that is for it, if it is another object now.
    fn object(&mut self, json: &mut Json, subject: &Subject<'_>) -> Result<Option<usize>, PatchError> {
        let before = json.clone();
        let aside = Aside::take(json, subject.identity);
        let applied = self.round(json, subject, |_| true)?;
        for (index, _) in &applied {
            self.found(*index, subject);
        }
        if applied.iter().any(|(_, changed)| *changed) {
            self.check_idempotent(json, subject)?;
        }
        aside.put_back(json);
        Ok(applied.first().filter(|_| *json != before).map(|(index, _)| *index))
    }

    /// Applies every patch that is for the object as it is by then: their indexes, and whether they changed it.
    fn round(
        &self,
        json: &mut Json,
        subject: &Subject<'_>,
        counts: impl Fn(&Patch) -> bool,
    ) -> Result<Vec<(usize, bool)>, PatchError> {
        let identity = |json: &Json| Identity::of(&Node::from_json(json, subject.place));
        let mut found = identity(json).unwrap_or_else(|_| subject.identity.clone());
        let mut applied = Vec::new();
        for (index, patch) in self.patches.iter().enumerate() {
            if !patch.target.matches(&found) || !counts(patch) {
                continue;
            }
            let before = json.clone();
            object::change(json, &patch.change, found.is_secret()).map_err(|failed| {
                let Failed { operation, why } = failed;
                let shown = match &patch.change {
                    Change::Operations(all) => {
                        all.get(operation).map(Operation::to_string).unwrap_or_default()
                    }
                    Change::Merge(_) => String::new(),
                };
                let (at, why) = (Box::new(self.at(index, subject)), Box::new(why));
                PatchError::Operation { at, index: operation + 1, operation: shown, why }
            })?;
            let changed = *json != before;
            if changed {
                let metadata = json.get("metadata").filter(|metadata| !metadata.is_object());
                found = match metadata {
                    Some(_) => Err("its `metadata` is no mapping".to_owned()),
                    None => identity(json),
                }
                .map_err(|what| PatchError::NoObject { at: Box::new(self.at(index, subject)), what })?;
            }
            applied.push((index, changed));
        }
        Ok(applied)
    }

    /// Applies the patches once more: they must change nothing then, or fail. Those that say that they add again do not
    /// take part.
    fn check_idempotent(&self, json: &Json, subject: &Subject<'_>) -> Result<(), PatchError> {
        let mut again = json.clone();
        let once = |patch: &Patch| match &patch.change {
            Change::Operations(all) => {
                !all.iter().any(|operation| operation.if_present() == Some(IfPresent::Add))
            }
            Change::Merge(_) => true,
        };
        let Ok(applied) = self.round(&mut again, subject, once) else { return Ok(()) };
        let first = applied.iter().find(|(_, changed)| *changed);
        match (first, difference(json, &again)) {
            (Some((index, _)), Some(path)) => {
                Err(PatchError::NotIdempotent { at: Box::new(self.at(*index, subject)), path })
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
        let absent = match (sides, self.hooks, self.manifests) {
            (Sides::Stream, false, true) => Some("hooks"),
            (Sides::Stream, true, false) => Some("manifests"),
            _ => None,
        };
        for (index, (patch, matches)) in self.patches.iter().zip(&self.matches).enumerate() {
            let Matches { count, objects } = matches;
            if patch.expect.admits(*count) {
                continue;
            }
            let too_few = match patch.expect {
                Expect::Exactly(n) => *count < n as usize,
                _ => *count == 0,
            };
            // A patch that does not say which side it is for is for manifests, unless it has found some of its objects.
            let elsewhere = match patch.target.hook {
                Some(hook) => absent == Some(if hook { "hooks" } else { "manifests" }),
                None => absent == Some("manifests") || absent.is_some() && *count > 0,
            };
            if too_few && elsewhere {
                let (name, side) = (self.name(index), absent.unwrap_or_default());
                warnings.push(format!("{name}: not counted: Helm handed over no {side} here"));
                continue;
            }
            return Err(PatchError::Expectation(Box::new(Expectation {
                patch: self.name(index),
                target: patch.target.to_string(),
                expected: patch.expect,
                found: *count,
                objects: objects.clone(),
                nearest: if too_few {
                    nearest::nearest(&patch.target, manifests, *count == 0)
                } else {
                    Vec::new()
                },
                absent: absent.filter(|_| too_few),
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
        let place = patch.and_then(|patch| patch.place.as_ref());
        let number = match place {
            None => format!("patch {}", index + 1),
            Some(place) => {
                let earlier = self.patches.iter().take(index).filter_map(|patch| patch.place.as_ref());
                let number = earlier.filter(|earlier| earlier.source == place.source).count() + 1;
                format!("{place}: patch {number}")
            }
        };
        match patch.and_then(|patch| patch.description.as_ref()) {
            Some(description) => {
                format!("{number} ({})", description.split_whitespace().collect::<Vec<_>>().join(" "))
            }
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
                (Some(a), Some(b)) => difference(a, b).map(|rest| Path::key(key) + &rest),
                _ => Some(Path::key(key)),
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

/// Where Helm 4 writes which template an object came from.
const HELM_FILE: &str = "postrenderer.helm.sh/postrender-filename";

/// What patches do not see, or see though it is not written.
struct Aside {
    /// Helm's note: without Helm it is not there.
    helm_file: Option<Json>,
    /// What an item of a typed list leaves to the list: key and value.
    completed: Vec<(&'static str, String)>,
}

impl Aside {
    fn take(object: &mut Json, identity: &Identity) -> Self {
        let mut completed = Vec::new();
        if let Some(map) = object.as_object_mut() {
            for (key, value) in [("apiVersion", identity.api_version()), ("kind", identity.kind.clone())] {
                if !map.contains_key(key) {
                    map.insert(key.to_owned(), Json::String(value.clone()));
                    completed.push((key, value));
                }
            }
        }
        Self { helm_file: take_helm_file(object), completed }
    }

    fn put_back(self, object: &mut Json) {
        if let Some(map) = object.as_object_mut() {
            for (key, value) in self.completed {
                if map.get(key).and_then(Json::as_str) == Some(&value) {
                    map.remove(key);
                }
            }
        }
        if let Some(file) = self.helm_file {
            let note = serde_json::json!({"metadata": {"annotations": {HELM_FILE: file}}});
            json_patch::merge(object, &note);
        }
    }
}

fn take_helm_file(object: &mut Json) -> Option<Json> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let file = annotations.remove(HELM_FILE)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    Some(file)
}
