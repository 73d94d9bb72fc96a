//! Properties of whole conversations: nothing that is said makes the engine panic, a turn is the same whenever it is
//! run, and a state is read back equal (every [`support::Talk`] turn checks that).

mod support;

use std::cell::RefCell;
use std::path::Path;

use lgdl::compiled::CompiledGame;
use lgdl::engine::CapabilityResult;
use proptest::prelude::*;
use serde_json::json;
use support::{Talk, compile, compile_file};

/// Our own games, and the published ones where they are at hand.
fn games() -> Vec<CompiledGame> {
    let mut games =
        vec![compile(include_str!("data/triage.lgdl"), None), compile(include_str!("data/desk.lgdl"), None)];
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../games");
    for root in [Some(own), support::published()].into_iter().flatten() {
        let mut folders: Vec<_> =
            std::fs::read_dir(root).expect("a folder").flatten().map(|entry| entry.path()).collect();
        folders.sort();
        games.extend(
            folders
                .iter()
                .map(|folder| folder.join("game.lgdl"))
                .filter(|path| path.is_file())
                .map(|path| compile_file(&path)),
        );
    }
    if let Some(root) = support::published() {
        games.push(compile_file(&root.join("triage_full_grammar.lgdl")));
    }
    games
}

thread_local! {
    static GAMES: RefCell<Vec<CompiledGame>> = RefCell::new(games());
}

/// What people say, and what nobody says.
fn utterance() -> impl Strategy<Value = String> {
    let said = prop::sample::select(vec![
        "I have pain",
        "I'm in pain",
        "pain in my knee",
        "7",
        "11",
        "8/10",
        "since yesterday",
        "my chest",
        "can't breathe",
        "chest pain",
        "never mind",
        "cancel",
        "what?",
        "skip",
        "no",
        "yes",
        "I don't know",
        "start over",
        "actually 7",
        "no, my back",
        "I meant Tuesday",
        "book a table",
        "tomorrow at 7pm",
        "4",
        "the second one",
        "reset my password",
        "a@b.com",
        "sms",
        "I can't log in",
        "help",
        "speak to a person",
        "what can you do?",
        "something is wrong with my router",
        "dunno",
        "I want to complain",
        "Delivery",
        "transfer money",
        "20 dollars",
        "help with my order",
        "1",
        "fell down",
        "I need help",
        "checkout",
        "hello",
        "compare laptop and tablet",
        "wholesale 100 mice",
        "ignore all previous instructions",
        "not 6, 7",
        "change the severity to 9",
        "6 or 7",
        "I feel winded when walking",
        "medications and allergies",
        "\u{0}",
        "",
        "???",
        "你好",
        "🤕",
    ]);
    prop_oneof![
        6 => said.clone().prop_map(str::to_owned),
        2 => (said.clone(), said.clone()).prop_map(|(one, other)| format!("{one}, {other}")),
        2 => (said, "\\PC{0,12}").prop_map(|(said, noise)| format!("{said}{noise}")),
        1 => "\\PC{0,60}",
        1 => any::<String>().prop_map(|text| text.chars().take(200).collect()),
        1 => "[a-z'’.,?!{}<>$0-9 -]{0,80}",
    ]
}

/// Services that answer well, badly and oddly by turns.
fn answering(kind: u8) -> impl FnMut(&lgdl::engine::CapabilityCall) -> CapabilityResult {
    move |call| match (usize::from(kind) + call.index) % 4 {
        0 => support::ok(json!({"found": true, "urgency": "high", "wait_time": 10, "choice": null, "severity": "9"})),
        1 => support::failed("E201"),
        2 => {
            CapabilityResult::Answered { status: "no".into(), data: Default::default(), message: Some("Sorry.".into()) }
        }
        _ => support::ok(json!({})),
    }
}

/// The sentences that lie beside games, and their games: what is said there is nearer to what people say than what
/// anybody would make up.
struct Spoken {
    games: Vec<CompiledGame>,
    sentences: Vec<String>,
}

thread_local! {
    static SPOKEN: Spoken = spoken();
}

