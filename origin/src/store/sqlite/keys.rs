//! API keys on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::administrators::add_account;
use super::commit::write_event;
use super::{SqliteStore, failed};
use crate::clock::Millis;
use crate::ids::ApiKeyId;
use crate::store::{AdministratorRow, ApiKeyRow, Event, Keys, Result, StoreError};

const COLUMNS: &str = "id, tenant, hash, name, scopes, created_at, expires_at, revoked_at";

#[async_trait]
impl Keys for SqliteStore {
    async fn add_key(&self, key: ApiKeyRow, told: Event) -> Result<()> {
        self.change(told, move |connection| write(connection, &key)).await.map(drop)
    }

    async fn add_agent_key(&self, key: ApiKeyRow, account: AdministratorRow, told: [Event; 2]) -> Result<()> {
        self.writer
            .write(move |connection| {
                let work = || {
                    add_account(connection, &account)?;
                    write(connection, &key)?;
                    told.iter().try_for_each(|event| write_event(connection, event))
                };
                work().map_err(failed)
            })
            .await
    }

    async fn find_key(&self, hash: &str) -> Result<Option<ApiKeyRow>> {
        let hash = hash.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM keys WHERE hash = ?1");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement.query_row([hash], |row| Ok(key(row))).optional().map_err(failed)?.transpose()
        })
        .await
    }

    async fn keys(&self, tenant: &str) -> Result<Vec<ApiKeyRow>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM keys WHERE tenant = ?1 ORDER BY id");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let rows = statement.query_map([tenant], |row| Ok(key(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn revoke_key(&self, tenant: &str, id: &ApiKeyId, now_ms: Millis, told: Event) -> Result<bool> {
        let (tenant, id) = (tenant.to_owned(), id.to_string());
        self.change(told, move |connection| {
            let sql = "UPDATE keys SET revoked_at = ?3 WHERE tenant = ?1 AND id = ?2 AND revoked_at IS NULL";
            let revoked = connection.execute(sql, params![tenant, id, now_ms])?;
            if revoked > 0 {
                let sql = "UPDATE administrators SET disabled = 1 WHERE tenant = ?1 AND name = ?2";
                connection.execute(sql, params![tenant, id])?;
            }
            Ok(revoked)
        })
        .await
    }
}

fn write(connection: &Connection, key: &ApiKeyRow) -> rusqlite::Result<usize> {
    let scopes = serde_json::Value::from(key.scopes.clone()).to_string();
    let sql = format!("INSERT INTO keys ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    let ApiKeyRow { id, tenant, hash, name, created_at, expires_at, revoked_at, .. } = key;
    let row = params![id.as_str(), tenant, hash, name, scopes, created_at, expires_at, revoked_at];
    connection.execute(&sql, row)
}

pub(super) fn key(row: &Row<'_>) -> Result<ApiKeyRow> {
    let damaged = |what: String| StoreError::Damaged(what);
    let id: String = row.get(0).map_err(failed)?;
    let scopes: String = row.get(4).map_err(failed)?;
    let id = id.parse().map_err(|error| damaged(format!("keys.id: {error}")))?;
    let scopes = serde_json::from_str(&scopes).map_err(|error| damaged(format!("keys.scopes: {error}")))?;
    let read = || {
        Ok(ApiKeyRow {
            id,
            tenant: row.get(1)?,
            hash: row.get(2)?,
            name: row.get(3)?,
            scopes,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
            revoked_at: row.get(7)?,
        })
    };
    read().map_err(failed)
}
