//! The driver's config maps: its Spark configuration, and the executors' template.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapVolumeSource, KeyToPath, Pod, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Driver;
use super::command::{CONF_FOLDER, PROPERTIES};
use super::credentials::mount;
use crate::spark::argv::template_text;
use crate::spark::compile::Compiled;
use crate::spark::error::SparkError;
use crate::spark::{name, properties};

/// Key of the executors' template in its config map.
const TEMPLATE_KEY: &str = "podspec-configmap-key";
const TEMPLATE_FOLDER: &str = "/opt/spark/pod-template";
const TEMPLATE_FILE: &str = "pod-spec-template.yml";
/// The most that a config map holds (Kubernetes' limit on the sum of its data).
const LIMIT: usize = 1 << 20;

/// Spark's template step: the executors' template in a config map that the driver reads.
pub(super) fn executor_template(driver: &mut Driver<'_>) -> Result<Vec<ConfigMap>, SparkError> {
    let name = template_name(&driver.prefix);
    let data = [(TEMPLATE_KEY.to_owned(), template_text("executor", &driver.compiled.executor)?)].into();
    let mut map = config_map(driver, &name, data, "spec.executor.template", "the executors' pod template")?;
    // Spark reads the file anew for each executor.
    map.immutable = Some(!driver.compiled.partial_restart);
    let item = KeyToPath { key: TEMPLATE_KEY.to_owned(), path: TEMPLATE_FILE.to_owned(), mode: None };
    let source = ConfigMapVolumeSource { name, items: Some(vec![item]), ..ConfigMapVolumeSource::default() };
    let volume =
        Volume { name: "pod-template-volume".to_owned(), config_map: Some(source), ..Volume::default() };
    mount(driver, volume, TEMPLATE_FOLDER.to_owned(), None);
    driver
        .property("spark.kubernetes.executor.podTemplateFile", format!("{TEMPLATE_FOLDER}/{TEMPLATE_FILE}"));
    Ok(vec![map])
}

fn template_name(prefix: &str) -> String {
    format!("{prefix}-driver-podspec-conf-map")
}

/// The executors' template of a driver that runs, compared with where executors are to go by now.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// It says so.
    Same,
    /// It is to be this.
    Other(Box<ConfigMap>),
    /// It says otherwise, and cannot be changed, or nobody would read it.
    Fixed,
}

impl Compiled {
    /// Name of the config map of the executors' template, as [`build`](super::build) makes it.
    #[must_use]
    pub fn executor_template_name(&self) -> String {
        template_name(&name::prefix(&self.name, &self.identity.submission.unique("prefix")))
    }

    /// Compares the executors' template of its driver that runs: only where executors go (what the gate PartialRestart is
    /// about), so that nothing else of it changes, whichever version of the operator has made it.
    #[must_use]
    pub fn placement(&self, there: ConfigMap) -> Placement {
        let text = there.data.as_ref().and_then(|data| data.get(TEMPLATE_KEY));
        let Some(mut pod) = text.and_then(|text| serde_json::from_str::<Pod>(text).ok()) else {
            return Placement::Fixed;
        };
        let (before, wanted) = (pod.clone(), self.executor.spec.clone().unwrap_or_default());
        let spec = pod.spec.get_or_insert_default();
        spec.priority_class_name = wanted.priority_class_name;
        spec.priority = wanted.priority;
        spec.preemption_policy = wanted.preemption_policy;
        spec.node_selector = wanted.node_selector;
        spec.tolerations = wanted.tolerations;
        spec.affinity = wanted.affinity;
        spec.scheduler_name = wanted.scheduler_name;
        if pod == before {
            return Placement::Same;
        }
        // Any other allocator reads the template once.
        let mut conf =
            self.conf.iter().filter(|(key, _)| key == "spark.kubernetes.allocation.pods.allocator");
        if there.immutable == Some(true) || conf.any(|(_, allocator)| allocator.value != "direct") {
            return Placement::Fixed;
        }
        match template_text("executor", &pod) {
            Ok(text) => {
                let data = Some([(TEMPLATE_KEY.to_owned(), text)].into());
                Placement::Other(Box::new(ConfigMap { data, ..there }))
            }
            Err(_) => Placement::Fixed,
        }
    }
}

/// The last step of a submission: the configuration as the driver reads it.
pub(super) fn configuration(driver: &mut Driver<'_>) -> Result<ConfigMap, SparkError> {
    let name = format!("spark-drv-{}-conf-map", driver.compiled.identity.submission.unique("configuration"));
    let data = BTreeMap::from([
        ("spark.kubernetes.namespace".to_owned(), driver.compiled.namespace.clone()),
        (PROPERTIES.to_owned(), properties::write(driver.properties.iter())),
    ]);
    let map = config_map(driver, &name, data, "spec.sparkConf", "the Spark configuration")?;
    driver.env("SPARK_CONF_DIR", CONF_FOLDER);
    let item = KeyToPath { key: PROPERTIES.to_owned(), path: PROPERTIES.to_owned(), mode: Some(0o644) };
    let source = ConfigMapVolumeSource { name, items: Some(vec![item]), ..ConfigMapVolumeSource::default() };
    let volume =
        Volume { name: "spark-conf-volume-driver".to_owned(), config_map: Some(source), ..Volume::default() };
    mount(driver, volume, CONF_FOLDER.to_owned(), None);
    Ok(map)
}

fn config_map(
    driver: &Driver<'_>,
    name: &str,
    data: BTreeMap<String, String>,
    field: &str,
    what: &'static str,
) -> Result<ConfigMap, SparkError> {
    let bytes = data.values().map(String::len).sum();
    if bytes > LIMIT {
        return Err(SparkError::TooLarge { field: field.to_owned(), what, bytes, limit: LIMIT });
    }
    Ok(ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(driver.compiled.namespace.clone()),
            ..ObjectMeta::default()
        },
        immutable: Some(true),
        data: Some(data),
        binary_data: None,
    })
}
