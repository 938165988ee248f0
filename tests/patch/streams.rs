//! Generated streams and patches: untouched documents keep their bytes, a touched one is what the operations make of
//! its tree (as the json-patch crate makes it), and a second time changes nothing or is refused.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spark_operator::manifest::Manifests;
use spark_operator::manifest::patch::{PatchError, Sides, Why, apply, read_patches};

use crate::generate::{runner, stream, table, text, value};

/// A patch as it is written.
type Patch = Json;

fn patched(patches: &[Patch], stream: &str) -> Result<String, PatchError> {
    // JSON is YAML but for what breaks lines there, which is not generated.
    let file = json!(patches).to_string().replace('\u{a0}', "\\u00a0");
    let patches = read_patches("p.yaml", &file).unwrap_or_else(|error| panic!("{error}\n{file}"));
    let manifests = [Manifests::new("m.yaml", stream.to_owned())];
    apply(&patches, &manifests, Sides::All).map(|patched| patched.texts[0].concat())
}

/// Each document's text and tree.
fn documents(stream: &str) -> Vec<(String, Option<Json>)> {
    let manifests = Manifests::new("m.yaml", stream.to_owned());
    let read = |chunk| manifests.read(chunk).unwrap_or_else(|error| panic!("{error}\n{stream}"));
    manifests
        .chunks()
        .map(|chunk| (chunk.text.to_owned(), read(chunk).map(|content| content.root.to_json())))
        .collect()
}

