//! A cluster, namespaces in it, and the operator as a process.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::stream::{StreamExt, iter};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::json;
use spark_operator::api::SparkApplication;

/// Requests of the bench, and of the bare client, at a time.
pub const AT_ONCE: usize = 32;
/// How long a fake driver runs, in seconds.
const RUNS: &str = "1";
/// Longest time for anything.
pub const LIMIT: Duration = Duration::from_hours(2);

pub struct Place {
    pub kubeconfig: PathBuf,
    pub client: Client,
}

impl Place {
    pub async fn new(kubeconfig: String) -> Self {
        let read = Kubeconfig::read_from(&kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args(["crds", "apply"])
            .env("KUBECONFIG", &kubeconfig)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        Self { kubeconfig: kubeconfig.into(), client: Client::try_from(config).unwrap() }
    }

    /// A namespace for a purpose.
    pub async fn namespace(&self, purpose: &str) -> String {
        let name = format!("bench-{purpose}-{}", std::process::id());
        let object: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        Api::all(self.client.clone()).create(&PostParams::default(), &object).await.unwrap();
        // Its default account comes a moment later.
        tokio::time::sleep(Duration::from_secs(2)).await;
        name
    }

    /// Deletes a namespace and waits until it is gone: the next measurement begins in a quiet cluster.
    pub async fn forget(&self, namespace: &str) {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let _ = api.delete(namespace, &DeleteParams::default()).await;
        while api.get_opt(namespace).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Creates so many applications, as fast as the API server takes them, or one every so often.
    pub async fn create(
        &self,
        namespace: &str,
        count: usize,
        every: Option<Duration>,
        created: impl Fn(String),
    ) {
        let api: Api<SparkApplication> = Api::namespaced(self.client.clone(), namespace);
        let begun = Instant::now();
        let due = |number| begun + every.unwrap_or_default() * number;
        iter(1..=count as u32)
            .then(|number| async move {
                tokio::time::sleep_until(due(number).into()).await;
                name(number as usize)
            })
            .map(|name| {
                let (api, created) = (api.clone(), &created);
                async move {
                    api.create(&PostParams::default(), &application(namespace, &name)).await.unwrap();
                    created(name);
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<()>>()
            .await;
    }
}

/// Names of one length, so that all lives have as many bytes.
pub fn name(number: usize) -> String {
    format!("application-{number:05}")
}

pub fn application(namespace: &str, name: &str) -> SparkApplication {
    serde_json::from_value(json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": "data"}},
        "spec": {
            "type": "Scala", "sparkVersion": "4.0.5", "image": "localhost/spark:4.0.5",
            "mainClass": "org.apache.spark.examples.SparkPi",
            "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar", "arguments": ["10"],
            "driver": {"memory": "512m", "annotations": {"kwok.sparkoperator.k8s.io/run-for": RUNS}},
            "executor": {"instances": 2, "memory": "512m"},
        },
    }))
    .unwrap()
}

/// The operator, for one namespace.
pub struct Operator {
    child: Child,
    log: PathBuf,
    metrics: u16,
}

impl Operator {
    pub fn start(kubeconfig: &Path, namespace: &str, submitter: &str) -> Self {
        let log = std::env::temp_dir().join(format!("{namespace}.log"));
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args([
                "controller",
                "start",
                "--health-probe-bind-address=0",
                "--controller-threads=20",
                "--enable-metrics",
            ])
            .args([format!("--namespaces={namespace}"), format!("--kubeconfig={}", kubeconfig.display())])
            .args([format!("--submitter={submitter}"), format!("--metrics-bind-address=127.0.0.1:{metrics}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log, metrics }
    }

    /// Seconds of CPU, its own and those of processes that it waited for.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: f64 = fields[11..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        ticks / 100.0
    }

    /// A line of /proc/PID/status in MiB.
    pub fn memory(&self, line: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let found = status.lines().find(|found| found.starts_with(line)).unwrap();
        found.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Requests to the API server so far.
    pub fn calls(&self) -> f64 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.metrics)).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("rest_client_requests_total"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Writes so far: of events, and of all else.
    pub fn writes(&self) -> (usize, usize) {
        let log = fs::read_to_string(&self.log).unwrap();
        let wrote = log.lines().filter(|line| line.contains("\"message\":\"wrote\""));
        let (events, others): (Vec<_>, Vec<_>) =
            wrote.partition(|line| line.contains("\"resource\":\"events\""));
        (events.len(), others.len())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}
