//! Stages 7 to 9: one turn, from its state to its commit. The origin's compare-and-swap orders turns; whoever loses runs
//! again on the state that won.

use std::cell::Cell;

use lgdl::breaker::Breaker;
use lgdl::engine::{
    self, CapabilityCall, CapabilityResult, Conversation, MAX_CALLS_PER_TURN, Outcome, Step, Turn, TurnRecord,
};
use lgdl::matcher::Stage;
use lgdl::problem::Reason;
use lgdl::services::{self, NO_PLACE};
use lgdl::wire::client::{MoveRequest, MoveResponse};
use lgdl::wire::origin::{
    Acting, ClaimRequest, CommitAnswer, CommitRequest, Conflict, GameEntry, MAX_ACTING_MS, MAX_COMMIT_BYTES, StateName,
};

use crate::answer::{Event, Refusal};
use crate::call::Call;
use crate::digest;
use crate::memory::About;
use crate::notes;
use crate::origin::{Lookup, Origin, OriginError, Verdict, pause};
use crate::pipeline::degraded::{Attempt, Patience};
use crate::pipeline::journal::Drained;
use crate::pipeline::reply::{Kept, move_response};
use crate::pipeline::state::{Named, Start};
use crate::pipeline::{capabilities, consent, degraded, games, journal, state};
use crate::platform::{JournalSafety, Platform};

/// Runs of one turn before the client is asked to come back.
pub const MAX_RUNS: u32 = 3;
/// How long a turn waits for one that acts, or for another try of itself, in all, milliseconds.
const CLAIM_WAIT_MS: u64 = 3_000;
/// The shortest and the longest pause in it. The next is as long as all before it, so that little is asked and little is waited.
const CLAIM_PAUSE_MS: (u64, u64) = (25, 500);
/// Attempts at a commit by [`Origin`], each of which may take the origin's timeout; a turn that acts needs that much longer.
const COMMIT_TRIES: u64 = 2;
/// When whoever found no room for a conversation should try again, milliseconds.
const TOO_MANY_RETRY_MS: u64 = 60_000;
/// The longest pause before another run, milliseconds, by the number of runs so far.
const RERUN_PAUSE_MS: u64 = 10;

/// A turn to be taken.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The conversation.
    pub named: Named,
    /// The game's entry, with the active version.
    pub entry: GameEntry,
    /// What the client asked.
    pub request: MoveRequest,
    /// The client's idempotency key, or one that was made here.
    pub key: String,
    /// This try of the turn, told apart from others under the same key.
    pub attempt: String,
    /// Whether it is the client's, who may then send this turn again.
    pub may_come_again: bool,
    /// The version of the conversation that it is for, where the client says so.
    pub expected: Option<u64>,
    /// What the key stands for.
    pub fingerprint: String,
    /// The turn's time.
    pub now_ms: i64,
    /// Seconds east of UTC where the person is.
    pub offset_seconds: i32,
    /// Whether that is known.
    pub zone: Zone,
    /// When the request came, on the platform's steady clock.
    pub came_us: u64,
    /// Whether this request has found that it may be kept, and can't know ([`Ask::note_unclear`]).
    pub unclear: Cell<bool>,
}

/// Where a person's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// As the request says, or at UTC, where it does not say.
    Known,
    /// Nobody knows the zone that the request names; UTC was taken.
    Unknown,
}

/// The finding in the record of a turn that was taken at UTC, since its zone is not known.
pub const UNKNOWN_ZONE: &str = "E216";

impl Zone {
    /// A record that tells of it.
    fn told(self, mut record: TurnRecord) -> TurnRecord {
        if self == Zone::Unknown && record.findings.iter().all(|finding| finding != UNKNOWN_ZONE) {
            record.findings.push(UNKNOWN_ZONE.into());
        }
        record
    }
}

/// A turn that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The answer.
    pub response: MoveResponse,
    /// Where it waits for the origin, if it does.
    pub journal: Option<JournalSafety>,
}

