//! `spark-operator diff`: what differs between two sets of manifests, by object and path.

use std::io;

use anstream::{AutoStream, ColorChoice};

use super::{Failure, input, print, warn};
use crate::manifest::diff::{DiffError, Format, Options, diff};

/// Compare manifests by object and path, not by line.
///
/// Objects are matched by group, kind, namespace and name, items of lists by name (else by mountPath, containerPort,
/// port, key ...). Comments, quoting, the order of keys and of documents make no difference. What Secrets hold is never
/// printed, only its size.
///
/// Exit code: 0 nothing differs, 1 something does, 2 bad input, 3 a file cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "spark-operator diff [OPTIONS] A B\n       helm get manifest RELEASE | spark-operator diff [OPTIONS] --release NEW",
    after_help = "Example: spark-operator render -f new.yaml | spark-operator diff installed.yaml -",
    after_long_help = "\
Output of --output json:
  objects: a list of
    change: changed, added or removed
    group, version, kind, namespace (null for none), name
    before, after: the places in A and in B
    changes: of a changed object, a list of
      change: changed, added, removed, or reordered
      path: as in patches, such as /spec/template/spec/containers[name=x]/image;
        an item that has but a number has that in B, a removed one that in A
      before, after: the values; of a reordered list the names of its items
  summary: the numbers of objects: changed, added, removed, same

Output of --output patch: a patch file that makes the objects of A those of B.
Objects that only one side has, and what Secrets hold, are warnings.

Colors are for terminals; NO_COLOR turns them off, CLICOLOR_FORCE=1 on.

Examples:
  spark-operator render -f new.yaml | spark-operator diff installed.yaml -
  helm get manifest spark-operator | spark-operator diff --release new.yaml"
)]
pub(super) struct Args {
    /// The manifests before: a file, a folder, or - for standard input (with --release: those after)
    #[arg(value_name = "A")]
    first: String,

    /// The manifests after
    #[arg(value_name = "B", required_unless_present = "release", conflicts_with = "release")]
    second: Option<String>,

    /// Compare the release that `helm get manifest` gives on standard input; hooks are left out
    #[arg(long)]
    release: bool,

    /// How to print what differs
    #[arg(short, long, value_name = "text|json|patch", default_value = "text", value_parser = ["text", "json", "patch"], hide_possible_values = true)]
    output: String,

    /// Where objects are that name no namespace
    #[arg(short, long)]
    namespace: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (before, after) = match &args.second {
        Some(second) => (args.first.as_str(), second.as_str()),
        None => ("-", args.first.as_str()),
    };
    if before == "-" && after == "-" {
        let hint = if args.release { "name the new manifests' file" } else { "name a file for one of them" };
        return Err(Failure::input(format!("both sides cannot be standard input; hint: {hint}")));
    }
    let color = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let options = Options {
        format: match args.output.as_str() {
            "json" => Format::Json,
            "patch" => Format::Patch,
            _ => Format::Text { color },
        },
        namespace: args.namespace.as_deref(),
        release: args.release,
    };
    let outcome =
        diff(&input::manifests(before)?, &input::manifests(after)?, &options).map_err(
            |error| match error {
                DiffError::Stream(_) | DiffError::NoRelease(_) | DiffError::Again { .. } => {
                    Failure::input(error)
                }
            },
        )?;
    for warning in &outcome.warnings {
        warn(warning);
    }
    print(&outcome.output)?;
    if outcome.counts.differ() { Err(Failure::check("")) } else { Ok(()) }
}
