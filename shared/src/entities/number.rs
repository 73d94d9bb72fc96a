//! Number phrases: `12`, `1,250.75`, `twelve hundred and fifty`, `two and a half million`, `three quarters`, `-1.5e3`.
//!
//! [`read`] takes the longest phrase that begins at a token; [`find`] goes through a whole text and leaves out what only
//! looks like a number (`29km`, `A1`, `which one`). Digits as such are in [`super::digits`]; ordinals, percentages and
//! quantities build on this module elsewhere.

use super::amount::Amount;
use super::digits;
use super::grammar::Numeral;
use super::token::Shape;
use super::utterance::Utterance;

/// A number phrase may have this many parts joined in a row (`two million three thousand and five` has three).
const MAX_TERMS: usize = 12;
/// Multipliers in a row (`hundred thousand million`).
const MAX_SCALES: usize = 4;
/// Digits spoken one by one after `point`.
const MAX_POINT_DIGITS: usize = 20;

/// A number found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberPhrase {
    /// Its first token.
    pub start: usize,
    /// One past its last token.
    pub end: usize,
    /// What it comes to.
    pub amount: Amount,
    /// How it is written.
    pub form: Form,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One run of digits, nothing else.
    Plain,
    /// Digits with marks, exponents or multipliers.
    Digits,
    /// Words, or digits and words.
    Words,
    /// With a fraction in it: `1/3`, `two thirds`, `2 ½`.
    Fraction,
}

/// What stands before the last `and` of a number.
#[derive(Debug, Clone, Copy)]
struct Joint {
    amount: Amount,
    /// Its last multiplier, at least 1.
    multiplier: i128,
}

/// A whole number (or, in digits, a decimal one) with its multipliers, before fractions are looked at.
#[derive(Debug, Clone, Copy)]
struct Cardinal {
    amount: Amount,
    end: usize,
    form: Form,
    /// The product of the multipliers of its last part, at least 1.
    multiplier: i128,
    /// What stands before its last part, if that follows `and`.
    joint: Option<Joint>,
    /// The token of a multiple of ten that it ends in, and the multiple.
    tens: Option<(usize, u8)>,
}

/// The longest number phrase that begins at token `i`.
#[must_use]
pub fn read(u: &Utterance<'_>, i: usize) -> Option<NumberPhrase> {
    let negative = sign(u, i);
    let start = negative.unwrap_or(i);
    let (amount, end, form) = unsigned(u, start)?;
    let amount = if negative.is_some() { amount.negated() } else { amount };
    Some(NumberPhrase { start: i, end, amount, form })
}

/// The longest whole number that begins at token `i`, in words or digits, with no sign and no fraction.
#[must_use]
pub fn read_cardinal(u: &Utterance<'_>, i: usize) -> Option<NumberPhrase> {
    let cardinal = cardinal(u, i)?;
    cardinal.amount.as_integer()?;
    Some(NumberPhrase { start: i, end: cardinal.end, amount: cardinal.amount, form: cardinal.form })
}

/// A number phrase where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The phrase.
    pub phrase: NumberPhrase,
    /// Letters touch it in front: a name (`A1`), or a currency (`USD5`).
    pub attached_before: bool,
    /// Letters touch it behind: a name (`24B`), or a unit (`29km`).
    pub attached_after: bool,
}

/// All number phrases of a text, left to right, without overlaps, whatever they touch.
#[must_use]
pub fn candidates(u: &Utterance<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < u.tokens.len() {
        let Some(phrase) = may_begin(u, i).then(|| read(u, i)).flatten() else {
            i += 1;
            continue;
        };
        if phrase.amount.value().is_finite() {
            let attached_before = attached_before(u, &phrase);
            found.push(Candidate { phrase, attached_before, attached_after: attached_after(u, &phrase) });
        }
        i = phrase.end;
    }
    found
}

/// The numbers of a text: candidates that are neither part of a name nor pronouns, and proportions as one.
#[must_use]
pub fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<NumberPhrase> {
    if let Some(count) = whole_count(u) {
        return vec![count];
    }
    let mut found: Vec<NumberPhrase> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let phrase = candidate.phrase;
        let taken = found.last().is_some_and(|last| phrase.start < last.end);
        let is_name = candidate.attached_before || candidate.attached_after;
        if taken || is_name || is_pronoun(u, &phrase) || begins_an_ordinal(u, &phrase) {
            continue;
        }
        found.push(proportion(u, phrase).unwrap_or(phrase));
    }
    found
}

