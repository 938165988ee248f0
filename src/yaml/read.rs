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

/// How a text is read; the defaults are Helm's way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How much the text may ask for.
    pub limits: Limits,
    /// Lines before the text in its source, which places count too.
    pub lines_before: usize,
    /// Integers of 64 bits stay what they are, as for Kubernetes. Helm reads each as a 64-bit float.
    pub exact_integers: bool,
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// The root of each document. A text of nothing but comments has none; an empty document is
    /// [`Null`](super::Value::Null).
    pub roots: Vec<Node>,
    /// Keys that were written again in the same mapping; the last one counts.
    pub duplicate_keys: Vec<DuplicateKey>,
}

/// A key that stands twice in a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key.
    pub key: String,
    /// Where it is written again.
    pub place: Place,
    /// Where it was before.
    pub before: Place,
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
    let options = Options { limits, ..Options::default() };
    Ok(read_documents(&source_name.into(), text, options)?.roots)
}

/// All documents of a YAML text, read as the options say, with what a reader of Kubernetes objects wants to know
/// beside them.
///
/// # Errors
/// See [`ReadError`].
pub fn read_documents(source: &Arc<str>, text: &str, options: Options) -> Result<Documents, ReadError> {
    let Options { limits, lines_before, .. } = options;
    if text.len() > limits.max_bytes {
        let (bytes, limit) = (text.len(), limits.max_bytes);
        let line = if lines_before == 0 { 0 } else { lines_before + 1 };
        let place = Place { source: Arc::clone(source), line, column: 0 };
        return Err(ReadError::TooLarge { place, bytes, limit });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(source, text, lines_before)?;
    let mut reader = Reader { source: Arc::clone(source), options, parser: Parser::new(text) };
    reader.documents().map_err(|refused| match refused {
        Refused::Syntax(problem) => hint::explain(source, text, lines_before, &problem),
        Refused::Meaning(error) => hint::template(text, lines_before, error),
    })
}

/// The characters go-yaml's reader allows.
fn check_characters(source: &Arc<str>, text: &str, lines_before: usize) -> Result<(), ReadError> {
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
        line: lines_before + before.matches('\n').count() + 1,
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
    options: Options,
    parser: Parser<'a>,
}

impl<'a> Reader<'a> {
    fn documents(&mut self) -> Result<Documents, Refused> {
        let mut roots = Vec::new();
        let mut budget = build::Budget::new(self.options);
        loop {
            match self.parser.next()?.0 {
                Event::StreamEnd => {
                    return Ok(Documents { roots, duplicate_keys: budget.duplicate_keys });
                }
                Event::DocumentStart => {
                    let items = self.items()?;
                    roots.push(build::build(&self.source, &items, &mut budget)?);
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
                if open.len() >= self.options.limits.max_depth {
                    let (place, limit) = (self.place(mark), self.options.limits.max_depth);
                    return Err(ReadError::TooDeep { place, limit }.into());
                }
                open.push(items.len());
            }
            if let Some(name) = anchor {
                anchors.insert(name, items.len());
            }
            let Place { line, column, .. } = self.place(mark);
            items.push(Item { kind, line, column });
        }
    }

    fn place(&self, mark: Mark) -> Place {
        let line = self.options.lines_before + mark.line + 1;
        Place { source: Arc::clone(&self.source), line, column: mark.column + 1 }
    }
}

#[cfg(test)]
mod tests;
