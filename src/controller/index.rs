//! What is known of the cluster: applications, their pods, and a little memory of what was done about them.
//!
//! Watches feed it, and the answers to our own writes, so that what was written is known at once. Only records are kept,
//! never whole objects.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::decide::View;
use super::memory::Memory;
use super::pod::{Pod, Role, StoredPod};
use super::pods::Pods;
use super::record::{Application, Key, Stored};

/// What is known; shared by watches and workers. Nothing waits while it is held.
#[derive(Debug, Default)]
pub struct Index(Mutex<Known>);

/// Behind the lock.
#[derive(Debug, Default)]
pub struct Known {
    /// Each in a place of its own: the table is copied when it grows.
    applications: HashMap<Key, Box<Entry>>,
    /// Pods by their application.
    pods: HashMap<Key, Pods>,
}

#[derive(Debug)]
struct Entry {
    application: Application,
    memory: Memory,
    /// Whether the list that is being read has it.
    listed: bool,
}

/// What became of an application by an event.
#[derive(Debug)]
pub struct Changed {
    /// As it was.
    pub before: Option<Application>,
    /// As it is; None: it is gone.
    pub after: Option<Application>,
}

impl Index {
    /// All that is known.
    pub fn lock(&self) -> MutexGuard<'_, Known> {
        // Each change is done in one go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Takes in an application as a watch or a list has it. None: it was known, or later is.
    pub fn apply(&mut self, stored: Stored, now: Timestamp) -> Option<Changed> {
        self.take(stored, now, true)
    }

    /// Takes in an application as an answer has it. A list that is being read may still turn out not to have it. An answer
    /// that was long under way brings back nothing that is gone, nor what had the name before.
    pub fn answered(&mut self, stored: Stored, now: Timestamp) -> Option<Changed> {
        self.take(stored, now, false)
    }

    fn take(&mut self, stored: Stored, now: Timestamp, listed: bool) -> Option<Changed> {
        let name = stored.metadata.name.clone().unwrap_or_default();
        let key = Key::new(stored.metadata.namespace.clone().unwrap_or_default(), name);
        let known = self.applications.get_mut(&key);
        let application = Application::of(stored, known.as_ref().map(|entry| &entry.application));
        match known.filter(|entry| entry.application.uid == application.uid) {
            Some(entry) if !later(&application.version, &entry.application.version) => {
                entry.listed |= listed;
                return None;
            }
            None if !listed => return None,
            _ => {}
        }
        let before = self.applications.remove(&key);
        let known = before.as_ref().map(|entry| (&entry.application, &entry.memory));
        let memory = Memory::of(&application, known, now);
        let listed = listed || before.as_ref().is_some_and(|before| before.listed);
        let entry = Box::new(Entry { application, memory, listed });
        let after = Some(entry.application.clone());
        self.applications.insert(key, entry);
        Some(Changed { before: before.map(|entry| entry.application), after })
    }

    /// An application is gone: this one, and no later one of its name.
    pub fn remove(&mut self, key: &Key, uid: &str) -> Option<Changed> {
        if self.applications.get(key).is_none_or(|entry| entry.application.uid != uid) {
            return None;
        }
        let before = self.applications.remove(key)?.application;
        Some(Changed { before: Some(before), after: None })
    }

    /// An application.
    #[must_use]
    pub fn application(&self, key: &Key) -> Option<&Application> {
        self.applications.get(key).map(|entry| &entry.application)
    }