/// "twenty" in "twenty-first", "one hundred" in "one hundred and tenth": the beginning of a place in a row.
fn begins_an_ordinal(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    let hyphen = usize::from(u.is_joining_hyphen(phrase.end));
    let and = usize::from(u.numeral(phrase.end) == Some(Numeral::And));
    let Some(Numeral::Ordinal(place)) = u.numeral(phrase.end + hyphen + and) else { return false };
    let place = place as i64;
    let fits = |n: i64| n % 10 == 0 && n % 100 >= 20 && place < 10 || n % 100 == 0 && n > 0 && place < 100;
    phrase.form == Form::Words && phrase.amount.as_integer().is_some_and(fits)
}

/// "a couple", "few", "single" as a whole answer.
fn whole_count(u: &Utterance<'_>) -> Option<NumberPhrase> {
    let at = usize::from(u.numeral(0) == Some(Numeral::Article));
    let end = at + 1;
    if u.tokens.len() != end {
        return None;
    }
    let count = u.grammar.whole_counts.word(u.tokens.word(at))?;
    Some(NumberPhrase { start: 0, end, amount: Amount::integer(i128::from(count)), form: Form::Words })
}

/// Whether a number could begin at token `i`: the cheap question before the dear one.
#[must_use]
pub fn may_begin(u: &Utterance<'_>, i: usize) -> bool {
    let Some(token) = u.tokens.get(i) else {
        return false;
    };
    match token.shape {
        Shape::Digits => true,
        Shape::Word => {
            !matches!(u.numeral(i), None | Some(Numeral::And | Numeral::Point | Numeral::Over | Numeral::Hundred))
                || begins_with_point(u, i)
        }
        Shape::Symbol => {
            u.is_hyphen(i)
                || u.tokens.is_symbol(i, '.') && !u.tokens.digits(i + 1).is_empty()
                || digits::vulgar_fraction(u, i).is_some()
        }
    }
}

/// `point 77`, where it is no point of a list: at the beginning, or behind a word that a number follows.
fn begins_with_point(u: &Utterance<'_>, i: usize) -> bool {
    u.numeral(i) == Some(Numeral::Point)
        && i.checked_sub(1).is_none_or(|before| u.grammar.before_point.has(u.tokens.word(before)))
}

/// `8 out of 10`, `one in five`: a proportion, when the first is the smaller.
fn proportion(u: &Utterance<'_>, first: NumberPhrase) -> Option<NumberPhrase> {
    let (numerator, second_at) = (first.amount.as_integer()?, proportion_connector(u, first.end)?);
    let second = read_cardinal(u, second_at)?;
    let denominator = second.amount.as_integer()?;
    // A decimal or a unit after it, and it is no denominator.
    let is_whole = !u.tokens.glued(second.end) || u.tokens.get(second.end).is_some_and(|t| t.shape == Shape::Symbol);
    if !is_whole || first.form == Form::Fraction || numerator < 0 || numerator >= denominator {
        return None;
    }
    let loose = u.grammar.loose_proportion.has(u.tokens.word(first.end));
    if loose && (denominator > MAX_LOOSE_DENOMINATOR || u.grammar.time_units.has(u.tokens.word(second.end))) {
        return None;
    }
    let amount = Amount::ratio(i128::from(numerator), i128::from(denominator))?;
    Some(NumberPhrase { start: first.start, end: second.end, amount, form: Form::Fraction })
}

/// The `8` of `8 out of 10`, which may be the score itself.
#[must_use]
pub fn score(u: &Utterance<'_>, proportion: &NumberPhrase) -> Option<NumberPhrase> {
    let numerator = read_cardinal(u, proportion.start)?;
    (proportion.form == Form::Fraction && proportion_connector(u, numerator.end).is_some()).then_some(numerator)
}

/// `5 in 2009` is a year, not a proportion.
const MAX_LOOSE_DENOMINATOR: i64 = 1000;

fn proportion_connector(u: &Utterance<'_>, i: usize) -> Option<usize> {
    u.grammar.proportion.end_at(u, i).or_else(|| u.grammar.loose_proportion.end_at(u, i))
}

