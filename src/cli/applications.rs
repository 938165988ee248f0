//! SparkApplications as the user wrote them: read, checked, and with the place of every field for what is said of it.

use super::{Failure, input, warn};
use crate::api::SparkApplication;
use crate::api::validate::{Level, definition, validate};
use crate::spark::SparkError;
use crate::yaml::{Node, Place};

/// An application, and the tree it was read from.
pub(super) struct Source {
    /// The application.
    pub application: SparkApplication,
    node: Node,
}

/// The applications of files, folders and standard input.
///
/// # Errors
/// A file cannot be read, holds something else, or an application that the API server would refuse.
pub(super) fn read(filenames: &[String]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    input::each_object(filenames, |object, node| {
        let (api_version, kind) = (object.identity.api_version(), &object.identity.kind);
        let ours = definition(&api_version, kind).filter(|definition| definition.kind == "SparkApplication");
        let Some(definition) = ours else {
            return Err(Failure::input(format!(
                "{}: {api_version} {kind} is no SparkApplication of sparkoperator.k8s.io/v1beta2",
                object.place
            )));
        };
        let found = validate(&definition, node);
        let errors: Vec<_> = found.iter().filter(|finding| finding.level == Level::Error).collect();
        if !errors.is_empty() {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            return Err(Failure::input(lines.join("\nError: ")));
        }
        let read = serde_path_to_error::deserialize(node.to_json());
        let application = read.map_err(|error: serde_path_to_error::Error<serde_json::Error>| {
            Failure::input(at(node, &error.path().to_string(), &error.inner().to_string()))
        })?;
        sources.push(Source { application, node: node.clone() });
        Ok(())
    })?;
    if sources.is_empty() {
        return Err(Failure::input("there is no SparkApplication in the input"));
    }
    Ok(sources)
}

impl Source {
    /// What is wrong with a field, with its place.
    pub(super) fn failure(&self, field: &str, message: &str) -> Failure {
        Failure::input(at(&self.node, field, message))
    }

    /// As [`Source::failure`], for an application that cannot be submitted.
    pub(super) fn spark_failure(&self, error: &SparkError) -> Failure {
        self.failure(&error.field(), &error.to_string())
    }

    /// Says something about a field that is no error.
    pub(super) fn warn(&self, field: &str, message: &str) {
        warn(&at(&self.node, field, message));
    }
}

/// `app.yaml:7:3: spec.driver.memory: …`
fn at(node: &Node, field: &str, message: &str) -> String {
    format!("{}: {field}: {message}", place(node, field))
}

/// Where a field is written; the nearest above it when it is not.
fn place(node: &Node, field: &str) -> Place {
    let mut place = node.place.clone();
    let mut node = node;
    let mut rest = field;
    while !rest.is_empty() {
        // A key of a mapping is in brackets, and may have dots.
        let (step, behind) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').unwrap_or((inside, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        rest = behind.strip_prefix('.').unwrap_or(behind);
        match node.find([step]) {
            Some(found) => node = found,
            None => break,
        }
        place = node.place.clone();
    }
    place
}
