//! The submitter `job` on fake nodes, where its pod ends without having been spark-submit: the test makes the driver that
//! spark-submit would have made, or does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job as KubernetesJob;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value as Json, json};
use spark_operator::spark::{Compiled, build};
use spark_operator::submit::{Job, SubmitError, Submitted, Submitter};

use crate::place::{Place, client, compiled, connection, monitoring, owner, run, uid};
use crate::support::eventually;
use crate::wire::{Fate, through};

/// A client that gives the pods of Jobs these annotations: how they live on fake nodes.
pub fn jobs_that(inner: Client, annotations: Json) -> Client {
    through(inner, move |sent| {
        if sent.method == "POST" && sent.path.ends_with("/jobs") {
            sent.body["spec"]["template"]["metadata"]["annotations"] = annotations.clone();
        }
        Fate::Answered
    })
}

/// Makes what spark-submit would make: the driver, and its config maps, unless it is killed before that.
async fn make(client: &Client, compiled: &Compiled, whole: bool) -> Pod {
    let mut objects = build(compiled).unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &compiled.namespace);
    let pod = pods.create(&PostParams::default(), &objects.pod).await.unwrap();
    objects.own(&pod);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &compiled.namespace);
    for map in objects.config_maps.iter().filter(|_| whole) {
        maps.create(&PostParams::default(), map).await.unwrap();
    }
    pod
}

/// Runs a submission, and once its Job is there makes the driver.
pub async fn beside(
    place: &Place,
    submission: impl Future<Output = Result<Submitted, SubmitError>>,
    compiled: &Compiled,
) -> Result<Submitted, SubmitError> {
    let client = client(&place.0.cluster.kubeconfig()).await;
    let jobs: Api<KubernetesJob> = Api::namespaced(client.clone(), &place.0.name);
    let id = compiled.identity.submission.as_str();
    let mine = ListParams::default().labels(&format!("sparkoperator.k8s.io/submission-id={id}"));
    let made = async {
        while jobs.list(&mine).await.unwrap().items.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // An earlier driver goes before the Job comes.
        make(&client, compiled, true).await;
    };
    // One that fails before there is a Job has nothing to wait for.
    tokio::pin!(submission);
    tokio::select! {
        ended = &mut submission => return ended,
        () = made => {}
    }
    submission.await
}

#[test]
fn a_job_that_ends_without_a_driver_is_a_failure_and_is_removed() {
    let Some(place) = Place::new("job") else { return };
    let compiled = compiled(&place.application("pi", &json!({})), 1);
    let error = run(async { Job.submit(&compiled, &place.connection().await).await }).unwrap_err();
    assert!(matches!(error, SubmitError::SparkSubmit { .. }), "{error:?}");
    assert_eq!((error.category(), error.retryable()), ("SparkSubmitFailed", true));
    assert!(error.to_string().starts_with("failed to run spark-submit: "), "{error}");
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn a_job_that_makes_the_driver_is_a_success_and_stays_to_be_looked_at() {
    let Some(place) = Place::new("job") else { return };
    let application = place.application("pi", &json!({"monitoring": monitoring()}));
    let compiled = compiled(&application, 1);
    let done = run(async {
        let slow = json!({"kwok.sparkoperator.k8s.io/run-for": "10"});
        let cluster = connection(jobs_that(place.connection().await.client, slow));
        beside(&place, Job.submit(&compiled, &cluster), &compiled).await
    })
    .unwrap();
    assert!(!done.adopted);
    let objects = place.objects("pi");
    assert_eq!(uid(&objects["Pod/pi-driver"]), done.driver_uid);
    for name in &done.created {
        assert!(objects.contains_key(name), "{name} is not there: {:?}", objects.keys());
    }
    let own = application.metadata.uid.clone().unwrap();
    let (name, job) = objects.iter().find(|(name, _)| name.starts_with("Job/")).unwrap();
    assert_eq!(owner(job), ("SparkApplication".to_owned(), own.clone()));
    // The templates are named as the Job is, and are the Job's.
    let templates = &objects[&name.replace("Job/", "ConfigMap/")];
    assert_eq!(owner(templates), ("Job".to_owned(), uid(job)));
    assert_eq!(owner(&objects["ConfigMap/pi-prom-conf"]).1, own);

    let again = run(async { Job.submit(&compiled, &place.connection().await).await }).unwrap();
    assert!(again.adopted);
    assert_eq!((again.driver_uid, again.created), (done.driver_uid, done.created));

    place.0.cluster.delete(&format!("{}/pi", place.applications()));
    place.assert_nothing_is_left_of("pi");
}

/// Submits a Job whose image cannot be pulled; the `silent`-th look at it and all after it are not answered.
fn assert_the_deadline_tells_of_the_image(silent: usize) {
    let Some(place) = Place::new("job") else { return };
    let compiled = compiled(&place.application("pi", &json!({})), 1);
    let error = run(async {
        let pulling = json!({"kwok.sparkoperator.k8s.io/outcome": "image-pull-error"});
        let looks = AtomicUsize::new(0);
        let client = through(jobs_that(place.connection().await.client, pulling), move |sent| {
            let look = sent.method == "GET" && sent.path.contains("/jobs/");
            let unanswered = look && looks.fetch_add(1, Ordering::SeqCst) >= silent;
            if unanswered { Fate::NeverAnswered } else { Fate::Answered }
        });
        Job.submit(&compiled, &connection(client).within(Duration::from_secs(20))).await
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, SubmitError::Deadline { seconds: 20, .. }), "{error:?}");
    assert!(text.contains("ImagePullBackOff") || text.contains("ErrImagePull"), "{text}");
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn an_image_that_cannot_be_pulled_is_what_the_deadline_tells() {
    assert_the_deadline_tells_of_the_image(usize::MAX);
}

#[test]
fn a_deadline_that_passes_during_a_request_tells_it_too() {
    assert_the_deadline_tells_of_the_image(5);
}

#[test]
fn a_driver_whose_job_is_gone_is_adopted_without_another() {
    let Some(place) = Place::new("job") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}});
    let compiled = compiled(&place.application("pi", &running), 1);
    run(async {
        let cluster = place.connection().await;
        let slow = json!({"kwok.sparkoperator.k8s.io/run-for": "10"});
        let slow = connection(jobs_that(cluster.client.clone(), slow));
        let done = beside(&place, Job.submit(&compiled, &slow), &compiled).await.unwrap();
        let job = done.created.iter().find_map(|name| name.strip_prefix("Job/")).unwrap();
        place
            .0
            .cluster
            .delete(&place.0.path("batch/v1", &format!("jobs/{job}?propagationPolicy=Background")));
        eventually("the Job to be gone", || {
            let objects = place.objects("pi");
            if objects.keys().any(|name| name.starts_with("Job/")) { Err("it is there") } else { Ok(()) }
        });
        // Another Job would have no place here.
        place.0.none_of(&["pods", "count/jobs.batch"]);
        let again = Job.submit(&compiled, &cluster).await.unwrap();
        assert!(again.adopted);
        assert_eq!(again.driver_uid, done.driver_uid);
        assert_eq!(again.created, ["Pod/pi-driver"]);
    });
}

