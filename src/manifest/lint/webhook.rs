//! Admission webhooks: what they stop when nobody answers, and what the API server needs to know of them.

use super::look::Look;
use super::rule::{Check, Found, Rule};
use crate::yaml::{Map, Node};

/// The group of webhook configurations.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";

/// The label that every namespace has: its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Seconds of `timeoutSeconds` that are the API server's default.
const TIMEOUT: i64 = 10;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "webhook-fail-everywhere",
        title: "failurePolicy Fail (the default) with neither a namespaceSelector nor an objectSelector",
        reason: "while nobody answers, what it matches can be written in no namespace, even to repair it",
        fix: "add a namespaceSelector",
        check: Check::Webhook(fail_everywhere),
    },
    Rule {
        id: "webhook-system-namespaces",
        title: "a namespaceSelector that lists no namespaces and leaves kube-system or the webhook's own in",
        reason: "a webhook that must approve its own pods, or those of kube-system, cannot come back after an outage",
        fix: "exclude them: key kubernetes.io/metadata.name, operator NotIn",
        check: Check::Webhook(system_namespaces),
    },
    Rule {
        id: "webhook-timeout",
        title: "timeoutSeconds over 10",
        reason: "every request that it matches waits that long while nobody answers, and many clients give up before",
        fix: "set 10 or less",
        check: Check::Webhook(timeout),
    },
    Rule {
        id: "webhook-side-effects",
        title: "sideEffects Unknown or Some",
        reason: "requests with dry-run (kubectl diff, Argo CD) are refused wherever the webhook matches",
        fix: "set None or NoneOnDryRun, which v1 asks for",
        check: Check::Webhook(side_effects),
    },
    Rule {
        id: "webhook-review-versions",
        title: "admissionReviewVersions without v1",
        reason: "v1beta1 is deprecated: an API server without it cannot ask the webhook",
        fix: "add v1",
        check: Check::Webhook(review_versions),
    },
];

fn name(webhook: &Node) -> &str {
    webhook.text("name").unwrap_or_default()
}

/// An empty selector selects everything.
fn is_empty(webhook: &Node, selector: &str) -> bool {
    let Some(selector) = webhook.at(selector) else { return true };
    selector.list("matchExpressions").is_empty()
        && selector.at("matchLabels").is_none_or(|labels| labels.as_map().is_some_and(Map::is_empty))
}

/// Whether it is asked about nothing that lives in a namespace: there a namespaceSelector means nothing.
fn is_cluster_scoped(webhook: &Node) -> bool {
    let rules = webhook.list("rules");
    !rules.is_empty() && rules.iter().all(|rule| rule.text("scope") == Some("Cluster"))
}

fn fail_everywhere(webhook: &Node, found: &mut Found<'_>) {
    let fails = webhook.text("failurePolicy").is_none_or(|policy| policy == "Fail");
    if fails
        && !is_cluster_scoped(webhook)
        && is_empty(webhook, "namespaceSelector")
        && is_empty(webhook, "objectSelector")
    {
        let message = format!("webhook {:?} fails in every namespace when nobody answers", name(webhook));
        found.add(webhook.place_of("failurePolicy"), message);
    }
}

fn system_namespaces(webhook: &Node, found: &mut Found<'_>) {
    if is_cluster_scoped(webhook) || lists_namespaces(webhook) {
        return;
    }
    let own = webhook.text("clientConfig.service.namespace").filter(|own| *own != "kube-system");
    let left_in: Vec<&str> =
        ["kube-system"].into_iter().chain(own).filter(|namespace| !excludes(webhook, namespace)).collect();
    if !left_in.is_empty() {
        let message = format!("webhook {:?} does not exclude {}", name(webhook), left_in.join(" and "));
        found.add(webhook.place_of("namespaceSelector"), message);
    }
}

/// The requirements on a namespace's name: the operator, and the names.
fn on_names(webhook: &Node) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let expressions = webhook.list("namespaceSelector.matchExpressions").iter();
    let expressions = expressions.filter(|expression| expression.text("key") == Some(NAME_LABEL));
    let expressions = expressions.map(|expression| {
        let values = expression.list("values").iter().filter_map(Look::as_text);
        (expression.text("operator").unwrap_or_default(), values.collect())
    });
    // The label has dots in it, so it is no path.
    let label = webhook.at("namespaceSelector.matchLabels").and_then(|labels| labels.find([NAME_LABEL]));
    expressions.chain(label.and_then(Look::as_text).map(|name| ("In", vec![name])))
}

fn lists_namespaces(webhook: &Node) -> bool {
    on_names(webhook).any(|(operator, _)| operator == "In")
}

fn excludes(webhook: &Node, namespace: &str) -> bool {
    on_names(webhook).any(|(operator, names)| match operator {
        "NotIn" => names.contains(&namespace),
        "DoesNotExist" => true,
        _ => false,
    })
}

fn timeout(webhook: &Node, found: &mut Found<'_>) {
    if let Some(seconds) = webhook.int("timeoutSeconds").filter(|seconds| *seconds > TIMEOUT) {
        let message = format!("webhook {:?} may take {seconds} s", name(webhook));
        found.add(webhook.place_of("timeoutSeconds"), message);
    }
}

fn side_effects(webhook: &Node, found: &mut Found<'_>) {
    if let Some(effects @ ("Unknown" | "Some")) = webhook.text("sideEffects") {
        let message = format!("webhook {:?} has sideEffects {effects}", name(webhook));
        found.add(webhook.place_of("sideEffects"), message);
    }
}

fn review_versions(webhook: &Node, found: &mut Found<'_>) {
    let versions = webhook.list("admissionReviewVersions");
    if !versions.is_empty() && !versions.iter().any(|version| version.as_text() == Some("v1")) {
        let message = format!("webhook {:?} does not read AdmissionReview v1", name(webhook));
        found.add(webhook.place_of("admissionReviewVersions"), message);
    }
}
