//! The whole process beside real `helm template`, in turns, on the same machine.
//!
//! Run with `cargo bench --bench process`; HELM3 and HELM4 hold the paths of the Helm binaries (tests/tools/helm
//! installs them). Helm renders a chart of one empty ConfigMap, which is less than ours: its figure is a floor.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each command; odd, so that the median is a run.
const RUNS: usize = 41;

fn main() {
    let chart = tempfile::tempdir().unwrap();
    fs::create_dir(chart.path().join("templates")).unwrap();
    fs::write(chart.path().join("Chart.yaml"), "apiVersion: v2\nname: floor\nversion: 1.0.0\n").unwrap();
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: floor\n";
    fs::write(chart.path().join("templates/floor.yaml"), template).unwrap();

    let mut commands = vec![ours(&["render"]), ours(&["render", "--preset", "everything"])];
    for variable in ["HELM3", "HELM4"] {
        match std::env::var(variable) {
            Ok(path) => commands.push(helm(variable, &path, chart.path())),
            Err(_) => println!("{variable} is not set: tests/tools/helm installs Helm"),
        }
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); commands.len()];
    for _ in 0..RUNS {
        for ((_, command), times) in commands.iter_mut().zip(&mut times) {
            let start = Instant::now();
            assert!(command.status().unwrap().success());
            times.push(start.elapsed());
        }
    }
    let medians: Vec<Duration> = times.iter_mut().map(|t| median(t)).collect();
    println!("{:<44} {:>10} {:>22}", "process", "median", "times our defaults");
    for ((name, _), median) in commands.iter().zip(&medians) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("{name:<44} {:>7.2} ms {ratio:>22.1}", median.as_secs_f64() * 1e3);
    }
}

fn ours(args: &[&str]) -> (String, Command) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spark-operator"));
    command.args(args).stdout(Stdio::null());
    (format!("spark-operator {}", args.join(" ")), command)
}

fn helm(variable: &str, path: &str, chart: &Path) -> (String, Command) {
    let mut command = Command::new(path);
    command.args(["template", "floor"]).arg(chart).stdout(Stdio::null());
    (format!("helm template, one ConfigMap ({variable})"), command)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
