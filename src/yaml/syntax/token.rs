//! What the scanner hands to the parser: tokens, where they are, and what is wrong with a text.

use std::borrow::Cow;

/// A place in the text, both counted from 0; columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Why a text is no YAML.
#[derive(Debug)]
pub(crate) struct Problem {
    /// In the words of libyaml, as Helm prints them.
    pub(crate) message: &'static str,
    /// Where it was noticed.
    pub(crate) at: Mark,
    /// Where what it is part of begins: the bracket, the quote, the key.
    pub(crate) since: Mark,
    /// The quoted text read last: where it begins and ends.
    pub(crate) quoted: Option<(Mark, Mark)>,
}

impl Problem {
    pub(super) fn new(message: &'static str, at: Mark, since: Mark) -> Self {
        Self { message, at, since, quoted: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSeqStart,
    BlockMapStart,
    BlockEnd,
    FlowSeqStart,
    FlowSeqEnd,
    FlowMapStart,
    FlowMapEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) start: Mark,
    pub(super) end: Mark,
    /// Of scalars, anchors and aliases; the suffix of tags, the prefix of `%TAG`, the version of `%YAML`.
    pub(super) text: Cow<'a, str>,
    /// Of tags and `%TAG`.
    pub(super) handle: &'a str,
    /// Whether a scalar has neither quotes nor `|` or `>`.
    pub(super) plain: bool,
}

impl<'a> Token<'a> {
    pub(super) fn new(kind: Kind, start: Mark, end: Mark) -> Self {
        Self { kind, start, end, text: Cow::Borrowed(""), handle: "", plain: false }
    }

    pub(super) fn with(kind: Kind, start: Mark, end: Mark, text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::new(kind, start, end) }
    }
}
