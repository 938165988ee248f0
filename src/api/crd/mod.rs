//! The definitions of the custom resources (apiextensions v1), made out of the types.
//!
//! They validate what Kubeflow's definitions validate, and are a fraction of their size: the prose of the embedded core
//! types is left out, so that `kubectl apply` and Argo CD take them. `schema` turns the types' JSON Schema into the
//! structural form; names, columns and annotations are here.

mod check;
mod core_types;
pub mod rules;
mod schema;

use serde_json::{Value as Json, json};

use super::{
    GROUP, ScheduledSparkApplicationSpec, ScheduledSparkApplicationStatus, SparkApplicationSpec,
    SparkApplicationStatus, SparkConnectSpec, SparkConnectStatus,
};
use crate::yaml;

/// A custom resource as the API server must know it.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// `SparkApplication`
    pub kind: &'static str,
    /// `sparkapplications`
    pub plural: &'static str,
    /// `sparkapp`
    pub short_name: &'static str,
    /// `v1beta2`
    pub version: &'static str,
    /// What it is for, in a sentence.
    pub description: &'static str,
    columns: &'static [Column],
    spec: fn() -> Json,
    status: fn() -> Json,
}

/// A column of `kubectl get`: name, type, path.
type Column = (&'static str, &'static str, &'static str);

/// All of them, in the order of their file names.
pub const DEFINITIONS: [Definition; 3] = [
    Definition {
        kind: "ScheduledSparkApplication",
        plural: "scheduledsparkapplications",
        short_name: "scheduledsparkapp",
        version: "v1beta2",
        description: "A Spark program that runs by a clock.",
        columns: &[
            ("Schedule", "string", ".spec.schedule"),
            ("TimeZone", "string", ".spec.timeZone"),
            ("Suspend", "string", ".spec.suspend"),
            ("Last Run", "date", ".status.lastRun"),
            ("Last Run Name", "string", ".status.lastRunName"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ],
        spec: schema::of::<ScheduledSparkApplicationSpec>,
        status: schema::of::<ScheduledSparkApplicationStatus>,
    },
    Definition {
        kind: "SparkApplication",
        plural: "sparkapplications",
        short_name: "sparkapp",
        version: "v1beta2",
        description: "A Spark program to run once, or until it is done.",
        columns: &[
            ("Suspend", "boolean", ".spec.suspend"),
            ("Status", "string", ".status.applicationState.state"),
            ("Attempts", "string", ".status.executionAttempts"),
            ("Start", "string", ".status.lastSubmissionAttemptTime"),
            ("Finish", "string", ".status.terminationTime"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ],
        spec: schema::of::<SparkApplicationSpec>,
        status: schema::of::<SparkApplicationStatus>,
    },
    Definition {
        kind: "SparkConnect",
        plural: "sparkconnects",
        short_name: "sparkconn",
        version: "v1alpha1",
        description: "A Spark Connect server with its executors.",
        columns: &[
            ("Age", "date", ".metadata.creationTimestamp"),
            ("Status", "string", ".status.state"),
            ("PodName", "string", ".status.server.podName"),
        ],
        spec: schema::of::<SparkConnectSpec>,
        status: schema::of::<SparkConnectStatus>,
    },
];

/// The pull request that let the group end in k8s.io, which the API server asks for.
const APPROVED: &str = "https://github.com/kubeflow/spark-operator/pull/1298";

impl Definition {
    /// The object's name: `sparkapplications.sparkoperator.k8s.io`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{GROUP}", self.plural)
    }

    /// The file in the chart's `crds/`, named as in Kubeflow's chart.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{GROUP}_{}.yaml", self.plural)
    }

    /// The CustomResourceDefinition.
    #[must_use]
    pub fn json(&self) -> Json {
        let columns = self
            .columns
            .iter()
            .map(|(name, kind, path)| json!({"name": name, "type": kind, "jsonPath": path}));
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": self.name(),
                "annotations": {"api-approved.kubernetes.io": APPROVED},
            },
            "spec": {
                "group": GROUP,
                "names": {
                    "kind": self.kind,
                    "listKind": format!("{}List", self.kind),
                    "plural": self.plural,
                    "singular": self.kind.to_lowercase(),
                    "shortNames": [self.short_name],
                },
                "scope": "Namespaced",
                "versions": [{
                    "name": self.version,
                    "served": true,
                    "storage": true,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": columns.collect::<Vec<_>>(),
                    "schema": {"openAPIV3Schema": self.schema()},
                }],
            },
        })
    }

    /// The schema of the whole object.
    #[must_use]
    pub fn schema(&self) -> Json {
        let mut schema = json!({
            "description": self.description,
            "type": "object",
            "required": ["metadata", "spec"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object"},
                "spec": (self.spec)(),
                "status": (self.status)(),
            },
        });
        rules::add(self.kind, &mut schema);
        schema
    }

    /// The CustomResourceDefinition as a file.
    #[must_use]
    pub fn yaml(&self) -> String {
        format!("{}\n", yaml::to_yaml(&self.json()))
    }
}
