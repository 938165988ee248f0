//! A client of the API server: where the cluster is found, how long anything may take, and what a failure is called.
//!
//! What is asked of the cluster is said by the callers, each request through [`Connection::ask`], so that all errors
//! read alike and nothing outlives the deadline.

use std::env;
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use governor::DefaultDirectRateLimiter;
use governor::clock::Clock;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use prometheus::CounterVec;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout_at};

use super::write::OnBehalf;

/// Longest wait for a connection to be established.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection on which nothing was heard for so long is dead: longer than a watch takes until it is begun anew.
pub const SILENCE: Duration = Duration::from_secs(130);

/// Why a cluster could not be asked.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// Neither a kubeconfig nor a pod's service account.
    #[error(
        "no cluster: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod of a cluster"
    )]
    NoCluster,
    /// The kubeconfig cannot be read or used.
    #[error("the kubeconfig {file}: {cause}")]
    Kubeconfig {
        /// Its path, or paths.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The service account of the pod cannot be used.
    #[error("the service account of this pod: {0}")]
    ServiceAccount(#[source] InClusterError),
    /// The certificates, the proxy or the credentials cannot be used.
    #[error("no connection to {server} can be set up: {cause}")]
    Setup {
        /// Address of the API server.
        server: String,
        /// What is wrong.
        cause: String,
    },
    /// The async runtime did not start.
    #[error("no connection can be set up: {0}")]
    Runtime(#[source] io::Error),
    /// Nobody answers at the address, or somebody who is not trusted.
    #[error("cannot reach the API server {server}: {cause}")]
    Unreachable {
        /// Address of the API server.
        server: String,
        /// The innermost cause.
        cause: String,
        /// Whether the request may have got there all the same.
        sent: bool,
    },
    /// The credentials are not accepted.
    #[error("the API server {server} does not accept the credentials: {message}")]
    Unauthorized {
        /// Address of the API server.
        server: String,
        /// Its words.
        message: String,
    },
    /// The account lacks a right, or a quota is used up.
    #[error("{message}")]
    Forbidden {
        /// The API server's words: object, user, verb, resource and scope.
        message: String,
    },
    /// Any other refusal.
    #[error("the API server refuses to {what}: {}", one_line(&status.message))]
    Refused {
        /// What was asked: `get a.example.com`.
        what: String,
        /// Its answer.
        status: Box<kube::core::Status>,
    },
    /// The answer is none of an API server.
    #[error("the answer of {server} cannot be read: {cause}")]
    Answer {
        /// Address of the API server.
        server: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The deadline has passed during a request.
    #[error("the API server {server} did not answer within {}: {what}", seconds(*limit))]
    Silent {
        /// Address of the API server.
        server: String,
        /// What was asked: `get a.example.com`.
        what: String,
        /// All that there was time for.
        limit: Duration,
    },
    /// The deadline has passed between requests.
    #[error("{what} after {}", seconds(*limit))]
    Timeout {
        /// What is not as it should be: `a.example.com is not served`.
        what: String,
        /// All that there was time for.
        limit: Duration,
    },
}

impl ClusterError {
    /// Whether the API server answered with this HTTP status.
    #[must_use]
    pub fn is_status(&self, code: u16) -> bool {
        match self {
            Self::Unauthorized { .. } => code == 401,
            Self::Forbidden { .. } => code == 403,
            Self::Refused { status, .. } => status.code == code,
            _ => false,
        }
    }

    /// Whether what was to be created is there: its name is taken. (Quotas that many change at once answer 409, too.)
    #[must_use]
    pub fn exists(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.reason == "AlreadyExists")
    }

    /// Whether the same request may succeed later: the server was not reached, was busy, or a quota was used up.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status.code, 408 | 409 | 429 | 500..),
            Self::Forbidden { message } => of_a_quota(message),
            Self::Unreachable { .. } => true,
            other => other.unanswered(),
        }
    }

    /// Whether nobody knows if what was asked for was done.
    #[must_use]
    pub fn unanswered(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::Silent { .. } | Self::Timeout { .. } | Self::Answer { .. } => true,
            // A gateway's words, or those of an API server whose own time was up, or etcd's.
            Self::Refused { status, .. } => matches!(status.code, 500 | 502 | 504),
            _ => false,
        }
    }

    /// A short name that does not change: for metrics and events.
    #[must_use]
    pub fn category(&self) -> &'static str {
        match self {
            Self::Forbidden { message } if of_a_quota(message) => "QuotaExceeded",
            Self::Forbidden { .. } => "Forbidden",
            Self::Unauthorized { .. } => "Unauthorized",
            Self::Refused { status, .. } if status.code == 422 => "Invalid",
            Self::Refused { status, .. } if status.code == 404 => "NotFound",
            Self::Refused { .. } | Self::Answer { .. } => "Refused",
            Self::Silent { .. } | Self::Timeout { .. } => "DeadlineExceeded",
            _ => "Unreachable",
        }
    }
}

