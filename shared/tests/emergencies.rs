//! Emergencies in everything that can be said: first, last, in the middle, beside the answer to a question of every type,
//! joined in every way, in two languages, misspelt. The phrases are data (`emergencies/*.yaml`); every combination is tried.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lgdl::compiled::CompiledGame;
use lgdl::engine::TurnRecord;
use serde::Deserialize;
use support::Talk;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    game: String,
    urgent: String,
    phrases: Vec<String>,
    denied: Vec<String>,
    anothers: Vec<String>,
    /// Dangers in words that no phrase of the game has.
    dangers: Vec<String>,
    joiners: Vec<String>,
    beside: Vec<String>,
    answers: Vec<Asked>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    slot: String,
    answer: String,
    /// Whether the answer is a time, which may date what stands beside it without a mark: to ask is right, too.
    #[serde(default)]
    dates: bool,
}

/// What must come of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// It is heard.
    Heard,
    /// It is not, for it was denied; to ask is no harm.
    Passed,
    /// It is heard or, for the word that tells is misspelt, asked about.
    HeardOrAskedAbout,
    /// It is asked about.
    AskedAbout,
    /// It is neither heard nor asked about.
    Silent,
}

impl Comes {
    fn is_met(self, urgent: &str, record: &TurnRecord) -> bool {
        self.is_met_by_any(&[urgent.to_owned()], record)
    }

    fn is_met_by_any(self, urgent: &[String], record: &TurnRecord) -> bool {
        let moves = std::iter::once(&record.move_id).chain(record.also.iter().map(|also| &also.move_id));
        let said = moves.into_iter().any(|name| urgent.contains(name));
        let asked = said && record.awaiting_slot.is_none() && !record.choices.is_empty();
        match self {
            Comes::Heard => said && !asked,
            Comes::HeardOrAskedAbout => said,
            Comes::Passed => !said || asked,
            Comes::AskedAbout => asked,
            Comes::Silent => !said,
        }
    }
}

/// Two letters in the middle of the longest word changed places.
fn misspelt(phrase: &str) -> String {
    let longest = phrase.split(' ').max_by_key(|word| word.chars().count()).expect("a word");
    let mut letters: Vec<char> = longest.chars().collect();
    let middle = letters.len() / 2;
    letters.swap(middle, middle - 1);
    phrase.replacen(longest, &letters.iter().collect::<String>(), 1)
}

/// What is misspelt, or happened to others, and is set apart by nothing is a word among others.
fn is_tried(joiner: &str, comes: Comes) -> bool {
    joiner != " " || !matches!(comes, Comes::HeardOrAskedAbout | Comes::AskedAbout)
}

struct Trial<'d> {
    data: &'d Data,
    tried: usize,
    lost: Vec<String>,
}

impl Trial<'_> {
    /// Says it where a conversation has come to.
    fn say(&mut self, talk: &Talk, said: &str, comes: Comes) {
        let record = talk.branch().say(said);
        self.tried += 1;
        if !comes.is_met(&self.data.urgent, &record) {
            let asked = talk.last.as_ref().and_then(|outcome| outcome.record.awaiting_slot.clone()).unwrap_or_default();
            self.lost.push(format!(
                "{comes:?} `{asked}`: {said:?} -> {} {}: {}",
                record.move_id, record.stage, record.response
            ));
        }
    }

    /// Says a phrase before and behind something else.
    fn beside(&mut self, talk: &Talk, other: &str, phrase: &str, comes: Comes) {
        let data = self.data;
        for joiner in data.joiners.iter().filter(|joiner| is_tried(joiner, comes)) {
            self.say(talk, &format!("{other}{joiner}{phrase}"), comes);
            self.say(talk, &format!("{phrase}{joiner}{other}"), comes);
        }
    }

    fn all(&mut self, game: &CompiledGame, phrase: &str, comes: Comes) {
        let data = self.data;
        let mut talk = Talk::with(game);
        self.say(&talk, phrase, comes);
        for other in &data.beside {
            self.beside(&talk, other, phrase, comes);
        }
        if let [one, another, ..] = data.beside.as_slice() {
            for joiner in data.joiners.iter().filter(|joiner| is_tried(joiner, comes)) {
                self.say(&talk, &format!("{one}{joiner}{phrase}{joiner}{another}"), comes);
            }
        }
        talk.say(&data.beside[0]);
        for asked in &data.answers {
            self.say(&talk, phrase, comes);
            let comes = if asked.dates && comes == Comes::Heard { Comes::HeardOrAskedAbout } else { comes };
            self.beside(&talk, &asked.answer, phrase, comes);
            talk.say(&asked.answer);
        }
    }
}

