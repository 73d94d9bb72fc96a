//! A move and its elements: guard, priority, triggers, confidence. Slots and blocks have modules of their own.

use crate::diagnostics::{Code, Diagnostic};
use crate::ir::{CONFIDENCE_LEVELS, PRIORITIES, Priority, confidence_level};

use super::super::ast::{Confidence, Guard, Move, Trigger};
use super::super::lexer::Kind;
use super::super::limits::MAX_BLOCKS;
use super::{Layout, Parser, Read};

const ELEMENTS: &[&str] = &[
    "priority:",
    "requires context:",
    "when user says something like: [",
    "when CONDITION {",
    "if CONDITION {",
    "confidence:",
    "slots {",
];

impl<'s> Parser<'s, '_> {
    pub(super) fn move_declaration(&mut self) -> Read<Move<'s>> {
        self.mark(Layout::Paragraph);
        if !self.is_word("move") {
            return Err(self.unknown_word("`move NAME { … }`", &["move NAME {"]));
        }
        let first = self.at;
        self.bump();
        let name = self.name("the move's name")?;
        let base = if self.eat_word("extends") { self.name("the name of the move it extends").ok() } else { None };
        let mut found = Move {
            name,
            base,
            tokens: 0,
            guard: None,
            priority: None,
            triggers: Vec::new(),
            confidence: None,
            slots: Vec::new(),
            blocks: Vec::new(),
        };
        let wanted = "`{` after the move's name";
        // A move whose braces fail is still a move: what was read of it is checked.
        let _ = self.braces(wanted, Parser::begins_move, |parser| parser.element(&mut found));
        found.tokens = self.at - first;
        Ok(found)
    }

    fn element(&mut self, found: &mut Move<'s>) -> Read<()> {
        self.mark(Layout::Line);
        let first = self.peek();
        let word = if first.kind == Kind::Name { self.text(first) } else { "" };
        match word {
            "requires" => {
                self.bump();
                self.words(&["context"]);
                self.colon("requires context");
                let guard = self.guard()?;
                if found.guard.is_some() {
                    self.repeated(first.span(), "`requires context:` stands twice in this move");
                }
                found.guard.get_or_insert_default().extend(guard);
                Ok(())
            }
            "priority" => {
                let priority = self.priority()?;
                if found.priority.replace(priority).is_some() {
                    self.repeated(first.span(), "`priority:` stands twice in this move");
                }
                Ok(())
            }
            "confidence" => {
                let confidence = self.confidence()?;
                if found.confidence.replace(confidence).is_some() {
                    self.repeated(first.span(), "`confidence:` stands twice in this move");
                }
                Ok(())
            }
            "slots" => {
                self.bump();
                self.slots(&mut found.slots)
            }
            "when" if self.ahead(1).kind == Kind::Name && self.is_word_at(2, "says") => {
                let trigger = self.trigger()?;
                found.triggers.push(trigger);
                Ok(())
            }
            "when" | "if" => {
                let block = self.block()?;
                self.push(&mut found.blocks, block, MAX_BLOCKS, "a move has at most {} blocks")
            }
            "else" => {
                self.unexpected_hint(
                    "an element of the move",
                    Some("`else` follows the `}` of an `if` block".to_owned()),
                );
                Err(super::Reported)
            }
            _ => Err(self.unknown_word("an element of the move", ELEMENTS)),
        }
    }

    /// `priority: urgent`, from the keyword on.
    fn priority(&mut self) -> Read<Priority> {
        self.bump();
        self.colon("priority");
        let name = self.name("`urgent` or `normal`")?;
        if let Some((_, priority)) = PRIORITIES.iter().find(|(known, _)| *known == name.text) {
            return Ok(*priority);
        }
        let message = format!("`{}` is not a priority: expected `urgent` or `normal`", name.text);
        let found = Diagnostic::new(Code::UnknownLevel, name.span, message);
        self.report(match super::nearest(name.text, PRIORITIES.iter().map(|(known, _)| *known)) {
            Some(near) => found.with_hint(format!("did you mean `{near}`?")),
            None => found.with_hint("an emergency is urgent".to_owned()),
        });
        Ok(Priority::Normal)
    }

    fn guard(&mut self) -> Read<Vec<Guard<'s>>> {
        let mut items = Vec::new();
        loop {
            if self.is_word("not") && self.ahead(1).kind == Kind::Name {
                self.bump();
                items.push(Guard::Absent(self.reference("the name of a context value")?));
            } else {
                let reference = self.reference("the name of a context value")?;
                items.push(match self.comparison() {
                    Some(comparison) => Guard::Compare(reference, comparison, self.value("a value to compare with")?),
                    None => Guard::Present(reference),
                });
            }
            if !self.eat(Kind::Comma) {
                return Ok(items);
            }
        }
    }

    fn trigger(&mut self) -> Read<Trigger<'s>> {
        self.bump();
        let participant = self.name("a participant")?;
        self.words(&["says", "something", "like"]);
        self.colon("says something like");
        let patterns = self.list(true, "a pattern", |parser| parser.marked("a pattern in quotes"));
        Ok(Trigger { participant, patterns })
    }

    /// `confidence: X` or `confidence needed: X`, from the keyword on.
    pub(super) fn confidence(&mut self) -> Read<Confidence<'s>> {
        self.bump();
        self.eat_word("needed");
        self.colon("confidence");
        const WANTED: &str = "a number from 0 to 1, a level (low, medium, high, critical) or `adaptive`";
        if self.is(Kind::Number) {
            let number = self.number(WANTED)?;
            if !(0.0..=1.0).contains(&number.value) {
                let found = Diagnostic::new(Code::BadRange, number.span, "a confidence is a number from 0 to 1");
                self.report(if number.value <= 100.0 {
                    found.with_hint(format!("did you mean {}?", number.value / 100.0))
                } else {
                    found
                });
            }
            return Ok(Confidence::Fixed(number.value.clamp(0.0, 1.0)));
        }
        let first = self.peek();
        let base = self.reference(WANTED)?;
        if self.eat_word("weighted") {
            self.words(&["by"]);
            let by = self.reference("the name of the weight")?;
            let base = if base.names == ["adaptive"] { None } else { Some(base) };
            return Ok(Confidence::Weighted { base, by });
        }
        let word = base.names.join(".");
        if word == "adaptive" {
            return Ok(Confidence::Adaptive);
        }
        if let Some(level) = confidence_level(&word) {
            return Ok(Confidence::Fixed(level));
        }
        let message = format!("`{word}` is no confidence: expected {WANTED}");
        let found = Diagnostic::new(Code::UnknownLevel, self.span_from(first), message);
        let names = CONFIDENCE_LEVELS.iter().map(|(name, _)| *name).chain(["adaptive"]);
        self.report(match super::nearest(&word, names) {
            Some(near) => found.with_hint(format!("did you mean `{near}`?")),
            None => found.with_hint(format!("a value of the conversation is weighed: `{word} weighted by NAME`")),
        });
        Ok(Confidence::Adaptive)
    }
}
