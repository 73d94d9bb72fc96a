//! Amounts of money: `$5`, `15 dollars and 50`, `hk $ 10.05 billion`, `30 MUSD`, `fifty cents`. The currencies are data, in
//! [`super::currencies`].

use super::amount::Amount;
use super::currencies::{COMMON_NOUNS, CURRENCIES, EVERYDAY_WORDS, MINOR_SPELLINGS, MINORS, PREFIXES, SPELLINGS};
use super::grammar::Numeral;
use super::number::{self, Candidate, Form, NumberPhrase};
use super::quantity::{after_number, sharing_unit};
use super::token::Shape;
use super::utterance::Utterance;

/// Tokens that a currency before a number has at most (`u . s . $`).
const MAX_PREFIX_TOKENS: usize = 5;
/// Words that the name of a currency before a number has at most (`new taiwan dollar`).
const MAX_NAME_TOKENS: usize = 3;
/// Letters of a code of ISO 4217.
const CODE_LETTERS: usize = 3;
/// Parts that an amount has at most (`one kuai five mao five`).
const MAX_PARTS: usize = 3;
/// Letters that multiply an amount of money, beyond those that multiply any number.
const MULTIPLIERS: [(&str, i32); 10] =
    [("k", 3), ("m", 6), ("mm", 6), ("mil", 6), ("mio", 6), ("mln", 6), ("b", 9), ("bln", 9), ("t", 12), ("trn", 12)];
/// The name of the money in use where no place tells whose it is.
const ANY_MONEY: &str = "Dollar";
/// Lines of a video picture: `720p` is no money.
const VIDEO_LINES: [i64; 8] = [144, 240, 360, 480, 720, 1080, 1440, 2160];

/// What money is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A number of [`CURRENCIES`].
    Currency(u16),
    /// A number of [`MINORS`]: cents by themselves.
    Minor(u16),
    /// Whatever money the place has: the words name none (`two grand`).
    InUse,
}

impl Unit {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Currency(at) => CURRENCIES[usize::from(at)].name,
            Unit::Minor(at) => MINORS[usize::from(at)].name,
            Unit::InUse => ANY_MONEY,
        }
    }

    /// Its ISO 4217 code, where it tells the currency.
    pub(super) fn iso(self) -> Option<&'static str> {
        match self {
            Unit::Currency(at) => Some(CURRENCIES[usize::from(at)].iso).filter(|iso| !iso.is_empty()),
            Unit::Minor(_) | Unit::InUse => None,
        }
    }
}

/// The power of ten of a word for the money in use.
fn money_word(u: &Utterance<'_>, at: usize) -> Option<i32> {
    u.grammar.money_words.get(u.tokens.word(at)).map(i32::from)
}

/// An amount of money found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum {
    /// The first token.
    pub(super) start: usize,
    /// One past the last token.
    pub(super) end: usize,
    /// How much.
    pub(super) amount: Amount,
    /// Of what.
    pub(super) unit: Unit,
}

/// Whether a currency, by its code, is one of those that share a name: the Mexican peso is a peso.
pub(super) fn is_of_family(iso: &str, family: &str) -> bool {
    CURRENCIES.iter().any(|currency| currency.iso == iso && ends_with(currency.name, family))
}

/// The amounts of money of a text, left to right.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Sum> {
    let mut found: Vec<Sum> = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let free_from = found.last().map_or(0, |last| last.end);
        if candidate.phrase.start < free_from {
            continue;
        }
        if let Some(sum) = read(u, candidate, free_from) {
            found.push(with_minor_parts(u, sum, &candidates[at + 1..]));
        }
    }
    let more = without_a_number(u, candidates, &found);
    found.retain(|sum| more.iter().all(|other| sum.end <= other.start || other.end <= sum.start));
    found.extend(more);
    let spans: Vec<(usize, usize)> = found.iter().map(|sum| (sum.start, sum.end)).collect();
    for (phrase, partner) in sharing_unit(u, candidates, &spans) {
        let amount = sharing_scale(u, &phrase, &found[partner]);
        let unit = found[partner].unit;
        found.push(Sum { start: phrase.start, end: phrase.end, amount, unit });
    }
    found.extend(shared_sign(u, candidates, &found));
    crate::order::sort_by_key(&mut found, |sum| sum.start);
    found
}

