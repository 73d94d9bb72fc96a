//! Places in a row: `third`, `21st`, `one hundred and first`, and relative ones: `next`, `last`, `penultimate`.

use super::grammar::{Anchor, Numeral};
use super::number;
use super::token::Shape;
use super::utterance::Utterance;

/// An ordinal found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrdinalPhrase {
    /// Its first token.
    pub start: usize,
    /// One past its last token.
    pub end: usize,
    /// The place.
    pub place: Place,
}

/// A place in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Counted from the first, which is 1.
    Absolute(i64),
    /// Counted from the current one or from the last one.
    Relative(Anchor, i8),
}

impl Place {
    /// How a relative place is written: `current+1`, `end-1`; `None` for an absolute one.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self {
            Place::Absolute(_) => None,
            Place::Relative(Anchor::Current, offset) => Some(format!("current{offset:+}")),
            Place::Relative(Anchor::End, offset) => Some(format!("end{offset:+}")),
        }
    }
}

/// The longest ordinal that begins at token `i`, in digits (`21st`) or words (`twenty-first`).
#[must_use]
pub fn read(u: &Utterance<'_>, i: usize) -> Option<OrdinalPhrase> {
    let (place, end) = in_digits(u, i).or_else(|| in_words(u, i))?;
    Some(OrdinalPhrase { start: i, end, place: Place::Absolute(place) })
}

/// All ordinals of a text, left to right, without overlaps.
#[must_use]
pub fn find(u: &Utterance<'_>) -> Vec<OrdinalPhrase> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < u.tokens.len() {
        if let Some(end) = u.grammar.not_ordinals.end_at(u, i) {
            i = end;
            continue;
        }
        let phrase = relative(u, i).or_else(|| {
            let may = number::may_begin(u, i) && !u.is_hyphen(i);
            may.then(|| read(u, i)).flatten().filter(|phrase| !is_time_unit(u, phrase) && !is_fraction(u, phrase))
        });
        match phrase {
            Some(phrase) => {
                found.push(phrase);
                i = phrase.end;
            }
            None => i += 1,
        }
    }
    found
}

fn relative(u: &Utterance<'_>, i: usize) -> Option<OrdinalPhrase> {
    let ((anchor, offset), end) = u.grammar.relative_ordinals.at(u, i)?;
    Some(OrdinalPhrase { start: i, end, place: Place::Relative(anchor, offset) })
}

/// `21st`, `1,000th`, `3 rd`.
fn in_digits(u: &Utterance<'_>, i: usize) -> Option<(i64, usize)> {
    if u.tokens.digits(i).is_empty() || i > 0 && u.tokens.glued(i) && u.tokens.get(i - 1)?.shape == Shape::Word {
        return None;
    }
    let (amount, end, _) = super::digits::mantissa(u, i)?;
    let ending = u.tokens.word(end);
    // `100 th`; the other endings are words of their own.
    let apart = !u.tokens.glued(end) && ending != "th";
    let known = u.grammar.ordinal_endings.iter().find(|known| known.letters == ending && !apart)?;
    let place = amount.as_integer()?;
    let fits = known.after.is_none_or(|digit| place % 10 == i64::from(digit));
    fits.then_some((place, end + 1))
}

fn in_words(u: &Utterance<'_>, i: usize) -> Option<(i64, usize)> {
    if let Some((place, end)) = last_part(u, i) {
        return Some((place, end));
    }
    let whole = number::read_cardinal(u, i)?;
    let before = whole.amount.as_integer()?;
    let joined = u.numeral(whole.end) == Some(Numeral::And);
    let at = whole.end + usize::from(joined || u.joins_tens(whole.end));
    let Some(Numeral::Ordinal(last)) = u.numeral(at) else { return None };
    let last = i64::try_from(last).ok()?;
    if last >= 100 {
        // `two hundredth`, `eleven thousandth`.
        return if joined { None } else { Some((before.checked_mul(last)?, at + 1)) };
    }
    let room = if before % 1000 == 0 {
        1000
    } else if before % 100 == 0 {
        100
    } else if before % 10 == 0 && before % 100 >= 20 {
        10
    } else {
        return None;
    };
    (last < room).then_some((before + last, at + 1))
}

