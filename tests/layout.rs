//! The layout of `src/`: which folder may use which, and what every source file keeps to.
//!
//! The folders and what each may not do are said in CONTRIBUTING.md. Style is left to rustfmt and clippy; what is
//! checked here they cannot see.

// A test fails by panicking.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

#[path = "layout/source.rs"]
mod source;

/// A folder of `src/`, and what it may not do beyond using the folders below it.
struct Room {
    name: &'static str,
    /// Folders above it that it may not use all the same.
    not: &'static [&'static str],
    /// What its code (tests aside) may not mention: a pattern, and the rule in words.
    never: Option<(&'static str, &'static str)>,
}

const fn room(name: &'static str) -> Room {
    Room { name, not: &[], never: None }
}

const CLUSTER: Option<(&str, &str)> = Some((r"\b(?:kube|tokio)::", "touch a cluster"));
const IO: Option<(&str, &str)> =
    Some((r"\b(?:fs|net|process|env|tokio)::|\bkube::(?:Api|Client|api::Api|client)\b", "do IO"));

/// In the order of use: a folder uses only folders before it.
const ROOMS: &[Room] = &[
    Room { never: Some((r"\b(?:k8s_openapi|kube)::", "know Kubernetes")), ..room("yaml") },
    Room { never: Some((r"\bfs::", "read files")), ..room("values") },
    Room { not: &["values"], ..room("template") },
    Room { never: IO, ..room("api") },
    Room { never: CLUSTER, ..room("manifest") },
    Room { never: CLUSTER, ..room("chart") },
    Room { never: CLUSTER, ..room("render") },
    Room { never: IO, ..room("spark") },
    Room { not: &["api", "spark"], ..room("runtime") },
    Room { never: Some((r"\b(?:patch|replace)_status\b", "write status")), ..room("submit") },
    Room { never: Some((r"\b(?:PodSpec|PodTemplateSpec|Container) \{", "build pods")), ..room("controller") },
    Room { not: &["controller"], ..room("webhook") },
    room("cli"),
];

/// Files longer than [`MOST_LINES`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

const MOST_LINES: usize = 500;

/// A source file: its path from the crate's root, and its text.
struct File {
    path: String,
    text: String,
}

#[test]
fn folders_use_only_folders_above_them() {
    report(&sources().iter().flat_map(check_imports).collect::<Vec<_>>());
}

#[test]
fn the_library_lists_its_folders_in_the_order_of_use() {
    report(&check_order(&read(&root().join("src/lib.rs"))));
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    report(&sources().iter().flat_map(check_shape).collect::<Vec<_>>());
}

#[test]
fn nothing_outside_tests_can_panic_by_choice() {
    let files = sources();
    let for_tests = files_for_tests(&files);
    report(
        &files
            .iter()
            .filter(|file| !for_tests.contains(&file.path))
            .flat_map(check_panics)
            .collect::<Vec<_>>(),
    );
}

fn check_imports(file: &File) -> Vec<String> {
    let code = source::mask(&file.text);
    let at = |offset: usize| format!("{}:{}", file.path, source::line(&code, offset));
    let Some((folder, inside)) = file.path.strip_prefix("src/").and_then(|path| path.split_once('/')) else {
        return match file.path.as_str() {
            "src/lib.rs" | "src/main.rs" => Vec::new(),
            path => vec![format!("{path}:1: a file beside lib.rs; move it into the folder it belongs to")],
        };
    };
    let Some(place) = ROOMS.iter().position(|room| room.name == folder) else {
        return vec![format!(
            "{}:1: the folder {folder} is not known; give it its place in ROOMS of tests/layout.rs and in CONTRIBUTING.md",
            file.path
        )];
    };
    let room = &ROOMS[place];
    let mut wrong = Vec::new();
    for (offset, name) in source::names_from_root(&code) {
        let used = ROOMS.iter().position(|room| room.name == name);
        if name == folder || used.is_some_and(|used| used < place) && !room.not.contains(&name) {
            continue;
        }
        wrong.push(match used {
            Some(_) => format!(
                "{}: {folder} may not use {name}; move what they share to a folder that both may use, or pass it in",
                at(offset)
            ),
            None => format!("{}: crate::{name} is no folder; import the item from the folder that holds it", at(offset)),
        });
    }
    // `mod.rs` is the folder's module itself; each further part of the path is a module below it.
    let depth = 1 + inside.split('/').filter(|part| *part != "mod.rs").count();
    for offset in source::supers_to_root(&code, depth) {
        wrong.push(format!("{}: super:: reaches the crate's root; write crate:: instead", at(offset)));
    }
    if let Some((pattern, rule)) = room.never {
        let pattern = source::regex(pattern);
        for found in pattern.find_iter(&source::without_tests(&code)) {
            wrong.push(format!(
                "{}: {folder} may not {rule}, and this is `{}`; let the caller do it",
                at(found.start()),
                found.as_str().trim_end()
            ));
        }
    }
    wrong
}

