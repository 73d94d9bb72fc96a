//! `lgdl fmt`: games in the one layout.

use std::fs;
use std::path::PathBuf;

use lgdl::syntax;

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::source;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Games to format in place; `-` formats standard input to standard output
    #[arg(required = true, value_name = "GAME")]
    games: Vec<PathBuf>,
    /// Change nothing; exit with 1 when a file is not formatted
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let mut verdict = Verdict::Yes;
    for argument in &arguments.games {
        let source = source::read(argument)?;
        let formatted = match syntax::format(&source.bytes) {
            Ok(formatted) => formatted,
            Err(diagnostics) => {
                console.findings(&source, &diagnostics);
                verdict = Verdict::No;
                continue;
            }
        };
        let same = formatted.as_bytes() == source.bytes;
        if arguments.check {
            if !same {
                console.line(format_args!("{}: not formatted", source.shown))?;
                verdict = Verdict::No;
            }
        } else if let Some(path) = &source.path {
            if !same {
                fs::write(path, formatted)
                    .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))?;
                console.note(format_args!("{}: formatted", source.shown));
            }
        } else {
            console.file(&formatted)?;
        }
    }
    Ok(verdict)
}