impl Ask {
    /// The engine's input.
    pub(crate) fn turn<P: Platform>(&self, call: &Call<'_, P>, stateless: bool) -> Turn {
        Turn {
            event: self.request.event.clone(),
            participant: self.request.participant.clone().unwrap_or_else(|| "user".into()),
            text: self.request.input.clone(),
            context: self.request.context.clone(),
            now_ms: self.now_ms,
            offset_seconds: self.offset_seconds,
            settings: engine::Settings {
                explain: self.request.explain && call.settings.development,
                stateless,
                ..call.settings.engine.clone()
            },
        }
    }

    pub(crate) fn response<P: Platform>(
        &self,
        call: &Call<'_, P>,
        outcome: &Outcome,
        kept: Kept,
        game_version: &str,
    ) -> MoveResponse {
        let latency_us = call.platform.ticks_us().saturating_sub(self.came_us);
        move_response(outcome, kept, self.turn_id(call), latency_us, game_version)
    }

    /// The id of the turn, the same for every attempt at it.
    pub(crate) fn turn_id<P: Platform>(&self, call: &Call<'_, P>) -> String {
        digest::turn_id(&call.caller.tenant, &self.named.user, &self.key)
    }

    /// Remembers that nobody here knows whether the turn is kept: it was sent to be, and nothing came back. Until that is known it is
    /// called lost by nobody.
    pub(crate) async fn note_unclear<P: Platform>(&self, call: &Call<'_, P>) {
        self.unclear.set(true);
        notes::share(call.platform, About::Turn, &self.unclear_note(call), &true).await;
    }

    /// Whether this request, or an earlier one for the same turn, has left it unknown whether it is kept.
    pub(crate) async fn is_unclear<P: Platform>(&self, call: &Call<'_, P>) -> bool {
        self.unclear.get()
            || notes::recall_shared(call.platform, About::Turn, &self.unclear_note(call)).await == Some(true)
    }

    fn unclear_note<P: Platform>(&self, call: &Call<'_, P>) -> String {
        format!("unclear:{}", self.turn_id(call))
    }

    /// Asks for the turn's place on a version, to act for so long.
    fn claim(&self, version: u64, base: Option<StateName>, for_ms: u64) -> ClaimRequest {
        ClaimRequest {
            game: self.named.game.clone(),
            conversation_id: self.named.conversation.clone(),
            user_id: self.named.user.clone(),
            expected_version: version,
            base,
            idempotency_key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            acting: Some(Acting { attempt: self.attempt.clone(), for_ms }),
        }
    }

    pub(crate) fn commit(&self, start: &Start, outcome: Outcome, response: MoveResponse) -> CommitRequest {
        CommitRequest {
            game: self.named.game.clone(),
            conversation_id: self.named.conversation.clone(),
            user_id: self.named.user.clone(),
            game_version: start.game_version.clone(),
            expected_version: start.version,
            base: start.base(),
            idempotency_key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            record: self.zone.told(outcome.record),
            state: outcome.conversation,
            response,
            journal_sequence: None,
            attempt: Some(self.attempt.clone()),
        }
    }
}

/// Takes a turn; `hot` is what this node holds of the conversation, where that was read already.
///
/// # Errors
/// 404 for another user's conversation, 410 for an erased one, 422 for a key that stands for another request, 503 when
/// other turns kept winning or the game can't be had.
pub async fn take<P: Platform>(call: &Call<'_, P>, ask: &Ask, hot: Option<Start>) -> Result<Taken, Refusal> {
    if call.settings.state_disabled {
        return degraded::stateless(call, ask).await;
    }
    match Box::pin(attempt(call, ask, hot, Patience::Some)).await? {
        Attempt::Taken(taken) => Ok(*taken),
        Attempt::OriginIsBack => match Box::pin(attempt(call, ask, None, Patience::None)).await? {
            Attempt::Taken(taken) => Ok(*taken),
            Attempt::OriginIsBack => Err(Refusal::new(Reason::Internal, "The turn was not taken.")),
        },
    }
}

