//! What differs between two values, path by path, and when nothing does.

use proptest::prelude::*;
use serde_json::json;

use super::super::path;
use super::*;

/// `+ path`, `- path`, `~ path`, and `order path: a b` for each that differs.
fn differences(before: &Json, after: &Json) -> Vec<String> {
    fn walk<'a>(steps: &mut Vec<Step<'a>>, difference: &Difference<'a>, found: &mut Vec<String>) {
        let at = path::text(steps);
        let below: &[(Step<'a>, Difference<'a>)] = match difference {
            Difference::Added(_) => return found.push(format!("+ {at}")),
            Difference::Removed(_) => return found.push(format!("- {at}")),
            Difference::Replaced(..) => return found.push(format!("~ {at}")),
            Difference::Map { entries, .. } => {
                for (key, below) in entries {
                    steps.push(Step::Key(key));
                    walk(steps, below, found);
                    steps.pop();
                }
                return;
            }
            Difference::List(List { items, order, .. }) => {
                found.extend(order.iter().map(|[before, after]| {
                    format!("order {at}: {} → {}", before.join(" "), after.join(" "))
                }));
                items
            }
        };
        for (step, below) in below {
            steps.push(step.clone());
            walk(steps, below, found);
            steps.pop();
        }
    }
    let mut found = Vec::new();
    if let Some(difference) = compare(before, after) {
        walk(&mut Vec::new(), &difference, &mut found);
        assert!(!found.is_empty(), "a difference in nothing: {before} {after}");
    }
    found
}

#[track_caller]
fn check(cases: &[(Json, Json, &[&str])]) {
    for (before, after, expected) in cases {
        assert_eq!(differences(before, after), *expected, "{before} → {after}");
    }
}

#[test]
fn mappings_are_compared_by_key() {
    check(&[
        (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), &[]),
        (json!({"a": 1, "b": {"c": [1]}}), json!({"b": {"c": {}}, "d": null}), &["- /a", "~ /b/c", "+ /d"]),
        (json!({"a": null}), json!({}), &["- /a"]),
        (json!({"a": {}}), json!({"a": []}), &["~ /a"]),
        (json!({"a": "1"}), json!({"a": 1}), &["~ /a"]),
        (json!({"a/b": {"~": 1}}), json!({"a/b": {"~": 2}}), &["~ /a~1b/~0"]),
    ]);
}

#[test]
fn numbers_are_compared_as_numbers() {
    check(&[
        (json!(1), json!(1.0), &[]),
        (json!(0), json!(-0.0), &[]),
        (json!(10_000_000_000_000_000_u64), json!(1e16), &[]),
        (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), &["~ "]),
        (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), &["~ "]),
        (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), &["~ "]),
        (json!([1, 1]), json!([1.0, 1.0]), &[]),
        (json!([1e16]), json!([10_000_000_000_000_000_u64]), &[]),
        (json!(0.1), json!(0.2), &["~ "]),
    ]);
}

#[test]
fn items_are_matched_by_what_names_them() {
    let item = |name: &str, image: &str| json!({"name": name, "image": image});
    check(&[
        (
            json!({"c": [item("a", "1"), item("b", "1"), item("gone", "1")]}),
            json!({"c": [item("a", "2"), item("b", "1"), item("new", "1")]}),
            &["~ /c[name=a]/image", "- /c[name=gone]", "+ /c[name=new]"],
        ),
        (json!([item("a", "1")]), json!([item("new", "1"), item("a", "1")]), &["+ [name=new]"]),
        (json!([]), json!([item("a", "1")]), &["+ [name=a]"]),
        // Two mounts of one volume: the path tells them apart.
        (
            json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]),
            json!([{"name": "v", "mountPath": "/a", "subPath": "s"}, {"name": "v", "mountPath": "/b"}]),
            &["+ [mountPath=/a]/subPath"],
        ),
        (
            json!([{"containerPort": 80}, {"containerPort": 81}]),
            json!([{"containerPort": 81}, {"containerPort": "80"}]),
            &["order : 80 81 → 81 80", "~ [containerPort=80]/containerPort"],
        ),
        // One item without a name: none has one.
        (json!([item("a", "1"), {"image": "1"}]), json!([item("a", "2"), {"image": "1"}]), &["~ /0/image"]),
    ]);
}

