//! Functions over maps. None changes its argument.
//!
//! Helm's `merge` and `mergeOverwrite` write into their first argument, and with three or more also into the
//! middle ones, whose maps the first one now shares. A printer of Go templates therefore copies every argument
//! but the last, `merge (deepCopy a) (deepCopy b) c`, or the chart would change its own values.

use std::collections::BTreeMap;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::call::{Args, Function, entries, fixed, is_empty, is_list, variadic};
use super::go_text::plain;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    variadic("dict", 0, dict),
    fixed("get", 2, |a| Ok(a.map(0)?.remove(a.text(1)?).unwrap_or_else(|| Value::from("")))),
    fixed("hasKey", 2, |a| Ok(Value::from(a.map(0)?.contains_key(a.text(1)?)))),
    variadic("keys", 0, keys),
    variadic("pluck", 1, pluck),
    variadic("pick", 1, |a| {
        let (map, names) = (a.map(0)?, names(a, 1)?);
        Ok(map.into_iter().filter(|(key, _)| names.contains(&key.as_str())).collect::<Map>().into())
    }),
    variadic("omit", 1, |a| {
        let (map, names) = (a.map(0)?, names(a, 1)?);
        Ok(map.into_iter().filter(|(key, _)| !names.contains(&key.as_str())).collect::<Map>().into())
    }),
    variadic("dig", 3, dig),
    variadic("merge", 1, |a| merge_all(a, false)),
    variadic("mergeOverwrite", 1, |a| merge_all(a, true)),
    fixed("deepCopy", 1, |a| Ok(a.any(0).clone())),
];

type Map = BTreeMap<String, Value>;

fn names<'a>(args: &Args<'a>, first: usize) -> Result<Vec<&'a str>, Error> {
    (first..args.values.len()).map(|index| args.text(index)).collect()
}

/// Keys and values in turn; a key without a value gets "".
fn dict(args: &Args<'_>) -> Result<Value, Error> {
    let mut map = Map::new();
    for pair in args.values.chunks(2) {
        if let Some((key, value)) = pair.split_first() {
            map.insert(plain(key)?, value.first().cloned().unwrap_or_else(|| Value::from("")));
        }
    }
    Ok(map.into())
}

/// All keys of the maps, each map's in byte order. Helm's order is random: sort them before they show.
fn keys(args: &Args<'_>) -> Result<Value, Error> {
    let mut all = Vec::new();
    for index in 0..args.values.len() {
        all.extend(args.map(index)?.into_keys().map(Value::from));
    }
    Ok(all.into())
}

/// The values under one key in several maps, those that have it.
fn pluck(args: &Args<'_>) -> Result<Value, Error> {
    let key = args.text(0)?;
    let mut found = Vec::new();
    for index in 1..args.values.len() {
        found.extend(args.map(index)?.remove(key));
    }
    Ok(found.into())
}

/// `dig "a" "b" default map`: the value at a path, or the default where a key is missing.
fn dig(args: &Args<'_>) -> Result<Value, Error> {
    let last = args.values.len() - 1;
    let mut map = args.map(last)?;
    for index in 0..last - 1 {
        let Some(step) = map.remove(args.text(index)?) else {
            return Ok(args.any(last - 1).clone());
        };
        if index + 2 == last {
            return Ok(step);
        }
        if step.kind() != ValueKind::Map {
            return Err(args.error("the path leads through something that is not a map"));
        }
        map = entries(&step)?;
    }
    Ok(args.any(last - 1).clone())
}

fn merge_all(args: &Args<'_>, overwrite: bool) -> Result<Value, Error> {
    let mut merged = args.map(0)?;
    for index in 1..args.values.len() {
        merge(&mut merged, args.map(index)?, overwrite)?;
    }
    Ok(merged.into())
}

/// One step of mergo's deep merge (`dario.cat/mergo`, `deepMerge`) over JSON data.
///
/// Without `overwrite` an empty destination counts as missing and a null source is not taken. With it an empty
/// source wins too, but maps still merge, so an empty map changes nothing. Two maps whose merger is empty give
/// the source as it is, its nulls too.
fn merge(into: &mut Map, from: Map, overwrite: bool) -> Result<(), Error> {
    for (key, new) in from {
        let old = into.get(&key);
        let both_are_maps =
            new.kind() == ValueKind::Map && old.is_some_and(|old| old.kind() == ValueKind::Map);
        let keeps = old.is_some_and(|old| !is_empty(old));
        if new.is_none() {
            if overwrite {
                into.insert(key, new);
            }
        } else if both_are_maps {
            let mut inner = old.map(entries).transpose()?.unwrap_or_default();
            merge(&mut inner, entries(&new)?, overwrite)?;
            into.insert(key, if inner.is_empty() { new } else { inner.into() });
        } else if overwrite || !keeps {
            into.insert(key, new);
        }
    }
    Ok(())
}

/// Go's name for the kind of a value that is not a number.
pub(super) fn kind(value: &Value) -> Option<&'static str> {
    match value.kind() {
        ValueKind::None => Some("invalid"),
        ValueKind::Bool => Some("bool"),
        ValueKind::String => Some("string"),
        ValueKind::Map => Some("map"),
        _ if is_list(value) => Some("slice"),
        _ => None,
    }
}
