//! What the operator decides: every state with what may be seen in it, and generated sights. Pure: no cluster.
//!
//! Weak points are those of Kubeflow's operator, by their numbers in its list of facts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "decide/deadlines.rs"]
mod deadlines;
#[path = "decide/generated.rs"]
mod generated;
#[path = "decide/scene.rs"]
mod scene;
#[path = "decide/states.rs"]
mod states;
#[path = "decide/weak_points.rs"]
mod weak_points;
