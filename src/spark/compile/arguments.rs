//! An application's fields as Spark configuration, in the order of Kubeflow's argument list: of two settings of a key the
//! later counts, so what the fields say goes over sparkConf.

use std::collections::BTreeMap;
use std::fmt;

use super::image::Images;
use super::template::Template;
use super::{APP_NAME, Identity, KUEUE, LAUNCHED_BY, MUTATED_BY, SUBMISSION_ID, executor, local_dirs, pod};
use crate::api::forms::is_quantity;
use crate::api::{SecretInfo, SparkApplicationSpec, SparkPodSpec};
use crate::spark::conf::Setting;
use crate::spark::error::SparkError;

/// What is compiled: an application with its defaults, and which submission of it.
pub(super) struct App<'a> {
    /// `metadata.name`
    pub name: &'a str,
    /// `metadata.namespace`
    pub namespace: &'a str,
    /// `metadata.labels`
    pub labels: Option<&'a BTreeMap<String, String>>,
    /// With every default written out.
    pub spec: &'a SparkApplicationSpec,
    /// Which submission it is.
    pub identity: &'a Identity,
    /// Whether new executors take over a change of where they go.
    pub partial_restart: bool,
}

/// The key that names the driver pod, in sparkConf too.
const DRIVER_POD_NAME: &str = "spark.kubernetes.driver.pod.name";

/// Name of the driver pod: `driver.podName`, else what sparkConf says, else the application's name and `-driver`.
#[must_use]
pub fn driver_pod_name(name: &str, spec: &SparkApplicationSpec) -> String {
    let by_conf = spec.spark_conf.as_ref().and_then(|conf| conf.get(DRIVER_POD_NAME));
    let given = [spec.driver.pod_name.as_ref(), by_conf].into_iter().flatten().find(|name| !name.is_empty());
    given.cloned().unwrap_or_else(|| format!("{name}-driver"))
}

/// Settings in their order.
#[derive(Default)]
struct Settings(Vec<(String, Setting)>);

impl Settings {
    fn add(&mut self, key: impl Into<String>, value: impl fmt::Display, field: impl Into<String>) {
        self.0.push((key.into(), Setting { value: format!("{value}"), field: field.into() }));
    }

    /// A field that may be unset; empty text counts as unset.
    fn some(&mut self, key: impl Into<String>, value: Option<&impl ToString>, field: impl Into<String>) {
        if let Some(value) = value.map(ToString::to_string).filter(|value| !value.is_empty()) {
            self.add(key, value, field);
        }
    }

    /// A mapping, a key for each of its keys.
    fn map(&mut self, prefix: &str, map: Option<&BTreeMap<String, String>>, field: &str) {
        for (key, value) in map.into_iter().flatten() {
            self.add(format!("{prefix}{key}"), value, format!("{field}[{key}]"));
        }
    }
}

/// The whole configuration of a submission.
///
/// # Errors
/// The scratch space has no volume, or an amount is none of Kubernetes.
pub(super) fn conf(
    app: &App<'_>,
    images: &Images,
    driver: &Template,
    executor: &Template,
) -> Result<Vec<(String, Setting)>, SparkError> {
    let spec = app.spec;
    let mut settings = Settings::default();
    settings.add("spark.kubernetes.namespace", app.namespace, "metadata.namespace");
    if let Some(image) = &images.both {
        settings.add("spark.kubernetes.container.image", &image.value, &image.field);
    }
    settings.some(
        "spark.kubernetes.container.image.pullPolicy",
        spec.image_pull_policy.as_ref(),
        "spec.imagePullPolicy",
    );
    let secrets = spec.image_pull_secrets.as_ref().map(|secrets| secrets.join(","));
    settings.some("spark.kubernetes.container.image.pullSecrets", secrets.as_ref(), "spec.imagePullSecrets");
    settings.some(
        "spark.kubernetes.pyspark.pythonVersion",
        spec.python_version.as_ref(),
        "spec.pythonVersion",
    );
    settings.some(
        "spark.kubernetes.memoryOverheadFactor",
        spec.memory_overhead_factor.as_ref(),
        "spec.memoryOverheadFactor",
    );
    settings.add("spark.kubernetes.submission.waitAppCompletion", false, "spec");
    for (key, value) in spec.spark_conf.iter().flatten().filter(|(key, _)| *key != DRIVER_POD_NAME) {
        settings.add(key, value, format!("spec.sparkConf[{key}]"));
    }
    settings.map("spark.hadoop.", spec.hadoop_conf.as_ref(), "spec.hadoopConf");
    settings.add(DRIVER_POD_NAME, driver_pod_name(app.name, spec), "spec.driver.podName");
    self::driver(app, images, driver, &mut settings)?;
    executors(app, images, executor, &mut settings)?;
    settings.map("spark.kubernetes.node.selector.", spec.node_selector.as_ref(), "spec.nodeSelector");
    dynamic_allocation(spec, &mut settings);
    templates(app, driver, executor, &mut settings);
    Ok(settings.0)
}

