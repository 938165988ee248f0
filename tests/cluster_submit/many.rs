//! Hundreds of applications at once: each is submitted exactly once, and a namespace with many does not keep the others
//! waiting.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use futures::future::join_all;
use serde_json::json;
use spark_operator::runtime::lanes::Lane;
use spark_operator::submit::{Native, Submitter};

use crate::place::{Place, compiled, connection, owner, run};

const BIG: usize = 200;
const SMALL: usize = 25;
const WIDTH: usize = 20;

/// How many objects of a kind each owner has.
fn by_owner(place: &Place, plural: &str) -> BTreeMap<String, usize> {
    let list = place.0.cluster.get(&place.0.path("v1", plural));
    let mut counts = BTreeMap::new();
    for item in list["items"].as_array().unwrap() {
        if item["metadata"]["ownerReferences"].is_array() {
            *counts.entry(owner(item).1).or_default() += 1;
        }
    }
    counts
}

#[test]
fn three_hundred_at_once_are_submitted_once_each_and_small_namespaces_first() {
    let Some(big) = Place::new("many") else { return };
    let mut places = vec![(big, BIG)];
    places.extend((0..4).filter_map(|_| Place::new("few")).map(|place| (place, SMALL)));
    // The big one comes first.
    let mut all = Vec::new();
    for (place, count) in &places {
        for number in 0..*count {
            let application = place.application(&format!("app-{number}"), &json!({"sparkVersion": "4.0.5"}));
            all.push((place.0.name.as_str(), compiled(&application, 1)));
        }
    }
    let order = Mutex::new(Vec::new());
    let took = run(async {
        let client = places[0].0.connection().await.client;
        let lane = Lane::new(WIDTH);
        let started = Instant::now();
        join_all(all.iter().map(async |(namespace, application)| {
            let _turn = lane.turn(namespace, 1).await;
            let done = Native.submit(application, &connection(client.clone())).await.unwrap();
            assert!(!done.adopted);
            order.lock().unwrap().push((*namespace, done.driver_uid));
        }))
        .await;
        started.elapsed()
    });
    let order = order.into_inner().unwrap();
    println!(
        "{} applications over {} namespaces, {WIDTH} at a time: {:.1} applications per second",
        order.len(),
        places.len(),
        f64::from(u32::try_from(order.len()).unwrap()) / took.as_secs_f64()
    );

    let at = |namespace: &str, nth: usize| {
        order.iter().enumerate().filter(|(_, (of, _))| *of == namespace).nth(nth).unwrap().0
    };
    let hundredth = at(&places[0].0.0.name, 99);
    for (place, _) in &places[1..] {
        let first = at(&place.0.name, 0);
        assert!(first < hundredth, "the first of {} was number {first}", place.0.name);
    }
    let last = places[1..].iter().map(|(place, _)| at(&place.0.name, 0)).max().unwrap();
    println!(
        "the first of each small namespace was among the first {}, the 100th of the big one number {}",
        last + 1,
        hundredth + 1
    );

    for (place, count) in &places {
        let pods = place.0.cluster.get(&place.0.path("v1", "pods"));
        let mut there: Vec<_> = pods["items"].as_array().unwrap().iter().map(crate::place::uid).collect();
        let mut made: Vec<_> =
            order.iter().filter(|(of, _)| *of == place.0.name).map(|(_, uid)| uid.clone()).collect();
        there.sort();
        made.sort();
        assert_eq!((there.len(), &there), (*count, &made), "{}", place.0.name);
        assert_eq!(by_owner(place, "pods").into_values().collect::<Vec<_>>(), vec![1; *count]);
        assert_eq!(by_owner(place, "services"), made.iter().map(|uid| (uid.clone(), 1)).collect());
        let maps = by_owner(place, "configmaps");
        assert_eq!(maps.len(), *count);
        let numbers: Vec<&usize> = maps.values().collect();
        assert!(numbers.windows(2).all(|pair| pair[0] == pair[1]), "{maps:?}");
    }
}
