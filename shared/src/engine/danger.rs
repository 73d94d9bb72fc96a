//! What is dangerous in what was said, in whatever words it comes: asked about, where the game has an urgent move about such things
//! and nothing urgent is heard.
//!
//! Three things make a clause worth asking about. It says that life, health or home is in danger (the language's `danger` phrases), and
//! a phrase of an urgent move says that something is, too. Or it says half of what a phrase of an urgent move tells and nothing else
//! in the game does. Or it reports something that nothing in the game is about, behind a cry or where nothing is under way. To ask
//! costs a "no"; not to ask may cost more.

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::hear::{self, Readings, Said, Span, Whose};
use super::inquiry;
use super::run::Run;
use super::state::Open;
use crate::ir::{Move, Priority, SlotType};
use crate::language::{Class, Cue};
use crate::matcher::{Candidate, Stage, Standing, URGENT_GUESS};
use crate::slots::{self, effective_type};
use crate::text::{Danger, Heard, Polarity, Sounds, Word, between_marks, polarity, takes_its_denial_back};

/// Begins the kinds that call for help, whatever has happened.
const ANY: char = '*';
/// The kind of what calls for help even where it is asked about: "has anybody called an ambulance?"
const CALL: &str = "*?";
/// The kind of what only looks like a danger.
const NONE: &str = "-";
/// The kind of a cry, which says no more than that something is wrong.
const CRY: &str = "!";
/// The kind of laughter: who laughs tells of no danger.
const LAUGH: &str = "^";
/// The kind of what puts a figure of speech down to how much there is of something: "with all these".
const SO_MUCH: &str = "%";
/// Opens the kind of what is asked about only where an urgent move is about that very kind: what is stolen is no fire.
const ONLY: char = '=';
/// Words of what is asked about though nothing in it is understood, at least.
const TELLING: usize = 6;
/// Moves of a game that are looked at for what they are about, at most.
const MAX_MOVES: usize = 256;

/// The stems that moves that are not urgent know, looked up once.
type Usual<'u> = &'u dyn Fn() -> &'u BTreeSet<u64>;

