//! `semverCompare` with the constraint rules of Masterminds/semver 3.5, which differ from Cargo's and npm's.
//!
//! Between `||` stand groups, in a group conditions joined by comma or space. `1.2` or `1.x` means `~`, a bare
//! full version means equality, `1.2 - 1.4` is a closed range. A prerelease satisfies a group only if one of
//! its conditions names a prerelease (`>=1.30-0`).

use std::cmp::Ordering;
use std::sync::LazyLock;

use ::regex::Regex;
use minijinja::Value;

use super::call::{Function, fixed};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[fixed("semverCompare", 2, |a| {
    let groups = parse_constraint(a.text(0)?).map_err(|reason| a.error(reason))?;
    let version = Version::parse(a.text(1)?).ok_or_else(|| a.error("invalid semantic version"))?;
    Ok(Value::from(groups.iter().any(|group| satisfies(group, &version))))
})];

/// Longest constraint, most groups, longest version: the library's own bounds.
const MOST: (usize, usize, usize) = (512, 32, 256);

/// The operators; the order is how alternatives are tried.
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// A version with wildcards: the parts with their dots, prerelease and build with their marks.
const PATTERN: &str = r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";

/// Space as Go's `\s`.
const SPACE: &str = r"[\t\n\x0c\r ]";

static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let id = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";
    Regex::new(&format!(r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({id}))?(?:\+({id}))?$")).ok()
});
static CONDITION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("^{SPACE}*({OPERATORS}){SPACE}*{PATTERN}{SPACE}*$")).ok());
static FIND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?:{OPERATORS}){SPACE}*{PATTERN}")).ok());
static GROUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let one = format!("(?:{OPERATORS}){SPACE}*{PATTERN}{SPACE}*");
    Regex::new(&format!("^(?:{SPACE}*{one})(?:(?:{SPACE}+|,{SPACE}*){one})*$")).ok()
});
static RANGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("{SPACE}*({PATTERN}){SPACE}+-{SPACE}+({PATTERN}){SPACE}*")).ok());

/// A version. Build metadata does not count.
#[derive(Debug)]
struct Version {
    parts: [u64; 3],
    pre: String,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST.2 {
            return None;
        }
        let found = VERSION.as_ref()?.captures(text)?;
        let part = |index| found.get(index).map_or(Some(0), |m| m.as_str().parse().ok());
        let pre = found.get(4).map_or("", |m| m.as_str());
        // The library takes numbers with leading zeros in the parts but not in the prerelease.
        let sound =
            |id: &str| !(id.len() > 1 && id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit()));
        if !pre.is_empty() && !pre.split('.').all(sound) {
            return None;
        }
        Some(Self { parts: [part(1)?, part(2)?, part(3)?], pre: pre.to_owned() })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts).then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

