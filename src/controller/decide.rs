//! What is to be done next about an application, decided from what is known of it: one step at a time, until there is
//! nothing to do but wait. Pure: nothing is asked, written or timed here.
//!
//! What has effects outside the status is written down before it is done. A submission is *pending* when the status names
//! a driver pod and a submission id and has no error message: whoever finds it so, after a crash too, submits with that
//! id, and what was created before is found again by it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::conditions::{self, Notes, whole_seconds};
use super::event::{self, Event};
use super::executors;
use super::pod::{Phase, Pod};
use super::record::{Application, time};
use super::state::State;
use super::submission::{self, Change, Digest};
use crate::api::{ApplicationState, DriverInfo, SparkApplicationStatus};
use crate::submit::Submitted;

/// Seconds between two tries where neither the application nor its defaults say.
const RETRY_INTERVAL: i64 = 5;

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
    /// Whether the API server was asked just now, and there is no driver pod.
    pub driver_absent: bool,
    /// Executor pods of its submission.
    pub executors: &'a [&'a Pod],
    /// When somebody last asked the API server for the driver, or to delete it.
    pub looked: Option<Timestamp>,
    /// Whether what was made beside the driver was removed just now.
    pub removed: bool,
    /// The spec that counts as submitted where the submission id does not say.
    pub baseline: Digest,
    /// Since when it has been in its state, as far as is known.
    pub since: Timestamp,
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
        (Step::Wait(until), Some((deadline, _))) => {
            Step::Wait(Some(until.map_or(deadline, |until| until.min(deadline))))
        }
        (step, _) => step,
    }
}

