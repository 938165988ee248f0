//! The chart's upgrade hook as a real pod: the operator's image applies the definitions with the address, the authority
//! and the token that its pod finds. Also after a first try that failed, whoever tries again: Kubernetes or a person.

use std::sync::PoisonError;
use std::thread;

use serde_json::{Value as Json, json};
use spark_operator::api::crd;

use crate::helm::one;
use crate::release::Release;
use crate::support::pods::OPERATOR_IMAGE;
use crate::support::{Cluster, Namespace, node, within};
use crate::{DEFINITIONS, SOON, WHAT};

/// The hook cannot do more than look.
const WITHOUT_RIGHTS: &str = "
- target: {kind: ClusterRole, hook: true}
  merge:
    rules:
      - {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get]}
";

/// Runs a test with a release of its own in a namespace where Pod Security `restricted` is enforced.
fn with_release(test: impl FnOnce(&Cluster, &Namespace, &Release)) {
    let Some(cluster) = node(WHAT) else { return };
    let Some(home) = one(4) else { return };
    let _alone = DEFINITIONS.lock().unwrap_or_else(PoisonError::into_inner);
    cluster.load_operator();
    let namespace = cluster.restricted("hook");
    let release = Release::new(home, &namespace, "restricted");
    release.home().folder.file("without-rights.yaml", WITHOUT_RIGHTS);
    test(cluster, &namespace, &release);
}

/// The chart with the hook that leaves its Job, and nothing that needs a controller. The label is this run's.
fn values(namespace: &Namespace, label: &str) -> Vec<String> {
    let sets = [
        "image.registry=localhost,image.pullPolicy=IfNotPresent",
        "controller.replicas=0,webhook.replicas=0",
        &format!("spark.jobNamespaces={{{}}}", namespace.name),
        "hook.upgradeCrd=true,hook.deletePolicy=before-hook-creation",
        &format!("hook.crdLabels.{label}={}", namespace.name),
    ];
    // What Helm itself puts in before any hook would hide what the hook does.
    let flags = ["chart", "--values=values.yaml", "--skip-crds", "--timeout=5m"].map(str::to_owned);
    flags.into_iter().chain(sets.map(|set| format!("--set={set}"))).collect()
}

