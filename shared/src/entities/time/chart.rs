//! The recognizer's engine: matches a grammar's rules against tokens, remembering what each symbol gave at each token.
//! Knows no language and no meaning.

use std::ops::Range;

use jiff::civil::{Date, DateTime};

use super::grammar::{Element, Grammar, HEADS, Mask, Rule, RuleSet, Sym};
use super::readers;
use super::tokens::{Gap, Token};
use super::values::Node;
use super::zone::Zone;
use crate::entities::{Tenses, WeekStart};

/// Most ends that one symbol may have at one token.
const ENDS_LIMIT: usize = 6;
/// Deepest nesting of symbols.
const DEPTH_LIMIT: usize = 40;
/// Most elements tried in a text: this many …
const STEPS: u32 = 8_000;
/// … and these for each byte. Sentences take about ten a byte where they speak of nothing but time; what goes far beyond
/// (thousands of numbers in a row) is read to where the allowance ends.
const STEPS_PER_BYTE: u32 = 4;
/// How many tokens are remembered at once, a power of two; no value reaches further.
const WINDOW: usize = 64;
/// How many findings are remembered before the next token starts afresh …
const MEMORY: usize = 256;
/// … and how many there may ever be.
const MEMORY_LIMIT: usize = 8_192;

/// A symbol found: where it ends (one past its last token) and what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) end: u32,
    pub(super) node: Node,
}

/// An element of a rule that matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) node: Node,
}

/// What actions and readers may look at.
pub(super) struct Scene<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
    pub(super) grammar: &'static Grammar,
    /// Days before months in `3/4/2020`.
    pub(super) day_first: bool,
    pub(super) now: DateTime,
    pub(super) today: Date,
    pub(super) zone: Option<&'t dyn Zone>,
    /// With which day weeks begin.
    pub(super) week: WeekStart,
    /// Whether the verbs around a time count.
    pub(super) tenses: Tenses,
    /// Extent of the rule whose action runs, in tokens.
    pub(super) start: usize,
    /// One past the rule's last token.
    pub(super) end: usize,
}

impl Scene<'_> {
    /// The first day of the week that holds `date`.
    pub(super) fn week_start(&self, date: Date) -> Option<Date> {
        let monday = super::calendar::monday(date)?;
        match self.week {
            WeekStart::Monday => Some(monday),
            WeekStart::Sunday if super::calendar::weekday(date) == 7 => Some(date),
            WeekStart::Sunday => super::calendar::add_days(monday, -1),
        }
    }

    /// Whether token `at` may be `sym`.
    pub(super) fn is(&self, at: usize, sym: Sym) -> bool {
        self.tokens.get(at).is_some_and(|t| t.mask & sym.bit() != 0)
    }

    /// Whether the token before the rule may be `sym`, on the same line.
    pub(super) fn after(&self, sym: Sym) -> bool {
        self.start > 0 && self.is(self.start - 1, sym) && self.tokens[self.start].gap != Gap::Line
    }

    /// Whether the token behind the rule may be `sym`, on the same line.
    pub(super) fn before(&self, sym: Sym) -> bool {
        self.is(self.end, sym) && self.tokens[self.end].gap != Gap::Line
    }

    /// Whether token `at` is a word that says nothing of time by itself, names of feasts aside, on the same line.
    pub(super) fn is_other_word(&self, at: usize) -> bool {
        const FEASTS: Mask = Sym::HolidayStart.bit() | Sym::HolidayRest.bit();
        let other = |t: &Token| t.mask & !FEASTS == 0 && t.gap == Gap::Blank;
        self.tokens.get(at).is_some_and(other) && self.word(at).starts_with(char::is_alphabetic)
    }

    /// Whether the rule takes in the whole text, but for marks at its end.
    pub(super) fn is_whole(&self) -> bool {
        const MARKS: Mask = Sym::Dot.bit() | Sym::Comma.bit();
        let is_mark =
            |token: &Token| token.mask & MARKS != 0 || self.text[token.start as usize..].starts_with(['!', '?']);
        self.start == 0 && self.tokens[self.end..].iter().all(is_mark)
    }

    /// Whether token `at` follows the one before without a space.
    pub(super) fn glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.gap == Gap::None)
    }

    /// The value of token `at` as `sym`.
    pub(super) fn value(&self, at: usize, sym: Sym) -> i16 {
        self.tokens.get(at).map_or(0, |t| self.grammar.value(t.entry, sym))
    }

    /// The words of token `at`.
    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| &self.text[t.start as usize..t.end as usize])
    }

    /// The character right before the rule, blanks included.
    pub(super) fn char_before(&self) -> Option<char> {
        self.text[..self.tokens.get(self.start)?.start as usize].chars().next_back()
    }

    /// The character right behind the rule, blanks included.
    pub(super) fn char_behind(&self) -> Option<char> {
        self.text[self.tokens.get(self.end.checked_sub(1)?)?.end as usize..].chars().next()
    }
}

