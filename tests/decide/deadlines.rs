//! Deadlines of states: what waits for too long is given up.

use serde_json::json;
use spark_operator::controller::pod::{Phase, Pod};
use spark_operator::controller::state::State;

use super::scene::{NOW, Scene, check, driver, leaving};

#[test]
fn deadlines_end_what_waits_for_too_long() {
    let limited = |scene: Scene, state: State| {
        let mut scene = scene;
        scene.policy.deadlines.insert(state, jiff::SignedDuration::from_secs(60));
        scene
    };
    let known = json!({"sparkApplicationId": "spark-1"});
    let submitted = Scene::of("SUBMITTED").status(&known).with(driver(Phase::Pending));
    let running = Scene::of("RUNNING").status(&known).with(driver(Phase::Running));
    let suspending = limited(
        Scene { looked: Some(NOW), ..Scene::of("SUSPENDING").with(leaving(driver(Phase::Running))) },
        State::Suspending,
    );
    let mut invalidating = limited(
        Scene { looked: Some(NOW), ..Scene::of("INVALIDATING").with(leaving(driver(Phase::Running))) },
        State::Invalidating,
    );
    invalidating.spec["arguments"] = json!(["changed"]);
    invalidating.generation = 2;
    let written = invalidating.clone().removed().write().status;
    let given_up = Scene { status: serde_json::to_value(written).unwrap(), ..invalidating.clone() };
    // Written down, and waiting for its turn to be submitted since then.
    let waits = |written: i64| {
        let new = limited(Scene::of("").at(written), State::New);
        let status = serde_json::to_value(new.write().status).unwrap();
        Scene { status, now: NOW, ..new }
    };
    let failing = Scene::of("FAILING")
        .restart(json!({"type": "Always", "onFailureRetryInterval": 3600}))
        .with(driver(Phase::Failed));
    let failing = limited(failing, State::Failing);
    let mine = |scene: Scene| Pod {
        submission: Some(scene.application().submission().into()),
        ..driver(Phase::Running)
    };
    check(vec![
        ("it waits for its turn", Scene { now: 1_050, ..waits(1_010) }, "submit"),
        ("it waits for its turn for too long", waits(1_010), "look"),
        ("its driver is there", waits(1_010).with(mine(waits(1_010))), "submit"),
        (
            "that of an earlier submission is",
            waits(1_010).with(driver(Phase::Running)),
            "remove pi-driver pi-driver-uid",
        ),
        ("there is none", waits(1_010).gone(), "remove the rest"),
        (
            "nothing was made of it",
            waits(1_010).gone().removed(),
            "FAILED (New for longer than 1m): SparkApplicationFailed",
        ),
        ("no operator was there in time, and one is now", waits(1_090), "submit"),
        ("not over", limited(submitted.clone().at(1_020), State::Submitted), "wait until 1060"),
        ("over", limited(submitted, State::Submitted), "FAILING (SUBMITTED for longer than 1m)"),
        ("of another state", limited(running.clone(), State::Submitted), "wait"),
        ("it runs too long", limited(running, State::Running), "FAILING (RUNNING for longer than 1m)"),
        ("it does not go", suspending.clone(), "remove the rest"),
        (
            "it does not go, and what was beside it is gone",
            suspending.removed(),
            "FAILED (SUSPENDING for longer than 1m): SparkApplicationFailed",
        ),
        (
            "what ran before does not go",
            invalidating.removed(),
            "FAILED (INVALIDATING for longer than 1m): SparkApplicationFailed",
        ),
        ("the change that was given up is none any more", given_up, "wait"),
        ("what has ended stays for its log", failing.clone(), "remove the rest"),
        (
            "it waits too long to be run again",
            failing.removed(),
            "FAILED (FAILING for longer than 1m): SparkApplicationFailed",
        ),
        ("it is done: none", limited(Scene::of("COMPLETED"), State::Completed), "wait"),
    ]);
}
