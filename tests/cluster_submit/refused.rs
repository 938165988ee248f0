//! What the API server refuses: missing rights and quotas that are used up. What it says reaches the user, and nothing is
//! left behind.

use serde_json::json;
use spark_operator::runtime::client::Connection;
use spark_operator::submit::{Native, SubmitError, Submitted, Submitter};

use crate::place::{Place, client, compiled, connection, monitoring, run};
use crate::support::namespace::Account;

/// What a submission needs, without what one of these tests leaves out.
const PODS: (&str, &str, &str) = ("", "pods", "get create delete");
const CONFIG_MAPS: (&str, &str, &str) = ("", "configmaps", "get create update");
const SERVICES: (&str, &str, &str) = ("", "services", "get create");

fn account(place: &Place, rules: &[(&str, &str, &str)]) -> Account {
    let account = place.0.account("submitter");
    place.allow(&account, rules);
    account
}

async fn with_rights_of(account: &Account) -> Connection {
    connection(client(&account.kubeconfig).await)
}

fn submit(place: &Place, account: Option<&Account>, version: &str) -> Result<Submitted, SubmitError> {
    let compiled = compiled(&place.application("pi", &json!({"sparkVersion": version})), 1);
    run(async {
        let cluster = match account {
            Some(account) => with_rights_of(account).await,
            None => place.connection().await,
        };
        Native.submit(&compiled, &cluster).await
    })
}

#[test]
fn without_a_right_on_services_it_is_said_which_and_nothing_is_left() {
    let Some(place) = Place::new("denied") else { return };
    let account = account(&place, &[PODS, CONFIG_MAPS]);
    let error = submit(&place, Some(&account), "4.3.0").unwrap_err();
    let text = error.to_string();
    assert_eq!((error.category(), error.retryable()), ("Forbidden", false), "{text}");
    let right = format!(
        "User {:?} cannot create resource \"services\" in API group \"\" in the namespace {:?}",
        account.user, place.0.name
    );
    assert!(text.contains(&right), "{text}");
    assert!(text.starts_with(&format!("cannot create Service {}/pi-", place.0.name)), "{text}");
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn without_any_right_it_is_the_pod_that_cannot_be_created() {
    let Some(place) = Place::new("denied") else { return };
    let account = account(&place, &[]);
    let error = submit(&place, Some(&account), "4.3.0").unwrap_err();
    assert_eq!((error.category(), error.retryable()), ("Forbidden", false));
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot create Pod {}/pi-driver: ", place.0.name)), "{text}");
    assert!(text.contains("cannot create resource \"pods\""), "{text}");
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn without_the_right_to_delete_the_error_is_still_that_of_the_creation() {
    let Some(place) = Place::new("denied") else { return };
    let account = account(&place, &[("", "pods", "get create"), CONFIG_MAPS]);
    let error = submit(&place, Some(&account), "4.3.0").unwrap_err().to_string();
    assert!(error.contains("cannot create resource \"services\""), "{error}");
    // What could not be removed is the application's, and goes with it.
    place.0.cluster.delete(&format!("{}/pi", place.applications()));
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn without_rights_on_network_policies_it_runs_and_says_so() {
    for (version, missing) in [("4.3.0", 1), ("4.1.4", 0)] {
        let Some(place) = Place::new("policies") else { return };
        let account = account(&place, &[PODS, CONFIG_MAPS, SERVICES]);
        let done = submit(&place, Some(&account), version).unwrap();
        assert_eq!(done.missing.len(), missing, "{version}: {:?}", done.missing);
        for text in &done.missing {
            assert!(text.contains("NetworkPolicy") && text.contains("\"networkpolicies\""), "{text}");
        }
        assert_eq!(place.objects("pi").len(), done.created.len(), "{version}");
        place.driver_in_phase("pi-driver", "Succeeded");
    }
}

#[test]
fn a_quota_of_pods_that_is_used_up_is_one_to_wait_for() {
    let Some(place) = Place::new("quota") else { return };
    place.0.none("pods");
    let error = submit(&place, None, "4.3.0").unwrap_err();
    let text = error.to_string();
    assert_eq!((error.category(), error.retryable()), ("QuotaExceeded", true), "{text}");
    assert!(
        text.contains("exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0"),
        "{text}"
    );
    place.assert_nothing_is_left_of("pi");
}

/// An object that the pod owns does not fit into a quota.
fn assert_a_quota_leaves_nothing_behind(resource: &str) {
    let Some(place) = Place::new("quota") else { return };
    place.0.none(resource);
    let error = submit(&place, None, "4.3.0").map(|done| (done.created, done.missing));
    let error = error.expect_err(resource);
    assert_eq!((error.category(), error.retryable()), ("QuotaExceeded", true), "{resource}: {error}");
    place.assert_nothing_is_left_of("pi");
}

#[test]
fn a_quota_of_what_follows_the_pod_leaves_no_pod_behind() {
    assert_a_quota_leaves_nothing_behind("services");
    assert_a_quota_leaves_nothing_behind("count/configmaps");
}

/// That it runs without one is for accounts that lack the right; this one has it.
#[test]
fn a_quota_of_network_policies_is_one_to_wait_for_too() {
    assert_a_quota_leaves_nothing_behind("count/networkpolicies.networking.k8s.io");
}

/// Admission comes before the API server looks whether the name is taken, and so refuses also what is there.
#[test]
fn a_quota_that_the_submission_itself_has_used_up_does_not_stop_it() {
    let Some(place) = Place::new("quota") else { return };
    let running = json!({"driver": {"annotations": {"kwok.sparkoperator.k8s.io/outcome": "run"}}, "monitoring": monitoring()});
    let application = place.application("pi", &running);
    let compiled = compiled(&application, 1);
    let submit = || run(async { Native.submit(&compiled, &place.connection().await).await });
    let first = submit().unwrap();
    place.driver_in_phase("pi-driver", "Running");
    let network_policies = "count/networkpolicies.networking.k8s.io";
    place.0.none_of(&["pods", "services", "count/configmaps", network_policies]);
    let again = submit().unwrap();
    assert!(again.adopted);
    assert_eq!((again.driver_uid, again.created), (first.driver_uid, first.created));
    assert!(place.objects("pi")["Pod/pi-driver"]["metadata"]["deletionTimestamp"].is_null());
}
