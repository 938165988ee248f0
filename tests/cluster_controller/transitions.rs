//! Every step of the table of states, made on a real API server: each from a status, a spec and a driver that are brought
//! about while no operator runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use spark_operator::controller::state::{State, TRANSITIONS, Transition};

use crate::operator::Operator;
use crate::place::{LIMIT, Place, driver};
use crate::proxy::{Proxy, Sent};
use crate::support::{eventually, within};

/// More attempts than any policy here allows.
const MANY: i32 = 99;

/// A step of the table, and the application that is to make it.
struct Case {
    name: String,
    from: State,
    to: State,
    /// Whether the deadline of the state is what makes it.
    late: bool,
}

impl Case {
    fn all() -> Vec<Self> {
        let steps = TRANSITIONS.iter().flat_map(|Transition { from, to, when }| {
            from.iter().map(|from| (*from, *to, *when == "the state's deadline has passed"))
        });
        let named = |(number, (from, to, late))| Self { name: format!("step-{number}"), from, to, late };
        steps.enumerate().map(named).collect()
    }

    /// One whose driver cannot be made.
    fn is_refused(&self) -> bool {
        self.to == State::SubmissionFailed
    }

    /// One that waits for a next attempt until its deadline has passed.
    fn waits_for_another(&self) -> bool {
        self.late && matches!(self.from, State::SubmissionFailed | State::Failing)
    }

    /// One whose submission was written down, and has made nothing until its deadline has passed.
    fn was_not_submitted(&self) -> bool {
        self.late && matches!(self.from, State::New | State::PendingRerun | State::Resuming)
    }

    /// One that waits for its driver to go until its deadline has passed.
    fn waits_for_its_driver(&self) -> bool {
        self.late && matches!(self.from, State::Invalidating | State::Suspending | State::Succeeding)
    }

    fn spec(&self) -> Json {
        let outcome = match (self.from, self.to) {
            (State::Running | State::Unknown, State::Submitted) => "image-pull-error",
            _ => "run",
        };
        let mut spec = driver(&[("outcome", outcome)]);
        let again = if self.is_refused() || self.waits_for_another() { 3600 } else { 1 };
        let always = self.from == State::Succeeding && (self.to == State::PendingRerun || self.late);
        spec["restartPolicy"] = json!({
            "type": if always { "Always" } else { "OnFailure" },
            "onFailureRetries": 9, "onFailureRetryInterval": again,
            "onSubmissionFailureRetries": 9, "onSubmissionFailureRetryInterval": again,
        });
        if self.is_refused() {
            spec["driver"]["serviceAccount"] = "nobody".into();
        }
        spec
    }

