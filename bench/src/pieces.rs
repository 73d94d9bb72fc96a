//! The pieces of work whose time and whose instructions are measured: each is made ready once and run any number of times.

use std::hint::black_box;

use anyhow::Context as _;
use lgdl::compiled::CompiledGame;
use lgdl::crypto::{Place, SecretKey, open, seal};
use lgdl::engine::{Conversation, Step, begin};
use lgdl::entities::{extract, recognize};
use lgdl::matcher::{self, Scratch};
use lgdl::template::{View, render};

use crate::{games, turns};

/// A piece of work, ready to be run.
pub type Work = Box<dyn FnMut()>;

/// How the instructions of a piece are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those of one function.
    Function,
    /// What the program takes for more rounds beyond what it takes for fewer: other threads do the work.
    Difference,
}

/// A piece of work.
pub struct Piece {
    /// Its name in `bench/counts.txt`.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// How it is counted.
    pub counted: Counted,
    /// Runs of the same thing in one run of the piece.
    pub times: usize,
    /// Makes it ready.
    pub ready: fn() -> anyhow::Result<Work>,
}

const fn piece(name: &'static str, times: usize, what: &'static str, ready: fn() -> anyhow::Result<Work>) -> Piece {
    Piece { name, what, counted: Counted::Function, times, ready }
}

/// All pieces of this build.
pub const PIECES: &[Piece] = &[
    piece("parse", 1, "parse and check `games/clinic_triage`", parse),
    piece("compile", 1, "compile it", compile),
    piece("load", 1, "load it", load),
    piece("match-clinic", 5, "find the move in it", match_clinic),
    piece("match-10", TEXTS, "find the move: 10 moves", || match_generated(10)),
    piece("match-1000", TEXTS, "find the move: 1,000 moves", || match_generated(1_000)),
    piece("match-10000", TEXTS, "find the move: 10,000 moves", || match_generated(10_000)),
    piece("miss-10000", MISSES, "find no move among 10,000: meaning is asked", miss),
    piece("recognize-plain", 1, "all recognizers, 20 words without a value", || recognized(turns::PLAIN)),
    piece("recognize-date", 1, "all recognizers, 20 words with a date", || recognized(turns::DATE)),
    piece("recognize-rich", 1, "all recognizers, as many values as will go in", || recognized(turns::RICH)),
    piece("template", 1, "fill a template in", template),
    piece("seal", 1, "seal a state of 1.5 kB", sealed),
    piece("open", 1, "open it", opened),
    piece("turn-match", 1, "a whole turn: \"I can't breathe\"", || turn(&[turns::MATCH])),
    piece("turn-slot", 1, "a whole turn that answers for a slot", || turn(&[turns::SLOT, "lower back"])),
    piece("turn-three-slots", 1, "a whole turn that fills three slots", || turn(&[turns::THREE_SLOTS])),
    #[cfg(feature = "origin")]
    Piece {
        name: "commit-sqlite",
        what: "commit a turn to SQLite, alone",
        counted: Counted::Difference,
        times: 1,
        ready: commit_on_sqlite,
    },
];

/// Utterances for a generated game.
const TEXTS: usize = 20;
/// Utterances that no pattern of a generated game is sure of.
const MISSES: usize = 6;

fn parse() -> anyhow::Result<Work> {
    let (source, contract) = turns::source();
    Ok(Box::new(move || drop(black_box(lgdl::syntax::parse(black_box(source), Some(contract))))))
}

fn compile() -> anyhow::Result<Work> {
    let (source, contract) = turns::source();
    let parsed = lgdl::syntax::parse(source, Some(contract));
    let game = parsed.entry.and_then(|entry| parsed.games.get(entry).cloned()).context("no game")?;
    Ok(Box::new(move || drop(black_box(CompiledGame::compile(black_box(&game))))))
}

fn load() -> anyhow::Result<Work> {
    let bytes: std::sync::Arc<[u8]> = turns::clinic()?.bytes().into();
    Ok(Box::new(move || drop(black_box(CompiledGame::load(black_box(bytes.clone()))))))
}

fn matched(game: CompiledGame, texts: Vec<String>) -> Work {
    let mut scratch = Scratch::default();
    let reference = turns::reference();
    Box::new(move || {
        for text in &texts {
            black_box(matcher::find_with(&game, &turns::query(black_box(text), &reference), &mut scratch));
        }
    })
}

