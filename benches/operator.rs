//! The operator under load: how fast applications become drivers and how soon their end is known, what it costs the
//! operator, and how fast a bare client does the same writes.
//!
//! `cargo bench --bench operator`, with a cluster of `tests/cluster/up kwok` (TEST_KUBECONFIG). `APPLICATIONS` says how many
//! at once (30,300,1000,3000); `SUBMITTER` how (native; spark-submit needs SPARK_HOME); `RECORDS=6000` measures the memory
//! that so many applications with six pods each take instead.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use std::collections::HashMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::stream::{StreamExt, TryStreamExt, iter};
use k8s_openapi::api::core::v1::{Event, Namespace, Pod, Service};
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::watcher::{Config as Watch, Event as Watched, watcher};
use kube::{Api, Client, Config, ResourceExt};
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::controller::ui;
use spark_operator::runtime::client::Connection;
use spark_operator::spark::{Identity, Settings, SubmissionId, compile};
use spark_operator::submit::{Native, Submitter};

/// Requests of the bench that creates applications, and of the bare client, at a time.
const AT_ONCE: usize = 32;
/// How long a fake driver runs.
const RUNS: &str = "1";
const LIMIT: Duration = Duration::from_mins(30);

fn main() {
    let Ok(kubeconfig) = std::env::var("TEST_KUBECONFIG") else {
        println!("TEST_KUBECONFIG is not set: nothing is measured");
        return;
    };
    let counts = std::env::var("APPLICATIONS").unwrap_or_else(|_| "30,300,1000,3000".to_owned());
    let submitter = std::env::var("SUBMITTER").unwrap_or_else(|_| "native".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new(kubeconfig).await;
        if let Ok(records) = std::env::var("RECORDS") {
            return bench.memory(records.parse().unwrap()).await;
        }
        for count in counts.split(',').map(|count| count.trim().parse().unwrap()) {
            let ceiling = if submitter == "native" { Some(bench.bare(count).await) } else { None };
            bench.operator(count, &submitter, ceiling).await;
        }
    });
}

struct Bench {
    kubeconfig: String,
    client: Client,
}

/// What was seen of an application, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    created: Option<Instant>,
    driver: Option<Instant>,
    submitted: Option<Instant>,
    driver_ended: Option<Instant>,
    ended: Option<Instant>,
}

type Sights = Arc<Mutex<HashMap<String, Seen>>>;

