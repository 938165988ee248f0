//! The states of a SparkApplication, as Kubeflow's operator names them, and which may follow which.

use std::fmt;

/// A state, as `status.applicationState.state` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nothing has been done about it yet.
    #[default]
    New,
    /// The driver pod was created.
    Submitted,
    /// The driver's container runs.
    Running,
    /// It ended well; final.
    Completed,
    /// It ended badly and is not run again; final.
    Failed,
    /// The driver pod could not be created.
    SubmissionFailed,
    /// What the last run left is gone: it is submitted again.
    PendingRerun,
    /// Its spec was changed: what runs is removed.
    Invalidating,
    /// The driver ended well.
    Succeeding,
    /// The driver ended badly, or is gone.
    Failing,
    /// It is to be suspended: what runs is removed.
    Suspending,
    /// Nothing of it runs until `spec.suspend` is false.
    Suspended,
    /// It is submitted after it was suspended.
    Resuming,
    /// Nobody knows how its driver is.
    Unknown,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::New,
        Self::Submitted,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::SubmissionFailed,
        Self::PendingRerun,
        Self::Invalidating,
        Self::Succeeding,
        Self::Failing,
        Self::Suspending,
        Self::Suspended,
        Self::Resuming,
        Self::Unknown,
    ];

    /// As the status has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "",
            Self::Submitted => "SUBMITTED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::SubmissionFailed => "SUBMISSION_FAILED",
            Self::PendingRerun => "PENDING_RERUN",
            Self::Invalidating => "INVALIDATING",
            Self::Succeeding => "SUCCEEDING",
            Self::Failing => "FAILING",
            Self::Suspending => "SUSPENDING",
            Self::Suspended => "SUSPENDED",
            Self::Resuming => "RESUMING",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The state of a name. Whatever else stands there was written by hand: only a look at the driver can tell.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == name).unwrap_or(Self::Unknown)
    }

    /// Whether it stays so: nothing is done any more but delete it when its time to live is over.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }

    /// Whether what comes next is a submission, or the rest of one.
    #[must_use]
    pub fn submits(self) -> bool {
        matches!(self, Self::New | Self::PendingRerun | Self::Resuming | Self::SubmissionFailed)
    }

    /// Whether a driver is there, as far as is known.
    #[must_use]
    pub fn has_driver(self) -> bool {
        matches!(self, Self::Submitted | Self::Running | Self::Unknown)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::New { "New" } else { self.name() })
    }
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// From which states.
    pub from: &'static [State],
    /// To which state.
    pub to: State,
    /// When it is taken.
    pub when: &'static str,
}

/// Every step there is: what docs/states.md prints, and what the tests hold `decide` to.
pub const TRANSITIONS: &[Transition] = {
    use State::{
        Completed, Failed, Failing, Invalidating, New, PendingRerun, Resuming, Running, SubmissionFailed,
        Submitted, Succeeding, Suspended, Suspending, Unknown,
    };
    &[
        Transition {
            from: &[New, PendingRerun, Resuming, SubmissionFailed],
            to: Submitted,
            when: "the driver pod is created, or found created by an earlier try of the same submission",
        },
        Transition {
            from: &[New, PendingRerun, Resuming, SubmissionFailed],
            to: SubmissionFailed,
            when: "the submission fails",
        },
        Transition {
            from: &[SubmissionFailed],
            to: Failed,
            when: "the restart policy allows no further submission",
        },
        Transition { from: &[Submitted, Unknown], to: Running, when: "the driver's container runs" },
        Transition { from: &[Running, Unknown], to: Submitted, when: "the driver pod is pending" },
        Transition {
            from: &[Submitted, Running, Unknown],
            to: Succeeding,
            when: "the driver's container ended with exit code 0",
        },
        Transition {
            from: &[Submitted, Running, Unknown],
            to: Failing,
            when: "the driver's container ended otherwise, the driver pod is gone (SUBMITTED: beyond the grace period), or \
                   the state's deadline has passed",
        },
        Transition { from: &[Submitted, Running], to: Unknown, when: "the driver pod's phase is Unknown" },
        Transition { from: &[Succeeding], to: Completed, when: "the restart policy is not Always" },
        Transition {
            from: &[Succeeding],
            to: PendingRerun,
            when: "the restart policy is Always, and what the run left is gone",
        },
        Transition { from: &[Failing], to: Failed, when: "the restart policy allows no further run" },
        Transition {
            from: &[Failing],
            to: PendingRerun,
            when: "the restart policy allows a further run, it is due, and what the run left is gone",
        },
        Transition {
            from: &[
                New,
                SubmissionFailed,
                PendingRerun,
                Invalidating,
                Succeeding,
                Failing,
                Suspending,
                Suspended,
                Resuming,
            ],
            to: Failed,
            when: "the state's deadline has passed",
        },
        Transition {
            from: &[
                New,
                Submitted,
                Running,
                SubmissionFailed,
                PendingRerun,
                Succeeding,
                Failing,
                Completed,
                Failed,
                Resuming,
                Unknown,
            ],
            to: Invalidating,
            when: "the spec is another than the one that was submitted (more than suspend and timeToLiveSeconds)",
        },
        Transition { from: &[Invalidating], to: PendingRerun, when: "what ran is gone" },
        Transition {
            from: &[
                New,
                Submitted,
                Running,
                SubmissionFailed,
                PendingRerun,
                Invalidating,
                Succeeding,
                Failing,
                Resuming,
                Unknown,
            ],
            to: Suspending,
            when: "spec.suspend is true",
        },
        Transition { from: &[Suspending], to: Suspended, when: "what ran is gone" },
        Transition { from: &[Suspended], to: Resuming, when: "spec.suspend is not true" },
    ]
};

/// Whether a step is one of [`TRANSITIONS`].
#[must_use]
pub fn allowed(from: State, to: State) -> bool {
    TRANSITIONS.iter().any(|step| step.to == to && step.from.contains(&from))
}

/// [`TRANSITIONS`] as a table in Markdown.
#[must_use]
pub fn table() -> String {
    let rows = TRANSITIONS.iter().map(|Transition { from, to, when }| {
        let from = from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("| {from} | {to} | {when} |\n")
    });
    "| from | to | when |\n| --- | --- | --- |\n".to_owned() + &rows.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_is_written() {
        for state in State::ALL {
            assert_eq!(State::of(state.name()), state);
        }
        assert_eq!(State::of("Runing"), State::Unknown);
    }

    #[test]
    fn every_state_is_reached_and_only_final_ones_stay() {
        for state in State::ALL {
            let entered = TRANSITIONS.iter().any(|step| step.to == state);
            assert!(entered || state == State::New, "{state} is never reached");
            let left =
                TRANSITIONS.iter().any(|step| step.from.contains(&state) && step.to != State::Invalidating);
            assert_eq!(!left, state.is_final(), "{state}");
        }
    }
}
