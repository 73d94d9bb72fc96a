//! `lgdl validate --meaning`: how far a game's confidence can be relied on, and which moves meaning takes for each other.
//! Every phrase is heard by a head that was trained without it.

use std::collections::BTreeMap;

use lgdl::compiled::{CompiledGame, Rehearsal};
use lgdl::ir;
use lgdl::meaning::MIN_EXAMPLES;
use serde::Serialize;

use super::super::console::{Console, count};
use super::super::failure::Failure;
use super::super::heard;

/// Bins of the calibration error.
const BINS: usize = 10;
/// Pairs of moves that are named, and phrases of each.
const MAX_PAIRS: usize = 20;
const MAX_PHRASES: usize = 5;
/// So many phrases of two moves must be taken for the other's before the pair is named.
const COLLIDING: usize = 2;

/// What a game makes of its own phrases.
#[derive(Debug, Serialize)]
pub(super) struct Understood {
    /// What it was heard with, in words.
    #[serde(skip)]
    heard_with: &'static str,
    /// Moves that have too few phrases to be found by meaning.
    too_few_phrases: Vec<String>,
    /// Phrases that were heard.
    phrases: usize,
    /// The share of them that found their move.
    right: f64,
    /// The expected difference between confidence and the share that is right.
    calibration_error: f64,
    /// Moves that are taken for each other, the most often first.
    collisions: Vec<Collision>,
}

/// Two moves that are taken for each other.
#[derive(Debug, Serialize)]
struct Collision {
    moves: [String; 2],
    /// How many phrases of either are taken for the other's.
    count: usize,
    /// Some of them.
    phrases: Vec<Taken>,
}

/// A phrase that was taken for another move's.
#[derive(Debug, Clone, Serialize)]
struct Taken {
    phrase: String,
    #[serde(rename = "move")]
    of: String,
    taken_for: String,
}

/// Hears every phrase of the game, as it was compiled, without having learnt it.
pub(super) fn understood(game: &ir::Game, compiled: &CompiledGame) -> Result<Understood, Failure> {
    let meaning = heard::heard_with(compiled);
    let rehearsed = CompiledGame::rehearse(game, meaning).map_err(|error| Failure::Failed(error.to_string()))?;
    let too_few_phrases = compiled.beyond_meaning().map(|body| body.name.clone()).collect();
    Ok(Understood { heard_with: heard::name_of(meaning), too_few_phrases, ..figures(&rehearsed) })
}

fn figures(heard: &[Rehearsal]) -> Understood {
    let right = heard.iter().filter(|heard| heard.found == heard.move_name).count();
    let mut bins = [(0.0, 0.0); BINS]; // confidence, right
    let mut pairs: BTreeMap<[&str; 2], Vec<Taken>> = BTreeMap::new();
    for one in heard {
        let bin = &mut bins[((one.confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += one.confidence;
        if one.found == one.move_name {
            bin.1 += 1.0;
            continue;
        }
        let (a, b) = (one.move_name.as_str(), one.found.as_str());
        let pair = if a < b { [a, b] } else { [b, a] };
        let taken = Taken { phrase: one.phrase.clone(), of: a.to_owned(), taken_for: b.to_owned() };
        pairs.entry(pair).or_default().push(taken);
    }
    let mut collisions: Vec<Collision> = pairs
        .into_iter()
        .filter(|(_, phrases)| phrases.len() >= COLLIDING)
        .map(|(moves, mut phrases)| {
            let count = phrases.len();
            phrases.truncate(MAX_PHRASES);
            Collision { moves: moves.map(str::to_owned), count, phrases }
        })
        .collect();
    collisions.sort_by_key(|collision| std::cmp::Reverse(collision.count));
    collisions.truncate(MAX_PAIRS);
    let all = heard.len().max(1) as f64;
    Understood {
        heard_with: "",
        too_few_phrases: Vec::new(),
        phrases: heard.len(),
        right: right as f64 / all,
        calibration_error: bins.iter().map(|bin| (bin.0 - bin.1).abs()).sum::<f64>() / all,
        collisions,
    }
}

pub(super) fn show(name: &str, understood: &Understood, console: &mut Console) -> Result<(), Failure> {
    if understood.phrases == 0 {
        console.line(format_args!("  {name}, heard with {}: no move is found by meaning", understood.heard_with))?;
    } else {
        console.line(format_args!(
            "  {name}, heard with {}: {} heard without having been learnt: {:.0}% find their move, expected calibration error {:.3}",
            understood.heard_with,
            count(understood.phrases, "phrase"),
            understood.right * 100.0,
            understood.calibration_error
        ))?;
    }
    if !understood.too_few_phrases.is_empty() {
        console.line(format_args!(
            "  found by their patterns alone, because meaning needs {MIN_EXAMPLES} phrases: {}",
            understood.too_few_phrases.join(", ")
        ))?;
    }
    for collision in &understood.collisions {
        let [one, other] = &collision.moves;
        console.line(format_args!(
            "  {one} and {other} are taken for each other ({})",
            count(collision.count, "phrase")
        ))?;
        for taken in &collision.phrases {
            console.line(format_args!("    \"{}\" of {} is taken for {}", taken.phrase, taken.of, taken.taken_for))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(phrase: &str, of: &str, found: &str, confidence: f64) -> Rehearsal {
        Rehearsal { phrase: phrase.into(), move_name: of.into(), found: found.into(), confidence }
    }

    #[test]
    fn moves_that_are_taken_for_each_other_are_named_with_their_phrases() {
        let all = [
            heard("one", "a", "b", 0.6),
            heard("two", "b", "a", 0.4),
            heard("three", "a", "a", 0.9),
            heard("four", "a", "c", 0.2),
        ];
        let found = figures(&all);
        assert_eq!((found.phrases, found.right), (4, 0.25));
        assert!((found.calibration_error - (0.6 + 0.4 + 0.1 + 0.2) / 4.0).abs() < 1e-9);
        assert_eq!(found.collisions.len(), 1, "one phrase alone is no collision");
        assert_eq!((&found.collisions[0].moves, found.collisions[0].count), (&["a".into(), "b".into()], 2));
    }
}
