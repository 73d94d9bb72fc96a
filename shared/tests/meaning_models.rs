//! Meaning with a model: it belongs to the compiled game, finds what words alone don't, raises no false alarm, and
//! leaves the games' own dialogues as they are.

use std::path::{Path, PathBuf};

use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Reference};
use lgdl::golden::GoldenFile;
use lgdl::matcher::{self, Query, Stage};
use lgdl::meaning::{Meaning, Model, Size, Trained, linked};
use lgdl::mocks::Mocks;

mod support;

use support::Talk;

const LAUNDRY: &str = include_str!("data/meaning/laundry.lgdl");
const LABELLED: &str = include_str!("data/meaning/laundry.jsonl");
const BAKERY: &str = include_str!("data/meaning/bakery.lgdl");
const MODELS: [Meaning; 2] = [Meaning::With(Size::Small), Meaning::With(Size::Standard)];

fn compiled(source: &str, contract: Option<&str>, meaning: Meaning) -> CompiledGame {
    let parsed = lgdl::syntax::parse(source.as_bytes(), contract);
    let entry = parsed.entry.expect("a game");
    CompiledGame::compile_with(&parsed.games[entry], meaning).expect("it compiles")
}

fn folder(game: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../games").join(game)
}

fn of_folder(game: &str, meaning: Meaning) -> CompiledGame {
    let read = |name: &str| std::fs::read_to_string(folder(game).join(name)).expect("a file of the game");
    compiled(&read("game.lgdl"), Some(&read("capability_contract.json")), meaning)
}

fn best(game: &CompiledGame, text: &str) -> Option<(String, f64, Stage)> {
    let now = jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0);
    let reference = Reference {
        now,
        offset_seconds: 0,
        direction: Direction::Future,
        language: Language::English,
        place: Default::default(),
    };
    let query = Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| false };
    let best = matcher::find(game, &query).into_iter().next()?;
    Some((game.move_at(best.move_index)?.name.clone(), best.score, best.stage))
}

#[test]
fn the_models_that_are_linked_in_are_what_their_hashes_name() {
    for (size, bytes) in [
        (Size::Small, &include_bytes!("../models/small.lsem")[..]),
        (Size::Standard, &include_bytes!("../models/standard.lsem")[..]),
    ] {
        let whole = Model::verified(bytes).expect("it is whole");
        let linked = linked(size).expect("it opens").expect("it is linked in");
        assert_eq!(linked.hash(), whole.hash());
        assert!(linked.rows() > 20_000);
    }
}

#[test]
fn a_game_carries_its_model_and_has_it_again_when_it_is_loaded() {
    let words = compiled(LAUNDRY, None, Meaning::Words);
    for meaning in MODELS {
        let Meaning::With(size) = meaning else { continue };
        let game = compiled(LAUNDRY, None, meaning);
        let hash = *linked(size).expect("it opens").expect("it is linked in").hash();
        assert_ne!(game.version(), words.version());
        let loaded = CompiledGame::load(game.bytes().into()).expect("it loads");
        assert_eq!(loaded.trained(), Trained::With(hash));
        assert!(!loaded.lacks_model());
        for text in ["will a driver collect the clothes", "there is a spot of wine on my shirt"] {
            assert_eq!(best(&loaded, text), best(&game, text));
        }
    }
}

#[test]
fn the_stage_stands_in_the_record() {
    for meaning in [Meaning::Words, MODELS[0], MODELS[1]] {
        let game = compiled(LAUNDRY, None, meaning);
        let record = Talk::with(&game).say("will a driver collect the clothes");
        assert_eq!((record.understood_by.as_deref(), record.findings.len()), (Some("meaning"), 0), "{meaning:?}");
        let record = Talk::with(&game).say("is my order finished");
        assert_eq!(record.understood_by.as_deref(), Some("plain"));
    }
}

#[test]
fn off_leaves_the_patterns_alone() {
    let game = compiled(LAUNDRY, None, Meaning::Off);
    assert_eq!(game.trained(), Trained::Off);
    for line in LABELLED.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a labelled line");
        let found = best(&game, line["text"].as_str().expect("a text"));
        assert!(found.is_none_or(|found| found.2 != Stage::Meaning));
    }
}

#[test]
fn a_model_understands_more_than_words_and_refuses_what_is_outside() {
    for (meaning, least) in [(Meaning::Words, 80), (MODELS[0], 85), (MODELS[1], 85)] {
        let game = compiled(LAUNDRY, None, meaning);
        let (mut right, mut inside, mut taken) = (0, 0, Vec::new());
        for line in LABELLED.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a labelled line");
            let text = line["text"].as_str().expect("a text");
            let found = best(&game, text).filter(|found| found.1 >= 0.5);
            match line["move"].as_str() {
                Some(expected) => {
                    inside += 1;
                    right += usize::from(found.is_some_and(|found| found.0 == expected));
                }
                None if found.is_some() => taken.push(text.to_owned()),
                None => {}
            }
        }
        assert!(right * 100 >= inside * least, "{meaning:?}: {right} of {inside}");
        assert!(taken.len() <= 1, "{meaning:?}: {taken:?}");
    }
}