    /// How it is while an operator runs that knows nothing of what it is wanted for.
    fn begins_in(&self) -> &'static str {
        match self.spec().pointer("/driver/annotations/kwok.sparkoperator.k8s.io~1outcome") {
            _ if self.is_refused() => "SUBMISSION_FAILED",
            Some(outcome) if outcome == "run" => "RUNNING",
            _ => "SUBMITTED",
        }
    }

    /// What somebody does, and what happens to the driver, while no operator runs.
    fn happens(&self, place: &Place) {
        let Self { name, from, to, .. } = self;
        let suspended = *from == State::Suspended && self.late;
        if *to == State::Invalidating {
            place.patch(name, &json!({"spec": {"arguments": ["2"]}}));
        } else if suspended || matches!(to, State::Suspending | State::Suspended) {
            place.patch(name, &json!({"spec": {"suspend": true}}));
        }
        let pod = format!("{name}-driver");
        let failed = || {
            let terminated = json!({"exitCode": 1, "reason": "Error"});
            place.ends(&pod, "spark-kubernetes-driver", "Failed", &terminated);
        };
        match (from, to) {
            _ if self.was_not_submitted() => {
                place.cluster().delete(&place.namespace.path("v1", &format!("pods/{pod}")));
                eventually("the driver to be gone", || {
                    let pods = place.list("v1", "pods");
                    let there = pods.iter().any(|there| there["metadata"]["name"] == pod.as_str());
                    if there { Err("it is there") } else { Ok(()) }
                });
            }
            _ if self.waits_for_its_driver() => place.hold(&format!("pods/{pod}")),
            (_, State::Succeeding) | (State::Succeeding, State::Completed) => place.end(&pod),
            (_, State::Failing) | (State::Failing, State::Failed | State::PendingRerun) => failed(),
            (_, State::Unknown) => place.patch_pod(&pod, &json!({"phase": "Unknown"})),
            _ => {}
        }
        place.patch_status(name, &self.status());
    }

    fn status(&self) -> Json {
        let fails = matches!(self.from, State::SubmissionFailed | State::Failing);
        let error = if fails { json!("it failed") } else { Json::Null };
        // No policy allows another attempt where it is to be final.
        let attempts = if self.to == State::Failed && !self.late { MANY } else { 1 };
        // Long ago, but for what waits for another attempt.
        let long_ago = "2026-01-01T00:00:00Z".to_owned();
        let begun = if self.waits_for_another() { Timestamp::now().to_string() } else { long_ago.clone() };
        // Since when a submission that waits for its turn is in its state.
        let waits = self.was_not_submitted() && self.from != State::New;
        json!({
            "terminationTime": waits.then_some(long_ago),
            "applicationState": {"state": self.from.name(), "errorMessage": error},
            "submissionAttempts": attempts, "executionAttempts": attempts,
            "lastSubmissionAttemptTime": begun,
        })
    }

    /// The first step that it made, where it has made one.
    fn made(&self, sent: &[Sent]) -> Option<(State, String)> {
        let written = sent.iter().filter(|sent| {
            sent.title() == "PUT sparkapplications/status"
                && sent.path.contains(&format!("/{}/", self.name))
                && sent.status == 200
        });
        let mut states = written.map(|sent| {
            let state = &sent.answer["status"]["applicationState"];
            let text = |field: &str| state[field].as_str().unwrap_or_default().to_owned();
            (State::of(&text("state")), text("errorMessage"))
        });
        // A submission is written down first; where it fails again, an error says so.
        states.find(|(state, error)| *state != self.from || *state == self.to && !error.is_empty())
    }
}

/// Makes these steps, with an operator that has these flags: what each application did.
fn make(place: &Place, cases: &[Case], flags: &[&str]) -> BTreeMap<String, (State, String)> {
    let mut operator = place.operator(&[]);
    for case in cases {
        place.create(&case.name, &case.spec());
    }
    for case in cases {
        place.in_state(&case.name, case.begins_in());
    }
    operator.quiet();
    assert!(operator.stop().success());
    for case in cases {
        case.happens(place);
    }
    let proxy = Proxy::new(&place.account.kubeconfig, None);
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let kubeconfig = proxy.kubeconfig(place.file("proxy.json"));
    let mut operator =
        Operator::start(&kubeconfig, &place.file("log"), &[&[namespaces.as_str()], flags].concat());
    let made = within(LIMIT, "all steps", || {
        let sent = proxy.sent();
        let made = cases.iter().filter_map(|case| Some((case.name.clone(), case.made(&sent)?)));
        let made: BTreeMap<_, _> = made.collect();
        let waits: Vec<_> =
            cases.iter().filter(|case| !made.contains_key(&case.name)).map(|case| &case.name).collect();
        if waits.is_empty() { Ok(made) } else { Err(format!("{waits:?}")) }
    });
    assert!(operator.stop().success());
    for case in cases.iter().filter(|case| case.waits_for_its_driver()) {
        place.let_go(&format!("pods/{}-driver", case.name));
    }
    made
}

#[test]
fn every_step_of_the_table_of_states_is_made() {
    let Some(place) = Place::new("steps") else { return };
    let (late, due): (Vec<_>, Vec<_>) = Case::all().into_iter().partition(|case| case.late);
    let deadlines = State::ALL.into_iter().filter(|state| !state.is_final());
    let deadlines: Vec<_> = deadlines.map(|state| format!("{state}=3s")).collect();
    let deadlines = format!("--state-deadlines={}", deadlines.join(","));
    let beyond = Place::new("late").unwrap();
    let mut made = make(&place, &due, &[]);
    made.extend(make(&beyond, &late, &[&deadlines]));
    let mut wrong = Vec::new();
    for case in due.iter().chain(&late) {
        let Case { name, from, to, late } = case;
        let (state, error) = &made[name];
        if state != to || *late && !error.contains("for longer than 3s") {
            wrong.push(format!("{name}: from {from} to {state} ({error}), and not to {to}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("steps of the table of states: {} of {} made", made.len(), due.len() + late.len());
}
