//! What must hold of every run, whatever went wrong in it.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::engine::{self, CallRecord, Conversation, MAX_CALLS_PER_TURN, Outcome, Step, Turn};
use lgdl::wire::node::Why;
use lgdl::wire::origin::CommitRequest;
use lgdl_edge::digest;
use lgdl_edge::pipeline::journal::RERUN_FINDING;

use crate::game;
use crate::origin::{Deed, TENANT};
use crate::plan::{Erased, FaultKind, Flavour, MAX_SKEW_MS};
use crate::world::{Ack, Count, World};

/// Something that must hold and does not.
pub type Violation = String;

/// Everything that does not hold.
pub(super) fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    let kept = deeds_are_in_order(world, &mut found);
    the_store_holds_what_was_committed(world, &kept, &mut found);
    states_equal_a_replay(world, &kept, &mut found);
    let places = places(&kept, &mut found);
    acknowledged_turns_arrived(world, &places, &mut found);
    acknowledged_turns_are_in_order(world, &places, &mut found);
    side_effects_happened_once(world, &kept, &mut found);
    nothing_erased_comes_back(world, &mut found);
    limits_were_kept(world, &mut found);
    refusals_have_a_reason(world, &mut found);
    nothing_is_set_aside_without_need(world, &mut found);
    found.extend(world.history.borrow().heard.iter().cloned());
    found
}

/// Nothing in a world is damaged, too large or refused for good; only who speaks in another's conversation can't be placed.
fn nothing_is_set_aside_without_need(world: &World, found: &mut Vec<Violation>) {
    for (index, site) in world.sites.iter().enumerate() {
        for aside in site.aside() {
            if aside.why != Why::NotTheirs {
                found.push(format!("n{index} has set aside a turn: {}", aside.why.words()));
            }
        }
    }
}

/// Turns that the origin has, by conversation.
type Kept = BTreeMap<String, Vec<CommitRequest>>;

/// Follows what the origin did: each commit brings its conversation to the next version, and none follows an erasure.
fn deeds_are_in_order(world: &World, found: &mut Vec<Violation>) -> Kept {
    let mut kept = Kept::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut erased: BTreeSet<String> = BTreeSet::new();
    for (_, deed) in &world.history.borrow().deeds {
        match deed {
            Deed::Committed(turn) => {
                let name = &turn.conversation_id;
                if erased.contains(name) {
                    found.push(format!("{} was committed to {name} after it was erased", turn.idempotency_key));
                }
                let turns = kept.entry(name.clone()).or_default();
                if turn.expected_version != turns.len() as u64 || turn.record.turn != turn.expected_version + 1 {
                    found.push(format!("{name}: {} is out of order", turn.idempotency_key));
                }
                owners.insert(name.clone(), turn.user_id.clone());
                turns.push((**turn).clone());
            }
            Deed::Erased { conversation } => {
                kept.remove(conversation);
                erased.insert(conversation.clone());
            }
            Deed::PersonErased { user, .. } => {
                let of_person: Vec<String> =
                    kept.keys().filter(|name| owners.get(*name) == Some(user)).cloned().collect();
                for name in of_person {
                    kept.remove(&name);
                    erased.insert(name);
                }
            }
        }
    }
    for name in &erased {
        if world.origin.borrow().conversation(name).is_some() {
            found.push(format!("{name} was erased and is there again"));
        }
        let digest = digest::conversation(TENANT, game::GAME_ID, name);
        for (index, site) in world.sites.iter().enumerate() {
            if site.has_hot(&digest, world.now_us()) {
                found.push(format!("n{index} still has the state of {name}, which was erased"));
            }
        }
    }
    kept
}

