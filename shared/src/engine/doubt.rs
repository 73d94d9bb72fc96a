//! How well what was said bears a value out. What it does not bear out is read back before it counts: a value that is wrong
//! costs the person more than a question.
//!
//! A value is in doubt where something was said that its reading leaves unexplained. Each kind is a [`Doubt`]; the table is in
//! `docs/engine.md`.

use std::ops::Range;
use std::sync::Arc;

use super::corrections::{self, PLAINLY, SECOND_THOUGHT};
use super::fill::Stated;
use super::people::{Asks, is_possessive, is_sum_of_others};
use super::repairs;
use super::rules::Standing;
use super::run::Run;
use crate::entities::{Entity, Kind, time};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::slots::labels::{self, Wanted};
use crate::slots::{self, Answer, Found, Scan, Source, effective_type, is_text, is_yes_no, strings};
use crate::text::{Heard, Word};

/// Words of a clause beside its value that may go unexplained: "tomorrow, I'll bring it".
const MAX_UNEXPLAINED_WORDS: usize = 1;
/// Words of a name, a code or a label at most; a longer text tells something.
const MAX_LABEL_WORDS: usize = 6;

/// Why a value is in doubt, as explanations have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Its clause says more than the question, the slot, the game's own words and other values explain.
    Unexplained,
    /// Something is denied or taken back beside it, and its reading did not take that up.
    TakenBack,
    /// It is told of a time that is over.
    OfThePast,
    /// It is told of a time to come, and what is asked for is what is so now.
    ToCome,
    /// It may answer the open question as well as correct another.
    Contested,
    /// A text that is not of the form of what is asked for, or of what it replaces.
    Unlike,
    /// It was said behind words that take something back, and no other reading took it up.
    LeftOver,
}

impl Doubt {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Doubt::Unexplained => "unexplained",
            Doubt::TakenBack => "taken_back",
            Doubt::OfThePast => "of_the_past",
            Doubt::ToCome => "to_come",
            Doubt::Contested => "contested",
            Doubt::Unlike => "unlike",
            Doubt::LeftOver => "left_over",
        }
    }
}