fn driver(
    app: &App<'_>,
    images: &Images,
    template: &Template,
    settings: &mut Settings,
) -> Result<(), SparkError> {
    let driver = &app.spec.driver;
    labels(app, "driver", &driver.pod, settings);
    settings.add("spark.kubernetes.driver.container.image", &images.driver.value, &images.driver.field);
    cores("driver", driver.core_request.as_ref(), &driver.pod, settings)?;
    memory("driver", &driver.pod, settings);
    settings.some(
        "spark.kubernetes.authenticate.driver.serviceAccountName",
        driver.pod.service_account.as_ref(),
        "spec.driver.serviceAccount",
    );
    settings.some("spark.driver.extraJavaOptions", driver.java_options.as_ref(), "spec.driver.javaOptions");
    settings.some(
        "spark.kubernetes.driver.master",
        driver.kubernetes_master.as_ref(),
        "spec.driver.kubernetesMaster",
    );
    metadata(app, "driver", &driver.pod, settings);
    let service = "spark.kubernetes.driver.service";
    settings.map(&format!("{service}.label."), driver.service_labels.as_ref(), "spec.driver.serviceLabels");
    settings.map(
        &format!("{service}.annotation."),
        driver.service_annotations.as_ref(),
        "spec.driver.serviceAnnotations",
    );
    environment("driver", "spark.kubernetes.driverEnv.", &driver.pod, settings);
    placement(app, "driver", &driver.pod, settings);
    escalation("driver", template, settings);
    local_dirs(app, "driver", &driver.pod, settings)
}

fn executors(
    app: &App<'_>,
    images: &Images,
    template: &Template,
    settings: &mut Settings,
) -> Result<(), SparkError> {
    let executor = &app.spec.executor;
    labels(app, "executor", &executor.pod, settings);
    settings.some("spark.executor.instances", executor.instances.as_ref(), "spec.executor.instances");
    settings.add("spark.kubernetes.executor.container.image", &images.executor.value, &images.executor.field);
    // The only key for a pull policy is for both: the driver's is set on its pod.
    if app.spec.image_pull_policy.is_none() {
        let policy = template.container().and_then(|spark| spark.image_pull_policy.as_ref());
        settings.some("spark.kubernetes.container.image.pullPolicy", policy, "spec.executor.template");
    }
    cores("executor", executor.core_request.as_ref(), &executor.pod, settings)?;
    memory("executor", &executor.pod, settings);
    settings.some(
        "spark.kubernetes.authenticate.executor.serviceAccountName",
        executor.pod.service_account.as_ref(),
        "spec.executor.serviceAccount",
    );
    settings.some(
        "spark.kubernetes.executor.deleteOnTermination",
        executor.delete_on_termination.as_ref(),
        "spec.executor.deleteOnTermination",
    );
    metadata(app, "executor", &executor.pod, settings);
    environment("executor", "spark.executorEnv.", &executor.pod, settings);
    for (name, value) in executor::through_conf(app.spec) {
        settings.add(format!("spark.executorEnv.{name}"), value, "spec.executor.env");
    }
    settings.some(
        "spark.executor.extraJavaOptions",
        executor.java_options.as_ref(),
        "spec.executor.javaOptions",
    );
    // The template has it as well, and it alone can be changed while the driver runs.
    if !app.partial_restart {
        placement(app, "executor", &executor.pod, settings);
    }
    escalation("executor", template, settings);
    // From 4.1 on Spark sets it whatever the template says.
    let grace = template.pod.spec.as_ref().and_then(|pod| pod.termination_grace_period_seconds);
    settings.some(
        "spark.kubernetes.executor.terminationGracePeriodSeconds",
        grace.map(|seconds| format!("{seconds}s")).as_ref(),
        "spec.executor.terminationGracePeriodSeconds",
    );
    local_dirs(app, "executor", &executor.pod, settings)
}

