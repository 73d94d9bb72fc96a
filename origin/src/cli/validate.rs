//! `lgdl validate`: everything that is wrong with games.

use std::path::PathBuf;

use serde::Serialize;

use self::meaning::Understood;
use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::source::{self, Checked, Finding, Source};

mod meaning;

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
    /// Say how far meaning can be relied on, and which moves it can't tell apart
    #[arg(long)]
    meaning: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<Understood>,
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
        let mut described = Vec::new();
        for (source, checked) in &files {
            described.push(describe(source, checked, good(checked), arguments.meaning)?);
        }
        let report = Report { valid: described.iter().all(|file| file.valid), files: described };
        console.json(&report)?;
        return Ok(Verdict::when(report.valid));
    }
    let mut verdict = Verdict::Yes;
    for (source, checked) in &files {
        show(source, checked, console)?;
        for (game, compiled) in checked.games.iter().filter(|_| arguments.meaning) {
            meaning::show(&game.name, &meaning::understood(game, compiled)?, console)?;
        }
        verdict = verdict.and(Verdict::when(good(checked)));
    }
    Ok(verdict)
}

fn show(source: &Source, checked: &Checked, console: &mut Console) -> Result<(), Failure> {
    if !checked.diagnostics.is_empty() {
        console.findings(source, &checked.diagnostics);
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

fn describe<'a>(
    source: &'a Source,
    checked: &'a Checked,
    valid: bool,
    with_meaning: bool,
) -> Result<File<'a>, Failure> {
    let mut games = Vec::new();
    for (index, (game, compiled)) in checked.games.iter().enumerate() {
        games.push(Game {
            name: &game.name,
            moves: game.moves.len(),
            version: compiled.version(),
            entry: checked.entry == Some(index),
            meaning: if with_meaning { Some(meaning::understood(game, compiled)?) } else { None },
        });
    }
    let diagnostics = source::findings(&source.bytes, &checked.diagnostics);
    Ok(File { file: &source.shown, valid, games, diagnostics })
}
