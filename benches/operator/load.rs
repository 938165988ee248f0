//! The operator with many applications: at once, or one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::stream::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{Config as Watch, Event as Watched, watcher};
use kube::{Api, ResourceExt};
use spark_operator::api::SparkApplication;

use crate::jobs;
use crate::place::{LIMIT, Operator, Place};
use crate::replay::Life;
use crate::token;

/// What the operator is given to do.
pub struct Load<'a> {
    pub count: usize,
    pub submitter: &'a str,
    /// One every so often; None: all at once.
    pub every: Option<Duration>,
}

/// What was seen of an application, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    created: Option<Instant>,
    driver: Option<Instant>,
    driver_ended: Option<Instant>,
    ended: Option<Instant>,
    failed: bool,
}

type Sights = Arc<Mutex<HashMap<String, Seen>>>;

/// The value at this share of them, in milliseconds.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = ((times.len() as f64 - 1.0) * share).round() as usize;
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// Watches drivers and applications of a namespace.
fn watch(place: &Place, namespace: &str) -> Sights {
    let sights = Sights::default();
    let seen = Arc::clone(&sights);
    let pods: Api<Pod> = Api::namespaced(place.client.clone(), namespace);
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
    let seen = Arc::clone(&sights);
    let apps: Api<SparkApplication> = Api::namespaced(place.client.clone(), namespace);
    tokio::spawn(async move {
        let mut stream = std::pin::pin!(watcher(apps, Watch::default()));
        while let Some(event) = stream.next().await {
            if let Ok(Watched::Apply(app) | Watched::InitApply(app)) = event {
                let state = app.status.as_ref().and_then(|status| status.application_state.as_ref());
                if let Some(failed) = state.filter(|state| state.state == "FAILED") {
                    println!("{}: {}", app.name_any(), failed.error_message.as_deref().unwrap_or_default());
                    seen.lock().unwrap().entry(app.name_any()).or_default().failed = true;
                }
                if state.is_some_and(|state| state.state == "COMPLETED") {
                    let mut seen = seen.lock().unwrap();
                    seen.entry(app.name_any()).or_default().ended.get_or_insert_with(Instant::now);
                }
            }
        }
    });
    sights
}

impl Load<'_> {
    /// Runs it, and prints what it took; beside the time that a bare client takes, where that is known.
    pub async fn run(&self, place: &Place, life: &Life, ceiling: Option<Duration>) {
        let Self { count, submitter, every } = *self;
        let namespace = place.namespace("operator").await;
        let sights = watch(place, &namespace);
        let kubeconfig = match submitter {
            "spark-submit" => token::kubeconfig(&place.client, &place.kubeconfig, &namespace).await,
            _ => place.kubeconfig.clone(),
        };
        let operator = Operator::start(&kubeconfig, &namespace, submitter);
        let jobs = (submitter == "job").then(|| jobs::play(place, &namespace, life));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (cpu, calls, begun) = (operator.cpu(), operator.calls(), Instant::now());
        let created =
            |name: String| sights.lock().unwrap().entry(name).or_default().created = Some(Instant::now());
        place.create(&namespace, count, every, created).await;
        while sights.lock().unwrap().values().filter(|seen| seen.ended.is_some()).count() < count {
            assert!(
                begun.elapsed() < LIMIT,
                "{:?}",
                sights.lock().unwrap().values().find(|seen| seen.ended.is_none())
            );
            assert!(!sights.lock().unwrap().values().any(|seen| seen.failed));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let all = sights.lock().unwrap().clone();
        // Events come behind.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let between = |from: fn(&Seen) -> Option<Instant>, to: fn(&Seen) -> Option<Instant>| {
            let pairs = all.values().filter_map(|seen| Some((from(seen)?, to(seen)?)));
            let mut times: Vec<_> = pairs.map(|(from, to)| to.saturating_duration_since(from)).collect();
            format!("p50 {:.0} ms, p99 {:.0} ms", percentile(&mut times, 0.5), percentile(&mut times, 0.99))
        };
        let last = |at: fn(&Seen) -> Option<Instant>| {
            all.values().filter_map(at).max().map_or(0.0, |last| last.duration_since(begun).as_secs_f64())
        };
        let each = |total: f64| total / count as f64;
        let (drivers, ended) = (last(|seen| seen.driver), last(|seen| seen.ended));
        let how = every
            .map_or("at once".to_owned(), |every| format!("one every {:.0} ms", every.as_secs_f64() * 1e3));
        println!(
            "{submitter}, {count} {how}: all drivers after {drivers:.1} s ({:.0} a minute), all ended after {ended:.1} s",
            count as f64 / drivers * 60.0
        );
        println!("  from creation to driver: {}", between(|seen| seen.created, |seen| seen.driver));
        println!(
            "  from the driver's end to the status: {}",
            between(|seen| seen.driver_ended, |seen| seen.ended)
        );
        let (events, writes) = operator.writes();
        println!(
            "  each: CPU of the operator {:.1} ms, {:.1} requests, {:.1} writes and {:.1} events; memory at its most {:.0} MiB",
            each(operator.cpu() - cpu) * 1e3,
            each(operator.calls() - calls),
            each(writes as f64),
            each(events as f64),
            operator.memory("VmHWM")
        );
        if let Some(ceiling) = ceiling {
            let ceiling = ceiling.as_secs_f64();
            println!(
                "  a bare client that does the writes of `native` needs {ceiling:.1} s: {:.0} % of its rate",
                ceiling / ended * 100.0
            );
        }
        drop((operator, jobs));
        place.forget(&namespace).await;
    }
}
