//! `spark-operator values`: the documented defaults, the schema, the table.

use super::{Failure, print};
use crate::values::{default_yaml, docs, schema_text};

/// Print what values there are.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum What {
    /// The default values as a commented values.yaml
    Default,
    /// The JSON Schema (draft-07) that values are checked against
    Schema,
    /// A Markdown table of every key
    Docs,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    print(&match args.what {
        What::Default => default_yaml(),
        What::Schema => schema_text(),
        What::Docs => docs(),
    })
}