/// The token after a minus that belongs to the number behind it.
fn sign(u: &Utterance<'_>, i: usize) -> Option<usize> {
    if u.numeral(i) == Some(Numeral::Minus) {
        return Some(i + 1);
    }
    if !u.is_hyphen(i) {
        return None;
    }
    let next = u.tokens.get(i + 1)?;
    let before = i.checked_sub(1).and_then(|before| u.tokens.get(before));
    let touches = !next.spaced;
    let is_sign = match before {
        None => true,
        // `a - 5` is a dash; `a -5` and `( - 5` are signs.
        Some(token) => match token.shape {
            Shape::Digits => false,
            Shape::Word => touches && u.tokens.get(i)?.spaced,
            Shape::Symbol => !matches!(u.tokens.raw(i - 1), ")" | "]" | "%" | "°" | "\"" | "'" | "-"),
        },
    };
    (is_sign && next.shape != Shape::Word).then_some(i + 1)
}

fn unsigned(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize, Form)> {
    if let Some((digits, end)) = begins_with_point(u, i).then(|| digits_after_point(u, i + 1)).flatten() {
        let (amount, end, _) = scales(u, end, Amount::decimal("", &digits));
        return Some((amount, end, Form::Words));
    }
    if let Some((amount, end)) = part(u, i) {
        return Some((amount, end, Form::Fraction));
    }
    // "docena y media"; "dozens" alone say no number.
    if let Some((amount, end)) = dozens(u, i, Amount::integer(1), None).filter(|(_, end)| *end > i + 1) {
        return Some((amount, end, Form::Words));
    }
    if let Some((amount, end)) = digits::fraction(u, i) {
        let (amount, end, _) = scales(u, end, amount);
        return Some((amount, end, Form::Fraction));
    }
    if let Some((amount, end)) = single_fraction(u, i) {
        return Some((amount, end, Form::Fraction));
    }
    let cardinal = cardinal(u, i)?;
    if let Some((amount, end)) = fractions(u, i, &cardinal).or_else(|| mixed(u, &cardinal)) {
        let (amount, end, _) = scales(u, end, amount);
        let (amount, end) =
            dozens(u, end, amount, None).or_else(|| of_a_scale(u, end, amount)).unwrap_or((amount, end));
        return Some((amount, end, Form::Fraction));
    }
    if let Some((amount, end)) = point(u, &cardinal) {
        let (amount, end, _) = scales(u, end, amount);
        return Some((amount, end, Form::Words));
    }
    if let Some((amount, end)) = over(u, &cardinal) {
        return Some((amount, end, Form::Fraction));
    }
    if let Some((amount, end)) = dozens(u, cardinal.end, cardinal.amount, cardinal.joint.map(|joint| joint.amount)) {
        return Some((amount, end, Form::Words));
    }
    Some((cardinal.amount, cardinal.end, cardinal.form))
}

/// Parts joined from the largest multiplier down: `two million three hundred thousand and five`.
fn cardinal(u: &Utterance<'_>, i: usize) -> Option<Cardinal> {
    let mut whole = term(u, i)?;
    for _ in 1..MAX_TERMS {
        if whole.multiplier < 1000 {
            break;
        }
        let joined = u.numeral(whole.end) == Some(Numeral::And);
        let at = whole.end + usize::from(joined);
        let Some(next) = term(u, at) else { break };
        // Digits alone join only after `and` or before a multiplier of their own.
        let loose_digits = matches!(next.form, Form::Plain | Form::Digits) && next.multiplier == 1 && !joined;
        if loose_digits || next.amount.value() >= whole.multiplier as f64 || u.tokens.glued(at) {
            break;
        }
        // Two amounts side by side (`one thousand and two thousand`), not one: let the second go.
        if next.multiplier >= whole.multiplier {
            break;
        }
        whole = Cardinal {
            amount: whole.amount.plus(next.amount),
            end: next.end,
            form: Form::Words,
            multiplier: next.multiplier,
            joint: if joined {
                Some(Joint { amount: whole.amount, multiplier: whole.multiplier })
            } else {
                next.joint.map(|joint| Joint { amount: whole.amount.plus(joint.amount), ..joint })
            },
            tens: next.tens,
        };
    }
    Some(whole)
}

