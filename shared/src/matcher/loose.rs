//! The loose way a pattern matches: its telling words, whatever their order, form and spelling, near each other.
//!
//! Fuzzy patterns may lack words; plain ones may lack their grammar only. What is weighed here is in `docs/matching.md`.

use super::captures::{Pieces, Taken};
use crate::compiled::index::{NONE, Pattern, Unit, UnitKind, pattern_flag, unit_flag, weight};
use crate::text::{Break, Class, hash};

/// Elements of a pattern that is matched loosely, at most.
const MAX_UNITS: usize = 32;
/// Words to each side of the anchor, beyond the pattern's own length, in which its other words are looked for.
const REACH: usize = 6;
/// The same where captures take words.
const CAPTURE_REACH: usize = 12;
/// Likeness below which a fuzzy pattern does not match, in thousandths.
const LEAST_LIKENESS: u64 = 550;

/// How well a pattern was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Near {
    /// The words from the first to the last that matched.
    pub(super) first: usize,
    pub(super) end: usize,
    /// Weight of the words explained.
    pub(super) explained: u64,
    /// Weight of the words between them that are not.
    pub(super) passed: u64,
    /// In thousandths.
    pub(super) likeness: u64,
    /// Whether a word was read as misspelt, and no other telling word vouches for it.
    pub(super) unvouched: bool,
}

/// How one literal was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Exact,
    Synonym,
    Inflected,
    Misspelt,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    form: Form,
}

/// Matches one pattern loosely.
pub(super) struct Loose<'a> {
    pub(super) pieces: Pieces<'a>,
    pub(super) plausible: bool,
}

/// What keeps a match from being exact, counted.
#[derive(Debug, Default)]
struct Differences {
    missing_function: u64,
    missing_determiner: u64,
    missing_light: u64,
    missing_content: u64,
    /// Words of the pattern's frame that are missing, grammar and light ones, and what they weigh.
    frame_function: u64,
    frame_light: u64,
    frame_weight: u64,
    /// Whether nothing stands beside the pattern that its frame would have told from it.
    bare: bool,
    inflected: u64,
    misspelt: u64,
    synonyms: u64,
    passed_content: u64,
    passed_function: u64,
    commas: u64,
    /// Literals missing right beside a capture.
    unled_captures: u64,
    reordered: bool,
}

/// What captures took.
#[derive(Debug, Default)]
struct Captured {
    /// Words between literals, as bits from the window's start.
    words: u128,
    /// Literals missing right beside a capture.
    unled: u64,
}

