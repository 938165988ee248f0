//! Definitions of custom resources in a cluster: created and upgraded by server-side apply, never deleted.
//!
//! Which definitions is the caller's business. The rights needed are `get`, `patch` and `create` of
//! `customresourcedefinitions`, by name: nothing is listed or watched.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::client::{ClusterError, Connection};
use super::ownership;

/// The field manager under which definitions are applied.
pub const MANAGER: &str = "spark-operator-crds";

/// Where the version of what an object belongs to is said.
const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// Attempts at an object that others are writing, too.
const ATTEMPTS: usize = 5;

/// Why the definitions could not be applied.
#[derive(Debug, Error)]
pub enum DefinitionError {
    /// The cluster could not be asked, or refused.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The definition in the cluster is of a later operator.
    #[error(
        "{name}: objects are stored as {stored}, and this operator has only {served}: a downgrade would make them \
         unreadable; nothing was changed"
    )]
    Downgrade {
        /// Name of the definition.
        name: String,
        /// Versions in `status.storedVersions` that are missing in ours.
        stored: String,
        /// Versions of ours.
        served: String,
    },
}

/// What became of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was missing.
    Created,
    /// Its spec, labels or annotations are others now.
    Changed,
    /// Spec, labels and annotations were as they should be.
    Unchanged,
}

/// What was done about one definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Name of the definition.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Value of the label `app.kubernetes.io/version` before, where there was one.
    pub version_before: Option<String>,
    /// Field managers that had set fields otherwise, sorted.
    pub taken_from: Vec<String>,
}

/// Applies definitions, in their order, then waits until the API server serves all of them.
///
/// `done` hears of each as soon as it is applied. All are looked at before the first is changed. Fields that others
/// set otherwise are taken from them; what others have in `spec` beyond the definition is removed. With `dry_run` the
/// API server decides and stores nothing, and nothing is waited for.
///
/// # Errors
/// One of them would be downgraded, or the cluster refuses or does not do it in time.
pub async fn apply(
    connection: &Connection,
    definitions: &[Json],
    dry_run: bool,
    mut done: impl FnMut(&Applied),
) -> Result<(), DefinitionError> {
    let cluster = Cluster {
        connection,
        api: Api::all_with(connection.client.clone(), &ApiResource::erase::<CustomResourceDefinition>(&())),
        dry_run,
    };
    let mut found = Vec::new();
    for wanted in definitions {
        let before = cluster.settled(name(wanted)).await?;
        check_versions(before.as_ref(), wanted)?;
        found.push(before);
    }
    for (wanted, before) in definitions.iter().zip(found) {
        done(&cluster.apply(wanted, before).await?);
    }
    if !dry_run {
        for wanted in definitions {
            cluster.wait_until_served(name(wanted)).await?;
        }
    }
    Ok(())
}

struct Cluster<'a> {
    connection: &'a Connection,
    api: Api<DynamicObject>,
    dry_run: bool,
}