/// A number below one thousand (or in digits) with its multipliers.
fn term(u: &Utterance<'_>, i: usize) -> Option<Cardinal> {
    if let Some((amount, end, form)) = digits::read(u, i) {
        let mut whole = Cardinal { amount, end, form, multiplier: 1, joint: None, tens: None };
        if let Some(after) = hundred(u, end) {
            whole.amount = amount.times(Amount::integer(100));
            whole = rest_of_hundreds(u, Cardinal { end: after, form: Form::Words, multiplier: 100, ..whole });
        }
        return Some(with_scales(u, whole));
    }
    let base = match u.numeral(i)? {
        Numeral::Hundreds(hundreds) => {
            let whole = word(Amount::integer(i128::from(hundreds)), i + 1);
            rest_of_hundreds(u, Cardinal { multiplier: 100, ..whole })
        }
        Numeral::LoneScale(_) => word(Amount::integer(1), i),
        Numeral::Whole(n) => word(Amount::integer(i128::from(n)), i + 1),
        Numeral::Couple => couple(u, i + 1)?,
        Numeral::Article => match u.numeral(i + 1)? {
            Numeral::Hundred => {
                let whole = word(Amount::integer(100), i + 2);
                rest_of_hundreds(u, Cardinal { multiplier: 100, ..whole })
            }
            Numeral::Scale(_) | Numeral::LoneScale(_) | Numeral::Dozen => word(Amount::integer(1), i + 1),
            Numeral::Couple => couple(u, i + 2)?,
            _ => return None,
        },
        _ => {
            let small = below_hundred(u, i)?;
            match hundred(u, small.end) {
                Some(after) => {
                    let amount = small.amount.times(Amount::integer(100));
                    rest_of_hundreds(u, Cardinal { multiplier: 100, ..word(amount, after) })
                }
                None => hundreds_unsaid(u, small),
            }
        }
    };
    Some(with_scales(u, base))
}

/// `one twenty-two`: a single number before tens and units counts hundreds; `two fifty` does so only as a whole answer.
fn hundreds_unsaid(u: &Utterance<'_>, small: Cardinal) -> Cardinal {
    let Some(count @ 1..=9) = small.amount.as_integer() else { return small };
    let Some(below) = below_hundred(u, small.end) else { return small };
    let Some(rest @ 20..=99) = below.amount.as_integer() else { return small };
    let whole_answer = small.end == 1 && below.end == u.tokens.len();
    let goes_on = hundred(u, below.end).is_some()
        || is_scale(u, below.end)
        || matches!(u.numeral(below.end), Some(Numeral::Fractions(_)));
    if goes_on || rest % 10 == 0 && !whole_answer {
        return small;
    }
    word(Amount::integer(i128::from(count * 100 + rest)), below.end)
}

/// `hundred and fifty`, `million`: a number that leaves out its "one".
pub(super) fn read_implied(u: &Utterance<'_>, i: usize) -> Option<NumberPhrase> {
    let whole = match u.numeral(i)? {
        Numeral::Hundred => {
            let hundred = Cardinal { multiplier: 100, ..word(Amount::integer(100), i + 1) };
            with_scales(u, rest_of_hundreds(u, hundred))
        }
        Numeral::Scale(_) => with_scales(u, word(Amount::integer(1), i)),
        _ => return None,
    };
    Some(NumberPhrase { start: i, end: whole.end, amount: whole.amount, form: whole.form })
}

fn word(amount: Amount, end: usize) -> Cardinal {
    Cardinal { amount, end, form: Form::Words, multiplier: 1, joint: None, tens: None }
}

/// The token after `hundred` (`-hundred`) at `i`.
fn hundred(u: &Utterance<'_>, i: usize) -> Option<usize> {
    let at = if u.is_joining_hyphen(i) { i + 1 } else { i };
    (u.numeral(at) == Some(Numeral::Hundred)).then_some(at + 1)
}

