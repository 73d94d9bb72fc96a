//! The schema's history on PostgreSQL. Several origins may start at once: an advisory lock lets one apply what is
//! due, and the others then find nothing to do.

use tokio_postgres::{Client, GenericClient};

use super::{Applied, Migration, Status, compare, due};
use crate::clock::Millis;
use crate::store::postgres::failed;
use crate::store::{Result, StoreError};

/// The files in order.
pub const FILES: &[Migration] = &[
    Migration { version: 1, name: "core", sql: include_str!("../../migrations/postgres/0001_core.sql") },
    Migration { version: 2, name: "commit", sql: include_str!("../../migrations/postgres/0002_commit.sql") },
    Migration {
        version: 3,
        name: "administrators",
        sql: include_str!("../../migrations/postgres/0003_administrators.sql"),
    },
    Migration {
        version: 4,
        name: "erasures_by_time",
        sql: include_str!("../../migrations/postgres/0004_erasures_by_time.sql"),
    },
    Migration {
        version: 5,
        name: "cheaper_commits",
        sql: include_str!("../../migrations/postgres/0005_cheaper_commits.sql"),
    },
    Migration { version: 6, name: "state_names", sql: include_str!("../../migrations/postgres/0006_state_names.sql") },
    Migration { version: 7, name: "reports", sql: include_str!("../../migrations/postgres/0007_reports.sql") },
    Migration { version: 8, name: "events", sql: include_str!("../../migrations/postgres/0008_events.sql") },
    Migration { version: 9, name: "handovers", sql: include_str!("../../migrations/postgres/0009_handovers.sql") },
    Migration { version: 10, name: "webhooks", sql: include_str!("../../migrations/postgres/0010_webhooks.sql") },
    Migration { version: 11, name: "nodes", sql: include_str!("../../migrations/postgres/0011_nodes.sql") },
    Migration { version: 12, name: "archives", sql: include_str!("../../migrations/postgres/0012_archives.sql") },
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL
)";

const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('lgdl migrations', 0))";

/// Applies what is due, all in one transaction; returns how many.
///
/// # Errors
/// When the history does not fit this program, or a statement fails (then nothing is applied).
pub async fn apply(client: &mut Client, now_ms: Millis) -> Result<usize> {
    let transaction = client.transaction().await.map_err(|error| failed(&error))?;
    transaction.execute(LOCK, &[]).await.map_err(|error| failed(&error))?;
    transaction.batch_execute(HISTORY).await.map_err(|error| failed(&error))?;
    let due = due(FILES, &history(&transaction).await?)?;
    for file in &due {
        let record = "INSERT INTO schema_migrations (version, name, checksum, applied_at)
            VALUES ($1, $2, $3, timestamptz '1970-01-01 00:00:00+00' + $4::bigint * interval '1 millisecond')";
        let number = i32::try_from(file.version).unwrap_or(i32::MAX);
        let applied = async {
            transaction.batch_execute(file.sql).await?;
            transaction.execute(record, &[&number, &file.name, &file.checksum(), &now_ms]).await
        };
        applied.await.map_err(|error| {
            StoreError::Schema(format!("migration {} ({}): {}", file.version, file.name, failed(&error)))
        })?;
    }
    transaction.commit().await.map_err(|error| failed(&error))?;
    Ok(due.len())
}

/// Where each migration stands, without applying any.
///
/// # Errors
/// As [`compare`].
pub async fn status(client: &Client) -> Result<Vec<Status>> {
    let known = client.query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[]).await;
    let known = known.and_then(|row| row.try_get::<_, bool>(0)).map_err(|error| failed(&error))?;
    let history = if known { history(client).await? } else { Vec::new() };
    compare(FILES, &history)
}

async fn history(client: &impl GenericClient) -> Result<Vec<Applied>> {
    let sql = "SELECT version, checksum, (extract(epoch FROM applied_at) * 1000)::bigint
        FROM schema_migrations ORDER BY version";
    let rows = client.query(sql, &[]).await.map_err(|error| failed(&error))?;
    let read = |row: &tokio_postgres::Row| {
        let version: i32 = row.try_get(0)?;
        Ok(Applied { version: version.unsigned_abs(), checksum: row.try_get(1)?, applied_at: row.try_get(2)? })
    };
    rows.iter().map(|row| read(row).map_err(|error: tokio_postgres::Error| failed(&error))).collect()
}
