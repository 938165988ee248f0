//! `controller`: the process that runs SparkApplications.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::pod::PodSettings;
use super::types::{DURATION, Open, PORT_NAME, TextMap, TimestampPrecision, empty, open};

/// The controller and everything that only it reads.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Controller {
    /// Pod and Deployment settings.
    #[serde(flatten)]
    pub pod: PodSettings,
    /// Feature gates as a list of `name` and `enabled`, in the order of the flag. Setting the list replaces all of it.
    #[default(Some(FeatureGate::defaults()))]
    pub feature_gates: Option<Vec<FeatureGate>>,
    /// Election of the one active controller among several pods, on a Lease.
    pub leader_election: ControllerLeaderElection,
    /// Applications worked on at the same time.
    #[default = 10]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub workers: i64,
    /// Longest wait for a new driver pod to be seen before the submission counts as failed (Go duration).
    #[default(Some("10s".into()))]
    #[schemars(regex(pattern = super::types::DURATION_OR_EMPTY))]
    pub driver_pod_creation_grace_period: Option<String>,
    /// Executors listed in an application's status. More executors run, but are only counted.
    #[default(Some(1000))]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub max_tracked_executor_per_app: Option<i64>,
    /// Longest time in a state, for each that has one, such as "SUBMITTED=30m" (Go durations). An application that waits
    /// longer fails; after SUBMITTED, RUNNING and UNKNOWN its restart policy decides what follows.
    #[default(Some(Vec::new()))]
    pub state_deadlines: Option<Vec<String>>,
    /// Seconds after which finished applications that do not say so themselves are deleted. Needs the feature gate
    /// DefaultTimeToLive; with 0 or less they are kept.
    #[default(Some(0))]
    #[schemars(range(min = -9_007_199_254_740_991_i64, max = 9_007_199_254_740_991_i64))]
    pub default_time_to_live_seconds: Option<i64>,
    /// PodDisruptionBudgets for driver pods (not for the controller's own pods).
    pub driver_pod_disruption_budget: Switch,
    /// Precision of the time stamp in the names of scheduled runs.
    #[default(Some(TimestampPrecision::Nanos))]
    pub scheduled_spark_application_timestamp_precision: Option<TimestampPrecision>,
    /// A Service for the Spark UI of each running application.
    #[default(Switch { enable: Some(true) })]
    pub ui_service: Switch,
    /// An Ingress for the Spark UI of each running application.
    pub ui_ingress: UiIngress,
    /// Gang schedulers: Volcano, YuniKorn, kube-scheduler with PodGroups.
    pub batch_scheduler: BatchScheduler,
    /// Volumes of the pods (list of core/v1 Volume). Setting the list replaces `tmp`: replace `volumeMounts` too.
    #[default(Some(vec![open(serde_json::json!({ "name": "tmp", "emptyDir": { "sizeLimit": "1Gi" } }))]))]
    pub volumes: Option<Vec<Open>>,
    /// Mounts of the container (list of core/v1 VolumeMount).
    #[default(Some(vec![open(serde_json::json!({ "name": "tmp", "mountPath": "/tmp", "readOnly": false }))]))]
    pub volume_mounts: Option<Vec<Open>>,
    /// Go-style profiles over HTTP, for analysis; never expose it.
    pub pprof: Pprof,
    /// How fast an application that fails again and again is looked at again.
    pub workqueue_rate_limiter: WorkqueueRateLimiter,
    /// Longest wait for the first list of everything watched, at start (Go duration). Empty: the operator's default (30s).
    #[default(empty())]
    #[schemars(regex(pattern = super::types::DURATION_OR_EMPTY))]
    pub cache_sync_timeout: Option<String>,
    /// Only applications with these labels are run (label-selector text), so that several operators share namespaces.
    /// Empty: all.
    #[default(empty())]
    pub label_selector_filter: Option<String>,
    /// Accepted and ignored: older values files carry it. The operator reads `workqueueRateLimiter.maxDelay`.
    #[default(None)]
    pub max_delay: Option<Open>,
}

