//! The parser's ground: looking at tokens, expecting them, reporting, recovering. The grammar is in the modules below.
//!
//! A parser never gives up. Where something else was expected it says so once, skips to the next place that makes
//! sense (a separator, a new line, a closing brace) and goes on.

use crate::diagnostics::{Code, Diagnostic, Span};

use super::ast::{File, Name, Number, Reference, Text};
use super::findings::Findings;
use super::lexer::{Kind, Lexed, Token};
use super::limits::MAX_NESTING;
use super::suggest::nearest;

mod actions;
mod blocks;
mod conditions;
mod game;
mod learning;
mod moves;
mod slots;

/// Where the formatter breaks lines; indexed by token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Layout {
    /// On the line of the token before.
    #[default]
    Same,
    /// Begins a line.
    Line,
    /// Begins a line, and an empty line stands before it unless it is the first of its block.
    Paragraph,
    /// Begins a line if its list is broken over lines.
    Item,
    /// Opens a list that is broken over lines if it has more than one item.
    BrokenList,
    /// `else`, which stands behind a closing brace.
    Else,
}

/// What came of parsing.
pub(super) struct Parse<'s> {
    pub(super) file: File<'s>,
    pub(super) layout: Vec<Layout>,
}

pub(super) use slots::TYPES;

/// Parses a file.
pub(super) fn parse<'s>(lexed: &Lexed<'s>, findings: &mut Findings) -> Parse<'s> {
    let missing_braces = missing_braces(&lexed.tokens);
    let newlines = || lexed.source.match_indices('\n').map(|(at, _)| at + 1);
    let mut parser = Parser {
        source: lexed.source,
        // Only a file that lacks a brace is asked how its lines stand.
        lines: if missing_braces > 0 { std::iter::once(0).chain(newlines()).collect() } else { Vec::new() },
        tokens: &lexed.tokens,
        at: 0,
        depth: 0,
        layout: vec![Layout::Same; lexed.tokens.len()],
        findings,
        last_report: None,
        full: Vec::new(),
        missing_braces,
    };
    let file = parser.file();
    Parse { file, layout: parser.layout }
}

/// What may stand in parentheses behind a pattern or a term.
const MODIFIERS: [&str; 4] = ["strict", "fuzzy", "context-sensitive", "learned"];

struct Parser<'s, 't> {
    source: &'s str,
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    layout: Vec<Layout>,
    findings: &'t mut Findings,
    /// Start of the token that was reported last: one complaint a place is enough.
    last_report: Option<u32>,
    /// Limits that were exceeded and reported.
    full: Vec<&'static str>,
    /// Braces that are opened and not closed anywhere, as far as they are not reported.
    missing_braces: usize,
    /// Where the lines begin, where a brace is missing.
    lines: Vec<usize>,
}

/// How many braces are opened and never closed.
fn missing_braces(tokens: &[Token]) -> usize {
    let count = |kind: Kind| tokens.iter().filter(|token| token.kind == kind).count();
    count(Kind::OpenBrace).saturating_sub(count(Kind::CloseBrace))
}

/// A failed attempt to read something; it has been reported.
struct Reported;

type Read<T> = Result<T, Reported>;

