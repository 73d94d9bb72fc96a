//! `lgdl validate`: everything that is wrong with games.

use std::path::PathBuf;

use lgdl::diagnostics::{Diagnostic, render};
use serde::Serialize;

use super::console::{Console, count};
use super::failure::{End, Verdict};
use super::source::{self, Checked, Finding, Source};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Games to check
    #[arg(required = true, value_name = "GAME")]
    games: Vec<PathBuf>,
    /// Write findings as one JSON document
    #[arg(long)]
    json: bool,
    /// Let warnings count as errors
    #[arg(long)]
    strict: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    valid: bool,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    valid: bool,
    games: Vec<Game<'a>>,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Game<'a> {
    name: &'a str,
    moves: usize,
    version: String,
    entry: bool,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let mut files = Vec::new();
    for argument in &arguments.games {
        let source = source::read(argument)?;
        let checked = source::check(&source)?;
        files.push((source, checked));
    }
    let good = |checked: &Checked| checked.valid() && (!arguments.strict || checked.diagnostics.is_empty());
    if arguments.json {
        let files: Vec<_> = files.iter().map(|(source, checked)| describe(source, checked, good(checked))).collect();
        let report = Report { valid: files.iter().all(|file| file.valid), files };
        console.json(&report)?;
        return Ok(Verdict::when(report.valid));
    }
    let mut verdict = Verdict::Yes;
    for (source, checked) in &files {
        show(source, checked, console)?;
        verdict = verdict.and(Verdict::when(good(checked)));
    }
    Ok(verdict)
}

fn show(source: &Source, checked: &Checked, console: &mut Console) -> Result<(), super::failure::Failure> {
    let colour = console.error_colour();
    if !checked.diagnostics.is_empty() {
        console.note(render(&source.bytes, &source.shown, &checked.diagnostics, colour).trim_end());
    }
    let errors = checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = checked.diagnostics.len() - errors;
    let found = match (errors, warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!(", {}", count(warnings, "warning")),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    if errors > 0 {
        return console.line(format_args!("{}: {found}", source.shown));
    }
    let games: Vec<_> =
        checked.games.iter().map(|(game, _)| format!("{} ({})", game.name, count(game.moves.len(), "move"))).collect();
    console.line(format_args!("{}: valid: {}{found}", source.shown, games.join(", ")))
}

fn describe<'a>(source: &'a Source, checked: &'a Checked, valid: bool) -> File<'a> {
    let games = checked.games.iter().enumerate().map(|(index, (game, compiled))| Game {
        name: &game.name,
        moves: game.moves.len(),
        version: compiled.version(),
        entry: checked.entry == Some(index),
    });
    File {
        file: &source.shown,
        valid,
        games: games.collect(),
        diagnostics: source::findings(&source.bytes, &checked.diagnostics),
    }
}

/// Shows the findings of a game that another command could not use.
pub(super) fn show_findings(source: &Source, diagnostics: &[Diagnostic], console: &mut Console) {
    let colour = console.error_colour();
    console.note(render(&source.bytes, &source.shown, diagnostics, colour).trim_end());
}
