//! How far a game's head can be relied on: phrases are held back, heard with a head that was trained without them, and
//! what came of it is what confidence means.
//!
//! Some moves are held back whole: their phrases stand for what the game is not about. The curve has the same shape for
//! every game and three numbers of its own, drawn towards those that hold for games in general, so that few phrases
//! change little. Basic operations in a fixed order: the same bytes on every machine.

use super::build::{Material, head, view};
use super::confidence::{self, Fit, Mass};
use super::index::{MIN_EXAMPLES, MeaningIndex};
use super::numbers::{ONE, exp, root};
use super::train::Example;
use super::{Dense, Heard, Logits, nearest};

/// Every so manieth phrase of a move is held back together.
const HELD_BACK: usize = 5;
/// Every so manieth move is held back whole.
const LEFT_OUT: usize = 8;
/// A game of at most so many moves times phrases is rehearsed with each phrase; of a larger one with every fifth.
const WHOLLY_REHEARSED: usize = 6_000;
/// Phrases heard in one rehearsal when a game is compiled.
const MAX_HEARD: usize = 400;

/// What holds for games in general, without and with a model: base, odds, nearness. The base counts with what people say that no
/// move is about, and a game's own phrases can't tell how much that is: at 0.5, with a model, nine of ten are right and nine of ten refused.
const USUAL: [[f64; 3]; 2] = [[-0.45, 0.9, 1.6], [-2.3, 0.9, 2.4]];
/// How strongly each number is drawn to what is usual, and the base and the scale to what was found first; in a game of more than
/// [`DRAWN_MOVES`] moves so many times as strongly, because few of its phrases are heard for each move.
const DRAWN: [f64; 3] = [2.0, 20.0, 2.0];
const DRAWN_TO_FIRST: [f64; 2] = [2.0, 20.0];
const DRAWN_MOVES: f64 = 8.0;
/// What is left out weighs so much of what is held back where it is asked which way confidence lies, without and with a model.
const OUTSIDE_WEIGHT: [f64; 2] = [0.2, 0.1];
/// The curve rises with the odds at least so much, and never falls with nearness.
const LEAST: [f64; 3] = [-8.0, 0.3, 0.0];
const ROUNDS: usize = 16;

/// What stands for all that a game is not about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    /// Moves that are held back whole.
    Moves,
    Nothing,
}

/// How much of a game is rehearsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    rounds: usize,
    heard: usize,
    outside: Outside,
}

impl Plan {
    /// What a compilation has the time for.
    pub(crate) fn for_compiling(material: &Material<'_>) -> Plan {
        let whole = material.moves * material.examples.len() <= WHOLLY_REHEARSED;
        Plan { rounds: if whole { HELD_BACK } else { 1 }, heard: MAX_HEARD, outside: Outside::Moves }
    }

    /// Every phrase once, among all moves.
    pub(crate) const WHOLE: Plan = Plan { rounds: HELD_BACK, heard: usize::MAX, outside: Outside::Nothing };
}

/// A phrase that was heard by a head that did not know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rehearsed {
    /// Its pattern, by its number in the game.
    pub(crate) pattern: u32,
    /// Whose it is.
    pub(crate) move_index: u32,
    /// Whether its move was left out: nothing is right.
    pub(crate) outside: bool,
    /// The likeliest move.
    pub(crate) found: u32,
    odds: i64,
    nearness: i64,
}

impl Rehearsed {
    pub(crate) fn is_right(&self) -> bool {
        !self.outside && self.found == self.move_index
    }

    /// The confidence that a turn would have, in ten-thousandths.
    pub(crate) fn confidence(&self, index: &MeaningIndex<'_>, with_model: bool) -> u64 {
        confidence::of(self.odds, self.nearness, index.fit(with_model))
    }
}

