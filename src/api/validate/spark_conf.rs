//! Keys of `sparkConf` that the operator refuses: what it sets itself, and what would get around its checks.

use super::Findings;
use crate::yaml::Node;

const ACCOUNT: &str = "set serviceAccount in driver or executor instead";
const CREDENTIALS: &str = "credentials are the operator's business";
const MANAGED: &str = "the operator sets it";
const IMAGE: &str = "set image instead";

/// Denied keys with what to do instead: the list of Kubeflow's webhook.
pub(super) const DENIED: [(&str, &str); 13] = [
    ("spark.kubernetes.authenticate.driver.serviceAccountName", ACCOUNT),
    ("spark.kubernetes.authenticate.executor.serviceAccountName", ACCOUNT),
    ("spark.kubernetes.authenticate.oauthTokenFile", CREDENTIALS),
    ("spark.kubernetes.authenticate.oauthToken", CREDENTIALS),
    ("spark.kubernetes.authenticate.driver.oauthTokenFile", CREDENTIALS),
    ("spark.kubernetes.authenticate.driver.oauthToken", CREDENTIALS),
    ("spark.kubernetes.authenticate.executor.oauthTokenFile", CREDENTIALS),
    ("spark.kubernetes.authenticate.executor.oauthToken", CREDENTIALS),
    ("spark.master", MANAGED),
    ("spark.kubernetes.driver.master", MANAGED),
    ("spark.kubernetes.container.image", IMAGE),
    ("spark.kubernetes.driver.container.image", IMAGE),
    ("spark.kubernetes.executor.container.image", IMAGE),
];

/// Checks the keys of `sparkConf` below a spec.
pub(super) fn check(spec: &str, found: &mut Findings<'_>) {
    let field = format!("{spec}.sparkConf");
    let Some(conf) = found.get(&field).and_then(Node::as_map) else { return };
    for (key, value) in conf {
        let denied = DENIED.iter().find(|(denied, _)| denied == key);
        let namespace = found.text("metadata.namespace").unwrap_or("default");
        let (message, hint) = match denied {
            Some((_, hint)) => ("the operator refuses this key".to_owned(), (*hint).to_owned()),
            None if key == "spark.kubernetes.namespace" && value.to_json() != namespace => {
                (format!("must be the namespace of the object, {namespace}"), "leave it out".to_owned())
            }
            None => continue,
        };
        found.push_at(super::Level::Error, &value.place, &format!("{field}[{key}]"), message, Some(hint));
    }
}
