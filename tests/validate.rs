//! Valid or not: the corpus of objects with their verdicts, offline and on a real API server, and the command that
//! tells. `TEST_KUBECONFIG` is a cluster to change (tests/cluster/up), `KUBEFLOW_CRDS` the definitions to compare with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "bad_input/command.rs"]
mod command;
#[path = "validate/corpus.rs"]
mod corpus;
#[path = "validate/documentation.rs"]
mod documentation;
#[path = "validate/offline.rs"]
mod offline;
#[path = "validate/output.rs"]
mod output;
#[path = "validate/server.rs"]
mod server;
