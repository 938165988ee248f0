//! What no object shows alone: duplicates, rights that a binding makes cluster-wide, allowances that allow nothing.
//!
//! Of each object only what these rules need is kept: a stream of any length is read one document at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::look::Look;
use super::role::{GROUP, grants};
use super::rule::{Check, Rule};
use super::{Subject, rule::rule};
use crate::manifest::Identity;
use crate::yaml::{Node, Place};

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "rbac-cluster-pods",
        title: "writing pods, or what makes pods, in a ClusterRole that a ClusterRoleBinding of the same input binds",
        reason: "whoever may make a pod in every namespace may run as any service account of the cluster",
        fix: "bind the role with a RoleBinding in each namespace of jobs",
        check: Check::All,
    },
    Rule {
        id: "duplicate-object",
        title: "the same object twice (group, kind, namespace, name), in all that is read",
        reason: "the one that is applied last wins, and which that is nobody sees",
        fix: "remove one of them",
        check: Check::All,
    },
    Rule {
        id: "duplicate-key",
        title: "a YAML key twice in one mapping",
        reason: "the last one wins here and in Helm; other tools take the first, or refuse the file",
        fix: "remove one of them",
        check: Check::All,
    },
    Rule {
        id: "unknown-allowance",
        title: "an allowance of a rule that does not exist",
        reason: "it allows nothing, so somebody believes in an exception that is none",
        fix: "`spark-operator lint --rules` lists the rules",
        check: Check::All,
    },
    Rule {
        id: "unused-allowance",
        title: "an allowance of a rule that finds nothing in the object",
        reason: "it would hide the next real finding",
        fix: "remove it from the annotation",
        check: Check::All,
    },
];

/// The rule of this table with the id.
pub(super) fn of(id: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.id == id).unwrap_or(&RULES[0])
}

/// Resources that are pods or make them, with their group.
const PODS: [(&str, &str); 8] = [
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];

/// What is remembered of the objects seen so far.
#[derive(Default)]
pub(super) struct Memory {
    objects: HashMap<[String; 4], Place>,
    /// By the role's name: what makes it dangerous in the whole cluster.
    roles: HashMap<String, Vec<Right>>,
    /// The first `ClusterRoleBinding` of a role.
    bindings: HashMap<String, String>,
}

/// A right to write pods.
pub(super) struct Right {
    pub(super) subject: Arc<Subject>,
    pub(super) place: Place,
    pub(super) message: String,
}

impl Memory {
    /// Remembers an object. Where it was seen before, if it was.
    pub(super) fn seen(&mut self, identity: &Identity, place: &Place) -> Option<Place> {
        let Identity { group, kind, name, namespace, .. } = identity;
        // Of those without a name the API server makes one.
        if name.is_empty() {
            return None;
        }
        let key = [group, kind, namespace.as_ref().unwrap_or(&String::new()), name].map(Clone::clone);
        match self.objects.entry(key) {
            Entry::Occupied(before) => Some(before.get().clone()),
            Entry::Vacant(entry) => {
                entry.insert(place.clone());
                None
            }
        }
    }

    /// Remembers what concerns rights in the whole cluster.
    pub(super) fn rights(&mut self, identity: &Identity, object: &Node, subject: impl Fn() -> Arc<Subject>) {
        match identity.kind.as_str() {
            "ClusterRole" if identity.group == GROUP => {
                for grant in object.list("rules") {
                    let verbs = ["create", "update", "patch", "delete", "deletecollection", "*"];
                    for (group, resource) in PODS {
                        let Some((entry, verbs)) = grants(grant, &[group], resource, &verbs) else {
                            continue;
                        };
                        let (place, message) = (entry.place.clone(), format!("grants {verbs} on {resource}"));
                        let rights = self.roles.entry(identity.name.clone()).or_default();
                        rights.push(Right { subject: subject(), place, message });
                    }
                }
            }
            "ClusterRoleBinding" if identity.group == GROUP => {
                if let Some(role) = object.text("roleRef.name") {
                    self.bindings.entry(role.to_owned()).or_insert_with(|| identity.name.clone());
                }
            }
            _ => {}
        }
    }

    /// The rights that a binding makes cluster-wide.
    pub(super) fn cluster_wide(self) -> impl Iterator<Item = Right> {
        let Self { roles, bindings, .. } = self;
        roles.into_iter().flat_map(move |(role, rights)| {
            let binding = bindings.get(&role).cloned();
            rights.into_iter().filter_map(move |mut right| {
                let binding = binding.as_ref()?;
                right.message =
                    format!("{} in every namespace (ClusterRoleBinding {binding})", right.message);
                Some(right)
            })
        })
    }
}

/// The rules that an annotation allows: those it names, and the words that are none.
pub(super) fn allowances(annotation: &str) -> (Vec<&'static Rule>, Vec<&str>) {
    let mut rules: Vec<&'static Rule> = Vec::new();
    let mut unknown = Vec::new();
    for id in annotation.split(|c: char| c == ',' || c.is_whitespace()).filter(|id| !id.is_empty()) {
        match rule(id) {
            Some(rule) if rules.iter().any(|known| known.id == rule.id) => {}
            Some(rule) => rules.push(rule),
            None => unknown.push(id),
        }
    }
    (rules, unknown)
}
