//! What a flag makes of a tree, case by case. The same cases against real Helm: `tests/values_merge.rs`.

use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn read(path: &str) -> io::Result<String> {
    match path {
        "f" => Ok("content\n".into()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file or directory")),
    }
}

fn over(compat: HelmCompat, base: &Json, kind: SetKind, text: &str) -> Result<Json, String> {
    let mut node = Node::from_json(base, &Place::whole("base"));
    apply_as(compat, kind, text, &mut node, &read).map(|()| node.to_json()).map_err(|e| e.to_string())
}

fn set(kind: SetKind, text: &str) -> Result<Json, String> {
    over(HelmCompat::V4, &json!({}), kind, text)
}

#[test]
fn values_get_the_types_helm_gives_them() {
    let cases = [
        ("true", json!(true)),
        ("True", json!(true)),
        ("FALSE", json!(false)),
        ("nUll", json!(null)),
        ("0", json!(0)),
        ("00", json!("00")),
        ("007", json!("007")),
        ("0x1f", json!("0x1f")),
        ("-1", json!(-1)),
        ("+5", json!(5)),
        ("-0", json!(0)),
        ("-007", json!(-7)),
        ("1.5", json!("1.5")),
        ("1e3", json!("1e3")),
        ("1_000", json!("1_000")),
        ("9223372036854775807", json!(i64::MAX)),
        ("9223372036854775808", json!("9223372036854775808")),
        ("yes", json!("yes")),
        ("~", json!("~")),
        ("", json!("")),
        (" 1", json!(" 1")),
        ("{}", json!([""])),
        ("{1,a,null}", json!([1, "a", null])),
        ("{a\\,b,c\\}}", json!(["a,b", "c}"])),
        ("a\\,b", json!("a,b")),
        ("a=b=c", json!("a=b=c")),
        ("a\\\\b", json!("a\\b")),
        ("a\\", json!("a")),
        ("\"q\"", json!("\"q\"")),
        ("falſe", json!(false)),
    ];
    for (text, value) in cases {
        assert_eq!(set(SetKind::Typed, &format!("k={text}")), Ok(json!({"k": value})), "{text}");
    }
}

#[test]
fn keys_lead_through_maps_and_lists() {
    let cases = [
        ("a.b.c=1", json!({"a": {"b": {"c": 1}}})),
        ("a=1,b=2", json!({"a": 1, "b": 2})),
        ("a=1,", json!({"a": 1})),
        ("a\\.b=1", json!({"a.b": 1})),
        ("a[0]=1", json!({"a": [1]})),
        ("a[2]=x", json!({"a": [null, null, "x"]})),
        ("a[0].b=1,a[0].c=2", json!({"a": [{"b": 1, "c": 2}]})),
        ("a[1][1]=1", json!({"a": [null, [null, 1]]})),
        ("a[0]=1,a[0].b=2", json!({"a": [{"b": 2}]})),
        ("a[0]", json!({"a": []})),
        ("a[0", json!({})),
        ("a.", json!({})),
        ("a[0]=", json!({"a": [""]})),
        ("a={1}b=2", json!({"a": [1], "b": 2})),
        ("=1", json!({})),
        ("", json!({})),
        ("a[0].=1", json!({"a": [{}]})),
    ];
    for (text, expected) in cases {
        assert_eq!(set(SetKind::Typed, text), Ok(expected), "{text}");
    }
}

#[test]
fn flags_lie_over_what_is_there() {
    let base = json!({"m": {"a": 1, "b": 2}, "l": [1, {"x": 1}, 3], "s": "t"});
    let cases = [
        ("m.a=5", json!({"m": {"a": 5, "b": 2}, "l": [1, {"x": 1}, 3], "s": "t"})),
        ("m=5", json!({"m": 5, "l": [1, {"x": 1}, 3], "s": "t"})),
        (
            "l[1].y=2,l[4]=n",
            json!({"m": {"a": 1, "b": 2}, "l": [1, {"x": 1, "y": 2}, 3, null, "n"], "s": "t"}),
        ),
        ("l={a}", json!({"m": {"a": 1, "b": 2}, "l": ["a"], "s": "t"})),
        ("m.a=null", json!({"m": {"a": null, "b": 2}, "l": [1, {"x": 1}, 3], "s": "t"})),
    ];
    for (text, expected) in cases {
        assert_eq!(over(HelmCompat::V4, &base, SetKind::Typed, text), Ok(expected), "{text}");
    }
    let clashes = [
        ("s.a=1", "interface {} is string, not map[string]interface {}"),
        ("s[0]=1", "interface {} is string, not []interface {}"),
        ("l.a=1", "interface {} is []interface {}, not map[string]interface {}"),
        ("m[0]=1", "interface {} is map[string]interface {}, not []interface {}"),
        ("m.a.b=1", "interface {} is float64, not map[string]interface {}"),
        ("n=1,n.b=1", "interface {} is int64, not map[string]interface {}"),
        ("n=null,n.b=1", "interface {} is nil, not map[string]interface {}"),
        ("l[0][0]=1", "interface {} is float64, not []interface {}"),
    ];
    for (text, core) in clashes {
        let error = over(HelmCompat::V4, &base, SetKind::Typed, text).unwrap_err();
        assert_eq!(
            error,
            format!("failed parsing --set data: unable to parse key: interface conversion: {core}")
        );
    }
}

#[test]
fn errors_use_helms_words() {
    let cases = [
        ("a", r#"key "a" has no value"#),
        ("a\"\u{7}\u{a0}", r#"key "a\"\a\u00a0" has no value"#),
        ("a,b=1", r#"key "a" has no value (cannot end with ,)"#),
        ("a.b", r#"key "b" has no value"#),
        ("a.=1", r#"key map "a" has no value"#),
        ("a={1,2", "list must terminate with '}'"),
        ("a[-1]=1", "negative -1 index not allowed"),
        ("a[65537]=1", "index of 65537 is greater than maximum supported index of 65536"),
        ("a[]=1", r#"error parsing index: strconv.Atoi: parsing "": invalid syntax"#),
        ("a[x]=1", r#"error parsing index: strconv.Atoi: parsing "x": invalid syntax"#),
        (
            "a[99999999999999999999]=1",
            r#"error parsing index: strconv.Atoi: parsing "99999999999999999999": value out of range"#,
        ),
        ("a[0]b'=1", r"unexpected data at end of array index: ['b' '\'']"),
    ];
    for (text, cause) in cases {
        assert_eq!(set(SetKind::Typed, text), Err(format!("failed parsing --set data: {cause}")), "{text}");
    }
}

#[test]
fn a_name_may_have_thirty_dots_and_a_key_two_hundred_steps() {
    let key = |dots: usize| "a.".repeat(dots) + "z=1";
    assert!(set(SetKind::Typed, &key(MAX_NESTED_NAME_LEVEL)).is_ok());
    let error = set(SetKind::Typed, &key(MAX_NESTED_NAME_LEVEL + 1)).unwrap_err();
    assert!(
        error.ends_with("value name nested level is greater than maximum supported nested level of 30"),
        "{error}"
    );
    let indices = |count: usize| format!("a{}=1", "[0]".repeat(count));
    assert!(set(SetKind::Typed, &indices(MAX_STEPS)).is_ok());
    assert!(set(SetKind::Typed, &indices(MAX_STEPS + 1)).unwrap_err().contains("more than 200"));
    assert!(set(SetKind::Literal, &format!("a{}", "[0].a".repeat(100_000))).is_err());
}

#[test]
fn each_flag_reads_values_its_own_way() {
    let cases = [
        (SetKind::String, "a=1,b=null,c={1,2}", json!({"a": "1", "b": "null", "c": ["1", "2"]})),
        (SetKind::Literal, "a.b=c,d={e}\\f", json!({"a": {"b": "c,d={e}\\f"}})),
        (SetKind::Literal, "a,b=c", json!({"a,b": "c"})),
        (SetKind::Literal, "a[1]=x=y", json!({"a": [null, "x=y"]})),
        (
            SetKind::File,
            "a=f,b={f,f},c=",
            json!({"a": "content\n", "b": ["content\n", "content\n"], "c": ""}),
        ),
        (
            SetKind::Json,
            r#"a=1,b= {"c": [1.5, null]} ,d="x,y",e="#,
            json!({"a": 1, "b": {"c": [1.5, null]}, "d": "x,y", "e": null}),
        ),
        (SetKind::Json, r"a[1]=true,a[0].b=[]", json!({"a": [{"b": []}, true]})),
        (SetKind::Json, r#"a=1b=truec="x"d=01=2"#, json!({"a": 1, "b": true, "c": "x", "d": 0, "1": 2})),
        (SetKind::Json, r#" {"a": {"b": 1}, "c": "x"} "#, json!({"a": {"b": 1}, "c": "x"})),
        (SetKind::Json, "a=12345678901234567890", json!({"a": 12_345_678_901_234_567_890_f64})),
        (SetKind::Json, "a=9007199254740993", json!({"a": 9_007_199_254_740_992_i64})),
    ];
    for (kind, text, expected) in cases {
        assert_eq!(set(kind, text), Ok(expected), "{} {text}", kind.flag());
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = set(SetKind::File, "a=nowhere").unwrap_err();
    assert_eq!(error, "failed parsing --set-file data: open nowhere: no such file or directory");
    for text in ["a={", "a=tru", "a=1e", "a=é", "a=nul€", "a=1e400", "a=\"\\ud800", "a=-"] {
        let error = set(SetKind::Json, text).unwrap_err();
        assert!(error.starts_with(&format!("failed parsing --set-json data {text}: ")), "{error}");
    }
    let error = set(SetKind::Json, "{\"a\":1").unwrap_err();
    assert!(error.starts_with("failed parsing --set-json data JSON: {\"a\":1: "), "{error}");
}

#[test]
fn helm_3_knows_no_object_form_and_minds_an_open_index() {
    let three = |kind, text| over(HelmCompat::V3, &json!({}), kind, text);
    assert!(three(SetKind::Json, "{\"a\":1}").is_err());
    assert_eq!(
        three(SetKind::Typed, "a[0"),
        Err("failed parsing --set data: error parsing index: EOF".to_owned())
    );
}

#[test]
fn what_a_flag_makes_remembers_the_flag() {
    let mut node = Node::from_json(&json!({"a": {"old": 1}}), &Place::whole("base"));
    apply(SetKind::Typed, "a.new=2", &mut node, &read).unwrap();
    let place = |key| node.find(["a", key]).unwrap().place.to_string();
    assert_eq!(place("old"), "base");
    assert_eq!(place("new"), "--set a.new=2");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in r#"([abc.=,\[\]{}\\"0-9 -]|\[[0-3]\]|\PC){0,60}"#) {
        for kind in [SetKind::Typed, SetKind::String, SetKind::Json, SetKind::File, SetKind::Literal] {
            let base = json!({"a": {"b": [1, {"c": null}]}, "b": [[], "x"], "c": 1});
            let _ = over(HelmCompat::V4, &base, kind, &text);
            let _ = over(HelmCompat::V3, &base, kind, &text);
        }
    }

    #[test]
    fn what_json_holds_is_what_a_flag_sets(value in 0..1000_i64, tail in "[a-z]{0,3}") {
        let text = format!("k={value}{tail}");
        let expected = if tail.is_empty() { json!(value) } else { json!(format!("{value}{tail}")) };
        prop_assume!(!(tail.is_empty() && text == "k=00"));
        prop_assert_eq!(set(SetKind::Typed, &text), Ok(json!({"k": expected})));
    }
}
