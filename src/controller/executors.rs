//! The states of executors, as the status lists them.

use std::collections::BTreeMap;

use super::pod::{Phase, Pod, Role};
use super::state::State;

/// A pod's state, as `status.executorState` has it.
fn state_of(pod: &Pod) -> &'static str {
    match pod.phase {
        Phase::Pending => "PENDING",
        Phase::Running => "RUNNING",
        Phase::Succeeded => "COMPLETED",
        Phase::Failed => "FAILED",
        Phase::Unknown => "UNKNOWN",
    }
}

/// What the status says of executors.
#[derive(Debug, Default)]
pub(super) struct Executors<'a> {
    /// States by pod; None where there are none.
    pub listed: Option<BTreeMap<String, String>>,
    /// Those whose state is another than before.
    pub changed: Vec<(&'a Pod, &'static str)>,
}

/// Brings the list up to date: what is there is told as it is; what has gone without an end is told by how the
/// application is. At most `most` are listed: what has gone is left out before what is there, the oldest first.
pub(super) fn observe<'a>(
    before: Option<&BTreeMap<String, String>>,
    pods: &[&'a Pod],
    application: State,
    most: usize,
) -> Executors<'a> {
    let empty = BTreeMap::new();
    let before = before.unwrap_or(&empty);
    let mut listed = BTreeMap::new();
    let mut changed = Vec::new();
    let mut there: Vec<&Pod> = pods.to_vec();
    there.sort_by_key(|pod| std::cmp::Reverse(number(pod)));
    for pod in there.into_iter().take(most) {
        let state = state_of(pod);
        if before.get(&*pod.name).is_none_or(|before| before != state) {
            changed.push((pod, state));
        }
        listed.insert(pod.name.to_string(), state.to_owned());
    }
    changed.reverse();
    let room = most.saturating_sub(listed.len());
    let mut gone: Vec<_> = before.iter().filter(|(name, _)| !listed.contains_key(*name)).collect();
    gone.sort_by_key(|(name, _)| std::cmp::Reverse(trailing_number(name)));
    for (name, state) in gone.into_iter().take(room) {
        let state = match (state.as_str(), application) {
            ("COMPLETED" | "FAILED", _) => state,
            (_, State::Succeeding | State::Completed) => "COMPLETED",
            (_, State::Failing | State::Failed) => "FAILED",
            _ => "UNKNOWN",
        };
        listed.insert(name.clone(), state.to_owned());
    }
    Executors { listed: Some(listed).filter(|listed| !listed.is_empty()), changed }
}

fn number(pod: &Pod) -> u64 {
    match pod.role {
        Role::Executor(number) => number,
        _ => 0,
    }
}

/// Names of executor pods end with their number.
fn trailing_number(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(number: u64, phase: Phase) -> Pod {
        Pod {
            name: format!("pi-exec-{number}").into(),
            uid: "u".into(),
            role: Role::Executor(number),
            submission: None,
            owner: None,
            spark_application: None,
            phase,
            leaving: false,
            ended: None,
            waiting: None,
            message: None,
        }
    }

    fn states(list: &[(u64, &str)]) -> BTreeMap<String, String> {
        list.iter().map(|(number, state)| (format!("pi-exec-{number}"), (*state).to_owned())).collect()
    }

    #[test]
    fn weak_point_12_executors_that_went_with_a_good_end_are_completed() {
        // Of Kubeflow's operator (all weak points are): they were FAILED.
        let before = states(&[(1, "RUNNING"), (2, "FAILED"), (3, "PENDING")]);
        for (application, gone) in [
            (State::Running, "UNKNOWN"),
            (State::Succeeding, "COMPLETED"),
            (State::Completed, "COMPLETED"),
            (State::Failing, "FAILED"),
        ] {
            let pod = pod(3, Phase::Running);
            let found = observe(Some(&before), &[&pod], application, 10);
            assert_eq!(
                found.listed.unwrap(),
                states(&[(1, gone), (2, "FAILED"), (3, "RUNNING")]),
                "{application}"
            );
            assert_eq!(found.changed, [(&pod, "RUNNING")]);
        }
    }

    #[test]
    fn weak_point_13_the_limit_is_a_number_of_executors_and_the_newest_stay() {
        // It was the highest number, and nothing was ever left out.
        let pods: Vec<_> = (1500..1503).map(|number| pod(number, Phase::Running)).collect();
        let refs: Vec<_> = pods.iter().collect();
        let before = states(&[(9, "COMPLETED"), (10, "COMPLETED"), (1499, "COMPLETED")]);
        let found = observe(Some(&before), &refs, State::Running, 5);
        let running = |number| (number, "RUNNING");
        let expected = [(10, "COMPLETED"), (1499, "COMPLETED"), running(1500), running(1501), running(1502)];
        assert_eq!(found.listed.unwrap(), states(&expected));
        assert_eq!(
            observe(None, &refs, State::Running, 2).listed.unwrap(),
            states(&[running(1501), running(1502)])
        );
        assert!(observe(Some(&before), &refs, State::Running, 0).listed.is_none());
    }
}