/// What follows hundreds: `[and] fifty-four`.
fn rest_of_hundreds(u: &Utterance<'_>, hundreds: Cardinal) -> Cardinal {
    let joined = u.numeral(hundreds.end) == Some(Numeral::And);
    let hyphen = u.is_joining_hyphen(hundreds.end);
    let at = hundreds.end + usize::from(joined || hyphen);
    let rest = match below_hundred(u, at) {
        Some(rest) => rest,
        None if joined => match digits::read(u, at) {
            Some((amount, end, Form::Plain)) if amount.value() < 100.0 && !u.tokens.glued(end) => word(amount, end),
            _ => return hundreds,
        },
        None => return hundreds,
    };
    // `two hundred and three hundred` are two numbers.
    if hundred(u, rest.end).is_some() || rest.amount == Amount::ZERO {
        return hundreds;
    }
    Cardinal {
        amount: hundreds.amount.plus(rest.amount),
        end: rest.end,
        form: Form::Words,
        multiplier: 1,
        joint: joined.then_some(Joint { amount: hundreds.amount, multiplier: 1 }),
        tens: rest.tens,
    }
}

fn below_hundred(u: &Utterance<'_>, i: usize) -> Option<Cardinal> {
    let tens = match u.numeral(i)? {
        Numeral::Small(n) => return Some(word(Amount::integer(i128::from(n)), i + 1)),
        Numeral::One => return Some(word(Amount::integer(1), i + 1)),
        Numeral::Tens(tens) => tens,
        _ => return None,
    };
    let at = if u.joins_tens(i + 1) || u.numeral(i + 1) == Some(Numeral::And) { i + 2 } else { i + 1 };
    let unit = match u.numeral(at) {
        Some(Numeral::Small(n @ 1..=9)) => n,
        Some(Numeral::One) => 1,
        _ => 0,
    };
    Some(if unit == 0 {
        Cardinal { tens: Some((i, tens)), ..word(Amount::integer(i128::from(tens)), i + 1) }
    } else {
        word(Amount::integer(i128::from(tens) + i128::from(unit)), at + 1)
    })
}

fn with_scales(u: &Utterance<'_>, base: Cardinal) -> Cardinal {
    let (amount, end, multiplier) = scales(u, base.end, base.amount);
    if end == base.end { base } else { Cardinal { multiplier, ..word(amount, end) } }
}

/// Multiplies by the multipliers at `i`. The last result is their product.
fn scales(u: &Utterance<'_>, i: usize, amount: Amount) -> (Amount, usize, i128) {
    let (mut amount, mut end, mut product) = (amount, i, 1i128);
    for _ in 0..MAX_SCALES {
        let at = if u.is_joining_hyphen(end) { end + 1 } else { end };
        let scale = match u.numeral(at) {
            Some(Numeral::Scale(scale) | Numeral::LoneScale(scale)) => i128::from(scale),
            Some(Numeral::Hundred) if product > 1 => 100,
            _ => break,
        };
        // `five million-dollar houses` keeps its hyphen for the unit; a glued digit is no multiplier's place.
        if at == end && u.tokens.glued(at) && u.tokens.get(end.wrapping_sub(1)).is_some_and(|t| t.shape == Shape::Word)
        {
            break;
        }
        let Some(next) = product.checked_mul(scale) else {
            break;
        };
        product = next;
        amount = amount.times(Amount::integer(scale));
        end = at + 1;
    }
    (amount, end, product)
}

/// The token after `of a`.
pub(super) fn past_of_a(u: &Utterance<'_>, i: usize) -> Option<usize> {
    let at = u.grammar.percent_of.end_at(u, i)?;
    (u.numeral(at) == Some(Numeral::Article)).then_some(at + 1)
}

/// `… of a million`
fn of_a_scale(u: &Utterance<'_>, i: usize, amount: Amount) -> Option<(Amount, usize)> {
    let (amount, end, product) = scales(u, past_of_a(u, i)?, amount);
    (product > 1).then_some((amount, end))
}

/// `couple hundred`, `couple of dozen`: two, if something to be multiplied follows.
fn couple(u: &Utterance<'_>, i: usize) -> Option<Cardinal> {
    let at = u.grammar.percent_of.end_at(u, i).unwrap_or(i);
    match u.numeral(at)? {
        Numeral::Hundred => Some(Cardinal { multiplier: 100, ..word(Amount::integer(200), at + 1) }),
        Numeral::Scale(_) | Numeral::Dozen => Some(word(Amount::integer(2), at)),
        _ => None,
    }
}

fn is_scale(u: &Utterance<'_>, i: usize) -> bool {
    matches!(u.numeral(i), Some(Numeral::Scale(_) | Numeral::LoneScale(_)))
}