impl<'s> Parser<'s, '_> {
    fn peek(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, distance: usize) -> Token {
        // The last token is End and is never passed.
        self.tokens[(self.at + distance).min(self.tokens.len() - 1)]
    }

    fn text(&self, token: Token) -> &'s str {
        &self.source[token.start as usize..token.end as usize]
    }

    fn bump(&mut self) -> Token {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is(&self, kind: Kind) -> bool {
        self.peek().kind == kind
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn is_word_at(&self, distance: usize, word: &str) -> bool {
        let token = self.ahead(distance);
        token.kind == Kind::Name && self.text(token) == word
    }

    /// Whether these words stand here, in this order.
    fn is_phrase(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(distance, word)| self.is_word_at(distance, word))
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.is(kind);
        if found {
            self.bump();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.eat_phrase(&[word])
    }

    fn eat_phrase(&mut self, words: &[&str]) -> bool {
        let found = self.is_phrase(words);
        if found {
            self.at += words.len();
        }
        found
    }

    fn mark(&mut self, layout: Layout) {
        self.layout[self.at] = layout;
    }

    /// From the start of `first` to the end of the token before this place.
    fn span_from(&self, first: Token) -> Span {
        let last = self.tokens[self.at.saturating_sub(1)];
        Span::new(first.start, last.end.max(first.end))
    }

    // Reporting.

    fn report(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    /// Says that something else was expected here, once a place.
    fn unexpected(&mut self, wanted: &str) -> Reported {
        self.unexpected_hint(wanted, None)
    }

    fn unexpected_hint(&mut self, wanted: &str, hint: Option<String>) -> Reported {
        let token = self.peek();
        if self.last_report.replace(token.start) != Some(token.start) {
            let message = format!("expected {wanted}, found {}", self.found(token));
            let found = Diagnostic::new(Code::Unexpected, token.span(), message);
            self.report(match hint {
                Some(hint) => found.with_hint(hint),
                None => found,
            });
        }
        Reported
    }

    fn found(&self, token: Token) -> String {
        const SHOWN_CHARS: usize = 24;
        match token.kind {
            Kind::End => "the end of the file".to_owned(),
            Kind::Text | Kind::Block => "a text".to_owned(),
            _ => format!("`{}`", self.text(token).chars().take(SHOWN_CHARS).collect::<String>()),
        }
    }

    /// Says that no known word stands here, with the nearest one as a hint. `known` may hold phrases.
    fn unknown_word(&mut self, what: &str, known: &[&'static str]) -> Reported {
        let token = self.peek();
        if token.kind != Kind::Name {
            return self.unexpected(what);
        }
        if self.last_report.replace(token.start) == Some(token.start) {
            return Reported;
        }
        let word = self.text(token);
        let first = |phrase: &'static str| phrase.split([' ', ':']).next().unwrap_or(phrase);
        let near = nearest(word, known.iter().map(|phrase| first(phrase)));
        let full = near.and_then(|near| known.iter().find(|phrase| first(phrase) == near));
        let message = format!("expected {what}, found `{word}`");
        let found = Diagnostic::new(Code::UnknownWord, token.span(), message);
        self.report(match full {
            Some(phrase) => found.with_hint(format!("did you mean `{phrase}`?")),
            None => found,
        });
        Reported
    }

    // Expecting.

    fn expect(&mut self, kind: Kind, wanted: &str) -> Read<Token> {
        if self.is(kind) { Ok(self.bump()) } else { Err(self.unexpected(wanted)) }
    }

    /// A colon; when it is missing that is said, and reading goes on as if it stood there.
    fn colon(&mut self, after: &str) {
        if !self.eat(Kind::Colon) {
            self.unexpected(&format!("`:` after `{after}`"));
            // `=` is what other notations have in its place.
            self.eat(Kind::Equal);
        }
    }

    /// Words that must follow here; what is missing is said, and reading goes on as if it stood there.
    fn words(&mut self, words: &[&str]) {
        if !self.eat_phrase(words) {
            for word in words {
                if !self.eat_word(word) {
                    self.unexpected(&format!("`{}`", words.join(" ")));
                    let near = self.is(Kind::Name) && nearest(self.text(self.peek()), [*word]).is_some();
                    if near {
                        self.bump();
                    } else {
                        return;
                    }
                }
            }
        }
    }

    fn name(&mut self, what: &str) -> Read<Name<'s>> {
        let token = self.peek();
        match token.kind {
            Kind::Name => {
                self.bump();
                Ok(Name { text: self.text(token), span: token.span() })
            }
            Kind::Number => Err(self.unexpected_hint(what, Some("a name begins with a letter or `_`".to_owned()))),
            Kind::Text => Err(self.unexpected_hint(what, Some("a name stands without quotes".to_owned()))),
            _ => Err(self.unexpected(what)),
        }
    }

    fn text_token(&mut self, what: &str) -> Read<Text> {
        let token = self.peek();
        match token.kind {
            Kind::Text | Kind::Block => {
                self.bump();
                Ok(Text { span: token.span() })
            }
            Kind::Name => Err(self.unexpected_hint(what, Some("put the text in quotes".to_owned()))),
            _ => Err(self.unexpected(what)),
        }
    }

    fn number(&mut self, what: &str) -> Read<Number> {
        let token = self.expect(Kind::Number, what)?;
        // Digits only, so that this fails never; numbers too large to hold are infinite and out of every range.
        let value = self.text(token).parse().unwrap_or(f64::INFINITY);
        Ok(Number { value, span: token.span() })
    }

    /// `a.b.c`
    fn reference(&mut self, what: &str) -> Read<Reference<'s>> {
        let first = self.name(what)?;
        let mut names = vec![first.text];
        let mut span = first.span;
        while self.is(Kind::Dot) {
            self.bump();
            let next = self.name("a name after `.`")?;
            names.push(next.text);
            span = span.to(next.span);
        }
        Ok(Reference { names, span })
    }

    // Structure.

    /// `[ item, item, … ]`; a comma may stand after the last.
    fn list<T>(&mut self, broken: bool, what: &str, mut item: impl FnMut(&mut Self) -> Read<T>) -> Vec<T> {
        let mut items = Vec::new();
        let open = self.peek();
        if broken && self.is(Kind::OpenBracket) {
            self.mark(Layout::BrokenList);
        }
        if matches!(open.kind, Kind::Text | Kind::Block) {
            self.unexpected_hint("`[`", Some("a list stands in brackets, also of one: `[\"…\"]`".to_owned()));
            return items;
        }
        if self.expect(Kind::OpenBracket, "`[`").is_err() {
            return items;
        }
        loop {
            if self.eat(Kind::CloseBracket) {
                return items;
            }
            if self.ends_construct() {
                self.unclosed(open, "]");
                return items;
            }
            let before = self.at;
            self.mark(Layout::Item);
            match item(self) {
                Ok(item) => items.push(item),
                Err(Reported) => self.skip_until(|parser| {
                    matches!(parser.peek().kind, Kind::Comma | Kind::CloseBracket) || parser.ends_construct()
                }),
            }
            if self.is(Kind::CloseBracket) {
                continue;
            }
            if !self.eat(Kind::Comma) && !self.ends_construct() {
                let word = self.text(self.peek());
                let hint = MODIFIERS.contains(&word).then(|| format!("modifiers stand in parentheses: `({word})`"));
                self.unexpected_hint(&format!("`,` or `]` after {what}"), hint);
            }
            if self.at == before {
                self.bump();
            }
        }
    }

    /// Whether a list or clause that is still open must have lost its end: a brace closes, or a new element begins a
    /// line.
    fn ends_construct(&self) -> bool {
        let token = self.peek();
        match token.kind {
            Kind::CloseBrace | Kind::End => true,
            Kind::Name => token.first_on_line && self.begins_element(),
            _ => false,
        }
    }

    /// Whether the words here can hardly be anything but the start of a section, a move or an element.
    fn begins_element(&self) -> bool {
        let next = self.ahead(1).kind;
        match self.text(self.peek()) {
            "move" | "game" => next == Kind::Name,
            "when" | "if" | "requires" | "delegate" | "escalate" | "respond" => next == Kind::Name,
            "confidence" | "priority" | "description" | "language" | "locale" => {
                matches!(next, Kind::Colon | Kind::Name)
            }
            "slots" | "moves" | "participants" | "vocabulary" | "capabilities" | "types" | "learning" => {
                next == Kind::OpenBrace
            }
            _ => false,
        }
    }

    /// Adds an item; what is beyond the limit is read and left out, which is said once.
    fn push<T>(&mut self, items: &mut Vec<T>, item: T, limit: usize, message: &'static str) -> Read<()> {
        if items.len() < limit {
            items.push(item);
        } else if !self.full.contains(&message) {
            self.full.push(message);
            let span = self.peek().span();
            let message = message.replace("{}", &limit.to_string());
            self.report(Diagnostic::new(Code::LimitExceeded, span, message));
        }
        Ok(())
    }

    fn unclosed(&mut self, open: Token, wanted: &str) {
        let place = self.peek();
        if self.last_report.replace(place.start) == Some(place.start) {
            return;
        }
        let message = format!("`{}` is not closed: expected `{wanted}`", self.opening(open));
        let found = Diagnostic::new(Code::Unclosed, open.span(), message);
        self.report(match place.kind {
            Kind::End => found.with_hint("the file ends before it"),
            _ => found.with_hint(format!("it must stand before {}", self.found(place))),
        });
    }

    /// An opening sign with what leads to it on its line: `slots {`.
    fn opening(&self, open: Token) -> String {
        const SHOWN_BYTES: usize = 80;
        let end = open.start as usize;
        let from = (end.saturating_sub(SHOWN_BYTES)..=end).find(|at| self.source.is_char_boundary(*at)).unwrap_or(end);
        // Of a long line, and of one that opens something else before, only the sign itself.
        let before = &self.source[from..end];
        let lead = match before.rsplit_once('\n') {
            Some((_, lead)) => lead.trim_start(),
            None if from == 0 => before.trim_start(),
            None => "",
        };
        let lead = if lead.contains(['{', '[', '(', '}', ']', ')']) { "" } else { lead };
        format!("{lead}{}", self.text(open))
    }

    /// Where the line of a token begins, and how far its first word stands in.
    fn line_of(&self, token: Token) -> (usize, usize) {
        const MAX_INDENT: usize = 200;
        let after = self.lines.partition_point(|start| *start <= token.start as usize);
        let start = after.checked_sub(1).map_or(0, |at| self.lines[at]);
        let blanks = self.source.as_bytes()[start..].iter().take(MAX_INDENT);
        (start, blanks.take_while(|byte| matches!(byte, b' ' | b'\t')).count())
    }

    /// Where braces are missing, the indentation tells which: what begins a line and stands no further in than the line that
    /// opened the block is no part of it, nor is a brace that closes further out.
    fn is_left_by_indentation(&self, open: Token) -> bool {
        let token = self.peek();
        if self.missing_braces == 0 || !token.first_on_line || open.kind != Kind::OpenBrace {
            return false;
        }
        let ((opened, outer), (line, inner)) = (self.line_of(open), self.line_of(token));
        match token.kind {
            _ if line == opened => false,
            Kind::CloseBrace => inner < outer,
            Kind::Name => inner <= outer,
            _ => false,
        }
    }

    /// Skips tokens, balanced brackets as one, until `stop` holds or the brace around this place closes.
    fn skip_until(&mut self, stop: impl Fn(&Self) -> bool) {
        while !self.is(Kind::End) && !self.is(Kind::CloseBrace) && !stop(self) {
            match self.peek().kind {
                Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen => self.skip_balanced(),
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Skips an opening sign and everything to its closing one. Not recursive: the depth is bounded by nothing here.
    fn skip_balanced(&mut self) {
        let mut open = 0_usize;
        while !self.is(Kind::End) {
            match self.bump().kind {
                Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen => open += 1,
                Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// Runs `inside` one level deeper, or reports that the file nests too deep and skips what stands here.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == MAX_NESTING {
            let span = self.peek().span();
            if self.last_report.replace(span.start) != Some(span.start) {
                let message = format!("blocks, conditions and types nest at most {MAX_NESTING} deep");
                self.report(Diagnostic::new(Code::LimitExceeded, span, message));
            }
            return Err(Reported);
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// `{ entry … }`. `entry` reads one entry and must move on or fail; after a failure everything up to the next
    /// line that could begin an entry is skipped. Stops, complaining, where an entry of an outer level begins.
    fn braces(
        &mut self,
        wanted: &str,
        is_outer: fn(&Self) -> bool,
        mut entry: impl FnMut(&mut Self) -> Read<()>,
    ) -> Read<()> {
        let open = self.peek();
        if self.expect(Kind::OpenBrace, wanted).is_err() && !(open.first_on_line && open.kind == Kind::Name) {
            return Err(Reported);
        }
        // A brace forgotten before a new line is taken for written.
        loop {
            if self.is_left_by_indentation(open) {
                self.missing_braces -= 1;
                self.unclosed(open, "}");
                return Ok(());
            }
            if self.eat(Kind::CloseBrace) {
                return Ok(());
            }
            if self.is(Kind::End) || (self.peek().first_on_line && is_outer(self)) {
                self.missing_braces = self.missing_braces.saturating_sub(1);
                self.unclosed(open, "}");
                return Ok(());
            }
            let before = self.at;
            if entry(self).is_err() {
                if self.at == before
                    && !matches!(self.peek().kind, Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen)
                {
                    self.bump();
                }
                self.skip_until(|parser| {
                    let token = parser.peek();
                    token.first_on_line && matches!(token.kind, Kind::Name | Kind::Text | Kind::Block)
                });
            }
            debug_assert!(self.at > before || self.is(Kind::End), "an entry must move on");
        }
    }

    /// Where a game begins, which no block may hold.
    fn begins_game(&self) -> bool {
        self.is_word("game")
            && self.ahead(1).kind == Kind::Name
            && (self.ahead(2).kind == Kind::OpenBrace || self.is_word_at(2, "extends"))
    }

    /// Where an import begins.
    fn begins_import(&self) -> bool {
        self.is_word("import") && self.ahead(1).kind == Kind::Text && self.peek().first_on_line
    }

    /// Where a move begins, which no block of a move may hold.
    fn begins_move(&self) -> bool {
        self.begins_game()
            || (self.is_word("move")
                && self.ahead(1).kind == Kind::Name
                && (self.ahead(2).kind == Kind::OpenBrace || self.is_word_at(2, "extends")))
            || ((self.is_word("moves") || self.is_word("learning")) && self.ahead(1).kind == Kind::OpenBrace)
    }
}
