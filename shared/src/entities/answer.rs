//! Reading a whole short answer, given to a question that asks for just that: a count, a score, an address spelt out.
//!
//! The recognizers find values inside sentences and must be strict; who was asked says "a couple", "8/10" or "jo at
//! example dot com". Yes and no as answers are read by [`crate::slots`].

use super::amount::Amount;
use super::grammar::{Grammar, Numeral};
use super::number::{self, NumberPhrase};
use super::token::Shape;
use super::units::Unit;
use super::utterance::Utterance;
use super::{Language, Place, dimension, email, phone, temperature, url};

/// The most tokens that a short answer has.
const MAX_TOKENS: usize = 40;

/// Reads an answer that is a number and nothing else but words that carry it: `about a 7`, `a couple`, `point five`.
#[must_use]
pub fn count(text: &str, language: Language, place: &Place) -> Option<f64> {
    let u = Utterance::new(text, Grammar::of(language)).at(place);
    let phrase = only_number(&u)?;
    Some(phrase.amount.value())
}

/// Reads an answer that is a score out of `max`: `8/10`, `6 out of 10`, `eight of ten`, `about a 7`.
#[must_use]
pub fn score(text: &str, max: f64, language: Language) -> Option<f64> {
    let u = Utterance::new(text, Grammar::of(language));
    if u.tokens.len() > MAX_TOKENS {
        return None;
    }
    let start = (0..u.tokens.len()).find(|&i| !is_carrier(&u, i))?;
    if let Some(first) = number::read_cardinal(&u, start) {
        let behind = match u.tokens.symbol(first.end) {
            Some('/') => Some(first.end + 1),
            _ => u.grammar.score.end_at(&u, first.end),
        };
        let of = behind.and_then(|at| number::read_cardinal(&u, at));
        if of.is_some_and(|of| of.amount.value() == max && rest_carries(&u, of.end)) {
            return Some(first.amount.value());
        }
    }
    Some(only_number(&u)?.amount.value())
}

/// The number that an utterance consists of.
fn only_number(u: &Utterance<'_>) -> Option<NumberPhrase> {
    if u.tokens.len() > MAX_TOKENS {
        return None;
    }
    let start = (0..u.tokens.len()).find(|&i| !is_carrier(u, i) || number::read(u, i).is_some())?;
    let phrase = number::read(u, start).or_else(|| couple(u, start)).or_else(|| bare_point(u, start))?;
    // `7ish`
    let end = if u.tokens.word(phrase.end) == "ish" { phrase.end + 1 } else { phrase.end };
    rest_carries(u, end).then_some(phrase)
}

/// `a couple`, `couple of`
fn couple(u: &Utterance<'_>, i: usize) -> Option<NumberPhrase> {
    let at = i + usize::from(u.numeral(i) == Some(Numeral::Article));
    let amount = match u.numeral(at)? {
        Numeral::Couple => Amount::integer(2),
        Numeral::Dozen => Amount::integer(12),
        Numeral::Hundred => Amount::integer(100),
        Numeral::Scale(scale) => Amount::integer(i128::from(scale)),
        _ => return None,
    };
    Some(NumberPhrase { start: i, end: at + 1, amount, form: number::Form::Words })
}

/// `point five`
fn bare_point(u: &Utterance<'_>, i: usize) -> Option<NumberPhrase> {
    if u.numeral(i) != Some(Numeral::Point) {
        return None;
    }
    let (digits, end) = number::digits_after_point(u, i + 1)?;
    Some(NumberPhrase { start: i, end, amount: Amount::decimal("", &digits), form: number::Form::Words })
}

fn rest_carries(u: &Utterance<'_>, from: usize) -> bool {
    (from..u.tokens.len()).all(|i| is_carrier(u, i))
}

/// Whether a token only carries an answer: `about`, `maybe`, `I'd say`, punctuation.
fn is_carrier(u: &Utterance<'_>, i: usize) -> bool {
    match u.tokens.get(i).map(|token| token.shape) {
        Some(Shape::Word) => u.grammar.carriers.has(u.tokens.word(i)),
        Some(Shape::Symbol) => matches!(u.tokens.symbol(i), Some('.' | ',' | '!' | '~' | '≈' | '…' | '"' | ';')),
        _ => false,
    }
}