/// The `5` of `5-10 million dollars`, in millions too where that makes it the smaller one.
fn sharing_scale(u: &Utterance<'_>, phrase: &NumberPhrase, partner: &Sum) -> Amount {
    let scale = (partner.start..partner.end).find_map(|i| match u.numeral(i) {
        Some(Numeral::Scale(scale) | Numeral::LoneScale(scale)) => Some(Amount::integer(i128::from(scale))),
        _ => None,
    });
    let scaled = scale.map(|scale| phrase.amount.times(scale));
    scaled.filter(|scaled| scaled.value() < partner.amount.value()).unwrap_or(phrase.amount)
}

/// `a dollar`, `hundred dollars`: one is not said.
fn without_a_number(u: &Utterance<'_>, candidates: &[Candidate], found: &[Sum]) -> Vec<Sum> {
    let mut more: Vec<Sum> = Vec::new();
    for i in 0..u.tokens.len() {
        let is_article = u.numeral(i) == Some(Numeral::Article);
        let taken =
            more.last().is_some_and(|last| i < last.end) || found.iter().any(|sum| (sum.start..sum.end).contains(&i));
        let phrase = match u.numeral(i).filter(|_| !taken) {
            Some(Numeral::Article) if ends_amount(u, i + 2) && money_word(u, i + 1).is_some() => {
                let power = money_word(u, i + 1).unwrap_or(0);
                more.push(Sum { start: i, end: i + 2, amount: Amount::integer(1).scaled(power), unit: Unit::InUse });
                continue;
            }
            Some(Numeral::Article) => Some((Amount::integer(1), i + 1)),
            Some(Numeral::Hundred | Numeral::Scale(_)) if !is_counted(u, i) => {
                number::read_implied(u, i).map(|phrase| (phrase.amount, phrase.end))
            }
            _ => None,
        };
        let Some((amount, after)) = phrase else { continue };
        let Some((unit @ Unit::Currency(_), end)) = currency_after(u, after) else { continue };
        if is_article && (!is_plain_name(u, after, end) || noun_follows(u, end)) {
            continue;
        }
        let sum = Sum { start: i, end, amount, unit };
        let rest = candidates.partition_point(|candidate| candidate.phrase.start < end);
        more.push(with_minor_parts(u, sum, &candidates[rest..]));
    }
    more
}

/// Whether a currency is named by a word of its own, not by a sign, a code or a word with other uses (`a pound`).
fn is_plain_name(u: &Utterance<'_>, start: usize, end: usize) -> bool {
    let shortest = u.tokens.word(start).len().min(u.tokens.word(end - 1).len());
    shortest > CODE_LETTERS && !COMMON_NOUNS.has(u.tokens.word(end - 1))
}

/// Whether what stands before `hundred` counts it: `several hundred`, `five hundred`.
fn is_counted(u: &Utterance<'_>, i: usize) -> bool {
    let Some(before) = i.checked_sub(1) else { return false };
    let word = u.tokens.word(before);
    !word.is_empty() && !u.grammar.function_words.has(word)
        || !u.tokens.digits(before).is_empty()
        || u.is_hyphen(before)
}

/// Whether an amount may end before token `i`: "a grand piano" is none, and "a grand" needs a clause that ends.
fn ends_amount(u: &Utterance<'_>, i: usize) -> bool {
    u.tokens.get(i).is_none_or(|token| token.shape == Shape::Symbol && !u.is_hyphen(i))
}

/// `a dollar store`: the currency only tells which store.
fn noun_follows(u: &Utterance<'_>, i: usize) -> bool {
    let word = u.tokens.word(i);
    let is_noun = !word.is_empty() && !u.grammar.function_words.has(word) && u.numeral(i).is_none();
    is_noun || u.is_hyphen(i) || is_apostrophe(u, i)
}

/// The `20` of `$15-20`: a number that shares the sign before it.
fn shared_sign(u: &Utterance<'_>, candidates: &[Candidate], found: &[Sum]) -> Vec<Sum> {
    let mut more = Vec::new();
    for sum in found {
        let at = candidates.partition_point(|candidate| candidate.phrase.start <= sum.end);
        let Some(next) = candidates.get(at).filter(|next| next.phrase.start == sum.end + 1) else { continue };
        let phrase = next.phrase;
        let signed = u.tokens.get(sum.start).is_some_and(|token| token.shape == Shape::Symbol);
        let joined = u.is_joining_hyphen(sum.end) || u.grammar.range_joints.get(u.tokens.word(sum.end)) == Some(0);
        let free = !next.attached_after
            && !noun_follows(u, phrase.end)
            && found.iter().all(|other| other.start != phrase.start);
        if signed && joined && free && phrase.amount.value() > sum.amount.value() {
            more.push(Sum { start: phrase.start, end: phrase.end, amount: phrase.amount, unit: sum.unit });
        }
    }
    more
}

