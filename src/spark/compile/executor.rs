//! What Spark overwrites in the executors' template when the driver makes their pods: the keys that say it instead, and
//! what no key can say.
//!
//! Found by running each Spark line's own code over templates: tests/spark_parity/executor-fields.md.

use k8s_openapi::api::core::v1::EnvVar;

use super::mounts;
use super::template::Template;
use crate::api::SparkApplicationSpec;
use crate::spark::conf::Setting;
use crate::spark::error::Notice;

/// Variables that Spark sets in executors, behind those of the template, which cannot win; and whether those of
/// `spark.executorEnv` come behind them, so that they win.
const SPARKS_OWN: [(&str, bool); 15] = [
    ("SPARK_APPLICATION_ID", true),
    ("SPARK_CLASSPATH", false),
    ("SPARK_CONF_DIR", true),
    ("SPARK_DRIVER_POD_IP", false),
    ("SPARK_DRIVER_URL", true),
    ("SPARK_EXECUTOR_ATTRIBUTE_APP_ID", true),
    ("SPARK_EXECUTOR_ATTRIBUTE_EXECUTOR_ID", true),
    ("SPARK_EXECUTOR_CORES", true),
    ("SPARK_EXECUTOR_ID", true),
    ("SPARK_EXECUTOR_MEMORY", true),
    ("SPARK_EXECUTOR_POD_IP", false),
    ("SPARK_EXECUTOR_POD_NAME", false),
    ("SPARK_LOCAL_DIRS", false),
    ("SPARK_RESOURCE_PROFILE_ID", true),
    ("SPARK_USER", true),
];

/// Whether Spark sets a variable itself, and if so, whether `spark.executorEnv` wins over it.
pub(super) fn sparks_own(name: &str) -> Option<bool> {
    SPARKS_OWN.iter().find(|(own, _)| *own == name).map(|(_, wins)| *wins)
}

/// Variables of executors that must go through `spark.executorEnv`, because Spark sets them too.
pub(super) fn through_conf(spec: &SparkApplicationSpec) -> impl Iterator<Item = (String, String)> {
    variables(spec).into_iter().filter_map(|variable| {
        sparks_own(&variable.name).filter(|wins| *wins)?;
        Some((variable.name, variable.value?))
    })
}

fn variables(spec: &SparkApplicationSpec) -> Vec<EnvVar> {
    let mut all = mounts::variables(spec);
    all.extend(spec.executor.pod.env.iter().flatten().cloned());
    all
}

/// Sets the account in both of its fields: Spark looks only at the older one to see whether there is any.
pub(super) fn account(template: &mut Template, account: Option<&str>) {
    let pod = template.spec();
    let account =
        account.map(str::to_owned).or(pod.service_account_name.take()).or(pod.service_account.take());
    pod.service_account_name.clone_from(&account);
    pod.service_account = account;
}

/// Says what executors will not have as it was written, because Spark sets it itself.
pub(super) fn notices(spec: &SparkApplicationSpec, conf: &[(String, Setting)], notices: &mut Vec<Notice>) {
    let mut say = |field: &str, message: String| {
        notices.push(Notice::new(field, "SparkOverwrites", message));
    };
    let last =
        |key: &str| conf.iter().rev().find(|(k, _)| k == key).map(|(_, setting)| setting.value.as_str());
    let pod = &spec.executor.pod;
    if pod.memory_limit.as_ref().is_some_and(|limit| !limit.is_empty()) {
        let message =
            "Spark sets the executors' memory limit to memory plus overhead; only the webhook can change it";
        say("spec.executor.memoryLimit", message.to_owned());
    }
    let decommission =
        last("spark.decommission.enabled").is_some_and(|on| on.trim().eq_ignore_ascii_case("true"));
    if decommission && spec.executor.lifecycle.is_some() {
        let message = "with spark.decommission.enabled Spark puts its own preStop hook here; spark.kubernetes.decommission.script \
             names the script that it runs";
        say("spec.executor.lifecycle", message.to_owned());
    }
    for (index, variable) in pod.env.iter().flatten().enumerate() {
        let name = variable.name.as_str();
        let own = sparks_own(name).is_some_and(|wins| !wins || variable.value.is_none());
        let overridden = own || name.starts_with("SPARK_JAVA_OPT_");
        if overridden {
            let message = format!("Spark sets {name} in executors itself, and the last one counts");
            say(&format!("spec.executor.env[{index}]"), message);
        }
    }
}
