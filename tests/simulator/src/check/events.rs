//! Whoever reads the events hears of every turn, at least once and in the order of its conversation, and of nothing that was
//! erased before.

use std::collections::BTreeMap;

use lgdl_origin::bus::catalog::TURN_COMMITTED;
use lgdl_origin::ids::person_pseudonym;

use super::{Kept, Violation};
use crate::origin::{Deed, OriginHost, TENANT};
use crate::plan::FaultKind;
use crate::reader::read_to_the_end;
use crate::world::{BEGINNING_MS, World};

pub(super) fn check(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    // An older store takes events with it, and gives their numbers to others.
    if world.plan.has(|kind| kind == FaultKind::OriginRestored) {
        return;
    }
    read_to_the_end(world);
    let history = world.history.borrow();
    let mut told: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for heard in history.heard_of.iter().filter(|heard| heard.row.event.name == TURN_COMMITTED) {
        let turn = heard.row.event.data["turn"].as_u64().unwrap_or_default();
        let turns = told.entry(&heard.row.event.subject).or_default();
        // What is told again was told in order before.
        if !turns.contains(&turn) {
            turns.push(turn);
        }
    }
    for (name, turns) in kept {
        let committed: Vec<u64> = turns.iter().map(|turn| turn.record.turn).collect();
        let id = OriginHost::id_of(name);
        let heard = told.get(id.as_str()).cloned().unwrap_or_default();
        if heard != committed {
            found.push(format!("{name}: turns {committed:?} were committed, and {heard:?} told"));
        }
    }
    for (at_us, deed) in &history.deeds {
        let (subject, last_words) = match deed {
            Deed::Erased { conversation } => (OriginHost::id_of(conversation), "conversation.ended"),
            Deed::PersonErased { user, .. } => (person_pseudonym(TENANT, user), "person.erased"),
            _ => continue,
        };
        // Whoever comes back afterwards is told of anew.
        let erased_ms = BEGINNING_MS.saturating_add_unsigned(at_us / 1_000);
        let late = history.heard_of.iter().find(|heard| {
            let event = &heard.row.event;
            let is_about = event.conversation.as_deref() == Some(&subject) || event.person.as_deref() == Some(&subject);
            heard.at_us > *at_us && event.at < erased_ms && event.name != last_words && is_about
        });
        if let Some(late) = late {
            found.push(format!("{} of {subject} was told after it was erased", late.row.event.name));
        }
    }
}
