//! What is to be done next about an application, decided from what is known of it: one step at a time, until there is
//! nothing to do but wait. Pure: nothing is asked, written or timed here.
//!
//! What has effects outside the status is written down before it is done. A submission is *pending* when the status names
//! a driver pod and a submission id and has no error message: whoever finds it so, after a crash too, submits with that
//! id, and what was created before is found again by it.

mod ended;
mod observe;
mod submit;
mod write;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use self::ended::{ended, failing, succeeding};
use self::observe::{observe, overdue};
use self::submit::submit;
use self::write::{gone, remove, rerun, reset, told, write, written};
use super::event::Event;
use super::pod::Pod;
use super::record::{Application, time};
use super::state::State;
use super::submission::{self, Change, Digest};
use crate::api::SparkApplicationStatus;

pub use self::submit::{pending, submission_failed, submitted};

/// Seconds between two tries where neither the application nor its defaults say.
const RETRY_INTERVAL: i64 = 5;

/// How long another operator has for a submission that it wrote down, before it is taken over. There should be no other:
/// but one that was cut off, and comes back, must not find that its driver was made twice.
const TAKEN_OVER: SignedDuration = SignedDuration::from_secs(30);

/// A second look at something that is on its way out, or that was not seen to come.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// Executors alone are reported no more often than this.
const EXECUTORS_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// What the operator is configured to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long a driver pod may be missing after its submission. Flag `--driver-pod-creation-grace-period`.
    pub grace: SignedDuration,
    /// How many executors are listed. Flag `--max-tracked-executor-per-app`.
    pub most_executors: usize,
    /// Seconds that an application is kept after its end where it does not say. None: for ever. Flag
    /// `--default-time-to-live-seconds`, with the gate `DefaultTimeToLive`.
    pub time_to_live: Option<i64>,
    /// Gate `PartialRestart`.
    pub partial_restart: bool,
    /// How long an application may stay in a state. Flag `--state-deadlines`.
    pub deadlines: BTreeMap<State, SignedDuration>,
}

/// What is known of an application.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The application.
    pub application: &'a Application,
    /// Its driver pod: of the name that is written down, and its own.
    pub driver: Option<&'a Pod>,
    /// A driver of an earlier submission under another name, which runs although nothing of that submission should.
    pub left_over: Option<&'a Pod>,
    /// Whether the API server was asked just now for the driver: then there is none but the one given here.
    pub asked: bool,
    /// Executor pods of its submission.
    pub executors: &'a [&'a Pod],
    /// When somebody last asked the API server for the driver, or to delete it.
    pub looked: Option<Timestamp>,
    /// Whether what was made beside the driver was removed just now.
    pub removed: bool,
    /// The spec that counts as submitted where the submission id does not say.
    pub baseline: Digest,
    /// Whether the submission that is written down is this operator's, and not one that another is at.
    pub claimed: bool,
    /// Since when it has been in its state, as far as is known.
    pub since: Timestamp,
    /// The generation whose executors new ones are known to be: see [`Step::Refresh`].
    pub refreshed: Option<i64>,
    /// When its status was last written.
    pub written: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing, until something happens or, if there is one, until a time.
    Wait(Option<Timestamp>),
    /// Write the status.
    Write(Box<Write>),
    /// Ask the API server for the driver pod.
    Look,
    /// Delete this driver pod.
    RemoveDriver {
        /// Its name.
        name: String,
        /// Its uid: whatever else has that name stays.
        uid: String,
    },
    /// Delete what was made beside the driver.
    RemoveRest,
    /// Submit what is written down.
    Submit,
    /// See that executors which are created from now on are as the spec has them now.
    Refresh,
    /// Delete the application: its time to live is over.
    Delete,
}

/// A status to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The status.
    pub status: SparkApplicationStatus,
    /// What it says besides.
    pub events: Vec<Event>,
    /// Why, in a few words for the log.
    pub reason: &'static str,
}

/// Decides.
#[must_use]
pub fn decide(view: &View<'_>, policy: &Policy) -> Step {
    let state = view.application.state();
    let limit = policy.deadlines.get(&state).filter(|_| !state.is_final() && !view.application.deleting);
    let deadline = limit.and_then(|limit| view.since.checked_add(*limit).ok());
    let step = next(view, policy, state);
    match (step, deadline.zip(limit)) {
        // Only waiting is given up: what can be done is done.
        (Step::Wait(_), Some((deadline, limit))) if deadline <= view.now => overdue(view, policy, *limit),
        // A submission may wait for its turn, or for spark-submit, after it was written down in time. One that has made its
        // driver is none to give up.
        (Step::Submit, Some((deadline, limit)))
            if deadline <= view.now && written_down_by(view, deadline) && !made_its_driver(view) =>
        {
            overdue(view, policy, *limit)
        }
        (Step::Wait(until), Some((deadline, _))) => {
            Step::Wait(Some(until.map_or(deadline, |until| until.min(deadline))))
        }
        (step, _) => step,
    }
}