fn check_order(library: &str) -> Vec<String> {
    let code = source::mask(library);
    let mut last = 0;
    let mut wrong = Vec::new();
    for declared in source::regex(r"(?m)^(?:pub )?mod (\w+);").captures_iter(&code) {
        let (name, line) =
            (&declared[1], source::line(&code, declared.get(0).map_or(0, |found| found.start())));
        match ROOMS.iter().position(|room| room.name == name) {
            None => wrong
                .push(format!("src/lib.rs:{line}: {name} is not in ROOMS of tests/layout.rs; add it there")),
            Some(place) if place < last => {
                wrong.push(format!(
                    "src/lib.rs:{line}: {name} comes too late; move it above {}",
                    ROOMS[last].name
                ));
            }
            Some(place) => last = place,
        }
    }
    wrong
}

fn check_shape(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    if !file.text.starts_with("//! ") {
        wrong.push(format!(
            "{}:1: no header; begin with `//!`: what it is for, what does not belong",
            file.path
        ));
    }
    let lines = file.text.lines().count();
    let excused = LONG_FILES.iter().any(|(path, _)| *path == file.path);
    if lines > MOST_LINES && !excused {
        let path = &file.path;
        wrong.push(format!(
            "{path}:{MOST_LINES}: {lines} lines; split it into files named for what they hold"
        ));
    }
    if lines <= MOST_LINES && excused {
        wrong.push(format!(
            "{}:1: no longer a long file; take it off LONG_FILES of tests/layout.rs",
            file.path
        ));
    }
    wrong
}

fn check_panics(file: &File) -> Vec<String> {
    let code = source::without_tests(&source::mask(&file.text));
    let panics = source::regex(r"\.(?:unwrap\(\)|expect\()|\b(?:panic|todo|unimplemented)!\s*[(\[{]");
    let found = panics.find_iter(&code);
    found
        .map(|found| {
            let line = source::line(&code, found.start());
            format!("{}:{line}: `{}` outside tests; return an error of the module", file.path, found.as_str())
        })
        .collect()
}

/// The files of modules that are declared `#[cfg(test)] mod name;`.
fn files_for_tests(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let code = source::mask(&file.text);
        let folder =
            file.path.strip_suffix("/mod.rs").or(file.path.strip_suffix(".rs")).unwrap_or(&file.path);
        for name in source::test_module_files(&code) {
            found.extend([format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `src/`, in the order of paths.
fn sources() -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root()).expect("it lies below the root");
                files.push(File { path: relative.to_string_lossy().replace('\\', "/"), text: read(&path) });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "src/ was not read");
    files
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} broken rules:\n{}", wrong.len(), wrong.join("\n"));
}

/// The checks themselves: each is shown a rule being broken, and code that only looks like it.
mod checks {
    use super::{
        File, check_imports, check_order, check_panics, check_shape, files_for_tests,
        source::{mask, names_from_root, without_tests},
    };

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn imports_that_the_order_forbids_are_found_where_they_stand() {
        let cases = [
            ("src/yaml/a.rs", "use crate::values::Values;", "src/yaml/a.rs:1: yaml may not use values;"),
            ("src/yaml/a.rs", "\nfn f() { crate::cli::main() }", "src/yaml/a.rs:2: yaml may not use cli;"),
            (
                "src/values/a.rs",
                "use crate::{\n    yaml::{Node, cli},\n    render,\n};",
                "a.rs:3: values may not use render",
            ),
            ("src/template/a.rs", "use crate::values;", "a.rs:1: template may not use values;"),
            ("src/runtime/a.rs", "use crate::spark;", "a.rs:1: runtime may not use spark;"),
            ("src/webhook/a.rs", "use crate::controller::act;", "a.rs:1: webhook may not use controller;"),
            ("src/yaml/a.rs", "use crate::*;", "a.rs:1: crate::* is no folder;"),
            ("src/yaml/a.rs", "use crate::Node;", "a.rs:1: crate::Node is no folder;"),
            ("src/yaml/mod.rs", "use super::values;", "mod.rs:1: super:: reaches the crate's root;"),
            ("src/yaml/a.rs", "use super::super::values;", "a.rs:1: super:: reaches the crate's root;"),
            ("src/yaml/a.rs", "mod b {\n    use super::super::super::cli;\n}", "a.rs:2: super:: reaches"),
            (
                "src/yaml/mod.rs",
                "#[cfg(test)]\nmod tests {\n    use crate::cli;\n}",
                "mod.rs:3: yaml may not use cli",
            ),
            ("src/yaml/a.rs", "use kube::Client;", "a.rs:1: yaml may not know Kubernetes,"),
            ("src/values/a.rs", "use std::fs::File;", "a.rs:1: values may not read files,"),
            ("src/render/a.rs", "use kube::Api;", "a.rs:1: render may not touch a cluster,"),
            ("src/api/a.rs", "let a = std::env::var(B);", "a.rs:1: api may not do IO,"),
            ("src/submit/a.rs", "api.patch_status(a)", "a.rs:1: submit may not write status,"),
            ("src/controller/a.rs", "let a = PodSpec { b };", "a.rs:1: controller may not build pods,"),
            ("src/helpers/a.rs", "", "src/helpers/a.rs:1: the folder helpers is not known;"),
            ("src/helpers.rs", "", "src/helpers.rs:1: a file beside lib.rs;"),
        ];
        for (path, text, expected) in cases {
            let wrong = check_imports(&file(path, text));
            assert!(
                wrong.len() == 1 && wrong[0].contains(expected),
                "{path}: {text}\n{expected}\n{wrong:#?}"
            );
        }
    }

