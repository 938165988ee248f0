//! A kubeconfig that Spark's client can read: with a token. The administrator's key is one on an elliptic curve.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::PostParams;
use kube::config::{AuthInfo, Kubeconfig};
use kube::{Api, Client};
use serde_json::json;

/// Of a namespace's account, which may do everything, in a file beside others of temporary files.
pub async fn kubeconfig(client: &Client, kubeconfig: &Path, namespace: &str) -> PathBuf {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    // Longer than any run: an hour is the default.
    let mut request = TokenRequest::default();
    request.spec.expiration_seconds = Some(6 * 60 * 60);
    let token = accounts.create_token_request("default", &PostParams::default(), &request).await.unwrap();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    }))
    .unwrap();
    match Api::all(client.clone()).create(&PostParams::default(), &binding).await {
        // Of a namespace of that name that is gone.
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        made => drop(made.unwrap()),
    }
    let mut config = Kubeconfig::read_from(kubeconfig).unwrap();
    for user in &mut config.auth_infos {
        let token = token.status.as_ref().unwrap().token.clone();
        user.auth_info = Some(AuthInfo { token: Some(token.into()), ..AuthInfo::default() });
    }
    let file = std::env::temp_dir().join(format!("{namespace}.kubeconfig"));
    fs::write(&file, serde_json::to_string(&config).unwrap()).unwrap();
    file
}
