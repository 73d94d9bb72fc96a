//! A proposed phrase tried before anybody decides: the draft that has it, what it changes in stored conversations, and
//! whether the golden dialogues hold with it.

use lgdl::compiled::{CompiledGame, LoadError};
use lgdl::golden::{GoldenError, GoldenFile};
use lgdl::ir::Game;
use lgdl::meaning::Meaning;
use lgdl::mocks::Mocks;
use lgdl::{syntax, texts};

use super::{Around, DraftError, Kind, MIN_PERSONS, Proposal, draft};
use crate::replay::{MAX_SHADOWED, ShadowRun, Talk, shadow};

/// What a phrase is tried on.
pub struct Trial<'a> {
    /// The source.
    pub source: &'a str,
    /// What stands around it.
    pub around: Around<'a>,
    /// Which game of it.
    pub game: &'a Game,
    /// What it is trained with.
    pub meaning: Meaning,
    /// What services answer.
    pub mocks: &'a Mocks,
    /// The golden dialogues.
    pub goldens: &'a [GoldenFile],
    /// The stored conversations.
    pub talks: &'a [Talk],
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// The source with the phrase.
    pub draft: String,
    /// What it changes.
    pub shadow: ShadowRun,
    /// Turns of the golden dialogues that fail with it.
    pub failing: usize,
}

/// Why a phrase can't be tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// It is no phrase.
    #[error("a {} is for an author to write; only phrases go into a draft", .0.name())]
    NoPhrase(Kind),
    /// There is no draft.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The draft has no game of that name any more.
    #[error("the draft has no game called {0}")]
    NoGame(String),
    /// One of its translations can't be used.
    #[error("{0}: {1}")]
    Translation(String, String),
    /// It can't be compiled.
    #[error(transparent)]
    Compiled(#[from] LoadError),
    /// The golden dialogues can't be run.
    #[error(transparent)]
    Golden(#[from] GoldenError),
}

/// Why a phrase goes into no draft.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// It came from one person alone.
    #[error(
        "only one person said it; at least {MIN_PERSONS} must have, so that a draft holds nothing that came from one alone"
    )]
    OnePerson,
    /// Golden dialogues fail.
    #[error("{0} turn(s) of the golden dialogues fail with it; no draft is made")]
    Goldens(usize),
}

impl Trial<'_> {
    /// The draft with the proposal's phrase, through the stored conversations and the golden dialogues.
    ///
    /// # Errors
    /// When the proposal is no phrase, or the draft, the game or the dialogues can't be used.
    pub fn of(&self, proposal: &Proposal) -> Result<Tried, TrialError> {
        let (Kind::Phrase, Some(of), Some(phrase)) = (proposal.kind, proposal.moves.first(), proposal.phrases.first())
        else {
            return Err(TrialError::NoPhrase(proposal.kind));
        };
        let name = &self.game.name;
        let text = draft(self.source, self.around, name, of, phrase)?;
        let mut parsed = syntax::parse_with(text.as_bytes(), self.around.contract, self.around.import);
        // Translations lie beside the game, or in the text that brings its files along.
        let mut files = self.around.files.clone();
        files.extend(parsed.files);
        if let Some((file, problem)) = texts::add_translations(&mut parsed.games, &files).into_iter().next() {
            return Err(TrialError::Translation(file, problem));
        }
        let game = parsed.games.iter().find(|game| game.name == *name);
        let game = game.ok_or_else(|| TrialError::NoGame(name.clone()))?;
        let before = CompiledGame::compile_with(self.game, self.meaning)?;
        let after = CompiledGame::compile_with(game, self.meaning)?;
        let mut failing = 0;
        for file in self.goldens.iter().filter(|file| file.game.as_ref().is_none_or(|other| other == name)) {
            for dialog in &file.dialogs {
                let turns = file.run(dialog, &after, self.mocks)?;
                failing += turns.iter().filter(|turn| !turn.mismatches.is_empty()).count();
            }
        }
        let talks = &self.talks[..self.talks.len().min(MAX_SHADOWED)];
        Ok(Tried { draft: text, shadow: shadow(&before, &after, self.mocks, talks), failing })
    }
}

impl Tried {
    /// Whether the draft may be handed out.
    ///
    /// # Errors
    /// When one person alone said it, or golden dialogues fail.
    pub fn approved(&self, proposal: &Proposal) -> Result<(), NotApproved> {
        if proposal.evidence.persons < MIN_PERSONS {
            return Err(NotApproved::OnePerson);
        }
        if self.failing > 0 { Err(NotApproved::Goldens(self.failing)) } else { Ok(()) }
    }
}
