//! Names: what release name and overrides make of full name and name, at every length.

use serde::Deserialize;
use serde_json::json;
use spark_operator::yaml;

use crate::chart::{APIS, Setup};
use crate::tally;

/// One release, and the names expected of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Naming {
    pub release: String,
    pub namespace: String,
    #[serde(default)]
    pub name_override: String,
    #[serde(default)]
    pub fullname_override: String,
    pub full: String,
    pub name: String,
    #[serde(default)]
    pub short: bool,
}

impl Naming {
    pub fn setup(&self) -> Setup<'_> {
        Setup { release: &self.release, namespace: &self.namespace, kube: None, apis: APIS }
    }

    pub fn overrides(&self) -> serde_json::Value {
        json!({ "nameOverride": self.name_override, "fullnameOverride": self.fullname_override })
    }
}

pub fn namings() -> Vec<Naming> {
    let nodes = yaml::read("names.yaml", include_str!("names.yaml")).unwrap();
    serde_json::from_value(nodes[0].to_json()).unwrap()
}

#[test]
fn names_follow_upstreams_rules() {
    let rows = namings();
    let wrong: Vec<_> = rows.iter().filter_map(|row| check(row).err()).collect();
    tally("names", rows.len(), &wrong);
}

fn check(row: &Naming) -> Result<(), String> {
    let mut values = row.overrides();
    values["webhook"] = json!({ "enable": row.short });
    let chart = row.setup().render(&values.to_string())?;
    let object = chart.find(&format!("Deployment/{}-controller", row.full));
    let object = object.ok_or_else(|| format!("{}: {:?}", row.full, chart.ids()))?;
    let labels = &object.json["metadata"]["labels"];
    let expected = json!({
        "helm.sh/chart": "spark-operator-3.0.0",
        "app.kubernetes.io/name": row.name,
        "app.kubernetes.io/instance": row.release,
        "app.kubernetes.io/component": "controller",
        "app.kubernetes.io/version": "3.0.0",
        "app.kubernetes.io/managed-by": "Helm",
    });
    if labels != &expected {
        return Err(format!("{}: labels {labels}", row.full));
    }
    if row.short {
        return Ok(());
    }
    // What the API server would refuse is refused here, and says the way out.
    let error = row.setup().render(&row.overrides().to_string()).err().unwrap_or_default();
    if error.contains(&format!("cannot be named \"{}-webhook-svc\"", row.full))
        && error.contains("fullnameOverride")
    {
        Ok(())
    } else {
        Err(format!("{}: with the webhook: {error:?}", row.full))
    }
}
