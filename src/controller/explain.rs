//! Why an application is not running, in one screen: from its status, its pods, their events and the quotas.

use jiff::{SignedDuration, SpanRound, Timestamp, Unit};
use k8s_openapi::api::core::v1::{Event, ResourceQuota};

use super::decide::pending;
use super::pod::{Phase, Pod, Role, StoredPod};
use super::record::{Application, Stored, time};
use super::state::State;

/// Events that are shown.
const EVENTS: usize = 8;

/// What was read of an application.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The application.
    pub application: Stored,
    /// Pods that carry its name as a label.
    pub pods: Vec<StoredPod>,
    /// Events of its namespace.
    pub events: Vec<Event>,
    /// Quotas of its namespace.
    pub quotas: Vec<ResourceQuota>,
}

/// What there is to say, in one screen.
#[must_use]
pub fn explain(findings: Findings, now: Timestamp) -> String {
    let Findings { application, pods, events, quotas } = findings;
    let application = Application::of(application, None);
    let pods: Vec<Pod> = pods.into_iter().map(Pod::from).collect();
    let driver = pods.iter().find(|pod| *pod.name == *application.driver_pod());
    let mut events: Vec<_> =
        events.into_iter().filter(|event| concerns(event, &application, &pods)).collect();
    events.sort_by_key(|event| std::cmp::Reverse(when(event)));

    let mut lines = vec![headline(&application, now), String::new()];
    let (why, advice) = why(&application, driver, &pods, &events);
    lines.push(format!("Why:     {why}"));
    lines.extend(advice.map(|advice| format!("Do:      {advice}")));
    lines.push(String::new());
    lines.push(match driver {
        Some(pod) => format!("Driver:  {} {}", pod.name, phase(pod)),
        None => format!("Driver:  {} does not exist", application.driver_pod()),
    });
    let executors: Vec<_> = pods.iter().filter(|pod| matches!(pod.role, Role::Executor(_))).collect();
    lines.push(match executors.len() {
        0 => "Executors: none".to_owned(),
        count => {
            let running = executors.iter().filter(|pod| pod.phase == Phase::Running).count();
            format!("Executors: {count}, of which {running} run")
        }
    });
    lines.extend(quotas.iter().flat_map(usage).map(|line| format!("Quota:   {line}")));
    if events.is_empty() {
        lines.push("Events:  none (the API server keeps them for an hour)".to_owned());
    } else {
        lines.push("Events:".to_owned());
        lines.extend(events.iter().take(EVENTS).map(|event| said(event, now)));
    }
    lines.join("\n") + "\n"
}

fn headline(application: &Application, now: Timestamp) -> String {
    let state = application.state();
    let status = &application.status;
    let mut parts = vec![format!("{}: {state}", application.key)];
    if let Some(since) = time(status.termination_time.as_ref()).filter(|_| state.is_final()) {
        parts.push(format!("ended {} ago", short(now.duration_since(since))));
    } else if let Some(since) = time(status.last_submission_attempt_time.as_ref()) {
        parts.push(format!("submitted {} ago", short(now.duration_since(since))));
    } else {
        parts.push(format!("created {} ago", short(now.duration_since(application.created))));
    }
    let (submissions, runs) =
        (status.submission_attempts.unwrap_or(0), status.execution_attempts.unwrap_or(0));
    parts.push(format!("submissions {submissions}, runs {runs}"));
    parts.join(", ")
}

/// The reason, and what to do about it.
fn why(
    application: &Application,
    driver: Option<&Pod>,
    pods: &[Pod],
    events: &[Event],
) -> (String, Option<&'static str>) {
    let error = application.error_message();
    if let Some(unreadable) = &application.wishes.unreadable {
        return (unreadable.clone(), Some("mend the spec: spark-operator validate -f FILE tells more"));
    }
    if application.deleting {
        let advice = "see metadata.finalizers: whoever set one must remove it";
        return ("it is being deleted".to_owned(), Some(advice));
    }
    match application.state() {
        State::New if application.wishes.suspend => suspended(),
        _ if pending(application) => submitting(driver),
        State::New => (
            "no operator has taken it up".to_owned(),
            Some("is an operator running, and does it look after this namespace (spark.jobNamespaces)?"),
        ),
        State::Suspended | State::Suspending => suspended(),
        State::Completed => ("it is done".to_owned(), None),
        State::Running => running(pods),
        State::Submitted | State::Unknown => driver.map_or_else(
            || ("the driver pod has not been seen yet, or is gone".to_owned(), None),
            |driver| waiting(driver, events),
        ),
        State::PendingRerun | State::Resuming | State::Invalidating => {
            ("what ran before is removed, then it is submitted again".to_owned(), None)
        }
        State::Succeeding => ("the driver ended well".to_owned(), None),
        State::SubmissionFailed | State::Failed | State::Failing => (error.to_owned(), advice(error)),
    }
}

/// An application whose submission is written down, and is not known to have ended.
fn submitting(driver: Option<&Pod>) -> (String, Option<&'static str>) {
    match driver.filter(|driver| driver.leaving) {
        Some(driver) => (
            format!("it waits until {} of an earlier run is gone", driver.name),
            Some("see what keeps that pod: finalizers, or a node that is down (kubectl delete pod --force)"),
        ),
        None => (
            "it waits for its turn to be submitted, or is being submitted".to_owned(),
            Some("if that takes long: --controller-threads is how many are submitted at a time"),
        ),
    }
}

fn suspended() -> (String, Option<&'static str>) {
    let advice = "set spec.suspend to false; where Kueue set it, see the Workload of the application";
    ("spec.suspend is true".to_owned(), Some(advice))
}

