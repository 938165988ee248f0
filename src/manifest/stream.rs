//! Any manifests, not only ours: a text of several YAML documents, cut where YAML cuts it and read one at a time.
//!
//! A [`Chunk`] is the text of one document with the marker line above it, so the chunks of a stream joined are the
//! stream, byte for byte. Reading a chunk gives its [`Object`]s with their places in the source; what is done with
//! them is the business of [`patch`](super::patch), [`diff`](super::diff) and [`lint`](super::lint).

use std::sync::Arc;

use super::object::{self, Object};
use crate::yaml::{self, DuplicateKey, Limits, Node, Options, Place, ReadError, Value};

/// Manifests as they were given: a file, standard input, or what was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifests {
    /// What places show: a path, or `standard input`.
    pub name: Arc<str>,
    /// The text.
    pub text: String,
}

/// The text of one document, from the marker line (`---`) above it to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The text, with the marker line and the directives above it.
    pub text: &'a str,
    /// Lines of the stream before it.
    pub lines_before: usize,
}

/// A document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The whole document.
    pub root: Node,
    /// Its objects: one, or those of a `List`.
    pub objects: Vec<Object>,
    /// Keys that were written twice; the last one counts.
    pub duplicate_keys: Vec<DuplicateKey>,
}

/// Why manifests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Not YAML.
    #[error(transparent)]
    Yaml(#[from] ReadError),
    /// YAML, but no Kubernetes object.
    #[error("{place}: not a Kubernetes object: {what}")]
    NotAnObject {
        /// The document, or the item of a `List`.
        place: Place,
        /// What it is instead, or lacks.
        what: String,
    },
}

/// Largest single document, in bytes. The API server takes objects of about 1.5 MiB; a `List` holds many.
const LARGEST_DOCUMENT: usize = 32 << 20;

impl Manifests {
    /// Manifests by name and text.
    #[must_use]
    pub fn new(name: &str, text: String) -> Self {
        Self { name: name.into(), text }
    }

    /// The documents' texts in order. Joined, they are the whole text.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        chunks(&self.text)
    }

    /// Reads one of the chunks. `None`: it holds nothing but comments.
    ///
    /// # Errors
    /// [`StreamError`] when it is not YAML, larger than 32 MiB, or no Kubernetes object.
    pub fn read(&self, chunk: Chunk<'_>) -> Result<Option<Content>, StreamError> {
        let options = Options {
            limits: Limits { max_bytes: LARGEST_DOCUMENT, ..Limits::default() },
            lines_before: chunk.lines_before,
            exact_integers: true,
        };
        let mut documents = yaml::read_documents(&self.name, chunk.text, options)?;
        let Some(root) = documents.roots.pop().filter(|root| root.value != Value::Null) else {
            return Ok(None);
        };
        let objects = object::objects(&root)?;
        Ok(Some(Content { root, objects, duplicate_keys: documents.duplicate_keys }))
    }
}

/// Whether a line is a document marker: the three characters alone or before white space.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// A line that says nothing by itself: blank, or a comment.
fn is_silent(line: &str) -> bool {
    let text = line.trim_start();
    text.is_empty() || text.starts_with('#')
}

fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = text;
    let mut lines_before = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut length = 0;
        let mut lines = 0;
        // Before the marker line stand only comments and directives, and these belong to the document below.
        let mut directives = false;
        let mut silent = true;
        let mut ended = false;
        for line in rest.split_inclusive('\n') {
            let first = length == 0;
            let unmarked = if first { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
            let end = is_marker(unmarked, "...");
            if ended && !end && !is_silent(unmarked) {
                break;
            }
            ended |= end;
            if is_marker(unmarked, "---") {
                if !(first || silent && directives) {
                    break;
                }
                silent = false;
            } else if silent && unmarked.starts_with('%') {
                directives = true;
            } else if !is_silent(unmarked) {
                silent = false;
            }
            length += line.len();
            lines += 1;
        }
        let (chunk, after) = rest.split_at(length);
        let chunk = Chunk { text: chunk, lines_before };
        rest = after;
        lines_before += lines;
        Some(chunk)
    })
}

