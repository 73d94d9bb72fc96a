//! What moves refer to: slots in conditions (E100), moves (E120), capabilities (E121), participants (E124), names that
//! look misspelt and captures that nothing reads (E126), and what the contract says of all that (E129).

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};

use crate::diagnostics::{Code, Span};
use crate::ir::{Contract, Expression, SlotType, TemplatePart, given_as};
use crate::template;

use super::super::ast::{ActionKind, Call, Condition, Name, Reference, Slot, Text, Type, Value};
use super::super::library;
use super::super::resolve::{MoveId, Resolved};
use super::super::suggest::nearest;
use super::super::text::{Escapes, decode};
use super::walk::{Met, blocks, parts, rules, slot};
use super::{Checker, Context};

/// The fields of a slot's value of any type.
const FIELDS: [&str; 4] = ["text", "said", "iso", "value"];

/// What a file defines, by name.
pub(super) struct Known<'f> {
    /// Moves, and the games that they are written in.
    moves: HashMap<&'f str, Vec<usize>>,
    /// Services, and the games that list them.
    services: HashMap<&'f str, Vec<usize>>,
    /// Functions `(service, function)`; a service with a description allows every function.
    functions: HashMap<(&'f str, &'f str), Vec<usize>>,
    open_services: HashMap<&'f str, Vec<usize>>,
    /// Moves that some move of the file delegates to or extends.
    pub(super) used_moves: HashSet<&'f str>,
    /// Names of slots, captures and choices: what a bare name on the right of a comparison may mean.
    values: HashSet<String>,
    /// Whether people step in, who may set values.
    hands_over: bool,
    /// Every name of the file but those that only patterns capture, and words that only texts say.
    named: OnceCell<HashSet<&'f str>>,
    /// Parameters of the contract's functions.
    contract: HashMap<(String, String), Vec<String>>,
}

impl<'f> Known<'f> {
    /// Whether something of the file bears a name that stands by itself: a slot, a capture, a choice, an answer that is waited for, or
    /// what the engine knows.
    fn brings(&self, name: &str) -> bool {
        const OF_THE_ENGINE: [&str; 4] = ["today", "value", "event", "choice"];
        OF_THE_ENGINE.contains(&name) || self.values.contains(name) || self.moves.contains_key(name)
    }

