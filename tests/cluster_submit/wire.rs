//! A client with a test between it and the API server: requests are seen, changed, and fail as on a bad day.

use std::io;
use std::sync::{Arc, Mutex};

use kube::Client;
use kube::client::Body;
use serde_json::Value as Json;
use tower::BoxError;

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `POST`
    pub method: String,
    pub path: String,
    /// Null where there is none.
    pub body: Json,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// It fails before the API server sees it.
    NeverSent,
    /// The API server does it, and its answer is lost.
    AnswerLost,
    /// It is waited for in vain.
    NeverAnswered,
}

impl Sent {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }

    /// `POST pods`, `DELETE pods/pi-driver`
    pub fn title(&self) -> String {
        let whole = self.path.split("/namespaces/").last().unwrap_or_default();
        let below = whole.split_once('/').map_or(whole, |(_, below)| below);
        format!("{} {below}", self.method)
    }
}

/// Gives the request back; the compiler learns its type, which kube does not export, from what it is sent with.
fn sendable<R, F: Future>(request: R, _send: impl FnOnce(R) -> F) -> R {
    request
}

/// A client whose requests meet the fate that `decide` gives them; it may change them first.
pub fn through(inner: Client, decide: impl Fn(&mut Sent) -> Fate + Send + Sync + 'static) -> Client {
    let decide = Arc::new(decide);
    let service = tower::service_fn(move |request| {
        let (inner, decide) = (inner.clone(), Arc::clone(&decide));
        let mut request = sendable(request, |request| inner.send(request));
        async move {
            let bytes = std::mem::replace(request.body_mut(), Body::empty()).collect_bytes().await?;
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            let mut sent =
                Sent { method: request.method().to_string(), path: request.uri().path().to_owned(), body };
            let fate = decide(&mut sent);
            if fate == Fate::NeverSent {
                return Err(BoxError::from(io::Error::other("a test broke the connection")));
            }
            if fate == Fate::NeverAnswered {
                std::future::pending::<()>().await;
            }
            let body = if sent.body.is_null() { bytes.to_vec() } else { sent.body.to_string().into_bytes() };
            *request.body_mut() = Body::from(body);
            let answer = inner.send(request).await?;
            if fate == Fate::AnswerLost {
                return Err(BoxError::from(io::Error::other("a test lost the answer")));
            }
            Ok(answer)
        }
    });
    Client::new(service, "default")
}

/// A client that writes down what it sends, in order.
pub fn recorded(inner: Client) -> (Client, Arc<Mutex<Vec<Sent>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&log);
    let client = through(inner, move |sent| {
        to.lock().unwrap().push(sent.clone());
        Fate::Answered
    });
    (client, log)
}
