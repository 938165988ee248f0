//! `explain` says why an application does not run.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::place::{Place, driver, error_of};
use crate::support::eventually;

/// What is printed about an application, and the exit code.
pub fn explain(place: &Place, name: &str) -> (i32, String) {
    explain_to(&place.cluster().kubeconfig(), place, name)
}

/// To somebody with the rights of a kubeconfig.
fn explain_to(kubeconfig: &Path, place: &Place, name: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
        .args(["explain", &format!("{}/{name}", place.namespace.name)])
        .env("KUBECONFIG", kubeconfig)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn the_reason_and_what_to_do_are_told_in_one_screen() {
    let Some(place) = Place::new("explain") else { return };
    place.create("untouched", &json!({}));
    let untouched = explain(&place, "untouched").1;
    assert!(untouched.contains("Why:     no operator has taken it up"), "{untouched}");

    let _operator = place.operator(&[]);
    place.create("image", &driver(&[("outcome", "image-pull-error")]));
    place.create("large", &json!({"driver": {"coreRequest": "2000"}}));
    place.create("account", &json!({"driver": {"serviceAccount": "nobody"}}));
    place.create("memory", &driver(&[("outcome", "oom")]));
    place.create("suspended", &json!({"suspend": true}));
    place.create("alone", &driver(&[("outcome", "run")]));
    for (name, why, what) in [
        // ErrImagePull, and after three seconds ImagePullBackOff.
        ("image", "Why:     the driver pod waits: ", "Do:      check the image's name"),
        (
            "large",
            "Why:     the driver pod waits: Unschedulable: 0/5 nodes",
            "Do:      no node has room or fits",
        ),
        ("account", "serviceaccount \"nobody\" not found", "Do:      create the service account"),
        ("memory", "ExitCode: 137, Reason: OOMKilled", "Do:      raise memory or memoryOverhead"),
        ("suspended", "Why:     spec.suspend is true", "Do:      set spec.suspend to false"),
        ("alone", "Why:     the driver runs and has no executor", "Do:      see the driver's log"),
    ] {
        eventually(&format!("{name}: {why}"), || {
            let (code, said) = explain(&place, name);
            assert!(code == 0 && said.lines().count() <= 24, "{code} {said}");
            if said.contains(why) && said.contains(what) { Ok(()) } else { Err(said) }
        });
    }
    let executor = place.executor(&place.get("alone"), 1);
    eventually("an executor", || {
        let said = explain(&place, "alone").1;
        if said.contains("Why:     it runs") { Ok(()) } else { Err(format!("{executor}: {said}")) }
    });
    println!("{}", explain(&place, "image").1);
    assert!(!error_of(&place.get("account")).is_empty());
    let (code, said) = explain(&place, "nobody");
    assert!(code == 2 && said.contains("there is no SparkApplication"), "{code} {said}");
}

#[test]
fn events_and_quotas_are_told_as_far_as_they_may_be_read() {
    let Some(place) = Place::new("explained") else { return };
    let quota = json!({"metadata": {"name": "team"}, "spec": {"hard": {"pods": "1"}}});
    place.cluster().create(&place.namespace.path("v1", "resourcequotas"), &quota);
    let quotas = || place.list("v1", "resourcequotas");
    eventually("the quota to be counted", || {
        if quotas()[0]["status"]["used"]["pods"].is_string() {
            Ok(())
        } else {
            Err(format!("{:?}", quotas()))
        }
    });
    let _operator = place.operator(&[]);
    place.create("runs", &driver(&[("outcome", "run")]));
    place.in_state("runs", "RUNNING");
    place.create("second", &json!({}));
    place.in_state("second", "FAILED");
    let right = |said: &str| {
        let events = said.split_once("Events:\n").map(|(_, events)| events).unwrap_or_default();
        said.contains("Why:     failed to submit spark application: ")
            && said.contains("exceeded quota: team")
            && said.contains("Do:      wait, or ask for a larger quota")
            && said.contains("Quota:   team: pods 1 of 1")
            && events.contains("SparkApplicationSubmissionFailed")
    };
    eventually("the quota and the events", || {
        let (code, said) = explain(&place, "second");
        assert_eq!(code, 0, "{said}");
        if right(&said) { Ok(()) } else { Err(said) }
    });
    println!("{}", explain(&place, "second").1);
    // What the kubelet and the scheduler say of a pod is among it.
    place.cluster().delete(&place.namespace.path("v1", "resourcequotas/team"));
    place.create("large", &json!({"driver": {"coreRequest": "2000"}}));
    eventually("an event of the pod", || {
        let said = explain(&place, "large").1;
        if said.contains("FailedScheduling") { Ok(()) } else { Err(said) }
    });
    // The operator itself reads neither events nor quotas.
    let (code, said) = explain_to(&place.account.kubeconfig, &place, "second");
    assert!(code == 0 && said.contains("exceeded quota: team"), "{code} {said}");
    for what in ["events are left out: ", "resourcequotas are left out: "] {
        assert!(said.contains(what), "{said}");
    }
    let (code, said) = explain_to(&place.namespace.account("nobody").kubeconfig, &place, "second");
    assert!(code == 3 && said.contains("forbidden"), "{code} {said}");
}
