//! The operator with the chart's rights, and with those of Kubeflow's operator 2.5.2: nothing that it needs is denied. And
//! its log: a line for each write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::operator::Operator;
use crate::place::{Place, driver};
use crate::support::audit::Request;
use crate::support::eventually;
use crate::support::namespace::Account;

const SPARK: &str = "sparkoperator.k8s.io";

/// An account that may do this in the namespace: group, resources, verbs.
fn granted(place: &Place, name: &str, rights: &[(&str, &[&str], &[&str])]) -> Account {
    let account = place.namespace.account(name);
    let rules: Vec<_> = rights
        .iter()
        .map(
            |(group, resources, verbs)| json!({"apiGroups": [group], "resources": resources, "verbs": verbs}),
        )
        .collect();
    let role = json!({"metadata": {"name": name}, "rules": rules});
    place.cluster().create(&place.namespace.path("rbac.authorization.k8s.io/v1", "roles"), &role);
    place.namespace.bind(&account, "Role", name);
    account
}

/// Everything that an application does to the rights: runs, retries, is suspended, changed, deleted and lives its time.
fn exercise(place: &Place) {
    let retry =
        json!({"restartPolicy": {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1}});
    let mut fails = driver(&[("outcome", "fail"), ("run-for", "0")]);
    json_patch::merge(&mut fails, &retry);
    let mut short = driver(&[("run-for", "0")]);
    short["timeToLiveSeconds"] = 1.into();
    place.create("fails", &fails);
    place.create("short", &short);
    place.create("runs", &driver(&[("outcome", "run")]));
    place.in_state("runs", "RUNNING");
    place.patch("runs", &json!({"spec": {"suspend": true}}));
    place.in_state("runs", "SUSPENDED");
    place.patch("runs", &json!({"spec": {"suspend": false, "arguments": ["2"]}}));
    place.in_state("runs", "RUNNING");
    place.delete("runs");
    place.gone("runs");
    place.in_state("fails", "FAILED");
    place.gone("short");
}

/// What the account's role grants and nobody used.
fn unused(place: &Place, used: &BTreeSet<String>) -> Vec<String> {
    let texts = |list: &serde_json::Value| -> Vec<String> {
        serde_json::from_value(list.clone()).unwrap_or_default()
    };
    let mut unused = BTreeSet::new();
    for role in place.list("rbac.authorization.k8s.io/v1", "roles") {
        for rule in role["rules"].as_array().unwrap() {
            for resource in texts(&rule["resources"]) {
                let granted = texts(&rule["verbs"]).into_iter().map(|verb| format!("{verb} {resource}"));
                unused.extend(granted.filter(|right| !used.contains(right)));
            }
        }
    }
    unused.into_iter().collect()
}

/// One to one, object by object: what the API server did for it, and what it says it did.
fn joined(requests: &[Request], operator: &Operator) {
    let mut balance: BTreeMap<String, i32> = BTreeMap::new();
    for request in requests.iter().filter(|request| request.writes() && (200..300).contains(&request.code)) {
        let Request { verb, resource, namespace, name, .. } = request;
        assert!(!name.is_empty(), "{request}");
        *balance.entry(format!("{verb} {resource} {namespace}/{name}")).or_default() += 1;
    }
    for line in operator.wrote() {
        let [verb, resource, namespace, name, ..] =
            ["verb", "resource", "namespace", "name", "application", "uid", "submission", "reason"].map(
                |field| {
                    let text = line[field].as_str().unwrap_or_default();
                    assert!(!text.is_empty(), "{field}: {line}");
                    text
                },
            );
        assert!(line["attempt"].is_number(), "{line}");
        *balance.entry(format!("{verb} {resource} {namespace}/{name}")).or_default() -= 1;
    }
    balance.retain(|_, count| *count != 0);
    assert!(balance.is_empty(), "in the audit log more or less often than in the operator's: {balance:?}");
}

