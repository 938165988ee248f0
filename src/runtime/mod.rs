//! What needs a cluster, whatever runs on it: the client and its errors, definitions of custom resources applied, and what
//! a process of a cluster has: leader election, probes and metrics, the log, and an end.
//!
//! Controller, webhook and command line share it. It takes objects as they are handed in and knows neither the custom
//! resources nor Spark.

pub mod client;
pub mod definitions;
pub mod label;
pub mod lanes;
pub mod lease;
pub mod logging;
mod ownership;
pub mod process;
pub mod server;
pub mod summary;
pub mod write;