fn the_store_holds_what_was_committed(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    for (name, turns) in kept {
        let origin = world.origin.borrow();
        let wanted: Vec<(u64, String, String)> = turns
            .iter()
            .map(|turn| (turn.record.turn, turn.response.manifest_id.clone(), turn.record.response.clone()))
            .collect();
        if origin.turns(name) != wanted {
            found.push(format!("{name}: the stored turns are not those that were committed"));
        }
        let state = origin.conversation(name).map(|stored| (stored.version, stored.state));
        if state != turns.last().map(|turn| (turns.len() as u64, turn.state.clone())) {
            found.push(format!("{name}: the stored state is not the last one that was committed"));
        }
    }
}

/// Runs every conversation again from its beginning, turn by turn, with what clients said and services know.
fn states_equal_a_replay(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    for (name, turns) in kept {
        let mut state = Conversation::default();
        for turn in turns {
            let key = &turn.idempotency_key;
            let Some(text) = history.said.get(key) else {
                found.push(format!("{name}: nobody said {key}"));
                return;
            };
            let mut record = turn.record.clone();
            record.findings.retain(|finding| finding != RERUN_FINDING);
            match replay(state, text, record.at_ms, &record.calls) {
                Some(outcome) if outcome.record == record && outcome.conversation == turn.state => {
                    state = outcome.conversation;
                }
                _ => {
                    found.push(format!("{name}: {key} is not what the engine makes of the turns before it"));
                    return;
                }
            }
        }
    }
}

fn replay(state: Conversation, text: &str, now_ms: i64, calls: &[CallRecord]) -> Option<Box<Outcome>> {
    let game = game::compiled();
    let turn = Turn {
        event: None,
        participant: "user".into(),
        text: text.into(),
        context: serde_json::Map::new(),
        now_ms,
        offset_seconds: 0,
        settings: engine::Settings::default(),
    };
    let mut step = engine::begin(&game, state, turn);
    for _ in 0..=MAX_CALLS_PER_TURN {
        match step {
            Step::Done(outcome) => return Some(outcome),
            Step::Call(pending) => {
                let status = &calls.get(pending.call.index)?.status;
                let result = game::result(status, &pending.call.function, &pending.call.payload);
                step = pending.resume(&game, result);
            }
        }
    }
    None
}

/// Where a turn is at the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    conversation: String,
    turn: u64,
    /// Whether it came from a journal.
    waited: bool,
}

/// Places by the id of the turn's record.
type Places = BTreeMap<String, Place>;

fn places(kept: &Kept, found: &mut Vec<Violation>) -> Places {
    let mut places = Places::new();
    for (name, turns) in kept {
        for turn in turns {
            let waited = turn.journal_sequence.is_some();
            let place = Place { conversation: name.clone(), turn: turn.record.turn, waited };
            if places.insert(turn.response.manifest_id.clone(), place).is_some() {
                found.push(format!("{name}: {} is there twice", turn.idempotency_key));
            }
        }
    }
    places
}

/// How a turn was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Promise {
    Durable,
    /// In a journal that outlives everything, by its name.
    Journalled(String),
    /// Anything less.
    Nothing,
}

fn promise(world: &World, ack: &Ack) -> Promise {
    let Some(response) = &ack.response else { return Promise::Nothing };
    match (response.durable, response.degraded.as_deref(), ack.journal.as_deref()) {
        (true, _, _) => Promise::Durable,
        (false, Some("journalled"), Some("disk" | "replicated")) => {
            world.sites[ack.node].durable_journal().map_or(Promise::Nothing, Promise::Journalled)
        }
        _ => Promise::Nothing,
    }
}

/// Conversations that were erased at any time, alone or with their person.
fn ever_erased(world: &World) -> BTreeSet<String> {
    let history = world.history.borrow();
    let of = |(_, deed): &(u64, Deed)| match deed {
        Deed::Erased { conversation } => vec![conversation.clone()],
        Deed::PersonErased { user, .. } => {
            let theirs = world.plan.clients.iter().filter(|client| &client.user == user);
            theirs.map(|client| client.conversation.clone()).collect()
        }
        Deed::Committed(_) => Vec::new(),
    };
    history.deeds.iter().flat_map(of).collect()
}

