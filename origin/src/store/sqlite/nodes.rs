//! Edge nodes on SQLite.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};

use super::commit::write_event;
use super::{SqliteStore, failed};
use crate::clock::Millis;
use crate::store::{Event, NodeRow, Nodes, Result, StoreError};

#[async_trait]
impl Nodes for SqliteStore {
    async fn nodes(&self) -> Result<Vec<NodeRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT row FROM nodes ORDER BY name").map_err(failed)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
            rows.map(|row| node(&row.map_err(failed)?)).collect()
        })
        .await
    }

    async fn find_node(&self, name: &str) -> Result<Option<NodeRow>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT row FROM nodes WHERE name = ?1").map_err(failed)?;
            let found = statement.query_row([name], |row| row.get::<_, String>(0)).optional().map_err(failed)?;
            found.map(|row| node(&row)).transpose()
        })
        .await
    }

    async fn keep_node(&self, row: NodeRow, seen_before: Option<Millis>, told: Vec<Event>) -> Result<bool> {
        let text = serde_json::to_string(&row).map_err(|error| StoreError::Internal(error.to_string()))?;
        self.writer
            .write(move |connection| {
                let keep = || {
                    let kept = match seen_before {
                        None => {
                            let sql = "INSERT INTO nodes (name, seen_at, silent_since, waiting, row) VALUES (?1, ?2, ?3, ?4, ?5)
                                ON CONFLICT (name) DO NOTHING";
                            let waiting = row.report.waiting > 0;
                            connection.execute(sql, params![row.name, row.seen_at, row.silent_since, waiting, text])?
                        }
                        Some(before) => {
                            let sql = "UPDATE nodes SET seen_at = ?2, silent_since = ?3, waiting = ?4, row = ?5
                                WHERE name = ?1 AND seen_at = ?6";
                            let waiting = row.report.waiting > 0;
                            connection
                                .execute(sql, params![row.name, row.seen_at, row.silent_since, waiting, text, before])?
                        }
                    };
                    if kept > 0 {
                        told.iter().try_for_each(|event| write_event(connection, event))?;
                    }
                    Ok(kept > 0)
                };
                keep().map_err(failed)
            })
            .await
    }

    async fn forget_node(&self, name: &str, seen_at: Millis, told: Vec<Event>) -> Result<bool> {
        let name = name.to_owned();
        self.writer
            .write(move |connection| {
                let forget = || {
                    let sql = "DELETE FROM nodes WHERE name = ?1 AND seen_at = ?2";
                    let forgotten = connection.execute(sql, params![name, seen_at])? > 0;
                    if forgotten {
                        told.iter().try_for_each(|event| write_event(connection, event))?;
                    }
                    Ok(forgotten)
                };
                forget().map_err(failed)
            })
            .await
    }

    async fn forget_nodes(&self, silent_before: Millis) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let sql = "DELETE FROM nodes WHERE silent_since < ?1 AND NOT waiting";
                connection.execute(sql, [silent_before]).map(|rows| rows as u64).map_err(failed)
            })
            .await
    }
}

fn node(text: &str) -> Result<NodeRow> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("nodes.row: {error}")))
}
