//! Cutting a text into normalized words.

use super::{hash, unicode};
use crate::language::{Class, Contracted, CueSet, Language};

/// Words of one text at most; what follows is not read.
pub const MAX_TOKENS: usize = 8192;

/// Bytes that a word and what parts it from the next take, in most texts at least.
const USUAL_BYTES: usize = 4;

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Break {
    /// Space, or marks that mean nothing here.
    #[default]
    None,
    /// A comma, a colon, a dash, a bracket.
    Clause,
    /// A full stop, a question mark, a line break.
    Sentence,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Letters.
    #[default]
    Word,
    /// It has a digit or an `@`: a number, a code, an address.
    Data,
    /// One character of a script that is written without spaces.
    Character,
    /// A sign such as `$` or `+`.
    Sign,
}

/// One normalized word.
#[derive(Debug, Clone, Copy, Default)]
pub struct Token {
    /// First byte in the source text.
    pub start: u32,
    /// One past the last byte in the source text.
    pub end: u32,
    low: u32,
    high: u32,
    /// Hash of the normalized word.
    pub(crate) hash: u64,
    /// Its classes.
    pub class: Class,
    /// What it is made of.
    pub shape: Shape,
    /// What stands before it.
    pub before: Break,
    /// Whether the break before it is a question mark.
    pub after_question: bool,
}

/// A text's words. Reusable: [`Tokens::read`] keeps the memory.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    language: &'static Language,
    tokens: Vec<Token>,
    letters: String,
    classes: Class,
    has_data: bool,
    only_marks: bool,
    ends_asking: bool,
}

impl Tokens {
    /// The language that the text was read in.
    #[must_use]
    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// How many words there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The words.
    #[must_use]
    pub fn as_slice(&self) -> &[Token] {
        &self.tokens
    }

    /// Every class that some word belongs to.
    #[must_use]
    pub fn classes(&self) -> Class {
        self.classes
    }

