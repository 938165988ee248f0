//! Watches: what the cluster has, as it changes, into the index. Each names the applications that may have something to
//! do now.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::core::NamespaceResourceScope;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::index::{Changed, Index};
use super::pod::{Pod, StoredPod};
use super::record::{Key, Stored};
use crate::spark::compile::LAUNCHED_BY;

/// Objects of a list that are read at a time: they are there as a whole before the first of them becomes a small record,
/// and what they leave behind in the heap between the records stays.
const PAGE: u32 = 100;

/// Seconds after which a watch is begun anew.
const WATCH: u32 = 120;

/// What a watch tells of beside the index.
pub trait Hears: Send + Sync {
    /// Something of an application is new: it should be looked at.
    fn look_at(&self, key: &Key);
    /// An application has changed.
    fn application(&self, changed: &Changed);
    /// A pod of an application has changed, come or gone.
    fn pod(&self, key: &Key, before: Option<&Pod>, after: Option<&Pod>);
}

/// How a watch is doing.
#[derive(Debug)]
pub struct Health {
    /// What is watched: `sparkapplications in team-a`.
    pub what: String,
    /// Seconds since 1970 of the first and the last error of a row of them; 0: there is none.
    failing: [AtomicI64; 2],
    /// The second since when all that there is has been asked for; 0: it was brought.
    listing: AtomicI64,
    /// Whether it has been complete once.
    complete: watch::Sender<bool>,
}

/// Seconds without a further error after which a watch works again. One that fails is begun anew within half a minute, and
/// a request that hangs is an error before that ([`SILENCE`](crate::runtime::client::SILENCE)).
const RECOVERED: i64 = 180;

impl Health {
    /// Of a watch that has not begun.
    #[must_use]
    pub fn new(what: String) -> Self {
        let never = || AtomicI64::new(0);
        Self { what, failing: [never(), never()], listing: never(), complete: watch::Sender::new(false) }
    }

    /// It has brought something.
    fn works(&self) {
        self.failing[0].store(0, Ordering::Relaxed);
    }

    /// Begins to ask for all that there is. That nothing came of it may be why it does so again.
    fn begins(&self, now: i64) {
        let _ = self.listing.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// All that there is has been brought.
    fn completes(&self) {
        self.listing.store(0, Ordering::Relaxed);
        self.complete.send_replace(true);
    }

    fn fails(&self, now: i64) {
        let [first, last] = &self.failing;
        if first.load(Ordering::Relaxed) == 0 || now - last.load(Ordering::Relaxed) > RECOVERED {
            first.store(now, Ordering::Relaxed);
        }
        last.store(now, Ordering::Relaxed);
    }

    /// How long its row of errors is, or how long it has been asking for all that there is. What is silent is well: nothing
    /// happens in a quiet namespace, and a connection that hangs is an error in time.
    #[must_use]
    pub fn failing(&self, now: i64) -> Duration {
        let [first, last] = self.failing.each_ref().map(|time| time.load(Ordering::Relaxed));
        let failing = if first == 0 || now - last > RECOVERED { 0 } else { last - first };
        let listing = match self.listing.load(Ordering::Relaxed) {
            0 => 0,
            since => now - since,
        };
        Duration::from_secs(u64::try_from(failing.max(listing)).unwrap_or_default())
    }

    /// Whether all that there is has been seen once.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self.complete.borrow()
    }

    /// Waits until all that there is has been seen.
    pub async fn completed(&self) {
        // The sender lives as long as we do.
        let _ = self.complete.subscribe().wait_for(|complete| *complete).await;
    }
}

/// Applications of a namespace, or of all. Ends never.
pub async fn applications(
    client: Client,
    namespace: Option<&str>,
    index: &Index,
    hears: &dyn Hears,
    health: &Health,
) {
    follow::<Stored>(client, namespace, watcher::Config::default(), health, |event| {
        let apply = |stored: Stored| {
            let changed = index.lock().apply(stored, Timestamp::now());
            if let Some(changed) = changed {
                tell(hears, &changed);
            }
        };
        match event {
            Event::Apply(stored) | Event::InitApply(stored) => apply(stored),
            Event::Delete(stored) => gone(index, hears, &key(&stored), &stored.uid().unwrap_or_default()),
            Event::Init => index.lock().begin(namespace),
            Event::InitDone => {
                let unlisted = index.lock().unlisted(namespace);
                for (key, uid) in unlisted {
                    gone(index, hears, &key, &uid);
                }
            }
        }
    })
    .await;
}

fn gone(index: &Index, hears: &dyn Hears, key: &Key, uid: &str) {
    let changed = index.lock().remove(key, uid);
    if let Some(changed) = changed {
        tell(hears, &changed);
    }
}

fn tell(hears: &dyn Hears, changed: &Changed) {
    hears.application(changed);
    if let Some(application) = &changed.after {
        hears.look_at(&application.key);
    }
}

