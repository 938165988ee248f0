//! Texts that mean something to a shell, to YAML or JSON, to properties files, to the kubelet or to spark-submit, and the
//! fields that take any text.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

const ODD: [&str; 72] = [
    "",
    " ",
    "a",
    "-",
    "--",
    "-h",
    "--conf",
    "--conf=a",
    "--class",
    "--version",
    "=",
    "a=b",
    "=a",
    ":",
    "a:b",
    "a:",
    "#",
    "#a",
    "!",
    "! a",
    "\\",
    "\\\\",
    "a\\",
    "\\n",
    "\\u0041",
    "\n",
    "a\nb",
    "\r\n",
    "\ra",
    "\t",
    "\u{c}",
    " a ",
    "\u{a0}a\u{a0}",
    "\0",
    "a\0b",
    "\u{7f}",
    "\u{85}",
    "\u{2028}a\u{2029}",
    "\u{feff}",
    "\u{fffe}",
    "\u{1}\u{1b}",
    "é…😀",
    "e\u{301}",
    "\u{202e}abc",
    "$(X)",
    "$$(X)",
    "$$",
    "$",
    "$(",
    "${X}",
    "`id`",
    "$(id)",
    "; rm -rf /",
    "| cat",
    "'",
    "\"",
    "'\"'\"'",
    "*",
    "~",
    "null",
    "true",
    "0644",
    "1e3",
    "- a",
    "? a",
    "&a *a",
    "{a: b}",
    "[a]",
    "{{APP_ID}}",
    "{{.a}}",
    "%s%n",
    "TEMPLATE\n",
];

/// A text that is hard on somebody.
pub fn text() -> BoxedStrategy<String> {
    prop_oneof![
        12 => select(ODD.as_slice()).prop_map(str::to_owned),
        4 => (select(ODD.as_slice()), select(ODD.as_slice())).prop_map(|(a, b)| format!("{a}{b}")),
        2 => (select(ODD.as_slice()), select(ODD.as_slice())).prop_map(|(a, b)| format!("a{a}b{b}c")),
        1 => any::<[char; 3]>().prop_map(|chars| chars.iter().collect()),
        1 => (select(ODD.as_slice()), 60..70_usize).prop_map(|(odd, times)| odd.repeat(times)),
    ]
    .boxed()
}

/// A mapping of them.
pub fn map() -> BoxedStrategy<Vec<(String, String)>> {
    prop::collection::vec((text(), text()), 0..4).boxed()
}

pub fn json_map(entries: &[(String, String)]) -> Json {
    entries.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<Map<_, _>>().into()
}

/// Fields that take a text, as pointers from the object; ROLE is either role. The last step is what is set.
const TEXTS: [&str; 44] = [
    "/metadata/name",
    "/metadata/namespace",
    "/spec/type",
    "/spec/sparkVersion",
    "/spec/mode",
    "/spec/proxyUser",
    "/spec/image",
    "/spec/imagePullPolicy",
    "/spec/imagePullSecrets/0",
    "/spec/sparkConfigMap",
    "/spec/hadoopConfigMap",
    "/spec/mainClass",
    "/spec/mainApplicationFile",
    "/spec/arguments/0",
    "/spec/pythonVersion",
    "/spec/memoryOverheadFactor",
    "/spec/batchScheduler",
    "/spec/deps/jars/0",
    "/spec/deps/packages/0",
    "/spec/deps/files/0",
    "/spec/ROLE/memory",
    "/spec/ROLE/memoryOverhead",
    "/spec/ROLE/memoryLimit",
    "/spec/ROLE/coreRequest",
    "/spec/ROLE/coreLimit",
    "/spec/ROLE/image",
    "/spec/ROLE/serviceAccount",
    "/spec/ROLE/schedulerName",
    "/spec/ROLE/javaOptions",
    "/spec/ROLE/priorityClassName",
    "/spec/driver/podName",
    "/spec/driver/kubernetesMaster",
    "/spec/ROLE/env/0/name",
    "/spec/ROLE/env/0/value",
    "/spec/ROLE/sidecars/0/name",
    "/spec/ROLE/configMaps/0/name",
    "/spec/ROLE/configMaps/0/path",
    "/spec/ROLE/secrets/0/name",
    "/spec/ROLE/secrets/0/path",
    "/spec/ROLE/volumeMounts/0/name",
    "/spec/ROLE/template/spec/containers/0/name",
    "/spec/ROLE/template/metadata/name",
    "/spec/monitoring/prometheus/jmxExporterJar",
    "/spec/monitoring/metricsProperties",
];

