//! `spark-operator controller start`: the operator. Every flag of Kubeflow's operator is taken, with one dash or two.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgAction, Subcommand};
use jiff::SignedDuration;
use prometheus::Registry;
use tokio_util::sync::CancellationToken;

use super::{Failure, input, print};
use crate::controller::act::{Actor, Options};
use crate::controller::decide::Policy;
use crate::controller::index::Index;
use crate::controller::metrics::{Config, Metrics};
use crate::controller::recorder::Recorder;
use crate::controller::scope::Scope;
use crate::controller::state::{self, State};
use crate::controller::{Controller, Requests};
use crate::runtime::client::{ClusterError, Connection};
use crate::runtime::lanes::Lane;
use crate::runtime::lease::{Candidate, Election};
use crate::runtime::logging::{self, Encoder, Level};
use crate::runtime::{process, server};
use crate::spark::{PodSecurity, Settings, properties};
use crate::submit::{Choice, Job, Kind, Native, Rule, SparkSubmit, Submitter, choose};

/// Where spark-submit finds its defaults, under SPARK_HOME.
const DEFAULTS: &str = "conf/spark-defaults.conf";
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
    #[arg(long, value_name = "NAMES", default_value = "", hide_default_value = true)]
    namespaces: String,

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

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Applications")]
struct Applications {
    /// How long a driver pod may be missing after its submission
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    driver_pod_creation_grace_period: Duration,

    /// How many executors the status lists
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    max_tracked_executor_per_app: usize,

    /// Longest time in a state, for each that has one: SUBMITTED=30m,FAILING=1h
    #[arg(long, value_name = "STATE=DURATION", default_value = "", hide_default_value = true, value_parser = deadlines)]
    state_deadlines: Deadlines,

    /// Seconds that applications are kept after their end where they do not say; needs the gate DefaultTimeToLive
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(i64).range(0..))]
    default_time_to_live_seconds: i64,

    /// Whether the web interface of each driver gets a service
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    enable_ui_service: bool,

    /// Whether applications may have their driver protected from evictions
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    enable_driver_pdb: bool,

    /// Gates to switch: PartialRestart, LoadSparkDefaults, DefaultTimeToLive
    #[arg(long, value_name = "GATE=BOOL", default_value = "", hide_default_value = true, value_parser = gates)]
    feature_gates: Gates,

    /// What is filled into unset security fields of pods: none, seccomp, restricted
    #[arg(long, value_name = "HOW", default_value = "seccomp")]
    spark_pod_security: PodSecurity,

    /// Images by version or minor line of Spark, for applications that name none: an object in JSON
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = images)]
    spark_default_images: Images,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Submission")]
struct Submission {
    /// How applications are submitted
    #[arg(long, value_name = "SUBMITTER", default_value = "native", value_parser = |text: &str| text.parse::<Kind>())]
    submitter: Kind,

    /// What an application may choose by its annotation, separated by commas
    #[arg(long, value_name = "SUBMITTERS", value_delimiter = ',', value_parser = |text: &str| text.parse::<Kind>())]
    submitters_allowed: Vec<Kind>,

    /// Submitters for some applications: a list in JSON
    #[arg(long, value_name = "JSON", default_value = "[]", value_parser = rules)]
    submitter_rules: Rules,

    /// Longest time for one submission
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = super::timeout)]
    submission_timeout: Duration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Leader election")]
struct ElectionFlags {
    /// Whether only one replica acts: the one that holds a Lease
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    leader_election: bool,

    /// Name of the Lease
    #[arg(long, value_name = "NAME", default_value = "spark-operator-lock")]
    leader_election_lock_name: String,

    /// Namespace of the Lease
    #[arg(long, value_name = "NAMESPACE", default_value = "spark-operator")]
    leader_election_lock_namespace: String,

    /// How long a leader is believed that is no longer heard of
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = super::timeout)]
    leader_election_lease_duration: Duration,

    /// How long a leader tries to renew before it ends
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = super::timeout)]
    leader_election_renew_deadline: Duration,

    /// Between two tries
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = super::timeout)]
    leader_election_retry_period: Duration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Process")]
