//! Hearing: the clauses of an utterance, and every move that they mean. Nothing is decided here, and nothing done.
//!
//! A game's patterns are matched with the whole utterance and with each of its clauses, because people join things.
//! What is denied in the utterance is not a reading, however its clause looks by itself.

use super::run::{Run, WORTH_ASKING, rounded};
use super::state::Open;
use super::{danger, inquiry};
use crate::entities::time::calendar::days_later;
use crate::entities::{Direction, Entity, Kind, Kinds, Reference, recognize};
use crate::ir::{Priority, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::matcher::{Candidate, DOUBTFUL_SCORE, Stage, Standing};
use crate::order;
use crate::slots::{self, Scan, effective_type, has_ended, labels::Wanted};
use crate::text::{Break, Heard, Polarity, Shape, Tokens, Word, polarity, stem};

/// Clauses that are told apart in one utterance at most; the last one holds the rest.
const MAX_CLAUSES: usize = 16;
/// Telling words of a clause that says something urgent and nothing else, at most.
const MAX_FRAGMENT: usize = 4;
/// Readings of one utterance at most.
pub(super) const MAX_READINGS: usize = 8;

/// Times by which an emergency may be dated.
const PERIODS: Kinds =
    Kinds::NONE.with(Kind::Date).with(Kind::DateTime).with(Kind::DateRange).with(Kind::DateTimeRange);

/// Bytes of a text.
pub(super) type Span = (usize, usize);

/// Whom a reading is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The person who speaks, or nobody in particular.
    Speaker,
    /// Somebody else: "my neighbour has …".
    Another,
    /// Nobody can tell: no pattern matches, the sentence only comes near to one in meaning.
    Unknown,
    /// Nobody now: it is only supposed ("what if …"), told of another time or of a story ("in the film …"), or asked whether it
    /// is so ("is there a fire?").
    Supposed,
}

/// A move that was said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// How it matches; spans are those of the whole utterance.
    pub(super) candidate: Candidate,
    /// The move.
    pub(super) name: String,
    /// Whom it is about.
    pub(super) whose: Whose,
    /// The clauses that its evidence touches, `first..end`.
    pub(super) clauses: (usize, usize),
}

impl Said {
    /// Whether it comes before everything else.
    pub(super) fn is_urgent(&self) -> bool {
        self.candidate.priority == Priority::Urgent
    }
}

/// What an utterance was heard as.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Readings {
    /// The clauses, without the words that join them.
    pub(super) clauses: Vec<Span>,
    /// What stands before and behind the word that opens a denied clause, each with the clause that it is a part of.
    pub(super) parts: Vec<(Span, usize)>,
    /// The moves, in the order in which they were said.
    pub(super) moves: Vec<Said>,
    /// What may be urgent and scores too little to be a reading.
    pub(super) perhaps: Vec<Candidate>,
}

impl Readings {
    /// A candidate that the whole utterance is taken for.
    pub(super) fn whole(&self, candidate: &Candidate, name: String) -> Said {
        Said { candidate: candidate.clone(), name, whose: Whose::Speaker, clauses: (0, self.clauses.len()) }
    }

    /// What is left of an utterance for the question that is open, once `readings` have taken their clauses.
    pub(super) fn rest(&self, text: &str, readings: &[Said]) -> String {
        let taken = |index: usize| readings.iter().any(|said| (said.clauses.0..said.clauses.1).contains(&index));
        let mut runs: Vec<Span> = Vec::new();
        let mut last = None;
        for (index, span) in self.clauses.iter().enumerate().filter(|(index, _)| !taken(*index)) {
            match runs.last_mut() {
                Some(run) if last == Some(index.wrapping_sub(1)) => run.1 = span.1,
                _ => runs.push(*span),
            }
            last = Some(index);
        }
        let pieces: Vec<&str> = runs.iter().filter_map(|run| text.get(run.0..run.1)).collect();
        pieces.join(", ")
    }

    /// What is left of the clauses that `readings` have taken, without their evidence: "7 …" of a sentence without a comma.
    pub(super) fn remainder(&self, text: &str, readings: &[Said]) -> String {
        let mut left = text.to_owned();
        for said in readings {
            left = blanked(&left, said.candidate.span);
        }
        left.trim_matches(|sign: char| sign == '.' || sign.is_whitespace()).to_owned()
    }

    /// The utterance as one reading sees it: what is another's is blank, offsets stay. Clauses that no reading claims go to
    /// the nearest one before them that takes values, else to the nearest behind them.
    pub(super) fn share(
        &self,
        text: &str,
        readings: &[Said],
        own: usize,
        takes_values: &dyn Fn(&Said) -> bool,
    ) -> String {
        let mut share = text.to_owned();
        let Some(mine) = readings.get(own) else { return share };
        for (index, span) in self.clauses.iter().enumerate() {
            let holds = |said: &Said| (said.clauses.0..said.clauses.1).contains(&index);
            if holds(mine) {
                continue;
            }
            let owner = readings.iter().position(holds).or_else(|| {
                let before = readings.iter().rposition(|said| said.clauses.1 <= index && takes_values(said));
                before.or_else(|| readings.iter().position(|said| said.clauses.0 > index && takes_values(said)))
            });
            if owner.is_some_and(|owner| owner != own) {
                share = blanked(&share, *span);
            }
        }
        for said in readings.iter().enumerate().filter(|(index, _)| *index != own).map(|(_, said)| said) {
            share = blanked(&share, said.candidate.span);
        }
        share
    }
}

