//! Turns taken while the origin is away: kept sealed, and brought to the origin in order and once.
//!
//! Order within a conversation is the order of versions. That a turn arrives once is the origin's doing: an entry carries
//! the idempotency key of its request, so a second arrival is answered with the stored response.
//!
//! A version alone does not tell a state: while turns wait here, the origin may have given their versions to others. So an
//! entry names the state that it was run on, and is committed as it is only where the origin has that very state.
//!
//! What can't arrive, whatever is tried, is set aside: it is kept, counted and named until somebody decides, and stops nothing.

use lgdl::engine::{self, MAX_CALLS_PER_TURN, Step, Turn};
use lgdl::services;
use lgdl::wire::node::{Counts, Level, Limit, MAX_ASIDE, Page, Place, SetAside, Why};
use lgdl::wire::origin::{COMMIT_SLACK_BYTES, CommitAnswer, CommitRequest, MAX_COMMIT_BYTES};
use serde::{Deserialize, Serialize};

use crate::call::{Call, random_hex};
use crate::digest;
use crate::memory::About;
use crate::notes;
use crate::origin::{Lookup, Origin, OriginError, Verdict};
use crate::pipeline::games;
use crate::pipeline::state::{self, Answered, Named, Start};
use crate::pipeline::turn::UNKNOWN_ZONE;
use crate::platform::{JournalEntry, JournalSafety, Platform, SeamError};
use crate::seal::{Unopened, opened, sealed};

/// Conversations that one page of a drain brings home.
pub const STREAMS_A_PAGE: usize = 64;
/// How long one drain goes on, microseconds; the next one goes on behind it.
const DRAIN_US: u64 = 2_000_000;
/// The least that one conversation has of it.
const STREAM_US: u64 = 250_000;
/// How much of a person's own turn is for the turns that wait before it, microseconds; where it does not do, their turn waits with them.
const OWN_TURN_US: u64 = 250_000;
/// How much a drain computes, as far as it can tell, microseconds: well below what a host lets a request compute, which may be a
/// person's own turn with all that it has to do itself.
const COMPUTES_US: u64 = 150_000;
/// How long a conversation is one request's to bring home, milliseconds: longer than a drain goes on.
const STREAM_LASTS_MS: i64 = 3_000;
/// How often a person's own request looks whether another has brought its conversation home, milliseconds.
const STREAM_LOOK_MS: u64 = 25;
/// Attempts to place one entry whose conversation has moved on.
const MAX_PLACINGS: u32 = 3;
/// Added to the record of a turn that had to be run again when it was brought home: its text may differ from what was said.
pub const RERUN_FINDING: &str = "E214";
/// The note that says where the next drain goes on.
const CURSOR_NOTE: &str = "drained-to";

/// Where a drain has come to.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cursor {
    /// The page of conversations, by the end of the one before it.
    page: Option<String>,
    /// Behind this conversation of the page, the last one that was begun and did not come to its end.
    behind: Option<String>,
}

/// Until when a drain goes on.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    /// On the platform's steady clock.
    until_us: u64,
    /// The same of the time that was not spent on waiting for others.
    computes_until_us: u64,
}

impl Allowance {
    fn of<P: Platform>(call: &Call<'_, P>, us: u64) -> Allowance {
        let now_us = call.platform.ticks_us();
        Allowance { until_us: now_us + us, computes_until_us: call.computed_us() + COMPUTES_US }
    }

    /// An equal part of it for each of so many, [`STREAM_US`] at least.
    fn shared_by<P: Platform>(self, call: &Call<'_, P>, streams: usize) -> Allowance {
        let now_us = call.platform.ticks_us();
        let left_us = self.until_us.saturating_sub(now_us);
        let part_us = (left_us / streams.max(1) as u64).max(STREAM_US);
        Allowance { until_us: now_us + part_us, ..self }
    }

    fn is_used_up<P: Platform>(self, call: &Call<'_, P>) -> bool {
        call.platform.ticks_us() >= self.until_us || call.computed_us() >= self.computes_until_us
    }
}

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

/// Why a turn can't wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotKept {
    /// The journal does not hold it.
    Seam(SeamError),
    /// The journal did not say that it holds it, and can't be rid of it either: it may arrive all the same.
    Unclear(String),
    /// The origin would not take it when it arrives.
    TooLarge,
}

impl From<SeamError> for NotKept {
    fn from(error: SeamError) -> NotKept {
        NotKept::Seam(error)
    }
}

