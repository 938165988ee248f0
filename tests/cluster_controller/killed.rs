//! The operator is killed (-9) before and after every write that it makes in the life of an application, and started
//! again: the job runs exactly once in each attempt, nothing is left over, and the end is the same. Also when it is killed
//! a second time while it catches up.
//!
//! A plan that fails is written to a file; `KILL_PLAN=FILE` runs it alone, again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::life::{Life, drivers};
use crate::operator::Operator;
use crate::place::{LIMIT, Place, state_of};
use crate::proxy::{Plan, Proxy, Sent, When};
use crate::support::within;

/// How many are tried at a time.
const AT_ONCE: usize = 6;
/// What is said of an end comes a moment after it.
const AFTER: Duration = Duration::from_secs(5);
/// How often a plan is tried whose write no run makes.
const TRIES: usize = 5;
/// How often a plan from a file is run.
const AGAIN: usize = 20;

/// What is done to an operator, and then to the next. It can be kept.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Case {
    life: Life,
    plans: Vec<Plan>,
}

impl Case {
    fn name(&self) -> String {
        let plans = self.plans.iter();
        let plans = plans.map(|plan| format!("{}-{}", plan.write, format!("{:?}", plan.when).to_lowercase()));
        plans.collect::<Vec<_>>().join("-")
    }
}

/// What an application has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    state: String,
    /// Submissions and runs, as the status counts them.
    attempts: (Json, Json),
    /// What is left, by kind.
    left: BTreeMap<&'static str, usize>,
    /// How many drivers were created.
    drivers: usize,
}

/// Lives a life under operators that are killed as planned, each after the other; what it came to, and how many were
/// killed.
fn run(place: &Place, name: &str, life: Life, plans: &[Plan]) -> (End, usize, Vec<Sent>) {
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let proxies: Vec<_> = (plans.iter().copied().map(Some).chain([None]))
        .map(|plan| Proxy::new(&place.account.kubeconfig, plan))
        .collect();
    let start = |number: usize| {
        let kubeconfig = proxies[number].kubeconfig(place.file(&format!("{name}-{number}.json")));
        let flags = [&[namespaces.as_str()], life.flags()].concat();
        Operator::start(&kubeconfig, &place.file(&format!("{name}-{number}.log")), &flags)
    };
    let mut operator = start(0);
    let (state, killed, mut operator) = std::thread::scope(|scope| {
        let user = scope.spawn(|| life.live(place, name));
        let (mut killed, mut ended) = (0, None);
        loop {
            if user.is_finished() {
                let ended: Instant = *ended.get_or_insert_with(Instant::now);
                if killed == plans.len() || ended.elapsed() > AFTER {
                    break;
                }
            }
            if proxies[killed].kill.recv_timeout(Duration::from_millis(20)).is_ok() {
                operator.kill();
                killed += 1;
                operator = start(killed);
            }
        }
        (user.join().unwrap(), killed, operator)
    });
    if plans.is_empty() {
        // All that is written of a life is what others are killed at.
        operator.quiet();
    }
    let sent: Vec<_> = proxies.iter().flat_map(Proxy::sent).collect();
    for sent in &sent {
        assert!(sent.has_precondition(), "{} without a precondition: {}", sent.title(), sent.body);
    }
    let created = drivers(&sent, name);
    for (id, count) in &created {
        assert_eq!(*count, 1, "{life:?} {plans:?}: submission {id} made {count} drivers");
    }
    let counted = |field: &str| {
        let answer = sent
            .iter()
            .rev()
            .find(|sent| sent.title() == "PUT sparkapplications/status" && sent.status == 200);
        answer.map(|sent| sent.answer["status"][field].clone()).unwrap_or_default()
    };
    let attempts = (counted("submissionAttempts"), counted("executionAttempts"));
    assert!(operator.runs(), "it ended by itself");
    let end = End { state, attempts, left: place.left(name), drivers: created.len() };
    (end, killed, sent)
}

/// The end without a fault, and its writes.
fn whole(place: &Place, life: Life) -> (End, Vec<String>) {
    let (_, _, sent) = run(place, "whole", life, &[]);
    // Events come when they come: the end is that of the second run, when everything has been seen.
    let end = settled(place, "whole", life);
    let writes = sent
        .iter()
        .filter(|sent| sent.path.contains("whole") || sent.method == "POST")
        .map(Sent::title)
        .collect();
    if !life.goes() {
        place.delete("whole");
    }
    (End { drivers: drivers(&sent, "whole").len(), ..end }, writes)
}

fn settled(place: &Place, name: &str, life: Life) -> End {
    let left = || place.left(name);
    if life.goes() {
        return End { state: "gone".to_owned(), attempts: Default::default(), left: left(), drivers: 0 };
    }
    let application = place.get(name);
    let status = &application["status"];
    let attempts = (status["submissionAttempts"].clone(), status["executionAttempts"].clone());
    End { state: state_of(&application).to_owned(), attempts, left: left(), drivers: 0 }
}

/// What is wrong with a run under these plans, if anything is; and how many operators were killed.
fn judge(place: &Place, name: &str, case: &Case, expected: &End) -> (Option<String>, usize) {
    let run =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(place, name, case.life, &case.plans)));
    let Ok((end, killed, _)) = run else {
        return (Some(format!("{case:?}: it did not come to its end")), case.plans.len());
    };
    // What the garbage collector takes, it may take a moment.
    let settles = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        within(LIMIT, &format!("{case:?}"), || {
            let now = End { drivers: end.drivers, ..settled(place, name, case.life) };
            if now == *expected { Ok(()) } else { Err(format!("{now:?} and not {expected:?}")) }
        });
    }));
    let wrong = settles
        .is_err()
        .then(|| format!("{case:?}: {:?} and not {expected:?}", settled(place, name, case.life)));
    if !case.life.goes() {
        place.delete(name);
    }
    (wrong, killed)
}

