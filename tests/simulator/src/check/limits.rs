//! Limits: nobody gets more than they may, nobody is refused without need, and only who misbehaves is banned.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::problem::Reason;

use super::Violation;
use crate::plan::{FaultKind, Flavour, MAX_SKEW_MS, Patience};
use crate::world::{Ack, Count, World};

/// Refusals the last of which brings a ban, how long that lasts at least, and the time within which they count; each
/// with room for what is under way.
const REFUSALS_BEFORE_BAN: usize = 30;
const BAN_US: u64 = 58_000_000;
const REFUSALS_WITHIN_US: u64 = 58_000_000;

pub(super) fn check(world: &World, found: &mut Vec<Violation>) {
    no_more_than_allowed(world, found);
    no_refusal_without_need(world, found);
    each_person_has_a_bucket(world, found);
    bans_hit_whoever_misbehaves(world, found);
}

/// A clock that is set forward fills buckets; each time by that much.
fn forward_ms(world: &World) -> u64 {
    let of = |kind: &FaultKind| matches!(kind, FaultKind::ClockSet(..));
    2 * MAX_SKEW_MS.unsigned_abs() * world.plan.faults.iter().filter(|fault| of(&fault.kind)).count() as u64
}

/// Counted again from what was let through: in no stretch of time more than a full bucket and what flowed into it.
fn no_more_than_allowed(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    let mut buckets: BTreeMap<&str, Vec<&Count>> = BTreeMap::new();
    for count in &history.admitted {
        buckets.entry(&count.bucket).or_default().push(count);
    }
    let forward_ms = forward_ms(world);
    for (bucket, counts) in buckets {
        for (first, from) in counts.iter().enumerate() {
            for (last, to) in counts.iter().enumerate().skip(first) {
                let elapsed_ms = (to.at_us - from.at_us).div_ceil(1_000) + 1 + forward_ms;
                let flowed = elapsed_ms * u64::from(from.tokens) / from.period_ms;
                if (last - first + 1) as u64 > u64::from(from.tokens) + flowed {
                    found.push(format!("{bucket} let {} through", last - first + 1));
                    return;
                }
            }
        }
    }
    let counters_failed = world.plan.has(|kind| matches!(kind, FaultKind::CountersFail | FaultKind::KvFails));
    if world.plan.limit.is_some() && !counters_failed {
        let uncounted = history.acks.iter().find(|ack| ack.status == 200 && !ack.limited);
        found.extend(uncounted.map(|ack| format!("{} was not counted", ack.turn)));
    }
}

/// Whoever is refused has had a whole bucket within the last period.
fn no_refusal_without_need(world: &World, found: &mut Vec<Violation>) {
    if world.plan.has(|kind| matches!(kind, FaultKind::ClockSet(..))) {
        return;
    }
    let history = world.history.borrow();
    for refused in &history.refused {
        let from_us = refused.at_us.saturating_sub(refused.period_ms * 1_000 + 1_000);
        let had = |count: &&Count| count.bucket == refused.bucket && (from_us..=refused.at_us).contains(&count.at_us);
        let had = history.admitted.iter().filter(had).count();
        if had < refused.tokens as usize {
            found.push(format!("{} refused after {had} of {} tokens", refused.bucket, refused.tokens));
            return;
        }
    }
}

/// Persons that were answered and counted have been counted apart.
fn each_person_has_a_bucket(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    // Spin alone counts in its key-value store, where nobody looks on.
    let is_seen = |ack: &&Ack| world.plan.nodes[ack.node].flavour != Flavour::Spin;
    let answered = history.acks.iter().filter(|ack| ack.status == 200 && ack.limited).filter(is_seen);
    let persons: BTreeSet<&str> = answered.map(|ack| ack.user.as_str()).collect();
    // Whichever counter has it.
    let names = history.admitted.iter().filter_map(|count| count.bucket.split_once("user:"));
    let buckets: BTreeSet<&str> = names.map(|(_, person)| person).collect();
    if world.plan.limit.is_some() && buckets.len() < persons.len() {
        found.push(format!("{} persons have {} buckets", persons.len(), buckets.len()));
    }
}

/// Who floods is banned after a while, and is let nothing through then; nobody is banned for want of room.
fn bans_hit_whoever_misbehaves(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    let is_banned = |ack: &Ack| ack.code.as_deref() == Some(Reason::Banned.code());
    let own_limit_refuses =
        |client: &str| history.refused.iter().any(|count| count.bucket.contains("user:") && !client.is_empty());
    for client in &world.plan.clients {
        let theirs: Vec<&Ack> = history.acks.iter().filter(|ack| ack.user == client.user).collect();
        let banned = theirs.iter().any(|ack| is_banned(ack));
        if client.patience != Patience::Floods {
            if banned
                && !world
                    .plan
                    .clients
                    .iter()
                    .any(|other| other.user == client.user && other.patience == Patience::Floods)
            {
                found.push(format!("{} was banned and had heeded every refusal", client.user));
            }
            continue;
        }
        if banned && !own_limit_refuses(&client.name) {
            found.push(format!("{} was banned for want of room", client.user));
        }
        if world.plan.has(|_| true) {
            continue;
        }
        let refused: Vec<u64> = theirs.iter().filter(|ack| ack.status == 429).map(|ack| ack.answered_us).collect();
        // The last of them brings the ban; where it does not, no other follows for as long as it should last.
        let Some(last) = refused.get(REFUSALS_BEFORE_BAN - 1) else { continue };
        let by_own_limit = own_limit_refuses(&client.name);
        if by_own_limit && last - refused[0] < REFUSALS_WITHIN_US {
            let ban = *last..last + BAN_US;
            if let Some(ack) = theirs.iter().find(|ack| ack.status == 200 && ban.contains(&ack.sent_us)) {
                found.push(format!("{} was let through although {} was banned", ack.turn, client.user));
            }
        }
    }
}
