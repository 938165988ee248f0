//! Rights: what may never be granted, what may be granted where and why, and to whom.
//!
//! `rights.txt` is the whole of what the chart may grant. A right that is added to a template must be added there
//! with its reason; one that is taken away must leave there too.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use Scope::{Cluster, Home, Jobs};

use crate::case::{Case, Object, items, strings};

/// Where a right holds.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// In each job namespace; in all namespaces where the job namespaces cannot be listed.
    Jobs,
    /// In the namespace of the release.
    Home,
    /// In the whole cluster.
    Cluster,
}

/// A right that the chart may grant: a line of `rights.txt`.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// `controller`, `webhook`, `hook` or `spark`.
    pub account: &'static str,
    /// Where it may hold.
    pub scope: Scope,
    /// API group; empty for the core.
    pub group: &'static str,
    /// Resource, with its subresource.
    pub resource: &'static str,
    /// Verbs.
    pub verbs: &'static str,
    /// Whether the rule must name the objects.
    pub named: bool,
}

/// Every right that the chart may grant.
pub fn allowed() -> Vec<Right> {
    let lines = include_str!("rights.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| match line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] {
            [account, scope, group, resource, verbs, objects, why] if !why.is_empty() => Right {
                account,
                scope: match scope {
                    "jobs" => Jobs,
                    "home" => Home,
                    "cluster" => Cluster,
                    other => panic!("scope {other:?}"),
                },
                group: if group == "core" { "" } else { group },
                resource,
                verbs,
                named: objects == "named",
            },
            _ => panic!("rights.txt: {line:?} has not seven columns"),
        })
        .collect()
}

/// The only verbs there are for us: nothing that raises rights.
const VERBS: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// Resources that lead to more rights than they seem to give, whatever the verb (Kubernetes' "RBAC Good Practices").
const NEVER: &[&str] = &[
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/proxy",
    "pods/ephemeralcontainers",
    "services/proxy",
    "nodes",
    "nodes/proxy",
    "serviceaccounts",
    "serviceaccounts/token",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "persistentvolumes",
    "certificatesigningrequests",
    "certificatesigningrequests/approval",
];

/// One right as it was rendered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// `controller`, `webhook`, `hook`, `spark`.
    pub account: String,
    /// The binding that grants it.
    pub binding: String,
    /// The namespace in which it holds; `None` in all.
    pub namespace: Option<String>,
    /// API group.
    pub group: String,
    /// Resource, with its subresource.
    pub resource: String,
    /// Verb.
    pub verb: String,
    /// The only objects it holds for; empty for any.
    pub names: Vec<String>,
}

/// What is wrong with the rights of a case.
pub fn check(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for role in case.objects.iter().filter(|o| ["Role", "ClusterRole"].contains(&o.kind())) {
        wrong.extend(forbidden(role).into_iter().map(|w| format!("{}: {w}", role.title())));
        if !is_for_people(role) && !bindings(case).any(|b| refers(b, role)) {
            wrong.push(format!("{}: nothing binds it", role.title()));
        }
    }
    for binding in bindings(case) {
        wrong.extend(check_binding(case, binding).into_iter().map(|w| format!("{}: {w}", binding.title())));
    }
    for right in granted(case) {
        if let Err(w) = ledger(case, &right) {
            wrong.push(format!("{}: {w}", right.binding));
        }
    }
    wrong
}

