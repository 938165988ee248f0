//! Waiting for something to become true, with a deadline and what was seen last.

use std::fmt::Display;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// What `look` finds, as soon as it finds it. `look` returns what it saw instead as its error; after a minute that is
/// the message with which the test fails.
#[track_caller]
pub fn eventually<T, E: Display>(what: &str, look: impl FnMut() -> Result<T, E>) -> T {
    within(DEADLINE, what, look)
}

/// The same with a deadline of its own.
#[track_caller]
pub fn within<T, E: Display>(limit: Duration, what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let end = Instant::now() + limit;
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if Instant::now() > end => {
                panic!("{what}: not within {} s; last seen: {seen}", limit.as_secs())
            }
            Err(_) => sleep(Duration::from_millis(100)),
        }
    }
}
