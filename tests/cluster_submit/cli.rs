//! `spark-operator submit` as a user runs it: what it prints, a second run, no rights, no cluster.

use std::path::Path;

use regex::Regex;
use serde_json::json;

use crate::command::{Folder, Run};
use crate::place::Place;

const APPLICATION: &str = r"
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: pi
spec:
  type: Scala
  sparkVersion: 4.3.0
  image: localhost/spark:none
  mainClass: org.example.Main
  mainApplicationFile: local:///opt/app.jar
  driver: {}
  executor: {instances: 1}
";

/// Runs it with a kubeconfig; the namespace and what follows from the time of submission are masked.
fn submit(namespace: &str, kubeconfig: &Path) -> Run {
    let folder = Folder::new();
    folder.file("app.yaml", APPLICATION);
    let mut command = folder.command(&["submit", "-f", "app.yaml", "--namespace", namespace]);
    let mut run = Run::of(command.env("KUBECONFIG", kubeconfig).output().unwrap());
    let ids = Regex::new("[0-9a-f]{16,}").unwrap();
    for text in [&mut run.stdout, &mut run.stderr] {
        *text = ids.replace_all(&text.replace(namespace, "NAMESPACE"), "ID").into_owned();
    }
    run
}

#[test]
fn an_application_is_submitted_and_a_second_run_finds_its_driver_there() {
    let Some(place) = Place::new("cli") else { return };
    let first = submit(&place.0.name, &place.0.cluster.kubeconfig());
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    let mut lines: Vec<&str> = first.stdout.lines().collect();
    // The pod comes first; what it owns is created at once.
    lines[2..6].sort_unstable();
    assert_eq!(
        lines,
        [
            "NAMESPACE/pi: submitted (native), without an operator: nobody tries it again",
            "  Pod/pi-driver",
            "  ConfigMap/pi-ID-driver-podspec-conf-map",
            "  ConfigMap/spark-drv-ID-conf-map",
            "  NetworkPolicy/pi-ID-policy",
            "  Service/pi-ID-driver-svc",
            "follow it: kubectl logs --follow --namespace NAMESPACE pi-driver",
        ]
    );
    let objects = place.objects("pi");
    assert!(objects["Pod/pi-driver"]["metadata"]["ownerReferences"].is_null());

    let second = submit(&place.0.name, &place.0.cluster.kubeconfig());
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        second.stderr,
        "Error: NAMESPACE/pi: driver pod already exist: NAMESPACE/pi-driver belongs to nobody that this application \
         knows; hint: if it is of an earlier run: kubectl delete pod --namespace NAMESPACE pi-driver\n\
         Error: 1 of 1 applications were not submitted\n"
    );
    // The hint works, and with the pod all goes that is its own.
    place.0.cluster.delete(&format!("{}/pi-driver", place.0.path("v1", "pods")));
    place.assert_nothing_is_left_of("pi");
    let third = submit(&place.0.name, &place.0.cluster.kubeconfig());
    assert_eq!(third.code, Some(0), "{}", third.stderr);
}

#[test]
fn without_rights_it_fails_with_the_words_of_the_api_server() {
    let Some(place) = Place::new("cli") else { return };
    let run = submit(&place.0.name, &place.0.account("nobody").kubeconfig);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        run.stderr,
        "Error: NAMESPACE/pi: cannot create Pod NAMESPACE/pi-driver: pods is forbidden: User \
         \"system:serviceaccount:NAMESPACE:nobody\" cannot create resource \"pods\" in API group \"\" in the namespace \
         \"NAMESPACE\"\n\
         Error: 1 of 1 applications were not submitted\n"
    );
}

#[test]
fn without_a_right_on_network_policies_it_warns() {
    let Some(place) = Place::new("cli") else { return };
    let account = place.0.account("user");
    place.allow(&account, &[("", "pods configmaps services", "get create delete")]);
    let run = submit(&place.0.name, &account.kubeconfig);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!run.stdout.contains("NetworkPolicy/"), "{}", run.stdout);
    let warning = "WARNING: NAMESPACE/pi: not created: the executors' NetworkPolicy of Spark: ";
    assert!(run.stderr.starts_with(warning) && run.stderr.lines().count() == 1, "{}", run.stderr);
    place.driver_in_phase("pi-driver", "Succeeded");
}

/// Exit code 3 is the environment's fault, as its help says.
#[test]
fn without_an_api_server_the_environment_is_at_fault() {
    let folder = Folder::new();
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        // Nothing listens at this port.
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
    });
    folder.file("kubeconfig", config.to_string());
    let run = submit("team-a", &folder.path().join("kubeconfig"));
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("cannot reach the API server https://127.0.0.1:1"), "{}", run.stderr);
    assert_eq!(run.code, Some(3), "{}", run.stderr);

    let run = submit("team-a", &folder.path().join("missing"));
    assert_eq!(run.code, Some(3), "{}", run.stderr);
}
