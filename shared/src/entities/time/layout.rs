//! Packs a language at compile time: words in one string, rules without the room that short patterns leave, and for each
//! word the rules that it may open, so that most rules are never tried. How that is read lies in [`mod@super::grammar`].

use super::grammar::{Element, Entry, HEADS, Mask, Rule, RuleSet, Sym, WORDS, Word, Written};
use super::holidays::Name;
use super::tokens::WORD_LIMIT;

/// Most rules a language may have, counting those with and without an optional beginning.
const RULE_LIMIT: usize = 832;
/// The 64-bit words of a set of rules.
pub(super) const RULE_WORDS: usize = RULE_LIMIT / 64;
/// Most elements in the patterns of a language.
const SYM_LIMIT: usize = 4096;
/// Most words a language may have, counting each meaning …
const ENTRY_LIMIT: usize = 1792;
/// … and most bytes of them.
const TEXT_LIMIT: usize = 16_384;
/// Most 64-bit words that are not zero in the sets of rules of a language.
const POOL_LIMIT: usize = 2048;
const SLOT_LIMIT: usize = 4096;
/// No word.
pub(super) const NONE: u16 = u16::MAX;

/// A language laid out, with room to spare. Only its parts, cut to size, get into the program.
pub(super) struct Layout {
    pub(super) rules: [Rule; RULE_LIMIT],
    pub(super) rule_count: usize,
    pub(super) syms: [Sym; SYM_LIMIT],
    pub(super) sym_count: usize,
    pub(super) first_rule: [u16; HEADS + 1],
    pub(super) words: [Word; ENTRY_LIMIT],
    pub(super) word_count: usize,
    pub(super) text: [u8; TEXT_LIMIT],
    pub(super) text_len: usize,
    pub(super) slots: [u16; SLOT_LIMIT],
    pub(super) slot_count: usize,
    pub(super) first: Sets,
    pub(super) second: Sets,
    pub(super) loose: RuleSet,
}

