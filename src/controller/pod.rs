//! What is kept of a pod of an application, and what it says of how the pod is.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod as KubernetesPod, PodStatus};
use kube::Resource;
use kube::api::ObjectMeta;
use serde::Deserialize;

use super::metadata;
use super::record::Key;
use crate::spark::compile::{APP_NAME, DRIVER_CONTAINER, EXECUTOR_CONTAINER, SUBMISSION_ID};

/// Label of Spark's pods: driver or executor.
const ROLE: &str = "spark-role";
/// Label of Spark's executor pods: their number.
const EXECUTOR_ID: &str = "spark-exec-id";
/// Label of Spark's pods: Spark's own id of the application.
const SELECTOR: &str = "spark-app-selector";
/// What executors' containers are called by pod templates of long ago.
const OLD_EXECUTOR_CONTAINER: &str = "executor";

/// What a pod is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It runs the driver.
    Driver,
    /// It runs an executor, with this number; 0 where it has none.
    Executor(u64),
    /// Neither: a Job's pod that submits, for one.
    Other,
}

/// How a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for something.
    Pending,
    /// Its main container runs.
    Running,
    /// Its main container ended with exit code 0.
    Succeeded,
    /// Its main container ended otherwise, or the pod was killed.
    Failed,
    /// Its node does not answer.
    Unknown,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// `Error`, `OOMKilled` …
    pub reason: Box<str>,
    /// What it left as its last words.
    pub message: Box<str>,
}

/// Why a pod waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// `ImagePullBackOff`, `Unschedulable` …
    pub reason: Box<str>,
    /// More of it.
    pub message: Box<str>,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: Box<str>,
    /// Its uid.
    pub uid: Box<str>,
    /// What it is for.
    pub role: Role,
    /// The submission that made it.
    pub submission: Option<Arc<str>>,
    /// Uid of the application that owns it, where one does.
    pub owner: Option<Arc<str>>,
    /// Spark's own id of the application.
    pub spark_application: Option<Arc<str>>,
    /// How it is.
    pub phase: Phase,
    /// Whether it is being deleted.
    pub leaving: bool,
    /// How its main container ended.
    pub ended: Option<Ended>,
    /// Why it waits.
    pub waiting: Option<Waiting>,
    /// What the kubelet, or whoever killed it, says of the whole pod: `Evicted: …`.
    pub message: Option<Box<str>>,
}

/// A pod as a watch brings it.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = "KubernetesPod")]
pub struct StoredPod {
    /// Its metadata, as far as it is read.
    #[serde(default, deserialize_with = "metadata::slim")]
    pub metadata: ObjectMeta,
    /// Its containers.
    #[serde(default)]
    pub spec: StoredSpec,
    /// Its status.
    #[serde(default)]
    pub status: Option<PodStatus>,
}

/// The spec of a pod, as far as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StoredSpec {
    #[serde(default)]
    containers: Vec<StoredContainer>,
}

/// A container, as far as it is read.
#[derive(Clone, Debug, Deserialize)]
struct StoredContainer {
    name: String,
    #[serde(default)]
    args: Vec<String>,
}

impl StoredSpec {
    /// The container that Spark runs in. A template may name it: then Spark's first argument is what it is known by.
    fn main(&self, role: Role) -> Option<&str> {
        let (names, argument): (&[&str], _) = match role {
            Role::Executor(_) => (&[EXECUTOR_CONTAINER, OLD_EXECUTOR_CONTAINER], "executor"),
            _ => (&[DRIVER_CONTAINER], "driver"),
        };
        let all = || self.containers.iter();
        let of_name = |name: &&str| all().find(|container| container.name == **name);
        let by_argument =
            || all().find(|container| container.args.first().is_some_and(|first| first == argument));
        let alone = || all().next().filter(|_| self.containers.len() == 1);
        names.iter().find_map(of_name).or_else(by_argument).or_else(alone).map(|container| &*container.name)
    }
}

impl Pod {
    /// Whether it runs, or will, for all that is known.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        matches!(self.phase, Phase::Pending | Phase::Running) && self.ended.is_none() && !self.leaving
    }

    /// Whether nobody knows that it has ended.
    #[must_use]
    pub fn runs_still(&self) -> bool {
        !matches!(self.phase, Phase::Succeeded | Phase::Failed) && self.ended.is_none()
    }
}

impl StoredPod {
    /// The application it belongs to, by its label.
    #[must_use]
    pub fn application(&self) -> Option<Key> {
        let name = self.metadata.labels.as_ref()?.get(APP_NAME)?;
        Some(Key::new(self.metadata.namespace.clone()?, name))
    }
}

