//! Metrics of the queue and of what is taken from it, under the names that controllers in Go have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, Gauge, HistogramOpts, HistogramVec, IntGauge, Opts, Registry};
use tokio::time::Instant;

use super::queue::{AT_ONCE, Outcome};
use super::record::Key;

/// What dashboards know this controller by.
const CONTROLLER: &str = "sparkapplication";

/// The metrics.
#[derive(Debug)]
pub(super) struct Looks {
    ended: CounterVec,
    errors: CounterVec,
    time: HistogramVec,
    working: IntGauge,
    named: CounterVec,
    waited: HistogramVec,
    waiting: IntGauge,
    under_way: UnderWay,
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
        let most = gauge(
            "controller_runtime_max_concurrent_reconciles",
            "Objects that are looked at at a time",
            "controller",
        )?;
        most.set(i64::try_from(AT_ONCE).unwrap_or(i64::MAX));
        // A panic ends the process, every failure is tried again, and no look has a deadline as a whole.
        for (name, help) in [
            ("controller_runtime_reconcile_panics_total", "Looks at an object that panicked"),
            (
                "controller_runtime_terminal_reconcile_errors_total",
                "Looks that failed and are not tried again",
            ),
            ("controller_runtime_reconcile_timeouts_total", "Looks at an object that took too long"),
        ] {
            counter(name, help, &["controller"])?.with_label_values(&[CONTROLLER]).reset();
        }
        let under_way = registered(registry, UnderWay::new())?;
        let looks = Self {
            under_way,
            named: counter("workqueue_adds_total", "Objects that were to be looked at", &["name"])?,
            waited: histogram(
                "workqueue_queue_duration_seconds",
                "Seconds that an object waited to be looked at",
                "name",
            )?,
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
        };
        for counter in [&looks.errors, &looks.retries] {
            counter.with_label_values(&[CONTROLLER]).reset();
        }
        Ok(looks)
    }

    /// So many objects are being looked at, and so many wait for it.
    pub(super) fn working(&self, running: usize, waiting: usize) {
        self.working.set(i64::try_from(running).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// An object is to be looked at.
    pub(super) fn named(&self) {
        self.named.with_label_values(&[CONTROLLER]).inc();
    }

    /// An object is being looked at, after it waited for so long.
    pub(super) fn begins(&self, key: &Key, waited: Duration) {
        self.waited.with_label_values(&[CONTROLLER]).observe(waited.as_secs_f64());
        self.under_way.since().insert(key.clone(), Instant::now());
    }

    /// An object was looked at.
    pub(super) fn worked(&self, key: &Key, outcome: Outcome, took: Duration) {
        let result = match outcome {
            Outcome::Done(None) => "success",
            Outcome::Done(Some(_)) => "requeue_after",
            Outcome::Failed => "error",
        };
        self.under_way.since().remove(key);
        self.ended.with_label_values(&[CONTROLLER, result]).inc();
        self.time.with_label_values(&[CONTROLLER]).observe(took.as_secs_f64());
        self.work_time.with_label_values(&[CONTROLLER]).observe(took.as_secs_f64());
        if outcome == Outcome::Failed {
            self.errors.with_label_values(&[CONTROLLER]).inc();
            self.retries.with_label_values(&[CONTROLLER]).inc();
        }
    }
}

/// Since when objects are being looked at, as it is when somebody asks.
#[derive(Clone, Debug)]
struct UnderWay {
    since: Arc<Mutex<HashMap<Key, Instant>>>,
    sum: Gauge,
    longest: Gauge,
}

impl UnderWay {
    fn new() -> Result<Self, prometheus::Error> {
        let gauge =
            |name: &str, help: &str| Gauge::with_opts(Opts::new(name, help).const_label("name", CONTROLLER));
        Ok(Self {
            since: Arc::default(),
            sum: gauge(
                "workqueue_unfinished_work_seconds",
                "Seconds that objects have been looked at which still are, all together",
            )?,
            longest: gauge(
                "workqueue_longest_running_processor_seconds",
                "Seconds that the object has been looked at which has been for the longest",
            )?,
        })
    }

    fn since(&self) -> MutexGuard<'_, HashMap<Key, Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for UnderWay {
    fn desc(&self) -> Vec<&Desc> {
        [&self.sum, &self.longest].into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let times: Vec<_> = self.since().values().map(|at| at.elapsed().as_secs_f64()).collect();
        self.sum.set(times.iter().sum());
        self.longest.set(times.iter().copied().fold(0.0, f64::max));
        [&self.sum, &self.longest].into_iter().flat_map(Collector::collect).collect()
    }
}
