//! Which macros call which, to refuse one that never ends.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::{Expr, Piece, Tag};

/// The name of a macro that calls itself, directly or through others.
pub(super) fn recursive<'a>(
    pieces: impl Iterator<Item = &'a Piece>,
    macros: &BTreeMap<String, Vec<String>>,
) -> Option<String> {
    let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut inside = None;
    for piece in pieces {
        let Piece::Tag { tag, .. } = piece else { continue };
        match tag {
            Tag::Macro { name, .. } => inside = Some(name.as_str()),
            Tag::EndMacro => inside = None,
            Tag::Emit(e)
            | Tag::If(e)
            | Tag::ElseIf(e)
            | Tag::Set { value: e, .. }
            | Tag::For { over: e, .. } => {
                if let Some(name) = inside {
                    collect(e, macros, calls.entry(name).or_default());
                }
            }
            Tag::Else | Tag::EndIf | Tag::EndFor => {}
        }
    }
    calls.keys().find(|name| reaches(&calls, name, name, &mut BTreeSet::new())).map(|name| (*name).to_owned())
}

fn reaches<'a>(
    calls: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &str,
    to: &str,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    let Some(called) = calls.get(from) else { return false };
    called.iter().any(|name| *name == to || (seen.insert(name) && reaches(calls, name, to, seen)))
}

fn collect<'a>(expr: &'a Expr, macros: &BTreeMap<String, Vec<String>>, found: &mut BTreeSet<&'a str>) {
    if let Expr::Call { name, .. } = expr
        && macros.contains_key(name)
    {
        found.insert(name);
    }
    for inner in expr.below() {
        collect(inner, macros, found);
    }
}
