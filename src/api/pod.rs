//! What driver and executors have in common as pods, and what each has of its own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, Container, EnvFromSource, EnvVar, HostAlias, Lifecycle, PodDNSConfig, PodSecurityContext,
    SecurityContext, Toleration, VolumeMount,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Settings of a Spark pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkPodSpec {
    /// A whole pod template (core/v1 PodTemplateSpec), from Spark 3.0 on. What the other fields say goes over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "template_schema")]
    pub template: Option<Json>,
    /// CPU cores for Spark, and of the pod's request where coreRequest is not set. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<i32>,
    /// The pod's CPU limit, such as 1200m. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_limit: Option<String>,
    /// Memory of the JVM as Spark writes it, such as 512m or 4g. Default: 1g.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The container's memory limit, such as 4Gi or 4g. Default: memory plus overhead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<String>,
    /// Memory beside the JVM's heap. Default: memoryOverheadFactor of memory, at least 384m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_overhead: Option<String>,
    /// GPUs of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuSpec>,
    /// The container image. Default: the application's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Config maps to mount, by name and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_maps: Option<Vec<NamePath>>,
    /// Secrets to mount, by name and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<SecretInfo>>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<EnvVar>>,
    /// Deprecated, use env: environment variables as a mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_vars: Option<BTreeMap<String, String>>,
    /// Sources of environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_from: Option<Vec<EnvFromSource>>,
    /// Deprecated, use env: environment variables from keys of secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_secret_key_refs: Option<BTreeMap<String, NameKey>>,
    /// Labels of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Where the application's volumes are mounted. Names that begin with spark-local-dir- are Spark's scratch space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_mounts: Option<Vec<VolumeMount>>,
    /// Affinity of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// Tolerations of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerations: Option<Vec<Toleration>>,
    /// Security context of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_security_context: Option<PodSecurityContext>,
    /// Security context of the Spark container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<SecurityContext>,
    /// Scheduler of the pod. Default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_name: Option<String>,
    /// Containers beside Spark's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sidecars: Option<Vec<Container>>,
    /// Containers that run before Spark's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_containers: Option<Vec<Container>>,
    /// Whether the pod uses the node's network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_network: Option<bool>,
    /// Labels that the pod's node must have. Not beside the application's nodeSelector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// DNS settings of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_config: Option<PodDNSConfig>,
    /// Seconds that the pod has to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    /// Service account of the pod. The executors' default is the driver's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// Entries of the pod's hosts file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_aliases: Option<Vec<HostAlias>>,
    /// Whether the pod's containers see each other's processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_process_namespace: Option<bool>,
}

/// The driver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverSpec {
    /// What it has as a Spark pod.
    #[serde(flatten)]
    pub pod: SparkPodSpec,
    /// Name of the pod. Default: the application's name and -driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"))]
    pub pod_name: Option<String>,
    /// The pod's CPU request, such as 500m. Default: cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_request: Option<String>,
    /// Options of the JVM, such as -XX:+UseG1GC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub java_options: Option<String>,
    /// What to run when the container starts or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// The API server's address as the driver sees it. Default: the in-cluster service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes_master: Option<String>,
    /// Annotations of the driver's service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// Labels of the driver's service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_labels: Option<BTreeMap<String, String>>,
    /// Further ports of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<Port>>,
    /// Priority class of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
}

/// The executors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorSpec {
    /// What they have as Spark pods.
    #[serde(flatten)]
    pub pod: SparkPodSpec,
    /// How many there are. Default: 1. Where dynamic allocation is on, the number at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub instances: Option<i32>,
    /// The pods' CPU request, such as 500m. Default: cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_request: Option<String>,
    /// Options of the JVM, such as -XX:+UseG1GC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub java_options: Option<String>,
    /// What to run when the container starts or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Whether executors are deleted when they end. Default: Spark's, which is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    /// Further ports of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<Port>>,
    /// Priority class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
}

/// A thing by name, and where to mount it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamePath {
    /// Its name.
    pub name: String,
    /// The folder in the container.
    pub path: String,
}

/// A secret to mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretInfo {
    /// Its name.
    pub name: String,
    /// The folder in the container.
    pub path: String,
    /// GCPServiceAccount and HadoopDelegationToken set the variables that these need; anything else is just mounted.
    pub secret_type: String,
}

/// A key of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameKey {
    /// The secret's name.
    pub name: String,
    /// The key.
    pub key: String,
}

/// GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GpuSpec {
    /// The resource, such as nvidia.com/gpu.
    pub name: String,
    /// How many.
    pub quantity: i64,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its number.
    pub container_port: i32,
    /// TCP, UDP or SCTP.
    pub protocol: String,
}

/// A pod template is not checked by the API server: its own pods are, when they are created.
pub(super) fn template_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
