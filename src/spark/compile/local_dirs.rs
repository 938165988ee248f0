//! Spark's scratch space: volumes named `spark-local-dir-…` go through Spark's keys, because Spark looks for them there.

use k8s_openapi::api::core::v1::{Volume, VolumeMount};

use super::mounts::LOCAL_DIR;
use crate::api::{SparkApplicationSpec, SparkPodSpec};
use crate::spark::error::SparkError;

/// The keys for a role's scratch space, with their values and the field that they come from.
///
/// # Errors
/// A mount has no volume, or one of a kind that Spark does not mount.
pub(super) fn keys(
    spec: &SparkApplicationSpec,
    role: &str,
    pod: &SparkPodSpec,
) -> Result<Vec<(String, String, String)>, SparkError> {
    let mut keys = Vec::new();
    for (index, mount) in pod.volume_mounts.iter().flatten().enumerate() {
        if !mount.name.starts_with(LOCAL_DIR) {
            continue;
        }
        let field = format!("spec.{role}.volumeMounts[{index}]");
        let volume = spec.volumes.iter().flatten().find(|volume| volume.name == mount.name);
        let volume = volume.ok_or_else(|| {
            SparkError::conflict(
                format!("{field}.name"),
                format!("there is no volume {} in spec.volumes", mount.name),
            )
        })?;
        let (kind, options) = source(volume).ok_or_else(|| {
            let message = format!(
                "volume {} must be one of emptyDir, hostPath, nfs, persistentVolumeClaim: Spark mounts no other",
                mount.name
            );
            SparkError::conflict(format!("{field}.name"), message)
        })?;
        let prefix = format!("spark.kubernetes.{role}.volumes.{kind}.{}", mount.name);
        for (name, value) in mounted(mount).into_iter().chain(options) {
            keys.push((format!("{prefix}.{name}"), value, field.clone()));
        }
    }
    Ok(keys)
}

fn mounted(mount: &VolumeMount) -> Vec<(&'static str, String)> {
    let mut keys = vec![("mount.path", mount.mount_path.clone())];
    keys.extend(mount.sub_path.clone().filter(|path| !path.is_empty()).map(|path| ("mount.subPath", path)));
    if mount.read_only == Some(true) {
        keys.push(("mount.readOnly", "true".to_owned()));
    }
    keys
}

/// The kind of a volume in Spark's words, and its options.
fn source(volume: &Volume) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    let read_only = |read_only: Option<bool>| ("options.readOnly", read_only.unwrap_or_default().to_string());
    if let Some(source) = &volume.empty_dir {
        let mut options = Vec::new();
        options.extend(source.size_limit.clone().map(|limit| ("options.sizeLimit", limit.0)));
        options.extend(
            source
                .medium
                .clone()
                .filter(|medium| !medium.is_empty())
                .map(|medium| ("options.medium", medium)),
        );
        return Some(("emptyDir", options));
    }
    if let Some(source) = &volume.host_path {
        let mut options = vec![("options.path", source.path.clone())];
        options.extend(source.type_.clone().map(|kind| ("options.type", kind)));
        return Some(("hostPath", options));
    }
    if let Some(source) = &volume.nfs {
        let options = vec![
            ("options.path", source.path.clone()),
            ("options.server", source.server.clone()),
            read_only(source.read_only),
        ];
        return Some(("nfs", options));
    }
    let source = volume.persistent_volume_claim.as_ref()?;
    let options = vec![("options.claimName", source.claim_name.clone()), read_only(source.read_only)];
    Some(("persistentVolumeClaim", options))
}