/// spark-submit, which makes the pod first, may be killed before it has made the rest: such a driver would wait for ever.
#[test]
fn a_driver_that_was_left_half_made_goes_and_one_that_is_whole_is_adopted() {
    for whole in [false, true] {
        let Some(place) = Place::new("half") else { return };
        let pending =
            json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "image-pull-error"}}});
        let compiled = compiled(&place.application("pi", &pending), 1);
        place.write_down(&compiled);
        run(async {
            let cluster = place.connection().await;
            let pod = make(&cluster.client, &compiled, whole).await;
            let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &place.0.name);
            match Job.submit(&compiled, &cluster).await {
                Ok(done) => assert!(whole && done.adopted && Some(done.driver_uid) == pod.metadata.uid),
                // The Job that was to make it again makes none here.
                Err(error) => {
                    assert!(!whole && matches!(error, SubmitError::SparkSubmit { .. }), "{error:?}");
                    let left = pods.get_opt("pi-driver").await.unwrap();
                    assert!(left.is_none_or(|pod| pod.metadata.deletion_timestamp.is_some()));
                }
            }
        });
    }
}

#[test]
fn a_job_that_cannot_be_looked_at_for_a_while_goes_on() {
    let Some(place) = Place::new("job") else { return };
    let compiled = compiled(&place.application("pi", &json!({})), 1);
    let slow = json!({"kwok.sparkoperator.k8s.io/run-for": "5"});
    let (done, looks) = run(async {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let client = through(jobs_that(place.connection().await.client, slow), move |sent| {
            let look = sent.method == "GET" && sent.path.contains("/jobs/");
            let broken = look && counted.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            if broken { Fate::NeverSent } else { Fate::Answered }
        });
        let done = beside(&place, Job.submit(&compiled, &connection(client)), &compiled).await;
        (done.unwrap(), looks.load(Ordering::SeqCst))
    });
    assert!(looks > 3, "{looks}");
    let objects = place.objects("pi");
    for name in &done.created {
        assert!(objects.contains_key(name), "{name} is not there: {:?}", objects.keys());
    }
    assert!(done.created.iter().any(|name| name.starts_with("Job/")));
}

#[test]
fn a_job_that_can_be_looked_at_no_more_is_left_to_the_next_try() {
    let Some(place) = Place::new("job") else { return };
    let compiled = compiled(&place.application("pi", &json!({})), 1);
    run(async {
        let cluster = place.connection().await;
        // From the second on nothing but the last look, for the driver, is answered.
        let (looks, end) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let broken = Arc::clone(&end);
        let client = through(cluster.client.clone(), move |sent| {
            let look = sent.method == "GET" && sent.path.contains("/jobs/");
            if look && looks.fetch_add(1, Ordering::SeqCst) > 0 {
                broken.store(1, Ordering::SeqCst);
            }
            if broken.load(Ordering::SeqCst) == 1 { Fate::NeverSent } else { Fate::Answered }
        });
        let limited = connection(client).within(Duration::from_secs(4));
        let error = Job.submit(&compiled, &limited).await.unwrap_err();
        assert!(error.passes(), "{error:?}");
        let job = place.objects("pi").into_keys().find(|name| name.starts_with("Job/")).unwrap();
        let again = beside(&place, Job.submit(&compiled, &cluster), &compiled).await;
        assert!(again.unwrap().created.contains(&job), "another Job was begun");
    });
}
