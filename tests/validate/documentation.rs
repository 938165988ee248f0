//! docs/validation.md lists each rule of the definitions, in their words.

use std::collections::BTreeSet;

use spark_operator::api::crd::DEFINITIONS;
use spark_operator::api::crd::rules;

#[test]
fn the_documentation_lists_the_rules_and_no_others() {
    let mut rows = Vec::new();
    for definition in DEFINITIONS {
        for (path, rule) in rules::of(definition.kind) {
            let at = [path.as_str(), rule.field]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>();
            rows.push(format!(
                "| {} | `{}` | {} | {} |",
                definition.kind,
                at.join("."),
                rule.message,
                rule.reason
            ));
        }
    }
    let text = include_str!("../../docs/validation.md");
    let written: Vec<_> = text.lines().filter(|line| line.starts_with("| S")).collect();
    assert!(written == rows, "the table of docs/validation.md should be:\n{}", rows.join("\n"));
    let distinct: BTreeSet<_> = rows.iter().map(|row| row.split(" | ").nth(2)).collect();
    println!(
        "rules: {} in {} definitions, {} different messages",
        rows.len(),
        DEFINITIONS.len(),
        distinct.len()
    );
}
