//! Between the wire and the rows. The state and the answer stay the very text that the edge sent, so that an origin
//! older than its edges loses nothing, and a replay is word for word.

use lgdl::ids::Id;
use lgdl::wire::holds_nul;
use lgdl::wire::origin::{StateName, state_digest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::bus::turn::Committed;
use crate::clock::{Millis, TIMES};
use crate::facts::TurnFacts;
use crate::masking::{MASKED, Sensitive};
use crate::sessions::{SESSION_EXPIRED, TIMEOUT, begins_anew};
use crate::store::{Activity, Commit, ConversationKey, ConversationRow, SlotRow, StoreError, Summary, TurnRow};

/// Fields of a turn record that never quote the person. The last three are added by the origin; `part_of` is of records of before.
const FACTS: [&str; 21] = [
    "firewall_triggered",
    "action",
    "stage",
    "awaiting_slot",
    "slots_filled",
    "escalated_to",
    "handover",
    "warns_agent",
    "calls",
    "findings",
    "reading",
    "understood_by",
    "part",
    "part_of",
    "filled",
    "refused_slot",
    "given_up_slot",
    "also",
    "manifest_id",
    "game_version",
    BEGAN_ANEW,
];

/// The fact of a turn that began a session after another had expired.
pub const BEGAN_ANEW: &str = "began_anew";

/// A field of `metadata` in rows of before: a client names it, so that it may be anything, and it is sealed with the rest now.
const ONCE_A_FACT: &str = "participant";

/// Stages in which the game waits for an answer.
const WAITING_STAGES: [&str; 4] = ["collecting", "choosing", "confirming", "negotiating"];

/// `lgdl::wire::origin::CommitRequest` with state and answer left as they lie.
#[derive(Debug, Deserialize)]
pub struct CommitBody {
    game: String,
    conversation_id: String,
    user_id: String,
    game_version: String,
    expected_version: u64,
    #[serde(default)]
    base: Option<StateName>,
    idempotency_key: String,
    fingerprint: String,
    record: Map<String, Value>,
    state: Box<RawValue>,
    response: Box<RawValue>,
    #[serde(default)]
    journal_sequence: Option<u64>,
    #[serde(default, rename = "try")]
    attempt: Option<String>,
}

/// `lgdl::wire::origin::StoredConversation` with the state left as it lies.
#[derive(Debug, Serialize)]
pub struct StoredBody {
    version: u64,
    game_version: String,
    user_id: String,
    state: Box<RawValue>,
    name: StateName,
}

/// What is wrong with a request, in words that quote nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Longest text that says why: of a hold, of reading what a person wrote.
pub const MAX_REASON_CHARS: usize = 500;
/// Fewest characters of it.
pub const MIN_REASON_CHARS: usize = 5;

/// Refuses a reason that says nothing, or too much.
///
/// # Errors
/// Says the rule.
pub fn check_reason(reason: &str) -> Result<(), Malformed> {
    let chars = reason.trim().chars().count();
    if (MIN_REASON_CHARS..=MAX_REASON_CHARS).contains(&chars) && !reason.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Malformed(format!(
        "`reason` must say why, in {MIN_REASON_CHARS} to {MAX_REASON_CHARS} characters without control characters"
    )))
}

/// Longest note of a consent.
pub const MAX_NOTE_CHARS: usize = 500;

/// Refuses a note that is too long, or no text.
///
/// # Errors
/// Says the rule.
pub fn check_note(note: &str) -> Result<(), Malformed> {
    match note.chars().count() > MAX_NOTE_CHARS || note.chars().any(char::is_control) {
        true => Err(Malformed(format!("`note` may have {MAX_NOTE_CHARS} characters, no control characters"))),
        false => Ok(()),
    }
}

/// Refuses what is not an id of its kind.
///
/// # Errors
/// Says which field, and the rule.
pub fn check_id(kind: Id, field: &str, id: &str) -> Result<(), Malformed> {
    kind.check(id).map_err(|rule| Malformed(format!("`{field}` {rule}")))
}

impl CommitBody {
    /// The state that the turn was run on, where the edge names one.
    #[must_use]
    pub fn base(&self) -> Option<&StateName> {
        self.base.as_ref()
    }

