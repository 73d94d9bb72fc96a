//! Turns: run one again from the state that it was run on, and say why it went as it did.
//!
//! What is shown holds no text: which moves were candidates, which slots were filled from where, which blocks ran. It is
//! made from what a person wrote, though, so it takes the right to read that, and a reason.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::{Value, json};

use super::conversations::Reason;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, MAX_REASON_CHARS, MIN_REASON_CHARS, check_reason};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, object, or_null, text, whole};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::replay::{TurnName, Why, why};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let reason = json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS});
    let why = object([
        ("conversation", text()),
        ("game", text()),
        ("game_version", text()),
        ("turn", whole()),
        ("again", any_object()),
        ("explained", or_null(any_object())),
    ]);
    vec![
        Endpoint::new(
            Method::POST,
            "/admin/v1/turns/{turn}/why",
            Permission::ReadText,
            "Run a turn again and explain it, without text, for a reason that is kept in the audit log",
            explain,
        )
        .takes(object([("reason", reason)]))
        .answers(200, why),
    ]
}

async fn explain(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(turn): InPath<String>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Value>, Problem> {
    check_reason(&reason)?;
    // In a path a turn goes by the id of its answer.
    let name: TurnName = turn.parse().map_err(|_| unknown())?;
    // Told before anything is shown.
    caller.tell(&origin, events::TURN_EXPLAINED, turn.as_str(), json!({"reason": reason.trim()})).await?;
    let found = why(&*origin.store, &*origin.protection, &caller.tenant, &name).await?;
    found.as_ref().map(shown).map(Json).ok_or_else(unknown)
}

/// Without what anybody said, or was answered.
fn shown(found: &Why) -> Value {
    let explained = found.outcome.as_ref().and_then(|outcome| {
        let explanation = outcome.explanation.as_ref()?;
        let slots = explanation.slots.iter().map(|(name, _, source)| json!({"slot": name, "source": source}));
        Some(json!({
            "reading": explanation.reading,
            "candidates": explanation.candidates,
            "slots": slots.collect::<Vec<_>>(),
            "blocks": explanation.blocks,
            "move_id": outcome.record.move_id,
            "stage": outcome.record.stage,
            "confidence": outcome.record.confidence,
            "calls": outcome.record.calls,
            "findings": outcome.record.findings,
        }))
    });
    json!({
        "conversation": found.conversation,
        "game": found.game,
        "game_version": found.game_version,
        "turn": found.turn,
        "again": found.again,
        "explained": explained,
    })
}

fn unknown() -> Problem {
    Problem::not_found(
        "There is no such turn here. One that lies in the archive is found once it is brought back (`lgdl archive restore`).",
    )
}
