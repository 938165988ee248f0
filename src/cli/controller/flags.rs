//! The flags of `controller start`, grouped as its help shows them, and how their values are read.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::ArgAction;
use jiff::SignedDuration;

use crate::controller::state::State;
use crate::runtime::logging::{Encoder, Level};
use crate::runtime::server;
use crate::spark::PodSecurity;
use crate::submit::{Kind, Rule, choose};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Applications")]
pub(super) struct Applications {
    /// How long a driver pod may be missing after its submission
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(super) driver_pod_creation_grace_period: Duration,

    /// How many executors the status lists
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    pub(super) max_tracked_executor_per_app: usize,

    /// Longest time in a state, for each that has one: SUBMITTED=30m,FAILING=1h
    #[arg(long, value_name = "STATE=DURATION", default_value = "", hide_default_value = true, value_parser = deadlines)]
    pub(super) state_deadlines: Deadlines,

    /// Seconds that applications are kept after their end where they do not say; needs the gate DefaultTimeToLive
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(i64).range(0..))]
    pub(super) default_time_to_live_seconds: i64,

    /// Whether the web interface of each driver gets a service
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    pub(super) enable_ui_service: bool,

    /// Whether applications may have their driver protected from evictions
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    pub(super) enable_driver_pdb: bool,

    /// Gates to switch: PartialRestart, LoadSparkDefaults, DefaultTimeToLive
    #[arg(long, value_name = "GATE=BOOL", default_value = "", hide_default_value = true, value_parser = gates)]
    pub(super) feature_gates: Gates,

    /// What is filled into unset security fields of pods: none, seccomp, restricted
    #[arg(long, value_name = "HOW", default_value = "seccomp")]
    pub(super) spark_pod_security: PodSecurity,

    /// Images by version or minor line of Spark, for applications that name none: an object in JSON
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = images)]
    pub(super) spark_default_images: Images,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Submission")]
#[allow(clippy::struct_field_names, reason = "they are the flags' names")]
pub(super) struct Submission {
    /// How applications are submitted
    #[arg(long, value_name = "SUBMITTER", default_value = "native", value_parser = |text: &str| text.parse::<Kind>())]
    pub(super) submitter: Kind,

    /// What an application may choose by its annotation, separated by commas
    #[arg(long, value_name = "SUBMITTERS", value_delimiter = ',', value_parser = |text: &str| text.parse::<Kind>())]
    pub(super) submitters_allowed: Vec<Kind>,

    /// Submitters for some applications: a list in JSON
    #[arg(long, value_name = "JSON", default_value = "[]", value_parser = rules)]
    pub(super) submitter_rules: Rules,

    /// Longest time for one submission
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = crate::cli::timeout)]
    pub(super) submission_timeout: Duration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Leader election")]
#[allow(clippy::struct_field_names, reason = "they are the flags' names")]
pub(super) struct ElectionFlags {
    /// Whether only one replica acts: the one that holds a Lease
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    pub(super) leader_election: bool,

    /// Name of the Lease
    #[arg(long, value_name = "NAME", default_value = "spark-operator-lock")]
    pub(super) leader_election_lock_name: String,

    /// Namespace of the Lease
    #[arg(long, value_name = "NAMESPACE", default_value = "spark-operator")]
    pub(super) leader_election_lock_namespace: String,

    /// How long a leader is believed that is no longer heard of
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = crate::cli::timeout)]
    pub(super) leader_election_lease_duration: Duration,

    /// How long a leader tries to renew before it ends
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = crate::cli::timeout)]
    pub(super) leader_election_renew_deadline: Duration,

    /// Between two tries
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = crate::cli::timeout)]
    pub(super) leader_election_retry_period: Duration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Process")]
pub(super) struct ProcessFlags {
    /// How much is logged: error, warn, info, debug, trace, or 1 to 5
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = |text: &str| text.parse::<Level>())]
    pub(super) zap_log_level: Level,

    /// How: console or json
    #[arg(long, value_name = "ENCODER", default_value = "json", value_parser = |text: &str| text.parse::<Encoder>())]
    pub(super) zap_encoder: Encoder,

    /// Where /healthz and /readyz are answered; 0: nowhere
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = server::address)]
    pub(super) health_probe_bind_address: Address,

    /// Whether there are metrics
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set)]
    pub(super) enable_metrics: bool,

    /// Where /metrics is answered; 0: nowhere
    #[arg(long, value_name = "ADDRESS", default_value = "0", value_parser = server::address)]
    pub(super) metrics_bind_address: Address,

    /// A path at which the same is answered
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true, value_parser = server::path)]
    pub(super) metrics_endpoint: String,

    /// Put before the name of each metric of applications
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) metrics_prefix: String,

    /// Labels of applications that their metrics carry, separated by commas
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub(super) metrics_labels: Vec<String>,

    /// Buckets of the time from creation to submission, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "0.5,1,2,4,8,16,32,64,128,256", value_parser = buckets)]
    pub(super) metrics_job_submit_latency_buckets: Buckets,

    /// Buckets of the time from creation until the driver runs, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30,60,90,120,150,180,210,240,270,300", value_parser = buckets)]
    pub(super) metrics_job_start_latency_buckets: Buckets,

    /// Requests to the API server in a second; 0: as many as there are, its own fairness is enough
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = rate)]
    pub(super) kube_api_qps: f64,

    /// Requests that may come at once beyond that
    #[arg(long, value_name = "NUMBER", default_value = "30")]
    pub(super) kube_api_burst: u32,

    /// Longest wait before what failed is tried again
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = crate::cli::timeout)]
    pub(super) workqueue_ratelimiter_max_delay: Duration,

    /// Taken, not needed: an application that failed waits for itself, and keeps no other waiting
    #[arg(long, value_name = "NUMBER", default_value = "10", hide = true)]
    pub(super) workqueue_ratelimiter_bucket_qps: f64,

    /// Taken, not needed
    #[arg(long, value_name = "NUMBER", default_value = "100", hide = true)]
    pub(super) workqueue_ratelimiter_bucket_size: u32,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "SELECTOR", default_value = "", hide = true)]
    pub(super) label_selector_filter: String,

    /// Taken, not read: every error has its causes
    #[arg(long, value_name = "LEVEL", default_value = "", hide = true)]
    pub(super) zap_stacktrace_level: String,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    pub(super) zap_devel: bool,

    /// Taken, not read, as in Kubeflow's operator
    #[arg(long, value_name = "ENCODING", default_value = "", hide = true)]
    pub(super) zap_time_encoding: String,

    /// Taken, not read: HTTP/2 is the client's and the servers' choice
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    pub(super) enable_http2: bool,
}

