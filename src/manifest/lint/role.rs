//! What roles grant: wildcards, and rights that lead to more rights. Who gets them is in [`super::binding`].

use super::look::Look;
use super::rule::{Check, Found, Rule};
use crate::yaml::Node;

/// The group of roles and bindings.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rbac-wildcard-verbs",
        title: "every verb",
        reason: "it grants verbs that nobody thought of, such as escalate, impersonate and those of later versions",
        fix: "list the verbs",
        check: Check::Grant(|grant, found| wildcards(grant, "verbs", "every verb", found)),
    },
    Rule {
        id: "rbac-wildcard-resources",
        title: "every resource, or a subresource of every one",
        reason: "it grants Secrets, and whatever is installed later",
        fix: "list the resources",
        check: Check::Grant(|grant, found| wildcards(grant, "resources", "every resource", found)),
    },
    Rule {
        id: "rbac-wildcard-groups",
        title: "every API group",
        reason: "a resource of the same name in a group that is installed later is granted too",
        fix: "list the groups; the core group is \"\"",
        check: Check::Grant(|grant, found| wildcards(grant, "apiGroups", "every API group", found)),
    },
    Rule {
        id: "rbac-wildcard-urls",
        title: "every URL of the API server",
        reason: "it grants debugging endpoints, logs and metrics of the API server",
        fix: "list the paths; one such as /metrics/* is not reported",
        check: Check::Grant(|grant, found| wildcards(grant, "nonResourceURLs", "every URL", found)),
    },
    Rule {
        id: "rbac-escalate",
        title: "the verb escalate",
        reason: "whoever may write roles with more rights than their own has every right",
        fix: "remove it; an operator never needs it",
        check: Check::Grant(|grant, found| verb(grant, "escalate", found)),
    },
    Rule {
        id: "rbac-bind",
        title: "the verb bind",
        reason: "whoever may bind a role has its rights, cluster-admin's included",
        fix: "remove it, or name the roles in resourceNames and allow this rule",
        check: Check::Grant(|grant, found| verb(grant, "bind", found)),
    },
    Rule {
        id: "rbac-impersonate",
        title: "the verb impersonate",
        reason: "whoever may act as others has their rights",
        fix: "remove it, or name the accounts in resourceNames and allow this rule",
        check: Check::Grant(|grant, found| verb(grant, "impersonate", found)),
    },
    Rule {
        id: "rbac-pods-exec",
        title: "commands in running pods: pods/exec, pods/attach, pods/ephemeralcontainers",
        reason: "they run with the rights and secrets of each pod that is there; `get` is enough to open an exec",
        fix: "remove it; Spark and its operator need none of them",
        check: Check::Grant(pods_exec),
    },
    Rule {
        id: "rbac-token-create",
        title: "tokens of service accounts: create on serviceaccounts/token",
        reason: "a token is the account: its holder has the rights of every account of the namespace",
        fix: "remove it, or name the accounts in resourceNames and allow this rule",
        check: Check::Grant(token_create),
    },
    Rule {
        id: "rbac-nodes-proxy",
        title: "the kubelet's API: nodes/proxy",
        reason: "it runs commands in every pod of a node, past admission and the audit log; `get` is enough",
        fix: "grant nodes/metrics, nodes/stats or nodes/log instead",
        check: Check::Grant(nodes_proxy),
    },
    Rule {
        id: "rbac-secrets-read",
        title: "reading Secrets without naming them",
        reason: "get, list and watch each give the content of every Secret of the namespace, tokens included",
        fix: "name the Secrets in resourceNames",
        check: Check::Grant(secrets_read),
    },
];

fn wildcards(grant: &Node, key: &str, what: &str, found: &mut Found<'_>) {
    for entry in grant.list(key) {
        let Some(text) = entry.as_text() else { continue };
        let all = match key {
            "resources" => text == "*" || text.starts_with("*/"),
            "nonResourceURLs" => matches!(text, "*" | "/*"),
            _ => text == "*",
        };
        if all {
            let message = match text.strip_prefix("*/") {
                Some(sub) => format!("grants {sub} of {what}"),
                None => format!("grants {what}"),
            };
            found.add(&entry.place, message);
        }
    }
}

fn verb(grant: &Node, verb: &str, found: &mut Found<'_>) {
    for entry in grant.list("verbs").iter().filter(|entry| entry.as_text() == Some(verb)) {
        found.add(&entry.place, format!("grants {verb} on {}", joined(grant, "resources")));
    }
}

fn pods_exec(grant: &Node, found: &mut Found<'_>) {
    for (resource, verbs) in [
        ("pods/exec", &["get", "create", "*"][..]),
        ("pods/attach", &["get", "create", "*"]),
        ("pods/ephemeralcontainers", &["update", "patch", "*"]),
    ] {
        granted(grant, "", resource, verbs, found);
    }
}

fn token_create(grant: &Node, found: &mut Found<'_>) {
    granted(grant, "", "serviceaccounts/token", &["create", "*"], found);
}

fn nodes_proxy(grant: &Node, found: &mut Found<'_>) {
    granted(grant, "", "nodes/proxy", &["get", "create", "update", "patch", "delete", "*"], found);
}

fn secrets_read(grant: &Node, found: &mut Found<'_>) {
    // A list or watch that resourceNames narrow gives the named object and nothing else.
    if grant.list("resourceNames").is_empty() {
        granted(grant, "", "secrets", &["get", "list", "watch", "*"], found);
    }
}

/// Adds a finding at the resource if the grant holds it, with one of the verbs.
fn granted(grant: &Node, group: &str, resource: &str, verbs: &[&str], found: &mut Found<'_>) {
    let Some((place, verbs)) = grants(grant, &[group], resource, verbs) else { return };
    found.add(&place.place, format!("grants {verbs} on {resource}"));
}

/// The entry of a resource in a grant, and which of the verbs come with it. A wildcard in place of the resource is
/// another rule's.
pub(super) fn grants<'a>(
    grant: &'a Node,
    groups: &[&str],
    resource: &str,
    verbs: &[&str],
) -> Option<(&'a Node, String)> {
    let entry = grant.list("resources").iter().find(|entry| entry.as_text() == Some(resource))?;
    let in_group = |name: &str| name == "*" || groups.contains(&name);
    if !grant.list("apiGroups").iter().filter_map(Look::as_text).any(in_group) {
        return None;
    }
    let named = grant.list("verbs").iter().filter_map(Look::as_text).filter(|verb| verbs.contains(verb));
    let named =
        named.map(|verb| if verb == "*" { "every verb" } else { verb }).collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then_some((entry, named))
}

fn joined(grant: &Node, key: &str) -> String {
    grant.list(key).iter().filter_map(Look::as_text).collect::<Vec<_>>().join(", ")
}
