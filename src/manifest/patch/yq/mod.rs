//! Translates the yq expressions (mikefarah's, version 4) that people pipe rendered charts through into patches, or says
//! which part of one cannot be a patch. Patches that would mean something else are never made.

mod change;
mod error;
mod known;
mod lexer;
mod replaced;
mod select;
mod syntax;
mod translate;

use std::fmt;

pub use error::{Cause, YqError};

use super::{Expect, Patch, to_yaml};

/// What an expression was translated to. Displayed, it is a patch file with comments on top.
#[derive(Clone, Debug)]
pub struct Translation {
    /// The patches, in order.
    pub patches: Vec<Patch>,
    /// What differs from yq, and what else to know: a sentence each.
    pub notes: Vec<String>,
    expression: String,
}

/// Translates an expression.
///
/// # Errors
/// [`YqError`] for the first part that cannot be translated.
pub fn translate(expression: &str) -> Result<Translation, YqError> {
    let changes = syntax::parse(expression).and_then(|expr| translate::translate(&expr));
    let changes = changes.map_err(|refusal| refusal.shown(expression))?;
    let mut notes = Vec::new();
    let mut note = |holds: bool, text: &str| {
        if holds {
            notes.push(text.to_owned());
        }
    };
    let must_match = changes.patches.iter().any(|patch| patch.expect == Expect::Some);
    note(
        changes.drops,
        "yq prints only what a bare `select(…) | …` selects and drops all else; this keeps it.",
    );
    note(must_match, "yq says nothing when nothing matches; this fails (`expect: some`).");
    note(!must_match, "Without a select this is for every object.");
    note(
        changes.appends,
        "Fails where there is no such list, or the value is in it; yq would make it, or add it twice.",
    );
    note(changes.items, "Fails on an object whose list has no such item; yq would pass it by.");
    note(changes.needs, "Fails where the path leads nowhere; yq would make what is missing, or pass it by.");
    let values = replaced::values(&changes.written);
    if !values.is_empty() {
        let (has, does) = if values.len() == 1 { ("a value", "does") } else { ("values", "do") };
        notes.push(format!("The spark-operator chart has {has} that {does} this: {}.", values.join(", ")));
    }
    Ok(Translation { patches: changes.patches, notes, expression: expression.to_owned() })
}

impl fmt::Display for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = |c: char| {
            if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }
        };
        let mut lines =
            self.expression.trim().lines().map(|line| line.chars().map(clean).collect::<String>());
        writeln!(f, "# from yq: {}", lines.next().unwrap_or_default().trim_end())?;
        for line in lines {
            writeln!(f, "#   {}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "# {note}")?;
        }
        f.write_str(&to_yaml(&self.patches))
    }
}