fn read(u: &Utterance<'_>, candidate: &Candidate, free_from: usize) -> Option<Sum> {
    let phrase = candidate.phrase;
    let prefix = prefix(u, phrase.start, free_from);
    if candidate.attached_before && prefix.is_none() {
        return None;
    }
    let Some((currency, before)) = prefix else {
        let (unit, end, power) = suffix(u, &phrase)?;
        return Some(Sum { start: phrase.start, end, amount: phrase.amount.scaled(power), unit });
    };
    let (start, negative) = sign_before(u, before);
    let (end, power) = multiplier(u, phrase.end).unwrap_or((phrase.end, 0));
    let amount = if negative { phrase.amount.negated() } else { phrase.amount };
    let sum = Sum { start, end, amount: amount.scaled(power), unit: Unit::Currency(currency) };
    // `$5 USD`: the code tells which dollar.
    let more = currency_after(u, end).filter(|(unit, _)| refines(*unit, currency));
    Some(more.map_or(sum, |(unit, end)| Sum { end, unit, ..sum }))
}

/// Whether a currency named behind the number is the one whose sign stands before it.
fn refines(unit: Unit, currency: u16) -> bool {
    let (Unit::Currency(at), general) = (unit, &CURRENCIES[usize::from(currency)]) else { return false };
    let special = &CURRENCIES[usize::from(at)];
    at == currency || general.iso.is_empty() && ends_with(special.name, general.name)
}

/// Whether `name` ends in `family`, its capital aside: `Canadian dollar` in `Dollar`.
fn ends_with(name: &str, family: &str) -> bool {
    let at = name.len().checked_sub(family.len());
    at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(family))
}

/// The currency that stands before token `end`, and its first token. None of it before `from`.
fn prefix(u: &Utterance<'_>, end: usize, from: usize) -> Option<(u16, usize)> {
    let last = end.checked_sub(1).filter(|last| *last >= from)?;
    // What begins further back ends in a sign or a full stop; a word stands alone.
    let reach = match u.tokens.symbol(last) {
        None if is_word(u, last) => 1,
        Some('.' | '/') => 2,
        Some(sign) if sign == '$' || !sign.is_ascii() => MAX_PREFIX_TOKENS,
        _ => return None,
    };
    let mut best = None;
    let mut key = String::new();
    for start in (from.max(end.saturating_sub(reach))..end).rev() {
        let attached = start > 0 && u.tokens.glued(start);
        if attached && (is_word(u, start - 1) && is_word(u, start) || is_apostrophe(u, start - 1)) {
            continue;
        }
        key.clear();
        (start..end).for_each(|i| key.push_str(u.tokens.folded(i)));
        let Some(currency) = PREFIXES.get(&key) else { continue };
        // `ALL 5 solutions`: no capitals help here.
        let is_a_word = key.len() > 2 && EVERYDAY_WORDS.has(&key);
        if is_a_word || is_everyday_word(u, start, end, &key) || is_loose_letter(u, start, end) {
            continue;
        }
        best = Some((currency, start));
    }
    best.or_else(|| name_before(u, end, from))
}

/// `malaysian ringgit 42`: a currency's name before a number that nothing counts.
fn name_before(u: &Utterance<'_>, end: usize, from: usize) -> Option<(u16, usize)> {
    let counts = u.tokens.get(end + 1).is_some_and(|token| token.shape != Shape::Symbol)
        || matches!(u.tokens.symbol(end + 1), Some('%' | '/' | '-' | ':' | '.' | ',')) && u.tokens.glued(end + 1);
    let last = u.tokens.word(end - 1);
    if counts || last.len() <= CODE_LETTERS || u.tokens.digits(end).is_empty() || COMMON_NOUNS.has(last) {
        return None;
    }
    (from.max(end.saturating_sub(MAX_NAME_TOKENS))..end).find_map(|start| {
        let (currency, behind) = SPELLINGS.longest(u, start)?;
        (behind == end).then_some((currency, start))
    })
}

