//! Telephone numbers as they are written around the world, and their E.164 form where it can be told.
//!
//! A number is read as groups of digits with separators. What makes it a telephone number is its shape: how many digits
//! in all, how they are grouped, what stands right before and behind. See [`Written`] and [`is_dialled`].

use std::ops::Range;

use super::token::Shape;
use super::utterance::Utterance;
use super::{currencies, units};

/// The fewest and the most digits of a number without its country code.
const NATIONAL: Range<usize> = 7..14;
/// The most digits of any number (ITU-T E.164).
const MAX_DIGITS: usize = 15;
/// The most groups of digits in a number.
const MAX_GROUPS: usize = 10;
/// How many tokens before a number may announce it.
const ANNOUNCEMENT: usize = 10;
/// Digits of an extension.
const EXTENSION: Range<usize> = 1..7;

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Nothing,
    Blank,
    Hyphen,
    Slash,
    Dot,
    /// A bracket was opened or closed here.
    Bracket,
}

/// A row of digit groups.
#[derive(Debug, Clone, Default)]
struct Written {
    /// The tokens of the groups.
    groups: Vec<usize>,
    /// What stands before each group; the first has nothing.
    separators: Vec<Separator>,
    /// One past the last token that belongs to each group (a bracket that closes it).
    ends: Vec<usize>,
    /// Which group is `(0)`, the trunk prefix that is not dialled from abroad.
    trunk: Option<usize>,
    /// Which group stands in brackets.
    bracketed: Option<usize>,
}

/// How a number begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// As dialled within a country.
    National,
    /// `+` or `00`: a country code comes first. Holds how many leading zeros of the first group to skip.
    International(usize),
}

/// A telephone number found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phone {
    /// The first token.
    pub(super) start: usize,
    /// One past the last token.
    pub(super) end: usize,
    /// In E.164 form, where it can be told.
    pub(super) e164: Option<String>,
    /// Whether the shape alone makes it a telephone number; a plain run of digits may be many things.
    pub(super) certain: bool,
}

/// The telephone numbers of a text, left to right.
pub(super) fn find(u: &Utterance<'_>) -> Vec<Phone> {
    let mut found: Vec<Phone> = Vec::new();
    let mut i = 0;
    while i < u.tokens.len() {
        let begins = !u.tokens.digits(i).is_empty() || matches!(u.tokens.symbol(i), Some('+' | '(' | '＋'));
        if !begins || !may_stand_after(u, i) {
            i = if begins { after_run(u, i) } else { i + 1 };
            continue;
        }
        match read(u, i) {
            Some(phone) => {
                i = phone.end;
                found.push(phone);
            }
            None => i = after_row(u, i),
        }
    }
    found
}

/// Past the tokens that touch the digits at `i`.
fn after_run(u: &Utterance<'_>, i: usize) -> usize {
    let mut at = i + 1;
    while u.tokens.glued(at) {
        at += 1;
    }
    at
}

/// Past a number that is none. Of a row too long to be dialled, such as the number of a credit card, no later part is a
/// number of its own.
fn after_row(u: &Utterance<'_>, i: usize) -> usize {
    let (mut end, mut digits) = (i, 0);
    while !u.tokens.digits(end).is_empty() {
        digits += u.tokens.digits(end).len();
        end += 1;
    }
    if digits >= NATIONAL.end { end } else { after_run(u, i) }
}

/// Whether a number may begin at token `i`, judged by what stands before it.
fn may_stand_after(u: &Utterance<'_>, i: usize) -> bool {
    let Some(before) = i.checked_sub(1) else { return true };
    let token = u.tokens.get(before);
    if u.tokens.glued(i) {
        match token.map(|token| token.shape) {
            // `call me on+45 12 34 56 78`
            Some(Shape::Word) if u.tokens.is_symbol(i, '+') || is_plus_in_bracket(u, i) => {}
            Some(Shape::Symbol) if u.is_hyphen(before) && u.tokens.is_symbol(i, '(') => {}
            Some(Shape::Symbol) => {
                let allowed = matches!(
                    u.tokens.symbol(before),
                    Some(':' | '(' | '[' | '"' | '\'' | '“' | '‘' | '>' | '=' | ';' | '|' | '*' | '@')
                );
                // `tel:12345678`, but not `1767:1771`; `, 12` but not `1,234`.
                let label = before > 0 && u.tokens.glued(before) && !u.tokens.digits(before - 1).is_empty();
                if !allowed || label {
                    return false;
                }
            }
            _ => return false,
        }
    } else if matches!(u.tokens.symbol(before), Some('#' | '$' | '€' | '£')) {
        return false;
    }
    !is_labelled_as_other(u, i)
}

