//! Which texts are dates to go-yaml v2, that is to Go's `time.Parse`.
//!
//! The reader keeps dates as strings and the writer quotes them, so nothing here computes with time.

/// Whether Go's `time.Parse` takes the text in one of the four layouts go-yaml tries.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    timestamp(text).is_some()
}

fn timestamp(text: &str) -> Option<()> {
    let year: u32 = text.get(..4)?.parse().ok()?;
    let (month, rest) = short(text.get(5..)?)?;
    let (day, rest) = short(rest.strip_prefix('-')?)?;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    if rest.is_empty() {
        return Some(());
    }
    // With `T` a zone is required, after a space (or several) there is none.
    let (zoned, rest) = match rest.strip_prefix(['T', 't']) {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(' ')?.trim_start_matches(' ')),
    };
    let (hour, rest) = short(rest)?;
    let (minute, rest) = short(rest.strip_prefix(':')?)?;
    let (second, mut rest) = short(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() < fraction.len() {
            rest = after;
        }
    }
    match (zoned, rest) {
        (false, "") | (true, "Z") => Some(()),
        (true, zone) => {
            let bytes = zone.as_bytes();
            let pair = |i: usize| match bytes.get(i..i + 2)? {
                [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + (b - b'0')),
                _ => None,
            };
            let fits = bytes.len() == 6
                && matches!(bytes[0], b'+' | b'-')
                && bytes[3] == b':'
                && pair(1)? <= 24
                && pair(4)? <= 60;
            fits.then_some(())
        }
        _ => None,
    }
}

/// One or two digits and what follows.
fn short(text: &str) -> Option<(u32, &str)> {
    let len = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text.get(..len)?.parse().ok()?, &text[len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_recognized_as_go_parses_them() {
        for date in ["2001-1-2", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43,5", "2000-02-29  1:2:3"]
        {
            assert!(is_timestamp(date), "{date}");
        }
        for other in
            ["2001-1", "2001-13-01", "2001-01-01T10:00:00", "2001-01-01 10:00:00Z", "20010-1-1", "2001-1-2 "]
        {
            assert!(!is_timestamp(other), "{other}");
        }
    }
}
