//! Building the Worker for Cloudflare: `worker-build` around the same crate, with the tools that it would otherwise download.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, run, say};
use crate::{folders, npm, wasm};

/// What a Worker may take, gzipped, with English and one more language. The platform allows 3 MB on its free plan; this
/// project's own limit, so that growth is noticed, is 1 MiB for the engine in two languages and 208 KiB beside:
/// 40 for meaning, and what it takes to hear more than the first MiB holds.
const MAX_GZIPPED_BYTES: usize = (1024 + 208) * 1024;
/// What is uploaded.
const PARTS: [&str; 2] = ["index.js", "index_bg.wasm"];

/// Versions that go together; `wasm-bindgen` is pinned in `edge/Cargo.toml`.
const WASM_BINDGEN: (&str, &str) = ("wasm-bindgen-cli", "0.2.129");
const WORKER_BUILD: (&str, &str) = ("worker-build", "0.8.7");

/// Builds the Worker, once a run, and gives the folder with `index.js` and `index_bg.wasm`.
pub(crate) fn build() -> Result<PathBuf> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    match BUILT.get() {
        Some(folder) => Ok(folder.clone()),
        None => build_anew().map(|folder| BUILT.get_or_init(|| folder).clone()),
    }
}

fn build_anew() -> Result<PathBuf> {
    let modules = packages()?;
    let toolchain = wasm::toolchain(wasm::Target::Unknown)?;
    let mut build = Command::new(tool(WORKER_BUILD)?.join("worker-build"));
    build
        .args(["--profile", "worker", "--features", "cloudflare"])
        .envs(toolchain.environment())
        .env("CARGO_TARGET_DIR", folders::wasm_target())
        .env("WASM_BINDGEN_BIN", tool(WASM_BINDGEN)?.join("wasm-bindgen"))
        .env("WASM_OPT_BIN", modules.join(".bin/wasm-opt"))
        .env("ESBUILD_BIN", modules.join(".bin/esbuild"))
        .current_dir(folders::root().join("edge"));
    run(&mut build)?;
    let built = folders::root().join("edge/build");
    let wasm = built.join("index_bg.wasm");
    let bytes = fs::read(&wasm).with_context(|| format!("worker-build left no {}", wasm.display()))?;
    let nameless = without_names(&bytes).context("worker-build left something that is no module")?;
    fs::write(&wasm, nameless).with_context(|| format!("cannot write {}", wasm.display()))?;
    let gzipped = gzipped_bytes(&built)?;
    say(format_args!("the Worker takes {gzipped} bytes gzipped, of {MAX_GZIPPED_BYTES}"));
    ensure!(gzipped <= MAX_GZIPPED_BYTES, "the Worker is {} bytes too large, gzipped", gzipped - MAX_GZIPPED_BYTES);
    Ok(built)
}

/// Where npm's programs and packages for the Worker lie.
pub(crate) fn packages() -> Result<PathBuf> {
    let folder = folders::root().join("tests/workers");
    npm::provide(&folder)?;
    Ok(folder.join("node_modules"))
}

/// A module without its section of names: worker-build insists on it, it is an eighth of the Worker, and nobody reads it
/// where the Worker runs. `None` for what is no module.
fn without_names(module: &[u8]) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 8;
    const CUSTOM: u8 = 0;
    let mut kept = module.get(..HEADER_BYTES)?.to_vec();
    let mut at = HEADER_BYTES;
    while at < module.len() {
        let (length, contents) = number(module, at + 1)?;
        let end = contents.checked_add(length)?;
        let section = module.get(at..end)?;
        let is_names = section[0] == CUSTOM && module[contents..end].starts_with(b"\x04name");
        if !is_names {
            kept.extend_from_slice(section);
        }
        at = end;
    }
    Some(kept)
}

/// An unsigned LEB128 number of at most 32 bits, and what lies behind it.
fn number(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for index in 0..5 {
        let byte = *bytes.get(from + index)?;
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, from + index + 1));
        }
    }
    None
}

/// The size of what is uploaded, compressed as the upload is.
fn gzipped_bytes(built: &Path) -> Result<usize> {
    let mut bytes = 0;
    for part in PARTS {
        let path = built.join(part);
        ensure!(path.is_file(), "worker-build left no {}", path.display());
        let zipped = Command::new("gzip").arg("-c").arg(&path).output().context("cannot start gzip")?;
        ensure!(zipped.status.success(), "gzip failed on {}", path.display());
        bytes += zipped.stdout.len();
    }
    Ok(bytes)
}

/// The folder of an installed program, installed once outside the checkout, by version.
fn tool((name, version): (&str, &str)) -> Result<PathBuf> {
    let folder = folders::cache()?.join("tools").join(format!("{name}-{version}"));
    let programs = folder.join("bin");
    if !programs.is_dir() {
        say(format_args!("installing {name} {version} into {}", folder.display()));
        // They run for seconds and take minutes to build: less is optimised than an installed program would be.
        run(Command::new("cargo")
            .args(["install", name, "--version", version, "--locked", "--root"])
            .arg(&folder)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_TARGET_DIR", folders::target().join("tools")))?;
    }
    output(Command::new("ls").arg(&programs)).with_context(|| format!("{name} is not in {}", programs.display()))?;
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_go() {
        let module = b"\0asm\x01\0\0\0\x00\x06\x04name!\x01\x02ab\x00\x04\x03abc";
        assert_eq!(without_names(module).unwrap(), b"\0asm\x01\0\0\0\x01\x02ab\x00\x04\x03abc");
        for cut in [0, 7, 9, 12, module.len() - 1] {
            assert_eq!(without_names(&module[..cut]), None, "{cut}");
        }
    }
}