/// Labels by which the operator finds its pods.
fn labels(app: &App<'_>, role: &str, pod: &SparkPodSpec, settings: &mut Settings) {
    let mut label = |key: &str, value: &str| {
        settings.add(format!("spark.kubernetes.{role}.label.{key}"), value, "metadata.name");
    };
    label(APP_NAME, app.name);
    label(LAUNCHED_BY, "true");
    if pod.template.is_none() {
        label(MUTATED_BY, "true");
    }
    label(SUBMISSION_ID, app.identity.submission.as_str());
}

fn cores(
    role: &str,
    request: Option<&String>,
    pod: &SparkPodSpec,
    settings: &mut Settings,
) -> Result<(), SparkError> {
    settings.some(format!("spark.{role}.cores"), pod.cores.as_ref(), format!("spec.{role}.cores"));
    let amounts = [("request", "coreRequest", request), ("limit", "coreLimit", pod.core_limit.as_ref())];
    for (key, field, amount) in amounts {
        let field = format!("spec.{role}.{field}");
        if let Some(amount) = amount.filter(|amount| !amount.is_empty() && !is_quantity(amount)) {
            return Err(SparkError::value(field, amount, "an amount of CPU such as 500m or 2"));
        }
        settings.some(format!("spark.kubernetes.{role}.{key}.cores"), amount, field);
    }
    Ok(())
}

fn memory(role: &str, pod: &SparkPodSpec, settings: &mut Settings) {
    settings.some(format!("spark.{role}.memory"), pod.memory.as_ref(), format!("spec.{role}.memory"));
    let field = format!("spec.{role}.memoryOverhead");
    settings.some(format!("spark.{role}.memoryOverhead"), pod.memory_overhead.as_ref(), field);
}

/// Labels and annotations: those of the application, over them those of the role.
fn metadata(app: &App<'_>, role: &str, pod: &SparkPodSpec, settings: &mut Settings) {
    let prefix = format!("spark.kubernetes.{role}.label.");
    for (key, value) in app.labels.into_iter().flatten().filter(|(key, _)| !key.starts_with(KUEUE)) {
        settings.add(format!("{prefix}{key}"), value, format!("metadata.labels[{key}]"));
    }
    settings.map(&prefix, pod.labels.as_ref(), &format!("spec.{role}.labels"));
    let prefix = format!("spark.kubernetes.{role}.annotation.");
    settings.map(&prefix, pod.annotations.as_ref(), &format!("spec.{role}.annotations"));
}

