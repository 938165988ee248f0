//! The `namespaced` preset for a team without cluster-wide rights: it is installed by an account that has no others.

use serde_json::{Value as Json, json};

use crate::WHAT;
use crate::helm::both;
use crate::release::Release;
use crate::support::cluster;

/// What Kubernetes' own role `admin` lacks: nobody may grant rights that he has not. These are all of ours in the rules
/// of the controller.
fn beside_admin() -> Json {
    let all = ["sparkapplications", "scheduledsparkapplications", "sparkconnects"];
    let ours = |resources: &[String], verbs: &[&str]| json!({ "apiGroups": ["sparkoperator.k8s.io"], "resources": resources, "verbs": verbs });
    let each = |part: &str| all.map(|resource| format!("{resource}{part}"));
    json!([
        ours(&each(""), &["get", "list", "watch"]),
        ours(&["sparkapplications".to_owned()], &["create", "delete"]),
        ours(&each("/status"), &["update"]),
        ours(&each("/finalizers"), &["update"]),
    ])
}

#[test]
fn the_namespaced_preset_is_installed_with_the_rights_of_a_namespace() {
    let Some(cluster) = cluster(WHAT) else { return };
    // By an administrator.
    for definition in spark_operator::api::crd::DEFINITIONS {
        let args = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        let run = cluster.kubectl(&cluster.kubeconfig(), &args, &definition.json().to_string());
        assert!(run.ok, "{}", run.stderr);
    }
    for home in both() {
        let (namespace, jobs) = (cluster.restricted("namespaced"), cluster.restricted("jobs"));
        let installer = namespace.account("installer");
        for namespace in [&namespace, &jobs] {
            namespace.bind(&installer, "ClusterRole", "admin");
            let roles = namespace.path("rbac.authorization.k8s.io/v1", "roles");
            cluster.create(&roles, &json!({ "metadata": { "name": "installer" }, "rules": beside_admin() }));
            namespace.bind(&installer, "Role", "installer");
        }
        let release = Release::new(home, &namespace, "namespaced").by(installer.kubeconfig.clone());
        release.install(&["--skip-crds", &format!("--set=spark.jobNamespaces={{{}}}", jobs.name)]);
        release.is_ready(1);
        release.uninstall();

        // The log is complete, so this says more than any look at the objects.
        let requests = cluster.requests(&installer.user);
        let outside: Vec<_> = requests
            .iter()
            .filter(|r| r.writes() && ![&namespace.name, &jobs.name].contains(&&r.namespace))
            .map(ToString::to_string)
            .collect();
        assert_eq!(outside, Vec::<String>::new());
        let denied: Vec<_> = requests.iter().filter(|r| !r.allowed).map(ToString::to_string).collect();
        assert_eq!(denied, Vec::<String>::new());
        // What the log says of a denied request.
        let nodes = cluster.kubectl(&installer.kubeconfig, &["get", "nodes"], "");
        assert!(!nodes.ok && nodes.stderr.contains("forbidden"), "{}{}", nodes.stdout, nodes.stderr);
        let denied = cluster.requests(&installer.user).into_iter().filter(|r| !r.allowed);
        assert_eq!(denied.map(|r| r.to_string()).collect::<Vec<_>>(), ["list nodes /: 403"]);
        assert!(requests.iter().filter(|r| r.writes()).count() >= 10, "{}", requests.len());
    }
}
