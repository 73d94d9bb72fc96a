//! Moves: what a move has of its own and what it takes from the moves it extends.
//!
//! Triggers add up. Slots replace those of the same name. A guard, a priority or a
//! confidence replaces the inherited one. Own
//! blocks come first, and replace inherited blocks that begin with the same condition.

use crate::ir::{self, Threshold};

use super::super::ast::{self, Block, Condition, Slot, Type};
use super::super::resolve::{MoveId, Resolved};
use super::Lowering;
use crate::slots::whole_of;

/// Failed answers until a slot is given up, where the game says nothing of them.
const DEFAULT_RETRIES: u8 = 3;

impl Lowering<'_, '_> {
    /// `lineage` runs from the root down to the move itself and so is never empty; `game` is the game that is being lowered.
    pub(super) fn one_move(&mut self, resolved: &Resolved<'_, '_>, game: usize, lineage: &[MoveId]) -> ir::Move {
        let own = lineage[lineage.len() - 1];
        let written = resolved.written(own);
        let mut lowered = ir::Move {
            name: written.name.text.to_owned(),
            guard: Vec::new(),
            triggers: Vec::new(),
            priority: ir::Priority::default(),
            threshold: Threshold::default(),
            slots: Vec::new(),
            blocks: Vec::new(),
            called: None,
            line: self.line(written.name.span),
        };
        for id in lineage {
            self.reports = *id == own && id.game == game;
            self.scope = id.game;
            self.add_elements(resolved.written(*id), &mut lowered);
        }
        lowered.blocks.append(&mut self.unanswered);
        lowered
    }

    fn add_elements(&mut self, written: &ast::Move<'_>, lowered: &mut ir::Move) {
        if let Some(guard) = &written.guard {
            lowered.guard = guard.iter().map(|item| self.guard(item)).collect();
        }
        if let Some(priority) = written.priority {
            lowered.priority = priority;
        }
        if let Some(confidence) = &written.confidence {
            lowered.threshold = threshold(confidence);
        }
        for trigger in &written.triggers {
            let patterns = trigger.patterns.iter().map(|pattern| self.pattern(pattern)).collect();
            let trigger = ir::Trigger { participant: trigger.participant.text.to_owned(), patterns };
            lowered.triggers.push(trigger);
        }
        for slot in &written.slots {
            let own = self.slots(slot);
            // A slot that is written anew takes its place with all its parts.
            let replaces =
                |other: &ir::Slot| other.name == slot.name.text || whole_of(&other.name) == Some(slot.name.text);
            let place = lowered.slots.iter().position(replaces).unwrap_or(lowered.slots.len());
            lowered.slots.retain(|other| !replaces(other));
            let place = place.min(lowered.slots.len());
            lowered.slots.splice(place..place, own);
        }
        let own: Vec<ir::Block> = written.blocks.iter().map(|block| self.block(block)).collect();
        let inherited = std::mem::replace(&mut lowered.blocks, own);
        let count = lowered.blocks.len();
        for block in inherited {
            if !lowered.blocks[..count].iter().any(|own| begins_alike(own, &block)) {
                lowered.blocks.push(block);
            }
        }
    }

    fn guard(&mut self, guard: &ast::Guard<'_>) -> ir::Guard {
        match guard {
            ast::Guard::Present(reference) => ir::Guard::Present(path(reference)),
            ast::Guard::Absent(reference) => ir::Guard::Absent(path(reference)),
            ast::Guard::Compare(reference, comparison, value) => {
                ir::Guard::Compare(path(reference), *comparison, self.literal(value))
            }
        }
    }

    /// A slot; of a composite a slot for each of its parts, the last of which has what is asked of the whole.
    fn slots(&mut self, slot: &Slot<'_>) -> Vec<ir::Slot> {
        let resolved = self.resolved;
        let parts = resolved.parts(self.scope, &slot.ty);
        let [first, ..] = parts else { return vec![self.slot(slot)] };
        let asked = self.slot(slot);
        let opening = ir::Condition::Truthy(vec![slot.name.text.to_owned(), first.definition.name.text.to_owned()]);
        let mut lowered: Vec<ir::Slot> = Vec::new();
        for part in parts {
            let mut own = self.part(&part.definition);
            own.name = format!("{}.{}", asked.name, own.name);
            own.context = own.context.or_else(|| asked.context.clone());
            (own.sensitive, own.retries, own.line) = (asked.sensitive, asked.retries, asked.line);
            let mut needed_when = asked.rules.as_ref().and_then(|rules| rules.required_when.clone());
            // A composite that need not be there is asked for in full once it has been begun.
            own.required = part.required && (asked.required || !lowered.is_empty());
            if !asked.required && !lowered.is_empty() {
                let begun = opening.clone();
                needed_when = Some(match needed_when {
                    Some(condition) => ir::Condition::All(vec![condition, begun]),
                    None => begun,
                });
            }
            if needed_when.is_some() {
                own.rules.get_or_insert_with(Box::default).required_when = needed_when;
            }
            lowered.push(own);
        }
        let whole = asked.rules.map(|rules| ir::SlotRules { required_when: None, ..*rules });
        if let (Some(last), Some(whole)) =
            (lowered.last_mut(), whole.filter(|whole| *whole != ir::SlotRules::default()))
        {
            last.rules.get_or_insert_with(Box::default).whole = Some(Box::new(whole));
        }
        lowered
    }

