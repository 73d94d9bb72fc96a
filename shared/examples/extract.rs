//! The recognizers on lines of JSON, as `lgdl extract` has them, without the rest of the command line. The scorers of entity corpora
//! call it: `extract --types date,time [--language es] [--past]`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use lgdl::entities::extract::{default_reference, extract_line, parse_types};
use lgdl::entities::{Direction, Kinds, Language, Reference};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (kinds, reference) = arguments()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let found = extract_line(&line, kinds, &reference).map_err(|error| error.to_string())?;
        writeln!(out, "{found}").map_err(|error| error.to_string())?;
    }
    out.flush().map_err(|error| error.to_string())
}

fn arguments() -> Result<(Kinds, Reference), String> {
    let mut reference = default_reference();
    let mut kinds = Kinds::NONE;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "extract" => {}
            "--past" => reference.direction = Direction::Past,
            "--types" => kinds = parse_types(&words.next().unwrap_or_default()).map_err(|error| error.to_string())?,
            // Times are read without a zone here, which is what UTC comes to.
            "--tz" if words.next().as_deref() == Some("UTC") => {}
            "--language" if words.next().as_deref() == Some("es") => reference.language = Language::Spanish,
            other => return Err(format!("{other}: not an argument of this example")),
        }
    }
    Ok((kinds, reference))
}
