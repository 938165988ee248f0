//! What stands in the way, for a while or for good, of one application: it goes on as far as it can, and all others do.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::explain::explain;
use crate::operator::Operator;
use crate::place::{Place, driver, error_of, state_of};
use crate::support::eventually;

/// A webhook that is asked about the services of web interfaces, and is down. It is removed when this is dropped.
struct Down<'a> {
    place: &'a Place,
    path: String,
}

impl<'a> Down<'a> {
    /// About one operation, `CREATE` or `DELETE`.
    fn at(place: &'a Place, operation: &str) -> Self {
        let collection = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
        let name = &place.namespace.name;
        let webhook = json!({
            "name": "down.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "failurePolicy": "Fail", "timeoutSeconds": 1,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
            "matchConditions": [{"name": "ui", "expression": "request.name.endsWith('-ui-svc')"}],
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": [operation], "resources": ["services"]}],
            "clientConfig": {"url": "https://127.0.0.1:1/none"},
        });
        place.cluster().create(collection, &json!({"metadata": {"name": name}, "webhooks": [webhook]}));
        let down = Self { place, path: format!("{collection}/{name}") };
        let services = place.namespace.path("v1", "services");
        eventually("the webhook to be asked", || {
            let answer = if operation == "CREATE" {
                let service =
                    json!({"metadata": {"name": "probe-ui-svc"}, "spec": {"ports": [{"port": 80}]}});
                place.cluster().request("POST", &format!("{services}?dryRun=All"), &service)
            } else {
                place.cluster().request("DELETE", &format!("{services}/pi-ui-svc?dryRun=All"), &Json::Null)
            };
            if answer.status == 500 { Ok(()) } else { Err(answer.json) }
        });
        down
    }
}

impl Drop for Down<'_> {
    fn drop(&mut self) {
        // A test that fails has removed nothing yet.
        self.place.cluster().request("DELETE", &self.path, &Json::Null);
    }
}

fn web_ui(application: &Json) -> Option<&str> {
    application["status"]["driverInfo"]["webUIServiceName"].as_str()
}

#[test]
fn weak_point_10_a_service_that_cannot_be_deleted_keeps_no_application_from_its_end() {
    let Some(place) = Place::new("down") else { return };
    let _operator = place.operator(&[]);
    place.create("pi", &driver(&[("outcome", "run")]));
    let running = place.in_state("pi", "RUNNING");
    assert_eq!(web_ui(&running), Some("pi-ui-svc"));
    let down = Down::at(&place, "DELETE");
    place.end("pi-driver");
    place.in_state("pi", "COMPLETED");
    drop(down);
    // The garbage collector takes it.
    place.delete("pi");
    place.gone("pi");
}

#[test]
fn weak_point_10_a_service_that_cannot_be_created_for_a_moment_is_created_then() {
    let Some(place) = Place::new("moment") else { return };
    let operator = place.operator(&[]);
    let down = Down::at(&place, "CREATE");
    place.create("pi", &driver(&[("outcome", "run")]));
    eventually("the driver to be created", || {
        if operator.log().contains("\"name\":\"pi-driver\"") { Ok(()) } else { Err(operator.log()) }
    });
    std::thread::sleep(Duration::from_secs(1));
    drop(down);
    let running = place.in_state("pi", "RUNNING");
    assert_eq!(web_ui(&running), Some("pi-ui-svc"));
    assert!(!place.events("pi").contains(&"SparkApplicationIncomplete".to_owned()));
}

#[test]
fn an_application_that_takes_the_name_of_one_just_deleted_runs() {
    let Some(place) = Place::new("anew") else { return };
    let _operator = place.operator(&[]);
    for _ in 0..4 {
        place.create("pi", &driver(&[("outcome", "run")]));
        let running = place.in_state("pi", "RUNNING");
        assert_eq!(running["status"]["submissionAttempts"], 1, "{:#}", running["status"]);
        assert_eq!(web_ui(&running), Some("pi-ui-svc"));
        let pods = place.list("v1", "pods");
        let owners: Vec<_> = pods.iter().map(|pod| &pod["metadata"]["ownerReferences"][0]["uid"]).collect();
        assert_eq!(owners, [&running["metadata"]["uid"]]);
        place.delete("pi");
    }
}

