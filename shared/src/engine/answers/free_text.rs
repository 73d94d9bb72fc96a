//! Answers to a question for free text, which may be anything: what is none is told first.

use super::super::doubt::Doubt;
use super::super::fill::Stated;
use super::super::hear::clauses;
use super::super::people::is_possessive;
use super::super::prepositions::may_lead;
use super::super::remainder::without;
use super::super::repairs;
use super::super::run::Run;
use super::super::turn::is_certain;
use super::super::wording;
use super::{Answered, Asking, Reads};
use crate::entities::{Entity, Kind};
use crate::ir::{Element, Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::matcher::Candidate;
use crate::slots::labels::{self, Label, Wanted};
use crate::slots::{self, Answer, Found, Scan, Source, effective_type, is_text, reason, strings};
use crate::text::{Heard, Word, first_clause};

/// What free text comes to as an answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum FreeText {
    /// This is the answer.
    Value(Found),
    /// A sentence, where a name, a code or a place is asked for.
    Sentence,
    /// Nothing is left for it.
    Nothing,
}

impl Run<'_> {
    /// Another move that is certain, or more likely than that these words are the answer.
    pub(super) fn certain_move(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        let scan = &asking.scan;
        let other = self.interruption().filter(|_| !strings::is_acknowledgement(&scan.heard))?;
        let leaves = is_certain(&other)
            || strings::is_question(scan.text, &scan.heard)
            || strings::is_noise(&scan.heard)
            || *self.free_text(asking) == FreeText::Sentence
            || is_verbatim(&other, scan)
            || is_statement(&other, scan);
        leaves.then(|| Answered::Leaves(Box::new(other)))
    }

    /// Words that hold no text: "I don't know", "hello", a refusal where the slot is needed; a question behind them holds none
    /// either ("I'm not sure yet, which areas do you cover?").
    pub(super) fn empty_text(&self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        let yes_or_no = self.question(mv, slot).asks_yes_or_no();
        // "stop, there's a fire": what is left of it only says something about the talk.
        let mends = asking.reads == Reads::Part && repairs::recognize(&scan.heard).is_some();
        if mends {
            return Some(Answered::Refused(reason(self.language(), slot)));
        }
        let said = before_a_question(scan).and_then(|(end, _)| scan.text.get(..end));
        let heard = scan.heard_in(said.unwrap_or(scan.text));
        let noise = strings::is_noise(&heard);
        let refuses = strings::is_decline(&heard) && !noise && !yes_or_no;
        if slots::yes_no::is_unsure(&heard) || refuses {
            return Some(Answered::Refused(self.language().text(wording::NEEDED).to_owned()));
        }
        // "Is there a note?": a plain yes says that there is one, and not which.
        let needed = slot.required || slot.default.is_some();
        let answers = yes_or_no && needed && slots::yes_no::read(scan.text, scan.reference).is_some();
        (noise && !answers).then(|| Answered::Refused(reason(self.language(), slot)))
    }

    /// Stores the text; whether there was some.
    pub(super) fn store_text(&mut self, asking: &Asking<'_>) -> bool {
        if self.says_its_trigger_again(asking) {
            return false;
        }
        let FreeText::Value(found) = self.free_text(asking).clone() else { return false };
        if self.answer_composite(asking.mv, asking.slot, asking.scan.text) {
            self.fill_beside(asking.mv, &asking.scan, (0, asking.scan.text.len()));
            return true;
        }
        let found = self.without_codes(asking, found);
        self.fill(asking.slot, &found, Source::Answer);
        if is_text(asking.slot) {
            let doubt = self.doubt_of_text(asking.mv, asking.slot, &found);
            // "yes, the big one" answers another question than "Which one?"
            let yes = || {
                let said = asking.scan.heard.begins_with(Cue::Yes);
                let set_apart = asking.scan.heard.words.get(said).is_some_and(|next| next.after_break);
                said > 0 && set_apart && !self.question(asking.mv, asking.slot).asks_yes_or_no()
            };
            let doubt = doubt.or_else(|| yes().then_some(Doubt::Unlike));
            self.read_back_if(asking.slot, doubt);
        }
        self.fill_beside(asking.mv, &asking.scan, found.span());
        if self.wanted(asking.mv, asking.slot) != Wanted::Words {
            self.read_back_the_day(asking.mv, &asking.scan, &[found.span()]);
        }
        true
    }

    /// "14 High Street, 49002 Zamora": a text of another slot's form that is set apart within free text is that slot's.
    fn without_codes(&mut self, asking: &Asking<'_>, text: Found) -> Found {
        let Asking { mv, slot, scan, .. } = asking;
        let inside = |stated: &Stated| text.start < stated.found.start && stated.found.end < text.end;
        let coded = self.stated(asking).iter().filter(|stated| inside(stated)).find_map(|stated| {
            let other = mv.slots.iter().find(|other| other.name == stated.slot && other.name != slot.name)?;
            let set_apart = scan.heard.words.iter().any(|word| word.start == stated.found.start && word.after_break);
            (set_apart && matches!(effective_type(other), SlotType::Pattern(_)))
                .then(|| (other.clone(), stated.found.clone()))
        });
        let Some((other, code)) = coded else { return text };
        let (Some(before), Some(behind)) = (scan.text.get(text.start..code.start), scan.text.get(code.end..text.end))
        else {
            return text;
        };
        let rest = format!("{}{}", before, behind.trim_start_matches([',', ' ']));
        self.fill(&other, &code, Source::Mention);
        Found { value: serde_json::json!(rest), text: rest, ..text }
    }

    /// A trigger of the move, said again, is no answer where the answer would be a part of it.
    pub(super) fn says_its_trigger_again(&mut self, asking: &Asking<'_>) -> bool {
        self.own_match().is_some_and(|own| is_verbatim(&own, &asking.scan))
            && is_captured_somewhere(asking.mv, &asking.slot.name)
    }

    /// What the utterance states for open slots, of which nothing is stored yet.
    fn stated<'q>(&self, asking: &'q Asking<'_>) -> &'q [Stated] {
        asking.stated.get_or_init(|| self.stated_beside(asking.mv, &asking.scan, &[]))
    }

    /// What the utterance is as free text, without what it says for other slots.
    pub(super) fn free_text<'q>(&self, asking: &'q Asking<'_>) -> &'q FreeText {
        let Asking { mv, slot, scan, .. } = asking;
        asking.text.get_or_init(|| {
            let wanted = self.wanted(mv, slot);
            let own = self.part_of_the_place(asking);
            let mut beside: Vec<(usize, usize)> = self
                .stated(asking)
                .iter()
                .filter(|stated| stated.slot != slot.name && !self.numbers_a_noun(mv, scan, stated))
                .filter(|stated| !own.contains(&stated.found.span()))
                .filter(|stated| wanted == Wanted::Words || self.is_year(mv, stated) || !is_numbered(scan, stated))
                .map(|stated| (stated.found.start, self.end_of_count(mv, scan, stated).unwrap_or(stated.found.end)))
                .collect();
            if wanted != Wanted::Words {
                beside.extend(self.days_at_the_end(mv, scan));
            }
            let coded = is_text(slot) && wanted == Wanted::Code;
            let spelt = coded.then(|| slots::spelt_code(scan)).flatten();
            spelt.map_or_else(|| self.read_free_text(mv, slot, wanted, scan, &beside), FreeText::Value)
        })
    }

    /// What a slot of free text wants, by its name and its question.
    pub(in crate::engine) fn wanted(&self, mv: &Move, slot: &Slot) -> Wanted {
        self.question(mv, slot).wanted()
    }

    /// "in front of my house" to "Where are you?": options of other slots that belong to the place.
    pub(super) fn part_of_the_place(&self, asking: &Asking<'_>) -> Vec<(usize, usize)> {
        let Asking { mv, slot, scan, .. } = asking;
        if !is_text(slot) || self.wanted(mv, slot) != Wanted::Place && !self.asks_for_an_address(mv, slot) {
            return Vec::new();
        }
        let of_the_speaker = |stated: &&Stated| {
            let before = &scan.heard.words[..scan.heard.words_of(stated.found.span()).start];
            matches!(before, [_, .., of, whose] if of.class.is(Class::OF) && is_possessive(whose) && !whose.after_break)
        };
        self.stated(asking).iter().filter(of_the_speaker).map(|stated| stated.found.span()).collect()
    }

    /// Whether a number is said for a slot that takes years.
    fn is_year(&self, mv: &Move, stated: &Stated) -> bool {
        mv.slots.iter().any(|slot| slot.name == stated.slot && slots::takes_years(effective_type(slot)))
    }

    /// The free text of an answer, without the values in `beside`.
    fn read_free_text(
        &self,
        mv: &Move,
        slot: &Slot,
        wanted: Wanted,
        scan: &Scan<'_>,
        beside: &[(usize, usize)],
    ) -> FreeText {
        let found = match effective_type(slot) {
            SlotType::List(_) => match slots::read_answer(slot, scan) {
                Answer::Value { found, .. } => Some(found),
                _ => None,
            },
            _ if beside.is_empty() => slots::read_string(slot, scan.text, &scan.heard),
            _ => without(scan.language(), slot, scan.text, (0, scan.text.len()), beside)
                .filter(|found| !goes_on_about(scan, beside, found)),
        };
        let places = wanted == Wanted::Place || self.asks_for_an_address(mv, slot);
        let found = found.filter(|_| !(places && is_number_to_call(scan.text)));
        let found = match wanted {
            Wanted::Code => found,
            Wanted::Name | Wanted::Person => found.filter(|_| {
                !(tells_only_figures(scan) || tells_a_day(scan) && self.tells_only_of_a_time(mv, slot, scan))
            }),
            _ => found.filter(|_| !self.tells_only_of_a_time(mv, slot, scan)),
        };
        let Some(found) = found else { return FreeText::Nothing };
        if !is_text(slot) {
            return FreeText::Value(found);
        }
        let Some(found) = without_not_knowing(scan, slot, found) else { return FreeText::Nothing };
        let found = if wanted == Wanted::Words { found } else { with_its_article(scan, wanted, found) };
        match self.as_label(mv, slot, wanted, found) {
            // "forget it, I'll walk" is no name, whatever follows.
            FreeText::Value(_) if wanted != Wanted::Words && (opens_with_a_repair(scan) || only_asks(scan)) => {
                FreeText::Sentence
            }
            FreeText::Value(found) => FreeText::Value(without_a_question(scan, slot, found)),
            other => other,
        }
    }

    /// "friday", "any day but Monday" where a day or a time is open: nothing but a time is told.
    fn tells_only_of_a_time(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let open = |other: &Slot| {
            other.name != slot.name && slots::is_of_time(effective_type(other)) && frame.is_open(&other.name)
        };
        let timed = |word: &Word| scan.times().any(|(from, until)| from <= word.start && word.end <= until);
        let telling = scan.heard.words.iter().filter(|word| word.tells() || word.class.is(Class::TIME));
        let mut telling = telling.peekable();
        is_text(slot)
            && telling.peek().is_some()
            && telling.all(|word| timed(word) || word.class.is(Class::TIME))
            && mv.slots.iter().any(open)
    }

    /// A text as what the slot's question asks for: where that is a label, a sentence is none.
    pub(in crate::engine) fn as_label(&self, mv: &Move, slot: &Slot, wanted: Wanted, found: Found) -> FreeText {
        let language = self.language();
        if wanted == Wanted::Words {
            return FreeText::Value(found);
        }
        let found = without_denials(&self.heard_in(&found.text), slot, found);
        let found = self.without_what_is_joined(mv, slot, found);
        let question = self.question(mv, slot);
        let found = without_the_preposition_asked(&question.heard, &self.heard_in(&found.text), found);
        let heard = self.heard_in(&found.text);
        // "oh sorry, and it isn't the 4th"
        if strings::is_noise(&heard) {
            return FreeText::Nothing;
        }
        match labels::read(wanted, &question.name, &question.heard, &found.text, &heard) {
            Label::Stands => FreeText::Value(found),
            Label::Sentence => self.address_within(mv, slot, &found).map_or(FreeText::Sentence, FreeText::Value),
            Label::Within(span) => match without(language, slot, &found.text, span, &[]) {
                Some(inner) => FreeText::Value(inner.behind(found.start)),
                None => FreeText::Nothing,
            },
        }
    }
}

