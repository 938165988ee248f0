//! What no Go template can say, or says otherwise, is refused when the chart is generated: file, place, construct, and
//! what to write instead.

use std::collections::BTreeMap;

use spark_operator::chart::folder::templates;
use spark_operator::chart::ir::{Piece, Tag};
use spark_operator::chart::kinds::Kinds;
use spark_operator::chart::parse::parse;
use spark_operator::chart::print::Chart;
use spark_operator::values;

/// What the printer makes of one file.
fn print(source: &str) -> Result<String, String> {
    let pieces = parse("a/b.yaml", source).map_err(|error| error.to_string())?;
    let mut macros = BTreeMap::new();
    for piece in &pieces {
        if let Piece::Tag { tag: Tag::Macro { name, parameters }, .. } = piece {
            macros.insert(name.clone(), parameters.clone());
        }
    }
    let kinds = Kinds::new(values::schema());
    Chart { name: "c", macros, kinds: &kinds }.print("a/b.yaml", &pieces).map_err(|error| error.to_string())
}

/// Each is refused with these words, after the place.
fn refuses(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (source, expected) in cases {
        let lead = "# a line\n  ";
        let got = match print(&format!("{lead}{source}")) {
            Ok(printed) => format!("no error, printed: {}", &printed[lead.len()..]),
            Err(error) => error,
        };
        // The place of what stands in no tag is its line.
        let at = got.strip_prefix("templates/a/b.yaml:2:").and_then(|rest| rest.split_once(": "));
        if at.is_none_or(|(column, words)| column.parse::<usize>().is_err() || words != *expected) {
            wrong.push(format!("{source}\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("constructs outside the subset: {} refused with place and advice", cases.len());
}

const TAGS: &str = "use if, for, set or macro";
const LOOPS: &str = "a loop has one variable, no condition and no recursion; use if inside it";
const PARAMETERS: &str = "a macro's parameters are plain names without defaults";
const CONSTANTS: &str = "constants are text, integers and booleans";
const KNOWN: &str = "known are values, release, chart, capabilities.kubeVersion, loop.first, and names given by set, \
                     for and macro";

#[test]
fn statements_of_minijinja_alone_are_refused() {
    let words: Vec<(String, String)> = [
        ("include 'x'", TAGS),
        ("extends 'x'", TAGS),
        ("block b", TAGS),
        ("import 'x' as y", TAGS),
        ("from 'x' import y", TAGS),
        ("call f()", TAGS),
        ("filter upper", TAGS),
        ("autoescape true", TAGS),
        ("with a = 1", TAGS),
        ("set x", "write {% set name = value %}; for text over several lines write a macro"),
        ("set a, b = values.image", "set one plain name"),
        ("set values.image = 1", "set one plain name"),
        ("for a, b in values.image", LOOPS),
        ("for a in values.extraObjects if a", LOOPS),
        ("for a in values.extraObjects recursive", LOOPS),
        ("macro f(a=1)", PARAMETERS),
        ("macro f_g()", PARAMETERS),
    ]
    .map(|(body, hint)| {
        let end = match body.split_once(' ').map_or(body, |(keyword, _)| keyword) {
            "include" | "extends" | "import" | "from" => String::new(),
            "set" if body.contains('=') => String::new(),
            keyword => format!("{{% end{keyword} %}}"),
        };
        (format!("{{% {body} %}}{end}"), format!("{{% {body} %}}: {hint}"))
    })
    .into();
    let cases: Vec<(&str, &str)> = words.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    refuses(&cases);
}

#[test]
fn expressions_of_minijinja_alone_are_refused() {
    let words: Vec<(String, String)> = [
        ("values.image.tag if values.image else ''", "a conditional expression", "use an if tag"),
        ("values.image is defined", "an `is` test", "use kindIs or empty"),
        ("values.image is not none", "an `is` test", "use kindIs or empty"),
        ("'a' in values.commonLabels", "`in`", "write `list | has(item)`"),
        ("'a' not in values.commonLabels", "`in`", "write `list | has(item)`"),
        ("values.image['tag']", "an index", "use get, first or last"),
        ("values.extraObjects[0]", "an index", "use get, first or last"),
        ("values.extraObjects[1:]", "an index", "use get, first or last"),
        ("[1, 2] | toYaml", "a list literal", "use the function list"),
        ("(1, 2) | toYaml", "a list literal", "use the function list"),
        ("{'a': 1} | toYaml", "a map literal", "use the function dict"),
        ("values.image.tag ~ 'x'", "`~`", "use printf"),
        ("1 + 2", "arithmetic", "use the functions add, sub, mul, div, mod"),
        ("7 // 2", "arithmetic", "use the functions add, sub, mul, div, mod"),
        ("2 ** 3", "arithmetic", "use the functions add, sub, mul, div, mod"),
        ("-values.controller.replicas", "a minus sign", "use the function sub"),
        ("values.image.tag.upper()", "a method call", "call a function or a macro by its name"),
        ("self.b()", "a method call", "call a function or a macro by its name"),
        ("dict('a', 1).a", "a key of a computed value", "give the value a name with set, or use get"),
        ("printf('%s', x='a')", "a named or spread argument", "pass arguments by place"),
        ("printf(*values.extraObjects)", "a named or spread argument", "pass arguments by place"),
        ("1 < 2 < 3", "a chained comparison", "join two comparisons with and"),
        ("none", "this constant", CONSTANTS),
        ("1.5", "this constant", CONSTANTS),
        ("99999999999999999999", "this constant", CONSTANTS),
    ]
    .map(|(code, what, hint)| (format!("{{{{ {code} }}}}"), format!("{what} in `{code}`: {hint}")))
    .into();
    let cases: Vec<(&str, &str)> = words.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    refuses(&cases);
}

#[test]
fn names_that_do_not_exist_are_refused() {
    let no = |name: &str| format!("there is no {name}: {KNOWN}");
    let function = |name: &str| format!("there is no function or macro {name}");
    let taken = |name: &str| format!("the name {name} means something else already: choose another");
    let words = [
        ("{{ values.imagee.tag }}", "there is no value imagee.tag: see src/values".to_owned()),
        ("{{ values.image.tagg | quote }}", "there is no value image.tagg: see src/values".to_owned()),
        ("{% if values.webhok %}{% endif %}", "there is no value webhok: see src/values".to_owned()),
        ("{{ nothing }}", no("nothing")),
        ("{{ release.nothing }}", no("release.nothing")),
        ("{{ chart.nothing }}", no("chart.nothing")),
        ("{{ capabilities.nothing }}", no("capabilities.nothing")),
        ("{{ release | toYaml }}", no("release")),
        ("{{ loop.index }}", no("loop.index")),
        ("{{ loop.first }}", "loop.first outside a loop".to_owned()),
        ("{{ quote }}", no("quote")),
        ("{% if values.image %}{% set x = 1 %}{% endif %}{{ x }}", no("x")),
        ("{% if values.image %}{% set x = 1 %}{% else %}{{ x }}{% endif %}", no("x")),
        ("{% for x in list(1) %}{% endfor %}{{ x }}", no("x")),
        ("{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}", no("x")),
        ("{% macro f(x) %}{% endmacro %}{{ x }}", no("x")),
        ("{{ values.image.tag | nosuch }}", function("nosuch")),
        ("{{ nosuch(1) }}", function("nosuch")),
        ("{{ range(3) }}", function("range")),
        ("{{ super() }}", function("super")),
        ("{{ values.image.tag | tojson }}", function("tojson")),
        ("{% set x = 1 %}{% set x = 2 %}", "x has a value already: choose another name".to_owned()),
        (
            "{% for x in list(1) %}{% set x = 2 %}{% endfor %}",
            "x has a value already: choose another name".to_owned(),
        ),
        ("{% set values = 1 %}", taken("values")),
        ("{% for release in list(1) %}{% endfor %}", taken("release")),
        ("{% macro f(root) %}{% endmacro %}", taken("root")),
        ("{% macro f(a) %}{% endmacro %}{{ f() }}", "macro f takes 1 arguments, not 0".to_owned()),
        ("{% macro f() %}{% endmacro %}{{ f(1, 2) }}", "macro f takes 0 arguments, not 2".to_owned()),
        ("{{ apiHas() }}", "apiHas takes one argument".to_owned()),
    ];
    let cases: Vec<(&str, &str)> = words.iter().map(|(a, b)| (*a, b.as_str())).collect();
    refuses(&cases);
}

#[test]
fn values_that_go_prints_otherwise_are_refused() {
    refuses(&[
        ("{{ values.controller.labelSelectorFilter }}", "it may hold any text: print it with quote"),
        (
            "{{ values.controller.replicas }}",
            "it is a number, which Helm prints as 1e+06 from a million on: print it with int64",
        ),
        ("{{ values.commonLabels }}", "it is no scalar: print it with toYaml"),
        ("{{ values.webhook }}", "it is no scalar: print it with toYaml"),
        (
            "{% if values.controller.replicas == 1 %}{% endif %}",
            "it is a float in Helm where it comes from a file: compare it with int64",
        ),
        (
            "{% if 1 < values.webhook.port %}{% endif %}",
            "it is a float in Helm where it comes from a file: compare it with int64",
        ),
    ]);
}

#[test]
fn what_minijinja_cannot_read_is_refused() {
    let sources = [
        "{% if values.image %}",
        "{% endif %}",
        "{% if values.image %}{% endfor %}",
        "{% if values.image %}{% else if values.webhook %}{% endif %}",
        "{% for x in list(1) %}{% endif %}",
        "{% macro f() %}",
        "{% macro f %}{% endmacro %}",
        "{{ values.image.tag",
        "{% if values.image",
        "{# open",
        "{{ 'a",
        "{{ }}",
        "{{ values.image.tag | }}",
        "{% if %}{% endif %}",
        "{% do f() %}",
        "{% break %}",
        "{% continue %}",
        "{% set x += 1 %}",
        "{% for a of values.image %}{% endfor %}",
        "{% macro f(*a) %}{% endmacro %}",
    ];
    for source in sources {
        let error = print(&format!("# a line\n  {source}")).expect_err(source);
        let place = error.strip_prefix("templates/a/b.yaml:").expect(source);
        assert!(place.starts_with("2:"), "{source}: {error}");
    }
}

#[test]
fn what_would_be_text_in_one_language_and_code_in_the_other_is_refused() {
    let cases = [
        ("{% raw %}{{ x }}{% endraw %}", "raw text: Go has none: print braces as text, {{ \"{{\" }}"),
        ("{# a */ b #}", "*/ in a comment: it would end the comment in Go"),
        ("a\u{a0}b", "the white space '\\u{a0}': a dash takes it in one language and leaves it in the other"),
        (
            "{% if values.image %}{% macro f() %}{% endmacro %}{% endif %}",
            "macro f stands in a block: macros stand at the top",
        ),
    ];
    for (source, expected) in cases {
        let error = print(source).expect_err(source);
        assert!(error.starts_with("templates/a/b.yaml:1:") && error.ends_with(expected), "{source}: {error}");
    }
}

#[test]
fn what_both_languages_say_is_printed() {
    let cases = [
        ("{{ values.image.pullPolicy }}", "{{ .Values.image.pullPolicy }}"),
        ("{{- values.clusterDomain | quote -}}", "{{- .Values.clusterDomain | quote -}}"),
        ("{{ '{{' }} }}", "{{ \"{{\" }} }}"),
        ("{{ '\"\\\\`' }}", "{{ \"\\\"\\\\`\" }}"),
        ("{{ '\"' }}", "{{ `\"` }}"),
        ("{# why -#}", "{{/* why */ -}}"),
        (
            "{%- if not values.webhook.enable and (1 == 2 or true) %}{% endif %}",
            "{{- if and (not .Values.webhook.enable) (or (eq 1 2) true) }}{{ end }}",
        ),
        (
            "{% for x in list(1) %}{% for y in list(x) %}{{ loop.first }}{% endfor %}{% endfor %}",
            "{{ range $x := list 1 }}{{ range $yIndex, $y := list $x }}{{ eq $yIndex 0 }}{{ end }}{{ end }}",
        ),
        (
            "{% for x in list(1) %}{% else %}none{% endfor %}",
            "{{ range $x := list 1 }}{{ else }}none{{ end }}",
        ),
        (
            "{% macro f(a) %}{{ release.name }}{{ a | quote }}{% endmacro %}{{ f('x') | trim }}",
            "{{ define \"c.f\" }}{{ .root.Release.Name }}{{ .a | quote }}{{ end }}{{ include \"c.f\" (dict \"root\" . \"a\" \"x\") | trim }}",
        ),
        ("{{ merge(dict(), values.commonLabels, values.podLabels) | toYaml }}", ""),
        (
            "{{ -1 }}{{ values.controller.replicas | int64 >= 2 }}",
            "{{ -1 }}{{ ge (.Values.controller.replicas | int64) 2 }}",
        ),
    ];
    for (source, expected) in cases {
        if expected.is_empty() {
            assert!(print(source).is_err(), "{source}");
        } else {
            assert_eq!(print(source).as_deref(), Ok(expected), "{source}");
        }
    }
}

#[test]
fn macros_of_one_name_and_macros_that_never_end_are_refused() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (
            &[("_a.tpl", "{% macro f() %}{% endmacro %}"), ("b/_b.tpl", "{% macro f() %}{% endmacro %}")],
            "templates/b/_b.tpl: macro f is defined twice: named templates are global",
        ),
        (
            &[("_a.tpl", "{% macro f() %}{% endmacro %}{% macro f(a) %}{% endmacro %}")],
            "templates/_a.tpl: macro f is defined twice: named templates are global",
        ),
        (
            &[("_a.tpl", "{% macro f(a) %}{{ f(a) }}{% endmacro %}")],
            "macro f calls itself: a named template must end",
        ),
        (
            &[(
                "_a.tpl",
                "{% macro f() %}{% if g() | trim %}{% endif %}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}",
            )],
            "macro f calls itself: a named template must end",
        ),
        (
            &[
                ("_a.tpl", "{% macro f() %}{% for x in list(printf('%s', g())) %}{% endfor %}{% endmacro %}"),
                ("_b.tpl", "{% macro g() %}{% set x = not h() %}{% endmacro %}"),
                ("_c.tpl", "{% macro h() %}{{ g() | quote }}{% endmacro %}"),
            ],
            "macro g calls itself: a named template must end",
        ),
        (
            &[("a.yaml", "{{ values.image.tagg }}")],
            "templates/a.yaml:1:1: there is no value image.tagg: see src/values",
        ),
    ];
    for (sources, expected) in cases {
        let error = templates(sources).expect_err(expected).to_string();
        assert_eq!(error, expected);
    }
    let files = templates(&[
        ("_a.tpl", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{% endmacro %}"),
        ("a.yaml", "{{ f() }}{{ f() }}"),
    ]);
    assert_eq!(files.unwrap().len(), 2);
}
