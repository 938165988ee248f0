//! The writes of one life of an application, recorded between the operator and the API server, and done again for others
//! by a client that has nothing to decide and nothing to wait for: as fast as the API server can be.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::http::Request;
use futures::stream::{StreamExt, TryStreamExt, iter};
use kube::api::PostParams;
use kube::{Api, Client};
use regex::{Captures, Regex};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use spark_operator::api::SparkApplication;

use crate::jobs;
use crate::place::{AT_ONCE, LIMIT, Operator, Place, application, name};
use crate::proxy::{Proxy, Sent};

/// Ids, and what follows from them.
static IDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}").unwrap());

/// One life, from its creation to the last event.
pub struct Life {
    submitter: String,
    pub namespace: String,
    pub name: String,
    /// The application as it was created.
    pub created: Json,
    /// What the operator wrote.
    pub sent: Vec<Sent>,
    requests: usize,
    bytes: (usize, usize),
}

impl Life {
    /// Runs the operator for one application, and writes down what it writes. A Job needs somebody who plays spark-submit as
    /// a life that was recorded before had it.
    pub async fn record(place: &Place, submitter: &str, played: Option<&Self>) -> Self {
        let namespace = place.namespace("recorded").await;
        let name = name(0);
        let folder = tempfile::tempdir().unwrap();
        let proxy = Proxy::new(&place.kubeconfig, None);
        let kubeconfig = proxy.kubeconfig(folder.path().join("kubeconfig"));
        let operator = Operator::start(&kubeconfig, &namespace, submitter);
        let _player = played.filter(|_| submitter == "job").map(|life| jobs::play(place, &namespace, life));
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = proxy.traffic();
        let api: Api<SparkApplication> = Api::namespaced(place.client.clone(), &namespace);
        let created = api.create(&PostParams::default(), &application(&namespace, &name)).await.unwrap();
        let begun = Instant::now();
        let done = |app: &SparkApplication| {
            let state = app.status.as_ref().and_then(|status| status.application_state.as_ref());
            state.is_some_and(|state| state.state == "COMPLETED")
        };
        while !done(&api.get(&name).await.unwrap()) {
            assert!(begun.elapsed() < LIMIT);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // Events come behind.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let after = proxy.traffic();
        let sent = proxy.sent().into_iter().filter(|sent| (200..300).contains(&sent.status)).collect();
        drop(operator);
        place.forget(&namespace).await;
        Self {
            submitter: submitter.to_owned(),
            namespace,
            name,
            created: serde_json::to_value(created).unwrap(),
            sent,
            requests: after.0 - before.0,
            bytes: (after.1 - before.1, after.2 - before.2),
        }
    }

    pub fn tell(&self) {
        let mut titles: BTreeMap<String, usize> = BTreeMap::new();
        for sent in &self.sent {
            *titles.entry(sent.title()).or_default() += 1;
        }
        let titles: Vec<_> = titles.iter().map(|(title, count)| format!("{count} {title}")).collect();
        println!(
            "one life by `{}`: {} requests, {} of them writes ({}); {:.1} kB sent and {:.1} kB received, watches among it",
            self.submitter,
            self.requests,
            self.sent.len(),
            titles.join(", "),
            self.bytes.0 as f64 / 1e3,
            self.bytes.1 as f64 / 1e3
        );
    }

    /// The same writes for so many others, as fast as it goes: how long it takes.
    pub async fn replay(self: &Arc<Self>, place: &Place, count: usize) -> Duration {
        let namespace = place.namespace("replayed").await;
        let begun = Instant::now();
        iter(1..=count)
            .map(|number| {
                let (life, client, namespace) = (Arc::clone(self), place.client.clone(), namespace.clone());
                tokio::spawn(async move { life.again(&client, &namespace, number).await })
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .unwrap();
        let took = begun.elapsed();
        place.forget(&namespace).await;
        took
    }

    async fn again(&self, client: &Client, namespace: &str, number: usize) {
        let api: Api<SparkApplication> = Api::namespaced(client.clone(), namespace);
        let new = api.create(&PostParams::default(), &application(namespace, &name(number))).await.unwrap();
        let mut other = Other { life: self, namespace, number, known: HashMap::new() };
        other.learn(&self.created, &serde_json::to_value(new).unwrap());
        for sent in &self.sent {
            let request = Request::builder()
                .method(sent.method.as_str())
                .uri(other.text(&sent.path))
                .header("content-type", "application/json")
                .body(other.body(&sent.body).into_bytes())
                .unwrap();
            let answer: Json =
                client.request(request).await.unwrap_or_else(|error| panic!("{}: {error}", sent.title()));
            other.learn(&sent.answer, &answer);
        }
    }
}

/// An application for which a life is lived again.
struct Other<'a> {
    life: &'a Life,
    namespace: &'a str,
    number: usize,
    /// What the API server gave instead of what it gave then: uids and versions.
    known: HashMap<String, String>,
}

impl Other<'_> {
    fn learn(&mut self, then: &Json, now: &Json) {
        for field in ["uid", "resourceVersion"] {
            if let (Some(then), Some(now)) =
                (then["metadata"][field].as_str(), now["metadata"][field].as_str())
            {
                self.known.insert(then.to_owned(), now.to_owned());
            }
        }
    }

    fn body(&self, body: &Json) -> String {
        let mut body = body.clone();
        if let Some(version) = body.pointer_mut("/metadata/resourceVersion")
            && let Some(now) = version.as_str().and_then(|then| self.known.get(then))
        {
            *version = now.as_str().into();
        }
        self.text(&body.to_string())
    }

    /// The names and uids of then are those of now; ids, and names that follow from them, are others for each.
    fn text(&self, text: &str) -> String {
        let text = IDS.replace_all(text, |found: &Captures<'_>| {
            let id = &found[0];
            self.known.get(id).cloned().unwrap_or_else(|| self.another(id))
        });
        text.replace(&self.life.namespace, self.namespace).replace(&self.life.name, &name(self.number))
    }

    /// An id of the same form.
    fn another(&self, id: &str) -> String {
        let drawn = Sha256::digest(format!("{id}/{}", self.number));
        let mut digits =
            drawn.iter().cycle().map(|byte| char::from_digit(u32::from(byte % 16), 16).unwrap_or('0'));
        id.chars().map(|c| if c == '-' { c } else { digits.next().unwrap_or('0') }).collect()
    }
}
