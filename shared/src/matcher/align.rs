//! The exact way a pattern matches: its literal words as they stand, with captures and wildcards between them.

use super::captures::{MAX_CAPTURE_WORDS, Pieces, Taken, required};
use crate::compiled::index::{Unit, UnitKind};
use crate::text::{Break, Class};

/// Words that a wildcard passes over at most.
const MAX_WILDCARD_WORDS: usize = 64;

/// Whether words must be the very words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// They must.
    Exact,
    /// They may be misspelt.
    Slips,
}

/// Where a pattern's parts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alignment {
    /// The words the match covers.
    pub(super) first: usize,
    pub(super) end: usize,
    /// Weight (outside a match) of the words that a wildcard passed over.
    pub(super) skipped: u64,
    /// Misspelt words.
    pub(super) slips: u32,
    /// Synonyms that stand for the pattern's own words.
    pub(super) synonyms: u32,
}

/// Matches one pattern at one place.
pub(super) struct Aligner<'a> {
    pub(super) pieces: Pieces<'a>,
    pub(super) spelling: Spelling,
    pub(super) plausible: bool,
}

#[derive(Default, Clone, Copy)]
struct Tally {
    slips: u32,
    synonyms: u32,
}

impl Aligner<'_> {
    /// The alignment in which the literal `anchor` stands at word `place`. What is captured goes to `out`.
    pub(super) fn align(&self, anchor: usize, place: usize, out: &mut Vec<Taken>) -> Option<Alignment> {
        out.clear();
        let mut tally = Tally::default();
        let (run_start, run_end) = self.run_around(anchor);
        let mut first = self.backward(run_start, anchor, place, &mut tally)?;
        let mut end = self.forward(anchor, run_end, place, &mut tally)?;
        let mut skipped = 0;
        let mut unit = run_end;
        while unit < self.pieces.units.len() {
            let gap_end = self.gap_end(unit);
            if gap_end == self.pieces.units.len() {
                end = self.pieces.trailing((unit, gap_end), end, out)?;
                break;
            }
            let next_run = self.run_end(gap_end);
            let (start, stop) = self.next_run((unit, gap_end), next_run, end, &mut tally)?;
            self.fill((unit, gap_end), (end, start), &mut skipped, out)?;
            end = stop;
            unit = next_run;
        }
        let mut unit = run_start;
        while unit > 0 {
            let gap_start = self.gap_start(unit);
            if gap_start == 0 {
                first = self.pieces.leading((0, unit), first, out)?;
                break;
            }
            let previous_run = self.run_around(gap_start - 1).0;
            let (start, stop) = self.previous_run((gap_start, unit), previous_run, first, &mut tally)?;
            self.fill((gap_start, unit), (stop, first), &mut skipped, out)?;
            first = start;
            unit = previous_run;
        }
        Some(Alignment { first, end, skipped, slips: tally.slips, synonyms: tally.synonyms })
    }

    fn fill(&self, gap: (usize, usize), words: (usize, usize), skipped: &mut u64, out: &mut Vec<Taken>) -> Option<()> {
        let captures = self.has_capture(gap);
        if !captures {
            *skipped += self.pieces.source.utterance.weight_outside(words.0, words.1);
        }
        self.pieces.between(gap, words, out)
    }

    fn has_capture(&self, gap: (usize, usize)) -> bool {
        (gap.0..gap.1).any(|at| self.pieces.units.get(at).is_some_and(|unit| unit.kind == UnitKind::Capture))
    }

    fn literal(&self, at: usize) -> Option<Unit> {
        self.pieces.units.get(at).filter(Unit::is_literal)
    }

    /// The run of literals that `anchor` belongs to.
    fn run_around(&self, anchor: usize) -> (usize, usize) {
        let start = (0..anchor).rev().take_while(|&at| self.literal(at).is_some()).last().unwrap_or(anchor);
        (start, self.run_end(anchor))
    }

    fn run_end(&self, from: usize) -> usize {
        (from..self.pieces.units.len()).find(|&at| self.literal(at).is_none()).unwrap_or(self.pieces.units.len())
    }

    fn gap_end(&self, from: usize) -> usize {
        (from..self.pieces.units.len()).find(|&at| self.literal(at).is_some()).unwrap_or(self.pieces.units.len())
    }

    fn gap_start(&self, to: usize) -> usize {
        (0..to).rev().find(|&at| self.literal(at).is_some()).map_or(0, |at| at + 1)
    }

    /// The nearest place after `from` where the literals `gap.1..run_end` stand.
    fn next_run(&self, gap: (usize, usize), run_end: usize, from: usize, tally: &mut Tally) -> Option<(usize, usize)> {
        let captures = self.has_capture(gap);
        let needed = required(self.pieces.units, gap.0, gap.1);
        let most = if captures { MAX_CAPTURE_WORDS } else { MAX_WILDCARD_WORDS };
        for place in from..=from + most {
            // A capture ends with its sentence.
            if captures && place > from && self.sentence_before(place) {
                return None;
            }
            if place < from + needed {
                continue;
            }
            if place >= self.pieces.source.utterance.len() {
                return None;
            }
            let mut trial = *tally;
            if let Some(end) = self.forward(gap.1, run_end, place, &mut trial) {
                *tally = trial;
                return Some((place, end));
            }
        }
        None
    }

    /// The nearest place before `to` where the literals `run_start..gap.0` stand.
    fn previous_run(
        &self,
        gap: (usize, usize),
        run_start: usize,
        to: usize,
        tally: &mut Tally,
    ) -> Option<(usize, usize)> {
        let captures = self.has_capture(gap);
        let needed = required(self.pieces.units, gap.0, gap.1);
        let most = if captures { MAX_CAPTURE_WORDS } else { MAX_WILDCARD_WORDS };
        for distance in 0..=most.min(to) {
            let end = to - distance;
            if captures && distance > 0 && self.sentence_before(end + 1) && end + 1 < to {
                return None;
            }
            if distance < needed {
                continue;
            }
            let mut trial = *tally;
            if let Some(start) = self.backward(run_start, gap.0, end, &mut trial) {
                *tally = trial;
                return Some((start, end));
            }
        }
        None
    }

    fn sentence_before(&self, at: usize) -> bool {
        self.pieces.source.utterance.token(at).is_some_and(|token| token.before == Break::Sentence)
    }

    /// Matches the literals `from..to` from word `place` on; returns one past their last word.
    fn forward(&self, from: usize, to: usize, place: usize, tally: &mut Tally) -> Option<usize> {
        let mut at = place;
        for unit in from..to {
            let literal = self.pieces.units.get(unit)?;
            let length = match self.length_at(literal, at, tally) {
                None if unit > from && self.fills(at) => {
                    at += 1;
                    self.length_at(literal, at, tally)?
                }
                length => length?,
            };
            at += length;
        }
        Some(at)
    }

    /// "what do you actually take": a word that only fills, between two words of the pattern.
    fn fills(&self, at: usize) -> bool {
        self.pieces.source.utterance.class(at).is(Class::FILLER)
            && self.pieces.source.utterance.token(at).is_some_and(|token| token.before == Break::None)
    }

    /// Matches the literals `from..to` so that they end right before word `place`; returns their first word.
    fn backward(&self, from: usize, to: usize, place: usize, tally: &mut Tally) -> Option<usize> {
        let mut at = place;
        for unit in (from..to).rev() {
            let unit = self.pieces.units.get(unit)?;
            at = match unit.kind {
                UnitKind::Term => self.term(unit, tally, |hit| hit.end == at)?.0,
                _ => {
                    let before = at.checked_sub(1)?;
                    match self.length_at(unit, before, tally) {
                        None if self.fills(before) => {
                            let before = before.checked_sub(1)?;
                            self.length_at(unit, before, tally)?;
                            before
                        }
                        length => {
                            length?;
                            before
                        }
                    }
                }
            };
        }
        Some(at)
    }

    #[inline]
    fn length_at(&self, unit: Unit, at: usize, tally: &mut Tally) -> Option<usize> {
        if unit.kind == UnitKind::Term {
            let (start, end) = self.term(unit, tally, |hit| hit.start == at)?;
            return Some(end - start);
        }
        let seen = self.pieces.source.utterance.seen.get(at)?;
        if seen.word == unit.a {
            return Some(1);
        }
        if self.spelling == Spelling::Slips && seen.readings.iter().any(|reading| reading.0 == unit.a) {
            tally.slips += 1;
            return Some(1);
        }
        None
    }

    /// Where a vocabulary term stands that belongs to the unit: the pattern's own words if they do, else the longest.
    fn term(
        &self,
        unit: Unit,
        tally: &mut Tally,
        here: impl Fn(&super::utterance::TermHit) -> bool,
    ) -> Option<(usize, usize)> {
        let fits = |hit: &&super::utterance::TermHit| {
            hit.key == unit.b && here(hit) && (self.plausible || !hit.context_sensitive || hit.member == unit.a)
        };
        let hit = self
            .pieces
            .source
            .utterance
            .terms
            .iter()
            .filter(fits)
            .max_by_key(|hit| (hit.member == unit.a, hit.end - hit.start))?;
        tally.synonyms += u32::from(hit.member != unit.a);
        Some((hit.start, hit.end))
    }
}
