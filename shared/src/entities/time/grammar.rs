//! The form of a grammar: symbols, rules written as patterns, words, and how they are looked up.
//! No language and no meaning lives here: languages are data ([`super::english`], [`super::spanish`]), meanings are
//! actions ([`super::actions`]). How it is packed lies in [`super::layout`].

use super::actions::Action;
use super::holidays::Name;
use super::layout::{NONE, PackedSets, RULE_WORDS, hash};

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
        Now Noon Midnight Mid Tonight HolidayStart HolidayRest
        // where it lies
        This Next Coming Last Past The My All Every Other Once Same
        Ago Back Later Hence Earlier Before Prior After Since Until Within Around About Less More Than
        Early Late Begin Starting End Rest
        // joints
        Of In At On For From To Between And Or By During Minus
        // parts of clock times
        Am Pm AmLetter PmLetter M Oclock O Clock Ish T H
        // words with one use
        Date Time Label Business Workweek Recently Instant Just Calendar Year Eod Eoy WeekLetter C Doubtful Future S Set PerCent As Soon Possible
        Closest Era Extra Inch Old ;
    readers:
        Number DayNumber DayOrdinal MonthNumber FullYear ShortYear MixedNumber HourDigits HourWord Minutes MinuteWord
        Holiday ClockDigits DateDigits Nth DecadeDigits ;
    heads:
        Meridiem Letter Struck Rel RelThe DayPart InPart AtPart HalfDay PartOff MinutesOff ClockBase BareHour HalfHour ClockTime AtHour
        Piece Duration Shift
        Lead Tail RelYear RelMonth MonthIn Mark Till
        Dates Edge PeriodBase EdgeDay Terminus Period FullHour RangeHour TimeRange Stamp NearPart Stretch RepeatBase Repeat OpenWord Open ;
}

/// A set of word symbols.
pub(super) type Mask = u128;
const _: () = assert!(WORDS <= 128, "word symbols must fit a mask");

/// Longest pattern, in elements.
pub(super) const PATTERN_LIMIT: usize = 10;

impl Sym {
    pub(super) const fn index(self) -> usize {
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

/// `head → pattern`, and what it means, as a language writes it.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) action: Action,
    pub(super) syms: [Sym; PATTERN_LIMIT],
    /// A bit for each element that may be missing, and for each that is glued.
    pub(super) optional: u16,
    pub(super) glued: u16,
    pub(super) head: Sym,
    pub(super) len: u8,
}

/// A rule as it is matched.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) action: Action,
    /// Where its elements begin among those of all rules.
    pub(super) from: u16,
    pub(super) optional: u16,
    pub(super) glued: u16,
    pub(super) len: u8,
}

/// Reads a pattern: symbol names between blanks; `Name?` may be missing, `^Name` is written without a space before it.
/// A misspelt name is a compile error.
pub(super) const fn rule(head: Sym, pattern: &'static str, action: Action) -> Written {
    let mut rule = Written { action, syms: [Sym::Digits; PATTERN_LIMIT], optional: 0, glued: 0, head, len: 0 };
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
        rule.syms[len] = sym;
        rule.optional |= (optional as u16) << len;
        rule.glued |= (glued as u16) << len;
        len += 1;
        while at < bytes.len() && bytes[at] == b' ' {
            at += 1;
        }
    }
    rule.len = len as u8;
    assert!(len > 0 && rule.glued & 1 == 0, "a pattern begins with an element of its own");
    rule
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

/// A word and what it may be: a symbol and its value (the month's number, the unit, …), as a language writes it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) word: &'static str,
    pub(super) sym: Sym,
    pub(super) value: i16,
}

/// A line of a word table.
pub(super) const fn word(word: &'static str, sym: Sym, value: i16) -> Entry {
    assert!(sym.is_word());
    Entry { word, sym, value }
}

/// A word as it is looked up.
#[derive(Clone, Copy)]
pub(super) struct Word {
    /// Where it begins in the text of all words.
    pub(super) from: u16,
    pub(super) len: u8,
    pub(super) sym: Sym,
    pub(super) value: i16,
    /// Another meaning of the same word.
    pub(super) next: u16,
}

/// A language: words, rules and holidays, with the indexes over them.
pub(super) struct Grammar {
    pub(super) text: &'static [u8],
    pub(super) words: &'static [Word],
    /// By hash: a word. As many as a power of two.
    pub(super) slots: &'static [u16],
    pub(super) rules: &'static [Rule],
    pub(super) syms: &'static [Sym],
    pub(super) first_rule: &'static [u16; HEADS + 1],
    /// By word symbol: the rules that may begin with it …
    pub(super) first: PackedSets,
    /// … and those whose second word it may be.
    pub(super) second: PackedSets,
    /// The rules that may be a single word.
    pub(super) loose: RuleSet,
    /// The names of holidays, in the order of their first letters.
    pub(super) holidays: &'static [Name],
    /// By letter: where the names that begin with it begin.
    pub(super) initials: [u16; 27],
    /// Days before months in `3/4/2020`.
    pub(super) day_first: bool,
    /// What tells the tense of a clause.
    pub(super) tense: &'static super::tense::Tense,
}

