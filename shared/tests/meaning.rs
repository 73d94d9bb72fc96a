//! Meaning by words alone, on a small labelled set: what is meant is found, what is not of the game is refused, what is
//! denied is no reading, and every machine computes the same.

use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Place, Reference};
use lgdl::matcher::{self, Candidate, Query, Scratch, Stage};
use lgdl::meaning::{Model, Trained, header};
use proptest::prelude::*;

const GAME: &str = include_str!("data/meaning/laundry.lgdl");
const LABELLED: &str = include_str!("data/meaning/laundry.jsonl");

fn game() -> CompiledGame {
    let mut parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
    let entry = parsed.entry.expect("a game");
    CompiledGame::compile(&parsed.games.remove(entry)).expect("it compiles")
}

fn reference() -> Reference {
    let now = jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0);
    Reference {
        now,
        offset_seconds: 0,
        direction: Direction::Future,
        language: Language::English,
        place: Place::DEFAULT,
    }
}

fn heard(game: &CompiledGame, text: &str) -> Vec<Candidate> {
    let reference = reference();
    let query = Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| false };
    matcher::find(game, &query)
}

/// What may be meant by each labelled text, before any of it is chosen.
fn guesses(game: &CompiledGame) -> impl Iterator<Item = (String, Vec<Candidate>)> {
    LABELLED.lines().map(move |line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a labelled line");
        let text = line["text"].as_str().expect("a text");
        let reference = reference();
        let query =
            Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| false };
        (text.to_owned(), matcher::guess(game, &query, &mut Scratch::default()))
    })
}

fn best(game: &CompiledGame, text: &str) -> Option<(String, f64)> {
    let best = heard(game, text).into_iter().next()?;
    Some((game.move_at(best.move_index).expect("a move").name.clone(), best.score))
}

#[test]
fn other_words_than_the_patterns_reach_their_moves_and_the_rest_is_refused() {
    let game = game();
    let (mut right, mut inside, mut refused, mut outside) = (0, 0, 0, 0);
    for line in LABELLED.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a labelled line");
        let text = line["text"].as_str().expect("a text");
        let found = best(&game, text);
        match line["move"].as_str() {
            Some(expected) => {
                inside += 1;
                right += usize::from(found.is_some_and(|found| found.0 == expected && found.1 >= 0.5));
            }
            None => {
                outside += 1;
                refused += usize::from(found.is_none_or(|found| found.1 < 0.5));
            }
        }
    }
    assert!(right * 10 >= inside * 8, "{right} of {inside} are understood");
    assert_eq!(refused, outside, "what the game is not about is refused");
}

#[test]
fn what_is_denied_is_no_reading() {
    let game = game();
    for text in [
        "I do not need a collection from my home",
        "no wine stain on the blouse",
        "please don't fetch the bag of laundry",
    ] {
        assert_eq!(best(&game, text), None, "{text}");
    }
}

#[test]
fn a_pattern_as_it_stands_beats_meaning_and_meaning_says_what_it_is() {
    let game = game();
    let verbatim = &heard(&game, "is my order finished")[0];
    assert_eq!(verbatim.stage, Stage::Plain);
    assert!(verbatim.score > 0.9);
    let meant = &heard(&game, "will a driver collect the clothes")[0];
    assert_eq!(meant.stage, Stage::Meaning);
    assert!(meant.score < 0.95 && !meant.pattern.is_empty());
}

#[test]
fn the_same_game_is_the_same_bytes_with_the_same_head() {
    assert_eq!(game().bytes(), game().bytes());
    assert_eq!(game().trained(), Trained::Words);
    assert!(!game().lacks_model());
}

#[test]
fn everything_heard_is_at_most_what_meaning_may_say() {
    for (text, found) in guesses(&game()) {
        for candidate in found {
            assert!(candidate.stage != Stage::Meaning || candidate.score < 0.95, "{text}");
        }
    }
}

#[test]
fn no_two_moves_are_meant_with_the_same_score() {
    for (text, found) in guesses(&game()) {
        let meant: Vec<f64> =
            found.iter().filter(|one| one.stage == Stage::Meaning && one.score > 0.0).map(|one| one.score).collect();
        assert!(meant.windows(2).all(|two| two[0] > two[1]), "{text}: {meant:?}");
    }
}

/// A move that people come to because something is *not* so: its phrases deny, and what they are about need not be denied.
#[test]
fn a_clause_that_says_otherwise_what_a_denying_phrase_says_is_asserted() {
    let source = r#"game shop { moves {
        move broken {
            when user says something like: [
                "my drill is not working", "the battery does not charge", "my drill won't switch on",
                "the battery isn't full after a night"
            ]
            when confident { respond with: "Bring it." }
        }
        move hours {
            when user says something like: ["when are you open", "opening hours", "closing time", "open on Sunday"]
            when confident { respond with: "Nine to six." }
        }
    } }"#;
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let game = CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles");
    let reference = reference();
    let denied = |text: &str| {
        let query =
            Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| false };
        let found = matcher::guess(&game, &query, &mut Scratch::default()).into_iter().next().expect("it comes near");
        assert_eq!(game.move_at(found.move_index).expect("a move").name, "broken");
        found.score < 0.1
    };
    assert!(denied("my drill is working"));
    assert!(!denied("trouble with my drill and its battery charge"));
}

fn game_of(source: &str) -> CompiledGame {
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles")
}

/// The likeliest move, however little it scores.
fn likeliest(game: &CompiledGame, text: &str) -> Option<(String, f64)> {
    let reference = reference();
    let query = Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| false };
    let found = matcher::guess(game, &query, &mut Scratch::default()).into_iter().next()?;
    Some((game.move_at(found.move_index).expect("a move").name.clone(), found.score))
}