/// "para el colegio Luna" to "¿Para qué colegio es?": an answer may repeat the preposition that its question begins with.
fn without_the_preposition_asked(question: &Heard, heard: &Heard, found: Found) -> Found {
    let words = heard.words.as_slice();
    let repeats = |asked: &Word| words.first().is_some_and(|first| first.hash == asked.hash && may_lead(first.class));
    if !question.words.first().is_some_and(repeats) {
        return found;
    }
    let article = |word: &&Word| word.class.is(Class::ARTICLE) && !word.is_capital(&found.text);
    let articles = words[1..].iter().take_while(article).count();
    match words.get(1 + articles).and_then(|first| Some((first.start, found.text.get(first.start..)?))) {
        Some((start, text)) => Found { start: found.start + start, ..Found::text((0, found.end), text) },
        None => found,
    }
}

/// "Los Olivos", "A. Stone": an article that is written as part of a name is one. Where every noun is written so, only of names.
fn with_its_article(scan: &Scan<'_>, wanted: Wanted, found: Found) -> Found {
    let named = matches!(wanted, Wanted::Name | Wanted::Person);
    let words = scan.heard.words.as_slice();
    let Some(at) = words.iter().position(|word| word.start >= found.start).filter(|at| *at > 0) else { return found };
    let (article, name) = (&words[at - 1], &words[at]);
    if !strings::begins_a_name(scan.language(), scan.text, article, name) {
        return found;
    }
    if !named && scan.language().formats.get("nouns").is_some() {
        return found;
    }
    let text = scan.text.get(article.start..found.end).unwrap_or(&found.text).to_owned();
    Found { start: article.start, value: serde_json::json!(text), text, ..found }
}

