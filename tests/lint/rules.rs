//! Each rule by its table in `tests/lint/rules/`: a section for a rule, with clean and offending documents. A line that
//! is to be found ends in `#!` and the message.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value as Json, json};
use spark_operator::manifest::lint::rules;
use spark_operator::yaml;

use super::given::{lint, path};

/// Sections: the rule's id, and the documents.
fn sections() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(path("rules")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut sections: Vec<(String, String)> = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some(id) = line.strip_prefix("#### ") {
                sections.push((id.to_owned(), String::new()));
            } else if let Some((_, text)) = sections.last_mut() {
                text.extend([line, "\n"]);
            }
        }
    }
    sections
}

/// Line and message of each mark.
fn marks(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let marks = lines
        .flat_map(|(index, line)| line.split(" #! ").skip(1).map(move |mark| (index + 1, mark.to_owned())));
    marks.collect()
}

#[test]
fn each_rule_finds_the_marked_lines_and_no_others() {
    let mut wrong = Vec::new();
    for (id, text) in sections() {
        let report = lint(&[("section", &text)]);
        let found = report.findings.iter().filter(|finding| finding.rule.id == id);
        let mut found: Vec<_> = found.map(|f| (f.place.line, f.message.clone())).collect();
        found.sort();
        let mut marked = marks(&text);
        marked.sort();
        if found != marked {
            wrong.push(format!("{id}\n  found:  {found:?}\n  marked: {marked:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_a_clean_and_an_offending_document() {
    let mut clean = BTreeSet::new();
    let mut offending = BTreeSet::new();
    for (id, text) in sections() {
        for document in text.split("---\n").filter(|document| document.contains("kind:")) {
            if document.contains(" #! ") { &mut offending } else { &mut clean }.insert(id.clone());
        }
    }
    let all: BTreeSet<String> = rules().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(clean, all, "clean documents");
    assert_eq!(offending, all, "offending documents");
}

#[test]
fn nothing_of_a_wrong_shape_panics_or_stops_the_others() {
    let pod = "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n";
    for (id, text) in sections() {
        for document in text.split("---\n").filter(|document| document.contains("kind:")) {
            let json = yaml::read(&id, document).unwrap().remove(0).to_json();
            // Each mapping, list and scalar in turn becomes something else.
            for path in
                paths(&json).iter().filter(|path| !matches!(path.as_str(), "" | "/kind" | "/apiVersion"))
            {
                for other in
                    [json!("x"), json!([1]), json!([{}]), json!({ "a": [{}] }), json!(7), json!(null)]
                {
                    // Items of a List must be objects.
                    if path.starts_with("/items") && path.matches('/').count() < 4 {
                        continue;
                    }
                    let mut changed = json.clone();
                    *changed.pointer_mut(path).unwrap() = other;
                    let report = lint(&[(&id, &changed.to_string()), ("pod", pod)]);
                    let last = report.findings.last().unwrap();
                    assert_eq!(
                        (&*last.place.source, last.rule.id),
                        ("pod", "psa-host-namespaces"),
                        "{changed}"
                    );
                }
            }
        }
    }
}

/// Every path of a tree, as JSON pointers, the root's first.
fn paths(json: &Json) -> Vec<String> {
    let mut found = vec![String::new()];
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                found.extend(paths(value).into_iter().map(|path| format!("/{}{path}", escape(key))));
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                found.extend(paths(value).into_iter().map(|path| format!("/{index}{path}")));
            }
        }
        _ => {}
    }
    found
}
