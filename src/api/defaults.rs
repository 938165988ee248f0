//! What an application is taken to say where it says nothing.
//!
//! One function for the controller, which always applies it, and for the webhook, which writes the same values. They
//! are those of Kubeflow's webhook: tests/defaults.rs asks it, and lists what differs on purpose. Some fields that a
//! definition requires have a default too: the API server validates what the webhooks made of an object, so Kubeflow's
//! users may leave them out. What a value must be is no matter of this file.

use super::{RestartPolicy, SparkApplicationSpec, SparkPodSpec};

/// Seconds between two tries, before they are multiplied by the number of tries.
const RETRY_INTERVAL: i64 = 5;

/// Memory of driver and executors.
const MEMORY: &str = "1g";

impl SparkApplicationSpec {
    /// The same application with every default written out. Applying it twice changes nothing.
    ///
    /// What Spark conf says counts as said: a default would override it. Of the words (type, mode, restart policy) an
    /// empty one says nothing.
    #[must_use]
    pub fn with_defaults(mut self) -> Self {
        if self.kind.is_empty() {
            "Scala".clone_into(&mut self.kind);
        }
        let restart = self.restart_policy.get_or_insert_with(RestartPolicy::default);
        if word(&mut restart.kind, "Never") != "Never" {
            restart.on_failure_retry_interval.get_or_insert(RETRY_INTERVAL);
            restart.on_submission_failure_retry_interval.get_or_insert(RETRY_INTERVAL);
        }
        word(&mut self.mode, "cluster");
        let said = |key: &str| self.spark_conf.as_ref().and_then(|conf| conf.get(key)).cloned();
        let fill = |pod: &mut SparkPodSpec, role: &str| {
            if said(&format!("spark.{role}.cores")).is_none() {
                pod.cores.get_or_insert(1);
            }
            if said(&format!("spark.{role}.memory")).is_none() {
                pod.memory.get_or_insert_with(|| MEMORY.to_owned());
            }
        };
        fill(&mut self.driver.pod, "driver");
        fill(&mut self.executor.pod, "executor");
        let by_conf = said("spark.dynamicAllocation.enabled").is_some_and(|value| true_in_spark(&value))
            || said("spark.dynamicallocation.enabled").is_some_and(|value| true_in_go(&value));
        let dynamic =
            self.dynamic_allocation.as_ref().map_or(by_conf, |dynamic| dynamic.enabled == Some(true));
        let instances = said("spark.executor.instances").filter(|value| !value.is_empty());
        if let Some(dynamic) = self.dynamic_allocation.as_mut().filter(|_| dynamic) {
            dynamic.shuffle_tracking_enabled.get_or_insert(true);
        }
        if !dynamic && instances.is_none() {
            self.executor.instances.get_or_insert(1);
        }
        self
    }
}

/// The word that is said, or the default, written there.
fn word<'a>(said: &'a mut Option<String>, default: &str) -> &'a str {
    let said = said.get_or_insert_default();
    if said.is_empty() {
        default.clone_into(said);
    }
    said
}

/// Whether Spark reads a value as true: without the blanks around it, in any case.
///
/// Spark's ConfigBuilder: Java's `trim`, which takes every character up to the blank, then Scala's `toBoolean`.
fn true_in_spark(value: &str) -> bool {
    value.trim_matches(|c| c <= ' ').eq_ignore_ascii_case("true")
}

