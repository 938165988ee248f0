//! Leader election on a Lease, with get, create and update alone. A lease does not fence: every write has a precondition
//! of its own, and two leaders do no harm. It keeps them from doing the same work twice.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Api;
use kube::api::PostParams;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{ClusterError, Connection};
use super::server::Check;

/// How a leader is elected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who we are: other than any other replica, and than ourselves before a restart.
    pub identity: String,
    /// How long a leader is believed that is no longer heard of.
    pub duration: Duration,
    /// How long a leader tries to say that it lives before it gives up.
    pub renew_deadline: Duration,
    /// Between two tries.
    pub retry: Duration,
}

impl Election {
    /// Checks the three times.
    ///
    /// # Errors
    /// A leader would be replaced before it has given up.
    pub fn check(&self) -> Result<(), String> {
        if self.duration <= self.renew_deadline {
            return Err(
                "--leader-election-lease-duration must be longer than --leader-election-renew-deadline"
                    .into(),
            );
        }
        if self.renew_deadline <= self.retry {
            return Err(
                "--leader-election-renew-deadline must be longer than --leader-election-retry-period".into(),
            );
        }
        if self.duration < Duration::from_secs(1) {
            return Err("--leader-election-lease-duration must be a second or longer".into());
        }
        Ok(())
    }
}

/// What was last seen of the Lease, and when, by our own clock: other clocks may be wrong.
struct Seen {
    lease: Lease,
    at: Instant,
}

/// A candidate for the Lease.
pub struct Candidate<'a> {
    cluster: &'a Connection,
    /// How the leader is elected.
    pub election: &'a Election,
    api: Api<Lease>,
    seen: Option<Seen>,
    /// When we said last that we lead; None: we do not.
    renewed: watch::Sender<Option<Instant>>,
}

impl<'a> Candidate<'a> {
    /// A candidate in a cluster.
    #[must_use]
    pub fn new(cluster: &'a Connection, election: &'a Election) -> Self {
        let api = Api::namespaced(cluster.client.clone(), &election.namespace);
        Self { cluster, election, api, seen: None, renewed: watch::Sender::new(None) }
    }

    /// Finds a leader that has not said so for longer than others believe it: it should have given up by now.
    #[must_use]
    pub fn health(&self) -> Check {
        let (renewed, name, duration) =
            (self.renewed.subscribe(), self.election.name.clone(), self.election.duration);
        Arc::new(move || match renewed.borrow().map(|at| at.elapsed()) {
            Some(since) if since > duration => {
                Err(format!("the lease {name} was renewed {} s ago", since.as_secs()))
            }
            _ => Ok(()),
        })
    }

    /// Waits until we lead.
    pub async fn lead(&mut self) {
        let mut told = None;
        loop {
            let asked = Instant::now();
            match self.step().await {
                Ok(None) => {
                    self.renewed.send_replace(Some(asked));
                    return;
                }
                Ok(Some(holder)) if told.as_ref() != Some(&holder) => {
                    tracing::info!(lease = %self.election.name, %holder, "another leads");
                    told = Some(holder);
                }
                Ok(Some(_)) => {}
                Err(error) => tracing::warn!(lease = %self.election.name, %error, "cannot ask for the lease"),
            }
            sleep(self.election.retry).await;
        }
    }

    /// Keeps leading; returns when we may no longer.
    pub async fn keep(&mut self) -> String {
        let mut last = "no answer".to_owned();
        loop {
            let renewed = *self.renewed.borrow();
            let until = renewed.unwrap_or_else(Instant::now) + self.election.renew_deadline;
            let mut asked = Instant::now();
            let step = timeout_at(until, async {
                sleep(self.election.retry).await;
                asked = Instant::now();
                self.step().await
            });
            match step.await {
                Ok(Ok(None)) => _ = self.renewed.send_replace(Some(asked)),
                Ok(Ok(Some(holder))) => return format!("{holder} has taken the lease"),
                Ok(Err(error)) => {
                    tracing::warn!(lease = %self.election.name, %error, "cannot renew the lease");
                    last = error.to_string();
                }
                Err(_) => {
                    let seconds = self.election.renew_deadline.as_secs_f64();
                    return format!("the lease could not be renewed within {seconds}s: {last}");
                }
            }
        }
    }