/// Reads an email address that is spelt out: `jo dot doe at example dot com`. One that is written is returned as it is.
#[must_use]
pub fn spoken_email(text: &str, language: Language) -> Option<String> {
    if let Some(written) = email::find(text).into_iter().next() {
        return Some(email::normal(&text[written]));
    }
    let spelt = spell_out(text, language)?;
    let found = email::find(&spelt).into_iter().next()?;
    (found.len() == spelt.len()).then(|| email::normal(&spelt))
}

/// Finds an email address that is dictated in a sentence, "… is kim dot lee at example dot com": its bytes, and itself.
#[must_use]
pub fn find_spoken_email(text: &str, language: Language) -> Option<(usize, usize, String)> {
    let u = Utterance::new(text, Grammar::of(language));
    let mark = |i: usize| u.grammar.spoken_marks.at(&u, i);
    let glued = |i: usize| u.tokens.get(i).is_some_and(|token| !token.spaced);
    let is_word = |i: usize| u.tokens.get(i).is_some_and(|token| token.shape == Shape::Word) && mark(i).is_none();
    let joins = |i: usize| mark(i).filter(|(mark, _)| matches!(*mark, "." | "_" | "-")).map(|(_, end)| end);
    // The last word before the mark of one or two words ("guion bajo") that ends before this one.
    let before =
        |i: usize| [3, 2].into_iter().filter_map(|back| i.checked_sub(back)).find(|at| joins(at + 1) == Some(i));
    (1..u.tokens.len()).filter(|&at| mark(at).is_some_and(|(mark, _)| mark == "@")).find_map(|at| {
        let (mut first, mut last) = (at - 1, at + 1);
        // "kim.lee22 at example dot com"
        while let Some(back) = if glued(first) { first.checked_sub(1) } else { before(first) } {
            first = back;
        }
        while let Some(next) =
            if glued(last + 1) { Some(last + 1) } else { joins(last + 1).filter(|next| is_word(*next)) }
        {
            last = next;
        }
        if mark(first).is_some() || !is_word(at + 1) || last == at + 1 {
            return None;
        }
        let span = u.tokens.span(first..last + 1);
        let spelt = spoken_email(text.get(span.clone())?, language)?;
        Some((span.start, span.end, spelt))
    })
}

/// Reads a web address that is spelt out: `example dot com slash help`.
#[must_use]
pub fn spoken_url(text: &str, language: Language) -> Option<String> {
    if let Some(written) = url::find(text).into_iter().next() {
        return Some(url::normal(&text[written]));
    }
    let spelt = spell_out(text, language)?;
    let found = url::find(&spelt).into_iter().next()?;
    (found.len() == spelt.len()).then(|| url::normal(&spelt))
}

/// The characters of an address of which the marks are said as words. `None` when no mark is.
fn spell_out(text: &str, language: Language) -> Option<String> {
    let u = Utterance::new(text, Grammar::of(language));
    if u.tokens.len() > MAX_TOKENS {
        return None;
    }
    let mut spelt = String::with_capacity(text.len());
    let mut marks = 0;
    let start = (0..u.tokens.len()).find(|&i| !is_carrier(&u, i) && !u.grammar.address_words.has(u.tokens.word(i)))?;
    let ends_sentence = usize::from(u.tokens.is_symbol(u.tokens.len() - 1, '.'));
    let mut i = start;
    while i < u.tokens.len() - ends_sentence {
        let mark = u.grammar.spoken_marks.at(&u, i);
        match (mark, u.numeral(i)) {
            (Some((mark, _)), _) => {
                spelt.push_str(mark);
                marks += 1;
            }
            (None, Some(Numeral::Small(digit @ 0..=9))) => spelt.push(char::from(b'0' + digit)),
            (None, _) => spelt.push_str(&super::token::in_lower_case(u.tokens.raw(i))),
        }
        i = mark.map_or(i + 1, |(_, end)| end);
    }
    (marks > 0).then_some(spelt)
}

