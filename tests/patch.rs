//! Typed patches from outside: conformance to their RFCs, generated manifests and patch files, what is refused and
//! in which words, and `spark-operator patch` itself. How patches behave in `render` is in `cli`.
//!
//! Data is in `patch/`, what is said in `golden/patch/`; `PROPTEST_CASES` sets how many generated cases are tried.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "patch/commands.rs"]
mod commands;
#[path = "patch/conformance.rs"]
mod conformance;
#[path = "patch/files.rs"]
mod files;
#[path = "patch/generate.rs"]
mod generate;
#[path = "patch/large.rs"]
mod large;
#[path = "patch/refused.rs"]
mod refused;
#[path = "patch/secrets.rs"]
mod secrets;
#[path = "patch/streams.rs"]
mod streams;
#[path = "patch/targets.rs"]
mod targets;
