//! `lgdl evaluate`: how well a game understands labelled utterances, and whether its confidence can be believed.

use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Reference};
use lgdl::language::Locale;
use lgdl::matcher::{self, Query, Scratch};
use lgdl::meaning::{Meaning, Size, Trained};
use serde::{Deserialize, Serialize};

use self::figures::{Confusion, Figures, Observation, figures};
use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::heard;
use super::lines::{Line, Lines};
use super::source;

mod figures;
mod html;

/// The longest line that is read, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;

#[derive(clap::Args)]
#[command(
    after_help = "Reads {\"text\", \"move\"} a line; the move is null for what is out of scope. Each text is taken for the first \
                        utterance of a conversation.\n\
                        accuracy: of what is in scope, the best move whatever its score; recall out of scope: what scores below 0.5."
)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// The labelled utterances, as JSON lines
    #[arg(value_name = "LABELLED.jsonl")]
    labelled: PathBuf,
    /// Another game, or another version of it, to be compared on the same utterances; or off, words, small or standard: the same game,
    /// heard with that
    #[arg(long, value_name = "GAME|MEANING")]
    compare: Option<PathBuf>,
    /// What meaning is heard with; default: as LGDL_MEANING says
    #[arg(long, value_enum)]
    meaning: Option<Asked>,
    /// The translation that the utterances are in, as es; default: the game's own language
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Write the figures, with plots, as a page as well
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Asked {
    /// Patterns alone
    Off,
    /// The game's own words alone
    Words,
    /// The small model
    Small,
    /// The standard model
    Standard,
}

#[derive(Deserialize)]
struct Labelled {
    text: String,
    /// Null, but never left out: a line without it is a mistake.
    #[serde(rename = "move", deserialize_with = "Option::deserialize")]
    expected: Option<String>,
}

#[derive(Serialize)]
struct Report {
    game: String,
    version: String,
    /// What meaning was heard with: `off`, `words`, or the hash of a model.
    meaning: String,
    /// The same in words.
    #[serde(skip)]
    heard_with: &'static str,
    #[serde(flatten)]
    figures: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Box<Report>>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let labelled = read(&arguments.labelled)?;
    let game = compiled(&arguments.game, arguments.meaning, arguments, console)?;
    let mut report = evaluated(&game, &labelled)?;
    if let Some(other) = &arguments.compare {
        let meaning = other.to_str().and_then(|name| <Asked as clap::ValueEnum>::from_str(name, false).ok());
        let other = match meaning {
            Some(meaning) => compiled(&arguments.game, Some(meaning), arguments, console)?,
            None => compiled(other, arguments.meaning, arguments, console)?,
        };
        report.compared = Some(Box::new(evaluated(&other, &labelled)?));
    }
    if let Some(path) = &arguments.html {
        let written = std::fs::write(path, html::page(&report));
        written.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    }
    if arguments.json {
        console.json(&report)?;
        return Ok(Verdict::Yes);
    }
    show(&report, console)?;
    if let Some(other) = &report.compared {
        show(other, console)?;
    }
    Ok(Verdict::Yes)
}

