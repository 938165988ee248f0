//! The submitter `job`: spark-submit runs in a Job, and is waited for.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8s_openapi::api::batch::v1::Job as KubernetesJob;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{ListParams, LogParams};
use kube::{Api, Resource, ResourceExt};

use super::existing::{self, Moment, create, described, owned_by};
use super::{Kind, SubmitError, Submitted, Submitter, native};
use crate::runtime::client::{ClusterError, Connection};
use crate::spark::compile::{APP_NAME, SUBMISSION_ID};
use crate::spark::job::{job, name};
use crate::spark::{Compiled, SparkError};

/// Runs spark-submit in Jobs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Job;

/// Between two looks at a Job: spark-submit takes seconds.
const BETWEEN: Duration = Duration::from_millis(500);
/// How long after ours the Job's own deadline is. It counts in whole seconds, and when it passes the Job's pod is deleted,
/// and with it what the pod could tell; so it is only for Jobs that nobody waits for any more.
const AFTER: Duration = Duration::from_secs(30);
/// How much of what spark-submit wrote is kept, in bytes and lines.
const LOG_LINES: i64 = 40;
const LOG_BYTES: i64 = 16 << 10;

impl Submitter for Job {
    fn kind(&self) -> Kind {
        Kind::Job
    }

    fn submit<'a>(
        &'a self,
        application: &'a Compiled,
        cluster: &'a Connection,
    ) -> BoxFuture<'a, Result<Submitted, SubmitError>> {
        submit(application, cluster).boxed()
    }
}

/// The objects that are created for an application, when spark-submit is waited for until this deadline.
///
/// # Errors
/// See [`job`].
pub fn manifests(
    application: &Compiled,
    deadline: Duration,
) -> Result<(KubernetesJob, ConfigMap), SparkError> {
    job(application, (deadline + AFTER).as_secs())
}

/// Waits a moment until nothing submits an earlier attempt any more. One that was cut off takes its time to end, and may
/// still create a driver, which would stand in the way of ours.
async fn alone(application: &Compiled, cluster: &Connection) -> Result<(), SubmitError> {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let (name, id) = (&application.name, application.identity.submission.as_str());
    let submitting = ListParams::default()
        .labels(&format!("batch.kubernetes.io/job-name,{APP_NAME}={name},{SUBMISSION_ID}!={id}"))
        .fields("status.phase!=Succeeded,status.phase!=Failed");
    let moment = Moment::begin();
    loop {
        let found = cluster.ask("list pods that submit", pods.list(&submitting)).await;
        let what = || format!("pods that submit {}/{name}", application.namespace);
        let found = found.map_err(|error| SubmitError::Cluster { what: what(), error })?;
        let Some(pod) = found.items.first() else { return Ok(()) };
        if !moment.goes_on(cluster).await {
            return Err(SubmitError::StillThere {
                what: described::<Pod>(&application.namespace, &pod.name_any()),
            });
        }
    }
}

