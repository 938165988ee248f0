//! Regular expressions with Go's syntax (RE2), run by the `regex` crate.
//!
//! The engines agree on matching (leftmost-first, linear time); [`translate`] makes up for the syntax: in Go
//! `\d`, `\w`, `\s` and `\b` are ASCII, a lone `{` and a `[` inside a class are themselves, `\Q…\E` quotes,
//! and a class has no operators.

use std::iter::Peekable;
use std::str::Chars;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use ::regex::{Captures, Regex, RegexBuilder};
use minijinja::{Error, Value};

use super::call::{Args, Function, fixed};
use super::lists::nil_list;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    // Helm swallows a broken pattern here, it matches nothing; that is a mistake in the template.
    fixed("regexMatch", 2, |a| Ok(Value::from(pattern(a)?.is_match(a.text(1)?)))),
    fixed("regexFind", 2, |a| Ok(Value::from(pattern(a)?.find(a.text(1)?).map_or("", |m| m.as_str())))),
    fixed("regexFindAll", 3, find_all),
    fixed("regexReplaceAll", 3, |a| {
        let replacement = a.text(2)?;
        let replaced = pattern(a)?.replace_all(a.text(1)?, |found: &Captures<'_>| expand(replacement, found));
        Ok(Value::from(replaced.into_owned()))
    }),
    fixed("regexReplaceAllLiteral", 3, |a| {
        let replaced = pattern(a)?.replace_all(a.text(1)?, ::regex::NoExpand(a.text(2)?));
        Ok(Value::from(replaced.into_owned()))
    }),
    fixed("regexQuoteMeta", 1, |a| Ok(Value::from(quote_meta(a.text(0)?)))),
];

/// Largest compiled pattern in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Patterns stand in templates, so there are few, and each is used again and again.
static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);

fn pattern(args: &Args<'_>) -> Result<Regex, Error> {
    let text = args.text(0)?;
    // A panic while the lock was held would leave the map whole: it is only ever added to.
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(text) {
        return Ok(regex.clone());
    }
    let regex = compile(text).map_err(|reason| args.error(format!("bad pattern: {reason}")))?;
    compiled.insert(text.to_owned(), regex.clone());
    Ok(regex)
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(pattern)?)
        .octal(true)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|e| e.to_string())
}

/// Up to a number of matches, all for a negative number; without a match Go's nil list.
fn find_all(args: &Args<'_>) -> Result<Value, Error> {
    let most = usize::try_from(args.integer(2)?).unwrap_or(usize::MAX);
    let regex = pattern(args)?;
    let found: Vec<Value> =
        regex.find_iter(args.text(1)?).take(most).map(|m| Value::from(m.as_str())).collect();
    Ok(if found.is_empty() { nil_list() } else { found.into() })
}

/// Go's `regexp.Expand`: `$1`, `${1}`, `$name`, `$$`; an unknown group is nothing, a lone `$` is itself.
fn expand(template: &str, found: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let braced = rest.strip_prefix('{');
        let body = braced.unwrap_or(rest);
        let end = body.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(body.len());
        let (name, after) = body.split_at(end);
        let after = if braced.is_some() { after.strip_prefix('}') } else { Some(after) };
        let Some(after) = after.filter(|_| !name.is_empty()) else {
            out.push('$');
            continue;
        };
        rest = after;
        let group = match name.parse::<usize>() {
            Ok(index) => found.get(index),
            Err(_) => found.name(name),
        };
        out.push_str(group.map_or("", |m| m.as_str()));
    }
    out.push_str(rest);
    out
}

fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A pattern of Go's as the crate writes it. Fails on what Go does not know.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let mut repeated = false;
    while let Some(c) = chars.next() {
        let mut repeats = false;
        match c {
            '\\' => escape(&mut out, &mut chars, false)?,
            '[' => class(&mut out, &mut chars)?,
            '{' => match counts(chars.clone()) {
                Some(_) if repeated => return Err("a repetition of a repetition".to_owned()),
                Some((text, length)) => {
                    out.push_str(&text);
                    chars.nth(length - 1);
                    lazy(&mut out, &mut chars);
                    repeats = true;
                }
                None => out.push_str("\\{"),
            },
            '*' | '+' | '?' => {
                if repeated {
                    return Err("a repetition of a repetition".to_owned());
                }
                out.push(c);
                lazy(&mut out, &mut chars);
                repeats = true;
            }
            '(' => {
                out.push('(');
                group(&mut out, &mut chars)?;
            }
            _ => out.push(c),
        }
        repeated = repeats;
    }
    Ok(out)
}

