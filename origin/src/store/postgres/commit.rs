//! The commit protocol on PostgreSQL: hands the work to the database's functions and reads their outcome. Which turns
//! share a statement is in [`super::groups`].

use deadpool_postgres::Object;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;

use super::conversations::{CONVERSATION, conversation};
use super::groups::Said;
use super::pool::Pools;
use super::{Database, Params, PostgresStore, column, failed, in_time, query};
use crate::clock::Millis;
use crate::ids::{ConversationId, person_pseudonym};
use crate::store::outbox::packed;
use crate::store::{
    Activity, Claim, Commit, CommitOutcome, ConversationRow, DeskPart, Event, JOURNAL_CLOCK_SLACK_MS, Result, SlotRow,
    StoreError,
};

/// Attempts at a statement that lost a race inside the database.
const MAX_ATTEMPTS: u32 = 4;

const COMMIT: &str = "SELECT (r).outcome, (r).version, (r).answer, (r).claimed_for FROM (SELECT lgdl_commit(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36) AS r OFFSET 0) AS done";

const CLAIM: &str = "SELECT (r).outcome, (r).version, (r).answer, (r).claimed_for
    FROM (SELECT lgdl_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS r OFFSET 0) AS done";

/// What the functions call a turn that was taken.
pub(super) const COMMITTED: &str = "committed";
/// What this program calls one that would give an agent more than they take.
const AGENT_FULL: &str = "agent_full";
const LAST_WORDS: &str = "SELECT lgdl_millis(updated_at) FROM conversations WHERE id = $1";
const CAPACITY: &str = "SELECT capacity FROM agents WHERE id = $1 FOR UPDATE";
const HAD: &str = "SELECT count(*) FROM handovers WHERE agent = $1 AND stage = 'with'";
const ENDED: &str = "UPDATE handovers SET outcome = $3 WHERE conversation_id = $1 AND since = $2";
const STAYS: &str = "UPDATE conversations SET updated_at = lgdl_time($2) WHERE id = $1";

/// A turn with what its statement needs beside it.
pub(super) struct Turn {
    pub(super) id: ConversationId,
    pub(super) person: String,
    pub(super) slots: String,
    pub(super) context: String,
    pub(super) events: String,
    pub(super) commit: Commit,
}

impl Turn {
    fn new(commit: Commit) -> Turn {
        Turn {
            id: commit.key.id(),
            person: person_pseudonym(&commit.key.tenant, &commit.user_id),
            slots: slots_json(&commit.slots),
            context: list(commit.context.iter().map(|row| json!({"key": row.key, "value": row.value}))),
            events: list(packed(&commit.events).iter().map(event_json)),
            commit,
        }
    }

    /// A turn said before this does not begin a conversation of a person who was erased at that time.
    pub(super) fn said_at(&self) -> Millis {
        let slack = if self.commit.journal_sequence.is_some() { JOURNAL_CLOCK_SLACK_MS } else { 0 };
        self.commit.turn.timestamp.saturating_sub(slack)
    }
}

/// Commits one turn in a statement of its own.
pub(super) async fn commit_alone(pools: &Pools, whole: &Turn) -> Result<Said> {
    let Turn { id, person, slots, context, events, commit } = whole;
    let (key, summary, turn) = (&commit.key, &commit.summary, &commit.turn);
    let data_key = commit.data_key.as_ref().map(|id| id.as_str());
    let params: Params<'_> = &[
        &id.as_str(),
        &key.tenant,
        &key.game,
        &key.external_id,
        &commit.user_id,
        person,
        &commit.game_version,
        &column(commit.expected_version),
        &commit.idempotency_key,
        &commit.fingerprint,
        &commit.answer,
        &commit.journal_sequence.map(column),
        &commit.state,
        &summary.current_move_state,
        &summary.awaiting_response,
        &summary.last_question,
        &summary.awaiting_slot_for_move,
        &summary.awaiting_slot_name,
        &turn.timestamp,
        &whole.said_at(),
        &turn.user_input,
        &turn.sanitized_input,
        &turn.matched_move,
        &turn.confidence,
        &turn.response,
        &turn.extracted_params,
        &turn.metadata,
        &turn.details,
        slots,
        context,
        events,
        &data_key,
        &commit.now_ms,
        &commit.bases,
        &commit.state_name,
        &commit.attempt,
    ];
    let beside = Beside { id: id.as_str(), activity: commit.activity, desk: commit.desk.as_ref() };
    settle(pools, COMMIT, params, (commit.now_ms, beside.needed())).await
}

