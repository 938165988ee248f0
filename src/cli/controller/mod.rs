//! `spark-operator controller start`: the operator. Every flag of Kubeflow's operator is taken, with one dash or two.

mod flags;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use governor::{Quota, RateLimiter};
use jiff::SignedDuration;
use prometheus::{CounterVec, IntGaugeVec, Opts, PullingGauge, Registry};
use tokio_util::sync::CancellationToken;

use self::flags::{Applications, ElectionFlags, ProcessFlags, Submission, Unbuilt, duration};
use super::{Failure, input, print};
use crate::controller::act::{Actor, Options};
use crate::controller::decide::Policy;
use crate::controller::index::Index;
use crate::controller::metrics::{Config, Metrics};
use crate::controller::recorder::Recorder;
use crate::controller::scope::Scope;
use crate::controller::state;
use crate::controller::{Controller, Requests};
use crate::runtime::client::{Calls, ClusterError, Connection};
use crate::runtime::lanes::Lane;
use crate::runtime::lease::{Candidate, Election};
use crate::runtime::logging;
use crate::runtime::server::Check;
use crate::runtime::{process, server};
use crate::spark::{Settings, properties};
use crate::submit::{Choice, Classes, Job, Kind, Native, SparkSubmit, Submitter};

/// Where spark-submit finds its defaults, under SPARK_HOME.
const DEFAULTS: &str = "conf/spark-defaults.conf";
/// The longest time between two requests that a limit may ask for.
const YEAR: Duration = Duration::from_hours(365 * 24);
/// Writes of the status at a time.
const WRITES: usize = 32;

/// Run the operator
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Start(Box<Start>),
    /// Print the states of a SparkApplication and what leads from one to another, as a table in Markdown
    States,
}

/// Run SparkApplications, until told to stop
///
/// The cluster is that of --kubeconfig, else of KUBECONFIG, else of ~/.kube/config, else the one whose pod this is.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    after_help = "Flags are those of Kubeflow's operator, with one dash or two. Exit codes: 0 told to stop, 2 a flag is \
                        wrong, 3 no cluster, no lease, or something broke."
)]
struct Start {
    /// A kubeconfig
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    kubeconfig: String,

    /// Applications that are submitted at a time
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    controller_threads: usize,

    /// Namespaces to look after, separated by commas; empty: all
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    namespaces: Vec<String>,

    /// Label selector of further namespaces to look after
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    namespace_selector: String,

    /// Longest time until everything has been seen at the start
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    cache_sync_timeout: Duration,

    #[command(flatten)]
    applications: Applications,

    #[command(flatten)]
    submission: Submission,

    #[command(flatten)]
    election: ElectionFlags,

    #[command(flatten)]
    process: ProcessFlags,

    #[command(flatten)]
    unbuilt: Unbuilt,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Start(start) => self::start(start),
        Command::States => print(&state::table()),
    }
}

fn start(args: &Start) -> Result<(), Failure> {
    args.unbuilt.check().map_err(Failure::input)?;
    let election = election(&args.election)?;
    let options = options(args)?;
    let registry = Registry::new();
    let metrics = metrics(&args.process, &registry)?;
    logging::start(args.process.zap_log_level, args.process.zap_encoder);
    process::end_on_panic();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::system(ClusterError::Runtime(error)))?;
    let result = runtime.block_on(operate(args, options, election, metrics.map(Arc::new), registry));
    // Requests that nobody waits for any more, and what is to be removed with them.
    runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

fn options(args: &Start) -> Result<Options, Failure> {
    let Applications { feature_gates: gates, .. } = &args.applications;
    let seconds = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    let applications = &args.applications;
    let policy = Policy {
        grace: seconds(applications.driver_pod_creation_grace_period),
        most_executors: applications.max_tracked_executor_per_app,
        time_to_live: Some(applications.default_time_to_live_seconds).filter(|_| gates.default_time_to_live),
        partial_restart: gates.partial_restart,
        deadlines: applications.state_deadlines.0.clone(),
    };
    let home = std::env::var_os("SPARK_HOME").map(PathBuf::from);
    let defaults = home.map(|home| home.join(DEFAULTS)).filter(|file| file.is_file());
    let settings = Settings {
        pod_security: applications.spark_pod_security,
        default_images: applications.spark_default_images.0.clone(),
        spark_defaults: match defaults {
            Some(file) => properties::read(&input::text_file(&file.display().to_string())?),
            None => Vec::new(),
        },
        load_spark_defaults: gates.load_spark_defaults,
        partial_restart: gates.partial_restart,
        last_words: true,
    };
    let choice = Choice {
        default: args.submission.submitter,
        allowed: args.submission.submitters_allowed.clone(),
        rules: args.submission.submitter_rules.0.clone(),
    };
    Ok(Options {
        policy,
        settings,
        choice,
        submission_limit: args.submission.submission_timeout,
        ui_service: applications.enable_ui_service,
        driver_budget: applications.enable_driver_pdb,
    })
}

