//! The documents that people and operators get: one conversation, everything about a person, and the lines of a
//! whole export. JSON with a `format_version`, complete, and readable by the import.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::archives::{self, ArchivedTurns, Lost};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::masking::Sensitive;
use crate::privacy::{Parts, Protection, Reader};
use crate::records::{turn_record, turn_row};
use crate::store::{
    ARCHIVED, AnswerRow, ConsentRow, ContextRow, ConversationDump, ConversationKey, ConversationRow, EXPIRED, Record,
    Result, SlotRow, Store, StoreError, Summary,
};

/// The version of every export document.
pub const FORMAT_VERSION: u32 = 1;

/// Members that are no texts of the person: a value that looks like one of these is not looked for there.
const NAMES: [&str; 12] = [
    "turn",
    "turns",
    "at_ms",
    "turn_num",
    "updated_at_ms",
    "created_at",
    "confidence",
    "move_id",
    "slot_name",
    "slot_type",
    "fingerprint",
    "game_version",
];

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
    conversation_for(Reader::Owner, store, protection, tenant, id, now_ms).await
}

/// The export of one conversation, as `reader` is shown it; `None` when there is none.
///
/// # Errors
/// As [`conversation`].
pub async fn conversation_for(
    reader: Reader,
    store: &dyn Store,
    protection: &dyn Protection,
    tenant: &str,
    id: &ConversationId,
    now_ms: Millis,
) -> Result<Option<Value>> {
    let Some(dump) = store.dump(tenant, id).await? else { return Ok(None) };
    let mut document = conversation_document(&open_for(reader, protection, dump).await?)?;
    document.insert("format_version".into(), FORMAT_VERSION.into());
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
            conversations.push(Value::Object(conversation_document(&open(protection, dump).await?)?));
        }
    }
    let consents = store.consents(tenant, user_id, None).await?;
    Ok(json!({
        "kind": "person",
        "format_version": FORMAT_VERSION,
        "exported_at_ms": now_ms,
        "tenant": tenant,
        "user_id": user_id,
        "conversations": conversations,
        "consents": consents,
    }))
}

/// The line of one record in a whole export, texts readable, and what of it lies in the archive and could not be read.
///
/// # Errors
/// When a text of the store can't be opened.
pub async fn line(
    protection: &dyn Protection,
    archived: &ArchivedTurns,
    record: Record,
) -> Result<(Value, Option<Lost>)> {
    match record {
        Record::Conversation(dump) => {
            let (dump, lost) = archives::whole(archived, protection, *dump).await?;
            let dump = protection.show(Reader::Owner, dump).await?;
            Ok((Value::Object(conversation_document(&dump)?), lost))
        }
        other => {
            let line = serde_json::to_value(&other).map_err(|error| StoreError::Internal(error.to_string()))?;
            Ok((line, None))
        }
    }
}

/// The records of a line or a document, texts sealed as the deployment asks. The inner error says what is wrong with
/// the document, and quotes nothing of it.
///
/// # Errors
/// When a text can't be sealed.
pub async fn records(protection: &dyn Protection, document: Value) -> Result<std::result::Result<Vec<Record>, String>> {
    let parsed = match document["kind"].as_str() {
        Some("conversation") => dump(document).map(|dump| (vec![dump], Vec::new())),
        Some("person") => person_parts(document),
        _ => {
            let record = Record::deserialize(document);
            return Ok(record.map(|record| vec![record]).map_err(|_| "is no record that this program knows".into()));
        }
    };
    let (dumps, consents) = match parsed {
        Ok(parts) => parts,
        Err(what) => return Ok(Err(what)),
    };
    let mut records: Vec<_> = consents.into_iter().map(Record::Consent).collect();
    for dump in dumps {
        records.push(Record::Conversation(Box::new(protection.seal_dump(dump).await?)));
    }
    Ok(Ok(records))
}

/// Makes every text of a conversation readable.
pub(crate) async fn open(protection: &dyn Protection, dump: ConversationDump) -> Result<ConversationDump> {
    open_for(Reader::Owner, protection, dump).await
}

pub(crate) async fn open_for(
    reader: Reader,
    protection: &dyn Protection,
    dump: ConversationDump,
) -> Result<ConversationDump> {
    protection.show(reader, open_as_kept(protection, dump).await?).await
}

/// Makes every text of a conversation readable, and leaves tokens as they are.
pub(crate) async fn open_as_kept(protection: &dyn Protection, dump: ConversationDump) -> Result<ConversationDump> {
    let ConversationDump { conversation, turns, slots, context, mut answers } = dump;
    let conversation = protection.open_conversation(conversation).await?;
    let Parts { turns, slots, context } = protection.open_parts(&conversation, Parts { turns, slots, context }).await?;
    for answer in &mut answers {
        let sealed = std::mem::take(&mut answer.answer);
        let (tenant, user_id) = (&conversation.tenant, &conversation.user_id);
        answer.answer = protection.open_answer(tenant, user_id, &answer.key, sealed).await?;
    }
    Ok(ConversationDump { conversation, turns, slots, context, answers })
}