impl Run<'_> {
    /// What a clause says of a danger that the game has an urgent move for.
    pub(super) fn dangers(&self, heard: &Readings, open: Option<&Open>) -> Option<Said> {
        // Somebody is being called already.
        if self.state.handover.as_ref().is_some_and(|handover| handover.status.urgent) {
            return None;
        }
        let words = self.heard();
        let forgiven = self.forgiven(&words);
        let known = OnceCell::new();
        let usual = || known.get_or_init(|| self.words_of_usual_moves(open));
        let whole = heard.clauses.iter().copied().zip(0..);
        let mut spans = whole.chain(heard.parts.iter().copied());
        let told = spans.find_map(|(span, clause)| {
            let plain =
                |said: &Said| (said.clauses.0..said.clauses.1).contains(&clause) && !said.candidate.stage.is_near();
            let part = || {
                if heard.moves.iter().any(plain) {
                    None
                } else {
                    self.part_of_an_urgent_phrase(&words, span, open, &usual)
                }
            };
            let danger = self.danger_in(forgiven.as_ref().unwrap_or(&words), span, open, &usual);
            Some((danger.or_else(part)?, clause))
        });
        let (candidate, clause) = told.or_else(|| self.cry(&words, heard, &usual))?;
        let name = self.name_of(&candidate);
        Some(Said { candidate, name, whose: Whose::Unknown, clauses: (clause, clause + 1) })
    }

    /// What was said, with the words of dangers as they are spelt. What the language or the game knows, and a name, is what it is.
    fn forgiven(&self, heard: &Heard) -> Option<Heard> {
        let index = self.input.game.index();
        let language = heard.language;
        let sounds = LazyCell::new(|| Sounds::of(language));
        let meant = |word: &Word| {
            let of_game =
                || index.find_word(word.hash).is_some() || index.find_stem(word.stem(language).hash()).is_some();
            let name = || word.start > 0 && !word.after_break && self.is_titled(word);
            let unknown = word.class == Class::CONTENT && language.cues(word.hash).is_empty() && !word.has_digit();
            if !unknown || of_game() || name() {
                return None;
            }
            let meant = sounds.danger_word(&word.text)?;
            // "auxilios" of "primeros auxilios" is no "auxilio".
            let phrase = |at: usize| heard.danger(at).map(|danger| &heard.words[at..at + danger.words]);
            let is_of_phrase = |words: &[Word]| words.iter().any(|own| own.token == word.token);
            let known = (0..heard.words.len()).filter_map(phrase).any(is_of_phrase);
            (!known).then(|| (word.token, 1, vec![meant.to_owned()]))
        };
        let changes: Vec<_> = heard.words.iter().filter_map(meant).collect();
        let respelt = || Heard::over(language, &self.text, Rc::new(heard.tokens.respelt(&changes)));
        (!changes.is_empty()).then(respelt)
    }

    /// The urgent move about the first danger that a clause tells of, as so and now.
    fn danger_in(&self, heard: &Heard, clause: Span, open: Option<&Open>, usual: Usual<'_>) -> Option<Candidate> {
        let std::ops::Range { start: mut at, end } = heard.words_of(clause);
        if laughs(heard, clause) {
            return None;
        }
        while at < end {
            let Some(danger) = heard.danger(at) else {
                at += 1;
                continue;
            };
            let said = &heard.words[at..at + danger.words];
            at += danger.words;
            let is_told = || {
                // Somebody may be called Hacker; a house fire is one however it is written.
                let is_a_name = || danger.kind.starts_with(ONLY) && self.is_a_name(heard, clause, open);
                (danger.kind == CALL || !self.only_asks(clause)) && !self.is_dated_in_the_past(clause) && !is_a_name()
            };
            let span = (said[0].start, said[said.len() - 1].end);
            let meant = self.is_meant(heard, said, danger) && is_told();
            // Many games have no such move, and what their other moves know is dear to look up.
            if let Some(found) = meant.then(|| self.urgent_move_about(danger.kind, span)).flatten() {
                let usual = usual();
                let telling = |word: &&Word| word.class == Class::CONTENT;
                let known =
                    |word: &Word| usual.contains(&word.hash) || usual.contains(&word.stem(heard.language).hash());
                // "hot water" is not "water everywhere"; "broken" is known to a garage, and no arm.
                let is_news = !said.iter().any(|word| word.class == Class::CONTENT)
                    || !said.iter().filter(telling).all(known)
                    || heard.words.iter().any(|word| danger.thing == Some(word.token) && !known(word));
                if is_news {
                    return Some(found);
                }
            }
        }
        None
    }

    /// "oh no, the cable just snapped": what somebody reports behind a cry.
    fn cry(&self, heard: &Heard, readings: &Readings, usual: Usual<'_>) -> Option<(Candidate, usize)> {
        let cry = |at: usize| {
            let cry = heard.danger(at).filter(|danger| danger.kind == CRY)?;
            // "3, no hang on, …" takes something back.
            if at.checked_sub(1).is_some_and(|before| heard.words[before].is([Cue::No, Cue::TakesBack])) {
                return None;
            }
            Some((at, heard.words.get(at + cry.words)?.start))
        };
        let (at, from) = (0..heard.words.len()).find_map(cry)?;
        let told = |clause: &usize| readings.clauses[*clause].1 > from;
        let clause = (0..readings.clauses.len()).find(told)?;
        let is_plain =
            |said: &Said| (said.clauses.0..said.clauses.1).contains(&clause) && !said.candidate.stage.is_near();
        let (start, end) = readings.clauses[clause];
        if readings.moves.iter().any(is_plain) || !self.reports(heard, (start.max(from), end), usual) {
            return None;
        }
        let span = (heard.words[at].start, readings.clauses[clause].1);
        Some((self.urgent_move_about(CALL, span)?, clause))
    }

    /// The urgent move that is asked about where something is reported that nothing of the game is about: who is asked has lost
    /// less than who is not understood.
    pub(super) fn unheard_of(&self) -> Option<Candidate> {
        let busy = !self.state.suspended.is_empty() || !self.state.waiting.is_empty();
        // What is said to a colleague is the colleague's to understand.
        if busy || self.state.handover.is_some() || self.urgent_moves().next().is_none() {
            return None;
        }
        let heard = self.heard();
        // Who needs help says more than "my lower back".
        if heard.words.len() < TELLING {
            return None;
        }
        let known = OnceCell::new();
        let usual = || known.get_or_init(|| self.words_of_usual_moves(None));
        // "Tom Becker here, the tour tomorrow": who says a word of what others come for comes for that.
        let of_others = |word: &Word| {
            word.class == Class::CONTENT && (word.has_digit() || usual().contains(&word.stem(heard.language).hash()))
        };
        if heard.words.iter().any(of_others) {
            return None;
        }
        let clauses = hear::clauses(&self.text, &heard.tokens);
        let asks = || clauses.iter().any(|clause| self.is_asked(*clause));
        if is_in_jest(&heard, (0, self.text.len())) || asks() || self.denies_an_emergency(&heard) {
            return None;
        }
        let clause = clauses.into_iter().find(|clause| self.reports(&heard, *clause, &usual))?;
        self.urgent_move_about(CALL, clause)
    }

    /// Whether a word of an urgent move or a danger is denied, over or somebody's past: who says so tells of none.
    fn denies_an_emergency(&self, heard: &Heard) -> bool {
        let mut at = 0;
        while let Some(word) = heard.words.get(at) {
            let danger = heard.language.danger(&heard.words, at, true).map(|danger| danger.words);
            let said = danger.or_else(|| self.is_urgent(word).then_some(1));
            let end = at + said.unwrap_or(1);
            let (first, last) = (word.token, heard.words[end - 1].token + 1);
            let is_so = || polarity(&heard.tokens, first, last, Some(self.year())) == Polarity::Asserted;
            if said.is_some() && (!is_so() || is_only_spoken_of(heard, (first, last))) {
                return true;
            }
            at = end;
        }
        false
    }

    /// Whether a word tells something and stands in a phrase of an urgent move.
    fn is_urgent(&self, word: &Word) -> bool {
        let index = self.input.game.index();
        let key = index.find_word(word.hash).map(|(_, key)| key);
        let key = key.or_else(|| index.find_stem(word.stem(self.language()).hash()));
        word.class == Class::CONTENT && key.is_some_and(|key| index.is_of_an_urgent_move(key))
    }

    /// Whether a clause asks something that is not about the person who speaks; the mark behind it tells as well.
    fn is_asked(&self, clause: Span) -> bool {
        let words = self.heard();
        let marked = self.text.get(clause.1..).is_some_and(|behind| behind.trim_start().starts_with(['?', '？']));
        let speaks = || words.words[words.words_of(clause)].iter().any(|word| word.is(Cue::Speaker));
        marked && !speaks() || self.only_asks(clause)
    }

    /// Whether a clause tells, as so and now, something of somebody or of a thing that no other move knows.
    fn reports(&self, heard: &Heard, clause: Span, usual: Usual<'_>) -> bool {
        /// Words of a report, at least.
        const LEAST: usize = 3;
        let words = &heard.words[heard.words_of(clause)];
        let text = self.text.get(clause.0..clause.1).unwrap_or_default();
        let said = self.heard_in(text);
        let is_news =
            |word: &Word| word.class == Class::CONTENT && !usual().contains(&word.stem(heard.language).hash());
        let of_people = |word: &Word| word.class.is(Class::ANYBODY) || heard.language.cues(word.hash).has(Cue::People);
        let of = |word: &Word| {
            let known = heard.language.is_somebody(word) || word.class.is(Class::DETERMINER.and(Class::PRONOUN));
            // "Othello was a good play" is about nothing that is there.
            known
                && !heard.language.is(std::slice::from_ref(word), Cue::ArticleIndefinite)
                && !word.is(Cue::Speaker)
                && !word.class.is(Class::ADDRESSED)
        };
        words.len() >= LEAST
            && !words.iter().take(2).any(|word| word.class.is(Class::NOTHING) || word.is(Cue::Speaker))
            && said.begins_with(Cue::Announcement) == 0
            && words.iter().any(of)
            && !self.only_asks(clause)
            && (words.iter().any(of_people) || !inquiry::is_wish(text, &said))
            && !self.is_dated_in_the_past(clause)
            && words.iter().any(is_news)
    }

    /// The urgent move of which a clause says half of what one of its phrases tells, in words that no other move has.
    fn part_of_an_urgent_phrase(
        &self,
        heard: &Heard,
        clause: Span,
        open: Option<&Open>,
        usual: Usual<'_>,
    ) -> Option<Candidate> {
        let words = heard.words.get(heard.words_of(clause))?;
        let of_urgent = words.iter().any(|word| self.is_urgent(word));
        if !of_urgent || self.takes_any_text(open) || self.only_asks(clause) || self.is_dated_in_the_past(clause) {
            return None;
        }
        let usual = usual();
        self.urgent_moves().find_map(|(index, mv)| {
            let phrases = self.patterns(&mv);
            let patterns = mv.triggers.iter().flat_map(|trigger| &trigger.patterns).zip(phrases.iter()).enumerate();
            patterns.into_iter().find_map(|(ordinal, (pattern, phrase))| {
                let own =
                    |word: &&Word| word.class == Class::CONTENT && !usual.contains(&word.stem(heard.language).hash());
                let said = |own: &Word| words.iter().find(|word| word.stem(heard.language) == own.stem(heard.language));
                let telling = phrase.words.iter().filter(own).count();
                let told: Vec<&Word> = phrase.words.iter().filter(own).filter_map(said).collect();
                let first = told.iter().map(|word| word.token).min()?;
                let end = told.iter().map(|word| word.token + 1).max()?;
                let denies = phrase.tokens.classes().is(Class::NEGATOR) && !takes_its_denial_back(&phrase.tokens);
                let meant = if denies { Polarity::Denied } else { Polarity::Asserted };
                // "I can breathe" is not "I can't breathe", nor "it was not stolen" half of what anybody denies of it.
                let as_meant = polarity(&heard.tokens, first, end, Some(self.year())) == meant
                    && denies == words.iter().any(|word| word.class.is(Class::NEGATOR.and(Class::NOTHING)));
                let enough = told.len() * 2 >= telling && (told.len() > 1 || telling == 1);
                let found = || guess(index, ordinal, &pattern.text, heard.tokens.span(first, end));
                let is_so = || !is_only_spoken_of(heard, (first, end)) && has_its_danger(phrase, words);
                (as_meant && enough && is_so()).then(found)
            })
        })
    }

    /// Whether a danger is told of as so and now.
    fn is_meant(&self, heard: &Heard, said: &[Word], danger: Danger) -> bool {
        let (first, end) = (said[0].token, said[said.len() - 1].token + 1);
        // "smoke, none": what denies it by itself stands right behind. "No frena nada" denies one thing twice.
        let next = heard.words.iter().find(|word| word.token >= end);
        let denies = said.iter().any(|word| word.class.is(Class::NEGATOR));
        let next = next.filter(|_| !denies);
        let meant = |first: usize, end: usize| polarity(&heard.tokens, first, end, Some(self.year()));
        tells(danger.kind)
            && !is_only_spoken_of(heard, (first, end))
            && !inquiry::is_figurative(heard, &heard.beside(self.text_of(said)), (first, end))
            && !next.is_some_and(|next| next.class.is(Class::NOTHING.and(Class::BARE_NO)))
            && (denies || danger.thing.is_none_or(|thing| meant(thing, thing + 1) != Polarity::Denied))
            && meant(first, end) == Polarity::Asserted
    }

    /// What these words are in the text.
    fn text_of(&self, said: &[Word]) -> &str {
        self.text.get(said[0].start..said[said.len() - 1].end).unwrap_or_default()
    }

    fn year(&self) -> i32 {
        i32::from(self.reference.now.year())
    }

    /// Whether free text is asked for, in which any word may stand.
    fn takes_any_text(&self, open: Option<&Open>) -> bool {
        let (Some(Open::Slot { name }), Some(mv)) = (open, self.active_move()) else { return false };
        mv.slots.iter().any(|slot| slot.name == *name && slots::is_of_text(slot))
    }

    /// "Crystal Hacker": several words, each with a capital, where any text is asked for.
    fn is_a_name(&self, heard: &Heard, clause: Span, open: Option<&Open>) -> bool {
        let words = &heard.words[heard.words_of(clause)];
        self.takes_any_text(open) && words.len() > 1 && words.iter().all(|word| self.is_titled(word))
    }

    /// Whether a word begins with a capital and is not all written in them.
    fn is_titled(&self, word: &Word) -> bool {
        let mut letters = self.text.get(word.start..word.end).unwrap_or_default().chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    }

    /// Whether a clause only wants to know something that is not about the person who speaks.
    fn only_asks(&self, clause: Span) -> bool {
        let text = self.text.get(clause.0..clause.1).unwrap_or_default();
        let heard = self.heard_in(text);
        let marked = self.text.get(clause.1..).is_some_and(|behind| behind.trim_start().starts_with(['?', '？']));
        // "ay, que hay humo", "hay alguien atrapado": what is written like words that ask.
        let words = heard.words.as_slice();
        let there_is = |pair: &[Word]| {
            pair[1].class.is(Class::ANYBODY) && pair[0].class.is(Class::AUXILIARY) && !pair[0].class.is(Class::POSSIBLE)
        };
        let opens = words.iter().take(2).any(|word| word.class.is(Class::THAT)) || words.windows(2).any(there_is);
        !(opens && !marked && !heard.tokens.ends_asking()) && inquiry::is_of_others(text, &heard)
    }

    /// Whether a text comes near to something urgent in a word: in one that tells something, or that urgent phrases have. By grammar alone
    /// nothing does ("sorry, that's the gas one").
    pub(super) fn is_near_in_a_word(&self, heard: &Heard, candidate: &Candidate) -> bool {
        let pattern = heard.beside(&candidate.pattern);
        let tells = |word: &&Word| word.class == Class::CONTENT;
        let own = |word: &&Word| {
            !word.class.is(Class::FUNCTION.and(Class::FILLER)) && (self.is_urgent(word) || pattern.holds(word))
        };
        heard.words[heard.words_of(candidate.span)].iter().any(|word| tells(&word))
            || heard.words.iter().any(|word| own(&word))
    }

    /// Whether a clause says nothing but what other moves are about: "the wedding dress" where fittings are booked.
    fn says_what_is_usual(&self, heard: &Heard, clause: Span) -> bool {
        let words = heard.words_of(clause);
        let mut said = heard.words[words.clone()].iter().filter(|word| word.class == Class::CONTENT);
        !tells_of_danger(heard, words.start, words.end)
            && said.all(|word| self.usual().contains(&word.stem(heard.language).hash()))
    }

    /// "book a fitting, Friday at 5, wedding dress": a clause that says nothing but what other moves are about comes near to nothing
    /// urgent, beside another move or an answer, unless something is reported beside it.
    pub(super) fn leave_out_the_usual(&mut self, heard: &mut Readings) {
        let near = |said: &Said| said.is_urgent() && said.candidate.stage == Stage::Meaning;
        if !heard.moves.iter().any(near) {
            return;
        }
        let words = self.heard();
        let reported = |clause: &Span| {
            !self.says_what_is_usual(&words, *clause) && self.reports(&words, *clause, &|| self.usual())
        };
        if heard.clauses.iter().any(reported) {
            return;
        }
        let clauses = heard.clauses.clone();
        self.leave_out(heard, &|run, said| near(said) && run.says_what_is_usual(&words, clauses[said.clauses.0]));
    }

    /// The stems of what moves that are not urgent are called for, and of the options of their slots; found once a turn.
    fn usual(&self) -> &BTreeSet<u64> {
        self.usual
            .get_or_init(|| self.moves_of(Priority::Normal).flat_map(|(_, mv)| self.words_of_a_move(&mv)).collect())
    }

    /// The stems of what a move is called for, and of the options of its slots.
    pub(super) fn words_of_a_move(&self, mv: &Move) -> BTreeSet<u64> {
        let language = self.language();
        let mut stems = BTreeSet::new();
        let mut know = |text: &Heard| stems.extend(text.words.iter().map(|word| word.stem(language).hash()));
        self.patterns(mv).iter().for_each(&mut know);
        for slot in &mv.slots {
            if let SlotType::Enum(options) = effective_type(slot).item() {
                options.iter().for_each(|option| know(&Heard::of(language, option)));
            }
            let called = slot.vocabulary.iter().flat_map(|term| &term.synonyms);
            called.for_each(|synonym| know(&Heard::of(language, &synonym.text)));
        }
        stems
    }

    /// The same with those of the question that is open.
    pub(super) fn words_of_usual_moves(&self, open: Option<&Open>) -> BTreeSet<u64> {
        let mut stems = self.usual().clone();
        // What the open question speaks of is no news.
        if let (Some(Open::Slot { name }), Some(mv)) = (open, self.active_move())
            && let Some(slot) = mv.slots.iter().find(|slot| slot.name == *name)
        {
            let question = self.question(&mv, slot);
            stems.extend(question.heard.words.iter().map(|word| word.hash));
        }
        stems
    }

    fn urgent_moves(&self) -> impl Iterator<Item = (usize, Arc<Move>)> + '_ {
        self.moves_of(Priority::Urgent)
    }

    fn moves_of(&self, priority: Priority) -> impl Iterator<Item = (usize, Arc<Move>)> + '_ {
        let indexes = (0..self.input.game.move_count().min(MAX_MOVES)).filter(|index| self.admits(*index));
        indexes.filter_map(move |index| Some((index, self.move_at(index).filter(|mv| mv.priority == priority)?)))
    }

    /// The urgent move that is about this kind of danger, or about any if none is about this.
    fn urgent_move_about(&self, kind: &str, span: Span) -> Option<Candidate> {
        let mut other = None;
        for (index, mv) in self.urgent_moves() {
            let phrases = self.patterns(&mv);
            let patterns = mv.triggers.iter().flat_map(|trigger| &trigger.patterns).zip(phrases.iter());
            for (ordinal, (pattern, phrase)) in patterns.enumerate() {
                let dangers = (0..phrase.words.len()).filter_map(|at| self.language().danger(&phrase.words, at, true));
                let kinds: Vec<&str> =
                    dangers.flat_map(|danger| danger.kind.split(' ')).filter(|of| tells(of)).collect();
                let same =
                    kind.split(' ').any(|kind| kind.starts_with(ANY) && !kinds.is_empty() || kinds.contains(&kind));
                if same {
                    return Some(guess(index, ordinal, &pattern.text, span));
                }
                if !kind.starts_with(ONLY) && kinds.iter().any(|of| !of.starts_with(ONLY)) {
                    other.get_or_insert_with(|| guess(index, ordinal, &pattern.text, span));
                }
            }
        }
        other
    }
}