/// Whether the submission that is pending was written down before a time.
fn written_down_by(view: &View<'_>, when: Timestamp) -> bool {
    time(view.application.status.last_submission_attempt_time.as_ref()).is_some_and(|at| at < when)
}

fn made_its_driver(view: &View<'_>) -> bool {
    let submission = view.application.submission();
    view.driver.is_some_and(|driver| driver.submission.as_deref() == Some(submission) && !driver.leaving)
}

fn next(view: &View<'_>, policy: &Policy, state: State) -> Step {
    let application = view.application;
    if application.deleting {
        // What it owns goes with it, but not before whoever holds it lets it go.
        let began = !application.submission().is_empty();
        return gone(view).filter(|_| began).unwrap_or(Step::Wait(None));
    }
    // Made by a submission that was cut off because the spec, and with it the driver's name, was changed.
    if let Some(driver) = view.left_over {
        return remove(driver);
    }
    let resting = state.is_final() || matches!(state, State::Suspending | State::Suspended);
    if application.wishes.suspend && !resting {
        let event = Event::warning("SparkApplicationSuspending", told(application, "is suspending"));
        return write(view, State::Suspending, vec![event], "spec.suspend is true");
    }
    if changed(view, policy) {
        return write(view, State::Invalidating, Vec::new(), "the spec was changed");
    }
    // Made by an operator that was cut off, and came back when all was over.
    if let Some(driver) = view.driver.filter(|driver| resting && driver.goes_on()) {
        return remove(driver);
    }
    match state {
        State::New | State::PendingRerun | State::Resuming | State::SubmissionFailed => submit(view),
        State::Submitted | State::Running | State::Unknown => match observe(view, policy) {
            Step::Wait(_) if refreshable(view, policy) => Step::Refresh,
            step => step,
        },
        State::Succeeding => succeeding(view, policy),
        State::Failing => failing(view, policy),
        State::Invalidating => gone(view).unwrap_or_else(|| {
            let mut status = reset(application);
            status.submission_id = None;
            status.submission_attempts = None;
            status.execution_attempts = None;
            status.last_submission_attempt_time = None;
            rerun(view, status, "what ran before the spec was changed is gone")
        }),
        State::Suspending => gone(view).unwrap_or_else(|| {
            let event = Event::warning("SparkApplicationSuspended", told(application, "is suspended"));
            let reason = "nothing of it runs any more";
            written(view, reset(application), State::Suspended, vec![event], reason)
        }),
        State::Suspended if application.wishes.suspend => Step::Wait(None),
        State::Suspended => {
            let event = Event::warning("SparkApplicationResuming", told(application, "is resuming"));
            write(view, State::Resuming, vec![event], "spec.suspend is no longer true")
        }
        State::Completed | State::Failed => ended(view, policy),
    }
}

/// Whether the spec is another than the one that was submitted, and that matters.
fn changed(view: &View<'_>, policy: &Policy) -> bool {
    let application = view.application;
    let state = application.state();
    if application.submission().is_empty()
        || matches!(state, State::Invalidating | State::Suspending | State::Suspended)
    {
        return false;
    }
    match spec_change(application, view.baseline) {
        Change::Full => true,
        Change::Partial => !policy.partial_restart,
        Change::None | Change::Apart | Change::Foreign => false,
    }
}

/// Whether new executors may have to be others than those of the spec that was submitted. Who changes it back wants that
/// undone, too.
fn refreshable(view: &View<'_>, policy: &Policy) -> bool {
    policy.partial_restart
        && view.driver.is_some()
        && view.refreshed != Some(view.application.generation)
        && matches!(spec_change(view.application, view.baseline), Change::Partial | Change::Apart)
}

/// How the spec compares with the one that was submitted; with `baseline` where the submission id does not say.
#[must_use]
pub fn spec_change(application: &Application, baseline: Digest) -> Change {
    let digest = application.wishes.digest;
    let attempt = application.status.submission_attempts.unwrap_or_default();
    let id = application.submission();
    match submission::change(id, &application.uid, application.generation, attempt, digest) {
        Change::Foreign if digest == baseline => Change::None,
        Change::Foreign if digest.partly_equals(baseline) => Change::Partial,
        Change::Foreign => Change::Full,
        known => known,
    }
}
