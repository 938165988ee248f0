//! Executors of an application that runs, after a change that only concerns new ones (gate PartialRestart).

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Actor, Round, Trouble};
use crate::api::SparkApplication;
use crate::controller::decide::{Step, decide};
use crate::controller::event::Event;
use crate::controller::record::Application;
use crate::spark::executor_template;
use crate::submit::{Refreshed, refresh};

impl Actor {
    /// Sees that new executors are made as the spec has them now, and says so where that was not the case.
    pub(super) async fn refresh(&self, application: &Application) -> Result<(), Trouble> {
        let Some(object) = self.read(&application.key, &application.uid).await? else { return Ok(()) };
        let again = self.decided(&application.key, &Round::default(), Timestamp::now(), |view| {
            decide(&view, &self.options.policy) == Step::Refresh
        });
        // It was changed once more, and is to end.
        if again != Some(true) {
            return Ok(());
        }
        let refreshed = match self.template(application, &object) {
            Ok(None) => Ok(Refreshed::Fixed),
            Ok(Some(template)) => match refresh(template, &self.writing(application)).await {
                Err(error) if error.retryable() => return Err(error.into()),
                refreshed => refreshed.map_err(|error| error.to_string()),
            },
            Err(error) => Err(error),
        };
        let name = &application.key.name;
        let updated = |what: &str| {
            let message = format!("SparkApplication {name}: {what}");
            Some(Event::normal("SparkApplicationWebhookFieldsUpdated", message))
        };
        let event = match refreshed {
            Ok(Refreshed::Same) => None,
            Ok(Refreshed::Changed) => {
                updated("executors that are created from now on are as its spec has them now")
            }
            Ok(Refreshed::Fixed) => updated(
                "the change of its executors takes effect with its next run: this one was not submitted by `native` with the \
                 gate PartialRestart",
            ),
            Err(error) => {
                let message = format!("SparkApplication {name}: its new executors are as before: {error}");
                Some(Event::warning("SparkApplicationSpecUpdateFailed", message))
            }
        };
        let generation = object["metadata"]["generation"].as_i64();
        self.index.lock().remember(&application.key, |memory| memory.refreshed = generation);
        self.recorder.events(application, event.into_iter().collect());
        Ok(())
    }

    fn template(&self, application: &Application, object: &Json) -> Result<Option<ConfigMap>, String> {
        let typed = SparkApplication::deserialize(object).map_err(|error| error.to_string())?;
        let compiled = self.compiled(application, &typed);
        compiled.and_then(|compiled| executor_template(&compiled)).map_err(|error| error.to_string())
    }
}
