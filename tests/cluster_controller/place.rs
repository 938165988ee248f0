//! Where a test's applications run: a namespace, an operator for it, and what is seen of an application.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::WHAT;
use crate::controller::controller;
use crate::operator::Operator;
use crate::support::namespace::Account;
use crate::support::{Cluster, Namespace, cluster, within};

/// Far beyond what a fake application takes on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(2);

/// A namespace, and an account with the controller's rights there.
pub struct Place {
    pub namespace: Namespace,
    pub account: Account,
    /// How long an application may take to be as it should.
    pub limit: Duration,
    folder: TempDir,
}

impl Place {
    /// None, and a line that says so, where there is no cluster.
    pub fn new(purpose: &str) -> Option<Self> {
        Self::with(purpose, "native")
    }

    /// With the rights that this submitter needs.
    pub fn with(purpose: &str, submitter: &str) -> Option<Self> {
        let cluster = cluster(WHAT)?;
        cluster.keep_defined();
        let namespace = cluster.namespace(purpose, &json!({}));
        let account = controller(&namespace, submitter);
        Some(Self { namespace, account, limit: LIMIT, folder: tempfile::tempdir().unwrap() })
    }

    pub fn cluster(&self) -> &'static Cluster {
        self.namespace.cluster
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An operator for this namespace.
    pub fn operator(&self, flags: &[&str]) -> Operator {
        let namespaces = format!("--namespaces={}", self.namespace.name);
        let log = self.file(&format!("log-{}", flags.join("").replace(['/', ':'], "_")));
        Operator::start(&self.account.kubeconfig, &log, &[&[namespaces.as_str()], flags].concat())
    }

