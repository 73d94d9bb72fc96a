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
        Date Time Label Business Workweek Recently Instant Just Calendar Year Eod Eoy WeekLetter C Doubtful Future S Set PerCent As Soon Possible ;
    readers:
        Number DayNumber DayOrdinal MonthNumber FullYear ShortYear MixedNumber HourDigits HourWord Minutes MinuteWord
        Holiday ClockDigits DateDigits Nth DecadeDigits ;
    heads:
        Meridiem Letter Struck Rel RelThe DayPart InPart AtPart HalfDay MinutesOff ClockBase BareHour ClockTime AtHour
        Piece Duration Shift
        Lead Tail RelYear RelMonth MonthIn Mark Till
        Dates Edge PeriodBase Terminus Period FullHour RangeHour TimeRange Stamp NearPart Stretch RepeatBase Repeat OpenWord Open ;
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

/// `head → pattern`, and what it means; laid out small, for there are many.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) action: Action,
    syms: [Sym; PATTERN_LIMIT],
    /// A bit for each element that may be missing, and for each that is glued.
    optional: u16,
    glued: u16,
    pub(super) head: Sym,
    len: u8,
}

impl Rule {
    /// The `k`th element of the pattern.
    pub(super) const fn element(&self, k: usize) -> Option<Element> {
        if k >= self.len as usize {
            return None;
        }
        Some(Element { sym: self.syms[k], optional: self.optional & 1 << k != 0, glued: self.glued & 1 << k != 0 })
    }

    /// The rule without its first element.
    const fn tail(mut self) -> Rule {
        let mut k = 1;
        while k < self.len as usize {
            self.syms[k - 1] = self.syms[k];
            k += 1;
        }
        self.optional >>= 1;
        self.glued >>= 1;
        self.len -= 1;
        assert!(self.len > 0, "a rule needs an element that is not optional");
        self
    }
}

/// Reads a pattern: symbol names between blanks; `Name?` may be missing, `^Name` is written without a space before it.
/// A misspelt name is a compile error.
pub(super) const fn rule(head: Sym, pattern: &'static str, action: Action) -> Rule {
    let mut rule = Rule { action, syms: [Sym::Digits; PATTERN_LIMIT], optional: 0, glued: 0, head, len: 0 };
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
    rules: [Rule; RULE_LIMIT],
    first_rule: [u16; HEADS + 1],
    /// By word symbol: the rules that may begin with it …
    first: [RuleSet; WORDS],
    /// … and those whose second word it may be.
    second: [RuleSet; WORDS],
    /// The rules that may be a single word.
    loose: RuleSet,
    /// The names of holidays, in the order of their first letters.
    pub(super) holidays: &'static [super::holidays::Name],
    /// By letter: where the names that begin with it begin.
    initials: [u8; 27],
    /// Days before months in `3/4/2020`.
    pub(super) day_first: bool,
}

/// Most rules a language may have.
pub(super) const RULE_LIMIT: usize = 640;

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
        written: &[Rule],
        holidays: &'static [super::holidays::Name],
        day_first: bool,
    ) -> Grammar {
        assert!(entries.len() <= ENTRY_LIMIT);
        let (rules, count) = without_optional_leads(written);
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
        while i < count {
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
            first_rule[head] = count as u16;
        }
        let initials = initials(holidays);
        let (first, second, loose) = rule_sets(&rules, count);
        Grammar { entries, slots, next, rules, first_rule, first, second, loose, holidays, initials, day_first }
    }

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

    /// The rules that may match where tokens of these two masks stand.
    pub(super) fn admitted(&self, first: Mask, second: Mask) -> RuleSet {
        let begins = gather(&self.first, first);
        if begins.is_empty() {
            return begins;
        }
        begins.and(self.loose.or(gather(&self.second, second)))
    }

    /// The rules of a head, by their numbers.
    pub(super) fn rules_of(&self, head: usize) -> std::ops::Range<usize> {
        self.first_rule[head] as usize..self.first_rule[head + 1] as usize
    }

    /// A rule by its number.
    pub(super) fn rule(&self, number: usize) -> &Rule {
        &self.rules[number]
    }
}

