//! Keys of `sparkConf` that the operator refuses: what it sets itself, and what would get around its checks.

const ACCOUNT: &str = "set serviceAccount in driver or executor instead";
const CREDENTIALS: &str = "credentials are the operator's business";
const MANAGED: &str = "the operator sets it";
const IMAGE: &str = "set image instead";
const TEMPLATE: &str = "set template in driver or executor instead";

/// Keys that are refused whatever they say, with what to do instead: the list of Kubeflow's webhook, and templates.
const DENIED: [(&str, &str); 15] = [
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
    ("spark.kubernetes.driver.podTemplateFile", TEMPLATE),
    ("spark.kubernetes.executor.podTemplateFile", TEMPLATE),
];

/// Keys that whoever submits sets: refused when they say anything else.
const OWNED: [(&str, &str, &str); 3] = [
    ("spark.submit.deployMode", "cluster", "applications run in cluster mode; leave it out"),
    (
        "spark.kubernetes.submission.waitAppCompletion",
        "false",
        "the operator watches the driver itself; leave it out",
    ),
    ("spark.kubernetes.submitInDriver", "true", "the operator sets it; leave it out"),
];

/// Why a key of `sparkConf` with this value is refused in a namespace; `None` when it is not.
#[must_use]
pub fn reason(key: &str, value: &str, namespace: &str) -> Option<&'static str> {
    if key == "spark.kubernetes.namespace" {
        return (value != namespace).then_some("it must be the namespace of the application; leave it out");
    }
    if let Some((_, _, reason)) = OWNED.iter().find(|(owned, own, _)| *owned == key && *own != value.trim()) {
        return Some(reason);
    }
    DENIED.iter().find(|(denied, _)| *denied == key).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_operator_are_refused_and_what_it_would_set_itself_is_not() {
        for (key, value, refused) in [
            ("spark.master", "local", true),
            ("spark.kubernetes.namespace", "here", false),
            ("spark.kubernetes.namespace", "there", true),
            ("spark.kubernetes.submission.waitAppCompletion", "false", false),
            ("spark.kubernetes.submission.waitAppCompletion", "true", true),
            ("spark.submit.deployMode", "client", true),
            ("spark.kubernetes.executor.podTemplateFile", "/a", true),
            ("spark.ui.port", "4041", false),
        ] {
            assert_eq!(reason(key, value, "here").is_some(), refused, "{key}={value}");
        }
    }
}