/// Whether a kind is one of danger.
fn tells(kind: &str) -> bool {
    ![NONE, CRY, LAUGH, SO_MUCH].contains(&kind)
}

/// Whether the words `from..end` tell of a danger.
fn tells_of_danger(heard: &Heard, from: usize, end: usize) -> bool {
    let mut at = from;
    while at < end {
        match heard.danger(at) {
            Some(danger) if tells(danger.kind) => return true,
            Some(danger) => at += danger.words,
            None => at += 1,
        }
    }
    false
}

/// Whether somebody laughs in a clause or uses an idiom, which only sounds like a danger.
fn is_in_jest(heard: &Heard, clause: Span) -> bool {
    let idiom = |at: usize| heard.danger(at).is_some_and(|danger| danger.kind == NONE);
    laughs(heard, clause) || heard.words_of(clause).any(idiom)
}

/// Whether somebody laughs or uses an idiom, and tells of no danger beside it.
pub(super) fn is_only_in_jest(heard: &Heard) -> bool {
    is_in_jest(heard, (0, usize::MAX)) && !tells_of_danger(heard, 0, heard.words.len())
}

/// Whether the tokens `words` are staged, supposed, told of another time, of what used to be so, or a figure of speech.
pub(super) fn is_only_spoken_of(heard: &Heard, words: (usize, usize)) -> bool {
    inquiry::is_staged(heard, words)
        || inquiry::is_told_otherwise(heard, words.0)
        || inquiry::is_habit(heard, words)
        || is_of_too_much(heard, words)
}