impl Grammar {
    /// Which holidays' names begin with this letter, in lower case.
    pub(super) fn holidays_at(&self, initial: u8) -> std::ops::Range<usize> {
        match initial {
            b'a'..=b'z' => {
                let letter = (initial - b'a') as usize;
                self.initials[letter] as usize..self.initials[letter + 1] as usize
            }
            _ => 0..0,
        }
    }

    /// What `word` may be, and the set of its symbols.
    pub(super) fn look_up(&self, word: &[u8]) -> (Mask, u16) {
        let mut slot = hash(word);
        loop {
            slot &= self.slots.len() - 1;
            let i = self.slots[slot];
            let Some(known) = self.words.get(i as usize) else { return (0, NONE) };
            if &self.text[known.from as usize..known.from as usize + known.len as usize] == word {
                return (self.meanings(i).fold(0, |mask, meaning| mask | meaning.sym.bit()), i);
            }
            slot += 1;
        }
    }

    /// The meanings of the word found at `entry`.
    fn meanings(&self, entry: u16) -> impl Iterator<Item = &'static Word> {
        let words = self.words;
        std::iter::successors(words.get(entry as usize), move |word| words.get(word.next as usize))
    }

    /// The value that the word found at `entry` has as `sym`.
    pub(super) fn value(&self, entry: u16, sym: Sym) -> i16 {
        self.meanings(entry).find(|meaning| meaning.sym == sym).map_or(0, |meaning| meaning.value)
    }

    /// The rules that may match where tokens of these two masks stand.
    pub(super) fn admitted(&self, first: Mask, second: Mask) -> RuleSet {
        let begins = self.first.gather(first);
        if begins.is_empty() {
            return begins;
        }
        begins.and(self.loose.or(self.second.gather(second)))
    }

    /// The rules of a head, by their numbers.
    pub(super) fn rules_of(&self, head: usize) -> std::ops::Range<usize> {
        self.first_rule[head] as usize..self.first_rule[head + 1] as usize
    }

    /// A rule by its number.
    pub(super) fn rule(&self, number: usize) -> &'static Rule {
        &self.rules[number]
    }

    /// Whether every word that a rule cannot do without is among those of a mask. That of its first is there: it is admitted.
    pub(super) fn may_match(&self, rule: &Rule, words: Mask) -> bool {
        let mut k = 1;
        while let Some(element) = self.element(rule, k) {
            if element.sym.is_word() && !element.optional && words & element.sym.bit() == 0 {
                return false;
            }
            k += 1;
        }
        true
    }

    /// The `k`th element of a rule's pattern.
    pub(super) fn element(&self, rule: &Rule, k: usize) -> Option<Element> {
        if k >= rule.len as usize {
            return None;
        }
        let sym = self.syms[rule.from as usize + k];
        Some(Element { sym, optional: rule.optional & 1 << k != 0, glued: rule.glued & 1 << k != 0 })
    }
}

/// A set of rules, by their numbers.
#[derive(Clone, Copy)]
pub(super) struct RuleSet(pub(super) [u64; RULE_WORDS]);

impl RuleSet {
    /// No rule.
    pub(super) const EMPTY: RuleSet = RuleSet([0; RULE_WORDS]);

    pub(super) const fn with(mut self, rule: usize) -> RuleSet {
        self.0[rule / 64] |= 1 << (rule % 64);
        self
    }

    fn or(mut self, other: RuleSet) -> RuleSet {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
        self
    }

    fn and(mut self, other: RuleSet) -> RuleSet {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= b;
        }
        self
    }

    fn is_empty(self) -> bool {
        self.0.iter().all(|&w| w == 0)
    }

    /// The first rule of the set at or after `from`, before `to`.
    pub(super) fn next(&self, from: usize, to: usize) -> Option<usize> {
        if from >= to {
            return None;
        }
        let mut word = from / 64;
        let mut bits = self.0[word] & (!0 << (from % 64));
        loop {
            if bits != 0 {
                let rule = word * 64 + bits.trailing_zeros() as usize;
                return (rule < to).then_some(rule);
            }
            word += 1;
            if word * 64 >= to {
                return None;
            }
            bits = self.0[word];
        }
    }
}