async fn attempt<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    known: Option<Start>,
    patience: Patience,
) -> Result<Attempt, Refusal> {
    let origin = Origin::new(call);
    let may_ask = async || origin.health().await.breaker.would_admit(call.platform.now_ms());
    let hot = async || state::hot(call, &ask.named, &ask.entry.version).await;
    let mut start = match known {
        Some(start) => start,
        None => {
            let start = hot().await;
            call.stage("state");
            start
        }
    };
    // Turns of this conversation that wait must arrive before this one.
    let mut in_order = true;
    if (start.waiting || origin.health().await.journal_pending) && may_ask().await {
        in_order = journal::drain_before_turn(call, &ask.named.digest).await == Drained::All;
        if start.waiting {
            // It is gone if a turn had to be run again.
            start = hot().await;
        }
        call.stage("drain");
    }
    if !in_order || !may_ask().await {
        return Box::pin(degraded::take(call, ask, start, patience)).await;
    }
    let taken = start.taken();
    // What waited may have been brought home elsewhere, behind other turns. So a state that waited is good for the time
    // without the origin only.
    let (mut start, without_origin) = match start.waiting {
        true => (Start::fresh(&ask.entry.version, true).knowing(&taken), Some(start)),
        false => (start, None),
    };
    let mut performed = Performed::default();
    let mut again = Again::default();
    let mut is_stale = false;
    while !again.is_enough() {
        if let Some(expected) = ask.expected.filter(|expected| *expected != start.version) {
            // On the heap: few turns ask for it, and all would be larger.
            let found = Box::pin(at_version(call, ask, expected)).await;
            call.stage("lookup");
            start = match found? {
                AtVersion::There(start) => start.knowing(&taken),
                AtVersion::Replayed(response) => {
                    call.observe(Event::Replay);
                    return Ok(Taken { response: *response, journal: None }.into());
                }
                AtVersion::Held(conflict) => {
                    again.after(call, &conflict).await;
                    call.stage("wait");
                    continue;
                }
            };
        }
        let game = games::compiled(call, &start.game_version).await;
        call.stage("game");
        let game = game?;
        let sure = match origin.health().await.breaker == Breaker::default() {
            true => Ok(true),
            // It failed lately. Of a question that fails as well everybody knows that nothing is kept by it; of a commit nobody does.
            // A stranger is told as well that there is no such conversation: it is assumed still.
            false => know_start(call, ask, &mut start.clone()).await,
        };
        let ran = match sure {
            Ok(true) => run(call, ask, &game, &mut start, &mut performed).await,
            Ok(false) => {
                let start = without_origin.unwrap_or(start);
                return Box::pin(degraded::take(call, ask, start, patience)).await;
            }
            Err(verdict) => Ran::Stopped(verdict),
        };
        let settled = match ran {
            Ran::Done(mut outcome) => {
                call.stage("engine");
                let response = ask.response(call, &outcome, Kept::Durable, &start.game_version);
                let explanation = outcome.explanation.take();
                let commit = ask.commit(&start, *outcome, response);
                let committed = origin.commit(&commit).await;
                call.stage("commit");
                match committed {
                    Ok(verdict) => {
                        let CommitRequest { record, state, response, .. } = commit;
                        let understood_by = record.understood_by;
                        settle(verdict, Some(Done { understood_by, state, response, epoch: None }))
                    }
                    Err(OriginError::TooLarge) => return Err(too_large(&commit)),
                    Err(error) if !error.is_away() => return Err(refusal_of(error)),
                    Err(error) => {
                        if error == OriginError::Unanswered {
                            ask.note_unclear(call).await;
                        }
                        if start.assumed {
                            let start = without_origin.unwrap_or(start);
                            return Box::pin(degraded::take(call, ask, start, patience)).await;
                        }
                        let outcome = Outcome { conversation: commit.state, record: commit.record, explanation };
                        return Box::pin(degraded::keep(call, ask, &start, outcome, patience)).await;
                    }
                }
            }
            Ran::Stopped(verdict) => settle(*verdict, None),
        };
        match settled {
            Settled::Committed(done) => {
                call.observe(Event::Turn);
                let Done { understood_by, state, response, epoch } = *done;
                match understood_by.as_deref() {
                    Some(by) if by == Stage::Meaning.name() => call.observe(Event::TurnByMeaning),
                    Some(by) if by == Stage::Service.name() => call.observe(Event::TurnByService),
                    _ => {}
                }
                let next = start.after(state, epoch);
                let next = match ask.may_come_again {
                    true => next.remembering(&ask.fingerprint, &response),
                    false => next,
                };
                state::keep(call, &ask.named, next);
                call.stage("seal");
                return Ok(Taken { response, journal: None }.into());
            }
            Settled::Replayed(response) => {
                call.observe(Event::Replay);
                return Ok(Taken { response: *response, journal: None }.into());
            }
            Settled::Refused(refusal) => {
                match refusal.reason {
                    Reason::Erased => {
                        state::drop_hot(call, &ask.named).await;
                        // What does not go now goes when the node next asks what was erased.
                        let _ = consent::forget(call.platform, &ask.named.digest).await;
                    }
                    // A stranger's turn is refused, and the state of whose conversation it is stays.
                    Reason::UnknownConversation => state::drop_own(call, &ask.named).await,
                    // Nothing has changed: what lies here is as good as it was.
                    _ => {}
                }
                return Err(refusal);
            }
            Settled::Stale(conflict) => {
                call.observe(Event::Conflict);
                if conflict.current.as_ref().map_or(0, |current| current.version) < start.version {
                    // This node is ahead of the origin: turns wait that nobody had noted.
                    let drained = journal::drain_before_turn(call, &ask.named.digest).await;
                    call.stage("drain");
                    if drained != Drained::All {
                        return Box::pin(degraded::take(call, ask, start, patience)).await;
                    }
                }
                if start.version == 0 && conflict.current.is_none() && conflict.claimed_for_ms.is_none() {
                    // No conversation begins in this version any more: what this node knows of its games is not so.
                    games::doubt_list(call).await;
                    return Err(contended());
                }
                is_stale |= conflict.claimed_for_ms.is_none();
                again.after(call, &conflict).await;
                call.stage("wait");
                start = newer(ask, *conflict)?.knowing(&taken);
            }
        }
    }
    if is_stale {
        state::drop_hot(call, &ask.named).await;
    }
    Err(contended())
}

