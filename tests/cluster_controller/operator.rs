//! The operator as a process, that can be stopped and killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value as Json;

use crate::support::eventually;

/// The operator. It is killed when this is dropped.
pub struct Operator {
    child: Child,
    log: PathBuf,
}

impl Operator {
    /// Starts it with a kubeconfig, and further flags. Its log goes to a file that is written anew.
    #[track_caller]
    pub fn start(kubeconfig: &Path, log: &Path, flags: &[&str]) -> Self {
        Self::beside(None, kubeconfig, log, flags)
    }

    /// Starts it beside a Spark.
    #[track_caller]
    pub fn beside(spark_home: Option<&Path>, kubeconfig: &Path, log: &Path, flags: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args(["controller", "start", "--zap-encoder=json", "--health-probe-bind-address=0"])
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .args(flags)
            .env_remove("KUBECONFIG")
            .env_remove("SPARK_HOME")
            .envs(spark_home.map(|home| ("SPARK_HOME", home)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log: log.to_owned() }
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// kill -9
    pub fn kill(&mut self) {
        // One that has ended by itself is found out by its log.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, and waits.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        eventually("the operator to stop", || self.child.try_wait().unwrap().ok_or("it runs"))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(id, signal).unwrap();
    }

    /// Waits until it has logged something.
    #[track_caller]
    pub fn says(&self, words: &str) {
        eventually(words, || {
            let log = self.log();
            if log.contains(words) { Ok(()) } else { Err(log) }
        });
    }

    /// Waits until it has seen everything, and acts.
    #[track_caller]
    pub fn acts(&self) {
        self.says("\"acting\"");
    }

    /// Waits until it writes nothing any more: what it does about an end, and says of it, may take a moment.
    #[track_caller]
    pub fn quiet(&self) {
        const LONG: Duration = Duration::from_secs(3);
        eventually("the operator to be quiet", || {
            let before = self.wrote().len();
            std::thread::sleep(LONG);
            match self.wrote().split_off(before).as_slice() {
                [] => Ok(()),
                writes => Err(format!("{writes:?}")),
            }
        });
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The lines about writes.
    pub fn wrote(&self) -> Vec<Json> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        lines.filter(|line| line["message"] == "wrote").collect()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let kept = std::env::temp_dir().join(format!("operator-{}.log", self.child.id()));
            fs::write(&kept, &log).unwrap();
            println!("the operator's log is kept in {}", kept.display());
            let last: Vec<_> = log.lines().rev().take(40).collect();
            println!("the operator's last lines:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
