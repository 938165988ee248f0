//! `spark-operator post-render`: typed patches inside Helm, as its post-renderer.

use super::{Failure, input, patch, print_all, warn};
use crate::manifest::patch::{Patched, Sides, apply};

/// Patch what Helm has rendered: Helm 3 runs this binary as --post-renderer, Helm 4 as a plugin
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: helm template r CHART --post-renderer spark-operator --post-renderer-args post-render --post-renderer-args --patch=p.yaml"
)]
pub(super) struct Args {
    /// Patch file, several allowed, applied in order
    #[arg(short, long = "patch", value_name = "FILE", required = true)]
    patches: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let patches = patch::read_patches(&args.patches)?;
    let manifests = input::manifests("-")?;
    let Patched { texts, warnings } = apply(&patches, &manifests, Sides::Stream).map_err(Failure::input)?;
    warnings.iter().for_each(|warning| warn(warning));
    print_all(texts.iter().flatten().map(AsRef::as_ref))
}
