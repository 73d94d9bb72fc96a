//! Administrators, their sessions, and the listing of conversations on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::commit::write_event;
use super::conversations::parse_id;
use super::{SqliteStore, failed, natural};
use crate::clock::Millis;
use crate::ids::{AdministratorId, ConversationId, SessionId};
use crate::store::{
    AdministratorChange, AdministratorChanged, AdministratorRow, Administrators, ConversationFilter, ConversationHead,
    Conversations as _, Event, Listings, MAX_PAGE, Result, Role, SessionRow, SessionTokens, StoreError, TurnRow,
};

const ADMINISTRATOR: &str = "a.id, a.name, a.role, a.tenant, a.password, a.created_at, a.disabled";

#[async_trait]
impl Administrators for SqliteStore {
    async fn add_administrator(&self, administrator: AdministratorRow, told: Event) -> Result<bool> {
        const UNLIKE: &str = "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
            WHERE NOT EXISTS (SELECT 1 FROM administrators WHERE lower(name) = lower(?2)) ON CONFLICT (name) DO NOTHING";
        self.change(told, move |connection| add(connection, &administrator, UNLIKE)).await
    }

    async fn administrators(&self) -> Result<Vec<AdministratorRow>> {
        self.read(all).await
    }

    async fn find_administrator(&self, name: &str) -> Result<Option<AdministratorRow>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {ADMINISTRATOR} FROM administrators a WHERE name = ?1");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement.query_row([name], |row| Ok(administrator(row, 0))).optional().map_err(failed)?.transpose()
        })
        .await
    }

    async fn change_administrator(
        &self,
        id: &AdministratorId,
        change: AdministratorChange,
        told: Event,
    ) -> Result<AdministratorChanged> {
        let id = id.clone();
        self.writer
            .write(move |connection| {
                let changed = change.among(&all(connection)?, &id);
                if let AdministratorChanged::Done(after) = &changed {
                    replace(connection, after).map_err(failed)?;
                    write_event(connection, &told).map_err(failed)?;
                }
                Ok(changed)
            })
            .await
    }

    async fn begin_session(&self, session: SessionRow, password: &str, told: Event) -> Result<bool> {
        let password = password.to_owned();
        self.change(told, move |connection| {
            let sql = "INSERT INTO administrator_sessions (id, administrator_id, access_hash, access_expires_at,
                refresh_hash, refresh_expires_at, created_at) SELECT ?1, id, ?3, ?4, ?5, ?6, ?7
                FROM administrators WHERE id = ?2 AND password = ?8 AND NOT disabled";
            let SessionRow { id, administrator, tokens, created_at } = &session;
            let row = params![
                id.as_str(),
                administrator.as_str(),
                tokens.access_hash,
                tokens.access_expires_at,
                tokens.refresh_hash,
                tokens.refresh_expires_at,
                created_at,
                password
            ];
            connection.execute(sql, row)
        })
        .await
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<(SessionRow, AdministratorRow)>> {
        let id = id.clone();
        self.read(move |connection| {
            let sql = format!(
                "SELECT s.access_hash, s.access_expires_at, s.refresh_hash, s.refresh_expires_at, s.created_at,
                {ADMINISTRATOR} FROM administrator_sessions s JOIN administrators a ON a.id = s.administrator_id
                WHERE s.id = ?1"
            );
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let found = statement.query_row([id.as_str()], |row| Ok(session(row, &id))).optional();
            found.map_err(failed)?.transpose()
        })
        .await
    }

    async fn renew_session(&self, id: &SessionId, used_hash: &str, tokens: SessionTokens) -> Result<bool> {
        let (id, used_hash) = (id.clone(), used_hash.to_owned());
        self.writer
            .write(move |connection| {
                let sql = "UPDATE administrator_sessions SET access_hash = ?3, access_expires_at = ?4,
                    refresh_hash = ?5, refresh_expires_at = ?6 WHERE id = ?1 AND refresh_hash = ?2";
                let SessionTokens { access_hash, access_expires_at, refresh_hash, refresh_expires_at } = &tokens;
                let row =
                    params![id.as_str(), used_hash, access_hash, access_expires_at, refresh_hash, refresh_expires_at];
                Ok(connection.execute(sql, row).map_err(failed)? == 1)
            })
            .await
    }

    async fn end_session(&self, id: &SessionId, told: Event) -> Result<bool> {
        let id = id.clone();
        self.change(told, move |connection| {
            connection.execute("DELETE FROM administrator_sessions WHERE id = ?1", [id.as_str()])
        })
        .await
    }

    async fn remove_sessions_before(&self, before: Millis) -> Result<u64> {
        let sql = "DELETE FROM administrator_sessions WHERE refresh_expires_at < ?1";
        let remove = move |connection: &Connection| connection.execute(sql, [before]).map_err(failed);
        self.writer.write(remove).await.map(|rows| rows as u64)
    }
}

