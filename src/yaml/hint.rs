//! Puts into words why a text is no YAML: the place a person looks for, Helm's words, and what to do about it.

use std::sync::Arc;

use super::syntax::{Mark, Problem};
use super::{Place, ReadError};

const TEMPLATE: &str = "a template's `{{ … }}` is no YAML: quote it, or render it first";

/// The error for a problem with the syntax.
pub(super) fn explain(source: &Arc<str>, text: &str, lines_before: usize, problem: &Problem) -> ReadError {
    let (mark, hint) = advice(text, problem);
    let line_number = lines_before + mark.line + 1;
    let place = Place { source: Arc::clone(source), line: line_number, column: mark.column + 1 };
    let message = problem.message;
    if is_tab(text, problem) {
        return ReadError::Tab { place };
    }
    if message == "found incompatible YAML document" {
        let version = line(text, mark).split_whitespace().nth(1).unwrap_or_default().to_owned();
        return ReadError::Version { place, version };
    }
    ReadError::Syntax { place, message: message.to_owned(), hint }
}

/// `{{ x }}` is YAML, a mapping as a key of a mapping; what its author meant is another thing.
pub(super) fn template(text: &str, lines_before: usize, error: ReadError) -> ReadError {
    match error {
        ReadError::Key { place, what } if is_template(text, place.line.saturating_sub(lines_before + 1)) => {
            ReadError::Syntax { place, message: format!("unsupported map key: {what}"), hint: Some(TEMPLATE) }
        }
        error => error,
    }
}

fn is_template(text: &str, at: usize) -> bool {
    text.lines().nth(at).is_some_and(|line| line.contains("{{"))
}

fn line(text: &str, mark: Mark) -> &str {
    text.lines().nth(mark.line).unwrap_or_default()
}

/// The text from a place to the end of its line.
fn rest(text: &str, mark: Mark) -> &str {
    let line = line(text, mark);
    line.char_indices().nth(mark.column).map_or("", |(at, _)| line.get(at..).unwrap_or_default())
}

fn is_tab(text: &str, problem: &Problem) -> bool {
    let at_tab = rest(text, problem.at).starts_with('\t');
    at_tab && (problem.message.contains("tab") || problem.message.ends_with("cannot start any token"))
}

/// Where the mistake is, and what to try.
fn advice(text: &str, problem: &Problem) -> (Mark, Option<&'static str>) {
    let Problem { message, at, since, quoted } = *problem;
    if is_template(text, at.line) || is_template(text, since.line) {
        let mark = if is_template(text, at.line) { at } else { since };
        return (mark, Some(TEMPLATE));
    }
    // What follows a closing quote was not meant to: the quote was another one's.
    if let Some((opened, closed)) = quoted.filter(|(_, closed)| {
        closed.line == at.line && (closed.column..closed.column + 2).contains(&at.column)
    }) && message.starts_with("did not find expected")
        && rest(text, at).starts_with(|c: char| !matches!(c, '{' | '[' | '}' | ']'))
    {
        if opened.line < closed.line {
            return (opened, Some("the quote that opens here is not closed on its line"));
        }
        if message.ends_with("key") {
            let hint = "the quotes end before this: inside '…' write a quote as '', inside \"…\" as \\\"";
            return (at, Some(hint));
        }
    }
    match message {
        "found unexpected end of stream" | "found unexpected document indicator" => {
            (since, Some("the quote that opens here is not closed"))
        }
        "did not find expected ',' or ']'" | "did not find expected ',' or '}'" if since.line < at.line => {
            (since, Some("the bracket that opens here is not closed, or a comma is missing in it"))
        }
        "did not find expected ',' or ']'" | "did not find expected ',' or '}'" => {
            (at, Some("a comma or the closing bracket is missing before this, or a quote closes too early"))
        }
        "did not find expected node content" if rest(text, at).is_empty() => {
            (since, Some("the bracket that opens here is not closed"))
        }
        "did not find expected node content" if rest(text, at).starts_with([']', '}', ',']) => {
            (at, Some("quote a value that starts with a bracket or a comma"))
        }
        "could not find expected ':'" if rest(text, since).contains(':') => {
            (since, Some("put a space after the colon of a key"))
        }
        "could not find expected ':'" => (since, Some("a key needs a colon and a space: `key: value`")),
        "mapping values are not allowed in this context" => (
            at,
            Some("quote a value that holds `: `, and check the indentation and the colon of the line above"),
        ),
        "did not find expected key" => (at, Some("check the indentation of this line and the one above")),
        "did not find expected '-' indicator" => {
            (at, Some("all entries of a list begin with `- ` in the same column; check the indentation"))
        }
        "block sequence entries are not allowed in this context" => {
            (at, Some("begin a list on the line below its key"))
        }
        "did not find expected <document start>" => {
            (at, Some("the document ended above; check the indentation, or put `---` between two documents"))
        }
        "did not find expected alphabetic or numeric character" => {
            (since, Some("quote a value that starts with `*` or `&`"))
        }
        "found unknown escape character" => {
            (at, Some("write a backslash twice, or use single quotes, where it is just a character"))
        }
        "found character that cannot start any token" => {
            (at, Some("quote a value that starts with `@`, `%`, `|`, `>` or a backquote"))
        }
        "did not find expected comment or line break" => {
            (at, Some("begin the text on the line below the `|` or `>`, or quote it"))
        }
        _ if message.contains("tag") || message.contains("whitespace") => {
            (since, Some("quote a value that starts with `!`"))
        }
        _ => (at, None),
    }
}
