//! Runs one measured piece of work a fixed number of times, for counting its instructions under valgrind.
//!
//! `counts list` names the pieces; `counts NAME` runs one. What is counted is [`measured`] alone: `cargo xtask bench
//! --counts` runs `valgrind --tool=callgrind --toggle-collect='*counts*measured*'` on each and divides by [`ROUNDS`].

use std::hint::black_box;

use anyhow::{Context as _, bail};
use lgdl::compiled::CompiledGame;
use lgdl::crypto::{Place, SecretKey, open, seal};
use lgdl::engine::{Conversation, Step, begin};
use lgdl::entities::{extract, recognize};
use lgdl::matcher::{self, Scratch};
use lgdl::template::{View, render};
use lgdl_bench::{games, turns};

/// Runs of each piece; the first, which fills caches, is not counted.
const ROUNDS: usize = 8;

/// A piece of work, ready to be run.
type Work = Box<dyn FnMut()>;

/// Every piece with what makes it ready.
const PIECES: &[(&str, fn() -> anyhow::Result<Work>)] = &[
    ("parse", parse),
    ("compile", compile),
    ("load", load),
    ("match-clinic", match_clinic),
    ("match-10", || match_generated(10)),
    ("match-10000", || match_generated(10_000)),
    ("miss-10000", miss),
    ("recognize-plain", || recognized(turns::PLAIN)),
    ("recognize-date", || recognized(turns::DATE)),
    ("recognize-rich", || recognized(turns::RICH)),
    ("template", template),
    ("seal", sealed),
    ("open", opened),
    ("turn-match", || turn(&[turns::MATCH])),
    ("turn-slot", || turn(&[turns::SLOT, "lower back"])),
    ("turn-three-slots", || turn(&[turns::THREE_SLOTS])),
];

fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).context("usage: counts list | NAME")?;
    if name == "list" {
        PIECES.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    }
    let Some((_, ready)) = PIECES.iter().find(|(known, _)| *known == name) else { bail!("no piece is called {name}") };
    let mut work = ready()?;
    warm(&mut work);
    for _ in 0..ROUNDS {
        measured(&mut work);
    }
    println!("{ROUNDS} rounds");
    Ok(())
}

/// Fills caches. It says so, lest the compiler make one function of it and of what is counted.
#[inline(never)]
fn warm(work: &mut Work) {
    black_box("warm");
    black_box(work)();
}

/// What valgrind counts.
#[inline(never)]
fn measured(work: &mut Work) {
    black_box(work)();
}

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
    let texts = generated.utterances.into_iter().take(20).map(|(text, _)| text).collect();
    Ok(matched(turns::compiled(generated.source.as_bytes(), None)?, texts))
}

/// Utterances that no pattern is sure of, so that meaning is asked.
fn miss() -> anyhow::Result<Work> {
    let generated = games::generate(10_000);
    let texts = generated.utterances.into_iter().filter(|(_, index)| index.is_none()).map(|(text, _)| text).take(6);
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
