//! Blocks and actions that can never run (E122). Only what holds whatever is said is reported.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::diagnostics::{Code, Span};
use crate::ir::Comparison;

use super::super::ast::{ActionKind, Block, Condition, Statement, Type, Value};
use super::walk::{Met, block as walk_block, blocks as walk_blocks};
use super::{Checker, Context};

impl Checker<'_, '_, '_> {
    pub(super) fn reach(&mut self, context: &Context<'_, '_>) {
        let mut seen = HashSet::new();
        let mut settled = false;
        for (index, block) in context.written.blocks.iter().enumerate() {
            let Some(first) = block.branches.first() else { continue };
            let key = self.key(&first.condition);
            if !matches!(first.condition, Condition::Unknown) && !seen.insert(key) {
                let message = "this block never runs: an earlier block of the move has the same condition";
                self.report_hint(Code::UnreachableBlock, first.span, message, "put both into one block");
            } else if settled && !waits(&first.condition) {
                let message = "this block never runs: an `if … else` before it always does";
                self.report_hint(Code::UnreachableBlock, first.span, message, "put it before, or take `else` out");
            }
            settled |= block.otherwise.is_some() && !block.branches.iter().any(|branch| waits(&branch.condition));
            self.waiting_block(context, index, block);
            self.block_reach(context, block);
        }
    }

    /// `successful` and `failed` wait for a capability, `all_slots_filled` for slots.
    fn waiting_block(&mut self, context: &Context<'_, '_>, index: usize, block: &Block<'_>) {
        let [branch] = block.branches.as_slice() else { return };
        let word = match branch.condition {
            Condition::Successful => "succeed",
            Condition::Failed if context.slots.is_empty() => "fail",
            _ => return,
        };
        let own = &context.written.blocks;
        let others = own.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, block)| block);
        let inherited = context.lineage.iter().take(context.lineage.len() - 1).flat_map(|found| &found.blocks);
        if !others.chain(inherited).any(calls) {
            let message = format!("this block never runs: no other block of the move makes a call that could {word}");
            self.report(Code::UnreachableBlock, branch.span, message);
        }
    }

    fn block_reach(&mut self, context: &Context<'_, '_>, block: &Block<'_>) {
        let mut seen = HashSet::new();
        for branch in &block.branches {
            if !matches!(branch.condition, Condition::Unknown) && !seen.insert(self.key(&branch.condition)) {
                let message = "this branch never runs: an earlier branch has the same condition";
                self.report(Code::UnreachableBlock, branch.span, message);
            }
            if let Some(reason) = self.impossible(context, &branch.condition) {
                self.report(Code::UnreachableBlock, branch.span, format!("this block never runs: {reason}"));
            }
            self.statements_reach(context, &branch.body);
        }
        if let Some(body) = &block.otherwise {
            self.statements_reach(context, body);
        }
    }

    fn statements_reach(&mut self, context: &Context<'_, '_>, statements: &[Statement<'_>]) {
        let mut returned = false;
        for statement in statements {
            if std::mem::take(&mut returned)
                && let Some(span) = statement_span(statement)
            {
                self.report(Code::UnreachableBlock, span, "this never runs: `return` stands before it");
            }
            match statement {
                Statement::Action(action) => returned = matches!(action.kind, ActionKind::Return),
                Statement::Block(block) => self.block_reach(context, block),
                Statement::Confidence(_) => {}
            }
        }
    }

    /// Why a condition can never hold, if so.
    fn impossible(&self, context: &Context<'_, '_>, condition: &Condition<'_>) -> Option<String> {
        match condition {
            Condition::AllSlotsFilled if context.slots.is_empty() => Some("the move has no slots".to_owned()),
            Condition::SlotGivenUp(name) if is_never_asked_for(context, name.text) => {
                Some(format!("nobody is asked for `{}`, so nobody gives it up", name.text))
            }
            Condition::Any(parts) => {
                let reasons: Option<Vec<String>> = parts.iter().map(|part| self.impossible(context, part)).collect();
                reasons.and_then(|reasons| reasons.into_iter().next())
            }
            Condition::All(parts) => parts
                .iter()
                .find_map(|part| self.impossible(context, part))
                .or_else(|| self.contradiction(parts))
                .or_else(|| self.empty_interval(parts)),
            _ => None,
        }
    }

    fn contradiction(&self, parts: &[Condition<'_>]) -> Option<String> {
        let has = |wanted: fn(&Condition<'_>) -> bool| parts.iter().any(wanted);
        if has(|part| matches!(part, Condition::Confident)) && has(|part| matches!(part, Condition::Uncertain)) {
            return Some("a turn is not both confident and uncertain".to_owned());
        }
        if has(|part| matches!(part, Condition::Successful)) && has(|part| matches!(part, Condition::Failed)) {
            return Some("a call has not both succeeded and failed".to_owned());
        }
        let keys: HashSet<String> = parts.iter().map(|part| self.key(part)).collect();
        let denied = parts.iter().find_map(|part| match part {
            Condition::Not(inner) => Some(self.key(inner)).filter(|key| keys.contains(key)),
            _ => None,
        })?;
        Some(format!("it asks for `{denied}` and for its opposite"))
    }

    /// Comparisons of one name that no value can pass.
    fn empty_interval(&self, parts: &[Condition<'_>]) -> Option<String> {
        let compared: Vec<(&[&str], Comparison, &Value<'_>)> = parts
            .iter()
            .filter_map(|part| match part {
                Condition::Compare(reference, comparison, value) => {
                    Some((reference.names.as_slice(), *comparison, value))
                }
                _ => None,
            })
            .collect();
        for (name, ..) in &compared {
            let of_name = || compared.iter().filter(|(other, ..)| other == name);
            let mut interval = Interval::default();
            for (_, comparison, value) in of_name() {
                if let Value::Number(number) = value {
                    interval.narrow(*comparison, number.value);
                }
            }
            let mut equal = of_name().filter(|(_, comparison, _)| *comparison == Comparison::Equal);
            let first = equal.next().map(|(.., value)| self.value_key(value));
            let differs = equal.any(|(.., value)| Some(self.value_key(value)) != first);
            if interval.is_empty() || differs {
                return Some(format!("no value of `{}` passes all its comparisons", name.join(".")));
            }
        }
        None
    }

    /// A condition as text, without places, so that two can be compared.
    fn key(&self, condition: &Condition<'_>) -> String {
        let mut key = String::new();
        self.push_key(condition, &mut key);
        key
    }

    fn push_key(&self, condition: &Condition<'_>, key: &mut String) {
        let mut many = |word: &str, parts: &[Condition<'_>]| {
            for (index, part) in parts.iter().enumerate() {
                key.push_str(if index == 0 { "(" } else { word });
                self.push_key(part, key);
            }
            key.push(')');
        };
        match condition {
            Condition::All(parts) => return many(" and ", parts),
            Condition::Any(parts) => return many(" or ", parts),
            _ => {}
        }
        // Writing to a String cannot fail.
        let _ = match condition {
            Condition::Confident => write!(key, "confident"),
            Condition::Uncertain => write!(key, "uncertain"),
            Condition::Successful => write!(key, "successful"),
            Condition::Failed => write!(key, "failed"),
            Condition::SlotMissing(name) => write!(key, "slot {} is missing", name.text),
            Condition::AllSlotsFilled => write!(key, "all_slots_filled"),
            Condition::Truthy(reference) => write!(key, "{}", reference.names.join(".")),
            Condition::Compare(reference, comparison, value) => {
                write!(key, "{} {} {}", reference.names.join("."), sign(*comparison), self.value_key(value))
            }
            Condition::Matches(reference, regex) => {
                write!(key, "{} matches {}", reference.names.join("."), self.decoded(*regex))
            }
            Condition::SlotGivenUp(name) => write!(key, "slot {} is given up", name.text),
            Condition::Event(name) => write!(key, "event {}", name.text),
            Condition::Computed(_, span) => {
                let written = &self.source[span.start as usize..span.end as usize];
                write!(key, "{}", written.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            Condition::Not(inner) => {
                key.push_str("not ");
                self.push_key(inner, key);
                Ok(())
            }
            Condition::All(_) | Condition::Any(_) | Condition::Unknown => Ok(()),
        };
    }

    fn value_key(&self, value: &Value<'_>) -> String {
        match value {
            Value::Text(text) => self.decoded(*text),
            Value::Number(number) => crate::template::number_text(number.value),
            Value::Boolean(value, _) => value.to_string(),
            Value::Word(name) => name.text.to_owned(),
        }
    }
}

/// Whether a slot of the move takes what is said of one's own accord and nothing else: it need not be there, has no question, and
/// nothing refuses a value of it. What a negotiation asks for may be any slot's.
fn is_never_asked_for(context: &Context<'_, '_>, name: &str) -> bool {
    let Some(slot) = context.slots.iter().find(|slot| slot.name.text == name) else { return false };
    let needless = !slot.required || slot.default.is_some();
    let mut asks = !slot.rules.valid.is_empty()
        || slot.rules.check.is_some()
        || !matches!(slot.ty, Type::Simple(_) | Type::Range { .. } | Type::Enum(_));
    for found in &context.lineage {
        walk_blocks(&found.blocks, &mut |met| {
            asks |= match met {
                Met::Condition(Condition::SlotMissing(asked)) => asked.text == name,
                Met::Action(action) => matches!(action.kind, ActionKind::Negotiate { .. }),
                _ => false,
            };
        });
    }
    needless && !asks
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// Conditions that are considered apart from "the first block that holds": those on slots and on capabilities.
fn waits(condition: &Condition<'_>) -> bool {
    match condition {
        Condition::Successful
        | Condition::Failed
        | Condition::SlotMissing(_)
        | Condition::SlotGivenUp(_)
        | Condition::Event(_)
        | Condition::AllSlotsFilled => true,
        Condition::Not(inner) => waits(inner),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(waits),
        _ => false,
    }
}

fn calls(block: &Block<'_>) -> bool {
    let mut found = false;
    walk_block(block, &mut |met| {
        found |= matches!(met, Met::Action(action) if matches!(action.kind, ActionKind::Call(_)));
    });
    found
}

fn statement_span(statement: &Statement<'_>) -> Option<Span> {
    match statement {
        Statement::Action(action) => Some(action.span),
        Statement::Block(block) => block.branches.first().map(|branch| branch.span),
        Statement::Confidence(_) => None,
    }
}

/// The numbers that comparisons leave.
struct Interval {
    low: f64,
    low_open: bool,
    high: f64,
    high_open: bool,
}

impl Default for Interval {
    fn default() -> Self {
        Interval { low: f64::NEG_INFINITY, low_open: false, high: f64::INFINITY, high_open: false }
    }
}

impl Interval {
    fn narrow(&mut self, comparison: Comparison, number: f64) {
        let (above, below) = match comparison {
            Comparison::Equal => (Some(false), Some(false)),
            Comparison::Greater => (Some(true), None),
            Comparison::GreaterOrEqual => (Some(false), None),
            Comparison::Less => (None, Some(true)),
            Comparison::LessOrEqual => (None, Some(false)),
            Comparison::NotEqual => (None, None),
        };
        if let Some(open) = above
            && (number > self.low || (number == self.low && open))
        {
            (self.low, self.low_open) = (number, open);
        }
        if let Some(open) = below
            && (number < self.high || (number == self.high && open))
        {
            (self.high, self.high_open) = (number, open);
        }
    }

    fn is_empty(&self) -> bool {
        self.low > self.high || (self.low == self.high && (self.low_open || self.high_open))
    }
}
