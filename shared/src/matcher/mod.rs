//! Matching an utterance against every pattern of a game in one pass.
//!
//! The utterance's words are looked up in the game's index; each finds the patterns that it is the rarest telling word
//! of, and only those are looked at: first as they stand ([`align`]), then loosely ([`loose`]). How a match becomes a
//! number is in [`score`]; whether the sentence asserts it is in [`crate::text::polarity`]. The rules in words:
//! `docs/matching.md`.

mod align;
mod captures;
mod loose;
mod respaced;
mod score;
mod utterance;

use std::rc::Rc;

use self::align::{Aligner, Spelling};
use self::captures::{Pieces, Source, Taken};
use self::loose::Loose;
use self::utterance::{Seen, Utterance};
use crate::compiled::CompiledGame;
use crate::compiled::index::{Index, Pattern, Unit, UnitKind, Units, pattern_flag, unit_flag};
use crate::entities::Reference;
use crate::ir::Priority;
use crate::language::{Cue, Language};
use crate::meaning::{self, Meant, index::MeaningIndex};
use crate::text::{Class, Polarity, Tokens, polarity};

/// What decides which moves compete.
pub struct Query<'a> {
    /// The utterance, sanitized.
    pub text: &'a str,
    /// Who speaks: the participant's name.
    pub participant: &'a str,
    /// Against what typed captures are read.
    pub reference: &'a Reference,
    /// Whether a move's context guard holds (called for candidates only).
    pub admits: &'a dyn Fn(usize) -> bool,
    /// Whether the conversation so far makes a `context-sensitive` pattern of a move plausible
    /// (called for candidates only).
    pub plausible: &'a dyn Fn(usize) -> bool,
}

/// A move that an utterance may mean, by its best pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Index of the move.
    pub move_index: usize,
    /// Index of the pattern within the move, counted over its triggers.
    pub pattern_index: usize,
    /// The pattern as written.
    pub pattern: String,
    /// In [0, 1], comparable across moves; bit for bit the same everywhere.
    pub score: f64,
    /// Literal words of the pattern (ties go to the larger number).
    pub literal_words: usize,
    /// Whether the utterance is the pattern as it stands, without captures, and says nothing else.
    pub verbatim: bool,
    /// Whether the pattern is `(fuzzy)`, whose matches score 0.9 at most.
    pub fuzzy: bool,
    /// Whether it is politeness beside something else ("hello, …").
    pub aside: bool,
    /// Whether its move is urgent.
    pub priority: Priority,
    /// Whether it competes with the others.
    pub standing: Standing,
    /// What recognised it.
    pub stage: Stage,
    /// Values captured.
    pub captures: Vec<Capture>,
    /// The part of the utterance that the pattern explains, byte offsets into the text.
    pub span: (usize, usize),
}

/// Whether a candidate competes with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// By its score.
    Full,
    /// A `context-sensitive` pattern where nothing so far makes it plausible: taken only if nothing else reaches its
    /// threshold. It stands behind all others.
    LastResort,
}

/// What recognised a candidate, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A `(strict)` pattern.
    Strict,
    /// A pattern as it stands.
    Plain,
    /// A pattern in other forms of its words.
    Fuzzy,
    /// A pattern that came from use.
    Learned,
    /// What the clause comes near to.
    Meaning,
    /// What a service says is meant.
    Service,
}

impl Stage {
    /// The stage as records and explanations name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Strict => "strict",
            Stage::Plain => "plain",
            Stage::Fuzzy => "fuzzy",
            Stage::Learned => "learned",
            Stage::Meaning => "meaning",
            Stage::Service => "service",
        }
    }

    /// Whether no pattern matches: the text only comes near to the move, or somebody says so.
    #[must_use]
    pub fn is_near(self) -> bool {
        matches!(self, Stage::Meaning | Stage::Service)
    }
}

/// A captured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The capture's name.
    pub name: String,
    /// Byte offsets into the text.
    pub span: (usize, usize),
    /// The text captured, without leading articles and possessives.
    pub text: String,
}

impl Candidate {
    /// Whether a capture holds these bytes of what was said.
    pub(crate) fn captures_at(&self, span: (usize, usize)) -> bool {
        self.captures.iter().any(|held| held.span.0 <= span.0 && span.1 <= held.span.1)
    }

    /// Adds what other patterns of the same move captured, where nothing was captured by that name or from those words.
    fn add_captures(&mut self, others: Vec<Capture>) {
        for other in others {
            let apart = |held: &Capture| held.span.1 <= other.span.0 || other.span.1 <= held.span.0;
            if self.captures.iter().all(|held| held.name != other.name && apart(held)) {
                self.captures.push(other);
            }
        }
    }
}

