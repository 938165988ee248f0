//! The grammar of `--set`: `key.key[0].key=value,…`, read in one pass that writes into the tree as it goes.
//!
//! The order of checks and the odd corners are Helm's (`strvals/parser.go`, `literal_parser.go`), because a user's
//! flags must mean the same and fail the same: `a[0]` makes an empty list, `a={}` a list of one empty string, `a.`
//! nothing at all.

use std::io;

use super::{LIST, MAP, MAX_INDEX, MAX_NESTED_NAME_LEVEL, MAX_STEPS, SetCause, SetKind, clash, json};
use crate::values::HelmCompat;
use crate::yaml::{Map, Node, Place, Value};

/// Why a step of the parser did not finish.
enum Stop {
    /// The text is used up where a key would start. That is how every flag ends.
    End,
    /// The flag is wrong.
    Wrong(SetCause),
}

impl From<SetCause> for Stop {
    fn from(cause: SetCause) -> Self {
        Self::Wrong(cause)
    }
}

/// How deep a key has come.
#[derive(Clone, Copy, Default)]
struct Depth {
    /// Dots, as Helm counts them: not those after an index.
    names: usize,
    /// Every name and index.
    steps: usize,
}

impl Depth {
    fn step(self) -> Result<Self, SetCause> {
        if self.steps >= MAX_STEPS {
            return Err(SetCause::TooManySteps);
        }
        Ok(Self { steps: self.steps + 1, ..self })
    }
}

/// What a value list turned out to be.
enum Listed {
    List(Vec<Node>),
    NoList,
    End,
}

