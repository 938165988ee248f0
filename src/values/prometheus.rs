//! `prometheus`: metrics, who scrapes them, and the alerts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::network::Service;
use super::types::{
    BUCKETS, NAME_OR_EMPTY, ObjectLabels, Open, PORT_NAME, PROMETHEUS_DURATION, Scheme, TextMap, empty,
};
use super::webhook::Tls;

/// Metrics and everything that reads them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Prometheus {
    /// The metrics endpoint of controller and webhook.
    pub metrics: Metrics,
    /// A PodMonitor for the Prometheus operator.
    pub pod_monitor: PodMonitor,
    /// A ServiceMonitor for the Prometheus operator; it brings the metrics Service.
    pub service_monitor: ServiceMonitor,
    /// A headless Service with the metrics ports of controller and webhook.
    pub service: MetricsService,
    /// Alerts for the Prometheus operator.
    pub prometheus_rule: PrometheusRule,
    /// Grafana dashboards in ConfigMaps, for Grafana's sidecar.
    pub dashboards: Dashboards,
}

/// The metrics endpoint.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Serve metrics.
    #[default(Some(true))]
    pub enable: Option<bool>,
    /// Port of the containers.
    #[default = 8080]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: i64,
    /// Name of the port.
    #[default("metrics".into())]
    #[schemars(regex(pattern = PORT_NAME), length(max = 15))]
    pub port_name: String,
    /// Path of the metrics, for the operator and for whoever scrapes them.
    #[default("/metrics".into())]
    #[schemars(regex(pattern = "^/"))]
    pub endpoint: String,
    /// Prefix of the application metrics' names. Empty: none.
    #[default(empty())]
    #[schemars(regex(pattern = "^([a-zA-Z_:][a-zA-Z0-9_:]*)?$"))]
    pub prefix: Option<String>,
    /// Upper bounds of the submit latency histogram, in seconds, ascending, comma-separated.
    #[default("0.5,1,2,4,8,16,32,64,128,256".into())]
    #[schemars(regex(pattern = BUCKETS))]
    pub job_submit_latency_buckets: String,
    /// Upper bounds of the start latency histogram, in seconds, ascending, comma-separated.
    #[default("30,60,90,120,150,180,210,240,270,300".into())]
    #[schemars(regex(pattern = BUCKETS))]
    pub job_start_latency_buckets: String,
    /// Labels of applications that become labels of their metrics, comma-separated. Empty: `app_type`. Each value of
    /// each label is a time series.
    #[default(empty())]
    #[schemars(regex(pattern = "^([a-zA-Z_][a-zA-Z0-9_]*(,[a-zA-Z_][a-zA-Z0-9_]*)*)?$"))]
    pub labels: Option<String>,
    /// Serve metrics over TLS, to scrapers that the API server authenticates and authorizes.
    #[default(Some(false))]
    pub secure: Option<bool>,
    /// TLS of the metrics server.
    pub tls: Tls,
}

/// How an endpoint is scraped.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Scheme. Empty: `https` where `prometheus.metrics.secure` is on, else `http`.
    #[default(Some(Scheme::Unset))]
    pub scheme: Option<Scheme>,
    /// Time between scrapes (Prometheus duration).
    #[default("5s".into())]
    #[schemars(regex(pattern = PROMETHEUS_DURATION), length(min = 1))]
    pub interval: String,
    /// Longest wait for a scrape. Empty: Prometheus' default.
    #[default(empty())]
    #[schemars(regex(pattern = PROMETHEUS_DURATION))]
    pub scrape_timeout: Option<String>,
    /// Path. Empty: `prometheus.metrics.endpoint`, written only where it is not `/metrics`.
    #[default(empty())]
    pub path: Option<String>,
    /// Keep labels of the target that collide.
    #[default(Some(false))]
    pub honor_labels: Option<bool>,
    /// Relabelings before the scrape.
    #[default(Some(Vec::new()))]
    pub relabelings: Option<Vec<Open>>,
    /// Relabelings of the samples.
    #[default(Some(Vec::new()))]
    pub metric_relabelings: Option<Vec<Open>>,
    /// TLS of the scrape (monitoring/v1 TLSConfig).
    #[default(Some(Open::new()))]
    pub tls_config: Option<Open>,
}

/// The PodMonitor.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitor {
    /// Render it. Needs `metrics.enable` and the API `monitoring.coreos.com/v1` in the cluster.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Its labels, and all of them, so that a Prometheus selects it.
    #[default(Some(TextMap::new()))]
    pub labels: Option<TextMap>,
    /// Its annotations.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Its namespace. Empty: the release's.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub namespace: Option<String>,
    /// Label of the pods that names the Prometheus job.
    #[default(Some("spark-operator-podmonitor".into()))]
    pub job_label: Option<String>,
    /// The endpoint.
    pub pod_metrics_endpoint: Endpoint,
}

/// The ServiceMonitor.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct ServiceMonitor {
    /// Render it, and the metrics Service. Needs `metrics.enable` and the API in the cluster.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Labels beside the chart's own.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Annotations.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Namespace. Empty: the release's.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub namespace: Option<String>,
    /// Label of the Service that names the Prometheus job.
    #[default(Some("app.kubernetes.io/name".into()))]
    pub job_label: Option<String>,
    /// The endpoint.
    pub endpoint: Endpoint,
}

/// The metrics Service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct MetricsService {
    /// Render it. A ServiceMonitor renders it in any case.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Its settings.
    #[serde(flatten)]
    pub service: Service,
}

/// The alerts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusRule {
    /// Render them: operator absent, restarting, stalled; webhook absent; certificate near its end; submissions failing.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Labels beside the chart's own.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Annotations.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Namespace. Empty: the release's.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub namespace: Option<String>,
    /// Labels of each alert, for routing.
    #[default(Some(TextMap::new()))]
    pub alert_labels: Option<TextMap>,
    /// How long the operator may be absent before an alert (Prometheus duration).
    #[default("5m".into())]
    #[schemars(regex(pattern = PROMETHEUS_DURATION), length(min = 1))]
    pub absent_for: String,
    /// Restarts within 15 minutes that raise an alert.
    #[default = 3]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub restarts: i64,
    /// How long applications may wait without any being worked on before an alert (Prometheus duration).
    #[default("10m".into())]
    #[schemars(regex(pattern = PROMETHEUS_DURATION), length(min = 1))]
    pub stalled_for: String,
    /// Days left of the webhook's certificate that raise an alert.
    #[default = 14]
    #[schemars(range(min = 1, max = 3650))]
    pub certificate_days: i64,
    /// Rules added to the group (list of monitoring/v1 Rule).
    #[default(Some(Vec::new()))]
    pub extra_rules: Option<Vec<Open>>,
}

/// The dashboards.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Dashboards {
    /// Render them.
    #[default(Some(false))]
    pub create: Option<bool>,
    /// Labels by which Grafana's sidecar finds them.
    #[default(Some(ObjectLabels([("grafana_dashboard".into(), "1".into())].into())))]
    pub labels: Option<ObjectLabels>,
    /// Annotations, for example the folder.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Namespace. Empty: the release's.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub namespace: Option<String>,
}
