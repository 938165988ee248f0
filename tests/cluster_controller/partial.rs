//! The gate PartialRestart: a change of where executors go, while the application goes on running.

use serde_json::{Value as Json, json};

use crate::place::{Place, driver};
use crate::support::eventually;

const GATE: &str = "--feature-gates=PartialRestart=true";
const UPDATED: &str = "SparkApplicationWebhookFieldsUpdated";

/// The template that Spark makes the next executors from.
fn template(place: &Place) -> String {
    let maps = place.list("v1", "configmaps");
    maps.iter().find_map(|map| map["data"]["podspec-configmap-key"].as_str()).unwrap().to_owned()
}

/// What the events say of changes.
fn said(place: &Place, count: usize) -> String {
    eventually("what is said of the change", || {
        let mut events = place.list("v1", "events");
        events.retain(|event| event["reason"] == UPDATED);
        events.sort_by_key(|event| event["metadata"]["name"].to_string());
        match events.last() {
            Some(last) if events.len() == count => Ok(last["message"].as_str().unwrap().to_owned()),
            _ => Err(format!("{} events", events.len())),
        }
    })
}

#[test]
fn new_executors_are_as_the_spec_is_by_then() {
    let Some(place) = Place::new("partial") else { return };
    let mut operator = place.operator(&[GATE]);
    place.create("pi", &driver(&[("outcome", "run")]));
    let submission = place.in_state("pi", "RUNNING")["status"]["submissionID"].clone();
    let before = template(&place);
    let patch = |executor: &Json| place.patch("pi", &json!({"spec": {"executor": executor}}));
    patch(&json!({"nodeSelector": {"disk": "fast"}, "priorityClassName": "urgent"}));
    assert!(said(&place, 1).contains("executors that are created from now on"));
    let changed = template(&place);
    assert!(changed.contains("fast") && changed.contains("urgent"), "{changed}");
    // What is changed while no operator runs counts as well, and what is changed back.
    operator.quiet();
    assert!(operator.stop().success());
    patch(&json!({"nodeSelector": null, "priorityClassName": null}));
    let mut operator = place.operator(&[GATE, "--max-tracked-executor-per-app=9"]);
    said(&place, 2);
    assert_eq!(template(&place), before);
    place.patch("pi", &json!({"spec": {"timeToLiveSeconds": 1_000}}));
    operator.quiet();
    assert!(operator.stop().success());
    // And nothing is written of what is as it should be.
    let mut operator = place.operator(&[GATE, "--max-tracked-executor-per-app=8"]);
    operator.says("\"started\"");
    operator.quiet();
    assert_eq!(operator.wrote().len(), 0, "{:?}", operator.wrote());
    assert_eq!(place.get("pi")["status"]["submissionID"], submission);
    // Any other change is another run.
    place.patch("pi", &json!({"spec": {"arguments": ["2"]}}));
    place.until("pi", "to run anew", |now| {
        now["status"]["applicationState"]["state"] == "RUNNING" && now["status"]["submissionID"] != submission
    });
    assert!(operator.stop().success());
}

#[test]
fn where_executors_are_fixed_the_change_waits_for_the_next_run() {
    let Some(place) = Place::new("fixed") else { return };
    let mut operator = place.operator(&[]);
    place.create("pi", &driver(&[("outcome", "run")]));
    place.in_state("pi", "RUNNING");
    assert!(operator.stop().success());
    let before = template(&place);
    let mut operator = place.operator(&[GATE]);
    operator.says("\"started\"");
    place.patch("pi", &json!({"spec": {"executor": {"nodeSelector": {"disk": "fast"}}}}));
    assert!(said(&place, 1).contains("takes effect with its next run"));
    assert_eq!(template(&place), before);
    assert!(operator.stop().success());
}
