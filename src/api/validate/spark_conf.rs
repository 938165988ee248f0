//! Keys of `sparkConf` that the operator refuses.

use super::Findings;
use crate::api::denied;
use crate::yaml::{Node, Value};

/// Checks the keys of `sparkConf` below a spec.
pub(super) fn check(spec: &str, found: &mut Findings<'_>) {
    let field = format!("{spec}.sparkConf");
    let Some(conf) = found.get(&field).and_then(Node::as_map) else { return };
    let namespace = found.text("metadata.namespace").unwrap_or("default").to_owned();
    for (key, value) in conf {
        // What is no text is an error of the structure.
        let Value::Str(text) = &value.value else { continue };
        let Some(reason) = denied::reason(key, text, &namespace) else { continue };
        let message = "the operator refuses this key";
        let field = format!("{field}[{key}]");
        found.push_at(super::Level::Error, &value.place, &field, message.into(), Some(reason.into()));
    }
}
