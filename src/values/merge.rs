//! How Helm lays values over each other: one values file over another, and all of them over the chart's defaults.
//!
//! Two different rules. [`merge`] is for the user's own sources: maps merge, everything else replaces, and a
//! `null` is a value like any other. [`coalesce`] is for the defaults: there a user's `null` takes a default
//! away. Rules: `loader.MergeMaps` (`pkg/chart/v2/loader/load.go`) and `CoalesceValues`
//! (`pkg/chart/common/util/coalesce.go`) for a chart without dependencies. Reading and types belong elsewhere.

use std::fmt::{self, Write as _};

use super::HelmCompat;
use crate::yaml::{Map, Node, Place, Value};

/// Lays one user source over another.
///
/// Maps merge at every depth, anything else replaces, lists replace whole, `null` is kept. Keys stand in the order
/// of `base`, then new ones in the order of `over`. A merged map keeps the place it had in `base`.
#[must_use]
pub fn merge(mut base: Map, over: Map) -> Map {
    for (key, node) in over {
        match (base.get_mut(&key), node) {
            (Some(Node { value: Value::Map(into), .. }), Node { value: Value::Map(map), .. }) => {
                *into = merge(std::mem::take(into), map);
            }
            (Some(old), node) => *old = node,
            (None, node) => {
                base.insert(key, node);
            }
        }
    }
    base
}

/// A user's value that does not fit the default under it. Helm prints these and goes on; the user's value stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The keys that lead to the value.
    pub path: Vec<String>,
    /// Where the user wrote it.
    pub place: Place,
    /// What is odd.
    pub clash: Clash,
}

/// Which way a user's value and a default differ in shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Clash {
    /// A user's table at the top level, where the default is no table.
    Skipped,
    /// A user's table further down, where the default (its text as Helm prints it) is no table.
    TableOverValue(String),
    /// A user's value further down, where the default (its text as Helm prints it) is a table.
    ValueOverTable(String),
}

impl Warning {
    /// Helm's text for a chart of this name, without the log prefix.
    #[must_use]
    pub fn message(&self, chart: &str) -> String {
        let key = self.path.join(".");
        match &self.clash {
            Clash::Skipped => format!("warning: skipped value for {chart}.{key}: Not a table."),
            Clash::TableOverValue(default) => format!(
                "warning: destination for {chart}.{key} is a table. Ignoring non-table value ({default})"
            ),
            Clash::ValueOverTable(default) => {
                format!("warning: cannot overwrite table with non table for {chart}.{key} ({default})")
            }
        }
    }
}

/// Helm's text for our own chart, which bears the name of the crate.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(env!("CARGO_PKG_NAME")))
    }
}

/// Lays the user's values over the chart's defaults, as Helm 4 does.
///
/// Maps merge at every depth; of anything else the user's wins. A user's `null` removes a key the defaults have; one
/// on a key they do not have stays a `null`. A default's `null` counts as no default. Keys stand in the order of
/// the defaults, then the user's own in their order. Warnings come in that order too (Helm's own order is random).
#[must_use]
pub fn coalesce(user: Map, defaults: &Map) -> (Map, Vec<Warning>) {
    coalesce_as(HelmCompat::V4, user, defaults)
}

/// [`coalesce`] by the rules of one Helm: for [`HelmCompat::V3`] a default's `null` is a value like any other.
#[must_use]
pub fn coalesce_as(compat: HelmCompat, mut user: Map, defaults: &Map) -> (Map, Vec<Warning>) {
    let mut warnings = Vec::new();
    let mut out = Map::with_capacity(defaults.len());
    for (key, default) in defaults {
        let Some(mut node) = user.shift_remove(key) else {
            if let Some(default) = usable(compat, default) {
                out.insert(key.clone(), default);
            }
            continue;
        };
        match (&mut node.value, &default.value) {
            (Value::Null, _) => continue,
            (Value::Map(into), Value::Map(from)) => {
                let mut path = vec![key.clone()];
                *into = tables(compat, std::mem::take(into), from, &mut path, &mut warnings);
            }
            (Value::Map(_), Value::Null) => {}
            (Value::Map(_), _) => warnings.push(Warning {
                path: vec![key.clone()],
                place: node.place.clone(),
                clash: Clash::Skipped,
            }),
            // A plain value over a table is silent at the top level, and only there.
            _ => {}
        }
        out.insert(key.clone(), node);
    }
    out.extend(user);
    (out, warnings)
}

