//! `printf` with Go's verbs. How a value becomes text without a verb is in `go_text.rs`.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::call::{Args, Function, Number, entries, is_list, items, variadic};
use super::encoding::hex;
use super::go_text::{float_text, plain, quoted};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] =
    &[variadic("printf", 1, |a| Ok(Value::from(printf(a)?))), variadic("print", 0, |a| Ok(print(a)?.into()))];

/// Widest field and longest precision: Go's own bound.
const WIDEST: usize = 1_000_000;

/// One verb with its flags: `%-10s`, `%05d`, `%.2f`.
#[derive(Clone, Copy, Default)]
struct Verb {
    letter: char,
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// Go's `printf`, verbs `s v d q t f x X` and `%%`, flags `-`, `+`, space and `0`, width and precision.
///
/// A verb that does not fit prints what Go prints, `%!s(<nil>)` or `%!d(string=a)`. Where Go would print its
/// complaint about the format itself (too few or too many arguments, an unknown verb), and where the text
/// depends on the Go type of a number, this fails: that is a mistake in the template.
fn printf(args: &Args<'_>) -> Result<String, Error> {
    let mut out = String::new();
    let mut values = args.from(1).iter();
    let mut chars = args.text(0)?.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = chars.next_if(|c| "-+ 0".contains(*c)) {
            match flag {
                '-' => verb.left = true,
                '+' => verb.plus = true,
                ' ' => verb.space = true,
                _ => verb.zero = true,
            }
        }
        verb.width = number(args, &mut chars)?.unwrap_or(0);
        if chars.next_if_eq(&'.').is_some() {
            verb.precision = Some(number(args, &mut chars)?.unwrap_or(0));
        }
        verb.letter = chars.next().ok_or_else(|| args.error("the format ends inside a verb"))?;
        match verb.letter {
            '%' => out.push('%'),
            's' | 'v' | 'd' | 'q' | 't' | 'f' | 'x' | 'X' => {
                let value = values.next().ok_or_else(|| args.error("fewer arguments than verbs"))?;
                verb.write(args, &mut out, value, 0)?;
            }
            other => return Err(args.error(format!("the verb %{other} is not supported"))),
        }
    }
    if values.next().is_some() {
        return Err(args.error("more arguments than verbs"));
    }
    Ok(out)
}

fn number(
    args: &Args<'_>,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<Option<usize>, Error> {
    let mut number = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        let next = number.unwrap_or(0) * 10 + digit as usize;
        if next > WIDEST {
            return Err(args.error("a width or a precision is too large"));
        }
        number = Some(next);
    }
    Ok(number)
}

impl Verb {
    fn write(self, args: &Args<'_>, out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
        if let Some(text) = value.as_str() {
            return self.write_text(args, out, text);
        }
        if let Some(number) = Number::of(value) {
            let text = self.number_text(args, number)?;
            self.pad(out, &text, true);
            return Ok(());
        }
        match value.kind() {
            // Inside a list or a map a null is `<nil>` under every verb, unpadded.
            ValueKind::None if depth > 0 => out.push_str("<nil>"),
            ValueKind::None if self.letter == 'v' => self.pad(out, "<nil>", false),
            ValueKind::None => {
                out.extend(['%', '!', self.letter]);
                out.push_str("(<nil>)");
            }
            ValueKind::Bool if matches!(self.letter, 'v' | 't') => self.pad(out, &plain(value)?, false),
            ValueKind::Bool => self.misfit(out, "bool", &plain(value)?),
            ValueKind::Map => {
                out.push_str("map[");
                for (index, (key, item)) in entries(value)?.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { " " });
                    self.write_text(args, out, key)?;
                    out.push(':');
                    self.write(args, out, item, depth + 1)?;
                }
                out.push(']');
            }
            _ if is_list(value) => {
                out.push('[');
                for (index, item) in items(value)?.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { " " });
                    self.write(args, out, item, depth + 1)?;
                }
                out.push(']');
            }
            _ => return Err(args.error("an argument is not data")),
        }
        Ok(())
    }

    fn write_text(self, args: &Args<'_>, out: &mut String, text: &str) -> Result<(), Error> {
        let cut = |text: &str| match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        match self.letter {
            's' | 'v' => self.pad(out, &cut(text), false),
            'q' if self.plus => return Err(args.error("%+q is not supported")),
            'q' => self.pad(out, &quoted(&cut(text)), false),
            'x' | 'X' if self.precision.is_some() || self.space => {
                return Err(args.error("%x of a text takes no flags"));
            }
            'x' => self.pad(out, &hex(text.as_bytes()), false),
            'X' => self.pad(out, &hex(text.as_bytes()).to_uppercase(), false),
            _ => self.misfit(out, "string", &cut(text)),
        }
        Ok(())
    }

    fn number_text(self, args: &Args<'_>, number: Number) -> Result<String, Error> {
        let text = match (self.letter, number) {
            ('d' | 'v', Number::Int(i)) if self.precision.is_none() => i.to_string(),
            ('x', Number::Int(i)) if self.precision.is_none() => integer_hex(i),
            ('X', Number::Int(i)) if self.precision.is_none() => integer_hex(i).to_uppercase(),
            ('v', Number::Float(f)) if self.precision.is_none() => float_text(f),
            ('f', Number::Float(f)) => format!("{f:.*}", self.precision.unwrap_or(6)),
            _ => {
                return Err(args.error(format!(
                    "%{} does not fit a number: use %d after int, or toString",
                    self.letter
                )));
            }
        };
        Ok(match (text.starts_with('-'), self.plus, self.space) {
            (false, true, _) => format!("+{text}"),
            (false, false, true) => format!(" {text}"),
            _ => text,
        })
    }

    /// What Go prints where the verb does not fit the value; the width applies to the value.
    fn misfit(self, out: &mut String, type_name: &str, text: &str) {
        out.extend(['%', '!', self.letter, '(']);
        out.push_str(type_name);
        out.push('=');
        self.pad(out, text, false);
        out.push(')');
    }

    fn pad(self, out: &mut String, text: &str, number: bool) {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.left {
            out.push_str(text);
            out.extend(std::iter::repeat_n(' ', missing));
        } else if self.zero {
            let sign = usize::from(number && text.starts_with(['-', '+', ' ']));
            out.push_str(&text[..sign]);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(&text[sign..]);
        } else {
            out.extend(std::iter::repeat_n(' ', missing));
            out.push_str(text);
        }
    }
}

fn integer_hex(i: i64) -> String {
    format!("{}{:x}", if i < 0 { "-" } else { "" }, i.unsigned_abs())
}

/// Go's `print`: texts side by side, a space between two neighbors neither of which is a text.
fn print(args: &Args<'_>) -> Result<String, Error> {
    let mut out = String::new();
    let mut before_is_text = true;
    for value in args.values {
        let is_text = value.kind() == ValueKind::String;
        if !before_is_text && !is_text {
            out.push(' ');
        }
        out.push_str(&plain(value)?);
        before_is_text = is_text;
    }
    Ok(out)
}
