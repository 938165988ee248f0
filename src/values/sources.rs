//! What a user gives on the command line, and how Helm makes one tree of it.
//!
//! The texts come in, the tree goes out: nothing is read here, and the chart's defaults come later (see `merge`).
//! Rules: `MergeValues` in `pkg/cli/values/options.go` and `LoadValues` in `pkg/chart/v2/loader/load.go`.

use std::io;

use thiserror::Error;

use super::HelmCompat;
use super::merge::merge;
use super::set::{self, SetError, SetKind};
use crate::yaml::{self, Map, Node, Place, Value};

/// Everything a user may give, each list in the order of the command line.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `-f`: the values files.
    pub files: Vec<ValuesFile>,
    /// `--set-json`.
    pub set_json: Vec<String>,
    /// `--set`.
    pub set: Vec<String>,
    /// `--set-string`.
    pub set_string: Vec<String>,
    /// `--set-file`: the values are paths.
    pub set_file: Vec<String>,
    /// `--set-literal`.
    pub set_literal: Vec<String>,
    /// Whose rules apply where Helm 3 and 4 differ.
    pub compat: HelmCompat,
}

/// A values file that has been read.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    /// Its name as the user gave it: errors and places show it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Sources that do not make a tree. The texts start as Helm's do.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A values file is not YAML.
    #[error("failed to parse {0}")]
    Yaml(#[from] yaml::ReadError),
    /// A document of a values file is a list or a scalar.
    #[error(
        "failed to parse {place}: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
    )]
    NotAMap {
        /// Where it starts.
        place: Place,
        /// What it is: `array`, `string`, `number` or `bool`.
        found: &'static str,
    },
    /// Something other than a comment behind the `---` that separates documents.
    #[error("failed to parse {place}: error reading yaml document: invalid Yaml document separator: {text}")]
    Separator {
        /// The line.
        place: Place,
        /// What stands there.
        text: String,
    },
    /// A flag that cannot be applied.
    #[error(transparent)]
    Set(#[from] SetError),
}

/// Makes one tree of all sources, in Helm's order.
///
/// Files first, each over those before it; then, whatever their order among each other on the command line,
/// `--set-json`, `--set`, `--set-string`, `--set-file`, `--set-literal`. A `null` stays in the tree: it takes a
/// default away later. `read_file` gets the paths of `--set-file`.
///
/// # Errors
/// The first source that cannot be read or applied.
pub fn collect(
    sources: &Sources,
    read_file: &dyn Fn(&str) -> io::Result<String>,
) -> Result<Map, SourceError> {
    let Sources { files, set_json, set, set_string, set_file, set_literal, compat } = sources;
    let mut tree = Map::new();
    for file in files {
        for document in documents(file, *compat)? {
            tree = merge(tree, document);
        }
    }
    let mut root = Node::new(Value::Map(tree), Place::whole("values"));
    let flags = [
        (SetKind::Json, set_json),
        (SetKind::Typed, set),
        (SetKind::String, set_string),
        (SetKind::File, set_file),
        (SetKind::Literal, set_literal),
    ];
    for (kind, texts) in flags {
        for text in texts {
            set::apply_as(*compat, kind, text, &mut root, read_file)?;
        }
    }
    Ok(match root.value {
        Value::Map(map) => map,
        // No flag replaces the root.
        _ => Map::new(),
    })
}

/// The maps of a file's documents, as far as this Helm reads them; empty documents have none.
fn documents(file: &ValuesFile, compat: HelmCompat) -> Result<Vec<Map>, SourceError> {
    let text = match compat {
        HelmCompat::V3 => first_document(&file.text).to_owned(),
        HelmCompat::V4 => separated(file)?,
    };
    let documents = yaml::read(&file.name, &text)?.into_iter();
    let wanted = if compat == HelmCompat::V3 { 1 } else { usize::MAX };
    documents.take(wanted).filter_map(|node| map(node).transpose()).collect()
}

/// The text up to where its first document ends: Helm 3 never looks further, not even for mistakes.
fn first_document(text: &str) -> &str {
    let mut begun = false;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let next = end + line.len();
        if is_marker(line, "...") {
            return &text[..next];
        }
        if begun && is_marker(line, "---") {
            return &text[..end];
        }
        begun |= !line.trim().is_empty() && !line.starts_with(['#', '%']);
        end = next;
    }
    text
}

/// The text as Helm 4 cuts it: at every line that starts with `---`, before YAML is looked at.
///
/// Of each piece only the first document counts; what follows its `...` becomes empty lines.
fn separated(file: &ValuesFile) -> Result<String, SourceError> {
    let mut text = String::with_capacity(file.text.len() + 1);
    let mut ended = false;
    for (number, line) in file.text.lines().enumerate() {
        if let Some(behind) = line.strip_prefix("---") {
            let behind = behind.trim();
            if !behind.is_empty() && !behind.starts_with('#') {
                let place = Place { source: file.name.as_str().into(), line: number + 1, column: 1 };
                return Err(SourceError::Separator { place, text: behind.to_owned() });
            }
            ended = false;
        }
        if !ended {
            text.push_str(line);
        }
        text.push('\n');
        ended |= is_marker(line, "...");
    }
    Ok(text)
}