fn match_clinic() -> anyhow::Result<Work> {
    let said = [turns::MATCH, "I have pain", "my chest hurts", "can I get an appointment", "hello there"];
    Ok(matched(turns::clinic()?, said.map(str::to_owned).to_vec()))
}

fn match_generated(moves: usize) -> anyhow::Result<Work> {
    let generated = games::generate(moves);
    let texts = generated.utterances.into_iter().take(TEXTS).map(|(text, _)| text).collect();
    Ok(matched(turns::compiled(generated.source.as_bytes(), None)?, texts))
}

/// Utterances that no pattern is sure of, so that meaning is asked.
fn miss() -> anyhow::Result<Work> {
    let generated = games::generate(10_000);
    let texts =
        generated.utterances.into_iter().filter(|(_, index)| index.is_none()).map(|(text, _)| text).take(MISSES);
    let texts = texts.collect();
    Ok(matched(turns::compiled(generated.source.as_bytes(), None)?, texts))
}

fn recognized(text: &'static str) -> anyhow::Result<Work> {
    let reference = turns::reference();
    let kinds = extract::parse_types(turns::ALL_KINDS)?;
    Ok(Box::new(move || drop(black_box(recognize(black_box(text), kinds, &reference)))))
}

fn template() -> anyhow::Result<Work> {
    let source = r#"game t { moves { move m { when user says something like: ["a"]
        when confident { respond with: "Your {location?} pain of {severity}/10 since {since?, and no longer}: ${severity * 2 + 1}." } } } }"#;
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let game = parsed.entry.and_then(|entry| parsed.games.get(entry).cloned()).context("no game")?;
    let template = game
        .moves
        .iter()
        .flat_map(|mv| &mv.blocks)
        .flat_map(|block| &block.branches)
        .flat_map(|branch| &branch.body)
        .find_map(|statement| match statement {
            lgdl::ir::Statement::Action(lgdl::ir::Action::Respond(template)) => Some(template.clone()),
            _ => None,
        })
        .context("no template")?;
    let values = serde_json::json!({ "location": "lower back", "severity": 7, "since": "yesterday" });
    let locale = lgdl::language::Language::english().locale();
    Ok(Box::new(move || {
        let scope = |path: &[String]| values.get(path.first()?).map(std::borrow::Cow::Borrowed);
        let view = View { locale, today: None, types: &|_| None };
        black_box(render(black_box(&template), &scope, &view));
    }))
}

const PLACE: Place<'static> = Place { table: "turns", row: &["tenant", "game", "one"], field: "state", version: 1 };

fn sealed() -> anyhow::Result<Work> {
    let (key, text) = (SecretKey::new([7; 32]), "s".repeat(1_500));
    Ok(Box::new(move || drop(black_box(seal(&key, "k1", &PLACE, black_box(text.as_bytes()), &[3; 32])))))
}

fn opened() -> anyhow::Result<Work> {
    let key = SecretKey::new([7; 32]);
    let message = seal(&key, "k1", &PLACE, "s".repeat(1_500).as_bytes(), &[3; 32])?;
    Ok(Box::new(move || drop(black_box(open(&key, &PLACE, black_box(&message))))))
}

/// The last of the texts, said after the others.
fn turn(texts: &'static [&'static str]) -> anyhow::Result<Work> {
    let game = turns::clinic()?;
    let (last, before) = texts.split_last().context("no text")?;
    let conversation = before
        .iter()
        .fold(Conversation::default(), |state, text| turns::finish(&game, begin(&game, state, turns::turn(text))));
    let last = turns::turn(last);
    Ok(Box::new(move || {
        let step: Step = begin(&game, black_box(&conversation).clone(), last.clone());
        black_box(step);
    }))
}

/// A turn of a conversation, committed to a file.
#[cfg(feature = "origin")]
fn commit_on_sqlite() -> anyhow::Result<Work> {
    use lgdl_origin::clock::SystemClock;
    use lgdl_origin::store::sqlite::SqliteStore;
    use lgdl_origin::store::{CommitOutcome, Conversations as _};

    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = runtime.block_on(SqliteStore::open(&folder.path().join("counts.db"), &SystemClock))?;
    let mut version = 0;
    Ok(Box::new(move || {
        let _folder = &folder;
        let commit = crate::commits::turn("counted", version, 1_772_614_800_000);
        match runtime.block_on(store.commit(commit)) {
            Ok(CommitOutcome::Committed { .. }) => version += 1,
            other => panic!("the turn is not committed: {other:?}"),
        }
    }))
}
