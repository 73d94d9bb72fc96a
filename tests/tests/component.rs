//! The Spin component in our host, before the real origin: goldens with records that are byte-equal to the engine's own,
//! and what clients, crashes and an origin that goes away meet.

use std::time::{Duration, Instant};

use lgdl::engine::Conversation;
use lgdl::golden::complete;
use lgdl_tests::games::{self, GameFolder};
use lgdl_tests::stack::{Plan, Stack};
use serde_json::{Value, json};

fn example(id: &str) -> GameFolder {
    games::own().into_iter().find(|game| game.id == id).expect("one of our games")
}

/// The text of a field in a JSON object, as it was sent.
fn raw_field(body: &[u8], field: &str) -> String {
    let fields: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_slice(body).expect("an object");
    fields[field].get().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_golden_dialogue_gives_the_engines_own_bytes_through_the_component() {
    let folders: Vec<GameFolder> = games::own().into_iter().chain(games::published()).collect();
    let stack = Stack::start(&folders, Plan::default()).await;
    let (mut turns, mut different) = (0, Vec::new());
    for folder in &folders {
        for (path, golden) in &folder.goldens {
            for (index, dialog) in golden.dialogs.iter().enumerate() {
                let conversation_id = format!("{}:{index}", path.file_name().unwrap().to_str().unwrap());
                let mut conversation = Conversation::default();
                for wanted in &dialog.turns {
                    let mut turn = golden.turn(dialog, wanted).expect("a turn");
                    if turn.offset_seconds != 0 {
                        let (sign, seconds) = if turn.offset_seconds < 0 {
                            ('-', -turn.offset_seconds)
                        } else {
                            ('+', turn.offset_seconds)
                        };
                        let zone = format!("{sign}{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60);
                        turn.context.insert("timezone".into(), zone.into());
                    }
                    let body = json!({
                        "conversation_id": conversation_id,
                        "user_id": "golden",
                        "input": turn.text,
                        "context": turn.context,
                        "participant": turn.participant,
                    });
                    let now = turn.now_ms.to_string();
                    turn.settings.explain = false;
                    let outcome = complete(&folder.game, conversation, turn, |call| folder.mocks.answer(call));
                    let (status, answer) = stack.say(&folder.id, &body, &[("x-lgdl-now", &now)]).await;
                    assert_eq!(status, 200, "{answer}");
                    let commits = stack.take_commits();
                    let sent = raw_field(commits.last().expect("a commit"), "record");
                    let own = serde_json::to_string(&outcome.record).unwrap();
                    if sent != own {
                        different
                            .push(format!("{}: {}\n  engine    {own}\n  component {sent}", folder.id, dialog.name));
                    }
                    assert_eq!(
                        raw_field(commits.last().unwrap(), "state"),
                        serde_json::to_string(&outcome.conversation).unwrap()
                    );
                    conversation = outcome.conversation;
                    turns += 1;
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(turns > 20, "{turns}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_the_public_protocol_works_unchanged() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" });
    let (status, answer) = stack.say("clinic_triage", &body, &[]).await;
    assert_eq!(status, 200, "{answer}");
    for field in ["move_id", "confidence", "response", "action", "manifest_id", "latency_ms", "firewall_triggered"] {
        assert!(answer.get(field).is_some(), "{field}: {answer}");
    }
    assert_eq!((&answer["durable"], &answer["turn"]), (&json!(true), &json!(1)));
    let healthz: Value = stack.http().get(stack.url("/healthz")).send().await.unwrap().json().await.unwrap();
    assert_eq!(healthz, json!({ "status": "healthy", "games_loaded": 1, "games": ["clinic_triage"] }));
    for (path, part) in
        [("/", "<lgdl-chat"), ("/chat.js", "customElements"), ("/chat.css", "{"), ("/lgdl-chat.js", "lgdl-chat")]
    {
        let page = stack.http().get(stack.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
        assert!(page.text().await.unwrap().contains(part), "{path}");
    }
    let metrics = stack.http().get(stack.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in
        ["lgdl_edge_turns_total 1", "lgdl_edge_requests_total{route=\"POST /games/{id}/move\",status=\"200\"} 1"]
    {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_forgets_everything_costs_nothing_but_time() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let say = async |input: &str| {
        let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": input });
        stack.say("clinic_triage", &body, &[]).await
    };
    for turn in 1..=6 {
        let (status, answer) = say("hello").await;
        assert_eq!(
            (status.as_u16(), &answer["turn"], &answer["durable"]),
            (200, &json!(turn), &json!(true)),
            "{answer}"
        );
        if turn % 2 == 0 {
            stack.host.forget();
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_that_goes_and_returns_loses_nothing() {
    let plan = Plan { on_disk: true, ..Plan::default() };
    let mut stack = Stack::start(&[example("clinic_triage")], plan).await;
    let body = |input: &str| json!({ "conversation_id": "c1", "user_id": "u1", "input": input });
    assert_eq!(stack.say("clinic_triage", &body("hello"), &[]).await.1["durable"], true);
    stack.stop_origin().await;
    for turn in 2..=4 {
        let (status, answer) = stack.say("clinic_triage", &body("hello"), &[]).await;
        assert_eq!((status.as_u16(), &answer["turn"]), (200, &json!(turn)), "{answer}");
        assert_eq!((&answer["degraded"], &answer["durable"]), (&json!("journalled"), &json!(false)));
    }
    assert_eq!(stack.host.waiting_turns(), 3);
    stack.start_origin().await;
    let deadline = Instant::now() + Duration::from_secs(5);
    while stack.host.waiting_turns() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stack.host.waiting_turns(), 0, "the timer brings them home within seconds");
    let (_, answer) = stack.say("clinic_triage", &body("hello"), &[]).await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(5), &json!(true)));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_turns_at_once_in_one_conversation_are_numbered_one_by_one() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let stack = std::sync::Arc::new(stack);
    let mut turns = tokio::task::JoinSet::new();
    for n in 0..20 {
        let stack = std::sync::Arc::clone(&stack);
        turns.spawn(async move {
            let key = format!("k{n}");
            let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" });
            for _ in 0..50 {
                let (status, answer) = stack.say("clinic_triage", &body, &[("idempotency-key", &key)]).await;
                if status == 200 {
                    return answer["turn"].as_u64().expect("a number");
                }
                assert_eq!((status.as_u16(), &answer["code"]), (503, &json!("E234")));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("never got through");
        });
    }
    let mut numbers = turns.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<u64>>());
    std::sync::Arc::into_inner(stack).expect("nobody else uses it").stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_exact_on_one_machine() {
    let plan = Plan { node: vec![("rate_limit_user", "7/hour".into())], ..Plan::default() };
    let stack = Stack::start(&[example("clinic_triage")], plan).await;
    let mut taken = 0;
    for n in 0..10 {
        let body = json!({ "conversation_id": format!("c{n}"), "user_id": "u1", "input": "hello" });
        let (status, _) = stack.say("clinic_triage", &body, &[]).await;
        taken += u32::from(status == 200);
    }
    assert_eq!(taken, 7);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_too_large_and_headers_too_many_are_refused() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let url = stack.url("/games/clinic_triage/move");
    let large =
        stack.http().post(&url).header("content-type", "application/json").body(vec![b'x'; 2_000_000]).send().await;
    if let Ok(large) = large {
        assert_eq!(large.status(), 413);
        assert_eq!(large.json::<Value>().await.unwrap()["code"], "E230");
    }
    let mut many = stack.http().post(&url).body("{}");
    for n in 0..200 {
        many = many.header(format!("x-header-{n}"), "x");
    }
    assert_eq!(many.send().await.unwrap().status(), 431);
    let (status, _) =
        stack.say("clinic_triage", &json!({ "conversation_id": "c", "user_id": "u", "input": "hello" }), &[]).await;
    assert_eq!(status, 200, "and the node is well");
    stack.stop().await;
}
