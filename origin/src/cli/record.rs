//! `lgdl record`: a conversation as a golden dialogue, personal data replaced. What is expected is what the game answers now
//! to what stands in the place of what was said.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use lgdl::engine::Event;
use lgdl::golden::{Persons, expectation_of, flow};
use lgdl::privacy::{PiiKind, detect};
use serde_json::{Map, Value, json};

use super::chat::{DEFAULT_PARTICIPANT, read_context};
use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::session::{Moment, Said, Session};
use super::when::When;
use super::{source, test};

/// The most turns of a dialogue.
const MAX_TURNS: usize = 1_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// The conversation: lines of what was said, or JSON of the admin API or of an export; default: standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// What the dialogue shows
    #[arg(long, value_name = "TEXT", default_value = "recorded")]
    title: String,
    /// Who speaks
    #[arg(long, default_value = DEFAULT_PARTICIPANT, value_name = "NAME")]
    participant: String,
    /// The requests' context, as a JSON object, where the conversation itself says none: {"locale": "es"}
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// Add the dialogue to this file of dialogues; default: write it to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    when: When,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let watch = arguments.when.watch()?;
    let context = read_context(arguments.context.as_deref())?;
    let loaded = source::load(&arguments.game, arguments.name.as_deref(), console)?;
    let mocks = source::mocks(&loaded.source)?;
    let text = match &arguments.from {
        Some(path) => source::read_file(path)?,
        None => {
            let mut lines = Vec::new();
            for line in io::stdin().lock().split(b'\n') {
                let line = line.map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?;
                lines.extend(line);
                lines.push(b'\n');
            }
            lines
        }
    };
    let said = said_in(&String::from_utf8_lossy(&text));
    if said.is_empty() {
        return Err(Failure::Usage(
            "nothing was said: expected a line for each turn, or the JSON of a conversation".into(),
        ));
    }
    let name = loaded.compiled.name().to_owned();
    let session = Session::new(loaded.compiled, mocks, arguments.participant.clone(), context);
    let now = watch.moment();
    let dialog = Dialogue::of(&arguments.title, session, &said, now);
    match &arguments.output {
        Some(path) => dialog.append_to(path, &name, now.now_ms)?,
        None => console.file(&dialog.whole(&name, now.now_ms))?,
    }
    if let Some(path) = &arguments.output {
        console.note(format_args!("{}: {} recorded", path.display(), count(said.len(), "turn")));
    }
    Ok(Verdict::Yes)
}

/// What was said in a conversation: of JSON the inputs and events of its turns, else the lines.
fn said_in(text: &str) -> Vec<Said> {
    let parsed: Option<Value> = serde_json::from_str(text.trim()).ok();
    let mut said: Vec<Said> = match &parsed {
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let mut found = Vec::new();
            turns_in(value, None, &mut found, 0);
            found
        }
        _ => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('/'))
            .map(Said::of_line)
            .collect(),
    };
    said.truncate(MAX_TURNS);
    said
}

/// Every object of a JSON document with an `input`, a `user_input` or an `event`, in its order. What was said stands with the
/// context of the nearest object that has one.
fn turns_in(value: &Value, context: Option<&Map<String, Value>>, found: &mut Vec<Said>, depth: usize) {
    const MAX_DEPTH: usize = 16;
    match value {
        _ if depth > MAX_DEPTH => {}
        Value::Array(items) => items.iter().for_each(|item| turns_in(item, context, found, depth + 1)),
        Value::Object(fields) => {
            let given = fields.get("given");
            let own = fields.get("context").or_else(|| given?.get("context")).and_then(Value::as_object);
            let context = own.or(context);
            let text = ["user_input", "input"].iter().find_map(|name| fields.get(*name)?.as_str());
            let value = given.and_then(|given| given.get("value"));
            let event = fields.get("event").and_then(|event| event_of(event, value));
            match (text, event) {
                (None, None) => fields.values().for_each(|field| turns_in(field, context, found, depth + 1)),
                (text, event) => {
                    // An event says what is on it; the words are none that anybody typed.
                    let text = text.filter(|_| event.is_none()).unwrap_or_default().to_owned();
                    found.push(Said { text, event, context: context.cloned() });
                }
            }
        }
        _ => {}
    }
}

