//! What agents say arrives once, from whoever has the conversation, and nobody is left with an agent who is gone.

use std::collections::BTreeMap;

use lgdl::engine::HandoverStage;
use lgdl::ir::{HANDOFF_ACCEPTED, HANDOFF_ENDED, HANDOFF_MESSAGE};
use lgdl::wire::origin::{CommitRequest, Speaker};
use lgdl_origin::desk::LOST_AFTER_MS;

use super::{Kept, Violation};
use crate::plan::FaultKind;
use crate::world::World;

pub(super) fn check(
    world: &World,
    kept: &Kept,
    erased: &BTreeMap<String, Vec<CommitRequest>>,
    found: &mut Vec<Violation>,
) {
    let history = world.history.borrow();
    let restored = world.plan.has(|kind| kind == FaultKind::OriginRestored);
    let told: BTreeMap<&str, Vec<String>> =
        kept.keys().map(|name| (name.as_str(), said_by_agents(world, name))).collect();
    for (text, (conversation, acknowledged)) in &history.sayings {
        let times = told.values().flatten().filter(|said| *said == text).count();
        let gone = erased.contains_key(conversation) || restored;
        if times > 1 || (*acknowledged && times == 0 && !gone) {
            found.push(format!(
                "{text:?} was said once in {conversation}, acknowledged: {acknowledged}, and is told {times} times"
            ));
        }
    }
    for (name, turns) in kept {
        has_one_agent_at_once(world, name, turns, found);
    }
    nobody_is_with_who_is_gone(world, found);
}

/// What the person's page is told.
fn said_by_agents(world: &World, conversation: &str) -> Vec<String> {
    let messages = world.origin.borrow().messages(conversation);
    messages.into_iter().filter(|message| message.from == Speaker::Agent).map(|message| message.text).collect()
}

/// Nobody speaks in a conversation, or hands it back, but who has taken it last.
fn has_one_agent_at_once(world: &World, name: &str, turns: &[CommitRequest], found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    let mut with = None;
    for turn in turns {
        let event = turn.record.event.as_deref();
        let by = history.at_desk.get(&turn.fingerprint).and_then(|(_, agent)| *agent);
        match event {
            Some(HANDOFF_ACCEPTED) => with = by,
            Some(HANDOFF_MESSAGE | HANDOFF_ENDED) if by != with => {
                found.push(format!("{name}: turn {} is agent {by:?}'s, and agent {with:?} has it", turn.record.turn));
            }
            _ => {}
        }
    }
}

/// Agents of whom nothing was heard for long have nothing any more.
fn nobody_is_with_who_is_gone(world: &World, found: &mut Vec<Violation>) {
    let slack_us = u64::try_from(LOST_AFTER_MS).unwrap_or(u64::MAX) * 1_000 + 10_000_000;
    let (now_us, now_ms) = (world.now_us(), world.now_ms());
    for agent in world.plan.agents.iter().filter(|agent| agent.gone_us.1 == u64::MAX) {
        if now_us < agent.gone_us.0.saturating_add(slack_us) {
            continue;
        }
        let id = crate::origin::agent_id(agent.number);
        let left = world.origin.borrow().open_hand_overs(now_ms).into_iter();
        let left = left.filter(|(_, row)| row.stage == HandoverStage::With && row.agent.as_ref() == Some(&id));
        found.extend(left.map(|(name, _)| format!("{name} is with {}, who is gone", agent.name)));
    }
}