    /// Whether the turn was run on a beginning: of a conversation, or of one that begins anew.
    ///
    /// # Errors
    /// When a state can't be written.
    pub fn begins(&self) -> Result<bool, StoreError> {
        Ok(self.expected_version == 0 || begins_anew(self.expected_version, self.base.as_ref())?)
    }

    /// When the turn was said, where it waited at a node.
    #[must_use]
    pub fn waited_since(&self) -> Option<Millis> {
        self.journal_sequence?;
        self.record.get("at_ms").and_then(Value::as_i64)
    }

    /// What is known of the turn without what was said.
    #[must_use]
    pub fn facts(&self) -> Option<TurnFacts> {
        TurnFacts::of_record(&self.record)
    }

    /// The commit that this body asks for.
    ///
    /// # Errors
    /// When a field does not hold what it must.
    pub fn into_commit(mut self, tenant: &str, now_ms: Millis) -> Result<Commit, Malformed> {
        for (kind, field, id) in [
            (Id::Game, "game", &self.game),
            (Id::Conversation, "conversation_id", &self.conversation_id),
            (Id::User, "user_id", &self.user_id),
            (Id::Stored, "game_version", &self.game_version),
            (Id::IdempotencyKey, "idempotency_key", &self.idempotency_key),
            (Id::Stored, "fingerprint", &self.fingerprint),
        ] {
            check_id(kind, field, id)?;
        }
        if let Some(attempt) = &self.attempt {
            check_id(Id::Stored, "try", attempt)?;
        }
        let key = ConversationKey { tenant: tenant.to_owned(), game: self.game, external_id: self.conversation_id };
        if self.record.get("turn").and_then(Value::as_u64) != self.expected_version.checked_add(1) {
            return Err(Malformed("`record.turn` must be `expected_version` + 1".into()));
        }
        let summary = summarize(&self.record);
        let activity = activity(&self.record);
        let anew =
            begins_anew(self.expected_version, self.base.as_ref()).map_err(|error| Malformed(error.to_string()))?;
        let committed = Committed {
            anew,
            key: &key,
            user_id: &self.user_id,
            game_version: &self.game_version,
            journalled: self.journal_sequence.is_some(),
            now_ms,
        };
        let events = committed.events(&self.record);
        if let Some(manifest) = manifest_id(&self.response) {
            self.record.insert("manifest_id".into(), manifest.into());
        }
        self.record.insert("game_version".into(), self.game_version.clone().into());
        if anew {
            self.record.insert(BEGAN_ANEW.to_owned(), true.into());
        }
        mask_sensitive(&mut self.record, &self.state)?;
        let (turn, slots) = turn_row(self.record)?;
        Ok(Commit {
            key,
            user_id: self.user_id,
            game_version: self.game_version,
            expected_version: self.expected_version,
            bases: Vec::new(),
            state_name: None,
            idempotency_key: self.idempotency_key,
            fingerprint: self.fingerprint,
            answer: self.response.get().to_owned(),
            journal_sequence: self.journal_sequence,
            attempt: self.attempt,
            state: self.state.get().to_owned(),
            summary,
            activity,
            slots: slot_rows(&turn.matched_move, slots, now_ms),
            turn,
            context: Vec::new(),
            events,
            desk: None,
            data_key: None,
            now_ms,
        })
    }
}

impl StoredBody {
    /// The conversation as the edge sees it; `None` when the stored state is no JSON.
    #[must_use]
    pub fn of(row: ConversationRow, epoch: Option<String>) -> Option<StoredBody> {
        let name = StateName { digest: state_digest(row.state.as_bytes()), epoch };
        let state = RawValue::from_string(row.state).ok()?;
        Some(StoredBody { version: row.version, game_version: row.game_version, user_id: row.user_id, state, name })
    }
}

