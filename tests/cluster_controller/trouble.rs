//! Two operators at once, a leader that was stopped and comes back, a cluster that answers badly or not at all: each
//! submission makes its driver once, and all applications come to their ends.

use std::collections::BTreeMap;
use std::time::Instant;

use nix::sys::signal::Signal;

use crate::life::{Life, assert_none_twice};
use crate::operator::Operator;
use crate::place::{LIMIT, Place, driver};
use crate::proxy::{BADLY, Fault, NEVER, Proxy};
use crate::support::within;

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

/// Lives all lives so often under an operator that asks through a proxy; each submission makes its driver once.
fn live_through(place: &Place, proxy: &Proxy, times: usize, flags: &[&str], what: &str) {
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let flags =
        [&[namespaces.as_str(), "--enable-driver-pdb=true", "--workqueue-ratelimiter-max-delay=2s"], flags]
            .concat();
    let mut operator =
        Operator::start(&proxy.kubeconfig(place.file("proxy.json")), &place.file("log"), &flags);
    let lives: Vec<_> = (0..times).flat_map(|_| Life::ALL).collect();
    std::thread::scope(|scope| {
        for (number, life) in lives.iter().enumerate() {
            scope.spawn(move || life.live(place, &format!("app-{number}")));
        }
    });
    assert!(operator.runs());
    let made = assert_none_twice(&proxy.sent(), &lives);
    let faults = proxy.faults();
    println!(
        "{what}: {} applications, {made} drivers, none twice; {} faults: {faults:?}",
        lives.len(),
        faults.values().sum::<usize>()
    );
}

/// One request in six goes wrong, in eight ways in turn; watches are cut, and begin too late. The operator lives on.
#[test]
fn a_cluster_that_answers_badly_loses_and_doubles_nothing() {
    let Some(place) = Place::new("faulty") else { return };
    place.may_protect_drivers();
    let proxy = Proxy::faulty(&place.account.kubeconfig, 6, &BADLY);
    live_through(&place, &proxy, 8, &[], "a faulty cluster");
}

/// One write in ten is never answered, done or not.
#[test]
fn a_cluster_that_answers_never_loses_and_doubles_nothing() {
    let Some(mut place) = Place::new("silent") else { return };
    place.may_protect_drivers();
    // Each such write is waited for, 30 s at most.
    place.limit *= 4;
    let proxy = Proxy::faulty(&place.account.kubeconfig, 10, &NEVER);
    live_through(&place, &proxy, 4, &["--submission-timeout=10s"], "a silent cluster");
}

/// Every write is done and answered with 504. It is found to be done: nothing is written twice, and all of it is said.
#[test]
fn a_cluster_that_does_everything_and_says_so_of_nothing_is_believed_when_it_is_looked_at() {
    let Some(place) = Place::new("late") else { return };
    let proxy = Proxy::faulty(&place.account.kubeconfig, 1, &[Fault::WriteIsDoneAndTimedOut]);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let kubeconfig = proxy.kubeconfig(place.file("proxy.json"));
    let operator = Operator::start(&kubeconfig, &place.file("log"), &[&namespaces]);
    place.create("pi", &driver(&[("run-for", "2")]));
    place.in_state("pi", "COMPLETED");
    operator.quiet();
    let mut writes: BTreeMap<_, usize> = BTreeMap::new();
    for sent in proxy.sent() {
        let done = (200..300).contains(&sent.status);
        *writes.entry((sent.title(), done)).or_default() += 1;
    }
    let count = |title: &str, done| writes.get(&(title.to_owned(), done)).copied().unwrap_or_default();
    assert_eq!(count("PUT sparkapplications/status", true), 5, "{writes:?}");
    assert_eq!(count("PUT sparkapplications/status", false), 0, "{writes:?}");
    assert_eq!(count("POST pods", true), 1, "{writes:?}");
    let events = place.events("pi");
    let said = |reason: &str| events.iter().filter(|found| *found == reason).count();
    let expected = [
        ("SparkApplicationSubmitted", 1),
        ("SparkDriverRunning", 1),
        // And that it had no executors.
        ("SparkDriverCompleted", 2),
        ("SparkApplicationCompleted", 1),
    ];
    assert!(expected.iter().all(|(reason, count)| said(reason) == *count), "{events:?}");
    assert!(!operator.log().contains("kube_client"), "{}", operator.log());
}

/// The first watch of each resource never brings anything: no error says so, and no application is seen until then.
#[test]
fn a_watch_on_which_nothing_comes_is_begun_anew() {
    let Some(mut place) = Place::new("deaf") else { return };
    // Longer than a connection may be silent.
    place.limit *= 2;
    let proxy = Proxy::faulty(&place.account.kubeconfig, 1, &[Fault::WatchIsSilent]);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let mut operator =
        Operator::start(&proxy.kubeconfig(place.file("proxy.json")), &place.file("log"), &[&namespaces]);
    operator.acts();
    place.create("pi", &driver(&[]));
    let begun = Instant::now();
    place.in_state("pi", "COMPLETED");
    assert!(operator.runs());
    let (silent, after) = (proxy.faults(), begun.elapsed().as_secs());
    println!("a deaf operator: {silent:?}; an application created then has completed after {after} s");
}
