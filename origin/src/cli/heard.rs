//! What a compiled game is heard with, and what people call it.

use lgdl::compiled::CompiledGame;
use lgdl::meaning::{Meaning, Size, Trained, linked};

/// What turns of this game are heard with here: where its model is not linked in, its own words.
pub(super) fn heard_with(game: &CompiledGame) -> Meaning {
    match game.trained() {
        Trained::Off => Meaning::Off,
        Trained::Words => Meaning::Words,
        Trained::With(hash) => [Size::Small, Size::Standard]
            .into_iter()
            .find(|&size| linked(size).is_ok_and(|model| model.is_some_and(|model| *model.hash() == hash)))
            .map_or(Meaning::Words, Meaning::With),
    }
}

/// As a sentence names it: "heard with …".
pub(super) fn name_of(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Off => "patterns alone",
        Meaning::Words => "its own words",
        Meaning::With(Size::Small) => "the small model",
        Meaning::With(Size::Standard) => "the standard model",
    }
}
