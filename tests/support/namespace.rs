//! A namespace of a test's own, which is deleted when the test ends, and service accounts in it with kubeconfigs.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::cluster::Cluster;
use super::wait::eventually;

/// A namespace. Its deletion is asked for when it is dropped, and not waited for.
pub struct Namespace {
    pub cluster: &'static Cluster,
    pub name: String,
    /// Holds the accounts' kubeconfigs.
    folder: TempDir,
}

/// A service account.
pub struct Account {
    /// As the API server calls it.
    pub user: String,
    /// A kubeconfig with a token for an hour.
    pub kubeconfig: PathBuf,
}

impl Cluster {
    /// A namespace whose name begins with this, and that no other test has.
    #[track_caller]
    pub fn namespace(&'static self, purpose: &str, labels: &Json) -> Namespace {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A cluster may be older than this run, and used by several at once.
        let name = format!("{purpose}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.create("/api/v1/namespaces", &json!({ "metadata": { "name": name, "labels": labels } }));
        eventually(&format!("the default account of {name}"), || {
            let account = self.request(
                "GET",
                &format!("/api/v1/namespaces/{name}/serviceaccounts/default"),
                &Json::Null,
            );
            if account.status == 200 { Ok(()) } else { Err(account.status) }
        });
        Namespace { cluster: self, name, folder: tempfile::tempdir().unwrap() }
    }

    /// A namespace in which Pod Security `restricted` is enforced.
    #[track_caller]
    pub fn restricted(&'static self, purpose: &str) -> Namespace {
        self.namespace(purpose, &json!({ "pod-security.kubernetes.io/enforce": "restricted" }))
    }
}

impl Namespace {
    /// The path of a collection in it: `path("apps/v1", "deployments")`.
    pub fn path(&self, version: &str, resource: &str) -> String {
        let root = if version.contains('/') { "apis" } else { "api" };
        format!("/{root}/{version}/namespaces/{}/{resource}", self.name)
    }

    /// Creates a service account.
    #[track_caller]
    pub fn account(&self, name: &str) -> Account {
        let accounts = self.path("v1", "serviceaccounts");
        self.cluster.create(&accounts, &json!({ "metadata": { "name": name } }));
        let token = self.cluster.create(&format!("{accounts}/{name}/token"), &json!({ "spec": {} }));
        let view = ["config", "view", "--raw", "--flatten", "-o", "json"];
        let view = self.cluster.kubectl(&self.cluster.kubeconfig(), &view, "");
        let mut config: Json = serde_json::from_str(&view.stdout).unwrap();
        config["users"][0]["user"] = json!({ "token": token["status"]["token"] });
        config["contexts"][0]["context"]["namespace"] = self.name.clone().into();
        let kubeconfig = self.folder.path().join(name);
        std::fs::write(&kubeconfig, config.to_string()).unwrap();
        Account { user: format!("system:serviceaccount:{}:{name}", self.name), kubeconfig }
    }

    /// A quota of nothing of a resource, as soon as it is enforced; its path. Until the API server has heard of it, what it
    /// forbids is created, or refused in other words.
    #[track_caller]
    pub fn none(&self, resource: &str) -> String {
        self.none_of(&[resource])
    }

    /// The same of several.
    #[track_caller]
    pub fn none_of(&self, resources: &[&str]) -> String {
        let quotas = self.path("v1", "resourcequotas");
        let mut hard = json!({"count/secrets": "0"});
        for resource in resources {
            hard[*resource] = "0".into();
        }
        self.cluster.create(&quotas, &json!({"metadata": {"name": "none"}, "spec": {"hard": hard}}));
        let secrets = format!("{}?dryRun=All", self.path("v1", "secrets"));
        eventually("the quota to be enforced", || {
            let answer = self.cluster.request("POST", &secrets, &json!({"metadata": {"name": "none"}}));
            let says = answer.json["message"].as_str().unwrap_or_default();
            if answer.status == 403 && says.contains("exceeded quota") { Ok(()) } else { Err(answer.json) }
        });
        format!("{quotas}/none")
    }

    /// Binds an account to a role, or to a cluster role, in this namespace, and waits until that counts.
    #[track_caller]
    pub fn bind(&self, account: &Account, role_kind: &str, role: &str) {
        self.cluster.create(
            &self.path("rbac.authorization.k8s.io/v1", "rolebindings"),
            &json!({
                "metadata": { "generateName": "test-" },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role },
                "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": account.user }],
            }),
        );
        let path = match role_kind {
            "Role" => self.path("rbac.authorization.k8s.io/v1", &format!("roles/{role}")),
            _ => format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{role}"),
        };
        let role = self.cluster.get(&path);
        for rule in role["rules"].as_array().into_iter().flatten().filter(|rule| rule["resources"].is_array())
        {
            self.wait_for(account, rule);
        }
    }

    /// Waits until a rule of a role counts for an account.
    #[track_caller]
    fn wait_for(&self, account: &Account, rule: &Json) {
        let first = |list: &str| rule[list][0].as_str().unwrap_or_default().to_owned();
        let resource = first("resources");
        let (resource, sub) = resource.split_once('/').unwrap_or((&resource, ""));
        let review = json!({"spec": {"user": account.user, "resourceAttributes": {
            "namespace": self.name, "verb": first("verbs"), "group": first("apiGroups"), "resource": resource,
            "subresource": sub, "name": first("resourceNames"),
        }}});
        eventually("the role to count", || {
            let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            let status = self.cluster.create(reviews, &review)["status"].take();
            if status["allowed"] == true { Ok(()) } else { Err(format!("{status} {rule}")) }
        });
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.cluster.delete(&format!("/api/v1/namespaces/{}", self.name));
    }
}
