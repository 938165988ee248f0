//! The defaults of applications are those that Kubeflow's webhook writes: asked with written, combined and generated
//! applications.
//!
//! `KUBEFLOW_DEFAULTS` names the program that runs the webhook of Kubeflow's operator 2.5.2, which
//! tests/tools/kubeflow-defaults builds; without it the comparison is skipped, and fails where `CI` is true. `CASES` sets
//! how many applications are generated.
//!
//! The rules themselves have unit tests beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "defaults/generate.rs"]
mod generate;
#[path = "defaults/webhook.rs"]
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use serde_json::{Value as Json, json};
use spark_operator::yaml;
use webhook::{Apart, application, compare, ours, theirs};

/// What differs on purpose. docs/differences.md has the same table.
struct Difference {
    what: &'static str,
    why: &'static str,
    /// Whether only the form differs: the application says the same.
    form: bool,
    /// Whether it is this one: the application as it was sent, and the place with what is there: theirs, ours.
    is: fn(&Json, &Apart) -> bool,
}

const DIFFERENCES: [Difference; 4] = [
    Difference {
        what: "`spark.dynamicAllocation.enabled` in `sparkConf`, without `dynamicAllocation`",
        why: "It is Spark's own key. The other one, which Spark does not know, is still read as Kubeflow reads it.",
        form: false,
        is: |sent, apart| {
            let spec = &sent["spec"];
            let value = spec["sparkConf"]["spark.dynamicAllocation.enabled"].as_str();
            value.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case("true"))
                && spec.get("dynamicAllocation").is_none()
                && apart.path == "/executor/instances"
                && (apart.left, apart.right) == (Some(&json!(1)), None)
        },
    },
    Difference {
        what: "an application that is updated in any state but new or `INVALIDATING`",
        why: "A default is no change: without them, applying the same file again would rerun the application.",
        form: false,
        is: |sent, apart| {
            let empty = apart.left.is_none_or(|theirs| [json!(""), json!({}), json!(null)].contains(theirs));
            let as_sent = apart.left == sent["spec"].pointer(&apart.path);
            !defaulted_by_kubeflow(sent) && apart.right.is_some() && (as_sent || empty)
        },
    },
    Difference {
        what: "mappings and times that nobody wrote, such as `deps` or `creationTimestamp`",
        why: "They say nothing; a field stays out of the object until somebody owns it.",
        form: true,
        is: |sent, apart| {
            let empty = apart.left.is_some_and(|theirs| [json!({}), json!(null)].contains(theirs));
            empty && apart.right.is_none() && sent["spec"].pointer(&apart.path).is_none()
        },
    },
    Difference {
        what: "quantities, such as `1000m`",
        why: "They are the same quantity; a difference to the user's file helps nobody.",
        form: true,
        is: |sent, apart| {
            let (Some(theirs), Some(ours)) = (apart.left, apart.right) else { return false };
            let same = quantity(theirs).is_some_and(|theirs| quantity(ours) == Some(theirs));
            same && sent["spec"].pointer(&apart.path) == Some(ours)
        },
    },
];

/// Every place that the webhook fills in an application that is new.
const DEFAULTS: [&str; 15] = [
    "/driver/cores",
    "/driver/memory",
    "/dynamicAllocation/shuffleTrackingEnabled",
    "/executor/cores",
    "/executor/instances",
    "/executor/memory",
    "/mode",
    "/monitoring/exposeDriverMetrics",
    "/monitoring/exposeExecutorMetrics",
    "/restartPolicy/onFailureRetryInterval",
    "/restartPolicy/onSubmissionFailureRetryInterval",
    "/restartPolicy/type",
    "/sparkVersion",
    "/type",
    // No default: a quantity in another form.
    "(quantity)",
];

const GENERATED: usize = 4000;

fn defaulted_by_kubeflow(sent: &Json) -> bool {
    let state = sent.pointer("/status/applicationState/state").and_then(Json::as_str).unwrap_or_default();
    ["", "INVALIDATING"].contains(&state)
}

/// Thousandths, of the few forms that are compared here; `None` for any other text.
fn quantity(value: &Json) -> Option<u64> {
    let text = value.as_str()?;
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "m" => 1,
        "" => 1000,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? * unit)
}

/// The applications of cases.txt.
fn written() -> Vec<Json> {
    let mut state = "";
    let mut applications = Vec::new();
    for line in include_str!("defaults/cases.txt").lines() {
        match line.strip_prefix("@ ") {
            Some(name) => state = name,
            None if line.is_empty() || line.starts_with('#') => {}
            None => {
                let spec = yaml::read("cases.txt", line).unwrap().remove(0).to_json();
                applications.push(application(&spec, state));
            }
        }
    }
    applications
}

