//! Differences as a patch file. What a patch cannot say, or must not, is a warning.
//!
//! Lists whose items have names are changed item by item, new ones added at the end; any other list is replaced as a
//! whole, because a patch that counts items does something else when it is applied twice.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::compare::{Difference, List, compare};
use super::lines::flow;
use super::path::{self, Step};
use super::{Changed, Counts, Report, Subject, mask};
use crate::manifest::Identity;
use crate::manifest::patch::{Change, Expect, IfPresent, Operation, Patch, Path, Pattern, Target};
use crate::manifest::patch::{read_patches, to_yaml};

#[derive(Default)]
pub(super) struct Patches {
    out: String,
    warnings: Vec<String>,
    added: Names,
    removed: Names,
}

/// Objects that a patch can neither make nor delete: how many, and the first ones.
#[derive(Default)]
struct Names {
    number: usize,
    first: Vec<String>,
}

impl Names {
    fn push(&mut self, subject: &Subject<'_>) {
        const MOST: usize = 5;
        self.number += 1;
        if self.first.len() < MOST {
            self.first.push(subject.identity.to_string());
        }
    }

    fn warning(&self, side: &str, not: &str) -> Option<String> {
        let Self { number, first } = self;
        let more = number - first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let objects = if *number == 1 { "object is" } else { "objects are" };
        (*number > 0).then(|| {
            format!("{number} {objects} only in {side}, and a patch cannot {not}: {}{more}", first.join(", "))
        })
    }
}

impl Patches {
    fn warn(&mut self, subject: &Subject<'_>, what: &str) {
        let Some(place) = subject.after.or(subject.before) else { return };
        self.warnings.push(format!("{place}: {}: the patch leaves {what}", subject.identity));
    }
}

/// The operations, in order, that make the first tree the second one.
pub(super) fn operations<'a>(
    steps: &mut Vec<Step<'a>>,
    difference: &Difference<'a>,
    found: &mut Vec<Operation>,
) {
    // A path that was written here can be read.
    let Ok(path) = Path::parse(&path::text(steps)) else { return };
    match difference {
        Difference::Added(value) => {
            let value = (*value).clone();
            found.push(Operation::Add { path, value, if_present: IfPresent::Fail });
        }
        Difference::Removed(_) => found.push(Operation::Remove { path }),
        Difference::Replaced(_, after) => found.push(Operation::Replace { path, value: (*after).clone() }),
        Difference::Map { after, entries } => {
            if entries.iter().any(|(key, _)| !path::sayable(key)) {
                found.push(Operation::Replace { path, value: (*after).clone() });
                return;
            }
            for (key, below) in entries {
                steps.push(Step::Key(key));
                operations(steps, below, found);
                steps.pop();
            }
        }
        Difference::List(list) if !in_place(list) => {
            found.push(Operation::Replace { path, value: list.after.clone() });
        }
        Difference::List(List { items, .. }) => {
            for (step, below) in items {
                let step = if matches!(below, Difference::Added(_)) { Step::Key("-") } else { step.clone() };
                steps.push(step);
                operations(steps, below, found);
                steps.pop();
            }
        }
    }
}

/// Whether a list can be changed item by item, so that a second time it fails or changes nothing.
fn in_place(list: &List<'_>) -> bool {
    let List { after, items, order, appended } = list;
    let added = || items.iter().filter(|(_, difference)| matches!(difference, Difference::Added(_)));
    let moves = items
        .iter()
        .any(|(_, difference)| matches!(difference, Difference::Added(_) | Difference::Removed(_)));
    let counted = items.iter().any(|(step, _)| matches!(step, Step::Index(_)));
    // A patch adds no item of a name that the list has; of a matched list the name may be another field.
    let name = |item: &'_ Json| item.get("name").and_then(Json::as_str).map(str::to_owned);
    let named_alike = || {
        let gone = items.iter().filter_map(|(_, difference)| match difference {
            Difference::Removed(item) => name(item),
            _ => None,
        });
        let names: Vec<String> =
            after.as_array().into_iter().flatten().filter_map(name).chain(gone).collect();
        added().any(|(step, difference)| match (step, difference) {
            (Step::Item { field: "name", .. }, _) => false,
            (_, Difference::Added(item)) => {
                name(item).is_some_and(|name| names.iter().filter(|other| **other == name).count() > 1)
            }
            _ => false,
        })
    };
    order.is_none() && !(counted && moves) && (added().next().is_none() || *appended && !named_alike())
}