#[track_caller]
fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emergencies");
    let text = fs::read_to_string(folder.join(name)).expect("readable");
    let data: Data = serde_saphyr::from_str(&text).expect("data");
    let game = support::compile_file(&folder.join(&data.game));
    // Each answer leads to the next question, or a combination would be tried where it is not asked.
    let mut talk = Talk::with(&game);
    let mut record = talk.say(&data.beside[0]);
    for asked in &data.answers {
        let awaited = record.awaiting_slot.as_deref();
        assert_eq!(awaited, Some(asked.slot.as_str()), "before {}: {}", asked.answer, record.response);
        record = talk.say(&asked.answer);
    }
    let mut trial = Trial { data: &data, tried: 0, lost: Vec::new() };
    for phrase in &data.phrases {
        trial.all(&game, phrase, Comes::Heard);
        trial.all(&game, &misspelt(phrase), Comes::HeardOrAskedAbout);
    }
    for phrase in &data.denied {
        trial.all(&game, phrase, Comes::Passed);
    }
    for phrase in &data.anothers {
        trial.all(&game, phrase, Comes::AskedAbout);
    }
    for phrase in &data.dangers {
        trial.all(&game, phrase, Comes::HeardOrAskedAbout);
    }
    println!("{name}: {} tried, {} lost", trial.tried, trial.lost.len());
    assert!(trial.tried > 1_000, "{name}: {} tried", trial.tried);
    assert!(trial.lost.is_empty(), "{} of {} lost:\n{}", trial.lost.len(), trial.tried, trial.lost.join("\n"));
}

#[test]
fn no_emergency_is_lost() {
    check("harbour.yaml");
}

#[cfg(feature = "spanish")]
#[test]
fn no_emergency_is_lost_in_spanish() {
    check("puerto.yaml");
}

/// "won't stop bleeding" says that something bleeds: who says so in other words is asked, and who denies it is not.
#[test]
fn a_phrase_that_takes_its_denial_back_is_no_denial() {
    let source = r#"game ward { moves {
        move alarm { priority: urgent
            when user says something like: [
                "the wound won't stop bleeding", "the bleeding won't stop", "it does not stop bleeding",
                "blood won't stop coming out", "the cut won't stop bleeding"
            ]
            when confident { respond with: "Coming." } }
        move visit {
            when user says something like: ["book a visit", "I need an appointment", "come and see us", "a visit by the nurse"]
            when confident { respond with: "When?" } }
        move hours {
            when user says something like: ["opening hours", "when are you open", "when do you close", "are you open on Sunday"]
            when confident { respond with: "9 to 5." } }
    } }"#;
    for (said, moved) in [
        ("the wound won't stop bleeding", "alarm"),
        ("the wound is bleeding", "alarm"),
        ("the wound is bleeding all over", "alarm"),
        ("the wound is bleeding and I don't know what to do", "alarm"),
        ("the wound is bleeding, and it isn't my fault", "alarm"),
        ("the wound isn't bleeding", "none"),
        ("the wound is not bleeding any more", "none"),
    ] {
        assert_eq!(Talk::of(source).say(said).move_id, moved, "{said}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialogues {
    game: String,
    urgent: Vec<String>,
    heard: Vec<String>,
    #[serde(default)]
    asked: Vec<String>,
    silent: Vec<String>,
    #[serde(default)]
    passed: Vec<String>,
}

/// What strangers said, turn by turn.
#[cfg(feature = "spanish")]
#[test]
fn what_frightened_people_say_is_heard_and_what_is_over_is_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emergencies");
    let text = fs::read_to_string(folder.join("said.yaml")).expect("readable");
    let data: Vec<Dialogues> = serde_saphyr::from_str(&text).expect("data");
    let mut lost = Vec::new();
    let mut tried = 0;
    for part in &data {
        let game = support::compile_file(&folder.join(&part.game));
        let kinds = [
            (&part.heard, Comes::Heard),
            (&part.asked, Comes::AskedAbout),
            (&part.silent, Comes::Silent),
            (&part.passed, Comes::Passed),
        ];
        for (said, comes) in kinds.into_iter().flat_map(|(all, comes)| all.iter().map(move |said| (said, comes))) {
            let mut talk = Talk::with(&game);
            let record = said.split(" | ").map(|turn| talk.say(turn)).last().expect("something is said");
            tried += 1;
            if !comes.is_met_by_any(&part.urgent, &record) {
                lost.push(format!("{comes:?}: {said:?} -> {} {}: {}", record.move_id, record.stage, record.response));
            }
        }
    }
    assert!(tried > 50, "{tried} tried");
    assert!(lost.is_empty(), "{} of {tried}:\n{}", lost.len(), lost.join("\n"));
}

