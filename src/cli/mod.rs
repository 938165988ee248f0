//! The command line: arguments in, exit code out. One file per subcommand; no logic lives here.
//!
//! Exit codes: 0 done, 1 the check failed, 2 bad input or usage, 3 could not do it (files, cluster).

mod applications;
mod chart;
mod completions;
mod controller;
mod crds;
mod diff;
mod explain;
mod input;
mod lint;
mod patch;
mod post_render;
mod presets;
mod probe;
mod render;
mod submit;
mod validate;
mod values;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::SignedDuration;

/// Renders, checks and runs the Kubernetes operator for Apache Spark.
#[derive(Debug, Parser)]
#[command(name = "spark-operator", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Render(Box<render::Args>),
    Chart(chart::Args),
    Diff(diff::Args),
    Lint(lint::Args),
    Patch(patch::Args),
    PostRender(post_render::Args),
    Validate(validate::Args),
    Submit(Box<submit::Args>),
    Values(values::Args),
    Crds(crds::Args),
    Controller(controller::Args),
    Explain(explain::Args),
    Presets(presets::Args),
    Probe(probe::Args),
    Completions(completions::Args),
}

/// A failure that ends the process: what to say and with which code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The check that was asked for failed.
    pub(crate) fn check(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: 1 }
    }

    /// The input or the usage is bad.
    pub(crate) fn input(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: 2 }
    }

    /// The input is fine, but it could not be done.
    pub(crate) fn system(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: 3 }
    }
}

/// Parses the arguments and runs the subcommand. Errors go to standard error, with Helm's prefix.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse_from(two_dashes(std::env::args_os())).command {
        Command::Render(args) => render::run(&args),
        Command::Chart(args) => chart::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Patch(args) => patch::run(&args),
        Command::PostRender(args) => post_render::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Submit(args) => submit::run(&args),
        Command::Values(args) => values::run(&args),
        Command::Crds(args) => crds::run(&args),
        Command::Controller(args) => controller::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What a check found has been printed. Nobody may be listening on standard error either.
            if !failure.message.is_empty() {
                let _ = writeln!(io::stderr(), "Error: {}", failure.message.trim_end());
            }
            ExitCode::from(failure.code)
        }
    }
}

/// The flags of the operator were written with one dash in the operator's first versions, and Go takes both.
fn two_dashes(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = arguments.collect();
    if arguments.get(1).is_some_and(|command| command == "controller") {
        for argument in arguments.iter_mut().skip(2) {
            let text = argument.to_string_lossy();
            let long =
                text.strip_prefix('-').filter(|rest| rest.len() > 1 && rest.starts_with(char::is_alphabetic));
            if let Some(rest) = long {
                *argument = format!("--{rest}").into();
            }
        }
    }
    arguments
}

/// Writes to standard output. A reader that has had enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_all([text])
}

/// [`print`] of several texts.
pub(crate) fn print_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = texts.into_iter().try_for_each(|text| out.write_all(text.as_bytes()));
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::system(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// A time limit on the command line: `60s`, `2m`.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let read = text.parse::<SignedDuration>().ok().and_then(|read| Duration::try_from(read).ok());
    read.filter(|read| !read.is_zero()).ok_or_else(|| "write a time such as 60s or 2m, above 0".into())
}

/// Writes a warning to standard error, as Helm words it.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "WARNING: {text}");
}