/// Whether somebody else speaks in the conversation: then whoever comes first owns it, and the other's turns may be dropped.
fn is_disputed(world: &World, conversation: &str) -> bool {
    let mut users = world.plan.clients.iter().filter(|client| client.conversation == conversation);
    let first = users.next().map(|client| &client.user);
    users.any(|client| Some(&client.user) != first)
}

fn acknowledged_turns_arrived(world: &World, places: &Places, found: &mut Vec<Violation>) {
    let erased = ever_erased(world);
    for ack in &world.history.borrow().acks {
        if erased.contains(&ack.conversation) {
            continue;
        }
        let Some(response) = &ack.response else { continue };
        let place = places.get(&response.manifest_id);
        match promise(world, ack) {
            Promise::Durable
                if place.is_none_or(|at| at.conversation != ack.conversation || at.turn != response.turn) =>
            {
                found.push(format!("{} was acknowledged as durable and is at {place:?}", ack.turn));
            }
            Promise::Journalled(journal) if place.is_none() && !is_disputed(world, &ack.conversation) => {
                found.push(format!("{} was journalled ({journal}) and never arrived", ack.turn));
            }
            _ => {}
        }
        if response.durable && (response.degraded.is_some() || ack.journal.is_some()) {
            found.push(format!("{} is durable and degraded at once", ack.turn));
        }
    }
}

/// A turn that was sent after another one was acknowledged comes after it: where both are durable, where both came from
/// one journal, and where the earlier one waited on the disk of the machine that took the later one, whose stores worked.
/// A turn that also lies in another journal, because the answer to an earlier try was lost, comes from whichever is brought
/// home first.
fn acknowledged_turns_are_in_order(world: &World, places: &Places, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    let placed = |ack: &Ack| places.get(&ack.response.as_ref()?.manifest_id);
    let stores_fail = world.plan.faults.iter().any(|fault| {
        use FaultKind::{JournalFails, KvFails, KvLosesWrites, KvStale, NodeCrashes};
        matches!(fault.kind, JournalFails | KvFails | KvLosesWrites | KvStale | NodeCrashes(_))
    });
    for earlier in &history.acks {
        for later in &history.acks {
            let follows = earlier.conversation == later.conversation && earlier.answered_us < later.sent_us;
            let (true, Some(one), Some(other)) = (follows, placed(earlier), placed(later)) else { continue };
            let journal_of = |node: usize| world.sites[node].durable_journal();
            let in_one_journal = history
                .reached
                .get(&later.turn)
                .is_none_or(|nodes| nodes.iter().all(|node| journal_of(*node) == journal_of(earlier.node)));
            let ordered = match (promise(world, earlier), promise(world, later)) {
                (Promise::Durable, Promise::Durable) => true,
                (Promise::Journalled(one_journal), Promise::Journalled(other_journal)) => {
                    one_journal == other_journal && one.waited && other.waited && in_one_journal
                }
                _ => false,
            };
            let on_one_machine = earlier.node == later.node
                && world.plan.nodes[earlier.node].flavour == Flavour::Machine
                && matches!(promise(world, earlier), Promise::Journalled(_));
            if (ordered || (on_one_machine && !stores_fail && in_one_journal)) && one.turn >= other.turn {
                let (later_name, earlier_name) = (&later.turn, &earlier.turn);
                found.push(format!(
                    "{later_name} (turn {}) was sent after {earlier_name} (turn {})",
                    other.turn, one.turn
                ));
            }
        }
    }
}

