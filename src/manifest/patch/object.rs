//! One change on one object: operations in order, or a merge. What cannot be done is told with what is there.

use json_patch::jsonptr::{Pointer, PointerBuf};
use json_patch::{AddOperation, CopyOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::Value as Json;
use thiserror::Error;

use super::path::{self, Missing};
use super::{Change, IfPresent, Operation, Path};

/// Why an operation cannot be done on an object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Why {
    /// The path leads nowhere.
    #[error("at {} {what}{}", shown(reached), hint.map(|hint| format!("; hint: {hint}")).unwrap_or_default())]
    Missing {
        /// The part of the path that leads somewhere.
        reached: String,
        /// What is there.
        what: String,
        /// What to do instead.
        hint: Option<&'static str>,
    },
    /// A list has the value already.
    #[error(
        "the list at {} has {what} already, as item {index}; hint: `ifPresent: skip` leaves it alone, \
         `ifPresent: add` adds it once more",
        shown(list)
    )]
    Present {
        /// The list.
        list: String,
        /// The value.
        what: String,
        /// Where in the list.
        index: usize,
    },
    /// A `test` found something else.
    #[error("at {} there is {found}, not {wanted}", shown(at))]
    Test {
        /// Where.
        at: String,
        /// What is there.
        found: String,
        /// What should be there.
        wanted: String,
    },
    /// A `test` found something else in a Secret.
    #[error("at {} there is another value; those of a Secret are not shown", shown(at))]
    TestOfSecret {
        /// Where.
        at: String,
    },
    /// It cannot be done anywhere.
    #[error("{0}")]
    Impossible(&'static str),
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the object's root" } else { pointer }
}

/// An operation that failed: its index, where there is one, and why.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) operation: usize,
    pub(super) why: Why,
}

/// Changes an object. After an error it is half changed, and must be thrown away.
///
/// `secret`: values must not be shown.
pub(super) fn change(object: &mut Json, change: &Change, secret: bool) -> Result<(), Failed> {
    match change {
        Change::Merge(merge) => {
            json_patch::merge(object, &Json::Object(merge.clone()));
            Ok(())
        }
        Change::Operations(operations) => {
            for (index, operation) in operations.iter().enumerate() {
                operate(object, operation, secret).map_err(|why| Failed { operation: index, why })?;
            }
            Ok(())
        }
    }
}

fn operate(object: &mut Json, operation: &Operation, secret: bool) -> Result<(), Why> {
    let at = |path: &Path| path.resolve(object, secret).map_err(|missing| found(missing, None));
    let operation = match operation {
        Operation::Add { path, value, if_present } => {
            let path = at(path)?;
            room(object, &path)?;
            if let (false, Some(why)) = (*if_present == IfPresent::Add, present(object, &path, value, secret))
            {
                return if *if_present == IfPresent::Skip { Ok(()) } else { Err(why) };
            }
            PatchOperation::Add(AddOperation { path, value: value.clone() })
        }
        Operation::Remove { path } => {
            PatchOperation::Remove(RemoveOperation { path: there(object, at(path)?)? })
        }
        Operation::Replace { path, value } => PatchOperation::Replace(ReplaceOperation {
            path: there(object, at(path)?)?,
            value: value.clone(),
        }),
        Operation::Move { from, path, if_present } => {
            let from = there(object, at(from)?)?;
            let value = object.pointer(from.as_str()).cloned().unwrap_or_default();
            apply(object, PatchOperation::Remove(RemoveOperation { path: from.clone() }))?;
            // The place it goes to is looked for when the value is no longer where it was.
            let path = path.resolve(object, secret).map_err(|missing| found(missing, None))?;
            if path.starts_with(&from) && path.len() > from.len() {
                return Err(Why::Impossible("a value cannot be moved into itself"));
            }
            room(object, &path)?;
            if let (false, Some(why)) =
                (*if_present == IfPresent::Add, present(object, &path, &value, secret))
            {
                return if *if_present == IfPresent::Skip { Ok(()) } else { Err(why) };
            }
            PatchOperation::Add(AddOperation { path, value })
        }
        Operation::Copy { from, path, if_present } => {
            let (from, path) = (there(object, at(from)?)?, at(path)?);
            room(object, &path)?;
            let value = object.pointer(from.as_str()).unwrap_or(&Json::Null);
            if let (false, Some(why)) = (*if_present == IfPresent::Add, present(object, &path, value, secret))
            {
                return if *if_present == IfPresent::Skip { Ok(()) } else { Err(why) };
            }
            PatchOperation::Copy(CopyOperation { from, path })
        }
        Operation::Test { path, value } => {
            let path = there(object, at(path)?)?;
            let there = object.pointer(path.as_str()).unwrap_or(&Json::Null);
            if there != value {
                let at = path.to_string();
                let (found, wanted) = brief_pair(&there.to_string(), &value.to_string());
                return Err(if secret { Why::TestOfSecret { at } } else { Why::Test { at, found, wanted } });
            }
            return Ok(());
        }
    };
    apply(object, operation)
}