/// Keeps a turn.
///
/// # Errors
/// When there is no journal, another turn took the place, the turn could never arrive, or nobody knows whether it is kept.
pub async fn append<P: Platform>(
    call: &Call<'_, P>,
    named: &Named,
    start: &Start,
    commit: CommitRequest,
    turn: Turn,
) -> Result<(), NotKept> {
    let none = |why: &str| SeamError::Unavailable(why.into());
    let key = call.settings.state_key.as_ref().ok_or_else(|| none("no key to seal it"))?;
    if call.platform.journal_safety() == JournalSafety::None {
        return Err(none("no journal").into());
    }
    // What a node can't read it must not add to: the key that it has is not the one that its journal needs.
    if Origin::new(call).health().await.other_key {
        return Err(none("turns wait that were sealed under another key").into());
    }
    let version = commit.expected_version + 1;
    let commit = CommitRequest { journal_sequence: Some(version), ..commit };
    let bytes = serde_json::to_vec(&commit).map_err(|_| none("the turn can't be written"))?.len();
    if bytes + COMMIT_SLACK_BYTES > MAX_COMMIT_BYTES {
        return Err(NotKept::TooLarge);
    }
    let waiting = Waiting { tenant: call.caller.tenant.clone(), ground: start.digest(), commit, turn };
    let row = [named.digest.as_str(), &version.to_string()];
    let sealed = sealed(call.platform, key, "journal", &row, &waiting).ok_or_else(|| none("it can't be sealed"))?;
    let id = random_hex::<P, 8>(call.platform);
    let entry = JournalEntry { stream: named.digest.clone(), version, id, sealed };
    match call.platform.journal_append(&entry).await {
        // It may lie there all the same (the answer came too late, or half of it was done), and what the client is told was not kept
        // must not arrive.
        Err(SeamError::Unavailable(why)) => match call.platform.journal_remove(&entry.stream, &entry.id).await {
            Ok(()) => Err(SeamError::Unavailable(why).into()),
            Err(_) => Err(NotKept::Unclear(why)),
        },
        kept => Ok(kept?),
    }
}

/// What waits for a conversation.
///
/// # Errors
/// When the journal can't be read. That is not the same as nothing.
pub async fn last<P: Platform>(call: &Call<'_, P>, named: &Named, idempotency_key: &str) -> Result<Last, SeamError> {
    let mut last = Last::Nothing;
    let mut after = None;
    loop {
        let page = call.platform.journal_read(&named.digest, after.as_ref()).await?;
        for entry in &page.entries {
            // What can't be opened here is for the drain to set aside; the turns behind it are run again then.
            let Ok(waiting) = open(call, entry) else { continue };
            let commit = waiting.commit;
            if commit.user_id != named.user {
                continue;
            }
            if commit.idempotency_key == idempotency_key {
                let CommitRequest { fingerprint, response, .. } = commit;
                return Ok(Last::SameRequest(Box::new(Answered { fingerprint, response })));
            }
            let start = Start::at(commit.expected_version + 1, commit.game_version, commit.state);
            last = Last::State(Box::new(start));
        }
        after = match following(&page) {
            Some(place) => Some(place),
            None => return Ok(last),
        };
    }
}

/// Where the page after this one begins.
fn following(page: &Page) -> Option<Place> {
    if page.more { page.end() } else { None }
}

fn open<P: Platform>(call: &Call<'_, P>, entry: &JournalEntry) -> Result<Waiting, Unopened> {
    let key = call.settings.state_key.as_ref().ok_or(Unopened::OtherKey)?;
    opened(key, "journal", &[&entry.stream, &entry.version.to_string()], &entry.sealed)
}

/// Forgets the turns of an erased conversation that wait, whoever can read them.
///
/// # Errors
/// When the journal can't be reached: some may still be there.
pub async fn forget<P: Platform>(platform: &P, stream: &str) -> Result<(), SeamError> {
    loop {
        let page = platform.journal_read(stream, None).await?;
        let Some(end) = page.end() else { break };
        for entry in &page.entries {
            platform.journal_remove(stream, &entry.id).await?;
        }
        for place in &page.unreadable {
            platform.journal_remove(stream, &place.id).await?;
        }
        if !page.more {
            break;
        }
        // Whatever a store still shows of what was removed is not looked at for ever.
        if platform.journal_read(stream, None).await?.end().is_some_and(|now| now <= end) {
            return Err(SeamError::Unavailable("what was removed is still there".into()));
        }
    }
    loop {
        let aside = platform.journal_aside(&Limit::of(Some(stream))).await?;
        let mut any = false;
        for aside in &aside {
            any |= platform.journal_drop(stream, &aside.id).await?;
        }
        match aside.len() < MAX_ASIDE {
            true => return Ok(()),
            false if any => {}
            false => return Err(SeamError::Unavailable("what was dropped is still there".into())),
        }
    }
}