/// `… dozen`, `… dozen and a half`. Only what follows the last `and` is counted in dozens: `three hundred and two dozens` is 324.
fn dozens(u: &Utterance<'_>, i: usize, amount: Amount, before: Option<Amount>) -> Option<(Amount, usize)> {
    let dozen = Amount::integer(12);
    let at = if u.is_joining_hyphen(i) { i + 1 } else { i };
    if u.numeral(at) != Some(Numeral::Dozen) {
        return None;
    }
    let amount = match before {
        Some(before) => before.plus(amount.plus(before.negated()).times(dozen)),
        None => amount.times(dozen),
    };
    let half = at + 2 + usize::from(u.numeral(at + 2) == Some(Numeral::Article));
    let and_a_half = u.numeral(at + 1) == Some(Numeral::And)
        && u.numeral(half) == Some(Numeral::Part(2))
        && u.numeral(half + 1) != Some(Numeral::Dozen);
    Some(if and_a_half { (amount.plus(Amount::integer(6)), half + 1) } else { (amount, at + 1) })
}

/// `half`, `a quarter`, `half a million`, `half a dozen`.
fn part(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize)> {
    let article = u.numeral(i) == Some(Numeral::Article);
    let at = i + usize::from(article);
    let Some(Numeral::Part(parts)) = u.numeral(at) else {
        return None;
    };
    let amount = Amount::ratio(1, i128::from(parts))?;
    let after = at + 1;
    let article_behind = usize::from(u.numeral(after) == Some(Numeral::Article));
    let skip = past_of_a(u, after).unwrap_or(after + article_behind);
    let (scaled, end, product) = scales(u, skip, amount);
    if product > 1 {
        return Some((scaled, end));
    }
    if u.numeral(skip) == Some(Numeral::Hundred) {
        return Some((amount.times(Amount::integer(100)), skip + 1));
    }
    if let Some(dozen) = dozens(u, skip, amount, None) {
        return Some(dozen);
    }
    // `quarter` alone is a coin, a town's part or three months.
    (article || parts == 2).then_some((amount, after))
}

/// `a third`, `a millionth`; but `a third person` is the third one.
fn single_fraction(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize)> {
    if u.numeral(i) != Some(Numeral::Article) {
        return None;
    }
    let at = if u.is_joining_hyphen(i + 1) { i + 2 } else { i + 1 };
    let (denominator, end) = denominator(u, at)?;
    let next = u.tokens.word(end);
    let noun_follows = !next.is_empty() && !u.grammar.function_words.has(next) || u.is_joining_hyphen(end);
    if noun_follows { None } else { Some((Amount::ratio(1, denominator)?, end)) }
}

/// `two thirds`, `one half`, `fifty-four hundredths`, `two hundred and fifty-four hundredths`.
fn fractions(u: &Utterance<'_>, start: usize, cardinal: &Cardinal) -> Option<(Amount, usize)> {
    if cardinal.form != Form::Words {
        return None;
    }
    let at = if u.is_hyphen(cardinal.end) { cardinal.end + 1 } else { cardinal.end };
    // `one hundred twenty fifths` is counted in twenty-fifths, if something is left to count.
    if let (Some((tens_at, tens)), Some(Numeral::Fractions(unit @ 1..=9))) = (cardinal.tens, u.numeral(at))
        && tens_at > start
        && u.numeral(tens_at - 1) != Some(Numeral::And)
    {
        let denominator = i128::from(tens) + i128::from(unit);
        let count = cardinal.amount.plus(Amount::integer(-i128::from(tens)));
        return Some((count.over(Amount::integer(denominator))?, at + 1));
    }
    let is_one = cardinal.end == start + 1 && u.numeral(start) == Some(Numeral::One);
    let (denominator, end) = plural_denominator(u, at).or_else(|| if is_one { denominator(u, at) } else { None })?;
    let over = Amount::integer(denominator);
    if let Some(joint) = cardinal.joint {
        let count = cardinal.amount.plus(joint.amount.negated());
        if count.value() < over.value() {
            let part = of_multiplier(count.over(over)?, joint.multiplier);
            return Some((joint.amount.plus(part), end));
        }
    }
    Some((cardinal.amount.over(over)?, end))
}