impl Run<'_> {
    /// What speaks against a value of a type that was said to its question.
    pub(super) fn doubt_of_answer(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> Option<Doubt> {
        let words = scan.heard.words.as_slice();
        if is_yes_no(scan.language(), slot) {
            return self.doubt_of_yes_or_no(mv, slot, scan, found);
        }
        let Range { start: from, end: until } = scan.heard.words_of(found.span());
        if from >= until {
            return None;
        }
        let (opening, end) = clause(words, from, until);
        let denies = |word: &Word| word.class.is(Class::NEGATOR) && !word.class.is(Class::NOTHING);
        let bounds = |word: &Word| word.class.is(Class::THAN);
        let says = |word: &Word| word.is_subject() || word.tells();
        let mark = words[..=from].iter().rposition(|word| word.after_break).unwrap_or(0);
        // "next next friday"
        let doubled = from > opening && words[from - 1].hash == words[from].hash;
        let denied = words[opening..from].iter().any(denies)
            && !words[opening..from].iter().any(bounds)
            // "two, no three", "two days, no sorry, just one"; but "Thursday's, not Monday's"
            && !(is_amount(slot) && slots::takes_itself_back(slot, scan));
        // "white wine. actually no, just tap water"; a single "no" may deny something else.
        let turns = |word: &&Word| word.is(SECOND_THOUGHT) && !word.class.is(Class::AND);
        // "five hundred. sorry, five fifty": what takes its place is not understood.
        let counts = |word: &Word| word.class.is(Class::NUMBER) || word.has_digit();
        let taken_back = strings::taken_back(words).is_some_and(|(first, end)| {
            let replaced = words[end..].first().is_some_and(counts) && words[first].after_break;
            first >= until && (words[first..end].iter().filter(turns).count() > 1 || replaced)
        });
        match effective_type(slot) {
            // What has a form of its own is not taken for anything else.
            SlotType::Email | SlotType::Phone | SlotType::Url | SlotType::Pattern(_) | SlotType::Timeframe => None,
            _ if taken_back || ends_in_a_no(&scan.heard, until) => Some(Doubt::TakenBack),
            SlotType::List(_) => None,
            _ if denied => Some(Doubt::TakenBack),
            // "couldn't tell you, I only started here today"
            SlotType::Date | SlotType::Time | SlotType::DateTime
                if mark > 0
                    && scan.heard.begins_with(Cue::Unsure) > 0
                    && words[mark..from].iter().chain(&words[until..end]).any(says) =>
            {
                Some(Doubt::Unexplained)
            }
            // "she'll be 80 in June" to "How old?", "I'll be 18 on 3 May" to "When were you born?"
            _ if (slots::is_age(scan.language(), slot) || slots::tells_of_the_past(scan.language(), slot))
                && is_to_come(scan, opening, from) =>
            {
                Some(Doubt::ToCome)
            }
            SlotType::Date | SlotType::Time | SlotType::DateTime if doubled => Some(Doubt::Unexplained),
            // "end of the month, they haven't given me the keys yet"
            SlotType::Date
                if words[end..].iter().any(denies)
                    && (from..until).any(|at| scan.language().prefix(&words[at..until], Cue::PeriodEdge) > 0) =>
            {
                Some(Doubt::Unexplained)
            }
            // "not sure what it is called, the thing that goes with the laptop"
            SlotType::Enum(_) | SlotType::EnumFrom(_) => {
                let unsure = opening > 0 && scan.heard.begins_with(Cue::Unsure) > 0;
                let rest = || words[opening..from].iter().chain(&words[until..end]);
                // "no need, I have packed it all": a bare no may be of something else.
                let declined = scan.heard.begins_with(Cue::Decline);
                let bare = declined == 1 && words[0].class.is(Class::BARE_NO);
                if declined > 0 && !bare && opening >= declined && rest().any(|word| word.class.is(Class::AUXILIARY)) {
                    return Some(Doubt::TakenBack);
                }
                (unsure && self.unexplained(mv, slot, scan, rest()) > 0).then_some(Doubt::Unexplained)
            }
            // "thirty and something" are more than thirty.
            SlotType::Money | SlotType::Number | SlotType::Range { .. } | SlotType::Quantity
                if is_more(scan, until) || is_sum_of_others(scan.language(), &words[from..until]) =>
            {
                Some(Doubt::Unexplained)
            }
            // "I paid 70 at the last place"
            SlotType::Money if is_told_of_before(scan, &words[opening..from]) => Some(Doubt::OfThePast),
            SlotType::Money | SlotType::Number | SlotType::Range { .. } if counts_again(scan, end) => {
                Some(Doubt::Contested)
            }
            // "six floors" to "How many metres?": another thing than the unit that is asked for.
            SlotType::Number | SlotType::Range { .. }
                if self.numbers_a_noun(mv, scan, &Stated { slot: slot.name.clone(), found: found.clone() })
                    && slots::counts_a_unit(scan, &self.with_question(mv, slot)) =>
            {
                Some(Doubt::Unexplained)
            }
            _ => {
                let rest = words[opening..from].iter().chain(&words[until..end]);
                let unexplained = self.unexplained(mv, slot, scan, rest);
                (unexplained > MAX_UNEXPLAINED_WORDS).then_some(Doubt::Unexplained)
            }
        }
    }

    /// "I'd rather not, I'll do it myself" begins like a yes.
    fn doubt_of_yes_or_no(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> Option<Doubt> {
        let words = scan.heard.words.as_slice();
        let first = words.iter().find(|word| !strings::is_hesitation(word))?;
        let yes = found.value != serde_json::json!(false);
        if first.class.is(Class::ANSWER.and(Class::BARE_NO)) {
            return None;
        }
        // "there is, but it has been out of order for months"
        let but = words.windows(2).position(|pair| pair[0].is(Cue::But) && !pair[1].class.is(Class::ANSWER));
        if yes && but.is_some_and(|but| !words[..but].iter().any(|word| word.class.is(Class::ANSWER))) {
            return Some(Doubt::Unexplained);
        }
        if slots::yes_no::plain(&scan.heard).or_else(|| slots::yes_no::concluded(&scan.heard)).is_some() {
            return None;
        }
        if yes && words.iter().any(|word| word.class.is(Class::NEGATOR)) {
            return Some(Doubt::TakenBack);
        }
        let (_, end) = clause(words, 0, 1);
        let unexplained = self.unexplained(mv, slot, scan, words[..end].iter());
        (unexplained > MAX_UNEXPLAINED_WORDS).then_some(Doubt::Unexplained)
    }

    /// What speaks against a value that was said beside something else.
    pub(super) fn doubt_of_mention(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> Option<Doubt> {
        let words = scan.heard.words.as_slice();
        let Range { start: from, end: until } = scan.heard.words_of(found.span());
        if from >= until {
            return None;
        }
        // "all his shots are done", in the words of the question and not in the slot's name
        let name = slots::spoken_name(slot);
        if is_yes_no(scan.language(), slot) && slots::yes_no::named(name, &scan.heard).is_none() {
            return Some(Doubt::Unexplained);
        }
        let (opening, end) = clause(words, from, until);
        // "stolen I think. oh wait, no, it is still inside"
        let nearest = |end: usize| !scan.entities.iter().any(|entity| found.end <= entity.start && entity.end <= end);
        let turns = |word: &&Word| word.is(SECOND_THOUGHT) && !word.class.is(Class::AND);
        let taken_back = strings::taken_back(words).is_some_and(|(first, end)| {
            first >= until && words[first..end].iter().filter(turns).count() > 1 && nearest(words[first].start)
        });
        if taken_back {
            return Some(Doubt::TakenBack);
        }
        let day = matches!(effective_type(slot), SlotType::Date | SlotType::DateTime);
        let to_come = day && !slots::tells_of_the_past(scan.language(), slot) && !self.asks_for_the_past(mv, slot);
        if to_come && slots::is_told_of_the_past(scan, found.span()) {
            return Some(Doubt::OfThePast);
        }
        // "we land on the 15th" where a day of birth is open: of a day of the month alone nothing says that it is over.
        let said = &words[from..until];
        let of_month = said.iter().filter(|word| word.has_digit()).count() == 1
            && said.iter().all(|word| word.has_digit() || word.class.is(Class::FUNCTION));
        if day && !to_come && of_month && !slots::is_told_of_the_past(scan, found.span()) {
            return Some(Doubt::Unexplained);
        }
        // "at the end of the month"
        if day && (from..until).any(|at| scan.language().prefix(&words[at..until], Cue::PeriodEdge) > 0) {
            return Some(Doubt::Unexplained);
        }
        // "I'm Ana Gil" where the guest's name is open: somebody else may be meant.
        if self.is_of_the_speaker(mv, slot, scan, found) {
            return Some(Doubt::Unexplained);
        }
        // "it's a Corsa": a name that nothing else tells to be one.
        let of_no_year = || !words[opening..end].iter().any(Word::has_digit);
        let article = |word: &Word| word.is(Cue::ArticleIndefinite) || is_possessive(word);
        if until - from == 1
            && is_text(slot)
            && words[..from].last().is_some_and(article)
            && of_no_year()
            && self.asks_whom(mv, slot) == Asks::Thing
        {
            return Some(Doubt::Unexplained);
        }
        // "in Mercer House" may be said of something else.
        if self.asks_for_an_address(mv, slot) && !words[from..until].iter().any(Word::has_digit) {
            return Some(Doubt::Unexplained);
        }
        // A year is over more often than not.
        let amount = is_amount(slot) && !slots::takes_years(effective_type(slot));
        let place = (words[opening].start, words[end - 1].end);
        if amount && (is_more(scan, until) || is_sum_of_others(scan.language(), &words[from..until])) {
            return Some(Doubt::Unexplained);
        }
        // "they are two brothers", "she turns 60 on the 12th": a sentence tells of somebody else.
        let stated = Stated { slot: slot.name.clone(), found: found.clone() };
        let subject = |word: &Word| word.is_subject() && !word.is(Cue::Speaker);
        // "my sister flies out on the 10th"
        let relative = |who: &Word, verb: &Word| {
            let plain = !verb.after_break && verb.class == Class::CONTENT && !verb.is_capital(scan.text);
            who.class.is(Class::KIN) && !who.class.is(Class::DETERMINER) && plain
        };
        let before = &words[opening..from];
        let told = before.iter().any(subject) || before.windows(2).any(|pair| relative(&pair[0], &pair[1]));
        let beside = || words[opening..from].iter().chain(&words[until..end]);
        if told
            && (self.numbers_a_noun(mv, scan, &stated)
                || to_come && (self.unexplained(mv, slot, scan, beside()) > 0 || is_to_come(scan, opening, from)))
        {
            return Some(Doubt::Unexplained);
        }
        if amount && slots::is_age(scan.language(), slot) && is_to_come(scan, opening, from) {
            return Some(Doubt::ToCome);
        }
        (amount && self.is_told_of_the_past(mv, scan, place)).then_some(Doubt::OfThePast)
    }

    /// What speaks against a text as the value of its slot.
    pub(super) fn doubt_of_text(&self, mv: &Move, slot: &Slot, found: &Found) -> Option<Doubt> {
        let heard = self.heard_in(&found.text);
        let words = heard.words.as_slice();
        // "Rivadavia 5480", "sept 3": nobody is called by figures.
        let counts = |word: &Word| word.has_digit() || word.class.is(Class::NUMBER);
        if words.iter().any(counts) && matches!(self.wanted(mv, slot), Wanted::Name | Wanted::Person) {
            return Some(Doubt::Unlike);
        }
        if words.len() <= MAX_LABEL_WORDS && words.iter().all(Word::tells) {
            return None;
        }
        let wanted = self.wanted(mv, slot);
        let sets_apart = |word: &Word| word.is([Cue::No, Cue::TakesBack]) || word.class.is(Class::NOTHING);
        // "please don't call, chat is fine": somebody is told what not to do.
        let orders = || {
            let courtesy = heard.begins_with(Cue::Courtesy);
            let first = words.get(courtesy..).unwrap_or(&[]);
            courtesy > 0
                && matches!(first, [verb, not, ..] if verb.class.is(Class::AUXILIARY) && not.class.is(Class::NEGATOR))
        };
        let refuses = matches!(words, [first, next, ..] if sets_apart(first) && next.after_break) || orders();
        let turns = heard.begins_with(PLAINLY.with(Cue::Announcement)) > 0 || repairs::opening(&heard).is_some();
        let told = words.iter().any(|word| tells(&found.text, word));
        let nominal = || heard.len() <= MAX_LABEL_WORDS && labels::is_nominal(&found.text, words);
        let unlike = match wanted {
            Wanted::Words => false,
            // "to St Pancras"
            Wanted::Place => told || words.first().is_some_and(|first| first.is(Cue::Into)),
            Wanted::Name | Wanted::Person => {
                told || !nominal() || words.iter().any(|word| is_of_people(&found.text, word))
            }
            Wanted::Label => {
                let address = || self.asks_for_an_address(mv, slot) && labels::is_nominal(&found.text, words);
                let long = heard.len() > MAX_LABEL_WORDS && !address();
                told || long || is_whose(&found.text, words)
            }
            Wanted::Code => told || !nominal() || is_whose(&found.text, words),
        };
        (turns || refuses || unlike).then_some(Doubt::Unlike)
    }

    /// What speaks against a value in the place of another. `asked` is the slot whose question is open, where nothing says plainly
    /// that the utterance goes back to another.
    pub(super) fn doubt_of_correction(
        &self,
        mv: &Move,
        slot: &Slot,
        scan: &Scan<'_>,
        found: &Found,
        asked: Option<&Slot>,
    ) -> Option<Doubt> {
        let rival = |asked: &Slot| {
            let told = !slots::is_text(asked) && !is_yes_no(scan.language(), asked);
            asked.name != slot.name && told && scan.states(asked)
        };
        if asked.is_some_and(rival) {
            return Some(Doubt::Contested);
        }
        if !slots::is_text(slot) {
            return None;
        }
        let held = self.state.active.as_ref()?.slot(&slot.name)?;
        let capitals = |text: &str| text.chars().any(char::is_uppercase);
        let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@');
        let unlike = capitals(&held.text) && !capitals(&found.text) || digits(&held.text) != digits(&found.text);
        let heard = Heard::of(scan.language(), &found.text);
        let names = self.wanted(mv, slot) == Wanted::Words || labels::is_nominal(&found.text, &heard.words);
        self.doubt_of_text(mv, slot, found).or((unlike || !names).then_some(Doubt::Unlike))
    }

    /// Whether a slot holds a day, and another day or moment of its move is still open.
    pub(super) fn leaves_a_day_open(&self, mv: &Move, slot: &Slot) -> bool {
        let is_day = |slot: &Slot| matches!(effective_type(slot), SlotType::Date | SlotType::DateTime);
        let open = |other: &Slot| {
            let frame = self.state.active.as_ref();
            is_day(other)
                && frame.is_some_and(|frame| frame.is_open(&other.name))
                && self.standing(mv, other) != Standing::Needless
        };
        is_day(slot) && mv.slots.iter().any(|other| other.name != slot.name && open(other))
    }

    /// Whether a clause is dated in the past, and no slot of the move asks for what has been.
    fn is_told_of_the_past(&self, mv: &Move, scan: &Scan<'_>, clause: (usize, usize)) -> bool {
        let is_over = |entity: &&Entity| {
            clause.0 <= entity.start && entity.end <= clause.1 && slots::has_ended(entity, scan.reference)
        };
        scan.entities.iter().any(|entity| is_over(&entity))
            && !mv
                .slots
                .iter()
                .any(|slot| slots::tells_of_the_past(scan.language(), slot) || self.asks_for_the_past(mv, slot))
    }

    /// "it's 22 Fen Lane, flat 3": whether a number stands among words that tell of something else.
    pub(super) fn numbers_another(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        let words = scan.heard.words.as_slice();
        let Range { start: from, end: until } = scan.heard.words_of(found.span());
        if !slots::is_number(slot) || from >= until {
            return false;
        }
        let (opening, end) = clause(words, from, until);
        let rest = words[opening..from].iter().chain(&words[until..end]);
        let of_a_noun = words[..from].last().is_some_and(Word::tells) && self.is_no_count(mv, slot, scan, found);
        // "the code is 4471"
        let question = self.question(mv, slot);
        let own = |noun: &Word| question.name.holds(noun) || question.heard.holds(noun) || noun.is(Cue::TypeName);
        let of_a_noun =
            of_a_noun || matches!(&words[..from], [.., noun, is] if is.is(Cue::Copula) && noun.tells() && !own(noun));
        of_a_noun || self.unexplained(mv, slot, scan, rest) > MAX_UNEXPLAINED_WORDS
    }

    /// How many of the words are of content, and nothing explains them.
    pub(super) fn unexplained<'w>(
        &self,
        mv: &Move,
        slot: &Slot,
        scan: &Scan<'_>,
        words: impl Iterator<Item = &'w Word>,
    ) -> usize {
        let index = self.input.game.index();
        let question = self.question(mv, slot);
        let unknown = |word: &&Word| {
            word.tells()
                && !word.has_digit()
                && index.find_word(word.hash).is_none()
                && index.find_stem(word.stem(scan.language()).hash()).is_none()
                && !scan.entities.iter().any(|entity| entity.start <= word.start && word.end <= entity.end)
                && !question.name.holds(word)
                && !question.heard.holds(word)
        };
        words.filter(unknown).count()
    }

    /// Reads a value back that is in doubt.
    pub(super) fn read_back_if(&mut self, slot: &Slot, doubt: Option<Doubt>) {
        let Some(doubt) = doubt else { return };
        if self.input.turn.settings.explain {
            self.tell.doubts.push((slot.name.clone(), doubt));
        }
        // What must not be shown stays where it is known as such.
        if self.is_sensitive(slot) {
            self.read_back(&slot.name);
        } else if let Some(frame) = &mut self.state.active {
            frame.doubt(&slot.name);
        }
    }

    /// "sorry, at 12, and we are three": a value of a slot that holds another is said beside words that take something back, and
    /// nothing took it up. It is read back.
    pub(super) fn ask_about_what_is_left(&mut self, mv: &Move) {
        let heard = self.heard();
        let language = self.language();
        // "yes, code is 4471" takes nothing back.
        let takes_back = |word: &Word| word.is(SECOND_THOUGHT) && !word.is(Cue::Yes);
        let words = heard.words.as_slice();
        // "and she's ten by now, sorry": at the end they are said of the clause before.
        let trailing = words.iter().rev().take_while(|word| takes_back(word)).count();
        let said = &words[..words.len() - trailing];
        let last = match trailing {
            0 => said.iter().rposition(takes_back),
            _ => said.iter().rposition(|word| word.after_break),
        };
        let Some(mark) = last.map(|at| words[at].start) else { return };
        let Some(frame) = &self.state.active else { return };
        let typed = |slot: &&Slot| {
            !matches!(effective_type(slot), SlotType::String | SlotType::List(_))
                && !is_yes_no(language, slot)
                && frame.slot(&slot.name).is_some()
        };
        let held: Vec<&Slot> = mv.slots.iter().filter(typed).collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let (text, reference, header) = (self.text.clone(), self.reference, Arc::clone(&self.input.header));
        let scan = Scan::over(&text, heard, held.iter().copied(), &reference).knowing(&header.vocabulary);
        let is_held = |found: &Found| frame.slots.iter().any(|(_, held)| held.value == found.value);
        let begins = |found: &Found| frame.begun.as_ref().is_some_and(|(_, said)| said.contains(&found.text));
        let in_text = |found: &Found| {
            let filled = self.tell.filled.iter().filter_map(|filled| frame.slot(&filled.slot));
            filled.into_iter().any(|held| held.value.is_string() && held.text.contains(&found.text))
        };
        // "cream and vanilla" to a question for a list, where vanilla is an option of another slot as well
        let in_list = |found: &Found| {
            let filled = self.tell.filled.iter().filter_map(|filled| {
                let slot = mv.slots.iter().find(|slot| slot.name == filled.slot)?;
                Some((slot, frame.slot(&filled.slot)?.value.as_array()?))
            });
            let members = |slot: &Slot| match slots::read_value(slot, &found.text, &reference) {
                Answer::Value { found, .. } => found.value.as_array().cloned().unwrap_or_default(),
                Answer::Refused(_) | Answer::Absent => Vec::new(),
            };
            let holds = |(slot, held): (&Slot, &Vec<serde_json::Value>)| {
                let said = members(slot);
                !said.is_empty() && said.iter().all(|member| held.contains(member))
            };
            filled.into_iter().any(holds)
        };
        // "3 instead of 2"
        let refused = corrections::refused_and_wanted(&scan.heard).map(|(refused, _)| refused);
        let denied = |found: &Found| {
            if refused.is_some_and(|(from, until)| from <= found.start && found.end <= until) {
                return true;
            }
            let words = scan.heard.words.as_slice();
            let Range { start: from, end: until } = scan.heard.words_of(found.span());
            let (opening, end) = clause(words, from, until);
            words[opening..end].iter().any(|word| word.class.is(Class::NEGATOR))
        };
        // "I am having one fitted"
        let points = |found: &Found| {
            let range = scan.heard.words_of(found.span());
            scan.heard.words.get(range).is_some_and(|words| words.iter().all(|word| word.is(Cue::One)))
        };
        let left = slots::mentions(&held, &names, &scan, &[(0, mark)]).into_iter().find(|left| {
            let found = &left.found;
            let numbers = held.get(left.slot).is_some_and(|slot| self.numbers_another(mv, slot, &scan, found));
            !points(found)
                && !is_held(found)
                && !in_text(found)
                && !in_list(found)
                && !begins(found)
                && !denied(found)
                && !numbers
        });
        let left = left.and_then(|left| Some((held.get(left.slot).copied()?.clone(), left.found)));
        let Some((slot, found)) = left.or_else(|| self.address_again(mv, &scan, mark)) else { return };
        self.fill(&slot, &found, Source::Correction);
        self.read_back_if(&slot, Some(Doubt::LeftOver));
    }
}

/// Whether a slot takes so much of something.
fn is_amount(slot: &Slot) -> bool {
    slots::is_number(slot) || matches!(effective_type(slot), SlotType::Money | SlotType::Quantity)
}

/// Whether what stands behind a number says that it is more than that.
pub(super) fn is_more(scan: &Scan<'_>, until: usize) -> bool {
    let language = scan.language();
    // "two more" are so many beside others; "six more or less" are about six.
    let more = |behind: &[Word]| language.prefix(behind, Cue::AndMore) > language.prefix(behind, Cue::Approximate);
    scan.heard.words.get(until..).is_some_and(more)
}

/// "I paid", "me cobraron": whether what stands before an amount in its clause tells what somebody did.
fn is_told_of_before(scan: &Scan<'_>, before: &[Word]) -> bool {
    let did = |word: &Word| word.class == Class::CONTENT && time::is_past(&word.text, scan.reference.language);
    let opens = before.first().is_some_and(|first| first.is_subject() || did(first) || first.class.is(Class::PRONOUN));
    opens && before.iter().any(did)
}

/// "on Friday I work, so no": a clause behind a value is nothing but a no.
fn ends_in_a_no(heard: &Heard, until: usize) -> bool {
    let words = heard.words.get(until..).unwrap_or(&[]);
    let Some(from) = words.iter().rposition(|word| word.after_break) else { return false };
    let grammar = Class::FUNCTION.and(Class::FILLER).and(Class::CONCLUDES).and(Class::BREAK).and(Class::NEGATOR);
    words.last().is_some_and(|last| last.class.is(Class::NEGATOR) && last.class.is(Class::BARE_NO))
        && words[from..].iter().all(|word| word.class.is(grammar))
        && !heard.tokens.ends_asking()
}

/// "twelve hundred, well, fifteen hundred if that's with the pool": a clause behind a number begins with another.
fn counts_again(scan: &Scan<'_>, until: usize) -> bool {
    let words = scan.heard.words.get(until..).unwrap_or(&[]);
    let Some(first) = words.iter().find(|word| !strings::is_hesitation(word)) else { return false };
    let of_another = |entity: &Entity| {
        let holds = entity.start <= first.start && first.end <= entity.end;
        holds && !matches!(entity.kind, Kind::Number | Kind::Money | Kind::DateRange)
    };
    // "3 nights, 2 adults", "four seats, one of them for a child" count something else.
    let own = scan.entities.iter().find(|entity| entity.start <= first.start && first.start < entity.end);
    let until = own.map_or(first.end, |entity| entity.end);
    let alone = |next: &Word| next.after_break || !(next.class == Class::CONTENT || next.class.is(Class::OF));
    (first.class.is(Class::NUMBER) || first.has_digit())
        && words.iter().find(|word| word.start >= until).is_none_or(alone)
        && !scan.entities.iter().any(of_another)
}

/// "she'll be 80", "va a cumplir 80": words before a value say that it is to come.
fn is_to_come(scan: &Scan<'_>, opening: usize, from: usize) -> bool {
    let words = scan.heard.words.as_slice();
    (opening..from).any(|at| scan.language().prefix(&words[at..from], Cue::Coming) > 0)
}

/// Whether a word tells something and names nothing: a verb, a subject, what denies or begins a clause.
fn tells(text: &str, word: &Word) -> bool {
    let grammar = Class::NEGATOR.and(Class::AUXILIARY).and(Class::BREAK).and(Class::QUESTION).and(Class::SUBJECT);
    word.class.is(grammar) && !word.class.is(Class::DETERMINER) && !word.is_capital(text)
}

/// "late husband's name, Walter Higgs": a word for a person or a name is no part of a name.
fn is_of_people(text: &str, word: &Word) -> bool {
    !word.is_capital(text) && (word.class.is(Class::KIN) || word.is(Cue::SlotOfName))
}

/// "my boyfriend's", "de mi novio": whose something is, and not what.
fn is_whose(text: &str, words: &[Word]) -> bool {
    let mut telling = words.iter().filter(|word| word.tells() || word.class.is(Class::KIN)).peekable();
    telling.peek().is_some() && telling.all(|word| is_of_people(text, word))
}

/// The clause around the words from `from` to `until`: marks and words that join or begin clauses bound it.
pub(super) fn clause(words: &[Word], from: usize, until: usize) -> (usize, usize) {
    let parts = Class::AND.and(Class::BUT).and(Class::BREAK);
    let begins = |at: usize| words[at].after_break || at > 0 && words[at - 1].class.is(parts);
    let opening = (0..=from.min(words.len().saturating_sub(1))).rev().find(|at| *at == 0 || begins(*at)).unwrap_or(0);
    let end = (until..words.len()).find(|at| words[*at].after_break || words[*at].class.is(parts));
    (opening, end.unwrap_or(words.len()))
}
