//! A process that runs until it is told to stop: signals, and an end for one that could only idle on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::client::ClusterError;

/// Exit code of a process that ended itself.
const BROKEN: i32 = 3;

/// How long no task of an operator may run before the process ends.
pub const WEDGED: Duration = Duration::from_mins(1);

/// Stops at SIGTERM and SIGINT; the second one ends the process.
///
/// # Errors
/// Signals cannot be heard.
pub fn stop_on_signals() -> Result<CancellationToken, ClusterError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ClusterError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ClusterError::Runtime)?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if last {
                tracing::warn!("told to stop twice");
                std::process::exit(BROKEN);
            }
            tracing::info!("told to stop");
            told.cancel();
        }
    });
    Ok(stop)
}

/// A panic anywhere ends the process: Kubernetes starts another, which finds everything in the cluster.
pub fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(%panic, "panicked");
        std::process::exit(BROKEN);
    }));
}

/// Ends the process when its tasks no longer run for so long: a thread of its own looks after a task that only counts.
pub fn end_when_wedged(limit: Duration) {
    let beats = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&beats);
    tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    std::thread::spawn(move || {
        let (mut last, mut since) = (beats.load(Ordering::Relaxed), Instant::now());
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = beats.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > limit {
                tracing::error!("no task has run for {} s", limit.as_secs());
                std::process::exit(BROKEN);
            }
        }
    });
}
