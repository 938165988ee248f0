//! The driver's headless service: where executors find it.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Driver, pod};
use crate::spark::error::SparkError;
use crate::spark::line::Line;

/// Spark's service step.
pub(super) fn build(driver: &mut Driver<'_>) -> Result<Service, SparkError> {
    let conf = &driver.conf;
    let ports = pod::ports(driver.line, conf, false)?;
    let choose = |key: &str, default: &'static str, choices: &[&str]| {
        let value = conf.get(key).unwrap_or(default);
        if choices.contains(&value) {
            return Ok(value.to_owned());
        }
        Err(SparkError::value(conf.field(key), value, format!("one of {}", choices.join(" | "))))
    };
    let policy = choose(
        "spark.kubernetes.driver.service.ipFamilyPolicy",
        "SingleStack",
        &["SingleStack", "PreferDualStack", "RequireDualStack"],
    )?;
    let families = choose(
        "spark.kubernetes.driver.service.ipFamilies",
        "IPv4",
        &["IPv4", "IPv6", "IPv4,IPv6", "IPv6,IPv4"],
    )?;
    let mut labels = conf.map_below("spark.kubernetes.driver.service.label.");
    labels.entry("spark-app-selector".to_owned()).or_insert_with(|| driver.application_id.clone());
    let annotations = conf.map_below("spark.kubernetes.driver.service.annotation.");
    let metadata = ObjectMeta {
        name: Some(driver.service.clone()),
        namespace: Some(driver.compiled.namespace.clone()),
        labels: Some(labels),
        annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
        ..ObjectMeta::default()
    };
    let spec = ServiceSpec {
        cluster_ip: Some("None".to_owned()),
        ip_family_policy: Some(policy),
        ip_families: Some(families.split(',').map(str::to_owned).collect()),
        selector: Some(pod::labels(driver)?),
        ports: Some(ports.iter().map(|(name, port)| service_port(driver.line, name, *port)).collect()),
        ..ServiceSpec::default()
    };
    let key = "spark.kubernetes.driver.service.publishNotReadyAddresses";
    let early = if driver.line.is_strict() { Some(conf.bool(key, false)?) } else { None };
    let spec = ServiceSpec { publish_not_ready_addresses: early, ..spec };
    let host = format!("{}.{}.svc", driver.service, driver.compiled.namespace);
    driver.property("spark.driver.host", host);
    for (name, port) in ports {
        let key = match name {
            "driver-rpc-port" => "spark.driver.port",
            "blockmanager" => "spark.driver.blockManager.port",
            _ => continue,
        };
        driver.property(key, port.to_string());
    }
    Ok(Service { metadata, spec: Some(spec), status: None })
}

fn service_port(line: Line, name: &str, port: i32) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port,
        target_port: Some(IntOrString::Int(port)),
        app_protocol: (name == "spark-connect" && line.names_protocols()).then(|| "grpc".to_owned()),
        ..ServicePort::default()
    }
}
