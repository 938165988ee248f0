//! Submitting on a real API server with fake nodes (`tests/cluster/up kwok`): what is created and who owns it, that an
//! interruption at any write doubles and loses nothing, whose driver is left alone, what is said of missing rights and
//! quotas, and that hundreds at once are served fairly.
//!
//! What the objects look like is judged without a cluster (`spark_parity`, `submission`).

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "cluster_submit/accepted.rs"]
mod accepted;
#[path = "security/case.rs"]
#[allow(dead_code, reason = "shared")]
mod case;
#[path = "cluster_submit/cli.rs"]
mod cli;
#[path = "bad_input/command.rs"]
mod command;
#[path = "security/controller.rs"]
mod controller;
#[path = "cluster_submit/earlier.rs"]
mod earlier;
#[path = "cluster_submit/interrupted.rs"]
mod interrupted;
#[path = "cluster_submit/job.rs"]
mod job;
#[path = "cluster_submit/many.rs"]
mod many;
#[path = "cluster_submit/native.rs"]
mod native;
#[path = "cluster_submit/place.rs"]
mod place;
#[path = "cluster_submit/refused.rs"]
mod refused;
#[path = "cluster_submit/rights.rs"]
mod rights;
mod support;
#[path = "cluster_submit/wire.rs"]
mod wire;

/// What is skipped without a cluster.
const WHAT: &str = "submitting on a real API server";
