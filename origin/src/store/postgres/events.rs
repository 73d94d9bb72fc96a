//! The event bus on PostgreSQL. Whoever writes into it holds the audit log's lock, and tells every origin on the database.

use std::future::poll_fn;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio_postgres::{AsyncMessage, Row, Transaction};

use super::audit::LOCK_CHAIN;
use super::commit::list;
use super::pool::session;
use super::{Database, PostgresStore, column, get, natural};
use crate::bus::Priority;
use crate::clock::{Millis, nearest_time};
use crate::ids::ConversationId;
use crate::store::typing::{News, Typing};
use crate::store::{
    Bus, BusEnds, BusEvent, BusPage, BusRow, Composing, MAX_PAGE, Result, Signals, StoreError, Typist, Wanted,
};

/// Where origins tell each other that there are events, with the last sequence.
const HEARD: &str = "lgdl_events";
/// Where somebody tells that there is something in the outbox. Turns do not: telling in a commit makes commits take turns, and
/// the origin that commits knows.
const TOLD: &str = "lgdl_outbox";
/// Where origins tell each other who is typing.
const TYPING: &str = "lgdl_typing";
/// How long to wait before listening again, after the session broke.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Puts an event into the outbox, and tells whoever moves it on.
pub(super) const TELL: &str = "WITH told AS (INSERT INTO outbox (at, tenant, event, actor, subject, detail)
        VALUES (lgdl_time($1), $2, $3, $4, $5, $6))
    SELECT pg_notify('lgdl_outbox', '')";

/// A page of events, each row with the last sequence there is.
const PAGE: &str =
    "SELECT e.*, b.last FROM (SELECT coalesce(max(sequence), 0) AS last FROM events) AS b LEFT JOIN LATERAL
    (SELECT sequence, id, name, version, tenant, lgdl_millis(at), priority, subject, game, conversation, person, data
        FROM events WHERE sequence > $1 AND ($2::text IS NULL OR tenant = $2)
        AND ($3::text[] IS NULL OR name = ANY ($3)) AND priority >= $4 ORDER BY sequence LIMIT $5) AS e ON true
    ORDER BY e.sequence";
/// The column of the last sequence.
const LAST: usize = 12;

#[async_trait]
impl Bus for PostgresStore {
    async fn bus_events(&self, wanted: &Wanted, after: u64, limit: u32) -> Result<BusPage> {
        let limit = limit.min(MAX_PAGE);
        let Wanted { tenant, names, urgent } = wanted;
        let rows = self.query(PAGE, &[&column(after), tenant, names, &urgent.least(), &i64::from(limit)]).await?;
        let last = rows.first().map_or(Ok(0), |row| natural(row, LAST))?;
        // Without events there is the last sequence alone.
        let events = rows.iter().filter(|row| !matches!(row.try_get(0), Ok(None::<i64>)));
        let events = events.map(bus_row).collect::<Result<_>>()?;
        Ok(BusPage::of(events, limit, after, last))
    }

    async fn bus_ends(&self) -> Result<BusEnds> {
        let sql =
            "SELECT coalesce((SELECT min(sequence) FROM events), 0), coalesce((SELECT max(sequence) FROM events), 0)";
        let row = self.query_opt(sql, &[]).await?;
        row.map_or(Ok(BusEnds::default()), |row| Ok(BusEnds { first: natural(&row, 0)?, last: natural(&row, 1)? }))
    }

    async fn bus_before(&self, at: Millis) -> Result<u64> {
        let sql = "SELECT sequence FROM events e WHERE e.at >= lgdl_time($1) ORDER BY sequence LIMIT 1";
        match self.query_opt(sql, &[&nearest_time(at)]).await? {
            Some(row) => Ok(natural(&row, 0)?.saturating_sub(1)),
            None => Ok(self.bus_ends().await?.last),
        }
    }