/// What emergency call centres are called for, and what only sounds like it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    game: String,
    urgent: String,
    who: Vec<String>,
    whom: Vec<String>,
    joiners: Vec<String>,
    opens: String,
    answers: Vec<String>,
    /// By protocol.
    said: BTreeMap<String, Vec<String>>,
    /// By what makes them harmless.
    harmless: BTreeMap<String, Vec<String>>,
    /// The same, where something is asked for.
    harmless_answers: BTreeMap<String, Vec<String>>,
}

impl Kinds {
    /// A phrase of each of those of whom it may be said.
    fn of_each(&self, phrase: &str) -> Vec<String> {
        let fill = |name: &str, all: &[String]| all.iter().map(|one| phrase.replace(name, one)).collect();
        match phrase {
            _ if phrase.contains("{whom}") => fill("{whom}", &self.whom),
            _ if phrase.contains("{who}") => fill("{who}", &self.who),
            _ => vec![phrase.to_owned()],
        }
    }
}

/// Every kind of every protocol, of everybody, alone and behind answers of every type.
#[cfg(feature = "spanish")]
#[test]
fn every_kind_of_emergency_is_heard_or_asked_about_and_nothing_else_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emergencies");
    let text = fs::read_to_string(folder.join("kinds.yaml")).expect("readable");
    let data: Vec<Kinds> = serde_saphyr::from_str(&text).expect("data");
    let (mut lost, mut tried) = (Vec::new(), 0);
    for part in &data {
        let game = support::compile_file(&folder.join(&part.game));
        let urgent = [part.urgent.clone()];
        let mut asked = vec![Talk::with(&game)];
        let mut talk = Talk::with(&game);
        talk.say(&part.opens);
        for answer in &part.answers {
            asked.push(talk.branch());
            talk.say(answer);
        }
        let mut check = |talk: &Talk, kind: &str, said: &str, comes: Comes| {
            let record = talk.branch().say(said);
            tried += 1;
            if !comes.is_met_by_any(&urgent, &record) {
                lost.push(format!("{comes:?} {kind}: {said:?} -> {} {}", record.move_id, record.response));
            }
        };
        for (kind, phrase) in part.said.iter().flat_map(|(kind, all)| all.iter().map(move |phrase| (kind, phrase))) {
            let all = part.of_each(phrase);
            for said in &all {
                check(&asked[0], kind, said, Comes::HeardOrAskedAbout);
            }
            let places = asked[1..].iter().zip(&part.answers).zip(part.joiners.iter().cycle());
            for ((talk, answer), joiner) in places {
                check(talk, kind, &format!("{answer}{joiner}{}", all[0]), Comes::HeardOrAskedAbout);
            }
        }
        for (harmless, places) in [(&part.harmless, &asked[..]), (&part.harmless_answers, &asked[1..])] {
            for (kind, said) in harmless.iter().flat_map(|(kind, all)| all.iter().map(move |said| (kind, said))) {
                places.iter().for_each(|talk| check(talk, kind, said, Comes::Silent));
            }
        }
    }
    println!("{tried} tried, {} lost", lost.len());
    assert!(lost.is_empty(), "{} of {tried}:\n{}", lost.len(), lost.join("\n"));
}