/// A switch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Switch {
    /// Switch it on.
    #[default(Some(false))]
    pub enable: Option<bool>,
}

/// One feature gate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct FeatureGate {
    /// Name of the gate. An unknown one stops the controller at start.
    #[schemars(regex(pattern = r"^[A-Za-z0-9]+$"))]
    pub name: String,
    /// Whether it is on.
    pub enabled: bool,
}

impl FeatureGate {
    fn defaults() -> Vec<Self> {
        ["PartialRestart", "LoadSparkDefaults", "RestSubmitter", "DefaultTimeToLive"]
            .map(|name| Self { name: name.into(), enabled: false })
            .into()
    }
}

/// The controller's leader election.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct ControllerLeaderElection {
    /// Elect a leader. Off: for clusters that forbid the Lease API; no Lease right is rendered, a single replica is
    /// enforced, updates use Recreate, and recovery is Kubernetes' restart (see the alerts of
    /// `prometheus.prometheusRule`).
    #[default(Some(true))]
    pub enable: Option<bool>,
    /// How long others wait before they take over from a silent leader (Go duration).
    #[default("15s".into())]
    #[schemars(regex(pattern = DURATION))]
    pub lease_duration: String,
    /// How long the leader tries to renew before it gives up (Go duration); less than `leaseDuration`.
    #[default("10s".into())]
    #[schemars(regex(pattern = DURATION))]
    pub renew_deadline: String,
    /// Pause between attempts (Go duration).
    #[default("2s".into())]
    #[schemars(regex(pattern = DURATION))]
    pub retry_period: String,
}

/// Ingresses for the Spark UI.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct UiIngress {
    /// Create an Ingress for each application's UI. Needs `uiService.enable`; without `urlFormat` none is ever made.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Host and path of the Ingress, for example `{{$appName}}.example.com`; the operator fills in the braces, the chart
    /// never does.
    #[default(empty())]
    pub url_format: Option<String>,
    /// Ingress class. Empty: the cluster's default.
    #[default(empty())]
    #[schemars(regex(pattern = super::types::NAME_OR_EMPTY))]
    pub ingress_class_name: Option<String>,
    /// TLS of the Ingress (list of networking/v1 IngressTLS).
    #[default(Some(Vec::new()))]
    pub tls: Option<Vec<Open>>,
    /// Annotations of the Ingress.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
}

/// Gang scheduling.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct BatchScheduler {
    /// Let applications name a batch scheduler, and grant the rights on its pod groups.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Names of kube-schedulers that run the coscheduling plugin.
    #[default(Some(Vec::new()))]
    pub kube_scheduler_names: Option<Vec<String>>,
    /// Scheduler of applications that name none: `volcano`, `yunikorn` or one of `kubeSchedulerNames`.
    #[default(empty())]
    pub default: Option<String>,
}

/// The profiler's port.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Pprof {
    /// Serve profiles, and render a Service for them.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Port of the container and of the Service.
    #[default = 6060]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: i64,
    /// Name of the port.
    #[default("pprof".into())]
    #[schemars(regex(pattern = PORT_NAME), length(max = 15))]
    pub port_name: String,
    /// The Service.
    pub service: super::network::Service,
}

/// The work queue's rate limit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct WorkqueueRateLimiter {
    /// Retries per second over all applications, on average.
    #[default = 50]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    #[serde(rename = "bucketQPS")]
    pub bucket_qps: i64,
    /// Retries at once above the average.
    #[default = 500]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub bucket_size: i64,
    /// Upper bound of the growing pause between retries of one application.
    pub max_delay: MaxDelay,
}

/// The longest pause between retries.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct MaxDelay {
    /// Set the bound. Off: the pause doubles without end.
    #[default(Some(true))]
    pub enable: Option<bool>,
    /// The bound (Go duration).
    #[default("6h".into())]
    #[schemars(regex(pattern = DURATION))]
    pub duration: String,
}
