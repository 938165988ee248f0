//! The operator with the chart's rights, and with those of Kubeflow's operator 2.5.2: nothing that it needs is denied. And
//! its log: a line for each write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::place::{Place, driver};
use crate::support::eventually;

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

#[test]
fn the_charts_rights_are_enough_and_each_write_is_in_the_log() {
    let Some(place) = Place::new("rights") else { return };
    let mut operator = place.operator(&[]);
    exercise(&place);
    assert!(operator.stop().success());
    let mut requests = place.cluster().requests(&place.account.user);
    // The test itself asked what the account may do.
    requests.retain(|request| request.group != "authorization.k8s.io");
    let denied: BTreeSet<_> =
        requests.iter().filter(|request| !request.allowed).map(ToString::to_string).collect();
    let used: BTreeSet<_> =
        requests.iter().map(|request| format!("{} {}", request.verb, request.resource)).collect();
    println!("the operator with the chart's rights: {} requests, {} denied", requests.len(), denied.len());
    println!("  used: {}", used.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    println!("  granted and not used here: {}", unused(&place, &used).join(", "));
    assert!(denied.is_empty(), "{denied:?}");

    // One to one: what the API server did for it, and what it says it did.
    let mut balance: BTreeMap<String, i32> = BTreeMap::new();
    for request in requests.iter().filter(|request| request.writes() && (200..300).contains(&request.code)) {
        // The audit log knows no name of what is created with one.
        *balance.entry(format!("{} {}", request.verb, request.resource)).or_default() += 1;
    }
    for line in operator.wrote() {
        for field in ["uid", "submission", "reason"] {
            assert!(!line[field].as_str().unwrap().is_empty(), "{field}: {line}");
        }
        *balance
            .entry(format!("{} {}", line["verb"].as_str().unwrap(), line["resource"].as_str().unwrap()))
            .or_default() -= 1;
    }
    balance.retain(|_, count| *count != 0);
    assert!(balance.is_empty(), "in the audit log more or less often than in the operator's: {balance:?}");
    println!("  {} writes, each with a line in the log", operator.wrote().len());
}

#[test]
fn weak_point_23_the_rights_of_the_operator_before_are_enough_for_events_too() {
    let Some(place) = Place::new("rights") else { return };
    let account = place.namespace.account("before");
    let granting = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let write = ["get", "list", "watch", "create", "update", "delete"];
    let role = json!({"metadata": {"name": "before"}, "rules": [
        granting("", &["pods"], &write),
        granting("", &["configmaps"], &["get", "list", "watch", "create", "update", "patch"]),
        granting("", &["services"], &["get", "list", "watch", "create", "update", "patch", "delete"]),
        granting("", &["events"], &["create", "update", "patch"]),
        granting("sparkoperator.k8s.io", &["sparkapplications"], &["get", "list", "watch", "create", "delete"]),
        granting("sparkoperator.k8s.io", &["sparkapplications/status", "sparkapplications/finalizers"], &["update"]),
    ]});
    place.cluster().create(&place.namespace.path("rbac.authorization.k8s.io/v1", "roles"), &role);
    place.namespace.bind(&account, "Role", "before");
    let can = || {
        let args = [
            "auth",
            "can-i",
            "update",
            "sparkapplications",
            "--subresource=status",
            "--namespace",
            &place.namespace.name,
        ];
        let run = place.cluster().kubectl(&account.kubeconfig, &args, "");
        if run.ok { Ok(()) } else { Err(run.stdout) }
    };
    eventually("the role to count", can);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let _operator = crate::operator::Operator::start(&account.kubeconfig, &place.file("log"), &[&namespaces]);
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