/// The game acts once in a turn at most, so a turn acts once at most, whoever ran it and however often.
fn side_effects_happened_once(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    let effects = world.services.effects.borrow();
    let users: BTreeMap<&str, &str> = world
        .plan
        .clients
        .iter()
        .flat_map(|client| client.turns.iter().map(|turn| (turn.name.as_str(), client.user.as_str())))
        .collect();
    let mut of_turns: BTreeMap<&str, usize> = BTreeMap::new();
    let mut known = 0;
    for (key, user) in &users {
        for index in 0..MAX_CALLS_PER_TURN {
            if effects.contains_key(&digest::act_key(TENANT, user, key, index)) {
                *of_turns.entry(key).or_default() += 1;
                known += 1;
            }
        }
    }
    if known != effects.len() {
        found.push("something was done for no turn of anybody".to_owned());
    }
    for (key, times) in of_turns.iter().filter(|(_, times)| **times > 1) {
        found.push(format!("{key} acted {times} times"));
    }
    for turn in kept.values().flatten() {
        let says = turn.record.calls.iter().any(|call| call.capability == "orders.place" && call.status == "ok");
        if says && !of_turns.contains_key(turn.idempotency_key.as_str()) {
            found.push(format!("{} says that it acted, and nothing was done", turn.idempotency_key));
        }
    }
}

fn nothing_erased_comes_back(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    for (conversation, at_us) in &history.erasures_acknowledged {
        let after = |ack: &&Ack| ack.conversation == *conversation && ack.sent_us > *at_us;
        for ack in history.acks.iter().filter(after) {
            if ack.response.as_ref().is_some_and(|response| response.durable) {
                found.push(format!("{} was taken in {conversation}, which was erased", ack.turn));
            }
        }
    }
    // What reached a node before a person was erased must not begin a conversation anew, as far as clocks can tell.
    let unsure_us = MAX_SKEW_MS.unsigned_abs() * 1_000;
    let mut erased: Vec<(&str, u64)> = Vec::new();
    for (_, deed) in &history.deeds {
        match deed {
            Deed::PersonErased { user, at_us } => erased.push((user, *at_us)),
            Deed::Committed(turn) => {
                let reached_us = history.delivered_us.get(&turn.idempotency_key).copied().unwrap_or(u64::MAX);
                let before = |(user, at_us): &&(&str, u64)| {
                    turn.user_id == *user && reached_us.saturating_add(unsure_us) < *at_us
                };
                if let Some((user, _)) = erased.iter().find(before) {
                    found.push(format!("{} of {user} came back after the person was erased", turn.idempotency_key));
                }
            }
            Deed::Erased { .. } => {}
        }
    }
}

/// Counted again from what was let through: in no stretch of time more than a full bucket and what flowed into it.
fn limits_were_kept(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    let mut buckets: BTreeMap<&str, Vec<&Count>> = BTreeMap::new();
    for count in &history.admitted {
        buckets.entry(&count.bucket).or_default().push(count);
    }
    // A clock that is set forward fills buckets; each time by that much.
    let forward_ms: u64 = world
        .plan
        .faults
        .iter()
        .map(|fault| match fault.kind {
            FaultKind::ClockSet(..) => 2 * MAX_SKEW_MS.unsigned_abs(),
            _ => 0,
        })
        .sum();
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
    let counters_failed =
        world.plan.faults.iter().any(|fault| matches!(fault.kind, FaultKind::CountersFail | FaultKind::KvFails));
    if world.plan.limit.is_some() && !counters_failed {
        let uncounted = history.acks.iter().find(|ack| ack.status == 200 && !ack.limited);
        found.extend(uncounted.map(|ack| format!("{} was not counted", ack.turn)));
    }
}

/// Clients hear 404 where somebody else owns the conversation, 410 where it was erased, and no other refusal in the end.
fn refusals_have_a_reason(world: &World, found: &mut Vec<Violation>) {
    let erasing = |ack: &Ack| {
        world.plan.erasures.iter().any(|erasure| match &erasure.what {
            Erased::Conversation { conversation, .. } => *conversation == ack.conversation,
            Erased::Person { user } => *user == ack.user || is_disputed(world, &ack.conversation),
        })
    };
    for ack in &world.history.borrow().acks {
        let fine = match ack.status {
            200 => ack.response.is_some(),
            404 => is_disputed(world, &ack.conversation),
            410 => erasing(ack),
            _ => false,
        };
        if !fine {
            found.push(format!("{} of {} was answered {}", ack.turn, ack.client, ack.status));
        }
    }
}
