//! The native submitter when nothing goes wrong: what is there, whose it is, how it runs and goes, and that submitting
//! again finds all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use spark_operator::submit::{Native, Submitter};

use crate::place::{Place, compiled, monitoring, owner, run, uid, with_all};
use crate::wire::recorded;

fn set(names: &[String]) -> BTreeSet<String> {
    names.iter().cloned().collect()
}

fn names(objects: &BTreeMap<String, Json>) -> BTreeSet<String> {
    objects.keys().cloned().collect()
}

#[test]
fn everything_is_created_runs_and_goes_with_the_application() {
    let Some(place) = Place::new("native") else { return };
    let application = place.application("pi", &json!({"monitoring": monitoring()}));
    let compiled = compiled(&application, 1);
    let done = run(async { Native.submit(&compiled, &place.connection().await).await }).unwrap();
    assert!(!done.adopted);
    assert_eq!((done.driver_pod.as_str(), done.missing.len()), ("pi-driver", 0));

    let objects = place.objects("pi");
    assert_eq!(names(&objects), set(&done.created));
    assert_eq!(done.created.len(), objects.len(), "said twice: {:?}", done.created);
    let pod = &objects["Pod/pi-driver"];
    assert_eq!(uid(pod), done.driver_uid);
    assert_eq!(pod["metadata"]["labels"]["spark-app-selector"].as_str(), done.application_id.as_deref());
    for (name, object) in &objects {
        let expected = match name.as_str() {
            "Pod/pi-driver" | "ConfigMap/pi-prom-conf" => {
                ("SparkApplication".to_owned(), application.metadata.uid.clone().unwrap())
            }
            _ => ("Pod".to_owned(), done.driver_uid.clone()),
        };
        assert_eq!(owner(object), expected, "{name}");
    }
    for kind in ["Pod", "Service", "ConfigMap", "NetworkPolicy"] {
        assert!(objects.keys().any(|name| name.starts_with(&format!("{kind}/"))), "no {kind}");
    }

    place.driver_in_phase("pi-driver", "Succeeded");
    place.0.cluster.delete(&format!("{}/pi", place.applications()));
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn claims_belong_to_the_driver_too() {
    let Some(place) = Place::new("native") else { return };
    let compiled = compiled(&place.application("pi", &with_all()), 1);
    let done = run(async { Native.submit(&compiled, &place.connection().await).await }).unwrap();
    let objects = place.objects("pi");
    let claims: Vec<_> =
        objects.iter().filter(|(name, _)| name.starts_with("PersistentVolumeClaim/")).collect();
    assert_eq!(claims.len(), 1, "{:?}", objects.keys());
    assert_eq!(owner(claims[0].1), ("Pod".to_owned(), done.driver_uid));
    place.0.cluster.delete(&format!("{}/pi", place.applications()));
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn submitting_twice_finds_everything_and_changes_nothing() {
    let Some(place) = Place::new("twice") else { return };
    let compiled = compiled(&place.application("pi", &json!({"monitoring": monitoring()})), 1);
    run(async {
        let cluster = place.connection().await;
        let first = Native.submit(&compiled, &cluster).await.unwrap();
        // Its status has been written for the last time.
        place.driver_in_phase("pi-driver", "Succeeded");
        let before = place.objects("pi");
        let (client, log) = recorded(cluster.client.clone());
        let second = Native.submit(&compiled, &crate::place::connection(client)).await.unwrap();
        assert!(second.adopted && !first.adopted);
        assert_eq!(
            (&second.driver_uid, &second.application_id, set(&second.created)),
            (&first.driver_uid, &first.application_id, set(&first.created))
        );
        // The same uids and resource versions with all the rest.
        assert_eq!(place.objects("pi"), before);
        let log = log.lock().unwrap();
        assert!(log.iter().all(|sent| ["GET", "POST"].contains(&sent.method.as_str())), "{log:?}");
    });
}