    async fn trim_bus(&self, before: Millis, keep: u64, limit: u32) -> Result<u64> {
        let sql = "DELETE FROM events e WHERE sequence IN (SELECT sequence FROM events ORDER BY sequence LIMIT $3)
            AND (e.at < lgdl_time($1) OR sequence <= (SELECT max(sequence) FROM events) - $2)";
        self.execute(sql, &[&nearest_time(before), &column(keep), &i64::from(limit)]).await
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn tell_typing(&self, conversation: &ConversationId, who: Typist, composing: Composing) -> Result<()> {
        if self.signals.typing().note(conversation, who, composing) == News::ToTell {
            let message = Typing::message(conversation, who, composing);
            self.query_opt("SELECT pg_notify($1, $2)", &[&TYPING, &message]).await?;
        }
        Ok(())
    }

    async fn hear_others(&self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::warn!(%error, "other origins are not heard; events are looked for instead");
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }
}

impl PostgresStore {
    /// Listens on a session of its own until that breaks.
    async fn listen(&self) -> Result<()> {
        let (client, mut connection) = session(self.url.expose(), self.pools.timeout).await?;
        let signals = &self.signals;
        let hear = async {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                let message = message.map_err(|error| super::failed(&error))?;
                let AsyncMessage::Notification(notification) = message else { continue };
                match (notification.channel(), notification.payload().parse::<u64>()) {
                    (HEARD, Ok(last)) => signals.hear(last),
                    (TOLD, _) => signals.tell(),
                    (TYPING, _) => signals.typing().heard(notification.payload()),
                    _ => {}
                }
            }
            Ok(())
        };
        let begin = async {
            client
                .batch_execute(&format!("LISTEN {HEARD}; LISTEN {TOLD}; LISTEN {TYPING}"))
                .await
                .map_err(|error| super::failed(&error))?;
            // What happened before somebody listened.
            signals.hear(self.bus_ends().await?.last);
            signals.tell();
            // The session lives as long as its client.
            std::future::pending::<Result<()>>().await
        };
        tokio::select! { ended = hear => ended, failed = begin => failed }
    }
}

/// Writes what may still be told, and tells every origin, in the transaction that holds the chain's lock; the last sequence.
pub(super) async fn append(
    transaction: &deadpool_postgres::Transaction<'_>,
    events: &[BusEvent],
) -> Database<Option<u64>> {
    if events.is_empty() {
        return Ok(None);
    }
    let rows = list(events.iter().map(|event| {
        json!({
            "id": event.id,
            "name": event.name,
            "version": event.version,
            "tenant": event.tenant,
            "at": event.at,
            "priority": event.priority.level(),
            "subject": event.subject,
            "game": event.game,
            "conversation": event.conversation,
            "person": event.person,
            "data": event.data.to_string(),
        })
    }));
    let sql = "WITH written AS (INSERT INTO events (id, name, version, tenant, at, priority, subject, game, conversation,
            person, data)
        SELECT e.id, e.name, e.version, e.tenant, lgdl_time(e.at), e.priority, e.subject, e.game, e.conversation, e.person,
            e.data
        FROM ROWS FROM (json_to_recordset($1::text::json) AS (id text, name text, version integer, tenant text, at bigint,
            priority smallint, subject text, game text, conversation text, person text, data text)) WITH ORDINALITY
            AS e (id, name, version, tenant, at, priority, subject, game, conversation, person, data, place)
        WHERE NOT EXISTS (SELECT FROM erasures x
            WHERE x.tenant = e.tenant AND x.kind = 'conversation' AND x.subject = e.conversation)
        AND (e.conversation IS NOT NULL OR NOT EXISTS (SELECT FROM erasures x
            WHERE x.tenant = e.tenant AND x.kind = 'person' AND x.subject = e.person AND lgdl_time(e.at) <= x.at))
        ORDER BY e.place RETURNING sequence)
        SELECT max(sequence), CASE WHEN count(*) > 0 THEN pg_notify('lgdl_events', max(sequence)::text) END FROM written";
    let statement = transaction.prepare_cached(sql).await?;
    let row = transaction.query_one(&statement, &[&rows]).await?;
    Ok(row.try_get::<_, Option<i64>>(0)?.map(|last| last.max(0).unsigned_abs()))
}

/// Removes what is told of a conversation that is erased, or of a person up to a time; conversations of a person are erased each.
/// Nothing is being moved on meanwhile: it would not see the tombstone, nor we what it moves.
pub(super) async fn forget(transaction: &Transaction<'_>, kind: &str, subject: &str, until: Millis) -> Database<()> {
    transaction.execute(LOCK_CHAIN, &[]).await?;
    let forgotten = match kind {
        "conversation" => transaction.execute("DELETE FROM events WHERE conversation = $1", &[&subject]).await,
        _ => {
            let sql = "DELETE FROM events e WHERE conversation IS NULL AND person = $1 AND e.at <= lgdl_time($2)";
            transaction.execute(sql, &[&subject, &until]).await
        }
    };
    forgotten.map(drop)
}

fn bus_row(row: &Row) -> Result<BusRow> {
    let damaged = |what: &str, error: &dyn std::fmt::Display| StoreError::Damaged(format!("events.{what}: {error}"));
    Ok(BusRow {
        sequence: natural(row, 0)?,
        event: BusEvent {
            id: get::<&str>(row, 1)?.parse().map_err(|error| damaged("id", &error))?,
            name: get(row, 2)?,
            version: get::<i32>(row, 3)?.unsigned_abs(),
            tenant: get(row, 4)?,
            at: get(row, 5)?,
            priority: Priority::of_level(get(row, 6)?),
            subject: get(row, 7)?,
            game: get(row, 8)?,
            conversation: get(row, 9)?,
            person: get(row, 10)?,
            data: serde_json::from_str(get(row, 11)?).map_err(|error| damaged("data", &error))?,
        },
    })
}
