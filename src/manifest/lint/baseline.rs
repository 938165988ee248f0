//! The Pod Security Standards, level "baseline": a rule for each control, named as the standard names it.
//!
//! As of Kubernetes 1.37; the verdicts are compared with those of the admission plugin itself in
//! `tests/lint/pod_security.rs`. What only "restricted" asks for is in [`super::restricted`].

use super::look::Look;
use super::pod::Pod;
use super::rule::{Check, Found, Rule};

/// Annotations that choose a container's AppArmor profile, as before Kubernetes 1.30.
const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

const SELINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const SYSCTLS: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "psa-host-process",
        title: "Windows HostProcess containers (baseline: HostProcess)",
        reason: "the container runs on the node itself, with the node's rights",
        fix: "remove windowsOptions.hostProcess",
        check: Check::Pod(host_process),
    },
    Rule {
        id: "psa-host-namespaces",
        title: "the node's network, processes or IPC (baseline: Host Namespaces)",
        reason: "the pod sees and reaches what the node does: its processes, its traffic, services bound to localhost",
        fix: "remove the field",
        check: Check::Pod(host_namespaces),
    },
    Rule {
        id: "psa-privileged",
        title: "privileged containers (baseline: Privileged Containers)",
        reason: "nothing separates a privileged container from its node",
        fix: "remove securityContext.privileged",
        check: Check::Pod(privileged),
    },
    Rule {
        id: "psa-capabilities-add",
        title: "capabilities beyond those of the container runtime (baseline: Capabilities)",
        reason: "many capabilities, such as SYS_ADMIN, are as good as root on the node",
        fix: "remove it from securityContext.capabilities.add",
        check: Check::Pod(capabilities),
    },
    Rule {
        id: "psa-host-path",
        title: "hostPath volumes (baseline: HostPath Volumes)",
        reason: "files of the node hold other pods' data and the kubelet's credentials",
        fix: "use emptyDir, a persistentVolumeClaim or an ephemeral volume",
        check: Check::Pod(host_path),
    },
    Rule {
        id: "psa-host-ports",
        title: "ports of the node (baseline: Host Ports)",
        reason: "the port is open on every address of the node, past every Service and most network policies",
        fix: "remove hostPort and use a Service",
        check: Check::Pod(host_ports),
    },
    Rule {
        id: "psa-host-probes",
        title: "probes and lifecycle hooks with a host (baseline: Host Probes / Lifecycle Hooks)",
        reason: "the kubelet sends the request, so the author of a pod can reach what only nodes can",
        fix: "remove host: the pod's own address is the default",
        check: Check::Pod(host_probes),
    },
    Rule {
        id: "psa-app-armor",
        title: "AppArmor switched off (baseline: AppArmor)",
        reason: "the runtime's profile stops a container from writing to the node's kernel settings",
        fix: "use RuntimeDefault or Localhost, or remove the setting",
        check: Check::Pod(app_armor),
    },
    Rule {
        id: "psa-selinux",
        title: "SELinux user, role, or a type not for containers (baseline: SELinux)",
        reason: "another type than a container's is a way out of the container on nodes that rely on SELinux",
        fix: "remove user and role; type may be container_t, container_init_t, container_kvm_t or container_engine_t",
        check: Check::Pod(selinux),
    },
    Rule {
        id: "psa-proc-mount",
        title: "an unmasked /proc (baseline and restricted: /proc Mount Type)",
        reason: "the masked parts of /proc hold the kernel's settings and secrets",
        fix: "remove procMount",
        check: Check::Pod(proc_mount),
    },
    Rule {
        id: "psa-seccomp-unconfined",
        title: "seccomp switched off (baseline: Seccomp)",
        reason: "every system call of the node's kernel is open to attack",
        fix: "set type to RuntimeDefault or Localhost",
        check: Check::Pod(seccomp),
    },
    Rule {
        id: "psa-sysctls",
        title: "sysctls that are not safe (baseline: Sysctls)",
        reason: "they reach beyond the pod, to the node or to other pods",
        fix: "remove it",
        check: Check::Pod(sysctls),
    },
];

fn host_process(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.windowsOptions.hostProcess";
    for part in pod.parts().filter(|part| part.node.flag(path) == Some(true)) {
        found.add(part.node.place_of(path), format!("{part} runs as a HostProcess"));
    }
}

fn host_namespaces(pod: &Pod<'_>, found: &mut Found<'_>) {
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod.spec.flag(key) == Some(true) {
            found.add(pod.spec.place_of(key), format!("{key} is true"));
        }
    }
}

fn privileged(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.privileged";
    for container in pod.containers().filter(|container| container.node.flag(path) == Some(true)) {
        found.add(container.node.place_of(path), format!("{container} is privileged"));
    }
}

