//! The pod as such: names, labels, ports, environment, resources.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ContainerPort, EnvVar, EnvVarSource, LocalObjectReference, ObjectFieldSelector,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::Driver;
use super::conf::{is_python, is_r};
use crate::spark::amount::java_double_text;
use crate::spark::conf::Conf;
use crate::spark::error::SparkError;
use crate::spark::line::Line;
use crate::spark::name;

/// The key from which the factor for memory beside the heap comes, for driver and executors.
const FACTOR: &str = "spark.kubernetes.memoryOverheadFactor";
/// Its default for Java and Scala.
const JVM_FACTOR: f64 = 0.1;
/// Its default for Python and R, which need memory beside the heap.
const OTHER_FACTOR: f64 = 0.4;
/// Least memory beside the heap, in MiB.
const LEAST_OVERHEAD: u64 = 384;

/// Port of the driver's block manager where none is set.
const BLOCK_MANAGER: i32 = 7079;

/// Ports of the driver by name, in the order of container and service. Only the container's port of the block manager
/// knows `spark.blockManager.port`: the service, and the configuration, keep Spark's default.
pub(super) fn ports(
    line: Line,
    conf: &Conf,
    container: bool,
) -> Result<Vec<(&'static str, i32)>, SparkError> {
    let default =
        if container { conf.port("spark.blockManager.port", BLOCK_MANAGER)? } else { BLOCK_MANAGER };
    let mut ports = vec![
        ("driver-rpc-port", conf.port("spark.driver.port", 7078)?),
        ("blockmanager", conf.port("spark.driver.blockManager.port", default)?),
        ("spark-ui", conf.port("spark.ui.port", 4040)?),
    ];
    if line.has_connect_port() {
        ports.push(("spark-connect", conf.port("spark.connect.grpc.binding.port", 15002)?));
    }
    Ok(ports)
}

/// The pod's labels, which its service selects too.
pub(super) fn labels(driver: &Driver<'_>) -> Result<BTreeMap<String, String>, SparkError> {
    const PREFIX: &str = "spark.kubernetes.driver.label.";
    let compiled = driver.compiled;
    let mut labels = driver.conf.map_below(PREFIX);
    if driver.line.substitutes_labels() {
        for value in labels.values_mut() {
            *value = substituted(driver, value);
        }
    }
    for (key, value) in [
        ("spark-version", compiled.spark_version.clone()),
        ("spark-app-selector", driver.application_id.clone()),
        ("spark-app-name", name::label(&compiled.name)),
        ("spark-role", "driver".to_owned()),
    ] {
        if labels.insert(key.to_owned(), value).is_some() {
            let field = driver.conf.field(&format!("{PREFIX}{key}"));
            return Err(SparkError::conflict(field, format!("the label {key} is Spark's own")));
        }
    }
    Ok(labels)
}

/// Replaces what Spark replaces in labels and annotations. A driver has no executor id.
fn substituted(driver: &Driver<'_>, value: &str) -> String {
    value.replace("{{APP_ID}}", &driver.application_id).replace("{{EXECUTOR_ID}}", "")
}

