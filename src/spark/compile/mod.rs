//! An application as Spark configuration and pod templates: everything that it says, once, whoever submits it.
//!
//! What Kubeflow's operator leaves to a webhook that changes pods is in the templates from the start. Where Spark
//! overwrites a field of a template, and has a key for it, the key is set; for the driver the rest is set on the finished
//! pod (see [`driver`](super::driver)); for executors the rest is listed in [`Compiled::notices`].

mod arguments;
mod executor;
mod image;
mod list;
mod local_dirs;
mod monitoring;
mod mounts;
mod pod;
mod security;
mod template;
mod words;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, EnvVar, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::conf::Setting;
use super::error::{Notice, SparkError};
use super::name::SubmissionId;
use crate::api::{Dependencies, SparkApplication, SparkApplicationSpec, denied};

pub use arguments::driver_pod_name;
pub use image::default_image;
pub(in crate::spark) use list::put_all;
pub(in crate::spark) use mounts::LOCAL_DIR;
pub use security::PodSecurity;
pub use template::Rest;

/// Names that Spark's containers have unless the template gives them another.
pub const DRIVER_CONTAINER: &str = "spark-kubernetes-driver";
/// As [`DRIVER_CONTAINER`], for executors.
pub const EXECUTOR_CONTAINER: &str = "spark-kubernetes-executor";

/// Label of everything that belongs to an application: its name.
pub const APP_NAME: &str = "sparkoperator.k8s.io/app-name";
/// Label of pods that an operator launched: what it watches.
pub const LAUNCHED_BY: &str = "sparkoperator.k8s.io/launched-by-spark-operator";
/// Label of objects that an operator made beside pods.
pub const CREATED_BY: &str = "sparkoperator.k8s.io/created-by-spark-operator";
/// Label of pods: the submission that made them.
pub const SUBMISSION_ID: &str = "sparkoperator.k8s.io/submission-id";
/// Label of pods whose application has no template; nothing reads it, Kubeflow's operator sets it.
const MUTATED_BY: &str = "sparkoperator.k8s.io/mutated-by-spark-operator";
/// Labels of an application that begin so are not for its pods: Kueue reads them on the application.
const KUEUE: &str = "kueue.x-k8s.io/";

/// What the operator is configured to do with every application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What is filled into unset security fields of pods. Flag `--spark-pod-security`.
    pub pod_security: PodSecurity,
    /// Images by version or minor line of Spark, for applications that name none. Flag `--spark-default-images`.
    pub default_images: BTreeMap<String, String>,
    /// Spark configuration below that of every application: a `spark-defaults.conf` that the operator is given.
    pub spark_defaults: Vec<(String, String)>,
    /// Whether spark-submit reads `spark-defaults.conf` even where it is given properties. Gate LoadSparkDefaults.
    pub load_spark_defaults: bool,
    /// Whether the executors' template can be changed while an application runs. Gate PartialRestart.
    pub partial_restart: bool,
    /// Whether a driver that fails and says nothing leaves the end of its log in its pod's status, where the operator, which
    /// may not read logs, finds the cause. Who has set `terminationMessagePolicy` keeps it.
    pub last_words: bool,
}

/// Which application is submitted, and which try it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The submission: what is created follows from it.
    pub submission: SubmissionId,
    /// When, in milliseconds since 1970.
    pub submitted_at: i64,
    /// The application as the owner of its driver. None where there is no operator.
    pub owner: Option<OwnerReference>,
    /// Folder of the template files, as Spark's configuration names them.
    pub template_folder: String,
}

impl Identity {
    /// Of a stored application, which owns what is made.
    #[must_use]
    pub fn of(application: &SparkApplication, submission: SubmissionId, submitted_at: i64) -> Self {
        let owner = kube::Resource::controller_owner_ref(application, &());
        let template_folder = format!("/tmp/spark/{}", submission.as_str());
        Self { submission, submitted_at, owner, template_folder }
    }
}

/// What is run, in the words of spark-submit's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// `--class`
    pub class: Option<String>,
    /// What is run: `local:///opt/app.jar`.
    pub main: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// `--proxy-user`
    pub proxy_user: Option<String>,
    /// `--jars` and the like.
    pub dependencies: Dependencies,
}

/// An application, ready to be submitted by any submitter.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// Name of the application.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its version of Spark.
    pub spark_version: String,
    /// Which submission it is.
    pub identity: Identity,
    /// Name of the driver pod.
    pub driver_pod: String,
    /// What is run.
    pub program: Program,
    /// Spark configuration, in the order of spark-submit's arguments: of two settings of a key the later counts.
    pub conf: Vec<(String, Setting)>,
    /// Spark configuration below [`Compiled::conf`].
    pub defaults: Vec<(String, String)>,
    /// Whether spark-submit gets `--load-spark-defaults`.
    pub load_spark_defaults: bool,
    /// Whether the config map of the executors' template can be changed.
    pub partial_restart: bool,
    /// Template of the driver pod.
    pub driver: Pod,
    /// What Spark overwrites of it, to be set on the finished pod.
    pub driver_rest: Rest,
    /// Template of the executor pods.
    pub executor: Pod,
    /// Config maps that must be there before the driver: owned by the application.
    pub config_maps: Vec<ConfigMap>,
    /// What will not be quite as it was written.
    pub notices: Vec<Notice>,
}

