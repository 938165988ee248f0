//! What a submission costs: building it, its objects, and native submission beside real spark-submit and beside a bare
//! client that creates the same objects.
//!
//! `cargo bench --bench submission`. The second part needs a cluster of `tests/cluster/up kwok` (TEST_KUBECONFIG), real
//! spark-submit there the folder of a Spark (SPARK_HOME: `tests/tools/spark 4.0.5` prints one), the submitter `job` a
//! cluster of `tests/cluster/up node` (TEST_NODE_KUBECONFIG). What is missing is said and left out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

#[path = "operator/token.rs"]
mod token;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::{try_join, try_join_all};
use futures::stream::{FuturesUnordered, iter};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service, ServiceAccount};
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::runtime::client::Connection;
use spark_operator::runtime::lanes::Lane;
use spark_operator::spark::{Compiled, Identity, Objects, Settings, SubmissionId, build, compile};
use spark_operator::submit::{Job, Native, SparkSubmit, Submitter};

/// How often each thing is built.
const BUILDS: u32 = 2_000;
/// Native submissions, and how many run at once.
const NATIVE: usize = 300;
const AT_ONCE: usize = 20;
/// Submissions by spark-submit, one after the other: each takes seconds.
const SPARK_SUBMIT: usize = 5;
const JOBS: usize = 3;
const LIMIT: Duration = Duration::from_mins(5);

fn main() {
    for (name, application) in [("typical", typical(0)), ("with everything", everything())] {
        pure(name, &application);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match std::env::var("TEST_KUBECONFIG") {
        Ok(kubeconfig) => runtime.block_on(on_cluster(&kubeconfig)),
        Err(_) => println!("TEST_KUBECONFIG is not set: nothing is submitted"),
    }
    match std::env::var("TEST_NODE_KUBECONFIG") {
        Ok(kubeconfig) => runtime.block_on(jobs(&kubeconfig)),
        Err(_) => println!("TEST_NODE_KUBECONFIG is not set: nothing is submitted by `job`"),
    }
}

fn typical(number: usize) -> SparkApplication {
    serde_json::from_value(json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
        "metadata": {"name": format!("pi-{number}"), "namespace": "bench", "labels": {"team": "data"}},
        "spec": {
            "type": "Scala", "sparkVersion": "4.0.5", "image": "localhost/spark:4.0.5",
            "mainClass": "org.apache.spark.examples.SparkPi",
            "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar", "arguments": ["10"],
            "sparkConf": {"spark.eventLog.enabled": "false", "spark.ui.port": "4041"},
            "driver": {"memory": "512m", "serviceAccount": "spark", "env": [{"name": "A", "value": "b"}]},
            "executor": {"instances": 2, "memory": "512m"},
        },
    }))
    .unwrap()
}

/// As large as applications get: 200 variables, 200 keys, sidecars, volumes.
fn everything() -> SparkApplication {
    let mut application = typical(0);
    let spec = &mut application.spec;
    let numbers = || 0..200;
    spec.spark_conf =
        Some(numbers().map(|n| (format!("spark.key.{n}"), format!("value = {n}: #\n"))).collect());
    let env: Vec<Json> =
        numbers().map(|n| json!({"name": format!("VARIABLE_{n}"), "value": "x".repeat(n)})).collect();
    let extra = json!({
        "env": env, "sidecars": [{"name": "side", "image": "side:1"}], "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
        "tolerations": [{"key": "k", "operator": "Exists"}], "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "template": {"spec": {"containers": [{"name": "spark", "resources": {"limits": {"cpu": "2"}}}]}},
    });
    spec.volumes = serde_json::from_value(json!([{"name": "data", "emptyDir": {}}])).unwrap();
    for pod in [&mut spec.driver.pod, &mut spec.executor.pod] {
        let mut json = serde_json::to_value(&*pod).unwrap();
        json.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        *pod = serde_json::from_value(json).unwrap();
    }
    application
}

