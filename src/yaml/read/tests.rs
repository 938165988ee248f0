//! Tests of the reader: meaning, places, limits and messages.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::*;
use crate::yaml::Value;

fn one(text: &str) -> Json {
    let documents = read("test.yaml", text).unwrap();
    assert_eq!(documents.len(), 1, "{text:?}");
    documents[0].to_json()
}

fn error(text: &str) -> String {
    read("test.yaml", text).unwrap_err().to_string()
}

#[test]
fn documents_mean_what_helm_takes_them_for() {
    for (text, expected) in [
        (
            "a: on\nb: 0644\nc: 12:30\nd: 2001-01-01\ne:\n",
            json!({"a": true, "b": 420, "c": "12:30", "d": "2001-01-01", "e": null}),
        ),
        ("1: a\ntrue: b\n1.5: c\nyes: d", json!({"1": "a", "true": "d", "1.5": "c"})),
        ("a: 1\na: 2", json!({"a": 2})),
        (
            "x: &x {a: 1, b: 2}\nz: {a: 0, <<: *x, b: 3}",
            json!({"x": {"a": 1, "b": 2}, "z": {"a": 1, "b": 3}}),
        ),
        ("x: &x {a: 1}\nz: {<<: [*x, {a: 2, b: 2}]}", json!({"x": {"a": 1}, "z": {"a": 1, "b": 2}})),
        ("z: {<<: [], b: 2}", json!({"z": {"b": 2}})),
        (
            "a: !!str 1\nb: !!float 1\nc: !!binary aGk=\nd: !x 5",
            json!({"a": "1", "b": 1, "c": "hi", "d": "5"}),
        ),
        ("a: -0.0", json!({"a": -0.0})),
        ("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n", json!({"a": 1, "b": "x\ny\n"})),
        ("%YAML 1.1\n---\na: 1\n", json!({"a": 1})),
        ("---\n", json!(null)),
        (
            "%TAG !y! tag:yaml.org,2002:\n---\na: !y!str 1\nb: !<tag:yaml.org,2002:str> 2\nc: !y!s%74r 3",
            json!({"a": "1", "b": "2", "c": "3"}),
        ),
    ] {
        assert_eq!(one(text), expected, "{text:?}");
    }
}

#[test]
fn a_stream_has_as_many_documents_as_it_says() {
    for (text, expected) in
        [("", 0), ("# nothing\n", 0), ("---\n---\na: 1\n", 2), ("a: 1\n---\n", 2), ("a\n...\n", 1)]
    {
        assert_eq!(read("test.yaml", text).unwrap().len(), expected, "{text:?}");
    }
}

#[test]
fn a_map_entry_is_placed_at_its_key() {
    let documents = read("f.yaml", "a:\n  b: {c: 1}\nl:\n- x\n").unwrap();
    for (path, place) in
        [(vec!["a"], "f.yaml:1:1"), (vec!["a", "b", "c"], "f.yaml:2:7"), (vec!["l", "0"], "f.yaml:4:3")]
    {
        assert_eq!(documents[0].find(path).unwrap().place.to_string(), place);
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, expected) in [
        ("a: &a 1\n---\nb: *a", "test.yaml:3:4: yaml: unknown anchor 'a' referenced"),
        ("a: &a [*a]", "test.yaml:1:8: yaml: anchor 'a' value contains itself"),
        ("a: !!int x", "test.yaml:1:4: yaml: cannot decode !!str `x` as a !!int"),
        ("a: .inf", "test.yaml:1:4: json: unsupported value: .inf"),
        ("? [a]\n: 1", "test.yaml:1:3: unsupported map key: a sequence"),
        ("~: 1", "test.yaml:1:1: unsupported map key: null"),
        ("<<: 1", "test.yaml:1:5: yaml: map merge requires map"),
        ("a: \u{1}", "test.yaml:1:4: yaml: control characters are not allowed: U+0001"),
        ("%YAML 1.2\n---\na: 1", "test.yaml:1:1: yaml: found incompatible YAML document: version 1.2"),
    ] {
        let message = error(text);
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }
}

