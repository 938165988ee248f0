//! `spark-operator post-render`: typed patches inside Helm, as its post-renderer. How to be heard through Helm.

use super::{Failure, input, patch, print, print_all, warn};
use crate::manifest::patch::{Patched, Sides, apply};

/// Patch what Helm has rendered: Helm 3 runs this binary as --post-renderer, Helm 4 as a plugin
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Helm 3: helm template r CHART --post-renderer spark-operator \\
          --post-renderer-args post-render --post-renderer-args --patch=p.yaml
Helm 4: helm plugin install plugins/spark-operator-post-render
        helm template r CHART --post-renderer spark-operator-post-render \\
          --post-renderer-args --patch=p.yaml")]
pub(super) struct Args {
    /// Patch file, several allowed, applied in order
    #[arg(long = "patch", value_name = "FILE")]
    patches: Vec<String>,

    /// Called as a plugin of Helm 4, which keeps a plugin's standard error to itself: print an error as a text that is
    /// no manifest, so that Helm fails and shows it. Exit code 0 then
    #[arg(long)]
    helm_plugin: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match patched(args) {
        Err(failure) if args.helm_plugin => print(&no_manifest(&failure.message)),
        result => result,
    }
}

fn patched(args: &Args) -> Result<(), Failure> {
    // Not left to the argument parser, whose error nobody would see in Helm 4.
    if args.patches.is_empty() {
        return Err(Failure::input(
            "no patch file; hint: --patch FILE, in Helm --post-renderer-args --patch=FILE",
        ));
    }
    if args.patches.iter().any(|name| name == "-") {
        return Err(Failure::input(
            "--patch -: standard input holds what Helm has rendered; hint: name a file",
        ));
    }
    let patches = patch::read_patches(&args.patches)?;
    let manifests = input::manifests("-")?;
    let Patched { texts, warnings } = apply(&patches, &manifests, Sides::Stream).map_err(Failure::input)?;
    for warning in &warnings {
        warn(warning);
    }
    print_all(texts.iter().flatten().map(AsRef::as_ref))
}

/// An error as the one YAML document that Helm 4 (`kio.ParseAll`) refuses while showing all of it: a text where an
/// object must be. A mapping would be taken for a manifest, whatever it holds.
fn no_manifest(message: &str) -> String {
    let mut text = "|-\n  spark-operator post-render: ".to_owned();
    for c in message.trim_end().chars() {
        match c {
            '\n' => text.push_str("\n  "),
            // What no YAML text may hold, lest Helm shows an error about that.
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                text.extend(c.escape_unicode());
            }
            c => text.push(c),
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::no_manifest;
    use crate::yaml;

    #[test]
    fn an_error_becomes_a_text_that_yaml_reads_back() {
        for (message, expected) in [
            ("p.yaml:1:3: patch 1", "p.yaml:1:3: patch 1"),
            ("a:\n  b # c\n\n  - \"d\": {\n", "a:\n  b # c\n\n  - \"d\": {"),
            ("x\u{1b}[31m\ty\rz", "x\\u{1b}[31m\\u{9}y\\u{d}z"),
        ] {
            let nodes = yaml::read("helm", &no_manifest(message)).unwrap();
            let texts: Vec<_> = nodes.iter().map(yaml::Node::to_json).collect();
            assert_eq!(texts, [format!("spark-operator post-render: {expected}")]);
        }
    }
}