/// Variables from secrets, variables, and secrets that are mounted (with the variables that their kinds need).
fn environment(role: &str, variables: &str, pod: &SparkPodSpec, settings: &mut Settings) {
    for (name, key) in pod.env_secret_key_refs.iter().flatten() {
        let value = format!("{}:{}", key.name, key.key);
        let field = format!("spec.{role}.envSecretKeyRefs[{name}]");
        settings.add(format!("spark.kubernetes.{role}.secretKeyRef.{name}"), value, field);
    }
    settings.map(variables, pod.env_vars.as_ref(), &format!("spec.{role}.envVars"));
    for (index, SecretInfo { name, path, secret_type }) in pod.secrets.iter().flatten().enumerate() {
        let field = format!("spec.{role}.secrets[{index}]");
        settings.add(format!("spark.kubernetes.{role}.secrets.{name}"), path, &field);
        let (variable, file) = match secret_type.as_str() {
            "GCPServiceAccount" => ("GOOGLE_APPLICATION_CREDENTIALS", "key.json"),
            "HadoopDelegationToken" => ("HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"),
            _ => continue,
        };
        settings.add(format!("{variables}{variable}"), format!("{path}/{file}"), field);
    }
}

/// Scheduler and nodes: a template says them too, and sparkConf would go over it.
fn placement(app: &App<'_>, role: &str, pod: &SparkPodSpec, settings: &mut Settings) {
    let scheduler = pod::scheduler(app, pod).map(str::to_owned);
    let field = format!("spec.{role}.schedulerName");
    settings.some(format!("spark.kubernetes.{role}.scheduler.name"), scheduler.as_ref(), field);
    let prefix = format!("spark.kubernetes.{role}.node.selector.");
    settings.map(&prefix, pod.node_selector.as_ref(), &format!("spec.{role}.nodeSelector"));
}

/// From 4.3 on Spark sets it whatever the template says.
fn escalation(role: &str, template: &Template, settings: &mut Settings) {
    let context = template.container().and_then(|spark| spark.security_context.as_ref());
    let privileged = context.and_then(|context| context.privileged).filter(|privileged| *privileged);
    let allowed = context.and_then(|context| context.allow_privilege_escalation).or(privileged);
    let key = format!("spark.kubernetes.{role}.securityContext.allowPrivilegeEscalation");
    settings.some(key, allowed.as_ref(), format!("spec.{role}.securityContext"));
}

fn local_dirs(
    app: &App<'_>,
    role: &str,
    pod: &SparkPodSpec,
    settings: &mut Settings,
) -> Result<(), SparkError> {
    for (key, value, field) in local_dirs::keys(app.spec, role, pod)? {
        settings.add(key, value, field);
    }
    Ok(())
}

fn dynamic_allocation(spec: &SparkApplicationSpec, settings: &mut Settings) {
    let Some(dynamic) = spec.dynamic_allocation.as_ref().filter(|dynamic| dynamic.enabled == Some(true))
    else {
        return;
    };
    let field = "spec.dynamicAllocation";
    let prefix = "spark.dynamicAllocation";
    settings.add(format!("{prefix}.enabled"), true, format!("{field}.enabled"));
    for (name, number) in [
        ("initialExecutors", dynamic.initial_executors),
        ("minExecutors", dynamic.min_executors),
        ("maxExecutors", dynamic.max_executors),
    ] {
        settings.some(format!("{prefix}.{name}"), number.as_ref(), format!("{field}.{name}"));
    }
    let tracking = dynamic.shuffle_tracking_enabled.unwrap_or(true);
    settings.add(
        format!("{prefix}.shuffleTracking.enabled"),
        tracking,
        format!("{field}.shuffleTrackingEnabled"),
    );
    let timeout = dynamic.shuffle_tracking_timeout;
    settings.some(
        format!("{prefix}.shuffleTracking.timeout"),
        timeout.as_ref(),
        format!("{field}.shuffleTrackingTimeout"),
    );
}

/// Where spark-submit finds the templates, and the names of their Spark containers.
fn templates(app: &App<'_>, driver: &Template, executor: &Template, settings: &mut Settings) {
    let folder = &app.identity.template_folder;
    for (role, template) in [("driver", driver), ("executor", executor)] {
        let field = format!("spec.{role}.template");
        let file = format!("{folder}/{role}-pod-template.yaml");
        settings.add(format!("spark.kubernetes.{role}.podTemplateFile"), file, &field);
        let name = template.container().map(|spark| &spark.name);
        settings.some(format!("spark.kubernetes.{role}.podTemplateContainerName"), name, field);
    }
}
