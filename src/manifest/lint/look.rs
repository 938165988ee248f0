//! Reading a tree whose shape nobody has checked: what is of another shape than asked for counts as absent, because
//! shapes are the business of schema validators. What the fields mean does not belong here.

use crate::yaml::{Node, Place, Value};

/// Fields by a path of keys with dots between them. `null` is absent, as it is for the API server.
pub(super) trait Look {
    /// The node at a path.
    fn at(&self, path: &str) -> Option<&Node>;

    /// The place of the node at a path, or of the nearest one above it that is there.
    fn place_of(&self, path: &str) -> &Place;

    /// The items of a list; none where there is no list.
    fn list(&self, path: &str) -> &[Node] {
        self.at(path).and_then(Look::items).unwrap_or_default()
    }

    /// A text.
    fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_text()
    }

    /// A boolean.
    fn flag(&self, path: &str) -> Option<bool> {
        match self.at(path)?.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// A whole number.
    fn int(&self, path: &str) -> Option<i64> {
        match self.at(path)?.value {
            Value::Int(int) => Some(int),
            _ => None,
        }
    }

    /// This node, if it is a text.
    fn as_text(&self) -> Option<&str>;

    /// The items of this node, if it is a list.
    fn items(&self) -> Option<&[Node]>;
}

impl Look for Node {
    fn at(&self, path: &str) -> Option<&Node> {
        self.find(path.split('.')).filter(|node| node.value != Value::Null)
    }

    fn place_of(&self, path: &str) -> &Place {
        let mut node = self;
        for key in path.split('.') {
            match node.find([key]) {
                Some(below) => node = below,
                None => break,
            }
        }
        &node.place
    }

    fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn what_has_another_shape_is_absent() {
        let node = yaml::read("x", "a: {b: [1], c: null, d: true, e: 7, f: t}\n").unwrap().remove(0);
        assert_eq!((node.list("a.b").len(), node.list("a.d").len(), node.list("z").len()), (1, 0, 0));
        assert_eq!((node.flag("a.d"), node.flag("a.f")), (Some(true), None));
        assert_eq!((node.int("a.e"), node.int("a.f")), (Some(7), None));
        assert_eq!((node.text("a.f"), node.text("a.e"), node.text("a.c.x")), (Some("t"), None, None));
        assert!(node.at("a.c").is_none());
    }

    #[test]
    fn the_place_is_that_of_the_nearest_node_above() {
        let node = yaml::read("x", "a:\n  b:\n    c: 1\n").unwrap().remove(0);
        for (path, line) in [("a.b.c", 3), ("a.b.z.y", 2), ("a.z", 1), ("z", 1)] {
            assert_eq!(node.place_of(path).line, line, "{path}");
        }
    }
}
