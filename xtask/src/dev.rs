//! `cargo xtask dev`: builds the component and the `lgdl` binary, then runs `lgdl dev` on example games.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::folders;
use crate::shell::{run, say};
use crate::wasm;

/// Runs until interrupted. Without `games`, all of `games/`.
pub(crate) fn dev(games: &[PathBuf], more: &[String]) -> Result<()> {
    let component = wasm::build_edge(wasm::Target::Wasip1, None)?;
    run(Command::new("cargo")
        .args(["build", "--package", "lgdl-origin", "--bin", "lgdl"])
        .current_dir(folders::root()))?;
    let games = if games.is_empty() { examples()? } else { games.to_vec() };
    let program = folders::target().join("debug/lgdl");
    say(format_args!("{} dev", program.display()));
    let status = Command::new(&program)
        .arg("dev")
        .args(&games)
        .arg("--component")
        .arg(&component)
        .args(more)
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        bail!("lgdl dev ended with {status}");
    }
    Ok(())
}

fn examples() -> Result<Vec<PathBuf>> {
    let folder = folders::root().join("games");
    let mut games = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.join("game.lgdl").is_file() {
            games.push(path);
        }
    }
    games.sort();
    Ok(games)
}
