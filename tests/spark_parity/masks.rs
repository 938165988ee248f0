//! `masks.json`, applied: what differs from one submission to the next, and is no difference. The recorder (Java, in
//! `tests/tools/spark-recorder`) does the same with the same file.

use regex::Regex;
use serde_json::{Map, Value as Json};

/// The masks of one line of Spark.
pub struct Masks {
    texts: Vec<(Regex, String)>,
    sorted: Vec<String>,
    fields: Map<String, Json>,
    metadata: Vec<String>,
    objects: Vec<String>,
    version: String,
}

impl Masks {
    /// Of the line of this version, such as 4.0.5.
    pub fn of(version: &str) -> Self {
        let file: Json = serde_json::from_str(include_str!("masks.json")).unwrap();
        let texts = file["texts"].as_array().unwrap().iter().map(|mask| {
            let pattern = mask["pattern"].as_str().unwrap();
            (Regex::new(pattern).expect(pattern), mask["becomes"].as_str().unwrap().to_owned())
        });
        Self {
            texts: texts.collect(),
            sorted: names(&file["sorted_lines"]),
            fields: file["fields"].as_object().unwrap().clone(),
            metadata: names(&file["dropped_from_metadata"]),
            objects: names(&file["dropped_from_objects"]),
            version: version.to_owned(),
        }
    }

    /// A text without what differs each time.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (pattern, becomes) in &self.texts {
            masked = pattern.replace_all(&masked, becomes.as_str()).into_owned();
        }
        masked
    }

    /// A whole object of Kubernetes, without what differs each time and what the API server adds to its metadata.
    pub fn object(&self, object: &Json) -> Json {
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|key, _| !self.objects.contains(key));
            if let Some(metadata) = fields.get_mut("metadata").and_then(Json::as_object_mut) {
                metadata.retain(|key, _| !self.metadata.contains(key));
            }
        }
        self.tree(&object, "")
    }

    fn tree(&self, node: &Json, key: &str) -> Json {
        match node {
            Json::Object(fields) => {
                fields.iter().map(|(key, value)| (self.text(key), self.tree(value, key))).collect()
            }
            Json::Array(items) => items.iter().map(|item| self.tree(item, "")).collect(),
            Json::String(text) => self.string(text, key),
            _ => node.clone(),
        }
    }

    fn string(&self, text: &str, key: &str) -> Json {
        match self.fields.get(key) {
            Some(mask) if key != "spark-version" || text == self.version => mask.clone(),
            _ if self.sorted.iter().any(|sorted| sorted == key) => lines(&self.text(text)),
            _ => self.text(text).into(),
        }
    }
}

/// A list of lines, those behind the comments on top in order.
fn lines(text: &str) -> Json {
    let mut lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
    let comments = lines.iter().take_while(|line| line.starts_with('#')).count();
    // As Java compares texts.
    lines[comments..].sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
    lines.into()
}

fn names(list: &Json) -> Vec<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_differs_each_time_is_masked() {
    let masks = Masks::of("4.0.5");
    for (text, masked) in [
        ("spark-0123456789abcdef0123456789abcdef", "spark-APPLICATION"),
        ("spark-drv-a1b2c39ad3001122-conf-map", "spark-drv-UNIQUE-conf-map"),
        ("pi-a1b2c39ad3001122-driver-svc.ns.svc", "pi-UNIQUE-driver-svc.ns.svc"),
        ("/var/data/spark-01234567-89ab-cdef-0123-456789abcdef", "/var/data/spark-UUID"),
        ("spark.app.submitTime=1795171658150", "spark.app.submitTime=MILLISECONDS"),
        ("#Fri Nov 20 10:47:39 UTC 2026", "#DATE"),
        ("kube-api-access-x7k2p", "kube-api-access-RANDOM"),
        ("image-0123456789abcdef", "image-0123456789abcdef"),
    ] {
        assert_eq!(masks.text(text), masked);
    }
}

#[test]
fn objects_lose_what_the_api_server_adds() {
    let object = serde_json::json!({
        "kind": "Pod",
        "metadata": {"name": "a", "uid": "1", "labels": {"spark-version": "4.0.5"}, "managedFields": []},
        "data": {"spark.properties": "#first\n#Fri Nov 20 10:47:39 UTC 2026\nb=1\na=2\n"},
        "status": {"phase": "Pending"},
    });
    let masked = serde_json::json!({
        "kind": "Pod",
        "metadata": {"name": "a", "labels": {"spark-version": "SPARK_VERSION"}},
        "data": {"spark.properties": ["#first", "#DATE", "a=2", "b=1"]},
    });
    assert_eq!(Masks::of("4.0.5").object(&object), masked);
    assert_ne!(Masks::of("4.1.4").object(&object), masked, "the version of another line is a difference");
}
