//! What was decided, done: status written, drivers looked at and deleted, applications submitted.
//!
//! Every write has a precondition (the uid, or the resource version that was decided by) and leaves one line in the log.
//! One that fails is decided anew, by what is in the cluster: losing what is remembered besides costs a request.

mod refresh;
mod submit;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{GetParams, PostParams, Preconditions};
use kube::core::Request;
use kube::{Api, Resource, ResourceExt};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use self::submit::Pending;
use super::decide::{Policy, Step, View, Write, decide};
use super::index::{Index, ours};
use super::pod::{Pod, StoredPod};
use super::queue::Place;
use super::record::{Application, Key, Stored, state_in};
use super::recorder::Recorder;
use super::scope::Scope;
use super::state::State;
use super::ui;
use crate::api::{SparkApplication, SparkApplicationStatus};
use crate::runtime::client::{ClusterError, Connection};
use crate::runtime::lanes::{Lane, Urgency};
use crate::runtime::write::{Mutation, Object};
use crate::spark::{Settings, SubmissionId, job};
use crate::submit::{Choice, Kind, SubmitError, Submitter, owned_by};

/// Steps of one look at an application: more means that two of them undo each other.
const STEPS: usize = 24;
/// Longest time for a request that is not a submission.
const REQUEST: Duration = Duration::from_secs(30);
/// Why what was made beside a driver goes.
const ENDED: &str = "its run has ended";
/// How long an application waits in a state for what was made beside its driver to be deleted.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);
/// A driver that only a request has seen, and no watch, is asked for this often.
const UNWATCHED: SignedDuration = SignedDuration::from_secs(10);

/// What the operator is configured to do.
#[derive(Debug)]
pub struct Options {
    /// What it decides.
    pub policy: Policy,
    /// How pods are made.
    pub settings: Settings,
    /// Who submits.
    pub choice: Choice,
    /// Longest time for one submission.
    pub submission_limit: Duration,
    /// Whether the web interface gets a service. Flag `--enable-ui-service`.
    pub ui_service: bool,
    /// Whether drivers may be protected from evictions. Flag `--enable-driver-pdb`.
    pub driver_budget: bool,
}

/// Does what was decided.
pub struct Actor {
    /// What it does.
    pub options: Options,
    /// The cluster.
    pub cluster: Connection,
    /// What is known of it.
    pub index: Arc<Index>,
    /// Where it acts.
    pub scope: Scope,
    /// The ways to submit, by their kind.
    pub submitters: BTreeMap<Kind, Arc<dyn Submitter>>,
    /// Submissions at a time, of each submitter: those that take seconds keep none waiting that take milliseconds.
    pub submissions: BTreeMap<Kind, Lane>,
    /// Writes of the status at a time; the most urgent first.
    pub writes: Lane,
    /// Who is told.
    pub recorder: Recorder,
    /// Once this is cancelled no further submission is begun.
    pub stop: CancellationToken,
}

impl Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actor").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Why a look at an application ended early.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The cluster refused, or was not reached.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A submission failed in a way that may pass.
    #[error(transparent)]
    Submission(#[from] SubmitError),
    /// It never comes to an end.
    #[error("{STEPS} steps did not come to an end")]
    Endless,
}

/// What was found out on one look at an application.
#[derive(Default)]
struct Round {
    /// Whether the API server was asked for the driver, and what it said.
    asked: bool,
    found: Option<Pod>,
    removed: bool,
}

