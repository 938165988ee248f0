//! The operator: SparkApplications from creation to their end.
//!
//! [`watch`]es fill the [`index`] with slim records; a [`queue`] names applications that may have something to do;
//! [`decide()`] says what, as a pure function; [`act`] does it. The states are those of Kubeflow's operator ([`state`]).
//! Pods are built elsewhere (`spark`), and created by the submitters (`submit`).

pub mod act;
pub mod budget;
mod conditions;
pub mod decide;
pub mod event;
mod executors;
pub mod explain;
pub mod index;
mod looks;
mod memory;
mod metadata;
pub mod metrics;
pub mod pod;
mod pods;
pub mod queue;
pub mod record;
pub mod recorder;
pub mod scope;
pub mod state;
pub mod submission;
pub mod ui;
pub mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use act::Actor;
use index::Changed;
use pod::Pod;
use queue::{Outcome, Place, Queue};
use record::Key;
use watch::{Health, Hears};

pub use conditions::Notes;
pub use decide::decide;

/// A watch that has failed for longer makes the operator unhealthy.
const LONGEST_FAILING: Duration = Duration::from_mins(5);

/// The operator for SparkApplications.
#[derive(Debug)]
pub struct Controller {
    actor: Arc<Actor>,
    queue: Queue,
    /// Whether this replica is the one that acts.
    leads: AtomicBool,
    watches: Vec<Health>,
    /// Longest wait after failures.
    longest_wait: Duration,
}

impl Controller {
    /// An operator that does nothing yet, and what it takes its work from.
    #[must_use]
    pub fn new(actor: Actor, longest_wait: Duration) -> (Arc<Self>, Requests) {
        let (queue, requests) = Queue::new();
        let within = |what: &str, namespace: Option<&String>| {
            Health::new(
                namespace.map_or_else(|| what.to_owned(), |namespace| format!("{what} in {namespace}")),
            )
        };
        let mut watches = Vec::new();
        for namespace in actor.scope.streams() {
            watches.push(within("sparkapplications", namespace.as_ref()));
            watches.push(within("pods", namespace.as_ref()));
        }
        if actor.scope.selector().is_some() {
            watches.push(Health::new("namespaces".to_owned()));
        }
        let leads = AtomicBool::new(false);
        let actor = Arc::new(actor);
        (Arc::new(Self { actor, queue, leads, watches, longest_wait }), Requests(requests))
    }

    /// Begins to watch. A replica that does not lead watches too: it takes over at once.
    pub fn watch(self: &Arc<Self>) {
        let streams = self.actor.scope.streams();
        let client = || self.actor.cluster.client.clone();
        for (number, namespace) in streams.iter().enumerate() {
            let (this, client_, namespace_) = (Arc::clone(self), client(), namespace.clone());
            tokio::spawn(async move {
                let health = &this.watches[2 * number];
                watch::applications(client_, namespace_.as_deref(), &this.actor.index, &*this, health).await;
            });
            let (this, client_, namespace_) = (Arc::clone(self), client(), namespace.clone());
            tokio::spawn(async move {
                let health = &this.watches[2 * number + 1];
                watch::pods(client_, namespace_.as_deref(), &this.actor.index, &*this, health).await;
            });
        }
        if self.actor.scope.selector().is_some() {
            let (this, client) = (Arc::clone(self), client());
            tokio::spawn(async move {
                let (Some(health), Some(selector)) = (this.watches.last(), this.actor.scope.selector())
                else {
                    return;
                };
                watch::namespaces(client, selector, health, |now| {
                    let (new, gone) = this.actor.scope.select(now);
                    if !new.is_empty() {
                        tracing::info!(namespaces = ?new, "namespaces are selected now");
                        this.found(|namespace| new.iter().any(|new| new == namespace));
                        this.look_at_all(|namespace| new.iter().any(|new| new == namespace));
                    }
                    if !gone.is_empty() {
                        tracing::info!(namespaces = ?gone, "namespaces are no longer selected");
                        this.left(|namespace| gone.iter().any(|gone| gone == namespace));
                    }
                })
                .await;
            });
        }
    }

    /// Waits until all watches have brought what there is. What has not, when the time is up.
    ///
    /// # Errors
    /// The names of the watches that have not.
    pub async fn synced(&self, limit: Duration) -> Result<(), String> {
        let all = futures::future::join_all(self.watches.iter().map(Health::completed));
        if tokio::time::timeout(limit, all).await.is_ok() {
            return Ok(());
        }
        let missing =
            self.watches.iter().filter(|watch| !watch.is_complete()).map(|watch| watch.what.as_str());
        Err(missing.collect::<Vec<_>>().join(", "))
    }

