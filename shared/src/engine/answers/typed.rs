//! Answers to a question for a value of a type: a number, a day, an option.

use std::sync::Arc;

use super::super::corrections::{self, SECOND_THOUGHT};
use super::super::doubt::{Doubt, is_more};
use super::super::hear::clauses;
use super::super::prepositions::options_of_others;
use super::super::run::{Reading, Run};
use super::super::turn::is_certain;
use super::super::wording;
use super::{Answered, Asking};
use crate::entities::time::impossible_date;
use crate::entities::{Entity, Kind, Reference};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue, Text};
use crate::matcher::Candidate;
use crate::slots::{self, Answer, Found, Scan, Source, Sureness, effective_type, is_yes_no, reason, strings};
use crate::text::{Heard, Word, between_marks, first_clause};

impl Run<'_> {
    /// "not tomorrow, the day after"; whether it was that.
    pub(super) fn fill_what_is_wanted_instead(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { slot, scan, .. } = asking;
        // "not sure what it is called, the thing that …" refuses nothing.
        if is_yes_no(scan.language(), slot) || scan.heard.begins_with(Cue::Unsure) > 1 {
            return false;
        }
        let Some(found) = self.wanted_instead(slot, scan) else { return false };
        self.fill(slot, &found, Source::Answer);
        if *effective_type(slot) == SlotType::Time {
            self.change_the_day(asking.mv, scan, (0, scan.text.len()));
        }
        self.fill_beside_answer(asking.mv, slot, scan, (0, scan.text.len()));
        true
    }

    /// The value that is asked for; a move that scores as if it were certain is gone to as well, where more was said.
    pub(super) fn typed_value(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        if let Some(said) = slots::not_among(slot, scan) {
            let words = wording::none_such(&said).in_words(self.language());
            self.agenda.refusals.push(words);
        }
        let shared =
            mv.slots.iter().any(|other| other.name != slot.name && effective_type(other) == effective_type(slot));
        let mut contested = false;
        let mut others = self.numbers_of_others(mv, slot, scan);
        let of_speakers = self.number_of_speakers(mv, slot, scan);
        if let Some((span, other)) = of_speakers {
            others.push(span);
            self.take_for(other, scan, span);
        }
        // "me and two mates" are three, and two of nothing else.
        let party = slots::is_number(slot).then(|| self.party(mv, scan)).flatten();
        let people = party.filter(|(.., of)| *of == Some(slot.name.as_str())).and_then(|(span, count, _)| {
            let said = slots::read_value(slot, &count?.to_string(), scan.reference);
            Some(match said {
                Answer::Value { found, .. } => {
                    Answer::Value { found: Found { start: span.0, end: span.1, ..found }, whole: false }
                }
                refused => refused,
            })
        });
        others.extend(party.map(|(span, ..)| span));
        others.extend(asked_beside(scan));
        others.extend(asked_of_an_option(slot, scan));
        others.extend(options_of_others(mv, slot, scan));
        let blanked = others.into_iter().fold(None, |text: Option<String>, span| {
            Some(super::super::hear::blanked(text.as_deref().unwrap_or(scan.text), span))
        });
        let of_people = people.is_some();
        let said = people.unwrap_or_else(|| match &blanked {
            Some(text) => slots::read_answer(slot, &Scan::of(text, [*slot], scan.reference).knowing(scan.terms())),
            None => slots::read_answer(slot, scan),
        });
        let said = self.said_first(slot, scan, said);
        // "never, we moved in at Christmas"
        let never = scan.heard.words.first().is_some_and(|first| {
            first.class.is(Class::NEGATOR)
                && !first.is(SECOND_THOUGHT)
                && scan.heard.words.get(1).is_some_and(|next| next.after_break)
        });
        let otherwise = strings::says_otherwise(&scan.heard);
        let answer = match said {
            Answer::Value { .. } if never && slots::is_of_time(effective_type(slot)) => {
                Answer::Refused(reason(self.language(), slot))
            }
            Answer::Value { found, .. } if !shared && !of_people && slots::states_several(slot, scan, &found) => {
                match slots::first_clause(slot, scan) {
                    // "quarter to six, our flight's at nine"; "…, or if I don't answer, …"
                    Some(alone) if otherwise || !scan.heard.tokens.classes().is(Class::OR) => {
                        contested = !otherwise;
                        alone
                    }
                    _ => Answer::Refused(slots::reason_for_one(scan.language(), slot)),
                }
            }
            Answer::Value { found, .. } if self.is_anothers_time(mv, slot, &found) => Answer::Absent,
            // "on the 30th of Feb or so, no, the end of last month"
            Answer::Value { .. } if !slots::takes_itself_back(slot, scan) && names_no_day(slot, scan) => {
                Answer::Refused(self.why_no_value(asking))
            }
            Answer::Value { .. } if slots::leaves_the_day_open(slot, scan) => {
                Answer::Refused(self.why_no_value(asking))
            }
            Answer::Value { found, whole: false } if self.counts_in_a_sentence(mv, slot, scan, &found) => {
                Answer::Refused(slots::reason_for_one(scan.language(), slot))
            }
            answer => answer,
        };
        match answer {
            Answer::Value { found, whole } if found.fits => {
                let leaves = if whole { None } else { self.interruption().filter(is_certain) };
                let leaves =
                    leaves.filter(|_| !slots::is_whole(slot, scan, found.span(), &self.question(mv, slot).heard.words));
                self.fill(slot, &found, Source::Answer);
                let filled = self.tell.filled.len();
                let said = answering_span(slot, scan, &found);
                self.fill_beside_answer(mv, slot, scan, said);
                self.correct_beside(mv, slot, scan, said);
                let corrected = self.tell.reading == Reading::Correction;
                let took_more = corrected || self.tell.filled.len() > filled || leaves.is_some();
                if is_yes_no(scan.language(), slot)
                    && !took_more
                    && self.tell_what_is_unheard(mv, slot, scan, found.value != serde_json::json!(false))
                {
                    self.unfill(slot);
                    return Some(Answered::GoesOn);
                }
                let is_told = !whole
                    || is_yes_no(scan.language(), slot)
                    || matches!(effective_type(slot), SlotType::List(_))
                    || scan.heard.begins_with(Cue::Decline) > 1
                    || is_more(scan, scan.heard.words_of(found.span()).end);
                if contested || is_told && !corrected {
                    let doubt = contested.then_some(Doubt::Contested);
                    let doubt = doubt.or_else(|| self.doubt_of_answer(mv, slot, scan, &found));
                    self.read_back_if(slot, doubt);
                }
                Some(leaves.map_or(Answered::GoesOn, |other| Answered::Leaves(Box::new(other))))
            }
            Answer::Value { .. } => Some(Answered::Refused(reason(self.language(), slot))),
            Answer::Refused(reason) => Some(match self.interruption() {
                Some(other) if is_certain(&other) => Answered::Leaves(Box::new(other)),
                _ => Answered::Refused(reason),
            }),
            Answer::Absent => {
                let open = slots::leaves_the_day_open(slot, scan);
                let says =
                    of_speakers.is_some() || !open && self.edge_of_period(asking) || self.half_of_a_moment(asking);
                says.then_some(Answered::GoesOn)
            }
        }
    }

    /// "the 14th, the wedding is on the 15th", "12, but two of them can't swim": the first clause is a value by itself, and sentences
    /// behind it tell of something else.
    fn said_first(&self, slot: &Slot, scan: &Scan<'_>, said: Answer) -> Answer {
        let counts = slots::is_number(slot);
        let words = scan.heard.words.as_slice();
        let end = first_clause(words);
        let later = match &said {
            Answer::Value { found, .. } => words.get(end).is_some_and(|next| next.start <= found.start),
            Answer::Refused(_) => counts,
            Answer::Absent => false,
        };
        let tells = |clause: &[Word]| {
            let subject = |word: &Word| word.is_subject() || word.class.is(Class::AUXILIARY);
            let turns =
                |word: &Word| word.is(SECOND_THOUGHT.with(Cue::Unsure)) && !word.class.is(Class::AND.and(Class::BUT));
            clause.iter().any(subject)
                && !clause.iter().any(turns)
                && !clause.iter().any(|word| word.class.is(Class::OR))
        };
        if !later
            || end == words.len()
            || slots::takes_itself_back(slot, scan)
            || scan.heard.tokens.classes().is(Class::CONCLUDES)
            || !between_marks(&words[end..]).all(tells)
        {
            return said;
        }
        slots::first_clause(slot, scan).unwrap_or(said)
    }

    /// A number that was said for another slot: it fills it, or takes the place of what that holds.
    fn take_for(&mut self, other: &Slot, scan: &Scan<'_>, span: (usize, usize)) {
        let said = scan.text.get(span.0..span.1).unwrap_or_default();
        let Answer::Value { found, .. } = slots::read_value(other, said, scan.reference) else { return };
        let held = self.state.active.as_ref().and_then(|frame| frame.slot(&other.name)).map(|held| held.value.clone());
        match held {
            _ if !found.fits => {}
            Some(held) if held == found.value => {}
            Some(_) => self.replace(other, &found),
            None => self.fill(other, &found, Source::Mention),
        }
    }

    /// Whether an answer says again what was said of a moment that is asked for: "tomorrow", and then "no, friday".
    pub(super) fn goes_on_with_a_moment(&self, slot: &Slot, said: &str, reference: &Reference) -> bool {
        let begun = self.state.active.as_ref().and_then(|frame| frame.begun.as_ref());
        begun.is_some_and(|(name, _)| *name == slot.name)
            && [SlotType::Date, SlotType::Time].into_iter().any(|ty| {
                let part = Slot { ty, ..slot.clone() };
                matches!(slots::read_value(&part, said, reference), Answer::Value { found, .. } if found.fits)
            })
    }

    /// "next friday", and then "at 11": of a moment the day or the time may be said first, and what is missing is asked for.
    fn half_of_a_moment(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { slot, scan, .. } = asking;
        if *effective_type(slot) != SlotType::DateTime || self.interruption().is_some() {
            return false;
        }
        let of_type = |ty| Slot { ty, ..(*slot).clone() };
        let part = |ty, said: &str| match slots::read_value(&of_type(ty), said, scan.reference) {
            Answer::Value { found, .. } if found.fits => Some(found),
            _ => None,
        };
        let (day, time) = (part(SlotType::Date, scan.text), part(SlotType::Time, scan.text));
        /// Words that may be all of a half, "the friday after next".
        const MAX_WORDS: usize = 5;
        let Some(half) = day.as_ref().or(time.as_ref()) else { return false };
        // "after work, so at 7": without what stands before it, it would be another hour.
        let told = |half: &Found, ty| part(ty, &half.text).is_some_and(|alone| alone.value == half.value);
        let alone = told(half, if day.is_some() { SlotType::Date } else { SlotType::Time });
        let said = if scan.heard.len() <= MAX_WORDS || !alone { scan.text.trim() } else { &half.text }.to_owned();
        let begun = self.state.active.as_ref().and_then(|frame| frame.begun.clone());
        let begun = begun.filter(|(name, _)| *name == slot.name).map(|(_, said)| said).unwrap_or_default();
        let (day, time) = (day.or_else(|| part(SlotType::Date, &begun)), time.or_else(|| part(SlotType::Time, &begun)));
        let whole = format!("{begun} {said}");
        let moment = part(SlotType::DateTime, &whole).map(|found| found.value).or_else(|| {
            let (day, time) = (day.as_ref()?.value.as_str()?, time.as_ref()?.value.as_str()?);
            Some(serde_json::Value::String(slots::at_time(day, time)))
        });
        match moment {
            Some(value) => {
                self.fill(slot, &Found::new((0, scan.text.len()), whole, value), Source::Answer);
            }
            None => {
                let missing = of_type(if day.is_some() { SlotType::Time } else { SlotType::Date });
                self.agenda.refusals.push(reason(self.language(), &missing));
                if let Some(frame) = &mut self.state.active {
                    frame.begun = Some((slot.name.clone(), said));
                }
            }
        }
        true
    }

    /// "17", and "28/3 to 4/4" to "On which day do you arrive?": what is asked for is one end of a period, the first unless another day
    /// comes before it; a day that is open as well takes the other.
    fn edge_of_period(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { mv, slot, scan, .. } = asking;
        let is_day = |slot: &&Slot| *effective_type(slot) == SlotType::Date;
        if !is_day(slot) {
            return false;
        }
        if let Some(found) = slots::bare_day(slot, scan) {
            self.fill(slot, &found, Source::Answer);
            return true;
        }
        let Some((found, end)) = slots::only_period(scan) else { return false };
        let mut days = mv.slots.iter().filter(is_day);
        let comes_first = days.next().is_some_and(|first| first.name == slot.name);
        let open = days.next().filter(|next| comes_first && self.slot_value(&next.name).is_none()).cloned();
        match (comes_first, open) {
            (true, Some(next)) => {
                self.fill(slot, &found, Source::Answer);
                self.fill(&next, &end, Source::Mention);
            }
            (true, None) => {
                self.fill(slot, &found, Source::Answer);
                // "from Monday to Tuesday" where nothing lasts: which of them is meant is asked.
                let lasts = |slot: &Slot| {
                    matches!(
                        effective_type(slot),
                        SlotType::Timeframe | SlotType::Quantity | SlotType::Number | SlotType::Range { .. }
                    )
                };
                self.read_back_if(slot, (!mv.slots.iter().any(lasts)).then_some(Doubt::Contested));
            }
            (false, _) => self.fill(slot, &end, Source::Answer),
        }
        self.fill_beside(mv, scan, found.span());
        true
    }

    /// "not tomorrow, the day after": what is wanted, by itself or as counted from what is not.
    pub(super) fn wanted_instead(&self, slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
        let (refused, wanted) = corrections::refused_and_wanted(&scan.heard)?;
        let (refused, wanted) = (scan.text.get(refused.0..refused.1)?, scan.text.get(wanted.0..wanted.1)?);
        // "the day after" counts from the day that is refused, and "the one after" is another of what that is called.
        let counts = matches!(effective_type(slot), SlotType::Date | SlotType::DateTime | SlotType::Timeframe);
        let noun = Heard::of(self.language(), refused).words.last().map(|noun| noun.text.to_string());
        let of_its_kind = |word: &Word| match &noun {
            Some(noun) if word.is(Cue::One) && !word.class.is(Class::DETERMINER) => noun.clone(),
            _ => word.text.to_string(),
        };
        let counted = if counts {
            let named = Heard::of(self.language(), wanted).words.iter().map(of_its_kind).collect::<Vec<_>>();
            format!("{} {refused}", named.join(" "))
        } else {
            wanted.to_owned()
        };
        let held = slots::read_value(slot, refused, scan.reference);
        // "not next week, the Monday after, the 16th" says which.
        let told = wanted.bytes().any(|byte| byte.is_ascii_digit());
        let read = if told { [wanted, counted.as_str()] } else { [counted.as_str(), wanted] };
        read.into_iter().find_map(|said| match slots::read_value(slot, said, scan.reference) {
            Answer::Value { found, .. } if found.fits && !is_same(&held, &found) => {
                Some(Found { start: 0, end: scan.text.len(), ..found })
            }
            _ => None,
        })
    }

    /// Another move at or above its threshold.
    pub(super) fn other_move(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        if strings::is_acknowledgement(&asking.scan.heard) {
            return None;
        }
        self.left_for(asking.mv, asking.slot, &asking.scan).map(|other| Answered::Leaves(Box::new(other)))
    }

    /// The move that interrupts. What says a value for this one ("Saturday works, any time") does not leave it for what it only comes
    /// near to.
    pub(super) fn left_for(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> Option<Candidate> {
        let other = self.interruption()?;
        let of_time = |entity: &Entity| {
            slots::is_of_time(effective_type(asked)) && matches!(entity.kind, Kind::Date | Kind::Time | Kind::DateTime)
        };
        let says = || scan.entities.iter().any(of_time) || !self.stated_beside(mv, scan, &[]).is_empty();
        (!(other.stage.is_near() && says())).then_some(other)
    }

    /// What comes near to an option is that option; what may come near to it is read back.
    pub(super) fn fill_by_meaning(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { slot, scan, .. } = asking;
        let unsure = slots::yes_no::is_unsure(&scan.heard) || slots::yes_no::ends_unsure(&scan.heard);
        if unsure || slots::left_out(slot, scan).is_some() {
            return false;
        }
        let Some((found, sureness)) = slots::meant(slot, scan, self.input.game.model()) else { return false };
        self.fill(slot, &found, Source::Meaning);
        // "not sure what it is called, the thing that …"
        if sureness == Sureness::Unsure || scan.heard.begins_with(Cue::Unsure) > 0 {
            self.read_back(&slot.name);
        }
        true
    }

    /// Why there is no value in what was said.
    pub(super) fn why_no_value(&self, asking: &Asking<'_>) -> String {
        let Asking { slot, scan, .. } = asking;
        if let Some(said) = slots::left_out(slot, scan) {
            return wording::left_out(&said).in_words(self.language());
        }
        let mut why = reason(self.language(), slot);
        if matches!(effective_type(slot), SlotType::Date | SlotType::DateTime)
            && let Some(said) = impossible_date(scan.text, scan.reference.language).and_then(|span| scan.text.get(span))
        {
            why = format!("{} {why}", self.language().say(Text::NoSuchDate, &[("value", said)]));
        }
        if let Some(said) = slots::is_no_option(slot, scan) {
            why = format!("{} {why}", wording::none_such(&said).in_words(self.language()));
        }
        let refuses = slot.required && !is_yes_no(scan.language(), slot) && strings::is_decline(&scan.heard);
        if slots::yes_no::is_unsure(&scan.heard) || refuses {
            why = format!("{} {why}", self.language().text(wording::NEEDED));
        }
        why
    }
}

