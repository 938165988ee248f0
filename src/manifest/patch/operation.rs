//! One operation of a patch, as RFC 6902 names and words them.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::Path;

/// An operation of RFC 6902. Paths may name a list's items: see [`Path`].
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum Operation {
    /// Puts a value under a key (also over an old one), or into a list before an item, or at its end (`-`).
    #[serde(rename_all = "camelCase")]
    Add {
        /// Where.
        path: Path,
        /// What.
        value: Json,
        /// What to do when the list has it already. Default: fail.
        #[serde(skip_serializing_if = "IfPresent::is_default")]
        #[schemars(default)]
        if_present: IfPresent,
    },
    /// Takes out what is there.
    Remove {
        /// Where.
        path: Path,
    },
    /// Puts a value in the place of what is there.
    Replace {
        /// Where.
        path: Path,
        /// What.
        value: Json,
    },
    /// Takes out what is at `from` and adds it at `path`.
    #[serde(rename_all = "camelCase")]
    Move {
        /// Where it is.
        from: Path,
        /// Where it goes.
        path: Path,
        /// What to do when the list has it already. Default: fail.
        #[serde(skip_serializing_if = "IfPresent::is_default")]
        #[schemars(default)]
        if_present: IfPresent,
    },
    /// Adds what is at `from` at `path` too.
    #[serde(rename_all = "camelCase")]
    Copy {
        /// Where it is.
        from: Path,
        /// Where it goes.
        path: Path,
        /// What to do when the list has it already. Default: fail.
        #[serde(skip_serializing_if = "IfPresent::is_default")]
        #[schemars(default)]
        if_present: IfPresent,
    },
    /// Fails the patch unless this value is there.
    Test {
        /// Where.
        path: Path,
        /// What must be there.
        value: Json,
    },
}

/// What an `add`, a `move` or a `copy` into a list does when the list has the value already, or an item of the same
/// `name`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IfPresent {
    /// The patch fails: it was applied before, or is not needed.
    #[default]
    Fail,
    /// Nothing is added.
    Skip,
    /// Adds it once more, as RFC 6902 does. Applying the patch twice then adds it twice.
    Add,
}

impl IfPresent {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Operation {
    /// The names of all operations.
    pub const NAMES: [&'static str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

    /// What it does when a list has the value already, if it adds one.
    #[must_use]
    pub fn if_present(&self) -> Option<IfPresent> {
        match self {
            Self::Add { if_present, .. } | Self::Move { if_present, .. } | Self::Copy { if_present, .. } => {
                Some(*if_present)
            }
            Self::Remove { .. } | Self::Replace { .. } | Self::Test { .. } => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Replace { .. } => "replace",
            Self::Move { .. } => "move",
            Self::Copy { .. } => "copy",
            Self::Test { .. } => "test",
        }
    }
}

/// The operation as errors name it: `add /spec/replicas`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Move { from, path, .. } | Self::Copy { from, path, .. } => {
                write!(f, "{name} {from} to {path}")
            }
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Test { path, .. } => {
                write!(f, "{name} {path}")
            }
        }
    }
}
