use super::*;

fn parsed(source: &str) -> ir::Game {
    let mut parsed = crate::syntax::parse(source.as_bytes(), None);
    parsed.games.remove(parsed.entry.expect("a game"))
}

fn sample() -> ir::Game {
    parsed(
        r#"game sample {
            description: "A game."
            vocabulary { "pain" also means: ["ache", "a sore spot"] }
            moves {
                move first { when user says something like: ["my {place} hurts", "severe pain" (strict)] }
                move second { when patient says something like: ["fell down" (fuzzy), "*"] }
            }
        }"#,
    )
}

#[test]
fn what_goes_in_comes_out() {
    let game = sample();
    let compiled = CompiledGame::compile(&game).expect("it compiles");
    assert_eq!(compiled.name(), "sample");
    assert_eq!(compiled.move_count(), 2);
    assert_eq!(compiled.find_move("second"), Some(1));
    assert_eq!(compiled.find_move("third"), None);
    assert_eq!(*compiled.move_at(0).expect("the first"), game.moves[0]);
    assert_eq!(*compiled.move_at(1).expect("the second"), game.moves[1]);
    assert!(compiled.move_at(2).is_none());
    assert!(compiled.move_at(usize::MAX).is_none());
    assert_eq!(*compiled.header(), ir::Game { moves: Vec::new(), ..game });
}

#[test]
fn the_version_names_the_content() {
    let compiled = CompiledGame::compile(&sample()).expect("it compiles");
    let again = CompiledGame::compile(&sample()).expect("it compiles");
    assert_eq!(compiled.bytes(), again.bytes());
    assert_eq!(compiled.version().len(), 64);
    assert!(compiled.is_intact());
    let loaded = CompiledGame::load(compiled.bytes().into()).expect("it loads");
    assert_eq!(loaded.version(), compiled.version());
    let mut other = sample();
    other.moves[0].name = "premier".into();
    assert_ne!(CompiledGame::compile(&other).expect("it compiles").version(), compiled.version());
}

#[test]
fn an_empty_game_compiles() {
    let compiled = CompiledGame::compile(&ir::Game::default()).expect("it compiles");
    assert_eq!((compiled.name(), compiled.move_count(), compiled.find_move("")), ("", 0, None));
}

#[cfg(feature = "model-small")]
#[test]
fn without_its_model_a_game_goes_by_its_words_and_the_record_says_so() {
    use crate::meaning::{Meaning, Size, linked};

    let own = *linked(Size::Small).expect("it opens").expect("it is linked in").hash();
    let game = CompiledGame::compile_with(&sample(), Meaning::With(Size::Small)).expect("it compiles");
    assert!(!game.lacks_model());
    let mut bytes = game.bytes().to_vec();
    let at = bytes.windows(own.len()).position(|window| window == own).expect("the game names its model");
    bytes[at] ^= 1;
    format::reseal(&mut bytes);
    let foreign = CompiledGame::load(bytes.into()).expect("it loads");
    assert!(foreign.lacks_model() && foreign.model().is_none());
    let turn = crate::engine::Turn {
        event: None,
        participant: "user".into(),
        text: "my knee hurts".into(),
        context: Default::default(),
        now_ms: 0,
        offset_seconds: 0,
        settings: Default::default(),
    };
    let outcome = match crate::engine::begin(&foreign, Default::default(), turn) {
        crate::engine::Step::Done(outcome) => outcome,
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome.record.findings, ["E154"]);
    assert_eq!(outcome.record.move_id, "first");
}

#[test]
fn damage_is_refused_or_harmless_and_never_panics() {
    let compiled = CompiledGame::compile(&sample()).expect("it compiles");
    let bytes = compiled.bytes();
    for cut in [0, 7, 8, 60, 200, bytes.len() - 1] {
        assert!(CompiledGame::load(bytes[..cut].into()).is_err(), "cut at {cut}");
    }
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 0x55;
        match CompiledGame::load(damaged.into()) {
            Err(_) => refused += 1,
            // The index is sound; a damaged body is noticed when it is touched.
            Ok(game) => {
                let moves = (0..game.move_count()).filter(|&index| game.move_at(index).is_some()).count();
                let whole = moves == 2 && *game.header() == *compiled.header();
                assert!(!game.is_intact());
                assert!(!whole || is_padding(bytes, at), "damage at {at} went unnoticed");
            }
        }
    }
    assert!(refused > bytes.len() / 2);
}

/// Bytes between sections belong to nothing.
fn is_padding(bytes: &[u8], at: usize) -> bool {
    bytes[at] == 0 && at > 200
}

#[test]
fn bytes_with_a_forged_checksum_never_panic_when_matched() {
    let reference = crate::entities::Reference {
        now: jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0),
        offset_seconds: 0,
        direction: crate::entities::Direction::Past,
        language: crate::entities::Language::English,
        place: crate::entities::Place::DEFAULT,
    };
    let compiled = CompiledGame::compile(&sample()).expect("it compiles");
    for at in 200..compiled.bytes().len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = compiled.bytes().to_vec();
            damaged[at] ^= flip;
            format::reseal(&mut damaged);
            let Ok(game) = CompiledGame::load(damaged.into()) else { continue };
            for text in ["my left knee hurts", "severe pain in my ache", "fell dwon", "a sore spot"] {
                let query = crate::matcher::Query {
                    text,
                    participant: "user",
                    reference: &reference,
                    admits: &|_| true,
                    plausible: &|_| true,
                };
                let _ = crate::matcher::find(&game, &query);
            }
        }
    }
}

#[test]
fn a_game_of_a_language_that_the_build_lacks_is_refused_with_a_code() {
    let game = ir::Game { language: "xx".into(), ..sample() };
    let refused = CompiledGame::compile(&game).expect_err("no build speaks it");
    assert_eq!(refused, LoadError::UnknownLanguage("xx".into()));
    assert!(refused.to_string().starts_with("E155"));
}
