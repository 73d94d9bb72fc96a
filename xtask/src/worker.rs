//! Building the Worker for Cloudflare: `worker-build` around the same crate, with the tools that it would otherwise download.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, run, say};
use crate::{folders, wasm};

/// Versions that go together; `wasm-bindgen` is pinned in `edge/Cargo.toml`.
const WASM_BINDGEN: (&str, &str) = ("wasm-bindgen-cli", "0.2.129");
const WORKER_BUILD: (&str, &str) = ("worker-build", "0.8.7");

/// Builds the Worker and gives the folder with `index.js` and `index_bg.wasm`.
pub(crate) fn build() -> Result<PathBuf> {
    let modules = folders::root().join("tests/workers/node_modules");
    if !modules.is_dir() {
        let folder = folders::root().join("tests/workers");
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    }
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
    ensure!(built.join("index.js").is_file(), "worker-build left no {}", built.join("index.js").display());
    Ok(built)
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
