//! Every way a job ends, or does not begin.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::place::{LIMIT, Place, driver, error_of, state_of};
use crate::support::{eventually, within};

fn merged(mut spec: Json, patch: &Json) -> Json {
    json_patch::merge(&mut spec, patch);
    spec
}

/// What is told of a job that ends well.
const EVENTS: [&str; 4] =
    ["SparkApplicationSubmitted", "SparkDriverRunning", "SparkDriverCompleted", "SparkApplicationCompleted"];

#[test]
fn drivers_that_end_are_told_with_the_real_cause() {
    let Some(place) = Place::new("ends") else { return };
    let _operator = place.operator(&[]);
    let cases = [
        ("well", driver(&[("outcome", "run")]), "COMPLETED", ""),
        ("at-once", driver(&[("run-for", "0")]), "COMPLETED", ""),
        (
            "badly",
            driver(&[("outcome", "fail"), ("exit-code", "7"), ("message", "last words")]),
            "FAILED",
            "driver container failed with ExitCode: 7, Reason: Error, Message: last words",
        ),
        (
            "out-of-memory",
            driver(&[("outcome", "oom")]),
            "FAILED",
            "driver container failed with ExitCode: 137, Reason: OOMKilled (it used more memory than its limit: raise memory \
             or memoryOverhead)",
        ),
        ("evicted", driver(&[("outcome", "evict")]), "FAILED", "Evicted: "),
        (
            "class",
            driver(&[("outcome", "fail"), ("exit-code", "101")]),
            "FAILED",
            "could not load the main class",
        ),
    ];
    for (name, spec, _, _) in &cases {
        place.create(name, spec);
    }
    // A short one may never be seen to run.
    place.in_state("well", "RUNNING");
    place.end("well-driver");
    for (name, _, state, error) in &cases {
        let ended = place.in_state(name, state);
        assert!(error_of(&ended).contains(error), "{name}: {}", error_of(&ended));
        let conditions = ended["status"]["conditions"].as_array().unwrap();
        let succeeded = conditions.iter().find(|condition| condition["type"] == "Succeeded").unwrap();
        assert_eq!(succeeded["status"], if *state == "COMPLETED" { "True" } else { "False" }, "{name}");
        assert!(!ended["status"]["terminationTime"].is_null(), "{name}");
        assert!(
            place
                .list("v1", "services")
                .iter()
                .all(|service| service["metadata"]["name"] != format!("{name}-ui-svc"))
        );
    }
    eventually("all events", || {
        let events = place.events("well");
        let told = |reason: &&str| events.iter().any(|event| event == reason);
        if EVENTS.iter().all(told) { Ok(()) } else { Err(events.join(" ")) }
    });
}

#[test]
fn drivers_that_do_not_begin_are_told_within_seconds() {
    let Some(place) = Place::new("waits") else { return };
    let operator = place.operator(&["--state-deadlines=SUBMITTED=20s"]);
    operator.acts();
    place.create("image", &driver(&[("outcome", "image-pull-error")]));
    place.create("large", &merged(driver(&[]), &json!({"driver": {"coreRequest": "2000"}})));
    // It is tried again after three seconds, and then told by the other name where the first was not seen.
    let pull = |reason: &str| ["ErrImagePull", "ImagePullBackOff"].contains(&reason);
    let says =
        |now: &Json| error_of(now).strip_prefix("driver pod is pending: ").unwrap_or_default().to_owned();
    let image =
        place.until("image", "to tell why", |now| pull(says(now).split(':').next().unwrap_or_default()));
    assert_eq!(state_of(&image), "SUBMITTED");
    assert!(pull(image["status"]["conditions"][0]["reason"].as_str().unwrap()), "{image:#}");
    place
        .until("large", "to tell why", |now| says(now).starts_with("Unschedulable: 0/5 nodes are available"));
    // And when the time is up it is failed, and nothing of it runs.
    for name in ["image", "large"] {
        let failed = place.in_state(name, "FAILED");
        assert!(
            error_of(&failed).starts_with("SUBMITTED for longer than 20s: driver pod is pending: "),
            "{}",
            error_of(&failed)
        );
        assert!(
            place.list("v1", "pods").iter().all(|pod| pod["metadata"]["name"] != format!("{name}-driver"))
        );
    }
}

