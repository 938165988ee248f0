//! Between an operator and the API server: what it writes is counted, and at a write of our choice it is killed, before
//! the API server sees the write, or after it was done and before the answer is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::channel::oneshot;
use futures::{StreamExt, TryStreamExt};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value as Json, json};

/// When the operator is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum When {
    /// The API server never sees the write.
    Before,
    /// The write is done, and its answer never seen.
    After,
}

/// At which write, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    pub write: usize,
    pub when: When,
}

/// What goes wrong with a request of an operator that lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Answered with this status; the API server never sees it.
    Refused(u16),
    /// Done, and answered with 504.
    DoneAndTimedOut,
    /// Done, and the connection ends without an answer.
    DoneAndCut,
    /// The connection ends at once.
    Cut,
    /// What a watch begins at is too long ago; nothing is wrong with any other request.
    Expired,
    /// A write is never answered; the API server never sees it. Nothing is wrong with any other request.
    WriteIsLost,
    /// A write is done, and never answered. Nothing is wrong with any other request.
    WriteIsDoneInSilence,
    /// A write is done, and answered with 504. Nothing is wrong with any other request.
    WriteIsDoneAndTimedOut,
    /// The first watch of a resource is never answered; nothing is wrong with any other request.
    WatchIsSilent,
}

/// What a cluster does that answers badly, in turn.
pub const BADLY: [Fault; 8] = [
    Fault::Refused(500),
    Fault::Refused(409),
    Fault::Refused(429),
    Fault::Refused(503),
    Fault::DoneAndTimedOut,
    Fault::DoneAndCut,
    Fault::Cut,
    Fault::Expired,
];

/// What a cluster does that answers never, in turn.
pub const NEVER: [Fault; 2] = [Fault::WriteIsLost, Fault::WriteIsDoneInSilence];

/// A write that reached the API server.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub body: Json,
    pub answer: Json,
}

impl Sent {
    /// Whether it says which object is meant, or which version of it, and not just its name.
    pub fn has_precondition(&self) -> bool {
        let text = |pointer: &str| self.body.pointer(pointer).is_some_and(Json::is_string);
        match self.method.as_str() {
            "PUT" => text("/metadata/resourceVersion") && text("/metadata/uid"),
            "DELETE" if self.title() == "DELETE sparkapplications" => {
                text("/preconditions/uid") && text("/preconditions/resourceVersion")
            }
            "DELETE" => text("/preconditions/uid"),
            // What is created exists or not: the API server decides.
            _ => true,
        }
    }

    /// `POST pods`, `PUT sparkapplications/status`.
    pub fn title(&self) -> String {
        let parts: Vec<_> = self.path.split('/').skip_while(|part| *part != "namespaces").skip(2).collect();
        let resource = match parts.as_slice() {
            [resource, _, sub] => format!("{resource}/{sub}"),
            [resource, ..] => (*resource).to_owned(),
            [] => self.path.clone(),
        };
        format!("{} {resource}", self.method)
    }
}

/// A proxy. It listens until it is dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    _until: oneshot::Sender<()>,
    /// Says when the operator is to be killed.
    pub kill: Receiver<()>,
}

struct Shared {
    client: Client,
    plan: Option<Plan>,
    /// Every how many requests one goes wrong, and how, in turn.
    faulty: Option<(usize, &'static [Fault])>,
    kill: Sender<()>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Writes that came.
    came: usize,
    /// Whether the operator is dead: nothing of it gets through any more.
    dead: bool,
    /// Requests of any kind.
    all: usize,
    faults: BTreeMap<String, usize>,
    /// Paths that were watched.
    watched: BTreeSet<String>,
    sent: Vec<Sent>,
    /// Bytes of bodies.
    received: usize,
    answered: usize,
}

impl Proxy {
    /// A proxy that asks with the rights of a kubeconfig.
    pub fn new(kubeconfig: &Path, plan: Option<Plan>) -> Self {
        Self::start(kubeconfig, plan, None)
    }

    /// A proxy through which one in so many requests goes wrong, in these ways in turn.
    pub fn faulty(kubeconfig: &Path, one_in: usize, ways: &'static [Fault]) -> Self {
        Self::start(kubeconfig, None, Some((one_in, ways)))
    }

