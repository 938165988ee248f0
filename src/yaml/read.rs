//! Reads YAML text: checks it, runs the event parser and lists each document's events.
//!
//! The syntax is that of saphyr-parser (YAML 1.2), with go-yaml v2's refusals on top where Helm's users meet
//! them. Known to differ from Helm, each with a message: lines inside brackets or quotes must be indented deeper
//! than their key, a tab may not follow a key's colon, no `\'` in double quotes. Taken here but not by Helm: a line
//! of nothing but a tab, a key of several lines in braces, `\/`. U+2028 and U+2029 break no lines here. What the events mean (scalars, keys, aliases, merges) is the business of [`super::build`].

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::build;
use super::{Node, Place, ReadError};

/// How much a text may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of collections inside each other, aliases expanded. Default 1000. Flow collections (`[`, `{`) may
    /// be at most 255 deep in any case, a limit of the parser.
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
    check_version(&source, text)?;
    // U+0085 breaks lines in YAML 1.1 but not in 1.2.
    let text =
        if text.contains('\u{85}') { Cow::Owned(text.replace('\u{85}', "\n")) } else { Cow::Borrowed(text) };
    Reader::new(source, &text, limits).documents()
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

/// Helm refuses `%YAML 1.2`. Only the first document's directive is looked at.
fn check_version(source: &Arc<str>, text: &str) -> Result<(), ReadError> {
    let head = text.lines().take_while(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with(['#', '%'])
    });
    for (i, line) in head.enumerate() {
        if let Some(version) = line.strip_prefix("%YAML") {
            let version = version.split_whitespace().next().unwrap_or_default();
            if version != "1.1" {
                let place = Place { source: Arc::clone(source), line: i + 1, column: 1 };
                return Err(ReadError::Version { place, version: version.to_owned() });
            }
        }
    }
    Ok(())
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
        tag: Option<Cow<'a, Tag>>,
    },
    Seq,
    Map,
    End,
    /// The index of the item that bears the anchor.
    Alias(usize),
}

fn is_flow(c: char) -> bool {
    matches!(c, ',' | '[' | ']' | '{' | '}')
}

struct Reader<'a> {
    source: Arc<str>,
    text: &'a str,
    limits: Limits,
    /// Byte offsets of the lines.
    lines: Vec<usize>,
    /// The marker found last (line, column) and its byte offset: a long line is walked once, not for each node.
    last: Cell<(usize, usize, usize)>,
    has_tabs: bool,
}

impl<'a> Reader<'a> {
    fn new(source: Arc<str>, text: &'a str, limits: Limits) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { source, text, limits, lines, last: Cell::new((0, 0, 0)), has_tabs: text.contains('\t') }
    }

    fn documents(&self) -> Result<Vec<Node>, ReadError> {
        let mut parser = Parser::new_from_str(self.text);
        let mut documents = Vec::new();
        let mut budget = build::Budget::new(self.limits);
        while let Some(event) = parser.next_event() {
            match event.map_err(|e| self.syntax(&e))?.0 {
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {
                    let items = self.items(&mut parser)?;
                    documents.push(build::build(&self.source, &items, &mut budget)?);
                }
                _ => {}
            }
        }
        Ok(documents)
    }