impl PostgresStore {
    pub(super) async fn commit_turn(&self, commit: Commit) -> Result<CommitOutcome> {
        let turn = Turn::new(commit);
        let (tenant, id) = (turn.commit.key.tenant.clone(), turn.id.clone());
        let said = self.groups.commit(&self.pools, turn).await?;
        self.signals.tell();
        self.outcome(said, &tenant, &id).await
    }

    pub(super) async fn claim_place(&self, claim: Claim) -> Result<CommitOutcome> {
        let id = claim.key.id();
        let person = person_pseudonym(&claim.key.tenant, &claim.user_id);
        let params: Params<'_> = &[
            &id.as_str(),
            &claim.key.tenant,
            &claim.user_id,
            &person,
            &column(claim.expected_version),
            &claim.idempotency_key,
            &claim.fingerprint,
            &claim.now_ms,
            &column(claim.lease_ms),
            &claim.bases,
            &claim.acting.as_ref().map(|acting| acting.attempt.as_str()),
            &claim.acting.as_ref().map(|acting| acting.until),
        ];
        let said = settle(&self.pools, CLAIM, params, (claim.now_ms, None)).await?;
        self.outcome(said, &claim.key.tenant, &id).await
    }

    async fn outcome(&self, said: Said, tenant: &str, id: &ConversationId) -> Result<CommitOutcome> {
        let missing = || StoreError::Damaged(format!("a commit that is {} does not say all of it", said.outcome));
        let number = |value: Option<i64>| value.map(|value| value.max(0).unsigned_abs()).ok_or_else(missing);
        Ok(match said.outcome.as_str() {
            COMMITTED => CommitOutcome::Committed { version: number(said.version)? },
            "replayed" => CommitOutcome::Replayed { answer: said.answer.clone().ok_or_else(missing)? },
            "key_reused" => CommitOutcome::KeyReused,
            "not_theirs" => CommitOutcome::NotTheirs,
            "erased" => CommitOutcome::Erased,
            "data_key_gone" => CommitOutcome::DataKeyGone,
            AGENT_FULL => CommitOutcome::AgentFull { had: number(said.version)? },
            "claimed" => CommitOutcome::Conflict {
                current: self.current(tenant, id).await?,
                claimed_for_ms: Some(number(said.claimed_for)?),
            },
            _ => CommitOutcome::Conflict { current: self.current(tenant, id).await?, claimed_for_ms: None },
        })
    }

    /// A lost race costs a second statement: the state to go on from.
    async fn current(&self, tenant: &str, id: &ConversationId) -> Result<Option<Box<ConversationRow>>> {
        let row = self.query_opt(CONVERSATION, &[&tenant, &id.as_str()]).await?;
        row.map(|row| conversation(&row).map(Box::new)).transpose()
    }
}

/// What is done in the transaction of a turn, beside its statement.
#[derive(Clone, Copy)]
struct Beside<'a> {
    id: &'a str,
    activity: Activity,
    desk: Option<&'a DeskPart>,
}

