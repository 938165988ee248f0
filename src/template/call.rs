//! How a template reaches a Helm-named function: the one calling rule, arguments with types, and failures.
//!
//! Every function is written once, with its arguments in Go's order. A function call `f(a, b)` passes them as
//! they are (Go `f a b`); a filter `v | f(a, b)` appends the piped value (Go `f a b v`). What the functions do
//! is in the files named for their themes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

/// What a function does with its arguments.
pub(super) type Call = fn(&Args<'_>) -> Result<Value, Error>;

/// One function under Helm's name.
#[derive(Clone, Copy)]
pub(super) struct Function {
    /// Helm's name.
    pub(super) name: &'static str,
    /// Fewest arguments, the piped one included.
    least: usize,
    /// Most arguments; `usize::MAX` where Go takes any number.
    most: usize,
    /// The work.
    call: Call,
}

/// A function with exactly `count` arguments.
pub(super) const fn fixed(name: &'static str, count: usize, call: Call) -> Function {
    Function { name, least: count, most: count, call }
}

/// A function with `least` arguments or more.
pub(super) const fn variadic(name: &'static str, least: usize, call: Call) -> Function {
    Function { name, least, most: usize::MAX, call }
}

impl Function {
    /// Registers the function both as a function and as a filter.
    pub(super) fn register(self, env: &mut Environment<'_>) {
        env.add_function(self.name, move |args: Rest<Value>| self.run(&args));
        env.add_filter(self.name, move |piped: Value, Rest(mut args): Rest<Value>| {
            args.push(piped);
            self.run(&args)
        });
    }

    fn run(self, values: &[Value]) -> Result<Value, Error> {
        let count = values.len();
        if count < self.least || count > self.most {
            let kind =
                if count < self.least { ErrorKind::MissingArgument } else { ErrorKind::TooManyArguments };
            return Err(Error::new(kind, format!("{} does not take {count} arguments", self.name)));
        }
        for (index, value) in values.iter().enumerate() {
            match value.kind() {
                ValueKind::Undefined => {
                    let detail = format!("argument {} of {} does not exist", index + 1, self.name);
                    return Err(Error::new(ErrorKind::UndefinedError, detail));
                }
                ValueKind::Invalid | ValueKind::Plain | ValueKind::Bytes => {
                    let detail = format!("argument {} of {} is not data", index + 1, self.name);
                    return Err(Error::new(ErrorKind::InvalidOperation, detail));
                }
                _ => {}
            }
        }
        (self.call)(&Args { name: self.name, values })
    }
}

/// The arguments of one call, in Go's order. The count was checked; indexes beyond it are null.
pub(super) struct Args<'a> {
    /// The function's name, for messages.
    pub(super) name: &'static str,
    /// The arguments.
    pub(super) values: &'a [Value],
}

/// A null, for arguments that are not there.
static NULL: LazyLock<Value> = LazyLock::new(none);

