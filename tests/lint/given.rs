//! Manifests given as text, and what lint says of them.

use std::fs;
use std::path::{Path, PathBuf};

use spark_operator::manifest::Manifests;
use spark_operator::manifest::lint::{Linter, Report};

/// What is found in streams of documents, each with its name.
pub fn lint(streams: &[(&str, &str)]) -> Report {
    let mut linter = Linter::default();
    for (name, text) in streams {
        let manifests = Manifests::new(name, (*text).to_owned());
        for chunk in manifests.chunks() {
            if let Some(content) = manifests.read(chunk).unwrap_or_else(|error| panic!("{error}\n{text}")) {
                linter.document(&content);
            }
        }
    }
    linter.finish()
}

/// A file of `tests/lint`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint").join(name)
}

pub fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("tests/lint/{name}: {error}"))
}
