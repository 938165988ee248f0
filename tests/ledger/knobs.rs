//! Missing knobs: what could not be set in the upstream chart, or was patched in after rendering, is a value here.

use crate::row::Row;
use crate::{chart, document};

const FILES: &[(&str, &str, usize)] = &[
    ("pods.yaml", include_str!("knobs/pods.yaml"), 24),
    ("cluster.yaml", include_str!("knobs/cluster.yaml"), 41),
    ("reported.yaml", include_str!("knobs/reported.yaml"), 11),
];

#[test]
fn every_missing_knob_is_a_value() {
    let mut wrong = Vec::new();
    let mut open = Vec::new();
    let mut total = 0;
    let mut needless = 0;
    for (name, text, count) in FILES {
        let rows = Row::read(name, text);
        assert_eq!(rows.len(), *count, "{name}");
        total += rows.len();
        for row in &rows {
            match (&row.not_met, &row.needless) {
                (Some(why), None) => open.push(format!("{}: {why}", row.key)),
                (None, Some(why)) => {
                    needless += 1;
                    println!("missing knob, needless: {}: {why}", row.key);
                }
                (None, None) if row.shows.is_empty() => {
                    wrong.push(format!("{}: no effect is named", row.key));
                }
                _ => wrong.extend(row.check().into_iter().take(1)),
            }
        }
    }
    for knob in &open {
        println!("missing knob, not met: {knob}");
        let name = knob.split(':').next().unwrap();
        if !document::text().contains(&format!("| {name} |")) {
            wrong.push(format!("{name}: docs/differences.md does not list it as not met"));
        }
    }
    println!("missing knobs: {}/{total}, of them needless: {needless}", total - open.len() - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Timings of an election are needless only where there is none.
#[test]
fn the_webhook_elects_no_leader() {
    let chart = chart::chart("webhook: { replicas: 3 }");
    assert!(!chart.args("webhook").iter().any(|arg| arg.contains("leader-election")));
    for object in &chart.objects {
        assert!(
            !(object.template == "webhook/rbac.yaml" && object.text.contains("leases")),
            "{}",
            object.text
        );
    }
}
