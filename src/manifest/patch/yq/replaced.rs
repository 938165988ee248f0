//! Which value of our chart does what an expression does after rendering, so that no patch is needed. The keys are
//! those of docs/values.md, which tests check.

use super::change::{Spot, Written};
use crate::manifest::patch::{Pattern, Target};

/// What stands for `controller` or `webhook` in a value, or for both.
const COMPONENT: &str = "{}";

/// Kinds, the end of a path (`*` is any key or item), and the value. The first that fits counts.
const VALUES: &[(&[&str], &str, &str)] = &[
    (POD, "containers/*/args", "{}.extraArgs"),
    (POD, "containers/*/command", "{}.command"),
    (POD, "containers/*/env", "{}.env"),
    (POD, "containers/*/envFrom", "{}.envFrom"),
    (POD, "containers/*/image", "image"),
    (POD, "containers/*/imagePullPolicy", "image.pullPolicy"),
    (POD, "containers/*/lifecycle/**", "{}.lifecycle"),
    (POD, "containers/*/livenessProbe/**", "{}.livenessProbe"),
    (POD, "containers/*/readinessProbe/**", "{}.readinessProbe"),
    (POD, "containers/*/resources/**", "{}.resources"),
    (POD, "containers/*/securityContext/**", "{}.securityContext"),
    (POD, "containers/*/volumeMounts", "{}.volumeMounts"),
    (POD, "template/spec/affinity/**", "{}.affinity"),
    (POD, "template/spec/containers", "{}.sidecars"),
    (POD, "template/spec/dnsConfig/**", "{}.dnsConfig"),
    (POD, "template/spec/dnsPolicy", "{}.dnsPolicy"),
    (POD, "template/spec/hostAliases", "{}.hostAliases"),
    (POD, "template/spec/hostNetwork", "{}.hostNetwork"),
    (POD, "template/spec/hostUsers", "{}.hostUsers"),
    (POD, "template/spec/imagePullSecrets", "image.pullSecrets"),
    (POD, "template/spec/initContainers", "{}.initContainers"),
    (POD, "template/spec/nodeSelector/**", "{}.nodeSelector"),
    (POD, "template/spec/priorityClassName", "{}.priorityClassName"),
    (POD, "template/spec/runtimeClassName", "{}.runtimeClassName"),
    (POD, "template/spec/schedulerName", "{}.schedulerName"),
    (POD, "template/spec/securityContext/**", "{}.podSecurityContext"),
    (POD, "template/spec/shareProcessNamespace", "{}.shareProcessNamespace"),
    (POD, "template/spec/terminationGracePeriodSeconds", "{}.terminationGracePeriodSeconds"),
    (POD, "template/spec/tolerations", "{}.tolerations"),
    (POD, "template/spec/topologySpreadConstraints", "{}.topologySpreadConstraints"),
    (POD, "template/spec/volumes", "{}.volumes"),
    (POD, "template/metadata/annotations/**", "{}.annotations"),
    (POD, "template/metadata/labels/**", "{}.labels"),
    (POD, "spec/minReadySeconds", "{}.minReadySeconds"),
    (POD, "spec/replicas", "{}.replicas"),
    (POD, "spec/revisionHistoryLimit", "{}.revisionHistoryLimit"),
    (POD, "spec/strategy/**", "{}.strategy"),
    (POD, "metadata/annotations/**", "{}.deploymentAnnotations"),
    (HOOK, "containers/*/args", "hook.extraArgs"),
    (HOOK, "containers/*/env", "hook.env"),
    (HOOK, "containers/*/image", "hook.image"),
    (HOOK, "containers/*/resources/**", "hook.resources"),
    (HOOK, "containers/*/securityContext/**", "hook.securityContext"),
    (HOOK, "spec/activeDeadlineSeconds", "hook.activeDeadlineSeconds"),
    (HOOK, "spec/backoffLimit", "hook.backoffLimit"),
    (HOOK, "spec/ttlSecondsAfterFinished", "hook.ttlSecondsAfterFinished"),
    (HOOK, "template/spec/affinity/**", "hook.affinity"),
    (HOOK, "template/spec/dnsPolicy", "hook.dnsPolicy"),
    (HOOK, "template/spec/hostNetwork", "hook.hostNetwork"),
    (HOOK, "template/spec/nodeSelector/**", "hook.nodeSelector"),
    (HOOK, "template/spec/priorityClassName", "hook.priorityClassName"),
    (HOOK, "template/spec/securityContext/**", "hook.podSecurityContext"),
    (HOOK, "template/spec/tolerations", "hook.tolerations"),
    (HOOK, "template/metadata/annotations/**", "hook.annotations"),
    (HOOK, "template/metadata/labels/**", "hook.labels"),
    (HOOK, "metadata/annotations/**", "hook.objectAnnotations"),
    (WEBHOOKS, "webhooks/*/failurePolicy", "webhook.failurePolicy"),
    (WEBHOOKS, "webhooks/*/matchConditions", "webhook.matchConditions"),
    (WEBHOOKS, "webhooks/*/matchPolicy", "webhook.matchPolicy"),
    (WEBHOOKS, "webhooks/*/namespaceSelector/**", "webhook.namespaceSelector"),
    (WEBHOOKS, "webhooks/*/reinvocationPolicy", "webhook.reinvocationPolicy"),
    (WEBHOOKS, "webhooks/*/timeoutSeconds", "webhook.timeoutSeconds"),
    (&["ServiceAccount"], "automountServiceAccountToken", "{}.serviceAccount.automountServiceAccountToken"),
    (&["ServiceAccount"], "imagePullSecrets", "{}.serviceAccount.imagePullSecrets"),
    (&["ServiceAccount"], "metadata/annotations/**", "{}.serviceAccount.annotations"),
    (&["ServiceAccount"], "metadata/labels/**", "{}.serviceAccount.labels"),
    (&["Role", "ClusterRole"], "rules", "{}.rbac.extraRules"),
    (&["RoleBinding", "ClusterRoleBinding"], "subjects", "{}.rbac.extraSubjects"),
    (
        &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
        "metadata/annotations/**",
        "{}.rbac.annotations",
    ),
    (&["Service"], "spec/type", "webhook.service.type"),
    (&["Service"], "metadata/annotations/**", "webhook.service.annotations"),
    (&["PodMonitor"], "metadata/labels/**", "prometheus.podMonitor.labels"),
    (&["PodDisruptionBudget"], "spec/minAvailable", "{}.podDisruptionBudget.minAvailable"),
    (&[], "metadata/labels/**", "commonLabels"),
];

