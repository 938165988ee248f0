//! Functions over text: quoting, trimming, cutting, searching. Printing with verbs is in `printf.rs`.

use minijinja::{Error, Value};

use super::call::{Args, Function, fixed, variadic};
use super::go_text::{is_print, plain, quoted};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    variadic("quote", 0, quote),
    variadic("squote", 0, squote),
    variadic("cat", 0, cat),
    fixed("upper", 1, |a| text(a.text(0)?.chars().map(upper_char).collect::<String>())),
    fixed("lower", 1, |a| text(a.text(0)?.chars().map(lower_char).collect::<String>())),
    fixed("trim", 1, |a| text(a.text(0)?.trim())),
    fixed("trimAll", 2, |a| {
        let set = a.text(0)?;
        text(a.text(1)?.trim_matches(|c| set.contains(c)))
    }),
    fixed("trimSuffix", 2, |a| {
        let (suffix, whole) = (a.text(0)?, a.text(1)?);
        text(whole.strip_suffix(suffix).unwrap_or(whole))
    }),
    fixed("trimPrefix", 2, |a| {
        let (prefix, whole) = (a.text(0)?, a.text(1)?);
        text(whole.strip_prefix(prefix).unwrap_or(whole))
    }),
    fixed("trunc", 2, trunc),
    fixed("substr", 3, substr),
    fixed("indent", 2, |a| text(indented(a)?)),
    fixed("nindent", 2, |a| text(format!("\n{}", indented(a)?))),
    fixed("repeat", 2, repeat),
    fixed("replace", 3, |a| text(a.text(2)?.replace(a.text(0)?, a.text(1)?))),
    fixed("contains", 2, |a| Ok(Value::from(a.text(1)?.contains(a.text(0)?)))),
    fixed("hasPrefix", 2, |a| Ok(Value::from(a.text(1)?.starts_with(a.text(0)?)))),
    fixed("hasSuffix", 2, |a| Ok(Value::from(a.text(1)?.ends_with(a.text(0)?)))),
    fixed("splitList", 2, split_list),
    fixed("toString", 1, |a| text(plain(a.any(0))?)),
];

/// Most characters that `indent` and `repeat` may add at a time: a template's typing error must not take the
/// memory of the machine. Helm has no bound.
const MOST_PADDING: usize = 1 << 20;

#[allow(clippy::unnecessary_wraps, reason = "the shape of a template function")]
fn text(result: impl Into<String>) -> Result<Value, Error> {
    Ok(Value::from(result.into()))
}

/// The text of each argument that is not null, one space between them.
fn spaced(args: &Args<'_>, form: fn(&Value) -> Result<String, Error>) -> Result<Value, Error> {
    let words: Vec<String> =
        args.values.iter().filter(|v| !v.is_none()).map(form).collect::<Result<_, _>>()?;
    text(words.join(" "))
}

fn quote(args: &Args<'_>) -> Result<Value, Error> {
    spaced(args, |v| Ok(quoted(&plain(v)?)))
}

/// Single quotes around the text; quotes inside stay as they are.
fn squote(args: &Args<'_>) -> Result<Value, Error> {
    spaced(args, |v| Ok(format!("'{}'", plain(v)?)))
}

fn cat(args: &Args<'_>) -> Result<Value, Error> {
    spaced(args, plain)
}

/// Cuts to a number of bytes: from the front, or for a negative count from the end.
///
/// A cut inside a character moves to the shorter side of it, where Go leaves half a character, which is not
/// UTF-8 and no Kubernetes object can hold.
fn trunc(args: &Args<'_>) -> Result<Value, Error> {
    let (count, whole) = (args.integer(0)?, args.text(1)?);
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted >= whole.len() {
        return text(whole);
    }
    text(if count < 0 {
        &whole[ceil_boundary(whole, whole.len() - wanted)..]
    } else {
        &whole[..floor_boundary(whole, wanted)]
    })
}

/// Bytes from `start` up to `end`; a negative start is 0, a negative or too large end is the end, but not both.
/// Cuts inside a character move as in `trunc`.
fn substr(args: &Args<'_>) -> Result<Value, Error> {
    let (start, end, whole) = (args.integer(0)?, args.integer(1)?, args.text(2)?);
    let length = whole.len();
    let given_end = usize::try_from(end).ok();
    if start < 0 && given_end.is_none_or(|end| end > length) {
        return Err(args.error(format!("end {end} is outside the text")));
    }
    let end = given_end.map_or(length, |end| end.min(length));
    let start = usize::try_from(start).unwrap_or(0);
    if start > end {
        return Err(args.error(format!("start {start} is after end {end}")));
    }
    let (start, end) = (ceil_boundary(whole, start), floor_boundary(whole, end));
    text(whole.get(start..end).unwrap_or_default())
}

fn floor_boundary(whole: &str, mut at: usize) -> usize {
    while !whole.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_boundary(whole: &str, mut at: usize) -> usize {
    while !whole.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Pads every line, the first and blank ones too.
fn indented(args: &Args<'_>) -> Result<String, Error> {
    let whole = args.text(1)?;
    let pad = spread(args, " ", whole.matches('\n').count() + 1)?;
    Ok(format!("{pad}{}", whole.replace('\n', &format!("\n{pad}"))))
}

fn repeat(args: &Args<'_>) -> Result<Value, Error> {
    text(spread(args, args.text(1)?, 1)?)
}

/// `unit` as often as the first argument says, if that `times` over is a sane amount of text.
fn spread(args: &Args<'_>, unit: &str, times: usize) -> Result<String, Error> {
    let count = usize::try_from(args.integer(0)?).map_err(|_| args.error("the count is negative"))?;
    let size = count.checked_mul(unit.len()).and_then(|size| size.checked_mul(times));
    if size.is_none_or(|size| size > MOST_PADDING) {
        return Err(args.error(format!("a count of {count} makes too much text")));
    }
    Ok(unit.repeat(count))
}

fn split_list(args: &Args<'_>) -> Result<Value, Error> {
    let (separator, whole) = (args.text(0)?, args.text(1)?);
    Ok(if separator.is_empty() {
        // Go splits into characters; Rust would add an empty piece at both ends.
        whole.chars().map(|c| Value::from(c.to_string())).collect()
    } else {
        whole.split(separator).map(Value::from).collect()
    })
}

/// Go's `unicode.ToUpper`: one character for one, so `ß` stays.
fn upper_char(c: char) -> char {
    let code = u32::from(c);
    match code {
        0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => char::from_u32(code + 8).unwrap_or(c),
        0x1fb3 | 0x1fc3 | 0x1ff3 => char::from_u32(code + 9).unwrap_or(c),
        _ => single(c, c.to_uppercase()),
    }
}

/// Go's `unicode.ToLower`: one character for one.
fn lower_char(c: char) -> char {
    if c == '\u{130}' { 'i' } else { single(c, c.to_lowercase()) }
}

/// The one mapped character, if there is one and Go's older Unicode has both.
fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) if c.is_ascii() || (is_print(c) && is_print(only)) => only,
        _ => c,
    }
}