/// How many candidates [`find`] reports.
pub const MAX_CANDIDATES: usize = 8;

/// What a match scores at most that is perhaps not about here and now.
pub const DOUBTFUL_SCORE: f64 = score::DOUBTFUL as f64 / score::WHOLE as f64;
/// What something urgent scores that is only asked about because a word of it was said.
pub(crate) const URGENT_GUESS: f64 = score::LEAST as f64 / score::WHOLE as f64;

/// Patterns looked at for one utterance, at most.
const MAX_PATTERNS_TRIED: usize = 4_096;
/// Places at which one pattern is tried exactly, and loosely.
const MAX_PLACES: usize = 32;
const MAX_LOOSE_PLACES: usize = 4;
/// Candidates kept while searching; more are cut back to [`MAX_CANDIDATES`].
const MAX_KEPT: usize = 32;
/// Captures of other patterns of the same move that are kept beside those of its best one.
const MAX_BESIDE: usize = 8;
/// Fuzzy patterns remembered as tried, so that none is tried for each of its words.
const MAX_REMEMBERED: usize = 256;
/// What a guess by likeness is divided by where meaning is heard.
const GUESS_YIELDS: u64 = 2;
/// Patterns of nothing but wildcards that are considered when nothing else matches.
const MAX_CATCH_ALLS: usize = 8;

/// The best candidates, one a move, best first, at most [`MAX_CANDIDATES`], and after them the urgent ones that are left.
#[must_use]
pub fn find(game: &CompiledGame, query: &Query<'_>) -> Vec<Candidate> {
    find_with(game, query, &mut Scratch::default())
}

/// Memory that matching works in; reuse it to save allocations. It carries nothing from one utterance to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    utterance: Utterance,
    search: Search,
}