struct ProcessFlags {
    /// How much is logged: error, warn, info, debug, trace, or 1 to 5
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = |text: &str| text.parse::<Level>())]
    zap_log_level: Level,

    /// How: console or json
    #[arg(long, value_name = "ENCODER", default_value = "json", value_parser = |text: &str| text.parse::<Encoder>())]
    zap_encoder: Encoder,

    /// Where /healthz and /readyz are answered; 0: nowhere
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = server::address)]
    health_probe_bind_address: Address,

    /// Whether there are metrics
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    enable_metrics: bool,

    /// Where /metrics is answered; 0: nowhere
    #[arg(long, value_name = "ADDRESS", default_value = "0", value_parser = server::address)]
    metrics_bind_address: Address,

    /// Put before the name of each metric of applications
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    metrics_prefix: String,

    /// Labels of applications that their metrics carry, separated by commas
    #[arg(long, value_name = "LABELS", default_value = "", hide_default_value = true)]
    metrics_labels: String,

    /// Buckets of the time from creation to submission, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "0.5,1,2,4,8,16,32,64,128,256", value_parser = buckets)]
    metrics_job_submit_latency_buckets: Buckets,

    /// Buckets of the time from creation until the driver runs, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30,60,90,120,150,180,210,240,270,300", value_parser = buckets)]
    metrics_job_start_latency_buckets: Buckets,

    /// Longest wait before what failed is tried again
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = super::timeout)]
    workqueue_ratelimiter_max_delay: Duration,

    /// Taken, not needed: an application that failed waits for itself, and keeps no other waiting
    #[arg(long, value_name = "NUMBER", default_value = "10", hide = true)]
    workqueue_ratelimiter_bucket_qps: f64,

    /// Taken, not needed
    #[arg(long, value_name = "NUMBER", default_value = "100", hide = true)]
    workqueue_ratelimiter_bucket_size: u32,

    /// Taken, not read, as in Kubeflow's operator: it is always /metrics
    #[arg(long, value_name = "PATH", default_value = "", hide = true)]
    metrics_endpoint: String,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "SELECTOR", default_value = "", hide = true)]
    label_selector_filter: String,

    /// Taken, not read: every error has its causes
    #[arg(long, value_name = "LEVEL", default_value = "", hide = true)]
    zap_stacktrace_level: String,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    zap_devel: bool,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "ENCODING", default_value = "", hide = true)]
    zap_time_encoding: String,

    /// Taken, not read: HTTP/2 is the client's and the servers' choice
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    enable_http2: bool,
}

/// Flags of features that are not there yet: whoever switches one on is told so at the start.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Not built yet: refused when switched on")]
struct Unbuilt {
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    enable_batch_scheduler: bool,
    #[arg(long, value_name = "NAMES", default_value = "", hide = true)]
    kube_scheduler_names: String,
    #[arg(long, value_name = "NAME", default_value = "", hide = true)]
    default_batch_scheduler: String,
    #[arg(long, value_name = "FORMAT", default_value = "", hide = true)]
    ingress_url_format: String,
    #[arg(long, value_name = "NAME", default_value = "", hide = true)]
    ingress_class_name: String,
    #[arg(long, value_name = "JSON", default_value = "", hide = true)]
    ingress_tls: String,
    #[arg(long, value_name = "JSON", default_value = "", hide = true)]
    ingress_annotations: String,
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    secure_metrics: bool,
    #[arg(long, value_name = "VERSION", default_value = "", hide = true)]
    metric_tls_min_version: String,
    #[arg(long, value_name = "SUITES", default_value = "", hide = true)]
    metric_tls_cipher_suites: String,
    #[arg(long, value_name = "ADDRESS", default_value = "0", hide = true)]
    pprof_bind_address: String,
    #[arg(long, value_name = "NUMBER", default_value = "0", hide = true)]
    kube_api_qps: f64,
    #[arg(long, value_name = "NUMBER", default_value = "0", hide = true)]
    kube_api_burst: i64,
    #[arg(long, value_name = "PRECISION", default_value = "", hide = true)]
    scheduled_spark_application_timestamp_precision: String,
    #[arg(long, value_name = "URL", default_value = "", hide = true)]
    submitter_service_url: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    submitter_request_timeout: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    submitter_startup_timeout: String,
    #[arg(long, value_name = "NUMBER", default_value = "", hide = true)]
    submitter_max_retries: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    submitter_initial_backoff: String,
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    submitter_tls_enabled: bool,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    submitter_tls_cert_file: String,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    submitter_tls_key_file: String,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    submitter_tls_ca_file: String,
}

/// Where to listen; nowhere.
type Address = Option<std::net::SocketAddr>;

#[derive(Clone, Debug, Default)]
struct Deadlines(BTreeMap<State, SignedDuration>);

#[derive(Clone, Debug, Default)]
struct Images(BTreeMap<String, String>);