/// An event by its name, its value beside it, or as `{"name": …, "value": …}`.
fn event_of(event: &Value, value: Option<&Value>) -> Option<Event> {
    match event {
        Value::String(name) => Some(Event { name: name.clone(), value: value.cloned().unwrap_or_default() }),
        event => serde_json::from_value(event.clone()).ok(),
    }
}

/// A text with something of the same kind in the place of what is personal.
fn replaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for finding in detect(text) {
        out.push_str(&text[at..finding.start]);
        out.push_str(stand_in(finding.kind));
        at = finding.end;
    }
    out.push_str(&text[at..]);
    out
}

/// Numbers and names that are nobody's.
fn stand_in(kind: PiiKind) -> &'static str {
    match kind {
        PiiKind::Email => "name@example.com",
        PiiKind::Phone => "+1 555 010 9999",
        PiiKind::SocialSecurity => "900-00-0000",
        PiiKind::PaymentCard => "4111 1111 1111 1111",
        PiiKind::Iban => "GB82 WEST 1234 5698 7654 32",
        PiiKind::IpAddress => "192.0.2.1",
        PiiKind::Url => "https://example.com",
        PiiKind::PersonName => "Alex Doe",
        PiiKind::DateOfBirth => "January 1 1990",
        PiiKind::NhsNumber => "943 476 5919",
        PiiKind::MedicalRecord => "MRN 000000",
        PiiKind::Passport => "X0000000",
        PiiKind::StreetAddress => "1 Example Street",
        PiiKind::Unsorted => "something",
    }
}

/// The same in every text that a value holds.
fn replaced_in(value: &Value, persons: &Persons) -> Value {
    match value {
        Value::String(text) => Value::String(replaced(&persons.replaced(text))),
        Value::Array(items) => items.iter().map(|item| replaced_in(item, persons)).collect(),
        Value::Object(fields) => Value::Object(replaced_fields(fields, persons)),
        plain => plain.clone(),
    }
}

fn replaced_fields(fields: &Map<String, Value>, persons: &Persons) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), replaced_in(value, persons))).collect()
}

/// A dialogue while it is written.
pub(super) struct Dialogue {
    title: String,
    participant: String,
    turns: Vec<(Said, Map<String, Value>)>,
}

impl Dialogue {
    /// Says it all once to learn what was said of persons, and once more with stand-ins, in a conversation of its own.
    pub(super) fn of(title: &str, session: Session, said: &[Said], now: Moment) -> Dialogue {
        let mut persons = Persons::of(session.game());
        let mut first = session.clone();
        let answers: Vec<Option<String>> = said.iter().map(|said| persons.note(&first.take(said, now))).collect();
        let mut again = session.clone();
        let turns = said.iter().zip(answers).map(|(said, answer)| {
            let text = answer.unwrap_or_else(|| replaced(&persons.replaced(&said.text)));
            let event = said
                .event
                .as_ref()
                .map(|event| Event { name: event.name.clone(), value: replaced_in(&event.value, &persons) });
            let context = replaced_fields(said.context.as_ref().unwrap_or(session.context()), &persons);
            let said = Said { text, event, context: Some(context) };
            let expect = expectation_of(&again.take(&said, now).record);
            (said, expect)
        });
        Dialogue { title: title.to_owned(), participant: session.participant().to_owned(), turns: turns.collect() }
    }