fn election(flags: &ElectionFlags) -> Result<Option<Election>, Failure> {
    if !flags.leader_election {
        return Ok(None);
    }
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let unique = uuid::Uuid::new_v4();
    let election = Election {
        namespace: flags.leader_election_lock_namespace.clone(),
        name: flags.leader_election_lock_name.clone(),
        identity: format!("{}_{unique}", host.unwrap_or_else(|| "spark-operator".to_owned())),
        duration: flags.leader_election_lease_duration,
        renew_deadline: flags.leader_election_renew_deadline,
        retry: flags.leader_election_retry_period,
    };
    election.check().map_err(Failure::input)?;
    Ok(Some(election))
}

fn metrics(flags: &ProcessFlags, registry: &Registry) -> Result<Option<Metrics>, Failure> {
    if !flags.enable_metrics {
        return Ok(None);
    }
    let labels = flags.metrics_labels.iter().map(|label| label.trim()).filter(|label| !label.is_empty());
    let config = Config {
        prefix: flags.metrics_prefix.clone(),
        labels: labels.map(str::to_owned).collect(),
        submit_buckets: flags.metrics_job_submit_latency_buckets.0.clone(),
        start_buckets: flags.metrics_job_start_latency_buckets.0.clone(),
    };
    let process = prometheus::process_collector::ProcessCollector::for_self();
    registry.register(Box::new(process)).map_err(Failure::system)?;
    // A dashboard that asks for it asks whether tasks pile up.
    let alive =
        || tokio::runtime::Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    let tasks = PullingGauge::new(
        "go_goroutines",
        "Tasks that are alive, under the name that dashboards of Kubeflow's operator read",
        Box::new(move || f64::from(u32::try_from(alive()).unwrap_or(u32::MAX))),
    );
    registry.register(Box::new(tasks.map_err(Failure::system)?)).map_err(Failure::system)?;
    let wrong = |error| Failure::input(format!("--metrics-prefix or --metrics-labels: {error}"));
    Metrics::new(&config, registry).map(Some).map_err(wrong)
}

/// What is done about every request.
fn calls(flags: &ProcessFlags, registry: &Registry) -> Result<Calls, Failure> {
    let limiter = (flags.kube_api_qps > 0.0).then(|| {
        // One in a year stands for what is still less often.
        let period = Duration::try_from_secs_f64(1.0 / flags.kube_api_qps).unwrap_or(YEAR).min(YEAR);
        let burst = NonZeroU32::new(flags.kube_api_burst).unwrap_or(NonZeroU32::MIN);
        Quota::with_period(period).map(|quota| Arc::new(RateLimiter::direct(quota.allow_burst(burst))))
    });
    let counter = CounterVec::new(
        Opts::new("rest_client_requests_total", "Requests to the API server, by status, host and method"),
        &["code", "host", "method"],
    )
    .map_err(Failure::system)?;
    registry.register(Box::new(counter.clone())).map_err(Failure::system)?;
    Ok(Calls { counter: Some(counter), limiter: limiter.flatten() })
}

/// The submitters that can be chosen. spark-submit needs a Spark beside the operator: that one is missing is found at the
/// start, and not by the first application.
fn submitters(
    choice: &Choice,
    cluster: &Connection,
    kubeconfig: Option<&str>,
) -> Result<BTreeMap<Kind, Arc<dyn Submitter>>, Failure> {
    let mut submitters: BTreeMap<Kind, Arc<dyn Submitter>> = BTreeMap::new();
    submitters.insert(Kind::Native, Arc::new(Native));
    submitters.insert(Kind::Job, Arc::new(Job));
    if choice.may(Kind::SparkSubmit) {
        let home = std::env::var_os("SPARK_HOME").map(PathBuf::from);
        let spark_home = home.filter(|home| home.join("bin/spark-submit").is_file()).ok_or_else(|| {
            Failure::input(
                "the submitter spark-submit needs SPARK_HOME to be the folder of a Spark: use the image that carries one, or \
                 another submitter",
            )
        })?;
        let master = format!("k8s://{}", cluster.server());
        submitters.insert(
            Kind::SparkSubmit,
            Arc::new(SparkSubmit {
                spark_home,
                master,
                kubeconfig: kubeconfig.map(PathBuf::from),
                classes: Some(Classes::default()),
            }),
        );
    }
    Ok(submitters)
}