    fn start(kubeconfig: &Path, plan: Option<Plan>, faulty: Option<(usize, &'static [Fault])>) -> Self {
        let (kill, killed) = channel();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ready, shared) = channel();
        let (until, dropped) = oneshot::channel::<()>();
        let kubeconfig = kubeconfig.to_owned();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let config = Kubeconfig::read_from(kubeconfig).unwrap();
                let config =
                    Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
                let client = Client::try_from(config).unwrap();
                let shared = Arc::new(Shared { client, plan, faulty, kill, seen: Mutex::default() });
                ready.send(Arc::clone(&shared)).unwrap();
                let router = Router::new().fallback(take).with_state(shared);
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = dropped => {}
                }
            });
        });
        Self { port, shared: shared.recv().unwrap(), kill: killed, _until: until }
    }

    /// A kubeconfig that leads here, as a file of this name.
    pub fn kubeconfig(&self, file: PathBuf) -> PathBuf {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": format!("http://127.0.0.1:{}", self.port)}}],
            "users": [{"name": "a", "user": {}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        file
    }

    /// How often what went wrong.
    pub fn faults(&self) -> BTreeMap<String, usize> {
        self.shared.seen.lock().unwrap().faults.clone()
    }

    /// How many requests came, and the bytes of their bodies and of the answers' by now, watches among them.
    #[allow(dead_code, reason = "the bench asks")]
    pub fn traffic(&self) -> (usize, usize, usize) {
        let seen = self.shared.seen.lock().unwrap();
        (seen.all, seen.received, seen.answered)
    }

    /// The writes that reached the API server.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.seen.lock().unwrap().sent.clone()
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// The operator is killed at it.
    Killed(When),
    /// The operator is dead already.
    Never,
}

impl Shared {
    /// What goes wrong with a request, if anything does.
    fn fault(&self, method: &Method, uri: &Uri) -> Option<Fault> {
        let mut seen = self.seen.lock().unwrap();
        seen.all += 1;
        let watches = uri.query().is_some_and(|query| query.contains("watch="));
        let first = watches && seen.watched.insert(uri.path().to_owned());
        let (one_in, ways) = self.faulty?;
        if !seen.all.is_multiple_of(one_in) {
            return None;
        }
        let fault = ways[(seen.all / one_in) % ways.len()];
        let applies = match fault {
            Fault::Expired => watches,
            Fault::WatchIsSilent => first,
            Fault::WriteIsLost | Fault::WriteIsDoneInSilence | Fault::WriteIsDoneAndTimedOut => {
                method != Method::GET
            }
            Fault::Refused(_) | Fault::DoneAndTimedOut | Fault::DoneAndCut | Fault::Cut => true,
        };
        if !applies {
            return None;
        }
        *seen.faults.entry(format!("{fault:?}")).or_default() += 1;
        Some(fault)
    }

    /// A request came: at which of our plans, if at one.
    fn came(&self, writes: bool) -> Fate {
        let mut seen = self.seen.lock().unwrap();
        if seen.dead {
            return Fate::Never;
        }
        let number = seen.came;
        seen.came += usize::from(writes);
        let hit = self.plan.filter(|plan| writes && plan.write == number);
        seen.dead = hit.is_some();
        hit.map_or(Fate::Answered, |plan| Fate::Killed(plan.when))
    }
}

async fn never() -> Response {
    std::future::pending().await
}

/// Also when the operator ends meanwhile: what has reached the API server is written down.
async fn take(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    tokio::spawn(forward(shared, request)).await.unwrap()
}

async fn forward(shared: Arc<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let writes = parts.method != Method::GET;
    let fate = shared.came(writes);
    match fate {
        Fate::Never => return never().await,
        Fate::Killed(When::Before) => {
            shared.kill.send(()).unwrap();
            return never().await;
        }
        Fate::Answered | Fate::Killed(When::After) => {}
    }
    let fault = shared.fault(&parts.method, &parts.uri);
    match fault {
        Some(Fault::Refused(code)) => {
            let reason = match code {
                409 => "Conflict",
                429 => "TooManyRequests",
                503 => "ServiceUnavailable",
                _ => "InternalError",
            };
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code,
                "message": "seeded"});
            let code = StatusCode::from_u16(code).unwrap();
            return (code, [("content-type", "application/json")], status.to_string()).into_response();
        }
        Some(Fault::Cut) => return cut(),
        Some(Fault::WriteIsLost | Fault::WatchIsSilent) => return never().await,
        Some(Fault::Expired) => {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
                "message": "seeded"});
            let event = json!({"type": "ERROR", "object": status}).to_string() + "\n";
            return ([("content-type", "application/json")], event).into_response();
        }
        _ => {}
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let mut forwarded = axum::http::Request::builder().method(parts.method).uri(parts.uri);
    for (name, value) in &parts.headers {
        if name != "host" && name != "content-length" && name != "authorization" {
            forwarded = forwarded.header(name, value);
        }
    }
    let sent = body.clone();
    shared.seen.lock().unwrap().received += sent.len();
    let forwarded = forwarded.body(kube::client::Body::from(body.to_vec())).unwrap();
    let answer = match shared.client.send(forwarded).await {
        Ok(answer) => answer,
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    let (mut head, body) = answer.into_parts();
    // They are of the answer as it came, which may have been compressed.
    for name in ["content-length", "content-encoding", "transfer-encoding"] {
        head.headers.remove(name);
    }
    let counting = Arc::clone(&shared);
    let body = Body::new(body)
        .into_data_stream()
        .inspect_ok(move |bytes| counting.seen.lock().unwrap().answered += bytes.len());
    if !writes {
        // A watch that is cut says something first.
        let body = if fault.is_some() { Body::from_stream(body.take(2)) } else { Body::from_stream(body) };
        return Response::from_parts(head, body);
    }
    let body: Bytes = axum::body::to_bytes(Body::from_stream(body), usize::MAX).await.unwrap();
    shared.seen.lock().unwrap().sent.push(Sent {
        method,
        path,
        status: head.status.as_u16(),
        body: serde_json::from_slice(&sent).unwrap_or_default(),
        answer: serde_json::from_slice(&body).unwrap_or_default(),
    });
    if fate != Fate::Answered {
        shared.kill.send(()).unwrap();
        return never().await;
    }
    match fault {
        Some(Fault::DoneAndTimedOut | Fault::WriteIsDoneAndTimedOut) => {
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::DoneAndCut) => cut(),
        Some(Fault::WriteIsDoneInSilence) => never().await,
        _ => Response::from_parts(head, Body::from(body)),
    }
}

/// An answer that breaks off.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Body::from_stream(broken).into_response()
}
