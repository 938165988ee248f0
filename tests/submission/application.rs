//! Applications to submit, and what is made of them as JSON: the builders of all tests in this folder.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::{Value as Json, json};
use spark_operator::api::SparkApplication;
use spark_operator::spark::{
    Compiled, Identity, Objects, Settings, SparkError, SubmissionId, build, compile, properties,
};

/// An application that can be submitted, with parts of its object over it (RFC 7396: null takes away).
pub fn object(changes: &Json) -> Json {
    let mut object = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "pi", "namespace": "etl", "uid": "uid-of-pi"},
        "spec": {
            "type": "Scala", "sparkVersion": "4.0.1", "image": "spark:4.0.1",
            "mainClass": "org.example.Pi", "mainApplicationFile": "local:///opt/pi.jar",
            "driver": {}, "executor": {},
        },
    });
    json_patch::merge(&mut object, changes);
    object
}

/// [`object`] as its type, with changes of its spec.
pub fn application(spec: &Json) -> SparkApplication {
    read(&object(&json!({"spec": spec})))
}

pub fn read(object: &Json) -> SparkApplication {
    serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"))
}

/// A submission with its id, owned by an application that is stored.
pub fn identity(id: &str) -> Identity {
    let owner = OwnerReference {
        api_version: "sparkoperator.k8s.io/v1beta2".to_owned(),
        kind: "SparkApplication".to_owned(),
        name: "pi".to_owned(),
        uid: "uid-of-pi".to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    };
    Identity {
        submission: SubmissionId::new(id),
        submitted_at: 1_700_000_000_000,
        owner: Some(owner),
        template_folder: format!("/tmp/spark/{id}"),
    }
}

pub const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

pub fn compiled(application: &SparkApplication) -> Result<Compiled, SparkError> {
    compile(application, identity(ID), &Settings::default())
}

/// What is created for an application.
pub fn submitted(application: &SparkApplication) -> Result<(Compiled, Objects), SparkError> {
    let compiled = compiled(application)?;
    let objects = build(&compiled)?;
    Ok((compiled, objects))
}

/// As [`submitted`], of a spec that must be fine.
#[track_caller]
pub fn made(spec: &Json) -> Made {
    let application = application(spec);
    let (compiled, objects) =
        submitted(&application).unwrap_or_else(|error| panic!("{}: {error}: {spec}", error.field()));
    Made::of(compiled, objects)
}

/// What is wrong with a spec.
#[track_caller]
pub fn refused(spec: &Json) -> SparkError {
    match submitted(&application(spec)) {
        Err(error) => error,
        Ok(_) => panic!("it is submitted: {spec}"),
    }
}

/// The objects of a submission as JSON.
pub struct Made {
    pub compiled: Compiled,
    pub objects: Objects,
    pub driver: Json,
    /// The template, as the driver reads it from its config map.
    pub executor: Json,
    pub service: Json,
    /// The Spark configuration, as the driver reads it.
    pub properties: Vec<(String, String)>,
}

impl Made {
    pub fn of(compiled: Compiled, objects: Objects) -> Self {
        let json = |value: Result<Json, _>| value.unwrap();
        Self {
            driver: json(serde_json::to_value(&objects.pod)),
            executor: serde_json::from_str(template(&objects)).unwrap(),
            service: json(serde_json::to_value(&objects.service)),
            properties: properties::read(data(&objects, "spark.properties")),
            compiled,
            objects,
        }
    }

    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The Spark container of the driver.
    pub fn spark(&self) -> &Json {
        spark(&self.driver)
    }

    /// The arguments of the driver's container.
    pub fn arguments(&self) -> Vec<&str> {
        self.spark()["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()).collect()
    }
}

/// The executors' template, as text.
pub fn template(objects: &Objects) -> &str {
    data(objects, "podspec-configmap-key")
}

/// A file in the driver's config maps.
pub fn data<'a>(objects: &'a Objects, key: &str) -> &'a str {
    objects.config_maps.iter().find_map(|map| map.data.as_ref()?.get(key)).unwrap()
}

/// The Spark container of a pod: by name, else the first.
pub fn spark(pod: &Json) -> &Json {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let named = containers.iter().find(|container| {
        let name = container["name"].as_str().unwrap_or_default();
        name.starts_with("spark-kubernetes-")
    });
    named.unwrap_or(&containers[0])
}