/// "sept 3 2024", "five one two, 555 0188": a day, an amount or a number to call, and no name.
fn tells_only_figures(scan: &Scan<'_>) -> bool {
    let figures = |word: &Word| word.has_digit() || word.class.is(Class::NUMBER);
    let valued = |word: &Word| {
        let inside = |entity: &Entity| entity.start <= word.start && word.end <= entity.end;
        figures(word) || word.class.is(Class::TIME) || scan.entities.iter().any(inside)
    };
    let telling = || scan.heard.words.iter().filter(|word| word.tells() || figures(word) || word.class.is(Class::TIME));
    telling().count() > 1 && telling().any(figures) && telling().all(valued)
}

/// "el sábado", "on Friday", "tomorrow": a day that is led to, or written without a capital. "Domingo" and "Sunday" may be names.
fn tells_a_day(scan: &Scan<'_>) -> bool {
    let words = scan.heard.words.as_slice();
    let day = |entity: &Entity| matches!(entity.kind, Kind::Date | Kind::DateTime);
    let led = || words.iter().any(|word| word.class.is(Class::FUNCTION));
    scan.entities.iter().any(day) && (led() || !words.iter().any(|word| word.is_capital(scan.text)))
}

/// "020 7946 0123": so many figures and no letter are no place.
fn is_number_to_call(text: &str) -> bool {
    const LEAST: usize = 7;
    text.chars().filter(char::is_ascii_digit).count() >= LEAST && !text.chars().any(char::is_alphabetic)
}

