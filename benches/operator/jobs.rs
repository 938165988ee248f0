//! spark-submit in a Job, played: fake nodes run no JVM, so whoever sees the Job creates the driver that spark-submit would.
//! What is measured so is what the operator, the API server and the Job's controller spend.

use std::collections::HashSet;
use std::sync::Arc;

use futures::stream::StreamExt;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use kube::runtime::watcher::{Config as Watch, Event as Watched, watcher};
use kube::{Api, ResourceExt};
use spark_operator::spark::compile::{APP_NAME, SUBMISSION_ID};
use tokio::task::AbortHandle;

use crate::place::Place;
use crate::replay::Life;

/// It plays until this is dropped.
pub struct Player(AbortHandle);

impl Drop for Player {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Creates the driver of each Job of a namespace, as it was recorded.
pub fn play(place: &Place, namespace: &str, life: &Life) -> Player {
    let driver = Arc::new(Driver::of(life, namespace));
    let (client, namespace) = (place.client.clone(), namespace.to_owned());
    let task = tokio::spawn(async move {
        let jobs: Api<Job> = Api::namespaced(client.clone(), &namespace);
        let pods: Api<Pod> = Api::namespaced(client, &namespace);
        let mut seen = HashSet::new();
        let mut stream = std::pin::pin!(watcher(jobs, Watch::default()));
        while let Some(event) = stream.next().await {
            let Ok(Watched::Apply(job) | Watched::InitApply(job)) = event else { continue };
            if seen.insert(job.uid()) {
                let (pods, driver) = (pods.clone(), Arc::clone(&driver));
                tokio::spawn(async move {
                    pods.create(&PostParams::default(), &driver.submitted_by(&job)).await.unwrap();
                });
            }
        }
    });
    Player(task.abort_handle())
}

/// A driver pod, and what of it is another in each submission.
struct Driver {
    pod: String,
    name: String,
    uid: String,
    submission: String,
}

impl Driver {
    fn of(life: &Life, namespace: &str) -> Self {
        let sent = life.sent.iter().find(|sent| sent.title() == "POST pods").unwrap();
        let submission = sent.body["metadata"]["labels"][SUBMISSION_ID].as_str().unwrap();
        Self {
            pod: sent.body.to_string().replace(&life.namespace, namespace),
            name: life.name.clone(),
            uid: life.created["metadata"]["uid"].as_str().unwrap().to_owned(),
            submission: submission.to_owned(),
        }
    }

    fn submitted_by(&self, job: &Job) -> Pod {
        let text = self
            .pod
            .replace(&self.name, &job.labels()[APP_NAME])
            .replace(&self.uid, &job.owner_references()[0].uid)
            .replace(&self.submission, &job.labels()[SUBMISSION_ID]);
        serde_json::from_str(&text).unwrap()
    }
}
