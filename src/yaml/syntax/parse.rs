//! Makes events of tokens: documents, collections and scalars, in the order of the text.

use std::borrow::Cow;
use std::collections::HashMap;

use super::scan::{Peek, Scanner};
use super::token::{Kind, Mark, Problem, Token};

/// What a document is made of.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(Cow<'a, str>),
    Scalar {
        text: Cow<'a, str>,
        /// Neither quotes nor `|` or `>`.
        plain: bool,
        anchor: Option<Cow<'a, str>>,
        /// In full: `tag:yaml.org,2002:str` for `!!str`.
        tag: Option<String>,
    },
    SeqStart {
        anchor: Option<Cow<'a, str>>,
    },
    MapStart {
        anchor: Option<Cow<'a, str>>,
    },
    /// Of a sequence or mapping.
    End,
}

#[derive(Clone, Copy)]
pub(super) enum State {
    /// Before a document. The first needs no `---`.
    Document {
        first: bool,
    },
    /// After `---`.
    Content,
    Node,
    DocumentEnd,
    BlockSeq,
    /// A sequence whose `-` stand below its key, not deeper.
    LevelSeq,
    BlockKey,
    BlockValue,
    FlowSeq {
        first: bool,
    },
    /// A mapping of one entry, without braces, in a flow sequence.
    PairKey,
    PairValue,
    PairEnd,
    FlowKey {
        first: bool,
    },
    FlowValue,
    /// Of a key without a `:`.
    NoFlowValue,
}

/// Where an empty scalar may stand.
pub(super) fn empty<'a>(at: Mark) -> (Event<'a>, Mark) {
    (Event::Scalar { text: Cow::Borrowed(""), plain: true, anchor: None, tag: None }, at)
}

pub(crate) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    pub(super) state: State,
    /// What follows after the current collection or document.
    pub(super) states: Vec<State>,
    /// Where the open collections begin.
    begins: Vec<Mark>,
    /// The document's `%TAG`s: handle, prefix.
    tags: HashMap<&'a str, Cow<'a, str>>,
}

