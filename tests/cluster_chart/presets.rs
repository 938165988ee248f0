//! Every preset's whole render, accepted by the real API server with strict field validation: no unknown field, no field
//! twice, no warning. Nothing is stored.

use serde_json::Value as Json;

use crate::WHAT;
use crate::case::presets;
use crate::support::cluster;

/// Groups whose definitions the cluster does not have.
const OTHERS: &[&str] = &["monitoring.coreos.com", "cert-manager.io"];

/// Presets with pods in the node's network, which Pod Security does not let into a restricted namespace.
const IN_THE_NODE_S_NETWORK: &[&str] = &["host-network", "everything"];

/// What is refused all the same, and why that is known. An entry that is refused no more must leave the list.
const REFUSED: &[(&str, &str, &str)] = &[];

#[test]
fn the_api_server_accepts_every_object_of_every_preset_to_the_letter() {
    let Some(cluster) = cluster(WHAT) else { return };
    let (restricted, any) =
        (cluster.restricted("presets"), cluster.namespace("presets", &serde_json::json!({})));
    let resources = cluster.resources();
    let (mut accepted, mut left_out, mut known, mut wrong) = (0, 0, 0, Vec::new());
    let presets = presets();
    let mut refused: Vec<_> = REFUSED.iter().collect();
    for case in &presets {
        let preset = case.name.trim();
        let namespace = if IN_THE_NODE_S_NETWORK.contains(&preset) { &any } else { &restricted };
        for object in &case.objects {
            let version = object.text("/apiVersion");
            if OTHERS.iter().any(|group| version.starts_with(group)) {
                left_out += 1;
                continue;
            }
            let mut json = object.json.clone();
            let resource = resources.iter().find(|r| r.version == version && r.kind == object.kind());
            let resource =
                resource.unwrap_or_else(|| panic!("{}: no {version} {}", case.name, object.kind()));
            if resource.namespaced {
                json["metadata"]["namespace"] = namespace.name.clone().into();
            }
            let path = resource.path(Some(&namespace.name));
            let answer = cluster.request("POST", &format!("{path}?dryRun=All&fieldValidation=Strict"), &json);
            let error = (answer.status != 201).then(|| answer.json["message"].to_string());
            if let Some(error) = &error {
                let (title, before) = (object.title(), refused.len());
                refused.retain(|(p, t, why)| !(*p == preset && *t == title && error.contains(why)));
                if refused.len() < before {
                    known += 1;
                    continue;
                }
            }
            for said in answer.warnings.into_iter().chain(error) {
                wrong.push(format!("{preset}: {}: {said}", object.title()));
            }
            accepted += 1;
        }
    }
    println!(
        "presets {}, objects accepted {accepted}, of kinds of others {left_out}, refused as known {known}",
        presets.len()
    );
    assert!(refused.is_empty(), "refused no more: {refused:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The check itself: a field that does not exist is refused.
    let mut json: Json = serde_json::json!({ "metadata": { "name": "a" }, "data": {} });
    json["unknown"] = 1.into();
    let path = restricted.path("v1", "configmaps?dryRun=All&fieldValidation=Strict");
    assert_eq!(cluster.request("POST", &path, &json).status, 400);
}

#[test]
fn kubectl_applies_what_render_prints() {
    let Some(cluster) = cluster(WHAT) else { return };
    let namespace = cluster.restricted("applied");
    let jobs = format!("spark.jobNamespaces={{{}}}", namespace.name);
    let folder = crate::command::Folder::new();
    let text = folder
        .run(&[
            "render",
            &namespace.name,
            "-n",
            &namespace.name,
            "-p",
            "restricted",
            "--no-hooks",
            "--set",
            &jobs,
        ])
        .ok();
    let kubeconfig = cluster.kubeconfig();
    for verb in ["apply", "apply", "delete"] {
        let strict: &[&str] = if verb == "apply" { &["--validate=strict"] } else { &[] };
        let run = cluster.kubectl(&kubeconfig, &[&[verb, "-f", "-"], strict].concat(), &text);
        assert!(run.ok && run.stderr.is_empty(), "{verb}: {}{}", run.stdout, run.stderr);
    }
}