async fn submit(application: &Compiled, cluster: &Connection) -> Result<Submitted, SubmitError> {
    alone(application, cluster).await?;
    // What an earlier submission left would make spark-submit fail after all its work.
    let mut adopted = existing::clear(application, cluster).await?.is_some();
    if adopted && !begun(application, cluster).await? {
        if let Some(pod) = existing::clear_whole(application, cluster).await? {
            // The Job has ended, and has been deleted since. Another would wait for a place that this driver may have taken.
            return Ok(Submitted::of(&pod, vec![format!("Pod/{}", pod.name_any())], true));
        }
        adopted = false;
    }
    let (job, mut templates) = manifests(application, cluster.limit())?;
    let mut created = native::config_maps(application, cluster).await?;
    let id = application.identity.submission.as_str();
    let job = create(cluster, &job, |there: &KubernetesJob| {
        there.labels().get(SUBMISSION_ID).is_some_and(|l| l == id)
    });
    let job = job.await?;
    templates.metadata.owner_references = job.controller_owner_ref(&()).map(|owner| vec![owner]);
    let uid = job.uid().unwrap_or_default();
    let outcome = match create(cluster, &templates, |there| owned_by(there, &uid)).await {
        Ok(_) => Box::pin(wait(application, cluster, &job)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(pod) => {
            created.push(format!("Job/{}", job.name_any()));
            created.push(format!("Pod/{}", pod.name_any()));
            Ok(Submitted::of(&pod, created, adopted))
        }
        // It goes on, and the next try waits for it.
        Err(error) if error.passes() => Err(error),
        Err(error) => {
            // Its pod and its templates go with it. A minute of its own: the time may be up.
            existing::undo(&cluster.within(Duration::from_mins(1)), &job).await;
            Err(error)
        }
    }
}

/// Whether there is a Job of this submission.
async fn begun(application: &Compiled, cluster: &Connection) -> Result<bool, SubmitError> {
    let name = name(&application.name, &application.identity.submission);
    Ok(existing::named::<KubernetesJob>(application, cluster, &name).await?.is_some())
}

/// Waits until spark-submit has ended, and finds the driver that it made.
async fn wait(application: &Compiled, cluster: &Connection, job: &KubernetesJob) -> Result<Pod, SubmitError> {
    let jobs: Api<KubernetesJob> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let name = job.name_any();
    let what = described::<KubernetesJob>(&application.namespace, &name);
    loop {
        let now = cluster.ask(&format!("get {what}"), jobs.get_opt(&name)).await;
        let ended = match now {
            Ok(Some(job)) => {
                let status = job.status.unwrap_or_default();
                status.succeeded.unwrap_or(0) > 0 || status.failed.unwrap_or(0) > 0
            }
            // Somebody has deleted it.
            Ok(None) => true,
            // The time is up: why, the pod knows.
            Err(ClusterError::Silent { .. }) => return late(application, cluster, &name).await,
            Err(error) => {
                let error = SubmitError::Cluster { what: what.clone(), error };
                if !error.passes() {
                    return Err(error);
                }
                // It submits whether or not it can be looked at.
                false
            }
        };
        if ended {
            return match existing::made(application, cluster).await? {
                Some(pod) => Ok(pod),
                None => Err(SubmitError::SparkSubmit { text: said(application, cluster, &name).await }),
            };
        }
        if !cluster.sleep(BETWEEN).await {
            return late(application, cluster, &name).await;
        }
    }
}

/// The time is up. A driver that is there all the same is what was wanted.
async fn late(application: &Compiled, cluster: &Connection, job: &str) -> Result<Pod, SubmitError> {
    let again = cluster.within(Duration::from_secs(5));
    if let Some(pod) = existing::own(application, &again).await?
        && existing::whole(application, &again, &pod).await?
    {
        return Ok(pod);
    }
    let text = said(application, &again, job).await;
    Err(SubmitError::Deadline { seconds: cluster.limit().as_secs(), text: format!(": {text}") })
}

/// What the Job's container wrote last, or why it does not run.
async fn said(application: &Compiled, cluster: &Connection, job: &str) -> String {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &application.namespace);
    let selector = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
    let pod = match cluster.ask("list the pods of the Job", pods.list(&selector)).await {
        Ok(list) => list.items.into_iter().next(),
        Err(error) => return error.to_string(),
    };
    let Some(pod) = pod else { return format!("the Job {job} has no pod: look at its events") };
    let status =
        pod.status.as_ref().and_then(|status| status.container_statuses.as_ref()?.first()?.state.clone());
    if let Some(waiting) = status.and_then(|state| state.waiting) {
        let reason = waiting.reason.unwrap_or_default();
        return format!("its container waits: {reason} {}", waiting.message.unwrap_or_default())
            .trim_end()
            .to_owned();
    }
    let last =
        LogParams { tail_lines: Some(LOG_LINES), limit_bytes: Some(LOG_BYTES), ..LogParams::default() };
    match cluster.ask("read the log of spark-submit", pods.logs(&pod.name_any(), &last)).await {
        Ok(log) if !log.trim().is_empty() => log.trim().to_owned(),
        Ok(_) => "it wrote nothing".to_owned(),
        Err(error) => format!("its log cannot be read: {error}"),
    }
}
