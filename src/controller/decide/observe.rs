//! Applications that are thought to run: what their driver and executors say of them.

use jiff::SignedDuration;

use super::ended::final_status;
use super::write::{executors, executors_due, remove, stamp, state_of, step, told};
use super::{Policy, Step, View};
use crate::controller::event::{self, Event};
use crate::controller::pod::{Phase, Pod};
use crate::controller::record::Application;
use crate::controller::state::State;
use crate::controller::submission;

/// Looks at driver and executors of an application that is thought to run.
pub(super) fn observe(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    let state = application.state();
    // One of another submission is not its driver, though it has its name.
    let own = |driver: &&Pod| driver.submission.as_deref().is_none_or(|id| id == application.submission());
    let Some(driver) = view.driver.filter(own) else {
        // Not since it was written down: it may have waited for its turn, and for spark-submit, before it was submitted.
        let grace = view.since.checked_add(policy.grace).ok();
        if let (State::Submitted, Some(grace)) = (state, grace.filter(|grace| *grace > view.now)) {
            return Step::Wait(Some(grace));
        }
        if !view.asked {
            return Step::Look;
        }
        let pod = application.driver_pod();
        let message = format!("Driver pod {pod} not found after grace period {:#}", policy.grace);
        let event =
            Event::warning("SparkDriverNotFound", format!("{message}, marking application as Failing"));
        let error = format!("driver pod not found: {pod}");
        return failing_now(view, policy, error, "DriverNotFound", vec![event], "the driver pod is gone");
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
    status.application_state = Some(state_of(next, error));
    let executors = executors(view, next, policy);
    status.executor_state.clone_from(&executors.listed);

    let told = status.application_state != application.status.application_state;
    let only_executors = !told && status.spark_application_id == application.status.spark_application_id;
    if only_executors && status.executor_state == application.status.executor_state {
        return Step::Wait(None);
    }
    if let Some(due) = executors_due(view).filter(|_| only_executors) {
        return Step::Wait(Some(due));
    }
    let mut events = Vec::new();
    if told {
        events.push(event::driver(driver));
    }
    events.extend(event::executors(&executors.changed));
    let reason = if told { "the driver changed" } else { "executors changed" };
    step(view, status, cause, events, reason)
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
pub(super) fn overdue(view: &View<'_>, policy: &Policy, limit: SignedDuration) -> Step {
    let application = view.application;
    let state = application.state();
    let said = application.error_message();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let error = format!("{state} for longer than {limit:#}{said}");
    let reason = "the deadline of its state has passed";
    if state.has_driver() {
        return failing_now(view, policy, error, "DeadlineExceeded", Vec::new(), reason);
    }
    // FAILED means that nothing of it runs, as far as that is to be had.
    match view.driver {
        // One that has ended stays for its log.
        Some(driver) if driver.runs_still() && !driver.leaving => return remove(driver),
        None if state.submits() && !view.asked => return Step::Look,
        _ => {}
    }
    if !view.removed {
        return Step::RemoveRest;
    }
    let (mut status, mut events) = final_status(view, State::Failed, Some(error), policy);
    if state == State::Invalidating {
        // Else the change that it was to be run again for would be one still.
        let attempt = status.submission_attempts.unwrap_or_default();
        let id = submission::id(&application.uid, application.generation, attempt, application.wishes.digest);
        status.submission_id = Some(id.as_str().to_owned());
    }
    events.push(Event::warning(
        "SparkApplicationFailed",
        told(application, &format!("failed: it was {state} for too long")),
    ));
    step(view, status, Some("DeadlineExceeded"), events, reason)
}

fn failing_now(
    view: &View<'_>,
    policy: &Policy,
    error: String,
    cause: &str,
    mut events: Vec<Event>,
    reason: &'static str,
) -> Step {
    let mut status = view.application.status.clone();
    status.termination_time.get_or_insert_with(|| stamp(view.now));
    status.application_state = Some(state_of(State::Failing, Some(error)));
    let executors = executors(view, State::Failing, policy);
    status.executor_state = executors.listed;
    events.extend(event::executors(&executors.changed));
    step(view, status, Some(cause), events, reason)
}
