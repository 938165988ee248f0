//! Reads YAML text: checks it, runs the event parser and lists each document's events.
//!
//! What the events mean (scalars, keys, aliases, merges) is the business of [`super::build`]; why a text was
//! refused is put into words by [`super::hint`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::syntax::{Event, Mark, Parser, Problem};
use super::{Node, Place, ReadError, build, hint};

/// How much a text may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of collections inside each other, aliases expanded. Default 1000; Helm's is 10,000.
    pub max_depth: usize,
    /// Values of all documents together, aliases expanded. Default 4,000,000.
    pub max_nodes: usize,
    /// Bytes of the text, and of all strings that aliases repeat. Default 20 MiB.
    pub max_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 1000, max_nodes: 4_000_000, max_bytes: 20 << 20 }
    }
}

/// All documents of a YAML text. A text of nothing but comments has none; one that is empty is [`Null`].
///
/// `source_name` is what the places show, such as a file name.
///
/// # Errors
/// See [`ReadError`]; [`Limits`] are the defaults.
///
/// [`Null`]: super::Value::Null
pub fn read(source_name: &str, text: &str) -> Result<Vec<Node>, ReadError> {
    read_with(source_name, text, Limits::default())
}

/// [`read`] with limits of one's own.
///
/// # Errors
/// See [`ReadError`].
pub fn read_with(source_name: &str, text: &str, limits: Limits) -> Result<Vec<Node>, ReadError> {
    let source: Arc<str> = source_name.into();
    if text.len() > limits.max_bytes {
        let (bytes, limit) = (text.len(), limits.max_bytes);
        return Err(ReadError::TooLarge { place: Place::whole(source), bytes, limit });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(&source, text)?;
    let mut reader = Reader { source, limits, parser: Parser::new(text) };
    reader.documents().map_err(|refused| match refused {
        Refused::Syntax(problem) => hint::explain(&reader.source, text, &problem),
        Refused::Meaning(error) => hint::template(text, error),
    })
}

/// The characters go-yaml's reader allows.
fn check_characters(source: &Arc<str>, text: &str) -> Result<(), ReadError> {
    let refused = |(i, b): (usize, u8)| match b {
        b'\t' | b'\n' | b'\r' => false,
        0..0x20 | 0x7f => true,
        0xc2 => matches!(text.as_bytes().get(i + 1), Some(0x80..=0x84 | 0x86..=0x9f)),
        0xef => text[i..].starts_with(['\u{fffe}', '\u{ffff}']),
        _ => false,
    };
    let Some(at) = text.bytes().enumerate().position(refused) else {
        return Ok(());
    };
    let before = &text[..at];
    let place = Place {
        source: Arc::clone(source),
        line: before.matches('\n').count() + 1,
        column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
    };
    Err(ReadError::ControlCharacter { place, code: text[at..].chars().next().map_or(0, u32::from) })
}

/// One event of a document, ready to be built from, also more than once.
pub(super) struct Item<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) line: usize,
    pub(super) column: usize,
}

pub(super) enum Kind<'a> {
    Scalar {
        text: Cow<'a, str>,
        plain: bool,
        tag: Option<String>,
    },
    Seq,
    Map,
    End,
    /// The index of the item that bears the anchor.
    Alias(usize),
}

/// Why there are no documents, before it is put into words.
enum Refused {
    Syntax(Problem),
    Meaning(ReadError),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Syntax(problem)
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::Meaning(error)
    }
}

struct Reader<'a> {
    source: Arc<str>,
    limits: Limits,
    parser: Parser<'a>,
}

impl<'a> Reader<'a> {
    fn documents(&mut self) -> Result<Vec<Node>, Refused> {
        let mut documents = Vec::new();
        let mut budget = build::Budget::new(self.limits);
        loop {
            match self.parser.next()?.0 {
                Event::StreamEnd => return Ok(documents),
                Event::DocumentStart => {
                    let items = self.items()?;
                    documents.push(build::build(&self.source, &items, &mut budget)?);
                }
                _ => {}
            }
        }
    }

    /// The events up to the end of the document.
    fn items(&mut self) -> Result<Vec<Item<'a>>, Refused> {
        let mut items = Vec::new();
        // Where the anchors of this document are.
        let mut anchors: HashMap<Cow<'a, str>, usize> = HashMap::new();
        // The open collections: their indices, in order.
        let mut open: Vec<usize> = Vec::new();
        loop {
            let (event, mark) = self.parser.next()?;
            let (kind, anchor) = match event {
                Event::DocumentEnd | Event::StreamEnd => return Ok(items),
                Event::DocumentStart => continue,
                Event::End => {
                    open.pop();
                    (Kind::End, None)
                }
                Event::Alias(name) => {
                    let Some(&target) = anchors.get(&name) else {
                        let (place, name) = (self.place(mark), name.into_owned());
                        return Err(ReadError::UnknownAnchor { place, name }.into());
                    };
                    if open.binary_search(&target).is_ok() {
                        let (place, name) = (self.place(mark), name.into_owned());
                        return Err(ReadError::SelfContainingAnchor { place, name }.into());
                    }
                    (Kind::Alias(target), None)
                }
                Event::Scalar { text, plain, anchor, tag } => (Kind::Scalar { text, plain, tag }, anchor),
                Event::SeqStart { anchor } => (Kind::Seq, anchor),
                Event::MapStart { anchor } => (Kind::Map, anchor),
            };
            if matches!(kind, Kind::Seq | Kind::Map) {
                if open.len() >= self.limits.max_depth {
                    let (place, limit) = (self.place(mark), self.limits.max_depth);
                    return Err(ReadError::TooDeep { place, limit }.into());
                }
                open.push(items.len());
            }
            if let Some(name) = anchor {
                anchors.insert(name, items.len());
            }
            items.push(Item { kind, line: mark.line + 1, column: mark.column + 1 });
        }
    }

    fn place(&self, mark: Mark) -> Place {
        Place { source: Arc::clone(&self.source), line: mark.line + 1, column: mark.column + 1 }
    }
}

#[cfg(test)]
mod tests;