    /// Grants what leader election needs.
    pub fn may_lead(&self) {
        let role = json!({"metadata": {"name": "lease"}, "rules": [{"apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"], "verbs": ["get", "create", "update"]}]});
        self.cluster().create(&self.namespace.path("rbac.authorization.k8s.io/v1", "roles"), &role);
        self.namespace.bind(&self.account, "Role", "lease");
    }

    /// Grants what driver pod disruption budgets need.
    pub fn may_protect_drivers(&self) {
        let role = json!({"metadata": {"name": "budgets"}, "rules": [{"apiGroups": ["policy"],
            "resources": ["poddisruptionbudgets"], "verbs": ["get", "create", "delete"]}]});
        self.cluster().create(&self.namespace.path("rbac.authorization.k8s.io/v1", "roles"), &role);
        self.namespace.bind(&self.account, "Role", "budgets");
    }

    fn applications(&self) -> String {
        self.namespace.path("sparkoperator.k8s.io/v1beta2", "sparkapplications")
    }

    /// Stores an application: a small one, and what `spec` says on top.
    #[track_caller]
    pub fn create(&self, name: &str, spec: &Json) -> Json {
        self.cluster().create(&self.applications(), &application(name, spec))
    }

    /// Stores so many of a kind, `app-0` and on, as fast as it goes.
    #[track_caller]
    pub fn create_many(&self, count: usize, spec: &Json) {
        let list: Vec<_> =
            (0..count).map(|number| application(&format!("app-{number}"), spec).to_string()).collect();
        let args = ["create", "--namespace", &self.namespace.name, "--filename=-"];
        let run = self.cluster().kubectl(&self.cluster().kubeconfig(), &args, &list.join("\n---\n"));
        assert!(run.ok, "{}", run.stderr);
    }

    #[track_caller]
    pub fn get(&self, name: &str) -> Json {
        self.cluster().get(&format!("{}/{name}", self.applications()))
    }

    #[track_caller]
    pub fn patch(&self, name: &str, patch: &Json) -> Json {
        self.cluster().request("PATCH", &format!("{}/{name}", self.applications()), patch).ok("patch")
    }

    /// Writes a status, as somebody with too many rights does.
    #[track_caller]
    pub fn patch_status(&self, name: &str, status: &Json) {
        let path = format!("{}/{name}/status", self.applications());
        self.cluster().request("PATCH", &path, &json!({"status": status})).ok("patch the status");
    }

    pub fn delete(&self, name: &str) {
        self.cluster().delete(&format!("{}/{name}", self.applications()));
    }

    /// Waits until an application is as it should be. `sight` gives what is seen where it is not.
    #[track_caller]
    pub fn until(&self, name: &str, what: &str, right: impl Fn(&Json) -> bool) -> Json {
        within(self.limit, &format!("{name} {what}"), || {
            let answer =
                self.cluster().request("GET", &format!("{}/{name}", self.applications()), &Json::Null);
            if right(&answer.json) { Ok(answer.json) } else { Err(format!("{:#}", answer.json["status"])) }
        })
    }

    /// Waits for a state.
    #[track_caller]
    pub fn in_state(&self, name: &str, state: &str) -> Json {
        self.until(name, state, |application| state_of(application) == state)
    }

    /// Waits until there is no such application, nor anything that belongs to it.
    #[track_caller]
    pub fn gone(&self, name: &str) {
        within(self.limit, &format!("{name} to be gone"), || {
            let answer =
                self.cluster().request("GET", &format!("{}/{name}", self.applications()), &Json::Null);
            let left = self.left(name);
            if answer.status == 404 && left.is_empty() {
                Ok(())
            } else {
                Err(format!("{} {left:?}", answer.status))
            }
        });
    }

    /// How many objects there are of an application, by kind.
    pub fn left(&self, name: &str) -> BTreeMap<&'static str, usize> {
        let mut found = BTreeMap::new();
        let pods = self.list("v1", "pods");
        let own = |object: &&Json| {
            let label = &object["metadata"]["labels"]["sparkoperator.k8s.io/app-name"];
            let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
            let mut owners = owners.map(|owner| owner["uid"].clone());
            let owned = owners.any(|uid| {
                pods.iter().any(|pod| {
                    pod["metadata"]["uid"] == uid
                        && pod["metadata"]["labels"]["sparkoperator.k8s.io/app-name"] == name
                })
            });
            *label == *name || owned
        };
        for (kind, version, plural) in [
            ("Pod", "v1", "pods"),
            ("Service", "v1", "services"),
            ("ConfigMap", "v1", "configmaps"),
            ("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
        ] {
            let count = self.list(version, plural).iter().filter(own).count();
            if count > 0 {
                found.insert(kind, count);
            }
        }
        found
    }

    pub fn list(&self, version: &str, plural: &str) -> Vec<Json> {
        let mut list = self.cluster().get(&self.namespace.path(version, plural));
        serde_json::from_value(list["items"].take()).unwrap()
    }

    /// The reasons of an application's events, in their order.
    pub fn events(&self, name: &str) -> Vec<String> {
        let mut events: Vec<_> = self.list("v1", "events");
        events.retain(|event| {
            event["involvedObject"]["name"] == name && event["involvedObject"]["kind"] == "SparkApplication"
        });
        events.sort_by_key(|event| event["metadata"]["name"].to_string());
        events.iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// The messages of an application's events.
    pub fn messages(&self, name: &str) -> Vec<String> {
        let events = self.list("v1", "events");
        let own = events.iter().filter(|event| {
            event["involvedObject"]["name"] == name && event["involvedObject"]["kind"] == "SparkApplication"
        });
        own.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }

    /// A driver ends well, as its kubelet says.
    #[track_caller]
    pub fn end(&self, pod: &str) {
        self.ends(
            pod,
            "spark-kubernetes-driver",
            "Succeeded",
            &json!({"exitCode": 0, "reason": "Completed"}),
        );
    }

    /// A pod ends in a phase, and its container so, as its kubelet says.
    #[track_caller]
    pub fn ends(&self, pod: &str, container: &str, phase: &str, terminated: &Json) {
        let ended = json!({"name": container, "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": terminated}});
        self.patch_pod(pod, &json!({"phase": phase, "containerStatuses": [ended]}));
    }

    /// Writes the status of a pod, as its kubelet does.
    #[track_caller]
    pub fn patch_pod(&self, pod: &str, status: &Json) {
        let path = self.namespace.path("v1", &format!("pods/{pod}/status"));
        self.cluster().request("PATCH", &path, &json!({"status": status})).ok("patch the status of a pod");
    }

    /// Keeps an object (`pods/pi-driver`) from going.
    #[track_caller]
    pub fn hold(&self, object: &str) {
        self.finalizers(object, &["example.com/held"]);
    }

    /// Lets an object go that was kept.
    #[track_caller]
    pub fn let_go(&self, object: &str) {
        self.finalizers(object, &[]);
    }

    #[track_caller]
    fn finalizers(&self, object: &str, finalizers: &[&str]) {
        let change = json!({"metadata": {"finalizers": finalizers}});
        self.cluster().request("PATCH", &self.namespace.path("v1", object), &change).ok("patch finalizers");
    }

    /// Creates a pod as Spark's driver does.
    pub fn executor(&self, application: &Json, number: u32) -> String {
        let (name, status) = (&application["metadata"]["name"], &application["status"]);
        let driver = self.cluster().get(
            &self
                .namespace
                .path("v1", &format!("pods/{}", status["driverInfo"]["podName"].as_str().unwrap())),
        );
        let pod = format!("{}-exec-{number}", name.as_str().unwrap());
        let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": driver["metadata"]["name"], "uid": driver["metadata"]["uid"]});
        let object = json!({
            "metadata": {"name": pod, "ownerReferences": [owner], "labels": {
                "spark-role": "executor", "spark-exec-id": number.to_string(),
                "sparkoperator.k8s.io/app-name": name, "sparkoperator.k8s.io/submission-id": status["submissionID"],
                "sparkoperator.k8s.io/launched-by-spark-operator": "true",
            }},
            "spec": {"containers": [{"name": "spark-kubernetes-executor", "image": "spark"}], "terminationGracePeriodSeconds": 0},
        });
        self.cluster().create(&self.namespace.path("v1", "pods"), &object);
        pod
    }
}

/// A small application, and what `spec` says on top.
pub fn application(name: &str, spec: &Json) -> Json {
    let mut application = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
        "metadata": {"name": name},
        "spec": {
            "type": "Scala", "sparkVersion": "4.0.5", "image": "spark:4.0.5", "mainClass": "a.B",
            "mainApplicationFile": "local:///opt/spark/a.jar", "driver": {}, "executor": {"instances": 1},
        },
    });
    json_patch::merge(&mut application["spec"], spec);
    application
}

/// What a fake driver does: `outcome`, `run-for` … (tests/cluster/README.md).
pub fn driver(annotations: &[(&str, &str)]) -> Json {
    let annotations =
        annotations.iter().map(|(key, value)| (format!("kwok.sparkoperator.k8s.io/{key}"), json!(value)));
    json!({"driver": {"annotations": annotations.collect::<serde_json::Map<_, _>>()}})
}

pub fn state_of(application: &Json) -> &str {
    application["status"]["applicationState"]["state"].as_str().unwrap_or_default()
}

pub fn error_of(application: &Json) -> &str {
    application["status"]["applicationState"]["errorMessage"].as_str().unwrap_or_default()
}
