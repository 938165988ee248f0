//! `image`, `webhook.image` and `hook.image`: which image runs, and how it is pulled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{Open, PullPolicy, Tag, empty};

/// The image of controller, webhook and hook Job.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Registry host, with a port if it needs one. Empty: `global.imageRegistry` if that is set, else the container
    /// runtime's default registry.
    #[default(empty())]
    #[schemars(regex(pattern = r"^[A-Za-z0-9.:/_-]*$"))]
    pub registry: Option<String>,
    /// Repository within the registry. Kubeflow's images hold another program: they do not understand these arguments.
    #[default("spark-operator".into())]
    #[schemars(regex(pattern = r"^[a-z0-9]+([._/-]+[a-z0-9]+)*$"))]
    pub repository: String,
    /// Tag. Empty: the chart's appVersion. Quote numbers (`"1.10"`), or YAML makes 1.1 of them.
    #[default(Some("".into()))]
    pub tag: Option<Tag>,
    /// Digest such as `sha256:…`, which pins the exact image. It wins over the tag at pull time; the tag stays readable.
    #[default(empty())]
    #[schemars(regex(pattern = r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})?$"))]
    pub digest: Option<String>,
    /// When the kubelet pulls the image. Empty: the kubelet's own rule (Always for `latest`, else IfNotPresent).
    #[default(Some(PullPolicy::IfNotPresent))]
    pub pull_policy: Option<PullPolicy>,
    /// Secrets with registry credentials, as a list of `name: …`, for the pods of controller, webhook and hook.
    #[default(Some(Vec::new()))]
    pub pull_secrets: Option<Vec<Open>>,
}

/// The image of one part; what is empty is taken from `image`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct PartImage {
    /// Registry host. Empty: as `image.registry`.
    #[default(empty())]
    #[schemars(regex(pattern = r"^[A-Za-z0-9.:/_-]*$"))]
    pub registry: Option<String>,
    /// Repository. Empty: as `image.repository`. It must hold this operator.
    #[default(empty())]
    #[schemars(regex(pattern = r"^([a-z0-9]+([._/-]+[a-z0-9]+)*)?$"))]
    pub repository: Option<String>,
    /// Tag. Empty: as `image.tag`. In the hook, an older tag applies older CRDs.
    #[default(Some("".into()))]
    pub tag: Option<Tag>,
    /// Digest. Empty: as `image.digest`, unless a repository or tag is given here.
    #[default(empty())]
    #[schemars(regex(pattern = r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})?$"))]
    pub digest: Option<String>,
}
