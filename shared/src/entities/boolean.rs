//! Yes and no as people say them, emoji included. The words are data of the language.

use super::token::Shape;
use super::utterance::Utterance;

/// Emoji that say yes.
const YES: [char; 5] = ['👍', '👌', '✅', '✔', '🆗'];
/// Emoji that say no.
const NO: [char; 6] = ['👎', '✋', '🖐', '❌', '🚫', '🙅'];

/// A yes or no found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// The first token.
    pub(super) start: usize,
    /// One past the last token.
    pub(super) end: usize,
    /// Yes is true.
    pub(super) value: bool,
}

/// The yes or no of a text: the one of most words, the first of those. A person who says more than one explains the
/// answer, and the plainest words (`agree … not ok`) say it best.
pub(super) fn find(u: &Utterance<'_>) -> Option<Answer> {
    let mut best: Option<Answer> = None;
    let mut i = 0;
    while i < u.tokens.len() {
        if let Some(end) = u.grammar.not_answers.end_at(u, i) {
            i = end;
            continue;
        }
        let Some(answer) = read(u, i) else {
            i += 1;
            continue;
        };
        if best.is_none_or(|best| words(u, &answer) > words(u, &best)) {
            best = Some(answer);
        }
        i = answer.end;
    }
    best
}

fn words(u: &Utterance<'_>, answer: &Answer) -> usize {
    (answer.start..answer.end).filter(|&i| !u.tokens.word(i).is_empty()).count().max(1)
}

/// The yes or no at token `i`.
pub(super) fn read(u: &Utterance<'_>, i: usize) -> Option<Answer> {
    if let Some(symbol) = u.tokens.symbol(i) {
        let value = if YES.contains(&symbol) {
            true
        } else if NO.contains(&symbol) {
            false
        } else {
            return None;
        };
        let mut end = i + 1;
        // A skin tone or the choice of a coloured form belongs to it.
        while matches!(u.tokens.symbol(end), Some('\u{1F3FB}'..='\u{1F3FF}' | '\u{FE0F}')) && u.tokens.glued(end) {
            end += 1;
        }
        return Some(Answer { start: i, end, value });
    }
    if u.tokens.get(i)?.shape != Shape::Word || touches_before(u, i) {
        return None;
    }
    if u.grammar.negations.has(u.tokens.word(i))
        && let Some(end) = u.grammar.yes.end_at(u, i + 1)
    {
        return Some(Answer { start: i, end, value: false });
    }
    let (end, value) = match (u.grammar.no.end_at(u, i), u.grammar.yes.end_at(u, i)) {
        (Some(end), _) => (end, false),
        (None, Some(end)) => (end, true),
        (None, None) => return None,
    };
    (!touches_after(u, end - 1)).then_some(Answer { start: i, end, value })
}

/// Joins words to names: `Y-axis`, `no-reply`.
fn joins(u: &Utterance<'_>, i: usize) -> bool {
    matches!(u.tokens.symbol(i), Some('-' | '_' | '@' | '/' | '.' | '&' | '+'))
}

fn is_shape(u: &Utterance<'_>, i: usize, is: fn(Shape) -> bool) -> bool {
    u.tokens.get(i).is_some_and(|token| is(token.shape))
}

/// Whether what stands before `i` makes it the end of a name.
fn touches_before(u: &Utterance<'_>, i: usize) -> bool {
    let joined = i >= 2 && joins(u, i - 1) && u.tokens.glued(i - 1) && is_shape(u, i - 2, |s| s != Shape::Symbol);
    u.tokens.glued(i) && i > 0 && (joined || is_shape(u, i - 1, |s| s == Shape::Digits))
}

/// Whether what stands after `i` makes it the beginning of a name.
fn touches_after(u: &Utterance<'_>, i: usize) -> bool {
    let joined = joins(u, i + 1) && u.tokens.glued(i + 2) && is_shape(u, i + 2, |s| s != Shape::Symbol);
    u.tokens.glued(i + 1) && (joined || is_shape(u, i + 1, |s| s == Shape::Digits))
}