/// What waits of a person's conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theirs {
    /// Turns of this person.
    Some,
    /// Nothing of theirs.
    None,
    /// Something that this node can't read.
    Unreadable,
}

/// Whether turns of this person wait, or were set aside.
///
/// # Errors
/// When the journal can't be read.
pub async fn theirs<P: Platform>(call: &Call<'_, P>, named: &Named) -> Result<Theirs, SeamError> {
    let mut unreadable = false;
    let mut after = None;
    loop {
        let page = call.platform.journal_read(&named.digest, after.as_ref()).await?;
        unreadable |= !page.unreadable.is_empty();
        for entry in &page.entries {
            match open(call, entry) {
                Ok(waiting) if waiting.commit.user_id == named.user => return Ok(Theirs::Some),
                Ok(_) => {}
                Err(_) => unreadable = true,
            }
        }
        after = match following(&page) {
            Some(place) => Some(place),
            None => break,
        };
    }
    unreadable |= !call.platform.journal_aside(&Limit { limit: 1, ..Limit::of(Some(&named.digest)) }).await?.is_empty();
    Ok(if unreadable { Theirs::Unreadable } else { Theirs::None })
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Nothing waits any more.
    All,
    /// An entry could not be placed; what stands behind it in its conversation waits on.
    Partly,
    /// The time for it was over, or another request has the conversation in hand; the rest waits for the next occasion.
    Unfinished,
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
    let (mut arrived, mut stuck) = (0, false);
    let recalled: Option<Cursor> = notes::recall(call.platform, About::Node, CURSOR_NOTE).await;
    let mut cursor = recalled.unwrap_or_default();
    let from_the_beginning = cursor == Cursor::default();
    let mut begun_with = None;
    let outcome = 'drain: loop {
        let Ok(page) = call.platform.journal_streams(STREAMS_A_PAGE, cursor.page.as_deref()).await else {
            break Drained::Partly;
        };
        // The first list is not counted: where it takes long, nothing else would ever be done.
        let allowance = *begun_with.get_or_insert_with(|| Allowance::of(call, DRAIN_US));
        let last = cursor.behind.as_ref().and_then(|last| page.streams.iter().position(|stream| stream == last));
        let streams = &page.streams[last.map_or(0, |last| last + 1)..];
        for (done, stream) in streams.iter().enumerate() {
            if allowance.is_used_up(call) {
                break 'drain Drained::Unfinished;
            }
            let part = allowance.shared_by(call, streams.len() - done);
            let (drained, count) = drain_stream(call, stream, part).await;
            arrived += count;
            match drained {
                Drained::All => {}
                // One conversation that can't go on must not stop the others.
                Drained::Partly | Drained::Unfinished => {
                    stuck = true;
                    cursor.behind = Some(stream.clone());
                }
                Drained::Away => break 'drain Drained::Away,
            }
        }
        cursor = Cursor { page: page.next, behind: None };
        if cursor.page.is_none() {
            break if stuck || !from_the_beginning { Drained::Partly } else { Drained::All };
        }
    };
    notes::remember(call.platform, About::Node, CURSOR_NOTE, &cursor).await;
    let origin = Origin::new(call);
    let counts = call.platform.journal_counts().await;
    if let Ok(counts) = counts {
        origin.note_journal(outcome != Drained::All || counts.waiting > 0, counts.other_key > 0).await;
    }
    match (outcome, counts) {
        // A turn may have been journalled since the streams were listed.
        (Drained::All, Ok(Counts { waiting: 0, .. })) => (Drained::All, arrived),
        (Drained::All, _) => (Drained::Partly, arrived),
        (other, _) => (other, arrived),
    }
}

/// Brings home what waits of the conversation of a person's own turn, as far as a small part of its time goes.
pub async fn drain_before_turn<P: Platform>(call: &Call<'_, P>, stream: &str) -> Drained {
    drain_own(call, stream, OWN_TURN_US).await
}

/// Brings home what waits of a conversation that a person asks about, as far as the time of a whole drain goes.
pub async fn drain_for_person<P: Platform>(call: &Call<'_, P>, stream: &str) -> Drained {
    drain_own(call, stream, DRAIN_US).await
}