/// Before and after each of so many writes.
fn everywhere(writes: usize) -> Vec<Plan> {
    (0..writes).flat_map(|write| [When::Before, When::After].map(|when| Plan { write, when })).collect()
}

/// Kills at every write of a life.
fn kill_everywhere(life: Life) {
    let Some(place) = life.place() else { return };
    let (expected, writes) = whole(&place, life);
    let plans = everywhere(writes.len());
    let mut left: Vec<_> = plans.iter().map(|&plan| Case { life, plans: vec![plan] }).collect();
    let all = left.len();
    // A run may have an event fewer than the recorded one, and so none of its writes be the last one of that.
    for _ in 0..TRIES {
        let killed = judge_all(&left, &expected);
        left =
            left.into_iter().zip(killed).filter(|(_, killed)| *killed == 0).map(|(case, _)| case).collect();
    }
    let kills = all - left.len();
    println!("killed: {life:?}: {} writes, {kills} kills at them, no job lost or doubled", writes.len());
    println!("  writes: {:?}", writes.iter().map(String::as_str).collect::<BTreeSet<_>>());
    // Where that is so of the recorded run alone, two of them: before and after.
    assert!(left.len() <= 2, "never met: {left:?}");
}

/// Runs cases, several at a time: how many operators each has killed. What failed is told, and kept in files.
fn judge_all(cases: &[Case], expected: &End) -> Vec<usize> {
    let (next, kills) = (AtomicUsize::new(0), Mutex::new(vec![0; cases.len()]));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let Some(life) = cases.first().map(|case| case.life) else { return };
                let place = life.place().unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(case) = cases.get(number) else { return };
                    let (found, killed) = judge(&place, &format!("w{}", case.name()), case, expected);
                    kills.lock().unwrap()[number] = killed;
                    if let Some(found) = found {
                        wrong.lock().unwrap().push((case, found));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    for (case, _) in &wrong {
        let file = std::env::temp_dir().join(format!("kill-{:?}-{}.json", case.life, case.name()));
        std::fs::write(&file, serde_json::to_string(case).unwrap()).unwrap();
        println!(
            "  to run it again: KILL_PLAN={} cargo test --test cluster_controller killed",
            file.display()
        );
    }
    assert!(wrong.is_empty(), "{:#?}", wrong.into_iter().map(|(_, wrong)| wrong).collect::<Vec<_>>());
    kills.into_inner().unwrap()
}

/// And a second time, while the next operator catches up. A part of the pairs, spread evenly; all where many cases are
/// asked for (CASES).
#[test]
fn killed_again_while_it_catches_up() {
    const PART: usize = 40;
    let Some(place) = Place::new("killed") else { return };
    let life = Life::FailsAndIsTriedAgain;
    let (expected, writes) = whole(&place, life);
    let plans = everywhere(writes.len());
    let pairs = plans.iter().flat_map(|&first| plans.iter().map(move |&second| vec![first, second]));
    // Together the two make about as many writes as one alone; events that the first had not sent are lost.
    let pairs: Vec<_> = pairs.filter(|pair| pair[0].write + pair[1].write + 4 < writes.len()).collect();
    let step = if std::env::var_os("CASES").is_some() { 1 } else { pairs.len() / PART };
    let cases: Vec<_> = pairs.iter().step_by(step).map(|plans| Case { life, plans: plans.clone() }).collect();
    let kills: usize = judge_all(&cases, &expected).iter().sum();
    println!(
        "killed again: {} of {} pairs of writes, {kills} kills at them, no job lost or doubled",
        cases.len(),
        pairs.len()
    );
    assert!(kills * 10 >= cases.len() * 2 * 8, "{kills} kills in {} pairs", cases.len());
}

#[test]
fn killed_while_an_application_completes() {
    kill_everywhere(Life::Completes);
}

#[test]
fn killed_while_an_application_fails_and_is_tried_again() {
    kill_everywhere(Life::FailsAndIsTriedAgain);
}

#[test]
fn killed_while_an_application_is_suspended_and_resumed() {
    kill_everywhere(Life::IsSuspendedAndResumed);
}

#[test]
fn killed_while_an_application_is_changed() {
    kill_everywhere(Life::IsChanged);
}

#[test]
fn killed_while_an_application_is_deleted() {
    kill_everywhere(Life::IsDeleted);
}

#[test]
fn killed_while_an_application_has_everything_and_its_time_is_over() {
    kill_everywhere(Life::HasEverything);
}

#[test]
fn a_plan_of_a_file_is_run_again() {
    let Some(file) = std::env::var_os("KILL_PLAN") else { return };
    let case: Case = serde_json::from_str(&std::fs::read_to_string(Path::new(&file)).unwrap()).unwrap();
    let Some(place) = case.life.place() else { return };
    let (expected, _) = whole(&place, case.life);
    for number in 0..AGAIN {
        let (wrong, killed) = judge(&place, &format!("again-{number}"), &case, &expected);
        println!("run {number}: {killed} killed, {}", wrong.as_deref().unwrap_or("right"));
        assert!(wrong.is_none());
    }
}
