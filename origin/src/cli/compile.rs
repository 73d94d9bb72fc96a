//! `lgdl compile`: a game to the bytes that edge nodes use.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::source;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Where to write it; `-` for standard output. Default: beside the game, as .lgdlc
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Describe what was written as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    game: &'a str,
    version: String,
    moves: usize,
    bytes: usize,
    output: String,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let loaded = source::load(&arguments.game, arguments.name.as_deref(), console)?;
    let bytes = loaded.compiled.bytes();
    if arguments.output.as_deref() == Some(Path::new("-")) {
        if std::io::stdout().is_terminal() {
            return Err(Failure::Usage("a compiled game is binary; send standard output to a file".into()));
        }
        console.bytes(bytes)?;
        return Ok(Verdict::Yes);
    }
    let output = match (&arguments.output, &loaded.source.path) {
        (Some(output), _) => output.clone(),
        (None, Some(path)) => path.with_extension("lgdlc"),
        (None, None) => return Err(Failure::Usage("a game from standard input needs --output".into())),
    };
    fs::write(&output, bytes)
        .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", output.display())))?;
    let report = Report {
        game: loaded.compiled.name(),
        version: loaded.compiled.version(),
        moves: loaded.compiled.move_count(),
        bytes: bytes.len(),
        output: output.display().to_string(),
    };
    if arguments.json {
        console.json(&report)?;
    } else {
        let Report { game, version, moves, bytes, output } = report;
        console.line(format_args!("{output}: {game}, {}, {bytes} bytes", count(moves, "move")))?;
        console.line(format_args!("version {version}"))?;
    }
    Ok(Verdict::Yes)
}