/// "555 0147, but only after ten", "Monday would be best": what stands behind a value that opens the text goes on about that, and is no
/// text by itself; nor is grammar alone ("of us").
fn goes_on_about(scan: &Scan<'_>, beside: &[(usize, usize)], text: &Found) -> bool {
    let words = &scan.heard.words;
    let inside = |word: &Word| beside.iter().any(|(from, until)| *from <= word.start && word.end <= *until);
    let opened = words.iter().find(|word| !strings::is_hesitation(word)).is_some_and(inside);
    let rest = &words[scan.heard.words_of(text.span())];
    let goes_on = Class::BUT.and(Class::AUXILIARY).and(Class::BREAK);
    let names = |word: &Word| !word.class.is(Class::FUNCTION.and(Class::FILLER)) || word.is_capital(scan.text);
    opened && rest.first().is_some_and(|first| first.class.is(goes_on)) || !rest.iter().any(names)
}

/// "per person?", "with or without tax?": a question that begins with grammar, and names nothing. "In Leeds?" may be an answer.
fn only_asks(scan: &Scan<'_>) -> bool {
    let [first, rest @ ..] = scan.heard.words.as_slice() else { return false };
    scan.text.trim_end().ends_with(['?', '？'])
        && first.class.is(Class::FUNCTION)
        && !first.class.is(Class::DETERMINER)
        && !rest.iter().any(|word| word.is_capital(scan.text) || word.has_digit())
}

/// Whether a repair opens the text, set apart from what follows.
fn opens_with_a_repair(scan: &Scan<'_>) -> bool {
    let rest = repairs::opening(&scan.heard).map(|(_, rest)| rest);
    rest.is_some_and(|rest| scan.heard.words.iter().any(|word| word.start >= rest && word.after_break))
}

