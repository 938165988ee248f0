//! Accounts and secrets of the driver: its service account, mounted secrets, variables from secrets, Hadoop's and
//! Kerberos' configuration.

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EnvVar, EnvVarSource, SecretKeySelector, SecretVolumeSource, Volume, VolumeMount,
};

use super::Driver;
use crate::spark::error::SparkError;

/// Where Hadoop's configuration is mounted.
const HADOOP_CONF: &str = "/opt/hadoop/conf";
/// Where a delegation token is mounted.
const HADOOP_CREDENTIALS: &str = "/mnt/secrets/hadoop-credentials";

/// The service account, over that of the template.
pub(super) fn account(driver: &mut Driver<'_>) {
    let key = "spark.kubernetes.authenticate.driver.serviceAccountName";
    if let Some(account) = driver.conf.get(key).map(str::to_owned) {
        let spec = driver.spec();
        spec.service_account_name = Some(account.clone());
        spec.service_account = Some(account);
    }
    // Tokens are not written where others can read them.
    let tokens: Vec<String> = driver.conf.iter().map(|(key, _)| key.to_owned()).collect();
    for key in tokens.iter().filter(|key| key.ends_with("oauthToken")) {
        driver.property(key, "<present_but_redacted>");
    }
}

/// Secrets as folders, and keys of secrets as variables.
pub(super) fn secrets(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    for (name, path) in driver.conf.map_below("spark.kubernetes.driver.secrets.") {
        let volume = format!("{name}-volume");
        mount_secret(driver, &volume, name, path);
    }
    let prefix = "spark.kubernetes.driver.secretKeyRef.";
    let references: Vec<_> =
        driver.conf.below(prefix).map(|(name, setting)| (name.to_owned(), setting.clone())).collect();
    for (variable, setting) in references {
        // As Java splits: nothing behind the last colon is no part.
        let parts: Vec<&str> = setting.value.trim_end_matches(':').split(':').collect();
        let [name, key] = parts[..] else {
            return Err(SparkError::value(setting.field, &setting.value, "of the form NAME:KEY"));
        };
        if name.is_empty() || key.is_empty() {
            return Err(SparkError::value(
                setting.field,
                &setting.value,
                "a secret's name and one of its keys",
            ));
        }
        let reference = SecretKeySelector { name: name.to_owned(), key: key.to_owned(), optional: None };
        driver.spark.env.get_or_insert_default().push(EnvVar {
            name: variable,
            value: None,
            value_from: Some(EnvVarSource { secret_key_ref: Some(reference), ..EnvVarSource::default() }),
        });
    }
    Ok(())
}

/// A config map with Hadoop's configuration that is there already.
pub(super) fn hadoop(driver: &mut Driver<'_>) {
    let Some(name) = driver.conf.get("spark.kubernetes.hadoop.configMapName").map(str::to_owned) else {
        return;
    };
    mount_config_map(driver, "hadoop-properties", &name, HADOOP_CONF, None);
    driver.env("HADOOP_CONF_DIR", HADOOP_CONF);
    driver.property("spark.kubernetes.executor.hadoopConfigMapName", name);
}

/// Kerberos: a config map with `krb5.conf`, a secret with a delegation token.
pub(super) fn kerberos(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    let both = |driver: &Driver<'_>, a: &str, b: &str| {
        let missing = |key: &str, other: &str| SparkError::Missing {
            field: driver.conf.field(other),
            message: format!("{key} needs {other}"),
        };
        match (driver.conf.get(a), driver.conf.get(b)) {
            (Some(a), Some(b)) => Ok(Some((a.to_owned(), b.to_owned()))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing(a, b)),
            (None, Some(_)) => Err(missing(b, a)),
        }
    };
    both(driver, "spark.kerberos.keytab", "spark.kerberos.principal")?;
    let token = both(
        driver,
        "spark.kubernetes.kerberos.tokenSecret.name",
        "spark.kubernetes.kerberos.tokenSecret.itemKey",
    )?;
    if let Some(name) = driver.conf.get("spark.kubernetes.kerberos.krb5.configMapName").map(str::to_owned) {
        mount_config_map(driver, "krb5-file", &name, "/etc/krb5.conf", Some("krb5.conf"));
    }
    if let Some((name, key)) = token {
        mount_secret(driver, "hadoop-secret", name, HADOOP_CREDENTIALS.to_owned());
        driver.env("HADOOP_TOKEN_FILE_LOCATION", format!("{HADOOP_CREDENTIALS}/{key}"));
    }
    Ok(())
}

fn mount_secret(driver: &mut Driver<'_>, volume: &str, name: String, path: String) {
    let source = SecretVolumeSource { secret_name: Some(name), ..SecretVolumeSource::default() };
    let volume = Volume { name: volume.to_owned(), secret: Some(source), ..Volume::default() };
    mount(driver, volume, path, None);
}

/// Mounts a config map that is there already.
fn mount_config_map(driver: &mut Driver<'_>, volume: &str, name: &str, path: &str, sub_path: Option<&str>) {
    let source = ConfigMapVolumeSource { name: name.to_owned(), ..ConfigMapVolumeSource::default() };
    let volume = Volume { name: volume.to_owned(), config_map: Some(source), ..Volume::default() };
    mount(driver, volume, path.to_owned(), sub_path);
}

/// Adds a volume and mounts it in the Spark container.
pub(super) fn mount(driver: &mut Driver<'_>, volume: Volume, path: String, sub_path: Option<&str>) {
    let mount = VolumeMount {
        name: volume.name.clone(),
        mount_path: path,
        sub_path: sub_path.map(str::to_owned),
        ..VolumeMount::default()
    };
    driver.spec().volumes.get_or_insert_default().push(volume);
    driver.spark.volume_mounts.get_or_insert_default().push(mount);
}
