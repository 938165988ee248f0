//! Pod Security: our verdicts beside those of the admission plugin, check by check, over a table of pods and over
//! generated ones. The plugin is built by `tests/tools/pod-security`; `POD_SECURITY` holds its path.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};
use spark_operator::manifest::lint::rules;
use spark_operator::yaml;

use super::given::{lint, text};

/// Our rules, and the check of the plugin that each is, or is a part of.
const CHECKS: [(&str, &str); 18] = [
    ("psa-app-armor", "appArmorProfile"),
    ("psa-capabilities-add", "capabilities_restricted"),
    ("psa-capabilities-drop", "capabilities_restricted"),
    ("psa-host-namespaces", "hostNamespaces"),
    ("psa-host-path", "restrictedVolumes"),
    ("psa-host-ports", "hostPorts"),
    ("psa-host-probes", "hostProbesAndHostLifecycle"),
    ("psa-host-process", "windowsHostProcess"),
    ("psa-privilege-escalation", "allowPrivilegeEscalation"),
    ("psa-privileged", "privileged"),
    ("psa-proc-mount", "procMount_restricted"),
    ("psa-run-as-non-root", "runAsNonRoot"),
    ("psa-run-as-user", "runAsUser"),
    ("psa-seccomp", "seccompProfile_restricted"),
    ("psa-seccomp-unconfined", "seccompProfile_restricted"),
    ("psa-selinux", "seLinuxOptions"),
    ("psa-sysctls", "sysctls"),
    ("psa-volume-types", "restrictedVolumes"),
];

/// A pod that is admitted.
fn admitted() -> Json {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "p" },
        "spec": {
            "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": "a",
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    })
}

/// The checks that forbid a pod, and the pod, of each line of the table.
fn table() -> Vec<(String, Json)> {
    let text = text("pods.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows = lines.map(|line| {
        let (ids, patches) = line.split_once('|').unwrap();
        let mut pod = admitted();
        for patch in patches.split(" ; ") {
            let patch = yaml::read("pods.txt", patch).unwrap().remove(0).to_json();
            for (place, patch) in patch.as_object().unwrap() {
                let target = match place.as_str() {
                    "pod" => &mut pod,
                    "spec" => &mut pod["spec"],
                    "container" => &mut pod["spec"]["containers"][0],
                    _ => panic!("{line}"),
                };
                json_patch::merge(target, patch);
            }
        }
        (ids.trim().to_owned(), pod)
    });
    rows.collect()
}

/// What lint has against a pod, in the words of the plugin.
fn ours(pod: &Json) -> String {
    let checks: BTreeMap<_, _> = CHECKS.into();
    let report = lint(&[("pod", &pod.to_string())]);
    let ids: BTreeSet<_> = report.findings.iter().filter_map(|f| checks.get(f.rule.id).copied()).collect();
    ids.into_iter().collect::<Vec<_>>().join(" ")
}

/// What the plugin has against each pod; `None` when it is not here.
fn theirs(what: &str, pods: &[Json]) -> Option<Vec<String>> {
    let Ok(tool) = std::env::var("POD_SECURITY") else {
        println!("SKIPPED: lint parity with Pod Security admission: {what}: POD_SECURITY is not set");
        return None;
    };
    let lines = pods.iter().flat_map(|pod| [pod.to_string(), "\n".to_owned()]).collect::<String>();
    let mut child = Command::new(&tool)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It answers while it reads: more than a pipe holds must be read from another thread.
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{tool}: {error}");
    writer.join().unwrap().unwrap();
    let verdicts: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(verdicts.len(), pods.len());
    Some(verdicts)
}

#[test]
fn every_rule_of_the_family_is_a_check_of_the_plugin() {
    let ours: BTreeSet<_> = rules().map(|rule| rule.id).filter(|id| id.starts_with("psa-")).collect();
    assert_eq!(CHECKS.map(|(rule, _)| rule).into_iter().collect::<BTreeSet<_>>(), ours);
}

