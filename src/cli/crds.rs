//! `spark-operator crds`: the custom resource definitions.

use std::path::Path;

use super::{Failure, print};
use crate::api::crd::{DEFINITIONS, Definition};
use crate::manifest::folder;

/// Print the custom resource definitions
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: spark-operator crds | kubectl apply --server-side -f -")]
pub(super) struct Args {
    /// Only this kind, several allowed
    #[arg(long = "kind", value_name = "KIND", value_parser = DEFINITIONS.map(|definition| definition.kind))]
    kinds: Vec<String>,

    /// Write a file for each into a folder instead of printing: all of them, or none
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let wanted = |kind: &Definition| args.kinds.is_empty() || args.kinds.iter().any(|name| name == kind.kind);
    let files: Vec<_> =
        DEFINITIONS.iter().filter(|kind| wanted(kind)).map(|kind| (kind.file_name(), kind.yaml())).collect();
    let Some(folder) = &args.output_dir else {
        return print(&files.iter().map(|(_, text)| format!("---\n{text}")).collect::<String>());
    };
    let written: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    folder::write(Path::new(folder), &written).map_err(Failure::system)?;
    print(&files.iter().map(|(name, _)| format!("wrote {folder}/{name}\n")).collect::<String>())
}