fn is_plus_in_bracket(u: &Utterance<'_>, i: usize) -> bool {
    u.tokens.is_symbol(i, '(') && u.tokens.is_symbol(i + 1, '+')
}

/// Whether the words before say that a telephone number comes.
fn is_announced(u: &Utterance<'_>, i: usize) -> bool {
    (0..i).rev().take(ANNOUNCEMENT).any(|at| u.grammar.phone_words.has(u.tokens.word(at)))
}

/// `order 12345678`, `invoice no. 12345678`: the words before say that it is something else.
fn is_labelled_as_other(u: &Utterance<'_>, i: usize) -> bool {
    let words = (0..i).rev().take(6).filter(|&at| !u.tokens.word(at).is_empty()).map(|at| u.tokens.word(at)).take(4);
    let mut between = 0;
    for word in words {
        if u.grammar.phone_words.has(word) {
            return false;
        }
        if u.grammar.other_numbers.has(word) {
            return true;
        }
        between += 1;
        if between > 1 && !u.grammar.number_words.has(word) {
            return false;
        }
    }
    false
}

fn read(u: &Utterance<'_>, i: usize) -> Option<Phone> {
    let (written, prefix) = write(u, i)?;
    // The longest row of groups that is a number; what follows it must not go on.
    for count in (1..=written.groups.len()).rev() {
        let end = written.ends[count - 1];
        let (end, extended) = extension(u, end);
        let goes_on = !extended && may_not_end(u, end);
        if goes_on || written.bracketed.is_some_and(|at| at >= count) {
            continue;
        }
        if let Some(certain) = is_dialled(u, &written, count, prefix) {
            let e164 = e164(u, &written, count, prefix);
            return Some(Phone { start: i, end, e164, certain: certain || extended });
        }
    }
    None
}

/// Reads groups and separators from token `i` on.
fn write(u: &Utterance<'_>, i: usize) -> Option<(Written, Prefix)> {
    let mut written = Written::default();
    let mut at = i;
    let mut prefix = Prefix::National;
    // `(+45)`, `( +45 )`
    let mut open = u.tokens.is_symbol(at, '(');
    if open {
        at += 1;
    }
    if matches!(u.tokens.symbol(at), Some('+' | '＋')) {
        prefix = Prefix::International(0);
        at += 1;
        if !open && u.tokens.is_symbol(at, '(') {
            open = true;
            at += 1;
        }
    }
    let mut separator = if open { Separator::Bracket } else { Separator::Nothing };
    while written.groups.len() < MAX_GROUPS {
        let digits = u.tokens.digits(at);
        if digits.is_empty() || digits.len() > MAX_DIGITS {
            break;
        }
        let index = written.groups.len();
        if index == 0 && prefix == Prefix::National && digits.starts_with("00") && !digits.starts_with("000") {
            prefix = Prefix::International(2);
        }
        if open {
            let is_trunk = digits == "0";
            if is_trunk {
                written.trunk = Some(index);
            } else if written.bracketed.replace(index).is_some_and(|before| before > 0 || prefix == Prefix::National) {
                return None;
            }
        }
        written.groups.push(at);
        written.separators.push(separator);
        at += 1;
        if open || u.tokens.is_symbol(at, ')') && index == 0 {
            if !u.tokens.is_symbol(at, ')') {
                return None;
            }
            at += 1;
            open = false;
            written.ends.push(at);
            separator = Separator::Bracket;
            // `(084)-9682756`, `(123).456.7890`
            let mark = u.is_hyphen(at) || u.tokens.is_symbol(at, '.');
            if mark && u.tokens.glued(at) && u.tokens.glued(at + 1) && !u.tokens.digits(at + 1).is_empty() {
                at += 1;
            }
        } else {
            written.ends.push(at);
            (separator, at) = separator_at(u, at);
        }
        if u.tokens.is_symbol(at, '(') {
            open = true;
            separator = Separator::Bracket;
            at += 1;
        }
    }
    if written.groups.is_empty() || open && written.bracketed.is_none() && written.trunk.is_none() {
        return None;
    }
    Some((written, prefix))
}

/// The separator at token `at`, if a group of digits or a bracket follows it, and the token behind it.
fn separator_at(u: &Utterance<'_>, at: usize) -> (Separator, usize) {
    let blanks = usize::from(!u.tokens.glued(at)) + usize::from(!u.tokens.glued(at + 1));
    let separator = match u.tokens.symbol(at) {
        // `0176 -1234`, `176/ 1234`, `010 - 123 45 67`
        Some('/') if blanks < 2 => Separator::Slash,
        Some('.') if blanks == 0 => Separator::Dot,
        _ if u.is_hyphen(at) => Separator::Hyphen,
        _ => return (Separator::Blank, at),
    };
    if u.tokens.digits(at + 1).is_empty() {
        return (Separator::Nothing, usize::MAX);
    }
    (separator, at + 1)
}

