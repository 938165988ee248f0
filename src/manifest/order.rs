//! The order in which Helm prints (and installs) documents, and which files count at all.
//!
//! Files by path, hooks apart from manifests, both sorted by kind and otherwise as they came
//! (`manifest_sorter.go` and `kind_sorter.go` in Helm). A hook's weight plays no part.

use super::split::split;
use super::{Document, DocumentError, HelmCompat};

/// Kinds in install order, without those only Helm 4 knows.
const KINDS: [&str; 36] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// To Helm 3 these two are unknown kinds.
const KINDS_OF_V4: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Everything a chart rendered, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The release's own documents.
    pub manifests: Vec<Document>,
    /// The hooks.
    pub hooks: Vec<Document>,
    /// The documents Helm drops without an error.
    pub skipped: Vec<Skipped>,
}

/// A document that is not printed because its hook is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The template it came from.
    pub path: String,
    /// The annotation `helm.sh/hook` as written.
    pub hook: String,
}

impl Collected {
    /// All documents as they are printed: manifests, then hooks.
    #[must_use]
    pub fn into_documents(self) -> Vec<Document> {
        let Self { mut manifests, hooks, skipped: _ } = self;
        manifests.extend(hooks);
        manifests
    }
}

/// Splits, reads and sorts the rendered files, given as (path with the chart's name, text) in any order.
///
/// Partials (base name begins with `_`), files ending in `NOTES.txt` and blank files are left out.
///
/// # Errors
/// [`DocumentError`] for the first document, by path, that cannot be read.
pub fn collect(
    files: impl IntoIterator<Item = (String, String)>,
    compat: HelmCompat,
) -> Result<Collected, DocumentError> {
    let mut files: Vec<_> = files.into_iter().filter(|(path, _)| is_manifest(path)).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut collected = Collected::default();
    for (path, file) in &files {
        for text in split(file, compat) {
            match Document::parse(path, text, compat)? {
                Ok(document) if document.hook.is_some() => collected.hooks.push(document),
                Ok(document) => collected.manifests.push(document),
                Err(hook) => collected.skipped.push(Skipped { path: path.clone(), hook }),
            }
        }
    }
    install_order(&mut collected.manifests, compat);
    install_order(&mut collected.hooks, compat);
    Ok(collected)
}

/// Sorts by kind as Helm installs; unknown kinds come last, by name. Documents of one kind keep their order.
pub fn install_order(documents: &mut [Document], compat: HelmCompat) {
    documents.sort_by(|a, b| rank(&a.kind, compat).cmp(&rank(&b.kind, compat)));
}

fn is_manifest(path: &str) -> bool {
    let base = path.rsplit('/').next().unwrap_or(path);
    !base.starts_with('_') && !path.ends_with("NOTES.txt")
}

fn rank(kind: &str, compat: HelmCompat) -> (usize, &str) {
    let extra: &[&str] = match compat {
        HelmCompat::V3 => &[],
        HelmCompat::V4 => &KINDS_OF_V4,
    };
    match KINDS.iter().chain(extra).position(|known| *known == kind) {
        Some(position) => (position, ""),
        None => (usize::MAX, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(file: &str, compat: HelmCompat) -> Vec<String> {
        let files = [("c/templates/x.yaml".to_owned(), file.to_owned())];
        collect(files, compat).unwrap().into_documents().into_iter().map(|document| document.kind).collect()
    }

    fn file(kinds: &[&str]) -> String {
        format!("kind: {}\n", kinds.join("\n---\nkind: "))
    }

    #[test]
    fn webhooks_are_known_to_helm_4_only() {
        let file =
            file(&["ValidatingWebhookConfiguration", "Issuer", "MutatingWebhookConfiguration", "Ingress"]);
        assert_eq!(
            kinds(&file, HelmCompat::V3),
            ["Ingress", "Issuer", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
        );
        assert_eq!(
            kinds(&file, HelmCompat::V4),
            ["Ingress", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Issuer"]
        );
    }

    #[test]
    fn hooks_come_after_manifests() {
        let file = "kind: Namespace\nmetadata: {annotations: {helm.sh/hook: test}}\n---\nkind: Zebra\n";
        assert_eq!(kinds(file, HelmCompat::V4), ["Zebra", "Namespace"]);
    }

    #[test]
    fn files_count_by_path_and_partials_and_notes_do_not() {
        let paths =
            ["c/templates/b.yaml", "c/templates/a/z.yaml", "c/templates/NOTES.txt", "c/templates/_h.tpl"];
        let files = paths.map(|path| (path.to_owned(), "kind: X\n".to_owned()));
        let documents = collect(files, HelmCompat::V4).unwrap().into_documents();
        let order: Vec<_> = documents.iter().map(|document| document.path.as_str()).collect();
        assert_eq!(order, ["c/templates/a/z.yaml", "c/templates/b.yaml"]);
    }

    #[test]
    fn dropped_hooks_are_told() {
        let files = [("c/x.yaml".to_owned(), "metadata: {annotations: {helm.sh/hook: soon}}".to_owned())];
        let collected = collect(files, HelmCompat::V4).unwrap();
        assert_eq!(collected.skipped, [Skipped { path: "c/x.yaml".to_owned(), hook: "soon".to_owned() }]);
    }
}