/// Reads a telephone number that is dictated: `plus four four, double seven…`. One that is written is returned in E.164
/// form where that can be told, else as its digits.
#[must_use]
pub fn spoken_phone(text: &str, language: Language) -> Option<String> {
    let u = Utterance::new(text, Grammar::of(language));
    let digits_after = |end: usize| (end..u.tokens.len()).any(|i| !u.tokens.digits(i).is_empty());
    // "five one two, 555 0188"
    let led = |start: usize| (1..start).any(|i| u.numeral(i - 1).is_some() && u.numeral(i).is_some());
    let whole = |written: &phone::Phone| !digits_after(written.end) && !led(written.start);
    if let Some(written) = phone::find(&u).into_iter().next().filter(whole) {
        let digits = || (written.start..written.end).map(|i| u.tokens.digits(i)).collect();
        return Some(written.e164.unwrap_or_else(digits));
    }
    if u.tokens.len() > MAX_TOKENS {
        return None;
    }
    let mut dialled = String::new();
    let mut times = 1;
    let mut i = 0;
    while i < u.tokens.len() {
        let word = u.tokens.word(i);
        let at = i;
        // "thirty-four", "seiscientos doce": a group of digits is said as one number.
        let group = number::read_cardinal(&u, i).filter(|group| group.end > i + 1 && u.tokens.digits(i).is_empty());
        let group = group.map(|group| before_a_row_of_digits(&u, group));
        i = group.as_ref().map_or(i + 1, |group| group.end);
        let digits = match (&group, u.numeral(at)) {
            (Some(group), _) => group.amount.value().to_string(),
            (_, Some(Numeral::Small(digit))) => digit.to_string(),
            (_, Some(Numeral::Tens(tens))) => tens.to_string(),
            (_, Some(Numeral::One)) => "1".to_owned(),
            _ if u.grammar.spoken_zero.has(word) => "0".to_owned(),
            _ => u.tokens.digits(at).to_owned(),
        };
        if !digits.is_empty() {
            (0..times).for_each(|_| dialled.push_str(&digits));
            times = 1;
        } else if let Some(repeat) = u.grammar.repeats.word(word) {
            times = repeat;
        } else if dialled.is_empty() && (word == u.grammar.spoken_plus || u.tokens.is_symbol(at, '+')) {
            dialled.push('+');
        } else if !is_carrier(&u, at) && !u.is_hyphen(at) && !u.grammar.phone_words.has(word)
            || is_decimal_point(&u, at)
        {
            return None;
        }
    }
    let length = dialled.trim_start_matches('+').len();
    (7..=15).contains(&length).then_some(dialled)
}

/// "nine hundred one two three": behind hundreds a row of single digits begins, and none of them is added.
fn before_a_row_of_digits(u: &Utterance<'_>, group: NumberPhrase) -> NumberPhrase {
    let digit = |at: usize| match u.numeral(at) {
        Some(Numeral::Small(digit @ 1..=9)) => Some(digit),
        Some(Numeral::One) => Some(1),
        _ => None,
    };
    let last = group.end - 1;
    let hundreds = last > group.start && matches!(u.numeral(last - 1), Some(Numeral::Hundred | Numeral::Hundreds(_)));
    match digit(last).filter(|_| hundreds && digit(group.end).is_some()) {
        Some(added) => {
            NumberPhrase { end: last, amount: group.amount.plus(Amount::integer(-i128::from(added))), ..group }
        }
        None => group,
    }
}

/// `77.034040723966`: a point within a number.
fn is_decimal_point(u: &Utterance<'_>, at: usize) -> bool {
    let digits = |at: usize| !u.tokens.digits(at).is_empty();
    u.tokens.is_symbol(at, '.')
        && at > 0
        && u.tokens.glued(at)
        && u.tokens.glued(at + 1)
        && digits(at - 1)
        && digits(at + 1)
}

/// Characters that a spelled code has at least and at most.
const CODE_LENGTHS: std::ops::RangeInclusive<usize> = 2..=40;

/// A code that is spelled out, in capitals: "a as in alpha, 7, double 5" is `A755`, "bravo three dash x" is `B3-X`. `None`
/// when anything else is said, or when nothing is spelled: a code that is written out is read as it stands.
#[must_use]
pub fn spoken_code(text: &str, language: Language) -> Option<String> {
    let (code, spelled) = spoken_characters(text, language)?;
    spelled.then_some(code)
}

