//! What the origin's stores are measured with.

use lgdl_origin::store::{Activity, Commit, ConversationKey, SlotRow, Summary, TurnRow};

/// A turn of a slot dialogue as it comes from an edge: a state of 1.5 kB, an answer of 400 bytes, two slots.
#[must_use]
pub fn turn(conversation: &str, version: u64, now_ms: i64) -> Commit {
    let slot = |name: &str, value: &str| SlotRow {
        move_id: "pain_assessment".into(),
        slot_name: name.into(),
        slot_value: value.into(),
        slot_type: "string".into(),
        updated_at: now_ms,
    };
    Commit {
        key: ConversationKey { tenant: "default".into(), game: "bench".into(), external_id: conversation.into() },
        user_id: format!("user of {conversation}"),
        game_version: "0".repeat(64),
        expected_version: version,
        bases: (version > 0).then(|| format!("{version}:{}", "d".repeat(64))).into_iter().collect(),
        state_name: Some(format!("{}:{}", version + 1, "d".repeat(64))),
        idempotency_key: format!("{conversation}-{version}"),
        fingerprint: "f".repeat(64),
        answer: format!(r#"{{"response":"{}"}}"#, "a".repeat(400)),
        journal_sequence: None,
        attempt: None,
        state: format!(r#"{{"turns":{},"rest":"{}"}}"#, version + 1, "s".repeat(1500)),
        summary: Summary {
            current_move_state: Some("pain_assessment".into()),
            awaiting_response: true,
            last_question: Some("How bad is it, from 1 to 10?".into()),
            awaiting_slot_for_move: Some("pain_assessment".into()),
            awaiting_slot_name: Some("severity".into()),
        },
        turn: TurnRow {
            turn_num: version + 1,
            timestamp: now_ms,
            user_input: "I have pain in my lower back".into(),
            sanitized_input: "i have pain in my lower back".into(),
            matched_move: "pain_assessment".into(),
            confidence: 0.9,
            response: "How bad is it, from 1 to 10?".into(),
            extracted_params: r#"{"location":"lower back","since":"2 hours"}"#.into(),
            metadata: r#"{"stage":"collecting","participant":"user","manifest_id":"turn_x"}"#.into(),
            details: "{}".into(),
        },
        activity: Activity::Spoken,
        slots: vec![slot("location", "\"lower back\""), slot("since", "\"2 hours\"")],
        context: Vec::new(),
        events: Vec::new(),
        desk: None,
        data_key: None,
        now_ms,
    }
}
