//! The formatter: the file's own tokens and comments, laid out anew.
//!
//! It never builds text from the tree: what it writes are the tokens that were read (quotes and the indentation of
//! text blocks made uniform, commas before a closing bracket dropped), so that it cannot change what a file means or
//! lose a comment. Where lines break is what the parser noted for each token ([`Layout`]).

use super::lexer::{Comment, Kind, Lexed, Token};
use super::parser::Layout;
use super::text::raw_lines;

/// Lists that fit in this many characters stand on one line.
const WIDTH: usize = 100;
const INDENT: &str = "  ";

/// Lays out a file that has no syntax errors.
pub(super) fn format(lexed: &Lexed<'_>, layout: &[Layout]) -> String {
    let mut printer = Printer {
        lexed,
        layout,
        out: String::with_capacity(lexed.source.len()),
        column: 0,
        open: Vec::new(),
        comments: lexed.comments.iter().peekable(),
        held: Vec::new(),
        last: None,
        last_end: 0,
        led: false,
        commented: false,
    };
    for index in 0..lexed.tokens.len() {
        printer.token(index);
    }
    let mut out = printer.out.trim_end().to_owned();
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// A brace, bracket or parenthesis that is open.
struct Open {
    /// Whether its contents stand on lines of their own.
    broken: bool,
}

struct Printer<'l, 's> {
    lexed: &'l Lexed<'s>,
    layout: &'l [Layout],
    out: String,
    /// Characters on the current line.
    column: usize,
    open: Vec<Open>,
    comments: std::iter::Peekable<std::slice::Iter<'l, Comment>>,
    /// Comments that wait for a token that may follow a line break.
    held: Vec<&'l Comment>,
    /// The token written last.
    last: Option<Token>,
    /// Where the thing written last ends in the source.
    last_end: usize,
    /// Whether comments on lines of their own stand right before the token at hand.
    led: bool,
    /// Whether a comment is the last thing on the current line.
    commented: bool,
}

impl<'l, 's: 'l> Printer<'l, 's> {
    fn token(&mut self, index: usize) {
        let token = self.lexed.tokens[index];
        while self.comments.peek().is_some_and(|comment| comment.before as usize <= index) {
            self.held.extend(self.comments.next());
        }
        if token.kind == Kind::Comma && self.drops(index) {
            return;
        }
        self.led = false;
        // Nothing comes between a word and the sign that belongs to it: comments wait.
        if !sticks(token.kind) {
            self.comments_before(index);
        }
        let layout = if token.kind == Kind::End { Layout::Line } else { self.layout[index] };
        let closes = matches!(token.kind, Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen);
        let closed = if closes { self.open.pop() } else { None };
        let breaks = match layout {
            Layout::Line | Layout::Paragraph => true,
            Layout::Item | Layout::BrokenList => self.inside_broken() && layout == Layout::Item,
            Layout::Same | Layout::Else => closed.is_some_and(|open| open.broken),
        };
        self.gap(index, breaks);
        self.write_token(index);
        if matches!(token.kind, Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen) {
            let broken = self.breaks_inside(index);
            self.open.push(Open { broken });
        }
        self.commented = false;
        self.last = Some(token);
        self.last_end = token.end as usize;
    }

    /// A comma before a closing bracket or brace says nothing.
    fn drops(&self, index: usize) -> bool {
        let next = self.lexed.tokens.get(index + 1).map(|token| token.kind);
        matches!(next, Some(Kind::CloseBracket | Kind::CloseBrace | Kind::CloseParen))
    }

    fn inside_broken(&self) -> bool {
        self.open.last().is_some_and(|open| open.broken)
    }

    fn depth(&self) -> usize {
        self.open.iter().filter(|open| open.broken).count()
    }

    // White space.

    /// What stands between the thing written last and the token: a line break, a space, or nothing.
    fn gap(&mut self, index: usize, breaks: bool) {
        let token = self.lexed.tokens[index];
        let Some(last) = self.last else {
            // Only comments may stand before the first token.
            return self.break_line(false);
        };
        if breaks {
            let paragraph = self.layout[index] == Layout::Paragraph && !is_open(last.kind) && !self.led;
            self.break_line(paragraph || self.blank_before(token.start as usize, token.kind));
            self.indent(self.depth());
        } else if self.at_line_start() {
            // A comment has ended the line in the middle of a construct.
            let hanging = usize::from(self.layout[index] != Layout::Else && !is_close(token.kind));
            self.indent(self.depth() + hanging);
        } else if self.commented || self.spaced(last, token) {
            self.push(" ");
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.ends_with('\n')
    }

    fn break_line(&mut self, blank: bool) {
        if !self.at_line_start() && !self.out.is_empty() {
            self.out.push('\n');
        }
        if blank
            && !self.out.is_empty()
            && !self.out.ends_with("\n\n")
            && !self.out.ends_with("{\n")
            && !self.out.ends_with("[\n")
        {
            self.out.push('\n');
        }
        self.column = 0;
    }

    /// Whether the author left an empty line before this place.
    fn blank_before(&self, start: usize, kind: Kind) -> bool {
        let opened = self.last.is_some_and(|last| is_open(last.kind)) && self.out.trim_end().ends_with(['{', '[']);
        if is_close(kind) || opened {
            return false;
        }
        let between = self.lexed.source.get(self.last_end..start).unwrap_or_default();
        between.bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str(INDENT);
        }
        self.column = depth * INDENT.len();
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    // Comments.

    /// Writes the comments that stand before a token.
    fn comments_before(&mut self, index: usize) {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return;
        }
        let token = self.lexed.tokens[index];
        let mut paragraph =
            self.layout[index] == Layout::Paragraph && self.last.is_some_and(|last| !is_open(last.kind));
        for (number, comment) in held.iter().enumerate() {
            let text = self.comment_text(comment);
            let is_line = text.starts_with('#') || text.starts_with("//");
            if self.is_trailing(comment) {
                if !self.out.is_empty() && !self.at_line_start() {
                    self.push(" ");
                }
            } else {
                let blank = paragraph || self.blank_before(comment.start as usize, Kind::Name);
                paragraph = false;
                self.led = true;
                self.break_line(blank);
                self.indent(self.depth());
            }
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.out.push('\n');
                    self.column = 0;
                }
                self.push(line.trim_end_matches(['\r', ' ', '\t']));
            }
            let next = held.get(number + 1).map_or(token.start, |next| next.start);
            let after = self.lexed.source.get(comment.end as usize..next as usize).unwrap_or_default();
            let next_line = after.contains('\n');
            if is_line || next_line {
                self.out.push('\n');
                self.column = 0;
            }
            self.commented = true;
            self.last_end = self.last_end.max(comment.end as usize);
        }
    }

    fn comment_text(&self, comment: &Comment) -> &'l str {
        &self.lexed.source[comment.start as usize..comment.end as usize]
    }

    /// Whether a comment stands on the line of what is before it.
    fn is_trailing(&self, comment: &Comment) -> bool {
        let start = comment.start as usize;
        let between = self.lexed.source.get(self.last_end.min(start)..start).unwrap_or_default();
        self.last.is_some() && !between.contains('\n') && !self.at_line_start()
    }

    // Tokens.

    fn written(&self, token: Token) -> &'l str {
        &self.lexed.source[token.start as usize..token.end as usize]
    }

    fn write_token(&mut self, index: usize) {
        let token = self.lexed.tokens[index];
        let text = self.written(token);
        match token.kind {
            Kind::End => {}
            Kind::Text => self.push(&double_quoted(text)),
            Kind::Block => self.text_block(text),
            _ => self.push(text),
        }
    }

    /// A text block with its marks on lines of their own and its lines indented like what it belongs to.
    fn text_block(&mut self, text: &str) {
        let marks = &text[..3];
        let depth = self.line_depth();
        self.push(marks);
        for line in raw_lines(text) {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(depth);
                self.out.push_str(line);
            }
        }
        self.out.push('\n');
        self.indent(depth);
        self.push(marks);
    }

    /// The indentation of the current line, in steps.
    fn line_depth(&self) -> usize {
        let line = self.out.rfind('\n').map_or(self.out.as_str(), |at| &self.out[at + 1..]);
        (line.len() - line.trim_start().len()) / INDENT.len()
    }

    /// Whether what stands between this opening sign and its closing one is broken over lines.
    fn breaks_inside(&self, index: usize) -> bool {
        let tokens = &self.lexed.tokens;
        let close = self.closing(index);
        // Comments that wait land inside, too.
        let commented = self.has_comment(index + 1, close) || !self.held.is_empty();
        if close == index + 1 && !commented {
            return false;
        }
        match tokens[index].kind {
            // `{ label: "…", value: "…" }` holds nothing that begins a line.
            Kind::OpenBrace => {
                let line = |layout: &Layout| matches!(layout, Layout::Line | Layout::Paragraph | Layout::Else);
                self.layout[index + 1..close].iter().any(line) || commented || !self.fits(index, close)
            }
            Kind::OpenBracket => {
                let patterns = self.layout[index] == Layout::BrokenList;
                let items = self.layout[index + 1..close].iter().filter(|layout| **layout == Layout::Item).count();
                (patterns && items > 1) || commented || !self.fits(index, close)
            }
            _ => false,
        }
    }

    fn closing(&self, index: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.lexed.tokens.iter().enumerate().skip(index) {
            if is_open(token.kind) {
                depth += 1;
            } else if is_close(token.kind) {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
        }
        self.lexed.tokens.len() - 1
    }

    /// Whether a comment stands before one of the tokens in this range.
    fn has_comment(&self, from: usize, to: usize) -> bool {
        let first = self.lexed.comments.partition_point(|comment| (comment.before as usize) < from);
        self.lexed.comments.get(first).is_some_and(|comment| comment.before as usize <= to)
    }

    /// Whether a space stands between two tokens of one line.
    fn spaced(&self, last: Token, token: Token) -> bool {
        let touches_next = matches!(last.kind, Kind::OpenBracket | Kind::OpenParen | Kind::Dot);
        let touches_last =
            matches!(token.kind, Kind::Comma | Kind::Colon | Kind::Dot | Kind::CloseBracket | Kind::CloseParen);
        // `context-sensitive`, `en-GB`, but `last - first`.
        let in_word = (last.kind == Kind::Minus || token.kind == Kind::Minus) && last.end == token.start;
        // `range(1, 10)` and `service.call(name)`, but `"hello" (strict)` and `not (a or b)`.
        let call = token.kind == Kind::OpenParen
            && last.kind == Kind::Name
            && !["not", "and", "or", "when", "if", "until"].contains(&self.written(last));
        let empty = last.kind == Kind::OpenBrace && token.kind == Kind::CloseBrace;
        !(touches_next || touches_last || in_word || call || empty)
    }

    fn fits(&self, open: usize, close: usize) -> bool {
        let mut column = self.column;
        for index in open + 1..=close {
            let token = self.lexed.tokens[index];
            if token.kind == Kind::Block {
                return false;
            }
            if token.kind == Kind::Comma && self.drops(index) {
                continue;
            }
            column +=
                self.written(token).chars().count() + usize::from(self.spaced(self.lexed.tokens[index - 1], token));
            if column > WIDTH {
                return false;
            }
        }
        true
    }
}

fn is_open(kind: Kind) -> bool {
    matches!(kind, Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen)
}

fn is_close(kind: Kind) -> bool {
    matches!(kind, Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen)
}

/// Signs that stay with what is before them, comments or not.
fn sticks(kind: Kind) -> bool {
    matches!(kind, Kind::Comma | Kind::Colon | Kind::Dot | Kind::OpenBrace | Kind::OpenBracket)
}

/// `'text'` as `"text"` where that needs no escapes.
fn double_quoted(text: &str) -> String {
    match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(inside) if !inside.contains(['"', '\\']) => format!("\"{inside}\""),
        _ => text.to_owned(),
    }
}
