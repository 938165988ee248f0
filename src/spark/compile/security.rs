//! What is filled into security fields that nobody has set.

use std::str::FromStr;

use k8s_openapi::api::core::v1::{Capabilities, Container, PodSpec, SeccompProfile};

/// How much is filled in. Nothing that is set is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodSecurity {
    /// Nothing.
    None,
    /// The seccomp profile RuntimeDefault.
    #[default]
    Seccomp,
    /// All that the Pod Security Standard `restricted` asks for.
    Restricted,
}

impl FromStr for PodSecurity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "seccomp" => Ok(Self::Seccomp),
            "restricted" => Ok(Self::Restricted),
            _ => Err("must be none, seccomp or restricted".to_owned()),
        }
    }
}

/// Fills the fields of a pod. Pods for Windows have none of them.
pub(super) fn fill(security: PodSecurity, pod: &mut PodSpec) {
    if security == PodSecurity::None || pod.os.as_ref().is_some_and(|os| os.name == "windows") {
        return;
    }
    let context = pod.security_context.get_or_insert_default();
    context.seccomp_profile.get_or_insert_with(|| SeccompProfile {
        type_: "RuntimeDefault".to_owned(),
        localhost_profile: None,
    });
    if security != PodSecurity::Restricted {
        return;
    }
    // Somebody who asks for root gets an error from Pod Security, not a container that the kubelet refuses to start.
    if context.run_as_user != Some(0) {
        context.run_as_non_root.get_or_insert(true);
    }
    let init = pod.init_containers.iter_mut().flatten();
    init.chain(&mut pod.containers).for_each(restrict);
}

fn restrict(container: &mut Container) {
    let context = container.security_context.get_or_insert_default();
    // Privileged containers cannot be without escalation.
    if context.privileged != Some(true) {
        context.allow_privilege_escalation.get_or_insert(false);
    }
    let capabilities = context.capabilities.get_or_insert_with(Capabilities::default);
    capabilities.drop.get_or_insert_with(|| vec!["ALL".to_owned()]);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn filled(security: PodSecurity, pod: Json) -> Json {
        let mut pod: PodSpec = serde_json::from_value(pod).unwrap();
        fill(security, &mut pod);
        serde_json::to_value(pod).unwrap()
    }

    #[test]
    fn seccomp_fills_the_profile_of_the_pod_and_nothing_else() {
        let filled = filled(PodSecurity::Seccomp, json!({"containers": [{"name": "a"}]}));
        assert_eq!(
            filled,
            json!({"containers": [{"name": "a"}], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}})
        );
    }

    #[test]
    fn restricted_fills_every_container() {
        let pod = json!({"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "c"}]});
        let filled = filled(PodSecurity::Restricted, pod);
        assert_eq!(filled["securityContext"]["runAsNonRoot"], true);
        for container in ["/containers/0", "/containers/1", "/initContainers/0"] {
            assert_eq!(
                filled.pointer(container).unwrap()["securityContext"],
                json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})
            );
        }
    }

    #[test]
    fn what_is_set_stays() {
        let pod = json!({
            "containers": [{"name": "a", "securityContext": {"privileged": true, "capabilities": {"drop": ["KILL"]}}}],
            "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "Unconfined"}},
        });
        assert_eq!(filled(PodSecurity::Restricted, pod.clone()), pod);
        assert_eq!(filled(PodSecurity::None, json!({"containers": []})), json!({"containers": []}));
        let windows = json!({"containers": [], "os": {"name": "windows"}});
        assert_eq!(filled(PodSecurity::Restricted, windows.clone()), windows);
    }
}
