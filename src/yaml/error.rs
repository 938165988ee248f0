//! Why a YAML text could not be read, with the place and, where one is known, a way out.
//!
//! The wording keeps the core of what Helm prints for the same mistake, so that a search for it finds both.

use thiserror::Error;

use super::Place;

/// Why a YAML text could not be read. Every message starts with the place: `file:line:column: `.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// More bytes than [`Limits::max_bytes`](super::Limits::max_bytes).
    #[error("{place}: the text has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The source.
        place: Place,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A character YAML 1.1 does not allow in a text.
    #[error(
        "{place}: yaml: control characters are not allowed: U+{code:04X}; hint: in double quotes write it \
             as an escape, such as \"\\x{code:02X}\""
    )]
    ControlCharacter {
        /// Where it is.
        place: Place,
        /// Its code point.
        code: u32,
    },
    /// A tab in the indentation.
    #[error("{place}: yaml: found character that cannot start any token: a tab; hint: indent with spaces")]
    Tab {
        /// The tab.
        place: Place,
    },
    /// Not YAML.
    #[error("{place}: yaml: {message}{}", hint.map(|h| format!("; hint: {h}")).unwrap_or_default())]
    Syntax {
        /// Where the parser gave up; the mistake may be above.
        place: Place,
        /// What it expected.
        message: String,
        /// What to try.
        hint: Option<&'static str>,
    },
    /// A `%YAML` directive that asks for another version than 1.1, which is all Helm reads.
    #[error(
        "{place}: yaml: found incompatible YAML document: version {version}; hint: remove the %YAML line"
    )]
    Version {
        /// The directive.
        place: Place,
        /// The version asked for.
        version: String,
    },
    /// Nesting deeper than [`Limits::max_depth`](super::Limits::max_depth), aliases expanded.
    #[error("{place}: yaml: exceeded max depth of {limit}")]
    TooDeep {
        /// The first node that is too deep.
        place: Place,
        /// The limit.
        limit: usize,
    },
    /// More values than [`Limits::max_nodes`](super::Limits::max_nodes), aliases expanded.
    #[error("{place}: yaml: the document has more than {limit} values")]
    TooManyNodes {
        /// The first value too many.
        place: Place,
        /// The limit.
        limit: usize,
    },
    /// Aliases that multiply the document.
    #[error("{place}: yaml: document contains excessive aliasing")]
    ExcessiveAliasing {
        /// The alias, or the value it repeats.
        place: Place,
    },
    /// An alias without its anchor before it in the same document.
    #[error("{place}: yaml: unknown anchor '{name}' referenced; hint: quote the text if it is no alias")]
    UnknownAnchor {
        /// The alias.
        place: Place,
        /// What it names.
        name: String,
    },
    /// An alias inside its own anchor.
    #[error("{place}: yaml: anchor '{name}' value contains itself")]
    SelfContainingAnchor {
        /// The alias.
        place: Place,
        /// What it names.
        name: String,
    },
    /// A tag that does not fit its text, such as `!!int abc`.
    #[error(
        "{place}: yaml: cannot decode {found} `{text}` as a {wanted}; hint: remove the tag or change the text"
    )]
    Tag {
        /// The scalar.
        place: Place,
        /// The short tag of what the text is.
        found: &'static str,
        /// The short tag it bears.
        wanted: &'static str,
        /// The text.
        text: String,
    },
    /// `!!binary` without base64.
    #[error("{place}: yaml: !!binary value contains invalid base64 data")]
    Binary {
        /// The scalar.
        place: Place,
    },
    /// A key that JSON cannot have: a collection, null, or an integer above 64-bit signed.
    #[error("{place}: unsupported map key: {what}; hint: put the key in quotes")]
    Key {
        /// The key.
        place: Place,
        /// What it is.
        what: &'static str,
    },
    /// `.inf` or `.nan`: JSON has no such numbers.
    #[error("{place}: json: unsupported value: {text}; hint: put it in quotes if it is a text")]
    NotFinite {
        /// The scalar.
        place: Place,
        /// What was written.
        text: String,
    },
    /// `<<` with something other than mappings.
    #[error("{place}: yaml: map merge requires map or sequence of maps as the value")]
    Merge {
        /// The value.
        place: Place,
    },
}

impl ReadError {
    /// Where the mistake is.
    #[must_use]
    pub fn place(&self) -> &Place {
        match self {
            Self::TooLarge { place, .. }
            | Self::ControlCharacter { place, .. }
            | Self::Tab { place }
            | Self::Syntax { place, .. }
            | Self::Version { place, .. }
            | Self::TooDeep { place, .. }
            | Self::TooManyNodes { place, .. }
            | Self::ExcessiveAliasing { place }
            | Self::UnknownAnchor { place, .. }
            | Self::SelfContainingAnchor { place, .. }
            | Self::Tag { place, .. }
            | Self::Binary { place }
            | Self::Key { place, .. }
            | Self::NotFinite { place, .. }
            | Self::Merge { place } => place,
        }
    }
}
