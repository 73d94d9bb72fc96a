//! What a PostgreSQL server says of itself: what an origin wants of one before it starts, and what `lgdl doctor` tells.

use super::{Result, StoreError, failed, get};
use crate::clock::Millis;

/// Oldest server that is supported, as `server_version_num` counts.
pub const MIN_SERVER_VERSION: i32 = 150_000;

/// A server's settings, as this connection sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// As `server_version_num` counts.
    pub version: i32,
    /// Whether it writes through to its disk.
    pub fsync: bool,
    /// Whether a commit waits until it lasts.
    pub synchronous_commit: bool,
    /// Whether it is a standby.
    pub standby: bool,
    /// Whether pages are written whole after a checkpoint.
    pub full_page_writes: bool,
    /// Whether its pages have checksums.
    pub checksums: bool,
    /// Whether its log is archived.
    pub archiving: bool,
    /// Seconds since the last piece of its log was archived.
    pub archived_seconds_ago: Option<i64>,
    /// Whether the last try to archive failed.
    pub archiving_fails: bool,
    /// Replicas that it sends its log to now.
    pub replicas: i64,
    /// Connections that it takes, without those kept for its administrators.
    pub connections: i32,
    /// Whether this connection is encrypted.
    pub tls: bool,
    /// What its clock says.
    pub now_ms: Millis,
}

const SQL: &str = "SELECT
    current_setting('server_version_num')::int,
    current_setting('fsync') = 'on',
    current_setting('synchronous_commit') <> 'off',
    pg_is_in_recovery(),
    current_setting('full_page_writes') = 'on',
    current_setting('data_checksums') = 'on',
    current_setting('archive_mode') <> 'off',
    extract(epoch FROM clock_timestamp() - archived.last_archived_time)::bigint,
    coalesce(archived.last_failed_time > coalesce(archived.last_archived_time, '-infinity'), false),
    (SELECT count(*) FROM pg_stat_replication),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM pg_stat_archiver AS archived";

/// Asks a server.
///
/// # Errors
/// When it fails.
pub async fn facts(client: &tokio_postgres::Client) -> Result<ServerFacts> {
    let row = client.query_one(SQL, &[]).await.map_err(|error| failed(&error))?;
    Ok(ServerFacts {
        version: get(&row, 0)?,
        fsync: get(&row, 1)?,
        synchronous_commit: get(&row, 2)?,
        standby: get(&row, 3)?,
        full_page_writes: get(&row, 4)?,
        checksums: get(&row, 5)?,
        archiving: get(&row, 6)?,
        archived_seconds_ago: get(&row, 7)?,
        archiving_fails: get(&row, 8)?,
        replicas: get(&row, 9)?,
        connections: get(&row, 10)?,
        tls: get(&row, 11)?,
        now_ms: get(&row, 12)?,
    })
}

impl ServerFacts {
    /// Refuses a server that an origin can't rely on.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn check(&self) -> Result<()> {
        let wrong = |why: &str| Err(StoreError::Schema(why.into()));
        if self.version < MIN_SERVER_VERSION {
            return wrong("PostgreSQL 15 or later is needed");
        }
        if self.standby {
            return wrong("LGDL_POSTGRES_URL names a standby; name the primary");
        }
        if !self.fsync || !self.synchronous_commit {
            return wrong(
                "the server has fsync or synchronous_commit off, so what it commits may be lost; turn both on",
            );
        }
        Ok(())
    }
}
