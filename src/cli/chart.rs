//! `spark-operator chart`: the Helm chart as a folder or an archive.

use std::path::{Path, PathBuf};

use super::{Failure, input, print};
use crate::chart::disk::{self, DiskError};
use crate::chart::folder::{self, Files};
use crate::chart::package;
use crate::values::{self, Sources, Values, ValuesFile};

/// Generate the Helm chart.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write the chart into a folder
    Build(Build),
    /// Write the chart as an archive that is the same on every machine (its time is SOURCE_DATE_EPOCH, else 1980)
    Package(Package),
}

#[derive(Debug, clap::Args)]
struct Defaults {
    /// Make these values the chart's defaults: files, the names of presets, or both
    #[arg(short = 'f', long, value_name = "FILE|PRESET")]
    values: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Build {
    #[command(flatten)]
    defaults: Defaults,

    /// The folder; it is replaced as a whole
    #[arg(short, long, value_name = "FOLDER", default_value = "charts-out/spark-operator")]
    output: PathBuf,

    /// Write nothing; print what differs, and exit with 1 if anything does
    #[arg(long)]
    check: bool,

    /// Replace a folder even if it holds files that are not the chart's
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
struct Package {
    #[command(flatten)]
    defaults: Defaults,

    /// Where to put the archive
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    destination: PathBuf,
}

/// 1980-01-01, the earliest time that every archive format can say.
const EPOCH: u64 = 315_532_800;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Build(args) => build(args),
        What::Package(args) => pack(args),
    }
}

fn build(args: &Build) -> Result<(), Failure> {
    let files = files(&args.defaults)?;
    let shown = args.output.display().to_string();
    if args.check {
        let difference = disk::difference(&shown, &disk::read(&args.output).map_err(disk_failure)?, &files);
        if difference.is_empty() {
            return Ok(());
        }
        print(&difference)?;
        return Err(Failure::check(format!("{shown} is stale: run `spark-operator chart build`")));
    }
    disk::write(&args.output, &files, args.force).map_err(disk_failure)?;
    print(&format!("wrote {shown}: {} files\n", files.len()))
}

fn pack(args: &Package) -> Result<(), Failure> {
    let epoch = match std::env::var_os("SOURCE_DATE_EPOCH") {
        Some(text) => {
            let text = text.to_string_lossy();
            text.parse().map_err(|_| {
                Failure::input(format!("SOURCE_DATE_EPOCH is {text:?}: it must be seconds since 1970"))
            })?
        }
        None => EPOCH,
    };
    let archive = package::package(&files(&args.defaults)?, epoch).map_err(Failure::system)?;
    let to = args.destination.join(package::file_name());
    write_whole(&to, &archive).map_err(|e| Failure::system(format!("{}: {e}", to.display())))?;
    print(&format!("wrote {}\n", to.display()))
}

/// Writes beside the file first, so that nobody ever reads half of it.
fn write_whole(to: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A file of a temporary folder, not a temporary file: that one only its owner could read.
    let beside = tempfile::tempdir_in(folder)?;
    let file = beside.path().join("archive");
    std::fs::write(&file, bytes)?;
    std::fs::rename(&file, to)
}

fn files(defaults: &Defaults) -> Result<Files, Failure> {
    let mut sources = Sources::default();
    for name in &defaults.values {
        let text = match values::preset(name) {
            Some(preset) => preset.text.to_owned(),
            None if name != "-" && !name.contains(['.', '/']) && !Path::new(name).exists() => {
                return Err(Failure::input(format!(
                    "there is no file {name:?}, and {}",
                    super::render::unknown_preset(name)
                )));
            }
            None => input::values_file(name)?,
        };
        sources.files.push(ValuesFile { name: name.clone(), text });
    }
    let user = values::collect(&sources, &|path| input::text(path)).map_err(Failure::input)?;
    let loaded = values::load(user).map_err(Failure::input)?;
    let defaults: Values = loaded.values;
    let mut defaults = serde_json::to_value(defaults).map_err(Failure::system)?;
    without_nulls(&mut defaults);
    folder::files(&defaults).map_err(Failure::input)
}

/// Deletes keys that are null: in a chart's own defaults they mean different things to different Helm versions. Lists
/// keep theirs, which Helm does not touch.
fn without_nulls(value: &mut serde_json::Value) {
    if let serde_json::Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(without_nulls);
    }
}

fn disk_failure(error: DiskError) -> Failure {
    match error {
        DiskError::Foreign { .. } => Failure::input(error),
        DiskError::Io { .. } => Failure::system(error),
    }
}
