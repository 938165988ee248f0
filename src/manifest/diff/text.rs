//! Differences for people: an object's line, and below it a line for each path.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

use super::compare::{Difference, List};
use super::lines::{self, Line, Sign};
use super::path::{self, Step};
use super::{Changed, Counts, Report, Subject, mask};

const CHANGED: Style = AnsiColor::Yellow.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const NOTE: Style = AnsiColor::Cyan.on_default();

pub(super) struct Text {
    color: bool,
    out: String,
}

impl Text {
    pub(super) fn new(color: bool) -> Self {
        Self { color, out: String::new() }
    }

    /// The text in a style, where there are colors.
    fn styled(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn object(&mut self, style: Style, sign: char, subject: &Subject<'_>) {
        let line = format!("{sign} {}", lines::visible(&subject.identity.to_string()));
        let line = self.styled(style.bold(), &line);
        let _ = writeln!(self.out, "{line}");
    }

    fn difference<'a>(&mut self, steps: &mut Vec<Step<'a>>, difference: &Difference<'a>) {
        match difference {
            Difference::Map { entries, .. } => {
                for (key, below) in entries {
                    steps.push(Step::Key(key));
                    self.difference(steps, below);
                    steps.pop();
                }
            }
            Difference::List(List { items, order, .. }) => {
                if let Some([before, after]) = order {
                    self.order(steps, &before.join(", "), &after.join(", "));
                }
                for (step, below) in items {
                    steps.push(step.clone());
                    self.difference(steps, below);
                    steps.pop();
                }
            }
            Difference::Added(value) => self.one(steps, ADDED, '+', Sign::Added, value),
            Difference::Removed(value) => self.one(steps, REMOVED, '-', Sign::Removed, value),
            Difference::Replaced(before, after) => self.replaced(steps, before, after),
        }
    }

    /// A line of a path; `rest` is styled already.
    fn path(&mut self, style: Style, sign: char, steps: &[Step<'_>], rest: &str) {
        let line = format!("{sign} {}", lines::visible(&path::text(steps)));
        let _ = writeln!(self.out, "    {}{rest}", self.styled(style, &line));
    }

    fn below(&mut self, lines: &[Line]) {
        for (sign, line) in lines {
            let (style, sign) = match sign {
                Sign::Added => (ADDED, "+ "),
                Sign::Removed => (REMOVED, "- "),
                Sign::Same => (Style::new(), "  "),
                Sign::Note => (NOTE, "@ "),
            };
            let line = format!("{sign}{line}");
            let _ = writeln!(self.out, "        {}", self.styled(style, line.trim_end()));
        }
    }

    fn one(&mut self, steps: &[Step<'_>], style: Style, sign: char, lines: Sign, value: &Json) {
        // The path of a list's text says the text.
        if let Some(Step::Item { field: "", .. }) = steps.last() {
            return self.path(style, sign, steps, "");
        }
        if let Some(value) = short(value) {
            return self.path(style, sign, steps, &format!(": {}", self.styled(style, &value)));
        }
        self.path(style, sign, steps, ":");
        self.below(&lines::whole(lines, value));
    }

    fn replaced(&mut self, steps: &[Step<'_>], before: &Json, after: &Json) {
        if let (Json::String(before), Json::String(after)) = (before, after)
            && (before.contains('\n') || after.contains('\n'))
        {
            self.path(CHANGED, '~', steps, ":");
            return self.below(&lines::changed(before, after));
        }
        let named = matches!(steps.last(), Some(Step::Item { field: "", .. }));
        match (short(before), short(after)) {
            (Some(_), Some(after)) if named => {
                let rest = format!(" → {}", self.styled(ADDED, &after));
                self.path(CHANGED, '~', steps, &rest);
            }
            (Some(before), Some(after)) if before.len() + after.len() <= 120 => {
                let rest = format!(": {} → {}", self.styled(REMOVED, &before), self.styled(ADDED, &after));
                self.path(CHANGED, '~', steps, &rest);
            }
            _ => {
                self.path(CHANGED, '~', steps, ":");
                self.below(&lines::whole(Sign::Removed, before));
                self.below(&lines::whole(Sign::Added, after));
            }
        }
    }

    fn order(&mut self, steps: &[Step<'_>], before: &str, after: &str) {
        let (before, after) = (lines::visible(before).into_owned(), lines::visible(after).into_owned());
        if before.len() + after.len() <= 120 {
            let rest =
                format!(" (order): {} → {}", self.styled(REMOVED, &before), self.styled(ADDED, &after));
            return self.path(CHANGED, '~', steps, &rest);
        }
        self.path(CHANGED, '~', steps, " (order):");
        self.below(&[(Sign::Removed, before), (Sign::Added, after)]);
    }
}

/// A value on the line of its path, if it is short. What stands for a secret is no text of the object.
fn short(value: &Json) -> Option<String> {
    match value.as_str().filter(|text| mask::is_mask(text)) {
        Some(mask) => Some(mask.to_owned()),
        None => lines::short(value),
    }
}

impl Report for Text {
    fn changed(&mut self, subject: &Subject<'_>, changed: &Changed<'_>) {
        self.object(CHANGED, '~', subject);
        self.difference(&mut Vec::new(), &changed.difference);
    }

    fn added(&mut self, subject: &Subject<'_>) {
        self.object(ADDED, '+', subject);
    }

    fn removed(&mut self, subject: &Subject<'_>) {
        self.object(REMOVED, '-', subject);
    }

    fn finish(mut self: Box<Self>, counts: Counts) -> (String, Vec<String>) {
        let Counts { changed, added, removed, same } = counts;
        if counts.differ() {
            let parts = [(changed, "changed"), (added, "added"), (removed, "removed"), (same, "the same")];
            let parts = parts.iter().filter(|(number, _)| *number > 0);
            let parts: Vec<_> = parts.map(|(number, what)| format!("{number} {what}")).collect();
            let _ = writeln!(self.out, "{}", parts.join(", "));
        }
        (self.out, Vec::new())
    }
}