impl Compiled {
    /// What is lost where spark-submit makes the driver: it takes templates, and nobody touches the pod after it.
    #[must_use]
    pub fn lost_by_spark_submit(&self) -> Vec<Notice> {
        let Rest { memory_limit, image_pull_policy, env } = &self.driver_rest;
        let own = |variable: &EnvVar| executor::sparks_own(&variable.name).is_some();
        let fields = [
            ("spec.driver.memoryLimit", memory_limit.is_some()),
            ("spec.driver.template", image_pull_policy.is_some()),
            ("spec.driver.env", env.iter().any(own)),
        ];
        let lost = fields.into_iter().filter(|(_, said)| *said);
        lost.map(|(field, _)| {
            let message = "spark-submit overwrites some of it in the driver; the submitter native does not";
            Notice::new(field, "SparkOverwrites", message)
        })
        .collect()
    }
}

/// Compiles an application. Its defaults need not be written out.
///
/// # Errors
/// The application cannot be submitted as it is; the error names the field.
pub fn compile(
    application: &SparkApplication,
    identity: Identity,
    settings: &Settings,
) -> Result<Compiled, SparkError> {
    let name = application.metadata.name.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| SparkError::Missing {
        field: "metadata.name".to_owned(),
        message: "a name is missing".to_owned(),
    })?;
    let namespace = application.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let mut spec = application.spec.clone().with_defaults();
    let mut notices = Vec::new();
    check(&spec, &namespace)?;
    let config_maps = monitoring::apply(&mut spec, &name, &namespace, identity.owner.as_ref())?;
    let app = arguments::App {
        name: &name,
        namespace: &namespace,
        labels: application.metadata.labels.as_ref(),
        spec: &spec,
        identity: &identity,
        partial_restart: settings.partial_restart,
    };
    let (driver, driver_rest) = pod::driver(&app, settings, &mut notices)?;
    let executor = pod::executor(&app, settings, &mut notices)?;
    let images = image::images(&app, &driver, &executor, settings, &mut notices)?;
    let conf = arguments::conf(&app, &images, &driver, &executor)?;
    words::check(&spec, &conf)?;
    words::check_pods(&driver.pod, &executor.pod)?;
    executor::notices(&spec, &conf, &mut notices);
    not_built(&spec, &mut notices);
    Ok(Compiled {
        driver_pod: driver_pod_name(&name, &spec),
        spark_version: spec.spark_version.clone(),
        program: Program {
            class: spec.main_class.clone().filter(|class| !class.is_empty()),
            main: spec.main_application_file.clone(),
            arguments: spec.arguments.clone().unwrap_or_default(),
            proxy_user: spec.proxy_user.clone().filter(|user| !user.is_empty()),
            dependencies: spec.deps.clone().unwrap_or_default(),
        },
        conf,
        defaults: settings.spark_defaults.clone(),
        load_spark_defaults: settings.load_spark_defaults,
        partial_restart: settings.partial_restart,
        driver: driver.pod,
        driver_rest,
        executor: executor.pod,
        config_maps,
        notices,
        name,
        namespace,
        identity,
    })
}

/// Says what this version of the operator leaves out.
fn not_built(spec: &SparkApplicationSpec, notices: &mut Vec<Notice>) {
    let mut say = |field: &str, message: &str| notices.push(Notice::new(field, "NotBuilt", message));
    if spec.driver_ingress_options.as_ref().is_some_and(|options| !options.is_empty()) {
        say("spec.driverIngressOptions", "no services and ingresses are made for the driver's ports");
    }
    if spec.batch_scheduler.as_ref().is_some_and(|scheduler| !scheduler.is_empty()) {
        say("spec.batchScheduler", "pods get it as their schedulerName, and no pod group is made");
    }
}

/// What is refused before anything is built: client mode, denied keys, templates and selectors that contradict.
fn check(spec: &SparkApplicationSpec, namespace: &str) -> Result<(), SparkError> {
    if let Some(mode) = spec.mode.as_deref().filter(|mode| *mode != "cluster") {
        let message = format!(
            "mode {mode} is not supported: the driver runs in a pod of its own, which is cluster mode"
        );
        return Err(SparkError::conflict("spec.mode", message));
    }
    for (key, value) in spec.spark_conf.iter().flatten() {
        if let Some(reason) = denied::reason(key, value, namespace) {
            return Err(SparkError::Denied { key: key.clone(), reason });
        }
    }
    for (role, pod) in [("driver", &spec.driver.pod), ("executor", &spec.executor.pod)] {
        if spec.node_selector.is_some() && pod.node_selector.is_some() {
            let field = format!("spec.{role}.nodeSelector");
            return Err(SparkError::conflict(
                field,
                "a node selector cannot be both here and at spec.nodeSelector",
            ));
        }
    }
    Ok(())
}
