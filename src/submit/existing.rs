//! Objects that are there already: made by an earlier try of the same submission, left by an earlier one, or somebody
//! else's.

use std::fmt::Debug;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, PostParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SubmitError;
use crate::runtime::client::{ClusterError, Connection};
use crate::runtime::write::Mutation;
use crate::spark::Compiled;
use crate::spark::compile::SUBMISSION_ID;

/// Between two looks at something that is on its way out.
const BETWEEN: Duration = Duration::from_millis(200);

/// Why what belongs to a submission is written.
pub(super) const SUBMITTED: &str = "the application is submitted";
/// Why what a submission has made so far is deleted.
pub(super) const FAILED: &str = "the submission failed";

/// What is found under the driver pod's name.
enum Found {
    /// Nothing.
    Nothing,
    /// What this submission made.
    Ours(Box<Pod>),
    /// What an earlier submission of the same application made, or ours on its way out.
    Older(Box<Pod>),
    /// Anything else; what is known of it.
    Foreign(String),
}

/// Whether what has this uid owns an object.
pub fn owned_by<K: Resource>(object: &K, uid: &str) -> bool {
    object.owner_references().iter().any(|owner| owner.uid == uid)
}

/// `Pod team-a/pi-driver`
pub(super) fn described<K: Resource<DynamicType = ()>>(namespace: &str, name: &str) -> String {
    format!("{} {namespace}/{name}", K::kind(&()))
}

/// Whose the pod with the driver's name is.
fn whose(application: &Compiled, pod: Option<Pod>) -> Found {
    let Some(pod) = pod else { return Found::Nothing };
    let owner = pod.owner_references().iter().find(|owner| owner.controller == Some(true));
    let submission = pod.labels().get(SUBMISSION_ID);
    let same = submission.is_some_and(|id| id == application.identity.submission.as_str());
    // Without an operator nobody owns the driver; the submission's id is then all there is to know it by.
    let own = match (&application.identity.owner, owner) {
        (Some(application), Some(owner)) => application.uid == owner.uid,
        (None, None) => same,
        _ => false,
    };
    if own {
        let leaving = pod.metadata.deletion_timestamp.is_some();
        return if same && !leaving { Found::Ours(Box::new(pod)) } else { Found::Older(Box::new(pod)) };
    }
    Found::Foreign(match owner {
        Some(owner) => format!("belongs to {} {} (uid {})", owner.kind, owner.name, owner.uid),
        None => "belongs to nobody that this application knows".to_owned(),
    })
}

/// Looks under the driver pod's name.
async fn driver(application: &Compiled, cluster: &Connection) -> Result<Found, SubmitError> {
    let name = &application.driver_pod;
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let what = described::<Pod>(&application.namespace, name);
    let pod = cluster.ask(&format!("get {what}"), pods.get_opt(name)).await;
    Ok(whose(application, pod.map_err(|error| SubmitError::Cluster { what, error })?))
}

/// Deletes exactly this object: nothing that has taken its name since. That it is gone already is no error.
pub(super) async fn delete<K>(cluster: &Connection, object: &K, reason: &str) -> Result<(), ClusterError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
{
    let namespace = object.namespace().unwrap_or_default();
    let api: Api<K> = Api::namespaced(cluster.client.clone(), &namespace);
    let preconditions = Preconditions { uid: object.uid(), resource_version: None };
    let parameters = DeleteParams::background().preconditions(preconditions);
    let name = object.name_any();
    let write = Mutation::delete::<K>(&namespace, &name, reason);
    match cluster.write(&write, api.delete(&name, &parameters)).await {
        Err(error) if !error.is_status(404) && !error.is_status(409) => Err(error),
        _ => Ok(()),
    }
}

/// Clears the way for a driver: what an earlier submission of the application left is deleted, and waited for until it is
/// gone. The pod that is there is ours when there is one after that.
///
/// # Errors
/// The name is somebody else's.
pub(super) async fn clear(application: &Compiled, cluster: &Connection) -> Result<Option<Pod>, SubmitError> {
    let what = || described::<Pod>(&application.namespace, &application.driver_pod);
    let mut deleted = None;
    loop {
        let older = match driver(application, cluster).await? {
            Found::Nothing => return Ok(None),
            Found::Ours(pod) => return Ok(Some(*pod)),
            Found::Foreign(whose) => {
                let pod = format!("{}/{}", application.namespace, application.driver_pod);
                return Err(SubmitError::DriverExists { pod, whose });
            }
            Found::Older(pod) => pod,
        };
        if deleted != older.uid() {
            let gone = delete(cluster, &*older, "an earlier submission left it").await;
            gone.map_err(|error| SubmitError::Cluster { what: what(), error })?;
            deleted = older.uid();
        }
        if !cluster.sleep(BETWEEN).await {
            return Err(SubmitError::StillThere { what: what(), seconds: cluster.limit().as_secs() });
        }
    }
}

/// Creates an object of this submission, whose name follows from the submission's id. One that is there is ours when
/// `ours` says so. Anything else of that name was left by an owner that is gone: the garbage collector takes it, and that
/// is waited for, so that nobody needs the right to delete it.
pub(super) async fn create<K>(
    cluster: &Connection,
    object: &K,
    ours: impl Fn(&K) -> bool,
) -> Result<K, SubmitError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Serialize
        + Debug,
{
    let namespace = object.namespace().unwrap_or_default();
    let name = object.name_any();
    let api: Api<K> = Api::namespaced(cluster.client.clone(), &namespace);
    let what = described::<K>(&namespace, &name);
    let failed = |error| SubmitError::Cluster { what: what.clone(), error };
    loop {
        let write = Mutation::create::<K>(&namespace, &name, SUBMITTED);
        match cluster.write(&write, api.create(&PostParams::default(), object)).await {
            Err(error) if error.is_status(409) => {}
            created => return created.map_err(failed),
        }
        match cluster.ask(&format!("get {what}"), api.get_opt(&name)).await.map_err(failed)? {
            Some(there) if ours(&there) => return Ok(there),
            Some(_) if !cluster.sleep(BETWEEN).await => {
                return Err(SubmitError::StillThere { what, seconds: cluster.limit().as_secs() });
            }
            _ => {}
        }
    }
}