impl Loose<'_> {
    /// The match in which the literal `anchor` stands at word `place`. What is captured goes to `out`.
    pub(super) fn find(&self, anchor: usize, place: usize, out: &mut Vec<Taken>) -> Option<Near> {
        out.clear();
        let count = self.pieces.units.len();
        if count > MAX_UNITS || self.pieces.pattern.flags & pattern_flag::WILDCARDS != 0 {
            return None;
        }
        let fuzzy = self.pieces.pattern.flags & pattern_flag::FUZZY != 0;
        let mut places = [None; MAX_UNITS];
        let mut used = 0u128;
        let window = self.window(place);
        places[anchor] = Some(self.claim(self.pieces.units.get(anchor)?, place, window.0, &mut used)?);
        let mut differences = Differences::default();
        for (at, found) in places[..count].iter_mut().enumerate() {
            let unit = self.pieces.units.get(at)?;
            if at == anchor || !unit.is_literal() {
                continue;
            }
            let expected = (place + at).saturating_sub(anchor);
            *found = self.nearest(unit, expected, window, &mut used);
            if found.is_none()
                && (unit.has(unit_flag::NEGATOR) || !fuzzy && unit.has(unit_flag::CONTENT) || self.is_denied(at))
            {
                return None;
            }
        }
        for (at, _) in places[..count].iter().enumerate().filter(|(_, place)| place.is_none()) {
            let unit = self.pieces.units.get(at)?;
            let behind = places[..count].get(at + 1).copied().flatten();
            let inflects = behind.is_some_and(|verb| verb.form == Form::Inflected);
            // "me ahogo" for "me estoy ahogando": another tense of the verb has another auxiliary, or none.
            if !unit.is_literal() || inflects && self.is(unit, Class::TENSE) {
                continue;
            }
            // "my neighbour is choking" for "I am choking": an emergency is one whoever has it.
            let urgent = self.pieces.pattern.flags & pattern_flag::URGENT != 0;
            if urgent && self.is(unit, Class::SUBJECT) && self.has_another_subject(window, used) {
                differences.missing_determiner += 1;
            } else {
                differences.miss(unit);
            }
        }
        self.weigh(&places[..count], used, window.0, differences, out)
    }

    /// Whether a literal is a grammatical word of a class.
    fn is(&self, unit: Unit, class: Class) -> bool {
        let source = self.pieces.source;
        let belongs =
            |(word, _): (&str, _)| source.utterance.tokens.language().class(hash::of(word.as_bytes())).is(class);
        unit.kind != UnitKind::Term
            && !unit.has(unit_flag::CONTENT)
            && source.game.index().word(unit.a).is_some_and(belongs)
    }

    /// Whether somebody is named among words that the pattern does not explain.
    fn has_another_subject(&self, window: (usize, usize), used: u128) -> bool {
        let class = |at: usize| self.pieces.source.utterance.class(at);
        let named =
            |at: usize| (class(at).is(Class::SUBJECT) || class(at).is_person()) && used >> (at - window.0) & 1 == 0;
        (window.0..window.1).any(named)
    }

    /// Whether a literal is the first telling one behind a negator: "does not stop bleeding" is not met by "does not bleed".
    fn is_denied(&self, at: usize) -> bool {
        let is = |at: usize, flag: u16| self.pieces.units.get(at).is_some_and(|unit| unit.has(flag));
        let tells = |at: usize| is(at, unit_flag::CONTENT) && !is(at, unit_flag::NEGATOR);
        tells(at) && (0..at).rev().take_while(|before| !tells(*before)).any(|before| is(before, unit_flag::NEGATOR))
    }

    /// The words among which the pattern is looked for: those near `place`, in its sentence, this side of a "but".
    fn window(&self, place: usize) -> (usize, usize) {
        let captures = self.pieces.pattern.flags & pattern_flag::CAPTURES != 0;
        let reach = (self.pieces.units.len() + if captures { CAPTURE_REACH } else { REACH }).min(60);
        let utterance = self.pieces.source.utterance;
        let sentence = |at: usize| utterance.token(at).is_some_and(|token| token.before == Break::Sentence);
        let parts = |at: usize| utterance.class(at).is(Class::BUT);
        let mut first = place;
        while first > 0 && place - first < reach && !sentence(first) && !parts(first - 1) {
            first -= 1;
        }
        let mut end = place + 1;
        while end < utterance.len() && end - place <= reach && !sentence(end) && !parts(end) {
            end += 1;
        }
        (first, end)
    }

    /// The place nearest to `expected` where the unit stands, if any is left.
    fn nearest(&self, unit: Unit, expected: usize, window: (usize, usize), used: &mut u128) -> Option<Place> {
        let mut best: Option<(usize, usize)> = None;
        for at in window.0..window.1 {
            let distance = at.abs_diff(expected);
            if *used >> (at - window.0) & 1 == 0
                && best.is_none_or(|(least, _)| distance < least)
                && self.stands(unit, at)
            {
                best = Some((distance, at));
            }
        }
        self.claim(unit, best?.1, window.0, used)
    }

    fn stands(&self, unit: Unit, at: usize) -> bool {
        match unit.kind {
            UnitKind::Term => self.term_end(unit, at).is_some(),
            _ => self.pieces.source.utterance.seen.get(at).is_some_and(|seen| seen.has_key(unit.b)),
        }
    }

    fn term_end(&self, unit: Unit, at: usize) -> Option<(usize, bool)> {
        let fits = |hit: &&super::utterance::TermHit| {
            hit.key == unit.b && hit.start == at && (self.plausible || !hit.context_sensitive || hit.member == unit.a)
        };
        let hits = self.pieces.source.utterance.terms.iter().filter(fits);
        hits.max_by_key(|hit| (hit.member == unit.a, hit.end)).map(|hit| (hit.end, hit.member == unit.a))
    }

    fn claim(&self, unit: Unit, at: usize, base: usize, used: &mut u128) -> Option<Place> {
        let place = if unit.kind == UnitKind::Term {
            let (end, own) = self.term_end(unit, at)?;
            Place { start: at, end, form: if own { Form::Exact } else { Form::Synonym } }
        } else {
            let seen = self.pieces.source.utterance.seen.get(at)?;
            let form = if seen.word == unit.a && seen.word != NONE {
                Form::Exact
            } else if seen.key == unit.b {
                Form::Inflected
            } else {
                Form::Misspelt
            };
            Place { start: at, end: at + 1, form }
        };
        for at in place.start..place.end {
            *used |= 1u128.checked_shl((at - base) as u32).unwrap_or(0);
        }
        Some(place)
    }

    fn weigh(
        &self,
        places: &[Option<Place>],
        used: u128,
        base: usize,
        mut differences: Differences,
        out: &mut Vec<Taken>,
    ) -> Option<Near> {
        let fuzzy = self.pieces.pattern.flags & pattern_flag::FUZZY != 0;
        let utterance = self.pieces.source.utterance;
        let (mut first, mut end, mut last_start) = (usize::MAX, 0, 0);
        let (mut met, mut explained, mut sound) = (0, 0, false);
        for (at, place) in places.iter().enumerate() {
            let Some(place) = place else { continue };
            let unit = self.pieces.units.get(at)?;
            if end > 0 && place.start < last_start {
                differences.reordered = true;
            }
            last_start = place.start;
            first = first.min(place.start);
            end = end.max(place.end);
            explained += utterance.weight_inside(place.start, place.end);
            met += u64::from(unit.weight) * differences.meet(place.form);
            sound |= (unit.has(unit_flag::CONTENT) || unit.has(unit_flag::NEGATOR)) && place.form != Form::Misspelt;
        }
        let (literal_first, literal_end) = (first, end);
        let mut captured = Captured::default();
        if self.pieces.pattern.flags & pattern_flag::CAPTURES != 0 {
            if differences.reordered {
                return None;
            }
            let range = self.capture(places, fuzzy, (first, end), base, &mut captured, out)?;
            explained += utterance.weight_inside(range.0, first) + utterance.weight_inside(end, range.1);
            (first, end) = range;
            differences.unled_captures = captured.unled;
        }
        let mut passed = 0;
        for at in literal_first..literal_end {
            let bit = 1u128.checked_shl((at - base) as u32).unwrap_or(0);
            let token = utterance.token(at)?;
            if at > literal_first && token.before != Break::None {
                differences.commas += 1;
            }
            if used & bit != 0 {
                continue;
            }
            if captured.words & bit != 0 {
                explained += utterance.weight_inside(at, at + 1);
                continue;
            }
            // A "not", a "because" between the pattern's words takes them apart.
            if token.class.is(Class::NEGATOR.and(Class::NOTHING).and(Class::BREAK)) {
                return None;
            }
            passed += utterance.weight_outside(at, at + 1);
            if token.class.is(Class::FUNCTION.and(Class::FILLER)) {
                differences.passed_function += 1;
            } else {
                differences.passed_content += 1;
            }
        }
        differences.bare = self.is_bare(used, base, captured.words);
        let likeness = if fuzzy {
            differences.fuzzy(met, self.pieces.pattern)?
        } else {
            differences.plain(self.pieces.pattern)?
        };
        let unvouched = differences.misspelt > 0 && !sound;
        Some(Near { first, end, explained, passed, likeness, unvouched })
    }

    /// Whether what the pattern does not explain is nothing but grammar, times and numbers: "can I get … on Friday".
    fn is_bare(&self, used: u128, base: usize, captured: u128) -> bool {
        let utterance = self.pieces.source.utterance;
        let says = Class::NEGATOR.and(Class::NOTHING).and(Class::QUESTION).and(Class::BREAK);
        (0..utterance.len()).all(|at| {
            let bit = at.checked_sub(base).and_then(|at| 1u128.checked_shl(at as u32)).unwrap_or(0);
            (used | captured) & bit != 0
                || utterance.weight_outside(at, at + 1) <= u64::from(weight::LIGHT) && !utterance.class(at).is(says)
        })
    }

    /// Takes the captures between literals that were met. A literal that stands next to a capture must have been met,
    /// except in fuzzy patterns.
    fn capture(
        &self,
        places: &[Option<Place>],
        fuzzy: bool,
        literals: (usize, usize),
        base: usize,
        captured: &mut Captured,
        out: &mut Vec<Taken>,
    ) -> Option<(usize, usize)> {
        let (mut first, mut end) = literals;
        let count = places.len();
        let is_literal = |at: usize| self.pieces.units.get(at).is_some_and(|unit| unit.is_literal());
        let mut at = 0;
        while at < count {
            if is_literal(at) {
                at += 1;
                continue;
            }
            let gap = (at, (at..count).find(|&i| is_literal(i)).unwrap_or(count));
            at = gap.1;
            // "rent an estate" for "rent a {category}": an article that is not there leads to nothing.
            let is_article = |at: usize| self.pieces.units.get(at).is_some_and(|unit| unit.has(unit_flag::DETERMINER));
            let leading = (0..gap.0).rev().find(|&at| places[at].is_some() || !is_article(at));
            // "800 litres of oil" for "I want {litres} litres of oil": a value is told by what stands behind it.
            let is = |at: usize, flag: u16| self.pieces.units.get(at).is_some_and(|unit| unit.has(flag));
            let frameless = |from: usize| (0..from).all(|at| places[at].is_none() && is(at, unit_flag::FRAME));
            let told_behind =
                gap.1 == gap.0 + 1 && is(gap.0, unit_flag::TYPED) && matches!(places.get(gap.1), Some(Some(_)));
            let before = match leading.map(|at| places[at]) {
                None => None,
                Some(None) if told_behind && frameless(gap.0) => None,
                Some(Some(place)) => Some(place),
                Some(None) if fuzzy => {
                    captured.unled += 1;
                    places[..gap.0].iter().rev().find_map(|place| *place)
                }
                Some(None) => return None,
            };
            let after = match places.get(gap.1) {
                None => None,
                Some(Some(place)) => Some(*place),
                Some(None) if fuzzy => {
                    captured.unled += 1;
                    places[gap.1..].iter().find_map(|place| *place)
                }
                Some(None) => return None,
            };
            match (before, after) {
                (Some(before), Some(after)) => {
                    self.pieces.between(gap, (before.end, after.start), out)?;
                    for at in before.end..after.start {
                        captured.words |= 1u128.checked_shl((at - base) as u32).unwrap_or(0);
                    }
                }
                (Some(before), None) => end = self.pieces.trailing(gap, before.end, out)?,
                (None, Some(after)) => first = self.pieces.leading(gap, after.start, out)?,
                (None, None) => return None,
            }
        }
        Some((first.min(literals.0), end.max(literals.1)))
    }
}

