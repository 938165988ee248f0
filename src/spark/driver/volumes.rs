//! Volumes by configuration (`spark.kubernetes.driver.volumes.KIND.NAME.…`), claims that are made for them, and scratch
//! space.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, HostPathVolumeSource, NFSVolumeSource, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Driver;
use super::credentials::mount as mount_volume;
use crate::spark::compile::LOCAL_DIR;
use crate::spark::conf::Conf;
use crate::spark::error::SparkError;
use crate::spark::line::Line;

/// One volume in Spark's words: its options below the prefix `KIND.NAME.`.
struct VolumeConf<'a> {
    conf: &'a Conf,
    prefix: String,
    kind: String,
    name: String,
}

impl VolumeConf<'_> {
    fn key(&self, option: &str) -> String {
        format!("{}{}.{}.{option}", self.prefix, self.kind, self.name)
    }

    fn get(&self, option: &str) -> Option<&str> {
        self.conf.get(&self.key(option))
    }

    fn required(&self, option: &str) -> Result<String, SparkError> {
        let key = self.key(option);
        let missing = || SparkError::Missing {
            field: self.conf.field(&key),
            message: format!("the volume {} has no {option}: set {key}", self.name),
        };
        self.conf.get(&key).map(str::to_owned).ok_or_else(missing)
    }

    /// A size; without a unit it is bytes, and fewer than 1 KiB are a mistake.
    fn size(&self, line: Line) -> Result<Option<Quantity>, SparkError> {
        let Some(size) = self.get("options.sizeLimit") else { return Ok(None) };
        let small =
            size.bytes().all(|byte| byte.is_ascii_digit()) && size.parse::<u64>().is_ok_and(|n| n < 1024);
        if small && line.has_volume_details() {
            let field = self.conf.field(&self.key("options.sizeLimit"));
            return Err(SparkError::value(field, size, "a size of 1Ki or more with a unit, such as 10Gi"));
        }
        Ok(Some(Quantity(size.to_owned())))
    }

    /// Keys behind `label.` or `annotation.`.
    fn map(&self, option: &str) -> BTreeMap<String, String> {
        self.conf.map_below(&self.key(option))
    }
}

/// The volumes below a prefix, by kind and name.
fn volumes<'a>(conf: &'a Conf, prefix: &str) -> Vec<VolumeConf<'a>> {
    let found: BTreeSet<(String, String)> = (conf.below(prefix))
        .filter_map(|(key, _)| {
            let mut parts = key.split('.');
            Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
        })
        .collect();
    let volume = |(kind, name)| VolumeConf { conf, prefix: prefix.to_owned(), kind, name };
    found.into_iter().map(volume).collect()
}

/// Spark's volume step: mounts the driver's volumes, and checks the executors' before there is a driver.
pub(super) fn mount(driver: &mut Driver<'_>) -> Result<Vec<PersistentVolumeClaim>, SparkError> {
    let conf = driver.conf.clone();
    for volume in volumes(&conf, "spark.kubernetes.executor.volumes.") {
        volume_mount(&volume, driver.line)?;
        source(driver, &volume, 0, &mut Vec::new())?;
    }
    let mut claims = Vec::new();
    let mut paths = BTreeSet::new();
    for (index, volume) in volumes(&conf, "spark.kubernetes.driver.volumes.").iter().enumerate() {
        let mount = volume_mount(volume, driver.line)?;
        if !paths.insert(mount.mount_path.clone()) {
            let field = conf.field(&volume.key("mount.path"));
            let message = format!("another volume is mounted at {} too", mount.mount_path);
            return Err(SparkError::conflict(field, message));
        }
        let source = source(driver, volume, index, &mut claims)?;
        driver.spec().volumes.get_or_insert_default().push(source);
        driver.spark.volume_mounts.get_or_insert_default().push(mount);
    }
    Ok(claims)
}

fn volume_mount(volume: &VolumeConf<'_>, line: Line) -> Result<VolumeMount, SparkError> {
    let read_only = volume.conf.bool(&volume.key("mount.readOnly"), false)?;
    let text = |option: &str| volume.get(option).filter(|text| !text.is_empty()).map(str::to_owned);
    let expression = text("mount.subPathExpr").filter(|_| line.has_volume_details());
    if expression.is_some() && volume.get("mount.subPath").is_some() {
        let field = volume.conf.field(&volume.key("mount.subPathExpr"));
        return Err(SparkError::conflict(field, "a volume has either mount.subPath or mount.subPathExpr"));
    }
    Ok(VolumeMount {
        name: volume.name.clone(),
        mount_path: volume.required("mount.path")?,
        read_only: Some(read_only),
        sub_path: text("mount.subPath"),
        sub_path_expr: expression,
        ..VolumeMount::default()
    })
}

