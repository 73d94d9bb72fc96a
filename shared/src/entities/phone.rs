//! Telephone numbers as they are written around the world, and their E.164 form where it can be told.
//!
//! A number is read as groups of digits with separators. What makes it a telephone number is its shape: how many digits
//! in all, how they are grouped, what stands right before and behind. See [`Written`] and [`is_dialled`].

use std::ops::Range;

use super::token::Shape;
use super::utterance::Utterance;

/// The fewest and the most digits of a number without its country code.
const NATIONAL: Range<usize> = 7..14;
/// The most digits of any number (ITU-T E.164).
const MAX_DIGITS: usize = 15;
/// The most groups of digits in a number.
const MAX_GROUPS: usize = 10;
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
            // Nothing that begins later in a row of digits is a number of its own.
            None => i = after_run(u, i),
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

/// Whether a number may begin at token `i`, judged by what stands before it.
fn may_stand_after(u: &Utterance<'_>, i: usize) -> bool {
    let Some(before) = i.checked_sub(1) else { return true };
    let token = u.tokens.get(before);
    if u.tokens.glued(i) {
        match token.map(|token| token.shape) {
            Some(Shape::Symbol) => {
                let allowed = matches!(
                    u.tokens.symbol(before),
                    Some(':' | '(' | '[' | '"' | '\'' | '“' | '‘' | '>' | '=' | ';' | '|' | '*')
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

/// `order 12345678`, `invoice no. 12345678`: the words before say that it is something else.
fn is_labelled_as_other(u: &Utterance<'_>, i: usize) -> bool {
    let words = (0..i).rev().take(6).filter(|&at| !u.tokens.word(at).is_empty()).map(|at| u.tokens.word(at)).take(4);
    let mut between = 0;
    for word in words {
        if u.grammar.phone_words.contains(&word) {
            return false;
        }
        if u.grammar.other_numbers.contains(&word) {
            return true;
        }
        between += 1;
        if between > 1 && !u.grammar.number_words.contains(&word) {
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
    }
    let mut separator = if open { Separator::Bracket } else { Separator::Nothing };
    while written.groups.len() < MAX_GROUPS {
        let digits = u.tokens.digits(at);
        if digits.is_empty() || digits.len() > MAX_DIGITS {
            break;
        }
        let index = written.groups.len();
        if index == 0 && prefix == Prefix::National && digits.starts_with("00") {
            prefix = Prefix::International(2);
        }
        if open {
            let is_trunk = digits == "0" && index > 0;
            if is_trunk {
                written.trunk = Some(index);
            } else if written.bracketed.replace(index).is_some() {
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
            // `(084)-9682756`
            if u.is_hyphen(at) && u.tokens.glued(at) && u.tokens.glued(at + 1) {
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
    let separator = match u.tokens.symbol(at) {
        Some('/') => Separator::Slash,
        Some('.') if u.tokens.glued(at) && u.tokens.glued(at + 1) => Separator::Dot,
        _ if u.is_hyphen(at) => Separator::Hyphen,
        _ => return (Separator::Blank, at),
    };
    // One blank on one side at most: `0176 -1234`, `176/ 1234`.
    let blanks = usize::from(!u.tokens.glued(at)) + usize::from(!u.tokens.glued(at + 1));
    if blanks > 1 || u.tokens.digits(at + 1).is_empty() {
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
    let lengths: Vec<usize> = (0..count)
        .filter(|at| written.trunk != Some(*at))
        .map(|at| u.tokens.digits(written.groups[at]).len())
        .collect();
    let separators: Vec<Separator> = written.separators[..count].to_vec();
    let total: usize = lengths.iter().sum();
    let first = u.tokens.digits(written.groups[0]);
    match prefix {
        Prefix::International(zeros) => {
            let digits = total - zeros;
            let in_pairs = count > 3 && lengths[1..].iter().all(|length| *length == 2);
            let dashed_code = separators.get(1) == Some(&Separator::Hyphen);
            // `+45-12-34-56-78` and `00-…` are part numbers more often than telephone numbers.
            let odd = dashed_code && (in_pairs || zeros > 0 && first.len() == 2);
            let dotted = separators.contains(&Separator::Dot) && count < 4;
            ((8..=MAX_DIGITS).contains(&digits) && !odd && !dotted && !first[zeros..].starts_with('0')).then_some(true)
        }
        Prefix::National => {
            if !NATIONAL.contains(&total) || is_date(u, written, count) || first == "0" {
                return None;
            }
            let within = &separators[1..];
            if written.bracketed.is_some_and(|at| at < count) {
                let area = u.tokens.digits(written.groups[written.bracketed?]).len();
                return (count > 1 && (2..=5).contains(&area) && !within.contains(&Separator::Slash)).then_some(true);
            }
            if count == 1 {
                return Some(first.starts_with('0'));
            }
            if within.iter().all(|separator| *separator == Separator::Blank) {
                return are_spaced_groups(&lengths, first);
            }
            are_joined_groups(u, written, &lengths, within, first).then_some(true)
        }
    }
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
fn are_joined_groups(
    u: &Utterance<'_>,
    written: &Written,
    lengths: &[usize],
    within: &[Separator],
    first: &str,
) -> bool {
    let only = |separator: Separator| within.iter().all(|other| *other == separator);
    if within.contains(&Separator::Dot) {
        return only(Separator::Dot)
            && (matches!(lengths, [3, 3, 4] | [1, 3, 3, 4]) || first.starts_with('0') && lengths == [2, 2, 2, 2, 2])
            || lengths == [3, 3, 4];
    }
    if within.contains(&Separator::Slash) {
        return matches!(lengths, [3..=4, 1..=4, 3..=4] | [2..=5, 5..=9])
            || lengths.len() > 2 && first.starts_with('0');
    }
    // A social security number, a ZIP code with its extension.
    let is_identity = matches!(lengths, [3, 2, 4] | [5, 4]) && only(Separator::Hyphen);
    if is_identity {
        return false;
    }
    match lengths {
        [1, 3, 3, 4] => first == "1",
        [2..=5, 5..=9] | [2..=4, 3..=4] => true,
        [2..=5, 3, 3] | [2..=3, 3, 4] | [2..=5, 4, 4] | [3..=4, 1..=2, 3..=4] | [3..=4, 4, 3] | [4, 3, 4] => true,
        [2, 2, 2, 2] | [2..=5, 4, 4, 4] => true,
        _ => first.starts_with(['0', '3']) && u.tokens.digits(written.groups[lengths.len() - 1]).len() > 1,
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
