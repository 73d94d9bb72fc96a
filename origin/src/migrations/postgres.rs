//! The schema's history on PostgreSQL. Several origins may start at once: an advisory lock lets one apply what is
//! due, and the others then find nothing to do.

use tokio_postgres::{Client, GenericClient};

use super::Kind::{self, Contract, Expand};
use super::{Applied, Migration, Status, compare, due};
use crate::clock::Millis;
use crate::store::postgres::failed;
use crate::store::{Result, StoreError};

/// The files in order.
pub const FILES: &[Migration] = &[
    Migration { version: 1, name: "core", kind: Expand, sql: include_str!("../../migrations/postgres/0001_core.sql") },
    Migration {
        version: 2,
        name: "commit",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0002_commit.sql"),
    },
    Migration {
        version: 3,
        name: "administrators",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0003_administrators.sql"),
    },
    Migration {
        version: 4,
        name: "erasures_by_time",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0004_erasures_by_time.sql"),
    },
    Migration {
        version: 5,
        name: "cheaper_commits",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0005_cheaper_commits.sql"),
    },
    Migration {
        version: 6,
        name: "state_names",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0006_state_names.sql"),
    },
    Migration {
        version: 7,
        name: "reports",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0007_reports.sql"),
    },
    Migration {
        version: 8,
        name: "events",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0008_events.sql"),
    },
    Migration {
        version: 9,
        name: "handovers",
        kind: Contract,
        sql: include_str!("../../migrations/postgres/0009_handovers.sql"),
    },
    Migration {
        version: 10,
        name: "webhooks",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0010_webhooks.sql"),
    },
    Migration {
        version: 11,
        name: "nodes",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0011_nodes.sql"),
    },
    Migration {
        version: 12,
        name: "archives",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0012_archives.sql"),
    },
    Migration {
        version: 13,
        name: "commits_together",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0013_commits_together.sql"),
    },
    Migration {
        version: 14,
        name: "tries",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0014_tries.sql"),
    },
    Migration {
        version: 15,
        name: "commits_of_tries",
        kind: Expand,
        sql: include_str!("../../migrations/postgres/0015_commits_of_tries.sql"),
    },
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL
)";

/// Histories of before do not say of what kind a migration is.
const KIND: &str = "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'contract'";

const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('lgdl migrations', 0))";

/// Applies what is due, all in one transaction; returns how many.
///
/// # Errors
/// When the history does not fit this program, or a statement fails (then nothing is applied).
pub async fn apply(client: &mut Client, now_ms: Millis) -> Result<usize> {
    let transaction = client.transaction().await.map_err(|error| failed(&error))?;
    transaction.execute(LOCK, &[]).await.map_err(|error| failed(&error))?;
    transaction.batch_execute(HISTORY).await.map_err(|error| failed(&error))?;
    transaction.batch_execute(KIND).await.map_err(|error| failed(&error))?;
    let due = due(FILES, &history(&transaction).await?)?;
    for file in &due {
        let record = "INSERT INTO schema_migrations (version, name, checksum, applied_at, kind)
            VALUES ($1, $2, $3, timestamptz '1970-01-01 00:00:00+00' + $4::bigint * interval '1 millisecond', $5)";
        let number = i32::try_from(file.version).unwrap_or(i32::MAX);
        let applied = async {
            transaction.batch_execute(file.sql).await?;
            transaction.execute(record, &[&number, &file.name, &file.checksum(), &now_ms, &file.kind.name()]).await
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
    // The column is not there yet where nobody but programs of before were.
    let sql = "SELECT version, checksum, (extract(epoch FROM applied_at) * 1000)::bigint,
        coalesce(to_jsonb(schema_migrations) ->> 'kind', 'contract')
        FROM schema_migrations ORDER BY version";
    let rows = client.query(sql, &[]).await.map_err(|error| failed(&error))?;
    let read = |row: &tokio_postgres::Row| {
        let version: i32 = row.try_get(0)?;
        let kind = Kind::recorded(row.try_get(3)?);
        Ok(Applied { version: version.unsigned_abs(), checksum: row.try_get(1)?, kind, applied_at: row.try_get(2)? })
    };
    rows.iter().map(|row| read(row).map_err(|error: tokio_postgres::Error| failed(&error))).collect()
}
