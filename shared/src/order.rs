//! Sorting of short lists. The standard library's sort is two kilobytes of wasm for each type and comparison that it is used
//! with; here all share one.

use std::cmp::Ordering;

/// Sorts by a comparison; what is equal stays in its order.
pub(crate) fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if list.len() < 2 {
        return;
    }
    let mut order = sorted(list.len(), &|one, other| compare(&list[one], &list[other]));
    // `order` tells of each place whose element belongs there: the elements go round in circles.
    for start in 0..list.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start || from == at {
                break;
            }
            list.swap(at, from);
            at = from;
        }
    }
}

/// Sorts by a key; what is equal stays in its order.
pub(crate) fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |one, other| key(one).cmp(&key(other)));
}

/// The places of the elements in their order.
fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|one, other| compare(*one, *other));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_as_the_standard_library_sorts_them() {
        let mut seed = 5u32;
        for length in (0..40).chain([500]) {
            let mut list: Vec<(u32, usize)> = Vec::new();
            for at in 0..length {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                list.push((seed >> 29, at));
            }
            let mut expected = list.clone();
            expected.sort_by_key(|element| element.0);
            sort_by_key(&mut list, |element| element.0);
            assert_eq!(list, expected);
        }
    }
}
