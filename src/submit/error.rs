//! Why a submission failed, and whether trying again may help.

use std::io;

use crate::runtime::client::ClusterError;
use crate::spark::SparkError;

/// A submission that failed.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The application cannot be submitted as it is.
    #[error(transparent)]
    Application(#[from] SparkError),
    /// The cluster refused something, or was not reached.
    #[error("cannot create {what}: {error}")]
    Cluster {
        /// The object: `Pod team-a/pi-driver`.
        what: String,
        /// The reason.
        error: ClusterError,
    },
    /// The name of the driver pod is taken by somebody else.
    #[error("driver pod already exist: {pod} {whose}")]
    DriverExists {
        /// Namespace and name.
        pod: String,
        /// What is known of it: `belongs to SparkApplication other`.
        whose: String,
    },
    /// The name of something that the application needs is taken by somebody else.
    #[error("{what} already exists and is not of this application: rename or delete it")]
    Taken {
        /// The object: `ConfigMap team-a/pi-prom-conf`.
        what: String,
    },
    /// What is to go first, as what an earlier run made, is not gone yet.
    #[error("{what} is to go first, and is still there")]
    StillThere {
        /// The object: `Pod team-a/pi-driver`.
        what: String,
    },
    /// Another submission of the application was begun meanwhile, or the application is gone.
    #[error("{what} is no longer to be submitted so: another submission of it was begun meanwhile")]
    Superseded {
        /// The application: `SparkApplication team-a/pi`.
        what: String,
    },
    /// spark-submit failed.
    #[error("failed to run spark-submit: {text}")]
    SparkSubmit {
        /// What it wrote to standard error; the middle of a long text is left out.
        text: String,
    },
    /// spark-submit did not end in time.
    #[error("failed to run spark-submit: it did not end within {seconds} s{text}")]
    Deadline {
        /// The limit.
        seconds: u64,
        /// What it wrote so far.
        text: String,
    },
    /// spark-submit could not be run.
    #[error("failed to run spark-submit: {what}: {error}")]
    Io {
        /// What was done: `start /opt/spark/bin/spark-submit`.
        what: String,
        /// The reason.
        error: io::Error,
    },
}

/// Whether an error says nothing of what was asked for: the cluster was not reached, or was busy.
pub(super) fn passes(error: &ClusterError) -> bool {
    error.retryable() && matches!(error.category(), "Unreachable" | "DeadlineExceeded" | "Refused")
}

impl SubmitError {
    /// Whether the same submission may succeed later with nothing changed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Application(_)
            | Self::DriverExists { .. }
            | Self::Taken { .. }
            | Self::Superseded { .. } => false,
            Self::Cluster { error, .. } => error.retryable(),
            Self::StillThere { .. } | Self::SparkSubmit { .. } | Self::Deadline { .. } | Self::Io { .. } => {
                true
            }
        }
    }

    /// Whether it says nothing of the application: the cluster was not reached, was busy, what an earlier run left is still
    /// going, or it is no longer what is to be done. What was created by then is left for the next try, which finds it.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Cluster { error, .. } => passes(error),
            Self::StillThere { .. } | Self::Superseded { .. } => true,
            _ => false,
        }
    }

    /// Whether something is to go first that is on its way out.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::StillThere { .. })
    }

    /// A short name that does not change: for metrics and events.
    #[must_use]
    pub fn category(&self) -> &'static str {
        match self {
            Self::Application(error) => error.category(),
            Self::Cluster { error, .. } => error.category(),
            Self::DriverExists { .. } => "DriverExists",
            Self::Taken { .. } => "Taken",
            Self::StillThere { .. } => "StillThere",
            Self::Superseded { .. } => "Superseded",
            Self::SparkSubmit { .. } => "SparkSubmitFailed",
            Self::Deadline { .. } => "DeadlineExceeded",
            Self::Io { .. } => "SparkSubmitNotRun",
        }
    }
}
