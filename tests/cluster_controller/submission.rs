//! Submissions that take their time, by a Job or a process: they are cut off when they are no longer wanted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::operator::Operator;
use crate::place::{Place, application, driver, state_of};
use crate::support::within;

/// Less than a submission may take, and than the Job's own deadline.
const SOON: Duration = Duration::from_mins(2);

/// Waits until the Jobs that there are, and are to stay, are as expected; their names.
fn jobs(place: &Place, what: &str, right: impl Fn(&[String]) -> bool) -> Vec<String> {
    within(SOON, what, || {
        let all = place.list("batch/v1", "jobs");
        let stay = all.iter().filter(|job| job["metadata"]["deletionTimestamp"].is_null());
        let names: Vec<_> =
            stay.map(|job| job["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect();
        if right(&names) { Ok(names) } else { Err(names.join(" ")) }
    })
}

#[test]
fn weak_point_27_a_submission_by_a_job_is_cut_off_when_it_is_no_longer_wanted() {
    let Some(place) = Place::with("cut-job", "job") else { return };
    let mut operator = place.operator(&["--submitter=job"]);
    // Its pod has no node, and so each of its submissions waits until it is cut off.
    place.create("pi", &json!({"nodeSelector": {"no": "such"}}));
    let first = jobs(&place, "the Job", |names| names.len() == 1);
    place.patch("pi", &json!({"spec": {"suspend": true}}));
    let suspended = within(SOON, "to be suspended", || match state_of(&place.get("pi")) {
        "SUSPENDED" => Ok(place.get("pi")),
        other => Err(other.to_owned()),
    });
    assert_eq!(suspended["status"]["driverInfo"], json!({}));
    jobs(&place, "the Job of what is suspended to be gone", <[_]>::is_empty);
    place.patch("pi", &json!({"spec": {"suspend": false}}));
    let second = jobs(&place, "a Job of its own", |names| names.len() == 1);
    assert_ne!(first, second);
    place.patch("pi", &json!({"spec": {"arguments": ["2"]}}));
    let third = jobs(&place, "the Job of what was changed", |names| names.len() == 1 && names != second);
    let cut_off = operator.log().matches("the submission is cut off").count();
    assert_eq!(cut_off, 2, "{}", operator.log());
    // One that nobody waits for, because the operator was killed, goes too.
    operator.kill();
    place.patch("pi", &json!({"spec": {"arguments": ["3"]}}));
    let _operator = place.operator(&["--submitter=job", "--max-tracked-executor-per-app=9"]);
    jobs(&place, "the Job of before the restart to be gone", |names| names.len() == 1 && names != third);
    place.delete("pi");
    jobs(&place, "the Job of what was deleted to be gone", <[_]>::is_empty);
    place.gone("pi");
    assert!(place.list("v1", "pods").iter().all(|pod| pod["metadata"]["labels"]["spark-role"].is_null()));
}

#[test]
fn a_job_is_not_begun_while_an_earlier_one_still_submits() {
    let Some(place) = Place::with("alone", "job") else { return };
    let mut operator = place.operator(&["--submitter=job"]);
    // The pod of a Job that was cut off takes its time to end.
    let earlier = json!({
        "metadata": {"name": "earlier", "labels": {"batch.kubernetes.io/job-name": "earlier",
            "sparkoperator.k8s.io/app-name": "pi", "sparkoperator.k8s.io/submission-id": "earlier"}},
        "spec": {"containers": [{"name": "spark-submit", "image": "spark"}], "nodeSelector": {"no": "such"}},
    });
    let pods = place.namespace.path("v1", "pods");
    place.cluster().create(&pods, &earlier);
    place.create("pi", &json!({"nodeSelector": {"no": "such"}}));
    place.until("pi", "to be written down", |now| !now["status"]["submissionID"].is_null());
    std::thread::sleep(Duration::from_secs(3));
    jobs(&place, "no Job", <[_]>::is_empty);
    place.cluster().delete(&format!("{pods}/earlier"));
    jobs(&place, "the Job", |names| names.len() == 1);
    assert!(operator.stop().success());
}

/// A Spark with this spark-submit.
fn spark_with(folder: &Path, program: &str) {
    fs::create_dir_all(folder.join("bin")).unwrap();
    let file = folder.join("bin/spark-submit");
    fs::write(&file, format!("#!/bin/sh\ncd {}\n{program}\n", folder.display())).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// An operator that submits by this Spark's spark-submit.
fn beside(place: &Place, spark: &Path, flags: &[&str]) -> Operator {
    let namespaces = format!("--namespaces={}", place.namespace.name);
    let flags = [&[namespaces.as_str(), "--submitter=spark-submit"], flags].concat();
    Operator::beside(Some(spark), &place.account.kubeconfig, &place.file("submits.log"), &flags)
}

/// Ends the processes of a slow Spark that are left.
struct Left<'a>(&'a Path);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        for process in fs::read_to_string(self.0.join("processes")).unwrap_or_default().lines() {
            let id = nix::unistd::Pid::from_raw(process.parse().unwrap());
            // It may have ended.
            let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL);
        }
    }
}

