//! yq expressions become patches that do the same: compared with real yq, document by document.
//!
//! `YQ` names the binary (mikefarah's, version 4); without it what needs it is skipped, except where `CI` is true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "bad_input/command.rs"]
mod command;
#[path = "yq/generated.rs"]
mod generated;
#[path = "yq/hacks.rs"]
mod hacks;
#[path = "yq/real.rs"]
mod real;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use command::{Folder, golden};
use real::{Real, compare, manifests, patched};
use spark_operator::manifest::patch::{self, yq};

fn file(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/yq/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The lines of a table that are no comments, with their section.
fn table(name: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut cases = Vec::new();
    for line in file(name).lines() {
        match line.strip_prefix("@ ") {
            Some(name) => name.clone_into(&mut section),
            None if line.is_empty() || line.starts_with("# ") => {}
            None => cases.push((section.clone(), line.to_owned())),
        }
    }
    cases
}

/// The manifests of each section.
fn inputs(cases: &[(String, String)]) -> BTreeMap<String, String> {
    let folder = Folder::new();
    let text = |section: &str| {
        if section.contains('.') {
            return file(section);
        }
        folder.run(&["render", "--preset", section, "--kube-version", "1.37"]).ok()
    };
    cases.iter().map(|(section, _)| (section.clone(), text(section))).collect()
}

#[test]
fn an_expression_does_to_manifests_what_yq_does() {
    let Some(real) = Real::get("from-yq parity with yq") else { return };
    let cases = table("cases.txt");
    let inputs = inputs(&cases);
    let mut wrong = String::new();
    let mut compared = 0;
    for (section, expression) in cases.iter().filter(|(_, expression)| !expression.starts_with("! ")) {
        match compare(&real, expression, &inputs[section]) {
            Ok(touched) => {
                compared += 1;
                if touched == 0 && !expression.contains("nothing") {
                    let _ = writeln!(wrong, "{section}: {expression}\n  touches no document: no proof");
                }
            }
            Err(error) => {
                let _ = writeln!(wrong, "{section}: {expression}\n  {error}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{compared} expressions do what yq does");
    assert!(compared >= 60);
}

#[test]
fn a_bare_select_drops_documents_in_yq_and_not_here() {
    let Some(real) = Real::get("from-yq parity with yq") else { return };
    let (bare, input) = (r#"select(.kind == "Service") | .spec.type = "NodePort""#, file("small.yaml"));
    let printed = real.run(bare, &input).unwrap();
    let kinds: Vec<_> = printed.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Service"]);
    let translation = yq::translate(bare).unwrap();
    assert!(translation.notes[0].contains("drops all else"), "{:?}", translation.notes);
    let ours = patched(&translation, &manifests(&input)).unwrap();
    assert!(ours.starts_with(input.split("---\n# untouched").next().unwrap()), "{ours}");
    let wrapped = yq::translate(&format!(". |= ({bare})")).unwrap();
    assert!(!wrapped.notes.iter().any(|note| note.contains("drops")), "{:?}", wrapped.notes);
}

#[test]
fn where_a_patch_cannot_do_what_yq_does_it_fails_and_says_so() {
    let cases = table("cases.txt");
    let inputs = inputs(&cases);
    let mut seen = String::new();
    for (section, expression) in &cases {
        let Some(expression) = expression.strip_prefix("! ") else { continue };
        let translation = yq::translate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let error = patched(&translation, &manifests(&inputs[section])).map(drop).unwrap_err();
        let _ = writeln!(seen, "{expression}\n  {}\n", error.replace('\n', "\n  "));
    }
    golden("yq", "Expressions where a patch fails instead of doing something else than yq")
        .bind(|| insta::assert_snapshot!("fails", seen));
}

#[test]
fn what_cannot_be_translated_is_refused_with_its_place() {
    let folder = Folder::new();
    let mut seen = String::new();
    for line in file("refused.txt").lines().skip(1) {
        let expression = line.replace("\\n", "\n");
        let (code, stderr) = folder.run(&["patch", "from-yq", &expression]).refused(line);
        assert_eq!(code, 2, "{line}: {stderr}");
        let _ = writeln!(seen, "{line}\n  {}", stderr.trim_end().replace('\n', "\n  "));
    }
    golden("yq", "Expressions that are not translated").bind(|| insta::assert_snapshot!("refused", seen));
}

#[test]
fn no_mutilated_expression_makes_it_panic_or_points_outside() {
    let expressions = [table("cases.txt"), table("refused.txt")].concat();
    for (_, expression) in expressions {
        for (at, c) in expression.char_indices() {
            let (before, after) = (&expression[..at], &expression[at + c.len_utf8()..]);
            for text in [before.to_owned(), format!("{before}{after}"), format!("{before}\u{e9}\n{c}{after}")]
            {
                if let Err(error) = yq::translate(&text) {
                    let line = text.split('\n').nth(error.line - 1).expect("the line is there");
                    assert!(error.column <= line.chars().count() + 1, "{text}: {error}");
                }
            }
        }
    }
}

#[test]
fn deep_expressions_are_refused() {
    for text in ["(".repeat(100_000), ".a = ".to_owned() + &"[".repeat(100_000), ".a = 1 | ".repeat(100_000)]
    {
        let error = yq::translate(&text).unwrap_err().to_string();
        assert!(error.ends_with("this is nested too deeply"), "{error}");
    }
}

#[test]
fn what_is_printed_is_a_patch_file_that_says_what_to_know() {
    let folder = Folder::new();
    let mut seen = String::new();
    for expression in [
        r#". |= (select(.kind == "Deployment") | .spec.template.spec.containers[0].args += "-webhook-fail-on-error=true")"#,
        r#"select(.kind == "Deployment") | .spec.template.spec.nodeSelector = {"disk": "ssd"}"#,
        "with(select(.kind == \"Service\");\n  .spec.type = \"NodePort\" | # open\n\tdel(.spec.clusterIP))",
        r#"(select(.kind == "A" or .kind == "B") | .a[] | select(.name == "x]/y")).b = 1"#,
        r#".metadata.labels.team = "data""#,
    ] {
        let text = folder.run(&["patch", "from-yq", expression]).ok();
        patch::read_patches("printed", &text).unwrap();
        let _ = writeln!(seen, "{text}");
    }
    golden("yq", "Patch files as they are printed").bind(|| insta::assert_snapshot!("printed", seen));
}
