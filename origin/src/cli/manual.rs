//! `lgdl manual`: man pages and shell completions, made of the command line's own declarations.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_complete::{Shell, generate_to};

use super::console::Console;
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to write them: lgdl.1, lgdl-….1, lgdl.bash, _lgdl, lgdl.fish
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let folder = &arguments.folder;
    let failed = |error: std::io::Error| Failure::Failed(format!("cannot write to {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let command = super::Arguments::command();
    clap_mangen::generate_to(command.clone(), folder).map_err(failed)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut command.clone(), "lgdl", folder).map_err(failed)?;
    }
    console.line(format_args!("{} pages and completions in {}", count(folder).map_err(failed)?, folder.display()))?;
    Ok(Verdict::Yes)
}

fn count(folder: &Path) -> std::io::Result<usize> {
    fs::read_dir(folder).map(Iterator::count)
}
