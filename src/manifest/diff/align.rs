//! Which runs of two sequences differ, when their longest common subsequence is kept: of items, and of lines.

use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, capture_diff_slices};

/// Most items between the common start and end that are aligned. What takes time is their number times how many
/// differ; beyond, all of them count as one run that differs.
const MOST: usize = 10_000;

/// A run of the first sequence that a run of the second one takes the place of. Either may be empty, not both.
pub(super) type Run = (Range<usize>, Range<usize>);

/// The runs that differ, in order.
pub(super) fn differing<T: Eq + Hash + Ord>(before: &[T], after: &[T]) -> Vec<Run> {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = rest.take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    if old.is_empty() || new.is_empty() || old.len() + new.len() > MOST {
        return vec![(start..start + old.len(), start..start + new.len())];
    }
    let mut runs: Vec<Run> = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, old, new) = operation.as_tag_tuple();
        if tag == similar::DiffTag::Equal {
            continue;
        }
        let shifted = |range: Range<usize>| range.start + start..range.end + start;
        let (old, new) = (shifted(old), shifted(new));
        match runs.last_mut() {
            // Taken out here and put in here: one run.
            Some(last) if last.0.end == old.start && last.1.end == new.start => {
                (last.0.end, last.1.end) = (old.end, new.end);
            }
            _ => runs.push((old, new)),
        }
    }
    runs
}

/// Most pairs that are weighed.
const MOST_PAIRS: usize = 10_000;

/// Pairs of items in order, so that all together are as alike as they can be. `likeness` of 0: no pair.
pub(super) fn pairs(run: &Run, likeness: impl Fn(usize, usize) -> usize) -> Vec<(usize, usize)> {
    let (gone, come) = run;
    let (rows, columns) = (gone.len(), come.len());
    if rows * columns > MOST_PAIRS {
        return Vec::new();
    }
    let alike = |i: usize, j: usize| likeness(gone.start + i, come.start + j);
    // The most that the items from here on give.
    let mut best = vec![vec![0; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let skipped = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = match alike(i, j) {
                0 => skipped,
                likeness => skipped.max(best[i + 1][j + 1] + likeness),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < rows && j < columns {
        if best[i][j] == best[i + 1][j] {
            i += 1;
        } else if best[i][j] == best[i][j + 1] {
            j += 1;
        } else {
            pairs.push((gone.start + i, come.start + j));
            (i, j) = (i + 1, j + 1);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_subsequence_is_kept() {
        let runs = |a: &str, b: &str| differing(a.as_bytes(), b.as_bytes());
        assert_eq!(runs("abc", "abc"), []);
        assert_eq!(runs("abc", "abxc"), [(2..2, 2..3)]);
        assert_eq!(runs("abc", "xabc"), [(0..0, 0..1)]);
        assert_eq!(runs("abxc", "abc"), [(2..3, 2..2)]);
        assert_eq!(runs("abcde", "axcyye"), [(1..2, 1..2), (3..4, 3..5)]);
        assert_eq!(runs("", "ab"), [(0..0, 0..2)]);
        assert_eq!(runs("aa", "a"), [(1..2, 1..1)]);
    }

    #[test]
    fn pairs_are_those_that_are_most_alike() {
        let found = |old: &str, new: &str| {
            let alike =
                |i: usize, j: usize| usize::from(old.as_bytes()[i].eq_ignore_ascii_case(&new.as_bytes()[j]));
            pairs(&(0..old.len(), 0..new.len()), alike)
        };
        assert_eq!(found("ab", "AxB"), [(0, 0), (1, 2)]);
        assert_eq!(found("ab", "BA"), [(1, 0)]);
        assert_eq!(found("a", "xy"), []);
        assert_eq!(found("abc", "C"), [(2, 0)]);
        assert_eq!(pairs(&(5..6, 7..9), |i, j| usize::from((i, j) == (5, 8))), [(5, 8)]);
        assert_eq!(pairs(&(0..101, 0..100), |_, _| 1), []);
    }

    #[test]
    fn too_many_items_are_one_run() {
        let many = |step: usize| (0..2 * MOST).map(|i| i * step).collect::<Vec<_>>();
        assert_eq!(differing(&many(1), &many(3)), [(1..2 * MOST, 1..2 * MOST)]);
        // One among many is still found.
        let mut other = many(1);
        other.insert(MOST, 7);
        assert_eq!(differing(&many(1), &other), [(MOST..MOST, MOST..MOST + 1)]);
    }
}