fn capabilities(pod: &Pod<'_>, found: &mut Found<'_>) {
    added_capabilities(pod, found, |name| !CAPABILITIES.contains(&name));
}

/// Adds a finding for each capability that is added and not good. For Windows pods the admission plugin asks nothing.
pub(super) fn added_capabilities(pod: &Pod<'_>, found: &mut Found<'_>, is_bad: fn(&str) -> bool) {
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        for capability in container.node.list("securityContext.capabilities.add") {
            if let Some(name) = capability.as_text().filter(|name| is_bad(name)) {
                found.add(&capability.place, format!("{container} adds the capability {name}"));
            }
        }
    }
}

/// Whether it is one that containers have unless they drop it.
pub(super) fn is_default_capability(name: &str) -> bool {
    CAPABILITIES.contains(&name)
}

fn host_path(pod: &Pod<'_>, found: &mut Found<'_>) {
    for volume in pod.spec.list("volumes") {
        if volume.at("hostPath").is_some() {
            let name = volume.text("name").unwrap_or_default();
            let path = volume.text("hostPath.path").unwrap_or_default();
            found.add(volume.place_of("hostPath"), format!("volume {name:?} is {path:?} of the node"));
        }
    }
}

fn host_ports(pod: &Pod<'_>, found: &mut Found<'_>) {
    for container in pod.containers() {
        for port in container.node.list("ports") {
            if let Some(number) = port.int("hostPort").filter(|number| *number != 0) {
                found.add(port.place_of("hostPort"), format!("{container} opens port {number} of the node"));
            }
        }
    }
}

fn host_probes(pod: &Pod<'_>, found: &mut Found<'_>) {
    const HANDLERS: [&str; 5] =
        ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];
    for container in pod.containers() {
        for handler in HANDLERS {
            for kind in ["httpGet", "tcpSocket"] {
                let path = format!("{handler}.{kind}.host");
                if let Some(host) = container.node.text(&path).filter(|host| !host.is_empty()) {
                    let name = handler.rsplit('.').next().unwrap_or(handler);
                    let message = format!("{container}: {name} asks the host {host:?}");
                    found.add(container.node.place_of(&path), message);
                }
            }
        }
    }
}

fn app_armor(pod: &Pod<'_>, found: &mut Found<'_>) {
    profiles(pod, found, "securityContext.appArmorProfile", "AppArmor profile");
    for (key, node) in pod.template.at("metadata.annotations").and_then(|n| n.as_map()).into_iter().flatten()
    {
        let Some(name) = key.strip_prefix(APP_ARMOR_ANNOTATION) else { continue };
        let Some(profile) = node.as_text() else { continue };
        if !matches!(profile, "" | "runtime/default") && !profile.starts_with("localhost/") {
            found.add(&node.place, format!("container {name:?} has the AppArmor profile {profile:?}"));
        }
    }
}

/// Adds a finding for each profile whose type is neither the runtime's nor a file of the node.
fn profiles(pod: &Pod<'_>, found: &mut Found<'_>, path: &str, what: &str) {
    for part in pod.parts() {
        let Some(profile) = part.node.at(path).filter(|profile| profile.as_map().is_some()) else { continue };
        let kind = profile.text("type").unwrap_or_default();
        if !matches!(kind, "RuntimeDefault" | "Localhost") {
            found.add(profile.place_of("type"), format!("{part} has the {what} {kind:?}"));
        }
    }
}

fn selinux(pod: &Pod<'_>, found: &mut Found<'_>) {
    for part in pod.parts() {
        let Some(options) = part.node.at("securityContext.seLinuxOptions") else { continue };
        for key in ["type", "user", "role"] {
            let Some(value) = options.text(key) else { continue };
            let good = if key == "type" { SELINUX_TYPES.contains(&value) } else { value.is_empty() };
            if !good {
                found.add(options.place_of(key), format!("{part} has the SELinux {key} {value:?}"));
            }
        }
    }
}

fn proc_mount(pod: &Pod<'_>, found: &mut Found<'_>) {
    let path = "securityContext.procMount";
    for container in pod.containers() {
        if let Some(kind) = container.node.text(path).filter(|kind| *kind != "Default") {
            found.add(container.node.place_of(path), format!("{container} mounts /proc {kind}"));
        }
    }
}

fn seccomp(pod: &Pod<'_>, found: &mut Found<'_>) {
    if !pod.is_windows() {
        profiles(pod, found, "securityContext.seccompProfile", "seccomp profile");
    }
}

fn sysctls(pod: &Pod<'_>, found: &mut Found<'_>) {
    for sysctl in pod.spec.list("securityContext.sysctls") {
        if let Some(name) = sysctl.text("name").filter(|name| !SYSCTLS.contains(name)) {
            found.add(&sysctl.place, format!("the pod sets the sysctl {name}"));
        }
    }
}
