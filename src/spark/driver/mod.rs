//! The objects that a submission creates, as spark-submit creates them: driver pod, its service, its config maps, its
//! volume claims.
//!
//! Proven equal to each Spark line's own spark-submit, for the same templates and configuration, by
//! `tests/spark_parity.rs`. What comes on top, [`Rest`](super::compile::Rest), is what a template cannot say.

mod command;
mod conf;
mod config_map;
mod credentials;
mod network_policy;
mod pod;
mod refused;
mod rest;
mod service;
mod volumes;

use k8s_openapi::api::core::v1::{
    ConfigMap, Container, EnvVar, PersistentVolumeClaim, Pod, PodSpec, Service,
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::compile::Compiled;
use super::conf::Conf;
use super::error::SparkError;
use super::line::Line;
use super::name;

pub use conf::DEFAULTS;
pub use config_map::Placement;

/// The API server as the driver of every pod finds it.
pub const MASTER: &str = "k8s://https://kubernetes.default.svc";

/// What a submission creates. The pod is created first; all others are owned by it (see [`Objects::own`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// The driver.
    pub pod: Pod,
    /// Its headless service: where executors find it.
    pub service: Service,
    /// Spark configuration, and the executors' template.
    pub config_maps: Vec<ConfigMap>,
    /// Claims for volumes that are made on demand.
    pub claims: Vec<PersistentVolumeClaim>,
    /// Who may reach the executors, from Spark 4.2 on.
    pub network_policy: Option<NetworkPolicy>,
}

/// Builds the objects of a submission.
///
/// # Errors
/// A value cannot be read, something asks for files or Java that only spark-submit has, or an object is too large.
pub fn build(compiled: &Compiled) -> Result<Objects, SparkError> {
    let mut objects = as_spark_submit(compiled, MASTER)?;
    rest::apply(&compiled.driver_rest, &mut objects.pod);
    fits(&objects.pod)?;
    Ok(objects)
}

/// The largest request that etcd takes (its flag `--max-request-bytes`, which clusters leave as it is).
const LARGEST: usize = 3 << 19;

/// Checks that the API server can store the driver pod.
fn fits(pod: &Pod) -> Result<(), SparkError> {
    let bytes = serde_json::to_vec(pod).map_or(0, |json| json.len());
    if bytes > LARGEST {
        return Err(SparkError::TooLarge {
            field: "spec.driver".to_owned(),
            what: "the driver pod",
            bytes,
            limit: LARGEST,
        });
    }
    Ok(())
}

/// [`build`] without what no template can say: what spark-submit makes of the same templates and configuration.
///
/// # Errors
/// As [`build`].
pub fn as_spark_submit(compiled: &Compiled, master: &str) -> Result<Objects, SparkError> {
    let (line, _) = Line::of(&compiled.spark_version)?;
    let conf = conf::submitted(compiled, master)?;
    refused::check(&conf, line)?;
    let ids = &compiled.identity.submission;
    let prefix = name::prefix(&compiled.name, &ids.unique("prefix"));
    let mut driver = Driver {
        compiled,
        line,
        service: name::service(&prefix, &ids.unique("service")),
        application_id: ids.application_id(),
        prefix,
        pod: compiled.driver.clone(),
        spark: Container::default(),
        properties: conf.clone(),
        conf,
    };
    driver.take_spark_container();
    pod::basic(&mut driver)?;
    credentials::account(&mut driver);
    let service = service::build(&mut driver)?;
    credentials::secrets(&mut driver)?;
    let claims = volumes::mount(&mut driver)?;
    command::configure(&mut driver)?;
    credentials::hadoop(&mut driver);
    credentials::kerberos(&mut driver)?;
    let mut config_maps = config_map::executor_template(&mut driver)?;
    volumes::local_dirs(&mut driver)?;
    config_maps.push(config_map::configuration(&mut driver)?);
    let network_policy = network_policy::build(&driver);
    Ok(Objects { pod: driver.finish(), service, config_maps, claims, network_policy })
}

/// A driver in the making.
struct Driver<'a> {
    compiled: &'a Compiled,
    line: Line,
    /// Spark configuration, as given.
    conf: Conf,
    /// Spark configuration, as the driver will read it: what is made here is added.
    properties: Conf,
    application_id: String,
    /// What the names of all its objects begin with.
    prefix: String,
    /// Name of its service.
    service: String,
    pod: Pod,
    /// The Spark container, taken out of the pod until it is finished: it then comes last, as Spark puts it.
    spark: Container,
}

impl Driver<'_> {
    fn spec(&mut self) -> &mut PodSpec {
        self.pod.spec.get_or_insert_default()
    }

    fn take_spark_container(&mut self) {
        let wanted =
            self.conf.get("spark.kubernetes.driver.podTemplateContainerName").unwrap_or_default().to_owned();
        let containers = &mut self.spec().containers;
        let at = containers.iter().position(|container| container.name == wanted).unwrap_or(0);
        if at < containers.len() {
            self.spark = containers.remove(at);
        }
    }

    fn env(&mut self, name: &str, value: impl Into<String>) {
        let variable = EnvVar { name: name.to_owned(), value: Some(value.into()), value_from: None };
        self.spark.env.get_or_insert_default().push(variable);
    }

    /// Adds to the configuration that the driver reads.
    fn property(&mut self, key: &str, value: impl Into<String>) {
        let field = self.conf.field(key);
        self.properties.set(key, value, field);
    }

    fn finish(mut self) -> Pod {
        let spark = std::mem::take(&mut self.spark);
        self.spec().containers.push(spark);
        self.pod
    }
}

impl Objects {
    /// Makes the driver pod, as the API server has stored it, the owner of all other objects: they go when it goes.
    pub fn own(&mut self, pod: &Pod) {
        let owner = OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            name: pod.metadata.name.clone().unwrap_or_default(),
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            controller: Some(true),
            block_owner_deletion: None,
        };
        let services = std::iter::once(&mut self.service.metadata);
        let maps = self.config_maps.iter_mut().map(|map| &mut map.metadata);
        let claims = self.claims.iter_mut().map(|claim| &mut claim.metadata);
        let policies = self.network_policy.iter_mut().map(|policy| &mut policy.metadata);
        for metadata in services.chain(maps).chain(claims).chain(policies) {
            metadata.owner_references = Some(vec![owner.clone()]);
        }
    }
}
