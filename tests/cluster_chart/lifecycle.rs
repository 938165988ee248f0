//! The life of releases under real Helm 3 and 4: installed, tested, upgraded, rolled back, uninstalled; patched; and
//! side by side.

use std::thread;

use serde_json::json;
use spark_operator::api::crd::DEFINITIONS;

use crate::WHAT;
use crate::helm::{Home, both};
use crate::release::Release;
use crate::support::{Cluster, Namespace, cluster, eventually};

/// The same with each Helm, both at once.
fn with_both(each: impl Fn(&'static Cluster, Home) + Sync) {
    let Some(cluster) = cluster(WHAT) else { return };
    thread::scope(|scope| {
        for home in both() {
            let each = &each;
            scope.spawn(move || each(cluster, home));
        }
    });
}

fn job_namespace(namespace: &Namespace) -> String {
    format!("--set=spark.jobNamespaces={{{}}}", namespace.name)
}

/// What a namespace has that nobody put there.
fn is_of_every_namespace(title: &str, namespace: &str) -> bool {
    [format!("ServiceAccount {namespace}/default"), format!("ConfigMap {namespace}/kube-root-ca.crt")]
        .contains(&title.to_owned())
}

#[test]
fn a_release_lives_under_pod_security_restricted() {
    with_both(|cluster, home| {
        let (home_namespace, jobs) = (cluster.restricted("home"), cluster.restricted("jobs"));
        let release = Release::new(home, &home_namespace, "restricted");

        // Its pre-install hook is a Job: without an admitted pod that ends well, Helm would not go on.
        release.install(&[&job_namespace(&jobs), "--set=hook.upgradeCrd=true"]);
        release.is_ready(2);
        assert_eq!(release.pods().len(), 2, "the hook leaves nothing");
        for definition in DEFINITIONS {
            let path =
                format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", definition.name());
            cluster.get(&path);
        }
        let first = release.deployments();

        test_pod_runs(cluster, &release, &home_namespace);

        release.done(
            "upgrade",
            &["chart", "--reuse-values", "--wait", "--set=controller.replicas=3,controller.logLevel=debug"],
        );
        release.is_ready(2);
        let controller =
            release.object("apps/v1", "deployments", &format!("{}-spark-operator-controller", release.name));
        assert_eq!(controller["status"]["readyReplicas"], 3);
        assert!(controller["spec"].to_string().contains("--zap-log-level=debug"), "{}", controller["spec"]);

        release.done("rollback", &["1", "--wait"]);
        release.is_ready(2);
        let spec = |deployments: &[serde_json::Value]| {
            deployments.iter().map(|d| d["spec"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(spec(&release.deployments()), spec(&first));

        release.uninstall();
        let resources = cluster.resources();
        for namespace in [&home_namespace, &jobs] {
            let mut left = cluster.objects(&resources, Some(&namespace.name), "");
            left.retain(|title, _| !is_of_every_namespace(title, &namespace.name));
            assert!(left.is_empty(), "{:?}", left.keys());
        }
        for definition in DEFINITIONS {
            let path =
                format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", definition.name());
            cluster.get(&path);
        }
    });
}

/// `helm test`: its pod is admitted; that its program ends well is told to the fake kubelet.
fn test_pod_runs(cluster: &Cluster, release: &Release, namespace: &Namespace) {
    let test = release.start("test");
    let pod = namespace.path("v1", &format!("pods/{}-spark-operator-test", release.name));
    eventually("the test pod", || {
        let answer = cluster.request("GET", &pod, &serde_json::Value::Null);
        if answer.status == 200 { Ok(()) } else { Err(format!("{} {}", answer.status, answer.json)) }
    });
    let outcome =
        json!({ "metadata": { "annotations": { "kwok.sparkoperator.k8s.io/outcome": "succeed" } } });
    cluster.request("PATCH", &pod, &outcome).ok(&pod);
    let output = test.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.contains("Succeeded"),
        "{said}{:?}",
        String::from_utf8(output.stderr)
    );
}

#[test]
fn releases_beside_each_other_leave_each_other_alone() {
    let Some(cluster) = cluster(WHAT) else { return };
    let mut homes = both().into_iter().chain(both());
    let mut next = || homes.next();
    let (Some(a), Some(b), Some(c)) = (next(), next(), next()) else { return };
    let (team_a, team_b, jobs) =
        (cluster.restricted("team"), cluster.restricted("team"), cluster.restricted("jobs"));
    // As the preset says: the namespace, and its name at three places.
    let own = |team: &Namespace| {
        let name = &team.name;
        [
            job_namespace(team),
            format!("--set=fullnameOverride={name}-spark"),
            format!("--set=clusterNameSuffix={name}"),
        ]
    };
    let first = Release::new(a, &team_a, "one-operator-per-namespace").named("spark");
    let second = Release::new(b, &team_b, "one-operator-per-namespace").named("spark");
    // A third one in the first one's namespace, under the name it has by default.
    let third = Release::new(c, &team_a, "default").named(&format!("other-{}", team_a.name));
    thread::scope(|scope| {
        for (release, team) in [(&first, &team_a), (&second, &team_b)] {
            scope.spawn(move || release.install(&own(team).each_ref().map(String::as_str)));
        }
    });
    third.install(&[&job_namespace(&jobs)]);
    for team in [&team_a, &team_b] {
        let name = format!("{}-spark-controller", team.name);
        let path = team.path("apps/v1", &format!("deployments/{name}"));
        assert_eq!(cluster.get(&path)["status"]["readyReplicas"], 1);
    }
    third.is_ready(2);
    let others = || {
        let mut objects = second.objects();
        // Both releases of the preset have one name; the first one's objects are those of its namespace and suffix.
        objects.retain(|title, _| !title.contains(&team_a.name));
        let third = third.objects();
        assert!(!objects.is_empty() && !third.is_empty());
        (objects, third)
    };
    let before = others();
    first.done("uninstall", &["--wait"]);
    eventually("the first release is gone", || {
        let mut left: Vec<_> = first.objects().into_keys().collect();
        left.retain(|title| title.contains(&team_a.name));
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    let after = others();
    assert_eq!(before.0.keys().collect::<Vec<_>>(), after.0.keys().collect::<Vec<_>>());
    assert_eq!(before, after);
    println!("releases beside each other: {} and {} objects untouched", after.0.len(), after.1.len());
    second.done("uninstall", &["--wait"]);
    third.uninstall();
}

#[test]
fn patches_reach_the_live_objects() {
    const PATCHES: &str = "
- target: {kind: Deployment, name: '*-controller'}
  merge: {spec: {template: {spec: {terminationGracePeriodSeconds: 77}}}}
";
    const HOOKS: &str = "
- target: {kind: Job, hook: true}
  merge:
    # So that it can still be seen.
    metadata: {annotations: {helm.sh/hook-delete-policy: before-hook-creation}}
    spec: {activeDeadlineSeconds: 900}
";
    with_both(|cluster, home| {
        let (namespace, jobs) = (cluster.restricted("patched"), cluster.restricted("jobs"));
        // Helm 3 hands no hooks to its post-renderer.
        let hooks = home.version() == 4;
        let release = Release::new(home, &namespace, "restricted");
        release.home().folder.file("patches.yaml", PATCHES);
        release.home().folder.file("hooks.yaml", HOOKS);
        let files: &[&str] = if hooks { &["patches.yaml", "hooks.yaml"] } else { &["patches.yaml"] };
        let flags = [release.home().post_renderer(files), vec![job_namespace(&jobs)]].concat();
        release.install(&flags.iter().map(String::as_str).collect::<Vec<_>>());
        release.is_ready(2);
        let name = format!("{}-spark-operator", release.name);
        let controller = release.object("apps/v1", "deployments", &format!("{name}-controller"));
        assert_eq!(controller["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 77);
        if hooks {
            let job = release.object("batch/v1", "jobs", &format!("{name}-hook"));
            assert_eq!(job["spec"]["activeDeadlineSeconds"], 900);
            assert_eq!(job["status"]["succeeded"], 1, "{}", job["status"]);
            cluster.delete(
                &namespace.path("batch/v1", &format!("jobs/{name}-hook?propagationPolicy=Background")),
            );
        }
        release.uninstall();
    });
}
