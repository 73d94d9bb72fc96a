//! Game folders: `game.lgdl`, and beside it a contract, golden dialogues and stand-ins for services.

use std::fs;
use std::path::{Path, PathBuf};

use lgdl::compiled::CompiledGame;
use lgdl::golden::GoldenFile;
use lgdl::mocks::Mocks;

/// A game folder.
#[derive(Debug)]
pub struct GameFolder {
    /// The folder's name, which is the game's id in URLs.
    pub id: String,
    /// Source text.
    pub source: Vec<u8>,
    /// The capability contract.
    pub contract: Option<String>,
    /// Compiled.
    pub game: CompiledGame,
    /// Golden dialogues, file by file.
    pub goldens: Vec<(PathBuf, GoldenFile)>,
    /// Stand-ins.
    pub mocks: Mocks,
}

/// The folders of our own games.
#[must_use]
pub fn own() -> Vec<GameFolder> {
    below(&root().join("games"))
}

/// The published games, where they are at hand.
#[must_use]
pub fn published() -> Vec<GameFolder> {
    let folder = root().join("../shared/conformance/lgdl");
    if folder.is_dir() { below(&folder) } else { Vec::new() }
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace around this crate").to_owned()
}

fn below(folder: &Path) -> Vec<GameFolder> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a readable folder")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("game.lgdl").is_file())
        .collect();
    folders.sort();
    folders.iter().map(|path| read(path)).collect()
}

fn read(folder: &Path) -> GameFolder {
    let id = folder.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
    let source = fs::read(folder.join("game.lgdl")).expect("a readable game");
    let contract = fs::read_to_string(folder.join("capability_contract.json")).ok();
    let parsed = lgdl::syntax::parse(&source, contract.as_deref());
    assert!(!parsed.has_errors(), "{id}: {:?}", parsed.diagnostics);
    let game = CompiledGame::compile(parsed.game(None).expect("an entry game")).expect("within the format's limits");
    let mocks = fs::read(folder.join("capability_mocks.yaml")).map(|yaml| Mocks::read(&yaml).expect("stand-ins"));
    let mut goldens = Vec::new();
    for name in ["golden_dialogs.yaml", "golden_dialogs_slots.yaml"] {
        if let Ok(yaml) = fs::read(folder.join(name)) {
            goldens.push((folder.join(name), GoldenFile::read(&yaml).expect("a golden file")));
        }
    }
    GameFolder { id, source, contract, game, goldens, mocks: mocks.unwrap_or_default() }
}
