//! The form of a grammar: symbols, rules written as patterns, the word table, all laid out at compile time.
//! No language and no meaning lives here: languages are data ([`super::english`], [`super::spanish`]), meanings are
//! actions ([`super::actions`]).

use super::actions::Action;

/// Names the symbols: `words` are read off a token, `readers` are recognized by code, `heads` are defined by rules.
macro_rules! symbols {
    (words: $($word:ident)* ; readers: $($reader:ident)* ; heads: $($head:ident)* ;) => {
        /// A symbol of the grammar.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Sym { $($word,)* $($reader,)* $($head,)* }

        /// How many symbols a token may be by itself.
        pub(super) const WORDS: usize = [$(stringify!($word)),*].len();
        const READERS: usize = [$(stringify!($reader)),*].len();
        /// How many symbols rules define.
        pub(super) const HEADS: usize = [$(stringify!($head)),*].len();
        const NAMES: [&str; WORDS + READERS + HEADS] =
            [$(stringify!($word),)* $(stringify!($reader),)* $(stringify!($head),)*];
        const ALL: [Sym; WORDS + READERS + HEADS] = [$(Sym::$word,)* $(Sym::$reader,)* $(Sym::$head,)*];
    };
}

symbols! {
    words:
        // marks and digits
        Digits Comma Dot Colon Slash Dash LeftParen RightParen Quote AtSign Plus
        // numbers in words
        Card Tens Hundred Thousand Ordinal Suffix A Half Few Couple Several
        // names
        Month Weekday Weekdays Unit Short Part Parts Meal Season Decade Quarters QuarterLetter HalfLetter Today
        Now Noon Midnight Mid Tonight HolidayStart
        // where it lies
        This Next Coming Last Past The My All Every Other Once Same
        Ago Back Later Hence Earlier Before Prior After Since Until Within Around About Less More Than
        Early Late Begin Starting End Rest
        // joints
        Of In At On For From To Between And Or By During Minus
        // parts of clock times
        Am Pm AmLetter PmLetter M Oclock O Clock Ish T H
        // words with one use
        Date Time Business Workweek Recently Instant Just Calendar Year Eod Eoy WeekLetter C Doubtful Future S Set ;
    readers:
        Number DayNumber DayOrdinal MonthNumber FullYear ShortYear HourDigits HourWord Minutes MinuteWord
        Holiday ClockDigits DateDigits Nth DecadeDigits ;
    heads:
        Meridiem Letter Struck Rel RelThe DayPart InPart AtPart HalfDay MinutesOff ClockBase BareHour ClockTime AtHour
        Piece Duration Shift
        Lead Tail RelYear RelMonth MonthIn Mark Till
        Dates Edge PeriodBase Terminus Period RangeHour TimeRange Stamp NearPart Stretch RepeatBase Repeat OpenWord Open ;
}

/// A set of word symbols.
pub(super) type Mask = u128;
const _: () = assert!(WORDS <= 128, "word symbols must fit a mask");

/// Longest pattern, in elements.
pub(super) const PATTERN_LIMIT: usize = 10;

impl Sym {
    const fn index(self) -> usize {
        self as usize
    }

    /// This symbol among the heads, if it is one.
    pub(super) const fn head(self) -> Option<usize> {
        if self.index() >= WORDS + READERS { Some(self.index() - WORDS - READERS) } else { None }
    }

    /// Whether a token is it by itself.
    pub(super) const fn is_word(self) -> bool {
        self.index() < WORDS
    }

    /// The set that holds this word symbol alone.
    pub(super) const fn bit(self) -> Mask {
        1 << self.index()
    }
}

/// One element of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    /// What stands here.
    pub(super) sym: Sym,
    /// It may be missing.
    pub(super) optional: bool,
    /// No space may stand before it.
    pub(super) glued: bool,
}

/// `head → pattern`, and what it means.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) head: Sym,
    elements: [Element; PATTERN_LIMIT],
    len: u8,
    pub(super) action: Action,
}

impl Rule {
    /// The pattern.
    pub(super) fn elements(&self) -> &[Element] {
        &self.elements[..self.len as usize]
    }
}

/// Reads a pattern: symbol names between blanks; `Name?` may be missing, `^Name` is written without a space before it.
/// A misspelt name is a compile error.
pub(super) const fn rule(head: Sym, pattern: &'static str, action: Action) -> Rule {
    let mut elements = [Element { sym: Sym::Digits, optional: false, glued: false }; PATTERN_LIMIT];
    let bytes = pattern.as_bytes();
    let (mut at, mut len) = (0, 0);
    while at < bytes.len() {
        let glued = bytes[at] == b'^';
        if glued {
            at += 1;
        }
        let from = at;
        while at < bytes.len() && bytes[at] != b' ' && bytes[at] != b'?' {
            at += 1;
        }
        let sym = named(bytes, from, at);
        let optional = at < bytes.len() && bytes[at] == b'?';
        if optional {
            at += 1;
        }
        elements[len] = Element { sym, optional, glued };
        len += 1;
        while at < bytes.len() && bytes[at] == b' ' {
            at += 1;
        }
    }
    assert!(len > 0 && !elements[0].glued, "a pattern begins with an element of its own");
    Rule { head, elements, len: len as u8, action }
}

const fn named(bytes: &[u8], from: usize, to: usize) -> Sym {
    let mut i = 0;
    while i < NAMES.len() {
        let name = NAMES[i].as_bytes();
        if name.len() == to - from {
            let mut k = 0;
            while k < name.len() && name[k] == bytes[from + k] {
                k += 1;
            }
            if k == name.len() {
                return ALL[i];
            }
        }
        i += 1;
    }
    panic!("a pattern names a symbol that does not exist");
}

