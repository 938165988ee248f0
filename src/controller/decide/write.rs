//! Statuses to be written, and the steps that make room for a further run.

use jiff::Timestamp;

use super::{AGAIN, EXECUTORS_EVERY, Policy, Step, View, Write};
use crate::api::{ApplicationState, DriverInfo, SparkApplicationStatus};
use crate::controller::conditions::{self, Notes, whole_seconds};
use crate::controller::event::Event;
use crate::controller::executors::{self, Executors};
use crate::controller::pod::Pod;
use crate::controller::record::{Application, state_in};
use crate::controller::state::State;

/// What is to be done until the driver, and what was made beside it, is gone; None when it is.
pub(super) fn gone(view: &View<'_>) -> Option<Step> {
    match view.driver {
        Some(driver) if !driver.leaving => Some(remove(driver)),
        Some(_) => {
            let looked = if view.asked { Some(view.now) } else { view.looked };
            let again =
                looked.and_then(|looked| looked.checked_add(AGAIN).ok()).filter(|again| *again > view.now);
            Some(again.map_or(Step::Look, |again| Step::Wait(Some(again))))
        }
        None if !view.asked => Some(Step::Look),
        None if !view.removed => Some(Step::RemoveRest),
        None => None,
    }
}

pub(super) fn remove(driver: &Pod) -> Step {
    Step::RemoveDriver { name: driver.name.to_string(), uid: driver.uid.to_string() }
}

pub(super) fn rerun(view: &View<'_>, status: SparkApplicationStatus, reason: &'static str) -> Step {
    let event = Event::warning("SparkApplicationPendingRerun", told(view.application, "is pending rerun"));
    written(view, status, State::PendingRerun, vec![event], reason)
}

/// The executors as they are, in an application in this state.
pub(super) fn executors<'a>(view: &View<'a>, state: State, policy: &Policy) -> Executors<'a> {
    let before = view.application.status.executor_state.as_ref();
    executors::observe(before, view.executors, state, policy.most_executors)
}

/// When executors may be told of again; None: now.
pub(super) fn executors_due(view: &View<'_>) -> Option<Timestamp> {
    let due = view.written.and_then(|written| written.checked_add(EXECUTORS_EVERY).ok());
    due.filter(|due| *due > view.now)
}

/// The status without what belongs to one run.
pub(super) fn reset(application: &Application) -> SparkApplicationStatus {
    SparkApplicationStatus {
        spark_application_id: None,
        termination_time: None,
        driver_info: DriverInfo::default(),
        executor_state: None,
        application_state: None,
        ..application.status.clone()
    }
}

pub(super) fn write(view: &View<'_>, state: State, events: Vec<Event>, reason: &'static str) -> Step {
    written(view, view.application.status.clone(), state, events, reason)
}

pub(super) fn written(
    view: &View<'_>,
    mut status: SparkApplicationStatus,
    state: State,
    events: Vec<Event>,
    reason: &'static str,
) -> Step {
    status.application_state = Some(state_of(state, None));
    step(view, status, None, events, reason)
}

/// The step that writes a status.
pub(super) fn step(
    view: &View<'_>,
    status: SparkApplicationStatus,
    cause: Option<&str>,
    events: Vec<Event>,
    reason: &'static str,
) -> Step {
    Step::Write(Box::new(finished(view, status, cause, &Notes::Kept, events, reason)))
}

pub(super) fn finished(
    view: &View<'_>,
    mut status: SparkApplicationStatus,
    cause: Option<&str>,
    notes: &Notes,
    events: Vec<Event>,
    reason: &'static str,
) -> Write {
    let state = state_in(&status);
    conditions::set(&mut status, state, cause, notes, view.application.generation, view.now);
    Write { status, events, reason }
}

pub(super) fn state_of(state: State, error_message: Option<String>) -> ApplicationState {
    ApplicationState {
        state: state.name().to_owned(),
        error_message: error_message.filter(|text| !text.is_empty()),
    }
}

/// What the conditions gave as the cause.
pub(super) fn cause(application: &Application) -> Option<&str> {
    let conditions = application.status.conditions.iter().flatten();
    conditions
        .into_iter()
        .find(|condition| condition.type_ == "Running")
        .map(|condition| condition.reason.as_str())
}

pub(super) fn told(application: &Application, what: &str) -> String {
    format!("SparkApplication {} {what}", application.key.name)
}

pub(super) fn failure(application: &Application) -> Event {
    let message = told(application, &format!("failed: {}", application.error_message()));
    Event::warning("SparkApplicationFailed", message)
}

pub(super) fn stamp(now: Timestamp) -> String {
    whole_seconds(now).to_string()
}
