//! `chart build`: `--check`, foreign files, places that cannot be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use super::built;
use super::command::Folder;

/// Everything in a folder: paths, and bytes of files.
fn all(folder: &Folder) -> BTreeMap<String, Option<Vec<u8>>> {
    folder.list().into_iter().map(|path| (path.clone(), fs::read(folder.path().join(path)).ok())).collect()
}

/// A `--check` that found something: what it printed.
#[track_caller]
fn stale(folder: &Folder) -> String {
    let before = all(folder);
    let run = folder.run(&["chart", "build", "-o", "chart", "--check"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr, "Error: chart is stale: run `spark-operator chart build`\n");
    assert!(before == all(folder), "--check wrote something");
    run.stdout
}

#[test]
fn the_committed_chart_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Output { status, stdout, .. } =
        Folder::new().command(&["chart", "build", "--check"]).current_dir(root).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stdout));
    assert!(stdout.is_empty());
}

#[test]
fn a_chart_is_built_where_it_is_asked_for_and_can_be_built_again() {
    let folder = Folder::new();
    for place in ["chart", "some/where/else", "./chart/", "some/where/else"] {
        let said = folder.run(&["chart", "build", "-o", place]).ok();
        assert!(said.starts_with(&format!("wrote {place}: ")) && said.ends_with(" files\n"), "{said}");
        assert_eq!(folder.run(&["chart", "build", "-o", place, "--check"]).ok(), "");
    }
    let said = folder.run(&["chart", "build"]).ok();
    assert!(said.starts_with("wrote charts-out/spark-operator: "), "{said}");
    let top: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(top.len(), 3, "{top:?}");
    let first = all(&built());
    for _ in 0..2 {
        assert!(all(&built()) == first);
    }
}

#[test]
fn files_and_folders_have_the_modes_that_others_have() {
    let folder = built();
    folder.file("other/file", "made the usual way");
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode();
    for path in folder.list() {
        let like = if folder.path().join(&path).is_dir() { "other" } else { "other/file" };
        assert_eq!(mode(&path), mode(like), "{path}");
    }
}

#[test]
fn check_says_which_line_differs() {
    let folder = built();
    let text = folder.read("chart/values.yaml").replacen("nameOverride: \"\"", "nameOverride: mine", 1);
    folder.file("chart/values.yaml", text);
    let diff = stale(&folder);
    assert!(diff.starts_with("--- chart/values.yaml\n+++ generated/values.yaml\n@@ "), "{diff}");
    assert!(diff.contains("\n-nameOverride: mine\n+nameOverride: \"\"\n"), "{diff}");
    folder.run(&["chart", "build", "-o", "chart"]).ok();
    assert_eq!(folder.run(&["chart", "build", "-o", "chart", "--check"]).ok(), "");
}

#[test]
fn check_finds_a_file_that_is_missing() {
    let folder = built();
    fs::remove_file(folder.path().join("chart/.helmignore")).unwrap();
    let diff = stale(&folder);
    assert!(diff.contains("--- chart/.helmignore\n") && diff.contains("\n+ci/\n"), "{diff}");
    fs::remove_dir_all(folder.path().join("chart")).unwrap();
    assert!(stale(&folder).contains("+++ generated/Chart.yaml\n"));
}

#[test]
fn check_finds_a_file_too_many_whatever_it_holds() {
    let cases: [(&str, &[u8]); 4] = [
        ("chart/templates/own.yaml", b"kind: ConfigMap\n"),
        ("chart/notes.md", b"mine\n"),
        ("chart/templates/empty.yaml", b""),
        ("chart/icon.png", b"\x89PNG\xff\xfe"),
    ];
    for (path, bytes) in cases {
        let folder = built();
        folder.file(path, bytes);
        let diff = stale(&folder);
        let shown = path.strip_prefix("chart/").unwrap();
        assert!(diff.contains(shown), "{path}: {diff:?}");
    }
}

#[test]
fn a_line_end_of_another_system_is_a_difference() {
    let folder = built();
    folder.file("chart/Chart.yaml", folder.read("chart/Chart.yaml").replace('\n', "\r\n"));
    assert!(stale(&folder).contains("chart/Chart.yaml"));
    let folder = built();
    folder.file("chart/LICENSE", folder.read("chart/LICENSE") + "\n");
    assert!(stale(&folder).contains("chart/LICENSE"));
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    for foreign in ["chart/notes.md", "chart/src/main.rs", "chart/.git/HEAD", "chart/charts/sub/Chart.yaml"] {
        for folder in [Folder::new(), built()] {
            folder.file(foreign, b"mine \xff");
            let before = all(&folder);
            let (code, error) = folder.run(&["chart", "build", "-o", "chart"]).refused(foreign);
            assert_eq!(code, 2, "{error}");
            let shown = foreign.strip_prefix("chart/").unwrap();
            let expected = format!(
                "Error: chart holds files that are not of this chart ({shown}): give another folder, or --force to \
                 replace it\n"
            );
            assert_eq!(error, expected);
            assert!(before == all(&folder), "{foreign}: something was written");

            folder.run(&["chart", "build", "-o", "chart", "--force"]).ok();
            assert!(all(&folder) == all(&built()), "{foreign}: --force left something");
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused_and_nothing_is_half_written() {
    let folder = Folder::new();
    folder.file("file", "a file, not a folder");
    for place in ["file", "file/below", "file/a/b/c"] {
        for force in [&[][..], &["--force"]] {
            let args = [&["chart", "build", "-o", place][..], force].concat();
            let (code, error) = folder.run(&args).refused(place);
            assert_eq!(code, 3, "{error}");
            assert!(error.starts_with("Error: file"), "{error}");
            assert_eq!(folder.list(), ["file"]);
            assert_eq!(folder.read("file"), "a file, not a folder");
        }
    }
    let (code, _) = folder.run(&["chart", "build", "-o", "file", "--check"]).refused("--check");
    assert_eq!(code, 3);
}

#[test]
fn a_read_only_folder_is_refused_and_left_as_it_was() {
    for with_chart in [false, true] {
        let folder = if with_chart { built() } else { Folder::new() };
        let modes = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        let before = all(&folder);
        modes(0o555);
        // The root user writes wherever it likes.
        if fs::write(folder.path().join("probe"), "").is_ok() {
            modes(0o755);
            continue;
        }
        let (code, error) = folder.run(&["chart", "build", "-o", "chart"]).refused("read-only");
        modes(0o755);
        assert_eq!(code, 3, "{error}");
        assert!(before == all(&folder));
    }
}

#[test]
fn the_folder_one_stands_in_is_refused_or_replaced_but_never_lost() {
    let folder = built();
    let before = all(&folder);
    let output = folder
        .command(&["chart", "build", "-o", "."])
        .current_dir(folder.path().join("chart"))
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)));
    assert!(before == all(&folder), "{:?}", folder.list().len());
}
