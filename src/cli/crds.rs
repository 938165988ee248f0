//! `spark-operator crds`: the custom resource definitions, printed or applied to a cluster.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use clap::Subcommand;

use super::{Failure, print, timeout};
use crate::api::crd::{DEFINITIONS, Definition};
use crate::manifest::folder;
use crate::runtime::client::connected;
use crate::runtime::definitions::{self, Applied, DefinitionError, Outcome};
use crate::runtime::label::Label;

/// Print the custom resource definitions, or apply them to a cluster
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: spark-operator crds | kubectl apply -f -",
    args_conflicts_with_subcommands = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// Only this kind, several allowed
    #[arg(long = "kind", value_name = "KIND", value_parser = DEFINITIONS.map(|definition| definition.kind))]
    kinds: Vec<String>,

    /// Write a file for each into a folder instead of printing: all of them, or none
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Apply(ApplyArgs),
}

/// Create or upgrade the custom resource definitions in a cluster, by server-side apply
///
/// Nothing is deleted; stored objects stay. Fields that others set otherwise (Helm, kubectl, Kubeflow's hook) are
/// taken from them. The cluster is that of KUBECONFIG, else of ~/.kube/config, else that of the pod.
#[derive(Debug, clap::Args)]
#[command(after_help = "Needs the right to get, patch and create the three customresourcedefinitions.\n\n\
                        Example: spark-operator crds apply --label=app.kubernetes.io/part-of=spark")]
struct ApplyArgs {
    /// Label to set on each definition, several allowed; one that is no longer given is removed
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<Label>,

    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// server: let the API server decide what it would do, and store nothing
    #[arg(long, value_name = "WHERE", value_parser = ["server"])]
    dry_run: Option<String>,

    /// Longest time for all of it, until the API server serves the definitions
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = timeout)]
    timeout: Duration,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(Command::Apply(args)) = &args.command {
        return apply(args);
    }
    let wanted = |kind: &Definition| args.kinds.is_empty() || args.kinds.iter().any(|name| name == kind.kind);
    let files: Vec<_> =
        DEFINITIONS.iter().filter(|kind| wanted(kind)).map(|kind| (kind.file_name(), kind.yaml())).collect();
    let Some(folder) = &args.output_dir else {
        return print(&files.iter().map(|(_, text)| format!("---\n{text}")).collect::<Vec<_>>().concat());
    };
    let written: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    folder::write(Path::new(folder), &written).map_err(Failure::system)?;
    print(&files.iter().map(|(name, _)| format!("wrote {folder}/{name}\n")).collect::<Vec<_>>().concat())
}

fn apply(args: &ApplyArgs) -> Result<(), Failure> {
    let mut labels = serde_json::Map::new();
    for label in &args.labels {
        if labels.insert(label.key.clone(), label.value.clone().into()).is_some() {
            return Err(Failure::input(format!("--label {}: given twice", label.key)));
        }
    }
    let definitions = DEFINITIONS.map(|definition| {
        let mut json = definition.json();
        if !labels.is_empty() {
            json["metadata"]["labels"] = labels.clone().into();
        }
        json
    });
    let dry_run = args.dry_run.is_some();
    // What was done is done, whether or not somebody reads it.
    let report = |done: &Applied| {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{}", line(done, dry_run)).and_then(|()| out.flush());
    };
    connected(args.context.as_deref(), args.timeout, async |connection| {
        definitions::apply(connection, &definitions, dry_run, report).await
    })
    .map_err(|error| match error {
        DefinitionError::Downgrade { .. } => Failure::check(error),
        DefinitionError::Cluster(_) => Failure::system(error),
    })
}

fn line(done: &Applied, dry_run: bool) -> String {
    let outcome = match done.outcome {
        Outcome::Created => "created",
        Outcome::Changed => "changed",
        Outcome::Unchanged => "unchanged",
    };
    let mut notes = Vec::new();
    if let (Outcome::Changed, Some(version)) = (done.outcome, &done.version_before) {
        notes.push(format!("was of version {version}"));
    }
    if !done.taken_from.is_empty() {
        notes.push(format!("fields taken from {}", done.taken_from.join(", ")));
    }
    if dry_run {
        notes.push("dry run".into());
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{} {outcome}{notes}", done.name)
}