/// The text with a span made blank; a full stop keeps what stands around it apart.
pub(super) fn blanked(text: &str, span: Span) -> String {
    let (Some(head), Some(tail)) = (text.get(..span.0), text.get(span.1..)) else { return text.to_owned() };
    let blank = span.1 - span.0;
    let mut out = String::with_capacity(text.len());
    out.push_str(head);
    out.extend((0..blank).map(|at| if at == 0 { '.' } else { ' ' }));
    out.push_str(tail);
    out
}

/// Cuts a text into clauses, without the words that join them.
pub(super) fn clauses(text: &str, tokens: &Tokens) -> Vec<Span> {
    let all = tokens.as_slice();
    let mut found: Vec<Span> = Vec::new();
    let mut open: Option<Span> = None;
    let mut at = 0;
    while at < all.len() {
        let token = &all[at];
        let span = (token.start as usize, token.end as usize);
        let picture = token.shape == Shape::Sign && text.get(span.0..span.1).is_some_and(is_picture);
        let linker = if picture { 1 } else { linker_at(tokens, at) };
        let apart = token.before != Break::None || linker > 0 || stands_behind_a_dash(text, span.0);
        if apart && found.len() + 1 < MAX_CLAUSES {
            found.extend(open.take());
        }
        if linker > 0 && open.is_none() {
            at += linker;
            continue;
        }
        open = Some(open.map_or(span, |held| (held.0, span.1)));
        at += 1;
    }
    found.extend(open);
    found
}

/// "there is a boy in the water who's not really moving": what stands before and behind the word that opens a denied clause,
/// each with the clause that it is a part of. What is denied in one part denies nothing in the other.
fn parts(tokens: &Tokens, clauses: &[Span]) -> Vec<(Span, usize)> {
    let all = tokens.as_slice();
    let opens = Class::BREAK.and(Class::THAT);
    if !(tokens.classes().is(Class::NEGATOR) && tokens.classes().is(opens)) {
        return Vec::new();
    }
    let light = Class::AUXILIARY.and(Class::PRONOUN).and(Class::FILLER);
    let mut found = Vec::new();
    for (index, span) in clauses.iter().enumerate() {
        let Some((first, end)) = tokens.range_of(*span) else { continue };
        let denied = |at: usize| {
            let next = (at + 1..end).find(|next| !all[*next].class.is(light) || all[*next].class.is(Class::NEGATOR));
            next.is_some_and(|next| all[next].class.is(Class::NEGATOR))
        };
        if let Some(at) = (first + 1..end).find(|at| all[*at].class.is(opens) && denied(*at)) {
            found.extend([(tokens.span(first, at), index), (tokens.span(at + 1, end), index)]);
        }
    }
    found
}

/// A sign that is neither ASCII nor money: an emoji stands between two clauses.
fn is_picture(sign: &str) -> bool {
    sign.chars().next().is_some_and(|sign| sign as u32 >= 0x2190)
}

/// "my knee - and …": a dash between spaces.
fn stands_behind_a_dash(text: &str, start: usize) -> bool {
    text.get(..start).is_some_and(|before| before.ends_with(" - ") || before.ends_with(" -- "))
}

/// How many words from `at` on join what follows to what stands before; 0 for none.
fn linker_at(tokens: &Tokens, at: usize) -> usize {
    let longest = tokens.phrase(at, Cue::Linker);
    let goes_on = longest > 0 && tokens.phrase(at + longest, Cue::ContentOpener) > 0;
    if goes_on && !asks(tokens, at + longest) { 0 } else { longest }
}

/// "y qué garantía dan": a word that begins a question or governs a clause ("dile que … y que …") begins a question where its accent
/// is written, and where nothing before it governs one.
fn asks(tokens: &Tokens, at: usize) -> bool {
    let all = tokens.as_slice();
    let Some(opener) = all.get(at).filter(|opener| opener.class.is(Class::QUESTION)) else { return false };
    let accented = (opener.end - opener.start) as usize != tokens.text(at).len();
    accented || !all[..at].iter().any(|token| token.class.is(Class::THAT))
}

/// A candidate with where its evidence lies.
pub(super) struct Evidence {
    pub(super) candidate: Candidate,
    name: String,
    pub(super) words: (usize, usize),
    clauses: (usize, usize),
}