/// Whether what is said of a phrase is what is dangerous in it, where the language knows that: "the lift" is not "stuck in the lift".
pub(super) fn has_its_danger(phrase: &Heard, said: &[Word]) -> bool {
    let language = phrase.language;
    let danger = |at: usize| {
        let danger = language.danger(&phrase.words, at, true).filter(|danger| tells(danger.kind))?;
        Some(&phrase.words[at..at + danger.words])
    };
    let mut dangers = (0..phrase.words.len()).filter_map(danger).peekable();
    let is_said =
        |own: &Word| own.class != Class::CONTENT || said.iter().any(|word| word.stem(language) == own.stem(language));
    dangers.peek().is_none() || dangers.any(|danger| danger.iter().all(is_said))
}

/// "stuck in the lift again haha": whether somebody laughs in a clause, or right behind it.
pub(super) fn laughs(heard: &Heard, clause: Span) -> bool {
    let words = heard.words_of(clause);
    (words.start..(words.end + 1).min(heard.words.len()))
        .any(|at| heard.danger(at).is_some_and(|danger| danger.kind == LAUGH))
}

/// "I can't breathe with all these meetings": what the speaker puts down to how much there is of something that is no danger.
/// `words` of what they say, in tokens.
pub(super) fn is_of_too_much(heard: &Heard, words: (usize, usize)) -> bool {
    let index = |token: usize| heard.words.partition_point(|word| word.token < token);
    let (from, end) = (index(words.0), index(words.1));
    let until = end + heard.clause_behind(end).len();
    let thing = |at: usize| heard.language.thing(&heard.words[at]).is_some();
    let so_much = |at: &usize| heard.danger(*at).is_some_and(|danger| danger.kind == SO_MUCH);
    let clause = between_marks(&heard.words[..end]).next_back();
    let speaks = || clause.is_some_and(|words| words.iter().any(|word| word.is(Cue::Speaker)));
    speaks()
        && (from..until)
            .find(so_much)
            .is_some_and(|at| !(at + 1..until).any(thing) && !tells_of_danger(heard, at, until))
}

/// An urgent move as worth asking about as anything can be of which so little was said.
fn guess(move_index: usize, pattern_index: usize, pattern: &str, span: Span) -> Candidate {
    Candidate {
        move_index,
        pattern_index,
        pattern: pattern.to_owned(),
        score: URGENT_GUESS,
        literal_words: 1,
        verbatim: false,
        fuzzy: false,
        aside: false,
        priority: Priority::Urgent,
        standing: Standing::Full,
        stage: Stage::Fuzzy,
        captures: Vec::new(),
        span,
    }
}