/// The characters that a text consists of, in capitals, and whether it spells them: "one two three" only says digits.
pub(crate) fn spoken_characters(text: &str, language: Language) -> Option<(String, bool)> {
    let u = Utterance::new(text, Grammar::of(language));
    /// Single letters that spell a code by themselves: "o x one".
    const LETTERS: usize = 2;
    let mut code = String::new();
    let (mut times, mut spelled, mut letters, mut i) = (1, false, 0, 0);
    while i < u.tokens.len() {
        let word = u.tokens.word(i);
        let letter = (word.len() == 1).then_some(word);
        let names = |end: &usize| letter.is_some_and(|letter| u.tokens.word(*end).starts_with(letter));
        let joint = u.grammar.spelling_joints.end_at(&u, i + 1).filter(names);
        let said = match (u.numeral(i), letter) {
            (_, Some(letter)) if joint.is_some() => letter.to_owned(),
            (Some(Numeral::Small(digit @ 0..=99)), _) => digit.to_string(),
            (Some(Numeral::One), _) => "1".to_owned(),
            (Some(Numeral::Tens(tens)), _) => tens.to_string(),
            (_, Some(letter)) => letter.to_owned(),
            _ if u.grammar.spelling_words.has(word) => word[..1].to_owned(),
            _ if u.grammar.spoken_zero.has(word) => "0".to_owned(),
            _ => u.tokens.digits(i).to_owned(),
        };
        letters += usize::from(letter.is_some_and(|letter| letter.starts_with(char::is_alphabetic)));
        spelled |= joint.is_some() || u.grammar.spelling_words.has(word) || times > 1 || letters >= LETTERS;
        // "x as in x-ray" goes on behind all of it.
        let at = i;
        i = joint.map_or(i + 1, |end| if u.is_joining_hyphen(end + 1) { end + 3 } else { end + 1 });
        if !said.is_empty() {
            (0..times).for_each(|_| code.push_str(&said));
            times = 1;
        } else if let Some(repeat) = u.grammar.repeats.word(word) {
            times = repeat;
        } else if let Some((mark, end)) = u.grammar.spoken_marks.at(&u, at) {
            code.push_str(mark);
            i = end;
        } else if u.is_hyphen(at) && !code.is_empty() {
            code.push('-');
        } else if !is_carrier(&u, at) && !u.grammar.capitals.has(word) && !u.grammar.other_numbers.has(word) {
            return None;
        }
    }
    let code = code.to_uppercase();
    CODE_LENGTHS.contains(&code.len()).then_some((code, spelled))
}

/// An amount of one unit in another that measures the same. Units are those of the results (`Kilometer`, `C`) or any
/// spelling of them (`km`, `miles`, `fahrenheit`). `None` when either is unknown or they do not measure the same.
#[must_use]
pub fn convert(amount: f64, from: &str, to: &str) -> Option<f64> {
    if let (Some(from), Some(to)) = (scale(from), scale(to)) {
        return from_kelvin(in_kelvin(amount, from)?, to);
    }
    let (from, to) = (measure(from)?, measure(to)?);
    if from.dimension() != to.dimension() {
        return None;
    }
    Some(amount * from.factor().value() / to.factor().value())
}

fn scale(name: &str) -> Option<&'static str> {
    let grammar = Grammar::of(Language::English);
    let key = name.to_ascii_lowercase();
    let number = grammar.temperatures.get_singular(&key)?;
    temperature::SCALES.get(usize::from(number)).copied().filter(|scale| *scale != "Degree")
}

fn in_kelvin(amount: f64, scale: &str) -> Option<f64> {
    match scale {
        "C" => Some(amount + 273.15),
        "F" => Some((amount + 459.67) * 5.0 / 9.0),
        "K" => Some(amount),
        "R" => Some(amount * 5.0 / 9.0),
        _ => None,
    }
}

fn from_kelvin(kelvin: f64, scale: &str) -> Option<f64> {
    let amount = match scale {
        "C" => kelvin - 273.15,
        "F" => kelvin * 9.0 / 5.0 - 459.67,
        "K" => kelvin,
        "R" => kelvin * 9.0 / 5.0,
        _ => return None,
    };
    // The constants have two places; what lies beyond the ninth is the arithmetic's.
    Some((amount * 1e9).round() / 1e9)
}

