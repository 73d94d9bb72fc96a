//! The recognizer's engine: matches a grammar's rules against tokens, remembering what each symbol gave at each token.
//! Knows no language and no meaning.

use jiff::civil::{Date, DateTime};

use super::grammar::{Element, Grammar, PATTERN_LIMIT, Rule, Sym};
use super::readers;
use super::tokens::{Gap, Token};
use super::values::Node;

/// Most ends that one symbol may have at one token.
const ENDS_LIMIT: usize = 6;
/// Deepest nesting of symbols.
const DEPTH_LIMIT: usize = 40;
/// Most elements tried for one token; keeps the whole linear in the text.
const STEPS_PER_TOKEN: u32 = 6_000;

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
    pub(super) now: DateTime,
    pub(super) today: Date,
    /// Extent of the rule whose action runs, in tokens.
    pub(super) start: usize,
    /// One past the rule's last token.
    pub(super) end: usize,
}

impl Scene<'_> {
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

#[derive(Clone, Copy)]
enum Cell {
    Unknown,
    Known { from: u32, len: u32 },
}

/// The work on one text.
pub(super) struct Chart<'t> {
    pub(super) scene: Scene<'t>,
    cells: Vec<Cell>,
    found: Vec<Found>,
    steps: u32,
    depth: usize,
}

impl<'t> Chart<'t> {
    pub(super) fn new(scene: Scene<'t>) -> Chart<'t> {
        let cells = vec![Cell::Unknown; scene.tokens.len() * super::grammar::HEADS];
        Chart { scene, cells, found: Vec::with_capacity(32), steps: 0, depth: 0 }
    }

    /// Allows the work that a new starting token may take.
    pub(super) fn refill(&mut self) {
        self.steps = STEPS_PER_TOKEN;
    }

    /// All that head `sym` may be at token `at`, best rule first for each end.
    pub(super) fn at(&mut self, sym: Sym, at: usize) -> (usize, usize) {
        let Some(head) = sym.head() else { return (0, 0) };
        let Some(token) = self.scene.tokens.get(at) else { return (0, 0) };
        let mask = token.mask;
        if mask & self.scene.grammar.first(head) == 0 {
            return (0, 0);
        }
        let cell = at * super::grammar::HEADS + head;
        if let Cell::Known { from, len } = self.cells[cell] {
            return (from as usize, len as usize);
        }
        // A head within itself at the same token finds nothing; grammars have no left recursion.
        self.cells[cell] = Cell::Known { from: 0, len: 0 };
        if self.depth >= DEPTH_LIMIT {
            self.cells[cell] = Cell::Unknown;
            return (0, 0);
        }
        self.depth += 1;
        let mut ends = [Found { end: 0, node: Node::Nothing }; ENDS_LIMIT];
        let mut count = 0;
        let grammar = self.scene.grammar;
        for (rule, first) in grammar.rules(head) {
            if mask & first != 0 {
                let mut parts = [Matched { start: 0, end: 0, node: Node::Nothing }; PATTERN_LIMIT];
                self.sequence(rule, 0, at, at, &mut parts, &mut ends, &mut count);
            }
        }
        self.depth -= 1;
        let from = self.found.len();
        self.found.extend_from_slice(&ends[..count]);
        self.cells[cell] = Cell::Known { from: from as u32, len: count as u32 };
        (from, count)
    }

    /// One of the things that [`Chart::at`] gave.
    pub(super) fn get(&self, index: usize) -> Found {
        self.found[index]
    }

    #[allow(clippy::too_many_arguments)] // the state of one backtracking match
    fn sequence(
        &mut self,
        rule: &'static Rule,
        k: usize,
        start: usize,
        at: usize,
        parts: &mut [Matched; PATTERN_LIMIT],
        ends: &mut [Found; ENDS_LIMIT],
        count: &mut usize,
    ) {
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        let elements: &'static [Element] = rule.elements();
        let Some(element) = elements.get(k) else {
            self.complete(rule, start, at, &parts[..k], ends, count);
            return;
        };
        let here =
            self.scene.tokens.get(at).is_some_and(|token| {
                at == start || (token.gap != Gap::Line && (!element.glued || token.gap == Gap::None))
            });
        if here {
            if element.sym.is_word() {
                if self.scene.is(at, element.sym) {
                    let node = Node::Word(element.sym, self.scene.value(at, element.sym));
                    parts[k] = Matched { start: at as u32, end: at as u32 + 1, node };
                    self.sequence(rule, k + 1, start, at + 1, parts, ends, count);
                }
            } else if element.sym.head().is_some() {
                let (from, len) = self.at(element.sym, at);
                for i in from..from + len {
                    let found = self.found[i];
                    parts[k] = Matched { start: at as u32, end: found.end, node: found.node };
                    self.sequence(rule, k + 1, start, found.end as usize, parts, ends, count);
                }
            } else if let Some(found) = readers::read(&self.scene, element.sym, at) {
                parts[k] = Matched { start: at as u32, end: found.end, node: found.node };
                self.sequence(rule, k + 1, start, found.end as usize, parts, ends, count);
            }
        }
        if element.optional {
            parts[k] = Matched { start: at as u32, end: at as u32, node: Node::Nothing };
            self.sequence(rule, k + 1, start, at, parts, ends, count);
        }
    }

    fn complete(
        &mut self,
        rule: &Rule,
        start: usize,
        end: usize,
        parts: &[Matched],
        ends: &mut [Found; ENDS_LIMIT],
        count: &mut usize,
    ) {
        if end == start || *count == ENDS_LIMIT || ends[..*count].iter().any(|f| f.end as usize == end) {
            return;
        }
        self.scene.start = start;
        self.scene.end = end;
        if let Some(node) = (rule.action)(&self.scene, parts) {
            ends[*count] = Found { end: end as u32, node };
            *count += 1;
        }
    }
}
