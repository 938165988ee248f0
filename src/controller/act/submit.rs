//! A submission, and what belongs beside the driver.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use kube::api::PostParams;
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource, ResourceExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Actor, Round, Trouble};
use crate::api::{DriverInfo, SparkApplication};
use crate::controller::decide::{self, Step, View, Write, decide};
use crate::controller::record::{Application, Key, time};
use crate::controller::recorder::Wrote;
use crate::controller::{budget, ui};
use crate::spark::{Identity, Line, SubmissionId, compile};
use crate::submit::{Kind, SubmitError, Submitted};

/// How long a submission is tried again that fails for want of an answer, before that is said in the status.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

impl Actor {
    /// Submits what is written down, and writes down how it went.
    pub(super) async fn submit(&self, known: &Application) -> Result<(), Trouble> {
        let key = &known.key;
        // Waiting may have taken a while, and only a slim record is kept.
        let Some(object) = self.read(known).await? else { return Ok(()) };
        let now = Timestamp::now();
        let decided = self.decided(key, &Round::default(), now, |view| {
            (decide(&view, &self.options.policy), view.application.clone())
        });
        let Some((Step::Submit, application)) = decided else { return Ok(()) };
        let outcome = match SparkApplication::deserialize(&object) {
            Ok(typed) => self.submitted(&application, &typed).await,
            Err(error) => Err((format!("{error}"), "Unreadable".to_owned())),
        };
        let viewed = |write: &dyn Fn(&View<'_>) -> Write| {
            self.decided(key, &Round::default(), now, |view| write(&view))
        };
        let write = match outcome {
            Ok(Outcome::Done { done, notes, ui }) => {
                viewed(&|view| decide::submitted(view, &done, notes.clone(), ui.clone()))
            }
            Ok(Outcome::Later(error)) => return Err(error.into()),
            Err((error, category)) => viewed(&|view| decide::submission_failed(view, &error, &category)),
        };
        match write {
            Some(write) => {
                let _turn = self.writes.turn(&key.namespace, 1).await;
                self.write(&application, write).await
            }
            None => Ok(()),
        }
    }

    /// Submits, and makes what belongs beside the driver.
    async fn submitted(
        &self,
        application: &Application,
        typed: &SparkApplication,
    ) -> Result<Outcome, (String, String)> {
        let spark = |error: crate::spark::SparkError| {
            let at = if error.field().is_empty() { String::new() } else { format!("{}: ", error.field()) };
            (format!("{at}{error}"), error.category().to_owned())
        };
        let kind = self.options.choice.of(typed).map_err(spark)?;
        let at =
            time(application.status.last_submission_attempt_time.as_ref()).unwrap_or_else(Timestamp::now);
        let identity = Identity::of(typed, SubmissionId::new(application.submission()), at.as_millisecond());
        let compiled = compile(typed, identity, &self.options.settings).map_err(spark)?;
        let submitter = self.submitters.get(kind.name());
        let submitter = submitter.ok_or_else(|| {
            (
                format!("the submitter {} is not set up in this operator", kind.name()),
                "NoSubmitter".to_owned(),
            )
        })?;
        let mut notices = compiled.notices.clone();
        if kind == Kind::Native {
            notices.extend(Line::of(&compiled.spark_version).map_err(spark)?.1);
        } else {
            notices.extend(compiled.lost_by_spark_submit());
        }
        let mut notes: Vec<_> = notices
            .into_iter()
            .map(|notice| (notice.reason.to_owned(), format!("{}: {}", notice.field, notice.message)))
            .collect();
        let cluster = self.cluster.within(self.options.submission_limit);
        match submitter.submit(&compiled, &cluster).await {
            Ok(done) => {
                self.recorder.submitted(application, &done);
                notes.extend(done.missing.iter().map(|missing| ("NotCreated".to_owned(), missing.clone())));
                let ui = self.beside(application, typed, &done).await;
                Ok(Outcome::Done { done, notes, ui })
            }
            // Not the application's fault: asked again for a while, with the same id.
            Err(error) if error.passes() && at + PATIENCE > Timestamp::now() => Ok(Outcome::Later(error)),
            Err(error) => {
                let field = match &error {
                    SubmitError::Application(error) if !error.field().is_empty() => {
                        format!("{}: ", error.field())
                    }
                    _ => String::new(),
                };
                Err((format!("{field}{error}"), error.category().to_owned()))
            }
        }
    }

    /// The service of the web interface and the driver's disruption budget. The application runs without them, too.
    async fn beside(
        &self,
        application: &Application,
        typed: &SparkApplication,
        done: &Submitted,
    ) -> Option<DriverInfo> {
        if self.options.driver_budget && application.wishes.budget {
            let budget = budget::of(typed, &done.driver_pod);
            self.make(application, &budget).await;
        }
        if !self.options.ui_service {
            return None;
        }
        let service = ui::service(typed, application.submission());
        self.make(application, &service).await.map(|service| ui::info(&service))
    }

    /// Creates an object that the application owns, or finds it.
    async fn make<K>(&self, application: &Application, object: &K) -> Option<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + serde::Serialize
            + Debug,
    {
        let Key { namespace, .. } = &application.key;
        let name = object.name_any();
        let api: Api<K> = Api::namespaced(self.cluster.client.clone(), namespace);
        let cluster = self.request();
        let what = format!("{} {namespace}/{name}", K::kind(&()));
        let made =
            match cluster.ask(&format!("create {what}"), api.create(&PostParams::default(), object)).await {
                Err(error) if error.is_status(409) => {
                    let found = cluster.ask(&format!("get {what}"), api.get(&name)).await;
                    let own = |object: &K| {
                        object.owner_references().iter().any(|owner| owner.uid == application.uid)
                    };
                    return match found {
                        Ok(found) if own(&found) => Some(found),
                        Ok(_) => {
                            self.recorder.missing(application, &what, "another has its name");
                            None
                        }
                        Err(error) => {
                            self.recorder.missing(application, &what, &error.to_string());
                            None
                        }
                    };
                }
                made => made,
            };
        match made {
            Ok(made) => {
                let reason = "it belongs beside the driver";
                let line = Wrote { verb: "create", resource: &K::plural(&()), name: &name, reason };
                self.recorder.wrote(application, &application.status, &line);
                Some(made)
            }
            Err(error) => {
                self.recorder.missing(application, &what, &error.to_string());
                None
            }
        }
    }
}

/// How a submission went.
enum Outcome {
    Done {
        done: Submitted,
        notes: Vec<(String, String)>,
        ui: Option<DriverInfo>,
    },
    /// Nobody knows: it is tried again.
    Later(SubmitError),
}
