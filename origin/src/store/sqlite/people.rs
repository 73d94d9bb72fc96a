//! Consents, legal holds and erasure on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::commit::write_event;
use super::conversations::{find_row, ids_of_person, parse_id};
use super::{SqliteStore, events, failed, natural};
use crate::clock::Millis;
use crate::ids::{ConversationId, HoldId, person_pseudonym};
use crate::store::archives::DUE_AT_ONCE;
use crate::store::{
    ConsentRow, ConversationKey, ErasureOrder, ErasureOutcome, ErasureReport, ErasureRow, Event, HoldRow, MAX_PAGE,
    People, Result, StoreError,
};

#[async_trait]
impl People for SqliteStore {
    async fn add_consent(&self, consent: ConsentRow, told: Event) -> Result<()> {
        self.change(told, move |connection| {
            let sql = "INSERT INTO consents (id, tenant, game, user_id, given, at, actor, note)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let ConsentRow { id, tenant, game, user_id, given, at, actor, note } = &consent;
            connection.execute(sql, params![id.as_str(), tenant, game, user_id, given, at, actor, note])
        })
        .await
        .map(drop)
    }

    async fn consents(&self, tenant: &str, user_id: &str, game: Option<&str>) -> Result<Vec<ConsentRow>> {
        let (tenant, user_id, game) = (tenant.to_owned(), user_id.to_owned(), game.map(str::to_owned));
        self.read(move |connection| {
            let sql = "SELECT id, tenant, game, user_id, given, at, actor, note FROM consents
                WHERE tenant = ?1 AND user_id = ?2 AND (?3 IS NULL OR game = ?3) ORDER BY at, id";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map(params![tenant, user_id, game], |row| Ok(consent(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn place_hold(&self, hold: HoldRow, told: Event) -> Result<()> {
        self.change(told, move |connection| {
            let sql = "INSERT INTO legal_holds (id, tenant, user_id, reason, placed_at, placed_by, lifted_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let HoldRow { id, tenant, user_id, reason, placed_at, placed_by, lifted_at } = &hold;
            connection.execute(sql, params![id.as_str(), tenant, user_id, reason, placed_at, placed_by, lifted_at])
        })
        .await
        .map(drop)
    }

    async fn lift_hold(&self, tenant: &str, id: &HoldId, now_ms: Millis, told: Event) -> Result<bool> {
        let (tenant, id) = (tenant.to_owned(), id.to_string());
        self.change(told, move |connection| {
            let sql = "UPDATE legal_holds SET lifted_at = ?3 WHERE tenant = ?1 AND id = ?2 AND lifted_at IS NULL";
            connection.execute(sql, params![tenant, id, now_ms])
        })
        .await
    }

    async fn holds(&self, tenant: &str) -> Result<Vec<HoldRow>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            let sql = "SELECT id, tenant, user_id, reason, placed_at, placed_by, lifted_at FROM legal_holds
                WHERE tenant = ?1 AND lifted_at IS NULL ORDER BY placed_at, id";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map([tenant], |row| Ok(hold(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn erase_conversation(
        &self,
        key: &ConversationKey,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome> {
        let (key, user_id) = (key.clone(), user_id.to_owned());
        self.erase(told, move |connection| erase_conversation(connection, &key, &user_id, &order)).await
    }

    async fn erase_person(
        &self,
        tenant: &str,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome> {
        let (tenant, user_id) = (tenant.to_owned(), user_id.to_owned());
        self.erase(told, move |connection| erase_person(connection, &tenant, &user_id, &order)).await
    }

    async fn erasures(&self, tenant: &str, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>> {
        let (tenant, at, id) = (tenant.to_owned(), after.0, after.1.to_owned());
        self.read(move |connection| {
            let sql = "SELECT id, tenant, kind, subject, at, requested_by, report FROM erasures
                WHERE tenant = ?1 AND (at, id) > (?2, ?3) ORDER BY at, id LIMIT ?4";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let row = params![tenant, at, id, limit.min(MAX_PAGE)];
            let rows = statement.query_map(row, |row| Ok(erasure(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn tombstones(&self, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>> {
        let (at, id) = (after.0, after.1.to_owned());
        self.read(move |connection| {
            let sql = "SELECT id, tenant, kind, subject, at, requested_by, report FROM erasures
                WHERE (at, id) > (?1, ?2) ORDER BY at, id LIMIT ?3";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows =
                statement.query_map(params![at, id, limit.min(MAX_PAGE)], |row| Ok(erasure(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn erase_again(
        &self,
        tombstone: &ErasureRow,
        user_id: Option<&str>,
        told: Event,
    ) -> Result<Option<ErasureReport>> {
        let (tombstone, user_id) = (tombstone.clone(), user_id.map(str::to_owned));
        self.writer
            .write(move |connection| {
                let removed = erase_again(connection, &tombstone, user_id.as_deref())?;
                if removed.is_some() {
                    write_event(connection, &told).map_err(failed)?;
                }
                Ok(removed)
            })
            .await
    }

    async fn persons(&self, after: (&str, &str), limit: u32) -> Result<Vec<(String, String)>> {
        let (tenant, user_id) = (after.0.to_owned(), after.1.to_owned());
        let limit = limit.min(MAX_PAGE);
        self.read(move |connection| persons(connection, (&tenant, &user_id), limit).map_err(failed)).await
    }
}

/// Everybody who has something here, after a tenant and a user.
pub(super) fn persons(
    connection: &Connection,
    after: (&str, &str),
    limit: u32,
) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT tenant, user_id FROM conversations WHERE (tenant, user_id) > (?1, ?2)
        UNION SELECT tenant, user_id FROM consents WHERE (tenant, user_id) > (?1, ?2)
        UNION SELECT tenant, user_id FROM claims WHERE (tenant, user_id) > (?1, ?2)
        ORDER BY tenant, user_id LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after.0, after.1, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

impl SqliteStore {
    /// Runs an erasure and, if it takes place, tells of it in the same transaction. Afterwards the write-ahead log, which holds
    /// what was there before, is emptied.
    async fn erase<F>(&self, told: Event, work: F) -> Result<ErasureOutcome>
    where
        F: Fn(&Connection) -> Result<ErasureOutcome> + Send + 'static,
    {
        let outcome = self
            .writer
            .write(move |connection| {
                let outcome = work(connection)?;
                if matches!(outcome, ErasureOutcome::Erased(_)) {
                    write_event(connection, &told).map_err(failed)?;
                }
                Ok(outcome)
            })
            .await?;
        if matches!(outcome, ErasureOutcome::Erased(_)) {
            self.empty_log().await;
        }
        Ok(outcome)
    }
}

fn erase_conversation(
    connection: &Connection,
    key: &ConversationKey,
    user_id: &str,
    order: &ErasureOrder,
) -> Result<ErasureOutcome> {
    let id = key.id();
    let theirs = match find_row(connection, &key.tenant, &id)? {
        Some(row) => row.user_id == user_id,
        // Its first turn is under way: it must not be there afterwards.
        None => is_claimed(connection, &key.tenant, &id, user_id).map_err(failed)?,
    };
    if !theirs {
        return Ok(ErasureOutcome::Unknown);
    }
    if is_held(connection, &key.tenant, user_id).map_err(failed)? {
        return Ok(ErasureOutcome::Held);
    }
    let report = remove_conversation(connection, &id).map_err(failed)?;
    let stone = Tombstone::of(order, &key.tenant, "conversation", id.as_str());
    set_tombstone(connection, &stone, &report).map_err(failed)?;
    Ok(ErasureOutcome::Erased(report))
}

fn erase_person(connection: &Connection, tenant: &str, user_id: &str, order: &ErasureOrder) -> Result<ErasureOutcome> {
    if is_held(connection, tenant, user_id).map_err(failed)? {
        return Ok(ErasureOutcome::Held);
    }
    let conversations = ids_of_person(connection, tenant, user_id)?;
    let erase = || {
        let mut total = ErasureReport::default();
        for (index, id) in conversations.iter().enumerate() {
            let report = remove_conversation(connection, id)?;
            let own_id = format!("{}/{}", order.id, index + 1);
            let stone = Tombstone { id: &own_id, ..Tombstone::of(order, tenant, "conversation", id.as_str()) };
            set_tombstone(connection, &stone, &report)?;
            total.add(&report);
        }
        let sql = "DELETE FROM consents WHERE tenant = ?1 AND user_id = ?2";
        total.consents = connection.execute(sql, [tenant, user_id])? as u64;
        connection.execute("DELETE FROM claims WHERE tenant = ?1 AND user_id = ?2", [tenant, user_id])?;
        let pseudonym = person_pseudonym(tenant, user_id);
        // What is sealed under it and lies elsewhere (the database's log, a late replica) is closed for good.
        let sql = "DELETE FROM data_keys WHERE tenant = ?1 AND subject = ?2";
        total.data_keys = connection.execute(sql, [tenant, &pseudonym])? as u64;
        set_tombstone(connection, &Tombstone::of(order, tenant, "person", &pseudonym), &total)?;
        Ok(total)
    };
    erase().map(ErasureOutcome::Erased).map_err(failed)
}

/// Removes a conversation with everything that hangs on it, and counts what that was.
pub(super) fn remove_conversation(connection: &Connection, id: &ConversationId) -> rusqlite::Result<ErasureReport> {
    let delete = |sql: &str| connection.prepare_cached(sql)?.execute([id.as_str()]).map(|rows| rows as u64);
    delete("DELETE FROM claims WHERE conversation_id = ?1")?;
    let archived =
        "SELECT coalesce(sum(json_extract(metadata, '$.archived.turns')), 0) FROM conversations WHERE id = ?1";
    Ok(ErasureReport {
        archived_turns: connection.prepare_cached(archived)?.query_row([id.as_str()], |row| row.get(0).map(natural))?,
        turns: delete("DELETE FROM turns WHERE conversation_id = ?1")?,
        slots: delete("DELETE FROM slots WHERE conversation_id = ?1")?,
        context: delete("DELETE FROM extracted_context WHERE conversation_id = ?1")?,
        answers: delete("DELETE FROM idempotency WHERE conversation_id = ?1")?,
        conversations: delete("DELETE FROM conversations WHERE id = ?1")?,
        ..ErasureReport::default()
    })
}

fn is_claimed(connection: &Connection, tenant: &str, id: &ConversationId, user_id: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM claims WHERE tenant = ?1 AND conversation_id = ?2 AND user_id = ?3")?
        .exists([tenant, id.as_str(), user_id])
}

fn is_held(connection: &Connection, tenant: &str, user_id: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM legal_holds WHERE tenant = ?1 AND user_id = ?2 AND lifted_at IS NULL")?
        .exists([tenant, user_id])
}

#[derive(Clone, Copy)]
struct Tombstone<'a> {
    tenant: &'a str,
    kind: &'a str,
    subject: &'a str,
    id: &'a str,
    at: Millis,
    requested_by: &'a str,
}

impl<'a> Tombstone<'a> {
    fn of(order: &'a ErasureOrder, tenant: &'a str, kind: &'a str, subject: &'a str) -> Tombstone<'a> {
        Tombstone { tenant, kind, subject, id: order.id.as_str(), at: order.now_ms, requested_by: &order.requested_by }
    }
}

fn set_tombstone(connection: &Connection, stone: &Tombstone<'_>, report: &ErasureReport) -> rusqlite::Result<()> {
    let report = report.text();
    let sql = "INSERT OR REPLACE INTO erasures (tenant, kind, subject, id, at, requested_by, report)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Tombstone { tenant, kind, subject, id, at, requested_by } = stone;
    connection.prepare_cached(sql)?.execute(params![tenant, kind, subject, id, at, requested_by, report])?;
    if *kind == "conversation" {
        files_are_due(connection, subject)?;
    }
    events::forget(connection, kind, subject, *at)
}

/// Files of the archive that are kept for backups are not kept any longer: what was erased is not to be read in them.
fn files_are_due(connection: &Connection, conversation: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE loose_files SET since = ?2 WHERE conversation_id = ?1";
    connection.prepare_cached(sql)?.execute(params![conversation, DUE_AT_ONCE]).map(drop)
}

/// Carries out an erasure that another state of the store knew of. What it stands for goes even where its tombstone stands
/// already: something may have brought it back. `None`: there was nothing to do.
pub(super) fn erase_again(
    connection: &Connection,
    again: &ErasureRow,
    user_id: Option<&str>,
) -> Result<Option<ErasureReport>> {
    let ErasureRow { id, tenant, kind, subject, at, requested_by, report } = again;
    let stands = "SELECT 1 FROM erasures WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND (id = ?4 OR at > ?5)";
    let stands = connection.prepare_cached(stands).and_then(|mut s| s.exists(params![tenant, kind, subject, id, at]));
    let stands = stands.map_err(failed)?;
    let stone = Tombstone { tenant, kind, subject, id, at: *at, requested_by };
    let removed = match (kind.as_str(), user_id) {
        ("conversation", _) => {
            let conversation = parse_id(subject.clone())?;
            match find_row(connection, tenant, &conversation)? {
                Some(_) => remove_conversation(connection, &conversation).map_err(failed)?,
                None => ErasureReport::default(),
            }
        }
        (_, user_id) => erase_person_again(connection, &stone, user_id)?,
    };
    if stands {
        if kind == "conversation" {
            files_are_due(connection, subject).map_err(failed)?;
        }
        return Ok((removed != ErasureReport::default()).then_some(removed));
    }
    set_tombstone(connection, &stone, report).map_err(failed)?;
    Ok(Some(removed))
}

/// When everything about a person was erased, if it was.
pub(super) fn person_erased_at(
    connection: &Connection,
    tenant: &str,
    subject: &str,
) -> rusqlite::Result<Option<Millis>> {
    connection
        .prepare_cached("SELECT at FROM erasures WHERE tenant = ?1 AND kind = 'person' AND subject = ?2")?
        .query_row([tenant, subject], |row| row.get(0))
        .optional()
}

fn erase_person_again(connection: &Connection, stone: &Tombstone<'_>, user_id: Option<&str>) -> Result<ErasureReport> {
    let Tombstone { tenant, subject, id, at, .. } = stone;
    let mut total = ErasureReport::default();
    if let Some(user_id) = user_id {
        let older = || {
            let sql =
                "SELECT id FROM conversations WHERE tenant = ?1 AND user_id = ?2 AND created_at <= ?3 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map(params![tenant, user_id, at], |row| row.get(0))?;
            ids.collect::<rusqlite::Result<Vec<String>>>()
        };
        for (index, conversation) in older().map_err(failed)?.into_iter().enumerate() {
            let conversation = parse_id(conversation)?;
            let report = remove_conversation(connection, &conversation).map_err(failed)?;
            let (subject, own_id) = (conversation.as_str(), format!("{id}/again{}", index + 1));
            let own = Tombstone { kind: "conversation", subject, id: &own_id, ..*stone };
            set_tombstone(connection, &own, &report).map_err(failed)?;
            total.add(&report);
        }
        let mut rest = || {
            let sql = "DELETE FROM consents WHERE tenant = ?1 AND user_id = ?2 AND at <= ?3";
            total.consents = connection.execute(sql, params![tenant, user_id, at])? as u64;
            connection.execute("DELETE FROM claims WHERE tenant = ?1 AND user_id = ?2", [tenant, user_id])
        };
        rest().map_err(failed)?;
    }
    // A conversation that was begun since is sealed under it, too.
    let sql = "DELETE FROM data_keys WHERE tenant = ?1 AND subject = ?2
        AND NOT EXISTS (SELECT 1 FROM conversations WHERE tenant = ?1 AND user_id = ?3)";
    total.data_keys = connection.execute(sql, params![tenant, subject, user_id]).map_err(failed)? as u64;
    Ok(total)
}

pub(super) fn consent(row: &Row<'_>) -> Result<ConsentRow> {
    let id: String = row.get(0).map_err(failed)?;
    let id = id.parse().map_err(|error| StoreError::Damaged(format!("consents.id: {error}")))?;
    let read = || {
        Ok(ConsentRow {
            id,
            tenant: row.get(1)?,
            game: row.get(2)?,
            user_id: row.get(3)?,
            given: row.get(4)?,
            at: row.get(5)?,
            actor: row.get(6)?,
            note: row.get(7)?,
        })
    };
    read().map_err(failed)
}

pub(super) fn hold(row: &Row<'_>) -> Result<HoldRow> {
    let id: String = row.get(0).map_err(failed)?;
    let id = id.parse().map_err(|error| StoreError::Damaged(format!("legal_holds.id: {error}")))?;
    let read = || {
        Ok(HoldRow {
            id,
            tenant: row.get(1)?,
            user_id: row.get(2)?,
            reason: row.get(3)?,
            placed_at: row.get(4)?,
            placed_by: row.get(5)?,
            lifted_at: row.get(6)?,
        })
    };
    read().map_err(failed)
}

pub(super) fn erasure(row: &Row<'_>) -> Result<ErasureRow> {
    let report: String = row.get(6).map_err(failed)?;
    let report = serde_json::from_str(&report).map_err(|e| StoreError::Damaged(format!("erasures.report: {e}")))?;
    let read = || {
        Ok(ErasureRow {
            id: row.get(0)?,
            tenant: row.get(1)?,
            kind: row.get(2)?,
            subject: row.get(3)?,
            at: row.get(4)?,
            requested_by: row.get(5)?,
            report,
        })
    };
    read().map_err(failed)
}