const POD: &[&str] = &["Deployment"];
const HOOK: &[&str] = &["Job"];
const WEBHOOKS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Arguments that have a value of their own.
const FLAGS: &[(&str, &str)] = &[
    ("webhook-fail-on-error", "webhook.failOnError"),
    ("zap-log-level", "{}.logLevel"),
    ("zap-encoder", "{}.logEncoder"),
    ("namespaces", "spark.jobNamespaces"),
    ("namespace-selector", "spark.jobNamespaceSelector"),
    ("controller-threads", "controller.workers"),
    ("enable-metrics", "prometheus.metrics.enable"),
    ("metrics-labels", "prometheus.metrics.labels"),
    ("label-selector-filter", "controller.labelSelectorFilter"),
    ("leader-election", "controller.leaderElection.enable"),
    ("webhook-port", "webhook.port"),
];

/// The values that do what was written, each once. What is taken out is left to the reader: a value that is emptied may
/// not take out all of it.
pub(super) fn values(written: &[Written]) -> Vec<String> {
    let mut found = Vec::new();
    for Written { target, kinds, path, value } in written {
        let Some(value) = value else { continue };
        let argument = value.as_str().unwrap_or_default();
        let flag = argument.trim_start_matches('-').split('=').next().unwrap_or_default();
        let flag = FLAGS
            .iter()
            .find(|(name, _)| argument.starts_with('-') && *name == flag)
            .map(|(_, value)| *value);
        let fits = |(of, end, _): &&(&[&str], &str, &str)| {
            let every = of.is_empty() && *target == Target::kind(Pattern::Glob("*".to_owned()));
            let kind = every || !kinds.is_empty() && kinds.iter().all(|kind| of.contains(&kind.as_str()));
            kind && ends_with(path, end)
        };
        let Some(value) = flag.or_else(|| VALUES.iter().find(fits).map(|(_, _, value)| *value)) else {
            continue;
        };
        for component in components(target) {
            let value = value.replace(COMPONENT, component);
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    found
}

/// The part of the operator that a target is for, as far as its name or label says.
fn components(target: &Target) -> &'static [&'static str] {
    let name = match &target.name {
        Some(Pattern::Glob(text) | Pattern::Regex(text, _)) => text.clone(),
        None => target.label_selector.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    match (name.contains("controller"), name.contains("webhook")) {
        (true, false) => &["controller"],
        (false, true) => &["webhook"],
        _ => &["controller", "webhook"],
    }
}

/// Whether a path ends so: `*` is one step, `**` is any more of them.
fn ends_with(path: &[Spot], end: &str) -> bool {
    let (end, open) = end.strip_suffix("/**").map_or((end, false), |end| (end, true));
    let keys: Vec<_> = end.split('/').collect();
    let same = |window: &[Spot]| {
        window
            .iter()
            .zip(&keys)
            .all(|(spot, key)| *key == "*" || matches!(spot, Spot::Key(name) if name == key))
    };
    if path.len() < keys.len() {
        return false;
    }
    if open { path.windows(keys.len()).any(same) } else { same(&path[path.len() - keys.len()..]) }
}

/// Every value that is named here.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = String> {
    let values = VALUES.iter().map(|(_, _, value)| *value).chain(FLAGS.iter().map(|(_, value)| *value));
    values.flat_map(|value| ["controller", "webhook"].map(|component| value.replace(COMPONENT, component)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_value_is_one_of_the_chart() {
        let docs = include_str!("../../../../docs/values.md");
        for value in super::all() {
            let (key, below) = (format!("| `{value}` |"), format!("| `{value}."));
            assert!(docs.contains(&key) || docs.contains(&below), "docs/values.md has no {value}");
        }
    }
}
