//! `webhook`: the process that defaults and checks objects on their way in, and its certificate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::controller::Switch;
use super::image::PartImage;
use super::network::Service;
use super::pod::PodSettings;
use super::types::{
    DURATION_OR_EMPTY, FailurePolicy, KeyAlgorithm, MatchPolicy, NAME_OR_EMPTY, Open, PORT_NAME,
    ReinvocationPolicy, TlsVersion, empty, open,
};

/// The admission webhook and everything that only it reads.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Render the webhook. Off: defaults are applied by the controller, bad objects are found at submission instead of
    /// at `kubectl apply`, and executor fields that Spark overwrites are not repaired.
    #[default(Some(true))]
    pub enable: Option<bool>,
    /// Image of the webhook, where it differs.
    pub image: PartImage,
    /// Pod and Deployment settings.
    #[serde(flatten)]
    pub pod: PodSettings,
    /// Accepted for compatibility: the webhook needs no leader, every replica serves, and no Lease right is rendered.
    pub leader_election: WebhookLeaderElection,
    /// Port of the container.
    #[default = 9443]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: i64,
    /// Name of the port.
    #[default("webhook".into())]
    #[schemars(regex(pattern = PORT_NAME), length(max = 15))]
    pub port_name: String,
    /// Port of the Service, which the API server calls. Null: as `port`.
    #[default(None)]
    #[schemars(range(min = 1, max = 65_535))]
    pub service_port: Option<i64>,
    /// The Service.
    pub service: Service,
    /// Fail fast: an internal error of a critical webhook denies the request, and the critical webhooks' failure policy
    /// is Fail. False (graceful): such an error admits the request with a warning, except where a security field could
    /// not be applied. Null: true, unless `failurePolicy` is Ignore. True together with an Ignore policy is refused,
    /// because each denies what the other promises.
    #[default(None)]
    pub fail_on_error: Option<bool>,
    /// What the API server does when the webhook does not answer: `Fail` denies, `Ignore` admits unchecked. For all
    /// webhooks; one can differ under `webhooks`. Fail in job namespaces stops submissions while the webhook is away.
    #[default(Some(FailurePolicy::Fail))]
    pub failure_policy: Option<FailurePolicy>,
    /// Seconds that the API server waits for an answer, 1 to 30; 0 is unset. Long waits slow every create of the namespace down.
    #[default(Some(10))]
    #[schemars(range(min = 0, max = 30))]
    pub timeout_seconds: Option<i64>,
    /// Whether equivalent API versions reach the webhook too. Empty: Kubernetes' default (Equivalent).
    #[default(Some(MatchPolicy::Unset))]
    pub match_policy: Option<MatchPolicy>,
    /// Whether mutating webhooks are called again after others changed the object. Empty: Kubernetes' default (Never).
    #[default(Some(ReinvocationPolicy::Unset))]
    pub reinvocation_policy: Option<ReinvocationPolicy>,
    /// Namespaces whose objects reach the webhooks (meta/v1 LabelSelector). Empty: derived from `spark.jobNamespaces`
    /// and `spark.jobNamespaceSelector`; a selector of your own replaces that, and the operator is not told.
    #[default(Some(Open::new()))]
    pub namespace_selector: Option<Open>,
    /// Conditions that requests must meet (list of admissionregistration/v1 MatchCondition), for all webhooks.
    #[default(Some(Vec::new()))]
    pub match_conditions: Option<Vec<Open>>,
    /// Each webhook by name.
    pub webhooks: Webhooks,
    /// Deny applications that would exceed a ResourceQuota of their namespace.
    pub resource_quota_enforcement: Switch,
    /// Where the serving certificate comes from, besides `certManager`.
    pub certificate: Certificate,
    /// TLS of the webhook's server.
    pub tls: Tls,
    /// Volumes of the pods (list of core/v1 Volume). Setting the list replaces `serving-certs`: replace `volumeMounts` too.
    #[default(Some(vec![open(serde_json::json!({ "name": "serving-certs", "emptyDir": { "sizeLimit": "500Mi" } }))]))]
    pub volumes: Option<Vec<Open>>,
    /// Mounts of the container (list of core/v1 VolumeMount).
    #[default(Some(vec![open(serde_json::json!({
        "name": "serving-certs",
        "mountPath": "/etc/k8s-webhook-server/serving-certs",
        "subPath": "serving-certs",
        "readOnly": false,
    }))]))]
    pub volume_mounts: Option<Vec<Open>>,
    /// HorizontalPodAutoscaler of the Deployment. On: `replicas` is not rendered.
    pub autoscaling: Autoscaling,
}