impl Cluster<'_> {
    async fn get(&self, name: &str) -> Result<Option<Json>, ClusterError> {
        let object = self.connection.ask(&format!("get {name}"), self.api.get_opt(name)).await?;
        Ok(object.and_then(|object| serde_json::to_value(object).ok()))
    }

    /// The definition as it is. One that is being deleted is waited for: it can only be created anew.
    async fn settled(&self, name: &str) -> Result<Option<Json>, ClusterError> {
        loop {
            let object = self.get(name).await?;
            let leaving = |object: &Json| object.pointer("/metadata/deletionTimestamp").is_some();
            if !object.as_ref().is_some_and(leaving) {
                return Ok(object);
            }
            self.connection.pause(|| format!("{name} is still being deleted, with all its objects,")).await?;
        }
    }

    async fn apply(&self, wanted: &Json, before: Option<Json>) -> Result<Applied, ClusterError> {
        let taken_over = self.take_over(wanted, before.as_ref()).await?;
        let (after, taken_from) = match self.patch(wanted, false).await {
            Err(ClusterError::Refused { status, .. })
                if status.code == 409 && managers(&status).is_some() =>
            {
                (self.patch(wanted, true).await?, managers(&status).unwrap_or_default())
            }
            other => (other?, Vec::new()),
        };
        let outcome = match &before {
            None => Outcome::Created,
            Some(before) if taken_over || content(before) != content(&after) => Outcome::Changed,
            Some(_) => Outcome::Unchanged,
        };
        let version = before.as_ref().and_then(|before| before["metadata"]["labels"][VERSION_LABEL].as_str());
        Ok(Applied {
            name: name(wanted).into(),
            outcome,
            version_before: version.map(str::to_owned),
            taken_from,
        })
    }

    async fn patch(&self, wanted: &Json, force: bool) -> Result<Json, ClusterError> {
        let parameters = PatchParams { force, ..self.parameters() };
        let name = name(wanted);
        let patch = Patch::Apply(wanted);
        let request = self.api.patch(name, &parameters, &patch);
        let object = self.connection.ask(&format!("apply {name}"), request).await?;
        Ok(serde_json::to_value(object).unwrap_or_default())
    }

    /// Makes ours what others have set in `spec` beyond the definition; whether there was anything.
    async fn take_over(&self, wanted: &Json, before: Option<&Json>) -> Result<bool, ClusterError> {
        let name = name(wanted);
        let mut now = before.cloned();
        for attempt in 1.. {
            let Some(object) = &now else { break };
            let Some(fields) = ownership::take_over(object, wanted, MANAGER) else { break };
            // Others may have written it since: the API server refuses another version.
            let version = &object["metadata"]["resourceVersion"];
            let patch =
                Patch::Merge(json!({"metadata": {"managedFields": fields, "resourceVersion": version}}));
            let parameters = self.parameters();
            let request = self.api.patch(name, &parameters, &patch);
            match self.connection.ask(&format!("patch {name}"), request).await {
                Ok(_) => return Ok(true),
                Err(ClusterError::Refused { status, .. }) if status.code == 409 && attempt < ATTEMPTS => {
                    now = self.get(name).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    fn parameters(&self) -> PatchParams {
        PatchParams { dry_run: self.dry_run, ..PatchParams::apply(MANAGER) }
    }

    async fn wait_until_served(&self, name: &str) -> Result<(), ClusterError> {
        let mut last = None;
        loop {
            let object = match (self.get(name).await, last.take()) {
                // The time is up during a request: what was seen before tells more.
                (Err(ClusterError::Silent { limit, .. }), Some(what)) => {
                    return Err(ClusterError::Timeout { what, limit });
                }
                (object, _) => object?.unwrap_or_default(),
            };
            if condition(&object, "Established").is_some_and(|found| found["status"] == "True") {
                return Ok(());
            }
            let what = match condition(&object, "NamesAccepted") {
                Some(found) if found["status"] == "False" => {
                    let message = text(&found["message"]);
                    format!("{name} is applied, but its names are taken ({message}), so it is not served")
                }
                _ => format!("{name} is applied, but not served"),
            };
            self.connection.pause(|| what.clone()).await?;
            last = Some(what);
        }
    }
}

fn check_versions(before: Option<&Json>, wanted: &Json) -> Result<(), DefinitionError> {
    let versions = wanted["spec"]["versions"].as_array().into_iter().flatten();
    let served: Vec<_> = versions.map(|version| text(&version["name"])).collect();
    let stored = before.and_then(|object| object.pointer("/status/storedVersions")?.as_array());
    let missing: Vec<_> =
        stored.into_iter().flatten().map(text).filter(|version| !served.contains(version)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(DefinitionError::Downgrade {
        name: name(wanted).into(),
        stored: missing.join(", "),
        served: served.join(", "),
    })
}

/// What the outcome is told by: not who set it, and not when.
fn content(object: &Json) -> [Option<&Json>; 3] {
    ["/spec", "/metadata/labels", "/metadata/annotations"].map(|part| object.pointer(part))
}

/// The field managers in a conflict of server-side apply, sorted; None when it is a conflict of another kind.
fn managers(status: &kube::core::Status) -> Option<Vec<String>> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut found: Vec<_> = causes
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .filter_map(|cause| cause.message.split('"').nth(1))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

fn condition<'a>(object: &'a Json, kind: &str) -> Option<&'a Json> {
    object.pointer("/status/conditions")?.as_array()?.iter().find(|found| found["type"] == kind)
}

fn name(object: &Json) -> &str {
    text(&object["metadata"]["name"])
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}
