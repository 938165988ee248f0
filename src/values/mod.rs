//! The values: one struct per section, every key with its type, default and documentation.
//!
//! The doc comment of a field is the only place where a value is documented; [`schema`], [`default_yaml`] and
//! [`docs`] print the JSON Schema, the commented values.yaml and the Markdown table from it. [`load`] turns what a
//! user gave (files and `--set` flags) into [`Values`], as Helm would: merge untyped, validate with the schema,
//! then type. Nothing here reads files.

mod cert_manager;
mod compat;
mod controller;
mod default_yaml;
mod docs;
mod hook;
mod image;
mod load;
mod merge;
mod network;
mod pod;
mod presets;
mod prometheus;
mod schema;
mod set;
mod sources;
mod spark;
mod submitter;
mod types;
mod user_roles;
mod webhook;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

pub use self::cert_manager::CertManager;
pub use self::compat::HelmCompat;
pub use self::controller::{Controller, FeatureGate};
pub use self::default_yaml::{commented_yaml, default_yaml};
pub use self::docs::docs;
pub use self::hook::Hook;
pub use self::image::{Image, PartImage};
pub use self::load::{Finding, LoadError, Loaded, load};
pub use self::merge::{Clash, Warning, coalesce, coalesce_as, merge};
pub use self::network::{NetworkPolicy, Service};
pub use self::pod::PodSettings;
pub use self::presets::{PRESETS, Preset, preset};
pub use self::prometheus::Prometheus;
pub use self::schema::{schema, schema_text};
pub use self::set::{SetCause, SetError, SetKind, apply as apply_set, apply_as as apply_set_as};
pub use self::sources::{SourceError, Sources, ValuesFile, collect};
pub use self::spark::Spark;
pub use self::submitter::Submitter;
pub use self::types::{Open, Tag, TextMap};
pub use self::user_roles::UserRoles;
pub use self::webhook::Webhook;

use self::types::{Manifest, NAME_OR_EMPTY, ObjectLabels, Profile, SUFFIX_OR_EMPTY, empty};

/// Everything that the templates read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct Values {
    /// Replaces the chart's name in object names and in the label `app.kubernetes.io/name`, and so in selectors: a
    /// Deployment cannot be upgraded across a change.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub name_override: Option<String>,
    /// Replaces release and chart name in object names. Cut to 63 characters; with the webhook at most 51.
    #[default(empty())]
    #[schemars(regex(pattern = NAME_OR_EMPTY))]
    pub fullname_override: Option<String>,
    /// Appended to the names of cluster-scoped objects, so that two releases of one name in different namespaces do not
    /// clash: for example the namespace. Also to those of monitors, alerts and dashboards outside the release namespace.
    /// Empty: nothing.
    #[default(empty())]
    #[schemars(regex(pattern = SUFFIX_OR_EMPTY), length(max = 63))]
    pub cluster_name_suffix: Option<String>,
    /// Labels of every object (not of pods, except the hook's). A key of the chart's own labels is refused.
    #[default(Some(ObjectLabels::default()))]
    pub common_labels: Option<ObjectLabels>,
    /// `cluster`, or `namespaced`: then nothing cluster-scoped is rendered, and webhook, hook, namespace selector and
    /// all-namespaces mode must be off.
    #[default(Profile::Cluster)]
    pub profile: Profile,
    /// DNS domain of the cluster, for the names in the webhook's certificate.
    #[default("cluster.local".into())]
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub cluster_domain: String,
    /// Image of controller, webhook and hook Job. The image of Spark applications is theirs (or `spark.defaultImages`).
    pub image: Image,
    /// The Job that upgrades the CRDs.
    pub hook: Hook,
    /// The controller.
    pub controller: Controller,
    /// How applications are submitted.
    pub submitter: Submitter,
    /// The admission webhook.
    pub webhook: Webhook,
    /// Job namespaces and Spark's own rights.
    pub spark: Spark,
    /// Metrics and alerts.
    pub prometheus: Prometheus,
    /// The webhook's certificate from cert-manager.
    pub cert_manager: CertManager,
    /// Network policies for the operator's pods.
    pub network_policy: NetworkPolicy,
    /// ClusterRoles for the people who use Spark objects.
    pub user_roles: UserRoles,
    /// More objects to render with the release, each a whole manifest. Printed as they are, never evaluated.
    #[default(Some(Vec::new()))]
    pub extra_objects: Option<Vec<Manifest>>,
    /// Values shared by all charts of an umbrella chart. Read: `imageRegistry`, where `image.registry` is empty.
    #[default(None)]
    #[schemars(extend("properties" = {"imageRegistry": {"type": ["string", "null"]}}, "additionalProperties" = true))]
    pub global: Option<Open>,
    /// Accepted and ignored: umbrella charts put it here to switch a subchart on and off.
    #[default(None)]
    pub enabled: Option<bool>,
}

impl Values {
    /// The defaults as JSON, keys in documented order.
    ///
    /// # Errors
    /// Never in practice: every default is representable. The tests call it.
    pub fn default_json() -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(Self::default())
    }
}
