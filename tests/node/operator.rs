//! Real Spark under the operator: applications that compute pi, that fail in every way a user's can, that are suspended,
//! resumed and deleted.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::DEFINITIONS;
use crate::process::Operator;
use crate::spark::{LATER, application, namespace, pi};
use crate::support::{Namespace, within};

/// A file of the image that the user of its containers may not read.
const UNREADABLE: &str = "local:///etc/shadow";
/// And one in a folder that this user may not enter.
const BEHIND_A_DOOR: &str = "local:///root/pi.py";

/// A namespace with an operator, and the definitions installed as long as this lives.
struct Place {
    namespace: Namespace,
    _operator: Operator,
    _definitions: std::sync::MutexGuard<'static, ()>,
}

impl Place {
    fn new(purpose: &str) -> Option<Self> {
        Self::with(purpose, &[])
    }

    /// With further flags of the operator.
    fn with(purpose: &str, flags: &[&str]) -> Option<Self> {
        let namespace = namespace(purpose)?;
        let definitions = DEFINITIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        namespace.cluster.define();
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operator-{}.log", namespace.name));
        let namespaces = format!("--namespaces={}", namespace.name);
        let flags = [&[namespaces.as_str(), "--spark-pod-security=restricted"], flags].concat();
        let operator = Operator::start(&namespace.cluster.kubeconfig(), &log, &flags);
        Some(Self { namespace, _operator: operator, _definitions: definitions })
    }

    fn path(&self, name: &str) -> String {
        self.namespace.path("sparkoperator.k8s.io/v1beta2", &format!("sparkapplications{name}"))
    }

    #[track_caller]
    fn create(&self, name: &str, change: &Json) {
        let mut object = application(&self.namespace, "4.0.5", change);
        object["metadata"]["name"] = name.into();
        self.namespace.cluster.create(&self.path(""), &object);
    }

    #[track_caller]
    fn patch(&self, name: &str, patch: &Json) {
        self.namespace.cluster.request("PATCH", &self.path(&format!("/{name}")), patch).ok("patch");
    }

    #[track_caller]
    fn until(&self, name: &str, what: &str, right: impl Fn(&Json) -> bool) -> Json {
        within(LATER, &format!("{name} {what}"), || {
            let now =
                self.namespace.cluster.request("GET", &self.path(&format!("/{name}")), &Json::Null).json;
            if right(&now) { Ok(now) } else { Err(format!("{:#}", now["status"])) }
        })
    }

    #[track_caller]
    fn in_state(&self, name: &str, state: &str) -> Json {
        self.until(name, state, |now| now["status"]["applicationState"]["state"] == state)
    }

    fn executors(&self) -> Vec<Json> {
        let pods = self.namespace.path("v1", "pods?labelSelector=spark-role%3Dexecutor");
        serde_json::from_value(self.namespace.cluster.get(&pods)["items"].take()).unwrap()
    }

    fn log(&self, name: &str) -> String {
        self.namespace.logs(&format!("{name}-driver"), Some("spark-kubernetes-driver"))
    }
}