/// Flags of features that are not there yet: whoever switches one on is told so at the start.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Not built yet: refused when switched on")]
pub(super) struct Unbuilt {
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    pub(super) enable_batch_scheduler: bool,
    #[arg(long, value_name = "NAMES", default_value = "", hide = true)]
    pub(super) kube_scheduler_names: String,
    #[arg(long, value_name = "NAME", default_value = "", hide = true)]
    pub(super) default_batch_scheduler: String,
    #[arg(long, value_name = "FORMAT", default_value = "", hide = true)]
    pub(super) ingress_url_format: String,
    #[arg(long, value_name = "NAME", default_value = "", hide = true)]
    pub(super) ingress_class_name: String,
    #[arg(long, value_name = "JSON", default_value = "", hide = true)]
    pub(super) ingress_tls: String,
    #[arg(long, value_name = "JSON", default_value = "", hide = true)]
    pub(super) ingress_annotations: String,
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    pub(super) secure_metrics: bool,
    #[arg(long, value_name = "VERSION", default_value = "", hide = true)]
    pub(super) metric_tls_min_version: String,
    #[arg(long, value_name = "SUITES", default_value = "", hide = true)]
    pub(super) metric_tls_cipher_suites: String,
    #[arg(long, value_name = "ADDRESS", default_value = "0", hide = true)]
    pub(super) pprof_bind_address: String,
    #[arg(long, value_name = "PRECISION", default_value = "", hide = true)]
    pub(super) scheduled_spark_application_timestamp_precision: String,
    #[arg(long, value_name = "URL", default_value = "", hide = true)]
    pub(super) submitter_service_url: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    pub(super) submitter_request_timeout: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    pub(super) submitter_startup_timeout: String,
    #[arg(long, value_name = "NUMBER", default_value = "", hide = true)]
    pub(super) submitter_max_retries: String,
    #[arg(long, value_name = "DURATION", default_value = "", hide = true)]
    pub(super) submitter_initial_backoff: String,
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = boolean, action = ArgAction::Set, hide = true)]
    pub(super) submitter_tls_enabled: bool,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    pub(super) submitter_tls_cert_file: String,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    pub(super) submitter_tls_key_file: String,
    #[arg(long, value_name = "FILE", default_value = "", hide = true)]
    pub(super) submitter_tls_ca_file: String,
}

/// Where to listen; nowhere.
pub(super) type Address = Option<std::net::SocketAddr>;

#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines(pub(super) BTreeMap<State, SignedDuration>);

#[derive(Clone, Debug, Default)]
pub(super) struct Images(pub(super) BTreeMap<String, String>);

#[derive(Clone, Debug, Default)]
pub(super) struct Rules(pub(super) Vec<Rule>);

#[derive(Clone, Debug, Default)]
pub(super) struct Buckets(pub(super) Vec<f64>);

/// Gates that are built, and whether they are on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gates {
    pub(super) partial_restart: bool,
    pub(super) load_spark_defaults: bool,
    pub(super) default_time_to_live: bool,
}

/// As Go reads it.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
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
        let limit = crate::cli::timeout(limit).map_err(|error| format!("{pair}: {error}"))?;
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

fn rate(text: &str) -> Result<f64, String> {
    let read = text.parse::<f64>().ok().filter(|rate| rate.is_finite());
    read.ok_or_else(|| "must be a number; 0 or less for none".to_owned())
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

impl Unbuilt {
    /// What is switched on and not built: it would be worse to run without a word.
    pub(super) fn check(&self) -> Result<(), String> {
        let switched = [
            ("--enable-batch-scheduler", self.enable_batch_scheduler),
            ("--default-batch-scheduler", !self.default_batch_scheduler.is_empty()),
            ("--ingress-url-format", !self.ingress_url_format.is_empty()),
            ("--secure-metrics", self.secure_metrics),
            ("--pprof-bind-address", !matches!(self.pprof_bind_address.as_str(), "" | "0")),
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
