//! How a compiled application is submitted: a trait, a file for each way, and the rules that choose one.
//!
//! A submitter creates what starts the application and returns what it made. It writes no status: that is the
//! controller's. Submitting twice what has the same submission id creates nothing twice.

pub mod choose;
mod error;
mod existing;
mod job;
mod jvm;
mod native;
mod spark_submit;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::runtime::client::Connection;
use crate::spark::Compiled;

pub use choose::{Choice, Rule};
pub use error::SubmitError;
pub use existing::{of_an_earlier, owned_by};
pub use job::{Job, manifests};
pub use jvm::Classes;
pub use native::Native;
pub use spark_submit::SparkSubmit;

/// A way to submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The operator creates the driver itself.
    Native,
    /// spark-submit runs in a Job with the application's own image.
    Job,
    /// spark-submit runs beside the operator.
    SparkSubmit,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Native, Self::Job, Self::SparkSubmit];

    /// As values, flags and annotations write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Job => "job",
            Self::SparkSubmit => "spark-submit",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("must be one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What a submission made, or found made by itself before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Name of the driver pod.
    pub driver_pod: String,
    /// Its uid.
    pub driver_uid: String,
    /// Spark's id of the application: the label `spark-app-selector` of the driver pod.
    pub application_id: Option<String>,
    /// What was made beside the driver pod, as `kind/name`, and the pod.
    pub created: Vec<String>,
    /// Whether an earlier try of the same submission had made the driver.
    pub adopted: bool,
    /// What could not be made and the application runs without.
    pub missing: Vec<String>,
}

impl Submitted {
    /// Of a driver pod, and what was made.
    fn of(pod: &Pod, created: Vec<String>, adopted: bool) -> Self {
        Self {
            driver_pod: pod.name_any(),
            driver_uid: pod.uid().unwrap_or_default(),
            application_id: pod.labels().get("spark-app-selector").cloned(),
            created,
            adopted,
            missing: Vec::new(),
        }
    }
}

/// A way to submit applications.
pub trait Submitter: Send + Sync {
    /// Which it is.
    fn kind(&self) -> Kind;

    /// Creates what starts an application, within the connection's deadline. Dropping the future gives up: what was
    /// created by then is found by the next try of the same submission.
    ///
    /// # Errors
    /// See [`SubmitError`]. What was created is removed again, unless the failure [passes](SubmitError::passes): then the
    /// next try finds it.
    fn submit<'a>(
        &'a self,
        application: &'a Compiled,
        cluster: &'a Connection,
    ) -> BoxFuture<'a, Result<Submitted, SubmitError>>;
}
