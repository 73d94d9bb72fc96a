//! A wasm standard library where rustup cannot fetch one: Debian's `rustc-web` compiles the library whose source
//! `rust-web-src` carries, vendored dependencies included. The result is a toolchain folder in the cache, made once per
//! compiler version; nothing outside that folder is changed.
//!
//! Debian's package has no linker for wasm and no cargo: both come from the toolchain that runs us.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Target;
use crate::debian::{self, Roots};
use crate::folders;
use crate::shell::{output, run, say};

/// Raised when the recipe below changes, so that old results are not used.
const RECIPE: u32 = 1;
const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "wasi-libc"];
/// What a wasip1 program is linked with, beside the standard library.
const WASI_OBJECTS: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// The toolchain folder that has a standard library for `target`, built when it is not there yet.
pub(super) fn provide(target: Target) -> Result<PathBuf> {
    if !debian::is_here() {
        bail!("this machine has no Debian packages to build it from");
    }
    let cache = folders::cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let lock = File::create(cache.join("wasm-toolchain.lock"))?;
    lock.lock().context("cannot lock the cache")?;

    let roots = debian::provide(&PACKAGES, &cache.join("debian"))?;
    let compiler = roots.find("usr/bin/rustc").context("rustc-web has no usr/bin/rustc")?;
    let version = output(rustc(&compiler, &roots).arg("--version"))?;
    let number = version.split_whitespace().nth(1).context("rustc tells no version")?;
    let folder = cache.join(format!("wasm-toolchain-{number}-{}-{RECIPE}", host()?));

    if !folder.join("bin/rustc").exists() {
        assemble(&folder, &compiler, &roots)?;
    }
    let built = folder.join(format!("built-{}", target.triple()));
    if !built.exists() {
        say(format_args!("building the standard library for {} (once, about a minute)", target.triple()));
        build(&folder, target, &roots)?;
        fs::write(&built, &version)?;
    }
    Ok(folder)
}

/// What a cargo of that folder must run with, so that nothing of the surrounding toolchain shines through.
pub(super) fn environment(folder: &Path) -> Vec<(&'static str, OsString)> {
    let mut path = folder.join("bin").into_os_string();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    vec![("PATH", path), ("RUSTC", folder.join("bin/rustc").into()), ("RUSTDOC", folder.join("bin/rustdoc").into())]
}

/// Changes whenever a standard library of the folder is built anew.
pub(super) fn identity(folder: &Path) -> Result<String> {
    let made = fs::metadata(folder.join("bin/rustc"))?.modified()?.duration_since(std::time::UNIX_EPOCH)?;
    Ok(format!("{} made at {}", folder.display(), made.as_secs()))
}

/// The toolchain's frame: compiler, linker and cargo of elsewhere under one sysroot, no wasm library yet.
fn assemble(folder: &Path, compiler: &Path, roots: &Roots) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("cannot remove an unfinished toolchain")?;
    }
    let host = host()?;
    let library = format!("usr/lib/rustlib/{host}/lib");
    let ours = PathBuf::from(output(Command::new("rustc").args(["--print", "sysroot"]))?);
    let rustlib = folder.join("lib/rustlib");
    fs::create_dir_all(rustlib.join(&host))?;
    fs::create_dir_all(folder.join("bin"))?;
    link(&roots.find(&library).with_context(|| format!("no {library}"))?, &rustlib.join(&host).join("lib"))?;
    link(&ours.join("lib/rustlib").join(&host).join("bin"), &rustlib.join(&host).join("bin"))?;
    link(&roots.find("usr/lib/rustlib/src").context("rust-web-src has no sources")?, &rustlib.join("src"))?;
    link(&ours.join("bin/cargo"), &folder.join("bin/cargo"))?;

    let libraries = std::env::join_paths(roots.library_folders())?;
    for tool in ["rustdoc", "rustc"] {
        let mut script = String::from("#!/bin/sh\n");
        if !libraries.is_empty() {
            let libraries = libraries.to_string_lossy();
            script.push_str(&format!(
                "export LD_LIBRARY_PATH='{libraries}'\"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n"
            ));
        }
        let program = compiler.with_file_name(tool);
        script.push_str(&format!("exec '{}' --sysroot '{}' \"$@\"\n", program.display(), folder.display()));
        let wrapper = folder.join("bin").join(tool);
        fs::write(&wrapper, script)?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Builds the standard library through an empty crate and copies it to where rustc looks for it.
fn build(folder: &Path, target: Target, roots: &Roots) -> Result<()> {
    let work = folder.join("work");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "")?;
    fs::write(
        work.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    run(Command::new(folder.join("bin/cargo"))
        .args(["build", "--quiet", "-Z", "build-std=std,panic_abort,test", "--target", target.triple(), "--release"])
        .envs(environment(folder))
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode in the library, `lto = true` fails ("can't find section .llvmbc").
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", work.join("target"))
        .current_dir(&work))?;

    let into = folder.join("lib/rustlib").join(target.triple()).join("lib");
    if into.exists() {
        fs::remove_dir_all(&into)?;
    }
    fs::create_dir_all(&into)?;
    let from = work.join("target").join(target.triple()).join("release/deps");
    for entry in fs::read_dir(&from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(&path, into.join(&name))?;
        }
    }
    if target == Target::Wasip1 {
        let objects = into.join("self-contained");
        fs::create_dir_all(&objects)?;
        for name in WASI_OBJECTS {
            let object = roots
                .find(&format!("usr/lib/wasm32-wasi/{name}"))
                .with_context(|| format!("wasi-libc has no {name}"))?;
            fs::copy(object, objects.join(name))?;
        }
    }
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn rustc(compiler: &Path, roots: &Roots) -> Command {
    let mut command = Command::new(compiler);
    let folders = roots.library_folders();
    if !folders.is_empty() {
        command.env("LD_LIBRARY_PATH", std::env::join_paths(folders).unwrap_or_default());
    }
    command
}

fn host() -> Result<String> {
    let about = output(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc tells no host")
}

fn link(to: &Path, at: &Path) -> Result<()> {
    symlink(to, at).with_context(|| format!("cannot link {} to {}", at.display(), to.display()))
}
