//! The flags of `controller start`: those that the chart passes, those of Kubeflow's operator with one dash or two, and what
//! is said of those that are wrong or not built yet. No cluster: one that is taken ends at a kubeconfig that is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "security/case.rs"]
#[allow(dead_code, reason = "shared")]
mod case;

use std::process::Command;

use serde_json::Value as Json;
use spark_operator::values::PRESETS;

/// Exit code and what is said.
fn start(flags: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spark-operator"))
        .args(["controller", "start"])
        .args(["--kubeconfig=/no/such/kubeconfig", "--health-probe-bind-address=0"])
        .args(flags)
        .env_remove("SPARK_HOME")
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[track_caller]
fn taken(flags: &[&str]) {
    let (code, said) = start(flags);
    assert!(code == 3 && said.contains("/no/such/kubeconfig"), "{flags:?}: {code} {said}");
}

#[track_caller]
fn refused(flags: &[&str], words: &str) {
    let (code, said) = start(flags);
    assert!(code == 2 && said.contains(words), "{flags:?}: {code} {said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn every_flag_is_taken_with_one_dash_or_two_and_as_go_reads_it() {
    taken(&[]);
    taken(&["-zap-log-level=debug", "-namespaces=a,b", "-enable-ui-service", "-leader-election=F"]);
    taken(&[
        "--zap-log-level",
        "5",
        "--zap-encoder=console",
        "--zap-devel",
        "--zap-time-encoding=epoch",
        "--enable-http2=false",
    ]);
    taken(&[
        "--namespaces=\"\"",
        "--namespace-selector=team in (a)",
        "--controller-threads=20",
        "--cache-sync-timeout=1m30s",
    ]);
    taken(&["--kube-api-qps=20.5", "--kube-api-burst=30", "--workqueue-ratelimiter-bucket-qps=50"]);
    taken(&["--workqueue-ratelimiter-bucket-size=500", "--workqueue-ratelimiter-max-delay=6h"]);
    taken(&[
        "--driver-pod-creation-grace-period=0",
        "--max-tracked-executor-per-app=0",
        "--enable-driver-pdb=true",
    ]);
    taken(&["--feature-gates=PartialRestart=true,LoadSparkDefaults=false,AllBeta=true,RestSubmitter=false"]);
    taken(&["--feature-gates=DefaultTimeToLive=true", "--default-time-to-live-seconds=60"]);
    taken(&[
        "--enable-metrics",
        "--metrics-bind-address=0",
        "--metrics-endpoint=/m",
        "--metrics-prefix=a-",
        "--metrics-labels=app_type,a-b",
    ]);
    taken(&["--metrics-job-submit-latency-buckets=1,2.5", "--metrics-job-start-latency-buckets=30"]);
    taken(&["--state-deadlines=SUBMITTED=30m,New=1h", "--submitter=job", "--submitters-allowed=native,job"]);
    taken(&[
        "--submitter-rules=[{\"namespaces\":[\"a\"],\"type\":\"job\"}]",
        "--spark-default-images={\"4.0\":\"spark:4.0.5\"}",
    ]);
    taken(&["--label-selector-filter=a=b", "--scheduled-spark-application-timestamp-precision=minutes"]);
    taken(&[
        "--leader-election-lock-name=l",
        "--leader-election-lock-namespace=n",
        "--leader-election-lease-duration=20s",
    ]);
    // Switched off, what is not built is taken.
    taken(&[
        "--enable-batch-scheduler=false",
        "--pprof-bind-address=0",
        "--ingress-class-name=nginx",
        "--secure-metrics=false",
    ]);
}

#[test]
fn what_is_not_built_is_refused_when_it_is_switched_on() {
    for flag in [
        "--enable-batch-scheduler",
        "--default-batch-scheduler=volcano",
        "--ingress-url-format={{$appName}}.example.com",
        "--secure-metrics=true",
        "--pprof-bind-address=:6060",
        "--submitter-service-url=http://a",
    ] {
        refused(&[flag], "not built yet");
    }
    refused(&["--feature-gates=RestSubmitter=true"], "not built yet");
}

#[test]
fn what_is_wrong_is_told() {
    for (flag, words) in [
        ("--enable-ui-service=maybe", "must be true or false"),
        ("--driver-pod-creation-grace-period=10", "write a time such as 10s"),
        ("--state-deadlines=SUBMITED=1m", "SUBMITED is no state with a deadline: New, SUBMITTED"),
        ("--state-deadlines=COMPLETED=1m", "COMPLETED is no state with a deadline"),
        ("--state-deadlines=RUNNING", "write it as SUBMITTED=30m"),
        ("--feature-gates=Nonsense=true", "Nonsense is no gate of this operator"),
        ("--default-time-to-live-seconds=-1", "-1"),
        ("--metrics-bind-address=8080", "8080 is no address"),
        ("--metrics-job-submit-latency-buckets=2,1", "each must be greater"),
        ("--submitter=rest", "native, job, spark-submit"),
        ("--submitter-rules={}", "invalid type"),
        ("--spark-default-images=[]", "must be an object of texts"),
        ("--zap-log-level=6", "a number from 1 to 5"),
        ("--kube-api-qps=fast", "must be a number"),
        ("--no-such-flag=1", "--no-such-flag"),
    ] {
        refused(&[flag], words);
    }
    refused(&["--leader-election", "--leader-election-lease-duration=5s"], "must be longer than");
}

#[test]
fn weak_point_17_a_kubeconfig_that_says_nothing_is_told_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    for (text, code) in [("", 3), ("a: [", 3), ("clusters: 5", 3), ("apiVersion: v1\nkind: Config", 3)] {
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, text).unwrap();
        let (found, said) = start(&[&format!("--kubeconfig={}", path.display())]);
        assert_eq!(found, code, "{text}: {said}");
        assert!(said.contains(&path.display().to_string()) && !said.contains("panicked"), "{text}: {said}");
    }
}

#[test]
fn the_operator_starts_with_what_the_chart_passes() {
    let mut started = 0;
    for preset in PRESETS {
        let case = case::case(preset.name, "{}");
        let deployments = case.objects.iter().filter(|object| object.kind() == "Deployment");
        for deployment in deployments.filter(|object| object.name().ends_with("-controller")) {
            let args = &deployment.json["spec"]["template"]["spec"]["containers"][0]["args"];
            let args: Vec<String> = serde_json::from_value::<Vec<Json>>(args.clone())
                .unwrap()
                .iter()
                .map(|arg| arg.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(args[..2], ["controller", "start"], "{}", preset.name);
            let flags: Vec<_> = args[2..].iter().map(String::as_str).collect();
            let (code, said) = start(&flags);
            // Presets for features to come say so; all others start.
            if code == 2 {
                assert!(said.contains("not built yet"), "{}: {said}", preset.name);
                println!("preset {}: {}", preset.name, said.trim());
                continue;
            }
            assert_eq!(code, 3, "{}: {said}", preset.name);
            started += 1;
        }
    }
    println!("the operator starts with the arguments of {started} of {} presets", PRESETS.len());
    assert!(started > 10);
}
