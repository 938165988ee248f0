//! Metrics of the queue and of what is taken from it, under the names that controllers in Go have.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{CounterVec, HistogramOpts, HistogramVec, IntGauge, Opts, Registry};

use super::queue::Outcome;

/// What dashboards know this controller by.
const CONTROLLER: &str = "sparkapplication";

/// The metrics.
#[derive(Debug)]
pub(super) struct Looks {
    ended: CounterVec,
    errors: CounterVec,
    time: HistogramVec,
    working: IntGauge,
    waiting: IntGauge,
    retries: CounterVec,
    work_time: HistogramVec,
}

impl Looks {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        fn registered<C: Collector + Clone + 'static>(
            registry: &Registry,
            made: Result<C, prometheus::Error>,
        ) -> Result<C, prometheus::Error> {
            let made = made?;
            registry.register(Box::new(made.clone())).map(|()| made)
        }
        let counter = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, CounterVec::new(Opts::new(name, help), labels))
        };
        let histogram = |name: &str, help: &str, label: &str| {
            registered(registry, HistogramVec::new(HistogramOpts::new(name, help), &[label]))
        };
        let gauge = |name: &str, help: &str, label: &str| {
            registered(registry, IntGauge::with_opts(Opts::new(name, help).const_label(label, CONTROLLER)))
        };
        Ok(Self {
            ended: counter(
                "controller_runtime_reconcile_total",
                "Looks at an object, by how they ended",
                &["controller", "result"],
            )?,
            errors: counter(
                "controller_runtime_reconcile_errors_total",
                "Looks at an object that failed",
                &["controller"],
            )?,
            time: histogram(
                "controller_runtime_reconcile_time_seconds",
                "Seconds that a look at an object took",
                "controller",
            )?,
            working: gauge(
                "controller_runtime_active_workers",
                "Objects that are being looked at",
                "controller",
            )?,
            waiting: gauge("workqueue_depth", "Objects that wait to be looked at", "name")?,
            retries: counter(
                "workqueue_retries_total",
                "Objects to be looked at again after a failure",
                &["name"],
            )?,
            work_time: histogram(
                "workqueue_work_duration_seconds",
                "Seconds that an object taken from the queue was worked on",
                "name",
            )?,
        })
    }

    /// So many objects are being looked at, and so many wait for it.
    pub(super) fn working(&self, running: usize, waiting: usize) {
        self.working.set(i64::try_from(running).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// An object was looked at.
    pub(super) fn worked(&self, outcome: Outcome, took: Duration) {
        let result = match outcome {
            Outcome::Done(None) => "success",
            Outcome::Done(Some(_)) => "requeue_after",
            Outcome::Failed => "error",
        };
        self.ended.with_label_values(&[CONTROLLER, result]).inc();
        self.time.with_label_values(&[CONTROLLER]).observe(took.as_secs_f64());
        self.work_time.with_label_values(&[CONTROLLER]).observe(took.as_secs_f64());
        if outcome == Outcome::Failed {
            self.errors.with_label_values(&[CONTROLLER]).inc();
            self.retries.with_label_values(&[CONTROLLER]).inc();
        }
    }
}
