//! `userRoles`: what people, not the operator, may do with Spark objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{ObjectLabels, TextMap};

/// ClusterRoles for users.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct UserRoles {
    /// Render `<fullname>-view` and `<fullname>-edit` for SparkApplications, ScheduledSparkApplications, SparkConnects.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Aggregate them into Kubernetes' own `view`, `edit` and `admin`, so that whoever has those may use Spark.
    #[default(Some(true))]
    pub aggregate: Option<bool>,
    /// Extra labels.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Annotations.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
}