    /// All applications.
    pub fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications.values().map(|entry| &entry.application)
    }

    /// All pods, with their applications.
    pub fn pods(&self) -> impl Iterator<Item = (&Key, &Pod)> {
        self.pods.iter().flat_map(|(key, pods)| pods.iter().map(move |pod| (key, pod)))
    }

    /// A list of the applications of a namespace, or of all, is about to be read.
    pub fn begin(&mut self, namespace: Option<&str>) {
        for (_, entry) in self.applications.iter_mut().filter(|(key, _)| within(namespace, key)) {
            entry.listed = false;
        }
    }

    /// Those that the list did not have, with their uids.
    #[must_use]
    pub fn unlisted(&self, namespace: Option<&str>) -> Vec<(Key, String)> {
        let gone = self.applications.iter().filter(|(key, entry)| within(namespace, key) && !entry.listed);
        gone.map(|(key, entry)| (key.clone(), entry.application.uid.clone())).collect()
    }

    /// Takes in a pod; the application it belongs to, where what is kept of it is new.
    pub fn apply_pod(&mut self, stored: StoredPod) -> Option<(Key, Option<Pod>, Pod)> {
        let key = stored.application()?;
        let mut pod = Pod::from(stored);
        let pods = self.pods.entry(key.clone()).or_default();
        // What was asked to go is on its way, whatever an event from before says.
        pod.leaving |= pods.get(&pod.name).is_some_and(|known| known.uid == pod.uid && known.leaving);
        let before = pods.insert(pod.clone());
        (before.as_ref() != Some(&pod)).then_some((key, before, pod))
    }

    /// A pod is gone.
    pub fn remove_pod(&mut self, key: &Key, name: &str, uid: &str) -> Option<Pod> {
        let pods = self.pods.get_mut(key)?;
        if pods.get(name).is_none_or(|pod| &*pod.uid != uid) {
            return None;
        }
        let gone = pods.remove(name);
        if pods.is_empty() {
            self.pods.remove(key);
        }
        gone
    }

    /// A list of the pods of a namespace, or of all, is about to be read.
    pub fn begin_pods(&mut self, namespace: Option<&str>) {
        for (_, pods) in self.pods.iter_mut().filter(|(key, _)| within(namespace, key)) {
            pods.begin();
        }
    }

    /// Those that the list did not have: application, name and uid.
    #[must_use]
    pub fn unlisted_pods(&self, namespace: Option<&str>) -> Vec<(Key, Box<str>, Box<str>)> {
        let here = self.pods.iter().filter(|(key, _)| within(namespace, key));
        here.flat_map(|(key, pods)| {
            pods.unlisted().map(move |pod| (key.clone(), pod.name.clone(), pod.uid.clone()))
        })
        .collect()
    }

    /// A driver pod was asked to go.
    pub fn leaving(&mut self, key: &Key, name: &str, uid: &str, now: Timestamp) {
        if let Some(pod) =
            self.pods.get_mut(key).and_then(|pods| pods.get_mut(name)).filter(|pod| &*pod.uid == uid)
        {
            pod.leaving = true;
        }
        if let Some(entry) = self.applications.get_mut(key).filter(|it| it.application.driver_pod() == name) {
            entry.memory.looked = Some(now);
        }
    }

    /// The API server has this driver, and says whether it is on its way out: a deletion may have been refused.
    pub fn found_driver(&mut self, key: &Key, found: &Pod) {
        let known = self.pods.get_mut(key).and_then(|pods| pods.get_mut(&found.name));
        if let Some(known) = known.filter(|known| known.uid == found.uid) {
            known.leaving = found.leaving;
        }
    }

    /// The API server has no such driver: what is kept of one is forgotten. A pod of that name that is new comes with a
    /// watch.
    pub fn forget_driver(&mut self, key: &Key, name: &str) {
        if let Some(pods) = self.pods.get_mut(key) {
            pods.remove(name);
            if pods.is_empty() {
                self.pods.remove(key);
            }
        }
    }

    /// Changes what is remembered of an application: this one, and no later one of its name.
    pub fn remember(&mut self, application: &Application, change: impl FnOnce(&mut Memory)) {
        let known = self.applications.get_mut(&application.key);
        if let Some(entry) = known.filter(|entry| entry.application.uid == application.uid) {
            change(&mut entry.memory);
        }
    }

    /// This operator begins to act: what others have written down so far is its own now.
    pub fn claim_all(&mut self) {
        for entry in self.applications.values_mut() {
            let Entry { application, memory, .. } = &mut **entry;
            memory.claimed = Some(application.submission().into());
        }
    }

    /// What is known of an application, for a decision.
    pub fn view<T>(&self, key: &Key, now: Timestamp, decide: impl FnOnce(View<'_>) -> T) -> Option<T> {
        let Entry { application, memory, .. } = &**self.applications.get(key)?;
        let empty = Pods::default();
        let pods = self.pods.get(key).unwrap_or(&empty);
        let driver = pods.get(application.driver_pod()).filter(|pod| ours(pod, application));
        let submission = application.submission();
        let executors: Vec<_> = pods
            .iter()
            .filter(|pod| matches!(pod.role, Role::Executor(_)))
            .filter(|pod| pod.submission.as_deref().is_none_or(|id| id == submission))
            .collect();
        let left_over = pods.iter().find(|pod| {
            pod.role == Role::Driver
                && pod.owner.as_deref() == Some(&application.uid)
                && *pod.name != *application.driver_pod()
                && pod.submission.as_deref() != Some(submission)
                && pod.goes_on()
        });
        Some(decide(View {
            application,
            driver,
            left_over,
            asked: false,
            executors: &executors,
            looked: memory.looked,
            removed: false,
            baseline: memory.baseline,
            since: memory.since,
            claimed: memory.claimed.as_deref().is_some_and(|id| id == application.submission()),
            refreshed: memory.refreshed,
            written: memory.written,
            now,
        }))
    }
}

fn within(namespace: Option<&str>, key: &Key) -> bool {
    namespace.is_none_or(|namespace| key.namespace == namespace)
}