    /// The events up to the end of the document.
    fn items(
        &self,
        parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>,
    ) -> Result<Vec<Item<'a>>, ReadError> {
        let mut items = Vec::new();
        // By the parser's number: where the anchor is. Of this document only, so an old anchor is unknown.
        let mut anchors: HashMap<usize, usize> = HashMap::new();
        // Open collections: their index and whether they are flow collections.
        let mut open: Vec<(usize, bool)> = Vec::new();
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|e| self.syntax(&e))?;
            let (line, column) = (span.start.line(), span.start.col() + 1);
            let (kind, anchor) = match event {
                Event::DocumentEnd | Event::StreamEnd => break,
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    (Kind::End, 0)
                }
                Event::Alias(id) => {
                    let Some(&target) = anchors.get(&id) else {
                        return Err(self.unknown_anchor(&span.start));
                    };
                    if open.iter().any(|(index, _)| *index == target) {
                        let (place, name) = (self.place(&span.start), self.alias_name(&span.start));
                        return Err(ReadError::SelfContainingAnchor { place, name });
                    }
                    (Kind::Alias(target), 0)
                }
                Event::Scalar(text, style, anchor, tag) => {
                    (Kind::Scalar { text, plain: style == ScalarStyle::Plain, tag }, anchor)
                }
                Event::SequenceStart(anchor, _) => (Kind::Seq, anchor),
                Event::MappingStart(anchor, _) => (Kind::Map, anchor),
                Event::DocumentStart(_) | Event::StreamStart | Event::Nothing => continue,
            };
            let in_flow = open.last().is_some_and(|(_, flow)| *flow);
            match &kind {
                Kind::Scalar { text, plain: true, .. } if in_flow => self.check_flow_text(text, &span)?,
                Kind::End => {}
                _ if in_flow => {}
                _ => self.check_tabs(&span.start)?,
            }
            if matches!(kind, Kind::Seq | Kind::Map) {
                if open.len() >= self.limits.max_depth {
                    return Err(ReadError::TooDeep {
                        place: self.place(&span.start),
                        limit: self.limits.max_depth,
                    });
                }
                open.push((items.len(), in_flow || self.starts_flow(&span.start)));
            }
            if anchor > 0 {
                anchors.insert(anchor, items.len());
            }
            items.push(Item { kind, line, column });
        }
        Ok(items)
    }

    fn place(&self, marker: &Marker) -> Place {
        Place { source: Arc::clone(&self.source), line: marker.line(), column: marker.col() + 1 }
    }

    /// The byte offsets of a marker and of its line.
    fn offsets(&self, marker: &Marker) -> (usize, usize) {
        let (line, column) = (marker.line(), marker.col());
        let start = line.checked_sub(1).and_then(|l| self.lines.get(l)).copied().unwrap_or(self.text.len());
        let (last_line, last_column, last_at) = self.last.get();
        let (from, skipped) =
            if last_line == line && last_column <= column { (last_at, last_column) } else { (start, 0) };
        let rest = self.text.get(from..).unwrap_or_default();
        let at = rest.char_indices().nth(column - skipped).map_or(self.text.len(), |(i, _)| from + i);
        self.last.set((line, column, at));
        (at, start)
    }

    /// Whether a collection is written in brackets, after its anchor and tag.
    fn starts_flow(&self, start: &Marker) -> bool {
        let mut rest = self.text.get(self.offsets(start).0..).unwrap_or_default();
        while rest.starts_with(['&', '!']) {
            rest = rest.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
        }
        rest.starts_with(['[', '{'])
    }

    /// Inside brackets YAML 1.1 gives `?` and `:` other meanings than YAML 1.2: `[a?]`, `[:a]` and `{a:}` are
    /// refused or read differently by Helm.
    fn check_flow_text(&self, text: &str, span: &Span) -> Result<(), ReadError> {
        let mut after = self.text.get(self.offsets(&span.end).0..).unwrap_or_default().chars();
        let odd_end = !text.is_empty() && after.next() == Some(':') && after.next().is_some_and(is_flow);
        if text.contains('?') || text.starts_with(':') || odd_end {
            return Err(ReadError::Syntax {
                place: self.place(&span.start),
                message: "found a text with `?` or `:` inside brackets, which Helm reads differently"
                    .to_owned(),
                hint: Some("quote it, or put a space after the `:` of a key"),
            });
        }
        Ok(())
    }

    /// Helm refuses tabs before a node that starts a line or follows `- `; YAML 1.2 takes some.
    fn check_tabs(&self, start: &Marker) -> Result<(), ReadError> {
        if !self.has_tabs {
            return Ok(());
        }
        let (at, line) = self.offsets(start);
        let before = self.text.get(line..at).unwrap_or_default();
        if before.contains('\t') && before.bytes().all(|b| matches!(b, b' ' | b'\t' | b'-' | b'?')) {
            return Err(ReadError::Tab { place: self.place(start) });
        }
        Ok(())
    }

    fn alias_name(&self, start: &Marker) -> String {
        let line = self.text.lines().nth(start.line().saturating_sub(1)).unwrap_or_default();
        let name = line.chars().skip(start.col()).skip_while(|c| *c == '*');
        name.take_while(|c| !c.is_whitespace() && !is_flow(*c)).collect()
    }

    fn unknown_anchor(&self, start: &Marker) -> ReadError {
        ReadError::UnknownAnchor { place: self.place(start), name: self.alias_name(start) }
    }

    fn syntax(&self, error: &ScanError) -> ReadError {
        let info = error.info();
        let marker = error.marker();
        let place = self.place(marker);
        if info.contains("unknown anchor") {
            return self.unknown_anchor(marker);
        }
        if info.contains("recursion limit") {
            return ReadError::TooDeep { place, limit: usize::from(u8::MAX) };
        }
        let line = self.text.lines().nth(marker.line().saturating_sub(1)).unwrap_or_default();
        if info.contains("valid YAML whitespace") {
            let message = format!("{info}: there is a tab");
            return ReadError::Syntax { place, message, hint: Some("replace the tab by a space") };
        }
        if info.contains("tab") && line.contains('\t') {
            return ReadError::Tab { place };
        }
        let hint = if line.trim_start_matches(' ').starts_with('\t') {
            Some("indent with spaces, not tabs")
        } else if line.contains("{{") {
            Some("a template's `{{ … }}` is no YAML: quote it, or render it first")
        } else if info.contains("mapping values are not allowed") {
            Some("quote a value that holds `: `, and check the indentation")
        } else if line.contains(['@', '`', '%']) && info.contains("unexpected character") {
            Some("quote a value that starts with `@`, a backquote or `%`")
        } else if info.starts_with("invalid indentation") {
            Some("indent the lines inside brackets or quotes deeper than their key")
        } else if info.contains("indent") || info.contains("expected key") || info.contains("expected ':'") {
            Some("check the indentation of this line and the one above")
        } else if info.contains("unexpected end") || info.contains("unexpected eof") {
            Some("a quote or bracket is not closed")
        } else {
            None
        };
        ReadError::Syntax { place, message: info.to_owned(), hint }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
