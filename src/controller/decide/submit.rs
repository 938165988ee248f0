//! Submissions: written down before they are done, and how they went.

use jiff::Timestamp;

use super::ended::again;
use super::write::{cause, failure, finished, gone, stamp, state_of, step, told, written};
use super::{Step, TAKEN_OVER, View, Write};
use crate::api::DriverInfo;
use crate::controller::conditions::Notes;
use crate::controller::event::Event;
use crate::controller::record::{Application, time};
use crate::controller::state::State;
use crate::controller::submission;
use crate::submit::Submitted;

/// A submission that is written down and of which nobody knows how it went.
#[must_use]
pub fn pending(application: &Application) -> bool {
    let recorded = |text: Option<&String>| text.is_some_and(|text| !text.is_empty());
    application.state().submits()
        && recorded(application.status.submission_id.as_ref())
        && recorded(application.status.driver_info.pod_name.as_ref())
        && application.error_message().is_empty()
}

pub(super) fn submit(view: &View<'_>) -> Step {
    let application = view.application;
    if pending(application) {
        let begun = time(application.status.last_submission_attempt_time.as_ref());
        let taken_over = begun.and_then(|begun| begun.checked_add(TAKEN_OVER).ok());
        return match taken_over.filter(|at| !view.claimed && *at > view.now) {
            Some(at) => Step::Wait(Some(at)),
            None => Step::Submit,
        };
    }
    if application.state() == State::SubmissionFailed {
        match again(view, State::SubmissionFailed) {
            None => return failed(view),
            Some(due) if due > view.now => return Step::Wait(Some(due)),
            Some(_) => {}
        }
    }
    if let Some(unreadable) = &application.wishes.unreadable {
        let mut write = submission_failed(view, unreadable, "Unreadable", view.now);
        // It is refused for this spec: another one is tried.
        let attempt = application.status.submission_attempts.unwrap_or_default();
        let id = submission::id(&application.uid, application.generation, attempt, application.wishes.digest);
        write.status.submission_id = Some(id.as_str().to_owned());
        return Step::Write(Box::new(write));
    }
    // What an earlier submission left. What is not seen here is found by the submitter.
    if view.driver.is_some()
        && let Some(step) = gone(view)
    {
        return step;
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

/// The status after a submission that succeeded. It may have waited for its turn since it was written down: times are told
/// from when it was begun, where that is known.
#[must_use]
pub fn submitted(
    view: &View<'_>,
    done: &Submitted,
    notes: Vec<(String, String)>,
    ui: Option<DriverInfo>,
    begun: Option<Timestamp>,
) -> Write {
    let mut status = view.application.status.clone();
    if let Some(begun) = begun {
        status.last_submission_attempt_time = Some(stamp(begun));
    }
    status.execution_attempts = Some(status.execution_attempts.unwrap_or_default().max(0).saturating_add(1));
    status.spark_application_id.clone_from(&done.application_id);
    status.driver_info = DriverInfo { pod_name: Some(done.driver_pod.clone()), ..ui.unwrap_or_default() };
    status.termination_time = None;
    status.application_state = Some(state_of(State::Submitted, None));
    let message = told(view.application, "was submitted successfully");
    let events = vec![Event::normal("SparkApplicationSubmitted", message)];
    finished(view, status, None, &Notes::New(notes), events, "the driver pod is created")
}

/// The status after a submission, begun at a time, that failed.
#[must_use]
pub fn submission_failed(view: &View<'_>, error: &str, category: &str, begun: Timestamp) -> Write {
    let mut status = view.application.status.clone();
    status.last_submission_attempt_time = Some(stamp(begun));
    let error = format!("failed to submit spark application: {error}");
    let name = &view.application.key.name;
    let event = Event::warning(
        "SparkApplicationSubmissionFailed",
        format!("failed to submit SparkApplication {name}: {error}"),
    );
    status.application_state = Some(state_of(State::SubmissionFailed, Some(error)));
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
    status.application_state = Some(state_of(State::Failed, Some(error)));
    let reason = "the restart policy allows no further submission";
    step(view, status, cause(application), vec![failure(application)], reason)
}
