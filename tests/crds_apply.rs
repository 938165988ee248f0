//! `crds apply` on a real API server: created, upgraded from what Kubeflow's operator left however it was installed,
//! with the rights of the chart's hook and without, and what is said when it cannot be done.
//!
//! `TEST_KUBECONFIG` names the cluster (tests/cluster/up), `KUBEFLOW_CRDS` the folder with the definitions of Kubeflow's
//! operator 2.5.2.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "crds_apply/cluster.rs"]
mod cluster;
#[path = "bad_input/command.rs"]
mod command;
#[path = "crds_apply/refused.rs"]
mod refused;
#[path = "crds_apply/rights.rs"]
mod rights;

use std::io::{BufRead, BufReader};

use serde_json::{Value as Json, json};
use spark_operator::api::crd::DEFINITIONS;

use cluster::Cluster;

/// What is said of each definition.
fn each(what: &str) -> String {
    DEFINITIONS.map(|definition| format!("{} {what}\n", definition.name())).concat()
}

/// The definitions in the cluster are ours, and nothing else is in their spec.
fn assert_ours(cluster: &Cluster) {
    for (definition, found) in DEFINITIONS.iter().zip(cluster.definitions()) {
        let mut wanted = definition.json()["spec"].clone();
        wanted["conversion"] = json!({"strategy": "None"});
        assert_eq!(found["spec"], wanted, "{}", definition.kind);
    }
}

#[test]
fn missing_definitions_are_created_and_then_left_alone() {
    let Some(cluster) = Cluster::empty("created and left alone") else { return };
    assert_eq!(cluster.apply(&["--dry-run=server"]).ok(), each("created (dry run)"));
    assert_eq!(cluster.kubectl(&["get", "crd", "--output=name"]).matches("sparkoperator.k8s.io").count(), 0);
    assert_eq!(cluster.apply(&[]).ok(), each("created"));
    assert_ours(&cluster);
    // They are served: objects are taken at once.
    cluster.kubectl(&["get", "sparkapplications,scheduledsparkapplications,sparkconnects"]);

    let versions = cluster.resource_versions();
    assert_eq!(cluster.apply(&[]).ok(), each("unchanged"));
    assert_eq!(cluster.apply(&["--dry-run=server"]).ok(), each("unchanged (dry run)"));
    assert_eq!(cluster.resource_versions(), versions);
}

#[test]
fn labels_are_set_changed_and_removed_again() {
    let Some(cluster) = Cluster::empty("labels") else { return };
    let labels = || cluster.definitions().map(|definition| definition["metadata"]["labels"].clone());
    let version = |version| format!("--label=app.kubernetes.io/version={version}");
    cluster.apply(&[&version("1"), "--label=a="]).ok();
    assert_eq!(labels()[2], json!({"a": "", "app.kubernetes.io/version": "1"}));
    for definition in DEFINITIONS {
        cluster.kubectl(&["label", "crd", &definition.name(), "mine=yes"]);
    }
    let again = cluster.apply(&[&version("2"), "--dry-run=server"]).ok();
    assert_eq!(again, each("changed (was of version 1; dry run)"));
    assert_eq!(cluster.apply(&[&version("2")]).ok(), each("changed (was of version 1)"));
    assert_eq!(labels()[0], json!({"app.kubernetes.io/version": "2", "mine": "yes"}));
    assert_eq!(cluster.apply(&[]).ok(), each("changed (was of version 2)"));
    assert_eq!(labels()[1], json!({"mine": "yes"}));
}

/// An object of each kind.
fn objects() -> [Json; 3] {
    let metadata = json!({"name": "survivor", "namespace": "default"});
    let application = json!({
        "type": "Scala", "mode": "cluster", "sparkVersion": "4.0.1", "mainClass": "a.B",
        "mainApplicationFile": "local:///a.jar", "restartPolicy": {"type": "Never"},
        "driver": {"cores": 1, "memory": "1g", "tolerations": [{"key": "a", "operator": "Exists"}]},
        "executor": {"instances": 2, "volumeMounts": [{"name": "a", "mountPath": "/a"}]},
        "volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}],
    });
    let object = |version: &str, kind: &str, spec: &Json| json!({"apiVersion": format!("sparkoperator.k8s.io/{version}"), "kind": kind, "metadata": metadata, "spec": spec});
    [
        object(
            "v1beta2",
            "ScheduledSparkApplication",
            &json!({"schedule": "@daily", "template": application}),
        ),
        object("v1beta2", "SparkApplication", &application),
        object(
            "v1alpha1",
            "SparkConnect",
            &json!({"sparkVersion": "4.0.1", "server": {"cores": 1}, "executor": {"instances": 1}}),
        ),
    ]
}

