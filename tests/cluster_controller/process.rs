//! The process: what it answers over HTTP, and the namespaces that it looks after.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::json;

use crate::operator::Operator;
use crate::place::{Place, driver, state_of};
use crate::support::eventually;

/// What metrics are among it.
const SERVED: &[&str] = &[
    "# TYPE spark_application_failure_execution_time_seconds summary",
    "# TYPE spark_application_submit_latency_seconds_histogram histogram",
    "# TYPE spark_application_start_latency_seconds_histogram histogram",
    "spark_application_submit_latency_seconds_histogram_bucket",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "controller_runtime_reconcile_total{controller=\"sparkapplication\",result=\"success\"}",
    "controller_runtime_reconcile_errors_total{controller=\"sparkapplication\"}",
    "controller_runtime_terminal_reconcile_errors_total{controller=\"sparkapplication\"} 0",
    "controller_runtime_reconcile_panics_total{controller=\"sparkapplication\"} 0",
    "controller_runtime_reconcile_timeouts_total{controller=\"sparkapplication\"} 0",
    "controller_runtime_reconcile_time_seconds_count{controller=\"sparkapplication\"}",
    "controller_runtime_max_concurrent_reconciles{controller=\"sparkapplication\"} ",
    "controller_runtime_active_workers{controller=\"sparkapplication\"} ",
    "workqueue_depth{name=\"sparkapplication\"} ",
    "workqueue_adds_total{name=\"sparkapplication\"} ",
    "workqueue_queue_duration_seconds_count{name=\"sparkapplication\"} ",
    "workqueue_work_duration_seconds_count{name=\"sparkapplication\"} ",
    "workqueue_unfinished_work_seconds{name=\"sparkapplication\"} ",
    "workqueue_longest_running_processor_seconds{name=\"sparkapplication\"} ",
    "workqueue_retries_total{name=\"sparkapplication\"}",
    "rest_client_requests_total{code=\"200\"",
];

/// A port that nobody listens at.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Status and body.
fn get(port: u16, path: &str) -> Result<(u16, String), std::io::Error> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok((head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default(), body.to_owned()))
}