/// What a client is told whose turn has found no place.
pub(crate) fn contended() -> Refusal {
    let detail = "Another turn of this conversation, or this one under the same key, is being taken. Send it again with the same key.";
    Refusal::new(Reason::Contended, detail).retry_after_ms(1_000)
}

/// What a client is told of a turn that may be kept, and may be lost.
pub(crate) fn unclear<P: Platform>(call: &Call<'_, P>) -> Refusal {
    let detail = "It is not known whether this turn was kept. Send it again with the same key.";
    Origin::new(call).away(Reason::OriginAway, detail)
}

/// How often a turn was run in vain, and how long it has waited for what held its place.
#[derive(Debug, Default)]
struct Again {
    runs: u32,
    waited_ms: u64,
}

impl Again {
    fn is_enough(&self) -> bool {
        self.runs >= MAX_RUNS || self.waited_ms >= CLAIM_WAIT_MS
    }

    /// Waits until it makes sense to try again.
    async fn after<P: Platform>(&mut self, call: &Call<'_, P>, conflict: &Conflict) {
        match conflict.claimed_for_ms {
            Some(_) => {
                let (least, most) = CLAIM_PAUSE_MS;
                let pause_ms = self.waited_ms.clamp(least, most);
                call.platform.sleep_ms(pause_ms).await;
                self.waited_ms += pause_ms;
            }
            None => {
                // Losers must not lose together again.
                if self.runs > 0 {
                    pause(call.platform, RERUN_PAUSE_MS * u64::from(self.runs + 1)).await;
                }
                self.runs += 1;
            }
        }
    }
}

