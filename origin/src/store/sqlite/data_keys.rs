//! Data keys on SQLite.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, params};

use super::commit::write_event;
use super::{SqliteStore, failed};
use crate::ids::DataKeyId;
use crate::store::{DataKeyRow, DataKeys, Event, MAX_PAGE, Result, StoreError};

const COLUMNS: &str = "tenant, subject, id, wrapped, created_at";

#[async_trait]
impl DataKeys for SqliteStore {
    async fn find_data_key(&self, tenant: &str, subject: &str) -> Result<Option<DataKeyRow>> {
        let (tenant, subject) = (tenant.to_owned(), subject.to_owned());
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM data_keys WHERE tenant = ?1 AND subject = ?2");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement.query_row([tenant, subject], |row| Ok(data_key(row))).optional().map_err(failed)?.transpose()
        })
        .await
    }

    async fn keep_data_key(&self, key: DataKeyRow) -> Result<DataKeyRow> {
        self.writer
            .write(move |connection| {
                let sql = format!(
                    "INSERT INTO data_keys ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (tenant, subject) DO UPDATE SET tenant = tenant RETURNING {COLUMNS}"
                );
                let DataKeyRow { tenant, subject, id, wrapped, created_at } = &key;
                let row = params![tenant, subject, id.as_str(), wrapped, created_at];
                let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
                statement.query_row(row, |row| Ok(data_key(row))).map_err(failed)?
            })
            .await
    }

    async fn data_keys(&self, after: Option<&DataKeyId>, limit: u32) -> Result<Vec<DataKeyRow>> {
        let after = after.map_or(String::new(), ToString::to_string);
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM data_keys WHERE id > ?1 ORDER BY id LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let limit = limit.min(MAX_PAGE);
            let rows = statement.query_map(params![after, limit], |row| Ok(data_key(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn rewrap_data_keys(&self, wrappings: Vec<(DataKeyId, Vec<u8>, Vec<u8>)>, told: Event) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let sql = "UPDATE data_keys SET wrapped = ?3 WHERE id = ?1 AND wrapped = ?2";
                let mut statement = connection.prepare_cached(sql).map_err(failed)?;
                let mut replaced = 0;
                for (id, before, after) in &wrappings {
                    replaced += statement.execute(params![id.as_str(), before, after]).map_err(failed)? as u64;
                }
                if replaced > 0 {
                    write_event(connection, &told.with("rewrapped", replaced)).map_err(failed)?;
                }
                Ok(replaced)
            })
            .await
    }
}

pub(super) fn data_key(row: &Row<'_>) -> Result<DataKeyRow> {
    let id: String = row.get(2).map_err(failed)?;
    let id = id.parse().map_err(|error| StoreError::Damaged(format!("data_keys.id: {error}")))?;
    let read = || {
        Ok(DataKeyRow { tenant: row.get(0)?, subject: row.get(1)?, id, wrapped: row.get(3)?, created_at: row.get(4)? })
    };
    read().map_err(failed)
}