/// As [`find`], in memory of the caller's.
#[must_use]
pub fn find_with(game: &CompiledGame, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Candidate> {
    search(game, query, None, scratch, is_heard)
}

/// The words of a text as they were meant: cut where spaces are missing, joined where there are too many.
pub(crate) fn words(game: &CompiledGame, language: &'static Language, text: &str, scratch: &mut Scratch) -> Rc<Tokens> {
    scratch.utterance.read(language, text, None, &game.index());
    Rc::clone(&scratch.utterance.tokens)
}

/// As [`find_with`], of a text whose words are cut already, and of parts of it, one after the other in the same game.
pub(crate) fn find_cut(
    game: &CompiledGame,
    query: &Query<'_>,
    tokens: &Rc<Tokens>,
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    search(game, query, Some(tokens), scratch, is_heard)
}

/// The urgent move of which a text says telling words and nothing else, as worth asking about as anything can be of which so little
/// is said.
pub(crate) fn urgent_word(game: &CompiledGame, query: &Query<'_>, scratch: &mut Scratch) -> Option<Candidate> {
    let index = game.index();
    let Scratch { utterance, .. } = scratch;
    utterance.read(Language::of(query.reference.language), query.text, None, &index);
    let matcher = Matcher::of(game, query, utterance, index);
    matcher.urgent_word()
}

/// The candidates whose patterns are met where captures take whatever stands in their place: "a ferry to Skye" for "a ferry to
/// {island}".
pub(crate) fn find_untyped(game: &CompiledGame, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Candidate> {
    let index = game.index();
    let Scratch { utterance, search } = scratch;
    utterance.read(Language::of(query.reference.language), query.text, None, &index);
    search.clear();
    let mut matcher = Matcher::of(game, query, utterance, index);
    matcher.source.untyped = true;
    matcher.search(search);
    search.sort();
    search.kept.iter().take(MAX_CANDIDATES).map(|found| matcher.candidate(found)).collect()
}

fn is_heard(found: &Found) -> bool {
    found.stage != Stage::Meaning || found.score >= score::HEARD
}

/// The best candidates however little they score, what the utterance denies included: for measuring, not for turns.
#[must_use]
pub fn guess(game: &CompiledGame, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Candidate> {
    search(game, query, None, scratch, |_| true)
}

fn search(
    game: &CompiledGame,
    query: &Query<'_>,
    cut: Option<&Rc<Tokens>>,
    scratch: &mut Scratch,
    reported: fn(&Found) -> bool,
) -> Vec<Candidate> {
    let index = game.index();
    let Scratch { utterance, search } = scratch;
    utterance.read(Language::of(query.reference.language), query.text, cut, &index);
    search.clear();
    let utterance = &*utterance;
    let matcher = Matcher::of(game, query, utterance, index);
    matcher.search(search);
    if !search.kept.iter().any(Found::is_sure) {
        matcher.values_alone(search);
    }
    // Likeness of words is a guess however high it scores: which move is meant, meaning says.
    if !search.kept.iter().any(Found::is_sure) {
        matcher.by_meaning(search);
    }
    if search.kept.iter().all(|found| found.score < score::LEAST) {
        matcher.catch_all(search);
    }
    search.yield_asides();
    search.sort();
    search.kept.retain(reported);
    let best = search.kept.iter().take(MAX_CANDIDATES);
    let urgent = search.kept.iter().skip(MAX_CANDIDATES).filter(|found| found.priority == Priority::Urgent);
    best.chain(urgent).map(|found| matcher.candidate(found)).collect()
}

/// What a pattern without a word of its own is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wordless {
    Wildcards,
    /// Captures with a type.
    Values,
}

/// A pattern that matched.
#[derive(Debug, Clone)]
struct Found {
    pattern: u32,
    move_index: u32,
    literal_words: u16,
    score: u64,
    first: usize,
    end: usize,
    /// Whether it is politeness beside something else.
    aside: bool,
    /// Whether the pattern is met as it stands, not in other words.
    exact: bool,
    /// Whether the utterance is the pattern and nothing else.
    verbatim: bool,
    priority: Priority,
    standing: Standing,
    stage: Stage,
    captures: Vec<Taken>,
    /// The pattern that captured them.
    captured_by: u32,
    /// What other patterns of the move captured, each with its pattern.
    beside: Vec<(u32, Taken)>,
}

/// How a pattern is met best.
struct Met {
    score: u64,
    first: usize,
    end: usize,
    /// Whether it is met as it stands, not in other words.
    exact: bool,
}

impl Found {
    /// Whether it says by itself what is meant: the author's words as they stand, a `(fuzzy)` pattern's too, or an emergency
    /// in other words. Anything else is a guess by likeness.
    fn is_sure(&self) -> bool {
        self.score >= score::PLAIN && (self.exact || self.stage != Stage::Fuzzy || self.priority == Priority::Urgent)
    }

    /// Best first: the score, then more literal words, then declared first.
    fn rank(&self) -> (Standing, std::cmp::Reverse<u64>, std::cmp::Reverse<u16>, u32) {
        (self.standing, std::cmp::Reverse(self.score), std::cmp::Reverse(self.literal_words), self.pattern)
    }

    /// Keeps what another pattern of the same move captured: "book a flight", and "flight to {city}".
    fn keep_beside(&mut self, other: Found) {
        // What stands apart says something else: "I'm in a hurry, book a flight" captures nothing for "I'm in {city}".
        let overlaps = other.first < self.end && self.first < other.end;
        if overlaps && other.score >= score::SURE && other.standing == Standing::Full {
            let own = other.captures.into_iter().map(|taken| (other.captured_by, taken));
            let room = MAX_BESIDE.saturating_sub(self.beside.len());
            self.beside.extend(own.chain(other.beside).take(room));
        }
    }
}

#[derive(Debug, Default)]
struct Search {
    kept: Vec<Found>,
    tried: Vec<u32>,
    taken: Vec<Taken>,
    best_taken: Vec<Taken>,
}

impl Search {
    fn clear(&mut self) {
        self.kept.clear();
        self.tried.clear();
    }

    /// "Hello, cancel my reservation" is no greeting: politeness yields to what is meant.
    fn yield_asides(&mut self) {
        if self.kept.iter().any(|found| !found.aside && found.score >= score::MEANT) {
            for found in self.kept.iter_mut().filter(|found| found.aside) {
                found.score = found.score.min(score::ASIDE);
            }
        }
    }

    fn sort(&mut self) {
        crate::order::sort_by_key(&mut self.kept, Found::rank);
    }

    /// Likeness of words yields to meaning, whose score can be relied on, for the moves that it covers; unless both find
    /// the same. A slip of the hand in an emergency stays one.
    fn yield_guesses(&mut self, index: &MeaningIndex<'_>, best: &Meant) {
        let yields = |found: &Found| {
            found.stage == Stage::Fuzzy
                && found.move_index != best.move_index
                && found.priority != Priority::Urgent
                && index.covers(found.move_index as usize)
        };
        for found in self.kept.iter_mut().filter(|found| yields(found)) {
            // What captured a value is more than likeness.
            if !found.captures.is_empty() {
                continue;
            }
            if found.score < score::SURE {
                found.score /= GUESS_YIELDS;
            }
            if !best.is_denied() {
                found.score = found.score.min(best.confidence.saturating_sub(1));
            }
        }
    }

    /// Keeps what meaning found, with what a pattern of the same move captured.
    fn keep_meant(&mut self, mut found: Found) {
        if let Some(known) = self.kept.iter_mut().find(|known| known.move_index == found.move_index) {
            // A slip of the hand in the author's words is no more sure for being near to them as well.
            if found.score > known.score && known.score < score::PLAIN {
                found.captures = std::mem::take(&mut known.captures);
                found.beside = std::mem::take(&mut known.beside);
                found.captured_by = known.captured_by;
                // What its words say already is more than something that comes near.
                if known.score >= score::MEANT {
                    found.score = found.score.min(score::LIKENESS).max(known.score);
                    (found.stage, found.first, found.end) = (known.stage, known.first, known.end);
                }
                *known = found;
            }
            return;
        }
        self.keep(found);
    }

    /// Keeps the best pattern of each move, with what its others captured.
    fn keep(&mut self, mut found: Found) {
        if let Some(known) = self.kept.iter_mut().find(|known| known.move_index == found.move_index) {
            if found.rank() < known.rank() {
                std::mem::swap(known, &mut found);
            }
            if !(found.captures.is_empty() && found.beside.is_empty()) {
                known.keep_beside(found);
            }
            return;
        }
        if self.kept.len() == MAX_KEPT {
            self.sort();
            let mut place = 0;
            self.kept.retain(|found| {
                place += 1;
                place <= MAX_CANDIDATES || found.priority == Priority::Urgent
            });
        }
        self.kept.push(found);
    }
}

/// Which participants' triggers an utterance may match.
#[derive(Debug, Clone, Copy)]
struct Speakers([u64; 4]);

impl Speakers {
    /// A trigger of the participant that speaks; one of `user`, if a person speaks; and any person's if the turn names
    /// nobody in particular.
    fn of(index: &Index<'_>, speaker: &str) -> Speakers {
        let mut bits = [0; 4];
        let anybody = speaker.is_empty() || speaker.eq_ignore_ascii_case("user");
        let machine = crate::compiled::index::is_machine(speaker);
        for at in 0..index.participant_count().min(256) {
            let (name, human) = index.participant(at);
            if name.eq_ignore_ascii_case(speaker) || human && (anybody || !machine && name.eq_ignore_ascii_case("user"))
            {
                bits[at / 64] |= 1 << (at % 64);
            }
        }
        Speakers(bits)
    }

    fn include(&self, participant: u16) -> bool {
        self.0.get(participant as usize / 64).is_some_and(|bits| bits >> (participant % 64) & 1 == 1)
    }
}

struct Matcher<'a> {
    index: Index<'a>,
    query: &'a Query<'a>,
    source: Source<'a>,
    speakers: Speakers,
    year: i32,
    has_readings: bool,
    has_context_terms: bool,
}

impl<'a> Matcher<'a> {
    fn of(game: &'a CompiledGame, query: &'a Query<'a>, utterance: &'a Utterance, index: Index<'a>) -> Matcher<'a> {
        Matcher {
            index,
            query,
            source: Source { text: query.text, utterance, game, reference: query.reference, untyped: false },
            speakers: Speakers::of(&index, query.participant),
            year: i32::from(query.reference.now.year()),
            has_readings: utterance.seen.iter().any(Seen::has_readings),
            has_context_terms: utterance.terms.iter().any(|hit| hit.context_sensitive),
        }
    }
}

impl Matcher<'_> {
    /// The first urgent pattern that has all that the utterance tells, two words or half of what it says, asserted and rightly
    /// spelt.
    fn urgent_word(&self) -> Option<Candidate> {
        let utterance = self.source.utterance;
        if utterance.tokens.classes().is(Class::NEGATOR.and(Class::NOTHING)) {
            return None;
        }
        utterance.places.iter().find_map(|&(key, place)| {
            let at = place as usize;
            let sound = utterance.seen.get(at).is_some_and(|seen| seen.key == key);
            self.index.postings(key).filter(|_| sound && utterance.class(at) == Class::CONTENT).find_map(|posting| {
                let pattern = self.index.pattern(posting.pattern)?;
                let urgent = pattern.flags & pattern_flag::URGENT != 0;
                let said = if urgent { self.all_telling_words_are_of(&pattern)? } else { return None };
                let weight = u32::from(crate::compiled::index::weight::CONTENT);
                // A word alone may as well answer what is asked.
                let tried = (said > 1 || u32::from(pattern.content_weight) <= 2 * weight)
                    && self.speakers.include(pattern.participant)
                    && (self.query.admits)(pattern.move_index as usize);
                let score = if tried { self.as_meant(score::LEAST, at, at + 1)? } else { return None };
                Some(self.candidate(&Found {
                    pattern: posting.pattern,
                    move_index: pattern.move_index,
                    literal_words: pattern.literal_words,
                    score,
                    first: at,
                    end: at + 1,
                    aside: false,
                    exact: false,
                    verbatim: false,
                    priority: Priority::Urgent,
                    standing: Standing::Full,
                    stage: Stage::Fuzzy,
                    captures: Vec::new(),
                    captured_by: posting.pattern,
                    beside: Vec::new(),
                }))
            })
        })
    }

    /// How many telling words the utterance has, where a pattern has all of them.
    fn all_telling_words_are_of(&self, pattern: &Pattern) -> Option<usize> {
        let utterance = self.source.utterance;
        let units = self.index.units(pattern);
        let has = |at: usize| {
            let stands = |unit: Unit| match unit.kind {
                UnitKind::Term => {
                    utterance.terms.iter().any(|hit| hit.key == unit.b && (hit.start..hit.end).contains(&at))
                }
                _ => utterance.seen.get(at).is_some_and(|seen| seen.key == unit.b),
            };
            (0..units.len()).filter_map(|unit| units.get(unit)).any(|unit| unit.is_literal() && stands(unit))
        };
        let noise = |at: usize| {
            let cues = utterance.token(at).map(|token| utterance.tokens.language().cues(token.hash));
            cues.is_some_and(|cues| cues.meets([Cue::Noise, Cue::Hesitation, Cue::Pause].into()))
        };
        // "I can breathe" is no "I can't breathe".
        if (0..units.len()).filter_map(|unit| units.get(unit)).any(|unit| unit.has(unit_flag::NEGATOR)) {
            return None;
        }
        let telling = || (0..utterance.len()).filter(|at| utterance.class(*at) == Class::CONTENT && !noise(*at));
        telling().all(has).then(|| telling().count())
    }

    /// Tries every pattern that some word of the utterance finds.
    fn search(&self, search: &mut Search) {
        let utterance = self.source.utterance;
        let mut left = MAX_PATTERNS_TRIED;
        for places in utterance.places.chunk_by(|a, b| a.0 == b.0) {
            for posting in self.index.postings(places[0].0) {
                let Some(pattern) = self.index.pattern(posting.pattern) else { continue };
                if pattern.mask & !utterance.mask != 0 || !self.speakers.include(pattern.participant) {
                    continue;
                }
                if pattern.flags & pattern_flag::FUZZY != 0 && !self.first_time(search, posting.pattern) {
                    continue;
                }
                left = match left.checked_sub(1) {
                    Some(left) => left,
                    None => return,
                };
                self.try_pattern(posting.pattern, &pattern, posting.unit as usize, places, search);
            }
        }
    }

    /// Fuzzy patterns are found by several of their words.
    fn first_time(&self, search: &mut Search, pattern: u32) -> bool {
        if search.tried.contains(&pattern) {
            return false;
        }
        if search.tried.len() < MAX_REMEMBERED {
            search.tried.push(pattern);
        }
        true
    }

    fn try_pattern(&self, id: u32, pattern: &Pattern, anchor: usize, places: &[(u32, u32)], search: &mut Search) {
        let context = pattern.flags & pattern_flag::CONTEXT_SENSITIVE != 0;
        let move_index = pattern.move_index as usize;
        let plausible = (context || self.has_context_terms) && (self.query.plausible)(move_index);
        let Some(Met { mut score, first, end, exact }) = self.best(pattern, anchor, places, plausible, search) else {
            return;
        };
        if !(self.query.admits)(move_index) {
            return;
        }
        if context && plausible {
            score = (score + score::CONTEXT_GAIN).min(score::WHOLE);
        }
        let captures = if search.best_taken.is_empty() { Vec::new() } else { search.best_taken.clone() };
        search.keep(Found {
            pattern: id,
            move_index: pattern.move_index,
            literal_words: pattern.literal_words,
            score,
            first,
            end,
            aside: pattern.flags & pattern_flag::ASIDE != 0 && self.coverage(first, end, 0) < score::HALF,
            exact,
            verbatim: exact
                && pattern.flags & pattern_flag::CAPTURES == 0
                && self.coverage(first, end, 0) == score::WHOLE,
            priority: priority_of(pattern),
            standing: if context && !plausible { Standing::LastResort } else { Standing::Full },
            stage: stage_of(pattern, exact),
            captures,
            captured_by: id,
            beside: Vec::new(),
        });
    }

    /// The pattern's best match: score and words. What it captures is left in `search.best_taken`.
    fn best(
        &self,
        pattern: &Pattern,
        anchor: usize,
        places: &[(u32, u32)],
        plausible: bool,
        search: &mut Search,
    ) -> Option<Met> {
        let pieces = Pieces { source: &self.source, pattern, units: self.index.units(pattern) };
        let strict = pattern.flags & pattern_flag::STRICT != 0;
        let mut aligner = Aligner { pieces, spelling: Spelling::Exact, plausible };
        for &(_, place) in places.iter().take(MAX_PLACES) {
            if let Some(alignment) = aligner.align(anchor, place as usize, &mut search.best_taken) {
                let coverage = self.coverage(alignment.first, alignment.end, alignment.skipped);
                if pattern.flags & pattern_flag::ANSWER != 0 && coverage < score::HALF {
                    continue;
                }
                let score = self.exact_score(pattern, coverage, alignment.synonyms, search.best_taken.len());
                if let Some(score) = self.as_meant(score, alignment.first, alignment.end) {
                    let (first, end) = (alignment.first, alignment.end);
                    return Some(Met { score, first, end, exact: alignment.synonyms == 0 });
                }
            }
        }
        if strict {
            if !self.has_readings {
                return None;
            }
            aligner.spelling = Spelling::Slips;
            return places.iter().take(MAX_LOOSE_PLACES).find_map(|&(_, place)| {
                let alignment = aligner.align(anchor, place as usize, &mut search.best_taken)?;
                let coverage = self.coverage(alignment.first, alignment.end, alignment.skipped);
                let vouched = pattern.literal_words > 1 || coverage >= VOUCHING_COVERAGE;
                let score = (alignment.slips == 1 && vouched).then(|| score::misspelt_strict(coverage))?;
                let score = self.as_meant(score, alignment.first, alignment.end)?;
                Some(Met { score, first: alignment.first, end: alignment.end, exact: false })
            });
        }
        if pattern.flags & pattern_flag::CONTENT == 0 {
            return None;
        }
        self.best_loose(pattern, anchor, places, plausible, search)
    }

    fn best_loose(
        &self,
        pattern: &Pattern,
        anchor: usize,
        places: &[(u32, u32)],
        plausible: bool,
        search: &mut Search,
    ) -> Option<Met> {
        let fuzzy = pattern.flags & pattern_flag::FUZZY != 0;
        let pieces = Pieces { source: &self.source, pattern, units: self.index.units(pattern) };
        let loose = Loose { pieces, plausible };
        let mut best: Option<Met> = None;
        for &(_, place) in places.iter().take(MAX_LOOSE_PLACES) {
            let Some(near) = loose.find(anchor, place as usize, &mut search.taken) else { continue };
            // What stands between the pattern's words belongs to the phrase: it counts half.
            let all = self.source.utterance.weight_outside(0, self.source.utterance.len());
            let inside = self.source.utterance.weight_outside(near.first, near.end);
            let coverage = score::coverage(near.explained * 2, (all - inside) * 2 + near.passed);
            if near.unvouched && coverage < VOUCHING_COVERAGE {
                continue;
            }
            let score = if fuzzy {
                score::fuzzy(coverage, pattern, search.taken.len() as u64, near.likeness)
            } else {
                score::near(coverage, pattern, near.likeness)
            };
            if score < score::LEAST || best.as_ref().is_some_and(|known| known.score >= score) {
                continue;
            }
            if let Some(score) = self.as_meant(score, near.first, near.end) {
                best = Some(Met { score, first: near.first, end: near.end, exact: false });
                std::mem::swap(&mut search.taken, &mut search.best_taken);
            }
        }
        best
    }

    fn exact_score(&self, pattern: &Pattern, coverage: u64, synonyms: u32, captures: usize) -> u64 {
        let likeness = 1_000 - 10 * u64::from(synonyms).min(10);
        if pattern.flags & pattern_flag::STRICT != 0 {
            score::strict(coverage)
        } else if pattern.flags & pattern_flag::FUZZY != 0 {
            score::fuzzy(coverage, pattern, captures as u64, likeness)
        } else {
            (score::plain(coverage, pattern) * likeness / 1_000).max(score::PLAIN)
        }
    }

    fn coverage(&self, first: usize, end: usize, skipped: u64) -> u64 {
        let utterance = self.source.utterance;
        let all = utterance.weight_outside(0, utterance.len());
        let inside = utterance.weight_outside(first, end);
        score::coverage(utterance.weight_inside(first, end).saturating_sub(skipped), all - inside + skipped)
    }

    /// The score of a match as the sentence means it; `None` when it is denied.
    fn as_meant(&self, score: u64, first: usize, end: usize) -> Option<u64> {
        match polarity(&self.source.utterance.tokens, first, end, Some(self.year)) {
            Polarity::Asserted => Some(score),
            Polarity::Doubtful => Some(score.min(score::DOUBTFUL)),
            Polarity::Denied => None,
        }
    }

    /// The patterns without a word of their own that may be heard now.
    fn wordless(&self, made_of: Wordless) -> impl Iterator<Item = (u32, Pattern)> + '_ {
        let patterns = self.index.catch_alls().take(MAX_CATCH_ALLS);
        let patterns = patterns.filter_map(|id| Some((id, self.index.pattern(id)?)));
        patterns.filter(move |(_, pattern)| {
            let move_index = pattern.move_index as usize;
            let context = pattern.flags & pattern_flag::CONTEXT_SENSITIVE != 0;
            (pattern.flags & pattern_flag::CAPTURES != 0) == (made_of == Wordless::Values)
                && self.speakers.include(pattern.participant)
                && (!context || (self.query.plausible)(move_index))
                && (self.query.admits)(move_index)
        })
    }

    /// Patterns of nothing but wildcards match what nothing else does.
    fn catch_all(&self, search: &mut Search) {
        let end = self.source.utterance.len();
        if end == 0 {
            return;
        }
        for (id, pattern) in self.wordless(Wordless::Wildcards) {
            search.keep(Found {
                pattern: id,
                move_index: pattern.move_index,
                literal_words: 0,
                score: score::CATCH_ALL,
                first: 0,
                end,
                aside: true,
                exact: true,
                verbatim: false,
                priority: priority_of(&pattern),
                standing: Standing::Full,
                stage: Stage::Plain,
                captures: Vec::new(),
                captured_by: id,
                beside: Vec::new(),
            });
        }
    }

    /// "two large ones" for "{count} {size}": what nothing else says for sure may be the values that a pattern without words
    /// consists of.
    fn values_alone(&self, search: &mut Search) {
        if self.source.utterance.len() > 0 {
            let found = self.wordless(Wordless::Values).filter_map(|(id, pattern)| self.only_values(id, &pattern));
            found.for_each(|found| search.keep(found));
        }
    }

    fn only_values(&self, id: u32, pattern: &Pattern) -> Option<Found> {
        let pieces = Pieces { source: &self.source, pattern, units: self.index.units(pattern) };
        let mut captures = Vec::new();
        // "I want …", "can I get …"
        let opens = Class::SUBJECT.and(Class::LIGHT).and(Class::AUXILIARY).and(Class::FILLER);
        let utterance = self.source.utterance;
        let from = (0..utterance.len()).find(|at| !utterance.class(*at).is(opens))?;
        let end = pieces.trailing((0, pieces.units.len()), from, &mut captures)?;
        let from = captures.iter().map(|taken| taken.span.0).min()?;
        let first = self.source.utterance.tokens.range_of((from, from + 1))?.0;
        let coverage = self.coverage(first, end, 0);
        if coverage < VOUCHING_COVERAGE {
            return None;
        }
        Some(Found {
            pattern: id,
            move_index: pattern.move_index,
            literal_words: 0,
            score: self.as_meant(score::plain(coverage, pattern), first, end)?,
            first,
            end,
            aside: false,
            exact: true,
            verbatim: false,
            priority: priority_of(pattern),
            standing: Standing::Full,
            stage: Stage::Plain,
            captures,
            captured_by: id,
            beside: Vec::new(),
        })
    }

    /// Where no pattern is sure, meaning says what the utterance comes near to.
    fn by_meaning(&self, search: &mut Search) {
        let Source { utterance, game, .. } = self.source;
        let admits = |id: u32| {
            self.index.pattern(id).is_some_and(|pattern| {
                let context = pattern.flags & pattern_flag::CONTEXT_SENSITIVE != 0;
                let of = pattern.move_index as usize;
                pattern.flags & pattern_flag::STRICT == 0
                    && self.speakers.include(pattern.participant)
                    && (!context || (self.query.plausible)(of))
                    && (self.query.admits)(of)
            })
        };
        let clause = meaning::Clause {
            tokens: &utterance.tokens,
            first: 0,
            end: utterance.len(),
            places: &utterance.places,
            corrected: &|at| self.index.word(utterance.seen.get(at)?.readings[0].0).map(|word| word.0),
            year: Some(self.year),
            admits: &admits,
            priority: &|id| self.index.pattern(id).map_or(Priority::Normal, |pattern| priority_of(&pattern)),
        };
        let index = game.meaning();
        let meant = meaning::candidates(&index, game.model(), &clause);
        if let Some(best) = meant.first() {
            search.yield_guesses(&index, best);
        }
        let denies =
            utterance.tokens.as_slice().iter().any(|token| token.class.is(Class::NEGATOR.and(Class::EXCLUDES)));
        for meant in meant {
            let Some(pattern) = self.index.pattern(meant.pattern) else { continue };
            let (first, end) = meant.evidence;
            let aside = pattern.flags & pattern_flag::ASIDE != 0;
            // A model can't tell a denied emergency from one that is asserted: where anything is denied, it is asked about.
            let urgent = priority_of(&pattern) == Priority::Urgent;
            let score = if urgent && denies && game.model().is_some() {
                meant.confidence.min(score::DOUBTFUL)
            } else {
                meant.confidence
            };
            search.keep_meant(Found {
                pattern: meant.pattern,
                move_index: pattern.move_index,
                literal_words: pattern.literal_words,
                score,
                first,
                end,
                aside: aside && self.coverage(first, end, 0) < score::HALF,
                exact: false,
                verbatim: false,
                priority: priority_of(&pattern),
                standing: Standing::Full,
                stage: Stage::Meaning,
                captures: Vec::new(),
                captured_by: meant.pattern,
                beside: Vec::new(),
            });
        }
    }

    fn candidate(&self, found: &Found) -> Candidate {
        let pattern = self.index.pattern(found.pattern);
        let units = self.index.pattern(found.captured_by).map(|pattern| self.index.units(&pattern));
        let mut taken = found.captures.clone();
        crate::order::sort_by_key(&mut taken, |taken| taken.unit);
        let capture = |units: Option<Units<'_>>, taken: &Taken| {
            let unit = units?.get(taken.unit)?;
            let text = self.query.text.get(taken.span.0..taken.span.1)?;
            Some(Capture { name: self.source.name_of(unit).to_owned(), span: taken.span, text: text.to_owned() })
        };
        let captures = taken.iter().filter_map(|taken| capture(units, taken));
        // Values are found wherever they stand; and what the best pattern says is no value of another: "track my parcel".
        let span = self.source.utterance.tokens.span(found.first, found.end);
        let beside = found.beside.iter().filter(|(_, taken)| taken.span.1 <= span.0 || taken.span.0 >= span.1);
        let beside = beside.filter_map(|(pattern, taken)| {
            let units = self.index.units(&self.index.pattern(*pattern)?);
            let is_free = !units.get(taken.unit)?.has(unit_flag::TYPED);
            if is_free { capture(Some(units), taken) } else { None }
        });
        let mut candidate = Candidate {
            move_index: found.move_index as usize,
            pattern_index: pattern.map_or(0, |pattern| pattern.ordinal as usize),
            pattern: pattern.map_or_else(String::new, |pattern| self.index.pattern_text(&pattern).to_owned()),
            score: found.score as f64 / score::WHOLE as f64,
            literal_words: found.literal_words as usize,
            verbatim: found.verbatim,
            fuzzy: pattern.is_some_and(|pattern| pattern.flags & pattern_flag::FUZZY != 0),
            aside: found.aside,
            priority: found.priority,
            standing: found.standing,
            stage: found.stage,
            captures: captures.collect(),
            span,
        };
        candidate.add_captures(beside.collect());
        candidate
    }
}

fn priority_of(pattern: &Pattern) -> Priority {
    if pattern.flags & pattern_flag::URGENT != 0 { Priority::Urgent } else { Priority::Normal }
}

fn stage_of(pattern: &Pattern, exact: bool) -> Stage {
    if pattern.flags & pattern_flag::FUZZY != 0 || !exact {
        Stage::Fuzzy
    } else if pattern.flags & pattern_flag::STRICT != 0 {
        Stage::Strict
    } else if pattern.flags & pattern_flag::LEARNED != 0 {
        Stage::Learned
    } else {
        Stage::Plain
    }
}

/// The share of the utterance that a match must explain if only a misspelt word speaks for it.
const VOUCHING_COVERAGE: u64 = 6_000;

#[cfg(test)]
mod tests;
