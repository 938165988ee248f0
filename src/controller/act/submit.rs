//! A submission, and what belongs beside the driver.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::{Api, ResourceExt};
use serde::{Deserialize, Serialize};

use super::{Actor, Round, Trouble};
use crate::api::{DriverInfo, SparkApplication};
use crate::controller::decide::{self, Step, View, Write, decide};
use crate::controller::memory::Failing;
use crate::controller::record::{Application, Key, time};
use crate::controller::{budget, ui};
use crate::runtime::write::Object;
use crate::spark::{Compiled, Identity, Line, SparkError, SubmissionId, compile};
use crate::submit::{Kind, SubmitError, Submitted, of_an_earlier, owned_by};

/// How long a submission is tried again that fails for want of an answer, before that is said in the status.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// When it is tried again after something was to go first: not of everything do watches tell when it has gone.
const SOON: SignedDuration = SignedDuration::from_secs(1);
/// The longest time between two such tries.
const LATE: SignedDuration = SignedDuration::from_secs(30);

/// How long it is tried to make what belongs beside a driver, which runs meanwhile.
const BESIDE: Duration = Duration::from_secs(10);

/// How often it is asked whether a submission that waits, or takes its time, is still wanted.
const BETWEEN: Duration = Duration::from_secs(1);

/// A submission that is written down: the little that is kept of it while it waits for its turn.
pub(super) struct Pending {
    key: Key,
    uid: String,
    submission: String,
}

impl Pending {
    pub(super) fn of(application: Application) -> Self {
        let Application { key, uid, status, .. } = application;
        Self { key, uid, submission: status.submission_id.unwrap_or_default() }
    }

    /// Whether an application, as it is now, still has it.
    fn is_of(&self, application: &Application) -> bool {
        application.uid == self.uid && application.submission() == self.submission
    }
}

impl Actor {
    /// Submits what is written down, and writes down how it went; or when it is to be tried again, because something is to
    /// go first.
    pub(super) async fn submit(
        &self,
        pending: &Pending,
        found: &Round,
    ) -> Result<Option<Timestamp>, Trouble> {
        let key = &pending.key;
        // Waiting may have taken a while, and only a slim record is kept.
        let Some(object) = self.read(key, &pending.uid).await? else { return Ok(None) };
        let begun = Timestamp::now();
        let decided = self.decided(key, found, begun, |view| {
            (decide(&view, &self.options.policy), view.application.clone())
        });
        let Some((Step::Submit, application)) = decided else { return Ok(None) };
        // Another may have its name by now.
        if !pending.is_of(&application) {
            return Ok(None);
        }
        let outcome = match SparkApplication::deserialize(&object) {
            Ok(typed) => tokio::select! {
                outcome = self.submitted(&application, &typed) => outcome,
                () = self.unwanted(pending, found) => return self.cut_off(pending).await.map(|()| None),
            },
            Err(error) => Err((format!("{error}"), "Unreadable".to_owned())),
        };
        let viewed = |write: &dyn Fn(&View<'_>) -> Write| {
            self.decided(key, &Round::default(), Timestamp::now(), |view| write(&view))
        };
        let write = match outcome {
            Ok(Outcome::Done { done, notes, ui }) => {
                // The driver may be there since long before an operator finds it.
                let begun = (!done.adopted).then_some(begun);
                viewed(&|view| decide::submitted(view, &done, notes.clone(), ui.clone(), begun))
            }
            Ok(Outcome::Later(error)) => return Err(error.into()),
            Ok(Outcome::Waits(error, since)) => {
                if since.is_zero() {
                    tracing::info!(application = %key, %error, "waits");
                }
                let wait = (since / 4).clamp(SOON, LATE);
                return Ok(Timestamp::now().checked_add(wait).ok());
            }
            Err((error, category)) => {
                viewed(&|view| decide::submission_failed(view, &error, &category, begun))
            }
        };
        match write {
            Some(write) => {
                let _turn = self.writes.turn(&key.namespace, 1).await;
                self.write(&application, write).await.map(|()| None)
            }
            None => Ok(None),
        }
    }

