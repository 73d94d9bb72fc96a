//! Turns taken while the origin is away: kept sealed, and brought to the origin in order and once.
//!
//! Order within a conversation is the order of versions. That a turn arrives once is the origin's doing: an entry carries
//! the idempotency key of its request, so a second arrival is answered with the stored response.
//!
//! A version alone does not tell a state: while turns wait here, the origin may have given their versions to others. So an
//! entry names the state that it was run on, and is committed as it is only where the origin has that very state.

use lgdl::engine::{self, Conversation, MAX_CALLS_PER_TURN, Step, Turn};
use lgdl::wire::origin::{CommitAnswer, CommitRequest};
use serde::{Deserialize, Serialize};

use crate::call::{Call, random_hex};
use crate::digest;
use crate::origin::{Lookup, Origin, OriginError, Verdict};
use crate::pipeline::state::{self, Answered, Named, Start};
use crate::pipeline::{capabilities, games};
use crate::platform::{JournalEntry, JournalSafety, Platform, SeamError};
use crate::seal::{opened, sealed};

/// Conversations that one drain brings home at most.
pub const MAX_STREAMS_PER_DRAIN: usize = 64;
/// Attempts to place one entry whose conversation has moved on.
const MAX_PLACINGS: u32 = 3;
/// Added to the record of a turn that had to be run again when it was brought home: its text may differ from what was said.
pub const RERUN_FINDING: &str = "E214";

/// What an entry holds.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    tenant: String,
    /// The digest of the state that the turn was run on.
    ground: String,
    commit: CommitRequest,
    turn: Turn,
}

/// The newest thing that the journal knows of a conversation.
#[derive(Debug)]
pub enum Last {
    /// This very request waits already.
    SameRequest(Box<Answered>),
    /// The state after the last waiting turn.
    State(Box<Start>),
    /// Nothing of this user waits.
    Nothing,
}

/// Keeps a turn.
///
/// # Errors
/// When there is no journal, or another turn took the place.
pub async fn append<P: Platform>(
    call: &Call<'_, P>,
    named: &Named,
    ground: &Conversation,
    commit: CommitRequest,
    turn: Turn,
) -> Result<(), SeamError> {
    let none = || SeamError::Unavailable("no journal, or no key to seal it".into());
    let key = call.settings.state_key.as_ref().ok_or_else(none)?;
    if call.platform.journal_safety() == JournalSafety::None {
        return Err(none());
    }
    let version = commit.expected_version + 1;
    let commit = CommitRequest { journal_sequence: Some(version), ..commit };
    let waiting = Waiting { tenant: call.caller.tenant.clone(), ground: digest_of(ground), commit, turn };
    let row = [named.digest.as_str(), &version.to_string()];
    let sealed = sealed(call.platform, key, "journal", &row, &waiting).ok_or_else(none)?;
    let id = random_hex::<P, 8>(call.platform);
    call.platform.journal_append(&JournalEntry { stream: named.digest.clone(), version, id, sealed }).await
}

/// What waits for a conversation.
pub async fn last<P: Platform>(call: &Call<'_, P>, named: &Named, idempotency_key: &str) -> Last {
    let entries = call.platform.journal_read(&named.digest).await.unwrap_or_default();
    let mut last = Last::Nothing;
    for entry in &entries {
        let Some(waiting) = open(call, entry).filter(|waiting| waiting.commit.user_id == named.user) else { continue };
        let commit = waiting.commit;
        if commit.idempotency_key == idempotency_key {
            let CommitRequest { fingerprint, response, .. } = commit;
            return Last::SameRequest(Box::new(Answered { fingerprint, response }));
        }
        let start = Start::at(commit.expected_version + 1, commit.game_version, commit.state);
        last = Last::State(Box::new(start));
    }
    last
}

fn digest_of(state: &Conversation) -> String {
    digest::sha256(&serde_json::to_vec(state).unwrap_or_default())
}

