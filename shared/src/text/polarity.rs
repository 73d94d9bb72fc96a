//! Whether a sentence asserts what it mentions: negation, and what lies long in the past or happened to others.
//!
//! The rules are those of `docs/matching.md`. Words *before* a mention negate it, a bare "no" that answers it as a question, and
//! what denies it as the last word of its clause ("chest pain none"); a negation ends where its clause ends.

use super::tokens::{Break, Shape, Token, Tokens};
use crate::language::{Class, Cue};

/// How many words before a mention a negation can stand.
const MAX_SCOPE: usize = 24;
/// Words of one member of an enumeration ("no fever, dry cough, or chest pain").
const MAX_LIST_MEMBER: usize = 4;
/// How many words around a mention are searched for a date.
const MAX_DATE_DISTANCE: usize = 16;
/// A year that lies at least this far back makes a mention history.
const HISTORY_YEARS: i32 = 2;

/// How a mention is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Polarity {
    /// As it stands.
    Asserted,
    /// Perhaps not about here and now: another person's past.
    Doubtful,
    /// Negated, or long past.
    Denied,
}

/// Whether a phrase denies and takes the denial back: "won't stop bleeding" says that something bleeds.
#[must_use]
pub(crate) fn takes_its_denial_back(tokens: &Tokens) -> bool {
    /// Words between the negator and what takes it back: "no me deja de …".
    const REACH: usize = 2;
    let all = tokens.as_slice();
    let lifted = |at: usize| all[at + 1..].iter().take(REACH).any(|token| token.class.is(Class::LIFTS));
    (0..all.len()).any(|at| all[at].class.is(Class::NEGATOR) && lifted(at))
}

/// How the words `first..end` are meant. `year` is the current year, if it is known.
#[must_use]
pub fn polarity(tokens: &Tokens, first: usize, end: usize, year: Option<i32>) -> Polarity {
    let classes = tokens.classes();
    // "I thought I had …": what somebody wants or thinks now is as it is said.
    let believed = classes.is(Class::RAISES) && classes.is(Class::PAST);
    if !classes.is(NOTEWORTHY) && !believed && !tokens.has_data() {
        return Polarity::Asserted;
    }
    let text = Sentence { tokens, all: tokens.as_slice() };
    if classes.is(Class::NEGATOR.and(Class::INSTEAD).and(Class::NOTHING).and(Class::EXCLUDES))
        && (text.denied_before(first) || text.answered_no(end) || text.denied_behind(end))
        || classes.is(Class::NEARLY) && text.nearly(first)
    {
        return Polarity::Denied;
    }
    match text.past(first, end, year) {
        Polarity::Asserted if text.is_over(first, end) => Polarity::Doubtful,
        meant => meant,
    }
}

const NOTEWORTHY: Class = Class::NEGATOR
    .and(Class::NOTHING)
    .and(Class::INSTEAD)
    .and(Class::EXCLUDES)
    .and(Class::KIN)
    .and(Class::MEMORY)
    .and(Class::NEARLY)
    .and(Class::OVER);

struct Sentence<'a> {
    tokens: &'a Tokens,
    all: &'a [Token],
}

