//! `spark-operator submit`: an application submitted once, without an operator, or printed as what would be created.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use k8s_openapi::Metadata;
use serde::Serialize;

use super::{Failure, applications, input, print};
use crate::api::SparkApplication;
use crate::runtime::client::{Connection, connected};
use crate::spark::driver::{DEFAULTS, MASTER};
use crate::spark::{
    Compiled, Identity, Line, PodSecurity, Settings, SparkError, SubmissionId, build, compile, properties,
};
use crate::submit::{self, Choice, Kind, Native, SparkSubmit, SubmitError, Submitted, Submitter};
use crate::yaml::to_yaml;

/// Between two tries where something of an earlier run is on its way out.
const BETWEEN: Duration = Duration::from_secs(1);

/// Submit SparkApplications once, with your rights and without an operator
///
/// The quickest way to try it on any cluster. Nobody watches the driver: it is not tried again, and belongs to no
/// SparkApplication. With --dry-run nothing is asked of any cluster: what would be created is printed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 the application failed to be submitted, 2 the application cannot be \
                        submitted as it is, 3 no cluster.\n\n\
                        Example: spark-operator submit -f app.yaml --dry-run --spark-version 4.3.0"
)]
pub(super) struct Args {
    /// Files, folders (their .yaml, .yml and .json files), or `-` for standard input
    #[arg(short, long = "filename", value_name = "FILE|FOLDER|-", required = true, num_args = 1..)]
    filenames: Vec<String>,

    /// Print what would be created, without a cluster
    #[arg(long)]
    dry_run: bool,

    /// How it is submitted [default: the application's annotation, else native]
    #[arg(long, value_name = "SUBMITTER", value_parser = Kind::ALL.map(Kind::name))]
    submitter: Option<String>,

    /// Namespace of applications that name none; one that names another is refused [default: default]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// Submit as this version of Spark, whatever the application says
    #[arg(long, value_name = "VERSION")]
    spark_version: Option<String>,

    /// What is filled into unset security fields of pods: none, seccomp, restricted
    #[arg(long, value_name = "HOW", default_value = "seccomp")]
    spark_pod_security: PodSecurity,

    /// Image of applications that name none, by version or minor line of Spark, several allowed
    #[arg(long = "spark-default-image", value_name = "VERSION=IMAGE", value_parser = pair)]
    default_images: Vec<(String, String)>,

    /// A spark-defaults.conf: configuration below that of the applications
    #[arg(long, value_name = "FILE")]
    spark_defaults: Option<String>,

    /// Folder of Spark, for the submitter spark-submit [default: $SPARK_HOME]
    #[arg(long, value_name = "FOLDER")]
    spark_home: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// Longest time for one application
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::timeout)]
    timeout: Duration,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings {
        pod_security: args.spark_pod_security,
        default_images: args.default_images.iter().cloned().collect::<BTreeMap<_, _>>(),
        spark_defaults: match &args.spark_defaults {
            Some(file) => properties::read(&input::text_file(file)?),
            None => Vec::new(),
        },
        load_spark_defaults: false,
        partial_restart: false,
        last_words: false,
    };
    let choice = Choice { default: Kind::Native, allowed: Kind::ALL.to_vec(), rules: Vec::new() };
    let mut submissions = Vec::new();
    for mut source in applications::read(&args.filenames)? {
        let application = &mut source.application;
        place(application, args.namespace.as_deref())
            .map_err(|message| source.failure("metadata.namespace", &message))?;
        if let Some(version) = &args.spark_version {
            source.application.spec.spark_version.clone_from(version);
        }
        let kind = match &args.submitter {
            Some(kind) => kind.parse().map_err(Failure::input)?,
            None => choice.of(&source.application.metadata).map_err(|error| source.spark_failure(&error))?,
        };
        let identity = identity(&source.application);
        let wrong = |error: SparkError| match (&error, &args.spark_version, &args.spark_defaults) {
            (SparkError::Version { .. }, Some(_), _) => Failure::input(format!("--spark-version: {error}")),
            (_, _, Some(file)) if error.field().starts_with(DEFAULTS) => {
                Failure::input(format!("{file}: {}: {error}", error.field()))
            }
            _ => source.spark_failure(&error),
        };
        let compiled = compile(&source.application, identity, &settings).map_err(wrong)?;
        // What is wrong is found before anything of any application is created.
        let further = if kind == Kind::Native {
            build(&compiled).map_err(wrong)?;
            Line::of(&compiled.spark_version).map_err(wrong)?.1.into_iter().collect()
        } else {
            compiled.lost_by_spark_submit()
        };
        for notice in compiled.notices.iter().chain(&further) {
            source.warn(&notice.field, &notice.message);
        }
        submissions.push((kind, compiled));
    }
    if args.dry_run {
        let texts: Result<Vec<_>, _> =
            submissions.iter().map(|(kind, compiled)| printed(*kind, compiled, args.timeout)).collect();
        return print(&texts?.concat());
    }
    connected(args.context.as_deref(), args.timeout, async |connection| {
        Ok::<_, crate::runtime::client::ClusterError>(all(&submissions, args, connection).await)
    })
    .map_err(Failure::system)?
}

/// Puts an application into a namespace.
fn place(application: &mut SparkApplication, namespace: Option<&str>) -> Result<(), String> {
    match (&application.metadata.namespace, namespace) {
        (Some(own), Some(wanted)) if own != wanted => {
            Err(format!("the application is of namespace {own}, not of {wanted} (--namespace)"))
        }
        (Some(_), _) => Ok(()),
        (None, wanted) => {
            application.metadata.namespace = Some(wanted.unwrap_or("default").to_owned());
            Ok(())
        }
    }
}