/// Where an answer stands: of a yes or a no its first clause, and what is said behind it is said for something else ("yes, send it
/// to jo@mail.org").
fn answering_span(slot: &Slot, scan: &Scan<'_>, found: &Found) -> (usize, usize) {
    let first = between_marks(&scan.heard.words).next().and_then(<[_]>::last);
    match first.filter(|_| is_yes_no(scan.language(), slot)) {
        Some(last) => (found.start, last.end),
        None => (slots::start_of_what_is_taken_back(slot, scan).unwrap_or(found.start).min(found.start), found.end),
    }
}

/// "I don't mind, what does delivery cost?": clauses that only want to know something, beside others that do not.
pub(super) fn asked_beside(scan: &Scan<'_>) -> Vec<(usize, usize)> {
    let (asking, all) = clauses_that(scan, strings::is_inquiry);
    if asking.len() < all { asking } else { Vec::new() }
}

/// The clauses of which something is so, each with the mark behind its last word, and how many there are.
fn clauses_that(scan: &Scan<'_>, is_so: impl Fn(&str, &Heard) -> bool) -> (Vec<(usize, usize)>, usize) {
    let all = clauses(scan.text, &scan.heard.tokens);
    let is_so = |span: &(usize, usize)| {
        let (Some(said), Some(rest)) = (scan.text.get(span.0..span.1), scan.text.get(span.1..)) else { return false };
        let mark = if rest.trim_start().starts_with('?') { "?" } else { "" };
        is_so(&format!("{said}{mark}"), &Heard::of(scan.language(), said))
    };
    (all.iter().copied().filter(is_so).collect(), all.len())
}

/// "my mother is in a wheelchair, does she fit in the saloon?": clauses beside others that ask something about an option.
fn asked_of_an_option(slot: &Slot, scan: &Scan<'_>) -> Vec<(usize, usize)> {
    let SlotType::Enum(options) = effective_type(slot) else { return Vec::new() };
    let (asking, all) = clauses_that(scan, |said, heard| {
        let stated = slots::stated_options(options, scan.vocabulary(slot), heard);
        let named = |word: &Word| stated.iter().any(|chosen| chosen.start <= word.start && word.end <= chosen.end);
        let says = heard.words.iter().any(|word| word.tells() && !named(word));
        said.ends_with('?') && says && heard.begins_with(Cue::Request) == 0
    });
    if all < 2 { Vec::new() } else { asking }
}

/// Whether a day is said that is none.
fn names_no_day(slot: &Slot, scan: &Scan<'_>) -> bool {
    matches!(effective_type(slot), SlotType::Date | SlotType::DateTime)
        && impossible_date(scan.text, scan.reference.language).is_some()
}

/// Whether an answer is that very value.
fn is_same(answer: &Answer, found: &Found) -> bool {
    matches!(answer, Answer::Value { found: held, .. } if held.value == found.value)
}