impl Differences {
    fn miss(&mut self, unit: Unit) {
        if unit.has(unit_flag::CONTENT) {
            self.missing_content += 1;
        } else if unit.has(unit_flag::FRAME) {
            self.frame_weight += u64::from(unit.weight);
            if unit.has(unit_flag::LIGHT) {
                self.frame_light += 1
            } else {
                self.frame_function += 1
            };
        } else if unit.has(unit_flag::DETERMINER) {
            self.missing_determiner += 1;
        } else if unit.has(unit_flag::LIGHT) {
            self.missing_light += 1;
        } else if !unit.has(unit_flag::POLITE) {
            self.missing_function += 1;
        }
    }

    /// Counts how a literal was met, and says how well, in thousandths.
    fn meet(&mut self, form: Form) -> u64 {
        match form {
            Form::Exact => 1_000,
            Form::Synonym => {
                self.synonyms += 1;
                980
            }
            Form::Inflected => {
                self.inflected += 1;
                900
            }
            Form::Misspelt => {
                self.misspelt += 1;
                750
            }
        }
    }

    /// "tickets for Friday" for "I want tickets": a frame that is left out says nothing, where nothing else is said in its
    /// place. `single` is a pattern of one telling word, which others might say of another thing.
    fn settle_frame(&mut self, single: bool) -> u64 {
        const COST: u64 = 130;
        if self.passed_content == 0 && (self.bare || !single) {
            return if self.frame_function + self.frame_light > 0 { COST } else { 0 };
        }
        self.missing_function += self.frame_function;
        self.missing_light += self.frame_light;
        self.frame_weight = 0;
        0
    }

