//! Going over every place of a game where a text stands, each with its stable id.

use std::collections::BTreeMap;

use crate::ir::{
    Action, Attachment, Away, Block, Condition, Game, Move, PayloadValue, Slot, SlotRules, Statement, Template,
};

use super::{Place, options_of};
use crate::slots::whole_of;

/// Visits every place. An id names the move, the block or slot, and the text's number there, so that a text keeps its id
/// when another block changes.
pub(super) fn places(game: &mut Game, visit: &mut dyn FnMut(&str, Place<'_>)) {
    for term in &mut game.vocabulary {
        let id = format!("vocabulary.{}", plain(&term.text));
        visit(&id, Place::Term(term));
    }
    for mv in &mut game.moves {
        let name = mv.name.clone();
        if crate::engine::is_named(mv) {
            visit(&format!("{name}.called"), Place::Name(&mut mv.called, &name));
        }
        let mut triggers: BTreeMap<String, usize> = BTreeMap::new();
        for trigger in &mut mv.triggers {
            let id = numbered(&mut triggers, &format!("{name}.says.{}", trigger.participant));
            visit(&id, Place::Patterns(&mut trigger.patterns));
        }
        for slot in &mut mv.slots {
            let own = format!("{name}.{}", slot.name);
            name_of_slot(slot, &own, visit);
            for option in options_of(slot) {
                visit(&format!("{own}.option.{}", plain(&option)), Place::Option(slot, option.clone()));
            }
            if !slot.declined_by.is_empty() {
                visit(&format!("{own}.declined"), Place::Declined(&mut slot.declined_by));
            }
            if let Some(context) = &mut slot.context {
                visit(&format!("{own}.context"), Place::Hint(context));
            }
            if let Some(rules) = &mut slot.rules {
                in_rules(rules, &own, visit);
                if let Some(whole) = &mut rules.whole {
                    let own = own.rsplit_once('.').map_or(own.as_str(), |(whole, _)| whole);
                    in_rules(whole, own, visit);
                }
            }
        }
        in_blocks(mv, &mut |within, template| visit(within.id, Place::Said(template)));
    }
}

/// Visits the texts of the choices that are offered with the question of a slot: the slot, the text's id, and the text of its value, or
/// of the choice where it has none.
pub(super) fn choices(game: &mut Game, visit: &mut dyn FnMut(&Slot, &str, &Template)) {
    for mv in &mut game.moves {
        let slots = mv.slots.clone();
        in_blocks(mv, &mut |within, template| {
            let slot = slots.iter().find(|slot| within.asked == Some(slot.name.as_str()));
            if let Some(slot) = slot.filter(|_| within.chooses) {
                visit(slot, within.id, template);
            }
        });
    }
}

/// Where a text of a block stands.
struct Within<'b> {
    id: &'b str,
    /// The slot that the block asks for.
    asked: Option<&'b str>,
    /// Whether it is what a choice stands for.
    chooses: bool,
}

/// Visits the texts of a move's blocks.
fn in_blocks(mv: &mut Move, visit: &mut dyn FnMut(Within<'_>, &mut Template)) {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for block in &mut mv.blocks {
        let label = numbered(&mut labels, &format!("{}.{}", mv.name, label_of(block)));
        let asked = block.branches.first().and_then(|branch| asks_for(&branch.condition)).map(str::to_owned);
        let mut count = 0;
        in_block(block, &mut |action| {
            let (offered, valued) = match action {
                Action::OfferChoices(_) => (true, false),
                Action::OfferValued(_) => (true, true),
                _ => (false, false),
            };
            let mut within = 0;
            texts_of(action, &mut |template| {
                (count, within) = (count + 1, within + 1);
                // A choice's value stands behind its label.
                let chooses = offered && !(valued && within % 2 == 1);
                visit(Within { id: &format!("{label}.{count}"), asked: asked.as_deref(), chooses }, template);
            });
        });
    }
}

/// The slot that a block asks for.
fn asks_for(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::SlotMissing(slot) => Some(slot),
        Condition::All(parts) => parts.iter().find_map(asks_for),
        _ => None,
    }
}