/// No prerelease is after any; numbers are before words and compare as numbers.
fn compare_pre(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        return a.is_empty().cmp(&b.is_empty());
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let order = match (x.parse::<u64>(), y.parse::<u64>()) {
            (Ok(x), Ok(y)) => x.cmp(&y),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// One condition: an operator and a version, of which parts may be open.
#[derive(Debug)]
struct Condition {
    operator: String,
    version: Version,
    /// How many leading parts are given: 0 to 3.
    given: usize,
}

fn parse_constraint(text: &str) -> Result<Vec<Vec<Condition>>, String> {
    let bad = |text: &str| format!("improper constraint: {text:?}");
    if text.len() > MOST.0 {
        return Err("constraint string is too long".to_owned());
    }
    let mut whole = text.to_owned();
    for range in RANGE.iter().flat_map(|r| r.captures_iter(text)) {
        let (from, to) = (range.get(1).map_or("", |m| m.as_str()), range.get(7).map_or("", |m| m.as_str()));
        whole = whole.replacen(&range[0], &format!(">= {from}, <= {to} "), 1);
    }
    let groups: Vec<&str> = whole.split("||").collect();
    if groups.len() > MOST.1 {
        return Err("too many constraint groups".to_owned());
    }
    groups
        .into_iter()
        .map(|group| {
            if !GROUP.as_ref().is_some_and(|r| r.is_match(group)) {
                return Err(bad(group));
            }
            let found = FIND.iter().flat_map(|r| r.find_iter(group));
            found.map(|m| parse_condition(m.as_str()).ok_or_else(|| bad(m.as_str()))).collect()
        })
        .collect()
}

fn parse_condition(text: &str) -> Option<Condition> {
    let found = CONDITION.as_ref()?.captures(text)?;
    let part = |index| found.get(index).map_or("", |m| m.as_str());
    let parts = [part(2), part(3), part(4)].map(|part| part.trim_start_matches('.'));
    let open = |part: &str| matches!(part, "" | "x" | "X" | "*");
    let given = parts.iter().position(|part| open(part)).unwrap_or(3);
    let digits = |index: usize| if index < given { parts[index] } else { "0" };
    // Only where parts are open is the build dropped; it does not count anyway.
    let version = format!("{}.{}.{}{}", digits(0), digits(1), digits(2), part(5));
    Some(Condition { operator: part(1).to_owned(), version: Version::parse(&version)?, given })
}

fn satisfies(group: &[Condition], version: &Version) -> bool {
    let names_pre = group.iter().any(|condition| !condition.version.pre.is_empty());
    (version.pre.is_empty() || names_pre) && group.iter().all(|condition| condition.holds(version))
}

impl Condition {
    fn holds(&self, v: &Version) -> bool {
        let c = &self.version;
        let order = v.compare(c);
        match self.operator.as_str() {
            "" | "=" if self.given == 3 => order == Ordering::Equal,
            "" | "=" | "~" | "~>" => self.tilde(v),
            "!=" => self.differs(v),
            ">" if self.given == 1 => v.parts[0] > c.parts[0],
            ">" if self.given == 2 => v.parts[..2] > c.parts[..2],
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" if self.given == 3 => order != Ordering::Greater,
            // Of a wildcard alone the library compares major and minor with 0.
            "<=" | "=<" if self.given == 1 => v.parts[0] <= c.parts[0],
            "<=" | "=<" => v.parts[..2] <= c.parts[..2],
            "^" => self.caret(v),
            _ => false,
        }
    }

    /// The same minor, or the same major where only that is given; `~0.0.0` and `~*` take everything later.
    fn tilde(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.compare(c) == Ordering::Less {
            return false;
        }
        let everything = c.parts == [0, 0, 0] && matches!(self.given, 0 | 3);
        everything || (v.parts[0] == c.parts[0] && (self.given == 1 || v.parts[1] == c.parts[1]))
    }

    fn differs(&self, v: &Version) -> bool {
        let c = &self.version;
        match self.given {
            1 => v.parts[0] != c.parts[0],
            2 => v.parts[..2] != c.parts[..2] || compare_pre(&v.pre, &c.pre) != Ordering::Equal,
            _ => v.compare(c) != Ordering::Equal,
        }
    }

    /// Everything up to the next change of the first part that is not 0.
    fn caret(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.compare(c) == Ordering::Less {
            return false;
        }
        if c.parts[0] > 0 || self.given == 1 {
            return v.parts[0] == c.parts[0];
        }
        if v.parts[0] > 0 {
            return false;
        }
        if c.parts[1] > 0 || self.given == 2 {
            return v.parts[1] == c.parts[1];
        }
        v.parts == c.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(constraint: &str, version: &str) -> bool {
        let version = Version::parse(version).unwrap();
        parse_constraint(constraint).unwrap().iter().any(|group| satisfies(group, &version))
    }

    #[test]
    fn a_prerelease_matches_only_where_one_is_named() {
        assert!(!holds(">=1.30", "1.31.0-gke.1"));
        assert!(holds(">=1.30-0", "1.31.0-gke.1"));
        assert!(!holds(">=1.30 || >=2-0", "1.31.0-gke.1"));
    }

    #[test]
    fn nonsense_is_refused() {
        for constraint in ["", "a", ">=", "1.2.3.4", ">> 1", "1 | 2", "||", "1.2.3-01"] {
            assert!(parse_constraint(constraint).is_err(), "{constraint}");
        }
        for version in ["", "a", "1.2.3.4", "1.2.3-01", "1.2.3-", "99999999999999999999"] {
            assert!(Version::parse(version).is_none(), "{version}");
        }
    }
}
