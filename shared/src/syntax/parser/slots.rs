//! The `slots` section of a move: types and modifiers.

use crate::diagnostics::{Code, Diagnostic};
use crate::ir::{Extract, SlotType};

use super::super::ast::{Check, EnumOption, Name, Number, Part, Rules, Slot, Type, TypeDefinition, Validity};
use super::super::lexer::Kind;
use super::super::limits::{MAX_PARTS, MAX_RETRIES, MAX_SECTION_ENTRIES, MAX_SLOTS};
use super::{Layout, Parser, Read, Reported};

/// The types of the language.
pub(in crate::syntax) const TYPES: &[&str] = &[
    "string",
    "number",
    "range",
    "enum",
    "timeframe",
    "date",
    "time",
    "datetime",
    "boolean",
    "email",
    "phone",
    "url",
    "money",
    "quantity",
    "pattern",
    "list",
    "composite",
];
const MODIFIERS: &[&str] = &[
    "required",
    "required when",
    "optional",
    "valid when",
    "check with",
    "default(VALUE)",
    "extract using",
    "with vocabulary {",
    "with context",
    "confirm",
    "sensitive",
    "retries",
    "declined by [",
];

/// What was said of whether a slot is required.
#[derive(Default)]
struct Said {
    required: bool,
    optional: bool,
}

