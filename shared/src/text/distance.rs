//! How far apart two words are.

/// Words longer than this many characters are never compared letter by letter.
pub const MAX_COMPARED_CHARS: usize = 32;

/// Whether `said` is `meant` but for at most one slip of the hand: a letter left out or added, two neighbours swapped,
/// or a letter exchanged for one that lies beside it on the keyboard or sounds like it. ("hunting" is no slip for
/// "hurting".)
#[must_use]
pub fn one_slip_apart(meant: &str, said: &str) -> bool {
    if edit_distance(meant, said, 1).is_none() {
        return false;
    }
    let mut differences = meant.chars().zip(said.chars()).filter(|(a, b)| a != b);
    let exchanged = meant.chars().count() == said.chars().count();
    match (exchanged, differences.next(), differences.next()) {
        (true, Some((a, b)), None) => are_confused(a, b),
        _ => true,
    }
}

/// Whether a letter is easily typed for another.
fn are_confused(a: char, b: char) -> bool {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    const SOUNDS: [&str; 5] = ["aeiouy", "ck", "sz", "cs", "fv"];
    let place = |letter| ROWS.iter().enumerate().find_map(|(row, keys)| keys.find(letter).map(|column| (row, column)));
    if SOUNDS.iter().any(|group| group.contains(a) && group.contains(b)) {
        return true;
    }
    match (place(a), place(b)) {
        // Each row is set off to the right of the one above it.
        (Some((row, column)), Some((other_row, other))) => match other_row as isize - row as isize {
            0 => column.abs_diff(other) == 1,
            1 => other == column || other + 1 == column,
            -1 => column == other || column + 1 == other,
            _ => false,
        },
        // Other scripts have other keyboards.
        (None, None) => true,
        _ => false,
    }
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
        }
        assert_eq!(edit_distance("chest", "pain", 2), None);
    }

    #[test]
    fn a_slip_is_what_hands_do_and_not_another_word() {
        for (meant, said) in [
            ("chest", "chets"),
            ("hello", "helo"),
            ("hello", "helllo"),
            ("pain", "paon"),
            ("hurting", "hurtimg"),
            ("breathe", "braethe"),
            ("severe", "severa"),
        ] {
            assert!(one_slip_apart(meant, said), "{meant} {said}");
        }
        for (meant, said) in [("hurting", "hunting"), ("chest", "chess"), ("fever", "fewer"), ("broken", "broker")] {
            assert!(!one_slip_apart(meant, said), "{meant} {said}");
        }
    }
}
