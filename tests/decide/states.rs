//! Each state with each thing that may be seen in it.

use serde_json::json;
use spark_operator::controller::pod::{Phase, Pod, Role};
use spark_operator::controller::state::State;

use super::scene::{NOW, Scene, blocked, check, driver, leaving, pod};

#[test]
fn a_new_application_is_written_down_and_then_submitted() {
    let new = Scene::of("");
    let intent = new.write().status;
    assert_eq!(new.says(), "New");
    assert_eq!(intent.submission_attempts, Some(1));
    assert_eq!(intent.driver_info.pod_name.as_deref(), Some("pi-driver"));
    assert_eq!(intent.last_submission_attempt_time.as_deref(), Some("1970-01-01T00:18:20Z"));
    assert_eq!(intent.submission_id, Some(new.id()));
    let mut pending = new.clone();
    pending.status = serde_json::to_value(&intent).unwrap();
    check(vec![
        ("written down", pending.clone(), "submit"),
        (
            "suspended before it is submitted",
            new.clone().spec(&json!({"suspend": true})),
            "SUSPENDING: SparkApplicationSuspending",
        ),
        (
            "suspended while it is submitted",
            pending.clone().spec(&json!({"suspend": true})),
            "SUSPENDING: SparkApplicationSuspending",
        ),
        ("written down by another operator", Scene { claimed: false, ..pending.clone() }, "wait until 1130"),
        ("which is no longer heard of", Scene { claimed: false, ..pending.clone() }.at(1_130), "submit"),
        (
            "its driver is there: it was submitted before a crash",
            pending.clone().with(driver(Phase::Running)),
            "submit",
        ),
        (
            "changed while it is submitted",
            Scene { generation: 2, ..pending.clone() }.spec(&json!({"arguments": ["1"]})),
            "INVALIDATING",
        ),
        (
            "a spec that cannot be read",
            new.clone().spec(&json!({"arguments": "many"})),
            "SUBMISSION_FAILED (failed to submit spark application: spec.arguments: invalid type: string \"many\", \
             expected a sequence): SparkApplicationSubmissionFailed",
        ),
        ("deleted", Scene { deleting: true, ..new }, "wait"),
    ]);
    let named = Scene::of("").spec(&json!({"driver": {"podName": "mine"}})).write().status;
    assert_eq!(named.driver_info.pod_name.as_deref(), Some("mine"));
}

#[test]
fn a_driver_that_is_there_decides() {
    for state in ["SUBMITTED", "RUNNING", "UNKNOWN", "written by hand"] {
        let scene = Scene::of(state);
        let failed = "FAILING (driver container failed with ExitCode: 7, Reason: Error): SparkDriverFailed";
        let to = |phase| scene.clone().with(driver(phase)).says();
        let stays =
            |expected: &str, in_: &str| if state == in_ { "wait".to_owned() } else { expected.to_owned() };
        // Its Spark id is written down for the first time.
        let seen = scene.clone().status(&json!({"sparkApplicationId": "spark-1"}));
        let to_seen = |phase| seen.clone().with(driver(phase)).says();
        assert_eq!(to_seen(Phase::Pending), stays("SUBMITTED: SparkDriverPending", "SUBMITTED"), "{state}");
        assert_eq!(to_seen(Phase::Running), stays("RUNNING: SparkDriverRunning", "RUNNING"), "{state}");
        assert_eq!(to_seen(Phase::Unknown), stays("UNKNOWN: SparkDriverUnknown", "UNKNOWN"), "{state}");
        assert_eq!(to(Phase::Succeeded), "SUCCEEDING: SparkDriverCompleted", "{state}");
        assert_eq!(to(Phase::Failed), failed, "{state}");
    }
}

#[test]
fn a_driver_that_is_missing_is_asked_for_before_it_is_lost() {
    let lost = "FAILING (driver pod not found: pi-driver): SparkDriverNotFound";
    check(vec![
        ("within the grace period", Scene::of("SUBMITTED").at(1_005), "wait until 1010"),
        ("beyond it", Scene::of("SUBMITTED"), "look"),
        ("asked for", Scene::of("SUBMITTED").gone(), lost),
        ("that ran has no grace period", Scene::of("RUNNING").at(1_005), "look"),
        ("that ran, asked for", Scene::of("RUNNING").gone(), lost),
        ("nobody knew", Scene::of("UNKNOWN").gone(), lost),
    ]);
}

