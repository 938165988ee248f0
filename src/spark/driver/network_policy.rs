//! The network policy that lets only an application's own pods reach its executors.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::Driver;
use super::refused::{EXCLUDED, NETWORK_POLICY};

/// Spark's network policy step, where the line has one and it is not left out.
pub(super) fn build(driver: &Driver<'_>) -> Option<NetworkPolicy> {
    if !driver.line.has_network_policy() || driver.conf.list(EXCLUDED).contains(&NETWORK_POLICY) {
        return None;
    }
    let application = BTreeMap::from([("spark-app-selector".to_owned(), driver.application_id.clone())]);
    let mut executors = application.clone();
    executors.insert("spark-role".to_owned(), "executor".to_owned());
    let select = |labels| LabelSelector { match_labels: Some(labels), match_expressions: None };
    let own =
        NetworkPolicyPeer { pod_selector: Some(select(application.clone())), ..NetworkPolicyPeer::default() };
    Some(NetworkPolicy {
        metadata: ObjectMeta {
            name: Some(format!("{}-policy", driver.prefix)),
            namespace: Some(driver.compiled.namespace.clone()),
            labels: Some(application),
            ..ObjectMeta::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(select(executors)),
            ingress: Some(vec![NetworkPolicyIngressRule { from: Some(vec![own]), ports: None }]),
            ..NetworkPolicySpec::default()
        }),
    })
}