    /// The likeness of a plain pattern, which has all its telling words.
    fn plain(&mut self, pattern: &Pattern) -> Option<u64> {
        const MAX_GRAMMAR: u64 = 350;
        let content = u64::from(pattern.content_weight).max(20);
        let single = content < 40;
        let frame = self.settle_frame(single);
        let grammar_missing = self.missing_function + self.missing_light > 0;
        let most_passed = if !single { 2 } else { u64::from(!grammar_missing) };
        if self.passed_content > most_passed || self.passed_function > 4 || self.reordered && self.commas > 0 {
            return None;
        }
        // A word that stands where the pattern's own is missing takes its place.
        let replaced = self.missing_light > 0 && self.passed_content > 0;
        if replaced || single && grammar_missing && self.reordered {
            return None;
        }
        let function = self.missing_function * (5_000 / content).max(60);
        let grammar = (function + self.missing_light * 150).min(MAX_GRAMMAR);
        let cost = grammar
            + frame
            + self.missing_determiner * 30
            + self.inflected * 60
            + self.misspelt * if single { 200 } else { 60 }
            + self.synonyms * 10
            + self.passed_content * 15
            + self.passed_function * 5
            + self.commas * 30
            + u64::from(self.reordered) * 60;
        1_000u64.checked_sub(cost.max(5))
    }

    /// The likeness of a fuzzy pattern: the weight of the words met, less what is out of place.
    fn fuzzy(&mut self, met: u64, pattern: &Pattern) -> Option<u64> {
        if self.passed_content > 4 || self.passed_function > 6 {
            return None;
        }
        let frame = self.settle_frame(pattern.content_weight < 40);
        let likeness = met / u64::from(pattern.literal_weight).saturating_sub(self.frame_weight).max(1);
        let cost = frame
            + self.passed_content * 20
            + self.passed_function * 5
            + self.commas * 30
            + self.unled_captures * 200
            + u64::from(self.reordered) * 60;
        likeness.checked_sub(cost).filter(|&likeness| likeness >= LEAST_LIKENESS || self.unled_captures > 0)
    }
}