#[test]
fn submissions_that_fail_say_why_and_leave_nothing() {
    let Some(place) = Place::new("refused") else { return };
    let _operator = place.operator(&[]);
    let pods = place.namespace.path("v1", "pods");
    let foreign =
        json!({"metadata": {"name": "taken-driver"}, "spec": {"containers": [{"name": "a", "image": "a"}]}});
    place.cluster().create(&pods, &foreign);
    let retries = json!({"restartPolicy": {"type": "OnFailure", "onSubmissionFailureRetries": 1,
        "onSubmissionFailureRetryInterval": 1}});
    for (name, spec, error) in [
        ("taken", json!({}), "driver pod already exist: "),
        ("account", json!({"driver": {"serviceAccount": "nobody"}}), "serviceaccount \"nobody\" not found"),
        ("template", json!({"driver": {"template": {"spec": {"containers": [5]}}}}), "spec.driver.template"),
        ("version", json!({"sparkVersion": "2.4.8"}), "spec.sparkVersion: "),
        ("denied", json!({"sparkConf": {"spark.kubernetes.namespace": "other"}}), "is not allowed"),
        (
            "again",
            merged(json!({"driver": {"serviceAccount": "nobody"}}), &retries),
            "serviceaccount \"nobody\" not found",
        ),
    ] {
        place.create(name, &spec);
        let failed = place.in_state(name, "FAILED");
        assert!(error_of(&failed).contains(error), "{name}: {}", error_of(&failed));
        let attempts = if name == "again" { 2 } else { 1 };
        assert_eq!(failed["status"]["submissionAttempts"], attempts, "{name}");
        assert!(place.left(name).is_empty(), "{name}: {:?}", place.left(name));
    }
    assert_eq!(
        place.cluster().get(&format!("{pods}/taken-driver"))["metadata"]["deletionTimestamp"],
        Json::Null
    );
    // Mended, it runs.
    place.patch("version", &json!({"spec": {"sparkVersion": "4.0.5"}}));
    place.in_state("version", "COMPLETED");
}

#[test]
fn weak_point_10_a_service_that_cannot_be_made_freezes_nothing() {
    let Some(place) = Place::new("no-ui") else { return };
    let operator = place.operator(&[]);
    let services = place.namespace.path("v1", "services");
    let foreign = json!({"metadata": {"name": "pi-ui-svc"}, "spec": {"ports": [{"port": 80}]}});
    place.cluster().create(&services, &foreign);
    // Nor one that is refused: a port that is none.
    place.create("port", &merged(driver(&[]), &json!({"sparkUIOptions": {"servicePort": 99999}})));
    place.create("pi", &merged(driver(&[]), &json!({"sparkConf": {"spark.my.password": "hunter2"}})));
    for (name, told) in [("pi", "another has its name"), ("port", "99999")] {
        place.in_state(name, "COMPLETED");
        eventually("an event that tells it", || {
            let events = place.list("v1", "events");
            let tells = |event: &Json| {
                event["involvedObject"]["name"] == name
                    && event["reason"] == "SparkApplicationIncomplete"
                    && event["message"].as_str().unwrap_or_default().contains(told)
            };
            if events.iter().any(tells) { Ok(()) } else { Err(format!("{events:?}")) }
        });
    }
    let foreign = place.cluster().get(&format!("{services}/pi-ui-svc"));
    assert!(foreign["metadata"]["deletionTimestamp"].is_null(), "{foreign}");
    // Weak point 30: what an application is told is no business of whoever reads the operator's log.
    assert!(!operator.log().contains("hunter2"));
}

