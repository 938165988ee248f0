//! Documents of a stream, to compare two streams object by object. How they were made does not belong here.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use spark_operator::manifest::Manifests;

/// A document as it was printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The template in its `# Source:` comment.
    pub source: String,
    pub hook: bool,
    pub text: String,
    pub json: Json,
}

/// Every document by what it is, such as `Deployment spark/controller`.
pub fn documents(stream: &str) -> BTreeMap<String, Document> {
    let manifests = Manifests::new("stream", stream.to_owned());
    let mut found = BTreeMap::new();
    for chunk in manifests.chunks() {
        let Some(content) = manifests.read(chunk).unwrap() else { continue };
        let [object] = content.objects.as_slice() else { panic!("not one object: {}", chunk.text) };
        let source = chunk.text.lines().find_map(|line| line.strip_prefix("# Source: ")).unwrap_or_default();
        let document = Document {
            source: source.to_owned(),
            hook: object.identity.is_hook(),
            text: chunk.text.trim_end().to_owned(),
            json: content.root.to_json(),
        };
        let before = found.insert(object.identity.to_string(), document);
        assert!(before.is_none(), "twice: {}", object.identity);
    }
    found
}

/// What every document is, in the order of the stream.
pub fn order(stream: &str) -> Vec<String> {
    let manifests = Manifests::new("stream", stream.to_owned());
    let contents = manifests.chunks().filter_map(|chunk| manifests.read(chunk).unwrap());
    contents.flat_map(|content| content.objects).map(|object| object.identity.to_string()).collect()
}

/// The documents without those that are hooks.
pub fn without_hooks(documents: &BTreeMap<String, Document>) -> BTreeMap<String, Document> {
    documents.iter().filter(|(_, document)| !document.hook).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// The hooks alone, as JSON.
pub fn hooks(documents: &BTreeMap<String, Document>) -> BTreeMap<&str, &Json> {
    let hooks = documents.iter().filter(|(_, document)| document.hook);
    hooks.map(|(name, document)| (name.as_str(), &document.json)).collect()
}

/// Fails at the first document that differs as JSON or in its template.
#[track_caller]
pub fn assert_same(one: &BTreeMap<String, Document>, two: &BTreeMap<String, Document>, what: &str) {
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>(), "{what}");
    for (name, document) in one {
        assert_eq!(document.json, two[name].json, "{what}: {name}");
        assert_eq!(document.source, two[name].source, "{what}: {name}");
    }
}