impl<'a> Args<'a> {
    /// The argument as it is.
    pub(super) fn any(&self, index: usize) -> &'a Value {
        self.values.get(index).unwrap_or(&NULL)
    }

    /// The arguments from an index on.
    pub(super) fn from(&self, index: usize) -> &'a [Value] {
        self.values.get(index..).unwrap_or_default()
    }

    /// A string; Go refuses everything else, null too.
    pub(super) fn text(&self, index: usize) -> Result<&'a str, Error> {
        let value = self.any(index);
        value.as_str().ok_or_else(|| self.wrong(index, "a string", value))
    }

    /// An integer. Go wants an `int`: a number from values goes through `int` first.
    pub(super) fn integer(&self, index: usize) -> Result<i64, Error> {
        let value = self.any(index);
        match Number::of(value) {
            Some(Number::Int(i)) => Ok(i),
            _ => Err(self.wrong(index, "an integer", value)),
        }
    }

    /// A boolean, not merely something that counts as true.
    pub(super) fn boolean(&self, index: usize) -> Result<bool, Error> {
        let value = self.any(index);
        match value.kind() {
            ValueKind::Bool => Ok(value.is_true()),
            _ => Err(self.wrong(index, "a boolean", value)),
        }
    }

    /// The items of a list.
    pub(super) fn list(&self, index: usize) -> Result<Vec<Value>, Error> {
        let value = self.any(index);
        if is_list(value) { items(value) } else { Err(self.wrong(index, "a list", value)) }
    }

    /// The entries of a map, keys in byte order.
    pub(super) fn map(&self, index: usize) -> Result<BTreeMap<String, Value>, Error> {
        let value = self.any(index);
        if value.kind() == ValueKind::Map { entries(value) } else { Err(self.wrong(index, "a map", value)) }
    }

    /// An error that names the function.
    pub(super) fn error(&self, reason: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::InvalidOperation, format!("{}: {reason}", self.name))
    }

    fn wrong(&self, index: usize, wanted: &str, value: &Value) -> Error {
        self.error(format!("argument {} must be {wanted}, not {}", index + 1, describe(value)))
    }
}

/// A null.
pub(super) fn none() -> Value {
    Value::from(())
}

/// What a value is, in words.
fn describe(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "null",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "this number",
        ValueKind::String => "a string",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a map",
        _ => "this",
    }
}

/// Whether a value is a list.
pub(super) fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// The items of a list.
pub(super) fn items(list: &Value) -> Result<Vec<Value>, Error> {
    Ok(list.try_iter()?.collect())
}

/// The entries of a map in byte order of their keys, as Go walks maps when it prints them.
pub(super) fn entries(map: &Value) -> Result<BTreeMap<String, Value>, Error> {
    map.try_iter()?
        .map(|key| match key.as_str() {
            Some(name) => Ok((name.to_owned(), map.get_item(&key)?)),
            None => Err(Error::new(ErrorKind::NonKey, "the keys of a map must be strings")),
        })
        .collect()
}

/// A number as the values tree holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// An integer: exact.
    Int(i64),
    /// Everything else.
    Float(f64),
}

impl Number {
    /// The number a value holds, if it is one.
    pub(super) fn of(value: &Value) -> Option<Self> {
        if value.kind() != ValueKind::Number {
            return None;
        }
        let integer = if value.is_integer() { value.as_i64() } else { None };
        integer.map(Self::Int).or_else(|| f64::try_from(value.clone()).ok().map(Self::Float))
    }
}

/// Go's emptiness, the same for `default`, `empty`, `coalesce` and `if`: null, false, 0, "" and nothing inside.
pub(super) fn is_empty(value: &Value) -> bool {
    match Number::of(value) {
        Some(Number::Int(i)) => i == 0,
        Some(Number::Float(f)) => f == 0.0,
        None => !value.is_true(),
    }
}

/// Go's `reflect.DeepEqual` over JSON data, numbers by value.
///
/// Helm tells an integer of the template (int) from one of a values file (float64) and never finds them equal;
/// our values do not remember where they came from, so equal numbers are equal.
pub(super) fn deep_equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
        return a == b;
    }
    if is_list(a) && is_list(b) {
        return matches!((items(a), items(b)), (Ok(a), Ok(b))
            if a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| deep_equal(a, b)));
    }
    match (a.kind(), b.kind()) {
        (ValueKind::None, ValueKind::None) => true,
        (ValueKind::Bool, ValueKind::Bool) => a.is_true() == b.is_true(),
        (ValueKind::String, ValueKind::String) => a.as_str() == b.as_str(),
        (ValueKind::Map, ValueKind::Map) => matches!((entries(a), entries(b)), (Ok(a), Ok(b))
            if a.len() == b.len() && a.iter().zip(&b).all(|((ka, va), (kb, vb))| ka == kb && deep_equal(va, vb))),
        _ => false,
    }
}