/// What people get wrong, and all that they are told.
const MISTAKES: &[(&str, &str)] = &[
    ("a:\n\tb: 1", "2:1: yaml: found character that cannot start any token: a tab; hint: indent with spaces"),
    (
        "a:\n  b: 1\n\tc: 2",
        "3:1: yaml: found character that cannot start any token: a tab; hint: indent with spaces",
    ),
    (
        "a: 1\nb\nc: 2",
        "2:1: yaml: could not find expected ':'; hint: a key needs a colon and a space: `key: value`",
    ),
    ("a: 1\nb:2\nc: 3", "2:1: yaml: could not find expected ':'; hint: put a space after the colon of a key"),
    (
        "a: \"x\nb: 1\n",
        "1:4: yaml: found unexpected end of stream; hint: the quote that opens here is not closed",
    ),
    (
        "a: \"x\nb: \"y\"\n",
        "1:4: yaml: did not find expected key; hint: the quote that opens here is not closed on its line",
    ),
    (
        "a: 'it's'\nb: 1\n",
        "1:8: yaml: did not find expected key; hint: the quotes end before this: inside '…' write a quote as '', inside \"…\" as \\\"",
    ),
    (
        "a: \"C:\\dir\"",
        "1:7: yaml: found unknown escape character; hint: write a backslash twice, or use single quotes, where it is just a character",
    ),
    (
        "a: [1, 2\nb: 3\n",
        "1:4: yaml: did not find expected ',' or ']'; hint: the bracket that opens here is not closed, or a comma is missing in it",
    ),
    (
        "a: {b: 1\nc: 3\n",
        "1:4: yaml: did not find expected ',' or '}'; hint: the bracket that opens here is not closed, or a comma is missing in it",
    ),
    (
        "a: [1 2, \"b\" c]",
        "1:14: yaml: did not find expected ',' or ']'; hint: a comma or the closing bracket is missing before this, or a quote closes too early",
    ),
    (
        "a: [",
        "1:4: yaml: did not find expected node content; hint: the bracket that opens here is not closed",
    ),
    (
        "a: 1]\nb: ]",
        "2:4: yaml: did not find expected node content; hint: quote a value that starts with a bracket or a comma",
    ),
    (
        "a:\n  b: 1\n c: 2",
        "3:2: yaml: did not find expected key; hint: check the indentation of this line and the one above",
    ),
    (
        "a: 1\n  b: 2",
        "2:4: yaml: mapping values are not allowed in this context; hint: quote a value that holds `: `, and check the indentation and the colon of the line above",
    ),
    (
        "a:\n- b: 1\n c: 2",
        "3:2: yaml: did not find expected key; hint: check the indentation of this line and the one above",
    ),
    (
        "- a\nb: 1",
        "2:1: yaml: did not find expected '-' indicator; hint: all entries of a list begin with `- ` in the same column; check the indentation",
    ),
    (
        "a: - b",
        "1:4: yaml: block sequence entries are not allowed in this context; hint: begin a list on the line below its key",
    ),
    (
        "a: value: x",
        "1:9: yaml: mapping values are not allowed in this context; hint: quote a value that holds `: `, and check the indentation and the colon of the line above",
    ),
    ("a: *b", "1:4: yaml: unknown anchor 'b' referenced; hint: quote the text if it is no alias"),
    (
        "a: *.example.com",
        "1:4: yaml: did not find expected alphabetic or numeric character; hint: quote a value that starts with `*` or `&`",
    ),
    (
        "a: @b",
        "1:4: yaml: found character that cannot start any token; hint: quote a value that starts with `@`, `%`, `|`, `>` or a backquote",
    ),
    (
        "a: %b",
        "1:4: yaml: found character that cannot start any token; hint: quote a value that starts with `@`, `%`, `|`, `>` or a backquote",
    ),
    (
        "a: {{ .Values.x }}",
        "1:5: yaml: unsupported map key: a mapping; hint: a template's `{{ … }}` is no YAML: quote it, or render it first",
    ),
    (
        "a: {{ .Values.x }}-b",
        "1:19: yaml: did not find expected key; hint: a template's `{{ … }}` is no YAML: quote it, or render it first",
    ),
    (
        "{{- if .Values.x }}\na: 1\n{{- end }}",
        "1:3: yaml: did not find expected node content; hint: a template's `{{ … }}` is no YAML: quote it, or render it first",
    ),
    (
        "a: !b,c{d\n",
        "1:4: yaml: did not find expected whitespace or line break; hint: quote a value that starts with `!`",
    ),
    (
        "a: |b\n",
        "1:5: yaml: did not find expected comment or line break; hint: begin the text on the line below the `|` or `>`, or quote it",
    ),
    (
        "a: 1\r\n\tb: 2\r\n",
        "2:1: yaml: found character that cannot start any token: a tab; hint: indent with spaces",
    ),
    (
        "\u{feff}a: [\r\n",
        "1:4: yaml: did not find expected node content; hint: the bracket that opens here is not closed",
    ),
];

#[test]
fn typical_mistakes_are_explained() {
    let mut told = String::new();
    let mut wrong = false;
    for (text, expected) in MISTAKES {
        let message = error(text).replacen("test.yaml:", "", 1);
        wrong |= message != *expected;
        writeln!(told, "    ({text:?}, {message:?}),").unwrap();
    }
    assert!(!wrong, "told now:\n{told}");
}

#[test]
fn what_only_looks_like_a_mistake_is_read() {
    for (text, expected) in [
        ("a: &x 1\nb: &x 2\nc: *x", json!({"a": 1, "b": 2, "c": 2})),
        ("a: [\n1,\n2\n]\nb: {\nc: 1\n}", json!({"a": [1, 2], "b": {"c": 1}})),
        ("a: 'b\nc'\nd: \"e\n\nf\"", json!({"a": "b c", "d": "e\nf"})),
        ("a:\t1\nb: [\n\t1]", json!({"a": 1, "b": [1]})),
        ("\u{feff}a: 1\r\nb:\r\n- 2\r\n", json!({"a": 1, "b": [2]})),
        ("a: {b:}\nc: [d:e, :f]", json!(null)),
    ] {
        if expected.is_null() {
            error(text);
        } else {
            assert_eq!(one(text), expected, "{text:?}");
        }
    }
}

