//! The commit protocol on SQLite. Everything here runs inside the writer's transaction.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension, params};

use super::conversations::find_row;
use super::{column, failed, handovers, natural};
use crate::clock::Millis;
use crate::ids::{ConversationId, person_pseudonym};
use crate::store::outbox::packed;
use crate::store::{Activity, Claim, Commit, CommitOutcome, Event, JOURNAL_CLOCK_SLACK_MS, Result};

/// What a commit and a claim have in common: who wants which place, under which key.
struct Wish<'a> {
    id: &'a ConversationId,
    tenant: &'a str,
    user_id: &'a str,
    expected_version: u64,
    bases: &'a [String],
    idempotency_key: &'a str,
    fingerprint: &'a str,
    /// A turn said before this does not begin a conversation of a person who was erased at that time.
    said_at: Millis,
    now_ms: Millis,
    tried: Tried<'a>,
}

/// Which try of a turn somebody speaks for.
#[derive(Clone, Copy)]
enum Tried<'a> {
    /// The one of this name; none: one that is nobody else's.
    By(Option<&'a str>),
    /// An edge of before commits, and does not say.
    Unsaid,
}

impl Tried<'_> {
    /// Whether the try that holds a place is another one.
    fn is_another(self, holder: Option<&str>) -> bool {
        match self {
            Tried::By(own) => own != holder,
            Tried::Unsaid => false,
        }
    }
}

/// Either the place is free, with the conversation as it is, or the matter is settled.
enum Place {
    Free,
    Settled(CommitOutcome),
}

pub(super) fn commit(connection: &Connection, commit: &Commit) -> Result<CommitOutcome> {
    let id = commit.key.id();
    let slack = if commit.journal_sequence.is_some() { JOURNAL_CLOCK_SLACK_MS } else { 0 };
    let wish = Wish {
        id: &id,
        tenant: &commit.key.tenant,
        user_id: &commit.user_id,
        expected_version: commit.expected_version,
        bases: &commit.bases,
        idempotency_key: &commit.idempotency_key,
        fingerprint: &commit.fingerprint,
        said_at: commit.turn.timestamp.saturating_sub(slack),
        now_ms: commit.now_ms,
        tried: commit.attempt.as_deref().map_or(Tried::Unsaid, |attempt| Tried::By(Some(attempt))),
    };
    if let Place::Settled(outcome) = examine(connection, &wish)? {
        return Ok(outcome);
    }
    if !has_data_key(connection, commit).map_err(failed)? {
        return Ok(CommitOutcome::DataKeyGone);
    }
    if let Some(had) = handovers::full(connection, commit.desk.as_ref()).map_err(failed)? {
        return Ok(CommitOutcome::AgentFull { had });
    }
    let version = commit.expected_version + 1;
    write_conversation(connection, &id, commit, version).map_err(failed)?;
    write_turn(connection, &id, commit, version).map_err(failed)?;
    write_values(connection, &id, commit).map_err(failed)?;
    handovers::end(connection, &id, commit.desk.as_ref()).map_err(failed)?;
    for row in packed(&commit.events) {
        write_event(connection, &row).map_err(failed)?;
    }
    Ok(CommitOutcome::Committed { version })
}

fn has_data_key(connection: &Connection, commit: &Commit) -> rusqlite::Result<bool> {
    let Some(id) = &commit.data_key else { return Ok(true) };
    connection
        .prepare_cached("SELECT 1 FROM data_keys WHERE tenant = ?1 AND subject = ?2 AND id = ?3")?
        .exists(params![commit.key.tenant, person_pseudonym(&commit.key.tenant, &commit.user_id), id.as_str()])
}

pub(super) fn claim(connection: &Connection, claim: &Claim) -> Result<CommitOutcome> {
    let id = claim.key.id();
    let attempt = claim.acting.as_ref().map(|acting| acting.attempt.as_str());
    let wish = Wish {
        id: &id,
        tenant: &claim.key.tenant,
        user_id: &claim.user_id,
        expected_version: claim.expected_version,
        bases: &claim.bases,
        idempotency_key: &claim.idempotency_key,
        fingerprint: &claim.fingerprint,
        said_at: claim.now_ms,
        now_ms: claim.now_ms,
        tried: Tried::By(attempt),
    };
    if let Place::Settled(outcome) = examine(connection, &wish)? {
        return Ok(outcome);
    }
    let sql = "INSERT OR REPLACE INTO claims
        (conversation_id, tenant, user_id, idempotency_key, fingerprint, expected_version, lease_until, attempt, acts_until)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let write = || {
        connection.prepare_cached(sql)?.execute(params![
            id.as_str(),
            claim.key.tenant,
            claim.user_id,
            claim.idempotency_key,
            claim.fingerprint,
            column(claim.expected_version),
            claim.now_ms.saturating_add(column(claim.lease_ms)),
            attempt,
            claim.acting.as_ref().map(|acting| acting.until),
        ])
    };
    write().map_err(failed)?;
    Ok(CommitOutcome::Committed { version: claim.expected_version })
}