#[test]
fn weak_point_58_metrics_have_names_that_can_be_read_and_a_restart_counts_nothing_twice() {
    let Some(place) = Place::new("process") else { return };
    let (health, metrics) = (port(), port());
    let flags = [
        format!("--health-probe-bind-address=127.0.0.1:{health}"),
        format!("--metrics-bind-address=127.0.0.1:{metrics}"),
        "--enable-metrics=true".to_owned(),
        "--metrics-labels=app_type,namespace,a-b".to_owned(),
        "--metrics-job-submit-latency-buckets=0.25,60".to_owned(),
        "--metrics-endpoint=/spark/metrics".to_owned(),
    ];
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let mut operator = place.operator(&flags);
    for path in ["/readyz", "/healthz"] {
        eventually(path, || match get(health, path) {
            Ok((200, body)) if body == "ok" => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
    operator.acts();
    place.create("good", &driver(&[("outcome", "run")]));
    place.create("bad", &driver(&[("outcome", "fail"), ("run-for", "0")]));
    place.create("refused", &json!({"driver": {"serviceAccount": "nobody"}}));
    let mut runs = driver(&[("outcome", "run")]);
    runs["executor"] = json!({"labels": {"app_type": "of executors"}});
    place.create("runs", &runs);
    let good = place.in_state("good", "RUNNING");
    for (number, phase, code) in [(1, "Succeeded", 0), (2, "Failed", 1)] {
        let executor = place.executor(&good, number);
        place.until("good", "to list it", |now| now["status"]["executorState"][&executor] == "RUNNING");
        place.ends(
            &executor,
            "spark-kubernetes-executor",
            phase,
            &json!({"exitCode": code, "reason": "Error"}),
        );
    }
    place.end("good-driver");
    place.in_state("good", "COMPLETED");
    place.in_state("bad", "FAILED");
    place.in_state("refused", "FAILED");
    let runs = place.in_state("runs", "RUNNING");
    place.executor(&runs, 1);
    let namespace = &place.namespace.name;
    let has_of = |of: &str, name: &str, value: &str| {
        let line = format!("{name}{{a_b=\"Unknown\",app_type=\"{of}\",namespace=\"{namespace}\"}} {value}");
        eventually(&line, || {
            let text = get(metrics, "/metrics").map_err(|error| error.to_string())?.1;
            if text.lines().any(|found| found == line) { Ok(()) } else { Err(text) }
        });
    };
    let has = |name: &str, value: &str| has_of("Unknown", name, value);
    has("spark_application_count", "4");
    has("spark_application_submit_count", "3");
    has("spark_application_failed_submission_count", "1");
    has("spark_application_success_count", "1");
    has("spark_application_failure_count", "2");
    has("spark_application_running_count", "1");
    has("spark_application_success_execution_time_seconds_count", "1");
    has("spark_application_submit_latency_seconds_count", "3");
    has_of("of executors", "spark_executor_running_count", "1");
    has("spark_executor_success_count", "1");
    has("spark_executor_failure_count", "1");
    // Where scrapers are sent to by the chart, and where they have always been.
    let text = get(metrics, "/spark/metrics").unwrap().1;
    assert!(text.contains("spark_application_count"), "{text}");
    let text = get(metrics, "/metrics").unwrap().1;
    let buckets = text
        .lines()
        .filter(|line| line.starts_with("spark_application_submit_latency_seconds_histogram_bucket"));
    let bounds: Vec<_> =
        buckets.filter_map(|line| line.split_once("le=\"")?.1.split_once('"')).map(|(le, _)| le).collect();
    assert_eq!(bounds, ["0.25", "60", "+Inf"], "{text}");
    // Each is explained.
    let documented = include_str!("../../docs/metrics.md");
    for name in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(documented.contains(&format!("`{name}`")), "docs/metrics.md says nothing of {name}");
    }
    for name in SERVED {
        assert!(text.contains(name), "{name}: {text}");
    }
    let tasks = text.lines().find_map(|line| line.strip_prefix("go_goroutines ")).unwrap();
    assert!(tasks.parse::<f64>().unwrap() > 1.0, "{tasks}");
    assert!(operator.stop().success());
    let _again = place.operator(&flags);
    has("spark_application_running_count", "1");
    has_of("of executors", "spark_executor_running_count", "1");
    let text = get(metrics, "/metrics").unwrap().1;
    for name in
        ["spark_application_count", "spark_application_submit_count", "spark_application_success_count"]
    {
        assert!(!text.contains(&format!("{name}{{")), "counted again: {name}");
    }
}

/// What is logged is what the level lets through, for people where it is to be.
#[test]
fn the_log_is_as_its_flags_say() {
    let Some(place) = Place::new("logs") else { return };
    let mut quiet = place.operator(&["--zap-log-level=error"]);
    place.create("quiet", &driver(&[]));
    place.in_state("quiet", "COMPLETED");
    assert!(quiet.stop().success());
    assert_eq!(quiet.log(), "");
    let mut console = place.operator(&["--zap-encoder=console"]);
    place.create("console", &driver(&[]));
    place.in_state("console", "COMPLETED");
    assert!(console.stop().success());
    let log = console.log();
    let line = log.lines().find(|line| line.contains("verb=\"create\" resource=\"pods\""));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains(" INFO ") && !line.contains(['{', '\u{1b}']), "{line}");
    println!("{line}");
    let mut debug = place.operator(&["--zap-log-level=4"]);
    debug.acts();
    assert!(debug.stop().success());
    assert!(debug.log().lines().count() > 0);
}

#[test]
fn weak_point_26_namespaces_are_selected_as_they_are_labelled() {
    let Some(place) = Place::new("selected") else { return };
    let label = format!("test={}", place.namespace.name);
    let flags = [format!("--namespace-selector={label}")];
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let operator = Operator::start(&place.cluster().kubeconfig(), &place.file("selected.log"), &flags);
    place.create("pi", &driver(&[("run-for", "0")]));
    operator.says("\"started\"");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(state_of(&place.get("pi")), "");
    let labels = json!({"metadata": {"labels": {"test": place.namespace.name}}});
    let path = format!("/api/v1/namespaces/{}", place.namespace.name);
    place.cluster().request("PATCH", &path, &labels).ok("label the namespace");
    place.in_state("pi", "COMPLETED");
    assert!(operator.wrote().iter().all(|line| line["namespace"] == place.namespace.name));
    // What was to be done later in one that is no longer selected is not done.
    let mut again = driver(&[("outcome", "fail"), ("run-for", "0")]);
    again["restartPolicy"] = json!({"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 5});
    place.create("again", &again);
    place.in_state("again", "FAILING");
    let unlabelled = json!({"metadata": {"labels": {"test": null}}});
    place.cluster().request("PATCH", &path, &unlabelled).ok("unlabel the namespace");
    operator.says("no longer selected");
    std::thread::sleep(std::time::Duration::from_secs(7));
    assert_eq!(state_of(&place.get("again")), "FAILING");
    place.cluster().request("PATCH", &path, &labels).ok("label the namespace again");
    place.in_state("again", "FAILED");
}

#[test]
fn drivers_are_protected_from_evictions_where_it_is_asked_for() {
    let Some(place) = Place::new("budget") else { return };
    place.may_protect_drivers();
    let _operator = place.operator(&["--enable-driver-pdb=true"]);
    let mut spec = driver(&[("outcome", "run")]);
    spec["driverPodDisruptionBudget"] = true.into();
    place.create("pi", &spec);
    place.create("other", &driver(&[("outcome", "run")]));
    place.in_state("pi", "RUNNING");
    place.in_state("other", "RUNNING");
    let budgets = || place.list("policy/v1", "poddisruptionbudgets");
    let names: Vec<_> = budgets().iter().map(|budget| budget["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["pi-driver"]);
    place.end("pi-driver");
    place.in_state("pi", "COMPLETED");
    assert!(budgets().is_empty());
}
