//! Looks a row of tokens up in a sorted table of spellings. What the spellings mean is the caller's.

use super::token::Shape;
use super::utterance::Utterance;

/// The most tokens that a spelling has (`us survey sq. ft`).
const MAX_TOKENS: usize = 8;

/// The longest spelling of `table` that begins at token `i`: its value and the token after it.
///
/// The table is folded, in the singular, and sorted by bytes. Blanks and hyphens between tokens count as one blank (around a slash
/// as none), a
/// plural `s` is looked through, and a spelling ends where a word ends.
#[must_use]
pub(super) fn longest(u: &Utterance<'_>, i: usize, table: &[(&str, u8)]) -> Option<(u8, usize)> {
    // Most of what is asked about begins no spelling at all; say so before anything is put together.
    if !may_begin(u, i, table) {
        return None;
    }
    let mut key = String::new();
    let mut best = None;
    let mut at = i;
    while at < u.tokens.len() && at - i < MAX_TOKENS {
        if at > i {
            let by_slash = u.tokens.is_symbol(at, '/') || u.tokens.is_symbol(at - 1, '/');
            if u.is_hyphen(at) {
                key.push(' ');
                at += 1;
            } else if !u.tokens.glued(at) && !by_slash {
                key.push(' ');
            }
        }
        key.push_str(u.tokens.folded(at));
        at += 1;
        let (value, more) = look_up(&mut key, table);
        if let Some(value) = value
            && ends_a_word(u, at)
        {
            best = Some((value, at));
        }
        if !more {
            break;
        }
    }
    best
}

fn may_begin(u: &Utterance<'_>, i: usize, table: &[(&str, u8)]) -> bool {
    let first = u.tokens.folded(i);
    if first.is_empty()
        || first.len() == 1 && matches!(first.as_bytes()[0], b',' | b'.' | b':' | b'-' | b'/' | b')' | b'?')
    {
        return false;
    }
    let begins = |prefix: &str| {
        let at = table.partition_point(|(known, _)| *known < prefix);
        table.get(at).is_some_and(|(known, _)| known.starts_with(prefix))
    };
    begins(first) || first.strip_suffix('s').is_some_and(|singular| singular.len() > 1 && begins(singular))
}

/// The value of exactly this spelling, or of its singular.
#[must_use]
pub(super) fn exact(spelling: &str, table: &[(&str, u8)]) -> Option<u8> {
    let find = |spelling: &str| table.binary_search_by(|(known, _)| (*known).cmp(spelling)).ok().map(|at| table[at].1);
    find(spelling).or_else(|| find(spelling.strip_suffix('s').filter(|singular| singular.len() > 1)?))
}

/// The value of `key` or its singular, and whether a longer spelling may begin with it. A plural that only leads on in
/// the singular loses its `s`.
fn look_up(key: &mut String, table: &[(&str, u8)]) -> (Option<u8>, bool) {
    let (value, longer) = look_up_as_is(key, table);
    // Letters have no plural: `the 4 Cs`.
    let singular = key.strip_suffix('s').filter(|singular| value.is_none() && singular.len() > 1);
    let Some(singular) = singular else { return (value, longer) };
    let (of_singular, longer_singular) = look_up_as_is(singular, table);
    if !longer && longer_singular {
        key.pop();
    }
    (of_singular, longer || longer_singular)
}

fn look_up_as_is(key: &str, table: &[(&str, u8)]) -> (Option<u8>, bool) {
    let at = table.partition_point(|(known, _)| *known < key);
    let following = table.get(at..).unwrap_or_default();
    let value = following.first().filter(|(known, _)| *known == key).map(|(_, value)| *value);
    let longer = following.get(usize::from(value.is_some())).is_some_and(|(known, _)| known.starts_with(key));
    (value, longer)
}

fn ends_a_word(u: &Utterance<'_>, end: usize) -> bool {
    let last_is_symbol = u.tokens.get(end - 1).is_some_and(|token| token.shape == Shape::Symbol);
    match u.tokens.get(end) {
        Some(next) if !next.spaced && !last_is_symbol => next.shape == Shape::Symbol,
        _ => true,
    }
}
