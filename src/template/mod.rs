//! The template language: minijinja with Helm's functions and nothing else.
//!
//! Templates are a subset of minijinja that a Go template can express, so this environment has no built-in
//! filter, function or test of minijinja's own, only Helm-named ones with Helm's results. Text from values is
//! data: nothing here evaluates it. What the values mean is no business of this module.
//!
//! **Calling rule.** A function call `f(a, b)` is Go's `f a b`; a filter `v | f(a, b)` is Go's `f a b v`, the
//! piped value last. Every function is both. So `append(list, x)` appends to `list`, while `list | append(x)` is Go's
//! `append x list`, a mistake: where Go wants the list first, write the call.
//!
//! **Numbers.** Values hold integers and floats; Helm holds every number of a values file as a float. The
//! difference shows where a number from a million on is turned into text (`1e+06`) or used where Go wants an
//! `int`; templates write `| int64` or `| int` there.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use call::{Function, Number};

mod call;
mod dicts;
mod encoding;
mod error;
mod flow;
mod go_text;
mod lists;
mod numbers;
mod printf;
mod regex;
mod semver;
mod strings;

pub use error::{TemplateError, TemplatePlace};

/// Instructions one template may run: some hundred times what the largest of ours needs.
pub const FUEL: u64 = 5_000_000;

/// How deep templates may include each other and macros call each other.
pub const RECURSION_LIMIT: usize = 100;

/// Every function, by theme.
const THEMES: [&[Function]; 9] = [
    strings::FUNCTIONS,
    lists::FUNCTIONS,
    dicts::FUNCTIONS,
    encoding::FUNCTIONS,
    numbers::FUNCTIONS,
    regex::FUNCTIONS,
    semver::FUNCTIONS,
    flow::FUNCTIONS,
    printf::FUNCTIONS,
];

/// An environment with Helm's functions and without templates.
///
/// Undefined is an error wherever it is used, nothing is escaped, and white space is Go's: a tag takes away what
/// stands beside a dash, and nothing else.
#[must_use]
pub fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    if let Ok(syntax) = syntax.build() {
        env.set_syntax(syntax);
    }
    env.set_formatter(format);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(RECURSION_LIMIT);
    env.set_debug(true);
    for function in THEMES.into_iter().flatten() {
        function.register(&mut env);
    }
    flow::register(&mut env);
    env
}

/// The names of all functions that are both functions and filters, in no particular order. Besides them there
/// is the function `apiHas`.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    THEMES.into_iter().flatten().map(|function| function.name)
}

/// Renders one template of the environment.
///
/// # Errors
/// [`TemplateError::Failed`] when the template refuses the values, else [`TemplateError::Render`].
pub fn render(env: &Environment<'_>, template_name: &str, context: Value) -> Result<String, TemplateError> {
    Ok(env.get_template(template_name)?.render(context)?)
}

