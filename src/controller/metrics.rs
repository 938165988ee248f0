//! Metrics of applications and executors, with the names and labels that dashboards of Kubeflow's operator read.
//!
//! What is found at the start, and was there before, is counted as it is now (what runs), but not as if it had just
//! happened: a restart counts nothing twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::{CounterVec, GaugeVec, HistogramOpts, HistogramVec, Opts, Registry};

use super::index::Changed;
use super::looks::Looks;
use super::pod::{Phase, Pod, Role};
use super::record::{Application, Key, time};
use super::state::State;
use crate::runtime::summary::Summary;

/// What metrics are called and told apart by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Put before each name. Flag `--metrics-prefix`.
    pub prefix: String,
    /// Labels of applications that metrics carry. Flag `--metrics-labels`.
    pub labels: Vec<String>,
    /// Flag `--metrics-job-submit-latency-buckets`, in seconds.
    pub submit_buckets: Vec<f64>,
    /// Flag `--metrics-job-start-latency-buckets`, in seconds.
    pub start_buckets: Vec<f64>,
}

/// The metrics.
#[derive(Debug)]
pub struct Metrics {
    labels: Vec<String>,
    created: CounterVec,
    submitted: CounterVec,
    failed_submissions: CounterVec,
    running: GaugeVec,
    succeeded: CounterVec,
    failed: CounterVec,
    success_time: Summary,
    failure_time: Summary,
    submit_latency: Summary,
    submit_latency_buckets: HistogramVec,
    start_latency: Summary,
    start_latency_buckets: HistogramVec,
    executors_running: GaugeVec,
    executors_succeeded: CounterVec,
    executors_failed: CounterVec,
    pub(super) looks: Looks,
    /// Labels under which something counts as running, by its uid: labels may change meanwhile.
    counted: Mutex<HashMap<String, Vec<String>>>,
}

/// A label's name as Prometheus takes it.
fn label(name: &str) -> String {
    let word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if word.starts_with(|c: char| c.is_ascii_digit()) { format!("_{word}") } else { word }
}

impl Metrics {
    /// The metrics, registered.
    ///
    /// # Errors
    /// Two labels have one name, or the prefix makes a name that Prometheus does not take.
    pub fn new(config: &Config, registry: &Registry) -> Result<Self, prometheus::Error> {
        let names: Vec<_> = config.labels.iter().map(|name| label(name)).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let full = |name: &str| format!("{}{name}", config.prefix).replace('-', "_");
        let register = |collector: Box<dyn Collector>| registry.register(collector);
        let counter = |name: &str, help: &str| {
            let made = CounterVec::new(Opts::new(full(name), help), &names)?;
            register(Box::new(made.clone())).map(|()| made)
        };
        let gauge = |name: &str, help: &str| {
            let made = GaugeVec::new(Opts::new(full(name), help), &names)?;
            register(Box::new(made.clone())).map(|()| made)
        };
        let summary = |name: &str, help: &str| {
            let made = Summary::new(&full(name), help, &names)?;
            register(Box::new(made.clone())).map(|()| made)
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let made =
                HistogramVec::new(HistogramOpts::new(full(name), help).buckets(buckets.to_vec()), &names)?;
            register(Box::new(made.clone())).map(|()| made)
        };
        Ok(Self {
            labels: config.labels.clone(),
            created: counter("spark_application_count", "SparkApplications created")?,
            submitted: counter("spark_application_submit_count", "SparkApplications submitted")?,
            failed_submissions: counter(
                "spark_application_failed_submission_count",
                "Submissions of SparkApplications that failed",
            )?,
            running: gauge("spark_application_running_count", "SparkApplications that run")?,
            succeeded: counter("spark_application_success_count", "SparkApplications completed")?,
            failed: counter("spark_application_failure_count", "SparkApplications failed")?,
            success_time: summary(
                "spark_application_success_execution_time_seconds",
                "Seconds from submission to the end of SparkApplications that completed",
            )?,
            failure_time: summary(
                "spark_application_failure_execution_time_seconds",
                "Seconds from submission to the end of SparkApplications that failed",
            )?,
            submit_latency: summary(
                "spark_application_submit_latency_seconds",
                "Seconds from creation to the first submission",
            )?,
            submit_latency_buckets: histogram(
                "spark_application_submit_latency_seconds_histogram",
                "Seconds from creation to the first submission",
                &config.submit_buckets,
            )?,
            start_latency: summary(
                "spark_application_start_latency_seconds",
                "Seconds from creation until the first driver runs",
            )?,
            start_latency_buckets: histogram(
                "spark_application_start_latency_seconds_histogram",
                "Seconds from creation until the first driver runs",
                &config.start_buckets,
            )?,
            executors_running: gauge("spark_executor_running_count", "Executors that run")?,
            executors_succeeded: counter("spark_executor_success_count", "Executors completed")?,
            executors_failed: counter("spark_executor_failure_count", "Executors failed")?,
            looks: Looks::new(registry)?,
            counted: Mutex::default(),
        })
    }

