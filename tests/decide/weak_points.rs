//! A test for each weak point of Kubeflow's operator that a decision can have (numbers as in the list of facts). Those of
//! other parts have theirs there, by the same names: `grep -rn weak_point_ src tests`.

use serde_json::json;
use spark_operator::controller::decide::{Step, pending, submission_failed, submitted};
use spark_operator::controller::pod::{Phase, Pod};
use spark_operator::controller::submission::Digest;
use spark_operator::submit::Submitted;

use super::scene::{Scene, driver};

fn status(scene: &Scene, write: spark_operator::api::SparkApplicationStatus) -> Scene {
    Scene { status: serde_json::to_value(write).unwrap(), ..scene.clone() }
}

fn made() -> Submitted {
    Submitted {
        driver_pod: "pi-driver".to_owned(),
        driver_uid: "pi-driver-uid".to_owned(),
        application_id: Some("spark-1".to_owned()),
        created: Vec::new(),
        adopted: false,
        missing: Vec::new(),
    }
}

#[test]
fn weak_points_1_to_3_a_submission_that_is_done_again_has_the_same_id() {
    let new = Scene::of("");
    let intent = status(&new, new.write().status);
    assert!(pending(&intent.application()));
    // Whatever happened between the intent and the next write: the same submission.
    for seen in
        [intent.clone(), intent.clone().with(driver(Phase::Running)), Scene { now: 99_999, ..intent.clone() }]
    {
        assert_eq!(seen.step(), Step::Submit);
    }
    let done = status(
        &intent,
        intent.viewed(Digest::default(), |view| {
            submitted(view, &made(), Vec::new(), None, Some(view.now)).status
        }),
    );
    assert_eq!(done.application().submission(), intent.application().submission());
    assert!(!pending(&done.application()));
}

#[test]
fn weak_point_4_the_grace_period_counts_from_a_submission_that_takes_milliseconds() {
    // The driver is created before SUBMITTED is written; the grace period only covers the watch.
    let scene = Scene::of("SUBMITTED").at(1_009);
    assert_eq!(scene.says(), "wait until 1010");
    // One that waited for its turn for ten minutes has not used them up.
    let late = Scene::of("SUBMITTED").since(1_600);
    assert_eq!(late.clone().at(1_609).says(), "wait until 1610");
    // And before it is lost the API server is asked: what watches know may be old, as a driver of an earlier submission is.
    let earlier = Pod { submission: Some("earlier".into()), ..driver(Phase::Running) };
    assert_eq!(late.clone().at(1_610).says(), "look");
    assert_eq!(late.clone().at(1_610).with(earlier.clone()).says(), "look");
    assert!(late.with(earlier).asked().at(1_610).says().starts_with("FAILING (driver pod not found"));
}

#[test]
fn weak_point_5_a_driver_that_ends_beside_a_sidecar_has_ended() {
    // Its pod still runs; see also pod.rs.
    let scene = Scene::of("RUNNING").with(driver(Phase::Succeeded));
    assert_eq!(scene.says(), "SUCCEEDING: SparkDriverCompleted");
}

#[test]
fn weak_point_6_a_spec_that_changed_while_nobody_looked_is_noticed() {
    let mut scene = Scene::of("COMPLETED");
    scene.generation = 7;
    assert_eq!(scene.says(), "wait");
    assert_eq!(scene.spec(&json!({"arguments": ["2"]})).says(), "INVALIDATING");
}

#[test]
fn weak_point_7_suspending_is_heard_beside_a_change_that_new_executors_take_over() {
    let nodes = json!({"executor": {"nodeSelector": {"a": "b"}}});
    let mut scene =
        Scene::of("RUNNING").status(&json!({"sparkApplicationId": "spark-1"})).with(driver(Phase::Running));
    scene.generation = 2;
    scene.policy.partial_restart = true;
    let changed = scene.spec(&nodes);
    assert_eq!(changed.clone().says(), "refresh");
    assert_eq!(changed.spec(&json!({"suspend": true})).says(), "SUSPENDING: SparkApplicationSuspending");
}

#[test]
fn weak_points_8_and_9_nothing_waits_for_an_event_alone_that_may_not_come() {
    let leaving = Pod { leaving: true, ..driver(Phase::Running) };
    for state in ["INVALIDATING", "SUSPENDING"] {
        let scene = Scene::of(state).with(leaving.clone());
        let scene = if state == "SUSPENDING" { scene.spec(&json!({"suspend": true})) } else { scene };
        assert_eq!(scene.says(), "look", "{state}");
        assert_eq!(Scene { looked: Some(1_095), ..scene }.says(), "wait until 1105", "{state}");
    }
}

#[test]
fn weak_point_11_the_end_of_a_run_is_not_that_of_the_next() {
    let ended = json!({"terminationTime": "1970-01-01T00:16:40Z", "sparkApplicationId": "spark-0"});
    let suspended = Scene::of("SUSPENDING").status(&ended).gone().removed().write().status;
    assert_eq!((suspended.termination_time, suspended.spark_application_id), (None, None));
    let rerun = Scene::of("FAILING").status(&ended).restart(json!({"type": "Always"})).gone().removed();
    assert_eq!(rerun.write().status.termination_time, None);
}

