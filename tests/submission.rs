//! From an application to what starts it: that every field arrives, that no text changes what it was, that the weak
//! points of Kubeflow's operator are none of ours, and what the user is told of applications that cannot be submitted.
//!
//! Nothing here needs a cluster or Java: equality with spark-submit is in `spark_parity`, submitting in
//! `cluster_submit`. `CASES` asks for more generated applications.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "submission/application.rs"]
mod application;
#[path = "submission/argv.rs"]
mod argv;
#[path = "submission/bad_input.rs"]
mod bad_input;
#[path = "bad_input/command.rs"]
mod command;
#[path = "submission/dry_run.rs"]
mod dry_run;
#[path = "submission/fields.rs"]
mod fields;
#[path = "submission/hostile.rs"]
mod hostile;
#[path = "submission/properties.rs"]
mod properties;
#[path = "submission/script.rs"]
mod script;
#[path = "submission/snapshot.rs"]
mod snapshot;
#[path = "submission/weak_points.rs"]
mod weak_points;
