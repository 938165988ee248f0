//! A real API server for one test at a time: kubectl, the binary, the audit log.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use spark_operator::api::crd::DEFINITIONS;

use super::command::{Folder, Run};

/// A definition of a test, with names of ours.
pub const OTHER: &str = "others.sparkoperator.k8s.io";

/// The cluster of `TEST_KUBECONFIG`, until this is dropped, which leaves the definitions installed.
pub struct Cluster {
    pub folder: Folder,
    pub kubeconfig: PathBuf,
    /// Definitions belong to the whole cluster: who deletes them holds `crds.lock` beside the kubeconfig alone, and who
    /// needs them to stay may share it.
    _lock: File,
}

impl Cluster {
    /// None, and a line that says so, where no cluster is named.
    pub fn open(what: &str) -> Option<Self> {
        let Some(kubeconfig) = std::env::var_os("TEST_KUBECONFIG").map(PathBuf::from) else {
            println!("SKIPPED: crds apply: {what}: TEST_KUBECONFIG is not set");
            return None;
        };
        let lock = File::create(kubeconfig.with_file_name("crds.lock")).unwrap();
        lock.lock().unwrap();
        Some(Self { folder: Folder::new(), kubeconfig, _lock: lock })
    }

    /// [`Cluster::open`] without any of the definitions.
    pub fn empty(what: &str) -> Option<Self> {
        let cluster = Self::open(what)?;
        cluster.delete_definitions();
        Some(cluster)
    }

    pub fn delete_definitions(&self) {
        let names = DEFINITIONS.map(|definition| definition.name());
        self.delete(&[&[OTHER], &names.each_ref().map(String::as_str)[..]].concat());
    }

    /// Deletes definitions and waits until they are gone. The API server's finalizer fails on one that has just been
    /// created ("storage is (re)initializing"), finds its own write of the status in its way when it tries again, and then
    /// forgets about it until its cache is read anew, which may be five minutes: any change reminds it.
    pub fn delete(&self, names: &[&str]) {
        self.kubectl(&[&["delete", "crd", "--ignore-not-found", "--wait=false"], names].concat());
        for round in 0..150 {
            let left = [&["get", "crd", "--ignore-not-found", "--output=name"], names].concat();
            let left = self.kubectl(&left);
            if left.is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(400));
            if round % 10 == 9 {
                let reminder = format!("test/reminder={round}");
                let left: Vec<_> = left.lines().collect();
                // One of them may be gone by now.
                let _ = self
                    .kubectl_command(&[&["annotate"], &left[..], &["--overwrite", &reminder]].concat())
                    .output();
            }
        }
        panic!("{names:?} are still there after a minute");
    }

    /// `kubectl wait` fails on a definition that has no conditions yet.
    pub fn wait_until_established(&self, name: &str) {
        loop {
            let object = self.get("crd", name, "default");
            let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
            let mut served = conditions.filter(|found| found["type"] == "Established");
            if served.any(|found| found["status"] == "True") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    pub fn kubectl(&self, args: &[&str]) -> String {
        self.kubectl_with(args, "")
    }

    #[track_caller]
    pub fn kubectl_with(&self, args: &[&str], input: &str) -> String {
        let mut child = self.kubectl_command(args).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn kubectl_command(&self, args: &[&str]) -> Command {
        let own = self.kubeconfig.with_file_name("programs").join("kubectl");
        let mut command = Command::new(if own.exists() { own } else { "kubectl".into() });
        command.args(args).env("KUBECONFIG", &self.kubeconfig);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.folder.command(&[&["crds", "apply"], args].concat());
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    pub fn apply(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    /// An object as the API server gives it, with who manages which field.
    pub fn get(&self, resource: &str, name: &str, namespace: &str) -> Json {
        let args =
            ["get", resource, name, "--namespace", namespace, "--output=json", "--show-managed-fields"];
        serde_json::from_str(&self.kubectl(&args)).unwrap()
    }

    pub fn definitions(&self) -> [Json; 3] {
        DEFINITIONS.map(|definition| self.get("crd", &definition.name(), "default"))
    }

    pub fn resource_versions(&self) -> [String; 3] {
        self.definitions().map(|object| object["metadata"]["resourceVersion"].to_string())
    }

    /// A kubeconfig with a token of a service account, in place of the administrator's certificate.
    pub fn kubeconfig_of(&self, namespace: &str, account: &str) -> PathBuf {
        let token = self.kubectl(&["create", "token", account, "--namespace", namespace]);
        let admin = fs::read_to_string(&self.kubeconfig).unwrap();
        let mut config = spark_operator::yaml::read("kubeconfig", &admin).unwrap().remove(0).to_json();
        config["users"][0]["user"] = serde_json::json!({"token": token.trim()});
        self.folder.file(account, config.to_string());
        self.folder.path().join(account)
    }

    /// Whether `kubectl auth can-i` says yes.
    pub fn can(&self, args: &[&str]) -> bool {
        let mut command = self.kubectl_command(&[&["auth", "can-i"], args].concat());
        command.output().unwrap().status.success()
    }

    /// The requests of a user in the audit log: decision, verb, resource, name.
    pub fn requests_of(&self, user: &str) -> Vec<[String; 4]> {
        let log = fs::read_to_string(self.kubeconfig.with_file_name("audit.log")).unwrap();
        let events = log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let mut found: Vec<_> = events
            .filter(|event| event["user"]["username"] == user)
            .map(|event| {
                let object = &event["objectRef"];
                let decision = text(&event["annotations"]["authorization.k8s.io/decision"]);
                [decision, text(&event["verb"]), text(&object["resource"]), text(&object["name"])]
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let left = self.apply(&[]);
        if !std::thread::panicking() {
            assert_eq!(
                (left.code, left.stderr.as_str()),
                (Some(0), ""),
                "the definitions are left installed"
            );
        }
    }
}
