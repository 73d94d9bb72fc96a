//! Data keys on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::{PostgresStore, failed, get, in_time, tell};
use crate::ids::DataKeyId;
use crate::store::{DataKeyRow, DataKeys, Event, MAX_PAGE, Result, StoreError};

const COLUMNS: &str = "id, tenant, subject, wrapped, lgdl_millis(created_at)";

#[async_trait]
impl DataKeys for PostgresStore {
    async fn find_data_key(&self, tenant: &str, subject: &str) -> Result<Option<DataKeyRow>> {
        let sql = format!("SELECT {COLUMNS} FROM data_keys WHERE tenant = $1 AND subject = $2");
        self.query_opt(&sql, &[&tenant, &subject]).await?.map(|row| data_key(&row)).transpose()
    }

    async fn keep_data_key(&self, key: DataKeyRow) -> Result<DataKeyRow> {
        // The update changes nothing; it makes the row that is there come back.
        let sql = format!(
            "INSERT INTO data_keys (tenant, subject, id, wrapped, created_at) VALUES ($1, $2, $3, $4, lgdl_time($5))
            ON CONFLICT (tenant, subject) DO UPDATE SET tenant = excluded.tenant RETURNING {COLUMNS}"
        );
        let DataKeyRow { tenant, subject, id, wrapped, created_at } = &key;
        let row = self.query_opt(&sql, &[tenant, subject, &id.as_str(), wrapped, created_at]).await?;
        row.map_or_else(|| Err(StoreError::Internal("a data key was not kept".into())), |row| data_key(&row))
    }

    async fn data_keys(&self, after: Option<&DataKeyId>, limit: u32) -> Result<Vec<DataKeyRow>> {
        let sql = format!("SELECT {COLUMNS} FROM data_keys WHERE id > $1 ORDER BY id LIMIT $2");
        let after = after.map_or("", DataKeyId::as_str);
        self.query(&sql, &[&after, &i64::from(limit.min(MAX_PAGE))]).await?.iter().map(data_key).collect()
    }

    async fn rewrap_data_keys(&self, wrappings: Vec<(DataKeyId, Vec<u8>, Vec<u8>)>, told: Event) -> Result<u64> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let sql = "UPDATE data_keys SET wrapped = $3 WHERE id = $1 AND wrapped = $2";
            let statement = transaction.prepare(sql).await?;
            let mut replaced = 0;
            for (id, before, after) in &wrappings {
                replaced += transaction.execute(&statement, &[&id.as_str(), before, after]).await?;
            }
            if replaced > 0 {
                tell(&transaction, &told.with("rewrapped", replaced)).await?;
            }
            transaction.commit().await?;
            Ok(replaced)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }
}

pub(super) fn data_key(row: &Row) -> Result<DataKeyRow> {
    let damaged = |error| StoreError::Damaged(format!("data_keys.id: {error}"));
    Ok(DataKeyRow {
        id: get::<&str>(row, 0)?.parse().map_err(damaged)?,
        tenant: get(row, 1)?,
        subject: get(row, 2)?,
        wrapped: get(row, 3)?,
        created_at: get(row, 4)?,
    })
}
