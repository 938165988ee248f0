//! A label on the command line, `key=value`, held to the rules of Kubernetes. Selectors are not read here.

use std::str::FromStr;

use thiserror::Error;

/// A label of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Name with its optional prefix: `app.kubernetes.io/version`.
    pub key: String,
    /// May be empty.
    pub value: String,
}

/// Why it is no label.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LabelError {
    /// No `=`.
    #[error("write it as key=value")]
    NoValue,
    /// What stands before `/` is no DNS name.
    #[error(
        "the prefix {0:?} is no DNS name: lower-case letters, digits, '-' and '.', 253 characters at most"
    )]
    Prefix(String),
    /// The name of the key, after the prefix.
    #[error(
        "{0:?} is no name of a label: 1 to 63 letters, digits, '-', '_' and '.', the ends letters or digits"
    )]
    Name(String),
    /// The value.
    #[error(
        "{0:?} is no value of a label: up to 63 letters, digits, '-', '_' and '.', the ends letters or digits"
    )]
    Value(String),
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let (key, value) = text.split_once('=').ok_or(LabelError::NoValue)?;
        let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
        if let Some(prefix) = prefix
            && !is_dns_name(prefix)
        {
            return Err(LabelError::Prefix(prefix.into()));
        }
        if name.is_empty() || !is_word(name) {
            return Err(LabelError::Name(name.into()));
        }
        if !is_word(value) {
            return Err(LabelError::Value(value.into()));
        }
        Ok(Self { key: key.into(), value: value.into() })
    }
}

fn is_word(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= 63
        && text.chars().all(inside)
        && ends(text.chars().next())
        && ends(text.chars().next_back())
}

fn is_dns_name(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        let long = "a".repeat(63);
        for (key, value) in [
            ("a", "b"),
            ("a", ""),
            ("app.kubernetes.io/version", "3.0.0_x"),
            ("A-b_c.1", &long),
            (&long, "1"),
        ] {
            let label = Label { key: key.into(), value: value.into() };
            assert_eq!(format!("{key}={value}").parse(), Ok(label));
        }
    }

    #[test]
    fn what_the_api_server_would_refuse_is_refused() {
        let long = "a".repeat(64);
        let (name, value, prefix) = (LabelError::Name, LabelError::Value, LabelError::Prefix);
        for (text, error) in [
            ("a".into(), LabelError::NoValue),
            ("=a".into(), name(String::new())),
            ("b/=a".into(), name(String::new())),
            ("a b=c".into(), name("a b".into())),
            ("-a=c".into(), name("-a".into())),
            (format!("{long}=c"), name(long.clone())),
            ("a=b=c".into(), value("b=c".into())),
            ("a=b.".into(), value("b.".into())),
            (format!("a={long}"), value(long.clone())),
            ("/a=c".into(), prefix(String::new())),
            ("B/a=c".into(), prefix("B".into())),
            ("b..c/a=c".into(), prefix("b..c".into())),
            ("b/c/a=c".into(), name("c/a".into())),
        ] {
            assert_eq!(text.parse::<Label>(), Err(error), "{text}");
        }
    }
}