struct Done {
    /// What recognised its move.
    understood_by: Option<String>,
    state: Conversation,
    response: MoveResponse,
    /// The epoch that the new state belongs to.
    epoch: Option<String>,
}

enum Settled {
    Committed(Box<Done>),
    Replayed(Box<MoveResponse>),
    Refused(Refusal),
    Stale(Box<Conflict>),
}

fn settle(verdict: Verdict, done: Option<Done>) -> Settled {
    match (verdict, done) {
        (Verdict::Answer(CommitAnswer::Committed { epoch, .. }), Some(done)) => {
            Settled::Committed(Box::new(Done { epoch, ..done }))
        }
        (Verdict::Answer(CommitAnswer::Committed { .. }), None) => {
            Settled::Refused(Refusal::new(Reason::Internal, "The turn was not run."))
        }
        // Sent twice by this very request: the first attempt had arrived, and its answer was lost.
        (Verdict::Answer(CommitAnswer::Replayed { response }), Some(done)) if *response == done.response => {
            Settled::Committed(Box::new(done))
        }
        (Verdict::Answer(CommitAnswer::Replayed { response }), _) => Settled::Replayed(response),
        (Verdict::Conflict(conflict), _) => Settled::Stale(conflict),
        (Verdict::Unacceptable(error), _) => Settled::Refused(refusal_of(error)),
        (Verdict::Erased, _) => Settled::Refused(erased()),
        (Verdict::NotTheirs, _) => Settled::Refused(not_theirs()),
        (Verdict::KeyReused, _) => Settled::Refused(key_reused()),
        (Verdict::Full, _) => Settled::Refused(too_many_open()),
    }
}

/// What the origin says of a version that is not the one that lies here.
enum AtVersion {
    /// The conversation is there.
    There(Box<Start>),
    /// It was, and this very turn has taken it further.
    Replayed(Box<MoveResponse>),
    /// It is there, and somebody acts for it.
    Held(Box<Conflict>),
}

/// The state of the version that the client asks for. What lies here may be older than what the origin has; a turn that was
/// answered before is answered as it was.
async fn at_version<P: Platform>(call: &Call<'_, P>, ask: &Ask, expected: u64) -> Result<AtVersion, Refusal> {
    let (origin, named) = (Origin::new(call), &ask.named);
    match origin.claim(&ask.claim(expected, None, 0)).await.map_err(refusal_of)? {
        Verdict::Answer(CommitAnswer::Replayed { response }) => Ok(AtVersion::Replayed(response)),
        Verdict::Answer(CommitAnswer::Committed { .. }) => {
            let found = origin.conversation(&named.game, &named.conversation, &named.user).await.map_err(refusal_of)?;
            let current = match found {
                Lookup::Found(current) => Some(*current),
                Lookup::Unknown => None,
                Lookup::Erased => return Err(erased()),
            };
            let start = Start::of(current, &ask.entry.version);
            if start.version == expected { Ok(AtVersion::There(Box::new(start))) } else { Err(other_version()) }
        }
        Verdict::Conflict(conflict) if conflict.claimed_for_ms.is_some() => Ok(AtVersion::Held(conflict)),
        Verdict::Conflict(_) => Err(other_version()),
        Verdict::Unacceptable(error) => Err(refusal_of(error)),
        Verdict::Erased => Err(erased()),
        Verdict::NotTheirs => Err(not_theirs()),
        Verdict::KeyReused => Err(key_reused()),
        Verdict::Full => Err(too_many_open()),
    }
}

fn other_version() -> Refusal {
    Refusal::new(
        Reason::OtherVersion,
        "Something was said meanwhile. Read what it was, and send the turn for that version.",
    )
}

