//! Conditions of an application: what the status says, in the form that `kubectl wait` and dashboards read. They follow
//! from the rest of the status and nothing is decided by them: a definition of Kubeflow's operator prunes them.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::state::State;
use crate::api::SparkApplicationStatus;

/// Longest message of a condition.
const LONGEST: usize = 32_768;

/// What of an application is not quite as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notes {
    /// What was said of the last submission stays said.
    #[default]
    Kept,
    /// What is to be said of a new submission: a category and a message each.
    New(Vec<(String, String)>),
}

/// Sets the conditions of a status. `cause` says more than the state.
pub(super) fn set(
    status: &mut SparkApplicationStatus,
    state: State,
    cause: Option<&str>,
    notes: &Notes,
    generation: i64,
    now: Timestamp,
) {
    let before = status.conditions.take().unwrap_or_default();
    let message =
        status.application_state.as_ref().and_then(|state| state.error_message.clone()).unwrap_or_default();
    let truth = |is: bool| if is { "True" } else { "False" };
    let name = &*format!("{state:?}");
    let reason = cause.unwrap_or(name);
    let running = (truth(state == State::Running), reason, &*message);
    let succeeded = match state {
        State::Completed => ("True", name, ""),
        State::Failed => ("False", reason, &*message),
        _ => ("Unknown", name, ""),
    };
    let mut all = Vec::new();
    let mut add = |kind: &str, (value, reason, message): (&str, &str, &str)| {
        let before = before.iter().find(|condition| condition.type_ == kind);
        let since =
            before.filter(|before| before.status == value).map(|before| before.last_transition_time.clone());
        all.push(Condition {
            type_: kind.to_owned(),
            status: value.to_owned(),
            reason: word(reason),
            message: cut(message),
            observed_generation: Some(generation),
            last_transition_time: since.unwrap_or(Time(whole_seconds(now))),
        });
    };
    add("Running", running);
    add("Succeeded", succeeded);
    let said = before.iter().find(|condition| condition.type_ == "FullyApplied");
    match (notes, said) {
        (Notes::New(notes), _) => {
            if let Some((reason, _)) = notes.first() {
                let messages: Vec<_> = notes.iter().map(|(_, message)| message.as_str()).collect();
                add("FullyApplied", ("False", reason, &messages.join("; ")));
            }
        }
        (Notes::Kept, Some(said)) => add("FullyApplied", (&said.status, &said.reason, &said.message)),
        (Notes::Kept, None) => {}
    }
    status.conditions = Some(all);
    status.observed_generation = Some(generation);
}

/// Times in a status have seconds.
pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// A reason as Kubernetes takes it: a letter first, then letters, digits, `_`, `,` and `:`.
fn word(reason: &str) -> String {
    let word: String =
        reason.chars().filter(|c| c.is_ascii_alphanumeric() || "_,:".contains(*c)).take(256).collect();
    let word = word.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).trim_end_matches([',', ':']);
    if word.is_empty() { "Unknown".to_owned() } else { word.to_owned() }
}

fn cut(message: &str) -> String {
    message.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_the_time_of_its_last_change() {
        let mut status = SparkApplicationStatus::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let times = |status: &SparkApplicationStatus| {
            let all = status.conditions.iter().flatten();
            all.map(|c| (c.status.clone(), c.last_transition_time.0.as_second())).collect::<Vec<_>>()
        };
        let is = |value: &str, second| (value.to_owned(), second);
        set(&mut status, State::Submitted, None, &Notes::Kept, 1, at(1));
        assert_eq!(times(&status), [is("False", 1), is("Unknown", 1)]);
        set(&mut status, State::Running, None, &Notes::Kept, 1, at(2));
        assert_eq!(times(&status), [is("True", 2), is("Unknown", 1)]);
        set(&mut status, State::Completed, None, &Notes::Kept, 1, at(3));
        assert_eq!(times(&status), [is("False", 3), is("True", 3)]);
    }

    #[test]
    fn what_was_said_of_a_submission_stays_until_the_next() {
        let mut status = SparkApplicationStatus::default();
        let reasons = |status: &SparkApplicationStatus| {
            status.conditions.iter().flatten().map(|c| c.reason.clone()).collect::<Vec<_>>()
        };
        let notes = Notes::New(vec![("OldVersion".to_owned(), "m".to_owned())]);
        set(&mut status, State::Submitted, None, &notes, 1, Timestamp::UNIX_EPOCH);
        set(&mut status, State::Running, None, &Notes::Kept, 1, Timestamp::UNIX_EPOCH);
        assert_eq!(reasons(&status), ["Running", "Running", "OldVersion"]);
        set(&mut status, State::Submitted, None, &Notes::New(Vec::new()), 1, Timestamp::UNIX_EPOCH);
        assert_eq!(reasons(&status), ["Submitted", "Submitted"]);
    }

    #[test]
    fn reasons_are_words() {
        for (reason, expected) in
            [("ErrImagePull", "ErrImagePull"), ("1: no", "no"), ("", "Unknown"), ("ü", "Unknown")]
        {
            assert_eq!(word(reason), expected);
        }
    }
}
