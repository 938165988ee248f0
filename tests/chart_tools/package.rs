//! `chart package`: the same bytes everywhere, and Helm takes them.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::built;
use super::command::Folder;
use super::helm::{Run, api_versions, both};
use spark_operator::values::{self, PRESETS};

const ARCHIVE: &str = "spark-operator-3.0.0.tgz";

/// The archive's bytes, made in a folder of its own.
fn package(environment: &[(&str, &str)]) -> Vec<u8> {
    let folder = Folder::new();
    let run =
        Run::of(&folder.command(&["chart", "package"]).envs(environment.iter().copied()).output().unwrap());
    assert_eq!(run.out("chart package"), format!("wrote ./{ARCHIVE}\n"));
    assert_eq!(folder.list(), [ARCHIVE]);
    fs::read(folder.path().join(ARCHIVE)).unwrap()
}

struct Entry {
    path: String,
    text: String,
    time: u64,
}

fn entries(archive: &[u8]) -> Vec<Entry> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let read = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.gid().unwrap(), header.username(), header.groupname());
        assert_eq!(owner, (0, 0, Ok(Some("")), Ok(Some(""))));
        assert_eq!((header.mode().unwrap(), header.entry_type()), (0o644, tar::EntryType::Regular));
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        Entry { path, text, time: entry.header().mtime().unwrap() }
    };
    tar.entries().unwrap().map(read).collect()
}

#[test]
fn the_archive_is_the_same_from_every_folder_time_zone_and_locale() {
    let first = package(&[]);
    let environments: [&[(&str, &str)]; 5] = [
        &[],
        &[("TZ", "Pacific/Kiritimati")],
        &[("TZ", "America/St_Johns"), ("LC_ALL", "tr_TR.UTF-8")],
        &[("SOURCE_DATE_EPOCH", "315532800")],
        &[("USER", "somebody"), ("HOME", "/home/somebody"), ("HOSTNAME", "elsewhere")],
    ];
    for environment in environments {
        assert!(package(environment) == first, "{environment:?}");
    }
}

#[test]
fn source_date_epoch_changes_times_and_nothing_else() {
    let plain = package(&[]);
    for epoch in [0, 1, 1_700_000_000, u64::from(u32::MAX)] {
        let dated = package(&[("SOURCE_DATE_EPOCH", &epoch.to_string())]);
        assert_ne!(dated, plain);
        assert!(package(&[("SOURCE_DATE_EPOCH", &epoch.to_string()), ("TZ", "Asia/Kathmandu")]) == dated);
        // The head of a gzip file: magic number, method, flags, time, extra flags, operating system.
        assert_eq!(dated[4..8], u32::try_from(epoch).unwrap().to_le_bytes());
        assert_eq!([&dated[..4], &dated[8..10]], [&plain[..4], &plain[8..10]]);
        let (dated, plain) = (entries(&dated), entries(&plain));
        assert!(dated.iter().all(|entry| entry.time == epoch));
        assert!(plain.iter().all(|entry| entry.time == 315_532_800));
        let content = |entries: Vec<Entry>| entries.into_iter().map(|e| (e.path, e.text)).collect::<Vec<_>>();
        assert_eq!(content(dated), content(plain));
    }
}

#[test]
fn a_source_date_epoch_that_is_no_time_is_refused() {
    let garbage: [&[u8]; 8] =
        [b"", b"yesterday", b"-1", b"1.5", b" 1", b"1e9", b"99999999999999999999", b"\xff"];
    for epoch in garbage {
        let folder = Folder::new();
        let mut command = folder.command(&["chart", "package"]);
        let output = command.env("SOURCE_DATE_EPOCH", OsStr::from_bytes(epoch)).output().unwrap();
        let shown = String::from_utf8_lossy(epoch);
        assert_eq!(output.status.code(), Some(2), "{shown:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with("Error: SOURCE_DATE_EPOCH is \""), "{error}");
        assert!(error.ends_with(": it must be seconds since 1970\n"), "{error}");
        assert_eq!(folder.list(), [""; 0], "{shown:?}");
    }
}

#[test]
fn the_archive_holds_the_folder_without_ci_in_order() {
    let folder = built();
    let entries = entries(&package(&[]));
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths[0], "spark-operator/Chart.yaml");
    assert!(paths[1..].is_sorted(), "{paths:?}");
    let mut expected: Vec<String> =
        folder.list().into_iter().filter(|p| folder.path().join(p).is_file()).collect();
    expected.retain(|path| !path.starts_with("chart/ci/"));
    let mut found: Vec<String> = paths.iter().map(|p| p.replacen("spark-operator/", "chart/", 1)).collect();
    found.sort();
    assert_eq!(found, expected);
    for entry in entries {
        let path = entry.path.replacen("spark-operator/", "chart/", 1);
        assert_eq!(entry.text, folder.read(&path), "{path}");
    }
}

#[test]
fn helm_renders_the_archive_as_it_renders_the_folder() {
    for helm in both("helm template of the archive") {
        let folder = built();
        folder.run(&["chart", "package"]).ok();
        for name in ["default", "everything"] {
            let values = format!("chart/ci/{name}-values.yaml");
            let more = [&["-f", &values][..], &api_versions(values::preset(name).unwrap())].concat();
            let render = |chart| helm.template(folder.path(), chart, &more).out(name);
            assert_eq!(render(ARCHIVE), render("chart"), "Helm {}, {name}", helm.version);
        }
        let run = helm.run(folder.path(), &["show", "values", ARCHIVE]);
        assert_eq!(run.out("show values"), folder.read("chart/values.yaml") + "\n");
    }
}

#[test]
fn an_archive_holds_the_values_that_were_asked_for() {
    for preset in PRESETS {
        let folder = Folder::new();
        folder.run(&["chart", "package", "-f", preset.name]).ok();
        folder.run(&["chart", "build", "-o", "chart", "-f", preset.name]).ok();
        let entries = entries(&fs::read(folder.path().join(ARCHIVE)).unwrap());
        let values = entries.iter().find(|entry| entry.path == "spark-operator/values.yaml").unwrap();
        assert_eq!(values.text, folder.read("chart/values.yaml"), "{}", preset.name);
    }
}

#[test]
fn an_archive_that_cannot_be_written_leaves_nothing() {
    let folder = Folder::new();
    folder.file("file", "a file, not a folder");
    for place in ["missing/folder", "file", "file/below"] {
        let (code, error) = folder.run(&["chart", "package", "-d", place]).refused(place);
        assert_eq!(code, 3, "{error}");
        assert!(error.starts_with(&format!("Error: {place}/{ARCHIVE}: ")), "{error}");
        assert_eq!(folder.list(), ["file"]);
    }
    fs::create_dir_all(folder.path().join(ARCHIVE).join("below")).unwrap();
    let (code, error) = folder.run(&["chart", "package"]).refused("a folder is in the way");
    assert_eq!(code, 3, "{error}");
    assert_eq!(folder.list(), ["file", ARCHIVE, &format!("{ARCHIVE}/below")]);
}

#[test]
fn an_archive_can_be_read_by_those_who_read_other_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    folder.run(&["chart", "package"]).ok();
    folder.file("other", "made the usual way");
    let mode = |path: &str| fs::metadata(Path::new(folder.path()).join(path)).unwrap().permissions().mode();
    assert_eq!(mode(ARCHIVE), mode("other"));
}
