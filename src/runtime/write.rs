//! Writes on behalf of an application: whichever part of the operator does one, each leaves a line in the log, with verb,
//! resource, namespace and name as the API server's audit log has them. What spark-submit writes is its own.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use kube::api::{DeleteParams, PostParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{ClusterError, Connection};

/// For whom something is written, as its line in the log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnBehalf {
    /// Name of the application.
    pub application: String,
    /// Its uid.
    pub uid: String,
    /// The submission's id.
    pub submission: String,
    /// Which attempt it is.
    pub attempt: i32,
    /// The application's state, after the write where that changes it.
    pub state: String,
}

/// A kind of object in a namespace that is read and deleted; one that is `Serialize` too is also written.
pub trait Object:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned
{
}

impl<K> Object for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned
{
}

/// A write of one object.
#[derive(Clone, Debug)]
pub struct Mutation<'a> {
    verb: &'static str,
    kind: Cow<'static, str>,
    resource: Cow<'static, str>,
    namespace: &'a str,
    name: &'a str,
    reason: &'a str,
}

impl<'a> Mutation<'a> {
    /// A replacement of the status. `reason` says why, in a few words.
    #[must_use]
    pub fn update_status<K: Resource<DynamicType = ()>>(
        namespace: &'a str,
        name: &'a str,
        reason: &'a str,
    ) -> Self {
        let resource = format!("{}/status", K::plural(&())).into();
        Self { resource, ..Self::of::<K>("update", namespace, name, reason) }
    }

    fn of<K: Resource<DynamicType = ()>>(
        verb: &'static str,
        namespace: &'a str,
        name: &'a str,
        reason: &'a str,
    ) -> Self {
        Self { verb, kind: K::kind(&()), resource: K::plural(&()), namespace, name, reason }
    }

    /// What is asked: `create Pod team-a/pi-driver`.
    fn what(&self) -> String {
        let Self { verb, kind, namespace, name, .. } = self;
        let object = if self.resource.ends_with("/status") { "the status of " } else { "" };
        format!("{verb} {object}{kind} {namespace}/{name}")
    }
}

impl Connection {
    /// The same cluster; what is written is written on behalf of this application, and logged.
    #[must_use]
    pub fn on_behalf(&self, of: OnBehalf) -> Self {
        let mut same = self.clone();
        same.on_behalf = Some(Arc::new(of));
        same
    }

    /// Creates an object. `reason` says why, in a few words.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn create<K: Object + Serialize>(&self, object: &K, reason: &str) -> Result<K, ClusterError> {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let api: Api<K> = Api::namespaced(self.client.clone(), &namespace);
        let write = Mutation::of::<K>("create", &namespace, &name, reason);
        self.write(&write, api.create(&PostParams::default(), object)).await
    }

    /// Replaces an object: the version that it was read in.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn replace<K: Object + Serialize>(&self, object: &K, reason: &str) -> Result<K, ClusterError> {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let api: Api<K> = Api::namespaced(self.client.clone(), &namespace);
        let write = Mutation::of::<K>("update", &namespace, &name, reason);
        self.write(&write, api.replace(&name, &PostParams::default(), object)).await
    }

    /// Deletes what has this name, in the background, when it is what the preconditions say: nothing that has taken its
    /// name since.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn delete<K: Object>(
        &self,
        namespace: &str,
        name: &str,
        preconditions: Preconditions,
        reason: &str,
    ) -> Result<(), ClusterError> {
        let api: Api<K> = Api::namespaced(self.client.clone(), namespace);
        let parameters = DeleteParams::background().preconditions(preconditions);
        let write = Mutation::of::<K>("delete", namespace, name, reason);
        self.write(&write, api.delete(name, &parameters)).await.map(drop)
    }

    /// The answer to a write. One that is done on behalf of an application is logged when it succeeded, and also when
    /// nobody knows, because there was no answer.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn write<T>(
        &self,
        mutation: &Mutation<'_>,
        request: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ClusterError> {
        let outcome = Outcome::Unknown("it was not waited for");
        let mut line = self.on_behalf.as_deref().map(|of| Line { of, mutation, outcome });
        let answer = self.ask(&mutation.what(), request).await;
        if let Some(line) = &mut line {
            line.outcome = match &answer {
                Ok(_) => Outcome::Done,
                Err(error) if error.unanswered() => Outcome::Unknown("there was no answer"),
                Err(_) => Outcome::Refused,
            };
        }
        answer
    }
}

/// The line in the log about a write. It is written when this is dropped, and so also when nobody waits for the answer any
/// more: the process ends, or the submission is cut off.
struct Line<'a> {
    of: &'a OnBehalf,
    mutation: &'a Mutation<'a>,
    outcome: Outcome,
}

enum Outcome {
    Done,
    /// For this reason.
    Unknown(&'static str),
    /// Not done. Who asked for it says why.
    Refused,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let Self { of, mutation, outcome } = self;
        let message = match outcome {
            Outcome::Done => "wrote".to_owned(),
            Outcome::Unknown(why) => format!("wrote or not: {why}"),
            Outcome::Refused => return,
        };
        tracing::info!(
            verb = mutation.verb,
            resource = &*mutation.resource,
            namespace = mutation.namespace,
            name = mutation.name,
            application = of.application,
            uid = of.uid,
            submission = of.submission,
            attempt = of.attempt,
            state = of.state,
            reason = mutation.reason,
            "{message}"
        );
    }
}