impl Actor {
    /// Does all that there is to do about an application now; when there will be something to do again. The place is given
    /// up where that takes long.
    ///
    /// # Errors
    /// Something failed; it should be tried again later.
    pub async fn look_at(&self, key: &Key, mut place: Place) -> Result<Option<Timestamp>, Trouble> {
        let mut round = Round::default();
        // Thousands may wait here: what only a step needs is made for that step.
        for _ in 0..STEPS {
            // It may have been to be looked at before its namespace was no longer selected.
            if !self.scope.contains(&key.namespace) {
                return Ok(None);
            }
            let now = Timestamp::now();
            let decided = self.decided(key, &round, now, |view| {
                (decide(&view, &self.options.policy), view.application.clone())
            });
            let Some((step, application)) = decided else { return Ok(None) };
            match step {
                Step::Wait(until) if round.found.is_some() => {
                    let again = now.checked_add(UNWATCHED).unwrap_or(now);
                    return Ok(Some(until.map_or(again, |until| until.min(again))));
                }
                Step::Wait(until) => return Ok(until),
                Step::Write(write) => {
                    let urgency = urgency(&application, &write);
                    let _turn = self.writes.turn(&key.namespace, urgency).await;
                    Box::pin(self.write(&application, *write)).await?;
                }
                Step::Look => Box::pin(self.look(&application, &mut round)).await?,
                Step::RemoveDriver { name, uid } => {
                    round = Round::default();
                    Box::pin(self.remove_driver(&application, &name, &uid, &mut round)).await?;
                }
                Step::RemoveRest => {
                    Box::pin(self.remove_rest(&application)).await?;
                    round.removed = true;
                }
                Step::Submit => {
                    // One that cannot have the submitter that it asks for has only that to be told.
                    let kind = self.options.choice.of(&application.metadata()).unwrap_or(Kind::Native);
                    let pending = Pending::of(application);
                    // What was found belongs to the decision to submit; afterwards it is old.
                    let found = std::mem::take(&mut round);
                    place.give_up();
                    let _turn = tokio::select! {
                        turn = self.submissions[&kind].turn(&key.namespace, 0) => turn,
                        () = self.unwanted(&pending, &found) => continue,
                        () = self.out_of_scope(&key.namespace) => return Ok(None),
                        // It is written down: whoever comes next submits it.
                        () = self.stop.cancelled() => return Ok(None),
                    };
                    if let Some(again) = Box::pin(self.submit(&pending, &found)).await? {
                        return Ok(Some(again));
                    }
                }
                Step::Refresh => Box::pin(self.refresh(&application, &round)).await?,
                Step::Delete => {
                    if Box::pin(self.delete(&application)).await? {
                        return Ok(None);
                    }
                }
            }
        }
        Err(Trouble::Endless)
    }