#[test]
fn our_verdicts_are_those_of_the_table() {
    let table = table();
    assert!(table.len() >= 60, "{} pods", table.len());
    let wrong: Vec<String> = table
        .iter()
        .filter(|(ids, pod)| ours(pod) != *ids)
        .map(|(ids, pod)| format!("{pod}\n  table: {ids}\n  ours:  {}", ours(pod)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Every check is there alone, so that none can hide behind another.
    let alone: BTreeSet<&str> = table.iter().map(|(ids, _)| ids.as_str()).collect();
    for (_, check) in CHECKS {
        assert!(alone.contains(check), "no pod that {check} alone forbids");
    }
}

#[test]
fn the_table_is_what_the_admission_plugin_says() {
    let (ids, pods): (Vec<_>, Vec<_>) = table().into_iter().unzip();
    let Some(verdicts) = theirs("the table", &pods) else { return };
    let wrong: Vec<String> = ids
        .iter()
        .zip(&verdicts)
        .zip(&pods)
        .filter(|((ids, verdict), _)| ids != verdict)
        .map(|((ids, verdict), pod)| format!("{pod}\n  table:  {ids}\n  plugin: {verdict}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn generated_pods_have_the_verdicts_of_the_admission_plugin() {
    let count = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let pods = draw(count);
    let Some(verdicts) = theirs("generated pods", &pods) else { return };
    let mut seen = BTreeSet::new();
    for (pod, verdict) in pods.iter().zip(&verdicts) {
        assert_eq!(ours(pod), *verdict, "{pod}");
        seen.extend(verdict.split(' '));
        seen.extend(verdict.is_empty().then_some("admitted"));
    }
    // The generator reaches every check, and pods that all of them admit.
    let expected: BTreeSet<_> = CHECKS.map(|(_, check)| check).into_iter().chain(["admitted", ""]).collect();
    assert_eq!(seen, expected);
}

/// The same pods in every run; a longer run has more at its end.
fn draw(count: usize) -> Vec<Json> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let pods = (0..count).map(|_| {
        let patches = pod_patches().new_tree(&mut runner).unwrap().current();
        let mut pod = admitted();
        for patch in patches {
            json_patch::merge(&mut pod, &patch);
        }
        pod
    });
    pods.collect()
}

/// Up to four changes, each of a setting to a value that some check may have something against.
fn pod_patches() -> impl Strategy<Value = Vec<Json>> {
    let container = prop::collection::vec(container(), 1..3);
    let containers =
        (prop::sample::select(vec!["containers", "initContainers", "ephemeralContainers"]), container);
    let containers = containers.prop_map(|(key, containers)| json!({ "spec": { key: containers } }));
    let context = context().prop_map(|context| json!({ "spec": { "securityContext": context } }));
    let volumes =
        prop::collection::vec(volume(), 0..3).prop_map(|volumes| json!({ "spec": { "volumes": volumes } }));
    let names = ["kernel.msgmax", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.core.somaxconn", ""];
    let sysctls = prop::collection::vec(prop::sample::select(names.to_vec()), 0..3).prop_map(|names| {
        let sysctls: Vec<Json> = names.iter().map(|name| json!({ "name": name, "value": "1" })).collect();
        json!({ "spec": { "securityContext": { "sysctls": sysctls } } })
    });
    let annotations =
        prop::sample::select(vec!["unconfined", "localhost/x", "runtime/default", "", "localhost"]);
    let annotations = annotations.prop_map(|profile| {
        json!({ "metadata": { "annotations": { "container.apparmor.security.beta.kubernetes.io/a": profile } } })
    });
    let flags =
        prop::sample::select(vec!["hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"]);
    let flags = (flags, flag()).prop_map(|(key, flag)| json!({ "spec": { key: flag } }));
    let os = prop::sample::select(vec![
        json!(null),
        json!({}),
        json!({ "name": "linux" }),
        json!({ "name": "windows" }),
    ]);
    let os = os.prop_map(|os| json!({ "spec": { "os": os } }));
    let patch = prop_oneof![4 => containers, 3 => context, 1 => volumes, 1 => sysctls, 1 => annotations, 2 => flags, 1 => os];
    prop::collection::vec(patch, 0..5)
}

fn flag() -> impl Strategy<Value = Json> + Clone {
    prop::sample::select(vec![json!(true), json!(false), json!(null)])
}

fn profile() -> impl Strategy<Value = Json> + Clone {
    let kinds = ["RuntimeDefault", "Localhost", "Unconfined", "", "runtimedefault"];
    let mut profiles: Vec<Json> = kinds.iter().map(|kind| json!({ "type": kind })).collect();
    profiles.extend([json!(null), json!({})]);
    prop::sample::select(profiles)
}

/// One key of those that pods and containers share in their `securityContext`.
fn context() -> BoxedStrategy<Json> {
    let keyed =
        |key: &'static str, values: BoxedStrategy<Json>| values.prop_map(move |value| json!({ key: value }));
    let selinux = (
        prop::sample::select(vec!["type", "user", "role", "level"]),
        prop::sample::select(vec!["", "spc_t", "container_t", "container_engine_t"]),
    );
    prop_oneof![
        keyed("runAsNonRoot", flag().boxed()),
        keyed("runAsUser", prop::sample::select(vec![json!(0), json!(185), json!(null)]).boxed()),
        keyed("seccompProfile", profile().boxed()),
        keyed("appArmorProfile", profile().boxed()),
        keyed("seLinuxOptions", selinux.prop_map(|(key, value)| json!({ key: value })).boxed()),
        keyed("windowsOptions", flag().prop_map(|flag| json!({ "hostProcess": flag })).boxed()),
    ]
    .boxed()
}

/// A container that is admitted, but for some settings.
fn container() -> impl Strategy<Value = Json> {
    let names = ["ALL", "CHOWN", "NET_BIND_SERVICE", "SYS_ADMIN", "all"];
    let names = prop::collection::vec(prop::sample::select(names.to_vec()), 0..3);
    let capabilities = (prop::sample::select(vec!["add", "drop"]), names);
    let proc_mount = prop::sample::select(vec![json!("Default"), json!("Unmasked"), json!(null)]);
    let own = prop_oneof![
        2 => context(),
        1 => flag().prop_map(|flag| json!({ "privileged": flag })),
        1 => flag().prop_map(|flag| json!({ "allowPrivilegeEscalation": flag })),
        1 => capabilities.prop_map(|(key, names)| json!({ "capabilities": { key: names } })),
        1 => proc_mount.prop_map(|kind| json!({ "procMount": kind })),
    ];
    let own = own.prop_map(|context| json!({ "securityContext": context }));
    let host = prop::sample::select(vec![json!(""), json!("h"), json!(null)]);
    let kind = prop::sample::select(vec!["httpGet", "tcpSocket"]);
    let handler = (kind, host).prop_map(|(kind, host)| json!({ kind: { "port": 1, "host": host } }));
    let probe =
        (prop::sample::select(vec!["livenessProbe", "readinessProbe", "startupProbe"]), handler.clone());
    let hook = (prop::sample::select(vec!["postStart", "preStop"]), handler);
    let port = prop::sample::select(vec![json!(0), json!(80), json!(null)]);
    let patch = prop_oneof![
        5 => own,
        1 => probe.prop_map(|(key, probe)| json!({ key: probe })),
        1 => hook.prop_map(|(key, hook)| json!({ "lifecycle": { key: hook } })),
        1 => port.prop_map(|port| json!({ "ports": [{ "containerPort": 80, "hostPort": port }] })),
        1 => Just(json!({ "securityContext": null })),
    ];
    prop::collection::vec(patch, 0..3).prop_map(|patches| {
        let mut container = admitted()["spec"]["containers"][0].clone();
        for patch in patches {
            json_patch::merge(&mut container, &patch);
        }
        container
    })
}

fn volume() -> impl Strategy<Value = Json> {
    let kinds = [
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "gitRepo",
        "glusterfs",
        "hostPath",
        "image",
        "iscsi",
        "nfs",
        "persistentVolumeClaim",
        "photonPersistentDisk",
        "portworxVolume",
        "projected",
        "quobyte",
        "rbd",
        "scaleIO",
        "secret",
        "storageos",
        "vsphereVolume",
    ];
    let value = prop::sample::select(vec![json!({}), json!({}), json!(null)]);
    (prop::sample::select(kinds.to_vec()), value).prop_map(|(kind, value)| {
        let mut volume = json!({ "name": "v" });
        volume[kind] = value;
        volume
    })
}