#[test]
fn the_real_cause_is_told_while_a_driver_waits() {
    let told = |reason: &str| format!("SUBMITTED (driver pod is pending: {reason}: why): SparkDriverPending");
    let submitted = Scene::of("SUBMITTED").status(&json!({"sparkApplicationId": "spark-1"}));
    for reason in ["ErrImagePull", "Unschedulable", "CreateContainerConfigError"] {
        assert_eq!(submitted.clone().with(blocked(reason)).says(), told(reason));
    }
    let waits = submitted.status(
        &json!({"applicationState": {"errorMessage": "driver pod is pending: ErrImagePull: other words"}}),
    );
    check(vec![
        ("the same again", waits.clone().with(blocked("ErrImagePull")), "wait"),
        ("the same by another name", waits.clone().with(blocked("ImagePullBackOff")), "wait"),
        ("something else", waits.clone().with(blocked("Unschedulable")), &told("Unschedulable")),
        ("nothing any more", waits.clone().with(driver(Phase::Pending)), "SUBMITTED: SparkDriverPending"),
        ("it runs", waits.with(driver(Phase::Running)), "RUNNING: SparkDriverRunning"),
    ]);
    let running = Scene::of("SUBMITTED").with(blocked("ErrImagePull")).write().status.conditions.unwrap();
    assert_eq!((running[0].type_.as_str(), running[0].reason.as_str()), ("Running", "ErrImagePull"));
}

#[test]
fn restart_policies_count_attempts_as_retries_and_one() {
    let fails = |retries: i32| json!({"type": "OnFailure", "onFailureRetries": retries, "onFailureRetryInterval": 60});
    let failing = |attempts: i32, policy| {
        Scene::of("FAILING").restart(policy).status(&json!({
            "executionAttempts": attempts, "submissionAttempts": attempts,
            "applicationState": {"errorMessage": "why"},
        }))
    };
    let never = json!({"type": "Never", "onFailureRetries": 5});
    let rerun = "PENDING_RERUN: SparkApplicationPendingRerun";
    let failed = "FAILED (why): SparkApplicationFailed";
    let ended = || driver(Phase::Failed);
    check(vec![
        ("never", failing(1, never.clone()).with(ended()), "remove the rest"),
        ("never, cleaned up", failing(1, never).with(ended()).removed(), failed),
        ("no policy", failing(1, json!({})).with(ended()).removed(), failed),
        ("no limit", failing(1, json!({"type": "OnFailure"})).with(ended()).removed(), failed),
        ("first retry is not due", failing(1, fails(2)).with(ended()).at(1_050), "wait until 1060"),
        ("first retry is due", failing(1, fails(2)).with(ended()), "remove pi-driver pi-driver-uid"),
        ("the wait grows with the attempts", failing(2, fails(2)).with(ended()).at(1_119), "wait until 1120"),
        ("the last run has no wait", failing(3, fails(2)).with(ended()).removed(), failed),
        ("its driver leaves", failing(1, fails(2)).with(leaving(ended())), "look"),
        ("its driver seems gone", failing(1, fails(2)), "look"),
        ("its driver is gone", failing(1, fails(2)).gone(), "remove the rest"),
        ("all is gone", failing(1, fails(2)).gone().removed(), rerun),
        (
            "always",
            failing(9, json!({"type": "Always", "onFailureRetryInterval": 1})).gone().removed(),
            rerun,
        ),
    ]);
}

#[test]
fn submissions_are_tried_again_on_their_own_account() {
    let policy = json!({"type": "OnFailure", "onSubmissionFailureRetries": 1, "onSubmissionFailureRetryInterval": 30,
        "onFailureRetries": 9});
    let failed = |attempts: i32| {
        Scene::of("SUBMISSION_FAILED").restart(policy.clone()).status(&json!({
            "submissionAttempts": attempts, "executionAttempts": null, "applicationState": {"errorMessage": "why"},
        }))
    };
    check(vec![
        ("not due", failed(1).at(1_020), "wait until 1030"),
        ("due", failed(1), "SUBMISSION_FAILED"),
        (
            "due, and something is left",
            failed(1).with(driver(Phase::Pending)),
            "remove pi-driver pi-driver-uid",
        ),
        ("no more", failed(2), "look"),
        (
            "no more, and something is left",
            failed(2).with(driver(Phase::Running)),
            "remove pi-driver pi-driver-uid",
        ),
        ("no more, and nothing is left", failed(2).gone().removed(), "FAILED (why): SparkApplicationFailed"),
    ]);
    let again = failed(1).write().status;
    assert_eq!(again.submission_attempts, Some(2));
    let mut pending = failed(1);
    pending.status = serde_json::to_value(again).unwrap();
    assert_eq!(pending.says(), "submit");
}