fn next(view: &View<'_>, policy: &Policy, state: State) -> Step {
    let application = view.application;
    if application.deleting {
        return match view.driver {
            Some(driver) if !driver.leaving => remove(driver),
            _ => Step::Wait(None),
        };
    }
    let resting = state.is_final() || matches!(state, State::Suspending | State::Suspended);
    if application.wishes.suspend && !resting {
        let event = Event::warning("SparkApplicationSuspending", told(application, "is suspending"));
        return write(view, State::Suspending, vec![event], "spec.suspend is true");
    }
    if changed(view, policy) {
        return write(view, State::Invalidating, Vec::new(), "the spec was changed");
    }
    match state {
        State::New | State::PendingRerun | State::Resuming | State::SubmissionFailed => submit(view),
        State::Submitted | State::Running | State::Unknown => observe(view, policy),
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
        Change::None | Change::Foreign => false,
    }
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

/// A submission that is written down and of which nobody knows how it went.
#[must_use]
pub fn pending(application: &Application) -> bool {
    let recorded = |text: Option<&String>| text.is_some_and(|text| !text.is_empty());
    application.state().submits()
        && recorded(application.status.submission_id.as_ref())
        && recorded(application.status.driver_info.pod_name.as_ref())
        && application.error_message().is_empty()
}

fn submit(view: &View<'_>) -> Step {
    let application = view.application;
    if pending(application) {
        return Step::Submit;
    }
    if application.state() == State::SubmissionFailed {
        match again(view, State::SubmissionFailed) {
            None => return failed(view),
            Some(due) if due > view.now => return Step::Wait(Some(due)),
            Some(_) => {}
        }
    }
    if let Some(unreadable) = &application.wishes.unreadable {
        return Step::Write(Box::new(submission_failed(view, unreadable, "Unreadable")));
    }
    // What an earlier submission left. What is not seen here is found by the submitter.
    if view.driver.is_some() {
        if let Some(step) = gone(view) {
            return step;
        }
    }
    let mut status = application.status.clone();
    let attempt = status.submission_attempts.unwrap_or_default().max(0).saturating_add(1);
    let wishes = &application.wishes;
    let id = submission::id(&application.uid, application.generation, attempt, wishes.digest);
    status.submission_id = Some(id.as_str().to_owned());
    status.submission_attempts = Some(attempt);
    status.last_submission_attempt_time = Some(stamp(view.now));
    status.driver_info = DriverInfo { pod_name: Some(wishes.driver_pod.clone()), ..DriverInfo::default() };
    written(view, status, application.state(), Vec::new(), "it is about to be submitted")
}

/// The status after a submission that succeeded.
#[must_use]
pub fn submitted(
    view: &View<'_>,
    done: &Submitted,
    notes: Vec<(String, String)>,
    ui: Option<DriverInfo>,
) -> Write {
    let mut status = view.application.status.clone();
    status.execution_attempts = Some(status.execution_attempts.unwrap_or_default().max(0).saturating_add(1));
    status.spark_application_id.clone_from(&done.application_id);
    status.driver_info = DriverInfo { pod_name: Some(done.driver_pod.clone()), ..ui.unwrap_or_default() };
    status.termination_time = None;
    status.application_state = state_of(State::Submitted, None);
    let message = told(view.application, "was submitted successfully");
    let events = vec![Event::normal("SparkApplicationSubmitted", message)];
    finished(view, status, None, &Notes::New(notes), events, "the driver pod is created")
}

/// The status after a submission that failed.
#[must_use]
pub fn submission_failed(view: &View<'_>, error: &str, category: &str) -> Write {
    let mut status = view.application.status.clone();
    let error = format!("failed to submit spark application: {error}");
    let name = &view.application.key.name;
    let event = Event::warning(
        "SparkApplicationSubmissionFailed",
        format!("failed to submit SparkApplication {name}: {error}"),
    );
    status.application_state = state_of(State::SubmissionFailed, Some(error));
    finished(view, status, Some(category), &Notes::Kept, vec![event], "the submission failed")
}

/// No further submission.
fn failed(view: &View<'_>) -> Step {
    // A submission that failed half-way, or whose answer was lost, may have left a driver.
    if let Some(step) = gone(view) {
        return step;
    }
    let application = view.application;
    let mut status = application.status.clone();
    let error = application.error_message().to_owned();
    status.termination_time.get_or_insert_with(|| stamp(view.now));
    status.application_state = state_of(State::Failed, Some(error));
    let reason = "the restart policy allows no further submission";
    Step::Write(Box::new(finished(
        view,
        status,
        cause(application),
        &Notes::Kept,
        vec![failure(application)],
        reason,
    )))
}

/// Looks at driver and executors of an application that is thought to run.
fn observe(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    let state = application.state();
    let Some(driver) = view.driver else {
        let submitted = time(application.status.last_submission_attempt_time.as_ref());
        let grace = submitted.and_then(|submitted| submitted.checked_add(policy.grace).ok());
        if let (State::Submitted, Some(grace)) = (state, grace.filter(|grace| *grace > view.now)) {
            return Step::Wait(Some(grace));
        }
        if !view.driver_absent {
            return Step::Look;
        }
        let pod = application.driver_pod();
        let message = format!("Driver pod {pod} not found after grace period {:#}", policy.grace);
        let event =
            Event::warning("SparkDriverNotFound", format!("{message}, marking application as Failing"));
        let error = format!("driver pod not found: {pod}");
        return failing_now(view, error, "DriverNotFound", vec![event], "the driver pod is gone");
    };
    let next = match driver.phase {
        Phase::Pending => State::Submitted,
        Phase::Running => State::Running,
        Phase::Succeeded => State::Succeeding,
        Phase::Failed => State::Failing,
        Phase::Unknown => State::Unknown,
    };
    let mut status = application.status.clone();
    if let Some(id) = driver.spark_application.as_deref().filter(|id| !id.is_empty()) {
        status.spark_application_id = Some(id.to_owned());
    }
    let ended = matches!(next, State::Succeeding | State::Failing);
    if ended {
        status.termination_time.get_or_insert_with(|| stamp(view.now));
    }
    let waiting = driver.waiting.as_ref().filter(|_| next == State::Submitted);
    let error = match next {
        State::Failing => Some(event::failure(driver, "driver")),
        // The message of a pull that is tried again changes every time.
        State::Submitted if blocked_as_before(application, driver) => {
            Some(application.error_message().to_owned())
        }
        State::Submitted => {
            waiting.map(|waiting| format!("driver pod is pending: {}: {}", waiting.reason, waiting.message))
        }
        _ => None,
    };
    let cause = match next {
        State::Failing => Some(driver.ended.as_ref().map_or("DriverFailed", |ended| &*ended.reason))
            .filter(|reason| !reason.is_empty()),
        _ => waiting.map(|waiting| &*waiting.reason),
    };
    status.application_state = state_of(next, error);
    let before = application.status.executor_state.as_ref();
    let executors = executors::observe(before, view.executors, next, policy.most_executors);
    status.executor_state = Some(executors.states).filter(|states| !states.is_empty());

    let told = status.application_state != application.status.application_state;
    let only_executors = !told && status.spark_application_id == application.status.spark_application_id;
    if only_executors && status.executor_state == application.status.executor_state {
        return Step::Wait(None);
    }
    let due = view.written.and_then(|written| written.checked_add(EXECUTORS_EVERY).ok());
    if let Some(due) = due.filter(|due| only_executors && *due > view.now) {
        return Step::Wait(Some(due));
    }
    let mut events = Vec::new();
    if told {
        events.push(event::driver(driver));
    }
    events.extend(event::executors(&executors.changed));
    let reason = if told { "the driver changed" } else { "executors changed" };
    Step::Write(Box::new(finished(view, status, cause, &Notes::Kept, events, reason)))
}

/// Whether the driver waits for what it waited for when the status was written.
fn blocked_as_before(application: &Application, driver: &Pod) -> bool {
    let pull = |reason: &str| matches!(reason, "ErrImagePull" | "ImagePullBackOff");
    let before = application.error_message().strip_prefix("driver pod is pending: ").unwrap_or_default();
    let before = before.split(':').next().unwrap_or_default();
    driver.waiting.as_ref().is_some_and(|waiting| {
        !before.is_empty() && (*waiting.reason == *before || pull(&waiting.reason) && pull(before))
    })
}

/// An application that has been waiting in a state for too long.
fn overdue(view: &View<'_>, policy: &Policy, limit: SignedDuration) -> Step {
    let application = view.application;
    let state = application.state();
    let said = application.error_message();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let error = format!("{state} for longer than {limit:#}{said}");
    let reason = "the deadline of its state has passed";
    if state.has_driver() {
        return failing_now(view, error, "DeadlineExceeded", Vec::new(), reason);
    }
    let status = final_status(view, State::Failed, Some(error), policy);
    let event = Event::warning(
        "SparkApplicationFailed",
        told(application, &format!("failed: it was {state} for too long")),
    );
    Step::Write(Box::new(finished(view, status, Some("DeadlineExceeded"), &Notes::Kept, vec![event], reason)))
}

fn failing_now(
    view: &View<'_>,
    error: String,
    cause: &str,
    events: Vec<Event>,
    reason: &'static str,
) -> Step {
    let mut status = view.application.status.clone();
    status.termination_time.get_or_insert_with(|| stamp(view.now));
    status.application_state = state_of(State::Failing, Some(error));
    let before = status.executor_state.as_ref();
    let states = executors::observe(before, view.executors, State::Failing, usize::MAX).states;
    status.executor_state = Some(states).filter(|states| !states.is_empty());
    Step::Write(Box::new(finished(view, status, Some(cause), &Notes::Kept, events, reason)))
}

fn succeeding(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    if again(view, State::Succeeding).is_some() {
        return gone(view).unwrap_or_else(|| {
            rerun(view, reset(application), "it ended well, and the restart policy is Always")
        });
    }
    if !view.removed {
        return Step::RemoveRest;
    }
    let status = final_status(view, State::Completed, None, policy);
    let mut events = vec![Event::normal("SparkApplicationCompleted", told(application, "completed"))];
    if status.executor_state.is_none() {
        let message = "The driver ended with exit code 0 and no executor was ever seen: is the image a Spark image, and does \
                       the program use Spark?";
        events.push(Event::warning("SparkDriverCompleted", message));
    }
    let cause = status.executor_state.is_none().then_some("NoExecutorSeen");
    Step::Write(Box::new(finished(view, status, cause, &Notes::Kept, events, "it ended well")))
}

fn failing(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    match again(view, State::Failing) {
        Some(due) if due > view.now => return Step::Wait(Some(due)),
        Some(_) => {
            return gone(view).unwrap_or_else(|| {
                rerun(view, reset(application), "it failed, and the restart policy allows another run")
            });
        }
        None => {}
    }
    // FAILED means that nothing of it runs any more.
    if let Some(driver) = view.driver.filter(|driver| driver.ended.is_none() && driver.phase != Phase::Failed)
    {
        return if driver.leaving { gone(view).unwrap_or(Step::Look) } else { remove(driver) };
    }
    if !view.removed {
        return Step::RemoveRest;
    }
    let status = final_status(view, State::Failed, Some(application.error_message().to_owned()), policy);
    let reason = "the restart policy allows no further run";
    Step::Write(Box::new(finished(
        view,
        status,
        cause(application),
        &Notes::Kept,
        vec![failure(application)],
        reason,
    )))
}

fn final_status(
    view: &View<'_>,
    state: State,
    error: Option<String>,
    policy: &Policy,
) -> SparkApplicationStatus {
    let mut status = view.application.status.clone();
    status.termination_time.get_or_insert_with(|| stamp(view.now));
    status.application_state = state_of(state, error);
    status.driver_info = DriverInfo { pod_name: status.driver_info.pod_name, ..DriverInfo::default() };
    let states =
        executors::observe(status.executor_state.as_ref(), view.executors, state, policy.most_executors)
            .states;
    status.executor_state = Some(states).filter(|states| !states.is_empty());
    status
}

/// An application that is done: its last executors, and its time to live.
fn ended(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    let status = &application.status;
    let end = time(status.termination_time.as_ref());
    let kept = application.wishes.time_to_live.or(policy.time_to_live.filter(|seconds| *seconds > 0));
    let until =
        end.zip(kept).and_then(|(end, kept)| end.checked_add(SignedDuration::from_secs(kept.max(0))).ok());
    if until.is_some_and(|until| until < view.now) {
        return Step::Delete;
    }
    let just_after = until.and_then(|until| until.checked_add(SignedDuration::from_millis(1)).ok());
    let states = executors::observe(
        status.executor_state.as_ref(),
        view.executors,
        application.state(),
        policy.most_executors,
    );
    let states = Some(states.states).filter(|states| !states.is_empty());
    if states == status.executor_state || status.executor_state.is_none() {
        return Step::Wait(just_after);
    }
    let mut status = status.clone();
    status.executor_state = states;
    Step::Write(Box::new(finished(
        view,
        status,
        cause(application),
        &Notes::Kept,
        Vec::new(),
        "executors changed",
    )))
}

/// When an application that ended, or failed to be submitted, may try again; None: never.
fn again(view: &View<'_>, state: State) -> Option<Timestamp> {
    let status = &view.application.status;
    let restart = &view.application.wishes.restart;
    let kind = restart.kind.as_deref().unwrap_or_default();
    let left = |attempts: Option<i32>, retries: Option<i32>| {
        kind == "OnFailure" && retries.is_some_and(|retries| attempts.unwrap_or_default() <= retries)
    };
    let (may, interval) = match state {
        State::Succeeding => return (kind == "Always").then_some(view.now),
        State::Failing => {
            (left(status.execution_attempts, restart.on_failure_retries), restart.on_failure_retry_interval)
        }
        _ => (
            left(status.submission_attempts, restart.on_submission_failure_retries),
            restart.on_submission_failure_retry_interval,
        ),
    };
    if kind != "Always" && !may {
        return None;
    }
    let attempts = i64::from(status.submission_attempts.unwrap_or_default().max(1));
    let wait = interval.unwrap_or(RETRY_INTERVAL).max(0).saturating_mul(attempts);
    let last = time(status.last_submission_attempt_time.as_ref()).unwrap_or(view.now);
    Some(last.checked_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX))
}