/// `s $` in `the dollar ' s $ 5` is no Singapore dollar: a single letter must touch its sign, except the Canadian one.
fn is_loose_letter(u: &Utterance<'_>, start: usize, end: usize) -> bool {
    end > start + 1 && u.tokens.word(start).len() == 1 && u.tokens.word(start) != "c" && !u.tokens.glued(start + 1)
        || u.tokens.word(start).len() == 1 && start > 0 && is_apostrophe(u, start - 1)
}

fn is_apostrophe(u: &Utterance<'_>, i: usize) -> bool {
    matches!(u.tokens.symbol(i), Some('\'' | '’'))
}

fn is_word(u: &Utterance<'_>, i: usize) -> bool {
    u.tokens.get(i).is_some_and(|token| token.shape == Shape::Word)
}

/// Whether a code is an English word too and not in capitals here.
fn is_everyday_word(u: &Utterance<'_>, start: usize, end: usize, spelling: &str) -> bool {
    end == start + 1
        && EVERYDAY_WORDS.get_singular(spelling).is_some()
        && u.tokens.raw(start).contains(char::is_lowercase)
}

/// A minus that touches the currency sign: `-$5`.
fn sign_before(u: &Utterance<'_>, start: usize) -> (usize, bool) {
    let Some(before) = start.checked_sub(1) else { return (start, false) };
    let free = before == 0 || !u.tokens.glued(before);
    if u.is_hyphen(before) && u.tokens.glued(start) && free {
        return (before, true);
    }
    if u.numeral(before) == Some(Numeral::Minus) { (before, true) } else { (start, false) }
}

/// `m`, `mil`, `b` behind an amount with a currency sign.
fn multiplier(u: &Utterance<'_>, i: usize) -> Option<(usize, i32)> {
    let word = u.tokens.word(i);
    let (_, power) = MULTIPLIERS.iter().find(|(letters, _)| *letters == word)?;
    let ends = !u.tokens.glued(i + 1) || !is_word(u, i + 1) && u.tokens.digits(i + 1).is_empty();
    ends.then_some((i + 1, *power))
}

