//! What tests on a real API server share: the cluster, a namespace per test, accounts with kubeconfigs of their own, the
//! audit log, and waiting. What is tested does not belong here.
//!
//! The clusters are one of `tests/cluster/up kwok`, named by `TEST_KUBECONFIG`, and one of `up node`, named by
//! `TEST_NODE_KUBECONFIG`; any other is left alone, so that no test ever writes to somebody's real cluster. No Kubernetes client is needed: objects are JSON, and requests go
//! through `kubectl proxy`, which holds the certificates.

#![allow(dead_code, unused_imports, reason = "each test program uses its part")]

pub mod audit;
pub mod cluster;
pub mod namespace;
pub mod objects;
pub mod pods;
pub mod wait;

pub use cluster::{Cluster, cluster, node};
pub use namespace::Namespace;
pub use wait::{eventually, within};
