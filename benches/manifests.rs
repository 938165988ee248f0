//! Patches, diff and lint of 4,000 documents as whole processes, beside real kustomize with the same patches.
//!
//! Run with `cargo bench --bench manifests`; KUSTOMIZE holds the path of the binary (tests/tools/kustomize installs
//! it). Each figure is the median of several runs in turns, with the largest memory that a run had.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// Runs of each command; odd, so that the median is a run.
const RUNS: usize = 5;

/// Documents of the input, which has about 1.4 MB then.
const DOCUMENTS: usize = 4000;

const PATCHES: &str = "\
- target: {kind: Deployment, name: app-0}
  operations:
  - {op: add, path: /spec/template/spec/containers/0/args/-, value: --added}
- target: {kind: Deployment, labelSelector: tier=web}
  expect: some
  merge: {spec: {template: {spec: {hostNetwork: true}}}}
";

const KUSTOMIZATION: &str = "\
resources: [all.yaml]
patches:
- target: {kind: Deployment, name: app-0}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --added}
- target: {kind: Deployment, labelSelector: tier=web}
  patch: |
    - {op: add, path: /spec/template/spec/hostNetwork, value: true}
";

struct Measured {
    what: String,
    command: Vec<String>,
    /// Bytes that it reads.
    input: usize,
    times: Vec<Duration>,
    kilobytes: usize,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--child") {
        return child(&args[at + 1..]);
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let before = documents();
    let after = before.replace("replicas: 3", "replicas: 4");
    fs::create_dir(at("kustomization")).unwrap();
    for (name, text) in [
        ("all.yaml", &before),
        ("after.yaml", &after),
        ("patches.yaml", &PATCHES.to_owned()),
        ("kustomization/all.yaml", &before),
        ("kustomization/kustomization.yaml", &KUSTOMIZATION.to_owned()),
    ] {
        fs::write(at(name), text).unwrap();
    }
    let ours = env!("CARGO_BIN_EXE_spark-operator").to_owned();
    let command = |what: &str, input: usize, command: &[&str]| Measured {
        what: what.to_owned(),
        command: command.iter().map(|part| (*part).to_owned()).collect(),
        input,
        times: Vec::new(),
        kilobytes: 0,
    };
    let mut commands = vec![
        command(
            "spark-operator patch apply",
            before.len(),
            &[&ours, "patch", "apply", &at("patches.yaml"), &at("all.yaml")],
        ),
        command(
            "spark-operator diff",
            before.len() + after.len(),
            &[&ours, "diff", &at("all.yaml"), &at("after.yaml")],
        ),
        command("spark-operator lint", before.len(), &[&ours, "lint", &at("all.yaml")]),
    ];
    match std::env::var("KUSTOMIZE") {
        Ok(path) => {
            commands.push(command("kustomize build", before.len(), &[&path, "build", &at("kustomization")]));
        }
        Err(_) => println!("KUSTOMIZE is not set: tests/tools/kustomize installs it"),
    }
    for _ in 0..RUNS {
        for measured in &mut commands {
            run(measured);
        }
    }
    println!("{DOCUMENTS} documents, {:.2} MB", as_f64(before.len()) / 1e6);
    println!(
        "{:<32} {:>10} {:>12} {:>10} {:>14}",
        "process", "median", "times patch", "memory", "times the input"
    );
    let first = median(&mut commands[0].times);
    for Measured { what, input, times, kilobytes, .. } in &mut commands {
        let time = median(times);
        let megabytes = as_f64(*kilobytes) / 1e3;
        println!(
            "{what:<32} {:>7.1} ms {:>12.1} {megabytes:>7.1} MB {:>14.1}",
            time.as_secs_f64() * 1e3,
            time.as_secs_f64() / first.as_secs_f64(),
            megabytes * 1e6 / as_f64(*input),
        );
    }
}

#[allow(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn as_f64(size: usize) -> f64 {
    size as f64
}

/// Runs a command through a process of our own, whose only child it is, so that the memory is that of this command.
fn run(measured: &mut Measured) {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("--child")
        .args(&measured.command)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (nanoseconds, kilobytes) = text.trim().split_once(' ').unwrap();
    measured.times.push(Duration::from_nanos(nanoseconds.parse().unwrap()));
    measured.kilobytes = measured.kilobytes.max(kilobytes.parse().unwrap());
}

fn child(command: &[String]) {
    let start = Instant::now();
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let time = start.elapsed().as_nanos();
    // A diff that finds something ends with 1, and so does lint.
    assert!(matches!(status.code(), Some(0 | 1)), "{command:?}: {status}");
    println!("{time} {}", getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss());
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A stream of applications: a Deployment, a Service, a ConfigMap and a ServiceAccount each.
fn documents() -> String {
    let mut text = String::new();
    for number in 0..DOCUMENTS / 4 {
        let tier = ["web", "db", "queue"][number % 3];
        let head = |api: &str, kind: &str| {
            format!(
                "---\napiVersion: {api}\nkind: {kind}\nmetadata:\n  name: app-{number}\n  namespace: team-{}\n  labels:\n    app: app-{number}\n    tier: {tier}\n  annotations:\n    example.com/owner: team-data@example.com\n",
                number % 50
            )
        };
        let _ = write!(
            text,
            "{}spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: app-{number}\n  template:\n    metadata:\n      labels:\n        app: app-{number}\n        tier: {tier}\n    spec:\n      containers:\n      - name: main\n        image: registry.example.com/team/app:{number}\n        args:\n        - --port=8080\n        - \"--name=app-{number}\"\n        ports:\n        - name: http\n          containerPort: 8080\n        resources:\n          limits:\n            cpu: 500m\n            memory: 256Mi\n        securityContext:\n          allowPrivilegeEscalation: false\n",
            head("apps/v1", "Deployment")
        );
        let _ = write!(
            text,
            "{}spec:\n  selector:\n    app: app-{number}\n  ports:\n  - name: http\n    port: 80\n    targetPort: http\n",
            head("v1", "Service")
        );
        let _ = write!(
            text,
            "{}data:\n  app.properties: |\n    name=app-{number}\n    # a comment in a text\n    color=blue\n  mode: \"on\"\n",
            head("v1", "ConfigMap")
        );
        text.push_str(&head("v1", "ServiceAccount"));
    }
    text
}
