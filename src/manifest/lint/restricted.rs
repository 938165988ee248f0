//! The Pod Security Standards, level "restricted": a rule for each control that "baseline" does not have.

use super::baseline::{added_capabilities, is_default_capability};
use super::look::Look;
use super::pod::Pod;
use super::rule::{Check, Found, Rule};

const VOLUME_TYPES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "psa-volume-types",
        title: "volumes of other types than the allowed ones (restricted: Volume Types)",
        reason: "drivers inside the kubelet mount them with the node's rights; hostPath is psa-host-path",
        fix: "use a persistentVolumeClaim, or a csi volume",
        check: Check::Pod(volume_types),
    },
    Rule {
        id: "psa-privilege-escalation",
        title: "privilege escalation not switched off (restricted: Privilege Escalation)",
        reason: "a set-user-ID program in the image makes its caller root",
        fix: "set securityContext.allowPrivilegeEscalation to false",
        check: Check::Pod(privilege_escalation),
    },
    Rule {
        id: "psa-run-as-non-root",
        title: "containers that may run as root (restricted: Running as Non-root)",
        reason: "root in a container is root on the node for whatever finds a hole in the runtime",
        fix: "set securityContext.runAsNonRoot to true, for the pod or for each container",
        check: Check::Pod(run_as_non_root),
    },
    Rule {
        id: "psa-run-as-user",
        title: "containers that ask for user 0 (restricted: Running as Non-root user)",
        reason: "root in a container is root on the node for whatever finds a hole in the runtime",
        fix: "set another user, such as 185, or none",
        check: Check::Pod(run_as_user),
    },
    Rule {
        id: "psa-seccomp",
        title: "no seccomp profile (restricted: Seccomp)",
        reason: "without one most clusters run the container with every system call open",
        fix: "set securityContext.seccompProfile.type to RuntimeDefault, for the pod or for each container",
        check: Check::Pod(seccomp),
    },
    Rule {
        id: "psa-capabilities-drop",
        title: "capabilities that are not dropped, or that are added again (restricted: Capabilities)",
        reason: "the runtime's default set allows raw sockets and changing owners, which Spark does not need",
        fix: "set securityContext.capabilities.drop to [ALL]; NET_BIND_SERVICE may be added",
        check: Check::Pod(capabilities),
    },
];

fn volume_types(pod: &Pod<'_>, found: &mut Found<'_>) {
    for volume in pod.spec.list("volumes") {
        if VOLUME_TYPES.iter().any(|kind| volume.at(kind).is_some()) || volume.at("hostPath").is_some() {
            continue;
        }
        // A volume of no type at all is an emptyDir: the API server makes it one before it asks any admission plugin.
        let others = volume.as_map().into_iter().flatten();
        for (kind, node) in others.filter(|(key, _)| *key != "name" && volume.at(key).is_some()) {
            let name = volume.text("name").unwrap_or_default();
            found.add(&node.place, format!("volume {name:?} is of the type {kind}"));
        }
    }
}

fn privilege_escalation(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.allowPrivilegeEscalation";
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        match container.node.flag(path) {
            Some(false) => {}
            Some(true) => {
                let message = format!("{container} allows privilege escalation");
                found.add(container.node.place_of(path), message);
            }
            None => {
                let message = format!("{container} does not rule out privilege escalation");
                found.add(container.node.place_of(path), message);
            }
        }
    }
}

fn run_as_non_root(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.runAsNonRoot";
    if pod.has_own_users() {
        return;
    }
    let for_all = pod.spec.flag(path);
    if for_all == Some(false) {
        found.add(pod.spec.place_of(path), "the pod may run as root".to_owned());
    }
    for container in pod.containers() {
        let own = container.node.flag(path);
        // What the pod says wrongly is told once.
        if own == Some(false) || own.is_none() && for_all.is_none() {
            found.add(container.node.place_of(path), format!("{container} may run as root"));
        }
    }
}

fn run_as_user(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.runAsUser";
    if pod.has_own_users() {
        return;
    }
    for part in pod.parts().filter(|part| part.node.int(path) == Some(0)) {
        found.add(part.node.place_of(path), format!("{part} runs as user 0, which is root"));
    }
}

fn seccomp(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.seccompProfile";
    // A profile of a wrong type is psa-seccomp-unconfined.
    if pod.is_windows() || pod.spec.at(path).is_some() {
        return;
    }
    for container in pod.containers().filter(|container| container.node.at(path).is_none()) {
        found.add(container.node.place_of(path), format!("{container} has no seccomp profile"));
    }
}

fn capabilities(pod: &Pod<'_>, found: &mut Found<'_>) {
    if pod.is_windows() {
        return;
    }
    let path = "securityContext.capabilities.drop";
    for container in pod.containers() {
        if !container.node.list(path).iter().any(|name| name.as_text() == Some("ALL")) {
            found.add(container.node.place_of(path), format!("{container} does not drop ALL capabilities"));
        }
    }
    // Those that no container has by default are psa-capabilities-add.
    added_capabilities(pod, found, |name| name != "NET_BIND_SERVICE" && is_default_capability(name));
}
