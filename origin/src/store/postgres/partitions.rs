//! The monthly partitions of `turns`: made ahead of time, so that a commit finds its month.

use super::PostgresStore;
use crate::clock::{DAY_MS, Millis};
use crate::store::Result;

/// How far ahead partitions are made. The next month is there weeks before its first turn, whichever origin runs.
const DAYS_AHEAD: Millis = 45;

impl PostgresStore {
    pub(super) async fn ensure_partitions_ahead(&self, now_ms: Millis) -> Result<()> {
        let sql = "SELECT lgdl_ensure_partition(month::date)
            FROM generate_series(lgdl_period($1)::timestamp, lgdl_period($2)::timestamp, '1 month') AS month";
        self.query(sql, &[&now_ms, &(now_ms + DAYS_AHEAD * DAY_MS)]).await.map(drop)
    }
}