    /// A part of a composite, as a slot of its own.
    fn part(&mut self, part: &ast::TypeDefinition<'_>) -> ir::Slot {
        let rules = self.rules(&part.rules);
        let made = Made {
            ty: self.slot_type(&part.ty),
            vocabulary: self.terms(&part.vocabulary),
            context: part.context.map(|text| self.text(text)),
            rules,
        };
        let made = self.defined(&part.ty, made);
        ir::Slot {
            name: part.name.text.to_owned(),
            ty: made.ty,
            required: true,
            default: None,
            extract: ir::Extract::default(),
            expression: None,
            vocabulary: made.vocabulary,
            context: made.context,
            confirm: false,
            sensitive: false,
            retries: DEFAULT_RETRIES,
            rules: boxed(made.rules),
            declined_by: Vec::new(),
            line: self.line(part.name.span),
        }
    }

    fn slot(&mut self, slot: &Slot<'_>) -> ir::Slot {
        let required_when = slot.required_when.as_ref().map(|condition| self.condition(condition));
        let rules = ir::SlotRules { required_when, ..self.rules(&slot.rules) };
        let made = Made {
            ty: self.slot_type(&slot.ty),
            vocabulary: self.terms(&slot.vocabulary),
            context: slot.context.map(|text| self.text(text)),
            rules,
        };
        let made = self.defined(&slot.ty, made);
        let mut lowered = ir::Slot {
            name: slot.name.text.to_owned(),
            ty: made.ty,
            required: slot.required,
            default: None,
            extract: slot.extract,
            expression: slot.expression.map(|text| self.regex(text)),
            vocabulary: made.vocabulary,
            context: made.context,
            confirm: slot.confirm,
            sensitive: slot.sensitive,
            retries: slot.retries.unwrap_or(DEFAULT_RETRIES),
            rules: boxed(made.rules),
            declined_by: slot.declined_by.iter().flat_map(|(said, _)| said).map(|text| self.text(*text)).collect(),
            line: self.line(slot.name.span),
        };
        lowered.default = slot.default.as_ref().and_then(|value| self.default(&lowered, value));
        lowered
    }

    /// Adds what a type of the game says of each slot of that type; problems of it are reported once, there.
    fn defined(&mut self, ty: &Type<'_>, mut made: Made) -> Made {
        let reports = std::mem::replace(&mut self.reports, false);
        let resolved = self.resolved;
        for definition in resolved.definitions(self.scope, ty) {
            let terms = self.terms(&definition.vocabulary);
            made.vocabulary.extend(terms);
            made.context = made.context.or_else(|| definition.context.map(|text| self.text(text)));
            let rules = self.rules(&definition.rules);
            made.rules.valid.extend(rules.valid);
            made.rules.check = made.rules.check.or(rules.check);
        }
        self.reports = reports;
        made
    }

    fn rules(&mut self, rules: &ast::Rules<'_>) -> ir::SlotRules {
        let check = rules.check.as_ref().map(|check| self.check(check)).map(Box::new);
        ir::SlotRules { valid: self.validities(&rules.valid), check, ..ir::SlotRules::default() }
    }

    fn check(&mut self, check: &ast::Check<'_>) -> ir::Check {
        let said = |lowering: &mut Self, texts: &[ast::Text]| (!texts.is_empty()).then(|| lowering.said(texts));
        ir::Check {
            call: self.call(&check.call),
            reason: said(self, &check.reason),
            away: match &check.must_answer {
                Some(texts) => ir::Away::Refused(said(self, texts)),
                None => ir::Away::Stands,
            },
        }
    }