/// `three million and a half` is half a million more, `three hundred and a half` is not fifty more.
fn of_multiplier(part: Amount, multiplier: i128) -> Amount {
    if multiplier >= 1000 { part.times(Amount::integer(multiplier)) } else { part }
}

/// `… and a half`, `… and two thirds`.
fn mixed(u: &Utterance<'_>, cardinal: &Cardinal) -> Option<(Amount, usize)> {
    let hyphen = |i: usize| usize::from(u.is_joining_hyphen(i));
    let and = cardinal.end + hyphen(cardinal.end);
    let joined = u.numeral(and) == Some(Numeral::And);
    let at = if joined { and + 1 + hyphen(and + 1) } else { cardinal.end };
    let single = |at: usize| match u.numeral(at)? {
        Numeral::Article | Numeral::One => {
            let at = if u.is_hyphen(at + 1) { at + 2 } else { at + 1 };
            denominator(u, at)
        }
        // `dos y medio`, `two and half`.
        Numeral::Part(2) if joined => Some((2, at + 1)),
        _ => None,
    };
    if let Some((denominator, end)) = single(at).filter(|(_, end)| cardinal.multiplier < 1000 || !is_scale(u, *end)) {
        let part = of_multiplier(Amount::ratio(1, denominator)?, cardinal.multiplier);
        return Some((cardinal.amount.plus(part), end));
    }
    if !joined {
        return None;
    }
    // `2 and 3/4`
    if let Some((part, end)) = digits::fraction(u, at).filter(|(part, _)| part.value() < 1.0)
        && cardinal.amount.as_integer().is_some()
    {
        return Some((cardinal.amount.plus(of_multiplier(part, cardinal.multiplier)), end));
    }
    // `one billion and half a million`
    if let Some((part, end)) = part(u, at)
        && part.value() >= 1.0
        && part.value() < cardinal.multiplier as f64
    {
        return Some((cardinal.amount.plus(part), end));
    }
    let count = self::cardinal(u, at)?;
    if count.form != Form::Words {
        return None;
    }
    let after = if u.is_hyphen(count.end) { count.end + 1 } else { count.end };
    let (denominator, end) = plural_denominator(u, after)?;
    let part = count.amount.over(Amount::integer(denominator)).filter(|part| part.value() < 1.0)?;
    Some((cardinal.amount.plus(of_multiplier(part, cardinal.multiplier)), end))
}

