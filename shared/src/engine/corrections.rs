//! Corrections: "actually 7", "no, my back", "I meant Tuesday", "change the channel to sms", "not 6, 7".
//!
//! This finds that something is taken back and what is put in its place; which slot that is for is in `answers`.

use crate::language::{Class, Cue, CueSet, Language};
use crate::slots::strings::{self, named_at};
use crate::text::{Heard, Word, first_clause};

/// What says plainly that another value follows.
pub(super) const PLAINLY: CueSet = CueSet::NONE.with(Cue::CorrectionPlain).with(Cue::CorrectionStrong);
/// What a second thought begins with.
pub(super) const SECOND_THOUGHT: CueSet = PLAINLY.with(Cue::CorrectionWeak).with(Cue::TakesBack);

/// What is said of a value that is not right.
const WRONG: CueSet = CueSet::NONE.with(Cue::No).with(Cue::CorrectionStrong);

/// How plainly an utterance takes something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// "no, …", "sorry, …", "wait, …": may also begin an answer.
    Weak,
    /// "actually …", "make it …"
    Plain,
    /// "I meant …", "change it to …", "correction: …"
    Strong,
}

/// What is put in the place of something said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction<'n> {
    /// The new value as said: bytes of the text.
    pub(super) span: (usize, usize),
    /// How plainly.
    pub(super) strength: Strength,
    /// The slot that is named, if one is.
    pub(super) slot: Option<&'n str>,
    /// What it takes the place of, where that is said ("Tuesday, not Monday").
    pub(super) refused: Option<(usize, usize)>,
}

/// A slot that holds a value, and the name by which people mean it.
#[derive(Clone, Copy)]
pub(super) struct Known<'n> {
    pub(super) slot: &'n str,
    pub(super) called: &'n str,
}

/// The slots that hold a value, as people may name them.
#[derive(Clone, Copy)]
pub(super) struct Held<'h, 'n> {
    /// By their names.
    pub(super) known: &'h [Known<'n>],
    /// By the word for what they are ("change the date to …"): the only one of that type, by the type's name.
    pub(super) only_of_type: &'h dyn Fn(&str) -> Option<&'n str>,
}

impl<'h, 'n> Held<'h, 'n> {
    /// Known by their names alone.
    pub(super) fn named(known: &'h [Known<'n>]) -> Held<'h, 'n> {
        Held { known, only_of_type: &|_| None }
    }
}

/// Finds a correction of what is held.
pub(super) fn find<'n>(heard: &Heard, held: Held<'_, 'n>) -> Option<Correction<'n>> {
    let language = heard.language;
    let words = heard.words.as_slice();
    // "no idea", "no thanks" begin like a correction and are none.
    if strings::is_decline(heard) || heard.is(Cue::Idiom) {
        return None;
    }
    if let Some(found) = renaming(language, words, held) {
        return Some(found);
    }
    let mut rest = words;
    let mut strength: Option<Strength> = None;
    loop {
        let strong = language.prefix(rest, Cue::CorrectionStrong);
        let plain = language.prefix(rest, Cue::CorrectionPlain);
        let weak = language.prefix(rest, Cue::CorrectionWeak);
        let skip = strong.max(plain).max(weak);
        // "oh, can we make it the 21st?"
        let pause = language.prefix(rest, [Cue::Hesitation, Cue::Request]);
        if skip == 0 && pause > 0 && pause < rest.len() {
            if rest[..pause].iter().any(|word| word.is(Cue::TakesBack) && !word.is(Cue::Hesitation)) {
                strength = strength.max(Some(Strength::Plain));
            }
            // "can you do Saturday?", "could you make it three?"
            if language.prefix(rest, Cue::Request) == pause {
                let changes = language.suffix(&rest[..pause], Cue::CorrectionPlain) > 0;
                strength = strength.max(Some(if changes { Strength::Plain } else { Strength::Weak }));
            }
            rest = &rest[pause..];
            continue;
        }
        if skip == 0 || skip >= rest.len() || is_of_something(rest, skip) {
            break;
        }
        let found = if skip == strong {
            Strength::Strong
        } else if skip == plain {
            Strength::Plain
        } else {
            Strength::Weak
        };
        strength = strength.max(Some(found));
        rest = &rest[skip..];
    }
    // "not sure, maybe …"
    if language.prefix(rest, Cue::Unsure) > 1 {
        return None;
    }
    let mut slot = None;
    if let Some((named, after)) = named(language, rest, held.known) {
        slot = Some(named);
        rest = after;
        strength = strength.max(Some(Strength::Plain));
    }
    let mut refused = None;
    if let Some((denied, replaced)) = denied_and_replaced(rest).or_else(|| impossible_and_replaced(rest)) {
        refused = Some((denied.first()?.start, denied.last()?.end));
        rest = replaced;
        strength = Some(Strength::Strong);
    } else if let Some((denied, replaced)) = not_this_but_that(language, rest) {
        refused = denied.first().zip(denied.last()).map(|(first, last)| (first.start, last.end));
        rest = replaced;
        strength = Some(Strength::Strong);
    }
    let trailing = language.suffix(rest, [Cue::CorrectionAfter, Cue::Courtesy]);
    if trailing > 0 && trailing < rest.len() {
        let taken_back = language.suffix(rest, Cue::CorrectionAfter) > 0;
        rest = &rest[..rest.len() - trailing];
        if taken_back {
            strength = strength.max(Some(Strength::Plain));
        }
    }
    let (first, last) = (rest.first()?, rest.last()?);
    Some(Correction { span: (first.start, last.end), strength: strength?, slot, refused })
}

