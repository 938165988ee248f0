//! Values drawn from the JSON Schema, and texts that are hard on templates and YAML.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::string::string_regex;
use serde_json::{Map, Value as Json, json};
use spark_operator::values::schema;

/// A key that is no section: its path and its schema.
#[derive(Clone, Debug)]
struct Leaf {
    path: Vec<String>,
    schema: Json,
}

/// The number of a preset, and some keys set over it: most as the schema wants them, some at random.
pub fn values() -> impl Strategy<Value = (usize, Json)> {
    let leaves = leaves();
    let most = leaves.len().min(16);
    let set = subsequence(leaves, 0..=most).prop_flat_map(|leaves| {
        leaves
            .into_iter()
            .map(|leaf| (Just(leaf.path.clone()), prop_oneof![40 => of(&leaf.schema), 1 => any_json()]))
            .collect::<Vec<_>>()
    });
    (any::<usize>(), set).prop_map(|(preset, set)| {
        let mut values = json!({});
        for (path, value) in set {
            put(&mut values, &path, value);
        }
        (preset, values)
    })
}

/// Every key that takes any text, and every table of texts, holds this one.
pub fn every_text(text: &str) -> Json {
    let mut values = json!({});
    for Leaf { path, schema } in leaves() {
        let free =
            |schema: &Json| is(schema, "string") && schema.get("pattern").or(schema.get("enum")).is_none();
        if free(&schema) && !is(&schema, "boolean") {
            put(&mut values, &path, json!(text));
        } else if schema.get("items").is_some_and(free) {
            put(&mut values, &path, json!([text, text]));
        } else if schema.get("additionalProperties").is_some_and(free) {
            let names = schema["propertyNames"]["pattern"]
                .as_str()
                .map(|pattern| regex::Regex::new(pattern).unwrap());
            let names = ["default", "other", "4.0"]
                .into_iter()
                .filter(|name| names.as_ref().is_none_or(|names| names.is_match(name)));
            put(&mut values, &path, Json::Object(names.map(|name| (name.to_owned(), json!(text))).collect()));
        }
    }
    values
}

/// Texts that mean something to YAML, to templates, to shells or to regular expressions.
pub fn text() -> BoxedStrategy<String> {
    const ODD: [&str; 40] = [
        "",
        " ",
        "a",
        "true",
        "no",
        "~",
        "null",
        "0644",
        "1e3",
        "1_000",
        "0x1F",
        "12:30:45",
        "2001-01-01",
        ".inf",
        "a: b",
        "a #b",
        "# a",
        "- a",
        "? a",
        "---",
        "--- a",
        "...",
        "a\nb",
        "a\n",
        "\n",
        "\na\n\n",
        "\ta",
        "a\r\nb",
        "{{ values }}",
        "{{$appName}}.{{.Release.Name}}",
        "{% raw %}",
        "{# a #}",
        "'",
        "\"",
        "\\",
        "%s%d",
        "---\n# Source: a\nkind: Pod\n",
        "$1${a}",
        "é…😀\u{2028}\u{85}",
        "*a &b !c @d `e",
    ];
    let long = (select(ODD.as_slice()), 1..400_usize).prop_map(|(odd, times)| odd.repeat(times));
    let joined = (select(ODD.as_slice()), any::<String>(), select(ODD.as_slice()))
        .prop_map(|(a, b, c)| format!("{a}{b}{c}"));
    let text = prop_oneof![
        8 => select(ODD.as_slice()).prop_map(str::to_owned),
        2 => "[ -~\n]{0,120}".prop_map(|text| text),
        1 => long,
        2 => joined,
    ];
    // No values file can hold the others: YAML does not allow them.
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    text.prop_map(move |text| text.chars().filter(|c| allowed(*c) && *c != '\u{feff}').collect()).boxed()
}

fn leaves() -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut sections = vec![(Vec::new(), schema())];
    while let Some((path, section)) = sections.pop() {
        for (key, schema) in section["properties"].as_object().unwrap() {
            let path: Vec<String> = path.iter().chain([key]).cloned().collect();
            if schema.get("properties").is_some() {
                sections.push((path, schema.clone()));
            } else {
                found.push(Leaf { path, schema: schema.clone() });
            }
        }
    }
    found
}

fn put(values: &mut Json, path: &[String], value: Json) {
    let (last, sections) = path.split_last().unwrap();
    let mut at = values;
    for section in sections {
        at = at.as_object_mut().unwrap().entry(section).or_insert_with(|| json!({}));
    }
    at[last] = value;
}

fn is(schema: &Json, kind: &str) -> bool {
    match &schema["type"] {
        Json::String(only) => only == kind,
        Json::Array(kinds) => kinds.iter().any(|one| one == kind),
        _ => false,
    }
}

