//! The chart on disk: written whole or not at all, compared with what is there, never over foreign files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::folder::{Files, MARK};

/// Why the chart's folder cannot be used.
#[derive(Debug, Error)]
pub enum DiskError {
    /// The folder holds files that are not the chart's.
    #[error("{} holds files that are not of this chart ({}): give another folder, or --force to replace it", .folder.display(), .files.join(", "))]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Some of the files.
        files: Vec<String>,
    },
    /// It cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    let path = path.to_owned();
    move |error| DiskError::Io { path, error }
}

/// The files of a folder; none if there is no folder. Files that are not text count as empty.
///
/// # Errors
/// [`DiskError::Io`].
pub fn read(folder: &Path) -> Result<Files, DiskError> {
    let mut files = Files::new();
    if folder.exists() {
        read_below(folder, "", &mut files)?;
    }
    Ok(files)
}

fn read_below(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), DiskError> {
    for entry in fs::read_dir(folder).map_err(io_error(folder))? {
        let entry = entry.map_err(io_error(folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read_below(&path, &format!("{name}/"), files)?;
        } else {
            let bytes = fs::read(&path).map_err(io_error(&path))?;
            files.insert(name, String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(())
}

/// Replaces a folder by the chart: built beside it, then moved into its place.
///
/// A folder that holds a chart of the same name, or nothing, is replaced; another only with `force`.
///
/// # Errors
/// [`DiskError`]; the folder is then as it was.
pub fn write(folder: &Path, files: &Files, force: bool) -> Result<(), DiskError> {
    let there = read(folder)?;
    let foreign: Vec<String> = foreign(&there, files).take(3).cloned().collect();
    if !foreign.is_empty() && !force {
        return Err(DiskError::Foreign { folder: folder.to_owned(), files: foreign });
    }
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io_error(parent))?;
    let built = tempfile::tempdir_in(parent).map_err(io_error(parent))?;
    let new = built.path().join("new");
    for (path, text) in files {
        let to = new.join(path);
        let below = to.parent().unwrap_or(&new);
        fs::create_dir_all(below).map_err(io_error(below))?;
        fs::write(&to, text).map_err(io_error(&to))?;
    }
    // The old folder goes aside first, and comes back if the new one cannot take its place.
    let old = built.path().join("old");
    let had = folder.exists();
    if had {
        fs::rename(folder, &old).map_err(io_error(folder))?;
    }
    fs::rename(&new, folder).map_err(|error| {
        if had {
            // If even this fails, the old chart is in the temporary folder that the error leaves behind.
            let _ = fs::rename(&old, folder);
        }
        DiskError::Io { path: folder.to_owned(), error }
    })
}

/// Files that are not of this chart or of an earlier version of it: all of them where Chart.yaml was not generated, else
/// those that say nothing of being generated and that the chart does not have.
fn foreign<'a>(there: &'a Files, files: &'a Files) -> impl Iterator<Item = &'a String> {
    let ours = there.get("Chart.yaml").is_some_and(|text| text.contains(MARK));
    let known = move |path: &str, text: &str| {
        ours && (files.contains_key(path) || path.starts_with("ci/") || text.contains(MARK))
    };
    there.iter().filter(move |(path, text)| !known(path, text)).map(|(path, _)| path)
}

/// What differs between the chart and a folder, as a unified diff; nothing where they are equal.
#[must_use]
pub fn difference(folder: &str, there: &Files, files: &Files) -> String {
    let mut out = String::new();
    let paths: std::collections::BTreeSet<&String> = there.keys().chain(files.keys()).collect();
    for path in paths {
        let (old, new) =
            (there.get(path).map_or("", String::as_str), files.get(path).map_or("", String::as_str));
        if there.get(path) != files.get(path) {
            let diff = similar::TextDiff::from_lines(old, new);
            let header = (format!("{folder}/{path}"), format!("generated/{path}"));
            let lines = diff.unified_diff().context_radius(2).header(&header.0, &header.1).to_string();
            // A file too many that is empty, or no text, has no lines to show.
            let lines = if lines.is_empty() { format!("Only in {folder}: {path}\n") } else { lines };
            out += &lines;
        }
    }
    out
}