impl From<StoredPod> for Pod {
    fn from(stored: StoredPod) -> Self {
        let StoredPod { metadata, spec, status } = stored;
        let status = status.unwrap_or_default();
        let labels = metadata.labels.unwrap_or_default();
        let label = |key: &str| labels.get(key).map(|value| value.as_str().into());
        let role = match labels.get(ROLE).map(String::as_str) {
            Some("driver") => Role::Driver,
            Some("executor") => {
                Role::Executor(labels.get(EXECUTOR_ID).and_then(|id| id.parse().ok()).unwrap_or_default())
            }
            _ => Role::Other,
        };
        let owners = metadata.owner_references.unwrap_or_default();
        let owner = owners.into_iter().find(|owner| owner.kind == "SparkApplication");
        let main = main_container(&status, spec.main(role));
        let ended =
            main.and_then(|container| container.state.as_ref()?.terminated.as_ref()).map(|ended| Ended {
                code: ended.exit_code,
                reason: ended.reason.as_deref().unwrap_or_default().into(),
                message: words(ended.message.as_deref().unwrap_or_default()).into(),
            });
        Self {
            name: metadata.name.unwrap_or_default().into(),
            uid: metadata.uid.unwrap_or_default().into(),
            role,
            submission: label(SUBMISSION_ID),
            owner: owner.map(|owner| owner.uid.into()),
            spark_application: label(SELECTOR),
            phase: phase(&status, ended.as_ref(), role),
            leaving: metadata.deletion_timestamp.is_some(),
            waiting: waiting(&status, main),
            message: said(&status),
            ended,
        }
    }
}

/// How the container is that Spark runs in. Where nobody knows which it is, the pod as a whole is all there is to go by:
/// a sidecar that ends says nothing of Spark.
fn main_container<'a>(status: &'a PodStatus, name: Option<&str>) -> Option<&'a ContainerStatus> {
    let mut all = status.container_statuses.iter().flatten();
    all.find(|container| Some(&*container.name) == name)
}

/// A driver that ended while another container of its pod goes on has ended all the same.
fn phase(status: &PodStatus, ended: Option<&Ended>, role: Role) -> Phase {
    let of_container = ended.map(|ended| if ended.code == 0 { Phase::Succeeded } else { Phase::Failed });
    match status.phase.as_deref().unwrap_or("Pending") {
        "Running" if role == Role::Driver => of_container.unwrap_or(Phase::Running),
        "Running" => Phase::Running,
        // A sidecar may have failed after the driver had ended well.
        "Failed" if role == Role::Driver => of_container.unwrap_or(Phase::Failed),
        "Failed" => Phase::Failed,
        "Succeeded" => Phase::Succeeded,
        "Pending" => Phase::Pending,
        _ => Phase::Unknown,
    }
}

/// What keeps a pod from running, where it is more than that it has just been created.
fn waiting(status: &PodStatus, main: Option<&ContainerStatus>) -> Option<Waiting> {
    let blocked = |container: &ContainerStatus| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().unwrap_or_default();
        if matches!(reason, "" | "ContainerCreating" | "PodInitializing") {
            return None;
        }
        let message = waiting.message.as_deref().unwrap_or_default();
        Some(Waiting { reason: reason.into(), message: message.into() })
    };
    let mut initial = status.init_container_statuses.iter().flatten();
    if let Some(found) = initial.find_map(blocked).or_else(|| main.and_then(blocked)) {
        return Some(found);
    }
    let conditions = status.conditions.iter().flatten();
    let unscheduled = conditions
        .into_iter()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    unscheduled.map(|condition| Waiting {
        reason: condition.reason.as_deref().unwrap_or("Unschedulable").into(),
        message: condition.message.as_deref().unwrap_or_default().into(),
    })
}

fn said(status: &PodStatus) -> Option<Box<str>> {
    let text = match (status.reason.as_deref(), status.message.as_deref()) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (one, other) => one.or(other)?.to_owned(),
    };
    Some(text.into())
}

