//! What users do with applications, and how many drivers that makes.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::place::{Place, driver, state_of};
use crate::proxy::Sent;

/// What a user does with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Life {
    Completes,
    FailsAndIsTriedAgain,
    IsSuspendedAndResumed,
    IsChanged,
    IsDeleted,
    /// With all that belongs beside a driver, and a short time to live.
    HasEverything,
}

impl Life {
    pub const ALL: [Self; 6] = [
        Self::Completes,
        Self::FailsAndIsTriedAgain,
        Self::IsSuspendedAndResumed,
        Self::IsChanged,
        Self::IsDeleted,
        Self::HasEverything,
    ];

    fn spec(self) -> Json {
        match self {
            Self::Completes => driver(&[("run-for", "0")]),
            Self::FailsAndIsTriedAgain => {
                let mut spec = driver(&[("outcome", "fail"), ("run-for", "0")]);
                spec["restartPolicy"] =
                    json!({"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1});
                spec
            }
            Self::HasEverything => {
                let mut spec = driver(&[("run-for", "0")]);
                spec["timeToLiveSeconds"] = 1.into();
                spec["driverPodDisruptionBudget"] = true.into();
                spec["monitoring"] = json!({"exposeDriverMetrics": true, "exposeExecutorMetrics": false,
                    "prometheus": {"jmxExporterJar": "/opt/jmx.jar", "configuration": "rules: []\n"}});
                spec
            }
            // Until it is deleted: what a user does next has all the time it needs.
            Self::IsSuspendedAndResumed | Self::IsChanged | Self::IsDeleted => driver(&[("outcome", "run")]),
        }
    }

    /// Flags of its operator.
    pub fn flags(self) -> &'static [&'static str] {
        if self == Self::HasEverything { &["--enable-driver-pdb=true"] } else { &[] }
    }

    /// Where it is lived.
    pub fn place(self) -> Option<Place> {
        let place = Place::new("killed")?;
        if self == Self::HasEverything {
            place.may_protect_drivers();
        }
        Some(place)
    }

    /// Whether nothing is left of it at its end.
    pub fn goes(self) -> bool {
        matches!(self, Self::IsDeleted | Self::HasEverything)
    }

    /// Does what the user does, and waits for the end.
    pub fn live(self, place: &Place, name: &str) -> String {
        place.create(name, &self.spec());
        let end = match self {
            Self::Completes => place.in_state(name, "COMPLETED"),
            Self::FailsAndIsTriedAgain => place.in_state(name, "FAILED"),
            Self::IsSuspendedAndResumed => {
                place.in_state(name, "RUNNING");
                place.patch(name, &json!({"spec": {"suspend": true}}));
                place.in_state(name, "SUSPENDED");
                place.patch(name, &json!({"spec": {"suspend": false}}));
                place.in_state(name, "RUNNING")
            }
            Self::IsChanged => {
                let before = place.in_state(name, "RUNNING")["status"]["submissionID"].clone();
                place.patch(name, &json!({"spec": {"arguments": ["2"]}}));
                place.until(name, "to run as it is now", |application| {
                    let id = &application["status"]["submissionID"];
                    state_of(application) == "RUNNING" && *id != before && !id.is_null()
                })
            }
            Self::IsDeleted => {
                place.in_state(name, "RUNNING");
                place.delete(name);
                place.gone(name);
                return "gone".to_owned();
            }
            Self::HasEverything => {
                place.gone(name);
                return "gone".to_owned();
            }
        };
        state_of(&end).to_owned()
    }
}

/// Drivers that were created, by the submission that did so.
pub fn drivers(sent: &[Sent], name: &str) -> BTreeMap<String, usize> {
    let mut drivers = BTreeMap::new();
    for sent in sent.iter().filter(|sent| sent.title() == "POST pods" && sent.status == 201) {
        let labels = &sent.answer["metadata"]["labels"];
        if labels["sparkoperator.k8s.io/app-name"] == name {
            let id = labels["sparkoperator.k8s.io/submission-id"].as_str().unwrap().to_owned();
            *drivers.entry(id).or_default() += 1;
        }
    }
    drivers
}

/// How many drivers were made: each submission's once, and as many submissions as these lives need.
pub fn assert_none_twice(sent: &[Sent], lives: &[Life]) -> usize {
    let mut made = 0;
    for (number, life) in lives.iter().enumerate() {
        let drivers = drivers(sent, &format!("app-{number}"));
        for (id, count) in &drivers {
            assert_eq!(*count, 1, "app-{number}: submission {id}");
        }
        let expected = match life {
            Life::Completes | Life::IsDeleted | Life::HasEverything => 1,
            _ => 2,
        };
        assert_eq!(drivers.len(), expected, "app-{number}: {life:?}");
        made += drivers.len();
    }
    made
}
