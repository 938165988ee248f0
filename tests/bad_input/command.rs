//! Running the built binary in a folder of its own, without an environment. Shared by `cli` and `bad_input`.

#![allow(dead_code, reason = "each of the two test programs uses its part")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::Settings;
use tempfile::TempDir;

/// A folder in which the binary runs; its files are named relatively, so no message holds a path of this machine.
pub struct Folder(pub TempDir);

/// What a run left behind.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file and folder below the folder, as paths, sorted.
    pub fn list(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(self.path()).unwrap().to_string_lossy().into_owned());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spark-operator"));
        command.args(args).current_dir(self.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    pub fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    }
}

impl Run {
    pub fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Standard output of a run that must have succeeded without a word.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.stdout
    }

    /// Standard error of a run that must have failed: nothing on standard output, one error, no panic.
    #[track_caller]
    pub fn refused(self, what: &str) -> (i32, String) {
        let Self { code, stdout, stderr } = self;
        assert_eq!(stdout, "", "{what}: standard output is not empty");
        assert!(!stderr.contains("panicked"), "{what}: {stderr}");
        assert!(matches!(code, Some(2 | 3)), "{what}: exit code {code:?}: {stderr}");
        // The argument parser has its own form, and without any argument it prints the help.
        let errors =
            stderr.lines().filter(|line| line.starts_with("Error: ") || line.starts_with("error: ")).count();
        assert!(errors == 1 || stderr.contains("\n\nUsage: "), "{what}: {errors} errors: {stderr}");
        (code.unwrap_or_default(), stderr)
    }
}

/// Snapshots in `golden/`, without the name of the test program.
pub fn golden(folder: &str, description: &str) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(description);
    settings
}
