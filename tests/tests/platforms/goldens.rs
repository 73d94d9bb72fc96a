//! Golden dialogues: what a node commits is what the engine itself says, byte for byte, so no two platforms differ.

use std::collections::BTreeMap;

use lgdl::engine::Conversation;
use lgdl::golden::complete;
use lgdl_tests::games::{self, GameFolder};
use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::json;
use serde_json::value::RawValue;

/// The text of a field in a JSON object, as it was sent.
fn raw_field(body: &[u8], field: &str) -> String {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).expect("an object");
    fields[field].get().to_owned()
}

/// How a request names an offset from UTC.
fn zone(offset_seconds: i32) -> String {
    let (sign, seconds) = if offset_seconds < 0 { ('-', -offset_seconds) } else { ('+', offset_seconds) };
    format!("{sign}{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60)
}

pub(crate) async fn every_golden_dialogue_gives_the_engines_own_bytes(kind: Kind) {
    let folders: Vec<GameFolder> = games::own().into_iter().chain(games::published()).collect();
    let deployment = Deployment::start(folders).await;
    // A slow machine must not make a turn wait in the journal.
    let node = deployment.node(kind, &[("origin_timeout_ms", "30000")]).await;
    let (mut turns, mut different) = (0, Vec::new());
    for folder in &deployment.games {
        for (path, golden) in &folder.goldens {
            for (index, dialog) in golden.dialogs.iter().enumerate() {
                let conversation_id = format!("{}:{index}", path.file_name().unwrap().to_str().unwrap());
                let mut conversation = Conversation::default();
                for wanted in &dialog.turns {
                    let mut turn = golden.turn(dialog, wanted).expect("a turn");
                    if turn.offset_seconds != 0 {
                        turn.context.insert("timezone".into(), zone(turn.offset_seconds).into());
                    }
                    let body = json!({
                        "conversation_id": conversation_id,
                        "user_id": "golden",
                        "input": turn.text,
                        "event": turn.event,
                        "context": turn.context,
                        "participant": turn.participant,
                    });
                    let now = turn.now_ms.to_string();
                    turn.settings = lgdl::engine::Settings::default();
                    let outcome = complete(&folder.game, conversation, turn, |call| folder.mocks.answer(call));
                    let (status, answer) = node.say(&folder.id, &body, &[("x-lgdl-now", &now)]).await;
                    assert_eq!((status.as_u16(), &answer["durable"]), (200, &json!(true)), "{answer}");
                    let commits = deployment.origin.take_commits();
                    let commit = commits.last().expect("a commit");
                    let (record, own) = (raw_field(commit, "record"), serde_json::to_string(&outcome.record).unwrap());
                    if record != own {
                        different.push(format!("{}: {}\n  engine {own}\n  node   {record}", folder.id, dialog.name));
                    }
                    let state = serde_json::to_string(&outcome.conversation).unwrap();
                    assert_eq!(raw_field(commit, "state"), state, "{}: {}", folder.id, dialog.name);
                    conversation = outcome.conversation;
                    turns += 1;
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(turns > 20, "{turns}");
    // More than these: dialogues play in the past, so the desk ends what waits for an agent, each with a turn of its own.
    let kept = deployment.origin.counts().await.turns;
    assert!(kept >= turns, "{kept} of {turns} are kept");
    node.stop().await;
}
