//! Administrators, their sessions, and the listing of conversations on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::{Row, Transaction};

use super::conversations::{TURNS, parse_id, turn};
use super::{Database, PostgresStore, column, failed, get, in_time, natural, tell};
use crate::clock::{Millis, nearest_time};
use crate::ids::{AdministratorId, ConversationId, SessionId};
use crate::store::{
    AdministratorChange, AdministratorChanged, AdministratorRow, Administrators, ConversationFilter, ConversationHead,
    Event, Listings, MAX_PAGE, Result, Role, SessionRow, SessionTokens, StoreError, TurnRow,
};

const ADMINISTRATOR: &str = "a.id, a.name, a.role, a.tenant, a.password, lgdl_millis(a.created_at), a.disabled";

#[async_trait]
impl Administrators for PostgresStore {
    async fn add_administrator(&self, administrator: AdministratorRow, told: Event) -> Result<bool> {
        let sql = "INSERT INTO administrators (id, name, role, tenant, password, created_at, disabled)
            SELECT $1::text, $2::text, $3::text, $4::text, $5::text, lgdl_time($6), $7::boolean
            WHERE NOT EXISTS (SELECT FROM administrators WHERE lower(name) = lower($2)) ON CONFLICT (name) DO NOTHING";
        let AdministratorRow { id, name, role, tenant, password, created_at, disabled } = &administrator;
        let row: super::Params<'_> = &[&id.as_str(), name, &role.name(), tenant, password, created_at, disabled];
        self.change(sql, row, &told).await
    }

    async fn administrators(&self) -> Result<Vec<AdministratorRow>> {
        let sql = format!("SELECT {ADMINISTRATOR} FROM administrators a ORDER BY name");
        self.query(&sql, &[]).await?.iter().map(|row| administrator(row, 0)).collect()
    }

    async fn find_administrator(&self, name: &str) -> Result<Option<AdministratorRow>> {
        let sql = format!("SELECT {ADMINISTRATOR} FROM administrators a WHERE name = $1");
        self.query_opt(&sql, &[&name]).await?.map(|row| administrator(&row, 0)).transpose()
    }

    async fn change_administrator(
        &self,
        id: &AdministratorId,
        change: AdministratorChange,
        told: Event,
    ) -> Result<AdministratorChanged> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await.map_err(|error| failed(&error))?;
            // All of them locked: two who keep each other out at the same time must not both succeed.
            let sql = format!("SELECT {ADMINISTRATOR} FROM administrators a ORDER BY id FOR UPDATE");
            let rows = transaction.query(&sql, &[]).await.map_err(|error| failed(&error))?;
            let all = rows.iter().map(|row| administrator(row, 0)).collect::<Result<Vec<_>>>()?;
            let changed = change.among(&all, id);
            let done = async {
                if let AdministratorChanged::Done(after) = &changed {
                    replace(&transaction, after).await?;
                    tell(&transaction, &told).await?;
                }
                transaction.commit().await
            };
            done.await.map_err(|error| failed(&error))?;
            Ok(changed)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?
    }

    async fn begin_session(&self, session: SessionRow, password: &str, told: Event) -> Result<bool> {
        // The lock makes a change of the password wait, so that it ends this session too.
        let sql = "INSERT INTO administrator_sessions (id, administrator_id, access_hash, access_expires_at,
            refresh_hash, refresh_expires_at, created_at)
            SELECT $1, id, $3, lgdl_time($4), $5, lgdl_time($6), lgdl_time($7)
            FROM (SELECT id FROM administrators WHERE id = $2 AND password = $8 AND NOT disabled FOR SHARE) a";
        let SessionRow { id, administrator, tokens, created_at } = &session;
        let SessionTokens { access_hash, access_expires_at, refresh_hash, refresh_expires_at } = tokens;
        let row: super::Params<'_> = &[
            &id.as_str(),
            &administrator.as_str(),
            access_hash,
            access_expires_at,
            refresh_hash,
            refresh_expires_at,
            created_at,
            &password,
        ];
        self.change(sql, row, &told).await
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<(SessionRow, AdministratorRow)>> {
        let sql = format!(
            "SELECT s.access_hash, lgdl_millis(s.access_expires_at), s.refresh_hash, lgdl_millis(s.refresh_expires_at),
            lgdl_millis(s.created_at), {ADMINISTRATOR}
            FROM administrator_sessions s JOIN administrators a ON a.id = s.administrator_id WHERE s.id = $1"
        );
        self.query_opt(&sql, &[&id.as_str()]).await?.map(|row| session(&row, id)).transpose()
    }

    async fn renew_session(&self, id: &SessionId, used_hash: &str, tokens: SessionTokens) -> Result<bool> {
        let sql = "UPDATE administrator_sessions SET access_hash = $3, access_expires_at = lgdl_time($4),
            refresh_hash = $5, refresh_expires_at = lgdl_time($6) WHERE id = $1 AND refresh_hash = $2";
        let SessionTokens { access_hash, access_expires_at, refresh_hash, refresh_expires_at } = &tokens;
        let row: super::Params<'_> =
            &[&id.as_str(), &used_hash, access_hash, access_expires_at, refresh_hash, refresh_expires_at];
        Ok(self.execute(sql, row).await? == 1)
    }

    async fn end_session(&self, id: &SessionId, told: Event) -> Result<bool> {
        self.change("DELETE FROM administrator_sessions WHERE id = $1", &[&id.as_str()], &told).await
    }

    async fn remove_sessions_before(&self, before: Millis) -> Result<u64> {
        let sql = "DELETE FROM administrator_sessions WHERE refresh_expires_at < lgdl_time($1)";
        self.execute(sql, &[&before]).await
    }
}

