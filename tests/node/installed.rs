//! The operator as users install it: its chart, by Helm, as a pod with the rights that the chart gives it; and a real job.

use std::sync::PoisonError;

use serde_json::{Value as Json, json};

use crate::helm::one;
use crate::release::Release;
use crate::spark::{LATER, application, pi};
use crate::support::{node, within};
use crate::{DEFINITIONS, WHAT};

#[test]
fn the_chart_runs_the_operator_and_the_operator_runs_a_job() {
    let Some(cluster) = node(WHAT) else { return };
    let Some(home) = one(4) else { return };
    let _alone = DEFINITIONS.lock().unwrap_or_else(PoisonError::into_inner);
    cluster.load_operator();
    let namespace = cluster.restricted("installed");
    let release = Release::new(home, &namespace, "restricted");
    let jobs = format!("spark.jobNamespaces={{{}}}", namespace.name);
    // The webhook is not built yet.
    let sets = [
        "image.registry=localhost,image.pullPolicy=IfNotPresent",
        "webhook.enable=false,spark.podSecurity=restricted",
        "hook.upgradeCrd=true",
        &jobs,
    ];
    let sets = sets.map(|set| format!("--set={set}"));
    let mut flags = vec!["--skip-crds", "--timeout=5m"];
    flags.extend(sets.iter().map(String::as_str));
    release.install(&flags);

    let names = |version: &str, plural: &str| -> Vec<String> {
        let list = cluster.get(&namespace.path(version, plural));
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let accounts = names("v1", "serviceaccounts");
    let account = accounts.iter().find(|name| name.ends_with("-spark")).unwrap();
    let mut object = application(&namespace, "4.0.5", &json!({"executor": {"instances": 1}}));
    object["spec"]["driver"]["serviceAccount"] = account.as_str().into();
    let path = namespace.path("sparkoperator.k8s.io/v1beta2", "sparkapplications");
    cluster.create(&path, &object);
    within(LATER, "the job to complete", || {
        let now = cluster.request("GET", &format!("{path}/pi"), &Json::Null).json;
        if now["status"]["applicationState"]["state"] == "COMPLETED" {
            Ok(())
        } else {
            Err(now["status"].to_string())
        }
    });
    pi(&namespace.logs("pi-driver", Some("spark-kubernetes-driver")));

    // It leads, by a lease; it was denied nothing; and it ends when it is told to.
    let leases = names("coordination.k8s.io/v1", "leases");
    assert!(leases.iter().any(|name| name.ends_with("-controller-lock")), "{leases:?}");
    let controller = accounts.iter().find(|name| name.ends_with("-controller")).unwrap();
    let requests = cluster.requests(&format!("system:serviceaccount:{}:{controller}", namespace.name));
    let denied: Vec<_> =
        requests.iter().filter(|request| !request.allowed).map(ToString::to_string).collect();
    println!("the operator in its pod: {} requests, {} denied", requests.len(), denied.len());
    assert!(requests.len() > 20 && denied.is_empty(), "{denied:?}");
    release.done("uninstall", &["--wait"]);
}
