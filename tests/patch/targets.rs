//! Generated targets match the objects that a naive reading of them matches, and no others.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spark_operator::manifest::Manifests;
use spark_operator::manifest::patch::{Sides, apply, read_patches};
use spark_operator::yaml;

use crate::generate::runner;

type Marks = BTreeMap<&'static str, &'static str>;

#[derive(Clone, Debug)]
struct Object {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    name: String,
    namespace: Option<String>,
    labels: Marks,
    annotations: Marks,
}

#[derive(Clone, Debug)]
enum Pattern {
    Glob(String),
    Regex(&'static str),
}

#[derive(Clone, Debug)]
enum Requirement {
    Exists(&'static str),
    Missing(&'static str),
    In(&'static str, Vec<&'static str>),
    NotIn(&'static str, Vec<&'static str>),
}

#[derive(Clone, Debug)]
struct Target {
    kind: Pattern,
    group: Option<Pattern>,
    version: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Option<Vec<(Requirement, bool)>>,
    annotations: Option<Vec<(Requirement, bool)>>,
    hook: Option<bool>,
}

const KEYS: [&str; 3] = ["app", "example.com/tier", "helm.sh/hook"];
const VALUES: [&str; 3] = ["a", "b", ""];

#[test]
fn targets_match_what_they_say() {
    let (matched, missed) = (Cell::new(0), Cell::new(0));
    let case = (prop::collection::vec(object(), 1..6), target(), any::<bool>());
    runner(512)
        .run(&case, |(objects, target, in_list)| {
            let expected: Vec<_> = objects.iter().map(|object| target.matches(object)).collect();
            let found = touched(&objects, &target, in_list);
            prop_assert_eq!(&found, &expected);
            let hits = expected.iter().filter(|hit| **hit).count();
            matched.set(matched.get() + hits);
            missed.set(missed.get() + expected.len() - hits);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    println!("generated targets: {} objects matched, {} not", matched.get(), missed.get());
    assert!(matched.get() * 20 > missed.get() && missed.get() > 0, "{matched:?} {missed:?}");
}

/// Which of the objects a patch for the target changes.
fn touched(objects: &[Object], target: &Target, in_list: bool) -> Vec<bool> {
    let objects: Vec<_> = objects.iter().map(Object::written).collect();
    let text = if in_list {
        yaml::to_yaml(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))
    } else {
        objects.iter().map(yaml::to_yaml).collect::<Vec<_>>().join("\n---\n")
    };
    let patch = json!([{"target": target.written(), "expect": "any", "merge": {"touched": true}}]);
    let patches =
        read_patches("p.yaml", &patch.to_string()).unwrap_or_else(|error| panic!("{error}: {patch}"));
    let manifests = [Manifests::new("m.yaml", text)];
    let printed = apply(&patches, &manifests, Sides::All).unwrap().texts[0].concat();
    let trees: Vec<_> = yaml::read("m.yaml", &printed).unwrap().iter().map(yaml::Node::to_json).collect();
    let trees = if in_list { trees[0]["items"].as_array().unwrap().clone() } else { trees };
    assert_eq!(trees.len(), objects.len());
    trees.iter().map(|tree| tree["touched"] == true).collect()
}

impl Object {
    fn written(&self) -> Json {
        let version = if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        };
        let mut metadata = json!({"name": self.name});
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = json!(namespace);
        }
        for (key, marks) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !marks.is_empty() {
                metadata[key] = json!(marks);
            }
        }
        json!({"apiVersion": version, "kind": self.kind, "metadata": metadata})
    }
}

impl Target {
    fn written(&self) -> Json {
        let mut target = json!({"kind": self.kind.written()});
        for (key, pattern) in [
            ("group", &self.group),
            ("version", &self.version),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ] {
            if let Some(pattern) = pattern {
                target[key] = pattern.written();
            }
        }
        for (key, selector) in [("labelSelector", &self.labels), ("annotationSelector", &self.annotations)] {
            if let Some(all) = selector {
                let all: Vec<_> =
                    all.iter().map(|(requirement, terse)| requirement.written(*terse)).collect();
                target[key] = json!(all.join(","));
            }
        }
        if let Some(hook) = self.hook {
            target["hook"] = json!(hook);
        }
        target
    }

    fn matches(&self, object: &Object) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
        };
        let holds = |selector: &Option<Vec<(Requirement, bool)>>, marks: &Marks| {
            selector.iter().flatten().all(|(requirement, _)| requirement.holds(marks))
        };
        self.kind.matches(object.kind)
            && fits(&self.group, object.group)
            && fits(&self.version, object.version)
            && fits(&self.name, &object.name)
            && fits(&self.namespace, object.namespace.as_deref().unwrap_or(""))
            && holds(&self.labels, &object.labels)
            && holds(&self.annotations, &object.annotations)
            && self.hook.is_none_or(|hook| hook == object.annotations.contains_key("helm.sh/hook"))
    }
}