    fn decided<T>(
        &self,
        key: &Key,
        round: &Round,
        now: Timestamp,
        decide: impl FnOnce(View<'_>) -> T,
    ) -> Option<T> {
        let known = self.index.lock();
        known.view(key, now, |view| {
            // What watches say of the pod that was found is newer; of another one, older.
            let driver = match &round.found {
                Some(found) => view.driver.filter(|driver| driver.uid == found.uid).or(Some(found)),
                None => view.driver.filter(|_| !round.asked),
            };
            decide(View { driver, asked: round.asked, removed: round.removed, ..view })
        })
    }

    fn request(&self) -> Connection {
        self.cluster.within(REQUEST)
    }

    /// For a write on behalf of an application.
    fn writing(&self, application: &Application) -> Connection {
        self.request().on_behalf(application.on_behalf(&application.status))
    }

    /// Writes the status: a PUT, because roles made for Kubeflow's operator have no patch. Of an application that was
    /// changed meanwhile the new version is read, and decided anew.
    async fn write(&self, application: &Application, write: Write) -> Result<(), Trouble> {
        let Key { namespace, name } = &application.key;
        let body = json!({
            "apiVersion": SparkApplication::api_version(&()), "kind": SparkApplication::kind(&()),
            "metadata": {
                "name": name, "namespace": namespace, "uid": application.uid, "resourceVersion": application.version,
            },
            "status": write.status,
        });
        let request = Request::new(SparkApplication::url_path(&(), Some(namespace))).replace_subresource(
            "status",
            name,
            &PostParams::default(),
            body.to_string().into_bytes(),
        );
        let submission = write.status.submission_id.as_deref().map(Into::into);
        let cluster = self.request().on_behalf(application.on_behalf(&write.status));
        let line = Mutation::update_status::<SparkApplication>(namespace, name, write.reason);
        let answer = cluster.write(&line, async {
            cluster.client.request::<Stored>(request.map_err(kube::Error::BuildRequest)?).await
        });
        match answer.await {
            Ok(stored) => {
                let now = Timestamp::now();
                let changed = {
                    let mut known = self.index.lock();
                    let changed = known.answered(stored, now);
                    known.remember(application, |memory| {
                        memory.written = Some(now);
                        memory.claimed = submission;
                    });
                    changed
                };
                if let Some(changed) = changed {
                    self.recorder.application(&changed);
                }
                self.recorder.events(application, write.events);
                Ok(())
            }
            Err(error) if error.is_status(409) || error.is_status(404) => {
                self.read(&application.key, &application.uid).await.map(drop)
            }
            Err(error) => {
                // It may have been done all the same: then it is said, too.
                self.index.lock().remember(application, |memory| memory.claimed = submission);
                if error.unanswered()
                    && let Ok(Some(now)) = self.read(&application.key, &application.uid).await
                    && SparkApplicationStatus::deserialize(&now["status"])
                        .is_ok_and(|now| now == write.status)
                {
                    self.index.lock().remember(application, |memory| memory.written = Some(Timestamp::now()));
                    self.recorder.events(application, write.events);
                    return Ok(());
                }
                Err(error.into())
            }
        }
    }

    /// Reads an application anew. None: it is gone, or another has its name.
    async fn read(&self, key: &Key, uid: &str) -> Result<Option<Json>, Trouble> {
        let Key { namespace, name } = key;
        let what = format!("get SparkApplication {key}");
        let request =
            Request::new(SparkApplication::url_path(&(), Some(namespace))).get(name, &GetParams::default());
        let cluster = self.request();
        let answer = cluster.ask(&what, async {
            cluster.client.request::<Json>(request.map_err(kube::Error::BuildRequest)?).await
        });
        let object = match answer.await {
            Ok(object) => Some(object),
            Err(error) if error.is_status(404) => None,
            Err(error) => return Err(error.into()),
        };
        let mut known = self.index.lock();
        let found = object.filter(|object| object["metadata"]["uid"] == uid);
        let stored = found.as_ref().and_then(|object| Stored::deserialize(object).ok());
        let changed = match stored {
            Some(stored) => known.answered(stored, Timestamp::now()),
            None => known.remove(key, uid),
        };
        drop(known);
        if let Some(changed) = changed {
            self.recorder.application(&changed);
        }
        Ok(found)
    }

    /// Asks for the driver. It is not taken into the index: a watch may have told by now that it is gone.
    async fn look(&self, application: &Application, round: &mut Round) -> Result<(), Trouble> {
        let Key { namespace, .. } = &application.key;
        let name = application.driver_pod();
        let api: Api<StoredPod> = Api::namespaced(self.cluster.client.clone(), namespace);
        let found = self.request().ask(&format!("get Pod {namespace}/{name}"), api.get_opt(name)).await?;
        let found = found.map(Pod::from).filter(|pod| ours(pod, application));
        let mut known = self.index.lock();
        known.remember(application, |memory| memory.looked = Some(Timestamp::now()));
        match &found {
            Some(found) => known.found_driver(&application.key, found),
            None => known.forget_driver(&application.key, name),
        }
        drop(known);
        round.asked = true;
        round.found = found;
        Ok(())
    }

    async fn remove_driver(
        &self,
        application: &Application,
        name: &str,
        uid: &str,
        round: &mut Round,
    ) -> Result<(), Trouble> {
        match self.remove::<StoredPod>(application, name, uid, "the driver is to go").await {
            Ok(()) => {
                self.index.lock().leaving(&application.key, name, uid, Timestamp::now());
                Ok(())
            }
            Err(error) if error.is_status(404) && name != application.driver_pod() => {
                self.index.lock().remove_pod(&application.key, name, uid);
                Ok(())
            }
            Err(error) if name != application.driver_pod() => Err(error.into()),
            // It is gone, another has its name, or it was being changed: only a look can tell.
            Err(error) if error.is_status(404) || error.is_status(409) => self.look(application, round).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes an object with this uid.
    async fn remove<K: Object>(
        &self,
        application: &Application,
        name: &str,
        uid: &str,
        reason: &'static str,
    ) -> Result<(), ClusterError> {
        let exactly = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
        self.writing(application).delete::<K>(&application.key.namespace, name, exactly, reason).await
    }

    /// Deletes what was made beside the driver. What there are no rights to delete stays: an application never hangs on
    /// its service.
    async fn remove_rest(&self, application: &Application) -> Result<(), Trouble> {
        let info = &application.status.driver_info;
        let recorded = |name: Option<&String>| name.filter(|name| !name.is_empty()).cloned();
        // A crash between its creation and the next write of the status leaves one that is not written down.
        let unrecorded = || {
            recorded(info.pod_name.as_ref())
                .filter(|_| self.options.ui_service)
                .map(|_| ui::name(&application.key.name))
        };
        if let Some(name) = recorded(info.web_ui_service_name.as_ref()).or_else(unrecorded) {
            self.remove_beside::<Service>(application, &name).await?;
        }
        // Another run, or none: one that submits still is not to. At the end of a run it has ended, and can be looked at.
        if !matches!(application.state(), State::Succeeding | State::Failing) {
            self.remove_job(application).await?;
        }
        if self.options.driver_budget && info.pod_name.is_some() {
            self.remove_beside::<PodDisruptionBudget>(application, application.driver_pod()).await?;
        }
        Ok(())
    }

    /// Deletes what was made beside the driver. Where that cannot be done for a while, as when a webhook that is asked is
    /// down, it is left to the garbage collector: the application does not hang on it.
    async fn remove_beside<K: Object>(&self, application: &Application, name: &str) -> Result<(), Trouble> {
        let removed = self.remove_own::<K>(application, name, ENDED, |_| true).await;
        let waited = || {
            let now = Timestamp::now();
            let since = self.decided(&application.key, &Round::default(), now, |view| view.since);
            since.is_some_and(|since| now.duration_since(since) > PATIENCE)
        };
        match removed {
            Err(Trouble::Cluster(error)) if waited() => {
                tracing::warn!(application = %application.key, %error, "left behind");
                Ok(())
            }
            removed => removed,
        }
    }

    /// Deletes the Job that submits, and its pod with it. One that has ended stays to be looked at.
    async fn remove_job(&self, application: &Application) -> Result<(), Trouble> {
        if !self.options.choice.may(Kind::Job) || application.submission().is_empty() {
            return Ok(());
        }
        let name = job::name(&application.key.name, &SubmissionId::new(application.submission()));
        let runs = |job: &Job| {
            let status = job.status.clone().unwrap_or_default();
            status.succeeded.is_none() && status.failed.is_none()
        };
        self.remove_own(application, &name, "the submission is no longer wanted", runs).await
    }

    /// Deletes an object of this name that is the application's and passes a test.
    async fn remove_own<K: Object>(
        &self,
        application: &Application,
        name: &str,
        reason: &'static str,
        test: impl Fn(&K) -> bool,
    ) -> Result<(), Trouble> {
        let namespace = &application.key.namespace;
        let api: Api<K> = Api::namespaced(self.cluster.client.clone(), namespace);
        let removed = async {
            let found = self
                .request()
                .ask(&format!("get {} {namespace}/{name}", K::kind(&())), api.get_opt(name))
                .await?;
            let own = |object: &K| owned_by(object, &application.uid);
            match found.filter(own).filter(test).and_then(|object| object.uid()) {
                Some(uid) => self.remove::<K>(application, name, &uid, reason).await,
                None => Ok(()),
            }
        };
        match removed.await {
            Err(error) if error.is_status(404) => Ok(()),
            Err(error) if !error.retryable() => {
                tracing::warn!(application = %application.key, %error, "left behind");
                Ok(())
            }
            removed => Ok(removed?),
        }
    }

    /// Deletes the application as it was decided by; whether it did. One that has changed is read anew.
    async fn delete(&self, application: &Application) -> Result<bool, Trouble> {
        let Key { namespace, name } = &application.key;
        let as_decided = Preconditions {
            uid: Some(application.uid.clone()),
            resource_version: Some(application.version.clone()),
        };
        let reason = "its time to live is over";
        match self.writing(application).delete::<Stored>(namespace, name, as_decided, reason).await {
            Ok(()) => {
                // One that a finalizer keeps comes back with a watch.
                let changed = self.index.lock().remove(&application.key, &application.uid);
                if let Some(changed) = changed {
                    self.recorder.application(&changed);
                }
                Ok(true)
            }
            Err(error) if error.is_status(404) || error.is_status(409) => {
                self.read(&application.key, &application.uid).await.map(|_| false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Which write of a status goes first: the end of an application, then a change of its state, then executors.
fn urgency(application: &Application, write: &Write) -> Urgency {
    let state = state_in(&write.status);
    if state == application.state() && (state.has_driver() || state.is_final()) {
        2
    } else {
        Urgency::from(!state.is_final())
    }
}