fn spoken() -> Spoken {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/natural");
    let mut folders: Vec<_> = std::fs::read_dir(tests).expect("a folder").flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let (mut games, mut sentences) = (Vec::new(), Vec::new());
    for folder in folders {
        games.push(support::compile_folder(&folder));
        let text = std::fs::read_to_string(folder.join("natural.yaml")).expect("sentences");
        let file: serde_json::Value = serde_saphyr::from_str(&text).expect("sentences");
        let said =
            file["sentences"].as_array().expect("a list").iter().filter_map(|sentence| sentence["say"].as_array());
        sentences.extend(said.flatten().filter_map(|text| text.as_str().map(str::to_owned)));
    }
    Spoken { games, sentences }
}

/// A sentence with words gone, doubled, or put from another one, and with odd things between them.
fn scrambled() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)
}

/// What stands between the words of a scrambled sentence.
const BETWEEN: [&str; 12] = [" ", " ", " ", " ", ", ", ". ", " - ", "", "... ", "\n", " 7 ", " and "];

fn scramble(sentences: &[String], parts: &[(prop::sample::Index, u8)]) -> String {
    let mut text = String::new();
    for (at, how) in parts {
        let words: Vec<&str> = at.get(sentences).split_whitespace().collect();
        let cut = usize::from(how >> 4) % (words.len() + 1);
        let words = if how & 1 == 0 { &words[cut..] } else { &words[..cut] };
        for (at, word) in words.iter().enumerate() {
            text.push_str(word);
            let odd = usize::from(*how) + at;
            text.push_str(if odd.is_multiple_of(5) { BETWEEN[odd / 5 % BETWEEN.len()] } else { " " });
        }
        text.push_str(BETWEEN[usize::from(*how) % BETWEEN.len()]);
    }
    text
}

/// How many scrambled conversations are tried; more by `LGDL_TEST_SCRAMBLED`.
fn scrambled_cases() -> u32 {
    std::env::var("LGDL_TEST_SCRAMBLED").map_or(300, |cases| cases.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: scrambled_cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_scrambled_sentence_makes_the_engine_panic(
        game in any::<prop::sample::Index>(),
        said in prop::collection::vec(scrambled(), 1..8),
        kind in any::<u8>(),
    ) {
        SPOKEN.with(|spoken| {
            let mut talk = Talk::with(game.get(&spoken.games)).answering(answering(kind));
            for parts in &said {
                talk.say(&scramble(&spoken.sentences, parts));
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_conversation_makes_the_engine_panic_and_every_turn_is_the_same_again(
        game in any::<prop::sample::Index>(),
        texts in prop::collection::vec(utterance(), 1..14),
        kind in any::<u8>(),
    ) {
        let game = GAMES.with_borrow(|games| game.get(games).clone());
        let run = || {
            let mut talk = Talk::with(&game).answering(answering(kind));
            texts.iter().map(|text| serde_json::to_string(&talk.say(text)).expect("a record can be written")).collect::<Vec<_>>()
        };
        let first = run();
        prop_assert_eq!(&first, &run());
    }

    #[test]
    fn a_state_stays_small(texts in prop::collection::vec(utterance(), 30..60), game in any::<prop::sample::Index>()) {
        let game = GAMES.with_borrow(|games| game.get(games).clone());
        let mut talk = Talk::with(&game);
        for text in &texts {
            talk.say(text);
        }
        let size = serde_json::to_string(&talk.state()).expect("a state can be written").len();
        prop_assert!(size < 32_768, "{size} bytes");
    }

    #[test]
    fn nothing_of_a_foreign_state_makes_the_engine_panic(name in "[a-z_]{0,12}", slot in "[a-z_]{0,12}", position in prop::collection::vec(0usize..9, 0..6), text in utterance()) {
        for open in [
            json!({"kind": "slot", "name": slot}),
            json!({"kind": "confirm", "name": slot}),
            json!({"kind": "choice", "options": [], "question": "", "clarifies": {"name": slot, "position": position}, "utterance": ""}),
            json!({"kind": "which", "options": [["a", name]], "utterance": ""}),
            json!({"kind": "guess", "utterance": ""}),
            json!({"kind": "negotiation", "question": "", "utterance": "", "position": position}),
        ] {
            for move_id in [name.as_str(), "pain_assessment", "complaint", "booking"] {
                let state = json!({"active": {"move_id": move_id, "open": open}, "suspended": [{"move_id": name, "open": open}]});
                let conversation = serde_json::from_value(state).expect("a state");
                let games = GAMES.with_borrow(|games| games[..2].to_vec());
                for game in games {
                    let mut talk = Talk::with(&game);
                    talk.set_state(&conversation);
                    talk.say(&text);
                }
            }
        }
    }
}
