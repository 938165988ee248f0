//! Weak points of Kubeflow's operator in submission, by their numbers, and that they are none of ours.
//!
//! Not here, because they need a cluster (`cluster_submit`): 1, 2 and 3 as far as a driver is adopted, deleted or left
//! alone; 19, whose driver it is that is there; 27, that spark-submit is killed at its deadline; 28, that the subprocess
//! leaves no files; 48, that a driver starts without any webhook.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value as Json, json};
use spark_operator::spark::job::job;
use spark_operator::spark::{Identity, Settings, SparkError, SubmissionId, build, compile};

use crate::application::{
    ID, application, compiled, identity, made, object, read, refused, spark, submitted,
};
use crate::command::Folder;

const WAIT: &str = "spark.kubernetes.submission.waitAppCompletion";

#[test]
fn weak_point_1_a_submission_that_is_done_twice_makes_the_same_objects() {
    let application = application(&json!({"driver": {"cores": 2}}));
    let of = |attempt| {
        let id = SubmissionId::of("uid-of-pi", 1, attempt);
        let compiled = compile(&application, identity(id.as_str()), &Settings::default()).unwrap();
        build(&compiled).unwrap()
    };
    assert_eq!(of(1), of(1));
    let names = |attempt| {
        let objects = of(attempt);
        let mut names: BTreeSet<_> =
            objects.config_maps.iter().map(|map| map.metadata.name.clone()).collect();
        names.insert(objects.service.metadata.name);
        names
    };
    assert_eq!(names(1).intersection(&names(2)).count(), 0, "another try does not find what is of the first");
}

#[test]
fn weak_point_2_the_id_of_a_submission_is_known_before_anything_is_made() {
    let id = SubmissionId::of("uid-of-pi", 3, 2);
    let compiled = compile(&application(&json!({})), identity(id.as_str()), &Settings::default()).unwrap();
    let objects = build(&compiled).unwrap();
    let label = |labels: &Option<std::collections::BTreeMap<String, String>>| {
        labels.as_ref().and_then(|labels| labels.get("sparkoperator.k8s.io/submission-id").cloned())
    };
    assert_eq!(label(&objects.pod.metadata.labels).as_deref(), Some(id.as_str()));
    let (job, _) = job(&compiled, 60).unwrap();
    assert_eq!(label(&job.metadata.labels).as_deref(), Some(id.as_str()));
}

#[test]
fn weak_point_3_a_retry_names_the_same_driver_and_is_told_from_it_by_its_id() {
    let application = application(&json!({}));
    let [first, second] = [1, 2].map(|attempt| {
        let id = SubmissionId::of("uid-of-pi", 1, attempt);
        build(&compile(&application, identity(id.as_str()), &Settings::default()).unwrap())
            .unwrap()
            .pod
            .metadata
    });
    assert_eq!(first.name, second.name);
    assert_ne!(first.labels, second.labels);
}

#[test]
fn weak_point_18_an_application_cannot_make_the_operator_wait_for_its_end() {
    for value in ["true", "TRUE", " true", "false ", "", "yes"] {
        let spec = json!({"sparkConf": {WAIT: value}});
        match compiled(&application(&spec)) {
            Err(SparkError::Denied { key, .. }) => assert_eq!(key, WAIT),
            Err(error) => panic!("{value:?}: {error}"),
            Ok(compiled) => assert_eq!(last(&compiled.arguments("m"), WAIT).trim(), "false", "{value:?}"),
        }
    }
    // By a key that spark-submit splits in another place.
    for spec in [
        json!({"sparkConf": {format!("{WAIT}=true"): "x"}}),
        json!({"sparkConf": {format!("{WAIT}=true,"): ""}}),
        json!({"hadoopConf": {format!("x={WAIT}=true"): "x"}}),
    ] {
        if let Ok(compiled) = compiled(&application(&spec)) {
            assert_eq!(last(&compiled.arguments("m"), WAIT), "false", "{spec}");
        }
    }
    // By what the operator is given below the applications.
    let settings =
        Settings { spark_defaults: vec![(WAIT.to_owned(), "true".to_owned())], ..Settings::default() };
    let compiled = compile(&application(&json!({})), identity(ID), &settings).unwrap();
    assert_eq!(last(&compiled.arguments("m"), WAIT), "false");
}

/// The value of a key that spark-submit takes from its arguments: the last one.
fn last<'a>(arguments: &'a [String], key: &str) -> &'a str {
    let pairs = arguments.windows(2).filter(|pair| pair[0] == "--conf");
    let mut values = pairs.filter_map(|pair| pair[1].split_once('=')).filter(|(name, _)| *name == key);
    values.next_back().map_or("", |(_, value)| value)
}

#[test]
fn weak_point_18_an_application_cannot_take_over_what_the_operator_owns_by_a_key_with_an_equals_sign() {
    for key in [
        "spark.master=k8s://evil",
        "spark.kubernetes.namespace=kube-system",
        "spark.kubernetes.driver.podTemplateFile=/etc/x",
    ] {
        let result = compiled(&application(&json!({"sparkConf": {key: "x"}})));
        let error = result.map(|_| ()).expect_err(key);
        assert!(error.field().starts_with("spec.sparkConf["), "{}", error.field());
    }
}

