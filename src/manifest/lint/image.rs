//! Image tags that mean another image tomorrow, in workloads and in Spark's own kinds.

use super::look::Look;
use super::pod::Pod;
use super::rule::{Check, Found, Rule};
use crate::manifest::Identity;
use crate::yaml::Node;

/// The group of the operator's own kinds.
const GROUP: &str = "sparkoperator.k8s.io";

/// Tags that are moved to each new build. A version that is not whole, such as `4.0`, may move too, but many registries
/// keep it still, so it is not judged.
const FLOATING: [&str; 20] = [
    "beta", "canary", "current", "dev", "devel", "develop", "edge", "head", "latest", "lts", "main",
    "master", "nightly", "next", "preview", "rolling", "snapshot", "stable", "testing", "unstable",
];

/// Settings of Spark that name an image.
const SETTINGS: [&str; 3] = [
    "spark.kubernetes.container.image",
    "spark.kubernetes.driver.container.image",
    "spark.kubernetes.executor.container.image",
];

pub(super) const RULES: &[Rule] = &[Rule {
    id: "image-floating-tag",
    title: "an image without a tag, or with one that moves (latest, main, stable, nightly …), and without a digest",
    reason: "driver, executors and restarts may each run another build, and a rollback brings nothing back",
    fix: "use the tag of a version, or a digest",
    check: Check::Object(floating),
}];

fn floating(identity: &Identity, object: &Node, found: &mut Found<'_>) {
    if let Some(pod) = Pod::of(identity, object) {
        for container in pod.containers() {
            judge(container.node, "image", &container.to_string(), found);
        }
        for volume in pod.spec.list("volumes") {
            let name = volume.text("name").unwrap_or_default();
            judge(volume, "image.reference", &format!("volume {name:?}"), found);
        }
    } else if identity.group == GROUP {
        let spec = match identity.kind.as_str() {
            "SparkApplication" | "SparkConnect" => object.at("spec"),
            "ScheduledSparkApplication" => object.at("spec.template"),
            _ => None,
        };
        if let Some(spec) = spec {
            application(spec, found);
        }
    }
}

fn application(spec: &Node, found: &mut Found<'_>) {
    judge(spec, "image", "Spark", found);
    let settings = spec.at("sparkConf").and_then(Node::as_map).into_iter().flatten();
    for (key, node) in settings.filter(|(key, _)| SETTINGS.contains(&key.as_str())) {
        if let Some(image) = node.as_text() {
            judge_image(image, node, key, found);
        }
    }
    for role in ["driver", "executor", "server"] {
        judge(spec, &format!("{role}.image"), &format!("the {role}"), found);
        for list in ["initContainers", "sidecars", "template.spec.initContainers", "template.spec.containers"]
        {
            for container in spec.list(&format!("{role}.{list}")) {
                let name = container.text("name").unwrap_or_default();
                judge(container, "image", &format!("container {name:?} of the {role}"), found);
            }
        }
    }
}

fn judge(node: &Node, path: &str, what: &str, found: &mut Found<'_>) {
    if let (Some(image), Some(at)) = (node.text(path), node.at(path)) {
        judge_image(image, at, what, found);
    }
}

fn judge_image(image: &str, node: &Node, what: &str, found: &mut Found<'_>) {
    if let Some(why) = floats(image) {
        found.add(&node.place, format!("{what} has the image {image:?}, {why}"));
    }
}

/// Why an image means another one tomorrow; `None` when it does not.
fn floats(image: &str) -> Option<String> {
    if image.is_empty() || image.contains('@') {
        return None;
    }
    // What stands before the last slash may hold a port.
    let last = image.rsplit('/').next().unwrap_or(image);
    let Some((_, tag)) = last.split_once(':') else { return Some("without a tag".to_owned()) };
    let lower = tag.to_ascii_lowercase();
    let moves =
        FLOATING.contains(&lower.as_str()) || lower.starts_with("latest-") || lower.ends_with("-latest");
    moves.then(|| format!("whose tag {tag} moves"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_move_are_told_from_those_that_do_not() {
        for (image, moves) in [
            ("spark", true),
            ("spark:latest", true),
            ("spark:LATEST", true),
            ("host:5000/spark", true),
            ("host:5000/apache/spark:main", true),
            ("spark:4.0.1-latest", true),
            ("spark:latest-python", true),
            ("spark:nightly", true),
            ("spark:4.0.1", false),
            ("spark:4.0", false),
            ("host:5000/spark:v1", false),
            ("spark:mainline-1", false),
            ("spark:latest@sha256:0000", false),
            ("spark@sha256:0000", false),
            ("", false),
        ] {
            assert_eq!(floats(image).is_some(), moves, "{image}");
        }
    }
}