/// Everything that can be wrong was looked at before, but for what concerns the whole object.
fn apply(object: &mut Json, operation: PatchOperation) -> Result<(), Why> {
    json_patch::patch_unsafe(object, &[operation])
        .map_err(|_| Why::Impossible("the whole object cannot be taken out"))
}

fn found(Missing { reached, what }: Missing, hint: Option<&'static str>) -> Why {
    Why::Missing { reached, what, hint }
}

/// The pointer, if something is there.
fn there(object: &Json, pointer: PointerBuf) -> Result<PointerBuf, Why> {
    // `-` is no place where something is, and `01` no index.
    match path::value_at(object, &pointer) {
        Some(_) => Ok(pointer),
        None => Err(found(path::missing(object, &pointer), None)),
    }
}

/// Whether something can be added at the pointer: its parent is there, and is a mapping or a list that is long enough.
fn room(object: &Json, pointer: &Pointer) -> Result<(), Why> {
    const HINT: &str = "the parent must be there; `merge` makes what is missing";
    let Some((parent, last)) = pointer.split_back() else { return Ok(()) };
    match path::value_at(object, parent) {
        None => Err(found(path::missing(object, parent), Some(HINT))),
        Some(Json::Object(_)) => Ok(()),
        Some(Json::Array(items)) => match last.decoded().as_ref() {
            "-" => Ok(()),
            token if path::index(token).is_some_and(|index| index <= items.len()) => Ok(()),
            _ => Err(found(path::missing(object, pointer), None)),
        },
        Some(_) => Err(found(path::missing(object, pointer), None)),
    }
}

/// Why a value must not be inserted into a list once more, if the pointer is in a list.
fn present(object: &Json, pointer: &Pointer, value: &Json, secret: bool) -> Option<Why> {
    let (parent, _) = pointer.split_back()?;
    let Json::Array(items) = path::value_at(object, parent)? else { return None };
    let name = |item: &Json| item.get("name").filter(|name| name.is_string()).cloned();
    let same = |item: &Json| item == value || name(item).is_some() && name(item) == name(value);
    let index = items.iter().position(same)?;
    let what = match name(value) {
        _ if secret => "this value".to_owned(),
        Some(name) => format!("an item with the name {name}"),
        None => brief(value),
    };
    Some(Why::Present { list: parent.to_string(), what, index })
}

/// A value in a sentence: whole if it is short.
fn brief(value: &Json) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Two values that differ, each whole if it is short, else from a little before the first difference.
fn brief_pair(one: &str, two: &str) -> (String, String) {
    const MOST: usize = 80;
    const BEFORE: usize = 20;
    let same = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    let long = one.chars().count().max(two.chars().count()) > MOST;
    let start = if long { same.saturating_sub(BEFORE) } else { 0 };
    let cut = |text: &str| {
        let rest: String = text.chars().skip(start).take(MOST).collect();
        let before = if start > 0 { "…" } else { "" };
        let after = if text.chars().count() > start + MOST { "…" } else { "" };
        format!("{before}{rest}{after}")
    };
    (cut(one), cut(two))
}
