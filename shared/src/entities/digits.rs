//! Numbers in digits: group and decimal marks of both conventions, exponents, multiplying letters, written fractions.

use super::amount::Amount;
use super::number::Form;
use super::token::Shape;
use super::utterance::Utterance;

/// Groups of digits in one number (`1,234,567`).
const MAX_GROUPS: usize = 14;
/// The longest exponent, in digits.
const MAX_EXPONENT_DIGITS: usize = 4;

/// A row of digit runs with one mark between each two, nothing else in between.
struct Chain {
    groups: Vec<usize>,
    marks: Vec<char>,
}

/// The number in digits that begins at token `i`, without a sign.
pub(super) fn read(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize, Form)> {
    let (amount, end, form) = mantissa(u, i)?;
    if let Some((amount, end)) = exponent(u, end, amount) {
        return Some((amount, end, Form::Digits));
    }
    if let Some((power, end)) = suffix(u, end) {
        return Some((amount.scaled(power), end, Form::Digits));
    }
    Some((amount, end, form))
}

/// The digits and marks of a number, without exponent or multiplying letter.
pub(super) fn mantissa(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize, Form)> {
    if u.tokens.is_symbol(i, '.') && !u.tokens.digits(i + 1).is_empty() && u.tokens.glued(i + 1) {
        // `.5`, but not the end of a sentence or the inside of a name.
        let free = u.tokens.get(i)?.spaced || i > 0 && u.is_hyphen(i - 1) || i > 0 && is_currency_sign(u, i - 1);
        let chained = u.tokens.is_symbol(i + 2, '.') && u.tokens.glued(i + 2) && !u.tokens.digits(i + 3).is_empty();
        return (free && !chained).then(|| (Amount::decimal("", u.tokens.digits(i + 1)), i + 2, Form::Digits));
    }
    let first = u.tokens.digits(i);
    if first.is_empty() {
        return None;
    }
    if let Some(spaced) = blank_groups(u, i) {
        return Some(spaced);
    }
    let plain = (Amount::decimal(first, ""), i + 1, Form::Plain);
    // Inside a row that is no number, such as `192.168.1.2` or `22,24,26`, each run stands for itself.
    let inside = i >= 2
        && u.tokens.glued(i)
        && u.tokens.glued(i - 1)
        && is_mark(u.tokens.symbol(i - 1))
        && !u.tokens.digits(i - 2).is_empty();
    if inside {
        return Some(plain);
    }
    let chain = chain(u, i);
    Some(chain.and_then(|chain| read_chain(u, &chain)).unwrap_or(plain))
}

fn is_mark(symbol: Option<char>) -> bool {
    matches!(symbol, Some('.' | ','))
}

fn is_currency_sign(u: &Utterance<'_>, i: usize) -> bool {
    matches!(u.tokens.symbol(i), Some('$' | '€' | '£' | '¥' | '₹' | '₩'))
}

fn chain(u: &Utterance<'_>, i: usize) -> Option<Chain> {
    // Most numbers are one run; those cost nothing here.
    u.tokens.symbol(i + 1)?;
    let mut chain = Chain { groups: vec![i], marks: Vec::new() };
    let mut at = i + 1;
    while let Some(mark @ ('.' | ',' | '\'' | '\u{2019}')) = u.tokens.symbol(at) {
        if !u.tokens.glued(at) || !u.tokens.glued(at + 1) || u.tokens.digits(at + 1).is_empty() {
            break;
        }
        if chain.groups.len() == MAX_GROUPS {
            return None;
        }
        chain.marks.push(mark);
        chain.groups.push(at + 1);
        at += 2;
    }
    (!chain.marks.is_empty()).then_some(chain)
}

