//! The kinds of value that several sections share: open Kubernetes subtrees, loose scalars, enumerations.
//!
//! Nothing here is a section; a section's struct lives in the file named for it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A Kubernetes subtree that is passed through unread: unknown fields survive, the API server judges it.
pub type Open = serde_json::Map<String, serde_json::Value>;

/// Labels, annotations, node selectors: text by text.
pub type TextMap = BTreeMap<String, String>;

/// A Go duration such as `90s` or `1h30m`, as the operator's flags read it.
pub const DURATION: &str = r"^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$";

/// A Go duration, or nothing.
pub const DURATION_OR_EMPTY: &str = r"^(\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+))?$";

/// A namespace name (RFC 1123 label).
pub const NAMESPACE: &str = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";

/// A namespace name (RFC 1123 label) or the empty string, which means every namespace.
pub const NAMESPACE_OR_ALL: &str = r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$";

/// An object name (RFC 1123 subdomain), or nothing.
pub const NAME_OR_EMPTY: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$";

/// What may stand at the end of an object name, or nothing.
pub const SUFFIX_OR_EMPTY: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$";

/// A port name (IANA service name: 15 characters, at least one letter).
pub const PORT_NAME: &str = r"^([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$";

/// Comma-separated floats: histogram buckets.
pub const BUCKETS: &str =
    r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(,[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)*(,\+Inf)?$";

/// A Prometheus duration such as `30s` or `1h30m`.
pub const PROMETHEUS_DURATION: &str =
    r"^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$";

/// A label's key: a name, perhaps below a DNS subdomain.
const LABEL_KEY: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";

/// A label's value.
const LABEL_VALUE: &str = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$";

/// The label-selector syntax of `kubectl -l`, restricted to what a webhook's selector can also say (no `>`, no `<`).
pub const LABEL_SELECTOR: &str = r"^([ \t\n]*(![ \t\n]*([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?[ \t\n]*(=|==|!=)[ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?[ \t\n]+(in|notin)[ \t\n]*\([ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?[ \t\n]*(,[ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?[ \t\n]*)*\))[ \t\n]*(,[ \t\n]*(![ \t\n]*([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?[ \t\n]*(=|==|!=)[ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?|([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?[ \t\n]+(in|notin)[ \t\n]*\([ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?[ \t\n]*(,[ \t\n]*([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?[ \t\n]*)*\))[ \t\n]*)*)?$";

/// An image tag, which users often write without quotes, so that YAML makes a number of it. As in Helm, `tag: 1.10` is then `1.1`: quote it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(pub serde_json::Value);

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl JsonSchema for Tag {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tag".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "pattern": r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$" })
    }
}

/// A whole Kubernetes object; what every object needs is checked, the rest is passed through.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest(pub Open);

impl JsonSchema for Manifest {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Manifest".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["apiVersion", "kind", "metadata"],
            "properties": {
                "apiVersion": { "type": "string", "minLength": 1 },
                "kind": { "type": "string", "minLength": 1 },
                "metadata": {
                    "type": "object",
                    "required": ["name"],
                    "properties": { "name": { "type": "string", "minLength": 1 } },
                    "additionalProperties": true,
                },
            },
            "additionalProperties": true,
        })
    }
}

/// A count or a percentage such as `50%`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrPercent {
    /// A count.
    Count(i64),
    /// A percentage with its sign.
    Percent(String),
}

impl JsonSchema for IntOrPercent {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IntOrPercent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^([0-9]+|([0-9]|[1-9][0-9]|100)%)$" })
    }
}

/// A three-state switch. Text is accepted because the compatibility reference accepts it, and counts as unset.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tristate {
    /// Set.
    Bool(bool),
    /// Accepted and ignored.
    Ignored(String),
}

impl JsonSchema for Tristate {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tristate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["boolean", "string"] })
    }
}

/// A log level: a name, or 1 to 5.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LogLevel {
    /// 1 error, 2 warn, 3 info, 4 debug, 5 trace.
    Number(i64),
    /// `error`, `warn`, `info`, `debug`, `trace`; `panic` is accepted and means `error`.
    Name(String),
}

impl JsonSchema for LogLevel {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LogLevel".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "enum": ["error", "warn", "info", "debug", "trace", "panic", "", 1, 2, 3, 4, 5, "1", "2", "3", "4", "5"]
        })
    }
}

/// Declares an enumeration of fixed texts: `Name { Variant = "text", … }`.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[schemars(inline)]
        pub enum $name {
            $(#[serde(rename = $text)] #[allow(missing_docs, reason = "the text says it")] $variant,)+
        }
    };
}

