//! API keys on PostgreSQL.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{PostgresStore, get};
use crate::clock::Millis;
use crate::ids::ApiKeyId;
use crate::store::{AdministratorRow, ApiKeyRow, Event, Keys, Result, StoreError};

const COLUMNS: &str = "id, tenant, hash, name, scopes, lgdl_millis(created_at), lgdl_millis(expires_at),
    lgdl_millis(revoked_at)";

#[async_trait]
impl Keys for PostgresStore {
    async fn add_key(&self, key: ApiKeyRow, told: Event) -> Result<()> {
        let scopes = serde_json::Value::from(key.scopes.clone()).to_string();
        let sql = "INSERT INTO keys (id, tenant, hash, name, scopes, created_at, expires_at, revoked_at)
            VALUES ($1, $2, $3, $4, $5, lgdl_time($6), lgdl_time($7), lgdl_time($8))";
        let ApiKeyRow { id, tenant, hash, name, created_at, expires_at, revoked_at, .. } = &key;
        let row: super::Params<'_> = &[&id.as_str(), tenant, hash, name, &scopes, created_at, expires_at, revoked_at];
        self.change(sql, row, &told).await.map(drop)
    }

    async fn add_agent_key(&self, key: ApiKeyRow, account: AdministratorRow, told: [Event; 2]) -> Result<()> {
        let scopes = serde_json::Value::from(key.scopes.clone()).to_string();
        let sql = "WITH account AS (INSERT INTO administrators (id, name, role, tenant, password, created_at, disabled)
                VALUES ($9, $10, $11, $12, $13, lgdl_time($14), $15))
            INSERT INTO keys (id, tenant, hash, name, scopes, created_at, expires_at, revoked_at)
            VALUES ($1, $2, $3, $4, $5, lgdl_time($6), lgdl_time($7), lgdl_time($8))";
        let row: super::Params<'_> = &[
            &key.id.as_str(),
            &key.tenant,
            &key.hash,
            &key.name,
            &scopes,
            &key.created_at,
            &key.expires_at,
            &key.revoked_at,
            &account.id.as_str(),
            &account.name,
            &account.role.name(),
            &account.tenant,
            &account.password,
            &account.created_at,
            &account.disabled,
        ];
        self.change_telling(sql, row, &told).await.map(drop)
    }

    async fn find_key(&self, hash: &str) -> Result<Option<ApiKeyRow>> {
        let sql = format!("SELECT {COLUMNS} FROM keys WHERE hash = $1");
        self.query_opt(&sql, &[&hash]).await?.map(|row| key(&row)).transpose()
    }

    async fn keys(&self, tenant: &str) -> Result<Vec<ApiKeyRow>> {
        let sql = format!("SELECT {COLUMNS} FROM keys WHERE tenant = $1 ORDER BY id");
        self.query(&sql, &[&tenant]).await?.iter().map(key).collect()
    }

    async fn revoke_key(&self, tenant: &str, id: &ApiKeyId, now_ms: Millis, told: Event) -> Result<bool> {
        let sql = "WITH revoked AS (UPDATE keys SET revoked_at = lgdl_time($3)
                WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL RETURNING tenant, id),
            account AS (UPDATE administrators a SET disabled = true FROM revoked r
                WHERE a.tenant = r.tenant AND a.name = r.id)
            SELECT FROM revoked";
        self.change(sql, &[&tenant, &id.as_str(), &now_ms], &told).await
    }
}

fn key(row: &Row) -> Result<ApiKeyRow> {
    let damaged = |what: String| StoreError::Damaged(what);
    let id = get::<&str>(row, 0)?.parse().map_err(|error| damaged(format!("keys.id: {error}")))?;
    let scopes = serde_json::from_str(get(row, 4)?).map_err(|error| damaged(format!("keys.scopes: {error}")))?;
    Ok(ApiKeyRow {
        id,
        tenant: get(row, 1)?,
        hash: get(row, 2)?,
        name: get(row, 3)?,
        scopes,
        created_at: get(row, 5)?,
        expires_at: get(row, 6)?,
        revoked_at: get(row, 7)?,
    })
}