/// What the number of executors depends on, each with each: the block, both keys in every spelling of a boolean, and
/// the number in the spec and in Spark conf.
fn combined() -> Vec<Json> {
    let blocks = [
        json!(null),
        json!({}),
        json!({"enabled": false}),
        json!({"enabled": true}),
        json!({"enabled": true, "shuffleTrackingEnabled": false}),
    ];
    let spellings: Vec<_> = [None].into_iter().chain(generate::VALUES.map(Some)).collect();
    let mut applications = Vec::new();
    for block in &blocks {
        for (wrong, right) in spellings
            .iter()
            .flat_map(|&one| [(one, None), (None, one), (one, Some("true")), (Some("true"), one)])
        {
            for (instances, by_conf) in [(None, None), (None, Some("")), (None, Some("2")), (Some(3), None)] {
                let spec = json!({
                    "dynamicAllocation": block,
                    "executor": {"instances": instances},
                    "sparkConf": {
                        "spark.dynamicallocation.enabled": wrong,
                        "spark.dynamicAllocation.enabled": right,
                        "spark.executor.instances": by_conf,
                    },
                });
                applications.push(application(&spec, ""));
            }
        }
    }
    applications
}

#[test]
fn applications_get_the_defaults_that_kubeflows_webhook_writes() {
    let count = env::var("CASES").ok().map_or(GENERATED, |text| text.parse().expect("CASES is a number"));
    let (written, combined, generated) = (written(), combined(), generate::draw(count));
    let sizes = (written.len(), combined.len(), generated.len());
    let sent = [written, combined, generated].concat();
    let Some(theirs) = theirs("parity of defaults with Kubeflow's webhook", &sent) else { return };

    let (mut differ, mut form) = (0, 0);
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (sent, theirs) in sent.iter().zip(&theirs) {
        let ours = ours(sent);
        let mut of_this = BTreeSet::new();
        for apart in compare(theirs, &ours) {
            match DIFFERENCES.iter().find(|difference| (difference.is)(sent, &apart)) {
                Some(difference) => drop(of_this.insert((difference.form, difference.what))),
                None => wrong.push(format!("{sent}\n  {apart:?} (left: Kubeflow's, right: ours)")),
            }
        }
        // Those that are not of form alone come first.
        match of_this.first() {
            Some((false, _)) => differ += 1,
            Some((true, _)) => form += 1,
            None => {}
        }
        for (_, what) in of_this {
            *seen.entry(what).or_default() += 1;
        }
    }
    let few = &wrong[..wrong.len().min(20)];
    assert!(wrong.is_empty(), "{} differences are not listed:\n{}", wrong.len(), few.join("\n"));
    let (written, combined, generated) = sizes;
    println!(
        "{written} written, {combined} combined and {generated} generated applications: {differ} differ, all listed"
    );
    println!("{form} more differ in form alone, which is listed too");
    for Difference { what, .. } in &DIFFERENCES {
        println!("  {}: {what}", seen.get(what).expect("each listed difference is seen"));
    }
    assert!(written >= 80 && combined >= 1000);
    knows_every_default(&sent, &theirs);
}

/// The webhook fills the places that we know of and no other, in many applications each.
fn knows_every_default(sent: &[Json], theirs: &[Json]) {
    let mut filled: BTreeMap<String, usize> = BTreeMap::new();
    for (sent, theirs) in sent.iter().zip(theirs).filter(|(sent, _)| defaulted_by_kubeflow(sent)) {
        for Apart { path, left, right } in compare(&sent["spec"], theirs) {
            let path = match (left.and_then(quantity), right) {
                (_, Some(Json::Null)) => continue,
                (_, Some(Json::Object(mapping))) if mapping.is_empty() => continue,
                (Some(_), Some(_)) => "(quantity)".to_owned(),
                _ => path,
            };
            *filled.entry(path).or_default() += 1;
        }
    }
    println!("filled by the webhook: {filled:?}");
    let expected: BTreeSet<&str> = DEFAULTS.into();
    assert_eq!(filled.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn the_differences_are_those_of_the_document() {
    let document = include_str!("../docs/differences.md");
    let section =
        document.split("\n## ").find_map(|section| section.strip_prefix("Defaults of applications\n"));
    let rows = section.unwrap().lines().filter(|line| line.starts_with('|')).skip(2);
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").collect()).collect();
    let documented: Vec<_> = rows.iter().map(|row| (row[0], row[3])).collect();
    assert_eq!(documented, DIFFERENCES.map(|difference| (difference.what, difference.why)));
}
