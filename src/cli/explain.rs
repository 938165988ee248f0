//! `spark-operator explain`: why an application is not running.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, ResourceQuota};
use kube::Api;
use kube::api::ListParams;

use super::{Failure, print};
use crate::controller::explain::{Findings, explain};
use crate::controller::pod::StoredPod;
use crate::controller::record::Stored;
use crate::runtime::client::{ClusterError, connected};
use crate::spark::compile::APP_NAME;

/// Say why a SparkApplication is not running
///
/// Reads the application, its pods, their events and the namespace's quotas, with your rights; what you may not read is
/// left out. Nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 said, 2 there is no such application, 3 no cluster.\n\n\
                        Example: spark-operator explain team-a/pi")]
pub(super) struct Args {
    /// The application; without a namespace that of --namespace
    #[arg(value_name = "NAMESPACE/NAME")]
    application: String,

    /// Namespace of a name without one
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,

    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// Longest time for all of it
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = super::timeout)]
    timeout: Duration,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (namespace, name) = args.application.split_once('/').unwrap_or((&args.namespace, &args.application));
    if namespace.is_empty() || name.is_empty() || name.contains('/') {
        return Err(Failure::input(format!("{}: write NAMESPACE/NAME", args.application)));
    }
    let findings = connected(args.context.as_deref(), args.timeout, async |cluster| {
        let client = || cluster.client.clone();
        let applications: Api<Stored> = Api::namespaced(client(), namespace);
        let what = format!("get SparkApplication {namespace}/{name}");
        let Some(application) = cluster.ask(&what, applications.get_opt(name)).await? else {
            return Ok(None);
        };
        let of_it = ListParams::default().labels(&format!("{APP_NAME}={name}"));
        let pods: Api<StoredPod> = Api::namespaced(client(), namespace);
        let pods =
            readable("pods", cluster.ask("list pods", pods.list(&of_it)).await.map(|list| list.items))?;
        let all = ListParams::default();
        let events: Api<Event> = Api::namespaced(client(), namespace);
        let events = cluster.ask("list events", events.list(&all)).await.map(|list| list.items);
        let events = readable("events", events)?;
        let quotas: Api<ResourceQuota> = Api::namespaced(client(), namespace);
        let quotas = cluster.ask("list resourcequotas", quotas.list(&all)).await.map(|list| list.items);
        let quotas = readable("resourcequotas", quotas)?;
        Ok::<_, ClusterError>(Some(Findings { application, pods, events, quotas }))
    });
    match findings.map_err(Failure::system)? {
        Some(findings) => print(&explain(findings, Timestamp::now())),
        None => Err(Failure::input(format!("there is no SparkApplication {namespace}/{name}"))),
    }
}

/// What may be read; what may not is said.
fn readable<T>(what: &str, list: Result<Vec<T>, ClusterError>) -> Result<Vec<T>, ClusterError> {
    match list {
        Err(error) if error.is_status(403) => {
            super::warn(&format!("{what} are left out: {error}"));
            Ok(Vec::new())
        }
        list => list,
    }
}
