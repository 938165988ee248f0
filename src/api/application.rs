//! SparkApplication: one run of a Spark program.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Volume;
use k8s_openapi::api::networking::v1::IngressTLS;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DriverSpec, DynamicAllocation, ExecutorSpec};

/// What to run, and how.
// What the definition requires may be missing where it has a default or is only passed on (`default` for serde alone): a
// mutating webhook sees objects before they are validated.
#[derive(Clone, Debug, Default, PartialEq, CustomResource, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sparkoperator.k8s.io",
    version = "v1beta2",
    kind = "SparkApplication",
    namespaced,
    status = "SparkApplicationStatus",
    schema = "disabled",
    derive = "PartialEq",
    doc = "A Spark program to run once, or until it is done."
)]
#[serde(rename_all = "camelCase")]
pub struct SparkApplicationSpec {
    /// The language of the program: Java, Python, Scala or R.
    #[serde(default, rename = "type")]
    #[schemars(!default, extend("enum" = ["Java", "Python", "Scala", "R"]))]
    pub kind: String,
    /// The version of Spark in the image, such as 4.0.1.
    #[serde(default)]
    #[schemars(!default)]
    pub spark_version: String,
    /// Where the driver runs: cluster (in a pod) or client. Default: cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["cluster", "client"]))]
    pub mode: Option<String>,
    /// User to run as, for Hadoop's secure impersonation. Spark's --proxy-user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_user: Option<String>,
    /// Image of driver and executors. Default: the operator's default image for the Spark version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// When the image is pulled: Always, IfNotPresent or Never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<String>,
    /// Names of the secrets to pull the image with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_secrets: Option<Vec<String>>,
    /// Spark configuration, as spark-submit's --conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark_conf: Option<BTreeMap<String, String>>,
    /// Hadoop configuration, as spark-submit's --conf with the prefix spark.hadoop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hadoop_conf: Option<BTreeMap<String, String>>,
    /// Config map with Spark's configuration files, mounted at /etc/spark/conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark_config_map: Option<String>,
    /// Config map with Hadoop's configuration files, mounted at /etc/hadoop/conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hadoop_config_map: Option<String>,
    /// Volumes of the pods, for volumeMounts of driver and executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<Volume>>,
    /// The driver.
    #[serde(default)]
    #[schemars(!default)]
    pub driver: DriverSpec,
    /// The executors.
    #[serde(default)]
    #[schemars(!default)]
    pub executor: ExecutorSpec,
    /// What the program needs beside itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deps: Option<Dependencies>,
    /// When the program is run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Labels that the pods' nodes must have. Not beside nodeSelector of driver or executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Not read; kept for objects that have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_retries: Option<i32>,
    /// Not read; kept for objects that have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// The major version of Python. Only 3 runs on Spark 3 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["2", "3"]))]
    pub python_version: Option<String>,
    /// Share of memory that is added as overhead, as a decimal. Default: 0.1 for Java and Scala, 0.4 for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_overhead_factor: Option<String>,
    /// Metrics of driver and executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<MonitoringSpec>,
    /// The batch scheduler that starts the pods together, such as volcano.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_scheduler: Option<String>,
    /// Seconds after the end until the object is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_live_seconds: Option<i64>,
    /// What the batch scheduler is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_scheduler_options: Option<BatchSchedulerOptions>,
    /// The service and ingress of Spark's web interface.
    #[serde(rename = "sparkUIOptions", skip_serializing_if = "Option::is_none")]
    pub spark_ui_options: Option<SparkUiOptions>,
    /// Further services and ingresses of the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_ingress_options: Option<Vec<DriverIngressOptions>>,
    /// Dynamic allocation of executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_allocation: Option<DynamicAllocation>,
    /// Whether the driver's pod is protected from evictions. Default: what the operator's flag says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_pod_disruption_budget: Option<bool>,
    /// Whether the program is kept from running; one that runs is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// The main class of a Java or Scala program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_class: Option<String>,
    /// The program: a jar, a Python or an R file; local:// is inside the image.
    pub main_application_file: String,
    /// Arguments of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
}

/// What the program needs beside itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependencies {
    /// Jars for the class path of driver and executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jars: Option<Vec<String>>,
    /// Files for the working directory of each executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<String>>,
    /// Python files for the path of Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub py_files: Option<Vec<String>>,
    /// Packages by their Maven coordinates, resolved in the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<Vec<String>>,
    /// Packages (group and artifact) that are left out of what the others bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_packages: Option<Vec<String>>,
    /// Further repositories for packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<String>>,
    /// Archives to unpack in the working directory of each executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archives: Option<Vec<String>>,
}

/// When the program is run again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartPolicy {
    /// Never, Always or OnFailure. Default: Never.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["Never", "Always", "OnFailure"]))]
    pub kind: Option<String>,
    /// How often a failed submission is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub on_submission_failure_retries: Option<i32>,
    /// How often a failed run is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub on_failure_retries: Option<i32>,
    /// Seconds between two submissions, times the number of tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub on_submission_failure_retry_interval: Option<i64>,
    /// Seconds between two runs, times the number of tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub on_failure_retry_interval: Option<i64>,
}