/// What a client is told of an origin that answers, and does not take the turn.
fn refusal_of(error: OriginError) -> Refusal {
    error.refusal().unwrap_or_else(|| Refusal::new(Reason::OriginAway, "The service that keeps conversations is away."))
}

/// What a client is told of a turn whose state could not be kept: what takes the room, in the words of the game.
pub(crate) fn too_large(commit: &CommitRequest) -> Refusal {
    let size = |value: &serde_json::Value| value.to_string().len();
    let state = serde_json::to_value(&commit.state).unwrap_or_default();
    let named = |part: &'static str| {
        state[part].as_object().into_iter().flatten().map(move |(name, value)| (format!("{part}.{name}"), size(value)))
    };
    let parts = state.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), size(value)));
    let largest = |of: &mut dyn Iterator<Item = (String, usize)>| of.max_by_key(|(_, bytes)| *bytes);
    let largest = largest(&mut named("context")).or_else(|| largest(&mut { parts }));
    let (name, bytes) = largest.unwrap_or_else(|| ("state".into(), 0));
    Refusal::new(
        Reason::StateTooLarge,
        format!(
            "A conversation takes {MAX_COMMIT_BYTES} bytes with its last turn; the largest part, `{name}`, has {bytes}. The \
             game's author can ask its services for less, or keep less of their answers. Nothing was changed."
        ),
    )
}

pub(crate) fn key_reused() -> Refusal {
    Refusal::new(Reason::KeyReused, "This Idempotency-Key was used for another request. Use a new key for every turn.")
}

fn too_many_open() -> Refusal {
    Refusal::new(
        Reason::TooManyOpen,
        "As many conversations are open as this service allows. Those that are open go on; another one can begin later.",
    )
    .retry_after_ms(TOO_MANY_RETRY_MS)
}

pub(crate) fn erased() -> Refusal {
    Refusal::new(Reason::Erased, "The conversation was erased. Begin another one under a new id.")
}

pub(crate) fn not_theirs() -> Refusal {
    Refusal::new(Reason::UnknownConversation, "There is no such conversation of this user in this game.")
}

/// The state that won.
fn newer(ask: &Ask, conflict: Conflict) -> Result<Start, Refusal> {
    if conflict.current.as_ref().is_some_and(|current| current.user_id != ask.named.user) {
        return Err(not_theirs());
    }
    Ok(Start::of(conflict.current, &ask.entry.version))
}

/// What this request has done beside running the turn.
#[derive(Debug, Default)]
struct Performed {
    calls: services::Performed,
    /// The place that is held.
    held: Option<Held>,
}

/// A place that this try of a turn holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    version: u64,
    /// Until when no other try of the turn acts, on the platform's steady clock.
    until_us: u64,
}

impl Held {
    /// Whether it is held on a version for so long from now on.
    fn lasts(&self, version: u64, now_us: u64, ms: u64) -> bool {
        self.version == version && now_us + ms * 1_000 <= self.until_us
    }
}

enum Ran {
    Done(Box<Outcome>),
    /// The turn's place is taken, or the turn is not to be run.
    Stopped(Box<Verdict>),
}

/// Runs the engine, making the calls that it asks for.
async fn run<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    game: &lgdl::compiled::CompiledGame,
    start: &mut Start,
    performed: &mut Performed,
) -> Ran {
    let mut step = engine::begin(game, start.state.clone(), ask.turn(call, false));
    for _ in 0..=MAX_CALLS_PER_TURN {
        let pending = match step {
            Step::Done(outcome) => return Ran::Done(outcome),
            Step::Call(pending) => pending,
        };
        let result = match result_of(call, ask, &pending.call, start, performed).await {
            Ok(result) => result,
            Err(verdict) => return Ran::Stopped(verdict),
        };
        step = pending.resume(game, result);
    }
    // The engine itself stops at its limit; one that does not is not followed any further.
    Ran::Stopped(Box::new(Verdict::Conflict(Box::new(Conflict { current: None, claimed_for_ms: None }))))
}

