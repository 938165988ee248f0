//! The Kubernetes operator for Apache Spark, and the tool that renders it.
//!
//! One source of truth, typed [`values`] and minijinja templates, becomes manifests: [`render`] runs the
//! [`template`]s over the values and [`manifest`] splits and orders what comes out, as `helm template` does.
//! The modules are listed in the order in which they may use each other: a module imports only from those
//! above it (`tests/layout.rs` checks it).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod yaml;

pub mod values;

pub mod template;

pub mod api;

pub mod manifest;

pub mod chart;

pub mod render;

pub mod spark;

pub mod runtime;

pub mod submit;

pub mod controller;

pub mod cli;
