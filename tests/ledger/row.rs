//! A row of data: values to set, what else they need, and where the effect shows.
//!
//! A row holds if every effect is there with the values, and none of them without.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use spark_operator::yaml;

use crate::chart::{Chart, Setup};

/// One place of the manifests, and what must be there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Effect {
    /// The object, as [`Chart::find`] takes it. It must exist, unless it is all that is said and it is `gone`.
    #[serde(rename = "in")]
    pub object: String,
    /// The place in it, as [`crate::chart::Object::at`] takes it.
    pub at: Option<String>,
    /// What is there.
    pub is: Option<Json>,
    /// An item of the list, or a part of the text, that is there.
    pub has: Option<Json>,
    /// An argument of the first container.
    pub arg: Option<String>,
    /// The place, the object, or an argument that begins so, is absent.
    #[serde(default)]
    pub gone: bool,
}

impl Effect {
    fn holds(&self, chart: &Chart) -> bool {
        let Some(object) = chart.find(&self.object) else {
            return self.gone && self.at.is_none() && self.arg.is_none();
        };
        match (&self.at, &self.arg) {
            (None, None) => !self.gone,
            (None, Some(arg)) => {
                let args = object.texts("c0/args");
                if self.gone { !args.iter().any(|a| a.starts_with(arg)) } else { args.contains(arg) }
            }
            (Some(at), _) => {
                let found = object.at(at);
                match (found, &self.is, &self.has) {
                    (None, ..) => self.gone,
                    (Some(_), None, None) => !self.gone,
                    (Some(found), Some(is), _) => (found == is) != self.gone,
                    (Some(Json::String(text)), None, Some(Json::String(part))) => {
                        text.contains(part) != self.gone
                    }
                    (Some(found), None, Some(item)) => {
                        found.as_array().is_some_and(|items| items.contains(item)) != self.gone
                    }
                }
            }
        }
    }
}

/// Values, and their effects.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The key, dotted, with [`Row::value`]; or only a name, with [`Row::set`].
    pub key: String,
    /// Upstream's default.
    #[serde(default)]
    pub default: Json,
    /// Our default, where it differs, and why.
    pub ours: Option<Json>,
    pub why: Option<String>,
    /// The default lists only upstream's keys of a section.
    #[serde(default)]
    pub section: bool,
    /// What the key is set to.
    pub value: Option<Json>,
    /// Values to set, where one key is not enough or the row has no key.
    #[serde(default)]
    pub set: Map<String, Json>,
    /// What else must be set for the effect; it is set in both renderings.
    #[serde(default)]
    pub with: Map<String, Json>,
    /// The effects. None: the key is without effect, so both renderings are the same.
    #[serde(default)]
    pub shows: Vec<Effect>,
    /// Kubernetes version.
    pub kube: Option<String>,
    /// Why nothing sets it.
    #[serde(rename = "not-met")]
    pub not_met: Option<String>,
    /// Why nothing needs to set it.
    pub needless: Option<String>,
}

impl Row {
    /// What does not hold.
    pub fn check(&self) -> Vec<String> {
        let companions = Json::Object(self.with.clone());
        let mut with = companions.clone();
        overlay(&mut with, &Json::Object(self.set.clone()));
        if let Some(value) = &self.value {
            overlay(&mut with, &nested(&self.key, value.clone()));
        }
        let setup = Setup { kube: self.kube.as_deref(), ..Setup::default() };
        let (set, unset) = match (setup.render(&with.to_string()), setup.render(&companions.to_string())) {
            (Ok(set), Ok(unset)) => (set, unset),
            (Err(e), _) => return vec![format!("{}: set: {e}", self.key)],
            (_, Err(e)) => return vec![format!("{}: unset: {e}", self.key)],
        };
        if self.shows.is_empty() && set.objects != unset.objects {
            return vec![format!("{}: has an effect", self.key)];
        }
        let mut wrong = Vec::new();
        for effect in &self.shows {
            if !effect.holds(&set) {
                wrong.push(format!("{}: no effect: {effect:?}", self.key));
            }
            if effect.holds(&unset) {
                wrong.push(format!("{}: also without the key: {effect:?}", self.key));
            }
        }
        wrong
    }

    /// Rows of a data file: a list.
    pub fn read(name: &str, text: &str) -> Vec<Self> {
        let nodes = yaml::read(name, text).unwrap_or_else(|e| panic!("{e}"));
        let rows = nodes[0].to_json();
        let rows = rows.as_array().expect("a list");
        rows.iter()
            .map(|row| serde_json::from_value(row.clone()).unwrap_or_else(|e| panic!("{name}: {e}: {row}")))
            .collect()
    }
}

/// A value under a dotted key.
pub fn nested(key: &str, value: Json) -> Json {
    key.rsplit('.').fold(value, |inner, step| Json::Object([(step.to_owned(), inner)].into_iter().collect()))
}

/// Puts one tree over another: maps merge, everything else replaces.
pub fn overlay(base: &mut Json, over: &Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key).or_insert(Json::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}
