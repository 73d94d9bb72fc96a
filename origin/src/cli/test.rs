//! `lgdl test`: golden dialogues. Finding and running them lies here; [`coverage`] tells what they reached, [`text`],
//! [`json`] and [`junit`] show the results.

mod coverage;
mod discover;
mod html;
mod json;
mod junit;
mod text;
mod update;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lgdl::golden::{Combinations, Dialog, GoldenFile, TurnResult, combinations};

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::source::{self, Loaded};
use coverage::Coverage;
pub(super) use discover::GOLDEN_FILE;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Games, folders in which games lie, or files of dialogues
    #[arg(required = true, value_name = "GAME_OR_DIR_OR_DIALOGUES")]
    games: Vec<PathBuf>,
    /// Which game of the file; default: the one that the dialogues name, else the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Run only dialogues whose name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write results as one JSON document
    #[arg(long)]
    json: bool,
    /// Write a JUnit report as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a report for people, as one HTML page, as well
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Exit with 1 where the dialogues reach a smaller share of a game's blocks, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// After showing what differs, write what is answered now into the files of dialogues
    #[arg(long)]
    update: bool,
    /// Run again whenever a file of the games changes, until interrupted
    #[arg(long, conflicts_with = "update")]
    watch: bool,
    /// Show every turn, not only those that fail
    #[arg(short, long)]
    verbose: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim_end_matches('%').parse().map_err(|_| "a number from 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("a number from 0 to 100".to_owned()) }
}

/// What the dialogues of a game reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    /// Moves by name.
    pub(super) moves: BTreeSet<String>,
    /// Blocks by their lines.
    pub(super) blocks: BTreeSet<u32>,
}

/// What the dialogues beside a game reach.
pub(super) fn reach(game: &Path, console: &mut Console) -> Result<Reached, Failure> {
    let mut reached = Reached { moves: BTreeSet::new(), blocks: BTreeSet::new() };
    for suite in discover::suites(&[game.to_owned()])? {
        let result = run_suite(&Wanted::default(), &suite, console)?;
        reached.moves.extend(result.coverage.moves.reached().cloned());
        reached.blocks.extend(result.coverage.blocks.reached().copied());
    }
    Ok(reached)
}

/// Which game and dialogues of a suite are wanted.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted<'a> {
    name: Option<&'a str>,
    filter: Option<&'a str>,
}

/// The results of one game.
struct GameResult {
    /// How the game file is named in messages.
    file: String,
    /// The game.
    name: String,
    /// Its version.
    version: String,
    /// Remarks on the files.
    notes: Vec<String>,
    /// One entry a file of dialogues.
    files: Vec<FileResult>,
    /// What the dialogues reached.
    coverage: Coverage,
    /// Urgent moves said together with everything else; `None` when only a part of the dialogues was asked for.
    combinations: Option<Combinations>,
}

/// The results of one file of dialogues.
struct FileResult {
    path: PathBuf,
    dialogs: Vec<DialogResult>,
}

/// The results of one dialogue.
struct DialogResult {
    dialog: Dialog,
    turns: Vec<TurnResult>,
    took: std::time::Duration,
}

impl DialogResult {
    fn passed(&self) -> bool {
        self.turns.iter().all(|turn| turn.mismatches.is_empty())
    }
}

impl GameResult {
    fn dialogs(&self) -> impl Iterator<Item = &DialogResult> {
        self.files.iter().flat_map(|file| &file.dialogs)
    }
}

/// How many there are and how many of them pass.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
struct Totals {
    games: usize,
    dialogs: usize,
    dialogs_passed: usize,
    turns: usize,
    turns_passed: usize,
    combinations: usize,
    combinations_lost: usize,
}

impl Totals {
    fn of(results: &[GameResult]) -> Totals {
        let mut totals = Totals { games: results.len(), ..Totals::default() };
        for tried in results.iter().filter_map(|result| result.combinations.as_ref()) {
            totals.combinations += tried.tried;
            totals.combinations_lost += tried.lost;
        }
        for dialog in results.iter().flat_map(GameResult::dialogs) {
            totals.dialogs += 1;
            totals.dialogs_passed += usize::from(dialog.passed());
            totals.turns += dialog.turns.len();
            totals.turns_passed += dialog.turns.iter().filter(|turn| turn.mismatches.is_empty()).count();
        }
        totals
    }

    fn passed(&self) -> bool {
        self.dialogs_passed == self.dialogs && self.combinations_lost == 0
    }
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    if arguments.watch { watch::run(arguments, console) } else { once(arguments, console) }
}

