//! The service of Spark's web interface.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{Resource, ResourceExt};

use crate::api::{DriverInfo, SparkApplication};
use crate::spark::compile::{APP_NAME, CREATED_BY, SUBMISSION_ID};
use crate::spark::name::hex;

/// Port of the interface where Spark is not told another.
const PORT: i32 = 4040;
/// Name of the service's port.
const PORT_NAME: &str = "spark-driver-ui-port";
/// What the service's name ends with.
const SUFFIX: &str = "ui-svc";
/// Longest name of a service.
const LONGEST: usize = 63;

/// The service of an application's interface, for one submission.
#[must_use]
pub fn service(application: &SparkApplication, submission: &str) -> Service {
    let spec = &application.spec;
    let configured = spec.spark_conf.as_ref().and_then(|conf| conf.get("spark.ui.port"));
    let target =
        configured.and_then(|port| port.trim().parse().ok()).filter(|port| (1..=65535).contains(port));
    let target = target.unwrap_or(PORT);
    let options = spec.spark_ui_options.clone().unwrap_or_default();
    let name = application.name_any();
    let own = [(APP_NAME, name.as_str()), (SUBMISSION_ID, submission)];
    let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let given = options.service_labels.filter(|labels| !labels.is_empty());
    let mut labels = given.unwrap_or_else(|| own.into());
    labels.insert(CREATED_BY.to_owned(), "true".to_owned());
    let selector = [(APP_NAME, name.as_str()), ("spark-role", "driver")];
    Service {
        metadata: ObjectMeta {
            name: Some(self::name(&name)),
            namespace: application.namespace(),
            labels: Some(labels),
            annotations: options.service_annotations.filter(|annotations| !annotations.is_empty()),
            owner_references: application.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        spec: Some(ServiceSpec {
            type_: Some(
                options
                    .service_type
                    .filter(|kind| !kind.is_empty())
                    .unwrap_or_else(|| "ClusterIP".to_owned()),
            ),
            selector: Some(BTreeMap::from(selector.map(|(key, value)| (key.to_owned(), value.to_owned())))),
            ports: Some(vec![ServicePort {
                name: Some(options.service_port_name.unwrap_or_else(|| PORT_NAME.to_owned())),
                // Kubeflow's operator takes 4040 here, whatever Spark's port is, as soon as there are other options.
                port: options.service_port.unwrap_or(target),
                protocol: Some("TCP".to_owned()),
                target_port: Some(IntOrString::Int(target)),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

/// Its name; one that would be too long is cut and told apart by a digest.
#[must_use]
pub fn name(application: &str) -> String {
    let name = format!("{application}-{SUFFIX}");
    if name.len() <= LONGEST {
        return name;
    }
    let digest = hex(&name, 4);
    let kept: String = application.chars().take(LONGEST - SUFFIX.len() - 10).collect();
    format!("{kept}-{digest}-{SUFFIX}")
}

/// What the status says of a service that was created.
#[must_use]
pub fn info(service: &Service) -> DriverInfo {
    let spec = service.spec.clone().unwrap_or_default();
    let port = spec.ports.iter().flatten().map(|port| port.port).next();
    let address = spec.cluster_ip.filter(|ip| !ip.is_empty() && ip != "None").zip(port).map(|(ip, port)| {
        // An address of IPv6 needs brackets before a port.
        if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
    });
    DriverInfo {
        web_ui_service_name: service.metadata.name.clone(),
        web_ui_port: port,
        web_ui_address: address,
        ..DriverInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn of(name: &str, spec: &Json) -> Service {
        let mut application = json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": name, "namespace": "ns", "uid": "u"},
            "spec": {"type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar",
                "driver": {}, "executor": {}},
        });
        json_patch::merge(&mut application["spec"], spec);
        service(&serde_json::from_value(application).unwrap(), "id")
    }

    #[test]
    fn weak_point_41_ports_follow_spark_and_the_options() {
        // With options and without servicePort Kubeflow's operator forgot the port of Spark.
        let port = |port: &str| json!({"spark.ui.port": port});
        for (spec, expected) in [
            (json!({}), (4040, 4040)),
            (json!({"sparkConf": port("5050")}), (5050, 5050)),
            (json!({"sparkConf": port("no number")}), (4040, 4040)),
            (json!({"sparkConf": port("99999")}), (4040, 4040)),
            (json!({"sparkUIOptions": {"servicePort": 80}}), (80, 4040)),
            (json!({"sparkConf": port("5050"), "sparkUIOptions": {"serviceType": "NodePort"}}), (5050, 5050)),
        ] {
            let port = of("pi", &spec).spec.unwrap().ports.unwrap().remove(0);
            let found = (port.port, port.target_port);
            assert_eq!(found, (expected.0, Some(IntOrString::Int(expected.1))), "{spec}");
        }
    }

    #[test]
    fn it_belongs_to_the_application_and_its_submission() {
        let service = of("pi", &json!({}));
        assert_eq!(service.name_any(), "pi-ui-svc");
        assert_eq!(service.labels()[SUBMISSION_ID], "id");
        assert_eq!(service.owner_references()[0].uid, "u");
        let own = of("pi", &json!({"sparkUIOptions": {"serviceLabels": {"a": "b"}}}));
        assert_eq!(own.labels().keys().collect::<Vec<_>>(), ["a", CREATED_BY]);
    }

    #[test]
    fn long_names_are_cut_and_differ() {
        let long = |end: char| of(&format!("{}{end}", "a".repeat(62)), &json!({})).name_any();
        assert_eq!(long('b').len(), 63);
        assert_ne!(long('b'), long('c'));
    }

    #[test]
    fn weak_point_39_addresses_have_brackets_where_they_need_them() {
        let mut service = of("pi", &json!({}));
        for (ip, expected) in
            [("10.0.0.1", Some("10.0.0.1:4040")), ("fd00::1", Some("[fd00::1]:4040")), ("None", None)]
        {
            service.spec.as_mut().unwrap().cluster_ip = Some(ip.to_owned());
            assert_eq!(info(&service).web_ui_address.as_deref(), expected);
        }
    }
}
