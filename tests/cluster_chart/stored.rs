//! A preset's rights, stored in a real cluster, and asking what they allow. What they must allow does not belong here.
//!
//! They are stored in namespaces of their own: every namespace of the render is replaced by a new one, and names of
//! cluster-scoped objects begin with the new namespace of the release.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::case::{Case, items};
use crate::support::{Cluster, Namespace};

/// A preset's rights in the cluster.
pub struct Stored<'a> {
    pub case: &'a Case,
    cluster: &'static Cluster,
    /// The new namespace of each that is rendered.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Paths of what is in no namespace.
    outside: Vec<String>,
}

/// A question to the API server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub group: String,
    pub resource: String,
    pub verb: String,
    /// As rendered; `None` in all, or none.
    pub namespace: Option<String>,
    pub name: String,
}

impl<'a> Stored<'a> {
    pub fn new(cluster: &'static Cluster, case: &'a Case) -> Self {
        let mut stored = Self { case, cluster, namespaces: BTreeMap::new(), outside: Vec::new() };
        let extra = case.value("spark.accountNamespaces");
        let names = case.objects.iter().map(crate::case::Object::namespace).filter(|name| !name.is_empty());
        let names: BTreeSet<&str> = names
            .chain(case.listed())
            .chain([case.namespace.as_str()])
            .filter(|n| !n.is_empty())
            .chain(crate::case::strings(extra))
            .collect();
        for name in names {
            stored.namespaces.insert(name.to_owned(), cluster.namespace("rights", &json!({})));
        }
        let bindings =
            || case.objects.iter().filter(|o| ["RoleBinding", "ClusterRoleBinding"].contains(&o.kind()));
        for object in &case.objects {
            let is_bound = || {
                bindings().any(|b| {
                    (b.text("/roleRef/kind"), b.text("/roleRef/name")) == (object.kind(), object.name())
                })
            };
            match object.kind() {
                // Roles for people would be gathered into the cluster's own.
                "Role" | "ClusterRole" if is_bound() => stored.store(&object.json),
                "RoleBinding" | "ClusterRoleBinding" => stored.store(&object.json),
                _ => {}
            }
        }
        stored
    }

    fn namespace(&self, rendered: &str) -> String {
        self.namespaces.get(rendered).map_or_else(|| rendered.to_owned(), |namespace| namespace.name.clone())
    }

    fn store(&mut self, object: &Json) {
        let mut object = object.clone();
        let prefix = self.namespace(&self.case.namespace);
        if object["roleRef"]["kind"] == "ClusterRole" {
            object["roleRef"]["name"] =
                format!("{prefix}-{}", object["roleRef"]["name"].as_str().unwrap()).into();
        }
        for subject in object.get_mut("subjects").and_then(Json::as_array_mut).into_iter().flatten() {
            subject["namespace"] = self.namespace(subject["namespace"].as_str().unwrap()).into();
        }
        let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
        if let Some(namespace) = object["metadata"]["namespace"].as_str() {
            let namespace = self.namespace(namespace);
            object["metadata"]["namespace"] = namespace.clone().into();
            self.cluster.create(
                &format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{plural}"),
                &object,
            );
        } else {
            let name = format!("{prefix}-{}", object["metadata"]["name"].as_str().unwrap());
            let path = format!("/apis/rbac.authorization.k8s.io/v1/{plural}");
            self.outside.push(format!("{path}/{name}"));
            object["metadata"]["name"] = name.into();
            self.cluster.create(&path, &object);
        }
    }

    /// Every account of the operator: the part it belongs to, and its namespace and name as rendered.
    pub fn accounts(&self) -> BTreeSet<(String, String, String)> {
        let workloads = self.case.workloads();
        let running = workloads
            .map(|w| (w.component(), w.namespace(), w.text("/spec/template/spec/serviceAccountName")));
        let running: Vec<_> = running.collect();
        let others = self.case.of_kind("ServiceAccount").map(|a| ("spark", a.namespace(), a.name()));
        let others = others.filter(|a| !running.iter().any(|r| (r.1, r.2) == (a.1, a.2)));
        let all = running.iter().copied().chain(others);
        all.map(|(part, namespace, name)| (part.to_owned(), namespace.to_owned(), name.to_owned())).collect()
    }

    /// All that gives this account rights, or may give some to everybody.
    pub fn rights_of(&self, account: (&str, &str)) -> Vec<&Json> {
        let case = self.case;
        let bindings =
            case.objects.iter().filter(|o| ["RoleBinding", "ClusterRoleBinding"].contains(&o.kind()));
        let to_it = bindings.filter(|binding| {
            items(&binding.json, "/subjects").any(|subject| {
                subject["kind"] != "ServiceAccount"
                    || (&subject["namespace"], &subject["name"]) == (&account.0.into(), &account.1.into())
            })
        });
        let mut all = Vec::new();
        for binding in to_it {
            let (kind, name) = (binding.text("/roleRef/kind"), binding.text("/roleRef/name"));
            let roles = case.objects.iter().filter(|o| (o.kind(), o.name()) == (kind, name));
            all.extend([&binding.json["metadata"]["namespace"], &binding.json["roleRef"]]);
            all.extend(roles.flat_map(|role| [&role.json["metadata"]["namespace"], &role.json["rules"]]));
        }
        all
    }

    /// Whether the account may, says the API server.
    pub fn ask(&self, account: (&str, &str), question: &Question) -> bool {
        let (namespace, name) = account;
        let namespace = self.namespace(namespace);
        let (resource, subresource) = question.resource.split_once('/').unwrap_or((&question.resource, ""));
        let review = json!({ "spec": {
            "user": format!("system:serviceaccount:{namespace}:{name}"),
            "groups": ["system:serviceaccounts", format!("system:serviceaccounts:{namespace}"), "system:authenticated"],
            "resourceAttributes": {
                "group": question.group, "resource": resource, "subresource": subresource, "verb": question.verb,
                "namespace": question.namespace.as_deref().map(|n| self.namespace(n)).unwrap_or_default(),
                "name": question.name,
            },
        }});
        self.cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review)["status"]["allowed"]
            == true
    }
}

impl Drop for Stored<'_> {
    fn drop(&mut self) {
        for path in &self.outside {
            self.cluster.delete(path);
        }
    }
}
