//! What a template cannot say because Spark overwrites it, said once more on the finished driver.

use k8s_openapi::api::core::v1::Pod;

use crate::spark::compile::{Rest, put_all};

/// Sets it on the Spark container, which is the last one.
pub(super) fn apply(rest: &Rest, pod: &mut Pod) {
    let Some(spark) = pod.spec.as_mut().and_then(|spec| spec.containers.last_mut()) else { return };
    if let Some(limit) = &rest.memory_limit {
        let resources = spark.resources.get_or_insert_default();
        resources.limits.get_or_insert_default().insert("memory".to_owned(), limit.clone());
    }
    if let Some(policy) = &rest.image_pull_policy {
        spark.image_pull_policy = Some(policy.clone());
    }
    // Behind Spark's variables, so that they can refer to them; of two of a name the last counts, and one is enough.
    put_all(&mut spark.env, &rest.env, |variable| &variable.name);
}
