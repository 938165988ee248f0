//! The arguments of driver, spark-submit and Job, of applications with hostile texts: every word arrives as it is, and none
//! is taken for something else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use k8s_openapi::api::core::v1::EnvVar;
use proptest::prelude::*;
use serde_json::json;
use spark_operator::spark::job::job;

use crate::application::{application, compiled, object, read, refused};
use crate::hostile::{json_map, map, text};
use crate::properties::{MASTER, check, of, word};

#[test]
fn arguments_are_the_last_of_the_drivers_container_and_of_spark_submit() {
    check("arguments", 4_000, &words(), |texts| {
        let made = of(&json!({"arguments": texts, "proxyUser": "alice"}))?;
        let before = [
            "driver",
            "--proxy-user",
            "alice",
            "--properties-file",
            "/opt/spark/conf/spark.properties",
            "--class",
        ];
        let expected: Vec<&str> = before
            .into_iter()
            .chain(["org.example.Pi", "local:///opt/pi.jar"])
            .chain(texts.iter().map(String::as_str))
            .collect();
        prop_assert_eq!(made.arguments(), expected);
        let argv = made.compiled.arguments(MASTER);
        prop_assert_eq!(&argv[argv.len() - texts.len()..], &texts[..]);
        prop_assert_eq!(&argv[argv.len() - texts.len() - 1], "local:///opt/pi.jar");
        Ok(())
    });
}

fn words() -> BoxedStrategy<Vec<String>> {
    prop::collection::vec(word(), 0..5).boxed()
}

#[test]
fn what_no_process_can_be_given_is_refused() {
    for (spec, field) in [
        (json!({"arguments": ["a", "a\0b"]}), "spec.arguments[1]"),
        (json!({"mainClass": "a\0"}), "spec.mainClass"),
        (json!({"proxyUser": "\0"}), "spec.proxyUser"),
        (json!({"sparkConf": {"spark.a": "\0"}}), "spec.sparkConf[spark.a]"),
        (json!({"driver": {"envVars": {"A": "\0"}}}), "spec.driver.envVars[A]"),
    ] {
        assert_eq!(refused(&spec).field(), field, "{spec}");
    }
}

#[test]
fn a_job_can_be_named_for_every_application() {
    for name in ["a", "é", "aé", "😀"].map(|part| part.repeat(40)) {
        let application = read(&object(&json!({"metadata": {"name": name}})));
        let named = catch_unwind(AssertUnwindSafe(|| {
            job(&compiled(&application).unwrap(), 60).unwrap().0.metadata.name.unwrap()
        }));
        assert!(named.is_ok_and(|name| name.len() <= 63), "{name}");
    }
}

#[test]
fn a_configuration_key_ends_where_spark_submit_thinks_it_does() {
    let role = || (map(), map());
    check("--conf", 8_000, &(map(), map(), role()), |(conf, hadoop, (labels, env))| {
        let spec = json!({
            "sparkConf": json_map(&conf), "hadoopConf": json_map(&hadoop),
            "driver": {"labels": json_map(&labels), "envVars": json_map(&env)},
        });
        let Ok(compiled) = compiled(&application(&spec)) else { return Ok(()) };
        let argv = compiled.arguments(MASTER);
        let pairs = argv.windows(2).filter(|pair| pair[0] == "--conf").map(|pair| pair[1].split_once('='));
        let pairs: Option<Vec<_>> = pairs.take(compiled.conf.len()).collect();
        let expected = compiled.conf.iter().map(|(key, setting)| (key.as_str(), setting.value.as_str()));
        prop_assert_eq!(pairs, Some(expected.collect()));
        Ok(())
    });
}

#[test]
fn the_program_is_never_taken_for_an_option() {
    check("program", 8_000, &(text(), text(), text()), |(main, class, user)| {
        let spec = json!({"mainApplicationFile": main, "mainClass": class, "proxyUser": user, "arguments": ["last"]});
        let Ok(compiled) = compiled(&application(&spec)) else { return Ok(()) };
        let argv = compiled.arguments(MASTER);
        let [.., main, last] = &argv[..] else { return Err(TestCaseError::fail("nothing")) };
        prop_assert_eq!(last, "last");
        prop_assert!(!main.starts_with('-'), "spark-submit reads {:?} as an option", main);
        prop_assert!(!main.is_empty(), "there is no program");
        Ok(())
    });
}

#[test]
fn the_jobs_arguments_are_those_of_spark_submit_once_kubernetes_has_expanded_them() {
    check("job", 4_000, &(words(), map()), |(arguments, entries)| {
        let spec = json!({"arguments": arguments, "driver": {"annotations": json_map(&entries)}});
        let Ok(compiled) = compiled(&application(&spec)) else { return Ok(()) };
        let (job, templates) = job(&compiled, 60).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let pod = job.spec.unwrap().template.spec.unwrap();
        let container = &pod.containers[0];
        let variables = container.env.clone().unwrap_or_default();
        let args: Vec<_> = container.args.iter().flatten().map(|text| expanded(text, &variables)).collect();
        prop_assert_eq!(args, compiled.arguments(MASTER));
        prop_assert_eq!(
            templates.data.unwrap().into_iter().collect::<Vec<_>>(),
            compiled.template_files().unwrap()
        );
        Ok(())
    });
}

/// What the kubelet makes of an argument: `$$` is `$`, `$(NAME)` a variable where there is one.
///
/// Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
fn expanded(text: &str, variables: &[EnvVar]) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = behind;
        } else if let Some((name, behind)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'))
        {
            let variable = variables.iter().find(|variable| variable.name == name);
            match variable.and_then(|variable| variable.value.as_ref()) {
                Some(value) => expanded.push_str(value),
                None => expanded.extend(["$(", name, ")"]),
            }
            rest = behind;
        } else {
            expanded.push('$');
        }
    }
    expanded + rest
}

#[test]
fn the_kubelet_expands_as_kubernetes_documents_it() {
    let variables = [EnvVar { name: "A".to_owned(), value: Some("b".to_owned()), value_from: None }];
    for (text, result) in
        [("$(A)", "b"), ("$$(A)", "$(A)"), ("$$$(A)", "$b"), ("$(B)$", "$(B)$"), ("$$", "$"), ("$(A", "$(A")]
    {
        assert_eq!(expanded(text, &variables), result, "{text}");
    }
}
