//! Real Spark, submitted by the operator's binary: what is in the log of the driver, and what executors really got.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::WHAT;
use crate::support::{Namespace, node};

/// The oldest and the newest Spark that the node has an image of.
const VERSIONS: [&str; 2] = ["4.0.5", "4.3.0"];

/// Far beyond what a small program takes on two busy cores.
pub const LATER: Duration = Duration::from_mins(10);

/// A namespace in which Pod Security `restricted` is enforced, with an account that may do what the chart lets drivers do.
pub fn namespace(purpose: &str) -> Option<Namespace> {
    let cluster = node(WHAT)?;
    let namespace = cluster.restricted(purpose);
    namespace.account("spark");
    let verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods", "configmaps", "persistentvolumeclaims", "services"], "verbs": verbs},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["create", "patch"]},
    ]);
    let rbac = |resource: &str| namespace.path("rbac.authorization.k8s.io/v1", resource);
    cluster.create(&rbac("roles"), &json!({"metadata": {"name": "spark"}, "rules": rules}));
    cluster.create(
        &rbac("rolebindings"),
        &json!({
            "metadata": {"name": "spark"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "spark"},
            "subjects": [{"kind": "ServiceAccount", "name": "spark", "namespace": namespace.name}],
        }),
    );
    Some(namespace)
}

/// An application that fits on a small node, with what `change` says over it (RFC 7396).
pub fn application(namespace: &Namespace, version: &str, change: &Json) -> Json {
    let mut spec = json!({
        "type": "Java", "sparkVersion": version, "image": format!("localhost/spark:{version}"),
        "imagePullPolicy": "IfNotPresent",
        "mainClass": "org.apache.spark.examples.SparkPi",
        "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar",
        "arguments": ["4"],
        // The API server of a busy machine may take longer than Spark waits by itself.
        "sparkConf": {
            "spark.kubernetes.submission.connectionTimeout": "120000", "spark.kubernetes.submission.requestTimeout": "120000",
            "spark.kubernetes.driver.connectionTimeout": "120000", "spark.kubernetes.driver.requestTimeout": "120000",
        },
        "driver": {"coreRequest": "100m", "memory": "512m", "serviceAccount": "spark"},
        // Kept, to be looked at.
        "executor": {"instances": 2, "coreRequest": "100m", "memory": "512m", "deleteOnTermination": false},
    });
    json_patch::merge(&mut spec, change);
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
        "metadata": {"name": "pi", "namespace": namespace.name}, "spec": spec,
    })
}

/// Submits an application as the administrator, waits until its driver has succeeded, and gives the driver's log.
#[track_caller]
fn run(namespace: &Namespace, application: &Json, arguments: &[&str]) -> String {
    run_as(&namespace.cluster.kubeconfig(), namespace, application, arguments)
}