fn application(namespace: &str, name: &str) -> SparkApplication {
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

/// The value at this share of the sorted, in milliseconds.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = ((times.len() as f64 - 1.0) * share).round() as usize;
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

struct Operator {
    child: Child,
    log: std::path::PathBuf,
}

impl Operator {
    fn start(kubeconfig: &str, namespace: &str, flags: &[String]) -> Self {
        let log = std::env::temp_dir().join(format!("{namespace}.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args(["controller", "start", "--health-probe-bind-address=0", "--controller-threads=20"])
            .args([format!("--namespaces={namespace}"), format!("--kubeconfig={kubeconfig}")])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Seconds of CPU, its own and those of processes that it waited for.
    fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: f64 = fields[11..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        ticks / 100.0
    }

    /// A line of /proc/PID/status in MiB.
    fn memory(&self, line: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let found = status.lines().find(|found| found.starts_with(line)).unwrap();
        found.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn writes(&self) -> usize {
        fs::read_to_string(&self.log)
            .unwrap()
            .lines()
            .filter(|line| line.contains("\"message\":\"wrote\""))
            .count()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}

impl Bench {
    async fn new(kubeconfig: String) -> Self {
        let read = Kubeconfig::read_from(&kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
            .args(["crds", "apply"])
            .env("KUBECONFIG", &kubeconfig)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        Self { kubeconfig, client: Client::try_from(config).unwrap() }
    }

    async fn namespace(&self, name: &str) -> String {
        let name = format!("{name}-{}", std::process::id());
        let object: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        Api::all(self.client.clone()).create(&PostParams::default(), &object).await.unwrap();
        // Its default account comes a moment later.
        tokio::time::sleep(Duration::from_secs(2)).await;
        name
    }

    /// Deletes a namespace and waits until it is gone: the next measurement begins in a quiet cluster.
    async fn forget(&self, namespace: &str) {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let _ = api.delete(namespace, &DeleteParams::default()).await;
        while api.get_opt(namespace).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Watches drivers and applications of a namespace.
    fn watch(&self, namespace: &str) -> Sights {
        let sights = Sights::default();
        let (pods, seen): (Api<Pod>, _) =
            (Api::namespaced(self.client.clone(), namespace), Arc::clone(&sights));
        tokio::spawn(async move {
            let mut stream = std::pin::pin!(watcher(pods, Watch::default().labels("spark-role=driver")));
            while let Some(event) = stream.next().await {
                if let Ok(Watched::Apply(pod) | Watched::InitApply(pod)) = event {
                    let name = pod.labels()["sparkoperator.k8s.io/app-name"].clone();
                    let mut seen = seen.lock().unwrap();
                    let seen = seen.entry(name).or_default();
                    seen.driver.get_or_insert_with(Instant::now);
                    let phase = pod.status.and_then(|status| status.phase).unwrap_or_default();
                    if phase == "Succeeded" || phase == "Failed" {
                        seen.driver_ended.get_or_insert_with(Instant::now);
                    }
                }
            }
        });
        let (apps, seen): (Api<SparkApplication>, _) =
            (Api::namespaced(self.client.clone(), namespace), Arc::clone(&sights));
        tokio::spawn(async move {
            let mut stream = std::pin::pin!(watcher(apps, Watch::default()));
            while let Some(event) = stream.next().await {
                if let Ok(Watched::Apply(app) | Watched::InitApply(app)) = event {
                    let state = app
                        .status
                        .as_ref()
                        .and_then(|status| status.application_state.clone())
                        .unwrap_or_default();
                    let mut seen = seen.lock().unwrap();
                    let seen = seen.entry(app.name_any()).or_default();
                    match state.state.as_str() {
                        "SUBMITTED" | "RUNNING" => _ = seen.submitted.get_or_insert_with(Instant::now),
                        "COMPLETED" | "FAILED" => _ = seen.ended.get_or_insert_with(Instant::now),
                        _ => {}
                    }
                }
            }
        });
        sights
    }

    /// Creates so many applications, as fast as the API server takes them.
    async fn create(&self, namespace: &str, count: usize, sights: &Sights) {
        let api: Api<SparkApplication> = Api::namespaced(self.client.clone(), namespace);
        iter(0..count)
            .map(|number| {
                let api = api.clone();
                async move {
                    let name = format!("app-{number}");
                    api.create(&PostParams::default(), &application(namespace, &name)).await.unwrap();
                    sights.lock().unwrap().entry(name).or_default().created = Some(Instant::now());
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<()>>()
            .await;
    }

    async fn operator(&self, count: usize, submitter: &str, ceiling: Option<f64>) {
        let namespace = self.namespace("bench-operator").await;
        let sights = self.watch(&namespace);
        let flags = [format!("--submitter={submitter}")];
        let operator = Operator::start(&self.kubeconfig, &namespace, &flags);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (cpu, begun) = (operator.cpu(), Instant::now());
        self.create(&namespace, count, &sights).await;
        while sights.lock().unwrap().values().filter(|seen| seen.ended.is_some()).count() < count {
            assert!(begun.elapsed() < LIMIT, "{:?}", sights.lock().unwrap().values().next());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let all = sights.lock().unwrap().clone();
        // Events come behind.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let between = |from: fn(&Seen) -> Option<Instant>, to: fn(&Seen) -> Option<Instant>| {
            let pairs = all.values().filter_map(|seen| Some((from(seen)?, to(seen)?)));
            pairs.map(|(from, to)| to.saturating_duration_since(from)).collect::<Vec<_>>()
        };
        let last = |at: fn(&Seen) -> Option<Instant>| {
            let last = all.values().filter_map(at).max().unwrap();
            last.duration_since(begun).as_secs_f64()
        };
        let mut latency = between(|seen| seen.created, |seen| seen.driver);
        let mut lag = between(|seen| seen.driver_ended, |seen| seen.ended);
        let (drivers, ended) = (last(|seen| seen.driver), last(|seen| seen.ended));
        println!(
            "{submitter}, {count} at once: all drivers after {drivers:.1} s ({:.0} a minute), all ended after {ended:.1} s",
            count as f64 / drivers * 60.0
        );
        println!(
            "  from creation to driver: p50 {:.0} ms, p99 {:.0} ms; from the driver's end to the status: p50 {:.0} ms, p99 {:.0} ms",
            percentile(&mut latency, 0.5),
            percentile(&mut latency, 0.99),
            percentile(&mut lag, 0.5),
            percentile(&mut lag, 0.99)
        );
        println!(
            "  CPU of the operator {:.1} ms and {:.1} writes for each (events among them); memory at its most {:.0} MiB",
            (operator.cpu() - cpu) / count as f64 * 1e3,
            operator.writes() as f64 / count as f64,
            operator.memory("VmHWM")
        );
        if let Some(ceiling) = ceiling {
            println!(
                "  a bare client that does the same writes needs {ceiling:.1} s: {:.0} % of its rate",
                ceiling / ended * 100.0
            );
        }
        drop(operator);
        self.forget(&namespace).await;
    }

    /// The same writes by a client that knows what to write: seconds.
    async fn bare(&self, count: usize) -> f64 {
        let namespace = self.namespace("bench-bare").await;
        let begun = Instant::now();
        iter(0..count)
            .map(|number| self.life(&namespace, format!("app-{number}")))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .unwrap();
        let took = begun.elapsed().as_secs_f64();
        self.forget(&namespace).await;
        took
    }

    /// The writes in the life of an application that completes.
    async fn life(&self, namespace: &str, name: String) -> Result<(), kube::Error> {
        let parameters = PostParams::default();
        let apps: Api<SparkApplication> = Api::namespaced(self.client.clone(), namespace);
        let services: Api<Service> = Api::namespaced(self.client.clone(), namespace);
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let mut app = apps.create(&parameters, &application(namespace, &name)).await?;
        let id = SubmissionId::of(&app.uid().unwrap(), 1, 1);
        let status = |state: &str| {
            json!({"applicationState": {"state": state}, "submissionID": id.as_str(), "submissionAttempts": 1,
                "executionAttempts": 1, "driverInfo": {"podName": format!("{name}-driver")},
                "lastSubmissionAttemptTime": "2026-11-28T00:00:00Z", "terminationTime": null,
                "sparkApplicationId": "spark-0123456789abcdef0123456789abcdef"})
        };
        let write = async |app: &SparkApplication, state: &str| {
            let mut next = app.clone();
            next.metadata.managed_fields = None;
            next.status = serde_json::from_value::<Json>(status(state)).and_then(serde_json::from_value).ok();
            apps.replace_status(&name, &PostParams::default(), &next).await
        };
        let tell = async |reason: &str| {
            let event: Event = serde_json::from_value(json!({
                "metadata": {"generateName": "app-", "namespace": namespace}, "reason": reason, "type": "Normal",
                "message": format!("SparkApplication {name} was submitted successfully"),
                "involvedObject": {"kind": "SparkApplication", "namespace": namespace, "name": name},
            }))
            .unwrap();
            events.create(&PostParams::default(), &event).await.map(drop)
        };
        app = write(&app, "").await?;
        let identity = Identity::of(&app, id.clone(), 0);
        let compiled = compile(&app, identity, &Settings::default()).unwrap();
        let cluster = Connection::of(self.client.clone(), "bench", LIMIT);
        Native.submit(&compiled, &cluster).await.unwrap();
        services.create(&parameters, &ui::service(&app, id.as_str())).await?;
        app = write(&app, "SUBMITTED").await?;
        tell("SparkApplicationSubmitted").await?;
        app = write(&app, "RUNNING").await?;
        tell("SparkDriverRunning").await?;
        app = write(&app, "SUCCEEDING").await?;
        tell("SparkDriverCompleted").await?;
        services.delete(&ui::name(&name), &DeleteParams::default()).await?;
        write(&app, "COMPLETED").await?;
        tell("SparkDriverCompleted").await?;
        tell("SparkApplicationCompleted").await
    }

    /// Memory with so many applications that are done, each with a driver and five executors.
    async fn memory(&self, count: usize) {
        let namespace = self.namespace("bench-memory").await;
        let apps: Api<SparkApplication> = Api::namespaced(self.client.clone(), &namespace);
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &namespace);
        let parameters = PostParams::default();
        iter(0..count)
            .map(|number| {
                let (apps, pods, parameters, namespace) = (apps.clone(), pods.clone(), parameters.clone(), namespace.clone());
                async move {
                    let name = format!("app-{number}");
                    let mut app = apps.create(&parameters, &application(&namespace, &name)).await?;
                    let executors: serde_json::Map<_, _> =
                        (1..6).map(|n| (format!("{name}-exec-{n}"), json!("COMPLETED"))).collect();
                    app.status = serde_json::from_value(json!({
                        "applicationState": {"state": "COMPLETED"}, "submissionID": "00000000-0000-4000-8000-000000000000",
                        "driverInfo": {"podName": format!("{name}-driver")}, "executorState": executors,
                        "terminationTime": "2026-11-28T00:00:00Z", "lastSubmissionAttemptTime": "2026-11-28T00:00:00Z",
                    }))
                    .ok();
                    app.metadata.managed_fields = None;
                    apps.replace_status(&name, &parameters, &app).await?;
                    for n in 0..6 {
                        let (role, pod) =
                            if n == 0 { ("driver", format!("{name}-driver")) } else { ("executor", format!("{name}-exec-{n}")) };
                        // A scheduler that nobody is: they stay, and cost nobody anything.
                        let object: Pod = serde_json::from_value(json!({
                            "metadata": {"name": pod, "labels": {
                                "spark-role": role, "spark-exec-id": n.to_string(), "sparkoperator.k8s.io/app-name": name,
                                "sparkoperator.k8s.io/submission-id": "00000000-0000-4000-8000-000000000000",
                                "sparkoperator.k8s.io/launched-by-spark-operator": "true",
                                "spark-app-selector": "spark-0123456789abcdef0123456789abcdef"}},
                            "spec": {"schedulerName": "nobody", "containers": [{"name": "spark", "image": "spark"}]},
                        }))
                        .unwrap();
                        let mut made = pods.create(&parameters, &object).await?;
                        made.metadata.managed_fields = None;
                        made.status = serde_json::from_value(json!({"phase": "Succeeded"})).ok();
                        pods.replace_status(&made.name_any(), &parameters, &made).await?;
                    }
                    Ok::<_, kube::Error>(())
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .unwrap();
        let empty = self.namespace("bench-empty").await;
        for (what, namespace) in [("nothing", &empty), ("all of them", &namespace)] {
            let operator = Operator::start(&self.kubeconfig, namespace, &[]);
            tokio::time::sleep(Duration::from_secs(25)).await;
            println!(
                "{count} applications with {} pods: with {what} watched {:.0} MiB now, {:.0} MiB at its most, {} writes",
                6 * count,
                operator.memory("VmRSS"),
                operator.memory("VmHWM"),
                operator.writes()
            );
        }
        self.forget(&empty).await;
        self.forget(&namespace).await;
    }
}