/// A Spark whose spark-submit tells its process id and its kubeconfig, and then takes for ever.
fn slow_spark(folder: &Path) {
    spark_with(folder, "echo $KUBECONFIG >kubeconfig\necho $$ >>processes\nexec sleep 1000");
}

#[test]
fn weak_point_27_a_process_that_submits_is_ended_when_it_is_no_longer_wanted() {
    let Some(place) = Place::with("cut-process", "spark-submit") else { return };
    let spark = place.file("spark");
    slow_spark(&spark);
    let _left = Left(&spark);
    let started = || {
        let processes = fs::read_to_string(spark.join("processes")).unwrap_or_default();
        processes.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let running = || {
        let all = started();
        all.into_iter().filter(|process| Path::new(&format!("/proc/{process}")).exists()).collect::<Vec<_>>()
    };
    let is = |what: &str, right: &dyn Fn(&[String], &[String]) -> bool| {
        within(SOON, what, || {
            let seen = (started(), running());
            if right(&seen.0, &seen.1) { Ok(()) } else { Err(format!("{seen:?}")) }
        });
    };
    let _operator = beside(&place, &spark, &["--controller-threads=1"]);
    place.create("pi", &json!({}));
    is("spark-submit to run", &|started, running| (started.len(), running.len()) == (1, 1));
    let kubeconfig = fs::read_to_string(spark.join("kubeconfig")).unwrap();
    assert_eq!(Path::new(kubeconfig.trim()), place.account.kubeconfig);
    place.patch("pi", &json!({"spec": {"suspend": true}}));
    place.in_state("pi", "SUSPENDED");
    is("none to run", &|started, running| (started.len(), running.len()) == (1, 0));
    place.patch("pi", &json!({"spec": {"suspend": false}}));
    is("another to run", &|started, running| (started.len(), running.len()) == (2, 1));
    // The only place is taken. Who waits for it need not wait to be suspended, and when it becomes free the next gets it.
    place.create("waits", &driver(&[]));
    place.create("next", &driver(&[]));
    place.until("waits", "to be written down", |now| !now["status"]["submissionID"].is_null());
    place.patch("waits", &json!({"spec": {"suspend": true}}));
    place.in_state("waits", "SUSPENDED");
    place.delete("pi");
    is("that of the next to run", &|started, running| (started.len(), running.len()) == (3, 1));
    place.delete("next");
    is("none to run", &|started, running| (started.len(), running.len()) == (3, 0));
    assert_eq!(place.list("v1", "pods"), Vec::<Json>::new());
}

#[test]
fn a_submission_that_takes_long_keeps_none_of_another_submitter_waiting() {
    let Some(place) = Place::with("lanes", "spark-submit") else { return };
    let spark = place.file("spark");
    slow_spark(&spark);
    let _left = Left(&spark);
    let _operator = beside(&place, &spark, &["--controller-threads=1", "--submitters-allowed=native"]);
    place.create("slow", &json!({}));
    within(SOON, "spark-submit to run", || {
        fs::read(spark.join("processes")).map_err(|error| error.to_string())
    });
    let mut quick = application("quick", &driver(&[]));
    quick["metadata"]["annotations"] = json!({"sparkoperator.k8s.io/submitter": "native"});
    place
        .cluster()
        .create(&place.namespace.path("sparkoperator.k8s.io/v1beta2", "sparkapplications"), &quick);
    place.in_state("quick", "COMPLETED");
    assert_eq!(state_of(&place.get("slow")), "");
    place.delete("slow");
}

#[test]
fn weak_point_27_what_one_spark_submit_has_loaded_the_next_one_need_not() {
    let Some(place) = Place::with("classes", "spark-submit") else { return };
    let Ok(real) = std::env::var("SPARK_HOME_4_0") else {
        println!("SKIPPED: real spark-submit under the operator: SPARK_HOME_4_0 is not set");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"));
        return;
    };
    let spark = place.file("spark");
    let program = format!(
        "echo $SPARK_SUBMIT_OPTS >>options\nexport SPARK_HOME={real}\n\
         export SPARK_SUBMIT_OPTS=\"$SPARK_SUBMIT_OPTS -Xlog:class+load:file=$PWD/classes\"\n\
         exec {real}/bin/spark-submit \"$@\""
    );
    spark_with(&spark, &program);
    let mut operator = beside(&place, &spark, &[]);
    // Seconds on an idle machine, and on a busy one more than Spark waits by itself.
    let patient = json!({"sparkConf": {"spark.kubernetes.submission.connectionTimeout": "120000",
        "spark.kubernetes.submission.requestTimeout": "120000"}});
    for name in ["first", "second"] {
        place.create(name, &patient);
        within(Duration::from_mins(10), name, || match state_of(&place.get(name)) {
            "COMPLETED" => Ok(()),
            other => Err(other.to_owned()),
        });
    }
    let options = fs::read_to_string(spark.join("options")).unwrap();
    let archives: Vec<_> =
        options.lines().map(|line| line.rsplit_once("-XX:").unwrap().1.split_once('=').unwrap()).collect();
    let [("ArchiveClassesAtExit", written), ("SharedArchiveFile", shared)] = archives[..] else {
        panic!("{options}")
    };
    assert_eq!(written, shared);
    let loaded = fs::read_to_string(spark.join("classes")).unwrap();
    let of_spark = |line: &&str| line.contains("org.apache.spark.deploy.SparkSubmit ");
    let own = loaded.lines().find(of_spark).unwrap();
    assert!(own.contains("shared objects file"), "{own}");
    assert!(operator.stop().success());
    assert!(!Path::new(shared).exists());
}

#[test]
fn weak_point_33_thousands_that_wait_to_be_submitted_keep_nobody_from_its_end() {
    // More than are looked at at a time.
    const COUNT: usize = 1_100;
    let Some(place) = Place::with("waits", "spark-submit") else { return };
    let mut before = place.operator(&[]);
    place.create("runs", &driver(&[("outcome", "run")]));
    place.in_state("runs", "RUNNING");
    assert!(before.stop().success());
    let spark = place.file("spark");
    slow_spark(&spark);
    let _left = Left(&spark);
    let _operator = beside(&place, &spark, &["--controller-threads=2"]);
    place.create_many(COUNT, &json!({}));
    within(Duration::from_mins(5), "all to wait", || {
        let all = place.list("sparkoperator.k8s.io/v1beta2", "sparkapplications");
        let waiting = all.iter().filter(|it| it["status"]["submissionID"].is_string()).count();
        if waiting > COUNT { Ok(()) } else { Err(waiting) }
    });
    place.end("runs-driver");
    place.in_state("runs", "COMPLETED");
}
