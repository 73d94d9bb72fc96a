//! What a capture takes: where it ends, what is left off, and what its slot's type accepts.

use super::utterance::Utterance;
use crate::compiled::CompiledGame;
use crate::compiled::index::{Pattern, Unit, UnitKind, Units, unit_flag};
use crate::entities::{Kind, Kinds, Reference, recognize};
use crate::ir::{Slot, SlotType};
use crate::slots;
use crate::text::{Break, Class, Shape, stem};

/// Words that one capture takes at most.
pub(super) const MAX_CAPTURE_WORDS: usize = 24;
/// Bytes that a typed capture is read from at most.
const MAX_TYPED_BYTES: usize = 256;
/// Words that may lead a typed value ("about 7", "is 102") and are not part of it.
const MAX_LEADING_WORDS: usize = 2;
/// Words that may lead an option, those that describe it included ("an old sofa").
const MAX_DESCRIBING_WORDS: usize = 3;
/// Words before a literal in which a leading typed value is looked for.
const MAX_LEADING_VALUE_WORDS: usize = 8;

/// A value taken: which element of the pattern took it, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) unit: usize,
    /// Bytes of the text.
    pub(super) span: (usize, usize),
}

/// What stands behind captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// A literal of the pattern: they take all the words before it.
    Literal,
    /// Whatever else is said: a typed value ends where it ends.
    Anything,
}

/// What captures are read from.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) utterance: &'a Utterance,
    pub(super) game: &'a CompiledGame,
    pub(super) reference: &'a Reference,
    /// Whether captures take whatever stands in their place.
    pub(super) untyped: bool,
}

impl Source<'_> {
    /// Whether a capture takes values of its slot's type alone.
    fn types(&self, unit: Unit) -> bool {
        unit.has(unit_flag::TYPED) && !self.untyped
    }

    /// A capture's name.
    pub(super) fn name_of(&self, unit: Unit) -> &str {
        self.game.index().string(unit.a, unit.b)
    }
}

/// A pattern's captures, and what they are read from.
#[derive(Clone, Copy)]
pub(super) struct Pieces<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) pattern: &'a Pattern,
    pub(super) units: Units<'a>,
}

