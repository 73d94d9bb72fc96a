//! What must hold of every run, whatever went wrong in it.

mod desk;
mod erasures;
mod events;
mod limits;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use lgdl::engine::{self, CapabilityResult, Conversation, MAX_CALLS_PER_TURN, Outcome, Step, Turn, TurnRecord};
use lgdl::services::NO_PLACE;
use lgdl::wire::client::MoveResponse;
use lgdl::wire::node::Why;
use lgdl::wire::origin::CommitRequest;
use lgdl_edge::digest;
use lgdl_edge::pipeline::journal::RERUN_FINDING;

use crate::client::key_of;
use crate::game;
use crate::origin::{Deed, TENANT};
use crate::plan::{Erased, Fault, FaultKind, Flavour, Link, Patience, Program};
use crate::scenes::LAST_SAID_AGAIN;
use crate::world::{Ack, World};

/// Something that must hold and does not.
pub type Violation = String;

/// Everything that does not hold.
pub(super) fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    what_is_kept_opens(world, &mut found);
    if !found.is_empty() {
        return found;
    }
    let Followed { kept, erased, lost } = follow(world, &mut found);
    the_store_holds_what_was_committed(world, &kept, &mut found);
    states_equal_a_replay(world, &kept, &mut found);
    let places = places(&kept, &mut found);
    acknowledged_turns_arrived(world, &places, &lost, &mut found);
    acknowledged_turns_are_in_order(world, &places, &lost, &mut found);
    retries_are_answered_as_before(world, &mut found);
    what_a_node_holds_is_told_at_once(world, &mut found);
    nobody_goes_on_with_anothers_state(world, &mut found);
    side_effects_happened_once(world, &kept, &mut found);
    who_acted_is_told(world, &kept, &mut found);
    what_was_done_is_not_denied(world, &kept, &mut found);
    desk::check(world, &kept, &erased, &mut found);
    erasures::check(world, &erased, &mut found);
    if world.plan.reads_events {
        events::check(world, &kept, &mut found);
    }
    if world.plan.has_webhook {
        webhooks::check(world, &mut found);
    }
    limits::check(world, &mut found);
    refusals_have_a_reason(world, &mut found);
    nothing_is_set_aside_without_need(world, &mut found);
    who_is_away_is_left_alone(world, &mut found);
    found.extend(world.history.borrow().heard.iter().cloned());
    found
}

/// A process that begins, with nothing in its memory, opens all that is kept.
fn what_is_kept_opens(world: &World, found: &mut Vec<Violation>) {
    world.origin.borrow_mut().restart();
    let conversations: BTreeSet<&str> = world.plan.clients.iter().map(|client| client.conversation.as_str()).collect();
    let closed = conversations.into_iter().filter(|conversation| !world.origin.borrow().opens(conversation));
    found.extend(closed.map(|conversation| format!("{conversation} is kept under a key that nobody has")));
}

/// What is set aside has a reason that is so.
fn nothing_is_set_aside_without_need(world: &World, found: &mut Vec<Violation>) {
    for (index, site) in world.sites.iter().enumerate() {
        for (entry, why) in site.aside() {
            let is_so = match why {
                Why::NotTheirs => true,
                Why::OtherKey => site.is_of_another_key(&entry.sealed),
                Why::Damaged => world.plan.has(|kind| matches!(kind, FaultKind::EntryDamaged(_))),
                // An operator has let those wait again.
                Why::Refused | Why::TooLarge => false,
            };
            if !is_so {
                found.push(format!("n{index} has set aside a turn: {}", why.words()));
            }
        }
    }
}

/// Calls of a machine to an origin that is down, before and after its breaker opens: few at first, then a trial now and then.
const KNOCKS_AT_FIRST: u64 = 60;
const KNOCKS_IN_HALF_A_MINUTE: u64 = 8;

/// An origin that is away is left alone but for a look now and then.
fn who_is_away_is_left_alone(world: &World, found: &mut Vec<Violation>) {
    let remembers =
        !world.plan.has(|kind| matches!(kind, FaultKind::KvFails | FaultKind::KvLosesWrites | FaultKind::KvStale));
    let machines = (0..world.sites.len()).filter(|node| world.plan.nodes[*node].flavour == Flavour::Machine);
    let stops: Vec<&Fault> = world.plan.faults.iter().filter(|fault| fault.kind == FaultKind::OriginStops).collect();
    let [stop] = stops[..] else { return };
    for node in machines.filter(|_| remembers) {
        let during = |(by, at_us): &&(usize, u64)| *by == node && stop.is_on(*at_us);
        let knocks = world.history.borrow().knocks.iter().filter(during).count() as u64;
        let half_minutes = (stop.to_us - stop.from_us) / 30_000_000 + 1;
        if knocks > KNOCKS_AT_FIRST + half_minutes * KNOCKS_IN_HALF_A_MINUTE {
            found.push(format!("n{node} asked an origin {knocks} times that was down"));
        }
    }
}