/// Spark's basic step.
pub(super) fn basic(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    let compiled = driver.compiled;
    let labels = labels(driver)?;
    let mut annotations = driver.conf.map_below("spark.kubernetes.driver.annotation.");
    for value in annotations.values_mut() {
        *value = substituted(driver, value);
    }
    let metadata = &mut driver.pod.metadata;
    metadata.name = Some(compiled.driver_pod.clone());
    metadata.namespace = Some(compiled.namespace.clone());
    metadata.labels.get_or_insert_default().extend(labels);
    if !annotations.is_empty() {
        metadata.annotations.get_or_insert_default().extend(annotations);
    }
    let mut selector = driver.conf.map_below("spark.kubernetes.node.selector.");
    selector.extend(driver.conf.map_below("spark.kubernetes.driver.node.selector."));
    let secrets: Vec<_> = (driver.conf.list("spark.kubernetes.container.image.pullSecrets").into_iter())
        .map(|name| LocalObjectReference { name: name.to_owned() })
        .collect();
    let own = driver.conf.get("spark.kubernetes.driver.scheduler.name");
    let scheduler = own.or(driver.conf.get("spark.kubernetes.scheduler.name")).map(str::to_owned);
    let spec = driver.spec();
    spec.restart_policy = Some("Never".to_owned());
    if !selector.is_empty() {
        spec.node_selector.get_or_insert_default().extend(selector);
    }
    if !secrets.is_empty() {
        spec.image_pull_secrets.get_or_insert_default().extend(secrets);
    }
    if let Some(scheduler) = scheduler {
        spec.scheduler_name = Some(scheduler);
    }
    container(driver)?;
    let pod_name = compiled.driver_pod.clone();
    driver.property("spark.kubernetes.driver.pod.name", pod_name);
    let id = driver.application_id.clone();
    driver.property("spark.app.id", id);
    driver.property("spark.kubernetes.submitInDriver", "true");
    let factor = overhead_factor(driver)?;
    driver.property(FACTOR, java_double_text(factor));
    Ok(())
}

fn container(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    let conf = &driver.conf;
    let image = conf.get("spark.kubernetes.driver.container.image").unwrap_or_default();
    let image = if driver.line.substitutes_images() {
        image.replace("{{SPARK_VERSION}}", &driver.compiled.spark_version)
    } else {
        image.to_owned()
    };
    let policy = conf.get("spark.kubernetes.container.image.pullPolicy").unwrap_or("IfNotPresent").to_owned();
    if !["Always", "Never", "IfNotPresent"].contains(&policy.as_str()) {
        let field = conf.field("spark.kubernetes.container.image.pullPolicy");
        return Err(SparkError::value(field, &policy, "one of Always, IfNotPresent, Never"));
    }
    let ports = ports(driver.line, conf, true)?;
    let environment = conf.map_below("spark.kubernetes.driverEnv.");
    let (requests, limits) = resources(driver)?;
    let escalation = escalation(driver.line, conf)?;
    let spark = &mut driver.spark;
    if spark.name.is_empty() {
        super::super::compile::DRIVER_CONTAINER.clone_into(&mut spark.name);
    }
    spark.image = Some(image);
    spark.image_pull_policy = Some(policy);
    spark.ports.get_or_insert_default().extend(ports.into_iter().map(|(name, port)| ContainerPort {
        name: Some(name.to_owned()),
        container_port: port,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }));
    let resources = spark.resources.get_or_insert_default();
    resources.requests.get_or_insert_default().extend(requests);
    resources.limits.get_or_insert_default().extend(limits);
    if let Some(allowed) = escalation {
        spark.security_context.get_or_insert_default().allow_privilege_escalation = Some(allowed);
    }
    // spark-submit tells the name of its own user; that of Spark's images is this.
    let proxy = driver.compiled.program.proxy_user.clone().filter(|_| driver.line.is_proxy_user());
    driver.env("SPARK_USER", proxy.unwrap_or_else(|| "spark".to_owned()));
    let id = driver.application_id.clone();
    driver.env("SPARK_APPLICATION_ID", id);
    for (name, value) in environment {
        driver.env(&name, value);
    }
    let address =
        ObjectFieldSelector { api_version: Some("v1".to_owned()), field_path: "status.podIP".to_owned() };
    driver.spark.env.get_or_insert_default().push(EnvVar {
        name: "SPARK_DRIVER_BIND_ADDRESS".to_owned(),
        value: None,
        value_from: Some(EnvVarSource { field_ref: Some(address), ..EnvVarSource::default() }),
    });
    Ok(())
}

/// Whether the container may gain privileges, where Spark says so.
fn escalation(line: Line, conf: &Conf) -> Result<Option<bool>, SparkError> {
    if !line.is_strict() {
        return Ok(None);
    }
    let both = conf.bool("spark.kubernetes.securityContext.allowPrivilegeEscalation", false)?;
    conf.bool("spark.kubernetes.driver.securityContext.allowPrivilegeEscalation", both).map(Some)
}

type Amounts = BTreeMap<String, Quantity>;

