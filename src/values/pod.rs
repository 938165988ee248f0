//! What the pods of controller and webhook have in common.
//!
//! The fields appear directly under `controller` and `webhook`. Fields whose defaults differ (volumes, ports)
//! are in the sections themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{
    DnsPolicy, EvictionPolicy, IntOrPercent, LogEncoder, LogLevel, NAME_OR_EMPTY, ObjectLabels, Open,
    PodLabels, RoleKind, TextMap, Tristate, empty, open, restricted_container,
};

/// Pod and Deployment settings of one component.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct PodSettings {
    /// Number of pods. 0 stops the component. More than 1 needs leader election for the controller.
    #[default = 1]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub replicas: i64,
    /// Old ReplicaSets kept for rollback.
    #[default = 10]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub revision_history_limit: i64,
    /// Log level: `error`, `warn`, `info`, `debug`, `trace`, or 1 to 5 in that order. `debug` names every decision;
    /// `trace` also every API call.
    #[default(Some(LogLevel::Name("info".into())))]
    pub log_level: Option<LogLevel>,
    /// Log format: `console` for people, `json` for collectors.
    #[default(Some(LogEncoder::Console))]
    pub log_encoder: Option<LogEncoder>,
    /// Most API calls per second of one pod, on average. Null or 0: no limit on this side; the operator bounds how much it
    /// does at once, and the API server's own fairness rules. 20, Kubeflow's default, holds back bursts of applications.
    #[serde(rename = "kubeAPIQPS")]
    #[default(None)]
    #[schemars(with = "Option<f64>", range(min = 0, max = 1_000_000))]
    pub kube_api_qps: Option<serde_json::Number>,
    /// Most API calls at once above the average rate. Null or 0: no limit.
    #[serde(rename = "kubeAPIBurst")]
    #[default(None)]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub kube_api_burst: Option<i64>,
    /// Arguments appended to the container's own, for flags without a value of their own. One that repeats a flag wins,
    /// but for flags that take a list, which add up.
    #[default(Some(Vec::new()))]
    pub extra_args: Option<Vec<String>>,
    /// Command of the container. Empty: the image's entrypoint, which is the operator.
    #[default(Some(Vec::new()))]
    pub command: Option<Vec<String>>,
    /// Port of `/healthz` and `/readyz`. Change it with `hostNetwork` when 8081 is taken on the nodes.
    #[default = 8081]
    #[schemars(range(min = 1, max = 65_535))]
    pub health_port: i64,
    /// Timing of the liveness probe: a pod that fails it is restarted.
    #[default(Probe { initial_delay_seconds: Some(0), period_seconds: 10, timeout_seconds: 5, failure_threshold: 3 })]
    pub liveness_probe: Probe,
    /// Timing of the readiness probe: a pod that fails it gets no traffic.
    #[default(Probe { initial_delay_seconds: Some(0), period_seconds: 10, timeout_seconds: 5, failure_threshold: 3 })]
    pub readiness_probe: Probe,
    /// Service account that the component runs as.
    pub service_account: ServiceAccount,
    /// Roles and bindings of the service account.
    pub rbac: ComponentRbac,
    /// Extra labels of the pods. A key of the selector (name, instance, component) is refused.
    #[default(Some(PodLabels::default()))]
    pub labels: Option<PodLabels>,
    /// Extra annotations of the pods.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Annotations of the Deployment.
    #[default(Some(TextMap::new()))]
    pub deployment_annotations: Option<TextMap>,
    /// Update strategy of the Deployment (apps/v1 DeploymentStrategy). Empty: RollingUpdate; the controller without
    /// leader election uses Recreate, so that two never run at once.
    #[default(Some(Open::new()))]
    pub strategy: Option<Open>,
    /// Seconds a new pod must be ready before it counts as available.
    #[default(Some(0))]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub min_ready_seconds: Option<i64>,
    /// Containers beside the operator's (list of core/v1 Container).
    #[default(Some(Vec::new()))]
    pub sidecars: Option<Vec<Open>>,
    /// Containers that run before the operator's (list of core/v1 Container).
    #[default(Some(Vec::new()))]
    pub init_containers: Option<Vec<Open>>,
    /// Node selector of the pods.
    #[default(Some(TextMap::new()))]
    pub node_selector: Option<TextMap>,
    /// Affinity of the pods (core/v1 Affinity).
    #[default(Some(Open::new()))]
    pub affinity: Option<Open>,
    /// Tolerations of the pods (list of core/v1 Toleration).
    #[default(Some(Vec::new()))]
    pub tolerations: Option<Vec<Open>>,
    /// Priority class of the pods. Empty: the cluster's default.
    #[default(empty())]
    #[schemars(regex(pattern = super::types::NAME_OR_EMPTY))]
    pub priority_class_name: Option<String>,
    /// Pod security context (core/v1 PodSecurityContext).
    #[default(Some(open(serde_json::json!({ "fsGroup": 185 }))))]
    pub pod_security_context: Option<Open>,
    /// Topology spread constraints of the pods; needs more than one replica. One without a `labelSelector` gets the
    /// component's own.
    #[default(Some(Vec::new()))]
    pub topology_spread_constraints: Option<Vec<Open>>,
    /// Whether the pods use the node's user namespace. Null: Kubernetes' default. Text is accepted and ignored.
    #[default(None)]
    pub host_users: Option<Tristate>,
    /// Run the pods in the node's network: for API servers that cannot reach the pod network. Its ports must be free on
    /// the node; set `dnsPolicy` to ClusterFirstWithHostNet.
    #[default(Some(false))]
    pub host_network: Option<bool>,
    /// DNS policy of the pods. Empty: Kubernetes' default (ClusterFirst).
    #[default(Some(DnsPolicy::Unset))]
    pub dns_policy: Option<DnsPolicy>,
    /// DNS settings of the pods (core/v1 PodDNSConfig).
    #[default(Some(Open::new()))]
    pub dns_config: Option<Open>,
    /// Extra lines of the pods' hosts file (list of core/v1 HostAlias).
    #[default(Some(Vec::new()))]
    pub host_aliases: Option<Vec<Open>>,
    /// Seconds that a pod has to end after SIGTERM. The operator finishes what it started and gives its lease back.
    #[default(Some(30))]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub termination_grace_period_seconds: Option<i64>,
    /// Lifecycle hooks of the container (core/v1 Lifecycle).
    #[default(Some(Open::new()))]
    pub lifecycle: Option<Open>,
    /// Runtime class of the pods. Empty: the cluster's default.
    #[default(empty())]
    #[schemars(regex(pattern = super::types::NAME_OR_EMPTY))]
    pub runtime_class_name: Option<String>,
    /// Scheduler of the pods. Empty: the default scheduler.
    #[default(empty())]
    #[schemars(regex(pattern = super::types::NAME_OR_EMPTY))]
    pub scheduler_name: Option<String>,
    /// Whether the pods get an environment variable for each Service of the namespace. Null: Kubernetes' default (true).
    #[default(None)]
    pub enable_service_links: Option<bool>,
    /// Let the containers of a pod see each other's processes.
    #[default(Some(false))]
    pub share_process_namespace: Option<bool>,
    /// Environment of the container (list of core/v1 EnvVar).
    #[default(Some(Vec::new()))]
    pub env: Option<Vec<Open>>,
    /// Sources of the container's environment (list of core/v1 EnvFromSource).
    #[default(Some(Vec::new()))]
    pub env_from: Option<Vec<Open>>,
    /// Container resources. None are set by default.
    #[default(Some(Open::new()))]
    pub resources: Option<Open>,
    /// Container security context. The default meets the Pod Security Standard `restricted`; a single default key is
    /// removed with null.
    #[default(Some(restricted_container()))]
    pub security_context: Option<Open>,
    /// How many pods may be away at once during voluntary disruptions; needs more than one replica.
    pub pod_disruption_budget: PodDisruptionBudget,
}