/// As [`run`], with the rights of a kubeconfig.
#[track_caller]
fn run_as(kubeconfig: &Path, namespace: &Namespace, application: &Json, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.json");
    std::fs::write(&file, application.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
        .args(["submit", "--spark-pod-security", "restricted", "--timeout", "5m", "--filename"])
        .arg(&file)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    namespace.pod_in_phase("pi-driver", "Succeeded", LATER);
    namespace.logs("pi-driver", Some("spark-kubernetes-driver"))
}

fn executors(namespace: &Namespace) -> Vec<Json> {
    let list = namespace.cluster.get(&namespace.path("v1", "pods?labelSelector=spark-role%3Dexecutor"));
    list["items"].as_array().unwrap().clone()
}

/// The Spark container of a pod.
fn spark(pod: &Json) -> &Json {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    containers
        .iter()
        .find(|container| container["name"].as_str().unwrap().starts_with("spark-kubernetes"))
        .unwrap()
}

pub fn pi(log: &str) {
    assert!(log.contains("Pi is roughly 3.1"), "{log}");
}

#[test]
fn a_java_program_computes_pi_with_executors_on_every_version() {
    for version in VERSIONS {
        let Some(namespace) = namespace("java") else { return };
        let log = run(&namespace, &application(&namespace, version, &json!({})), &[]);
        pi(&log);
        assert_eq!(executors(&namespace).len(), 2, "Spark {version}");
    }
}

#[test]
fn a_python_program_computes_pi_on_every_version() {
    for version in VERSIONS {
        let Some(namespace) = namespace("python") else { return };
        let change = json!({
            "type": "Python", "mainClass": null,
            "mainApplicationFile": "local:///opt/spark/examples/src/main/python/pi.py",
        });
        pi(&run(&namespace, &application(&namespace, version, &change), &[]));
        assert!(!executors(&namespace).is_empty(), "Spark {version}");
    }
}

#[test]
fn a_third_party_jar_in_the_image_reaches_driver_and_executors() {
    let Some(namespace) = namespace("jar") else { return };
    let change = json!({
        "mainClass": "org.apache.spark.examples.LibraryUser",
        "deps": {"jars": ["local:///opt/spark/third-party/lib.jar"]},
    });
    let log = run(&namespace, &application(&namespace, "4.3.0", &change), &[]);
    for who in ["driver", "executor"] {
        assert!(log.contains(&format!("Library: hello from {who}")), "{log}");
    }
}

/// Everything that Kubeflow's operator leaves to its webhook, and nothing but the submission is here to do it.
#[test]
fn templates_volumes_and_pod_fields_are_in_both_pods_without_a_webhook() {
    let Some(namespace) = namespace("fields") else { return };
    let maps = namespace.path("v1", "configmaps");
    namespace
        .cluster
        .create(&maps, &json!({"metadata": {"name": "settings"}, "data": {"a": "from a config map"}}));
    let pod = json!({
        "template": {
            "metadata": {"labels": {"by": "template"}},
            "spec": {"initContainers": [{
                "name": "first", "image": "localhost/spark:4.3.0", "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", "cp /settings/a /data/a"],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "settings-vol", "mountPath": "/settings"}],
            }]},
        },
        "configMaps": [{"name": "settings", "path": "/settings"}],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "spark-local-dir-1", "mountPath": "/scratch"}],
        "env": [{"name": "OF_THE_APPLICATION", "value": "yes"}, {"name": "SPARK_USER", "value": "ada"}],
        "tolerations": [{"key": "spark", "operator": "Exists"}],
        "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["somewhere"]}],
        "terminationGracePeriodSeconds": 7,
        "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "true"]}}},
        "ports": [{"name": "extra", "containerPort": 9999, "protocol": "TCP"}],
    });
    let change = json!({
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "spark-local-dir-1", "emptyDir": {"sizeLimit": "1Gi"}}],
        "driver": pod, "executor": pod,
    });
    let application = application(&namespace, "4.3.0", &change);
    pi(&run(&namespace, &application, &[]));
    let driver = namespace.cluster.get(&namespace.path("v1", "pods/pi-driver"));
    for pod in executors(&namespace).iter().chain([&driver]) {
        let (spec, spark) = (&pod["spec"], spark(pod));
        assert_eq!(pod["metadata"]["labels"]["by"], "template");
        assert_eq!(spec["terminationGracePeriodSeconds"], 7, "{spec:#}");
        assert_eq!(spec["hostAliases"][0]["hostnames"][0], "somewhere");
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(spark["securityContext"]["allowPrivilegeEscalation"], false);
        assert_eq!(spark["lifecycle"]["preStop"]["exec"]["command"][2], "true");
        let last = |name: &str| {
            let env = spark["env"].as_array().unwrap().iter().rev();
            env.clone().find(|variable| variable["name"] == name).map(|variable| variable["value"].clone())
        };
        assert_eq!(last("OF_THE_APPLICATION"), Some(json!("yes")));
        assert_eq!(last("SPARK_USER"), Some(json!("ada")));
        assert_eq!(last("SPARK_LOCAL_DIRS"), Some(json!("/scratch")));
        let has = |list: &str, field: &str, value: &str| {
            spark[list].as_array().unwrap().iter().any(|item| item[field] == value)
        };
        assert!(
            has("volumeMounts", "mountPath", "/data") && has("volumeMounts", "mountPath", "/scratch"),
            "{spark:#}"
        );
        assert!(has("ports", "name", "extra"), "{spark:#}");
        assert!(
            spec["tolerations"].as_array().unwrap().iter().any(|toleration| toleration["key"] == "spark")
        );
    }
}

#[test]
fn executors_come_and_go_under_dynamic_allocation() {
    let Some(namespace) = namespace("dynamic") else { return };
    let change = json!({
        "arguments": ["40"],
        "executor": {"instances": null},
        "dynamicAllocation": {"enabled": true, "initialExecutors": 1, "minExecutors": 1, "maxExecutors": 2},
        "sparkConf": {
            "spark.dynamicAllocation.schedulerBacklogTimeout": "1s",
            "spark.dynamicAllocation.executorIdleTimeout": "2s",
        },
    });
    pi(&run(&namespace, &application(&namespace, "4.0.5", &change), &[]));
    let made = executors(&namespace).len();
    println!("dynamic allocation made {made} executors, between 1 and 2 at a time");
    assert!(made >= 1);
}

#[test]
fn spark_submit_in_a_job_makes_a_driver_that_computes_pi() {
    let Some(namespace) = namespace("job") else { return };
    let log = run(&namespace, &application(&namespace, "4.3.0", &json!({})), &["--submitter", "job"]);
    pi(&log);
    let jobs = namespace.cluster.get(&namespace.path("batch/v1", "jobs"));
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
}

#[test]
fn spark_submit_as_a_process_makes_a_driver_that_computes_pi() {
    let Some(namespace) = namespace("process") else { return };
    let Ok(spark_home) = std::env::var("SPARK_HOME_4_0") else {
        println!("SKIPPED: real spark-submit as a process: SPARK_HOME_4_0 is not set");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"));
        return;
    };
    // Spark's client cannot read the administrator's key, which is one on an elliptic curve.
    let account = namespace.account("submitter");
    namespace.bind(&account, "Role", "spark");
    let arguments = ["--submitter", "spark-submit", "--spark-home", &spark_home];
    let application = application(&namespace, "4.0.5", &json!({}));
    pi(&run_as(&account.kubeconfig, &namespace, &application, &arguments));
}