/// `thirds`, `twenty-fifths`, `quarters`.
fn plural_denominator(u: &Utterance<'_>, i: usize) -> Option<(i128, usize)> {
    match u.numeral(i)? {
        Numeral::Fractions(n) if n > 1 => Some((i128::from(n), i + 1)),
        Numeral::Parts(n) => Some((i128::from(n), i + 1)),
        // `ten thousandths`
        Numeral::Small(ten @ 10..) => match u.numeral(i + 1)? {
            Numeral::Fractions(scale @ 1000..) => Some((i128::from(ten) * i128::from(scale), i + 2)),
            _ => None,
        },
        Numeral::Tens(tens) => {
            let at = if u.is_hyphen(i + 1) { i + 2 } else { i + 1 };
            match u.numeral(at)? {
                Numeral::Fractions(unit @ 1..=9) => Some((i128::from(tens) + i128::from(unit), at + 1)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `third`, `twenty-fifth`, `half`: the denominator after a single `a` or `one`. `second` names no fraction.
fn denominator(u: &Utterance<'_>, i: usize) -> Option<(i128, usize)> {
    match u.numeral(i)? {
        Numeral::Part(n) => Some((i128::from(n), i + 1)),
        Numeral::Ordinal(n) if n > 2 => Some((i128::from(n), i + 1)),
        // `one ten thousandth`
        Numeral::Small(ten @ 10..) => match u.numeral(i + 1)? {
            Numeral::Ordinal(scale @ 1000..) => Some((i128::from(ten) * i128::from(scale), i + 2)),
            _ => None,
        },
        Numeral::Tens(tens) => {
            let at = if u.is_hyphen(i + 1) { i + 2 } else { i + 1 };
            match u.numeral(at)? {
                Numeral::Ordinal(unit @ 1..=9) => Some((i128::from(tens) + i128::from(unit), at + 1)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `… point five`, `… point seventy-one`, `… point zero two five`.
fn point(u: &Utterance<'_>, cardinal: &Cardinal) -> Option<(Amount, usize)> {
    if u.numeral(cardinal.end) != Some(Numeral::Point) || cardinal.amount.as_integer().is_none() {
        return None;
    }
    let (digits, end) = digits_after_point(u, cardinal.end + 1)?;
    Some((cardinal.amount.plus(Amount::decimal("", &digits)), end))
}

pub(super) fn digits_after_point(u: &Utterance<'_>, i: usize) -> Option<(String, usize)> {
    let written = u.tokens.digits(i);
    if !written.is_empty() && written.len() <= MAX_POINT_DIGITS {
        return Some((written.to_owned(), i + 1));
    }
    let mut digits = String::new();
    let mut end = i;
    while digits.len() < MAX_POINT_DIGITS {
        match u.numeral(end) {
            Some(Numeral::Small(n @ 0..=9)) => digits.push(char::from(b'0' + n)),
            Some(Numeral::One) => digits.push('1'),
            _ if u.grammar.spoken_zero.has(u.tokens.word(end)) => digits.push('0'),
            _ => break,
        }
        end += 1;
    }
    if !digits.is_empty() {
        return Some((digits, end));
    }
    let number = below_hundred(u, i)?;
    Some((number.amount.as_integer()?.to_string(), number.end))
}

/// `… over …`
fn over(u: &Utterance<'_>, numerator: &Cardinal) -> Option<(Amount, usize)> {
    if u.numeral(numerator.end) != Some(Numeral::Over) || numerator.amount.as_integer().is_none() {
        return None;
    }
    let denominator = cardinal(u, numerator.end + 1)?;
    denominator.amount.as_integer()?;
    // `10,000 over 3 years`
    if u.grammar.time_units.has(u.tokens.word(denominator.end)) {
        return None;
    }
    Some((numerator.amount.over(denominator.amount)?, denominator.end))
}

/// Digits that touch letters are a name or carry a unit: `29km`, `A1`, `COVID-19`, `v2.0`.
fn attached_after(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    u.tokens.glued(phrase.end) && has_shape(u, phrase.end, Shape::Word) && has_shape(u, phrase.end - 1, Shape::Digits)
}

fn attached_before(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    let begins_in_digits = has_shape(u, phrase.start, Shape::Digits) || u.is_hyphen(phrase.start);
    let Some(before) = phrase.start.checked_sub(1).filter(|_| begins_in_digits && u.tokens.glued(phrase.start)) else {
        return false;
    };
    // `2x4`
    let is_times = u.tokens.word(before) == "x" && before > 0 && has_shape(u, before - 1, Shape::Digits);
    has_shape(u, before, Shape::Word) && !is_times
        || u.tokens.is_symbol(before, '_')
        || u.is_hyphen(before) && u.tokens.glued(before) && before > 0 && ends_in_name(u, before - 1)
}

/// Whether the word at `i` is one by itself: not the `k` of `5k-10k`.
fn ends_in_name(u: &Utterance<'_>, i: usize) -> bool {
    let multiplies = i > 0 && u.tokens.glued(i) && has_shape(u, i - 1, Shape::Digits) && !u.tokens.glued(i - 1);
    has_shape(u, i, Shape::Word) && !multiplies
}

fn has_shape(u: &Utterance<'_>, i: usize, shape: Shape) -> bool {
    u.tokens.get(i).is_some_and(|token| token.shape == shape)
}

/// `which one`, `one of them`: a pronoun, not a number.
fn is_pronoun(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    if phrase.end != phrase.start + 1 || u.numeral(phrase.start) != Some(Numeral::One) {
        return false;
    }
    // `no one`, `no-one`
    let hyphen = phrase.start > 0 && u.is_joining_hyphen(phrase.start - 1);
    let before = phrase.start.checked_sub(1 + usize::from(hyphen)).map_or("", |before| u.tokens.word(before));
    u.grammar.pronoun_before.has(before)
        || u.grammar.pronoun_after.has(u.tokens.word(phrase.end))
        || phrase.start > 0 && matches!(u.numeral(phrase.start - 1), Some(Numeral::Ordinal(_)))
}

#[cfg(test)]
mod tests;
