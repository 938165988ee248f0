//! What the operator makes of an application natively is what spark-submit makes of it, for every line of Spark.
//!
//! What spark-submit makes is recorded (`spark_parity/recorded/`, by `spark_parity/record`): no Java runs here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "spark_parity/compare.rs"]
mod compare;
#[path = "spark_parity/masks.rs"]
mod masks;
#[path = "spark_parity/natively.rs"]
mod natively;
#[path = "spark_parity/recorded.rs"]
mod recorded;
