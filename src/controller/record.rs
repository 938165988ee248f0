//! What is kept of applications and their pods: of thousands of objects only what is decided by.
//!
//! Objects come as JSON and are read leniently. One that cannot be read is a record that says so, never an error of the
//! watch it came by.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::Resource;
use kube::api::ObjectMeta;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::metadata;
use super::state::State;
use super::submission::Digest;
use crate::api::{RestartPolicy, SparkApplication, SparkApplicationSpec, SparkApplicationStatus};
use crate::runtime::write::OnBehalf;
use crate::spark::compile::driver_pod_name;
use crate::submit::choose::ANNOTATION;

/// Namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// Of a namespace and a name.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A SparkApplication.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// Namespace and name.
    pub key: Key,
    /// `metadata.uid`
    pub uid: String,
    /// `metadata.resourceVersion`
    pub version: String,
    /// `metadata.generation`
    pub generation: i64,
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Its labels, for metrics and for who submits it.
    pub labels: BTreeMap<String, String>,
    /// Its annotation that says who submits it.
    pub submitter: Option<String>,
    /// What its spec wants.
    pub wishes: Wishes,
    /// What was reported of it last.
    pub status: SparkApplicationStatus,
}

/// What is decided by of a spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// What it is compared by.
    pub digest: Digest,
    /// `spec.suspend`
    pub suspend: bool,
    /// `spec.timeToLiveSeconds`
    pub time_to_live: Option<i64>,
    /// `spec.restartPolicy`, with its defaults.
    pub restart: RestartPolicy,
    /// Name of the driver pod.
    pub driver_pod: String,
    /// Whether its driver is protected from evictions: `spec.driverPodDisruptionBudget`.
    pub budget: bool,
    /// `spec.executor.labels`, for metrics.
    pub executor_labels: BTreeMap<String, String>,
    /// Why the spec cannot be read.
    pub unreadable: Option<String>,
}

impl Wishes {
    fn of(name: &str, spec: &Json) -> Self {
        let read = serde_path_to_error::deserialize::<_, SparkApplicationSpec>(spec);
        let typed = match read {
            Ok(typed) => typed.with_defaults(),
            Err(error) => {
                let unreadable = Some(format!("spec.{}: {}", error.path(), error.inner()));
                // Who suspends it is heard even so.
                let suspend = spec["suspend"] == true;
                let driver_pod = format!("{name}-driver");
                return Self {
                    digest: Digest::of(spec, None),
                    suspend,
                    driver_pod,
                    unreadable,
                    ..Self::default()
                };
            }
        };
        Self {
            digest: Digest::of(spec, Some(&typed)),
            suspend: typed.suspend == Some(true),
            time_to_live: typed.time_to_live_seconds,
            driver_pod: driver_pod_name(name, &typed),
            budget: typed.driver_pod_disruption_budget == Some(true),
            executor_labels: typed.executor.pod.labels.unwrap_or_default(),
            restart: typed.restart_policy.unwrap_or_default(),
            unreadable: None,
        }
    }
}

/// An object with spec and status, as a watch brings it.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = "SparkApplication")]
pub struct Stored {
    /// Its metadata, as far as it is read.
    #[serde(default, deserialize_with = "metadata::slim")]
    pub metadata: ObjectMeta,
    /// Its spec.
    #[serde(default)]
    pub spec: Json,
    /// Its status.
    #[serde(default)]
    pub status: Json,
}

impl Application {
    /// Reads an application. `known` is what was kept of it: a spec of the same generation is not read again.
    #[must_use]
    pub fn of(stored: Stored, known: Option<&Self>) -> Self {
        let Stored { metadata, spec, status } = stored;
        let name = metadata.name.unwrap_or_default();
        let uid = metadata.uid.unwrap_or_default();
        let generation = metadata.generation.unwrap_or_default();
        let wishes = match known {
            Some(known) if known.uid == uid && known.generation == generation && generation > 0 => {
                known.wishes.clone()
            }
            _ => Wishes::of(&name, &spec),
        };
        Self {
            key: Key::new(metadata.namespace.unwrap_or_default(), name),
            uid,
            version: metadata.resource_version.unwrap_or_default(),
            generation,
            created: metadata.creation_timestamp.map_or(Timestamp::UNIX_EPOCH, |time| time.0),
            deleting: metadata.deletion_timestamp.is_some(),
            labels: metadata.labels.unwrap_or_default(),
            submitter: metadata.annotations.and_then(|mut annotations| annotations.remove(ANNOTATION)),
            wishes,
            status: read_status(status),
        }
    }