#[derive(Clone, Debug, Default)]
struct Rules(Vec<Rule>);

#[derive(Clone, Debug, Default)]
struct Buckets(Vec<f64>);

/// Gates that are built, and whether they are on.
#[derive(Clone, Copy, Debug, Default)]
struct Gates {
    partial_restart: bool,
    load_spark_defaults: bool,
    default_time_to_live: bool,
}

/// As Go reads it.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let read = text.parse::<SignedDuration>().ok().and_then(|read| Duration::try_from(read).ok());
    read.ok_or_else(|| "write a time such as 10s or 1m30s".to_owned())
}

fn deadlines(text: &str) -> Result<Deadlines, String> {
    let mut deadlines = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, limit) =
            pair.split_once('=').ok_or_else(|| format!("{pair}: write it as SUBMITTED=30m"))?;
        let state = State::ALL.into_iter().find(|state| state.name() == name || state.to_string() == name);
        let state = state.filter(|state| !state.is_final()).ok_or_else(|| {
            let names =
                State::ALL.into_iter().filter(|state| !state.is_final()).map(|state| state.to_string());
            format!("{name} is no state with a deadline: {}", names.collect::<Vec<_>>().join(", "))
        })?;
        let limit = super::timeout(limit).map_err(|error| format!("{pair}: {error}"))?;
        let limit = SignedDuration::try_from(limit).map_err(|_| format!("{pair}: too long"))?;
        if deadlines.insert(state, limit).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    Ok(Deadlines(deadlines))
}

fn gates(text: &str) -> Result<Gates, String> {
    let mut gates = Gates::default();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| format!("{pair}: write it as PartialRestart=true"))?;
        let value = boolean(value).map_err(|error| format!("{name}: {error}"))?;
        match name {
            "PartialRestart" => gates.partial_restart = value,
            "LoadSparkDefaults" => gates.load_spark_defaults = value,
            "DefaultTimeToLive" => gates.default_time_to_live = value,
            "AllAlpha" if value => {
                return Err("AllAlpha would switch on RestSubmitter, which is not built yet: name the gates"
                    .to_owned());
            }
            "RestSubmitter" if value => {
                return Err(
                    "RestSubmitter is not built yet: use --submitter=native or --submitter=job".to_owned()
                );
            }
            "RestSubmitter" | "AllAlpha" | "AllBeta" => {}
            _ => {
                let known = "PartialRestart, LoadSparkDefaults, DefaultTimeToLive, RestSubmitter";
                return Err(format!("{name} is no gate of this operator: {known}"));
            }
        }
    }
    Ok(gates)
}

fn images(text: &str) -> Result<Images, String> {
    serde_json::from_str(text)
        .map(Images)
        .map_err(|error| format!("must be an object of texts in JSON: {error}"))
}

fn rules(text: &str) -> Result<Rules, String> {
    choose::rules(text).map(Rules)
}

fn buckets(text: &str) -> Result<Buckets, String> {
    let read: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse::<f64>()).collect();
    let buckets = read.map_err(|_| "write numbers, separated by commas".to_owned())?;
    let ascends = buckets.windows(2).all(|pair| pair[0] < pair[1]);
    if ascends && buckets.iter().all(|bucket| bucket.is_finite()) {
        Ok(Buckets(buckets))
    } else {
        Err("each must be greater than the one before".to_owned())
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Start(start) => self::start(start),
        Command::States => print(&state::table()),
    }
}