impl Sentence<'_> {
    fn class(&self, at: usize) -> Class {
        self.all.get(at).map_or(Class::CONTENT, |token| token.class)
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.text(at)
    }

    fn before(&self, at: usize) -> Break {
        self.all.get(at).map_or(Break::Sentence, |token| token.before)
    }

    /// Walks left from the mention to the negator whose scope it lies in, if there is one.
    fn denied_before(&self, first: usize) -> bool {
        let mut list = false; // the mention's own member of a list is led by "or"
        let mut member = 0; // words of the list member that is being crossed
        let mut clausal = false; // it has a subject or a verb, so it is no list member
        let mut joined = false; // an "and" lies between
        let mut in_first_member = true;
        for at in (first.saturating_sub(MAX_SCOPE)..first).rev() {
            match self.before(at + 1) {
                Break::None => {}
                Break::Sentence => return false,
                Break::Clause => {
                    if !list || (!in_first_member && (clausal || member > MAX_LIST_MEMBER)) {
                        return false;
                    }
                    in_first_member = false;
                    member = 0;
                    clausal = false;
                }
            }
            let class = self.class(at);
            if class.is(Class::NEGATOR) {
                match self.negator(at, first) {
                    Negator::Lifted => continue,
                    Negator::Real => return !joined || self.reaches_over_and(at),
                }
            }
            // "the nurse ruled out …"; but "has not been ruled out"
            if class.is(Class::EXCLUDES) && self.phrase(at, Cue::Excludes) > 0 {
                return !self.negated_directly(at);
            }
            // "nothing hurts"
            if class.is(Class::NOTHING) && (at + 1..first).all(|between| self.class(between).is(Class::FUNCTION)) {
                return true;
            }
            if class.is(Class::BREAK.and(Class::ADJUNCT)) {
                return false;
            }
            if class.is(Class::INSTEAD) && self.class(at + 1).is(Class::THAN) {
                return true;
            }
            if class.is(Class::SUBJECT) && !self.raised(at) {
                return false;
            }
            if class.is(Class::AND) {
                if self.starts_clause(at + 1) {
                    return false;
                }
                joined = true;
            }
            list |= class.is(Class::OR) && in_first_member;
            member += 1;
            clausal |= class.is(Class::SUBJECT.and(Class::AUXILIARY));
        }
        false
    }

    /// Whether a negator stands before a verb, with nothing but auxiliaries between them.
    fn negated_directly(&self, verb: usize) -> bool {
        let before = (0..verb).rev().take_while(|&at| self.before(at + 1) == Break::None);
        let mut before =
            before.skip_while(|&at| self.class(at).is(Class::AUXILIARY) && !self.class(at).is(Class::NEGATOR));
        before.next().is_some_and(|at| self.class(at).is(Class::NEGATOR))
    }

    /// Whether what follows an "and" is a clause of its own.
    fn starts_clause(&self, at: usize) -> bool {
        let begins = Class::SUBJECT.and(Class::AUXILIARY).and(Class::RECENT).and(Class::FILLER).and(Class::CLAUSE);
        self.class(at).is(begins)
    }

    /// Whether the clause that begins at a pronoun is governed by a verb that passes a negation on.
    fn raised(&self, at: usize) -> bool {
        let that = at > 0 && self.class(at - 1).is(Class::THAT);
        at.checked_sub(1 + usize::from(that)).is_some_and(|verb| self.class(verb).is(Class::RAISES))
    }

    fn negator(&self, at: usize, first: usize) -> Negator {
        let next = at + 1;
        let answers = self.class(at).is(Class::BARE_NO);
        // "No, …", "none and my chest …" and "no my chest …" answer; "no chest pain" negates.
        let lifted = next < first && self.class(next).is(Class::LIFTS) && !self.is_clitic(next)
            || answers && next < self.all.len() && self.class(next).is(Class::AFTER_NO.and(Class::AND).and(Class::BUT))
            || self.class(at).is(Class::NOTHING) && self.class(next).is(Class::AND.and(Class::BUT))
            || !answers && self.question(at)
            || self.phrase(next, Cue::LiftsPhrase) > 0
            || at > 0 && self.phrase(at - 1, Cue::LiftsPhrase) > 2;
        if lifted { Negator::Lifted } else { Negator::Real }
    }

    /// "no se desmayó" and not "no sé": a pronoun that is written like a verb that lifts a denial, unless what it governs follows.
    fn is_clitic(&self, at: usize) -> bool {
        let as_written = (self.all[at].end - self.all[at].start) as usize == self.word(at).len();
        let governs = Class::QUESTION.and(Class::BREAK).and(Class::THAT);
        self.class(at).is(Class::PRONOUN) && as_written && !self.class(at + 1).is(governs)
    }

    fn before_is(&self, at: usize, class: Class) -> bool {
        at.checked_sub(1).is_some_and(|before| self.class(before).is(class))
    }

    fn phrase(&self, from: usize, cue: Cue) -> usize {
        self.tokens.phrase(from, cue)
    }

    /// "why don't you …", "can't you …": a request in the form of a question.
    fn question(&self, at: usize) -> bool {
        if self.before_is(at, Class::WHY) {
            return true;
        }
        let Some(verb) = at.checked_sub(1).filter(|&verb| self.class(verb).is(Class::AUXILIARY)) else {
            return false;
        };
        if self.before_is(verb, Class::WHY) {
            return true;
        }
        let opens = verb == 0 || self.before(verb) != Break::None || self.class(verb - 1).is(Class::FILLER);
        opens
            && self.class(at + 1).is(Class::ADDRESSED.and(Class::SUBJECT))
            && self.before(at + 1) == Break::None
            && self.phrase(at + 1, Cue::NoRequest) == 0
    }

    /// "no fever and chest pain" is neither; "can't sleep and chest pain" is chest pain.
    fn reaches_over_and(&self, at: usize) -> bool {
        let mut next = at + 1;
        while self.class(next).is(Class::FILLER) {
            next += 1;
        }
        !self.class(at).is(Class::NOT) || self.class(next).is(Class::HOLDS)
    }

    /// "Chest pain? No."
    fn answered_no(&self, end: usize) -> bool {
        self.all.get(end).is_some_and(|token| token.after_question)
            && self.class(end).is(Class::DENIES)
            && !self.class(end + 1).is(Class::NO_DENIAL)
    }

    /// "chest pain none, just a cough", "del pecho nada", "fiebre no tengo": the topic first, and what denies it last.
    fn denied_behind(&self, end: usize) -> bool {
        let ends = |at: usize| self.before(at) != Break::None || self.class(at).is(Class::AND.and(Class::BUT));
        if self.before(end) != Break::None || !self.class(end).is(Class::DENIES) {
            return false;
        }
        let verb = self.class(end + 1).is(Class::HOLDS) && self.class(end).is(Class::NOT);
        // "isn't it, no?" and "duele, ¿no?" ask for a yes.
        let asks = self.all.get(end + 1).map_or(self.tokens.ends_asking(), |next| next.after_question);
        ends(end + 1 + usize::from(verb)) && !asks
    }

    /// "I nearly had …"; but "I'm almost fainting", "casi no puedo …", "for almost an hour".
    fn nearly(&self, first: usize) -> bool {
        const REACH: usize = 4;
        let measures =
            Class::NEGATOR.and(Class::NUMBER).and(Class::TIME).and(Class::DETERMINER).and(Class::AND).and(Class::BREAK);
        (first.saturating_sub(REACH)..first).rev().take_while(|&at| self.before(at + 1) == Break::None).any(|at| {
            self.class(at).is(Class::NEARLY)
                && !self.before_is(at, Class::AUXILIARY)
                && self.all.get(at + 1).is_none_or(|next| next.shape == Shape::Word)
                && !self.class(at + 1).is(measures)
        })
    }

    /// "the pain is gone", "I choked yesterday but I'm fine", "I thought I had a fever but no".
    fn is_over(&self, first: usize, end: usize) -> bool {
        const REACH: usize = 5;
        let passed = |at: &usize| {
            // "put out"
            let leads = self.class(*at).is(Class::LIGHT) && self.class(at + 1).is(Class::OVER);
            leads || self.class(*at).is(Class::FUNCTION.and(Class::FILLER).and(Class::TIME))
        };
        let said = |from: usize| {
            (from..self.all.len())
                .take(REACH)
                .take_while(|&at| at == from || self.before(at) == Break::None)
                .find(|at| !passed(at) || self.class(*at).is(Class::NEGATOR.and(Class::OVER)))
                .filter(|&at| self.class(at).is(Class::OVER) && self.has_ended(from, at))
        };
        let ends = |at: usize| {
            self.before(at) != Break::None || self.class(at).is(Class::BREAK.and(Class::AND).and(Class::TIME))
        };
        // "is gone", "has been put out"
        let light = Class::FUNCTION.and(Class::LIGHT).and(Class::FILLER);
        let until = self.clause_end(end);
        if said(end).is_some_and(|at| at < until && ends(at + 1) && self.class(at - 1).is(light)) {
            return true;
        }
        let from = self.clause_start(first);
        let around = || (from..first).chain(end..until);
        let recent = around().any(|at| self.class(at).is(Class::RECENT.and(Class::ONGOING)));
        let past = !recent && around().any(|at| self.class(at).is(Class::PAST.and(Class::TIME)));
        let believed = (from..end).any(|at| self.class(at).is(Class::PAST) && self.class(at).is(Class::RAISES));
        if !(past || believed) || !self.class(until).is(Class::BUT) {
            return false;
        }
        believed || said(until + 1).is_some() || self.class(until + 1).is(Class::DENIES) && ends(until + 2)
    }

    /// Whether the words `from..over` say of what ends in `over` that it has: "is gone", "has been put out", "se me pasó". What
    /// can, must or is to end has not ("can it be fixed", "it has to be fixed"), nor what only wants to ("needs sorted").
    fn has_ended(&self, from: usize, over: usize) -> bool {
        let verb = over > from && self.class(over - 1).is(Class::LIGHT);
        // "is on fire" holds the "has" of "has been put out".
        let from = (0..from).rev().take_while(|&at| self.class(at).is(Class::AUXILIARY)).last().unwrap_or(from);
        let finite = Class::AUXILIARY.and(Class::PRONOUN).and(Class::FILLER).and(Class::TIME);
        let led_to = |at: usize| at > from && self.class(at - 1).is(Class::FUNCTION) && !self.class(at - 1).is(finite);
        let mut auxiliaries = (from..over).filter(|&at| self.class(at).is(Class::AUXILIARY)).peekable();
        match auxiliaries.peek() {
            Some(&first) => self.class(first).is(Class::TENSE.and(Class::PAST)) && !auxiliaries.any(led_to),
            None => !verb,
        }
    }

    /// What lies long in the past, or in somebody else's.
    fn past(&self, first: usize, end: usize, year: Option<i32>) -> Polarity {
        let from = self.clause_start(first);
        let until = self.clause_end(end);
        let around = || (from..first).chain(end..until);
        if around().any(|at| self.class(at).is(Class::ONGOING)) {
            return Polarity::Asserted;
        }
        let classes = self.tokens.classes();
        // "it hurts like in 2015": the time is that of what it is compared with.
        let compared = |at: usize| {
            let (from, to) = if at < first { (from, at) } else { (end, at) };
            (from..to).any(|at| self.class(at).is(Class::COMPARES))
        };
        let lapsed = || classes.is(Class::MEMORY) && (first..end).any(|at| self.used_to(at, end));
        if around().any(|at| self.dates_back(at, first, year) && !compared(at)) || lapsed() {
            return Polarity::Denied;
        }
        let other = (from..first).find(|&at| self.class(at).is(Class::KIN));
        let past = other.is_some_and(|person| (person + 1..first).any(|at| self.tells_of_others(at)));
        let recent = || around().any(|at| self.class(at).is(Class::RECENT.and(Class::TIME)));
        if past && !recent() { Polarity::Doubtful } else { Polarity::Asserted }
    }

    /// "had", "died of"; "was" tells of the present often enough ("my wife was hit by a car").
    fn tells_of_others(&self, at: usize) -> bool {
        self.class(at).is(Class::HAPPENED)
    }

    /// The first word of the mention's clause. A short opening ("In 1980, …") belongs to it.
    fn clause_start(&self, first: usize) -> usize {
        let limit = first.saturating_sub(MAX_DATE_DISTANCE);
        let mut at = first;
        while at > limit {
            if self.before(at) == Break::Sentence || self.breaks(at - 1) {
                return at;
            }
            if self.before(at) == Break::Clause {
                // "When I was a child, …"
                let begins = (limit..at).rev().find(|&i| self.before(i) != Break::None || i == 0);
                if let Some(start) = begins.filter(|&start| self.class(start).is(Class::DATING)) {
                    return start;
                }
                let opening =
                    (at.saturating_sub(MAX_LIST_MEMBER)..at).rev().find(|&i| self.before(i) != Break::None || i == 0);
                // "In 2015 they operated on me, …" has a verb: it dates itself.
                let tells = |start: usize| {
                    (start..at).any(|i| self.class(i) == Class::CONTENT && self.all[i].shape == Shape::Word)
                };
                return match opening {
                    Some(start) if tells(start) => at,
                    Some(start) if start == 0 || self.before(start) == Break::Sentence => start,
                    _ => at,
                };
            }
            at -= 1;
        }
        at
    }

    fn clause_end(&self, end: usize) -> usize {
        let limit = (end + MAX_DATE_DISTANCE).min(self.all.len());
        (end..limit).find(|&at| self.before(at) != Break::None || self.breaks(at)).unwrap_or(limit)
    }

    /// Whether a word parts two clauses. "when I was a child" is part of what it dates.
    fn breaks(&self, at: usize) -> bool {
        let class = self.class(at);
        if class.is(Class::AND) {
            self.starts_clause(at + 1) || self.class(at + 1).is(Class::HOLDS.and(Class::NEGATOR))
        } else if class.is(Class::CONCLUDES) {
            // "… years ago so I want …", "hace años, así que quiero …"
            self.starts_clause(at + 1) || self.class(at + 1).is(Class::THAT)
        } else {
            class.is(Class::BREAK) && !class.is(Class::DATING)
        }
    }

    /// Whether a phrase that begins at this word puts the clause long in the past.
    fn dates_back(&self, at: usize, first: usize, year: Option<i32>) -> bool {
        if let Some((now, then)) = year.zip(self.year(at)) {
            return self.before_is(at, Class::IN_YEAR) && then < now && now - then >= HISTORY_YEARS;
        }
        if !self.tokens.classes().is(Class::MEMORY) {
            return false;
        }
        let before = self.phrase(at, Cue::LongAgoBefore);
        let words = self.phrase(at, Cue::LongAgo);
        // "in the past month" is a time like "last month".
        let measured = || self.class(at + words).is(Class::TIME) && !self.class(at + words).is(Class::RECENT);
        before > 0 && at + before <= first && !(at > 0 && self.phrase(at - 1, Cue::NotLongAgo) > 0)
            || words > 0
                && !measured()
                && !self.before_is(at, Class::ARTICLE.and(Class::FOR))
                && !self.is_no_memory(at, words)
    }

    /// "the room used to fill with smoke": what was usual stands among the words of the mention. "A history of …" is a thing.
    fn used_to(&self, at: usize, end: usize) -> bool {
        let before = self.phrase(at, Cue::LongAgoBefore);
        before > 1
            && at + before < end
            && !self.class(at + before - 1).is(Class::OF)
            && !(at > 0 && self.phrase(at - 1, Cue::NotLongAgo) > 0)
    }

    /// "come at once", "once he woke up", "de una vez": two words that tell of long ago only by themselves.
    fn is_no_memory(&self, at: usize, words: usize) -> bool {
        const FEW: usize = 2;
        let time = (at..at + words).any(|at| self.class(at).is(Class::TIME));
        let goes_on =
            self.class(at + words).is(Class::SUBJECT.and(Class::THAT)) && self.before(at + words) == Break::None;
        words <= FEW && !time && (self.before_is(at, Class::LEADS.and(Class::THAN)) || goes_on)
    }

    fn year(&self, at: usize) -> Option<i32> {
        self.all.get(at).filter(|token| token.shape == Shape::Data)?;
        let text = self.word(at);
        (text.len() == 4).then(|| text.parse().ok()).flatten().filter(|year| (1900..2200).contains(year))
    }
}