/// A job begins when all its executors are there, however long that takes.
fn with_all_executors(mut change: Json) -> Json {
    let all = json!({"sparkConf": {"spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "9m"}});
    json_patch::merge(&mut change, &all);
    change
}

fn error(application: &Json) -> &str {
    application["status"]["applicationState"]["errorMessage"].as_str().unwrap_or_default()
}

#[test]
fn java_and_python_compute_pi_under_the_operator_and_executors_are_listed() {
    let Some(place) = Place::new("operator") else { return };
    place.create("java", &with_all_executors(json!({})));
    let java = place.in_state("java", "COMPLETED");
    pi(&place.log("java"));
    let executors = java["status"]["executorState"].as_object().unwrap();
    assert_eq!(executors.len(), 2, "{executors:?}");
    assert!(executors.values().all(|state| state == "COMPLETED" || state == "RUNNING"), "{executors:?}");
    place.create(
        "python",
        &json!({"type": "Python", "mainClass": null,
            "mainApplicationFile": "local:///opt/spark/examples/src/main/python/pi.py", "executor": {"instances": 1}}),
    );
    place.in_state("python", "COMPLETED");
    pi(&place.log("python"));
}

#[test]
fn jobs_that_cannot_run_are_told_with_the_real_cause() {
    let Some(place) = Place::new("causes") else { return };
    place.create(
        "class",
        &json!({"mainClass": "no.such.Class", "restartPolicy": {"type": "OnFailure", "onFailureRetries": 1,
        "onFailureRetryInterval": 1}}),
    );
    place.create("jar", &json!({"mainApplicationFile": "local:///opt/spark/no-such.jar"}));
    place.create(
        "script",
        &json!({"type": "Python", "mainClass": null, "mainApplicationFile": "local:///opt/spark/no-such.py"}),
    );
    // They are there, and root alone may read them.
    place.create("secret-jar", &json!({"mainApplicationFile": UNREADABLE}));
    place.create(
        "secret-script",
        &json!({"type": "Python", "mainClass": null, "mainApplicationFile": BEHIND_A_DOOR}),
    );
    place.create("image", &json!({"image": "localhost/no-such:1"}));
    // An image that is no Spark and ends well, whatever it is told to run.
    place.create(
        "other",
        &json!({"driver": {"template": {"spec": {"containers": [
            {"name": "spark-kubernetes-driver", "command": ["/bin/true"]}]}}}}),
    );
    let class = place.in_state("class", "FAILED");
    assert!(error(&class).contains("driver container failed with ExitCode: 101"), "{}", error(&class));
    assert!(error(&class).contains("could not load the main class"), "{}", error(&class));
    assert_eq!(class["status"]["executionAttempts"], 2);
    let jar = place.in_state("jar", "FAILED");
    assert!(error(&jar).contains("/opt/spark/no-such.jar"), "{}", error(&jar));
    let script = place.in_state("script", "FAILED");
    assert!(error(&script).contains("cannot open the application file"), "{}", error(&script));
    assert!(error(&script).contains("/opt/spark/no-such.py"), "{}", error(&script));
    let secret_jar = place.in_state("secret-jar", "FAILED");
    assert!(
        error(&secret_jar).contains("could not load the main class or the application file"),
        "{}",
        error(&secret_jar)
    );
    let secret_script = place.in_state("secret-script", "FAILED");
    assert!(error(&secret_script).contains("Permission denied"), "{}", error(&secret_script));
    assert!(error(&secret_script).contains("/root/pi.py"), "{}", error(&secret_script));
    for (what, application) in [
        ("a missing jar", &jar),
        ("a missing script", &script),
        ("a missing class", &class),
        ("a jar that may not be read", &secret_jar),
        ("a script that may not be read", &secret_script),
    ] {
        println!("{what}: {}", error(application));
    }
    let image = place.until("image", "to wait for its image", |now| {
        error(now).contains("ErrImage") || error(now).contains("ImagePull")
    });
    assert!(error(&image).starts_with("driver pod is pending: "), "{}", error(&image));
    let other = place.in_state("other", "COMPLETED");
    let conditions = other["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|condition| condition["reason"] == "NoExecutorSeen"), "{conditions:#?}");
}

#[test]
fn a_job_is_suspended_resumed_and_deleted_while_it_runs() {
    let Some(place) = Place::new("suspends") else { return };
    // Long enough to be caught.
    place.create(
        "pi",
        &json!({"arguments": ["2000"], "executor": {"instances": 1, "deleteOnTermination": null}}),
    );
    let running = place.until("pi", "to have an executor", |now| {
        let mut executors = now["status"]["executorState"].as_object().into_iter().flatten();
        executors.any(|(_, state)| state == "RUNNING")
    });
    place.patch("pi", &json!({"spec": {"suspend": true}}));
    place.in_state("pi", "SUSPENDED");
    let pods = || {
        let list = place.namespace.cluster.get(&place.namespace.path("v1", "pods"));
        list["items"].as_array().unwrap().len()
    };
    within(Duration::from_mins(2), "the executors to go with the driver", || {
        if pods() == 0 { Ok(()) } else { Err(pods()) }
    });
    place.patch("pi", &json!({"spec": {"suspend": false}}));
    let again = place.in_state("pi", "RUNNING");
    assert_ne!(again["status"]["submissionID"], running["status"]["submissionID"]);
    place.namespace.cluster.delete(&place.path("/pi"));
    within(Duration::from_mins(2), "all pods to go with the application", || {
        if pods() == 0 { Ok(()) } else { Err(pods()) }
    });
}

#[test]
fn executors_that_leave_run_their_hook_and_end_well() {
    let Some(place) = Place::new("shrinks") else { return };
    let change = json!({
        "arguments": ["60"],
        "executor": {"instances": null, "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "sleep 1"]}}}},
        "dynamicAllocation": {"enabled": true, "initialExecutors": 2, "minExecutors": 1, "maxExecutors": 2},
        "sparkConf": {"spark.dynamicAllocation.executorIdleTimeout": "2s"},
    });
    place.create("pi", &change);
    place.in_state("pi", "COMPLETED");
    pi(&place.log("pi"));
    // Those that were there to the end leave after the driver.
    let done = place.until("pi", "to have an executor that ended well", |now| {
        let mut executors = now["status"]["executorState"].as_object().into_iter().flatten();
        executors.any(|(_, state)| state == "COMPLETED")
    });
    let executors = done["status"]["executorState"].as_object().unwrap();
    println!("dynamic allocation under the operator: {executors:?}");
    let ended = |how: &str| executors.values().filter(|state| *state == how).count();
    // One that is just starting when the driver ends, fails.
    assert!(ended("FAILED") <= 1, "{executors:?}");
    for pod in place.executors() {
        let hook = &pod["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"];
        assert_eq!(hook[2], "sleep 1", "{pod:#}");
    }
}

#[test]
fn executors_that_are_to_be_decommissioned_have_sparks_own_hook() {
    let Some(place) = Place::new("leaves") else { return };
    // Without the field, and also where it says otherwise, which is told.
    let change = json!({
        "arguments": ["8000"],
        "executor": {"instances": 2, "lifecycle": {"preStop": {"exec": {"command": ["true"]}}}},
        "sparkConf": {"spark.decommission.enabled": "true", "spark.storage.decommission.enabled": "true"},
    });
    place.create("pi", &with_all_executors(change));
    place.until("pi", "to have both executors", |now| {
        let executors = now["status"]["executorState"].as_object().into_iter().flatten();
        executors.filter(|(_, state)| *state == "RUNNING").count() == 2
    });
    let pods = place.namespace.path("v1", "pods");
    let executors = place.executors();
    for pod in &executors {
        let hook = &pod["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"];
        assert_eq!(hook[0], "/opt/decom.sh", "{pod:#}");
    }
    // One that runs may not have reached the driver yet, and then has nothing to hand over.
    within(LATER, "both executors to be registered", || {
        let registered = place.log("pi").matches("Registered executor").count();
        if registered == 2 { Ok(()) } else { Err(registered) }
    });
    let leaves = executors[0]["metadata"]["name"].as_str().unwrap();
    place.namespace.cluster.delete(&format!("{pods}/{leaves}"));
    let done = place.in_state("pi", "COMPLETED");
    let log = place.log("pi");
    pi(&log);
    let told: Vec<_> = log.lines().filter(|line| line.to_lowercase().contains("decommission")).collect();
    assert!(told.iter().any(|line| line.contains("Decommission executors: 1")), "{told:#?}");
    let conditions = done["status"]["conditions"].as_array().unwrap();
    let applied = conditions.iter().find(|condition| condition["type"] == "FullyApplied").unwrap();
    assert!(applied["message"].as_str().unwrap().contains("spark.decommission.enabled"), "{applied}");
}

#[test]
fn new_executors_of_a_job_that_runs_go_where_it_says_by_then() {
    let Some(place) = Place::with("partial", &["--feature-gates=PartialRestart=true"]) else { return };
    let change = json!({
        "arguments": ["50000"], "executor": {"instances": 1},
        "sparkConf": {"spark.executor.maxNumFailures": "1000"},
    });
    place.create("pi", &change);
    let runs = |now: &Json| {
        let executors = now["status"]["executorState"].as_object().into_iter().flatten();
        executors.filter(|(_, state)| *state == "RUNNING").count() == 1
    };
    let before = place.until("pi", "to have an executor", runs);
    let at = |pod: &Json| pod["spec"]["nodeSelector"]["kubernetes.io/os"].clone();
    assert!(place.executors().iter().all(|pod| at(pod).is_null()));
    place.patch("pi", &json!({"spec": {"executor": {"nodeSelector": {"kubernetes.io/os": "linux"}}}}));
    // The kubelet looks at what a driver has mounted every minute or so, and when its pod is changed.
    let pods = place.namespace.path("v1", "pods");
    let begun = std::time::Instant::now();
    let mut replaced = 0;
    within(LATER, "an executor where it is to be", || {
        let touched = json!({"metadata": {"annotations": {"touched": format!("{:?}", begun.elapsed())}}});
        place
            .namespace
            .cluster
            .request("PATCH", &format!("{pods}/pi-driver"), &touched)
            .ok("touch the driver");
        let executors = place.executors();
        let stays = |pod: &&Json| {
            pod["metadata"]["deletionTimestamp"].is_null() && pod["status"]["phase"] == "Running"
        };
        let Some(executor) = executors.iter().find(stays) else { return Err("none runs".to_owned()) };
        if at(executor) == "linux" {
            return Ok(());
        }
        replaced += 1;
        let name = executor["metadata"]["name"].as_str().unwrap();
        place.namespace.cluster.delete(&format!("{pods}/{name}"));
        Err(format!("{name} goes"))
    });
    println!(
        "new executors are as the spec says {:.0} s after it, {replaced} replaced",
        begun.elapsed().as_secs_f64()
    );
    let now = place.until("pi", "to run", runs);
    assert_eq!(now["status"]["submissionID"], before["status"]["submissionID"]);
}
