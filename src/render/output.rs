//! What `helm template` prints or writes for sorted documents, byte for byte (`cmd/template.go` and
//! `renderResources` in Helm). Rendering and sorting are done before.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;

use crate::manifest::folder::{self, FolderError};
use crate::manifest::split::split;
use crate::manifest::{Document, HelmCompat, glob};

/// What to print, with Helm's flag names.
#[derive(Clone, Debug, Default)]
pub struct OutputOptions {
    /// Whose white space.
    pub compat: HelmCompat,
    /// `--no-hooks`: no hooks at all.
    pub no_hooks: bool,
    /// `--skip-tests`: no hooks that run on `helm test`.
    pub skip_tests: bool,
    /// `--show-only`: globs on the path below the chart (`templates/x.yaml`). Printed in the order of the globs; a
    /// document that two globs match is printed twice, as in Helm.
    pub show_only: Vec<String>,
    /// `--include-crds`: the files below `crds/`, in load order, printed first and raw. Empty without the flag.
    pub crds: Vec<CrdFile>,
}

/// A file below `crds/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrdFile {
    /// Its path with the chart's name.
    pub path: String,
    /// Its text, not split.
    pub text: String,
}

/// Where `--output-dir` writes.
#[derive(Clone, Copy, Debug)]
pub struct OutputDir<'a> {
    /// The folder as the user wrote it, because Helm prints it so.
    pub folder: &'a str,
    /// The release's name when it is to be a folder in between (`--release-name`). Not used for CRDs, as in Helm.
    pub release_name: Option<&'a str>,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A `--show-only` matches no document. Helm's words.
    #[error("could not find template {0} in chart")]
    NoSuchTemplate(String),
    /// `--show-only` together with `--output-dir`: Helm writes all files and then finds nothing to show.
    #[error("--show-only cannot be used with --output-dir: could not find template {0} in chart")]
    ShowOnlyInDir(String),
    /// The folder could not be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The text that `helm template` prints for documents in install order: CRDs, manifests, then hooks.
///
/// # Errors
/// [`OutputError::NoSuchTemplate`] when a pattern of `show_only` matches nothing.
pub fn print(documents: &[Document], options: &OutputOptions) -> Result<String, OutputError> {
    let mut text = String::new();
    for crd in &options.crds {
        push(&mut text, &crd.path, &crd.text);
    }
    for manifest in documents.iter().filter(|document| document.hook.is_none()) {
        push(&mut text, &manifest.path, &manifest.text);
    }
    // Only the manifests are trimmed as a whole: a last hook keeps its newlines.
    let mut text = format!("{}\n", text.trim());
    for hook in hooks(documents, options) {
        push(&mut text, &hook.path, &hook.text);
    }
    if options.show_only.is_empty() { Ok(text) } else { show_only(&text, options) }
}

/// Writes what `helm template --output-dir` writes, and returns what it prints then: `wrote <path>` for every
/// document, and an empty line.
///
/// The files are written whole or not at all. Unlike Helm, a file that exists is always replaced: Helm appends
/// a hook to it, so its second run doubles the hooks.
///
/// # Errors
/// [`OutputError::ShowOnlyInDir`]; [`OutputError::Folder`] when the folder cannot be written.
pub fn write_dir(
    documents: &[Document],
    options: &OutputOptions,
    dir: OutputDir<'_>,
) -> Result<String, OutputError> {
    if let Some(pattern) = options.show_only.first() {
        return Err(OutputError::ShowOnlyInDir(pattern.clone()));
    }
    let (below, printed) = match dir.release_name {
        None => (String::new(), dir.folder.to_owned()),
        Some(name) => (format!("{name}/"), joined(dir.folder, name)),
    };
    let mut files: IndexMap<String, String> = IndexMap::new();
    let mut log = String::new();
    for crd in &options.crds {
        push(files.entry(crd.path.clone()).or_default(), &crd.path, &crd.text);
        log_line(&mut log, dir.folder, &crd.path);
    }
    let manifests = documents.iter().filter(|document| document.hook.is_none());
    for document in manifests.chain(hooks(documents, options)) {
        push(files.entry(format!("{below}{}", document.path)).or_default(), &document.path, &document.text);
        log_line(&mut log, &printed, &document.path);
    }
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    folder::write(Path::new(dir.folder), &files)?;
    // The manifests are not printed, but their final newline is.
    log.push('\n');
    Ok(log)
}

fn hooks<'a>(documents: &'a [Document], options: &OutputOptions) -> impl Iterator<Item = &'a Document> {
    let (all, tests) = (!options.no_hooks, !options.skip_tests);
    documents.iter().filter(move |document| document.hook.is_some() && all && (tests || !document.is_test()))
}

fn push(text: &mut String, path: &str, document: &str) {
    // Writing to a string cannot fail.
    let _ = write!(text, "---\n# Source: {path}\n{document}\n");
}

fn log_line(log: &mut String, folder: &str, path: &str) {
    let _ = writeln!(log, "wrote {folder}/{path}");
}