impl Beside<'_> {
    /// Itself, where there is anything to do.
    fn needed(self) -> Option<Self> {
        (self.activity == Activity::Silence || self.desk.is_some()).then_some(self)
    }

    /// Runs the statement, and what goes with it. After silence the conversation is as old as before.
    async fn settle(self, client: &mut Object, statement: &Statement, params: Params<'_>) -> Database<Result<Said>> {
        let transaction = client.transaction().await?;
        // Whoever speaks in between has the turn end in a conflict.
        let before = match self.activity {
            Activity::Silence => transaction.query_opt(LAST_WORDS, &[&self.id]).await?,
            Activity::Spoken => None,
        };
        // What an agent takes at the same time elsewhere waits here, and is counted.
        let capacity: i64 = match self.desk {
            Some(DeskPart::Taken { agent }) => {
                let row = transaction.query_opt(CAPACITY, &[&agent.as_str()]).await?;
                row.map_or(Ok(0), |row| row.try_get(0))?
            }
            Some(DeskPart::Ended { .. }) | None => 0,
        };
        let done = transaction.query_one(statement, params).await?;
        if done.try_get::<_, &str>(0)? == COMMITTED {
            if let Some(before) = before {
                transaction.execute(STAYS, &[&self.id, &before.try_get::<_, i64>(0)?]).await?;
            }
            match self.desk {
                Some(DeskPart::Taken { agent }) => {
                    let had: i64 = transaction.query_one(HAD, &[&agent.as_str()]).await?.try_get(0)?;
                    if had > capacity {
                        transaction.rollback().await?;
                        return Ok(Ok(Said::refused(AGENT_FULL, had - 1)));
                    }
                }
                Some(DeskPart::Ended { since, outcome }) => {
                    transaction.execute(ENDED, &[&self.id, since, outcome]).await?;
                }
                None => {}
            }
        }
        transaction.commit().await?;
        Ok(Said::read(&done))
    }
}

/// Runs the statement, again where it lost a race (the same idempotency key in two conversations at once, a
/// deadlock), and after making the month's partition where that was missing.
async fn settle(
    pools: &Pools,
    sql: &str,
    params: Params<'_>,
    (now_ms, beside): (Millis, Option<Beside<'_>>),
) -> Result<Said> {
    let mut attempt = 1;
    loop {
        let mut client = pools.primary().await?;
        let work = async {
            let statement = client.prepare_cached(sql).await?;
            match beside {
                None => Ok(Said::read(&client.query_one(&statement, params).await?)),
                Some(beside) => beside.settle(&mut client, &statement, params).await,
            }
        };
        let done = timeout(pools.timeout, work).await;
        let error = match in_time(pools.timeout, done, client)? {
            Ok(said) => return said,
            Err(error) => error,
        };
        let again = attempt < MAX_ATTEMPTS
            && match error.code() {
                Some(code) if *code == SqlState::CHECK_VIOLATION => {
                    ensure_partition_of(pools, params, now_ms).await?;
                    true
                }
                Some(code) => {
                    [SqlState::UNIQUE_VIOLATION, SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED]
                        .contains(code)
                }
                None => false,
            };
        if !again {
            return Err(failed(&error));
        }
        attempt += 1;
    }
}

/// A turn found no partition: its month is new, or was dropped while its conversation went on.
async fn ensure_partition_of(pools: &Pools, params: Params<'_>, now_ms: Millis) -> Result<()> {
    let sql = "SELECT lgdl_ensure_partition(coalesce(
        (SELECT period FROM conversations WHERE id = $1), lgdl_period($2)))";
    query(pools.primary().await?, pools.timeout, sql, &[params[0], &now_ms]).await.map(drop)
}

pub(super) fn list(items: impl Iterator<Item = Value>) -> String {
    Value::Array(items.collect()).to_string()
}

pub(super) fn slots_json(slots: &[SlotRow]) -> String {
    list(slots.iter().map(|slot| {
        json!({
            "move_id": slot.move_id,
            "slot_name": slot.slot_name,
            "slot_value": slot.slot_value,
            "slot_type": slot.slot_type,
            "updated_at": slot.updated_at,
        })
    }))
}

pub(super) fn event_json(event: &Event) -> Value {
    json!({
        "at": event.at,
        "tenant": event.tenant,
        "event": event.event,
        "actor": event.actor,
        "subject": event.subject,
        "detail": event.detail.to_string(),
    })
}
