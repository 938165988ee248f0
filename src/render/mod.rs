//! The pipeline: values, release and capabilities through the templates to ordered documents.
//!
//! [`render`] is pure: the same input gives the same bytes, without a clock, an environment or a cluster. Files are
//! read and written by the command line.

pub mod capabilities;
mod environment;
pub mod output;
pub mod release;
mod warnings;

use minijinja::context;
use minijinja::value::Serde;
use thiserror::Error;

pub use self::capabilities::{Capabilities, KubeVersion};
pub use self::release::Release;
use crate::chart::source;
use crate::manifest::patch::{self, Patch, PatchError, Sides};
use crate::manifest::{self, Document, DocumentError, HelmCompat, Manifests};
use crate::template::{self, TemplateError};
use crate::values::Values;

/// What came out.
#[derive(Debug)]
pub struct Rendered {
    /// The documents in install order: manifests, then hooks.
    pub documents: Vec<Document>,
    /// What the user should know although it is no error.
    pub warnings: Vec<String>,
}

/// Why nothing came out.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template refused the values, or is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The cluster is older than what is supported. Helm's words.
    #[error("chart requires kubeVersion: {required} which is incompatible with Kubernetes {0}", required = source::KUBE_VERSION)]
    KubeVersion(String),
    /// The templates do not parse: a fault of ours.
    #[error("the built-in templates do not parse: {0}")]
    Source(String),
    /// A template, or a patch, made what is no manifest.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A patch could not be applied.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// Helm drops documents with hooks that it does not know; who made one by a patch did not mean that.
    #[error("{path}: the patches make it a hook that Helm does not know: {hook:?}")]
    UnknownHook {
        /// The template it came from.
        path: String,
        /// Its annotation.
        hook: String,
    },
}

/// Renders the chart.
///
/// # Errors
/// [`RenderError::Template`] where a template refuses the values (contradictory settings, a missing API version).
pub fn render(
    values: &Values,
    release: &Release,
    capabilities: &Capabilities,
    compat: HelmCompat,
) -> Result<Rendered, RenderError> {
    let KubeVersion { major, minor, normalized, .. } = &capabilities.kube_version;
    if (major.parse().unwrap_or(0), minor.parse().unwrap_or(0)) < source::OLDEST_KUBE_VERSION {
        return Err(RenderError::KubeVersion(normalized.clone()));
    }
    let env = environment::environment().map_err(|e| RenderError::Source(format!("{e:#}")))?;
    let paths = in_order_of_evaluation();
    let context = context! {
        values => minijinja::Value::from(Serde(values)),
        release => context! {
            name => release.name.as_str(),
            namespace => release.namespace.as_str(),
            isInstall => release.is_install,
            isUpgrade => release.is_upgrade,
            revision => release.revision,
            service => release.service.as_str(),
        },
        chart => context! { name => source::NAME, version => source::VERSION, appVersion => source::APP_VERSION },
        paths => paths.iter().copied().collect::<minijinja::Value>(),
        capabilities => context! {
            kubeVersion => capabilities.kube_version.full.as_str(),
            apiVersions => Serde(&capabilities.api_versions),
        },
    };
    let printed = template::render(env, environment::WHOLE, context)?;
    let paths = paths.iter().map(|path| format!("{}/templates/{path}", source::NAME));
    let files: Vec<_> = paths.zip(files(&printed)).map(|(path, text)| (path, text.to_owned())).collect();
    let documents = manifest::collect(files, compat)?.into_documents();
    Ok(Rendered { documents, warnings: warnings::of(values) })
}

/// Applies patches to the documents, hooks included, and puts them in order again: a patch may change a kind.
///
/// # Errors
/// [`RenderError::Patch`], and the others for what came out of them.
pub fn apply_patches(
    rendered: Rendered,
    patches: &[Patch],
    compat: HelmCompat,
) -> Result<Rendered, RenderError> {
    if patches.is_empty() {
        return Ok(rendered);
    }
    let Rendered { documents, mut warnings } = rendered;
    let (before, manifests): (Vec<_>, Vec<_>) = documents
        .into_iter()
        .map(|mut document| {
            let text = std::mem::take(&mut document.text);
            let manifests = Manifests::new(&document.path, text);
            (document, manifests)
        })
        .unzip();
    let applied = patch::apply(patches, &manifests, Sides::All)?;
    let documents = before.into_iter().zip(&applied.texts).map(|(document, pieces)| {
        let text = pieces.concat();
        let parsed = Document::parse(&document.path, &text, compat)?;
        parsed.map_err(|hook| RenderError::UnknownHook { path: document.path, hook })
    });
    let documents: Vec<Document> = documents.collect::<Result<_, _>>()?;
    let (mut documents, mut hooks): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|document| document.hook.is_none());
    manifest::install_order(&mut documents, compat);
    manifest::install_order(&mut hooks, compat);
    documents.extend(hooks);
    warnings.extend(applied.warnings);
    Ok(Rendered { documents, warnings })
}

/// The deepest templates first, and of equally deep ones the last by path: of several refusals the user sees the one
/// that Helm comes to first (`sortTemplates` in `pkg/engine`).
fn in_order_of_evaluation() -> Vec<&'static str> {
    let mut paths: Vec<_> = source::TEMPLATES.iter().map(|(path, _)| *path).collect();
    paths.sort_by_key(|path| std::cmp::Reverse((path.matches('/').count(), *path)));
    paths
}

/// The files in what [`environment::WHOLE`] printed.
fn files(mut printed: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (length, rest) = printed.split_once(':')?;
        let (file, rest) = rest.split_at_checked(length.parse().ok()?)?;
        printed = rest;
        Some(file)
    })
}