/// Requests and limits: CPU as configured, memory with what is beside the heap, and other resources by vendor.
fn resources(driver: &Driver<'_>) -> Result<(Amounts, Amounts), SparkError> {
    let conf = &driver.conf;
    let cores = conf.int("spark.driver.cores")?.unwrap_or(1).to_string();
    let request = conf.get("spark.kubernetes.driver.request.cores").map_or(cores, str::to_owned);
    let heap = conf.mebibytes("spark.driver.memory")?.unwrap_or(1024);
    let overhead = overhead(driver, heap)?;
    let too_much = || {
        SparkError::conflict(
            conf.field("spark.driver.memory"),
            "memory and overhead together are more than can be counted",
        )
    };
    let memory = heap.checked_add(overhead).ok_or_else(too_much)?;
    let memory = Quantity(format!("{memory}Mi"));
    let requests = [("cpu".to_owned(), Quantity(request)), ("memory".to_owned(), memory.clone())].into();
    let mut limits: Amounts = [("memory".to_owned(), memory)].into();
    if let Some(limit) = conf.get("spark.kubernetes.driver.limit.cores") {
        limits.insert("cpu".to_owned(), Quantity(limit.to_owned()));
    }
    limits.extend(vendor_resources(conf)?);
    Ok((requests, limits))
}

/// `spark.driver.resource.NAME.amount` and `.vendor` as Kubernetes' `VENDOR/NAME`.
fn vendor_resources(conf: &Conf) -> Result<Amounts, SparkError> {
    const PREFIX: &str = "spark.driver.resource.";
    let mut amounts = Amounts::new();
    let mut done: Option<&str> = None;
    for (key, setting) in conf.below(PREFIX) {
        let Some((name, _)) = key.split_once('.') else {
            return Err(SparkError::value(
                &setting.field,
                key,
                "a resource's name with .amount or .vendor behind it",
            ));
        };
        if done == Some(name) {
            continue;
        }
        done = Some(name);
        let amount = conf.int(&format!("{PREFIX}{name}.amount"))?;
        let missing = |what: &str| SparkError::Missing {
            field: conf.field(&format!("{PREFIX}{name}.{what}")),
            message: format!("the resource {name} has no {what}: set {PREFIX}{name}.{what}"),
        };
        let amount = amount.ok_or_else(|| missing("amount"))?;
        if amount > 0 {
            let vendor = conf.get(&format!("{PREFIX}{name}.vendor")).ok_or_else(|| missing("vendor"))?;
            amounts.insert(format!("{vendor}/{name}"), Quantity(amount.to_string()));
        }
    }
    Ok(amounts)
}

/// The factor that driver and executors share unless they have their own.
fn overhead_factor(driver: &Driver<'_>) -> Result<f64, SparkError> {
    let main = &driver.compiled.program.main;
    let default = if is_python(main) || is_r(main) { OTHER_FACTOR } else { JVM_FACTOR };
    Ok(driver.conf.factor(FACTOR)?.unwrap_or(default))
}

/// Memory beside the driver's heap, in MiB.
fn overhead(driver: &Driver<'_>, heap: u64) -> Result<u64, SparkError> {
    let conf = &driver.conf;
    let shared = overhead_factor(driver)?;
    let own = "spark.driver.memoryOverheadFactor";
    let factor = conf.factor(own)?;
    if factor == Some(0.0) {
        let value = conf.get(own).unwrap_or_default();
        return Err(SparkError::value(conf.field(own), value, "a number above 0"));
    }
    let least = if driver.line.has_min_memory_overhead() {
        conf.mebibytes("spark.driver.minMemoryOverhead")?.unwrap_or(LEAST_OVERHEAD)
    } else {
        LEAST_OVERHEAD
    };
    if let Some(overhead) = conf.mebibytes("spark.driver.memoryOverhead")? {
        return Ok(overhead);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "as Spark does it: cut to a whole number of 32 bits"
    )]
    let share = (factor.unwrap_or(shared) * heap as f64).min(f64::from(i32::MAX)) as u64;
    Ok(share.max(least))
}