/// Whether a line is a document marker of YAML: at its start, and a blank or nothing behind.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|behind| behind.chars().next().is_none_or(char::is_whitespace))
}

/// A document's map, or nothing if it is empty.
fn map(document: Node) -> Result<Option<Map>, SourceError> {
    let found = match document.value {
        Value::Map(map) => return Ok(Some(map)),
        Value::Null => return Ok(None),
        Value::Seq(_) => "array",
        Value::Str(_) => "string",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Bool(_) => "bool",
    };
    Err(SourceError::NotAMap { place: document.place, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(path: &str) -> io::Result<String> {
        Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
    }

    fn file(name: &str, text: &str) -> ValuesFile {
        ValuesFile { name: name.into(), text: text.into() }
    }

    fn json(sources: &Sources) -> String {
        let map = collect(sources, &none).unwrap();
        Node::new(Value::Map(map), Place::whole("test")).to_json().to_string()
    }

    #[test]
    fn flags_come_in_helms_order_not_in_the_users() {
        let sources = Sources {
            files: vec![file("a", r#"{"k": "file", "f": 1}"#), file("b", r#"{"f": 2}"#)],
            set_json: vec![r#"k="json",j=1"#.into()],
            set: vec!["k=set,s=1,l=1".into()],
            set_string: vec!["k=string,s=2".into()],
            set_literal: vec!["k=a,b=c".into()],
            ..Sources::default()
        };
        assert_eq!(json(&sources), r#"{"k":"a,b=c","f":2,"j":1,"s":"2","l":1}"#);
    }

    #[test]
    fn a_file_may_hold_several_documents_in_helm_4_and_one_in_helm_3() {
        // text, Helm 3, Helm 4
        let cases = [
            ("a: 1\n---\na: 2\nb: 2\n", r#"{"a":1}"#, r#"{"a":2,"b":2}"#),
            ("---\n# nothing\n---\na: 1\n--- # next\nb: 2", "{}", r#"{"a":1,"b":2}"#),
            ("# head\n---\na: 1\n---\n", r#"{"a":1}"#, r#"{"a":1}"#),
            ("a: 1\r\n---\r\nb: 2\r\n", r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            ("a: 1\n...\n[: broken\n---\nb: 2\n", r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            ("a: |\n  ---\n  x\n", r#"{"a":"---\nx\n"}"#, r#"{"a":"---\nx\n"}"#),
        ];
        for (text, three, four) in cases {
            for (compat, expected) in [(HelmCompat::V3, three), (HelmCompat::V4, four)] {
                let sources = Sources { files: vec![file("a", text)], compat, ..Sources::default() };
                assert_eq!(json(&sources), expected, "{compat:?}: {text}");
            }
        }
        let sources = Sources {
            files: vec![file("a", "a: 1\n---\n[: broken")],
            compat: HelmCompat::V3,
            ..Sources::default()
        };
        assert_eq!(json(&sources), r#"{"a":1}"#);
    }

    #[test]
    fn places_in_later_documents_are_those_of_the_file() {
        let sources =
            Sources { files: vec![file("v.yaml", "a: 1\n...\n\n---\nb:\n  c: 2\n")], ..Sources::default() };
        let map = collect(&sources, &none).unwrap();
        let node = Node::new(Value::Map(map), Place::whole("test"));
        assert_eq!(node.find(["b", "c"]).unwrap().place.to_string(), "v.yaml:6:3");
    }

    #[test]
    fn a_document_that_is_no_map_is_refused_in_helms_words() {
        for (text, found) in [("[1]", "array"), ("\"x\"", "string"), ("1.5", "number"), ("true", "bool")] {
            let sources = Sources { files: vec![file("v.yaml", text)], ..Sources::default() };
            let error = collect(&sources, &none).unwrap_err().to_string();
            assert!(error.starts_with("failed to parse v.yaml"), "{error}");
            assert!(error.contains(&format!("cannot unmarshal {found} into Go value")), "{error}");
        }
        let sources = Sources { files: vec![file("v.yaml", "{}\n--- {\"a\": 1}\n")], ..Sources::default() };
        let error = collect(&sources, &none).unwrap_err().to_string();
        assert_eq!(
            error,
            "failed to parse v.yaml:2:1: error reading yaml document: invalid Yaml document separator: {\"a\": 1}"
        );
    }

    #[test]
    fn an_empty_file_is_no_values() {
        for text in ["", "null", "\n\n", "---\n---\n", "{}"] {
            assert_eq!(json(&Sources { files: vec![file("v.yaml", text)], ..Sources::default() }), "{}");
        }
    }
}