/// What a container said last, without what says nothing of the cause: stack frames, and what it logs when all is well.
fn words(text: &str) -> String {
    let frame = |line: &str| {
        let inner = line.trim_start();
        inner.len() < line.len() && (inner.starts_with("at ") || inner.starts_with("... "))
    };
    let lines: Vec<_> = text.lines().filter(|line| !frame(line) && !line.contains(" INFO ")).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    /// Whose containers are those that it has a status of; Spark's has the argument that Spark gives it.
    fn pod(role: &str, status: &Json) -> Pod {
        let named = status["containerStatuses"].as_array().into_iter().flatten().map(|status| {
            let name = &status["name"];
            let spark = matches!(name.as_str().unwrap(), "mine" | "executor") || *name == DRIVER_CONTAINER;
            if spark { json!({"name": name, "args": [role, "--more"]}) } else { json!({"name": name}) }
        });
        let stored: StoredPod = serde_json::from_value(json!({
            "metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {ROLE: role, EXECUTOR_ID: "7", APP_NAME: "a"}},
            "spec": {"containers": named.collect::<Vec<_>>()},
            "status": status,
        }))
        .unwrap();
        assert_eq!(stored.application(), Some(Key::new("ns", "a")));
        stored.into()
    }

    fn ended(name: &str, code: i32) -> Json {
        json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": code, "reason": "R"}}})
    }

    #[test]
    fn the_drivers_container_counts_and_not_its_sidecars() {
        for (phase, containers, expected) in [
            ("Pending", json!([]), Phase::Pending),
            ("Running", json!([]), Phase::Running),
            ("Running", json!([ended(DRIVER_CONTAINER, 0)]), Phase::Succeeded),
            ("Running", json!([ended("sidecar", 1), ended(DRIVER_CONTAINER, 0)]), Phase::Succeeded),
            ("Running", json!([ended(DRIVER_CONTAINER, 3)]), Phase::Failed),
            ("Running", json!([ended("mine", 0)]), Phase::Succeeded),
            // A template gives it a name that comes after its sidecar's.
            ("Failed", json!([ended("agent", 0), ended("mine", 3)]), Phase::Failed),
            ("Running", json!([ended("agent", 1), ended("mine", 0)]), Phase::Succeeded),
            // Of two neither of which is Spark's, as far as is known, none counts.
            ("Running", json!([ended("agent", 0), ended("other", 0)]), Phase::Running),
            ("Failed", json!([ended("agent", 0), ended("other", 1)]), Phase::Failed),
            ("Running", json!([ended("alone", 0)]), Phase::Succeeded),
            ("Succeeded", json!([]), Phase::Succeeded),
            ("Failed", json!([]), Phase::Failed),
            ("Failed", json!([ended(DRIVER_CONTAINER, 0), ended("sidecar", 1)]), Phase::Succeeded),
            ("Unknown", json!([]), Phase::Unknown),
        ] {
            let found = pod("driver", &json!({"phase": phase, "containerStatuses": containers}));
            assert_eq!(found.phase, expected, "{phase} {containers}");
        }
        let executor =
            pod("executor", &json!({"phase": "Running", "containerStatuses": [ended("executor", 3)]}));
        assert_eq!((executor.phase, executor.role), (Phase::Running, Role::Executor(7)));
        assert_eq!(executor.ended.unwrap().code, 3);
    }

    #[test]
    fn what_keeps_a_pod_from_running_is_found() {
        let container = |reason: &str| {
            json!({"name": DRIVER_CONTAINER, "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": reason, "message": "m"}}})
        };
        let unscheduled =
            json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"}]);
        for (status, expected) in [
            (json!({}), None),
            (json!({"containerStatuses": [container("ContainerCreating")]}), None),
            (json!({"containerStatuses": [container("ErrImagePull")]}), Some("ErrImagePull")),
            (
                json!({"initContainerStatuses": [container("CrashLoopBackOff")],
                "containerStatuses": [container("PodInitializing")]}),
                Some("CrashLoopBackOff"),
            ),
            (json!({"conditions": unscheduled}), Some("Unschedulable")),
        ] {
            let found = pod("driver", &status).waiting;
            assert_eq!(found.as_ref().map(|waiting| &*waiting.reason), expected, "{status}");
        }
    }

    #[test]
    fn a_pod_says_why_it_was_killed() {
        let found =
            pod("driver", &json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}));
        assert_eq!(found.message.as_deref(), Some("Evicted: low on memory"));
    }

    #[test]
    fn of_last_words_the_cause_is_kept() {
        let said = "/10/01 12:00:00 INFO SparkContext: Running\n\
            Exception in thread \"main\" java.nio.file.NoSuchFileException: /opt/no-such.jar\n\
            \tat java.base/sun.nio.fs.UnixFileSystem(Unknown Source)\n\t... 12 more\n\
            24/10/01 12:00:01 WARN Client: gone\n24/10/01 12:00:01 INFO ShutdownHookManager: called\n";
        let kept = "Exception in thread \"main\" java.nio.file.NoSuchFileException: /opt/no-such.jar\n\
            24/10/01 12:00:01 WARN Client: gone";
        assert_eq!(words(said), kept);
        assert_eq!(words("  last words\n"), "last words");
    }
}