impl Unbuilt {
    /// What is switched on and not built: it would be worse to run without a word.
    fn check(&self) -> Result<(), String> {
        let switched = [
            ("--enable-batch-scheduler", self.enable_batch_scheduler),
            ("--default-batch-scheduler", !self.default_batch_scheduler.is_empty()),
            ("--ingress-url-format", !self.ingress_url_format.is_empty()),
            ("--secure-metrics", self.secure_metrics),
            ("--pprof-bind-address", !matches!(self.pprof_bind_address.as_str(), "" | "0")),
            ("--kube-api-qps", self.kube_api_qps > 0.0),
            ("--submitter-service-url", !self.submitter_service_url.is_empty()),
            ("--submitter-tls-enabled", self.submitter_tls_enabled),
        ];
        match switched.into_iter().find(|(_, on)| *on) {
            Some((flag, _)) => {
                Err(format!("{flag}: this feature is not built yet, so the operator does not start with it"))
            }
            None => Ok(()),
        }
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
    // Requests that nobody waits for any more.
    runtime.shutdown_timeout(Duration::from_millis(100));
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
    let labels = flags.metrics_labels.split(',').map(str::trim).filter(|label| !label.is_empty());
    let config = Config {
        prefix: flags.metrics_prefix.clone(),
        labels: labels.map(str::to_owned).collect(),
        submit_buckets: flags.metrics_job_submit_latency_buckets.0.clone(),
        start_buckets: flags.metrics_job_start_latency_buckets.0.clone(),
    };
    let process = prometheus::process_collector::ProcessCollector::for_self();
    registry.register(Box::new(process)).map_err(Failure::system)?;
    let wrong = |error| Failure::input(format!("--metrics-prefix or --metrics-labels: {error}"));
    Metrics::new(&config, registry).map(Some).map_err(wrong)
}

/// The submitters that can be chosen. spark-submit needs a Spark beside the operator: that one is missing is found at the
/// start, and not by the first application.
fn submitters(
    choice: &Choice,
    cluster: &Connection,
) -> Result<BTreeMap<&'static str, Arc<dyn Submitter>>, Failure> {
    let chosen = |kind: Kind| {
        choice.default == kind
            || choice.allowed.contains(&kind)
            || choice.rules.iter().any(|rule| rule.kind == kind)
    };
    let mut submitters: BTreeMap<&'static str, Arc<dyn Submitter>> = BTreeMap::new();
    submitters.insert(Kind::Native.name(), Arc::new(Native));
    submitters.insert(Kind::Job.name(), Arc::new(Job));
    if chosen(Kind::SparkSubmit) {
        let home = std::env::var_os("SPARK_HOME").map(PathBuf::from);
        let spark_home = home.filter(|home| home.join("bin/spark-submit").is_file()).ok_or_else(|| {
            Failure::input(
                "the submitter spark-submit needs SPARK_HOME to be the folder of a Spark: use the image that carries one, or \
                 another submitter",
            )
        })?;
        let master = format!("k8s://{}", cluster.server());
        submitters.insert(Kind::SparkSubmit.name(), Arc::new(SparkSubmit { spark_home, master }));
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
    process::end_when_wedged();
    let kubeconfig = Some(args.kubeconfig.as_str()).filter(|file| !file.is_empty());
    let cluster =
        Connection::open(kubeconfig, None, Duration::from_secs(30)).await.map_err(Failure::system)?;
    let names =
        args.namespaces.trim().trim_matches('"').split(',').map(|name| name.trim().to_owned()).collect();
    let selector = Some(args.namespace_selector.clone()).filter(|selector| !selector.is_empty());
    let scope = match selector {
        // An empty list beside a selector is no list: the selector alone counts.
        Some(_) if args.namespaces.trim().trim_matches('"').is_empty() => Scope::new(Vec::new(), selector),
        selector => Scope::new(names, selector),
    };
    let actor = Actor {
        submitters: submitters(&options.choice, &cluster)?,
        options,
        recorder: Recorder::new(cluster.clone(), metrics),
        index: Arc::new(Index::default()),
        submissions: Lane::new(args.controller_threads),
        writes: Lane::new(WRITES),
        cluster: cluster.clone(),
    };
    let (controller, requests) = Controller::new(actor, scope, args.process.workqueue_ratelimiter_max_delay);
    serve(&args.process, &controller, registry).await?;
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
    match election {
        None => {
            controller.lead(requests, stop).await;
            Ok(())
        }
        Some(election) => led(&cluster, &election, &controller, requests, stop).await,
    }
}

/// Acts as long as the lease is ours.
async fn led(
    cluster: &Connection,
    election: &Election,
    controller: &Arc<Controller>,
    requests: Requests,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let mut candidate = Candidate::new(cluster, election);
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = candidate.lead() => {}
    }
    tracing::info!(lease = %election.name, identity = %election.identity, "leading");
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
    registry: Registry,
) -> Result<(), Failure> {
    if let Some(address) = flags.health_probe_bind_address {
        let (healthy, ready) = (Arc::clone(controller), Arc::clone(controller));
        let probes = server::probes(Arc::new(move || healthy.healthy()), Arc::new(move || ready.ready()));
        let listener = server::listen(address).await.map_err(Failure::system)?;
        tokio::spawn(server::serve(listener, probes));
    }
    if let Some(address) = flags.metrics_bind_address.filter(|_| flags.enable_metrics) {
        let listener = server::listen(address).await.map_err(Failure::system)?;
        tokio::spawn(server::serve(listener, server::metrics(registry)));
    }
    Ok(())
}
