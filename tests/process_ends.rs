//! A process that could only idle on ends itself: this test binary, as a child of its own tests.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use spark_operator::runtime::process;

/// Says to a child what it is to do.
const CHILD: &str = "PROCESS_ENDS_CHILD";

/// More than the child has, less than it sleeps.
const LIMIT: Duration = Duration::from_secs(1);
const SLEEPS: Duration = Duration::from_mins(2);

fn child(what: &str) -> ExitStatus {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program);
    child.args(["--exact", "the_child"]).env(CHILD, what).stdout(Stdio::null()).stderr(Stdio::null());
    child.status().unwrap()
}

/// Does nothing when it is no child.
#[test]
fn the_child() {
    let Ok(what) = std::env::var(CHILD) else { return };
    process::end_on_panic();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        process::end_when_wedged(LIMIT);
        match what.as_str() {
            "panics" => _ = tokio::spawn(async { panic!("on purpose") }),
            // Not a task that waits, but one that lets no other run.
            "blocks" => std::thread::sleep(SLEEPS),
            "works" => return,
            other => unreachable!("{other}"),
        }
        tokio::time::sleep(SLEEPS).await;
    });
}

#[test]
fn a_panic_of_any_task_ends_the_process() {
    assert_eq!(child("panics").code(), Some(3));
}

#[test]
fn tasks_that_no_longer_run_end_the_process() {
    assert_eq!(child("blocks").code(), Some(3));
}

#[test]
fn a_process_that_works_is_let_be() {
    assert_eq!(child("works").code(), Some(0));
}