/// Hears the phrases with heads that were trained without them.
pub(crate) fn rehearse(material: &Material<'_>, plan: &Plan) -> Vec<Rehearsed> {
    let mut ordinals = Vec::with_capacity(material.examples.len());
    for (at, example) in material.examples.iter().enumerate() {
        let again = at.checked_sub(1).is_some_and(|before| material.examples[before].move_index == example.move_index);
        ordinals.push(if again { ordinals[at - 1] + 1 } else { 0usize });
    }
    let mut counts = vec![0usize; material.moves];
    for example in material.examples {
        counts[example.move_index as usize] += 1;
    }
    let covered = |of: usize| counts.get(of).is_some_and(|&count| count >= MIN_EXAMPLES);
    let mut all = Vec::new();
    for round in 0..plan.rounds {
        let left_out =
            |example: &Example| plan.outside == Outside::Moves && example.move_index as usize % LEFT_OUT == round;
        let held = |at: usize| ordinals[at] % HELD_BACK == (HELD_BACK - 1 - round);
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (at, &example) in material.examples.iter().enumerate() {
            if left_out(example) || held(at) { unknown.push(example) } else { known.push(example) }
        }
        let sections = head(&Material { examples: &known, ..*material });
        let index = view(&sections);
        let step = unknown.len().div_ceil(plan.heard.max(1)).max(1);
        let heard = unknown.iter().step_by(step);
        all.extend(heard.filter_map(|example| hear(&index, material, example, &covered, left_out(example))));
    }
    all
}

fn hear(
    index: &MeaningIndex<'_>,
    material: &Material<'_>,
    example: &Example,
    covered: &dyn Fn(usize) -> bool,
    outside: bool,
) -> Option<Rehearsed> {
    let heard = as_heard(index, material, example)?;
    let logits = Logits::of(index, &heard, index.move_count());
    let found = *logits.likeliest(covered).first()?;
    let near = nearest(index, &heard, found, &|_| true, 1)?;
    let odds = Mass::of(&logits).odds(logits.get(found));
    let Example { pattern, move_index, .. } = *example;
    Some(Rehearsed { pattern, move_index, outside, found: found as u32, odds, nearness: near.cosine() })
}

/// A phrase as if somebody had said it.
fn as_heard<'a>(index: &MeaningIndex<'_>, material: &Material<'a>, example: &Example) -> Option<Heard<'a>> {
    let mut words = Vec::with_capacity(example.keys.len());
    let mut square = 0u64;
    for &key in &example.keys {
        let telling = index.telling(key);
        let grammar = material.grammar.get(key as usize).copied().unwrap_or(false);
        let counts = u64::from(if telling > 0 || grammar { telling } else { index.unknown() });
        square += counts * counts;
        if telling > 0 {
            words.push((key, telling, 0));
        }
    }
    let vector = example.vector.as_deref().copied();
    let dense = material.model.zip(vector).map(|(model, vector)| Dense::of_vector(model, vector));
    (!words.is_empty() || dense.is_some()).then(|| Heard { words, length: root(square).max(1) as i64, dense })
}

/// The curve of a game.
pub(super) fn fit(material: &Material<'_>, plan: &Plan) -> Fit {
    let pull = material.moves as f64 / DRAWN_MOVES;
    let pull = if pull > 1.0 { pull } else { 1.0 };
    fitted(&rehearse(material, plan), material.model.is_some(), pull)
}

/// Which way confidence lies is asked of the moves that were left out as well; how far, only of the phrases that were held back:
/// moves that are like the game's own do not tell how often people speak of something else.
fn fitted(rehearsed: &[Rehearsed], with_model: bool, pull: f64) -> Fit {
    let kind = usize::from(with_model);
    let (usual, outside_weight) = (USUAL[kind], OUTSIDE_WEIGHT[kind]);
    let outside = rehearsed.iter().filter(|heard| heard.outside).count();
    let inside = rehearsed.len() - outside;
    let weight = outside_weight * inside as f64 / outside.max(1) as f64;
    let points: Vec<Point<3>> = rehearsed
        .iter()
        .map(|heard| Point {
            x: [1.0, heard.odds as f64 / ONE as f64, heard.nearness as f64 / ONE as f64],
            is_right: heard.is_right(),
            weight: if heard.outside { weight } else { 1.0 },
        })
        .collect();
    let [base, odds, nearness] = logistic_fit(&points, usual, DRAWN.map(|drawn| drawn * pull), LEAST);
    let held_back = points.iter().zip(rehearsed).filter(|(_, heard)| !heard.outside);
    let along: Vec<Point<2>> = held_back
        .map(|(point, _)| Point {
            x: [1.0, odds * point.x[1] + nearness * point.x[2]],
            is_right: point.is_right,
            weight: point.weight,
        })
        .collect();
    let [base, scale] =
        logistic_fit(&along, [base, 1.0], DRAWN_TO_FIRST.map(|drawn| drawn * pull), [LEAST[0], LEAST[1]]);
    Fit::of([base, odds * scale, nearness * scale].map(|number| (number * ONE as f64) as i32))
}

