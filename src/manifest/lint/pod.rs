//! The pods in objects: where each workload kind keeps its template, and the containers of a pod.
//!
//! What a pod must hold is judged elsewhere.

use std::fmt;

use super::look::Look;
use crate::manifest::Identity;
use crate::yaml::Node;

/// Groups and kinds that hold a pod, and the path to what holds its `metadata` and `spec`: the kinds that Pod
/// Security admission looks into.
const WORKLOADS: &[(&str, &str, &str)] = &[
    ("", "Pod", ""),
    ("", "PodTemplate", "template"),
    ("", "ReplicationController", "spec.template"),
    ("apps", "DaemonSet", "spec.template"),
    ("apps", "Deployment", "spec.template"),
    ("apps", "ReplicaSet", "spec.template"),
    ("apps", "StatefulSet", "spec.template"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template"),
    ("batch", "Job", "spec.template"),
];

/// The lists of containers in a pod's spec, in the words of a message.
const CONTAINERS: [(&str, &str); 3] = [
    ("initContainers", "init container"),
    ("containers", "container"),
    ("ephemeralContainers", "ephemeral container"),
];

/// A pod, or the template of pods.
pub(super) struct Pod<'a> {
    /// What holds `metadata` and `spec`.
    pub(super) template: &'a Node,
    /// `spec`.
    pub(super) spec: &'a Node,
}

/// What bears a `securityContext`: a container, or the pod itself.
pub(super) struct Part<'a> {
    /// A container, or the pod's spec.
    pub(super) node: &'a Node,
    role: &'static str,
    name: Option<&'a str>,
}

/// `container "main"`, or `the pod`.
impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{} {name:?}", self.role),
            None => f.write_str(self.role),
        }
    }
}

impl<'a> Pod<'a> {
    /// The pod of a workload; `None` for other kinds, and where there is no spec.
    pub(super) fn of(identity: &Identity, object: &'a Node) -> Option<Self> {
        let is_it =
            |(group, kind, _): &&(&str, &str, &str)| *group == identity.group && *kind == identity.kind;
        let (_, _, path) = WORKLOADS.iter().find(is_it)?;
        let template = if path.is_empty() { object } else { object.at(path)? };
        Some(Self { template, spec: template.at("spec")? })
    }

    /// Containers of every kind.
    pub(super) fn containers(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let spec = self.spec;
        CONTAINERS.into_iter().flat_map(move |(key, role)| {
            spec.list(key).iter().map(move |node| Part {
                node,
                role,
                name: Some(node.text("name").unwrap_or("")),
            })
        })
    }

    /// The pod, then its containers.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        [self.itself()].into_iter().chain(self.containers())
    }

    /// The pod alone.
    pub(super) fn itself(&self) -> Part<'a> {
        Part { node: self.spec, role: "the pod", name: None }
    }

    /// Whether it says that it runs on Windows: fields that only Linux has may not be set there.
    pub(super) fn is_windows(&self) -> bool {
        self.spec.text("os.name") == Some("windows")
    }

    /// Whether root in it is nobody on the node.
    pub(super) fn has_own_users(&self) -> bool {
        self.spec.flag("hostUsers") == Some(false)
    }
}
