//! What a scalar of a document is, as a value and as a key: by its style, its tag and its text.
//!
//! The forms of plain scalars are in [`super::scalar`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scalar::{self, Scalar};
use super::{Place, ReadError, Value};

/// Whether a key `<<` merges.
pub(super) fn is_merge(plain: bool, tag: Option<&str>) -> bool {
    tag.map_or(plain, |tag| matches!(core(tag), Some("merge")) || tag == "!")
}

/// The name of one of YAML's own tags: `str` of `!!str`.
fn core(tag: &str) -> Option<&str> {
    tag.strip_prefix("tag:yaml.org,2002:")
}

/// What a scalar is, by its style, its tag and its text; `None` for a string as written.
fn scalar(text: &str, plain: bool, tag: Option<&str>, place: &Place) -> Result<Option<Scalar>, ReadError> {
    let Some(tag) = tag else {
        return Ok(plain.then(|| scalar::resolve(text, true)));
    };
    let found = |dates| scalar::resolve(text, dates);
    let (wanted, scalar, fits) = match core(tag) {
        Some("bool") => ("!!bool", found(false), matches!(found(false), Scalar::Bool(_))),
        Some("int") => ("!!int", found(false), matches!(found(false), Scalar::Int(_) | Scalar::Uint(_))),
        Some("float") => ("!!float", found(false), matches!(found(false), Scalar::Int(_) | Scalar::Float(_))),
        Some("null") => ("!!null", found(false), matches!(found(false), Scalar::Null)),
        Some("timestamp") => ("!!timestamp", found(true), matches!(found(true), Scalar::Timestamp)),
        _ => return Ok(None),
    };
    if !fits {
        let (found, text) = (scalar.tag(), text.to_owned());
        return Err(ReadError::Tag { place: place.clone(), found, wanted, text });
    }
    #[allow(clippy::cast_precision_loss, reason = "an integer that is said to be a float")]
    Ok(Some(match (wanted, scalar) {
        ("!!float", Scalar::Int(i)) => Scalar::Float(i as f64),
        (_, scalar) => scalar,
    }))
}

/// A string as written, decoded if it is `!!binary`.
fn string(text: &str, tag: Option<&str>, place: &Place) -> Result<String, ReadError> {
    if tag.and_then(core) != Some("binary") {
        return Ok(text.to_owned());
    }
    // Go skips line breaks in base64.
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = STANDARD.decode(joined).map_err(|_| ReadError::Binary { place: place.clone() })?;
    // Go's JSON replaces each byte that is not UTF-8.
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    Ok(out)
}

/// The value of a scalar. `exact`: integers of 64 bits stay what they are.
#[allow(clippy::cast_precision_loss, reason = "Helm reads every number of a file as a 64-bit float")]
pub(super) fn value(
    text: &str,
    plain: bool,
    tag: Option<&str>,
    place: &Place,
    exact: bool,
) -> Result<Value, ReadError> {
    Ok(match scalar(text, plain, tag, place)? {
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(b)) => Value::Bool(b),
        Some(Scalar::Int(i)) if exact => Value::Int(i),
        Some(Scalar::Int(i)) => Value::from_f64(i as f64),
        Some(Scalar::Uint(u)) => Value::from_f64(u as f64),
        Some(Scalar::Float(f)) if f.is_finite() => Value::from_f64(f),
        Some(Scalar::Float(_)) => {
            return Err(ReadError::NotFinite { place: place.clone(), text: text.to_owned() });
        }
        Some(Scalar::Timestamp | Scalar::Str) | None => Value::Str(string(text, tag, place)?),
    })
}

/// A key as JSON has it: numbers and booleans become strings.
pub(super) fn key_text(
    text: &str,
    plain: bool,
    tag: Option<&str>,
    place: &Place,
) -> Result<String, ReadError> {
    let refused = |what| Err(ReadError::Key { place: place.clone(), what });
    match scalar(text, plain, tag, place)? {
        Some(Scalar::Null) => refused("null"),
        Some(Scalar::Uint(_)) => refused("an integer of more than 63 bits"),
        Some(Scalar::Bool(b)) => Ok(b.to_string()),
        Some(Scalar::Int(i)) => Ok(i.to_string()),
        Some(Scalar::Float(f)) => Ok(scalar::go_float_key(f)),
        Some(Scalar::Timestamp | Scalar::Str) | None => string(text, tag, place),
    }
}
