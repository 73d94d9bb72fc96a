//! Percentages: `5%`, `minus five percent`, `2.5 per cent`.

use super::number::{Candidate, NumberPhrase};
use super::quantity::after_number;
use super::utterance::Utterance;

/// Signs for percent.
const SIGNS: [char; 3] = ['%', '％', '﹪'];

/// A percentage found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Percentage {
    /// Its first token.
    pub(super) start: usize,
    /// One past its last token.
    pub(super) end: usize,
    /// The number; `None` where a percentage is only spoken of (`what percentage`).
    pub(super) number: Option<NumberPhrase>,
}

/// All percentages of a text, left to right.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Percentage> {
    let mut found: Vec<Percentage> = Vec::new();
    let mut numbers = candidates.iter().filter(|candidate| !candidate.attached_before).peekable();
    let mut i = 0;
    while i < u.tokens.len() {
        while numbers.next_if(|candidate| candidate.phrase.end < i).is_some() {}
        let number = numbers.peek().map(|candidate| candidate.phrase).filter(|phrase| phrase.end == i);
        // Past a hyphen, or the article of `half a percent`.
        let at = number.map_or(i, |phrase| after_number(u, &phrase));
        match ends(u, at) {
            Some(end) => {
                let behind = if number.is_none() { number_behind(u, end, numbers.clone()) } else { None };
                let start = number.map_or(i, |phrase| phrase.start);
                let end = behind.map_or(end, |phrase| phrase.end);
                found.push(Percentage { start, end, number: number.or(behind) });
                i = end;
            }
            None => i += 1,
        }
    }
    // A sign that stands alone speaks of a percentage, one inside something else (`%20`) does not.
    found.retain(|percentage| {
        let stands_alone = !u.tokens.glued(percentage.start) && !u.tokens.glued(percentage.start + 1);
        percentage.number.is_some() || !u.tokens.word(percentage.start).is_empty() || stands_alone
    });
    found
}

/// The number of `percent of twenty`.
fn number_behind<'c>(
    u: &Utterance<'_>,
    end: usize,
    mut numbers: impl Iterator<Item = &'c Candidate>,
) -> Option<NumberPhrase> {
    let at = u.grammar.percent_of.end_at(u, end)?;
    let next = numbers.find(|candidate| candidate.phrase.start >= at)?;
    (next.phrase.start == at && !next.attached_after).then_some(next.phrase)
}

/// The token after a percent sign or word at `i`.
fn ends(u: &Utterance<'_>, i: usize) -> Option<usize> {
    if let Some(symbol) = u.tokens.symbol(i) {
        // `5%3` is no percentage.
        let free = !u.tokens.glued(i + 1) || u.tokens.digits(i + 1).is_empty();
        return (SIGNS.contains(&symbol) && free).then_some(i + 1);
    }
    u.grammar.percent.end_at(u, i)
}
