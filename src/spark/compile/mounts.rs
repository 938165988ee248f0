//! Volumes and config maps of an application in a pod. Spark's scratch space is not: it goes through Spark's keys.

use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, EnvVar, Volume, VolumeMount};

use super::list::{put, put_all};
use super::template::Template;
use crate::api::{NamePath, SparkApplicationSpec, SparkPodSpec};
use crate::spark::error::Notice;
use crate::spark::name::hex;

/// Volumes whose names begin so are Spark's scratch space.
pub(in crate::spark) const LOCAL_DIR: &str = "spark-local-dir-";

/// Longest name of a volume.
const LONGEST: usize = 63;

/// Where `sparkConfigMap` is mounted.
const SPARK_CONF: &str = "/etc/spark/conf";
/// Where `hadoopConfigMap` is mounted.
const HADOOP_CONF: &str = "/etc/hadoop/conf";

/// The config maps that an application names, and the variables that make Spark and Hadoop find theirs.
pub(super) fn config_maps(spec: &SparkApplicationSpec, pod: &SparkPodSpec, template: &mut Template) {
    if let Some(name) = &spec.hadoop_config_map {
        config_map(template, "hadoop-configmap-volume", name, HADOOP_CONF);
    }
    if let Some(name) = &spec.spark_config_map {
        config_map(template, "spark-configmap-volume", name, SPARK_CONF);
    }
    put_all(&mut template.spark().env, &variables(spec), |variable| &variable.name);
    for NamePath { name, path } in pod.config_maps.iter().flatten() {
        config_map(template, &volume_name(name), name, path);
    }
}

/// The variables that tell where the mounted configuration is.
pub(super) fn variables(spec: &SparkApplicationSpec) -> Vec<EnvVar> {
    let variable = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        value_from: None,
    };
    let hadoop = spec.hadoop_config_map.iter().map(|_| variable("HADOOP_CONF_DIR", HADOOP_CONF));
    hadoop.chain(spec.spark_config_map.iter().map(|_| variable("SPARK_CONF_DIR", SPARK_CONF))).collect()
}

/// Mounts a config map, read-only.
pub(super) fn config_map(template: &mut Template, volume: &str, name: &str, path: &str) {
    let source = ConfigMapVolumeSource { name: name.to_owned(), ..ConfigMapVolumeSource::default() };
    let volume = Volume { name: volume.to_owned(), config_map: Some(source), ..Volume::default() };
    let mount = VolumeMount {
        name: volume.name.clone(),
        mount_path: path.to_owned(),
        read_only: Some(true),
        ..VolumeMount::default()
    };
    put(&mut template.spec().volumes, volume, |a, b| a.name == b.name);
    put(&mut template.spark().volume_mounts, mount, |a, b| a.mount_path == b.mount_path);
}

/// The mounts of a pod with their volumes; one whose volume is not there is left out.
pub(super) fn volumes(
    spec: &SparkApplicationSpec,
    role: &str,
    pod: &SparkPodSpec,
    template: &mut Template,
    notices: &mut Vec<Notice>,
) {
    for (index, mount) in pod.volume_mounts.iter().flatten().enumerate() {
        if mount.name.starts_with(LOCAL_DIR) {
            continue;
        }
        match spec.volumes.iter().flatten().find(|volume| volume.name == mount.name) {
            Some(volume) => put(&mut template.spec().volumes, volume.clone(), |a, b| a.name == b.name),
            // A template may bring the volume.
            None if template.spec().volumes.iter().flatten().any(|volume| volume.name == mount.name) => {}
            None => {
                let field = format!("spec.{role}.volumeMounts[{index}].name");
                let message = format!("there is no volume {}: the mount is left out", mount.name);
                notices.push(Notice::new(field, "UnknownVolume", message));
                continue;
            }
        }
        put(&mut template.spark().volume_mounts, mount.clone(), |a, b| a.mount_path == b.mount_path);
    }
}

/// A volume's name for a config map, whose own name may have dots and be longer.
pub(super) fn volume_name(config_map: &str) -> String {
    let name = format!("{config_map}-vol");
    if name.len() <= LONGEST && !name.contains('.') {
        return name;
    }
    let hash = hex(config_map, 4);
    let end = format!("-{hash}-vol");
    let mut start = config_map.replace('.', "-");
    start.truncate((0..=LONGEST - end.len()).rev().find(|at| start.is_char_boundary(*at)).unwrap_or(0));
    format!("{}{end}", start.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_named_for_its_config_map_within_63_characters() {
        assert_eq!(volume_name("conf"), "conf-vol");
        let dotted = volume_name("a.b");
        assert!(dotted.starts_with("a-b-") && dotted.ends_with("-vol"), "{dotted}");
        let long = volume_name(&"x.".repeat(60));
        assert_eq!(long.len(), 62, "{long}");
        assert!(!long.contains("--"), "{long}");
        assert_ne!(volume_name("a.b"), volume_name("a-b"));
    }
}