impl<'a> Chunk<'a> {
    /// What stands around the document itself: the marker line, directives and comments above it, and a comment or
    /// the end marker below it. A touched document keeps them.
    #[must_use]
    pub fn frame(&self) -> (&'a str, &'a str) {
        let mut head = 0;
        for line in self.text.split_inclusive('\n') {
            let unmarked = line.strip_prefix('\u{feff}').unwrap_or(line);
            let marker = is_marker(unmarked, "---");
            if !is_silent(if marker { &unmarked[3..] } else { unmarked }) && !unmarked.starts_with('%') {
                // A byte order mark is no part of the document, which may begin on the marker's own line.
                head += line.len() - unmarked.len() + if marker { 3 } else { 0 };
                break;
            }
            head += line.len();
        }
        let body = &self.text[head..];
        let mut tail = body.len();
        let mut at = body.len();
        for line in body.split_inclusive('\n').rev() {
            at -= line.len();
            // A comment in the first column is none of a block scalar's text.
            if line.starts_with('#') || is_marker(line, "...") {
                tail = at;
            } else if !line.trim().is_empty() {
                break;
            }
        }
        (&self.text[..head], &body[tail..])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(stream: &str) -> Vec<&str> {
        chunks(stream).map(|chunk| chunk.text).collect()
    }

    #[test]
    fn streams_are_cut_where_yaml_cuts_them() {
        #[rustfmt::skip]
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a: 1\n", &["a: 1\n"]),
            ("---\na: 1\n---\nb: 2", &["---\na: 1\n", "---\nb: 2"]),
            ("# c\n---\na: 1\n", &["# c\n", "---\na: 1\n"]),
            ("%YAML 1.1\n# c\n---\na: 1\n", &["%YAML 1.1\n# c\n---\na: 1\n"]),
            ("a: 1\n...\n%YAML 1.1\n---\nb: 2\n", &["a: 1\n...\n", "%YAML 1.1\n---\nb: 2\n"]),
            ("--- {a: 1}\n---\tb: 2\r\n---\r\nc: 3\r\n", &["--- {a: 1}\n", "---\tb: 2\r\n", "---\r\nc: 3\r\n"]),
            ("a: |\n ---\n---x: 1\n", &["a: |\n ---\n---x: 1\n"]),
            ("\u{feff}---\na: 1\n---\n", &["\u{feff}---\na: 1\n", "---\n"]),
            ("---\n---\n---\n", &["---\n", "---\n", "---\n"]),
        ];
        for (stream, expected) in cases {
            assert_eq!(texts(stream), *expected, "{stream:?}");
        }
    }

    #[test]
    fn what_stands_around_a_document_is_found() {
        for (chunk, head, tail) in [
            ("a: 1\n", "", ""),
            ("---\n# Source: x\na: 1\n\n\n", "---\n# Source: x\n", ""),
            ("--- # c\n\na: 1\n# end\n\n", "--- # c\n\n", "# end\n\n"),
            ("--- {a: 1}\n...\n", "---", "...\n"),
            ("a: |+\n  text\n\n", "", ""),
            ("\u{feff}a: 1\n", "\u{feff}", ""),
            ("\u{feff}--- {a: 1}\n", "\u{feff}---", ""),
            ("%YAML 1.1\n---\na: 1", "%YAML 1.1\n---\n", ""),
        ] {
            let found = Chunk { text: chunk, lines_before: 0 }.frame();
            assert_eq!(found, (head, tail), "{chunk:?}");
        }
    }

    #[test]
    fn places_count_from_the_start_of_the_stream() {
        let manifests = Manifests::new("x.yaml", "---\nkind: A\napiVersion: v1\n---\nkind: [\n".to_owned());
        let chunks: Vec<_> = manifests.chunks().collect();
        let content = manifests.read(chunks[0]).unwrap().unwrap();
        assert_eq!(content.objects[0].place.to_string(), "x.yaml:2:1");
        let error = manifests.read(chunks[1]).unwrap_err().to_string();
        assert!(error.starts_with("x.yaml:5:7: yaml: "), "{error}");
    }

    proptest! {
        #[test]
        fn chunks_joined_are_the_stream(
            stream in "(kind: A\n|apiVersion: v1\n|---\r?\n|--- # c\n|\\.\\.\\.\n|# c\n|\\.\\.\\.\n%YAML 1.1\n---\n|\n|a: \\|\n  b\n){0,12}",
        ) {
            let parts = texts(&stream);
            prop_assert_eq!(parts.concat(), stream.as_str());
            // The whole stream holds what its chunks hold.
            if let Ok(whole) = yaml::read("x", &stream) {
                let mut each = Vec::new();
                for part in &parts {
                    each.extend(yaml::read("x", part).map_err(|e| TestCaseError::fail(e.to_string()))?);
                }
                let json = |nodes: &[Node]| nodes.iter().map(Node::to_json).filter(|n| !n.is_null()).collect::<Vec<_>>();
                prop_assert_eq!(json(&whole), json(&each));
            }
        }
    }
}
