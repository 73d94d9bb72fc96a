//! The schema's history on SQLite. Several origins may start at once: the first takes the write lock, the others
//! wait and then find nothing due.

use rusqlite::{Connection, TransactionBehavior, params};

use super::Kind::{self, Contract, Expand};
use super::{Applied, Migration, Status, compare, due};
use crate::clock::Millis;
use crate::store::sqlite::failed;
use crate::store::{Result, StoreError};

/// The files in order.
pub const FILES: &[Migration] = &[
    Migration { version: 1, name: "core", kind: Expand, sql: include_str!("../../migrations/sqlite/0001_core.sql") },
    Migration {
        version: 2,
        name: "data_keys",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0002_data_keys.sql"),
    },
    Migration {
        version: 3,
        name: "administrators",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0003_administrators.sql"),
    },
    Migration {
        version: 4,
        name: "erasures_by_time",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0004_erasures_by_time.sql"),
    },
    Migration {
        version: 5,
        name: "state_names",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0005_state_names.sql"),
    },
    Migration {
        version: 6,
        name: "reports",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0006_reports.sql"),
    },
    Migration {
        version: 7,
        name: "events",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0007_events.sql"),
    },
    Migration {
        version: 8,
        name: "handovers",
        kind: Contract,
        sql: include_str!("../../migrations/sqlite/0008_handovers.sql"),
    },
    Migration {
        version: 9,
        name: "webhooks",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0009_webhooks.sql"),
    },
    Migration { version: 10, name: "nodes", kind: Expand, sql: include_str!("../../migrations/sqlite/0010_nodes.sql") },
    Migration {
        version: 11,
        name: "archives",
        kind: Expand,
        sql: include_str!("../../migrations/sqlite/0011_archives.sql"),
    },
    Migration {
        version: 12,
        name: "answers_in_order",
        kind: Contract,
        sql: include_str!("../../migrations/sqlite/0012_answers_in_order.sql"),
    },
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Histories of before do not say of what kind a migration is.
const KIND: &str = "ALTER TABLE schema_migrations ADD COLUMN kind TEXT NOT NULL DEFAULT 'contract'";

/// Applies what is due, all in one transaction; returns how many.
///
/// # Errors
/// When the history does not fit this program, or a statement fails (then nothing is applied).
pub fn apply(connection: &mut Connection, now_ms: Millis) -> Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    transaction.execute_batch(HISTORY).map_err(failed)?;
    if !says_kind(&transaction)? {
        transaction.execute_batch(KIND).map_err(failed)?;
    }
    let due = due(FILES, &history(&transaction)?)?;
    for file in &due {
        let record =
            "INSERT INTO schema_migrations (version, name, checksum, applied_at, kind) VALUES (?1, ?2, ?3, ?4, ?5)";
        transaction
            .execute_batch(file.sql)
            .and_then(|()| {
                transaction.execute(record, params![file.version, file.name, file.checksum(), now_ms, file.kind.name()])
            })
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

fn says_kind(connection: &Connection) -> Result<bool> {
    let sql = "SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'kind'";
    connection.prepare(sql).and_then(|mut statement| statement.exists([])).map_err(failed)
}

fn history(connection: &Connection) -> Result<Vec<Applied>> {
    let kind = if says_kind(connection)? { "kind" } else { "'contract'" };
    let sql = format!("SELECT version, checksum, applied_at, {kind} FROM schema_migrations ORDER BY version");
    let read = || {
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            let kind = Kind::recorded(&row.get::<_, String>(3)?);
            Ok(Applied { version: row.get(0)?, checksum: row.get(1)?, kind, applied_at: row.get(2)? })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(failed)
}
