//! How Go turns values into text: `%v`, `%q` and floats. What the verbs of `printf` add is in `printf.rs`.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use unicode_general_category::{GeneralCategory, get_general_category};

use super::call::{Number, entries, is_list, items};

/// Go's `%v`: `<nil>`, `true`, `1`, `0.5`, text as it is, `[a b]`, `map[k:v]` in key order.
///
/// An integer prints in full. Helm prints one that came from a values file, a float64 there, as `1e+06` from
/// a million on; templates avoid the difference with `| int64`.
pub(super) fn plain(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_plain(&mut out, value)?;
    Ok(out)
}

fn write_plain(out: &mut String, value: &Value) -> Result<(), Error> {
    match (value.kind(), value.as_str(), Number::of(value)) {
        (_, Some(text), _) => out.push_str(text),
        (_, _, Some(number)) => out.push_str(&number_text(number)),
        (ValueKind::None, ..) => out.push_str("<nil>"),
        (ValueKind::Bool, ..) => out.push_str(if value.is_true() { "true" } else { "false" }),
        (ValueKind::Map, ..) => {
            out.push_str("map[");
            for (index, (key, item)) in entries(value)?.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write_plain(out, item)?;
            }
            out.push(']');
        }
        _ if is_list(value) => {
            out.push('[');
            for (index, item) in items(value)?.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_plain(out, item)?;
            }
            out.push(']');
        }
        _ => return Err(Error::new(ErrorKind::InvalidOperation, "this value has no text form")),
    }
    Ok(())
}

/// `%v` of a number.
pub(super) fn number_text(number: Number) -> String {
    match number {
        Number::Int(i) => i.to_string(),
        Number::Float(f) => float_text(f),
    }
}

/// Go's `%v` of a float64: shortest digits, an exponent below 1e-4 and from 1e6 on.
pub(super) fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "NaN".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if f != 0.0 && !(-4..EXPONENT_FROM).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        format!("{f}")
    }
}

/// Decimal exponent from which Go's shortest `%g` writes an exponent (`strconv`, format `g`, precision -1).
const EXPONENT_FROM: i32 = 6;

/// Go's `strconv.Quote`, which is `%q`: a Go string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if is_print(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                    0..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(super) fn is_print(c: char) -> bool {
    use GeneralCategory as Category;
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    if NEWER.iter().any(|(first, last)| (*first..=*last).contains(&c)) {
        return false;
    }
    !matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Surrogate
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::SpaceSeparator
    )
}

/// Characters that Unicode 15.1 and 16 added: Go 1.26 knows Unicode 15.0, our crate 16.
const NEWER: &[(char, char)] = &[
    ('\u{897}', '\u{897}'),
    ('\u{1b4e}', '\u{1b4f}'),
    ('\u{1b7f}', '\u{1b7f}'),
    ('\u{1c89}', '\u{1c8a}'),
    ('\u{2427}', '\u{2429}'),
    ('\u{2ffc}', '\u{2fff}'),
    ('\u{31e4}', '\u{31e5}'),
    ('\u{31ef}', '\u{31ef}'),
    ('\u{a7cb}', '\u{a7cd}'),
    ('\u{a7da}', '\u{a7dc}'),
    ('\u{105c0}', '\u{105f3}'),
    ('\u{10d40}', '\u{10d65}'),
    ('\u{10d69}', '\u{10d85}'),
    ('\u{10d8e}', '\u{10d8f}'),
    ('\u{10ec2}', '\u{10ec4}'),
    ('\u{10efc}', '\u{10efc}'),
    ('\u{11380}', '\u{11389}'),
    ('\u{1138b}', '\u{1138b}'),
    ('\u{1138e}', '\u{1138e}'),
    ('\u{11390}', '\u{113b5}'),
    ('\u{113b7}', '\u{113c0}'),
    ('\u{113c2}', '\u{113c2}'),
    ('\u{113c5}', '\u{113c5}'),
    ('\u{113c7}', '\u{113ca}'),
    ('\u{113cc}', '\u{113d5}'),
    ('\u{113d7}', '\u{113d8}'),
    ('\u{113e1}', '\u{113e2}'),
    ('\u{116d0}', '\u{116e3}'),
    ('\u{11bc0}', '\u{11be1}'),
    ('\u{11bf0}', '\u{11bf9}'),
    ('\u{11f5a}', '\u{11f5a}'),
    ('\u{13460}', '\u{143fa}'),
    ('\u{16100}', '\u{16139}'),
    ('\u{16d40}', '\u{16d79}'),
    ('\u{18cff}', '\u{18cff}'),
    ('\u{1cc00}', '\u{1ccf9}'),
    ('\u{1cd00}', '\u{1ceb3}'),
    ('\u{1e5d0}', '\u{1e5fa}'),
    ('\u{1e5ff}', '\u{1e5ff}'),
    ('\u{1f8b2}', '\u{1f8bb}'),
    ('\u{1f8c0}', '\u{1f8c1}'),
    ('\u{1fa89}', '\u{1fa89}'),
    ('\u{1fa8f}', '\u{1fa8f}'),
    ('\u{1fabe}', '\u{1fabe}'),
    ('\u{1fac6}', '\u{1fac6}'),
    ('\u{1fadc}', '\u{1fadc}'),
    ('\u{1fadf}', '\u{1fadf}'),
    ('\u{1fae9}', '\u{1fae9}'),
    ('\u{1fbcb}', '\u{1fbef}'),
    ('\u{2ebf0}', '\u{2ee5d}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_go() {
        for (float, wanted) in [
            (0.5, "0.5"),
            (-0.0, "-0"),
            (100_000.5, "100000.5"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(float_text(float), wanted);
        }
    }

    #[test]
    fn quoting_escapes_what_go_cannot_print() {
        let text = "a\"\\\n\u{7f}\u{a0}\u{200b}\u{feff}é日\u{e0001}\u{1c89}";
        assert_eq!(quoted(text), r#""a\"\\\n\x7f\u00a0\u200b\ufeffé日\U000e0001\u1c89""#);
    }
}
