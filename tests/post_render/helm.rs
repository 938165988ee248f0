//! Real Helm with this binary as its post-renderer, in a folder of its own: its home, the chart, a `PATH` that holds
//! nothing but `spark-operator`, and for Helm 4 the plugin, installed from a copied folder. What is patched does not
//! belong here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::command::Folder;

/// A Helm binary.
#[derive(Clone)]
pub struct Helm {
    path: String,
    /// Major version.
    pub version: u8,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

/// A Helm in its folder.
pub struct Home {
    pub folder: Folder,
    helm: Helm,
    /// Flags of each run: the values.
    pub values: Vec<String>,
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

/// Helm 3 and Helm 4, as far as they are there, each in its folder.
pub fn both() -> Vec<Home> {
    [3, 4].into_iter().filter_map(one).collect()
}

/// One Helm in its folder.
pub fn one(version: u8) -> Option<Home> {
    Some(bare(version)?.with_plugin())
}

/// The same without the plugin.
pub fn bare(version: u8) -> Option<Home> {
    let path = tool(&format!("HELM{version}"), &format!("post-rendering with Helm {version}"))?;
    Some(Home::new(Helm { path, version }))
}

impl Home {
    fn new(helm: Helm) -> Self {
        let folder = Folder::new();
        folder.run(&["chart", "build", "-o", "chart"]).ok();
        fs::create_dir(folder.path().join("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_spark-operator"), folder.path().join("bin/spark-operator")).unwrap();
        Self { folder, helm, values: Vec::new() }
    }

    /// With the plugin, where this Helm wants one.
    fn with_plugin(self) -> Self {
        if self.helm.version == 4 {
            self.copy_plugin("copied/spark-operator-post-render");
            let said = self.run(&["plugin", "install", "copied/spark-operator-post-render"]);
            assert!(said.ok, "{said:?}");
        }
        self
    }

    /// The plugin's folder, as it is shipped, under another path.
    pub fn copy_plugin(&self, to: &str) {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/spark-operator-post-render");
        for file in fs::read_dir(shipped).unwrap() {
            let file = file.unwrap();
            self.folder.file(
                &format!("{to}/{}", file.file_name().to_str().unwrap()),
                fs::read(file.path()).unwrap(),
            );
        }
    }

    pub fn version(&self) -> u8 {
        self.helm.version
    }

    /// The path of the binary.
    pub fn program(&self) -> &str {
        &self.helm.path
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command that sees nothing of this machine's user, and no cluster.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env_clear().env("PATH", self.path().join("bin"));
        command.env("HOME", self.path()).env("KUBECONFIG", self.path().join("no-cluster"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(&self.helm.path).args(args))
    }

    /// `helm template` of our chart.
    pub fn template(&self, more: &[&str]) -> Run {
        self.template_of("chart", more)
    }

    pub fn template_of(&self, chart: &str, more: &[&str]) -> Run {
        // A Helm 3 that is built without its Makefile would say 1.20.
        let start = ["template", "spark-operator", chart, "-n", "spark-operator", "--kube-version", "1.37"];
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        self.run(&[&start[..], &values, more].concat())
    }

    /// The flags with which this Helm patches with these files.
    pub fn post_renderer(&self, patches: &[&str]) -> Vec<String> {
        let (program, first): (_, &[&str]) = match self.version() {
            3 => ("spark-operator", &["post-render"]),
            _ => ("spark-operator-post-render", &[]),
        };
        let args = first.iter().map(|arg| (*arg).to_owned());
        let args = args.chain(patches.iter().map(|name| format!("--patch={name}")));
        let flags = args.map(|arg| format!("--post-renderer-args={arg}"));
        [format!("--post-renderer={program}")].into_iter().chain(flags).collect()
    }

    /// `helm template` of our chart with these patch files.
    pub fn patched(&self, patches: &[&str], more: &[&str]) -> Run {
        self.patched_of("chart", patches, more)
    }

    pub fn patched_of(&self, chart: &str, patches: &[&str], more: &[&str]) -> Run {
        let flags = self.post_renderer(patches);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        self.template_of(chart, &[&flags, more].concat())
    }
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            ok: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output of a run that must have succeeded.
    #[track_caller]
    pub fn out(self) -> String {
        assert!(self.ok, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Standard error of a run that must have failed, with nothing on standard output.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(!self.ok, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        self.stderr
    }
}