/// Whether the API server speaks of a quota that is used up, or that is so new that it has not been counted yet; neither
/// has a status of its own.
fn of_a_quota(message: &str) -> bool {
    ["exceeded quota:", "status unknown for quota:"].iter().any(|words| message.contains(words))
}

/// A cluster, and the time until which everything asked of it must be done.
#[derive(Clone)]
pub struct Connection {
    /// The client.
    pub client: Client,
    server: String,
    limit: Duration,
    deadline: Instant,
    calls: Calls,
    pub(super) on_behalf: Option<Arc<OnBehalf>>,
}

/// What is done about every request: counted, and held back where there are too many.
#[derive(Clone, Default)]
pub struct Calls {
    /// By status, host and method.
    pub counter: Option<CounterVec>,
    /// How many in a second.
    pub limiter: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Calls {
    async fn wait(&self) {
        let Some(limiter) = &self.limiter else { return };
        while let Err(not_until) = limiter.check() {
            sleep(not_until.wait_time_from(limiter.clock().now())).await;
        }
    }

    fn count(&self, server: &str, what: &str, code: &str) {
        let Some(counter) = &self.counter else { return };
        let method = match what.split(' ').next().unwrap_or_default() {
            "create" => "POST",
            "update" | "release" => "PUT",
            "delete" => "DELETE",
            "patch" | "apply" => "PATCH",
            _ => "GET",
        };
        let host = server.split("//").last().unwrap_or_default();
        counter.with_label_values(&[code, host, method]).inc();
    }
}

/// Connects to a cluster and runs `work` on it, on an async runtime of this thread that ends with it.
///
/// The cluster is that of `context` (none: the current one) in the kubeconfig that `KUBECONFIG` names, else in
/// `~/.kube/config`, else that of the pod's service account. `limit` is for everything together.
///
/// # Errors
/// There is no cluster, its configuration cannot be used, or what `work` returns.
pub fn connected<T, E: From<ClusterError>>(
    context: Option<&str>,
    limit: Duration,
    work: impl AsyncFnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ClusterError::Runtime)?;
    let result = runtime.block_on(async {
        let connection = Connection::new(context, limit).await?;
        work(&connection).await
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    result
}

impl Connection {
    async fn new(context: Option<&str>, limit: Duration) -> Result<Self, ClusterError> {
        Self::of_config(configuration(None, context).await?, limit)
    }

    /// The cluster of this kubeconfig, else of `KUBECONFIG`, else of `~/.kube/config`, else the one whose pod this is, for
    /// callers that try again themselves: a request that failed is not repeated unseen, with a version that may be an old
    /// one by then.
    ///
    /// # Errors
    /// There is none, or the kubeconfig cannot be used.
    pub async fn open(kubeconfig: Option<&str>, limit: Duration) -> Result<Self, ClusterError> {
        let mut config = configuration(kubeconfig, None).await?;
        config.default_retry = false;
        Self::of_config(config, limit)
    }

    fn of_config(mut config: Config, limit: Duration) -> Result<Self, ClusterError> {
        let deadline = Instant::now() + limit;
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(SILENCE);
        config.reset_reader_on_write = true;
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let client = Client::try_from(config).map_err(|error| ClusterError::Setup {
            server: server.clone(),
            cause: match error {
                kube::Error::InferKubeconfig(error) => one_line(&error.to_string()),
                error => innermost(&error),
            },
        })?;
        Ok(Self { client, server, limit, deadline, calls: Calls::default(), on_behalf: None })
    }

    /// A client that is there already, of the API server at an address, with a time limit from now on.
    #[must_use]
    pub fn of(client: Client, server: impl Into<String>, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        Self { client, server: server.into(), limit, deadline, calls: Calls::default(), on_behalf: None }
    }

    /// The same cluster with a time limit of its own, from now on.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { limit, deadline: Instant::now() + limit, ..self.clone() }
    }

    /// The same cluster, with something done about every request but watches.
    #[must_use]
    pub fn with_calls(self, calls: Calls) -> Self {
        Self { calls, ..self }
    }

    /// Address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// All the time that there was.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Until when.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Sleeps, and says whether there is time left.
    pub async fn sleep(&self, time: Duration) -> bool {
        sleep(time.min(self.deadline.saturating_duration_since(Instant::now()))).await;
        Instant::now() < self.deadline
    }

    /// The answer to a request. `what` says what it asks for: `get a.example.com`.
    ///
    /// # Errors
    /// The API server is not reached, refuses, or does not answer before the deadline.
    pub async fn ask<T>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ClusterError> {
        // What waits to be sent is not silent. (Later requests of the same connection have its deadline still.)
        let waits = Instant::now();
        self.calls.wait().await;
        let Ok(answer) = timeout_at(self.deadline + waits.elapsed(), request).await else {
            self.calls.count(&self.server, what, "<error>");
            let (server, limit) = (self.server.clone(), self.limit);
            return Err(ClusterError::Silent { server, what: what.into(), limit });
        };
        match &answer {
            Ok(_) => self.calls.count(&self.server, what, "200"),
            Err(kube::Error::Api(status)) => self.calls.count(&self.server, what, &status.code.to_string()),
            Err(_) => self.calls.count(&self.server, what, "<error>"),
        }
        answer.map_err(|error| self.error(what, error))
    }

    /// Waits for a moment, to ask again. `what` is not as it should be yet: `a.example.com is not served`.
    ///
    /// # Errors
    /// The deadline has passed.
    pub async fn pause(&self, what: impl FnOnce() -> String) -> Result<(), ClusterError> {
        const BETWEEN: Duration = Duration::from_millis(200);
        if Instant::now() + BETWEEN > self.deadline {
            return Err(ClusterError::Timeout { what: what(), limit: self.limit });
        }
        sleep(BETWEEN).await;
        Ok(())
    }

    fn error(&self, what: &str, error: kube::Error) -> ClusterError {
        let server = self.server.clone();
        let status = match error {
            kube::Error::Api(status) => status,
            kube::Error::Service(error) => {
                let sent = !never_sent(&*error);
                return ClusterError::Unreachable { server, cause: innermost(&*error), sent };
            }
            kube::Error::HyperError(error) => {
                return ClusterError::Unreachable { server, cause: innermost(&error), sent: true };
            }
            kube::Error::Auth(error) => {
                return ClusterError::Setup { server, cause: innermost(&error) };
            }
            error => return ClusterError::Answer { server, cause: innermost(&error) },
        };
        let message = one_line(&status.message);
        match status.code {
            401 => ClusterError::Unauthorized { server, message },
            403 => ClusterError::Forbidden { message },
            _ => ClusterError::Refused { what: what.into(), status: Box::new(*status) },
        }
    }
}

async fn configuration(kubeconfig: Option<&str>, context: Option<&str>) -> Result<Config, ClusterError> {
    let named = env::var("KUBECONFIG").ok().filter(|paths| !paths.is_empty());
    let home = env::home_dir().map(|home| home.join(".kube").join("config")).filter(|path| path.is_file());
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let Some(file) = kubeconfig.map(str::to_owned).or(named).or(home.map(|path| path.display().to_string()))
    else {
        if env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
            return Err(ClusterError::NoCluster);
        }
        return Config::incluster().map_err(ClusterError::ServiceAccount);
    };
    let wrong = |error: &KubeconfigError| ClusterError::Kubeconfig {
        file: file.clone(),
        cause: match error {
            KubeconfigError::ReadConfig(error, _) => error.to_string(),
            KubeconfigError::CurrentContextNotSet => "it has no current-context".into(),
            KubeconfigError::LoadContext(name) => format!("it has no context {name:?}"),
            KubeconfigError::LoadClusterOfContext(name) => {
                format!("it has no cluster {name:?}, which the context names")
            }
            KubeconfigError::MissingClusterUrl => "its cluster has no server".into(),
            KubeconfigError::Parse(error) => {
                let cause = one_line(&error.to_string());
                format!("it is no kubeconfig: {}", cause.trim_start_matches("error: "))
            }
            KubeconfigError::ParseClusterUrl(error) => format!("the server of its cluster: {error}"),
            error => one_line(&error.to_string()),
        },
    };
    // Not `Kubeconfig::read()`, which falls back to the home folder without a word.
    let read = match Kubeconfig::from_env() {
        Ok(Some(read)) if kubeconfig.is_none() => Ok(read),
        Err(error) if kubeconfig.is_none() => Err(error),
        _ => Kubeconfig::read_from(&file),
    };
    let read = read.map_err(|error| wrong(&error))?;
    let config = Config::from_custom_kubeconfig(read, &options).await.map_err(|error| wrong(&error))?;
    // kube takes any URI here, and panics at the first request.
    let url = &config.cluster_url;
    if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none_or(str::is_empty) {
        let cause = format!("the server {url} of its cluster is no address: write https://HOST:PORT");
        return Err(ClusterError::Kubeconfig { file, cause });
    }
    Ok(config)
}

/// The last in a chain of causes.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    one_line(&last.to_string())
}

/// Whether there was no connection to send anything over.
fn never_sent(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let refused = [AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable];
    let mut causes = Some(error);
    while let Some(cause) = causes {
        if cause.downcast_ref::<io::Error>().is_some_and(|io| refused.contains(&io.kind())) {
            return true;
        }
        causes = cause.source();
    }
    false
}

/// The first line that says something.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason is given").to_owned()
}

fn seconds(limit: Duration) -> String {
    format!("{}s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_by_its_innermost_cause_in_one_line() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "\n refused\n  and a snippet");
        assert!(never_sent(&refused));
        assert_eq!(innermost(&kube::Error::Service(Box::new(refused))), "refused");
        assert!(!never_sent(&io::Error::new(io::ErrorKind::ConnectionReset, "reset")));
    }

    #[test]
    fn limits_are_printed_as_seconds() {
        assert_eq!([60_000, 1_500].map(|ms| seconds(Duration::from_millis(ms))), ["60s", "1.5s"]);
    }
}