/// An application whose driver runs: its executors may not.
fn running(pods: &[Pod]) -> (String, Option<&'static str>) {
    let blocked = pods.iter().find_map(|pod| Some((pod, pod.waiting.as_ref()?)));
    match blocked {
        Some((pod, waiting)) => (
            format!("the driver runs; executor {} waits: {}: {}", pod.name, waiting.reason, waiting.message),
            advice(&waiting.reason),
        ),
        None if pods.iter().any(|pod| matches!(pod.role, Role::Executor(_))) => ("it runs".to_owned(), None),
        None => (
            "the driver runs and has no executor".to_owned(),
            Some("see the driver's log: it starts executors with its own service account, within the quotas"),
        ),
    }
}

/// Why a driver does not run yet: what its containers wait for, else what its events warn of.
fn waiting(driver: &Pod, events: &[Event]) -> (String, Option<&'static str>) {
    if let Some(waiting) = &driver.waiting {
        let why = format!("the driver pod waits: {}: {}", waiting.reason, waiting.message);
        return (why, advice(&waiting.reason));
    }
    let of_driver = |event: &&Event| event.involved_object.name.as_deref() == Some(&driver.name);
    let warning = events.iter().filter(of_driver).find(|event| event.type_.as_deref() == Some("Warning"));
    match warning {
        Some(event) => {
            let reason = event.reason.as_deref().unwrap_or_default();
            let why =
                format!("the driver pod waits: {reason}: {}", event.message.as_deref().unwrap_or_default());
            (why, advice(reason))
        }
        None => ("the driver pod has just been created, and starts".to_owned(), None),
    }
}

/// What to do about something that is known.
fn advice(text: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("ErrImage", "check the image's name, and spec.imagePullSecrets"),
        ("ImagePull", "check the image's name, and spec.imagePullSecrets"),
        ("InvalidImageName", "check the image's name"),
        (
            "Unschedulable",
            "no node has room or fits: lower cores and memory, or check nodeSelector and tolerations",
        ),
        (
            "FailedScheduling",
            "no node has room or fits: lower cores and memory, or check nodeSelector and tolerations",
        ),
        ("CreateContainerConfigError", "a config map or secret that the pod refers to is missing"),
        ("FailedMount", "a volume, config map or secret that the pod mounts is missing"),
        ("exceeded quota", "wait, or ask for a larger quota"),
        ("serviceaccount", "create the service account, or name another in spec.driver.serviceAccount"),
        ("already exist", "delete what has its name, or rename the application"),
        ("OOMKilled", "raise memory or memoryOverhead"),
        ("is not allowed", "leave the key out of sparkConf: the operator sets it"),
        (
            "violates PodSecurity",
            "set spark.podSecurity to restricted in the operator's values, or the fields in the spec",
        ),
        ("driver container failed", "see the driver's log: kubectl logs POD"),
        (
            "driver pod not found",
            "somebody deleted the driver, or its node is gone: a restartPolicy runs it again",
        ),
    ];
    KNOWN.iter().find(|(words, _)| text.contains(words)).map(|(_, advice)| *advice)
}

fn phase(pod: &Pod) -> String {
    let phase = match pod.phase {
        Phase::Pending => "is pending",
        Phase::Running => "runs",
        Phase::Succeeded => "ended well",
        Phase::Failed => "failed",
        Phase::Unknown => "is in an unknown state",
    };
    let leaving = if pod.leaving { ", and is being deleted" } else { "" };
    let said = pod.message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default();
    format!("{phase}{leaving}{said}")
}

/// What is used of a quota: less than a driver needs may be left of it.
fn usage(quota: &ResourceQuota) -> Vec<String> {
    let name = quota.metadata.name.as_deref().unwrap_or_default();
    let status = quota.status.clone().unwrap_or_default();
    let (hard, used) = (status.hard.unwrap_or_default(), status.used.unwrap_or_default());
    let lines = hard.iter().filter_map(|(resource, limit)| {
        let used = used.get(resource)?;
        Some(format!("{name}: {resource} {} of {}", used.0, limit.0))
    });
    lines.collect()
}

fn concerns(event: &Event, application: &Application, pods: &[Pod]) -> bool {
    let of = &event.involved_object;
    match (of.kind.as_deref(), of.name.as_deref()) {
        (Some("SparkApplication"), Some(name)) => {
            name == application.key.name && of.uid.as_ref().is_none_or(|uid| *uid == application.uid)
        }
        (Some("Pod"), Some(name)) => {
            name == application.driver_pod() || pods.iter().any(|pod| *pod.name == *name)
        }
        _ => false,
    }
}

fn when(event: &Event) -> Option<Timestamp> {
    let seen = event.last_timestamp.as_ref().map(|time| time.0);
    seen.or_else(|| event.event_time.as_ref().map(|time| time.0))
        .or_else(|| event.metadata.creation_timestamp.as_ref().map(|time| time.0))
}

fn said(event: &Event, now: Timestamp) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let age = when(event).map(|time| short(now.duration_since(time))).unwrap_or_default();
    let message = text(&event.message).replace('\n', " ");
    let message: String = message.chars().take(160).collect();
    let object = text(&event.involved_object.name);
    format!("  {age:>8}  {:<7}  {:<28} {object}: {message}", text(&event.type_), text(&event.reason))
}

/// A time as people say it: `2m 5s`, no more than two parts.
fn short(time: SignedDuration) -> String {
    let seconds = SignedDuration::from_secs(time.as_secs().max(0));
    let unit = if seconds < SignedDuration::from_hours(1) { Unit::Second } else { Unit::Minute };
    let rounded = jiff::Span::try_from(seconds)
        .ok()
        .and_then(|span| span.round(SpanRound::new().largest(Unit::Hour).smallest(unit)).ok());
    rounded.map_or_else(|| format!("{seconds:#}"), |span| format!("{span:#}"))
}
