//! `explain` says why an application does not run.

use std::process::Command;

use serde_json::json;

use crate::place::{Place, driver, error_of};
use crate::support::eventually;

/// What is printed about an application, and the exit code.
fn explain(place: &Place, name: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
        .args(["explain", &format!("{}/{name}", place.namespace.name)])
        .env("KUBECONFIG", place.cluster().kubeconfig())
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