/// The row of a turn, and the slots of its record. What the record holds beyond the columns goes to `metadata` when it
/// is known not to quote the person, and to `details` when it is not.
///
/// # Errors
/// When a field does not hold what it must.
pub fn turn_row(mut record: Map<String, Value>) -> Result<(TurnRow, Map<String, Value>), Malformed> {
    if record.values().any(holds_nul) {
        return Err(Malformed("`record` holds a NUL character".into()));
    }
    let fields = &mut record;
    let turn_num = field(fields, "turn", Value::as_u64)?;
    let timestamp = field(fields, "at_ms", Value::as_i64)?;
    if turn_num == 0 || i64::try_from(turn_num).is_err() || !TIMES.contains(&timestamp) {
        return Err(Malformed("`record.turn` or `record.at_ms` is out of range".into()));
    }
    let slots = match fields.shift_remove("slots") {
        None => Map::new(),
        Some(Value::Object(slots)) => slots,
        Some(_) => return Err(Malformed("`record.slots` must be an object".into())),
    };
    let mut turn = TurnRow {
        turn_num,
        timestamp,
        user_input: text(fields, "user_input")?,
        sanitized_input: text(fields, "sanitized_input")?,
        matched_move: text(fields, "move_id")?,
        confidence: field(fields, "confidence", Value::as_f64)?,
        response: text(fields, "response")?,
        extracted_params: Value::Object(slots.clone()).to_string(),
        metadata: String::new(),
        details: String::new(),
    };
    let facts: Map<String, Value> =
        FACTS.iter().filter_map(|name| Some(((*name).to_owned(), fields.shift_remove(*name)?))).collect();
    turn.metadata = Value::Object(facts).to_string();
    turn.details = Value::Object(record).to_string();
    Ok((turn, slots))
}

/// The turn's record as the engine made it (with `manifest_id` and `game_version` added), put together again from
/// its row.
#[must_use]
pub fn turn_record(turn: &TurnRow) -> Map<String, Value> {
    let object = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let mut record = Map::new();
    record.insert("turn".into(), turn.turn_num.into());
    record.insert("at_ms".into(), turn.timestamp.into());
    record.insert("user_input".into(), turn.user_input.clone().into());
    record.insert("sanitized_input".into(), turn.sanitized_input.clone().into());
    record.insert("move_id".into(), turn.matched_move.clone().into());
    record.insert("confidence".into(), turn.confidence.into());
    record.insert("response".into(), turn.response.clone().into());
    let slots = object(&turn.extracted_params);
    if !slots.is_empty() {
        record.insert("slots".into(), slots.into());
    }
    record.extend(object(&turn.metadata).into_iter().filter(|(name, _)| is_fact(name)));
    record.extend(object(&turn.details));
    record
}

/// Moves what once was taken for a fact to what may quote the person.
///
/// # Errors
/// When a column is no JSON object.
pub(crate) fn move_to_details(turn: &mut TurnRow) -> Result<(), Malformed> {
    let object = |text: &str, name: &str| -> Result<Map<String, Value>, Malformed> {
        serde_json::from_str(text).map_err(|_| Malformed(format!("turns.{name} is no JSON object")))
    };
    let mut facts = object(&turn.metadata, "metadata")?;
    if let Some(value) = facts.shift_remove(ONCE_A_FACT) {
        let mut details = object(&turn.details, "details")?;
        details.insert(ONCE_A_FACT.to_owned(), value);
        (turn.metadata, turn.details) = (Value::Object(facts).to_string(), Value::Object(details).to_string());
    }
    Ok(())
}

fn is_fact(name: &str) -> bool {
    FACTS.contains(&name) || name == ONCE_A_FACT
}

fn text(record: &mut Map<String, Value>, name: &str) -> Result<String, Malformed> {
    match record.shift_remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Malformed(format!("`record.{name}` must be a string"))),
    }
}

fn field<T>(record: &mut Map<String, Value>, name: &str, read: fn(&Value) -> Option<T>) -> Result<T, Malformed> {
    let value = record.shift_remove(name);
    value.as_ref().and_then(read).ok_or_else(|| Malformed(format!("`record.{name}` is missing or of the wrong type")))
}