impl Run<'_> {
    /// Hears the utterance.
    pub(super) fn hear(&mut self) -> Readings {
        let whole = self.candidates();
        let words = self.heard();
        let tokens = &*words.tokens;
        let clauses = clauses(&self.text, tokens);
        let mut found: Vec<Evidence> = Vec::new();
        let little = |candidate: &&Candidate| {
            candidate.priority == Priority::Urgent
                && (WORTH_ASKING..self.threshold_for(candidate)).contains(&candidate.score)
        };
        let mut perhaps: Vec<Candidate> = whole.iter().filter(little).cloned().collect();
        for candidate in whole.iter() {
            self.weigh(candidate, candidate.score, tokens, &clauses, &mut found);
        }
        if clauses.len() > 1 {
            let by_clause: Vec<Candidate> = clauses.iter().flat_map(|span| self.clause_candidates(*span)).collect();
            perhaps.extend(by_clause.iter().filter(little).cloned());
            for candidate in &by_clause {
                let score = self.as_said(candidate, tokens, &by_clause);
                self.weigh(candidate, score, tokens, &clauses, &mut found);
            }
        }
        let parts = parts(tokens, &clauses);
        for (nth, (part, _)) in parts.iter().enumerate() {
            // A denied part says what it says, and comes near to nothing.
            let behind = nth % 2 == 1;
            let urgent = |candidate: &Candidate| {
                candidate.priority == Priority::Urgent && !(behind && candidate.stage.is_near())
            };
            for candidate in self.clause_candidates(*part).into_iter().filter(urgent) {
                let score = self.as_said(&candidate, tokens, &[]);
                self.weigh(&candidate, score, tokens, &clauses, &mut found);
            }
        }
        let mut moves = accepted(&self.text, found, &words, &clauses);
        // "en la calle Luna 6" is near to "he is lying on the road", and is no emergency.
        let near = |said: &Said| said.is_urgent() && said.candidate.stage.is_near();
        if moves.iter().any(near) && self.says_only_an_address() {
            moves.retain(|said| !near(said));
        }
        for said in moves.iter_mut().filter(|said| said.is_urgent() && said.whose == Whose::Speaker) {
            if clauses.get(said.clauses.0).is_some_and(|clause| self.is_dated_in_the_past(*clause)) {
                said.whose = Whose::Supposed;
            }
        }
        // "I want to complain, the delivery was on Monday": what is over is not asked for beside something else.
        if moves.len() > 1 {
            let over =
                |said: &Said| self.is_asked_for_later(said) && self.is_dated_in_the_past(clauses[said.clauses.0]);
            let given = |said: &Said| {
                !said.is_urgent()
                    && said.candidate.stage.is_near()
                    && said.clauses.1 - said.clauses.0 == 1
                    && self.names_an_option_of_another(said, &moves, clauses[said.clauses.0])
            };
            let wanted: Vec<Said> = moves.iter().filter(|said| !over(said) && !given(said)).cloned().collect();
            if !wanted.is_empty() {
                moves = wanted;
            }
        }
        order::sort_by_key(&mut moves, |said| said.candidate.span.0);
        let recognised = moves.iter().map(|said| (said.name.clone(), said.candidate.stage));
        self.tell.recognised.extend(recognised);
        Readings { clauses, parts, moves, perhaps }
    }

    /// "collect it from 3 Elm Lane, and take it to my house": whether a clause that only comes near to a move names an option of another
    /// that is meant, and none of its own.
    fn names_an_option_of_another(&self, said: &Said, moves: &[Said], clause: Span) -> bool {
        let Some(text) = self.text.get(clause.0..clause.1) else { return false };
        // "… and I'd like to know what you charge for a sofa"
        let asks = |word: &Word| word.class.is(Class::QUESTION) && !word.class.is(Class::THAT);
        if self.heard_in(text).words.iter().any(asks)
            || self.text.get(clause.1..).is_some_and(|rest| rest.starts_with('?'))
        {
            return false;
        }
        let scan = Scan::of(text, [], &self.reference).knowing(&self.input.header.vocabulary);
        let names = |name: &str| {
            let mv = self.move_named(name);
            mv.is_some_and(|mv| mv.slots.iter().any(|slot| slots::is_mentioned(slot, &scan)))
        };
        let others = || moves.iter().filter(|other| other.name != said.name && !other.candidate.stage.is_near());
        others().any(|other| names(&other.name)) && !names(&said.name)
    }

    /// Whether one clause means a move that asks for a day to come, and for none that is over.
    fn is_asked_for_later(&self, said: &Said) -> bool {
        if said.is_urgent() || said.clauses.1 - said.clauses.0 != 1 {
            return false;
        }
        let Some(mv) = self.move_named(&said.name) else { return false };
        let is_day = |slot: &&Slot| matches!(effective_type(slot), SlotType::Date | SlotType::DateTime);
        let past = |slot: &Slot| slots::tells_of_the_past(self.language(), slot) || self.asks_for_the_past(&mv, slot);
        let mut days = mv.slots.iter().filter(is_day).peekable();
        days.peek().is_some() && !days.any(past)
    }

    /// "we had a burglar in the house last month": whether a clause names a time that has ended, and tells of the past or of what
    /// is no matter of days ("they robbed me last month"). "It hurts like it did last year" compares what is so now.
    pub(super) fn is_dated_in_the_past(&self, clause: Span) -> bool {
        self.tells_of_the_past(self.text.get(clause.0..clause.1).unwrap_or_default())
    }

    /// Whether a clause is dated some days back, whatever verb tells so, and nothing in it goes on.
    pub(super) fn is_a_story(&self, clause: Span) -> bool {
        let text = self.text.get(clause.0..clause.1).unwrap_or_default();
        let classes = self.heard_in(text).tokens.classes();
        let direction = if classes.is(Class::PAST) { Direction::Past } else { self.reference.direction };
        let said = Reference { direction, ..self.reference };
        !classes.is(Class::COMPARES.and(Class::ONGOING))
            && recognize(text, PERIODS, &said).iter().any(|entity| self.is_past(entity))
    }

    /// Whether a time ended some days ago. A weekday is what it is from today on; "last week" is over, whatever verb tells of it.
    fn is_past(&self, entity: &Entity) -> bool {
        const DAYS: i64 = 3;
        let now = self.reference.now;
        let day = days_later(now.date(), -DAYS).unwrap_or(now.date());
        let before = Reference { now: day.to_datetime(now.time()), ..self.reference };
        has_ended(entity, if entity.kind == Kind::DateRange { &self.reference } else { &before })
    }

    /// The same of a clause by itself.
    pub(super) fn tells_of_the_past(&self, text: &str) -> bool {
        let classes = self.heard_in(text).tokens.classes();
        if classes.is(Class::COMPARES) {
            return false;
        }
        if classes.is(Class::PAST) {
            // "on 22 february there was …"
            let said = Reference { direction: Direction::Past, ..self.reference };
            return recognize(text, PERIODS, &said).iter().any(|entity| has_ended(entity, &self.reference));
        }
        !classes.is(Class::ONGOING.and(Class::TENSE))
            && recognize(text, PERIODS, &self.reference).iter().any(|entity| self.is_past(entity))
    }

    /// Clauses that say telling words of something urgent and nothing else ("… there is smoke"), where nothing urgent is heard.
    /// With nothing open, one that is all that was said is heard last. A label that is asked for is one, and so is what the
    /// question itself says.
    pub(super) fn fragments(&self, heard: &Readings, open: Option<&Open>) -> Vec<Said> {
        let asked = match open {
            None => None,
            Some(Open::Slot { name }) => {
                let mv = self.active_move();
                let slot = mv.as_ref().and_then(|mv| mv.slots.iter().find(|slot| slot.name == *name));
                let (Some(mv), Some(slot)) = (&mv, slot) else { return Vec::new() };
                let question = self.question(mv, slot);
                let label = slots::is_text(slot) && question.wanted() != Wanted::Words;
                Some((label, question))
            }
            Some(_) => return Vec::new(),
        };
        let alone = heard.clauses.len() == 1;
        if heard.moves.iter().any(Said::is_urgent) || alone && asked.as_ref().is_none_or(|(label, _)| *label) {
            return Vec::new();
        }
        let words = self.heard();
        let index = self.input.game.index();
        let whole = heard.clauses.iter().copied().zip(0..);
        for (span, clause) in whole.chain(heard.parts.iter().copied()) {
            let telling = |word: &&Word| (span.0..span.1).contains(&word.start) && word.class == Class::CONTENT;
            let known = |word: &Word| {
                index.find_word(word.hash).is_some() || index.find_stem(word.stem(words.language).hash()).is_some()
            };
            let of_question = |word: &Word| asked.as_ref().is_some_and(|(_, question)| question.heard.holds(word));
            let said = words.words.iter().filter(telling);
            // "I can breathe", "I breathe well"
            let well = |word: &Word| {
                (word.is_over() || word.class.is(Class::POSSIBLE)) && word.start >= span.0 && word.end <= span.1
            };
            let plain = |said: &Said| said.clauses.0 == clause && !said.candidate.stage.is_near();
            if !(1..=MAX_FRAGMENT).contains(&said.clone().count())
                || !said.clone().any(known)
                || said.clone().all(of_question)
                || clause == 0 && asked.as_ref().is_some_and(|(label, _)| *label)
                || heard.moves.iter().any(plain)
                || words.words.iter().any(well)
            {
                continue;
            }
            let text = self.text.get(span.0..span.1).unwrap_or_default();
            let word = self.urgent_word(text).map(|mut word| {
                word.span = (word.span.0 + span.0, word.span.1 + span.0);
                word
            });
            let perhaps = || {
                let inside = |other: &&Candidate| span.0 <= other.span.0 && other.span.1 <= span.1;
                let denies = |other: &Candidate| words.beside(&other.pattern).tokens.classes().is(Class::NEGATOR);
                let own = |other: &&Candidate| !denies(other) && self.are_words_of(&self.name_of(other), said.clone());
                heard.perhaps.iter().filter(inside).find(own).cloned()
            };
            let dangerous = |candidate: &Candidate| {
                let own = &words.words[words.words_of(span)];
                let said = words.tokens.range_of(span).is_some_and(|said| danger::is_only_spoken_of(&words, said));
                !said && danger::has_its_danger(&words.beside(&candidate.pattern), own)
            };
            let found = word.or_else(perhaps).filter(dangerous);
            if let Some(candidate) = found.filter(|_| !self.names_what_is_usual(span, open)) {
                let name = self.name_of(&candidate);
                return vec![Said { candidate, name, whose: Whose::Unknown, clauses: (clause, clause + 1) }];
            }
        }
        Vec::new()
    }

    /// "oil boiler", "gas one": whether a clause is nothing but words of what other moves are about, as nouns stand together.
    fn names_what_is_usual(&self, clause: Span, open: Option<&Open>) -> bool {
        let heard = self.heard();
        let words = &heard.words[heard.words_of(clause)];
        let stands =
            |word: &Word| word.class == Class::CONTENT || word.is(Cue::One) || word.class.is(Class::DETERMINER);
        if words.len() < 2 || !words.iter().all(stands) {
            return false;
        }
        let usual = self.words_of_usual_moves(open);
        let known = |word: &Word| usual.contains(&word.stem(heard.language).hash());
        words.iter().filter(|word| word.class == Class::CONTENT).all(known)
    }

    /// What one clause may mean by itself, spans in the whole utterance. Another source of candidates joins here.
    pub(super) fn clause_candidates(&self, span: Span) -> Vec<Candidate> {
        let mut found = self.matches_in(span).unwrap_or_default();
        for candidate in &mut found {
            candidate.span = (candidate.span.0 + span.0, candidate.span.1 + span.0);
            for capture in &mut candidate.captures {
                capture.span = (capture.span.0 + span.0, capture.span.1 + span.0);
            }
        }
        // "a documentary about somebody who is hurt": what leads to a part of a clause stands before it.
        let heard = self.heard();
        let is_told = |candidate: &Candidate| {
            let words = || heard.tokens.range_of(candidate.span);
            candidate.priority == Priority::Urgent && words().is_some_and(|words| inquiry::is_told_of(&heard, words))
        };
        found.retain(|candidate| !is_told(candidate));
        found
    }

    /// The score of a clause's candidate as the whole utterance means it: "no fever, or chest pain" denies both. A negation
    /// that is part of what another pattern says ("I don't feel well, and …") denies nothing else.
    fn as_said(&self, candidate: &Candidate, tokens: &Tokens, others: &[Candidate]) -> f64 {
        let Some((first, end)) = tokens.range_of(candidate.span) else { return 0.0 };
        match polarity(tokens, first, end, Some(i32::from(self.reference.now.year()))) {
            Polarity::Asserted => candidate.score,
            Polarity::Doubtful => rounded(candidate.score.min(DOUBTFUL_SCORE)),
            Polarity::Denied => {
                let negator = (0..first).rev().find(|at| tokens.as_slice()[*at].class.is(Class::NEGATOR));
                let explained = negator.map(|at| tokens.span(at, at + 1)).is_some_and(|negator| {
                    others.iter().any(|other| {
                        other.span.0 <= negator.0 && negator.1 <= other.span.1 && other.span.1 <= candidate.span.0
                    })
                });
                if explained { candidate.score } else { 0.0 }
            }
        }
    }

    /// Keeps a candidate that reaches the threshold of its move with this score.
    fn weigh(&self, candidate: &Candidate, score: f64, tokens: &Tokens, clauses: &[Span], found: &mut Vec<Evidence>) {
        // An emergency that happened to somebody else is asked about, however little it scores for that.
        let reaches = score >= self.threshold_for(candidate) || is_doubtful(candidate, score);
        if candidate.aside || candidate.standing == Standing::LastResort || !reaches {
            return;
        }
        let Some(words) = tokens.range_of(candidate.span) else { return };
        let touched = |span: &Span| span.0 < candidate.span.1 && span.1 > candidate.span.0;
        let Some(first) = clauses.iter().position(touched) else { return };
        let end = clauses.iter().rposition(touched).map_or(first + 1, |last| last + 1);
        let name = self.name_of(candidate);
        let candidate = Candidate { score, ..candidate.clone() };
        found.push(Evidence { candidate, name, words, clauses: (first, end) });
    }
}