#[test]
fn weak_point_21_and_35_dynamic_allocation_counts_no_instances_that_nobody_wrote() {
    let made = made(&json!({"dynamicAllocation": {"enabled": true, "minExecutors": 3}}));
    assert_eq!(made.property("spark.executor.instances"), None);
    assert_eq!(made.property("spark.dynamicAllocation.minExecutors"), Some("3"));
}

#[test]
fn weak_point_20_an_application_is_submitted_alike_with_its_defaults_and_without() {
    for spec in [
        json!({}),
        json!({"dynamicAllocation": {"enabled": true}}),
        json!({"sparkConf": {"spark.driver.memory": "2g"}}),
    ] {
        let written = application(&spec);
        let mut defaulted = written.clone();
        defaulted.spec = defaulted.spec.with_defaults();
        assert_eq!(submitted(&written).unwrap().1, submitted(&defaulted).unwrap().1, "{spec}");
    }
}

#[test]
fn weak_point_27_a_native_submission_needs_no_java_and_no_time() {
    let folder = Folder::new();
    folder.file("app.json", object(&json!({})).to_string());
    // No PATH, no SPARK_HOME, no JAVA_HOME: see Folder.
    assert!(folder.run(&["submit", "-f", "app.json", "--dry-run"]).ok().contains("kind: Pod"));
    let application = application(&json!({}));
    let started = Instant::now();
    for _ in 0..100 {
        submitted(&application).unwrap();
    }
    assert!(started.elapsed().as_secs() < 20, "100 submissions took {:?}", started.elapsed());
}

#[test]
fn weak_point_28_nothing_is_written_to_submit() {
    let folder = Folder::new();
    folder.file("app.json", object(&json!({"spec": {"driver": {"template": {}}}})).to_string());
    for submitter in ["native", "job", "spark-submit"] {
        folder.run(&["submit", "-f", "app.json", "--dry-run", "--submitter", submitter]).ok();
        assert_eq!(folder.list(), ["app.json"], "{submitter}");
    }
}

#[test]
fn weak_point_29_every_submission_has_template_files_of_its_own() {
    let application = application(&json!({}));
    let folders: BTreeSet<_> = (0..100)
        .map(|attempt| {
            let identity = Identity::of(&application, SubmissionId::of("uid-of-pi", 1, attempt), 0);
            compile(&application, identity, &Settings::default()).unwrap().identity.template_folder
        })
        .collect();
    assert_eq!(folders.len(), 100);
}

#[test]
fn weak_point_30_what_is_said_of_an_application_tells_none_of_its_secrets() {
    const SECRET: &str = "hunter2-and-more";
    for key in [
        "spark.kubernetes.authenticate.oauthToken",
        "spark.kubernetes.authenticate.driver.oauthToken",
        "spark.master",
    ] {
        let error = refused(&json!({"sparkConf": {key: SECRET, "spark.password": SECRET}}));
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    }
    let spec = json!({
        "arguments": [SECRET], "sparkConf": {"spark.password": SECRET},
        "driver": {"envVars": {"PASSWORD": SECRET}, "memoryLimit": "1.5x", "env": [{"name": "A", "value": SECRET}]},
    });
    assert!(!format!("{:?}", refused(&spec)).contains(SECRET));
    let mut spec = spec;
    spec["driver"]["memoryLimit"] = json!("2g");
    spec["executor"] = json!({"memoryLimit": "2g", "volumeMounts": [{"name": "none", "mountPath": "/x"}]});
    let made = made(&spec);
    assert!(made.compiled.notices.len() >= 2 && !format!("{:?}", made.compiled.notices).contains(SECRET));
}

#[test]
fn weak_point_30_a_secret_that_is_referred_to_is_nowhere_in_the_submission() {
    let made =
        made(&json!({"driver": {"envSecretKeyRefs": {"PASSWORD": {"name": "db", "key": "password"}}}}));
    let env = made.spark()["env"].as_array().unwrap();
    let variable = env.iter().find(|variable| variable["name"] == "PASSWORD").unwrap();
    assert_eq!(variable["value"], Json::Null);
    assert_eq!(variable["valueFrom"]["secretKeyRef"], json!({"key": "password", "name": "db"}));
}

#[test]
fn weak_point_35_memory_is_read_as_spark_reads_it() {
    for (memory, overhead, request) in [
        ("512m", None, "896Mi"),
        ("1g", None, "1408Mi"),
        ("1G", None, "1408Mi"),
        (" 1gb ", None, "1408Mi"),
        ("1024", None, "1408Mi"),
        ("1048576k", None, "1408Mi"),
        ("1073741824b", None, "1408Mi"),
        ("8g", None, "9011Mi"),
        ("1t", None, "1153433Mi"),
        ("1g", Some("1g"), "2048Mi"),
        ("1g", Some("512"), "1536Mi"),
    ] {
        let made = made(&json!({"driver": {"memory": memory, "memoryOverhead": overhead}}));
        assert_eq!(made.spark()["resources"]["requests"]["memory"], request, "{memory:?} and {overhead:?}");
    }
    for memory in ["1Gi", "1.5g", "-1g", "1 g", "0x10", "99999999999p"] {
        assert_eq!(
            refused(&json!({"driver": {"memory": memory}})).field(),
            "spec.driver.memory",
            "{memory:?}"
        );
    }
}

