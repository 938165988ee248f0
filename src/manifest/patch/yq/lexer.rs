//! The words of a yq expression. Cut as yq cuts them, also where that surprises (`.args+="x"` names the key `args+`),
//! because what is read otherwise would be translated wrongly. Their order is the parser's business.

use std::ops::Range;

use super::error::{Cause, Refusal, refuse};

/// A word, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `.key` or `."key"`.
    Key(String),
    /// `.`
    Dot,
    /// `(`, `)`, `[` (also `.[`), `]`, `{`, `}`, `;`, `:`
    Mark(char),
    Operator(Operator),
    /// A text, its escapes read.
    Text(String),
    /// A number as it is written.
    Number(String),
    True,
    False,
    Null,
    /// `select`, `del`, `not` …
    Word(String),
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Comma,
    And,
    Or,
    Pipe,
    Assign,
    Update,
    AddAssign,
    Equal,
    NotEqual,
    MultiplyAssign,
    Add,
}

impl Operator {
    /// The higher, the tighter. Of the same rank, the right one binds first. (`Precedence` in yq's `operation.go`.)
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Comma => 10,
            Self::And | Self::Or => 20,
            Self::Pipe => 30,
            Self::Assign | Self::Update | Self::AddAssign | Self::Equal | Self::NotEqual => 40,
            Self::MultiplyAssign | Self::Add => 42,
        }
    }
}

/// What of an expression comes first when several begin alike.
const OPERATORS: &[(&str, Option<Operator>)] = &[
    ("==", Some(Operator::Equal)),
    ("!=", Some(Operator::NotEqual)),
    ("|=", Some(Operator::Update)),
    ("+=", Some(Operator::AddAssign)),
    ("*=", Some(Operator::MultiplyAssign)),
    ("-=", None),
    ("//", None),
    ("=", Some(Operator::Assign)),
    ("|", Some(Operator::Pipe)),
    (",", Some(Operator::Comma)),
    ("+", Some(Operator::Add)),
];

/// The words of an expression.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            ' ' | '\t' | '\n' => 1,
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                let (kind, length) = token(rest, first, at)?;
                found.push(Token { kind, span: at..at + length });
                length
            }
        };
        at += length;
    }
    Ok(found)
}

fn token(rest: &str, first: char, at: usize) -> Result<(Kind, usize), Refusal> {
    let unknown = |length: usize| refuse(&(at..at + length), Cause::Unknown);
    match first {
        '(' | ')' | '[' | ']' | '{' | '}' | ';' | ':' => {
            let optional = first == ']' && rest[1..].starts_with('?');
            if optional { unknown(2) } else { Ok((Kind::Mark(first), 1)) }
        }
        '.' if rest.starts_with("..") => unknown(rest.len() - rest.trim_start_matches('.').len()),
        '.' if rest.starts_with(".[") => Ok((Kind::Mark('['), 2)),
        '.' => path_element(rest, at),
        '"' => {
            let length =
                text_length(rest).ok_or(Refusal { span: at..at + rest.len(), cause: Cause::OpenText })?;
            let text = unescaped(&rest[1..length - 1], at + 1)?;
            Ok((Kind::Text(text), length))
        }
        '\'' => refuse(&(at..at + 1), Cause::Expected("a text in double quotes")),
        '~' => Ok((Kind::Null, 1)),
        '-' | '0'..='9' if rest.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) => {
            let length = 1 + run(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '.');
            // The sign of an exponent.
            let signed = rest[..length].ends_with(['e', 'E']) && rest[length..].starts_with(['+', '-']);
            let length =
                if signed { length + 1 + run(&rest[length + 1..], |c| c.is_ascii_digit()) } else { length };
            Ok((Kind::Number(rest[..length].to_owned()), length))
        }
        c if c.is_ascii_alphabetic() || c == '_' => {
            let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
            Ok((word(&rest[..length]), length))
        }
        _ => operator(rest, at, first),
    }
}