    /// Lets another lead at once.
    pub async fn release(&mut self) {
        if self.seen.take().is_none() {
            return;
        }
        let cluster = self.cluster.within(Duration::from_secs(3));
        // A renewal that was under way may be done after we have read it.
        loop {
            match self.release_once(&cluster).await {
                Err(error) if error.retryable() && cluster.sleep(Duration::from_millis(50)).await => {}
                Err(error) => {
                    tracing::warn!(lease = %self.election.name, %error, "the lease was not released");
                    return;
                }
                Ok(()) => return,
            }
        }
    }

    async fn release_once(&self, cluster: &Connection) -> Result<(), ClusterError> {
        let Election { name, namespace, identity, .. } = &self.election;
        let lease = cluster.ask(&format!("get the lease {namespace}/{name}"), self.api.get_opt(name)).await?;
        let Some(mut lease) = lease else { return Ok(()) };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_ref() != Some(identity) {
            return Ok(());
        }
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        let parameters = PostParams::default();
        let request = self.api.replace(name, &parameters, &lease);
        cluster.ask(&format!("release the lease {namespace}/{name}"), request).await.map(drop)
    }

    /// Takes or renews the Lease; who leads, if we do not.
    async fn step(&mut self) -> Result<Option<String>, ClusterError> {
        let Election { name, namespace, identity, duration, renew_deadline, .. } = self.election;
        // An answer that comes later must not make us lead.
        let cluster = self.cluster.within((*renew_deadline).min(Duration::from_secs(5)));
        let now = MicroTime(Timestamp::now());
        let mut lease =
            match cluster.ask(&format!("get the lease {namespace}/{name}"), self.api.get_opt(name)).await? {
                Some(lease) => lease,
                None => Lease {
                    metadata: ObjectMeta {
                        name: Some(name.clone()),
                        namespace: Some(namespace.clone()),
                        ..ObjectMeta::default()
                    },
                    spec: None,
                },
            };
        let version = lease.metadata.resource_version.clone();
        let known = self.seen.as_ref().filter(|seen| seen.lease.metadata.resource_version == version);
        let at = known.map_or_else(Instant::now, |known| known.at);
        self.seen = Some(Seen { lease: lease.clone(), at });
        let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
        let holder = spec.holder_identity.clone().unwrap_or_default();
        let ours = holder == *identity;
        if !ours && !holder.is_empty() {
            let promised = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
            let believed = promised.map_or(*duration, Duration::from_secs);
            if at.elapsed() < believed {
                return Ok(Some(holder));
            }
        }
        if !ours {
            spec.acquire_time = Some(now.clone());
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
        }
        spec.holder_identity = Some(identity.clone());
        spec.lease_duration_seconds = Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX));
        spec.renew_time = Some(now);
        let parameters = PostParams::default();
        let written = match version {
            None => {
                cluster
                    .ask(
                        &format!("create the lease {namespace}/{name}"),
                        self.api.create(&parameters, &lease),
                    )
                    .await
            }
            // Another version is refused: somebody else was quicker.
            Some(_) => {
                cluster
                    .ask(
                        &format!("update the lease {namespace}/{name}"),
                        self.api.replace(name, &parameters, &lease),
                    )
                    .await
            }
        };
        match written {
            Ok(lease) => {
                self.seen = Some(Seen { lease, at: Instant::now() });
                Ok(None)
            }
            Err(error) if error.is_status(409) && !ours => Ok(Some("another, just now".to_owned())),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::{Client, Config};

    use super::*;

    #[test]
    fn a_leader_that_has_not_said_so_for_longer_than_it_is_believed_is_not_well() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::try_from(Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap();
            let cluster = Connection::of(client, "http://127.0.0.1:1", Duration::from_secs(1));
            let election = Election {
                namespace: "ns".to_owned(),
                name: "lock".to_owned(),
                identity: "us".to_owned(),
                duration: Duration::from_secs(15),
                renew_deadline: Duration::from_secs(10),
                retry: Duration::from_secs(2),
            };
            let candidate = Candidate::new(&cluster, &election);
            let health = candidate.health();
            assert_eq!(health(), Ok(()), "it does not lead");
            for (seconds, expected) in
                [(14, Ok(())), (20, Err("the lease lock was renewed 20 s ago".to_owned()))]
            {
                let at = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
                candidate.renewed.send_replace(Some(at));
                assert_eq!(health(), expected);
            }
        });
    }
}