/// Whether an emergency was only not heard for certain because it is another person's past.
fn is_doubtful(candidate: &Candidate, score: f64) -> bool {
    candidate.priority == Priority::Urgent && !candidate.stage.is_near() && score == rounded(DOUBTFUL_SCORE)
}

/// The readings whose evidence no better one explains already: urgent ones first, then by score. One clause means one
/// thing, and the urgent ones beside it.
fn accepted(text: &str, mut found: Vec<Evidence>, heard: &Heard, clauses: &[Span]) -> Vec<Said> {
    let tokens = &*heard.tokens;
    order::sort_by(&mut found, |one, other| {
        let urgent = |evidence: &Evidence| evidence.candidate.priority != Priority::Urgent;
        urgent(one)
            .cmp(&urgent(other))
            .then(other.candidate.score.total_cmp(&one.candidate.score))
            .then(other.candidate.literal_words.cmp(&one.candidate.literal_words))
            .then(one.candidate.span.0.cmp(&other.candidate.span.0))
    });
    // "something is broken in my room", where a move says just that, is no "someone is breaking into my room".
    let verbatim: Vec<(usize, usize)> = found
        .iter()
        .filter(|evidence| evidence.candidate.verbatim && evidence.candidate.priority == Priority::Normal)
        .map(|evidence| evidence.words)
        .collect();
    let is_anothers = |evidence: &Evidence| {
        evidence.candidate.priority == Priority::Urgent
            && (evidence.candidate.stage == Stage::Fuzzy || evidence.candidate.stage.is_near())
            && verbatim.iter().any(|words| words.0 <= evidence.words.0 && evidence.words.1 <= words.1)
    };
    found.retain(|evidence| !is_anothers(evidence));
    let mut moves: Vec<(Said, (usize, usize))> = Vec::new();
    for evidence in found {
        let whose_is = |evidence: &Evidence| {
            let clause = clauses.get(evidence.clauses.0).and_then(|span| tokens.range_of(*span));
            let opening = clause.map_or(evidence.words.0, |clause| clause.0.min(evidence.words.0));
            match evidence.candidate.priority {
                Priority::Urgent if evidence.candidate.stage.is_near() => {
                    let said = clause.is_some_and(|clause| inquiry::is_in_words_of(heard, &evidence.candidate, clause));
                    match said.then(|| whose(text, heard, opening, evidence)) {
                        Some(Whose::Speaker) => Whose::Speaker,
                        _ => Whose::Unknown,
                    }
                }
                Priority::Urgent if is_doubtful(&evidence.candidate, evidence.candidate.score) => Whose::Another,
                Priority::Urgent => whose(text, heard, opening, evidence),
                Priority::Normal => Whose::Speaker,
            }
        };
        if let Some((known, words)) = moves.iter_mut().find(|(said, _)| said.name == evidence.name) {
            // "what if I can't breathe, like right now I can't breathe": what is so is more than what is supposed.
            if known.whose != Whose::Speaker && whose_is(&evidence) == Whose::Speaker {
                let Evidence { candidate, name, words: said, clauses } = evidence;
                (*known, *words) = (Said { candidate, name, whose: Whose::Speaker, clauses }, said);
            }
            continue;
        }
        if moves.len() >= MAX_READINGS {
            continue;
        }
        let telling = |at: &usize| {
            let class = tokens.as_slice()[*at].class;
            !class.is(Class::FUNCTION.and(Class::FILLER))
        };
        let explained = |at: &usize, only: Option<Priority>| {
            moves.iter().any(|(said, words)| {
                (words.0..words.1).contains(at) && only.is_none_or(|priority| said.candidate.priority == priority)
            })
        };
        // The same words again ("pain in my chest, chest pain") are the same thing said twice.
        let said_before = |at: &usize| {
            let hash = tokens.as_slice()[*at].hash;
            moves.iter().any(|(_, words)| (words.0..words.1).any(|other| tokens.as_slice()[other].hash == hash))
        };
        let mut words = (evidence.words.0..evidence.words.1).filter(telling).peekable();
        let new = match evidence.candidate.priority {
            Priority::Urgent => words.peek().is_none() || words.any(|at| !explained(&at, Some(Priority::Urgent))),
            Priority::Normal => {
                let shares_a_clause = moves.iter().any(|(said, words)| {
                    !said.is_urgent()
                        && said.clauses.0 < evidence.clauses.1
                        && said.clauses.1 > evidence.clauses.0
                        && !(is_word_for_word(&said.candidate, *words)
                            && is_word_for_word(&evidence.candidate, evidence.words)
                            && stand_side_by_side(tokens, *words, evidence.words))
                });
                let count = (evidence.words.0..evidence.words.1).filter(telling).count();
                let again = (evidence.words.0..evidence.words.1).filter(telling).filter(said_before).count();
                !shares_a_clause && again * 2 <= count && !words.any(|at| explained(&at, None))
            }
        };
        if !new {
            continue;
        }
        let whose = whose_is(&evidence);
        let Evidence { candidate, name, words, clauses } = evidence;
        moves.push((Said { candidate, name, whose, clauses }, words));
    }
    moves.into_iter().map(|(said, _)| said).collect()
}

