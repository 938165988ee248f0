//! The chart in the hands of tools: real Helm 3 and 4, helm-unittest, and our own `chart build` and `chart package`;
//! and what the printer accepts. That the chart renders as `render` does is judged elsewhere.
//!
//! `HELM3`, `HELM4` and `HELM_UNITTEST` name the binaries; without them their tests are skipped, except where `CI` is
//! true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "chart_tools/baked.rs"]
mod baked;
#[path = "chart_tools/build.rs"]
mod build;
#[path = "bad_input/command.rs"]
mod command;
#[path = "chart_tools/helm.rs"]
mod helm;
#[path = "chart_tools/package.rs"]
mod package;
#[path = "chart_tools/reread.rs"]
mod reread;
#[path = "chart_tools/subset.rs"]
mod subset;
#[path = "chart_tools/unittest.rs"]
mod unittest;
#[path = "chart_tools/unused.rs"]
mod unused;
#[path = "chart_tools/verbs.rs"]
mod verbs;

use command::Folder;

/// A folder with the chart in `chart/`.
fn built() -> Folder {
    let folder = Folder::new();
    folder.run(&["chart", "build", "-o", "chart"]).ok();
    folder
}
