//! The driver's config maps: its Spark configuration, and the executors' template.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapVolumeSource, KeyToPath, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Driver;
use super::command::{CONF_FOLDER, PROPERTIES};
use super::credentials::mount;
use crate::spark::error::SparkError;
use crate::spark::properties;

/// Key of the executors' template in its config map.
const TEMPLATE_KEY: &str = "podspec-configmap-key";
const TEMPLATE_FOLDER: &str = "/opt/spark/pod-template";
const TEMPLATE_FILE: &str = "pod-spec-template.yml";
/// The most that a config map holds (Kubernetes' limit on the sum of its data).
const LIMIT: usize = 1 << 20;

/// Spark's template step: the executors' template in a config map that the driver reads.
pub(super) fn executor_template(driver: &mut Driver<'_>) -> Result<Vec<ConfigMap>, SparkError> {
    let name = format!("{}-driver-podspec-conf-map", driver.prefix);
    let [_, (_, text)] = driver.compiled.template_files()?;
    let data = [(TEMPLATE_KEY.to_owned(), text)].into();
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

/// Whether this is the config map of the executors' template.
pub(super) fn is_template(map: &ConfigMap) -> bool {
    map.data.as_ref().is_some_and(|data| data.contains_key(TEMPLATE_KEY))
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
