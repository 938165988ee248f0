//! The native submitter: the driver and what belongs to it, created through the API server. No Java, no process.
//!
//! The pod comes first, because it owns the rest; its container waits for its config map. Everything has a name that
//! follows from the submission's id, so that a second try finds what the first one made.

use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;

use super::existing::{self, Moment, SUBMITTED, create, described, owned_by};
use super::{Kind, SubmitError, Submitted, Submitter};
use crate::runtime::client::Connection;
use crate::runtime::write::Object;
use crate::spark::compile::CREATED_BY;
use crate::spark::{Compiled, Objects, build};

/// Creates drivers itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Submitter for Native {
    fn kind(&self) -> Kind {
        Kind::Native
    }

    fn submit<'a>(
        &'a self,
        application: &'a Compiled,
        cluster: &'a Connection,
    ) -> BoxFuture<'a, Result<Submitted, SubmitError>> {
        submit(application, cluster).boxed()
    }
}

async fn submit(application: &Compiled, cluster: &Connection) -> Result<Submitted, SubmitError> {
    // Built before anything is created: what is wrong with an application leaves nothing behind.
    let mut objects = build(application)?;
    let mut created = config_maps(application, cluster).await?;
    let (pod, adopted) = driver(application, cluster, &objects.pod).await?;
    created.push(format!("Pod/{}", pod.name_any()));
    objects.own(&pod);
    match followers(cluster, objects, &pod).await {
        Ok((names, missing)) => {
            created.extend(names);
            Ok(Submitted { missing, ..Submitted::of(&pod, created, adopted) })
        }
        // Deleting it would make the next try create a second one.
        Err(error) if error.passes() => Err(error),
        Err(error) => {
            // What belongs to the pod goes with it. Where not even that succeeds, the next try finds it.
            existing::undo(cluster, &pod).await;
            Err(error)
        }
    }
}

/// Config maps of the application itself. They outlive a run, so they are brought up to date.
pub(super) async fn config_maps(
    application: &Compiled,
    cluster: &Connection,
) -> Result<Vec<String>, SubmitError> {
    let api: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let mut names = Vec::new();
    for map in &application.config_maps {
        let name = map.name_any();
        let what = described::<ConfigMap>(&application.namespace, &name);
        let failed = |error| SubmitError::Cluster { what: what.clone(), error };
        names.push(named(map));
        let Err(refused) = cluster.create(map, SUBMITTED).await else { continue };
        let there = existing::there(cluster, &api, &name, &refused).await.map_err(failed)?;
        let Some(mut there) = there else { return Err(failed(refused)) };
        if there.labels().get(CREATED_BY).is_none_or(|by| by != "true") {
            return Err(SubmitError::Taken { what });
        }
        if there.data != map.data || there.metadata.owner_references != map.metadata.owner_references {
            there.data.clone_from(&map.data);
            there.metadata.owner_references.clone_from(&map.metadata.owner_references);
            cluster.replace(&there, SUBMITTED).await.map_err(failed)?;
        }
    }
    Ok(names)
}

/// The driver pod, and whether an earlier try of this submission made it.
async fn driver(application: &Compiled, cluster: &Connection, pod: &Pod) -> Result<(Pod, bool), SubmitError> {
    let what = described::<Pod>(&application.namespace, &application.driver_pod);
    let moment = Moment::begin();
    loop {
        let refused = match cluster.create(pod, SUBMITTED).await {
            Ok(pod) => return Ok((pod, false)),
            Err(error) => error,
        };
        if refused.is_status(409) {
            // Quotas that many change at once refuse so, too: then there is nothing to clear, and an end to it.
            let over = moment.is_over();
            if let Some(pod) = existing::clear(application, cluster).await? {
                return Ok((pod, true));
            }
            if !over && cluster.sleep(existing::BETWEEN).await {
                continue;
            }
        }
        // A quota that our own driver has used up refuses it before its name is looked at.
        return match existing::own(application, cluster).await {
            Ok(Some(pod)) => Ok((pod, true)),
            // Whether it is there is not known.
            Err(error) if error.passes() => Err(error),
            _ => Err(SubmitError::Cluster { what, error: refused }),
        };
    }
}

/// All that the pod owns, at once: what was made, and what was not and need not be. Without rights on network policies,
/// as under roles written for Kubeflow's operator, the application runs without one.
async fn followers(
    cluster: &Connection,
    objects: Objects,
    pod: &Pod,
) -> Result<(Vec<String>, Vec<String>), SubmitError> {
    let Objects { pod: _, service, config_maps, claims, network_policy } = &objects;
    let uid = pod.uid().unwrap_or_default();
    let mut all = vec![follower(cluster, service, &uid).boxed()];
    all.extend(config_maps.iter().map(|map| follower(cluster, map, &uid).boxed()));
    all.extend(claims.iter().map(|claim| follower(cluster, claim, &uid).boxed()));
    let policy = async {
        match network_policy {
            Some(policy) => Some(follower(cluster, policy, &uid).await),
            None => None,
        }
    };
    let (policy, all) = join(policy, join_all(all)).await;
    let mut names = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut missing = Vec::new();
    match policy {
        None => {}
        Some(Ok(policy)) => names.push(policy),
        Some(Err(SubmitError::Cluster { error, .. })) if error.is_status(403) && !error.retryable() => {
            missing.push(format!("the executors' NetworkPolicy of Spark: {error}"));
        }
        Some(Err(error)) => return Err(error),
    }
    Ok((names, missing))
}

/// An object that the pod with this uid owns.
async fn follower<K: Object + Serialize>(
    cluster: &Connection,
    object: &K,
    uid: &str,
) -> Result<String, SubmitError> {
    create(cluster, object, |there| owned_by(there, uid)).await.map(|created| named(&created))
}

fn named<K: Resource<DynamicType = ()>>(object: &K) -> String {
    format!("{}/{}", K::kind(&()), object.name_any())
}
