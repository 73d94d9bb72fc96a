//! The compiled form of a game: one block of bytes, used as it lies.
//!
//! A fixed header (magic, format version, SHA-256 of the rest, section table), the match index as flat
//! little-endian tables that are read in place, and each move's body as a blob that is decoded when the
//! move is first touched. Loading checks the header, the section bounds, a checksum of the index and the game's head, and copies
//! nothing else; every accessor is bounds-checked and reports damage instead of panicking. Its hash names the game version.

mod build;
mod format;
pub(crate) mod index;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use self::format::{Layout, Section};
use self::index::{Index, MoveTable};
use crate::ir;
use crate::language::Language;
use crate::meaning::index::MeaningIndex;
use crate::meaning::{Meaning, Model, Trained, linked, linked_as};

/// A compiled game, ready to match. Cloning is cheap and shares what has been decoded.
#[derive(Debug, Clone)]
pub struct CompiledGame {
    bytes: Bytes,
    layout: Layout,
    header: Arc<ir::Game>,
    decoded: Arc<Decoded>,
    model: Option<Model<'static>>,
}

/// A phrase that was heard by a head that did not know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The pattern as written.
    pub phrase: String,
    /// The move that it belongs to.
    pub move_name: String,
    /// The move that it was taken for.
    pub found: String,
    /// How sure that was.
    pub confidence: f64,
}

/// The block, as it was made or as it was handed in; neither is copied.
#[derive(Debug, Clone)]
enum Bytes {
    Made(Arc<Vec<u8>>),
    Given(Arc<[u8]>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Made(bytes) => bytes,
            Bytes::Given(bytes) => bytes,
        }
    }
}

/// What has been decoded so far.
#[derive(Debug, Default)]
struct Decoded {
    moves: Mutex<BTreeMap<usize, Arc<ir::Move>>>,
    translations: OnceLock<Vec<(String, CompiledGame)>>,
}

/// The bytes are not a compiled game that this version can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// They are damaged, of another format, or a limit of the format is exceeded.
    #[error("E151 not a usable compiled game: {0}")]
    Unusable(String),
    /// The game speaks a language that this build lacks.
    #[error("E155 this build has no language called `{0}`: build it with that language, or serve the game elsewhere")]
    UnknownLanguage(String),
}

impl CompiledGame {
    /// Lays a game out; what it knows of meaning is its own words.
    ///
    /// # Errors
    /// When the game exceeds a limit of the format.
    pub fn compile(game: &ir::Game) -> Result<CompiledGame, LoadError> {
        CompiledGame::compile_with(game, Meaning::Words)
    }

    /// Lays a game out, and trains what it knows of meaning.
    ///
    /// # Errors
    /// When the game exceeds a limit of the format, and when the model that it is to be trained with is not linked in.
    pub fn compile_with(game: &ir::Game, meaning: Meaning) -> Result<CompiledGame, LoadError> {
        let model = match meaning {
            Meaning::Off | Meaning::Words => None,
            Meaning::With(size) => {
                let model = linked(size).map_err(|error| LoadError::Unusable(error.to_string()))?;
                Some(model.ok_or_else(|| LoadError::Unusable("this build has no model of that size".into()))?)
            }
        };
        CompiledGame::over(Bytes::Made(Arc::new(build::compile(game, meaning, model.as_ref())?)))
    }

    /// Hears every phrase of a game's moves that meaning finds with a head that was trained without it: how far its confidence can be
    /// relied on, and which moves are taken for each other.
    ///
    /// # Errors
    /// As [`CompiledGame::compile_with`].
    pub fn rehearse(game: &ir::Game, meaning: Meaning) -> Result<Vec<Rehearsal>, LoadError> {
        let compiled = CompiledGame::compile_with(game, meaning)?;
        let (index, known) = (compiled.index(), compiled.meaning());
        let name = |of: u32| game.moves.get(of as usize).map(|body| body.name.clone()).unwrap_or_default();
        let heard = build::rehearse(game, compiled.model())?;
        let rehearsals = heard.iter().filter(|heard| known.covers(heard.move_index as usize)).filter_map(|heard| {
            let pattern = index.pattern(heard.pattern)?;
            Some(Rehearsal {
                phrase: index.pattern_text(&pattern).to_owned(),
                move_name: name(heard.move_index),
                found: name(heard.found),
                confidence: heard.confidence(&known, compiled.model.is_some()) as f64 / 10_000.0,
            })
        });
        Ok(if meaning == Meaning::Off { Vec::new() } else { rehearsals.collect() })
    }