/// The game, trained with what was asked for.
fn compiled(
    game: &Path,
    meaning: Option<Asked>,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<CompiledGame, Failure> {
    let loaded = source::load(game, arguments.name.as_deref(), console)?;
    let meaning = meaning.map(|asked| match asked {
        Asked::Off => Meaning::Off,
        Asked::Words => Meaning::Words,
        Asked::Small => Meaning::With(Size::Small),
        Asked::Standard => Meaning::With(Size::Standard),
    });
    let compiled = match meaning {
        None => loaded.compiled,
        Some(meaning) => {
            CompiledGame::compile_with(&loaded.game, meaning).map_err(|error| Failure::Failed(error.to_string()))?
        }
    };
    let Some(language) = &arguments.language else { return Ok(compiled) };
    let found = compiled.translations().iter().find(|(tag, _)| tag.eq_ignore_ascii_case(language));
    found.map(|(_, translated)| translated.clone()).ok_or_else(|| {
        let all: Vec<&str> = compiled.translations().iter().map(|(tag, _)| tag.as_str()).collect();
        let has = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        Failure::Usage(format!("{} has no translation `{language}`; it has {has}", game.display()))
    })
}

fn read(path: &Path) -> Result<Vec<Labelled>, Failure> {
    let failed = |what: String| Failure::Failed(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut lines = Lines::new(file, MAX_LINE_BYTES);
    let mut labelled = Vec::new();
    let mut number = 0;
    while let Some(line) = lines.next().map_err(|error| failed(error.to_string()))? {
        number += 1;
        let Line::Whole(bytes) = line else {
            return Err(failed(format!("line {number} is longer than {MAX_LINE_BYTES} bytes")));
        };
        if !bytes.trim_ascii().is_empty() {
            labelled.push(serde_json::from_slice(&bytes).map_err(|error| failed(format!("line {number}: {error}")))?);
        }
    }
    if labelled.is_empty() {
        return Err(failed("it has no labelled utterance".into()));
    }
    Ok(labelled)
}

fn evaluated(game: &CompiledGame, labelled: &[Labelled]) -> Result<Report, Failure> {
    if let Some(unknown) =
        labelled.iter().filter_map(|line| line.expected.as_deref()).find(|name| game.find_move(name).is_none())
    {
        return Err(Failure::Failed(format!("the game {} has no move \"{unknown}\"", game.name())));
    }
    let reference = Reference {
        now: date(2000, 1, 1).at(0, 0, 0, 0),
        offset_seconds: 0,
        direction: Direction::Future,
        language: Locale::of_game(&game.header()).language.spoken(),
        place: Default::default(),
    };
    let mut scratch = Scratch::default();
    let mut observations = Vec::with_capacity(labelled.len());
    for line in labelled {
        let query = Query {
            text: &line.text,
            participant: "user",
            reference: &reference,
            admits: &|_| true,
            plausible: &|_| false,
        };
        let best = matcher::guess(game, &query, &mut scratch).into_iter().next();
        let found = best.and_then(|best| Some((game.move_at(best.move_index)?.name.clone(), best.score)));
        observations.push(Observation { text: line.text.clone(), expected: line.expected.clone(), found });
    }
    Ok(Report {
        game: game.name().to_owned(),
        version: game.version(),
        meaning: match game.trained() {
            Trained::With(hash) if !game.lacks_model() => hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            Trained::Off => "off".to_owned(),
            Trained::With(_) | Trained::Words => "words".to_owned(),
        },
        heard_with: heard::name_of(heard::heard_with(game)),
        figures: figures(&observations),
        compared: None,
    })
}

/// What was meant, in words where it is no move.
fn meant(expected: &Option<String>) -> &str {
    expected.as_deref().unwrap_or("out of scope")
}

/// What it was taken for, in words where it is no move.
fn taken_for(found: &Option<String>) -> &str {
    found.as_deref().unwrap_or("nothing")
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.0}%", share * 100.0))
}

fn show(report: &Report, console: &mut Console) -> Result<(), Failure> {
    let figures = &report.figures;
    console.line(format_args!(
        "{}: {}, heard with {}",
        report.game,
        count(figures.count, "utterance"),
        report.heard_with
    ))?;
    console.line(format_args!("  accuracy          {:.3}", figures.accuracy))?;
    console.line(format_args!("  macro F1          {:.3}", figures.macro_f1))?;
    if let Some(outside) = &figures.out_of_scope {
        console.line(format_args!("  out of scope      AUROC {:.3}, recall {:.3}", outside.auroc, outside.recall))?;
    }
    console.line(format_args!("  calibration error {:.3}", figures.calibration_error))?;
    console.line("  score   kept  right  refused")?;
    for threshold in &figures.thresholds {
        console.line(format_args!(
            "  ≥ {:<4} {:>5} {:>6} {:>8}",
            threshold.threshold,
            percent(Some(threshold.kept)),
            percent(threshold.precision),
            percent(threshold.refused)
        ))?;
    }
    for confusion in &figures.confusions {
        let Confusion { expected, found, count, example } = confusion;
        let (meant, taken) = (meant(expected), taken_for(found));
        console.line(format_args!("  {meant} taken for {taken}: {count}, as \"{example}\""))?;
    }
    Ok(())
}