/// The webhook's leader election, which it does not need.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct WebhookLeaderElection {
    /// Accepted and ignored.
    #[default(Some(true))]
    pub enable: Option<bool>,
}

/// The seven webhooks. The first four mutate, the others validate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Webhooks {
    /// Pods that Spark starts: repairs the executor fields that Spark overwrites. Critical.
    pub mutate_pod: WebhookSettings,
    /// Defaults of SparkApplications. Critical.
    pub mutate_spark_application: WebhookSettings,
    /// Defaults of ScheduledSparkApplications.
    pub mutate_scheduled_spark_application: WebhookSettings,
    /// Defaults of SparkConnects.
    pub mutate_spark_connect: WebhookSettings,
    /// Checks of SparkApplications. Critical.
    pub validate_spark_application: WebhookSettings,
    /// Checks of ScheduledSparkApplications. Critical.
    pub validate_scheduled_spark_application: WebhookSettings,
    /// Checks of SparkConnects. Critical.
    pub validate_spark_connect: WebhookSettings,
}

/// Settings of one webhook; what is empty is taken from `webhook`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct WebhookSettings {
    /// Register it.
    #[default(Some(true))]
    pub enable: Option<bool>,
    /// Failure policy. Empty: `webhook.failurePolicy`. Ignore on a critical webhook needs `failOnError: false`.
    #[default(Some(FailurePolicy::Unset))]
    pub failure_policy: Option<FailurePolicy>,
    /// Seconds to wait for an answer, 1 to 30. Null: `webhook.timeoutSeconds`.
    #[default(None)]
    #[schemars(range(min = 1, max = 30))]
    pub timeout_seconds: Option<i64>,
    /// Objects that reach it (meta/v1 LabelSelector). Empty: all; pods are always those that carry the operator's label.
    #[default(Some(Open::new()))]
    pub object_selector: Option<Open>,
    /// Conditions that requests must meet, after those of `webhook.matchConditions`.
    #[default(Some(Vec::new()))]
    pub match_conditions: Option<Vec<Open>>,
}

/// The serving certificate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Name of a Secret of your own with `tls.crt` and `tls.key`, in the release namespace. The operator then makes no
    /// certificate and has no right on Secrets. Empty: the operator makes and rotates its own.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub existing_secret: Option<String>,
    /// CA certificate (PEM, base64) that the API server trusts, written into the webhook configurations. Needed with
    /// `existingSecret`, unless something else fills it in.
    #[default(empty())]
    #[schemars(regex(pattern = "^[A-Za-z0-9+/\n]*={0,2}\n?$"))]
    pub ca_bundle: Option<String>,
    /// Name of the Secret that the operator keeps its certificate in. Empty: `<fullname>-webhook-tls`; Kubeflow's
    /// `<fullname>-webhook-certs` is left alone.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub secret_name: Option<String>,
    /// Key algorithm of the operator's own certificates.
    #[default(KeyAlgorithm::Ecdsa)]
    pub key_algorithm: KeyAlgorithm,
    /// Validity of the operator's own serving certificate (Go duration). Empty: the operator's default (2160h, 90 days).
    #[default(empty())]
    #[schemars(regex(pattern = DURATION_OR_EMPTY))]
    pub duration: Option<String>,
    /// How long before its end it is replaced (Go duration). Empty: a third of its validity. No pod is restarted.
    #[default(empty())]
    #[schemars(regex(pattern = DURATION_OR_EMPTY))]
    pub renew_before: Option<String>,
}

/// TLS of a server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// Lowest version. Empty: TLS 1.2.
    #[default(Some(TlsVersion::Unset))]
    pub min_version: Option<TlsVersion>,
    /// Cipher suites of TLS 1.2, by their Go names. Empty: all that are considered safe.
    #[default(Some(Vec::new()))]
    #[schemars(inner(regex(pattern = "^[A-Z0-9_]+$")))]
    pub cipher_suites: Option<Vec<String>>,
}

/// Autoscaling of the webhook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaling {
    /// Render the autoscaler; needs `resources.requests.cpu`.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Fewest pods.
    #[default = 2]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub min_replicas: i64,
    /// Most pods.
    #[default = 5]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub max_replicas: i64,
    /// CPU use to aim for, in percent of the request.
    #[default = 80]
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub target_cpu_utilization_percentage: i64,
}
