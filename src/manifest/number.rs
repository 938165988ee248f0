//! When two numbers of manifests are the same, whatever their form: 1e16 is 10000000000000000.

use serde_json::Number;

/// Whether two numbers are the same as JSON has them.
pub(super) fn same(one: &Number, two: &Number) -> bool {
    one == two || one.is_f64() != two.is_f64() && text(one) == text(two)
}

/// A number's text, the same for the same number. An integer never goes through a float.
pub(super) fn text(number: &Number) -> String {
    match number.as_f64() {
        // `{:.0}` of an integral float is exact, and an integer's own text has no other form.
        Some(f) if number.is_f64() && f.fract() == 0.0 => format!("{:.0}", if f == 0.0 { 0.0 } else { f }),
        _ => number.to_string(),
    }
}
