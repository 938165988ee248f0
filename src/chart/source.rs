//! The chart: its name and versions, and its templates, built into the binary.

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

/// Files of macros: path below `templates/`, and text. They print nothing, and their macros are known everywhere, as
/// Go's named templates are. A file may use the macros of those above it.
pub const MACROS: &[(&str, &str)] = templates![
    "_helpers.tpl",
    "_budget.tpl",
    "_network.tpl",
    "_pod.tpl",
    "_rbac.tpl",
    "_service.tpl",
    "controller/_rules.tpl",
    "hook/_hook.tpl",
    "prometheus/_alerts.tpl",
    "prometheus/_endpoint.tpl",
    "prometheus/_panel.tpl",
    "spark/_namespaces.tpl",
    "users/_aggregation.tpl",
    "webhook/_rules.tpl",
    "webhook/_webhook.tpl",
];

/// Oldest Kubernetes version that is supported, as Chart.yaml says it.
pub const KUBE_VERSION: &str = ">=1.32.0-0";

/// The same, as major and minor version.
pub const OLDEST_KUBE_VERSION: (u32, u32) = (1, 32);

/// Files that print manifests (and notes), in the order of their paths.
pub const TEMPLATES: &[(&str, &str)] = templates![
    "NOTES.txt",
    "certmanager/certificate.yaml",
    "certmanager/issuer.yaml",
    "controller/deployment.yaml",
    "controller/networkpolicy.yaml",
    "controller/poddisruptionbudget.yaml",
    "controller/rbac.yaml",
    "controller/service.yaml",
    "controller/serviceaccount.yaml",
    "extra-objects.yaml",
    "hook/cluster_role.yaml",
    "hook/cluster_role_binding.yaml",
    "hook/job.yaml",
    "hook/serviceaccount.yaml",
    "prometheus/dashboard.yaml",
    "prometheus/podmonitor.yaml",
    "prometheus/prometheusrule.yaml",
    "prometheus/service.yaml",
    "prometheus/servicemonitor.yaml",
    "spark/namespaces.yaml",
    "spark/rbac.yaml",
    "spark/serviceaccount.yaml",
    "tests/services.yaml",
    "users/clusterroles.yaml",
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
