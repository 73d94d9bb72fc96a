//! `lgdl record`: a conversation as a golden dialogue, personal data replaced. What is expected is what the game answers now
//! to what stands in the place of what was said.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use lgdl::golden::{expectation_of, flow};
use lgdl::privacy::{PiiKind, detect};
use serde_json::{Map, Value, json};

use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::session::{Moment, Session};
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
    /// Add the dialogue to this file of dialogues; default: write it to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    when: When,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let watch = arguments.when.watch()?;
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
    let session = Session::new(loaded.compiled, mocks, "user".to_owned(), Map::new());
    let now = watch.moment();
    let dialog = Dialogue::of(&arguments.title, session, &said, now);
    match &arguments.output {
        Some(path) => dialog.append_to(path, &name, now.now_ms)?,
        None => console.write(format_args!("{}", dialog.whole(&name, now.now_ms)))?,
    }
    if let Some(path) = &arguments.output {
        console.note(format_args!("{}: {} recorded", path.display(), count(said.len(), "turn")));
    }
    Ok(Verdict::Yes)
}

/// What was said in a conversation: of JSON the inputs of its turns, else the lines.
fn said_in(text: &str) -> Vec<String> {
    let parsed: Option<Value> = serde_json::from_str(text.trim()).ok();
    let mut said: Vec<String> = match &parsed {
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let mut found = Vec::new();
            inputs(value, &mut found, 0);
            found
        }
        _ => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('/'))
            .map(str::to_owned)
            .collect(),
    };
    said.truncate(MAX_TURNS);
    said
}

/// Every `user_input` or `input` of a JSON document, in its order.
fn inputs(value: &Value, found: &mut Vec<String>, depth: usize) {
    const MAX_DEPTH: usize = 16;
    match value {
        _ if depth > MAX_DEPTH => {}
        Value::Array(items) => items.iter().for_each(|item| inputs(item, found, depth + 1)),
        Value::Object(fields) => {
            let said = ["user_input", "input"].iter().find_map(|name| fields.get(*name)?.as_str());
            match said {
                Some(text) => found.push(text.to_owned()),
                None => fields.values().for_each(|field| inputs(field, found, depth + 1)),
            }
        }
        _ => {}
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

/// A dialogue while it is written.
pub(super) struct Dialogue {
    title: String,
    turns: Vec<(String, Map<String, Value>)>,
}

impl Dialogue {
    /// Says it all once more, with stand-ins for what is personal, in a conversation of its own.
    pub(super) fn of(title: &str, mut session: Session, said: &[String], now: Moment) -> Dialogue {
        let turns = said.iter().map(|text| {
            let text = replaced(text);
            let expect = expectation_of(&session.say(&text, now).record);
            (text, expect)
        });
        Dialogue { title: title.to_owned(), turns: turns.collect() }
    }

    /// As an entry of `dialogs:`.
    fn entry(&self, now_ms: i64) -> String {
        let now = jiff::Timestamp::from_millisecond(now_ms).map(|now| now.to_string()).unwrap_or_default();
        let mut out = format!("  - name: {}\n    now: {}\n    turns:\n", json!(self.title), json!(now));
        for (said, expect) in &self.turns {
            out.push_str(&format!("      - input: {}\n        expect: {}\n", json!(said), flow(expect)));
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
        assert_eq!(said_in("hi\n\n/why\n two \n"), ["hi", "two"]);
        let json =
            r#"{"id": "c", "turns": [{"user_input": "hi", "response": "input"}, {"record": {"user_input": "two"}}]}"#;
        assert_eq!(said_in(json), ["hi", "two"]);
    }

    #[test]
    fn personal_data_gives_way_to_something_of_its_kind() {
        assert_eq!(replaced("mail jo.bloggs@acme.org please"), "mail name@example.com please");
        assert_eq!(replaced("a large tuna"), "a large tuna");
    }
}
