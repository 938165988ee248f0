//! `spark-operator validate`: whether our objects can be created and run, without a cluster.

use std::io::{self, Write};

use serde_json::json;

use super::{Failure, input, print};
use crate::api::validate::{Finding, Level, definition, validate};

/// Check SparkApplications and their kin without a cluster: structure, rules, and what shows itself only at run time
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 valid (perhaps with warnings), 1 invalid, 2 not our objects, 3 cannot be read."
)]
pub(super) struct Args {
    /// Files, folders (their .yaml, .yml and .json files), or `-` for standard input
    #[arg(short, long = "filename", value_name = "FILE|FOLDER|-", required = true, num_args = 1..)]
    filenames: Vec<String>,

    /// How to print what is found
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut findings: Vec<Finding> = Vec::new();
    let (mut objects, mut invalid) = (0, 0);
    input::each_object(&args.filenames, |object, node| {
        let identity = &object.identity;
        let api_version = identity.api_version();
        let Some(definition) = definition(&api_version, &identity.kind) else {
            let (place, kind) = (&object.place, &identity.kind);
            return Err(Failure::input(format!(
                "{place}: {api_version} {kind} is not a kind of this operator; hint: \
                 SparkApplication and ScheduledSparkApplication are of sparkoperator.k8s.io/v1beta2, \
                 SparkConnect is of sparkoperator.k8s.io/v1alpha1"
            )));
        };
        let found = validate(&definition, node);
        objects += 1;
        invalid += usize::from(found.iter().any(|finding| finding.level == Level::Error));
        findings.extend(found);
        Ok(())
    })?;
    if objects == 0 {
        return Err(Failure::input("there is no Kubernetes object in the input"));
    }
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding.level == Level::Error);
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let summary =
        format!("{}: {invalid} invalid, {}", count(objects, "object"), count(warnings.len(), "warning"));
    match args.output {
        Output::Json => print(&format!("{:#}\n", findings.iter().map(json).collect::<serde_json::Value>()))?,
        Output::Text => {
            print(&errors.iter().fold(String::new(), |text, finding| text + &finding.to_string() + "\n"))?;
            for finding in warnings {
                let _ = writeln!(io::stderr(), "{finding}");
            }
        }
    }
    if errors.is_empty() {
        let _ = writeln!(io::stderr(), "{summary}");
        return Ok(());
    }
    Err(Failure::check(summary))
}

fn json(finding: &Finding) -> serde_json::Value {
    json!({
        "level": match finding.level { Level::Error => "error", Level::Warning => "warning" },
        "file": &*finding.place.source,
        "line": finding.place.line,
        "column": finding.place.column,
        "field": finding.field,
        "message": finding.message,
        "hint": finding.hint,
    })
}