fn read_chain(u: &Utterance<'_>, chain: &Chain) -> Option<(Amount, usize, Form)> {
    let (&last_mark, marks) = chain.marks.split_last()?;
    let (&last, groups) = chain.groups.split_last()?;
    let joined = |groups: &[usize]| groups.iter().map(|&at| u.tokens.digits(at)).collect::<String>();
    let in_threes = |groups: &[usize]| {
        (1..=3).contains(&u.tokens.digits(groups[0]).len())
            && groups[1..].iter().all(|&at| u.tokens.digits(at).len() == 3)
    };
    // `12,34,567`: lakhs and crores.
    let in_twos = |groups: &[usize]| {
        let length = |at: usize| u.tokens.digits(at).len();
        groups.len() > 2
            && (1..=2).contains(&length(groups[0]))
            && length(groups[groups.len() - 1]) == 3
            && groups[1..groups.len() - 1].iter().all(|&at| length(at) == 2)
    };
    let end = last + 1;
    let fraction = u.tokens.digits(last);
    if marks.is_empty() {
        let whole = u.tokens.digits(chain.groups[0]);
        let grouped = in_threes(&chain.groups) && !whole.starts_with('0');
        let is_group = last_mark == '\'' || last_mark == '\u{2019}' || last_mark == u.group_mark;
        return match (is_group, grouped) {
            (true, true) => Some((Amount::decimal(&joined(&chain.groups), ""), end, Form::Digits)),
            (true, false) if !is_mark(Some(last_mark)) => None,
            // The other convention's decimal mark: `5,00`.
            _ => Some((Amount::decimal(whole, fraction), end, Form::Digits)),
        };
    }
    let same = marks.iter().all(|&mark| mark == marks[0]);
    if same && last_mark == marks[0] && (in_threes(&chain.groups) || in_twos(&chain.groups)) {
        return Some((Amount::decimal(&joined(&chain.groups), ""), end, Form::Digits));
    }
    if same && last_mark != marks[0] && is_mark(Some(last_mark)) && (in_threes(groups) || in_twos(groups)) {
        return Some((Amount::decimal(&joined(groups), fraction), end, Form::Digits));
    }
    None
}

/// `1 234 567.89`, with no-break spaces, or with plain ones where nothing else can be meant.
fn blank_groups(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize, Form)> {
    let first = u.tokens.digits(i);
    if first.len() > 3 || first.starts_with('0') || i > 0 && u.tokens.glued(i) && is_mark(u.tokens.symbol(i - 1)) {
        return None;
    }
    let blank = |at: usize| Some(&u.tokens.text()[u.tokens.get(at - 1)?.end..u.tokens.get(at)?.start]);
    let kind = blank(i + 1)?;
    if !matches!(kind, " " | "\u{a0}" | "\u{202f}" | "\u{2009}") {
        return None;
    }
    let stands_free = i.checked_sub(1).is_none_or(|before| u.tokens.digits(before).is_empty() && !u.tokens.glued(i));
    if kind == " " && !stands_free || u.tokens.digits(i + 1).len() != 3 {
        return None;
    }
    let mut digits = first.to_owned();
    let mut at = i + 1;
    while u.tokens.digits(at).len() == 3 && blank(at) == Some(kind) && at - i < MAX_GROUPS {
        digits.push_str(u.tokens.digits(at));
        at += 1;
    }
    let groups = at - i - 1;
    let certain = kind != " " || groups >= 2;
    // One more run, or a mark of another kind of number: not groups of three.
    if groups == 0 || !certain || !u.tokens.digits(at).is_empty() || u.is_hyphen(at) && u.tokens.glued(at) {
        return None;
    }
    let mark = u.tokens.symbol(at);
    if is_mark(mark) && u.tokens.glued(at) && u.tokens.glued(at + 1) && !u.tokens.digits(at + 1).is_empty() {
        return Some((Amount::decimal(&digits, u.tokens.digits(at + 1)), at + 2, Form::Digits));
    }
    Some((Amount::decimal(&digits, ""), at, Form::Digits))
}

