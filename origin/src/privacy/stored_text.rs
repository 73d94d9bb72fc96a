//! Which texts of a row are sealed, where each belongs, and how a sealed text looks in a column.
//!
//! A column holds `lgdl1:` and the sealed bytes in base64, or `lgdl0:` and the text itself where that text begins like
//! either, or the text as it is. Columns of JSON hold that as a JSON string.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use lgdl::crypto::{CryptoError, DataKey, Place, Salt, key_id_of, open, seal};

use super::{Parts, PlainTexts};
use crate::store::{AnswerRow, Commit, ConversationDump, ConversationRow, Result, SlotRow, StoreError, TurnRow};

const SEALED: &str = "lgdl1:";
const PLAIN: &str = "lgdl0:";

/// Where a text belongs: its row's names, its field, and the row's version.
#[derive(Debug)]
pub(super) struct At<'a> {
    table: &'static str,
    row: &'a [&'a str],
    field: &'static str,
    version: u64,
}

/// The texts of a commit on its way in, each with its place.
pub(super) fn each_of_commit(
    commit: &mut Commit,
    mut each: impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    let tenant = commit.key.tenant.clone();
    let id = commit.key.id();
    let version = commit.expected_version + 1;
    let conversation = [tenant.as_str(), id.as_str()];
    if let Some(question) = &mut commit.summary.last_question {
        each(&At { table: "conversations", row: &conversation, field: "last_question", version }, question)?;
    }
    each(&At { table: "conversations", row: &conversation, field: "state", version }, &mut commit.state)?;
    let answer = [tenant.as_str(), commit.user_id.as_str(), commit.idempotency_key.as_str()];
    each(&answer_place(&answer), &mut commit.answer)?;
    each_of_turn(Way::In, &conversation, &mut commit.turn, &mut each)?;
    commit.slots.iter_mut().try_for_each(|slot| each_of_slot(Way::In, &conversation, slot, &mut each))?;
    for entry in &mut commit.context {
        let row = [conversation[0], conversation[1], entry.key.as_str()];
        let at = At { table: "extracted_context", row: &row, field: "value", version: 0 };
        json_column(Way::In, &mut entry.value, |text| each(&at, text))?;
    }
    Ok(())
}

/// The texts of a conversation, each with its place.
pub(super) fn each_of_conversation(
    row: &mut ConversationRow,
    mut each: impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    let (tenant, id, version) = (row.tenant.clone(), row.id.clone(), row.version);
    let names = [tenant.as_str(), id.as_str()];
    if let Some(question) = &mut row.summary.last_question {
        each(&At { table: "conversations", row: &names, field: "last_question", version }, question)?;
    }
    each(&At { table: "conversations", row: &names, field: "state", version }, &mut row.state)
}

/// The texts of a whole conversation on its way in, each with its place.
pub(super) fn each_of_dump(
    dump: &mut ConversationDump,
    mut each: impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    each_of_conversation(&mut dump.conversation, &mut each)?;
    let row = &dump.conversation;
    for AnswerRow { key, answer, .. } in &mut dump.answers {
        each(&answer_place(&[row.tenant.as_str(), row.user_id.as_str(), key.as_str()]), answer)?;
    }
    let mut parts = Parts {
        turns: std::mem::take(&mut dump.turns),
        slots: std::mem::take(&mut dump.slots),
        context: std::mem::take(&mut dump.context),
    };
    let done = parts_on_their_way(Way::In, row, &mut parts, &mut each);
    (dump.turns, dump.slots, dump.context) = (parts.turns, parts.slots, parts.context);
    done
}

/// The texts of what belongs to a conversation on its way out, each with its place.
pub(super) fn each_of_parts(
    owner: &ConversationRow,
    parts: &mut Parts,
    mut each: impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    parts_on_their_way(Way::Out, owner, parts, &mut each)
}

fn parts_on_their_way(
    way: Way,
    owner: &ConversationRow,
    parts: &mut Parts,
    each: &mut impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    let conversation = [owner.tenant.as_str(), owner.id.as_str()];
    parts.turns.iter_mut().try_for_each(|turn| each_of_turn(way, &conversation, turn, each))?;
    parts.slots.iter_mut().try_for_each(|slot| each_of_slot(way, &conversation, slot, each))?;
    for entry in &mut parts.context {
        let row = [conversation[0], conversation[1], entry.key.as_str()];
        let at = At { table: "extracted_context", row: &row, field: "value", version: 0 };
        json_column(way, &mut entry.value, |text| each(&at, text))?;
    }
    Ok(())
}

fn each_of_turn(
    way: Way,
    conversation: &[&str; 2],
    turn: &mut TurnRow,
    each: &mut impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    let number = turn.turn_num.to_string();
    let row = [conversation[0], conversation[1], number.as_str()];
    let at = |field| At { table: "turns", row: &row, field, version: 0 };
    each(&at("user_input"), &mut turn.user_input)?;
    each(&at("sanitized_input"), &mut turn.sanitized_input)?;
    each(&at("response"), &mut turn.response)?;
    json_column(way, &mut turn.extracted_params, |text| each(&at("extracted_params"), text))?;
    json_column(way, &mut turn.details, |text| each(&at("details"), text))
}

