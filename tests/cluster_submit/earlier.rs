//! A driver pod that is there already: of an earlier submission of the same application it goes, of anybody else it stays.

use kube::Client;
use serde_json::{Value as Json, json};
use spark_operator::submit::{Job, Native, SubmitError, Submitter};

use crate::place::{Place, compiled, connection, monitoring, owner, run, uid};
use crate::support::eventually;
use crate::wire::{Fate, recorded, through};

/// A pod with the driver's name, of whoever the references say.
fn somebody(place: &Place, owners: &Json) -> Json {
    let pod = json!({
        "metadata": {"name": "pi-driver", "ownerReferences": owners},
        "spec": {"containers": [{"name": "main", "image": "none"}]},
    });
    place.0.cluster.create(&place.0.path("v1", "pods"), &pod)
}

/// References to an owner that exists, so that the garbage collector lets the pod be.
fn owned_by_a_config_map(place: &Place) -> Json {
    let map =
        place.0.cluster.create(&place.0.path("v1", "configmaps"), &json!({"metadata": {"name": "other"}}));
    json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": uid(&map), "controller": true}])
}

#[test]
fn the_driver_of_an_earlier_submission_is_deleted_and_waited_for() {
    let Some(place) = Place::new("earlier") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}});
    let application = place.application("pi", &running);
    run(async {
        let cluster = place.connection().await;
        let first = Native.submit(&compiled(&application, 1), &cluster).await.unwrap();
        place.driver_in_phase("pi-driver", "Running");

        let (client, log) = recorded(cluster.client.clone());
        let again = compiled(&application, 2);
        place.write_down(&again);
        let second = Native.submit(&again, &connection(client)).await.unwrap();
        assert!(!second.adopted);
        assert_ne!(second.driver_uid, first.driver_uid);
        let deletions: Vec<_> =
            log.lock().unwrap().iter().filter(|sent| sent.method == "DELETE").cloned().collect();
        assert_eq!(
            deletions.iter().map(crate::wire::Sent::title).collect::<Vec<_>>(),
            ["DELETE pods/pi-driver"]
        );
        assert_eq!(deletions[0].body["preconditions"]["uid"].as_str(), Some(first.driver_uid.as_str()));
        assert_ne!(second.application_id, first.application_id);

        // All that is left is of the second.
        eventually("what belonged to the first to be gone", || {
            let objects = place.objects("pi");
            let others: Vec<_> = objects
                .iter()
                .filter(|(name, object)| {
                    let whose = if name.starts_with("Pod/") { uid(object) } else { owner(object).1 };
                    whose != second.driver_uid
                })
                .map(|(name, _)| name.clone())
                .collect();
            if others.is_empty() { Ok(()) } else { Err(others.join(", ")) }
        });
        assert_eq!(place.objects("pi").len(), second.created.len());
        let pod = &place.objects("pi")["Pod/pi-driver"];
        let label = &pod["metadata"]["labels"]["sparkoperator.k8s.io/submission-id"];
        assert_eq!(label.as_str(), Some(again.identity.submission.as_str()));
    });
}

