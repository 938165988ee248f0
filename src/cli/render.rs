//! `spark-operator render`: every manifest, as `helm template` prints it.

use std::io;

use clap::ArgAction;

use super::{Failure, input, patch, print, warn};
use crate::chart::{self, source::NAME};
use crate::manifest::HelmCompat;
use crate::render::output::{self, CrdFile, OutputDir, OutputOptions};
use crate::render::{Capabilities, KubeVersion, Release, apply_patches, render};
use crate::values::{self, Sources, ValuesFile};

/// Print the operator's manifests. Flags that Helm has too mean the same here.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: spark-operator render -n spark-operator -f my-values.yaml | kubectl apply -n spark-operator -f -"
)]
pub(super) struct Args {
    /// Name of the release
    #[arg(default_value = "spark-operator")]
    name: String,

    /// Namespace of the release
    #[arg(short, long, default_value = "spark-operator")]
    namespace: String,

    /// Begin with a built-in values file (see `spark-operator presets`), before those of --values
    #[arg(short, long, value_name = "NAME")]
    preset: Option<String>,

    /// Values file, several allowed, later ones win; - is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    values: Vec<String>,

    /// Set values: key1=val1,key2.sub=val2,list[0]=x,list={a,b}
    #[arg(long, value_name = "ASSIGNMENTS", allow_hyphen_values = true)]
    set: Vec<String>,

    /// Set values that stay text
    #[arg(long, value_name = "ASSIGNMENTS", allow_hyphen_values = true)]
    set_string: Vec<String>,

    /// Set values given as JSON: key1={"a":1},key2=[2] or one object
    #[arg(long, value_name = "ASSIGNMENTS", allow_hyphen_values = true)]
    set_json: Vec<String>,

    /// Set values from files: key1=path1,key2=path2
    #[arg(long, value_name = "ASSIGNMENTS", allow_hyphen_values = true)]
    set_file: Vec<String>,

    /// Set one value to a text taken literally, commas and braces included
    #[arg(long, value_name = "ASSIGNMENT", allow_hyphen_values = true)]
    set_literal: Vec<String>,

    /// Patch file, several allowed, applied in order to everything that is rendered (see `spark-operator patch`)
    #[arg(long = "patch", value_name = "FILE")]
    patches: Vec<String>,

    /// Kubernetes version to render for [default: as the Helm that --helm-compat names]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,

    /// API versions that the cluster has, such as monitoring.coreos.com/v1/PodMonitor
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    api_versions: Vec<String>,

    /// Whose output to equal where Helm's major versions differ: order of webhooks, whitespace, nulls
    #[arg(long, value_name = "3|4", default_value = "4", value_parser = ["3", "4"])]
    helm_compat: String,

    /// Print the custom resource definitions too, first
    #[arg(long)]
    include_crds: bool,

    /// Leave hooks out
    #[arg(long)]
    no_hooks: bool,

    /// Leave test hooks out; --skip-tests=false prints them
    #[arg(long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    skip_tests: bool,

    /// Print only templates whose path matches, such as templates/controller/*.yaml
    #[arg(short, long, value_name = "GLOB")]
    show_only: Vec<String>,

    /// Write files into a folder instead of printing: all of them, or none
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<String>,

    /// Put the release's name between the folder of --output-dir and the chart's
    #[arg(long)]
    release_name: bool,

    /// Render as for an upgrade instead of an install
    #[arg(long)]
    is_upgrade: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let compat = if args.helm_compat == "3" { HelmCompat::V3 } else { HelmCompat::V4 };
    let release = Release::new(&args.name, &args.namespace, args.is_upgrade).map_err(Failure::input)?;
    let (sources, preset_api_versions) = sources(args, compat)?;
    let kube_version = match &args.kube_version {
        Some(text) => KubeVersion::parse(text, compat).map_err(Failure::input)?,
        None => KubeVersion::default(),
    };
    let api_versions = preset_api_versions.into_iter().chain(args.api_versions.iter().map(String::as_str));
    let capabilities = Capabilities::new(kube_version, api_versions);

    let user = values::collect(&sources, &|path| input::text(path)).map_err(source_failure)?;
    let loaded = values::load(user).map_err(Failure::input)?;
    let patches = patch::read_patches(&args.patches)?;
    let rendered = render(&loaded.values, &release, &capabilities, compat)
        .and_then(|rendered| apply_patches(rendered, &patches, compat))
        .map_err(Failure::input)?;
    for warning in loaded.warnings.iter().chain(&rendered.warnings) {
        warn(warning);
    }

    let options = OutputOptions {
        compat,
        no_hooks: args.no_hooks,
        skip_tests: args.skip_tests,
        show_only: args.show_only.clone(),
        crds: if args.include_crds { crds() } else { Vec::new() },
    };
    let text = match &args.output_dir {
        None => output::print(&rendered.documents, &options),
        Some(folder) => {
            let dir = OutputDir { folder, release_name: args.release_name.then_some(args.name.as_str()) };
            output::write_dir(&rendered.documents, &options, dir)
        }
    };
    print(&text.map_err(output_failure)?)
}

/// The custom resource definitions as files of the chart.
fn crds() -> Vec<CrdFile> {
    let file = |(path, text)| CrdFile { path: format!("{NAME}/{path}"), text };
    chart::folder::crds().into_iter().map(file).collect()
}

/// Everything the user gave, read; and the API versions that the preset needs.
fn sources(args: &Args, compat: HelmCompat) -> Result<(Sources, Vec<&'static str>), Failure> {
    let mut files = Vec::new();
    let mut api_versions = Vec::new();
    if let Some(name) = &args.preset {
        let preset = values::preset(name).ok_or_else(|| Failure::input(unknown_preset(name)))?;
        files.push(ValuesFile { name: format!("preset {name}"), text: preset.text.to_owned() });
        api_versions.extend(preset.api_versions());
    }
    for name in &args.values {
        files.push(ValuesFile { name: name.clone(), text: input::values_file(name)? });
    }
    let sources = Sources {
        files,
        set_json: args.set_json.clone(),
        set: args.set.clone(),
        set_string: args.set_string.clone(),
        set_file: args.set_file.clone(),
        set_literal: args.set_literal.clone(),
        compat,
    };
    Ok((sources, api_versions))
}

/// What to say when no preset has a name.
pub(super) fn unknown_preset(name: &str) -> String {
    let near = values::PRESETS.iter().map(|p| (strsim::damerau_levenshtein(p.name, name), p.name)).min();
    let hint = match near.filter(|(distance, preset)| *distance <= 1 + preset.len() / 4) {
        Some((_, preset)) => format!("did you mean {preset:?}?"),
        None => "`spark-operator presets` lists them all".to_owned(),
    };
    format!("there is no preset {name:?}: {hint}")
}

/// A file that cannot be read is the system's fault; anything else is the input's.
fn source_failure(error: values::SourceError) -> Failure {
    if std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source())
        .any(<dyn std::error::Error>::is::<io::Error>)
    {
        Failure::system(error)
    } else {
        Failure::input(error)
    }
}

fn output_failure(error: output::OutputError) -> Failure {
    match error {
        output::OutputError::Folder(e) => Failure::system(e),
        other => Failure::input(other),
    }
}
