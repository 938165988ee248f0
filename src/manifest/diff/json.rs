//! Differences for programs. The shape is documented at [`Format::Json`](super::Format::Json).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::compare::{Difference, List};
use super::lines::flow;
use super::path::{self, Step};
use super::{Changed, Counts, Report, Subject};

/// The objects that were printed, as text: their trees are not kept.
#[derive(Default)]
pub(super) struct Objects {
    out: String,
}

#[derive(Serialize)]
struct Object<'a> {
    change: &'static str,
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change<'a>>>,
}

#[derive(Serialize)]
struct Change<'a> {
    #[serde(rename = "change")]
    how: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Side<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Side<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Side<'a> {
    Value(&'a Json),
    Names(&'a [Cow<'a, str>]),
}

impl Objects {
    fn object(&mut self, change: &'static str, subject: &Subject<'_>, changes: Option<Vec<Change<'_>>>) {
        let Subject { identity, before, after } = subject;
        let object = Object {
            change,
            group: &identity.group,
            version: &identity.version,
            kind: &identity.kind,
            namespace: identity.namespace.as_deref(),
            name: &identity.name,
            before: before.map(ToString::to_string),
            after: after.map(ToString::to_string),
            changes,
        };
        // Only maps with keys that are no texts cannot be written, and there are none.
        let text = serde_json::to_string_pretty(&object).unwrap_or_default();
        let separator = if self.out.is_empty() { "{\n  \"objects\": [\n" } else { ",\n" };
        let _ = write!(self.out, "{separator}    {}", text.replace('\n', "\n    "));
    }
}

fn changes<'a>(steps: &mut Vec<Step<'a>>, difference: &'a Difference<'a>, found: &mut Vec<Change<'a>>) {
    let mut push = |how, before, after| {
        found.push(Change { how, path: path::text(steps), before, after });
    };
    match difference {
        Difference::Added(value) => push("added", None, Some(Side::Value(value))),
        Difference::Removed(value) => push("removed", Some(Side::Value(value)), None),
        Difference::Replaced(old, new) => push("changed", Some(Side::Value(old)), Some(Side::Value(new))),
        Difference::Map { entries, .. } => {
            for (key, below) in entries {
                steps.push(Step::Key(key));
                changes(steps, below, found);
                steps.pop();
            }
        }
        Difference::List(List { items, order, .. }) => {
            if let Some([before, after]) = order {
                push("reordered", Some(Side::Names(before)), Some(Side::Names(after)));
            }
            for (step, below) in items {
                steps.push(step.clone());
                changes(steps, below, found);
                steps.pop();
            }
        }
    }
}

impl Report for Objects {
    fn changed(&mut self, subject: &Subject<'_>, changed: &Changed<'_>) {
        let mut found = Vec::new();
        changes(&mut Vec::new(), &changed.difference, &mut found);
        self.object("changed", subject, Some(found));
    }

    fn added(&mut self, subject: &Subject<'_>) {
        self.object("added", subject, None);
    }

    fn removed(&mut self, subject: &Subject<'_>) {
        self.object("removed", subject, None);
    }

    fn finish(mut self: Box<Self>, counts: Counts) -> (String, Vec<String>) {
        self.out.push_str(if self.out.is_empty() { "{\n  \"objects\": [" } else { "\n  " });
        let _ = write!(self.out, "],\n  \"summary\": {}\n}}\n", flow(&json!(counts)));
        (self.out, Vec::new())
    }
}
