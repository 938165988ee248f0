//! The operator under load: how fast applications become drivers and how soon their end is known, what it costs the
//! operator, and how fast a bare client does the same writes.
//!
//! `cargo bench --bench operator`, with a cluster of `tests/cluster/up kwok` (TEST_KUBECONFIG). `APPLICATIONS` says how many
//! at once (30,300,1000,3000); `SUBMITTER` how: `native`, `job`, where the bench plays spark-submit, or `spark-submit`, which
//! needs SPARK_HOME and takes seconds of CPU for each. `RECORDS=6000` measures the memory that so many applications with
//! six pods each take instead.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

#[path = "operator/jobs.rs"]
mod jobs;
#[path = "operator/load.rs"]
mod load;
#[path = "operator/place.rs"]
mod place;
#[path = "../tests/cluster_controller/proxy.rs"]
#[allow(dead_code, missing_docs, reason = "shared with tests")]
mod proxy;
#[path = "operator/records.rs"]
mod records;
#[path = "operator/replay.rs"]
mod replay;
#[path = "operator/token.rs"]
mod token;

use std::sync::Arc;

use load::Load;
use place::Place;
use replay::Life;

/// Applications that come at half the rate of the bare client.
const PACED: usize = 300;

fn main() {
    let Ok(kubeconfig) = std::env::var("TEST_KUBECONFIG") else {
        println!("TEST_KUBECONFIG is not set: nothing is measured");
        return;
    };
    let counts = std::env::var("APPLICATIONS").unwrap_or_else(|_| "30,300,1000,3000".to_owned());
    let counts: Vec<usize> = counts.split(',').map(|count| count.trim().parse().unwrap()).collect();
    let submitter = std::env::var("SUBMITTER").unwrap_or_else(|_| "native".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::new(kubeconfig).await;
        if let Ok(records) = std::env::var("RECORDS") {
            return records::measure(&place, records.parse().unwrap()).await;
        }
        let life = Arc::new(Life::record(&place, "native", None).await);
        life.tell();
        if submitter != "native" {
            Life::record(&place, &submitter, Some(&life)).await.tell();
        }
        for count in counts {
            let ceiling = life.replay(&place, count).await;
            Load { count, submitter: &submitter, every: None }.run(&place, &life, Some(ceiling)).await;
        }
        if submitter == "native" {
            let every = life.replay(&place, PACED).await * 2 / PACED as u32;
            Load { count: PACED, submitter: "native", every: Some(every) }.run(&place, &life, None).await;
        }
    });
}
