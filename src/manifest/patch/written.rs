//! Writing what patches changed: a touched document in its old frame, and patch files themselves.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::Patch;
use crate::manifest::{Chunk, Manifests, number};
use crate::yaml;

/// The document as text, in its frame; `None` if it would not be read back the same.
pub(super) fn document(source: &Manifests, chunk: Chunk<'_>, root: &Json) -> Option<String> {
    let (head, tail) = chunk.frame();
    let mut text = head.to_owned();
    if text.ends_with("---") {
        text.push('\n');
    }
    if source.name.ends_with(".json") {
        let _ = write!(text, "{root:#}");
    } else {
        text.push_str(&yaml::to_yaml(root));
    }
    if chunk.text.ends_with('\n') || !tail.is_empty() {
        text.push('\n');
    }
    if head.ends_with("\r\n") || chunk.text.split('\n').next().is_some_and(|line| line.ends_with('\r')) {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    text.push_str(tail);
    let written = Manifests { name: source.name.clone(), text };
    let mut chunks = written.chunks();
    let content = written.read(chunks.next()?).ok()??;
    (chunks.next().is_none() && same(&content.root.to_json(), root)).then(|| written.text.clone())
}

/// Whether two values are the same, numbers by what they are: a whole float is written as an integer.
fn same(one: &Json, two: &Json) -> bool {
    match (one, two) {
        (Json::Number(a), Json::Number(b)) => number::same(a, b),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => one == two,
    }
}

/// What YAML would lose: the first such character, or a key.
pub(super) fn lost(root: &Json) -> String {
    let text = root.to_string();
    let is_lost = |c: &char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}')
    };
    match text.chars().find(is_lost) {
        Some(c) => format!("a text has a character that YAML loses (U+{:04X})", u32::from(c)),
        None => "it has a key `<<`, which means a merge there".to_owned(),
    }
}

/// A patch file with the keys of each patch in the order in which a person writes them.
pub(super) fn patch_file(patches: &[Patch]) -> String {
    if patches.is_empty() {
        return "[]\n".to_owned();
    }
    let mut file = String::new();
    for patch in patches {
        let json = serde_json::to_value(patch).unwrap_or_default();
        let keys = ["description", "target", "expect", "operations", "merge"];
        let present = keys.into_iter().filter_map(|key| Some((key, json.get(key)?)));
        for (number, (key, value)) in present.enumerate() {
            // Each key as an item of its own: only the first one keeps the dash.
            let item = yaml::to_yaml(&json!([{key: value}]));
            file.push_str(if number == 0 { "- " } else { "  " });
            file.push_str(item.strip_prefix("- ").unwrap_or(&item));
            file.push('\n');
        }
    }
    file
}