/// Whether a pod of the driver's name is the application's: it owns it, or, where nobody does, has submitted it.
#[must_use]
pub fn ours(pod: &Pod, application: &Application) -> bool {
    match &pod.owner {
        Some(owner) => **owner == *application.uid,
        None => pod.submission.as_deref().is_some_and(|id| id == application.submission()),
    }
}

/// Whether a resource version is a later one. They are numbers that grow (KEP-5504, and every API server before it);
/// where one is not, what came last counts.
fn later(version: &str, known: &str) -> bool {
    match (version.parse::<u128>(), known.parse::<u128>()) {
        (Ok(version), Ok(known)) => version > known,
        _ => version != known,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::controller::state::State;

    fn stored(uid: &str, version: &str, state: &str) -> Stored {
        serde_json::from_value(json!({
            "metadata": {"name": "pi", "namespace": "ns", "uid": uid, "resourceVersion": version, "generation": 1},
            "spec": {"type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar",
                "driver": {}, "executor": {}},
            "status": {"applicationState": {"state": state}, "submissionID": "id"},
        }))
        .unwrap()
    }

    fn pod(name: &str, labels: &Json, owner: Option<&str>) -> StoredPod {
        let owner = owner
            .map(|uid| json!([{"apiVersion": "a", "kind": "SparkApplication", "name": "pi", "uid": uid}]));
        let mut labels = labels.clone();
        labels["sparkoperator.k8s.io/app-name"] = json!("pi");
        serde_json::from_value(
            json!({"metadata": {"name": name, "namespace": "ns", "uid": "p", "labels": labels,
            "ownerReferences": owner}, "status": {"phase": "Running"}}),
        )
        .unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_is_older_than_what_is_known_is_not_taken() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        assert!(known.apply(stored("u", "10", "SUBMITTED"), at(0)).is_some());
        // Our own write is known before the watch brings what was before it, and brings it itself.
        assert!(known.apply(stored("u", "9", ""), at(0)).is_none());
        assert!(known.apply(stored("u", "10", "SUBMITTED"), at(0)).is_none());
        assert_eq!(known.application(&key).unwrap().state(), State::Submitted);
        // Another object of the name has versions of its own.
        assert!(known.apply(stored("other", "5", ""), at(0)).is_some());
        assert!(known.remove(&key, "u").is_none());
        assert!(known.remove(&key, "other").is_some());
    }

    #[test]
    fn an_answer_that_comes_late_brings_nothing_back() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        known.apply(stored("first", "10", ""), at(0));
        // Deleted, and created again, while the answer was under way.
        known.remove(&key, "first");
        assert!(known.answered(stored("first", "11", "SUBMITTED"), at(0)).is_none());
        assert!(known.application(&key).is_none());
        known.apply(stored("second", "12", ""), at(0));
        assert!(known.answered(stored("first", "11", "SUBMITTED"), at(0)).is_none());
        assert_eq!(known.application(&key).unwrap().uid, "second");
        assert!(known.answered(stored("second", "13", "SUBMITTED"), at(0)).is_some());
    }

    #[test]
    fn only_pods_of_the_application_are_seen() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        known.apply(stored("u", "1", "RUNNING"), at(0));
        let id = |id: &str| json!({"sparkoperator.k8s.io/submission-id": id, "spark-role": "driver"});
        for (labels, owner, expected) in [
            (id("id"), Some("u"), true),
            (id("older"), Some("u"), true),
            (id("id"), Some("another application"), false),
            (id("id"), None, true),
            (id("older"), None, false),
        ] {
            known.apply_pod(pod("pi-driver", &labels, owner));
            let found = known.view(&key, at(1), |view| view.driver.is_some()).unwrap();
            assert_eq!(found, expected, "{labels} {owner:?}");
        }
        known.apply_pod(pod(
            "one",
            &json!({"sparkoperator.k8s.io/submission-id": "id", "spark-role": "executor"}),
            None,
        ));
        known.apply_pod(pod(
            "two",
            &json!({"sparkoperator.k8s.io/submission-id": "old", "spark-role": "executor"}),
            None,
        ));
        assert_eq!(known.view(&key, at(1), |view| view.executors.len()), Some(1));
    }

    #[test]
    fn a_pod_that_was_asked_to_go_stays_so() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        known.apply(stored("u", "1", "RUNNING"), at(0));
        let labels = json!({"spark-role": "driver"});
        known.apply_pod(pod("pi-driver", &labels, Some("u")));
        known.leaving(&key, "pi-driver", "p", at(2));
        known.apply_pod(pod("pi-driver", &labels, Some("u")));
        let leaving = known.view(&key, at(3), |view| (view.driver.unwrap().leaving, view.looked));
        assert_eq!(leaving, Some((true, Some(at(2)))));
        // Unless the API server was asked again, and had refused.
        known.found_driver(&key, &Pod::from(pod("pi-driver", &labels, Some("u"))));
        assert_eq!(known.view(&key, at(3), |view| view.driver.unwrap().leaving), Some(false));
        assert!(known.remove_pod(&key, "pi-driver", "another").is_none());
        assert!(known.remove_pod(&key, "pi-driver", "p").is_some());
    }

    #[test]
    fn a_submission_that_appears_is_anothers_until_this_operator_acts() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        let claimed = |known: &Known| known.view(&key, at(1), |view| view.claimed).unwrap();
        let submitted = |version: &str, id: &str| {
            let mut stored = stored("u", version, "");
            stored.status["submissionID"] = id.into();
            stored
        };
        known.apply(submitted("1", "found"), at(0));
        assert!(claimed(&known), "what was found at the start");
        known.apply(submitted("2", "of another"), at(0));
        assert!(!claimed(&known), "what appears");
        known.claim_all();
        assert!(claimed(&known), "after a change of the leader");
        known.apply(submitted("3", "of another"), at(0));
        assert!(claimed(&known), "and still after an event");
    }

    #[test]
    fn what_a_list_does_not_have_is_gone_whatever_is_answered_meanwhile() {
        let mut known = Known::default();
        let named = |name: &str, version: &str| {
            let mut stored = stored("u", version, "");
            stored.metadata.name = Some(name.to_owned());
            stored
        };
        for name in ["listed", "written", "elsewhere"] {
            let mut stored = named(name, "1");
            if name == "elsewhere" {
                stored.metadata.namespace = Some("other".to_owned());
            }
            known.apply(stored, at(0));
        }
        let unlisted = |known: &Known| {
            known.unlisted(Some("ns")).into_iter().map(|(key, _)| key.name).collect::<Vec<_>>()
        };
        known.begin(Some("ns"));
        known.apply(named("listed", "1"), at(0));
        // It is deleted between this answer and the list.
        known.answered(named("written", "2"), at(0));
        assert_eq!(unlisted(&known), ["written"]);
        // A list that fails half-way begins again.
        known.begin(Some("ns"));
        assert_eq!(unlisted(&known).len(), 2);
        known.apply(named("listed", "1"), at(0));
        known.apply(named("written", "2"), at(0));
        assert_eq!(unlisted(&known), Vec::<String>::new());
    }

    #[test]
    fn pods_that_a_list_does_not_have_are_gone() {
        let mut known = Known::default();
        let labels = json!({"spark-role": "executor"});
        for name in ["one", "two"] {
            known.apply_pod(pod(name, &labels, None));
        }
        known.begin_pods(Some("ns"));
        known.apply_pod(pod("two", &labels, None));
        let gone = known.unlisted_pods(Some("ns"));
        assert_eq!(gone.iter().map(|(_, name, _)| &**name).collect::<Vec<_>>(), ["one"]);
        assert!(known.unlisted_pods(Some("other")).is_empty());
    }

    #[test]
    fn a_driver_of_a_submission_that_was_cut_off_is_left_over() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        known.apply(stored("u", "1", "RUNNING"), at(0));
        let labels = |id: &str| json!({"sparkoperator.k8s.io/submission-id": id, "spark-role": "driver"});
        let left_over = |known: &Known| {
            known.view(&key, at(1), |view| view.left_over.map(|pod| pod.name.to_string())).unwrap()
        };
        for (name, id, owner) in [
            ("pi-driver", "old", Some("u")),
            ("other", "old", Some("another application")),
            ("other", "old", None),
            ("other", "id", Some("u")),
        ] {
            known.apply_pod(pod(name, &labels(id), owner));
            assert_eq!(left_over(&known), None, "{name} {id} {owner:?}");
        }
        known.apply_pod(pod("other", &labels("old"), Some("u")));
        assert_eq!(left_over(&known).as_deref(), Some("other"));
        known.leaving(&key, "other", "p", at(2));
        assert_eq!(left_over(&known), None);
        assert_eq!(
            known.view(&key, at(3), |view| view.looked),
            Some(None),
            "the driver itself was not looked for"
        );
    }

    #[test]
    fn the_time_in_a_state_is_kept_while_it_lasts() {
        let key = Key::new("ns", "pi");
        let mut known = Known::default();
        let since = |known: &Known| known.view(&key, at(99), |view| view.since).unwrap();
        known.apply(stored("u", "1", "FAILING"), at(5));
        known.apply(stored("u", "2", "FAILING"), at(6));
        assert_eq!(since(&known), at(5));
        known.apply(stored("u", "3", "PENDING_RERUN"), at(7));
        assert_eq!(since(&known), at(7));
    }
}