/// "actually, scratch that": nothing but words that plainly take something back, and belong to what is said behind them.
pub(super) fn only_takes_back(heard: &Heard) -> bool {
    let (mut rest, mut plainly) = (heard.words.as_slice(), false);
    while let skip @ 1.. = heard.language.prefix(rest, SECOND_THOUGHT.with(Cue::Hesitation)) {
        plainly |= heard.language.prefix(rest, PLAINLY) == skip;
        rest = &rest[skip..];
    }
    plainly && rest.is_empty()
}

/// "al final de la calle": a phrase that ends in a noun, of which the next words say what of. It takes nothing back.
fn is_of_something(words: &[Word], end: usize) -> bool {
    let (Some(noun), Some(next)) = (words.get(end.wrapping_sub(1)), words.get(end)) else { return false };
    end > 1 && noun.class == Class::CONTENT && next.class.is(Class::OF) && !next.after_break
}

/// "change the score": what stands behind a verb that says that something is to change, and need not name the new value.
fn behind_change(heard: &Heard) -> Option<&[Word]> {
    let language = heard.language;
    let words = heard.words.as_slice();
    let words = &words[language.prefix(words, Cue::CorrectionWeak)..];
    let skip = language.prefix(words, Cue::CorrectionChange);
    (skip > 0 && language.value_of(Cue::CorrectionChange, &words[..skip]).is_none()).then(|| &words[skip..])
}

/// Whether an utterance may give a value up by its slot's name alone.
pub(super) fn may_give_up(heard: &Heard) -> bool {
    let (language, words) = (heard.language, heard.words.as_slice());
    let wrong = || {
        let rest = &words[language.prefix(words, Cue::CorrectionWeak)..];
        let ends = rest.len() - language.suffix(rest, Cue::Courtesy);
        language.prefix(rest, WRONG) == 1 || language.suffix(&rest[..ends], WRONG) > 0
    };
    behind_change(heard).is_some() || wrong()
}

/// "change the score", "the score is wrong": the slot whose value is to be asked for again, because none is named that would take its
/// place.
pub(super) fn to_be_asked_again<'n>(heard: &Heard, held: Held<'_, 'n>) -> Option<&'n str> {
    let language = heard.language;
    let Some(words) = behind_change(heard) else { return called_wrong(heard, held) };
    // "the phone number" is the type of what is called `phone`.
    let named = [slot_name(language, words, held.known), by_type(language, words, held.only_of_type)];
    let mut named = named.into_iter().flatten();
    named.find(|(_, rest)| language.suffix(rest, Cue::Courtesy) == rest.len()).map(|(slot, _)| slot)
}