/// Everybody's words say what is wanted of a thing that no phrase names.
#[test]
fn common_words_tell_moves_apart() {
    let source = r#"game shop { moves {
        move price {
            when user says something like: ["how much is a bicycle", "what does a helmet cost",
                "how much do you want for the blue one", "what do I pay for a repair"]
            when confident { respond with: "Price." }
        }
        move hours {
            when user says something like: ["when do you open", "until when are you there on saturdays",
                "at what time do you close", "are you there on sundays"]
            when confident { respond with: "Hours." }
        }
        move owner {
            when user says something like: ["who runs the shop", "who is the boss",
                "who can I talk to about a complaint", "whose shop is it"]
            when confident { respond with: "Owner." }
        }
        move stock {
            when user says something like: ["do you have tyres", "have you got lights", "do you sell locks",
                "is there a child seat in stock"]
            when confident { respond with: "Stock." }
        }
    } }"#;
    for meaning in MODELS {
        let game = compiled(source, None, meaning);
        for (text, expected) in [
            ("how much for the pump", "price"),
            ("do you have any gloves", "stock"),
            ("have you any bells", "stock"),
            ("who is in charge", "owner"),
        ] {
            let found = best(&game, text).map(|found| (found.0, found.1 >= 0.5));
            assert_eq!(found, Some((expected.to_owned(), true)), "{meaning:?}: {text}");
        }
    }
}

#[test]
fn the_dialogues_of_the_games_hold_with_every_model() {
    for name in ["clinic_triage", "support_desk", "table_booking"] {
        let read = |file: &str| std::fs::read(folder(name).join(file)).expect("a file of the game");
        let mocks = Mocks::read(&read("capability_mocks.yaml")).expect("mocks");
        let file = GoldenFile::read(&read("golden_dialogs.yaml")).expect("dialogues");
        for meaning in [Meaning::Off, Meaning::Words, MODELS[0], MODELS[1]] {
            let game = of_folder(name, meaning);
            for dialog in &file.dialogs {
                for (turn, result) in file.run(dialog, &game, &mocks).expect("it runs").into_iter().enumerate() {
                    assert!(
                        result.mismatches.is_empty(),
                        "{name}, {meaning:?}: {} turn {}: {:?}",
                        dialog.name,
                        turn + 1,
                        result.mismatches
                    );
                }
            }
        }
    }
}

/// What emergencies are called in words that the patterns don't have, and the ways of denying them.
const CLINIC_SIGNS: [&str; 13] = [
    "a stabbing sensation near my heart",
    "a cardiac event",
    "squeezing behind the breastbone",
    "an angina attack",
    "a coronary",
    "any suffocating feeling",
    "a tight windpipe",
    "any wheezing",
    "shortage of air",
    "a blocked airway",
    "palpitations",
    "heavy blood loss",
    "an asthma fit",
];
const BAKERY_SIGNS: [&str; 12] = [
    "a blaze",
    "any fumes",
    "a scorching smell",
    "an inferno back here",
    "sparks from the stove",
    "an explosion",
    "anaphylaxis",
    "any hives",
    "a seizure",
    "an intolerance to peanuts",
    "a puffy face",
    "anyone who fainted",
];
const DENIALS: [&str; 22] = [
    "the nurse ruled out {}",
    "I do not have {}",
    "I don't have {}",
    "there isn't {}",
    "there is not {}",
    "it's not {}",
    "this is not {}",
    "I have never had {}",
    "he doesn't have {}",
    "she does not have {}",
    "we have not seen {}",
    "I haven't noticed {}",
    "nobody has {}",
    "nobody mentioned {}",
    "I never said there was {}",
    "I am not talking about {}",
    "it is definitely not {}",
    "no, not {}",
    "without {}",
    "I looked twice, there isn't {}",
    "I am fine and I do not have {}",
    "we don't have {} here",
];

#[test]
fn of_five_hundred_denied_emergencies_none_raises_an_alarm() {
    let (mut said, mut alarms) = (0, Vec::new());
    for (game, signs) in [("clinic_triage", &CLINIC_SIGNS[..]), ("bakery", &BAKERY_SIGNS[..])] {
        for meaning in [Meaning::Words, MODELS[0], MODELS[1]] {
            let game = if game == "bakery" { compiled(BAKERY, None, meaning) } else { of_folder(game, meaning) };
            let urgent = |name: &str| {
                game.find_move(name)
                    .and_then(|at| game.move_at(at))
                    .is_some_and(|found| found.priority == lgdl::ir::Priority::Urgent)
            };
            for text in signs.iter().flat_map(|sign| DENIALS.iter().map(move |frame| frame.replace("{}", sign))) {
                let record = Talk::with(&game).say(&text);
                let also = record.also.iter().any(|also| urgent(&also.move_id));
                // Being asked "Is this about …?" is no alarm.
                let acted = record.stage != "confirming" && urgent(&record.move_id);
                if acted || also || record.escalated_to.is_some() {
                    alarms.push(format!(
                        "{meaning:?}: {text}: {} {} {}",
                        record.move_id, record.stage, record.confidence
                    ));
                }
                said += 1;
            }
        }
    }
    assert!(said >= 3 * 500, "{said}");
    assert!(alarms.is_empty(), "{alarms:#?}");
}

/// The same emergencies asserted reach somebody more often with a model: the test above is not passed by deafness.
#[test]
fn asserted_emergencies_are_heard_in_other_words() {
    let heard = |meaning: Meaning| {
        let game = compiled(BAKERY, None, meaning);
        let said = [
            "smoke is coming from your oven",
            "your kitchen is burning, look at the flames",
            "her throat swells, she is allergic",
        ];
        said.iter()
            .filter(|text| best(&game, text).is_some_and(|found| found.0 == "fire" || found.0 == "allergic_shock"))
            .count()
    };
    for meaning in [Meaning::Words, MODELS[0], MODELS[1]] {
        assert!(heard(meaning) >= 2, "{meaning:?}: {}", heard(meaning));
    }
}