    /// Acts, until told to stop; what has been begun by then is done.
    pub async fn lead(self: &Arc<Self>, requests: Requests, stop: CancellationToken) {
        self.leads.store(true, Ordering::SeqCst);
        self.actor.index.lock().claim_all();
        let applications = self.found(|namespace| self.actor.scope.contains(namespace));
        tracing::info!(applications, "acting");
        self.look_at_all(|_| true);
        let this = Arc::clone(self);
        queue::work(&self.queue, requests.0, self.longest_wait, stop, &**self, move |key, place| {
            let this = Arc::clone(&this);
            async move { this.look(&key, place).await }
        })
        .await;
        self.actor.recorder.flush().await;
    }

    /// Counts what is there in namespaces that this replica begins to act in; how many applications that is.
    fn found(&self, within: impl Fn(&str) -> bool) -> usize {
        if !self.leads.load(Ordering::SeqCst) {
            return 0;
        }
        let known = self.actor.index.lock();
        for (key, pod) in known.pods().filter(|(key, _)| within(&key.namespace)) {
            self.actor.recorder.pod_of(known.application(key), key, None, Some(pod));
        }
        let applications = known.applications().filter(|application| within(&application.key.namespace));
        applications.map(|application| self.actor.recorder.found(application)).count()
    }

    /// Counts what is there in namespaces that are no longer looked after as running no more.
    fn left(&self, within: impl Fn(&str) -> bool) {
        let known = self.actor.index.lock();
        for application in known.applications().filter(|application| within(&application.key.namespace)) {
            self.actor.recorder.application(&Changed { before: Some(application.clone()), after: None });
        }
        for (key, pod) in known.pods().filter(|(key, _)| within(&key.namespace)) {
            self.actor.recorder.pod_of(known.application(key), key, Some(pod), None);
        }
    }

    async fn look(&self, key: &Key, place: Place) -> Outcome {
        let looked = self.actor.look_at(key, place).await;
        // What was under way when its namespace was no longer selected may have been counted since.
        if !self.actor.scope.contains(&key.namespace) {
            let before = self.actor.index.lock().application(key).cloned();
            self.actor.recorder.application(&Changed { before, after: None });
        }
        match looked {
            Ok(until) => Outcome::Done(until.map(|until| {
                let wait = until.duration_since(Timestamp::now());
                Instant::now() + Duration::try_from(wait).unwrap_or_default()
            })),
            Err(error) => {
                tracing::warn!(application = %key, %error, "to be tried again");
                Outcome::Failed
            }
        }
    }

    fn look_at_all(&self, within: impl Fn(&str) -> bool) {
        let known = self.actor.index.lock();
        for application in known.applications().filter(|application| within(&application.key.namespace)) {
            self.look_at(&application.key);
        }
    }

    /// What is wrong with the operator, if anything is.
    ///
    /// # Errors
    /// A watch has been failing for too long.
    pub fn healthy(&self) -> Result<(), String> {
        let now = Timestamp::now().as_second();
        match self.watches.iter().find(|watch| watch.failing(now) > LONGEST_FAILING) {
            Some(watch) => Err(format!("the watch of {} fails", watch.what)),
            None => Ok(()),
        }
    }

    /// Whether everything has been seen once.
    ///
    /// # Errors
    /// What has not.
    pub fn ready(&self) -> Result<(), String> {
        match self.watches.iter().find(|watch| !watch.is_complete()) {
            Some(watch) => Err(format!("the watch of {} is not complete yet", watch.what)),
            None => Ok(()),
        }
    }
}

/// What an operator takes its work from.
#[derive(Debug)]
pub struct Requests(
    futures::channel::mpsc::UnboundedReceiver<kube::runtime::scheduler::ScheduleRequest<Key>>,
);

impl Hears for Controller {
    fn look_at(&self, key: &Key) {
        let acts = self.leads.load(Ordering::SeqCst) && self.actor.scope.contains(&key.namespace);
        if acts && self.queue.now(key) {
            self.actor.recorder.named();
        }
    }

    fn application(&self, changed: &Changed) {
        let of = changed.after.as_ref().or(changed.before.as_ref());
        if self.leads.load(Ordering::SeqCst)
            && of.is_some_and(|it| self.actor.scope.contains(&it.key.namespace))
        {
            self.actor.recorder.application(changed);
        }
    }

    fn pod(&self, key: &Key, before: Option<&Pod>, after: Option<&Pod>) {
        if self.leads.load(Ordering::SeqCst) && self.actor.scope.contains(&key.namespace) {
            self.actor.recorder.pod(&self.actor.index, key, before, after);
        }
    }
}

impl queue::Watches for Controller {
    fn working(&self, running: usize, waiting: usize) {
        self.actor.recorder.working(running, waiting);
    }

    fn begins(&self, key: &Key, waited: Duration) {
        self.actor.recorder.begins(key, waited);
    }

    fn worked(&self, key: &Key, outcome: Outcome, took: Duration) {
        self.actor.recorder.worked(key, outcome, took);
    }
}