    /// Whether some word has a digit or is an address.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.has_data
    }

    /// Whether the text has no word, so that its punctuation marks stand for words.
    #[must_use]
    pub fn is_only_marks(&self) -> bool {
        self.only_marks
    }

    /// Whether a question mark ends the text.
    #[must_use]
    pub(crate) fn ends_asking(&self) -> bool {
        self.ends_asking
    }

    /// The normalized form of a word; empty when there is no such word.
    #[must_use]
    pub fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.letters[token.low as usize..token.high as usize])
    }

    /// How many words make up the longest phrase of these cues that begins at a word; 0 for none.
    pub(crate) fn phrase(&self, from: usize, cues: impl Into<CueSet>) -> usize {
        let cues = cues.into();
        let mut key = hash::EMPTY;
        let mut longest = 0;
        if self.tokens.get(from).is_none_or(|first| !self.language.may_begin(first.hash, cues)) {
            return 0;
        }
        for count in 1..=self.language.longest(cues).min(self.tokens.len().saturating_sub(from)) {
            if count > 1 {
                key = hash::push(key, b' ');
            }
            let word = &self.tokens[from + count - 1];
            key = hash::append(key, word.hash, (word.high - word.low) as usize);
            if self.language.cues(key).meets(cues) {
                longest = count;
            }
        }
        longest
    }

    /// The bytes of the source that the words `first..end` cover.
    #[must_use]
    pub fn span(&self, first: usize, end: usize) -> (usize, usize) {
        match (self.tokens.get(first), end.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(a), Some(b)) if first < end => (a.start as usize, b.end as usize),
            _ => (0, 0),
        }
    }

    /// The words that the bytes `span` of the source touch, as `first..end`; `None` when there is none.
    #[must_use]
    pub fn range_of(&self, span: (usize, usize)) -> Option<(usize, usize)> {
        let first = self.tokens.iter().position(|token| token.end as usize > span.0)?;
        let end = self.tokens.iter().rposition(|token| (token.start as usize) < span.1)? + 1;
        (first < end).then_some((first, end))
    }

    /// Reads a text, forgetting the one before.
    pub fn read(&mut self, language: &'static Language, text: &str) {
        self.language = language;
        self.tokens.clear();
        self.letters.clear();
        self.classes = Class::CONTENT;
        self.has_data = false;
        self.only_marks = false;
        self.ends_asking = false;
        // Offsets are 32-bit; a longer text is cut, which callers do long before.
        let text = if text.len() > u32::MAX as usize { "" } else { text };
        self.tokens.reserve(text.len() / USUAL_BYTES + 2);
        self.letters.reserve(text.len() + 2);
        Reader { out: self, text, at: 0, before: Break::None, question: false }.run();
        if self.tokens.is_empty() {
            self.only_marks = true;
            self.read_marks(text);
        }
    }

    /// A text of nothing but punctuation is read by its marks, so that "?" is something.
    fn read_marks(&mut self, text: &str) {
        for (at, ch) in text.char_indices() {
            if !ch.is_whitespace() && !ch.is_control() && self.tokens.len() < MAX_TOKENS {
                let low = self.letters.len();
                self.letters.push(ch);
                self.finish(low, at, at + ch.len_utf8(), Shape::Sign, Break::None, false);
            }
        }
    }

    /// The same words, some of them spelt otherwise: where, how many, and what stands there instead.
    pub(crate) fn respelt(&self, changes: &[(usize, usize, Vec<String>)]) -> Tokens {
        let mut out = Tokens {
            language: self.language,
            letters: self.letters.clone(),
            has_data: self.has_data,
            ends_asking: self.ends_asking,
            ..Tokens::default()
        };
        let mut changes = changes.iter().peekable();
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            let Some((_, count, words)) = changes.next_if(|(from, ..)| *from == at) else {
                out.classes = out.classes.and(token.class);
                out.tokens.push(*token);
                at += 1;
                continue;
            };
            let span = self.span(at, at + count);
            let mut before = (token.before, token.after_question);
            for word in words {
                let low = out.letters.len();
                out.letters.push_str(word);
                out.finish(low, span.0, span.1, Shape::Word, before.0, before.1);
                before = (Break::None, false);
            }
            at += count;
        }
        out
    }

    /// The words of a part of the text, which begins and ends with a word or at the end of the text.
    pub(crate) fn part(&self, span: (usize, usize)) -> Tokens {
        let mut part = Tokens { language: self.language, letters: self.letters.clone(), ..Tokens::default() };
        let inside = |token: &&Token| span.0 <= token.start as usize && token.end as usize <= span.1;
        for token in self.tokens.iter().filter(inside) {
            let (start, end) = (token.start - span.0 as u32, token.end - span.0 as u32);
            part.classes = part.classes.and(token.class);
            part.has_data |= token.shape == Shape::Data;
            part.tokens.push(Token { start, end, ..*token });
        }
        if let Some(first) = part.tokens.first_mut() {
            (first.before, first.after_question) = (Break::None, false);
        }
        let ends = self.tokens.last().is_some_and(|last| (last.end as usize) < span.1);
        part.ends_asking = ends && self.ends_asking;
        part
    }

    fn finish(&mut self, low: usize, start: usize, end: usize, shape: Shape, before: Break, question: bool) {
        let hash = hash::of(&self.letters.as_bytes()[low..]);
        self.finish_hashed(hash, low, (start, end), shape, before, question);
    }

    fn finish_hashed(
        &mut self,
        hash: u64,
        low: usize,
        span: (usize, usize),
        shape: Shape,
        before: Break,
        question: bool,
    ) {
        let class = if shape == Shape::Word { self.language.class(hash) } else { Class::CONTENT };
        let expansion = if class.is(Class::CONTRACTION) { self.language.expansion(&self.letters[low..]) } else { None };
        if let Some((first, second)) = expansion {
            self.letters.truncate(low);
            self.two(first, second, span, before, question);
            return;
        }
        self.push(hash, class, low, span, shape, before, question);
    }

    #[allow(clippy::too_many_arguments)] // one field each
    fn push(
        &mut self,
        hash: u64,
        class: Class,
        low: usize,
        span: (usize, usize),
        shape: Shape,
        before: Break,
        after_question: bool,
    ) {
        self.classes = self.classes.and(class);
        self.has_data |= shape == Shape::Data;
        let (start, end) = (span.0 as u32, span.1 as u32);
        let high = self.letters.len() as u32;
        self.tokens.push(Token { start, end, low: low as u32, high, hash, class, shape, before, after_question });
    }

    fn two(&mut self, first: &str, second: &str, span: (usize, usize), before: Break, question: bool) {
        for (word, before) in [(first, before), (second, Break::None)] {
            if !word.is_empty() {
                let low = self.letters.len();
                self.letters.push_str(word);
                let hash = hash::of(word.as_bytes());
                self.push(hash, self.language.class(hash), low, span, Shape::Word, before, question);
            }
        }
    }
}

