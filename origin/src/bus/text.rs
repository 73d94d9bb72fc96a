//! What the person said and was answered in the turn that an event tells of: for listeners with the right to it, read when it is
//! delivered, so that nothing of it lies anywhere else, and none is left to read once the person is erased.

use serde_json::{Value, json};

use crate::exports::open_for;
use crate::privacy::{Protection, Reader};
use crate::records::turn_record;
use crate::store::{BusEvent, ConversationDump, Result, Store, StoreError};

/// Members of a turn's record that are told.
const TOLD: [&str; 3] = ["user_input", "response", "slots"];

/// The text of the turn that an event tells of; `None`: it tells of none, or there is nothing left of it.
///
/// # Errors
/// When the store fails, or a text can't be opened.
pub async fn text_of(store: &dyn Store, protection: &dyn Protection, event: &BusEvent) -> Result<Option<Value>> {
    let (Some(conversation), Some(turn)) = (&event.conversation, event.data.get("turn").and_then(Value::as_u64)) else {
        return Ok(None);
    };
    let id = conversation.parse().map_err(|error| StoreError::Damaged(format!("events.conversation: {error}")))?;
    let Some(conversation) = store.find_by_id(&event.tenant, &id).await? else { return Ok(None) };
    let turns = store.turns(&id, turn.saturating_sub(1), 1).await?;
    let (slots, context, answers) = (Vec::new(), Vec::new(), Vec::new());
    let dump = ConversationDump { conversation, turns, slots, context, answers };
    let dump = open_for(Reader::Administrator, protection, dump).await?;
    let Some(told) = dump.turns.first().filter(|found| found.turn_num == turn) else { return Ok(None) };
    let mut text = json!({"user_id": dump.conversation.user_id, "conversation_id": dump.conversation.external_id});
    let record = turn_record(told);
    for name in TOLD {
        if let Some(value) = record.get(name) {
            text[name] = value.clone();
        }
    }
    Ok(Some(text))
}