#[test]
fn texts_are_matched_by_their_flag_and_then_by_themselves() {
    check(&[
        (json!(["--a=1", "--b=1"]), json!(["--a=2", "--b=1", "--c"]), &["~ [=--a=1]", "+ [=--c]"]),
        (json!(["--n=1", "--n=2"]), json!(["--n=2", "--n=3"]), &["- [=--n=1]", "+ [=--n=3]"]),
        (
            json!(["--n=1", "--n=2", "--a=1", "--b=1", "--b"]),
            json!(["--n=1", "--a=2", "--b=2", "--b"]),
            &["- [=--n=2]", "~ [=--a=1]", "- [=--b=1]", "+ [=--b=2]"],
        ),
        (
            json!(["get", "list"]),
            json!(["list", "get", "watch"]),
            &["order : get list → list get", "+ [=watch]"],
        ),
        (json!([80, true]), json!([true, 81]), &["- [=80]", "+ [=81]"]),
        // Of the one text with several lines the lines are compared.
        (json!(["sh", "-c", "a\nb"]), json!(["sh", "-c", "a\nc"]), &["~ /2"]),
    ]);
}

#[test]
fn what_has_no_name_is_aligned() {
    let rule = |verb: &str| json!({"verbs": [verb]});
    check(&[
        (json!(["a", "b", "a"]), json!(["x", "a", "b", "a"]), &["+ /0"]),
        (json!(["a", "b", "a"]), json!(["a", "c", "a"]), &["~ /1"]),
        (json!(["a", "a", "a"]), json!(["a"]), &["- /1", "- /2"]),
        (
            json!([rule("get"), rule("list"), rule("get")]),
            json!([rule("get"), rule("watch"), rule("get")]),
            &["- /1/verbs[=list]", "+ /1/verbs[=watch]"],
        ),
        // As many go as come nowhere, but one of two is mostly the same.
        (
            json!([{"a": 1, "b": 1}, {"a": 1, "b": 1}]),
            json!([{"c": 3}, {"a": 1, "b": 2}, {"a": 1, "b": 1}]),
            &["+ /0", "~ /1/b"],
        ),
        (json!([[1, 1], [2, 2]]), json!([[1, 1], [2, 3]]), &["~ /1/1"]),
        (json!([null, null]), json!([null]), &["- /1"]),
    ]);
}

#[test]
fn an_order_is_a_difference_only_where_both_sides_have_the_items() {
    let list = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Json>();
    check(&[
        (list(&["a", "b", "c"]), list(&["a", "c"]), &["- [name=b]"]),
        (list(&["a", "b"]), list(&["b", "a"]), &["order : a b → b a"]),
        (list(&["a", "b"]), list(&["b", "x", "a"]), &["order : a b → b a", "+ [name=x]"]),
    ]);
}

/// Values with the keys and texts on which matching depends, so that much is alike.
pub(in super::super) fn values() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-2i64..3).prop_map(Json::from),
        Just(json!(i64::MAX)),
        Just(json!(1.5)),
        Just(json!(1e16)),
        "[ab]{0,2}|--[ab]=[12]|a\n[bc]|\"[\\]\\[]|~[/\u{7f}\u{e9}]".prop_map(Json::from),
    ];
    scalar.prop_recursive(4, 48, 4, |inner| {
        let key = "name|port|key|[ab]|a\\[b=c\\]|~/|";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
            prop::collection::vec(("[ab]", "[ab]|a\\]", 0i64..2), 0..5).prop_map(|items| items
                .into_iter()
                .map(|(name, key, value)| json!({"name": name, "key": key, "value": value}))
                .collect()),
            prop::collection::vec("[abcd]|--[abc]=[12]", 0..5).prop_map(Json::from),
        ]
    })
}

/// The same value with the keys of its mappings turned around.
fn turned(value: &Json) -> Json {
    match value {
        Json::Object(map) => map.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect(),
        Json::Array(items) => items.iter().map(turned).collect(),
        scalar => scalar.clone(),
    }
}

proptest! {
    #[test]
    fn nothing_differs_exactly_when_the_values_are_the_same(before in values(), after in values()) {
        prop_assert_eq!(differences(&before, &turned(&before)), Vec::<String>::new());
        prop_assert_eq!(differences(&before, &after).is_empty(), before == after);
        prop_assert_eq!(canonical(&before) == canonical(&after), before == after);
    }
}
