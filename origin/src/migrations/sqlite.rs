//! The schema's history on SQLite. Several origins may start at once: the first takes the write lock, the others
//! wait and then find nothing due.

use rusqlite::{Connection, TransactionBehavior, params};

use super::{Applied, Migration, Status, compare, due};
use crate::clock::Millis;
use crate::store::sqlite::failed;
use crate::store::{Result, StoreError};

/// The files in order.
pub const FILES: &[Migration] = &[
    Migration { version: 1, name: "core", sql: include_str!("../../migrations/sqlite/0001_core.sql") },
    Migration { version: 2, name: "data_keys", sql: include_str!("../../migrations/sqlite/0002_data_keys.sql") },
    Migration {
        version: 3,
        name: "administrators",
        sql: include_str!("../../migrations/sqlite/0003_administrators.sql"),
    },
    Migration {
        version: 4,
        name: "erasures_by_time",
        sql: include_str!("../../migrations/sqlite/0004_erasures_by_time.sql"),
    },
    Migration { version: 5, name: "state_names", sql: include_str!("../../migrations/sqlite/0005_state_names.sql") },
    Migration { version: 6, name: "reports", sql: include_str!("../../migrations/sqlite/0006_reports.sql") },
    Migration { version: 7, name: "events", sql: include_str!("../../migrations/sqlite/0007_events.sql") },
    Migration { version: 8, name: "handovers", sql: include_str!("../../migrations/sqlite/0008_handovers.sql") },
    Migration { version: 9, name: "webhooks", sql: include_str!("../../migrations/sqlite/0009_webhooks.sql") },
    Migration { version: 10, name: "nodes", sql: include_str!("../../migrations/sqlite/0010_nodes.sql") },
    Migration { version: 11, name: "archives", sql: include_str!("../../migrations/sqlite/0011_archives.sql") },
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Applies what is due, all in one transaction; returns how many.
///
/// # Errors
/// When the history does not fit this program, or a statement fails (then nothing is applied).
pub fn apply(connection: &mut Connection, now_ms: Millis) -> Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    transaction.execute_batch(HISTORY).map_err(failed)?;
    let due = due(FILES, &history(&transaction)?)?;
    for file in &due {
        let record = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)";
        transaction
            .execute_batch(file.sql)
            .and_then(|()| transaction.execute(record, params![file.version, file.name, file.checksum(), now_ms]))
            .map_err(|error| StoreError::Schema(format!("migration {} ({}): {error}", file.version, file.name)))?;
    }
    transaction.commit().map_err(failed)?;
    Ok(due.len())
}

/// Where each migration stands, without applying any.
///
/// # Errors
/// As [`compare`].
pub fn status(connection: &Connection) -> Result<Vec<Status>> {
    let recorded = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'";
    let known = connection.prepare(recorded).and_then(|mut statement| statement.exists([])).map_err(failed)?;
    let history = if known { history(connection)? } else { Vec::new() };
    compare(FILES, &history)
}

fn history(connection: &Connection) -> Result<Vec<Applied>> {
    let read = || {
        let mut statement =
            connection.prepare("SELECT version, checksum, applied_at FROM schema_migrations ORDER BY version")?;
        let rows = statement.query_map([], |row| {
            Ok(Applied { version: row.get(0)?, checksum: row.get(1)?, applied_at: row.get(2)? })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(failed)
}
