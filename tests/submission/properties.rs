//! Generated applications with hostile texts: nothing panics, everything is what its Kubernetes type says, and every
//! text arrives as it was written. `CASES` asks for more of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::spark::job::job;
use spark_operator::spark::{Objects, build, properties};
use spark_operator::yaml;

use crate::application::{Made, application, compiled, data, object, read, spark, submitted, template};
use crate::hostile::{changes, json_map, map, text};

pub const MASTER: &str = "k8s://https://kubernetes.default.svc";

/// Tries a property on so many generated things, and says on how many.
pub fn check<S: Strategy>(
    title: &str,
    usual: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let asked = std::env::var("CASES").ok().and_then(|cases| cases.parse::<u32>().ok()).unwrap_or(0);
    let config = ProptestConfig {
        cases: usual.max(asked.saturating_mul(5)),
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    };
    let cases = config.cases;
    // The same cases in every run: what fails can be repeated.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let started = std::time::Instant::now();
    runner.run(strategy, property).unwrap_or_else(|error| panic!("{title}: {error}"));
    println!("{title}: {cases} cases in {:.1} s", started.elapsed().as_secs_f32());
}

#[test]
fn nothing_panics_and_what_is_built_is_the_same_each_time_and_sound() {
    let (made, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    check("any field", 8_000, &changes(), |changes| {
        let Ok(application) = serde_json::from_value::<SparkApplication>(object(&changes)) else {
            return Ok(());
        };
        let run = || {
            catch_unwind(AssertUnwindSafe(|| {
                let (compiled, objects) = submitted(&application)?;
                let job = job(&compiled, 60)?;
                assert!(!compiled.arguments(MASTER).is_empty());
                Ok::<_, spark_operator::spark::SparkError>((objects, job))
            }))
        };
        let (once, again) = (run(), run());
        let (Ok(once), Ok(again)) = (once, again) else { return Err(TestCaseError::fail("it panics")) };
        prop_assert_eq!(&once, &again);
        match once {
            Ok((objects, (job, templates))) => {
                made.fetch_add(1, Ordering::Relaxed);
                sound(&objects)?;
                same(&job)?;
                same(&templates)
            }
            Err(error) => {
                refused.fetch_add(1, Ordering::Relaxed);
                prop_assert!(!error.field().is_empty() && error.to_string().len() < 1000, "{:?}", error);
                Ok(())
            }
        }
    });
    let (made, refused) = (made.into_inner(), refused.into_inner());
    println!("any field: {made} submitted, {refused} refused");
    assert!(made > refused / 4 && refused > 100, "{made} submitted, {refused} refused");
}

fn sound(objects: &Objects) -> Result<(), TestCaseError> {
    same::<Pod>(&objects.pod)?;
    same::<Service>(&objects.service)?;
    objects.config_maps.iter().try_for_each(same::<ConfigMap>)?;
    objects.claims.iter().try_for_each(same)?;
    objects.network_policy.iter().try_for_each(same)
}

/// What is written as JSON is read as the same thing.
fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    object: &T,
) -> Result<(), TestCaseError> {
    let json = serde_json::to_value(object).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let read: T = serde_json::from_value(json).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, object);
    Ok(())
}

#[test]
fn spark_conf_is_what_the_driver_reads() {
    check("sparkConf", 5_000, &map(), |entries| {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| {
                (format!("spark.odd.{}", key.replace(['=', '\0'], "")), value.replace('\0', ""))
            })
            .collect();
        let conf = json_map(&entries);
        let made = of(&json!({"sparkConf": conf}))?;
        for (key, value) in conf.as_object().unwrap() {
            let value = value.as_str().unwrap();
            prop_assert_eq!(made.property(key), Some(trimmed(value)), "{:?}", key);
        }
        let all = made.properties.iter().filter(|(key, _)| key.starts_with("spark.odd.")).count();
        prop_assert_eq!(all, conf.as_object().unwrap().len());
        Ok(())
    });
}

#[test]
fn a_properties_file_says_what_was_written_into_it() {
    check("properties file", 55_000, &map(), |entries| {
        let written = properties::write(entries.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        prop_assert_eq!(written.matches('\n').count(), entries.len());
        let expected: Vec<_> =
            entries.iter().map(|(key, value)| (key.clone(), trimmed(value).to_owned())).collect();
        prop_assert_eq!(properties::read(&written), expected);
        Ok(())
    });
}

/// What no process can be given is refused; see `argv::what_no_process_can_be_given_is_refused`.
pub fn word() -> BoxedStrategy<String> {
    text().prop_map(|text| text.replace('\0', "")).boxed()
}

/// What Spark leaves of a value that it reads from a file.
///
/// Source: Spark's `Utils.trimExceptCRLF`; Java's white space is all up to the space.
fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c <= ' ' && c != '\r' && c != '\n')
}

