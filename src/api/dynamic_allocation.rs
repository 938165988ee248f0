//! Dynamic allocation of executors, the same for applications and Connect servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How executors come and go with the load. Works without an external shuffle service, by shuffle tracking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DynamicAllocation {
    /// Whether it is on. Spark conf `spark.dynamicAllocation.enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Executors at the start. Spark takes the largest of this, the minimum and executor.instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_executors: Option<i32>,
    /// Fewest executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_executors: Option<i32>,
    /// Most executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_executors: Option<i32>,
    /// Keeps executors with shuffle data of running jobs. Default: true where dynamic allocation is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle_tracking_enabled: Option<bool>,
    /// Milliseconds after which executors with shuffle data may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle_tracking_timeout: Option<i64>,
}
