//! Lanes: how much is done at once, and who is next.
//!
//! A lane lets a number of tasks run at a time. Of those that wait the most urgent goes first; among equally urgent ones
//! the groups take turns, and within a group it is first come, first served. So a namespace that submits hundreds of
//! applications does not keep those of others waiting, and what must be known soon is written before what can wait.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::oneshot;

/// How urgent something is; the smaller number goes first.
pub type Urgency = u8;

/// A lane of a given width.
#[derive(Clone, Debug)]
pub struct Lane(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: BTreeMap<Urgency, Queue>,
}

/// Those who wait with one urgency: each group's in their order, and the order of the groups.
#[derive(Debug, Default)]
struct Queue {
    groups: HashMap<String, VecDeque<oneshot::Sender<Turn>>>,
    order: VecDeque<String>,
}

/// The right to run. It is given back when it is dropped.
#[derive(Debug)]
pub struct Turn(Option<Lane>);

impl Lane {
    /// A lane in which `width` tasks run at a time, at least one.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: width.max(1), waiting: BTreeMap::new() })))
    }

    /// Waits for its turn. Dropping the future gives up the place.
    pub async fn turn(&self, group: &str, urgency: Urgency) -> Turn {
        let receiver = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(self.clone()));
            }
            let (sender, receiver) = oneshot::channel();
            let queue = state.waiting.entry(urgency).or_default();
            let group = queue.groups.entry(group.to_owned()).or_insert_with_key(|group| {
                queue.order.push_back(group.clone());
                VecDeque::new()
            });
            group.push_back(sender);
            receiver
        };
        // The sender is dropped only with the lane, and the lane lives as long as we do.
        match receiver.await {
            Ok(turn) => turn,
            Err(oneshot::Canceled) => Turn(None),
        }
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let state = self.state();
        state.waiting.values().flat_map(|queue| queue.groups.values()).map(VecDeque::len).sum()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing between lock and unlock can leave it half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a free place to whoever is next; to nobody, when nobody waits.
    fn pass_on(&self) {
        loop {
            let next = {
                let mut state = self.state();
                let next = state.next();
                if next.is_none() {
                    state.free += 1;
                    return;
                }
                next
            };
            // One who has given up leaves the place to the next.
            let Some(sender) = next else { return };
            match sender.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Its place is still ours to give.
                Err(mut turn) => turn.0 = None,
            }
        }
    }
}

impl State {
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let (&urgency, queue) = self.waiting.iter_mut().next()?;
        let group = queue.order.pop_front()?;
        let waiting = queue.groups.get_mut(&group)?;
        let sender = waiting.pop_front();
        if waiting.is_empty() {
            queue.groups.remove(&group);
        } else {
            queue.order.push_back(group);
        }
        if queue.order.is_empty() {
            self.waiting.remove(&urgency);
        }
        sender
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(lane) = self.0.take() {
            lane.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::join_all;
    use tokio::task::yield_now;

    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    /// Runs tasks in a lane one at a time and tells in which order they ran.
    async fn order(tasks: &[(&str, Urgency)]) -> Vec<usize> {
        let lane = Lane::new(1);
        let first = lane.turn("first", 0).await;
        let ran = Mutex::new(Vec::new());
        let all = join_all(tasks.iter().enumerate().map(async |(number, (group, urgency))| {
            let _turn = lane.turn(group, *urgency).await;
            ran.lock().unwrap().push(number);
        }));
        let release = async {
            yield_now().await;
            assert_eq!(lane.waiting(), tasks.len());
            drop(first);
        };
        futures::future::join(all, release).await;
        ran.into_inner().unwrap()
    }

    #[test]
    fn groups_take_turns() {
        let tasks = [("a", 1), ("a", 1), ("a", 1), ("a", 1), ("b", 1), ("b", 1), ("c", 1)];
        assert_eq!(run(order(&tasks)), [0, 4, 6, 1, 5, 2, 3]);
    }

    #[test]
    fn what_is_urgent_goes_first() {
        let tasks = [("a", 2), ("a", 1), ("b", 2), ("b", 0), ("a", 1)];
        assert_eq!(run(order(&tasks)), [3, 1, 4, 0, 2]);
    }

    #[test]
    fn no_more_run_at_once_than_the_lane_is_wide_and_all_get_their_turn() {
        run(async {
            let lane = Lane::new(8);
            let (running, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
            join_all((0..500).map(async |number| {
                let _turn = lane.turn(&format!("namespace-{}", number % 7), 1).await;
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_micros(number % 5 * 100)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
            }))
            .await;
            assert_eq!((most.into_inner(), done.into_inner()), (8, 500));
        });
    }

    #[test]
    fn one_who_gives_up_leaves_the_place_to_the_next() {
        run(async {
            let lane = Lane::new(1);
            let first = lane.turn("a", 0).await;
            let mut impatient = Box::pin(lane.turn("a", 0));
            assert!(impatient.as_mut().now_or_never().is_none());
            let mut patient = Box::pin(lane.turn("b", 0));
            assert!(patient.as_mut().now_or_never().is_none());
            drop(impatient);
            drop(first);
            let turn = patient.await;
            assert_eq!(lane.waiting(), 0);
            drop(turn);
            assert!(lane.turn("c", 0).now_or_never().is_some());
        });
    }

    #[test]
    fn one_who_gives_up_with_the_turn_in_hand_gives_it_back() {
        run(async {
            let lane = Lane::new(1);
            let first = lane.turn("a", 0).await;
            let mut waiting = Box::pin(lane.turn("a", 0));
            assert!(waiting.as_mut().now_or_never().is_none());
            drop(first);
            drop(waiting);
            assert!(lane.turn("b", 0).now_or_never().is_some());
        });
    }
}