/// What is to be done until the driver, and what was made beside it, is gone; None when it is.
fn gone(view: &View<'_>) -> Option<Step> {
    match view.driver {
        Some(driver) if !driver.leaving => Some(remove(driver)),
        Some(_) => {
            let again = view
                .looked
                .and_then(|looked| looked.checked_add(AGAIN).ok())
                .filter(|again| *again > view.now);
            Some(again.map_or(Step::Look, |again| Step::Wait(Some(again))))
        }
        None if !view.driver_absent => Some(Step::Look),
        None if !view.removed => Some(Step::RemoveRest),
        None => None,
    }
}

fn remove(driver: &Pod) -> Step {
    Step::RemoveDriver { name: driver.name.to_string(), uid: driver.uid.to_string() }
}

fn rerun(view: &View<'_>, status: SparkApplicationStatus, reason: &'static str) -> Step {
    let event = Event::warning("SparkApplicationPendingRerun", told(view.application, "is pending rerun"));
    written(view, status, State::PendingRerun, vec![event], reason)
}

/// The status without what belongs to one run.
fn reset(application: &Application) -> SparkApplicationStatus {
    SparkApplicationStatus {
        spark_application_id: None,
        termination_time: None,
        driver_info: DriverInfo::default(),
        executor_state: None,
        application_state: None,
        ..application.status.clone()
    }
}

