//! Building the Worker for Cloudflare: `worker-build` around the same crate, with the tools that it would otherwise download.

mod module;
mod order;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, run, say};
use crate::{folders, npm, wasm};

/// What a Worker may take, gzipped, with English and one more language. The platform allows 3 MB on its free plan; this
/// project's own limit, so that growth is noticed, is 1 MiB for the engine in two languages and 120 KiB beside:
/// 40 for meaning, and what it takes to hear more than the first MiB holds.
const MAX_GZIPPED_BYTES: usize = (1024 + 120) * 1024;
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
    order_functions(&wasm, &modules.join(".bin/wasm-opt"))?;
    let gzipped = gzipped_bytes(&built)?;
    say(format_args!("the Worker takes {gzipped} bytes gzipped, of {MAX_GZIPPED_BYTES}"));
    ensure!(gzipped <= MAX_GZIPPED_BYTES, "the Worker is {} bytes too large, gzipped", gzipped - MAX_GZIPPED_BYTES);
    Ok(built)
}

/// Puts functions that are alike near each other, and leaves names out. `wasm-opt` counts the functions anew, by names that say
/// where each is to stand.
fn order_functions(wasm: &Path, wasm_opt: &Path) -> Result<()> {
    let bytes = fs::read(wasm).with_context(|| format!("worker-build left no {}", wasm.display()))?;
    let named = || {
        let functions = module::functions(&bytes)?;
        let mut names = vec![String::new(); functions.len()];
        for (place, function) in order::by_likeness(&functions).into_iter().enumerate() {
            names[function] = format!("{place:06}");
        }
        module::with_names(&bytes, &names)
    };
    let write = |bytes: &[u8]| fs::write(wasm, bytes).with_context(|| format!("cannot write {}", wasm.display()));
    write(&named().context("worker-build left something that is no module")?)?;
    run(Command::new(wasm_opt).arg(wasm).args(["--reorder-functions-by-name", "-o"]).arg(wasm))?;
    let ordered = fs::read(wasm).with_context(|| format!("wasm-opt left no {}", wasm.display()))?;
    write(&module::without_names(&ordered).context("wasm-opt left something that is no module")?)
}

/// Where npm's programs and packages for the Worker lie.
pub(crate) fn packages() -> Result<PathBuf> {
    let folder = folders::root().join("tests/workers");
    npm::provide(&folder)?;
    Ok(folder.join("node_modules"))
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
