//! The rights that the chart gives the controller in a job namespace are all that submitters use there: the audit log has
//! no denial.

use std::collections::BTreeSet;

use serde_json::json;
use spark_operator::submit::{Job, Native, SubmitError, Submitter};

use crate::controller::controller;
use crate::job::{beside, jobs_that};
use crate::place::{LIMIT, Place, client, compiled, connection, run, with_all};
use crate::support::namespace::Account;

/// What the account was denied, and how much it asked for.
fn denied(place: &Place, account: &Account) -> (usize, BTreeSet<String>) {
    let requests = place.0.cluster.requests(&account.user);
    let denied = requests.iter().filter(|request| !request.allowed).map(|request| {
        let dot = if request.group.is_empty() { "" } else { "." };
        format!("{} {}{dot}{}", request.verb, request.resource, request.group)
    });
    (requests.len(), denied.collect())
}

/// Submits all that there is, again, after an earlier try, and after one that failed on its way.
#[test]
fn native_submission_needs_no_right_that_the_chart_does_not_give() {
    let Some(place) = Place::new("rights") else { return };
    let account = controller(&place.0, "native");
    run(async {
        let cluster = connection(client(&account.kubeconfig).await);
        let application = place.application("pi", &with_all());
        let first = compiled(&application, 1);
        Native.submit(&first, &cluster).await.unwrap();
        assert!(Native.submit(&first, &cluster).await.unwrap().adopted);
        let mut spec = with_all();
        spec["monitoring"]["prometheus"]["configuration"] = "rules: [{}]\n".into();
        let changed =
            place.0.cluster.request("PATCH", &format!("{}/pi", place.applications()), &json!({"spec": spec}));
        let changed = serde_json::from_value(changed.ok("change the application")).unwrap();
        let second = compiled(&changed, 1);
        place.write_down(&second);
        let second = Native.submit(&second, &cluster).await.unwrap();
        assert!(!second.adopted);
        assert_eq!(place.objects("pi")["ConfigMap/pi-prom-conf"]["data"]["prometheus.yaml"], "rules: [{}]\n");

        // And one that is taken back.
        place.0.none("services");
        let error =
            Native.submit(&compiled(&place.application("no", &json!({})), 1), &cluster).await.unwrap_err();
        assert_eq!(error.category(), "QuotaExceeded", "{error}");
    });
    place.assert_nothing_is_left_of("no");
    let (requests, denied) = denied(&place, &account);
    println!("native with the chart's rights: {requests} requests, {} denied", denied.len());
    assert!(requests > 20 && denied.is_empty(), "{requests} requests, denied: {denied:?}");
}

/// One that works, one whose earlier driver goes first, and one that fails, whose log is read.
#[test]
fn submission_by_job_needs_no_right_that_the_chart_does_not_give() {
    let Some(place) = Place::new("rights") else { return };
    let account = controller(&place.0, "job");
    run(async {
        let slow = json!({"kwok.sparkoperator.k8s.io/run-for": "10"});
        let account = client(&account.kubeconfig).await;
        let application = place.application("pi", &with_all());
        for attempt in [1, 2] {
            let compiled = compiled(&application, attempt);
            place.write_down(&compiled);
            let cluster = connection(jobs_that(account.clone(), slow.clone()));
            let submitted = beside(&place, Job.submit(&compiled, &cluster), &compiled).await;
            assert!(!submitted.unwrap().adopted);
        }
        let failing = compiled(&place.application("no", &json!({})), 1);
        let error = Job.submit(&failing, &connection(account).within(LIMIT)).await.unwrap_err();
        assert!(matches!(error, SubmitError::SparkSubmit { .. }), "{error:?}");
    });
    let (requests, denied) = denied(&place, &account);
    println!("job with the chart's rights: {requests} requests, {} denied", denied.len());
    assert!(requests > 10 && denied.is_empty(), "{requests} requests, denied: {denied:?}");
}
