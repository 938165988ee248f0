//! Values keys: every key that the upstream chart documents has its upstream default, and its effect.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use spark_operator::values::Values;

use crate::row::Row;
use crate::{document, tally};

const FILES: &[(&str, &str)] = &[
    ("general.yaml", include_str!("keys/general.yaml")),
    ("controller.yaml", include_str!("keys/controller.yaml")),
    ("webhook.yaml", include_str!("keys/webhook.yaml")),
    ("others.yaml", include_str!("keys/others.yaml")),
];

/// How many keys upstream documents in each section.
const SECTIONS: &[(&str, usize)] = &[
    ("nameOverride", 1),
    ("fullnameOverride", 1),
    ("commonLabels", 1),
    ("image", 5),
    ("hook", 10),
    ("controller", 58),
    ("submitter", 7),
    ("webhook", 38),
    ("spark", 8),
    ("prometheus", 12),
    ("certManager", 4),
];

fn rows() -> Vec<Row> {
    FILES.iter().flat_map(|(name, text)| Row::read(name, text)).collect()
}

#[test]
fn every_documented_key_has_one_row() {
    let rows = rows();
    let keys: BTreeSet<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys.len(), rows.len(), "a key has two rows");
    let mut sections = BTreeMap::new();
    for key in keys {
        *sections.entry(key.split('.').next().unwrap()).or_default() += 1;
    }
    assert_eq!(sections, SECTIONS.iter().copied().collect());
}

#[test]
fn every_documented_key_has_its_effect() {
    let rows = rows();
    let wrong: Vec<_> = rows.iter().flat_map(|row| row.check().into_iter().take(1)).collect();
    tally("values keys", rows.len(), &wrong);
}

#[test]
fn defaults_are_upstreams_or_documented() {
    let defaults = Values::default_json().unwrap();
    let document = document::text();
    let rows = rows();
    let mut wrong = Vec::new();
    let mut same = 0;
    for row in &rows {
        let Some(ours) = defaults.pointer(&format!("/{}", row.key.replace('.', "/"))) else {
            wrong.push(format!("{}: no such key", row.key));
            continue;
        };
        // A key that is not set by default is null, which reads like a missing column: the reason tells them apart.
        let expected = row.ours.clone().or_else(|| row.why.is_some().then_some(Json::Null));
        match (&expected, &row.why) {
            (None, None) if equal(ours, &row.default, row.section) => same += 1,
            (None, None) => wrong.push(format!("{}: upstream {}, here {ours}", row.key, row.default)),
            (Some(expected), Some(why)) => {
                let line = format!("| `{}` | `{}` | `{expected}` | {why} |", row.key, row.default);
                if !equal(ours, expected, row.section) || expected == &row.default {
                    wrong.push(format!("{}: here {ours}, not {expected}", row.key));
                } else if !document.contains(&line) {
                    wrong.push(format!("{}: docs/differences.md lacks this line:\n{line}", row.key));
                }
            }
            _ => wrong.push(format!("{}: a difference has both `ours` and `why`", row.key)),
        }
    }
    println!("defaults as upstream's: {same}, documented differences: {}", rows.len() - same);
    tally("values defaults", rows.len(), &wrong);
}

/// Where the default is a section's, only the keys it names count.
fn equal(ours: &Json, expected: &Json, section: bool) -> bool {
    match expected {
        Json::Object(keys) if section => keys.iter().all(|(key, value)| ours.get(key) == Some(value)),
        expected => ours == expected,
    }
}