const BANK: &str = r#"game bank { moves {
    move lost {
        when user says something like: [
            "I lost my wallet card", "my wallet card is missing", "where has my wallet card gone", "somebody stole my wallet card",
            "help me find my wallet card"
        ]
        when confident { respond with: "We block it." }
    }
    move swap {
        when user says something like: [
            "swap my voucher for cash", "cash instead of a voucher", "exchange the voucher", "give me cash for the voucher"
        ]
        when confident { respond with: "Here you are." }
    }
    move declined {
        when user says something like: [
            "the till would not accept my payment", "why was the payment declined", "the shop refused my payment",
            "the payment was not accepted"
        ]
        when confident { respond with: "We look into it." }
    }
    move thanks {
        when user says something like: ["thanks a lot", "thank you", "many thanks", "thanks very much", "much obliged"]
        when confident { respond with: "You are welcome." }
    }
    move right {
        when user says something like: ["that is correct", "quite correct", "what you say is correct", "that seems right"]
        when confident { respond with: "Good." }
    }
} }"#;

#[test]
fn a_clause_that_denies_what_the_phrases_deny_or_is_not_able_to_refuses_nothing() {
    let game = game_of(BANK);
    for (text, expected) in [
        ("how is it that my payment was not accepted yesterday", "declined"),
        ("they did not accept my payment in that store", "declined"),
        ("I can't find my wallet card anywhere", "lost"),
        ("can I have cash instead of this voucher", "swap"),
    ] {
        let (found, score) = likeliest(&game, text).expect("it comes near");
        assert!(found == expected && score > 0.1, "{text}: {found} {score}");
    }
    for text in ["I have not lost my wallet card", "please do not exchange the voucher"] {
        assert!(likeliest(&game, text).is_none_or(|(_, score)| score < 0.1), "{text}");
    }
}

#[test]
fn politeness_that_a_move_is_about_is_heard_by_meaning() {
    let (found, _) = likeliest(&game_of(BANK), "thanks so very much to all of you").expect("it comes near");
    assert_eq!(found, "thanks");
}

#[test]
fn a_word_is_not_cut_into_its_opposite() {
    let found = heard(&game_of(BANK), "that is incorrect");
    assert!(found.iter().all(|found| found.score < 0.75), "{found:?}");
}

/// A model of one row.
fn small_model() -> Vec<u8> {
    let mut body = vec![0; 4_097 * 2];
    body.extend_from_slice(&[0; 4]); // a fingerprint
    body.push(255);
    body.extend_from_slice(&[1; 256 * 256]);
    body.extend_from_slice(&[0; 64]);
    let mut bytes = header(1, 4, &body).to_vec();
    bytes.extend_from_slice(&body);
    bytes
}

#[test]
fn a_model_is_refused_unless_it_is_whole_of_this_version_and_in_this_byte_order() {
    let whole = small_model();
    assert_eq!(Model::verified(&whole).expect("it is whole").rows(), 1);
    for cut in [0, 3, 63, 64, 65, whole.len() - 1] {
        assert!(Model::open(&whole[..cut]).is_err(), "cut at {cut}");
    }
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        Model::verified(&bytes).map(|_| ()).expect_err("it is refused").to_string()
    };
    assert!(changed(0, b"GGUF").contains("begin"));
    assert!(changed(4, &0x0102_0304u32.to_be_bytes()).contains("order"));
    assert!(changed(8, &[2]).contains("version"));
    assert!(changed(16, &[0, 2]).contains("shape"));
    assert!(changed(12, &[9]).contains("cut off"));
    assert!(changed(5_000, &[7]).contains("hash"));
    assert!(changed(40, &[7]).contains("hash"));
}

proptest! {
    #[test]
    fn any_bytes_as_a_model_are_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        begins in any::<bool>(),
    ) {
        let mut bytes = bytes;
        if begins && bytes.len() > 64 {
            let whole = small_model();
            bytes[..24].copy_from_slice(&whole[..24]);
        }
        prop_assert!(Model::verified(&bytes).is_err());
    }
}

#[test]
fn a_pattern_that_came_from_use_is_told_from_the_author_s() {
    let source = GAME.replacen("\"is my order finished\"", "\"is my order finished\" (learned)", 1);
    let mut parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let entry = parsed.entry.expect("a game");
    let learned = CompiledGame::compile(&parsed.games.remove(entry)).expect("it compiles");
    let (before, after) = (&heard(&game(), "is my order finished")[0], &heard(&learned, "is my order finished")[0]);
    assert_eq!((before.stage, after.stage), (Stage::Plain, Stage::Learned));
    assert_eq!(before.score, after.score);
}

#[test]
fn phrases_are_rehearsed_by_a_head_that_does_not_know_them() {
    let mut parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
    let game = parsed.games.remove(parsed.entry.expect("a game"));
    let rehearsed = CompiledGame::rehearse(&game, lgdl::meaning::Meaning::Words).expect("it is rehearsed");
    let phrases: usize = game.moves.iter().flat_map(|body| &body.triggers).map(|trigger| trigger.patterns.len()).sum();
    assert!(rehearsed.len() > phrases / 2 && rehearsed.len() <= phrases, "{} of {phrases}", rehearsed.len());
    let right = rehearsed.iter().filter(|heard| heard.found == heard.move_name).count();
    assert!(right > 0, "five phrases a move, each in words of its own, and some are found all the same");
    assert!(rehearsed.iter().all(|heard| (0.0..=0.9).contains(&heard.confidence)));
    assert!(CompiledGame::rehearse(&game, lgdl::meaning::Meaning::Off).expect("nothing to do").is_empty());
}
