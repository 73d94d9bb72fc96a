//! Erasures that were carried out: the tombstones, which name nobody.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{InQuery, check_limit, default_limit};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, list, object, one_of, or_null, text, time, whole};
use crate::clock::Millis;
use crate::http::{Origin, Problem};
use crate::ids::ErasureId;
use crate::store::{ErasureOrder, ErasureRow};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let erasure = object([
        ("id", text()),
        ("kind", one_of(&["conversation", "person"])),
        ("subject", text()),
        ("at_ms", time()),
        ("requested_by", text()),
        ("report", any_object()),
    ]);
    vec![
        Endpoint::new(
            Method::GET,
            "/admin/v1/erasures",
            Permission::ManagePersons,
            "Erasures, oldest first",
            list_some,
        )
        .asks("after_ms", time(), "after this time")
        .asks("cursor", text(), "`next` of the page before")
        .asks("limit", whole(), "entries at most; 50 when nothing is said")
        .answers(200, object([("erasures", list(erasure)), ("next", or_null(text()))])),
    ]
}

/// Longest id in a cursor, bytes.
const MAX_CURSOR_BYTES: usize = 128;

/// What an erasure answers.
pub(super) fn report_schema() -> Value {
    object([("erasure", text()), ("report", any_object())])
}

/// The order of this caller, now.
pub(super) fn order(origin: &Origin, caller: &Caller) -> ErasureOrder {
    let now_ms = origin.clock.now_ms();
    ErasureOrder {
        id: ErasureId::mint(now_ms, &*origin.random),
        requested_by: caller.administrator.id.to_string(),
        now_ms,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    after_ms: Millis,
    cursor: Option<String>,
    #[serde(default = "default_limit")]
    limit: u32,
}

async fn list_some(
    State(origin): State<Origin>,
    caller: Caller,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Value>, Problem> {
    let limit = check_limit(wanted.limit)?;
    let (at, id) = match &wanted.cursor {
        Some(cursor) => read_cursor(cursor)?,
        None => (wanted.after_ms.saturating_add(1), ""),
    };
    let rows = origin.store.erasures(&caller.tenant, (at, id), limit).await?;
    let full = rows.len() as u64 == u64::from(limit);
    let next = rows.last().filter(|_| full).map(|row| format!("{}.{}", row.at, row.id));
    let shown = |row: &ErasureRow| {
        json!({
            "id": row.id,
            "kind": row.kind,
            "subject": row.subject,
            "at_ms": row.at,
            "requested_by": row.requested_by,
            "report": row.report,
        })
    };
    Ok(Json(json!({"erasures": rows.iter().map(shown).collect::<Vec<_>>(), "next": next})))
}

/// Many tombstones may be of one time, those of a person and their conversations above all: time and id.
fn read_cursor(cursor: &str) -> Result<(Millis, &str), Problem> {
    let plain = |id: &&str| id.len() <= MAX_CURSOR_BYTES && id.bytes().all(|byte| byte.is_ascii_graphic());
    let parts = cursor.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, Some(id).filter(plain)?)));
    parts.ok_or_else(|| Problem::malformed("`cursor` must be the `next` of an earlier page."))
}