/// What a character is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Letter,
    /// A letter of a script without spaces.
    Spaceless,
    Apostrophe,
    Sign,
    Space,
    Mark(Break),
}

const fn ascii_role(byte: u8) -> Role {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => Role::Letter,
        b'\'' | b'`' => Role::Apostrophe,
        b'.' | b'!' | b'?' | b';' | b'\n' => Role::Mark(Break::Sentence),
        b',' | b':' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => Role::Mark(Break::Clause),
        b'$' | b'+' | b'%' | b'#' | b'@' | b'&' | b'=' | b'<' | b'>' | b'~' | b'^' | b'|' | b'*' => Role::Sign,
        _ => Role::Space,
    }
}

const ASCII_ROLES: [Role; 128] = {
    let mut roles = [Role::Space; 128];
    let mut byte = 0;
    while byte < 128 {
        roles[byte as usize] = ascii_role(byte);
        byte += 1;
    }
    roles
};

/// ASCII letters and digits in lower case, by byte; 0 for what is neither.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        if matches!(ascii_role(byte), Role::Letter) {
            plain[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    plain
};

fn role(ch: char) -> Role {
    match ch {
        '\0'..='\x7f' => ASCII_ROLES[ch as usize],
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{00B4}' | '\u{2032}' | '\u{FF07}' => Role::Apostrophe,
        '。' | '！' | '？' | '；' | '｡' | '\u{2026}' | '．' | '\u{061F}' | '\u{0964}' | '\u{2028}' | '\u{2029}'
        | '\u{85}' => Role::Mark(Break::Sentence),
        '，' | '、' | '：' | '､' | '\u{060C}' | '\u{2013}' | '\u{2014}' | '（' | '）' => {
            Role::Mark(Break::Clause)
        }
        _ if is_spaceless(ch) => Role::Spaceless,
        _ if ch.is_alphanumeric() || continues(ch) => Role::Letter,
        _ if ch.is_whitespace() || ch.is_control() => Role::Space,
        '¡'
        | '¿'
        | '«'
        | '»'
        | '\u{00B7}'
        | '\u{2010}'..='\u{2060}'
        | '\u{3000}'..='\u{303F}'
        | '\u{FEFF}'
        | '\u{00AD}' => Role::Space,
        _ => Role::Sign,
    }
}

/// Whether the character only modifies the one before it.
fn continues(ch: char) -> bool {
    unicode::is_mark(ch) || matches!(ch, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{FF9E}' | '\u{FF9F}')
}

/// Whether the character belongs to a script that is written without spaces between words.
fn is_spaceless(ch: char) -> bool {
    matches!(ch,
        '\u{0E00}'..='\u{0EFF}'      // Thai, Lao
        | '\u{1000}'..='\u{109F}'    // Myanmar
        | '\u{1780}'..='\u{17FF}'    // Khmer
        | '\u{2E80}'..='\u{2FDF}'    // CJK radicals
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30FF}'    // kana
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'    // Han
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'    // half-width kana
        | '\u{20000}'..='\u{3FFFF}')
}

