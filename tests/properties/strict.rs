//! A YAML document judged more strictly than Helm's readers do: no key twice, nothing but one document.

use spark_operator::yaml::{Limits, Node, ReadError, Value, read, read_with};

/// One document, and no duplicate keys at any depth.
pub fn check(text: &str) -> Result<(), String> {
    let documents = read("document", text).map_err(|error| error.to_string())?;
    let [root] = documents.as_slice() else { return Err(format!("{} documents", documents.len())) };
    // Of duplicate keys the tree holds one; the reader counts all of them.
    let limits = Limits { max_nodes: count(root), ..Limits::default() };
    match read_with("document", text, limits) {
        Ok(_) => Ok(()),
        Err(ReadError::TooManyNodes { .. }) => Err("a key is there twice".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The shape: every path to a value, without what is there.
pub fn outline(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for root in read("document", text).unwrap() {
        walk(&root, "", &mut paths);
    }
    paths
}

fn walk(node: &Node, path: &str, paths: &mut Vec<String>) {
    match &node.value {
        Value::Map(map) => {
            paths.push(format!("{path} table"));
            map.iter().for_each(|(key, inner)| walk(inner, &format!("{path}/{key}"), paths));
        }
        Value::Seq(items) => {
            paths.push(format!("{path} list"));
            items
                .iter()
                .enumerate()
                .for_each(|(index, inner)| walk(inner, &format!("{path}/{index}"), paths));
        }
        Value::Str(_) => paths.push(format!("{path} text")),
        _ => paths.push(format!("{path} scalar")),
    }
}

/// Keys count too.
fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::Map(map) => map.values().map(|inner| 1 + count(inner)).sum(),
        Value::Seq(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

#[test]
fn duplicate_keys_are_found_at_every_depth() {
    for text in ["a: 1\nb: {c: [1, {d: 2}]}\n", "- a: 1\n- a: 1\n", "text\n"] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
    for text in
        ["a: 1\na: 1\n", "a: {b: 1}\nc: 1\na: {b: 1}\n", "- a:\n    b: 1\n    'b': 2\n", "a: 1\n---\nb: 1\n"]
    {
        assert!(check(text).is_err(), "{text}");
    }
}