/// What a head gave at a token: `len` of [`Chart::found`] from `from` on.
#[derive(Clone, Copy)]
struct Cell {
    token: u32,
    from: u16,
    len: u16,
}

const EMPTY: Cell = Cell { token: u32::MAX, from: 0, len: 0 };

/// The work on one text.
pub(super) struct Chart<'t> {
    pub(super) scene: Scene<'t>,
    /// By token (modulo the window) and head.
    cells: Vec<Cell>,
    window: usize,
    /// By token (modulo the window): the rules that may match there.
    rules_at: Vec<(u32, RuleSet)>,
    /// By token: what it and those behind it may be, all together.
    ahead: Vec<Mask>,
    found: Vec<Found>,
    /// The rules that are being matched, one behind the other.
    parts: Vec<Matched>,
    ends: Vec<Found>,
    steps: u32,
    depth: usize,
}

impl<'t> Chart<'t> {
    pub(super) fn new(scene: Scene<'t>) -> Chart<'t> {
        let window = scene.tokens.len().next_power_of_two().min(WINDOW);
        let cells = vec![EMPTY; window * HEADS];
        let mut ahead = vec![0; scene.tokens.len()];
        let mut masks = 0;
        for (mask, token) in ahead.iter_mut().zip(scene.tokens).rev() {
            masks |= token.mask;
            *mask = masks;
        }
        let bytes = u32::try_from(scene.text.len()).unwrap_or(u32::MAX);
        Chart {
            scene,
            cells,
            window,
            rules_at: vec![(u32::MAX, RuleSet::EMPTY); window],
            ahead,
            found: Vec::with_capacity(32),
            parts: Vec::with_capacity(32),
            ends: Vec::with_capacity(16),
            steps: STEPS.saturating_add(STEPS_PER_BYTE.saturating_mul(bytes)),
            depth: 0,
        }
    }

    /// Makes ready for a new starting token: forgets what is long past.
    pub(super) fn forget(&mut self) {
        if self.found.len() > MEMORY {
            self.found.clear();
            self.cells.fill(EMPTY);
        }
    }

    /// Whether the allowance of work is used up.
    pub(super) fn is_spent(&self) -> bool {
        self.steps == 0
    }

    /// The mask of token `at`, nothing behind the end of a line.
    fn mask(&self, at: usize) -> Mask {
        match self.scene.tokens.get(at) {
            Some(token) if token.gap != Gap::Line => token.mask,
            _ => 0,
        }
    }

    /// All that head `sym` may be at token `at`, best rule first for each end: a range for [`Chart::get`].
    pub(super) fn at(&mut self, sym: Sym, at: usize) -> Range<usize> {
        let Some(head) = sym.head() else { return 0..0 };
        if at >= self.scene.tokens.len() {
            return 0..0;
        }
        let slot = self.slot(at);
        let cell = slot * HEADS + head;
        let known = self.cells[cell];
        if known.token == at as u32 {
            return known.from as usize..(known.from + known.len) as usize;
        }
        let grammar = self.scene.grammar;
        if self.rules_at[slot].0 != at as u32 {
            self.rules_at[slot] = (at as u32, grammar.admitted(self.scene.tokens[at].mask, self.mask(at + 1)));
        }
        let rules = grammar.rules_of(head);
        let Some(mut rule) = self.rules_at[slot].1.next(rules.start, rules.end) else {
            self.cells[cell] = Cell { token: at as u32, ..EMPTY };
            return 0..0;
        };
        if self.depth >= DEPTH_LIMIT || self.found.len() >= MEMORY_LIMIT {
            return 0..0;
        }
        // A head within itself at the same token finds nothing; grammars have no left recursion.
        self.cells[cell] = Cell { token: at as u32, ..EMPTY };
        self.depth += 1;
        let base = self.ends.len();
        loop {
            let candidate = grammar.rule(rule);
            if !self.found_nothing(grammar.element(candidate, 0), at) && grammar.may_match(candidate, self.ahead[at]) {
                let bottom = self.parts.len();
                self.sequence(candidate, 0, at, at, bottom, base);
                self.parts.truncate(bottom);
            }
            // The slot may serve another token by now.
            if self.rules_at[slot].0 != at as u32 {
                break;
            }
            match self.rules_at[slot].1.next(rule + 1, rules.end) {
                Some(next) => rule = next,
                None => break,
            }
        }
        self.depth -= 1;
        let from = self.found.len();
        self.found.extend(self.ends.drain(base..));
        let len = self.found.len() - from;
        self.cells[cell] = Cell { token: at as u32, from: from as u16, len: len as u16 };
        from..from + len
    }

    /// Where token `at` is remembered.
    #[inline]
    fn slot(&self, at: usize) -> usize {
        // The window is a power of two: a division would be dear.
        at & (self.window - 1)
    }

    /// Whether it is known that the head which a rule begins with is not at token `at`.
    fn found_nothing(&self, first: Option<Element>, at: usize) -> bool {
        first.and_then(|element| element.sym.head()).is_some_and(|head| {
            let cell = self.cells[self.slot(at) * HEADS + head];
            cell.token == at as u32 && cell.len == 0
        })
    }

    /// One of the things that [`Chart::at`] gave.
    pub(super) fn get(&self, index: usize) -> Found {
        self.found[index]
    }

    /// Matches the elements of `rule` from the `k`th on at token `at`; the parts so far lie above `bottom`.
    fn sequence(&mut self, rule: &'static Rule, mut k: usize, start: usize, mut at: usize, bottom: usize, base: usize) {
        while let Some(element) = self.scene.grammar.element(rule, k) {
            if self.steps == 0 {
                return;
            }
            self.steps -= 1;
            let token = self.scene.tokens.get(at);
            let here = token.is_some_and(|token| {
                at == start || (token.gap != Gap::Line && (!element.glued || token.gap == Gap::None))
            });
            if element.sym.is_word() && !element.optional {
                // The common case goes on without a choice.
                if !here || !self.scene.is(at, element.sym) {
                    return;
                }
                self.parts.truncate(bottom + k);
                let node = Node::Word(element.sym, self.scene.value(at, element.sym));
                self.parts.push(Matched { start: at as u32, end: at as u32 + 1, node });
                k += 1;
                at += 1;
                continue;
            }
            if here {
                self.alternatives(rule, k, start, at, bottom, base);
            }
            if !element.optional {
                return;
            }
            self.parts.truncate(bottom + k);
            self.parts.push(Matched { start: at as u32, end: at as u32, node: Node::Nothing });
            k += 1;
        }
        self.complete(rule, start, at, bottom, base);
    }

    /// Goes on with all that the `k`th element may be at token `at`.
    fn alternatives(&mut self, rule: &'static Rule, k: usize, start: usize, at: usize, bottom: usize, base: usize) {
        let Some(Element { sym, .. }) = self.scene.grammar.element(rule, k) else { return };
        if sym.is_word() {
            if self.scene.is(at, sym) {
                let node = Node::Word(sym, self.scene.value(at, sym));
                self.step(rule, k, start, Matched { start: at as u32, end: at as u32 + 1, node }, bottom, base);
            }
        } else if sym.head().is_some() {
            for i in self.at(sym, at) {
                let Found { end, node } = self.found[i];
                self.step(rule, k, start, Matched { start: at as u32, end, node }, bottom, base);
            }
        } else if let Some(Found { end, node }) = readers::read(&self.scene, sym, at) {
            self.step(rule, k, start, Matched { start: at as u32, end, node }, bottom, base);
        }
    }

    /// Goes on behind a matched element.
    fn step(&mut self, rule: &'static Rule, k: usize, start: usize, part: Matched, bottom: usize, base: usize) {
        self.parts.truncate(bottom + k);
        let end = part.end as usize;
        self.parts.push(part);
        self.sequence(rule, k + 1, start, end, bottom, base);
    }

    fn complete(&mut self, rule: &Rule, start: usize, end: usize, bottom: usize, base: usize) {
        let ends = &self.ends[base..];
        if end == start || ends.len() == ENDS_LIMIT || ends.iter().any(|f| f.end as usize == end) {
            return;
        }
        self.scene.start = start;
        self.scene.end = end;
        if let Some(node) = (rule.action)(&self.scene, &self.parts[bottom..]) {
            self.ends.push(Found { end: end as u32, node });
        }
    }
}
