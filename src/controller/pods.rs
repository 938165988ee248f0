//! The pods of one application, as they are kept: tens of thousands of them altogether, so that each is small.

use super::pod::Pod;

/// Pods by name. In a vector, because most applications have few, and a tree would keep room for eleven.
#[derive(Debug, Default)]
pub(super) struct Pods(Vec<Slot>);

#[derive(Debug)]
struct Slot {
    pod: Pod,
    /// Whether the list that is being read has it.
    listed: bool,
}

impl Pods {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|slot| (*slot.pod.name).cmp(name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, by their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pod> {
        self.0.iter().map(|slot| &slot.pod)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Pod> {
        self.find(name).ok().map(|at| &self.0[at].pod)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Pod> {
        self.find(name).ok().map(|at| &mut self.0[at].pod)
    }

    /// Puts a pod in the place of the one with its name, which comes back.
    pub(super) fn insert(&mut self, mut pod: Pod) -> Option<Pod> {
        if let Some(other) = self.0.first() {
            share(&mut pod, &other.pod);
        }
        match self.find(&pod.name) {
            Ok(at) => {
                self.0[at].listed = true;
                Some(std::mem::replace(&mut self.0[at].pod, pod))
            }
            Err(at) => {
                self.0.insert(at, Slot { pod, listed: true });
                None
            }
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Pod> {
        self.find(name).ok().map(|at| self.0.remove(at).pod)
    }

    /// A list is about to be read.
    pub(super) fn begin(&mut self) {
        for slot in &mut self.0 {
            slot.listed = false;
        }
    }

    /// Those that were not in the list.
    pub(super) fn unlisted(&self) -> impl Iterator<Item = &Pod> {
        self.0.iter().filter(|slot| !slot.listed).map(|slot| &slot.pod)
    }
}

/// Pods of one submission say much the same: that is kept once.
fn share(pod: &mut Pod, other: &Pod) {
    let pairs = [
        (&mut pod.submission, &other.submission),
        (&mut pod.owner, &other.owner),
        (&mut pod.spark_application, &other.spark_application),
    ];
    for (mine, theirs) in pairs {
        if mine == theirs {
            mine.clone_from(theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::controller::pod::{Phase, Role};

    fn pod(name: &str, submission: &str) -> Pod {
        Pod {
            name: name.into(),
            uid: "u".into(),
            role: Role::Executor(1),
            submission: Some(submission.into()),
            owner: None,
            spark_application: None,
            phase: Phase::Running,
            leaving: false,
            ended: None,
            waiting: None,
            message: None,
        }
    }

    #[test]
    fn pods_are_kept_by_name() {
        let mut pods = Pods::default();
        for name in ["c", "a", "b"] {
            assert_eq!(pods.insert(pod(name, "one")), None);
        }
        assert_eq!(pods.insert(pod("b", "two")), Some(pod("b", "one")));
        assert_eq!(pods.iter().map(|pod| &*pod.name).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(pods.get("b"), Some(&pod("b", "two")));
        assert_eq!((pods.remove("a"), pods.get("a")), (Some(pod("a", "one")), None));
    }

    #[test]
    fn what_a_list_does_not_have_is_found() {
        let mut pods = Pods::default();
        pods.insert(pod("a", "one"));
        pods.insert(pod("b", "one"));
        assert_eq!(pods.unlisted().count(), 0, "it came with a watch");
        pods.begin();
        pods.insert(pod("b", "one"));
        assert_eq!(pods.unlisted().map(|pod| &*pod.name).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn what_pods_have_in_common_is_kept_once() {
        let mut pods = Pods::default();
        for (name, submission) in [("a", "one"), ("b", "one"), ("c", "two")] {
            pods.insert(pod(name, submission));
        }
        let kept = |name| pods.get(name).unwrap().submission.clone().unwrap();
        assert!(Arc::ptr_eq(&kept("a"), &kept("b")));
        assert_eq!(&*kept("c"), "two");
    }
}