    /// The values of the labels: the first of these maps that has one counts.
    fn values(&self, labels: &[&BTreeMap<String, String>], namespace: &str) -> Vec<String> {
        let value = |name: &String| {
            let written =
                labels.iter().find_map(|labels| labels.get(name).or_else(|| labels.get(&label(name))));
            let namespace = (name == "namespace").then(|| namespace.to_owned());
            written.cloned().or(namespace).unwrap_or_else(|| "Unknown".to_owned())
        };
        self.labels.iter().map(value).collect()
    }

    /// An application was there before.
    pub fn found(&self, application: &Application) {
        let values = self.values(&[&application.labels], &application.key.namespace);
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        let runs = application.state() == State::Running;
        self.runs(&self.running, &application.uid, runs.then_some(&*values));
    }

    /// An application has changed.
    pub fn application(&self, changed: &Changed, now: Timestamp) {
        let before = changed.before.as_ref();
        let same = before.zip(changed.after.as_ref()).is_some_and(|(before, after)| before.uid == after.uid);
        if let Some(before) = before.filter(|_| !same) {
            self.runs(&self.running, &before.uid, None);
        }
        let Some(after) = &changed.after else { return };
        let state = after.state();
        let before = before.filter(|_| same).map(Application::state);
        let values = self.values(&[&after.labels], &after.key.namespace);
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        self.runs(&self.running, &after.uid, (state == State::Running).then_some(&*values));
        match before {
            None if state == State::New && after.submission().is_empty() => {
                self.created.with_label_values(&values).inc();
            }
            Some(before) if before != state => self.entered(after, state, &values, now),
            _ => {}
        }
    }

    fn entered(&self, application: &Application, state: State, values: &[&str], now: Timestamp) {
        let status = &application.status;
        let age = now.duration_since(application.created).as_secs_f64();
        let ran = || {
            let end = time(status.termination_time.as_ref())?;
            let start = time(status.last_submission_attempt_time.as_ref())?;
            Some(end.duration_since(start).as_secs_f64())
        };
        match state {
            State::Submitted => {
                self.submitted.with_label_values(values).inc();
                if status.submission_attempts == Some(1) {
                    self.submit_latency.observe(values, age);
                    self.submit_latency_buckets.with_label_values(values).observe(age);
                }
            }
            State::SubmissionFailed => self.failed_submissions.with_label_values(values).inc(),
            State::Running if status.execution_attempts == Some(1) => {
                self.start_latency.observe(values, age);
                self.start_latency_buckets.with_label_values(values).observe(age);
            }
            State::Completed => {
                self.succeeded.with_label_values(values).inc();
                if let Some(seconds) = ran() {
                    self.success_time.observe(values, seconds);
                }
            }
            State::Failed => {
                self.failed.with_label_values(values).inc();
                if let Some(seconds) = ran() {
                    self.failure_time.observe(values, seconds);
                }
            }
            _ => {}
        }
    }

    /// An executor pod of an application, where that is still there, has changed.
    pub fn pod(
        &self,
        application: Option<&Application>,
        key: &Key,
        before: Option<&Pod>,
        after: Option<&Pod>,
    ) {
        let Some(pod) = after.or(before).filter(|pod| matches!(pod.role, Role::Executor(_))) else { return };
        let labels = application.map(|it| [&it.wishes.executor_labels, &it.labels]);
        let values = self.values(labels.as_ref().map_or(&[], |labels| labels), &key.namespace);
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        let runs = after.is_some_and(|pod| pod.phase == Phase::Running);
        self.runs(&self.executors_running, &pod.uid, runs.then_some(&*values));
        let (Some(before), Some(after)) = (before, after) else { return };
        match (before.phase != after.phase).then_some(after.phase) {
            Some(Phase::Succeeded) => self.executors_succeeded.with_label_values(&values).inc(),
            Some(Phase::Failed) => self.executors_failed.with_label_values(&values).inc(),
            _ => {}
        }
    }

    /// Counts something as running under these labels, or no longer.
    fn runs(&self, gauge: &GaugeVec, uid: &str, labels: Option<&[&str]>) {
        let mut counted = self.counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (counted.contains_key(uid), labels) {
            (false, Some(labels)) => {
                gauge.with_label_values(labels).inc();
                counted.insert(uid.to_owned(), labels.iter().map(|&label| label.to_owned()).collect());
            }
            (true, None) => {
                if let Some(labels) = counted.remove(uid) {
                    gauge.with_label_values(&labels.iter().map(String::as_str).collect::<Vec<_>>()).dec();
                }
            }
            _ => {}
        }
    }
}
