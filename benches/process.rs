//! The whole process beside real `helm template` of the generated chart, in turns, on the same machine.
//!
//! Run with `cargo bench --bench process`; HELM3 and HELM4 hold the paths of the Helm binaries (tests/tools/helm
//! installs them). All print the same bytes.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each command; odd, so that the median is a run.
const RUNS: usize = 41;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts-out/spark-operator");

/// The API versions that the preset `everything` needs, for Helm.
const APIS: &str = "monitoring.coreos.com/v1/PodMonitor,monitoring.coreos.com/v1/ServiceMonitor,\
                    monitoring.coreos.com/v1/PrometheusRule,cert-manager.io/v1/Certificate,cert-manager.io/v1/Issuer";

fn main() {
    let everything = format!("{CHART}/ci/everything-values.yaml");
    let build = std::env::temp_dir().join("spark-operator-bench-chart");
    let mut groups = vec![
        ("defaults", vec![ours(&["render", "--skip-tests=false"])]),
        ("everything", vec![ours(&["render", "--skip-tests=false", "--preset", "everything"])]),
        ("chart", vec![ours(&["chart", "build", "--output", &build.to_string_lossy()])]),
    ];
    for variable in ["HELM3", "HELM4"] {
        let Ok(path) = std::env::var(variable) else {
            println!("{variable} is not set: tests/tools/helm installs Helm");
            continue;
        };
        let common =
            ["template", "spark-operator", CHART, "--namespace", "spark-operator", "--kube-version", "1.37"];
        groups[0].1.push(helm(variable, &path, &common));
        groups[1].1.push(helm(variable, &path, &[&common[..], &["-f", &everything, "-a", APIS]].concat()));
    }
    println!("{:<56} {:>10} {:>12}", "process", "median", "times ours");
    for (name, mut commands) in groups {
        let mut times: Vec<Vec<Duration>> = vec![Vec::new(); commands.len()];
        for _ in 0..RUNS {
            for ((_, command), times) in commands.iter_mut().zip(&mut times) {
                let start = Instant::now();
                assert!(command.status().unwrap().success());
                times.push(start.elapsed());
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|t| median(t).as_secs_f64() * 1e3).collect();
        for ((what, _), median) in commands.iter().zip(&medians) {
            println!("{:<56} {median:>7.2} ms {:>12.1}", format!("{name}: {what}"), median / medians[0]);
        }
    }
    // What the last run of `chart build` wrote.
    let _ = std::fs::remove_dir_all(build);
}

fn ours(args: &[&str]) -> (String, Command) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spark-operator"));
    command.args(args).stdout(Stdio::null());
    (format!("spark-operator {}", args[0]), command)
}

fn helm(variable: &str, path: &str, args: &[&str]) -> (String, Command) {
    let mut command = Command::new(path);
    command.args(args).stdout(Stdio::null());
    (format!("helm template ({variable})"), command)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
