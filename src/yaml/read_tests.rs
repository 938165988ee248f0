//! Tests of the reader: meaning, places, limits and messages.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::super::Value;
use super::*;

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
        ("a:\n\tb: 1", "test.yaml:2:2: yaml: found character that cannot start any token: a tab"),
        ("a: *b", "test.yaml:1:4: yaml: unknown anchor 'b' referenced"),
        ("a: &a 1\n---\nb: *a", "test.yaml:3:4: yaml: unknown anchor 'a' referenced"),
        ("a: &a [*a]", "test.yaml:1:8: yaml: anchor 'a' value contains itself"),
        ("a: !!int x", "test.yaml:1:4: yaml: cannot decode !!str `x` as a !!int"),
        ("a: .inf", "test.yaml:1:4: json: unsupported value: .inf"),
        ("? [a]\n: 1", "test.yaml:1:3: unsupported map key: a sequence"),
        ("~: 1", "test.yaml:1:1: unsupported map key: null"),
        ("<<: 1", "test.yaml:1:5: yaml: map merge requires map"),
        ("a: \u{1}", "test.yaml:1:4: yaml: control characters are not allowed: U+0001"),
        ("%YAML 1.2\n---\na: 1", "test.yaml:1:1: yaml: found incompatible YAML document: version 1.2"),
        ("a: {{ .Values.x }}", "test.yaml:1:"),
        ("a: [b?]", "test.yaml:1:5: yaml: found a text with `?` or `:` inside brackets"),
        ("a: {b:}", "test.yaml:1:5: yaml: found a text with `?` or `:` inside brackets"),
        ("a: b: c", "test.yaml:1:5: yaml: mapping values are not allowed in this context; hint: quote"),
    ] {
        let message = error(text);
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }
}

#[test]
fn hostile_texts_are_refused_not_followed() {
    let deep_flow = "[".repeat(10_000);
    let deep_block: String = (0..1100).flat_map(|i| [" ".repeat(i), "a:\n".to_owned()]).collect();
    let seq = "- ".repeat(10_000);
    for text in [&deep_flow, &deep_block, &seq] {
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