#[test]
fn a_quota_that_is_used_up_is_told_and_tried_again() {
    let Some(place) = Place::new("quota") else { return };
    let _operator = place.operator(&[]);
    let quota = place.namespace.none("pods");
    let retries = json!({"restartPolicy": {"type": "OnFailure", "onSubmissionFailureRetries": 9,
        "onSubmissionFailureRetryInterval": 1}});
    place.create("pi", &merged(driver(&[]), &retries));
    // The next try clears it, at once or a second later.
    place.until("pi", "to tell of the quota", |now| error_of(now).contains("exceeded quota"));
    place.cluster().delete(&quota);
    place.in_state("pi", "COMPLETED");
}

#[test]
fn what_others_do_to_pods_and_status_is_noticed() {
    let Some(place) = Place::new("others") else { return };
    let mut operator = place.operator(&[]);
    let runs = driver(&[("outcome", "run")]);
    for name in ["deleted", "edited", "state"] {
        place.create(name, &runs);
    }
    place.create(
        "always",
        &merged(runs.clone(), &json!({"restartPolicy": {"type": "Always", "onFailureRetryInterval": 1}})),
    );
    for name in ["deleted", "edited", "state", "always"] {
        place.in_state(name, "RUNNING");
    }
    let pod = |name: &str| place.namespace.path("v1", &format!("pods/{name}-driver?gracePeriodSeconds=0"));
    place.cluster().delete(&pod("deleted"));
    let lost = place.in_state("deleted", "FAILED");
    assert!(error_of(&lost).contains("driver"), "{}", error_of(&lost));
    let before = place.get("always")["status"]["submissionID"].clone();
    place.cluster().delete(&pod("always"));
    place.until("always", "to run again", |now| {
        state_of(now) == "RUNNING" && now["status"]["submissionID"] != before
    });
    // A status edited by hand: the driver tells what is true.
    place.patch_status("edited", &json!({"applicationState": {"state": "WHATEVER"}, "executionAttempts": 1}));
    place.in_state("edited", "RUNNING");
    place.patch_status(
        "state",
        &json!({"applicationState": {"state": "SUBMITTED"}, "lastSubmissionAttemptTime": null}),
    );
    place.in_state("state", "RUNNING");
    // All others go on.
    place.create("next", &driver(&[]));
    place.in_state("next", "COMPLETED");
    assert!(operator.runs());
}

#[test]
fn a_driver_that_comes_after_its_submission_was_cut_off_goes_again() {
    let Some(place) = Place::new("late") else { return };
    let _operator = place.operator(&[]);
    place.create("pi", &driver(&[("outcome", "run")]));
    let running = place.in_state("pi", "RUNNING");
    let pods = place.namespace.path("v1", "pods");
    // As spark-submit makes it that was told to stop too late, for the spec as it was: with another name.
    let owner = json!({"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "name": "pi",
        "uid": running["metadata"]["uid"], "controller": true});
    let late = json!({
        "metadata": {"name": "earlier-driver", "ownerReferences": [owner],
            "annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}, "labels": {
            "spark-role": "driver", "sparkoperator.k8s.io/app-name": "pi", "sparkoperator.k8s.io/submission-id": "earlier",
            "sparkoperator.k8s.io/launched-by-spark-operator": "true"}},
        "spec": {"containers": [{"name": "spark-kubernetes-driver", "image": "spark"}], "terminationGracePeriodSeconds": 0},
    });
    place.cluster().create(&pods, &late);
    eventually("it to go", || {
        let answer = place.cluster().request("GET", &format!("{pods}/earlier-driver"), &Json::Null);
        if answer.status == 404 { Ok(()) } else { Err(answer.status) }
    });
    assert_eq!(place.get("pi")["status"], running["status"]);
    assert_eq!(place.list("v1", "pods").len(), 1);
}