#[test]
fn environment_variables_have_the_values_that_were_written() {
    check("environment", 3_000, &(word(), word(), word()), |(plain, mapped, template)| {
        let env = json!([{"name": "PLAIN", "value": plain}]);
        let template = json!({"spec": {"containers": [{"name": "a", "env": [{"name": "TEMPLATE", "value": template}]}]}});
        let role = json!({"env": env, "envVars": {"MAPPED": mapped}, "template": template});
        let made = of(&json!({"driver": role, "executor": role}))?;
        let expected = |name: &str, value: &Json| json!({"name": name, "value": value});
        let template = &template["spec"]["containers"][0]["env"][0]["value"];
        for (pod, wanted) in [
            (
                &made.driver,
                vec![("PLAIN", json!(plain)), ("MAPPED", json!(mapped)), ("TEMPLATE", template.clone())],
            ),
            (&made.executor, vec![("PLAIN", json!(plain)), ("TEMPLATE", template.clone())]),
        ] {
            for (name, value) in wanted {
                let env = spark(pod)["env"].as_array().unwrap();
                prop_assert!(
                    env.contains(&expected(name, &value)),
                    "{}: {:?} is not in {:?}",
                    name,
                    value,
                    env
                );
            }
        }
        prop_assert_eq!(made.property("spark.executorEnv.MAPPED"), Some(trimmed(&mapped)));
        Ok(())
    });
}

#[test]
fn labels_and_annotations_have_the_keys_and_values_that_were_written() {
    check("labels and annotations", 3_000, &(word(), word()), |(key, value)| {
        let key = format!("k{}", key.replace('=', ""));
        // Spark replaces its own placeholders.
        let value = value.replace("{{", "");
        let entries = json!({&key: value});
        let driver = json!({"labels": entries, "annotations": entries, "serviceLabels": entries, "serviceAnnotations": entries});
        let made = of(&json!({"driver": driver, "executor": {"annotations": entries, "labels": entries}}))?;
        for metadata in [&made.driver["metadata"], &made.service["metadata"]] {
            for field in ["labels", "annotations"] {
                prop_assert_eq!(metadata[field].get(&key), Some(&json!(value)), "{}", field);
            }
        }
        prop_assert_eq!(&made.service["spec"]["selector"][&key], &json!(value));
        for kind in ["label", "annotation"] {
            let property = made.property(&format!("spark.kubernetes.executor.{kind}.{key}"));
            prop_assert_eq!(property, Some(trimmed(&value)));
        }
        Ok(())
    });
}

#[test]
fn the_executors_template_is_the_same_as_json_and_as_yaml() {
    check("template", 4_000, &(map(), text(), text()), |(annotations, value, name)| {
        let own = json!({
            "metadata": {"annotations": json_map(&annotations)},
            "spec": {"containers": [{"name": "a", "args": [value], "env": [{"name": name, "value": value}]}]},
        });
        let spec = json!({"executor": {"template": own}});
        let stays = own["metadata"]["annotations"].as_object().unwrap();
        let texts = stays.iter().flat_map(|(key, value)| [key.as_str(), value.as_str().unwrap()]);
        if texts.chain([value.as_str(), name.as_str()]).any(|text| text.contains('\0')) {
            prop_assert!(submitted(&application(&spec)).is_err(), "no process can be given a NUL");
            return Ok(());
        }
        let (compiled, objects) =
            submitted(&application(&spec)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let text = template(&objects);
        let json: Json =
            serde_json::from_str(text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let yaml = yaml::read("template", text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&yaml[0].to_json(), &json);
        let pod: Pod =
            serde_json::from_value(json).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&pod, &compiled.executor);
        let unprintable =
            |c: char| c != '\n' && (c.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(c));
        prop_assert!(!text.contains(unprintable), "YAML has no such character in a text: {:?}", text);
        let files = compiled.template_files().unwrap();
        prop_assert_eq!(files[1].1.as_str(), text);
        Ok(())
    });
}

#[test]
fn every_text_of_the_application_is_in_the_configuration_and_nothing_more() {
    // A value can neither end its line nor begin another.
    let made = of(&json!({"sparkConf": {"spark.odd": "a\nspark.master=evil\\\n\rspark.x: y"}})).unwrap();
    assert_eq!(made.property("spark.odd"), Some("a\nspark.master=evil\\\n\rspark.x: y"));
    assert_eq!(made.property("spark.x"), None);
    assert_eq!(data(&made.objects, "spark.properties").matches("spark.master").count(), 2);
    assert_eq!(made.property("spark.master"), Some(MASTER));
}

/// What is made of a spec; that it is refused is a failure.
pub fn of(spec: &Json) -> Result<Made, TestCaseError> {
    let compiled = compiled(&read(&object(&json!({"spec": spec}))));
    let made = compiled.and_then(|compiled| build(&compiled).map(|objects| Made::of(compiled, objects)));
    made.map_err(|error| TestCaseError::fail(format!("{}: {error}", error.field())))
}