/// The same, in so much time. Where another request has it in hand, it is waited for.
async fn drain_own<P: Platform>(call: &Call<'_, P>, stream: &str, us: u64) -> Drained {
    let allowance = Allowance::of(call, us);
    loop {
        let drained = drain_stream(call, stream, allowance).await.0;
        if drained != Drained::Unfinished || allowance.is_used_up(call) {
            return drained;
        }
        call.sleep_ms(STREAM_LOOK_MS).await;
    }
}

/// Brings one conversation's turns home, oldest first, one request at a time. Stops at the first that may still arrive and does not:
/// order before speed. What can never arrive is set aside. One entry at least is placed, so that it comes to an end however little
/// time there is.
async fn drain_stream<P: Platform>(call: &Call<'_, P>, stream: &str, allowance: Allowance) -> (Drained, usize) {
    let note = format!("draining:{stream}");
    let taken_until_ms: Option<i64> = notes::recall(call.platform, About::Stream, &note).await;
    let now_ms = call.platform.now_ms();
    if taken_until_ms.is_some_and(|until_ms| (1..=STREAM_LASTS_MS).contains(&until_ms.saturating_sub(now_ms))) {
        return (Drained::Unfinished, 0);
    }
    // Read once nobody else takes it home, so that nothing is sent that has just arrived.
    let Ok(first) = call.platform.journal_read(stream, None).await else { return (Drained::Partly, 0) };
    if first.end().is_none() {
        return (Drained::All, 0);
    }
    let (until_ms, lasts_ms) = (now_ms + STREAM_LASTS_MS, STREAM_LASTS_MS.unsigned_abs());
    notes::remember_for(call.platform, About::Stream, &note, &until_ms, lasts_ms).await;
    let drained = drain_pages(call, stream, first, allowance).await;
    notes::forget(call.platform, About::Stream, &note).await;
    drained
}

async fn drain_pages<P: Platform>(
    call: &Call<'_, P>,
    stream: &str,
    first: Page,
    allowance: Allowance,
) -> (Drained, usize) {
    let (mut arrived, mut begun) = (0, 0_usize);
    let mut reached = None;
    let mut page = first;
    loop {
        for place in &page.unreadable {
            if !set_aside(call, stream, place.clone(), Why::Damaged).await {
                return (Drained::Partly, arrived);
            }
        }
        for entry in &page.entries {
            if begun > 0 && allowance.is_used_up(call) {
                return (Drained::Unfinished, arrived);
            }
            begun += 1;
            let home = match open(call, entry) {
                Err(Unopened::OtherKey) => Home::Never(Why::OtherKey),
                Err(Unopened::Damaged) => Home::Never(Why::Damaged),
                Ok(waiting) => {
                    let inner = call.for_tenant(waiting.tenant.clone());
                    let home = bring_home(&inner, waiting, reached.as_deref()).await;
                    call.absorb(inner);
                    home
                }
            };
            reached = match home {
                Home::Stuck => return (Drained::Partly, arrived),
                Home::Away => return (Drained::Away, arrived),
                Home::Never(why) => {
                    if !set_aside(call, stream, entry.place(), why).await {
                        return (Drained::Partly, arrived);
                    }
                    reached = None;
                    continue;
                }
                Home::Arrived(state) => Some(state),
                Home::Settled => None,
            };
            arrived += 1;
            // One that has arrived and can't be removed (a full disk, say) arrives again, and that changes nothing: it must
            // not keep the others.
            if call.platform.journal_remove(stream, &entry.id).await.is_err() {
                call.tell(Level::Warn, "a turn that arrived could not be removed from the journal", |_| {});
                Origin::new(call).note_unremoved().await;
            }
        }
        let Some(after) = following(&page) else { return (Drained::All, arrived) };
        let Ok(next) = call.platform.journal_read(stream, Some(&after)).await else {
            return (Drained::Partly, arrived);
        };
        page = next;
    }
}

/// Keeps an entry apart that can't arrive; false when the journal does not do so.
async fn set_aside<P: Platform>(call: &Call<'_, P>, stream: &str, place: Place, why: Why) -> bool {
    let order = SetAside { stream: stream.to_owned(), place, why };
    let done = call.platform.journal_set_aside(&order).await.is_ok();
    call.tell(Level::Error, "a waiting turn was set aside", |line| line.detail = Some(why.words().into()));
    if why == Why::OtherKey {
        Origin::new(call).note_journal(true, true).await;
    }
    done
}

/// What became of one turn.
enum Home {
    /// It is at the origin now, and led to the state of that digest.
    Arrived(String),
    /// It arrived before, or its conversation is gone: nothing is left to do.
    Settled,
    /// It can't be placed now.
    Stuck,
    /// It can't be placed at all.
    Never(Why),
    /// The origin did not answer, or does not speak with this node.
    Away,
}

