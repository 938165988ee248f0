//! The chart: its name and versions, and its templates, built into the binary.

use std::sync::OnceLock;

use minijinja::Environment;

use crate::template;

/// Name of the chart.
pub const NAME: &str = "spark-operator";

/// Version of the chart.
pub const VERSION: &str = "3.0.0";

/// Version of the operator, and the default image tag. Independent of the chart's version.
pub const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

macro_rules! templates {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $path)))),+]
    };
}

/// Every template: its path below `templates/`, and its text. Names that begin with `_` hold macros and print nothing.
pub const TEMPLATES: &[(&str, &str)] = templates![
    "_budget.tpl",
    "_helpers.tpl",
    "_network.tpl",
    "_pod.tpl",
    "_rbac.tpl",
    "_service.tpl",
    "certmanager/certificate.yaml",
    "certmanager/issuer.yaml",
    "controller/_rules.tpl",
    "controller/deployment.yaml",
    "controller/networkpolicy.yaml",
    "controller/poddisruptionbudget.yaml",
    "controller/rbac.yaml",
    "controller/service.yaml",
    "controller/serviceaccount.yaml",
    "extra-objects.yaml",
    "hook/_hook.tpl",
    "hook/cluster_role.yaml",
    "hook/cluster_role_binding.yaml",
    "hook/job.yaml",
    "hook/serviceaccount.yaml",
    "prometheus/_alerts.tpl",
    "prometheus/_endpoint.tpl",
    "prometheus/_panel.tpl",
    "prometheus/dashboard.yaml",
    "prometheus/podmonitor.yaml",
    "prometheus/prometheusrule.yaml",
    "prometheus/service.yaml",
    "prometheus/servicemonitor.yaml",
    "spark/_namespaces.tpl",
    "spark/namespaces.yaml",
    "spark/rbac.yaml",
    "spark/serviceaccount.yaml",
    "users/clusterroles.yaml",
    "webhook/_rules.tpl",
    "webhook/_webhook.tpl",
    "webhook/deployment.yaml",
    "webhook/horizontalpodautoscaler.yaml",
    "webhook/mutatingwebhookconfiguration.yaml",
    "webhook/networkpolicy.yaml",
    "webhook/poddisruptionbudget.yaml",
    "webhook/rbac.yaml",
    "webhook/service.yaml",
    "webhook/serviceaccount.yaml",
    "webhook/validatingwebhookconfiguration.yaml",
];

/// Templates that print manifests, in the order of their paths.
pub fn printed() -> impl Iterator<Item = &'static str> {
    TEMPLATES
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| !path.rsplit('/').next().unwrap_or(path).starts_with('_'))
}

/// The environment with every template parsed, once for the process.
pub(super) fn environment() -> Result<&'static Environment<'static>, &'static minijinja::Error> {
    static ENVIRONMENT: OnceLock<Result<Environment<'static>, minijinja::Error>> = OnceLock::new();
    let built = ENVIRONMENT.get_or_init(|| {
        let mut env = template::environment();
        for (path, text) in TEMPLATES {
            env.add_template(path, text)?;
        }
        Ok(env)
    });
    built.as_ref()
}
