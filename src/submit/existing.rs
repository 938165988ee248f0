//! Objects that are there already: made by an earlier try of the same submission, left by an earlier one, or somebody
//! else's.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{GetParams, Preconditions};
use kube::core::Request;
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::SubmitError;
use super::error::passes;
use crate::api::SparkApplication;
use crate::runtime::client::{ClusterError, Connection};
use crate::runtime::write::Object;
use crate::spark::Compiled;
use crate::spark::compile::SUBMISSION_ID;

/// Between two looks at something that is on its way out.
pub(super) const BETWEEN: Duration = Duration::from_millis(200);
/// How long something is waited for that is on its way out. Whoever submits tries again later: many that wait here for
/// minutes would keep all others from being submitted.
const MOMENT: Duration = Duration::from_secs(3);

/// A moment in which something may pass.
pub(super) struct Moment(Instant);

impl Moment {
    pub(super) fn begin() -> Self {
        Self(Instant::now() + MOMENT)
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.0
    }

    /// Waits a little; whether there is time left.
    pub(super) async fn goes_on(&self, cluster: &Connection) -> bool {
        !self.is_over() && cluster.sleep(BETWEEN).await
    }
}

/// What the volume is called by which a driver has its configuration (in Spark 3.0 without the end that it has now).
const CONF_VOLUME: &str = "spark-conf-volume";

/// Why what belongs to a submission is written.
pub(super) const SUBMITTED: &str = "the application is submitted";
/// Why what a submission has made so far is deleted.
const FAILED: &str = "the submission failed";

/// What is found under the driver pod's name.
enum Found {
    /// Nothing.
    Nothing,
    /// What this submission made.
    Ours(Box<Pod>),
    /// What an earlier submission of the same application made, or ours on its way out.
    Older(Box<Pod>),
    /// What an application of the same name made that is gone: the garbage collector takes it.
    Orphaned,
    /// Anything else; what is known of it.
    Foreign(String),
}

/// Whether what has this uid owns an object.
pub fn owned_by<K: Resource>(object: &K, uid: &str) -> bool {
    object.owner_references().iter().any(|owner| owner.uid == uid)
}

/// Whether what this owner has made was made by an application that had this one's name before it, and is gone: there are
/// never two of a name.
#[must_use]
pub fn of_an_earlier(owner: &OwnerReference, name: &str, uid: &str) -> bool {
    owner.kind == SparkApplication::kind(&()) && owner.name == name && owner.uid != uid
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
        Some(owner) if earlier(application, owner) => return Found::Orphaned,
        Some(owner) => format!("belongs to {} {} (uid {})", owner.kind, owner.name, owner.uid),
        None => "belongs to nobody that this application knows".to_owned(),
    })
}

fn earlier(application: &Compiled, owner: &OwnerReference) -> bool {
    application.identity.owner.as_ref().is_some_and(|us| of_an_earlier(owner, &us.name, &us.uid))
}

/// An object of the application's namespace, if there is one of this name.
pub(super) async fn named<K: Object>(
    application: &Compiled,
    cluster: &Connection,
    name: &str,
) -> Result<Option<K>, SubmitError> {
    let api: Api<K> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let what = described::<K>(&application.namespace, name);
    let found = cluster.ask(&format!("get {what}"), api.get_opt(name)).await;
    found.map_err(|error| SubmitError::Cluster { what, error })
}

/// Looks under the driver pod's name.
async fn driver(application: &Compiled, cluster: &Connection) -> Result<Found, SubmitError> {
    Ok(whose(application, named(application, cluster, &application.driver_pod).await?))
}

/// The driver of this submission, if there is one.
pub(super) async fn own(application: &Compiled, cluster: &Connection) -> Result<Option<Pod>, SubmitError> {
    Ok(match driver(application, cluster).await? {
        Found::Ours(pod) => Some(*pod),
        _ => None,
    })
}

/// Whether this submission is still the one that is written down. An operator that was stopped for a while and goes on may
/// be at one that another has given up long ago: a driver of another submission is then a later one, and none to delete.
async fn written_down(application: &Compiled, cluster: &Connection) -> Result<(), SubmitError> {
    let Some(owner) = &application.identity.owner else { return Ok(()) };
    let what = described::<SparkApplication>(&application.namespace, &owner.name);
    let path = SparkApplication::url_path(&(), Some(&application.namespace));
    let asked = format!("get {what}");
    let answer = cluster.ask(&asked, async {
        let request = Request::new(path).get(&owner.name, &GetParams::default());
        cluster.client.request::<Json>(request.map_err(kube::Error::BuildRequest)?).await
    });
    let same = match answer.await {
        Ok(now) => {
            now["metadata"]["uid"] == *owner.uid
                && now["status"]["submissionID"] == *application.identity.submission.as_str()
        }
        Err(error) if error.is_status(404) => false,
        Err(error) => return Err(SubmitError::Cluster { what, error }),
    };
    if same { Ok(()) } else { Err(SubmitError::Superseded { what }) }
}

/// Deletes exactly this object: nothing that has taken its name since. That it is gone already is no error.
pub(super) async fn delete<K: Object>(
    cluster: &Connection,
    object: &K,
    reason: &str,
) -> Result<(), ClusterError> {
    let namespace = object.namespace().unwrap_or_default();
    let exactly = Preconditions { uid: object.uid(), resource_version: None };
    match cluster.delete::<K>(&namespace, &object.name_any(), exactly, reason).await {
        Err(error) if !error.is_status(404) && !error.is_status(409) => Err(error),
        _ => Ok(()),
    }
}

