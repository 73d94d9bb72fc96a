//! What the program carries: the example games, and with the feature `bundled` the edge component that LGDL_COMPONENT names, so that
//! one file is enough to run `lgdl dev` and `lgdl edge`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    println!("cargo::rerun-if-changed=build.rs");
    // Asked when it runs: a build folder may outlive the place that it was filled from.
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"));
    let games = here.join("../games");
    println!("cargo::rerun-if-changed={}", games.display());
    fs::write(out.join("examples.rs"), examples(&games)).expect("OUT_DIR can be written");

    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        println!("cargo::rerun-if-env-changed=LGDL_COMPONENT");
        let component = env::var_os("LGDL_COMPONENT").map(PathBuf::from);
        let component = component.expect("the feature `bundled` wants LGDL_COMPONENT: the path of lgdl_edge.wasm");
        println!("cargo::rerun-if-changed={}", component.display());
        fs::copy(&component, out.join("lgdl_edge.wasm")).expect("LGDL_COMPONENT is a file");
    }
}

/// The files of the games, as an expression: `&[(game, &[(file, text)])]`. Texts, not paths of this machine.
fn examples(games: &Path) -> String {
    let mut code = String::from("&[\n");
    for game in sorted(games).into_iter().filter(|game| game.join("game.lgdl").is_file()) {
        writeln!(code, "({:?}, &[", name(&game)).expect("a string");
        let translations = game.join("texts");
        let texts = if translations.is_dir() { sorted(&translations) } else { Vec::new() };
        for file in sorted(&game).into_iter().chain(texts).filter(|file| file.is_file()) {
            let text = fs::read_to_string(&file).expect("a text");
            let path = file.strip_prefix(&game).expect("within the game's folder");
            writeln!(code, "({:?}, {text:?}),", path.to_string_lossy()).expect("a string");
        }
        code.push_str("]),\n");
    }
    code.push(']');
    code
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