fn lazy(out: &mut String, chars: &mut Peekable<Chars<'_>>) {
    if chars.next_if_eq(&'?').is_some() {
        out.push('?');
    }
}

/// `n}`, `n,}` or `n,m}` after a brace: the repetition and how many characters follow the brace.
fn counts(chars: Peekable<Chars<'_>>) -> Option<(String, usize)> {
    let body: String = chars.take_while(|c| *c != '}').take(12).collect();
    let (least, most) = body.split_once(',').unwrap_or((&body, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let valid = !least.is_empty() && digits(least) && digits(most) && body.len() < 12;
    valid.then(|| (format!("{{{body}}}"), body.len() + 1))
}

/// What may follow `(?` in Go: a name, or the flags `imsU`.
fn group(out: &mut String, chars: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    if chars.next_if_eq(&'?').is_none() {
        return Ok(());
    }
    out.push('?');
    for c in chars.by_ref() {
        out.push(c);
        match c {
            ':' | ')' | '<' => return Ok(()),
            'i' | 'm' | 's' | 'U' | '-' | 'P' => {}
            other => return Err(format!("(?{other} is not supported")),
        }
    }
    Err("a group is not closed".to_owned())
}

const SPACE: &str = r"\t\n\x0c\r ";

/// An escape, its backslash consumed.
fn escape(out: &mut String, chars: &mut Peekable<Chars<'_>>, in_class: bool) -> Result<(), String> {
    let c = chars.next().ok_or("the pattern ends after a backslash")?;
    let set = match c {
        'd' | 'D' => Some("0-9"),
        'w' | 'W' => Some("0-9A-Za-z_"),
        's' | 'S' => Some(SPACE),
        _ => None,
    };
    match (c, set) {
        (_, Some(set)) if c.is_ascii_lowercase() && in_class => out.push_str(set),
        (_, Some(set)) => {
            out.push_str(if c.is_ascii_lowercase() { "[" } else { "[^" });
            out.push_str(set);
            out.push(']');
        }
        ('b', _) if !in_class => out.push_str(r"(?-u:\b)"),
        ('Q', _) if !in_class => {
            let mut rest: String = chars.by_ref().collect();
            let after = rest.split_once("\\E").map(|(quoted, after)| (quoted.to_owned(), after.to_owned()));
            if let Some((quoted, after)) = after {
                out.push_str(&::regex::escape(&quoted));
                out.push_str(&translate(&after)?);
            } else {
                rest = ::regex::escape(&rest);
                out.push_str(&rest);
            }
        }
        ('A' | 'z', _) if !in_class => out.extend(['\\', c]),
        ('p' | 'P' | 'x', _) => {
            let mut braced = String::new();
            if chars.peek() == Some(&'{') {
                braced.extend(chars.by_ref().take_while(|c| *c != '}'));
                braced.push('}');
            }
            // `\p{^Greek}` is Go's other way to say `\P{Greek}`.
            let (c, braced) = match (c, braced.strip_prefix("{^")) {
                ('p', Some(name)) => ('P', format!("{{{name}")),
                ('P', Some(name)) => ('p', format!("{{{name}")),
                _ => (c, braced),
            };
            out.extend(['\\', c]);
            out.push_str(&braced);
        }
        ('0'..='7' | 'a' | 'f' | 'n' | 'r' | 't' | 'v', _) => out.extend(['\\', c]),
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => out.push_str(&literal(c)),
        _ => return Err(format!("\\{c} is not supported")),
    }
    Ok(())
}

/// A punctuation mark as itself, inside a class and outside.
fn literal(c: char) -> String {
    format!("\\x{{{:x}}}", u32::from(c))
}

/// A class, its bracket consumed.
fn class(out: &mut String, chars: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '\\' => escape(out, chars, true)?,
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | ']' | '&' | '~' => out.push_str(&literal(c)),
            // A dash after a dash ends a range; it is no operator.
            '-' if out.ends_with('-') => out.push_str(&literal('-')),
            _ => out.push(c),
        }
        first = false;
    }
    Err("a class is not closed".to_owned())
}