fn compiled(application: &SparkApplication, number: usize) -> Compiled {
    let mut identity =
        Identity::of(application, SubmissionId::of("bench", 0, i32::try_from(number).unwrap()), 0);
    identity.owner = None;
    compile(application, identity, &Settings::default()).unwrap()
}

fn bytes(objects: &Objects) -> Vec<usize> {
    fn size(object: &impl Serialize) -> usize {
        serde_json::to_vec(object).unwrap().len()
    }
    let mut sizes = vec![size(&objects.pod), size(&objects.service)];
    sizes.extend(objects.config_maps.iter().map(size));
    sizes.extend(objects.claims.iter().map(size));
    sizes.extend(objects.network_policy.iter().map(size));
    sizes
}

/// Microseconds of one, the median of many.
fn microseconds(mut one: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..BUILDS)
        .map(|_| {
            let start = Instant::now();
            one();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn pure(name: &str, application: &SparkApplication) {
    let objects = build(&compiled(application, 0)).unwrap();
    let sizes = bytes(&objects);
    let built = microseconds(|| drop(build(&compiled(application, 0)).unwrap()));
    // What sending them costs at least.
    let written = microseconds(|| drop(bytes(&objects)));
    println!(
        "{name}: built in {built:.0} µs, {:.1} times writing its objects as JSON ({written:.0} µs); {} objects, {} bytes",
        built / written,
        sizes.len(),
        sizes.iter().sum::<usize>()
    );
}

async fn connect(kubeconfig: &str) -> (Connection, String) {
    let read = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    (Connection::of(Client::try_from(config).unwrap(), server.clone(), LIMIT), server)
}

/// A namespace of this run, with the account of Spark; it is deleted at the end.
async fn namespace(client: &Client, name: &str) -> Api<Namespace> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    create(&namespaces, &json!({"metadata": {"name": name}})).await;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), name);
    create(&accounts, &json!({"metadata": {"name": "spark"}})).await;
    namespaces
}

async fn create<K>(api: &Api<K>, object: &Json)
where
    K: Clone + Serialize + serde::de::DeserializeOwned + Debug,
{
    let object: K = serde_json::from_value(object.clone()).unwrap();
    let _ = api.create(&PostParams::default(), &object).await;
}

