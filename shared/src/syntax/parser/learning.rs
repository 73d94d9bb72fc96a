//! The `learning` section: rules and strategies.

use super::super::ast::{Rule, Value};
use super::super::lexer::Kind;
use super::{Layout, Parser, Read};

const STRATEGIES: [&str; 4] = ["evolve", "reinforce", "generalize", "specialize"];
const KNOWN: &[&str] = &[
    "remember successful patterns",
    "adjust confidence from outcomes",
    "add variations that worked",
    "track conversation paths",
    "evolve:",
    "reinforce:",
    "generalize:",
    "specialize:",
];

impl<'s> Parser<'s, '_> {
    pub(super) fn learning(&mut self, rules: &mut Vec<Rule<'s>>) -> Read<()> {
        self.braces("`{` after `learning`", Parser::begins_game, |parser| {
            let rule = parser.rule()?;
            rules.push(rule);
            Ok(())
        })
    }

    fn rule(&mut self) -> Read<Rule<'s>> {
        self.mark(Layout::Line);
        let word = if self.is(Kind::Name) { self.text(self.peek()) } else { "" };
        if STRATEGIES.contains(&word) {
            return self.strategy();
        }
        let (rule, words): (_, &[&str]) = match word {
            "remember" => (Rule::RememberSuccessfulPatterns, &["successful", "patterns"]),
            "adjust" => (Rule::AdjustConfidenceFromOutcomes, &["confidence", "from", "outcomes"]),
            "add" => (Rule::AddVariationsThatWorked, &["variations", "that", "worked"]),
            "track" => (Rule::TrackConversationPaths, &["conversation", "paths"]),
            _ => return Err(self.unknown_word("a learning rule or strategy", KNOWN)),
        };
        self.bump();
        self.words(words);
        Ok(rule)
    }

    fn strategy(&mut self) -> Read<Rule<'s>> {
        let name = self.name("a strategy")?;
        self.colon(name.text);
        if !self.is(Kind::OpenBrace) {
            let text = self.text_token("a text, or settings `{ name: value, … }`")?;
            return Ok(Rule::Strategy { name, text: Some(text), settings: Vec::new() });
        }
        let mut settings = Vec::new();
        self.braces("`{`", Parser::begins_move, |parser| {
            parser.mark(Layout::Line);
            let name = parser.name("a setting's name, then `:`")?;
            parser.colon(name.text);
            let value: Value<'s> = parser.value("the setting's value")?;
            settings.push((name, value));
            if !parser.eat(Kind::Comma) && !parser.is(Kind::CloseBrace) && !parser.peek().first_on_line {
                return Err(parser.unexpected("`,` or `}` after a setting"));
            }
            Ok(())
        })?;
        Ok(Rule::Strategy { name, text: None, settings })
    }
}