/// Submits in both ways; the pod of somebody else is as it was, and nothing was made.
fn assert_left_alone(place: &Place, pod: &Json, says: &str) {
    let application = compiled(&place.application("pi", &json!({})), 1);
    run(async {
        let submitters: [&dyn Submitter; 2] = [&Native, &Job];
        for submitter in submitters {
            let error = submitter.submit(&application, &place.connection().await).await.unwrap_err();
            let kind = submitter.kind();
            assert!(matches!(error, SubmitError::DriverExists { .. }), "{kind:?}: {error:?}");
            assert_eq!((error.retryable(), error.category()), (false, "DriverExists"));
            let text = error.to_string();
            let expected = format!("driver pod already exist: {}/pi-driver {says}", place.0.name);
            assert_eq!(text, expected, "{kind:?}");
        }
    });
    let objects = place.objects("pi");
    assert_eq!(objects.keys().collect::<Vec<_>>(), ["Pod/pi-driver"]);
    assert_eq!(uid(&objects["Pod/pi-driver"]), uid(pod));
    assert!(objects["Pod/pi-driver"]["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn weak_point_19_a_config_map_of_another_is_not_told_as_a_driver() {
    let Some(place) = Place::new("taken") else { return };
    let config_maps = place.0.path("v1", "configmaps");
    place.0.cluster.create(&config_maps, &json!({"metadata": {"name": "pi-prom-conf"}, "data": {"a": "b"}}));
    let application = compiled(&place.application("pi", &json!({"monitoring": monitoring()})), 1);
    let error = run(async { Native.submit(&application, &place.connection().await).await.unwrap_err() });
    assert_eq!((error.retryable(), error.category()), (false, "Taken"));
    let expected = format!(
        "ConfigMap {}/pi-prom-conf already exists and is not of this application: rename or delete it",
        place.0.name
    );
    assert_eq!(error.to_string(), expected);
    let objects = place.objects("pi");
    assert_eq!(objects.keys().collect::<Vec<_>>(), ["ConfigMap/pi-prom-conf"]);
    assert_eq!(objects["ConfigMap/pi-prom-conf"]["data"], json!({"a": "b"}));
}

#[test]
fn a_pod_of_another_owner_is_left_alone_and_its_owner_named() {
    let Some(place) = Place::new("foreign") else { return };
    let owners = owned_by_a_config_map(&place);
    let pod = somebody(&place, &owners);
    let says = format!("belongs to ConfigMap other (uid {})", owners[0]["uid"].as_str().unwrap());
    assert_left_alone(&place, &pod, &says);
}

#[test]
fn a_pod_of_nobody_is_left_alone() {
    let Some(place) = Place::new("foreign") else { return };
    let pod = somebody(&place, &json!([]));
    assert_left_alone(&place, &pod, "belongs to nobody that this application knows");
}

/// Just before our deletion arrives, the earlier driver is gone and somebody else has its name.
fn with_a_change_of_hands(place: &Place, client: Client) -> Client {
    let (cluster, pods) = (place.0.cluster, place.0.path("v1", "pods"));
    through(client, move |sent| {
        if sent.method == "DELETE" && sent.path.ends_with("/pods/pi-driver") {
            let now = json!({"gracePeriodSeconds": 0});
            cluster.request("DELETE", &format!("{pods}/pi-driver"), &now).ok("delete the earlier driver");
            let pod = json!({
                "metadata": {"name": "pi-driver"},
                "spec": {"containers": [{"name": "main", "image": "none"}]},
            });
            cluster.create(&pods, &pod);
        }
        Fate::Answered
    })
}

#[test]
fn what_took_the_name_of_an_earlier_driver_meanwhile_is_not_deleted() {
    let Some(place) = Place::new("hands") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}});
    let application = place.application("pi", &running);
    run(async {
        let cluster = place.connection().await;
        Native.submit(&compiled(&application, 1), &cluster).await.unwrap();
        let client = with_a_change_of_hands(&place, cluster.client.clone());
        let again = compiled(&application, 2);
        place.write_down(&again);
        let error = Native.submit(&again, &connection(client)).await.unwrap_err();
        assert!(matches!(error, SubmitError::DriverExists { .. }), "{error:?}");
        let pod = &place.objects("pi")["Pod/pi-driver"];
        assert!(
            pod["metadata"]["ownerReferences"].is_null() && pod["metadata"]["deletionTimestamp"].is_null()
        );
    });
}

/// By an operator that was stopped for a while, and goes on with what another has given up since.
#[test]
fn the_driver_of_a_later_submission_is_not_deleted() {
    let Some(place) = Place::new("later") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}});
    let application = place.application("pi", &running);
    run(async {
        let cluster = place.connection().await;
        let later = compiled(&application, 2);
        place.write_down(&later);
        let done = Native.submit(&later, &cluster).await.unwrap();
        let before = place.objects("pi");
        let submitters: [&dyn Submitter; 2] = [&Native, &Job];
        for submitter in submitters {
            let error = submitter.submit(&compiled(&application, 1), &cluster).await.unwrap_err();
            let kind = submitter.kind();
            assert!(matches!(error, SubmitError::Superseded { .. }), "{kind:?}: {error:?}");
            assert_eq!((error.passes(), error.category()), (true, "Superseded"), "{kind:?}");
        }
        let after = place.objects("pi");
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        assert_eq!(uid(&after["Pod/pi-driver"]), done.driver_uid);
        assert!(after["Pod/pi-driver"]["metadata"]["deletionTimestamp"].is_null());
    });
}

#[test]
fn what_an_application_left_that_had_the_name_before_is_waited_for() {
    let Some(place) = Place::new("again") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}});
    run(async {
        let cluster = place.connection().await;
        let mut earlier = String::new();
        for _ in 0..3 {
            let application = place.application("pi", &running);
            let done = Native.submit(&compiled(&application, 1), &cluster).await.unwrap();
            assert!(!done.adopted);
            assert_ne!(done.driver_uid, earlier);
            earlier = done.driver_uid;
            place.0.cluster.delete(&format!("{}/pi", place.applications()));
        }
    });
}
