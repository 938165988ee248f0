//! Which Helm's bytes are made. What the two do differently is said where it is done.

use std::fmt;
use std::str::FromStr;

/// The Helm whose output is reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HelmCompat {
    /// Helm 3, as 3.22 does it: one YAML document per values file, no object form of `--set-json`, a default's `null`
    /// is a value, webhooks are unknown kinds, documents are trimmed at both ends.
    V3,
    /// Helm 4, as 4.2 and later do it: several YAML documents per values file, `--set-json '{…}'`, a default's `null`
    /// does not exist, webhooks come last in the order, documents keep their last newlines. The default.
    #[default]
    V4,
}

impl HelmCompat {
    /// Both, for those who compare.
    pub const ALL: [Self; 2] = [Self::V3, Self::V4];

    /// The major version, as `--helm-compat` takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "3",
            Self::V4 => "4",
        }
    }
}

impl fmt::Display for HelmCompat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HelmCompat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|compat| compat.as_str() == text)
            .ok_or_else(|| format!("unknown Helm version {text:?}: it must be 3 or 4"))
    }
}