/// Whether Go's `strconv.ParseBool` reads a value as true.
///
/// Kubeflow's webhook reads the key without the capital letter so, which Spark does not know; whoever has it there means
/// it, and got no number of executors for it.
fn true_in_go(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn defaulted(spec: &Json) -> Json {
        let mut whole = json!({
            "type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar", "driver": {}, "executor": {},
        });
        json_patch::merge(&mut whole, spec);
        let spec: SparkApplicationSpec = serde_json::from_value(whole).unwrap();
        let once = spec.with_defaults();
        assert_eq!(once.clone().with_defaults(), once);
        serde_json::to_value(once).unwrap()
    }

    #[test]
    fn an_application_that_says_little_gets_every_default() {
        let spec = defaulted(&json!({}));
        assert_eq!(spec["mode"], "cluster");
        assert_eq!(spec["restartPolicy"], json!({"type": "Never"}));
        assert_eq!(spec["driver"], json!({"cores": 1, "memory": "1g"}));
        assert_eq!(spec["executor"], json!({"cores": 1, "memory": "1g", "instances": 1}));
    }

    #[test]
    fn what_a_definition_requires_has_a_default_too() {
        let little = json!({"mainApplicationFile": "local:///a.jar"});
        let spec: SparkApplicationSpec = serde_json::from_value(little).unwrap();
        let spec = spec.with_defaults();
        assert_eq!((&*spec.kind, &*spec.spark_version), ("Scala", ""));
        assert_eq!((spec.driver.pod.cores, spec.executor.instances), (Some(1), Some(1)));
    }

    #[test]
    fn an_empty_word_says_nothing_and_any_other_empty_text_something() {
        let spec = defaulted(&json!({
            "type": "", "mode": "", "restartPolicy": {"type": ""}, "driver": {"memory": ""},
            "sparkConf": {"spark.executor.memory": ""},
        }));
        assert_eq!((&spec["type"], &spec["mode"]), (&json!("Scala"), &json!("cluster")));
        assert_eq!(spec["restartPolicy"], json!({"type": "Never"}));
        assert_eq!(spec["driver"]["memory"], "");
        assert_eq!(spec["executor"].get("memory"), None);
    }

    #[test]
    fn what_is_said_stays() {
        let said = json!({
            "mode": "client",
            "restartPolicy": {"type": "Always", "onFailureRetryInterval": 9},
            "driver": {"cores": 2, "memory": "2g"},
            "executor": {"cores": 3, "memory": "3g", "instances": 4},
        });
        let spec = defaulted(&said);
        for key in ["mode", "driver", "executor"] {
            assert_eq!(spec[key], said[key]);
        }
        assert_eq!(
            spec["restartPolicy"],
            json!({"type": "Always", "onFailureRetryInterval": 9, "onSubmissionFailureRetryInterval": 5})
        );
    }

    #[test]
    fn what_spark_conf_says_is_not_overridden() {
        let conf = |key: &str, value: &str| defaulted(&json!({"sparkConf": {key: value}}));
        assert_eq!(conf("spark.driver.cores", "2")["driver"], json!({"memory": "1g"}));
        assert_eq!(conf("spark.driver.memory", "2g")["driver"], json!({"cores": 1}));
        assert_eq!(conf("spark.executor.cores", "2")["executor"], json!({"memory": "1g", "instances": 1}));
        assert_eq!(conf("spark.executor.memory", "2g")["executor"], json!({"cores": 1, "instances": 1}));
        assert_eq!(conf("spark.executor.instances", "2")["executor"].get("instances"), None);
        assert_eq!(conf("spark.executor.instances", "")["executor"]["instances"], 1);
    }

    #[test]
    fn dynamic_allocation_chooses_the_number_of_executors_itself() {
        let on = defaulted(&json!({"dynamicAllocation": {"enabled": true}}));
        assert_eq!(on["executor"].get("instances"), None);
        assert_eq!(on["dynamicAllocation"]["shuffleTrackingEnabled"], true);
        let off = defaulted(&json!({"dynamicAllocation": {"enabled": false}}));
        assert_eq!(off["executor"]["instances"], 1);
        assert_eq!(off["dynamicAllocation"].get("shuffleTrackingEnabled"), None);
        for (key, value, instances) in [
            ("spark.dynamicAllocation.enabled", "true", None),
            ("spark.dynamicAllocation.enabled", " tRUE\t", None),
            ("spark.dynamicAllocation.enabled", "1", Some(1)),
            ("spark.dynamicAllocation.enabled", "false", Some(1)),
            ("spark.dynamicallocation.enabled", "True", None),
            ("spark.dynamicallocation.enabled", "t", None),
            ("spark.dynamicallocation.enabled", "tRUE", Some(1)),
            ("spark.dynamicallocation.enabled", " true", Some(1)),
        ] {
            let spec = defaulted(&json!({"sparkConf": {key: value}}));
            assert_eq!(spec["executor"].get("instances").and_then(Json::as_i64), instances, "{key}={value}");
        }
        // The block says it is off, whatever Spark conf says.
        let both = json!({"dynamicAllocation": {}, "sparkConf": {"spark.dynamicAllocation.enabled": "true"}});
        assert_eq!(defaulted(&both)["executor"]["instances"], 1);
    }
}
