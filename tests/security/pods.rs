//! Pod Security Standard `restricted`, control by control, and what we ask beyond it.
//!
//! Source of the controls: Kubernetes' page "Pod Security Standards". The names of the controls are its headings.

use serde_json::{Map, Value as Json};

use crate::case::{Case, items};

/// Volume types that `restricted` lets pods use.
const VOLUMES: &[&str] = &[
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

/// Sysctls that the baseline lets pods set.
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];

/// Capabilities that the baseline lets containers add, and those that `restricted` does.
const BASELINE_ADD: &[&str] = &[
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
const RESTRICTED_ADD: &[&str] = &["NET_BIND_SERVICE"];

/// `SELinux` types that the baseline allows.
const SELINUX: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Names of containers that are the operator's; any other is the user's own and theirs to secure.
const OURS: &[&str] = &["spark-operator-controller", "spark-operator-webhook", "spark-operator-hook"];

/// What is wrong with the pods of a case, each as `object: control: what`.
///
/// Pods whose values ask for the node's network are the one exception, and only for that.
pub fn check(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for workload in case.workloads() {
        let pod = workload.pod().expect("a workload");
        let asked = case.on(&format!("{}.hostNetwork", workload.component()));
        let found =
            violations(pod).into_iter().filter(|v| !asked || !v.starts_with("Host Namespaces: hostNetwork"));
        wrong.extend(found.map(|v| format!("{}: {v}", workload.title())));
    }
    wrong
}

/// What `restricted` refuses in one pod (metadata and spec), each as `control: what`.
pub fn violations(pod: &Json) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut refuse = |control: &str, what: String| wrong.push(format!("{control}: {what}"));
    let none = Json::Null;
    let spec = pod.get("spec").unwrap_or(&none);
    let context = spec.get("securityContext").unwrap_or(&none);

    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec.get(field).is_some_and(|v| v != false) {
            refuse("Host Namespaces", format!("{field} is on"));
        }
    }
    for volume in items(spec, "/volumes") {
        for kind in volume.as_object().into_iter().flat_map(Map::keys).filter(|key| *key != "name") {
            if kind == "hostPath" {
                refuse("HostPath Volumes", format!("{volume}"));
            } else if !VOLUMES.contains(&kind.as_str()) {
                refuse("Volume Types", kind.clone());
            }
        }
    }
    for sysctl in items(context, "/sysctls") {
        if !SYSCTLS.contains(&sysctl["name"].as_str().unwrap_or_default()) {
            refuse("Sysctls", format!("{sysctl}"));
        }
    }
    for (key, value) in pod.pointer("/metadata/annotations").and_then(Json::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let allowed = ["", "runtime/default"].contains(&value) || value.starts_with("localhost/");
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !allowed {
            refuse("AppArmor", format!("{key}={value}"));
        }
    }
    check_common(context, "the pod", &mut refuse);

    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in items(spec, &format!("/{list}")) {
            let name = container["name"].as_str().unwrap_or_default();
            if OURS.contains(&name) {
                check_container(container, context, &mut refuse);
            }
        }
    }
    if !items(spec, "/containers").any(|c| OURS.contains(&c["name"].as_str().unwrap_or_default())) {
        refuse("Containers", "none of the operator's".into());
    }
    wrong
}

/// Controls of fields that pods and containers both have.
fn check_common(context: &Json, who: &str, refuse: &mut impl FnMut(&str, String)) {
    if let Some(options) = context.get("seLinuxOptions") {
        let kind = options["type"].as_str().unwrap_or_default();
        if !SELINUX.contains(&kind) || options.get("user").is_some() || options.get("role").is_some() {
            refuse("SELinux", format!("{who} asks for {options}"));
        }
    }
    let profile = |field: &str| context.pointer(&format!("/{field}/type")).and_then(Json::as_str);
    if profile("appArmorProfile").is_some_and(|t| !["RuntimeDefault", "Localhost"].contains(&t)) {
        refuse("AppArmor", format!("{who} is unconfined"));
    }
    if profile("seccompProfile").is_some_and(|t| !["RuntimeDefault", "Localhost"].contains(&t)) {
        refuse("Seccomp", format!("{who} is unconfined"));
    }
    if context.get("runAsNonRoot").is_some_and(|v| v != true) {
        refuse("Running as Non-root", format!("{who} may run as root"));
    }
    if context.get("runAsUser").is_some_and(|v| v == 0) {
        refuse("Running as Non-root user", format!("{who} runs as user 0"));
    }
    if context.pointer("/windowsOptions/hostProcess").is_some_and(|v| v != false) {
        refuse("HostProcess", format!("{who} is a HostProcess"));
    }
}

fn check_container(container: &Json, pod: &Json, refuse: &mut impl FnMut(&str, String)) {
    let none = Json::Null;
    let who = container["name"].as_str().unwrap_or_default();
    let context = container.get("securityContext").unwrap_or(&none);
    check_common(context, who, refuse);
    let is = |field: &str, wanted: bool| context.get(field).is_some_and(|v| v == wanted);
    let either = |pointer: &str| context.pointer(pointer).or_else(|| pod.pointer(pointer)).is_some();

    if context.get("privileged").is_some_and(|v| v != false) {
        refuse("Privileged Containers", format!("{who} is privileged"));
    }
    if !is("allowPrivilegeEscalation", false) {
        refuse("Privilege Escalation", format!("{who} does not forbid it"));
    }
    if !either("/runAsNonRoot") {
        refuse("Running as Non-root", format!("{who} does not promise it, nor does its pod"));
    }
    if !either("/seccompProfile/type") {
        refuse("Seccomp", format!("{who} names no profile, nor does its pod"));
    }
    if context.get("procMount").is_some_and(|v| v != "Default") {
        refuse("/proc Mount Type", format!("{who} unmasks /proc"));
    }
    if !items(context, "/capabilities/drop").any(|c| c == "ALL") {
        refuse("Capabilities (restricted)", format!("{who} does not drop ALL"));
    }
    for added in items(context, "/capabilities/add") {
        let added = added.as_str().unwrap_or_default();
        if !BASELINE_ADD.contains(&added) {
            refuse("Capabilities (baseline)", format!("{who} adds {added}"));
        }
        if !RESTRICTED_ADD.contains(&added) {
            refuse("Capabilities (restricted)", format!("{who} adds {added}"));
        }
    }
    for port in items(container, "/ports") {
        if port.get("hostPort").is_some_and(|v| v != 0) {
            refuse("Host Ports", format!("{who} takes {port}"));
        }
    }
    for pointer in
        ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/preStop", "lifecycle/postStart"]
    {
        for action in ["httpGet", "tcpSocket"] {
            let host = container.pointer(&format!("/{pointer}/{action}/host")).and_then(Json::as_str);
            if host.is_some_and(|h| !["", "127.0.0.1", "::1"].contains(&h)) {
                refuse("Host Probes / Lifecycle Hooks", format!("{who}: {pointer} calls {host:?}"));
            }
        }
    }
    // Not part of `restricted`: mission L2.
    if !is("readOnlyRootFilesystem", true) {
        refuse("Read-only root", format!("{who} can write to its image"));
    }
}