impl<'s> Parser<'s, '_> {
    pub(super) fn slots(&mut self, slots: &mut Vec<Slot<'s>>) -> Read<()> {
        self.braces("`{` after `slots`", Parser::ends_slots, |parser| parser.slot(slots))
    }

    /// Where an element of the move begins: a slot's name has a colon behind it.
    fn ends_slots(&self) -> bool {
        let leads = ["when", "if", "requires"].iter().any(|word| self.is_word(word));
        self.begins_move() || leads && self.ahead(1).kind == Kind::Name
    }

    fn slot(&mut self, slots: &mut Vec<Slot<'s>>) -> Read<()> {
        self.mark(Layout::Line);
        let name = self.name("a slot's name, then `:` and its type")?;
        self.colon(name.text);
        let ty = match self.slot_type() {
            Ok(ty) => ty,
            Err(Reported) => {
                let names_type = |parser: &Self| parser.peek().first_on_line || parser.begins_modifier();
                self.skip_until(names_type);
                Type::Unknown
            }
        };
        let mut slot = Slot {
            name,
            ty,
            required: true,
            default: None,
            extract: Extract::default(),
            expression: None,
            vocabulary: Vec::new(),
            context: None,
            confirm: false,
            sensitive: false,
            retries: None,
            required_when: None,
            rules: Rules::default(),
            declined_by: None,
            of_one_value: Vec::new(),
        };
        let modifiers = self.slot_modifiers(&mut slot);
        if let Some((_, span)) = slot.declined_by.as_ref().filter(|_| slot.required && slot.default.is_none()) {
            self.repeated(*span, "only an optional slot can be declined");
        }
        // The slot exists whatever is wrong with its modifiers.
        self.push(slots, slot, MAX_SLOTS, "a move has at most {} slots")?;
        modifiers
    }

    fn slot_modifiers(&mut self, slot: &mut Slot<'s>) -> Read<()> {
        let mut said = Said::default();
        // A slot ends where a name with a colon begins the next one, or with the section.
        while !self.is(Kind::CloseBrace) && !self.is(Kind::End) && self.ahead(1).kind != Kind::Colon {
            if self.peek().first_on_line && (self.begins_move() || !self.begins_modifier()) {
                break;
            }
            self.slot_modifier(slot, &mut said)?;
        }
        Ok(())
    }

    fn begins_modifier(&self) -> bool {
        ["required", "optional", "default", "extract", "with", "confirm", "sensitive", "retries", "declined"]
            .iter()
            .any(|word| self.is_word(word))
            || self.is_phrase(&["valid", "when"])
            || self.is_phrase(&["check", "with"])
    }

    fn slot_type(&mut self) -> Read<Type<'s>> {
        let token = self.peek();
        if token.kind != Kind::Name {
            return Err(self.unexpected("a type such as `string`, `number` or `range(1, 10)`"));
        }
        if let Some(simple) = SlotType::simple(self.text(token)) {
            self.bump();
            return Ok(Type::Simple(simple.clone()));
        }
        match self.text(token) {
            "range" => self.range(),
            "enum" => self.enumeration(),
            "composite" => self.composite(),
            "list" => {
                self.bump();
                let parenthesis = self.is(Kind::OpenParen);
                if parenthesis {
                    self.unexpected_hint("`of` and a type", Some("such as `list of string`".to_owned()));
                    self.bump();
                } else {
                    self.words(&["of"]);
                }
                let item = self.nested(Parser::slot_type)?;
                if parenthesis {
                    self.eat(Kind::CloseParen);
                }
                Ok(Type::List(Box::new(item)))
            }
            "pattern" => {
                self.bump();
                Ok(Type::Pattern(self.text_token("a regular expression in quotes")?))
            }
            _ => Ok(Type::Named(self.name("a type")?)),
        }
    }

    /// `composite { NAME: TYPE, … }`; a new line stands for the comma.
    fn composite(&mut self) -> Read<Type<'s>> {
        let first = self.bump();
        let mut parts: Vec<Part<'s>> = Vec::new();
        self.nested(|parser| {
            parser.braces("`{ NAME: TYPE, … }` after `composite`", Parser::begins_move, |parser| {
                let part = parser.part()?;
                parser.push(&mut parts, part, MAX_PARTS, "a composite has at most {} parts")?;
                parser.eat(Kind::Comma);
                Ok(())
            })
        })?;
        let span = self.span_from(first);
        if parts.is_empty() {
            let found = Diagnostic::new(Code::BadRange, span, "a composite has at least one part");
            self.report(found.with_hint("`composite { street: string, town: string }`"));
        }
        Ok(Type::Composite(parts, span))
    }

    fn part(&mut self) -> Read<Part<'s>> {
        self.mark(Layout::Item);
        let name = self.name("the name of a part, then `:` and its type")?;
        self.colon(name.text);
        let mut part = Part { required: true, definition: self.definition(name) };
        loop {
            let definition = &mut part.definition;
            let ends = matches!(self.peek().kind, Kind::CloseBrace | Kind::Comma | Kind::End);
            if ends || self.ahead(1).kind == Kind::Colon {
                return Ok(part);
            } else if self.is_word("optional") || self.is_word("required") {
                part.required = self.eat_word("required") || !self.eat_word("optional");
            } else if !self.type_modifier(definition)? {
                const KNOWN: &[&str] =
                    &["required", "optional", "with vocabulary {", "with context", "valid when", "check with"];
                return Err(self.unknown_word("a modifier of the part, `,`, the next part, or `}`", KNOWN));
            }
        }
    }

    fn range(&mut self) -> Read<Type<'s>> {
        let first = self.bump();
        self.expect(Kind::OpenParen, "`(MIN, MAX)` after `range`")?;
        let min: Number = self.number("the least number")?;
        if !self.eat(Kind::Comma) {
            self.unexpected_hint("`,` between the least and the greatest number", Some("`range(1, 10)`".to_owned()));
            while self.is(Kind::Dot) || self.is(Kind::Minus) {
                self.bump();
            }
        }
        let max: Number = self.number("the greatest number")?;
        self.expect(Kind::CloseParen, "`)` after the greatest number")?;
        if min.value > max.value || !min.value.is_finite() || !max.value.is_finite() {
            let message =
                format!("a range goes from the least to the greatest number, not from {} to {}", min.value, max.value);
            let found = Diagnostic::new(Code::BadRange, self.span_from(first), message);
            self.report(found.with_hint(format!("did you mean `range({}, {})`?", max.value, min.value)));
        }
        Ok(Type::Range { min, max })
    }

    fn enumeration(&mut self) -> Read<Type<'s>> {
        let open = self.bump();
        self.expect(Kind::OpenParen, "`(\"a\", \"b\", …)` after `enum`")?;
        if self.is_word("from") && self.ahead(1).kind == Kind::Name {
            self.bump();
            let from = self.reference("the name of a value of the context, such as `context.menu`")?;
            self.expect(Kind::CloseParen, "`)` after the name")?;
            return Ok(Type::EnumFrom(from));
        }
        let mut options = Vec::new();
        loop {
            if self.is(Kind::CloseParen) {
                self.bump();
                break;
            }
            options.push(self.enum_option()?);
            if !self.is(Kind::CloseParen) && !self.eat(Kind::Comma) {
                return Err(self.unexpected("`,` or `)` after an option"));
            }
        }
        if options.is_empty() {
            let span = self.span_from(open);
            self.report(Diagnostic::new(Code::BadRange, span, "an `enum` has at least one option"));
        }
        Ok(Type::Enum(options))
    }

    /// A quoted option, or words and numbers up to the comma.
    fn enum_option(&mut self) -> Read<EnumOption<'s>> {
        if self.is(Kind::Text) || self.is(Kind::Block) {
            return Ok(EnumOption::Quoted(self.text_token("an option")?));
        }
        let first = self.peek();
        let mut words = Vec::new();
        while matches!(self.peek().kind, Kind::Name | Kind::Number) {
            words.push(self.text(self.peek()));
            self.bump();
        }
        if words.is_empty() {
            return Err(self.unexpected("an option"));
        }
        Ok(EnumOption::Bare(words, self.span_from(first)))
    }

    fn slot_modifier(&mut self, slot: &mut Slot<'s>, said: &mut Said) -> Read<()> {
        let first = self.peek();
        let word = if first.kind == Kind::Name { self.text(first) } else { "" };
        match word {
            "required" | "optional" => {
                self.bump();
                said.required |= word == "required";
                said.optional |= word == "optional";
                slot.required = !said.optional;
                if word == "required" && self.is_word("when") && self.ahead(1).kind != Kind::Colon {
                    self.bump();
                    let condition = self.condition()?;
                    if slot.required_when.replace(condition).is_some() {
                        self.repeated(first.span(), "`required when` stands twice");
                    }
                }
                if said.required && said.optional {
                    self.repeated(first.span(), "`required` and `optional` contradict each other");
                }
            }
            "confirm" => {
                self.bump();
                slot.confirm = true;
                slot.of_one_value.push(("confirm", first.span()));
            }
            "sensitive" => {
                self.bump();
                slot.sensitive = true;
            }
            "default" => {
                self.bump();
                self.expect(Kind::OpenParen, "`(VALUE)` after `default`")?;
                let value = self.value("the default value")?;
                self.expect(Kind::CloseParen, "`)` after the default value")?;
                slot.of_one_value.push(("default", first.span()));
                if slot.default.replace(value).is_some() {
                    self.repeated(first.span(), "`default` stands twice");
                }
            }
            "extract" => {
                self.bump();
                self.words(&["using"]);
                slot.of_one_value.push(("extract using", first.span()));
                slot.extract = if self.eat_word("regex") {
                    Extract::Regex
                } else if self.eat_word("semantic") {
                    Extract::Semantic
                } else if self.eat_word("hybrid") {
                    Extract::Hybrid
                } else {
                    return Err(self.unknown_word("`regex`, `semantic` or `hybrid`", &["regex", "semantic", "hybrid"]));
                };
                if slot.extract != Extract::Semantic && self.is(Kind::Text) {
                    slot.expression = Some(self.text_token("the regular expression, a text")?);
                }
            }
            "valid" => {
                let rule = self.validity()?;
                slot.rules.valid.push(rule);
            }
            "check" => self.check(&mut slot.rules)?,
            "with" if self.is_word_at(1, "vocabulary") => {
                self.at += 2;
                let terms = self.vocabulary()?;
                slot.vocabulary.extend(terms);
            }
            "with" if self.is_word_at(1, "context") => {
                self.at += 2;
                slot.context = Some(self.text_token("the context, a text")?);
            }
            "declined" if self.is_word_at(1, "by") => {
                slot.of_one_value.push(("declined by", first.span()));
                self.at += 2;
                let said = self.list(false, "what declines it", |parser| parser.text_token("what declines it, a text"));
                if slot.declined_by.replace((said, self.span_from(first))).is_some() {
                    self.repeated(first.span(), "`declined by` stands twice");
                }
            }
            "retries" => {
                self.bump();
                let number = self.number("how many retries")?;
                // The range check makes the conversion exact.
                if number.value.fract() != 0.0 || !(0.0..=MAX_RETRIES).contains(&number.value) {
                    let message = format!("retries are a whole number from 0 to {MAX_RETRIES}");
                    self.report(Diagnostic::new(Code::BadRange, number.span, message));
                } else {
                    slot.retries = Some(number.value as u8);
                }
            }
            _ => return Err(self.unknown_word("a modifier of the slot, the next slot, or `}`", MODIFIERS)),
        }
        Ok(())
    }

    /// `valid when CONDITION else "…"`
    fn validity(&mut self) -> Read<Validity<'s>> {
        self.bump();
        self.words(&["when"]);
        let condition = self.condition()?;
        if !self.is_word("else") {
            // `time >= 8:00`
            let hint = if self.is(Kind::Colon) && self.ahead(1).kind == Kind::Number {
                "a time is a text: `\"08:00\"`".to_owned()
            } else {
                "`else` says what the person hears when it does not hold".to_owned()
            };
            return Err(self.unexpected_hint("`and`, `or` or `else \"…\"` after the condition", Some(hint)));
        }
        self.bump();
        Ok(Validity { condition, reason: self.one_or_several("what is said when it does not hold, a text")? })
    }

    /// `types { NAME: TYPE … }`
    pub(super) fn types(&mut self, types: &mut Vec<TypeDefinition<'s>>) -> Read<()> {
        self.braces("`{` after `types`", Parser::begins_move, |parser| {
            parser.mark(Layout::Line);
            let name = parser.name("a type's name, then `:` and what it is")?;
            parser.colon(name.text);
            let mut found = parser.definition(name);
            let read = parser.type_modifiers(&mut found);
            parser.push(types, found, MAX_SECTION_ENTRIES, "a game has at most {} types")?;
            read
        })
    }

    /// A type behind its name and colon, without its modifiers.
    fn definition(&mut self, name: Name<'s>) -> TypeDefinition<'s> {
        let ty = match self.slot_type() {
            Ok(ty) => ty,
            Err(Reported) => {
                self.skip_until(|parser| {
                    parser.peek().first_on_line || parser.is(Kind::Comma) || parser.begins_modifier()
                });
                Type::Unknown
            }
        };
        TypeDefinition { name, ty, vocabulary: Vec::new(), context: None, rules: Rules::default() }
    }

    fn type_modifiers(&mut self, definition: &mut TypeDefinition<'s>) -> Read<()> {
        loop {
            if self.is(Kind::CloseBrace) || self.is(Kind::End) || self.ahead(1).kind == Kind::Colon {
                return Ok(());
            }
            if !self.type_modifier(definition)? {
                const KNOWN: &[&str] = &["with vocabulary {", "with context", "valid when", "check with"];
                return Err(self.unknown_word("a modifier of the type, the next type, or `}`", KNOWN));
            }
        }
    }

    /// A modifier that types and their parts have; whether one stood here.
    fn type_modifier(&mut self, definition: &mut TypeDefinition<'s>) -> Read<bool> {
        if self.is_phrase(&["with", "vocabulary"]) {
            self.at += 2;
            definition.vocabulary.extend(self.vocabulary()?);
        } else if self.is_phrase(&["with", "context"]) {
            self.at += 2;
            definition.context = Some(self.text_token("the context, a text")?);
        } else if self.is_phrase(&["valid", "when"]) {
            let rule = self.validity()?;
            definition.rules.valid.push(rule);
        } else if self.is_word("check") {
            self.check(&mut definition.rules)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// `check with SERVICE.FUNCTION [else "…"] [must answer [else "…"]]`
    fn check(&mut self, rules: &mut Rules<'s>) -> Read<()> {
        let first = self.bump();
        self.words(&["with"]);
        if self.is(Kind::Name) && self.ahead(1).kind != Kind::Dot {
            let service = self.bump();
            let message = format!("expected a service and its function, found only `{}`", self.text(service));
            let found = Diagnostic::new(Code::Unexpected, service.span(), message);
            self.report(found.with_hint("`check with orders.find`"));
            return Ok(());
        }
        let call = self.call()?;
        let misplaced =
            call.then.as_ref().map(|then| ("then", then.span)).or(call.awaits.then(|| ("await", first.span())));
        if let Some((word, span)) = misplaced {
            let found = Diagnostic::new(Code::RepeatedClause, span, format!("a check has no `{word}`"));
            self.report(found.with_hint("the value is taken or asked for again, and the move goes on by itself"));
        }
        let reason = if self.eat_word("else") {
            self.one_or_several("what is said of a value that is refused")?
        } else {
            Vec::new()
        };
        let must_answer = if self.is_word("must") && self.ahead(1).kind != Kind::Colon {
            self.words(&["must", "answer"]);
            let otherwise = self.eat_word("else");
            Some(if otherwise {
                self.one_or_several("what is said where the service does not answer")?
            } else {
                Vec::new()
            })
        } else {
            None
        };
        if rules.check.replace(Check { call, reason, must_answer }).is_some() {
            self.repeated(first.span(), "`check with` stands twice");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_that_are_named_to_authors_are_those_that_there_are() {
        let with_arguments = ["range", "enum", "pattern", "list", "composite"];
        let simple = |name: &&str| SlotType::simple(name).is_some() != with_arguments.contains(name);
        assert!(TYPES.iter().all(simple) && TYPES.len() == SlotType::SIMPLE.len() + with_arguments.len());
    }
}