/// One flag being read.
pub(super) struct Parser<'a> {
    compat: HelmCompat,
    kind: SetKind,
    rest: &'a str,
    place: Place,
    read_file: &'a dyn Fn(&str) -> io::Result<String>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of a flag's text.
    pub(super) fn new(
        compat: HelmCompat,
        kind: SetKind,
        text: &'a str,
        place: Place,
        read_file: &'a dyn Fn(&str) -> io::Result<String>,
    ) -> Self {
        Self { compat, kind, rest: text, place, read_file }
    }

    /// Reads the whole flag into the map.
    pub(super) fn run(mut self, data: &mut Map) -> Result<(), SetCause> {
        loop {
            match self.key(data, Depth::default()) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Wrong(cause)) => return Err(cause),
            }
        }
    }

    /// Reads `key=value`, or the first step of a longer key and then the rest of it.
    fn key(&mut self, data: &mut Map, depth: Depth) -> Result<(), Stop> {
        let stops: &[char] =
            if self.kind == SetKind::Literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, last) = self.until(stops);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => Err(SetCause::NoValue(key).into()),
            Some('[') => self.key_of_list(data, key, depth),
            Some('=') => {
                if self.kind == SetKind::Json {
                    let value = self.json_value()?;
                    self.set(data, key, value);
                    return Ok(());
                }
                if self.kind == SetKind::Literal {
                    let value = std::mem::take(&mut self.rest).to_owned();
                    self.set(data, key, Value::Str(value));
                    return Ok(());
                }
                match self.list_value()? {
                    Listed::List(items) => self.set(data, key, Value::Seq(items)),
                    Listed::NoList => {
                        let (text, _) = self.until(&[',']);
                        let value = self.typed(text)?;
                        self.set(data, key, value);
                    }
                    Listed::End => {
                        self.set(data, key, Value::Str(String::new()));
                        return Err(Stop::End);
                    }
                }
                Ok(())
            }
            Some(',') => Err(SetCause::EndsWithComma(key).into()),
            Some(_) => self.key_of_map(data, key, depth),
        }
    }

    /// Reads what follows `key.`.
    fn key_of_map(&mut self, data: &mut Map, key: String, mut depth: Depth) -> Result<(), Stop> {
        depth.names += 1;
        if depth.names > MAX_NESTED_NAME_LEVEL {
            return Err(SetCause::TooDeep.into());
        }
        let depth = depth.step()?;
        match data.get_mut(&key) {
            Some(Node { value: Value::Map(inner), .. }) => {
                self.key(inner, depth)?;
                if inner.is_empty() {
                    return Err(SetCause::EmptyMap(key).into());
                }
                Ok(())
            }
            Some(other) => Err(clash(other, MAP).into()),
            None => {
                let mut inner = Map::new();
                let result = self.key(&mut inner, depth);
                if result.is_ok() && inner.is_empty() {
                    return Err(SetCause::EmptyMap(key).into());
                }
                if !inner.is_empty() {
                    self.set(data, key, Value::Map(inner));
                }
                result
            }
        }
    }

    /// Reads what follows `key[`.
    fn key_of_list(&mut self, data: &mut Map, key: String, depth: Depth) -> Result<(), Stop> {
        let index = self.index()?;
        match data.get_mut(&key) {
            Some(Node { value: Value::Seq(items), .. }) => {
                let length = items.len();
                let result = self.item(items, index, depth);
                // Helm does not set an empty key: a list under one can change, but not grow.
                if key.is_empty() {
                    items.truncate(length);
                }
                result
            }
            Some(other) => Err(clash(other, LIST).into()),
            None => {
                let mut items = Vec::new();
                let result = self.item(&mut items, index, depth);
                self.set(data, key, Value::Seq(items));
                result
            }
        }
    }

    /// Reads what follows `[index]` into the list.
    fn item(&mut self, items: &mut Vec<Node>, index: i64, depth: Depth) -> Result<(), Stop> {
        let depth = depth.step()?;
        let Ok(at) = usize::try_from(index) else {
            return Err(SetCause::NegativeIndex(index).into());
        };
        let (between, last) = self.until(&['[', '.', '=']);
        if !between.is_empty() {
            return Err(SetCause::AfterIndex(between).into());
        }
        match last {
            None => Err(Stop::End),
            Some('=') => {
                let value = self.item_value()?;
                self.set_index(items, at, value)
            }
            Some('[') => {
                let next = self.index()?;
                match items.get_mut(at) {
                    Some(Node { value: Value::Seq(inner), .. }) => {
                        self.item(inner, next, depth)?;
                        check_index(at)
                    }
                    Some(other) if other.value != Value::Null => Err(clash(other, LIST).into()),
                    _ => {
                        let mut inner = Vec::new();
                        self.item(&mut inner, next, depth)?;
                        self.set_index(items, at, Value::Seq(inner))
                    }
                }
            }
            Some(_) => {
                let Some(node) = items.get_mut(at) else {
                    let mut inner = Map::new();
                    self.key(&mut inner, depth)?;
                    return self.set_index(items, at, Value::Map(inner));
                };
                // Whatever else is there gives way to a map.
                if node.as_map().is_none() {
                    *node = Node::new(Value::Map(Map::new()), self.place.clone());
                }
                if let Value::Map(inner) = &mut node.value {
                    self.key(inner, depth)?;
                }
                check_index(at)
            }
        }
    }

    /// Reads the value after `[index]=`.
    fn item_value(&mut self) -> Result<Value, Stop> {
        match self.kind {
            SetKind::Json => self.json_value(),
            SetKind::Literal => Ok(Value::Str(std::mem::take(&mut self.rest).to_owned())),
            SetKind::Typed | SetKind::String | SetKind::File => match self.list_value()? {
                Listed::List(items) => Ok(Value::Seq(items)),
                Listed::End => Ok(Value::Str(String::new())),
                Listed::NoList => {
                    let (text, _) = self.until(&[',']);
                    self.typed(text)
                }
            },
        }
    }

    /// Reads a JSON value and the comma after it. Nothing is `null`.
    fn json_value(&mut self) -> Result<Value, Stop> {
        if self.blank() {
            return Ok(Value::Null);
        }
        let (text, rest) = self.rest.split_at(json::extent(self.rest));
        let json = serde_json::from_str(text).map_err(SetCause::Json)?;
        self.rest = rest;
        self.blank();
        Ok(json::node(&json, &self.place).value)
    }

    /// Skips blanks and one comma; says whether nothing else came before the comma or the end.
    fn blank(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(',') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => self.rest.is_empty(),
        }
    }

    /// Reads `{a,b}` and the comma after it.
    fn list_value(&mut self) -> Result<Listed, Stop> {
        if self.rest.is_empty() {
            return Ok(Listed::End);
        }
        let Some(rest) = self.rest.strip_prefix('{') else {
            return Ok(Listed::NoList);
        };
        self.rest = rest;
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return Err(SetCause::OpenList.into());
            }
            if last == Some('}') {
                self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
            }
            let value = self.typed(text)?;
            items.push(Node::new(value, self.place.clone()));
            if last == Some('}') {
                return Ok(Listed::List(items));
            }
        }
    }

    /// What a value's text means under this flag.
    fn typed(&self, text: String) -> Result<Value, Stop> {
        match self.kind {
            SetKind::Typed => Ok(typed(text)),
            SetKind::File => match (self.read_file)(&text) {
                Ok(content) => Ok(Value::Str(content)),
                Err(error) => Err(SetCause::File(text, error).into()),
            },
            SetKind::String | SetKind::Json | SetKind::Literal => Ok(Value::Str(text)),
        }
    }

    /// Reads the number before `]`.
    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return Err(match self.compat {
                HelmCompat::V3 => SetCause::OpenIndex.into(),
                // Helm 4 takes the wrapped end of the text for the end of the flag.
                HelmCompat::V4 => Stop::End,
            });
        }
        text.parse().map_err(|error: std::num::ParseIntError| {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            SetCause::BadIndex(text, matches!(error.kind(), PosOverflow | NegOverflow)).into()
        })
    }

    /// Reads up to one of the stops and past it: the text without escapes, and the stop unless the flag ended.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        let mut last = None;
        while let Some(c) = chars.next() {
            if stops.contains(&c) {
                last = Some(c);
                break;
            }
            if c == '\\' && self.kind != SetKind::Literal {
                // A backslash at the end is dropped.
                text.extend(chars.next());
            } else {
                text.push(c);
            }
        }
        self.rest = chars.as_str();
        (text, last)
    }

    /// Sets a key, unless it is empty: Helm ignores that.
    fn set(&self, data: &mut Map, key: String, value: Value) {
        if !key.is_empty() {
            data.insert(key, Node::new(value, self.place.clone()));
        }
    }

    /// Sets a list's item; a list that is too short grows by nulls.
    fn set_index(&self, list: &mut Vec<Node>, at: usize, value: Value) -> Result<(), Stop> {
        check_index(at)?;
        if list.len() <= at {
            list.resize(at + 1, Node::new(Value::Null, self.place.clone()));
        }
        if let Some(item) = list.get_mut(at) {
            *item = Node::new(value, self.place.clone());
        }
        Ok(())
    }
}

fn check_index(at: usize) -> Result<(), Stop> {
    if at > MAX_INDEX {
        return Err(SetCause::LargeIndex(i64::try_from(at).unwrap_or(i64::MAX)).into());
    }
    Ok(())
}

/// The types of `--set`: booleans and null in any case, integers that do not start with a zero.
fn typed(text: String) -> Value {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") {
        Value::Bool(true)
    // Go folds cases by Unicode, where the long s is an s.
    } else if is("false") || text.replace('ſ', "s").eq_ignore_ascii_case("false") {
        Value::Bool(false)
    } else if is("null") {
        Value::Null
    } else if text == "0" {
        Value::Int(0)
    } else if text.starts_with('0') {
        Value::Str(text)
    } else {
        text.parse().map_or(Value::Str(text), Value::Int)
    }
}
