//! The ledgers: what of the upstream chart works here, counted. One row per documented values key, object, missing
//! knob, defect, odd input, refusal and namespace case; each row renders, and its test prints how many rows hold.
//!
//! Rows are data (`ledger/**/*.yaml`) where they only set values and look at the result, and code where more is
//! needed. The upstream chart is Kubeflow's at the commit named in `docs/differences.md`, which says each deliberate
//! difference; two of these tests hold the document to the tables.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "ledger/arguments.rs"]
mod arguments;
#[path = "ledger/chart.rs"]
mod chart;
#[path = "ledger/defects.rs"]
mod defects;
#[path = "ledger/document.rs"]
mod document;
#[path = "ledger/inputs.rs"]
mod inputs;
#[path = "ledger/keys.rs"]
mod keys;
#[path = "ledger/knobs.rs"]
mod knobs;
#[path = "ledger/names.rs"]
mod names;
#[path = "ledger/namespaces.rs"]
mod namespaces;
#[path = "ledger/objects.rs"]
mod objects;
#[path = "ledger/pitfalls.rs"]
mod pitfalls;
#[path = "ledger/row.rs"]
mod row;

/// Prints `what: held/rows`, and fails with every row that does not hold.
#[track_caller]
fn tally(what: &str, rows: usize, wrong: &[String]) {
    println!("{what}: {}/{rows}", rows - wrong.len().min(rows));
    assert!(wrong.is_empty(), "{what}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
}