#[test]
fn an_application_that_ended_well_is_completed_or_run_again() {
    let succeeding = || Scene::of("SUCCEEDING").with(driver(Phase::Succeeded));
    let always = json!({"type": "Always"});
    check(vec![
        ("its service goes first", succeeding(), "remove the rest"),
        (
            "without executors somebody should wonder",
            succeeding().removed(),
            "COMPLETED: SparkApplicationCompleted SparkDriverCompleted",
        ),
        (
            "with executors",
            succeeding().status(&json!({"executorState": {"e-1": "RUNNING"}})).removed(),
            "COMPLETED: SparkApplicationCompleted",
        ),
        ("on failure alone", succeeding().restart(json!({"type": "OnFailure"})), "remove the rest"),
        ("always", succeeding().restart(always.clone()), "remove pi-driver pi-driver-uid"),
        (
            "always, gone",
            succeeding().restart(always).gone().removed(),
            "PENDING_RERUN: SparkApplicationPendingRerun",
        ),
        (
            "the driver was deleted meanwhile",
            Scene::of("SUCCEEDING").removed(),
            "COMPLETED: SparkApplicationCompleted SparkDriverCompleted",
        ),
    ]);
    let status = succeeding()
        .status(&json!({"driverInfo": {"webUIServiceName": "pi-ui-svc"}}))
        .removed()
        .write()
        .status;
    assert_eq!(status.driver_info.web_ui_service_name, None);
    assert_eq!(status.driver_info.pod_name.as_deref(), Some("pi-driver"));
}

#[test]
fn what_failed_and_still_runs_is_stopped() {
    let failing = Scene::of("FAILING").status(&json!({"applicationState": {"errorMessage": "too long"}}));
    check(vec![
        ("it runs", failing.clone().with(driver(Phase::Running)), "remove pi-driver pi-driver-uid"),
        ("it waits", failing.clone().with(driver(Phase::Pending)), "remove pi-driver pi-driver-uid"),
        ("it ended: its log stays", failing.clone().with(driver(Phase::Failed)), "remove the rest"),
        ("it is gone", failing.removed(), "FAILED (too long): SparkApplicationFailed"),
    ]);
}

#[test]
fn suspending_removes_what_runs_and_resuming_submits_again() {
    let suspend = json!({"suspend": true});
    for state in [
        "SUBMITTED",
        "RUNNING",
        "SUBMISSION_FAILED",
        "PENDING_RERUN",
        "INVALIDATING",
        "SUCCEEDING",
        "FAILING",
        "UNKNOWN",
        "RESUMING",
    ] {
        let scene = Scene::of(state).spec(&suspend);
        assert_eq!(scene.says(), "SUSPENDING: SparkApplicationSuspending", "{state}");
    }
    let mut resuming = Scene::of("SUSPENDED");
    resuming.status = serde_json::to_value(resuming.write().status).unwrap();
    check(vec![
        (
            "it runs",
            Scene::of("SUSPENDING").spec(&suspend).with(driver(Phase::Running)),
            "remove pi-driver pi-driver-uid",
        ),
        ("it seems gone", Scene::of("SUSPENDING").spec(&suspend), "look"),
        (
            "it is gone",
            Scene::of("SUSPENDING").spec(&suspend).gone().removed(),
            "SUSPENDED: SparkApplicationSuspended",
        ),
        (
            "no longer wanted",
            Scene::of("SUSPENDING").gone().removed(),
            "SUSPENDED: SparkApplicationSuspended",
        ),
        ("it stays so", Scene::of("SUSPENDED").spec(&suspend), "wait"),
        ("resumed", Scene::of("SUSPENDED"), "RESUMING: SparkApplicationResuming"),
        ("ended", Scene::of("COMPLETED").spec(&suspend), "wait"),
    ]);
    let suspended = Scene::of("SUSPENDING").spec(&suspend).gone().removed().write().status;
    let resuming = Scene { status: serde_json::to_value(suspended).unwrap(), ..Scene::of("") };
    let resuming = resuming.status(&json!({"applicationState": {"state": "RESUMING"}}));
    let status = resuming.write().status;
    assert_eq!((resuming.says().as_str(), status.submission_attempts), ("RESUMING", Some(2)));
}