/// Pods that were launched for applications, of a namespace or of all. Ends never.
pub async fn pods(
    client: Client,
    namespace: Option<&str>,
    index: &Index,
    hears: &dyn Hears,
    health: &Health,
) {
    let config = watcher::Config::default().labels(&format!("{LAUNCHED_BY}=true"));
    let apply = |stored: StoredPod| {
        let changed = index.lock().apply_pod(stored);
        if let Some((key, before, after)) = changed {
            hears.pod(&key, before.as_ref(), Some(&after));
            hears.look_at(&key);
        }
    };
    let gone = |key: &Key, name: &str, uid: &str| {
        let gone = index.lock().remove_pod(key, name, uid);
        if gone.is_some() {
            hears.pod(key, gone.as_ref(), None);
            hears.look_at(key);
        }
    };
    follow::<StoredPod>(client, namespace, config, health, |event| match event {
        Event::Apply(stored) | Event::InitApply(stored) => apply(stored),
        Event::Delete(stored) => {
            if let Some(key) = stored.application() {
                gone(&key, &stored.name_any(), &stored.uid().unwrap_or_default());
            }
        }
        Event::Init => index.lock().begin_pods(namespace),
        Event::InitDone => {
            let unlisted = index.lock().unlisted_pods(namespace);
            for (key, name, uid) in unlisted {
                gone(&key, &name, &uid);
            }
        }
    })
    .await;
}

/// Namespaces by a label selector: whoever hears is given all that match, whenever they change. Ends never.
pub async fn namespaces(
    client: Client,
    selector: &str,
    health: &Health,
    mut hears: impl FnMut(&HashSet<String>) + Send,
) {
    let config = watcher::Config::default().timeout(WATCH).labels(selector);
    let mut known = HashSet::new();
    let mut listed: Option<HashSet<String>> = None;
    let stream = watcher(Api::<Namespace>::all(client), config).default_backoff();
    listen(stream, health, |event| {
        match event {
            Event::Apply(namespace) => _ = known.insert(namespace.name_any()),
            Event::Delete(namespace) => _ = known.remove(&namespace.name_any()),
            Event::Init => listed = Some(HashSet::new()),
            Event::InitApply(namespace) => {
                if let Some(listed) = &mut listed {
                    listed.insert(namespace.name_any());
                }
                return;
            }
            Event::InitDone => known = listed.take().unwrap_or_default(),
        }
        if listed.is_none() {
            hears(&known);
        }
    })
    .await;
}

async fn follow<K>(
    client: Client,
    namespace: Option<&str>,
    config: watcher::Config,
    health: &Health,
    take: impl FnMut(Event<K>) + Send,
) where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Debug
        + Send
        + 'static,
{
    let api: Api<K> = match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    listen(watcher(api, config.page_size(PAGE).timeout(WATCH)).default_backoff(), health, take).await;
}

async fn listen<K: Send>(
    stream: impl futures::Stream<Item = watcher::Result<Event<K>>> + Send,
    health: &Health,
    mut take: impl FnMut(Event<K>) + Send,
) {
    let mut stream = std::pin::pin!(stream);
    loop {
        match stream.try_next().await {
            Ok(Some(event)) => {
                match event {
                    // Nothing was asked yet.
                    Event::Init => health.begins(Timestamp::now().as_second()),
                    _ => health.works(),
                }
                let complete = matches!(event, Event::InitDone);
                take(event);
                if complete {
                    health.completes();
                }
            }
            Ok(None) => return,
            Err(error) => {
                health.fails(Timestamp::now().as_second());
                tracing::warn!(watch = %health.what, error = %told(&error), "watch interrupted");
            }
        }
    }
}

fn key(stored: &Stored) -> Key {
    Key::new(stored.namespace().unwrap_or_default(), stored.name_any())
}

/// The error with its causes, which say what happened; each once.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    causes
        .reduce(|text, cause| if text.contains(&cause) { text } else { format!("{text}: {cause}") })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_fails_for_as_long_as_errors_follow_each_other() {
        let health = Health::new("pods".to_owned());
        let failing = |now| health.failing(now).as_secs();
        assert_eq!(failing(1_000), 0);
        health.fails(1_000);
        health.fails(1_030);
        assert_eq!(failing(1_060), 30);
        // No error for a while: it works, whether or not anything happens.
        assert_eq!(failing(1_211), 0);
        health.fails(2_000);
        health.fails(2_005);
        assert_eq!(failing(2_010), 5);
        health.works();
        assert_eq!(failing(2_010), 0);
        // A row of hanging requests, with the longest wait between them.
        for now in [3_000, 3_160, 3_320] {
            health.fails(now);
        }
        assert_eq!(failing(3_330), 320);
    }

    #[test]
    fn a_watch_that_never_gets_to_see_all_that_there_is_fails() {
        let health = Health::new("pods".to_owned());
        let failing = |now| health.failing(now).as_secs();
        health.begins(1_000);
        assert_eq!((failing(1_001), failing(1_400)), (1, 400));
        // That it begins again is no progress.
        health.fails(1_100);
        health.begins(1_101);
        assert_eq!(failing(1_400), 400);
        health.completes();
        assert_eq!(failing(1_400), 0);
    }
}
