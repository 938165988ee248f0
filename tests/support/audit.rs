//! The audit log: which requests an account made, and which of them it was denied.

use std::fmt;
use std::fs;

use serde_json::Value as Json;

use super::cluster::Cluster;

/// One request, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    pub verb: String,
    /// API group; empty for the core.
    pub group: String,
    /// Resource, with its subresource; empty for a request for no object (discovery).
    pub resource: String,
    /// Empty for what is in no namespace, and for all namespaces.
    pub namespace: String,
    /// Empty for a request for no single object.
    pub name: String,
    /// Whether authorization let it pass.
    pub allowed: bool,
    /// HTTP status of the answer.
    pub code: u64,
}

impl Request {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        !["get", "list", "watch"].contains(&self.verb.as_str())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, group, resource, namespace, name, code, .. } = self;
        let dot = if group.is_empty() { "" } else { "." };
        write!(f, "{verb} {resource}{dot}{group} {namespace}/{name}: {code}")
    }
}

impl Cluster {
    /// All requests of a user (`system:serviceaccount:NAMESPACE:NAME`) for objects, in the order of their answers.
    pub fn requests(&self, user: &str) -> Vec<Request> {
        let log = fs::read_to_string(self.folder.join("audit.log")).unwrap();
        let quoted = format!("{user:?}");
        // The last line may be half written.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let mine = whole.lines().filter(|line| line.contains(&quoted));
        mine.map(|line| serde_json::from_str(line).unwrap())
            .filter(|event: &Json| event["user"]["username"] == user && !event["objectRef"].is_null())
            .map(|event| request(&event))
            .collect()
    }
}

fn request(event: &Json) -> Request {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let resource = match object["subresource"].as_str() {
        Some(sub) => format!("{}/{sub}", text(&object["resource"])),
        None => text(&object["resource"]),
    };
    Request {
        verb: text(&event["verb"]),
        group: text(&object["apiGroup"]),
        resource,
        namespace: text(&object["namespace"]),
        name: text(&object["name"]),
        allowed: event["annotations"]["authorization.k8s.io/decision"] == "allow",
        code: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
    }
}
