//! Integer arithmetic and conversion, as sprig does it over 64 bits.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::call::{Args, Function, Number, fixed, variadic};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    fixed("int", 1, |a| Ok(Value::from(to_int(a.any(0))))),
    fixed("int64", 1, |a| Ok(Value::from(to_int(a.any(0))))),
    fixed("atoi", 1, |a| Ok(Value::from(a.text(0)?.parse::<i64>().unwrap_or_default()))),
    variadic("add", 0, |a| Ok(fold(0, a.values, i64::wrapping_add))),
    fixed("add1", 1, |a| Ok(Value::from(to_int(a.any(0)).wrapping_add(1)))),
    fixed("sub", 2, |a| Ok(Value::from(to_int(a.any(0)).wrapping_sub(to_int(a.any(1)))))),
    variadic("mul", 1, |a| Ok(fold(1, a.values, i64::wrapping_mul))),
    fixed("div", 2, |a| Ok(Value::from(to_int(a.any(0)).wrapping_div(divisor(a)?)))),
    fixed("mod", 2, |a| Ok(Value::from(to_int(a.any(0)).wrapping_rem(divisor(a)?)))),
    variadic("max", 1, |a| Ok(fold(to_int(a.any(0)), a.values, i64::max))),
    variadic("min", 1, |a| Ok(fold(to_int(a.any(0)), a.values, i64::min))),
];

fn fold(start: i64, values: &[Value], step: fn(i64, i64) -> i64) -> Value {
    Value::from(values.iter().map(to_int).fold(start, step))
}

fn divisor(args: &Args<'_>) -> Result<i64, Error> {
    match to_int(args.any(1)) {
        0 => Err(args.error("division by zero")),
        other => Ok(other),
    }
}

/// sprig's `int64`, which is `cast.ToInt64` of spf13/cast 1.7: what cannot be converted is 0.
///
/// Floats lose their fraction; outside 64 bits they become the smallest integer, as Go does on amd64. Text is
/// read as a Go integer literal (`0x1f`, `0o17`, `017`, `0b11`, `1_000`) after a fraction of zeros is dropped.
pub(super) fn to_int(value: &Value) -> i64 {
    if let Some(text) = value.as_str() {
        return parse_literal(without_zero_fraction(text)).unwrap_or_default();
    }
    match Number::of(value) {
        Some(Number::Int(i)) => i,
        Some(Number::Float(f)) => truncated(f),
        None => i64::from(value.kind() == ValueKind::Bool && value.is_true()),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the fraction is to go, and the range is checked")]
fn truncated(f: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&f) { f as i64 } else { i64::MIN }
}

/// Drops `.0`, `.00` and so on from the end; anything else stays.
fn without_zero_fraction(text: &str) -> &str {
    let whole = text.trim_end_matches('0');
    match whole.strip_suffix('.') {
        Some(before) if whole.len() < text.len() => before,
        _ => text,
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`.
fn parse_literal(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, body, prefixed) = match prefix.as_deref() {
        Some("0x") => (16, &digits[2..], true),
        Some("0o") => (8, &digits[2..], true),
        Some("0b") => (2, &digits[2..], true),
        Some(_) if digits.starts_with('0') => (8, &digits[1..], true),
        _ => (10, digits, false),
    };
    // An underscore stands between digits, or between the prefix and a digit.
    let mut after_digit = prefixed;
    let mut plain = String::with_capacity(body.len());
    for c in body.chars() {
        match c {
            '_' if after_digit => after_digit = false,
            '_' => return None,
            c if c.is_digit(radix) => {
                plain.push(c);
                after_digit = true;
            }
            _ => return None,
        }
    }
    if plain.is_empty() || !after_digit {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(&plain, radix).ok()?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_integers_as_go_literals() {
        for (text, wanted) in [
            ("0", 0),
            ("010", 8),
            ("08", 0),
            ("0x1F", 31),
            ("1_000", 1000),
            ("1_", 0),
            ("0_7", 7),
            ("12.00", 12),
            ("1.50", 0),
            ("-9223372036854775808", i64::MIN),
            ("9223372036854775808", 0),
            ("é", 0),
        ] {
            assert_eq!(to_int(&Value::from(text)), wanted, "{text}");
        }
    }

    #[test]
    fn floats_lose_their_fraction_and_stay_within_bounds() {
        for (float, wanted) in [(1.9, 1), (-1.9, -1), (1e19, i64::MIN), (f64::NAN, i64::MIN)] {
            assert_eq!(to_int(&Value::from(float)), wanted, "{float}");
        }
    }
}