impl Pattern {
    fn written(&self) -> Json {
        match self {
            Self::Glob(text) => json!(text),
            Self::Regex(text) => json!({"regex": text}),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Glob(pattern) => glob(pattern.as_bytes(), text.as_bytes()),
            // The whole text: the longest match of any alternative, found by trying all ends.
            Self::Regex(pattern) => {
                let anchored = format!("\\A(?:{pattern})\\z");
                regex::Regex::new(&anchored).unwrap().is_match(text)
            }
        }
    }
}

/// `*` and `?` only, by trying everything.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|taken| glob(rest, &text[taken..])),
        (Some((b'?', rest)), Some((_, text))) => glob(rest, text),
        (Some((c, rest)), Some((d, text))) => c == d && glob(rest, text),
        _ => false,
    }
}

impl Requirement {
    /// Requirements on one value have several forms.
    fn written(&self, terse: bool) -> String {
        match self {
            Self::Exists(key) => (*key).to_owned(),
            Self::Missing(key) => format!("!{key}"),
            Self::In(key, values) if terse && values.len() == 1 => format!("{key}={}", values[0]),
            Self::In(key, values) if values.len() == 1 => format!("{key} == {}", values[0]),
            Self::NotIn(key, values) if terse && values.len() == 1 => format!("{key}!={}", values[0]),
            Self::In(key, values) => format!("{key} in ({})", values.join(", ")),
            Self::NotIn(key, values) => format!(" {key}  notin  ({}) ", values.join(",")),
        }
    }

    fn holds(&self, marks: &Marks) -> bool {
        match self {
            Self::Exists(key) => marks.contains_key(key),
            Self::Missing(key) => !marks.contains_key(key),
            Self::In(key, values) => marks.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => !marks.get(key).is_some_and(|value| values.contains(value)),
        }
    }
}

fn marks() -> impl Strategy<Value = Marks> {
    prop::collection::btree_map(prop::sample::select(&KEYS[..]), prop::sample::select(&VALUES[..]), 0..3)
}

fn object() -> impl Strategy<Value = Object> {
    let versions = prop::sample::select(vec![
        ("", "v1"),
        ("apps", "v1"),
        ("apps", "v1beta1"),
        ("batch.example.com", "v1"),
    ]);
    let kinds = prop::sample::select(vec!["Pod", "Deployment", "Po"]);
    let namespace = prop::option::of("[ab]{1,2}");
    (versions, kinds, "[ab-]{1,4}", namespace, marks(), marks()).prop_map(
        |((group, version), kind, name, namespace, labels, annotations)| Object {
            group,
            version,
            kind,
            name: format!("x{name}"),
            namespace: namespace.map(|name| format!("n{name}")),
            labels,
            annotations,
        },
    )
}

fn pattern(globs: &'static str, regexes: &'static [&'static str]) -> impl Strategy<Value = Pattern> {
    prop_oneof![
        3 => globs.prop_map(Pattern::Glob),
        1 => prop::sample::select(regexes).prop_map(Pattern::Regex),
    ]
}

fn selector() -> impl Strategy<Value = Option<Vec<(Requirement, bool)>>> {
    let key = || prop::sample::select(&KEYS[..]);
    let values = || prop::sample::subsequence(VALUES.to_vec(), 1..3);
    let requirement = prop_oneof![
        key().prop_map(Requirement::Exists),
        key().prop_map(Requirement::Missing),
        (key(), values()).prop_map(|(key, values)| Requirement::In(key, values)),
        (key(), values()).prop_map(|(key, values)| Requirement::NotIn(key, values)),
    ];
    prop::option::weighted(0.3, prop::collection::vec((requirement, any::<bool>()), 0..3))
}

fn target() -> impl Strategy<Value = Target> {
    let some = |strategy| prop::option::weighted(0.35, strategy);
    let kind = pattern(
        "(Pod|Deployment|P\\*|\\*o\\*|\\*|P\\?|\\?\\?\\?)",
        &["Po|Pod", "P.*", "", "[A-Z][a-z]+", "P|D"],
    );
    let names = some(pattern(
        "(x[ab*?-]{0,3}\\*?|\\*\\*[ab]\\*|\\*)",
        &["x(a|b)*", "x.*-.*", "xa|xb", ".", "x[^-]+"],
    ));
    let namespaces = some(pattern("(|n[ab*?]{1,2}|\\*)", &["", "n.|nab", ".+", "n?a?"]));
    let groups = some(pattern("(|apps|a\\*|\\*\\.\\*)", &["", "apps|batch", ".*\\.com", ".+"]));
    let versions = some(pattern("(v1|v1\\*|v\\?)", &["v1", "v1(beta1)?", "v1.+"]));
    (
        kind,
        groups,
        versions,
        names,
        namespaces,
        selector(),
        selector(),
        prop::option::weighted(0.2, any::<bool>()),
    )
        .prop_map(|(kind, group, version, name, namespace, labels, annotations, hook)| Target {
            kind,
            group,
            version,
            name,
            namespace,
            labels,
            annotations,
            hook,
        })
}
