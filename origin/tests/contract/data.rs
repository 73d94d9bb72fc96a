//! Rows for the contract's cases.

use lgdl_origin::clock::Millis;
use lgdl_origin::ids::ErasureId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{
    Activity, Claim, Commit, ConversationKey, ErasureOrder, Event, GameVersionRow, Publication, SlotRow, Summary,
    TurnRow,
};

pub(crate) const NOW: Millis = 1_760_000_000_000;

pub(crate) fn key(external_id: &str) -> ConversationKey {
    ConversationKey { tenant: "default".into(), game: "medical".into(), external_id: external_id.into() }
}

/// The turn that follows `expected_version`, by `user`, under `idempotency_key`.
pub(crate) fn commit(external_id: &str, user: &str, expected_version: u64, idempotency_key: &str) -> Commit {
    let turn_num = expected_version + 1;
    Commit {
        key: key(external_id),
        user_id: user.into(),
        game_version: "v1".into(),
        expected_version,
        bases: Vec::new(),
        state_name: Some(format!("{turn_num}:{idempotency_key}")),
        idempotency_key: idempotency_key.into(),
        fingerprint: format!("fingerprint of {idempotency_key}"),
        answer: format!(r#"{{"response": "answer {turn_num}",  "latency_ms": 1.50}}"#),
        journal_sequence: None,
        attempt: None,
        state: format!(r#"{{"turns":{turn_num}}}"#),
        summary: Summary {
            current_move_state: Some("pain".into()),
            awaiting_response: true,
            last_question: Some("Where?".into()),
            awaiting_slot_for_move: Some("pain".into()),
            awaiting_slot_name: Some("location".into()),
        },
        turn: TurnRow {
            turn_num,
            timestamp: NOW + turn_num.cast_signed(),
            user_input: format!("input {idempotency_key}"),
            sanitized_input: format!("input {idempotency_key}"),
            matched_move: "pain".into(),
            confidence: 0.875,
            response: format!("answer {turn_num}"),
            extracted_params: r#"{"location":"knee"}"#.into(),
            metadata: r#"{"stage":"collecting"}"#.into(),
            details: "{}".into(),
        },
        activity: Activity::Spoken,
        slots: vec![slot("pain", "location", "\"knee\"")],
        context: Vec::new(),
        events: Vec::new(),
        desk: None,
        data_key: None,
        now_ms: NOW + turn_num.cast_signed(),
    }
}

pub(crate) fn with_bases(commit: Commit, bases: &[&str]) -> Commit {
    Commit { bases: bases.iter().map(|base| (*base).to_owned()).collect(), ..commit }
}

pub(crate) fn slot(move_id: &str, name: &str, value: &str) -> SlotRow {
    SlotRow {
        move_id: move_id.into(),
        slot_name: name.into(),
        slot_value: value.into(),
        slot_type: "string".into(),
        updated_at: NOW,
    }
}

pub(crate) fn claim(external_id: &str, user: &str, expected_version: u64, key_: &str, now_ms: Millis) -> Claim {
    Claim {
        key: key(external_id),
        user_id: user.into(),
        expected_version,
        bases: Vec::new(),
        idempotency_key: key_.into(),
        fingerprint: format!("fingerprint of {key_}"),
        now_ms,
        lease_ms: 1000,
        acting: None,
    }
}

pub(crate) fn order(now_ms: Millis) -> ErasureOrder {
    ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms }
}

pub(crate) fn event(name: &str) -> Event {
    Event {
        at: NOW,
        tenant: "default".into(),
        event: name.into(),
        actor: "person_x".into(),
        subject: "conv_x".into(),
        detail: serde_json::json!({"b": 1, "a": [true, null, 1.5], "c": "ü"}),
    }
}

pub(crate) fn publication(game: &str, version: &str, at: Millis) -> Publication {
    Publication {
        tenant: "default".into(),
        game: game.into(),
        version: GameVersionRow {
            version: version.into(),
            name: "a game".into(),
            file_hash: "f".into(),
            policy: r#"{"consent_required":true,"retention_days":3}"#.into(),
            published_at: at,
            published_by: "test".into(),
        },
        compiled: format!("compiled {version}").into_bytes(),
        source: None,
        contract: None,
    }
}

/// A version with a compiled form that is one; moves between stores are checked by its hash.
pub(crate) fn compiled(game: &str, answer: &str, at: Millis) -> Publication {
    let source = format!(
        "game {game} {{
          participants {{ user can do: anything }}
          moves {{
            move hello {{
              when user says something like: [\"hello\"]
              confidence: 0.7
              when confident {{ respond with: \"{answer}\" }}
            }}
          }}
        }}"
    );
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let entry = parsed.entry.and_then(|entry| parsed.games.get(entry)).expect("a game");
    let bytes = lgdl::compiled::CompiledGame::compile(entry).expect("it compiles");
    let mut publication = publication(game, &bytes.version(), at);
    publication.compiled = bytes.bytes().to_vec();
    publication
}
