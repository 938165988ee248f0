//! `spark-operator presets`: the built-in values files.

use std::fmt::Write as _;

use super::{Failure, print};
use crate::values::{PRESETS, preset};

/// List the built-in values files, or print one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print this one
    name: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        let width = PRESETS.iter().map(|p| p.name.len()).max().unwrap_or_default();
        let mut out = String::new();
        for preset in PRESETS {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{:width$}  {}", preset.name, preset.summary());
        }
        return print(&out);
    };
    match preset(name) {
        Some(preset) => print(preset.text),
        None => Err(Failure::input(super::render::unknown_preset(name))),
    }
}
