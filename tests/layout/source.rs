//! Rust source as the layout checks see it: code without comments and literals, and where things stand in it.
//!
//! A reader of tokens, not a parser: it relies on rustfmt having been run. What is allowed is said in
//! `tests/layout.rs`, not here.

use std::ops::Range;

use regex::Regex;

/// The code with each comment and each literal blanked out; offsets and lines stay as they are.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let hidden = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            'b' | 'c' if !after_word && rest[1..].starts_with(['"', '\'']) => 1,
            'r' | 'b' | 'c' if !after_word => raw_string(rest).unwrap_or(0),
            '"' => quoted(rest, '"'),
            '\'' => char_literal(rest).unwrap_or(0),
            _ => 0,
        };
        let taken = hidden.max(first.len_utf8());
        out.push_str(&if hidden == 0 { rest[..taken].to_owned() } else { blank(&rest[..taken]) });
        rest = &rest[taken..];
    }
    out
}

/// As many bytes of blanks, with the line breaks kept.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    out
}

/// The length of a block comment, comments nested in it included.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a literal with escapes, its quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `r#"…"#`, `br"…"` or `cr"…"`; none where no such literal begins.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let body = after.trim_start_matches('#');
    let end = format!("\"{}", "#".repeat(after.len() - body.len()));
    let start = text.len() - body.strip_prefix('"')?.len();
    Some(text[start..].find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// The length of a character literal; none where the quote begins a lifetime.
fn char_literal(text: &str) -> Option<usize> {
    let mut chars = text[1..].chars();
    let is_literal = chars.next()? == '\\' || chars.next()? == '\'';
    is_literal.then(|| quoted(text, '\''))
}

/// The line (from 1) in which the offset lies.
pub fn line(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Masked code without the items that only tests see (`#[cfg(test)]`), lines kept.
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for found in regex(r"#\[cfg\(test\)\]").find_iter(code) {
        let end = item_end(code, found.end());
        out.replace_range(found.start()..end, &blank(&code[found.start()..end]));
    }
    out
}

/// The names of modules that are declared for tests only and live in files of their own.
pub fn test_module_files(code: &str) -> Vec<&str> {
    let declared = regex(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;");
    declared.captures_iter(code).filter_map(|found| found.get(1)).map(|name| name.as_str()).collect()
}

/// Where the item that begins at the offset ends: behind its block, or behind its semicolon.
fn item_end(code: &str, start: usize) -> usize {
    match code[start..].find(['{', ';']) {
        Some(at) if code[start + at..].starts_with('{') => block_end(code, start + at),
        Some(at) => start + at + 1,
        None => code.len(),
    }
}

/// Where the block whose brace is at the offset ends.
fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Each name that masked code takes from the crate's root (`crate::name`, `crate::{name, …}`), with its offset.
pub fn names_from_root(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for path in regex(r"\bcrate::(\w+|\*|\{)").captures_iter(code) {
        let Some(name) = path.get(1) else { continue };
        if name.as_str() == "{" {
            found.extend(names_in_group(code, name.start()));
        } else {
            found.push((name.start(), name.as_str()));
        }
    }
    found
}

/// The first name of each entry of a `{…}` group of imports.
fn names_in_group(code: &str, open: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut expected = false;
    let end = block_end(code, open);
    for (at, c) in code[open..end].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(c, '{' | ',') {
            expected = true;
        } else if expected && !c.is_whitespace() {
            expected = false;
            let start = open + at;
            let word = code[start..end]
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(0)
                .max(c.len_utf8());
            if c != '}' {
                found.push((start, &code[start..start + word]));
            }
        }
    }
    found
}

/// The offsets of `super::` chains that climb to the crate's root from a file whose module is `depth` deep.
pub fn supers_to_root(code: &str, depth: usize) -> Vec<usize> {
    let inline = inline_modules(code);
    regex(r"\b(?:super::)+")
        .find_iter(code)
        .filter(|found| {
            let inside = inline.iter().filter(|block| block.contains(&found.start())).count();
            found.len() / "super::".len() >= depth + inside
        })
        .map(|found| found.start())
        .collect()
}

fn inline_modules(code: &str) -> Vec<Range<usize>> {
    regex(r"\bmod\s+\w+\s*\{")
        .find_iter(code)
        .map(|found| found.end() - 1..block_end(code, found.end() - 1))
        .collect()
}

/// A pattern of these checks, compiled.
pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}