#[test]
fn weak_point_14_a_missing_interval_is_five_seconds() {
    let scene =
        Scene::of("FAILING").restart(json!({"type": "Always", "onFailureRetryInterval": null})).at(1_004);
    assert_eq!(scene.says(), "wait until 1005");
    let by_hand = scene.status(&json!({"lastSubmissionAttemptTime": null, "submissionAttempts": null}));
    assert_eq!(
        by_hand.says(),
        "wait until 1005",
        "since it is so, where nobody knows since when it was submitted"
    );
    // It comes to an end.
    assert_eq!(by_hand.at(1_005).says(), "look");
}

#[test]
fn weak_point_15_each_event_is_sent_once_and_says_what_happened() {
    let new = Scene::of("");
    let intent = status(&new, new.write().status);
    let failed =
        intent.viewed(Digest::default(), |view| submission_failed(view, "no such image", "Value", view.now));
    let reasons: Vec<_> = failed.events.iter().map(|event| (event.reason, event.message.as_str())).collect();
    let said = "failed to submit SparkApplication pi: failed to submit spark application: no such image";
    assert_eq!(reasons, [("SparkApplicationSubmissionFailed", said)]);
    // Completed and Failed are sent, for run failures too.
    assert!(Scene::of("SUCCEEDING").removed().says().contains("SparkApplicationCompleted"));
    assert!(Scene::of("FAILING").removed().says().contains("SparkApplicationFailed"));
}

#[test]
fn weak_point_20_leaving_out_a_default_is_no_change() {
    let mut scene =
        Scene::of("RUNNING").spec(&json!({"mode": "cluster", "restartPolicy": {"type": "Never"}}));
    scene.status["submissionID"] = scene.id().into();
    scene = scene.status(&json!({"sparkApplicationId": "spark-1"})).with(driver(Phase::Running));
    scene.generation = 2;
    assert_eq!(scene.says(), "wait");
    assert_eq!(scene.spec(&json!({"mode": null, "restartPolicy": null})).says(), "wait");
}

#[test]
fn weak_point_22_events_name_what_they_are_about() {
    let about = |write: spark_operator::controller::decide::Write| {
        write.events.into_iter().map(|event| event.message).collect::<Vec<_>>()
    };
    let failed = Pod { message: Some("Evicted: low on memory".into()), ..driver(Phase::Failed) };
    for (scene, expected) in [
        (Scene::of("SUBMITTED").with(driver(Phase::Running)), "Driver pi-driver is running"),
        (Scene::of("RUNNING").with(driver(Phase::Succeeded)), "Driver pi-driver completed"),
        (
            Scene::of("RUNNING").with(failed),
            "Driver pi-driver failed: driver container failed with ExitCode: 7, Reason: Error; Evicted: low on memory",
        ),
        (Scene::of("RUNNING").spec(&json!({"suspend": true})), "SparkApplication pi is suspending"),
        (Scene::of("FAILING").removed(), "SparkApplication pi failed: "),
    ] {
        let messages = about(scene.write());
        assert!(messages.iter().any(|message| message.starts_with(expected)), "{expected}: {messages:?}");
    }
}

#[test]
fn weak_point_31_nothing_is_written_of_what_is_quiet() {
    for state in ["SUBMITTED", "RUNNING", "SUSPENDED", "COMPLETED", "FAILED"] {
        let scene = Scene::of(state).status(&json!({"sparkApplicationId": "spark-1"}));
        let scene = match state {
            "SUBMITTED" => scene.with(driver(Phase::Pending)),
            "RUNNING" => scene.with(driver(Phase::Running)),
            "SUSPENDED" => scene.spec(&json!({"suspend": true})),
            _ => scene,
        };
        // What a first look may still have to say is said once.
        let mut quiet = scene.clone();
        if let Step::Write(write) = scene.step() {
            quiet = status(&scene, write.status);
        }
        for now in [quiet.now, quiet.now + 10, quiet.now + 100_000] {
            let step = Scene { now, ..quiet.clone() }.step();
            assert!(matches!(step, Step::Wait(_)), "{state} at {now}: {step:?}");
        }
    }
}

#[test]
fn ids_of_the_operator_before_are_taken_as_they_are() {
    let foreign =
        json!({"submissionID": "0b7f6b2e-5c0e-4b52-9c5d-0123456789ab", "sparkApplicationId": "spark-1"});
    let running = Scene::of("RUNNING").status(&foreign).with(driver(Phase::Running));
    assert_eq!(running.says(), "wait");
    // What was seen first counts as submitted.
    let baseline = running.application().wishes.digest;
    let edited = running.spec(&json!({"arguments": ["2"]}));
    let step = edited.viewed(baseline, |view| spark_operator::controller::decide(view, &edited.policy));
    assert!(
        matches!(step, Step::Write(write) if write.status.application_state.as_ref().unwrap().state == "INVALIDATING")
    );
}
