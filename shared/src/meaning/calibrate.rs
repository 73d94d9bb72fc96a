//! How far a game's head can be relied on: phrases are held back, heard with a head that was trained without them, and
//! what came of it is what confidence means.
//!
//! The curve has the same shape for every game and two numbers of its own, drawn towards those that hold for games in general, so that
//! few phrases change little; how much of what people say is not about the game, only those know. Basic operations in a fixed order: the
//! same bytes on every machine.

use super::build::{Material, head, view};
use super::confidence::{self, Fit, Mass};
use super::index::{MIN_EXAMPLES, MeaningIndex};
use super::numbers::{ONE, exp, root};
use super::train::Example;
use super::{Dense, Heard, Logits};

/// Parts that the phrases of a game are held back in, where all of them are heard and where not.
const PARTS: [usize; 2] = [10, 5];
/// A game of at most so many moves times phrases is rehearsed with each phrase; of a larger one with every fifth.
const WHOLLY_REHEARSED: usize = 6_000;
/// Phrases heard in one rehearsal when a game is compiled.
const MAX_HEARD: usize = 400;

/// What holds for games in general, without and with a model: base, odds.
const USUAL: [[f64; 2]; 2] = [[0.5, 1.12], [-0.4, 1.2]];
/// How strongly each number is drawn to what is usual; in a game of more than [`DRAWN_MOVES`] moves so many times as strongly, because few
/// of its phrases are heard for each move.
const DRAWN: [f64; 2] = [3.0, 20.0];
const DRAWN_MOVES: f64 = 8.0;
/// The curve rises with the odds at least so much.
const LEAST: [f64; 2] = [-8.0, 0.3];
const ROUNDS: usize = 16;

/// How much of a game is rehearsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    parts: usize,
    rounds: usize,
    heard: usize,
}

impl Plan {
    /// What a compilation has the time for.
    pub(crate) fn for_compiling(material: &Material<'_>) -> Plan {
        let [many, few] = PARTS;
        let whole = material.moves * material.examples.len() <= WHOLLY_REHEARSED;
        let (parts, rounds) = if whole { (many, many) } else { (few, 1) };
        Plan { parts, rounds, heard: MAX_HEARD }
    }

    /// Every phrase once.
    pub(crate) const WHOLE: Plan = Plan { parts: PARTS[1], rounds: PARTS[1], heard: usize::MAX };
}

/// A phrase that was heard by a head that did not know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rehearsed {
    /// Its pattern, by its number in the game.
    pub(crate) pattern: u32,
    /// Whose it is.
    pub(crate) move_index: u32,
    /// The likeliest move.
    pub(crate) found: u32,
    odds: i64,
}

impl Rehearsed {
    pub(crate) fn is_right(&self) -> bool {
        self.found == self.move_index
    }

    /// The confidence that a turn would have, in ten-thousandths.
    pub(crate) fn confidence(&self, index: &MeaningIndex<'_>, with_model: bool) -> u64 {
        confidence::of(self.odds, index.fit(with_model))
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
        let held = |at: usize| ordinals[at] % plan.parts == plan.parts - 1 - round;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (at, &example) in material.examples.iter().enumerate() {
            if held(at) { unknown.push(example) } else { known.push(example) }
        }
        if unknown.is_empty() {
            continue;
        }
        let sections = head(&Material { examples: &known, ..*material });
        let index = view(&sections);
        let step = unknown.len().div_ceil(plan.heard.max(1)).max(1);
        let heard = unknown.iter().step_by(step);
        all.extend(heard.filter_map(|example| hear(&index, material, example, &covered)));
    }
    all
}

fn hear(
    index: &MeaningIndex<'_>,
    material: &Material<'_>,
    example: &Example,
    covered: &dyn Fn(usize) -> bool,
) -> Option<Rehearsed> {
    let heard = as_heard(index, material, example)?;
    let logits = Logits::of(index, &heard, index.move_count());
    let found = *logits.likeliest(covered).first()?;
    let odds = Mass::of(&logits).odds(logits.get(found));
    let Example { pattern, move_index, .. } = *example;
    Some(Rehearsed { pattern, move_index, found: found as u32, odds })
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
    fitted(&rehearse(material, plan), USUAL[usize::from(material.model.is_some())], pull)
}

fn fitted(rehearsed: &[Rehearsed], usual: [f64; 2], pull: f64) -> Fit {
    let fit = logistic_fit(rehearsed, usual, DRAWN.map(|drawn| drawn * pull));
    Fit::of(fit.map(|number| (number * ONE as f64) as i32))
}

/// Newton's method on the logistic loss, each number drawn to where it starts.
fn logistic_fit(rehearsed: &[Rehearsed], usual: [f64; 2], drawn: [f64; 2]) -> [f64; 2] {
    let mut at = usual;
    for _ in 0..ROUNDS {
        let mut slope = [0, 1].map(|part| drawn[part] * (at[part] - usual[part]));
        // What bends with the base, with both, and with the odds.
        let mut bend = [drawn[0], 0.0, drawn[1]];
        for heard in rehearsed {
            let odds = heard.odds as f64 / ONE as f64;
            let chance = 1.0 / (1.0 + exp(-(at[0] + at[1] * odds)));
            let error = chance - if heard.is_right() { 1.0 } else { 0.0 };
            let curve = chance * (1.0 - chance);
            slope[0] += error;
            slope[1] += error * odds;
            bend[0] += curve;
            bend[1] += curve * odds;
            bend[2] += curve * odds * odds;
        }
        let whole = bend[0] * bend[2] - bend[1] * bend[1];
        let step =
            [(bend[2] * slope[0] - bend[1] * slope[1]) / whole, (bend[0] * slope[1] - bend[1] * slope[0]) / whole];
        for part in 0..2 {
            let moved = at[part] - step[part].clamp(-1.0, 1.0);
            at[part] = if moved < LEAST[part] { LEAST[part] } else { moved };
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phrases of which those with odds above `from` are understood, nine of ten.
    fn heard(from: i64) -> Vec<Rehearsed> {
        let one = |at: i64| Rehearsed {
            pattern: 0,
            move_index: 0,
            found: u32::from(at < from || at % 10 == 0),
            odds: (at - 50) * ONE / 10,
        };
        (0..100).map(one).collect()
    }

    #[test]
    fn confidence_follows_what_was_understood() {
        let confidence = |fit: Fit, odds: i64| confidence::of(odds * ONE, fit);
        let (easy, hard) = (fitted(&heard(20), USUAL[0], 1.0), fitted(&heard(80), USUAL[0], 1.0));
        assert!(confidence(easy, 0) > 7_000, "{easy:?}");
        assert!(confidence(hard, 0) < 4_000, "{hard:?}");
        for fit in [easy, hard] {
            assert!((-4..4).all(|odds| confidence(fit, odds) <= confidence(fit, odds + 1)), "it never falls: {fit:?}");
        }
    }

    #[test]
    fn without_phrases_it_is_what_is_usual() {
        let usual = fitted(&[], USUAL[1], 1.0);
        assert_eq!(usual, Fit::of(USUAL[1].map(|number| (number * ONE as f64) as i32)));
    }
}