/// `e10`, `e-3`, `^23`, `^-2`: several signs multiply.
fn exponent(u: &Utterance<'_>, i: usize, base: Amount) -> Option<(Amount, usize)> {
    if !u.tokens.glued(i) {
        return None;
    }
    let caret = u.tokens.is_symbol(i, '^');
    if !caret && u.tokens.word(i) != "e" {
        return None;
    }
    let mut at = i + 1;
    let mut negative = false;
    while u.tokens.glued(at) && matches!(u.tokens.symbol(at), Some('+' | '-')) && at - i <= MAX_EXPONENT_DIGITS {
        negative ^= u.tokens.is_symbol(at, '-');
        at += 1;
    }
    let digits = u.tokens.digits(at);
    if digits.is_empty() || digits.len() > MAX_EXPONENT_DIGITS || !u.tokens.glued(at) {
        return None;
    }
    let power: i32 = digits.parse().ok()?;
    let power = if negative { -power } else { power };
    Some((if caret { base.power(power) } else { base.scaled(power) }, at + 1))
}

/// `k`, `M`, `bn`: the power of ten that letters after digits stand for.
fn suffix(u: &Utterance<'_>, i: usize) -> Option<(i32, usize)> {
    let token = u.tokens.get(i)?;
    if token.shape != Shape::Word || u.tokens.get(i + 1).is_some_and(|next| !next.spaced && next.shape != Shape::Symbol)
    {
        return None;
    }
    let raw = u.tokens.raw(i);
    let suffix = u.grammar.suffixes.iter().find(|suffix| suffix.letters == raw)?;
    (suffix.may_be_apart || !token.spaced).then_some((i32::from(suffix.power), i + 1))
}

/// `1/3`, `5 2/3`, `½`, `1½`.
pub(super) fn fraction(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize)> {
    if let Some(part) = vulgar_fraction(u, i) {
        return Some((part, i + 1));
    }
    let whole = u.tokens.digits(i);
    if whole.is_empty() {
        return None;
    }
    if let Some(part) = vulgar_fraction(u, i + 1) {
        return Some((Amount::decimal(whole, "").plus(part), i + 2));
    }
    if let Some(part) = written_fraction(u, i) {
        return Some(part);
    }
    if u.tokens.glued(i + 1) || chained_before(u, i) {
        return None;
    }
    let (part, end) = written_fraction(u, i + 1)?;
    (part.value() < 1.0).then(|| (Amount::decimal(whole, "").plus(part), end))
}

fn chained_before(u: &Utterance<'_>, i: usize) -> bool {
    i > 0 && u.tokens.glued(i) && matches!(u.tokens.symbol(i - 1), Some('.' | ',' | '/' | ':'))
}

/// `2/3`, alone: not in a date (`4/21/2020`) or a number with dashes.
fn written_fraction(u: &Utterance<'_>, i: usize) -> Option<(Amount, usize)> {
    let (numerator, denominator) = (u.tokens.digits(i), u.tokens.digits(i + 2));
    if numerator.is_empty() || denominator.is_empty() || !matches!(u.tokens.symbol(i + 1), Some('/' | '⁄')) {
        return None;
    }
    if !u.tokens.glued(i + 1) || !u.tokens.glued(i + 2) {
        return None;
    }
    let dash_before = i >= 2 && u.tokens.glued(i) && u.is_hyphen(i - 1) && u.tokens.glued(i - 1);
    if dash_before || chained_before(u, i) {
        return None;
    }
    let after = i + 3;
    if u.tokens.glued(after) {
        let more = !u.tokens.digits(after + 1).is_empty() && u.tokens.glued(after + 1);
        let chained =
            matches!(u.tokens.symbol(after), Some('/')) || more && !matches!(u.tokens.symbol(after), Some(','));
        if chained || !u.tokens.word(after).is_empty() {
            return None;
        }
    }
    let part = Amount::decimal(numerator, "").over(Amount::decimal(denominator, ""))?;
    Some((part, after))
}

/// `½` and its like.
pub(super) fn vulgar_fraction(u: &Utterance<'_>, i: usize) -> Option<Amount> {
    let (numerator, denominator) = match u.tokens.symbol(i)? {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅐' => (1, 7),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        _ => return None,
    };
    Amount::ratio(numerator, denominator)
}
