//! Standard output and standard error: buffered results on the one, findings and progress on the other. Colour and
//! progress only where a person looks.

use std::fmt::{Arguments, Display};
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use lgdl::diagnostics::Colour;
use lgdl_origin::archives::Lost;
use lgdl_origin::privacy::{Unreadable, UnreadableList};
use serde::Serialize;

use super::failure::Failure;

/// Both streams.
pub(super) struct Console {
    out: BufWriter<Stdout>,
    out_colour: Colour,
    error_colour: Colour,
    watched: bool,
}

impl Console {
    pub(super) fn new() -> Console {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = |terminal: bool| if terminal && !plain { Colour::Ansi } else { Colour::Plain };
        Console {
            out: BufWriter::new(io::stdout()),
            out_colour: colour(io::stdout().is_terminal()),
            error_colour: colour(io::stderr().is_terminal()),
            watched: io::stderr().is_terminal(),
        }
    }

    /// How results are coloured.
    pub(super) fn colour(&self) -> Colour {
        self.out_colour
    }

    /// How findings are coloured.
    pub(super) fn error_colour(&self) -> Colour {
        self.error_colour
    }

    /// Writes a line of the result.
    pub(super) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        self.write(format_args!("{text}\n"))
    }

    /// Writes a part of the result.
    pub(super) fn write(&mut self, text: Arguments<'_>) -> Result<(), Failure> {
        self.out.write_fmt(text).map_err(|error| Failure::of_output(&error))
    }

    /// Writes bytes of the result.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| Failure::of_output(&error))
    }

    /// Writes the result as one JSON document.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Failed(error.to_string()))?;
        self.line(text)
    }

    /// Makes what was written visible now.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::of_output(&error))
    }

    /// Says something on standard error, after what was written before it.
    pub(super) fn note(&mut self, text: impl Display) {
        // Standard error going away must not stop the work.
        let _ = self.out.flush();
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Names what could not be read.
    pub(super) fn unreadable(&mut self, list: &UnreadableList) {
        for Unreadable { section, record, why } in &list.named {
            self.note(format_args!("not readable: {section} {record}: {why}"));
        }
        if !list.is_empty() {
            self.note(format_args!("{} not readable in all", list.count));
        }
    }

    /// Names what the archive does not give.
    pub(super) fn lost(&mut self, lost: &[Lost]) {
        for Lost { id, turns, why, .. } in lost {
            self.note(format_args!("not readable: {turns} turns of {id}: {why}"));
        }
    }

    /// Says why the command failed.
    pub(super) fn complain(&mut self, text: &str) {
        let word = paint(self.error_colour, "1;31", "error");
        self.note(format_args!("{word}: {text}"));
    }

    /// Shows how far long work is, where somebody watches; the next call overwrites it.
    pub(super) fn progress(&mut self, text: impl Display) {
        if self.watched {
            let _ = self.out.flush();
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// Takes the last [`Console::progress`] away.
    pub(super) fn progress_done(&mut self) {
        self.progress("");
    }
}

/// The text with an ANSI style where colour is wanted.
pub(super) fn paint(colour: Colour, style: &str, text: impl Display) -> String {
    match colour {
        Colour::Ansi => format!("\x1b[{style}m{text}\x1b[0m"),
        Colour::Plain => text.to_string(),
    }
}

/// `1 move`, `2 moves`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