#[test]
fn definitions_of_kubeflow_are_upgraded_however_they_were_installed_and_objects_survive() {
    let Ok(folder) = std::env::var("KUBEFLOW_CRDS") else {
        println!("SKIPPED: crds apply: upgrade from Kubeflow's definitions: KUBEFLOW_CRDS is not set");
        return;
    };
    let Some(cluster) = Cluster::open("upgrade from Kubeflow's definitions") else { return };
    for (how, manager) in [
        (&["create"][..], "kubectl-create"),
        (&["create", "--field-manager=helm"], "helm"),
        (&["apply", "--server-side", "--force-conflicts"], "kubectl"),
        (&["apply", "--server-side", "--field-manager=argocd-controller"], "argocd-controller"),
    ] {
        cluster.delete_definitions();
        cluster.kubectl(&[how, &["--filename", &folder]].concat());
        for definition in DEFINITIONS {
            cluster.wait_until_established(&definition.name());
        }
        let created = objects().iter().map(|object| format!("---\n{object}\n")).collect::<Vec<_>>().concat();
        cluster.kubectl_with(&["create", "--filename=-"], &created);
        let stored = || DEFINITIONS.map(|definition| cluster.get(&definition.name(), "survivor", "default"));
        let before = stored();

        let said = each(&format!("changed (fields taken from {manager})"));
        assert_eq!(cluster.apply(&["--dry-run=server"]).ok(), said.replace(')', "; dry run)"), "{manager}");
        assert_eq!(cluster.apply(&[]).ok(), said, "{manager}");
        assert_ours(&cluster);
        assert_eq!(stored(), before, "{manager}: objects changed");
        let versions = cluster.resource_versions();
        assert_eq!(cluster.apply(&[]).ok(), each("unchanged"), "{manager}");
        assert_eq!(cluster.resource_versions(), versions, "{manager}");
    }
}

#[test]
fn what_others_set_beyond_the_definition_is_removed() {
    let Some(cluster) = Cluster::open("fields of others") else { return };
    let mut ours = DEFINITIONS.map(|definition| definition.json());
    for definition in &mut ours {
        definition["spec"]["names"]["categories"] = json!(["all"]);
    }
    let input = ours.iter().map(|definition| format!("---\n{definition}\n")).collect::<Vec<_>>().concat();
    for how in [
        &["create"][..],
        &["apply"],
        &["apply", "--server-side"],
        &["apply", "--server-side", "--field-manager=helm"],
    ] {
        cluster.delete_definitions();
        cluster.kubectl_with(&[how, &["--filename=-"]].concat(), &input);
        assert_eq!(cluster.apply(&["--dry-run=server"]).ok(), each("changed (dry run)"), "{how:?}");
        assert_eq!(cluster.apply(&[]).ok(), each("changed"), "{how:?}");
        assert_ours(&cluster);
        assert_eq!(cluster.apply(&[]).ok(), each("unchanged"), "{how:?}");
    }
}

#[test]
fn another_manager_of_the_same_fields_is_left_alone() {
    let Some(cluster) = Cluster::empty("the same fields") else { return };
    let printed = cluster.folder.run(&["crds"]).ok();
    cluster.kubectl_with(&["apply", "--server-side", "--field-manager=argocd", "--filename=-"], &printed);
    assert_eq!(cluster.apply(&[]).ok(), each("unchanged"));
    for definition in cluster.definitions() {
        let managers = definition["metadata"]["managedFields"].as_array().unwrap();
        let fields =
            |manager: &str| &managers.iter().find(|entry| entry["manager"] == manager).unwrap()["fieldsV1"];
        assert_eq!(fields("argocd"), fields("spark-operator-crds"));
    }
    // And that manager meets no conflict either.
    cluster.kubectl_with(&["apply", "--server-side", "--field-manager=argocd", "--filename=-"], &printed);
}

#[test]
fn a_run_that_was_killed_is_done_again() {
    let Some(cluster) = Cluster::empty("killed") else { return };
    let mut child = cluster.command(&[]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(line, format!("{} created\n", DEFINITIONS[0].name()));
    let again = cluster.apply(&[]).ok();
    assert!(again.starts_with(&format!("{} unchanged\n", DEFINITIONS[0].name())), "{again}");
    assert_ours(&cluster);
}

#[test]
fn kubectl_takes_the_definitions_as_they_are_printed() {
    let Some(cluster) = Cluster::open("kubectl") else { return };
    let printed = cluster.folder.run(&["crds"]).ok();
    println!("crds: {} bytes of YAML", printed.len());
    for how in [&["apply"][..], &["apply", "--server-side"]] {
        cluster.delete_definitions();
        let args = [how, &["--filename=-"]].concat();
        cluster.kubectl_with(&args, &printed);
        cluster.kubectl_with(&args, &printed);
        assert_ours(&cluster);
        for definition in cluster.definitions() {
            let size = definition.to_string().len();
            let annotation = "kubectl.kubernetes.io/last-applied-configuration";
            let last = definition["metadata"]["annotations"][annotation].as_str().map_or(0, str::len);
            let name = definition["metadata"]["name"].as_str().unwrap();
            println!("kubectl {}: {name}: {size} bytes, {last} of them last-applied", how.join(" "));
            // The API server's limit for all annotations together.
            assert!(last < 262_144, "{name}: {last}");
        }
        assert_eq!(cluster.apply(&[]).ok(), each("unchanged"), "{how:?}");
    }
}