/// `x068`, `ext. 12`: an extension at token `i`, and where it ends.
fn extension(u: &Utterance<'_>, i: usize) -> (usize, bool) {
    if !matches!(u.tokens.word(i), "x" | "ext" | "extn" | "extension") {
        return (i, false);
    }
    let at = i + 1 + usize::from(u.tokens.is_symbol(i + 1, '.'));
    let digits = u.tokens.digits(at);
    if EXTENSION.contains(&digits.len()) { (at + 1, true) } else { (i, false) }
}

/// Whether what follows token `end` shows that the number goes on, or was none.
fn may_not_end(u: &Utterance<'_>, end: usize) -> bool {
    let Some(next) = u.tokens.get(end) else { return false };
    if next.spaced {
        let hyphen = u.is_hyphen(end) && !u.tokens.digits(end + 1).is_empty();
        return hyphen || u.tokens.is_symbol(end, '%');
    }
    let then_digit = u.tokens.glued(end + 1) && !u.tokens.digits(end + 1).is_empty();
    match u.tokens.symbol(end) {
        None => true,
        Some('-') => u.tokens.glued(end + 1) || !u.tokens.digits(end + 1).is_empty(),
        Some('/' | '+' | '#' | '*' | '%' | ':' | '_' | '$' | '€' | '£' | '@') => true,
        Some('.' | ',') => then_digit,
        Some(_) => false,
    }
}

/// Whether the first `count` groups are a telephone number; if so, whether their shape leaves no doubt.
fn is_dialled(u: &Utterance<'_>, written: &Written, count: usize, prefix: Prefix) -> Option<bool> {
    let counted = |at: &usize| written.trunk != Some(*at);
    let lengths: Vec<usize> = (0..count).filter(counted).map(|at| u.tokens.digits(written.groups[at]).len()).collect();
    let within: Vec<Separator> = (0..count).filter(counted).skip(1).map(|at| written.separators[at]).collect();
    let total: usize = lengths.iter().sum();
    let first = u.tokens.digits(written.groups[0]);
    match prefix {
        Prefix::International(zeros) => {
            let digits = total - zeros;
            let in_pairs = count > 3 && lengths[1..].iter().all(|length| *length == 2);
            let dashed_code = within.first() == Some(&Separator::Hyphen);
            // `+45-12-34-56-78` and `00-…` are part numbers more often than telephone numbers.
            let odd = dashed_code && (in_pairs || zeros > 0 && first.len() == 2);
            let dotted = within.contains(&Separator::Dot) && count < 4;
            ((8..=MAX_DIGITS).contains(&digits) && !odd && !dotted && !first[zeros..].starts_with('0')).then_some(true)
        }
        Prefix::National => {
            // Short numbers exist (in Italy, say), but so do many other things of six digits.
            let short = total + 1 == NATIONAL.start && first.starts_with('0') && is_announced(u, written.groups[0]);
            if !NATIONAL.contains(&total) && !short || is_date(u, written, count) {
                return None;
            }
            if let Some(at) = written.bracketed.filter(|at| *at < count) {
                let area = u.tokens.digits(written.groups[at]).len();
                return (lengths.len() > 1 && (2..=5).contains(&area)).then_some(true);
            }
            let end = written.ends[count - 1];
            if count == 1 {
                return (!is_counted(u, end)).then_some(first.starts_with('0'));
            }
            if within.iter().all(|separator| *separator == Separator::Blank) {
                // Part of a longer row, such as the number of a credit card.
                let goes_on = u.tokens.digits(end).len() > 1 && !u.tokens.glued(end + 1);
                return if goes_on { None } else { are_spaced_groups(&lengths, first) };
            }
            let joined = are_joined_groups(&lengths, &within, first);
            // `86-10-59081185`: a country code without its plus.
            let behind_code = || {
                (1..=3).contains(&first.len())
                    && !first.starts_with('0')
                    && total > NATIONAL.start + 2
                    && are_joined_groups(&lengths[1..], &within[1..], "")
            };
            (joined || lengths.len() > 2 && behind_code()).then_some(true)
        }
    }
}

/// `12345678 dollars`: an amount of something.
fn is_counted(u: &Utterance<'_>, end: usize) -> bool {
    !u.tokens.word(end).is_empty()
        && (currencies::SPELLINGS.get_singular(u.tokens.word(end)).is_some()
            || units::is_named(u.grammar, u.tokens.word(end)))
}