impl Pieces<'_> {
    /// Captures and wildcards between two literals: they share the words `from..to`.
    pub(super) fn between(&self, gap: (usize, usize), words: (usize, usize), out: &mut Vec<Taken>) -> Option<()> {
        self.shared(gap, words, Behind::Literal, out).map(drop)
    }

    /// Captures and wildcards that share the words `from..to`; one past the last word taken.
    fn shared(
        &self,
        gap: (usize, usize),
        words: (usize, usize),
        behind: Behind,
        out: &mut Vec<Taken>,
    ) -> Option<usize> {
        let mut at = words.0;
        for index in gap.0..gap.1 {
            let unit = self.units.get(index)?;
            let last = index + 1 == gap.1;
            if unit.kind == UnitKind::Wildcard {
                if !last {
                    at = at.max(words.1.saturating_sub(required(self.units, index + 1, gap.1)));
                }
                continue;
            }
            let typed = self.source.types(unit);
            let end = if last {
                words.1
            } else if typed {
                at
            } else {
                self.share(at, words.1, required(self.units, index + 1, gap.1))
            };
            // "my chest doesn't hurt": what denies the literal behind it is no part of a value.
            let denies = !typed && last && behind == Behind::Literal && end > at;
            if denies && self.class(end - 1).is(Class::NEGATOR) {
                return None;
            }
            match self.take(unit, index, (at, end), words.1, typed) {
                Some((taken, end)) => {
                    if typed && last && behind == Behind::Literal && self.trimmed_end(end, words.1) != end {
                        return None;
                    }
                    out.push(taken);
                    at = if typed && last && behind == Behind::Anything { self.behind_noun(unit, end) } else { end };
                }
                None if unit.has(unit_flag::OPTIONAL) => {}
                None => return None,
            }
        }
        Some(at)
    }

    /// "2 salami pizzas" for a slot that is called `pizza`: its noun behind an option says nothing else. One past it.
    fn behind_noun(&self, unit: Unit, end: usize) -> usize {
        let tokens = &self.source.utterance.tokens;
        if self.class(end) != Class::CONTENT || self.break_before(end) != Break::None {
            return end;
        }
        let (language, name) = (tokens.language(), self.source.name_of(unit));
        let noun = stem(language, tokens.text(end)).hash();
        let is_own = name.split(['_', '.']).any(|piece| stem(language, piece).hash() == noun);
        end + usize::from(is_own)
    }

    fn take(
        &self,
        unit: Unit,
        index: usize,
        words: (usize, usize),
        limit: usize,
        typed: bool,
    ) -> Option<(Taken, usize)> {
        if typed {
            let (first, end) = self.typed(unit, words.0, limit)?;
            return Some((Taken { unit: index, span: self.source.utterance.tokens.span(first, end) }, end));
        }
        let span = self.trim(words.0, words.1)?;
        Some((Taken { unit: index, span: self.source.utterance.tokens.span(span.0, span.1) }, words.1))
    }

    /// How much of `from..to` the first of several captures takes: up to a comma, else one word.
    fn share(&self, from: usize, to: usize, needed: usize) -> usize {
        let most = to.saturating_sub(needed);
        let comma = (from + 1..most + 1).find(|&at| self.break_before(at) != Break::None);
        comma.unwrap_or_else(|| {
            let articles = (from..most).take_while(|&at| self.source.utterance.class(at).is(Class::DETERMINER)).count();
            (from + articles + 1).min(most)
        })
    }

    /// Captures and wildcards at the end of a pattern, from word `from` on. Returns one past the last word taken.
    pub(super) fn trailing(&self, gap: (usize, usize), from: usize, out: &mut Vec<Taken>) -> Option<usize> {
        let captures =
            (gap.0..gap.1).filter(|&at| self.units.get(at).is_some_and(|unit| unit.kind == UnitKind::Capture)).count();
        if captures == 0 {
            return Some(from);
        }
        let only = (captures == 1)
            .then(|| {
                (gap.0..gap.1)
                    .find_map(|at| self.units.get(at).filter(|u| u.kind == UnitKind::Capture).map(|u| (at, u)))
            })
            .flatten();
        if let Some((index, unit)) = only {
            if self.source.types(unit) {
                let limit = self.source.utterance.len();
                return match self.typed(unit, from, limit) {
                    Some((first, end)) => {
                        out.push(Taken { unit: index, span: self.source.utterance.tokens.span(first, end) });
                        Some(self.behind_noun(unit, end))
                    }
                    None if unit.has(unit_flag::OPTIONAL) => Some(from),
                    None => None,
                };
            }
            let end = if unit.has(unit_flag::OPTIONAL) { self.name_end(from) } else { self.free_end(from) };
            return match self.trim(from, end) {
                Some((first, last)) => {
                    out.push(Taken { unit: index, span: self.source.utterance.tokens.span(first, last) });
                    Some(end)
                }
                None if unit.has(unit_flag::OPTIONAL) => Some(from),
                None => None,
            };
        }
        self.shared(gap, (from, self.several_end(from)), Behind::Anything, out)
    }

    /// Captures and wildcards before a pattern's first literal, which stands at word `to`. Returns the first word taken.
    pub(super) fn leading(&self, gap: (usize, usize), to: usize, out: &mut Vec<Taken>) -> Option<usize> {
        let mut at = to;
        for index in (gap.0..gap.1).rev() {
            let unit = self.units.get(index)?;
            if unit.kind == UnitKind::Wildcard {
                continue;
            }
            let found = if self.source.types(unit) {
                self.typed_before(unit, at)
            } else {
                let several = required(self.units, gap.0, gap.1) > 1;
                let start = if several { at.saturating_sub(1) } else { self.phrase_start(at) };
                self.trim_before(start, at).map(|span| (start, span))
            };
            match found {
                Some((start, span)) => {
                    out.push(Taken { unit: index, span: self.source.utterance.tokens.span(span.0, span.1) });
                    at = start;
                }
                None if unit.has(unit_flag::OPTIONAL) => {}
                None => return None,
            }
        }
        Some(at)
    }

    fn break_before(&self, at: usize) -> Break {
        self.source.utterance.token(at).map_or(Break::Sentence, |token| token.before)
    }

    fn class(&self, at: usize) -> Class {
        self.source.utterance.class(at)
    }

    /// Where a free capture that begins at `from` ends: at the end of its clause, or where another value begins.
    fn free_end(&self, from: usize) -> usize {
        let end = self.clause_end(from);
        self.before_other_values(from, end)
    }

    fn clause_end(&self, from: usize) -> usize {
        let limit = self.source.utterance.len().min(from + MAX_CAPTURE_WORDS);
        let named = (from..limit).find(|&at| !self.class(at).is(Class::DETERMINER)).unwrap_or(limit);
        (from..limit)
            .find(|&at| at > from && self.break_before(at) != Break::None || at > named && self.ends_capture(at))
            .unwrap_or(limit)
    }

    /// Several captures at the end share what is left of the sentence; commas part them.
    fn several_end(&self, from: usize) -> usize {
        let limit = self.source.utterance.len().min(from + MAX_CAPTURE_WORDS);
        let end = (from + 1..limit)
            .find(|&at| self.break_before(at) == Break::Sentence || self.ends_capture(at))
            .unwrap_or(limit);
        (from..end).rev().find(|&at| !self.class(at).is(Class::FILLER)).map_or(end, |at| at + 1)
    }

    /// Whether a word begins something that is no longer the value.
    fn ends_capture(&self, at: usize) -> bool {
        let class = self.class(at);
        if class.is(Class::BREAK.and(Class::SUBJECT)) {
            return true;
        }
        let next = self.class(at + 1);
        if class.is(Class::AND.and(Class::OR)) {
            return next.is(Class::SUBJECT.and(Class::AUXILIARY).and(Class::RECENT).and(Class::NEXT_CLAUSE));
        }
        class.is(Class::FOR)
            && (next.is(Class::NUMBER.and(Class::TIME).and(Class::LEADS).and(Class::AUXILIARY))
                || self.is_number(at + 1)
                || next.is(Class::ARTICLE) && self.class(at + 2).is(Class::TIME.and(Class::LEADS)))
    }

    fn is_number(&self, at: usize) -> bool {
        self.source.utterance.token(at).is_some_and(|token| token.shape == Shape::Data || token.class.is(Class::NUMBER))
    }

    /// An optional capture is a name: it ends where grammar begins, and is nothing if grammar comes first.
    fn name_end(&self, from: usize) -> usize {
        let end = self.clause_end(from);
        let grammar = Class::FUNCTION.and(Class::NEGATOR);
        (from..end).find(|&at| self.class(at).is(grammar) && !self.class(at).is(Class::DETERMINER)).unwrap_or(end)
    }

    /// Cuts `from..end` before a number or time that another slot of the move takes.
    fn before_other_values(&self, from: usize, end: usize) -> usize {
        let value = |at: &usize| self.is_number(*at) || self.class(*at).is(Class::TIME);
        let first = (from..end).find(|&at| !self.class(at).is(Class::DETERMINER)).unwrap_or(end);
        let mut places = (first + 1..end).filter(value).peekable();
        if places.peek().is_none() {
            return end;
        }
        let Some(body) = self.source.game.move_at(self.pattern.move_index as usize) else { return end };
        let typed: Vec<&Slot> = body.slots.iter().filter(|slot| slot.ty != SlotType::String).collect();
        if typed.is_empty() {
            return end;
        }
        // "cream at 5%", "pills of 600 mg": a measure that no slot of the move asks for belongs to what is named.
        let measures = Kinds::NONE.with(Kind::Percent).with(Kind::Dimension);
        let quantity = typed.iter().any(|slot| *slots::effective_type(slot) == SlotType::Quantity);
        let is_measure = |at: usize| {
            let ahead = self.text_from(at, self.source.utterance.len());
            let found = recognize(ahead, measures, self.source.reference);
            found.first().is_some_and(|found| found.start == 0 && (found.kind == Kind::Percent || !quantity))
        };
        for at in places {
            if is_measure(at) || self.numbers_a_name(at, end) {
                continue;
            }
            let start = at - usize::from(self.class(at - 1).is(Class::DETERMINER) && at > first + 1);
            let text = self.text_from(start, self.source.utterance.len());
            if typed.iter().any(|slot| slots::value_prefix(slot, text, self.source.reference).is_some()) {
                let mut cut = start;
                while cut > first + 1 && self.class(cut - 1).is(Class::LEADS.and(Class::FILLER)) {
                    cut -= 1;
                }
                return cut;
            }
        }
        end
    }

    /// "Rivadavia 5200", "Baker Street 12": figures right behind a name, which nothing behind them counts, are part of it.
    fn numbers_a_name(&self, at: usize, end: usize) -> bool {
        /// Figures that count no people and no things.
        const MANY: usize = 3;
        let tokens = &self.source.utterance.tokens;
        let figures = tokens.text(at);
        let capital = || {
            let (start, _) = tokens.span(at - 1, at);
            self.source.text.get(start..).is_some_and(|said| said.starts_with(char::is_uppercase))
        };
        let counts = |noun: usize| {
            self.class(noun).is(Class::TIME) || self.class(noun) == Class::CONTENT && !self.is_number(noun)
        };
        let counted = at + 1 < end && self.break_before(at + 1) == Break::None && counts(at + 1);
        figures.bytes().all(|byte| byte.is_ascii_digit())
            && self.class(at - 1) == Class::CONTENT
            && self.break_before(at) == Break::None
            && (figures.len() >= MANY || capital())
            && !counted
    }

    /// The longest value of the capture's slot that begins at `from`, as words.
    fn typed(&self, unit: Unit, from: usize, limit: usize) -> Option<(usize, usize)> {
        let body = self.source.game.move_at(self.pattern.move_index as usize)?;
        let name = self.source.name_of(unit);
        let slot = body.slots.iter().find(|slot| slot.name == name)?;
        // "an old sofa": an option may be described.
        let described = is_choice(slot);
        let leading = if described { MAX_DESCRIBING_WORDS } else { MAX_LEADING_WORDS };
        for first in from..limit.min(from + leading + 1) {
            let text = self.text_from(first, limit);
            if let Some(length) = slots::value_prefix(slot, text, self.source.reference).filter(|&length| length > 0) {
                let stop = self.source.utterance.token(first)?.start as usize + length;
                let end = (first..limit)
                    .take_while(|&at| self.source.utterance.token(at).is_some_and(|t| t.end as usize <= stop))
                    .last()?
                    + 1;
                // "tos pero fiebre no": what denies the last member is part of the list.
                let denied = described
                    && self.class(end).is(Class::DENIES)
                    && self.break_before(end) == Break::None
                    && self.break_before(end + 1) != Break::None;
                return Some((first, (end + usize::from(denied)).min(limit)));
            }
            let skippable = Class::LEADS.and(Class::DETERMINER).and(Class::FILLER).and(Class::AUXILIARY);
            let describes = described
                && (self.class(first) == Class::CONTENT || self.is_number(first))
                && (first == from || self.break_before(first) == Break::None);
            if !self.class(first).is(skippable) && !describes {
                return None;
            }
        }
        None
    }

    /// A typed value that ends right before `to`: the longest one.
    fn typed_before(&self, unit: Unit, to: usize) -> Option<(usize, (usize, usize))> {
        let from = to.saturating_sub(MAX_LEADING_VALUE_WORDS);
        let from =
            (from..to).rev().take_while(|&at| at + 1 == to || self.break_before(at + 1) == Break::None).last()?;
        (from..to).find_map(|start| {
            let (first, end) = self.typed(unit, start, to)?;
            (end == to).then_some((first, (first, end)))
        })
    }

    fn text_from(&self, first: usize, end: usize) -> &str {
        let (start, stop) = self.source.utterance.tokens.span(first, end);
        let mut stop = stop.min(start + MAX_TYPED_BYTES);
        while !self.source.text.is_char_boundary(stop) {
            stop -= 1;
        }
        self.source.text.get(start..stop).unwrap_or("")
    }

    /// The words `from..to` without what is no part of a value: articles before it, politeness after it.
    fn trim(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let first = (from..to).find(|&at| !self.class(at).is(Class::DETERMINER))?;
        // "nothing", "no laptop": a value that is none.
        if self.class(first).is(Class::NEGATOR.and(Class::NOTHING)) {
            return None;
        }
        Some((first, self.trimmed_end(first + 1, to)))
    }

    /// One past the last word of `..to` that is no politeness; at least `least`.
    fn trimmed_end(&self, least: usize, to: usize) -> usize {
        let mut end = to;
        while end > least {
            let right_now = self.class(end - 1).is(Class::RECENT) && self.class(end).is(Class::RECENT);
            // "my jaw started aching"
            let begins = self.class(end - 1).is(Class::BREAK) && self.class(end - 1).is(Class::ONGOING);
            if !(self.class(end - 1).is(Class::FILLER) || right_now || begins) {
                break;
            }
            end -= 1;
        }
        end
    }

    fn trim_before(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let (first, end) = self.trim(from, to)?;
        // "it hurts" is not about a thing named "it".
        let names = (first..end).any(|at| !self.class(at).is(Class::FUNCTION.and(Class::FILLER)));
        names.then_some((first, end))
    }

    /// Where the phrase that ends right before `to` begins: back to an article, to grammar, or to the clause's start.
    fn phrase_start(&self, to: usize) -> usize {
        let limit = to.saturating_sub(MAX_CAPTURE_WORDS);
        let mut at = to;
        while at > limit {
            if at < to && self.break_before(at) != Break::None {
                return at;
            }
            let class = self.class(at - 1);
            if class.is(Class::DETERMINER) {
                // "the back of my head": the article is inside.
                let inside = at >= 3 && self.class(at - 2).is(Class::OF) && !self.class(at - 3).is(Class::FUNCTION);
                if !inside {
                    return at - 1;
                }
                at -= 2;
                continue;
            }
            let grammar = Class::FUNCTION.and(Class::BREAK).and(Class::NEGATOR).and(Class::LIGHT);
            // "mother in law": a preposition behind a word for a relative is a part of who that is.
            let of_kin = at >= 2
                && at < to
                && !class.is(Class::DETERMINER.and(Class::AUXILIARY))
                && self.class(at - 2).is(Class::KIN);
            let passes = of_kin || class.is(Class::FILLER) || at == to && class.is(Class::LIGHT);
            if class.is(grammar) && !passes {
                return at;
            }
            at -= 1;
        }
        at
    }
}

/// Whether a slot takes one option or several.
fn is_choice(slot: &Slot) -> bool {
    match slots::effective_type(slot) {
        SlotType::Enum(_) => true,
        SlotType::List(item) => matches!(**item, SlotType::Enum(_)),
        _ => false,
    }
}

/// Words that the captures `from..to` of a pattern need.
pub(super) fn required(units: Units<'_>, from: usize, to: usize) -> usize {
    (from..to)
        .filter_map(|at| units.get(at))
        .filter(|unit| unit.kind == UnitKind::Capture && !unit.has(unit_flag::OPTIONAL))
        .count()
}
