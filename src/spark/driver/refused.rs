//! Configuration that makes spark-submit itself do something: run classes, read files. The native submitter does neither,
//! and says so instead of leaving it out.

use crate::spark::conf::Conf;
use crate::spark::error::SparkError;
use crate::spark::line::Line;

const NO_JAVA: &str = "runs no Java";
const NO_FILES: &str = "reads no files of its own";

/// Keys, what they ask for, and why it is not done.
const NEEDS_SPARK_SUBMIT: [(&str, &str, &str); 6] = [
    ("spark.kubernetes.driver.pod.featureSteps", "a feature step of one's own", NO_JAVA),
    ("spark.kubernetes.kerberos.krb5.path", "a krb5.conf beside spark-submit", NO_FILES),
    ("spark.kubernetes.authenticate.driver.caCertFile", "a certificate beside spark-submit", NO_FILES),
    ("spark.kubernetes.authenticate.driver.clientCertFile", "a certificate beside spark-submit", NO_FILES),
    ("spark.kubernetes.authenticate.driver.clientKeyFile", "a key beside spark-submit", NO_FILES),
    ("spark.kubernetes.authenticate.driver.oauthToken", "a token in a secret", "writes no secrets"),
];

/// Names the feature steps that are left out, from 4.1 on.
pub(super) const EXCLUDED: &str = "spark.kubernetes.driver.pod.excludedFeatureSteps";
/// The one that is known here.
pub(super) const NETWORK_POLICY: &str = "org.apache.spark.deploy.k8s.features.NetworkPolicyFeatureStep";

/// Keys that Spark itself refuses on Kubernetes.
const SPARKS_OWN: [&str; 1] = ["spark.driver.bindAddress"];

pub(super) fn check(conf: &Conf, line: Line) -> Result<(), SparkError> {
    for (key, what, why) in NEEDS_SPARK_SUBMIT {
        if conf.get(key).is_some_and(|value| !value.trim().is_empty()) {
            let field = conf.field(key);
            return Err(SparkError::NeedsSparkSubmit { field, what: format!("{key} ({what})"), why });
        }
    }
    if line.excludes_steps() && conf.list(EXCLUDED).iter().any(|step| *step != NETWORK_POLICY) {
        let what = format!("{EXCLUDED} (leaving out a feature step)");
        return Err(SparkError::NeedsSparkSubmit { field: conf.field(EXCLUDED), what, why: NO_JAVA });
    }
    if let Some(keytab) = conf.get("spark.kerberos.keytab").filter(|keytab| !keytab.starts_with("local:")) {
        let field = conf.field("spark.kerberos.keytab");
        let what = format!("the keytab {keytab} beside spark-submit");
        return Err(SparkError::NeedsSparkSubmit { field, what, why: NO_FILES });
    }
    for key in SPARKS_OWN {
        if conf.get(key).is_some() {
            return Err(SparkError::conflict(
                conf.field(key),
                format!("Spark sets {key} itself on Kubernetes"),
            ));
        }
    }
    Ok(())
}
