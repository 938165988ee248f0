//! The account of the chart's hook: its rights suffice, no others are used, and a missing one is named.

use serde_json::json;
use spark_operator::api::crd::DEFINITIONS;

use super::cluster::Cluster;
use super::command::{Run, golden};
use super::{assert_ours, each};

/// Of the account whose refusals are printed.
const NAMESPACE: &str = "crds-apply";

/// The hook's account and rights in the cluster, as the chart renders them; and the arguments of its Job.
fn install_hook(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let args = [
        "render",
        "--namespace",
        namespace,
        "--set=hook.upgradeCrd=true,hook.crdLabels.team=data,fullnameOverride=so",
        "--show-only=templates/hook/*.yaml",
    ];
    let rendered = cluster.folder.run(&args).ok();
    let mut arguments = Vec::new();
    cluster.kubectl(&["delete", "namespace", namespace, "--ignore-not-found"]);
    cluster.kubectl(&["create", "namespace", namespace]);
    for document in spark_operator::yaml::read("rendered", &rendered).unwrap() {
        let object = document.to_json();
        if object["kind"] == "Job" {
            let container = &object["spec"]["template"]["spec"]["containers"][0]["args"];
            arguments = serde_json::from_value(container.clone()).unwrap();
        } else if object.is_object() {
            cluster.kubectl_with(&["apply", "--filename=-"], &object.to_string());
        }
    }
    arguments
}

fn remove_hook(cluster: &Cluster, namespace: &str) {
    cluster.kubectl(&["delete", "clusterrole,clusterrolebinding", "so-hook"]);
    cluster.kubectl(&["delete", "namespace", namespace, "--wait=false"]);
}

fn run_as(cluster: &Cluster, namespace: &str, args: &[&str]) -> Run {
    let mut command = cluster.folder.command(args);
    command.env("KUBECONFIG", cluster.kubeconfig_of(namespace, "so-hook"));
    Run::of(command.output().unwrap())
}

#[test]
fn the_rights_of_the_charts_hook_suffice_and_no_others_are_used() {
    let Some(cluster) = Cluster::empty("the rights of the hook") else { return };
    // Of this run alone: the audit log has those of earlier ones.
    let namespace = &format!("crds-apply-{}", std::process::id());
    let arguments = install_hook(&cluster, namespace);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    assert_eq!(arguments, ["crds", "apply", "--label=team=data"]);
    assert_eq!(run_as(&cluster, namespace, &arguments).ok(), each("created"));
    assert_ours(&cluster);
    assert_eq!(run_as(&cluster, namespace, &arguments).ok(), each("unchanged"));

    // Definitions that others made, with fields to take over.
    cluster.delete_definitions();
    for definition in DEFINITIONS {
        let mut theirs = definition.json();
        theirs["spec"]["names"]["categories"] = json!(["all"]);
        theirs["spec"]["versions"][0]["additionalPrinterColumns"] = json!([]);
        cluster.kubectl_with(&["create", "--filename=-"], &theirs.to_string());
    }
    let said = run_as(&cluster, namespace, &arguments).ok();
    assert_eq!(said, each("changed (fields taken from kubectl-create)"));
    assert_ours(&cluster);

    let mut expected = Vec::new();
    for verb in ["get", "patch"] {
        for definition in DEFINITIONS {
            expected
                .push(["allow", verb, "customresourcedefinitions", &definition.name()].map(str::to_owned));
        }
    }
    let user = format!("system:serviceaccount:{namespace}:so-hook");
    assert_eq!(cluster.requests_of(&user), expected);
    remove_hook(&cluster, namespace);
}

#[test]
fn a_missing_right_is_named() {
    let Some(cluster) = Cluster::empty("missing rights") else { return };
    install_hook(&cluster, NAMESPACE);
    for (name, verbs) in [
        ("no right to get", &["patch", "create"][..]),
        ("no right to create", &["get", "patch"]),
        ("no right to patch", &["get"]),
    ] {
        let verbs = json!([{"op": "replace", "path": "/rules/0/verbs", "value": verbs}]).to_string();
        cluster.kubectl(&["patch", "clusterrole", "so-hook", "--type=json", "--patch", &verbs]);
        // The API server's authorizer learns of it a moment later; a token of an account proves nothing of that.
        let account = format!("--as=system:serviceaccount:{NAMESPACE}:so-hook");
        let right = name.rsplit(' ').next().unwrap();
        let object = format!("crd/{}", DEFINITIONS[0].name());
        let mut tries = 0;
        while cluster.can(&[right, &object, &account]) {
            tries += 1;
            assert!(tries < 100, "{name}: the right does not go");
        }
        let (code, error) = run_as(&cluster, NAMESPACE, &["crds", "apply"]).refused(name);
        golden("crds_apply", name)
            .bind(|| insta::assert_snapshot!(name.replace(' ', "_"), format!("{error}exit code {code}")));
    }
    remove_hook(&cluster, NAMESPACE);
}