#[test]
fn streams_that_no_patch_changes_are_the_same_bytes() {
    let patches = [
        json!({"target": {"kind": "None"}, "expect": "any", "merge": {"spec": null}}),
        json!({"target": {"kind": "*", "name": "o*"}, "expect": "any", "merge": {}}),
        json!({"target": {"kind": "*"}, "expect": "any", "operations": [{"op": "test", "path": "/spec/count", "value": 1}]}),
    ];
    runner(256)
        .run(&stream(), |stream| {
            prop_assume!(!stream.trim().is_empty());
            let printed = patched(&patches, &stream);
            prop_assert_eq!(printed.map_err(|error| error.to_string()), Ok(stream));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn patching_and_reading_is_reading_and_patching() {
    let (applied, refused, own) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    runner(512)
        .run(&(stream(), prop::collection::vec(patch(), 1..4)), |(stream, patches)| {
            prop_assume!(!stream.trim().is_empty());
            let before = documents(&stream);
            let mut expected: Vec<_> = before.iter().map(|(_, tree)| tree.clone()).collect();
            let possible = expected.iter_mut().flatten().try_for_each(|tree| by_tree(&patches, tree));
            let printed = match (patched(&patches, &stream), possible) {
                (Ok(printed), Some(())) => printed,
                (Err(_), None) => {
                    count(&refused);
                    return Ok(());
                }
                // Rules of ours, which the RFC does not have.
                (Err(error), Some(())) if is_ours(&error) => {
                    count(&own);
                    return Ok(());
                }
                (Err(error), Some(())) => return Err(TestCaseError::fail(format!("refused: {error}"))),
                (Ok(printed), None) => return Err(TestCaseError::fail(format!("not refused: {printed}"))),
            };
            count(&applied);
            let after = documents(&printed);
            prop_assert_eq!(after.len(), before.len());
            for (((before, tree), (after, found)), expected) in before.iter().zip(&after).zip(&expected) {
                prop_assert_eq!(found, expected);
                if tree == expected {
                    prop_assert_eq!(before, after);
                } else if before.contains("\r\n") {
                    prop_assert!(!after.replace("\r\n", "").contains('\n'), "{:?}", after);
                }
            }
            if let Ok(again) = patched(&patches, &printed) {
                prop_assert_eq!(again, printed);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let (applied, refused, own) = (applied.get(), refused.get(), own.get());
    println!(
        "generated patches: {applied} applied, {refused} refused as by the crate, {own} refused by our rules"
    );
    assert!(
        applied > refused / 4 && applied * 20 > own && refused > 0 && own > 0,
        "{applied} {refused} {own}"
    );
}

/// Broken streams are read, or refused in one sentence; nothing else.
#[test]
fn no_text_makes_patching_panic() {
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, text()), 1..4);
    let refused = Cell::new(0);
    let patches = [
        json!({"target": {"kind": "*"}, "expect": "any", "merge": {"metadata": {"labels": {"new": "label"}}}}),
    ];
    runner(256)
        .run(&(stream(), cuts), |(mut stream, cuts)| {
            for (at, length, new) in cuts {
                let mut places: Vec<_> = stream.char_indices().map(|(at, _)| at).collect();
                places.push(stream.len());
                let start = at.index(places.len());
                let end = (start + length).min(places.len() - 1);
                stream.replace_range(places[start]..places[end], &new);
            }
            match patched(&patches, &stream) {
                Ok(printed) => {
                    for (_, tree) in documents(&printed) {
                        prop_assert!(tree.is_none_or(|tree| tree.is_object()));
                    }
                }
                Err(error) => {
                    refused.set(refused.get() + 1);
                    prop_assert!(!error.to_string().trim().is_empty());
                }
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(refused.get() > 0);
}

/// Whether the rule that refused is none of the RFC's.
fn is_ours(error: &PatchError) -> bool {
    match error {
        PatchError::NotIdempotent { .. } => true,
        PatchError::Operation { why, .. } => matches!(**why, Why::Present { .. }),
        _ => false,
    }
}

/// The patches by a reading of the RFCs that knows no text: `None` where they cannot be applied.
fn by_tree(patches: &[Patch], tree: &mut Json) -> Option<()> {
    if tree["kind"] == "List" {
        return tree["items"].as_array_mut()?.iter_mut().try_for_each(|item| by_tree(patches, item));
    }
    let name = tree["metadata"]["name"].clone();
    for patch in patches.iter().filter(|patch| patch["target"]["name"] == name) {
        if let Some(merge) = patch.get("merge") {
            json_patch::merge(tree, merge);
        }
        for operation in patch["operations"].as_array().into_iter().flatten() {
            operate(tree, operation.clone())?;
        }
    }
    Some(())
}

fn operate(tree: &mut Json, mut operation: Json) -> Option<()> {
    let skip = operation.as_object_mut()?.remove("ifPresent") == Some(json!("skip"));
    let mut there = tree.clone();
    for key in ["from", "path"] {
        let Some(path) = operation.get(key).and_then(Json::as_str) else { continue };
        // Where a value moves to is looked for when it is no longer where it was.
        if key == "path" && operation["op"] == "move" {
            let remove = json!([{"op": "remove", "path": operation["from"]}]);
            json_patch::patch(&mut there, &serde_json::from_value::<json_patch::Patch>(remove).ok()?).ok()?;
        }
        let Some((list, rest)) = path.split_once("[name=") else { continue };
        let (name, rest) = rest.split_once(']')?;
        let items = there.pointer(list)?.as_array()?;
        let mut found = items.iter().enumerate().filter(|(_, item)| item["name"] == name);
        let (index, _) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        operation[key] = json!(format!("{list}/{index}{rest}"));
    }
    let patch: json_patch::Patch = serde_json::from_value(json!([operation])).ok()?;
    let mut patched = tree.clone();
    json_patch::patch(&mut patched, &patch).ok()?;
    let (parent, _) = operation["path"].as_str()?.rsplit_once('/')?;
    let value = &operation["value"];
    let same = |item: &Json| item == value || item["name"].is_string() && item["name"] == value["name"];
    match tree.pointer(parent) {
        Some(Json::Array(items)) if skip && items.iter().any(same) => {}
        _ => *tree = patched,
    }
    Some(())
}

/// A patch of an object that the stream may hold.
fn patch() -> impl Strategy<Value = Patch> {
    let merge = (table(value()), value(), text()).prop_map(|(table, any, label)| {
        json!({"merge": {"spec": {"table": table, "any": any}, "metadata": {"labels": {"new": label}}}})
    });
    let operations = prop::collection::vec(operation(), 1..4).prop_map(|all| json!({"operations": all}));
    // The first object is there in most streams.
    let index = prop_oneof![3 => Just(0), 2 => 1..8usize];
    (index, prop_oneof![1 => merge, 3 => operations]).prop_map(|(index, mut patch)| {
        patch["target"] = json!({"kind": "*", "name": format!("o{index}")});
        patch["expect"] = json!("any");
        patch
    })
}

/// An operation on the shape of the generated objects; some lead nowhere.
fn operation() -> impl Strategy<Value = Json> {
    let place = || {
        prop_oneof![
            6 => prop::sample::select(vec![
                "/spec/count", "/spec/any", "/spec/table", "/spec/new", "/spec/table/a", "/spec/list", "/metadata/labels/app",
                "/metadata/labels/example.com~1x", "/spec/any/a", "/metadata/annotations",
            ]),
            4 => prop::sample::select(vec![
                "/spec/list/0", "/spec/list/1", "/spec/list/-", "/spec/items/-", "/spec/items/0", "/spec/items/1/value",
                "/spec/items[name=i0]", "/spec/items[name=i1]/value", "/spec/items[name=i2]", "/spec/items[name=i0]/value/a",
            ]),
            1 => prop::sample::select(vec!["/none/x", "/spec/list/99", "/spec/count/x", "/spec/list/01", "/kind/x"]),
        ]
    };
    let add = (place(), value(), any::<bool>()).prop_map(|(path, value, skip)| {
        let mut operation = json!({"op": "add", "path": path, "value": value});
        if skip {
            operation["ifPresent"] = json!("skip");
        }
        operation
    });
    let items = prop::sample::select(vec![
        json!({"op": "add", "path": "/spec/list/-", "value": "a"}),
        json!({"op": "add", "path": "/spec/list/0", "value": "b", "ifPresent": "skip"}),
        json!({"op": "add", "path": "/spec/items/-", "value": {"name": "i0", "value": 1}}),
        json!({"op": "add", "path": "/spec/items/-", "value": {"name": "i1", "value": 1}, "ifPresent": "skip"}),
        json!({"op": "remove", "path": "/spec/list/0"}),
        json!({"op": "move", "from": "/spec/list/0", "path": "/spec/list/-"}),
    ]);
    prop_oneof![
        4 => items,
        6 => add,
        3 => (place(), value()).prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value})),
        3 => place().prop_map(|path| json!({"op": "remove", "path": path})),
        1 => (place(), place()).prop_map(|(from, path)| json!({"op": "move", "from": from, "path": path})),
        1 => (place(), place()).prop_map(|(from, path)| json!({"op": "copy", "from": from, "path": path})),
        1 => Just(json!({"op": "test", "path": "/spec/count", "value": 1})),
        1 => (place(), value()).prop_map(|(path, value)| json!({"op": "test", "path": path, "value": value})),
    ]
}
