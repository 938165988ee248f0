//! Choosing between values, questions about them, and failing on purpose.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::call::{Args, Function, deep_equal, fixed, is_empty, is_list, items, none, variadic};
use super::dicts::kind;
use super::error::Raised;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    fixed("default", 2, |a| Ok(a.any(usize::from(!is_empty(a.any(1)))).clone())),
    fixed("empty", 1, |a| Ok(Value::from(is_empty(a.any(0))))),
    variadic("coalesce", 0, |a| Ok(a.values.iter().find(|v| !is_empty(v)).cloned().unwrap_or_else(none))),
    variadic("all", 0, |a| Ok(Value::from(!a.values.iter().any(is_empty)))),
    variadic("any", 0, |a| Ok(Value::from(!a.values.iter().all(is_empty)))),
    fixed("ternary", 3, |a| Ok(a.any(usize::from(!a.boolean(2)?)).clone())),
    fixed("kindIs", 2, |a| kind_is(a).map(Value::from)),
    fixed("deepEqual", 2, |a| Ok(Value::from(deep_equal(a.any(0), a.any(1))))),
    fixed("fail", 1, |a| Err(Raised::error(a.text(0)?))),
    fixed("required", 2, required),
];

/// Go's kinds of numbers. Which one a number has depends in Helm on where it came from.
const NUMBER_KINDS: [&str; 3] = ["int", "int64", "float64"];

/// Whether a value is of a Go kind: `string`, `bool`, `map`, `slice`, or `invalid` for null.
fn kind_is(args: &Args<'_>) -> Result<bool, Error> {
    let wanted = args.text(0)?;
    match kind(args.any(1)) {
        Some(kind) => Ok(kind == wanted),
        None if NUMBER_KINDS.contains(&wanted) => {
            Err(args.error("the kind of a number depends on where it came from: test the other kinds"))
        }
        None => Ok(false),
    }
}

/// The value, or a failure with the message where it is null or "".
fn required(args: &Args<'_>) -> Result<Value, Error> {
    let (message, value) = (args.text(0)?, args.any(1));
    if value.is_none() || value.as_str() == Some("") {
        return Err(Raised::error(message));
    }
    Ok(value.clone())
}

/// `apiHas("batch/v1")`: whether `capabilities.apiVersions` of the context lists it; Go's
/// `.Capabilities.APIVersions.Has "batch/v1"`.
fn api_has(state: &State<'_, '_>, version: &str) -> Result<bool, Error> {
    let listed = state
        .lookup("capabilities")
        .map(|capabilities| capabilities.get_attr("apiVersions"))
        .transpose()?
        .filter(is_list)
        .ok_or_else(|| {
            Error::new(ErrorKind::UndefinedError, "apiHas: the context has no list capabilities.apiVersions")
        })?;
    Ok(items(&listed)?.iter().any(|v| v.as_str() == Some(version)))
}

/// Registers what is not a plain function: `apiHas`, which reads the context, and the tests of `is`.
///
/// The tests are those a Go template can say: `x is none` is `kindIs "invalid" x`, and `x is number` is none of
/// the other kinds.
pub(super) fn register(env: &mut Environment<'_>) {
    env.add_function("apiHas", api_has);
    env.add_test("none", |v: &Value| v.is_none());
    env.add_test("string", |v: &Value| v.kind() == ValueKind::String);
    env.add_test("boolean", |v: &Value| v.kind() == ValueKind::Bool);
    env.add_test("number", |v: &Value| v.kind() == ValueKind::Number);
    env.add_test("mapping", |v: &Value| v.kind() == ValueKind::Map);
    env.add_test("sequence", is_list);
}