/// Deletes what a submission that failed has made so far. Where not even that succeeds, the next one finds it.
pub(super) async fn undo<K: Object>(cluster: &Connection, object: &K) {
    if let Err(error) = delete(cluster, object, FAILED).await {
        let what = described::<K>(&object.namespace().unwrap_or_default(), &object.name_any());
        tracing::warn!(what, %error, "left behind");
    }
}

/// Clears the way for a driver: what an earlier submission of the application left is deleted, and waited for a moment until
/// it is gone, as is what the garbage collector takes. The pod that is there is ours when there is one after that.
///
/// # Errors
/// It is not gone yet, the name is somebody else's, or this submission is no longer the one that is written down.
pub(super) async fn clear(application: &Compiled, cluster: &Connection) -> Result<Option<Pod>, SubmitError> {
    let what = || described::<Pod>(&application.namespace, &application.driver_pod);
    let mut deleted = None;
    let moment = Moment::begin();
    loop {
        match driver(application, cluster).await? {
            Found::Nothing => return Ok(None),
            Found::Ours(pod) => return Ok(Some(*pod)),
            Found::Foreign(whose) => {
                let pod = format!("{}/{}", application.namespace, application.driver_pod);
                return Err(SubmitError::DriverExists { pod, whose });
            }
            Found::Older(pod) if deleted != pod.uid() => {
                written_down(application, cluster).await?;
                if pod.metadata.deletion_timestamp.is_none() {
                    let gone = delete(cluster, &*pod, "an earlier submission left it").await;
                    gone.map_err(|error| SubmitError::Cluster { what: what(), error })?;
                }
                deleted = pod.uid();
            }
            Found::Older(_) | Found::Orphaned => {}
        }
        if !moment.goes_on(cluster).await {
            return Err(SubmitError::StillThere { what: what() });
        }
    }
}

/// As [`clear`], for a driver that spark-submit makes: one that it left half-made, because it was cut off, is deleted too. It
/// would wait for the rest for ever.
pub(super) async fn clear_whole(
    application: &Compiled,
    cluster: &Connection,
) -> Result<Option<Pod>, SubmitError> {
    let moment = Moment::begin();
    loop {
        let Some(pod) = clear(application, cluster).await? else { return Ok(None) };
        if whole(application, cluster, &pod).await? {
            return Ok(Some(pod));
        }
        // Whoever has made it may be at the rest.
        if moment.goes_on(cluster).await {
            continue;
        }
        written_down(application, cluster).await?;
        let what = described::<Pod>(&application.namespace, &application.driver_pod);
        let gone = delete(cluster, &pod, "spark-submit has left it half-made").await;
        gone.map_err(|error| SubmitError::Cluster { what, error })?;
    }
}

/// The driver that spark-submit, which has ended, has made. One that is on its way out is none.
pub(super) async fn made(application: &Compiled, cluster: &Connection) -> Result<Option<Pod>, SubmitError> {
    match clear_whole(application, cluster).await {
        Err(error) if error.waits() => Ok(None),
        made => made,
    }
}

/// Whether all is there that spark-submit makes for a driver, as far as it matters: of what it makes after the pod the
/// config map is the last, and what the container waits for.
pub(super) async fn whole(
    application: &Compiled,
    cluster: &Connection,
    pod: &Pod,
) -> Result<bool, SubmitError> {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if phase.is_some_and(|phase| phase != "Pending") {
        return Ok(true);
    }
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let conf = volumes.filter(|volume| volume.name.starts_with(CONF_VOLUME));
    let Some(name) = conf.filter_map(|volume| volume.config_map.as_ref()).map(|map| &map.name).next() else {
        return Ok(true);
    };
    Ok(named::<ConfigMap>(application, cluster, name).await?.is_some())
}

/// What has the name of an object whose creation was refused, also where it is not the name that is refused: what the API
/// server admits, by quotas above all, comes before that. None: nothing, as far as can be seen.
///
/// # Errors
/// Whether it is there is not known.
pub(super) async fn there<K: Object>(
    cluster: &Connection,
    api: &Api<K>,
    name: &str,
    refused: &ClusterError,
) -> Result<Option<K>, ClusterError> {
    let namespace = api.namespace().unwrap_or_default();
    let found = cluster.ask(&format!("get {}", described::<K>(namespace, name)), api.get_opt(name)).await;
    match found {
        Err(error) if !refused.is_status(409) && !passes(&error) => Ok(None),
        found => found,
    }
}

/// Creates an object of this submission, whose name follows from the submission's id. One that is there is ours when
/// `ours` says so. Anything else of that name was left by an owner that is gone: the garbage collector takes it, and that is
/// waited for, so that nobody needs the right to delete it.
pub(super) async fn create<K: Object + Serialize>(
    cluster: &Connection,
    object: &K,
    ours: impl Fn(&K) -> bool,
) -> Result<K, SubmitError> {
    let namespace = object.namespace().unwrap_or_default();
    let name = object.name_any();
    let api: Api<K> = Api::namespaced(cluster.client.clone(), &namespace);
    let what = described::<K>(&namespace, &name);
    let failed = |error| SubmitError::Cluster { what: what.clone(), error };
    let moment = Moment::begin();
    loop {
        let refused = match cluster.create(object, SUBMITTED).await {
            Err(error) => error,
            Ok(created) => return Ok(created),
        };
        let there = there(cluster, &api, &name, &refused).await.map_err(failed)?;
        match there {
            Some(there) if ours(&there) => return Ok(there),
            _ if !refused.is_status(409) => return Err(failed(refused)),
            _ if moment.goes_on(cluster).await => {}
            Some(_) => return Err(SubmitError::StillThere { what }),
            // Quotas that many change at once refuse so, too.
            None => return Err(failed(refused)),
        }
    }
}
