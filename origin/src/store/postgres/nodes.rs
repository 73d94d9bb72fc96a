//! Edge nodes on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::{Params, PostgresStore, failed, get, in_time, tell};
use crate::clock::Millis;
use crate::store::{Event, NodeRow, Nodes, Result, StoreError};

#[async_trait]
impl Nodes for PostgresStore {
    async fn nodes(&self) -> Result<Vec<NodeRow>> {
        self.query("SELECT \"row\" FROM nodes ORDER BY name", &[]).await?.iter().map(node).collect()
    }

    async fn find_node(&self, name: &str) -> Result<Option<NodeRow>> {
        self.query_opt("SELECT \"row\" FROM nodes WHERE name = $1", &[&name]).await?.map(|row| node(&row)).transpose()
    }

    async fn keep_node(&self, row: NodeRow, seen_before: Option<Millis>, told: Vec<Event>) -> Result<bool> {
        let text = serde_json::to_string(&row).map_err(|error| StoreError::Internal(error.to_string()))?;
        let insert = "INSERT INTO nodes (name, seen_at, silent_since, waiting, \"row\") VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (name) DO NOTHING";
        let update = "UPDATE nodes SET seen_at = $2, silent_since = $3, waiting = $4, \"row\" = $5
            WHERE name = $1 AND seen_at = $6";
        let waiting = row.report.waiting > 0;
        let params: Params<'_> = &[&row.name, &row.seen_at, &row.silent_since, &waiting, &text];
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let kept = match &seen_before {
                None => transaction.execute(insert, params).await?,
                Some(before) => transaction.execute(update, &[params, &[before]].concat()).await?,
            };
            if kept > 0 {
                for event in &told {
                    tell(&transaction, event).await?;
                }
            }
            transaction.commit().await?;
            Ok(kept > 0)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn forget_node(&self, name: &str, seen_at: Millis, told: Vec<Event>) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let sql = "DELETE FROM nodes WHERE name = $1 AND seen_at = $2";
            let forgotten = transaction.execute(sql, &[&name, &seen_at]).await? > 0;
            if forgotten {
                for event in &told {
                    tell(&transaction, event).await?;
                }
            }
            transaction.commit().await?;
            Ok(forgotten)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn forget_nodes(&self, silent_before: Millis) -> Result<u64> {
        self.execute("DELETE FROM nodes WHERE silent_since < $1 AND NOT waiting", &[&silent_before]).await
    }
}

fn node(row: &Row) -> Result<NodeRow> {
    serde_json::from_str(get(row, 0)?).map_err(|error| StoreError::Damaged(format!("nodes.row: {error}")))
}