/// "no, the score is wrong", "wrong day", "la fecha está mal"
fn called_wrong<'n>(heard: &Heard, held: Held<'_, 'n>) -> Option<&'n str> {
    let (language, words) = (heard.language, heard.words.as_slice());
    let words = &words[language.prefix(words, Cue::CorrectionWeak)..];
    let named = |words| slot_name(language, words, held.known).or_else(|| by_type(language, words, held.only_of_type));
    let wrong = |words: &[Word]| {
        let denies = words.iter().all(|word| !word.class.is(Class::BARE_NO.and(Class::NOTHING)));
        !words.is_empty() && denies && language.is(words, WRONG)
    };
    if let Some((slot, rest)) = named(words) {
        let rest = &rest[..rest.len() - language.suffix(rest, Cue::Courtesy)];
        let copula = language.prefix(rest, Cue::CorrectionIs);
        // "is wrong" is a phrase of its own as well.
        return (0..=copula).any(|at| wrong(&rest[at..])).then_some(slot);
    }
    let (first, rest) = words.split_first()?;
    let (slot, rest) = named(rest).filter(|_| wrong(std::slice::from_ref(first)))?;
    (language.suffix(rest, Cue::Courtesy) == rest.len()).then_some(slot)
}

/// "change the score to 7"
fn renaming<'n>(language: &'static Language, words: &[Word], held: Held<'_, 'n>) -> Option<Correction<'n>> {
    let lead = language.prefix(words, Cue::CorrectionWeak);
    let words = if lead < words.len() { &words[lead..] } else { words };
    let skip = language.prefix(words, Cue::CorrectionChange);
    if skip == 0 {
        return None;
    }
    let words = &words[skip..];
    let (slot, rest) =
        slot_name(language, words, held.known).or_else(|| by_type(language, words, held.only_of_type))?;
    // "cambia la localidad, por favor": no value follows.
    if language.suffix(rest, Cue::Courtesy) == rest.len() {
        return None;
    }
    let joined = language.prefix(rest, Cue::CorrectionTo);
    let mut rest = &rest[joined..];
    // "from 6 to 7"
    if let Some(to) = rest.iter().position(|word| word.is(Cue::Into)).filter(|_| joined > 0) {
        rest = &rest[to + 1..];
    }
    let (first, last) = (rest.first()?, rest.last()?);
    Some(Correction { span: (first.start, last.end), strength: Strength::Strong, slot: Some(slot), refused: None })
}