/// `third`, `twenty-first`: an ordinal below one hundred, or a bare `hundredth`.
fn last_part(u: &Utterance<'_>, i: usize) -> Option<(i64, usize)> {
    match u.numeral(i)? {
        Numeral::Ordinal(place) => {
            // `decimo primero`: tens and units are both ordinals.
            if let (10..=90, Some(Numeral::Ordinal(unit @ 1..=9))) = (place, u.numeral(i + 1))
                && u.grammar.ordinals_add_up
            {
                return Some((i64::try_from(place + unit).ok()?, i + 2));
            }
            Some((i64::try_from(place).ok()?, i + 1))
        }
        _ => None,
    }
}

/// `wait a second`, `sixty seconds`, `per second`: a unit of time.
fn is_time_unit(u: &Utterance<'_>, phrase: &OrdinalPhrase) -> bool {
    if phrase.end != phrase.start + 1 || !u.grammar.time_units.has(u.tokens.word(phrase.start)) {
        return false;
    }
    let Some(before) = phrase.start.checked_sub(1) else { return false };
    let counted = match u.numeral(before) {
        Some(Numeral::Article) => !continues_as_noun(u, phrase.end),
        Some(Numeral::Ordinal(_) | Numeral::And | Numeral::Point | Numeral::Over) | None => false,
        Some(_) => true,
    };
    let digits = !u.tokens.digits(before).is_empty();
    counted || digits || u.is_hyphen(before) && before > 0 && !u.tokens.digits(before - 1).is_empty() || {
        u.grammar.time_unit_before.has(u.tokens.word(before))
    }
}

/// Whether a noun may follow: `a second chance`, against `a second, please`, `a second ago`.
fn continues_as_noun(u: &Utterance<'_>, i: usize) -> bool {
    let word = u.tokens.word(i);
    !word.is_empty() && !u.grammar.after_time_unit.has(word)
}

/// `one third`, `one-fifth`: a fraction.
fn is_fraction(u: &Utterance<'_>, phrase: &OrdinalPhrase) -> bool {
    let Place::Absolute(place) = phrase.place else { return false };
    if place < 3 || u.numeral(phrase.start).is_none() {
        return false;
    }
    let hyphen = phrase.start > 0 && u.is_hyphen(phrase.start - 1);
    let Some(before) = phrase.start.checked_sub(1 + usize::from(hyphen)) else { return false };
    match u.numeral(before) {
        Some(Numeral::One) => true,
        // `a hundredth`
        Some(Numeral::Article) => place >= 100,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::Language;
    use crate::entities::grammar::Grammar;

    fn places(language: Language, text: &str) -> Vec<(&str, Place)> {
        let u = Utterance::new(text, Grammar::of(language));
        find(&u).iter().map(|p| (&text[u.tokens.span(p.start..p.end)], p.place)).collect()
    }

    fn check(text: &str, place: i64) {
        assert_eq!(places(Language::English, text), [(text, Place::Absolute(place))]);
    }

    #[test]
    fn words_and_digits_name_the_same_places() {
        check("third", 3);
        check("3rd", 3);
        check("twenty-first", 21);
        check("twenty first", 21);
        check("one hundred and first", 101);
        check("one hundred and twenty-first", 121);
        check("one hundred twenty-fifth", 125);
        check("two thousand and third", 2003);
        check("two hundredth", 200);
        check("eleven thousandth", 11_000);
        check("1,000th", 1000);
        check("112th", 112);
    }

    #[test]
    fn relative_places_say_what_they_count_from() {
        assert_eq!(places(Language::English, "next"), [("next", Place::Relative(Anchor::Current, 1))]);
        let found = places(Language::English, "the last one");
        assert_eq!(found, [("last", Place::Relative(Anchor::End, 0))]);
        assert_eq!(Place::Relative(Anchor::End, -1).text().as_deref(), Some("end-1"));
        assert_eq!(Place::Relative(Anchor::Current, 1).text().as_deref(), Some("current+1"));
    }

    #[test]
    fn a_second_of_time_is_no_place() {
        for text in
            ["wait a second", "sixty seconds", "one second please", "10 second rule", "a second ago", "per second"]
        {
            assert_eq!(places(Language::English, text), [], "{text}");
        }
        assert_eq!(places(Language::English, "a second chance"), [("second", Place::Absolute(2))]);
        assert_eq!(places(Language::English, "the second one"), [("second", Place::Absolute(2))]);
    }

    #[test]
    fn spanish_places_come_from_the_same_code() {
        let check = |text: &str, place| assert_eq!(places(Language::Spanish, text), [(text, Place::Absolute(place))]);
        check("tercero", 3);
        check("séptima", 7);
        check("3º", 3);
        check("vigésimo primero", 21);
        check("décima tercera", 13);
    }
}
