//! Pods that run: waiting for their end, what their containers print, and what there is to know when one does not do as
//! it should. And the operator's own image, for a cluster with a real node.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use serde_json::Value as Json;

use super::cluster::Cluster;
use super::namespace::Namespace;
use super::wait::within;

/// The image of the program under test, as pods name it, once [`Cluster::load_operator`] was called.
pub const OPERATOR_IMAGE: &str = "localhost/spark-operator:3.0.0";

/// How much of a log goes into a message.
const LAST_LINES: usize = 15;

impl Cluster {
    /// Gives the node the image of the program under test. Pods pull nothing: `imagePullPolicy: IfNotPresent`.
    #[track_caller]
    pub fn load_operator(&self) {
        static LOADED: Once = Once::new();
        LOADED.call_once(|| {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/operator-image");
            let mut command = Command::new(script);
            command
                .args([env!("CARGO_BIN_EXE_spark-operator"), "--name"])
                .arg(self.folder.file_name().unwrap());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        });
    }
}

impl Namespace {
    /// Waits until a pod is in this phase, and returns it. One that has ended in another phase is not waited for. The test
    /// fails with all there is to know about the pod.
    #[track_caller]
    pub fn pod_in_phase(&self, pod: &str, phase: &str, limit: Duration) -> Json {
        let path = self.path("v1", &format!("pods/{pod}"));
        let mut ended_otherwise = false;
        let found = within(limit, &format!("pod {pod} {phase}"), || {
            let answer = self.cluster.request("GET", &path, &Json::Null);
            let now = answer.json["status"]["phase"].as_str().unwrap_or_default();
            ended_otherwise = now != phase && ["Succeeded", "Failed"].contains(&now);
            if now == phase || ended_otherwise { Ok(answer.json) } else { Err(Lazy(|| self.all_about(pod))) }
        });
        assert!(!ended_otherwise, "pod {pod} is not {phase}: {}", self.all_about(pod));
        found
    }

    /// What a container has printed so far, or the only one.
    #[track_caller]
    pub fn logs(&self, pod: &str, container: Option<&str>) -> String {
        let mut args = vec!["logs", pod, "--namespace", &self.name];
        args.extend(container.iter().flat_map(|name| ["--container", *name]));
        let run = self.cluster.kubectl(&self.cluster.kubeconfig(), &args, "");
        assert!(run.ok, "{}", run.stderr);
        run.stdout
    }

    /// A pod's status and events and the last lines of its containers' logs, for a message.
    pub fn all_about(&self, pod: &str) -> String {
        let get = |path: &str| self.cluster.request("GET", &self.path("v1", path), &Json::Null);
        let answer = get(&format!("pods/{pod}"));
        if answer.status != 200 {
            return format!("there is no pod {pod}: {}", answer.json["message"]);
        }
        let mut text = format!("status: {:#}\nevents:\n", answer.json["status"]);
        let events = get(&format!("events?fieldSelector=involvedObject.name%3D{pod}")).json;
        for event in events["items"].as_array().into_iter().flatten() {
            let of = |field: &str| event[field].as_str().unwrap_or_default();
            writeln!(text, "  {} {}: {}", of("type"), of("reason"), of("message")).unwrap();
        }
        let spec = &answer.json["spec"];
        for list in ["initContainers", "containers"] {
            for container in spec[list].as_array().into_iter().flatten() {
                let name = container["name"].as_str().unwrap();
                let tail = format!("--tail={LAST_LINES}");
                let args = ["logs", pod, "--namespace", &self.name, "--container", name, &tail];
                let run = self.cluster.kubectl(&self.cluster.kubeconfig(), &args, "");
                writeln!(text, "last lines of {name}:\n{}{}", run.stdout, run.stderr).unwrap();
            }
        }
        text
    }
}

/// Text that is made when it is printed.
struct Lazy<F>(F);

impl<F: Fn() -> String> std::fmt::Display for Lazy<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0())
    }
}
