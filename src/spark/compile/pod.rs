//! The pod templates: what the application's template says, with what its other fields say over it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ContainerPort, Lifecycle, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::arguments::App;
use super::list::{put, put_all};
use super::template::{Rest, Template};
use super::{DRIVER_CONTAINER, EXECUTOR_CONTAINER, Settings, executor, monitoring, mounts, security};
use crate::api::forms::is_quantity;
use crate::api::{Port, SparkPodSpec};
use crate::spark::error::{Notice, SparkError};

/// A pod's fields that driver and executors have each in their own struct.
struct Role<'a> {
    name: &'static str,
    pod: &'a SparkPodSpec,
    ports: Option<&'a Vec<Port>>,
    lifecycle: Option<&'a Lifecycle>,
    priority_class: Option<&'a String>,
    /// Names by which the Spark container is known.
    containers: &'static [&'static str],
}

/// The driver's template, and what Spark would overwrite in it.
pub(super) fn driver(
    app: &App<'_>,
    settings: &Settings,
    notices: &mut Vec<Notice>,
) -> Result<(Template, Rest), SparkError> {
    let driver = &app.spec.driver;
    let role = Role {
        name: "driver",
        pod: &driver.pod,
        ports: driver.ports.as_ref(),
        lifecycle: driver.lifecycle.as_ref(),
        priority_class: driver.priority_class_name.as_ref(),
        containers: &[DRIVER_CONTAINER],
    };
    let mut template = fill(app, &role, settings, notices)?;
    template.pod.metadata.owner_references = owners(&template, app.identity.owner.clone());
    let policy = template.container().and_then(|spark| spark.image_pull_policy.clone());
    let mut env = mounts::variables(app.spec);
    env.extend(driver.pod.env.iter().flatten().cloned());
    let rest = Rest {
        memory_limit: memory_limit(&role)?,
        image_pull_policy: policy.filter(|_| app.spec.image_pull_policy.is_none()),
        env,
    };
    Ok((template, rest))
}

/// The executors' template.
pub(super) fn executor(
    app: &App<'_>,
    settings: &Settings,
    notices: &mut Vec<Notice>,
) -> Result<Template, SparkError> {
    let spec = &app.spec.executor;
    let role = Role {
        name: "executor",
        pod: &spec.pod,
        ports: spec.ports.as_ref(),
        lifecycle: spec.lifecycle.as_ref(),
        priority_class: spec.priority_class_name.as_ref(),
        containers: &[EXECUTOR_CONTAINER, "executor"],
    };
    let mut template = fill(app, &role, settings, notices)?;
    // The controller of an executor is its driver.
    let owner = app.identity.owner.clone().map(|mut owner| {
        (owner.controller, owner.block_owner_deletion) = (None, None);
        owner
    });
    template.pod.metadata.owner_references = owners(&template, owner);
    executor::account(&mut template, spec.pod.service_account.as_deref());
    // Spark overwrites it; the notice says so.
    memory_limit(&role)?;
    Ok(template)
}

fn owners(
    template: &Template,
    owner: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference>,
) -> Option<Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference>> {
    let mut owners = template.pod.metadata.owner_references.clone();
    if let Some(owner) = owner {
        put(&mut owners, owner, |a, b| a.uid == b.uid);
    }
    owners
}

fn fill(
    app: &App<'_>,
    role: &Role<'_>,
    settings: &Settings,
    notices: &mut Vec<Notice>,
) -> Result<Template, SparkError> {
    let field = format!("spec.{}.template", role.name);
    let wanted = format!("spark.kubernetes.{}.podTemplateContainerName", role.name);
    let wanted = app.spec.spark_conf.as_ref().and_then(|conf| conf.get(&wanted));
    let given = role.pod.template.as_ref();
    let mut template = Template::read(&field, given, wanted.map(String::as_str), role.containers, notices)?;
    container(app, role, &mut template, notices);
    pod(app, role, &mut template);
    for (index, sidecar) in role.pod.sidecars.iter().flatten().enumerate() {
        template.put_beside(format!("spec.{}.sidecars[{index}].name", role.name), sidecar.clone())?;
    }
    if exposes_metrics(app, role.name) {
        monitoring::mount(app, &mut template);
    }
    security::fill(settings.pod_security, template.spec());
    if settings.last_words && role.name == "driver" {
        let policy = &mut template.spark().termination_message_policy;
        policy.get_or_insert_with(|| "FallbackToLogsOnError".to_owned());
    }
    Ok(template)
}

fn exposes_metrics(app: &App<'_>, role: &str) -> bool {
    app.spec.monitoring.as_ref().is_some_and(|monitoring| {
        monitoring.prometheus.is_some()
            && if role == "driver" {
                monitoring.expose_driver_metrics
            } else {
                monitoring.expose_executor_metrics
            }
    })
}

