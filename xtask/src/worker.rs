//! Building the Worker for Cloudflare: `worker-build` around the same crate, with the tools that it would otherwise download.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, run, say};
use crate::{folders, npm, wasm};

/// What a Worker may take, gzipped: the platform's limit for everybody, and this project's own.
const MAX_GZIPPED_BYTES: usize = 1024 * 1024;
/// What is uploaded.
const PARTS: [&str; 2] = ["index.js", "index_bg.wasm"];

/// Versions that go together; `wasm-bindgen` is pinned in `edge/Cargo.toml`.
const WASM_BINDGEN: (&str, &str) = ("wasm-bindgen-cli", "0.2.129");
const WORKER_BUILD: (&str, &str) = ("worker-build", "0.8.7");

/// Builds the Worker and gives the folder with `index.js` and `index_bg.wasm`.
pub(crate) fn build() -> Result<PathBuf> {
    let packages = folders::root().join("tests/workers");
    npm::provide(&packages)?;
    let modules = packages.join("node_modules");
    let toolchain = wasm::toolchain(wasm::Target::Unknown)?;
    let mut build = Command::new(tool(WORKER_BUILD)?.join("worker-build"));
    build
        .args(["--profile", "edge", "--features", "cloudflare"])
        .envs(toolchain.environment())
        .env("CARGO_TARGET_DIR", folders::wasm_target())
        .env("WASM_BINDGEN_BIN", tool(WASM_BINDGEN)?.join("wasm-bindgen"))
        .env("WASM_OPT_BIN", modules.join(".bin/wasm-opt"))
        .env("ESBUILD_BIN", modules.join(".bin/esbuild"))
        .current_dir(folders::root().join("edge"));
    run(&mut build)?;
    let built = folders::root().join("edge/build");
    let gzipped = gzipped_bytes(&built)?;
    say(format_args!("the Worker takes {gzipped} bytes gzipped, of {MAX_GZIPPED_BYTES}"));
    ensure!(gzipped <= MAX_GZIPPED_BYTES, "the Worker is {} bytes too large, gzipped", gzipped - MAX_GZIPPED_BYTES);
    Ok(built)
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
        run(Command::new("cargo")
            .args(["install", name, "--version", version, "--locked", "--root"])
            .arg(&folder)
            .env("CARGO_TARGET_DIR", folders::target().join("tools")))?;
    }
    output(Command::new("ls").arg(&programs)).with_context(|| format!("{name} is not in {}", programs.display()))?;
    Ok(programs)
}
