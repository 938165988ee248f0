//! All objects of all kinds that a cluster has, by label or namespace, and where an object of a kind lives.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::cluster::Cluster;

/// A kind that can be listed.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `v1`, `apps/v1`.
    pub version: String,
    pub kind: String,
    /// Its plural in paths.
    pub plural: String,
    pub namespaced: bool,
}

impl Resource {
    /// The path of the collection; in all namespaces where none is given.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.version.contains('/') { "apis" } else { "api" };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/{root}/{}/namespaces/{namespace}/{}", self.version, self.plural),
            None => format!("/{root}/{}/{}", self.version, self.plural),
        }
    }
}

impl Cluster {
    /// Every resource, in every version that is served.
    pub fn resources(&self) -> Vec<Resource> {
        let groups = self.get("/apis");
        let versions =
            groups["groups"].as_array().unwrap().iter().flat_map(|g| g["versions"].as_array().unwrap());
        let versions = versions.map(|version| version["groupVersion"].as_str().unwrap().to_owned());
        let mut all = Vec::new();
        for version in ["v1".to_owned()].into_iter().chain(versions) {
            let root = if version.contains('/') { "apis" } else { "api" };
            let list = self.get(&format!("/{root}/{version}"));
            for resource in list["resources"].as_array().unwrap() {
                let plural = resource["name"].as_str().unwrap().to_owned();
                let lists = resource["verbs"].as_array().unwrap().iter().any(|verb| verb == "list");
                if lists && !plural.contains('/') {
                    all.push(Resource {
                        version: version.clone(),
                        kind: resource["kind"].as_str().unwrap().to_owned(),
                        plural,
                        namespaced: resource["namespaced"] == true,
                    });
                }
            }
        }
        all
    }

    /// Every object with this label and in this namespace, events aside, by `Kind namespace/name`.
    pub fn objects(
        &self,
        resources: &[Resource],
        namespace: Option<&str>,
        label: &str,
    ) -> BTreeMap<String, Json> {
        let mut all = BTreeMap::new();
        let wanted = |r: &&Resource| r.kind != "Event" && (namespace.is_none() || r.namespaced);
        for resource in resources.iter().filter(wanted) {
            let path = format!("{}?labelSelector={label}", resource.path(namespace));
            let answer = self.request("GET", &path, &Json::Null);
            // A kind of somebody else's definition may be gone by now.
            assert!([200, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.json);
            for item in answer.json["items"].as_array().into_iter().flatten() {
                let text = |field: &str| item["metadata"][field].as_str().unwrap_or_default();
                all.insert(format!("{} {}/{}", resource.kind, text("namespace"), text("name")), item.clone());
            }
        }
        all
    }
}
