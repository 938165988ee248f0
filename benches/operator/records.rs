//! Memory with many applications that are done, each with a driver and five executors.

use std::time::Duration;

use futures::stream::{StreamExt, TryStreamExt, iter};
use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use kube::{Api, Resource, ResourceExt};
use serde_json::{Map, Value as Json, json};
use spark_operator::api::SparkApplication;

use crate::place::{AT_ONCE, Operator, Place, application, name};

/// Pods of each.
const PODS: usize = 6;
/// When all of them ended.
const END: &str = "2026-11-28T00:00:00Z";

pub async fn measure(place: &Place, count: usize) {
    let namespace = place.namespace("records").await;
    iter(1..=count)
        .map(|number| store(place, &namespace, number))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await
        .unwrap();
    let empty = place.namespace("empty").await;
    for (what, namespace) in [("nothing", &empty), ("all of them", &namespace)] {
        let operator = Operator::start(&place.kubeconfig, namespace, "native");
        tokio::time::sleep(Duration::from_secs(25)).await;
        let (events, others) = operator.writes();
        println!(
            "{count} applications with {} pods: with {what} watched {:.0} MiB now, {:.0} MiB at its most, {} writes",
            PODS * count,
            operator.memory("VmRSS"),
            operator.memory("VmHWM"),
            events + others
        );
    }
    place.forget(&empty).await;
    place.forget(&namespace).await;
}

async fn store(place: &Place, namespace: &str, number: usize) -> Result<(), kube::Error> {
    let name = name(number);
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let apps: Api<SparkApplication> = Api::namespaced(place.client.clone(), namespace);
    let pods: Api<Pod> = Api::namespaced(place.client.clone(), namespace);
    let parameters = PostParams::default();
    let mut app = apps.create(&parameters, &application(namespace, &name)).await?;
    let executors: Map<String, Json> =
        (1..PODS).map(|number| (format!("{name}-exec-{number}"), json!("COMPLETED"))).collect();
    app.status = serde_json::from_value(json!({
        "applicationState": {"state": "COMPLETED"}, "submissionID": id, "executorState": executors,
        "driverInfo": {"podName": format!("{name}-driver")}, "terminationTime": END, "lastSubmissionAttemptTime": END,
    }))
    .ok();
    app.metadata.managed_fields = None;
    apps.replace_status(&name, &parameters, &app).await?;
    for pod in 0..PODS {
        let (role, pod_name) = match pod {
            0 => ("driver", format!("{name}-driver")),
            _ => ("executor", format!("{name}-exec-{pod}")),
        };
        let owner = json!({"apiVersion": SparkApplication::api_version(&()), "kind": "SparkApplication", "name": name,
            "uid": app.uid(), "controller": pod == 0});
        // For a scheduler that does not exist: they stay, and cost nobody anything.
        let object: Pod = serde_json::from_value(json!({
            "metadata": {"name": pod_name, "ownerReferences": [owner], "labels": {
                "spark-role": role, "spark-exec-id": pod.to_string(), "sparkoperator.k8s.io/app-name": name,
                "sparkoperator.k8s.io/submission-id": id, "sparkoperator.k8s.io/launched-by-spark-operator": "true",
                "spark-app-selector": format!("spark-{number:032x}")}},
            "spec": {"schedulerName": "nobody", "containers": [{"name": "spark", "image": "spark"}]},
        }))
        .unwrap();
        let mut made = pods.create(&parameters, &object).await?;
        made.metadata.managed_fields = None;
        made.status = serde_json::from_value(json!({"phase": "Succeeded"})).ok();
        pods.replace_status(&made.name_any(), &parameters, &made).await?;
    }
    Ok(())
}
