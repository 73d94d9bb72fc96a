//! Moves whose vectors lie together, so that in a game of many moves only those near to what was said are looked at.
//!
//! The groups are made when a game is compiled: k-means over the moves' vectors, from a fixed start, in a fixed order of basic
//! operations. At run time the groups whose middle comes nearest are looked at, in whole numbers.

use super::index::MeaningIndex;
use super::model::{DIMS, dot};
use super::train::{LANES, ROWS, product};

/// A game of no more moves has no groups: all of its moves are looked at.
pub(super) const MAX_UNGROUPED: usize = 500;
/// Groups that are looked at.
const LOOKED_AT: usize = 8;
/// Rounds of k-means.
const ROUNDS: usize = 3;

/// Calls `each` with the moves that a vector may be near to.
pub(super) fn near(index: &MeaningIndex<'_>, vector: &[i16; DIMS], moves: usize, mut each: impl FnMut(u32)) {
    let groups = index.groups();
    if groups.is_empty() {
        return (0..moves as u32).for_each(each);
    }
    let mut best: Vec<(i32, usize)> = Vec::with_capacity(LOOKED_AT + 1);
    for (group, middle) in groups.iter().enumerate() {
        let Some(middle) = middle.first_chunk() else { continue };
        let nearness = dot(vector, middle);
        let at = best.partition_point(|other| other.0 >= nearness);
        if at < LOOKED_AT {
            best.insert(at, (nearness, group));
            best.truncate(LOOKED_AT);
        }
    }
    for (_, group) in best {
        index.members(group).for_each(&mut each);
    }
}

/// The groups of the moves with these vectors, about as many as each has members, and their members; nothing of no vectors.
pub(super) fn lay(head: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let rows = head.as_chunks::<DIMS>().0;
    let (mut groups, mut members) = (Vec::new(), Vec::new());
    if rows.is_empty() {
        return (groups, members);
    }
    let count = rows.len().isqrt().next_multiple_of(LANES);
    let mut directions = vec![0.0f32; rows.len().next_multiple_of(ROWS) * DIMS];
    for (direction, row) in directions.as_chunks_mut::<DIMS>().0.iter_mut().zip(rows) {
        direction.iter_mut().zip(row).for_each(|(to, from)| *to = f32::from(*from as i8));
        level(direction);
    }
    let directions = directions.as_chunks::<DIMS>().0;
    let mut middles: Vec<[f32; DIMS]> = (0..count).map(|group| directions[group * rows.len() / count]).collect();
    let mut of = nearest(directions, &middles);
    for _ in 0..ROUNDS {
        let mut sums = vec![[0.0f32; DIMS]; count];
        for (direction, group) in directions.iter().zip(&of).take(rows.len()) {
            sums[*group].iter_mut().zip(direction).for_each(|(sum, value)| *sum += value);
        }
        for (middle, mut sum) in middles.iter_mut().zip(sums) {
            level(&mut sum);
            // A group without members stays where it was.
            if sum.iter().any(|value| *value != 0.0) {
                *middle = sum;
            }
        }
        of = nearest(directions, &middles);
    }
    for (group, middle) in middles.iter().enumerate() {
        for (move_index, _) in of.iter().take(rows.len()).enumerate().filter(|(_, own)| **own == group) {
            members.extend_from_slice(&(move_index as u32).to_le_bytes());
        }
        groups.extend(middle.iter().map(|value| (value * 127.0) as i8 as u8));
        groups.extend_from_slice(&((members.len() / 4) as u32).to_le_bytes());
    }
    (groups, members)
}

/// Brings a vector to length one; one without a direction stays as it is.
fn level(vector: &mut [f32; DIMS]) {
    let length = vector.iter().fold(0.0, |sum: f32, value| sum + value * value).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

/// The group whose middle is nearest, the first among equals.
fn nearest(directions: &[[f32; DIMS]], middles: &[[f32; DIMS]]) -> Vec<usize> {
    let count = middles.len();
    let mut turned = vec![0.0f32; DIMS * count];
    for (group, middle) in middles.iter().enumerate() {
        middle.iter().enumerate().for_each(|(dim, value)| turned[dim * count + group] = *value);
    }
    let mut near = vec![0.0f32; directions.len() * count];
    product(directions.as_flattened(), &turned, DIMS, count, &mut near);
    let first_best = |row: &[f32]| {
        let most = row.iter().copied().fold(f32::MIN, f32::max);
        row.iter().position(|value| *value == most).unwrap_or(0)
    };
    near.chunks_exact(count).map(first_best).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vector for each move: every tenth lies near the same place.
    fn heads(moves: usize) -> Vec<u8> {
        let vector =
            |of: usize| (0..DIMS).map(move |dim| ((dim % 10 == of % 10) as i8 * 100 + (of * dim % 7) as i8) as u8);
        (0..moves).flat_map(vector).collect()
    }

    #[test]
    fn every_move_is_in_one_group() {
        let head = heads(1_003);
        let (groups, members) = lay(&head);
        let index = MeaningIndex { groups: &groups, members: &members, ..MeaningIndex::default() };
        let mut all: Vec<u32> = (0..index.groups().len()).flat_map(|group| index.members(group)).collect();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..1_003));
        assert_eq!((lay(&head)), (groups, members), "the same each time");
    }

    #[test]
    fn what_is_near_is_looked_at_and_most_is_not() {
        let head = heads(1_003);
        let (groups, members) = lay(&head);
        let index = MeaningIndex { groups: &groups, members: &members, ..MeaningIndex::default() };
        for of in [0usize, 17, 500, 1_002] {
            let vector: [i16; DIMS] = std::array::from_fn(|dim| i16::from(head[of * DIMS + dim] as i8));
            let mut found = Vec::new();
            near(&index, &vector, 1_003, |of| found.push(of));
            assert!(found.contains(&(of as u32)) && found.len() < 700, "{of}: {} moves", found.len());
        }
        assert_eq!(lay(&[]), (Vec::new(), Vec::new()));
    }
}