/// CPU seconds of this process, or of its children that have ended.
fn cpu(who: UsageWho) -> f64 {
    let usage = getrusage(who).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

struct Cost {
    what: String,
    wall: f64,
    cpu: f64,
    count: usize,
}

fn report(costs: &[Cost]) {
    println!("{:<44} {:>10} {:>12} {:>12}", "submission", "per minute", "wall each", "CPU each");
    for Cost { what, wall, cpu, count } in costs {
        let count = *count as f64;
        println!(
            "{what:<44} {:>10.0} {:>9.1} ms {:>9.2} ms",
            count / wall * 60.0,
            wall / count * 1e3,
            cpu / count * 1e3
        );
    }
}

async fn on_cluster(kubeconfig: &str) {
    let (cluster, server) = connect(kubeconfig).await;
    let name = format!("bench-{}", std::process::id());
    let namespaces = namespace(&cluster.client, &name).await;
    let submissions = |from: usize, count: usize| -> Vec<Compiled> {
        let mut applications: Vec<_> = (from..from + count).map(typical).collect();
        for application in &mut applications {
            application.metadata.namespace = Some(name.clone());
        }
        applications
            .iter()
            .enumerate()
            .map(|(number, application)| compiled(application, from + number))
            .collect()
    };
    let mut costs = Vec::new();

    // First, while the cluster has nothing else to do: it is busy with many pods for a while after they are created.
    let one_by_one = submissions(2 * NATIVE, NATIVE);
    costs.push(one_after_the_other("native", &Native, &one_by_one, &cluster, UsageWho::RUSAGE_SELF).await);
    match std::env::var_os("SPARK_HOME").map(PathBuf::from) {
        Some(spark_home) => {
            let master = format!("k8s://{server}");
            let kubeconfig = Some(token::kubeconfig(&cluster.client, Path::new(kubeconfig), &name).await);
            let applications = submissions(3 * NATIVE, SPARK_SUBMIT);
            let submitter = SparkSubmit { spark_home, master, kubeconfig, classes: None };
            costs.push(
                one_after_the_other(
                    "spark-submit",
                    &submitter,
                    &applications,
                    &cluster,
                    UsageWho::RUSAGE_CHILDREN,
                )
                .await,
            );
        }
        None => println!("SPARK_HOME is not set: real spark-submit is left out"),
    }

    let all = submissions(0, NATIVE);
    let (start, used) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
    let lane = Lane::new(AT_ONCE);
    let running: FuturesUnordered<_> = all
        .iter()
        .map(async |application| {
            let _turn = lane.turn(&application.namespace, 0).await;
            Native.submit(application, &cluster.within(LIMIT)).await.unwrap();
        })
        .collect();
    running.collect::<Vec<()>>().await;
    let wall = start.elapsed().as_secs_f64();
    costs.push(Cost {
        what: format!("native, {AT_ONCE} at once"),
        wall,
        cpu: cpu(UsageWho::RUSAGE_SELF) - used,
        count: NATIVE,
    });

    let bare = submissions(NATIVE, NATIVE);
    let objects: Vec<Objects> = bare.iter().map(|application| build(application).unwrap()).collect();
    let (start, used) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
    iter(objects)
        .for_each_concurrent(AT_ONCE, |objects| bare_creation(&cluster.client, &name, objects))
        .await;
    let ceiling = start.elapsed().as_secs_f64();
    costs.push(Cost {
        what: format!("bare creation of the same, {AT_ONCE} at once"),
        wall: ceiling,
        cpu: cpu(UsageWho::RUSAGE_SELF) - used,
        count: NATIVE,
    });
    println!("native reaches {:.0} % of the bare client's rate", ceiling / wall * 100.0);
    report(&costs);
    let _ = namespaces.delete(&name, &DeleteParams::background()).await;
}

async fn bare_creation(client: &Client, namespace: &str, mut objects: Objects) {
    let parameters = PostParams::default();
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let pod = pods.create(&parameters, &objects.pod).await.unwrap();
    objects.own(&pod);
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let maps = try_join_all(objects.config_maps.iter().map(|map| maps.create(&parameters, map)));
    try_join(services.create(&parameters, &objects.service), maps).await.unwrap();
}

async fn one_after_the_other(
    name: &str,
    submitter: &dyn Submitter,
    applications: &[Compiled],
    cluster: &Connection,
    who: UsageWho,
) -> Cost {
    let (start, used) = (Instant::now(), cpu(who));
    for application in applications {
        submitter.submit(application, &cluster.within(LIMIT)).await.unwrap();
    }
    let wall = start.elapsed().as_secs_f64();
    Cost {
        what: format!("{name}, one after the other"),
        wall,
        cpu: cpu(who) - used,
        count: applications.len(),
    }
}

/// By `job` on a real node: what it takes until the driver is there. Its CPU is spent in the Job's pod.
async fn jobs(kubeconfig: &str) {
    let (cluster, _) = connect(kubeconfig).await;
    let name = format!("bench-{}", std::process::id());
    let namespaces = namespace(&cluster.client, &name).await;
    let roles: Api<k8s_openapi::api::rbac::v1::RoleBinding> = Api::namespaced(cluster.client.clone(), &name);
    let binding = json!({
        "metadata": {"name": "spark"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "spark", "namespace": name}],
    });
    create(&roles, &binding).await;
    let mut applications: Vec<_> = (0..JOBS).map(typical).collect();
    for application in &mut applications {
        application.metadata.namespace = Some(name.clone());
    }
    let all: Vec<_> =
        applications.iter().enumerate().map(|(number, application)| compiled(application, number)).collect();
    let mut cost = one_after_the_other("job", &Job, &all, &cluster, UsageWho::RUSAGE_SELF).await;
    cost.what += ", on a real node (CPU: of the operator)";
    report(&[cost]);
    let _ = namespaces.delete(&name, &DeleteParams::background()).await;
}
