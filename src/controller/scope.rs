//! Which namespaces are looked after: a list, all, those that a selector matches, or a list and those.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// The namespaces.
#[derive(Debug, Default)]
pub struct Scope {
    names: Vec<String>,
    selector: Option<String>,
    /// Those that the selector matches now.
    selected: RwLock<HashSet<String>>,
}

impl Scope {
    /// Of a list, in which an empty name stands for all, and a selector. Neither: all.
    #[must_use]
    pub fn new(names: Vec<String>, selector: Option<String>) -> Self {
        let all = names.iter().any(String::is_empty);
        let names = if all { Vec::new() } else { names };
        let selector = selector.filter(|selector| !selector.is_empty() && !all);
        Self { names, selector, selected: RwLock::default() }
    }

    /// The selector, where there is one.
    #[must_use]
    pub fn selector(&self) -> Option<&str> {
        self.selector.as_deref()
    }

    /// What is watched: each namespace by itself, so that rights there are enough, or all.
    #[must_use]
    pub fn streams(&self) -> Vec<Option<String>> {
        if self.names.is_empty() || self.selector.is_some() {
            return vec![None];
        }
        let mut names = self.names.clone();
        names.sort();
        names.dedup();
        names.into_iter().map(Some).collect()
    }

    /// Whether a namespace is looked after.
    #[must_use]
    pub fn contains(&self, namespace: &str) -> bool {
        if self.names.is_empty() && self.selector.is_none() {
            return true;
        }
        self.names.iter().any(|name| name == namespace)
            || self.selected.read().unwrap_or_else(PoisonError::into_inner).contains(namespace)
    }

    /// The selector matches these now; the namespaces that are new, and those that are no longer looked after.
    pub fn select(&self, now: &HashSet<String>) -> (Vec<String>, Vec<String>) {
        let mut selected = self.selected.write().unwrap_or_else(PoisonError::into_inner);
        let others = |of: &HashSet<String>, than: &HashSet<String>| {
            of.difference(than).filter(|name| !self.names.contains(name)).cloned().collect()
        };
        let changed = (others(now, &selected), others(&selected, now));
        selected.clone_from(now);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(names: &[&str], selector: Option<&str>) -> Scope {
        Scope::new(names.iter().map(|&name| name.to_owned()).collect(), selector.map(str::to_owned))
    }

    #[test]
    fn a_list_all_a_selector_or_both() {
        let some = |names: &[&str]| names.iter().map(|&name| Some(name.to_owned())).collect::<Vec<_>>();
        for (names, selector, streams, contains) in [
            (&[][..], None, vec![None], [true, true, true]),
            (&[""][..], None, vec![None], [true, true, true]),
            (&["", "a"][..], Some("x=y"), vec![None], [true, true, true]),
            (&["b", "a", "b"][..], None, some(&["a", "b"]), [true, true, false]),
            (&[][..], Some("x=y"), vec![None], [false, false, true]),
            (&["a"][..], Some("x=y"), vec![None], [true, false, true]),
        ] {
            let scope = scope(names, selector);
            if scope.selector().is_some() {
                let select =
                    |names: &[&str]| scope.select(&names.iter().map(|&name| name.to_owned()).collect());
                let changed = |new: &[&str], gone: &[&str]| {
                    let owned =
                        |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
                    (owned(new), owned(gone))
                };
                assert_eq!(select(&["c", "d"]).0.len(), 2);
                assert_eq!(select(&["c", "d"]), changed(&[], &[]));
                assert_eq!(select(&["c"]), changed(&[], &["d"]));
            }
            assert_eq!(scope.streams(), streams, "{names:?} {selector:?}");
            assert_eq!(["a", "b", "c"].map(|name| scope.contains(name)), contains, "{names:?} {selector:?}");
        }
    }
}