fn operator(rest: &str, at: usize, first: char) -> Result<(Kind, usize), Refusal> {
    let found = OPERATORS.iter().find(|(text, _)| rest.starts_with(text));
    match found {
        Some((text, Some(operator))) => {
            // Flags (`=c`, `*=+`) change what it does.
            let flags = text.ends_with('=') && *text != "==" && *text != "!=" && *text != "+=";
            let length =
                text.len() + if flags { run(&rest[text.len()..], |c| "+?cdn|".contains(c)) } else { 0 };
            if length > text.len() {
                refuse(&(at..at + length), Cause::Unknown)
            } else {
                Ok((Kind::Operator(*operator), length))
            }
        }
        Some((text, None)) => refuse(&(at..at + text.len()), Cause::Unknown),
        None => refuse(&(at..at + first.len_utf8()), Cause::Unknown),
    }
}

fn word(text: &str) -> Kind {
    match text.to_ascii_lowercase().as_str() {
        "true" => Kind::True,
        "false" => Kind::False,
        "null" => Kind::Null,
        _ => match text {
            "and" => Kind::Operator(Operator::And),
            "or" => Kind::Operator(Operator::Or),
            _ => Kind::Word(text.to_owned()),
        },
    }
}

/// `."a.b"`, `.a`, or `.` alone.
fn path_element(rest: &str, at: usize) -> Result<(Kind, usize), Refusal> {
    if let Some(quoted) = rest.strip_prefix(".\"") {
        // yq takes no space in a quoted name, and no quote.
        let Some(end) = quoted.find(['"', ' ']).filter(|end| *end > 0 && quoted[*end..].starts_with('"'))
        else {
            let end = quoted.find('"').map_or(rest.len(), |end| end + 3);
            return refuse(&(at..at + end), Cause::Key);
        };
        let span = at..at + end + 3;
        key(&quoted[..end], &span)?;
        if quoted[end + 1..].starts_with('?') {
            return refuse(&span, Cause::Unknown);
        }
        return Ok((Kind::Key(quoted[..end].to_owned()), end + 3));
    }
    let length = 1 + run(&rest[1..], |c| !" ;}{:[],|.()=\n!".contains(c));
    let (name, span) = (&rest[1..length], at..at + length);
    if name.is_empty() {
        return Ok((Kind::Dot, 1));
    }
    if name.ends_with(['+', '-', '*', '/', '%', '<', '>']) && rest[length..].starts_with('=')
        || name.contains(['\t', '"', '#', '\r'])
    {
        return refuse(&span, Cause::Glued);
    }
    key(name, &span)?;
    Ok((Kind::Key(name.to_owned()), length))
}

/// Refuses keys that mean something else in a patch.
pub(super) fn key(name: &str, span: &Range<usize>) -> Result<(), Refusal> {
    if name.contains(['*', '?']) {
        refuse(span, Cause::Wildcard)
    } else if name.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !name.is_empty() {
        refuse(span, Cause::Digits)
    } else if name.is_empty() || name.contains('[') || name == "<<" || name.contains('\\') {
        refuse(span, Cause::Key)
    } else {
        Ok(())
    }
}

fn run(text: &str, takes: impl Fn(char) -> bool) -> usize {
    text.find(|c| !takes(c)).unwrap_or(text.len())
}

/// The bytes of the text that begins here, with its quotes.
fn text_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    })?;
    Some(end.0 + 1)
}

/// A text without its escapes. yq reads backslashes twice; only those that both readings leave alike are understood.
fn unescaped(text: &str, at: usize) -> Result<String, Refusal> {
    let mut read = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if c != '\\' {
            read.push(c);
            continue;
        }
        let span = at + offset..at + offset + 2;
        match chars.next().map(|(_, c)| c) {
            Some('"') => read.push('"'),
            Some('n') => read.push('\n'),
            Some('t') => read.push('\t'),
            Some('r') => read.push('\r'),
            Some('\\') if !matches!(chars.peek(), Some((_, '\\' | '('))) => read.push('\\'),
            Some('(') => return refuse(&span, Cause::Interpolation),
            // For regular expressions; both readings keep the backslash.
            Some(c @ ('.' | '-' | '/' | 'd' | 'w' | 's' | '$' | '^' | '[' | ']' | '|' | '+' | '*' | '?')) => {
                read.push('\\');
                read.push(c);
            }
            _ => return refuse(&(span.start..span.start + 1), Cause::Escape),
        }
    }
    Ok(read)
}
