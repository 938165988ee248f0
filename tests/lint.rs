//! `spark-operator lint`: each rule by its table, Pod Security's verdicts beside those of the admission plugin, the
//! presets, and the command. How templates come to hold what they hold is tested elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "lint/given.rs"]
mod given;
#[path = "lint/output.rs"]
mod output;
#[path = "lint/pod_security.rs"]
mod pod_security;
#[path = "lint/presets.rs"]
mod presets;
#[path = "lint/refused.rs"]
mod refused;
#[path = "lint/rules.rs"]
mod rules;
