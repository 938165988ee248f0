//! Functions over lists. None changes its argument.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, Value};

use super::call::{Args, Function, deep_equal, fixed, is_empty, is_list, items, none, variadic};
use super::go_text::plain;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    variadic("list", 0, |a| Ok(a.values.iter().cloned().collect())),
    fixed("join", 2, |a| {
        let separator = a.text(0)?;
        Ok(Value::from(strings(a.any(1))?.join(separator)))
    }),
    fixed("sortAlpha", 1, |a| {
        let mut sorted = strings(a.any(0))?;
        sorted.sort_unstable();
        Ok(sorted.into_iter().map(Value::from).collect())
    }),
    fixed("toStrings", 1, |a| Ok(strings(a.any(0))?.into_iter().map(Value::from).collect())),
    fixed("len", 1, len),
    fixed("first", 1, |a| Ok(a.list(0)?.first().cloned().unwrap_or_else(none))),
    fixed("last", 1, |a| Ok(a.list(0)?.last().cloned().unwrap_or_else(none))),
    fixed("rest", 1, |a| {
        let list = a.list(0)?;
        Ok(list.split_first().map_or_else(nil_list, |(_, rest)| rest.iter().cloned().collect()))
    }),
    fixed("initial", 1, |a| {
        let list = a.list(0)?;
        Ok(list.split_last().map_or_else(nil_list, |(_, rest)| rest.iter().cloned().collect()))
    }),
    fixed("reverse", 1, |a| Ok(a.list(0)?.into_iter().rev().collect())),
    fixed("compact", 1, |a| Ok(a.list(0)?.into_iter().filter(|v| !is_empty(v)).collect())),
    fixed("uniq", 1, uniq),
    variadic("without", 1, |a| {
        let omitted = a.from(1);
        Ok(a.list(0)?.into_iter().filter(|v| !omitted.iter().any(|o| deep_equal(o, v))).collect())
    }),
    variadic("concat", 0, concat),
    fixed("append", 2, |a| {
        let mut list = a.list(0)?;
        list.push(a.any(1).clone());
        Ok(list.into())
    }),
    fixed("prepend", 2, |a| {
        let mut list = a.list(0)?;
        list.insert(0, a.any(1).clone());
        Ok(list.into())
    }),
    fixed("has", 2, |a| {
        let found = !a.any(1).is_none() && a.list(1)?.iter().any(|item| deep_equal(item, a.any(0)));
        Ok(Value::from(found))
    }),
    fixed("until", 1, until),
];

/// Most items `until` makes; Helm has no bound.
const MOST_ITEMS: u64 = 100_000;

/// The list that Go calls nil: empty in every respect, but `null` as JSON and YAML.
#[derive(Debug)]
struct NilList;

impl Object for NilList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }
}

/// A list that was never made, as Go returns from `rest` of nothing or from a search that found nothing.
pub(super) fn nil_list() -> Value {
    Value::from_object(NilList)
}

/// Whether a value is Go's nil list.
pub(super) fn is_nil_list(value: &Value) -> bool {
    value.downcast_object_ref::<NilList>().is_some()
}

/// The texts of a list's items, nulls left out; of anything else the one text, of null none.
fn strings(value: &Value) -> Result<Vec<String>, Error> {
    if is_list(value) {
        items(value)?.iter().filter(|item| !item.is_none()).map(plain).collect()
    } else if value.is_none() {
        Ok(Vec::new())
    } else {
        Ok(vec![plain(value)?])
    }
}

/// Bytes of a text, items of a list, entries of a map.
fn len(args: &Args<'_>) -> Result<Value, Error> {
    let value = args.any(0);
    let length = match value.as_str() {
        Some(text) => Some(text.len()),
        None => value.len(),
    };
    length.map(Value::from).ok_or_else(|| args.error("a null, a boolean or a number has no length"))
}

fn uniq(args: &Args<'_>) -> Result<Value, Error> {
    let mut kept: Vec<Value> = Vec::new();
    for item in args.list(0)? {
        if !kept.iter().any(|k| deep_equal(k, &item)) {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

fn concat(args: &Args<'_>) -> Result<Value, Error> {
    let mut all = Vec::new();
    for index in 0..args.values.len() {
        all.extend(args.list(index)?);
    }
    Ok(if all.is_empty() { nil_list() } else { all.into() })
}

/// The integers from 0 towards the argument, which is not among them.
fn until(args: &Args<'_>) -> Result<Value, Error> {
    let end = args.integer(0)?;
    if end.unsigned_abs() > MOST_ITEMS {
        return Err(args.error(format!("{end} makes too many items")));
    }
    Ok(if end < 0 {
        (end + 1..=0).rev().map(Value::from).collect()
    } else {
        (0..end).map(Value::from).collect()
    })
}
