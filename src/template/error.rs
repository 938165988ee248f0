//! What can go wrong while a template renders: it failed on purpose, or it is broken.

use std::error::Error as _;
use std::fmt;

use minijinja::Error;

/// A template did not render.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template refused the values, with `fail` or `required`; worded as Helm does.
    #[error("execution error at (spark-operator/templates/{place}): {message}")]
    Failed {
        /// What the template says.
        message: String,
        /// Where it says so.
        place: TemplatePlace,
    },
    /// The template itself is wrong, or ran too long: our bug, or that of a user's own template.
    #[error("template {place}: {reason}{}", expression.as_ref().map(|e| format!(" in `{e}`")).unwrap_or_default())]
    Render {
        /// Where it went wrong.
        place: TemplatePlace,
        /// What went wrong.
        reason: String,
        /// The expression that went wrong, where the engine knows it.
        expression: Option<String>,
    },
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePlace {
    /// The template's name: its path below `templates/`.
    pub template: String,
    /// 1-based line; 0 when unknown.
    pub line: usize,
    /// 1-based column in characters; 0 when unknown. Helm counts columns in its own template, so they differ.
    pub column: usize,
}

impl fmt::Display for TemplatePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.template, self.line, self.column)
    }
}

/// Marks an engine error as raised by the template on purpose.
#[derive(Debug)]
pub(super) struct Raised(String);

impl Raised {
    /// The engine error that carries the message out.
    pub(super) fn error(message: &str) -> Error {
        Error::new(minijinja::ErrorKind::InvalidOperation, message.to_owned())
            .with_source(Self(message.to_owned()))
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raised {}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        // An error inside an included template is wrapped once for each including one; the innermost knows most.
        let mut innermost = &error;
        while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref::<Error>()) {
            innermost = inner;
        }
        let place = place_of(innermost).or_else(|| place_of(&error)).unwrap_or_else(|| TemplatePlace {
            template: "?".to_owned(),
            line: 0,
            column: 0,
        });
        match innermost.source().and_then(|source| source.downcast_ref::<Raised>()) {
            Some(raised) => Self::Failed { message: raised.0.clone(), place },
            None => {
                Self::Render { place, reason: reason_of(innermost), expression: expression_of(innermost) }
            }
        }
    }
}

fn place_of(error: &Error) -> Option<TemplatePlace> {
    let column = error.range().zip(error.template_source()).and_then(|(range, source)| {
        let before = source.get(..range.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some(before[line_start..].chars().count() + 1)
    });
    Some(TemplatePlace {
        template: error.name()?.to_owned(),
        line: error.line().unwrap_or_default(),
        column: column.unwrap_or_default(),
    })
}

fn reason_of(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

fn expression_of(error: &Error) -> Option<String> {
    error.template_source()?.get(error.range()?).map(|text| text.trim().to_owned())
}
