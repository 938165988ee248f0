//! Real Helm, each run in a folder that has nothing of this machine's user and no cluster. Shared by `chart_tools` and
//! `chart_mutations`. What is asked of Helm does not belong here.

#![allow(dead_code, reason = "each of the two test programs uses its part")]

use std::path::Path;
use std::process::{Command, Output};

use spark_operator::values::Preset;

/// Kubernetes version that every run renders for: a Helm built from its module knows only old ones.
pub const KUBE: [&str; 2] = ["--kube-version", "1.37"];

/// A Helm binary.
#[derive(Clone)]
pub struct Helm {
    path: String,
    /// Major version.
    pub version: u8,
}

/// What a run left behind.
pub struct Run {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

/// A tool by the variable that holds its path. Says what is skipped; under `CI` a skip is a failure.
pub fn tool(variable: &str, what: &str) -> Option<String> {
    let path = std::env::var(variable).ok().filter(|path| !path.is_empty());
    if path.is_none() {
        println!("SKIPPED: {what}: {variable} is not set");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} is not set");
    }
    path
}

/// Helm 3 and Helm 4, as far as they are there.
pub fn both(what: &str) -> Vec<Helm> {
    let find = |variable, version| Some(Helm { path: tool(variable, what)?, version });
    [find("HELM3", 3), find("HELM4", 4)].into_iter().flatten().collect()
}

/// Helm 4.
pub fn four(what: &str) -> Option<Helm> {
    Some(Helm { path: tool("HELM4", what)?, version: 4 })
}

impl Helm {
    pub fn run(&self, home: &Path, args: &[&str]) -> Run {
        Run::of(&self.command(home, args).output().unwrap())
    }

    pub fn command(&self, home: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(home).env_clear();
        command.env("HOME", home).env("KUBECONFIG", home.join("no-cluster"));
        command
    }

    /// `helm template` as a user of the presets runs it.
    pub fn template(&self, home: &Path, chart: &str, more: &[&str]) -> Run {
        let start = ["template", "spark-operator", chart, "--namespace", "spark-operator"];
        self.run(home, &[&start[..], &KUBE, more].concat())
    }
}

impl Run {
    pub fn of(output: &Output) -> Self {
        Self {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output of a run that must have succeeded.
    #[track_caller]
    pub fn out(self, what: &str) -> String {
        assert!(self.ok, "{what}: {}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// The API versions of a preset, as flags.
pub fn api_versions(preset: &Preset) -> Vec<&'static str> {
    preset.api_versions().flat_map(|version| ["--api-versions", version]).collect()
}