fn each_of_slot(
    way: Way,
    conversation: &[&str; 2],
    slot: &mut SlotRow,
    each: &mut impl FnMut(&At<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    let row = [conversation[0], conversation[1], slot.move_id.as_str(), slot.slot_name.as_str()];
    let version = slot.updated_at.max(0).unsigned_abs();
    let at = At { table: "slots", row: &row, field: "slot_value", version };
    json_column(way, &mut slot.slot_value, |text| each(&at, text))
}

/// Whether texts are on their way into the store or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// Works on a column that must hold JSON in the store: a marked text stands in it as a JSON string.
fn json_column(way: Way, column: &mut String, work: impl FnOnce(&mut String) -> Result<()>) -> Result<()> {
    let marked_string = |column: &str| column.starts_with("\"lgdl1:") || column.starts_with("\"lgdl0:");
    if way == Way::Out && marked_string(column) {
        *column = serde_json::from_str(column).map_err(|_| StoreError::Damaged("a JSON column is no JSON".into()))?;
    }
    work(column)?;
    if way == Way::In {
        if marked_string(column) {
            column.insert_str(0, PLAIN);
        }
        if column.starts_with(SEALED) || column.starts_with(PLAIN) {
            *column = serde_json::Value::String(std::mem::take(column)).to_string();
        }
    }
    Ok(())
}

/// Marks a plain text that would otherwise be taken for a marked one.
pub(super) fn mark_plain(text: &mut String) {
    if text.starts_with(SEALED) || text.starts_with(PLAIN) {
        text.insert_str(0, PLAIN);
    }
}

/// Reads a text that no key is needed for.
pub(super) fn read_plain(text: &mut String) -> Result<()> {
    if let Some(plain) = text.strip_prefix(PLAIN) {
        *text = plain.to_owned();
    } else if let Some(key) = key_of(text)? {
        return Err(unreadable(&CryptoError::UnknownKey(key)));
    }
    Ok(())
}

/// Whether a column holds a sealed text, as it is or as a JSON string.
pub(super) fn is_sealed(column: &str) -> bool {
    column.strip_prefix('"').unwrap_or(column).starts_with(SEALED)
}

/// The id of the key that a text is sealed under, if it is sealed.
pub(super) fn key_of(text: &str) -> Result<Option<String>> {
    let Some(encoded) = text.strip_prefix(SEALED) else { return Ok(None) };
    let sealed = decode(encoded)?;
    key_id_of(&sealed).map(|id| Some(id.to_owned())).map_err(|error| unreadable(&error))
}

/// Seals a text in its place.
pub(super) fn seal_text(key: &DataKey, at: &At<'_>, salt: &Salt, text: &mut String) -> Result<()> {
    let sealed = seal(&key.key, &key.id, &at.place(), text.as_bytes(), salt).map_err(|error| unreadable(&error))?;
    *text = format!("{SEALED}{}", STANDARD_NO_PAD.encode(sealed));
    Ok(())
}

/// Opens a text in its place; one that was stored before encryption was turned on stays as it is, where there may be any.
pub(super) fn open_text(key: Option<&DataKey>, plain: PlainTexts, at: &At<'_>, text: &mut String) -> Result<()> {
    let Some(encoded) = text.strip_prefix(SEALED) else {
        return match plain {
            PlainTexts::Accepted => read_plain(text),
            PlainTexts::Refused => Err(StoreError::Damaged(format!("E928 {}.{} is not sealed", at.table, at.field))),
        };
    };
    let sealed = decode(encoded)?;
    let id = key_id_of(&sealed).map_err(|error| unreadable(&error))?;
    let key = key.filter(|key| key.id == id).ok_or_else(|| unreadable(&CryptoError::UnknownKey(id.to_owned())))?;
    let plain = open(&key.key, &at.place(), &sealed).map_err(|error| unreadable(&error))?;
    *text = String::from_utf8(plain.to_vec()).map_err(|_| StoreError::Damaged("a sealed text is no text".into()))?;
    Ok(())
}

impl At<'_> {
    fn place(&self) -> Place<'_> {
        Place { table: self.table, row: self.row, field: self.field, version: self.version }
    }
}

/// The place of a stored answer: its person, and the key of the request that it answers.
pub(super) fn answer_place<'a>(row: &'a [&'a str]) -> At<'a> {
    At { table: "idempotency", row, field: "answer", version: 0 }
}

fn decode(encoded: &str) -> Result<Vec<u8>> {
    STANDARD_NO_PAD.decode(encoded).map_err(|_| StoreError::Damaged("E920 a sealed text is not base64".into()))
}

pub(super) fn unreadable(error: &CryptoError) -> StoreError {
    StoreError::Damaged(error.to_string())
}
