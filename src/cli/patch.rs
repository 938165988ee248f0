//! `spark-operator patch`: typed patches on any manifests.

use std::borrow::Cow;
use std::path::Path;

use clap::Subcommand;

use super::{Failure, input, print, print_all, warn};
use crate::manifest::folder;
use crate::manifest::patch::{self, Patch, Patched, Sides};

/// Change manifests with typed patches: JSON Patch (RFC 6902) or merge (RFC 7396) on chosen objects
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Apply(ApplyArgs),
    FromYq(FromYqArgs),
    /// Print the JSON Schema of patch files, for your editor
    Schema,
}

/// Patch manifests: untouched documents pass byte for byte
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: kubectl get deploy -o yaml | spark-operator patch apply patches.yaml")]
struct ApplyArgs {
    /// Patch file, a YAML list of patches; - is standard input
    #[arg(value_name = "PATCHES", required = true)]
    patches: String,

    /// Manifests: files or folders; - is standard input
    #[arg(value_name = "MANIFESTS", default_value = "-")]
    manifests: Vec<String>,

    /// Write the files into a folder, all or none of them, instead of printing
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<String>,
}

/// Print the patch file that does what a yq expression (mikefarah's, version 4) does to rendered manifests
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: spark-operator patch from-yq \
                        'select(.kind == \"Deployment\").spec.template.spec.hostNetwork = true' > patches.yaml\n\n\
                        yq does not look into a List; patches do. More in docs/from-yq.md.")]
struct FromYqArgs {
    /// The expression, as you give it to yq
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Apply(args) => apply(args),
        Command::FromYq(args) => match patch::yq::translate(&args.expression) {
            Ok(translation) => print(&translation.to_string()),
            Err(error) => Err(Failure::input(format!("the yq expression, {error}"))),
        },
        Command::Schema => print(&patch::schema_text()),
    }
}

fn apply(args: &ApplyArgs) -> Result<(), Failure> {
    let inputs = args.manifests.iter().chain([&args.patches]).filter(|name| *name == "-").count();
    if inputs > 1 {
        return Err(Failure::input(
            "standard input can be read once: name a file for the patches or the manifests",
        ));
    }
    if args.output_dir.is_some() && args.manifests.iter().any(|name| name == "-") {
        return Err(Failure::input("--output-dir needs files or folders: standard input has no file name"));
    }
    let patches = read_patches([&args.patches])?;
    let mut manifests = Vec::new();
    for name in &args.manifests {
        manifests.extend(input::manifests(name)?);
    }
    let Patched { texts, warnings } =
        patch::apply(&patches, &manifests, Sides::All).map_err(Failure::input)?;
    for warning in &warnings {
        warn(warning);
    }
    let Some(folder) = &args.output_dir else {
        return print_all(stream(&texts));
    };
    let texts: Vec<String> = texts.iter().map(|pieces| pieces.concat()).collect();
    let names: Vec<_> = manifests.iter().map(|source| below(&source.name, &args.manifests)).collect();
    if let Some(name) =
        names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return Err(Failure::input(format!(
            "--output-dir: two of the manifests would be written to {name}; give the folder that holds both"
        )));
    }
    let files: Vec<_> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    folder::write(Path::new(folder), &files).map_err(Failure::system)?;
    let wrote: Vec<_> = names.iter().map(|name| format!("wrote {folder}/{name}\n")).collect();
    print(&wrote.concat())
}

/// The patches of several files, in order.
pub(super) fn read_patches<'a>(files: impl IntoIterator<Item = &'a String>) -> Result<Vec<Patch>, Failure> {
    let mut patches = Vec::new();
    for name in files {
        let text = input::text_file(name)?;
        let shown = if name == "-" { "standard input" } else { name };
        patches.extend(patch::read_patches(shown, &text).map_err(Failure::input)?);
    }
    Ok(patches)
}

/// Several sources as one stream: documents of two files are kept apart.
fn stream<'a>(sources: &'a [Vec<Cow<'a, str>>]) -> Vec<&'a str> {
    let mut pieces: Vec<&str> = Vec::new();
    for source in sources {
        let mut texts = source.iter().map(AsRef::as_ref);
        let mut first = texts.next().unwrap_or_default();
        if let Some(last) = pieces.last() {
            // Only a whole stream begins with a byte order mark.
            first = first.trim_start_matches('\u{feff}');
            if !last.ends_with('\n') {
                pieces.push("\n");
            }
            pieces.push(separator(first));
        }
        pieces.push(first);
        pieces.extend(texts);
    }
    pieces
}

/// What goes before the first document of a further source.
fn separator(first: &str) -> &'static str {
    let mut above = first.lines().take_while(|line| line.is_empty() || line.starts_with(['#', '%']));
    match above.any(|line| line.starts_with('%')) {
        // A directive follows the end of a document.
        true => "...\n",
        false if first.starts_with("---") => "",
        false => "---\n",
    }
}

/// The path of a file below the folder that the user named, or its own name.
fn below(name: &str, given: &[String]) -> String {
    let mut folders = given.iter().filter(|given| Path::new(given).is_dir());
    let below = folders.find_map(|folder| Path::new(name).strip_prefix(folder).ok());
    let path = below.or(Path::new(name).file_name().map(Path::new)).unwrap_or(Path::new(name));
    path.to_string_lossy().into_owned()
}