/// The result of one call: remembered, or made now that the turn holds its place.
async fn result_of<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    wanted: &CapabilityCall,
    start: &mut Start,
    performed: &mut Performed,
) -> Result<CapabilityResult, Box<Verdict>> {
    if let Some(known) = performed.calls.known(wanted) {
        return Ok(known);
    }
    call.stage("engine");
    let lasts_ms = capabilities::lasts_ms(call.settings, wanted);
    let until_committed_ms = lasts_ms + commit_lasts_ms(call);
    let may_call = match performed.held {
        None if !wanted.side_effects => know_start(call, ask, start).await?,
        // The turn has acted: until it is committed no other try of it acts, whatever else it has to ask.
        Some(held)
            if !wanted.side_effects && held.lasts(start.version, call.platform.ticks_us(), until_committed_ms) =>
        {
            true
        }
        _ => {
            let held = hold_place(call, ask, start, performed, lasts_ms).await;
            call.stage("claim");
            held?
        }
    };
    let result = if may_call {
        let key = performed.calls.key(&call.caller.tenant, &ask.named.user, &ask.key, wanted);
        let result = capabilities::perform(call, &ask.named.game, wanted, &key).await;
        call.stage("call");
        result
    } else {
        services::failed(NO_PLACE, "the turn can't hold its place while the origin is away")
    };
    performed.calls.add(wanted, &result);
    Ok(result)
}

/// How long a commit may take, milliseconds.
fn commit_lasts_ms<P: Platform>(call: &Call<'_, P>) -> u64 {
    COMMIT_TRIES * call.settings.origin.timeout_ms
}

/// Holds the turn's place at the origin for a call that may take so long, and for the commit behind it, and keeps other tries of the turn
/// from acting meanwhile; false when the origin is away.
async fn hold_place<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    start: &mut Start,
    performed: &mut Performed,
    lasts_ms: u64,
) -> Result<bool, Box<Verdict>> {
    let now_us = call.platform.ticks_us();
    // As long as the origin lets it: whoever believes in more acts beside another.
    let for_ms = (lasts_ms + commit_lasts_ms(call)).min(MAX_ACTING_MS);
    match Origin::new(call).claim(&ask.claim(start.version, start.base(), for_ms)).await {
        Ok(Verdict::Answer(CommitAnswer::Committed { .. })) => {
            performed.held = Some(Held { version: start.version, until_us: now_us + for_ms * 1_000 });
            // Who holds the place knows the version; a turn that acts now is kept even when the origin goes away.
            start.assumed = false;
            Ok(true)
        }
        Ok(verdict) => Err(Box::new(verdict)),
        // Where it has just been held for an act before this one, it is held still.
        Err(error) if error.is_away() => {
            Ok(performed.held.is_some_and(|held| held.lasts(start.version, now_us, lasts_ms)))
        }
        Err(error) => Err(Box::new(Verdict::Unacceptable(error))),
    }
}

/// Makes sure that an assumed start is the true one before anyone else is asked anything; false when the origin is away.
async fn know_start<P: Platform>(call: &Call<'_, P>, ask: &Ask, start: &mut Start) -> Result<bool, Box<Verdict>> {
    if !start.assumed {
        return Ok(true);
    }
    let named = &ask.named;
    let found = Origin::new(call).conversation(&named.game, &named.conversation, &named.user).await;
    call.stage("lookup");
    match found {
        Ok(Lookup::Unknown) => {
            start.assumed = false;
            Ok(true)
        }
        Ok(Lookup::Found(current)) => {
            Err(Box::new(Verdict::Conflict(Box::new(Conflict { current: Some(*current), claimed_for_ms: None }))))
        }
        Ok(Lookup::Erased) => Err(Box::new(Verdict::Erased)),
        Err(error) if error.is_away() => Ok(false),
        Err(error) => Err(Box::new(Verdict::Unacceptable(error))),
    }
}