#[test]
fn the_charts_rights_are_enough_and_each_write_is_in_the_log() {
    let Some(place) = Place::new("rights") else { return };
    let mut operator = place.operator(&[]);
    exercise(&place);
    operator.quiet();
    assert!(operator.stop().success());
    let requests = place.cluster().requests(&place.account.user);
    let denied: BTreeSet<_> =
        requests.iter().filter(|request| !request.allowed).map(ToString::to_string).collect();
    let used: BTreeSet<_> =
        requests.iter().map(|request| format!("{} {}", request.verb, request.resource)).collect();
    println!("the operator with the chart's rights: {} requests, {} denied", requests.len(), denied.len());
    println!("  used: {}", used.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    println!("  granted and not used here: {}", unused(&place, &used).join(", "));
    assert!(denied.is_empty(), "{denied:?}");

    joined(&requests, &operator);
    println!("  {} writes, each with a line in the log", operator.wrote().len());
}

#[test]
fn told_to_stop_in_the_middle_of_it_the_operator_ends_what_it_began() {
    const COUNT: usize = 60;
    let Some(place) = Place::new("drains") else { return };
    let mut operator = place.operator(&[]);
    operator.acts();
    let drivers = || place.list("v1", "pods").len();
    std::thread::scope(|scope| {
        scope.spawn(|| place.create_many(COUNT, &driver(&[("outcome", "run")])));
        eventually("some drivers", || if drivers() >= 5 { Ok(()) } else { Err(drivers()) });
        assert!(operator.stop().success(), "{}", operator.log());
    });
    let before = drivers();
    assert!(before < COUNT, "it was told to stop too late");
    // A write that was cut off would be in one log alone.
    joined(&place.cluster().requests(&place.account.user), &operator);
    let again = place.operator(&["--max-tracked-executor-per-app=9"]);
    for number in 0..COUNT {
        let application = place.in_state(&format!("app-{number}"), "RUNNING");
        assert_eq!(application["status"]["executionAttempts"], 1, "{:#}", application["status"]);
    }
    again.quiet();
    let made = |operator: &Operator| {
        let wrote = operator.wrote();
        wrote.iter().filter(|line| line["verb"] == "create" && line["resource"] == "pods").count()
    };
    assert_eq!((made(&operator), made(&operator) + made(&again)), (before, COUNT));
    println!(
        "told to stop with {before} of {COUNT} drivers made: all writes were ended, and the rest done by the next"
    );
}

#[test]
fn each_write_of_a_submission_that_fails_is_in_the_log_too() {
    let Some(place) = Place::with("joined", "job") else { return };
    let mut operator = place.operator(&["--submitter=job"]);
    let retry = json!({"restartPolicy": {"type": "OnFailure", "onSubmissionFailureRetries": 1,
        "onSubmissionFailureRetryInterval": 1}, "monitoring": {"exposeDriverMetrics": true, "exposeExecutorMetrics": false,
        "prometheus": {"jmxExporterJar": "/prometheus/a.jar"}}});
    // A fake Job ends without having made a driver.
    place.create("pi", &retry);
    place.in_state("pi", "FAILED");
    operator.quiet();
    assert!(operator.stop().success());
    let requests = place.cluster().requests(&place.account.user);
    assert!(requests.iter().all(|request| request.allowed), "{requests:#?}");
    let jobs = |verb: &str| {
        requests
            .iter()
            .filter(|request| (request.verb.as_str(), request.resource.as_str()) == (verb, "jobs"))
            .count()
    };
    assert_eq!((jobs("create"), jobs("delete")), (2, 2));
    joined(&requests, &operator);
}

#[test]
fn weak_point_23_the_rights_of_the_operator_before_are_enough_for_events_too() {
    let Some(place) = Place::new("rights") else { return };
    let write = ["get", "list", "watch", "create", "update", "delete"];
    let account = granted(
        &place,
        "before",
        &[
            ("", &["pods"], &write),
            ("", &["configmaps"], &["get", "list", "watch", "create", "update", "patch"]),
            ("", &["services"], &["get", "list", "watch", "create", "update", "patch", "delete"]),
            ("", &["events"], &["create", "update", "patch"]),
            (SPARK, &["sparkapplications"], &["get", "list", "watch", "create", "delete"]),
            (SPARK, &["sparkapplications/status", "sparkapplications/finalizers"], &["update"]),
        ],
    );
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let _operator = Operator::start(&account.kubeconfig, &place.file("log"), &[&namespaces]);
    exercise(&place);
    let requests = place.cluster().requests(&account.user);
    let denied: BTreeSet<_> = requests
        .iter()
        .filter(|request| !request.allowed)
        .map(|request| format!("{} {}", request.verb, request.resource))
        .collect();
    println!("the operator with the rights of Kubeflow's: {} requests, denied: {denied:?}", requests.len());
    // Spark 4.2 and later want a network policy; the application runs without it, and says so.
    assert!(denied.is_subset(&BTreeSet::from(["create networkpolicies".to_owned()])), "{denied:?}");
}

#[test]
fn weak_point_16_a_try_that_fails_leaves_one_line() {
    let Some(place) = Place::new("warns") else { return };
    let read = ["get", "list", "watch"];
    let account = granted(&place, "reads", &[("", &["pods"], &read), (SPARK, &["sparkapplications"], &read)]);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let mut operator = Operator::start(&account.kubeconfig, &place.file("log"), &[&namespaces]);
    place.create("pi", &driver(&[]));
    eventually("a few tries", || {
        let tries = operator.log().matches("to be tried again").count();
        if tries > 3 { Ok(()) } else { Err(tries) }
    });
    assert!(operator.stop().success());
    let log = operator.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let warnings: Vec<_> = lines.filter(|line| line["level"] != "INFO").collect();
    let refused = place.cluster().requests(&account.user).iter().filter(|request| !request.allowed).count();
    assert_eq!(warnings.len(), refused, "{warnings:#?}");
    for warning in warnings {
        assert_eq!(warning["application"], format!("{}/pi", place.namespace.name));
        assert!(warning["error"].as_str().unwrap().contains("cannot update resource"), "{warning}");
    }
}
