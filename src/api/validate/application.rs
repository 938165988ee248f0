//! What an application needs beyond its structure and rules: amounts that a pod takes, names that must exist, what
//! contradicts itself.

use std::collections::BTreeSet;

use regex::Regex;

use super::{Findings, spark_conf};
use crate::api::forms::{floating, is_quantity};
use crate::yaml::{Node, Value};

/// Spark's form of memory with a unit, which `memoryLimit` takes too.
const MEMORY: &str = r"(?i)^\s*[0-9]+[kmgtp]b?\s*$";
/// Volumes that Spark makes itself for its scratch space.
const LOCAL: &str = "spark-local-dir-";
const LOCAL_TYPES: [&str; 4] = ["emptyDir", "hostPath", "nfs", "persistentVolumeClaim"];

/// Checks an application's spec, which is at a path.
pub(super) fn check(spec: &str, found: &mut Findings<'_>) {
    spark_conf::check(spec, found);
    amounts(spec, found);
    ingresses(spec, found);
    volumes(spec, found);
    restarts(spec, found);
    for path in ["image", "driver.image", "executor.image"] {
        image(&format!("{spec}.{path}"), found);
    }
    for old in ["failureRetries", "retryInterval"] {
        if found.get(&format!("{spec}.{old}")).is_some() {
            found.warn(&format!("{spec}.{old}"), "is not read");
            found.hint("use restartPolicy");
        }
    }
}

fn amounts(spec: &str, found: &mut Findings<'_>) {
    let is_memory = |text: &str| Regex::new(MEMORY).is_ok_and(|form| form.is_match(text));
    for role in ["driver", "executor"] {
        for amount in ["coreRequest", "coreLimit", "memoryLimit"] {
            let field = format!("{spec}.{role}.{amount}");
            let Some(text) = found.text(&field) else { continue };
            if !(is_quantity(text) || amount == "memoryLimit" && is_memory(text)) {
                let example = if amount == "memoryLimit" { "4Gi or 4g" } else { "500m or 2" };
                found.error(&field, format!("must be a quantity, such as {example}"));
            }
        }
    }
    let field = format!("{spec}.memoryOverheadFactor");
    if found.text(&field).is_some_and(|text| {
        text.trim().trim_end_matches(['d', 'D', 'f', 'F']).parse().is_ok_and(|n: f64| n < 0.0)
    }) {
        found.error(&field, "must not be negative");
    }
}

/// As Kubeflow's webhook: each needs its own port and address.
fn ingresses(spec: &str, found: &mut Findings<'_>) {
    let field = format!("{spec}.driverIngressOptions");
    let (mut ports, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for (index, item) in found.list(&field).iter().enumerate() {
        if let Some(Node { value: Value::Int(port), .. }) = item.find(["servicePort"])
            && !ports.insert(*port)
        {
            found.error(&format!("{field}[{index}].servicePort"), format!("another item has port {port}"));
        }
        let at = format!("{field}[{index}].ingressURLFormat");
        match found.text(&at) {
            None | Some("") => found.error(&at, "is required"),
            Some(format) if !addresses.insert(format) => {
                found.error(&at, "another item has the same address");
            }
            Some(_) => {}
        }
    }
}

fn volumes(spec: &str, found: &mut Findings<'_>) {
    let name = |node: &Node| match node.find(["name"]) {
        Some(Node { value: Value::Str(name), .. }) => Some(name.clone()),
        _ => None,
    };
    let volumes = found.list(&format!("{spec}.volumes"));
    for role in ["driver", "executor"] {
        let field = format!("{spec}.{role}.volumeMounts");
        for (index, mount) in found.list(&field).iter().enumerate() {
            let at = format!("{field}[{index}].name");
            let Some(wanted) = name(mount) else { continue };
            let local = wanted.starts_with(LOCAL);
            match volumes.iter().find(|volume| name(volume).as_ref() == Some(&wanted)) {
                None if local => found.error(&at, format!("there is no volume {wanted}: submission fails")),
                None => {
                    found.warn(&at, format!("there is no volume {wanted}: the mount is left out"));
                    found.hint(format!("add it to {spec}.volumes"));
                }
                Some(volume) if local && !LOCAL_TYPES.iter().any(|kind| volume.find([*kind]).is_some()) => {
                    let kinds = LOCAL_TYPES.join(", ");
                    found
                        .error(&at, format!("volume {wanted} must be one of {kinds}: Spark mounts no other"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Retries are made only where both the policy and their number ask for them.
fn restarts(spec: &str, found: &mut Findings<'_>) {
    let policy = format!("{spec}.restartPolicy");
    let retries = ["onFailureRetries", "onSubmissionFailureRetries"].map(|name| format!("{policy}.{name}"));
    let set: Vec<_> = retries.iter().filter(|field| found.get(field).is_some()).collect();
    match found.text(&format!("{policy}.type")).unwrap_or("Never") {
        "Never" => {
            for field in set {
                found.warn(field, "has no effect: restartPolicy.type is Never");
                found.hint("set type: OnFailure");
            }
        }
        "OnFailure" if set.is_empty() => {
            found.warn(&format!("{policy}.type"), "nothing is tried again without a number of retries");
            found.hint("set onFailureRetries, onSubmissionFailureRetries");
        }
        _ => {}
    }
}

/// An image whose content changes under its name.
fn image(field: &str, found: &mut Findings<'_>) {
    if let Some(reason) = found.text(field).and_then(floating) {
        found.warn(field, format!("the image {reason}"));
        found.hint("name a version");
    }
}