fn open<P: Platform>(call: &Call<'_, P>, entry: &JournalEntry) -> Option<Waiting> {
    let key = call.settings.state_key.as_ref()?;
    opened(key, "journal", &[&entry.stream, &entry.version.to_string()], &entry.sealed)
}

/// Forgets the turns of an erased conversation that wait.
///
/// # Errors
/// When the journal can't be reached: some may still be there.
pub async fn forget<P: Platform>(platform: &P, stream: &str) -> Result<(), SeamError> {
    for entry in platform.journal_read(stream).await? {
        platform.journal_remove(stream, &entry.id).await?;
    }
    Ok(())
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Nothing waits any more.
    All,
    /// An entry could not be placed; what stands behind it in its conversation waits on.
    Partly,
    /// The origin did not answer; the rest waits on.
    Away,
}

/// Brings everything home, conversation by conversation; how it ended and how many turns arrived. One request at a time
/// does so: all of them at once would bury an origin that has just come back.
pub async fn drain<P: Platform>(call: &Call<'_, P>) -> (Drained, usize) {
    let origin = Origin::new(call);
    if !origin.is_back().await || !origin.begin_drain().await {
        return (Drained::Away, 0);
    }
    let drained = drain_streams(call).await;
    origin.end_drain().await;
    drained
}

async fn drain_streams<P: Platform>(call: &Call<'_, P>) -> (Drained, usize) {
    let Ok(streams) = call.platform.journal_streams(MAX_STREAMS_PER_DRAIN).await else { return (Drained::Partly, 0) };
    let (mut arrived, mut stuck) = (0, false);
    for stream in &streams {
        let (drained, count) = drain_stream(call, stream).await;
        arrived += count;
        match drained {
            Drained::All => {}
            // One conversation that can't go on must not stop the others.
            Drained::Partly => stuck = true,
            Drained::Away => return (Drained::Away, arrived),
        }
    }
    if stuck || streams.len() == MAX_STREAMS_PER_DRAIN {
        return (Drained::Partly, arrived);
    }
    let origin = Origin::new(call);
    origin.note_journal(false).await;
    // A turn may have been journalled since the list was made, and noted before this note.
    match call.platform.journal_streams(1).await {
        Ok(streams) if streams.is_empty() => (Drained::All, arrived),
        _ => {
            origin.note_journal(true).await;
            (Drained::Partly, arrived)
        }
    }
}

/// Brings one conversation's turns home, oldest first. Stops at the first that does not arrive: order before speed.
pub async fn drain_stream<P: Platform>(call: &Call<'_, P>, stream: &str) -> (Drained, usize) {
    let Ok(entries) = call.platform.journal_read(stream).await else { return (Drained::Partly, 0) };
    let mut arrived = 0;
    let mut reached = None;
    for entry in entries {
        // An entry that does not open (another key, damage) must not stop the others for ever.
        if let Some(waiting) = open(call, &entry) {
            let inner = call.for_tenant(waiting.tenant.clone());
            let home = bring_home(&inner, waiting, reached.as_deref()).await;
            call.absorb(inner);
            reached = match home {
                Home::Stuck => return (Drained::Partly, arrived),
                Home::Away => return (Drained::Away, arrived),
                Home::Arrived(state) => Some(state),
                Home::Settled => None,
            };
            arrived += 1;
        }
        if call.platform.journal_remove(stream, &entry.id).await.is_err() {
            return (Drained::Partly, arrived);
        }
    }
    (Drained::All, arrived)
}

/// What became of one turn.
enum Home {
    /// It is at the origin now, and led to the state of that digest.
    Arrived(String),
    /// It arrived before, or its conversation is gone: nothing is left to do.
    Settled,
    /// It can't be placed, at least not now.
    Stuck,
    /// The origin did not answer.
    Away,
}

impl From<OriginError> for Home {
    fn from(error: OriginError) -> Home {
        match error {
            OriginError::Away => Home::Away,
            OriginError::Unexpected(_) => Home::Stuck,
        }
    }
}

