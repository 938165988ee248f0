//! Typed patches: which objects, how many of them, and what to change.
//!
//! A patch file is a YAML list of [`Patch`]es, read by [`read_patches`]. [`apply`] runs them over manifests: documents
//! that no patch touches pass byte for byte, a touched one is printed anew. A patch that does not match what it expects,
//! or would do something else when applied twice, is an error. Choosing files and streams is the command line's.

mod decode;
mod error;
mod nearest;
mod object;
mod operation;
mod path;
mod run;
mod schema;
mod selector;
mod target;
mod written;
pub mod yq;

use serde::Serialize;

pub use decode::{FileError, read_patches};
pub use error::{At, Expectation, PatchError};
pub use object::Why;
pub use operation::{IfPresent, Operation};
pub use path::{Path, PathError};
pub use run::{Patched, Sides, apply};
pub use schema::schema_text;
pub use selector::{Selector, SelectorError};
pub use target::{Pattern, PatternError, Target};

use crate::yaml::Place;

/// One patch: the objects it is for, how many it expects, and the change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// What it is for; shown in errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The objects it changes.
    pub target: Target,
    /// How many objects must match. Default: one.
    #[serde(skip_serializing_if = "Expect::is_default")]
    pub expect: Expect,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// Where it is written.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// How many objects a patch must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Exactly one.
    #[default]
    One,
    /// At least one.
    Some,
    /// Any number, also none.
    Any,
    /// Exactly so many; 0 says that nothing may match.
    Exactly(u32),
}

/// What a patch does to an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Operations as in RFC 6902, in order; all of them or none.
    Operations(Vec<Operation>),
    /// A merge as in RFC 7396: mappings are merged, null removes, all else replaces.
    Merge(serde_json::Map<String, serde_json::Value>),
}

impl Expect {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether so many matches are right.
    #[must_use]
    pub fn admits(self, found: usize) -> bool {
        match self {
            Self::One => found == 1,
            Self::Some => found >= 1,
            Self::Any => true,
            Self::Exactly(n) => found == n as usize,
        }
    }
}

impl std::fmt::Display for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One => f.write_str("one object"),
            Self::Some => f.write_str("at least one object"),
            Self::Any => f.write_str("any objects"),
            Self::Exactly(0) => f.write_str("no object"),
            Self::Exactly(1) => f.write_str("1 object"),
            Self::Exactly(n) => write!(f, "{n} objects"),
        }
    }
}

impl Serialize for Expect {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One => serializer.serialize_str("one"),
            Self::Some => serializer.serialize_str("some"),
            Self::Any => serializer.serialize_str("any"),
            Self::Exactly(n) => serializer.serialize_u32(*n),
        }
    }
}

/// A patch file as text, which [`read_patches`] reads back.
///
/// Keys stand in the order in which a person writes them, unlike in [`yaml::to_yaml`](crate::yaml::to_yaml).
#[must_use]
pub fn to_yaml(patches: &[Patch]) -> String {
    written::patch_file(patches)
}
