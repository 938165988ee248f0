//! spark-submit in a Job: with the application's own image and service account, so that nothing of Spark is in the
//! operator and any version of it can be submitted.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, EnvVar, LocalObjectReference, PodSpec, PodTemplateSpec,
    ResourceRequirements, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::compile::{APP_NAME, CREATED_BY, Compiled, SUBMISSION_ID};
use super::conf::Conf;
use super::driver::MASTER;
use super::error::SparkError;
use super::name::SubmissionId;

/// Name of the container that runs spark-submit.
pub const CONTAINER: &str = "spark-submit";
/// Runs the image's spark-submit with what follows as its arguments, each as it is.
const COMMAND: &str = r#"exec "${SPARK_HOME:-/opt/spark}/bin/spark-submit" "$@""#;
/// Seconds after its end that a Job is kept, to be looked at.
const KEPT: i32 = 600;
/// Longest name of a Job.
const LONGEST: usize = 63;

/// The name of a submission's Job.
#[must_use]
pub fn name(application: &str, submission: &SubmissionId) -> String {
    let unique = submission.unique("job");
    let end = format!("-submit-{}", &unique[..8]);
    let head = &application[..application.floor_char_boundary(LONGEST - end.len())];
    format!("{}{end}", head.trim_end_matches(['-', '.']))
}

/// The Job, and the config map with its templates, which it owns once it is stored.
///
/// # Errors
/// An object cannot be written as JSON.
pub fn job(application: &Compiled, deadline_seconds: u64) -> Result<(Job, ConfigMap), SparkError> {
    let name = name(&application.name, &application.identity.submission);
    let metadata = |owner: Option<OwnerReference>| ObjectMeta {
        name: Some(name.clone()),
        namespace: Some(application.namespace.clone()),
        labels: Some(labels(application)),
        owner_references: owner.map(|owner| vec![owner]),
        ..ObjectMeta::default()
    };
    let config_map = ConfigMap {
        metadata: metadata(None),
        immutable: Some(true),
        data: Some(application.template_files()?.into()),
        binary_data: None,
    };
    let spec = JobSpec {
        // Whether there is another try is the operator's business.
        backoff_limit: Some(0),
        active_deadline_seconds: i64::try_from(deadline_seconds).ok(),
        ttl_seconds_after_finished: Some(KEPT),
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta { labels: Some(labels(application)), ..ObjectMeta::default() }),
            spec: Some(pod(application, &name)),
        },
        ..JobSpec::default()
    };
    Ok((
        Job { metadata: metadata(application.identity.owner.clone()), spec: Some(spec), status: None },
        config_map,
    ))
}

fn labels(application: &Compiled) -> BTreeMap<String, String> {
    let submission = application.identity.submission.as_str();
    [(APP_NAME, application.name.as_str()), (CREATED_BY, "true"), (SUBMISSION_ID, submission)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// The pod: it is pulled, placed and secured as the driver is.
fn pod(application: &Compiled, config_map: &str) -> PodSpec {
    let mut conf = Conf::default();
    for (key, setting) in &application.conf {
        conf.set(key, &setting.value, &setting.field);
    }
    let driver = application.driver.spec.clone().unwrap_or_default();
    let spark = conf.get("spark.kubernetes.driver.podTemplateContainerName").unwrap_or_default();
    let security = driver.containers.iter().find(|container| container.name == spark);
    let secrets = conf.list("spark.kubernetes.container.image.pullSecrets").into_iter();
    let mut secrets: Vec<_> = secrets.map(|name| LocalObjectReference { name: name.to_owned() }).collect();
    secrets.extend(driver.image_pull_secrets.into_iter().flatten());
    let mut selector = conf.map_below("spark.kubernetes.node.selector.");
    selector.extend(driver.node_selector.into_iter().flatten());
    // The kubelet would put variables in the place of $(NAME).
    let literal = |argument: String| argument.replace('$', "$$");
    let arguments = application.arguments(MASTER).into_iter().map(literal);
    let amount = |text: &str| Quantity(text.to_owned());
    let template = Volume {
        name: "pod-templates".to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: config_map.to_owned(),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    };
    let mount = VolumeMount {
        name: template.name.clone(),
        mount_path: application.identity.template_folder.clone(),
        read_only: Some(true),
        ..VolumeMount::default()
    };
    let user = EnvVar { name: "SPARK_USER".to_owned(), value: Some("spark".to_owned()), value_from: None };
    let container = Container {
        name: CONTAINER.to_owned(),
        image: conf.get("spark.kubernetes.driver.container.image").map(str::to_owned),
        image_pull_policy: conf.get("spark.kubernetes.container.image.pullPolicy").map(str::to_owned),
        command: Some(["/bin/sh", "-c", COMMAND, CONTAINER].map(str::to_owned).to_vec()),
        args: Some(arguments.collect()),
        env: Some(vec![user]),
        volume_mounts: Some(vec![mount]),
        security_context: security.and_then(|container| container.security_context.clone()),
        resources: Some(ResourceRequirements {
            requests: Some(
                [("cpu".to_owned(), amount("100m")), ("memory".to_owned(), amount("512Mi"))].into(),
            ),
            limits: Some([("memory".to_owned(), amount("1Gi"))].into()),
            claims: None,
        }),
        ..Container::default()
    };
    PodSpec {
        containers: vec![container],
        volumes: Some(vec![template]),
        restart_policy: Some("Never".to_owned()),
        service_account_name: conf
            .get("spark.kubernetes.authenticate.driver.serviceAccountName")
            .map(str::to_owned),
        image_pull_secrets: Some(secrets).filter(|secrets| !secrets.is_empty()),
        node_selector: Some(selector).filter(|selector| !selector.is_empty()),
        tolerations: driver.tolerations,
        affinity: driver.affinity,
        priority_class_name: driver.priority_class_name,
        runtime_class_name: driver.runtime_class_name,
        security_context: driver.security_context,
        ..PodSpec::default()
    }
}
