//! Generated patch files: what is read fits the schema that is printed for editors, what is written is read back, and
//! no text makes the reader panic.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};
use spark_operator::manifest::patch::{Patch, read_patches, schema_text, to_yaml};
use spark_operator::yaml::{self, Options};

use crate::generate::{runner, table, text, value};

/// The patches, and the text's tree where it is one YAML document.
fn read(text: &str) -> (Option<Vec<Patch>>, Option<Json>) {
    let options = Options { exact_integers: true, ..Options::default() };
    let trees = yaml::read_documents(&"p.yaml".into(), text, options).map(|documents| documents.roots);
    let tree = trees.ok().and_then(|mut roots| (roots.len() == 1).then(|| roots.remove(0).to_json()));
    let patches = read_patches("p.yaml", text).map_err(|error| assert!(!error.to_string().is_empty()));
    (patches.ok(), tree)
}

/// The emitter leaves out the last line's end, which a text may need.
fn written(file: &Json) -> String {
    yaml::to_yaml(file) + "\n"
}

fn without_places(mut patches: Vec<Patch>) -> Vec<Patch> {
    for patch in &mut patches {
        patch.place = None;
    }
    patches
}

#[test]
fn what_is_written_is_read_back() {
    runner(512)
        .run(&file(), |file| {
            let text = written(&file);
            let patches = without_places(
                read_patches("p.yaml", &text).map_err(|e| TestCaseError::fail(e.to_string()))?,
            );
            if patches.is_empty() {
                return Ok(());
            }
            let written = to_yaml(&patches);
            let again = read_patches("p.yaml", &written)
                .map_err(|e| TestCaseError::fail(format!("{e}\n{written}")))?;
            prop_assert_eq!(&without_places(again), &patches, "{}", written);
            prop_assert_eq!(to_yaml(&patches), written);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn no_patches_are_written_as_a_file_without_patches() {
    assert_eq!(read_patches("p.yaml", &to_yaml(&[])).map_err(|error| error.to_string()), Ok(Vec::new()));
}

/// So what the schema refuses is refused, and an editor shows no error in a file that works.
#[test]
fn what_is_read_fits_the_schema() {
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema_text()).unwrap()).unwrap();
    let (both, neither, stricter) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    runner(1024)
        .run(&(file(), prop::collection::vec(change(), 0..3)), |(mut file, changes)| {
            for change in changes {
                change.make(&mut file);
            }
            let (patches, tree) = read(&written(&file));
            prop_assert_eq!(tree.as_ref(), Some(&file));
            match (patches.is_some(), schema.validate(&file)) {
                (true, Ok(())) => count(&both),
                (false, Err(_)) => count(&neither),
                (false, Ok(())) => count(&stricter),
                (true, Err(error)) => {
                    let place = error.instance_path().to_string();
                    return Err(TestCaseError::fail(format!("{place}: {error}\n{file:#}")));
                }
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let (both, neither, stricter) = (both.get(), neither.get(), stricter.get());
    println!(
        "generated patch files: {both} read, {neither} refused as by the schema, {stricter} that only we refuse"
    );
    assert!(both * 4 > neither && neither * 4 > both && stricter < neither, "{both} {neither} {stricter}");
}

#[test]
fn no_text_makes_reading_panic() {
    let cuts = prop::collection::vec((any::<Index>(), 0..9usize, text()), 1..4);
    let refused = Cell::new(0);
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema_text()).unwrap()).unwrap();
    runner(512)
        .run(&(file(), cuts, any::<bool>()), |(file, cuts, block)| {
            let mut text = if block { written(&file) } else { file.to_string() };
            for (at, length, new) in cuts {
                let mut places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
                places.push(text.len());
                let start = at.index(places.len());
                let end = (start + length).min(places.len() - 1);
                text.replace_range(places[start]..places[end], &new);
            }
            match read(&text) {
                (Some(_), tree) => prop_assert!(schema.is_valid(&tree.unwrap_or_default()), "{}", text),
                (None, _) => refused.set(refused.get() + 1),
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(refused.get() > 0);
}

/// A change to a patch file, most of which break it.
#[derive(Clone, Debug)]
struct Change {
    at: Vec<Index>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Remove,
    Rename(String),
    Replace(Json),
    Add(String, Json),
}

fn change() -> impl Strategy<Value = Change> {
    let key = prop::sample::select(vec![
        "target",
        "expect",
        "merge",
        "operations",
        "description",
        "kind",
        "hook",
        "name",
        "regex",
        "op",
        "path",
        "from",
        "value",
        "ifPresent",
        "labelSelector",
        "group",
        "other",
    ]);
    let known = prop::sample::select(vec![
        json!("one"),
        json!("some"),
        json!("skip"),
        json!("add"),
        json!("copy"),
        json!("/a/0"),
        json!("/"),
        json!(""),
        json!(true),
        json!(0),
        json!(2),
        json!(-1),
        json!(4_294_967_295_u32),
        json!(4_294_967_296_u64),
        json!(null),
        json!([]),
        json!({}),
        json!({"regex": "a|b"}),
        json!({"kind": "A"}),
        json!([{"op": "remove", "path": "/a"}]),
    ]);
    let values = prop_oneof![2 => known, 1 => value()];
    let what = prop_oneof![
        1 => Just(What::Remove),
        1 => key.clone().prop_map(|key| What::Rename(key.to_owned())),
        2 => values.clone().prop_map(What::Replace),
        2 => (key, values).prop_map(|(key, value)| What::Add(key.to_owned(), value)),
    ];
    (prop::collection::vec(any::<Index>(), 1..5), what).prop_map(|(at, what)| Change { at, what })
}

impl Change {
    fn make(self, file: &mut Json) {
        let mut at = file;
        let mut steps = self.at.iter().peekable();
        while let Some(step) = steps.next() {
            let last = steps.peek().is_none();
            let is_inner = |value: &Json| {
                value.as_array().is_some_and(|a| !a.is_empty())
                    || value.as_object().is_some_and(|m| !m.is_empty())
            };
            match at {
                Json::Array(items) if !items.is_empty() => {
                    let index = step.index(items.len());
                    if last || !is_inner(&items[index]) {
                        match self.what {
                            What::Remove => drop(items.remove(index)),
                            What::Replace(value) => items[index] = value,
                            What::Rename(_) => items.push(items[index].clone()),
                            What::Add(_, value) => items.insert(index, value),
                        }
                        return;
                    }
                    at = &mut items[index];
                }
                Json::Object(map) if !map.is_empty() => {
                    let key = map.keys().nth(step.index(map.len())).unwrap().clone();
                    if last || !is_inner(&map[&key]) {
                        match self.what {
                            What::Remove => drop(map.remove(&key)),
                            What::Replace(value) => map[&key] = value,
                            What::Rename(new) => {
                                let value = map.remove(&key).unwrap();
                                map.insert(new, value);
                            }
                            What::Add(new, value) => drop(map.insert(new, value)),
                        }
                        return;
                    }
                    at = &mut map[&key];
                }
                _ => return,
            }
        }
    }
}

/// A patch file that can be read.
fn file() -> impl Strategy<Value = Json> {
    prop::collection::vec(patch(), 0..4).prop_map(Json::from)
}

fn patch() -> impl Strategy<Value = Json> {
    let expect = prop_oneof![
        prop::sample::select(vec!["one", "some", "any"]).prop_map(Json::from),
        any::<u32>().prop_map(Json::from),
    ];
    let change = prop_oneof![
        table(value()).prop_map(|merge| ("merge", Json::from(merge))),
        prop::collection::vec(operation(), 0..4).prop_map(|all| ("operations", Json::from(all))),
    ];
    let optional = |strategy: BoxedStrategy<Json>| prop::option::weighted(0.4, strategy);
    let description = optional(text().prop_map(Json::from).boxed());
    (description, target(), optional(expect.boxed()), change).prop_map(
        |(description, target, expect, (key, change))| {
            let mut patch = json!({"target": target, key: change});
            for (key, value) in [("description", description), ("expect", expect)] {
                if let Some(value) = value {
                    patch[key] = value;
                }
            }
            patch
        },
    )
}

fn target() -> impl Strategy<Value = Json> {
    let pattern = || {
        prop_oneof![
            3 => text().prop_filter("a glob", |text| !text.contains(['[', '\\'])).prop_map(Json::from),
            1 => text().prop_map(|text| json!({"regex": regex::escape(&text)})),
            1 => prop::sample::select(vec!["a|b", "", ".*", "(?i)x", "\\d{2,}"]).prop_map(|regex| json!({"regex": regex})),
        ]
        .boxed()
    };
    let selector = || {
        let all = vec![
            "",
            "a",
            "!a",
            "a=b",
            "a == b",
            "a!=",
            "a in (b, c),!d",
            "example.com/x notin (,b)",
            " a , b ",
        ];
        prop::sample::select(all).prop_map(Json::from).boxed()
    };
    let keys = ["group", "version", "name", "namespace"].map(|key| (Just(key), pattern()));
    let selectors = ["labelSelector", "annotationSelector"].map(|key| (Just(key), selector()));
    let hook = (Just("hook"), any::<bool>().prop_map(Json::from).boxed());
    let optional: Vec<_> = keys
        .into_iter()
        .chain(selectors)
        .chain([hook])
        .map(|entry| prop::option::weighted(0.25, entry))
        .collect();
    (pattern(), optional).prop_map(|(kind, optional)| {
        let mut target = json!({"kind": kind});
        for (key, value) in optional.into_iter().flatten() {
            target[key] = value;
        }
        target
    })
}

fn operation() -> impl Strategy<Value = Json> {
    let path = || {
        let paths = vec![
            "",
            "/",
            "/a",
            "/a~1b/~0",
            "/a/-",
            "/a/0/b",
            "/a[name=b]/c",
            "/a[=--x=y]",
            "/a/[n=1]",
            "/a[n=\"]\\\"\"]",
            "/grün//",
        ];
        prop::sample::select(paths)
    };
    let if_present = prop::option::of(prop::sample::select(vec!["fail", "skip", "add"]));
    let adds = (any::<bool>(), path(), path(), value(), if_present).prop_map(
        |(copy, from, path, value, if_present)| {
            let mut operation = if copy {
                json!({"op": "copy", "from": from, "path": path})
            } else {
                json!({"op": "add", "path": path, "value": value})
            };
            if let Some(if_present) = if_present {
                operation["ifPresent"] = json!(if_present);
            }
            operation
        },
    );
    prop_oneof![
        adds,
        path().prop_map(|path| json!({"op": "remove", "path": path})),
        (path(), value()).prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value})),
        (path(), value()).prop_map(|(path, value)| json!({"op": "test", "path": path, "value": value})),
        (path(), path()).prop_map(|(from, path)| json!({"op": "move", "from": from, "path": path})),
    ]
}
