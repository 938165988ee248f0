//! What is checked: every preset, and each way to choose job namespaces beside each feature, rendered.
//!
//! The checks themselves are in the files beside this one. What a case should look like is read from its values,
//! never from the templates.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use spark_operator::manifest::HelmCompat;
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{self, PRESETS, Sources, ValuesFile, preset};

/// API versions of other projects that rendered objects need.
const API_VERSIONS: &[&str] = &[
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/ServiceMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "cert-manager.io/v1/Certificate",
    "cert-manager.io/v1/Issuer",
];

/// The namespace of the release in every case that does not say otherwise.
pub const HOME: &str = "spark-operator";

/// One rendered object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object.
    pub json: Json,
    /// Whether the user wrote it (`extraObjects`), so that its content is theirs.
    pub own: bool,
}

/// One set of values, and what it renders to.
#[derive(Clone, Debug)]
pub struct Case {
    /// Preset and flags.
    pub name: String,
    /// Name of the release.
    pub release: String,
    /// Namespace of the release.
    pub namespace: String,
    /// The values after the defaults.
    pub values: Json,
    /// The objects, in install order.
    pub objects: Vec<Object>,
}

impl Object {
    /// The text at a JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }
    /// Kind, namespace and name, for messages.
    pub fn title(&self) -> String {
        format!("{} {}/{}", self.kind(), self.namespace(), self.name())
    }
    /// The pod that a Deployment or a Job makes, with metadata and spec.
    pub fn pod(&self) -> Option<&Json> {
        matches!(self.kind(), "Deployment" | "Job").then(|| self.json.pointer("/spec/template"))?
    }
    /// Which part of the operator a Deployment or a Job is: `controller`, `webhook` or `hook`.
    pub fn component(&self) -> &str {
        self.name().rsplit('-').next().unwrap_or_default()
    }
}

impl Case {
    /// The value at a dotted path of keys.
    pub fn value(&self, path: &str) -> &Json {
        path.split('.').fold(&self.values, |at, key| at.get(key).unwrap_or(&Json::Null))
    }
    pub fn on(&self, path: &str) -> bool {
        self.value(path) == &Json::Bool(true)
    }
    pub fn text(&self, path: &str) -> &str {
        self.value(path).as_str().unwrap_or_default()
    }
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |o| o.kind() == kind)
    }
    /// Deployments and Jobs.
    pub fn workloads(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|o| o.pod().is_some())
    }
    /// `spark.jobNamespaces`.
    pub fn listed(&self) -> Vec<&str> {
        strings(self.value("spark.jobNamespaces"))
    }
    pub fn selector(&self) -> &str {
        self.text("spark.jobNamespaceSelector")
    }
    /// Whether every namespace is a job namespace.
    pub fn all_namespaces(&self) -> bool {
        let listed = self.listed();
        listed.contains(&"") || listed.is_empty() && self.selector().is_empty()
    }
    /// Whether rights in job namespaces must be rights in all namespaces.
    pub fn wide(&self) -> bool {
        self.all_namespaces() || !self.selector().is_empty()
    }
    /// The same case with one object changed: what a check must notice.
    pub fn with(&self, kind: &str, name: &str, change: impl Fn(&mut Json)) -> Self {
        let mut changed = self.clone();
        let object = changed.objects.iter_mut().find(|o| o.kind() == kind && o.name() == name);
        let object = object.unwrap_or_else(|| panic!("{} renders no {kind} {name}", self.name));
        change(&mut object.json);
        changed
    }
}

/// The texts of a list; nothing for anything else.
pub fn strings(json: &Json) -> Vec<&str> {
    json.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

/// The items of a list; nothing for anything else.
pub fn items<'a>(json: &'a Json, pointer: &str) -> impl Iterator<Item = &'a Json> {
    json.pointer(pointer).and_then(Json::as_array).into_iter().flatten()
}

/// Renders a preset with flags on top.
///
/// # Errors
/// What a user would read.
pub fn try_case(preset_name: &str, json: &str, release: (&str, &str)) -> Result<Case, String> {
    let file = preset(preset_name).expect("a preset");
    let sources = Sources {
        files: vec![ValuesFile { name: file.name.into(), text: file.text.into() }],
        set_json: if json.is_empty() { vec![] } else { vec![json.to_owned()] },
        ..Sources::default()
    };
    let user =
        values::collect(&sources, &|path| panic!("nothing reads {path}")).map_err(|e| e.to_string())?;
    let values = values::load(user).map_err(|e| e.to_string())?.values;
    let name = format!("{preset_name} {json}");
    let capabilities = Capabilities::new(KubeVersion::default(), API_VERSIONS.iter().copied());
    let (release, namespace) = release;
    let of = Release::new(release, namespace, false).map_err(|e| e.to_string())?;
    let rendered = render(&values, &of, &capabilities, HelmCompat::V4).map_err(|e| e.to_string())?;
    let object = |d: &spark_operator::manifest::Document| {
        let nodes = spark_operator::yaml::read(&d.path, &d.text).expect("YAML");
        let own = d.path.ends_with("/extra-objects.yaml");
        nodes.first().map(|node| Object { json: node.to_json(), own })
    };
    Ok(Case {
        name,
        release: release.to_owned(),
        namespace: namespace.to_owned(),
        values: serde_json::to_value(&values).expect("JSON"),
        objects: rendered.documents.iter().filter_map(object).filter(|o| !o.json.is_null()).collect(),
    })
}