/// Rules that no role may hold, whoever it is bound to.
fn forbidden(role: &Object) -> Vec<String> {
    let mut wrong = Vec::new();
    for rule in items(&role.json, "/rules") {
        let names = strings(&rule["resourceNames"]);
        if rule.get("nonResourceURLs").is_some() {
            wrong.push("rights on URLs".into());
        }
        for field in ["apiGroups", "resources", "verbs"] {
            let values = strings(&rule[field]);
            if values.is_empty() {
                wrong.push(format!("a rule without {field}"));
            }
            if values.iter().any(|v| v.contains('*')) {
                wrong.push(format!("a wildcard in {field}"));
            }
        }
        for verb in strings(&rule["verbs"]) {
            if !VERBS.contains(&verb) {
                wrong.push(format!("verb {verb}"));
            }
            for resource in strings(&rule["resources"]) {
                let write = !["get", "list", "watch"].contains(&verb);
                let refused = match resource {
                    _ if NEVER.contains(&resource) => true,
                    "namespaces" => write,
                    "secrets" => match verb {
                        "create" => role.kind() != "Role",
                        "get" | "update" | "patch" => names.is_empty(),
                        _ => true,
                    },
                    "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => {
                        names.is_empty() || ["create", "delete", "deletecollection"].contains(&verb)
                    }
                    "customresourcedefinitions" => names.is_empty() || verb.starts_with("delete"),
                    _ => false,
                };
                if refused {
                    wrong.push(format!("{verb} {resource} {names:?}"));
                }
            }
        }
    }
    wrong
}

fn bindings(case: &Case) -> impl Iterator<Item = &Object> {
    case.objects.iter().filter(|o| ["RoleBinding", "ClusterRoleBinding"].contains(&o.kind()))
}

fn refers(binding: &Object, role: &Object) -> bool {
    binding.text("/roleRef/apiGroup") == "rbac.authorization.k8s.io"
        && binding.text("/roleRef/kind") == role.kind()
        && binding.text("/roleRef/name") == role.name()
        && (role.kind() == "ClusterRole" || binding.namespace() == role.namespace())
}

/// Roles for people are bound by aggregation or by an administrator.
fn is_for_people(role: &Object) -> bool {
    role.json.pointer("/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-edit").is_some()
}

/// A binding refers to a role that exists, and its subjects exist.
fn check_binding(case: &Case, binding: &Object) -> Vec<String> {
    let mut wrong = Vec::new();
    let role = binding.text("/roleRef/name");
    let existing = ["controller", "webhook"]
        .iter()
        .any(|c| !role.is_empty() && case.text(&format!("{c}.rbac.existingClusterRole")) == role);
    if !existing && !case.objects.iter().any(|o| refers(binding, o)) {
        wrong.push(format!("there is no role {role}"));
    }
    if binding.kind() == "ClusterRoleBinding" && binding.text("/roleRef/kind") != "ClusterRole" {
        wrong.push("a ClusterRoleBinding to a Role".into());
    }
    for subject in items(&binding.json, "/subjects") {
        if ["controller", "webhook", "spark"]
            .iter()
            .any(|c| items(case.value(c), "/rbac/extraSubjects").any(|s| s == subject))
        {
            continue;
        }
        if account(case, subject).is_none() {
            wrong.push(format!("its subject {subject} is no account of the render"));
        }
    }
    wrong
}

/// Which part of the operator an account belongs to; `None` where it is nobody's.
fn account(case: &Case, subject: &Json) -> Option<&'static str> {
    if subject["kind"] != "ServiceAccount" {
        return None;
    }
    let (namespace, name) = (subject["namespace"].as_str()?, subject["name"].as_str()?);
    let exists = case.of_kind("ServiceAccount").any(|a| (a.namespace(), a.name()) == (namespace, name));
    let runs = |part: &str| {
        case.workloads().any(|w| {
            w.component() == part
                && w.namespace() == namespace
                && w.text("/spec/template/spec/serviceAccountName") == name
        })
    };
    let given = |part: &str| case.value(&format!("{part}.serviceAccount.create")) == &Json::Bool(false);
    let part = ["controller", "webhook", "hook"].into_iter().find(|part| runs(part)).unwrap_or("spark");
    (exists || given(part)).then_some(part)
}