#[test]
fn weak_point_36_a_batch_scheduler_reaches_the_pods() {
    let made = made(&json!({"batchScheduler": "volcano"}));
    for pod in [&made.driver, &made.executor] {
        assert_eq!(pod["spec"]["schedulerName"], "volcano");
    }
}

#[test]
fn weak_point_46_a_scala_program_has_the_overhead_of_the_jvm_whatever_its_type_says() {
    for (kind, main, memory) in [
        ("Java", "local:///a.jar", "11264Mi"),
        ("Scala", "local:///a.jar", "11264Mi"),
        ("Python", "local:///a.py", "14336Mi"),
        ("R", "local:///a.R", "14336Mi"),
        ("Java", "local:///a.py", "14336Mi"),
    ] {
        let made = made(&json!({"type": kind, "mainApplicationFile": main, "driver": {"memory": "10g"}}));
        assert_eq!(made.spark()["resources"]["requests"]["memory"], memory, "{kind} {main}");
    }
}

#[test]
fn weak_point_47_a_template_without_containers_gets_one() {
    for template in
        [json!({}), json!({"spec": {}}), json!({"spec": {"containers": []}}), json!({"spec": null})]
    {
        let role = json!({"template": template, "env": [{"name": "A", "value": "b"}]});
        let made = made(&json!({"driver": role, "executor": role}));
        for pod in [&made.driver, &made.executor] {
            assert_eq!(
                spark(pod)["env"].as_array().unwrap().iter().filter(|env| env["name"] == "A").count(),
                1
            );
        }
    }
}

#[test]
fn weak_point_47_the_volume_of_the_metrics_has_a_name_for_every_application() {
    for length in [1, 49, 50, 51, 63, 200] {
        let name = "a".repeat(length);
        let monitoring = json!({"exposeDriverMetrics": true, "exposeExecutorMetrics": true, "prometheus": {"jmxExporterJar": "/j"}});
        let application =
            read(&object(&json!({"metadata": {"name": name}, "spec": {"monitoring": monitoring}})));
        let (_, objects) = submitted(&application).unwrap();
        let volumes = objects.pod.spec.unwrap().volumes.unwrap();
        let map = format!("{name}-prom-conf");
        let volume =
            volumes.iter().find(|volume| volume.config_map.as_ref().is_some_and(|source| source.name == map));
        let volume = &volume.unwrap().name;
        assert!(volume.len() <= 63, "{volume}");
        assert!(
            volume.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{volume}"
        );
    }
}

#[test]
fn weak_point_48_the_pods_need_no_webhook() {
    let pod = json!({
        "tolerations": [{"key": "k"}], "affinity": {"nodeAffinity": {}}, "sidecars": [{"name": "side"}], "hostNetwork": true,
        "securityContext": {"runAsUser": 5}, "env": [{"name": "A", "value": "b"}], "gpu": {"name": "g/g", "quantity": 1},
    });
    let made = made(&json!({"driver": pod, "executor": pod}));
    for built in [&made.driver, &made.executor] {
        let (spec, spark) = (&built["spec"], spark(built));
        assert_eq!(spec["tolerations"], pod["tolerations"]);
        assert_eq!(spec["affinity"], pod["affinity"]);
        assert_eq!(spec["hostNetwork"], true);
        assert_eq!(spec["containers"].as_array().unwrap().len(), 2);
        assert_eq!(spark["securityContext"]["runAsUser"], 5);
        assert_eq!(spark["resources"]["limits"]["g/g"], "1");
    }
}

#[test]
fn weak_point_49_of_several_keys_that_are_refused_always_the_same_is_named() {
    let conf = json!({"spark.master": "a", "spark.kubernetes.container.image": "b", "spark.a": "c"});
    let fields: BTreeSet<_> = (0..20).map(|_| refused(&json!({"sparkConf": conf})).field()).collect();
    assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["spec.sparkConf[spark.kubernetes.container.image]"]);
}

#[test]
fn weak_point_57_no_text_of_the_user_is_in_a_shell_command() {
    const TEXT: &str = "'; touch evil; echo '$(id)`id`";
    let spec = json!({
        "arguments": [TEXT], "mainClass": TEXT, "proxyUser": TEXT, "sparkConf": {"spark.a": TEXT}, "image": TEXT,
        "driver": {"javaOptions": TEXT, "labels": {"a": TEXT}, "memoryOverhead": null},
    });
    let made = made(&spec);
    assert_eq!(made.spark().get("command"), None, "the image's entrypoint runs");
    assert_eq!(made.arguments().last(), Some(&TEXT));
    let (job, _) = job(&made.compiled, 60).unwrap();
    let command = job.spec.unwrap().template.spec.unwrap().containers[0].command.clone().unwrap();
    assert!(command.iter().all(|word| !word.contains("evil")), "{command:?}");
}
