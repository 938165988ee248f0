//! Changes as patches that mean the same: what yq makes where something is missing a merge makes too, and where neither
//! a merge nor an operation can do what yq does, the operation fails on the object instead of doing something else.

use std::ops::Range;

use serde_json::{Map, Value as Json, json};

use super::error::{Cause, Refusal, refuse};
use super::known::{self, Shape};
use super::select::{self, Field};
use crate::manifest::patch::{Change, Expect, IfPresent, Operation, Patch, Path, Target};

/// A step to a place in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Key(String),
    Index(u64),
    Item { field: String, value: String },
}

/// What is changed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) target: Target,
    /// The kinds, if they are named.
    pub(super) kinds: Vec<String>,
    /// What the target reads.
    pub(super) fields: Vec<Field>,
    pub(super) path: Vec<Spot>,
    pub(super) span: Range<usize>,
}

/// The patches so far, and what there is to know about them.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) patches: Vec<Patch>,
    /// yq would not print what is not chosen.
    pub(super) drops: bool,
    /// Something is added to a list.
    pub(super) appends: bool,
    /// An item of a list is chosen.
    pub(super) items: bool,
    /// Something must be there already, where yq would make it or pass.
    pub(super) needs: bool,
    /// What was written: where, and by which target.
    pub(super) written: Vec<Written>,
    /// How much was written before the statement that is being translated.
    before: usize,
}

/// A place that is written, and the value if one is put there.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) target: Target,
    pub(super) kinds: Vec<String>,
    pub(super) path: Vec<Spot>,
    pub(super) value: Option<Json>,
}

impl Place {
    /// The keys, if the path has nothing else.
    fn keys(&self) -> Option<Vec<&str>> {
        self.path
            .iter()
            .map(|spot| if let Spot::Key(key) = spot { Some(key.as_str()) } else { None })
            .collect()
    }

    fn below(&self, key: &str) -> Self {
        let mut place = self.clone();
        place.path.push(Spot::Key(key.to_owned()));
        place
    }

    /// As a path of an operation, with something behind it.
    fn pointer(&self, behind: &str) -> Result<Path, Refusal> {
        let text: String = self.path.iter().map(Spot::text).chain([behind.to_owned()]).collect();
        Path::parse(&text).map_err(|_| Refusal { span: self.span.clone(), cause: Cause::Key })
    }
}

impl Spot {
    fn text(&self) -> String {
        match self {
            Self::Key(key) => Path::key(key),
            Self::Index(index) => format!("/{index}"),
            Self::Item { field, value } => Path::item(field, value),
        }
    }
}

/// A value below keys.
fn nested(keys: &[&str], value: Json) -> Map<String, Json> {
    let json = keys.iter().rev().fold(value, |inner, key| json!({*key: inner}));
    if let Json::Object(map) = json { map } else { Map::new() }
}

impl Changes {
    /// `PLACE = VALUE`: whatever is there, and also where the way to it is missing.
    pub(super) fn assign(&mut self, place: &Place, value: &Json) -> Result<(), Refusal> {
        let Some((last, parents)) = place.path.split_last() else { return refuse(&place.span, Cause::Whole) };
        self.before = self.written.len();
        self.written(place, Some(value));
        let value = value.clone();
        match (place.keys(), last) {
            // A merge puts a list or a scalar there, but it merges a mapping, and takes out at null.
            (Some(keys), _) if !value.is_object() && !value.is_null() => {
                self.push(place, Change::Merge(nested(&keys, value)))
            }
            (Some(keys), _) => {
                if let Some((_, parents @ [_, ..])) = keys.split_last()
                    && !known::is_required(&place.kinds, parents)
                {
                    self.push(place, Change::Merge(nested(parents, json!({}))))?;
                }
                self.operation(
                    place,
                    Operation::Add { path: place.pointer("")?, value, if_present: IfPresent::Fail },
                )
            }
            (None, Spot::Key(_)) => {
                self.needs |= matches!(parents.last(), Some(Spot::Key(_)));
                self.operation(
                    place,
                    Operation::Add { path: place.pointer("")?, value, if_present: IfPresent::Fail },
                )
            }
            (None, _) => {
                self.needs |= matches!(last, Spot::Index(_));
                self.operation(place, Operation::Replace { path: place.pointer("")?, value })
            }
        }
    }

    /// `PLACE += VALUE`: to a list, or the keys of a mapping.
    pub(super) fn append(&mut self, place: &Place, value: &Json, span: &Range<usize>) -> Result<(), Refusal> {
        self.before = self.written.len();
        let items = match value {
            Json::Number(_) => return refuse(span, Cause::Sum),
            Json::Null => return refuse(span, Cause::Nothing),
            Json::Object(map) => match known::shape(&place.path) {
                _ if map.is_empty() => return refuse(span, Cause::Nothing),
                Some(Shape::Mapping) => {
                    return map.iter().try_for_each(|(key, value)| self.assign(&place.below(key), value));
                }
                Some(Shape::List) => std::slice::from_ref(value),
                None => return refuse(&place.span, Cause::ListOrMap),
            },
            Json::Array(items) => items,
            Json::String(_) | Json::Bool(_) => std::slice::from_ref(value),
        };
        match place.path.last() {
            None => return refuse(&place.span, Cause::Whole),
            // yq would make the text of this item longer.
            Some(Spot::Index(_) | Spot::Item { .. }) if !value.is_array() => {
                return refuse(&place.span, Cause::OneItem);
            }
            Some(_) if known::shape(&place.path) == Some(Shape::Mapping) => {
                return refuse(span, Cause::Expected("a mapping, because this is one"));
            }
            Some(_) if items.is_empty() => return refuse(span, Cause::Nothing),
            Some(_) => {}
        }
        let name = |item: &Json| item.get("name").filter(|name| name.is_string()).cloned();
        let same = |one: &Json, two: &Json| one == two || name(one).is_some() && name(one) == name(two);
        for (index, item) in items.iter().enumerate() {
            if items[..index].iter().any(|other| same(item, other)) {
                return refuse(span, Cause::Same);
            }
            self.written(place, Some(item));
            let (path, value) = (place.pointer("/-")?, item.clone());
            self.operation(place, Operation::Add { path, value, if_present: IfPresent::Fail })?;
        }
        self.appends = true;
        Ok(())
    }