/// What is known of a phrase, and whether it was understood.
struct Point<const N: usize> {
    x: [f64; N],
    is_right: bool,
    weight: f64,
}

/// Newton's method on the logistic loss, each number drawn to where it starts.
fn logistic_fit<const N: usize>(points: &[Point<N>], start: [f64; N], drawn: [f64; N], least: [f64; N]) -> [f64; N] {
    let mut at = start;
    for _ in 0..ROUNDS {
        let mut slope: [f64; N] = std::array::from_fn(|part| drawn[part] * (at[part] - start[part]));
        let mut bend = [[0.0; N]; N];
        for (part, row) in bend.iter_mut().enumerate() {
            row[part] = drawn[part];
        }
        for point in points {
            let sum = at.iter().zip(&point.x).fold(0.0, |sum, (number, x)| sum + number * x);
            let chance = 1.0 / (1.0 + exp(-sum));
            let error = point.weight * (chance - if point.is_right { 1.0 } else { 0.0 });
            let curve = point.weight * chance * (1.0 - chance);
            for (part, row) in bend.iter_mut().enumerate() {
                slope[part] += error * point.x[part];
                for (other, entry) in row.iter_mut().enumerate() {
                    *entry += curve * point.x[part] * point.x[other];
                }
            }
        }
        let step = solved(bend, slope);
        for part in 0..N {
            let moved = at[part] - step[part].clamp(-1.0, 1.0);
            at[part] = if moved < least[part] { least[part] } else { moved };
        }
    }
    at
}

/// Solves equations whose matrix is positive definite, by elimination.
fn solved<const N: usize>(mut of: [[f64; N]; N], mut to: [f64; N]) -> [f64; N] {
    for part in 0..N {
        for below in part + 1..N {
            let share = of[below][part] / of[part][part];
            let row = of[part];
            for (value, above) in of[below].iter_mut().zip(row).skip(part) {
                *value -= share * above;
            }
            to[below] -= share * to[part];
        }
    }
    for part in (0..N).rev() {
        for column in part + 1..N {
            to[part] -= of[part][column] * to[column];
        }
        to[part] /= of[part][part];
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phrases of which those with odds above `from` are understood, nine of ten.
    fn heard(from: i64) -> Vec<Rehearsed> {
        let one = |at: i64| Rehearsed {
            pattern: 0,
            move_index: 0,
            outside: false,
            found: u32::from(at < from || at % 10 == 0),
            odds: (at - 50) * ONE / 10,
            nearness: ONE / 2,
        };
        (0..100).map(one).collect()
    }

    #[test]
    fn confidence_follows_what_was_understood() {
        let confidence = |fit: Fit, odds: i64| confidence::of(odds * ONE, ONE / 2, fit);
        let (easy, hard) = (fitted(&heard(20), false, 1.0), fitted(&heard(80), false, 1.0));
        assert!(confidence(easy, 0) > 7_000, "{easy:?}");
        assert!(confidence(hard, 0) < 4_000, "{hard:?}");
        for fit in [easy, hard] {
            assert!((-4..4).all(|odds| confidence(fit, odds) <= confidence(fit, odds + 1)), "it never falls: {fit:?}");
        }
    }

    #[test]
    fn moves_that_were_left_out_do_not_say_how_far_a_game_can_be_relied_on() {
        let inside = heard(20);
        let outside = inside.iter().map(|heard| Rehearsed { outside: true, ..*heard });
        let whole: Vec<_> = inside.iter().copied().chain(outside).collect();
        let mean = |of: &[Rehearsed]| {
            let fit = fitted(of, false, 1.0);
            inside.iter().map(|heard| confidence::of(heard.odds, heard.nearness, fit)).sum::<u64>()
                / inside.len() as u64
        };
        let (without, with) = (mean(&inside), mean(&whole));
        assert!(without.abs_diff(with) < 100, "{without} {with}");
    }

    #[test]
    fn without_phrases_it_is_what_is_usual() {
        let usual = fitted(&[], true, 1.0);
        assert_eq!(usual, Fit::of(USUAL[1].map(|number| (number * ONE as f64) as i32)));
    }

    #[test]
    fn equations_are_solved() {
        let solved = solved([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]], [5.5, 4.25, 2.75]);
        assert!(solved.iter().all(|number| (number - 1.0).abs() < 1e-9), "{solved:?}");
    }
}