struct Reader<'a> {
    out: &'a mut Tokens,
    text: &'a str,
    at: usize,
    before: Break,
    question: bool,
}

impl Reader<'_> {
    fn run(mut self) {
        while let Some(ch) = self.peek() {
            if self.out.tokens.len() >= MAX_TOKENS {
                return;
            }
            match role(ch) {
                Role::Letter => self.word(),
                Role::Spaceless => self.spaceless(ch),
                Role::Sign => self.sign(ch),
                Role::Mark(mark) => self.mark(ch, mark),
                Role::Space | Role::Apostrophe => self.at += ch.len_utf8(),
            }
        }
        self.out.ends_asking = self.question;
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        self.char_at(self.at)
    }

    #[inline]
    fn char_at(&self, at: usize) -> Option<char> {
        match self.text.as_bytes().get(at) {
            Some(&byte) if byte < 0x80 => Some(byte as char),
            Some(_) => self.text.get(at..)?.chars().next(),
            None => None,
        }
    }

    fn mark(&mut self, ch: char, mark: Break) {
        let ends_abbreviation = ch == '.'
            && self.out.tokens.last().is_some_and(|t| t.class.is(Class::ABBREVIATION) && t.end as usize == self.at);
        if !ends_abbreviation {
            self.before = self.before.max(mark);
            self.question |= ch == '?' || ch == '？';
        }
        self.at += ch.len_utf8();
    }

    fn take_break(&mut self) -> (Break, bool) {
        (std::mem::take(&mut self.before), std::mem::take(&mut self.question))
    }

    fn sign(&mut self, ch: char) {
        let start = self.at;
        self.at += ch.len_utf8();
        let low = self.out.letters.len();
        push_folded(self.out.language, &mut self.out.letters, &self.text[start..self.at]);
        let (before, question) = self.take_break();
        self.out.finish(low, start, self.at, Shape::Sign, before, question);
    }

    /// One character of a script without spaces, with the marks that modify it.
    fn spaceless(&mut self, ch: char) {
        let start = self.at;
        self.at += ch.len_utf8();
        while let Some(next) = self.peek().filter(|&next| continues(next)) {
            self.at += next.len_utf8();
        }
        let low = self.out.letters.len();
        push_folded(self.out.language, &mut self.out.letters, &self.text[start..self.at]);
        let (before, question) = self.take_break();
        self.out.finish(low, start, self.at, Shape::Character, before, question);
    }

    fn word(&mut self) {
        let start = self.at;
        let low = self.out.letters.len();
        let mut key = hash::EMPTY;
        let mut shape = Shape::Word;
        let mut apostrophe = None;
        let mut ascii = true;
        let mut address = false;
        loop {
            let run = self.at;
            while let Some(&byte) = self.text.as_bytes().get(self.at) {
                let lower = PLAIN[usize::from(byte)];
                if lower == 0 {
                    break;
                }
                if lower.is_ascii_digit() {
                    shape = Shape::Data;
                }
                key = hash::push(key, lower);
                self.at += 1;
            }
            if self.at > run {
                let from = self.out.letters.len();
                self.out.letters.push_str(&self.text[run..self.at]);
                self.out.letters[from..].make_ascii_lowercase();
            }
            let Some(ch) = self.peek() else { break };
            match role(ch) {
                Role::Letter => {
                    ascii = false;
                    if ch.is_numeric() {
                        shape = Shape::Data;
                    }
                }
                Role::Apostrophe if apostrophe.is_none() && self.letter_follows(ch) => {
                    apostrophe = Some(self.at);
                }
                _ if self.joins(ch, address) => {
                    address |= ch == '@';
                    shape = Shape::Data;
                    key = hash::push(key, ch as u8);
                    self.out.letters.push(ch);
                }
                _ => break,
            }
            self.at += ch.len_utf8();
        }
        let (before, question) = self.take_break();
        if !ascii {
            self.out.letters.truncate(low);
            let source = &self.text[start..self.at];
            match apostrophe {
                None => push_folded(self.out.language, &mut self.out.letters, source),
                Some(_) => source
                    .split(|c| role(c) == Role::Apostrophe)
                    .for_each(|p| push_folded(self.out.language, &mut self.out.letters, p)),
            }
            key = hash::of(&self.out.letters.as_bytes()[low..]);
        } else if let Some(at) = apostrophe {
            let cut = low + (at - start);
            let letters = &self.out.letters;
            match self.out.language.contraction(&letters[low..cut], &letters[cut..]) {
                Some((Contracted::Begins(length), second)) => {
                    self.out.letters.truncate(low + length);
                    if length > 0 {
                        let hash = hash::of(&self.out.letters.as_bytes()[low..]);
                        let class = self.out.language.class(hash);
                        self.out.push(hash, class, low, (start, self.at), Shape::Word, before, question);
                    }
                    self.out.two("", second, (start, self.at), before, question);
                    return;
                }
                Some((Contracted::Stands(first), second)) => {
                    self.out.letters.truncate(low);
                    self.out.two(first, second, (start, self.at), before, question);
                    return;
                }
                None => {}
            }
        }
        if self.out.letters.len() > low {
            self.out.finish_hashed(key, low, (start, self.at), shape, before, question);
        }
    }

    fn letter_follows(&self, ch: char) -> bool {
        self.char_at(self.at + ch.len_utf8()).is_some_and(|next| next.is_alphabetic())
    }

    /// Whether a mark belongs to the number or address it stands in: `10,000`, `7:30`, `a.b@c.org`.
    fn joins(&self, ch: char, address: bool) -> bool {
        // Most words end at a space.
        if !matches!(ch, '.' | ',' | ':' | '@' | '-' | '+') {
            return false;
        }
        let (Some(&previous), Some(next)) =
            (self.text.as_bytes().get(self.at.wrapping_sub(1)), self.char_at(self.at + 1))
        else {
            return false;
        };
        match ch {
            '.' | ',' | ':' if previous.is_ascii_digit() && next.is_ascii_digit() => true,
            '@' => previous.is_ascii_alphanumeric() && next.is_ascii_alphanumeric(),
            '.' | '-' | '+' if next.is_ascii_alphanumeric() => address || self.address_ahead(),
            _ => false,
        }
    }

    /// Whether the word being read turns out to be an address: an `@` comes before any space, not far from here.
    fn address_ahead(&self) -> bool {
        const MAX_LOCAL_PART: usize = 64;
        let rest = &self.text.as_bytes()[self.at..];
        rest.iter()
            .take(MAX_LOCAL_PART)
            .take_while(|b| b.is_ascii_alphanumeric() || b".-+_@".contains(b))
            .any(|&b| b == b'@')
    }
}