/// What concerns the Spark container, and volumes.
fn container(app: &App<'_>, role: &Role<'_>, template: &mut Template, notices: &mut Vec<Notice>) {
    let spec = role.pod;
    mounts::config_maps(app.spec, spec, template);
    mounts::volumes(app.spec, role.name, spec, template, notices);
    let spark = template.spark();
    put_all(&mut spark.env, spec.env.as_deref().unwrap_or_default(), |variable| &variable.name);
    for source in spec.env_from.iter().flatten() {
        put(&mut spark.env_from, source.clone(), |a, b| a == b);
    }
    for port in role.ports.into_iter().flatten() {
        let port = ContainerPort {
            name: Some(port.name.clone()),
            container_port: port.container_port,
            protocol: Some(port.protocol.clone()).filter(|protocol| !protocol.is_empty()),
            ..ContainerPort::default()
        };
        put(&mut spark.ports, port, |a, b| a.name == b.name);
    }
    if let Some(gpu) = spec.gpu.as_ref().filter(|gpu| !gpu.name.is_empty() && gpu.quantity > 0) {
        let limits = resources(&mut spark.resources).limits.get_or_insert_default();
        limits.insert(gpu.name.clone(), Quantity(gpu.quantity.to_string()));
    }
    if let Some(context) = &spec.security_context {
        spark.security_context = Some(context.clone());
    }
    if let Some(lifecycle) = role.lifecycle {
        spark.lifecycle = Some(lifecycle.clone());
    }
}

fn resources(resources: &mut Option<ResourceRequirements>) -> &mut ResourceRequirements {
    resources.get_or_insert_default()
}

/// What concerns the whole pod.
fn pod(app: &App<'_>, role: &Role<'_>, template: &mut Template) {
    let spec = role.pod;
    let pod = template.spec();
    if spec.host_network == Some(true) {
        pod.host_network = Some(true);
        pod.dns_policy = Some("ClusterFirstWithHostNet".to_owned());
    }
    for alias in spec.host_aliases.iter().flatten() {
        put(&mut pod.host_aliases, alias.clone(), |a, b| a == b);
    }
    for container in spec.init_containers.iter().flatten() {
        put(&mut pod.init_containers, container.clone(), |a, b| a.name == b.name);
    }
    if let Some(dns) = &spec.dns_config {
        pod.dns_config = Some(dns.clone());
    }
    if let Some(class) = role.priority_class {
        pod.priority_class_name = Some(class.clone());
        (pod.priority, pod.preemption_policy) = (None, None);
    }
    if let Some(scheduler) = scheduler(app, role.pod) {
        pod.scheduler_name = Some(scheduler.to_owned());
    }
    if let Some(selector) = &spec.node_selector {
        pod.node_selector.get_or_insert_with(BTreeMap::new).extend(selector.clone());
    }
    if let Some(affinity) = &spec.affinity {
        pod.affinity = Some(affinity.clone());
    }
    for toleration in spec.tolerations.iter().flatten() {
        put(&mut pod.tolerations, toleration.clone(), |a, b| a == b);
    }
    if let Some(context) = &spec.pod_security_context {
        pod.security_context = Some(context.clone());
    }
    if let Some(seconds) = spec.termination_grace_period_seconds {
        pod.termination_grace_period_seconds = Some(seconds);
    }
    if spec.share_process_namespace == Some(true) {
        pod.share_process_namespace = Some(true);
    }
}

/// The batch scheduler of the application where it is named, else the pod's own.
pub(super) fn scheduler<'a>(app: &App<'a>, pod: &'a SparkPodSpec) -> Option<&'a str> {
    let scheduler = app.spec.batch_scheduler.as_ref().or(pod.scheduler_name.as_ref());
    scheduler.map(String::as_str).filter(|name| !name.is_empty())
}

/// A memory limit as Kubernetes writes it: `4g`, `4gb` and the like mean powers of 1024.
fn memory_limit(role: &Role<'_>) -> Result<Option<Quantity>, SparkError> {
    let Some(text) = role.pod.memory_limit.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let lower = text.trim().to_ascii_lowercase();
    let units = [("k", "Ki"), ("m", "Mi"), ("g", "Gi"), ("t", "Ti"), ("p", "Pi")];
    let spark = units.iter().find_map(|(unit, binary)| {
        let number = lower.strip_suffix('b').unwrap_or(&lower).strip_suffix(unit)?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{number}{binary}"))
    });
    let quantity = spark.unwrap_or_else(|| text.trim().to_owned());
    if is_quantity(&quantity) {
        return Ok(Some(Quantity(quantity)));
    }
    let field = format!("spec.{}.memoryLimit", role.name);
    Err(SparkError::value(field, text, "an amount of memory such as 4Gi or 4g"))
}
