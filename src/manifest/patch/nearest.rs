//! The objects that a target nearly matches: what a person who mistyped it wants to see.

use super::Target;
use crate::manifest::{Identity, Manifests};

/// How many are shown.
const MOST: usize = 3;

/// Descriptions of the objects that came nearest, the nearest first. `all`: also those that match, because they did
/// so only before other patches.
///
/// Reads the manifests once more: this is for errors, and nothing is kept for it before.
pub(super) fn nearest(target: &Target, manifests: &[Manifests], all: bool) -> Vec<String> {
    let mut found: Vec<((usize, usize), String)> = Vec::new();
    for source in manifests {
        for chunk in source.chunks() {
            let Ok(Some(content)) = source.read(chunk) else { continue };
            for object in &content.objects {
                let Some((score, text)) = missed(target, &object.identity, all) else { continue };
                let at = found.partition_point(|(other, _)| *other <= score);
                if at < MOST {
                    found.insert(at, (score, text));
                    found.truncate(MOST);
                }
            }
        }
    }
    found.into_iter().map(|(_, text)| text).collect()
}

/// How far an object is from the target (misses, then letters), and what is missed.
fn missed(target: &Target, object: &Identity, all: bool) -> Option<((usize, usize), String)> {
    let misses: Vec<_> = target.misses(object).collect();
    let letters = misses
        .iter()
        .map(|miss| strsim::damerau_levenshtein(&miss.wanted.to_lowercase(), &miss.found.to_lowercase()))
        .sum();
    let texts: Vec<_> = misses.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        return all.then(|| ((0, 0), format!("{object}: matched until a patch before this one changed it")));
    }
    Some(((misses.len(), letters), format!("{object}: {}", texts.join("; "))))
}
