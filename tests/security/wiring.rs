//! Wiring: selectors find the pods they mean and no others, ports and volumes that are named exist, names are valid.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::case::{Case, Object, items, strings};

/// What is wrong with the wiring of a case.
pub fn check(case: &Case) -> Vec<String> {
    let mut wrong = [selectors(case), ports(case), names(case)].concat();
    wrong
        .extend(case.workloads().flat_map(|w| volumes(w).into_iter().map(|v| format!("{}: {v}", w.title()))));
    wrong
}

/// Which components' pods an object should select, by its kind and the end of its name.
fn meant(object: &Object) -> Option<(&'static str, &'static [&'static str])> {
    let name = object.name();
    let ends = |ends: &str| name.ends_with(ends);
    match object.kind() {
        "Service" if ends("-controller-svc") => Some(("/spec/selector", &["controller"])),
        "Service" if ends("-webhook-svc") => Some(("/spec/selector", &["webhook"])),
        "Service" if ends("-metrics") => Some(("/spec/selector", &["controller", "webhook"])),
        "PodDisruptionBudget" if ends("-controller-pdb") => Some(("/spec/selector", &["controller"])),
        "PodDisruptionBudget" if ends("-webhook-pdb") => Some(("/spec/selector", &["webhook"])),
        "NetworkPolicy" if ends("-controller") => Some(("/spec/podSelector", &["controller"])),
        "NetworkPolicy" if ends("-webhook") => Some(("/spec/podSelector", &["webhook"])),
        "Deployment" if ends("-controller") => Some(("/spec/selector", &["controller"])),
        "Deployment" if ends("-webhook") => Some(("/spec/selector", &["webhook"])),
        "PodMonitor" => Some(("/spec/selector", &["controller", "webhook"])),
        _ => None,
    }
}

fn selectors(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for object in case.objects.iter().filter(|o| !o.own) {
        if let Some((pointer, components)) = meant(object) {
            let there: BTreeSet<_> =
                case.workloads().map(Object::component).filter(|c| components.contains(c)).collect();
            let found: BTreeSet<_> = selected(case, object, pointer).map(Object::component).collect();
            if found != there || found.is_empty() {
                wrong.push(format!("{} selects {found:?}, not {there:?}", object.title()));
            }
        } else if ["/spec/selector", "/spec/podSelector"].iter().any(|p| object.json.pointer(p).is_some())
            && object.kind() != "ServiceMonitor"
        {
            wrong.push(format!("{} selects something, and `meant` does not say what", object.title()));
        }
        if object.kind() == "ServiceMonitor" {
            let services = case
                .of_kind("Service")
                .filter(|s| matches(&object.json["spec"]["selector"], &s.json["metadata"]["labels"]));
            let found: Vec<_> = services.map(Object::name).collect();
            if !matches!(found[..], [one] if one.ends_with("-metrics")) {
                wrong.push(format!("{} selects the Services {found:?}", object.title()));
            }
        }
        if ["PodMonitor", "ServiceMonitor"].contains(&object.kind())
            && strings(&object.json["spec"]["namespaceSelector"]["matchNames"]) != [case.namespace.as_str()]
        {
            wrong.push(format!("{} looks into other namespaces", object.title()));
        }
        if object.kind() == "HorizontalPodAutoscaler" {
            let target = object.text("/spec/scaleTargetRef/name");
            if !case.of_kind("Deployment").any(|d| d.name() == target) {
                wrong.push(format!("{}: there is no Deployment {target}", object.title()));
            }
        }
    }
    wrong
}

/// The workloads whose pods a selector matches.
fn selected<'a>(case: &'a Case, object: &'a Object, pointer: &'a str) -> impl Iterator<Item = &'a Object> {
    case.workloads().filter(move |w| {
        let labels = w.json.pointer("/spec/template/metadata/labels").unwrap_or(&Json::Null);
        let near = object.kind() == "PodMonitor" || w.namespace() == object.namespace();
        near && object.json.pointer(pointer).is_some_and(|selector| matches(selector, labels))
    })
}

/// Whether a selector, a `LabelSelector` or a plain map, matches labels. The empty one, which matches all, does not.
fn matches(selector: &Json, labels: &Json) -> bool {
    let is_map = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let pairs = if is_map { selector } else { &selector["matchLabels"] };
    let pairs: Vec<_> = pairs.as_object().into_iter().flatten().collect();
    !pairs.is_empty()
        && pairs.iter().all(|(k, v)| labels.get(k) == Some(v))
        && items(selector, "/matchExpressions").all(|e| {
            assert_eq!(e["operator"], "In", "teach this test the operator");
            let value = labels.get(e["key"].as_str().unwrap_or_default()).and_then(Json::as_str);
            value.is_some_and(|v| strings(&e["values"]).contains(&v))
        })
}

