//! Where a test submits: a namespace of its own, stored applications, connections, and what is found afterwards. What is
//! expected of it does not belong here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::runtime::client::Connection;
use spark_operator::spark::{Compiled, Identity, Settings, SubmissionId, compile};

use crate::WHAT;
use crate::support::namespace::Account;
use crate::support::{Namespace, cluster, eventually};

/// Far beyond what a submission takes on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(3);

/// The kinds that submitters make: their version and plural.
const KINDS: [(&str, &str, &str); 6] = [
    ("Pod", "v1", "pods"),
    ("Service", "v1", "services"),
    ("ConfigMap", "v1", "configmaps"),
    ("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    ("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    ("Job", "batch/v1", "jobs"),
];

/// A namespace in which SparkApplications are served.
pub struct Place(pub Namespace);

/// Runs a test's async part.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A client with a kubeconfig's rights.
pub async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

pub fn connection(client: Client) -> Connection {
    Connection::of(client, "https://test", LIMIT)
}

/// Puts `over` on top of `under`, mapping by mapping.
fn merge(under: &mut Json, over: &Json) {
    match (under, over) {
        (Json::Object(under), Json::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Json::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

/// An attempt at a stored application.
pub fn compiled(application: &SparkApplication, attempt: i32) -> Compiled {
    let metadata = &application.metadata;
    let submission = SubmissionId::of(metadata.uid.as_ref().unwrap(), metadata.generation.unwrap(), attempt);
    compile(application, Identity::of(application, submission, 0), &Settings::default()).unwrap()
}

/// What makes a submission as large as it gets: a config map of the application, claims.
pub fn with_all() -> Json {
    json!({
        "sparkConf": {
            "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.mount.path": "/data",
            "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.claimName": "OnDemand",
            "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.sizeLimit": "1Gi",
            // Spark makes no claim without both.
            "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.storageClass": "none-such",
        },
        "monitoring": monitoring(),
    })
}

/// What gives an application a config map of its own.
pub fn monitoring() -> Json {
    json!({
        "exposeDriverMetrics": true, "exposeExecutorMetrics": false,
        "prometheus": {"jmxExporterJar": "/opt/jmx.jar", "configuration": "rules: []\n"},
    })
}

impl Place {
    /// None, and a line that says so, where there is no cluster.
    pub fn new(purpose: &str) -> Option<Self> {
        let cluster = cluster(WHAT)?;
        cluster.keep_defined();
        Some(Self(cluster.namespace(purpose, &json!({}))))
    }

    /// As administrator.
    pub async fn connection(&self) -> Connection {
        connection(client(&self.0.cluster.kubeconfig()).await)
    }

    /// Stores an application: a small one, and what `spec` says on top.
    #[track_caller]
    pub fn application(&self, name: &str, spec: &Json) -> SparkApplication {
        let mut application = json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": name, "namespace": self.0.name},
            "spec": {
                "type": "Scala", "sparkVersion": "4.3.0", "image": "localhost/spark:none",
                "mainClass": "org.example.Main", "mainApplicationFile": "local:///opt/app.jar",
                "driver": {}, "executor": {"instances": 1},
            },
        });
        merge(&mut application["spec"], spec);
        let stored = self.0.cluster.create(&self.applications(), &application);
        serde_json::from_value(stored).unwrap()
    }

    /// Makes a submission the one that its application has in its status.
    #[track_caller]
    pub fn write_down(&self, compiled: &Compiled) {
        let path = format!("{}/{}/status", self.applications(), compiled.name);
        let status =
            json!({"status": {"submissionID": compiled.identity.submission.as_str(), "driverInfo": {}}});
        self.0.cluster.request("PATCH", &path, &status).ok("write the submission down");
    }

    pub fn applications(&self) -> String {
        self.0.path("sparkoperator.k8s.io/v1beta2", "sparkapplications")
    }

    /// Gives an account rights in this namespace: `(group, resources, verbs)`, separated by blanks.
    pub fn allow(&self, account: &Account, rules: &[(&str, &str, &str)]) {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let rules: Vec<Json> = rules
            .iter()
            .map(|(group, resources, verbs)| {
                json!({"apiGroups": [group], "resources": words(resources), "verbs": words(verbs)})
            })
            .collect();
        let collection = self.0.path("rbac.authorization.k8s.io/v1", "roles");
        let role = self
            .0
            .cluster
            .create(&collection, &json!({"metadata": {"generateName": "test-"}, "rules": rules}));
        self.0.bind(account, "Role", role["metadata"]["name"].as_str().unwrap());
    }

    /// All that was made for an application, by `kind/name`: what is named after it, and what belongs to such an object.
    pub fn objects(&self, application: &str) -> BTreeMap<String, Json> {
        let mut all = BTreeMap::new();
        let begin = format!("{application}-");
        for (kind, version, plural) in KINDS {
            let list = self.0.cluster.get(&self.0.path(version, plural));
            for item in list["items"].as_array().unwrap() {
                let name = item["metadata"]["name"].as_str().unwrap();
                let mut owners = item["metadata"]["ownerReferences"].as_array().into_iter().flatten();
                let owned = owners.any(|owner| owner["name"].as_str().unwrap().starts_with(&begin));
                if owned || name.starts_with(&begin) {
                    all.insert(format!("{kind}/{name}"), item.clone());
                }
            }
        }
        all
    }

    /// Waits until nothing is left of an application.
    #[track_caller]
    pub fn assert_nothing_is_left_of(&self, application: &str) {
        eventually(&format!("all of {application} to be gone"), || {
            let left: Vec<_> = self.objects(application).into_keys().collect();
            if left.is_empty() { Ok(()) } else { Err(left.join(", ")) }
        });
    }

    /// The driver pod, as soon as it is in this phase.
    #[track_caller]
    pub fn driver_in_phase(&self, name: &str, phase: &str) -> Json {
        eventually(&format!("{name} to be {phase}"), || {
            let pod = self.0.cluster.get(&format!("{}/{name}", self.0.path("v1", "pods")));
            if pod["status"]["phase"] == phase { Ok(pod) } else { Err(pod["status"].to_string()) }
        })
    }
}

/// The only owner of an object: its kind and uid.
#[track_caller]
pub fn owner(object: &Json) -> (String, String) {
    let owners = object["metadata"]["ownerReferences"].as_array().expect("an owner");
    assert_eq!(owners.len(), 1, "{owners:?}");
    assert_eq!(owners[0]["controller"], true);
    (owners[0]["kind"].as_str().unwrap().to_owned(), owners[0]["uid"].as_str().unwrap().to_owned())
}

pub fn uid(object: &Json) -> String {
    object["metadata"]["uid"].as_str().unwrap().to_owned()
}
