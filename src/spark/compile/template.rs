//! The pod template that an application brings, read, and its Spark container found.

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::Value as Json;

use crate::spark::error::{Notice, SparkError};

/// A pod in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Template {
    /// The pod.
    pub pod: Pod,
    /// Which of its containers is Spark's.
    container: usize,
}

/// What Spark overwrites in the driver's template, and what is therefore set on the finished pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest {
    /// Memory limit of the Spark container.
    pub memory_limit: Option<Quantity>,
    /// Pull policy of the Spark container, where only the template says one.
    pub image_pull_policy: Option<String>,
    /// Environment variables of `driver.env`: they go behind Spark's own, and over them.
    pub env: Vec<EnvVar>,
}

impl Template {
    /// Reads a template. Without one, the pod has a Spark container with the default name and nothing else.
    ///
    /// The Spark container is the one that `spark.kubernetes.*.podTemplateContainerName` names, else one with a name that
    /// Spark gives, else the first: as Spark itself falls back.
    ///
    /// # Errors
    /// It is no pod template of Kubernetes, or has no containers.
    pub fn read(
        field: &str,
        template: Option<&Json>,
        wanted: Option<&str>,
        names: &[&str],
        notices: &mut Vec<Notice>,
    ) -> Result<Self, SparkError> {
        let default = names.first().copied().unwrap_or_default();
        let Some(json) = template else {
            let spec = PodSpec { containers: vec![named(default)], ..PodSpec::default() };
            return Ok(Self { pod: pod(PodTemplateSpec { spec: Some(spec), metadata: None }), container: 0 });
        };
        let template: PodTemplateSpec =
            serde_path_to_error::deserialize(json).map_err(|error| SparkError::Template {
                field: match error.path().to_string().as_str() {
                    "." => field.to_owned(),
                    path => format!("{field}.{path}"),
                },
                cause: error.inner().to_string(),
            })?;
        if let Some(lost) = serde_json::to_value(&template).ok().and_then(|kept| lost(json, &kept, field)) {
            let message = "no field of a pod template is called so: it is left out".to_owned();
            notices.push(Notice { field: lost, reason: "UnknownTemplateField", message });
        }
        let mut pod = pod(template);
        let containers = &mut pod.spec.get_or_insert_default().containers;
        if containers.is_empty() {
            containers.push(named(default));
        }
        let find = |name: &str| containers.iter().position(|container| container.name == name);
        let container = wanted.into_iter().chain(names.iter().copied()).find_map(find).unwrap_or(0);
        if containers[container].name.is_empty() {
            default.clone_into(&mut containers[container].name);
        }
        Ok(Self { pod, container })
    }

    /// The pod's spec.
    pub fn spec(&mut self) -> &mut PodSpec {
        self.pod.spec.get_or_insert_default()
    }

    /// The Spark container.
    pub fn spark(&mut self) -> &mut Container {
        let index = self.container;
        let containers = &mut self.spec().containers;
        if containers.len() <= index {
            containers.resize_with(index + 1, Container::default);
        }
        &mut containers[index]
    }

    /// Puts a container beside the Spark container, in the place of one of the same name.
    ///
    /// # Errors
    /// It has the Spark container's name.
    pub fn put_beside(&mut self, field: String, container: Container) -> Result<(), SparkError> {
        let spark = self.container;
        let containers = &mut self.spec().containers;
        match containers.iter().position(|other| other.name == container.name) {
            Some(at) if at == spark => {
                let message = format!("{} is the name of the Spark container", container.name);
                return Err(SparkError::conflict(field, message));
            }
            Some(at) => containers[at] = container,
            None => containers.push(container),
        }
        Ok(())
    }

    /// The Spark container, to look at.
    pub fn container(&self) -> Option<&Container> {
        self.pod.spec.as_ref()?.containers.get(self.container)
    }
}

fn named(name: &str) -> Container {
    Container { name: name.to_owned(), ..Container::default() }
}

fn pod(template: PodTemplateSpec) -> Pod {
    Pod { metadata: template.metadata.unwrap_or_default(), spec: template.spec, status: None }
}

/// The first field that reading has lost because no type has it.
fn lost(written: &Json, kept: &Json, path: &str) -> Option<String> {
    match (written, kept) {
        (Json::Object(written), Json::Object(kept)) => written.iter().find_map(|(key, value)| {
            let path = format!("{path}.{key}");
            match kept.get(key) {
                Some(kept) => lost(value, kept, &path),
                None if empty(value) => None,
                None => Some(path),
            }
        }),
        (Json::Array(written), Json::Array(kept)) => (written.iter().zip(kept).enumerate())
            .find_map(|(index, (written, kept))| lost(written, kept, &format!("{path}[{index}]"))),
        _ => None,
    }
}

fn empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Object(map) => map.values().all(empty),
        Json::Array(list) => list.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &Json, wanted: Option<&str>) -> Result<(Template, Vec<Notice>), SparkError> {
        let mut notices = Vec::new();
        let names = ["spark-kubernetes-executor", "executor"];
        let read = Template::read("spec.executor.template", Some(json), wanted, &names, &mut notices)?;
        Ok((read, notices))
    }

    #[test]
    fn the_spark_container_is_found_by_name_or_is_the_first() {
        let template =
            json!({"spec": {"containers": [{"name": "side"}, {"name": "executor"}, {"name": "own"}]}});
        for (wanted, found) in [(None, "executor"), (Some("own"), "own"), (Some("none"), "executor")] {
            assert_eq!(read(&template, wanted).unwrap().0.container().unwrap().name, found);
        }
        let template = json!({"spec": {"containers": [{"name": "my-spark"}, {"name": "side"}]}});
        assert_eq!(read(&template, None).unwrap().0.container().unwrap().name, "my-spark");
        for template in [json!({}), json!({"spec": {}}), json!({"spec": {"containers": [{"image": "a"}]}})] {
            assert_eq!(
                read(&template, None).unwrap().0.container().unwrap().name,
                "spark-kubernetes-executor"
            );
        }
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_place() {
        for (template, field) in [
            (json!("text"), "spec.executor.template"),
            (json!({"spec": {"containers": {"a": 1}}}), "spec.executor.template.spec.containers"),
            (
                json!({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": "x"}]}]}}),
                "spec.executor.template.spec.containers[0].ports[0].containerPort",
            ),
        ] {
            assert_eq!(read(&template, None).unwrap_err().field(), field);
        }
    }

    #[test]
    fn a_field_that_no_pod_has_is_told() {
        let template = json!({"spec": {"containers": [{"name": "a", "imagee": "b"}], "hostAliases": []}});
        let (_, notices) = read(&template, None).unwrap();
        assert_eq!(notices[0].field, "spec.executor.template.spec.containers[0].imagee");
        assert_eq!(notices.len(), 1);
    }
}