/// Masks, in what a turn's record quotes, the values of slots that it masks.
pub(crate) fn mask_sensitive(record: &mut Map<String, Value>, state: &RawValue) -> Result<(), Malformed> {
    let slots = record.get("slots").and_then(Value::as_object);
    if !slots.is_some_and(|slots| slots.values().any(|value| value == MASKED)) {
        return Ok(());
    }
    let state: Value = serde_json::from_str(state.get()).map_err(|_| Malformed("`state` is no JSON".into()))?;
    let sensitive = Sensitive::of(slots, &state);
    for (name, value) in record.iter_mut().filter(|(name, _)| !is_fact(name)) {
        if name != "turn" && name != "at_ms" && name != "confidence" && name != "move_id" {
            sensitive.mask_all(value);
        }
    }
    Ok(())
}

fn activity(record: &Map<String, Value>) -> Activity {
    match record.get("event").and_then(Value::as_str) {
        Some(TIMEOUT | SESSION_EXPIRED) => Activity::Silence,
        _ => Activity::Spoken,
    }
}

fn summarize(record: &Map<String, Value>) -> Summary {
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let waiting = text("stage").is_some_and(|stage| WAITING_STAGES.contains(&stage.as_str()));
    let slot = text("awaiting_slot");
    Summary {
        current_move_state: text("move_id"),
        awaiting_response: waiting,
        last_question: text("response").filter(|_| waiting),
        awaiting_slot_for_move: text("move_id").filter(|_| slot.is_some()),
        awaiting_slot_name: slot,
    }
}

fn slot_rows(move_id: &str, slots: Map<String, Value>, now_ms: Millis) -> Vec<SlotRow> {
    let row = |(slot_name, value): (String, Value)| SlotRow {
        move_id: move_id.to_owned(),
        slot_name,
        slot_type: type_name(&value).to_owned(),
        slot_value: value.to_string(),
        updated_at: now_ms,
    };
    slots.into_iter().map(row).collect()
}

/// What `slots.slot_type` calls a value.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn manifest_id(response: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        manifest_id: String,
    }
    serde_json::from_str::<Manifest>(response.get()).ok().map(|answer| answer.manifest_id)
}

#[cfg(test)]
mod tests {
    use lgdl::engine::TurnRecord;

    use super::*;

    /// Fields that have a column of their own.
    const COLUMNS: [&str; 8] =
        ["turn", "at_ms", "user_input", "sanitized_input", "move_id", "confidence", "response", "slots"];
    /// Fields that may quote the person, and are sealed together.
    const QUOTES: [&str; 8] =
        ["participant", "choices", "choice_values", "attachments", "event", "negotiation", "learning", "given"];

    #[test]
    fn every_field_of_a_record_has_its_place_and_only_facts_lie_open() {
        // A field that is new does not compile here, until somebody has said whether it may quote the person.
        let fields = |record: TurnRecord| {
            macro_rules! names {
                ($($name:ident),*) => {{
                    let TurnRecord { $($name: _),* } = record;
                    [$(stringify!($name)),*].to_vec()
                }};
            }
            names!(
                turn,
                at_ms,
                participant,
                user_input,
                sanitized_input,
                firewall_triggered,
                move_id,
                confidence,
                also,
                response,
                action,
                stage,
                awaiting_slot,
                slots_filled,
                slots,
                filled,
                refused_slot,
                given_up_slot,
                choices,
                choice_values,
                attachments,
                event,
                negotiation,
                escalated_to,
                handover,
                warns_agent,
                calls,
                reading,
                understood_by,
                part,
                findings,
                learning,
                given
            )
        };
        let minimal = serde_json::json!({
            "turn": 1, "at_ms": 1, "participant": "user", "user_input": "", "sanitized_input": "",
            "firewall_triggered": false, "move_id": "none", "confidence": 0.0, "response": "", "action": null,
            "stage": "unmatched",
        });
        let mut fields = fields(serde_json::from_value(minimal).unwrap());
        // The origin adds these.
        fields.extend(["manifest_id", "game_version", BEGAN_ANEW, "part_of"]);
        let mut places = [&COLUMNS[..], &QUOTES[..], &FACTS[..]].concat();
        fields.sort_unstable();
        places.sort_unstable();
        assert_eq!(fields, places);
    }
}
