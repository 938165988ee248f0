//! The gate PartialRestart: a change of where executors go, while the application goes on running.

use serde_json::{Value as Json, json};

use crate::place::{Place, driver, state_of};
use crate::support::eventually;

const GATE: &str = "--feature-gates=PartialRestart=true";
const UPDATED: &str = "SparkApplicationWebhookFieldsUpdated";

/// The template that Spark makes the next executors from.
fn template(place: &Place) -> String {
    let maps = place.list("v1", "configmaps");
    maps.iter().find_map(|map| map["data"]["podspec-configmap-key"].as_str()).unwrap().to_owned()
}

/// What the last of so many events with a reason says.
fn said(place: &Place, reason: &str, count: usize) -> String {
    eventually("what is said of the change", || {
        let mut events = place.list("v1", "events");
        events.retain(|event| event["reason"] == reason);
        events.sort_by_key(|event| event["metadata"]["name"].to_string());
        match events.last() {
            Some(last) if events.len() == count => Ok(last["message"].as_str().unwrap().to_owned()),
            _ => Err(format!("{} events", events.len())),
        }
    })
}

#[test]
fn new_executors_go_where_the_spec_says_by_then() {
    let Some(place) = Place::new("partial") else { return };
    let mut operator = place.operator(&[GATE]);
    let mut spec = driver(&[("outcome", "run")]);
    spec["executor"]["nodeSelector"] = json!({"disk": "slow", "zone": "a"});
    spec["executor"]["schedulerName"] = "one".into();
    place.create("pi", &spec);
    let submission = place.in_state("pi", "RUNNING")["status"]["submissionID"].clone();
    let before = template(&place);
    assert!(before.contains("slow") && before.contains("\"one\""), "{before}");
    // What the configuration says as well, which no driver reads twice, Spark would put over the template.
    let maps = place.list("v1", "configmaps");
    let conf = maps.iter().find_map(|map| map["data"]["spark.properties"].as_str()).unwrap();
    assert!(!conf.contains("executor.node.selector") && !conf.contains("executor.scheduler.name"), "{conf}");
    let patch = |executor: &Json| place.patch("pi", &json!({"spec": {"executor": executor}}));
    patch(
        &json!({"nodeSelector": {"disk": "fast", "zone": null}, "schedulerName": "two", "priorityClassName": "urgent"}),
    );
    assert!(said(&place, UPDATED, 1).contains("executors that are created from now on"));
    let changed = template(&place);
    assert!(["fast", "\"two\"", "urgent"].iter().all(|word| changed.contains(word)), "{changed}");
    assert!(["slow", "zone", "\"one\""].iter().all(|word| !changed.contains(word)), "{changed}");
    // What is changed while no operator runs counts as well, and what is changed back.
    operator.quiet();
    assert!(operator.stop().success());
    patch(
        &json!({"nodeSelector": {"disk": "slow", "zone": "a"}, "schedulerName": "one", "priorityClassName": null}),
    );
    // An operator that makes templates otherwise changes nothing else of this one.
    let mut operator = place.operator(&[GATE, "--spark-pod-security=restricted"]);
    said(&place, UPDATED, 2);
    assert_eq!(template(&place), before);
    place.patch("pi", &json!({"spec": {"timeToLiveSeconds": 1_000}}));
    operator.quiet();
    assert!(operator.stop().success());
    // And nothing is written of what is as it should be.
    let mut operator = place.operator(&[GATE, "--max-tracked-executor-per-app=8"]);
    operator.acts();
    operator.quiet();
    assert_eq!(operator.wrote().len(), 0, "{:?}", operator.wrote());
    assert_eq!(template(&place), before);
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
    operator.quiet();
    assert!(operator.stop().success());
    let before = template(&place);
    let mut operator = place.operator(&[GATE]);
    operator.acts();
    // No change of executors, and nothing to say.
    place.patch("pi", &json!({"spec": {"timeToLiveSeconds": 1_000}}));
    operator.quiet();
    assert_eq!(operator.wrote().len(), 0, "{:?}", operator.wrote());
    place.patch("pi", &json!({"spec": {"executor": {"nodeSelector": {"disk": "fast"}}}}));
    assert!(said(&place, "SparkApplicationSpecUpdateFailed", 1).contains("takes effect with its next run"));
    operator.quiet();
    assert_eq!((template(&place), operator.wrote().len()), (before, 1));
    assert!(operator.stop().success());
}

#[test]
fn a_driver_that_no_watch_sees_has_executors_as_well() {
    let Some(place) = Place::new("unwatched") else { return };
    let mut operator = place.operator(&[GATE]);
    place.create("pi", &driver(&[("outcome", "run")]));
    place.in_state("pi", "RUNNING");
    let label = json!({"metadata": {"labels": {"sparkoperator.k8s.io/launched-by-spark-operator": null}}});
    place
        .cluster()
        .request("PATCH", &place.namespace.path("v1", "pods/pi-driver"), &label)
        .ok("take a label");
    place.patch("pi", &json!({"spec": {"executor": {"nodeSelector": {"disk": "fast"}}}}));
    said(&place, UPDATED, 1);
    operator.quiet();
    assert!(!operator.log().contains("to be tried again"), "{}", operator.log());
    assert_eq!(state_of(&place.get("pi")), "RUNNING");
    assert!(operator.stop().success());
}