    pub(super) fn collect(resolved: &Resolved<'f, '_>, source: &'f str, contract: Option<&Contract>) -> Known<'f> {
        let mut known = Known {
            moves: HashMap::new(),
            services: HashMap::new(),
            functions: HashMap::new(),
            open_services: HashMap::new(),
            used_moves: HashSet::new(),
            values: HashSet::new(),
            hands_over: false,
            named: OnceCell::new(),
            contract: HashMap::new(),
        };
        for (index, game) in resolved.file.games.iter().enumerate() {
            for service in &game.services {
                known.services.entry(service.name.text).or_default().push(index);
                if service.description.is_some() {
                    known.open_services.entry(service.name.text).or_default().push(index);
                }
                for function in &service.functions {
                    known.functions.entry((service.name.text, function.text)).or_default().push(index);
                }
            }
            for found in &game.moves {
                known.moves.entry(found.name.text).or_default().push(index);
                known.used_moves.extend(found.base.map(|base| base.text));
                known.values.extend(found.slots.iter().map(|slot| slot.name.text.to_owned()));
                for pattern in found.triggers.iter().flat_map(|trigger| &trigger.patterns) {
                    let written = &source[pattern.text.span.start as usize..pattern.text.span.end as usize];
                    known.values.extend(super::capture_names(written));
                }
                let mut waits = false;
                blocks(&found.blocks, &mut |met| match met {
                    Met::Action(action) => match &action.kind {
                        ActionKind::Delegate(name) | ActionKind::CallMove { target: name, .. } => {
                            known.used_moves.insert(name.text);
                        }
                        ActionKind::Clarify { name, .. } => {
                            known.values.insert(name.text.to_owned());
                        }
                        ActionKind::Negotiate { until, .. } => awaited(until, &mut known.values),
                        ActionKind::Escalate(_) => known.hands_over = true,
                        _ => {}
                    },
                    Met::Condition(Condition::Event(_)) => waits = true,
                    Met::Condition(_) | Met::Template(_) | Met::Check(_) => {}
                });
                if waits {
                    known.used_moves.insert(found.name.text);
                }
            }
        }
        for function in contract.iter().flat_map(|contract| &contract.functions) {
            let name = (function.service.clone(), function.function.clone());
            known.contract.insert(name, function.parameters.clone());
        }
        known
    }
}

impl<'f, 's> Checker<'f, 's, '_> {
    pub(super) fn references(&mut self, context: &Context<'f, 's>, known: &Known<'f>) {
        self.participants(context);
        self.unread_captures(context, known);
        let own: Cell<Option<&'f Slot<'s>>> = Cell::new(None);
        let mut visit = |met: Met<'f, '_>| match met {
            Met::Condition(condition) => {
                self.condition_reference(context, known, condition);
                self.bare_text(known, condition);
                self.comparison(context, own.get(), condition);
                self.misspelt_event(condition);
            }
            Met::Template(text) => self.template_references(context, known, text),
            Met::Check(check) => self.capability(context.id.game, known, &check.call),
            Met::Action(action) => match &action.kind {
                ActionKind::Delegate(name) => self.delegation(context, known, *name),
                ActionKind::Call(call) => {
                    self.capability(context.id.game, known, call);
                    for argument in call.arguments.iter().flatten() {
                        let path: Vec<String> = argument.text.split('.').map(str::to_owned).collect();
                        self.doubtful_path(context, known, &path, argument.span);
                    }
                }
                ActionKind::Generate { .. } => {
                    let message = "this version has no generator: a plain sentence is said in its place";
                    self.report_hint(
                        Code::NoGenerator,
                        action.span,
                        message,
                        "write the answer: `respond with: \"…\"`",
                    );
                }
                _ => {}
            },
        };
        for found in &context.written.slots {
            own.set(Some(found));
            slot(found, &mut visit);
        }
        own.set(None);
        blocks(&context.written.blocks, &mut visit);
    }

    /// `plan = gold`: a bare name that nothing bears is a text, which stands in quotation marks.
    fn bare_text(&mut self, known: &Known<'_>, condition: &Condition<'_>) {
        let Condition::Compare(_, _, Value::Word(name)) = condition else { return };
        if name.text == "today" || known.values.contains(name.text) || self.findings.is_full_of_warnings() {
            return;
        }
        let message = format!("no slot or capture is called `{}`: it is taken for a text", name.text);
        self.report_hint(Code::BareText, name.span, message, format!("write it `\"{}\"`", name.text));
    }