/// The object and no other.
fn target(identity: &Identity) -> Option<Target> {
    // In a glob these have a meaning.
    let exactly = |text: &str| {
        if text.contains(['*', '?', '[', '\\']) {
            Pattern::regex(&regex::escape(text)).ok()
        } else {
            Some(Pattern::Glob(text.to_owned()))
        }
    };
    let mut target = Target::kind(exactly(&identity.kind)?);
    target.group = Some(exactly(&identity.group)?);
    target.name = Some(exactly(&identity.name)?);
    target.namespace = Some(exactly(identity.namespace.as_deref().unwrap_or_default())?);
    Some(target)
}

/// The patch as an item of a patch file; as JSON, which is YAML too, where YAML's other forms lose something.
fn written(patch: Patch) -> String {
    let patches = [patch];
    let text = to_yaml(&patches);
    let read =
        read_patches("patch", &text).map(|read| read.into_iter().map(|patch| Patch { place: None, ..patch }));
    if read.is_ok_and(|read| read.eq(patches.iter().cloned())) {
        return text;
    }
    let [patch] = patches;
    serde_json::to_value(patch).map(|json| format!("- {}\n", flow(&json))).unwrap_or_default()
}

impl Report for Patches {
    fn changed(&mut self, subject: &Subject<'_>, changed: &Changed<'_>) {
        let Changed { target: identity, before, after, difference, alike } = changed;
        if *alike > 1 {
            let what = format!("it as it is: {alike} objects of A are called so");
            return self.warn(subject, &what);
        }
        if identity.name.is_empty() {
            return self.warn(subject, "it as it is: it has no name to find it by");
        }
        let Some(target) = target(identity) else {
            return self.warn(subject, "it as it is: its name cannot be a pattern");
        };
        let mut found = Vec::new();
        if identity.is_secret() {
            let (old, new) = (mask::without_secrets(before), mask::without_secrets(after));
            let open = compare(&old, &new);
            if let Some(open) = &open {
                operations(&mut Vec::new(), open, &mut found);
            }
            if mask::differ(before, after) {
                let what = "out its secret values, which differ";
                self.warn(subject, what);
            }
        } else {
            operations(&mut Vec::new(), difference, &mut found);
        }
        if !found.is_empty() {
            let change = Change::Operations(found);
            let patch = Patch { description: None, target, expect: Expect::One, change, place: None };
            let _ = write!(self.out, "{}", written(patch));
        }
    }

    fn added(&mut self, subject: &Subject<'_>) {
        self.added.push(subject);
    }

    fn removed(&mut self, subject: &Subject<'_>) {
        self.removed.push(subject);
    }

