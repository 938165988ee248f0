//! What a SparkConnect needs beyond its structure and rules.

use super::{Findings, spark_conf};
use crate::yaml::{Node, Value};

pub(super) fn check(found: &mut Findings<'_>) {
    spark_conf::check("spec", found);
    let image = found.text("spec.image").is_some_and(|image| !image.is_empty());
    let both = [("server", "spark-kubernetes-driver"), ("executor", "spark-kubernetes-executor")]
        .iter()
        .all(|(role, name)| has_image(found.list(&format!("spec.{role}.template.spec.containers")), name));
    if !image && !both {
        found.error("spec.image", "an image is missing");
        found.hint("set it here, or in the Spark containers of both templates");
    }
}

/// Whether the Spark container, which is the first unless one has the name, has an image.
fn has_image(containers: &[Node], name: &str) -> bool {
    let named =
        |node: &&Node| matches!(node.find(["name"]), Some(Node { value: Value::Str(n), .. }) if n == name);
    let spark = containers.iter().find(named).or(containers.first());
    matches!(spark.and_then(|spark| spark.find(["image"])), Some(Node { value: Value::Str(i), .. }) if !i.is_empty())
}