enum Negator {
    Real,
    Lifted,
}

#[cfg(test)]
mod tests {
    use super::super::{find_phrase, normalize};
    use super::*;
    use crate::language::Language;

    /// `[…]` marks the mention.
    #[track_caller]
    fn check(marked: &str, expected: Polarity) {
        let (left, rest) = marked.split_once('[').expect("a mention");
        let (mention, right) = rest.split_once(']').expect("its end");
        let text = format!("{left}{mention}{right}");
        let tokens = normalize(Language::english(), &text);
        let from = normalize(Language::english(), left).len();
        let range = find_phrase(&tokens, &normalize(Language::english(), mention), from).expect("the mention is found");
        assert_eq!(polarity(&tokens, range.0, range.1, Some(2026)), expected, "{marked}");
    }

    #[test]
    fn what_is_negated_is_denied() {
        for text in [
            "I do NOT have [chest pain]",
            "I don't have [chest pain]",
            "I dont have any [chest pain]",
            "no [chest pain], just a cough",
            "No [chest pain].",
            "please don't [cancel my reservation]",
            "please do not [cancel my reservation], I still want it",
            "don't [cancel my reservation]",
            "never had a [heart attack]",
            "I have never had a [heart attack]",
            "I came in without [chest pain]",
            "I haven't had any [chest pain] today",
            "there is no [chest pain]",
            "it isn't [chest pain]",
            "this is not a [heart attack]",
            "I have no fever, cough, or [chest pain]",
            "I don't have a fever, a cough or [chest pain]",
            "I don't have fever and [chest pain]",
            "no fever or [chest pain]",
            "neither [chest pain] nor fever",
            "neither fever nor [chest pain]",
            "I don't think I have [chest pain]",
            "I don't think that I have [chest pain]",
            "I never said I have [chest pain]",
            "I don't want you to [cancel my reservation]",
            "I don't want to [cancel my reservation]",
            "I do not need to [reset my password]",
            "my chest does not [hurt]",
            "I no longer have [chest pain]",
            "I would not call it [chest pain]",
            "nobody has [chest pain] here",
            "patient denies [chest pain]",
            "change it instead of [cancel my reservation]",
            "I'd rather wait than pay, rather than [cancel my reservation]",
            "[chest pain]? No.",
            "[chest pain]? no, just a cough",
            "I wouldn't [cancel my reservation]",
            "you must not [cancel my reservation]",
            "don't you dare [cancel my reservation]",
            "not a [heart attack]",
            "I can't have [chest pain]",
            "no signs of [chest pain]",
            "never [cancel my reservation] please",
            "no more [chest pain]",
            "not [chest pain] but a fever",
            "I am not having [chest pain]",
            "he doesn't have [chest pain]",
            "I didn't [fall]",
            "hardly any fever and no [chest pain]",
            "yes I have fever but no [chest pain]",
            "we won't [cancel my reservation]",
            "don't [help me]",
            "I don't need [help]",
            "nothing [hurts]",
            "nothing is [broken]",
            "[chest pain] no, just a cough",
            "[chest pain] none",
            "I have a cough and [chest pain] none, only that",
            "I nearly had a [heart attack] when I saw the bill",
            "almost [choked] on my coffee",
        ] {
            check(text, Polarity::Denied);
        }
    }

