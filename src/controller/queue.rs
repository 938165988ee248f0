//! Which application is looked at when: each by one worker at a time, and those that failed later and later.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc;
use kube::runtime::scheduler::{ScheduleRequest, scheduler};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::record::Key;

/// How long what is being done when the process is told to stop may take: what is cut off is found by the next operator.
const DRAIN: Duration = Duration::from_secs(15);

/// So many are looked at at a time, beside those that wait for their turn to be submitted.
pub const AT_ONCE: usize = 1_000;

/// The first wait after a failure; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);

/// Where applications that should be looked at are named.
#[derive(Clone, Debug)]
pub struct Queue {
    requests: mpsc::UnboundedSender<ScheduleRequest<Key>>,
    /// Those named since they were looked at last, and since when.
    named: Arc<Mutex<HashMap<Key, Instant>>>,
}

/// What a look ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to do before this time, if any.
    Done(Option<Instant>),
    /// It failed, and is to be tried again.
    Failed,
}

/// One of the places of those that are looked at. Who will wait for long gives it up: thousands that wait for their turn to
/// be submitted, and minutes each, must not keep anybody from hearing that a driver has ended.
#[derive(Debug)]
pub struct Place(Option<OwnedSemaphorePermit>);

impl Place {
    /// Gives it to the next.
    pub fn give_up(&mut self) {
        self.0 = None;
    }
}

impl Queue {
    /// A queue, and what its work is taken from.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<ScheduleRequest<Key>>) {
        let (sender, receiver) = mpsc::unbounded();
        (Self { requests: sender, named: Arc::default() }, receiver)
    }

    /// An application is to be looked at now; whether that is news.
    #[allow(clippy::must_use_candidate, reason = "it is done all the same")]
    pub fn now(&self, key: &Key) -> bool {
        let now = Instant::now();
        let news = match self.named().entry(key.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(now);
                true
            }
            Entry::Occupied(_) => false,
        };
        if news {
            self.at(key, now);
        }
        news
    }

    fn named(&self) -> MutexGuard<'_, HashMap<Key, Instant>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, key: &Key, run_at: Instant) {
        // Once nobody takes from it any more the process is about to end.
        let _ = self.requests.unbounded_send(ScheduleRequest { message: key.clone(), run_at });
    }
}

/// What is going on in a queue, for metrics.
pub trait Watches: Send + Sync {
    /// So many are being looked at, and so many wait for it.
    fn working(&self, running: usize, waiting: usize);
    /// One is being looked at, after it waited for so long.
    fn begins(&self, key: &Key, waited: Duration);
    /// One was looked at.
    fn worked(&self, key: &Key, outcome: Outcome, took: Duration);
}

/// Looks at applications as the queue names them, until told to stop; then those that are being looked at are waited for.
/// After failures the wait grows up to `longest`.
pub async fn work<F>(
    queue: &Queue,
    requests: mpsc::UnboundedReceiver<ScheduleRequest<Key>>,
    longest: Duration,
    stop: CancellationToken,
    watches: &dyn Watches,
    look: impl Fn(Key, Place) -> F,
) where
    F: Future<Output = Outcome> + Send + 'static,
{
    let mut due = pin!(scheduler(requests));
    let mut running: HashMap<Key, Instant> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut failures: HashMap<Key, u32> = HashMap::new();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut place = None;
    loop {
        let mut free = due.as_mut().hold_unless(|key| !running.contains_key(key));
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next() => {
                // A panic ends the process by its hook; a task is never aborted.
                let Ok((key, outcome)) = ended else { continue };
                let key: Key = key;
                let started = running.remove(&key);
                watches.working(running.len(), queue.named().len());
                watches.worked(&key, outcome, started.map(|started| started.elapsed()).unwrap_or_default());
                match outcome {
                    Outcome::Done(next) => {
                        failures.remove(&key);
                        if let Some(next) = next {
                            queue.at(&key, next);
                        }
                    }
                    Outcome::Failed => {
                        let failures = failures.entry(key.clone()).or_default();
                        queue.at(&key, Instant::now() + wait(*failures, longest));
                        *failures = failures.saturating_add(1);
                    }
                }
            }
            permit = Arc::clone(&places).acquire_owned(), if place.is_none() => place = Some(Place(permit.ok())),
            next = free.next(), if place.is_some() => {
                let (Some(key), Some(place)) = (next, place.take()) else { break };
                let named = queue.named().remove(&key);
                watches.begins(&key, named.map(|at| at.elapsed()).unwrap_or_default());
                running.insert(key.clone(), Instant::now());
                watches.working(running.len(), queue.named().len());
                let looking = look(key.clone(), place);
                tasks.spawn(async move { (key, looking.await) });
            }
        }
    }
    let drained = tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(applications = tasks.len(), "cut off: they took too long to be waited for");
    }
}