/// Coalesces below the top level (`coalesceTablesFullKey`).
fn tables(
    compat: HelmCompat,
    mut user: Map,
    defaults: &Map,
    path: &mut Vec<String>,
    warnings: &mut Vec<Warning>,
) -> Map {
    let mut out = Map::with_capacity(defaults.len());
    for (key, default) in defaults {
        let Some(mut node) = user.shift_remove(key) else {
            if let Some(default) = usable(compat, default) {
                out.insert(key.clone(), default);
            }
            continue;
        };
        path.push(key.clone());
        let clash = match (&mut node.value, &default.value) {
            (Value::Null | Value::Map(_), Value::Null) => None,
            (Value::Null, _) => {
                path.pop();
                continue;
            }
            (Value::Map(into), Value::Map(from)) => {
                *into = tables(compat, std::mem::take(into), from, path, warnings);
                None
            }
            (Value::Map(_), _) => Some(Clash::TableOverValue(go_text(default))),
            (_, Value::Map(_)) => {
                Some(Clash::ValueOverTable(usable(compat, default).as_ref().map(go_text).unwrap_or_default()))
            }
            _ => None,
        };
        if let Some(clash) = clash {
            warnings.push(Warning { path: path.clone(), place: node.place.clone(), clash });
        }
        path.pop();
        out.insert(key.clone(), node);
    }
    out.extend(user);
    out
}

/// A default as it enters the result: without the nulls of its maps in Helm 4 (`cleanNilValues`: not those of lists).
fn usable(compat: HelmCompat, node: &Node) -> Option<Node> {
    let value = match &node.value {
        Value::Null if compat == HelmCompat::V4 => return None,
        Value::Map(map) => Value::Map(
            map.iter().filter_map(|(key, node)| Some((key.clone(), usable(compat, node)?))).collect(),
        ),
        other => other.clone(),
    };
    Some(Node::new(value, node.place.clone()))
}

/// A value as Go's `%v` prints it: what Helm's warnings show.
fn go_text(node: &Node) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_go(&mut out, &node.value);
    out
}

fn write_go(out: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::Null => out.write_str("<nil>"),
        Value::Bool(b) => write!(out, "{b}"),
        // A number of a values file is a float to Helm, hence 1e+06.
        #[allow(clippy::cast_precision_loss, reason = "that is what Helm does")]
        Value::Int(i) => write_go_float(out, *i as f64),
        Value::Float(f) => write_go_float(out, *f),
        Value::Str(s) => out.write_str(s),
        Value::Seq(items) => {
            out.write_char('[')?;
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.write_char(' ')?;
                }
                write_go(out, &item.value)?;
            }
            out.write_char(']')
        }
        Value::Map(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            out.write_str("map[")?;
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.write_char(' ')?;
                }
                write!(out, "{key}:")?;
                if let Some(node) = map.get(key) {
                    write_go(out, &node.value)?;
                }
            }
            out.write_char(']')
        }
    }
}