    fn finish(mut self: Box<Self>, _: Counts) -> (String, Vec<String>) {
        self.warnings.extend(self.added.warning("B", "make what is new"));
        self.warnings.extend(self.removed.warning("A", "delete"));
        (if self.out.is_empty() { "[]\n".to_owned() } else { self.out }, self.warnings)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::manifest::Manifests;
    use crate::manifest::diff::{Format, Options, diff};
    use crate::manifest::patch::{PatchError, Sides, apply};

    /// The patch that is printed for two objects, and the warnings.
    fn patch(before: &Json, after: &Json) -> (String, Vec<String>) {
        let options = Options { format: Format::Patch, namespace: None, release: false };
        let side = |name: &str, json: &Json| [Manifests::new(name, flow(json))];
        let outcome = diff(&side("a", before), &side("b", after), &options).unwrap();
        (outcome.output, outcome.warnings)
    }

    /// The operations of the printed patch, one a line.
    fn printed(before: &Json, after: &Json) -> Vec<String> {
        let (before, after) = (object(before), object(after));
        let patches = read_patches("patch", &patch(&before, &after).0).unwrap();
        let operations = patches.iter().flat_map(|patch| match &patch.change {
            Change::Operations(operations) => operations.clone(),
            Change::Merge(_) => Vec::new(),
        });
        operations.map(|operation| operation.to_string()).collect()
    }

    fn object(spec: &Json) -> Json {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec})
    }

    fn applied(text: &str, object: &Json) -> Result<Json, Box<PatchError>> {
        let manifests = [Manifests::new("a", flow(object))];
        let patched = apply(&read_patches("patch", text).unwrap(), &manifests, Sides::All)?;
        let text = patched.texts.concat().concat();
        let manifests = Manifests::new("patched", text);
        let chunk = manifests.chunks().next().unwrap();
        Ok(manifests.read(chunk).unwrap().unwrap().root.to_json())
    }

    #[test]
    fn lists_are_changed_item_by_item_where_a_second_time_changes_nothing() {
        let item = |name: &str, value: i64| json!({"name": name, "v": value});
        for (before, after, expected) in [
            (
                json!(["--a=1", "--b"]),
                json!(["--a=2", "--b", "--c"]),
                vec!["replace /spec[=--a=1]", "add /spec/-"],
            ),
            (json!(["a", "b"]), json!(["b"]), vec!["remove /spec[=a]"]),
            (json!(["a", "b"]), json!(["x", "a", "b"]), vec!["replace /spec"]),
            (json!(["a", "b"]), json!(["b", "a"]), vec!["replace /spec"]),
            (json!(["a", "a"]), json!(["a"]), vec!["replace /spec"]),
            (
                json!([item("a", 1)]),
                json!([item("a", 2), item("b", 1)]),
                vec!["replace /spec[name=a]/v", "add /spec/-"],
            ),
            (json!([{"v": [1, 1]}, {"v": 2}]), json!([{"v": [1, 2]}, {"v": 2}]), vec!["replace /spec/0/v/1"]),
            // A patch would refuse a second item of the same name.
            (
                json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]),
                json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}, {"name": "v", "mountPath": "/c"}]),
                vec!["replace /spec"],
            ),
            // Keys that a path cannot say.
            (json!({"a[b]": 1}), json!({"a[b]": 2}), vec!["replace /spec"]),
            (json!({"": {"x": 1}}), json!({"": {"x": 2}}), vec!["replace /spec"]),
            (json!(["sh", "a\nb"]), json!(["sh", "a\nc"]), vec!["replace /spec/1"]),
            (json!(["sh", "a\nb"]), json!(["a\nc"]), vec!["replace /spec"]),
        ] {
            assert_eq!(printed(&before, &after), expected, "{before} → {after}");
        }
    }

    #[test]
    fn names_are_no_globs() {
        let role = |verb: &str| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a*[b]"}, "v": verb});
        let (text, _) = patch(&role("get"), &role("list"));
        assert!(text.contains(r"regex: a\*\[b\]"), "{text}");
        assert_eq!(applied(&text, &role("get")).unwrap(), role("list"));
    }

    proptest! {
        #[test]
        fn the_printed_patch_makes_the_second_object_of_the_first(
            before in crate::manifest::diff::compare::tests::values(),
            after in crate::manifest::diff::compare::tests::values(),
        ) {
            let (before, after) = (object(&before), object(&after));
            let (text, warnings) = patch(&before, &after);
            prop_assert_eq!(warnings, Vec::<String>::new());
            match applied(&text, &before) {
                // A whole float is written as an integer, which is the same number.
                Ok(patched) => prop_assert_eq!(crate::yaml::to_yaml(&patched), crate::yaml::to_yaml(&after), "{}", text),
                // The patch is right, but what it makes has what no manifest has, and no emitter keeps.
                Err(error) if matches!(*error, PatchError::Unwritable { .. }) => {
                    let odd = flow(&after);
                    prop_assert!(odd.contains("\\u007f"), "{}", odd);
                }
                Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
            }
        }
    }
}