#[async_trait]
impl Listings for SqliteStore {
    async fn list_conversations(
        &self,
        tenant: &str,
        filter: ConversationFilter,
        limit: u32,
    ) -> Result<Vec<ConversationHead>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            let sql = "SELECT id, game, user_id, version, game_version, created_at, updated_at, current_move_state,
                awaiting_response FROM conversations
                WHERE tenant = ?1 AND (?2 IS NULL OR game = ?2) AND (?3 IS NULL OR user_id = ?3)
                AND created_at >= ?4 AND created_at < ?5 AND (created_at, id) < (?6, ?7)
                ORDER BY created_at DESC, id DESC LIMIT ?8";
            let ConversationFilter { game, user_id, since, until, after } = &filter;
            // After nothing means before the end of all time.
            let (at, id) = after.as_ref().map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
            let (since, until) = (since.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX));
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let row = params![tenant, game, user_id, since, until, at, id, limit.min(MAX_PAGE)];
            let rows = statement.query_map(row, |row| Ok(head(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn list_turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>> {
        self.turns(id, after, limit).await
    }
}

/// Adds the account of a key, whose name nobody else can have.
pub(super) fn add_account(connection: &Connection, account: &AdministratorRow) -> rusqlite::Result<usize> {
    add(connection, account, "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
}

fn add(connection: &Connection, row: &AdministratorRow, values: &str) -> rusqlite::Result<usize> {
    let columns = "id, name, role, tenant, password, created_at, disabled";
    let sql = format!("INSERT INTO administrators ({columns}) {values}");
    let AdministratorRow { id, name, role, tenant, password, created_at, disabled } = row;
    connection.execute(&sql, params![id.as_str(), name, role.name(), tenant, password, created_at, disabled])
}

fn all(connection: &Connection) -> Result<Vec<AdministratorRow>> {
    let sql = format!("SELECT {ADMINISTRATOR} FROM administrators a ORDER BY name");
    let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
    let rows = statement.query_map([], |row| Ok(administrator(row, 0))).map_err(failed)?;
    rows.map(|row| row.map_err(failed)?).collect()
}

/// Writes what can change of an administrator, and ends their sessions.
fn replace(connection: &Connection, after: &AdministratorRow) -> rusqlite::Result<()> {
    let AdministratorRow { id, role, password, disabled, .. } = after;
    let sql = "UPDATE administrators SET role = ?2, password = ?3, disabled = ?4 WHERE id = ?1";
    connection.execute(sql, params![id.as_str(), role.name(), password, disabled])?;
    connection.execute("DELETE FROM administrator_sessions WHERE administrator_id = ?1", [id.as_str()]).map(drop)
}

fn head(row: &Row<'_>) -> Result<ConversationHead> {
    let id = parse_id(row.get(0).map_err(failed)?)?;
    let read = || {
        Ok(ConversationHead {
            id,
            game: row.get(1)?,
            user_id: row.get(2)?,
            version: natural(row.get(3)?),
            game_version: row.get(4)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
            current_move_state: row.get(7)?,
            awaiting_response: row.get(8)?,
        })
    };
    read().map_err(failed)
}

fn session(row: &Row<'_>, id: &SessionId) -> Result<(SessionRow, AdministratorRow)> {
    let administrator = administrator(row, 5)?;
    let read = || {
        let tokens = SessionTokens {
            access_hash: row.get(0)?,
            access_expires_at: row.get(1)?,
            refresh_hash: row.get(2)?,
            refresh_expires_at: row.get(3)?,
        };
        Ok(SessionRow { id: id.clone(), administrator: administrator.id.clone(), tokens, created_at: row.get(4)? })
    };
    Ok((read().map_err(failed)?, administrator))
}

pub(super) fn administrator(row: &Row<'_>, first: usize) -> Result<AdministratorRow> {
    let damaged = |what: String| StoreError::Damaged(what);
    let id: String = row.get(first).map_err(failed)?;
    let role: String = row.get(first + 2).map_err(failed)?;
    let id = id.parse().map_err(|error| damaged(format!("administrators.id: {error}")))?;
    let role = Role::of_name(&role).ok_or_else(|| damaged("administrators.role names no role".into()))?;
    let read = || {
        Ok(AdministratorRow {
            id,
            name: row.get(first + 1)?,
            role,
            tenant: row.get(first + 3)?,
            password: row.get(first + 4)?,
            created_at: row.get(first + 5)?,
            disabled: row.get(first + 6)?,
        })
    };
    read().map_err(failed)
}