#[async_trait]
impl Listings for PostgresStore {
    async fn list_conversations(
        &self,
        tenant: &str,
        filter: ConversationFilter,
        limit: u32,
    ) -> Result<Vec<ConversationHead>> {
        let sql = "SELECT id, game, user_id, version, game_version, lgdl_millis(created_at), lgdl_millis(updated_at),
            current_move_state, awaiting_response FROM conversations c
            WHERE tenant = $1 AND ($2::text IS NULL OR game = $2) AND ($3::text IS NULL OR user_id = $3)
            AND ($4::bigint IS NULL OR c.created_at >= lgdl_time($4))
            AND ($5::bigint IS NULL OR c.created_at < lgdl_time($5))
            AND ($6::bigint IS NULL OR (c.created_at, c.id) < (lgdl_time($6), $7))
            ORDER BY c.created_at DESC, c.id DESC LIMIT $8";
        let ConversationFilter { game, user_id, since, until, after } = &filter;
        let (at, id) = after.as_ref().map_or((None, ""), |(at, id)| (Some(nearest_time(*at)), id.as_str()));
        let [since, until] = [since, until].map(|time| time.map(nearest_time));
        let limit = i64::from(limit.min(MAX_PAGE));
        let row: super::Params<'_> = &[&tenant, game, user_id, &since, &until, &at, &id, &limit];
        self.query_lagging(sql, row).await?.iter().map(head).collect()
    }

    async fn list_turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>> {
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query_lagging(TURNS, &[&id.as_str(), &column(after), &limit]).await?.iter().map(turn).collect()
    }
}

/// Writes what can change of an administrator, and ends their sessions.
async fn replace(transaction: &Transaction<'_>, after: &AdministratorRow) -> Database<()> {
    let AdministratorRow { id, role, password, disabled, .. } = after;
    let sql = "UPDATE administrators SET role = $2, password = $3, disabled = $4 WHERE id = $1";
    transaction.execute(sql, &[&id.as_str(), &role.name(), password, disabled]).await?;
    let sql = "DELETE FROM administrator_sessions WHERE administrator_id = $1";
    transaction.execute(sql, &[&id.as_str()]).await.map(drop)
}

fn head(row: &Row) -> Result<ConversationHead> {
    Ok(ConversationHead {
        id: parse_id(get(row, 0)?)?,
        game: get(row, 1)?,
        user_id: get(row, 2)?,
        version: natural(row, 3)?,
        game_version: get(row, 4)?,
        created_at: get(row, 5)?,
        updated_at: get(row, 6)?,
        current_move_state: get(row, 7)?,
        awaiting_response: get(row, 8)?,
    })
}

fn session(row: &Row, id: &SessionId) -> Result<(SessionRow, AdministratorRow)> {
    let administrator = administrator(row, 5)?;
    let tokens = SessionTokens {
        access_hash: get(row, 0)?,
        access_expires_at: get(row, 1)?,
        refresh_hash: get(row, 2)?,
        refresh_expires_at: get(row, 3)?,
    };
    let created_at = get(row, 4)?;
    Ok((SessionRow { id: id.clone(), administrator: administrator.id.clone(), tokens, created_at }, administrator))
}

pub(super) fn administrator(row: &Row, first: usize) -> Result<AdministratorRow> {
    let damaged = |what: String| StoreError::Damaged(what);
    let id = get::<&str>(row, first)?.parse();
    let role = Role::of_name(get(row, first + 2)?);
    Ok(AdministratorRow {
        id: id.map_err(|error| damaged(format!("administrators.id: {error}")))?,
        name: get(row, first + 1)?,
        role: role.ok_or_else(|| damaged("administrators.role names no role".into()))?,
        tenant: get(row, first + 3)?,
        password: get(row, first + 4)?,
        created_at: get(row, first + 5)?,
        disabled: get(row, first + 6)?,
    })
}
