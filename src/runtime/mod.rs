//! What needs a cluster, whatever runs on it: the client and its errors, and definitions of custom resources applied.
//!
//! Controller, webhook and command line share it. It takes objects as they are handed in and knows neither the custom
//! resources nor Spark.

pub mod client;
pub mod definitions;
pub mod label;
pub mod lanes;
mod ownership;
