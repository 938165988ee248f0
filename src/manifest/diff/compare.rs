//! Two trees against each other: by key, and in lists by what names an item. Printing what differs belongs elsewhere.
//!
//! Items of a list are matched by the first of [`FIELDS`] that each of them has, and no two of a side have alike; texts
//! by the flag they set (`--v` of `--v=1`), or by themselves. Lists whose items have no such name are aligned.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::align;
use super::path::Step;
use crate::manifest::number;

/// What names an item, as the merge keys of the Kubernetes API do (`x-kubernetes-patch-merge-key` and
/// `x-kubernetes-list-map-keys`), in the order in which they are tried.
pub(super) const FIELDS: [&str; 8] =
    ["name", "mountPath", "devicePath", "containerPort", "port", "key", "ip", "topologyKey"];

/// How two values differ. Nothing is copied from them.
#[derive(Debug, PartialEq)]
pub(super) enum Difference<'a> {
    /// Only the second side has it.
    Added(&'a Json),
    /// Only the first side has it.
    Removed(&'a Json),
    /// Both sides have it, and not both are mappings or lists.
    Replaced(&'a Json, &'a Json),
    /// Both are mappings: what differs in them.
    Map { after: &'a Json, entries: Vec<(&'a str, Difference<'a>)> },
    /// Both are lists.
    List(List<'a>),
}

/// How two lists differ.
#[derive(Debug, PartialEq)]
pub(super) struct List<'a> {
    /// The second list.
    pub(super) after: &'a Json,
    /// The items that differ: of the first list in its order, then those that were added. A number is that in the
    /// second list, of a removed item that in the first.
    pub(super) items: Vec<(Step<'a>, Difference<'a>)>,
    /// Where items are named: those on both sides in the order of each, if the orders differ.
    pub(super) order: Option<[Vec<Cow<'a, str>>; 2]>,
    /// Whether every added item stands behind all others.
    pub(super) appended: bool,
}

/// How two values differ; `None` when they are the same JSON.
pub(super) fn compare<'a>(before: &'a Json, after: &'a Json) -> Option<Difference<'a>> {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            let mut entries = Vec::new();
            for (key, old) in old {
                let difference = match new.get(key) {
                    Some(new) => compare(old, new),
                    None => Some(Difference::Removed(old)),
                };
                entries.extend(difference.map(|difference| (key.as_str(), difference)));
            }
            let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
            entries.extend(added.map(|(key, new)| (key.as_str(), Difference::Added(new))));
            (!entries.is_empty()).then_some(Difference::Map { after, entries })
        }
        (Json::Array(old), Json::Array(new)) => {
            let list = named(old, new, after).unwrap_or_else(|| aligned(old, new, after));
            (!list.items.is_empty() || list.order.is_some()).then_some(Difference::List(list))
        }
        (Json::Number(old), Json::Number(new)) if number::same(old, new) => None,
        _ if before == after => None,
        _ => Some(Difference::Replaced(before, after)),
    }
}

/// What names the items of two lists.
enum Names<'a> {
    /// This field.
    Field(&'static str),
    /// The flag that a text sets, but for these, which are set more than once; else the item itself.
    Text(HashSet<&'a str>),
}

impl<'a> Names<'a> {
    fn of_both(old: &'a [Json], new: &'a [Json]) -> impl Iterator<Item = Self> {
        let texts = move || {
            let mut twice = HashSet::new();
            for side in [old, new] {
                let mut flags = HashSet::new();
                twice.extend(side.iter().filter_map(flag).filter(|flag| !flags.insert(*flag)));
            }
            Self::Text(twice)
        };
        FIELDS.into_iter().map(Self::Field).chain(std::iter::once_with(texts))
    }

    fn name(&self, item: &'a Json) -> Option<Cow<'a, str>> {
        match self {
            Self::Field(field) => scalar(item.get(field)?),
            Self::Text(twice) => match flag(item).filter(|flag| !twice.contains(flag)) {
                Some(flag) => Some(flag.into()),
                None => scalar(item),
            },
        }
    }

    /// The names of all items, if each has one and no two have the same.
    fn of(&self, items: &'a [Json]) -> Option<HashMap<Cow<'a, str>, usize>> {
        let mut names = HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if names.insert(self.name(item)?, index).is_some() {
                return None;
            }
        }
        Some(names)
    }

    fn step(&self, item: &'a Json, index: usize) -> Step<'a> {
        let (field, value) = match self {
            Self::Field(field) => (*field, item.get(field).and_then(scalar)),
            Self::Text(_) => ("", scalar(item).filter(|text| !text.contains('\n'))),
        };
        value.map_or(Step::Index(index), |value| Step::Item { field, value })
    }
}

/// The flag that an argument sets. A script has none, but where there is one it is the same one.
fn flag(item: &Json) -> Option<&str> {
    let text = item.as_str()?;
    if text.contains('\n') {
        return Some("\n");
    }
    text.starts_with('-').then(|| text.split('=').next().unwrap_or(text))
}

/// A scalar's text as a patch's path has it.
fn scalar(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(text.into()),
        Json::Bool(b) => Some(if *b { "true" } else { "false" }.into()),
        // 1e16 has two texts.
        Json::Number(n) if n.as_f64().is_some_and(|f| !n.is_f64() || f.fract() != 0.0) => {
            Some(n.to_string().into())
        }
        _ => None,
    }
}

/// Two lists whose items are named on both sides.
fn named<'a>(old: &'a [Json], new: &'a [Json], after: &'a Json) -> Option<List<'a>> {
    let (names, mut old_names, new_names) = Names::of_both(old, new).find_map(|names| {
        let (old, new) = (names.of(old)?, names.of(new)?);
        Some((names, old, new))
    })?;
    let mut items = Vec::new();
    // Of the items on both sides, where they are in the second list.
    let mut kept = Vec::new();
    for (index, item) in old.iter().enumerate() {
        let found = names.name(item).and_then(|name| Some((*new_names.get(&name)?, name)));
        if let Some((there, name)) = found {
            kept.push((there, name));
            items.extend(compare(item, &new[there]).map(|found| (names.step(item, there), found)));
        } else {
            items.push((names.step(item, index), Difference::Removed(item)));
        }
    }
    let last_kept = kept.iter().map(|(there, _)| *there).max();
    let mut appended = true;
    for (index, item) in new.iter().enumerate() {
        if names.name(item).is_some_and(|name| old_names.remove(&name).is_none()) {
            appended &= last_kept.is_none_or(|last| index > last);
            items.push((names.step(item, index), Difference::Added(item)));
        }
    }
    let order = (!kept.is_sorted_by_key(|(there, _)| *there)).then(|| {
        let before = kept.iter().map(|(_, name)| name.clone()).collect();
        kept.sort_by_key(|(there, _)| *there);
        [before, kept.into_iter().map(|(_, name)| name).collect()]
    });
    Some(List { after, items, order, appended })
}

/// Two lists of which not every item has a name: what they have in common stays, and where as many items come as go,
/// they are compared in pairs.
fn aligned<'a>(old: &'a [Json], new: &'a [Json], after: &'a Json) -> List<'a> {
    let mut numbers = HashMap::new();
    let mut interned = |items: &[Json]| {
        let mut interned = Vec::with_capacity(items.len());
        for item in items {
            let next = numbers.len();
            interned.push(*numbers.entry(canonical(item)).or_insert(next));
        }
        interned
    };
    let (before_numbers, after_numbers) = (interned(old), interned(new));
    let mut items = Vec::new();
    for run in align::differing(&before_numbers, &after_numbers) {
        // Pairs of mappings that are mostly the same cut a run into shorter ones.
        let pairs = align::pairs(&run, |i, j| likeness(&old[i], &new[j]));
        let (gone, come) = run;
        let (mut i, mut j) = (gone.start, come.start);
        for (next_i, next_j) in pairs.into_iter().chain([(gone.end, come.end)]) {
            if next_i - i == next_j - j {
                let pairs = (i..next_i).zip(j..next_j);
                items.extend(pairs.filter_map(|(i, j)| Some((Step::Index(j), compare(&old[i], &new[j])?))));
            } else {
                items.extend((i..next_i).map(|i| (Step::Index(i), Difference::Removed(&old[i]))));
                items.extend((j..next_j).map(|j| (Step::Index(j), Difference::Added(&new[j]))));
            }
            if next_i < gone.end {
                items.extend(compare(&old[next_i], &new[next_j]).map(|found| (Step::Index(next_j), found)));
            }
            (i, j) = (next_i + 1, next_j + 1);
        }
    }
    List { after, items, order: None, appended: false }
}

/// How many entries two mappings have in common; 0 if it is less than half.
fn likeness(one: &Json, two: &Json) -> usize {
    let (Json::Object(one), Json::Object(two)) = (one, two) else { return 0 };
    let same =
        |(key, value): &(&String, &Json)| two.get(*key).is_some_and(|other| compare(value, other).is_none());
    let same = one.iter().filter(same).count();
    if 2 * same >= one.len().max(two.len()) { same } else { 0 }
}

/// A text that is the same for the same JSON.
fn canonical(value: &Json) -> String {
    fn write(value: &Json, text: &mut String) {
        match value {
            Json::Number(n) => text.push_str(&number::text(n)),
            Json::Array(items) => {
                text.push('[');
                for item in items {
                    write(item, text);
                    text.push(',');
                }
                text.push(']');
            }
            Json::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                text.push('{');
                for (key, value) in entries {
                    let _ = write!(text, "{key:?}:");
                    write(value, text);
                    text.push(',');
                }
                text.push('}');
            }
            scalar => {
                let _ = write!(text, "{scalar}");
            }
        }
    }
    let mut text = String::new();
    write(value, &mut text);
    text
}

#[cfg(test)]
pub(super) mod tests;
