//! Where in an object two trees differ, written as patches write it (see [`Path`]).

use std::borrow::Cow;

use crate::manifest::patch::Path;

/// One step from a value to a value inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A key of a mapping.
    Key(&'a str),
    /// The item of a list whose field has this value; with an empty field, the item that is this value.
    Item { field: &'static str, value: Cow<'a, str> },
    /// An item of a list that nothing but its number names.
    Index(usize),
}

/// The path as text: `/spec/containers[name=spark]/args[=--v=1]`.
pub(super) fn text(steps: &[Step<'_>]) -> String {
    let text = |step: &Step<'_>| match step {
        Step::Key(key) => Path::key(key),
        Step::Index(index) => format!("/{index}"),
        Step::Item { field, value } => Path::item(field, value),
    };
    steps.iter().map(text).collect()
}

/// Whether a key can be a step of a patch's path.
pub(super) fn sayable(key: &str) -> bool {
    // `a[b=c]` would be an item of `a`, and so would `/[b=c]` be after an empty key.
    !key.is_empty() && !key.contains('[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_patches_read_them() {
        let item = |field, value: &'static str| Step::Item { field, value: value.into() };
        for (steps, expected) in [
            (vec![], ""),
            (vec![Step::Key("a/b~c"), Step::Index(3)], "/a~1b~0c/3"),
            (vec![Step::Key("c"), item("name", "a/b~"), Step::Key("d")], "/c[name=a/b~]/d"),
            (vec![Step::Key("c"), item("", "--x=y")], "/c[=--x=y]"),
            (vec![Step::Key("c"), item("", "")], "/c[=]"),
            (vec![Step::Key("c"), item("name", "a]b")], r#"/c[name="a]b"]"#),
            (vec![Step::Key("c"), item("", "\"q")], r#"/c[="\"q"]"#),
        ] {
            assert_eq!(text(&steps), expected);
            assert!(Path::parse(expected).is_ok(), "{expected}");
        }
        assert!(sayable("a.b/c~d") && !sayable("a[b=c]") && !sayable(""));
    }
}