/// Appends the compatibility form of `source`, in lower case.
fn push_folded(language: &Language, into: &mut String, source: &str) {
    // Han and kana without marks are their own compatibility form and have no case.
    let stable = |ch| matches!(ch, '\u{4E00}'..='\u{9FFF}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}');
    if source.chars().all(stable) {
        into.push_str(source);
        return;
    }
    for ch in unicode::compatible(source).into_iter().flat_map(char::to_lowercase) {
        if let Some(folded) = language.fold(ch) {
            into.push_str(folded);
            continue;
        }
        match ch {
            'ß' => into.push_str("ss"),
            'ς' => into.push('σ'),
            // What lower-casing leaves of İ.
            '\u{307}' | '\u{FE0F}' | '\u{200D}' | '\u{200C}' => {}
            _ => into.push(ch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{normalized, same_words};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(normalized(Language::english(), text), expected, "{text}");
    }

    #[test]
    fn a_part_is_what_its_text_is_by_itself() {
        let read = |text: &str| {
            let mut tokens = Tokens::default();
            tokens.read(Language::english(), text);
            tokens
        };
        let words = |tokens: &Tokens| {
            let word = |(at, token): (usize, &Token)| {
                let Token { start, end, hash, class, shape, before, after_question, .. } = *token;
                (tokens.text(at).to_owned(), (start, end), hash, class, (shape, before, after_question))
            };
            tokens.as_slice().iter().enumerate().map(word).collect::<Vec<_>>()
        };
        for text in
            ["I can't come at 7:30 p.m., is that so? Mail jo@example.com", "$20 (or €5); ¿qué? naïve — yes", "one"]
        {
            let whole = read(text);
            for first in 0..whole.len() {
                for end in first + 1..=whole.len() {
                    let span = whole.span(first, end);
                    let (part, own) = (whole.part(span), read(&text[span.0..span.1]));
                    assert_eq!(words(&part), words(&own), "{}", &text[span.0..span.1]);
                    let of = |tokens: &Tokens| (tokens.classes(), tokens.has_data(), tokens.ends_asking());
                    assert_eq!(of(&part), of(&own), "{}", &text[span.0..span.1]);
                }
            }
            assert_eq!(whole.part((0, text.len())).ends_asking(), whole.ends_asking());
        }
    }

    #[test]
    fn case_space_and_punctuation_make_no_difference() {
        check("  Hello,   WORLD!! ", "hello world");
        check("check-up (follow-up)", "check up follow up");
        check("hi :(", "hi");
        check("?", "?");
        check("", "");
    }

    #[test]
    fn contractions_are_the_words_they_stand_for() {
        for form in
            ["can't breathe", "cannot breathe", "can not breathe", "cant breathe", "Can’t breathe", "can`t breathe"]
        {
            assert!(same_words(Language::english(), form, "can not breathe"), "{form}");
        }
        check("I'm won't let's what's", "i am will not let us what is");
        check("the doctor's o'clock 'quoted'", "the doctor oclock quoted");
        check("don’t I’ve you'll", "do not i have you will");
    }

    #[test]
    fn compatibility_forms_are_equal() {
        check("ＣＨＥＳＴ ﬁne", "chest fine");
        check("e\u{301}te\u{301}", "été");
        check("Straße STRASSE", "strasse strasse");
    }

    #[test]
    fn scripts_without_spaces_are_read_by_character() {
        check("你好，世界", "你 好 世 界");
        check("สวัสดี", "ส วั ส ดี");
        check("ｶﾞ", "ガ");
    }

    #[test]
    fn signs_numbers_and_addresses_stay_themselves() {
        check("costs $5", "costs $ 5");
        check("c++", "c + +");
        check("10,000 or 3.5 at 7:30pm, ok", "10,000 or 3.5 at 7:30pm ok");
        check("mail Marco.B@test.com.", "mail marco.b@test.com");
        check("👍🏽", &normalized(Language::english(), "👍🏽"));
    }

    #[test]
    fn spans_lead_back_to_the_source() {
        let text = "Ich can’t, größer";
        let tokens = super::super::normalize(Language::english(), text);
        let spans: Vec<&str> = (0..tokens.len())
            .map(|i| {
                let (a, b) = tokens.span(i, i + 1);
                &text[a..b]
            })
            .collect();
        assert_eq!(spans, ["Ich", "can’t", "can’t", "größer"]);
        assert_eq!(tokens.as_slice()[3].before, Break::Clause);
    }

    #[test]
    fn the_dot_of_an_abbreviation_ends_no_sentence() {
        let tokens = super::super::normalize(Language::english(), "Dr. Smith. Thanks");
        let breaks: Vec<Break> = tokens.as_slice().iter().map(|t| t.before).collect();
        assert_eq!(breaks, [Break::None, Break::None, Break::Sentence]);
    }
}
