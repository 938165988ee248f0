//! What is legal in the values but seldom meant.

use crate::values::Values;

/// Warnings about values, each one line.
pub(super) fn of(values: &Values) -> Vec<String> {
    let mut warnings = Vec::new();
    let images = [
        ("image.repository", Some(&values.image.repository)),
        ("hook.image.repository", values.hook.image.repository.as_ref()),
    ];
    for (key, repository) in images {
        if repository.is_some_and(|r| r.contains("kubeflow/")) {
            warnings.push(format!(
                "{key} is an image of Kubeflow's operator, which is another program: leave the key out, or name your \
                 build of this one"
            ));
        }
    }
    if values.image.tag.as_ref().is_some_and(|t| t.0 == "latest") {
        warnings.push(
            "image.tag is latest: what runs can change with every restart; pin a version or a digest".into(),
        );
    }
    let account = &values.spark.service_account;
    let unnamed = account.name.as_deref().unwrap_or_default().is_empty();
    if !account.create && unnamed && values.spark.rbac.create {
        warnings.push(
            "spark.serviceAccount.create is false without a name: Spark's role is bound to the service account \
             `default`, and so to every pod of the job namespaces"
                .into(),
        );
    }
    warnings
}
