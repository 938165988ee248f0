//! `spark-operator lint`: policy checks over manifests.

use std::io::{self, IsTerminal, Write};

use super::{Failure, input, print};
use crate::manifest::lint::{Linter, docs};

/// Find in manifests what must not be shipped.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders (their .yaml, .yml and .json files), or `-` for standard input, which is the default
    #[arg(value_name = "FILE|FOLDER|-")]
    inputs: Vec<String>,

    /// How to print what is found
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,

    /// Allow a rule everywhere; may be given more than once
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,

    /// Print the rules, with their reasons, as Markdown
    #[arg(long, conflicts_with_all = ["inputs", "allow"])]
    rules: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.rules {
        return print(&docs());
    }
    let mut linter = Linter::new(args.allow.iter().map(String::as_str)).map_err(Failure::input)?;
    let standard_input = ["-".to_owned()];
    let inputs = if args.inputs.is_empty() {
        if io::stdin().is_terminal() {
            return Err(Failure::input("nothing to read: name files or folders, or pipe manifests in"));
        }
        &standard_input
    } else {
        args.inputs.as_slice()
    };
    for name in inputs {
        for manifests in input::manifests(name)? {
            for chunk in manifests.chunks() {
                if let Some(content) = manifests.read(chunk).map_err(Failure::input)? {
                    linter.document(&content);
                }
            }
        }
    }
    let report = linter.finish();
    // What is empty by accident must not pass.
    if report.objects == 0 {
        return Err(Failure::input("there is no Kubernetes object in the input"));
    }
    match args.output {
        Output::Text => print(&report.text())?,
        Output::Json => print(&format!("{:#}\n", report.json()))?,
    }
    if report.findings.is_empty() {
        let _ = writeln!(io::stderr(), "{}", report.summary());
        return Ok(());
    }
    Err(Failure::check(report.summary()))
}
