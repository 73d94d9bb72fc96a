//! Turns that the origin takes itself: what people at the desk do, and what the clock tells a game. The engine runs here for
//! these alone; what a game would call meanwhile fails, since nodes make calls.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, CapabilityResult, Conversation, MAX_CALLS_PER_TURN, Outcome, Step, Turn};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{CommitRequest, StateName, state_digest};

use crate::hex;
use crate::http::{self, Origin, Problem};
use crate::privacy::RequestName;
use crate::records::CommitBody;
use crate::store::{CommitOutcome, ConversationRow, Event, StoreError};

/// The participant of a turn that nobody but the origin takes.
pub(crate) const ORIGIN: &str = "system";
/// Digits of a digest that names such a turn.
pub(crate) const KEY_DIGITS: usize = 32;
/// Why a call fails that a game would make.
const NOT_HERE: &str = "E300";

/// The game that a conversation is held on.
///
/// # Errors
/// When it is not there, or can't be used.
pub(crate) async fn game_of(origin: &Origin, row: &ConversationRow) -> Result<CompiledGame, StoreError> {
    let bytes = origin.store.compiled(&row.tenant, &row.game_version).await?;
    let bytes = bytes.ok_or_else(|| StoreError::Damaged("a conversation's game version is not there".into()))?;
    CompiledGame::load(bytes.into()).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Runs a turn on a conversation that is open.
///
/// # Errors
/// When the game is not there, or the turn does not end.
pub async fn run(origin: &Origin, row: &ConversationRow, turn: Turn) -> Result<Outcome, Problem> {
    let state: Conversation = serde_json::from_str(&row.state)
        .map_err(|error| StoreError::Damaged(format!("conversations.state: {error}")))?;
    let game = game_of(origin, row).await?;
    let mut step = engine::begin(&game, state, turn);
    for _ in 0..=MAX_CALLS_PER_TURN {
        match step {
            Step::Done(outcome) => return Ok(*outcome),
            Step::Call(pending) => {
                let detail = "nodes make calls, and this turn is the origin's".to_owned();
                step = pending.resume(&game, CapabilityResult::Failed { code: NOT_HERE.to_owned(), detail });
            }
        }
    }
    Err(Problem::internal("The turn does not end."))
}

/// Commits what came of it, and with it what is `told`.
///
/// # Errors
/// When the store fails.
pub(crate) async fn commit(
    origin: &Origin,
    row: &ConversationRow,
    outcome: &Outcome,
    name: RequestName,
    told: Vec<Event>,
) -> Result<CommitOutcome, Problem> {
    let request = request(row, outcome, name);
    let body = serde_json::to_vec(&request).and_then(|bytes| serde_json::from_slice::<CommitBody>(&bytes));
    let body = body.map_err(|error| StoreError::Internal(format!("a turn of the origin's own: {error}")))?;
    Ok(http::commit(origin, &row.tenant, body, told).await?.outcome)
}

fn request(row: &ConversationRow, outcome: &Outcome, name: RequestName) -> CommitRequest {
    let manifest = hex::sha256(format!("{}\n{}", row.id, name.key).as_bytes());
    CommitRequest {
        game: row.game.clone(),
        conversation_id: row.external_id.clone(),
        user_id: row.user_id.clone(),
        game_version: row.game_version.clone(),
        expected_version: row.version,
        // Another origin may have ended the session meanwhile.
        base: Some(StateName { digest: state_digest(row.state.as_bytes()), epoch: None }),
        fingerprint: name.fingerprint,
        idempotency_key: name.key,
        record: outcome.record.clone(),
        state: outcome.conversation.clone(),
        response: MoveResponse::of(outcome, format!("turn_{}", &manifest[..KEY_DIGITS]), &row.game_version),
        journal_sequence: None,
    }
}