/// Lays out a language as a static of that name, from its words, its rules (standing together by head, in the order of the
/// symbols), its holidays, and whether days stand before months in figures.
macro_rules! language {
    ($(#[$doc:meta])* $name:ident, $words:expr, $rules:expr, $holidays:expr, $tense:expr, $day_first:expr) => {
        $(#[$doc])*
        pub(super) static $name: $crate::entities::time::grammar::Grammar = {
            use $crate::entities::time::grammar::{self, Grammar, HEADS, Rule, Sym, Word};
            use $crate::entities::time::layout::{Cell, Layout, PackedSets, cut, initials};
            const LAYOUT: Layout = Layout::new($words, $holidays, $rules);
            static RULE_TABLE: [Rule; LAYOUT.rule_count] = cut(&LAYOUT.rules);
            static SYMS: [Sym; LAYOUT.sym_count] = cut(&LAYOUT.syms);
            static FIRST_RULE: [u16; HEADS + 1] = LAYOUT.first_rule;
            static WORD_TABLE: [Word; LAYOUT.word_count] = cut(&LAYOUT.words);
            static TEXT: [u8; LAYOUT.text_len] = cut(&LAYOUT.text);
            static SLOTS: [u16; LAYOUT.slot_count] = cut(&LAYOUT.slots);
            static FIRST: [Cell; grammar::WORDS] = LAYOUT.first.cells;
            static FIRST_POOL: [u64; LAYOUT.first.len] = cut(&LAYOUT.first.pool);
            static SECOND: [Cell; grammar::WORDS] = LAYOUT.second.cells;
            static SECOND_POOL: [u64; LAYOUT.second.len] = cut(&LAYOUT.second.pool);
            Grammar {
                text: &TEXT,
                words: &WORD_TABLE,
                slots: &SLOTS,
                rules: &RULE_TABLE,
                syms: &SYMS,
                first_rule: &FIRST_RULE,
                first: PackedSets { cells: &FIRST, pool: &FIRST_POOL },
                second: PackedSets { cells: &SECOND, pool: &SECOND_POOL },
                loose: LAYOUT.loose,
                holidays: $holidays,
                initials: initials($holidays),
                day_first: $day_first,
                tense: $tense,
            }
        };
    };
}
pub(super) use language;

/// The first `N` of `from`.
pub(super) const fn cut<T: Copy, const N: usize>(from: &[T]) -> [T; N] {
    let mut out = [from[0]; N];
    let mut i = 0;
    while i < N {
        out[i] = from[i];
        i += 1;
    }
    out
}

/// FNV-1a, folded.
pub(super) const fn hash(bytes: &[u8]) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    let mut i = 0;
    while i < bytes.len() {
        h = (h ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    (h ^ (h >> 15)) as usize
}

/// Where the word that begins at `from` ends.
const fn word_end(words: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < words.len() && words[at] != b' ' {
        at += 1;
    }
    at
}

/// How many words [`Layout::take_holiday_words`] is expected to take at most: names of a feast share their words.
const fn holiday_words(holidays: &[Name]) -> usize {
    holidays.len() * 2
}

impl Layout {
    pub(super) const fn new(entries: &[Entry], holidays: &[Name], written: &[Written]) -> Layout {
        let mut layout = Layout {
            rules: [Rule { action: written[0].action, from: 0, optional: 0, glued: 0, len: 0 }; RULE_LIMIT],
            rule_count: 0,
            syms: [Sym::Digits; SYM_LIMIT],
            sym_count: 0,
            first_rule: [0; HEADS + 1],
            words: [Word { from: 0, len: 0, sym: Sym::Digits, value: 0, next: NONE }; ENTRY_LIMIT],
            word_count: 0,
            text: [0; TEXT_LIMIT],
            text_len: 0,
            slots: [NONE; SLOT_LIMIT],
            // At most half of them are taken.
            slot_count: ((entries.len() + holiday_words(holidays)) * 2).next_power_of_two(),
            first: Sets::EMPTY,
            second: Sets::EMPTY,
            loose: RuleSet::EMPTY,
        };
        layout.take_words(entries);
        layout.take_holiday_words(holidays);
        let mut heads = [Sym::Digits; RULE_LIMIT];
        layout.take_rules(written, &mut heads);
        layout.take_sets(&heads);
        layout
    }

    const fn take_words(&mut self, entries: &[Entry]) {
        let mut i = 0;
        while i < entries.len() {
            let Entry { word, sym, value } = entries[i];
            self.take_word(word.as_bytes(), sym, value);
            i += 1;
        }
    }

    const fn take_word(&mut self, word: &[u8], sym: Sym, value: i16) {
        let mut next = NONE;
        let mut slot = hash(word) % self.slot_count;
        while self.slots[slot] != NONE {
            let Word { from, len, .. } = self.words[self.slots[slot] as usize];
            if self.reads(from as usize, len as usize, word) {
                next = self.slots[slot];
                break;
            }
            slot = (slot + 1) % self.slot_count;
        }
        // Another meaning of a word has its letters already.
        let from = if next == NONE { self.text_len as u16 } else { self.words[next as usize].from };
        let mut k = 0;
        while next == NONE && k < word.len() {
            self.text[self.text_len] = word[k];
            self.text_len += 1;
            k += 1;
        }
        let mut meaning = next;
        while meaning != NONE {
            if self.words[meaning as usize].sym as usize == sym as usize {
                return;
            }
            meaning = self.words[meaning as usize].next;
        }
        self.slots[slot] = self.word_count as u16;
        self.words[self.word_count] = Word { from, len: word.len() as u8, sym, value, next };
        self.word_count += 1;
    }

    /// Whether these letters of the text of all words are `word`.
    const fn reads(&self, from: usize, len: usize, word: &[u8]) -> bool {
        if len != word.len() {
            return false;
        }
        let mut i = 0;
        while i < len {
            if self.text[from + i] != word[i] {
                return false;
            }
            i += 1;
        }
        true
    }

    /// The first words of holidays, and their second ones, as they are and with an "s" behind.
    const fn take_holiday_words(&mut self, holidays: &[Name]) {
        let mut i = 0;
        while i < holidays.len() {
            let words = holidays[i].words.as_bytes();
            let first = word_end(words, 0);
            self.take_with_plural(words, 0, first, Sym::HolidayStart);
            if first < words.len() {
                self.take_with_plural(words, first + 1, word_end(words, first + 1), Sym::HolidayRest);
            }
            i += 1;
        }
    }

    const fn take_with_plural(&mut self, words: &[u8], from: usize, to: usize, sym: Sym) {
        let mut word = [b's'; WORD_LIMIT];
        let mut i = from;
        while i < to {
            word[i - from] = words[i];
            i += 1;
        }
        let (one, _) = word.split_at(to - from);
        self.take_word(one, sym, 0);
        let (many, _) = word.split_at(to - from + 1);
        self.take_word(many, sym, 0);
    }

    /// Takes each rule that begins with optional elements as several that do not: then its first two words, taken
    /// together, say whether it is worth trying.
    const fn take_rules(&mut self, written: &[Written], heads: &mut [Sym; RULE_LIMIT]) {
        let mut head = 0;
        let mut i = 0;
        while i < written.len() {
            let Written { action, syms, mut optional, mut glued, mut len, .. } = written[i];
            let Some(own) = written[i].head.head() else { panic!("only heads have rules") };
            assert!(own >= head, "rules stand in the order of their heads");
            while head < own {
                head += 1;
                self.first_rule[head] = self.rule_count as u16;
            }
            let mut from = self.sym_count as u16;
            let mut k = 0;
            while k < len as usize {
                self.syms[self.sym_count] = syms[k];
                self.sym_count += 1;
                k += 1;
            }
            loop {
                assert!(len > 0, "a rule needs an element that is not optional");
                heads[self.rule_count] = written[i].head;
                self.rules[self.rule_count] = Rule { action, from, optional: optional & !1, glued, len };
                self.rule_count += 1;
                if optional & 1 == 0 {
                    break;
                }
                from += 1;
                optional >>= 1;
                glued >>= 1;
                len -= 1;
            }
            i += 1;
        }
        while head < HEADS {
            head += 1;
            self.first_rule[head] = self.rule_count as u16;
        }
    }

    const fn element(&self, rule: usize, k: usize) -> Option<Element> {
        let rule = &self.rules[rule];
        if k >= rule.len as usize {
            return None;
        }
        let sym = self.syms[rule.from as usize + k];
        Some(Element { sym, optional: rule.optional & 1 << k != 0, glued: rule.glued & 1 << k != 0 })
    }

    /// The opening of a rule, by what is known of the heads so far.
    const fn opening(&self, rule: usize, heads: &[Opening; HEADS]) -> Opening {
        let Some(first) = self.element(rule, 0) else { panic!("a rule has an element") };
        let mut opening = element_opening(first, heads);
        if opening.single {
            // What may follow a first element of one word.
            let mut k = 1;
            while let Some(next) = self.element(rule, k) {
                opening.second |= element_opening(next, heads).first;
                if !next.optional {
                    opening.single = false;
                    break;
                }
                k += 1;
            }
        }
        opening
    }

    /// The openings of all rules, as a least fixed point, turned about: by word, the rules that it opens.
    const fn take_sets(&mut self, rule_heads: &[Sym; RULE_LIMIT]) {
        let mut heads = [CLOSED; HEADS];
        let mut own = [CLOSED; RULE_LIMIT];
        let mut changed = true;
        while changed {
            changed = false;
            let mut i = 0;
            while i < self.rule_count {
                let opening = self.opening(i, &heads);
                if !opening.equals(own[i]) {
                    own[i] = opening;
                    if let Some(head) = rule_heads[i].head() {
                        heads[head] = heads[head].join(opening);
                    }
                    changed = true;
                }
                i += 1;
            }
        }
        let mut word = 0;
        while word < WORDS {
            let (mut first, mut second) = (RuleSet::EMPTY, RuleSet::EMPTY);
            let mut i = 0;
            while i < self.rule_count {
                if own[i].first & (1 << word) != 0 {
                    first = first.with(i);
                }
                if own[i].second & (1 << word) != 0 {
                    second = second.with(i);
                }
                i += 1;
            }
            self.first.take(word, &first);
            self.second.take(word, &second);
            word += 1;
        }
        let mut i = 0;
        while i < self.rule_count {
            if own[i].single {
                self.loose = self.loose.with(i);
            }
            i += 1;
        }
    }
}

/// How a symbol may begin: its first word, its second word, and whether it may be a single word.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    pub(super) first: Mask,
    pub(super) second: Mask,
    pub(super) single: bool,
}

const CLOSED: Opening = Opening { first: 0, second: 0, single: false };

impl Opening {
    const fn join(self, other: Opening) -> Opening {
        Opening {
            first: self.first | other.first,
            second: self.second | other.second,
            single: self.single || other.single,
        }
    }

    const fn equals(self, other: Opening) -> bool {
        self.first == other.first && self.second == other.second && self.single == other.single
    }
}

/// The opening of an element, by what is known of the heads so far.
const fn element_opening(e: Element, heads: &[Opening; HEADS]) -> Opening {
    match e.sym.head() {
        Some(h) => heads[h],
        None if e.sym.is_word() => Opening { first: e.sym.bit(), single: true, ..CLOSED },
        None => super::readers::opening(e.sym),
    }
}

/// Which 64-bit words of a set are not zero, and where in the pool those begin.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    present: u16,
    from: u16,
}

/// Sets of rules by word symbol, while they are laid out.
pub(super) struct Sets {
    pub(super) cells: [Cell; WORDS],
    pub(super) pool: [u64; POOL_LIMIT],
    pub(super) len: usize,
}

impl Sets {
    const EMPTY: Sets = Sets { cells: [Cell { present: 0, from: 0 }; WORDS], pool: [0; POOL_LIMIT], len: 0 };

    const fn take(&mut self, word: usize, set: &RuleSet) {
        let mut cell = Cell { present: 0, from: self.len as u16 };
        let mut i = 0;
        while i < RULE_WORDS {
            if set.0[i] != 0 {
                cell.present |= 1 << i;
                self.pool[self.len] = set.0[i];
                self.len += 1;
            }
            i += 1;
        }
        self.cells[word] = cell;
    }
}

/// Sets of rules by word symbol. Few rules begin with any one word, so most of their 64-bit words are zero and left out.
pub(super) struct PackedSets {
    pub(super) cells: &'static [Cell; WORDS],
    pub(super) pool: &'static [u64],
}

impl PackedSets {
    /// The union of the sets of all symbols in `mask`.
    pub(super) fn gather(&self, mut mask: Mask) -> RuleSet {
        let mut out = RuleSet::EMPTY;
        while mask != 0 {
            let Cell { mut present, from } = self.cells[mask.trailing_zeros() as usize];
            let mut from = from as usize;
            while present != 0 {
                out.0[present.trailing_zeros() as usize % RULE_WORDS] |= self.pool[from];
                from += 1;
                present &= present - 1;
            }
            mask &= mask - 1;
        }
        out
    }
}

/// Where the names of each letter begin.
pub(super) const fn initials(names: &[Name]) -> [u16; 27] {
    let mut out = [0; 27];
    let (mut letter, mut i) = (0, 0);
    while i < names.len() {
        let initial = (names[i].words.as_bytes()[0] - b'a') as usize;
        assert!(initial >= letter, "holidays stand in the order of their first letters");
        while letter < initial {
            letter += 1;
            out[letter] = i as u16;
        }
        i += 1;
    }
    while letter < 26 {
        letter += 1;
        out[letter] = names.len() as u16;
    }
    out
}