/// What the batch scheduler is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchSchedulerOptions {
    /// The queue of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Priority class of the pod group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// Resources of the pod group. Default: those of all its pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<BTreeMap<String, Quantity>>,
}

/// Metrics of driver and executors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringSpec {
    /// Whether the driver's metrics are exposed.
    #[serde(default)]
    #[schemars(!default)]
    pub expose_driver_metrics: bool,
    /// Whether the executors' metrics are exposed.
    #[serde(default)]
    #[schemars(!default)]
    pub expose_executor_metrics: bool,
    /// Content of metrics.properties. Default: one that reports to JMX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_properties: Option<String>,
    /// A metrics.properties file in the image, instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_properties_file: Option<String>,
    /// The JMX exporter for Prometheus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusSpec>,
}

/// The JMX exporter for Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusSpec {
    /// The exporter's jar in the image.
    pub jmx_exporter_jar: String,
    /// Its port. Default: 8090.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 49151))]
    pub port: Option<i32>,
    /// Name of its port. Default: jmx-exporter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_name: Option<String>,
    /// A configuration file in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_file: Option<String>,
    /// Content of its configuration. Not read where configFile is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
}

/// The service and ingress of Spark's web interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkUiOptions {
    /// Port of the service. Default: that of the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_port: Option<i32>,
    /// Name of the service's port. Default: spark-driver-ui-port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_port_name: Option<String>,
    /// Type of the service. Default: ClusterIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Annotations of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// Labels of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_labels: Option<BTreeMap<String, String>>,
    /// Annotations of the ingress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_annotations: Option<BTreeMap<String, String>>,
    /// TLS of the ingress.
    #[serde(rename = "ingressTLS", skip_serializing_if = "Option::is_none")]
    pub ingress_tls: Option<Vec<IngressTLS>>,
}

/// A further service of the driver, with an ingress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverIngressOptions {
    /// Port of the service, and of the driver.
    pub service_port: i32,
    /// Name of the service's port.
    pub service_port_name: String,
    /// Type of the service. Default: ClusterIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Annotations of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// Labels of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_labels: Option<BTreeMap<String, String>>,
    /// Host and path of the ingress, with {{$appName}} and {{$appNamespace}}. Default: no ingress.
    #[serde(rename = "ingressURLFormat", skip_serializing_if = "Option::is_none")]
    pub ingress_url_format: Option<String>,
    /// Annotations of the ingress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_annotations: Option<BTreeMap<String, String>>,
    /// TLS of the ingress.
    #[serde(rename = "ingressTLS", skip_serializing_if = "Option::is_none")]
    pub ingress_tls: Option<Vec<IngressTLS>>,
}

/// What the operator reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["driverInfo"]))]
pub struct SparkApplicationStatus {
    /// Spark's own id of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark_application_id: Option<String>,
    /// Id of the last submission.
    #[serde(rename = "submissionID", skip_serializing_if = "Option::is_none")]
    pub submission_id: Option<String>,
    /// When it was last submitted.
    #[serde(default)]
    #[schemars(schema_with = "nullable_time")]
    pub last_submission_attempt_time: Option<String>,
    /// When it ended.
    #[serde(default)]
    #[schemars(schema_with = "nullable_time")]
    pub termination_time: Option<String>,
    /// The driver.
    #[serde(default)]
    pub driver_info: DriverInfo,
    /// The state.
    #[serde(default, rename = "applicationState")]
    pub application_state: Option<ApplicationState>,
    /// States of the executors by pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor_state: Option<BTreeMap<String, String>>,
    /// Runs so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_attempts: Option<i32>,
    /// Submissions so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission_attempts: Option<i32>,
    /// Generation of the object that this was written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions, such as Running. They tell; nothing is decided by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Option<Vec<Condition>>,
}

/// The driver as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverInfo {
    /// Its pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_name: Option<String>,
    /// The service of its web interface.
    #[serde(rename = "webUIServiceName", skip_serializing_if = "Option::is_none")]
    pub web_ui_service_name: Option<String>,
    /// Port of that service.
    #[serde(rename = "webUIPort", skip_serializing_if = "Option::is_none")]
    pub web_ui_port: Option<i32>,
    /// Address of that service.
    #[serde(rename = "webUIAddress", skip_serializing_if = "Option::is_none")]
    pub web_ui_address: Option<String>,
    /// The ingress of its web interface.
    #[serde(rename = "webUIIngressName", skip_serializing_if = "Option::is_none")]
    pub web_ui_ingress_name: Option<String>,
    /// Address of that ingress.
    #[serde(rename = "webUIIngressAddress", skip_serializing_if = "Option::is_none")]
    pub web_ui_ingress_address: Option<String>,
}

/// The state of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationState {
    /// SUBMITTED, RUNNING, COMPLETED, FAILED …; empty for a new one.
    pub state: String,
    /// Why it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// A time that the older operator wrote as null while there was none.
pub(super) fn nullable_time(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "format": "date-time", "nullable": true})
}
