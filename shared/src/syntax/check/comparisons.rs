//! Values that a slot never has (E133), rules that say nothing of their slot, and events that nothing tells of (E126).
//!
//! A day or time is kept in one form, and what it is compared with is compared as text: any other form is wrong.

use crate::diagnostics::{Code, Span};
use crate::ir::{EVENTS, Expression, SlotType};
use crate::template::number_text;
use crate::text::readable;

use super::super::ast::{Choice, Condition, EnumOption, Name, Reference, Slot, Term, Type, Value};
use super::super::suggest::nearest;
use super::walk::{Met, condition};
use super::{Checker, Context};

/// What a slot's value is called in its own rules.
const VALUE: &str = "value";
/// The day of the turn.
const TODAY: &str = "today";

/// What a slot may hold, as far as a comparison can be told to miss it.
pub(super) enum Holds {
    Number,
    OneOf(Vec<String>),
    Moment(Moment),
}

/// A day, a time, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Day,
    Clock,
    Both,
}

impl<'f, 's> Checker<'f, 's, '_> {
    /// `size = "lage"`, `count = "many"`, `time >= "8:00"`; `own` is the slot whose rule says so.
    pub(super) fn comparison(&mut self, context: &Context<'f, 's>, own: Option<&'f Slot<'s>>, found: &Condition<'_>) {
        match found {
            Condition::Compare(reference, _, value) => {
                // A bare name may be that of another value.
                let is_name = |known: &str| {
                    context.captures.contains(known) || context.slots.iter().any(|slot| slot.name.text == known)
                };
                if matches!(value, Value::Word(word) if is_name(word.text) || word.text == TODAY) {
                    return;
                }
                let names: Vec<String> = reference.names.iter().map(|name| (*name).to_owned()).collect();
                self.never_holds(context, own, &names, value);
            }
            Condition::Computed(expression, span) => self.computed(context, own, expression, *span),
            _ => {}
        }
    }

    fn never_holds(
        &mut self,
        context: &Context<'f, 's>,
        own: Option<&'f Slot<'s>>,
        path: &[String],
        value: &Value<'_>,
    ) {
        let Some(ty) = self.type_of(context, own, path) else { return };
        self.compared(context.id.game, ty, &path.join("."), value);
    }

    /// A value of a type, compared with another.
    fn compared(&mut self, game: usize, ty: &Type<'_>, name: &str, value: &Value<'_>) {
        let (said, span) = match value {
            Value::Text(text) => (self.decoded(*text), text.span),
            Value::Word(name) => (name.text.to_owned(), name.span),
            Value::Number(number) => (number_text(number.value), number.span),
            Value::Boolean(..) => return,
        };
        match self.holds(game, ty) {
            Some(Holds::Number) if super::values::number(&said).is_none() => {
                let message = format!("the slot `{name}` holds a number, which `{said}` is not");
                self.report_hint(Code::ValueNeverHeld, span, message, "compare it with a number");
            }
            Some(Holds::OneOf(options)) if !matches!(value, Value::Number(_)) => {
                self.no_option(&options, name, &said, span);
            }
            // A bare word may be the name of a value that a capability brings.
            Some(Holds::Moment(moment)) if !matches!(value, Value::Word(_)) => {
                self.not_as_kept(moment, name, &said, span);
            }
            Some(Holds::Number | Holds::OneOf(_) | Holds::Moment(_)) | None => {}
        }
    }

    /// What a rule of a type compares its `value` with; a bare word may be the name of anything there.
    pub(super) fn comparison_in_type(&mut self, game: usize, ty: &Type<'_>, found: &Condition<'_>) {
        let Condition::Compare(reference, _, value) = found else { return };
        if reference.names == [VALUE] && !matches!(value, Value::Word(_)) {
            self.compared(game, ty, VALUE, value);
        }
    }

    /// The type of what a dotted name stands for: a slot, a part of one, or a slot of a move that is called as a part.
    fn type_of(&self, context: &Context<'f, 's>, own: Option<&'f Slot<'s>>, path: &[String]) -> Option<&'f Type<'f>> {
        let slot = |context: &Context<'f, 's>, name: &str| {
            context.slots.iter().rev().find(|slot| slot.name.text == name).map(|slot| &slot.ty)
        };
        match path {
            [name] => slot(context, name).or_else(|| own.filter(|_| name == VALUE).map(|own| &own.ty)),
            [whole, part] => match slot(context, whole) {
                Some(ty) => {
                    let mut parts = self.resolved.parts(context.id.game, ty).iter();
                    parts.find(|known| known.definition.name.text == *part).map(|found| &found.definition.ty)
                }
                None => slot(&self.context(self.called_part(context, whole)?), part),
            },
            _ => None,
        }
    }

    /// `time + 2 hours <= "9:00"`
    fn computed(&mut self, context: &Context<'f, 's>, own: Option<&'f Slot<'s>>, found: &Expression, span: Span) {
        let Expression::Compare(left, _, right) = found else { return };
        for (moment, other) in [(left, right), (right, left)] {
            let said = match other.as_ref() {
                Expression::Text(text) => text.clone(),
                Expression::Number(number) => number_text(*number),
                _ => continue,
            };
            if let Some((name, moment)) = self.moment_of(context, own, moment) {
                self.not_as_kept(moment, &name, &said, span);
            }
        }
    }

    /// The day or time that an expression gives, and the slot that it is reckoned from.
    fn moment_of(
        &self,
        context: &Context<'f, 's>,
        own: Option<&'f Slot<'s>>,
        found: &Expression,
    ) -> Option<(String, Moment)> {
        match found {
            Expression::Reference(path) => match self.holds(context.id.game, self.type_of(context, own, path)?)? {
                Holds::Moment(moment) => Some((path.join("."), moment)),
                _ => None,
            },
            // A day less a day is a number.
            Expression::Binary(left, _, right) if matches!(right.as_ref(), Expression::Span(..)) => {
                self.moment_of(context, own, left)
            }
            _ => None,
        }
    }

    fn not_as_kept(&mut self, moment: Moment, name: &str, said: &str, span: Span) {
        if moment.keeps(said) {
            return;
        }
        let (what, example) = match moment {
            Moment::Day => ("a day", "2026-03-06"),
            Moment::Clock => ("a time", "08:00"),
            Moment::Both => ("a day with its time", "2026-03-06T08:00:00"),
        };
        let message = format!("`{name}` holds {what}, such as `\"{example}\"`, and cannot be compared with `{said}`");
        let hint = match moment.meant(said) {
            Some(meant) => format!("write it {meant}"),
            None => format!("write {what} as it is kept: `\"{example}\"`"),
        };
        self.report_hint(Code::ValueNeverHeld, span, message, hint);
    }

    /// Choices that are offered with a slot's question are answers to it.
    pub(super) fn choices(&mut self, context: &Context<'f, 's>, slot: &Slot<'s>, choices: &[Choice]) {
        let Some(Holds::OneOf(options)) = self.holds(context.id.game, &slot.ty) else { return };
        let language = self.language_of(context.id.game);
        let forms = self.forms_of(context.id.game, language, slot, &options);
        for choice in choices {
            let text = choice.value.unwrap_or(choice.label);
            let said = self.decoded(text);
            if !said.contains('{') && !self.is_a_pattern(context.id.game, &said) && forms.lack(language, &said) {
                self.no_option(&options, slot.name.text, &said, text.span);
            }
        }
    }

    /// Whether a move of the game waits for these words.
    fn is_a_pattern(&self, game: usize, said: &str) -> bool {
        let plain = |text: &str| text.trim().to_lowercase();
        let moves = self.resolved.games[game].moves.iter().map(|id| self.resolved.written(*id));
        let mut patterns = moves.flat_map(|found| &found.triggers).flat_map(|trigger| &trigger.patterns);
        patterns.any(|pattern| plain(&self.decoded(pattern.text)) == plain(said))
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

    pub(super) fn holds(&self, game: usize, ty: &Type<'_>) -> Option<Holds> {
        match ty {
            Type::Simple(SlotType::Number) | Type::Range { .. } => Some(Holds::Number),
            Type::Simple(SlotType::Date) => Some(Holds::Moment(Moment::Day)),
            Type::Simple(SlotType::Time) => Some(Holds::Moment(Moment::Clock)),
            Type::Simple(SlotType::DateTime) => Some(Holds::Moment(Moment::Both)),
            Type::Enum(options) => Some(Holds::OneOf(options.iter().map(|option| self.option(option)).collect())),
            Type::List(item) => self.holds(game, item).filter(|holds| matches!(holds, Holds::OneOf(_))),
            Type::Named(_) => {
                let plain = |ty: &&Type<'_>| !matches!(ty, Type::Named(_));
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
        self.said_twice(&options, terms);
        for term in terms {
            self.no_option(&options, name.text, &self.decoded(term.text), term.text.span);
        }
    }

    /// `n: number valid when m < 8`: a rule that names no value of the move.
    pub(super) fn rules_of_slots(&mut self, context: &Context<'f, 's>) {
        for found in &context.written.slots {
            for rule in &found.rules.valid {
                let named = names_in(&rule.condition);
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

impl Moment {
    /// Whether a value of that kind is kept so.
    fn keeps(self, said: &str) -> bool {
        let is_day = |text: &str| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
        let is_clock = |text: &str| text.len() == 5 && text.parse::<jiff::civil::Time>().is_ok();
        match self {
            Moment::Day => is_day(said),
            Moment::Clock => is_clock(said),
            // A day is the beginning of all that it holds.
            Moment::Both => is_day(said) || said.len() == 19 && said.parse::<jiff::civil::DateTime>().is_ok(),
        }
    }

    /// The form in which it is kept, where that can be told.
    fn meant(self, said: &str) -> Option<String> {
        if said == TODAY && self != Moment::Clock {
            return Some(format!("`{TODAY}`, without quotation marks"));
        }
        let (sign, longest) = if self == Moment::Clock { (':', 2) } else { ('-', 3) };
        let figures = said.trim().split(sign).take(longest).map(|figures| figures.parse::<u16>().ok());
        let padded = figures.map(|figures| figures.map(|figures| format!("{figures:02}")));
        let mut padded = padded.collect::<Option<Vec<_>>>()?;
        if self == Moment::Clock && padded.len() == 1 {
            padded.push("00".to_owned());
        }
        let meant = padded.join(&sign.to_string());
        self.keeps(&meant).then(|| format!("`\"{meant}\"`"))
    }
}

/// The values that a condition names, with the places where they stand.
pub(super) fn names_in(found: &Condition<'_>) -> Vec<(Vec<String>, Span)> {
    let mut named = Vec::new();
    condition(found, &mut |met| {
        if let Met::Condition(part) = met {
            names_of(part, &mut named);
        }
    });
    named
}

/// Those that a condition names itself, without the conditions that it is made of.
fn names_of(condition: &Condition<'_>, found: &mut Vec<(Vec<String>, Span)>) {
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
