//! The disruption budget of a driver: evictions are refused while it runs.

use std::collections::BTreeMap;

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{Resource, ResourceExt};

use crate::api::SparkApplication;
use crate::spark::compile::{APP_NAME, LAUNCHED_BY};

/// The budget of an application's driver pod.
#[must_use]
pub fn of(application: &SparkApplication, driver_pod: &str) -> PodDisruptionBudget {
    let name = application.name_any();
    let map = |pairs: [(&str, &str); 2]| -> BTreeMap<_, _> {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    };
    PodDisruptionBudget {
        metadata: ObjectMeta {
            name: Some(driver_pod.to_owned()),
            namespace: application.namespace(),
            labels: Some(map([(LAUNCHED_BY, "true"), (APP_NAME, &name)])),
            owner_references: application.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        spec: Some(PodDisruptionBudgetSpec {
            min_available: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector {
                match_labels: Some(map([(APP_NAME, &name), ("spark-role", "driver")])),
                ..LabelSelector::default()
            }),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
