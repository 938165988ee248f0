//! The chart: its name and versions, and its templates, built into the binary.

use std::fmt::Write as _;
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

/// Files that print manifests, in the order of their paths.
pub const TEMPLATES: &[(&str, &str)] = templates![
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

/// The template that renders all others: it knows every macro, and prints each file after its length in bytes and a
/// colon, so that no text of a user can be taken for the end of a file.
pub(super) const WHOLE: &str = "the whole chart";

/// The environment with every template parsed, once for the process.
pub(super) fn environment() -> Result<&'static Environment<'static>, &'static minijinja::Error> {
    static ENVIRONMENT: OnceLock<Result<Environment<'static>, minijinja::Error>> = OnceLock::new();
    let built = ENVIRONMENT.get_or_init(|| {
        let mut env = template::environment();
        for (path, text) in MACROS.iter().chain(TEMPLATES) {
            env.add_template(path, text)?;
        }
        env.add_template_owned(WHOLE, whole())?;
        Ok(env)
    });
    built.as_ref()
}

fn whole() -> String {
    let mut text = String::new();
    for (path, source) in MACROS {
        let names: Vec<_> = source.lines().filter_map(macro_name).collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "{{%- from {path:?} import {} %}}", names.join(", "));
    }
    // A loop's variables, and those that the file sets, end with the iteration.
    text + "{%- for path in paths %}{%- set file %}{% include path %}{% endset %}{{- len(file) }}:{{ file }}{%- endfor %}"
}

/// The macro that a line begins to define.
fn macro_name(line: &str) -> Option<&str> {
    line.strip_prefix("{%- macro ")?.split('(').next()
}