impl From<OriginError> for Home {
    fn from(error: OriginError) -> Home {
        match error {
            OriginError::Away
            | OriginError::Unanswered
            | OriginError::Estranged(_)
            | OriginError::Unintelligible(_) => Home::Away,
            OriginError::TooLarge => Home::Never(Why::TooLarge),
            OriginError::Refused(_) => Home::Never(Why::Refused),
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
    let mut key_is_taken = false;
    for _ in 0..MAX_PLACINGS {
        if let Some(start) = other.take() {
            let Some(outcome) = run_again(call, &start, &turn).await else { return Home::Stuck };
            ground = start.digest();
            commit.expected_version = start.version;
            commit.base = start.base();
            commit.game_version = start.game_version;
            let findings = std::mem::take(&mut commit.record.findings);
            commit.record = outcome.record;
            // What the engine does not know of.
            commit.record.findings.extend(findings.into_iter().filter(|code| code == UNKNOWN_ZONE));
            commit.record.findings.push(RERUN_FINDING.into());
            commit.state = outcome.conversation;
            state::drop_own(call, &named_in(call, &commit)).await;
        } else if commit.expected_version > 0 && commit.base.is_none() {
            commit.base = Some(state::name(&ground, None));
        }
        let conflict = match Origin::new(call).commit(&commit).await {
            Ok(Verdict::Conflict(conflict)) => conflict,
            Ok(Verdict::Answer(CommitAnswer::Committed { .. })) => {
                return Home::Arrived(state::digest_of(&commit.state));
            }
            Ok(Verdict::Erased) => {
                // The origin may never have had it, and then names no tombstone of it to anybody.
                state::drop_hot(call, &named_in(call, &commit)).await;
                return Home::Settled;
            }
            Ok(Verdict::Answer(CommitAnswer::Replayed { .. })) => return Home::Settled,
            Ok(Verdict::NotTheirs) => return Home::Never(Why::NotTheirs),
            // The key stands for another request of this person, in another conversation, that nobody here could know of.
            // This turn was acknowledged, too, and arrives under a key of its own.
            Ok(Verdict::KeyReused) if !key_is_taken => {
                key_is_taken = true;
                commit.idempotency_key = digest::second_key(&commit.idempotency_key, &commit.fingerprint);
                continue;
            }
            Ok(Verdict::KeyReused) => return Home::Never(Why::Refused),
            // What waits is taken all the same; an origin that refuses it may have room later.
            Ok(Verdict::Full) => return Home::Stuck,
            Ok(Verdict::Unacceptable(error)) | Err(error) => return error.into(),
        };
        if let Some(left_ms) = conflict.claimed_for_ms {
            call.sleep_ms(left_ms.min(1_000)).await;
        }
        let start = Start::of(conflict.current, &commit.game_version);
        // A place that another turn only holds may still become free.
        other = (conflict.claimed_for_ms.is_none() || !is_ground(&start, &commit, &ground)).then_some(start);
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
    let current = match Origin::new(call).conversation_then(commit).await? {
        Lookup::Found(current) => Some(*current),
        Lookup::Unknown => None,
        // The commit itself finds it out.
        Lookup::Erased => return Ok(None),
    };
    let start = Start::of(current, &commit.game_version);
    Ok((!is_ground(&start, commit, ground)).then_some(start))
}

fn is_ground(start: &Start, commit: &CommitRequest, ground: &str) -> bool {
    start.version == commit.expected_version && start.digest() == ground
}

/// Runs a waiting turn on the state that won. What it called, it called when it was taken; nothing is called again.
async fn run_again<P: Platform>(call: &Call<'_, P>, start: &Start, turn: &Turn) -> Option<Box<engine::Outcome>> {
    let game = match games::compiled(call, &start.game_version).await {
        Ok(game) => game,
        Err(refusal) => {
            call.tell(Level::Warn, "a waiting turn can't be run again", |line| {
                line.code = Some(refusal.reason.code().into());
            });
            return None;
        }
    };
    let mut step = engine::begin(&game, start.state.clone(), turn.clone());
    for _ in 0..=MAX_CALLS_PER_TURN {
        match step {
            Step::Done(outcome) => return Some(outcome),
            Step::Call(pending) => {
                let result = services::failed(services::NO_PLACE, "the turn was taken while the origin was away");
                step = pending.resume(&game, result);
            }
        }
    }
    None
}
