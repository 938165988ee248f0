//! Services, and `networkPolicy`: who may talk to the operator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{ObjectLabels, Open, ServiceType, TextMap, empty};

/// Settings of one Service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Type. Empty: ClusterIP.
    #[default(Some(ServiceType::Unset))]
    #[serde(rename = "type")]
    pub type_: Option<ServiceType>,
    /// Annotations.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Extra labels.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Application protocol of the port, for meshes and load balancers. Empty: unset.
    #[default(empty())]
    pub app_protocol: Option<String>,
    /// IP family policy. Empty: the cluster's default.
    #[default(empty())]
    #[schemars(regex(pattern = "^(SingleStack|PreferDualStack|RequireDualStack)?$"))]
    pub ip_family_policy: Option<String>,
}

/// NetworkPolicies for the operator's pods.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct NetworkPolicy {
    /// Render a NetworkPolicy for the controller and one for the webhook: only what they need may pass.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Who may scrape metrics (list of networking/v1 NetworkPolicyPeer). Empty: anybody.
    #[default(Some(Vec::new()))]
    pub metrics_from: Option<Vec<Open>>,
    /// Who may call the webhook (list of NetworkPolicyPeer). Empty: anybody, because API servers are outside the pod
    /// network in most clusters.
    #[default(Some(Vec::new()))]
    pub webhook_from: Option<Vec<Open>>,
    /// Ports of the API server that the pods may reach.
    #[default(vec![443, 6443])]
    #[schemars(length(min = 1), inner(range(min = 1, max = 65_535)))]
    pub api_server_ports: Vec<i64>,
    /// Where the API server is (list of NetworkPolicyPeer). Empty: anywhere on those ports.
    #[default(Some(Vec::new()))]
    pub api_server_to: Option<Vec<Open>>,
    /// Ports of the DNS servers: behind the Service's 53, OpenShift's pods listen on 5353.
    #[default(vec![53, 5353])]
    #[schemars(length(min = 1), inner(range(min = 1, max = 65_535)))]
    pub dns_ports: Vec<i64>,
    /// Extra ingress rules (list of NetworkPolicyIngressRule).
    #[default(Some(Vec::new()))]
    pub extra_ingress: Option<Vec<Open>>,
    /// Extra egress rules (list of NetworkPolicyEgressRule). The REST submitter needs one.
    #[default(Some(Vec::new()))]
    pub extra_egress: Option<Vec<Open>>,
}