#[test]
fn another_spec_is_another_run() {
    let edit = json!({"arguments": ["2"]});
    for state in State::ALL {
        let mut scene = Scene::of(state.name());
        scene.generation = 2;
        let scene = scene.spec(&edit);
        let expected = match state {
            // Nothing was submitted, or nothing of it runs.
            State::New | State::Invalidating | State::Suspending | State::Suspended => false,
            _ => true,
        };
        assert_eq!(scene.says() == "INVALIDATING", expected, "{state}");
    }
    check(vec![
        ("it runs", Scene::of("INVALIDATING").with(driver(Phase::Running)), "remove pi-driver pi-driver-uid"),
        (
            "it is gone",
            Scene::of("INVALIDATING").gone().removed(),
            "PENDING_RERUN: SparkApplicationPendingRerun",
        ),
    ]);
    let reset = Scene::of("INVALIDATING").gone().removed().write().status;
    assert_eq!(
        (reset.submission_id, reset.submission_attempts, reset.execution_attempts),
        (None, None, None)
    );
}

#[test]
fn what_is_no_other_run_goes_on() {
    let mut running =
        Scene::of("RUNNING").status(&json!({"sparkApplicationId": "spark-1"})).with(driver(Phase::Running));
    running.generation = 5;
    let nodes = json!({"executor": {"nodeSelector": {"a": "b"}}});
    let mut gate = running.clone().spec(&nodes);
    gate.policy.partial_restart = true;
    let mut back = running.clone();
    back.policy.partial_restart = true;
    check(vec![
        ("a time to live", running.clone().spec(&json!({"timeToLiveSeconds": 5})), "wait"),
        ("a default written out", running.clone().spec(&json!({"mode": "cluster"})), "wait"),
        ("where new executors go, without the gate", running.clone().spec(&nodes), "INVALIDATING"),
        ("where new executors go, with it", gate.clone(), "refresh"),
        ("and they do", Scene { refreshed: Some(5), ..gate.clone() }, "wait"),
        ("and were changed once more", Scene { refreshed: Some(4), ..gate.clone() }, "refresh"),
        ("changed back", back.clone(), "refresh"),
        ("never changed", Scene { generation: 1, ..back }, "wait"),
        ("and the driver, too", gate.spec(&json!({"driver": {"nodeSelector": {"a": "b"}}})), "INVALIDATING"),
    ]);
}

#[test]
fn the_time_to_live_begins_at_the_end() {
    let ended = |spec: serde_json::Value| {
        Scene::of("COMPLETED").status(&json!({"terminationTime": "1970-01-01T00:16:40Z"})).spec(&spec)
    };
    let mut by_default = ended(json!({}));
    by_default.policy.time_to_live = Some(50);
    let mut own = ended(json!({"timeToLiveSeconds": 500}));
    own.policy.time_to_live = Some(50);
    check(vec![
        ("none", ended(json!({})), "wait"),
        ("not over", ended(json!({"timeToLiveSeconds": 200})), "wait until 1200"),
        ("over", ended(json!({"timeToLiveSeconds": 99})), "delete"),
        ("none at all", ended(json!({"timeToLiveSeconds": 0})), "delete"),
        ("before the end", ended(json!({"timeToLiveSeconds": -5})), "delete"),
        ("by default", by_default, "delete"),
        ("its own comes first", own, "wait until 1500"),
        ("no end was written down", Scene::of("FAILED").spec(&json!({"timeToLiveSeconds": 1})), "wait"),
        ("it never ended", Scene::of("RUNNING").spec(&json!({"timeToLiveSeconds": 1})).at(1_005), "look"),
    ]);
}

#[test]
fn executors_alone_are_written_once_in_a_second() {
    let mut running =
        Scene::of("RUNNING").status(&json!({"sparkApplicationId": "spark-1"})).with(driver(Phase::Running));
    running.executors =
        vec![pod("e-1", Role::Executor(1), Phase::Running), pod("e-2", Role::Executor(2), Phase::Pending)];
    check(vec![
        ("long ago", running.clone(), "RUNNING: SparkExecutorPending SparkExecutorRunning"),
        ("just now", Scene { written: Some(NOW), ..running.clone() }, "wait until 1101"),
        (
            "just now, but the driver ended",
            Scene { written: Some(NOW), ..running.clone() }.with(driver(Phase::Succeeded)),
            "SUCCEEDING: SparkDriverCompleted SparkExecutorPending SparkExecutorRunning",
        ),
        ("known", running.status(&json!({"executorState": {"e-1": "RUNNING", "e-2": "PENDING"}})), "wait"),
    ]);
}