fn once(arguments: &Arguments, console: &mut Console) -> End {
    let suites = discover::suites(&arguments.games)?;
    let mut results = Vec::new();
    for suite in &suites {
        console.progress(format_args!("testing {}", suite.game.display()));
        let wanted = Wanted { name: arguments.name.as_deref(), filter: arguments.filter.as_deref() };
        results.push(run_suite(&wanted, suite, console)?);
    }
    console.progress_done();
    let totals = Totals::of(&results);
    if totals.dialogs == 0 {
        return Err(Failure::Usage(match &arguments.filter {
            Some(filter) => format!("no dialogue has `{filter}` in its name"),
            None => format!("no dialogues: no {}*.yaml beside the games", discover::GOLDEN_PREFIX),
        }));
    }
    if let Some(path) = &arguments.junit {
        junit::write(&results, path)?;
    }
    if let Some(path) = &arguments.html {
        html::write(&results, totals, path)?;
    }
    if arguments.json {
        console.json(&json::report(&results, totals))?;
    } else {
        // What a part of the dialogues does not reach says nothing.
        let coverage = if arguments.filter.is_none() { text::Coverage::Shown } else { text::Coverage::Left };
        text::show(&results, totals, text::Detail { verbose: arguments.verbose, coverage }, console)?;
    }
    if arguments.update {
        return update::write(&results, console);
    }
    let covered = match arguments.min_coverage {
        Some(least) => enough_is_reached(&results, least, console),
        None => Verdict::Yes,
    };
    Ok(Verdict::when(totals.passed()).and(covered))
}

fn enough_is_reached(results: &[GameResult], least: f64, console: &mut Console) -> Verdict {
    let mut verdict = Verdict::Yes;
    for result in results {
        let share = result.coverage.blocks.share().percent();
        if share < least {
            console.note(format_args!(
                "{}: the dialogues reach {share:.1} % of the blocks, fewer than the {least} % that are asked for",
                result.file
            ));
            verdict = Verdict::No;
        }
    }
    verdict
}

fn run_suite(wanted: &Wanted<'_>, suite: &discover::Suite, console: &mut Console) -> Result<GameResult, Failure> {
    let mut notes = Vec::new();
    let mut golden = Vec::new();
    for path in &suite.golden {
        golden.push((path, read_dialogues(path)?));
    }
    let source = source::read(&suite.game)?;
    let mocks = source::mocks(&source)?;
    let named = golden.iter().find_map(|(_, file)| file.game.as_deref());
    let lines = source.bytes.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
    let loaded = load(source, wanted.name, named, &mut notes, console)?;
    if golden.is_empty() {
        notes.push(format!("no {}*.yaml beside it", discover::GOLDEN_PREFIX));
    }

    let mut coverage = Coverage::of(&loaded.game, lines);
    let mut files = Vec::new();
    for (path, file) in &golden {
        let mut dialogs = Vec::new();
        let is_wanted = |dialog: &&Dialog| wanted.filter.is_none_or(|text| dialog.name.contains(text));
        for dialog in file.dialogs.iter().filter(is_wanted) {
            let begun = std::time::Instant::now();
            let turns = file
                .run(dialog, &loaded.compiled, &mocks)
                .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
            turns.iter().for_each(|turn| coverage.add(&turn.outcome));
            notes.extend(file.doubts(dialog, &turns, &loaded.game));
            dialogs.push(DialogResult { dialog: dialog.clone(), turns, took: begun.elapsed() });
        }
        notes.extend(file.languages_without_texts(&loaded.game).into_iter().map(|locale| {
            format!(
                "{} asks for `{locale}`, in which the game has no texts: its own language is spoken",
                path.display()
            )
        }));
        files.push(FileResult { path: (*path).clone(), dialogs });
    }
    let combinations = wanted.filter.is_none().then(|| combinations(&loaded.compiled, &mocks));
    Ok(GameResult {
        file: loaded.source.shown,
        name: loaded.game.name,
        version: loaded.compiled.version(),
        notes,
        files,
        coverage,
        combinations,
    })
}

/// The dialogues of a file.
pub(super) fn read_dialogues(path: &Path) -> Result<GoldenFile, Failure> {
    GoldenFile::read(&source::read_file(path)?).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// The game that was asked for, else the one that the dialogues name, else the entry game.
fn load(
    source: source::Source,
    asked: Option<&str>,
    named: Option<&str>,
    notes: &mut Vec<String>,
    console: &mut Console,
) -> Result<Loaded, Failure> {
    let checked = source::check_or_show(&source, console)?;
    let defined = |name: &str| checked.games.iter().any(|(game, _)| game.name == name);
    let name = match (asked, named) {
        (Some(asked), _) => Some(asked),
        (None, Some(named)) if defined(named) => Some(named),
        (None, Some(named)) => {
            notes.push(format!("the dialogues are for a game `{named}`, which the file does not define"));
            None
        }
        (None, None) => None,
    };
    let (game, compiled) = checked.choose(name, &source.shown)?;
    Ok(Loaded { source, game, compiled })
}