/// Its driver takes long to go, as one does whose node is down. There is one place for submissions.
#[test]
fn an_application_that_waits_for_the_driver_before_it_keeps_no_other_waiting() {
    let Some(place) = Place::new("waits") else { return };
    let _operator = place.operator(&["--controller-threads=1"]);
    place.create("pi", &driver(&[("outcome", "run")]));
    let earlier = place.in_state("pi", "RUNNING");
    place.hold("pods/pi-driver");
    place.delete("pi");
    eventually("the garbage collector to ask the driver to go", || {
        let pods = place.list("v1", "pods");
        if pods[0]["metadata"]["deletionTimestamp"].is_null() { Err("not yet") } else { Ok(()) }
    });
    place.create("pi", &driver(&[("outcome", "run")]));
    for number in 0..3 {
        place.create(&format!("other-{number}"), &driver(&[]));
        place.in_state(&format!("other-{number}"), "COMPLETED");
    }
    assert_eq!(state_of(&place.get("pi")), "");
    let said = explain(&place, "pi").1;
    assert!(said.contains("Why:     it waits until pi-driver of an earlier run is gone"), "{said}");
    place.let_go("pods/pi-driver");
    let running = place.in_state("pi", "RUNNING");
    assert_ne!(running["metadata"]["uid"], earlier["metadata"]["uid"]);
    assert_eq!(running["status"]["submissionAttempts"], 1, "{:#}", running["status"]);
}

/// As one of type LoadBalancer is until its cloud has let it go.
#[test]
fn a_service_that_is_on_its_way_out_is_not_taken_for_that_of_the_next_run() {
    let Some(place) = Place::new("leaves") else { return };
    let _operator = place.operator(&[]);
    let mut spec = driver(&[("outcome", "run")]);
    spec["restartPolicy"] = json!({"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1});
    place.create("pi", &spec);
    place.in_state("pi", "RUNNING");
    place.hold("services/pi-ui-svc");
    let service = || place.cluster().get(&place.namespace.path("v1", "services/pi-ui-svc"));
    let earlier = service();
    place.ends("pi-driver", "spark-kubernetes-driver", "Failed", &json!({"exitCode": 1, "reason": "Error"}));
    eventually("the service to be asked to go", || {
        if service()["metadata"]["deletionTimestamp"].is_null() { Err("not yet") } else { Ok(()) }
    });
    std::thread::sleep(Duration::from_secs(3));
    place.let_go("services/pi-ui-svc");
    let again = place.until("pi", "to run again", |now| {
        state_of(now) == "RUNNING" && now["status"]["executionAttempts"] == 2
    });
    assert_eq!(web_ui(&again), Some("pi-ui-svc"), "{:#}", again["status"]);
    assert_ne!(service()["metadata"]["uid"], earlier["metadata"]["uid"]);
}

#[test]
fn one_that_does_not_decode_says_so_and_all_others_go_on() {
    let Some(place) = Place::new("odd") else { return };
    let mut operator = place.operator(&[]);
    // More than the API server's definition forbids, and than there is room for.
    place.create("odd", &json!({"executor": {"instances": 3_000_000_000_u64}}));
    place.create("good", &driver(&[]));
    place.in_state("good", "COMPLETED");
    let odd = place.in_state("odd", "FAILED");
    assert!(error_of(&odd).contains("spec.executor.instances"), "{}", error_of(&odd));
    let conditions = odd["status"]["conditions"].as_array().unwrap();
    let running = conditions.iter().find(|condition| condition["type"] == "Running").unwrap();
    assert_eq!((&running["status"], &running["reason"]), (&json!("False"), &json!("Unreadable")));
    // Mended, it runs.
    place.patch("odd", &json!({"spec": {"executor": {"instances": 1}}}));
    place.in_state("odd", "COMPLETED");
    assert!(operator.stop().success());
}

#[test]
fn the_lease_is_renewed_however_many_requests_wait_to_be_sent() {
    let Some(place) = Place::new("limited") else { return };
    place.may_lead();
    let namespace = format!("--leader-election-lock-namespace={}", place.namespace.name);
    let mut operator = place.operator(&[
        "--leader-election=true",
        "--leader-election-lock-name=test",
        &namespace,
        // One in twenty seconds: longer than a leader may take to renew.
        "--kube-api-qps=0.05",
        "--kube-api-burst=1",
    ]);
    operator.says("\"leading\"");
    place.create_many(5, &driver(&[]));
    std::thread::sleep(Duration::from_secs(25));
    assert!(operator.runs(), "{}", operator.log());
    let done = place
        .list("sparkoperator.k8s.io/v1beta2", "sparkapplications")
        .iter()
        .filter(|application| state_of(application) == "COMPLETED")
        .count();
    assert!(!operator.wrote().is_empty() && done < 5, "{done} of 5");
    assert!(operator.stop().success(), "{}", operator.log());
}

#[test]
fn each_namespace_of_a_list_is_looked_after_and_no_other() {
    let Some(one) = Place::new("one") else { return };
    let (two, other) = (Place::new("two").unwrap(), Place::new("other").unwrap());
    let namespaces = format!("--namespaces={},{}", one.namespace.name, two.namespace.name);
    let _operator = Operator::start(&one.cluster().kubeconfig(), &one.file("log"), &[&namespaces]);
    for place in [&other, &one, &two] {
        place.create("pi", &driver(&[]));
    }
    one.in_state("pi", "COMPLETED");
    two.in_state("pi", "COMPLETED");
    assert_eq!(other.get("pi")["status"], Json::Null);
}
