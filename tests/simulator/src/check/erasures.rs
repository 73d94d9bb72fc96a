//! What was erased does not come back, and nothing is left of it.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::wire::origin::CommitRequest;
use lgdl_edge::digest;

use super::Violation;
use crate::client::key_of;
use crate::game;
use crate::origin::{Deed, TENANT};
use crate::plan::{FaultKind, MAX_SKEW_MS};
use crate::world::{Ack, BEGINNING_MS, World};

/// How long a request is under way at most before a node looks at its clock, microseconds.
const UNDER_WAY_US: u64 = 1_000_000;

pub(super) fn check(world: &World, erased: &BTreeMap<String, Vec<CommitRequest>>, found: &mut Vec<Violation>) {
    nothing_comes_back(world, found);
    nothing_is_left(world, &erased.keys().cloned().collect(), found);
    what_went_is_told(world, erased, found);
}

/// A tombstone says how much went with its conversation. A store that is put back erases again, and counts what it found.
fn what_went_is_told(world: &World, erased: &BTreeMap<String, Vec<CommitRequest>>, found: &mut Vec<Violation>) {
    if world.plan.has(|kind| matches!(kind, FaultKind::OriginRestored)) {
        return;
    }
    for (name, turns) in erased {
        let Some(report) = world.origin.borrow().report_of(name) else { continue };
        let count = turns.len() as u64;
        let slots = turns.last().is_some_and(|turn| !turn.record.slots.is_empty());
        if report.turns != count || report.answers != count || (slots && report.slots == 0) {
            found.push(format!("{name} was erased with {count} turns, and its tombstone says {report:?}"));
        }
    }
}

fn nothing_comes_back(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    for (conversation, at_us) in &history.erasures_acknowledged {
        let after = |ack: &&Ack| ack.conversation == *conversation && ack.sent_us > *at_us;
        for ack in history.acks.iter().filter(after) {
            if ack.response.as_ref().is_some_and(|response| response.durable) {
                found.push(format!("{} was taken in {conversation}, which was erased", ack.turn));
            }
        }
    }
    // What reached a node before a person was erased must not begin a conversation anew, as far as clocks can tell; what waited
    // is given more than clocks are wrong by.
    let unsure_us = UNDER_WAY_US + wrong_ms(world) * 1_000;
    let mut erased: Vec<(&str, u64)> = Vec::new();
    for (_, deed) in &history.deeds {
        match deed {
            Deed::PersonErased { user, at_us } => erased.push((user, *at_us)),
            Deed::Committed(turn) => {
                let key = key_of(&turn.user_id, &turn.idempotency_key);
                let reached_us = history.delivered_us.get(&key).copied().unwrap_or(u64::MAX);
                let unsure_us = if turn.journal_sequence.is_some() { UNDER_WAY_US } else { unsure_us };
                let before = |(user, at_us): &&(&str, u64)| {
                    turn.user_id == *user && reached_us.saturating_add(unsure_us) < *at_us
                };
                if let Some((user, _)) = erased.iter().find(before) {
                    found.push(format!("{} of {user} came back after the person was erased", turn.idempotency_key));
                }
            }
            Deed::Erased { .. } | Deed::BackedUp | Deed::Restored => {}
        }
    }
}

/// How wrong clocks of nodes are at most, milliseconds.
fn wrong_ms(world: &World) -> u64 {
    let set = world.plan.has(|kind| matches!(kind, FaultKind::ClockSet(..)));
    let planned = world.plan.nodes.iter().map(|node| node.skew_ms.unsigned_abs()).max().unwrap_or(0);
    if set { MAX_SKEW_MS.unsigned_abs() } else { planned }
}

fn nothing_is_left(world: &World, erased: &BTreeSet<String>, found: &mut Vec<Violation>) {
    let origin = world.origin.borrow();
    for name in erased {
        for (table, rows) in origin.rows_of(name).into_iter().filter(|(_, rows)| *rows > 0) {
            found.push(format!("{name} was erased, and {table} has {rows} rows of it"));
        }
        let digest = digest::conversation(TENANT, game::GAME_ID, name);
        for (index, site) in world.sites.iter().enumerate() {
            if site.has_hot(&digest, world.now_us()) {
                found.push(format!("n{index} still has the state of {name}, which was erased"));
            }
            if site.aside().iter().any(|(entry, _)| entry.stream == digest) {
                found.push(format!("n{index} still has a turn of {name} set aside, which was erased"));
            }
        }
    }
    let history = world.history.borrow();
    let persons = history.deeds.iter().filter_map(|(_, deed)| match deed {
        Deed::PersonErased { user, at_us } => Some((user.as_str(), *at_us)),
        _ => None,
    });
    let stores_fail = world.plan.has(|kind| {
        use FaultKind::{JournalFails, KvFails, KvLosesWrites, KvStale, MemoryLost, NodeCrashes};
        matches!(kind, JournalFails | KvFails | KvLosesWrites | KvStale | MemoryLost(_) | NodeCrashes(_))
    });
    for (user, at_us) in persons {
        let theirs = world.plan.clients.iter().filter(|client| client.user == user);
        let conversations: BTreeSet<&str> = theirs.map(|client| client.conversation.as_str()).collect();
        let gone = conversations.iter().filter(|name| origin.conversation(name).is_none());
        let is_gone = gone.clone().count() == conversations.len();
        if is_gone && origin.has_data_key(user, BEGINNING_MS.saturating_add_unsigned(at_us / 1_000)) {
            found.push(format!("{user} was erased, and their key is still there"));
        }
        // One that never came to be at the origin has no tombstone of its own; its node finds out when it brings it home.
        for name in gone.filter(|_| !stores_fail) {
            let digest = digest::conversation(TENANT, game::GAME_ID, name);
            if world.sites.iter().any(|site| site.has_hot(&digest, world.now_us())) {
                found.push(format!("a node has the state of {name} of {user}, who was erased"));
            }
        }
    }
}