    #[test]
    fn imports_that_the_order_allows_pass() {
        let cases = [
            ("src/values/a.rs", "use crate::{values::Key, yaml::{self, Node}};"),
            ("src/yaml/mod.rs", "// crate::cli\n/* crate::cli /* crate::cli */ crate::cli */"),
            ("src/yaml/mod.rs", r##"const A: &str = r#"use crate::cli; "quoted" "#;"##),
            ("src/yaml/mod.rs", "mod tests {\n    use super::Node;\n}"),
            ("src/yaml/a/b.rs", "use super::super::Node;"),
            ("src/values/a.rs", "#[cfg(test)]\nmod tests {\n    use std::fs::read;\n}"),
            ("src/api/a.rs", "use kube::CustomResource;"),
            ("src/cli/a.rs", "use crate::render::render;"),
        ];
        for (path, text) in cases {
            let wrong = check_imports(&file(path, text));
            assert!(wrong.is_empty(), "{path}: {text}\n{wrong:#?}");
        }
    }

    #[test]
    fn the_library_may_leave_folders_out_but_not_turn_them_around() {
        assert!(check_order("pub mod yaml;\n\npub mod cli;\n").is_empty());
        let wrong = check_order("pub mod values;\npub mod yaml;\nmod utils;\n");
        assert!(wrong[0].starts_with("src/lib.rs:2: yaml comes too late; move it above values"), "{wrong:?}");
        assert!(wrong[1].starts_with("src/lib.rs:3: utils is not in ROOMS"), "{wrong:?}");
    }

    #[test]
    fn headers_and_lengths_are_judged() {
        assert!(check_shape(&file("src/a.rs", "//! For a.\n")).is_empty());
        assert!(check_shape(&file("src/a.rs", "use b;\n"))[0].starts_with("src/a.rs:1: no header;"));
        assert!(check_shape(&file("src/a.rs", &"//! For a.\n".repeat(500))).is_empty());
        assert!(
            check_shape(&file("src/a.rs", &"//! For a.\n".repeat(501)))[0]
                .starts_with("src/a.rs:500: 501 lines;")
        );
    }

    #[test]
    fn panics_outside_tests_are_found() {
        for text in
            ["a.unwrap()", "a\n    .expect(b)", "panic!(b)", "todo!()", "unimplemented!()", "todo! { }"]
        {
            let before = "#[cfg(test)]\nmod tests {\n    fn a() { b.unwrap() }\n}\n";
            let wrong = check_panics(&file("src/a.rs", &format!("{before}\n{text}")));
            assert!(
                wrong.len() == 1 && wrong[0].contains(" outside tests; return an error"),
                "{text}: {wrong:?}"
            );
        }
        assert!(check_panics(&file("src/a.rs", "\n\na.unwrap()"))[0].starts_with("src/a.rs:3: `.unwrap()`"));
    }

    #[test]
    fn what_only_looks_like_a_panic_passes() {
        for text in [
            "a.unwrap_or(b)",
            "a.expected()",
            "// a.unwrap()",
            "\"a.unwrap()\"",
            "#[cfg(test)]\nfn a() { b.unwrap() }",
            "#[cfg(test)]\nmod tests {\n    const A: char = '}';\n    const B: &str = \"}\";\n    // }\n    fn a() { b.unwrap() }\n}",
            "#[cfg(test)]\nmod tests {\n    fn é<'a>(b: &'a str) { b.unwrap() }\n}",
        ] {
            assert!(check_panics(&file("src/a.rs", text)).is_empty(), "{text}");
        }
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_known() {
        let files =
            [file("src/yaml/mod.rs", "#[cfg(test)]\nmod tests;\nmod node;\n"), file("src/yaml/node.rs", "")];
        assert_eq!(files_for_tests(&files), ["src/yaml/tests.rs", "src/yaml/tests/mod.rs"]);
    }

    #[test]
    fn masking_keeps_offsets_and_lines() {
        let text = "let a = \"é\\\"\n\"; // ü\nlet b = 'c'; let c: &'d str = b\"}\"; let e = r#\"}\"#;";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.matches('\n').count(), 2);
        assert!(masked.contains("&'d str") && !masked.contains('}') && !masked.contains('ü'), "{masked}");
        assert_eq!(names_from_root("use crate::{a::{b, c}, d, self};").len(), 3);
        assert_eq!(without_tests("#[cfg(test)]\nuse a;\nb").trim(), "b");
    }
}