/// Go's `%v` of a float: the shortest digits, with an exponent below 1e-4 and from a million on.
fn write_go_float(out: &mut String, f: f64) -> fmt::Result {
    let scientific = format!("{f:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f == 0.0 || (-4..6).contains(&exponent) {
        return write!(out, "{f}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn map(json: &Json) -> Map {
        match Node::from_json(json, &Place::whole("test")).value {
            Value::Map(map) => map,
            other => panic!("not a map: {other:?}"),
        }
    }

    fn json(map: Map) -> Json {
        Node::new(Value::Map(map), Place::whole("test")).to_json()
    }

    #[test]
    fn merge_joins_maps_and_replaces_the_rest() {
        let cases = [
            (json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
            (
                json!({"a": {"x": 1, "y": 2}}),
                json!({"a": {"y": 3, "z": 4}}),
                json!({"a": {"x": 1, "y": 3, "z": 4}}),
            ),
            (json!({"a": [1, 2, 3]}), json!({"a": [4]}), json!({"a": [4]})),
            (json!({"a": {"x": 1}}), json!({"a": null}), json!({"a": null})),
            (json!({"a": null}), json!({"a": {"x": 1}}), json!({"a": {"x": 1}})),
            (json!({"a": {"x": 1}}), json!({"a": 5}), json!({"a": 5})),
        ];
        for (base, over, expected) in cases {
            assert_eq!(json(merge(map(&base), map(&over))), expected, "{base} under {over}");
        }
    }

    #[test]
    fn merge_keeps_the_order_of_the_base() {
        let merged = merge(map(&json!({"z": 1, "a": 1})), map(&json!({"m": 1, "a": 2, "b": 1})));
        assert_eq!(merged.keys().collect::<Vec<_>>(), ["z", "a", "m", "b"]);
    }

    #[test]
    fn coalesce_follows_the_null_rules_of_each_helm() {
        // user, defaults, Helm 3, Helm 4
        let cases = [
            (json!({}), json!({"a": 1}), json!({"a": 1}), json!({"a": 1})),
            (json!({"a": null}), json!({"a": 1}), json!({}), json!({})),
            (json!({"a": null}), json!({"a": null}), json!({}), json!({})),
            (json!({"a": null}), json!({}), json!({"a": null}), json!({"a": null})),
            (
                json!({"m": {"a": null}}),
                json!({"m": {"a": {"x": 1}, "b": 2}}),
                json!({"m": {"b": 2}}),
                json!({"m": {"b": 2}}),
            ),
            (
                json!({"m": {"a": null}}),
                json!({"m": {"b": 2}}),
                json!({"m": {"b": 2, "a": null}}),
                json!({"m": {"b": 2, "a": null}}),
            ),
            (
                json!({"m": {"n": {"a": null}}}),
                json!({"m": {"n": {"a": 1}}}),
                json!({"m": {"n": {}}}),
                json!({"m": {"n": {}}}),
            ),
            (
                json!({"m": {"n": {"a": null}}}),
                json!({}),
                json!({"m": {"n": {"a": null}}}),
                json!({"m": {"n": {"a": null}}}),
            ),
            (
                json!({}),
                json!({"a": null, "m": {"b": null, "c": [null]}}),
                json!({"a": null, "m": {"b": null, "c": [null]}}),
                json!({"m": {"c": [null]}}),
            ),
            (
                json!({"m": {"x": 1}}),
                json!({"m": {"b": null}}),
                json!({"m": {"b": null, "x": 1}}),
                json!({"m": {"x": 1}}),
            ),
            (
                json!({"m": {"b": null}}),
                json!({"m": {"b": null}}),
                json!({"m": {"b": null}}),
                json!({"m": {"b": null}}),
            ),
            (
                json!({"l": [1, null]}),
                json!({"l": [1, 2, 3]}),
                json!({"l": [1, null]}),
                json!({"l": [1, null]}),
            ),
        ];
        for (user, defaults, three, four) in cases {
            for (compat, expected) in [(HelmCompat::V3, three), (HelmCompat::V4, four)] {
                let (result, warnings) = coalesce_as(compat, map(&user), &map(&defaults));
                assert_eq!(json(result), expected, "{compat:?}: {user} over {defaults}");
                assert_eq!(warnings, []);
            }
        }
    }

    #[test]
    fn a_clash_of_shapes_keeps_the_users_value_and_warns_in_helms_words() {
        let defaults = map(
            &json!({"s": 1, "t": {"a": 1}, "m": {"s": 1_000_000, "t": {"b": [1.5, true], "a": null, "c": "x"}}}),
        );
        let user = map(&json!({"s": {"x": 1}, "t": 5, "m": {"s": {"x": 1}, "t": 7}}));
        let (result, warnings) = coalesce(user.clone(), &defaults);
        assert_eq!(json(result), json(user));
        let texts: Vec<_> = warnings.iter().map(|w| w.message("demo")).collect();
        assert_eq!(
            texts,
            [
                "warning: skipped value for demo.s: Not a table.",
                "warning: destination for demo.m.s is a table. Ignoring non-table value (1e+06)",
                "warning: cannot overwrite table with non table for demo.m.t (map[b:[1.5 true] c:x])",
            ]
        );
        assert_eq!(warnings[0].to_string(), "warning: skipped value for spark-operator.s: Not a table.");
    }

    #[test]
    fn coalesce_puts_the_defaults_keys_first() {
        let (result, _) = coalesce(map(&json!({"own": 1, "b": 2})), &map(&json!({"z": 1, "b": 1, "a": 1})));
        assert_eq!(result.keys().collect::<Vec<_>>(), ["z", "b", "a", "own"]);
    }

    #[test]
    fn floats_print_as_go_prints_them() {
        let cases = [
            (0.0, "0"),
            (-1.5, "-1.5"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.000_012_345, "1.2345e-05"),
        ];
        for (float, text) in cases {
            let mut out = String::new();
            write_go_float(&mut out, float).unwrap();
            assert_eq!(out, text);
        }
    }
}