/// Whether these words are a pattern and nothing else, in two words or more.
fn is_word_for_word(candidate: &Candidate, words: (usize, usize)) -> bool {
    let plain = candidate.stage != Stage::Fuzzy && !candidate.stage.is_near();
    plain && candidate.literal_words > 1 && candidate.literal_words == words.1 - words.0
}

/// "opening hours rent a bike", "rent a bike / opening hours": nothing stands between these words but what joins two things.
fn stand_side_by_side(tokens: &Tokens, one: (usize, usize), other: (usize, usize)) -> bool {
    let joins = Class::OR.and(Class::AND).and(Class::FILLER);
    let between = tokens.as_slice().get(one.1.min(other.1)..one.0.max(other.0)).unwrap_or_default();
    between.iter().all(|token| token.shape == Shape::Sign || token.class.is(joins))
}

/// "what if …", "what should I do if …": what begins at the word `first` is only supposed. "I don't know if …" and "it feels
/// as if …" are not: the word must open its clause, or that of a question.
fn is_supposed(text: &str, tokens: &Tokens, opening: usize, first: usize) -> bool {
    let class = |at: usize| tokens.as_slice().get(at).map_or(Class::FUNCTION, |token| token.class);
    let parts = Class::BREAK.and(Class::AND).and(Class::FILLER);
    // A story goes on behind an "and", up to what is now.
    let now = Class::RECENT.and(Class::ONGOING);
    let begins = |at: &usize| *at == 0 || tokens.as_slice()[*at].before != Break::None || class(*at).is(now);
    if is_announced(tokens, opening) {
        return true;
    }
    let sentence = (0..=opening).rev().find(begins).unwrap_or(opening);
    (sentence..first).any(|at| {
        let length = tokens.phrase(at, Cue::Supposes);
        let before = at.checked_sub(1).filter(|before| *before >= opening);
        let governed = before.is_some_and(|before| class(before).is(Class::LIFTS.and(Class::RAISES)));
        let opens = before.is_none_or(|before| class(before).is(parts))
            || (opening..at).any(|before| class(before).is(Class::QUESTION));
        // Accents make no difference but where one word is two: a "sí" is no "si".
        let (start, end) = tokens.span(at, at + 1);
        let other = length == 1 && text.get(start..end).is_some_and(|raw| !raw.is_ascii());
        let story = length > 1 && class(at + length - 1) == Class::CONTENT;
        // "in the film", but not "in the film museum".
        let names = story && class(at + length) == Class::CONTENT && at + length != first;
        length > 0
            && !other
            && !names
            && (story || at >= opening)
            && at + length <= first
            && opens
            && !governed
            && !(at + length..first).any(|at| class(at).is(Class::BREAK))
    })
}

