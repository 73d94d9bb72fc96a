//! Things that are called by a name beside something else, and how old one is: "it's a Corsa", "my Corsa 2012", "a 2012 Corsa".

use super::counts::is_option_of_another;
use super::fill::Stated;
use super::hear::Span;
use super::people::{Asks, is_possessive, written_at};
use super::run::Run;
use super::state::Open;
use crate::ir::{Move, Slot};
use crate::language::{Class, Cue};
use crate::slots::{self, Answer, Found, Scan, effective_type, is_text};
use crate::text::Word;

/// A thing in an utterance.
struct Thing {
    /// The words that name it.
    name: (usize, usize),
    year: Option<Found>,
}

impl Run<'_> {
    /// What is called by a name, for the only open slot that asks which thing it is, and its year, for the only one that takes years;
    /// outside the spans in `taken`. To its own question only the year is said beside.
    pub(super) fn thing_named(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Vec<Stated> {
        let words = scan.heard.words.as_slice();
        let may_be = |word: &Word| word.is_capital(scan.text) || word.has_digit();
        if scan.language().formats.get("nouns").is_some() || !words.iter().any(may_be) {
            return Vec::new();
        }
        let mut things = open.iter().filter(|slot| is_text(slot) && self.asks_whom(mv, slot) == Asks::Thing);
        let (Some(slot), None) = (things.next(), things.next()) else { return Vec::new() };
        let asked = match self.state.active.as_ref().and_then(|frame| frame.open.as_ref()) {
            Some(Open::Slot { name } | Open::Confirm { name }) => mv.slots.iter().find(|slot| slot.name == *name),
            _ => None,
        };
        let answers = asked.is_some_and(|asked| asked.name == slot.name);
        if asked.is_some_and(is_text) && !answers {
            return Vec::new();
        }
        // One that is stated already tells where the name ends.
        let unfilled = |slot: &&Slot| self.state.active.as_ref().is_some_and(|frame| frame.is_open(&slot.name));
        let mut years = mv.slots.iter().filter(|slot| slots::takes_years(effective_type(slot))).filter(unfilled);
        let dated = years.next().filter(|_| years.next().is_none());
        let free = |span: Span| taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let mut found = (0..words.len()).filter_map(|at| self.thing_at(mv, slot, dated, scan, at, answers));
        let (Some(thing), None) = (found.next(), found.next()) else { return Vec::new() };
        let span = (words[thing.name.0].start, words[thing.name.1 - 1].end);
        let named = (!answers && free(span)).then(|| {
            let text = scan.text.get(span.0..span.1).unwrap_or_default();
            Stated { slot: slot.name.clone(), found: Found::text(span, text) }
        });
        let year = thing.year.filter(|year| free(year.span())).zip(dated);
        named.into_iter().chain(year.map(|(found, slot)| Stated { slot: slot.name.clone(), found })).collect()
    }

    /// The thing whose name begins at this word, or behind the year there: led to by an article or as somebody's own, or with its
    /// year at the head of a clause.
    fn thing_at(
        &self,
        mv: &Move,
        slot: &Slot,
        dated: Option<&Slot>,
        scan: &Scan<'_>,
        at: usize,
        answers: bool,
    ) -> Option<Thing> {
        /// Words of a name that is not written as one.
        const MAX_PLAIN: usize = 2;
        /// Words between a name and its year, "model from 2012".
        const MAX_BETWEEN: usize = 2;
        let words = scan.heard.words.as_slice();
        let goes_on = |at: usize| words.get(at).is_some_and(|word| !word.after_break);
        let opens = at == 0 || words[at].after_break;
        let owned =
            |word: &Word| word.is(Cue::ArticleIndefinite) && word.class.is(Class::ARTICLE) || is_possessive(word);
        let led = !opens && owned(&words[at - 1]);
        if !opens && !led {
            return None;
        }
        let before = dated.and_then(|dated| self.year_at(dated, scan, at)).filter(|_| goes_on(at + 1));
        let first = at + usize::from(before.is_some());
        let written = written_at(scan.text, words, first);
        let strange = |word: &Word| {
            word.class == Class::CONTENT
                && !word.has_digit()
                && !self.is_of_the_move(mv, std::slice::from_ref(word))
                && !is_option_of_another(mv, slot, scan, word.start)
        };
        let plain = || words[first..].iter().take(MAX_PLAIN).enumerate();
        let plain = || plain().take_while(|(at, word)| (*at == 0 || !word.after_break) && strange(word)).count();
        let count = if written > 0 || !led && !answers { written } else { plain() };
        if count == 0 || !words[first..first + count].iter().any(strange) {
            return None;
        }
        // "Mazda 3", where the figure is no year and counts nothing
        let year_from = |at: usize| dated.and_then(|dated| self.year_at(dated, scan, at)).filter(|_| goes_on(at));
        let counts = |at: usize| goes_on(at) && words[at].class == Class::CONTENT && !words[at].has_digit();
        let figure = |at: usize| goes_on(at) && words[at].has_digit() && year_from(at).is_none() && !counts(at + 1);
        let end = first + count + usize::from(figure(first + count));
        let light = |word: &Word| {
            word.class.is(Class::OF.and(Class::LEADS).and(Class::ADJUNCT).and(Class::ARTICLE))
                || [slot].into_iter().chain(dated).any(|slot| self.question(mv, slot).name.holds(word))
        };
        let between = words[end..].iter().take(MAX_BETWEEN).take_while(|word| !word.after_break && light(word)).count();
        let year = before.or_else(|| year_from(end + between));
        // "a table 12" is of no year.
        let in_full = |year: &Found| year.text.len() > 2;
        let year = year.filter(|year| written > 0 || in_full(year));
        let ends = !goes_on(end);
        let named = led && written > 0 && (ends || written > 1);
        (named || year.is_some()).then_some(Thing { name: (first, end), year })
    }

    /// The year that is said from this word on, for a slot that takes years.
    fn year_at(&self, slot: &Slot, scan: &Scan<'_>, at: usize) -> Option<Found> {
        let word = scan.heard.words.get(at)?;
        let end = match scan.entities.iter().find(|entity| entity.start == word.start) {
            Some(entity) if word.class.is(Class::NUMBER) => entity.end,
            _ if word.has_digit() => word.end,
            _ => return None,
        };
        match slots::read_value(slot, scan.text.get(word.start..end)?, scan.reference) {
            Answer::Value { found, whole: true } if found.fits => Some(found.behind(word.start)),
            _ => None,
        }
    }
}
