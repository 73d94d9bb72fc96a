//! `lgdl chat`: a conversation with a game in the terminal. In a pipe, each line of input is a turn and each answer a line.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use lgdl::engine::{Outcome, TurnRecord};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use serde_json::{Map, Value};

use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::record::Dialogue;
use super::session::{Said, Session};
use super::source::{self, Loaded};
use super::when::{Watch, When};
use super::why;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Who speaks
    #[arg(long, default_value = DEFAULT_PARTICIPANT, value_name = "NAME")]
    participant: String,
    /// The request's context, as a JSON object
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    #[command(flatten)]
    when: When,
}

/// The move of a turn that no move answers.
const NO_MOVE: &str = "none";

/// Who speaks where nobody is named.
pub(super) const DEFAULT_PARTICIPANT: &str = "user";

const HELP: &str = "\
[EVENT], [EVENT VALUE]  what happens in the place of something said: [session_started], [button large]; the desk's part
        as well: [handoff_accepted Anna], [handoff_ended], [handoff_timed_out]
/state  the conversation's state as it is stored
/why    why the last answer was given: candidates, scores, slots
/record FILE  add the conversation so far to a file of golden dialogues, personal data replaced
/reset  begin the conversation anew
/help   this list
/quit   leave; so does the end of input";

/// What a line of input asks for.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Nothing,
    State,
    Why,
    Reset,
    Record(&'a str),
    Help,
    Quit,
    Unknown(&'a str),
    Utterance(&'a str),
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Line<'a> {
        match line.trim() {
            "" => Line::Nothing,
            "/state" => Line::State,
            "/why" => Line::Why,
            "/reset" => Line::Reset,
            command if command.starts_with("/record ") => Line::Record(command["/record ".len()..].trim()),
            "/help" => Line::Help,
            "/quit" | "/exit" => Line::Quit,
            command if command.starts_with('/') => Line::Unknown(command),
            utterance => Line::Utterance(utterance),
        }
    }
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let context = read_context(arguments.context.as_deref())?;
    let watch = arguments.when.watch()?;
    let loaded = source::load(&arguments.game, arguments.name.as_deref(), console)?;
    let mocks = source::mocks(&loaded.source)?;
    warn_of_participant(&loaded, &arguments.participant, console);
    let name = loaded.compiled.name().to_owned();
    let fresh = Session::new(loaded.compiled, mocks, arguments.participant.clone(), context);
    let mut chat = Chat { session: fresh.clone(), watch, last: None, said: Vec::new(), fresh };
    if loaded.source.path.is_none() || !io::stdin().is_terminal() {
        return chat.talk_through_a_pipe(console);
    }
    console.line(format_args!("{name}. /help lists the commands, /quit leaves."))?;
    chat.talk_in_a_terminal(console)
}

/// The object that `--context` gives; none where it is not there.
pub(super) fn read_context(text: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let read = |text: &str| {
        serde_json::from_str(text).map_err(|error| Failure::Usage(format!("--context is no JSON object: {error}")))
    };
    text.map_or(Ok(Map::new()), read)
}

/// An image, a card or a payload in words: what a page would show.
fn attached(attachment: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(url) = attachment.get("image") {
        return format!("[image: {}] {}", text(&attachment["alt"]), text(url));
    }
    match attachment.get("card").and_then(Value::as_object) {
        Some(fields) => {
            let shown = ["title", "text", "link", "image"].iter().filter_map(|name| fields.get(*name).map(text));
            format!("[card] {}", shown.collect::<Vec<_>>().join(" · "))
        }
        None => format!("[payload] {}", attachment.get("payload").unwrap_or(attachment)),
    }
}

/// A participant that the game does not know says nothing that a trigger waits for.
fn warn_of_participant(loaded: &Loaded, participant: &str, console: &mut Console) {
    let triggers = loaded.game.moves.iter().flat_map(|mv| &mv.triggers).map(|trigger| trigger.participant.as_str());
    let declared = loaded.game.participants.iter().map(|known| known.name.as_str());
    let mut known: Vec<&str> = triggers.chain(declared).chain([DEFAULT_PARTICIPANT]).collect();
    if !known.contains(&participant) {
        known.sort_unstable();
        known.dedup();
        let known = known.join(", ");
        console.note(format_args!("warning: the game knows no participant `{participant}`; it knows {known}"));
    }
}

struct Chat {
    session: Session,
    watch: Watch,
    last: Option<Outcome>,
    /// What was said, for `/record`.
    said: Vec<Said>,
    /// A conversation that has not begun, of the same game.
    fresh: Session,
}

impl Chat {
    fn talk_in_a_terminal(&mut self, console: &mut Console) -> End {
        let broken = |error: ReadlineError| Failure::Failed(format!("cannot read from the terminal: {error}"));
        let mut editor = DefaultEditor::new().map_err(broken)?;
        loop {
            console.flush()?;
            match editor.readline("> ") {
                Ok(line) => {
                    // A full history is no reason to stop talking.
                    let _ = editor.add_history_entry(line.as_str());
                    if self.take(&line, console)? == Next::Leave {
                        return Ok(Verdict::Yes);
                    }
                }
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(Verdict::Yes),
                Err(error) => return Err(broken(error)),
            }
        }
    }

    fn talk_through_a_pipe(&mut self, console: &mut Console) -> End {
        for line in io::stdin().lock().split(b'\n') {
            let line = line.map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?;
            if self.take(&String::from_utf8_lossy(&line), console)? == Next::Leave {
                break;
            }
            console.flush()?;
        }
        Ok(Verdict::Yes)
    }

    fn record(&self, path: &str, console: &mut Console) -> Result<(), Failure> {
        if self.said.is_empty() {
            return console.line("Nothing was said yet.");
        }
        let now = self.watch.moment();
        let dialogue = Dialogue::of("recorded in chat", self.fresh.clone(), &self.said, now);
        dialogue.append_to(Path::new(path), self.fresh.game_name(), now.now_ms)?;
        console.line(format_args!("{path}: {} recorded.", count(self.said.len(), "turn")))
    }

    fn take(&mut self, line: &str, console: &mut Console) -> Result<Next, Failure> {
        match Line::read(line) {
            Line::Nothing => {}
            Line::State => console.json(self.session.state())?,
            Line::Why => match &self.last {
                Some(outcome) => why::explain(outcome, console)?,
                None => console.line("Nothing was said yet.")?,
            },
            Line::Record(path) => self.record(path, console)?,
            Line::Reset => {
                self.session.reset();
                self.said.clear();
                self.last = None;
                console.line("A new conversation.")?;
            }
            Line::Help => console.line(HELP)?,
            Line::Quit => return Ok(Next::Leave),
            Line::Unknown(command) => console.line(format_args!("There is no {command}.\n{HELP}"))?,
            Line::Utterance(text) => {
                let said = Said::of_line(chosen(
                    text,
                    self.last.as_ref().map_or(&[][..], |last| last.record.choices.as_slice()),
                ));
                let outcome = self.session.take(&said, self.watch.moment());
                answer(&outcome.record, console)?;
                let waits = !outcome.record.response.is_empty() || outcome.record.move_id != NO_MOVE;
                if let Some(event) = said.event.as_ref().filter(|_| !waits) {
                    console.note(format_args!("nothing waits for the event `{}`", event.name));
                }
                self.said.push(said);
                self.last = Some(outcome);
            }
        }
        Ok(Next::GoOn)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

/// The choice whose number is typed, where choices were shown with numbers in front; else what is typed.
fn chosen<'a>(text: &'a str, choices: &'a [String]) -> &'a str {
    let by_number = || choices.get(text.parse::<usize>().ok()?.checked_sub(1)?);
    let is_choice = choices.iter().any(|choice| choice == text);
    by_number().filter(|_| !is_choice).map_or(text, |choice| choice)
}

fn answer(record: &TurnRecord, console: &mut Console) -> Result<(), Failure> {
    console.line(&record.response)?;
    for attachment in &record.attachments {
        console.line(format_args!("  {}", attached(attachment)))?;
    }
    for (index, choice) in record.choices.iter().enumerate() {
        console.line(format_args!("  {}. {choice}", index + 1))?;
    }
    if let Some(target) = &record.escalated_to {
        console.styled(&console.style().painted("2", format_args!("(handed over to {target})")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_choice_that_is_shown_chooses_it() {
        let sizes = ["small", "medium", "large"].map(str::to_owned);
        assert_eq!(chosen("2", &sizes), "medium");
        assert_eq!(chosen("0", &sizes), "0");
        assert_eq!(chosen("4", &sizes), "4");
        assert_eq!(chosen("two of them", &sizes), "two of them");
        assert_eq!(chosen("2", &[]), "2");
        assert_eq!(chosen("2", &["4", "2"].map(str::to_owned)), "2");
    }

    #[test]
    fn a_line_is_a_command_only_with_a_slash() {
        assert_eq!(Line::read("  /why "), Line::Why);
        assert_eq!(Line::read("why"), Line::Utterance("why"));
        assert_eq!(Line::read("/whyy"), Line::Unknown("/whyy"));
        assert_eq!(Line::read(" "), Line::Nothing);
    }

    #[test]
    fn an_event_stands_in_brackets() {
        let event = |line: &str| Said::of_line(line).event.map(|event| (event.name, event.value));
        assert_eq!(event("[session_started]"), Some(("session_started".into(), Value::Null)));
        assert_eq!(event("[button extra large]"), Some(("button".into(), "extra large".into())));
        assert_eq!(event("[button 3]"), Some(("button".into(), 3.into())));
        assert_eq!(event("[I think so]"), None);
        assert_eq!(event("a large one"), None);
    }

    #[test]
    fn what_a_page_would_show_is_put_in_words() {
        let image = serde_json::json!({"image": "https://example.com/m.png", "alt": "The menu"});
        assert_eq!(attached(&image), "[image: The menu] https://example.com/m.png");
        let card = serde_json::json!({"card": {"title": "Order 7", "link": "https://example.com"}});
        assert_eq!(attached(&card), "[card] Order 7 · https://example.com");
    }
}