/// Folder and release name as Go's `filepath.Join` prints them: without doubled slashes, `.` and `..` resolved.
fn joined(folder: &str, name: &str) -> String {
    let path = format!("{folder}/{name}");
    let mut parts: Vec<&str> = Vec::new();
    let absolute = !folder.is_empty() && path.starts_with('/');
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if absolute => {}
            _ => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

/// Helm splits its own output again and takes the path from the `# Source:` comment, so this does too: a
/// document that holds a separator (possible with Helm 3) loses its first part's company.
fn show_only(text: &str, options: &OutputOptions) -> Result<String, OutputError> {
    let documents: Vec<_> = split(text, options.compat)
        .into_iter()
        .filter_map(|document| source_below_chart(document).map(|path| (path, document)))
        .collect();
    let mut shown = String::new();
    for pattern in &options.show_only {
        let mut found = false;
        for (_, document) in documents.iter().filter(|(path, _)| glob::matches(pattern, path)) {
            let _ = write!(shown, "---\n{document}\n");
            found = true;
        }
        if !found {
            return Err(OutputError::NoSuchTemplate(pattern.clone()));
        }
    }
    Ok(shown)
}

/// The first match of `# Source: [^/]+/(.+)`.
fn source_below_chart(document: &str) -> Option<&str> {
    document.match_indices("# Source: ").find_map(|(at, marker)| {
        let (chart, rest) = document[at + marker.len()..].split_once('/')?;
        let path = rest.split('\n').next().unwrap_or(rest);
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::collect;

    fn documents(compat: HelmCompat) -> Vec<Document> {
        let hook = "kind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n\n";
        let files = [
            ("c/templates/hook.yaml", hook),
            ("c/templates/b.yaml", "kind: Service\n\n---\nkind: Secret\n"),
            ("c/templates/a.yaml", "# nothing\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        collect(files, compat).unwrap().into_documents()
    }

    fn options(compat: HelmCompat) -> OutputOptions {
        OutputOptions { compat, ..OutputOptions::default() }
    }

    const HOOK: &str =
        "---\n# Source: c/templates/hook.yaml\nkind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n";

    #[test]
    fn helm_4_keeps_newlines_and_helm_3_does_not() {
        let secret = "---\n# Source: c/templates/b.yaml\nkind: Secret\n";
        let service = "---\n# Source: c/templates/b.yaml\nkind: Service\n";
        let comment = "---\n# Source: c/templates/a.yaml\n# nothing\n";
        assert_eq!(
            print(&documents(HelmCompat::V3), &options(HelmCompat::V3)).unwrap(),
            format!("{secret}{service}{comment}{HOOK}")
        );
        assert_eq!(
            print(&documents(HelmCompat::V4), &options(HelmCompat::V4)).unwrap(),
            format!("{secret}\n{service}\n\n{comment}{HOOK}\n\n")
        );
    }

    #[test]
    fn hooks_and_tests_can_be_left_out() {
        for (no_hooks, skip_tests) in [(true, false), (false, true)] {
            let options = OutputOptions { no_hooks, skip_tests, ..OutputOptions::default() };
            assert!(!print(&documents(HelmCompat::V4), &options).unwrap().contains("Job"));
        }
    }

    #[test]
    fn patterns_choose_and_order() {
        let show = |patterns: &[&str]| {
            let show_only = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            print(&documents(HelmCompat::V3), &OutputOptions { show_only, ..options(HelmCompat::V3) })
        };
        let comment = "---\n# Source: c/templates/a.yaml\n# nothing\n";
        assert_eq!(show(&["templates/h*", "templates/a.yaml"]).unwrap(), format!("{HOOK}{comment}"));
        let error = show(&["templates/a.yaml", "a.yaml"]).unwrap_err();
        assert_eq!(error.to_string(), "could not find template a.yaml in chart");
    }

    #[test]
    fn crds_come_first_and_raw() {
        let crds = vec![CrdFile { path: "c/crds/x.yaml".into(), text: "---\nkind: X\n".into() }];
        let text = print(&[], &OutputOptions { crds, ..OutputOptions::default() }).unwrap();
        assert_eq!(text, "---\n# Source: c/crds/x.yaml\n---\nkind: X\n");
    }

    #[test]
    fn nothing_prints_a_newline() {
        assert_eq!(print(&[], &OutputOptions::default()).unwrap(), "\n");
    }

    #[test]
    fn release_names_are_joined_as_in_go() {
        for (folder, expected) in [
            ("out", "out/r"),
            ("./out//", "out/r"),
            ("/", "/r"),
            ("../a/../b", "../b/r"),
            ("/..", "/r"),
            ("", "r"),
        ] {
            assert_eq!(joined(folder, "r"), expected, "{folder}");
        }
    }

    proptest! {
        #[test]
        fn every_document_is_printed_whole(
            file in "(kind: [A-C]\n|a: (b|\\[c\\]|'d'|\\|\n  e|: f)\n|# g\n|---( # h)?\r?\n|\\.\\.\\.\n|[ \n]|- i\n){0,20}",
            pattern in "[a-cx/.*?\\[\\]^\\\\-]{0,12}",
        ) {
            for compat in HelmCompat::ALL {
                let files = [("c/templates/x.yaml".to_owned(), file.clone())];
                let Ok(collected) = collect(files, compat) else { continue };
                let documents = collected.into_documents();
                let printed = print(&documents, &options(compat)).unwrap();
                for document in &documents {
                    prop_assert!(printed.contains(document.text.trim()));
                }
                let show_only = vec![pattern.clone()];
                let _ = print(&documents, &OutputOptions { show_only, ..options(compat) });
            }
        }
    }
}
