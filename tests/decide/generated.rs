//! Generated sights: whatever is seen, what is decided keeps to the rules.

use proptest::prelude::*;
use serde_json::json;
use spark_operator::controller::decide::{Step, pending};
use spark_operator::controller::pod::{Phase, Pod, Role};
use spark_operator::controller::state::{State, allowed};

use super::scene::{Scene, driver, pod};

fn phases() -> impl Strategy<Value = Phase> {
    prop::sample::select(vec![
        Phase::Pending,
        Phase::Running,
        Phase::Succeeded,
        Phase::Failed,
        Phase::Unknown,
    ])
}

fn scenes() -> impl Strategy<Value = Scene> {
    let policies = prop::sample::select(vec![
        json!({}),
        json!({"type": "Never"}),
        json!({"type": "Always", "onFailureRetryInterval": 7}),
        json!({"type": "OnFailure", "onFailureRetries": 2, "onSubmissionFailureRetries": 1}),
    ]);
    let status = (0..4i32, 0..4i32, any::<bool>(), any::<bool>(), any::<bool>(), 900..1_300i64);
    let seen = (
        prop::option::of((phases(), any::<bool>())),
        prop::collection::vec(phases(), 0..4),
        any::<[bool; 2]>(),
    );
    // None, any, only of new executors, and changed back.
    let edits = (prop::sample::select(vec![None, Some("arguments"), Some("nodes"), Some("")]), any::<bool>());
    let wishes = (any::<bool>(), edits, prop::option::of(-1..300i64), any::<bool>());
    let times =
        (990..1_400i64, prop::option::of(990..1_400i64), prop::option::of(990..1_400i64), any::<bool>());
    (prop::sample::select(State::ALL.to_vec()), policies, status, seen, wishes, times).prop_map(
        |(state, policy, (attempts, runs, error, named, ended, last), (driver_, executors, [asked, removed]), wishes, times)| {
            let (suspend, (edited, gate), ttl, deleting) = wishes;
            let (now, looked, written, limited) = times;
            let mut scene = Scene::of(state.name()).restart(policy).at(now);
            let time = super::scene::at(last).to_string();
            scene.status = json!({
                "applicationState": {"state": state.name(), "errorMessage": error.then_some("why")},
                "submissionID": named.then(|| scene.id()), "submissionAttempts": attempts, "executionAttempts": runs,
                "lastSubmissionAttemptTime": time, "driverInfo": {"podName": named.then_some("pi-driver")},
                "terminationTime": ended.then_some(time),
            });
            scene.spec["suspend"] = suspend.into();
            scene.spec["timeToLiveSeconds"] = ttl.into();
            match edited {
                Some("arguments") => scene.spec["arguments"] = json!(["2"]),
                Some("nodes") => scene.spec["executor"]["nodeSelector"] = json!({"a": "b"}),
                _ => {}
            }
            scene.generation = if edited.is_some() { 2 } else { 1 };
            scene.policy.partial_restart = gate;
            scene.deleting = deleting;
            scene.driver = driver_.map(|(phase, leaving)| Pod { leaving, ..driver(phase) });
            scene.asked = asked;
            scene.removed = removed;
            scene.claimed = looked.is_none();
            let executors = executors.into_iter().zip(1..);
            scene.executors = executors.map(|(phase, n)| pod(&format!("e-{n}"), Role::Executor(n), phase)).collect();
            (scene.looked, scene.written, scene.since) = (looked, written, last);
            if limited {
                for state in State::ALL {
                    scene.policy.deadlines.insert(state, jiff::SignedDuration::from_secs(100));
                }
            }
            scene
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_decision_keeps_to_the_rules(scene in scenes()) {
        let application = scene.application();
        let before = application.state();
        match scene.step() {
            Step::Wait(until) => {
                prop_assert!(until.is_none_or(|until| until.as_second() >= scene.now), "waits for what has been");
            }
            Step::Write(write) => {
                let after = State::of(&write.status.application_state.as_ref().unwrap().state);
                // Only transitions of the table; and in the same state only what is written about a submission, executors,
                // or why something waits.
                prop_assert!(before == after || allowed(before, after), "{} to {}", before, after);
                if before == after {
                    prop_assert!(before.submits() || before.has_driver() || before.is_final());
                }
                // Final is final, but for another spec.
                if before.is_final() {
                    prop_assert!(after == before || after == State::Invalidating);
                }
                // Nothing is decided that is decided again at once: what is written is another status.
                prop_assert_ne!(&write.status, &application.status);
                // Numbers of attempts never fall, but when a run is invalidated.
                if before != State::Invalidating {
                    prop_assert!(write.status.submission_attempts >= application.status.submission_attempts);
                    prop_assert!(write.status.execution_attempts >= application.status.execution_attempts);
                }
                prop_assert!(write.status.observed_generation.unwrap() <= application.generation);
                if after == State::Running {
                    prop_assert!(scene.driver.is_some(), "RUNNING without a driver");
                }
                // A submission is written down before it is done, and never over one that is pending.
                if write.status.submission_id != application.status.submission_id && write.status.submission_id.is_some() {
                    prop_assert!(!pending(&application));
                    let given_up = before == State::Invalidating && after == State::Failed;
                    prop_assert!((before.submits() || given_up) && !application.wishes.suspend && !application.deleting);
                }
                prop_assert!(!application.deleting);
            }
            Step::Look => prop_assert!(!scene.asked, "asks again for what is known"),
            Step::RemoveDriver { name, uid } => {
                let driver = scene.driver.as_ref().unwrap();
                prop_assert_eq!((name.as_str(), uid.as_str()), (&*driver.name, &*driver.uid));
                prop_assert!(!driver.leaving, "told to go again");
            }
            Step::RemoveRest => prop_assert!(!scene.removed, "removed again"),
            Step::Submit => prop_assert!(pending(&application) && !application.wishes.suspend && !application.deleting),
            Step::Refresh => {
                prop_assert!(scene.policy.partial_restart && before.has_driver(), "{before:?}");
                prop_assert!(scene.driver.is_some() && scene.spec["arguments"].is_null());
            }
            Step::Delete => prop_assert!(before.is_final()),
        }
    }
}

/// As many as the tests' command asks for.
pub fn cases() -> u32 {
    std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000)
}
