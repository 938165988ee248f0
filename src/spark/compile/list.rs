//! Lists whose items have a name: one item of a name, the last one said.

/// Puts an item at the end of a list. One that is the same thing goes: what an application's fields say goes over what
/// its template says.
pub(super) fn put<T>(list: &mut Option<Vec<T>>, item: T, same: impl Fn(&T, &T) -> bool) {
    let list = list.get_or_insert_default();
    list.retain(|other| !same(other, &item));
    list.push(item);
}