async fn operate(
    args: &Start,
    options: Options,
    election: Option<Election>,
    metrics: Option<Arc<Metrics>>,
    registry: Registry,
) -> Result<(), Failure> {
    let stop = process::stop_on_signals().map_err(Failure::system)?;
    process::end_when_wedged(process::WEDGED);
    let kubeconfig = Some(args.kubeconfig.as_str()).filter(|file| !file.is_empty());
    let cluster = Connection::open(kubeconfig, Duration::from_secs(30)).await.map_err(Failure::system)?;
    let calls = calls(&args.process, &registry)?;
    // The lease is renewed in time however many other requests wait to be sent.
    let at_once = cluster.clone().with_calls(Calls { limiter: None, ..calls.clone() });
    let cluster = cluster.with_calls(calls);
    let candidate = election.as_ref().map(|election| Candidate::new(&at_once, election));
    // The chart of Kubeflow's operator writes none as "" with its quotes.
    let names = args.namespaces.iter().map(|name| name.trim().trim_matches('"').to_owned());
    let mut names: Vec<_> = names.collect();
    let selector = Some(args.namespace_selector.clone()).filter(|selector| !selector.is_empty());
    // An empty list beside a selector is no list: the selector alone counts.
    if selector.is_some() && names.iter().all(String::is_empty) {
        names.clear();
    }
    let scope = Scope::new(names, selector);
    let actor = Actor {
        submitters: submitters(&options.choice, &cluster, kubeconfig)?,
        options,
        recorder: Recorder::new(cluster.clone(), metrics),
        index: Arc::new(Index::default()),
        scope,
        submissions: Kind::ALL.map(|kind| (kind, Lane::new(args.controller_threads))).into(),
        writes: Lane::new(WRITES),
        cluster: cluster.clone(),
        stop: stop.clone(),
    };
    let (controller, requests) = Controller::new(actor, args.process.workqueue_ratelimiter_max_delay);
    let lease = candidate.as_ref().map(Candidate::health);
    serve(&args.process, &controller, lease, registry.clone()).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), server = cluster.server(), "started");
    controller.watch();
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        synced = controller.synced(args.cache_sync_timeout) => synced.map_err(|missing| {
            Failure::system(format!(
                "not everything was seen within {:?} (--cache-sync-timeout): {missing}; are the custom resource definitions \
                 installed, and may the service account list and watch them?",
                args.cache_sync_timeout
            ))
        })?,
    }
    match candidate {
        None => {
            controller.lead(requests, stop).await;
            Ok(())
        }
        Some(candidate) => {
            let opts = Opts::new("leader_election_master_status", "Whether this replica leads");
            let leads = IntGaugeVec::new(opts, &["name"]).map_err(Failure::system)?;
            registry.register(Box::new(leads.clone())).map_err(Failure::system)?;
            led(candidate, &leads, &controller, requests, stop).await
        }
    }
}

/// Acts as long as the lease is ours.
async fn led(
    mut candidate: Candidate<'_>,
    leads: &IntGaugeVec,
    controller: &Arc<Controller>,
    requests: Requests,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let election = candidate.election;
    leads.with_label_values(&[&election.name]).set(0);
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = candidate.lead() => {}
    }
    tracing::info!(lease = %election.name, identity = %election.identity, "leading");
    leads.with_label_values(&[&election.name]).set(1);
    let mut working = std::pin::pin!(controller.lead(requests, stop.child_token()));
    let lost = tokio::select! {
        () = &mut working => None,
        why = candidate.keep() => Some(why),
    };
    match lost {
        None => {
            candidate.release().await;
            Ok(())
        }
        // Another may lead by now: what is under way is dropped. Every write has a precondition.
        Some(why) => Err(Failure::system(format!("no longer the leader: {why}"))),
    }
}

async fn serve(
    flags: &ProcessFlags,
    controller: &Arc<Controller>,
    lease: Option<Check>,
    registry: Registry,
) -> Result<(), Failure> {
    if let Some(address) = flags.health_probe_bind_address {
        let (healthy, ready) = (Arc::clone(controller), Arc::clone(controller));
        let lease = move || lease.as_ref().map_or(Ok(()), |lease| lease());
        let healthy = move || healthy.healthy().and_then(|()| lease());
        let probes = server::probes(Arc::new(healthy), Arc::new(move || ready.ready()));
        let listener = server::listen(address).await.map_err(Failure::system)?;
        tokio::spawn(server::serve(listener, probes));
    }
    if let Some(address) = flags.metrics_bind_address.filter(|_| flags.enable_metrics) {
        let listener = server::listen(address).await.map_err(Failure::system)?;
        tokio::spawn(server::serve(listener, server::metrics(registry, &flags.metrics_endpoint)));
    }
    Ok(())
}
