//! Results for programs.

use lgdl::golden::{Combinations, Mismatch};
use serde::Serialize;

use super::coverage::{Coverage, Share};
use super::{DialogResult, GameResult, Totals};

#[derive(Serialize)]
pub(super) struct Report<'a> {
    passed: bool,
    totals: Totals,
    games: Vec<Game<'a>>,
}

#[derive(Serialize)]
struct Game<'a> {
    file: &'a str,
    game: &'a str,
    version: &'a str,
    notes: &'a [String],
    dialogs: Vec<Dialog<'a>>,
    coverage: Shares,
    #[serde(skip_serializing_if = "Option::is_none")]
    combinations: Option<&'a Combinations>,
}

#[derive(Serialize)]
struct Dialog<'a> {
    file: String,
    name: &'a str,
    passed: bool,
    turns: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct Turn<'a> {
    input: &'a str,
    passed: bool,
    #[serde(rename = "move")]
    move_id: &'a str,
    confidence: f64,
    response: &'a str,
    mismatches: &'a [Mismatch],
}

#[derive(Serialize)]
struct Shares {
    moves: Share,
    blocks: Share,
    patterns: Share,
}

pub(super) fn report(results: &[GameResult], totals: Totals) -> Report<'_> {
    let games = results.iter().map(|result| Game {
        file: &result.file,
        game: &result.name,
        version: &result.version,
        notes: &result.notes,
        dialogs: result
            .files
            .iter()
            .flat_map(|file| file.dialogs.iter().map(|dialog| describe(file.path.display().to_string(), dialog)))
            .collect(),
        coverage: shares(&result.coverage),
        combinations: result.combinations.as_ref(),
    });
    Report { passed: totals.passed(), totals, games: games.collect() }
}

fn describe(file: String, result: &DialogResult) -> Dialog<'_> {
    let turns = result.dialog.turns.iter().zip(&result.turns).map(|(golden, turn)| Turn {
        input: &golden.input,
        passed: turn.mismatches.is_empty(),
        move_id: &turn.outcome.record.move_id,
        confidence: turn.outcome.record.confidence,
        response: &turn.outcome.record.response,
        mismatches: &turn.mismatches,
    });
    Dialog { file, name: &result.dialog.name, passed: result.passed(), turns: turns.collect() }
}

fn shares(coverage: &Coverage) -> Shares {
    Shares { moves: coverage.moves.share(), blocks: coverage.blocks.share(), patterns: coverage.patterns.share() }
}
