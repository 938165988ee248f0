//! `submitter`: how applications are submitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{DURATION, Open, SubmitterType, TextMap, empty};

/// Choice of the submitter, and the REST submitter's connection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Submitter {
    /// How applications are submitted unless a rule or an annotation says otherwise, or the feature gate RestSubmitter is
    /// on, which sends them all to the REST submitter. `native`: the operator creates the
    /// driver itself, in milliseconds. `job`: spark-submit runs in a Job with the application's own image.
    /// `spark-submit`: a subprocess of the operator, which needs the image flavor with Spark.
    #[default(SubmitterType::Native)]
    #[serde(rename = "type")]
    pub type_: SubmitterType,
    /// Submitters that the annotation `sparkoperator.k8s.io/submitter` may choose. Empty: only `type`.
    #[default(Some(Vec::new()))]
    #[schemars(extend("uniqueItems" = true))]
    pub allowed: Option<Vec<SubmitterType>>,
    /// Rules for a gradual migration, first match wins.
    #[default(Some(Vec::new()))]
    #[schemars(with = "Option<Vec<SubmitterRule>>")]
    pub rules: Option<Vec<Open>>,
    /// REST submitter (feature gate RestSubmitter): where it listens.
    #[default("http://spark-operator-submitter-svc:8080/api/v1/spark-submit".into())]
    pub service_url: String,
    /// REST submitter: longest wait for one answer (Go duration).
    #[default("2m".into())]
    #[schemars(regex(pattern = DURATION))]
    pub request_timeout: String,
    /// REST submitter: longest wait for it at start (Go duration).
    #[default("5m".into())]
    #[schemars(regex(pattern = DURATION))]
    pub startup_timeout: String,
    /// REST submitter: attempts for one submission.
    #[default = 3]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub max_retries: i64,
    /// REST submitter: first pause between attempts, doubled each time (Go duration).
    #[default("2s".into())]
    #[schemars(regex(pattern = DURATION))]
    pub initial_backoff: String,
    /// REST submitter: the controller's startup probe, which waits for the submitter.
    pub startup_probe: StartupProbe,
    /// REST submitter: mutual TLS. The files come from `controller.volumes`.
    pub tls: SubmitterTls,
}

/// One rule: every condition that is given must hold. It goes to the operator as it was written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmitterRule {
    /// Namespaces of the application. Empty or absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<String>>,
    /// Labels that the application must carry. Empty or absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<TextMap>,
    /// Share of the matching applications, chosen by their uid, in percent. Absent: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub percentage: Option<i64>,
    /// The submitter for them.
    #[serde(rename = "type")]
    pub type_: SubmitterType,
}

/// Timing of the startup probe with the REST submitter.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct StartupProbe {
    /// Seconds between probes.
    #[default = 5]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub period_seconds: i64,
    /// Failed probes before the pod is restarted.
    #[default = 60]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub failure_threshold: i64,
}

/// Mutual TLS with the REST submitter.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct SubmitterTls {
    /// Use TLS; needs all three files.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Path of the client certificate in the container.
    #[default(empty())]
    pub cert_file: Option<String>,
    /// Path of the client key in the container.
    #[default(empty())]
    pub key_file: Option<String>,
    /// Path of the CA certificate in the container.
    #[default(empty())]
    pub ca_file: Option<String>,
}