    fn delegation(&mut self, context: &Context<'_, '_>, known: &Known<'_>, name: Name<'_>) {
        if self.reachable(known.moves.get(name.text), context.id.game) || self.findings.is_full_of_warnings() {
            return;
        }
        let moves = self.resolved.games[context.id.game].moves.iter();
        let near = nearest(name.text, moves.map(|id| self.resolved.written(*id).name.text));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "at run time the conversation is handed over under this name".to_owned(),
        };
        let message = format!("no move of this game is called `{}`", name.text);
        self.report_hint(Code::UnknownMove, name.span, message, hint);
    }

    /// Whether something is defined in a game that shares moves with this one: a base, the game, or one that extends it.
    fn reachable(&self, games: Option<&Vec<usize>>, from: usize) -> bool {
        games.is_some_and(|games| games.iter().any(|game| self.resolved.related(*game, from)))
    }

    fn participants(&mut self, context: &Context<'_, '_>) {
        let chain = &self.resolved.games[context.id.game].chain;
        let games = chain.iter().map(|game| &self.resolved.file.games[*game]);
        let known: Vec<&str> =
            games.flat_map(|game| &game.participants).map(|participant| participant.name.text).collect();
        for trigger in &context.written.triggers {
            let name = trigger.participant;
            if !known.is_empty() && name.text != "user" && !known.contains(&name.text) {
                let message = format!("`{}` is not in the game's `participants`", name.text);
                let near = nearest(name.text, known.iter().copied().chain(["user"]));
                self.report_hint(
                    Code::UnknownParticipant,
                    name.span,
                    message,
                    near.map_or_else(|| "add it there".to_owned(), |near| format!("did you mean `{near}`?")),
                );
            }
        }
    }

    /// `"a {size} for {whom}"` where nothing is called `whom`
    fn unread_captures(&mut self, context: &Context<'f, 's>, known: &Known<'f>) {
        let mut gives_all = false;
        for found in &context.lineage {
            blocks(&found.blocks, &mut |met| {
                // A call that names no values gets all that there are.
                gives_all |= matches!(met, Met::Action(action) if matches!(&action.kind, ActionKind::Call(call) if call.arguments.is_none()));
            });
        }
        if gives_all {
            return;
        }
        let patterns = context.written.triggers.iter().flat_map(|trigger| &trigger.patterns);
        for pattern in patterns {
            for name in super::capture_names(self.written(pattern.text)) {
                if self.has_slot(context, &name) {
                    continue;
                }
                let named = known.named.get_or_init(|| named(self.resolved, self.source));
                let is_parameter = || known.contract.values().flatten().any(|parameter| *parameter == name);
                if named.contains(name.as_str()) || is_parameter() || self.findings.is_full_of_warnings() {
                    continue;
                }
                let message = format!("nothing reads `{name}`: what is said for it is heard and lost");
                let slots = context.slots.iter().map(|slot| slot.name.text);
                let hint = match nearest(&name, slots) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "make it a slot of the move, or write `*` for words that do not matter".to_owned(),
                };
                self.report_hint(Code::DoubtfulReference, pattern.text.span, message, hint);
            }
        }
    }

    fn condition_reference(&mut self, context: &Context<'f, 's>, known: &Known<'f>, condition: &Condition<'_>) {
        match condition {
            Condition::SlotGivenUp(name) if self.is_of_a_part(context, name.text) => {}
            Condition::SlotMissing(name) | Condition::SlotGivenUp(name) if !self.has_slot(context, name.text) => {
                let message = format!("the move `{}` has no slot `{}`", context.written.name.text, name.text);
                let parts = context.slots.iter().flat_map(|slot| {
                    let parts = self.resolved.parts(context.id.game, &slot.ty).iter();
                    parts.map(|part| format!("{}.{}", slot.name.text, part.definition.name.text))
                });
                let parts: Vec<String> = parts.collect();
                let slots = context.slots.iter().map(|slot| slot.name.text);
                let called = self.slots_of_part(context, name.text);
                let all = slots.chain(parts.iter().chain(&called).map(String::as_str));
                let whole = name.text.split_once('.').map(|(whole, _)| whole);
                let hint = match nearest(name.text, all) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if !called.is_empty() => format!("that part has {}", called.join(", ")),
                    None if whole.is_some_and(|whole| library::names().any(|known| known == whole)) => {
                        let part = whole.unwrap_or_default();
                        format!("it is a part of the program: `import \"lgdl:{part}\"`, and `call {part}`")
                    }
                    None if context.slots.is_empty() => format!("add `slots {{ {}: string }}` to the move", name.text),
                    None => "its slots are ".to_owned() + &shown_slots(context),
                };
                self.report_hint(Code::UnknownSlot, name.span, message, hint);
            }
            Condition::Truthy(reference) if !self.doubtful_keyword(context, reference) => {
                self.doubtful(context, known, reference);
            }
            Condition::Compare(reference, ..) | Condition::Matches(reference, _) => {
                self.doubtful(context, known, reference)
            }
            Condition::Computed(expression, span) => self.doubtful_expression(context, known, expression, *span),
            _ => {}
        }
    }

    /// Whether the move has a slot, or a part of one, of that name.
    fn has_slot(&self, context: &Context<'f, 's>, name: &str) -> bool {
        let (whole, part) = name.split_once('.').map_or((name, None), |(whole, part)| (whole, Some(part)));
        context.slots.iter().filter(|slot| slot.name.text == whole).any(|slot| {
            let parts = part.map(|part| (part, self.resolved.parts(context.id.game, &slot.ty)));
            parts.is_none_or(|(wanted, parts)| parts.iter().any(|part| part.definition.name.text == wanted))
        })
    }

    /// `phone.phone`: whether a move that this one calls has the slot.
    fn is_of_a_part(&self, context: &Context<'f, 's>, name: &str) -> bool {
        let Some((called, slot)) = name.split_once('.') else { return false };
        self.called_part(context, called).is_some_and(|part| self.has_slot(&self.context(part), slot))
    }

    /// Of `phone.number` the slots that there are of `phone`, with it in front, where it is a move that this one calls.
    fn slots_of_part(&self, context: &Context<'f, 's>, name: &str) -> Vec<String> {
        let part = name.split_once('.').and_then(|(called, _)| Some((called, self.called_part(context, called)?)));
        let Some((called, part)) = part else { return Vec::new() };
        self.context(part).slots.iter().map(|slot| format!("{called}.{}", slot.name.text)).collect()
    }

    /// The move of that name that this one calls as a part.
    pub(super) fn called_part(&self, context: &Context<'f, 's>, called: &str) -> Option<MoveId> {
        let mut calls = false;
        for found in &context.lineage {
            blocks(&found.blocks, &mut |met| {
                calls |= matches!(met, Met::Action(action)
                    if matches!(&action.kind, ActionKind::CallMove { target, .. } if target.text == called));
            });
        }
        self.resolved.find(context.id.game, called).filter(|_| calls)
    }

    /// A bare name that is nearly one of the conditions of the language.
    fn doubtful_keyword(&mut self, context: &Context<'_, '_>, reference: &Reference<'_>) -> bool {
        const KEYWORDS: [&str; 5] = ["confident", "uncertain", "successful", "failed", "all_slots_filled"];
        let [name] = reference.names.as_slice() else { return false };
        let is_value = context.captures.contains(*name) || context.slots.iter().any(|slot| slot.name.text == *name);
        let Some(near) = nearest(name, KEYWORDS).filter(|near| !is_value && looks_misspelt(name, near)) else {
            return false;
        };
        let message = format!("`{name}` is taken for a value of the conversation");
        self.report_hint(Code::DoubtfulReference, reference.span, message, format!("did you mean `{near}`?"));
        true
    }

    fn doubtful(&mut self, context: &Context<'f, 's>, known: &Known<'_>, reference: &Reference<'_>) {
        let names: Vec<String> = reference.names.iter().map(|name| (*name).to_owned()).collect();
        self.doubtful_path(context, known, &names, reference.span);
    }

    /// Names may come from anywhere (the request, a capability), so only what looks misspelt is reported.
    fn doubtful_path(&mut self, context: &Context<'f, 's>, file: &Known<'_>, path: &[String], span: Span) {
        let name = match path {
            [name] => name,
            [scope, name] if scope == "extracted" => name,
            [whole, field] => return self.field(context, whole, field, span),
            _ => return,
        };
        let known = || {
            let slots = context.slots.iter().map(|slot| slot.name.text);
            slots.chain(context.captures.iter().map(String::as_str))
        };
        if self.findings.is_full_of_warnings() || known().any(|known| known == name) {
            return;
        }
        // Captures are a set: in a fixed order, so that the same file always gives the same hint.
        let mut candidates: Vec<&str> = known().filter(|known| looks_misspelt(name, known)).collect();
        candidates.sort_unstable();
        if let Some(near) = nearest(name, candidates) {
            let message =
                format!("`{name}` is neither a slot nor a capture of the move `{}`", context.written.name.text);
            self.report_hint(Code::DoubtfulReference, span, message, format!("did you mean `{near}`?"));
        } else if !file.hands_over && !file.brings(name) && self.calls_nothing(context) {
            let message = format!("nothing of this game is called `{name}`: it is empty unless the request brings it");
            let hint = format!("make it a slot or a capture; what the request brings is `context.{name}`");
            self.report_hint(Code::DoubtfulReference, span, message, hint);
        }
    }

    /// Whether the game has no service that could bring a value.
    fn calls_nothing(&self, context: &Context<'_, '_>) -> bool {
        let chain = &self.resolved.games[context.id.game].chain;
        chain.iter().all(|game| self.resolved.file.games[*game].services.is_empty())
    }

    /// `{phone.phon}`: a field that nothing of that name has.
    fn field(&mut self, context: &Context<'f, 's>, whole: &str, field: &str, span: Span) {
        if self.findings.is_full_of_warnings() {
            return;
        }
        let slot = context.slots.iter().rev().find(|slot| slot.name.text == whole);
        let fields: Vec<String> = match slot {
            Some(slot) => self.fields_of(context.id.game, &slot.ty),
            None => self.called_part(context, whole).map(|part| self.values_of(part)).unwrap_or_default(),
        };
        if fields.is_empty() || fields.iter().any(|known| known == field) {
            return;
        }
        let hint = match nearest(field, fields.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{whole}.{near}`?"),
            None => format!(
                "there is {}",
                fields.iter().map(|known| format!("`{whole}.{known}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("`{whole}` has no `{field}`: nothing is shown or given in its place");
        self.report_hint(Code::DoubtfulReference, span, message, hint);
    }

    /// The fields of a slot's value; none where anything may be in it.
    fn fields_of(&self, game: usize, ty: &Type<'s>) -> Vec<String> {
        let parts = self.resolved.parts(game, ty);
        let own: &[&str] = match ty {
            _ if !parts.is_empty() => return parts.iter().map(|part| part.definition.name.text.to_owned()).collect(),
            Type::Simple(SlotType::Money) => &["amount", "currency"],
            Type::Simple(SlotType::Quantity) => &["amount", "unit"],
            Type::Simple(_) | Type::Range { .. } | Type::Enum(_) | Type::Pattern(_) => &[],
            Type::Named(_) | Type::EnumFrom(_) | Type::List(_) | Type::Composite(..) | Type::Unknown => {
                return Vec::new();
            }
        };
        own.iter().chain(&FIELDS).map(|field| (*field).to_owned()).collect()
    }

    /// What a part brings: its slots, what its patterns capture, and what the parts that it calls bring.
    fn values_of(&self, part: MoveId) -> Vec<String> {
        let context = self.context(part);
        let mut values: Vec<String> = context.slots.iter().map(|slot| slot.name.text.to_owned()).collect();
        let mut captures: Vec<String> = context.captures.iter().cloned().collect();
        captures.sort_unstable();
        values.extend(captures);
        for found in &context.lineage {
            blocks(&found.blocks, &mut |met| match met {
                Met::Action(action) => match &action.kind {
                    ActionKind::CallMove { target, .. } => values.push(target.text.to_owned()),
                    ActionKind::Clarify { name, .. } => values.push(name.text.to_owned()),
                    _ => {}
                },
                Met::Condition(_) | Met::Check(_) | Met::Template(_) => {}
            });
        }
        values
    }

    fn template_references(&mut self, context: &Context<'f, 's>, known: &Known<'_>, text: Text) {
        let written = self.written(text);
        if !written.contains('{') {
            return;
        }
        let Ok(template) = template::parse(&decode(written, Escapes::Marked)) else { return };
        for part in &template.parts {
            match part {
                TemplatePart::Value(path)
                | TemplatePart::ValueOr(path, _)
                | TemplatePart::Unless(path, _)
                | TemplatePart::Styled { path, .. }
                | TemplatePart::Conditional { path, .. } => self.doubtful_path(context, known, path, text.span),
                TemplatePart::Expression { expression, .. } => {
                    self.doubtful_expression(context, known, expression, text.span);
                }
                TemplatePart::OneOf(_) | TemplatePart::Text(_) => {}
            }
        }
    }

    fn doubtful_expression(
        &mut self,
        context: &Context<'f, 's>,
        known: &Known<'_>,
        expression: &Expression,
        span: Span,
    ) {
        match expression {
            Expression::Number(_) | Expression::Text(_) => {}
            Expression::Reference(path) => self.doubtful_path(context, known, path, span),
            Expression::Negate(inner) | Expression::Span(inner, _) => {
                self.doubtful_expression(context, known, inner, span)
            }
            Expression::Call(_, values) => {
                values.iter().for_each(|value| self.doubtful_expression(context, known, value, span));
            }
            Expression::Binary(left, _, right) | Expression::Compare(left, _, right) => {
                self.doubtful_expression(context, known, left, span);
                self.doubtful_expression(context, known, right, span);
            }
        }
    }

    /// Capabilities that the types of the game check values with, and what their rules compare a value with.
    pub(super) fn rules_of_types(&mut self, known: &Known<'f>) {
        for (index, game) in self.resolved.file.games.iter().enumerate() {
            for definition in &game.types {
                let mut visit = |met: Met<'f, 's>| match met {
                    Met::Check(check) => self.capability(index, known, &check.call),
                    Met::Condition(found) => self.comparison_in_type(index, &definition.ty, found),
                    Met::Action(_) | Met::Template(_) => {}
                };
                rules(&definition.rules, &mut visit);
                parts(&definition.ty, &mut visit);
            }
        }
    }

    fn capability(&mut self, game: usize, known: &Known<'_>, call: &Call<'_>) {
        let name = (call.service.text, call.function.text);
        let listed = self.reachable(known.functions.get(&name), game)
            || self.reachable(known.open_services.get(call.service.text), game);
        if !listed && !self.findings.is_full_of_warnings() {
            self.unknown_capability(game, known, call);
        } else if let Some(parameters) = known.contract.get(&(name.0.to_owned(), name.1.to_owned())) {
            for argument in call.arguments.iter().flatten() {
                let given = given_as(argument.text);
                if !parameters.is_empty() && !parameters.iter().any(|parameter| parameter == given) {
                    let message = format!("the contract of `{}.{}` has no parameter `{given}`", name.0, name.1);
                    let hint = format!("its parameters are {}", parameters.join(", "));
                    self.report_hint(Code::ContractMismatch, argument.span, message, hint);
                }
            }
        }
    }

    fn unknown_capability(&mut self, game: usize, known: &Known<'_>, call: &Call<'_>) {
        let (service, function) = (call.service.text, call.function.text);
        let related = |games: &[usize]| games.iter().any(|other| self.resolved.related(*other, game));
        let games = self.resolved.file.games.iter();
        let services =
            || games.clone().flat_map(|game| &game.services).filter(|found| related(&known.services[found.name.text]));
        let span = call.service.span.to(call.function.span);
        let (message, near) = if self.reachable(known.services.get(service), game) {
            let functions = services().filter(|found| found.name.text == service).flat_map(|found| &found.functions);
            let near = nearest(function, functions.map(|name| name.text)).map(|near| format!("{service}.{near}"));
            (format!("`capabilities` lists no function `{function}` of `{service}`"), near)
        } else {
            let near =
                nearest(service, services().map(|found| found.name.text)).map(|near| format!("{near}.{function}"));
            (format!("`capabilities` lists no service `{service}`"), near)
        };
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the call will fail with E300 until the game lists it".to_owned(),
        };
        self.report_hint(Code::UnknownCapability, span, message, hint);
    }

    /// Functions that the game lists and the contract does not know.
    pub(super) fn services(&mut self, contract: Option<&Contract>) {
        let Some(contract) = contract.filter(|contract| !contract.functions.is_empty()) else { return };
        let known: HashSet<(&str, &str)> =
            contract.functions.iter().map(|found| (found.service.as_str(), found.function.as_str())).collect();
        for service in self.resolved.file.games.iter().flat_map(|game| &game.services) {
            for function in &service.functions {
                if !known.contains(&(service.name.text, function.text)) {
                    let message =
                        format!("the capability contract has no function `{}.{}`", service.name.text, function.text);
                    self.report_hint(Code::ContractMismatch, function.span, message, "add it to the contract");
                }
            }
        }
    }
}

