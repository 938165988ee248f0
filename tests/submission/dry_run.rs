//! `spark-operator submit --dry-run`: what it prints for a typical application, by each submitter. Ids are masked.

use crate::command::Folder;
use crate::snapshot::masked;

/// What is printed; nothing is written, and no warning said.
fn printed(args: &[&str]) -> String {
    let folder = Folder::new();
    folder.file("app.yaml", include_str!("typical.yaml"));
    let text = folder.run(&[&["submit", "-f", "app.yaml", "--dry-run"], args].concat()).ok();
    assert_eq!(folder.list(), ["app.yaml"], "something was written");
    text
}

#[test]
fn natively_it_prints_the_objects_of_each_line_of_spark() {
    for version in ["3.5.9", "4.3.0"] {
        let text = printed(&["--spark-version", version]);
        masked("what `submit --dry-run` prints for typical.yaml, natively")
            .bind(|| insta::assert_snapshot!(format!("native-{version}"), text));
    }
}

#[test]
fn for_a_job_it_prints_the_job_and_its_templates() {
    let text = printed(&["--submitter", "job"]);
    masked("what `submit --dry-run --submitter job` prints for typical.yaml")
        .bind(|| insta::assert_snapshot!("job", text));
}

/// The native submitter has no table for it; the image's own spark-submit needs none.
#[test]
fn for_a_job_any_version_of_spark_will_do() {
    let text = printed(&["--submitter", "job", "--spark-version", "2.4.8"]);
    assert!(text.contains("kind: Job"), "{text}");
}

#[test]
fn for_spark_submit_it_prints_a_script() {
    let text = printed(&["--submitter", "spark-submit"]);
    masked("what `submit --dry-run --submitter spark-submit` prints for typical.yaml")
        .bind(|| insta::assert_snapshot!("spark-submit", text));
}

#[test]
fn every_document_that_is_printed_is_an_object_with_a_name() {
    for args in [&["--submitter", "native"], &["--submitter", "job"]] {
        let text = printed(args);
        let objects = spark_operator::yaml::read("standard output", &text).unwrap();
        assert!(objects.len() >= 3, "{text}");
        for object in objects {
            let object = object.to_json();
            for path in ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"] {
                assert!(object.pointer(path).is_some_and(|value| value != ""), "{path}: {object}");
            }
        }
    }
}
