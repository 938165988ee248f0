//! Printed templates read back: between the tags stands what stands in the source, after both languages' trimming.
//!
//! Go's rule is implemented here from its documentation: `{{- ` takes the white space before it, ` -}}` that after
//! it. The source's side comes from minijinja's own lexer. What the tags say is not judged here.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use spark_operator::chart::folder;
use spark_operator::chart::source::{MACROS, TEMPLATES};
use spark_operator::values::Values;

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The texts between the actions of a Go template, trimmed; comments part texts too.
fn go_texts(template: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = template;
    let mut trims = false;
    loop {
        let (text, action) = rest.split_once("{{").unwrap_or((rest, ""));
        let before = action.starts_with("- ") || action.starts_with("-\n");
        let text = if trims { text.trim_start_matches(SPACE) } else { text };
        texts.push(if before { text.trim_end_matches(SPACE) } else { text }.to_owned());
        if text.len() == rest.len() || action.is_empty() {
            return texts;
        }
        let end = action_end(action);
        trims = action[..end].ends_with(" -");
        rest = &action[end + 2..];
    }
}

/// Where an action's `}}` stands: outside of its strings and its comment.
fn action_end(action: &str) -> usize {
    let inner = action.trim_start_matches("- ");
    if inner.starts_with("/*") {
        let close = action.find("*/").expect("a comment ends") + 2;
        return close + action[close..].find("}}").expect("an action ends");
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in action.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '`' => quote = Some(c),
            None if action[at..].starts_with("}}") => return at,
            _ => {}
        }
    }
    panic!("an action does not end: {action}")
}

/// The texts between the tags of a source, trimmed by minijinja.
fn source_texts(source: &str) -> Vec<String> {
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    let tokens = tokenize(source, false, syntax.build().unwrap());
    let texts = tokens.filter_map(|token| match token.unwrap().0 {
        Token::TemplateData(text) => Some(text.to_owned()),
        _ => None,
    });
    texts.collect()
}

fn without_empty(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

#[test]
fn printed_templates_hold_the_texts_of_their_sources() {
    let files = folder::files(&Values::default_json().unwrap()).unwrap();
    let mut texts = 0;
    for (path, source) in MACROS.iter().chain(TEMPLATES) {
        let printed = &files[&format!("templates/{path}")];
        let (ours, theirs) = (without_empty(go_texts(printed)), without_empty(source_texts(source)));
        assert_eq!(ours, theirs, "{path}");
        texts += ours.len();
    }
    println!("printed templates read back: {} files, {texts} texts equal", MACROS.len() + TEMPLATES.len());
}

#[test]
fn no_printed_template_has_a_tag_of_the_other_language() {
    let files = folder::files(&Values::default_json().unwrap()).unwrap();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("templates/")) {
        for text in go_texts(text) {
            for mark in ["{%", "%}", "{#", "#}", "{{", "}}"] {
                assert!(!text.contains(mark), "{path}: {mark} in {text:?}");
            }
        }
    }
}

#[test]
fn the_reader_knows_strings_comments_and_dashes() {
    let cases: [(&str, &[&str]); 7] = [
        ("a {{- x -}} b", &["a", "b"]),
        ("a {{ x }} b", &["a ", " b"]),
        ("a\n{{- \"}} -\" }} b", &["a", " b"]),
        ("a {{ `}}` -}}\n b", &["a ", "b"]),
        ("a {{ \"\\\"}}\" }} b", &["a ", " b"]),
        ("a {{- /* }} */ -}} b", &["a", "b"]),
        ("a {{-1}} b", &["a ", " b"]),
    ];
    for (template, texts) in cases {
        assert_eq!(go_texts(template), texts, "{template}");
    }
}