/// Renders a preset with flags on top, in the usual release.
pub fn case(preset: &str, json: &str) -> Case {
    try_case(preset, json, (HOME, HOME)).unwrap_or_else(|e| panic!("{preset} {json}: {e}"))
}

/// Every preset as it is.
pub fn presets() -> Vec<Case> {
    PRESETS.iter().map(|p| case(p.name, "")).collect()
}

/// The ways to choose job namespaces. Their selectors are known to `reach::SELECTORS`.
const NAMESPACES: &[&str] = &[
    r#""spark":{"jobNamespaces":["a","b"]}"#,
    r#""spark":{"jobNamespaces":["spark-operator","a"]}"#,
    r#""spark":{"jobNamespaces":["kube-system"]}"#,
    r#""spark":{"jobNamespaces":[]}"#,
    r#""spark":{"jobNamespaces":null}"#,
    r#""spark":{"jobNamespaces":["","spark-operator","a"]}"#,
    r#""spark":{"jobNamespaces":[],"jobNamespaceSelector":"team=data"}"#,
    r#""spark":{"jobNamespaces":["","a"],"jobNamespaceSelector":"team=data"}"#,
    r#""spark":{"jobNamespaces":["a","spark-operator"],"jobNamespaceSelector":"team=data","accountNamespaces":["c"]}"#,
];

/// Features whose rights, pods or names depend on the job namespaces.
const FEATURES: &[&str] = &[
    "",
    r#""webhook":{"enable":false},"hook":{"upgradeCrd":true}"#,
    r#""controller":{"rbac":{"roleKind":"ClusterRole"},"leaderElection":{"enable":false}},"webhook":{"rbac":{"roleKind":"ClusterRole"}}"#,
    r#""controller":{"rbac":{"existingClusterRole":"theirs"}},"webhook":{"rbac":{"existingClusterRole":"theirs"},"certificate":{"existingSecret":"mine"}}"#,
    r#""controller":{"serviceAccount":{"create":false,"name":"given"},"rbac":{"annotations":{"a":"b"}}},"webhook":{"serviceAccount":{"create":false}}"#,
    r#""controller":{"batchScheduler":{"enable":true},"driverPodDisruptionBudget":{"enable":true}},"submitter":{"type":"job","allowed":["spark-submit"]},"webhook":{"resourceQuotaEnforcement":{"enable":true}}"#,
    r#""certManager":{"enable":true},"prometheus":{"metrics":{"secure":true},"service":{"create":true},"podMonitor":{"create":true},"serviceMonitor":{"create":true}},"hook":{"upgradeCrd":true},"networkPolicy":{"enable":true}"#,
    r#""controller":{"replicas":2,"podDisruptionBudget":{"enable":true},"pprof":{"enable":true}},"webhook":{"replicas":2,"podDisruptionBudget":{"enable":true},"autoscaling":{"enable":true}},"userRoles":{"create":true},"clusterNameSuffix":"x""#,
    r#""prometheus":{"metrics":{"enable":false}},"webhook":{"failOnError":false,"failurePolicy":"Ignore","timeoutSeconds":30},"nameOverride":"n","fullnameOverride":"f""#,
];

/// Every preset, and every choice of namespaces with every feature.
pub fn cases() -> Vec<Case> {
    let combined = NAMESPACES.iter().flat_map(|namespaces| {
        FEATURES.iter().map(move |feature| {
            let comma = if feature.is_empty() { "" } else { "," };
            case("default", &format!("{{{namespaces}{comma}{feature}}}"))
        })
    });
    presets().into_iter().chain(combined).collect()
}

/// What a check finds wrong with all cases: each fault once, with the first case that has it.
pub fn all(cases: &[Case], check: impl Fn(&Case) -> Vec<String>) -> Vec<String> {
    let mut faults: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in cases {
        for fault in check(case) {
            faults.entry(fault).or_default().push(&case.name);
        }
    }
    faults
        .into_iter()
        .map(|(fault, cases)| format!("{fault}\n    in {} cases: {}", cases.len(), cases[0]))
        .collect()
}

/// Fails with what is wrong, all of it.
pub fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