/// What the number is counted in, where it stands behind it; with a multiplier before it (`30 MUSD`, `5m usd`).
fn suffix(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<(Unit, usize, i32)> {
    let at = after_number(u, phrase);
    if let Some((unit, end)) = currency_after(u, at) {
        // `75 USD million`
        let scale = match u.numeral(end) {
            Some(Numeral::Scale(scale)) if phrase.form != Form::Words => power_of_ten(scale),
            _ => None,
        };
        return Some((unit, end + usize::from(scale.is_some()), scale.unwrap_or(0)));
    }
    if let Some((after, power)) = multiplier(u, at)
        && let Some((unit @ Unit::Currency(_), end)) = currency_after(u, after)
    {
        return Some((unit, end, power));
    }
    if let Some(power) = money_word(u, at).filter(|_| !noun_follows(u, at + 1)) {
        return Some((Unit::InUse, at + 1, power));
    }
    if let Some((minor, end)) = MINOR_SPELLINGS.longest(u, at) {
        let single_letter = u.tokens.raw(at).len() == 1 && is_word(u, at);
        let video = phrase.amount.as_integer().is_some_and(|n| VIDEO_LINES.contains(&n));
        return (!single_letter || u.tokens.glued(at) && !video).then_some((Unit::Minor(minor), end, 0));
    }
    // `30 MUSD`
    let word = u.tokens.word(at);
    let (letter, code) = word.split_at_checked(1).filter(|(_, code)| code.len() == 3)?;
    let (_, power) = MULTIPLIERS.iter().find(|(letters, _)| *letters == letter)?;
    let currency = SPELLINGS.get(code)?;
    let is_code = CURRENCIES[usize::from(currency)].iso.eq_ignore_ascii_case(code);
    let capitals = u.tokens.raw(at)[1..].chars().all(char::is_uppercase);
    (is_code && capitals).then_some((Unit::Currency(currency), at + 1, *power))
}

fn power_of_ten(scale: u64) -> Option<i32> {
    let power = scale.checked_ilog10()?;
    (10u64.pow(power) == scale).then(|| i32::try_from(power).ok())?
}

fn currency_after(u: &Utterance<'_>, at: usize) -> Option<(Unit, usize)> {
    // `3.14US$`
    let signed = || {
        let sign = u.tokens.symbol(at + 1).filter(|_| is_word(u, at) && u.tokens.glued(at + 1))?;
        let free = u.tokens.digits(at + 2).is_empty() || !u.tokens.glued(at + 2);
        let currency = PREFIXES.get(&format!("{}{sign}", u.tokens.word(at))).filter(|_| free)?;
        Some((currency, at + 2))
    };
    let (currency, end) = SPELLINGS.longest(u, at).or_else(signed)?;
    if is_everyday_word(u, at, end, u.tokens.folded(at)) {
        return None;
    }
    // In `5 $10 notes` the sign belongs to the ten.
    let sign = !is_word(u, at) && end == at + 1;
    let of_next = sign && u.tokens.glued(end) && !u.tokens.digits(end).is_empty();
    (!of_next).then_some((Unit::Currency(currency), end))
}

/// Adds what follows in smaller units: `and 50 cents`, `and fifty`, `25`.
fn with_minor_parts(u: &Utterance<'_>, sum: Sum, following: &[Candidate]) -> Sum {
    let Unit::Currency(currency) = sum.unit else { return sum };
    if sum.amount.as_integer().is_none() {
        return sum;
    }
    let currency = &CURRENCIES[usize::from(currency)];
    // How many of the next smaller, unnamed unit make one.
    let mut next_minors = if currency.minors == 0 { 100 } else { currency.minors };
    let mut sum = sum;
    for candidate in following.iter().take(MAX_PARTS) {
        let phrase = candidate.phrase;
        let joined = u.numeral(sum.end) == Some(Numeral::And) || u.grammar.money_joints.has(u.tokens.word(sum.end));
        if phrase.start != sum.end + usize::from(joined) || phrase.amount.is_negative() || candidate.attached_before {
            break;
        }
        // `two dollars and a half`
        if joined && phrase.form == Form::Fraction && phrase.amount.value() < 1.0 && suffix(u, &phrase).is_none() {
            return Sum { end: phrase.end, amount: sum.amount.plus(phrase.amount), ..sum };
        }
        let part = match suffix(u, &phrase) {
            Some((Unit::Minor(minor), end, 0)) => {
                named_minors(currency.minor, currency.minors, minor).map(|minors| (minors, end))
            }
            Some(_) => None,
            None if candidate.attached_after => None,
            None => is_unnamed_minor(u, &phrase, joined, next_minors).then_some((next_minors, phrase.end)),
        };
        let Some((minors, end)) = part.filter(|(minors, _)| phrase.amount.value() < f64::from(*minors)) else { break };
        let Some(fraction) = phrase.amount.over(Amount::integer(i128::from(minors))) else { break };
        let signed = if sum.amount.is_negative() { fraction.negated() } else { fraction };
        sum = Sum { end, amount: sum.amount.plus(signed), ..sum };
        next_minors = minors.saturating_mul(10);
    }
    sum
}

/// How many of a named fractional unit make one of the currency whose own is called `own`.
fn named_minors(own: &str, minors: u32, minor: u16) -> Option<u32> {
    let named = &MINORS[usize::from(minor)];
    let same = named.name == own || own == "Penny" && named.name == "Pence";
    let yuan = own == "Jiao" && named.name == "Fen";
    if same { Some(minors) } else { yuan.then_some(named.minors) }
}

/// `15 dollars and 50`, `17 USD 25`: a number without a unit that can only be the smaller part.
fn is_unnamed_minor(u: &Utterance<'_>, phrase: &NumberPhrase, joined: bool, minors: u32) -> bool {
    let whole = phrase.amount.as_integer().is_some_and(|n| n < i64::from(minors));
    let two_digits =
        phrase.form == Form::Words || phrase.form == Form::Plain && u.tokens.digits(phrase.start).len() == 2;
    let fits = whole && matches!(phrase.form, Form::Plain | Form::Words) && (joined || two_digits);
    let next = u.tokens.word(phrase.end);
    let symbol_goes_on = u.tokens.get(phrase.end).is_some_and(|t| t.shape == Shape::Digits)
        || matches!(u.tokens.symbol(phrase.end), Some('%' | '°' | '$' | '€' | '£' | '/' | ':' | '-'))
        || u.tokens.glued(phrase.end) && !u.tokens.digits(phrase.end + 1).is_empty();
    fits && !symbol_goes_on && (next.is_empty() || u.grammar.function_words.has(next))
}