/// "no, Ann", "knee and no chest pain": what is denied before or behind a label is no part of it.
pub(in crate::engine) fn without_denials(heard: &Heard, slot: &Slot, found: Found) -> Found {
    let words = heard.words.as_slice();
    let from = match words {
        [first, next, ..] if first.is(Cue::No) && next.after_break => 1,
        _ => 0,
    };
    let joins = |pair: &[Word]| pair[0].class.is(Class::AND.and(Class::BUT)) && pair[1].class.is(Class::NEGATOR);
    let until = words.windows(2).skip(from + 1).position(joins).map_or(words.len(), |at| at + from + 1);
    if from == 0 && until == words.len() {
        return found;
    }
    let span = (words[from].start, words[until - 1].end);
    match without(heard.language, slot, &found.text, span, &[]) {
        Some(inner) => inner.behind(found.start),
        None => found,
    }
}

/// "no idea, the tall one", "not sure really, it was fine yesterday": a first clause that says that one does not know is no part
/// of the text, and a sentence behind it is none.
fn without_not_knowing(scan: &Scan<'_>, slot: &Slot, found: Found) -> Option<Found> {
    let language = scan.language();
    let heard = scan.heard_in(&found.text);
    let end = first_clause(&heard.words);
    let clause = found.text.get(..heard.words.get(end.checked_sub(1)?)?.end)?;
    if !slots::yes_no::is_unsure(&scan.heard_in(clause)) {
        return Some(found);
    }
    let rest = found.text.get(heard.words.get(end)?.start..)?;
    let behind = Heard::of(language, rest);
    // "no idea, one with a beard" names nobody.
    let of_some = behind.words.first().is_some_and(|first| first.is(Cue::One) && !first.class.is(Class::DETERMINER));
    if of_some || labels::says_something_of(rest, &behind) {
        return None;
    }
    let start = found.start + (found.text.len() - rest.len());
    without(language, slot, scan.text, (start, found.end), &[])
}

/// "green, but can you look today?": a question behind the text is no part of it.
fn without_a_question(scan: &Scan<'_>, slot: &Slot, found: Found) -> Found {
    match before_a_question(scan) {
        Some((end, question))
            if scan.text.trim_end().ends_with('?') && (found.start + 1..found.end).contains(&question) =>
        {
            without(scan.language(), slot, scan.text, (found.start, end), &[]).unwrap_or(found)
        }
        _ => found,
    }
}

/// Where what stands before a question ends, which is the last of several clauses, and where the question begins.
fn before_a_question(scan: &Scan<'_>) -> Option<(usize, usize)> {
    let parts = clauses(scan.text, &scan.heard.tokens);
    let [.., before, last] = parts.as_slice() else { return None };
    let said = scan.text.get(last.0..)?;
    strings::is_question(said, &Heard::of(scan.language(), said)).then_some((before.1, last.0))
}

/// "Harbour Street 3": a bare number right behind a noun is part of the place or name that is asked for.
fn is_numbered(scan: &Scan<'_>, stated: &Stated) -> bool {
    let words = &scan.heard.words;
    let at = words.iter().position(|word| word.start == stated.found.start);
    let bare = stated.found.text.bytes().all(|byte| byte.is_ascii_digit());
    at.is_some_and(|at| at > 0 && bare && !words[at].after_break && words[at - 1].class == Class::CONTENT)
}

/// Whether a pattern of literal words is all that was said, but for words that carry nothing ("well, I fell down").
pub(super) fn is_verbatim(candidate: &Candidate, scan: &Scan<'_>) -> bool {
    let covered = |word: &Word| word.start >= candidate.span.0 && word.end <= candidate.span.1;
    candidate.literal_words >= 2
        && candidate.captures.is_empty()
        && scan.heard.words.iter().all(|word| covered(word) || word.is(Cue::Empty))
}

/// "I can't log in and …": a sentence about oneself that another move understands is no value of a free-text slot.
fn is_statement(candidate: &Candidate, scan: &Scan<'_>) -> bool {
    const PLAIN_MATCH: f64 = 0.75;
    let subject = scan.heard.words.iter().find(|word| !strings::is_hesitation(word));
    let speaks_of_oneself = subject.is_some_and(|word| word.is(Cue::Speaker));
    speaks_of_oneself && candidate.score >= PLAIN_MATCH && candidate.literal_words >= 2
}

/// Whether some pattern of the move captures the slot.
fn is_captured_somewhere(mv: &Move, slot: &str) -> bool {
    mv.triggers
        .iter()
        .flat_map(|trigger| &trigger.patterns)
        .flat_map(|pattern| &pattern.elements)
        .any(|element| matches!(element, Element::Capture { name, .. } if name == slot))
}
