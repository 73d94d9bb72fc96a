//! Sentences as people say them, for the example games: what share is understood, asked about, answered wrongly, or
//! leaves a wrong value behind. The sentences lie beside the games (`games/*/natural.yaml`).

mod support;

use std::fs;
use std::path::Path;

use lgdl::engine::TurnRecord;
use serde::Deserialize;
use serde_json::{Map, Value};
use support::{Talk, compile_folder};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    game: String,
    sentences: Vec<Sentence>,
}

/// What is said, the last of it judged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    say: Vec<String>,
    /// The move that must answer, first or beside others.
    #[serde(default, rename = "move")]
    wanted: Option<String>,
    /// The urgent move that must be heard.
    #[serde(default)]
    urgent: Option<String>,
    /// Every value that may stand afterwards.
    slots: Map<String, Value>,
    /// Values that are as good, or may stand beside.
    #[serde(default)]
    or: Map<String, Value>,
    /// To be asked is right.
    #[serde(default)]
    ask: bool,
    #[serde(default)]
    any_move: bool,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Understood,
    Asked,
    Wrong,
    Dangerous,
}

/// Whether a value is the expected one: of an object, what is named; of a time, its ISO form.
fn is_expected(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(name, value)| found.get(name) == Some(value))
        }
        (Value::String(wanted), Value::Object(found)) => found.get("iso").is_some_and(|iso| iso == wanted),
        _ => expected == value,
    }
}

fn judge(sentence: &Sentence, record: &TurnRecord, held: &Map<String, Value>) -> Verdict {
    let moves: Vec<&str> = moves_of(record);
    let expected = |name: &String, value: &Value| {
        [&sentence.slots, &sentence.or]
            .into_iter()
            .any(|map| map.get(name).is_some_and(|wanted| is_expected(wanted, value)))
    };
    let stray = held.iter().any(|(name, value)| !expected(name, value));
    let unheard = sentence.urgent.as_ref().is_some_and(|urgent| !moves.contains(&urgent.as_str()));
    // What is only asked about ("Is this about …?") has not been done.
    let asked_about = !record.choices.is_empty() && record.awaiting_slot.is_none() && record.response.contains('?');
    let forbidden = !asked_about && sentence.never.iter().any(|never| moves.contains(&never.as_str()));
    if stray || unheard || forbidden {
        return Verdict::Dangerous;
    }
    let complete = sentence.slots.keys().all(|name| held.contains_key(name)) || sentence.urgent.is_some();
    let answered = sentence.any_move
        || sentence.urgent.is_some()
        || sentence.wanted.as_ref().is_none_or(|wanted| moves.contains(&wanted.as_str()));
    let said = sentence.says.iter().all(|text| record.response.contains(text.as_str()));
    let asks = record.awaiting_slot.is_some() || !record.choices.is_empty() || record.response.contains('?');
    if complete && answered && said && (!sentence.ask || asks || !sentence.or.is_empty()) {
        return Verdict::Understood;
    }
    // What is read back ("Day: Friday. Is that right?") is not asked again.
    let asked_again = record.stage != "confirming"
        && record
            .awaiting_slot
            .as_ref()
            .is_some_and(|slot| sentence.slots.contains_key(slot) && !held.contains_key(slot));
    if asks && !asked_again && said { Verdict::Asked } else { Verdict::Wrong }
}

/// Every value that the conversation holds after a turn: of the move that answered, and of those under way or waiting.
fn held(record: &TurnRecord, state: &Value) -> Map<String, Value> {
    let mut held = record.slots.clone();
    let frames = ["active", "suspended", "waiting"].into_iter().flat_map(|name| match state.get(name) {
        Some(Value::Array(frames)) => frames.clone(),
        Some(frame) => vec![frame.clone()],
        None => Vec::new(),
    });
    for slots in frames.filter_map(|frame| frame.get("slots").and_then(Value::as_array).cloned()) {
        for slot in slots {
            if let (Some(name), Some(value)) = (slot[0].as_str(), slot[1].get("value")) {
                held.insert(name.to_owned(), value.clone());
            }
        }
    }
    held
}

fn moves_of(record: &TurnRecord) -> Vec<&str> {
    std::iter::once(record.move_id.as_str()).chain(record.also.iter().map(|also| also.move_id.as_str())).collect()
}

/// Every game of a folder that has sentences beside it; the counts by verdict, and what was not understood.
fn tried(games: &Path) -> ([usize; 4], String) {
    let mut counts = [0usize; 4];
    let mut report = String::new();
    let mut folders: Vec<_> =
        fs::read_dir(games).expect("games").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.join("natural.yaml").is_file()) {
        let text = fs::read_to_string(folder.join("natural.yaml")).expect("readable");
        let file: File = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let game = compile_folder(folder);
        for sentence in &file.sentences {
            let mut talk = Talk::with(&game);
            let mut record = None;
            for text in &sentence.say {
                record = Some(talk.say(text));
            }
            let record = record.expect("something is said");
            let held = held(&record, &talk.state());
            let verdict = judge(sentence, &record, &held);
            counts[verdict as usize] += 1;
            if verdict != Verdict::Understood {
                report.push_str(&format!(
                    "{:10} {} {:?} -> {} {:?}: {} held {}\n",
                    format!("{verdict:?}"),
                    file.game,
                    sentence.say,
                    record.move_id,
                    record.awaiting_slot,
                    record.response,
                    Value::Object(held),
                ));
            }
        }
    }
    println!(
        "{report}\nof {}: understood {}, asked {}, wrong {}, dangerous {}",
        counts.iter().sum::<usize>(),
        counts[0],
        counts[1],
        counts[2],
        counts[3]
    );
    (counts, report)
}

#[track_caller]
fn check(games: &Path) {
    let (counts, report) = tried(games);
    let all: usize = counts.iter().sum();
    assert!(all > 0, "there are sentences");
    assert!((counts[0] + counts[1]) * 100 >= all * 95, "understood or asked sensibly:\n{report}");
    assert!(counts[3] * 100 <= all, "dangerous:\n{report}");
}

#[test]
fn what_people_say_to_the_example_games_is_understood_or_asked_about() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../games"));
}

#[test]
fn what_people_say_to_games_of_other_trades_is_understood_or_asked_about() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/natural"));
}
