//! `spark-operator completions`: scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure, print};

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "spark-operator", &mut script);
    print(&String::from_utf8_lossy(&script))
}