/// Prints a value where a template says `{{ … }}`: text, integers and booleans, as Go does, and nothing else.
fn format(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let refuse = |reason: &'static str| Err(Error::new(ErrorKind::InvalidOperation, reason));
    if let Some(text) = value.as_str() {
        out.write_str(text)?;
        return Ok(());
    }
    match (value.kind(), Number::of(value)) {
        (_, Some(Number::Int(i))) => out.write_str(&i.to_string())?,
        (_, Some(Number::Float(_))) => {
            return refuse("a float has no one form: print it through toString or quote");
        }
        (ValueKind::Bool, _) => out.write_str(if value.is_true() { "true" } else { "false" })?,
        (ValueKind::None, _) => return refuse("a null cannot be printed: guard it with if"),
        (ValueKind::Undefined, _) => return Err(Error::from(ErrorKind::UndefinedError)),
        (ValueKind::Map | ValueKind::Seq | ValueKind::Iterable, _) => {
            return refuse("a map or a list cannot be printed: print through toYaml or toJson");
        }
        _ => return refuse("this value cannot be printed"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use minijinja::context;
    use minijinja::value::Serde;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;

    fn run(template: &str, values: &Json) -> Result<String, TemplateError> {
        let mut env = environment();
        env.add_template_owned("a/b.yaml", template.to_owned())?;
        render(&env, "a/b.yaml", context! { v => Value::from(Serde(values)) })
    }

    #[test]
    fn prints_text_integers_and_booleans_only() {
        let values =
            json!({"s": "{{ v.i }}", "i": 1_000_000, "b": true, "n": null, "f": 0.5, "l": [], "m": {}});
        assert_eq!(run("{{ v.s }} {{ v.i }} {{ v.b }}\n", &values).unwrap(), "{{ v.i }} 1000000 true\n");
        for (name, hint) in [("n", "guard it with if"), ("f", "toString"), ("l", "toYaml"), ("m", "toYaml")] {
            let error = run(&format!("x\n  {{{{ v.{name} }}}}"), &values).unwrap_err().to_string();
            assert!(error.contains(hint) && error.contains(&format!("`v.{name}`")), "{error}");
            assert!(error.starts_with("template a/b.yaml:2:"), "{error}");
        }
    }

    #[test]
    fn a_tag_takes_the_white_space_on_its_dashed_side_and_no_other() {
        let cases = [
            ("a:\n  {%- if v.b %}\n  x: 1\n  {%- endif %}\n", "a:\n  x: 1\n"),
            ("a:\n  {% if v.b %}\n  x: 1\n  {% endif %}\n", "a:\n  \n  x: 1\n  \n"),
        ];
        for (template, expected) in cases {
            assert_eq!(run(template, &json!({"b": true})).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_does_not_exist_is_an_error_with_its_place() {
        for template in [
            "\n{{ v.zzz }}",
            "\n{{ v.zzz | default(1) }}",
            "\n{% if v.zzz %}{% endif %}",
            "\n{{ v.s | zzz }}",
        ] {
            let error = run(template, &json!({"s": "x"})).unwrap_err();
            assert!(matches!(&error, TemplateError::Render { place, .. } if place.line == 2), "{error}");
        }
    }

    #[test]
    fn failing_on_purpose_is_worded_as_in_helm() {
        let error = run("a: 1\nb: {{ fail(\"no \" ~ v.s) }}\n", &json!({"s": "way"})).unwrap_err();
        assert_eq!(error.to_string(), "execution error at (spark-operator/templates/a/b.yaml:2:7): no way");
        let error = run("{{ v.s | required(\"need\") }}", &json!({"s": ""})).unwrap_err();
        assert!(matches!(error, TemplateError::Failed { message, .. } if message == "need"));
    }

    #[test]
    fn failing_inside_a_macro_or_an_included_template_is_still_failing_on_purpose() {
        let mut env = environment();
        env.add_template("inner", "\n{{ fail(\"deep\") }}").unwrap();
        env.add_template("outer", "{% include \"inner\" %}").unwrap();
        env.add_template("macro", "{% macro m() %}{{ fail(\"deep\") }}{% endmacro %}{{ m() }}").unwrap();
        for (name, place) in [("outer", "inner:2:4"), ("macro", "macro:1:19")] {
            let error = render(&env, name, context! {}).unwrap_err();
            let wanted = format!("execution error at (spark-operator/templates/{place}): deep");
            assert_eq!(error.to_string(), wanted);
        }
    }

    #[test]
    fn a_template_that_runs_away_is_stopped() {
        let nested =
            "{% for a in l %}{% for a in l %}{% for a in l %}{{ a }}{% endfor %}{% endfor %}{% endfor %}";
        let error = run(&format!("{{% set l = until(1000) %}}{nested}"), &json!({})).unwrap_err();
        assert!(error.to_string().contains("fuel"), "{error}");
        let error = run("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", &json!({})).unwrap_err();
        assert!(error.to_string().contains("recursion"), "{error}");
        for call in ["repeat(100000000, \"abc\")", "indent(9999999, \"a\")", "until(999999999)"] {
            assert!(run(&format!("{{{{ {call} }}}}"), &json!({})).is_err(), "{call}");
        }
    }

    #[test]
    fn a_filter_passes_the_piped_value_last() {
        let values = json!({"l": ["a", "b"], "s": "a"});
        for (piped, called) in [
            ("v.l | join(\",\")", "join(\",\", v.l)"),
            ("v.s | replace(\"a\", \"b\")", "replace(\"a\", \"b\", v.s)"),
            ("v.s | without(v.l) | toJson", "toJson(without(v.l, v.s))"),
        ] {
            let both = [piped, called].map(|e| run(&format!("{{{{ {e} }}}}"), &values).unwrap());
            assert_eq!(both[0], both[1]);
        }
    }

    #[test]
    fn named_arguments_and_wrong_counts_are_refused() {
        for call in ["upper()", "upper(\"a\", \"b\")", "upper(s=\"a\")", "dict(a=1)", "\"a\" | upper(\"b\")"]
        {
            assert!(run(&format!("{{{{ {call} }}}}"), &json!({})).is_err(), "{call}");
        }
    }

    #[test]
    fn an_api_is_looked_up_in_the_context() {
        let mut env = environment();
        env.add_template("t", "{{ apiHas(\"batch/v1\") }} {{ apiHas(\"batch/v2\") }}").unwrap();
        let context = context! { capabilities => context! { apiVersions => ["v1", "batch/v1"] } };
        assert_eq!(render(&env, "t", context).unwrap(), "true false");
        assert!(render(&env, "t", context! {}).is_err());
    }

    #[test]
    fn merging_leaves_its_arguments_alone() {
        let values = json!({"a": {"x": {"y": 1}}, "b": {"x": {"z": 2}}});
        let template = "{{ mergeOverwrite(v.a, v.b) | toJson }} {{ v | toJson }}";
        let merged = r#"{"x":{"y":1,"z":2}} {"a":{"x":{"y":1}},"b":{"x":{"z":2}}}"#;
        assert_eq!(run(template, &values).unwrap(), merged);
    }

    fn data() -> impl Strategy<Value = Json> {
        let texts = prop_oneof![
            any::<String>(),
            "[-+]?[0-9a-fox_.]{0,8}",
            "[v0-9.x*|<>=~^ ,-]{0,12}",
            r"[\[\](){}^$*+?|a-c\\dpQE:-]{0,8}",
            "(%[-+ 0]?[0-9]{0,3}(\\.[0-9]?)?[svdqtfxX%a]? ?){0,3}",
        ];
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            (-5_i64..12).prop_map(Json::from),
            (-5_i64..12).prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            texts.prop_map(Json::from),
            "[a-cé日]{0,6}".prop_map(Json::from),
            "[a-cé日]{0,6}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_function_panics_whatever_it_is_given(values in prop::collection::vec(data(), 0..5)) {
            let env = environment();
            let context = context! { v => Value::from(Serde(&values)) };
            for name in function_names() {
                for count in 0..=values.len() {
                    let arguments: Vec<String> = (0..count).map(|i| format!("v[{i}]")).collect();
                    let source = format!("{{{{ toJson({name}({})) }}}}", arguments.join(", "));
                    // Errors are fine; a panic is not.
                    let _ = env.render_str(&source, &context);
                }
            }
        }

        #[test]
        fn no_function_panics_on_texts_and_small_integers(
            (a, b) in (-9_i64..20, -9_i64..20),
            (text, other) in ("[a-b,é日]{0,8}", "\\PC{0,6}"),
        ) {
            let env = environment();
            let shapes =
                [json!([a, text]), json!([text, other]), json!([a, b, text]), json!([text, other, a]), json!([other, text, text])];
            for shape in shapes {
                let count = shape.as_array().map_or(0, Vec::len);
                let arguments: Vec<String> = (0..count).map(|i| format!("v[{i}]")).collect();
                let context = context! { v => Value::from(Serde(&shape)) };
                for name in function_names() {
                    let source = format!("{{{{ toJson({name}({})) }}}}", arguments.join(", "));
                    let _ = env.render_str(&source, &context);
                }
            }
        }

        #[test]
        fn json_survives_the_way_to_text_and_back(value in data()) {
            let values = json!({"x": {"value": value}});
            let once = run("{{ v.x | toJson }}", &values).unwrap();
            let twice = run("{{ v.x | toJson | fromJson | toJson }}", &values).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}
