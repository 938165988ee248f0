//! Lists whose items have a name: one item of a name, the last one said.

use std::collections::HashSet;

/// Puts an item at the end of a list. One that is the same thing goes: what an application's fields say goes over what
/// its template says.
pub(super) fn put<T>(list: &mut Option<Vec<T>>, item: T, same: impl Fn(&T, &T) -> bool) {
    let list = list.get_or_insert_default();
    list.retain(|other| !same(other, &item));
    list.push(item);
}

/// [`put`] of many items that are the same thing when their keys are equal, in one pass.
pub(in crate::spark) fn put_all<T>(list: &mut Option<Vec<T>>, items: &[T], key: impl Fn(&T) -> &str)
where
    T: Clone,
{
    if items.is_empty() {
        return;
    }
    let mut seen = HashSet::new();
    let mut news: Vec<&T> = items.iter().rev().filter(|item| seen.insert(key(item))).collect();
    news.reverse();
    let list = list.get_or_insert_default();
    list.retain(|other| !seen.contains(key(other)));
    list.extend(news.into_iter().cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_things_with_one_name_the_last_said_stays_at_the_end() {
        let pair = |(key, value): &(&'static str, i32)| (*key, *value);
        let mut list = Some(vec![("a", 1), ("b", 1), ("c", 1)]);
        put_all(&mut list, &[("b", 2), ("d", 2), ("b", 3)], |(key, _)| key);
        assert_eq!(
            list.as_ref().unwrap().iter().map(pair).collect::<Vec<_>>(),
            [("a", 1), ("c", 1), ("d", 2), ("b", 3)]
        );
        put(&mut list, ("c", 4), |a, b| a.0 == b.0);
        assert_eq!(list.unwrap().last(), Some(&("c", 4)));
        let mut none: Option<Vec<(&str, i32)>> = None;
        put_all(&mut none, &[], |(key, _)| key);
        assert_eq!(none, None);
    }
}