/// "this is a test: …", "in the film, …": said in front of the clause that begins at `opening`, set apart from it, that what
/// follows is no more than that. What is so now is not.
fn is_announced(tokens: &Tokens, opening: usize) -> bool {
    let all = tokens.as_slice();
    let now = Class::RECENT.and(Class::ONGOING);
    (0..opening).rev().take_while(|at| !all[*at].class.is(now)).any(|at| {
        let length = tokens.phrase(at, Cue::Supposes);
        let Some(next) = all.get(at + length).filter(|_| length > 1 && at + length <= opening) else { return false };
        let says = (at..at + length).any(|at| all[at].class.is(Class::AUXILIARY));
        let story = all[at + length - 1].class == Class::CONTENT;
        story && (next.before == Break::Clause || says && (next.before != Break::None || at + length == opening))
    })
}

/// "at our last party a guest was choking": something that was, at a time that is named as the last of its kind.
fn is_of_last_time(tokens: &Tokens, opening: usize, words: (usize, usize)) -> bool {
    let all = tokens.as_slice();
    let is_last = |at: usize| tokens.language().cues(all[at].hash).has(Cue::PositionLast);
    // "at our last …", "on the last …": not "the last house is on fire".
    (opening + 2..words.0).any(|at| {
        let behind = &all[at + 1..words.1.max(at + 1)];
        is_last(at)
            && all[at - 1].class.is(Class::DETERMINER)
            && all[at - 2].class.is(Class::LEADS)
            && behind.first().is_some_and(|noun| !noun.class.is(Class::TIME.and(Class::FUNCTION)))
            && behind.iter().all(|token| token.class.is(Class::PAST) || !token.class.is(Class::AUXILIARY))
    })
}

