//! The event bus: a page, a wait for the next, a stream.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::sentence;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{InQuery, check_limit, default_limit};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, list, object, one_of, text, time, whole};
use crate::bus::{self, Listener, ListensFor, Priority, cloud_event, kind_name, sequence_text};
use crate::clock::Millis;
use crate::http::{Feed, Origin, Over, Problem, stream};
use crate::store::{BusPage, StoreError, Urgency, Wanted};

/// The longest wait for the next event, seconds.
const MAX_WAIT_SECONDS: u64 = 30;
/// How often somebody who waits looks, where no signal comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events that a stream reads at once.
const STREAM_BATCH: u32 = 100;
/// How often it is looked whether who follows a stream still may.
const MAY_EVERY: Duration = Duration::from_secs(2);
/// Where a browser says how far it came.
const LAST_EVENT_ID: &str = "last-event-id";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let priorities = || one_of(&Priority::ALL.map(Priority::name));
    let types = "types and patterns such as `move.*`, with commas between them; default: all";
    vec![
        Endpoint::new(Method::GET, "/admin/v1/events", Permission::Look, "What happened, as CloudEvents", page)
            .asks("after", whole(), "after this sequence")
            .asks("since_ms", time(), "what happened from then on; not with `after`")
            .asks("types", text(), types)
            .asks("priority", priorities(), "`high`: those alone")
            .asks("limit", whole(), "events at most; 50 when nothing is said")
            .asks("wait", whole(), "seconds to wait where there is nothing yet, at most 30")
            .answers(
                200,
                object([("events", list(any_object())), ("next", whole()), ("first", whole()), ("last", whole())]),
            ),
        Endpoint::new(
            Method::GET,
            "/admin/v1/events/stream",
            Permission::Look,
            "What happens, as server-sent events; `last-event-id` goes on where a stream ended",
            follow,
        )
        .asks("after", whole(), "after this sequence; default: what happens from now on")
        .asks("types", text(), types)
        .asks("priority", priorities(), "`high`: those alone")
        .answers(200, text())
        .answers_with("text/event-stream"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    since_ms: Option<Millis>,
    #[serde(default)]
    types: Option<String>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default = "default_limit")]
    limit: u32,
    #[serde(default)]
    wait: u64,
}

fn wanted(caller: &Caller, types: Option<&str>, priority: Option<&str>) -> Result<Wanted, Problem> {
    let patterns = bus::split(types.unwrap_or_default());
    let names = bus::names(&patterns).map_err(|error| Problem::malformed(sentence(&error.to_string())))?;
    let urgent = match priority {
        None => Urgency::Any,
        Some(name) if name == Priority::Normal.name() => Urgency::Any,
        Some(name) if name == Priority::High.name() => Urgency::High,
        Some(_) => return Err(Problem::malformed("`priority` must be `normal` or `high`.")),
    };
    Ok(Wanted { tenant: Some(caller.tenant.clone()), names, urgent })
}

async fn page(
    State(origin): State<Origin>,
    caller: Caller,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Value>, Problem> {
    let limit = check_limit(asked.limit)?;
    if asked.wait > MAX_WAIT_SECONDS {
        return Err(Problem::malformed(format!("`wait` must be at most {MAX_WAIT_SECONDS} seconds.")));
    }
    let wanted = wanted(&caller, asked.types.as_deref(), asked.priority.as_deref())?;
    let store = &*origin.store;
    let mut after = match (asked.after, asked.since_ms) {
        (Some(_), Some(_)) => return Err(Problem::malformed("Name one of `after` and `since_ms`.")),
        (Some(after), None) => after,
        (None, Some(since)) => store.bus_before(since).await?,
        (None, None) => 0,
    };
    let _listener = match asked.wait {
        0 => None,
        _ => Some(origin.gate.listening.begin(caller.administrator.id.as_str())?),
    };
    // Before the request's own time is over, whatever was asked for.
    let patience = Duration::from_secs(asked.wait).min(origin.settings().request_timeout.mul_f64(0.8));
    let until = tokio::time::Instant::now() + patience;
    let heard = match asked.wait {
        0 => None,
        _ => Some(origin.tail.listen(store, ListensFor::Events(wanted.clone())).await?),
    };
    let mut stopping = origin.gate.stopping();
    let page = loop {
        let page = {
            let _turn = origin.gate.listening.read().await;
            store.bus_events(&wanted, after, limit).await?
        };
        let waits = page.events.is_empty() && tokio::time::Instant::now() < until;
        let Some(heard) = heard.as_ref().filter(|_| waits) else { break page };
        after = page.next;
        tokio::select! {
            () = heard.woken() => {}
            _ = stopping.wait_for(|stopping| *stopping) => break page,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = tokio::time::sleep_until(until) => {}
        }
    };
    let ends = store.bus_ends().await?;
    let events: Vec<_> = page.events.iter().map(|row| cloud_event(row, None, |name| store.audit_name(name))).collect();
    Ok(Json(json!({"events": events, "next": page.next, "first": ends.first, "last": ends.last})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Followed {
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    types: Option<String>,
    #[serde(default)]
    priority: Option<String>,
}

async fn follow(
    State(origin): State<Origin>,
    caller: Caller,
    headers: HeaderMap,
    InQuery(asked): InQuery<Followed>,
) -> Result<Response, Problem> {
    let wanted = wanted(&caller, asked.types.as_deref(), asked.priority.as_deref())?;
    let last = match headers.get(LAST_EVENT_ID) {
        Some(id) => {
            let number = id.to_str().ok().and_then(|id| id.trim().parse::<u64>().ok());
            Some(number.ok_or_else(|| Problem::malformed("`last-event-id` must be a sequence."))?)
        }
        None => asked.after,
    };
    let after = match last {
        Some(after) => after,
        None => origin.store.bus_ends().await?.last,
    };
    let listener = origin.gate.listening.begin(caller.administrator.id.as_str())?;
    let heard = origin.tail.listen(&*origin.store, ListensFor::Events(wanted.clone())).await?;
    let reading = origin.clone();
    Ok(stream(&origin, async move |feed| {
        let done = write(reading, caller, wanted, (after, heard), feed).await;
        drop(listener);
        done
    }))
}

async fn write(
    origin: Origin,
    caller: Caller,
    wanted: Wanted,
    (mut after, heard): (u64, Listener),
    mut feed: Feed,
) -> Result<(), Over> {
    let mut looked = tokio::time::Instant::now();
    loop {
        if looked.elapsed() >= MAY_EVERY {
            match caller.still_may(&origin, Permission::Look).await {
                Ok(true) => looked = tokio::time::Instant::now(),
                Ok(false) => return Ok(()),
                // Nor can events be read.
                Err(error) => unread(&error),
            }
        }
        let page = {
            let _turn = origin.gate.listening.read().await;
            origin.store.bus_events(&wanted, after, STREAM_BATCH).await
        };
        match page {
            Ok(BusPage { events, next }) => {
                for row in &events {
                    let data = cloud_event(row, None, |name| origin.store.audit_name(name)).to_string();
                    let name = kind_name(&row.event.name, row.event.version);
                    feed.event(&sequence_text(row.sequence), &name, &data).await?;
                }
                after = next;
                if events.len() as u64 >= u64::from(STREAM_BATCH) {
                    continue;
                }
            }
            Err(error) => unread(&error),
        }
        // Whether it was told or not, it is time to look.
        let _ = feed.wait(tokio::time::timeout(LOOK_EVERY, heard.woken())).await?;
    }
}

fn unread(error: &StoreError) {
    tracing::warn!(%error, "events can't be read for a stream; it goes on when they can");
}
