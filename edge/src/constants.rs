//! What does not change while an instance lives: its settings, and games, each named by the hash of what it is. So instances
//! of one node need not agree on any of it. What changes is in [`crate::memory`] and [`crate::notes`].

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use lgdl::compiled::CompiledGame;

use crate::memory::Bounded;
use crate::platform::Platform;
use crate::settings::Settings;

/// Bytes of compiled games kept: an isolate has 128 MiB for everything.
const MAX_GAME_BYTES: usize = 32 * 1024 * 1024;

/// Settings and games, read once.
#[derive(Debug, Default)]
pub struct Constants {
    settings: OnceCell<Rc<Settings>>,
    games: RefCell<Bounded<CompiledGame>>,
}

impl Constants {
    /// A game by its version.
    #[must_use]
    pub fn game(&self, version: &str) -> Option<CompiledGame> {
        self.games.borrow().get(version).cloned()
    }

    /// Keeps a game.
    pub fn keep_game(&self, version: &str, game: CompiledGame) {
        let mut games = self.games.borrow_mut();
        games.insert(version, game, usize::MAX);
        // The newest stays, whatever its size: it is about to be used.
        while games.len() > 1 && games.values().map(|game| game.bytes().len()).sum::<usize>() > MAX_GAME_BYTES {
            games.remove_oldest();
        }
    }
}

/// The settings, read and checked now unless this instance has done so before.
///
/// # Errors
/// As [`Settings::load`].
pub fn settings<P: Platform>(platform: &P) -> Result<Rc<Settings>, Vec<String>> {
    let known = platform.constants().map(|constants| &constants.settings);
    if let Some(settings) = known.and_then(OnceCell::get) {
        return Ok(Rc::clone(settings));
    }
    let settings = Rc::new(Settings::load(platform)?);
    if let Some(known) = known {
        let _ = known.set(Rc::clone(&settings));
    }
    Ok(settings)
}