pub(super) type Step<'a> = Result<(Event<'a>, Mark), Problem>;

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            state: State::Document { first: true },
            states: Vec::new(),
            begins: Vec::new(),
            tags: HashMap::new(),
        }
    }

    /// The next event and where it starts. At the end, [`Event::StreamEnd`] however often it is called.
    pub(crate) fn next(&mut self) -> Step<'a> {
        let token = self.scanner.peek()?;
        match self.state {
            State::Document { first } => self.document(first),
            State::Content => match token.kind {
                Kind::VersionDirective
                | Kind::TagDirective
                | Kind::DocumentStart
                | Kind::DocumentEnd
                | Kind::StreamEnd => {
                    self.leave();
                    Ok(empty(token.start))
                }
                _ => self.node(true, false),
            },
            State::Node => self.node(true, false),
            State::DocumentEnd => {
                if token.kind == Kind::DocumentEnd {
                    self.scanner.take();
                }
                self.tags.clear();
                self.state = State::Document { first: false };
                Ok((Event::DocumentEnd, token.start))
            }
            State::BlockSeq => self.block_seq(token),
            State::LevelSeq => self.level_seq(token),
            State::BlockKey => self.block_key(token),
            State::BlockValue => self.block_value(token),
            State::FlowSeq { first } => self.flow_seq(token, first),
            State::PairKey => {
                if matches!(token.kind, Kind::Value | Kind::FlowEntry | Kind::FlowSeqEnd) {
                    self.state = State::PairValue;
                    return Ok(empty(token.end));
                }
                self.states.push(State::PairValue);
                self.node(false, false)
            }
            State::PairValue => self.flow_value(token, State::PairEnd, Kind::FlowSeqEnd),
            State::PairEnd => {
                self.state = State::FlowSeq { first: false };
                Ok((Event::End, token.start))
            }
            State::FlowKey { first } => self.flow_key(token, first),
            State::FlowValue => self.flow_value(token, State::FlowKey { first: false }, Kind::FlowMapEnd),
            State::NoFlowValue => {
                self.state = State::FlowKey { first: false };
                Ok(empty(token.start))
            }
        }
    }

    fn problem(&self, message: &'static str, at: Mark, since: Mark) -> Problem {
        Problem { quoted: self.scanner.quotes, ..Problem::new(message, at, since) }
    }

    /// Back to what the finished node is part of.
    pub(super) fn leave(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    /// Take the token, and look at the next.
    pub(super) fn advance(&mut self) -> Result<Peek, Problem> {
        self.scanner.take();
        self.scanner.peek()
    }

    fn document(&mut self, first: bool) -> Step<'a> {
        let mut token = self.scanner.peek()?;
        while !first && token.kind == Kind::DocumentEnd {
            token = self.advance()?;
        }
        let start = token.start;
        if token.kind == Kind::StreamEnd {
            return Ok((Event::StreamEnd, start));
        }
        let explicit =
            matches!(token.kind, Kind::VersionDirective | Kind::TagDirective | Kind::DocumentStart);
        self.states.push(State::DocumentEnd);
        if first && !explicit {
            self.state = State::Node;
            return Ok((Event::DocumentStart, start));
        }
        let mut version = false;
        while matches!(token.kind, Kind::VersionDirective | Kind::TagDirective) {
            let Some(Token { kind, text, handle, .. }) = self.scanner.take() else { break };
            if kind == Kind::VersionDirective {
                if version {
                    return Err(self.problem("found duplicate %YAML directive", token.start, start));
                }
                if text.split('.').map(|n| n.parse().unwrap_or(0)).ne([1, 1]) {
                    return Err(self.problem("found incompatible YAML document", token.start, start));
                }
                version = true;
            } else if self.tags.insert(handle, text).is_some() {
                return Err(self.problem("found duplicate %TAG directive", token.start, start));
            }
            token = self.scanner.peek()?;
        }
        if token.kind != Kind::DocumentStart {
            return Err(self.problem("did not find expected <document start>", token.start, start));
        }
        self.scanner.take();
        self.state = State::Content;
        Ok((Event::DocumentStart, start))
    }

    /// A node with its anchor and tag.
    pub(super) fn node(&mut self, in_block: bool, may_be_level: bool) -> Step<'a> {
        let mut token = self.scanner.peek()?;
        let start = token.start;
        if token.kind == Kind::Alias {
            self.leave();
            let name = self.scanner.take().map(|token| token.text).unwrap_or_default();
            return Ok((Event::Alias(name), start));
        }
        let (mut anchor, mut tag) = (None, None);
        loop {
            match token.kind {
                Kind::Anchor if anchor.is_none() => anchor = self.scanner.take().map(|token| token.text),
                Kind::Tag if tag.is_none() => {
                    if let Some(found) = self.scanner.take() {
                        tag = Some(self.full_tag(&found, start)?);
                    }
                }
                _ => break,
            }
            token = self.scanner.peek()?;
        }
        let (state, event) = match token.kind {
            Kind::BlockEntry if may_be_level => {
                self.state = State::LevelSeq;
                return Ok((Event::SeqStart { anchor }, start));
            }
            Kind::Scalar => {
                self.leave();
                let (text, plain) =
                    self.scanner.take().map_or_else(Default::default, |token| (token.text, token.plain));
                return Ok((Event::Scalar { text, plain, anchor, tag }, start));
            }
            Kind::FlowSeqStart => (State::FlowSeq { first: true }, Event::SeqStart { anchor }),
            Kind::FlowMapStart => (State::FlowKey { first: true }, Event::MapStart { anchor }),
            Kind::BlockSeqStart if in_block => (State::BlockSeq, Event::SeqStart { anchor }),
            Kind::BlockMapStart if in_block => (State::BlockKey, Event::MapStart { anchor }),
            _ if anchor.is_some() || tag.is_some() => {
                self.leave();
                return Ok((Event::Scalar { text: Cow::Borrowed(""), plain: true, anchor, tag }, start));
            }
            _ => return Err(self.unexpected("did not find expected node content", token)),
        };
        self.scanner.take();
        self.begins.push(token.start);
        self.state = state;
        Ok((event, start))
    }

    pub(super) fn end(&mut self, token: Peek) -> (Event<'a>, Mark) {
        self.scanner.take();
        self.begins.pop();
        self.leave();
        (Event::End, token.start)
    }

    /// The token is not what its collection needs.
    pub(super) fn unexpected(&self, message: &'static str, token: Peek) -> Problem {
        self.problem(message, token.start, self.begins.last().copied().unwrap_or(token.start))
    }

    fn full_tag(&self, token: &Token<'a>, start: Mark) -> Result<String, Problem> {
        if token.handle.is_empty() {
            return Ok(token.text.clone().into_owned());
        }
        let prefix = match (self.tags.get(token.handle), token.handle) {
            (Some(prefix), _) => prefix,
            (None, "!") => "!",
            (None, "!!") => "tag:yaml.org,2002:",
            _ => return Err(self.problem("found undefined tag handle", token.start, start)),
        };
        Ok(format!("{prefix}{}", token.text))
    }
}
