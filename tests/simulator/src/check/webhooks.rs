//! Whoever is told by a webhook hears of every event, at least once, those of a conversation in their order, and of nothing that was
//! erased before; and is left alone for as long as they have asked.

use std::collections::{BTreeMap, BTreeSet};

use lgdl_origin::ids::person_pseudonym;

use super::Violation;
use crate::hook::{BUSY_US, deliver_to_the_end};
use crate::origin::{Deed, OriginHost, TENANT};
use crate::plan::FaultKind;
use crate::world::{BEGINNING_MS, World};

pub(super) fn check(world: &World, found: &mut Vec<Violation>) {
    // An older store takes events with it, and gives their numbers to others.
    if world.plan.has(|kind| kind == FaultKind::OriginRestored) {
        return;
    }
    let receiver = world.origin.borrow().receiver();
    deliver_to_the_end(world, &receiver);
    let history = world.history.borrow();
    let told = &history.told;
    let erased: BTreeMap<String, u64> = history
        .deeds
        .iter()
        .filter_map(|(at_us, deed)| match deed {
            Deed::Erased { conversation } => Some((OriginHost::id_of(conversation), *at_us)),
            Deed::PersonErased { user, .. } => Some((person_pseudonym(TENANT, user), *at_us)),
            _ => None,
        })
        .collect();
    let mut taken: BTreeSet<u64> = BTreeSet::new();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    // Since when, and until when.
    let mut busy = (0, 0);
    for got in &told.got {
        let Some(row) = told.rows.get(&got.sequence) else {
            found.push(format!("a webhook was told of event {}, which nobody knows", got.sequence));
            continue;
        };
        let event = &row.event;
        // Others were under way when it asked.
        if got.at_us > busy.0 && got.at_us < busy.1 {
            found.push(format!("a webhook that had asked for patience was sent {} again", event.name));
        }
        if got.busy {
            busy = (got.at_us, got.at_us + BUSY_US);
        }
        let of = [event.conversation.as_deref(), event.person.as_deref()];
        for (subject, at_us) in of.into_iter().flatten().filter_map(|name| erased.get_key_value(name)) {
            let was_before = event.at < BEGINNING_MS.saturating_add_unsigned(at_us / 1_000);
            let is_last_word = matches!(event.name.as_str(), "conversation.ended" | "person.erased");
            if was_before && !is_last_word && got.at_us > *at_us {
                found.push(format!("a webhook was told of {} of {subject} after it was erased", event.name));
            }
        }
        if got.taken && taken.insert(got.sequence) {
            let about = event.conversation.as_deref().unwrap_or(&event.subject);
            let before = last.insert(about, got.sequence).unwrap_or_default();
            if before > got.sequence {
                found.push(format!("a webhook was told of event {} of {about} behind {before}", got.sequence));
            }
        }
    }
    // What is there still is of nobody who was erased.
    let left = world.origin.borrow().all_events();
    for row in left.iter().filter(|row| !taken.contains(&row.sequence)) {
        found.push(format!("a webhook was never told of event {}, {}", row.sequence, row.event.name));
    }
}
