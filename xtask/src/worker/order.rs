//! The order of a module's functions in which it is smallest compressed. gzip finds what was there within the last 32 KiB, so
//! functions that are alike stand near each other.

use std::collections::VecDeque;

/// Bytes that functions have in common where they are alike.
const PIECE_BYTES: usize = 6;
/// Functions that have a piece in common, at most: what more of them have is found anywhere.
const MAX_SHARING: usize = 400;
/// How far back likeness counts; gzip looks a little further.
const WINDOW_BYTES: usize = 20_000;
/// What a function's length counts for against what it has in common with others: long ones have something in common with most.
const EXPONENT: f64 = 0.8;
/// Added to that: a short one takes more by itself than its bytes.
const OVERHEAD_BYTES: f64 = 8.0;

/// Which functions have which pieces, and which pieces stand near.
struct Likeness {
    /// By function.
    pieces: Vec<Vec<usize>>,
    /// By piece.
    functions: Vec<Vec<usize>>,
    /// How many functions near have a piece.
    near: Vec<usize>,
    /// How many of a function's pieces stand near.
    shared: Vec<u64>,
}

impl Likeness {
    fn of(functions: &[&[u8]]) -> Likeness {
        let mut all: Vec<([u8; PIECE_BYTES], usize)> = Vec::new();
        for (index, body) in functions.iter().enumerate() {
            all.extend(body.windows(PIECE_BYTES).filter_map(|piece| Some((piece.try_into().ok()?, index))));
        }
        all.sort_unstable();
        all.dedup();
        let mut likeness = Likeness {
            pieces: vec![Vec::new(); functions.len()],
            functions: Vec::new(),
            near: Vec::new(),
            shared: vec![0; functions.len()],
        };
        let shared = all.chunk_by(|one, next| one.0 == next.0).filter(|of| (2..=MAX_SHARING).contains(&of.len()));
        for (piece, of) in shared.enumerate() {
            let of: Vec<usize> = of.iter().map(|(_, function)| *function).collect();
            of.iter().for_each(|function| likeness.pieces[*function].push(piece));
            likeness.functions.push(of);
        }
        likeness.near = vec![0; likeness.functions.len()];
        likeness
    }

    fn come_near(&mut self, function: usize) {
        for piece in &self.pieces[function] {
            self.near[*piece] += 1;
            if self.near[*piece] == 1 {
                self.functions[*piece].iter().for_each(|other| self.shared[*other] += 1);
            }
        }
    }

    fn fall_behind(&mut self, function: usize) {
        for piece in &self.pieces[function] {
            self.near[*piece] -= 1;
            if self.near[*piece] == 0 {
                self.functions[*piece].iter().for_each(|other| self.shared[*other] -= 1);
            }
        }
    }
}

/// The functions, each behind those that it has most in common with: the first, and then always the one that brings least that is
/// new; of several the one that stood first.
pub(super) fn by_likeness(functions: &[&[u8]]) -> Vec<usize> {
    let mut likeness = Likeness::of(functions);
    let mut left: Vec<usize> = (0..functions.len()).collect();
    let mut order = Vec::with_capacity(functions.len());
    let (mut near, mut bytes) = (VecDeque::new(), 0);
    let cost = |body: &&[u8]| ((body.len() as f64).powf(EXPONENT) + OVERHEAD_BYTES) as u64;
    let costs: Vec<u64> = functions.iter().map(cost).collect();
    while !left.is_empty() {
        let mut best = 0;
        for at in 1..left.len() {
            let (one, other) = (left[best], left[at]);
            if likeness.shared[other] * costs[one] > likeness.shared[one] * costs[other] {
                best = at;
            }
        }
        let next = left.remove(best);
        order.push(next);
        likeness.come_near(next);
        near.push_back(next);
        bytes += functions[next].len();
        while bytes > WINDOW_BYTES
            && let Some(first) = near.pop_front()
        {
            likeness.fall_behind(first);
            bytes -= functions[first].len();
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_alike_stand_together() {
        let functions: [&[u8]; 5] = [
            b"counts what is there",
            b"reads a file of names",
            b"!",
            b"counts what was there",
            b"reads a file of dates",
        ];
        assert_eq!(by_likeness(&functions), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn every_function_has_one_place() {
        let bodies: Vec<Vec<u8>> = (0..200u16).map(|of| of.to_le_bytes().repeat(usize::from(of) * 3)).collect();
        let functions: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        let mut order = by_likeness(&functions);
        order.sort_unstable();
        assert_eq!(order, (0..200).collect::<Vec<_>>());
    }
}
