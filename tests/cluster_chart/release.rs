//! A release of our chart in a real cluster, under one of the Helms. What it must look like does not belong here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use serde_json::Value as Json;
use spark_operator::values::preset;

use crate::helm::{Home, Run};
use crate::support::{Cluster, Namespace, eventually};

/// A release, installed or not.
pub struct Release<'a> {
    home: Home,
    pub name: String,
    /// Whose rights Helm has.
    kubeconfig: PathBuf,
    namespace: &'a Namespace,
}

impl<'a> Release<'a> {
    /// With the values of a preset, as the administrator. The name belongs to this namespace alone.
    pub fn new(home: Home, namespace: &'a Namespace, preset_name: &str) -> Self {
        home.folder.file("values.yaml", preset(preset_name).unwrap().text);
        let kubeconfig = namespace.cluster.kubeconfig();
        Self { home, name: namespace.name.clone(), kubeconfig, namespace }
    }

    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// With the rights of somebody else.
    pub fn by(mut self, kubeconfig: PathBuf) -> Self {
        self.kubeconfig = kubeconfig;
        self
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    fn args<'b>(&'b self, verb: &'b str, more: &[&'b str]) -> Vec<&'b str> {
        [&[verb, &self.name, "-n", &self.namespace.name, "--timeout", "90s"], more].concat()
    }

    pub fn run(&self, verb: &str, more: &[&str]) -> Run {
        let mut command = self.home.command(self.home.program());
        Run::of(command.env("KUBECONFIG", &self.kubeconfig).args(self.args(verb, more)))
    }

    /// A command that must do what it is told; says how long it took.
    #[track_caller]
    pub fn done(&self, verb: &str, more: &[&str]) {
        let started = Instant::now();
        let run = self.run(verb, more);
        let seen = || self.pods().iter().map(|pod| pod["status"].to_string()).collect::<Vec<_>>();
        assert!(run.ok, "helm {verb} {more:?}: {}{}\n{:#?}", run.stdout, run.stderr, seen());
        println!("Helm {}: {verb} in {:.1} s", self.home.version(), started.elapsed().as_secs_f32());
    }

    pub fn install(&self, more: &[&str]) {
        self.done("install", &[&["chart", "-f", "values.yaml", "--wait"], more].concat());
    }

    /// A command that goes on while the test looks.
    pub fn start(&self, verb: &str) -> Child {
        let mut command = self.home.command(self.home.program());
        command.env("KUBECONFIG", &self.kubeconfig).args(self.args(verb, &[]));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn cluster(&self) -> &'static Cluster {
        self.namespace.cluster
    }

    fn label(&self) -> String {
        format!("app.kubernetes.io%2Finstance={}", self.name)
    }

    /// Every object of the release in the cluster, as it is stored, without what changes by itself.
    pub fn objects(&self) -> BTreeMap<String, Json> {
        let mut objects = self.cluster().objects(&self.cluster().resources(), None, &self.label());
        for object in objects.values_mut() {
            object.as_object_mut().unwrap().remove("status");
            for field in ["managedFields", "resourceVersion"] {
                object["metadata"].as_object_mut().unwrap().remove(field);
            }
        }
        objects
    }

    pub fn pods(&self) -> Vec<Json> {
        self.list("v1", "pods")
    }

    pub fn deployments(&self) -> Vec<Json> {
        self.list("apps/v1", "deployments")
    }

    fn list(&self, version: &str, resource: &str) -> Vec<Json> {
        let path = format!("{}?labelSelector={}", self.namespace.path(version, resource), self.label());
        self.cluster().get(&path)["items"].as_array().unwrap().clone()
    }

    /// An object of the release in its namespace.
    pub fn object(&self, version: &str, resource: &str, name: &str) -> Json {
        self.cluster().get(&self.namespace.path(version, &format!("{resource}/{name}")))
    }

    /// Each Deployment has as many ready pods as it wants, and nothing was refused on the way.
    #[track_caller]
    pub fn is_ready(&self, count: usize) {
        let deployments = self.deployments();
        assert_eq!(deployments.len(), count);
        for deployment in &deployments {
            let (spec, status) = (&deployment["spec"], &deployment["status"]);
            assert_eq!(spec["replicas"], status["readyReplicas"], "{deployment}");
            let conditions = status["conditions"].as_array().unwrap();
            assert!(conditions.iter().all(|c| c["type"] != "ReplicaFailure"), "{status}");
        }
        for pod in self.pods() {
            let of_a_job = pod["metadata"]["labels"]["batch.kubernetes.io/job-name"].is_string();
            assert_eq!(pod["status"]["phase"], if of_a_job { "Succeeded" } else { "Running" }, "{pod}");
        }
        let events =
            self.cluster().get(&self.namespace.path("v1", "events?fieldSelector=reason%3DFailedCreate"));
        assert_eq!(events["items"], serde_json::json!([]));
    }

    /// Uninstalls it. Nothing of it is left anywhere.
    #[track_caller]
    pub fn uninstall(&self) {
        self.done("uninstall", &["--wait"]);
        let cluster = self.cluster();
        let resources = cluster.resources();
        eventually("everything of the release is gone", || {
            let left: Vec<_> = cluster.objects(&resources, None, &self.label()).into_keys().collect();
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        });
    }
}

impl Drop for Release<'_> {
    /// A test that failed leaves nothing in the cluster either.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.run("uninstall", &["--no-hooks"]);
        }
    }
}
