//! Why manifests were not patched: which patch, which object, where, and what to do.

use std::fmt;

use thiserror::Error;

use super::{Expect, Why};
use crate::manifest::StreamError;
use crate::yaml::{DuplicateKey, Place};

/// A patch on an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The patch: its place, number and description.
    pub patch: String,
    /// The object.
    pub object: String,
    /// Where the object is.
    pub place: Place,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { patch, object, place } = self;
        write!(f, "{patch}: {object} ({place})")
    }
}

/// Why manifests were not patched.
#[derive(Debug, Error)]
pub enum PatchError {
    /// They cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// There is nothing to patch at all.
    #[error("{name}: there is no document; hint: {hint}")]
    Empty {
        /// The source.
        name: String,
        /// How that comes about.
        hint: &'static str,
    },
    /// A document that is to be printed anew has a key twice, and one of the two would be lost.
    #[error(
        "{at}: the key {:?} at {} is already at {}; hint: remove one of the two, a touched document is printed anew",
        twice.key, twice.place, twice.before
    )]
    DuplicateKey {
        /// The patch and the object.
        at: Box<At>,
        /// The key.
        twice: Box<DuplicateKey>,
    },
    /// An operation failed.
    #[error("{at}: operation {index}, {operation}: {why}")]
    Operation {
        /// The patch and the object.
        at: Box<At>,
        /// Which operation, from 1.
        index: usize,
        /// Its name and path.
        operation: String,
        /// What is wrong.
        why: Box<Why>,
    },
    /// What came out is no object.
    #[error("{at} would no longer be a Kubernetes object: {what}")]
    NoObject {
        /// The patch and the object.
        at: Box<At>,
        /// What it lacks.
        what: String,
    },
    /// Applied twice, the patch would do something else, and not say so.
    #[error(
        "{at}: applied twice it would change {path} again; hint: name the item ([name=x], [=x]) instead of \
         counting, or begin with a `test` operation"
    )]
    NotIdempotent {
        /// The patch, or the first one of those that are so together; and the object.
        at: Box<At>,
        /// The first path that differs.
        path: String,
    },
    /// What came out cannot be written so that it is read back the same.
    #[error("{at} cannot be written as YAML: {what}")]
    Unwritable {
        /// The first patch, and the object.
        at: Box<At>,
        /// What YAML loses.
        what: String,
    },
    /// A patch matched fewer or more objects than it expects.
    #[error(transparent)]
    Expectation(Box<Expectation>),
}

/// A patch that matched fewer or more objects than it expects.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Expectation {
    /// The patch.
    pub patch: String,
    /// What it is for.
    pub target: String,
    /// How many it wants.
    pub expected: Expect,
    /// How many it found.
    pub found: usize,
    /// The first ones it found.
    pub objects: Vec<String>,
    /// Of too few: those that came nearest.
    pub nearest: Vec<String>,
    /// What the stream does not hold and Helm may have given elsewhere: hooks, or manifests.
    pub absent: Option<&'static str>,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { patch, target, expected, found, objects, nearest, absent } = self;
        write!(f, "{patch}: expected {expected}, but ")?;
        match found {
            0 => write!(f, "nothing matches {target}")?,
            1 => write!(f, "1 object matches {target}")?,
            n => write!(f, "{n} objects match {target}")?,
        }
        if !objects.is_empty() {
            f.write_str(":")?;
        }
        for object in objects {
            write!(f, "\n  {object}")?;
        }
        if *found > objects.len() {
            write!(f, "\n  and {} more", found - objects.len())?;
        }
        if !nearest.is_empty() {
            f.write_str(if *found == 0 { "; nearest:" } else { "\nnearest of the others:" })?;
        }
        for object in nearest {
            write!(f, "\n  {object}")?;
        }
        if let Some(side) = absent {
            write!(f, "\nHelm handed over no {side} here")?;
        }
        f.write_str(match found {
            0 if absent == &Some("hooks") => {
                "\nhint: correct the target; for a hook, write `hook: true` in it"
            }
            0 => "\nhint: correct the target; `expect: any` lets a patch match nothing",
            _ => {
                "\nhint: correct the target, or say in `expect` how many are meant: `some`, `any` or a number"
            }
        })
    }
}
