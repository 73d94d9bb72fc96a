//! Webhooks on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::{PostgresStore, column, failed, get, in_time, natural, tell};
use crate::clock::{Millis, nearest_time};
use crate::ids::WebhookId;
use crate::store::{DeliveryRow, Event, LOCAL_SETTINGS, MAX_PAGE, Result, StoreError, Webhook, WebhookRow, Webhooks};

#[async_trait]
impl Webhooks for PostgresStore {
    async fn add_webhook(&self, row: WebhookRow, told: Event) -> Result<()> {
        let sql = "INSERT INTO webhooks (id, tenant, version, definition) VALUES ($1, $2, $3, $4)";
        let definition = row.hook.definition()?;
        self.change(sql, &[&row.id.as_str(), &row.tenant, &column(row.version), &definition], &told).await.map(drop)
    }

    async fn webhooks(&self, tenant: Option<&str>) -> Result<Vec<WebhookRow>> {
        let sql =
            "SELECT id, tenant, version, definition FROM webhooks WHERE $1::text IS NULL OR tenant = $1 ORDER BY id";
        self.query(sql, &[&tenant]).await?.iter().map(webhook).collect()
    }

    async fn replace_webhook(&self, row: WebhookRow, told: Event) -> Result<bool> {
        let sql = "UPDATE webhooks SET version = $3, definition = $4
            WHERE id = $1 AND tenant = $2 AND version = $3::bigint - 1";
        let definition = row.hook.definition()?;
        self.change(sql, &[&row.id.as_str(), &row.tenant, &column(row.version), &definition], &told).await
    }

    async fn remove_webhook(&self, tenant: &str, id: &WebhookId, told: Event) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let (secrets, notes) = (format!("webhook:{id}:"), format!("{LOCAL_SETTINGS}webhook:{id}"));
        let work = async {
            let transaction = client.transaction().await?;
            let sql = "DELETE FROM webhooks WHERE tenant = $1 AND id = $2";
            let gone = transaction.execute(sql, &[&tenant, &id.as_str()]).await? > 0;
            if gone {
                transaction.execute("DELETE FROM deliveries WHERE webhook = $1", &[&id.as_str()]).await?;
                let sql = "DELETE FROM data_keys WHERE tenant = $1 AND starts_with(subject, $2)";
                transaction.execute(sql, &[&tenant, &secrets]).await?;
                transaction.execute("DELETE FROM settings WHERE starts_with(name, $1)", &[&notes]).await?;
                tell(&transaction, &told).await?;
            }
            transaction.commit().await?;
            Ok(gone)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn log_deliveries(&self, id: &WebhookId, rows: Vec<DeliveryRow>) -> Result<()> {
        let sql = "INSERT INTO deliveries (webhook, at, line) SELECT $1, lgdl_time(d.at), d.line
            FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS d (at, line, place)
            WHERE EXISTS (SELECT FROM webhooks WHERE id = $1) ORDER BY d.place";
        let times: Vec<Millis> = rows.iter().map(|row| row.at).collect();
        let lines = rows.iter().map(DeliveryRow::line).collect::<Result<Vec<_>>>()?;
        self.execute(sql, &[&id.as_str(), &times, &lines]).await.map(drop)
    }

    async fn deliveries(&self, id: &WebhookId, before: u64, limit: u32) -> Result<Vec<DeliveryRow>> {
        let sql =
            "SELECT number, line FROM deliveries WHERE webhook = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
        let limit = i64::from(limit.min(MAX_PAGE));
        let rows = self.query(sql, &[&id.as_str(), &column(before), &limit]).await?;
        rows.iter().map(|row| DeliveryRow::of_line(natural(row, 0)?, get(row, 1)?)).collect()
    }

    async fn trim_deliveries(&self, before: Millis, limit: u32) -> Result<u64> {
        let sql = "DELETE FROM deliveries d WHERE number IN (SELECT number FROM deliveries ORDER BY number LIMIT $2)
            AND d.at < lgdl_time($1)";
        self.execute(sql, &[&nearest_time(before), &i64::from(limit)]).await
    }
}

pub(super) fn webhook(row: &Row) -> Result<WebhookRow> {
    Ok(WebhookRow {
        id: get::<&str>(row, 0)?.parse().map_err(|error| StoreError::Damaged(format!("webhooks.id: {error}")))?,
        tenant: get(row, 1)?,
        version: natural(row, 2)?,
        hook: Webhook::of_definition(get(row, 3)?)?,
    })
}