/// Turns that the origin has, by conversation.
type Kept = BTreeMap<String, Vec<CommitRequest>>;

/// What the origin did, one after the other.
struct Followed {
    /// What it has.
    kept: Kept,
    /// Conversations that were erased, with what they had then, where they had anything.
    erased: BTreeMap<String, Vec<CommitRequest>>,
    /// Ids of turns that were there and are not, because an older store took its place.
    lost: BTreeSet<String>,
}

/// What the origin has at a moment, and whose each conversation is.
type Snapshot = (Kept, BTreeMap<String, String>);

/// Follows what the origin did: each commit brings its conversation to the next version, and none follows an erasure.
fn follow(world: &World, found: &mut Vec<Violation>) -> Followed {
    let (mut kept, mut owners) = Snapshot::default();
    let mut backup = Snapshot::default();
    let (mut erased, mut lost) = (BTreeMap::new(), BTreeSet::new());
    let ids =
        |turns: &[CommitRequest]| -> Vec<String> { turns.iter().map(|t| t.response.manifest_id.clone()).collect() };
    for (_, deed) in &world.history.borrow().deeds {
        match deed {
            Deed::Committed(turn) => {
                let name = &turn.conversation_id;
                if erased.contains_key(name) {
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
                let gone = kept.remove(conversation);
                erased.entry(conversation.clone()).or_insert_with(|| gone.unwrap_or_default());
            }
            Deed::PersonErased { user, .. } => {
                let of_person: Vec<String> =
                    kept.keys().filter(|name| owners.get(*name) == Some(user)).cloned().collect();
                for name in of_person {
                    let gone = kept.remove(&name);
                    erased.entry(name).or_insert_with(|| gone.unwrap_or_default());
                }
            }
            Deed::BackedUp => backup = (kept.clone(), owners.clone()),
            Deed::Restored => {
                lost.extend(kept.values().flat_map(|turns| ids(turns)));
                (kept, owners) = backup.clone();
                kept.retain(|name, _| !erased.contains_key(name));
                kept.values().flat_map(|turns| ids(turns)).for_each(|id| {
                    lost.remove(&id);
                });
            }
        }
    }
    for name in erased.keys() {
        if world.origin.borrow().conversation(name).is_some() {
            found.push(format!("{name} was erased and is there again"));
        }
    }
    Followed { kept, erased, lost }
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
            let said = history.said.get(&turn.fingerprint).map(|text| spoken(text, &turn.record));
            let Some(said) = said.or_else(|| history.at_desk.get(&turn.fingerprint).map(|(turn, _)| turn.clone()))
            else {
                found.push(format!("{name}: nobody said {key}"));
                return;
            };
            let mut record = turn.record.clone();
            record.findings.retain(|finding| finding != RERUN_FINDING);
            match replay(state, said, &record) {
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

/// What a person said, as a node has the engine run it.
fn spoken(text: &str, record: &TurnRecord) -> Turn {
    Turn {
        event: None,
        participant: "user".into(),
        text: text.into(),
        context: serde_json::Map::new(),
        now_ms: record.at_ms,
        offset_seconds: 0,
        settings: engine::Settings::default(),
    }
}

fn replay(state: Conversation, turn: Turn, record: &TurnRecord) -> Option<Box<Outcome>> {
    let game = game::compiled();
    let mut step = engine::begin(&game, state, turn);
    for _ in 0..=MAX_CALLS_PER_TURN {
        match step {
            Step::Done(outcome) => return Some(outcome),
            Step::Call(pending) => {
                let index = pending.call.index;
                let status = &record.calls.get(index)?.status;
                let mut result = game::result(status, &pending.call.function, &pending.call.payload);
                // Why a call failed is told to operators in words that only the node has.
                if let CapabilityResult::Failed { detail, .. } = &mut result
                    && let Some(CapabilityResult::Failed { detail: told, .. }) = record.given.results.get(index)
                {
                    detail.clone_from(told);
                }
                step = pending.resume(&game, result);
            }
        }
    }
    None
}

/// Where a turn is at the origin.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    conversation: String,
    turn: u64,
    /// The answer that is given to whoever asks again.
    response: MoveResponse,
    /// Whether it came from a journal.
    waited: bool,
}

/// Places by the id of the turn's record and by what was asked: a key may have been used for two requests.
type Places = BTreeMap<(String, String), Place>;

/// The place of a turn that was acknowledged.
fn placed<'a>(places: &'a Places, ack: &Ack) -> Option<&'a Place> {
    places.get(&(ack.response.as_ref()?.manifest_id.clone(), ack.fingerprint.clone()))
}

