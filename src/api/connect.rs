//! SparkConnect: a Spark Connect server with its executors.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::DynamicAllocation;
use super::pod::template_schema;

/// The server and its executors.
#[derive(Clone, Debug, Default, PartialEq, CustomResource, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sparkoperator.k8s.io",
    version = "v1alpha1",
    kind = "SparkConnect",
    namespaced,
    status = "SparkConnectStatus",
    schema = "disabled",
    derive = "PartialEq",
    doc = "A Spark Connect server."
)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectSpec {
    /// The version of Spark in the image, such as 4.0.1.
    pub spark_version: String,
    /// Image of server and executors. Default: that of the templates, else the operator's for the Spark version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Hadoop configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hadoop_conf: Option<BTreeMap<String, String>>,
    /// Spark configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark_conf: Option<BTreeMap<String, String>>,
    /// The server.
    pub server: SparkConnectServerSpec,
    /// The executors.
    pub executor: SparkConnectExecutorSpec,
    /// Dynamic allocation of executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_allocation: Option<DynamicAllocation>,
}

/// The server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectServerSpec {
    /// CPU cores. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<i32>,
    /// Memory of the JVM as Spark writes it, such as 512m or 4g.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// A whole pod template (core/v1 PodTemplateSpec).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "template_schema")]
    pub template: Option<Json>,
    /// The service that clients connect to. Default: one of type ClusterIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
}

/// The executors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectExecutorSpec {
    /// CPU cores. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<i32>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub instances: Option<i32>,
    /// Memory of the JVM as Spark writes it, such as 512m or 4g.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// A whole pod template (core/v1 PodTemplateSpec).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "template_schema")]
    pub template: Option<Json>,
}

/// What the operator reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectStatus {
    /// Conditions, such as ServerPodReady.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Option<Vec<Condition>>,
    /// Provisioning, Ready, NotReady or Failed; empty for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<SparkConnectServerStatus>,
    /// Numbers of executors by state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "numbers")]
    pub executors: Option<BTreeMap<String, i64>>,
    /// When the server was first reconciled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub start_time: Option<String>,
    /// When this status changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub last_update_time: Option<String>,
}

/// The server as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectServerStatus {
    /// Its pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_name: Option<String>,
    /// The pod's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<String>,
    /// Its service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
}

/// Whole numbers without a format, as the older operator's definition has them.
fn numbers(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "additionalProperties": {"type": "integer"}})
}