/// What a word may be: a symbol and its value (the month's number, the unit, …).
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) sym: Sym,
    pub(super) value: i16,
}

/// A line of a word table: all words of one symbol, each with its value.
pub(super) struct Entry {
    pub(super) word: &'static str,
    pub(super) lexeme: Lexeme,
}

/// A line of a word table.
pub(super) const fn word(word: &'static str, sym: Sym, value: i16) -> Entry {
    assert!(sym.is_word());
    Entry { word, lexeme: Lexeme { sym, value } }
}

const SLOTS: usize = 2048;
const NONE: u16 = u16::MAX;

/// Most words a language may have, counting each meaning.
pub(super) const ENTRY_LIMIT: usize = 768;

/// A language: words, rules and holidays, with the indexes over them.
pub(super) struct Grammar {
    entries: &'static [Entry],
    slots: [u16; SLOTS],
    next: [u16; ENTRY_LIMIT],
    rules: &'static [Rule],
    first_rule: [u16; HEADS + 1],
    first: [Mask; HEADS],
    rule_first: [Mask; RULE_LIMIT],
    /// Multi-word names of holidays.
    pub(super) holidays: &'static [super::holidays::Name],
    /// Days before months in `3/4/2020`.
    pub(super) day_first: bool,
}

/// Most rules a language may have.
pub(super) const RULE_LIMIT: usize = 512;

const fn hash(bytes: &[u8]) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    let mut i = 0;
    while i < bytes.len() {
        h = (h ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    (h ^ (h >> 15)) as usize % SLOTS
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

impl Grammar {
    /// Lays out a language. `rules` stand together by head, in the order of the symbols.
    pub(super) const fn new(
        entries: &'static [Entry],
        rules: &'static [Rule],
        holidays: &'static [super::holidays::Name],
        day_first: bool,
    ) -> Grammar {
        assert!(entries.len() <= ENTRY_LIMIT && rules.len() <= RULE_LIMIT);
        let mut slots = [NONE; SLOTS];
        let mut next = [NONE; ENTRY_LIMIT];
        let mut i = 0;
        while i < entries.len() {
            let mut slot = hash(entries[i].word.as_bytes());
            loop {
                if slots[slot] == NONE {
                    slots[slot] = i as u16;
                    break;
                }
                let other = slots[slot];
                if equal(entries[other as usize].word.as_bytes(), entries[i].word.as_bytes()) {
                    next[i] = other;
                    slots[slot] = i as u16;
                    break;
                }
                slot = (slot + 1) % SLOTS;
            }
            i += 1;
        }
        let mut first_rule = [0u16; HEADS + 1];
        let mut i = 0;
        let mut head = 0;
        while i < rules.len() {
            let Some(h) = rules[i].head.head() else { panic!("only heads have rules") };
            assert!(h >= head, "rules stand in the order of their heads");
            while head < h {
                head += 1;
                first_rule[head] = i as u16;
            }
            i += 1;
        }
        while head < HEADS {
            head += 1;
            first_rule[head] = rules.len() as u16;
        }
        let (first, rule_first) = first_sets(rules);
        Grammar { entries, slots, next, rules, first_rule, first, rule_first, holidays, day_first }
    }

    /// What `word` may be, and the set of its symbols.
    pub(super) fn look_up(&self, word: &[u8]) -> (Mask, u16) {
        let mut slot = hash(word);
        loop {
            let i = self.slots[slot];
            if i == NONE {
                return (0, NONE);
            }
            if self.entries[i as usize].word.as_bytes() == word {
                let mut mask = 0;
                let mut k = i;
                while k != NONE {
                    mask |= self.entries[k as usize].lexeme.sym.bit();
                    k = self.next[k as usize];
                }
                return (mask, i);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// The value that the word found at `entry` has as `sym`.
    pub(super) fn value(&self, entry: u16, sym: Sym) -> i16 {
        let mut k = entry;
        while k != NONE {
            let lexeme = self.entries[k as usize].lexeme;
            if lexeme.sym == sym {
                return lexeme.value;
            }
            k = self.next[k as usize];
        }
        0
    }

    /// The rules of a head, with the words that each may begin with.
    pub(super) fn rules(&self, head: usize) -> impl Iterator<Item = (&'static Rule, Mask)> + '_ {
        let range = self.first_rule[head] as usize..self.first_rule[head + 1] as usize;
        self.rules[range.clone()].iter().zip(self.rule_first[range].iter().copied())
    }

    /// The words that a head may begin with.
    pub(super) fn first(&self, head: usize) -> Mask {
        self.first[head]
    }
}

/// The words that each head and each rule may begin with.
const fn first_sets(rules: &[Rule]) -> ([Mask; HEADS], [Mask; RULE_LIMIT]) {
    let mut heads = [0; HEADS];
    let mut own = [0; RULE_LIMIT];
    let mut changed = true;
    while changed {
        changed = false;
        let mut i = 0;
        while i < rules.len() {
            let rule = &rules[i];
            let mut mask = own[i];
            let mut k = 0;
            while k < rule.len as usize {
                let e = rule.elements[k];
                mask |= match e.sym.head() {
                    Some(h) => heads[h],
                    None if e.sym.is_word() => e.sym.bit(),
                    None => super::readers::first(e.sym),
                };
                if !e.optional {
                    break;
                }
                k += 1;
            }
            if mask != own[i] {
                own[i] = mask;
                if let Some(h) = rule.head.head() {
                    heads[h] |= mask;
                }
                changed = true;
            }
            i += 1;
        }
    }
    (heads, own)
}
