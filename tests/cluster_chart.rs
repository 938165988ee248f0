//! The generated chart on a real API server (`tests/cluster/up kwok`): it installs under real Helm 3 and 4 where Pod
//! Security `restricted` is enforced, several releases live side by side, every preset is accepted to the letter, and
//! every account may do what it must and nothing else. What is rendered is judged elsewhere.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "security/case.rs"]
#[allow(dead_code, reason = "shared")]
mod case;
#[path = "bad_input/command.rs"]
mod command;
#[path = "post_render/helm.rs"]
#[allow(dead_code, reason = "shared")]
mod helm;
#[path = "cluster_chart/lifecycle.rs"]
mod lifecycle;
#[path = "cluster_chart/namespaced.rs"]
mod namespaced;
#[path = "cluster_chart/permissions.rs"]
mod permissions;
#[path = "cluster_chart/presets.rs"]
mod presets;
#[path = "cluster_chart/release.rs"]
mod release;
#[path = "security/rights.rs"]
#[allow(dead_code, reason = "shared")]
mod rights;
#[path = "cluster_chart/stored.rs"]
mod stored;
mod support;

/// What is skipped without a cluster.
const WHAT: &str = "the chart on a real API server";