    /// `PLACE *= VALUE`: mappings merged, all else replaced.
    pub(super) fn merge(&mut self, place: &Place, value: &Json, span: &Range<usize>) -> Result<(), Refusal> {
        let (Json::Object(map), Some(keys)) = (value, place.keys()) else {
            return refuse(&place.span, Cause::Merge);
        };
        if has_null(value) {
            return refuse(span, Cause::Null);
        }
        if map.is_empty() {
            return refuse(span, Cause::Nothing);
        }
        self.before = self.written.len();
        for (key, value) in map {
            self.written(&place.below(key), Some(value));
        }
        self.push(place, Change::Merge(nested(&keys, value.clone())))
    }

    /// `del(PLACE)`.
    pub(super) fn remove(&mut self, place: &Place) -> Result<(), Refusal> {
        self.before = self.written.len();
        match (place.path.last(), place.keys().as_deref()) {
            (None, _) => return refuse(&place.span, Cause::Whole),
            (Some(Spot::Index(_)), _) => return refuse(&place.span, Cause::RemoveByNumber),
            // Objects without the label have nothing to take out.
            (_, Some(["metadata", field @ ("labels" | "annotations"), key])) => {
                let target = &place.target;
                let selector =
                    if *field == "labels" { &target.label_selector } else { &target.annotation_selector };
                if let Some(selector) = select::with_key(selector.as_ref(), key) {
                    let mut narrow = place.clone();
                    let to = &mut narrow.target;
                    *(if *field == "labels" {
                        &mut to.label_selector
                    } else {
                        &mut to.annotation_selector
                    }) = Some(selector);
                    self.written(place, None);
                    return self.operation(&narrow, Operation::Remove { path: place.pointer("")? });
                }
            }
            // A merge passes where nothing is, but it would make the parents, were they missing.
            (_, Some(keys))
                if known::is_required(
                    &place.kinds,
                    keys.split_last().map_or(&[], |(_, parents)| parents),
                ) =>
            {
                self.written(place, None);
                return self.push(place, Change::Merge(nested(keys, Json::Null)));
            }
            _ => {}
        }
        self.needs |= !matches!(place.path.last(), Some(Spot::Item { .. }));
        self.written(place, None);
        self.operation(place, Operation::Remove { path: place.pointer("")? })
    }

    fn written(&mut self, place: &Place, value: Option<&Json>) {
        self.items |= place.path.iter().any(|spot| matches!(spot, Spot::Item { .. }));
        let Place { target, kinds, path, .. } = place.clone();
        self.written.push(Written { target, kinds, path, value: value.cloned() });
    }

    fn operation(&mut self, place: &Place, operation: Operation) -> Result<(), Refusal> {
        self.push(place, Change::Operations(vec![operation]))
    }

    /// One more change: in the last patch, if it is for the same objects and means the same there.
    fn push(&mut self, place: &Place, change: Change) -> Result<(), Refusal> {
        if let Some(last) = self.patches.last_mut().filter(|last| last.target == place.target) {
            match (&mut last.change, &change) {
                (Change::Operations(before), Change::Operations(more)) => {
                    before.extend(more.iter().cloned());
                    return Ok(());
                }
                (Change::Merge(before), Change::Merge(more)) if are_apart(before, more) => {
                    join(before, more);
                    return Ok(());
                }
                _ => {}
            }
        }
        // What was written before this statement must not be what a patch's target reads.
        let touches = |path: &[Spot], field: &Field| {
            path.iter().zip(field.path()).all(|(spot, key)| *spot == Spot::Key(key.to_owned()))
        };
        let mut earlier = self.written.iter().take(self.before);
        if earlier.any(|written| place.fields.iter().any(|field| touches(&written.path, field))) {
            return refuse(&place.span, Cause::ChosenByChanged);
        }
        let expect = if place.fields.is_empty() { Expect::Any } else { Expect::Some };
        self.patches.push(Patch {
            description: None,
            target: place.target.clone(),
            expect,
            change,
            place: None,
        });
        Ok(())
    }
}

/// Whether two merges can be one: no key of one is above or at a key of the other.
fn are_apart(one: &Map<String, Json>, two: &Map<String, Json>) -> bool {
    two.iter().all(|(key, value)| match (one.get(key), value) {
        (None, _) => true,
        (Some(Json::Object(one)), Json::Object(two)) => are_apart(one, two),
        _ => false,
    })
}

fn join(one: &mut Map<String, Json>, two: &Map<String, Json>) {
    for (key, value) in two {
        match (one.get_mut(key), value) {
            (Some(Json::Object(one)), Json::Object(two)) => join(one, two),
            _ => {
                one.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether a merge with this would take something out: a null in a mapping, lists aside.
fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Object(map) => map.values().any(has_null),
        _ => false,
    }
}