    fn slot_type(&mut self, ty: &Type<'_>) -> ir::SlotType {
        match ty {
            Type::Simple(ty) => ty.clone(),
            Type::Range { min, max } => ir::SlotType::Range { min: min.value, max: max.value },
            Type::Enum(options) => ir::SlotType::Enum(options.iter().map(|option| self.enum_option(option)).collect()),
            Type::List(item) => ir::SlotType::List(Box::new(self.slot_type(item))),
            Type::Pattern(regex) => ir::SlotType::Pattern(self.regex(*regex)),
            Type::EnumFrom(from) => ir::SlotType::EnumFrom(path(from)),
            // Each of its parts is a slot.
            Type::Composite(..) => ir::SlotType::String,
            Type::Named(name) => {
                let (resolved, game) = (self.resolved, self.scope);
                // What is not defined or goes in circles is reported.
                let definition = resolved.type_named(game, name.text).filter(|found| !resolved.in_circles(game, found));
                let reports = std::mem::replace(&mut self.reports, false);
                let found = definition.map(|definition| self.slot_type(&definition.ty));
                self.reports = reports;
                found.unwrap_or(ir::SlotType::String)
            }
            // Reported by the parser; the game does not compile.
            Type::Unknown => ir::SlotType::String,
        }
    }

    fn validities(&mut self, valid: &[ast::Validity<'_>]) -> Vec<ir::Validity> {
        let lower = |lowering: &mut Self, rule: &ast::Validity<'_>| ir::Validity {
            condition: lowering.condition(&rule.condition),
            reason: lowering.said(&rule.reason),
        };
        valid.iter().map(|rule| lower(self, rule)).collect()
    }

    fn enum_option(&mut self, option: &ast::EnumOption<'_>) -> String {
        match option {
            ast::EnumOption::Quoted(text) => self.text(*text),
            ast::EnumOption::Bare(words, _) => words.join(" "),
        }
    }

    pub(super) fn block(&mut self, block: &Block<'_>) -> ir::Block {
        let branches = block.branches.iter().map(|branch| ir::Branch {
            condition: self.condition(&branch.condition),
            body: self.statements(&branch.body),
            line: self.line(branch.span),
        });
        ir::Block {
            branches: branches.collect(),
            otherwise: block.otherwise.as_ref().map(|body| self.statements(body)),
            line: self.line(block.span),
        }
    }

    pub(super) fn nested_block(&mut self, block: &Block<'_>) -> ir::Statement {
        ir::Statement::Block(self.block(block))
    }

    pub(super) fn condition(&mut self, condition: &Condition<'_>) -> ir::Condition {
        let all = |lowering: &mut Self, parts: &[Condition<'_>]| -> Vec<ir::Condition> {
            parts.iter().map(|part| lowering.condition(part)).collect()
        };
        match condition {
            Condition::Confident => ir::Condition::Confident,
            Condition::Uncertain => ir::Condition::Uncertain,
            Condition::Successful => ir::Condition::Successful,
            Condition::Failed => ir::Condition::Failed,
            Condition::SlotMissing(name) => ir::Condition::SlotMissing(name.text.to_owned()),
            Condition::AllSlotsFilled => ir::Condition::AllSlotsFilled,
            Condition::Truthy(reference) => ir::Condition::Truthy(path(reference)),
            Condition::Compare(reference, comparison, value) => {
                let literal = match value {
                    ast::Value::Word(name) => ir::Literal::Reference(name.text.to_owned()),
                    value => self.literal(value),
                };
                ir::Condition::Compare(path(reference), *comparison, literal)
            }
            Condition::Matches(reference, regex) => ir::Condition::Matches(path(reference), self.regex(*regex)),
            Condition::SlotGivenUp(name) => ir::Condition::SlotGivenUp(name.text.to_owned()),
            Condition::Event(name) => ir::Condition::Event(name.text.to_owned()),
            Condition::Computed(expression, _) => ir::Condition::Computed(expression.clone()),
            Condition::Not(inner) => ir::Condition::Not(Box::new(self.condition(inner))),
            Condition::All(parts) => ir::Condition::All(all(self, parts)),
            Condition::Any(parts) => ir::Condition::Any(all(self, parts)),
            // Reported by the parser; the game does not compile.
            Condition::Unknown => ir::Condition::Any(Vec::new()),
        }
    }
}

pub(super) fn path(reference: &ast::Reference<'_>) -> ir::Path {
    reference.names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn threshold(confidence: &ast::Confidence<'_>) -> Threshold {
    match confidence {
        ast::Confidence::Fixed(value) => Threshold::Fixed(*value),
        ast::Confidence::Adaptive => Threshold::Adaptive,
        ast::Confidence::Weighted { base, by } => Threshold::Weighted { base: base.as_ref().map(path), by: path(by) },
    }
}

/// What is known of a slot by its type.
struct Made {
    ty: ir::SlotType,
    vocabulary: Vec<ir::Term>,
    context: Option<String>,
    rules: ir::SlotRules,
}

fn boxed(rules: ir::SlotRules) -> Option<Box<ir::SlotRules>> {
    (rules != ir::SlotRules::default()).then(|| Box::new(rules))
}

fn begins_alike(one: &ir::Block, other: &ir::Block) -> bool {
    match (one.branches.first(), other.branches.first()) {
        (Some(one), Some(other)) => one.condition == other.condition,
        _ => false,
    }
}
