//! Generated manifests: objects of one shape with odd texts in them, written in as many ways as people and tools do.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value as Json, json};
use spark_operator::yaml;

/// The same cases in every run; `PROPTEST_CASES` (256 are usual) tries more of them.
pub fn runner(usual: u32) -> TestRunner {
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() };
    let cases = (config.cases.saturating_mul(usual) / 256).max(16);
    TestRunner::new_with_rng(
        ProptestConfig { cases, ..config },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    )
}

/// Texts that emitters get wrong.
pub fn text() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "",
        " ",
        "yes",
        "y",
        "null",
        "~",
        "0644",
        "1e3",
        "0x1f",
        "1_000",
        "-",
        "- a",
        "a: b",
        "a:",
        "# c",
        "a #b",
        "---",
        "--- a",
        "...",
        "%YAML",
        " lead",
        "trail ",
        "two\nlines",
        "two\nlines\n",
        "\n",
        "\n\n a\n",
        "a\n\n\nb\n\n",
        "tab\tin",
        "\ttab",
        "carriage\rreturn",
        "crlf\r\nin",
        "grün",
        "\u{1f30a}",
        "*a",
        "&a",
        "!t",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "{",
        "[",
        "{a}",
        "? a",
        "<<",
        "=",
        "2026-11-20",
        "1:20",
        ".5",
        "1.",
        "NaN",
        ".inf",
        "{{ .Values.a }}",
        "a\u{a0}b",
    ];
    prop_oneof![2 => "[a-z]{1,8}", 3 => prop::sample::select(ODD).prop_map(str::to_owned), 1 => "[ -~]{0,20}"]
}

/// Any JSON value, at most a few levels deep.
pub fn value() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        (-5i64..500).prop_map(Json::from),
        prop::sample::select(vec![i64::MAX, i64::MIN, (1 << 53) + 1]).prop_map(Json::from),
        prop::sample::select(vec![0.5, -1.25, 1e21, 1e-7, 123_456.75]).prop_map(Json::from),
    ];
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        2 => number,
        4 => text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            table(inner).prop_map(Json::from)
        ]
    })
}

/// A mapping with up to three keys, some of them odd.
pub fn table(values: impl Strategy<Value = Json>) -> impl Strategy<Value = Map<String, Json>> {
    // As a key `<<` merges, also where Helm's emitter, whose bytes are ours, writes it for a text.
    let key = prop_oneof![3 => "[a-c]", 1 => text().prop_filter("a key", |text| text != "<<")];
    prop::collection::vec((key, values), 0..4).prop_map(|entries| entries.into_iter().collect())
}

/// An object called `name`: the shape that the generated patches know.
fn object(name: String) -> impl Strategy<Value = Json> {
    let items = prop::collection::vec((0..4u8, value()), 0..4);
    // Few letters, so that a list often has a value already.
    let list = prop::collection::vec(prop_oneof![2 => "[a-c]", 1 => text()], 0..4);
    (0..3usize, list, items, value(), table(value())).prop_map(move |(kind, list, items, any, table)| {
        let (version, kind) = [("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("v1", "Secret")][kind];
        let items: Vec<_> = items
            .into_iter()
            .map(|(name, value)| json!({"name": format!("i{name}"), "value": value}))
            .collect();
        json!({
            "apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": {"app": "x"}},
            "spec": {"count": 1, "list": list, "items": items, "any": any, "table": table},
        })
    })
}

/// How an object is written.
#[derive(Clone, Copy, Debug)]
enum Style {
    Block,
    Flow,
    Commented,
}

const STYLES: [Style; 3] = [Style::Block, Style::Flow, Style::Commented];

/// Anchors, folded texts and other ways to write what a tree does not remember.
const BY_HAND: &str = "apiVersion: v1
kind: ConfigMap   # by hand
metadata: &meta {name: NAME, 'labels': {\"app\": x}}

spec:
    count: 0x1
    list: &list [a, 'b']   # not sorted
    items: &items
    -   name: i0
        value: *list
    any: >-
        folded
        text

         --- indented
    table:
        <<: {b: merged}
        a: |+
            # not a comment
            ...

    more: *meta
";

/// One document, without what separates it from others, and how many objects it has.
fn document(name: impl Fn(usize) -> String + Clone) -> impl Strategy<Value = String> {
    let style = || prop::sample::select(&STYLES[..]);
    let (one, many) = (name.clone(), name.clone());
    let single = (object(one(0)), style()).prop_map(|(object, style)| written(&object, style));
    let list = (object(many(0)), object(many(1)), style()).prop_map(|(a, b, style)| {
        written(&json!({"apiVersion": "v1", "kind": "List", "items": [a, b]}), style)
    });
    let silent = prop::sample::select(vec!["", "\n", "# only a comment\n", "  # indented\n\n", "null\n"]);
    prop_oneof![
        5 => single,
        1 => Just(BY_HAND.replace("NAME", &name(0))),
        1 => list,
        1 => silent.prop_map(str::to_owned),
    ]
}

fn written(object: &Json, style: Style) -> String {
    let block = yaml::to_yaml(object) + "\n";
    match style {
        Style::Block => block,
        Style::Flow => object.to_string().replace('\u{a0}', "\\u00a0") + "\n",
        Style::Commented => block.replacen("\nkind:", "\n# said of the kind\nkind:", 1) + "\n# below\n\n",
    }
}

/// A stream of documents whose objects are called `o0`, `o1` and so on (two for each document).
pub fn stream() -> impl Strategy<Value = String> {
    let between = prop::sample::select(vec![
        "---\n",
        "--- # c\n",
        "---\t\n",
        "---\n# Source: x/templates/a.yaml\n",
        "...\n---\n",
        "...\n",
        "...\n# c\n%YAML 1.1\n# d\n---\n",
        "---\n---\n",
        "\n\n---\n",
    ]);
    let documents =
        (0..4usize).map(|index| (between.clone(), document(move |n| format!("o{}", 2 * index + n))));
    let start =
        prop::sample::select(vec!["", "", "---\n", "# c\n---\n", "%YAML 1.1\n---\n", "\n# Source: a\n"]);
    let parts = (start, documents.collect::<Vec<_>>(), 1..=4usize);
    (parts, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |((start, documents, count), mark, crlf, unended)| {
            let mut text = start.to_owned();
            let mut before = None;
            for (between, document) in documents.into_iter().take(count) {
                text.push_str(match before {
                    None => "",
                    // An end marker ends something.
                    Some(false) if between.starts_with("...") => "---\n",
                    Some(_) => between,
                });
                text.push_str(&document);
                before = Some(document.contains("kind"));
            }
            if unended {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if mark { format!("\u{feff}{text}") } else { text }
        },
    )
}
