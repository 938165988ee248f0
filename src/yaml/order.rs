//! The order of mapping keys in Helm's output (go-yaml v2): numbers inside keys compare as numbers.
//!
//! Not here: writing. The rule is not transitive for some odd sets of keys; Helm's own output is random then.

use std::cmp::Ordering;

use unicode_general_category::{GeneralCategory, get_general_category};

/// go-yaml's order of keys: runs of digits as numbers (`a2` < `a10`), anything else before letters.
///
/// [`Ordering::Equal`] only for equal keys. Not a total order, so not for `slice::sort_by`, which may panic.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    if a == b {
        Ordering::Equal
    } else if less(a, b) {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

fn less(a: &str, b: &str) -> bool {
    // Byte for byte equal beginnings never matter, but the digits in them may: find the first difference.
    let mut start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    while !a.is_char_boundary(start) || !b.is_char_boundary(start) {
        start -= 1;
    }
    let (ca, cb) = match (a[start..].chars().next(), b[start..].chars().next()) {
        (Some(ca), Some(cb)) => (ca, cb),
        (None, Some(_)) => return true,
        (_, None) => return false,
    };
    match (is_letter(ca), is_letter(cb)) {
        (true, true) => return ca < cb,
        (false, false) => {}
        (_, b_is_letter) => return b_is_letter,
    }
    // A zero inside a number (`101` against `11`) is not a leading zero: make it count.
    let inside =
        (ca == '0' || cb == '0') && a[..start].chars().rev().take_while(|c| is_digit(*c)).any(|c| c != '0');
    let (number_a, length_a) = number(&a[start..], inside);
    let (number_b, length_b) = number(&b[start..], inside);
    if number_a != number_b {
        return number_a < number_b;
    }
    if length_a != length_b {
        return length_a < length_b;
    }
    ca < cb
}

/// The leading digits as Go adds them up, overflow included, and how many they are.
fn number(text: &str, inside: bool) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold((i64::from(inside), 0), |(n, length), c| {
        let digit = i64::from(u32::from(c)) - i64::from(u32::from('0'));
        (n.wrapping_mul(10).wrapping_add(digit), length + 1)
    })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && get_general_category(c) == GeneralCategory::DecimalNumber)
}

fn is_letter(c: char) -> bool {
    use GeneralCategory as G;
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    matches!(
        get_general_category(c),
        G::UppercaseLetter | G::LowercaseLetter | G::TitlecaseLetter | G::ModifierLetter | G::OtherLetter
    )
}

/// Sort entries by key. Never panics and always ends, whatever the keys: a merge sort of byte-sorted entries.
pub(super) fn sort<T: Copy>(entries: &mut Vec<(&str, T)>) {
    if entries.is_sorted_by(|a, b| a.0 == b.0 || less(a.0, b.0)) {
        return;
    }
    entries.sort_by(|a, b| a.0.cmp(b.0));
    let mut width = 1;
    let mut merged = Vec::with_capacity(entries.len());
    while width < entries.len() {
        for pair in entries.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some(l), Some(r)) = (left.first(), right.first()) {
                if less(r.0, l.0) {
                    merged.push(*r);
                    right = &right[1..];
                } else {
                    merged.push(*l);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(entries, &mut merged);
        merged.clear();
        width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_natural_order() {
        let sorted =
            ["", "-a", "1", "2", "10", "a", "a-b", "a.b", "a1", "a01", "a2", "a10", "aB", "ab", "b", "é"];
        for pair in sorted.windows(2) {
            assert_eq!(natural_order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(natural_order(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        let mut entries: Vec<(&str, ())> = sorted.iter().rev().map(|k| (*k, ())).collect();
        sort(&mut entries);
        assert_eq!(entries.iter().map(|e| e.0).collect::<Vec<_>>(), sorted);
    }
}