    /// For how long a submission that fails in this way has been tried again; None: it is not to be, or no longer. What is
    /// on its way out has as long as one submission may take; the time that one by spark-submit took before it failed does
    /// not count.
    fn tried_for(&self, application: &Application, error: &SubmitError) -> Option<SignedDuration> {
        if !error.passes() {
            return None;
        }
        let now = Timestamp::now();
        let limit = SignedDuration::try_from(self.options.submission_limit).unwrap_or(SignedDuration::MAX);
        let patience = if error.waits() { PATIENCE.max(limit) } else { PATIENCE };
        let mut first = now;
        self.index.lock().remember(application, |memory| {
            let submission = application.submission();
            let failing = memory.failing.take().filter(|failing| *failing.submission == *submission);
            let mut failing = failing.unwrap_or_else(|| {
                Box::new(Failing { submission: submission.into(), unanswered: None, waits: None })
            });
            if error.waits() {
                // That the cluster answers is said with it.
                failing.unanswered = None;
                first = *failing.waits.get_or_insert(now);
            } else {
                first = *failing.unanswered.get_or_insert(now);
            }
            memory.failing = Some(failing);
        });
        Some(now.duration_since(first)).filter(|since| *since < patience)
    }

    /// Ends when a namespace is no longer looked after.
    pub(super) async fn out_of_scope(&self, namespace: &str) {
        while self.scope.contains(namespace) {
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Ends when a submission is no longer what is to be done: the application was suspended, changed or deleted, or its time
    /// is up.
    pub(super) async fn unwanted(&self, pending: &Pending, found: &Round) {
        let wanted = || {
            self.decided(&pending.key, found, Timestamp::now(), |view| {
                pending.is_of(view.application) && decide(&view, &self.options.policy) == Step::Submit
            })
        };
        loop {
            tokio::time::sleep(BETWEEN).await;
            if wanted() != Some(true) {
                return;
            }
        }
    }

    /// A submission was not waited for. Its process has ended with that, and its Job is deleted. What it has made so far,
    /// or still makes before its pod has ended, goes by what is decided next.
    async fn cut_off(&self, pending: &Pending) -> Result<(), Trouble> {
        tracing::info!(
            application = %pending.key, uid = pending.uid, submission = pending.submission,
            "the submission is cut off: it is no longer wanted"
        );
        let now = self.index.lock().application(&pending.key).cloned();
        match now.filter(|now| pending.is_of(now) && decide::pending(now)) {
            Some(now) => self.remove_job(&now).await,
            // It is another operator's by now, or gone, and the Job with it.
            None => Ok(()),
        }
    }

    /// An application as its submission that is written down makes it.
    pub(super) fn compiled(
        &self,
        application: &Application,
        typed: &SparkApplication,
    ) -> Result<Compiled, SparkError> {
        let at = time(application.status.last_submission_attempt_time.as_ref());
        let at = at.unwrap_or_else(Timestamp::now).as_millisecond();
        let identity = Identity::of(typed, SubmissionId::new(application.submission()), at);
        compile(typed, identity, &self.options.settings)
    }

    /// Submits, and makes what belongs beside the driver.
    async fn submitted(
        &self,
        application: &Application,
        typed: &SparkApplication,
    ) -> Result<Outcome, (String, String)> {
        let spark = |error: SparkError| {
            let at = if error.field().is_empty() { String::new() } else { format!("{}: ", error.field()) };
            (format!("{at}{error}"), error.category().to_owned())
        };
        let kind = self.options.choice.of(&typed.metadata).map_err(spark)?;
        let compiled = self.compiled(application, typed).map_err(spark)?;
        let submitter = self.submitters.get(&kind);
        let submitter = submitter.ok_or_else(|| {
            (
                format!("the submitter {} is not set up in this operator", kind.name()),
                "NoSubmitter".to_owned(),
            )
        })?;
        let mut notices = compiled.notices.clone();
        if kind == Kind::Native {
            notices.extend(Line::of(&compiled.spark_version).map_err(spark)?.1);
        } else {
            notices.extend(compiled.lost_by_spark_submit());
        }
        let mut notes: Vec<_> = notices
            .into_iter()
            .map(|notice| (notice.reason.to_owned(), format!("{}: {}", notice.field, notice.message)))
            .collect();
        let cluster = self
            .cluster
            .within(self.options.submission_limit)
            .on_behalf(application.on_behalf(&application.status));
        match submitter.submit(&compiled, &cluster).await {
            Ok(done) => {
                if done.adopted {
                    tracing::info!(
                        application = %application.key, submission = application.submission(), pod = done.driver_pod,
                        "adopted: an earlier try has made the driver"
                    );
                }
                notes.extend(done.missing.iter().map(|missing| ("NotCreated".to_owned(), missing.clone())));
                let ui = self.beside(application, typed, &done).await;
                Ok(Outcome::Done { done, notes, ui })
            }
            Err(error) => {
                // Not the application's fault: asked again for a while, with the same id.
                match self.tried_for(application, &error) {
                    Some(since) if error.waits() => return Ok(Outcome::Waits(error, since)),
                    Some(_) => return Ok(Outcome::Later(error)),
                    None => {}
                }
                let field = match &error {
                    SubmitError::Application(error) if !error.field().is_empty() => {
                        format!("{}: ", error.field())
                    }
                    _ => String::new(),
                };
                Err((format!("{field}{error}"), error.category().to_owned()))
            }
        }
    }

    /// The service of the web interface and the driver's disruption budget. The application runs without them, too.
    async fn beside(
        &self,
        application: &Application,
        typed: &SparkApplication,
        done: &Submitted,
    ) -> Option<DriverInfo> {
        if self.options.driver_budget && application.wishes.budget {
            let budget = budget::of(typed, &done.driver_pod);
            self.make(application, &budget).await;
        }
        if !self.options.ui_service {
            return None;
        }
        let service = ui::service(typed, application.submission());
        self.make(application, &service).await.map(|service| ui::info(&service))
    }

    /// Creates an object that the application owns, or finds it. What stands in the way for a moment is waited for: an API
    /// server that is busy, or an object of its name that the garbage collector takes.
    async fn make<K: Object + Serialize>(&self, application: &Application, object: &K) -> Option<K> {
        let (namespace, name) = (&application.key.namespace, object.name_any());
        let api: Api<K> = Api::namespaced(self.cluster.client.clone(), namespace);
        let cluster = self.cluster.within(BESIDE).on_behalf(application.on_behalf(&application.status));
        let what = format!("{} {namespace}/{name}", K::kind(&()));
        let made = loop {
            let refused = match cluster.create(object, "it belongs beside the driver").await {
                Err(error) => error,
                Ok(made) => break Ok(made),
            };
            let found = cluster.ask(&format!("get {what}"), api.get_opt(&name)).await;
            let (why, passes) = match found {
                Ok(Some(found)) => {
                    let leaving = found.meta().deletion_timestamp.is_some();
                    if owned_by(&found, &application.uid) && !leaving {
                        break Ok(found);
                    }
                    let mut owners = found.owner_references().iter();
                    let earlier =
                        owners.any(|owner| of_an_earlier(owner, &application.key.name, &application.uid));
                    let why = if leaving { "one is still being deleted" } else { "another has its name" };
                    (why.to_owned(), leaving || earlier)
                }
                Err(error) if refused.is_status(409) || error.retryable() => {
                    (error.to_string(), error.retryable())
                }
                Ok(None) | Err(_) => (refused.to_string(), refused.retryable()),
            };
            if !passes || !cluster.sleep(BETWEEN).await {
                break Err(why);
            }
        };
        made.inspect_err(|why| self.recorder.missing(application, &what, why)).ok()
    }
}

/// How a submission went.
enum Outcome {
    Done {
        done: Submitted,
        notes: Vec<(String, String)>,
        ui: Option<DriverInfo>,
    },
    /// Nobody knows: it is tried again.
    Later(SubmitError),
    /// Something is to go first, since so long.
    Waits(SubmitError, SignedDuration),
}
