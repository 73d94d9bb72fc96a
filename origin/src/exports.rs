//! The documents that a person may ask for: one conversation, or everything about them. JSON with a
//! `format_version`, complete, and readable by the import.

use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::privacy::{Parts, Protection};
use crate::records::turn_record;
use crate::store::{ConversationDump, Result, Store};

/// The version of every export document.
pub const FORMAT_VERSION: u32 = 1;

/// The export of one conversation; `None` when there is none.
///
/// # Errors
/// When the store fails, or a text can't be opened.
pub async fn conversation(
    store: &dyn Store,
    protection: &dyn Protection,
    tenant: &str,
    id: &ConversationId,
    now_ms: Millis,
) -> Result<Option<Value>> {
    let Some(dump) = store.dump(tenant, id).await? else { return Ok(None) };
    let dump = open(protection, dump).await?;
    let mut document = conversation_document(&dump);
    document.insert("format_version".into(), FORMAT_VERSION.into());
    document.insert("kind".into(), "conversation".into());
    document.insert("exported_at_ms".into(), now_ms.into());
    Ok(Some(Value::Object(document)))
}

/// The export of everything about a person.
///
/// # Errors
/// As [`conversation`].
pub async fn person(
    store: &dyn Store,
    protection: &dyn Protection,
    tenant: &str,
    user_id: &str,
    now_ms: Millis,
) -> Result<Value> {
    let mut conversations = Vec::new();
    for id in store.of_person(tenant, user_id).await? {
        if let Some(dump) = store.dump(tenant, &id).await? {
            conversations.push(Value::Object(conversation_document(&open(protection, dump).await?)));
        }
    }
    let consents = store.consents(tenant, user_id, None).await?;
    Ok(json!({
        "format_version": FORMAT_VERSION,
        "kind": "person",
        "exported_at_ms": now_ms,
        "tenant": tenant,
        "user_id": user_id,
        "conversations": conversations,
        "consents": consents,
    }))
}

async fn open(protection: &dyn Protection, dump: ConversationDump) -> Result<ConversationDump> {
    let ConversationDump { conversation, turns, slots, context } = dump;
    let conversation = protection.open_conversation(conversation).await?;
    let Parts { turns, slots, context } = protection.open_parts(&conversation, Parts { turns, slots, context }).await?;
    Ok(ConversationDump { conversation, turns, slots, context })
}

fn conversation_document(dump: &ConversationDump) -> Map<String, Value> {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    let row = &dump.conversation;
    let slots = dump.slots.iter().map(|slot| {
        json!({
            "move_id": slot.move_id,
            "slot_name": slot.slot_name,
            "slot_value": value(&slot.slot_value),
            "slot_type": slot.slot_type,
            "updated_at_ms": slot.updated_at,
        })
    });
    let context = dump.context.iter().map(|entry| (entry.key.clone(), value(&entry.value)));
    let document = json!({
        "id": row.id,
        "tenant": row.tenant,
        "game": row.game,
        "conversation_id": row.external_id,
        "user_id": row.user_id,
        "version": row.version,
        "game_version": row.game_version,
        "created_at_ms": row.created_at,
        "updated_at_ms": row.updated_at,
        "summary": row.summary,
        "metadata": value(&row.metadata),
        "state": value(&row.state),
        "turns": dump.turns.iter().map(turn_record).collect::<Vec<_>>(),
        "slots": slots.collect::<Vec<_>>(),
        "extracted_context": context.collect::<Map<_, _>>(),
    });
    match document {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