/// The document of a conversation, sensitive values masked.
///
/// # Errors
/// When what tells them can't be read: then nobody knows what to mask.
fn conversation_document(dump: &ConversationDump) -> Result<Map<String, Value>> {
    let damaged = |what: &str, error| StoreError::Damaged(format!("{what} of {}: {error}", dump.conversation.id));
    let state: Value = serde_json::from_str(&dump.conversation.state).map_err(|error| damaged("the state", error))?;
    let slots = dump.turns.iter().map(|turn| serde_json::from_str::<Map<String, Value>>(&turn.extracted_params));
    let told: Vec<_> =
        slots.collect::<std::result::Result<_, _>>().map_err(|error| damaged("a turn's slots", error))?;
    let sensitive = Sensitive::of(&told, &state);
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
        "kind": "conversation",
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
        "state": state,
        "turns": dump.turns.iter().map(turn_record).collect::<Vec<_>>(),
        "slots": slots.collect::<Vec<_>>(),
        "extracted_context": context.collect::<Map<_, _>>(),
        "answers": dump.answers,
    });
    let mut document = document;
    if !sensitive.is_empty() {
        for part in ["summary", "state", "slots", "extracted_context", "answers"] {
            mask_texts(&sensitive, &mut document[part]);
        }
        // The name of the part is also that of a count in the state.
        document["turns"].as_array_mut().into_iter().flatten().for_each(|turn| mask_texts(&sensitive, turn));
    }
    match document {
        Value::Object(map) => Ok(map),
        _ => Err(StoreError::Internal("the document of a conversation is no object".into())),
    }
}

/// Masks the texts of a part of the document, but for what the rows are found and ordered by.
fn mask_texts(sensitive: &Sensitive, part: &mut Value) {
    match part {
        Value::Object(members) => {
            let texts = members.iter_mut().filter(|(name, _)| !NAMES.contains(&name.as_str()));
            texts.for_each(|(_, member)| mask_texts(sensitive, member));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_texts(sensitive, item)),
        text => sensitive.mask_all(text),
    }
}

/// What [`conversation_document`] wrote, as far as it can't be derived.
#[derive(Deserialize)]
struct ConversationDocument {
    tenant: String,
    game: String,
    conversation_id: String,
    user_id: String,
    game_version: String,
    created_at_ms: Millis,
    updated_at_ms: Millis,
    summary: Summary,
    #[serde(default)]
    metadata: Map<String, Value>,
    state: Value,
    turns: Vec<Map<String, Value>>,
    slots: Vec<SlotDocument>,
    extracted_context: Map<String, Value>,
    #[serde(default)]
    answers: Vec<AnswerRow>,
}

#[derive(Deserialize)]
struct SlotDocument {
    move_id: String,
    slot_name: String,
    slot_value: Value,
    slot_type: String,
    updated_at_ms: Millis,
}

fn dump(document: Value) -> std::result::Result<ConversationDump, String> {
    let document = ConversationDocument::deserialize(document)
        .map_err(|_| "a conversation lacks a field, or one is of the wrong type".to_owned())?;
    let archived = document.metadata.get(ARCHIVED).and_then(|archived| archived.get("turns")).and_then(Value::as_u64);
    let first = archived.unwrap_or_default() + 1;
    let mut turns = Vec::with_capacity(document.turns.len());
    for (record, number) in document.turns.into_iter().zip(first..) {
        let (turn, _) = turn_row(record).map_err(|error| format!("turn {number}: {error}"))?;
        if turn.turn_num != number {
            return Err(format!("turn {number} is missing"));
        }
        turns.push(turn);
    }
    if turns.is_empty() && archived.is_none() {
        return Err("a conversation has no turns".into());
    }
    let key = ConversationKey { tenant: document.tenant, game: document.game, external_id: document.conversation_id };
    let slots = document.slots.into_iter().map(|slot| SlotRow {
        move_id: slot.move_id,
        slot_name: slot.slot_name,
        slot_value: slot.slot_value.to_string(),
        slot_type: slot.slot_type,
        updated_at: slot.updated_at_ms,
    });
    let context =
        document.extracted_context.into_iter().map(|(key, value)| ContextRow { key, value: value.to_string() });
    Ok(ConversationDump {
        conversation: ConversationRow {
            id: key.id(),
            tenant: key.tenant,
            game: key.game,
            external_id: key.external_id,
            user_id: document.user_id,
            version: first - 1 + turns.len() as u64,
            game_version: document.game_version,
            created_at: document.created_at_ms,
            updated_at: document.updated_at_ms,
            summary: document.summary,
            state: document.state.to_string(),
            metadata: Value::Object(own_facts(document.metadata)).to_string(),
        },
        turns,
        slots: slots.collect(),
        context: context.collect(),
        answers: document.answers,
    })
}

/// What the store itself knows of a conversation, of what a document calls its metadata.
fn own_facts(mut metadata: Map<String, Value>) -> Map<String, Value> {
    metadata.retain(|name, _| [EXPIRED, ARCHIVED].contains(&name.as_str()));
    metadata
}

fn person_parts(document: Value) -> std::result::Result<(Vec<ConversationDump>, Vec<ConsentRow>), String> {
    #[derive(Deserialize)]
    struct PersonDocument {
        conversations: Vec<Value>,
        consents: Vec<ConsentRow>,
    }
    let document = PersonDocument::deserialize(document)
        .map_err(|_| "a person's export lacks a field, or one is of the wrong type".to_owned())?;
    let dumps = document.conversations.into_iter().map(dump).collect::<std::result::Result<_, _>>()?;
    Ok((dumps, document.consents))
}
