//! Events, with the reasons of Kubeflow's operator: what is said beside the status.

use super::pod::{Ended, Phase, Pod, Role};

/// An event about an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its reason: `SparkApplicationSubmitted`.
    pub reason: &'static str,
    /// Whether it is a warning.
    pub warning: bool,
    /// What happened.
    pub message: String,
}

impl Event {
    /// That all is as it should be.
    pub fn normal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, warning: false, message: message.into() }
    }

    /// That somebody should know.
    pub fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, warning: true, message: message.into() }
    }
}

/// How the driver is now.
pub(super) fn driver(pod: &Pod) -> Event {
    let name = &pod.name;
    match pod.phase {
        Phase::Pending => match &pod.waiting {
            Some(waiting) => {
                let message = format!("Driver {name} is pending: {}: {}", waiting.reason, waiting.message);
                Event::warning("SparkDriverPending", message)
            }
            None => Event::normal("SparkDriverPending", format!("Driver {name} is pending")),
        },
        Phase::Running => Event::normal("SparkDriverRunning", format!("Driver {name} is running")),
        Phase::Succeeded => Event::normal("SparkDriverCompleted", format!("Driver {name} completed")),
        Phase::Failed => {
            Event::warning("SparkDriverFailed", format!("Driver {name} failed: {}", failure(pod, "driver")))
        }
        Phase::Unknown => Event::warning("SparkDriverUnknown", format!("Driver {name} in unknown state")),
    }
}

/// How executors are now that were otherwise before, or not there: an event for each state, and one for each failure.
pub(super) fn executors(changed: &[(&Pod, &'static str)]) -> Vec<Event> {
    let mut events = Vec::new();
    for (state, reason, is) in [
        ("PENDING", "SparkExecutorPending", "pending"),
        ("RUNNING", "SparkExecutorRunning", "running"),
        ("COMPLETED", "SparkExecutorCompleted", "completed"),
        ("UNKNOWN", "SparkExecutorUnknown", "in unknown state"),
    ] {
        let names: Vec<_> =
            changed.iter().filter(|(_, now)| *now == state).map(|(pod, _)| &*pod.name).collect();
        let verb = if state == "COMPLETED" || state == "UNKNOWN" { "" } else { "is " };
        let message = match names.as_slice() {
            [] => continue,
            [one] => format!("Executor {one} {verb}{is}"),
            all => format!("Executors {} {}{is}", shortened(all), if verb.is_empty() { "" } else { "are " }),
        };
        let make = if state == "UNKNOWN" { Event::warning } else { Event::normal };
        events.push(make(reason, message));
    }
    let failed = changed.iter().filter(|(_, now)| *now == "FAILED");
    events.extend(failed.map(|(pod, _)| {
        let (code, reason) = match &pod.ended {
            Some(Ended { code, reason, .. }) => (*code, &**reason),
            None => (-1, "Unknown (Container not Found)"),
        };
        let said = pod.message.as_deref().unwrap_or_default();
        let message = format!(
            "Executor {} failed with ExitCode: {code}, Reason: {reason}, Pod Message: {said}",
            pod.name
        );
        Event::warning("SparkExecutorFailed", message)
    }));
    events
}

/// A list of names that does not grow with the number of executors.
fn shortened(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// Why a pod failed, in the words that users of Kubeflow's operator look for, and then what else is known.
pub(super) fn failure(pod: &Pod, what: &str) -> String {
    let mut parts = match &pod.ended {
        Some(ended @ Ended { code, reason, message }) => {
            let meaning = meaning(ended, pod.role).map(|meaning| format!(" ({meaning})")).unwrap_or_default();
            let mut parts =
                vec![format!("{what} container failed with ExitCode: {code}, Reason: {reason}{meaning}")];
            parts.extend((!message.is_empty()).then(|| format!(", Message: {message}")));
            parts
        }
        None => vec![format!("{what} container status missing")],
    };
    parts.extend(pod.message.as_ref().map(|message| format!("; {message}")));
    parts.concat()
}

/// What an exit code means that does not say so itself.
fn meaning(ended: &Ended, role: Role) -> Option<&'static str> {
    let driver = role == Role::Driver;
    Some(match (ended.code, &*ended.reason) {
        (_, "OOMKilled") => "it used more memory than its limit: raise memory or memoryOverhead",
        (126, _) => "the image's program cannot be executed: is it a Spark image?",
        (127, _) | (_, "ContainerCannotRun" | "StartError") => {
            "the image has no such program: is it a Spark image?"
        }
        (2, _) if driver => "Python ends so when it cannot open the application file: see the driver's log",
        (101, _) if driver => {
            "Spark could not load the main class or the application file: see the driver's log"
        }
        (137, _) => "it was killed: out of memory, or evicted",
        (143, _) => "it was told to stop",
        _ => return None,
    })
}