/// "the score is 7", "my email should be …"
fn named<'n, 'w>(language: &'static Language, words: &'w [Word], known: &[Known<'n>]) -> Option<(&'n str, &'w [Word])> {
    let (slot, rest) = slot_name(language, words, known)?;
    let copula = language.prefix(rest, Cue::CorrectionIs);
    let rest = &rest[copula..];
    (copula > 0 && !rest.is_empty()).then_some((slot, rest))
}

/// "the date": the only slot that is held of that type.
fn by_type<'n, 'w>(
    language: &'static Language,
    words: &'w [Word],
    only: &dyn Fn(&str) -> Option<&'n str>,
) -> Option<(&'n str, &'w [Word])> {
    let words = &words[language.prefix(words, Cue::Owner)..];
    let count = language.prefix(words, Cue::TypeName);
    let ty = words.get(..count).and_then(|named| language.value_of(Cue::TypeName, named))?;
    only(ty).map(|slot| (slot, &words[count..]))
}

fn slot_name<'n, 'w>(
    language: &'static Language,
    words: &'w [Word],
    known: &[Known<'n>],
) -> Option<(&'n str, &'w [Word])> {
    let words = &words[language.prefix(words, Cue::Owner)..];
    known.iter().find_map(|known| {
        let count = named_at(language, words, known.called);
        (count > 0).then(|| (known.slot, &words[count..]))
    })
}

/// "not tomorrow, the day after": what is refused and what is wanted, as bytes of the text.
pub(super) fn refused_and_wanted(heard: &Heard) -> Option<((usize, usize), (usize, usize))> {
    let parts = denied_and_replaced(&heard.words).or_else(|| instead_of(heard.language, &heard.words));
    let (refused, wanted) = match parts {
        Some(parts) => parts,
        None => {
            let words = &heard.words[heard.begins_with([Cue::CorrectionWeak, Cue::Hesitation])..];
            if !words.first()?.is(Cue::Not) {
                return None;
            }
            not_this_but_that(heard.language, words)?
        }
    };
    let span = |words: &[Word]| Some((words.first()?.start, words.last()?.end));
    Some((span(refused)?, span(wanted)?))
}

/// "the 5th no, the 7th", "mañana no, pasado mañana": what is denied behind it, and what takes its place.
fn denied_and_replaced(words: &[Word]) -> Option<(&[Word], &[Word])> {
    let denies = |word: &Word| word.is(Cue::Not) || word.class.is(Class::BARE_NO);
    let not = words.windows(2).position(|pair| denies(&pair[0]) && !pair[0].after_break && pair[1].after_break)?;
    // "I'd rather not, …", "creo que no, …" answer.
    let says = Class::SUBJECT.and(Class::AUXILIARY).and(Class::NEGATOR).and(Class::THAT).and(Class::RAISES);
    (not > 0 && !words[..not].iter().any(|word| word.class.is(says) && !word.class.is(Class::DETERMINER)))
        .then(|| (&words[..not], &words[not + 1..]))
}

/// "Friday I can't, Saturday", "el domingo no puedo, el lunes": what is not possible for those who speak, and what takes its place.
fn impossible_and_replaced(words: &[Word]) -> Option<(&[Word], &[Word])> {
    let (clause, replaced) = words.split_at(first_clause(words));
    let [refused @ .., one, other] = clause else { return None };
    let (not, can) = if one.class.is(Class::ABLE) { (other, one) } else { (one, other) };
    let who = refused.iter().rev().take_while(|word| word.is_subject()).count();
    let refused = &refused[..refused.len() - who];
    let says = Class::SUBJECT.and(Class::PRONOUN).and(Class::AUXILIARY).and(Class::NEGATOR);
    let names = !refused.iter().any(|word| word.class.is(says) && !word.class.is(Class::DETERMINER));
    let denied = not.class.is(Class::NEGATOR) && can.class.is(Class::ABLE) && !other.after_break;
    (denied && names && !refused.is_empty() && !replaced.is_empty()).then_some((refused, replaced))
}

/// "bacon instead of olives", "12 en vez de 24": what is not wanted, and what takes its place.
fn instead_of<'w>(language: &'static Language, words: &'w [Word]) -> Option<(&'w [Word], &'w [Word])> {
    (1..words.len()).find_map(|at| {
        let length = language.prefix(&words[at..], Cue::CorrectionAfter);
        let of = words.get(at + length).filter(|next| length > 0 && next.class.is(Class::OF.and(Class::THAN)));
        let refused = words.get(at + length + 1..).filter(|refused| of.is_some() && !refused.is_empty())?;
        Some((&refused[..first_clause(refused)], &words[..at]))
    })
}

/// "not 6, 7", "not my knee but my back", "7, not 6": what is refused, and what takes its place.
fn not_this_but_that<'w>(language: &'static Language, words: &'w [Word]) -> Option<(&'w [Word], &'w [Word])> {
    if words.first()?.is(Cue::Not) {
        let turn = words.iter().skip(2).position(|word| word.after_break || word.is(Cue::But))? + 2;
        // "not yet, but …" answers.
        if language.prefix(words, Cue::No) >= turn {
            return None;
        }
        let from = if words[turn].is(Cue::But) { turn + 1 } else { turn };
        return words.get(from..).filter(|rest| !rest.is_empty()).map(|wanted| (&words[1..turn], wanted));
    }
    if let Some(parts) = instead_of(language, words) {
        return Some(parts);
    }
    let not = words.iter().position(|word| word.is(Cue::Not))?;
    let behind = &words[not + 1..];
    let refused = behind.get(..first_clause(behind)).unwrap_or_default();
    // "definitely not …" puts nothing in the place of anything.
    let says = |word: &Word| !word.class.is(Class::FUNCTION.and(Class::FILLER)) || word.class.is(Class::PRONOUN);
    // "we come saturday not friday"
    let counts = |word: &Word| word.class.is(Class::NUMBER) || word.has_digit();
    let alike = |one: &Word, other: &Word| {
        one.class.is(Class::TIME) && other.class.is(Class::TIME) || counts(one) && counts(other)
    };
    let of_a_kind = || matches!(&words[not.saturating_sub(1)..], [one, _, other, ..] if alike(one, other));
    // "three rooms and not two"
    if let ([before @ .., and], Some(other)) = (&words[..not], refused.first())
        && and.class.is(Class::AND)
        && before.iter().any(|one| alike(one, other))
    {
        return Some((refused, before));
    }
    let set_apart = words[not].after_break || not == 1 && says(&words[0]) || of_a_kind();
    // "some time next weekend, not sure yet"
    if language.prefix(&words[not..], Cue::Unsure) > 1 {
        return None;
    }
    // "50 kilos, no se ha tocado": a sentence behind it denies something else.
    let verb = Class::AUXILIARY.and(Class::PRONOUN).and(Class::SUBJECT);
    let sentence = |next: &Word| next.class.is(verb) && !next.class.is(Class::DETERMINER);
    let refuses = refused.first().is_some_and(|next| !sentence(next));
    (set_apart && not > 0 && refuses).then(|| (refused, &words[..not]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, Strength, Option<&str>)>) {
        let heard = Heard::of(Language::english(), text);
        let known = ["score", "place", "paper_type"].map(|slot| Known { slot, called: slot });
        let held = Held { known: &known, only_of_type: &|ty| (ty == "date").then_some("arrival") };
        let found = find(&heard, held);
        let found = found.map(|found| (&text[found.span.0..found.span.1], found.strength, found.slot));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_taken_back_is_found() {
        check("actually 7", Some(("7", Strength::Plain, None)));
        check("sorry, actually 7", Some(("7", Strength::Plain, None)));
        check("no, my back", Some(("my back", Strength::Weak, None)));
        check("I meant Tuesday", Some(("Tuesday", Strength::Strong, None)));
        check("no wait, make it 8", Some(("8", Strength::Plain, None)));
        check("change the score to 7", Some(("7", Strength::Strong, Some("score"))));
        check(
            "please change my paper type from matt to glossy",
            Some(("glossy", Strength::Strong, Some("paper_type"))),
        );
        check("the score is 7", Some(("7", Strength::Plain, Some("score"))));
        check("not 6, 7", Some(("7", Strength::Strong, None)));
        check("not my knee but my back", Some(("my back", Strength::Strong, None)));
        check("7, not 6", Some(("7", Strength::Strong, None)));
        check("sorry, the 5th no, the 7th", Some(("the 7th", Strength::Strong, None)));
        check("Friday I can't, Saturday", Some(("Saturday", Strength::Strong, None)));
        check("it can't, the wheel is bent", None);
        check("scratch that, 5", Some(("5", Strength::Strong, None)));
        check("8 actually", Some(("8", Strength::Plain, None)));
        check("change the date to June 4th", Some(("June 4th", Strength::Strong, Some("arrival"))));
        check("can i have bacon instead of olives", Some(("bacon", Strength::Strong, None)));
        check("the date", None);
    }

    #[test]
    fn what_is_to_change_may_be_named_without_its_new_value() {
        let known = ["score", "paper_type"].map(|slot| Known { slot, called: slot });
        let asked_again = |text: &str| to_be_asked_again(&Heard::of(Language::english(), text), Held::named(&known));
        assert_eq!(asked_again("change the score"), Some("score"));
        assert_eq!(asked_again("sorry, can I change my paper type please"), Some("paper_type"));
        assert_eq!(asked_again("change the score to 7"), None);
        assert_eq!(asked_again("make the score"), None);
        assert_eq!(asked_again("the score"), None);
    }

    #[test]
    fn an_ordinary_answer_takes_nothing_back() {
        check("7", None);
        check("since yesterday", None);
        check("my back", None);
        check("no", None);
        check("not really", None);
    }
}
