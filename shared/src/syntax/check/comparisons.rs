//! Values that a slot never has (E133), rules that say nothing of their slot, and events that nothing tells of (E126).

use crate::diagnostics::{Code, Span};
use crate::ir::{EVENTS, Expression, SlotType};
use crate::text::readable;

use super::super::ast::{Condition, EnumOption, Name, Reference, Term, Type, Value};
use super::super::suggest::nearest;
use super::walk::{Met, condition};
use super::{Checker, Context};

/// What a slot's value is called in its own rules.
const VALUE: &str = "value";

/// What a slot may hold, as far as a comparison can be told to miss it.
pub(super) enum Holds {
    Number,
    OneOf(Vec<String>),
}

impl<'f, 's> Checker<'f, 's, '_> {
    /// `size = "lage"`, `count = "many"`
    pub(super) fn comparison(&mut self, context: &Context<'f, 's>, found: &Condition<'_>) {
        let Condition::Compare(reference, _, value) = found else { return };
        let ([name], Some((said, span))) = (reference.names.as_slice(), self.said(value)) else { return };
        let Some(slot) = context.slots.iter().rev().find(|slot| slot.name.text == *name).copied() else { return };
        // A bare name may be that of another value.
        let is_name =
            |known: &str| context.captures.contains(known) || context.slots.iter().any(|slot| slot.name.text == known);
        if matches!(value, Value::Word(word) if is_name(word.text) || word.text == "today") {
            return;
        }
        self.never_holds(context.id.game, &slot.ty, name, &said, span);
    }

    fn said(&self, value: &Value<'_>) -> Option<(String, Span)> {
        match value {
            Value::Text(text) => Some((self.decoded(*text), text.span)),
            Value::Word(name) => Some((name.text.to_owned(), name.span)),
            Value::Number(_) | Value::Boolean(..) => None,
        }
    }

    fn never_holds(&mut self, game: usize, ty: &Type<'s>, name: &str, said: &str, span: Span) {
        match self.holds(game, ty) {
            Some(Holds::Number) if super::values::number(said).is_none() => {
                let message = format!("the slot `{name}` holds a number, which `{said}` is not");
                self.report_hint(Code::ValueNeverHeld, span, message, "compare it with a number");
            }
            Some(Holds::OneOf(options)) => self.no_option(&options, name, said, span),
            Some(Holds::Number) | None => {}
        }
    }

    fn no_option(&mut self, options: &[String], name: &str, said: &str, span: Span) {
        let plain = |text: &str| readable(text).to_lowercase();
        if said.contains('{') || options.iter().any(|option| plain(option) == plain(said)) {
            return;
        }
        let message = format!("`{said}` is no option of the slot `{name}`");
        let hint = match nearest(said, options.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its options are {}", options.join(", ")),
        };
        self.report_hint(Code::ValueNeverHeld, span, message, hint);
    }

    pub(super) fn holds(&self, game: usize, ty: &Type<'s>) -> Option<Holds> {
        match ty {
            Type::Simple(SlotType::Number) | Type::Range { .. } => Some(Holds::Number),
            Type::Enum(options) => Some(Holds::OneOf(options.iter().map(|option| self.option(option)).collect())),
            Type::List(item) => self.holds(game, item).filter(|holds| matches!(holds, Holds::OneOf(_))),
            Type::Named(_) => {
                let plain = |ty: &&Type<'s>| !matches!(ty, Type::Named(_));
                let mut definitions = self.resolved.definitions(game, ty).into_iter().map(|definition| &definition.ty);
                definitions.find(plain).and_then(|ty| self.holds(game, ty))
            }
            _ => None,
        }
    }

    fn option(&self, option: &EnumOption<'_>) -> String {
        match option {
            EnumOption::Quoted(text) => self.decoded(*text),
            EnumOption::Bare(words, _) => words.join(" "),
        }
    }

    /// The vocabulary of slots and types: each term of an `enum` is one of its options.
    pub(super) fn vocabularies(&mut self) {
        for (index, game) in self.resolved.file.games.iter().enumerate() {
            for definition in &game.types {
                self.terms_of(index, definition.name, &definition.ty, &definition.vocabulary);
            }
            for found in game.moves.iter().flat_map(|found| &found.slots) {
                self.terms_of(index, found.name, &found.ty, &found.vocabulary);
            }
        }
    }

    fn terms_of(&mut self, game: usize, name: Name<'_>, ty: &Type<'s>, terms: &[Term]) {
        if terms.is_empty() {
            return;
        }
        let Some(Holds::OneOf(options)) = self.holds(game, ty) else { return };
        self.said_for_two(&options, terms);
        for term in terms {
            self.no_option(&options, name.text, &self.decoded(term.text), term.text.span);
        }
    }

    /// `n: number valid when m < 8`: a rule that names no value of the move.
    pub(super) fn rules_of_slots(&mut self, context: &Context<'f, 's>) {
        for found in &context.written.slots {
            for rule in &found.rules.valid {
                let mut named: Vec<(Vec<String>, Span)> = Vec::new();
                condition(&rule.condition, &mut |met| {
                    if let Met::Condition(condition) = met {
                        names_in(condition, &mut named);
                    }
                });
                let is_known = |(path, _): &(Vec<String>, Span)| {
                    let name = path.first().map_or("", String::as_str);
                    name == VALUE
                        || path.len() > 1
                        || context.captures.contains(name)
                        || context.slots.iter().any(|slot| slot.name.text == name)
                };
                let Some((path, span)) = named.first().filter(|_| !named.iter().any(is_known)) else { continue };
                let (name, of) = (path.join("."), found.name.text);
                let message = format!("`{name}` is neither a slot nor a capture: the rule says nothing of `{of}`");
                let hint =
                    format!("the slot's value is `{of}` or `value`; one that the request brings is `context.{name}`");
                self.report_hint(Code::DoubtfulReference, *span, message, hint);
            }
        }
    }

    /// `when event sesion_started`
    pub(super) fn misspelt_event(&mut self, found: &Condition<'_>) {
        let Condition::Event(name) = found else { return };
        if EVENTS.contains(&name.text) {
            return;
        }
        if let Some(near) = EVENTS.iter().find(|known| super::references::looks_misspelt(name.text, known)) {
            let message = format!("`{}` is taken for an event of your own", name.text);
            self.report_hint(Code::DoubtfulReference, name.span, message, format!("did you mean `{near}`?"));
        }
    }

    /// The events that blocks outside of moves wait for.
    pub(super) fn misspelt_events(&mut self) {
        for block in self.resolved.file.games.iter().flat_map(|game| &game.events) {
            for branch in &block.branches {
                let mut events = Vec::new();
                condition(&branch.condition, &mut |met| {
                    if let Met::Condition(found @ Condition::Event(_)) = met {
                        events.push(found);
                    }
                });
                events.into_iter().for_each(|found| self.misspelt_event(found));
            }
        }
    }
}

/// The values that a condition names, with the places where they stand.
fn names_in(condition: &Condition<'_>, found: &mut Vec<(Vec<String>, Span)>) {
    let own = |reference: &Reference<'_>| reference.names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    match condition {
        Condition::Truthy(reference) | Condition::Matches(reference, _) => found.push((own(reference), reference.span)),
        Condition::Compare(reference, _, value) => {
            found.push((own(reference), reference.span));
            if let Value::Word(name) = value {
                found.push((vec![name.text.to_owned()], name.span));
            }
        }
        Condition::Computed(expression, span) => in_expression(expression, *span, found),
        _ => {}
    }
}

fn in_expression(expression: &Expression, span: Span, found: &mut Vec<(Vec<String>, Span)>) {
    match expression {
        Expression::Number(_) | Expression::Text(_) => {}
        Expression::Reference(path) => found.push((path.clone(), span)),
        Expression::Negate(inner) | Expression::Span(inner, _) => in_expression(inner, span, found),
        Expression::Call(_, values) => values.iter().for_each(|value| in_expression(value, span, found)),
        Expression::Binary(left, _, right) | Expression::Compare(left, _, right) => {
            in_expression(left, span, found);
            in_expression(right, span, found);
        }
    }
}