fn write(view: &View<'_>, state: State, events: Vec<Event>, reason: &'static str) -> Step {
    written(view, view.application.status.clone(), state, events, reason)
}

fn written(
    view: &View<'_>,
    mut status: SparkApplicationStatus,
    state: State,
    events: Vec<Event>,
    reason: &'static str,
) -> Step {
    status.application_state = state_of(state, None);
    Step::Write(Box::new(finished(view, status, None, &Notes::Kept, events, reason)))
}

fn finished(
    view: &View<'_>,
    mut status: SparkApplicationStatus,
    cause: Option<&str>,
    notes: &Notes,
    events: Vec<Event>,
    reason: &'static str,
) -> Write {
    let state = status.application_state.as_ref().map_or(State::New, |state| State::of(&state.state));
    conditions::set(&mut status, state, cause, notes, view.application.generation, view.now);
    Write { status, events, reason }
}

fn state_of(state: State, error_message: Option<String>) -> Option<ApplicationState> {
    Some(ApplicationState {
        state: state.name().to_owned(),
        error_message: error_message.filter(|text| !text.is_empty()),
    })
}

/// What the conditions gave as the cause.
fn cause(application: &Application) -> Option<&str> {
    let conditions = application.status.conditions.iter().flatten();
    conditions
        .into_iter()
        .find(|condition| condition.type_ == "Running")
        .map(|condition| condition.reason.as_str())
}

fn told(application: &Application, what: &str) -> String {
    format!("SparkApplication {} {what}", application.key.name)
}

fn failure(application: &Application) -> Event {
    let message = told(application, &format!("failed: {}", application.error_message()));
    Event::warning("SparkApplicationFailed", message)
}

fn stamp(now: Timestamp) -> String {
    whole_seconds(now).to_string()
}
