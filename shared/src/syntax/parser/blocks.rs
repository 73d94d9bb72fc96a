//! `when` and `if` blocks and what stands in them.

use super::super::ast::{Block, Branch, Condition, Statement};
use super::super::lexer::Kind;
use super::super::suggest::nearest;
use super::{Layout, Parser, Read, Reported};

const AFTER_THE_CONDITION: &str = "`{`, `and` or `or` after the condition";

impl<'s> Parser<'s, '_> {
    /// `when CONDITION { … }` or `if CONDITION { … } else if … else …`, from the keyword on. Both may have `else`.
    pub(super) fn block(&mut self) -> Read<Block<'s>> {
        self.nested(|parser| {
            let first = parser.peek();
            let mut branches = vec![parser.branch()?];
            let mut otherwise = None;
            while parser.is_word("else") {
                parser.mark(Layout::Else);
                parser.bump();
                if parser.is_word("if") || parser.is_word("when") {
                    branches.push(parser.branch()?);
                } else {
                    otherwise = Some(parser.body()?);
                    break;
                }
            }
            Ok(Block { branches, otherwise, span: parser.span_from(first) })
        })
    }

    /// From `when` or `if` on.
    fn branch(&mut self) -> Read<Branch<'s>> {
        let first = self.bump();
        let condition = match self.condition() {
            Ok(condition) => condition,
            Err(Reported) => {
                self.skip_until(|parser| parser.is(Kind::OpenBrace) || parser.peek().first_on_line);
                Condition::Unknown
            }
        };
        let condition = self.without_a_slip(condition);
        let span = self.span_from(first);
        Ok(Branch { condition, body: self.body()?, span })
    }

    /// `when evnt timeout`: a word that is one of the language, but for a slip.
    fn without_a_slip(&mut self, condition: Condition<'s>) -> Condition<'s> {
        let Condition::Truthy(reference) = &condition else { return condition };
        let ([word], true) = (reference.names.as_slice(), self.is(Kind::Name) && !self.peek().first_on_line) else {
            return condition;
        };
        let Some(near) = nearest(word, ["event", "slot"]) else { return condition };
        let hint = format!("did you mean `{near} {}`?", self.text(self.peek()));
        self.unexpected_hint(AFTER_THE_CONDITION, Some(hint));
        self.skip_until(|parser| parser.is(Kind::OpenBrace) || parser.peek().first_on_line);
        Condition::Unknown
    }

    pub(super) fn body(&mut self) -> Read<Vec<Statement<'s>>> {
        let mut statements = Vec::new();
        self.braces(AFTER_THE_CONDITION, Parser::ends_blocks, |parser| {
            let statement = parser.statement()?;
            statements.push(statement);
            Ok(())
        })?;
        Ok(statements)
    }

    /// Where something begins that no block may hold: a move, or an element that only moves have.
    fn ends_blocks(&self) -> bool {
        self.begins_move()
            || (self.is_word("when") && self.is_word_at(2, "says"))
            || (self.is_word("slots") && self.ahead(1).kind == Kind::OpenBrace)
            || self.is_phrase(&["requires", "context"])
    }

    fn statement(&mut self) -> Read<Statement<'s>> {
        self.mark(Layout::Line);
        let is_call = self.ahead(1).kind == Kind::Dot;
        if !is_call && (self.is_word("when") || self.is_word("if")) {
            return Ok(Statement::Block(self.block()?));
        }
        if !is_call && self.is_word("confidence") {
            return Ok(Statement::Confidence(self.confidence()?));
        }
        Ok(Statement::Action(self.action()?))
    }
}
