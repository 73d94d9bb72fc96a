//! Building `lgdl-edge` for wasm: choosing a toolchain that has the target, and calling it.
//! How a missing standard library is made lies in [`standard_library`].

mod standard_library;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::folders;
use crate::shell::{exists, output, run, say};

/// A wasm target that the edge is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// wasm32-wasip1: Spin and our own host
    Wasip1,
    /// wasm32-unknown-unknown: Cloudflare Workers
    Unknown,
}

impl Target {
    pub(crate) fn triple(self) -> &'static str {
        match self {
            Target::Wasip1 => "wasm32-wasip1",
            Target::Unknown => "wasm32-unknown-unknown",
        }
    }

    fn feature(self) -> &'static str {
        match self {
            Target::Wasip1 => "spin",
            Target::Unknown => "cloudflare",
        }
    }
}

/// A model of meaning that the edge is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkedModel {
    /// 1.2 MB
    Small,
    /// 2.1 MB
    Standard,
}

impl LinkedModel {
    fn feature(self) -> &'static str {
        match self {
            LinkedModel::Small => "model-small",
            LinkedModel::Standard => "model-standard",
        }
    }
}

/// A toolchain that can build for a wasm target.
pub(crate) enum Toolchain {
    /// The one that runs us: it has the target, from rustup or from the distribution.
    Current,
    /// One of our own making, in this folder.
    Fallback(PathBuf),
}

impl Toolchain {
    /// A cargo command that uses this toolchain.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = match self {
            Toolchain::Current => Command::new("cargo"),
            Toolchain::Fallback(folder) => Command::new(folder.join("bin/cargo")),
        };
        command.envs(self.environment());
        command
    }

    /// What makes other programs use this toolchain.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        match self {
            Toolchain::Current => Vec::new(),
            Toolchain::Fallback(folder) => standard_library::environment(folder),
        }
    }

    /// Tells builds of different standard libraries apart.
    fn identity(&self) -> Result<String> {
        match self {
            Toolchain::Current => output(Command::new("rustc").arg("-vV")),
            Toolchain::Fallback(folder) => standard_library::identity(folder),
        }
    }
}

/// Finds a toolchain for the target: what is there, else what rustup can add, else one built here.
pub(crate) fn toolchain(target: Target) -> Result<Toolchain> {
    if has_target(target) {
        return Ok(Toolchain::Current);
    }
    if exists("rustup") {
        say(format_args!("rustup target add {}", target.triple()));
        let added = Command::new("rustup").args(["target", "add", target.triple()]).output();
        if added.is_ok_and(|output| output.status.success()) && has_target(target) {
            return Ok(Toolchain::Current);
        }
        say("rustup cannot add it here; using a standard library built from Debian's sources");
    }
    standard_library::provide(target).map(Toolchain::Fallback).with_context(|| {
        format!("no standard library for {0}. Where rustup works: rustup target add {0}", target.triple())
    })
}

fn has_target(target: Target) -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", target.triple()]))
        .is_ok_and(|folder| Path::new(&folder).is_dir())
}

/// Builds the edge for a target and gives the path of the wasm file.
pub(crate) fn build_edge(target: Target, model: Option<LinkedModel>) -> Result<PathBuf> {
    let features = std::iter::once(target.feature()).chain(model.map(LinkedModel::feature));
    let features = features.collect::<Vec<_>>().join(",");
    let toolchain = toolchain(target)?;
    let folder = folders::wasm_target();
    drop_builds_of_another_standard_library(&folder, &toolchain.identity()?)?;
    run(toolchain
        .cargo()
        .args(["build", "--package", "lgdl-edge", "--lib", "--profile", "edge"])
        .args(["--features", &features, "--target", target.triple()])
        .env("CARGO_TARGET_DIR", &folder)
        .current_dir(folders::root()))?;
    Ok(folder.join(target.triple()).join("edge/lgdl_edge.wasm"))
}

/// Cargo cannot see that the standard library under it was rebuilt; artefacts of the old one then fail with E0463.
fn drop_builds_of_another_standard_library(folder: &Path, identity: &str) -> Result<()> {
    let stamp = folder.join(".toolchain");
    if fs::read_to_string(&stamp).is_ok_and(|have| have == identity) {
        return Ok(());
    }
    if folder.exists() {
        say(format_args!("another wasm toolchain than last time: emptying {}", folder.display()));
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    fs::write(&stamp, identity).with_context(|| format!("cannot write {}", stamp.display()))
}