/// The volume itself, and a claim where it is made on demand.
fn source(
    driver: &Driver<'_>,
    conf: &VolumeConf<'_>,
    index: usize,
    claims: &mut Vec<PersistentVolumeClaim>,
) -> Result<Volume, SparkError> {
    let line = driver.line;
    let mut volume = Volume { name: conf.name.clone(), ..Volume::default() };
    match conf.kind.as_str() {
        "hostPath" => {
            let kind = conf.get("options.type").filter(|_| line.has_volume_details()).unwrap_or_default();
            let path = conf.required("options.path")?;
            volume.host_path = Some(HostPathVolumeSource { path, type_: Some(kind.to_owned()) });
        }
        "emptyDir" => {
            volume.empty_dir = Some(EmptyDirVolumeSource {
                medium: Some(conf.get("options.medium").unwrap_or_default().to_owned()),
                size_limit: conf.size(line)?,
            });
        }
        "nfs" => {
            let (path, server) = (conf.required("options.path")?, conf.required("options.server")?);
            volume.nfs = Some(NFSVolumeSource { path, server, read_only: None });
        }
        "persistentVolumeClaim" => {
            let template = conf.required("options.claimName")?;
            let name = template.replace("OnDemand", &format!("{}-driver-pvc-{index}", driver.prefix));
            let size = conf.size(line)?;
            if let (Some(class), Some(size)) = (conf.get("options.storageClass"), size) {
                claims.push(claim(driver, conf, &name, class, size)?);
            }
            volume.persistent_volume_claim = Some(PersistentVolumeClaimVolumeSource {
                claim_name: name,
                read_only: Some(conf.conf.bool(&conf.key("mount.readOnly"), false)?),
            });
        }
        kind => {
            let any = format!("{}{kind}.{}.", conf.prefix, conf.name);
            let field = conf
                .conf
                .below(&any)
                .next()
                .map_or_else(|| any.clone(), |(_, setting)| setting.field.clone());
            return Err(SparkError::value(
                field,
                kind,
                "one of hostPath, emptyDir, nfs, persistentVolumeClaim",
            ));
        }
    }
    Ok(volume)
}

fn claim(
    driver: &Driver<'_>,
    conf: &VolumeConf<'_>,
    name: &str,
    class: &str,
    size: Quantity,
) -> Result<PersistentVolumeClaim, SparkError> {
    let line = driver.line;
    let legacy = "spark.kubernetes.legacy.useReadWriteOnceAccessMode";
    let once = conf.conf.bool(legacy, line.uses_read_write_once())?;
    let details = |option: &str| if line.has_volume_details() { conf.map(option) } else { BTreeMap::new() };
    let mut labels = details("label.");
    labels.insert("spark-app-selector".to_owned(), driver.application_id.clone());
    let annotations = Some(details("annotation.")).filter(|annotations| !annotations.is_empty());
    let requests = Some([("storage".to_owned(), size)].into());
    Ok(PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(driver.compiled.namespace.clone()),
            labels: Some(labels),
            annotations,
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            storage_class_name: Some(class.to_owned()),
            access_modes: Some(vec![if once { "ReadWriteOnce" } else { "ReadWriteOncePod" }.to_owned()]),
            resources: Some(VolumeResourceRequirements { requests, limits: None }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    })
}

/// Spark's step for scratch space: the volumes named for it, or one for each configured folder, or one.
pub(super) fn local_dirs(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    let in_memory = driver.conf.bool("spark.kubernetes.local.dirs.tmpfs", false)?;
    let mounts = driver.spark.volume_mounts.iter().flatten();
    let mut folders: Vec<String> = mounts
        .filter(|mount| mount.name.starts_with(LOCAL_DIR))
        .map(|mount| mount.mount_path.clone())
        .collect();
    if folders.is_empty() {
        let default = driver.compiled.identity.submission.local_dir();
        let configured = driver.conf.get("spark.local.dir").map_or(default, str::to_owned);
        folders = configured.trim_end_matches(',').split(',').map(str::to_owned).collect();
        for (index, folder) in folders.iter().enumerate() {
            let medium = in_memory.then(|| "Memory".to_owned());
            let source = EmptyDirVolumeSource { medium, size_limit: None };
            let name = format!("{LOCAL_DIR}{}", index + 1);
            let volume = Volume { name, empty_dir: Some(source), ..Volume::default() };
            mount_volume(driver, volume, folder.clone(), None);
        }
    }
    driver.env("SPARK_LOCAL_DIRS", folders.join(","));
    Ok(())
}