fn measure(name: &str) -> Option<Unit> {
    let u = Utterance::new(name, Grammar::of(Language::English));
    let (unit, end) = dimension::unit(&u, 0)?;
    (end == u.tokens.len()).then_some(Unit(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Language = Language::English;

    #[test]
    fn a_count_may_be_wrapped_in_words() {
        for (text, value) in [
            ("7", 7.0),
            ("about a 7", 7.0),
            ("I'd say seven.", 7.0),
            ("7ish", 7.0),
            ("a couple", 2.0),
            ("a dozen", 12.0),
            ("point five", 0.5),
            ("maybe two and a half", 2.5),
            ("just one", 1.0),
            ("1,250", 1250.0),
        ] {
            assert_eq!(count(text, ENGLISH, &Place::DEFAULT), Some(value), "{text}");
        }
        for text in ["", "seven dwarfs", "I don't know", "7 or 8", "the seventh"] {
            assert_eq!(count(text, ENGLISH, &Place::DEFAULT), None, "{text}");
        }
        assert_eq!(count("unos veinte", Language::Spanish, &Place::DEFAULT), Some(20.0));
        let mexico = Place { group_mark: Some(','), ..Place::DEFAULT };
        for (place, said) in [(&mexico, "1,500"), (&Place::DEFAULT, "1.500")] {
            assert_eq!(count(said, Language::Spanish, place), Some(1500.0), "{said}");
        }
    }

    #[test]
    fn a_score_is_what_stands_before_the_scale() {
        for text in ["8/10", "8 out of 10", "eight out of ten", "8 of 10", "about an 8", "8", "I'd say 8 / 10."] {
            assert_eq!(score(text, 10.0, ENGLISH), Some(8.0), "{text}");
        }
        assert_eq!(score("8 out of 5", 10.0, ENGLISH), None);
        assert_eq!(score("ocho de diez", 10.0, Language::Spanish), Some(8.0));
    }

    #[test]
    fn addresses_can_be_spelt_out() {
        let email = |text| spoken_email(text, ENGLISH);
        assert_eq!(email("jo dot doe at example dot com").as_deref(), Some("jo.doe@example.com"));
        assert_eq!(
            email("It's jo underscore 5 at mail dot example dot org.").as_deref(),
            Some("jo_5@mail.example.org")
        );
        assert_eq!(email("Jo@Example.com").as_deref(), Some("Jo@example.com"));
        assert_eq!(email("meet me at noon"), None);
        let spanish = |text| find_spoken_email(text, Language::Spanish).map(|(start, _, email)| (start, email));
        assert_eq!(spanish("ana guion bajo rios arroba post punto es"), Some((0, "ana_rios@post.es".to_owned())));
        assert_eq!(spanish("es ana punto rios arroba post guion bajo 2 punto es"), None);
        assert_eq!(spanish("es ana guion rios arroba post punto es"), Some((3, "ana-rios@post.es".to_owned())));
        assert_eq!(spoken_url("example dot com slash help", ENGLISH).as_deref(), Some("http://example.com/help"));
        assert_eq!(spoken_url("nothing of the sort", ENGLISH), None);
    }

    #[test]
    fn telephone_numbers_can_be_dictated() {
        let phone = |text| spoken_phone(text, ENGLISH);
        assert_eq!(phone("five five five one two three four").as_deref(), Some("5551234"));
        assert_eq!(phone("plus four four two oh double seven one two three four").as_deref(), Some("+4420771234"));
        assert_eq!(phone("(541) 754-3010").as_deref(), Some("+15417543010"));
        assert_eq!(phone("seven"), None);
        assert_eq!(phone("I have five five five cats one two three"), None);
    }

    #[test]
    fn codes_can_be_spelled_out() {
        let code = |text| spoken_code(text, ENGLISH);
        assert_eq!(code("o x one, two j d").as_deref(), Some("OX12JD"));
        assert_eq!(code("a one").as_deref(), None);
        assert_eq!(code("a as in alpha, 7, double 5").as_deref(), Some("A755"));
        assert_eq!(code("It's bravo three dash x for x-ray").as_deref(), Some("B3-X"));
        assert_eq!(code("bravo three dash x for xylophone, oh").as_deref(), Some("B3-X0"));
        assert_eq!(code("my code is T as in Tom, P like Peter, twelve, triple nine").as_deref(), Some("TP12999"));
        assert_eq!(code("q for queen q for queen 4").as_deref(), Some("QQ4"));
        for text in ["", "a", "seven dwarfs", "AB-123", "I have a dog", "b as in apple pie"] {
            assert_eq!(code(text), None, "{text}");
        }
        assert_eq!(spoken_code("b de Barcelona, 4, doble 2", Language::Spanish).as_deref(), Some("B422"));
    }

    #[test]
    fn units_convert_within_what_they_measure() {
        assert_eq!(convert(1.0, "km", "Meter"), Some(1000.0));
        assert_eq!(convert(98.6, "F", "C"), Some(37.0));
        assert_eq!(convert(0.0, "celsius", "K"), Some(273.15));
        assert_eq!(convert(1.0, "miles", "feet"), Some(5280.0));
        assert_eq!(convert(1.0, "km", "kg"), None);
        assert_eq!(convert(1.0, "parsnip", "kg"), None);
    }
}