/// What a slot is called; what the composite is whose last part it is, where something is asked of the whole.
fn name_of_slot(slot: &mut Slot, own: &str, visit: &mut dyn FnMut(&str, Place<'_>)) {
    // A slot that has no rules gets none by being looked at.
    let mut called = slot.rules.as_mut().and_then(|rules| rules.called.take());
    visit(&format!("{own}.called"), Place::Name(&mut called, &slot.name));
    if called.is_some() {
        slot.rules.get_or_insert_with(Box::default).called = called;
    }
    if let (Some(name), Some(rules)) = (whole_of(&slot.name), &mut slot.rules)
        && let (Some(whole), Some((own, _))) = (&mut rules.whole, own.rsplit_once('.'))
    {
        visit(&format!("{own}.called"), Place::Name(&mut whole.called, name));
    }
}

fn in_rules(rules: &mut SlotRules, own: &str, visit: &mut dyn FnMut(&str, Place<'_>)) {
    for (index, rule) in rules.valid.iter_mut().enumerate() {
        visit(&format!("{own}.valid.{}", index + 1), Place::Said(&mut rule.reason));
    }
    if let Some(check) = &mut rules.check {
        if let Some(reason) = &mut check.reason {
            visit(&format!("{own}.check.refused"), Place::Said(reason));
        }
        if let Away::Refused(Some(said)) = &mut check.away {
            visit(&format!("{own}.check.unanswered"), Place::Said(said));
        }
    }
}

/// The name, with a number behind it from the second time on.
fn numbered(seen: &mut BTreeMap<String, usize>, name: &str) -> String {
    let count = seen.entry(name.to_owned()).or_insert(0);
    *count += 1;
    if *count == 1 { name.to_owned() } else { format!("{name}_{count}") }
}

/// Letters, digits and `_` only.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect::<String>().to_lowercase()
}

/// What a block is for, by the condition that it begins with.
fn label_of(block: &Block) -> String {
    block.branches.first().map_or_else(|| "else".to_owned(), |branch| label(&branch.condition))
}

fn label(condition: &Condition) -> String {
    match condition {
        Condition::SlotMissing(slot) => format!("ask_{slot}"),
        Condition::SlotGivenUp(slot) => format!("given_up_{slot}"),
        Condition::Event(event) => format!("event_{event}"),
        Condition::AllSlotsFilled => "filled".to_owned(),
        Condition::Confident => "confident".to_owned(),
        Condition::Uncertain => "uncertain".to_owned(),
        Condition::Successful => "successful".to_owned(),
        Condition::Failed => "failed".to_owned(),
        Condition::All(parts) => {
            let named = parts.iter().find(|part| {
                matches!(part, Condition::SlotMissing(_) | Condition::SlotGivenUp(_) | Condition::Event(_))
            });
            named.or_else(|| parts.first()).map_or_else(|| "when".to_owned(), label)
        }
        Condition::Truthy(path) | Condition::Compare(path, ..) | Condition::Matches(path, _) => {
            format!("if_{}", path.join("_"))
        }
        _ => "when".to_owned(),
    }
}

/// Visits every action of a game.
pub(super) fn actions(game: &mut Game, visit: &mut dyn FnMut(&mut Action)) {
    game.moves.iter_mut().flat_map(|mv| &mut mv.blocks).for_each(|block| in_block(block, visit));
}

fn in_block(block: &mut Block, visit: &mut dyn FnMut(&mut Action)) {
    for branch in &mut block.branches {
        branch.body.iter_mut().for_each(|statement| in_statement(statement, visit));
    }
    block.otherwise.iter_mut().flatten().for_each(|statement| in_statement(statement, visit));
}

fn in_statement(statement: &mut Statement, visit: &mut dyn FnMut(&mut Action)) {
    match statement {
        Statement::Action(action) => in_action(action, visit),
        Statement::Block(block) => in_block(block, visit),
        Statement::Confidence(_) => {}
    }
}

fn in_action(action: &mut Action, visit: &mut dyn FnMut(&mut Action)) {
    visit(action);
    if let Action::Call(call) = action
        && let Some(then) = &mut call.then
    {
        in_action(then, visit);
    }
}

/// The texts of one action.
fn texts_of(action: &mut Action, visit: &mut dyn FnMut(&mut Template)) {
    match action {
        Action::Respond(text) | Action::PromptSlot(text) | Action::AskForClarification(text) => visit(text),
        Action::Negotiate { text, .. } => visit(text),
        Action::Retry(Some(text)) => visit(text),
        Action::OfferChoices(texts) | Action::Clarify { options: texts, .. } => texts.iter_mut().for_each(visit),
        Action::OfferValued(choices) => {
            for (label, value) in choices {
                visit(label);
                visit(value);
            }
        }
        Action::Attach(Attachment::Image { alt, .. }) => visit(alt),
        Action::Attach(Attachment::Card(fields)) => {
            let read = |name: &str| matches!(name, "title" | "text" | "alt");
            fields.iter_mut().filter(|(name, _)| read(name)).for_each(|(_, text)| visit(text));
        }
        Action::CallMove { with, .. } => {
            for (_, value) in with {
                if let PayloadValue::Text(text) = value {
                    visit(text);
                }
            }
        }
        _ => {}
    }
}