/// Declares labels that may not repeat keys which the chart sets itself.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident, $reserved:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub TextMap);

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "object",
                    "additionalProperties": { "type": "string", "pattern": LABEL_VALUE },
                    "propertyNames": { "pattern": LABEL_KEY, "not": { "enum": $reserved } },
                })
            }
        }
    };
}

labels!(
    /// Labels of objects, beside the chart's own.
    ObjectLabels,
    [
        "helm.sh/chart",
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
        "app.kubernetes.io/version",
        "app.kubernetes.io/managed-by"
    ]
);
labels!(
    /// Labels of pods, beside those of their selector.
    PodLabels,
    [
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
        "sparkoperator.k8s.io/metrics"
    ]
);

text_enum!(
    /// When a kubelet pulls an image.
    PullPolicy { Always = "Always", IfNotPresent = "IfNotPresent", Never = "Never", Unset = "" }
);
text_enum!(
    /// How log records are written.
    LogEncoder { Console = "console", Json = "json", Unset = "" }
);
text_enum!(
    /// What the API server does when a webhook cannot be reached.
    FailurePolicy { Ignore = "Ignore", Fail = "Fail", Unset = "" }
);
text_enum!(
    /// Whether a webhook also sees equivalent versions of its resources.
    MatchPolicy { Exact = "Exact", Equivalent = "Equivalent", Unset = "" }
);
text_enum!(
    /// Whether a mutating webhook is called again after another one changed the object.
    ReinvocationPolicy { Never = "Never", IfNeeded = "IfNeeded", Unset = "" }
);
text_enum!(
    /// How a Service is reached.
    ServiceType { ClusterIp = "ClusterIP", NodePort = "NodePort", LoadBalancer = "LoadBalancer", Unset = "" }
);
text_enum!(
    /// Where a pod looks names up.
    DnsPolicy { ClusterFirst = "ClusterFirst", ClusterFirstWithHostNet = "ClusterFirstWithHostNet", Default = "Default", None = "None", Unset = "" }
);
text_enum!(
    /// Which unhealthy pods may be evicted.
    EvictionPolicy { IfHealthyBudget = "IfHealthyBudget", AlwaysAllow = "AlwaysAllow", Unset = "" }
);
text_enum!(
    /// Lowest TLS version that a server speaks.
    TlsVersion { Tls12 = "VersionTLS12", Tls13 = "VersionTLS13", Unset = "" }
);
text_enum!(
    /// Key algorithm of the certificates that the operator makes.
    KeyAlgorithm { Ecdsa = "ECDSA", Rsa = "RSA" }
);
text_enum!(
    /// How many digits of a second a scheduled run's name carries.
    TimestampPrecision { Nanos = "nanos", Micros = "micros", Millis = "millis", Seconds = "seconds", Minutes = "minutes", Unset = "" }
);
text_enum!(
    /// How an application is submitted.
    SubmitterType { Native = "native", Job = "job", SparkSubmit = "spark-submit" }
);
text_enum!(
    /// What the operator fills into unset security fields of Spark pods.
    PodSecurity { None = "none", Seccomp = "seccomp", Restricted = "restricted" }
);
text_enum!(
    /// Whether anything cluster-scoped is rendered.
    Profile { Cluster = "cluster", Namespaced = "namespaced" }
);
text_enum!(
    /// Which kind of role carries the rules for job namespaces.
    RoleKind { Role = "Role", ClusterRole = "ClusterRole" }
);
text_enum!(
    /// How metrics are scraped.
    Scheme { Http = "http", Https = "https", Unset = "" }
);

/// An empty text: the default of many keys.
#[allow(clippy::unnecessary_wraps, reason = "it stands where an optional text is the default")]
pub(super) fn empty() -> Option<String> {
    Some(String::new())
}

/// An object from a JSON literal; anything else becomes the empty object (the tests pin every default).
pub(super) fn open(json: serde_json::Value) -> Open {
    match json {
        serde_json::Value::Object(map) => map,
        _ => Open::new(),
    }
}

/// The container security context that meets the Pod Security Standard `restricted`.
pub(super) fn restricted_container() -> Open {
    open(serde_json::json!({
        "readOnlyRootFilesystem": true,
        "privileged": false,
        "allowPrivilegeEscalation": false,
        "runAsNonRoot": true,
        "capabilities": { "drop": ["ALL"] },
        "seccompProfile": { "type": "RuntimeDefault" },
    }))
}