/// What `negotiate … until` stores an answer as.
fn awaited(until: &Condition<'_>, values: &mut HashSet<String>) {
    match until {
        Condition::Truthy(reference) | Condition::Compare(reference, ..) | Condition::Matches(reference, _) => {
            values.extend(reference.names.last().map(|name| (*name).to_owned()));
        }
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| awaited(part, values)),
        Condition::Not(inner) => awaited(inner, values),
        _ => {}
    }
}

/// The names that a file uses: its words outside of patterns, and of texts what stands between braces.
fn named<'f>(resolved: &Resolved<'f, '_>, source: &'f str) -> HashSet<&'f str> {
    let mut patterns = Vec::new();
    let mut texts = Vec::new();
    let mut collect = |met: Met<'_, '_>| {
        if let Met::Template(text) = met {
            texts.push(text.span);
        }
    };
    for game in &resolved.file.games {
        blocks(&game.events, &mut collect);
        for found in &game.moves {
            blocks(&found.blocks, &mut collect);
            found.slots.iter().for_each(|found| slot(found, &mut collect));
            let own = found.triggers.iter().flat_map(|trigger| &trigger.patterns);
            patterns.extend(own.map(|pattern| pattern.text.span));
        }
    }
    let mut skipped: Vec<(Span, bool)> = patterns.into_iter().map(|span| (span, false)).collect();
    skipped.extend(texts.into_iter().map(|span| (span, true)));
    skipped.sort_by_key(|(span, _)| span.start);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = |text: &'f str| text.split(move |c| !is_part(c));
    let mut names = HashSet::new();
    let mut at = 0;
    for (span, is_text) in skipped {
        let (start, end) = (span.start as usize, span.end as usize);
        names.extend(source.get(at..start).into_iter().flat_map(words));
        let inside = source[start..end].split('{').skip(1).filter(|_| is_text);
        names.extend(inside.filter_map(|piece| piece.split('}').next()).flat_map(words));
        at = at.max(end);
    }
    names.extend(words(&source[at..]));
    names
}

fn shown_slots(context: &Context<'_, '_>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = context.slots.iter().take(SHOWN).map(|slot| slot.name.text).collect();
    names.join(", ")
}

/// Near enough to be a misspelling, yet not a plural or another member of a numbered series.
pub(super) fn looks_misspelt(name: &str, known: &str) -> bool {
    let stem = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('s').to_lowercase();
    stem(name) != stem(known)
        && name.len() >= 4
        && name.len().abs_diff(known.len()) <= 1
        && name.as_bytes()[0].eq_ignore_ascii_case(&known.as_bytes()[0])
        && nearest(name, [known]).is_some()
        && (name.len() >= 8 || shared_ends(name, known) + 2 >= name.len().max(known.len()))
}

/// How many bytes two words share at their beginning and end together.
fn shared_ends(one: &str, other: &str) -> usize {
    let front = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - front;
    front + one.bytes().rev().zip(other.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count()
}
