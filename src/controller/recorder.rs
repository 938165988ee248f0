//! Who is told of what is done: the log, the API server's events, the metrics.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event as CoreEvent, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::Resource;
use tokio_util::task::TaskTracker;

use super::event::Event;
use super::index::{Changed, Index};
use super::metrics::Metrics;
use super::pod::Pod;
use super::queue::Outcome;
use super::record::{Application, Key};
use crate::api::SparkApplication;
use crate::runtime::client::Connection;
use crate::runtime::lanes::Lane;

/// Who reports, as the events say.
const COMPONENT: &str = "spark-application-controller";
/// Longest message of an event that the API server takes.
const LONGEST: usize = 1024;
/// Events are written while something else is done, and given up after this.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two tries. One that was done is there under its name.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the last ones are waited for.
const FLUSH: Duration = Duration::from_secs(5);
/// Events written at a time, and how many may wait: what comes on top is lost, and said so in the log.
const AT_ONCE: usize = 16;
const MOST: usize = 10_000;

/// Tells.
#[derive(Clone)]
pub struct Recorder {
    cluster: Connection,
    lane: Lane,
    metrics: Option<Arc<Metrics>>,
    /// Events that are being written.
    under_way: TaskTracker,
}

impl Recorder {
    /// One that writes events to this cluster.
    #[must_use]
    pub fn new(cluster: Connection, metrics: Option<Arc<Metrics>>) -> Self {
        Self { cluster, lane: Lane::new(AT_ONCE), metrics, under_way: TaskTracker::new() }
    }

    /// Something that belongs beside the driver could not be made.
    pub fn missing(&self, application: &Application, what: &str, why: &str) {
        tracing::warn!(application = %application.key, what, why, "not created");
        let message = format!("{what} was not created: {why}");
        self.events(application, vec![Event::warning("SparkApplicationIncomplete", message)]);
    }

    /// Writes events, in the background.
    pub fn events(&self, application: &Application, events: Vec<Event>) {
        let now = Timestamp::now();
        for (number, event) in events.into_iter().enumerate() {
            let (key, reason) = (application.key.clone(), event.reason);
            if self.lane.waiting() > MOST {
                tracing::warn!(application = %key, reason, "event lost: too many wait");
                continue;
            }
            // Thousands may wait: no more is kept than is written.
            let object = object(application, &event, now, number);
            let (recorder, on_behalf) = (self.clone(), application.on_behalf(&application.status));
            self.under_way.spawn(async move {
                let cluster = recorder.cluster.within(LIMIT).on_behalf(on_behalf);
                loop {
                    let turn = recorder.lane.turn(&key.namespace, 0).await;
                    let Err(error) = cluster.create(&object, reason).await else { return };
                    drop(turn);
                    if error.exists() {
                        return;
                    }
                    // A quota is not waited for.
                    if !error.retryable() || error.is_status(403) || !cluster.sleep(AGAIN).await {
                        tracing::warn!(application = %key, reason, %error, "event not written");
                        return;
                    }
                }
            });
        }
    }

    /// Waits for the events that are being written.
    pub async fn flush(&self) {
        self.under_way.close();
        if tokio::time::timeout(FLUSH, self.under_way.wait()).await.is_err() {
            tracing::warn!(events = self.under_way.len(), "events lost: they took too long");
        }
    }

    /// An application has changed.
    pub fn application(&self, changed: &Changed) {
        if let Some(metrics) = &self.metrics {
            metrics.application(changed, Timestamp::now());
        }
    }

    /// An application was there when this replica began to lead.
    pub fn found(&self, application: &Application) {
        if let Some(metrics) = &self.metrics {
            metrics.found(application);
        }
    }

    /// A pod of an application, where that is known, has changed, was found or is no longer looked after.
    pub fn pod_of(
        &self,
        application: Option<&Application>,
        key: &Key,
        before: Option<&Pod>,
        after: Option<&Pod>,
    ) {
        if let Some(metrics) = &self.metrics {
            metrics.pod(application, key, before, after);
        }
    }

    /// So many applications are being looked at, and so many wait for it.
    pub fn working(&self, running: usize, waiting: usize) {
        if let Some(metrics) = &self.metrics {
            metrics.looks.working(running, waiting);
        }
    }

    /// An application is to be looked at.
    pub fn named(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.looks.named();
        }
    }

    /// An application is being looked at, after it waited for so long.
    pub fn begins(&self, key: &Key, waited: Duration) {
        if let Some(metrics) = &self.metrics {
            metrics.looks.begins(key, waited);
        }
    }

    /// An application was looked at.
    pub fn worked(&self, key: &Key, outcome: Outcome, took: Duration) {
        if let Some(metrics) = &self.metrics {
            metrics.looks.worked(key, outcome, took);
        }
    }

    /// A pod of an application has changed.
    pub fn pod(&self, index: &Index, key: &Key, before: Option<&Pod>, after: Option<&Pod>) {
        if self.metrics.is_some() {
            self.pod_of(index.lock().application(key), key, before, after);
        }
    }
}

/// An event as core/v1 has it: the roles of Kubeflow's operator allow these, and not those of events.k8s.io. The number tells
/// those of one moment apart.
fn object(application: &Application, event: &Event, now: Timestamp, number: usize) -> CoreEvent {
    let key = &application.key;
    let time = Some(Time(now));
    CoreEvent {
        metadata: ObjectMeta {
            name: Some(format!("{}.{:x}", key.name, now.as_nanosecond() + number as i128)),
            namespace: Some(key.namespace.clone()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some(SparkApplication::api_version(&()).into_owned()),
            kind: Some(SparkApplication::kind(&()).into_owned()),
            namespace: Some(key.namespace.clone()),
            name: Some(key.name.clone()),
            uid: Some(application.uid.clone()),
            resource_version: Some(application.version.clone()),
            ..ObjectReference::default()
        },
        type_: Some(if event.warning { "Warning" } else { "Normal" }.to_owned()),
        reason: Some(event.reason.to_owned()),
        message: Some(event.message.chars().take(LONGEST).collect()),
        source: Some(EventSource { component: Some(COMPONENT.to_owned()), host: None }),
        reporting_component: Some(COMPONENT.to_owned()),
        first_timestamp: time.clone(),
        last_timestamp: time,
        count: Some(1),
        ..CoreEvent::default()
    }
}
