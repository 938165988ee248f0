//! Values as lines that a person reads: whole, or of two long texts the lines that differ with some around them. Where
//! they are printed and in which color is the printer's business.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value as Json;

use super::align;
use crate::yaml;

/// What is said by a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Something was put in.
    Added,
    /// Something was taken out.
    Removed,
    /// The same on both sides.
    Same,
    /// About the lines below.
    Note,
}

pub(super) type Line = (Sign, String);

/// Longest JSON that stands on the line of its path.
const SHORT: usize = 100;

/// Lines that are shown before and after those that differ.
const AROUND: usize = 2;

/// The value as one line of JSON, if it is short.
pub(super) fn short(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if text.contains('\n') || text.len() > SHORT => None,
        // Long ones are not written to be measured.
        Json::Array(items) if items.len() > SHORT / 2 => None,
        Json::Object(map) if map.len() > SHORT / 4 => None,
        value => Some(flow(value)).filter(|text| text.len() <= SHORT),
    }
}

/// The value as lines: JSON if it is short, a text's own lines, else YAML.
pub(super) fn whole(sign: Sign, value: &Json) -> Vec<Line> {
    let text = match (short(value), value) {
        (Some(text), _) => text,
        (None, Json::String(text)) if text.contains('\n') => return of_text(sign, text),
        (None, Json::String(_)) => flow(value),
        // YAML that would lose a character is none.
        (None, _) => Some(yaml::to_yaml(value)).filter(|_| !has_odd(value)).unwrap_or_else(|| flow(value)),
    };
    text.lines().map(|line| (sign, visible(line).into_owned())).collect()
}

fn of_text(sign: Sign, text: &str) -> Vec<Line> {
    text.split_inclusive('\n').flat_map(|line| shown(sign, line)).collect()
}

/// A line of a text; a note follows if it is the last one and does not end.
fn shown(sign: Sign, line: &str) -> impl Iterator<Item = Line> + use<> {
    let (text, note) = match line.strip_suffix('\n') {
        Some(text) => (text, None),
        None => (line, Some((Sign::Note, "(no line end)".to_owned()))),
    };
    std::iter::once((sign, visible(text).into_owned())).chain(note)
}

/// The lines in which two texts differ, with those around them.
pub(super) fn changed(before: &str, after: &str) -> Vec<Line> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut found = Vec::new();
    let runs = align::differing(&old, &new);
    // Up to which line of the first text everything is shown.
    let mut done = 0;
    for (index, (gone, come)) in runs.iter().enumerate() {
        let from = gone.start.saturating_sub(AROUND).max(done);
        if from > done || index == 0 && from > 0 {
            found.push((Sign::Note, format!("line {}:", from + 1)));
        }
        let mut push = |sign, lines: &[&str], range: Range<usize>| {
            found.extend(lines[range].iter().flat_map(|line| shown(sign, line)));
        };
        push(Sign::Same, &old, from..gone.start);
        push(Sign::Removed, &old, gone.clone());
        push(Sign::Added, &new, come.clone());
        let next = runs.get(index + 1).map_or(old.len(), |(gone, _)| gone.start);
        done = (gone.end + AROUND).min(next);
        push(Sign::Same, &old, gone.end..done);
    }
    found
}

/// A text with everything that a terminal would act upon made visible.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_odd) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            c if is_odd(c) => {
                let _ = write!(shown, "\\u{:04x}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown.into()
}

/// JSON on one line, with everything escaped that a terminal would act upon or that YAML would not take.
pub(super) fn flow(value: &Json) -> String {
    let mut text = value.to_string();
    if text.contains(is_odd) {
        // All of these stand inside of strings.
        text = visible(&text).into_owned();
    }
    text
}

/// Control characters, those that turn the direction of writing, and those that YAML folds or refuses. All of them have
/// an escape of four digits.
fn is_odd(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn has_odd(value: &Json) -> bool {
    // In JSON's own text the line breaks are escaped.
    value.to_string().contains(is_odd)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(lines: &[Line]) -> String {
        let sign = |sign| match sign {
            Sign::Added => "+",
            Sign::Removed => "-",
            Sign::Same => " ",
            Sign::Note => "@",
        };
        lines.iter().flat_map(|(s, line)| [sign(*s).to_owned(), line.clone(), "\n".to_owned()]).collect()
    }

    #[test]
    fn of_two_texts_the_lines_that_differ_are_shown_with_those_around_them() {
        let text = |lines: &[&str]| lines.join("\n") + "\n";
        let old = text(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]);
        let new = text(&["1", "2", "3", "4", "five", "6", "7", "8", "9", "10", "11"]);
        assert_eq!(
            printed(&changed(&old, &new)),
            "@line 3:\n 3\n 4\n-5\n+five\n 6\n 7\n@line 10:\n 10\n 11\n-12\n"
        );
        assert_eq!(printed(&changed("a\nb", "a\nb\n")), " a\n-b\n@(no line end)\n+b\n");
        assert_eq!(printed(&changed("a\n", "a\r\n")), "-a\n+a\\r\n");
        assert_eq!(printed(&changed("1\n2\n3\n4\n", "one\n2\n3\nfour\n")), "-1\n+one\n 2\n 3\n-4\n+four\n");
    }

    #[test]
    fn values_are_json_when_short_and_else_their_lines() {
        assert_eq!(short(&json!({"a": [1, "b"]})).as_deref(), Some(r#"{"a":[1,"b"]}"#));
        assert_eq!(short(&json!("a\nb")), None);
        assert_eq!(printed(&whole(Sign::Added, &json!("a\nb\n"))), "+a\n+b\n");
        let long = json!({"b": "x".repeat(99), "a": [{"c": 1}]});
        assert_eq!(printed(&whole(Sign::Removed, &long)), format!("-a:\n-- c: 1\n-b: {}\n", "x".repeat(99)));
        // go-yaml would print nothing.
        let odd = json!({"a": format!("\u{7f}{}", "x".repeat(99))});
        assert!(printed(&whole(Sign::Added, &odd)).contains("\\u007fxx"));
    }

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(visible("a\u{1b}[31m\u{9b}\u{202e}\t\u{e9}"), "a\\u001b[31m\\u009b\\u202e\t\u{e9}");
        assert_eq!(flow(&json!("\u{7f}\u{1b}\n\u{2028}")), r#""\u007f\u001b\n\u2028""#);
    }
}
