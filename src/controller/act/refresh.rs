//! Where the executors of an application that runs go, after a change that only concerns new ones (gate PartialRestart).

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Actor, Round, Trouble};
use crate::api::SparkApplication;
use crate::controller::decide::{Step, decide, spec_change};
use crate::controller::event::Event;
use crate::controller::record::Application;
use crate::controller::submission::Change;
use crate::runtime::client::ClusterError;
use crate::spark::{Compiled, Placement};

impl Actor {
    /// Sees that new executors go where the spec says now, and says so where that was not the case.
    pub(super) async fn refresh(&self, application: &Application, round: &Round) -> Result<(), Trouble> {
        let Some(object) = self.read(&application.key, &application.uid).await? else { return Ok(()) };
        // It may have been changed once more, and be to end.
        let again = self.decided(&application.key, round, Timestamp::now(), |view| {
            let change = spec_change(view.application, view.baseline);
            (decide(&view, &self.options.policy) == Step::Refresh).then(|| (view.application.clone(), change))
        });
        let Some(Some((application, change))) = again else { return Ok(()) };
        let placed = match self.compiled_anew(&application, &object) {
            Ok(compiled) => match self.place_executors(&application, &compiled).await {
                Err(error) if error.retryable() => return Err(error.into()),
                placed => placed.map_err(|error| error.to_string()),
            },
            Err(error) => Err(error),
        };
        self.index.lock().remember(&application, |memory| memory.refreshed = Some(application.generation));
        let name = &application.key.name;
        let not = |why: &str| {
            let message = format!("SparkApplication {name}: its executors go where they went before: {why}");
            Event::warning("SparkApplicationSpecUpdateFailed", message)
        };
        let event = match placed {
            Ok(Placed::AsBefore) => None,
            Ok(Placed::Anew) => {
                let what = "executors that are created from now on go where its spec says now";
                let message = format!("SparkApplication {name}: {what}");
                Some(Event::normal("SparkApplicationWebhookFieldsUpdated", message))
            }
            Ok(Placed::Fixed) => Some(not(
                "the change takes effect with its next run, because this one was not submitted by `native` with the gate \
                 PartialRestart and Spark's allocator `direct`",
            )),
            Err(error) => Some(not(&error)),
        };
        // What did not change anything is said once: later the status, where one was written since, says that it was seen.
        let seen = application.status.observed_generation == Some(application.generation);
        let news = |event: &Event| !event.warning || change == Change::Partial && !seen;
        self.recorder.events(&application, event.into_iter().filter(news).collect());
        Ok(())
    }

    fn compiled_anew(&self, application: &Application, object: &Json) -> Result<Compiled, String> {
        let typed = SparkApplication::deserialize(object).map_err(|error| error.to_string())?;
        self.compiled(application, &typed).map_err(|error| error.to_string())
    }

    /// Brings the template up to date from which Spark makes the next executors.
    async fn place_executors(
        &self,
        application: &Application,
        compiled: &Compiled,
    ) -> Result<Placed, ClusterError> {
        let (namespace, name) = (&application.key.namespace, compiled.executor_template_name());
        let api: Api<ConfigMap> = Api::namespaced(self.cluster.client.clone(), namespace);
        let cluster = self.writing(application);
        let there = cluster.ask(&format!("get ConfigMap {namespace}/{name}"), api.get_opt(&name)).await?;
        let map = match there.map(|there| compiled.placement(there)) {
            Some(Placement::Same) => return Ok(Placed::AsBefore),
            Some(Placement::Other(map)) => map,
            Some(Placement::Fixed) | None => return Ok(Placed::Fixed),
        };
        cluster.replace(&*map, "new executors go where the spec says now").await?;
        Ok(Placed::Anew)
    }
}

/// Where new executors go.
enum Placed {
    /// Where the spec says, as they did.
    AsBefore,
    /// Where the spec says, from now on.
    Anew,
    /// Where they went, whatever the spec says: another submitter made the driver, or one that did not provide for this.
    Fixed,
}
