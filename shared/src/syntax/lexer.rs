//! From characters to tokens. Comments are kept apart, in order. Never fails: what cannot be read is reported and
//! skipped, or taken for what was probably meant.

use crate::diagnostics::{Code, Diagnostic, Span};

use super::findings::Findings;
use super::limits::{MAX_SOURCE_BYTES, MAX_TOKENS};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    /// `"…"` or `'…'`
    Text,
    /// `"""…"""` or `'''…'''`
    Block,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Colon,
    Comma,
    Dot,
    Minus,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `+ * / %`
    Operator,
    /// Operators of other languages (`==`, `&&`, `||`, `!`), known so that the parser can say what is meant here.
    Foreign,
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Whether it is the first token of its line.
    pub(super) first_on_line: bool,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Token {
    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// A comment and the index of the token that follows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) before: u32,
}

/// A source file in tokens; the last is always [`Kind::End`].
#[derive(Debug)]
pub(super) struct Lexed<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    pub(super) findings: Findings,
}

/// Splits a source file into tokens.
pub(super) fn lex(bytes: &[u8]) -> Lexed<'_> {
    match text_of(bytes) {
        Ok(source) => Lexer::new(source).run(),
        Err(diagnostic) => {
            let end = Token { kind: Kind::End, first_on_line: true, start: 0, end: 0 };
            let mut findings = Findings::default();
            findings.push(diagnostic);
            Lexed { source: "", tokens: vec![end], comments: Vec::new(), findings }
        }
    }
}

/// The bytes as text, or why they are none.
fn text_of(bytes: &[u8]) -> Result<&str, Diagnostic> {
    let at = |offset: usize| {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        Span::new(offset, offset.saturating_add(1))
    };
    if bytes.len() > MAX_SOURCE_BYTES {
        let message = format!("a file has at most {} MiB; this has {} bytes", MAX_SOURCE_BYTES >> 20, bytes.len());
        return Err(Diagnostic::new(Code::LimitExceeded, at(0), message).with_hint("split the game into several files"));
    }
    let source = std::str::from_utf8(bytes).map_err(|error| {
        let found = Diagnostic::new(Code::NotText, at(error.valid_up_to()), "expected UTF-8 text; this byte is not");
        match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => found.with_hint("the file looks like UTF-16: save it as UTF-8"),
            _ => found.with_hint("save the file as UTF-8; is it a game file at all?"),
        }
    })?;
    match source.find('\0') {
        None => Ok(source),
        Some(offset) => Err(Diagnostic::new(Code::NotText, at(offset), "expected text; this is a NUL byte")
            .with_hint("is this a game file at all?")),
    }
}