#[test]
fn a_namespace_that_goes_takes_its_applications_with_it() {
    let Some(place) = Place::new("goes") else { return };
    let mut operator = place.operator(&[]);
    let always = merged(
        driver(&[("outcome", "run")]),
        &json!({"restartPolicy": {"type": "Always", "onFailureRetryInterval": 1, "onSubmissionFailureRetryInterval": 1}}),
    );
    let names: Vec<_> = (0..8).map(|number| format!("app-{number}")).collect();
    for name in &names {
        place.create(name, &always);
    }
    for name in &names {
        place.in_state(name, "RUNNING");
    }
    // Their drivers go before them or after them, and nothing can be made there any more.
    let namespace = format!("/api/v1/namespaces/{}", place.namespace.name);
    place.cluster().delete(&namespace);
    within(LIMIT, "the namespace to be gone", || {
        let answer = place.cluster().request("GET", &namespace, &Json::Null);
        if answer.status == 404 { Ok(()) } else { Err(answer.json["status"].to_string()) }
    });
    operator.quiet();
    assert!(operator.runs());
    assert!(operator.stop().success());
}

#[test]
fn executors_come_and_go() {
    let Some(place) = Place::new("executors") else { return };
    let _operator = place.operator(&[]);
    place.create("pi", &driver(&[("outcome", "run")]));
    let running = place.in_state("pi", "RUNNING");
    let names: Vec<_> = [1, 2].into_iter().map(|number| place.executor(&running, number)).collect();
    let is = |now: &Json, number: usize| {
        now["status"]["executorState"][&names[number]].as_str().unwrap_or_default().to_owned()
    };
    place.until("pi", "to list both", |now| is(now, 0) == "RUNNING" && is(now, 1) == "RUNNING");
    place.cluster().delete(&place.namespace.path("v1", &format!("pods/{}", names[0])));
    place.until("pi", "to miss one", |now| ["UNKNOWN", "FAILED"].contains(&is(now, 0).as_str()));
    let fails = place.executor(&running, 3);
    place.until("pi", "to list the third", |now| now["status"]["executorState"][&fails] == "RUNNING");
    let terminated = json!({"exitCode": 52, "reason": "Error"});
    place.ends(&fails, "spark-kubernetes-executor", "Failed", &terminated);
    place.ends(
        &names[1],
        "spark-kubernetes-executor",
        "Succeeded",
        &json!({"exitCode": 0, "reason": "Completed"}),
    );
    place.until("pi", "to have one that failed and one that completed", |now| {
        now["status"]["executorState"][&fails] == "FAILED" && is(now, 1) == "COMPLETED"
    });
    for message in [
        format!("Executor {fails} failed with ExitCode: 52, Reason: Error, Pod Message: "),
        format!("Executor {} completed", names[1]),
    ] {
        eventually(&message, || {
            let messages = place.messages("pi");
            if messages.contains(&message) { Ok(()) } else { Err(format!("{messages:#?}")) }
        });
    }
    place.end("pi-driver");
    let completed = place.in_state("pi", "COMPLETED");
    assert_ne!(is(&completed, 1), "UNKNOWN");
    let told = || place.events("pi").iter().filter(|reason| *reason == "SparkApplicationCompleted").count();
    eventually("one event", || if told() == 1 { Ok(()) } else { Err(told()) });
}

#[test]
fn no_service_is_made_where_they_are_switched_off() {
    let Some(place) = Place::new("plain") else { return };
    let operator = place.operator(&["--enable-ui-service=false"]);
    place.create("pi", &driver(&[]));
    let completed = place.in_state("pi", "COMPLETED");
    operator.quiet();
    assert!(completed["status"]["driverInfo"]["webUIServiceName"].is_null(), "{:#}", completed["status"]);
    let wrote = operator.wrote();
    let services: Vec<_> = wrote.iter().filter(|line| line["resource"] == "services").collect();
    // Spark's own, by which executors find the driver.
    assert_eq!(services.len(), 1, "{services:#?}");
}

