//! `cargo xtask dev`: builds the component and the `lgdl` binary, then runs `lgdl dev` on example games.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::folders;
use crate::shell::{run, say};
use crate::wasm;

/// Runs until interrupted. Without `games`, all of `games/`.
pub(crate) fn dev(games: &[PathBuf], more: &[String]) -> Result<()> {
    let component = built()?;
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

/// Builds `lgdl` and the component, side by side: each ends in long steps on one core. Gives the component.
fn built() -> Result<PathBuf> {
    std::thread::scope(|scope| {
        let component = scope.spawn(|| wasm::build_edge(wasm::Target::Wasip1, None));
        let program = run(Command::new("cargo")
            .args(["build", "--package", "lgdl-origin", "--bin", "lgdl"])
            .current_dir(folders::root()));
        let component = component.join().map_err(|_| anyhow!("building the component broke down"))?;
        program?;
        component
    })
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
