//! Leader election: flags, rights and the way of updating fit together, and the webhook has none of them.

use serde_json::Value as Json;

use crate::case::{Case, items};
use crate::rights::granted;

/// Leader election: its flags and its rights come and go together, and the webhook has neither.
pub fn check(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let on = case.on("controller.leaderElection.enable");
    for workload in case.workloads() {
        let args: Vec<_> =
            items(&workload.json, "/spec/template/spec/containers/0/args").filter_map(Json::as_str).collect();
        let elects = args.contains(&"--leader-election=true");
        let details = args.iter().any(|a| a.starts_with("--leader-election-"));
        if (elects || details) != (on && workload.component() == "controller") {
            wrong.push(format!("{}: leader election: {elects}", workload.title()));
        }
        if elects {
            let flag = |name: &str| args.iter().find_map(|a| a.strip_prefix(name)).unwrap_or_default();
            let lock = flag("--leader-election-lock-name=");
            let own_rights = case.on("controller.rbac.create");
            let named = granted(case)
                .iter()
                .any(|r| r.resource == "leases" && r.names == [lock] && r.verb == "update");
            if flag("--leader-election-lock-namespace=") != case.namespace || own_rights && !named {
                wrong.push(format!("{}: no right on the lease {lock}", workload.title()));
            }
        }
        if !on && workload.component() == "controller" {
            let replicas = workload.json.pointer("/spec/replicas").and_then(Json::as_i64).unwrap_or(1);
            if replicas > 1 || workload.text("/spec/strategy/type") != "Recreate" {
                wrong.push(format!("{}: two could run at once without an election", workload.title()));
            }
        }
    }
    wrong
}
