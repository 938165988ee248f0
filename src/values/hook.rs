//! `hook`: the Job that upgrades the CRDs before an install or upgrade.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::image::PartImage;
use super::types::{DnsPolicy, ObjectLabels, Open, TextMap, empty, open, restricted_container};

/// The CRD-upgrade Job and its rights.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// Render the Job that applies the CRDs with server-side apply. Off: Helm installs CRDs once and never upgrades them.
    #[default(Some(false))]
    pub upgrade_crd: Option<bool>,
    /// Image of the Job, where it differs.
    pub image: PartImage,
    /// Container resources. `{}` sets none.
    #[default(Some(open(serde_json::json!({
        "limits": { "cpu": "100m", "memory": "64Mi" },
        "requests": { "cpu": "100m", "memory": "64Mi" },
    }))))]
    pub resources: Option<Open>,
    /// Node selector of the pod.
    #[default(Some(TextMap::new()))]
    pub node_selector: Option<TextMap>,
    /// Affinity of the pod (core/v1 Affinity).
    #[default(Some(Open::new()))]
    pub affinity: Option<Open>,
    /// Tolerations of the pod (list of core/v1 Toleration).
    #[default(Some(Vec::new()))]
    pub tolerations: Option<Vec<Open>>,
    /// Extra labels of the pod. A key of the chart's own labels is refused.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Annotations of the pod.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Annotations of the Job and its account and roles, beside Helm's own, for example Argo CD's hook annotations.
    #[default(Some(TextMap::new()))]
    pub object_annotations: Option<TextMap>,
    /// When the hook runs: Helm's hook events, comma-separated.
    #[default("pre-install,pre-upgrade".into())]
    #[schemars(regex(
        pattern = r"^(pre-install|pre-upgrade|post-install|post-upgrade|pre-rollback|post-rollback)(,(pre-install|pre-upgrade|post-install|post-upgrade|pre-rollback|post-rollback))*$"
    ))]
    pub events: String,
    /// When Helm deletes the Job: Helm's delete policies, comma-separated. The default keeps a failed Job for its logs.
    #[default("before-hook-creation,hook-succeeded".into())]
    #[schemars(regex(
        pattern = r"^(before-hook-creation|hook-succeeded|hook-failed)(,(before-hook-creation|hook-succeeded|hook-failed))*$"
    ))]
    pub delete_policy: String,
    /// When Helm deletes the Job's service account and roles.
    #[default("before-hook-creation,hook-succeeded,hook-failed".into())]
    #[schemars(regex(
        pattern = r"^(before-hook-creation|hook-succeeded|hook-failed)(,(before-hook-creation|hook-succeeded|hook-failed))*$"
    ))]
    pub account_delete_policy: String,
    /// Helm's weight of the first hook object, the service account; role, binding and Job follow with +1, +2, +3.
    #[default = 1]
    #[schemars(range(min = -2_147_483_000, max = 2_147_483_000))]
    pub weight: i64,
    /// How often the Job is tried again. Null: Kubernetes' default (6).
    #[default(None)]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub backoff_limit: Option<i64>,
    /// Seconds after which a finished Job is removed. Null: never by Kubernetes (the delete policy still holds).
    #[default(None)]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub ttl_seconds_after_finished: Option<i64>,
    /// Seconds after which a running Job is given up. Null: no deadline but Helm's own `--timeout`.
    #[default(None)]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub active_deadline_seconds: Option<i64>,
    /// Priority class of the pod. Empty: the cluster's default.
    #[default(empty())]
    #[schemars(regex(pattern = super::types::NAME_OR_EMPTY))]
    pub priority_class_name: Option<String>,
    /// Run the pod in the node's network.
    #[default(Some(false))]
    pub host_network: Option<bool>,
    /// DNS policy of the pod. Empty: Kubernetes' default (ClusterFirst).
    #[default(Some(DnsPolicy::Unset))]
    pub dns_policy: Option<DnsPolicy>,
    /// Environment of the container (list of core/v1 EnvVar), for example a proxy.
    #[default(Some(Vec::new()))]
    pub env: Option<Vec<Open>>,
    /// Arguments appended to `crds apply`.
    #[default(Some(Vec::new()))]
    pub extra_args: Option<Vec<String>>,
    /// Labels that the Job puts on the CRDs (Helm does not template files in `crds/`).
    #[default(Some(TextMap::new()))]
    pub crd_labels: Option<TextMap>,
    /// Pod security context. The default lets any non-root user run.
    #[default(Some(open(serde_json::json!({
        "runAsNonRoot": true,
        "seccompProfile": { "type": "RuntimeDefault" },
    }))))]
    pub pod_security_context: Option<Open>,
    /// Container security context. The default meets the Pod Security Standard `restricted`.
    #[default(Some(restricted_container()))]
    pub security_context: Option<Open>,
}
