//! How far apart two words are.

/// Words longer than this many characters are never compared letter by letter.
pub const MAX_COMPARED_CHARS: usize = 32;

/// Whether the words differ by at most one slip of the keyboard: a letter left out or added, exchanged for another,
/// or two neighbours swapped.
#[must_use]
pub fn one_slip_apart(a: &str, b: &str) -> bool {
    edit_distance(a, b, 1).is_some()
}

/// The optimal string alignment distance (insertions, deletions, exchanges, swaps of neighbours), counted in
/// characters; `None` when it is more than `limit` or a word is longer than [`MAX_COMPARED_CHARS`].
#[must_use]
pub fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    let (mut left, mut right) = (['\0'; MAX_COMPARED_CHARS], ['\0'; MAX_COMPARED_CHARS]);
    let left = characters(&mut left, a)?;
    let right = characters(&mut right, b)?;
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut before = [0usize; MAX_COMPARED_CHARS + 1];
    let mut previous = before;
    let mut current = before;
    for (column, cell) in previous.iter_mut().enumerate() {
        *cell = column;
    }
    for i in 1..=left.len() {
        current[0] = i;
        for j in 1..=right.len() {
            let exchange = previous[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = exchange.min(previous[j] + 1).min(current[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            current[j] = best;
        }
        before = previous;
        previous = current;
    }
    let distance = previous[right.len()];
    (distance <= limit).then_some(distance)
}

fn characters<'a>(into: &'a mut [char; MAX_COMPARED_CHARS], word: &str) -> Option<&'a [char]> {
    let mut count = 0;
    for ch in word.chars() {
        *into.get_mut(count)? = ch;
        count += 1;
    }
    Some(&into[..count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        for (a, b, distance) in [
            ("chest", "chets", 1),
            ("hello", "helo", 1),
            ("hello", "hello", 0),
            ("chest", "test", 2),
            ("你好", "你", 1),
            ("", "ab", 2),
        ] {
            assert_eq!(edit_distance(a, b, 2), Some(distance), "{a} {b}");
            assert_eq!(one_slip_apart(a, b), distance <= 1, "{a} {b}");
        }
        assert_eq!(edit_distance("chest", "pain", 2), None);
    }
}
