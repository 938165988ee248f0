//! Path patterns as Go's `filepath.Match` reads them on Unix: `*` and `?` stay inside one path part, `[a-z]`,
//! `[^a]` and `\` as usual. A malformed pattern matches nothing, because Helm ignores that error.

/// True when the pattern matches the whole name.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (Some(pattern), name) = (parse(pattern), name.chars().collect::<Vec<_>>()) else { return false };
    // The last `*` seen, and how far it has eaten: the usual walk with one point to come back to.
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() || p < pattern.len() {
        match (pattern.get(p), name.get(n)) {
            (Some(Part::Star), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(part), Some(&c)) if part.takes(c) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, eaten)) if name.get(eaten).is_some_and(|c| *c != '/') => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    n = eaten + 1;
                }
                _ => return false,
            },
        }
    }
    true
}

/// Whether the pattern is one at all.
#[must_use]
pub fn is_valid(pattern: &str) -> bool {
    parse(pattern).is_some()
}

enum Part {
    Star,
    Any,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => c != '/',
            Self::Char(expected) => *expected == c,
            // As in Go, a class may match a slash.
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// `None` for a malformed pattern.
fn parse(pattern: &str) -> Option<Vec<Part>> {
    let mut chars = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' => Part::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = class_char(&mut chars)?;
                    let high = if chars.next_if_eq(&'-').is_some() { class_char(&mut chars)? } else { low };
                    ranges.push((low, high));
                }
                Part::Class { negated, ranges }
            }
            other => Part::Char(other),
        });
    }
    Some(parts)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("templates/x.yaml", "templates/x.yaml", true),
            ("templates/*.yaml", "templates/x.yaml", true),
            ("templates/*", "templates/a/x.yaml", false),
            ("templates/*/*", "templates/a/x.yaml", true),
            ("*/x.yaml", "templates/x.yaml", true),
            ("**", "a/b", false),
            ("", "", true),
            ("*", "", true),
            ("a?c", "a/c", false),
            ("a?c", "aéc", true),
            ("a[b-d]e", "ace", true),
            ("a[^b-d]e", "ace", false),
            ("a[^b]e", "a/e", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a*b*c", "axbybzc", true),
            ("a*b*c", "axbybzcd", false),
            ("[", "[", false),
            ("[]a]", "]", false),
            ("[-]", "-", false),
            ("a\\", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }
}
