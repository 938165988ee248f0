//! docs/from-yq.md stays true: each expression is translated to what is shown there, and the value does the same.

use std::fs;

use serde_json::Value as Json;
use spark_operator::manifest::Manifests;
use spark_operator::manifest::patch::{self, yq};

use crate::command::Folder;
use crate::real::{manifests, patched};

/// A section of the page: an expression, the values and the patch that do the same, and where it shows.
struct Hack<'a> {
    title: &'a str,
    expression: &'a str,
    values: &'a str,
    patch: &'a str,
    object: &'a str,
    path: &'a str,
    /// What the list at the path has, if it is not the same as a whole.
    has: Option<&'a str>,
}

fn page() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/from-yq.md")).unwrap()
}

fn hacks(page: &str) -> Vec<Hack<'_>> {
    let sections = page.split("\n## ").skip(1).filter(|section| section.contains("```yq\n"));
    sections
        .map(|section| {
            let fences: Vec<_> = section.split("```").collect();
            let [_, expression, _, values, _, patch, rest] = fences.as_slice() else {
                panic!("a section has three examples: {section}")
            };
            let marks: Vec<_> = rest.split('`').collect();
            let has = marks.get(5).copied();
            Hack {
                title: section.lines().next().unwrap(),
                expression: expression.strip_prefix("yq\n").unwrap().trim_end(),
                values: values.strip_prefix("yaml\n").unwrap(),
                patch: patch.strip_prefix("yaml\n").unwrap(),
                object: marks[1],
                path: marks[3],
                has,
            }
        })
        .collect()
}

/// What an object (`Kind name`) of manifests has at a path.
fn at(text: &str, object: &str, path: &str) -> Json {
    let source = Manifests::new("manifests.yaml", text.to_owned());
    let roots = source.chunks().filter_map(|chunk| source.read(chunk).unwrap());
    let named = roots.filter(|content| {
        let identity = &content.objects[0].identity;
        format!("{} {}", identity.kind, identity.name) == object
    });
    let found: Vec<_> = named.filter_map(|content| content.root.to_json().pointer(path).cloned()).collect();
    assert!(!found.is_empty(), "there is no {object} with {path}");
    found
        .into_iter()
        .map(|value| (value.to_string().len(), value))
        .max_by_key(|(length, _)| *length)
        .unwrap()
        .1
}

/// Whether a list has an item: a flag with one hyphen or two, or a value as JSON.
fn has(list: &Json, wanted: &str) -> bool {
    let json = serde_json::from_str::<Json>(wanted).ok();
    list.as_array().unwrap().iter().any(|item| match item.as_str() {
        Some(flag) => flag.trim_start_matches('-') == wanted,
        None => Some(item) == json.as_ref(),
    })
}

#[test]
fn each_expression_of_the_page_is_translated_to_what_the_page_shows() {
    let page = page();
    let hacks = hacks(&page);
    assert!(hacks.len() >= 12, "{}", hacks.len());
    for Hack { title, expression, patch, .. } in hacks {
        let translation = yq::translate(expression).unwrap_or_else(|error| panic!("{title}: {error}"));
        assert_eq!(patch::to_yaml(&translation.patches), patch, "{title}");
        let value = translation.notes.iter().any(|note| note.starts_with("The spark-operator chart has"));
        assert!(value, "{title}: from-yq names no value");
    }
}

#[test]
fn each_value_of_the_page_does_what_the_expression_does() {
    let (page, folder) = (page(), Folder::new());
    let render = ["render", "--kube-version", "1.37"];
    let plain = folder.run(&render).ok();
    for Hack { title, expression, values, object, path, has: item, .. } in hacks(&page) {
        folder.file("values.yaml", values);
        let with_value = folder.run(&[&render[..], &["--values", "values.yaml"]].concat()).ok();
        let with_patch = patched(&yq::translate(expression).unwrap(), &manifests(&plain)).unwrap();
        let (value, patch) = (at(&with_value, object, path), at(&with_patch, object, path));
        match item {
            Some(item) => {
                assert!(has(&value, item) && has(&patch, item), "{title}: {item}\n{value}\n{patch}");
            }
            None => assert_eq!(value, patch, "{title}"),
        }
    }
}

#[test]
fn each_value_that_the_page_names_is_one_of_the_chart() {
    let values = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/values.md")).unwrap();
    let page = page();
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| What"))
        .skip(2)
        .take_while(|l| l.starts_with('|'));
    let mut named = 0;
    for row in rows {
        for key in row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2) {
            let section = !key.contains(['.', '-']) || values.contains(&format!("| `{key}."));
            let known = values.contains(&format!("| `{key}` |")) || section;
            assert!(known || key == "argo-cd", "docs/values.md has no {key}");
            named += 1;
        }
    }
    assert!(named >= 20, "{named}");
}