/// Timing of a probe; what is probed is fixed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Seconds before the first probe.
    #[default(Some(0))]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub initial_delay_seconds: Option<i64>,
    /// Seconds between probes.
    #[default = 10]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub period_seconds: i64,
    /// Seconds before a probe without an answer has failed.
    #[default = 5]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub timeout_seconds: i64,
    /// Failed probes in a row before Kubernetes acts.
    #[default = 3]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub failure_threshold: i64,
}

/// A component's service account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Create the account. Off: `name` must exist already.
    #[default(Some(true))]
    pub create: Option<bool>,
    /// Name. Empty: `<fullname>-controller` or `<fullname>-webhook`; with `create` off, `default`.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub name: Option<String>,
    /// Annotations of the account, for example a cloud identity.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Extra labels of the account.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Pull secrets of the account (list of `name: …`).
    #[default(Some(Vec::new()))]
    pub image_pull_secrets: Option<Vec<Open>>,
    /// Mount the account's token. Off: the operator cannot reach the API server unless a sidecar brings a token.
    #[default(Some(true))]
    pub automount_service_account_token: Option<bool>,
}

/// A component's roles and bindings.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct ComponentRbac {
    /// Create roles and bindings. Off: bring your own, or the component is denied everything.
    #[default(Some(true))]
    pub create: Option<bool>,
    /// Annotations of every role and binding.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// `Role`: one Role in each job namespace. `ClusterRole`: one ClusterRole with the rules, bound in each job
    /// namespace, which is one object to review; the rights are the same.
    #[default(RoleKind::Role)]
    pub role_kind: RoleKind,
    /// Name of a ClusterRole that exists already and is bound in each job namespace instead of the chart's own rules;
    /// `roleKind` and `extraRules` are then without effect.
    #[default(empty())]
    #[schemars(regex(pattern = r"^[!-~]*$"))]
    pub existing_cluster_role: Option<String>,
    /// Rules added to those for job namespaces (list of rbac/v1 PolicyRule).
    #[default(Some(Vec::new()))]
    pub extra_rules: Option<Vec<Open>>,
    /// Subjects added to every binding (list of rbac/v1 Subject).
    #[default(Some(Vec::new()))]
    pub extra_subjects: Option<Vec<Open>>,
}

/// A component's PodDisruptionBudget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct PodDisruptionBudget {
    /// Render the budget.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Pods that must stay: a count or a percentage. Null: unset. As many as there are replicas blocks every node drain.
    #[default(Some(IntOrPercent::Count(1)))]
    pub min_available: Option<IntOrPercent>,
    /// Pods that may be away: a count or a percentage. Null: unset. When set, `minAvailable` is not rendered.
    #[default(None)]
    pub max_unavailable: Option<IntOrPercent>,
    /// Which unhealthy pods may be evicted all the same. Empty: Kubernetes' default (IfHealthyBudget).
    #[default(Some(EvictionPolicy::Unset))]
    pub unhealthy_pod_eviction_policy: Option<EvictionPolicy>,
}