    /// What its submitter is chosen by.
    #[must_use]
    pub fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            namespace: Some(self.key.namespace.clone()),
            uid: Some(self.uid.clone()),
            labels: Some(self.labels.clone()),
            annotations: self.submitter.clone().map(|kind| [(ANNOTATION.to_owned(), kind)].into()),
            ..ObjectMeta::default()
        }
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        state_in(&self.status)
    }

    /// Its error message; empty where there is none.
    #[must_use]
    pub fn error_message(&self) -> &str {
        self.status
            .application_state
            .as_ref()
            .and_then(|state| state.error_message.as_deref())
            .unwrap_or_default()
    }

    /// Name of the driver pod that was written down, else the one it would get.
    #[must_use]
    pub fn driver_pod(&self) -> &str {
        let recorded = self.status.driver_info.pod_name.as_deref().filter(|name| !name.is_empty());
        recorded.unwrap_or(&self.wishes.driver_pod)
    }

    /// For whom is written what makes its status so, or is written while it is so.
    #[must_use]
    pub fn on_behalf(&self, status: &SparkApplicationStatus) -> OnBehalf {
        OnBehalf {
            application: self.key.name.clone(),
            uid: self.uid.clone(),
            submission: status.submission_id.clone().unwrap_or_else(|| self.submission().to_owned()),
            attempt: status.submission_attempts.unwrap_or_default(),
            state: state_in(status).to_string(),
        }
    }

    /// The submission that was written down; empty where there is none.
    #[must_use]
    pub fn submission(&self) -> &str {
        self.status.submission_id.as_deref().unwrap_or_default()
    }
}

/// Reads a status. Of one that was edited by hand each field counts that can be read.
fn read_status(status: Json) -> SparkApplicationStatus {
    let Json::Object(fields) = status else { return SparkApplicationStatus::default() };
    if let Ok(status) = SparkApplicationStatus::deserialize(&Json::Object(fields.clone())) {
        return status;
    }
    let readable: Map<_, _> = fields
        .into_iter()
        .filter(|(key, value)| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            SparkApplicationStatus::deserialize(&Json::Object(alone)).is_ok()
        })
        .collect();
    SparkApplicationStatus::deserialize(&Json::Object(readable)).unwrap_or_default()
}

/// The state that a status has.
#[must_use]
pub fn state_in(status: &SparkApplicationStatus) -> State {
    status.application_state.as_ref().map_or(State::New, |state| State::of(&state.state))
}

/// A time of a status.
#[must_use]
pub fn time(written: Option<&String>) -> Option<Timestamp> {
    written?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weak_point_34_what_is_kept_does_not_grow_with_the_application() {
        let kept = |arguments: usize| {
            let stored = serde_json::from_value(json!({
                "metadata": {"name": "pi", "namespace": "ns", "uid": "u", "managedFields": [{"manager": "m".repeat(arguments)}],
                    "annotations": {"a": "a".repeat(arguments)}},
                "spec": {"type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar", "driver": {},
                    "executor": {}, "arguments": vec!["argument"; arguments], "sparkConf": {"a": "b".repeat(arguments)}},
            }));
            Application::of(stored.unwrap(), None)
        };
        let (small, large) = (kept(1), kept(10_000));
        let digest = large.wishes.digest;
        assert_ne!(small.wishes.digest, digest);
        assert_eq!(Application { wishes: Wishes { digest, ..small.wishes.clone() }, ..small }, large);
    }

    #[test]
    fn the_submitter_is_chosen_by_what_is_kept_as_by_the_whole() {
        let metadata = json!({"name": "pi", "namespace": "ns", "uid": "u", "labels": {"team": "a"},
            "annotations": {"other": "b", ANNOTATION: "job"}});
        let kept =
            Application::of(serde_json::from_value(json!({"metadata": metadata})).unwrap(), None).metadata();
        let whole: ObjectMeta = serde_json::from_value(metadata).unwrap();
        assert_eq!((&kept.namespace, &kept.uid, &kept.labels), (&whole.namespace, &whole.uid, &whole.labels));
        assert_eq!(kept.annotations.unwrap(), [(ANNOTATION.to_owned(), "job".to_owned())].into());
    }
}