fn examine(connection: &Connection, wish: &Wish<'_>) -> Result<Place> {
    let settled = |outcome| Ok(Place::Settled(outcome));
    if is_erased(connection, wish.tenant, wish.id).map_err(failed)? {
        return settled(CommitOutcome::Erased);
    }
    if let Some((fingerprint, answer)) =
        stored_answer(connection, wish.tenant, wish.user_id, wish.idempotency_key).map_err(failed)?
    {
        let same = fingerprint == wish.fingerprint;
        return settled(if same { CommitOutcome::Replayed { answer } } else { CommitOutcome::KeyReused });
    }
    let standing = Standing::find(connection, wish).map_err(failed)?;
    if standing.as_ref().is_some_and(|standing| standing.user_id != wish.user_id) {
        return settled(CommitOutcome::NotTheirs);
    }
    if standing.is_none() && person_erased_at(connection, wish).map_err(failed)?.is_some_and(|at| wish.said_at <= at) {
        return settled(CommitOutcome::Erased);
    }
    // Whoever loses gets the state to go on from; nobody else reads it.
    let conflict = |claimed_for_ms| {
        let current = find_row(connection, wish.tenant, wish.id)?.map(Box::new);
        settled(CommitOutcome::Conflict { current, claimed_for_ms })
    };
    let version = standing.as_ref().map_or(0, |standing| standing.version);
    if version != wish.expected_version || standing.is_some_and(|standing| !standing.is_base(wish)) {
        return conflict(None);
    }
    match foreign_claim(connection, wish).map_err(failed)? {
        Some(Held::ByKey) => settled(CommitOutcome::KeyReused),
        Some(Held::For(left_ms)) => conflict(Some(left_ms)),
        None => Ok(Place::Free),
    }
}

/// What a turn's place depends on, of a conversation that is there.
struct Standing {
    user_id: String,
    version: u64,
    state_name: Option<String>,
}

impl Standing {
    fn find(connection: &Connection, wish: &Wish<'_>) -> rusqlite::Result<Option<Standing>> {
        connection
            .prepare_cached("SELECT user_id, version, state_name FROM conversations WHERE id = ?1 AND tenant = ?2")?
            .query_row([wish.id.as_str(), wish.tenant], |row| {
                Ok(Standing { user_id: row.get(0)?, version: natural(row.get(1)?), state_name: row.get(2)? })
            })
            .optional()
    }

    /// Whether the state that is there may be the one that the turn was run on. A name of another version is not the state's: an
    /// origin that knows no names has written it since.
    fn is_base(&self, wish: &Wish<'_>) -> bool {
        if wish.bases.is_empty() || wish.expected_version == 0 {
            return true;
        }
        let prefix = format!("{}:", wish.expected_version);
        let name = self.state_name.as_ref().filter(|name| name.starts_with(&prefix));
        name.is_none_or(|name| wish.bases.contains(name))
    }
}

/// What another request holds.
enum Held {
    /// The place, for so many milliseconds more.
    For(u64),
    /// The idempotency key: it stands for another request that is about to act.
    ByKey,
}

pub(super) fn is_erased(connection: &Connection, tenant: &str, id: &ConversationId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM erasures WHERE tenant = ?1 AND kind = 'conversation' AND subject = ?2")?
        .exists(params![tenant, id.as_str()])
}