/// Fields that take a mapping of texts.
const MAPS: [&str; 12] = [
    "/metadata/labels",
    "/metadata/annotations",
    "/spec/sparkConf",
    "/spec/hadoopConf",
    "/spec/nodeSelector",
    "/spec/ROLE/labels",
    "/spec/ROLE/annotations",
    "/spec/ROLE/envVars",
    "/spec/ROLE/nodeSelector",
    "/spec/driver/serviceLabels",
    "/spec/driver/serviceAnnotations",
    "/spec/ROLE/template/metadata/annotations",
];

/// Keys of Spark for which a submission does something, and texts behind some of them.
const KEYS: [&str; 24] = [
    "spark.driver.memory",
    "spark.driver.cores",
    "spark.driver.memoryOverheadFactor",
    "spark.driver.minMemoryOverhead",
    "spark.driver.port",
    "spark.driver.blockManager.port",
    "spark.ui.port",
    "spark.jars",
    "spark.files",
    "spark.submit.pyFiles",
    "spark.local.dir",
    "spark.kubernetes.local.dirs.tmpfs",
    "spark.kubernetes.driver.service.ipFamilies",
    "spark.driver.resource.gpu.amount",
    "spark.driver.resource.gpu.vendor",
    "spark.driver.resource.",
    "spark.kubernetes.driver.volumes.emptyDir.a.mount.path",
    "spark.kubernetes.driver.volumes.",
    "spark.kubernetes.driver.label.",
    "spark.kubernetes.driver.secretKeyRef.A",
    "spark.kubernetes.driverEnv.",
    "spark.kubernetes.driver.podTemplateContainerName",
    "spark.kubernetes.driver.pod.name",
    "spark.kerberos.keytab",
];

/// Changes of an application: one to three fields hold something odd.
pub fn changes() -> BoxedStrategy<Json> {
    let role = || select(["driver", "executor"].as_slice());
    let text_field = (select(TEXTS.as_slice()), role(), text())
        .prop_map(|(field, role, text)| (field.replace("ROLE", role), json!(text)));
    let map_field = (select(MAPS.as_slice()), role(), map())
        .prop_map(|(field, role, map)| (field.replace("ROLE", role), json_map(&map)));
    let conf = (select(KEYS.as_slice()), select(["", "x", "a.b"].as_slice()), text()).prop_map(
        |(key, behind, text)| {
            let key = if key.ends_with('.') { format!("{key}{behind}") } else { key.to_owned() };
            ("/spec/sparkConf".to_owned(), json!({key: text}))
        },
    );
    let field = prop_oneof![6 => text_field, 3 => map_field, 3 => conf];
    prop::collection::vec(field, 1..4)
        .prop_map(|fields| {
            let mut changes = json!({});
            for (pointer, value) in fields {
                put(&mut changes, &pointer[1..], value);
            }
            changes
        })
        .boxed()
}

/// Sets a value, and what an item or a section needs beside it.
fn put(node: &mut Json, pointer: &str, value: Json) {
    let (step, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    if step == "0" {
        if !node.is_array() {
            *node = json!([{}]);
        }
        match (rest, &mut node[0]) {
            ("", item) => *item = value,
            (rest, item) => put(item, rest, value),
        }
        return;
    }
    let inner = &mut node[step];
    if rest.is_empty() {
        return match (inner.as_object_mut(), value) {
            (Some(there), Json::Object(more)) => there.extend(more),
            (_, value) => *inner = value,
        };
    }
    put(inner, rest, value);
    let needed = match step {
        "configMaps" => json!([{"name": "c", "path": "/c"}]),
        "secrets" => json!([{"name": "s", "path": "/s", "secretType": "Generic"}]),
        "volumeMounts" => json!([{"name": "v", "mountPath": "/v"}]),
        "env" | "sidecars" | "containers" => json!([{"name": "n"}]),
        "monitoring" => json!({"exposeDriverMetrics": true, "exposeExecutorMetrics": true}),
        "prometheus" => json!({"jmxExporterJar": "/j"}),
        _ => return,
    };
    let (inner, needed) = if inner.is_array() { (&mut inner[0], needed[0].clone()) } else { (inner, needed) };
    for (key, value) in needed.as_object().unwrap() {
        if inner.get(key).is_none() {
            inner[key] = value.clone();
        }
    }
}