#[test]
fn hostile_texts_are_refused_not_followed() {
    let deep_flow = "[".repeat(10_000);
    let pairs = "{? ".repeat(10_000);
    let deep_block: String = (0..1100).flat_map(|i| [" ".repeat(i), "a:\n".to_owned()]).collect();
    let seq = "- ".repeat(10_000);
    for text in [&deep_flow, &pairs, &deep_block, &seq] {
        assert!(error(text).contains("exceeded max depth"), "{}", error(text));
    }
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(bomb, "a{i}: &a{i} [{aliases}]").unwrap();
    }
    assert!(error(&bomb).contains("excessive aliasing"));
    let strings = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), vec!["*a"; 50].join(","));
    assert!(error(&strings).contains("excessive aliasing"));
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for i in 1..1200 {
        writeln!(deep, "a{i}: &a{i} [*a{}]", i - 1).unwrap();
    }
    assert!(read("t", &deep).is_err());
    let large = "a".repeat(200);
    let limits = Limits { max_bytes: 100, ..Limits::default() };
    let message = read_with("big.yaml", &large, limits).unwrap_err().to_string();
    assert_eq!(message, "big.yaml: the text has 200 bytes, more than the limit of 100");
}

#[test]
fn the_deepest_tree_allowed_can_be_used_and_dropped() {
    let text: String = (0..999).flat_map(|i| [" ".repeat(i), "a:\n".to_owned()]).collect();
    let documents = read("test.yaml", &text).unwrap();
    let copy = documents.clone();
    assert_eq!(copy, documents);
    let json = documents[0].to_json();
    assert!(json.is_object());
    assert_eq!(Node::from_json(&json, &Place::whole("x")).to_json(), json);
    assert!(matches!(documents[0].value, Value::Map(_)));
}

fn documents(text: &str, options: Options) -> Documents {
    read_documents(&"x.yaml".into(), text, options).unwrap()
}

#[test]
fn keys_written_twice_are_told_and_merged_ones_are_not() {
    let told = |text: &str| {
        let documents = documents(text, Options::default());
        let keys = documents.duplicate_keys.iter();
        keys.map(|twice| format!("{} {} {}", twice.key, twice.place, twice.before)).collect::<Vec<_>>()
    };
    assert_eq!(told("a: 1\nb: 2\na: 3\n"), ["a x.yaml:3:1 x.yaml:1:1"]);
    assert_eq!(
        told("a:\n- {b: 1, b: 2}\n---\n{c: 1, c: 1}\n"),
        ["b x.yaml:2:10 x.yaml:2:4", "c x.yaml:4:8 x.yaml:4:2"]
    );
    assert_eq!(told("1: a\n\"1\": b\n"), ["1 x.yaml:2:1 x.yaml:1:1"]);
    assert_eq!(told("a: &a {b: 1}\nc: {<<: *a, b: 2}\n"), [""; 0]);
    assert_eq!(told("a: &a {b: 1}\nc: {<<: *a, b: 2, b: 3}\n"), ["b x.yaml:2:19 x.yaml:2:13"]);
    assert_eq!(told("a: &a {b: 1, b: 2}\nc: *a\n"), ["b x.yaml:1:14 x.yaml:1:8"]);
}

#[test]
fn integers_stay_exact_when_asked() {
    let text = "a: 9007199254740993\nb: -9223372036854775808\nc: 18446744073709551615\n";
    let read = |exact_integers| {
        let options = Options { exact_integers, ..Options::default() };
        documents(text, options).roots[0].to_json().to_string()
    };
    assert_eq!(read(true), r#"{"a":9007199254740993,"b":-9223372036854775808,"c":1.8446744073709552e+19}"#);
    assert_eq!(
        read(false),
        r#"{"a":9007199254740992,"b":-9.223372036854776e+18,"c":1.8446744073709552e+19}"#
    );
}

#[test]
fn places_count_the_lines_before() {
    let options = Options { lines_before: 10, ..Options::default() };
    let place = |text: &str| match read_documents(&"x.yaml".into(), text, options) {
        Ok(documents) => documents.roots[0].find(["a"]).unwrap().place.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(place("\na: 1\n"), "x.yaml:12:1");
    for (text, start) in [
        ("\na: [\n", "x.yaml:12:4: "),
        ("\na: *b\n", "x.yaml:12:4: "),
        ("\na: \u{1}\n", "x.yaml:12:4: "),
        ("a: 1\n\tb: 2\n", "x.yaml:12:1: "),
        ("a: {{ b }}\n", "x.yaml:11:"),
    ] {
        assert!(place(text).starts_with(start), "{text:?}: {}", place(text));
    }
}
