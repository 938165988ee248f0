//! `spark`: where jobs run, and what their pods may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{
    LABEL_SELECTOR, NAME_OR_EMPTY, NAMESPACE_OR_ALL, ObjectLabels, Open, PodSecurity, TextMap, empty,
};

/// Job namespaces and the Spark jobs' own rights.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Spark {
    /// Namespaces whose applications are run, and in which the operator, and Spark, get their rights. `[]` or an entry
    /// `""`: every namespace, with cluster-wide rights. The namespaces must exist unless `createNamespaces` is on.
    /// Where every namespace is watched, the webhook leaves out kube-system and the release's own unless they are listed.
    #[default(Some(vec!["default".into()]))]
    #[schemars(inner(regex(pattern = NAMESPACE_OR_ALL)), extend("uniqueItems" = true))]
    pub job_namespaces: Option<Vec<String>>,
    /// Label selector of more job namespaces (`team=data,env in (test,prod)`), followed live by controller and webhook.
    /// With `jobNamespaces: []` only these; beside a list, these or those. It needs cluster-wide rights.
    /// `!=` and `notin` also match namespaces without the key; `>` and `<` are refused, since a webhook cannot say them.
    #[default(empty())]
    #[schemars(regex(pattern = LABEL_SELECTOR))]
    pub job_namespace_selector: Option<String>,
    /// Create the listed job namespaces. Helm deletes them, with all they hold, on uninstall unless their annotation
    /// `helm.sh/resource-policy: keep` stays, which is set.
    #[default(Some(false))]
    pub create_namespaces: Option<bool>,
    /// Namespaces that also get the Spark service account and role: for namespaces matched by selector or by
    /// `jobNamespaces: []`, which the chart cannot know.
    #[default(Some(Vec::new()))]
    #[schemars(inner(regex(pattern = super::types::NAMESPACE)), extend("uniqueItems" = true))]
    pub account_namespaces: Option<Vec<String>>,
    /// Service account of driver pods, one in each job namespace.
    pub service_account: SparkServiceAccount,
    /// Role of that account: what a Spark driver needs to run its executors.
    pub rbac: SparkRbac,
    /// What is filled into unset security fields of Spark pods: `none` nothing, `seccomp` seccompProfile RuntimeDefault,
    /// `restricted` all that the Pod Security Standard of that name asks for.
    #[default(PodSecurity::Seccomp)]
    pub pod_security: PodSecurity,
    /// Image of applications that name none, by Spark version: `"4.0.1": registry/spark:4.0.1`. A key may be a minor line
    /// (`"4.0"`); the longest match wins. Empty: such applications are refused with a message.
    #[default(Some(BTreeMap::new()))]
    #[schemars(extend("propertyNames" = {"pattern": r"^[0-9]+(\.[0-9]+){0,2}$"}, "additionalProperties" = {"type": "string", "minLength": 1}))]
    pub default_images: Option<TextMap>,
}

/// The Spark jobs' service account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct SparkServiceAccount {
    /// Create the accounts. Off: they must exist.
    #[default(Some(true))]
    pub create: Option<bool>,
    /// Name. Empty: `<fullname>-spark`; with `create` off, `default`.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub name: Option<String>,
    /// Name by namespace, where it differs.
    #[default(Some(TextMap::new()))]
    #[schemars(extend("additionalProperties" = {"type": "string", "pattern": NAME_OR_EMPTY}))]
    pub names: Option<TextMap>,
    /// Annotations, for example a cloud identity.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Extra labels.
    #[default(Some(ObjectLabels::default()))]
    pub labels: Option<ObjectLabels>,
    /// Pull secrets (list of `name: …`), for Spark images in a private registry.
    #[default(Some(Vec::new()))]
    pub image_pull_secrets: Option<Vec<Open>>,
    /// Mount the account's token: the driver needs it to create executors.
    #[default(Some(true))]
    pub automount_service_account_token: Option<bool>,
}

/// The Spark jobs' role.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct SparkRbac {
    /// Create role and binding in each job namespace.
    #[default(Some(true))]
    pub create: Option<bool>,
    /// Annotations of both.
    #[default(Some(TextMap::new()))]
    pub annotations: Option<TextMap>,
    /// Rules added to the role (list of rbac/v1 PolicyRule).
    #[default(Some(Vec::new()))]
    pub extra_rules: Option<Vec<Open>>,
    /// Subjects added to the binding (list of rbac/v1 Subject).
    #[default(Some(Vec::new()))]
    pub extra_subjects: Option<Vec<Open>>,
}
