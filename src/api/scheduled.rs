//! ScheduledSparkApplication: a SparkApplication again and again, by a clock.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SparkApplicationSpec;
use super::application::nullable_time;

/// What to run, and when.
#[derive(Clone, Debug, Default, PartialEq, CustomResource, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sparkoperator.k8s.io",
    version = "v1beta2",
    kind = "ScheduledSparkApplication",
    namespaced,
    status = "ScheduledSparkApplicationStatus",
    schema = "disabled",
    derive = "PartialEq",
    doc = "A Spark program that runs by a clock."
)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledSparkApplicationSpec {
    /// When: five fields as in cron, a word such as @daily, or @every and a duration.
    pub schedule: String,
    /// The time zone of the schedule, such as Europe/Berlin. Default: Local, the operator's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The application.
    pub template: SparkApplicationSpec,
    /// Whether the schedule rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// What to do when the last run has not ended: Allow, Forbid or Replace. Default: Allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency_policy: Option<String>,
    /// How many runs that succeeded are kept. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_run_history_limit: Option<i32>,
    /// How many runs that failed are kept. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_run_history_limit: Option<i32>,
}

/// What the operator reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledSparkApplicationStatus {
    /// When the last run began.
    #[serde(default)]
    #[schemars(schema_with = "nullable_time")]
    pub last_run: Option<String>,
    /// When the next one begins.
    #[serde(default)]
    #[schemars(schema_with = "nullable_time")]
    pub next_run: Option<String>,
    /// Name of the last run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run_name: Option<String>,
    /// Names of runs that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_successful_run_names: Option<Vec<String>>,
    /// Names of runs that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_failed_run_names: Option<Vec<String>>,
    /// Validating, Scheduled or FailedValidation; empty for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_state: Option<String>,
    /// Why it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