/// A text that lost its end, without the signs behind it that close what was opened before it: in `"Size? }` the brace is that of
/// the block.
fn without_closers(line: &str) -> &str {
    /// Signs that one line closes behind a text.
    const MAX_CLOSERS: usize = 8;
    let mut text = line;
    for _ in 0..MAX_CLOSERS {
        let open = match text.chars().next_back() {
            Some('}') => '{',
            Some(']') => '[',
            Some(')') => '(',
            _ => return text,
        };
        let rest = &text[..text.len() - 1];
        let opened = text.matches(open).count();
        let closed = text.chars().filter(|sign| text.ends_with(*sign)).count();
        if closed <= opened {
            return text;
        }
        text = rest.trim_end();
    }
    text
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    first_on_line: bool,
    out: Lexed<'s>,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Lexer<'s> {
        let at = if source.starts_with('\u{FEFF}') { 3 } else { 0 };
        let out = Lexed {
            source,
            tokens: Vec::with_capacity(source.len() / 8),
            comments: Vec::new(),
            findings: Findings::default(),
        };
        Lexer { source, bytes: source.as_bytes(), at, first_on_line: true, out }
    }

    fn run(mut self) -> Lexed<'s> {
        while self.at < self.bytes.len() {
            if self.out.tokens.len() >= MAX_TOKENS {
                let span = self.span(self.at, self.at + 1);
                let message = format!("a file has at most {MAX_TOKENS} words, texts and signs; the rest was not read");
                self.out.findings.push(Diagnostic::new(Code::LimitExceeded, span, message));
                break;
            }
            self.step();
        }
        self.push(Kind::End, self.bytes.len(), self.bytes.len());
        self.out
    }

    fn span(&self, start: usize, end: usize) -> Span {
        // Offsets fit: the source is at most MAX_SOURCE_BYTES long.
        let offset = |at: usize| u32::try_from(at.min(self.bytes.len())).unwrap_or(u32::MAX);
        Span::new(offset(start), offset(end))
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let span = self.span(start, end);
        let first_on_line = std::mem::replace(&mut self.first_on_line, false);
        self.out.tokens.push(Token { kind, first_on_line, start: span.start, end: span.end });
        self.at = end;
    }

    fn report(&mut self, code: Code, start: usize, end: usize, message: &str, hint: &str) {
        let found = Diagnostic::new(code, self.span(start, end), message);
        self.out.findings.push(if hint.is_empty() { found } else { found.with_hint(hint) });
    }

    fn starts_with(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    fn step(&mut self) {
        match self.bytes[self.at] {
            b'\n' => {
                self.first_on_line = true;
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' | 0x0C => self.at += 1,
            b'#' => self.line_comment(),
            b'/' if self.starts_with("//") => self.line_comment(),
            b'/' if self.starts_with("/*") => self.block_comment(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.name(),
            b'0'..=b'9' => self.number(),
            b'-' if self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) => self.number(),
            quote @ (b'"' | b'\'') => self.string(quote),
            _ => self.sign(),
        }
    }

    fn comment(&mut self, end: usize) {
        let span = self.span(self.at, end);
        let before = u32::try_from(self.out.tokens.len()).unwrap_or(u32::MAX);
        self.out.comments.push(Comment { start: span.start, end: span.end, before });
        self.at = end;
    }

    fn line_comment(&mut self) {
        let rest = &self.source[self.at..];
        let length = rest.find('\n').unwrap_or(rest.len());
        self.comment(self.at + rest[..length].trim_end().len());
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let end = match self.source[start + 2..].find("*/") {
            Some(length) => start + 2 + length + 2,
            None => {
                let hint = "close the comment with `*/`";
                self.report(Code::UnclosedComment, start, start + 2, "this comment is not closed: expected `*/`", hint);
                self.bytes.len()
            }
        };
        self.first_on_line |= self.source[start..end].contains('\n');
        self.comment(end);
    }

    fn name(&mut self) {
        let rest = &self.bytes[self.at..];
        let length =
            rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(rest.len());
        self.push(Kind::Name, self.at, self.at + length);
    }

    fn number(&mut self) {
        let digits = |from: usize| self.bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = self.at + usize::from(self.bytes[self.at] == b'-');
        end += digits(end);
        if self.bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        self.push(Kind::Number, self.at, end);
    }

    fn string(&mut self, quote: u8) {
        if self.bytes[self.at..].starts_with(&[quote; 3]) {
            return self.text_block(quote);
        }
        let start = self.at;
        let mut end = start + 1;
        while let Some(byte) = self.bytes.get(end) {
            match byte {
                b'\n' => break,
                b'\\' if self.bytes.get(end + 1).is_some_and(|next| *next != b'\n' && *next != b'\r') => end += 2,
                _ if *byte == quote => return self.push(Kind::Text, start, end + 1),
                _ => end += 1,
            }
        }
        // The escape above may have skipped the first byte of a longer character; no token ends inside one.
        let line = self.source.get(start..end.min(self.bytes.len())).unwrap_or_default().trim_end();
        let line = without_closers(line).len();
        let quote = char::from(quote);
        let message = format!("this text is not closed on its line: expected `{quote}`");
        let hint = format!("text of several lines stands in {quote}{quote}{quote} … {quote}{quote}{quote}");
        self.report(Code::UnclosedString, start, start + line.max(1), &message, &hint);
        self.push(Kind::Text, start, start + line.max(1));
    }

    fn text_block(&mut self, quote: u8) {
        let start = self.at;
        let mut end = start + 3;
        while end < self.bytes.len() {
            if self.bytes[end] == b'\\' {
                end += 2;
            } else if self.bytes[end..].starts_with(&[quote; 3]) {
                return self.push(Kind::Block, start, end + 3);
            } else {
                end += 1;
            }
        }
        let marks = [quote; 3].map(char::from).iter().collect::<String>();
        let message = format!("this text block is not closed: expected {marks}");
        self.report(Code::UnclosedString, start, start + 3, &message, "");
        self.push(Kind::Block, start, self.bytes.len());
    }

    fn sign(&mut self) {
        const SIGNS: [(&str, Kind); 26] = [
            ("==", Kind::Foreign),
            ("&&", Kind::Foreign),
            ("||", Kind::Foreign),
            ("<=", Kind::LessOrEqual),
            (">=", Kind::GreaterOrEqual),
            ("!=", Kind::NotEqual),
            ("<>", Kind::Foreign),
            ("{", Kind::OpenBrace),
            ("}", Kind::CloseBrace),
            ("[", Kind::OpenBracket),
            ("]", Kind::CloseBracket),
            ("(", Kind::OpenParen),
            (")", Kind::CloseParen),
            (":", Kind::Colon),
            (",", Kind::Comma),
            (".", Kind::Dot),
            ("-", Kind::Minus),
            ("=", Kind::Equal),
            ("<", Kind::Less),
            (">", Kind::Greater),
            ("!", Kind::Foreign),
            ("≠", Kind::Foreign),
            ("+", Kind::Operator),
            ("*", Kind::Operator),
            ("/", Kind::Operator),
            ("%", Kind::Operator),
        ];
        match SIGNS.iter().find(|(sign, _)| self.starts_with(sign)) {
            Some((sign, kind)) => self.push(*kind, self.at, self.at + sign.len()),
            None => self.stray(),
        }
    }

    /// A character that begins nothing; quotation marks of word processors are taken for what they stand for.
    fn stray(&mut self) {
        const QUOTES: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];
        let start = self.at;
        let rest = &self.source[start..];
        let line = rest.find('\n').map_or(rest, |length| &rest[..length]);
        if line.starts_with(QUOTES) {
            let width = '“'.len_utf8();
            let length = line[width..].find(QUOTES).map_or(line.trim_end().len(), |length| width + length + width);
            let message = "expected a straight quotation mark, `\"` or `'`";
            self.report(Code::StrayCharacter, start, start + width, message, "replace the curly quotation marks");
            return self.push(Kind::Text, start, start + length);
        }
        let known = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "_{}[]():,.=<>!#\"'/-".contains(c);
        let length = line.find(|c: char| known(c)).unwrap_or(line.len());
        let length = if length == 0 { line.chars().next().map_or(1, char::len_utf8) } else { length };
        if line[..length].chars().all(char::is_whitespace) {
            // White space beyond ASCII, such as a no-break space.
            self.at += length;
            return;
        }
        let shown: String = line[..length].chars().take(20).collect();
        let message = format!("`{shown}` cannot stand here");
        let hint = if shown.chars().all(char::is_alphanumeric) {
            "names consist of the letters a to z, digits and `_`; put other text in quotes"
        } else {
            ""
        };
        self.report(Code::StrayCharacter, start, start + length, &message, hint);
        self.at = start + length;
    }
}