/// The union of the sets of all symbols in `mask`.
fn gather(sets: &[RuleSet; WORDS], mut mask: Mask) -> RuleSet {
    let mut out = RuleSet::EMPTY;
    while mask != 0 {
        out = out.or(sets[mask.trailing_zeros() as usize]);
        mask &= mask - 1;
    }
    out
}

const RULE_WORDS: usize = RULE_LIMIT / 64;

/// A set of rules, by their numbers.
#[derive(Clone, Copy)]
pub(super) struct RuleSet([u64; RULE_WORDS]);

impl RuleSet {
    /// No rule.
    pub(super) const EMPTY: RuleSet = RuleSet([0; RULE_WORDS]);

    const fn with(mut self, rule: usize) -> RuleSet {
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

/// Where the names of each letter begin.
const fn initials(names: &[super::holidays::Name]) -> [u8; 27] {
    let mut out = [0; 27];
    let (mut letter, mut i) = (0, 0);
    while i < names.len() {
        let initial = (names[i].words[0].as_bytes()[0] - b'a') as usize;
        assert!(initial >= letter, "holidays stand in the order of their first letters");
        while letter < initial {
            letter += 1;
            out[letter] = i as u8;
        }
        i += 1;
    }
    while letter < 26 {
        letter += 1;
        out[letter] = names.len() as u8;
    }
    out
}

/// Writes each rule that begins with optional elements as several that do not: then its first two words, taken
/// together, say whether it is worth trying.
const fn without_optional_leads(written: &[Rule]) -> ([Rule; RULE_LIMIT], usize) {
    let mut rules = [written[0]; RULE_LIMIT];
    let (mut i, mut count) = (0, 0);
    while i < written.len() {
        let mut rule = written[i];
        while rule.optional & 1 != 0 {
            let mut with = rule;
            with.optional &= !1;
            rules[count] = with;
            count += 1;
            rule = rule.tail();
        }
        rules[count] = rule;
        count += 1;
        i += 1;
    }
    (rules, count)
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

const fn rule_opening(rule: &Rule, heads: &[Opening; HEADS]) -> Opening {
    let mut out = CLOSED;
    let mut k = 0;
    while let Some(element) = rule.element(k) {
        let mut opening = element_opening(element, heads);
        if opening.single {
            // What may follow a first element of one word.
            let mut j = k + 1;
            while let Some(next) = rule.element(j) {
                opening.second |= element_opening(next, heads).first;
                if !next.optional {
                    opening.single = false;
                    break;
                }
                j += 1;
            }
        }
        out = out.join(opening);
        if !element.optional {
            break;
        }
        k += 1;
    }
    out
}

/// The openings of all rules, as a least fixed point, turned about: by word, the rules that it opens.
const fn rule_sets(rules: &[Rule], count: usize) -> ([RuleSet; WORDS], [RuleSet; WORDS], RuleSet) {
    let mut heads = [CLOSED; HEADS];
    let mut own = [CLOSED; RULE_LIMIT];
    let mut changed = true;
    while changed {
        changed = false;
        let mut i = 0;
        while i < count {
            let opening = rule_opening(&rules[i], &heads);
            if !opening.equals(own[i]) {
                own[i] = opening;
                if let Some(h) = rules[i].head.head() {
                    heads[h] = heads[h].join(opening);
                }
                changed = true;
            }
            i += 1;
        }
    }
    let mut first = [RuleSet::EMPTY; WORDS];
    let mut second = [RuleSet::EMPTY; WORDS];
    let mut loose = RuleSet::EMPTY;
    let mut i = 0;
    while i < count {
        let mut word = 0;
        while word < WORDS {
            if own[i].first & (1 << word) != 0 {
                first[word] = first[word].with(i);
            }
            if own[i].second & (1 << word) != 0 {
                second[word] = second[word].with(i);
            }
            word += 1;
        }
        if own[i].single {
            loose = loose.with(i);
        }
        i += 1;
    }
    (first, second, loose)
}