    #[test]
    fn what_only_stands_near_a_negation_is_asserted() {
        for text in [
            "[chest pain]",
            "I don't have a fever but I have [chest pain]",
            "I don't have a fever, but [chest pain]",
            "no fever but [chest pain]",
            "not only fever, I have [chest pain]",
            "not only do I have [chest pain]",
            "not just a cough, [chest pain]",
            "no, [chest pain]",
            "No. [chest pain]!",
            "no my [chest hurts]",
            "no I have [chest pain]",
            "no the [app is broken]",
            "I can't stop [bleeding]",
            "it won't stop [bleeding]",
            "I can't sleep because of [chest pain]",
            "I can't sleep with this [chest pain]",
            "I couldn't sleep from [chest pain]",
            "I can't sleep, [chest pain]",
            "I can't work and I have [chest pain]",
            "I can't sleep and [chest pain] is bad",
            "I haven't slept and my [chest hurts]",
            "why don't you [book a table]",
            "why not [book a table]",
            "can't you [cancel my reservation]",
            "couldn't you [cancel my reservation] please",
            "please, won't you [cancel my reservation]",
            "don't forget to [book a table]",
            "I can't wait to [book a table]",
            "don't hesitate to [book a table]",
            "I don't know if I have [chest pain]",
            "I'm not sure if it's [chest pain]",
            "I am not sure, [chest pain] maybe",
            "I don't know why I have [chest pain]",
            "I can't believe I have [chest pain]",
            "no doubt this is a [heart attack]",
            "[chest pain] that does not go away",
            "[chest pain], no fever",
            "[chest pain] and no fever",
            "the [chest pain] is not getting better",
            "never mind, [book a table]",
            "I don't like waiting. [cancel my reservation]",
            "nothing helps, [chest pain] all day",
            "nothing but [chest pain]",
            "nothing helps against the [chest pain]",
            "I have not eaten since the [chest pain] started",
            "I can't come, so [cancel my reservation]",
            "I won't be there, please [cancel my reservation]",
            "I do not feel well, I have [chest pain]",
            "I can not move because my [chest hurts]",
            "is it [chest pain] or not",
            "[chest pain]? I think so",
            "I cannot deny I have [chest pain]",
            "not to mention the [chest pain]",
            "I can't ignore the [chest pain]",
            "no question, this is [chest pain]",
            "I couldn't make it, [cancel my reservation]",
            "it's not my leg, it's [chest pain]",
            "I have no idea but [chest pain] is what I feel",
            "he said no and I have [chest pain]",
            "I can't shake this [chest pain]",
            "hello, [chest pain] since this morning",
            "not sure, it could be a [heart attack]",
            "I don't want to wait because I have [chest pain]",
            "without my pills I get [chest pain]",
            "[chest pain] no?",
            "[chest pain] no fever",
            "I'm almost [choking]",
            "for almost an hour [chest pain]",
            "my [chest hurts] like in 2015",
            "my [chest hurts] as it did last year",
            "in 2015 they operated on me, [book a table]",
            "I had surgery in 2015 and need to [book a table]",
            "I have [chest pain] but otherwise I'm fine",
            "[chest pain] and it won't stop",
            "my arm is better and I have [chest pain]",
            "I have a [burst pipe] can it be fixed today",
            "the [burst pipe] must be fixed",
            "the [burst pipe] has to be fixed",
            "the [leak] needs sorted",
            "the [leak] isn't fixed",
        ] {
            check(text, Polarity::Asserted);
        }
    }

