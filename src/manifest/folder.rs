//! Writing a set of files into a folder, whole or not at all. What the files hold is the caller's business.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

/// Why a folder was not written. Nothing new is left behind.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something that is not a folder is where a folder must be.
    #[error("cannot write to {}: {} is not a folder", target.display(), found.display())]
    NotAFolder {
        /// The folder or file that was to be written.
        target: PathBuf,
        /// What is in the way.
        found: PathBuf,
    },
    /// A folder is where a file must be.
    #[error("cannot write {}: a folder of that name exists", .0.display())]
    IsAFolder(PathBuf),
    /// A file's path is absolute, empty, or leads out of the folder.
    #[error("refusing to write {0:?}: not a path inside the folder")]
    Outside(String),
    /// The system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Writes files (path below the folder with `/`, contents) and creates the folder and its parents if need be.
///
/// A new folder is built beside its place and moved there at once. In an existing one every file is first
/// written beside its target and then all are moved into place; other files stay, a file that is replaced keeps
/// its permissions. Should a move fail then (they are of one file system, so it should not), each file is still
/// either the old or the new one.
///
/// # Errors
/// [`FolderError`]; the first thing that is in the way.
pub fn write(folder: &Path, files: &[(&str, &str)]) -> Result<(), FolderError> {
    for (path, _) in files {
        let parts = Path::new(path).components();
        if path.is_empty()
            || path.ends_with('/')
            || !parts.into_iter().all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(FolderError::Outside((*path).to_owned()));
        }
    }
    match missing_part(folder)? {
        Some(top) => write_new(folder, &top, files),
        None => write_into(folder, files),
    }
}

/// The topmost folder that has to be created for this one, if any.
fn missing_part(folder: &Path) -> Result<Option<PathBuf>, FolderError> {
    let mut missing = None;
    for ancestor in folder.ancestors().filter(|path| !path.as_os_str().is_empty()) {
        match fs::metadata(ancestor) {
            Ok(meta) if meta.is_dir() => break,
            Ok(_) => {
                return Err(FolderError::NotAFolder { target: folder.into(), found: ancestor.into() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing = Some(ancestor.to_owned()),
            // Below a file: the file itself is told when the walk reaches it.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) => return Err(io_error("look at", ancestor)(error)),
        }
    }
    Ok(missing)
}

fn write_new(folder: &Path, top: &Path, files: &[(&str, &str)]) -> Result<(), FolderError> {
    let parent = parent_of(top);
    let temporary = folder_builder().tempdir_in(parent).map_err(io_error("create a folder in", parent))?;
    let rest = folder.strip_prefix(top).unwrap_or(Path::new(""));
    let root = temporary.path().join(rest);
    create_folder(&root)?;
    for (path, text) in files {
        let target = root.join(path);
        create_folder(parent_of(&target))?;
        fs::write(&target, text).map_err(io_error("write", &folder.join(path)))?;
    }
    fs::rename(temporary.path(), top).map_err(io_error("create", top))?;
    // The folder is no longer where it would be removed.
    let _ = TempDir::keep(temporary);
    Ok(())
}

fn write_into(folder: &Path, files: &[(&str, &str)]) -> Result<(), FolderError> {
    let mut created = NewFolders(Vec::new());
    let mut ready: Vec<(NamedTempFile, PathBuf)> = Vec::with_capacity(files.len());
    for (path, text) in files {
        let target = folder.join(path);
        created.ensure(parent_of(&target))?;
        // A link is followed, not replaced.
        let target = fs::canonicalize(&target).unwrap_or(target);
        let parent = parent_of(&target);
        let mut file = file_builder().tempfile_in(parent).map_err(io_error("create a file in", parent))?;
        file.write_all(text.as_bytes()).map_err(io_error("write", &target))?;
        match fs::metadata(&target) {
            Ok(meta) if meta.is_dir() => return Err(FolderError::IsAFolder(target)),
            Ok(meta) => fs::set_permissions(file.path(), meta.permissions())
                .map_err(io_error("keep the permissions of", &target))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error("look at", &target)(error)),
        }
        ready.push((file, target));
    }
    // From here on the new folders hold what was asked for.
    created.0.clear();
    for (file, target) in ready {
        file.persist(&target).map_err(|error| io_error("write", &target)(error.error))?;
    }
    Ok(())
}

/// Folders made on the way, removed again unless the list is cleared.
struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    fn ensure(&mut self, folder: &Path) -> Result<(), FolderError> {
        if let Some(top) = missing_part(folder)? {
            self.0.push(top);
            create_folder(folder)?;
        }
        Ok(())
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // Best effort: the error that led here is the one to tell.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create_folder(folder: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))
}

fn io_error<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> FolderError + 'a {
    move |source| FolderError::Io { action, path: path.to_owned(), source }
}

/// Temporary files are private by default; these become the user's files, so the umask decides.
fn file_builder() -> tempfile::Builder<'static, 'static> {
    with_mode(0o666)
}

fn folder_builder() -> tempfile::Builder<'static, 'static> {
    with_mode(0o777)
}

#[cfg_attr(not(unix), allow(unused_variables))]
fn with_mode(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".spark-operator-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_folder_is_made_with_its_parents() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("a/b");
        write(&out, &[("c/x.yaml", "x"), ("c/d/y.yaml", "y")]).unwrap();
        assert_eq!(fs::read_to_string(out.join("c/d/y.yaml")).unwrap(), "y");
        assert_eq!((names(root.path()), names(&out)), (vec!["a".into()], vec!["c".into()]));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_ordinary_files() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(root.path().join("plain"), "").unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        for out in ["new", "folder"] {
            let out = root.path().join(out);
            write(&out, &[("x", "1")]).unwrap();
            assert_eq!(mode(&out), mode(&root.path().join("folder")));
            assert_eq!(mode(&out.join("x")), mode(&root.path().join("plain")));
        }
    }

    #[test]
    fn an_existing_folder_keeps_its_other_files() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("other"), "o").unwrap();
        fs::write(root.path().join("x"), "a longer old text").unwrap();
        write(root.path(), &[("x", "new"), ("d/y", "y")]).unwrap();
        assert_eq!(names(root.path()), ["d", "other", "x"]);
        assert_eq!(fs::read_to_string(root.path().join("x")).unwrap(), "new");
    }

    #[test]
    fn nothing_is_left_behind_on_an_error() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("taken")).unwrap();
        let error = write(root.path(), &[("n/e/w", "1"), ("taken", "2")]).unwrap_err();
        assert!(matches!(error, FolderError::IsAFolder(_)), "{error}");
        assert_eq!(names(root.path()), ["taken"]);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "f").unwrap();
        for (folder, path) in
            [(file.clone(), "x"), (file.join("deep/er"), "x"), (root.path().into(), "file/x")]
        {
            match write(&folder, &[(path, "1")]).unwrap_err() {
                FolderError::NotAFolder { found, .. } => assert_eq!(found, file),
                other => panic!("{other}"),
            }
        }
        assert_eq!(names(root.path()), ["file"]);
    }

    #[test]
    fn paths_stay_inside() {
        let root = tempfile::tempdir().unwrap();
        for path in ["", "/x", "../x", "a/../../x", "./x", "a/"] {
            let error = write(&root.path().join("out"), &[(path, "1")]).unwrap_err();
            assert!(matches!(error, FolderError::Outside(_)), "{path}: {error}");
        }
        assert!(names(root.path()).is_empty());
    }
}
