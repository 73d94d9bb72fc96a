//! `lgdl extract`: values in texts. JSON lines in, JSON lines out, one for one and in order.
//!
//! A line that cannot be read gives `{"line": N, "error": "…"}` in its place, and the exit status is 1 in the end;
//! the other lines are not affected.

use std::io;

use jiff::Timestamp;
use lgdl::entities::extract::{extract_line_in, parse_types};
use lgdl::entities::{Direction, Kinds, Language, Reference};
use serde_json::json;

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::lines::{Line, Lines};
use super::when::{Watch, When};

/// The longest line that is read, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;

#[derive(clap::Args)]
#[command(
    after_help = "Reads {\"id\", \"text\", \"now\"?} a line from standard input, and writes {\"id\", \"entities\": [{\"start\", \"end\", \
                        \"text\", \"type\", \"value\", \"resolution\"}]} for each; offsets are in characters."
)]
pub(super) struct Arguments {
    /// What to look for: number, ordinal, percent, age, money, temperature, dimension, boolean, email, phone, url, ip,
    /// date, time, datetime, duration, daterange, timerange, datetimerange, set
    #[arg(long, required = true, value_name = "TYPE,…", value_parser = types)]
    types: Kinds,
    /// The language of the texts
    #[arg(long, value_enum, default_value_t = Spoken::En)]
    language: Spoken,
    /// Read "Tuesday" as the last one, not the coming one
    #[arg(long)]
    past: bool,
    #[command(flatten)]
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Spoken {
    /// English
    En,
    /// Spanish
    Es,
    /// German
    #[cfg(feature = "german")]
    De,
}

fn types(list: &str) -> Result<Kinds, String> {
    parse_types(list).map_err(|error| error.to_string())
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let watch = arguments.when.watch()?;
    let reference = reference(arguments, &watch);
    let mut lines = Lines::new(io::stdin(), MAX_LINE_BYTES);
    let mut verdict = Verdict::Yes;
    let mut number = 0_u64;
    loop {
        if lines.would_wait() {
            console.flush()?;
        }
        let line = lines.next().map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?;
        let Some(line) = line else { return Ok(verdict) };
        number += 1;
        match extract(&line, arguments.types, &reference, &watch) {
            Ok(None) => {}
            Ok(Some(found)) => console.line(found)?,
            Err(reason) => {
                verdict = Verdict::No;
                console.line(json!({ "line": number, "error": reason }))?;
            }
        }
    }
}

/// The line's answer; nothing for a blank line.
fn extract(line: &Line, types: Kinds, reference: &Reference, watch: &Watch) -> Result<Option<String>, String> {
    let Line::Whole(bytes) = line else {
        return Err(format!("longer than {MAX_LINE_BYTES} bytes"));
    };
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    extract_line_in(text, types, reference, Some(watch.zone())).map(Some).map_err(|error| error.to_string())
}

fn reference(arguments: &Arguments, watch: &Watch) -> Reference {
    let moment = watch.moment();
    let now = Timestamp::from_millisecond(moment.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = jiff::tz::Offset::from_seconds(moment.offset_seconds).unwrap_or(jiff::tz::Offset::UTC);
    Reference {
        now: offset.to_datetime(now),
        offset_seconds: moment.offset_seconds,
        direction: if arguments.past { Direction::Past } else { Direction::Future },
        language: match arguments.language {
            Spoken::En => Language::English,
            Spoken::Es => Language::Spanish,
            #[cfg(feature = "german")]
            Spoken::De => Language::German,
        },
        place: lgdl::entities::Place::DEFAULT,
    }
}
