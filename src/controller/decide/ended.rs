//! Applications whose run has ended: run again, or done, and deleted when their time to live is over.

use jiff::{SignedDuration, Timestamp};

use super::write::{
    cause, executors, executors_due, failure, gone, remove, rerun, reset, stamp, state_of, step, told,
};
use super::{Policy, RETRY_INTERVAL, Step, View};
use crate::api::{DriverInfo, SparkApplicationStatus};
use crate::controller::event::{self, Event};
use crate::controller::pod::Phase;
use crate::controller::record::time;
use crate::controller::state::State;

pub(super) fn succeeding(view: &View<'_>, policy: &Policy) -> Step {
    let application = view.application;
    if again(view, State::Succeeding).is_some() {
        return gone(view).unwrap_or_else(|| {
            rerun(view, reset(application), "it ended well, and the restart policy is Always")
        });
    }
    if !view.removed {
        return Step::RemoveRest;
    }
    let (status, mut events) = final_status(view, State::Completed, None, policy);
    events.push(Event::normal("SparkApplicationCompleted", told(application, "completed")));
    // Where none is listed, nobody knows.
    let none_seen = status.executor_state.is_none() && policy.most_executors > 0;
    if none_seen {
        let message = "The driver ended with exit code 0 and no executor was ever seen: is the image a Spark image, and does \
                       the program use Spark?";
        events.push(Event::warning("SparkDriverCompleted", message));
    }
    let cause = none_seen.then_some("NoExecutorSeen");
    step(view, status, cause, events, "it ended well")
}

pub(super) fn failing(view: &View<'_>, policy: &Policy) -> Step {
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
    let error = application.error_message().to_owned();
    let (status, mut events) = final_status(view, State::Failed, Some(error), policy);
    events.push(failure(application));
    step(view, status, cause(application), events, "the restart policy allows no further run")
}

/// The status at the end, and what is to be said of the last executors.
pub(super) fn final_status(
    view: &View<'_>,
    state: State,
    error: Option<String>,
    policy: &Policy,
) -> (SparkApplicationStatus, Vec<Event>) {
    let mut status = view.application.status.clone();
    status.termination_time.get_or_insert_with(|| stamp(view.now));
    status.application_state = Some(state_of(state, error));
    status.driver_info = DriverInfo { pod_name: status.driver_info.pod_name, ..DriverInfo::default() };
    let executors = executors(view, state, policy);
    status.executor_state = executors.listed;
    (status, event::executors(&executors.changed))
}

/// An application that is done: its last executors, and its time to live.
pub(super) fn ended(view: &View<'_>, policy: &Policy) -> Step {
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
    let executors = executors(view, application.state(), policy);
    if executors.listed == status.executor_state || status.executor_state.is_none() {
        return Step::Wait(just_after);
    }
    if let Some(due) = executors_due(view) {
        return Step::Wait(Some(just_after.map_or(due, |after| after.min(due))));
    }
    let mut status = status.clone();
    status.executor_state = executors.listed;
    step(view, status, cause(application), event::executors(&executors.changed), "executors changed")
}

/// When an application that ended, or failed to be submitted, may try again; None: never.
pub(super) fn again(view: &View<'_>, state: State) -> Option<Timestamp> {
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
    let last = time(status.last_submission_attempt_time.as_ref()).unwrap_or(view.since);
    Some(last.checked_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX))
}
