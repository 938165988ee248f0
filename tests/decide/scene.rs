//! An application, its pods and the time, as a test wants them; and what is decided about them, in a line.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use spark_operator::controller::decide::{Policy, Step, View, Write, decide};
use spark_operator::controller::pod::{Ended, Phase, Pod, Role, Waiting};
use spark_operator::controller::record::{Application, Stored};
use spark_operator::controller::state::State;
use spark_operator::controller::submission::{self, Digest};

/// When the scenes play, in seconds since 1970: the last submission was at 1000.
pub const NOW: i64 = 1_100;

#[derive(Clone, Debug)]
pub struct Scene {
    pub spec: Json,
    pub status: Json,
    pub generation: i64,
    pub deleting: bool,
    pub driver: Option<Pod>,
    pub left_over: Option<Pod>,
    pub executors: Vec<Pod>,
    /// Asked for the driver just now.
    pub asked: bool,
    pub removed: bool,
    pub looked: Option<i64>,
    pub refreshed: Option<i64>,
    pub written: Option<i64>,
    pub since: i64,
    pub claimed: bool,
    pub now: i64,
    pub policy: Policy,
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub fn pod(name: &str, role: Role, phase: Phase) -> Pod {
    Pod {
        name: name.into(),
        uid: format!("{name}-uid").into(),
        role,
        submission: None,
        owner: None,
        spark_application: Some("spark-1".into()),
        phase,
        leaving: false,
        ended: None,
        waiting: None,
        message: None,
    }
}

pub fn driver(phase: Phase) -> Pod {
    let code = match phase {
        Phase::Succeeded => Some(0),
        Phase::Failed => Some(7),
        _ => None,
    };
    let ended = code.map(|code| Ended { code, reason: "Error".into(), message: "".into() });
    Pod { ended, ..pod("pi-driver", Role::Driver, phase) }
}

pub fn blocked(reason: &str) -> Pod {
    let waiting = Waiting { reason: reason.into(), message: "why".into() };
    Pod { waiting: Some(waiting), ..driver(Phase::Pending) }
}

impl Scene {
    /// An application in a state that was submitted once, with a driver where it has one.
    pub fn of(state: &str) -> Self {
        let spec = json!({"type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar",
            "driver": {}, "executor": {}});
        let mut scene = Self {
            spec,
            status: json!({"applicationState": {"state": state}}),
            generation: 1,
            deleting: false,
            driver: None,
            left_over: None,
            executors: Vec::new(),
            asked: false,
            removed: false,
            looked: None,
            refreshed: None,
            written: None,
            since: 1_000,
            claimed: true,
            now: NOW,
            policy: Policy {
                grace: SignedDuration::from_secs(10),
                most_executors: 1_000,
                time_to_live: None,
                partial_restart: false,
                deadlines: std::collections::BTreeMap::new(),
            },
        };
        if !state.is_empty() {
            scene.status = json!({
                "applicationState": {"state": state}, "submissionID": scene.id(), "submissionAttempts": 1,
                "executionAttempts": 1, "lastSubmissionAttemptTime": at(1_000).to_string(),
                "driverInfo": {"podName": "pi-driver"},
            });
        }
        scene
    }

    pub fn restart(mut self, policy: Json) -> Self {
        self.spec["restartPolicy"] = policy;
        // The application was submitted so.
        if self.status["submissionID"].is_string() {
            self.status["submissionID"] = self.id().into();
        }
        self
    }

    pub fn spec(mut self, patch: &Json) -> Self {
        json_patch::merge(&mut self.spec, patch);
        self
    }

    pub fn status(mut self, patch: &Json) -> Self {
        json_patch::merge(&mut self.status, patch);
        self
    }

    pub fn with(mut self, driver: Pod) -> Self {
        self.driver = Some(driver);
        self
    }

    pub fn gone(mut self) -> Self {
        self.driver = None;
        self.asked = true;
        self
    }

    /// The API server was asked, and the driver is what it has.
    pub fn asked(mut self) -> Self {
        self.asked = true;
        self
    }

    pub fn since(mut self, since: i64) -> Self {
        self.since = since;
        self
    }

    pub fn removed(mut self) -> Self {
        self.removed = true;
        self
    }

    pub fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    /// The id of the first submission of the spec as it is now.
    pub fn id(&self) -> String {
        let digest = self.application_of(&Json::Null).wishes.digest;
        submission::id("uid", self.generation, 1, digest).as_str().to_owned()
    }

    fn application_of(&self, status: &Json) -> Application {
        let mut object = json!({
            "metadata": {"name": "pi", "namespace": "ns", "uid": "uid", "resourceVersion": "1",
                "generation": self.generation, "creationTimestamp": at(990).to_string()},
            "spec": self.spec, "status": status,
        });
        if self.deleting {
            object["metadata"]["deletionTimestamp"] = at(1_050).to_string().into();
        }
        Application::of(serde_json::from_value::<Stored>(object).unwrap(), None)
    }

    pub fn application(&self) -> Application {
        self.application_of(&self.status)
    }

    pub fn step(&self) -> Step {
        self.viewed(Digest::default(), |view| decide(view, &self.policy))
    }

    pub fn viewed<T>(&self, baseline: Digest, work: impl FnOnce(&View<'_>) -> T) -> T {
        let application = self.application();
        let executors: Vec<_> = self.executors.iter().collect();
        work(&View {
            application: &application,
            driver: self.driver.as_ref(),
            left_over: self.left_over.as_ref(),
            asked: self.asked,
            executors: &executors,
            looked: self.looked.map(at),
            removed: self.removed,
            baseline: if baseline == Digest::default() { application.wishes.digest } else { baseline },
            claimed: self.claimed,
            since: at(self.since),
            refreshed: self.refreshed,
            written: self.written.map(at),
            now: at(self.now),
        })
    }

    pub fn write(&self) -> Write {
        match self.step() {
            Step::Write(write) => *write,
            other => panic!("no write but {other:?} of {self:?}"),
        }
    }

    /// What is decided, in a line.
    pub fn says(&self) -> String {
        match self.step() {
            Step::Wait(None) => "wait".to_owned(),
            Step::Wait(Some(until)) => format!("wait until {}", until.as_second()),
            Step::Write(write) => {
                let state = write.status.application_state.unwrap();
                let events: Vec<_> = write.events.iter().map(|event| event.reason).collect();
                let name = State::of(&state.state).to_string();
                let error = state.error_message.map(|error| format!(" ({error})")).unwrap_or_default();
                format!("{name}{error}: {}", events.join(" ")).trim_end_matches([' ', ':']).to_owned()
            }
            Step::Look => "look".to_owned(),
            Step::RemoveDriver { name, uid } => format!("remove {name} {uid}"),
            Step::RemoveRest => "remove the rest".to_owned(),
            Step::Submit => "submit".to_owned(),
            Step::Refresh => "refresh".to_owned(),
            Step::Delete => "delete".to_owned(),
        }
    }
}

/// Each scene says what it should.
#[track_caller]
pub fn check(cases: Vec<(&str, Scene, &str)>) {
    for (what, scene, expected) in cases {
        assert_eq!(scene.says(), expected, "{what}");
    }
}

/// On its way out.
pub fn leaving(pod: Pod) -> Pod {
    Pod { leaving: true, ..pod }
}
