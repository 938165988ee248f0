//! A submission that is interrupted at any of its writes, before the API server sees it or before its answer is seen, and
//! is then done again: nothing is there twice, nothing is missing, nothing of the first try is left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kube::Client;
use serde_json::Value as Json;
use spark_operator::spark::Compiled;
use spark_operator::submit::{Native, Submitter};

use crate::place::{Place, compiled, connection, owner, run, with_all};
use crate::support::eventually;
use crate::wire::{Fate, recorded, through};

/// What happens after the write that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// No request gets through any more, as after kill -9.
    Nothing,
    /// All further requests are answered, as after a connection that broke.
    AllWell,
}

/// A client whose write of this number, counted from 0, meets this fate.
fn interrupting(inner: Client, number: usize, fate: Fate, then: Then) -> Client {
    let writes = Arc::new(AtomicUsize::new(0));
    through(inner, move |sent| {
        let before = writes.load(Ordering::SeqCst);
        if sent.writes() {
            writes.fetch_add(1, Ordering::SeqCst);
        }
        match (sent.writes() && before == number, before > number) {
            (true, _) => fate,
            (_, true) if then == Then::Nothing => Fate::NeverSent,
            _ => Fate::Answered,
        }
    })
}

/// How many there are of each kind.
fn kinds(objects: &BTreeMap<String, Json>) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for name in objects.keys() {
        *kinds.entry(name.split('/').next().unwrap().to_owned()).or_default() += 1;
    }
    kinds
}

/// What is wrong with what is there of an application after it was submitted again.
fn faults(
    place: &Place,
    compiled: &Compiled,
    driver_uid: &str,
    expected: &BTreeMap<String, usize>,
) -> Vec<String> {
    let objects = place.objects(&compiled.name);
    let mut faults = Vec::new();
    if kinds(&objects) != *expected {
        let names: Vec<_> = objects.keys().collect();
        faults.push(format!("there is {names:?}, and not {expected:?}"));
    }
    for (name, object) in &objects {
        let application = compiled.identity.owner.as_ref().unwrap().uid.clone();
        let labels = &object["metadata"]["labels"];
        let right = match name.split_once('/').unwrap() {
            ("Pod", _) => {
                let id = labels["sparkoperator.k8s.io/submission-id"].as_str();
                owner(object).1 == application
                    && id == Some(compiled.identity.submission.as_str())
                    && object["metadata"]["uid"] == driver_uid
            }
            ("ConfigMap", name) if name.ends_with("-prom-conf") => owner(object).1 == application,
            _ => owner(object).1 == driver_uid,
        };
        if !right || !object["metadata"]["deletionTimestamp"].is_null() {
            faults.push(format!("{name} is of somebody else: {}", object["metadata"]));
        }
    }
    faults
}

/// Interrupts at every write in both ways, and submits again; how many writes there are.
fn interrupt_everywhere(purpose: &str, then: Then) {
    let Some(place) = Place::new(purpose) else { return };
    run(async {
        let cluster = place.connection().await;
        let whole = compiled(&place.application("whole", &with_all()), 1);
        let (client, log) = recorded(cluster.client.clone());
        Native.submit(&whole, &connection(client)).await.unwrap();
        let writes: Vec<_> =
            log.lock().unwrap().iter().filter(|sent| sent.writes()).map(crate::wire::Sent::title).collect();
        let expected = kinds(&place.objects("whole"));
        assert!(writes.len() >= 7, "{writes:?}");

        let (mut wrong, mut interruptions) = (Vec::new(), 0);
        for (number, write) in writes.iter().enumerate() {
            for fate in [Fate::NeverSent, Fate::AnswerLost] {
                let name = format!("w{number}-{}", if fate == Fate::NeverSent { "unsent" } else { "lost" });
                let compiled = compiled(&place.application(&name, &with_all()), 1);
                let broken = connection(interrupting(cluster.client.clone(), number, fate, then));
                let first = Native.submit(&compiled, &broken).await;
                // What was made although nobody answered is found by the next look.
                if (fate, then) == (Fate::AnswerLost, Then::AllWell) {
                    first.unwrap_or_else(|error| panic!("{write}: it is there, and not found: {error}"));
                } else {
                    let error = first.expect_err(&format!("{write}: {fate:?}: it was not interrupted"));
                    assert!(error.retryable(), "{write}: {fate:?}: {error}");
                }
                interruptions += 1;
                let healthy = connection(cluster.client.clone());
                match Native.submit(&compiled, &healthy).await {
                    Ok(done) => {
                        // What the garbage collector takes of the first try may take it a moment.
                        let settled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            eventually(&format!("{write}: {fate:?}"), || {
                                let found = faults(&place, &compiled, &done.driver_uid, &expected);
                                if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
                            });
                        }));
                        if settled.is_err() {
                            let found = faults(&place, &compiled, &done.driver_uid, &expected);
                            wrong.push(format!("{write}: {fate:?}: {}", found.join("; ")));
                        }
                    }
                    Err(error) => wrong.push(format!("{write}: {fate:?}: not submitted again: {error}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {interruptions} interruptions:\n{}", wrong.len(), wrong.join("\n"));
        println!("{purpose}: {} writes, {interruptions} interruptions: 0 doubled, 0 lost", writes.len());
    });
}

#[test]
fn killed_at_any_write_and_done_again_nothing_is_doubled_or_lost() {
    interrupt_everywhere("killed", Then::Nothing);
}

#[test]
fn a_write_that_fails_alone_is_cleaned_up_behind_and_done_again() {
    interrupt_everywhere("broken", Then::AllWell);
}
