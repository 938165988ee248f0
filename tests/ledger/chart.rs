//! Renders the chart through the library and finds things in what comes out.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value as Json;
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{HelmCompat, Sources, ValuesFile, collect, load};
use spark_operator::yaml;

/// Every API that a template asks for.
pub const APIS: &[&str] = &[
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/ServiceMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "cert-manager.io/v1/Certificate",
    "cert-manager.io/v1/Issuer",
];

/// What the values meet: release, cluster.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    pub release: &'a str,
    pub namespace: &'a str,
    pub kube: Option<&'a str>,
    pub apis: &'a [&'a str],
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self { release: "spark-operator", namespace: "operators", kube: None, apis: APIS }
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub objects: Vec<Object>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Path below `templates/`.
    pub template: String,
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
    pub text: String,
    pub json: Json,
}

impl Setup<'_> {
    /// Renders values, given as YAML text. Many rows render the same, so it is done once.
    pub fn render(self, values: &str) -> Result<Chart, String> {
        static DONE: Mutex<BTreeMap<String, Result<Chart, String>>> = Mutex::new(BTreeMap::new());
        let key = format!("{self:?} {values}");
        if let Some(done) = DONE.lock().unwrap().get(&key) {
            return done.clone();
        }
        let file = ValuesFile { name: "values.yaml".into(), text: values.into() };
        let done = self.render_sources(&Sources { files: vec![file], ..Sources::default() });
        DONE.lock().unwrap().insert(key, done.clone());
        done
    }

    /// Renders what a command line gives.
    pub fn render_sources(self, sources: &Sources) -> Result<Chart, String> {
        let user = collect(sources, &|path| Err(std::io::Error::other(path.to_owned())));
        let loaded = load(user.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let release = Release::new(self.release, self.namespace, false).map_err(|e| e.to_string())?;
        let kube = self.kube.map_or_else(KubeVersion::default, |text| {
            KubeVersion::parse(text, HelmCompat::V4).expect("a Kubernetes version")
        });
        let capabilities = Capabilities::new(kube, self.apis.iter().copied());
        let rendered = render(&loaded.values, &release, &capabilities, HelmCompat::V4);
        let rendered = rendered.map_err(|e| e.to_string())?;
        let objects = rendered.documents.into_iter().map(|document| {
            let nodes = yaml::read("document", &document.text).expect("what is rendered is YAML");
            assert_eq!(nodes.len(), 1, "{}", document.path);
            Object {
                template: document.path.trim_start_matches("spark-operator/templates/").into(),
                kind: document.kind,
                name: document.name,
                namespace: document.namespace,
                json: nodes[0].to_json(),
                text: document.text,
            }
        });
        Ok(Chart { objects: objects.collect(), warnings: rendered.warnings })
    }
}

/// Renders for the default release, `spark-operator` in `operators`; the values must be right.
#[track_caller]
pub fn chart(values: &str) -> Chart {
    Setup::default().render(values).unwrap_or_else(|e| panic!("{e}\nvalues:\n{values}"))
}

/// The error that values for the default release give.
#[track_caller]
pub fn refusal(values: &str) -> String {
    match Setup::default().render(values) {
        Ok(_) => panic!("accepted: {values}"),
        Err(error) => error,
    }
}

impl Chart {
    /// The object at `Kind/name` or `Kind/name@namespace`; `controller` and `webhook` are the Deployments.
    pub fn find(&self, at: &str) -> Option<&Object> {
        let at = match at {
            "controller" | "webhook" => &format!("Deployment/spark-operator-{at}"),
            other => other,
        };
        let (id, namespace) = at.split_once('@').map_or((at, None), |(id, ns)| (id, Some(ns)));
        let (kind, name) = id.split_once('/').expect("Kind/name");
        self.objects.iter().find(|o| {
            o.kind == kind && o.name == name && (namespace.is_none() || o.namespace.as_deref() == namespace)
        })
    }

    #[track_caller]
    pub fn get(&self, at: &str) -> &Object {
        self.find(at).unwrap_or_else(|| panic!("no {at} among {:?}", self.ids()))
    }

    pub fn kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |o| o.kind == kind)
    }

    /// `Kind/name@namespace` of every object, in order.
    pub fn ids(&self) -> Vec<String> {
        self.objects.iter().map(Object::id).collect()
    }

    /// Arguments of a component's container.
    #[track_caller]
    pub fn args(&self, component: &str) -> Vec<String> {
        self.get(component).texts("c0/args")
    }

    /// Every rule of every role whose name and kind are given, as JSON text.
    pub fn rules(&self, at: &str) -> Vec<Json> {
        self.find(at).map(|o| o.json["rules"].as_array().cloned().unwrap_or_default()).unwrap_or_default()
    }
}

impl Object {
    pub fn id(&self) -> String {
        let at = self.namespace.as_ref().map(|n| format!("@{n}")).unwrap_or_default();
        format!("{}/{}{at}", self.kind, self.name)
    }

    /// What is at a JSON pointer; `pod/` and `c0/` stand for the pod's spec and the first container of a workload.
    pub fn at(&self, path: &str) -> Option<&Json> {
        let pointer = match path.split_once('/') {
            Some(("pod", rest)) => format!("/spec/template/spec/{rest}"),
            Some(("meta", rest)) => format!("/spec/template/metadata/{rest}"),
            Some(("c0", rest)) => format!("/spec/template/spec/containers/0/{rest}"),
            _ => path.to_owned(),
        };
        self.json.pointer(&pointer)
    }

    pub fn texts(&self, path: &str) -> Vec<String> {
        let items = self.at(path).and_then(Json::as_array).cloned().unwrap_or_default();
        items.iter().map(|i| i.as_str().expect("a text").to_owned()).collect()
    }
}
