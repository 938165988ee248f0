//! Writes on behalf of an application: whichever part of the operator does one, each leaves a line in the log, with verb,
//! resource, namespace and name as the API server's audit log has them. What spark-submit writes is its own.

use std::borrow::Cow;
use std::sync::Arc;

use kube::Resource;

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
    /// A creation. `reason` says why, in a few words.
    #[must_use]
    pub fn create<K: Resource<DynamicType = ()>>(namespace: &'a str, name: &'a str, reason: &'a str) -> Self {
        Self::of::<K>("create", namespace, name, reason)
    }

    /// A replacement.
    #[must_use]
    pub fn update<K: Resource<DynamicType = ()>>(namespace: &'a str, name: &'a str, reason: &'a str) -> Self {
        Self::of::<K>("update", namespace, name, reason)
    }

    /// A replacement of the status.
    #[must_use]
    pub fn update_status<K: Resource<DynamicType = ()>>(
        namespace: &'a str,
        name: &'a str,
        reason: &'a str,
    ) -> Self {
        let resource = format!("{}/status", K::plural(&())).into();
        Self { resource, ..Self::of::<K>("update", namespace, name, reason) }
    }

    /// A deletion.
    #[must_use]
    pub fn delete<K: Resource<DynamicType = ()>>(namespace: &'a str, name: &'a str, reason: &'a str) -> Self {
        Self::of::<K>("delete", namespace, name, reason)
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