/// "he", "they": a third person as the subject.
fn is_third(class: Class) -> bool {
    class.is(Class::SUBJECT) && class.is(Class::KIN) && !class.is(Class::DETERMINER)
}

/// "has swallowed bleach", "somebody is hurt", "hay alguien herido": a pattern whose verb is of a third person that it does not name,
/// or that names nobody in particular and nothing of the speaker's, is meant of whoever it is.
fn is_of_anybody(pattern: &Heard) -> bool {
    let mine = |class: Class| class.is(Class::DETERMINER) && !class.is(Class::ARTICLE.and(Class::KIN));
    let own = |word: &Word| word.is(Cue::Speaker) || word.is(Cue::Owner) && mine(word.class);
    if pattern.words.iter().any(|word| word.class.is(Class::ANYBODY)) {
        return !pattern.words.iter().any(own);
    }
    let leads = |word: &&Word| word.class.is(Class::AUXILIARY.and(Class::PRONOUN));
    let mut lead = pattern.words.iter().take_while(leads).peekable();
    lead.peek().is_some_and(|first| first.class.is(Class::THIRD) && !first.class.is(Class::SUBJECT))
        && !lead.any(|word| word.class.is(Class::SUBJECT) || word.is(Cue::Speaker) || !word.class.is(Class::THIRD))
}