    /// The moves that have phrases, but too few of them to be found by meaning.
    pub fn beyond_meaning(&self) -> impl Iterator<Item = Arc<ir::Move>> + '_ {
        let known = self.meaning();
        let counted = (0..self.move_count()).filter(move |&of| !known.covers(of) && known.has_examples(of));
        counted.filter_map(|of| self.move_at(of))
    }

    /// The model that turns use: the one that it was compiled with, if it is linked in.
    pub(crate) fn model(&self) -> Option<&Model<'static>> {
        self.model.as_ref()
    }

    /// What meaning was trained with.
    #[must_use]
    pub fn trained(&self) -> Trained {
        self.meaning().trained()
    }

    /// Whether it was compiled with a model that is not there, so that meaning has the game's own words only.
    #[must_use]
    pub fn lacks_model(&self) -> bool {
        self.model.is_none() && matches!(self.trained(), Trained::With(_))
    }

    /// Takes bytes made by [`CompiledGame::compile`]. Does no work that grows with the number of moves beyond a checksum
    /// of the index; a move's body is checked when it is first touched.
    ///
    /// # Errors
    /// When the bytes are damaged or of another format version, and when this build lacks the game's language.
    pub fn load(bytes: Arc<[u8]>) -> Result<CompiledGame, LoadError> {
        CompiledGame::over(Bytes::Given(bytes))
    }

    fn over(bytes: Bytes) -> Result<CompiledGame, LoadError> {
        let layout = Layout::read(&bytes)?;
        let head = format::checked_blob(layout.slice(&bytes, Section::Header))
            .and_then(|blob| postcard::from_bytes(blob).ok());
        let header: Arc<ir::Game> =
            Arc::new(head.ok_or_else(|| LoadError::Unusable("its head is damaged; compile the game again".into()))?);
        if !header.language.is_empty() && Language::coded(&header.language).is_none() {
            return Err(LoadError::UnknownLanguage(header.language.clone()));
        }
        let mut game = CompiledGame { bytes, layout, header, decoded: Arc::default(), model: None };
        if let Trained::With(hash) = game.trained() {
            game.model = linked_as(&hash);
        }
        Ok(game)
    }

    /// The bytes, to be stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the bytes are, to the last one, those that [`CompiledGame::version`] names. Hashes everything: for
    /// stores, not for turns.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        format::is_intact(&self.bytes)
    }

    /// The game version: the SHA-256 of the compiled form, 64 hexadecimal digits.
    #[must_use]
    pub fn version(&self) -> String {
        format::version(&self.bytes)
    }

    /// The game's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.index().game_name()
    }

    /// How many moves it has.
    #[must_use]
    pub fn move_count(&self) -> usize {
        self.moves().count()
    }

    /// The index of the move of that name.
    #[must_use]
    pub fn find_move(&self, name: &str) -> Option<usize> {
        self.moves().find(name)
    }

    /// A move's body (decoded on first touch and kept); `None` when there is no such move or its bytes are damaged.
    #[must_use]
    pub fn move_at(&self, index: usize) -> Option<Arc<ir::Move>> {
        let mut moves = self.decoded.moves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = moves.get(&index) {
            return Some(Arc::clone(found));
        }
        let blob = self.moves().body(index)?;
        let body: Arc<ir::Move> = Arc::new(postcard::from_bytes(blob).ok()?);
        moves.insert(index, Arc::clone(&body));
        Some(body)
    }

    /// Everything that is not a move: the game with `moves` empty.
    #[must_use]
    pub fn header(&self) -> Arc<ir::Game> {
        Arc::clone(&self.header)
    }

    /// The languages or locales that it is written in beside its own.
    #[must_use]
    pub fn translations(&self) -> &[(String, CompiledGame)] {
        if self.section(Section::Translations).is_empty() {
            return &[];
        }
        self.decoded.translations.get_or_init(|| {
            let blob = format::checked_blob(self.section(Section::Translations));
            // Bytes are taken as they lie: one by one they take longer to read than all else that a first turn does.
            let made: Option<Vec<(String, &[u8])>> = blob.and_then(|blob| postcard::from_bytes(blob).ok());
            // What is damaged is not there: the game is played in its own language.
            let games = made.unwrap_or_default().into_iter();
            games.filter_map(|(tag, bytes)| Some((tag, CompiledGame::load(bytes.into()).ok()?))).collect()
        })
    }

    /// What it knows of meaning.
    pub(crate) fn meaning(&self) -> MeaningIndex<'_> {
        MeaningIndex {
            summary: self.section(Section::MeaningSummary),
            keys: self.section(Section::MeaningKeys),
            postings: self.section(Section::MeaningPostings),
            moves: self.section(Section::MeaningMoves),
            examples: self.section(Section::MeaningExamples),
            example_keys: self.section(Section::MeaningExampleKeys),
            sketches: self.section(Section::MeaningSketches),
            head: self.section(Section::MeaningHead),
            groups: self.section(Section::MeaningGroups),
            members: self.section(Section::MeaningMembers),
        }
    }

    /// What finds its moves, which is asked often in a turn.
    fn moves(&self) -> MoveTable<'_> {
        MoveTable::new(&self.bytes, &self.layout)
    }

    pub(crate) fn index(&self) -> Index<'_> {
        Index::new(&self.bytes, &self.layout)
    }

    fn section(&self, section: Section) -> &[u8] {
        self.layout.slice(&self.bytes, section)
    }
}

#[cfg(test)]
mod tests;
