//! What is legal in the values but seldom meant.

use crate::values::Values;

/// Warnings about values, each one line.
pub(super) fn of(values: &Values) -> Vec<String> {
    let Values { image, hook, controller, webhook, spark, .. } = values;
    let mut warnings = Vec::new();
    let mut warn = |when: bool, text: &dyn Fn() -> String| {
        if when {
            warnings.push(text());
        }
    };

    let images = [
        ("image.repository", Some(&image.repository)),
        ("hook.image.repository", hook.image.repository.as_ref()),
        ("webhook.image.repository", webhook.image.repository.as_ref()),
    ];
    for (key, repository) in images {
        warn(repository.is_some_and(|r| r.contains("kubeflow/")), &|| {
            format!(
                "{key} is an image of Kubeflow's operator, which is another program: leave the key out, or name your \
                 build of this one"
            )
        });
    }
    warn(image.tag.as_ref().is_some_and(|t| t.0 == "latest"), &|| {
        "image.tag is latest: what runs can change with every restart; pin a version or a digest".into()
    });

    let account = &spark.service_account;
    let accounts = [
        ("controller", controller.pod.service_account.create, &controller.pod.service_account.name, true),
        (
            "webhook",
            webhook.pod.service_account.create,
            &webhook.pod.service_account.name,
            on(webhook.enable),
        ),
        ("spark", account.create, &account.name, on(spark.rbac.create)),
    ];
    for (section, create, name, used) in accounts {
        warn(used && !on(create) && is_empty(name.as_deref()), &|| {
            format!(
                "{section}.serviceAccount.create is false without a name: its rights go to the service account `default`, \
                 and so to every pod of the namespace that names no other"
            )
        });
    }
    let certificate = &webhook.certificate;
    let own = on(webhook.enable) && !is_empty(certificate.existing_secret.as_deref());
    warn(own && is_empty(certificate.ca_bundle.as_deref()), &|| {
        "webhook.certificate.existingSecret without webhook.certificate.caBundle: unless something else writes it, the \
         API server trusts no webhook, and with failure policy Fail nothing can be created in job namespaces"
            .into()
    });
    let ingress = &controller.ui_ingress;
    warn(on(ingress.enable) && is_empty(ingress.url_format.as_deref()), &|| {
        "controller.uiIngress.enable without controller.uiIngress.urlFormat: no Ingress is ever made".into()
    });
    warnings
}

/// A switch; null is off.
fn on(switch: Option<bool>) -> bool {
    switch == Some(true)
}

fn is_empty(text: Option<&str>) -> bool {
    text.unwrap_or_default().is_empty()
}
