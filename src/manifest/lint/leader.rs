//! Our controller's leader election against its replicas: two controllers without a lease run the same applications.

use super::look::Look;
use super::pod::Pod;
use super::rule::{Check, Found, Rule};
use crate::manifest::Identity;
use crate::yaml::Node;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "leader-replicas",
        title: "more than one replica of the controller without --leader-election=true",
        reason: "each replica submits, restarts and deletes the same applications",
        fix: "add --leader-election=true (the flag is off unless it is given), or run one replica",
        check: Check::Object(replicas),
    },
    Rule {
        id: "leader-strategy",
        title: "a rolling update of the controller without --leader-election=true",
        reason: "the new pod starts while the old one still runs the same applications",
        fix: "set strategy.type to Recreate, or add --leader-election=true",
        check: Check::Object(strategy),
    },
];

/// The container that runs the controller without a lease, and where that is said.
fn without_lease<'a>(identity: &Identity, object: &'a Node) -> Option<&'a Node> {
    Pod::of(identity, object)?.spec.list("containers").iter().find(|container| {
        let words = [container.list("command"), container.list("args")];
        let words: Vec<&str> = words.into_iter().flatten().filter_map(Look::as_text).collect();
        words.windows(2).any(|pair| pair == ["controller", "start"]) && !elects(&words)
    })
}

/// The last flag counts. One dash is as good as two, and a flag without a value is true.
fn elects(words: &[&str]) -> bool {
    let mut values = words.iter().filter_map(|word| {
        let flag =
            word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?.strip_prefix("leader-election")?;
        if flag.is_empty() { Some("true") } else { flag.strip_prefix('=') }
    });
    values.next_back().is_some_and(|value| matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"))
}

fn replicas(identity: &Identity, object: &Node, found: &mut Found<'_>) {
    let Some(replicas) = object.int("spec.replicas").filter(|replicas| *replicas > 1) else { return };
    if without_lease(identity, object).is_some() {
        let message = format!("{replicas} controllers run without leader election");
        found.add(object.place_of("spec.replicas"), message);
    }
}

fn strategy(identity: &Identity, object: &Node, found: &mut Found<'_>) {
    let rolls = identity.kind == "Deployment"
        && object.text("spec.strategy.type") != Some("Recreate")
        && object.int("spec.replicas") != Some(0);
    if rolls && without_lease(identity, object).is_some() {
        let message = "an update runs two controllers without leader election".to_owned();
        found.add(object.place_of("spec.strategy.type"), message);
    }
}