/// Ports that Services, monitors and probes name are ports of every pod behind them.
fn ports(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let has = |workload: &Object, port: &Json| {
        let containers = items(&workload.json, "/spec/template/spec/containers");
        let ports: Vec<_> = containers.flat_map(|c| items(c, "/ports")).collect();
        ports.iter().any(|p| &p["name"] == port || &p["containerPort"] == port)
    };
    for object in case.objects.iter().filter(|o| !o.own) {
        let pointer = match object.kind() {
            "Service" => "/spec/ports",
            "PodMonitor" => "/spec/podMetricsEndpoints",
            _ => continue,
        };
        for port in items(&object.json, pointer) {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            for workload in selected(case, object, "/spec/selector").filter(|w| w.component() != "hook") {
                if !has(workload, target) {
                    wrong.push(format!("{}: {} has no port {target}", object.title(), workload.title()));
                }
            }
        }
    }
    for monitor in case.of_kind("ServiceMonitor") {
        for endpoint in items(&monitor.json, "/spec/endpoints") {
            let named = |s: &Object| items(&s.json, "/spec/ports").any(|p| p["name"] == endpoint["port"]);
            if !case.of_kind("Service").filter(|s| s.name().ends_with("-metrics")).any(named) {
                wrong.push(format!("{}: no Service has port {}", monitor.title(), endpoint["port"]));
            }
        }
    }
    for workload in case.workloads() {
        let mut seen = BTreeSet::new();
        for port in items(&workload.json, "/spec/template/spec/containers").flat_map(|c| items(c, "/ports")) {
            let name = port["name"].as_str().unwrap_or_default().to_owned();
            let number = port["containerPort"].to_string();
            if name.len() > 15 || !seen.insert(name) || !seen.insert(number) {
                wrong.push(format!("{}: port {port} twice, or its name is too long", workload.title()));
            }
        }
    }
    wrong
}

/// Every mount has its volume, every volume a mount, and no two mounts one path.
fn volumes(workload: &Object) -> Vec<String> {
    let spec = &workload.json["spec"]["template"]["spec"];
    let name = |json: &Json| json["name"].as_str().unwrap_or_default().to_owned();
    let volumes: Vec<_> = items(spec, "/volumes").map(name).collect();
    let unique: BTreeSet<_> = volumes.iter().cloned().collect();
    let mut wrong = Vec::new();
    let mut mounted = BTreeSet::new();
    for container in items(spec, "/containers").chain(items(spec, "/initContainers")) {
        let mut paths = BTreeSet::new();
        for mount in items(container, "/volumeMounts") {
            mounted.insert(name(mount));
            if !paths.insert(mount["mountPath"].to_string()) {
                wrong.push(format!("two mounts at {}", mount["mountPath"]));
            }
        }
    }
    if unique.len() != volumes.len() || mounted != unique {
        wrong.push(format!("volumes {volumes:?}, mounts {mounted:?}"));
    }
    wrong
}

/// Names and labels that Kubernetes takes, and no object twice.
fn names(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for object in case.objects.iter().filter(|o| !o.own) {
        let name = object.name();
        let valid = match object.kind() {
            // Both are names in DNS; a Service's begins with a letter (RFC 1035).
            "Service" => is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            "Namespace" => is_label(name),
            // Pods of a Job carry its name as a label.
            "Job" => name.len() <= 63 && is_subdomain(name),
            _ => is_subdomain(name),
        };
        let space = object.namespace();
        if !valid || !space.is_empty() && !is_label(space) {
            wrong.push(format!("{}: not a name", object.title()));
        }
        if !seen.insert(object.title()) {
            wrong.push(format!("{} is there twice", object.title()));
        }
        let metadata = ["/metadata", "/spec/template/metadata"].iter().filter_map(|p| object.json.pointer(p));
        for labels in metadata.filter_map(|m| m["labels"].as_object()) {
            for (key, value) in labels {
                let value = value.as_str();
                if !is_label_key(key) || !value.is_some_and(is_label_value) {
                    wrong.push(format!("{}: label {key}: {value:?}", object.title()));
                }
            }
        }
        wrong.extend(common_labels(case, object));
    }
    wrong
}

/// Every object of ours says which release it belongs to; a `PodMonitor` has only the user's labels, as upstream's.
fn common_labels(case: &Case, object: &Object) -> Vec<String> {
    let labels = &object.json["metadata"]["labels"];
    if object.kind() == "PodMonitor" {
        return Vec::new();
    }
    let wanted = BTreeMap::from([("instance", case.release.as_str()), ("managed-by", "Helm")]);
    let missing = wanted.iter().filter(|(key, value)| labels[format!("app.kubernetes.io/{key}")] != **value);
    missing.map(|(key, _)| format!("{}: label {key}", object.title())).collect()
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && long_label(text)
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(long_label)
}

/// The shape of a DNS label, whatever its length: Kubernetes does not limit the parts of a subdomain.
fn long_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_label_value(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    text.is_empty() || text.len() <= 63 && text.chars().all(inner) && ends
}

fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text.split_once('/').unwrap_or(("x", text));
    is_subdomain(prefix) && !name.is_empty() && is_label_value(name)
}
