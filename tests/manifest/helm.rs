//! The real Helm, version 3 and 4.

use std::path::{Path, PathBuf};
use std::process::Command;

use spark_operator::manifest::HelmCompat;

pub struct Helm {
    pub compat: HelmCompat,
    binary: PathBuf,
    home: tempfile::TempDir,
}

pub struct Said {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Helm {
    /// Both; `None`, with a word, where they are not given.
    pub fn both() -> Option<Vec<Self>> {
        let found: Option<Vec<_>> = [("HELM3", HelmCompat::V3), ("HELM4", HelmCompat::V4)]
            .into_iter()
            .map(|(variable, compat)| {
                let binary = std::env::var_os(variable).filter(|path| !path.is_empty())?;
                Some(Self { compat, binary: binary.into(), home: tempfile::tempdir().unwrap() })
            })
            .collect();
        if found.is_none() {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "HELM3 and HELM4 must be set where CI is true"
            );
            println!("SKIPPED: HELM3 and HELM4 are not set");
        }
        found
    }

    pub fn template(&self, chart: &Path, flags: &[&str]) -> Said {
        let mut arguments = vec!["template", chart.to_str().unwrap()];
        arguments.extend(flags);
        self.run(&arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        // Nothing of the user's: no plugins, no context, no namespace.
        let output = Command::new(&self.binary)
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.home.path().join("none"))
            .output()
            .unwrap();
        Said {
            ok: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