#[test]
fn the_last_executors_are_told_of_when_the_driver_has_ended() {
    let known = json!({"executorState": {"e-1": "RUNNING"}});
    let failed = pod("e-1", Role::Executor(1), Phase::Failed);
    let with = |scene: Scene| Scene { executors: vec![failed.clone()], ..scene.status(&known) };
    let ended = with(Scene::of("COMPLETED"));
    check(vec![
        (
            "with its end",
            with(Scene::of("SUCCEEDING")).removed(),
            "COMPLETED: SparkExecutorFailed SparkApplicationCompleted",
        ),
        (
            "with its failure",
            with(Scene::of("FAILING")).with(driver(Phase::Failed)).removed(),
            "FAILED: SparkExecutorFailed SparkApplicationFailed",
        ),
        ("after it", ended.clone(), "COMPLETED: SparkExecutorFailed"),
        ("after it, and a moment after others", Scene { written: Some(NOW), ..ended }, "wait until 1101"),
    ]);
}

#[test]
fn whether_executors_were_seen_is_asked_where_they_are_listed() {
    let mut ended = Scene::of("SUCCEEDING").removed();
    assert_eq!(ended.says(), "COMPLETED: SparkApplicationCompleted SparkDriverCompleted");
    ended.policy.most_executors = 0;
    assert_eq!(ended.says(), "COMPLETED: SparkApplicationCompleted");
}

#[test]
fn a_driver_that_comes_when_all_is_over_goes_again() {
    let gone = "remove pi-driver pi-driver-uid";
    let suspended = Scene::of("SUSPENDED").spec(&json!({"suspend": true}));
    let of_another = Pod { submission: Some("another".into()), ..driver(Phase::Running) };
    check(vec![
        ("suspended", suspended.with(driver(Phase::Pending)), gone),
        ("completed", Scene::of("COMPLETED").with(driver(Phase::Running)), gone),
        ("failed", Scene::of("FAILED").with(driver(Phase::Running)), gone),
        ("failed, and it leaves", Scene::of("FAILED").with(leaving(driver(Phase::Running))), "wait"),
        ("completed, as it should be", Scene::of("COMPLETED").with(driver(Phase::Succeeded)), "wait"),
        ("of another submission, as far as is known", Scene::of("RUNNING").with(of_another.clone()), "look"),
        (
            "of another submission",
            Scene::of("RUNNING").with(of_another).asked(),
            "FAILING (driver pod not found: pi-driver): SparkDriverNotFound",
        ),
    ]);
}

#[test]
fn one_that_is_being_deleted_lets_its_driver_go() {
    let deleted = |scene: Scene| Scene { deleting: true, ..scene };
    check(vec![
        (
            "it runs",
            deleted(Scene::of("RUNNING").with(driver(Phase::Running))),
            "remove pi-driver pi-driver-uid",
        ),
        ("it goes", deleted(Scene::of("RUNNING").with(leaving(driver(Phase::Running)))), "look"),
        ("it is not seen", deleted(Scene::of("RUNNING")), "look"),
        ("it is gone", deleted(Scene::of("RUNNING").gone()), "remove the rest"),
        ("all is gone", deleted(Scene::of("RUNNING").gone().removed()), "wait"),
        ("it was to be suspended", deleted(Scene::of("RUNNING").spec(&json!({"suspend": true}))), "look"),
    ]);
}

#[test]
fn a_driver_of_a_submission_that_was_cut_off_goes() {
    let left_over = Pod { name: "old-driver".into(), uid: "old".into(), ..driver(Phase::Pending) };
    for state in ["", "SUBMITTED", "RUNNING", "SUSPENDED", "COMPLETED"] {
        let scene = Scene::of(state).with(driver(Phase::Running));
        let scene = Scene { left_over: Some(left_over.clone()), ..scene };
        assert_eq!(scene.says(), "remove old-driver old", "{state}");
    }
}