    /// As an entry of `dialogs:`.
    fn entry(&self, now_ms: i64) -> String {
        let now = jiff::Timestamp::from_millisecond(now_ms).map(|now| now.to_string()).unwrap_or_default();
        let mut out = format!("  - name: {}\n    now: {}\n", json!(self.title), json!(now));
        if self.participant != DEFAULT_PARTICIPANT {
            out.push_str(&format!("    participant: {}\n", json!(self.participant)));
        }
        let context_of = |said: &Said| said.context.clone().unwrap_or_default();
        let shared = self.turns.first().map(|(said, _)| context_of(said)).unwrap_or_default();
        if !shared.is_empty() {
            out.push_str(&format!("    context: {}\n", flow(&shared)));
        }
        out.push_str("    turns:\n");
        for (said, expect) in &self.turns {
            match &said.event {
                Some(event) if event.value.is_null() => {
                    out.push_str(&format!("      - event: {}\n", json!(event.name)));
                }
                Some(Event { name, value }) => {
                    out.push_str(&format!("      - event: {}\n", json!({"name": name, "value": value})));
                }
                None => out.push_str(&format!("      - input: {}\n", json!(said.text))),
            }
            let own = context_of(said);
            if own != shared {
                out.push_str(&format!("        context: {}\n", flow(&own)));
            }
            out.push_str(&format!("        expect: {}\n", flow(expect)));
        }
        out
    }

    /// As a file of its own.
    fn whole(&self, game: &str, now_ms: i64) -> String {
        format!("game: {game}\ndialogs:\n{}", self.entry(now_ms))
    }

    /// Adds it to a file, which is made where there is none.
    pub(super) fn append_to(&self, path: &Path, game: &str, now_ms: i64) -> Result<(), Failure> {
        let cannot = |error: io::Error| Failure::Failed(format!("cannot write {}: {error}", path.display()));
        if !path.exists() {
            return fs::write(path, self.whole(game, now_ms)).map_err(cannot);
        }
        let before = source::read_file(path)?;
        let mut file = OpenOptions::new().append(true).open(path).map_err(cannot)?;
        let line = if before.ends_with(b"\n") { "\n" } else { "\n\n" };
        let indent = indent_of_dialogues(&String::from_utf8_lossy(&before));
        let entry = self.entry(now_ms);
        let lines = entry.lines().map(|line| format!("{indent}{}\n", line.strip_prefix(INDENT).unwrap_or(line)));
        file.write_all(format!("{line}{}", lines.collect::<String>()).as_bytes()).map_err(cannot)?;
        // What is appended must still be dialogues of that file.
        if let Err(failure) = test::read_dialogues(path) {
            fs::write(path, before).map_err(cannot)?;
            return Err(failure);
        }
        Ok(())
    }
}

/// How far an entry of `dialogs:` stands in, as we write it.
const INDENT: &str = "  ";

/// How far the entries of `dialogs:` stand in in a file.
fn indent_of_dialogues(file: &str) -> String {
    let first = file.lines().find(|line| line.trim_start().starts_with("- name:"));
    first.map_or_else(|| INDENT.to_owned(), |line| line[..line.len() - line.trim_start().len()].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_found_in_lines_and_in_json() {
        let texts = |text: &str| said_in(text).into_iter().map(|said| said.text).collect::<Vec<_>>();
        assert_eq!(texts("hi\n\n/why\n two \n"), ["hi", "two"]);
        let json =
            r#"{"id": "c", "turns": [{"user_input": "hi", "response": "input"}, {"record": {"user_input": "two"}}]}"#;
        assert_eq!(texts(json), ["hi", "two"]);
        let json = r#"{"turns": [
            {"event": "session_started", "user_input": ""},
            {"user_input": "hola", "given": {"context": {"locale": "es"}}},
            {"event": "button", "given": {"value": "large", "context": {"locale": "es"}}},
            {"event": {"name": "button", "value": 2}}
        ]}"#;
        let said = said_in(json);
        let events: Vec<_> = said.iter().map(|said| said.event.as_ref().map(|event| event.name.as_str())).collect();
        assert_eq!(events, [Some("session_started"), None, Some("button"), Some("button")]);
        assert_eq!(said[1].context.as_ref().unwrap()["locale"], "es");
        assert_eq!(
            (&said[2].event.as_ref().unwrap().value, &said[3].event.as_ref().unwrap().value),
            (&json!("large"), &json!(2))
        );
    }

    #[test]
    fn personal_data_gives_way_to_something_of_its_kind() {
        assert_eq!(replaced("mail jo.bloggs@acme.org please"), "mail name@example.com please");
        assert_eq!(replaced("a large tuna"), "a large tuna");
    }
}
