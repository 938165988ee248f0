//! What the operator remembers of an application beside what the cluster has.

use jiff::Timestamp;

use super::record::{Application, time};
use super::state::State;
use super::submission::Digest;

/// What was done about an application and is not in its status. Losing it costs a request, never a job.
#[derive(Clone, Debug)]
pub struct Memory {
    /// When the driver was last asked for, or asked to be deleted.
    pub looked: Option<Timestamp>,
    /// When the status was last written.
    pub written: Option<Timestamp>,
    /// The submission that is this operator's: written down by it, or found so when it started. One that appears while it
    /// runs is another operator's, which is at it.
    pub claimed: Option<Box<str>>,
    /// The submission that fails and is tried again.
    pub failing: Option<Box<Failing>>,
    /// The generation whose executors new ones are known to be.
    pub refreshed: Option<i64>,
    /// Since when it has been in its state.
    pub since: Timestamp,
    /// The spec that counts as submitted where the submission id does not say: the one that was first seen with it.
    pub baseline: Digest,
}

/// Since when a submission fails, and how.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Its id.
    pub submission: Box<str>,
    /// For want of an answer.
    pub unanswered: Option<Timestamp>,
    /// Because something is to go first.
    pub waits: Option<Timestamp>,
}

impl Memory {
    /// Of an application that has become so; `before` is what it was, and what was remembered of it.
    pub(super) fn of(
        application: &Application,
        before: Option<(&Application, &Self)>,
        now: Timestamp,
    ) -> Self {
        let state = application.state();
        let submission = application.submission();
        let Some((was, memory)) = before.filter(|(was, _)| was.uid == application.uid) else {
            return Self {
                looked: None,
                written: None,
                claimed: Some(submission.into()),
                failing: None,
                refreshed: None,
                // Seen for the first time: since when it is so, the status may know.
                since: entered(application, state, now),
                baseline: application.wishes.digest,
            };
        };
        let same_submission = was.submission() == submission;
        Self {
            since: if was.state() == state { memory.since } else { now },
            baseline: if same_submission { memory.baseline } else { application.wishes.digest },
            ..memory.clone()
        }
    }
}

/// When an application came into its state, for one that was in it before the operator started.
fn entered(application: &Application, state: State, now: Timestamp) -> Timestamp {
    let status = &application.status;
    let known = match state {
        State::New => Some(application.created),
        State::Submitted => time(status.last_submission_attempt_time.as_ref()),
        State::Running => {
            let conditions = status.conditions.iter().flatten();
            let running = conditions.into_iter().find(|condition| condition.type_ == "Running");
            running
                .filter(|condition| condition.status == "True")
                .map(|condition| condition.last_transition_time.0)
        }
        _ => time(status.termination_time.as_ref()),
    };
    known.unwrap_or(now)
}
