//! Why an application cannot be submitted: a variant per cause, each with the field that the user wrote.

/// The application itself is at fault: trying again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SparkError {
    /// A key of sparkConf that the operator keeps to itself.
    #[error("sparkConf key \"{key}\" is not allowed: {reason}")]
    Denied {
        /// The key.
        key: String,
        /// What to do instead.
        reason: &'static str,
    },
    /// A value that Spark, or Kubernetes, cannot read.
    #[error("{value} is not {expected}")]
    Value {
        /// Where it was written.
        field: String,
        /// What was written; cut where it is long.
        value: String,
        /// What it must be: `a number`.
        expected: String,
    },
    /// Two things that cannot both be.
    #[error("{message}")]
    Conflict {
        /// Where the one that has to give way was written.
        field: String,
        /// What contradicts what.
        message: String,
    },
    /// Something without which nothing can be submitted.
    #[error("{message}")]
    Missing {
        /// Where it would be written.
        field: String,
        /// What is missing, and how to give it.
        message: String,
    },
    /// A pod template that is none.
    #[error("the pod template cannot be read: {cause}")]
    Template {
        /// Its field, down to the node that is wrong.
        field: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Something that the native submitter cannot do, and spark-submit can.
    #[error(
        "{what} needs spark-submit: the native submitter {why}; choose the submitter `job` for this application"
    )]
    NeedsSparkSubmit {
        /// Where it was written.
        field: String,
        /// What is asked for.
        what: String,
        /// Why it is not done here: `runs no Java`.
        why: &'static str,
    },
    /// A version of Spark for which there is no table.
    #[error("Spark version {version} is not supported: {message}")]
    Version {
        /// What was written.
        version: String,
        /// What is supported instead.
        message: &'static str,
    },
    /// More than Kubernetes stores in one object.
    #[error("{what} has {bytes} bytes, more than the {limit} that Kubernetes stores")]
    TooLarge {
        /// What most of it comes from.
        field: String,
        /// The object.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl SparkError {
    /// The field that the user wrote, as the API server writes paths: `spec.driver.memory`.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::Denied { key, .. } => format!("spec.sparkConf[{key}]"),
            Self::Value { field, .. }
            | Self::Conflict { field, .. }
            | Self::Missing { field, .. }
            | Self::Template { field, .. }
            | Self::NeedsSparkSubmit { field, .. }
            | Self::TooLarge { field, .. } => field.clone(),
            Self::Version { .. } => "spec.sparkVersion".to_owned(),
        }
    }

    /// A short name that does not change: for metrics and events.
    #[must_use]
    pub fn category(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "DeniedSparkConf",
            Self::Value { .. } => "InvalidValue",
            Self::Conflict { .. } => "Conflict",
            Self::Missing { .. } => "Missing",
            Self::Template { .. } => "InvalidTemplate",
            Self::NeedsSparkSubmit { .. } => "NeedsSparkSubmit",
            Self::Version { .. } => "UnsupportedSparkVersion",
            Self::TooLarge { .. } => "TooLarge",
        }
    }

    /// A value that cannot be read. Of a long one the beginning is kept.
    pub(super) fn value(field: impl Into<String>, value: &str, expected: impl Into<String>) -> Self {
        Self::Value { field: field.into(), value: shown(value), expected: expected.into() }
    }

    pub(super) fn conflict(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Conflict { field: field.into(), message: message.into() }
    }
}

/// A text of the user's in a message: in quotes, with what cannot be seen escaped; of a long one the beginning.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Something that runs, but not quite as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where it was written.
    pub field: String,
    /// A short name that does not change: the reason of a condition.
    pub reason: &'static str,
    /// What happens.
    pub message: String,
}

impl Notice {
    pub(super) fn new(field: impl Into<String>, reason: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), reason, message: message.into() }
    }
}
