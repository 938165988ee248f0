//! One document: its text as Helm would print it, and what its head says. Changing documents does not belong here.

use super::head::Head;
use super::{HelmCompat, Hook};
use crate::yaml::{self, ReadError};

/// One YAML document of a rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The template it came from, with the chart's name: `spark-operator/templates/webhook/service.yaml`.
    pub path: String,
    /// The text after splitting, trimmed as the chosen Helm does; never blank.
    pub text: String,
    /// `apiVersion`; empty when absent.
    pub api_version: String,
    /// `kind`; empty when absent, as in a document of comments.
    pub kind: String,
    /// `metadata.name`; empty when absent.
    pub name: String,
    /// `metadata.namespace`, where there is one.
    pub namespace: Option<String>,
    /// The hook annotations, where there are any.
    pub hook: Option<Hook>,
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The text is not YAML, or not YAML that can be JSON.
    #[error("YAML parse error on {path}: error converting YAML to JSON: {source}")]
    Yaml {
        /// The template it came from.
        path: String,
        /// What is wrong, and in which line of the document.
        source: Box<ReadError>,
    },
    /// The text is YAML, but its head has values of a wrong type.
    #[error("YAML parse error on {path}: {message}")]
    Head {
        /// The template it came from.
        path: String,
        /// Helm's words.
        message: String,
    },
}

impl Document {
    /// Reads the head of one document.
    ///
    /// The inner error is the hook annotation of a document that Helm drops because it does not know the hook.
    ///
    /// # Errors
    /// [`DocumentError`] when the text is not YAML or its head is of a wrong shape.
    pub fn parse(path: &str, text: &str, compat: HelmCompat) -> Result<Result<Self, String>, DocumentError> {
        let nodes = yaml::read("document", first_document(text))
            .map_err(|source| DocumentError::Yaml { path: path.to_owned(), source: Box::new(source) })?;
        let head = match nodes.first() {
            None => Head::default(),
            Some(root) => Head::decode(root, compat)
                .map_err(|message| DocumentError::Head { path: path.to_owned(), message })?,
        };
        let Head { api_version, kind, name, namespace, annotations } = head;
        Ok(Hook::read(&annotations).map(|hook| Self {
            path: path.to_owned(),
            text: text.to_owned(),
            api_version,
            kind,
            name,
            namespace,
            hook,
        }))
    }

    /// True for a hook that runs on `helm test`.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.hook.as_ref().is_some_and(Hook::is_test)
    }
}

/// The text up to the line `...`: Helm's reader stops there and never looks at what follows.
fn first_document(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("...");
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            return &text[..end];
        }
        end += line.len();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Result<Document, String>, DocumentError> {
        Document::parse("chart/templates/x.yaml", text, HelmCompat::V4)
    }

    #[test]
    fn the_head_is_read_and_the_text_kept() {
        let text = "# c\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: space\n\n";
        let document = parse(text).unwrap().unwrap();
        assert_eq!(document.text, text);
        assert_eq!((document.api_version.as_str(), document.kind.as_str()), ("v1", "Pod"));
        assert_eq!((document.name.as_str(), document.namespace.as_deref()), ("p", Some("space")));
        assert_eq!(document.hook, None);
    }

    #[test]
    fn comments_alone_are_a_document_without_a_kind() {
        assert_eq!(parse("# nothing here\n").unwrap().unwrap().kind, "");
    }

    #[test]
    fn an_unknown_hook_is_told() {
        let dropped = parse("metadata:\n  annotations:\n    helm.sh/hook: crd-install\n").unwrap();
        assert_eq!(dropped, Err("crd-install".to_owned()));
    }

    #[test]
    fn errors_begin_with_the_path_as_in_helm() {
        for text in ["a: b: c\n", "kind: [a]\n", "text\n", "a: 'x\n"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("YAML parse error on chart/templates/x.yaml: error "), "{error}");
        }
    }

    #[test]
    fn what_follows_the_end_marker_is_not_read() {
        assert_eq!(parse("kind: Pod\n...\na: b: c\n").unwrap().unwrap().kind, "Pod");
        assert_eq!(first_document("a\n...b\n...\r\nc"), "a\n...b\n");
    }
}
