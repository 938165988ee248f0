//! What only real containers can prove (`tests/cluster/up node`): that the operator's image runs in a pod, with the
//! rights, the service account and the names it finds there; and real Spark. What fake pods can prove belongs to
//! `cluster_chart`, which is faster.
//!
//! A file per subject in `node/`, a namespace per test. `Cluster::load_operator` gives the node the image of this build.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use std::sync::Mutex;
use std::time::Duration;

#[path = "bad_input/command.rs"]
mod command;
#[path = "post_render/helm.rs"]
#[allow(dead_code, reason = "shared")]
mod helm;
#[path = "node/hook.rs"]
mod hook;
#[path = "node/installed.rs"]
mod installed;
#[path = "node/operator.rs"]
mod operator;
#[path = "cluster_controller/operator.rs"]
#[allow(dead_code, reason = "shared")]
mod process;
#[path = "cluster_chart/release.rs"]
#[allow(dead_code, reason = "shared")]
mod release;
#[path = "node/spark.rs"]
mod spark;
mod support;

/// What is skipped without a node.
const WHAT: &str = "real pods on a real node";

/// Far beyond what a small pod takes from its creation to its end.
const SOON: Duration = Duration::from_mins(2);

/// Held by a test that changes the resource definitions, which all share.
static DEFINITIONS: Mutex<()> = Mutex::new(());
