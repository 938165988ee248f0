//! Objects: every upstream template renders the same kinds under the same names and conditions, for every naming.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use spark_operator::yaml;

use crate::chart::Object;
use crate::names::{Naming, namings};
use crate::row::overlay;
use crate::tally;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Template {
    #[serde(rename = "template")]
    path: String,
    #[serde(default)]
    when: Map<String, Json>,
    without: Option<Map<String, Json>>,
    also_without: Option<Map<String, Json>>,
    /// Helm's hook weight.
    weight: Option<String>,
    /// The chart's labels are not on it.
    #[serde(default)]
    unlabeled: bool,
    objects: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    api: String,
    name: String,
    namespace: Option<String>,
    component: Option<String>,
}

fn templates() -> Vec<Template> {
    let nodes = yaml::read("objects.yaml", include_str!("objects.yaml")).unwrap();
    serde_json::from_value(nodes[0].to_json()).unwrap()
}

#[test]
fn every_upstream_template_renders_its_objects() {
    let templates = templates();
    assert_eq!(templates.len(), 21);
    let namings: Vec<_> = namings().into_iter().filter(|naming| naming.short).collect();
    let wrong: Vec<_> = templates
        .iter()
        .filter_map(|template| namings.iter().find_map(|naming| check(template, naming).err()))
        .collect();
    tally("objects", templates.len(), &wrong);
}

/// What a template renders.
fn render(template: &Template, naming: &Naming, values: &Map<String, Json>) -> Result<Vec<Object>, String> {
    let mut all = naming.overrides();
    overlay(&mut all, &Json::Object(values.clone()));
    let text = all.to_string().replace(r#"["J"]"#, r#"["team"]"#);
    let chart = naming.setup().render(&text).map_err(|e| format!("{}: {e}", template.path))?;
    Ok(chart.objects.into_iter().filter(|o| o.template == template.path).collect())
}

fn check(template: &Template, naming: &Naming) -> Result<(), String> {
    let objects = render(template, naming, &template.when)?;
    let ids: Vec<_> = objects.iter().map(Object::id).collect();
    let fail = |what: String| Err(format!("{} of {}: {what}: {ids:?}", template.path, naming.release));
    let mut expected: Vec<_> = template.objects.iter().map(|e| id(e, naming)).collect();
    let mut found = ids.clone();
    // Helm's install order puts a namespace's Role and another's together; the order has its own tests.
    expected.sort();
    found.sort();
    if found != expected {
        return fail(format!("not {expected:?}"));
    }
    for wanted in &template.objects {
        let wanted_id = id(wanted, naming);
        let object = objects.iter().find(|o| o.id() == wanted_id).expect("compared above");
        let metadata = &object.json["metadata"];
        if object.json["apiVersion"] != wanted.api.as_str() {
            return fail(format!("{wanted_id} is {}", object.json["apiVersion"]));
        }
        let labels = &metadata["labels"];
        let component = wanted.component.as_deref().map_or(Json::Null, Json::from);
        if template.unlabeled != labels.is_null() || labels["app.kubernetes.io/component"] != component {
            return fail(format!("{wanted_id} has labels {labels}"));
        }
        if !template.unlabeled && labels["app.kubernetes.io/instance"] != naming.release.as_str() {
            return fail(format!("{wanted_id} has labels {labels}"));
        }
        if let Some(weight) = &template.weight {
            let policy = match object.kind.as_str() {
                "Job" => "before-hook-creation,hook-succeeded",
                _ => "before-hook-creation,hook-succeeded,hook-failed",
            };
            let hook = json!({
                "helm.sh/hook": "pre-install,pre-upgrade",
                "helm.sh/hook-delete-policy": policy,
                "helm.sh/hook-weight": weight,
            });
            if metadata["annotations"] != hook {
                return fail(format!("{wanted_id} has annotations {}", metadata["annotations"]));
            }
        }
    }
    if naming.full != "spark-operator" {
        return Ok(());
    }
    for values in template.without.iter().chain(&template.also_without) {
        let objects = render(template, naming, values)?;
        if !objects.is_empty() {
            return fail(format!("rendered under {values:?}"));
        }
    }
    Ok(())
}

fn id(expected: &Expected, naming: &Naming) -> String {
    let namespace = match expected.namespace.as_deref() {
        None => String::new(),
        Some("R") => format!("@{}", naming.namespace),
        Some(_) => "@team".into(),
    };
    let name = expected.name.strip_prefix('F').expect("F");
    format!("{}/{}{name}{namespace}", expected.kind, naming.full)
}
