//! Turns that the origin takes itself: what people at the desk do, and what the clock tells a game. The engine runs here for
//! these alone, and capabilities are called as a node calls them: a call that acts only while the turn holds its place.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, CapabilityCall, CapabilityResult, Conversation, MAX_CALLS_PER_TURN, Outcome, Step, Turn};
use lgdl::services::{DENIED, Performed, failed};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{Acting, ClaimRequest, CommitRequest, StateName, state_digest};

use crate::capabilities;
use crate::hex;
use crate::http::{self, Beside, Origin, Problem};
use crate::privacy::RequestName;
use crate::random::Random;
use crate::records::CommitBody;
use crate::store::{CommitOutcome, ConversationRow, StoreError};

/// The participant of a turn that nobody but the origin takes.
pub(crate) const ORIGIN: &str = "system";
/// Digits of a digest that names such a turn.
pub(crate) const KEY_DIGITS: usize = 32;
/// How long the commit behind an act may take, milliseconds: nobody else acts until then.
const COMMIT_TAKES_MS: u64 = 10_000;

/// The game that a conversation is held on.
///
/// # Errors
/// When it is not there, or can't be used.
pub(crate) async fn game_of(origin: &Origin, row: &ConversationRow) -> Result<CompiledGame, StoreError> {
    let bytes = origin.store.compiled(&row.tenant, &row.game_version).await?;
    let bytes = bytes.ok_or_else(|| StoreError::Damaged("a conversation's game version is not there".into()))?;
    CompiledGame::load(bytes.into()).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// What came of running a turn.
#[derive(Debug)]
pub enum Ran {
    /// It is run, and waits to be committed.
    Done(Box<Outcome>),
    /// It would act, and its place is somebody else's, or it was taken before.
    Stopped(CommitOutcome),
}

/// What becomes of the calls that a turn asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// They are made.
    Made,
    /// None is: nothing of this person goes anywhere any more.
    Denied,
}

/// One try of such a turn, told from others here and at other origins: one of them acts at a time.
#[derive(Debug)]
pub struct Attempt {
    name: String,
    performed: Performed,
    has_acted: bool,
    calls: Calls,
}

impl Attempt {
    /// One that has done nothing yet.
    #[must_use]
    pub fn new(random: &dyn Random) -> Attempt {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Attempt { name: hex::encode(&bytes), performed: Performed::default(), has_acted: false, calls: Calls::Made }
    }

    /// From here on its turn calls nothing, or calls again.
    pub(crate) fn set_calls(&mut self, calls: Calls) {
        self.calls = calls;
    }

    /// Whether it has asked for something to be done.
    pub(crate) fn has_acted(&self) -> bool {
        self.has_acted
    }
}

/// Runs the turn of this name on a conversation that is open, and makes the calls that its game asks for. What was called in another
/// run of this try is not called again.
///
/// # Errors
/// When the game is not there, the turn does not end, or the store fails.
pub async fn run(
    origin: &Origin,
    row: &ConversationRow,
    turn: Turn,
    name: &RequestName,
    attempt: &mut Attempt,
) -> Result<Ran, Problem> {
    let state: Conversation = serde_json::from_str(&row.state)
        .map_err(|error| StoreError::Damaged(format!("conversations.state: {error}")))?;
    let game = game_of(origin, row).await?;
    let mut step = engine::begin(&game, state, turn);
    for _ in 0..=MAX_CALLS_PER_TURN {
        let pending = match step {
            Step::Done(outcome) => return Ok(Ran::Done(outcome)),
            Step::Call(pending) => pending,
        };
        if attempt.calls == Calls::Denied {
            step = pending.resume(&game, failed(DENIED, "the person takes part no longer"));
            continue;
        }
        let is_known = attempt.performed.known(&pending.call).is_some();
        // What has acted keeps its place until its commit, whatever else it asks.
        let holds = !is_known && (pending.call.side_effects || attempt.has_acted);
        if holds && let Some(lasts_ms) = capabilities::lasts_ms(origin, &pending.call) {
            let acting = Acting { attempt: attempt.name.clone(), for_ms: lasts_ms + COMMIT_TAKES_MS };
            match http::claim(origin, &row.tenant, claim(row, name, acting)).await?.outcome {
                CommitOutcome::Committed { .. } => attempt.has_acted = true,
                stopped => return Ok(Ran::Stopped(stopped)),
            }
        }
        let result = result_of(origin, row, &pending.call, name, &mut attempt.performed).await;
        step = pending.resume(&game, result);
    }
    Err(Problem::internal("The turn does not end."))
}

/// The result of one call: remembered, or made now.
async fn result_of(
    origin: &Origin,
    row: &ConversationRow,
    wanted: &CapabilityCall,
    name: &RequestName,
    performed: &mut Performed,
) -> CapabilityResult {
    if let Some(known) = performed.known(wanted) {
        return known;
    }
    let key = performed.key(&row.tenant, &row.user_id, &name.key, wanted);
    let result = capabilities::perform(origin, &row.tenant, &row.game, wanted, &key).await;
    performed.add(wanted, &result);
    result
}

/// The state that a turn was run on. Another origin may have ended the session meanwhile.
fn base(row: &ConversationRow) -> StateName {
    StateName { digest: state_digest(row.state.as_bytes()), epoch: None }
}

fn claim(row: &ConversationRow, name: &RequestName, acting: Acting) -> ClaimRequest {
    ClaimRequest {
        game: row.game.clone(),
        conversation_id: row.external_id.clone(),
        user_id: row.user_id.clone(),
        expected_version: row.version,
        base: Some(base(row)),
        idempotency_key: name.key.clone(),
        fingerprint: name.fingerprint.clone(),
        acting: Some(acting),
    }
}

/// Commits what came of it, and with it what goes beside it.
///
/// # Errors
/// When the store fails.
pub(crate) async fn commit(
    origin: &Origin,
    row: &ConversationRow,
    outcome: &Outcome,
    name: RequestName,
    beside: Beside,
    attempt: &Attempt,
) -> Result<CommitOutcome, Problem> {
    let request = request(row, outcome, name, attempt);
    let body = serde_json::to_vec(&request).and_then(|bytes| serde_json::from_slice::<CommitBody>(&bytes));
    let body = body.map_err(|error| StoreError::Internal(format!("a turn of the origin's own: {error}")))?;
    Ok(http::commit(origin, &row.tenant, body, beside).await?.outcome)
}

fn request(row: &ConversationRow, outcome: &Outcome, name: RequestName, attempt: &Attempt) -> CommitRequest {
    let manifest = hex::sha256(format!("{}\n{}", row.id, name.key).as_bytes());
    CommitRequest {
        game: row.game.clone(),
        conversation_id: row.external_id.clone(),
        user_id: row.user_id.clone(),
        game_version: row.game_version.clone(),
        expected_version: row.version,
        base: Some(base(row)),
        fingerprint: name.fingerprint,
        idempotency_key: name.key,
        record: outcome.record.clone(),
        state: outcome.conversation.clone(),
        response: MoveResponse::of(outcome, format!("turn_{}", &manifest[..KEY_DIGITS]), &row.game_version),
        journal_sequence: None,
        attempt: Some(attempt.name.clone()),
    }
}
