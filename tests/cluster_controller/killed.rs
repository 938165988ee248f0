//! The operator is killed (-9) before and after every write that it makes in the life of an application, and started
//! again: the job runs exactly once in each attempt, nothing is left over, and the end is the same. Also when it is killed
//! a second time while it catches up, when it was only stopped and comes back, and when the cluster answers badly.
//!
//! A plan that fails is written to a file; `KILL_PLAN=FILE` runs it alone, again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};

use crate::operator::Operator;
use crate::place::{LIMIT, Place, driver, state_of};
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

/// What a user does with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Life {
    Completes,
    FailsAndIsTriedAgain,
    IsSuspendedAndResumed,
    IsChanged,
    IsDeleted,
    /// With all that belongs beside a driver, and a short time to live.
    HasEverything,
}

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

impl Life {
    const ALL: [Self; 6] = [
        Self::Completes,
        Self::FailsAndIsTriedAgain,
        Self::IsSuspendedAndResumed,
        Self::IsChanged,
        Self::IsDeleted,
        Self::HasEverything,
    ];

    fn spec(self) -> Json {
        match self {
            Self::Completes => driver(&[("run-for", "0")]),
            Self::FailsAndIsTriedAgain => {
                let mut spec = driver(&[("outcome", "fail"), ("run-for", "0")]);
                spec["restartPolicy"] =
                    json!({"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1});
                spec
            }
            Self::HasEverything => {
                let mut spec = driver(&[("run-for", "0")]);
                spec["timeToLiveSeconds"] = 1.into();
                spec["driverPodDisruptionBudget"] = true.into();
                spec["monitoring"] = json!({"exposeDriverMetrics": true, "exposeExecutorMetrics": false,
                    "prometheus": {"jmxExporterJar": "/opt/jmx.jar", "configuration": "rules: []\n"}});
                spec
            }
            // Until it is deleted: what a user does next has all the time it needs.
            Self::IsSuspendedAndResumed | Self::IsChanged | Self::IsDeleted => driver(&[("outcome", "run")]),
        }
    }

    /// Flags of its operator.
    fn flags(self) -> &'static [&'static str] {
        if self == Self::HasEverything { &["--enable-driver-pdb=true"] } else { &[] }
    }

    /// Where it is lived.
    fn place(self) -> Option<Place> {
        let place = Place::new("killed")?;
        if self == Self::HasEverything {
            place.may_protect_drivers();
        }
        Some(place)
    }

    /// Whether nothing is left of it at its end.
    fn goes(self) -> bool {
        matches!(self, Self::IsDeleted | Self::HasEverything)
    }

    /// Does what the user does, and waits for the end.
    fn live(self, place: &Place, name: &str) -> String {
        place.create(name, &self.spec());
        let end = match self {
            Self::Completes => place.in_state(name, "COMPLETED"),
            Self::FailsAndIsTriedAgain => place.in_state(name, "FAILED"),
            Self::IsSuspendedAndResumed => {
                place.in_state(name, "RUNNING");
                place.patch(name, &json!({"spec": {"suspend": true}}));
                place.in_state(name, "SUSPENDED");
                place.patch(name, &json!({"spec": {"suspend": false}}));
                place.in_state(name, "RUNNING")
            }
            Self::IsChanged => {
                let before = place.in_state(name, "RUNNING")["status"]["submissionID"].clone();
                place.patch(name, &json!({"spec": {"arguments": ["2"]}}));
                place.until(name, "to run as it is now", |application| {
                    let id = &application["status"]["submissionID"];
                    state_of(application) == "RUNNING" && *id != before && !id.is_null()
                })
            }
            Self::IsDeleted => {
                place.in_state(name, "RUNNING");
                place.delete(name);
                place.gone(name);
                return "gone".to_owned();
            }
            Self::HasEverything => {
                place.gone(name);
                return "gone".to_owned();
            }
        };
        state_of(&end).to_owned()
    }
}

/// Drivers that were created, by the submission that did so.
fn drivers(sent: &[Sent], name: &str) -> BTreeMap<String, usize> {
    let mut drivers = BTreeMap::new();
    for sent in sent.iter().filter(|sent| sent.title() == "POST pods" && sent.status == 201) {
        let labels = &sent.answer["metadata"]["labels"];
        if labels["sparkoperator.k8s.io/app-name"] == name {
            let id = labels["sparkoperator.k8s.io/submission-id"].as_str().unwrap().to_owned();
            *drivers.entry(id).or_default() += 1;
        }
    }
    drivers
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

/// A leader that is stopped (SIGSTOP) for longer than its lease, and comes back while another leads.
#[test]
fn stopped_and_back_a_leader_doubles_nothing() {
    let Some(place) = Place::new("stopped") else { return };
    place.may_lead();
    let proxies = [0, 1].map(|_| Proxy::new(&place.account.kubeconfig, None));
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let lease_namespace = format!("--leader-election-lock-namespace={}", place.namespace.name);
    let flags = [
        namespaces.as_str(),
        "--leader-election=true",
        "--leader-election-lock-name=test",
        &lease_namespace,
        "--leader-election-lease-duration=12s",
        "--leader-election-renew-deadline=10s",
        "--leader-election-retry-period=500ms",
    ];
    let start = |number: usize| {
        let kubeconfig = proxies[number].kubeconfig(place.file(&format!("{number}.json")));
        Operator::start(&kubeconfig, &place.file(&format!("{number}.log")), &flags)
    };
    let mut first = start(0);
    first.says("\"leading\"");
    let second = start(1);
    second.says("another leads");
    let creates = |number: usize| {
        within(LIMIT, &format!("operator {number} to create a driver"), || {
            let drivers = proxies[number].sent().iter().filter(|sent| sent.title() == "POST pods").count();
            if drivers > 0 { Ok(()) } else { Err(drivers) }
        });
    };
    let lives: Vec<_> = (0..6).flat_map(|_| Life::ALL).collect();
    std::thread::scope(|scope| {
        for (number, life) in lives.iter().enumerate() {
            let place = &place;
            scope.spawn(move || life.live(place, &format!("app-{number}")));
        }
        // In the middle of it.
        creates(0);
        first.signal(Signal::SIGSTOP);
        second.says("\"leading\"");
        creates(1);
        first.signal(Signal::SIGCONT);
    });
    // It found out that it no longer leads, and ended: whoever runs it starts it again.
    within(LIMIT, "the first to end", || if first.runs() { Err("it runs") } else { Ok(()) });
    let sent = proxies.iter().flat_map(Proxy::sent).collect::<Vec<_>>();
    let made = assert_none_twice(&sent, &lives);
    println!(
        "a leader that was stopped and came back: {} applications, {made} drivers, none twice",
        lives.len()
    );
}

/// How many drivers were made: each submission's once, and as many submissions as these lives need.
fn assert_none_twice(sent: &[Sent], lives: &[Life]) -> usize {
    let mut made = 0;
    for (number, life) in lives.iter().enumerate() {
        let drivers = drivers(sent, &format!("app-{number}"));
        for (id, count) in &drivers {
            assert_eq!(*count, 1, "app-{number}: submission {id}");
        }
        let expected = match life {
            Life::Completes | Life::IsDeleted | Life::HasEverything => 1,
            _ => 2,
        };
        assert_eq!(drivers.len(), expected, "app-{number}: {life:?}");
        made += drivers.len();
    }
    made
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

#[test]
fn two_operators_at_once_double_nothing() {
    let Some(place) = Place::new("two") else { return };
    let proxies = [0, 1].map(|_| Proxy::new(&place.account.kubeconfig, None));
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let _operators: Vec<_> = (proxies.iter().enumerate())
        .map(|(number, proxy)| {
            let kubeconfig = proxy.kubeconfig(place.file(&format!("{number}.json")));
            Operator::start(&kubeconfig, &place.file(&format!("{number}.log")), &[&namespaces])
        })
        .collect();
    let lives: Vec<_> = (0..10).flat_map(|_| Life::ALL).collect();
    std::thread::scope(|scope| {
        for (number, life) in lives.iter().enumerate() {
            let place = &place;
            scope.spawn(move || life.live(place, &format!("app-{number}")));
        }
    });
    let sent = [proxies[0].sent(), proxies[1].sent()].concat();
    let made = assert_none_twice(&sent, &lives);
    let refused = sent.iter().filter(|sent| sent.status == 409).count();
    println!(
        "two operators: {} applications, {made} drivers, none twice; {refused} writes were refused",
        lives.len()
    );
}

/// One request in six goes wrong, in eight ways in turn; watches are cut, and begin too late. The operator lives on.
#[test]
fn a_cluster_that_answers_badly_loses_and_doubles_nothing() {
    let Some(place) = Place::new("faulty") else { return };
    let proxy = Proxy::faulty(&place.account.kubeconfig, 6);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let kubeconfig = proxy.kubeconfig(place.file("faulty.json"));
    let flags = [namespaces.as_str(), "--workqueue-ratelimiter-max-delay=2s"];
    let mut operator = Operator::start(&kubeconfig, &place.file("faulty.log"), &flags);
    let lives: Vec<_> = (0..8).flat_map(|_| Life::ALL).collect();
    std::thread::scope(|scope| {
        for (number, life) in lives.iter().enumerate() {
            let place = &place;
            scope.spawn(move || life.live(place, &format!("app-{number}")));
        }
    });
    assert!(operator.runs());
    let sent = proxy.sent();
    let made = assert_none_twice(&sent, &lives);
    let faults = proxy.faults();
    println!(
        "a faulty cluster: {} applications, {made} drivers, none twice; {} faults: {faults:?}",
        lives.len(),
        faults.values().sum::<usize>()
    );
}
