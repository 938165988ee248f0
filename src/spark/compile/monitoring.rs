//! Metrics for Prometheus through the JMX exporter: its Java agent, its configuration in a config map, its port.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, ContainerPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::arguments::App;
use super::list::put;
use super::template::Template;
use super::{CREATED_BY, mounts};
use crate::api::{PrometheusSpec, SparkApplicationSpec};
use crate::spark::error::SparkError;

/// Where the configuration is mounted.
const FOLDER: &str = "/etc/metrics/conf";
const METRICS: &str = "metrics.properties";
const EXPORTER: &str = "prometheus.yaml";
/// Port of the exporter where none is set.
const PORT: i32 = 8090;
/// Spark reports to JMX, where the exporter reads.
const DEFAULT_METRICS: &str = include_str!("metrics.properties");
/// What the exporter makes of it.
const DEFAULT_EXPORTER: &str = include_str!("prometheus.yaml");

/// Writes into the application what its monitoring asks for, and gives the config map that it needs.
///
/// # Errors
/// The exporter's jar is not named.
pub(super) fn apply(
    spec: &mut SparkApplicationSpec,
    name: &str,
    namespace: &str,
    owner: Option<&OwnerReference>,
) -> Result<Vec<ConfigMap>, SparkError> {
    let Some(monitoring) = spec.monitoring.clone() else { return Ok(Vec::new()) };
    let Some(prometheus) = &monitoring.prometheus else { return Ok(Vec::new()) };
    if prometheus.jmx_exporter_jar.is_empty() {
        let field = "spec.monitoring.prometheus.jmxExporterJar".to_owned();
        return Err(SparkError::Missing { field, message: "the exporter's jar must be named".to_owned() });
    }
    let metrics_file = monitoring.metrics_properties_file.as_deref().filter(|file| !file.is_empty());
    let exporter_file = prometheus.config_file.as_deref().filter(|file| !file.is_empty());
    let conf = spec.spark_conf.get_or_insert_default();
    conf.insert("spark.metrics.namespace".to_owned(), format!("{namespace}.{name}"));
    let metrics = metrics_file.map_or_else(|| format!("{FOLDER}/{METRICS}"), str::to_owned);
    conf.insert("spark.metrics.conf".to_owned(), metrics);

    let port = port(prometheus);
    let file = exporter_file.map_or_else(|| format!("{FOLDER}/{EXPORTER}"), str::to_owned);
    let agent = format!("-javaagent:{}={port}:{file}", prometheus.jmx_exporter_jar);
    let annotations = [
        ("prometheus.io/scrape", "true".to_owned()),
        ("prometheus.io/port", port.to_string()),
        ("prometheus.io/path", "/metrics".to_owned()),
    ];
    let roles = [
        (monitoring.expose_driver_metrics, &mut spec.driver.pod.annotations, &mut spec.driver.java_options),
        (
            monitoring.expose_executor_metrics,
            &mut spec.executor.pod.annotations,
            &mut spec.executor.java_options,
        ),
    ];
    for (exposed, pod_annotations, options) in roles {
        if !exposed {
            continue;
        }
        let pod_annotations = pod_annotations.get_or_insert_default();
        pod_annotations.extend(annotations.clone().map(|(key, value)| (key.to_owned(), value)));
        let before = options.take().filter(|options| !options.is_empty());
        *options = Some(before.map_or_else(|| agent.clone(), |before| format!("{before} {agent}")));
    }

    let mut data = BTreeMap::new();
    if metrics_file.is_none() {
        let text = monitoring.metrics_properties.as_deref().filter(|text| !text.is_empty());
        data.insert(METRICS.to_owned(), text.unwrap_or(DEFAULT_METRICS).to_owned());
    }
    if exporter_file.is_none() {
        let text = prometheus.configuration.as_deref().filter(|text| !text.is_empty());
        data.insert(EXPORTER.to_owned(), text.unwrap_or(DEFAULT_EXPORTER).to_owned());
    }
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = ObjectMeta {
        name: Some(config_map_name(name)),
        namespace: Some(namespace.to_owned()),
        labels: Some([(CREATED_BY.to_owned(), "true".to_owned())].into()),
        owner_references: owner.map(|owner| vec![owner.clone()]),
        ..ObjectMeta::default()
    };
    Ok(vec![ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }])
}

/// Mounts the config map and opens the exporter's port.
pub(super) fn mount(app: &App<'_>, template: &mut Template) {
    let Some(monitoring) = &app.spec.monitoring else { return };
    let Some(prometheus) = &monitoring.prometheus else { return };
    let given = |file: &Option<String>| file.as_ref().is_some_and(|file| !file.is_empty());
    if !(given(&monitoring.metrics_properties_file) && given(&prometheus.config_file)) {
        let name = config_map_name(app.name);
        mounts::config_map(template, &mounts::volume_name(&name), &name, FOLDER);
    }
    let port = ContainerPort {
        name: Some(
            prometheus.port_name.clone().filter(|name| !name.is_empty()).unwrap_or("jmx-exporter".to_owned()),
        ),
        container_port: port(prometheus),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    put(&mut template.spark().ports, port, |a, b| a.name == b.name);
}

fn port(prometheus: &PrometheusSpec) -> i32 {
    prometheus.port.unwrap_or(PORT)
}

fn config_map_name(application: &str) -> String {
    format!("{application}-prom-conf")
}
