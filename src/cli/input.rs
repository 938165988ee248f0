//! Reading what the user names: files, folders, standard input. Limits keep a wrong file from filling the memory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::Failure;
use crate::manifest::{Manifests, Object};
use crate::yaml::Node;

/// Largest values file that is read, in bytes. They are kilobytes.
const LIMIT: u64 = 20 << 20;

/// Largest file of manifests that is read, in bytes.
const MANIFESTS_LIMIT: u64 = 512 << 20;

/// Reads a values file; `-` is standard input.
pub(super) fn values_file(name: &str) -> Result<String, Failure> {
    if name.contains("://") {
        return Err(Failure::input(format!(
            "{name}: values files are read from disk only; download it first"
        )));
    }
    text(name).map_err(|e| failure(name, &e))
}

/// Reads a file of patches, or of Spark's defaults; `-` is standard input.
pub(super) fn text_file(name: &str) -> Result<String, Failure> {
    text(name).map_err(|e| failure(if name == "-" { "standard input" } else { name }, &e))
}

/// Manifests in a file, in standard input (`-`), or in the YAML and JSON files of a folder and those below it, by path.
pub(super) fn manifests(name: &str) -> Result<Vec<Manifests>, Failure> {
    if name == "-" {
        let text = read("-", MANIFESTS_LIMIT).map_err(|e| failure("standard input", &e))?;
        return Ok(vec![Manifests::new("standard input", text)]);
    }
    if !Path::new(name).is_dir() {
        let text = read(name, MANIFESTS_LIMIT).map_err(|e| failure(name, &e))?;
        return Ok(vec![Manifests::new(name, text)]);
    }
    let mut files = Vec::new();
    for path in files_below(name)? {
        let text = read(&path, MANIFESTS_LIMIT).map_err(|e| failure(&path, &e))?;
        files.push(Manifests::new(&path, text));
    }
    if files.is_empty() {
        return Err(Failure::input(format!("{name}: no file in this folder ends in .yaml, .yml or .json")));
    }
    Ok(files)
}

/// Calls `visit` with every object in files, folders and standard input, and with its tree.
///
/// # Errors
/// One of them cannot be read or has a key twice, or what `visit` returns.
pub(super) fn each_object(
    names: &[String],
    mut visit: impl FnMut(&Object, &Node) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for name in names {
        for manifests in manifests(name)? {
            for chunk in manifests.chunks() {
                let Some(content) = manifests.read(chunk).map_err(Failure::input)? else { continue };
                if let Some(key) = content.duplicate_keys.first() {
                    let before = key.before.line;
                    return Err(Failure::input(format!(
                        "{}: the key `{}` is written twice, before in line {before}",
                        key.place, key.key
                    )));
                }
                for object in &content.objects {
                    let node = object.items.iter().try_fold(&content.root, |node, index| {
                        node.find(["items", index.to_string().as_str()])
                    });
                    if let Some(node) = node {
                        visit(object, node)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The YAML and JSON files below a folder, sorted; hidden ones are left out.
fn files_below(folder: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| failure(&folder, &e))? {
            let entry = entry.map_err(|e| failure(&folder, &e))?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| {
                Failure::input(format!("{folder}: the name of the file {} is not UTF-8", name.display()))
            })?;
            let path = format!("{}/{name}", folder.trim_end_matches('/'));
            if name.starts_with('.') {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(path);
            } else if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What is wrong with the content is the input's fault, all else the system's.
fn failure(name: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge => {
            Failure::input(format!("{name}: {error}"))
        }
        io::ErrorKind::NotFound => Failure::system(format!("open {name}: no such file or directory")),
        _ => Failure::system(format!("open {name}: {}", plain(error))),
    }
}

/// What the system says, without the number that only it knows.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Reads a file of `--set-file`, or standard input for `-`.
///
/// # Errors
/// The file cannot be read, is larger than 20 MiB, or is not UTF-8.
pub(super) fn text(name: &str) -> io::Result<String> {
    read(name, LIMIT)
}

fn read(name: &str, limit: u64) -> io::Result<String> {
    let source: &mut dyn Read = if name == "-" { &mut io::stdin() } else { &mut File::open(name)? };
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("larger than {} MiB, which is the limit", limit >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let message = "it is UTF-16 text; hint: save it as UTF-8";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = valid.split(|b| *b == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}
