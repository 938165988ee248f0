//! What a scalar's text means: YAML 1.1 as Helm's reader (go-yaml v2) understands it.
//!
//! Used both ways: the reader resolves plain scalars with it, the writer asks it which strings need quotes.
//! Nothing here knows about documents, places or styles.

use super::date::is_timestamp;

/// What a plain scalar's text stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Only above `i64::MAX`.
    Uint(u64),
    /// May be NaN or infinite, which YAML has and JSON has not.
    Float(f64),
    /// A date, kept as a string by the reader, but quoted by the writer.
    Timestamp,
    Str,
}

impl Scalar {
    /// The short tag, as Helm's messages name it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Str => "!!str",
        }
    }
}

/// What a plain scalar means. `dates`: whether dates count; they do unless a tag asks for something else.
pub(super) fn resolve(text: &str, dates: bool) -> Scalar {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => dotted(text),
        b'0'..=b'9' | b'+' | b'-' => number(text, dates),
        // Without a special first character, the table is not even consulted: `<<` is a plain string here,
        // and a merge key by its own rule.
        _ => Scalar::Str,
    }
}

/// The words that are not strings. Only these spellings: `yEs` is a string.
fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Str,
    }
}

fn dotted(text: &str) -> Scalar {
    match text {
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
        _ => {
            // Here, unlike after a digit, `_` follows Go's rule for literals: only between digits.
            let between_digits = text
                .as_bytes()
                .windows(3)
                .all(|w| w[1] != b'_' || (w[0].is_ascii_digit() && w[2].is_ascii_digit()))
                && !text.ends_with('_')
                && !text.contains("__");
            if !between_digits {
                return Scalar::Str;
            }
            float(&text.replace('_', "")).map_or(Scalar::Str, Scalar::Float)
        }
    }
}

fn number(text: &str, dates: bool) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if dates && is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(i) = integer(plain) {
        return i;
    }
    if let Some(f) = float(plain) {
        return Scalar::Float(f);
    }
    // A second try at binary, which lets a sign follow the prefix.
    if let Some(digits) = plain.strip_prefix("0b") {
        let sign_ok = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        let binary = !sign_ok.is_empty() && sign_ok.bytes().all(|b| b == b'0' || b == b'1');
        if let (true, Ok(i)) = (binary, i64::from_str_radix(digits, 2)) {
            return Scalar::Int(i);
        }
    }
    Scalar::Str
}

/// Go's `ParseInt(text, 0, 64)`, then `ParseUint`: decimal, `0x`, `0b`, `0o` and a bare leading zero for octal.
#[allow(clippy::cast_possible_wrap, reason = "checked against the range of i64")]
fn integer(text: &str) -> Option<Scalar> {
    let (signed, negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (true, false, &text[1..]),
        _ => (false, false, text),
    };
    let bytes = digits.as_bytes();
    let (base, digits) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0'] => (10, digits),
        [b'0', ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` takes a sign of its own, which is not one here.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, base).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(i) => Some(Scalar::Int(i)),
        Err(_) if signed => None,
        Err(_) => Some(Scalar::Uint(magnitude)),
    }
}

/// A decimal float: digits with at most one dot, an exponent at will. Too large for 64 bits is no float.
fn float(text: &str) -> Option<f64> {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
        None => (rest, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e));
    if !well_formed {
        return None;
    }
    text.parse::<f64>().ok().filter(|f| f.is_finite())
}

/// Base-60 numbers (`12:30`). The reader keeps them as strings; the writer quotes them for other readers.
pub(super) fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut parts = rest.split(':');
    let first = parts.next().unwrap_or_default();
    let digits_or_bars = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let sixtieth = |s: &str| match s.as_bytes() {
        [b'0'..=b'9'] => true,
        [tens, b'0'..=b'9'] => (b'0'..=b'5').contains(tens),
        _ => false,
    };
    rest.contains(':') && digits_or_bars(first) && digits_or_bars(fraction) && parts.all(sixtieth)
}

/// A float as Go's `FormatFloat(f, 'g', -1, 64)` writes it: `1e+06`, `1.5`, `1e-05`.
pub(super) fn go_float(f: f64) -> String {
    // Rust gives the same shortest digits as Go: `1.2345e6`.
    let scientific = format!("{f:e}");
    go_layout(&scientific).unwrap_or_else(|| f.to_string())
}

/// The same at 32 bits, which is how float *keys* of a mapping become strings.
#[allow(clippy::cast_possible_truncation, reason = "losing precision is what Helm does")]
pub(super) fn go_float_key(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_owned();
    }
    let f = f as f32;
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    go_layout(&format!("{f:e}")).unwrap_or_else(|| f.to_string())
}

fn go_layout(scientific: &str) -> Option<String> {
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{mantissa}e{sign}{:02}", exponent.abs()));
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let Ok(exponent) = usize::try_from(exponent) else {
        let zeros = usize::try_from(-exponent).ok()?.checked_sub(1)?;
        return Some(format!("{sign}0.{}{digits}", "0".repeat(zeros)));
    };
    if digits.len() <= exponent + 1 {
        return Some(format!("{sign}{digits:0<width$}", width = exponent + 1));
    }
    Some(format!("{sign}{}.{}", &digits[..=exponent], &digits[exponent + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_mean_what_yaml_1_1_says() {
        for (text, expected) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("y", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("yEs", Scalar::Str),
            ("0644", Scalar::Int(420)),
            ("0o17", Scalar::Int(15)),
            ("0x_F", Scalar::Int(15)),
            ("-0b11", Scalar::Int(-3)),
            ("0b-1", Scalar::Int(-1)),
            ("1_000", Scalar::Int(1000)),
            ("08", Scalar::Float(8.0)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("18446744073709551616", Scalar::Float(18_446_744_073_709_551_616.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1e999", Scalar::Str),
            (".5", Scalar::Float(0.5)),
            ("12:30", Scalar::Str),
            ("<<", Scalar::Str),
            ("2001-01-01", Scalar::Timestamp),
            ("2001-02-29", Scalar::Str),
        ] {
            assert_eq!(resolve(text, true), expected, "{text:?}");
        }
    }

    #[test]
    fn floats_are_written_as_go_does() {
        for (f, expected) in [
            (1e6, "1e+06"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5, "-2.5"),
            (1e100, "1e+100"),
            (100.0, "100"),
        ] {
            assert_eq!(go_float(f), expected);
        }
    }
}