/// Every right of every account of ours, one verb each. Rights that the user adds, or brings, are theirs.
pub fn granted(case: &Case) -> BTreeSet<Granted> {
    let mut all = BTreeSet::new();
    for binding in bindings(case) {
        let roles = case.objects.iter().filter(|role| refers(binding, role));
        for rule in roles.flat_map(|role| items(&role.json, "/rules")) {
            for subject in items(&binding.json, "/subjects") {
                let Some(account) = account(case, subject) else { continue };
                if items(case.value(account), "/rbac/extraRules").any(|extra| extra == rule) {
                    continue;
                }
                for (group, resource, verb) in triples(rule) {
                    all.insert(Granted {
                        account: account.into(),
                        binding: binding.title(),
                        namespace: (binding.kind() == "RoleBinding").then(|| binding.namespace().to_owned()),
                        group: group.into(),
                        resource: resource.into(),
                        verb: verb.into(),
                        names: strings(&rule["resourceNames"]).into_iter().map(str::to_owned).collect(),
                    });
                }
            }
        }
    }
    all
}

fn triples(rule: &Json) -> Vec<(&str, &str, &str)> {
    let mut all = Vec::new();
    for group in strings(&rule["apiGroups"]) {
        for resource in strings(&rule["resources"]) {
            all.extend(strings(&rule["verbs"]).into_iter().map(|verb| (group, resource, verb)));
        }
    }
    all
}

/// The line of `rights.txt` that allows a right where it was granted.
pub fn ledger(case: &Case, right: &Granted) -> Result<usize, String> {
    let what =
        format!("{} may {} {}.{} {:?}", right.account, right.verb, right.resource, right.group, right.names);
    let line = allowed().into_iter().enumerate().find(|(_, line)| {
        (line.account, line.group, line.resource) == (&*right.account, &*right.group, &*right.resource)
            && line.verbs.split(' ').any(|verb| verb == right.verb)
            && line.named != right.names.is_empty()
    });
    let Some((at, Right { scope, .. })) = line else {
        return Err(format!("{what}, which no line of rights.txt allows"));
    };
    let listed = case.listed();
    let extra = strings(case.value("spark.accountNamespaces"));
    let fits = match (scope, right.namespace.as_deref()) {
        (Jobs, None) => case.wide() && right.account != "spark",
        // Where rights are cluster-wide anyway, the ones in a namespace would only repeat them.
        (Jobs, Some(ns)) if right.account == "spark" => listed.contains(&ns) || extra.contains(&ns),
        (Jobs, Some(ns)) => !case.wide() && listed.contains(&ns),
        (Home, Some(ns)) => ns == case.namespace,
        (Home, None) | (Cluster, Some(_)) => false,
        (Cluster, None) => match right.resource.as_str() {
            "namespaces" => !case.selector().is_empty(),
            "tokenreviews" | "subjectaccessreviews" => case.on("prometheus.metrics.secure"),
            "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => !mounted(case),
            "customresourcedefinitions" => {
                right.account == "hook" || case.on("controller.batchScheduler.enable")
            }
            _ => true,
        },
    };
    let asked = match right.resource.as_str() {
        "secrets" => !mounted(case),
        "leases" => case.on("controller.leaderElection.enable"),
        "resourcequotas" => case.on("webhook.resourceQuotaEnforcement.enable"),
        "pods" if right.account == "webhook" => case.on("webhook.resourceQuotaEnforcement.enable"),
        "podgroups" => case.on("controller.batchScheduler.enable"),
        "poddisruptionbudgets" => case.on("controller.driverPodDisruptionBudget.enable"),
        "jobs" | "pods/log" => submits(case, "job"),
        "networkpolicies" if right.account == "spark" => submits(case, "job"),
        "networkpolicies" | "persistentvolumeclaims" if right.account == "controller" => {
            let native = ["get", "create"].contains(&right.verb.as_str()) && submits(case, "native");
            native || ["create", "patch"].contains(&right.verb.as_str()) && submits(case, "spark-submit")
        }
        _ => true,
    };
    match (fits, asked) {
        (true, true) => Ok(at),
        (false, _) => Err(format!("{what} in {:?}, which is outside of {scope:?}", right.namespace)),
        (true, false) => Err(format!("{what}, which the values do not ask for")),
    }
}

fn submits(case: &Case, by: &str) -> bool {
    case.value("submitter").to_string().contains(&format!("\"{by}\""))
}

fn mounted(case: &Case) -> bool {
    case.on("certManager.enable") || !case.text("webhook.certificate.existingSecret").is_empty()
}
