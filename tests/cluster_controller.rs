//! The operator on a real API server with fake nodes (`tests/cluster/up kwok`), as a process of its own with the rights
//! that the chart gives it: every state, every way a job ends or does not begin, and that killing it at any write loses
//! and doubles nothing.
//!
//! What is decided is judged without a cluster (`decide`).

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "security/case.rs"]
#[allow(dead_code, reason = "shared")]
mod case;
#[path = "security/controller.rs"]
mod controller;
#[path = "cluster_controller/explain.rs"]
mod explain;
#[path = "cluster_controller/killed.rs"]
mod killed;
#[path = "cluster_controller/life.rs"]
mod life;
#[path = "cluster_controller/lifecycle.rs"]
mod lifecycle;
#[path = "cluster_controller/operator.rs"]
mod operator;
#[path = "cluster_controller/partial.rs"]
mod partial;
#[path = "cluster_controller/place.rs"]
mod place;
#[path = "cluster_controller/process.rs"]
mod process;
#[path = "cluster_controller/proxy.rs"]
mod proxy;
#[path = "cluster_controller/rights.rs"]
mod rights;
#[path = "cluster_controller/stuck.rs"]
mod stuck;
#[path = "cluster_controller/submission.rs"]
mod submission;
mod support;
#[path = "cluster_controller/transitions.rs"]
mod transitions;
#[path = "cluster_controller/trouble.rs"]
mod trouble;

/// What is skipped without a cluster.
const WHAT: &str = "the operator on a real API server";
