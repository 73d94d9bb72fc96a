//! Standard output and standard error: buffered results on the one, findings and progress on the other. Colour and
//! progress only where a person looks. Whatever is printed may be somebody else's text: a terminal is shown what it would obey, and
//! obeys our own styles ([`Styled`]) alone.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use lgdl::diagnostics::{Colour, Diagnostic, render};
use lgdl::visible::visible;
use lgdl_origin::archives::Lost;
use lgdl_origin::privacy::{Unreadable, UnreadableList};
use serde::Serialize;

use super::failure::Failure;
use super::source::Source;

/// Both streams.
pub(super) struct Console {
    out: BufWriter<Stdout>,
    out_colour: Colour,
    error_colour: Colour,
    out_watched: bool,
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
            out_watched: io::stdout().is_terminal(),
            watched: io::stderr().is_terminal(),
        }
    }

    /// A line for [`Console::styled`], styled as results are.
    pub(super) fn style(&self) -> Styled {
        Styled { colour: self.out_colour, text: String::new() }
    }

    /// Writes a line of the result.
    pub(super) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        self.bytes(visible(&format!("{text}\n")).as_bytes())
    }

    /// Writes lines of the result, in our own styles.
    pub(super) fn styled(&mut self, lines: &Styled) -> Result<(), Failure> {
        self.bytes(lines.text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Writes a file that was asked for on standard output: as it is, but where somebody looks.
    pub(super) fn file(&mut self, text: &str) -> Result<(), Failure> {
        match self.out_watched {
            true => self.bytes(visible(text).as_bytes()),
            false => self.bytes(text.as_bytes()),
        }
    }

    /// Writes bytes of the result, for no terminal.
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
        let _ = writeln!(io::stderr(), "{}", visible(&text.to_string()));
    }

    /// Shows what is wrong with a game's source.
    pub(super) fn findings(&mut self, source: &Source, diagnostics: &[Diagnostic]) {
        let _ = self.out.flush();
        let shown = render(&source.bytes, &source.shown, diagnostics, self.error_colour);
        let _ = writeln!(io::stderr(), "{}", shown.trim_end());
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
        let line = Styled { colour: self.error_colour, text: String::new() };
        let line = line.painted("1;31", "error").plain(format_args!(": {text}"));
        let _ = self.out.flush();
        let _ = writeln!(io::stderr(), "{}", line.text);
    }

    /// Shows how far long work is, where somebody watches; the next call overwrites it.
    pub(super) fn progress(&mut self, text: impl Display) {
        if self.watched {
            let _ = self.out.flush();
            let _ = write!(io::stderr(), "\r\x1b[K{}", visible(&text.to_string()));
        }
    }

    /// Takes the last [`Console::progress`] away.
    pub(super) fn progress_done(&mut self) {
        self.progress("");
    }
}

/// Text with styles of ours, where colour is wanted; whatever else acts in it is shown.
pub(super) struct Styled {
    colour: Colour,
    text: String,
}

impl Styled {
    /// Text in a style of ANSI.
    #[must_use]
    pub(super) fn painted(mut self, style: &str, text: impl Display) -> Styled {
        let text = text.to_string();
        let text = visible(&text);
        match self.colour {
            Colour::Ansi => self.text.push_str(&format!("\x1b[{style}m{text}\x1b[0m")),
            Colour::Plain => self.text.push_str(&text),
        }
        self
    }

    /// Text as it is.
    #[must_use]
    pub(super) fn plain(mut self, text: impl Display) -> Styled {
        self.text.push_str(&visible(&text.to_string()));
        self
    }
}

/// `1 move`, `2 moves`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