/// Groups with blanks between them.
fn are_spaced_groups(lengths: &[usize], first: &str) -> Option<bool> {
    let singles = lengths.iter().filter(|length| **length == 1).count();
    // Digits one by one are dictated; a few single ones among longer groups are a list of numbers.
    if singles > 1 && singles < lengths.len() || lengths.last() == Some(&1) && singles == 1 {
        return None;
    }
    Some(first.starts_with('0') || matches!(lengths, [3, 3, 4] | [3, 4] | [4, 4] | [2, 2, 2, 2] | [3, 4, 4]))
}

/// Groups with hyphens, slashes or dots between them, perhaps with blanks too.
fn are_joined_groups(lengths: &[usize], within: &[Separator], first: &str) -> bool {
    let only = |separator: Separator| within.iter().all(|other| *other == separator);
    let total: usize = lengths.iter().sum();
    if within.contains(&Separator::Dot) {
        return matches!(lengths, [3, 3, 4] | [1, 3, 3, 4])
            || first.starts_with('0') && lengths == [2, 2, 2, 2, 2] && only(Separator::Dot);
    }
    // An area code set off, then groups with blanks: `0176/123 45 67`.
    let (set_off, rest) = within.split_at(1);
    let area_set_off = set_off != [Separator::Blank]
        && rest.iter().all(|separator| *separator == Separator::Blank)
        && (2..=5).contains(&lengths[0])
        && (total >= 9 || first.starts_with('0'));
    if within.contains(&Separator::Slash) {
        return matches!(lengths, [3..=4, 1..=4, 3..=4] | [2..=5, 5..=11])
            || area_set_off
            || lengths.len() > 2 && first.starts_with('0');
    }
    // A social security number, a ZIP code with its extension, the last digits of a number without area code.
    if matches!(lengths, [3, 2, 4] | [5, 4]) && only(Separator::Hyphen)
        || lengths == [3, 4] && first.starts_with(['0', '1'])
    {
        return false;
    }
    let last_set_off = within.last() == Some(&Separator::Hyphen)
        && within[..within.len() - 1].iter().all(|separator| *separator == Separator::Blank)
        && matches!(lengths.last(), Some(3..=4));
    match lengths {
        [1, 3, 3, 4] => first == "1" || first == "8",
        [2..=5, 5..=11] | [1, 7..=11] | [2..=4, 3..=4] | [6..=9, 4] => true,
        [2..=5, 3, 3] | [2..=3, 3, 4] | [2..=5, 4, 4] | [3..=4, 1..=2, 3..=4] | [3..=4, 4, 3] | [4, 3, 4] => true,
        [2, 2, 2, 2] | [2..=5, 4, 4, 4] => true,
        _ => {
            last_set_off && lengths.len() > 2
                || area_set_off && lengths.len() > 2
                || first.starts_with(['0', '3']) && lengths.last() != Some(&1)
        }
    }
}

/// `2016-11-07`, `21 04 2020`, `2019-2020`.
fn is_date(u: &Utterance<'_>, written: &Written, count: usize) -> bool {
    let number = |at: usize| u.tokens.digits(written.groups[at]).parse::<u32>().unwrap_or(u32::MAX);
    let length = |at: usize| u.tokens.digits(written.groups[at]).len();
    let year = |at: usize| length(at) == 4 && (1900..=2099).contains(&number(at));
    let day = |at: usize| length(at) <= 2 && (1..=31).contains(&number(at));
    match count {
        2 => year(0) && year(1),
        3 => year(0) && day(1) && day(2) || day(0) && day(1) && year(2),
        _ => false,
    }
}

/// The number with its country code, where that is written or the shape is that of the North American plan.
fn e164(u: &Utterance<'_>, written: &Written, count: usize, prefix: Prefix) -> Option<String> {
    let digits: String =
        (0..count).filter(|at| written.trunk != Some(*at)).map(|at| u.tokens.digits(written.groups[at])).collect();
    match prefix {
        Prefix::International(zeros) => Some(format!("+{}", &digits[zeros..])),
        Prefix::National => {
            let lengths: Vec<usize> = written.groups[..count].iter().map(|&at| u.tokens.digits(at).len()).collect();
            let national = match lengths.as_slice() {
                [3, 3, 4] => digits.as_str(),
                [1, 3, 3, 4] => digits.strip_prefix('1')?,
                _ => return None,
            };
            let valid = |at: usize| !matches!(national.as_bytes().get(at), Some(b'0' | b'1'));
            (valid(0) && valid(3)).then(|| format!("+1{national}"))
        }
    }
}