#[test]
fn what_happens_while_no_operator_runs_is_caught_up() {
    let Some(place) = Place::new("down") else { return };
    let mut operator = place.operator(&[]);
    place.create("changed", &driver(&[("outcome", "run")]));
    place.create("ends", &driver(&[("outcome", "run")]));
    place.create("done", &driver(&[("run-for", "0")]));
    let before = place.in_state("changed", "RUNNING")["status"]["submissionID"].clone();
    place.in_state("ends", "RUNNING");
    place.in_state("done", "COMPLETED");
    assert!(operator.stop().success());
    let done = place.get("done");
    place.end("ends-driver");
    place.patch("changed", &json!({"spec": {"arguments": ["2"]}}));
    place.create("new", &driver(&[]));
    let mut operator = place.operator(&["--enable-ui-service=true"]);
    place.until("changed", "to run as it is now", |now| {
        state_of(now) == "RUNNING"
            && now["status"]["submissionID"] != before
            && !now["status"]["submissionID"].is_null()
    });
    place.in_state("ends", "COMPLETED");
    place.in_state("new", "COMPLETED");
    // And nothing at all of what is quiet.
    let version = |object: &Json| object["metadata"]["resourceVersion"].clone();
    assert_eq!(version(&place.get("done")), version(&done));
    operator.quiet();
    assert!(operator.stop().success());
    // A restart is no change: nor is a restart of another operator that has the same object.
    let mut again = place.operator(&["--max-tracked-executor-per-app=9"]);
    again.acts();
    again.quiet();
    assert_eq!(again.wrote().len(), 0, "{:?}", again.wrote());
    assert!(again.stop().success());
}

#[test]
fn a_leader_gives_way_at_once_when_told_to_stop() {
    let Some(place) = Place::new("leads") else { return };
    let lease = [
        "--leader-election=true".to_owned(),
        "--leader-election-lock-name=test".to_owned(),
        format!("--leader-election-lock-namespace={}", place.namespace.name),
    ];
    place.may_lead();
    let flags: Vec<_> = lease.iter().map(String::as_str).collect();
    // Longer than this test waits for anything: it is given back.
    let mut first = place.operator(&[&flags[..], &["--leader-election-lease-duration=10m"]].concat());
    place.create("one", &driver(&[]));
    place.in_state("one", "COMPLETED");
    let mut second = place.operator(&[&flags[..], &["--driver-pod-creation-grace-period=11s"]].concat());
    second.says("another leads");
    let begun = std::time::Instant::now();
    assert!(first.stop().success());
    place.create("two", &driver(&[]));
    second.says("\"leading\"");
    println!("a leader that is told to stop: another leads {:.1} s later", begun.elapsed().as_secs_f64());
    place.in_state("two", "COMPLETED");
    // Killed, its lease must run out.
    second.kill();
    let begun = std::time::Instant::now();
    let mut third = place.operator(&[&flags[..], &["--driver-pod-creation-grace-period=12s"]].concat());
    third.says("\"leading\"");
    println!("a leader that is killed: another leads {:.1} s later", begun.elapsed().as_secs_f64());
    assert!(third.stop().success());
}

#[test]
fn five_hundred_at_once_are_each_run_once() {
    const COUNT: usize = 500;
    let Some(place) = Place::new("many") else { return };
    let mut operator = place.operator(&[]);
    let begun = std::time::Instant::now();
    place.create_many(COUNT, &driver(&[("run-for", "1")]));
    let created = begun.elapsed();
    within(Duration::from_mins(5), "all to be completed", || {
        let all = place.list("sparkoperator.k8s.io/v1beta2", "sparkapplications");
        let done = all.iter().filter(|application| state_of(application) == "COMPLETED").count();
        std::thread::sleep(Duration::from_millis(500));
        if done == COUNT { Ok(()) } else { Err(format!("{done} of {COUNT}")) }
    });
    println!(
        "{COUNT} applications at once: created in {:.1} s, all completed after {:.1} s",
        created.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    let pods = place.list("v1", "pods");
    assert_eq!(pods.len(), COUNT);
    let attempts = place.list("sparkoperator.k8s.io/v1beta2", "sparkapplications");
    assert!(attempts.iter().all(|application| application["status"]["executionAttempts"] == 1));
    assert!(operator.stop().success());
}