pub(super) fn stored_answer(
    connection: &Connection,
    tenant: &str,
    user_id: &str,
    key: &str,
) -> rusqlite::Result<Option<(String, String)>> {
    let sql = "SELECT fingerprint, answer FROM idempotency WHERE tenant = ?1 AND user_id = ?2 AND key = ?3";
    connection.prepare_cached(sql)?.query_row([tenant, user_id, key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn person_erased_at(connection: &Connection, wish: &Wish<'_>) -> rusqlite::Result<Option<Millis>> {
    connection
        .prepare_cached("SELECT at FROM erasures WHERE tenant = ?1 AND kind = 'person' AND subject = ?2")?
        .query_row(params![wish.tenant, person_pseudonym(wish.tenant, wish.user_id)], |row| row.get(0))
        .optional()
}

/// Whether another request holds the place, or this one's key, or another try of this one acts: nobody else has the place while it does.
fn foreign_claim(connection: &Connection, wish: &Wish<'_>) -> rusqlite::Result<Option<Held>> {
    let sql = "SELECT lease_until, tenant = ?3 AND user_id = ?4 AND idempotency_key = ?5, fingerprint = ?6, attempt, acts_until
        FROM claims
        WHERE (conversation_id = ?1 OR (tenant = ?3 AND user_id = ?4 AND idempotency_key = ?5)) AND lease_until > ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        wish.id.as_str(),
        wish.now_ms,
        wish.tenant,
        wish.user_id,
        wish.idempotency_key,
        wish.fingerprint
    ])?;
    let mut held = None;
    while let Some(row) = rows.next()? {
        let (same_key, same_request): (bool, bool) = (row.get(1)?, row.get(2)?);
        let until: Millis = match (same_key, same_request) {
            (true, true) if wish.tried.is_another(row.get_ref(3)?.as_str_or_null()?) => match row.get(4)? {
                Some(until) => until,
                None => continue,
            },
            (true, true) => continue,
            (true, false) => return Ok(Some(Held::ByKey)),
            (false, _) => row.get(0)?,
        };
        if until > wish.now_ms {
            held = Some(Held::For(natural(until - wish.now_ms)));
        }
    }
    Ok(held)
}

fn write_conversation(
    connection: &Connection,
    id: &ConversationId,
    commit: &Commit,
    version: u64,
) -> rusqlite::Result<()> {
    let summary = &commit.summary;
    let written = if version == 1 {
        let sql = "INSERT INTO conversations (id, tenant, game, external_id, user_id, version, game_version,
            created_at, updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move,
            awaiting_slot_name, state, state_name)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        connection.prepare_cached(sql)?.execute(params![
            id.as_str(),
            commit.key.tenant,
            commit.key.game,
            commit.key.external_id,
            commit.user_id,
            column(version),
            commit.game_version,
            commit.now_ms,
            summary.current_move_state,
            summary.awaiting_response,
            summary.last_question,
            summary.awaiting_slot_for_move,
            summary.awaiting_slot_name,
            commit.state,
            commit.state_name,
        ])?
    } else {
        let sql = "UPDATE conversations SET version = ?2, game_version = ?3,
            updated_at = CASE WHEN ?13 THEN updated_at ELSE ?4 END,
            current_move_state = ?5, awaiting_response = ?6, last_question = ?7, awaiting_slot_for_move = ?8,
            awaiting_slot_name = ?9, state = ?10, state_name = ?12 WHERE id = ?1 AND version = ?11";
        connection.prepare_cached(sql)?.execute(params![
            id.as_str(),
            column(version),
            commit.game_version,
            commit.now_ms,
            summary.current_move_state,
            summary.awaiting_response,
            summary.last_question,
            summary.awaiting_slot_for_move,
            summary.awaiting_slot_name,
            commit.state,
            column(commit.expected_version),
            commit.state_name,
            commit.activity == Activity::Silence,
        ])?
    };
    if written == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(written)) }
}

fn write_turn(connection: &Connection, id: &ConversationId, commit: &Commit, version: u64) -> rusqlite::Result<()> {
    super::transfer::write_turn(connection, id, &commit.turn)?;
    let sql = "INSERT INTO idempotency
        (tenant, user_id, key, conversation_id, fingerprint, turn_num, answer, journal_sequence, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        commit.key.tenant,
        commit.user_id,
        commit.idempotency_key,
        id.as_str(),
        commit.fingerprint,
        column(version),
        commit.answer,
        commit.journal_sequence.map(column),
        commit.now_ms,
    ])?;
    connection.prepare_cached("DELETE FROM claims WHERE conversation_id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

fn write_values(connection: &Connection, id: &ConversationId, commit: &Commit) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM slots WHERE conversation_id = ?1 AND move_id = ?2")?
        .execute(params![id.as_str(), commit.turn.matched_move])?;
    for slot in &commit.slots {
        write_slot(connection, id, slot)?;
    }
    for value in &commit.context {
        write_context(connection, id, &value.key, &value.value)?;
    }
    Ok(())
}

pub(super) fn write_slot(
    connection: &Connection,
    id: &ConversationId,
    slot: &crate::store::SlotRow,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO slots
        (conversation_id, move_id, slot_name, slot_value, slot_type, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection
        .prepare_cached(sql)?
        .execute(params![id.as_str(), slot.move_id, slot.slot_name, slot.slot_value, slot.slot_type, slot.updated_at])
        .map(drop)
}

pub(super) fn write_context(
    connection: &Connection,
    id: &ConversationId,
    key: &str,
    value: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO extracted_context (conversation_id, key, value) VALUES (?1, ?2, ?3)")?
        .execute(params![id.as_str(), key, value])
        .map(drop)
}

thread_local! {
    /// Whether anything came into the outbox since somebody asked: on the writer's thread, which is the only one that writes.
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Whether anything came into the outbox since the last time.
pub(super) fn take_told() -> bool {
    TOLD.take()
}

pub(super) fn write_event(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    let sql = "INSERT INTO outbox (at, tenant, event, actor, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        event.at,
        event.tenant,
        event.event,
        event.actor,
        event.subject,
        event.detail.to_string()
    ])?;
    TOLD.set(true);
    Ok(())
}
