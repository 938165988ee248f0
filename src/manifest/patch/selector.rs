//! Label selectors as `kubectl get -l` takes them (`k8s.io/apimachinery/pkg/labels`): requirements that must all hold.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Requirements on labels or annotations.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Selector {
    text: String,
    #[schemars(skip)]
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    /// Also true where the key is missing, as in Kubernetes.
    NotIn(Vec<String>),
}

/// Why a selector is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the selector {text:?} cannot be read at {at:?}: write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, with commas between"
)]
pub struct SelectorError {
    /// The selector.
    pub text: String,
    /// The requirement that is wrong.
    pub at: String,
}

impl Selector {
    /// Reads a selector. An empty one matches everything.
    ///
    /// # Errors
    /// [`SelectorError`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut requirements = Vec::new();
        for part in parts(text) {
            let part = part.trim();
            let refuse = || SelectorError { text: text.to_owned(), at: part.to_owned() };
            requirements.push(Requirement::parse(part).ok_or_else(refuse)?);
        }
        Ok(Self { text: text.to_owned(), requirements })
    }

    /// The first requirement that does not hold, and what is there instead.
    pub(super) fn misses(&self, found: &BTreeMap<String, String>) -> Option<(String, String)> {
        let missed = self.requirements.iter().find(|requirement| !requirement.holds(found))?;
        let there = found.get(&missed.key).map(|value| format!("{}={value}", missed.key));
        Some((missed.to_string(), there.unwrap_or_default()))
    }
}

/// The text at commas outside of parentheses; none for an empty text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0i32;
    let split = text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    });
    split.filter(move |_| !text.trim().is_empty())
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        if let Some(key) = text.strip_prefix('!') {
            return Some(Self { key: key_of(key)?, test: Test::Missing });
        }
        for (operator, negated) in [("!=", true), ("==", false), ("=", false)] {
            if let Some((key, value)) = text.split_once(operator) {
                let values = vec![value_of(value)?];
                let condition = if negated { Test::NotIn(values) } else { Test::In(values) };
                return Some(Self { key: key_of(key)?, test: condition });
            }
        }
        let Some((key, list)) = text.split_once('(') else {
            return Some(Self { key: key_of(text)?, test: Test::Exists });
        };
        let values = list.strip_suffix(')')?.split(',').map(value_of).collect::<Option<Vec<_>>>()?;
        let (key, operator) = key.trim_end().rsplit_once(char::is_whitespace)?;
        let condition = match operator {
            "in" => Test::In(values),
            "notin" => Test::NotIn(values),
            _ => return None,
        };
        Some(Self { key: key_of(key)?, test: condition })
    }

    fn holds(&self, found: &BTreeMap<String, String>) -> bool {
        let value = found.get(&self.key);
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
        }
    }
}

fn key_of(text: &str) -> Option<String> {
    let key = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (!key.is_empty() && key.chars().all(fits)).then(|| key.to_owned())
}

/// Values of annotations may hold anything but what separates them.
fn value_of(text: &str) -> Option<String> {
    let value = text.trim();
    (!value.contains(['(', ')', '=', '!'])).then(|| value.to_owned())
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.test {
            Test::Exists => write!(f, "{key}"),
            Test::Missing => write!(f, "!{key}"),
            Test::In(values) if values.len() == 1 => write!(f, "{key}={}", values.concat()),
            Test::NotIn(values) if values.len() == 1 => write!(f, "{key}!={}", values.concat()),
            Test::In(values) => write!(f, "{key} in ({})", values.join(",")),
            Test::NotIn(values) => write!(f, "{key} notin ({})", values.join(",")),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Selector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> BTreeMap<String, String> {
        [("app", "x"), ("example.com/tier", "web"), ("empty", "")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    }

    #[test]
    fn requirements_hold_as_in_kubectl() {
        for (selector, holds) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("!other", true),
            ("app=x", true),
            ("app == x", true),
            ("app!=x", false),
            ("other!=x", true),
            ("empty=", true),
            ("app in (y, x)", true),
            ("app notin (y)", true),
            ("other notin (y)", true),
            ("other in (y)", false),
            ("app=x,example.com/tier in (web,db),!canary", true),
            ("app=x,example.com/tier=db", false),
        ] {
            assert_eq!(Selector::parse(selector).unwrap().misses(&labels()).is_none(), holds, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for selector in ["=", "a=b=c", "a b", "a in", "a in (b", "a within (b)", "a,,b", ",", "!", "a=(b)"] {
            assert!(Selector::parse(selector).is_err(), "{selector}");
        }
    }
}