/// There is no object whose uid an id could follow from: what is written and when it is submitted make it.
fn identity(application: &SparkApplication) -> Identity {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let written = serde_json::to_string(application).unwrap_or_default();
    let submission = SubmissionId::of(&format!("{written}{}", now.as_nanos()), 0, 1);
    let mut identity =
        Identity::of(application, submission, i64::try_from(now.as_millis()).unwrap_or_default());
    identity.owner = None;
    identity
}

async fn all(submissions: &[(Kind, Compiled)], args: &Args, cluster: &Connection) -> Result<(), Failure> {
    let (mut failed, mut unreachable) = (0, false);
    for (kind, compiled) in submissions {
        let name = format!("{}/{}", compiled.namespace, compiled.name);
        let submitter = submitter(*kind, args, cluster)?;
        let within = cluster.within(args.timeout);
        let outcome = loop {
            match submitter.submit(compiled, &within).await {
                // What an earlier run left is on its way out.
                Err(error) if error.waits() && within.sleep(BETWEEN).await => {}
                outcome => break outcome,
            }
        };
        match outcome {
            Ok(done) => report(&name, *kind, &done)?,
            Err(error) => {
                failed += 1;
                let hint = hint(&error, compiled);
                let _ = writeln!(io::stderr(), "Error: {name}: {error}{hint}");
                unreachable |= error.category() == "Unreachable";
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    let message = format!("{failed} of {} applications were not submitted", submissions.len());
    Err(if unreachable { Failure::system(message) } else { Failure::check(message) })
}

fn submitter(kind: Kind, args: &Args, cluster: &Connection) -> Result<Box<dyn Submitter>, Failure> {
    Ok(match kind {
        Kind::Native => Box::new(Native),
        Kind::Job => Box::new(submit::Job),
        Kind::SparkSubmit => {
            let home = args.spark_home.clone().or_else(|| std::env::var_os("SPARK_HOME").map(PathBuf::from));
            let spark_home = home.ok_or_else(|| {
                Failure::input(
                    "the submitter spark-submit needs --spark-home, or SPARK_HOME: the folder of a Spark",
                )
            })?;
            Box::new(SparkSubmit {
                spark_home,
                master: format!("k8s://{}", cluster.server()),
                kubeconfig: None,
                classes: None,
            })
        }
    })
}

fn report(name: &str, kind: Kind, done: &Submitted) -> Result<(), Failure> {
    let mut lines =
        vec![format!("{name}: submitted ({}), without an operator: nobody tries it again", kind.name())];
    lines.extend(done.created.iter().map(|object| format!("  {object}")));
    for missing in &done.missing {
        super::warn(&format!("{name}: not created: {missing}"));
    }
    let namespace = name.split('/').next().unwrap_or_default();
    lines.push(format!("follow it: kubectl logs --follow --namespace {namespace} {}\n", done.driver_pod));
    print(&lines.join("\n"))
}

fn hint(error: &SubmitError, compiled: &Compiled) -> String {
    match error {
        SubmitError::DriverExists { .. } => format!(
            "; hint: if it is of an earlier run: kubectl delete pod --namespace {} {}",
            compiled.namespace, compiled.driver_pod
        ),
        _ => String::new(),
    }
}

/// What would be created: YAML, or for spark-submit a script that runs it.
fn printed(kind: Kind, compiled: &Compiled, timeout: Duration) -> Result<String, Failure> {
    let mut text = String::new();
    if kind == Kind::SparkSubmit {
        return script(compiled);
    }
    for map in &compiled.config_maps {
        text += &document(map)?;
    }
    if kind == Kind::Job {
        let (job, templates) = submit::manifests(compiled, timeout).map_err(Failure::input)?;
        return Ok(text + &document(&job)? + &document(&templates)?);
    }
    let objects = build(compiled).map_err(Failure::input)?;
    text += &document(&objects.pod)?;
    text += &document(&objects.service)?;
    for map in &objects.config_maps {
        text += &document(map)?;
    }
    for claim in &objects.claims {
        text += &document(claim)?;
    }
    if let Some(policy) = &objects.network_policy {
        text += &document(policy)?;
    }
    Ok(text)
}

fn document(object: &(impl Serialize + Metadata)) -> Result<String, Failure> {
    let json = serde_json::to_value(object).map_err(Failure::system)?;
    Ok(format!("---\n{}\n", to_yaml(&json).trim_end()))
}

/// A shell script: the template files, and the command.
fn script(compiled: &Compiled) -> Result<String, Failure> {
    let folder = &compiled.identity.template_folder;
    let files = compiled.template_files().map_err(Failure::input)?;
    let files = files.map(|(name, content)| {
        format!("cat >{} <<'TEMPLATE'\n{content}\nTEMPLATE\n", quoted(&format!("{folder}/{name}")))
    });
    let maps: Result<Vec<_>, Failure> = (compiled.config_maps.iter())
        .map(|map| Ok(format!("kubectl apply --filename - <<'OBJECT'\n{}OBJECT\n", document(map)?)))
        .collect();
    let mut text =
        format!("#!/bin/sh\nset -e\n{}mkdir -p {}\n{}", maps?.concat(), quoted(folder), files.concat());
    text += "exec \"${SPARK_HOME:-/opt/spark}/bin/spark-submit\"";
    for argument in compiled.arguments(MASTER) {
        text += " \\\n  ";
        text += &quoted(&argument);
    }
    Ok(text + "\n")
}

/// A word of a shell command. Single quotes keep everything but themselves.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (version, image) = text.split_once('=').ok_or("write it as VERSION=IMAGE")?;
    Ok((version.to_owned(), image.to_owned()))
}
