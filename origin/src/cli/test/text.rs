//! Results for people: what failed and how, then what was not reached, then the sum.

use lgdl::golden::{Combinations, Lost, Mismatch, Missing, TurnResult};
use lgdl::visible::one_line;

use super::coverage::{Share, ranges};
use super::{DialogResult, FileResult, GameResult, Totals};
use crate::cli::console::{Console, count};
use crate::cli::failure::Failure;

/// The longest text that is shown of an input or an answer, in characters.
const MAX_SHOWN_CHARS: usize = 300;

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Turns that are as expected, too.
    pub(super) verbose: bool,
    /// What was not reached.
    pub(super) coverage: Coverage,
}

/// Whether coverage is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Shown,
    Left,
}

pub(super) fn show(
    results: &[GameResult],
    totals: Totals,
    detail: Detail,
    console: &mut Console,
) -> Result<(), Failure> {
    for result in results {
        show_game(result, detail, console)?;
    }
    let failed = totals.dialogs - totals.dialogs_passed;
    let (style, verdict) = if failed == 0 { ("1;32", "ok".to_owned()) } else { ("1;31", format!("{failed} failed")) };
    let sum = format!(
        ": {} of {} and {} of {} pass, in {}",
        totals.dialogs_passed,
        count(totals.dialogs, "dialogue"),
        totals.turns_passed,
        count(totals.turns, "turn"),
        count(totals.games, "game"),
    );
    console.styled(&console.style().painted(style, verdict).plain(sum))
}

fn show_game(result: &GameResult, detail: Detail, console: &mut Console) -> Result<(), Failure> {
    console.styled(&console.style().painted("1", format_args!("{} ({})", result.file, result.name)))?;
    for note in &result.notes {
        console.line(format_args!("  note: {note}"))?;
    }
    for file in &result.files {
        show_file(file, detail.verbose, console)?;
    }
    if let Some(tried) = &result.combinations {
        show_combinations(tried, console)?;
    }
    if detail.coverage == Coverage::Shown && result.dialogs().next().is_some() {
        show_coverage(result, console)?;
    }
    Ok(())
}

/// Urgent moves said together with everything else.
fn show_combinations(tried: &Combinations, console: &mut Console) -> Result<(), Failure> {
    if tried.urgent_moves == 0 {
        return console.line("  combinations: 0 tried, no move is urgent");
    }
    console.line(format_args!("  combinations: {} tried, {} lost", tried.tried, tried.lost))?;
    for lost in &tried.named {
        let Lost { urgent, with, said, missing, found } = lost;
        let what = match missing {
            Missing::Urgent => format!("went to {found}"),
            Missing::Other => format!("lost {with}"),
            Missing::Answer => "lost the answer".to_owned(),
        };
        let line = format_args!("    ✗ {urgent} with {with}: {} {what}", quoted(said));
        console.styled(&console.style().painted("31", line))?;
    }
    Ok(())
}

fn show_file(file: &FileResult, verbose: bool, console: &mut Console) -> Result<(), Failure> {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let passed = file.dialogs.iter().filter(|dialog| dialog.passed()).count();
    console.line(format_args!("  {name}: {passed} of {}", count(file.dialogs.len(), "dialogue")))?;
    for dialog in &file.dialogs {
        if dialog.passed() && !verbose {
            continue;
        }
        let (style, mark) = if dialog.passed() { ("32", "✓") } else { ("31", "✗") };
        let line = console.style().plain("  ").painted(style, mark).plain(format_args!(" {}", dialog.dialog.name));
        console.styled(&line)?;
        show_turns(dialog, verbose, console)?;
    }
    Ok(())
}

fn show_turns(dialog: &DialogResult, verbose: bool, console: &mut Console) -> Result<(), Failure> {
    for (index, (golden, turn)) in dialog.dialog.turns.iter().zip(&dialog.turns).enumerate() {
        let failed = !turn.mismatches.is_empty();
        if !failed && !verbose {
            continue;
        }
        console.line(format_args!("    turn {}: {}", index + 1, quoted(&golden.input)))?;
        for Mismatch { what, expected, found } in &turn.mismatches {
            console.styled(&console.style().painted("32", format_args!("      - {what}: {}", shortened(expected))))?;
            // The whole answer stands below once.
            if *found != turn.outcome.record.response {
                console.styled(&console.style().painted("31", format_args!("      + {what}: {}", shortened(found))))?;
            }
        }
        console.styled(&console.style().painted("2", format_args!("      {}", summary(turn))))?;
        console
            .styled(&console.style().painted("2", format_args!("      {}", quoted(&turn.outcome.record.response))))?;
    }
    Ok(())
}

/// A turn's record in one line.
fn summary(turn: &TurnResult) -> String {
    let record = &turn.outcome.record;
    let mut text = format!("= {} {:.3}, {}", record.move_id, record.confidence, record.stage);
    if let Some(part) = &record.part {
        text.push_str(&format!(", in its part {part}"));
    }
    if let Some(slot) = &record.awaiting_slot {
        text.push_str(&format!(", asks for {slot}"));
    }
    for (name, value) in &record.slots {
        text.push_str(&format!(", {name} = {}", shortened(&value.to_string())));
    }
    text
}

fn show_coverage(result: &GameResult, console: &mut Console) -> Result<(), Failure> {
    let coverage = &result.coverage;
    let (moves, blocks, patterns) = (coverage.moves.share(), coverage.blocks.share(), coverage.patterns.share());
    console.line(format_args!(
        "  reached: {}, {}, {}",
        share("moves", &moves),
        share("blocks", &blocks),
        share("patterns", &patterns)
    ))?;
    let missed: Vec<_> = coverage.moves.missed().map(|(name, line)| format!("{name} (line {line})")).collect();
    if !missed.is_empty() {
        console.line(format_args!("    moves not reached: {}", missed.join(", ")))?;
    }
    for (what, share) in [("blocks", blocks), ("patterns", patterns)] {
        if !share.missed_lines.is_empty() {
            console.line(format_args!("    {what} not reached: lines {}", ranges(&share.missed_lines)))?;
        }
    }
    Ok(())
}

fn share(what: &str, share: &Share) -> String {
    format!("{} of {} {what}", share.reached, share.total)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// On one line, and not longer than is read at a glance.
fn shortened(text: &str) -> String {
    let line = one_line(text);
    if line.chars().count() <= MAX_SHOWN_CHARS {
        return line.into_owned();
    }
    let kept: String = line.chars().take(MAX_SHOWN_CHARS).collect();
    format!("{kept}…")
}