/// What a schema allows, as far as its keywords are known here.
fn of(schema: &Json) -> BoxedStrategy<Json> {
    if let Some(Json::Array(values)) = schema.get("enum") {
        return select(values.clone()).boxed();
    }
    let mut kinds: Vec<(u32, BoxedStrategy<Json>)> = Vec::new();
    if is(schema, "null") {
        kinds.push((1, Just(Json::Null).boxed()));
    }
    if is(schema, "boolean") {
        kinds.push((4, any::<bool>().prop_map(Json::from).boxed()));
    }
    if is(schema, "integer") {
        kinds.push((4, number(schema)));
    }
    if is(schema, "number") {
        kinds.push((
            2,
            prop_oneof![number(schema), (0..1_000_000_u32).prop_map(|n| json!(f64::from(n) / 1024.0))]
                .boxed(),
        ));
    }
    if is(schema, "string") {
        kinds.push((4, string(schema)));
    }
    if is(schema, "array") {
        kinds.push((4, array(schema)));
    }
    if is(schema, "object") {
        kinds.push((4, object(schema)));
    }
    assert!(!kinds.is_empty(), "what does {schema} allow?");
    proptest::strategy::Union::new_weighted(kinds).boxed()
}

fn number(schema: &Json) -> BoxedStrategy<Json> {
    let (least, most) =
        (schema["minimum"].as_i64().unwrap_or(-1_000), schema["maximum"].as_i64().unwrap_or(1 << 40));
    prop_oneof![
        2 => Just(least),
        1 => Just(most),
        4 => least..=most.min(least + 10),
        2 => least..=most,
    ]
    .prop_map(Json::from)
    .boxed()
}

fn string(schema: &Json) -> BoxedStrategy<Json> {
    let most = schema["maxLength"].as_u64().map_or(usize::MAX, |most| most.try_into().unwrap());
    let texts = match schema["pattern"].as_str() {
        None => text(),
        Some(pattern) => match string_regex(pattern.trim_start_matches('^').trim_end_matches('$')) {
            Ok(matching) => matching.prop_map(|text| text.chars().take(50).collect::<String>()).boxed(),
            // Anchors inside: the label selector.
            Err(_) => select(vec!["", "a", "!a", "a=b,c!=d", "team in (a, b),env notin (c)", "x.y/z == 1"])
                .prop_map(str::to_owned)
                .boxed(),
        },
    };
    let matching = schema["pattern"].as_str().map(|pattern| regex::Regex::new(pattern).unwrap());
    let least = usize::from(schema["minLength"].as_u64().is_some());
    texts
        .prop_map(move |text| text.chars().take(most).collect::<String>())
        // A cut may have spoiled it; a fault now and then does no harm.
        .prop_map(move |text| match &matching {
            Some(pattern) if !pattern.is_match(&text) => text.trim_end_matches(['-', '.', ',']).to_owned(),
            _ if text.is_empty() && least > 0 => "x".to_owned(),
            _ => text,
        })
        .prop_map(Json::from)
        .boxed()
}

fn array(schema: &Json) -> BoxedStrategy<Json> {
    let unique = schema["uniqueItems"] == true;
    let least = usize::from(schema.get("minItems").is_some());
    prop::collection::vec(of(&schema["items"]), least..4)
        .prop_map(move |mut items| {
            if unique {
                let mut seen = Vec::new();
                items.retain(|item| {
                    !seen.contains(item) && {
                        seen.push(item.clone());
                        true
                    }
                });
            }
            Json::Array(items)
        })
        .boxed()
}

fn object(schema: &Json) -> BoxedStrategy<Json> {
    if let Some(Json::Object(properties)) = schema.get("properties") {
        // An item of a list: nothing fills in what is missing.
        let all: Vec<_> = properties.iter().map(|(key, schema)| (Just(key.clone()), of(schema))).collect();
        return all.prop_map(|entries| Json::Object(entries.into_iter().collect())).boxed();
    }
    let value = match &schema["additionalProperties"] {
        Json::Object(inner) => of(&Json::Object(inner.clone())),
        _ => any_json(),
    };
    let key = prop_oneof![3 => "[a-z]{1,8}(\\.[a-z]{1,5}/[a-z]{1,5})?", 1 => text()];
    let entries = prop::collection::vec((key, value), 0..4);
    entries.prop_map(|entries| Json::Object(entries.into_iter().collect::<Map<_, _>>())).boxed()
}

fn any_json() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        (-1.0e6..1.0e6_f64).prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::vec((text(), inner), 0..3)
                .prop_map(|entries| Json::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
    .boxed()
}
