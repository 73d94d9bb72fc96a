//! Webhooks on SQLite.

use async_trait::async_trait;
use rusqlite::{Row, params};

use super::commit::write_event;
use super::{SqliteStore, column, failed, natural};
use crate::clock::Millis;
use crate::ids::WebhookId;
use crate::store::{DeliveryRow, Event, LOCAL_SETTINGS, MAX_PAGE, Result, StoreError, Webhook, WebhookRow, Webhooks};

#[async_trait]
impl Webhooks for SqliteStore {
    async fn add_webhook(&self, row: WebhookRow, told: Event) -> Result<()> {
        let definition = row.hook.definition()?;
        self.change(told, move |connection| {
            let sql = "INSERT INTO webhooks (id, tenant, version, definition) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(sql, params![row.id.as_str(), row.tenant, column(row.version), definition])
        })
        .await
        .map(drop)
    }

    async fn webhooks(&self, tenant: Option<&str>) -> Result<Vec<WebhookRow>> {
        let tenant = tenant.map(str::to_owned);
        self.read(move |connection| {
            let sql =
                "SELECT id, tenant, version, definition FROM webhooks WHERE ?1 IS NULL OR tenant = ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map([tenant], |row| Ok(webhook(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn replace_webhook(&self, row: WebhookRow, told: Event) -> Result<bool> {
        let definition = row.hook.definition()?;
        self.change(told, move |connection| {
            let sql =
                "UPDATE webhooks SET version = ?3, definition = ?4 WHERE id = ?1 AND tenant = ?2 AND version = ?3 - 1";
            connection.execute(sql, params![row.id.as_str(), row.tenant, column(row.version), definition])
        })
        .await
    }

    async fn remove_webhook(&self, tenant: &str, id: &WebhookId, told: Event) -> Result<bool> {
        let (tenant, id) = (tenant.to_owned(), id.to_string());
        self.writer
            .write(move |connection| {
                let remove = || {
                    let gone =
                        connection.execute("DELETE FROM webhooks WHERE tenant = ?1 AND id = ?2", [&tenant, &id])?;
                    if gone > 0 {
                        connection.execute("DELETE FROM deliveries WHERE webhook = ?1", [&id])?;
                        let secrets = "DELETE FROM data_keys WHERE tenant = ?1 AND substr(subject, 1, length(?2)) = ?2";
                        connection.execute(secrets, [&tenant, &format!("webhook:{id}:")])?;
                        let notes = "DELETE FROM settings WHERE substr(name, 1, length(?1)) = ?1";
                        connection.execute(notes, [&format!("{LOCAL_SETTINGS}webhook:{id}")])?;
                        write_event(connection, &told)?;
                    }
                    Ok(gone > 0)
                };
                remove().map_err(failed)
            })
            .await
    }

    async fn log_deliveries(&self, id: &WebhookId, rows: Vec<DeliveryRow>) -> Result<()> {
        let id = id.to_string();
        let rows = rows.iter().map(|row| Ok((row.at, row.line()?))).collect::<Result<Vec<_>>>()?;
        self.writer
            .write(move |connection| {
                let sql = "INSERT INTO deliveries (webhook, at, line) SELECT ?1, ?2, ?3
                    WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ?1)";
                let mut statement = connection.prepare_cached(sql).map_err(failed)?;
                rows.iter()
                    .try_for_each(|(at, line)| statement.execute(params![id, at, line]).map(drop).map_err(failed))
            })
            .await
    }

    async fn deliveries(&self, id: &WebhookId, before: u64, limit: u32) -> Result<Vec<DeliveryRow>> {
        let id = id.to_string();
        self.read(move |connection| {
            let sql =
                "SELECT number, line FROM deliveries WHERE webhook = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let of = params![id, column(before), limit.min(MAX_PAGE)];
            let rows = statement.query_map(of, |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).map_err(failed)?;
            rows.map(|row| row.map_err(failed).and_then(|(number, line)| DeliveryRow::of_line(natural(number), &line)))
                .collect()
        })
        .await
    }

    async fn trim_deliveries(&self, before: Millis, limit: u32) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let sql = "DELETE FROM deliveries WHERE number IN
                    (SELECT number FROM deliveries ORDER BY number LIMIT ?2) AND at < ?1";
                connection.execute(sql, params![before, limit]).map(|rows| rows as u64).map_err(failed)
            })
            .await
    }
}

pub(super) fn webhook(row: &Row<'_>) -> Result<WebhookRow> {
    let read = || Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?));
    let (id, tenant, version, definition) = read().map_err(failed)?;
    Ok(WebhookRow {
        id: id.parse().map_err(|error| StoreError::Damaged(format!("webhooks.id: {error}")))?,
        tenant,
        version: natural(version),
        hook: Webhook::of_definition(&definition)?,
    })
}