/// How long after so many failures.
fn wait(failures: u32, longest: Duration) -> Duration {
    FIRST.saturating_mul(2u32.saturating_pow(failures.min(30))).min(longest)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Nobody;

    impl Watches for Nobody {
        fn working(&self, _: usize, _: usize) {}
        fn begins(&self, _: &Key, _: Duration) {}
        fn worked(&self, _: &Key, _: Outcome, _: Duration) {}
    }

    #[test]
    fn the_wait_grows_up_to_the_longest() {
        let longest = Duration::from_mins(1);
        let waits: Vec<_> = [0, 1, 5, 9, 10, 99].into_iter().map(|n| wait(n, longest).as_millis()).collect();
        assert_eq!(waits, [100, 200, 3_200, 51_200, 60_000, 60_000]);
    }

    #[test]
    fn an_application_is_looked_at_by_one_at_a_time_and_never_forgotten() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (queue, requests) = Queue::new();
            let key = Key::new("ns", "pi");
            let stop = CancellationToken::new();
            let state = Arc::new((AtomicUsize::new(0), Mutex::new(Vec::new())));
            queue.now(&key);
            let (more, shared, end) = (queue.clone(), Arc::clone(&state), stop.clone());
            work(&queue, requests, Duration::from_secs(1), stop, &Nobody, |key, _| {
                let (more, shared, end) = (more.clone(), Arc::clone(&shared), end.clone());
                async move {
                    let (at_once, looks) = &*shared;
                    assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0);
                    let looks_now = {
                        let mut looks = looks.lock().unwrap();
                        looks.push(key.clone());
                        looks.len()
                    };
                    // What is named while it is looked at is looked at again.
                    more.now(&key);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    match looks_now {
                        1 => Outcome::Done(None),
                        2 => Outcome::Failed,
                        3 => Outcome::Done(Some(Instant::now() + Duration::from_millis(5))),
                        _ => {
                            end.cancel();
                            Outcome::Done(None)
                        }
                    }
                }
            })
            .await;
            assert!(state.1.lock().unwrap().len() >= 4);
        });
    }

    fn block_on(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn who_waits_to_be_submitted_keeps_nobody_else_waiting() {
        block_on(async {
            let (queue, requests) = Queue::new();
            for number in 0..2 * AT_ONCE {
                queue.now(&Key::new("ns", format!("waits-{number}")));
            }
            let (stop, seen) = (CancellationToken::new(), AtomicUsize::new(0));
            let all = tokio::time::timeout(Duration::from_mins(1), async {
                work(&queue, requests, Duration::from_secs(1), stop.clone(), &Nobody, |key, mut place| {
                    if seen.fetch_add(1, Ordering::SeqCst) == 2 * AT_ONCE - 1 {
                        queue.now(&Key::new("ns", "ends"));
                    }
                    let stop = stop.clone();
                    async move {
                        if key.name == "ends" {
                            stop.cancel();
                        }
                        place.give_up();
                        stop.cancelled().await;
                        Outcome::Done(None)
                    }
                })
                .await;
            });
            let ended = all.await.is_ok();
            assert_eq!((ended, seen.into_inner()), (true, 2 * AT_ONCE + 1));
        });
    }

    #[test]
    fn weak_point_33_what_is_new_is_looked_at_at_once_whenever_the_next_look_was_to_be() {
        block_on(async {
            let (queue, requests) = Queue::new();
            let (stop, looks) = (CancellationToken::new(), AtomicUsize::new(0));
            let key = Key::new("ns", "pi");
            queue.now(&key);
            let all = tokio::time::timeout(Duration::from_mins(1), async {
                work(&queue, requests, Duration::from_secs(1), stop.clone(), &Nobody, |key, _| {
                    let look = looks.fetch_add(1, Ordering::SeqCst);
                    let (queue, stop) = (queue.clone(), stop.clone());
                    async move {
                        if look == 0 {
                            // Something happens when it has been put off, as after many failures.
                            tokio::spawn(async move {
                                tokio::time::sleep(FIRST).await;
                                queue.now(&key);
                            });
                        } else {
                            stop.cancel();
                        }
                        Outcome::Done(Some(Instant::now() + Duration::from_hours(1)))
                    }
                })
                .await;
            });
            assert!(all.await.is_ok());
            assert_eq!(looks.into_inner(), 2);
        });
    }
}
