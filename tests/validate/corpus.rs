//! The objects of tests/corpus, put together from their lines (its README has the format).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use spark_operator::yaml::{self, Node};

/// Who refuses an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// The schema of the definition.
    Structure,
    /// A rule in CEL.
    Rule,
    /// Only `validate`.
    Check,
}

/// An object with its verdict.
#[derive(Clone, Debug)]
pub struct Case {
    /// Kind, and what it is about.
    pub title: String,
    pub object: Json,
    pub refused: Option<Refused>,
    /// Where it is refused.
    pub field: String,
    /// Whether it is a line, and no second use of one.
    pub own: bool,
}

impl Case {
    pub fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap()
    }

    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap()
    }
}

fn document(text: &str) -> Vec<Json> {
    yaml::read("corpus", text).unwrap().iter().map(Node::to_json).collect()
}

/// All of them, with names of their own.
pub fn cases() -> Vec<Case> {
    let bases = document(include_str!("../corpus/base.yaml"));
    let [application, schedule, connect] = &bases[..] else { panic!("three bases") };
    let mut all = Vec::new();
    for (base, text) in [
        (application, include_str!("../corpus/applications.yaml")),
        (schedule, include_str!("../corpus/schedules.yaml")),
        (connect, include_str!("../corpus/connects.yaml")),
    ] {
        for line in document(text)[0].as_array().unwrap() {
            all.push(case(base, line, "spec", all.len()));
            let template = line.get("object").is_none() && line.get("without") != Some(&json!("spec"));
            if base["kind"] == "SparkApplication" && template {
                let mut inner = case(schedule, line, "spec.template", all.len());
                inner.field = inner.field.replacen("spec", "spec.template", 1);
                inner.own = false;
                all.push(inner);
            }
        }
    }
    let mut titles = BTreeSet::new();
    for case in &all {
        assert!(titles.insert(case.title.clone()), "twice: {}", case.title);
    }
    all
}

fn case(base: &Json, line: &Json, spec: &str, number: usize) -> Case {
    for key in line.as_object().unwrap().keys() {
        assert!(["case", "spec", "object", "without", "refused", "field"].contains(&key.as_str()), "{key}");
    }
    let mut object = base.clone();
    object["metadata"]["name"] = json!(format!("case-{number}"));
    let pointer = format!("/{}", spec.replace('.', "/"));
    if let Some(without) = line["without"].as_str() {
        let path = without.replacen("spec", spec, 1).replace('.', "/");
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
        assert!(
            object.pointer_mut(&parent).unwrap().as_object_mut().unwrap().remove(name).is_some(),
            "{path}"
        );
    }
    if let Some(values) = line.get("spec") {
        merge(object.pointer_mut(&pointer).unwrap(), values);
    }
    if let Some(values) = line.get("object") {
        merge(&mut object, values);
    }
    let refused = line.get("refused").map(|by| match by.as_str().unwrap() {
        "structure" => Refused::Structure,
        "rule" => Refused::Rule,
        "check" => Refused::Check,
        other => panic!("{other}"),
    });
    let within = if spec == "spec" { "" } else { " in a schedule" };
    Case {
        title: format!("{}: {}{within}", base["kind"].as_str().unwrap(), line["case"].as_str().unwrap()),
        object,
        refused,
        field: line["field"].as_str().unwrap_or_default().to_owned(),
        own: true,
    }
}

fn merge(into: &mut Json, values: &Json) {
    match (into, values) {
        (Json::Object(into), Json::Object(values)) => {
            for (key, value) in values {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, values) => *into = values.clone(),
    }
}