fn places(kept: &Kept, found: &mut Vec<Violation>) -> Places {
    let mut places = Places::new();
    let mut persons: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, turns) in kept {
        for turn in turns {
            let waited = turn.journal_sequence.is_some();
            let response = turn.response.clone();
            if *persons.entry(&turn.response.manifest_id).or_insert(&turn.user_id) != turn.user_id {
                found.push(format!("{} stands for turns of two persons", response.manifest_id));
            }
            let id = (response.manifest_id.clone(), turn.fingerprint.clone());
            let place = Place { conversation: name.clone(), turn: turn.record.turn, response, waited };
            if places.insert(id, place).is_some() {
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
        Deed::Committed(_) | Deed::BackedUp | Deed::Restored => Vec::new(),
    };
    history.deeds.iter().flat_map(of).collect()
}

/// Whether somebody else speaks in the conversation: then whoever comes first owns it, and the other's turns may be dropped.
fn is_disputed(world: &World, conversation: &str) -> bool {
    let mut users = world.plan.clients.iter().filter(|client| client.conversation == conversation);
    let first = users.next().map(|client| &client.user);
    users.any(|client| Some(&client.user) != first)
}

/// Whether the turn was set aside at a node, and named there.
fn is_set_aside(world: &World, ack: &Ack) -> bool {
    let stream = digest::conversation(TENANT, game::GAME_ID, &ack.conversation);
    let turn = ack.response.as_ref().map_or(0, |response| response.turn);
    let is_it = |site: &crate::node::Site| {
        site.aside().iter().any(|(entry, _)| entry.stream == stream && entry.version == turn)
    };
    world.sites.iter().any(is_it)
}

fn acknowledged_turns_arrived(world: &World, places: &Places, lost: &BTreeSet<String>, found: &mut Vec<Violation>) {
    let erased = ever_erased(world);
    for ack in &world.history.borrow().acks {
        let Some(response) = &ack.response else { continue };
        if response.durable && (response.degraded.is_some() || ack.journal.is_some()) {
            found.push(format!("{} is durable and degraded at once", ack.turn));
        }
        if response.degraded.as_deref() == Some("journalled") && ack.journal.as_deref() == Some("none") {
            found.push(format!("{} is called journalled and lies in no journal", ack.turn));
        }
        if erased.contains(&ack.conversation) {
            continue;
        }
        match (promise(world, ack), placed(places, ack)) {
            (Promise::Durable | Promise::Journalled(_), None) if lost.contains(&response.manifest_id) => {}
            (Promise::Durable, None) => {
                found.push(format!("{} was acknowledged as durable and is nowhere", ack.turn));
            }
            (Promise::Durable, Some(at)) if lost.contains(&response.manifest_id) && at.response != *response => {}
            (Promise::Durable, Some(at)) if at.conversation != ack.conversation || at.turn != response.turn => {
                found.push(format!(
                    "{} was acknowledged as durable and is turn {} of {}",
                    ack.turn, at.turn, at.conversation
                ));
            }
            (Promise::Durable, Some(at)) if at.response != *response => {
                found.push(format!("{} was answered otherwise than it is kept", ack.turn));
            }
            (Promise::Journalled(journal), None) if !is_set_aside(world, ack) => {
                found.push(format!("{} was journalled ({journal}) and never arrived", ack.turn));
            }
            _ => {}
        }
    }
}

/// Who sends a turn again hears what they heard before, as long as it can be known where they ask.
fn retries_are_answered_as_before(world: &World, found: &mut Vec<Violation>) {
    let disturbed = world.plan.has(|kind| !matches!(kind, FaultKind::OriginStops | FaultKind::Delays(_)));
    let one_node = world.plan.nodes.len() == 1;
    let history = world.history.borrow();
    for (at, later) in history.acks.iter().enumerate() {
        let is_same = |ack: &&Ack| ack.key == later.key && ack.fingerprint == later.fingerprint;
        let Some(earlier) = history.acks[..at].iter().find(is_same) else { continue };
        let (Some(before), Some(now)) = (&earlier.response, &later.response) else { continue };
        let was_kept = promise(world, earlier) != Promise::Nothing;
        if was_kept && one_node && !disturbed && world.plan.erasures.is_empty() && before != now {
            found.push(format!("{} was answered otherwise than {}", later.turn, earlier.turn));
        }
    }
}

/// How long an answer may take that needs nobody but the node, while the node still looks for the origin, microseconds.
const AT_ONCE_US: u64 = 25_000_000;

/// The answer to the last turn of a conversation lies with its state: who sends it again has it, with the origin away.
fn what_a_node_holds_is_told_at_once(world: &World, found: &mut Vec<Violation>) {
    if world.plan.about != LAST_SAID_AGAIN {
        return;
    }
    let history = world.history.borrow();
    for (at, later) in history.acks.iter().enumerate() {
        let is_same = |ack: &Ack| ack.key == later.key && ack.fingerprint == later.fingerprint;
        let was_last = history.acks[..at].last().is_some_and(|before| is_same(before) && before.status == 200);
        let took_us = later.answered_us.saturating_sub(later.sent_us);
        if was_last && took_us > AT_ONCE_US {
            found.push(format!(
                "{} was answered after {} s by a node that had its answer",
                later.turn,
                took_us / 1_000_000
            ));
        }
    }
}

/// A turn that was sent after another one was acknowledged comes after it: where both are durable, where both came from
/// one journal, and where the earlier one waited on the disk of the machine that took the later one, whose stores worked.
/// A turn that also lies in another journal, because the answer to an earlier try was lost, comes from whichever is brought
/// home first.
fn acknowledged_turns_are_in_order(
    world: &World,
    places: &Places,
    lost: &BTreeSet<String>,
    found: &mut Vec<Violation>,
) {
    let history = world.history.borrow();
    let is_lost = |ack: &Ack| ack.response.as_ref().is_some_and(|response| lost.contains(&response.manifest_id));
    let is_retry = |at: usize| {
        let ack = &history.acks[at];
        history.acks[..at].iter().any(|before| before.key == ack.key && before.fingerprint == ack.fingerprint)
    };
    let stores_fail = world.plan.faults.iter().any(|fault| {
        use FaultKind::{EntryDamaged, JournalFails, KvFails, KvLosesWrites, KvStale};
        use FaultKind::{NodeCrashes, NodeCrashesAfterActing, NodeRekeyed, OriginRefuses};
        matches!(fault.kind, JournalFails | KvFails | KvLosesWrites | KvStale | EntryDamaged(_) | OriginRefuses)
            || matches!(fault.kind, NodeCrashes(_) | NodeCrashesAfterActing(_) | NodeRekeyed(_))
    });
    let is_set_aside = world
        .plan
        .has(|kind| matches!(kind, FaultKind::EntryDamaged(_) | FaultKind::OriginRefuses | FaultKind::NodeRekeyed(_)));
    for earlier in &history.acks {
        for (at, later) in history.acks.iter().enumerate() {
            if is_retry(at) || is_lost(earlier) || is_lost(later) {
                continue;
            }
            let follows = earlier.conversation == later.conversation && earlier.answered_us < later.sent_us;
            let (true, Some(one), Some(other)) = (follows, placed(places, earlier), placed(places, later)) else {
                continue;
            };
            let journal_of = |node: usize| world.sites[node].durable_journal();
            let in_one_journal = history
                .reached
                .get(&later.key)
                .is_none_or(|nodes| nodes.iter().all(|node| journal_of(*node) == journal_of(earlier.node)));
            let ordered = match (promise(world, earlier), promise(world, later)) {
                (Promise::Durable, Promise::Durable) => true,
                (Promise::Journalled(one_journal), Promise::Journalled(other_journal)) => {
                    one_journal == other_journal && one.waited && other.waited && in_one_journal && !is_set_aside
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

/// Who comes into another's conversation begins it: the number of their turn is not above what they have said themselves.
fn nobody_goes_on_with_anothers_state(world: &World, found: &mut Vec<Violation>) {
    let history = world.history.borrow();
    for ack in history.acks.iter().filter(|ack| is_disputed(world, &ack.conversation)) {
        let theirs = |(user, conversation, sent_us): &&(String, String, u64)| {
            *user == ack.user && *conversation == ack.conversation && *sent_us <= ack.answered_us
        };
        // What agents do to a person's conversation is that person's, too.
        let at_desk = |(at_us, deed): &&(u64, Deed)| match deed {
            Deed::Committed(turn) => {
                *at_us <= ack.answered_us
                    && (&turn.user_id, &turn.conversation_id) == (&ack.user, &ack.conversation)
                    && history.at_desk.contains_key(&turn.fingerprint)
            }
            _ => false,
        };
        let said = history.sent.iter().filter(theirs).count() + history.deeds.iter().filter(at_desk).count();
        let said = said as u64;
        if ack.response.as_ref().is_some_and(|response| response.turn > said) {
            found.push(format!("{} was answered on a state of another's", ack.turn));
        }
    }
}

/// The keys of persons, and whose each is.
fn keys(world: &World) -> BTreeSet<(&str, &str)> {
    let clients = world.plan.clients.iter();
    clients.flat_map(|client| client.turns.iter().map(|turn| (client.user.as_str(), turn.key()))).collect()
}

/// The game acts once in a turn at most, so a turn acts once at most, whoever ran it and however often.
fn side_effects_happened_once(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    let effects = world.services.effects.borrow();
    let mut of_turns: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut known = 0;
    for (user, key) in keys(world) {
        for index in 0..MAX_CALLS_PER_TURN {
            if let Some(times) = effects.get(&lgdl::services::act_key(TENANT, user, key, index)) {
                *of_turns.entry((user, key)).or_default() += times;
                known += 1;
            }
        }
    }
    if known != effects.len() {
        found.push("something was done for no turn of anybody".to_owned());
    }
    for ((user, key), times) in of_turns.iter().filter(|(_, times)| **times > 1) {
        found.push(format!("{key} of {user} acted {times} times"));
    }
    for turn in kept.values().flatten().filter(|turn| says_that_it_acted(turn)) {
        if !of_turns.contains_key(&(turn.user_id.as_str(), turn.idempotency_key.as_str())) {
            found.push(format!("{} says that it acted, and nothing was done", turn.idempotency_key));
        }
    }
}

fn says_that_it_acted(turn: &CommitRequest) -> bool {
    turn.record.calls.iter().any(|call| call.capability == "orders.place" && call.status == "ok")
}

/// Where nothing fails and nobody gives up, whatever was done stands in the record of a turn: nothing acts before it is sure of its
/// place.
fn who_acted_is_told(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    let plan = &world.plan;
    if !plan.faults.is_empty()
        || !plan.erasures.is_empty()
        || plan.clients.iter().any(|c| c.patience != Patience::Endless)
    {
        return;
    }
    let told = kept.values().flatten().filter(|turn| says_that_it_acted(turn)).count();
    let done = world.services.effects.borrow().len();
    if told != done {
        found.push(format!("{done} turns acted, and {told} say so"));
    }
}

/// Where nothing fails but services and their calls, a record whose turn has acted says at least that it tried to: of several tries of a
/// turn, none is kept that knows nothing of what another one did.
fn what_was_done_is_not_denied(world: &World, kept: &Kept, found: &mut Vec<Violation>) {
    let plan = &world.plan;
    let else_fails = plan.has(|kind| {
        use FaultKind::{AnswersLost, Delays, Duplicates, RequestsLost, ServicesErr};
        !matches!(
            kind,
            ServicesErr
                | AnswersLost(Link::Services)
                | Delays(Link::Services)
                | Duplicates(Link::Services)
                | RequestsLost(Link::Services)
        )
    });
    if else_fails || plan.nodes.iter().any(|node| node.program == Program::Former) {
        return;
    }
    let effects = world.services.effects.borrow();
    for turn in kept.values().flatten() {
        let key = lgdl::services::act_key(TENANT, &turn.user_id, &turn.idempotency_key, 0);
        let tried = |call: &engine::CallRecord| call.capability == "orders.place" && call.status != NO_PLACE;
        if effects.contains_key(&key) && !turn.record.calls.iter().any(tried) {
            found.push(format!("{} was done, and is kept as if it was not", turn.idempotency_key));
        }
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
    let floods = |ack: &Ack| {
        let is_it = |client: &crate::plan::ClientPlan| client.name == ack.client && client.patience == Patience::Floods;
        world.plan.clients.iter().any(is_it)
    };
    for ack in &world.history.borrow().acks {
        let fine = match ack.status {
            200 => ack.response.is_some(),
            404 => is_disputed(world, &ack.conversation),
            410 => erasing(ack),
            422 => is_key_used_twice(world, ack),
            429 | 503 => floods(ack),
            _ => false,
        };
        if !fine {
            found.push(format!("{} of {} was answered {}", ack.turn, ack.client, ack.status));
        }
    }
}

/// Whether the person has used the key for another request as well.
fn is_key_used_twice(world: &World, ack: &Ack) -> bool {
    let turns = world.plan.clients.iter().flat_map(|client| client.turns.iter().map(move |turn| (client, turn)));
    let same_key = turns.filter(|(client, turn)| key_of(&client.user, turn.key()) == ack.key);
    same_key.map(|(client, turn)| (&client.conversation, turn.text)).collect::<BTreeSet<_>>().len() > 1
}