    #[test]
    fn history_is_denied_and_another_persons_past_is_doubtful() {
        for text in [
            "my uncle had a [heart attack] in 1980",
            "I had a [heart attack] in 1980",
            "In 1980, my uncle had a [heart attack]",
            "I had a [heart attack] ten years ago",
            "family history of [heart attack]",
            "I used to have [chest pain]",
            "I had [asthma] as a child",
            "I had [asthma] when I was young",
            "I had [chest pain] in the past",
            "I [was in a car accident] in 1999",
            "last year my [card was stolen] but now I want to know the fees",
        ] {
            check(text, Polarity::Denied);
        }
        for text in [
            "my uncle had a [heart attack]",
            "my mother died of a [heart attack]",
            "she had [chest pain]",
            "the [chest pain] is gone",
            "the [chest pain] has stopped, I want an appointment",
            "the [burst pipe] has been fixed",
            "the [fire] was put out",
            "I [choked] on water yesterday but I'm fine",
            "I had [chest pain] last week but it's gone",
            "I thought I was having a [heart attack] but it was just gas",
        ] {
            check(text, Polarity::Doubtful);
        }
        for text in [
            "my uncle is having a [heart attack]",
            "my wife has [chest pain]",
            "my dad just had a [heart attack]",
            "my wife was [hit by a car]",
            "my husband had [chest pain] this morning",
            "I had a [heart attack]",
            "I have had [chest pain] for the last year",
            "[chest pain] since 1999",
            "I had a heart attack in 1980 and now I have [chest pain]",
            "I had a heart attack in 1980, now [chest pain]",
            "I have had [chest pain] for two years",
            "my [back hurts], it started years ago",
            "my [back pain] started three years ago",
            "[book a table] in 2026",
            "what was the [revenue] in 2025",
            "show me all [transactions] in the past month",
        ] {
            check(text, Polarity::Asserted);
        }
    }

    #[test]
    fn nothing_panics_at_the_edges() {
        for text in ["", "no", "not", "can't", "no no no", "why not", "and", "instead", "? no", "1980", "ago"] {
            let tokens = normalize(Language::english(), text);
            for first in 0..=tokens.len() + 1 {
                for end in first..=tokens.len() + 1 {
                    let _ = polarity(&tokens, first, end, Some(2026));
                }
            }
        }
    }
}
