//! Which submitter an application gets: the annotation where it is allowed, else the first rule that fits, else the type.

use std::collections::BTreeMap;

use kube::api::ObjectMeta;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Kind;
use crate::spark::SparkError;

/// The annotation by which an application chooses.
pub const ANNOTATION: &str = "sparkoperator.k8s.io/submitter";

/// What the operator is configured to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Flag `--submitter`.
    pub default: Kind,
    /// Flag `--submitters-allowed`: what the annotation may say. Empty: only the type.
    pub allowed: Vec<Kind>,
    /// Flag `--submitter-rules`; the first that fits.
    pub rules: Vec<Rule>,
}

/// Some applications get a submitter of their own: for a gradual migration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Namespaces of the application. Empty: any.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Labels that it must carry.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
    /// Share of those that fit, in percent, by their uid: an application is always in or always out.
    pub percentage: Option<u8>,
    /// The submitter.
    #[serde(rename = "type", deserialize_with = "kind")]
    pub kind: Kind,
}

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Reads the rules as the flag has them: a list in JSON.
///
/// # Errors
/// It is no such list, or a percentage is above 100.
pub fn rules(json: &str) -> Result<Vec<Rule>, String> {
    let rules: Vec<Rule> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    match rules.iter().position(|rule| rule.percentage.is_some_and(|percentage| percentage > 100)) {
        Some(index) => Err(format!("rule {index}: percentage must be from 0 to 100")),
        None => Ok(rules),
    }
}

impl Choice {
    /// Whether any application can get this submitter.
    #[must_use]
    pub fn may(&self, kind: Kind) -> bool {
        self.default == kind
            || self.allowed.contains(&kind)
            || self.rules.iter().any(|rule| rule.kind == kind)
    }

    /// The submitter of the application with this metadata, of which namespace, uid, labels and the [`ANNOTATION`] count.
    ///
    /// # Errors
    /// The annotation names none, or one that is not allowed.
    pub fn of(&self, application: &ObjectMeta) -> Result<Kind, SparkError> {
        if let Some(wanted) = application.annotations.as_ref().and_then(|all| all.get(ANNOTATION)) {
            let field = format!("metadata.annotations[{ANNOTATION}]");
            let kind = wanted.parse().map_err(|expected: String| SparkError::Value {
                field: field.clone(),
                value: wanted.clone(),
                expected: expected.trim_start_matches("must be ").to_owned(),
            })?;
            if kind == self.default || self.allowed.contains(&kind) {
                return Ok(kind);
            }
            let message =
                format!("the submitter {wanted} is not allowed here (operator's submitter.allowed)");
            return Err(SparkError::Conflict { field, message });
        }
        let rule = self.rules.iter().find(|rule| rule.fits(application));
        Ok(rule.map_or(self.default, |rule| rule.kind))
    }
}

impl Rule {
    fn fits(&self, application: &ObjectMeta) -> bool {
        let namespace = application.namespace.as_deref().unwrap_or_default();
        let label = |key: &str| application.labels.as_ref()?.get(key);
        (self.namespaces.is_empty() || self.namespaces.iter().any(|name| name == namespace))
            && self.match_labels.iter().all(|(key, value)| label(key) == Some(value))
            && self.percentage.is_none_or(|percentage| lot(application) < percentage)
    }
}

/// A number from 0 to 99 that an application keeps for its life.
fn lot(application: &ObjectMeta) -> u8 {
    let drawn = Sha256::digest(application.uid.as_deref().unwrap_or_default());
    let number = u16::from_be_bytes([drawn[0], drawn[1]]);
    u8::try_from((u32::from(number) * 100) >> 16).unwrap_or(99)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn application(uid: &str, namespace: &str, annotation: Option<&str>) -> ObjectMeta {
        serde_json::from_value(json!({
            "name": "pi", "namespace": namespace, "uid": uid, "labels": {"team": "a"},
            "annotations": annotation.map(|kind| json!({ANNOTATION: kind})),
        }))
        .unwrap()
    }

    fn choice(rules_json: &str) -> Choice {
        Choice { default: Kind::SparkSubmit, allowed: vec![Kind::Job], rules: rules(rules_json).unwrap() }
    }

    #[test]
    fn the_annotation_counts_where_it_is_allowed() {
        let choice = choice("[]");
        for (annotation, kind) in [
            (None, Some(Kind::SparkSubmit)),
            (Some("spark-submit"), Some(Kind::SparkSubmit)),
            (Some("job"), Some(Kind::Job)),
            (Some("native"), None),
            (Some("rest"), None),
        ] {
            assert_eq!(choice.of(&application("u", "ns", annotation)).ok(), kind, "{annotation:?}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let choice = choice(
            r#"[{"namespaces": ["etl"], "type": "job"},
                {"matchLabels": {"team": "b"}, "type": "job"},
                {"matchLabels": {"team": "a"}, "namespaces": ["ml"], "type": "native"}]"#,
        );
        for (namespace, kind) in [("etl", Kind::Job), ("ml", Kind::Native), ("other", Kind::SparkSubmit)] {
            assert_eq!(choice.of(&application("u", namespace, None)).unwrap(), kind, "{namespace}");
        }
    }

    #[test]
    fn a_share_is_a_share_and_every_application_stays_on_its_side() {
        for percentage in [0, 1, 25, 50, 99, 100] {
            let choice = choice(&format!(r#"[{{"percentage": {percentage}, "type": "native"}}]"#));
            let chosen = (0..4000)
                .filter(|number| {
                    let application = application(&format!("uid-{number}"), "ns", None);
                    let kind = choice.of(&application).unwrap();
                    assert_eq!(choice.of(&application).unwrap(), kind);
                    kind == Kind::Native
                })
                .count();
            let expected = percentage * 40;
            assert!(chosen.abs_diff(expected) <= 150, "{percentage} %: {chosen} of 4000");
        }
    }

    #[test]
    fn rules_that_are_none_are_refused() {
        for json in [
            "",
            "{}",
            r#"[{"type": "rest"}]"#,
            r#"[{"typ": "job"}]"#,
            r#"[{"type": "job", "percentage": 101}]"#,
        ] {
            assert!(rules(json).is_err(), "{json}");
        }
    }
}
