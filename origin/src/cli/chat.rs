//! `lgdl chat`: a conversation with a game in the terminal. In a pipe, each line of input is a turn and each answer a line.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use lgdl::engine::{Outcome, TurnRecord};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use serde_json::{Map, Value};

use super::console::{Console, count, paint};
use super::failure::{End, Failure, Verdict};
use super::record::Dialogue;
use super::session::Session;
use super::when::{Watch, When};
use super::{source, why};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Who speaks
    #[arg(long, default_value = "user", value_name = "NAME")]
    participant: String,
    /// The request's context, as a JSON object
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    #[command(flatten)]
    when: When,
}

const HELP: &str = "\
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
    let context = arguments.context.as_deref().map_or(Ok(Map::new()), read_context)?;
    let watch = arguments.when.watch()?;
    let loaded = source::load(&arguments.game, arguments.name.as_deref(), console)?;
    let mocks = source::mocks(&loaded.source)?;
    let name = loaded.compiled.name().to_owned();
    let fresh = Session::new(loaded.compiled, mocks, arguments.participant.clone(), context);
    let mut chat = Chat { session: fresh.clone(), watch, last: None, said: Vec::new(), fresh };
    if loaded.source.path.is_none() || !io::stdin().is_terminal() {
        return chat.talk_through_a_pipe(console);
    }
    console.line(format_args!("{name}. /help lists the commands, /quit leaves."))?;
    chat.talk_in_a_terminal(console)
}

fn read_context(text: &str) -> Result<Map<String, Value>, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Usage(format!("--context is no JSON object: {error}")))
}

struct Chat {
    session: Session,
    watch: Watch,
    last: Option<Outcome>,
    /// What was said, for `/record`.
    said: Vec<String>,
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
                Some(outcome) => console.write(format_args!("{}", why::explain(outcome, console.colour())))?,
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
                let outcome = self.session.say(text, self.watch.moment());
                answer(&outcome.record, console)?;
                self.said.push(text.to_owned());
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

fn answer(record: &TurnRecord, console: &mut Console) -> Result<(), Failure> {
    console.line(&record.response)?;
    for (index, choice) in record.choices.iter().enumerate() {
        console.line(format_args!("  {}. {choice}", index + 1))?;
    }
    if let Some(target) = &record.escalated_to {
        let note = paint(console.colour(), "2", format_args!("(handed over to {target})"));
        console.line(note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_only_with_a_slash() {
        assert_eq!(Line::read("  /why "), Line::Why);
        assert_eq!(Line::read("why"), Line::Utterance("why"));
        assert_eq!(Line::read("/whyy"), Line::Unknown("/whyy"));
        assert_eq!(Line::read(" "), Line::Nothing);
    }
}