/// Brings one turn home. `reached` is the state that the turn before it led to, if that is known to be the origin's.
async fn bring_home<P: Platform>(call: &Call<'_, P>, waiting: Waiting, reached: Option<&str>) -> Home {
    let Waiting { mut ground, mut commit, turn, .. } = waiting;
    let mut other = match reached == Some(ground.as_str()) {
        true => None,
        false => match other_ground(call, &commit, &ground).await {
            Ok(other) => other,
            Err(error) => return error.into(),
        },
    };
    for _ in 0..MAX_PLACINGS {
        if let Some(start) = other.take() {
            let Some(outcome) = run_again(call, &start, &turn).await else { return Home::Stuck };
            ground = digest_of(&start.state);
            commit.expected_version = start.version;
            commit.game_version = start.game_version;
            commit.record = outcome.record;
            commit.record.findings.push(RERUN_FINDING.into());
            commit.state = outcome.conversation;
            state::drop_hot(call, &named_in(call, &commit)).await;
        }
        let conflict = match Origin::new(call).commit(&commit).await {
            Ok(Verdict::Conflict(conflict)) => conflict,
            Ok(Verdict::Answer(CommitAnswer::Committed { .. })) => return Home::Arrived(digest_of(&commit.state)),
            Ok(Verdict::Erased) => {
                // The origin may never have had it, and then names no tombstone of it to anybody.
                state::drop_hot(call, &named_in(call, &commit)).await;
                return Home::Settled;
            }
            Ok(Verdict::Answer(CommitAnswer::Replayed { .. }) | Verdict::NotTheirs | Verdict::KeyReused) => {
                return Home::Settled;
            }
            Err(error) => return error.into(),
        };
        if let Some(left_ms) = conflict.claimed_for_ms {
            call.platform.sleep_ms(left_ms.min(1_000)).await;
        }
        let start = Start::of(conflict.current, &commit.game_version);
        // A place that another turn only holds may still become free.
        other = (!is_ground(&start, &commit, &ground)).then_some(start);
    }
    Home::Stuck
}

fn named_in<P: Platform>(call: &Call<'_, P>, commit: &CommitRequest) -> Named {
    Named::new(&call.caller.tenant, &commit.game, &commit.conversation_id, &commit.user_id)
}

/// The origin's state, where it is not the one that a turn was run on. An older one counts too: by the time that the turn
/// is committed, turns from elsewhere may have brought it to the right version.
async fn other_ground<P: Platform>(
    call: &Call<'_, P>,
    commit: &CommitRequest,
    ground: &str,
) -> Result<Option<Start>, OriginError> {
    let current = match Origin::new(call).conversation(&commit.game, &commit.conversation_id, &commit.user_id).await? {
        Lookup::Found(current) => Some(*current),
        Lookup::Unknown => None,
        // The commit itself finds it out.
        Lookup::Erased => return Ok(None),
    };
    let start = Start::of(current, &commit.game_version);
    Ok((!is_ground(&start, commit, ground)).then_some(start))
}

fn is_ground(start: &Start, commit: &CommitRequest, ground: &str) -> bool {
    start.version == commit.expected_version && digest_of(&start.state) == ground
}

/// Runs a waiting turn on the state that won. What it called, it called when it was taken; nothing is called again.
async fn run_again<P: Platform>(call: &Call<'_, P>, start: &Start, turn: &Turn) -> Option<Box<engine::Outcome>> {
    let game = games::compiled(call, &start.game_version).await.ok()?;
    let mut step = engine::begin(&game, start.state.clone(), turn.clone());
    for _ in 0..=MAX_CALLS_PER_TURN {
        match step {
            Step::Done(outcome) => return Some(outcome),
            Step::Call(pending) => {
                let result =
                    capabilities::failed(capabilities::NO_PLACE, "the turn was taken while the origin was away");
                step = pending.resume(&game, result);
            }
        }
    }
    None
}