/// Whom a reading is about: the subject of its clause, which begins at the word `opening`.
fn whose(text: &str, heard: &Heard, opening: usize, evidence: &Evidence) -> Whose {
    let (tokens, words) = (&*heard.tokens, evidence.words);
    let asked = inquiry::about(text, heard, &evidence.candidate) == Some(inquiry::About::Whether);
    let behind = heard.clause_behind(heard.words.partition_point(|word| word.token < words.1));
    if asked
        || is_supposed(text, tokens, opening, words.0)
        || is_of_last_time(tokens, opening, words)
        || inquiry::is_effect(heard, opening, words)
        || inquiry::is_staged(heard, words)
        || danger::laughs(
            heard,
            (evidence.candidate.span.0, behind.last().map_or(evidence.candidate.span.1, |word| word.end)),
        )
        || danger::is_of_too_much(heard, words)
    {
        return Whose::Supposed;
    }
    let pattern = heard.beside(&evidence.candidate.pattern);
    if inquiry::used_to_be(heard, &pattern, words) {
        return Whose::Supposed;
    }
    if inquiry::is_title(text, heard, evidence, &pattern) {
        return Whose::Unknown;
    }
    if inquiry::is_figurative(heard, &pattern, words) || inquiry::is_wanted(heard, &pattern, opening, words) {
        return Whose::Supposed;
    }
    if is_of_anybody(&pattern) {
        return Whose::Speaker;
    }
    // "he" for the pattern "she is not breathing": whoever it is, in the same words.
    let of_third = pattern.words.first().is_some_and(|word| is_third(word.class));
    // "my wife's card …" for the pattern "my card …": a person that the pattern does not speak of, and does not capture.
    let foreign = |at: usize| {
        let span = tokens.span(at, at + 1);
        let hash = tokens.as_slice()[at].hash;
        !(of_third && is_third(tokens.as_slice()[at].class))
            && (at < words.0
                || !pattern.words.iter().any(|word| word.hash == hash) && !evidence.candidate.captures_at(span))
    };
    for at in (opening..words.1).rev() {
        let class = tokens.as_slice()[at].class;
        // "my husbands card": a possessive without its apostrophe is another form of the word.
        let language = tokens.language();
        let form = language.class(stem(language, tokens.text(at)).hash());
        if class.and(form).is(Class::KIN) && !class.is(Class::DETERMINER) && foreign(at) {
            // "my son can't breathe": who depends on the speaker is spoken for; "his son" is another's.
            let theirs = at > 0 && tokens.as_slice()[at - 1].class.is(Class::KIN);
            if class.and(form).is(Class::DEPENDANT) && !theirs {
                continue;
            }
            return Whose::Another;
        }
        if class.is(Class::SUBJECT) && !class.is(Class::KIN) {
            return Whose::Speaker;
        }
    }
    Whose::Speaker
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn check(text: &str, expected: &[&str]) {
        let mut tokens = Tokens::default();
        tokens.read(Language::english(), text);
        let found: Vec<&str> = clauses(text, &tokens).iter().map(|span| &text[span.0..span.1]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn clauses_end_at_marks_and_at_words_that_join() {
        check("7, and now my door is jammed", &["7", "now my door is jammed"]);
        check("a red one and by the way where are you", &["a red one", "where are you"]);
        check("my car\nit smokes", &["my car", "it smokes"]);
        check("my car 😰 it smokes", &["my car", "it smokes"]);
        check("my car. Also, it smokes!", &["my car", "it smokes"]);
        check("my car - it smokes", &["my car", "it smokes"]);
        check("tell Anna I am late and that I am sorry", &["tell Anna I am late and that I am sorry"]);
        check("at 7.30 it costs $5", &["at 7.30 it costs $5"]);
        check("and", &[]);
        check("", &[]);
    }

    #[test]
    fn what_is_blanked_keeps_its_length() {
        assert_eq!(blanked("7 é fire now", (2, 9)), "7 .       now");
        let text = "naïve fire";
        assert_eq!(blanked(text, (0, 6)).len(), text.len());
    }
}