fn as_args(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

/// The pods of the hook's Job, the oldest first.
fn pods(namespace: &Namespace, release: &Release) -> Vec<Json> {
    let label = format!("batch.kubernetes.io%2Fjob-name={}-spark-operator-hook", release.name);
    let list = namespace.cluster.get(&namespace.path("v1", &format!("pods?labelSelector={label}")));
    let mut pods = list["items"].as_array().unwrap().clone();
    pods.sort_by_key(|pod| pod["metadata"]["creationTimestamp"].to_string());
    pods
}

fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// The only pod of the hook has applied every definition, with the label, and has said so.
#[track_caller]
fn has_applied(cluster: &Cluster, namespace: &Namespace, pod: &str, label: &str) {
    let found = namespace.pod_in_phase(pod, "Succeeded", SOON);
    let container = &found["status"]["containerStatuses"][0];
    assert_eq!((&container["image"], &container["restartCount"]), (&OPERATOR_IMAGE.into(), &0.into()));
    let said = namespace.logs(pod, None);
    assert_eq!(said.lines().count(), crd::DEFINITIONS.len(), "{said}");
    for definition in crd::DEFINITIONS {
        // Created or changed: the label is new to it.
        let done = ["created", "changed"].map(|done| format!("{} {done}", definition.name()));
        assert!(said.lines().any(|line| done.iter().any(|done| line.starts_with(done))), "{said}");
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", definition.name());
        assert_eq!(cluster.get(&path)["metadata"]["labels"][label], namespace.name);
    }
}

#[test]
fn the_hook_applies_the_definitions_from_its_pod() {
    with_release(|cluster, namespace, release| {
        release.done("install", &as_args(&values(namespace, "first")));
        let pods = pods(namespace, release);
        assert_eq!(pods.len(), 1);
        has_applied(cluster, namespace, name(&pods[0]), "first");
        let user = format!("system:serviceaccount:{}:{}-spark-operator-hook", namespace.name, release.name);
        let requests = cluster.requests(&user);
        assert!(requests.iter().any(|request| request.verb == "patch" && request.allowed), "{requests:?}");
        assert!(requests.iter().all(|request| request.allowed), "{requests:?}");

        // An upgrade removes the old Job and runs it again.
        release.done("upgrade", &as_args(&values(namespace, "second")));
        let again = self::pods(namespace, release);
        let again: Vec<_> = again.iter().filter(|pod| name(pod) != name(&pods[0])).collect();
        assert_eq!(again.len(), 1);
        has_applied(cluster, namespace, name(again[0]), "second");
        release.done("uninstall", &[]);
    });
}

#[test]
fn the_hook_is_tried_again_by_kubernetes_until_it_has_its_rights() {
    with_release(|cluster, namespace, release| {
        let patched = [values(namespace, "late"), release.home().post_renderer(&["without-rights.yaml"])];
        thread::scope(|scope| {
            let install = scope.spawn(|| release.done("install", &as_args(&patched.concat())));
            let first = within(SOON, "the first try fails", || {
                let pods = pods(namespace, release);
                let failed = pods.iter().find(|pod| pod["status"]["phase"] == "Failed").cloned();
                failed
                    .ok_or_else(|| pods.iter().map(|pod| namespace.all_about(name(pod))).collect::<String>())
            });
            says_what_right_it_lacks(namespace, release, &first);
            let collection = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
            let label = format!("app.kubernetes.io%2Finstance={}", release.name);
            let list = cluster.get(&format!("{collection}?labelSelector={label}"));
            let role = list["items"].as_array().unwrap().iter().find(|role| name(role).ends_with("-hook"));
            let role = role.unwrap();
            let mut rules = role["rules"].clone();
            rules[0]["verbs"] = json!(["get", "patch", "create"]);
            let path = format!("{collection}/{}", name(role));
            cluster.request("PATCH", &path, &json!({ "rules": rules })).ok(&path);
            install.join().unwrap();
            let pods = pods(namespace, release);
            has_applied(cluster, namespace, name(pods.last().unwrap()), "late");
            let job = format!("{}-spark-operator-hook", release.name);
            let status = release.object("batch/v1", "jobs", &job)["status"].clone();
            assert_eq!(status["succeeded"], 1, "{status}");
        });
        release.done("uninstall", &[]);
    });
}

#[test]
fn a_release_whose_hook_failed_is_installed_by_trying_again() {
    with_release(|cluster, namespace, release| {
        let mut first = values(namespace, "retried");
        first.push("--set=hook.backoffLimit=0".into());
        first.extend(release.home().post_renderer(&["without-rights.yaml"]));
        let run = release.run("install", &as_args(&first));
        assert!(!run.ok && run.stderr.contains("failed pre-install"), "{}{}", run.stdout, run.stderr);
        // Its log is there to be read.
        let failed = pods(namespace, release);
        assert_eq!(failed.len(), 1);
        says_what_right_it_lacks(namespace, release, &failed[0]);

        let again = [vec!["--install".to_owned()], values(namespace, "retried")].concat();
        release.done("upgrade", &as_args(&again));
        let pods = pods(namespace, release);
        has_applied(cluster, namespace, name(pods.last().unwrap()), "retried");
        release.done("uninstall", &[]);
    });
}

#[track_caller]
fn says_what_right_it_lacks(namespace: &Namespace, release: &Release, pod: &Json) {
    let found = namespace.pod_in_phase(name(pod), "Failed", SOON);
    let ended = &found["status"]["containerStatuses"][0]["state"]["terminated"];
    assert_eq!(ended["exitCode"], 3, "{}", namespace.all_about(name(pod)));
    let user = format!("system:serviceaccount:{}:{}-spark-operator-hook", namespace.name, release.name);
    let said = namespace.logs(name(pod), None);
    assert!(said.contains("is forbidden") && said.contains(&user), "{said}");
}
